/* clients.c: clients of Auth0's token endpoint, their keys and grants. */
#include "store/clients.h"
#include "sql.gen.h"

enum { MOST_ROWS = 1001 };

static const Field key_cols[] = {
    TEXT(ClientKey, id, "id"),
    TEXT(ClientKey, app_type, "app_type"),
    TEXT(ClientKey, client_id, "client_id"),
    TEXT(ClientKey, audience, "audience"),
    TEXT(ClientKey, after_id, "after_id"),
    BOOL(ClientKey, any_party, "any_party"),
    BOOL(ClientKey, first_party, "first_party"),
    BOOL(ClientKey, any_organization, "any_organization"),
    BOOL(ClientKey, allow_any_organization, "allow_any_organization"),
    TIME(ClientKey, after, "after"),
    TIME(ClientKey, created_at, "created_at"),
    TIME(ClientKey, expires_at, "expires_at"),
    INT(ClientKey, limit, "limit"),
    INT(ClientKey, offset, "offset"),
    END(ClientKey),
};

static const Field client_cols[] = {
    TEXT(Application, id, "id"),
    TEXT(Application, sealed, "sealed", .flags = SECRET),
    TEXT(Application, app_type, "app_type"),
    BOOL(Application, is_first_party, "is_first_party"),
    JSON(Application, document, "document"),
    TIME(Application, created_at, "created_at"),
    END(Application),
};

static const Field credential_cols[] = {
    TEXT(ClientCredential, id, "id"),
    TEXT(ClientCredential, client_id, "client_id"),
    TEXT(ClientCredential, name, "name"),
    TEXT(ClientCredential, kid, "kid"),
    TEXT(ClientCredential, alg, "alg"),
    TEXT(ClientCredential, pem, "pem"),
    TIME(ClientCredential, created_at, "created_at"),
    TIME(ClientCredential, updated_at, "updated_at"),
    TIME(ClientCredential, expires_at, "expires_at"),
    END(ClientCredential),
};

static const Field grant_cols[] = {
    TEXT(ClientGrant, id, "id"),
    TEXT(ClientGrant, client_id, "client_id"),
    TEXT(ClientGrant, audience, "audience"),
    JSON(ClientGrant, scopes, "scopes"),
    TEXT(ClientGrant, organization_usage, "organization_usage"),
    BOOL(ClientGrant, allow_any_organization, "allow_any_organization"),
    TIME(ClientGrant, created_at, "created_at"),
    END(ClientGrant),
};

typedef struct Total {
    int64_t total;
} Total;

static Err count(Tx *tx, const Stmt *stmt, const ClientKey *key, int64_t *ret)
{
    static const Field total_cols[] = { INT(Total, total, "total"), END(Total) };
    Total *total;

    TRY(db_one(tx, stmt, key_cols, key, total_cols, &total));
    *ret = total->total;
    return OK;
}

/* ---- clients ---- */

Err store_client_get(Tx *tx, const char *id, Application **ret)
{
    const ClientKey key = { .id = id };

    return db_one(tx, SQL_CLIENT_GET, key_cols, &key, client_cols, ret);
}

Err store_client_lock(Tx *tx, const char *id, Application **ret)
{
    const ClientKey key = { .id = id };

    return db_one(tx, SQL_CLIENT_LOCK, key_cols, &key, client_cols, ret);
}

Err store_client_list(Tx *tx, const ClientKey *key, List *ret)
{
    return db_list(tx, SQL_CLIENT_LIST, key_cols, key, client_cols, MOST_ROWS, ret);
}

Err store_client_count(Tx *tx, const ClientKey *key, int64_t *ret)
{
    return count(tx, SQL_CLIENT_COUNT, key, ret);
}

Err store_client_insert(Tx *tx, const Application *client)
{
    return db_exec(tx, SQL_CLIENT_INSERT, client_cols, client, NULL);
}

Err store_client_update(Tx *tx, const Application *client)
{
    return db_exec(tx, SQL_CLIENT_UPDATE, client_cols, client, NULL);
}

Err store_client_delete(Tx *tx, const char *id, int64_t *changed)
{
    const ClientKey key = { .id = id };

    return db_exec(tx, SQL_CLIENT_DELETE, key_cols, &key, changed);
}

Err store_client_grants_delete(Tx *tx, const char *client_id, const char *audience)
{
    const ClientKey key = { .id = client_id, .audience = audience };

    return db_exec(tx, SQL_CLIENT_GRANTS_DELETE, key_cols, &key, NULL);
}

/* ---- their keys ---- */

Err store_credential_list(Tx *tx, const char *client_id, List *ret)
{
    const ClientKey key = { .client_id = client_id };

    return db_list(tx, SQL_CLIENT_CREDENTIAL_LIST, key_cols, &key, credential_cols, MOST_ROWS, ret);
}

Err store_credential_insert(Tx *tx, const ClientCredential *credential)
{
    return db_exec(tx, SQL_CLIENT_CREDENTIAL_INSERT, credential_cols, credential, NULL);
}

Err store_credential_update(Tx *tx, const ClientCredential *credential, int64_t *changed)
{
    return db_exec(tx, SQL_CLIENT_CREDENTIAL_UPDATE, credential_cols, credential, changed);
}

Err store_credential_delete(Tx *tx, const char *client_id, const char *id, int64_t *changed)
{
    const ClientKey key = { .id = id, .client_id = client_id };

    return db_exec(tx, SQL_CLIENT_CREDENTIAL_DELETE, key_cols, &key, changed);
}

Err store_assertion_use(Tx *tx, const ClientKey *key, int64_t *changed)
{
    TRY(db_exec(tx, SQL_CLIENT_ASSERTIONS_FORGET, key_cols, key, NULL));
    return db_exec(tx, SQL_CLIENT_ASSERTION_USE, key_cols, key, changed);
}

/* ---- their grants ---- */

Err store_client_grant_get(Tx *tx, const char *id, ClientGrant **ret)
{
    const ClientKey key = { .id = id };

    return db_one(tx, SQL_CLIENT_GRANT_GET, key_cols, &key, grant_cols, ret);
}

Err store_client_grant_find(Tx *tx, const char *client_id, const char *audience, ClientGrant **ret)
{
    const ClientKey key = { .client_id = client_id, .audience = audience };

    return db_one(tx, SQL_CLIENT_GRANT_FIND, key_cols, &key, grant_cols, ret);
}

Err store_client_grant_list(Tx *tx, const ClientKey *key, List *ret)
{
    return db_list(tx, SQL_CLIENT_GRANT_LIST, key_cols, key, grant_cols, MOST_ROWS, ret);
}

Err store_client_grant_count(Tx *tx, const ClientKey *key, int64_t *ret)
{
    return count(tx, SQL_CLIENT_GRANT_COUNT, key, ret);
}

Err store_client_grant_insert(Tx *tx, const ClientGrant *grant)
{
    return db_exec(tx, SQL_CLIENT_GRANT_INSERT, grant_cols, grant, NULL);
}

Err store_client_grant_update(Tx *tx, const ClientGrant *grant, int64_t *changed)
{
    return db_exec(tx, SQL_CLIENT_GRANT_UPDATE, grant_cols, grant, changed);
}

Err store_client_grant_delete(Tx *tx, const char *id, int64_t *changed)
{
    const ClientKey key = { .id = id };

    return db_exec(tx, SQL_CLIENT_GRANT_DELETE, key_cols, &key, changed);
}
