/* run.h: loops, fibers, offload, lanes, timers. Every request is a fiber on the loop that read it: plain blocking code
 * whose calls that wait let others run.
 *
 * Rules (asserted): only a loop resumes a fiber; a fiber never changes its loop; nothing blocks a loop; frames stay under
 * 8 KiB; errno is not kept across a call that may wait; no lock is held across one. Outside a fiber the same calls
 * simply block the calling thread, so commands and tests use the same code. */
#ifndef HECATE_RUN_H
#define HECATE_RUN_H

#include <uv.h>

#include "base/base.h"

typedef struct Loop Loop;
typedef struct Fiber Fiber;

/* ---- loops ---- */

/* A loop of its own, not yet running; `index` is its number from 0. Free with loop_free() when loop_run() has returned. */
Err loop_new(int index, Loop **ret);
void loop_free(Loop *loop);
/* Runs until loop_stop() and until every fiber has ended: fibers that wait are then resumed with E_SHUTDOWN. */
void loop_run(Loop *loop);
/* From any thread. */
void loop_stop(Loop *loop);
/* The loop this thread runs, or NULL. */
Loop *loop_self(void);
uv_loop_t *loop_uv(Loop *loop);
/* Runs `fn(arg)` on the loop's thread, outside any fiber, soon. From any thread; in order for one caller. */
void loop_post(Loop *loop, void (*fn)(void *arg), void *arg);
/* What a layer keeps once a loop (a database connection, a server): a slot by key, see LOOP_SLOT_*. */
enum { LOOP_SLOT_DB, LOOP_SLOT_HTTP, LOOP_SLOT_TEST, LOOP_SLOTS };
void **loop_slot(Loop *loop, int slot);

/* ---- fibers ---- */

/* Starts `fn(arg)` as a fiber of this thread's loop; it runs before the call returns, up to its first wait.
 * `name` (a route template, say; kept by reference, static or living as long as the fiber) names it to the watchdog and in a crash. */
void fiber_start(void (*fn)(void *arg), void *arg, const char *name);
/* The running fiber, or NULL outside. */
Fiber *fiber_self(void);
/* Ends the running fiber at once: unwinds to its start without running what stands between (an arena over its cap ends a
 * request so). `fiber_on_kill` sets what then runs on the loop, still in the fiber: it must not fail. On a thread of a lane it ends
 * the running job the same way, and lane_run() returns E_NOMEM. Anywhere else it aborts. */
void fiber_on_kill(void (*fn)(void *arg), void *arg);
__attribute__((noreturn)) void fiber_kill(void);
/* Parks the running fiber until fiber_wake(); wakes are remembered, so that a wake before the park is not lost.
 * E_SHUTDOWN when the loop is going down, E_TIMEOUT when the fiber's time is over (both also once it was woken). Outside a fiber: see Waiter. */
Err fiber_park(void);
/* The fiber's time is over: wakes it, and from now on its waits end with E_TIMEOUT. From its loop's thread only. What waits for an answer
 * that is written into its own memory (waiter_wait()) goes on waiting: the other side still holds that memory. A job that no thread of its
 * lane has begun is taken back. So a fiber outlives its time by one job, one statement, at most. */
void fiber_expire(Fiber *fiber);
/* OK, or why the running fiber should begin nothing that takes long: E_TIMEOUT or E_SHUTDOWN. OK outside a fiber. */
Err fiber_check(void);
/* Puts a fiber on its loop's ready list. From its loop's thread only. */
void fiber_wake(Fiber *fiber);
/* The same from any thread. */
void fiber_wake_remote(Fiber *fiber);
Err fiber_sleep(int64_t ms);

/* A place to wait for one answer, for fibers and for plain threads alike: waiter_init() in the one that waits, waiter_done() from
 * any thread by the one that answers, waiter_wait() blocks until then. The waiter outlives both. */
typedef struct Waiter {
    Fiber *fiber;
    _Atomic uint32_t done;
} Waiter;
void waiter_init(Waiter *waiter);
void waiter_wait(Waiter *waiter); /* also waits through a shutdown and past the fiber's time: the other side always answers */
/* The same, but E_SHUTDOWN or E_TIMEOUT when that comes before the answer: the caller must then make sure that none comes, or waiter_wait(). */
Err waiter_try(Waiter *waiter);
void waiter_done(Waiter *waiter);

/* ---- worker threads ---- */

/* A lane: so many threads, a bounded queue. For what burns CPU or blocks inside a library. */
typedef struct Lane Lane;
Err lane_new(const char *name, unsigned threads, unsigned queue, Lane **ret);
/* Runs `fn(arg)` on a thread of the lane and waits for its end. E_BUSY at once when the queue is full; E_TIMEOUT, E_SHUTDOWN when the fiber's
 * time is over before a thread has begun; E_NOMEM when `fn` filled the request's arena. In a thread that is no fiber it goes the same way. `fn`
 * returns what lane_run() returns. */
Err lane_run(Lane *lane, Err (*fn)(void *arg), void *arg);
/* From now on its threads give way to others that want a core (10 steps of nice(2), and a yield each half millisecond, by SIGVTALRM): for what burns
 * CPU while others wait. */
void lane_behind(Lane *lane);
/* Would lane_run() say E_BUSY now? */
bool lane_full(const Lane *lane);
/* How many wait now, and a guess of the milliseconds until a place is free (for Retry-After). */
unsigned lane_waiting(const Lane *lane);
int64_t lane_delay_ms(const Lane *lane);
void lane_free(Lane *lane); /* runs what is queued, then joins; accepts NULL */

/* ---- timers ---- */

/* Calls `fn(arg)` on this thread's loop every `ms` until the loop ends. */
void loop_every(Loop *loop, uint64_t ms, void (*fn)(void *arg), void *arg);

/* ---- watchdog ---- */

/* One thread that looks at every loop and logs which fiber, by name, has kept a loop busy for over `ms`: one line a stall. The server
 * starts it; stopped by watchdog_stop(). */
Err watchdog_start(uint64_t ms);
void watchdog_stop(void);
/* Stalls seen so far. */
unsigned watchdog_stalls(void);

#endif
