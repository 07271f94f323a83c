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
    HecateText external_id, first_name, last_name, locale, username, password, password_digest, password_hasher, totp_secret;
    HecateTexts email_address, phone_number, web3_wallet, backup_codes;
    HecateTexts email_address_identification_status, phone_number_identification_status; /* "verified" or "reserved", one an address */
    HecateText public_metadata, private_metadata, unsafe_metadata;                       /* JSON objects */
    HecateBool skip_password_checks, skip_password_requirement, skip_user_requirement, skip_legal_checks;
    HecateBool delete_self_enabled, create_organization_enabled, bypass_client_trust, banned, locked;
    HecateInt create_organizations_limit, legal_accepted_at, created_at;
} HecateClerkNewUser;

/* UpdateUserParams. Metadata given here replaces the whole document; clerk_users_update_user_metadata() merges. */
typedef struct HecateClerkUserPatch {
    HecateText external_id, first_name, last_name, locale, username, password, password_digest, password_hasher, totp_secret;
    HecateTexts backup_codes;
    HecateText primary_email_address_id, primary_phone_number_id, primary_web3_wallet_id, profile_image_id;
    HecateText public_metadata, private_metadata, unsafe_metadata; /* JSON objects */
    HecateBool skip_password_checks, sign_out_of_other_sessions, notify_primary_email_address_changed, skip_legal_checks;
    HecateBool delete_self_enabled, create_organization_enabled, bypass_client_trust;
    HecateInt create_organizations_limit, legal_accepted_at, created_at;
} HecateClerkUserPatch;

/* UserMetadataParams. In an update merged at every depth, and null removes a key; in a replacement each takes the place of the old. */
typedef struct HecateClerkMetadata {
    HecateText public_metadata, private_metadata, unsafe_metadata;
} HecateClerkMetadata;

/* UserListParams, and UserCountParams (which leaves out the last four). */
typedef struct HecateClerkUserQuery {
    HecateTexts email_address, phone_number, username, web3_wallet, user_id, external_id, organization_id, provider_user_id;
    HecateText query, email_address_query, phone_number_query, username_query, name_query, provider;
    HecateBool banned;
    HecateInt last_active_at_since, last_active_at_after, last_active_at_before, created_at_after, created_at_before;
    HecateInt last_sign_in_at_after, last_sign_in_at_before;
    HecateInt limit, offset;
    HecateText order_by, starting_after; /* "-created_at", "+username" */
} HecateClerkUserQuery;

/* Of the address that takes the place of all others. */
typedef struct HecateClerkReplacement {
    HecateText identification_status;                /* "verified", "reserved" or "unverified" */
    HecateBool notify_primary_email_address_changed; /* e-mail alone */
} HecateClerkReplacement;

/* The address itself; its owner's other members are a look-up away. Free with clerk_address_free(). */
typedef struct HecateClerkAddressAnswer {
    HecateClerkAddress address;
    const char *raw;
} HecateClerkAddressAnswer;

/* A picture: PNG, JPEG, GIF or WebP. */
typedef struct HecateClerkImage {
    const void *data;
    size_t size;
    const char *content_type; /* NULL is application/octet-stream */
} HecateClerkImage;

typedef struct HecateClerkPageQuery {
    HecateInt limit, offset;
    HecateTexts status; /* invitations alone: "pending", "accepted", "revoked", "expired" */
} HecateClerkPageQuery;

/* Lists of what is no user: {"data":[…],"total_count":N} as it came. Free with clerk_answer_free(). */
typedef struct HecateClerkAnswer {
    const char *json;
} HecateClerkAnswer;

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
/* verifyTOTP: POST /users/{id}/verify_totp, with a code of the app or a backup code, which is used up. `ret_type` may be NULL; it is set to "totp" or
 * "backup_code", which nobody frees. A wrong code is HECATE_REFUSED with code "totp_incorrect_code" or so. */
HECATE_API HecateStatus clerk_users_verify_totp(ClerkUsers *users, const char *id, const char *code, const char **ret_type, HecateError *error);
/* replaceUserMetadata: PUT /users/{id}/metadata */
HECATE_API HecateStatus clerk_users_replace_user_metadata(ClerkUsers *users, const char *id, const HecateClerkMetadata *metadata,
                                                          HecateClerkUser **ret, HecateError *error);
/* replaceUserEmailAddress, replaceUserPhoneNumber: PUT /users/{id}/email_address, …/phone_number. `replacement` may be NULL. */
HECATE_API HecateStatus clerk_users_replace_user_email_address(ClerkUsers *users, const char *id, const char *email,
                                                               const HecateClerkReplacement *replacement, HecateClerkAddressAnswer **ret,
                                                               HecateError *error);
HECATE_API HecateStatus clerk_users_replace_user_phone_number(ClerkUsers *users, const char *id, const char *phone,
                                                              const HecateClerkReplacement *replacement, HecateClerkAddressAnswer **ret,
                                                              HecateError *error);
/* updateUserProfileImage, deleteUserProfileImage: POST, DELETE /users/{id}/profile_image */
HECATE_API HecateStatus clerk_users_update_user_profile_image(ClerkUsers *users, const char *id, const HecateClerkImage *image, HecateClerkUser **ret,
                                                              HecateError *error);
HECATE_API HecateStatus clerk_users_delete_user_profile_image(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error);
/* lockUser, unlockUser: POST /users/{id}/lock, …/unlock */
HECATE_API HecateStatus clerk_users_lock_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error);
HECATE_API HecateStatus clerk_users_unlock_user(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error);
/* removePassword: POST /users/{id}/remove_password */
HECATE_API HecateStatus clerk_users_remove_password(ClerkUsers *users, const char *id, bool sign_out_of_other_sessions, HecateClerkUser **ret,
                                                    HecateError *error);
/* setPasswordCompromised, unsetPasswordCompromised: POST /users/{id}/password/set_compromised, …/unset_compromised */
HECATE_API HecateStatus clerk_users_set_password_compromised(ClerkUsers *users, const char *id, bool revoke_all_sessions, HecateClerkUser **ret,
                                                             HecateError *error);
HECATE_API HecateStatus clerk_users_unset_password_compromised(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error);
/* disableUserMFA, deleteUserTOTP, deleteUserBackupCodes: DELETE /users/{id}/mfa, …/totp, …/backup_code */
HECATE_API HecateStatus clerk_users_disable_user_mfa(ClerkUsers *users, const char *id, HecateError *error);
HECATE_API HecateStatus clerk_users_delete_user_totp(ClerkUsers *users, const char *id, HecateError *error);
HECATE_API HecateStatus clerk_users_delete_user_backup_codes(ClerkUsers *users, const char *id, HecateError *error);
/* deleteUserPasskey, deleteUserWeb3Wallet, deleteUserExternalAccount: DELETE /users/{id}/passkeys/{passkey} and so on. */
HECATE_API HecateStatus clerk_users_delete_user_passkey(ClerkUsers *users, const char *id, const char *passkey, HecateError *error);
HECATE_API HecateStatus clerk_users_delete_user_web3_wallet(ClerkUsers *users, const char *id, const char *wallet, HecateError *error);
HECATE_API HecateStatus clerk_users_delete_user_external_account(ClerkUsers *users, const char *id, const char *account, HecateError *error);
/* getUserOauthAccessToken: GET /users/{id}/oauth_access_tokens/{provider}; "oauth_" is put before a provider that lacks it. */
HECATE_API HecateStatus clerk_users_get_user_oauth_access_token(ClerkUsers *users, const char *id, const char *provider, HecateClerkAnswer **ret,
                                                                HecateError *error);
/* getOrganizationMembershipList, getOrganizationInvitationList: GET /users/{id}/organization_memberships, …_invitations. `query` may be NULL. */
HECATE_API HecateStatus clerk_users_get_organization_membership_list(ClerkUsers *users, const char *id, const HecateClerkPageQuery *query,
                                                                     HecateClerkAnswer **ret, HecateError *error);
HECATE_API HecateStatus clerk_users_get_organization_invitation_list(ClerkUsers *users, const char *id, const HecateClerkPageQuery *query,
                                                                     HecateClerkAnswer **ret, HecateError *error);

HECATE_API void clerk_answer_free(HecateClerkAnswer *answer);
HECATE_API void clerk_address_free(HecateClerkAddressAnswer *answer);
HECATE_API void clerk_user_free(HecateClerkUser *user);
HECATE_API void clerk_user_list_free(HecateClerkUserList *list);

#ifdef __cplusplus
}
#endif

#endif
