/* audit.c: the audit trail and a user's sessions as administrators read them. */
#include "sql.gen.h"
#include "store/store.h"
#include "json/json.h"

static const Field query_cols[] = {
    TEXT(AuditQuery, author, "author"), TEXT(AuditQuery, action, "action"), TEXT(AuditQuery, type, "type"),
    INT(AuditQuery, limit, "limit"),    INT(AuditQuery, offset, "offset"),  END(AuditQuery),
};

static const Field event_cols[] = {
    UUID(Event, id, "id"), JSON(Event, payload, "payload"), TEXT(Event, ip_address, "ip_address"), TIME(Event, created_at, "created_at"), END(Event),
};

typedef struct Total {
    int64_t n;
} Total;
static const Field total_cols[] = { INT(Total, n, "n"), END(Total) };

Err store_audit_list(Tx *tx, const AuditQuery *query, List *ret)
{
    return db_list(tx, SQL_AUDIT_LIST, query_cols, query, event_cols, (size_t)query->limit, ret);
}

Err store_audit_count(Tx *tx, const AuditQuery *query, int64_t *ret)
{
    Total *total;

    TRY(db_one(tx, SQL_AUDIT_COUNT, query_cols, query, total_cols, &total));
    *ret = total->n;
    return OK;
}

Err store_user_sessions(Tx *tx, const char *user_id, List *ret)
{
    static const Field params[] = { UUID(Session, user_id, "user_id"), END(Session) };
    const Session key = { .user_id = user_id };
    List rows;

    TRY(db_list(tx, SQL_USER_SESSIONS, params, &key, session_cols, 1000, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        SessionRow *row = rows.v[i];

        TRY(session_row_finish(tx_ctx(tx), row));
        list_add(tx_ctx(tx)->arena, ret, &row->session);
    }
    return OK;
}
