/* routes.c: one row an operation (spec/gotrue.md 1). */
#include "dialect/gotrue/internal.h"

/* clang-format off */
const Route gotrue_routes[] = {
    /* method  path                                need          fn                    in                  out */
    { GET,    "/health",                           NEED_NOTHING, gotrue_health },
    { GET,    "/settings",                         NEED_NOTHING, gotrue_show_settings },
    { GET,    "/.well-known/jwks.json",            NEED_NOTHING, gotrue_jwks },
    { GET,    "/.well-known/openid-configuration", NEED_NOTHING, gotrue_discovery },
    { GET,    "/.well-known/oauth-authorization-server", NEED_NOTHING, gotrue_oauth_off },
    { GET,    "/authorize",                        NEED_NOTHING, gotrue_authorize },
    { GET,    "/oauth/authorize",                  NEED_NOTHING, gotrue_oauth_off },
    { POST,   "/oauth/token",                      NEED_NOTHING, gotrue_oauth_off },
    { POST,   "/sso",                              NEED_NOTHING, gotrue_saml_off,      NULL,              NULL,           .flags = ROUTE_SLASH },
    { GET,    "/sso/saml/metadata",                NEED_NOTHING, gotrue_saml_off },
    { GET,    "/passkeys",                         NEED_NOTHING, gotrue_passkeys_off,  NULL,              NULL,           .flags = ROUTE_SLASH },
    { POST,   "/passkeys/authentication/options",  NEED_NOTHING, gotrue_passkeys_off },
    { POST,   "/signup",                           NEED_NOTHING, gotrue_signup,        gotrue_signup_in,  gotrue_session, .flags = ROUTE_CAPTCHA },
    { POST,   "/otp",                              NEED_NOTHING, gotrue_otp,           gotrue_otp_in, .limit = "Otp", .flags = ROUTE_CAPTCHA },
    { POST,   "/magiclink",                        NEED_NOTHING, gotrue_magiclink,     gotrue_otp_in, .limit = "MagicLink", .flags = ROUTE_CAPTCHA },
    { POST,   "/recover",                          NEED_NOTHING, gotrue_recover,       gotrue_otp_in, .limit = "Recover", .flags = ROUTE_CAPTCHA },
    { POST,   "/resend",                           NEED_NOTHING, gotrue_resend,        gotrue_resend_in, .limit = "Resend", .flags = ROUTE_CAPTCHA },
    { GET,    "/verify",                           NEED_NOTHING, gotrue_verify_get,    NULL,              NULL,           .flags = ROUTE_SLASH, .limit = "Verify" },
    { POST,   "/verify",                           NEED_NOTHING, gotrue_verify_post,   gotrue_verify_in,  gotrue_session, .flags = ROUTE_SLASH, .limit = "Verify" },
    { POST,   "/token",                            NEED_NOTHING, gotrue_token,         gotrue_token_in,   gotrue_session, .limit = "Token", .flags = ROUTE_CAPTCHA },
    { GET,    "/user",                             NEED_USER,    gotrue_me,            NULL,              gotrue_user,    .flags = ROUTE_SLASH },
    { PUT,    "/user",                             NEED_USER,    gotrue_own_update,    gotrue_user_in,    gotrue_user,    .flags = ROUTE_SLASH, .limit = "User" },
    { POST,   "/user",                             NEED_USER,    gotrue_own_update,    gotrue_user_in,    gotrue_user,    .flags = ROUTE_SLASH, .limit = "User" }, /* the Elixir client asks so */
    { GET,    "/reauthenticate",                   NEED_USER,    gotrue_reauthenticate, NULL,             NULL,           .flags = ROUTE_SLASH },
    { GET,    "/user/identities",                  NEED_USER,    gotrue_own_identities, NULL,             gotrue_identity },
    { DELETE, "/user/identities/{identity_id}",    NEED_USER,    gotrue_own_identity_delete },
    { POST,   "/factors",                          NEED_USER,    gotrue_factor_enroll, gotrue_factor_in,  gotrue_enrolment, .flags = ROUTE_SLASH },
    { POST,   "/factors/{factor_id}/challenge",    NEED_USER,    gotrue_factor_challenge, gotrue_challenge_in, gotrue_challenge, .limit = "FactorChallenge" },
    { POST,   "/factors/{factor_id}/verify",       NEED_USER,    gotrue_factor_verify, gotrue_factor_verify_in, gotrue_session, .limit = "FactorVerify" },
    { DELETE, "/factors/{factor_id}",              NEED_USER,    gotrue_factor_unenroll, NULL,            gotrue_id,      .flags = ROUTE_SLASH },
    { POST,   "/logout",                           NEED_USER,    gotrue_logout },
    { POST,   "/invite",                           NEED_SECRET,  gotrue_invite,        gotrue_invite_in,  gotrue_user },
    { POST,   "/admin/generate_link",              NEED_SECRET,  gotrue_generate_link, gotrue_generate_link_in, gotrue_link },
    { GET,    "/admin/users",                      NEED_SECRET,  gotrue_user_list,     NULL,              gotrue_users,   .flags = ROUTE_SLASH },
    { POST,   "/admin/users",                      NEED_SECRET,  gotrue_user_create,   gotrue_admin_user, gotrue_user,    .flags = ROUTE_SLASH },
    { GET,    "/admin/users/{user_id}",            NEED_SECRET,  gotrue_user_get,      NULL,              gotrue_user,    .flags = ROUTE_SLASH },
    { PUT,    "/admin/users/{user_id}",            NEED_SECRET,  gotrue_user_update,   gotrue_admin_user, gotrue_user,    .flags = ROUTE_SLASH },
    { DELETE, "/admin/users/{user_id}",            NEED_SECRET,  gotrue_user_delete,   gotrue_delete,     NULL,           .flags = ROUTE_SLASH },
    { GET,    "/admin/users/{user_id}/factors",    NEED_SECRET,  gotrue_factor_list,   NULL,              gotrue_factor,  .flags = ROUTE_SLASH },
    { PUT,    "/admin/users/{user_id}/factors/{factor_id}", NEED_SECRET, gotrue_factor_update, gotrue_factor_in, gotrue_factor, .flags = ROUTE_SLASH },
    { DELETE, "/admin/users/{user_id}/factors/{factor_id}", NEED_SECRET, gotrue_factor_delete, NULL,      gotrue_factor,  .flags = ROUTE_SLASH },
    { GET,    "/admin/users/{user_id}/identities", NEED_SECRET,  gotrue_identity_list, NULL,              gotrue_identity, .flags = ROUTE_SLASH },
    { DELETE, "/admin/users/{user_id}/identities/{identity_id}", NEED_SECRET, gotrue_identity_delete },
    { GET,    "/admin/users/{user_id}/sessions",   NEED_SECRET,  gotrue_session_list,  NULL,              gotrue_session_row, .flags = ROUTE_SLASH },
    { DELETE, "/admin/users/{user_id}/sessions",   NEED_SECRET,  gotrue_sessions_end,  NULL,              NULL,           .flags = ROUTE_SLASH },
    { DELETE, "/admin/users/{user_id}/sessions/{session_id}", NEED_SECRET, gotrue_sessions_end },
    { GET,    "/admin/audit",                      NEED_SECRET,  gotrue_audit_list,    NULL,              gotrue_event,   .flags = ROUTE_SLASH },
    { 0 }
};
/* clang-format on */

static const char *const gotrue_mounts[] = { "", "/auth/v1", NULL };

const Dialect gotrue_dialect = {
    .name = "gotrue",
    .mounts = gotrue_mounts,
    .routes = gotrue_routes,
    .errors = gotrue_errors,
    .intercept = gotrue_intercept,
    .identify = gotrue_identify,
    .allow = NULL,
    .enter = gotrue_enter,
    .write_error = gotrue_write_error,
    .finish = gotrue_finish,
    .read_user_id = gotrue_read_user_id,
    .reply_user = gotrue_reply_user,
};
