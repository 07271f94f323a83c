/* addresses.c: addresses by their ids, and phone numbers as second factors. */
#include "sql.gen.h"
#include "store/cols.h"
#include "store/store.h"

enum { MOST_OWNERS = 4 };

typedef struct AddressKey {
    const char *address_id, *owner_id;
} AddressKey;

static const Field key_params[] = { UUID(AddressKey, address_id, "address_id"), UUID(AddressKey, owner_id, "owner_id"), END(AddressKey) };

Err store_users_by_address(Tx *tx, const char *id, const char *owner, List *ret)
{
    const AddressKey key = { id, owner };
    List rows = { 0 }, users = { 0 };

    TRY(db_list(tx, SQL_USERS_BY_ADDRESS, key_params, &key, user_cols, MOST_OWNERS, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        User *user;

        TRY(user_row_finish(tx_ctx(tx), rows.v[i], &user));
        list_add(tx_ctx(tx)->arena, &users, user);
    }
    *ret = users;
    return OK;
}

static const Field address_params[] = {
    UUID(Address, id, "id"),
    TIME(Address, verified_at, "verified_at"),
    BOOL(Address, reserved, "reserved"),
    TIME(Address, updated_at, "updated_at"),
    END(Address),
};

Err store_address_update(Tx *tx, const Address *address)
{
    return db_exec(tx, SQL_ADDRESS_UPDATE, address_params, address, NULL);
}

static const Field factor_params[] = {
    UUID(Factor, id, "id"),
    UUID(Factor, user_id, "user_id"),
    TEXT(Factor, phone, "phone"),
    TIME(Factor, created_at, "created_at"),
    TIME(Factor, updated_at, "updated_at"),
    END(Factor),
};

Err store_phone_factor_insert(Tx *tx, const Factor *factor)
{
    return db_exec(tx, SQL_PHONE_FACTOR_INSERT, factor_params, factor, NULL);
}
