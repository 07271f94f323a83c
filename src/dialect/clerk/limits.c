/* limits.c: Clerk's limits, imitated where HECATE_CLERK_LIMITS says so (spec/clerk.md 1.5): so many requests of a key, and of some routes so many
 * about one thing. */
#include "base/clock.h"
#include "dialect/buckets.h"
#include "dialect/clerk/internal.h"

enum { LIVE = 1000, TEST = 100, KEY_SECONDS = 10 };

/* Routes name these. */
typedef struct Limit {
    const char *name, *param; /* NULL: the whole instance's */
    double most, seconds;     /* 0: the key's limit does not count it, either */
} Limit;
static const Limit limits[] = {
    { "none", NULL, 0, 0 },
    { "user", "user_id", 10, 10 },
    { "organization", "organization_id", 10, 10 },
    { "membership", "user_id", 10, 10 },
    { "invitations", NULL, 100, 3600 },
    { "bulk invitations", NULL, 25, 3600 },
    { "organization invitations", "organization_id", 250, 3600 },
    { "bulk organization invitations", "organization_id", 50, 3600 },
};

static const Limit *limit_of(const Route *route)
{
    for (size_t i = 0; route != NULL && i < COUNTOF(limits); i++)
        if (text_eq(limits[i].name, route->limit))
            return &limits[i];
    return NULL;
}

static Err take(Ctx *ctx, const char *name, const char *key, double most, double seconds)
{
    const ClerkSettings *settings = ctx_settings(ctx);

    return buckets_take(settings->buckets, arena_printf(ctx->arena, "clerk %s", name), str_of(key), most / seconds, most, clock_mono_us(), NULL)
               ? OK
               : fail(ctx, E_RATE_LIMIT, NOWHERE, NULL);
}

/* A route that names no row serves nobody, so that its first request shows the slip. */
Err clerk_limit(Ctx *ctx, const Route *route)
{
    const ClerkSettings *settings = ctx_settings(ctx);
    const Limit *limit = limit_of(route);

    if (limit == NULL && route != NULL && route->limit != NULL)
        return fail(ctx, E_RATE_LIMIT, NOWHERE, NULL);
    if (!settings->limits || (limit != NULL && limit->most == 0))
        return OK;
    TRY(take(ctx, "key", "", settings->live ? LIVE : TEST, KEY_SECONDS));
    return limit == NULL ? OK : take(ctx, limit->name, limit->param == NULL ? "" : req_param(ctx, limit->param), limit->most, limit->seconds);
}
