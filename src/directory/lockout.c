/* lockout.c: wrong passwords are counted, and keep a user out for a time (spec/clerk.md 6.3). A try is counted after it was looked at and before
 * anybody hears of it: of many at a time no more than the bound learn that they were wrong. Names that nobody has are counted under an id of their
 * own; so are addresses to which a message would have gone, had they been somebody's. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/post.h"

enum { FORGET_ONE_IN = 64 };

/* Do wrong passwords of this time still count? */
static bool is_recent(const Ctx *ctx, const User *user)
{
    return user->failed_attempts > 0 && user->failed_at > ctx->now - ctx->directory->lockout.time;
}

int64_t user_tries_left(const Ctx *ctx, const User *user)
{
    const int64_t most = ctx->directory->lockout.tries, used = is_recent(ctx, user) ? user->failed_attempts : 0;

    return most == 0 ? -1 : used < most ? most - used : 0;
}

int64_t user_locked_until(const Ctx *ctx, const User *user)
{
    const int64_t by_tries = user_tries_left(ctx, user) == 0 ? user->failed_at + ctx->directory->lockout.time : 0;
    const int64_t until = user->locked_until > by_tries ? user->locked_until : by_tries;

    return until > ctx->now ? until : 0;
}

void lockout_bounds(const Ctx *ctx, SessionWrite *write)
{
    const Lockout *lockout = &ctx->directory->lockout;

    write->most = lockout->tries == 0 ? INT64_MAX : lockout->tries;
    write->before = ctx->now - lockout->time;
}

/* The first bytes of a hash of what was tried and for which name. */
static const char *id_of(Ctx *ctx, const char *what, const char *name)
{
    const char *text = arena_printf(ctx->arena, "%s %s", what, text_lower(ctx->arena, name == NULL ? "" : name));
    uint8_t sum[32];

    hash_sum(HASH_SHA256, str_of(text), sum);
    return uuid_from_bytes(ctx->arena, sum);
}

static const char *id_of_nobody(Ctx *ctx, const SignIn *in)
{
    return in->email != NULL      ? id_of(ctx, "nobody email", in->email)
           : in->username != NULL ? id_of(ctx, "nobody username", in->username)
                                  : id_of(ctx, "nobody phone", in->phone);
}

/* Of what is kept nothing is looked at any more. */
static Err forget(Ctx *ctx, int64_t before)
{
    return random_below(FORGET_ONE_IN) == 0 ? store_tries_forget(db_auto(ctx), before) : OK;
}

Err lockout_count(Ctx *ctx, const SignIn *in, const User *user)
{
    SessionWrite write = { .user_id = user != NULL ? user->id : id_of_nobody(ctx, in), .now = ctx->now };
    bool counted;

    if (ctx->directory->lockout.tries == 0)
        return fail(ctx, E_BAD_SIGN_IN, NOWHERE, NULL);
    lockout_bounds(ctx, &write);
    TRY(store_try_count(db_auto(ctx), &write, &counted));
    TRY(forget(ctx, write.before));
    return fail(ctx, counted ? E_BAD_SIGN_IN : E_LOCKED, NOWHERE, NULL);
}

Err nobody_asked(Ctx *ctx, const char *what, const char *address, bool phone)
{
    const int64_t wait = frequency_wait(ctx, phone);
    const SessionWrite write = { .user_id = id_of(ctx, what, address), .now = ctx->now, .before = ctx->now - wait - 1, .most = 1 };
    int64_t at;
    bool first;

    TRY(store_try_count(db_auto(ctx), &write, &first));
    if (first)
        return forget(ctx, ctx->now - (wait > ctx->directory->lockout.time ? wait : ctx->directory->lockout.time));
    TRY(store_try_time(db_auto(ctx), write.user_id, &at));
    return frequency_check(ctx, at == 0 ? ctx->now : at, phone);
}
