/* logs.c: the audit trail as Auth0's logs. */
#include "store/logs.h"
#include "sql.gen.h"

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

Err store_log_count(Tx *tx, const LogKey *key, int64_t *ret)
{
    static const Field total_cols[] = { INT(Total, total, "total"), END(Total) };
    Total *total;

    TRY(db_one(tx, key->user_id != NULL ? SQL_LOG_USER_COUNT : SQL_LOG_COUNT, key_cols, key, total_cols, &total));
    *ret = total->total;
    return OK;
}
