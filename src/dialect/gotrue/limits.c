/* limits.c: how often an address may call (spec/gotrue.md 8.1): one bucket a limiter and address. */
#include "dialect/gotrue/internal.h"

#define RATE(m) offsetof(GotrueSettings, m)
static const Limiter limiters[] = {
    { "AnonymousSignIns", RATE(rate_anonymous), 3600, 0 },
    { "Signups", RATE(rate_otp), 300, 30 },
    { "Recover", RATE(rate_otp), 300, 30 },
    { "Resend", RATE(rate_otp), 300, 30 },
    { "MagicLink", RATE(rate_otp), 300, 30 },
    { "Otp", RATE(rate_otp), 300, 30 },
    { "User", RATE(rate_otp), 300, 30 },
    { "Token", RATE(rate_token), 300, 30 },
    { "Authorize", RATE(rate_token), 300, 30 }, /* each call keeps a flow for a while */
    { "Web3", RATE(rate_web3), 300, 30 },
    { "Verify", RATE(rate_verify), 300, 30 },
    { "FactorChallenge", RATE(rate_factor), 60, 30 },
    { "FactorVerify", RATE(rate_factor), 60, 30 },
};

Err gotrue_limit(Ctx *ctx, const Req *req, const char *name)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const Str key = origin_key(ctx, req, &settings->origin);

    return limiter_take(limiters, COUNTOF(limiters), name, settings, settings->buckets, key, NULL) ? OK : fail(ctx, E_RATE_LIMIT, NOWHERE, NULL);
}

/* Grants that are not served are no tries. */
static const char *limiter_of_grant(Ctx *ctx, const Req *req)
{
    static const char *const rows[][2] = {
        { "password", "Token" }, { "refresh_token", "Token" }, { "pkce", "Token" }, { "id_token", "Token" }, { "web3", "Web3" }
    };
    char *type = NULL;

    IGNORE(gotrue_grant_type(ctx, req, &type)); /* the handler says what is wrong with it */
    for (size_t i = 0; i < COUNTOF(rows); i++)
        if (text_eq(rows[i][0], type))
            return rows[i][1];
    return NULL;
}

Err gotrue_limit_route(Ctx *ctx, const Req *req, const Route *route)
{
    const char *name = route == NULL ? NULL : route->limit;

    if (name != NULL && route->fn == gotrue_token)
        name = limiter_of_grant(ctx, req);
    return name == NULL ? OK : gotrue_limit(ctx, req, name);
}
