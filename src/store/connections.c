/* connections.c: connections of Auth0. */
#include "store/connections.h"
#include "sql.gen.h"

enum { MOST_ROWS = 1001 };

static const Field key_cols[] = {
    TEXT(ConnectionKey, id, "id"),
    TEXT(ConnectionKey, name, "name"),
    TEXT(ConnectionKey, strategies, "strategies"),
    TEXT(ConnectionKey, after_id, "after_id"),
    TIME(ConnectionKey, after, "after"),
    INT(ConnectionKey, limit, "limit"),
    INT(ConnectionKey, offset, "offset"),
    END(ConnectionKey),
};

static const Field connection_cols[] = {
    TEXT(Connection, id, "id"),
    TEXT(Connection, name, "name"),
    TEXT(Connection, strategy, "strategy"),
    TEXT(Connection, display_name, "display_name"),
    JSON(Connection, options, "options"),
    JSON(Connection, enabled_clients, "enabled_clients"),
    JSON(Connection, realms, "realms"),
    JSON(Connection, metadata, "metadata"),
    BOOL(Connection, is_domain_connection, "is_domain_connection"),
    BOOL(Connection, show_as_button, "show_as_button"),
    TIME(Connection, created_at, "created_at"),
    END(Connection),
};

Err store_connection_get(Tx *tx, const char *id, Connection **ret)
{
    const ConnectionKey key = { .id = id };

    return db_one(tx, SQL_CONNECTION_GET, key_cols, &key, connection_cols, ret);
}

Err store_connection_named(Tx *tx, const char *name, Connection **ret)
{
    const ConnectionKey key = { .name = name };

    return db_one(tx, SQL_CONNECTION_NAMED, key_cols, &key, connection_cols, ret);
}

Err store_connection_list(Tx *tx, const ConnectionKey *key, List *ret)
{
    return db_list(tx, SQL_CONNECTION_LIST, key_cols, key, connection_cols, MOST_ROWS, ret);
}

typedef struct Total {
    int64_t total;
} Total;

Err store_connection_count(Tx *tx, const ConnectionKey *key, int64_t *ret)
{
    static const Field total_cols[] = { INT(Total, total, "total"), END(Total) };
    Total *total;

    TRY(db_one(tx, SQL_CONNECTION_COUNT, key_cols, key, total_cols, &total));
    *ret = total->total;
    return OK;
}

Err store_connection_insert(Tx *tx, const Connection *connection)
{
    return db_exec(tx, SQL_CONNECTION_INSERT, connection_cols, connection, NULL);
}

Err store_connection_update(Tx *tx, const Connection *connection, int64_t *changed)
{
    return db_exec(tx, SQL_CONNECTION_UPDATE, connection_cols, connection, changed);
}

Err store_connection_delete(Tx *tx, const char *id, int64_t *changed)
{
    const ConnectionKey key = { .id = id };

    return db_exec(tx, SQL_CONNECTION_DELETE, key_cols, &key, changed);
}
