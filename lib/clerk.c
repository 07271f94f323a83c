/* clerk.c: the methods of UserAPI as rows. */
#include "hecate/clerk.h"

#include "dialect/clerk/wire.h"
#include "internal.h"

static const Face face = {
    .default_url = "https://api.clerk.com",
    .headers = { { "Clerk-API-Version", "2025-04-10" }, { "User-Agent", "hecate-c/" HECATE_LIB_VERSION } },
    .content_type = "application/json",
};

/* ---- what comes back ---- */

static const Bind verification_bind[] = {
    BIND_TEXT(HecateClerkVerification, status),
    BIND_TEXT(HecateClerkVerification, strategy),
    BIND_INT(HecateClerkVerification, expire_at),
    BIND_END(HecateClerkVerification),
};

/* clang-format off */
#define ADDRESS_BIND(name)                                                \
    BIND_TEXT(HecateClerkAddress, id),                                    \
    BIND_TEXT_AS(HecateClerkAddress, value, name),                        \
    BIND_BOOL(HecateClerkAddress, reserved),                              \
    BIND_BOOL(HecateClerkAddress, reserved_for_second_factor),            \
    BIND_BOOL(HecateClerkAddress, default_second_factor),                 \
    BIND_OBJECT(HecateClerkAddress, verification, verification_bind),     \
    BIND_INT_AS(HecateClerkAddress, created_at, "created_at"),            \
    BIND_INT_AS(HecateClerkAddress, updated_at, "updated_at"),            \
    BIND_END(HecateClerkAddress)
/* clang-format on */

static const Bind email_bind[] = { ADDRESS_BIND("email_address") };
static const Bind phone_bind[] = { ADDRESS_BIND("phone_number") };
static const Bind wallet_bind[] = { ADDRESS_BIND("web3_wallet") };

static const Bind account_bind[] = {
    BIND_TEXT(HecateClerkAccount, id),
    BIND_TEXT(HecateClerkAccount, provider),
    BIND_TEXT(HecateClerkAccount, identification_id),
    BIND_TEXT(HecateClerkAccount, provider_user_id),
    BIND_TEXT(HecateClerkAccount, approved_scopes),
    BIND_TEXT(HecateClerkAccount, email_address),
    BIND_TEXT(HecateClerkAccount, first_name),
    BIND_TEXT(HecateClerkAccount, last_name),
    BIND_TEXT(HecateClerkAccount, image_url),
    BIND_TEXT(HecateClerkAccount, username),
    BIND_TEXT(HecateClerkAccount, phone_number),
    BIND_TEXT(HecateClerkAccount, label),
    BIND_TEXT(HecateClerkAccount, public_metadata),
    BIND_OBJECT(HecateClerkAccount, verification, verification_bind),
    BIND_INT(HecateClerkAccount, created_at),
    BIND_INT(HecateClerkAccount, updated_at),
    BIND_END(HecateClerkAccount),
};

static const Bind user_bind[] = {
    BIND_TEXT(HecateClerkUser, id),
    BIND_TEXT(HecateClerkUser, username),
    BIND_TEXT(HecateClerkUser, first_name),
    BIND_TEXT(HecateClerkUser, last_name),
    BIND_TEXT(HecateClerkUser, locale),
    BIND_TEXT(HecateClerkUser, external_id),
    BIND_TEXT(HecateClerkUser, image_url),
    BIND_TEXT(HecateClerkUser, primary_email_address_id),
    BIND_TEXT(HecateClerkUser, primary_phone_number_id),
    BIND_TEXT(HecateClerkUser, primary_web3_wallet_id),
    BIND_TEXT(HecateClerkUser, public_metadata),
    BIND_TEXT(HecateClerkUser, private_metadata),
    BIND_TEXT(HecateClerkUser, unsafe_metadata),
    BIND_BOOL(HecateClerkUser, has_image),
    BIND_BOOL(HecateClerkUser, password_enabled),
    BIND_BOOL(HecateClerkUser, two_factor_enabled),
    BIND_BOOL(HecateClerkUser, totp_enabled),
    BIND_BOOL(HecateClerkUser, backup_code_enabled),
    BIND_BOOL(HecateClerkUser, banned),
    BIND_BOOL(HecateClerkUser, locked),
    BIND_BOOL(HecateClerkUser, delete_self_enabled),
    BIND_BOOL(HecateClerkUser, create_organization_enabled),
    BIND_LIST(HecateClerkUser, email_addresses, email_bind),
    BIND_LIST(HecateClerkUser, phone_numbers, phone_bind),
    BIND_LIST(HecateClerkUser, web3_wallets, wallet_bind),
    BIND_LIST(HecateClerkUser, external_accounts, account_bind),
    BIND_INT(HecateClerkUser, lockout_expires_in_seconds),
    BIND_INT(HecateClerkUser, verification_attempts_remaining),
    BIND_INT(HecateClerkUser, create_organizations_limit),
    BIND_INT(HecateClerkUser, password_last_updated_at),
    BIND_INT(HecateClerkUser, last_sign_in_at),
    BIND_INT(HecateClerkUser, last_active_at),
    BIND_INT(HecateClerkUser, mfa_enabled_at),
    BIND_INT(HecateClerkUser, mfa_disabled_at),
    BIND_INT(HecateClerkUser, legal_accepted_at),
    BIND_INT(HecateClerkUser, created_at),
    BIND_INT(HecateClerkUser, updated_at),
    BIND_END(HecateClerkUser),
};

/* `users` and `count` are one List. */
static const Bind list_bind[] = {
    { .name = "users", .type = B_LIST, .offset = offsetof(HecateClerkUserList, users), .sub = user_bind, .wire = clerk_user },
    BIND_END(HecateClerkUserList),
};

typedef struct Count {
    const char *object;
    int64_t total_count;
} Count;

static const Bind count_bind[] = { BIND_TEXT(Count, object), BIND_INT(Count, total_count), BIND_END(Count) };

typedef struct Verified {
    bool verified;
} Verified;

static const Bind verified_bind[] = { BIND_BOOL(Verified, verified), BIND_END(Verified) };

/* ---- what goes out ---- */

/* clang-format off */
#define PROFILE_GIVE(T)                      \
    GIVE_TEXT(T, external_id),               \
    GIVE_TEXT(T, first_name),                \
    GIVE_TEXT(T, last_name),                 \
    GIVE_TEXT(T, locale),                    \
    GIVE_TEXT(T, username),                  \
    GIVE_TEXT(T, password),                  \
    GIVE_TEXT(T, password_digest),           \
    GIVE_TEXT(T, password_hasher),           \
    METADATA_GIVE(T),                        \
    GIVE_BOOL(T, skip_password_checks),      \
    GIVE_BOOL(T, skip_legal_checks),         \
    GIVE_BOOL(T, delete_self_enabled),       \
    GIVE_BOOL(T, create_organization_enabled), \
    GIVE_INT(T, create_organizations_limit), \
    GIVE_INT(T, legal_accepted_at),          \
    GIVE_INT(T, created_at)
#define METADATA_GIVE(T)            \
    GIVE_TEXT(T, public_metadata),  \
    GIVE_TEXT(T, private_metadata), \
    GIVE_TEXT(T, unsafe_metadata)
/* clang-format on */

static const Bind new_user_bind[] = {
    GIVE_TEXTS(HecateClerkNewUser, email_address),
    GIVE_TEXTS(HecateClerkNewUser, phone_number),
    GIVE_TEXTS(HecateClerkNewUser, web3_wallet),
    PROFILE_GIVE(HecateClerkNewUser),
    GIVE_BOOL(HecateClerkNewUser, skip_password_requirement),
    GIVE_BOOL(HecateClerkNewUser, skip_user_requirement),
    GIVE_BOOL(HecateClerkNewUser, banned),
    BIND_END(HecateClerkNewUser),
};

static const Bind patch_bind[] = {
    PROFILE_GIVE(HecateClerkUserPatch),
    GIVE_TEXT(HecateClerkUserPatch, primary_email_address_id),
    GIVE_TEXT(HecateClerkUserPatch, primary_phone_number_id),
    GIVE_TEXT(HecateClerkUserPatch, primary_web3_wallet_id),
    GIVE_TEXT(HecateClerkUserPatch, profile_image_id),
    GIVE_BOOL(HecateClerkUserPatch, sign_out_of_other_sessions),
    GIVE_BOOL(HecateClerkUserPatch, notify_primary_email_address_changed),
    BIND_END(HecateClerkUserPatch),
};

static const Bind metadata_bind[] = { METADATA_GIVE(HecateClerkMetadata), BIND_END(HecateClerkMetadata) };

/* clang-format off */
#define FILTERS                                           \
    GIVE_TEXTS(HecateClerkUserQuery, email_address),      \
    GIVE_TEXTS(HecateClerkUserQuery, phone_number),       \
    GIVE_TEXTS(HecateClerkUserQuery, username),           \
    GIVE_TEXTS(HecateClerkUserQuery, web3_wallet),        \
    GIVE_TEXTS(HecateClerkUserQuery, user_id),            \
    GIVE_TEXTS(HecateClerkUserQuery, external_id),        \
    GIVE_TEXTS(HecateClerkUserQuery, organization_id),    \
    GIVE_TEXT(HecateClerkUserQuery, query),               \
    GIVE_BOOL(HecateClerkUserQuery, banned),              \
    GIVE_INT(HecateClerkUserQuery, last_active_at_since), \
    GIVE_INT(HecateClerkUserQuery, last_active_at_after), \
    GIVE_INT(HecateClerkUserQuery, last_active_at_before), \
    GIVE_INT(HecateClerkUserQuery, created_at_after),     \
    GIVE_INT(HecateClerkUserQuery, created_at_before)
/* clang-format on */

static const Bind count_query_bind[] = { FILTERS, BIND_END(HecateClerkUserQuery) };
static const Bind list_query_bind[] = {
    FILTERS,
    GIVE_INT(HecateClerkUserQuery, limit),
    GIVE_INT(HecateClerkUserQuery, offset),
    GIVE_TEXT(HecateClerkUserQuery, order_by),
    GIVE_TEXT(HecateClerkUserQuery, starting_after),
    BIND_END(HecateClerkUserQuery),
};

typedef struct Password {
    HecateText password;
} Password;

static const Bind password_bind[] = { GIVE_TEXT(Password, password), BIND_END(Password) };

/* ---- the methods ---- */

#define USER_OUT                                                                                                      \
    .out = { clerk_user, user_bind }, .shape = SHAPE_OBJECT, .raw = offsetof(HecateClerkUser, raw), .total = NOWHERE, \
    .due = offsetof(HecateClerkUser, id)

static const Method create_user = { "POST", "/v1/users", .body = { clerk_new_user, new_user_bind }, USER_OUT };
static const Method get_user = { "GET", "/v1/users/%", USER_OUT };
static const Method update_user = { "PATCH", "/v1/users/%", .body = { clerk_user_patch, patch_bind }, USER_OUT };
static const Method update_metadata = { "PATCH", "/v1/users/%/metadata", .body = { clerk_user_metadata, metadata_bind }, USER_OUT };
static const Method ban_user = { "POST", "/v1/users/%/ban", USER_OUT };
static const Method unban_user = { "POST", "/v1/users/%/unban", USER_OUT };
static const Method delete_user = { "DELETE", "/v1/users/%", .raw = NOWHERE, .total = NOWHERE, .due = NOWHERE };
static const Method list_users = {
    "GET",
    "/v1/users",
    .query = { clerk_user_query, list_query_bind },
    .out = { NULL, list_bind },
    .shape = SHAPE_LIST,
    .raw = offsetof(HecateClerkUserList, raw),
    .total = offsetof(HecateClerkUserList, total),
    .due = NOWHERE,
};
static const Method count_users = {
    "GET",
    "/v1/users/count",
    .query = { clerk_user_query, count_query_bind },
    .out = { clerk_count, count_bind },
    .shape = SHAPE_OBJECT,
    .raw = NOWHERE,
    .total = NOWHERE,
    .due = offsetof(Count, object),
};
static const Method verify_password = {
    "POST",
    "/v1/users/%/verify_password",
    .body = { clerk_password_in, password_bind },
    .out = { clerk_verified, verified_bind },
    .shape = SHAPE_OBJECT,
    .raw = NOWHERE,
    .total = NOWHERE,
    .due = NOWHERE,
};

const Method *const clerk_methods[] = { &create_user, &get_user,   &update_user, &update_metadata, &ban_user, &unban_user,
                                        &delete_user, &list_users, &count_users, &verify_password, NULL };

ClerkUsers *clerk_users_new(const HecateOptions *options, HecateError *error)
{
    return (ClerkUsers *)client_new(&face, options, error);
}

void clerk_users_free(ClerkUsers *users)
{
    client_free((Client *)users);
}

HecateStatus clerk_users_create_user(ClerkUsers *users, const HecateClerkNewUser *user, HecateClerkUser **ret, HecateError *error)
{
    return client_call((Client *)users, &create_user, &(Args){ .body = user }, ret, error);
}

HecateStatus clerk_users_get_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error)
{
    return client_call((Client *)users, &get_user, &(Args){ .id = id }, ret, error);
}

HecateStatus clerk_users_get_count(ClerkUsers *users, const HecateClerkUserQuery *query, int64_t *ret, HecateError *error)
{
    Count *count = NULL;
    const HecateStatus status = client_call((Client *)users, &count_users, &(Args){ .query = query }, &count, error);

    if (status == HECATE_OK && ret != NULL)
        *ret = count->total_count;
    result_free(count);
    return status;
}

HecateStatus clerk_users_get_user_list(ClerkUsers *users, const HecateClerkUserQuery *query, HecateClerkUserList **ret, HecateError *error)
{
    HecateClerkUserList *list = NULL;
    HecateStatus status = client_call((Client *)users, &list_users, &(Args){ .query = query }, &list, error);

    if (status == HECATE_OK)
        status = clerk_users_get_count(users, query, &list->total, error);
    if (status == HECATE_OK)
        *ret = list;
    else
        result_free(list);
    return status;
}

HecateStatus clerk_users_update_user(ClerkUsers *users, const char *id, const HecateClerkUserPatch *patch, HecateClerkUser **ret, HecateError *error)
{
    return client_call((Client *)users, &update_user, &(Args){ .id = id, .body = patch }, ret, error);
}

HecateStatus clerk_users_update_user_metadata(ClerkUsers *users, const char *id, const HecateClerkMetadata *metadata, HecateClerkUser **ret,
                                              HecateError *error)
{
    return client_call((Client *)users, &update_metadata, &(Args){ .id = id, .body = metadata }, ret, error);
}

HecateStatus clerk_users_delete_user(ClerkUsers *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &delete_user, &(Args){ .id = id }, NULL, error);
}

HecateStatus clerk_users_ban_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error)
{
    return client_call((Client *)users, &ban_user, &(Args){ .id = id }, ret, error);
}

HecateStatus clerk_users_unban_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error)
{
    return client_call((Client *)users, &unban_user, &(Args){ .id = id }, ret, error);
}

HecateStatus clerk_users_verify_password(ClerkUsers *users, const char *id, const char *password, bool *ret_verified, HecateError *error)
{
    const Password body = { { HECATE_VALUE, password } };
    Verified *verified = NULL;
    const HecateStatus status = client_call((Client *)users, &verify_password, &(Args){ .id = id, .body = &body }, &verified, error);

    if (status == HECATE_OK && ret_verified != NULL)
        *ret_verified = verified->verified;
    result_free(verified);
    return status;
}

void clerk_user_free(HecateClerkUser *user)
{
    result_free(user);
}

void clerk_user_list_free(HecateClerkUserList *list)
{
    result_free(list);
}
