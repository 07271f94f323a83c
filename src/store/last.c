/* last.c: who signed in or was active last before or after some time, and no other condition: found in the index of that time alone, which says of
 * each when they were made. */
#include "store/filter.h"

enum { MOST_ODD = 1000 };

/* A user seen last before being made is odd: others write such rows, and an index of them alone tells. */
typedef struct LastTime {
    const char *tables[2], *index; /* SQLite is told the index */
    const char *odd[2];            /* ids of the odd */
    const char *id, *made, *at;
} LastTime;
static const LastTime signed_in = {
    .tables = { "auth.users u", "auth_users u" },
    .index = " INDEXED BY hecate_users_last_sign_in_at_idx",
    .odd = { "SELECT o.id FROM auth.users o WHERE o.last_sign_in_at < o.created_at",
             "SELECT o.id FROM auth_users o INDEXED BY hecate_users_odd_sign_in_idx WHERE o.last_sign_in_at < o.created_at" },
    .id = "u.id",
    .made = "u.created_at",
    .at = "u.last_sign_in_at",
};
static const LastTime active = {
    .tables = { "hecate.profiles p", "hecate_profiles p" },
    .index = " INDEXED BY profiles_last_active_at_idx",
    .odd = { "SELECT o.user_id FROM hecate.profiles o WHERE o.last_active_at < o.made_at",
             "SELECT o.user_id FROM hecate_profiles o INDEXED BY profiles_odd_active_idx WHERE o.last_active_at < o.made_at" },
    .id = "p.user_id",
    .made = "p.made_at",
    .at = "p.last_active_at",
};

static const LastTime *time_of(const UserQuery *in)
{
    return in->last_sign_in_after != 0 || in->last_sign_in_before != 0 ? &signed_in : &active;
}

static void put(Filter *f, const char *sql)
{
    buf_puts(&f->query->sql, sql);
}

static void put_number(Filter *f, int64_t number)
{
    filter_value(f, (Value){ .kind = F_INT, .number = number });
}

static bool is_postgres(const Filter *f)
{
    return tx_is_postgres(db_auto(f->ctx));
}

/* ` FROM … WHERE …` with the bounds. */
static void put_from(Filter *f, const LastTime *last, const UserQuery *in)
{
    buf_printf(&f->query->sql, " FROM %s%s WHERE true", last->tables[is_postgres(f) ? 0 : 1], is_postgres(f) ? "" : last->index);
    filter_times(f, in);
}

/* Those of the latest `window` times (0: of all). */
static void put_seen(Filter *f, const LastTime *last, const UserQuery *in, int64_t window)
{
    const bool pg = is_postgres(f);
    Buf *sql = &f->query->sql;

    if (window == 0) {
        buf_printf(sql, "SELECT %s AS id, %s AS made", last->id, last->made);
        put_from(f, last, in);
        return;
    }
    buf_printf(sql, "SELECT * FROM (SELECT %s AS id, %s AS made", last->id, last->made);
    put_from(f, last, in);
    buf_printf(sql, " AND (%s IS NULL OR %s >= %s) ORDER BY %s DESC LIMIT ", last->made, last->at, last->made, last->at);
    put_number(f, window);
    buf_printf(sql, ") w UNION ALL SELECT %s, %s FROM %s WHERE %s %s%s%s", last->id, last->made, last->tables[pg ? 0 : 1], last->id,
               pg ? "= ANY (ARRAY(" : "IN (", last->odd[pg ? 0 : 1], pg ? "))" : ")");
    filter_times(f, in);
}

static void put_order(Filter *f, const char *of, const UserQuery *in)
{
    buf_printf(&f->query->sql,
               in->ascending ? " ORDER BY %s.made ASC NULLS FIRST, %s.id ASC LIMIT " : " ORDER BY %s.made DESC NULLS LAST, %s.id DESC LIMIT ", of,
               of);
}

/* Those who were deleted stand among them, and are left out of as many more. */
void filter_last(Filter *f, const UserQuery *in, int64_t window, int64_t limit, int64_t offset)
{
    const char *users = is_postgres(f) ? "auth.users" : "auth_users";
    Buf *sql = &f->query->sql;

    put(f, "SELECT y.id FROM (SELECT x.id, x.made FROM (");
    put_seen(f, time_of(in), in, window);
    put(f, ") x");
    if (in->after_id != NULL) {
        put(f, in->ascending ? " WHERE (x.made, x.id) > (" : " WHERE (x.made, x.id) < (");
        filter_value(f, (Value){ .kind = F_TIME, .number = in->after_created_at });
        put(f, ", ");
        filter_value(f, (Value){ .kind = F_UUID, .text = in->after_id });
        put(f, ")");
    }
    put_order(f, "x", in);
    buf_printf(sql, "(SELECT count(*) FROM %s d WHERE d.deleted_at IS NOT NULL) + ", users);
    put_number(f, limit + offset);
    buf_printf(sql, ") y WHERE (SELECT d.deleted_at FROM %s d WHERE d.id = y.id) IS NULL", users);
    put_order(f, "y", in);
    put_number(f, limit);
    put(f, " OFFSET ");
    put_number(f, offset);
}

Err last_odd(Tx *tx, const UserQuery *in, bool *many)
{
    static const Field cols[] = { INT(CheckRow, count, "count"), END(CheckRow) };
    Filter f = filter_new(tx);
    List rows = { 0 };

    buf_printf(&f.query->sql, "SELECT count(*) AS count FROM (%s LIMIT %d) x", time_of(in)->odd[tx_is_postgres(tx) ? 0 : 1], MOST_ODD + 1);
    TRY(db_query(tx, f.query, cols, 1, &rows));
    *many = ((const CheckRow *)rows.v[0])->count > MOST_ODD;
    return OK;
}

Err last_floor(Tx *tx, const UserQuery *in, int64_t window, int64_t *ret)
{
    typedef struct Row {
        int64_t at;
    } Row;
    static const Field cols[] = { TIME(Row, at, "at"), END(Row) };
    const LastTime *last = time_of(in);
    Filter f = filter_new(tx);
    List rows = { 0 };

    buf_printf(&f.query->sql, "SELECT %s AS at", last->at);
    put_from(&f, last, in);
    buf_printf(&f.query->sql, " AND (%s IS NULL OR %s >= %s) ORDER BY %s DESC LIMIT 1 OFFSET ", last->made, last->at, last->made, last->at);
    put_number(&f, window - 1);
    TRY(db_query(tx, f.query, cols, 1, &rows));
    *ret = rows.n == 0 ? 0 : ((const Row *)rows.v[0])->at;
    return OK;
}

/* All less those who were deleted, who are few. */
Err last_count(Tx *tx, const UserQuery *in, int64_t *ret)
{
    static const Field cols[] = { INT(CheckRow, count, "count"), END(CheckRow) };
    const LastTime *last = time_of(in);
    const bool pg = tx_is_postgres(tx);
    Filter f = filter_new(tx);
    List rows = { 0 };

    put(&f, "SELECT (SELECT count(*)");
    put_from(&f, last, in);
    put(&f, ") - (SELECT count(*) FROM ");
    put(&f, pg ? "auth.users u" : "auth_users u INDEXED BY hecate_users_deleted_at_idx");
    if (last == &active)
        put(&f, pg ? " JOIN hecate.profiles p ON p.user_id = u.id" : " CROSS JOIN hecate_profiles p ON p.user_id = u.id");
    put(&f, " WHERE u.deleted_at IS NOT NULL");
    filter_times(&f, in);
    put(&f, ") AS count");
    TRY(db_query(tx, f.query, cols, 1, &rows));
    *ret = ((const CheckRow *)rows.v[0])->count;
    return OK;
}
