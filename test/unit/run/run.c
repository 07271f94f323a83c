/* run.c: fibers, wakes, lanes. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
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

static Err until_let_go(void *arg)
{
    (void)arg;
    atomic_fetch_add(&count, 1);
    while (atomic_load(&count) < 10)
        usleep(1000);
    return OK;
}

static void take_place(void *arg)
{
    (void)arg;
    assert_ok(lane_run(lane, until_let_go, NULL));
    if (++n_steps == 2)
        loop_stop(loop);
}

static void find_it_full(void *arg)
{
    assert_false(lane_full(lane));
    fiber_start(take_place, arg, "runs");
    while (atomic_load(&count) == 0)
        assert_ok(fiber_sleep(1));
    assert_false(lane_full(lane));
    fiber_start(take_place, arg, "waits");
    assert_ok(fiber_sleep(1));
    assert_true(lane_full(lane));
    assert_err(lane_run(lane, until_let_go, NULL), E_BUSY);
    atomic_store(&count, 10);
}

static void start_find_it_full(void *arg)
{
    fiber_start(find_it_full, arg, "looks");
}

TEST(lane_says_that_it_is_full)
{
    begin();
    assert_ok(lane_new("test", 1, 1, &lane));
    run_from(start_find_it_full, NULL);
    assert_false(lane_full(lane));
    lane_free(lane);
}

static int ends[2];

/* Is a wait that signals end cut short? poll(2) is not begun again, whatever sigaction(2) was told. */
static Err wait_and_read(void *arg)
{
    const bool is_cut = poll(NULL, 0, 200) < 0 && errno == EINTR;
    char byte = 0;

    assert_int_equal(read(ends[0], &byte, 1), 1); /* which goes on through them */
    assert_int_equal(byte, 'x');
    *(bool *)arg = is_cut;
    return OK;
}

static void *write_late(void *arg)
{
    (void)arg;
    usleep(300 * 1000);
    assert_int_equal(write(ends[1], "x", 1), 1);
    return NULL;
}

static bool is_interrupted(bool behind)
{
    bool is_cut = false;
    pthread_t writer;

    assert_int_equal(pipe(ends), 0);
    assert_ok(lane_new("test", 1, 1, &lane));
    if (behind)
        lane_behind(lane);
    pthread_create(&writer, NULL, write_late, NULL);
    assert_ok(lane_run(lane, wait_and_read, &is_cut));
    pthread_join(writer, NULL);
    lane_free(lane);
    close(ends[0]);
    close(ends[1]);
    return is_cut;
}

TEST(lane_behind_gives_way_by_signals)
{
    assert_true(is_interrupted(true));
    assert_false(is_interrupted(false));
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

/* ---- the end of a fiber's time ---- */

static Fiber *late_fiber;
static int64_t begun;

static void expire_it(void *arg)
{
    (void)arg;
    fiber_expire(late_fiber);
}

static void on_late(void (*fn)(void *arg))
{
    begin();
    begun = clock_mono_ms();
    run_from(fn, NULL);
    assert_true(clock_mono_ms() - begun < LIMIT_MS(3000));
}

static void sleep_too_long(void *arg)
{
    (void)arg;
    late_fiber = fiber_self();
    assert_ok(fiber_check());
    loop_post(loop, expire_it, NULL);
    assert_err(fiber_sleep(10000), E_TIMEOUT);
    assert_err(fiber_check(), E_TIMEOUT);
    assert_err(fiber_sleep(10000), E_TIMEOUT); /* what begins later does not wait at all */
    assert_err(lane_run(NULL, slow, NULL), E_TIMEOUT);
    loop_stop(loop);
}

static void start_sleep_too_long(void *arg)
{
    fiber_start(sleep_too_long, arg, "too long");
}

TEST(expired_fiber_waits_no_longer)
{
    on_late(start_sleep_too_long);
}

static Err hold_lane(void *arg)
{
    usleep(150000);
    atomic_fetch_add(&count, 1);
    *(int *)arg = 7; /* the memory of the one who waits */
    return OK;
}

static Err expire_and_hold(void *arg)
{
    loop_post(loop, expire_it, NULL);
    return hold_lane(arg);
}

static void wait_for_the_answer(void *arg)
{
    int answer = 0;

    (void)arg;
    late_fiber = fiber_self();
    assert_ok(lane_run(lane, expire_and_hold, &answer)); /* begun: it writes into this frame, so the fiber stays */
    assert_int_equal(answer, 7);
    loop_stop(loop);
}

static void start_wait_for_the_answer(void *arg)
{
    fiber_start(wait_for_the_answer, arg, "answer");
}

TEST(expired_fiber_waits_for_a_job_that_has_begun)
{
    assert_ok(lane_new("test", 1, 8, &lane));
    on_late(start_wait_for_the_answer);
    lane_free(lane);
}

static _Atomic int held;

static Err hold_until_open(void *arg)
{
    (void)arg;
    atomic_fetch_add(&held, 1);
    while (atomic_load(&count) == 0)
        usleep(1000);
    return OK;
}

static void occupy(void *arg)
{
    (void)arg;
    assert_ok(lane_run(lane, hold_until_open, NULL));
    if (++n_steps == 2)
        loop_stop(loop);
}

static void wait_in_the_queue(void *arg)
{
    int answer = 0;

    (void)arg;
    late_fiber = fiber_self();
    while (atomic_load(&held) == 0 || lane_waiting(lane) == 0) /* the first has begun, the third is queued */
        assert_ok(fiber_sleep(1));
    loop_post(loop, expire_it, NULL);
    assert_err(lane_run(lane, hold_lane, &answer), E_TIMEOUT); /* while the first goes on */
    assert_int_equal(answer, 0);
    assert_int_equal(lane_waiting(lane), 1); /* the one before it stays */
    atomic_store(&count, 1);
}

static void start_queue(void *arg)
{
    fiber_start(occupy, arg, "first");
    fiber_start(wait_in_the_queue, arg, "second");
    fiber_start(occupy, arg, "third");
}

TEST(expired_fiber_takes_its_job_back_from_the_queue)
{
    assert_ok(lane_new("test", 1, 8, &lane));
    on_late(start_queue);
    lane_free(lane);
    assert_int_equal(atomic_load(&held), 2);
}

/* ---- lanes ---- */

static Err read_name(void *arg)
{
    return pthread_getname_np(pthread_self(), arg, 16) == 0 ? OK : E_IO;
}

TEST(threads_of_a_lane_carry_its_name)
{
    char name[16];

    assert_ok(lane_new("a-name-that-is-too-long", 1, 1, &lane));
    assert_ok(lane_run(lane, read_name, name));
    lane_free(lane);
    assert_string_equal(name, "a-name-that-is-");
}

static Err end_job(void *arg)
{
    (void)arg;
    fiber_kill();
}

TEST(job_can_be_ended_and_its_thread_lives_on)
{
    assert_ok(lane_new("test", 1, 1, &lane));
    assert_err(lane_run(lane, end_job, NULL), E_NOMEM);
    assert_ok(lane_run(lane, slow, NULL));
    lane_free(lane);
}

/* ---- stacks ---- */

enum { CROWD = 500, DEPTH = 40 };

static long resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0, pages = 0;

    assert_int_equal(fscanf(file, "%ld %ld", &size, &pages), 2);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/* About a KiB a frame, several times that under sanitizers. */
__attribute__((noinline)) static int dig(int depth)
{
    volatile char frame[1024];

    memset((char *)frame, depth, sizeof(frame));
    return depth == 0 ? 0 : dig(depth - 1) + frame[depth];
}

static long before_crowd, beside_crowd, after_crowd;

static void look_after(void *arg)
{
    (void)arg;
    after_crowd = resident();
    loop_stop(loop);
}

static void in_crowd(void *arg)
{
    (void)arg;
    dig(DEPTH);
    if (++n_steps == CROWD)
        beside_crowd = resident();
    assert_ok(fiber_sleep(50));
    if (--n_steps == 0)
        loop_post(loop, look_after, NULL);
}

static void start_crowd(void *arg)
{
    before_crowd = resident();
    for (int i = 0; i < CROWD; i++)
        fiber_start(in_crowd, arg, "crowd");
}

#ifdef __SANITIZE_THREAD__
enum { GIVEN_BACK = 0 }; /* its own bookkeeping outweighs the stacks */
#else
enum { GIVEN_BACK = 1 };
#endif

/* 256 stacks stay warm; what a storm took beyond them goes back. */
TEST(stacks_of_a_storm_are_given_back)
{
    begin();
    run_from(start_crowd, NULL);
    assert_true(!GIVEN_BACK || after_crowd - before_crowd < (beside_crowd - before_crowd) * 3 / 4);
}

/* ---- the watchdog ---- */

static void stand_still(void *arg)
{
    (void)arg;
    usleep(700000);
    loop_stop(loop);
}

static void start_still(void *arg)
{
    fiber_start(stand_still, arg, "the culprit");
}

/* What is written on standard error meanwhile. */
static void run_and_read(void (*fn)(void *arg), char *text, size_t size)
{
    char path[] = "/tmp/hecate-log-XXXXXX";
    const int saved = dup(2), file = mkstemp(path);
    ssize_t n;

    unlink(path);
    dup2(file, 2);
    begin();
    run_from(fn, NULL);
    dup2(saved, 2);
    n = pread(file, text, size - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    close(file);
    close(saved);
}

TEST(watchdog_names_the_fiber_that_blocks_a_loop)
{
    const unsigned seen = watchdog_stalls();
    char text[2000];

    assert_ok(watchdog_start(200));
    run_and_read(start_still, text, sizeof(text));
    watchdog_stop();
    assert_int_equal(watchdog_stalls(), seen + 1);
    assert_non_null(strstr(text, "the culprit"));
}

static void wait_long(void *arg)
{
    (void)arg;
    assert_ok(fiber_sleep(600));
    loop_stop(loop);
}

static void start_wait(void *arg)
{
    fiber_start(wait_long, arg, "patient");
}

TEST(watchdog_is_silent_about_fibers_that_wait)
{
    const unsigned seen = watchdog_stalls();

    assert_ok(watchdog_start(300));
    begin();
    run_from(start_wait, NULL);
    watchdog_stop();
    assert_int_equal(watchdog_stalls(), seen);
}
