/* public.c: what anybody may read: keys and discovery (spec/auth0.md 7.4). */
#include "dialect/auth0/internal.h"

Err auth0_jwks(Ctx *ctx, const Req *req, Reply *reply)
{
    const Auth0Settings *settings = ctx_settings(ctx);
    char *keys;

    (void)req;
    TRY(jwks_write(ctx->arena, settings->keys, &keys));
    reply_header(reply, "Cache-Control", "public, max-age=15");
    return reply_text(ctx, reply, 200, AUTH0_JSON, str_of(keys));
}

/* Members whose value is a path under the issuer. */
static const struct {
    const char *name, *path;
} endpoints[] = {
    { "authorization_endpoint", "authorize" },
    { "token_endpoint", "oauth/token" },
    { "device_authorization_endpoint", "oauth/device/code" },
    { "userinfo_endpoint", "userinfo" },
    { "mfa_challenge_endpoint", "mfa/challenge" },
    { "jwks_uri", ".well-known/jwks.json" },
    { "registration_endpoint", "oidc/register" },
    { "revocation_endpoint", "oauth/revoke" },
};

static const char lists[] =
    ",\"scopes_supported\":[\"openid\",\"profile\",\"offline_access\",\"name\",\"given_name\",\"family_name\",\"nickname\",\"email\","
    "\"email_verified\",\"picture\",\"created_at\",\"identities\",\"phone\",\"address\"],\"response_types_supported\":[\"code\"],"
    "\"code_challenge_methods_supported\":[\"S256\",\"plain\"],\"response_modes_supported\":[\"query\",\"fragment\",\"form_post\"],"
    "\"subject_types_supported\":[\"public\"],\"id_token_signing_alg_values_supported\":[\"HS256\",\"RS256\"],"
    "\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\",\"client_secret_post\"],"
    "\"claims_supported\":[\"aud\",\"auth_time\",\"created_at\",\"email\",\"email_verified\",\"exp\",\"family_name\",\"given_name\",\"iat\","
    "\"identities\",\"iss\",\"name\",\"nickname\",\"phone_number\",\"picture\",\"sub\"],\"request_uri_parameter_supported\":false,"
    "\"request_parameter_supported\":false}";

Err auth0_discovery(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *issuer = auth0_issuer(ctx);
    Buf *body = &reply->body;

    (void)req;
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    reply_header(reply, "Cache-Control", "public, max-age=15");
    buf_printf(body, "{\"issuer\":%s", json_quote(ctx->arena, issuer));
    for (size_t i = 0; i < COUNTOF(endpoints); i++)
        buf_printf(body, ",\"%s\":%s", endpoints[i].name, json_quote(ctx->arena, arena_printf(ctx->arena, "%s%s", issuer, endpoints[i].path)));
    buf_puts(body, lists);
    return OK;
}
