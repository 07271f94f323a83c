/* list.c: pages of users: where they begin, in which order they stand, and how many there are in all. None may cost more for standing deep or for
 * being one of a million: the page of a plain list is found by the kept counts (counts.c); one that is sorted by another column comes from that
 * column's index, in two parts, since users without it stand last; a search looks among the first rows before it asks its index. Where many are
 * sorted, the ids of the page are found first, and then all that belongs to them. */
#include "sql.gen.h"
#include "store/cols.h"
#include "store/filter.h"
#include "store/organizations.h"

enum {
    MOST_SQL = 64 * 1024,
    FIRST_ROWS = 1000, /* how far a search looks before it asks its index */
    LATEST = 4000,     /* among so many of the latest sign-ins the newest of those who signed in are looked for */
    MANY = 10,         /* … and one in so many of them is many to count, */
    MANY_PG = 100,     /* where reading all costs less */
    LEAST_KEPT = 1000, /* on PostgreSQL a smaller directory is counted: others may write it */
    LEAST_DEEP = 100,  /* offset from which a page is found by the counts */
    MOST_BRIEF = 20,   /* users of a page that is tried beside all other requests */
    MOST_QUICK = 20,   /* values of keys that are looked up beside all other requests */
};

static void put(Filter *f, const char *sql)
{
    buf_puts(&f->query->sql, sql);
}

static void put_value(Filter *f, FieldKind kind, const char *text, int64_t number)
{
    filter_value(f, (Value){ .kind = kind, .text = text, .number = number });
}

Filter filter_new(Tx *tx)
{
    Ctx *ctx = tx_ctx(tx);
    Filter f = { .ctx = ctx, .query = ARENA_NEW(ctx->arena, Query) };

    f.query->sql = buf_in(ctx->arena, MOST_SQL);
    f.query->slow = true;
    return f;
}

/* ---- orders ---- */

/* The wallet that is the user's primary one: that which the profile names, else the oldest. */
#define WALLET(at)                                                                                \
    "coalesce((SELECT b.id FROM " at "addresses b WHERE b.id = p.web3_id AND b.user_id = u.id), " \
    "(SELECT b.id FROM " at "addresses b WHERE b.user_id = u.id AND b.kind = 'web3' ORDER BY b.created_at, b.id LIMIT 1))"

typedef enum OrderTable { OF_USER, OF_PROFILE, OF_WALLET } OrderTable;

/* Texts are ordered byte by byte on both databases: `c` says it where PostgreSQL does not know it of the column. (Phone numbers are digits, which
 * every collation has in that order.) Where `indexed`, an index stands in this order, of those who have the column. */
static const struct {
    const char *sql, *column; /* none: itself */
    OrderTable table;
    bool text, c, indexed, number;
} orders[] = {
    [SORT_CREATED_AT] = { "u.created_at" },
    [SORT_UPDATED_AT] = { "u.updated_at" },
    [SORT_EMAIL] = { "u.email", .text = true, .c = true, .indexed = true },
    [SORT_PHONE] = { "u.phone", .text = true, .indexed = true },
    [SORT_USERNAME] = { "p.username_key", NULL, OF_PROFILE, .text = true, .c = true, .indexed = true },
    [SORT_FIRST_NAME] = { "lower(p.first_name)", "p.first_name", OF_PROFILE, .text = true, .c = true, .indexed = true },
    [SORT_LAST_NAME] = { "lower(p.last_name)", "p.last_name", OF_PROFILE, .text = true, .c = true, .indexed = true },
    [SORT_LAST_ACTIVE_AT] = { "p.last_active_at", NULL, OF_PROFILE, .indexed = true },
    [SORT_LAST_SIGN_IN_AT] = { "u.last_sign_in_at", .indexed = true },
    [SORT_NAME] = { "lower(coalesce(p.name, u.email, p.username, u.phone))", NULL, OF_PROFILE, .text = true, .c = true }, /* as Auth0 shows it */
    [SORT_LOGINS_COUNT] = { "coalesce(p.logins_count, 0)", NULL, OF_PROFILE, .number = true },
    [SORT_WEB3] = { "a.value_key", NULL, OF_WALLET, .text = true, .c = true, .indexed = true },
    [SORT_NICKNAME] = { "lower(p.nickname)", NULL, OF_PROFILE, .text = true, .c = true },
    [SORT_GIVEN_NAME] = { "lower(p.given_name)", NULL, OF_PROFILE, .text = true, .c = true },
    [SORT_FAMILY_NAME] = { "lower(p.family_name)", NULL, OF_PROFILE, .text = true, .c = true },
};

/* Which users: all, or those who have what the list is sorted by, or the others. */
typedef enum Part { PART_ALL, PART_WITH, PART_WITHOUT } Part;

/* One statement of a list. */
typedef struct Page {
    Tx *tx;
    const UserQuery *in;
    Part part;
    bool by_index; /* searches by their index; else among the first rows */
    bool by_last;  /* by the index of the last sign-in or activity, among the latest `window` (0: all) */
    int64_t window;
    const Filter *sampled; /* NULL, or one that has the sample already */
    int64_t first_rows;    /* 0, or how far it looks, and a few more */
    int64_t limit, offset;
    int64_t at;    /* 0, or where the counts say that it begins */
    int64_t total; /* 0, or how many they say that there are */
} Page;

static bool from_order(const Page *page)
{
    return page->part == PART_WITH && orders[page->in->sort].table != OF_USER;
}

static const char *sort_key(const Page *page)
{
    const bool pg = tx_is_postgres(page->tx);

    if (page->in->sort == SORT_WEB3 && !from_order(page))
        return pg ? "(SELECT a.value_key FROM hecate.addresses a WHERE a.id = " WALLET("hecate.") ") COLLATE \"C\""
                  : "(SELECT a.value_key FROM hecate_addresses a WHERE a.id = " WALLET("hecate_") ")";
    return arena_printf(tx_ctx(page->tx)->arena, "%s%s", orders[page->in->sort].sql, orders[page->in->sort].c && pg ? " COLLATE \"C\"" : "");
}

/* What users have who have a place in the order. */
static const char *sort_column(const Page *page)
{
    return orders[page->in->sort].column != NULL ? orders[page->in->sort].column : sort_key(page);
}

static void put_part(Filter *f, const Page *page)
{
    if (page->part == PART_WITH && page->in->sort == SORT_WEB3)
        put(f, tx_is_postgres(page->tx)
                   ? " AND a.kind = 'web3' AND coalesce(a.id = " WALLET("hecate.") ", false)" /* half of all, its planner takes it */
                   : " AND a.kind = 'web3' AND a.id = " WALLET("hecate_"));
    else if (page->part != PART_ALL)
        buf_printf(&f->query->sql, " AND %s IS %s", sort_column(page), page->part == PART_WITH ? "NOT NULL" : "NULL");
}

/* ---- where a page begins ---- */

static void put_after_time(Filter *f, const Page *page)
{
    const UserQuery *in = page->in;

    buf_printf(&f->query->sql, "(u.created_at, u.id) %s (", in->ascending ? ">" : "<");
    if (in->after_created_at != 0) {
        put_value(f, F_TIME, NULL, in->after_created_at);
        put(f, ", ");
    } else {
        buf_printf(&f->query->sql, "SELECT b.created_at, b.id FROM %s b WHERE b.id = ", tx_is_postgres(page->tx) ? "auth.users" : "auth_users");
    }
    put_value(f, F_UUID, in->after_id, 0);
    put(f, ")");
}

/* Behind a user, in the list's order. */
static void put_after(Filter *f, const Page *page)
{
    const UserQuery *in = page->in;
    const bool has = in->after_text != NULL || in->after_number != 0 || orders[in->sort].number;

    if (in->after_id == NULL)
        return;
    put(f, " AND ");
    if (in->sort == SORT_CREATED_AT) {
        put_after_time(f, page);
    } else if (!has) {
        buf_printf(&f->query->sql, "%s IS NULL AND ", sort_column(page));
        put_after_time(f, page);
    } else if (page->part == PART_WITHOUT) {
        put(f, "true");
    } else {
        buf_printf(&f->query->sql, "((%s, u.created_at, u.id) %s (", sort_key(page), in->ascending ? ">" : "<");
        put_value(f, in->after_text != NULL ? F_TEXT : orders[in->sort].number ? F_INT : F_TIME, in->after_text, in->after_number);
        put(f, ", ");
        put_value(f, F_TIME, NULL, in->after_created_at);
        put(f, ", ");
        put_value(f, F_UUID, in->after_id, 0);
        put(f, ")");
        if (page->part == PART_ALL)
            buf_printf(&f->query->sql, " OR %s IS NULL", sort_column(page));
        put(f, ")");
    }
}

/* From where the counts or a condition say that it begins. */
static void put_at(Filter *f, const Page *page)
{
    if (page->at == 0)
        return;
    put(f, page->in->ascending ? " AND u.created_at >= " : " AND u.created_at < ");
    put_value(f, F_TIME, NULL, page->at);
}

static void put_first_order(Filter *f, const Page *page)
{
    put_at(f, page);
    put_after(f, page);
    put(f,
        page->in->ascending ? " ORDER BY u.created_at ASC NULLS FIRST, u.id ASC LIMIT " : " ORDER BY u.created_at DESC NULLS LAST, u.id DESC LIMIT ");
}

/* The first rows alone. PostgreSQL takes them before anything else; SQLite goes through them until it has enough, up to the one that stands so far
 * behind. */
static void put_first_users(Filter *f, const Page *page)
{
    put(f, "(SELECT * FROM auth.users u WHERE true");
    put_first_order(f, page);
    put_value(f, F_INT, NULL, page->offset + 4 * page->limit + page->first_rows);
    put(f, ") u");
}

static void put_first_rows(Filter *f, const Page *page)
{
    buf_printf(&f->query->sql, " AND (u.created_at, u.id) %s (SELECT u.created_at, u.id FROM auth_users u WHERE true",
               page->in->ascending ? "<=" : ">=");
    put_first_order(f, page);
    put(f, "1 OFFSET ");
    put_value(f, F_INT, NULL, page->offset + 4 * page->limit + page->first_rows);
    put(f, ")");
}

/* The tables, the one with the order first. */
static void put_tables(Filter *f, const Page *page)
{
    const bool pg = tx_is_postgres(page->tx);

    if (pg && page->first_rows > 0) {
        put_first_users(f, page);
        put(f, sql_text_user_tables[0] + strlen("auth.users u"));
    } else if (!from_order(page))
        put(f, sql_text_user_tables[pg ? 0 : 1]);
    else if (orders[page->in->sort].table == OF_PROFILE)
        buf_printf(&f->query->sql, "%s %s",
                   pg ? "hecate.profiles p JOIN auth.users u ON u.id = p.user_id" : "hecate_profiles p CROSS JOIN auth_users u ON u.id = p.user_id",
                   sql_text_user_secrets[pg ? 0 : 1]);
    else
        buf_printf(&f->query->sql, "%s %s",
                   pg ? "hecate.addresses a JOIN auth.users u ON u.id = a.user_id LEFT JOIN hecate.profiles p ON p.user_id = u.id"
                      : "hecate_addresses a INDEXED BY addresses_wallet_order_idx CROSS JOIN auth_users u ON u.id = a.user_id"
                        " LEFT JOIN hecate_profiles p ON p.user_id = u.id",
                   sql_text_user_secrets[pg ? 0 : 1]);
}

/* ORDER BY. created_at is never null in rows of ours, but others may write: what is not known is older than all else, as in the index of both stores.
 * `sorted`: by sorting; an index that stands in this order is not asked. */
static void put_sort(Filter *f, const Page *page, const char *created_at, bool sorted)
{
    const UserQuery *in = page->in;
    const bool pg = tx_is_postgres(page->tx);
    const char *way = in->ascending ? "ASC" : "DESC", *plus = sorted && !pg ? "+" : "";

    put(f, " ORDER BY ");
    if (in->sort != SORT_CREATED_AT && page->part != PART_WITHOUT)
        buf_printf(&f->query->sql, "%s%s %s%s, ", plus, sort_key(page), way, page->part == PART_ALL ? " NULLS LAST" : "");
    buf_printf(&f->query->sql, sorted && pg ? "coalesce(%s%s, '-infinity') %s, u.id %s" : "%s%s %s, u.id %s", plus, created_at,
               in->ascending ? "ASC NULLS FIRST" : "DESC NULLS LAST", way);
}

/* PostgreSQL keeps one plan of a steady list, which is made for the numbers that stand in it. */
static void put_limit(Filter *f, const Page *page)
{
    if (f->query->steady && tx_is_postgres(page->tx)) {
        buf_printf(&f->query->sql, " LIMIT %lld OFFSET %lld", (long long)page->limit, (long long)page->offset);
        return;
    }
    put(f, " LIMIT ");
    put_value(f, F_INT, NULL, page->limit);
    put(f, " OFFSET ");
    put_value(f, F_INT, NULL, page->offset);
}

/* ---- kinds of conditions ---- */

/* Does a column that an index finds stand for a single value in this tree? */
static bool is_exact_cond(const Cond *cond)
{
    if (cond == NULL)
        return false;
    if (cond->kind == COND_AND)
        return is_exact_cond(cond->a) || is_exact_cond(cond->b);
    return cond->kind == COND_EQUAL && (cond->field == UF_ID || cond->field == UF_EMAIL);
}

/* How many values of keys it looks for. */
static size_t keys_of(const UserQuery *in)
{
    return in->ids.n + in->emails.n + in->phones.n + in->usernames.n + in->external_ids.n + in->web3.n + is_exact_cond(in->where);
}

/* Conditions that few users meet. */
static bool is_exact(const UserQuery *in)
{
    return keys_of(in) > 0 || in->organizations.n > 0 || in->provider != NULL;
}

/* Conditions that no unique or foreign key answers: they may hold for one user or for all. */
static bool is_search(const UserQuery *in)
{
    return in->filter != NULL || in->any_like != NULL || in->email_like != NULL || in->phone_like != NULL || in->username_like != NULL ||
           in->name_like != NULL || in->where != NULL || in->connection != NULL || HAS(in, banned) ||
           in->not_ids.n + in->not_external_ids.n + in->not_organizations.n > 0 || in->last_sign_in_after != 0 || in->last_sign_in_before != 0 ||
           in->last_active_after != 0 || in->last_active_before != 0 || in->last_active_since != 0;
}

/* Does it find no more than a few rows, each by a key? Then it is no slow one. */
static bool is_quick(const UserQuery *in)
{
    return keys_of(in) > 0 && keys_of(in) <= MOST_QUICK;
}

/* Is one plan good for all its values? A key leads to few rows whatever else is asked of them. */
static bool is_steady(const UserQuery *in)
{
    return !is_search(in) || is_quick(in);
}

/* ---- one statement ---- */

static void put_parts(Filter *f, unsigned parts, size_t db)
{
    static const struct {
        unsigned part;
        const char *const *sql;
    } rows[] = {
        { USER_IDENTITIES, sql_text_user_identities }, { USER_ACCOUNTS, sql_text_user_accounts }, { USER_ADDRESSES, sql_text_user_addresses },
        { USER_FACTORS, sql_text_user_factors },       { USER_SUBJECTS, sql_text_user_subjects }, { USER_PASSKEYS, sql_text_user_passkeys },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        put(f, (parts & rows[i].part) != 0 ? rows[i].sql[db] : "");
}

static void put_conditions(Filter *f, const Page *page)
{
    filter_where(f, page->in, page->by_index);
    put_part(f, page);
    put_at(f, page);
}

/* Bounds on times of the last sign-in and activity: few, or many who are far from the first; never by going through all in the list's order. */
static bool has_last_bounds(const UserQuery *in)
{
    return in->last_sign_in_after != 0 || in->last_sign_in_before != 0 || in->last_active_after != 0 || in->last_active_before != 0 ||
           in->last_active_since != 0;
}

static void put_page(Filter *f, const Page *page)
{
    put(f, " FROM ");
    put_tables(f, page);
    put_conditions(f, page);
    put_after(f, page);
    if (page->first_rows > 0 && !tx_is_postgres(page->tx))
        put_first_rows(f, page);
    put_sort(f, page, "u.created_at", page->by_index && has_last_bounds(page->in));
    put_limit(f, page);
}

/* Does it come from an index in its order? Else all that are sorted need no more than their ids. */
static bool comes_in_order(const Page *page)
{
    return !page->by_index && !page->by_last && (page->part != PART_ALL || page->in->sort == SORT_CREATED_AT);
}

/* SELECT …: the ids of the page. */
static void put_ids(Filter *f, const Page *page)
{
    if (page->by_last) {
        filter_last(f, page->in, page->window, page->limit, page->offset);
        return;
    }
    put(f, "SELECT u.id");
    put_page(f, page);
}

/* Do a few steps along an index lead to a few users, unless many are passed over? */
static bool is_brief(const Page *page)
{
    return comes_in_order(page) && page->limit <= MOST_BRIEF && page->offset < LEAST_DEEP && page->first_rows == 0 && !is_search(page->in);
}

static Err sample(const Page *page, Filter *f)
{
    if (page->sampled == NULL)
        return filter_sample(f, page->tx, page->in);
    memcpy(f->sample, page->sampled->sample, sizeof(f->sample));
    return OK;
}

static Err page_read(const Page *page, List *users)
{
    const size_t db = tx_is_postgres(page->tx) ? 0 : 1;
    const bool direct = comes_in_order(page);
    Page whole = *page;
    Filter f = filter_new(page->tx);
    List rows = { 0 };

    f.query->slow = !is_quick(page->in);
    f.query->brief = is_brief(page);
    f.query->steady = is_steady(page->in);
    if (page->by_index)
        TRY(sample(page, &f));
    whole.part = page->part == PART_WITH && !direct ? PART_ALL : page->part;
    put(&f, "SELECT "); /* long texts, which a printf would look at letter by letter */
    put(&f, sql_text_user_columns[db]);
    put(&f, " ");
    put_parts(&f, page->in->parts, db);
    if (orders[page->in->sort].text && page->part != PART_WITHOUT)
        buf_printf(&f.query->sql, ", %s AS sort_text", sort_key(&whole));
    if (direct) {
        put_page(&f, page);
    } else {
        put(&f, " FROM ");
        put(&f, sql_text_user_tables[db]);
        put(&f, db == 0 ? " WHERE u.id = ANY (ARRAY(" : " WHERE u.id IN (");
        put_ids(&f, page);
        put(&f, db == 0 ? "))" : ")");
        put_sort(&f, &whole, "u.created_at", true);
    }
    if (f.query->sql.over)
        return E_TOO_LARGE;
    TRY(db_query(page->tx, f.query, user_cols, SIZE_MAX, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        User *user;

        TRY(user_row_finish(f.ctx, rows.v[i], &user));
        list_add(f.ctx->arena, users, user);
    }
    return OK;
}

static Err page_count(const Page *page, bool profile, int64_t *ret)
{
    static const Field count_cols[] = { INT(CheckRow, count, "count"), END(CheckRow) };
    Filter f = filter_new(page->tx);
    List rows = { 0 };

    f.query->slow = !is_quick(page->in);
    f.query->steady = is_steady(page->in);
    if (page->by_index)
        TRY(sample(page, &f));
    put(&f, "SELECT count(*) AS count FROM ");
    if (profile)
        put_tables(&f, page);
    else
        put(&f, tx_is_postgres(page->tx) ? "auth.users u" : "auth_users u");
    put_conditions(&f, page);
    if (page->first_rows > 0 && !tx_is_postgres(page->tx))
        put_first_rows(&f, page);
    if (f.query->sql.over)
        return E_TOO_LARGE;
    TRY(db_query(page->tx, f.query, count_cols, 1, &rows));
    *ret = ((const CheckRow *)rows.v[0])->count;
    return OK;
}

/* ---- lists ---- */

/* All who were made between two times, or at any. */
static bool is_span(const UserQuery *in)
{
    return !is_search(in) && !is_exact(in);
}

static bool is_plain(const UserQuery *in)
{
    return is_span(in) && in->created_after == 0 && in->created_before == 0;
}

/* A page of all users by age: the counts say at which time it begins, if it is deep. */
static Err list_plain(Page *page, List *users)
{
    CountsPlace place;
    Err err;

    if (page->in->after_id != NULL || page->offset < LEAST_DEEP)
        return page_read(page, users);
    err = counts_place(page->tx, page->in, &place);
    if (err != OK && err != E_NO_ROW)
        return err;
    if (err == OK && place.unknown == 0 && (place.n >= LEAST_KEPT || !tx_is_postgres(page->tx))) {
        page->at = place.at;
        page->offset = place.skip;
        page->total = place.n;
    }
    return page_read(page, users);
}

/* Those who have what is sorted by, from its index; then the others. */
static Err list_ordered(Page *page, List *users)
{
    int64_t with = 0;

    page->part = PART_WITH;
    if (page->in->after_id == NULL || page->in->after_text != NULL || page->in->after_number != 0)
        TRY(page_read(page, users));
    if ((int64_t)users->n == page->limit)
        return OK;
    if (users->n == 0 && page->offset > 0)
        TRY(page_count(page, true, &with));
    page->part = PART_WITHOUT;
    page->offset = users->n > 0 || page->offset < with ? 0 : page->offset - with;
    page->limit -= (int64_t)users->n;
    return page_read(page, users);
}

/* Are bounds of the last sign-in, or of the last activity, all that is asked for? */
static bool is_last(const UserQuery *in)
{
    UserQuery rest = *in;

    rest.last_sign_in_after = rest.last_sign_in_before = 0;
    if (in->last_sign_in_after == 0 && in->last_sign_in_before == 0)
        rest.last_active_after = rest.last_active_before = rest.last_active_since = 0;
    return is_search(in) && is_plain(&rest) && in->aud == NULL && in->living && (in->after_id == NULL || in->after_created_at != 0);
}

/* The newest of them: who was made later than all others were seen stands before them. */
static Err list_latest(Page *page, List *users, bool *whole)
{
    bool many;
    int64_t floor;

    TRY(last_odd(page->tx, page->in, &many));
    if (many)
        return OK;
    page->by_last = true;
    page->window = LATEST + 16 * page->offset;
    TRY(page_read(page, users));
    TRY(last_floor(page->tx, page->in, page->window, &floor));
    page->by_last = false;
    *whole = floor == 0 || ((int64_t)users->n == page->limit && ((const User *)users->v[users->n - 1])->created_at > floor);
    return OK;
}

/* Do few meet it, as a sample says? Then there is no looking among the first rows. */
static Err few_meet(Page *page, bool *ret)
{
    Filter *f = ARENA_NEW(tx_ctx(page->tx)->arena, Filter);

    *f = filter_new(page->tx);
    TRY(filter_sample(f, page->tx, page->in));
    page->sampled = f;
    *ret = filter_is_rare(f, page->in);
    return OK;
}

/* Among the first rows, if there are enough of them. */
static Err list_first(Page *page, int64_t rows, List *users, bool *whole)
{
    *users = (List){ 0 };
    page->first_rows = rows;
    TRY(page_read(page, users));
    *whole = (int64_t)users->n == page->limit;
    return OK;
}

/* What many meet is found among the first rows; what is not, by index. */
static Err list_search(Page *page, List *users)
{
    const bool last = is_last(page->in);
    bool whole = false, few = false;

    if (last && !page->in->ascending)
        TRY(list_latest(page, users, &whole));
    if (!whole && !last)
        TRY(few_meet(page, &few));
    if (!whole && !few)
        TRY(list_first(page, FIRST_ROWS, users, &whole));
    if (whole)
        return OK;
    *users = (List){ 0 };
    page->first_rows = page->window = 0;
    page->by_last = last;
    page->by_index = !last;
    return page_read(page, users);
}

static Err list_users(Page *page, List *users)
{
    const UserQuery *in = page->in;

    if (in->sort == SORT_CREATED_AT && is_plain(in))
        return list_plain(page, users);
    if (in->sort != SORT_CREATED_AT && orders[in->sort].indexed && !is_search(in) && !is_exact(in))
        return list_ordered(page, users);
    if (in->sort == SORT_CREATED_AT && is_search(in) && !is_exact(in))
        return list_search(page, users);
    page->by_index = true;
    return page_read(page, users);
}

Err store_user_list(Tx *tx, const UserQuery *in, List *ret)
{
    return store_user_page(tx, in, ret, NULL);
}

/* Without a condition on the profile the join is left out. */
static bool needs_profile(const UserQuery *in)
{
    return in->where != NULL || in->usernames.n + in->external_ids.n + in->not_external_ids.n > 0 || in->any_like != NULL ||
           in->username_like != NULL || in->name_like != NULL || in->email_like != NULL || in->phone_like != NULL || in->connection != NULL ||
           in->last_active_after != 0 || in->last_active_before != 0 || in->last_active_since != 0;
}

/* Do many meet a search? Then its index is a detour. */
static Err many_meet(const Page *page, bool *ret)
{
    Page first = *page;
    int64_t n = 0;

    first.first_rows = FIRST_ROWS;
    TRY(page_count(&first, true, &n));
    *ret = n > FIRST_ROWS / (tx_is_postgres(page->tx) ? MANY_PG : MANY);
    return OK;
}

Err store_user_count(Tx *tx, const UserQuery *in, int64_t *ret)
{
    Page page = { .tx = tx, .in = in };
    int64_t n = 0, unknown;
    bool few = false, many = false;

    if (is_plain(in)) {
        TRY(counts_total(tx, in, &n, &unknown));
        if (n >= LEAST_KEPT || !tx_is_postgres(tx)) {
            *ret = n;
            return OK;
        }
    } else if (is_span(in)) {
        TRY(counts_between(tx, in, &n, &unknown));
        if (unknown == 0 && (n >= LEAST_KEPT || !tx_is_postgres(tx))) {
            *ret = n;
            return OK;
        }
    }
    if (is_last(in))
        return last_count(tx, in, ret);
    if (is_search(in) && !is_exact(in))
        TRY(few_meet(&page, &few));
    if (is_search(in) && !is_exact(in) && !few)
        TRY(many_meet(&page, &many));
    page.by_index = !many;
    return page_count(&page, needs_profile(in), ret);
}

Err store_user_page(Tx *tx, const UserQuery *in, List *ret, int64_t *total)
{
    Page page = { .tx = tx, .in = in, .limit = in->limit, .offset = in->offset };
    List users = { 0 };

    TRY(list_users(&page, &users));
    if (total != NULL && page.total == 0)
        TRY(store_user_count(tx, in, &page.total));
    if (total != NULL)
        *total = page.total;
    *ret = users;
    return OK;
}

/* ---- memberships: the users that are found, with what joins them to an organization ---- */

static void put_members(Filter *f, const MemberQuery *in)
{
    const bool pg = tx_is_postgres(db_auto(f->ctx));

    buf_printf(&f->query->sql, " FROM %s JOIN %s m ON m.user_id = u.id", sql_text_user_tables[pg ? 0 : 1],
               pg ? "hecate.memberships" : "hecate_memberships");
    filter_where(f, &in->users, true);
    if (in->organization_id != NULL) {
        put(f, " AND m.organization_id = ");
        put_value(f, F_UUID, in->organization_id, 0);
    }
    filter_in(f, " AND m.role IN (", F_TEXT, &in->roles, false, ")");
}

Err store_member_list(Tx *tx, const MemberQuery *in, List *ret)
{
    const Page page = { .tx = tx, .in = &in->users, .limit = in->users.limit, .offset = in->users.offset };
    Filter f = filter_new(tx);

    TRY(filter_sample(&f, tx, &in->users));
    buf_printf(&f.query->sql, "SELECT %s", sql_text_membership_columns[tx_is_postgres(tx) ? 0 : 1]);
    put_members(&f, in);
    if (in->after != 0) {
        put(&f, in->users.ascending ? " AND (m.created_at, m.user_id) > (" : " AND (m.created_at, m.user_id) < (");
        put_value(&f, F_TIME, NULL, in->after);
        put(&f, ", ");
        put_value(&f, F_UUID, in->after_id, 0);
        put(&f, ")");
    }
    put_sort(&f, &page, "m.created_at", false);
    put(&f, in->organization_id == NULL ? ", m.id" : ""); /* a user is in an organization once */
    put_limit(&f, &page);
    return f.query->sql.over ? E_TOO_LARGE : db_query(tx, f.query, membership_cols, SIZE_MAX, ret);
}

Err store_member_count(Tx *tx, const MemberQuery *in, int64_t *ret)
{
    static const Field count_cols[] = { INT(CheckRow, count, "count"), END(CheckRow) };
    Filter f = filter_new(tx);
    List rows = { 0 };

    TRY(filter_sample(&f, tx, &in->users));
    put(&f, "SELECT count(*) AS count");
    put_members(&f, in);
    if (f.query->sql.over)
        return E_TOO_LARGE;
    TRY(db_query(tx, f.query, count_cols, 1, &rows));
    *ret = ((const CheckRow *)rows.v[0])->count;
    return OK;
}
