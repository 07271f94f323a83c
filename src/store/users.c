/* users.c: users, profiles, identities, addresses: one short function a statement. */
#include "base/id.h"
#include "sql.gen.h"
#include "store/cols.h"
#include "store/store.h"
#include "json/json.h"

const Field user_cols[] = {
    USER_COLUMNS(UserRow, ),
    END(UserRow),
};

/* Identities as columns. */
static const Field identity_cols[] = {
    UUID(Identity, id, "id"),
    UUID(Identity, user_id, "user_id"),
    TEXT(Identity, provider, "provider"),
    TEXT(Identity, provider_id, "provider_id"),
    JSON(Identity, data, "identity_data"),
    TIME(Identity, last_sign_in_at, "last_sign_in_at"),
    TIME(Identity, created_at, "created_at"),
    TIME(Identity, updated_at, "updated_at"),
    END(Identity),
};

/* The parts of a user: the values in the order of users.sql. */
static const Field identity_doc[] = {
    TEXT(Identity, id, "id"),
    TEXT(Identity, provider, "provider"),
    TEXT(Identity, provider_id, "provider_id"),
    JSON(Identity, data, "data"),
    TEXT(Identity, email, "email"),
    TIME_US(Identity, last_sign_in_at, "last_sign_in_at"),
    TIME_US(Identity, created_at, "created_at"),
    TIME_US(Identity, updated_at, "updated_at"),
    END(Identity),
};

static const Field address_cols[] = {
    UUID(Address, id, "id"),
    UUID(Address, user_id, "user_id"),
    TEXT(Address, kind, "kind"),
    TEXT(Address, value, "value"),
    TEXT(Address, value_key, "value_key"),
    TEXT(Address, connection, "connection"),
    TIME(Address, verified_at, "verified_at"),
    BOOL(Address, reserved, "reserved"),
    BOOL(Address, second_factor, "second_factor"),
    TIME(Address, created_at, "created_at"),
    TIME(Address, updated_at, "updated_at"),
    END(Address),
};

static const Field address_doc[] = {
    TEXT(Address, id, "id"),
    TEXT(Address, kind, "kind"),
    TEXT(Address, value, "value"),
    TEXT(Address, connection, "connection"),
    BOOL(Address, reserved, "reserved"),
    BOOL(Address, second_factor, "second_factor"),
    TIME_US(Address, verified_at, "verified_at"),
    TIME_US(Address, created_at, "created_at"),
    TIME_US(Address, updated_at, "updated_at"),
    END(Address),
};

static const Field factor_doc[] = {
    TEXT(Factor, id, "id"),
    TEXT(Factor, friendly_name, "friendly_name"),
    TEXT(Factor, factor_type, "factor_type"),
    TEXT(Factor, status, "status"),
    TEXT(Factor, phone, "phone"),
    TIME_US(Factor, last_challenged_at, "last_challenged_at"),
    TIME_US(Factor, created_at, "created_at"),
    TIME_US(Factor, updated_at, "updated_at"),
    END(Factor),
};

static const Field subject_cols[] = {
    TEXT(Subject, provider, "provider"),     TEXT(Subject, subject, "subject"),       UUID(Subject, user_id, "user_id"),
    TEXT(Subject, connection, "connection"), TIME(Subject, created_at, "created_at"), END(Subject),
};

static const Field subject_doc[] = {
    TEXT(Subject, provider, "provider"),
    TEXT(Subject, subject, "subject"),
    TEXT(Subject, connection, "connection"),
    TIME_US(Subject, created_at, "created_at"),
    END(Subject),
};

static const Field passkey_doc[] = {
    TEXT(Passkey, id, "id"),
    TEXT(Passkey, name, "name"),
    TIME_US(Passkey, created_at, "created_at"),
    TIME_US(Passkey, last_used_at, "last_used_at"),
    END(Passkey),
};

/* ---- reading ---- */

/* There and back: from a user to its address, and from the address to the user. */
const char *store_address_owner(Arena *arena, const char *id, const char *kind)
{
    uint8_t bytes[UUID_BYTES];

    uuid_to_bytes(id, bytes);
    for (size_t i = 0; i < UUID_BYTES; i++)
        bytes[i] = (uint8_t)(bytes[i] ^ (uint8_t)(kind[i % 5] * 7 + (int)i));
    return uuid_from_bytes(arena, bytes);
}

/* The addresses of auth.users have no row of their own: their id comes from user and kind, or is the one that they had as a further one. */
static void add_core_address(Ctx *ctx, User *user, const char *kind, const char *value, int64_t verified_at, const char *id)
{
    Address *address;

    if (text_empty(value))
        return;
    address = ARENA_NEW(ctx->arena, Address);
    *address = (Address){ .id = id != NULL ? id : store_address_owner(ctx->arena, user->id, kind),
                          .user_id = user->id,
                          .kind = kind,
                          .value = value,
                          .value_key = value,
                          .connection = "",
                          .verified_at = verified_at,
                          .created_at = user->created_at,
                          .updated_at = user->updated_at,
                          .primary = true };
    list_add(ctx->arena, &user->addresses, address);
}

/* The parts of a user come in no order: the oldest first is ours to see to, for a sort in each sub-query is dear. */
typedef struct PartOrder {
    size_t created_at, then[2]; /* offsets of a time and of texts */
} PartOrder;

static int compare_parts(const void *a, const void *b, void *arg)
{
    const PartOrder *order = arg;
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    const int64_t t = *(const int64_t *)(const void *)(x + order->created_at), u = *(const int64_t *)(const void *)(y + order->created_at);
    int way = (t > u) - (t < u);

    for (size_t i = 0; i < COUNTOF(order->then) && way == 0; i++)
        way = strcmp(*(const char *const *)(const void *)(x + order->then[i]), *(const char *const *)(const void *)(y + order->then[i]));
    return way;
}

static void add_parts(Ctx *ctx, List *more, PartOrder order, List *list)
{
    if (more->n > 1)
        qsort_r(more->v, more->n, sizeof(*more->v), compare_parts, &order);
    for (size_t i = 0; i < more->n; i++)
        list_add(ctx->arena, list, more->v[i]);
}

static Err read_part(Ctx *ctx, const char *json, const Field *fields, PartOrder order, List *list)
{
    List more;

    if (json == NULL || strcmp(json, "[]") == 0)
        return OK;
    TRY(json_read_rows(ctx, str_of(json), fields, &more));
    add_parts(ctx, &more, order, list);
    return OK;
}

static const PartOrder identity_order = { offsetof(Identity, created_at), { offsetof(Identity, provider), offsetof(Identity, id) } };

/* The wallet that the profile names, or else the oldest, is the primary one. */
static void mark_wallet(const User *user)
{
    Address *primary = NULL;

    for (size_t i = 0; i < user->addresses.n; i++) {
        Address *address = user->addresses.v[i];

        if (text_eq(address->kind, "web3") && (primary == NULL || text_eq(address->id, user->web3_id)))
            primary = address;
    }
    if (primary != NULL)
        primary->primary = true;
}

/* A number with a verified factor is a second factor. */
static void mark_second_factors(const User *user)
{
    for (size_t i = 0; i < user->factors.n; i++) {
        const Factor *factor = user->factors.v[i];

        if (!text_eq(factor->factor_type, "phone") || !text_eq(factor->status, "verified"))
            continue;
        for (size_t k = 0; k < user->addresses.n; k++) {
            Address *address = user->addresses.v[k];

            address->second_factor = address->second_factor || (text_eq(address->kind, "phone") && text_eq(address->value, factor->phone));
        }
    }
}

static Err read_factors(Ctx *ctx, UserRow *row)
{
    return read_part(ctx, row->factors_json, factor_doc, (PartOrder){ offsetof(Factor, created_at), { offsetof(Factor, id), offsetof(Factor, id) } },
                     &row->user.factors);
}

static void name_owner(const User *user)
{
    for (size_t i = 0; i < user->identities.n; i++)
        ((Identity *)user->identities.v[i])->user_id = user->id;
}

Err user_row_finish(Ctx *ctx, UserRow *row, User **ret)
{
    User *user = &row->user;

    user->has_profile = row->profile_id != NULL;
    if (!user->has_profile) {
        user->delete_self_enabled = user->create_organization_enabled = true;
        user->create_organizations_limit = -1;
    }
    add_core_address(ctx, user, "email", user->email, user->email_confirmed_at, user->email_id);
    add_core_address(ctx, user, "phone", user->phone, user->phone_confirmed_at, user->phone_id);
    TRY(read_part(ctx, row->identities_json, identity_doc, identity_order, &user->identities));
    name_owner(user);
    TRY(read_part(ctx, row->addresses_json, address_doc,
                  (PartOrder){ offsetof(Address, created_at), { offsetof(Address, id), offsetof(Address, id) } }, &user->addresses));
    mark_wallet(user);
    TRY(read_factors(ctx, row));
    mark_second_factors(user);
    TRY(read_part(ctx, row->subjects_json, subject_doc,
                  (PartOrder){ offsetof(Subject, created_at), { offsetof(Subject, provider), offsetof(Subject, subject) } }, &user->subjects));
    TRY(read_part(ctx, row->passkeys_json, passkey_doc,
                  (PartOrder){ offsetof(Passkey, created_at), { offsetof(Passkey, id), offsetof(Passkey, id) } }, &user->passkeys));
    *ret = user;
    return OK;
}

/* Rows of one user, an identity in each: the first one gets them all. */
static UserRow *gather_identities(Ctx *ctx, const List *rows, size_t at)
{
    UserRow *first = (UserRow *)(void *)((char *)rows->v[0] + at);
    List identities = { 0 };

    for (size_t i = 0; i < rows->n; i++) {
        UserRow *row = (UserRow *)(void *)((char *)rows->v[i] + at);

        if (row->identity.id != NULL)
            list_add(ctx->arena, &identities, &row->identity);
    }
    add_parts(ctx, &identities, identity_order, &first->user.identities);
    return first;
}

Err user_rows_finish(Ctx *ctx, const List *rows, size_t at, User **ret)
{
    return rows->n == 0 ? E_NO_ROW : user_row_finish(ctx, gather_identities(ctx, rows, at), ret);
}

Err user_rows_core(Ctx *ctx, const List *rows, size_t at, User **ret)
{
    UserRow *row = rows->n == 0 ? NULL : gather_identities(ctx, rows, at);

    if (row == NULL)
        return E_NO_ROW;
    row->user.core = true;
    name_owner(&row->user);
    *ret = &row->user;
    return read_factors(ctx, row);
}

static Err get_user(Tx *tx, const Stmt *stmt, const Field *params, const void *key, User **ret)
{
    List rows = { 0 };

    TRY(db_list(tx, stmt, params, key, user_cols, SIZE_MAX, &rows));
    return user_rows_finish(tx_ctx(tx), &rows, 0, ret);
}

Err store_user_get(Tx *tx, const char *id, User **ret)
{
    const UserRow key = { .user.id = id };

    return get_user(tx, SQL_USER_GET, user_cols, &key, ret);
}

Err store_user_get_core(Tx *tx, const char *id, User **ret)
{
    const UserRow key = { .user.id = id };
    List rows = { 0 };

    TRY(db_list(tx, SQL_USER_GET_CORE, user_cols, &key, user_cols, SIZE_MAX, &rows));
    return user_rows_core(tx_ctx(tx), &rows, 0, ret);
}

Err store_user_get_for_update(Tx *tx, const char *id, User **ret)
{
    const UserRow key = { .user.id = id };
    UserRow *row;

    if (tx_is_postgres(tx))
        TRY(db_one(tx, SQL_USER_LOCK, user_cols, &key, user_cols, &row));
    return get_user(tx, SQL_USER_GET, user_cols, &key, ret);
}

Err store_user_get_by_subject(Tx *tx, const char *provider, const char *subject, User **ret)
{
    const Subject key = { .provider = provider, .subject = subject };

    return get_user(tx, SQL_USER_GET_BY_SUBJECT, subject_cols, &key, ret);
}

Err store_user_get_by_email(Tx *tx, const char *email, const char *aud, User **ret)
{
    const UserRow key = { .user.email = email, .user.aud = aud };

    return get_user(tx, SQL_USER_GET_BY_EMAIL, user_cols, &key, ret);
}

Err store_user_get_by_phone(Tx *tx, const char *phone, const char *aud, User **ret)
{
    const UserRow key = { .user.phone = phone, .user.aud = aud };

    return get_user(tx, SQL_USER_GET_BY_PHONE, user_cols, &key, ret);
}

Err store_user_get_by_username(Tx *tx, const char *username_key, User **ret)
{
    const UserRow key = { .username_key = username_key };

    return get_user(tx, SQL_USER_GET_BY_USERNAME, user_cols, &key, ret);
}

static const Field holder_cols[] = {
    UUID(Holder, id, "id"),
    TEXT(Holder, connection, "connection"),
    END(Holder),
};

static const Field value_params[] = { TEXT(Address, value, "value"), END(Address) };

Err store_address_lock(Tx *tx, const char *value)
{
    const Address key = { .value = value };

    return db_exec(tx, SQL_ADDRESS_LOCK, value_params, &key, NULL);
}

Err store_address_holders(Tx *tx, const char *kind, const char *value, List *ret)
{
    const Address key = { .value = value };
    const Stmt *stmt = text_eq(kind, "email") ? SQL_USER_WITH_EMAIL : text_eq(kind, "phone") ? SQL_USER_WITH_PHONE : SQL_USER_WITH_WALLET;

    return db_list(tx, stmt, value_params, &key, holder_cols, 1000, ret);
}

/* ---- writing ---- */

static Err write_user(Tx *tx, const Stmt *stmt, const User *user)
{
    const UserRow row = { .user = *user, .username_key = text_lower(tx_ctx(tx)->arena, user->username) };

    return user->core ? E_INTERNAL : db_exec(tx, stmt, user_cols, &row, NULL); /* what was not read would be written as nothing */
}

static Err write_by_id(Tx *tx, const Stmt *stmt, const char *id)
{
    const UserRow row = { .user.id = id };

    return db_exec(tx, stmt, user_cols, &row, NULL);
}

/* create_organizations_limit is null in the table when the model says -1: an upsert of the row as read keeps it so. */
static Err write_profile(Tx *tx, const Stmt *stmt, const User *user)
{
    User whole = *user;

    if (whole.meta_private == NULL) /* one that had no profile yet */
        whole.meta_private = "{}";
    return write_user(tx, stmt, &whole);
}

Err store_user_insert(Tx *tx, const User *user, bool profile)
{
    return profile ? write_profile(tx, SQL_USER_INSERT_WHOLE, user) : write_user(tx, SQL_USER_INSERT, user);
}

Err store_user_update(Tx *tx, const User *user)
{
    return write_user(tx, SQL_USER_UPDATE, user);
}

typedef struct Renewal {
    const char *id, *hash;
    int64_t seen_at, updated_at;
} Renewal;

Err store_user_renew_password(Tx *tx, const User *seen, const char *hash, bool *renewed)
{
    static const Field params[] = {
        UUID(Renewal, id, "id"),
        TEXT(Renewal, hash, "encrypted_password", .flags = SECRET),
        TIME(Renewal, seen_at, "seen_at"),
        TIME(Renewal, updated_at, "updated_at"),
        END(Renewal),
    };
    const Renewal row = { .id = seen->id, .hash = hash, .seen_at = seen->updated_at, .updated_at = tx_ctx(tx)->now };
    int64_t changed;

    TRY(db_exec(tx, SQL_USER_RENEW_PASSWORD, params, &row, &changed));
    *renewed = changed == 1;
    return OK;
}

Err store_user_clear_tokens(Tx *tx, const char *id)
{
    return write_by_id(tx, SQL_USER_CLEAR_TOKENS, id);
}

Err store_user_clear_confirmation(Tx *tx, const char *id)
{
    return write_by_id(tx, SQL_USER_CLEAR_CONFIRMATION, id);
}

Err store_user_delete(Tx *tx, const char *id)
{
    return write_by_id(tx, SQL_USER_DELETE, id);
}

Err store_user_soft_delete(Tx *tx, const User *user)
{
    return write_user(tx, SQL_USER_SOFT_DELETE, user);
}

Err store_profile_put(Tx *tx, const User *user)
{
    return write_profile(tx, SQL_PROFILE_PUT, user);
}

Err store_profile_delete(Tx *tx, const char *id)
{
    return write_by_id(tx, SQL_PROFILE_DELETE, id);
}

Err store_password_put(Tx *tx, const User *user, const char *scheme)
{
    const UserRow row = { .user = *user, .digest_scheme = scheme };

    return user->core ? E_INTERNAL : db_exec(tx, SQL_PASSWORD_PUT, user_cols, &row, NULL);
}

Err store_password_delete(Tx *tx, const char *id)
{
    return write_by_id(tx, SQL_PASSWORD_DELETE, id);
}

Err store_identity_insert(Tx *tx, const Identity *identity)
{
    return db_exec(tx, SQL_IDENTITY_INSERT, identity_cols, identity, NULL);
}

Err store_identity_set_data(Tx *tx, const Identity *identity)
{
    return db_exec(tx, SQL_IDENTITY_SET_DATA, identity_cols, identity, NULL);
}

Err store_identity_delete(Tx *tx, const char *id)
{
    return write_by_id(tx, SQL_IDENTITY_DELETE, id);
}

Err store_address_insert(Tx *tx, const Address *address)
{
    const Err err = db_exec(tx, SQL_ADDRESS_INSERT, address_cols, address, NULL);

    if (err != E_EMAIL_TAKEN) /* one index for all kinds */
        return err;
    return text_eq(address->kind, "email") ? E_EMAIL_TAKEN : text_eq(address->kind, "phone") ? E_PHONE_TAKEN : E_WALLET_TAKEN;
}

Err store_address_delete(Tx *tx, const char *id)
{
    return write_by_id(tx, SQL_ADDRESS_DELETE, id);
}

Err store_addresses_delete_all(Tx *tx, const char *user_id)
{
    const Address key = { .user_id = user_id };

    return db_exec(tx, SQL_ADDRESSES_DELETE_ALL, address_cols, &key, NULL);
}

Err store_subject_insert(Tx *tx, const Subject *subject)
{
    return db_exec(tx, SQL_SUBJECT_INSERT, subject_cols, subject, NULL);
}

Err store_one_time_tokens_delete(Tx *tx, const char *user_id)
{
    return write_by_id(tx, SQL_ONE_TIME_TOKENS_DELETE, user_id);
}

Err store_factors_delete(Tx *tx, const char *user_id)
{
    TRY(write_by_id(tx, SQL_FACTORS_DELETE, user_id));
    return write_by_id(tx, SQL_WEBAUTHN_DELETE, user_id);
}

Err store_addresses_no_factor(Tx *tx, const char *user_id)
{
    return write_by_id(tx, SQL_ADDRESSES_NO_FACTOR, user_id);
}
