/* public.c: what anybody may read: health, settings, keys, discovery (spec/gotrue.md 3.21 to 3.23). */
#include "dialect/gotrue/internal.h"

Err gotrue_health(Ctx *ctx, const Req *req, Reply *reply)
{
    const GotrueSettings *settings = ctx_settings(ctx);

    (void)req;
    reply->status = settings->ready == NULL || atomic_load(settings->ready) ? 200 : 503;
    reply_header(reply, "Content-Type", "application/json");
    buf_printf(&reply->body, "{\"version\":\"%s\",\"name\":\"GoTrue\",\"description\":\"GoTrue is a user registration and authentication API\"}",
               settings->version);
    return OK;
}

/* External providers that the reference lists, in its order; those that have no row in the directory are off. */
static const char *const externals[] = { "anonymous_users", "apple",         "azure",  "bitbucket", "discord", "facebook",   "snapchat",
                                         "figma",           "fly",           "github", "gitlab",    "google",  "keycloak",   "kakao",
                                         "linkedin",        "linkedin_oidc", "notion", "spotify",   "slack",   "slack_oidc", "workos",
                                         "twitch",          "twitter",       "email",  "phone",     "zoom" };

bool gotrue_is_provider(const char *name)
{
    static const char *const unlisted[] = { "vercel_marketplace", "x" };

    for (size_t i = 0; i < COUNTOF(unlisted); i++)
        if (text_eq(unlisted[i], name))
            return true;
    for (size_t i = 1; i < COUNTOF(externals); i++)
        if (text_eq(externals[i], name))
            return !text_eq(name, "email") && !text_eq(name, "phone");
    return false;
}

static bool external_on(const Ctx *ctx, const char *name)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    Provider provider;

    if (provider_find(name, &provider))
        return ctx->directory->providers[provider].enabled;
    return text_eq(name, "email")   ? settings->email_enabled
           : text_eq(name, "phone") ? settings->phone_enabled
                                    : text_eq(name, "anonymous_users") && settings->anonymous_enabled;
}

Err gotrue_show_settings(Ctx *ctx, const Req *req, Reply *reply)
{
    const GotrueSettings *settings = ctx_settings(ctx);

    (void)req;
    reply->status = 200;
    reply_header(reply, "Content-Type", "application/json");
    buf_puts(&reply->body, "{\"external\":{");
    for (size_t i = 0; i < COUNTOF(externals); i++)
        buf_printf(&reply->body, "%s\"%s\":%s", i == 0 ? "" : ",", externals[i], external_on(ctx, externals[i]) ? "true" : "false");
    buf_printf(&reply->body, "},\"disable_signup\":%s,\"mailer_autoconfirm\":%s,\"phone_autoconfirm\":%s,\"sms_provider\":",
               settings->disable_signup ? "true" : "false", settings->mailer_autoconfirm ? "true" : "false",
               settings->sms_autoconfirm ? "true" : "false");
    json_write_string(&reply->body, settings->sms_provider, JSON_HTML);
    buf_puts(&reply->body, ",\"saml_enabled\":false,\"saml_private_key_next_configured\":true,\"passkeys_enabled\":false}");
    return OK;
}

Err gotrue_jwks(Ctx *ctx, const Req *req, Reply *reply)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    char *keys;

    (void)req;
    TRY(jwks_write(ctx->arena, settings->keys, &keys));
    reply_header(reply, "Cache-Control", "public, max-age=600");
    return reply_text(ctx, reply, 200, "application/json", str_of(keys));
}

/* Issuer without its trailing slashes. */
static const char *base_of(Ctx *ctx, const char *issuer)
{
    size_t n = strlen(issuer);

    while (n > 0 && issuer[n - 1] == '/')
        n--;
    return arena_strndup(ctx->arena, issuer, n);
}

static void put_url(Buf *buf, const char *name, const char *base, const char *path)
{
    buf_printf(buf, ",\"%s\":\"%s%s\"", name, base, path);
}

Err gotrue_discovery(Ctx *ctx, const Req *req, Reply *reply)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const char *base = base_of(ctx, settings->issuer);
    Buf *body = &reply->body;

    (void)req;
    reply->status = 200;
    reply_header(reply, "Content-Type", "application/json");
    reply_header(reply, "Cache-Control", "public, max-age=600");
    buf_printf(body, "{\"issuer\":\"%s\"", settings->issuer);
    put_url(body, "authorization_endpoint", base, "/oauth/authorize");
    put_url(body, "token_endpoint", base, "/oauth/token");
    put_url(body, "jwks_uri", base, "/.well-known/jwks.json");
    put_url(body, "userinfo_endpoint", base, "/oauth/userinfo");
    buf_puts(body, ",\"scopes_supported\":[\"openid\",\"profile\",\"email\",\"phone\",\"offline_access\"],\"response_types_supported\":[\"code\"],"
                   "\"response_modes_supported\":[\"query\"],\"grant_types_supported\":[\"authorization_code\",\"refresh_token\"],"
                   "\"subject_types_supported\":[\"public\"],\"id_token_signing_alg_values_supported\":[\"RS256\",\"HS256\",\"ES256\"],"
                   "\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\",\"client_secret_post\",\"none\"],"
                   "\"claims_supported\":[\"sub\",\"aud\",\"iss\",\"exp\",\"iat\",\"auth_time\",\"nonce\",\"email\",\"email_verified\","
                   "\"phone_number\",\"phone_number_verified\",\"name\",\"picture\",\"preferred_username\",\"updated_at\"],"
                   "\"code_challenge_methods_supported\":[\"S256\",\"plain\"]}");
    return OK;
}
