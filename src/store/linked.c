/* linked.c: accounts of Auth0 that were linked to another user, and what moves between users. */
#include "sql.gen.h"
#include "store/store.h"

static const Field linked_cols[] = {
    UUID(Linked, identity_id, "identity_id"),
    UUID(Linked, former_id, "former_id"),
    TEXT(Linked, provider, "provider"),
    TEXT(Linked, subject, "subject"),
    TEXT(Linked, connection, "connection"),
    TEXT(Linked, email, "email"),
    TEXT(Linked, phone, "phone"),
    TEXT(Linked, username, "username"),
    TEXT(Linked, username_key, "username_key"),
    TEXT(Linked, digest, "digest", .flags = SECRET),
    TIME(Linked, created_at, "created_at"),
    UUID(Linked, owner_id, "owner_id"),
    END(Linked),
};

Err store_linked_insert(Tx *tx, const Linked *linked)
{
    return db_exec(tx, SQL_LINKED_INSERT, linked_cols, linked, NULL);
}

Err store_linked_get(Tx *tx, const char *identity_id, Linked **ret)
{
    const Linked key = { .identity_id = identity_id };

    return db_one(tx, SQL_LINKED_GET, linked_cols, &key, linked_cols, ret);
}

Err store_linked_find(Tx *tx, const char *email, const char *username_key, List *ret)
{
    const Linked key = { .email = email, .username_key = username_key };

    return db_list(tx, SQL_LINKED_FIND, linked_cols, &key, linked_cols, 16, ret);
}

Err store_linked_update(Tx *tx, const Linked *linked)
{
    return db_exec(tx, SQL_LINKED_UPDATE, linked_cols, linked, NULL);
}

Err store_linked_delete(Tx *tx, const char *identity_id)
{
    const Linked key = { .identity_id = identity_id };

    return db_exec(tx, SQL_LINKED_DELETE, linked_cols, &key, NULL);
}

Err store_linked_clash(Tx *tx, const Linked *wanted, Linked **ret)
{
    return db_one(tx, SQL_LINKED_CLASH, linked_cols, wanted, linked_cols, ret);
}

/* ---- identities, addresses, subjects ---- */

typedef struct Move {
    const char *user_id, *to_id, *identity_id, *provider, *provider_id;
} Move;

static const Field move_cols[] = {
    UUID(Move, user_id, "user_id"),         UUID(Move, to_id, "to_id"),
    UUID(Move, identity_id, "identity_id"), TEXT(Move, provider, "provider"),
    TEXT(Move, provider_id, "provider_id"), END(Move),
};

static const Field owner_cols[] = {
    UUID(Identity, id, "id"),
    UUID(Identity, user_id, "user_id"),
    TEXT(Identity, provider, "provider"),
    TEXT(Identity, provider_id, "provider_id"),
    END(Identity),
};

Err store_linked_delete_all(Tx *tx, const char *user_id)
{
    const Move move = { .user_id = user_id };

    return db_exec(tx, SQL_LINKED_DELETE_ALL, move_cols, &move, NULL);
}

Err store_identity_owner(Tx *tx, const char *provider, const char *provider_id, Identity **ret)
{
    const Move key = { .provider = provider, .provider_id = provider_id };

    return db_one(tx, SQL_IDENTITY_OWNER, move_cols, &key, owner_cols, ret);
}

static const Field by_email_cols[] = {
    UUID(Identity, id, "id"),
    UUID(Identity, user_id, "user_id"),
    TEXT(Identity, provider, "provider"),
    TEXT(Identity, provider_id, "provider_id"),
    JSON(Identity, data, "identity_data"),
    TEXT(Identity, email, "email"),
    END(Identity),
};

Err store_identities_by_email(Tx *tx, const char *email, List *ret)
{
    const Identity key = { .email = email };

    return db_list(tx, SQL_IDENTITIES_BY_EMAIL, by_email_cols, &key, by_email_cols, 16, ret);
}

Err store_parts_move(Tx *tx, const char *user_id, const char *to_id)
{
    const Move move = { .user_id = user_id, .to_id = to_id };

    TRY(db_exec(tx, SQL_IDENTITIES_MOVE, move_cols, &move, NULL));
    return db_exec(tx, SQL_ADDRESSES_MOVE, move_cols, &move, NULL);
}

Err store_identity_move(Tx *tx, const char *identity_id, const char *to_id)
{
    const Move move = { .identity_id = identity_id, .to_id = to_id };

    return db_exec(tx, SQL_IDENTITY_MOVE, move_cols, &move, NULL);
}
