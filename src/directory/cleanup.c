/* cleanup.c: now and then, what is over is taken away for good, as the reference does beside its requests (spec/gotrue.md 0.10). */
#include "base/clock.h"
#include "directory/internal.h"

#define DAY (24 * US_PER_HOUR)

/* Is the step due at all? Settings say so, but for flows: anybody may begin one, and none is of use after a day. */
static bool is_wanted(const Directory *dir, CleanStep step)
{
    if (!dir->cleanup)
        return step == CLEAN_FLOWS;
    return (step != CLEAN_TIMEBOX || dir->session_timebox > 0) && (step != CLEAN_INACTIVE || dir->session_inactivity > 0);
}

static Err delete_one(Tx *tx, void *arg)
{
    const CleanId *user = arg;

    TRY(store_tries_delete(tx, user->id));
    return store_user_delete(tx, user->id);
}

static Err clean_anonymous(Ctx *ctx, const CleanKey *key, bool *more)
{
    List users = { 0 };

    TRY(store_clean_anonymous(db_auto(ctx), key, &users));
    for (size_t i = 0; i < users.n; i++)
        TRY(tx_run(ctx, delete_one, users.v[i]));
    *more = *more || users.n > 0;
    return OK;
}

Err dir_clean(Ctx *ctx, bool *more)
{
    const Directory *dir = ctx->directory;
    const CleanKey key = { .now = ctx->now,
                           .day = ctx->now - DAY,
                           .three_days = ctx->now - 3 * DAY,
                           .month = ctx->now - 30 * DAY,
                           .timebox = ctx->now - dir->session_timebox - DAY,
                           .inactive = ctx->now - dir->session_inactivity - DAY };
    int64_t changed;

    *more = false;
    for (CleanStep step = 0; step < CLEAN_STEPS; step++)
        if (is_wanted(dir, step)) {
            TRY(store_clean(db_auto(ctx), step, &key, &changed));
            *more = *more || changed > 0;
        }
    return dir->cleanup && dir->clean_anonymous ? clean_anonymous(ctx, &key, more) : OK;
}
