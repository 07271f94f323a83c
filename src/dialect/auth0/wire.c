/* wire.c: field tables of the Auth0 dialect. The order of members is the recorded one; notes are what the validator's messages say in
 * parentheses. */
#include "dialect/auth0/wire.h"

static const Field profile_fields[] = {
    TEXT(Auth0Profile, email, "email", .flags = OMIT_NULL),
    JSON(Auth0Profile, email_verified, "email_verified", .flags = OMIT_NULL),
    TEXT(Auth0Profile, name, "name", .flags = OMIT_NULL),
    TEXT(Auth0Profile, username, "username", .flags = OMIT_NULL),
    TEXT(Auth0Profile, given_name, "given_name", .flags = OMIT_NULL),
    TEXT(Auth0Profile, family_name, "family_name", .flags = OMIT_NULL),
    TEXT(Auth0Profile, nickname, "nickname", .flags = OMIT_NULL),
    TEXT(Auth0Profile, picture, "picture", .flags = OMIT_NULL),
    TEXT(Auth0Profile, phone_number, "phone_number", .flags = OMIT_NULL),
    JSON(Auth0Profile, phone_verified, "phone_verified", .flags = OMIT_NULL),
    END(Auth0Profile),
};

const Field auth0_identity[] = {
    OBJECT(Auth0Identity, profile, "profileData", profile_fields, .flags = OMIT_NULL),
    TEXT(Auth0Identity, connection, "connection"),
    TEXT(Auth0Identity, user_id, "user_id"),
    TEXT(Auth0Identity, provider, "provider"),
    BOOL(Auth0Identity, is_social, "isSocial"),
    TEXT(Auth0Identity, access_token, "access_token", .flags = OMIT_NULL | SECRET),
    TEXT(Auth0Identity, access_token_secret, "access_token_secret", .flags = OMIT_NULL | SECRET),
    TEXT(Auth0Identity, refresh_token, "refresh_token", .flags = OMIT_NULL | SECRET),
    INT(Auth0Identity, expires_in, "expires_in", .flags = OMIT_ZERO),
    END(Auth0Identity),
};

const Field auth0_user[] = {
    JSON(Auth0User, blocked, "blocked", .flags = OMIT_NULL),
    TIME_ISO(Auth0User, created_at, "created_at"),
    TEXT(Auth0User, email, "email", .flags = OMIT_NULL),
    JSON(Auth0User, email_verified, "email_verified", .flags = OMIT_NULL),
    TEXT(Auth0User, family_name, "family_name", .flags = OMIT_NULL),
    TEXT(Auth0User, given_name, "given_name", .flags = OMIT_NULL),
    LIST(Auth0User, identities, "identities", auth0_identity, .flags = NULL_AS_EMPTY),
    TEXT(Auth0User, name, "name"),
    TEXT(Auth0User, nickname, "nickname"),
    TEXT(Auth0User, picture, "picture"),
    TIME_ISO(Auth0User, updated_at, "updated_at"),
    TEXT(Auth0User, user_id, "user_id"),
    JSON(Auth0User, user_metadata, "user_metadata", .flags = OMIT_NULL),
    TEXT(Auth0User, username, "username", .flags = OMIT_NULL),
    TEXT(Auth0User, phone_number, "phone_number", .flags = OMIT_NULL),
    JSON(Auth0User, phone_verified, "phone_verified", .flags = OMIT_NULL),
    TIME_ISO(Auth0User, last_password_reset, "last_password_reset", .flags = OMIT_NULL),
    TEXT(Auth0User, last_ip, "last_ip", .flags = OMIT_NULL),
    TIME_ISO(Auth0User, last_login, "last_login", .flags = OMIT_NULL),
    INT(Auth0User, logins_count, "logins_count", .flags = OMIT_ZERO),
    JSON(Auth0User, app_metadata, "app_metadata", .flags = OMIT_NULL),
    END(Auth0User),
};

/* ---- bodies ---- */

/* clang-format off */
#define E_164 "^\\+[0-9]{1,15}$"
#define USER_FIELDS(nullable)                                                                                                          \
    GIVEN(Auth0UserIn, given),                                                                                                         \
    TEXT(Auth0UserIn, email, "email", .flags = nullable, .form = "email", .note = "The user's email"),                                 \
    TEXT(Auth0UserIn, username, "username", .flags = nullable, .min = 1, .max = 128, .form = "username", .note = "The user's username"),        \
    TEXT(Auth0UserIn, password, "password", .flags = SECRET | nullable, .min = 1, .note = "The user's password"),                      \
    TEXT(Auth0UserIn, phone_number, "phone_number", .flags = nullable, .form = E_164, .note = "The user's phone number"),              \
    TEXT(Auth0UserIn, given_name, "given_name", .flags = nullable, .min = 1, .max = 150, .note = "The user's given name(s)"),          \
    TEXT(Auth0UserIn, family_name, "family_name", .flags = nullable, .min = 1, .max = 150, .note = "The user's family name(s)"),       \
    TEXT(Auth0UserIn, name, "name", .flags = nullable, .min = 1, .max = 300, .note = "The user's full name"),                          \
    TEXT(Auth0UserIn, nickname, "nickname", .flags = nullable, .min = 1, .max = 300, .note = "The user's nickname"),                   \
    TEXT(Auth0UserIn, picture, "picture", .flags = nullable, .form = "strict-uri", .note = "The user's picture"),                      \
    OBJECT_JSON(Auth0UserIn, user_metadata, "user_metadata", .flags = nullable, .note = "Data of the user"),                           \
    OBJECT_JSON(Auth0UserIn, app_metadata, "app_metadata", .flags = nullable, .note = "Data of the application"),                      \
    BOOL(Auth0UserIn, phone_verified, "phone_verified", .note = "Whether the phone number is verified"),                               \
    BOOL(Auth0UserIn, email_verified, "email_verified", .note = "Whether the email is verified"),                                      \
    BOOL(Auth0UserIn, blocked, "blocked", .note = "Whether an administrator blocked the user"),                                        \
    BOOL(Auth0UserIn, verify_email, "verify_email", .note = "Whether the user gets a verification email")
/* clang-format on */

const Field auth0_new_user[] = {
    TEXT(Auth0UserIn, connection, "connection", .flags = REQUIRED, .min = 1, .note = "Name of the connection"),
    USER_FIELDS(0),
    TEXT(Auth0UserIn, user_id, "user_id", .max = 255, .form = "^\\S*$", .note = "The external user's id"),
    END(Auth0UserIn),
};

const Field auth0_user_patch[] = {
    USER_FIELDS(NULLABLE),
    TEXT(Auth0UserIn, connection, "connection", .min = 1, .note = "Name of the connection"),
    TEXT(Auth0UserIn, client_id, "client_id", .min = 1, .note = "Id of the client"),
    BOOL(Auth0UserIn, verify_phone_number, "verify_phone_number", .note = "Whether the user gets a verification message"),
    END(Auth0UserIn),
};

const Field auth0_link[] = {
    GIVEN(Auth0Link, given),
    TEXT(Auth0Link, provider, "provider", .note = "Identity provider"),
    TEXT(Auth0Link, connection_id, "connection_id", .form = "^con_[A-Za-z0-9]{16}$", .note = "Id of the connection"),
    TEXT(Auth0Link, user_id, "user_id", .flags = NUMBER_TOO, .min = 1, .max = 512, .note = "Id of the secondary account"),
    TEXT(Auth0Link, link_with, "link_with", .flags = SECRET, .min = 1, .note = "JWT of the secondary account"),
    END(Auth0Link),
};

/* ---- queries ---- */

/* clang-format off */
#define FIELDS_QUERY                                                                                                                   \
    GIVEN(Auth0UserQuery, given),                                                                                                      \
    TEXT(Auth0UserQuery, fields, "fields", .note = "Comma-separated list of fields"),                                                  \
    BOOL(Auth0UserQuery, include_fields, "include_fields", .note = "Whether the fields are to be included or excluded")
/* clang-format on */

const Field auth0_no_query[] = { END(Auth0UserQuery) };

const Field auth0_fields_query[] = { FIELDS_QUERY, END(Auth0UserQuery) };

const Field auth0_email_query[] = {
    FIELDS_QUERY,
    TEXT(Auth0UserQuery, email, "email", .flags = REQUIRED, .min = 1, .note = "Email address to search for"),
    END(Auth0UserQuery),
};

const Field auth0_user_query[] = {
    FIELDS_QUERY,
    INT(Auth0UserQuery, page, "page", .max = 1000000, .note = "Page index of the results to return"),
    INT(Auth0UserQuery, per_page, "per_page", .max = 100, .note = "Number of results per page"),
    BOOL(Auth0UserQuery, include_totals, "include_totals", .note = "Whether the total is to be returned"),
    TEXT(Auth0UserQuery, sort, "sort", .form = "^[a-zA-Z0-9_.]+:(1|-1)$", .note = "Field to sort by"),
    TEXT(Auth0UserQuery, connection, "connection", .min = 1, .note = "Connection filter"),
    TEXT(Auth0UserQuery, q, "q", .note = "Query in Lucene query string syntax"),
    TEXT(Auth0UserQuery, search_engine, "search_engine", .form = "v1|v2|v3", .note = "The version of the search engine"),
    BOOL(Auth0UserQuery, primary_order, "primary_order", .note = "Whether ties keep the primary order"),
    END(Auth0UserQuery),
};

/* clang-format off */
#define PAGE_QUERY                                                                                                                     \
    GIVEN(Auth0PageQuery, given),                                                                                                      \
    INT(Auth0PageQuery, page, "page", .max = 1000000, .note = "Page index of the results to return"),                                  \
    INT(Auth0PageQuery, per_page, "per_page", .min = 1, .max = 100, .note = "Number of results per page"),                             \
    BOOL(Auth0PageQuery, include_totals, "include_totals", .note = "Whether the total is to be returned")
/* clang-format on */

const Field auth0_page_members[] = {
    PAGE_QUERY, TEXT(Auth0PageQuery, from, "from"), INT(Auth0PageQuery, take, "take"), TEXT(Auth0PageQuery, sort, "sort"), END(Auth0PageQuery),
};

const Field auth0_page_query[] = { PAGE_QUERY, END(Auth0PageQuery) };

const Field auth0_roles_query[] = { PAGE_QUERY, TEXT(Auth0PageQuery, name_filter, "name_filter", .note = "Part of the name"), END(Auth0PageQuery) };

const Field auth0_checkpoint_query[] = {
    PAGE_QUERY,
    TEXT(Auth0PageQuery, from, "from", .min = 1, .note = "Id from which to start selection"),
    INT(Auth0PageQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page"),
    END(Auth0PageQuery),
};

/* ---- organizations ---- */

#define CHECKPOINT                                                                            \
    TEXT(Auth0PageQuery, from, "from", .min = 1, .note = "Id from which to start selection"), \
        INT(Auth0PageQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page")
#define CHOSEN                                                                        \
    TEXT(Auth0PageQuery, fields, "fields", .note = "Comma-separated list of fields"), \
        BOOL(Auth0PageQuery, include_fields, "include_fields", .note = "Whether the fields are to be included")
#define SORT TEXT(Auth0PageQuery, sort, "sort", .form = "^[a-zA-Z0-9_.]+:(1|-1)$", .note = "Field to sort by")

const Field auth0_organizations_query[] = { PAGE_QUERY, CHECKPOINT, SORT, END(Auth0PageQuery) };
const Field auth0_members_query[] = { PAGE_QUERY, CHECKPOINT, CHOSEN, END(Auth0PageQuery) };
const Field auth0_invitations_query[] = { PAGE_QUERY, SORT, CHOSEN, END(Auth0PageQuery) };

const Field auth0_organization[] = {
    TEXT(Auth0Organization, id, "id"),
    TEXT(Auth0Organization, name, "name"),
    TEXT(Auth0Organization, display_name, "display_name"),
    JSON(Auth0Organization, branding, "branding", .flags = OMIT_NULL),
    JSON(Auth0Organization, metadata, "metadata", .flags = OMIT_NULL),
    END(Auth0Organization),
};

/* clang-format off */
#define ORGANIZATION_BODY(flag)                                                                                                        \
    GIVEN(Auth0Organization, given),                                                                                                   \
    TEXT(Auth0Organization, name, "name", .flags = (flag), .min = 1, .max = 50, .form = "organization-name", .note = "The name of this organization"), \
    TEXT(Auth0Organization, display_name, "display_name", .min = 1, .max = 255, .note = "Friendly name of this organization"),         \
    OBJECT_JSON(Auth0Organization, branding, "branding", .note = "Theme defines how to style the login pages"),                        \
    OBJECT_JSON(Auth0Organization, metadata, "metadata", .note = "Metadata associated with the organization"),                         \
    END(Auth0Organization)
/* clang-format on */

const Field auth0_new_organization[] = { ORGANIZATION_BODY(REQUIRED) };
const Field auth0_organization_patch[] = { ORGANIZATION_BODY(0) };

const Field auth0_branding[] = {
    TEXT(Auth0Branding, logo_url, "logo_url", .form = "strict-uri", .note = "URL of logo to display on login page"),
    OBJECT_JSON(Auth0Branding, colors, "colors", .note = "Color scheme used to customize the login pages"),
    END(Auth0Branding),
};

const Field auth0_branding_colors[] = {
    TEXT(Auth0Branding, primary, "primary", .flags = REQUIRED, .max = 64, .note = "HEX Color for primary elements"),
    TEXT(Auth0Branding, page_background, "page_background", .flags = REQUIRED, .max = 64, .note = "HEX Color for background"),
    END(Auth0Branding),
};

static const Field member_role[] = { TEXT(Role, id, "id"), TEXT(Role, name, "name"), END(Role) };

const Field auth0_member[] = {
    TEXT(Auth0Member, user_id, "user_id"),
    TEXT(Auth0Member, picture, "picture"),
    TEXT(Auth0Member, name, "name"),
    TEXT(Auth0Member, email, "email", .flags = OMIT_NULL),
    LIST(Auth0Member, roles, "roles", member_role, .flags = OMIT_NULL),
    END(Auth0Member),
};

const Field auth0_members_in[] = {
    TEXTS(Auth0IdsIn, ids, "members", .flags = REQUIRED, .min = 1, .max = 100, .note = "List of user IDs"),
    END(Auth0IdsIn),
};

/* clang-format off */
#define INVITATION_DETAILS                                                                                                             \
    TEXT(Auth0Invitation, client_id, "client_id"),                                                                                     \
    TEXT(Auth0Invitation, connection_id, "connection_id", .flags = OMIT_NULL),                                                         \
    JSON(Auth0Invitation, app_metadata, "app_metadata", .flags = OMIT_NULL),                                                           \
    JSON(Auth0Invitation, user_metadata, "user_metadata", .flags = OMIT_NULL),                                                         \
    TEXTS(Auth0Invitation, roles, "roles", .flags = OMIT_NULL),                                                                        \
    TEXT(Auth0Invitation, ticket_id, "ticket_id")
/* clang-format on */

const Field auth0_invitation[] = {
    TEXT(Auth0Invitation, id, "id"),
    TEXT(Auth0Invitation, organization_id, "organization_id"),
    JSON(Auth0Invitation, inviter, "inviter"),
    JSON(Auth0Invitation, invitee, "invitee"),
    TEXT(Auth0Invitation, invitation_url, "invitation_url"),
    TIME_ISO(Auth0Invitation, created_at, "created_at"),
    TIME_ISO(Auth0Invitation, expires_at, "expires_at"),
    INVITATION_DETAILS,
    END(Auth0Invitation),
};

const Field auth0_invitation_details[] = { JSON(Auth0Invitation, inviter, "inviter"), INVITATION_DETAILS, END(Auth0Invitation) };

enum { LONGEST_INVITATION = 2592000 };

const Field auth0_new_invitation[] = {
    GIVEN(Auth0Invitation, given),
    OBJECT_JSON(Auth0Invitation, inviter, "inviter", .flags = REQUIRED),
    OBJECT_JSON(Auth0Invitation, invitee, "invitee", .flags = REQUIRED),
    TEXT(Auth0Invitation, client_id, "client_id", .flags = REQUIRED, .min = 1, .max = 64, .note = "Auth0 client ID"),
    TEXT(Auth0Invitation, connection_id, "connection_id", .form = "^con_[A-Za-z0-9]{16}$", .note = "The id of the connection"),
    OBJECT_JSON(Auth0Invitation, app_metadata, "app_metadata", .note = "Data related to the user"),
    OBJECT_JSON(Auth0Invitation, user_metadata, "user_metadata", .note = "Data related to the user"),
    INT(Auth0Invitation, ttl_sec, "ttl_sec", .max = LONGEST_INVITATION, .note = "Number of seconds before the invitation expires"),
    TEXTS(Auth0Invitation, roles, "roles", .min = 1, .max = 50, .note = "List of roles IDs to associate with the user"),
    BOOL(Auth0Invitation, send_invitation_email, "send_invitation_email", .note = "Whether the user is sent an invitation email"),
    END(Auth0Invitation),
};

const Field auth0_inviter[] = { TEXT(Auth0Person, name, "name", .flags = REQUIRED, .min = 1, .max = 300, .note = "The inviter's name"),
                                END(Auth0Person) };
const Field auth0_invitee[] = {
    TEXT(Auth0Person, email, "email", .flags = REQUIRED, .form = "email", .note = "The invitee's email"),
    END(Auth0Person),
};

/* ---- roles, permissions, resource servers ---- */

const Field auth0_role[] = {
    TEXT(Role, id, "id"),
    TEXT(Role, name, "name"),
    TEXT(Role, description, "description"),
    END(Role),
};

const Field auth0_role_user[] = {
    TEXT(Auth0User, user_id, "user_id"),
    TEXT(Auth0User, email, "email", .flags = OMIT_NULL),
    TEXT(Auth0User, picture, "picture"),
    TEXT(Auth0User, name, "name"),
    END(Auth0User),
};

const Field auth0_new_role[] = {
    TEXT(Auth0RoleIn, name, "name", .flags = REQUIRED, .min = 1, .max = 50, .note = "Name of the role"),
    TEXT(Auth0RoleIn, description, "description", .max = 255, .note = "Description of the role"),
    END(Auth0RoleIn),
};

const Field auth0_role_patch[] = {
    TEXT(Auth0RoleIn, name, "name", .min = 1, .max = 50, .note = "Name of the role"),
    TEXT(Auth0RoleIn, description, "description", .max = 255, .note = "Description of the role"),
    END(Auth0RoleIn),
};

const Field auth0_roles_in[] = { TEXTS(Auth0IdsIn, ids, "roles", .flags = REQUIRED, .min = 1, .max = 1000, .note = "Ids of the roles"),
                                 END(Auth0IdsIn) };
const Field auth0_users_in[] = { TEXTS(Auth0IdsIn, ids, "users", .flags = REQUIRED, .min = 1, .max = 1000, .note = "Ids of the users"),
                                 END(Auth0IdsIn) };

static const Field permission_ref[] = {
    TEXT(Auth0PermissionRef, identifier, "resource_server_identifier", .flags = REQUIRED),
    TEXT(Auth0PermissionRef, name, "permission_name", .flags = REQUIRED),
    END(Auth0PermissionRef),
};

const Field auth0_permissions_in[] = {
    LIST(Auth0PermissionsIn, permissions, "permissions", permission_ref, .flags = REQUIRED, .min = 1, .max = 1000, .note = "The permissions"),
    END(Auth0PermissionsIn),
};

static const Field source_fields[] = {
    TEXT(Auth0Source, id, "source_id"),
    TEXT(Auth0Source, name, "source_name"),
    TEXT(Auth0Source, type, "source_type"),
    END(Auth0Source),
};

const Field auth0_permission[] = {
    TEXT(Auth0Permission, name, "permission_name"),
    TEXT(Auth0Permission, description, "description"),
    TEXT(Auth0Permission, server_name, "resource_server_name"),
    TEXT(Auth0Permission, identifier, "resource_server_identifier"),
    LIST(Auth0Permission, sources, "sources", source_fields, .flags = OMIT_NULL),
    END(Auth0Permission),
};

static const Field scope_fields[] = {
    TEXT(Scope, value, "value", .flags = REQUIRED, .max = 280),
    TEXT(Scope, description, "description", .max = 500),
    END(Scope),
};

const Field auth0_server[] = {
    TEXT(ResourceServer, id, "id"),
    TEXT(ResourceServer, name, "name"),
    TEXT(ResourceServer, identifier, "identifier"),
    LIST(ResourceServer, scopes, "scopes", scope_fields, .flags = NULL_AS_EMPTY),
    TEXT(ResourceServer, signing_alg, "signing_alg"),
    BOOL(ResourceServer, allow_offline_access, "allow_offline_access"),
    INT(ResourceServer, token_lifetime, "token_lifetime"),
    INT(ResourceServer, token_lifetime_for_web, "token_lifetime_for_web"),
    BOOL(ResourceServer, skip_consent, "skip_consent_for_verifiable_first_party_clients"),
    BOOL(ResourceServer, enforce_policies, "enforce_policies", .flags = OMIT_ZERO),
    TEXT(ResourceServer, token_dialect, "token_dialect", .flags = OMIT_NULL),
    END(ResourceServer),
};

/* clang-format off */
#define SERVER_FIELDS                                                                                                                  \
    GIVEN(Auth0ServerIn, given),                                                                                                       \
    TEXT(Auth0ServerIn, name, "name", .min = 1, .max = 200, .note = "Name of the resource server"),                                    \
    LIST(Auth0ServerIn, scopes, "scopes", scope_fields, .max = 1000, .note = "The scopes"),                                            \
    TEXT(Auth0ServerIn, signing_alg, "signing_alg", .form = "HS256|RS256|PS256", .note = "Algorithm of tokens"),                       \
    BOOL(Auth0ServerIn, allow_offline_access, "allow_offline_access", .note = "Whether refresh tokens can be issued"),                 \
    INT(Auth0ServerIn, token_lifetime, "token_lifetime", .max = 2592000, .note = "Life of tokens in seconds"),                         \
    INT(Auth0ServerIn, token_lifetime_for_web, "token_lifetime_for_web", .max = 2592000, .note = "Life of tokens in seconds"),         \
    BOOL(Auth0ServerIn, enforce_policies, "enforce_policies", .note = "Whether users need permissions for scopes"),                        \
    TEXT(Auth0ServerIn, token_dialect, "token_dialect", .form = "access_token|access_token_authz", .flags = NULLABLE, .note = "Kind of tokens"), \
    BOOL(Auth0ServerIn, skip_consent, "skip_consent_for_verifiable_first_party_clients", .note = "Whether consent is skipped")
/* clang-format on */

const Field auth0_new_server[] = {
    TEXT(Auth0ServerIn, identifier, "identifier", .flags = REQUIRED, .min = 1, .max = 600, .note = "Identifier of the API"),
    SERVER_FIELDS,
    END(Auth0ServerIn),
};

const Field auth0_server_patch[] = { SERVER_FIELDS, END(Auth0ServerIn) };

/* ---- what hangs on a user ---- */

const Field auth0_take_query[] = {
    GIVEN(Auth0PageQuery, given),
    TEXT(Auth0PageQuery, from, "from", .min = 1, .note = "Id from which to start selection"),
    INT(Auth0PageQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page"),
    BOOL(Auth0PageQuery, include_totals, "include_totals", .note = "Whether the total is to be returned"),
    END(Auth0PageQuery),
};

const Field auth0_methods_query[] = {
    GIVEN(Auth0PageQuery, given),
    INT(Auth0PageQuery, page, "page", .max = 1000000, .note = "Page index of the results to return"),
    INT(Auth0PageQuery, per_page, "per_page", .max = 100, .note = "Number of results per page"),
    BOOL(Auth0PageQuery, include_totals, "include_totals", .note = "Whether the total is to be returned"),
    END(Auth0PageQuery),
};

const Field auth0_logs_query[] = {
    GIVEN(Auth0PageQuery, given),
    INT(Auth0PageQuery, page, "page", .max = 1000000, .note = "Page index of the results to return"),
    INT(Auth0PageQuery, per_page, "per_page", .max = 100, .note = "Number of results per page"),
    BOOL(Auth0PageQuery, include_totals, "include_totals", .note = "Whether the total is to be returned"),
    TEXT(Auth0PageQuery, sort, "sort", .form = "^[a-zA-Z0-9_.]+:(1|-1)$", .note = "Field to sort by"),
    END(Auth0PageQuery),
};

const Field auth0_all_logs_query[] = {
    PAGE_QUERY,
    TEXT(Auth0PageQuery, from, "from", .min = 1, .note = "Log event id"),
    INT(Auth0PageQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page"),
    TEXT(Auth0PageQuery, sort, "sort", .form = "^[a-zA-Z0-9_.]+:(1|-1)$", .note = "Field to sort by"),
    TEXT(Auth0PageQuery, q, "q", .note = "Query in Lucene query string syntax"),
    TEXT(Auth0PageQuery, search, "search", .note = "Query in Lucene query string syntax"),
    TEXT(Auth0PageQuery, fields, "fields", .note = "Comma-separated list of fields"),
    BOOL(Auth0PageQuery, include_fields, "include_fields", .note = "Whether the fields are to be included or excluded"),
    END(Auth0PageQuery),
};

const Field auth0_tokens_query[] = {
    GIVEN(Auth0PageQuery, given),
    TEXT(Auth0PageQuery, user_id, "user_id", .min = 1, .note = "Id of the user"),
    TEXT(Auth0PageQuery, client_id, "client_id", .min = 1, .note = "Id of the client"),
    TEXT(Auth0PageQuery, from, "from", .min = 1, .note = "Id from which to start selection"),
    INT(Auth0PageQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page"),
    TEXT(Auth0PageQuery, fields, "fields", .note = "Comma-separated list of fields"),
    BOOL(Auth0PageQuery, include_fields, "include_fields", .note = "Whether the fields are to be included or excluded"),
    END(Auth0PageQuery),
};

/* clang-format off */
#define RANGE_QUERY                                                                                                                    \
    GIVEN(Auth0EffectiveQuery, given),                                                                                                 \
    TEXT(Auth0EffectiveQuery, from, "from", .min = 1, .note = "Id from which to start selection"),                                     \
    INT(Auth0EffectiveQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page")
#define SERVER_QUERY                                                                                                                   \
    TEXT(Auth0EffectiveQuery, identifier, "resource_server_identifier", .flags = REQUIRED, .min = 1, .note = "Identifier of the API")
/* clang-format on */

const Field auth0_effective_query[] = { RANGE_QUERY, END(Auth0EffectiveQuery) };
const Field auth0_effective_permissions_query[] = { RANGE_QUERY, SERVER_QUERY, END(Auth0EffectiveQuery) };
const Field auth0_permission_roles_query[] = {
    RANGE_QUERY,
    SERVER_QUERY,
    TEXT(Auth0EffectiveQuery, permission_name, "permission_name", .flags = REQUIRED, .min = 1, .note = "Name of the permission"),
    END(Auth0EffectiveQuery),
};
const Field auth0_role_groups_query[] = {
    RANGE_QUERY,
    TEXT(Auth0EffectiveQuery, role_id, "role_id", .min = 1, .note = "Id of the role"),
    END(Auth0EffectiveQuery),
};
const Field auth0_groups_query[] = {
    PAGE_QUERY,
    TEXT(Auth0PageQuery, from, "from", .min = 1, .note = "Id from which to start selection"),
    INT(Auth0PageQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page"),
    TEXT(Auth0PageQuery, fields, "fields", .note = "Comma-separated list of fields"),
    BOOL(Auth0PageQuery, include_fields, "include_fields", .note = "Whether the fields are to be included or excluded"),
    END(Auth0PageQuery),
};

const Field auth0_effective_role[] = {
    TEXT(Auth0EffectiveRole, id, "id"),
    TEXT(Auth0EffectiveRole, name, "name"),
    TEXT(Auth0EffectiveRole, description, "description"),
    TEXTS(Auth0EffectiveRole, sources, "sources"),
    END(Auth0EffectiveRole),
};

const Field auth0_effective_permission[] = {
    TEXT(Auth0EffectivePermission, identifier, "resource_server_identifier"),
    TEXT(Auth0EffectivePermission, name, "permission_name"),
    TEXT(Auth0EffectivePermission, server_name, "resource_server_name"),
    TEXT(Auth0EffectivePermission, description, "description"),
    TEXTS(Auth0EffectivePermission, sources, "sources"),
    END(Auth0EffectivePermission),
};

static const Field client_ref[] = { TEXT(Auth0ClientRef, client_id, "client_id"), END(Auth0ClientRef) };

static const Field device_fields[] = {
    TEXT(Auth0Device, initial_user_agent, "initial_user_agent"),
    TEXT(Auth0Device, initial_ip, "initial_ip"),
    TEXT(Auth0Device, initial_asn, "initial_asn"),
    TEXT(Auth0Device, last_user_agent, "last_user_agent"),
    TEXT(Auth0Device, last_ip, "last_ip"),
    TEXT(Auth0Device, last_asn, "last_asn"),
    END(Auth0Device),
};

static const Field used_fields[] = {
    TEXT(Auth0AuthMethodUsed, name, "name"),
    TIME_ISO(Auth0AuthMethodUsed, timestamp, "timestamp"),
    END(Auth0AuthMethodUsed),
};

static const Field authentication_fields[] = {
    LIST(Auth0Authentication, methods, "methods", used_fields, .flags = NULL_AS_EMPTY),
    END(Auth0Authentication),
};

const Field auth0_session[] = {
    TEXT(Auth0Session, id, "id"),
    TEXT(Auth0Session, user_id, "user_id"),
    TIME_ISO(Auth0Session, created_at, "created_at"),
    TIME_ISO(Auth0Session, updated_at, "updated_at"),
    TIME_ISO(Auth0Session, authenticated_at, "authenticated_at"),
    TIME_ISO(Auth0Session, idle_expires_at, "idle_expires_at"),
    TIME_ISO(Auth0Session, expires_at, "expires_at"),
    TIME_ISO(Auth0Session, last_interacted_at, "last_interacted_at"),
    OBJECT(Auth0Session, device, "device", device_fields),
    LIST(Auth0Session, clients, "clients", client_ref, .flags = NULL_AS_EMPTY),
    OBJECT(Auth0Session, authentication, "authentication", authentication_fields),
    JSON(Auth0Session, metadata, "session_metadata", .flags = OMIT_NULL),
    END(Auth0Session),
};

static const Field token_server[] = { TEXT(Auth0TokenServer, audience, "audience"), TEXT(Auth0TokenServer, scopes, "scopes"), END(Auth0TokenServer) };

const Field auth0_refresh_token[] = {
    TEXT(Auth0RefreshToken, id, "id"),
    TEXT(Auth0RefreshToken, user_id, "user_id"),
    TIME_ISO(Auth0RefreshToken, created_at, "created_at"),
    TIME_ISO(Auth0RefreshToken, idle_expires_at, "idle_expires_at"),
    TIME_ISO(Auth0RefreshToken, expires_at, "expires_at"),
    TEXT(Auth0RefreshToken, client_id, "client_id"),
    TEXT(Auth0RefreshToken, session_id, "session_id"),
    BOOL(Auth0RefreshToken, rotating, "rotating"),
    LIST(Auth0RefreshToken, resource_servers, "resource_servers", token_server, .flags = NULL_AS_EMPTY),
    TIME_ISO(Auth0RefreshToken, last_exchanged_at, "last_exchanged_at", .flags = OMIT_NULL),
    JSON(Auth0RefreshToken, metadata, "refresh_token_metadata", .flags = OMIT_NULL),
    END(Auth0RefreshToken),
};

const Field auth0_method[] = {
    TEXT(Auth0Method, id, "id"),
    TEXT(Auth0Method, type, "type"),
    JSON(Auth0Method, confirmed, "confirmed", .flags = OMIT_NULL),
    TEXT(Auth0Method, name, "name", .flags = OMIT_NULL),
    TEXT(Auth0Method, email, "email", .flags = OMIT_NULL),
    TEXT(Auth0Method, phone_number, "phone_number", .flags = OMIT_NULL),
    TIME_ISO(Auth0Method, created_at, "created_at"),
    END(Auth0Method),
};

const Field auth0_new_method[] = {
    TEXT(Auth0MethodIn, type, "type", .flags = REQUIRED, .min = 1, .note = "Kind of the method"),
    TEXT(Auth0MethodIn, name, "name", .min = 1, .max = 20, .note = "Label of the method"),
    TEXT(Auth0MethodIn, totp_secret, "totp_secret", .flags = SECRET, .min = 1, .max = 256, .note = "Base32 encoded secret"),
    TEXT(Auth0MethodIn, phone_number, "phone_number", .min = 2, .max = 30, .note = "Phone number"),
    TEXT(Auth0MethodIn, email, "email", .form = "email", .note = "Email"),
    TEXT(Auth0MethodIn, preferred, "preferred_authentication_method", .form = "sms|voice", .note = "Preferred way"),
    END(Auth0MethodIn),
};

const Field auth0_method_patch[] = {
    TEXT(Auth0MethodIn, name, "name", .min = 1, .max = 20, .note = "Label of the method"),
    TEXT(Auth0MethodIn, preferred, "preferred_authentication_method", .form = "sms|voice", .note = "Preferred way"),
    END(Auth0MethodIn),
};

const Field auth0_enrollment[] = {
    TEXT(Auth0Enrollment, id, "id"),
    TEXT(Auth0Enrollment, status, "status"),
    TEXT(Auth0Enrollment, type, "type"),
    TEXT(Auth0Enrollment, name, "name", .flags = OMIT_NULL),
    TEXT(Auth0Enrollment, phone_number, "phone_number", .flags = OMIT_NULL),
    TEXT(Auth0Enrollment, auth_method, "auth_method"),
    TIME_ISO(Auth0Enrollment, enrolled_at, "enrolled_at"),
    END(Auth0Enrollment),
};

const Field auth0_log[] = {
    TEXT(Auth0Log, id, "_id"),
    TEXT(Auth0Log, log_id, "log_id"),
    TIME_ISO(Auth0Log, date, "date"),
    TEXT(Auth0Log, type, "type"),
    TEXT(Auth0Log, description, "description"),
    TEXT(Auth0Log, connection, "connection"),
    TEXT(Auth0Log, client_id, "client_id"),
    TEXT(Auth0Log, ip, "ip"),
    TEXT(Auth0Log, user_id, "user_id", .flags = OMIT_NULL),
    TEXT(Auth0Log, user_name, "user_name", .flags = OMIT_NULL),
    END(Auth0Log),
};

const Field auth0_block_query[] = {
    TEXT(Auth0BlockQuery, identifier, "identifier", .flags = REQUIRED, .min = 1, .note = "Username, phone number or email"),
    BOOL(Auth0BlockQuery, consider, "consider_brute_force_enablement", .note = "Whether the protection must be on"),
    END(Auth0BlockQuery),
};

const Field auth0_risk_in[] = {
    TEXT(Auth0RiskIn, connection, "connection", .flags = REQUIRED, .min = 1, .max = 128, .note = "Name of the connection"),
    TEXTS(Auth0RiskIn, assessors, "assessors", .flags = REQUIRED, .min = 1, .note = "The assessors"),
    END(Auth0RiskIn),
};

const Field auth0_revoke_in[] = {
    TEXT(Auth0RevokeIn, session_id, "session_id", .min = 1, .max = 50, .note = "Id of the session"),
    BOOL(Auth0RevokeIn, preserve_refresh_tokens, "preserve_refresh_tokens", .note = "Whether refresh tokens stay"),
    END(Auth0RevokeIn),
};

const Field auth0_session_patch[] = {
    GIVEN(Auth0NoteIn, given),
    OBJECT_JSON(Auth0NoteIn, metadata, "session_metadata", .flags = NULLABLE, .note = "Metadata of the session"),
    END(Auth0NoteIn),
};

const Field auth0_token_patch[] = {
    GIVEN(Auth0NoteIn, given),
    OBJECT_JSON(Auth0NoteIn, metadata, "refresh_token_metadata", .flags = NULLABLE, .note = "Metadata of the refresh token"),
    END(Auth0NoteIn),
};

const Field auth0_tokens_revoke_in[] = {
    GIVEN(Auth0TokensRevokeIn, given),
    TEXTS(Auth0TokensRevokeIn, ids, "ids", .min = 1, .max = 100, .note = "Ids of refresh tokens"),
    TEXT(Auth0TokensRevokeIn, user_id, "user_id", .min = 1, .note = "Id of the user"),
    TEXT(Auth0TokensRevokeIn, client_id, "client_id", .min = 1, .note = "Id of the client"),
    TEXT(Auth0TokensRevokeIn, audience, "audience", .min = 1, .note = "Audience of the tokens"),
    END(Auth0TokensRevokeIn),
};

const Field auth0_connection[] = {
    TEXT(Auth0Connection, id, "id"),
    JSON(Auth0Connection, options, "options"),
    TEXT(Auth0Connection, strategy, "strategy"),
    TEXT(Auth0Connection, name, "name"),
    TEXT(Auth0Connection, display_name, "display_name", .flags = OMIT_NULL),
    BOOL(Auth0Connection, is_domain_connection, "is_domain_connection"),
    BOOL(Auth0Connection, show_as_button, "show_as_button"),
    JSON(Auth0Connection, realms, "realms"),
    JSON(Auth0Connection, enabled_clients, "enabled_clients"),
    JSON(Auth0Connection, metadata, "metadata", .flags = OMIT_NULL),
    END(Auth0Connection),
};

/* clang-format off */
#define CONNECTION_FIELDS                                                                                                              \
    GIVEN(Auth0ConnectionIn, given),                                                                                                   \
    TEXT(Auth0ConnectionIn, display_name, "display_name", .max = 128, .note = "Connection name used in the new universal login experience"), \
    OBJECT_JSON(Auth0ConnectionIn, options, "options", .flags = NULLABLE, .note = "Options of the connection"),                        \
    OBJECT_JSON(Auth0ConnectionIn, metadata, "metadata", .note = "Metadata of the connection"),                                        \
    TEXTS(Auth0ConnectionIn, enabled_clients, "enabled_clients", .max = 1000, .note = "Ids of clients"),                               \
    TEXTS(Auth0ConnectionIn, realms, "realms", .max = 1000, .note = "Realms of the connection"),                                       \
    BOOL(Auth0ConnectionIn, is_domain_connection, "is_domain_connection", .note = "Whether third-party clients may use it"),           \
    BOOL(Auth0ConnectionIn, show_as_button, "show_as_button", .note = "Whether it is shown as a button")
/* clang-format on */

const Field auth0_new_connection[] = {
    TEXT(Auth0ConnectionIn, name, "name", .flags = REQUIRED, .min = 1, .max = 128, .form = "^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$",
         .note = "Name of the connection"),
    TEXT(Auth0ConnectionIn, strategy, "strategy", .flags = REQUIRED, .min = 1, .note = "Kind of the connection"),
    CONNECTION_FIELDS,
    END(Auth0ConnectionIn),
};

const Field auth0_connection_patch[] = { CONNECTION_FIELDS, END(Auth0ConnectionIn) };

const Field auth0_clients[] = { TEXTS(Auth0Clients, ids, "clients"), END(Auth0Clients) };

const Field auth0_client_status[] = {
    TEXT(Auth0ClientStatus, client_id, "client_id", .flags = REQUIRED, .max = 64),
    BOOL(Auth0ClientStatus, status, "status", .flags = REQUIRED),
    END(Auth0ClientStatus),
};

/* clang-format off */
#define CONNECTION_CHOICE                                                                                                              \
    GIVEN(Auth0ConnectionQuery, given),                                                                                                \
    TEXT(Auth0ConnectionQuery, fields, "fields", .note = "Comma-separated list of fields"),                                            \
    BOOL(Auth0ConnectionQuery, include_fields, "include_fields", .note = "Whether the fields are to be included or excluded")
/* clang-format on */

const Field auth0_connection_fields[] = { CONNECTION_CHOICE, END(Auth0ConnectionQuery) };

const Field auth0_connection_query[] = {
    CONNECTION_CHOICE,
    INT(Auth0ConnectionQuery, page, "page", .max = 1000000, .note = "Page index of the results to return"),
    INT(Auth0ConnectionQuery, per_page, "per_page", .max = 100, .note = "Number of results per page"),
    BOOL(Auth0ConnectionQuery, include_totals, "include_totals", .note = "Whether the total is to be returned"),
    TEXT(Auth0ConnectionQuery, from, "from", .min = 1, .note = "Id from which to start selection"),
    INT(Auth0ConnectionQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page"),
    TEXT(Auth0ConnectionQuery, name, "name", .min = 1, .note = "Name of the connection"),
    TEXTS(Auth0ConnectionQuery, strategy, "strategy", .note = "Strategies"),
    END(Auth0ConnectionQuery),
};

const Field auth0_connection_user[] = {
    TEXT(Auth0UserQuery, email, "email", .flags = REQUIRED, .form = "email", .note = "The email of the user"),
    END(Auth0UserQuery),
};

const Field auth0_users[] = {
    INT(Auth0Page, start, "start"),  INT(Auth0Page, limit, "limit"), INT(Auth0Page, length, "length"),
    JSON(Auth0Page, users, "users"), INT(Auth0Page, total, "total"), END(Auth0Page),
};

/* ---- clients ---- */

/* clang-format off */
#define SHOWN(member) JSON(Auth0Client, member, #member, .flags = OMIT_NULL)
const Field auth0_client[] = {
    SHOWN(tenant), SHOWN(global), SHOWN(is_token_endpoint_ip_header_trusted), SHOWN(name), SHOWN(description), SHOWN(logo_uri), SHOWN(is_first_party),
    SHOWN(oidc_conformant), SHOWN(sso), SHOWN(sso_disabled), SHOWN(cross_origin_authentication), SHOWN(cross_origin_loc), SHOWN(refresh_token),
    SHOWN(oidc_logout), SHOWN(organization_usage), SHOWN(organization_require_behavior), SHOWN(default_organization), SHOWN(encryption_key),
    SHOWN(client_authentication_methods), SHOWN(client_id), SHOWN(client_secret), SHOWN(callbacks), SHOWN(allowed_origins), SHOWN(web_origins),
    SHOWN(allowed_clients), SHOWN(allowed_logout_urls), SHOWN(client_metadata), SHOWN(initiate_login_uri), SHOWN(jwt_configuration),
    SHOWN(client_aliases), SHOWN(token_endpoint_auth_method), SHOWN(app_type), SHOWN(grant_types), SHOWN(custom_login_page), SHOWN(custom_login_page_on),
    SHOWN(form_template), SHOWN(addons), SHOWN(mobile), SHOWN(native_social_login), SHOWN(require_pushed_authorization_requests), END(Auth0Client),
};

#define URLS .max = 100, .note = "Comma-separated list of URLs"
#define CLIENT_FIELDS                                                                                                                  \
    TEXT(Auth0ClientIn, description, "description", .flags = NULLABLE, .max = 140, .note = "Free text description of this client"),      \
    TEXT(Auth0ClientIn, logo_uri, "logo_uri", .flags = NULLABLE, .form = "strict-uri", .note = "URL of the logo"),                       \
    TEXT(Auth0ClientIn, initiate_login_uri, "initiate_login_uri", .flags = NULLABLE, .form = "strict-uri", .note = "URL of the login"),  \
    TEXT(Auth0ClientIn, cross_origin_loc, "cross_origin_loc", .flags = NULLABLE),                                                      \
    TEXT(Auth0ClientIn, custom_login_page, "custom_login_page", .flags = NULLABLE),                                                    \
    TEXT(Auth0ClientIn, form_template, "form_template", .flags = NULLABLE),                                                            \
    TEXT(Auth0ClientIn, app_type, "app_type", .flags = NULLABLE, .form = "native|spa|regular_web|non_interactive|resource_server",     \
         .note = "The type of application this client represents"),                                                                    \
    TEXT(Auth0ClientIn, token_endpoint_auth_method, "token_endpoint_auth_method", .flags = NULLABLE,                                   \
         .form = "none|client_secret_post|client_secret_basic", .note = "Defines the requested authentication method for the token endpoint"), \
    TEXT(Auth0ClientIn, organization_usage, "organization_usage", .flags = NULLABLE, .form = "deny|allow|require", .note = "Use of organizations"), \
    TEXT(Auth0ClientIn, organization_require_behavior, "organization_require_behavior", .flags = NULLABLE,                             \
         .form = "no_prompt|pre_login_prompt|post_login_prompt", .note = "How organizations are asked for"),                           \
    TEXTS(Auth0ClientIn, callbacks, "callbacks", URLS),                                                                                \
    TEXTS(Auth0ClientIn, allowed_origins, "allowed_origins", URLS),                                                                    \
    TEXTS(Auth0ClientIn, web_origins, "web_origins", URLS),                                                                            \
    TEXTS(Auth0ClientIn, allowed_logout_urls, "allowed_logout_urls", URLS),                                                            \
    TEXTS(Auth0ClientIn, client_aliases, "client_aliases", .max = 100),                                                                \
    TEXTS(Auth0ClientIn, allowed_clients, "allowed_clients", .max = 100),                                                              \
    TEXTS(Auth0ClientIn, grant_types, "grant_types", .max = 20, .note = "List of grant types supported for this application"),         \
    BOOL(Auth0ClientIn, is_first_party, "is_first_party", .note = "Whether this client a first party client"),                         \
    BOOL(Auth0ClientIn, oidc_conformant, "oidc_conformant", .note = "Whether this client conforms to strict OIDC specifications"),     \
    BOOL(Auth0ClientIn, sso, "sso"),                                                                                                   \
    BOOL(Auth0ClientIn, sso_disabled, "sso_disabled"),                                                                                 \
    BOOL(Auth0ClientIn, cross_origin_authentication, "cross_origin_authentication"),                                                   \
    BOOL(Auth0ClientIn, custom_login_page_on, "custom_login_page_on"),                                                                 \
    BOOL(Auth0ClientIn, ip_header, "is_token_endpoint_ip_header_trusted"),                                                             \
    BOOL(Auth0ClientIn, par, "require_pushed_authorization_requests"),                                                                 \
    OBJECT_JSON(Auth0ClientIn, jwt_configuration, "jwt_configuration", .note = "Configuration related to JWTs for the client"),        \
    OBJECT_JSON(Auth0ClientIn, refresh_token, "refresh_token", .flags = NULLABLE, .note = "Refresh token configuration"),              \
    OBJECT_JSON(Auth0ClientIn, client_metadata, "client_metadata", .note = "Metadata associated with the client"),                     \
    OBJECT_JSON(Auth0ClientIn, methods, "client_authentication_methods", .flags = NULLABLE, .note = "Defines client authentication methods"), \
    OBJECT_JSON(Auth0ClientIn, default_organization, "default_organization", .flags = NULLABLE),                                       \
    OBJECT_JSON(Auth0ClientIn, oidc_logout, "oidc_logout", .flags = NULLABLE),                                                         \
    OBJECT_JSON(Auth0ClientIn, encryption_key, "encryption_key", .flags = NULLABLE),                                                   \
    OBJECT_JSON(Auth0ClientIn, addons, "addons", .flags = NULLABLE),                                                                   \
    OBJECT_JSON(Auth0ClientIn, mobile, "mobile", .flags = NULLABLE),                                                                   \
    OBJECT_JSON(Auth0ClientIn, native_social_login, "native_social_login", .flags = NULLABLE)
/* clang-format on */

const Field auth0_new_client[] = {
    TEXT(Auth0ClientIn, name, "name", .flags = REQUIRED, .min = 1, .max = 1024, .note = "Name of this client"),
    CLIENT_FIELDS,
    END(Auth0ClientIn),
};
const Field auth0_client_patch[] = {
    TEXT(Auth0ClientIn, name, "name", .min = 1, .max = 1024, .note = "Name of this client"),
    CLIENT_FIELDS,
    END(Auth0ClientIn),
};

const Field auth0_client_jwt[] = {
    INT(Auth0ClientJwt, seconds, "lifetime_in_seconds", .min = 1, .max = 2592000),
    BOOL(Auth0ClientJwt, secret_encoded, "secret_encoded"),
    JSON(Auth0ClientJwt, scopes, "scopes"),
    TEXT(Auth0ClientJwt, alg, "alg", .form = "HS256|RS256"),
    END(Auth0ClientJwt),
};

static const Field credential_ref[] = { TEXT(Auth0CredentialRef, id, "id", .flags = REQUIRED), END(Auth0CredentialRef) };
const Field auth0_credential_refs[] = { LIST(Auth0CredentialRefs, credentials, "credentials", credential_ref), END(Auth0CredentialRefs) };

const Field auth0_client_rules[] = {
    TEXTS(Auth0ClientRules, grant_types, "grant_types"),
    TEXT(Auth0ClientRules, auth_method, "token_endpoint_auth_method"),
    TEXT(Auth0ClientRules, organization_usage, "organization_usage"),
    JSON(Auth0ClientRules, jwt_configuration, "jwt_configuration"),
    JSON(Auth0ClientRules, methods, "client_authentication_methods"),
    BOOL(Auth0ClientRules, ip_header, "is_token_endpoint_ip_header_trusted"),
    END(Auth0ClientRules),
};

const Field auth0_client_query[] = {
    GIVEN(Auth0ClientQuery, given),
    TEXT(Auth0ClientQuery, fields, "fields", .note = "Comma-separated list of fields"),
    BOOL(Auth0ClientQuery, include_fields, "include_fields", .note = "Whether the fields are to be included or excluded"),
    END(Auth0ClientQuery),
};
const Field auth0_clients_query[] = {
    GIVEN(Auth0ClientQuery, given),
    TEXT(Auth0ClientQuery, fields, "fields", .note = "Comma-separated list of fields"),
    BOOL(Auth0ClientQuery, include_fields, "include_fields", .note = "Whether the fields are to be included or excluded"),
    INT(Auth0ClientQuery, page, "page", .max = 1000000, .note = "Page index of the results to return"),
    INT(Auth0ClientQuery, per_page, "per_page", .max = 100, .note = "Number of results per page"),
    INT(Auth0ClientQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page"),
    TEXT(Auth0ClientQuery, from, "from", .min = 1, .note = "Id from which to start selection"),
    BOOL(Auth0ClientQuery, include_totals, "include_totals", .note = "Whether the total is to be returned"),
    BOOL(Auth0ClientQuery, is_global, "is_global", .note = "Filter on the global client parameter"),
    BOOL(Auth0ClientQuery, is_first_party, "is_first_party", .note = "Filter on whether or not a client is a first-party client"),
    TEXT(Auth0ClientQuery, app_type, "app_type", .note = "Filter by a comma-separated list of application types"),
    END(Auth0ClientQuery),
};

const Field auth0_credential[] = {
    TEXT(ClientCredential, id, "id"),
    TEXT(ClientCredential, name, "name", .flags = OMIT_ZERO),
    TEXT(ClientCredential, kid, "kid"),
    TEXT(ClientCredential, alg, "alg"),
    TIME_ISO(ClientCredential, created_at, "created_at"),
    TIME_ISO(ClientCredential, updated_at, "updated_at"),
    TIME_ISO(ClientCredential, expires_at, "expires_at", .flags = OMIT_NULL),
    END(ClientCredential),
};
const Field auth0_new_credential[] = {
    TEXT(Auth0CredentialIn, type, "credential_type", .flags = REQUIRED, .form = "public_key|", .note = "The type of credential"),
    TEXT(Auth0CredentialIn, name, "name", .max = 128, .note = "Friendly name for a credential"),
    TEXT(Auth0CredentialIn, pem, "pem", .flags = REQUIRED, .max = 4096, .note = "PEM-formatted public key (SPKI and PKCS1) or X509 certificate"),
    TEXT(Auth0CredentialIn, alg, "alg", .form = "RS256|RS384|PS256", .note = "Algorithm which will be used with the credential"),
    BOOL(Auth0CredentialIn, parse_expiry, "parse_expiry_from_cert"),
    TIME_ISO(Auth0CredentialIn, expires_at, "expires_at", .note = "The ISO 8601 formatted date representing the expiration of the credential"),
    END(Auth0CredentialIn),
};
const Field auth0_credential_patch[] = {
    TIME_ISO(Auth0CredentialIn, expires_at, "expires_at", .flags = NULLABLE,
             .note = "The ISO 8601 formatted date representing the expiration of the credential"),
    END(Auth0CredentialIn),
};

const Field auth0_client_grant[] = {
    TEXT(ClientGrant, id, "id"),
    TEXT(ClientGrant, client_id, "client_id"),
    TEXT(ClientGrant, audience, "audience"),
    JSON(ClientGrant, scopes, "scope"),
    TEXT(ClientGrant, organization_usage, "organization_usage", .flags = OMIT_NULL),
    BOOL(ClientGrant, allow_any_organization, "allow_any_organization", .flags = OMIT_ZERO),
    END(ClientGrant),
};
/* clang-format off */
#define GRANT_FIELDS                                                                                                                   \
    TEXTS(Auth0ClientGrantIn, scope, "scope", .max = 1000, .note = "Scopes allowed for this client grant"),                            \
    TEXT(Auth0ClientGrantIn, organization_usage, "organization_usage", .flags = NULLABLE, .form = "deny|allow|require",                \
         .note = "Defines whether organizations can be used with client credentials exchanges for this grant"),                        \
    BOOL(Auth0ClientGrantIn, allow_any_organization, "allow_any_organization", .flags = NULLABLE)
/* clang-format on */
const Field auth0_new_client_grant[] = {
    GIVEN(Auth0ClientGrantIn, given),
    TEXT(Auth0ClientGrantIn, client_id, "client_id", .flags = REQUIRED, .min = 1, .note = "ID of the client"),
    TEXT(Auth0ClientGrantIn, audience, "audience", .flags = REQUIRED, .min = 1, .note = "The audience (API identifier) of this client grant"),
    GRANT_FIELDS,
    END(Auth0ClientGrantIn),
};
const Field auth0_client_grant_patch[] = { GIVEN(Auth0ClientGrantIn, given), GRANT_FIELDS, END(Auth0ClientGrantIn) };
const Field auth0_client_grants_query[] = {
    GIVEN(Auth0ClientQuery, given),
    INT(Auth0ClientQuery, page, "page", .max = 1000000, .note = "Page index of the results to return"),
    INT(Auth0ClientQuery, per_page, "per_page", .max = 100, .note = "Number of results per page"),
    INT(Auth0ClientQuery, take, "take", .min = 1, .max = 100, .note = "Number of results per page"),
    TEXT(Auth0ClientQuery, from, "from", .min = 1, .note = "Id from which to start selection"),
    BOOL(Auth0ClientQuery, include_totals, "include_totals", .note = "Whether the total is to be returned"),
    BOOL(Auth0ClientQuery, any_organization, "allow_any_organization", .note = "Optional filter on allow_any_organization"),
    TEXT(Auth0ClientQuery, audience, "audience", .min = 1, .note = "Optional filter on audience"),
    TEXT(Auth0ClientQuery, client_id, "client_id", .min = 1, .note = "Optional filter on client_id"),
    END(Auth0ClientQuery),
};

/* ---- tokens ---- */

/* clang-format off */
#define TOKEN_FIELDS                                                            \
    TEXT(Auth0TokenIn, grant_type, "grant_type"),                               \
    TEXT(Auth0TokenIn, client_id, "client_id"),                                 \
    TEXT(Auth0TokenIn, client_secret, "client_secret", .flags = SECRET),        \
    TEXT(Auth0TokenIn, username, "username"),                                   \
    TEXT(Auth0TokenIn, password, "password", .flags = SECRET),                  \
    TEXT(Auth0TokenIn, realm, "realm"),                                         \
    TEXT(Auth0TokenIn, refresh_token, "refresh_token", .flags = SECRET),        \
    TEXT(Auth0TokenIn, token, "token", .flags = SECRET),                        \
    TEXT(Auth0TokenIn, mfa_token, "mfa_token", .flags = SECRET),                \
    TEXT(Auth0TokenIn, otp, "otp", .flags = SECRET),                            \
    TEXT(Auth0TokenIn, recovery_code, "recovery_code", .flags = SECRET),        \
    TEXT(Auth0TokenIn, challenge_type, "challenge_type"),                       \
    TEXT(Auth0TokenIn, authenticator_id, "authenticator_id"),                   \
    TEXT(Auth0TokenIn, client_assertion, "client_assertion", .flags = SECRET),  \
    TEXT(Auth0TokenIn, oob_code, "oob_code", .flags = SECRET),                  \
    TEXT(Auth0TokenIn, binding_code, "binding_code", .flags = SECRET),          \
    TEXT(Auth0TokenIn, client_assertion_type, "client_assertion_type"),         \
    TEXT(Auth0TokenIn, organization, "organization"),                           \
    TEXT(Auth0TokenIn, audience, "audience")
/* clang-format on */

const Field auth0_token_in[] = { TOKEN_FIELDS, JSON(Auth0TokenIn, scope_sent, "scope"), END(Auth0TokenIn) };
const Field auth0_token_form[] = { TOKEN_FIELDS, TEXT(Auth0TokenIn, scope, "scope"), END(Auth0TokenIn) };

const Field auth0_token[] = {
    TEXT(Auth0Token, access_token, "access_token"),
    TEXT(Auth0Token, refresh_token, "refresh_token", .flags = OMIT_NULL),
    TEXT(Auth0Token, id_token, "id_token", .flags = OMIT_NULL),
    TEXT(Auth0Token, recovery_code, "recovery_code", .flags = OMIT_NULL),
    TEXT(Auth0Token, scope, "scope", .flags = OMIT_NULL),
    INT(Auth0Token, expires_in, "expires_in"),
    TEXT(Auth0Token, token_type, "token_type"),
    END(Auth0Token),
};

const Field auth0_associate_in[] = {
    TEXTS(Auth0AssociateIn, types, "authenticator_types", .max = 10),
    TEXTS(Auth0AssociateIn, channels, "oob_channels", .max = 10),
    TEXT(Auth0AssociateIn, phone_number, "phone_number", .max = 30),
    END(Auth0AssociateIn),
};
const Field auth0_associated[] = {
    TEXT(Auth0Associated, type, "authenticator_type"),
    TEXT(Auth0Associated, secret, "secret", .flags = OMIT_NULL),
    TEXT(Auth0Associated, uri, "barcode_uri", .flags = OMIT_NULL),
    TEXT(Auth0Associated, channel, "oob_channel", .flags = OMIT_NULL),
    TEXT(Auth0Associated, oob_code, "oob_code", .flags = OMIT_NULL),
    TEXT(Auth0Associated, binding_method, "binding_method", .flags = OMIT_NULL),
    TEXTS(Auth0Associated, recovery_codes, "recovery_codes", .flags = OMIT_NULL),
    END(Auth0Associated),
};

const Field auth0_authenticator[] = {
    TEXT(Auth0Authenticator, id, "id"),
    TEXT(Auth0Authenticator, type, "authenticator_type"),
    TEXT(Auth0Authenticator, channel, "oob_channel", .flags = OMIT_NULL),
    BOOL(Auth0Authenticator, active, "active"),
    TEXT(Auth0Authenticator, name, "name", .flags = OMIT_NULL),
    END(Auth0Authenticator),
};

/* clang-format off */
#define INFO                                                                                                                           \
    TEXT(Auth0Info, sub, "sub"),                                                                                                       \
    TEXT(Auth0Info, given_name, "given_name", .flags = OMIT_NULL),                                                                     \
    TEXT(Auth0Info, family_name, "family_name", .flags = OMIT_NULL),                                                                   \
    TEXT(Auth0Info, nickname, "nickname", .flags = OMIT_NULL),                                                                         \
    TEXT(Auth0Info, name, "name", .flags = OMIT_NULL),                                                                                 \
    TEXT(Auth0Info, picture, "picture", .flags = OMIT_NULL),                                                                           \
    TIME_ISO(Auth0Info, updated_at, "updated_at", .flags = OMIT_NULL),                                                                 \
    TEXT(Auth0Info, email, "email", .flags = OMIT_NULL),                                                                               \
    JSON(Auth0Info, email_verified, "email_verified", .flags = OMIT_NULL),                                                             \
    TEXT(Auth0Info, phone_number, "phone_number", .flags = OMIT_NULL),                                                                 \
    JSON(Auth0Info, phone_verified, "phone_number_verified", .flags = OMIT_NULL)
/* clang-format on */

const Field auth0_info[] = { INFO, END(Auth0Info) };

const Field auth0_id_claims[] = {
    INFO,
    TEXT(Auth0Info, iss, "iss"),
    TEXT(Auth0Info, aud, "aud"),
    INT(Auth0Info, iat, "iat"),
    INT(Auth0Info, exp, "exp"),
    TEXT(Auth0Info, sid, "sid"),
    TEXT(Auth0Info, org_id, "org_id", .flags = OMIT_NULL),
    END(Auth0Info),
};

const Field auth0_signup_in[] = {
    TEXT(Auth0SignUpIn, client_id, "client_id", .flags = REQUIRED, .min = 1, .note = "Id of the client"),
    TEXT(Auth0SignUpIn, email, "email", .flags = REQUIRED, .form = "email", .note = "The user's email"),
    TEXT(Auth0SignUpIn, password, "password", .flags = REQUIRED | SECRET, .min = 1, .note = "The user's password"),
    TEXT(Auth0SignUpIn, connection, "connection", .flags = REQUIRED, .min = 1, .note = "Name of the connection"),
    TEXT(Auth0SignUpIn, username, "username", .min = 1, .max = 128, .form = "username", .note = "The user's username"),
    TEXT(Auth0SignUpIn, phone_number, "phone_number", .form = "^\\+[0-9]{1,15}$", .note = "The user's phone number"),
    TEXT(Auth0SignUpIn, given_name, "given_name", .min = 1, .max = 150, .note = "The user's given name(s)"),
    TEXT(Auth0SignUpIn, family_name, "family_name", .min = 1, .max = 150, .note = "The user's family name(s)"),
    TEXT(Auth0SignUpIn, name, "name", .min = 1, .max = 300, .note = "The user's full name"),
    TEXT(Auth0SignUpIn, nickname, "nickname", .min = 1, .max = 300, .note = "The user's nickname"),
    TEXT(Auth0SignUpIn, picture, "picture", .form = "strict-uri", .note = "The user's picture"),
    OBJECT_JSON(Auth0SignUpIn, user_metadata, "user_metadata", .note = "Data of the user"),
    END(Auth0SignUpIn),
};

const Field auth0_signed_up[] = {
    TEXT(Auth0SignedUp, id, "_id"),
    JSON(Auth0SignedUp, email_verified, "email_verified", .flags = OMIT_NULL),
    TEXT(Auth0SignedUp, email, "email", .flags = OMIT_NULL),
    TEXT(Auth0SignedUp, username, "username", .flags = OMIT_NULL),
    TEXT(Auth0SignedUp, phone_number, "phone_number", .flags = OMIT_NULL),
    JSON(Auth0SignedUp, phone_verified, "phone_verified", .flags = OMIT_NULL),
    TEXT(Auth0SignedUp, given_name, "given_name", .flags = OMIT_NULL),
    TEXT(Auth0SignedUp, family_name, "family_name", .flags = OMIT_NULL),
    TEXT(Auth0SignedUp, name, "name", .flags = OMIT_NULL),
    TEXT(Auth0SignedUp, nickname, "nickname", .flags = OMIT_NULL),
    TEXT(Auth0SignedUp, picture, "picture", .flags = OMIT_NULL),
    JSON(Auth0SignedUp, user_metadata, "user_metadata", .flags = OMIT_NULL),
    END(Auth0SignedUp),
};

/* clang-format off */
#define CLAIMS                                                                                                                         \
    TEXT(Auth0Claims, iss, "iss"),                                                                                                     \
    TEXT(Auth0Claims, sub, "sub"),                                                                                                     \
    JSON(Auth0Claims, aud, "aud")
/* clang-format on */

const Field auth0_claims[] = {
    CLAIMS,
    INT(Auth0Claims, iat, "iat"),
    INT(Auth0Claims, exp, "exp"),
    TEXT(Auth0Claims, scope, "scope", .flags = OMIT_NULL),
    TEXT(Auth0Claims, org_id, "org_id", .flags = OMIT_NULL),
    TEXT(Auth0Claims, gty, "gty"),
    TEXT(Auth0Claims, azp, "azp"),
    TEXT(Auth0Claims, sid, "sid", .flags = OMIT_NULL),
    JSON(Auth0Claims, permissions, "permissions", .flags = OMIT_NULL),
    END(Auth0Claims),
};

const Field auth0_claims_read[] = {
    GIVEN(Auth0Claims, given),
    CLAIMS,
    DOUBLE(Auth0Claims, exp_read, "exp"),
    DOUBLE(Auth0Claims, nbf_read, "nbf"),
    DOUBLE(Auth0Claims, iat_read, "iat"),
    TEXT(Auth0Claims, scope, "scope"),
    TEXT(Auth0Claims, azp, "azp"),
    TEXT(Auth0Claims, sid, "sid"),
    END(Auth0Claims),
};

/* ---- custom_password_hash ---- */

#define ENCODINGS "base64|hex|utf8"

static const Field hash_key_fields[] = {
    TEXT(Auth0HashKey, value, "value", .flags = SECRET | REQUIRED),
    TEXT(Auth0HashKey, encoding, "encoding", .form = ENCODINGS),
    END(Auth0HashKey),
};

static const Field hash_value_fields[] = {
    TEXT(Auth0HashValue, value, "value", .flags = SECRET | REQUIRED),
    TEXT(Auth0HashValue, encoding, "encoding", .form = ENCODINGS),
    TEXT(Auth0HashValue, digest, "digest", .form = "md4|md5|ripemd160|sha1|sha224|sha256|sha384|sha512|whirlpool"),
    OBJECT(Auth0HashValue, key, "key", hash_key_fields),
    END(Auth0HashValue),
};

static const Field hash_salt_fields[] = {
    TEXT(Auth0HashSalt, value, "value", .flags = REQUIRED),
    TEXT(Auth0HashSalt, encoding, "encoding", .form = ENCODINGS),
    TEXT(Auth0HashSalt, position, "position", .form = "prefix|suffix"),
    END(Auth0HashSalt),
};

static const Field hash_password_fields[] = {
    TEXT(Auth0HashPassword, encoding, "encoding", .form = "ascii|utf8|utf16le|ucs2|latin1|binary"),
    END(Auth0HashPassword),
};

const Field auth0_hash[] = {
    TEXT(Auth0Hash, algorithm, "algorithm", .flags = REQUIRED, .form = "argon2|bcrypt|hmac|ldap|md4|md5|sha1|sha256|sha512|pbkdf2|scrypt"),
    OBJECT(Auth0Hash, hash, "hash", hash_value_fields),
    OBJECT(Auth0Hash, salt, "salt", hash_salt_fields),
    OBJECT(Auth0Hash, password, "password", hash_password_fields),
    INT(Auth0Hash, keylen, "keylen", .min = 1),
    INT(Auth0Hash, cost, "cost", .min = 2),
    INT(Auth0Hash, block_size, "blockSize", .min = 1),
    INT(Auth0Hash, parallelization, "parallelization", .min = 1),
    END(Auth0Hash),
};
