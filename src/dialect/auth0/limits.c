/* limits.c: how often an address may call the Authentication API: one bucket a limiter and address. */
#include "dialect/auth0/internal.h"

enum { BURST = 30 };

/* Grants name these, too. */
#define LIMITER(name, member, seconds)                              \
    {                                                               \
        name, offsetof(Auth0Settings, member), seconds, BURST, true \
    }
static const Limiter limiters[] = {
    LIMITER("sign-in", rate_sign_in, 300),  LIMITER("sign-up", rate_sign_up, 300),  LIMITER("forgotten", rate_sign_up, 300),
    LIMITER("mfa challenge", rate_mfa, 60), LIMITER("mfa associate", rate_mfa, 60), LIMITER("mfa", rate_mfa, 60),
};

/* A client that proved itself names its user's address, where it is trusted to. */
static Str key_of(Ctx *ctx, const Req *req, const OauthClient *client)
{
    const Auth0Settings *settings = ctx_settings(ctx);
    Str key = STR("");

    if (client != NULL && client->proven && client->rules.ip_header)
        key = origin_first(ctx, req_header(req, "auth0-forwarded-for"));
    return key.n > 0 ? key : origin_key(ctx, req, &settings->origin);
}

Err auth0_limit_address(Ctx *ctx, const Req *req, const OauthClient *client, const char *name)
{
    const Auth0Settings *settings = ctx_settings(ctx);

    return limiter_take(limiters, COUNTOF(limiters), name, settings, settings->buckets, key_of(ctx, req, client), &ctx_call(ctx)->allowance)
               ? OK
               : fail(ctx, E_RATE_LIMIT, NOWHERE, NULL);
}

Err auth0_enter(Ctx *ctx, const Req *req, Str path, const Route *route)
{
    (void)path;
    return route == NULL || route->limit == NULL ? OK : auth0_limit_address(ctx, req, NULL, route->limit);
}
