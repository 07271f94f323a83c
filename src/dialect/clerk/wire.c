/* wire.c: field tables of the Clerk dialect. The order of what goes out is that of recorded answers. */
#include "dialect/clerk/wire.h"

enum { LONGEST_NAME = 256, MOST_ITEMS = 100, MOST_CODES = 20, LONGEST_KEY = 8192, LONGEST_URL = 2048 };

/* ---- what comes in ---- */

/* clang-format off */
#define PROFILE_FIELDS                                                                             \
    TEXT(ClerkUserIn, external_id, "external_id", .max = LONGEST_NAME),                            \
    TEXT(ClerkUserIn, first_name, "first_name", .max = LONGEST_NAME),                              \
    TEXT(ClerkUserIn, last_name, "last_name", .max = LONGEST_NAME),                                \
    TEXT(ClerkUserIn, locale, "locale"),                                                           \
    TEXT(ClerkUserIn, username, "username"),                                                       \
    TEXT(ClerkUserIn, password, "password", .flags = SECRET),                                      \
    TEXT(ClerkUserIn, password_digest, "password_digest", .flags = SECRET),                        \
    TEXT(ClerkUserIn, password_hasher, "password_hasher"),                                         \
    TEXT(ClerkUserIn, totp_secret, "totp_secret", .flags = SECRET, .max = LONGEST_NAME),           \
    TEXTS(ClerkUserIn, backup_codes, "backup_codes", .flags = SECRET, .max = MOST_CODES),          \
    BOOL(ClerkUserIn, skip_password_checks, "skip_password_checks"),                               \
    BOOL(ClerkUserIn, skip_legal_checks, "skip_legal_checks"),                                     \
    BOOL(ClerkUserIn, delete_self_enabled, "delete_self_enabled"),                                 \
    BOOL(ClerkUserIn, create_organization_enabled, "create_organization_enabled"),                 \
    INT(ClerkUserIn, create_organizations_limit, "create_organizations_limit"),                    \
    TIME(ClerkUserIn, legal_accepted_at, "legal_accepted_at"),                                     \
    TIME(ClerkUserIn, created_at, "created_at"),                                                   \
    BOOL(ClerkUserIn, bypass_client_trust, "bypass_client_trust")
#define METADATA_FIELDS                                                                            \
    OBJECT_JSON(ClerkUserIn, public_metadata, "public_metadata"),                                  \
    OBJECT_JSON(ClerkUserIn, private_metadata, "private_metadata"),                                \
    OBJECT_JSON(ClerkUserIn, unsafe_metadata, "unsafe_metadata")
/* clang-format on */

const Field clerk_new_user[] = {
    GIVEN(ClerkUserIn, given),
    TEXTS(ClerkUserIn, email_address, "email_address", .max = MOST_ITEMS),
    TEXTS(ClerkUserIn, email_status, "email_address_identification_status", .max = MOST_ITEMS),
    TEXTS(ClerkUserIn, phone_number, "phone_number", .max = MOST_ITEMS),
    TEXTS(ClerkUserIn, phone_status, "phone_number_identification_status", .max = MOST_ITEMS),
    TEXTS(ClerkUserIn, web3_wallet, "web3_wallet", .max = MOST_ITEMS),
    PROFILE_FIELDS,
    METADATA_FIELDS,
    BOOL(ClerkUserIn, skip_password_requirement, "skip_password_requirement"),
    BOOL(ClerkUserIn, skip_user_requirement, "skip_user_requirement"),
    BOOL(ClerkUserIn, banned, "banned"),
    BOOL(ClerkUserIn, locked, "locked"),
    END(ClerkUserIn),
};

const Field clerk_user_patch[] = {
    GIVEN(ClerkUserIn, given),
    TEXT(ClerkUserIn, primary_email_address_id, "primary_email_address_id"),
    TEXT(ClerkUserIn, primary_phone_number_id, "primary_phone_number_id"),
    TEXT(ClerkUserIn, primary_web3_wallet_id, "primary_web3_wallet_id"),
    TEXT(ClerkUserIn, profile_image_id, "profile_image_id"),
    BOOL(ClerkUserIn, notify_primary_email_address_changed, "notify_primary_email_address_changed"),
    BOOL(ClerkUserIn, sign_out_of_other_sessions, "sign_out_of_other_sessions"),
    PROFILE_FIELDS,
    METADATA_FIELDS,
    END(ClerkUserIn),
};

const Field clerk_user_metadata[] = { GIVEN(ClerkUserIn, given), METADATA_FIELDS, END(ClerkUserIn) };

const Field clerk_password_in[] = {
    GIVEN(ClerkPasswordIn, given),
    TEXT(ClerkPasswordIn, password, "password", .flags = SECRET | REQUIRED),
    END(ClerkPasswordIn),
};

/* clang-format off */
#define ADDRESS_FLAGS                                                                              \
    BOOL(ClerkAddressIn, verified, "verified"),                                                    \
    BOOL(ClerkAddressIn, primary, "primary")
#define NOTIFY BOOL(ClerkAddressIn, notify_primary_email_address_changed, "notify_primary_email_address_changed")
#define FACTOR BOOL(ClerkAddressIn, reserved_for_second_factor, "reserved_for_second_factor")
#define STATUS TEXT(ClerkAddressIn, identification_status, "identification_status")
const Field clerk_new_email[] = {
    GIVEN(ClerkAddressIn, given),
    TEXT(ClerkAddressIn, user_id, "user_id", .flags = REQUIRED),
    TEXT(ClerkAddressIn, value, "email_address", .flags = REQUIRED),
    ADDRESS_FLAGS, NOTIFY,
    END(ClerkAddressIn),
};
const Field clerk_new_phone[] = {
    GIVEN(ClerkAddressIn, given),
    TEXT(ClerkAddressIn, user_id, "user_id", .flags = REQUIRED),
    TEXT(ClerkAddressIn, value, "phone_number", .flags = REQUIRED),
    ADDRESS_FLAGS, FACTOR,
    END(ClerkAddressIn),
};
const Field clerk_email_patch[] = { GIVEN(ClerkAddressIn, given), ADDRESS_FLAGS, NOTIFY, END(ClerkAddressIn) };
const Field clerk_phone_patch[] = { GIVEN(ClerkAddressIn, given), ADDRESS_FLAGS, FACTOR, END(ClerkAddressIn) };
const Field clerk_email_replacement[] = {
    GIVEN(ClerkAddressIn, given), TEXT(ClerkAddressIn, value, "email_address", .flags = REQUIRED), STATUS, NOTIFY, END(ClerkAddressIn),
};
const Field clerk_phone_replacement[] = {
    GIVEN(ClerkAddressIn, given), TEXT(ClerkAddressIn, value, "phone_number", .flags = REQUIRED), STATUS, END(ClerkAddressIn),
};
/* clang-format on */

const Field clerk_allowed_in[] = {
    GIVEN(ClerkListedIn, given),
    TEXT(ClerkListedIn, identifier, "identifier", .flags = REQUIRED),
    BOOL(ClerkListedIn, notify, "notify"),
    END(ClerkListedIn),
};
const Field clerk_blocked_in[] = { GIVEN(ClerkListedIn, given), TEXT(ClerkListedIn, identifier, "identifier", .flags = REQUIRED),
                                   END(ClerkListedIn) };

const Field clerk_code_in[] = {
    GIVEN(ClerkCodeIn, given),
    TEXT(ClerkCodeIn, code, "code", .flags = SECRET | REQUIRED, .max = LONGEST_NAME),
    END(ClerkCodeIn),
};

const Field clerk_compromise_in[] = {
    GIVEN(ClerkCompromiseIn, given),
    BOOL(ClerkCompromiseIn, revoke_all_sessions, "revoke_all_sessions"),
    END(ClerkCompromiseIn),
};

const Field clerk_sign_out_in[] = {
    GIVEN(ClerkSignOutIn, given),
    BOOL(ClerkSignOutIn, sign_out_of_other_sessions, "sign_out_of_other_sessions"),
    END(ClerkSignOutIn),
};

const Field clerk_bulk_in[] = {
    GIVEN(ClerkBulkIn, given),
    TEXTS(ClerkBulkIn, user_ids, "user_ids", .flags = REQUIRED),
    END(ClerkBulkIn),
};

/* clang-format off */
/* What the list of users and that of an organization's members ask for alike. */
#define PEOPLE_QUERY                                                                               \
    GIVEN(ClerkUserQuery, given),                                                                  \
    TEXTS(ClerkUserQuery, email_address, "email_address", .max = MOST_ITEMS),                      \
    TEXTS(ClerkUserQuery, phone_number, "phone_number", .max = MOST_ITEMS),                        \
    TEXTS(ClerkUserQuery, username, "username", .max = MOST_ITEMS),                                \
    TEXTS(ClerkUserQuery, web3_wallet, "web3_wallet", .max = MOST_ITEMS),                          \
    TEXTS(ClerkUserQuery, user_id, "user_id", .max = MOST_ITEMS),                                  \
    TEXTS(ClerkUserQuery, order_by, "order_by"),                                                   \
    TEXT(ClerkUserQuery, query, "query"),                                                          \
    TEXT(ClerkUserQuery, email_address_query, "email_address_query"),                              \
    TEXT(ClerkUserQuery, phone_number_query, "phone_number_query"),                                \
    TEXT(ClerkUserQuery, username_query, "username_query"),                                        \
    TEXT(ClerkUserQuery, name_query, "name_query"),                                                \
    TEXT(ClerkUserQuery, api_version, "__clerk_api_version"),                                      \
    BOOL(ClerkUserQuery, paginated, "paginated"),                                                  \
    TIME_MS(ClerkUserQuery, last_active_at_after, "last_active_at_after"),                         \
    TIME_MS(ClerkUserQuery, last_active_at_before, "last_active_at_before"),                       \
    TIME_MS(ClerkUserQuery, created_at_after, "created_at_after"),                                 \
    TIME_MS(ClerkUserQuery, created_at_before, "created_at_before"),                               \
    INT(ClerkUserQuery, limit, "limit"),                                                           \
    INT(ClerkUserQuery, offset, "offset")
/* clang-format on */

const Field clerk_user_query[] = {
    PEOPLE_QUERY,
    TEXTS(ClerkUserQuery, external_id, "external_id", .max = MOST_ITEMS),
    TEXTS(ClerkUserQuery, organization_id, "organization_id", .max = MOST_ITEMS),
    TEXTS(ClerkUserQuery, provider_user_id, "provider_user_id", .max = MOST_ITEMS),
    TEXT(ClerkUserQuery, provider, "provider"),
    TEXT(ClerkUserQuery, starting_after, "starting_after"),
    BOOL(ClerkUserQuery, banned, "banned"),
    TIME_MS(ClerkUserQuery, last_active_at_since, "last_active_at_since"),
    TIME_MS(ClerkUserQuery, last_sign_in_at_after, "last_sign_in_at_after"),
    TIME_MS(ClerkUserQuery, last_sign_in_at_before, "last_sign_in_at_before"),
    END(ClerkUserQuery),
};

const Field clerk_member_query[] = { PEOPLE_QUERY, TEXTS(ClerkUserQuery, role, "role", .max = MOST_ITEMS), END(ClerkUserQuery) };

const Field clerk_page_query[] = {
    TEXTS(ClerkPageQuery, status, "status"),
    BOOL(ClerkPageQuery, paginated, "paginated"),
    INT(ClerkPageQuery, limit, "limit"),
    INT(ClerkPageQuery, offset, "offset"),
    TEXT(ClerkPageQuery, api_version, "__clerk_api_version"),
    END(ClerkPageQuery),
};

const Field clerk_session_query[] = {
    TEXT(ClerkSessionQuery, client_id, "client_id"),
    TEXT(ClerkSessionQuery, user_id, "user_id"),
    TEXT(ClerkSessionQuery, status, "status"),
    BOOL(ClerkSessionQuery, paginated, "paginated"),
    INT(ClerkSessionQuery, limit, "limit"),
    INT(ClerkSessionQuery, offset, "offset"),
    TEXT(ClerkSessionQuery, api_version, "__clerk_api_version"),
    END(ClerkSessionQuery),
};

const Field clerk_session_in[] = {
    TEXT(ClerkSessionIn, user_id, "user_id", .flags = REQUIRED),
    TEXT(ClerkSessionIn, active_organization_id, "active_organization_id"),
    END(ClerkSessionIn),
};

const Field clerk_token_in[] = { GIVEN(ClerkTokenIn, given), INT(ClerkTokenIn, expires_in_seconds, "expires_in_seconds"), END(ClerkTokenIn) };

const Field clerk_sign_in_token_in[] = {
    GIVEN(ClerkTokenIn, given),
    TEXT(ClerkTokenIn, user_id, "user_id", .flags = REQUIRED),
    INT(ClerkTokenIn, expires_in_seconds, "expires_in_seconds"),
    END(ClerkTokenIn),
};

const Field clerk_actor_token_in[] = {
    GIVEN(ClerkTokenIn, given),
    TEXT(ClerkTokenIn, user_id, "user_id", .flags = REQUIRED),
    OBJECT_JSON(ClerkTokenIn, actor, "actor", .flags = REQUIRED),
    INT(ClerkTokenIn, expires_in_seconds, "expires_in_seconds"),
    INT(ClerkTokenIn, session_max_duration_in_seconds, "session_max_duration_in_seconds"),
    END(ClerkTokenIn),
};

/* clang-format off */
#define TEMPLATE_FIELDS(flag)                                                                      \
    GIVEN(ClerkTemplateIn, given),                                                                 \
    TEXT(ClerkTemplateIn, name, "name", .flags = flag, .max = LONGEST_NAME),                       \
    OBJECT_JSON(ClerkTemplateIn, claims, "claims", .flags = flag),                                 \
    INT(ClerkTemplateIn, lifetime, "lifetime"),                                                    \
    INT(ClerkTemplateIn, allowed_clock_skew, "allowed_clock_skew"),                                \
    BOOL(ClerkTemplateIn, custom_signing_key, "custom_signing_key"),                               \
    TEXT(ClerkTemplateIn, signing_algorithm, "signing_algorithm", .max = LONGEST_NAME),            \
    TEXT(ClerkTemplateIn, signing_key, "signing_key", .flags = SECRET, .max = LONGEST_KEY),        \
    END(ClerkTemplateIn)
/* clang-format on */
const Field clerk_new_template[] = { TEMPLATE_FIELDS(REQUIRED) };
const Field clerk_template_patch[] = { TEMPLATE_FIELDS(0) };

const Field clerk_refresh_in[] = {
    TEXT(ClerkRefreshIn, expired_token, "expired_token", .flags = SECRET | REQUIRED),
    TEXT(ClerkRefreshIn, refresh_token, "refresh_token", .flags = SECRET | REQUIRED),
    TEXT(ClerkRefreshIn, request_origin, "request_origin", .flags = REQUIRED),
    TEXT(ClerkRefreshIn, request_originating_ip, "request_originating_ip"),
    JSON(ClerkRefreshIn, request_headers, "request_headers"),
    BOOL(ClerkRefreshIn, suffixed_cookies, "suffixed_cookies"),
    TEXT(ClerkRefreshIn, format, "format"),
    END(ClerkRefreshIn),
};

const Field clerk_verify_in[] = { TEXT(ClerkVerifyIn, token, "token", .flags = SECRET | REQUIRED), END(ClerkVerifyIn) };

/* ---- organizations (4.2) ---- */

/* clang-format off */
#define ORGANIZATION_NAMES                                                                         \
    TEXT(ClerkOrganizationIn, slug, "slug", .max = LONGEST_NAME),                                  \
    INT(ClerkOrganizationIn, max_allowed_memberships, "max_allowed_memberships"),                  \
    TIME(ClerkOrganizationIn, created_at, "created_at")
#define TWO_METADATA(T)                                                                            \
    OBJECT_JSON(T, public_metadata, "public_metadata"),                                            \
    OBJECT_JSON(T, private_metadata, "private_metadata")
/* clang-format on */

const Field clerk_new_organization[] = {
    GIVEN(ClerkOrganizationIn, given),
    TEXT(ClerkOrganizationIn, name, "name", .flags = REQUIRED, .max = LONGEST_NAME),
    TEXT(ClerkOrganizationIn, created_by, "created_by"),
    ORGANIZATION_NAMES,
    TWO_METADATA(ClerkOrganizationIn),
    END(ClerkOrganizationIn),
};

const Field clerk_organization_patch[] = {
    GIVEN(ClerkOrganizationIn, given),
    TEXT(ClerkOrganizationIn, name, "name", .max = LONGEST_NAME),
    BOOL(ClerkOrganizationIn, admin_delete_enabled, "admin_delete_enabled"),
    ORGANIZATION_NAMES,
    TWO_METADATA(ClerkOrganizationIn),
    END(ClerkOrganizationIn),
};

const Field clerk_organization_metadata[] = { GIVEN(ClerkOrganizationIn, given), TWO_METADATA(ClerkOrganizationIn), END(ClerkOrganizationIn) };

const Field clerk_organization_query[] = {
    GIVEN(ClerkOrganizationQuery, given),
    TEXTS(ClerkOrganizationQuery, user_id, "user_id", .max = MOST_ITEMS),
    TEXTS(ClerkOrganizationQuery, organization_id, "organization_id", .max = MOST_ITEMS),
    TEXTS(ClerkOrganizationQuery, order_by, "order_by"),
    TEXT(ClerkOrganizationQuery, query, "query"),
    TEXT(ClerkOrganizationQuery, api_version, "__clerk_api_version"),
    BOOL(ClerkOrganizationQuery, include_members_count, "include_members_count"),
    BOOL(ClerkOrganizationQuery, include_missing_member, "include_missing_member_with_elevated_permissions"),
    INT(ClerkOrganizationQuery, limit, "limit"),
    INT(ClerkOrganizationQuery, offset, "offset"),
    END(ClerkOrganizationQuery),
};

const Field clerk_organization_get_query[] = {
    GIVEN(ClerkOrganizationQuery, given),
    BOOL(ClerkOrganizationQuery, include_members_count, "include_members_count"),
    BOOL(ClerkOrganizationQuery, include_missing_member, "include_missing_member_with_elevated_permissions"),
    TEXT(ClerkOrganizationQuery, api_version, "__clerk_api_version"),
    END(ClerkOrganizationQuery),
};

const Field clerk_new_member[] = {
    GIVEN(ClerkMemberIn, given),
    TEXT(ClerkMemberIn, user_id, "user_id", .flags = REQUIRED),
    TEXT(ClerkMemberIn, role, "role", .flags = REQUIRED),
    TWO_METADATA(ClerkMemberIn),
    END(ClerkMemberIn),
};

const Field clerk_member_patch[] = {
    GIVEN(ClerkMemberIn, given),
    TEXT(ClerkMemberIn, role, "role", .flags = REQUIRED),
    END(ClerkMemberIn),
};

const Field clerk_member_metadata_in[] = { GIVEN(ClerkMemberIn, given), TWO_METADATA(ClerkMemberIn), END(ClerkMemberIn) };

const Field clerk_new_organization_invitation[] = {
    GIVEN(ClerkInvitationIn, given),
    TEXT(ClerkInvitationIn, email_address, "email_address", .flags = REQUIRED),
    TEXT(ClerkInvitationIn, role, "role", .flags = REQUIRED),
    TEXT(ClerkInvitationIn, inviter_user_id, "inviter_user_id"),
    TWO_METADATA(ClerkInvitationIn),
    TEXT(ClerkInvitationIn, redirect_url, "redirect_url", .max = LONGEST_URL),
    INT(ClerkInvitationIn, expires_in_days, "expires_in_days"),
    BOOL(ClerkInvitationIn, notify, "notify"),
    END(ClerkInvitationIn),
};

const Field clerk_new_invitation[] = {
    GIVEN(ClerkInvitationIn, given),
    TEXT(ClerkInvitationIn, email_address, "email_address", .flags = REQUIRED),
    OBJECT_JSON(ClerkInvitationIn, public_metadata, "public_metadata"),
    TEXT(ClerkInvitationIn, redirect_url, "redirect_url", .max = LONGEST_URL),
    INT(ClerkInvitationIn, expires_in_days, "expires_in_days"),
    TEXT(ClerkInvitationIn, template_slug, "template_slug", .max = LONGEST_NAME),
    BOOL(ClerkInvitationIn, notify, "notify"),
    BOOL(ClerkInvitationIn, ignore_existing, "ignore_existing"),
    END(ClerkInvitationIn),
};

const Field clerk_revoke_invitation[] = {
    GIVEN(ClerkInvitationIn, given),
    TEXT(ClerkInvitationIn, requesting_user_id, "requesting_user_id"),
    END(ClerkInvitationIn),
};

const Field clerk_invitation_query[] = {
    TEXTS(ClerkInvitationQuery, status, "status", .max = MOST_ITEMS),
    TEXTS(ClerkInvitationQuery, order_by, "order_by"),
    TEXT(ClerkInvitationQuery, email_address, "email_address"),
    TEXT(ClerkInvitationQuery, query, "query"),
    TEXT(ClerkInvitationQuery, api_version, "__clerk_api_version"),
    BOOL(ClerkInvitationQuery, paginated, "paginated"),
    INT(ClerkInvitationQuery, limit, "limit"),
    INT(ClerkInvitationQuery, offset, "offset"),
    END(ClerkInvitationQuery),
};

/* ---- what goes out ---- */

const Field clerk_session[] = {
    TEXT(ClerkSession, object, "object"),
    TEXT(ClerkSession, id, "id"),
    TEXT(ClerkSession, user_id, "user_id"),
    TEXT(ClerkSession, client_id, "client_id"),
    JSON(ClerkSession, actor, "actor"),
    TEXT(ClerkSession, status, "status"),
    TEXT(ClerkSession, last_active_organization_id, "last_active_organization_id"),
    TIME_MS(ClerkSession, last_active_at, "last_active_at"),
    JSON(ClerkSession, latest_activity, "latest_activity"),
    TIME_MS(ClerkSession, expire_at, "expire_at"),
    TIME_MS(ClerkSession, abandon_at, "abandon_at"),
    TIME_MS(ClerkSession, created_at, "created_at"),
    TIME_MS(ClerkSession, updated_at, "updated_at"),
    JSON(ClerkSession, tasks, "tasks"),
    END(ClerkSession),
};

const Field clerk_session_page[] = {
    LIST(ClerkPage, data, "data", clerk_session, .flags = NULL_AS_EMPTY),
    INT(ClerkPage, total_count, "total_count"),
    END(ClerkPage),
};

const Field clerk_token[] = { TEXT(ClerkToken, object, "object"), TEXT(ClerkToken, jwt, "jwt", .flags = SECRET), END(ClerkToken) };

const Field clerk_template[] = {
    TEXT(ClerkTemplate, object, "object"),
    TEXT(ClerkTemplate, id, "id"),
    TEXT(ClerkTemplate, name, "name"),
    JSON(ClerkTemplate, claims, "claims"),
    INT(ClerkTemplate, lifetime, "lifetime"),
    INT(ClerkTemplate, allowed_clock_skew, "allowed_clock_skew"),
    BOOL(ClerkTemplate, custom_signing_key, "custom_signing_key"),
    TEXT(ClerkTemplate, signing_algorithm, "signing_algorithm"),
    TIME_MS(ClerkTemplate, created_at, "created_at"),
    TIME_MS(ClerkTemplate, updated_at, "updated_at"),
    END(ClerkTemplate),
};

const Field clerk_template_page[] = {
    LIST(ClerkPage, data, "data", clerk_template, .flags = NULL_AS_EMPTY),
    INT(ClerkPage, total_count, "total_count"),
    END(ClerkPage),
};

/* clang-format off */
#define TICKET_HEAD                                                                                \
    TEXT(ClerkSignInToken, object, "object"),                                                      \
    TEXT(ClerkSignInToken, id, "id"),                                                              \
    TEXT(ClerkSignInToken, status, "status"),                                                      \
    TEXT(ClerkSignInToken, user_id, "user_id")
#define TICKET_TAIL                                                                                \
    TEXT(ClerkSignInToken, token, "token", .flags = SECRET | OMIT_NULL),                           \
    TEXT(ClerkSignInToken, url, "url"),                                                            \
    TIME_MS(ClerkSignInToken, created_at, "created_at"),                                           \
    TIME_MS(ClerkSignInToken, updated_at, "updated_at"),                                           \
    END(ClerkSignInToken)
/* clang-format on */
const Field clerk_sign_in_token[] = { TICKET_HEAD, TICKET_TAIL };
const Field clerk_actor_token[] = { TICKET_HEAD, JSON(ClerkSignInToken, actor, "actor"), TICKET_TAIL };

const Field clerk_testing_token_out[] = {
    TEXT(ClerkTestingToken, object, "object"),
    TEXT(ClerkTestingToken, token, "token", .flags = SECRET),
    INT(ClerkTestingToken, expires_at, "expires_at"),
    END(ClerkTestingToken),
};

const Field clerk_client[] = {
    TEXT(ClerkClient, object, "object"),
    TEXT(ClerkClient, id, "id"),
    TEXTS(ClerkClient, session_ids, "session_ids", .flags = NULL_AS_EMPTY),
    LIST(ClerkClient, sessions, "sessions", clerk_session, .flags = NULL_AS_EMPTY),
    TEXT(ClerkClient, sign_in_id, "sign_in_id"),
    TEXT(ClerkClient, sign_up_id, "sign_up_id"),
    TEXT(ClerkClient, last_active_session_id, "last_active_session_id"),
    TEXT(ClerkClient, last_authentication_strategy, "last_authentication_strategy"),
    TIME_MS(ClerkClient, created_at, "created_at"),
    TIME_MS(ClerkClient, updated_at, "updated_at"),
    END(ClerkClient),
};

const Field clerk_claims[] = {
    INT(ClerkClaims, exp, "exp"),
    JSON(ClerkClaims, fva, "fva", .flags = OMIT_NULL),
    INT(ClerkClaims, iat, "iat"),
    TEXT(ClerkClaims, iss, "iss"),
    TEXT(ClerkClaims, jti, "jti"),
    INT(ClerkClaims, nbf, "nbf"),
    JSON(ClerkClaims, o, "o", .flags = OMIT_NULL),
    TEXT(ClerkClaims, sid, "sid", .flags = OMIT_NULL),
    TEXT(ClerkClaims, sts, "sts", .flags = OMIT_NULL),
    TEXT(ClerkClaims, sub, "sub"),
    INT(ClerkClaims, v, "v", .flags = OMIT_ZERO),
    END(ClerkClaims),
};

/* clang-format off */
static const Field verification_fields[] = {
    TEXT(ClerkVerification, object, "object"),
    TEXT(ClerkVerification, status, "status"),
    TEXT(ClerkVerification, strategy, "strategy"),
    JSON(ClerkVerification, attempts, "attempts"),
    TIME_MS(ClerkVerification, expire_at, "expire_at"),
    END(ClerkVerification),
};
/* clang-format on */

static const Field link_fields[] = { TEXT(ClerkLink, type, "type"), TEXT(ClerkLink, id, "id"), END(ClerkLink) };

const Field clerk_email_address[] = {
    TEXT(ClerkAddress, id, "id"),
    TEXT(ClerkAddress, object, "object"),
    TEXT(ClerkAddress, value, "email_address"),
    BOOL(ClerkAddress, reserved, "reserved"),
    OBJECT(ClerkAddress, verification, "verification", verification_fields),
    LIST(ClerkAddress, linked_to, "linked_to", link_fields, .flags = NULL_AS_EMPTY),
    BOOL(ClerkAddress, matches_sso_connection, "matches_sso_connection"),
    TIME_MS(ClerkAddress, created_at, "created_at"),
    TIME_MS(ClerkAddress, updated_at, "updated_at"),
    END(ClerkAddress),
};

const Field clerk_phone_number[] = {
    TEXT(ClerkAddress, id, "id"),
    TEXT(ClerkAddress, object, "object"),
    TEXT(ClerkAddress, value, "phone_number"),
    BOOL(ClerkAddress, reserved_for_second_factor, "reserved_for_second_factor"),
    BOOL(ClerkAddress, default_second_factor, "default_second_factor"),
    BOOL(ClerkAddress, reserved, "reserved"),
    OBJECT(ClerkAddress, verification, "verification", verification_fields),
    LIST(ClerkAddress, linked_to, "linked_to", link_fields, .flags = NULL_AS_EMPTY),
    JSON(ClerkAddress, backup_codes, "backup_codes"),
    TIME_MS(ClerkAddress, created_at, "created_at"),
    TIME_MS(ClerkAddress, updated_at, "updated_at"),
    END(ClerkAddress),
};

static const Field wallet_fields[] = {
    TEXT(ClerkAddress, id, "id"),
    TEXT(ClerkAddress, object, "object"),
    TEXT(ClerkAddress, value, "web3_wallet"),
    OBJECT(ClerkAddress, verification, "verification", verification_fields),
    TIME_MS(ClerkAddress, created_at, "created_at"),
    TIME_MS(ClerkAddress, updated_at, "updated_at"),
    END(ClerkAddress),
};

static const Field passkey_fields[] = {
    TEXT(ClerkPasskey, id, "id"),
    TEXT(ClerkPasskey, object, "object"),
    TEXT(ClerkPasskey, name, "name"),
    TIME_MS(ClerkPasskey, last_used_at, "last_used_at"),
    OBJECT(ClerkPasskey, verification, "verification", verification_fields),
    END(ClerkPasskey),
};

static const Field account_fields[] = {
    TEXT(ClerkAccount, object, "object"),
    TEXT(ClerkAccount, id, "id"),
    TEXT(ClerkAccount, provider, "provider"),
    TEXT(ClerkAccount, identification_id, "identification_id"),
    TEXT(ClerkAccount, provider_user_id, "provider_user_id"),
    TEXT(ClerkAccount, approved_scopes, "approved_scopes", .flags = NULL_AS_EMPTY),
    TEXT(ClerkAccount, email_address, "email_address", .flags = NULL_AS_EMPTY),
    BOOL(ClerkAccount, email_address_verified, "email_address_verified"),
    TEXT(ClerkAccount, first_name, "first_name", .flags = NULL_AS_EMPTY),
    TEXT(ClerkAccount, last_name, "last_name", .flags = NULL_AS_EMPTY),
    TEXT(ClerkAccount, avatar_url, "avatar_url", .flags = NULL_AS_EMPTY),
    TEXT(ClerkAccount, image_url, "image_url", .flags = NULL_AS_EMPTY),
    TEXT(ClerkAccount, username, "username"),
    TEXT(ClerkAccount, phone_number, "phone_number"),
    JSON(ClerkAccount, public_metadata, "public_metadata", .flags = NULL_AS_EMPTY),
    TEXT(ClerkAccount, label, "label"),
    OBJECT(ClerkAccount, verification, "verification", verification_fields),
    TIME_MS(ClerkAccount, created_at, "created_at"),
    TIME_MS(ClerkAccount, updated_at, "updated_at"),
    END(ClerkAccount),
};

const Field clerk_user[] = {
    TEXT(ClerkUser, id, "id"),
    TEXT(ClerkUser, object, "object"),
    TEXT(ClerkUser, username, "username"),
    TEXT(ClerkUser, first_name, "first_name"),
    TEXT(ClerkUser, last_name, "last_name"),
    TEXT(ClerkUser, locale, "locale"),
    TEXT(ClerkUser, image_url, "image_url"),
    BOOL(ClerkUser, has_image, "has_image"),
    TEXT(ClerkUser, primary_email_address_id, "primary_email_address_id"),
    TEXT(ClerkUser, primary_phone_number_id, "primary_phone_number_id"),
    TEXT(ClerkUser, primary_web3_wallet_id, "primary_web3_wallet_id"),
    BOOL(ClerkUser, password_enabled, "password_enabled"),
    BOOL(ClerkUser, two_factor_enabled, "two_factor_enabled"),
    BOOL(ClerkUser, totp_enabled, "totp_enabled"),
    BOOL(ClerkUser, backup_code_enabled, "backup_code_enabled"),
    LIST(ClerkUser, email_addresses, "email_addresses", clerk_email_address, .flags = NULL_AS_EMPTY),
    LIST(ClerkUser, phone_numbers, "phone_numbers", clerk_phone_number, .flags = NULL_AS_EMPTY),
    LIST(ClerkUser, web3_wallets, "web3_wallets", wallet_fields, .flags = NULL_AS_EMPTY),
    LIST(ClerkUser, passkeys, "passkeys", passkey_fields, .flags = NULL_AS_EMPTY),
    LIST(ClerkUser, external_accounts, "external_accounts", account_fields, .flags = NULL_AS_EMPTY),
    LIST(ClerkUser, saml_accounts, "saml_accounts", link_fields, .flags = NULL_AS_EMPTY),
    LIST(ClerkUser, enterprise_accounts, "enterprise_accounts", link_fields, .flags = NULL_AS_EMPTY),
    TIME_MS(ClerkUser, password_last_updated_at, "password_last_updated_at"),
    JSON(ClerkUser, public_metadata, "public_metadata", .flags = NULL_AS_EMPTY),
    JSON(ClerkUser, private_metadata, "private_metadata", .flags = NULL_AS_EMPTY),
    JSON(ClerkUser, unsafe_metadata, "unsafe_metadata", .flags = NULL_AS_EMPTY),
    TEXT(ClerkUser, external_id, "external_id"),
    TIME_MS(ClerkUser, last_sign_in_at, "last_sign_in_at"),
    BOOL(ClerkUser, banned, "banned"),
    BOOL(ClerkUser, locked, "locked"),
    BOOL(ClerkUser, deprovisioned, "deprovisioned"),
    JSON(ClerkUser, lockout_expires_in_seconds, "lockout_expires_in_seconds"),
    JSON(ClerkUser, verification_attempts_remaining, "verification_attempts_remaining"),
    TIME_MS(ClerkUser, created_at, "created_at"),
    TIME_MS(ClerkUser, updated_at, "updated_at"),
    BOOL(ClerkUser, delete_self_enabled, "delete_self_enabled"),
    BOOL(ClerkUser, create_organization_enabled, "create_organization_enabled"),
    JSON(ClerkUser, create_organizations_limit, "create_organizations_limit"),
    TIME_MS(ClerkUser, last_active_at, "last_active_at"),
    TIME_MS(ClerkUser, mfa_enabled_at, "mfa_enabled_at"),
    TIME_MS(ClerkUser, mfa_disabled_at, "mfa_disabled_at"),
    TIME_MS(ClerkUser, legal_accepted_at, "legal_accepted_at"),
    BOOL(ClerkUser, bypass_client_trust, "bypass_client_trust"),
    TEXT(ClerkUser, profile_image_url, "profile_image_url"),
    END(ClerkUser),
};

const Field clerk_organization[] = {
    TEXT(ClerkOrganization, object, "object"),
    TEXT(ClerkOrganization, id, "id"),
    TEXT(ClerkOrganization, name, "name"),
    TEXT(ClerkOrganization, slug, "slug"),
    TEXT(ClerkOrganization, image_url, "image_url"),
    BOOL(ClerkOrganization, has_image, "has_image"),
    JSON(ClerkOrganization, members_count, "members_count", .flags = OMIT_NULL),
    JSON(ClerkOrganization, missing_member, "missing_member_with_elevated_permissions", .flags = OMIT_NULL),
    JSON(ClerkOrganization, pending_invitations_count, "pending_invitations_count", .flags = OMIT_NULL),
    INT(ClerkOrganization, max_allowed_memberships, "max_allowed_memberships"),
    BOOL(ClerkOrganization, admin_delete_enabled, "admin_delete_enabled"),
    JSON(ClerkOrganization, public_metadata, "public_metadata", .flags = NULL_AS_EMPTY),
    JSON(ClerkOrganization, private_metadata, "private_metadata", .flags = NULL_AS_EMPTY),
    TEXT(ClerkOrganization, created_by, "created_by", .flags = OMIT_NULL),
    TIME_MS(ClerkOrganization, created_at, "created_at"),
    TIME_MS(ClerkOrganization, updated_at, "updated_at"),
    TEXT(ClerkOrganization, role_set_key, "role_set_key"),
    TEXT(ClerkOrganization, logo_url, "logo_url", .flags = OMIT_NULL),
    END(ClerkOrganization),
};

/* Of one that a list names beside something else. */
static const Field organization_data_fields[] = {
    TEXT(ClerkOrganization, id, "id"),
    TEXT(ClerkOrganization, name, "name"),
    TEXT(ClerkOrganization, slug, "slug"),
    TEXT(ClerkOrganization, image_url, "image_url"),
    BOOL(ClerkOrganization, has_image, "has_image"),
    END(ClerkOrganization),
};

static const Field user_data_fields[] = {
    TEXT(ClerkUserData, user_id, "user_id"),
    TEXT(ClerkUserData, first_name, "first_name"),
    TEXT(ClerkUserData, last_name, "last_name"),
    TEXT(ClerkUserData, profile_image_url, "profile_image_url"),
    TEXT(ClerkUserData, image_url, "image_url"),
    BOOL(ClerkUserData, has_image, "has_image"),
    TEXT(ClerkUserData, identifier, "identifier"),
    TEXT(ClerkUserData, username, "username"),
    BOOL(ClerkUserData, banned, "banned"),
    BOOL(ClerkUserData, deprovisioned, "deprovisioned"),
    END(ClerkUserData),
};

static const Field inviter_fields[] = {
    TEXT(ClerkUserData, user_id, "user_id"),
    TEXT(ClerkUserData, first_name, "first_name"),
    TEXT(ClerkUserData, last_name, "last_name"),
    TEXT(ClerkUserData, image_url, "image_url"),
    BOOL(ClerkUserData, has_image, "has_image"),
    TEXT(ClerkUserData, identifier, "identifier"),
    END(ClerkUserData),
};

const Field clerk_membership[] = {
    TEXT(ClerkMembership, object, "object"),
    TEXT(ClerkMembership, id, "id"),
    TEXT(ClerkMembership, role, "role"),
    TEXT(ClerkMembership, role_name, "role_name"),
    JSON(ClerkMembership, permissions, "permissions"),
    JSON(ClerkMembership, public_metadata, "public_metadata", .flags = NULL_AS_EMPTY),
    JSON(ClerkMembership, private_metadata, "private_metadata", .flags = NULL_AS_EMPTY),
    OBJECT(ClerkMembership, organization, "organization", clerk_organization),
    OBJECT(ClerkMembership, public_user_data, "public_user_data", user_data_fields),
    TIME_MS(ClerkMembership, created_at, "created_at"),
    TIME_MS(ClerkMembership, updated_at, "updated_at"),
    END(ClerkMembership),
};

const Field clerk_organization_invitation[] = {
    TEXT(ClerkInvitation, object, "object"),
    TEXT(ClerkInvitation, id, "id"),
    TEXT(ClerkInvitation, email_address, "email_address"),
    TEXT(ClerkInvitation, role, "role"),
    TEXT(ClerkInvitation, role_name, "role_name"),
    TEXT(ClerkInvitation, organization_id, "organization_id"),
    TEXT(ClerkInvitation, inviter_id, "inviter_id"),
    OBJECT(ClerkInvitation, inviter, "public_inviter_data", inviter_fields),
    OBJECT(ClerkInvitation, organization, "public_organization_data", organization_data_fields, .flags = OMIT_NULL),
    TEXT(ClerkInvitation, status, "status"),
    JSON(ClerkInvitation, public_metadata, "public_metadata", .flags = NULL_AS_EMPTY),
    JSON(ClerkInvitation, private_metadata, "private_metadata", .flags = NULL_AS_EMPTY),
    TEXT(ClerkInvitation, url, "url"),
    TIME_MS(ClerkInvitation, expires_at, "expires_at"),
    TIME_MS(ClerkInvitation, created_at, "created_at"),
    TIME_MS(ClerkInvitation, updated_at, "updated_at"),
    END(ClerkInvitation),
};

const Field clerk_invitation[] = {
    TEXT(ClerkInvitation, object, "object"),
    TEXT(ClerkInvitation, id, "id"),
    TEXT(ClerkInvitation, email_address, "email_address"),
    JSON(ClerkInvitation, public_metadata, "public_metadata", .flags = NULL_AS_EMPTY),
    BOOL(ClerkInvitation, revoked, "revoked"),
    TEXT(ClerkInvitation, status, "status"),
    TEXT(ClerkInvitation, url, "url", .flags = OMIT_NULL),
    TIME_MS(ClerkInvitation, expires_at, "expires_at"),
    TIME_MS(ClerkInvitation, created_at, "created_at"),
    TIME_MS(ClerkInvitation, updated_at, "updated_at"),
    END(ClerkInvitation),
};

/* clang-format off */
#define PAGE_OF(name, fields)                                                                      \
    const Field name[] = {                                                                         \
        LIST(ClerkPage, data, "data", fields, .flags = NULL_AS_EMPTY),                             \
        INT(ClerkPage, total_count, "total_count"),                                                \
        END(ClerkPage),                                                                            \
    }
PAGE_OF(clerk_organization_page, clerk_organization);
PAGE_OF(clerk_membership_page, clerk_membership);
PAGE_OF(clerk_organization_invitation_page, clerk_organization_invitation);
PAGE_OF(clerk_invitation_page, clerk_invitation);
PAGE_OF(clerk_client_page, clerk_client);
/* clang-format on */

const Field clerk_waiting_query[] = {
    TEXT(ClerkWaitingQuery, query, "query"),
    TEXT(ClerkWaitingQuery, status, "status"),
    TEXTS(ClerkWaitingQuery, order_by, "order_by"),
    INT(ClerkWaitingQuery, limit, "limit"),
    INT(ClerkWaitingQuery, offset, "offset"),
    TEXT(ClerkWaitingQuery, api_version, "__clerk_api_version"),
    END(ClerkWaitingQuery),
};

const Field clerk_waiting_in[] = {
    GIVEN(ClerkWaitingIn, given),
    TEXT(ClerkWaitingIn, email_address, "email_address", .flags = REQUIRED),
    BOOL(ClerkWaitingIn, notify, "notify"),
    END(ClerkWaitingIn),
};
const Field clerk_waiting_invite_in[] = { GIVEN(ClerkWaitingIn, given), BOOL(ClerkWaitingIn, ignore_existing, "ignore_existing"),
                                          END(ClerkWaitingIn) };

const Field clerk_waiting[] = {
    TEXT(ClerkWaiting, object, "object"),
    TEXT(ClerkWaiting, id, "id"),
    TEXT(ClerkWaiting, email_address, "email_address"),
    TEXT(ClerkWaiting, status, "status"),
    BOOL(ClerkWaiting, is_locked, "is_locked"),
    OBJECT(ClerkWaiting, invitation, "invitation", clerk_invitation),
    TIME_MS(ClerkWaiting, created_at, "created_at"),
    TIME_MS(ClerkWaiting, updated_at, "updated_at"),
    END(ClerkWaiting),
};
PAGE_OF(clerk_waiting_page, clerk_waiting);

const Field clerk_deleted[] = {
    TEXT(ClerkDeleted, object, "object"),
    TEXT(ClerkDeleted, id, "id"),
    BOOL(ClerkDeleted, deleted, "deleted"),
    END(ClerkDeleted),
};

const Field clerk_owner[] = { TEXT(ClerkOwner, user_id, "user_id"), END(ClerkOwner) };

const Field clerk_page[] = {
    LIST(ClerkPage, data, "data", link_fields, .flags = NULL_AS_EMPTY),
    INT(ClerkPage, total_count, "total_count"),
    END(ClerkPage),
};

const Field clerk_listed[] = {
    TEXT(ClerkListed, object, "object"),
    TEXT(ClerkListed, id, "id"),
    TEXT(ClerkListed, invitation_id, "invitation_id", .flags = OMIT_NULL),
    TEXT(ClerkListed, identifier, "identifier"),
    TEXT(ClerkListed, identifier_type, "identifier_type"),
    TEXT(ClerkListed, instance_id, "instance_id"),
    TIME_MS(ClerkListed, created_at, "created_at"),
    TIME_MS(ClerkListed, updated_at, "updated_at"),
    END(ClerkListed),
};

const Field clerk_listed_page[] = {
    LIST(ClerkPage, data, "data", clerk_listed, .flags = NULL_AS_EMPTY),
    INT(ClerkPage, total_count, "total_count"),
    END(ClerkPage),
};

/* clang-format off */
#define RESTRICTIONS                                                                               \
    BOOL(ClerkRestrictions, allowlist, "allowlist"),                                               \
    BOOL(ClerkRestrictions, blocklist, "blocklist"),                                               \
    BOOL(ClerkRestrictions, block_email_subaddresses, "block_email_subaddresses"),                 \
    BOOL(ClerkRestrictions, block_disposable_email_domains, "block_disposable_email_domains"),     \
    BOOL(ClerkRestrictions, ignore_dots_for_gmail_addresses, "ignore_dots_for_gmail_addresses")
/* clang-format on */
const Field clerk_restrictions_in[] = { GIVEN(ClerkRestrictions, given), RESTRICTIONS, END(ClerkRestrictions) };
const Field clerk_restrictions[] = { TEXT(ClerkRestrictions, object, "object"), RESTRICTIONS, END(ClerkRestrictions) };

const Field clerk_instance[] = {
    TEXT(ClerkInstance, object, "object"),
    TEXT(ClerkInstance, id, "id"),
    TEXT(ClerkInstance, environment_type, "environment_type"),
    TEXT(ClerkInstance, allowed_origins, "allowed_origins"),
    TEXT(ClerkInstance, workspace_id, "workspace_id"),
    END(ClerkInstance),
};

const Field clerk_instance_in[] = {
    GIVEN(ClerkInstanceIn, given),
    BOOL(ClerkInstanceIn, test_mode, "test_mode"),
    BOOL(ClerkInstanceIn, hibp, "hibp"),
    BOOL(ClerkInstanceIn, enhanced_email_deliverability, "enhanced_email_deliverability"),
    TEXT(ClerkInstanceIn, support_email, "support_email"),
    TEXT(ClerkInstanceIn, clerk_js_version, "clerk_js_version"),
    TEXT(ClerkInstanceIn, development_origin, "development_origin"),
    TEXTS(ClerkInstanceIn, allowed_origins, "allowed_origins", .max = MOST_ITEMS),
    BOOL(ClerkInstanceIn, cookieless_dev, "cookieless_dev"),
    BOOL(ClerkInstanceIn, url_based_session_syncing, "url_based_session_syncing"),
    TEXT(ClerkInstanceIn, preferred_strategy, "preferred_sign_in_strategy_when_password_required"),
    END(ClerkInstanceIn),
};

/* clang-format off */
#define ORGANIZATION_SETTINGS                                                                      \
    BOOL(ClerkOrganizationSettings, enabled, "enabled"),                                           \
    INT(ClerkOrganizationSettings, max_allowed_memberships, "max_allowed_memberships"),            \
    BOOL(ClerkOrganizationSettings, admin_delete_enabled, "admin_delete_enabled"),                 \
    BOOL(ClerkOrganizationSettings, domains_enabled, "domains_enabled"),                           \
    TEXTS(ClerkOrganizationSettings, domains_enrollment_modes, "domains_enrollment_modes", .flags = NULL_AS_EMPTY, .max = MOST_ITEMS)
/* clang-format on */
const Field clerk_organization_settings_in[] = {
    GIVEN(ClerkOrganizationSettings, given),
    ORGANIZATION_SETTINGS,
    TEXT(ClerkOrganizationSettings, creator_role_id, "creator_role_id"),
    TEXT(ClerkOrganizationSettings, domains_default_role_id, "domains_default_role_id"),
    END(ClerkOrganizationSettings),
};

const Field clerk_organization_settings[] = {
    TEXT(ClerkOrganizationSettings, object, "object"),
    ORGANIZATION_SETTINGS,
    INT(ClerkOrganizationSettings, max_allowed_roles, "max_allowed_roles"),
    INT(ClerkOrganizationSettings, max_allowed_permissions, "max_allowed_permissions"),
    TEXT(ClerkOrganizationSettings, creator_role, "creator_role"),
    BOOL(ClerkOrganizationSettings, slug_disabled, "slug_disabled"),
    TEXT(ClerkOrganizationSettings, domains_default_role, "domains_default_role"),
    END(ClerkOrganizationSettings),
};

const Field clerk_redirect_in[] = { TEXT(ClerkRedirect, url, "url", .flags = REQUIRED, .max = LONGEST_URL), END(ClerkRedirect) };

const Field clerk_redirect[] = {
    TEXT(ClerkRedirect, object, "object"),
    TEXT(ClerkRedirect, id, "id"),
    TEXT(ClerkRedirect, url, "url"),
    TIME_MS(ClerkRedirect, created_at, "created_at"),
    TIME_MS(ClerkRedirect, updated_at, "updated_at"),
    END(ClerkRedirect),
};
PAGE_OF(clerk_redirect_page, clerk_redirect);

static const Field domain_fields[] = {
    TEXT(ClerkDomain, object, "object"),
    TEXT(ClerkDomain, id, "id"),
    TEXT(ClerkDomain, name, "name"),
    BOOL(ClerkDomain, is_satellite, "is_satellite"),
    TEXT(ClerkDomain, frontend_api_url, "frontend_api_url"),
    TEXT(ClerkDomain, accounts_portal_url, "accounts_portal_url", .flags = OMIT_NULL),
    TEXT(ClerkDomain, proxy_url, "proxy_url"),
    TEXT(ClerkDomain, development_origin, "development_origin"),
    TEXTS(ClerkDomain, cname_targets, "cname_targets", .flags = NULL_AS_EMPTY),
    END(ClerkDomain),
};
PAGE_OF(clerk_domain_page, domain_fields);

const Field clerk_oauth_token[] = {
    TEXT(ClerkOauthToken, object, "object"),
    TEXT(ClerkOauthToken, external_account_id, "external_account_id"),
    TEXT(ClerkOauthToken, provider_user_id, "provider_user_id"),
    TEXT(ClerkOauthToken, token, "token", .flags = SECRET),
    TIME_MS(ClerkOauthToken, expires_at, "expires_at"),
    TEXT(ClerkOauthToken, provider, "provider"),
    JSON(ClerkOauthToken, public_metadata, "public_metadata"),
    TEXT(ClerkOauthToken, label, "label"),
    TEXTS(ClerkOauthToken, scopes, "scopes", .flags = NULL_AS_EMPTY),
    TEXT(ClerkOauthToken, id_token, "id_token", .flags = SECRET | OMIT_NULL),
    TEXT(ClerkOauthToken, token_secret, "token_secret", .flags = SECRET | OMIT_NULL),
    END(ClerkOauthToken),
};

const Field clerk_oauth_page[] = {
    LIST(ClerkPage, data, "data", clerk_oauth_token, .flags = NULL_AS_EMPTY),
    INT(ClerkPage, total_count, "total_count"),
    END(ClerkPage),
};

const Field clerk_count[] = { TEXT(ClerkCount, object, "object"), INT(ClerkCount, total_count, "total_count"), END(ClerkCount) };
const Field clerk_verified[] = { BOOL(ClerkVerified, verified, "verified"), END(ClerkVerified) };

const Field clerk_code_verified[] = {
    BOOL(ClerkCodeVerified, verified, "verified"),
    TEXT(ClerkCodeVerified, code_type, "code_type"),
    END(ClerkCodeVerified),
};

const Field clerk_jwk[] = {
    TEXT(ClerkJwk, use, "use"),
    TEXT(ClerkJwk, kty, "kty"),
    TEXT(ClerkJwk, kid, "kid"),
    TEXT(ClerkJwk, alg, "alg"),
    TEXT(ClerkJwk, n, "n"),
    TEXT(ClerkJwk, e, "e"),
    END(ClerkJwk),
};
const Field clerk_jwks[] = { LIST(ClerkJwks, keys, "keys", clerk_jwk, .flags = NULL_AS_EMPTY), END(ClerkJwks) };

static const Field meta_fields[] = {
    TEXT(ClerkMeta, param_name, "param_name", .flags = OMIT_NULL),
    TEXTS(ClerkMeta, param_names, "param_names", .flags = OMIT_NULL),
    TEXTS(ClerkMeta, identifiers, "identifiers", .flags = OMIT_NULL),
    END(ClerkMeta),
};

static const Field error_fields[] = {
    TEXT(ClerkError, message, "message"),
    TEXT(ClerkError, long_message, "long_message"),
    TEXT(ClerkError, code, "code"),
    OBJECT(ClerkError, meta, "meta", meta_fields, .flags = OMIT_NULL),
    END(ClerkError),
};

const Field clerk_errors_body[] = {
    LIST(ClerkErrors, errors, "errors", error_fields, .flags = NULL_AS_EMPTY),
    TEXT(ClerkErrors, clerk_trace_id, "clerk_trace_id"),
    END(ClerkErrors),
};
