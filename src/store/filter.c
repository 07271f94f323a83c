/* filter.c: conditions on users as SQL. Text comes from the tables and literals here; every value is bound. A search for a part of a text is said in
 * two ways: as a test of each row, for a list that finds its page among the first rows, and by its index, for one that does not. */
#include "store/filter.h"

void filter_value(Filter *f, Value value)
{
    query_value(f->ctx->arena, f->query, value);
}

static void put_value(Filter *f, FieldKind kind, const char *text, int64_t number)
{
    filter_value(f, (Value){ .kind = kind, .text = text, .number = number });
}

static void put(Filter *f, const char *sql)
{
    buf_puts(&f->query->sql, sql);
}

void filter_in(Filter *f, const char *before, FieldKind kind, const Texts *texts, bool fold, const char *after)
{
    if (texts->n == 0)
        return;
    put(f, before);
    for (size_t i = 0; i < texts->n; i++) {
        put(f, i == 0 ? "" : ", ");
        put_value(f, kind, fold ? text_lower(f->ctx->arena, texts->v[i]) : texts->v[i], 0);
    }
    put(f, after);
}

const char *filter_like(Arena *arena, const char *text)
{
    Buf pattern = buf_in(arena, 2 * strlen(text) + 3);
    char *ret = "";

    buf_char(&pattern, '%');
    for (const char *c = text_lower(arena, text); *c != '\0'; c++) {
        if (*c == '%' || *c == '_' || *c == '\\')
            buf_char(&pattern, '\\');
        buf_char(&pattern, *c);
    }
    buf_char(&pattern, '%');
    IGNORE(buf_text(&pattern, &ret)); /* the cap fits by construction */
    return ret;
}

/* Where a part of a text is looked for: columns of the user (u) and of its profile (p), and the kind of the further addresses (NULL: none of them;
 * "": of any kind). */
typedef struct Search {
    const char *users[3], *profiles[4];
    const char *kind;
    bool id; /* the user's id, whole or its beginning */
    SearchTables tables;
} Search;
static const Search email_search = { .users = { "u.email" }, .kind = "email", .tables = OF_USERS | OF_ADDRESSES };
static const Search phone_search = { .users = { "u.phone" }, .kind = "phone", .tables = OF_USERS | OF_ADDRESSES };
static const Search username_search = { .profiles = { "p.username" }, .tables = OF_PROFILES };
static const Search name_search = { .profiles = { "p.first_name", "p.last_name", "p.name" }, .tables = OF_PROFILES };
static const Search any_search = { .users = { "u.email", "u.phone" },
                                   .profiles = { "p.username", "p.first_name", "p.last_name" },
                                   .kind = "",
                                   .id = true,
                                   .tables = OF_USERS | OF_PROFILES | OF_ADDRESSES };

static bool is_postgres(const Filter *f)
{
    return tx_is_postgres(db_auto(f->ctx));
}

static const char *table(const Filter *f, const char *schema, const char *name)
{
    return arena_printf(f->ctx->arena, "%s%c%s", schema, is_postgres(f) ? '.' : '_', name);
}

/* Who holds a further address that … */
static void put_holders(Filter *f)
{
    buf_printf(&f->query->sql, "SELECT a.user_id FROM %s a WHERE %s", table(f, "hecate", "addresses"), f->plain ? "a.connection = '' AND " : "");
}

/* ` OR`-ed tests of these columns, the first behind `before`. */
static size_t put_tests(Filter *f, const char *before, const char *const *columns, size_t most, const char *pattern)
{
    size_t n = 0;

    for (; n < most && columns[n] != NULL; n++) {
        buf_printf(&f->query->sql, "%slower(%s) LIKE lower(", n == 0 ? before : " OR ", columns[n]);
        put_value(f, F_TEXT, pattern, 0);
        put(f, ") ESCAPE '\\'");
    }
    return n;
}

static void put_address_test(Filter *f, const Search *search, const char *pattern)
{
    static const char *const column[] = { "a.value_key" };

    if (*search->kind != '\0')
        buf_printf(&f->query->sql, "a.kind = '%s' AND ", search->kind);
    put_tests(f, "", column, 1, pattern);
}

/* A text of hex digits and dashes may be the beginning of a UUID: those are the ids between two. `before` ends in BETWEEN. */
static void put_id_test(Filter *f, const char *text, const char *before)
{
    char low[] = "00000000-0000-0000-0000-000000000000", high[] = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    const char *lower = text_lower(f->ctx->arena, text);
    const size_t n = strlen(lower);

    if (n >= sizeof(low) || strspn(lower, "0123456789abcdef-") != n)
        return;
    for (size_t i = 0; i < n; i++) {
        if ((lower[i] == '-') != (low[i] == '-'))
            return;
        low[i] = high[i] = lower[i];
    }
    put(f, before);
    put_value(f, F_UUID, arena_printf(f->ctx->arena, "%s", low), 0);
    put(f, " AND ");
    put_value(f, F_UUID, arena_printf(f->ctx->arena, "%s", high), 0);
}

/* As a test of each row. */
static void put_search_rows(Filter *f, const Search *search, const char *text, const char *pattern)
{
    size_t n = put_tests(f, " AND (", search->users, COUNTOF(search->users), pattern);

    put_tests(f, n == 0 ? " AND (" : " OR ", search->profiles, COUNTOF(search->profiles), pattern);
    if (search->kind != NULL) {
        buf_printf(&f->query->sql, " OR EXISTS (SELECT 1 FROM %s a WHERE a.user_id = u.id AND %s", table(f, "hecate", "addresses"),
                   f->plain ? "a.connection = '' AND " : "");
        put_address_test(f, search, pattern);
        put(f, ")");
    }
    if (search->id)
        put_id_test(f, text, " OR u.id BETWEEN ");
    put(f, ")");
}

static void put_like(Filter *f, const Search *search, const char *text)
{
    const char *pattern;

    if (text_empty(text))
        return;
    pattern = filter_like(f->ctx->arena, text);
    if (f->by_index && filter_has_piece(text)) {
        put(f, " AND u.id IN (");
        filter_candidates(f, search->tables, text, pattern);
        if (search->id)
            put_id_test(f, text, arena_printf(f->ctx->arena, " UNION ALL SELECT u.id FROM %s u WHERE u.id BETWEEN ", table(f, "auth", "users")));
        put(f, ")");
    }
    put_search_rows(f, search, text, pattern);
}

/* An exact address, in the core column or among the further ones: by an index on either side. */
static void put_address(Filter *f, const char *kind, const Texts *texts)
{
    if (texts->n == 0)
        return;
    buf_printf(&f->query->sql, " AND u.id IN (SELECT b.id FROM %s b WHERE b.%s%s IN (", table(f, "auth", "users"), kind,
               is_postgres(f) && text_eq(kind, "email") ? " COLLATE \"C\"" : ""); /* as its index */
    filter_in(f, "", F_TEXT, texts, true, ")");
    put(f, " UNION ALL ");
    put_holders(f);
    buf_printf(&f->query->sql, "a.kind = '%s'", kind);
    filter_in(f, " AND a.value_key IN (", F_TEXT, texts, true, "))");
}

/* Bounds on a time: which member, which comparison. */
static const struct {
    size_t offset;
    const char *sql;
} time_bounds[] = {
    { offsetof(UserQuery, created_after), " AND u.created_at > " },
    { offsetof(UserQuery, created_before), " AND u.created_at < " },
    { offsetof(UserQuery, last_sign_in_after), " AND u.last_sign_in_at > " },
    { offsetof(UserQuery, last_sign_in_before), " AND u.last_sign_in_at < " },
    { offsetof(UserQuery, last_active_after), " AND p.last_active_at > " },
    { offsetof(UserQuery, last_active_before), " AND p.last_active_at < " },
    { offsetof(UserQuery, last_active_since), " AND p.last_active_at >= " },
};

void filter_times(Filter *f, const UserQuery *in)
{
    for (size_t i = 0; i < COUNTOF(time_bounds); i++) {
        const int64_t *at = (const int64_t *)(const void *)((const char *)in + time_bounds[i].offset);

        if (*at != 0) {
            put(f, time_bounds[i].sql);
            put_value(f, F_TIME, NULL, *at);
        }
    }
}

/* The longest run without a sign that means something to LIKE. */
static const char *longest_piece(Arena *arena, const char *pattern)
{
    size_t best = 0, n = 0;
    const char *at = pattern;

    for (const char *c = pattern; *c != '\0'; c += n + (c[n] != '\0')) {
        n = strcspn(c, "%_\\");
        if (n > best) {
            best = n;
            at = c;
        }
    }
    return arena_printf(arena, "%.*s", (int)best, at);
}

/* GoTrue's filter: its `%`, `_` and `\` work as in the reference. */
static void put_filter(Filter *f, const char *text)
{
    static const char *const columns[] = { "u.raw_user_meta_data ->> 'full_name'" };
    const char *pattern, *piece;

    if (text_empty(text))
        return;
    pattern = arena_printf(f->ctx->arena, "%%%s%%", text);
    piece = longest_piece(f->ctx->arena, text);
    if (f->by_index && filter_has_piece(piece)) {
        put(f, " AND u.id IN (");
        filter_candidates(f, OF_USERS, piece, pattern);
        put(f, ")");
    }
    put(f, " AND (u.email LIKE ");
    put_value(f, F_TEXT, pattern, 0);
    put(f, " ESCAPE '\\' OR");
    put_tests(f, " ", columns, COUNTOF(columns), pattern);
    put(f, ")");
}

static void put_wallets(Filter *f, const Texts *keys)
{
    if (keys->n == 0)
        return;
    buf_printf(&f->query->sql, " AND u.id IN (SELECT a.user_id FROM %s a WHERE a.kind = 'web3'", table(f, "hecate", "addresses"));
    filter_in(f, " AND a.value_key IN (", F_TEXT, keys, false, "))");
}

static void put_provider(Filter *f, const UserQuery *in)
{
    buf_printf(&f->query->sql, " AND u.id IN (SELECT i.user_id FROM %s i WHERE i.provider = ", table(f, "auth", "identities"));
    put_value(f, F_TEXT, in->provider, 0);
    filter_in(f, " AND i.provider_id IN (", F_TEXT, &in->provider_ids, false, ")");
    put(f, ")");
}

/* Who is in one of these organizations, or in none of them. */
static void put_organizations(Filter *f, const char *before, const Texts *ids)
{
    if (ids->n == 0)
        return;
    buf_printf(&f->query->sql, "%s (SELECT m.user_id FROM %s m", before, table(f, "hecate", "memberships"));
    filter_in(f, " WHERE m.organization_id IN (", F_UUID, ids, false, "))");
}

void filter_where(Filter *f, const UserQuery *in, bool by_index)
{
    put(f, " WHERE true");
    f->plain = in->plain;
    f->by_index = by_index;
    if (in->aud != NULL) {
        put(f, " AND u.aud = ");
        put_value(f, F_TEXT, in->aud, 0);
    }
    filter_in(f, " AND u.id IN (", F_UUID, &in->ids, false, ")");
    filter_in(f, " AND u.id NOT IN (", F_UUID, &in->not_ids, false, ")");
    put_address(f, "email", &in->emails);
    put_address(f, "phone", &in->phones);
    filter_in(f, " AND p.username_key IN (", F_TEXT, &in->usernames, true, ")");
    filter_in(f, " AND p.external_id IN (", F_TEXT, &in->external_ids, false, ")");
    filter_in(f, " AND (p.external_id IS NULL OR p.external_id NOT IN (", F_TEXT, &in->not_external_ids, false, "))");
    put_filter(f, in->filter);
    put_like(f, &any_search, in->any_like);
    put_like(f, &email_search, in->email_like);
    put_like(f, &phone_search, in->phone_like);
    put_like(f, &username_search, in->username_like);
    put_like(f, &name_search, in->name_like);
    filter_times(f, in);
    if (HAS(in, banned)) {
        put(f, in->banned ? " AND u.banned_until > " : " AND (u.banned_until IS NULL OR u.banned_until <= ");
        put_value(f, F_TIME, NULL, f->ctx->now);
        put(f, in->banned ? "" : ")");
    }
    if (in->connection != NULL) {
        put(f, " AND p.connection = ");
        put_value(f, F_TEXT, in->connection, 0);
    }
    put_wallets(f, &in->web3);
    put_organizations(f, " AND u.id IN", &in->organizations);
    put_organizations(f, " AND u.id NOT IN", &in->not_organizations);
    if (in->provider != NULL)
        put_provider(f, in);
    if (in->living)
        put(f, " AND u.deleted_at IS NULL");
    if (in->where != NULL) {
        put(f, " AND ");
        filter_cond(f, in->where);
    }
}
