/* access.c: resource servers, permissions, roles, and who has them. */
#include "store/access.h"
#include "sql.gen.h"
#include "json/json.h"

enum { MOST_ROWS = 10000 };

static const Field key_cols[] = {
    TEXT(AccessKey, id, "id"),
    TEXT(AccessKey, identifier, "identifier"),
    TEXT(AccessKey, server_id, "server_id"),
    TEXT(AccessKey, role_id, "role_id"),
    UUID(AccessKey, user_id, "user_id"),
    TEXT(AccessKey, name, "name"),
    TEXT(AccessKey, description, "description"),
    TEXT(AccessKey, filter, "filter"),
    UUID(AccessKey, after_id, "after_id"),
    INT(AccessKey, position, "position"),
    INT(AccessKey, limit, "limit"),
    INT(AccessKey, offset, "offset"),
    TIME(AccessKey, created_at, "created_at"),
    TIME(AccessKey, after, "after"),
    INT(AccessKey, after_at, "after_at"),
    END(AccessKey),
};

static const Field server_cols[] = {
    TEXT(ResourceServer, id, "id"),
    TEXT(ResourceServer, identifier, "identifier"),
    TEXT(ResourceServer, name, "name"),
    TEXT(ResourceServer, signing_alg, "signing_alg"),
    BOOL(ResourceServer, allow_offline_access, "allow_offline_access"),
    BOOL(ResourceServer, skip_consent, "skip_consent"),
    INT(ResourceServer, token_lifetime, "token_lifetime"),
    INT(ResourceServer, token_lifetime_for_web, "token_lifetime_for_web"),
    BOOL(ResourceServer, enforce_policies, "enforce_policies"),
    TEXT(ResourceServer, token_dialect, "token_dialect"),
    TIME(ResourceServer, created_at, "created_at"),
    JSON(ResourceServer, scopes_json, "scopes"),
    END(ResourceServer),
};

static const Field scope_doc[] = { TEXT(Scope, value, "value"), TEXT(Scope, description, "description"), END(Scope) };

static const Field role_cols[] = {
    TEXT(Role, id, "id"), TEXT(Role, name, "name"), TEXT(Role, description, "description"), TIME(Role, created_at, "created_at"), END(Role),
};

static const Field permission_cols[] = {
    TEXT(Permission, name, "name"),
    TEXT(Permission, description, "description"),
    TEXT(Permission, server_name, "server_name"),
    TEXT(Permission, identifier, "identifier"),
    TEXT(Permission, role_id, "role_id"),
    TEXT(Permission, role_name, "role_name"),
    END(Permission),
};

static const Field role_user_cols[] = { UUID(RoleUser, user_id, "user_id"), TIME(RoleUser, created_at, "created_at"), END(RoleUser) };

/* ---- resource servers ---- */

static Err read_scopes(Ctx *ctx, ResourceServer *server)
{
    return server->scopes_json == NULL ? OK : json_read_list(ctx, str_of(server->scopes_json), scope_doc, &server->scopes);
}

Err store_server_get(Tx *tx, const char *id_or_identifier, ResourceServer **ret)
{
    const AccessKey key = { .id = id_or_identifier };

    TRY(db_one(tx, SQL_SERVER_GET, key_cols, &key, server_cols, ret));
    return read_scopes(tx_ctx(tx), *ret);
}

Err store_server_list(Tx *tx, int64_t limit, int64_t offset, List *ret)
{
    const AccessKey key = { .limit = limit, .offset = offset };

    TRY(db_list(tx, SQL_SERVER_LIST, key_cols, &key, server_cols, MOST_ROWS, ret));
    for (size_t i = 0; i < ret->n; i++)
        TRY(read_scopes(tx_ctx(tx), ret->v[i]));
    return OK;
}

Err store_server_insert(Tx *tx, const ResourceServer *server)
{
    return db_exec(tx, SQL_SERVER_INSERT, server_cols, server, NULL);
}

Err store_server_update(Tx *tx, const ResourceServer *server)
{
    return db_exec(tx, SQL_SERVER_UPDATE, server_cols, server, NULL);
}

/* ---- roles ---- */

Err store_role_get(Tx *tx, const char *id, Role **ret)
{
    const AccessKey key = { .id = id };

    return db_one(tx, SQL_ROLE_GET, key_cols, &key, role_cols, ret);
}

Err store_role_lock(Tx *tx, const char *id, Role **ret)
{
    const AccessKey key = { .id = id };

    return db_one(tx, SQL_ROLE_LOCK, key_cols, &key, role_cols, ret);
}

Err store_role_list(Tx *tx, const AccessKey *key, List *ret)
{
    return db_list(tx, key->user_id != NULL ? SQL_USER_ROLE_LIST : SQL_ROLE_LIST, key_cols, key, role_cols, MOST_ROWS, ret);
}

Err store_role_insert(Tx *tx, const Role *role)
{
    return db_exec(tx, SQL_ROLE_INSERT, role_cols, role, NULL);
}

Err store_role_update(Tx *tx, const Role *role)
{
    return db_exec(tx, SQL_ROLE_UPDATE, role_cols, role, NULL);
}

Err store_role_users(Tx *tx, const AccessKey *key, List *ret)
{
    return db_list(tx, SQL_ROLE_USER_LIST, key_cols, key, role_user_cols, MOST_ROWS, ret);
}

/* ---- permissions ---- */

Err store_permission_lock(Tx *tx, AccessKey *key)
{
    AccessKey *found;

    TRY(db_one(tx, SQL_PERMISSION_LOCK, key_cols, key, key_cols, &found));
    key->server_id = found->server_id;
    return OK;
}

Err store_permission_list(Tx *tx, const AccessKey *key, List *ret)
{
    return db_list(tx, key->user_id != NULL ? SQL_USER_PERMISSION_LIST : SQL_ROLE_PERMISSION_LIST, key_cols, key, permission_cols, MOST_ROWS, ret);
}

/* ---- writes and counts ---- */

Err store_access_write(Tx *tx, AccessWrite what, const AccessKey *key, int64_t *changed)
{
    const Stmt *const stmts[] = {
        [PUT_PERMISSION] = SQL_PERMISSION_PUT,
        [DROP_PERMISSION] = SQL_PERMISSION_DELETE,
        [DROP_SERVER] = SQL_SERVER_DELETE,
        [DROP_ROLE] = SQL_ROLE_DELETE,
        [PUT_USER_ROLE] = SQL_USER_ROLE_PUT,
        [DROP_USER_ROLE] = SQL_USER_ROLE_DELETE,
        [PUT_ROLE_PERMISSION] = SQL_ROLE_PERMISSION_PUT,
        [DROP_ROLE_PERMISSION] = SQL_ROLE_PERMISSION_DELETE,
        [PUT_USER_PERMISSION] = SQL_USER_PERMISSION_PUT,
        [DROP_USER_PERMISSION] = SQL_USER_PERMISSION_DELETE,
    };

    return db_exec(tx, stmts[what], key_cols, key, changed);
}

typedef struct Total {
    int64_t total;
} Total;

Err store_access_count(Tx *tx, AccessCount what, const AccessKey *key, int64_t *ret)
{
    static const Field total_cols[] = { INT(Total, total, "total"), END(Total) };
    const Stmt *const stmts[] = {
        [COUNT_SERVERS] = SQL_SERVER_COUNT,
        [COUNT_ROLES] = SQL_ROLE_COUNT,
        [COUNT_USER_ROLES] = SQL_USER_ROLE_COUNT,
        [COUNT_ROLE_USERS] = SQL_ROLE_USER_COUNT,
    };
    Total *total;

    TRY(db_one(tx, stmts[what], key_cols, key, total_cols, &total));
    *ret = total->total;
    return OK;
}
