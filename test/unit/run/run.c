/* run.c: fibers, wakes, lanes. */
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "run/run.h"

static Loop *loop;
static Fiber *parked;
static int steps[8], n_steps;
static _Atomic int count;

static void step(int n)
{
    steps[n_steps++] = n;
}

static void begin(void)
{
    n_steps = 0;
    atomic_store(&count, 0);
    assert_ok(loop_new(0, &loop));
}

static void run_from(void (*fn)(void *arg), void *arg)
{
    loop_post(loop, fn, arg);
    loop_run(loop);
    loop_free(loop);
}

static void wait_and_step(void *arg)
{
    (void)arg;
    step(1);
    parked = fiber_self();
    assert_ok(fiber_park());
    step(3);
    loop_stop(loop);
}

static void start_then_wake(void *arg)
{
    (void)arg;
    fiber_start(wait_and_step, NULL, "wait");
    step(2);
    fiber_wake(parked);
}

TEST(fiber_runs_to_its_first_wait)
{
    begin();
    run_from(start_then_wake, NULL);
    assert_int_equal(n_steps, 3);
    assert_int_equal(steps[0], 1);
    assert_int_equal(steps[1], 2);
    assert_int_equal(steps[2], 3);
}

static void wake_self(void *arg)
{
    (void)arg;
    fiber_wake(fiber_self());
    assert_ok(fiber_park());
    loop_stop(loop);
}

static void start_wake_self(void *arg)
{
    fiber_start(wake_self, arg, "self");
}

TEST(wake_before_park_is_kept)
{
    begin();
    run_from(start_wake_self, NULL);
}

static Err slow(void *arg)
{
    atomic_fetch_add(&count, 1);
    return arg == NULL ? OK : E_BUSY;
}

static Lane *lane;

static void in_lane(void *arg)
{
    (void)arg;
    assert_ok(lane_run(lane, slow, NULL));
    assert_err(lane_run(lane, slow, lane), E_BUSY);
    assert_ok(fiber_sleep(1));
    if (++n_steps == 200) /* a stop wakes whoever still sleeps with E_SHUTDOWN: the last one asks for it */
        loop_stop(loop);
}

static void start_many(void *arg)
{
    for (int i = 0; i < 200; i++)
        fiber_start(in_lane, arg, "lane");
}

TEST(lane_answers_many_fibers)
{
    begin();
    assert_ok(lane_new("test", 2, 1000, &lane));
    run_from(start_many, NULL);
    lane_free(lane);
    assert_int_equal(atomic_load(&count), 400);
}

TEST(lane_works_outside_fibers)
{
    assert_ok(lane_new("test", 1, 1, &lane));
    assert_ok(lane_run(lane, slow, NULL));
    lane_free(lane);
}

static void park_for_good(void *arg)
{
    (void)arg;
    assert_err(fiber_park(), E_SHUTDOWN);
    step(9);
}

static void start_parked_and_stop(void *arg)
{
    fiber_start(park_for_good, arg, "for good");
    loop_stop(loop);
}

TEST(shutdown_resumes_every_fiber)
{
    begin();
    run_from(start_parked_and_stop, NULL);
    assert_int_equal(steps[0], 9);
}

static void killed(void *arg)
{
    (void)arg;
    step(4);
    loop_stop(loop);
}

static void kill_self(void *arg)
{
    fiber_on_kill(killed, arg);
    fiber_kill();
}

static void start_kill(void *arg)
{
    fiber_start(kill_self, arg, "kill");
}

TEST(kill_ends_a_fiber_through_its_handler)
{
    begin();
    run_from(start_kill, NULL);
    assert_int_equal(steps[0], 4);
}

static void nested_inner(void *arg)
{
    (void)arg;
    step(2);
    loop_stop(loop);
}

static void nested_outer(void *arg)
{
    fiber_start(nested_inner, arg, "inner");
    step(1);
}

static void start_nested(void *arg)
{
    fiber_start(nested_outer, arg, "outer");
}

TEST(fiber_started_in_a_fiber_runs_after_it)
{
    begin();
    run_from(start_nested, NULL);
    assert_int_equal(steps[0], 1);
    assert_int_equal(steps[1], 2);
}

enum { WAKES = 10000 };

static void *wake_many(void *arg)
{
    for (int i = 0; i < WAKES; i++)
        fiber_wake_remote(arg);
    return NULL;
}

static void woken_from_afar(void *arg)
{
    pthread_t thread;

    (void)arg;
    assert_int_equal(pthread_create(&thread, NULL, wake_many, fiber_self()), 0);
    assert_ok(fiber_park());
    assert_ok(fiber_sleep(5));
    pthread_join(thread, NULL);
    loop_stop(loop);
}

static void start_far(void *arg)
{
    fiber_start(woken_from_afar, arg, "far");
}

TEST(wakes_from_another_thread_are_safe)
{
    begin();
    run_from(start_far, NULL);
}
