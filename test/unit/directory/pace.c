/* pace.c: when a refused sign-in is answered, and what waits for the commits of others. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "directory/internal.h"
#include "directory/pace.h"
#include "run/run.h"

#include "test.h"

static const int64_t ms = 1000;

TEST(pace_is_above_the_slowest_kind)
{
    Pace *pace CLEANUP(pace_freep) = pace_new();

    pace_learn(pace, "bcrypt", 50 * ms, 50 * ms);
    pace_learn(pace, "argon2id", 200 * ms, 200 * ms);
    assert_in_range(pace_due(pace, 50 * ms), 230 * ms, 300 * ms);
    assert_int_equal(pace_due(pace, 50 * ms), pace_due(pace, 205 * ms));
    pace_learn(pace, "argon2id", 100 * ms, 100 * ms); /* the least of a kind counts */
    assert_in_range(pace_due(pace, 50 * ms), 115 * ms, 160 * ms);
    pace_learn(pace, "argon2id", 300 * ms, 300 * ms);
    assert_in_range(pace_due(pace, 50 * ms), 115 * ms, 160 * ms);
}

TEST(pace_doubles_for_what_is_late)
{
    Pace *pace CLEANUP(pace_freep) = pace_new();
    int64_t due;

    pace_learn(pace, "bcrypt", 50 * ms, 50 * ms);
    due = pace_due(pace, 0);
    assert_int_equal(pace_due(pace, due), due);
    assert_int_equal(pace_due(pace, due + 1), 2 * due);
    assert_int_equal(pace_due(pace, 3 * due), 4 * due);
}

TEST(pace_follows_the_load_and_the_hook)
{
    Pace *pace CLEANUP(pace_freep) = pace_new();
    int64_t quiet;

    pace_learn(pace, "bcrypt", 50 * ms, 50 * ms);
    quiet = pace_due(pace, 0);
    for (int i = 0; i < 20; i++)
        pace_learn(pace, "bcrypt", 50 * ms, 240 * ms);
    assert_in_range(pace_due(pace, 0), 3 * quiet, 5 * quiet);
    for (int i = 0; i < 1000; i++)
        pace_learn(pace, "bcrypt", 50 * ms, 50 * ms);
    assert_in_range(pace_due(pace, 0), quiet, quiet + ms);
    pace_learn_hook(pace, 20 * ms);
    pace_learn_hook(pace, 30 * ms);
    assert_in_range(pace_due(pace, 0), quiet + 40 * ms, quiet + 41 * ms);
}

TEST(pace_knows_more_kinds_than_it_keeps)
{
    Pace *pace CLEANUP(pace_freep) = pace_new();
    char kind[16];

    pace_learn(pace, "slowest", 900 * ms, 900 * ms);
    for (int i = 0; i < 500; i++) {
        snprintf(kind, sizeof(kind), "kind %d", i);
        pace_learn(pace, kind, (i + 1) * ms, (i + 1) * ms);
    }
    assert_in_range(pace_due(pace, 0), 900 * ms, 1300 * ms);
    pace_learn(pace, "enormous", 60000 * ms, 60000 * ms);
    assert_int_equal(pace_due(pace, 0), 8000 * ms); /* nobody waits longer for others */
}

TEST(pace_forgets_a_kind_that_nobody_tries)
{
    Pace *pace CLEANUP(pace_freep) = pace_new();
    int64_t dear;

    pace_learn(pace, "scrypt", 900 * ms, 900 * ms);
    pace_learn(pace, "bcrypt", 50 * ms, 50 * ms);
    dear = pace_due(pace, 0);
    clock_shift(23 * US_PER_HOUR);
    pace_learn(pace, "bcrypt", 50 * ms, 50 * ms);
    assert_int_equal(pace_due(pace, 0), dear);
    clock_shift(25 * US_PER_HOUR);
    pace_learn(pace, "bcrypt", 50 * ms, 50 * ms);
    clock_shift(0);
    assert_in_range(pace_due(pace, 0), 60 * ms, 100 * ms);
}

/* ---- company ---- */

typedef struct Turnstile {
    Lane *lane;
    _Atomic bool began, open;
} Turnstile;

static Err pass(void *arg)
{
    Turnstile *turnstile = arg;

    atomic_store(&turnstile->began, true);
    while (!atomic_load(&turnstile->open))
        usleep(1000);
    return OK;
}

static void *queue_up(void *arg)
{
    return (void *)(uintptr_t)lane_run(((Turnstile *)arg)->lane, pass, arg);
}

static void *hash_one(void *arg)
{
    char *hash;

    return (void *)(uintptr_t)password_hash(arg, "secret-pw-1", &hash);
}

static void begin_behind(pthread_t *thread, void *(*fn)(void *arg), void *arg, const Lane *lane, unsigned waiting)
{
    assert_int_equal(pthread_create(thread, NULL, fn, arg), 0);
    while (lane_waiting(lane) != waiting)
        usleep(1000);
}

/* One thread: somebody, then a hash, then somebody who stays, and another who waits while the hash is over. */
TEST(a_hash_is_patient_where_others_wait)
{
    TEST_ARENA(arena);
    Turnstile first = { 0 }, second = { 0 };
    Directory directory = { .password_hash = "bcrypt:4" };
    Ctx ctx = ctx_new(arena, NULL);
    pthread_t threads[4];
    void *err;

    assert_ok(lane_new("hash", 1, 8, &directory.hash_lane));
    first.lane = second.lane = directory.hash_lane;
    ctx.directory = &directory;
    assert_null(hash_one(&ctx));
    assert_int_equal(ctx.patience, 0);
    begin_behind(&threads[0], queue_up, &first, first.lane, 0);
    while (!atomic_load(&first.began))
        usleep(1000);
    begin_behind(&threads[1], hash_one, &ctx, first.lane, 1);
    begin_behind(&threads[2], queue_up, &second, first.lane, 2);
    begin_behind(&threads[3], queue_up, &second, first.lane, 3);
    atomic_store(&first.open, true);
    pthread_join(threads[1], &err);
    assert_null(err);
    assert_true(ctx.patience > 0);
    atomic_store(&second.open, true);
    for (size_t i = 0; i < COUNTOF(threads); i++)
        if (i != 1)
            pthread_join(threads[i], NULL);
    lane_free(directory.hash_lane);
}
