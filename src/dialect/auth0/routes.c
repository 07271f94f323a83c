/* routes.c: one row an operation (spec/auth0.md 2 and 7). Any one of the scopes opens it; those with a `+` between them are needed together (1.3). */
#include "dialect/auth0/internal.h"

#define ID_SCOPES_READ "read:users,read:current_user,read:user_idp_tokens"
#define ID_SCOPES_UPDATE "update:users,update:users_app_metadata,update:current_user_metadata"
#define ROLES_OF_USER "read:users+read:roles,read:role_members"
#define LINK_SCOPES "update:users,update:current_user_identities"

/* clang-format off */
const Route auth0_routes[] = {
    /* method  path                                need          fn                    in                 out */
    { POST,   "/oauth/token",                      NEED_NOTHING, auth0_token_grant,    auth0_token_in,    auth0_token },
    { POST,   "/oauth/revoke",                     NEED_NOTHING, auth0_revoke,         auth0_token_in,    NULL },
    { GET,    "/userinfo",                         NEED_NOTHING, auth0_userinfo,       NULL,              auth0_info },
    { POST,   "/userinfo",                         NEED_NOTHING, auth0_userinfo,       NULL,              auth0_info },
    { POST,   "/dbconnections/signup",             NEED_NOTHING, auth0_signup,         auth0_signup_in,   auth0_signed_up },
    { GET,    "/.well-known/jwks.json",            NEED_NOTHING, auth0_jwks },
    { GET,    "/.well-known/openid-configuration", NEED_NOTHING, auth0_discovery },
    { GET,    "/api/v2/users",                     NEED_SECRET,  auth0_user_list,      auth0_user_query,  auth0_user, .scope = "read:users" },
    { POST,   "/api/v2/users",                     NEED_SECRET,  auth0_user_create,    auth0_new_user,    auth0_user, .scope = "create:users" },
    { GET,    "/api/v2/users/{id}",                NEED_SECRET,  auth0_user_get,       auth0_fields_query, auth0_user, .scope = ID_SCOPES_READ },
    { PATCH,  "/api/v2/users/{id}",                NEED_SECRET,  auth0_user_update,    auth0_user_patch,  auth0_user, .scope = ID_SCOPES_UPDATE },
    { DELETE, "/api/v2/users/{id}",                NEED_SECRET,  auth0_user_delete,    NULL,              NULL, .scope = "delete:users,delete:current_user" },
    { POST,   "/api/v2/users/{id}/identities",     NEED_SECRET,  auth0_identity_link,  auth0_link,        auth0_identity, .scope = LINK_SCOPES },
    { DELETE, "/api/v2/users/{id}/identities/{provider}/{user_id}", NEED_SECRET, auth0_identity_unlink, NULL, auth0_identity, .scope = LINK_SCOPES },
    { GET,    "/api/v2/users/{id}/roles",          NEED_SECRET,  auth0_user_roles,     auth0_page_query,  auth0_role, .scope = ROLES_OF_USER },
    { POST,   "/api/v2/users/{id}/roles",          NEED_SECRET,  auth0_user_roles_add, auth0_roles_in,    NULL, .scope = "update:users,create:role_members" },
    { DELETE, "/api/v2/users/{id}/roles",          NEED_SECRET,  auth0_user_roles_remove, auth0_roles_in, NULL, .scope = "update:users,delete:role_members" },
    { GET,    "/api/v2/users/{id}/permissions",    NEED_SECRET,  auth0_user_permissions, auth0_page_query, auth0_permission, .scope = "read:users" },
    { POST,   "/api/v2/users/{id}/permissions",    NEED_SECRET,  auth0_user_permissions_add, auth0_permissions_in, NULL, .scope = "update:users" },
    { DELETE, "/api/v2/users/{id}/permissions",    NEED_SECRET,  auth0_user_permissions_remove, auth0_permissions_in, NULL, .scope = "update:users" },
    { GET,    "/api/v2/roles",                     NEED_SECRET,  auth0_role_list,      auth0_roles_query, auth0_role, .scope = "read:roles" },
    { POST,   "/api/v2/roles",                     NEED_SECRET,  auth0_role_create,    auth0_new_role,    auth0_role, .scope = "create:roles" },
    { GET,    "/api/v2/roles/{id}",                NEED_SECRET,  auth0_role_get,       NULL,              auth0_role, .scope = "read:roles" },
    { PATCH,  "/api/v2/roles/{id}",                NEED_SECRET,  auth0_role_update,    auth0_role_patch,  auth0_role, .scope = "update:roles" },
    { DELETE, "/api/v2/roles/{id}",                NEED_SECRET,  auth0_role_delete,    NULL,              NULL, .scope = "delete:roles" },
    { GET,    "/api/v2/roles/{id}/permissions",    NEED_SECRET,  auth0_role_permissions, auth0_page_query, auth0_permission, .scope = "read:roles" },
    { POST,   "/api/v2/roles/{id}/permissions",    NEED_SECRET,  auth0_role_permissions_add, auth0_permissions_in, NULL, .scope = "update:roles" },
    { DELETE, "/api/v2/roles/{id}/permissions",    NEED_SECRET,  auth0_role_permissions_remove, auth0_permissions_in, NULL, .scope = "update:roles" },
    { GET,    "/api/v2/roles/{id}/users",          NEED_SECRET,  auth0_role_users,     auth0_checkpoint_query, auth0_role_user, .scope = ROLES_OF_USER },
    { POST,   "/api/v2/roles/{id}/users",          NEED_SECRET,  auth0_role_users_add, auth0_users_in,    NULL, .scope = "update:roles,create:role_members" },
    { GET,    "/api/v2/resource-servers",          NEED_SECRET,  auth0_server_list,    auth0_page_query,  auth0_server, .scope = "read:resource_servers" },
    { POST,   "/api/v2/resource-servers",          NEED_SECRET,  auth0_server_create,  auth0_new_server,  auth0_server, .scope = "create:resource_servers" },
    { GET,    "/api/v2/resource-servers/{id}",     NEED_SECRET,  auth0_server_get,     NULL,              auth0_server, .scope = "read:resource_servers" },
    { PATCH,  "/api/v2/resource-servers/{id}",     NEED_SECRET,  auth0_server_update,  auth0_server_patch, auth0_server, .scope = "update:resource_servers" },
    { DELETE, "/api/v2/resource-servers/{id}",     NEED_SECRET,  auth0_server_delete,  NULL,              NULL, .scope = "delete:resource_servers" },
    { GET,    "/api/v2/users/{id}/logs", NEED_SECRET, auth0_user_logs, auth0_logs_query, auth0_log, .scope = "read:logs,read:logs_users" },
    { GET,    "/api/v2/users/{id}/organizations", NEED_SECRET, auth0_organizations, auth0_page_query, NULL, .scope = "read:organizations" },
    { GET,    "/api/v2/users/{id}/enrollments", NEED_SECRET, auth0_enrollments, NULL, auth0_enrollment, .scope = "read:users,read:current_user" },
    { GET,    "/api/v2/users/{id}/authentication-methods", NEED_SECRET, auth0_method_list, auth0_methods_query, auth0_method, .scope = "read:authentication_methods" },
    { POST,   "/api/v2/users/{id}/authentication-methods", NEED_SECRET, auth0_method_create, auth0_new_method, auth0_method, .scope = "create:authentication_methods" },
    { PUT,    "/api/v2/users/{id}/authentication-methods", NEED_SECRET, auth0_methods_set, auth0_new_method, auth0_method, .scope = "update:authentication_methods" },
    { DELETE, "/api/v2/users/{id}/authentication-methods", NEED_SECRET, auth0_methods_delete, NULL, NULL, .scope = "delete:authentication_methods" },
    { GET,    "/api/v2/users/{id}/authentication-methods/{method_id}", NEED_SECRET, auth0_method_get, NULL, auth0_method, .scope = "read:authentication_methods" },
    { PATCH,  "/api/v2/users/{id}/authentication-methods/{method_id}", NEED_SECRET, auth0_method_update, auth0_method_patch, auth0_method, .scope = "update:authentication_methods" },
    { DELETE, "/api/v2/users/{id}/authentication-methods/{method_id}", NEED_SECRET, auth0_method_delete, NULL, NULL, .scope = "delete:authentication_methods" },
    { DELETE, "/api/v2/users/{id}/authenticators", NEED_SECRET, auth0_methods_delete, NULL, NULL, .scope = "delete:guardian_enrollments,remove:authenticators" },
    { DELETE, "/api/v2/users/{id}/multifactor/{provider}", NEED_SECRET, auth0_provider_delete, NULL, NULL, .scope = "update:users" },
    { POST,   "/api/v2/users/{id}/multifactor/actions/invalidate-remember-browser", NEED_SECRET, auth0_nothing_kept, NULL, NULL, .scope = "update:users" },
    { POST,   "/api/v2/users/{id}/recovery-code-regeneration", NEED_SECRET, auth0_recovery_code, NULL, NULL, .scope = "update:users" },
    { GET,    "/api/v2/users/{id}/sessions", NEED_SECRET, auth0_sessions, auth0_take_query, auth0_session, .scope = "read:sessions" },
    { DELETE, "/api/v2/users/{id}/sessions", NEED_SECRET, auth0_sessions_end, NULL, NULL, .scope = "delete:sessions" },
    { GET,    "/api/v2/users/{id}/refresh-tokens", NEED_SECRET, auth0_tokens, auth0_take_query, auth0_refresh_token, .scope = "read:refresh_tokens" },
    { DELETE, "/api/v2/users/{id}/refresh-tokens", NEED_SECRET, auth0_tokens_end, NULL, NULL, .scope = "delete:refresh_tokens" },
    { POST,   "/api/v2/users/{id}/risk-assessments/clear", NEED_SECRET, auth0_risk_clear, auth0_risk_in, NULL, .scope = "update:users" },
    { GET,    "/api/v2/users/{id}/connected-accounts", NEED_SECRET, auth0_connected_accounts, auth0_take_query, NULL, .scope = "read:users" },
    { GET,    "/api/v2/users/{id}/federated-connections-tokensets", NEED_SECRET, auth0_tokensets, NULL, NULL, .scope = "read:federated_connections_tokens" },
    { DELETE, "/api/v2/users/{id}/federated-connections-tokensets/{tokenset_id}", NEED_SECRET, auth0_nothing_kept, NULL, NULL, .scope = "delete:federated_connections_tokens" },
    { POST,   "/api/v2/users/{id}/revoke-access", NEED_SECRET, auth0_revoke_access, auth0_revoke_in, NULL, .scope = "delete:sessions+delete:refresh_tokens" },
    { GET,    "/api/v2/sessions/{id}", NEED_SECRET, auth0_session_get, NULL, auth0_session, .scope = "read:sessions" },
    { DELETE, "/api/v2/sessions/{id}", NEED_SECRET, auth0_session_end, NULL, NULL, .scope = "delete:sessions" },
    { POST,   "/api/v2/sessions/{id}/revoke", NEED_SECRET, auth0_session_end, NULL, NULL, .scope = "delete:sessions" },
    { GET,    "/api/v2/refresh-tokens/{id}", NEED_SECRET, auth0_token_get, NULL, auth0_refresh_token, .scope = "read:refresh_tokens" },
    { DELETE, "/api/v2/refresh-tokens/{id}", NEED_SECRET, auth0_token_end, NULL, NULL, .scope = "delete:refresh_tokens" },
    { GET,    "/api/v2/user-blocks", NEED_SECRET, auth0_blocks, auth0_block_query, NULL, .scope = "read:users" },
    { DELETE, "/api/v2/user-blocks", NEED_SECRET, auth0_blocks_end, auth0_block_query, NULL, .scope = "update:users" },
    { GET,    "/api/v2/user-blocks/{id}", NEED_SECRET, auth0_user_blocks, NULL, NULL, .scope = "read:users" },
    { DELETE, "/api/v2/user-blocks/{id}", NEED_SECRET, auth0_user_blocks_end, NULL, NULL, .scope = "update:users" },
    { GET,    "/api/v2/connections", NEED_SECRET, auth0_connection_list, auth0_connection_query, auth0_connection, .scope = "read:connections" },
    { GET,    "/api/v2/connections/{id}", NEED_SECRET, auth0_connection_get, NULL, auth0_connection, .scope = "read:connections" },
    { GET,    "/api/v2/users-by-email",            NEED_SECRET,  auth0_users_by_email, auth0_email_query, auth0_user, .scope = "read:users" },
    { 0 }
};
/* clang-format on */

static const char *const auth0_mounts[] = { "", NULL };

const Dialect auth0_dialect = {
    .name = "auth0",
    .mounts = auth0_mounts,
    .routes = auth0_routes,
    .errors = auth0_errors,
    .identify = auth0_identify,
    .allow = auth0_allow,
    .write_error = auth0_write_error,
    .finish = auth0_finish,
    .read_user_id = auth0_read_user_id,
    .reply_user = auth0_reply_user,
};
