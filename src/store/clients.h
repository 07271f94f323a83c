/* clients.h: clients of Auth0's token endpoint: one short function a statement; errors as store.h says. */
#ifndef HECATE_STORE_CLIENTS_H
#define HECATE_STORE_CLIENTS_H

#include "db/db.h"
#include "model/model.h"

/* Which ones; NULL: any. `app_type` stands between commas, with one before the first and one behind the last. */
typedef struct ClientKey {
    const char *id, *app_type, *client_id, *audience, *after_id;
    bool any_party, first_party, any_organization, allow_any_organization;
    int64_t after, limit, offset, created_at, expires_at;
} ClientKey;

Err store_client_get(Tx *tx, const char *id, Application **ret);
Err store_client_lock(Tx *tx, const char *id, Application **ret);
Err store_client_list(Tx *tx, const ClientKey *key, List *ret);
Err store_client_count(Tx *tx, const ClientKey *key, int64_t *ret);
Err store_client_insert(Tx *tx, const Application *client);
Err store_client_update(Tx *tx, const Application *client);
Err store_client_delete(Tx *tx, const char *id, int64_t *changed);
/* Those of a client, or those for an audience; the other one is NULL. */
Err store_client_grants_delete(Tx *tx, const char *client_id, const char *audience);

Err store_credential_list(Tx *tx, const char *client_id, List *ret);
Err store_credential_insert(Tx *tx, const ClientCredential *credential);
Err store_credential_update(Tx *tx, const ClientCredential *credential, int64_t *changed); /* its end */
Err store_credential_delete(Tx *tx, const char *client_id, const char *id, int64_t *changed);
/* `*changed` 0: it was used before. Those that are over by now are forgotten. */
Err store_assertion_use(Tx *tx, const ClientKey *key, int64_t *changed);

Err store_client_grant_get(Tx *tx, const char *id, ClientGrant **ret);
Err store_client_grant_find(Tx *tx, const char *client_id, const char *audience, ClientGrant **ret);
Err store_client_grant_list(Tx *tx, const ClientKey *key, List *ret);
Err store_client_grant_count(Tx *tx, const ClientKey *key, int64_t *ret);
Err store_client_grant_insert(Tx *tx, const ClientGrant *grant); /* E_CONFLICT: the client has one for this audience */
Err store_client_grant_update(Tx *tx, const ClientGrant *grant, int64_t *changed);
Err store_client_grant_delete(Tx *tx, const char *id, int64_t *changed);

#endif
