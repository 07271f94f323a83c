/* limits.c: how often an address may call the Authentication API: one bucket a limiter and address. */
#include <math.h>

#include "base/clock.h"
#include "dialect/auth0/internal.h"
#include "dialect/buckets.h"

enum { BURST = 30 };

/* Routes and grants name these. Refill: the setting's number in so many seconds. */
#define RATE(m) offsetof(Auth0Settings, m)
static const struct {
    const char *name;
    size_t setting; /* offset in Auth0Settings, an int64_t */
    double seconds;
} limiters[] = {
    { "sign-in", RATE(rate_sign_in), 300 },  { "sign-up", RATE(rate_sign_up), 300 },  { "forgotten", RATE(rate_sign_up), 300 },
    { "mfa challenge", RATE(rate_mfa), 60 }, { "mfa associate", RATE(rate_mfa), 60 }, { "mfa", RATE(rate_mfa), 60 },
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

static Err take(Ctx *ctx, const char *name, Str key, double rate)
{
    const Auth0Settings *settings = ctx_settings(ctx);
    double left;
    const bool taken = buckets_take(settings->buckets, arena_printf(ctx->arena, "auth0 %s", name), key, rate, BURST, clock_mono_us(), &left);

    ctx_call(ctx)->allowance = (Allowance){ .most = BURST, .left = (int64_t)left, .next = (int64_t)ceil((1 - (left - floor(left))) / rate) };
    return taken ? OK : fail(ctx, E_RATE_LIMIT, NOWHERE, NULL);
}

Err auth0_limit_address(Ctx *ctx, const Req *req, const OauthClient *client, const char *name)
{
    const Auth0Settings *settings = ctx_settings(ctx);
    const Str key = key_of(ctx, req, client);

    if (key.n == 0 || settings->buckets == NULL)
        return OK;
    for (size_t i = 0; i < COUNTOF(limiters); i++)
        if (text_eq(limiters[i].name, name)) {
            const int64_t number = *(const int64_t *)(const void *)((const char *)settings + limiters[i].setting);

            return number == 0 ? OK : take(ctx, name, key, (double)number / limiters[i].seconds);
        }
    return OK;
}

Err auth0_enter(Ctx *ctx, const Req *req, Str path, const Route *route)
{
    (void)path;
    return route == NULL || route->limit == NULL ? OK : auth0_limit_address(ctx, req, NULL, route->limit);
}
