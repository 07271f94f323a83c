/* logs.c: the audit trail as Auth0's logs. */
#include "store/logs.h"
#include "sql.gen.h"
#include "store/filter.h"

enum { MOST_ROWS = 1001 };

static const Field key_cols[] = {
    TEXT(LogKey, user_id, "user_id"), TEXT(LogKey, actions, "actions"), UUID(LogKey, after_id, "after_id"), TIME(LogKey, since, "since"),
    TIME(LogKey, until, "until"),     INT(LogKey, limit, "limit"),      INT(LogKey, offset, "offset"),      END(LogKey),
};

static const Field event_cols[] = {
    UUID(Event, id, "id"), JSON(Event, payload, "payload"), TEXT(Event, ip_address, "ip_address"), TIME(Event, created_at, "created_at"), END(Event),
};

Err store_log_list(Tx *tx, const LogKey *key, List *ret)
{
    const Stmt *const stmts[2][2] = { { SQL_LOG_LIST, SQL_LOG_LIST_UP }, { SQL_LOG_USER_LIST, SQL_LOG_USER_LIST_UP } };

    return db_list(tx, stmts[key->user_id != NULL][key->up], key_cols, key, event_cols, MOST_ROWS, ret);
}

typedef struct Total {
    int64_t total;
} Total;

static const Field total_cols[] = { INT(Total, total, "total"), END(Total) };

Err store_log_count(Tx *tx, const LogKey *key, int64_t *ret)
{
    Total *total;

    TRY(db_one(tx, key->user_id != NULL ? SQL_LOG_USER_COUNT : SQL_LOG_COUNT, key_cols, key, total_cols, &total));
    *ret = total->total;
    return OK;
}

/* ---- searches: a statement that is built, since the tree of conditions is the caller's ---- */

static void put(Filter *f, const char *sql)
{
    buf_puts(&f->query->sql, sql);
}

static void put_time(Filter *f, const char *before, int64_t at)
{
    put(f, before);
    filter_value(f, (Value){ .kind = F_TIME, .number = at });
}

static Filter search_of(Tx *tx, const char *what, const LogKey *key, const Cond *where)
{
    Filter f = filter_new(tx);

    put(&f, what);
    put(&f, tx_is_postgres(tx) ? " FROM auth.audit_log_entries e" : " FROM auth_audit_log_entries e");
    put(&f, " WHERE ");
    put(&f, sql_text_log_told[tx_is_postgres(tx) ? 0 : 1]);
    put_time(&f, " AND e.created_at >= ", key->since);
    put_time(&f, " AND e.created_at <= ", key->until);
    put(&f, " AND ");
    filter_cond(&f, where);
    if (key->up) {
        put_time(&f, " AND (e.created_at > ", key->since);
        put(&f, " OR e.id > ");
        filter_value(&f, (Value){ .kind = F_UUID, .text = key->after_id });
        put(&f, ")");
    }
    return f;
}

Err store_log_search(Tx *tx, const LogKey *key, const Cond *where, List *ret)
{
    Filter f = search_of(tx, "SELECT e.id, e.payload, e.ip_address, e.created_at", key, where);

    put(&f, key->up ? " ORDER BY e.created_at, e.id LIMIT " : " ORDER BY e.created_at DESC, e.id DESC LIMIT ");
    filter_value(&f, (Value){ .kind = F_INT, .number = key->limit });
    put(&f, " OFFSET ");
    filter_value(&f, (Value){ .kind = F_INT, .number = key->offset });
    return f.query->sql.over ? E_TOO_LARGE : db_query(tx, f.query, event_cols, MOST_ROWS, ret);
}

Err store_log_search_count(Tx *tx, const LogKey *key, const Cond *where, int64_t *ret)
{
    Filter f = search_of(tx, "SELECT count(*) AS total", key, where);
    List rows = { 0 };

    if (f.query->sql.over)
        return E_TOO_LARGE;
    TRY(db_query(tx, f.query, total_cols, 1, &rows));
    *ret = rows.n == 0 ? 0 : ((const Total *)rows.v[0])->total;
    return OK;
}
