/* access.h: resource servers, permissions, roles, and who has them: one short function a statement; errors as store.h says. */
#ifndef HECATE_STORE_ACCESS_H
#define HECATE_STORE_ACCESS_H

#include "db/db.h"
#include "model/model.h"

/* What statements of this kind ask for; each reads what it names. */
typedef struct AccessKey {
    const char *id, *identifier, *server_id, *role_id, *user_id, *name, *description, *filter, *after_id;
    int64_t position, limit, offset, created_at, after;
    int64_t after_at; /* 0: from the start */
} AccessKey;

Err store_server_get(Tx *tx, const char *id_or_identifier, ResourceServer **ret);
Err store_server_list(Tx *tx, int64_t limit, int64_t offset, List *ret);
Err store_server_insert(Tx *tx, const ResourceServer *server); /* E_CONFLICT: the identifier is taken */
Err store_server_update(Tx *tx, const ResourceServer *server);

Err store_role_get(Tx *tx, const char *id, Role **ret);
Err store_role_lock(Tx *tx, const char *id, Role **ret);
Err store_role_list(Tx *tx, const AccessKey *key, List *ret); /* of a user if key->user_id says whose */
Err store_role_insert(Tx *tx, const Role *role);              /* E_CONFLICT: the name is taken */
Err store_role_update(Tx *tx, const Role *role);
Err store_role_users(Tx *tx, const AccessKey *key, List *ret);      /* RoleUser, the oldest assignment first */
Err store_permission_lock(Tx *tx, AccessKey *key);                  /* sets server_id from identifier and name; E_NO_ROW */
Err store_permission_list(Tx *tx, const AccessKey *key, List *ret); /* Permission, of a role or a user */

/* Writes, and how many there are. */
typedef enum AccessWrite {
    PUT_PERMISSION,
    DROP_PERMISSION,
    DROP_SERVER,
    DROP_ROLE,
    PUT_USER_ROLE,
    DROP_USER_ROLE,
    PUT_ROLE_PERMISSION,
    DROP_ROLE_PERMISSION,
    PUT_USER_PERMISSION,
    DROP_USER_PERMISSION
} AccessWrite;
Err store_access_write(Tx *tx, AccessWrite what, const AccessKey *key, int64_t *changed);
typedef enum AccessCount { COUNT_SERVERS, COUNT_ROLES, COUNT_USER_ROLES, COUNT_ROLE_USERS } AccessCount;
Err store_access_count(Tx *tx, AccessCount what, const AccessKey *key, int64_t *ret);

#endif
