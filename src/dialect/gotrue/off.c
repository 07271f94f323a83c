/* off.c: what is not served, and sign-in by the ID tokens of other providers: each is refused as the reference does where it is switched off
 * (spec/gotrue.md 3.5, 3.6, 3.17 to 3.20). */
#include "base/id.h"
#include "dialect/gotrue/internal.h"

/* ---- whole features ---- */

Err gotrue_oauth_off(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    (void)reply;
    return fail(ctx, E_FEATURE_OFF, NOWHERE, "OAuth server is disabled");
}

Err gotrue_custom_off(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    (void)reply;
    return fail(ctx, E_FEATURE_OFF, NOWHERE, "Custom OAuth providers are disabled");
}

Err gotrue_saml_off(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    (void)reply;
    return gotrue_refuse(ctx, E_FEATURE_OFF, "saml_provider_disabled", "SAML 2.0 is disabled");
}

Err gotrue_passkeys_off(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    (void)reply;
    return gotrue_refuse(ctx, E_FEATURE_OFF, "passkey_disabled", "Passkeys are disabled");
}

/* ---- by a provider's token: grant_type=id_token ---- */

/* That of a tenant, which may be any name. */
static bool is_azure(const char *issuer)
{
    static const char head[] = "https://login.microsoftonline.com/";
    const char *tenant = issuer + sizeof(head) - 1, *end;

    if (!str_starts(str_of(issuer), STR(head)))
        return false;
    end = strchr(tenant, '/');
    return end != NULL && end != tenant && (strcmp(end, "/v2.0") == 0 || strcmp(end, "/v2.0/") == 0);
}

static bool is_apple(const char *issuer)
{
    return text_eq(issuer, "https://appleid.apple.com") || text_eq(issuer, "https://account.apple.com");
}

/* What an Azure token may say of itself is less strict than what a request may. */
static bool is_azure_token(const char *issuer)
{
    return str_starts(str_of(issuer), STR("https://login.microsoftonline.com/")) || str_starts(str_of(issuer), STR("https://sts.windows.net/"));
}

/* In the order in which the reference tries them. An issuer of the token itself is looked at where there are several. */
static const struct {
    const char *name, *issuer;
    const char *title;                     /* how messages call one with several issuers */
    bool (*is_issuer)(const char *issuer); /* as a request names it */
    bool (*is_in_token)(const char *issuer);
} token_providers[] = {
    { "apple", NULL, "Apple", is_apple, is_apple },
    { "google", "https://accounts.google.com", NULL, NULL, NULL },
    { "azure", NULL, "Azure", is_azure, is_azure_token },
    { "facebook", "https://www.facebook.com", NULL, NULL, NULL },
    { "keycloak", "", NULL, NULL, NULL }, /* its address is a setting */
    { "kakao", "https://kauth.kakao.com", NULL, NULL, NULL },
    { "vercel_marketplace", "https://marketplace.vercel.com", NULL, NULL, NULL },
    { "snapchat", "https://accounts.snapchat.com/accounts/oauth2/token", NULL, NULL, NULL },
};

/* The issuer that a token names, unverified; NULL: it is no token. */
static const char *issuer_of(Ctx *ctx, const char *token)
{
    Str rest = str_of(token), payload, text;
    const char *issuer;

    str_cut(&rest, '.');
    if (rest.p == NULL)
        return NULL;
    payload = str_cut(&rest, '.');
    if (rest.p == NULL || memchr(rest.p, '.', rest.n) != NULL || !base64_read(ctx->arena, payload, true, false, &text) ||
        json_check(ctx, text, JSON_DEPTH) != OK)
        return NULL;
    issuer = json_get(ctx->arena, str_dup(ctx->arena, text), "iss");
    return issuer == NULL ? "" : issuer;
}

static Err refuse_issuer(Ctx *ctx, size_t row, const TokenIn *in)
{
    const char *title = token_providers[row].title, *issuer = token_providers[row].issuer;

    if (title != NULL) {
        issuer = issuer_of(ctx, in->id_token);
        if (issuer == NULL)
            return fail(ctx, E_BAD_VALUE, NOWHERE, "Unable to detect issuer in ID token for %s provider", title);
        if (!token_providers[row].is_in_token(issuer))
            return fail(ctx, E_BAD_VALUE, NOWHERE, "Detected ID token issuer is not an %s ID token issuer", title);
        if (!text_empty(in->issuer) && !text_eq(in->issuer, issuer))
            return fail(ctx, E_BAD_VALUE, NOWHERE, "Provided issuer does not match ID token issuer");
    }
    return gotrue_refuse(ctx, E_BAD_VALUE, "provider_disabled",
                         arena_printf(ctx->arena, "Provider (issuer \"%s\") is not enabled", go_escape(ctx->arena, issuer)));
}

/* However long the name is. */
static Err refuse_name(Ctx *ctx, bool custom, const char *name)
{
    const char *shown = go_escape(ctx->arena, name);

    return gotrue_refuse(ctx, E_BAD_VALUE, "validation_failed",
                         custom ? arena_printf(ctx->arena, "Custom provider \"%s\" not found", shown)
                                : arena_printf(ctx->arena, "Custom OIDC provider \"%s\" not allowed", shown));
}

static Err refuse_token(Ctx *ctx, const TokenIn *in)
{
    const char *provider = in->provider == NULL ? "" : in->provider, *issuer = in->issuer == NULL ? "" : in->issuer;

    for (size_t i = 0; i < COUNTOF(token_providers); i++) {
        const bool named = token_providers[i].is_issuer == NULL ? *issuer != '\0' && text_eq(token_providers[i].issuer, issuer)
                                                                : token_providers[i].is_issuer(issuer);

        if (named || text_eq(token_providers[i].name, provider))
            return refuse_issuer(ctx, i, in);
    }
    return refuse_name(ctx, str_starts(str_of(provider), STR("custom:")), provider);
}

Err gotrue_grant_id_token(Ctx *ctx, const Req *req, const TokenIn *in, Reply *reply)
{
    if (text_empty(in->id_token))
        return gotrue_oauth_error(ctx, req, reply, "invalid request", "id_token required");
    if (text_empty(in->provider) && (text_empty(in->client_id) || text_empty(in->issuer)))
        return gotrue_oauth_error(ctx, req, reply, "invalid request", "provider or client_id and issuer required");
    if (in->link_identity && req_header(req, "authorization").n == 0)
        return gotrue_oauth_error(ctx, req, reply, "invalid request", "Linking requires a valid user access token in Authorization");
    if (in->link_identity)
        TRY(gotrue_identify_user(ctx, req));
    return refuse_token(ctx, in);
}
