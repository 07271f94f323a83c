/* wire.h: names and shapes of the Auth0 dialect: data only, shared by server and client library. */
#ifndef HECATE_AUTH0_WIRE_H
#define HECATE_AUTH0_WIRE_H

#include "base/field.h"
#include "model/model.h"

/* A user as Auth0 shows it (spec/auth0.md 4.1). Members that may be false or absent are documents. */
typedef struct Auth0User {
    const char *blocked, *email, *email_verified, *family_name, *given_name, *name, *nickname, *picture, *user_id;
    const char *user_metadata, *app_metadata, *username, *phone_number, *phone_verified, *last_ip;
    int64_t created_at, updated_at, last_password_reset, last_login, logins_count;
    List identities;
} Auth0User;
extern const Field auth0_user[];

typedef struct Auth0Profile {
    const char *email, *email_verified, *name, *username, *given_name, *family_name, *nickname, *picture, *phone_number, *phone_verified;
} Auth0Profile;

/* spec/auth0.md 4.2. A secondary one carries its profile. */
typedef struct Auth0Identity {
    const Auth0Profile *profile;
    const char *connection, *user_id, *provider;
    bool is_social;
    const char *access_token, *access_token_secret, *refresh_token; /* of the other party; NULL: not shown */
    int64_t expires_in;
    const char *row_id; /* not shown: the identity's row; NULL: the one of the database */
} Auth0Identity;

extern const Field auth0_identity[];

/* POST /users/{id}/identities (6.1). */
typedef struct Auth0Link {
    Given given;
    const char *provider, *connection_id, *user_id, *link_with;
} Auth0Link;
extern const Field auth0_link[];

/* Bodies of POST /users and PATCH /users/{id} (2.2, 5.1). */
typedef struct Auth0UserIn {
    Given given;
    const char *connection, *email, *username, *password, *phone_number, *given_name, *family_name, *name, *nickname, *picture, *user_id;
    const char *user_metadata, *app_metadata, *client_id;
    bool phone_verified, email_verified, blocked, verify_email, verify_phone_number;
} Auth0UserIn;
extern const Field auth0_new_user[], auth0_user_patch[];

/* custom_password_hash of a file of users (9.2). NULL and 0 are the defaults. */
typedef struct Auth0HashKey {
    const char *value, *encoding;
} Auth0HashKey;
typedef struct Auth0HashValue {
    const char *value, *encoding, *digest;
    const Auth0HashKey *key;
} Auth0HashValue;
typedef struct Auth0HashSalt {
    const char *value, *encoding, *position;
} Auth0HashSalt;
typedef struct Auth0HashPassword {
    const char *encoding;
} Auth0HashPassword;
typedef struct Auth0Hash {
    const char *algorithm;
    const Auth0HashValue *hash;
    const Auth0HashSalt *salt;
    const Auth0HashPassword *password;
    int64_t keylen, cost, block_size, parallelization;
} Auth0Hash;
extern const Field auth0_hash[];

/* Queries of the routes that answer users (2.3, 2.10, 3.1). */
typedef struct Auth0UserQuery {
    Given given;
    const char *fields, *sort, *connection, *q, *search_engine, *email;
    bool include_fields, include_totals, primary_order;
    int64_t page, per_page;
} Auth0UserQuery;
extern const Field auth0_fields_query[], auth0_user_query[], auth0_email_query[], auth0_no_query[];

/* Pages of other lists (3.2), by number or by checkpoint. */
typedef struct Auth0PageQuery {
    Given given;
    int64_t page, per_page, take;
    bool include_totals, include_fields;
    const char *from, *name_filter, *sort, *q, *search, *fields, *user_id, *client_id;
} Auth0PageQuery;
extern const Field auth0_page_members[]; /* all of them */
extern const Field auth0_page_query[], auth0_roles_query[], auth0_checkpoint_query[];
extern const Field auth0_organizations_query[], auth0_members_query[], auth0_invitations_query[];

/* Organizations, their members and invitations (2.6, 4.3). */
typedef struct Auth0Organization {
    Given given; /* of a body */
    const char *id, *name, *display_name, *branding, *metadata;
} Auth0Organization;
extern const Field auth0_organization[], auth0_new_organization[], auth0_organization_patch[];
typedef struct Auth0Branding {
    const char *logo_url, *colors, *primary, *page_background;
} Auth0Branding;
extern const Field auth0_branding[], auth0_branding_colors[];

typedef struct Auth0Member {
    const char *user_id, *email, *name, *picture;
    List roles; /* Role */
} Auth0Member;
extern const Field auth0_member[], auth0_members_in[];

/* An invitation as it goes out; what Auth0 alone knows of one is kept as `details`, by the same names. */
typedef struct Auth0Invitation {
    Given given;
    const char *id, *organization_id, *inviter, *invitee, *invitation_url, *client_id, *connection_id, *app_metadata, *user_metadata, *ticket_id;
    int64_t created_at, expires_at, ttl_sec;
    Texts roles;
    bool send_invitation_email;
} Auth0Invitation;
extern const Field auth0_invitation[], auth0_invitation_details[], auth0_new_invitation[];
typedef struct Auth0Person {
    const char *name, *email;
} Auth0Person;
extern const Field auth0_inviter[], auth0_invitee[];

/* Roles, permissions, resource servers (2.5, 2.13); Role, Scope, ResourceServer and PermissionRef are the directory's. */
extern const Field auth0_role[], auth0_role_user[], auth0_server[];
typedef struct Auth0RoleIn {
    const char *name, *description;
} Auth0RoleIn;
extern const Field auth0_new_role[], auth0_role_patch[];
typedef struct Auth0IdsIn {
    Texts ids;
} Auth0IdsIn;
extern const Field auth0_roles_in[], auth0_users_in[];
typedef struct Auth0PermissionRef {
    const char *identifier, *name;
} Auth0PermissionRef;
typedef struct Auth0PermissionsIn {
    List permissions;
} Auth0PermissionsIn;
extern const Field auth0_permissions_in[];
typedef struct Auth0Source {
    const char *id, *name, *type;
} Auth0Source;
typedef struct Auth0Permission {
    const char *name, *description, *server_name, *identifier;
    List sources;
} Auth0Permission;
extern const Field auth0_permission[];
typedef struct Auth0ServerIn {
    Given given;
    const char *identifier, *name, *signing_alg, *token_dialect;
    bool allow_offline_access, skip_consent, enforce_policies;
    int64_t token_lifetime, token_lifetime_for_web;
    List scopes;
} Auth0ServerIn;
extern const Field auth0_new_server[], auth0_server_patch[];

/* What a user has in the end (the newest clients). */
typedef struct Auth0EffectiveQuery {
    Given given;
    int64_t take;
    const char *from, *identifier, *permission_name, *role_id;
} Auth0EffectiveQuery;
extern const Field auth0_effective_query[], auth0_effective_permissions_query[], auth0_permission_roles_query[], auth0_role_groups_query[],
    auth0_groups_query[];
typedef struct Auth0EffectiveRole {
    const char *id, *name, *description;
    Texts sources;
} Auth0EffectiveRole;
extern const Field auth0_effective_role[];
typedef struct Auth0EffectivePermission {
    const char *name, *description, *server_name, *identifier;
    Texts sources;
} Auth0EffectivePermission;
extern const Field auth0_effective_permission[];

/* What hangs on a user (2.7 to 2.10, 4.4 to 4.8). */
extern const Field auth0_take_query[], auth0_methods_query[], auth0_logs_query[], auth0_all_logs_query[], auth0_tokens_query[];
typedef struct Auth0ClientRef {
    const char *client_id;
} Auth0ClientRef;
typedef struct Auth0Device {
    const char *initial_user_agent, *initial_ip, *initial_asn, *last_user_agent, *last_ip, *last_asn;
} Auth0Device;
typedef struct Auth0AuthMethodUsed {
    const char *name;
    int64_t timestamp;
} Auth0AuthMethodUsed;
typedef struct Auth0Authentication {
    List methods;
} Auth0Authentication;
typedef struct Auth0Session {
    const char *id, *user_id;
    int64_t created_at, updated_at, authenticated_at, idle_expires_at, expires_at, last_interacted_at;
    const Auth0Device *device;
    List clients;
    const Auth0Authentication *authentication;
    const char *metadata;
} Auth0Session;
extern const Field auth0_session[];
typedef struct Auth0TokenServer {
    const char *audience, *scopes;
} Auth0TokenServer;
typedef struct Auth0RefreshToken {
    const char *id, *user_id, *client_id, *session_id, *metadata;
    int64_t created_at, idle_expires_at, expires_at, last_exchanged_at;
    bool rotating;
    List resource_servers;
} Auth0RefreshToken;
extern const Field auth0_refresh_token[];
typedef struct Auth0Method {
    const char *id, *type, *confirmed, *name, *email, *phone_number;
    int64_t created_at;
} Auth0Method;
extern const Field auth0_method[];
typedef struct Auth0MethodIn {
    const char *type, *name, *totp_secret, *phone_number, *email, *preferred;
} Auth0MethodIn;
extern const Field auth0_new_method[], auth0_method_patch[];
typedef struct Auth0Enrollment {
    const char *id, *status, *type, *name, *phone_number, *auth_method;
    int64_t enrolled_at;
} Auth0Enrollment;
extern const Field auth0_enrollment[];
typedef struct Auth0Log {
    const char *id, *log_id, *type, *description, *connection, *client_id, *ip, *user_id, *user_name;
    int64_t date;
} Auth0Log;
extern const Field auth0_log[];
typedef struct Auth0BlockQuery {
    const char *identifier;
    bool consider;
} Auth0BlockQuery;
extern const Field auth0_block_query[];
typedef struct Auth0RiskIn {
    const char *connection;
    Texts assessors;
} Auth0RiskIn;
extern const Field auth0_risk_in[];
typedef struct Auth0RevokeIn {
    const char *session_id;
    bool preserve_refresh_tokens;
} Auth0RevokeIn;
extern const Field auth0_revoke_in[];
typedef struct Auth0NoteIn {
    Given given;
    const char *metadata;
} Auth0NoteIn;
extern const Field auth0_session_patch[], auth0_token_patch[];
typedef struct Auth0TokensRevokeIn {
    Given given;
    Texts ids;
    const char *user_id, *client_id, *audience;
} Auth0TokensRevokeIn;
extern const Field auth0_tokens_revoke_in[];
typedef struct Auth0Connection {
    const char *id, *name, *display_name, *strategy, *options, *metadata, *realms, *enabled_clients;
    bool is_domain_connection, show_as_button;
} Auth0Connection;
extern const Field auth0_connection[];
typedef struct Auth0ConnectionIn {
    Given given;
    const char *name, *strategy, *display_name, *options, *metadata;
    bool is_domain_connection, show_as_button;
    Texts realms, enabled_clients;
} Auth0ConnectionIn;
extern const Field auth0_new_connection[], auth0_connection_patch[];
typedef struct Auth0Clients {
    Texts ids;
} Auth0Clients;
extern const Field auth0_clients[];
typedef struct Auth0ClientStatus {
    const char *client_id;
    bool status;
} Auth0ClientStatus;
extern const Field auth0_client_status[];
typedef struct Auth0ConnectionQuery {
    Given given;
    int64_t page, per_page, take;
    bool include_totals, include_fields;
    const char *from, *name, *fields;
    Texts strategy;
} Auth0ConnectionQuery;
extern const Field auth0_connection_query[], auth0_connection_fields[], auth0_connection_user[];

/* Clients (7.1). What is shown are the members of one document; what comes in is checked by its kinds, and kept as it came. */
typedef struct Auth0Client {
    const char *tenant, *global, *is_token_endpoint_ip_header_trusted, *name, *description, *logo_uri, *is_first_party, *oidc_conformant, *sso,
        *sso_disabled, *cross_origin_authentication, *cross_origin_loc, *refresh_token, *oidc_logout, *organization_usage,
        *organization_require_behavior, *default_organization, *encryption_key, *client_authentication_methods, *client_id, *client_secret,
        *callbacks, *allowed_origins, *web_origins, *allowed_clients, *allowed_logout_urls, *client_metadata, *initiate_login_uri, *jwt_configuration,
        *client_aliases, *token_endpoint_auth_method, *app_type, *grant_types, *custom_login_page, *custom_login_page_on, *form_template, *addons,
        *mobile, *native_social_login, *require_pushed_authorization_requests;
} Auth0Client;
extern const Field auth0_client[];
typedef struct Auth0ClientIn {
    const char *name, *description, *logo_uri, *initiate_login_uri, *cross_origin_loc, *custom_login_page, *form_template, *app_type,
        *token_endpoint_auth_method, *organization_usage, *organization_require_behavior, *jwt_configuration, *refresh_token, *client_metadata,
        *methods, *default_organization, *oidc_logout, *encryption_key, *addons, *mobile, *native_social_login;
    Texts callbacks, allowed_origins, web_origins, allowed_logout_urls, client_aliases, allowed_clients, grant_types;
    bool is_first_party, oidc_conformant, sso, sso_disabled, cross_origin_authentication, custom_login_page_on, ip_header, par;
} Auth0ClientIn;
extern const Field auth0_new_client[], auth0_client_patch[];
/* What the token endpoint reads of a client's document. */
typedef struct Auth0ClientRules {
    Texts grant_types;
    const char *auth_method, *organization_usage, *jwt_configuration, *methods;
    bool ip_header; /* auth0-forwarded-for is believed */
} Auth0ClientRules;
extern const Field auth0_client_rules[];
typedef struct Auth0ClientJwt {
    const char *alg, *scopes;
    int64_t seconds;
    bool secret_encoded;
} Auth0ClientJwt;
extern const Field auth0_client_jwt[];
typedef struct Auth0CredentialRef {
    const char *id;
} Auth0CredentialRef;
typedef struct Auth0CredentialRefs {
    List credentials; /* Auth0CredentialRef */
} Auth0CredentialRefs;
extern const Field auth0_credential_refs[];
/* Queries of clients and of their grants. */
typedef struct Auth0ClientQuery {
    Given given;
    int64_t page, per_page, take;
    bool include_totals, include_fields, is_global, is_first_party, any_organization;
    const char *from, *fields, *app_type, *audience, *client_id;
} Auth0ClientQuery;
extern const Field auth0_client_query[], auth0_clients_query[], auth0_client_grants_query[];
typedef struct Auth0CredentialIn {
    const char *type, *name, *pem, *alg;
    bool parse_expiry;
    int64_t expires_at;
} Auth0CredentialIn;
extern const Field auth0_credential[], auth0_new_credential[], auth0_credential_patch[];
typedef struct Auth0ClientGrantIn {
    Given given;
    const char *client_id, *audience, *organization_usage;
    Texts scope;
    bool allow_any_organization;
} Auth0ClientGrantIn;
extern const Field auth0_client_grant[], auth0_new_client_grant[], auth0_client_grant_patch[];

/* GET /users with include_totals. */
typedef struct Auth0Page {
    int64_t start, limit, length, total;
    const char *users; /* written before, since `fields` may choose members */
} Auth0Page;
extern const Field auth0_users[];

/* POST /oauth/token (7.2). */
typedef struct Auth0TokenIn {
    const char *grant_type, *client_id, *client_secret, *audience, *scope;
    const char *username, *password, *realm, *refresh_token;
    const char *mfa_token, *otp, *recovery_code, *challenge_type, *authenticator_id;
    const char *client_assertion, *client_assertion_type, *organization, *oob_code, *binding_code;
    const char *token;      /* POST /oauth/revoke */
    const char *scope_sent; /* in JSON a text or an array of texts, as a document */
} Auth0TokenIn;
extern const Field auth0_token_in[], auth0_token_form[];

typedef struct Auth0Token {
    const char *access_token, *scope, *token_type, *id_token, *refresh_token, *recovery_code;
    int64_t expires_in;
} Auth0Token;
extern const Field auth0_token[];

/* GET /mfa/authenticators. */
typedef struct Auth0Authenticator {
    const char *id, *type, *channel, *name;
    bool active;
} Auth0Authenticator;
extern const Field auth0_authenticator[];

/* POST /mfa/associate, and its answer. */
typedef struct Auth0AssociateIn {
    Texts types, channels;
    const char *phone_number;
} Auth0AssociateIn;
typedef struct Auth0Associated {
    const char *type, *channel, *secret, *uri, *oob_code, *binding_method;
    Texts recovery_codes;
} Auth0Associated;
extern const Field auth0_associate_in[], auth0_associated[];

/* /userinfo, and with its first and last members an ID token (7.3). */
typedef struct Auth0Info {
    const char *iss, *aud, *sid, *org_id, *sub, *nickname, *name, *picture, *given_name, *family_name, *email, *email_verified, *phone_number,
        *phone_verified;
    int64_t updated_at, iat, exp;
} Auth0Info;
extern const Field auth0_info[], auth0_id_claims[];

/* POST /dbconnections/signup (7.4). */
typedef struct Auth0SignUpIn {
    const char *client_id, *email, *password, *connection, *username, *phone_number, *given_name, *family_name, *name, *nickname, *picture,
        *user_metadata;
} Auth0SignUpIn;
extern const Field auth0_signup_in[];
typedef struct Auth0SignedUp {
    const char *id, *email, *email_verified, *username, *phone_number, *phone_verified, *given_name, *family_name, *name, *nickname, *picture,
        *user_metadata;
} Auth0SignedUp;
extern const Field auth0_signed_up[];

/* Claims of a management token (1.2); `aud` is a document, since it may be a list. */
typedef struct Auth0Claims {
    Given given;
    const char *iss, *sub, *aud, *scope, *gty, *azp, *org_id, *permissions;
    const char *sid; /* the session of a user's token */
    int64_t iat, exp;
    double exp_read, nbf_read, iat_read;
} Auth0Claims;
extern const Field auth0_claims[], auth0_claims_read[];

#endif
