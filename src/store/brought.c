/* brought.c: tokens of other parties, passkeys. */
#include "sql.gen.h"
#include "store/store.h"

enum { MOST_PASSKEYS = 1000 };

static const Field token_cols[] = {
    UUID(ForeignToken, id, "id"),
    TEXT(ForeignToken, sealed, "sealed", .flags = SECRET),
    TIME(ForeignToken, expires_at, "expires_at"),
    END(ForeignToken),
};

static const Field passkey_cols[] = {
    UUID(Passkey, id, "id"),
    UUID(Passkey, user_id, "user_id"),
    TEXT(Passkey, name, "name"),
    TEXT(Passkey, credential_id, "credential_id"),
    TEXT(Passkey, public_key, "public_key"),
    TIME(Passkey, created_at, "created_at"),
    TIME(Passkey, last_used_at, "last_used_at"),
    END(Passkey),
};

Err store_foreign_token_put(Tx *tx, const ForeignToken *token)
{
    return db_exec(tx, SQL_FOREIGN_TOKEN_PUT, token_cols, token, NULL);
}

Err store_foreign_token_get(Tx *tx, const char *identity_id, ForeignToken **ret)
{
    return db_one(tx, SQL_FOREIGN_TOKEN_GET, token_cols, &(const ForeignToken){ .id = identity_id }, token_cols, ret);
}

Err store_passkey_insert(Tx *tx, const Passkey *passkey)
{
    return db_exec(tx, SQL_PASSKEY_INSERT, passkey_cols, passkey, NULL);
}

Err store_passkeys_of(Tx *tx, const char *user_id, List *ret)
{
    return db_list(tx, SQL_PASSKEYS_OF, passkey_cols, &(const Passkey){ .user_id = user_id }, passkey_cols, MOST_PASSKEYS, ret);
}

Err store_passkey_delete(Tx *tx, const Passkey *key, bool *deleted)
{
    int64_t changed, changed_auth = 0;

    TRY(db_exec(tx, SQL_PASSKEY_DELETE, passkey_cols, key, &changed));
    if (changed == 0)
        TRY(db_exec(tx, SQL_WEBAUTHN_DELETE_ONE, passkey_cols, key, &changed_auth));
    *deleted = changed + changed_auth == 1;
    return OK;
}
