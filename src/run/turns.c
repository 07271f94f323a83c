/* turns.c: a thread that keeps a core busy gives it up for a moment each half millisecond. A scheduler that lets who runs have a whole slice of some
 * milliseconds, and knows the nice values of one session alone (autogroup), else keeps an answer of the database waiting that long at each step. */
#include <sched.h>
#include <signal.h>

#include "base/clock.h"
#include "run/internal.h"

enum { TURN_US = 500, LOOK_US = 50 * 1000 };

static _Thread_local struct {
    timer_t timer;
    bool is_there;
    int64_t wall, cpu, ended; /* since it was last looked how much of a core it gets; when its last job ended */
    bool gets_little;
} me;

/* Where all cores have other work all the time, who gives way each time hardly gets any: then its nice value decides alone. */
static void look(int64_t now)
{
    const int64_t cpu = clock_thread_us();

    me.gets_little = 2 * (cpu - me.cpu) < now - me.wall;
    me.wall = now;
    me.cpu = cpu;
}

static void give_way(int signal)
{
    const int64_t now = clock_mono_us();

    (void)signal;
    if (now - me.wall >= LOOK_US)
        look(now);
    if (!me.gets_little)
        sched_yield(); /* which changes no errno */
}

void turns_begin(void)
{
    struct sigaction action = { .sa_handler = give_way, .sa_flags = SA_RESTART };
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGVTALRM };

    event._sigev_un._tid = gettid();
    me.is_there = sigaction(SIGVTALRM, &action, NULL) == 0 && timer_create(CLOCK_MONOTONIC, &event, &me.timer) == 0;
    me.wall = me.ended = clock_mono_us();
    me.cpu = clock_thread_us();
}

static void every(int64_t us)
{
    const struct timespec time = { 0, us * 1000 };

    timer_settime(me.timer, 0, &(struct itimerspec){ time, time }, NULL);
}

void turns_start(void)
{
    if (!me.is_there)
        return;
    me.wall += clock_mono_us() - me.ended; /* it had nothing to do */
    every(TURN_US);
}

void turns_stop(void)
{
    if (!me.is_there)
        return;
    every(0);
    me.ended = clock_mono_us();
}

void turns_end(void)
{
    if (me.is_there)
        timer_delete(me.timer);
    me.is_there = false;
}
