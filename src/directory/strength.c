/* strength.c: rules for new passwords (spec/gotrue.md 6.1, spec/clerk.md 6.4). */
#include "crypto/crypto.h"
#include "directory/internal.h"
#include "outbound/pwned.h"

/* Cuts the next set of required characters off; `\:` is a colon of the set. */
static char *next_set(Arena *arena, const char **rest)
{
    char *set = arena_alloc(arena, strlen(*rest) + 1);
    size_t n = 0;

    for (; **rest != '\0' && **rest != ':'; (*rest)++) {
        if ((*rest)[0] == '\\' && (*rest)[1] == ':')
            (*rest)++;
        set[n++] = **rest;
    }
    *rest += **rest == ':';
    return set;
}

/* All sets, joined by ", ", if one of them has no character in the password; else NULL. */
static const char *missing_sets(Ctx *ctx, const char *password)
{
    const char *rest = ctx->directory->password_required, *all = NULL;
    bool missing = false;

    while (!text_empty(rest)) {
        const char *set = next_set(ctx->arena, &rest);

        all = all == NULL ? set : arena_printf(ctx->arena, "%s, %s", all, set);
        missing = missing || strpbrk(password, set) == NULL;
    }
    return missing ? all : NULL;
}

Err password_fits(Ctx *ctx, const char *password, ptrdiff_t at)
{
    const size_t most = password_most_bytes(ctx->directory->password_hash);

    return strlen(password) <= most ? OK : fail(ctx, E_LONG_PASSWORD, at, "Password cannot be longer than %zu characters", most);
}

/* ---- known from a breach ---- */

typedef struct PwnedJob {
    Arena *arena;
    PwnedAsk ask;
    bool known;
} PwnedJob;

static Err run_pwned(void *arg)
{
    PwnedJob *job = arg;

    return pwned_ask(job->arena, &job->ask, &job->known);
}

static Err is_pwned(Ctx *ctx, const char *password, bool *ret)
{
    const Pwned *set = &ctx->directory->pwned;
    Lane *lane = ctx->directory->mail.hook_lane;
    PwnedJob job = { .arena = ctx->arena, .ask = { set->url, set->agent, password } };
    Err err;

    if (!set->on)
        return OK;
    err = lane == NULL ? run_pwned(&job) : lane_run(lane, run_pwned, &job);
    *ret = *ret || (err == OK && job.known);
    if (err == OK || !set->fail_closed)
        return OK;
    return fail(ctx, E_PWNED_UNKNOWN, NOWHERE, NULL);
}

/* ---- all of it ---- */

/* The reasons, and a sentence for each. */
typedef struct Weak {
    List reasons;
    const char *text;
} Weak;

static void add_reason(Ctx *ctx, Weak *weak, char *reason, const char *text)
{
    list_add(ctx->arena, &weak->reasons, reason);
    weak->text = weak->text == NULL ? text : arena_printf(ctx->arena, "%s %s", weak->text, text);
}

static void check_form(Ctx *ctx, int64_t least, const char *password, Weak *weak)
{
    const char *sets = missing_sets(ctx, password);

    if ((int64_t)strlen(password) < least)
        add_reason(ctx, weak, "length", arena_printf(ctx->arena, "Password should be at least %lld characters.", (long long)least));
    if (sets != NULL)
        add_reason(ctx, weak, "characters", arena_printf(ctx->arena, "Password should contain at least one character of each: %s.", sets));
}

Err password_check(Ctx *ctx, const UserPolicy *policy, const char *password, ptrdiff_t at)
{
    Weak weak = { 0 };
    bool known;

    TRY(password_fits(ctx, password, at));
    if (!policy->check_password)
        return OK;
    check_form(ctx, policy->password_min > 0 ? policy->password_min : ctx->directory->password_min, password, &weak);
    known = ctx->directory->password_uncommon && password_is_common(ctx, password);
    TRY(is_pwned(ctx, password, &known));
    if (known)
        add_reason(ctx, &weak, "pwned", "Password is known to be weak and easy to guess, please choose a different one.");
    if (weak.reasons.n == 0)
        return OK;
    IGNORE(fail(ctx, E_WEAK_PASSWORD, at, NULL));
    ctx->fault.text = weak.text; /* may be longer than fail() prints */
    ctx->fault.reasons = weak.reasons;
    return E_WEAK_PASSWORD;
}

Err dir_password_check(Ctx *ctx, const UserPolicy *policy, const char *password)
{
    return password_check(ctx, policy, password, NOWHERE);
}
