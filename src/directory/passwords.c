/* passwords.c: hashing and verifying passwords in the lane, sign-in by password. */
#include "crypto/crypto.h"

#include "base/clock.h"
#include "base/id.h"
#include "directory/internal.h"
#include "directory/pace.h"

Err fail_at(Ctx *ctx, Err err, ptrdiff_t at)
{
    ctx->fault.err = err;
    ctx->fault.at = at;
    return err;
}

/* ---- the lane ---- */

enum { PATIENCE_US = 10 * 1000 };

typedef struct HashJob {
    Arena *arena;
    const char *setting, *hash;
    Str password;
    char *made;
    int64_t us, wall; /* of a processor, and by the clock, that its verifications took */
} HashJob;

static Err run_make(void *arg)
{
    HashJob *job = arg;

    return password_make(job->arena, job->setting, job->password, &job->made);
}

static Err run_verify(void *arg)
{
    HashJob *job = arg;
    const int64_t from = clock_thread_us();
    const Err err = password_verify(str_of(job->hash), job->password);

    job->us += clock_thread_us() - from;
    return err;
}

/* Where others wait for a hash there are many sign-ins: none of their commits holds up who does not wait for hashes. */
static Err in_lane(Ctx *ctx, Err (*fn)(void *arg), HashJob *job)
{
    const int64_t from = clock_mono_us();
    Lane *lane = ctx->directory->hash_lane;
    const Err err = lane == NULL ? fn(job) : lane_run(lane, fn, job);

    ctx->patience = lane != NULL && lane_waiting(lane) > 0 ? PATIENCE_US : 0;
    job->wall += clock_mono_us() - from;
    return err;
}

Err password_room(const Ctx *ctx)
{
    return ctx->directory->hash_lane != NULL && lane_full(ctx->directory->hash_lane) ? E_BUSY : OK;
}

Err password_fits_hash(Ctx *ctx, const char *hash, const char *password)
{
    HashJob job = { .hash = hash, .password = str_of(password) };

    return in_lane(ctx, run_verify, &job);
}

Err password_hash(Ctx *ctx, const char *password, char **ret)
{
    HashJob job = { .arena = ctx->arena, .setting = ctx->directory->password_hash, .password = str_of(password) };

    TRY(in_lane(ctx, run_make, &job));
    *ret = job.made;
    return OK;
}

char *password_random(Ctx *ctx)
{
    return random_text(ctx->arena, 64, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}

Err password_place(Ctx *ctx, User *user, const char *hash, ptrdiff_t at)
{
    if (password_hash_check(str_of(hash)) != OK)
        return fail(ctx, E_BAD_HASH, at, NULL);
    user->encrypted_password = scheme_of(str_of(hash))->core ? hash : "";
    user->digest = scheme_of(str_of(hash))->core ? NULL : hash;
    return OK;
}

/* Has somebody looked at the password? Else there was no place, no time or no memory. */
static bool is_verdict(Err err)
{
    return err == OK || err == E_WRONG_PASSWORD || err == E_NO_PASSWORD || err == E_FOREIGN_PASSWORD || err == E_BAD_HASH || err == E_LONG_PASSWORD;
}

/* What a refused try of such a hash costs is known from now on. An overlong password is refused unseen. */
static void learn(const Ctx *ctx, const HashJob *job, const char *hash, Err err)
{
    const Str kind = text_empty(hash) || err == E_BAD_HASH ? STR("") : password_kind(str_of(hash));

    if (err != OK && is_verdict(err) && job->password.n <= PASSWORD_MOST_BYTES)
        pace_learn(ctx->directory->pace, arena_printf(ctx->arena, "%s %.*s", ctx->directory->password_hash, (int)kind.n, kind.p), job->us, job->wall);
}

/* Nobody's hash is tried too where the user's takes less time than a new one (a right password becomes a new hash then) or cannot be tried: the time
 * tells nothing of the user. */
static Err try_hash(Ctx *ctx, HashJob *job, const char *hash)
{
    const char *setting = ctx->directory->password_hash;
    Err err = E_NO_PASSWORD, decoy_err;

    job->hash = hash;
    if (!text_empty(hash)) {
        err = in_lane(ctx, run_verify, job);
        if (err == OK || !is_verdict(err) || (err == E_WRONG_PASSWORD && !password_is_weaker(str_of(hash), setting)))
            return err;
    }
    job->hash = password_decoy(ctx->arena, setting);
    decoy_err = job->hash == NULL ? OK : in_lane(ctx, run_verify, job);
    return is_verdict(decoy_err) ? err : decoy_err;
}

Err password_try(Ctx *ctx, const User *user, const char *password)
{
    const char *hash = user == NULL ? NULL : !text_empty(user->encrypted_password) ? user->encrypted_password : user->digest;
    HashJob job = { .password = str_of(password) };
    const Err err = try_hash(ctx, &job, hash);

    learn(ctx, &job, hash, err);
    if (err == E_FOREIGN_PASSWORD)
        return cognito_try(ctx, hash, password);
    return err == E_BAD_HASH || err == E_LONG_PASSWORD ? E_WRONG_PASSWORD : err; /* what others wrote and nobody can read is wrong, too */
}

typedef struct Renewal {
    const User *user;
    const char *hash;
    bool renewed;
} Renewal;

static Err renew(Tx *tx, void *arg)
{
    Renewal *renewal = arg;

    TRY(store_user_renew_password(tx, renewal->user, renewal->hash, &renewal->renewed));
    if (renewal->renewed && renewal->user->digest != NULL)
        return store_password_delete(tx, renewal->user->id); /* a core hash wins over it */
    return OK;
}

void password_renew(Ctx *ctx, User *user, const char *password)
{
    const char *hash = !text_empty(user->encrypted_password) ? user->encrypted_password : user->digest;
    Renewal renewal = { .user = user };
    char *made;

    if (hash == NULL || strlen(password) > password_most_bytes(ctx->directory->password_hash) ||
        !password_is_weaker(str_of(hash), ctx->directory->password_hash) || password_hash(ctx, password, &made) != OK)
        return;
    renewal.hash = made;
    if (tx_run(ctx, renew, &renewal) != OK || !renewal.renewed)
        return; /* the old hash goes on to work: the next sign-in tries again */
    user->encrypted_password = made;
    user->digest = NULL;
    user->updated_at = ctx->now;
}

Err dir_password_verify(Ctx *ctx, const char *id, const char *password)
{
    const int64_t since = clock_mono_us();
    User *user;
    Err err;

    TRY(dir_user_get(ctx, id, &user));
    err = password_try(ctx, user, password);
    if (is_verdict(err) && err != OK)
        pace_wait(ctx, since);
    TRY(err);
    password_renew(ctx, user, password);
    return OK;
}
