/* routes.c: one row an operation (spec/clerk.md 2). */
#include "dialect/clerk/internal.h"

/* clang-format off */
const Route clerk_routes[] = {
    /* method  path                                                      need          fn                         in                   out             verb */
    { GET,    "/public/images/{image_id}",                              NEED_NOTHING, clerk_image,               NULL,                NULL },
    { GET,    "/jwks",                                                  NEED_SECRET,  clerk_show_jwks,           NULL,                clerk_jwks },
    { GET,    "/users",                                                 NEED_SECRET,  clerk_user_list,           clerk_user_query,    clerk_user },
    { POST,   "/users",                                                 NEED_SECRET,  clerk_user_create,         clerk_new_user,      clerk_user },
    { GET,    "/users/count",                                           NEED_SECRET,  clerk_user_count,          clerk_user_query,    clerk_count },
    { POST,   "/users/ban",                                             NEED_SECRET,  clerk_users_ban,           clerk_bulk_in,       clerk_user },
    { POST,   "/users/unban",                                           NEED_SECRET,  clerk_users_unban,         clerk_bulk_in,       clerk_user },
    { GET,    "/users/{user_id}",                                       NEED_SECRET,  clerk_user_get,            NULL,                clerk_user },
    { PATCH,  "/users/{user_id}",                                       NEED_SECRET,  clerk_user_update,         clerk_user_patch,    clerk_user },
    { DELETE, "/users/{user_id}",                                       NEED_SECRET,  clerk_user_delete,         NULL,                clerk_deleted },
    { PATCH,  "/users/{user_id}/metadata",                              NEED_SECRET,  clerk_metadata_merge,      clerk_user_metadata, clerk_user },
    { PUT,    "/users/{user_id}/metadata",                              NEED_SECRET,  clerk_metadata_replace,    clerk_user_metadata, clerk_user },
    { POST,   "/users/{user_id}/ban",                                   NEED_SECRET,  on_user_verb,              NULL,                clerk_user,    dir_user_ban },
    { POST,   "/users/{user_id}/unban",                                 NEED_SECRET,  on_user_verb,              NULL,                clerk_user,    dir_user_unban },
    { POST,   "/users/{user_id}/lock",                                  NEED_SECRET,  on_user_verb,              NULL,                clerk_user,    dir_user_lock },
    { POST,   "/users/{user_id}/unlock",                                NEED_SECRET,  on_user_verb,              NULL,                clerk_user,    dir_user_unlock },
    { POST,   "/users/{user_id}/remove_password",                       NEED_SECRET,  clerk_password_remove,     clerk_sign_out_in,   clerk_user },
    { POST,   "/users/{user_id}/verify_password",                       NEED_SECRET,  clerk_password_verify,     clerk_password_in,   clerk_verified },
    { POST,   "/users/{user_id}/profile_image",                         NEED_SECRET,  clerk_image_put,           NULL,                clerk_user, .flags = ROUTE_RAW, .body = (10 << 20) + 65536 },
    { DELETE, "/users/{user_id}/profile_image",                         NEED_SECRET,  on_user_verb,              NULL,                clerk_user,    dir_image_delete },
    { DELETE, "/users/{user_id}/mfa",                                   NEED_SECRET,  clerk_mfa_delete,          NULL,                clerk_owner },
    { DELETE, "/users/{user_id}/totp",                                  NEED_SECRET,  clerk_totp_delete,         NULL,                clerk_owner },
    { DELETE, "/users/{user_id}/backup_code",                           NEED_SECRET,  clerk_backup_codes_delete, NULL,                clerk_owner },
    { DELETE, "/users/{user_id}/passkeys/{passkey_id}",                 NEED_SECRET,  clerk_passkey_delete,      NULL,                clerk_deleted },
    { DELETE, "/users/{user_id}/web3_wallets/{wallet_id}",              NEED_SECRET,  clerk_wallet_delete,       NULL,                clerk_deleted },
    { DELETE, "/users/{user_id}/external_accounts/{account_id}",        NEED_SECRET,  clerk_account_delete,      NULL,                clerk_deleted },
    { GET,    "/users/{user_id}/oauth_access_tokens/{provider}",        NEED_SECRET,  clerk_oauth_tokens,        clerk_page_query,    clerk_page },
    { GET,    "/users/{user_id}/organization_memberships",              NEED_SECRET,  clerk_empty_list,          clerk_page_query,    clerk_page },
    { GET,    "/users/{user_id}/organization_invitations",              NEED_SECRET,  clerk_empty_list,          clerk_page_query,    clerk_page },
    { POST,   "/email_addresses",                                      NEED_SECRET,  clerk_email_create,        clerk_new_email,     clerk_email_address },
    { GET,    "/email_addresses/{id}",                                 NEED_SECRET,  clerk_email_get,           NULL,                clerk_email_address },
    { PATCH,  "/email_addresses/{id}",                                 NEED_SECRET,  clerk_email_update,        clerk_email_patch,   clerk_email_address },
    { DELETE, "/email_addresses/{id}",                                 NEED_SECRET,  clerk_email_delete,        NULL,                clerk_deleted },
    { PUT,    "/users/{user_id}/email_address",                        NEED_SECRET,  clerk_email_replace,       clerk_email_replacement, clerk_email_address },
    { POST,   "/phone_numbers",                                        NEED_SECRET,  clerk_phone_create,        clerk_new_phone,     clerk_phone_number },
    { GET,    "/phone_numbers/{id}",                                   NEED_SECRET,  clerk_phone_get,           NULL,                clerk_phone_number },
    { PATCH,  "/phone_numbers/{id}",                                   NEED_SECRET,  clerk_phone_update,        clerk_phone_patch,   clerk_phone_number },
    { DELETE, "/phone_numbers/{id}",                                   NEED_SECRET,  clerk_phone_delete,        NULL,                clerk_deleted },
    { PUT,    "/users/{user_id}/phone_number",                         NEED_SECRET,  clerk_phone_replace,       clerk_phone_replacement, clerk_phone_number },
    { GET,    "/sessions",                                             NEED_SECRET,  clerk_session_list,        clerk_session_query, clerk_session },
    { POST,   "/sessions",                                             NEED_SECRET,  clerk_session_create,      clerk_session_in,    clerk_session },
    { GET,    "/sessions/{session_id}",                                NEED_SECRET,  clerk_session_get,         NULL,                clerk_session },
    { POST,   "/sessions/{session_id}/revoke",                         NEED_SECRET,  clerk_session_revoke,      NULL,                clerk_session },
    { POST,   "/sessions/{session_id}/verify",                         NEED_SECRET,  clerk_session_verify,      clerk_verify_in,     clerk_session },
    { POST,   "/sessions/{session_id}/tokens",                         NEED_SECRET,  clerk_session_token,       clerk_token_in,      clerk_token },
    { POST,   "/sessions/{session_id}/tokens/{template}",              NEED_SECRET,  clerk_session_template,    NULL,                clerk_token },
    { POST,   "/sign_in_tokens",                                       NEED_SECRET,  clerk_sign_in_token_create, clerk_sign_in_token_in, clerk_sign_in_token },
    { POST,   "/sign_in_tokens/{token_id}/revoke",                     NEED_SECRET,  clerk_sign_in_token_revoke, NULL,                clerk_sign_in_token },
    { POST,   "/users/{user_id}/verify_totp",                          NEED_SECRET,  clerk_totp_verify,         clerk_code_in,       clerk_code_verified },
    { POST,   "/users/{user_id}/password/set_compromised",             NEED_SECRET,  clerk_password_compromise, clerk_compromise_in, clerk_user },
    { POST,   "/users/{user_id}/password/unset_compromised",           NEED_SECRET,  clerk_password_trust,      NULL,                clerk_user },
    { 0 }
};
/* clang-format on */

static const char *const clerk_mounts[] = { "/v1", NULL };

const Dialect clerk_dialect = {
    .name = "clerk",
    .mounts = clerk_mounts,
    .routes = clerk_routes,
    .errors = clerk_errors,
    .identify = clerk_identify,
    .write_error = clerk_write_error,
    .finish = clerk_finish,
    .read_user_id = clerk_read_user_id,
    .reply_user = clerk_reply_user,
};
