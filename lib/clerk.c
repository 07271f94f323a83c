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
#define ADDRESS_ROWS(name)                                                \
    BIND_TEXT(HecateClerkAddress, id),                                    \
    BIND_TEXT_AS(HecateClerkAddress, value, name),                        \
    BIND_BOOL(HecateClerkAddress, reserved),                              \
    BIND_BOOL(HecateClerkAddress, reserved_for_second_factor),            \
    BIND_BOOL(HecateClerkAddress, default_second_factor),                 \
    BIND_OBJECT(HecateClerkAddress, verification, verification_bind),     \
    BIND_INT_AS(HecateClerkAddress, created_at, "created_at"),            \
    BIND_INT_AS(HecateClerkAddress, updated_at, "updated_at")
/* clang-format on */
_Static_assert(offsetof(HecateClerkAddressAnswer, address) == 0, "its rows are those of an address");

static const Bind email_bind[] = { ADDRESS_ROWS("email_address"), BIND_END(HecateClerkAddress) };
static const Bind phone_bind[] = { ADDRESS_ROWS("phone_number"), BIND_END(HecateClerkAddress) };
static const Bind wallet_bind[] = { ADDRESS_ROWS("web3_wallet"), BIND_END(HecateClerkAddress) };

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

typedef struct CodeVerified {
    bool verified;
    const char *code_type;
} CodeVerified;

static const Bind code_verified_bind[] = { BIND_BOOL(CodeVerified, verified), BIND_TEXT(CodeVerified, code_type), BIND_END(CodeVerified) };

/* What is replaced comes back alone. */
static const Bind replaced_email_bind[] = { ADDRESS_ROWS("email_address"), BIND_END(HecateClerkAddressAnswer) };
static const Bind replaced_phone_bind[] = { ADDRESS_ROWS("phone_number"), BIND_END(HecateClerkAddressAnswer) };

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
    GIVE_TEXT(T, totp_secret),               \
    GIVE_TEXTS(T, backup_codes),             \
    METADATA_GIVE(T),                        \
    GIVE_BOOL(T, skip_password_checks),      \
    GIVE_BOOL(T, skip_legal_checks),         \
    GIVE_BOOL(T, delete_self_enabled),       \
    GIVE_BOOL(T, create_organization_enabled), \
    GIVE_BOOL(T, bypass_client_trust),       \
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
    GIVE_TEXTS(HecateClerkNewUser, email_address_identification_status),
    GIVE_TEXTS(HecateClerkNewUser, phone_number_identification_status),
    PROFILE_GIVE(HecateClerkNewUser),
    GIVE_BOOL(HecateClerkNewUser, skip_password_requirement),
    GIVE_BOOL(HecateClerkNewUser, skip_user_requirement),
    GIVE_BOOL(HecateClerkNewUser, banned),
    GIVE_BOOL(HecateClerkNewUser, locked),
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
    GIVE_TEXTS(HecateClerkUserQuery, provider_user_id),   \
    GIVE_TEXT(HecateClerkUserQuery, query),               \
    GIVE_TEXT(HecateClerkUserQuery, email_address_query), \
    GIVE_TEXT(HecateClerkUserQuery, phone_number_query),  \
    GIVE_TEXT(HecateClerkUserQuery, username_query),      \
    GIVE_TEXT(HecateClerkUserQuery, name_query),          \
    GIVE_TEXT(HecateClerkUserQuery, provider),            \
    GIVE_BOOL(HecateClerkUserQuery, banned),              \
    GIVE_INT(HecateClerkUserQuery, last_active_at_since), \
    GIVE_INT(HecateClerkUserQuery, last_active_at_after), \
    GIVE_INT(HecateClerkUserQuery, last_active_at_before), \
    GIVE_INT(HecateClerkUserQuery, created_at_after),     \
    GIVE_INT(HecateClerkUserQuery, created_at_before),    \
    GIVE_INT(HecateClerkUserQuery, last_sign_in_at_after), \
    GIVE_INT(HecateClerkUserQuery, last_sign_in_at_before)
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

typedef struct Code {
    HecateText code;
} Code;

static const Bind code_bind[] = { GIVE_TEXT(Code, code), BIND_END(Code) };

typedef struct Replacement {
    HecateText email_address, phone_number, identification_status;
    HecateBool notify_primary_email_address_changed;
} Replacement;

static const Bind email_replacement_bind[] = {
    GIVE_TEXT(Replacement, email_address),
    GIVE_TEXT(Replacement, identification_status),
    GIVE_BOOL(Replacement, notify_primary_email_address_changed),
    BIND_END(Replacement),
};
static const Bind phone_replacement_bind[] = {
    GIVE_TEXT(Replacement, phone_number),
    GIVE_TEXT(Replacement, identification_status),
    BIND_END(Replacement),
};

typedef struct Ending {
    HecateBool sign_out_of_other_sessions, revoke_all_sessions;
} Ending;

static const Bind removal_bind[] = { GIVE_BOOL(Ending, sign_out_of_other_sessions), BIND_END(Ending) };
static const Bind compromise_bind[] = { GIVE_BOOL(Ending, revoke_all_sessions), BIND_END(Ending) };

static const Bind page_bind[] = { GIVE_INT(HecateClerkPageQuery, limit), GIVE_INT(HecateClerkPageQuery, offset), BIND_END(HecateClerkPageQuery) };
static const Bind invitation_page_bind[] = {
    GIVE_INT(HecateClerkPageQuery, limit),
    GIVE_INT(HecateClerkPageQuery, offset),
    GIVE_TEXTS(HecateClerkPageQuery, status),
    BIND_END(HecateClerkPageQuery),
};

typedef struct Paginated {
    HecateBool paginated;
} Paginated;

static const Bind paginated_bind[] = { GIVE_BOOL(Paginated, paginated), BIND_END(Paginated) };

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
static const Method replace_metadata = { "PUT", "/v1/users/%/metadata", .body = { clerk_user_metadata, metadata_bind }, USER_OUT };
static const Method lock_user = { "POST", "/v1/users/%/lock", USER_OUT };
static const Method unlock_user = { "POST", "/v1/users/%/unlock", USER_OUT };
static const Method update_image = { "POST", "/v1/users/%/profile_image", .file = true, USER_OUT };
static const Method delete_image = { "DELETE", "/v1/users/%/profile_image", USER_OUT };
static const Method remove_password = { "POST", "/v1/users/%/remove_password", .body = { clerk_sign_out_in, removal_bind }, USER_OUT };
static const Method set_compromised = { "POST", "/v1/users/%/password/set_compromised", .body = { clerk_compromise_in, compromise_bind }, USER_OUT };
static const Method unset_compromised = { "POST", "/v1/users/%/password/unset_compromised", USER_OUT };

#define ADDRESS_OUT(wire, what)                                                                                     \
    .out = { wire, what }, .shape = SHAPE_OBJECT, .raw = offsetof(HecateClerkAddressAnswer, raw), .total = NOWHERE, \
    .due = offsetof(HecateClerkAddressAnswer, address.id)

static const Method replace_email = { "PUT", "/v1/users/%/email_address", .body = { clerk_email_replacement, email_replacement_bind },
                                      ADDRESS_OUT(clerk_email_address, replaced_email_bind) };
static const Method replace_phone = { "PUT", "/v1/users/%/phone_number", .body = { clerk_phone_replacement, phone_replacement_bind },
                                      ADDRESS_OUT(clerk_phone_number, replaced_phone_bind) };

#define NO_OUT .shape = SHAPE_NONE, .raw = NOWHERE, .total = NOWHERE, .due = NOWHERE
#define JSON_OUT .shape = SHAPE_JSON, .raw = NOWHERE, .total = NOWHERE, .due = NOWHERE
static const Method delete_user = { "DELETE", "/v1/users/%", NO_OUT };
static const Method disable_mfa = { "DELETE", "/v1/users/%/mfa", NO_OUT };
static const Method delete_totp = { "DELETE", "/v1/users/%/totp", NO_OUT };
static const Method delete_codes = { "DELETE", "/v1/users/%/backup_code", NO_OUT };
static const Method delete_passkey = { "DELETE", "/v1/users/%/passkeys/%", NO_OUT };
static const Method delete_wallet = { "DELETE", "/v1/users/%/web3_wallets/%", NO_OUT };
static const Method delete_account = { "DELETE", "/v1/users/%/external_accounts/%", NO_OUT };
static const Method oauth_tokens = { "GET", "/v1/users/%/oauth_access_tokens/%", .query = { clerk_page_query, paginated_bind }, JSON_OUT };
static const Method memberships = { "GET", "/v1/users/%/organization_memberships", .query = { clerk_page_query, page_bind }, JSON_OUT };
static const Method invitations = { "GET", "/v1/users/%/organization_invitations", .query = { clerk_page_query, invitation_page_bind }, JSON_OUT };
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

static const Method verify_totp = {
    "POST",
    "/v1/users/%/verify_totp",
    .body = { clerk_code_in, code_bind },
    .out = { clerk_code_verified, code_verified_bind },
    .shape = SHAPE_OBJECT,
    .raw = NOWHERE,
    .total = NOWHERE,
    .due = offsetof(CodeVerified, code_type),
};

const Method *const clerk_methods[] = {
    &create_user,     &get_user,        &update_user,       &update_metadata,  &ban_user,      &unban_user,     &delete_user,   &list_users,
    &count_users,     &verify_password, &verify_totp,       &replace_metadata, &replace_email, &replace_phone,  &update_image,  &delete_image,
    &lock_user,       &unlock_user,     &disable_mfa,       &delete_totp,      &delete_codes,  &delete_passkey, &delete_wallet, &delete_account,
    &remove_password, &set_compromised, &unset_compromised, &oauth_tokens,     &memberships,   &invitations,    NULL,
};

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

HecateStatus clerk_users_replace_user_metadata(ClerkUsers *users, const char *id, const HecateClerkMetadata *metadata, HecateClerkUser **ret,
                                               HecateError *error)
{
    return client_call((Client *)users, &replace_metadata, &(Args){ .id = id, .body = metadata }, ret, error);
}

HecateStatus clerk_users_lock_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error)
{
    return client_call((Client *)users, &lock_user, &(Args){ .id = id }, ret, error);
}

HecateStatus clerk_users_unlock_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error)
{
    return client_call((Client *)users, &unlock_user, &(Args){ .id = id }, ret, error);
}

HecateStatus clerk_users_delete_user_profile_image(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error)
{
    return client_call((Client *)users, &delete_image, &(Args){ .id = id }, ret, error);
}

HecateStatus clerk_users_unset_password_compromised(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error)
{
    return client_call((Client *)users, &unset_compromised, &(Args){ .id = id }, ret, error);
}

HecateStatus clerk_users_disable_user_mfa(ClerkUsers *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &disable_mfa, &(Args){ .id = id }, NULL, error);
}

HecateStatus clerk_users_delete_user_totp(ClerkUsers *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &delete_totp, &(Args){ .id = id }, NULL, error);
}

HecateStatus clerk_users_delete_user_backup_codes(ClerkUsers *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &delete_codes, &(Args){ .id = id }, NULL, error);
}

HecateStatus clerk_users_delete_user_passkey(ClerkUsers *users, const char *id, const char *passkey, HecateError *error)
{
    return client_call((Client *)users, &delete_passkey, &(Args){ .id = id, .more = { passkey } }, NULL, error);
}

HecateStatus clerk_users_delete_user_web3_wallet(ClerkUsers *users, const char *id, const char *wallet, HecateError *error)
{
    return client_call((Client *)users, &delete_wallet, &(Args){ .id = id, .more = { wallet } }, NULL, error);
}

HecateStatus clerk_users_delete_user_external_account(ClerkUsers *users, const char *id, const char *account, HecateError *error)
{
    return client_call((Client *)users, &delete_account, &(Args){ .id = id, .more = { account } }, NULL, error);
}

HecateStatus clerk_users_update_user_profile_image(ClerkUsers *users, const char *id, const HecateClerkImage *image, HecateClerkUser **ret,
                                                   HecateError *error)
{
    File file = { .name = "image", .type = "application/octet-stream" };
    HecateError unused;

    if (image == NULL || image->data == NULL || (image->content_type != NULL && strpbrk(image->content_type, "\r\n") != NULL))
        return error_set(error == NULL ? &unused : error, HECATE_INVALID, "there is no image to send");
    file.data = image->data;
    file.size = image->size;
    if (image->content_type != NULL)
        file.type = image->content_type;
    return client_call((Client *)users, &update_image, &(Args){ .id = id, .file = &file }, ret, error);
}

HecateStatus clerk_users_remove_password(ClerkUsers *users, const char *id, bool sign_out_of_other_sessions, HecateClerkUser **ret,
                                         HecateError *error)
{
    const Ending body = { .sign_out_of_other_sessions = hecate_bool(sign_out_of_other_sessions) };

    return client_call((Client *)users, &remove_password, &(Args){ .id = id, .body = &body }, ret, error);
}

HecateStatus clerk_users_set_password_compromised(ClerkUsers *users, const char *id, bool revoke_all_sessions, HecateClerkUser **ret,
                                                  HecateError *error)
{
    const Ending body = { .revoke_all_sessions = hecate_bool(revoke_all_sessions) };

    return client_call((Client *)users, &set_compromised, &(Args){ .id = id, .body = &body }, ret, error);
}

static Replacement replacement_of(const HecateClerkReplacement *from)
{
    return from == NULL ? (Replacement){ 0 }
                        : (Replacement){ .identification_status = from->identification_status,
                                         .notify_primary_email_address_changed = from->notify_primary_email_address_changed };
}

HecateStatus clerk_users_replace_user_email_address(ClerkUsers *users, const char *id, const char *email, const HecateClerkReplacement *replacement,
                                                    HecateClerkAddressAnswer **ret, HecateError *error)
{
    Replacement body = replacement_of(replacement);

    body.email_address = (HecateText){ HECATE_VALUE, email };
    return client_call((Client *)users, &replace_email, &(Args){ .id = id, .body = &body }, ret, error);
}

HecateStatus clerk_users_replace_user_phone_number(ClerkUsers *users, const char *id, const char *phone, const HecateClerkReplacement *replacement,
                                                   HecateClerkAddressAnswer **ret, HecateError *error)
{
    Replacement body = replacement_of(replacement);

    body.phone_number = (HecateText){ HECATE_VALUE, phone };
    return client_call((Client *)users, &replace_phone, &(Args){ .id = id, .body = &body }, ret, error);
}

HecateStatus clerk_users_verify_totp(ClerkUsers *users, const char *id, const char *code, const char **ret_type, HecateError *error)
{
    const Code body = { { HECATE_VALUE, code } };
    CodeVerified *verified = NULL;
    const HecateStatus status = client_call((Client *)users, &verify_totp, &(Args){ .id = id, .body = &body }, &verified, error);

    if (status == HECATE_OK && ret_type != NULL)
        *ret_type = text_eq(verified->code_type, "backup_code") ? "backup_code" : "totp";
    result_free(verified);
    return status;
}

HecateStatus clerk_users_get_user_oauth_access_token(ClerkUsers *users, const char *id, const char *provider, HecateClerkAnswer **ret,
                                                     HecateError *error)
{
    static const char prefix[] = "oauth_";
    const Paginated query = { hecate_bool(true) };
    Buf buf CLEANUP(buf_free) = buf_heap(1024);
    HecateError unused;
    char *whole;

    if (provider != NULL && strncmp(provider, prefix, sizeof(prefix) - 1) != 0)
        buf_puts(&buf, prefix);
    buf_puts(&buf, provider == NULL ? "" : provider);
    if (text_empty(provider) || buf_text(&buf, &whole) != OK)
        return error_set(error == NULL ? &unused : error, HECATE_INVALID, "the provider has no name, or one that is too long");
    return client_call((Client *)users, &oauth_tokens, &(Args){ .id = id, .more = { whole }, .query = &query }, ret, error);
}

HecateStatus clerk_users_get_organization_membership_list(ClerkUsers *users, const char *id, const HecateClerkPageQuery *query,
                                                          HecateClerkAnswer **ret, HecateError *error)
{
    return client_call((Client *)users, &memberships, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus clerk_users_get_organization_invitation_list(ClerkUsers *users, const char *id, const HecateClerkPageQuery *query,
                                                          HecateClerkAnswer **ret, HecateError *error)
{
    return client_call((Client *)users, &invitations, &(Args){ .id = id, .query = query }, ret, error);
}

void clerk_answer_free(HecateClerkAnswer *answer)
{
    result_free(answer);
}

void clerk_address_free(HecateClerkAddressAnswer *answer)
{
    result_free(answer);
}

void clerk_user_free(HecateClerkUser *user)
{
    result_free(user);
}

void clerk_user_list_free(HecateClerkUserList *list)
{
    result_free(list);
}
