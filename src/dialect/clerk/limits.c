/* limits.c: Clerk's limits, imitated where HECATE_CLERK_LIMITS says so (spec/clerk.md 1.5): so many requests of a key, and of some routes so many
 * about one thing. */
#include "base/clock.h"
#include "dialect/buckets.h"
#include "dialect/clerk/internal.h"

enum { LIVE = 1000, TEST = 100, KEY_SECONDS = 10 };

/* Routes name these. */
static const struct {
    const char *name, *param; /* NULL: the whole instance's */
    double most, seconds;
} limiters[] = {
    { "user", "user_id", 10, 10 },
    { "organization", "organization_id", 10, 10 },
    { "membership", "user_id", 10, 10 },
    { "invitations", NULL, 100, 3600 },
    { "bulk invitations", NULL, 25, 3600 },
    { "organization invitations", "organization_id", 250, 3600 },
    { "bulk organization invitations", "organization_id", 50, 3600 },
};

static Err take(Ctx *ctx, const char *name, const char *key, double most, double seconds)
{
    const ClerkSettings *settings = ctx_settings(ctx);

    return buckets_take(settings->buckets, arena_printf(ctx->arena, "clerk %s", name), str_of(key), most / seconds, most, clock_mono_us(), NULL)
               ? OK
               : fail(ctx, E_RATE_LIMIT, NOWHERE, NULL);
}

Err clerk_limit(Ctx *ctx, const Route *route)
{
    const ClerkSettings *settings = ctx_settings(ctx);
    const char *name = route == NULL ? NULL : route->limit;

    if (!settings->limits || text_eq(name, "none"))
        return OK;
    TRY(take(ctx, "key", "", settings->live ? LIVE : TEST, KEY_SECONDS));
    for (size_t i = 0; name != NULL && i < COUNTOF(limiters); i++)
        if (text_eq(limiters[i].name, name))
            TRY(take(ctx, name, limiters[i].param == NULL ? "" : req_param(ctx, limiters[i].param), limiters[i].most, limiters[i].seconds));
    return OK;
}
