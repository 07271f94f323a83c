/* connections.h: connections of Auth0: one short function a statement; errors as store.h says. */
#ifndef HECATE_STORE_CONNECTIONS_H
#define HECATE_STORE_CONNECTIONS_H

#include "db/db.h"
#include "model/model.h"

/* Which ones; NULL: any. `strategies` stand between commas, with one before the first and one behind the last. */
typedef struct ConnectionKey {
    const char *id, *name, *strategies, *after_id;
    int64_t after, limit, offset;
} ConnectionKey;

Err store_connection_get(Tx *tx, const char *id, Connection **ret);
Err store_connection_named(Tx *tx, const char *name, Connection **ret);
Err store_connection_list(Tx *tx, const ConnectionKey *key, List *ret);
Err store_connection_count(Tx *tx, const ConnectionKey *key, int64_t *ret);
Err store_connection_insert(Tx *tx, const Connection *connection); /* E_CONFLICT: the name is taken */
Err store_connection_update(Tx *tx, const Connection *connection, int64_t *changed);
Err store_connection_delete(Tx *tx, const char *id, int64_t *changed);

#endif
