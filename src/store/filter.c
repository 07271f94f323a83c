/* filter.c: lists of users with conditions and an order. Text comes from the tables and literals here; every value is bound. */
#include "store/filter.h"
#include "sql.gen.h"
#include "store/cols.h"
#include "store/organizations.h"

enum { MOST_SQL = 64 * 1024 };

void filter_value(Filter *f, Value value)
{
    Query *query = f->query;

    if (query->n == COUNTOF(query->values)) {
        query->sql.over = true;
        return;
    }
    query->values[query->n++] = value;
    buf_printf(&query->sql, "$%zu", query->n);
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

/* Where a substring is looked for: columns, and the kind of the further addresses (NULL: none of them; "": of any kind). */
typedef struct Search {
    const char *columns[7];
    const char *kind;
} Search;
static const Search email_search = { { "u.email" }, "email" };
static const Search phone_search = { { "u.phone" }, "phone" };
static const Search username_search = { { "p.username" }, NULL };
static const Search name_search = { { "p.first_name", "p.last_name", "p.name" }, NULL };
static const Search any_search = { { "u.email", "u.phone", "p.username", "p.first_name", "p.last_name", "CAST(u.id AS text)" }, "" };

static const char *addresses_table(Filter *f)
{
    return tx_is_postgres(db_auto(f->ctx)) ? "hecate.addresses" : "hecate_addresses";
}

/* Who holds a further address that … */
static void put_holders(Filter *f)
{
    buf_printf(&f->query->sql, "SELECT a.user_id FROM %s a WHERE %s", addresses_table(f), f->plain ? "a.connection = '' AND " : "");
}

static void put_like(Filter *f, const Search *search, const char *text)
{
    const char *pattern;

    if (text_empty(text))
        return;
    pattern = filter_like(f->ctx->arena, text);
    for (size_t i = 0; i < COUNTOF(search->columns) && search->columns[i] != NULL; i++) {
        buf_printf(&f->query->sql, "%s lower(%s) LIKE lower(", i == 0 ? " AND (" : " OR", search->columns[i]);
        put_value(f, F_TEXT, pattern, 0);
        put(f, ") ESCAPE '\\'");
    }
    if (search->kind != NULL) {
        put(f, " OR u.id IN (");
        put_holders(f);
        if (*search->kind != '\0')
            buf_printf(&f->query->sql, "a.kind = '%s' AND ", search->kind);
        put(f, "lower(a.value_key) LIKE lower(");
        put_value(f, F_TEXT, pattern, 0);
        put(f, ") ESCAPE '\\')");
    }
    put(f, ")");
}

/* An exact address, in the core column or among the further ones: by an index on either side. */
static void put_address(Filter *f, const char *kind, const Texts *texts)
{
    if (texts->n == 0)
        return;
    buf_printf(&f->query->sql, " AND u.id IN (SELECT b.id FROM %s b WHERE b.%s IN (", tx_is_postgres(db_auto(f->ctx)) ? "auth.users" : "auth_users",
               kind);
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

static void put_times(Filter *f, const UserQuery *in)
{
    for (size_t i = 0; i < COUNTOF(time_bounds); i++) {
        const int64_t *at = (const int64_t *)(const void *)((const char *)in + time_bounds[i].offset);

        if (*at != 0) {
            put(f, time_bounds[i].sql);
            put_value(f, F_TIME, NULL, *at);
        }
    }
}

/* GoTrue's filter: its `%`, `_` and `\` work as in the reference. */
static void put_filter(Filter *f, const char *text)
{
    const char *pattern;

    if (text_empty(text))
        return;
    pattern = arena_printf(f->ctx->arena, "%%%s%%", text);
    put(f, " AND (u.email LIKE ");
    put_value(f, F_TEXT, pattern, 0);
    put(f, " ESCAPE '\\' OR lower(u.raw_user_meta_data->>'full_name') LIKE lower(");
    put_value(f, F_TEXT, pattern, 0);
    put(f, ") ESCAPE '\\')");
}

static void put_wallets(Filter *f, const Texts *keys)
{
    if (keys->n == 0)
        return;
    buf_printf(&f->query->sql, " AND u.id IN (SELECT a.user_id FROM %s a WHERE a.kind = 'web3'",
               tx_is_postgres(db_auto(f->ctx)) ? "hecate.addresses" : "hecate_addresses");
    filter_in(f, " AND a.value_key IN (", F_TEXT, keys, false, "))");
}

static void put_provider(Filter *f, const UserQuery *in)
{
    buf_printf(&f->query->sql, " AND u.id IN (SELECT i.user_id FROM %s i WHERE i.provider = ",
               tx_is_postgres(db_auto(f->ctx)) ? "auth.identities" : "auth_identities");
    put_value(f, F_TEXT, in->provider, 0);
    filter_in(f, " AND i.provider_id IN (", F_TEXT, &in->provider_ids, false, ")");
    put(f, ")");
}

/* Who is in one of these organizations, or in none of them. */
static void put_organizations(Filter *f, const char *before, const Texts *ids)
{
    if (ids->n == 0)
        return;
    buf_printf(&f->query->sql, "%s (SELECT m.user_id FROM %s m", before,
               tx_is_postgres(db_auto(f->ctx)) ? "hecate.memberships" : "hecate_memberships");
    filter_in(f, " WHERE m.organization_id IN (", F_UUID, ids, false, "))");
}

static void put_where(Filter *f, const UserQuery *in)
{
    put(f, " WHERE true");
    f->plain = in->plain;
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
    put_times(f, in);
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

/* Texts are ordered byte by byte on both databases. */
static const struct {
    const char *sql;
    bool text;
} sort_columns[] = {
    [SORT_CREATED_AT] = { "u.created_at" },
    [SORT_UPDATED_AT] = { "u.updated_at" },
    [SORT_EMAIL] = { "lower(u.email)", true },
    [SORT_PHONE] = { "u.phone", true },
    [SORT_USERNAME] = { "p.username_key", true },
    [SORT_FIRST_NAME] = { "lower(p.first_name)", true },
    [SORT_LAST_NAME] = { "lower(p.last_name)", true },
    [SORT_LAST_ACTIVE_AT] = { "p.last_active_at" },
    [SORT_LAST_SIGN_IN_AT] = { "u.last_sign_in_at" },
    [SORT_NAME] = { "lower(coalesce(p.name, u.email, p.username, u.phone))", true }, /* as Auth0 shows it */
    [SORT_LOGINS_COUNT] = { "p.logins_count" },
    [SORT_WEB3] = { NULL, true }, /* wallet_sort() */
    [SORT_NICKNAME] = { "lower(p.nickname)", true },
    [SORT_GIVEN_NAME] = { "lower(p.given_name)", true },
    [SORT_FAMILY_NAME] = { "lower(p.family_name)", true },
};

/* The wallet that the profile names, else the oldest. */
static const char *wallet_sort(Filter *f)
{
    const char *table = tx_is_postgres(db_auto(f->ctx)) ? "hecate.addresses" : "hecate_addresses";

    return arena_printf(f->ctx->arena,
                        "coalesce((SELECT a.value_key FROM %s a WHERE a.id = p.web3_id AND a.user_id = u.id), "
                        "(SELECT a.value_key FROM %s a WHERE a.user_id = u.id AND a.kind = 'web3' ORDER BY a.created_at, a.id LIMIT 1))",
                        table, table);
}

/* ORDER BY. created_at is never null in rows of ours, but others may write: nulls last, so that pages are stable. */
static void put_sort(Filter *f, const UserQuery *in, const char *created_at)
{
    const char *way = in->ascending ? "ASC" : "DESC";

    put(f, " ORDER BY ");
    if (in->sort != SORT_CREATED_AT)
        buf_printf(&f->query->sql, "%s%s %s NULLS LAST, ", in->sort == SORT_WEB3 ? wallet_sort(f) : sort_columns[in->sort].sql,
                   sort_columns[in->sort].text && tx_is_postgres(db_auto(f->ctx)) ? " COLLATE \"C\"" : "", way);
    buf_printf(&f->query->sql, "%s %s NULLS LAST, u.id %s", created_at, way, way);
}

static void put_page(Filter *f, const UserQuery *in)
{
    put(f, " LIMIT ");
    put_value(f, F_INT, NULL, in->limit);
    put(f, " OFFSET ");
    put_value(f, F_INT, NULL, in->offset);
}

static void put_order(Filter *f, const UserQuery *in)
{
    if (in->after_id != NULL && in->after_created_at != 0) {
        buf_printf(&f->query->sql, " AND (u.created_at, u.id) %s (", in->ascending ? ">" : "<");
        put_value(f, F_TIME, NULL, in->after_created_at);
        put(f, ", ");
        put_value(f, F_UUID, in->after_id, 0);
        put(f, ")");
    } else if (in->after_id != NULL) {
        buf_printf(&f->query->sql, " AND (u.created_at, u.id) %s (SELECT b.created_at, b.id FROM %s b WHERE b.id = ", in->ascending ? ">" : "<",
                   tx_is_postgres(db_auto(f->ctx)) ? "auth.users" : "auth_users");
        put_value(f, F_UUID, in->after_id, 0);
        put(f, ")");
    }
    put_sort(f, in, "u.created_at");
    put_page(f, in);
}

Filter filter_new(Tx *tx)
{
    Ctx *ctx = tx_ctx(tx);
    Filter f = { .ctx = ctx, .query = ARENA_NEW(ctx->arena, Query) };

    f.query->sql = buf_in(ctx->arena, MOST_SQL);
    f.query->slow = true;
    return f;
}

Err store_user_list(Tx *tx, const UserQuery *in, List *ret)
{
    const size_t db = tx_is_postgres(tx) ? 0 : 1;
    Filter f = filter_new(tx);
    List rows = { 0 }, users = { 0 };

    buf_printf(&f.query->sql, "SELECT %s %s FROM %s", sql_text_user_columns[db], in->whole ? sql_text_user_parts[db] : "", sql_text_user_tables[db]);
    put_where(&f, in);
    put_order(&f, in);
    if (f.query->sql.over)
        return E_TOO_LARGE;
    TRY(db_query(tx, f.query, user_cols, SIZE_MAX, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        User *user;

        TRY(user_row_finish(f.ctx, rows.v[i], &user));
        list_add(f.ctx->arena, &users, user);
    }
    *ret = users;
    return OK;
}

/* Without a condition on the profile the join is left out: the count is then one of an index. */
static bool needs_profile(const UserQuery *in)
{
    return in->where != NULL || in->usernames.n + in->external_ids.n + in->not_external_ids.n > 0 || in->any_like != NULL ||
           in->username_like != NULL || in->name_like != NULL || in->email_like != NULL || in->phone_like != NULL || in->connection != NULL ||
           in->last_active_after != 0 || in->last_active_before != 0 || in->last_active_since != 0;
}

Err store_user_count(Tx *tx, const UserQuery *in, int64_t *ret)
{
    static const Field count_cols[] = { INT(CheckRow, count, "count"), END(CheckRow) };
    const size_t db = tx_is_postgres(tx) ? 0 : 1;
    Filter f = filter_new(tx);
    List rows = { 0 };

    buf_printf(&f.query->sql, "SELECT count(*) AS count FROM %s",
               needs_profile(in) ? sql_text_user_tables[db]
               : db == 0         ? "auth.users u"
                                 : "auth_users u");
    put_where(&f, in);
    if (f.query->sql.over)
        return E_TOO_LARGE;
    TRY(db_query(tx, f.query, count_cols, 1, &rows));
    *ret = ((const CheckRow *)rows.v[0])->count;
    return OK;
}

/* ---- memberships: the users that are found, with what joins them to an organization ---- */

static void put_members(Filter *f, const MemberQuery *in)
{
    const bool pg = tx_is_postgres(db_auto(f->ctx));

    buf_printf(&f->query->sql, " FROM %s JOIN %s m ON m.user_id = u.id", sql_text_user_tables[pg ? 0 : 1],
               pg ? "hecate.memberships" : "hecate_memberships");
    put_where(f, &in->users);
    if (in->organization_id != NULL) {
        put(f, " AND m.organization_id = ");
        put_value(f, F_UUID, in->organization_id, 0);
    }
    filter_in(f, " AND m.role IN (", F_TEXT, &in->roles, false, ")");
}

Err store_member_list(Tx *tx, const MemberQuery *in, List *ret)
{
    Filter f = filter_new(tx);

    buf_printf(&f.query->sql, "SELECT %s", sql_text_membership_columns[tx_is_postgres(tx) ? 0 : 1]);
    put_members(&f, in);
    if (in->after != 0) {
        put(&f, in->users.ascending ? " AND (m.created_at, m.user_id) > (" : " AND (m.created_at, m.user_id) < (");
        put_value(&f, F_TIME, NULL, in->after);
        put(&f, ", ");
        put_value(&f, F_UUID, in->after_id, 0);
        put(&f, ")");
    }
    put_sort(&f, &in->users, "m.created_at");
    put(&f, in->organization_id == NULL ? ", m.id" : ""); /* a user is in an organization once */
    put_page(&f, &in->users);
    return f.query->sql.over ? E_TOO_LARGE : db_query(tx, f.query, membership_cols, SIZE_MAX, ret);
}

Err store_member_count(Tx *tx, const MemberQuery *in, int64_t *ret)
{
    static const Field count_cols[] = { INT(CheckRow, count, "count"), END(CheckRow) };
    Filter f = filter_new(tx);
    List rows = { 0 };

    put(&f, "SELECT count(*) AS count");
    put_members(&f, in);
    if (f.query->sql.over)
        return E_TOO_LARGE;
    TRY(db_query(tx, f.query, count_cols, 1, &rows));
    *ret = ((const CheckRow *)rows.v[0])->count;
    return OK;
}
