/* clerk.h: the class UserAPI of @clerk/backend, one function per method. API version 2025-04-10. */
#ifndef HECATE_API_CLERK_H
#define HECATE_API_CLERK_H

#include "hecate.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ClerkUsers ClerkUsers;

typedef struct HecateClerkVerification {
    const char *status, *strategy;
    int64_t expire_at;
} HecateClerkVerification;

/* An e-mail address, a phone number or a wallet. */
typedef struct HecateClerkAddress {
    const char *id, *value;
    bool reserved, reserved_for_second_factor, default_second_factor;
    const HecateClerkVerification *verification; /* NULL is none */
    int64_t created_at, updated_at;
} HecateClerkAddress;

typedef struct HecateClerkAddresses {
    HecateClerkAddress **items;
    size_t count;
} HecateClerkAddresses;

typedef struct HecateClerkAccount {
    const char *id, *provider, *identification_id, *provider_user_id, *approved_scopes, *email_address, *first_name, *last_name;
    const char *image_url, *username, *phone_number, *label;
    const char *public_metadata; /* JSON */
    const HecateClerkVerification *verification;
    int64_t created_at, updated_at;
} HecateClerkAccount;

typedef struct HecateClerkAccounts {
    HecateClerkAccount **items;
    size_t count;
} HecateClerkAccounts;

typedef struct HecateClerkUser {
    const char *id, *username, *first_name, *last_name, *locale, *external_id, *image_url;
    const char *primary_email_address_id, *primary_phone_number_id, *primary_web3_wallet_id;
    const char *public_metadata, *private_metadata, *unsafe_metadata; /* JSON */
    bool has_image, password_enabled, two_factor_enabled, totp_enabled, backup_code_enabled, banned, locked;
    bool delete_self_enabled, create_organization_enabled;
    HecateClerkAddresses email_addresses, phone_numbers, web3_wallets;
    HecateClerkAccounts external_accounts;
    int64_t lockout_expires_in_seconds, verification_attempts_remaining, create_organizations_limit; /* 0 also for null */
    int64_t password_last_updated_at, last_sign_in_at, last_active_at, mfa_enabled_at, mfa_disabled_at, legal_accepted_at;
    int64_t created_at, updated_at;
    const char *raw; /* the whole answer; NULL for a user in a list, whose raw has it */
} HecateClerkUser;

typedef struct HecateClerkUserList {
    HecateClerkUser **users;
    size_t count;
    int64_t total; /* of all pages */
    const char *raw;
} HecateClerkUserList;

/* CreateUserParams */
typedef struct HecateClerkNewUser {
    HecateText external_id, first_name, last_name, locale, username, password, password_digest, password_hasher;
    HecateTexts email_address, phone_number, web3_wallet;
    HecateText public_metadata, private_metadata, unsafe_metadata; /* JSON objects */
    HecateBool skip_password_checks, skip_password_requirement, skip_user_requirement, skip_legal_checks;
    HecateBool delete_self_enabled, create_organization_enabled, banned;
    HecateInt create_organizations_limit, legal_accepted_at, created_at;
} HecateClerkNewUser;

/* UpdateUserParams. Metadata given here replaces the whole document; clerk_users_update_user_metadata() merges. */
typedef struct HecateClerkUserPatch {
    HecateText external_id, first_name, last_name, locale, username, password, password_digest, password_hasher;
    HecateText primary_email_address_id, primary_phone_number_id, primary_web3_wallet_id, profile_image_id;
    HecateText public_metadata, private_metadata, unsafe_metadata; /* JSON objects */
    HecateBool skip_password_checks, sign_out_of_other_sessions, notify_primary_email_address_changed, skip_legal_checks;
    HecateBool delete_self_enabled, create_organization_enabled;
    HecateInt create_organizations_limit, legal_accepted_at, created_at;
} HecateClerkUserPatch;

/* UserMetadataParams: merged at every depth; null removes a key. */
typedef struct HecateClerkMetadata {
    HecateText public_metadata, private_metadata, unsafe_metadata;
} HecateClerkMetadata;

/* UserListParams, and UserCountParams (which leaves out the last four). */
typedef struct HecateClerkUserQuery {
    HecateTexts email_address, phone_number, username, web3_wallet, user_id, external_id, organization_id;
    HecateText query;
    HecateBool banned;
    HecateInt last_active_at_since, last_active_at_after, last_active_at_before, created_at_after, created_at_before;
    HecateInt limit, offset;
    HecateText order_by, starting_after; /* "-created_at", "+username" */
} HecateClerkUserQuery;

/* As gotrue_admin_new(); options.url may be NULL for the cloud's. */
HECATE_API ClerkUsers *clerk_users_new(const HecateOptions *options, HecateError *error);
HECATE_API void clerk_users_free(ClerkUsers *users);

/* createUser: POST /users. Free the user with clerk_user_free(). */
HECATE_API HecateStatus clerk_users_create_user(ClerkUsers *users, const HecateClerkNewUser *user, HecateClerkUser **ret, HecateError *error);
/* getUser: GET /users/{id}. An id that is empty, "." or ".." is HECATE_INVALID, here and below. */
HECATE_API HecateStatus clerk_users_get_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error);
/* getUserList: GET /users, then GET /users/count. `query` may be NULL. Free with clerk_user_list_free(). */
HECATE_API HecateStatus clerk_users_get_user_list(ClerkUsers *users, const HecateClerkUserQuery *query, HecateClerkUserList **ret,
                                                  HecateError *error);
/* getCount: GET /users/count */
HECATE_API HecateStatus clerk_users_get_count(ClerkUsers *users, const HecateClerkUserQuery *query, int64_t *ret, HecateError *error);
/* updateUser: PATCH /users/{id} */
HECATE_API HecateStatus clerk_users_update_user(ClerkUsers *users, const char *id, const HecateClerkUserPatch *patch, HecateClerkUser **ret,
                                                HecateError *error);
/* updateUserMetadata: PATCH /users/{id}/metadata */
HECATE_API HecateStatus clerk_users_update_user_metadata(ClerkUsers *users, const char *id, const HecateClerkMetadata *metadata,
                                                         HecateClerkUser **ret, HecateError *error);
/* deleteUser: DELETE /users/{id} */
HECATE_API HecateStatus clerk_users_delete_user(ClerkUsers *users, const char *id, HecateError *error);
/* banUser, unbanUser: POST /users/{id}/ban, …/unban */
HECATE_API HecateStatus clerk_users_ban_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error);
HECATE_API HecateStatus clerk_users_unban_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error);
/* verifyPassword: POST /users/{id}/verify_password. A wrong password is HECATE_REFUSED with code "incorrect_password". */
HECATE_API HecateStatus clerk_users_verify_password(ClerkUsers *users, const char *id, const char *password, bool *ret_verified, HecateError *error);

HECATE_API void clerk_user_free(HecateClerkUser *user);
HECATE_API void clerk_user_list_free(HecateClerkUserList *list);

#ifdef __cplusplus
}
#endif

#endif
