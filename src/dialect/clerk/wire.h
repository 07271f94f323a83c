/* wire.h: names and shapes of the Clerk dialect: data only, shared by server and client library. */
#ifndef HECATE_CLERK_WIRE_H
#define HECATE_CLERK_WIRE_H

#include "base/field.h"

/* ---- what comes in ---- */

/* Bodies of POST and PATCH /users and of …/metadata (spec/clerk.md 2.2 to 2.4). */
typedef struct ClerkUserIn {
    Given given;
    const char *external_id, *first_name, *last_name, *locale, *username, *password, *password_digest, *password_hasher;
    const char *primary_email_address_id, *primary_phone_number_id, *primary_web3_wallet_id, *profile_image_id;
    const char *public_metadata, *private_metadata, *unsafe_metadata;
    const char *totp_secret;
    Texts backup_codes, email_address, email_status, phone_number, phone_status, web3_wallet;
    bool skip_password_checks, skip_password_requirement, skip_user_requirement, skip_legal_checks, delete_self_enabled;
    bool create_organization_enabled, bypass_client_trust, notify_primary_email_address_changed, sign_out_of_other_sessions, banned, locked;
    int64_t create_organizations_limit, legal_accepted_at, created_at;
} ClerkUserIn;
extern const Field clerk_new_user[];
extern const Field clerk_user_patch[];
extern const Field clerk_user_metadata[];

typedef struct ClerkPasswordIn {
    Given given;
    const char *password;
} ClerkPasswordIn;
extern const Field clerk_password_in[];

typedef struct ClerkCodeIn {
    Given given;
    const char *code;
} ClerkCodeIn;
extern const Field clerk_code_in[];

typedef struct ClerkCompromiseIn {
    Given given;
    bool revoke_all_sessions;
} ClerkCompromiseIn;
extern const Field clerk_compromise_in[];

/* Bodies of /email_addresses and /phone_numbers, and of their replacement (spec/clerk.md 2.7, 4.3). */
typedef struct ClerkAddressIn {
    Given given;
    const char *user_id, *value, *identification_status;
    bool verified, primary, reserved_for_second_factor, notify_primary_email_address_changed;
} ClerkAddressIn;
extern const Field clerk_new_email[], clerk_email_patch[], clerk_email_replacement[];
extern const Field clerk_new_phone[], clerk_phone_patch[], clerk_phone_replacement[];

typedef struct ClerkSignOutIn {
    Given given;
    bool sign_out_of_other_sessions;
} ClerkSignOutIn;
extern const Field clerk_sign_out_in[];

typedef struct ClerkBulkIn {
    Given given;
    Texts user_ids;
} ClerkBulkIn;
extern const Field clerk_bulk_in[];

/* Query of GET /users and /users/count (spec/clerk.md 2.1). */
typedef struct ClerkUserQuery {
    Given given;
    Texts email_address, phone_number, username, web3_wallet, user_id, external_id, organization_id, provider_user_id, order_by, role;
    const char *query, *email_address_query, *phone_number_query, *username_query, *name_query, *provider, *starting_after, *api_version;
    bool banned, paginated;
    int64_t last_active_at_since, last_active_at_after, last_active_at_before, created_at_after, created_at_before, last_sign_in_at_after;
    int64_t last_sign_in_at_before;
    int64_t limit, offset;
} ClerkUserQuery;
extern const Field clerk_user_query[];

/* The same of GET /organizations/{id}/memberships (4.2). */
extern const Field clerk_member_query[];

/* Query of the lists of one user. */
typedef struct ClerkPageQuery {
    Texts status;
    bool paginated;
    int64_t limit, offset;
    const char *api_version;
} ClerkPageQuery;
extern const Field clerk_page_query[];

typedef struct ClerkSessionQuery {
    const char *client_id, *user_id, *status, *api_version;
    bool paginated;
    int64_t limit, offset;
} ClerkSessionQuery;
extern const Field clerk_session_query[];

typedef struct ClerkSessionIn {
    const char *user_id, *active_organization_id;
} ClerkSessionIn;
extern const Field clerk_session_in[];

/* Bodies of POST /sessions/{id}/tokens, of POST /sign_in_tokens and of POST /actor_tokens. */
typedef struct ClerkTokenIn {
    Given given;
    const char *user_id, *actor;
    int64_t expires_in_seconds, session_max_duration_in_seconds;
} ClerkTokenIn;
extern const Field clerk_token_in[];
extern const Field clerk_sign_in_token_in[];
extern const Field clerk_actor_token_in[];

/* Bodies of /jwt_templates (4.5), and of POST /sessions/{id}/refresh (4.4). */
typedef struct ClerkTemplateIn {
    Given given;
    const char *name, *claims, *signing_algorithm, *signing_key;
    int64_t lifetime, allowed_clock_skew;
    bool custom_signing_key;
} ClerkTemplateIn;
extern const Field clerk_new_template[];
extern const Field clerk_template_patch[];

typedef struct ClerkRefreshIn {
    const char *expired_token, *refresh_token, *request_origin, *request_originating_ip, *request_headers, *format;
    bool suffixed_cookies;
} ClerkRefreshIn;
extern const Field clerk_refresh_in[];

typedef struct ClerkVerifyIn {
    const char *token;
} ClerkVerifyIn;
extern const Field clerk_verify_in[];

/* Bodies of /organizations (4.2). */
typedef struct ClerkOrganizationIn {
    Given given;
    const char *name, *slug, *created_by, *public_metadata, *private_metadata;
    int64_t max_allowed_memberships, created_at;
    bool admin_delete_enabled;
} ClerkOrganizationIn;
extern const Field clerk_new_organization[];
extern const Field clerk_organization_patch[];
extern const Field clerk_organization_metadata[];

typedef struct ClerkOrganizationQuery {
    Given given;
    Texts user_id, organization_id, order_by;
    const char *query, *api_version;
    bool include_members_count, include_missing_member;
    int64_t limit, offset;
} ClerkOrganizationQuery;
extern const Field clerk_organization_query[];
extern const Field clerk_organization_get_query[];

/* Bodies of the memberships of an organization. */
typedef struct ClerkMemberIn {
    Given given;
    const char *user_id, *role, *public_metadata, *private_metadata;
} ClerkMemberIn;
extern const Field clerk_new_member[];
extern const Field clerk_member_patch[];
extern const Field clerk_member_metadata_in[];

/* Bodies of invitations, to an organization and to the application (4.5). */
typedef struct ClerkInvitationIn {
    Given given;
    const char *email_address, *role, *inviter_user_id, *public_metadata, *private_metadata, *redirect_url, *template_slug, *requesting_user_id;
    bool notify, ignore_existing;
    int64_t expires_in_days;
} ClerkInvitationIn;
extern const Field clerk_new_organization_invitation[];
extern const Field clerk_new_invitation[];
extern const Field clerk_revoke_invitation[];

typedef struct ClerkInvitationQuery {
    Texts status, order_by;
    const char *email_address, *query, *api_version;
    bool paginated;
    int64_t limit, offset;
} ClerkInvitationQuery;
extern const Field clerk_invitation_query[];

/* Bodies of POST /allowlist_identifiers and /blocklist_identifiers. */
typedef struct ClerkListedIn {
    Given given;
    const char *identifier;
    bool notify;
} ClerkListedIn;
extern const Field clerk_allowed_in[];
extern const Field clerk_blocked_in[];

/* PATCH /instance/restrictions, both ways. */
typedef struct ClerkRestrictions {
    Given given;
    const char *object;
    bool allowlist, blocklist, block_email_subaddresses, block_disposable_email_domains, ignore_dots_for_gmail_addresses;
} ClerkRestrictions;
extern const Field clerk_restrictions_in[];
extern const Field clerk_restrictions[];

/* Body of PATCH /instance. */
typedef struct ClerkInstanceIn {
    Given given;
    const char *support_email, *clerk_js_version, *development_origin, *preferred_strategy;
    Texts allowed_origins;
    bool test_mode, hibp, enhanced_email_deliverability, cookieless_dev, url_based_session_syncing;
} ClerkInstanceIn;
extern const Field clerk_instance_in[];

/* /instance/organization_settings, both ways: roles come in by id and go out by key. */
typedef struct ClerkOrganizationSettings {
    Given given;
    const char *object, *creator_role, *domains_default_role, *creator_role_id, *domains_default_role_id;
    Texts domains_enrollment_modes;
    int64_t max_allowed_memberships, max_allowed_roles, max_allowed_permissions;
    bool enabled, admin_delete_enabled, domains_enabled, slug_disabled;
} ClerkOrganizationSettings;
extern const Field clerk_organization_settings_in[];
extern const Field clerk_organization_settings[];

/* ---- what goes out ---- */

/* /redirect_urls, both ways. */
typedef struct ClerkRedirect {
    const char *object, *id, *url;
    int64_t created_at, updated_at;
} ClerkRedirect;
extern const Field clerk_redirect_in[];
extern const Field clerk_redirect[];
extern const Field clerk_redirect_page[]; /* over ClerkPage */

typedef struct ClerkDomain {
    const char *object, *id, *name, *frontend_api_url, *accounts_portal_url, *proxy_url, *development_origin;
    bool is_satellite;
    Texts cname_targets;
} ClerkDomain;
extern const Field clerk_domain_page[]; /* over ClerkPage */

typedef struct ClerkListed {
    const char *object, *id, *invitation_id, *identifier, *identifier_type, *instance_id;
    int64_t created_at, updated_at;
} ClerkListed;
extern const Field clerk_listed[];
extern const Field clerk_listed_page[];

typedef struct ClerkInstance {
    const char *object, *id, *environment_type, *allowed_origins, *workspace_id;
} ClerkInstance;
extern const Field clerk_instance[];

typedef struct ClerkSession {
    const char *object, *id, *user_id, *client_id, *actor, *status, *last_active_organization_id, *latest_activity, *tasks;
    int64_t last_active_at, expire_at, abandon_at, created_at, updated_at;
} ClerkSession;
extern const Field clerk_session[];
extern const Field clerk_session_page[];

typedef struct ClerkToken {
    const char *object, *jwt;
} ClerkToken;
extern const Field clerk_token[];

typedef struct ClerkTemplate {
    const char *object, *id, *name, *claims, *signing_algorithm;
    int64_t lifetime, allowed_clock_skew, created_at, updated_at;
    bool custom_signing_key;
} ClerkTemplate;
extern const Field clerk_template[];
extern const Field clerk_template_page[]; /* over ClerkPage */

typedef struct ClerkSignInToken {
    const char *object, *id, *status, *user_id, *actor, *token, *url;
    int64_t created_at, updated_at;
} ClerkSignInToken;
extern const Field clerk_sign_in_token[];
extern const Field clerk_actor_token[];

typedef struct ClerkTestingToken {
    const char *object, *token;
    int64_t expires_at; /* seconds */
} ClerkTestingToken;
extern const Field clerk_testing_token_out[];

typedef struct ClerkClient {
    const char *object, *id, *sign_in_id, *sign_up_id, *last_active_session_id, *last_authentication_strategy;
    Texts session_ids;
    List sessions;
    int64_t created_at, updated_at;
} ClerkClient;
extern const Field clerk_client[];
extern const Field clerk_client_page[]; /* over ClerkPage */

/* Claims of a session token, version 2 (4.7). */
typedef struct ClerkClaims {
    const char *fva, *iss, *jti, *o, *sid, *sts, *sub;
    int64_t exp, iat, nbf, v;
} ClerkClaims;
extern const Field clerk_claims[];

typedef struct ClerkVerification {
    const char *object, *status, *strategy, *attempts;
    int64_t expire_at;
} ClerkVerification;

typedef struct ClerkLink {
    const char *type, *id;
} ClerkLink;

/* An e-mail address, a phone number or a wallet. */
typedef struct ClerkAddress {
    const char *id, *object, *value, *backup_codes;
    bool reserved, reserved_for_second_factor, default_second_factor, matches_sso_connection;
    const ClerkVerification *verification;
    List linked_to;
    int64_t created_at, updated_at;
} ClerkAddress;
extern const Field clerk_email_address[];
extern const Field clerk_phone_number[];

typedef struct ClerkPasskey {
    const char *object, *id, *name;
    int64_t last_used_at;
    const ClerkVerification *verification;
} ClerkPasskey;

typedef struct ClerkOauthToken {
    const char *object, *external_account_id, *provider_user_id, *token, *provider, *public_metadata, *label, *id_token, *token_secret;
    Texts scopes;
    int64_t expires_at;
} ClerkOauthToken;
extern const Field clerk_oauth_page[];
extern const Field clerk_oauth_token[];

typedef struct ClerkAccount {
    const char *object, *id, *provider, *identification_id, *provider_user_id, *approved_scopes, *email_address, *first_name, *last_name;
    const char *avatar_url, *image_url, *username, *phone_number, *public_metadata, *label;
    bool email_address_verified;
    const ClerkVerification *verification;
    int64_t created_at, updated_at;
} ClerkAccount;

/* A user as Clerk shows it (3.2). Numbers that may be null are JSON as text. */
typedef struct ClerkUser {
    const char *id, *object, *username, *first_name, *last_name, *image_url, *profile_image_url, *locale, *external_id;
    const char *primary_email_address_id, *primary_phone_number_id, *primary_web3_wallet_id;
    const char *public_metadata, *private_metadata, *unsafe_metadata;
    const char *lockout_expires_in_seconds, *verification_attempts_remaining, *create_organizations_limit;
    bool has_image, password_enabled, two_factor_enabled, totp_enabled, backup_code_enabled, banned, locked, deprovisioned;
    bool delete_self_enabled, create_organization_enabled, bypass_client_trust;
    List email_addresses, phone_numbers, web3_wallets, passkeys, external_accounts, saml_accounts, enterprise_accounts;
    int64_t password_last_updated_at, last_sign_in_at, last_active_at, mfa_enabled_at, mfa_disabled_at, legal_accepted_at;
    int64_t created_at, updated_at;
} ClerkUser;
extern const Field clerk_user[];

/* An organization (3.4). Members that are shown when asked for are JSON as text. */
typedef struct ClerkOrganization {
    const char *object, *id, *name, *slug, *image_url, *logo_url, *public_metadata, *private_metadata, *created_by, *role_set_key;
    const char *members_count, *missing_member, *pending_invitations_count;
    bool has_image, admin_delete_enabled;
    int64_t max_allowed_memberships, created_at, updated_at;
} ClerkOrganization;
extern const Field clerk_organization[];
extern const Field clerk_organization_page[]; /* over ClerkPage, as those below */

/* What others may see of a user. */
typedef struct ClerkUserData {
    const char *user_id, *first_name, *last_name, *image_url, *profile_image_url, *identifier, *username;
    bool has_image, banned, deprovisioned;
} ClerkUserData;

typedef struct ClerkMembership {
    const char *object, *id, *role, *role_name, *permissions, *public_metadata, *private_metadata;
    const ClerkOrganization *organization;
    const ClerkUserData *public_user_data;
    int64_t created_at, updated_at;
} ClerkMembership;
extern const Field clerk_membership[];
extern const Field clerk_membership_page[];

typedef struct ClerkInvitation {
    const char *object, *id, *email_address, *role, *role_name, *organization_id, *inviter_id, *status, *url, *public_metadata, *private_metadata;
    const ClerkUserData *inviter;
    const ClerkOrganization *organization;
    bool revoked;
    int64_t expires_at, created_at, updated_at;
} ClerkInvitation;
extern const Field clerk_organization_invitation[];
extern const Field clerk_organization_invitation_page[];
extern const Field clerk_invitation[];
extern const Field clerk_invitation_page[];

typedef struct ClerkDeleted {
    const char *object, *id;
    bool deleted;
} ClerkDeleted;
extern const Field clerk_deleted[];

/* {"user_id":…} */
typedef struct ClerkOwner {
    const char *user_id;
} ClerkOwner;
extern const Field clerk_owner[];

/* {"data":[…],"total_count":n} of what there is none of yet. */
typedef struct ClerkPage {
    List data;
    int64_t total_count;
} ClerkPage;
extern const Field clerk_page[];

typedef struct ClerkCount {
    const char *object;
    int64_t total_count;
} ClerkCount;
extern const Field clerk_count[];

typedef struct ClerkVerified {
    bool verified;
} ClerkVerified;
extern const Field clerk_verified[];

typedef struct ClerkCodeVerified {
    bool verified;
    const char *code_type;
} ClerkCodeVerified;
extern const Field clerk_code_verified[];

typedef struct ClerkJwk {
    const char *use, *kty, *kid, *alg, *n, *e;
} ClerkJwk;
typedef struct ClerkJwks {
    List keys;
} ClerkJwks;
extern const Field clerk_jwk[];
extern const Field clerk_jwks[];

/* /waitlist_entries. */
typedef struct ClerkWaitingQuery {
    const char *query, *status, *api_version;
    Texts order_by;
    int64_t limit, offset;
} ClerkWaitingQuery;
extern const Field clerk_waiting_query[];
typedef struct ClerkWaitingIn {
    Given given;
    const char *email_address;
    bool notify, ignore_existing;
} ClerkWaitingIn;
extern const Field clerk_waiting_in[];
extern const Field clerk_waiting_invite_in[];
typedef struct ClerkWaiting {
    const char *object, *id, *email_address, *status;
    const ClerkInvitation *invitation;
    int64_t created_at, updated_at;
    bool is_locked;
} ClerkWaiting;
extern const Field clerk_waiting[];
extern const Field clerk_waiting_page[]; /* over ClerkPage */

/* The body of an error (1.7). */
typedef struct ClerkMeta {
    const char *param_name;
    Texts param_names, identifiers;
} ClerkMeta;
typedef struct ClerkError {
    const char *message, *long_message, *code;
    const ClerkMeta *meta;
} ClerkError;
typedef struct ClerkErrors {
    List errors;
    const char *clerk_trace_id;
} ClerkErrors;
extern const Field clerk_errors_body[];

#endif
