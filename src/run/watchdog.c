/* watchdog.c: one thread that names the fiber which keeps a loop busy. */
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "run/internal.h"

static pthread_t watchdog_thread;
static _Atomic bool watchdog_on;
static _Atomic unsigned watchdog_seen;
static _Atomic uint64_t watchdog_ms;
static pthread_mutex_t watched_lock = PTHREAD_MUTEX_INITIALIZER; /* over watched: a loop that is looked at is not freed */
static Loop *watched[MOST_LOOPS];

void watch_loop(Loop *loop)
{
    pthread_mutex_lock(&watched_lock);
    for (size_t i = 0; i < MOST_LOOPS; i++)
        if (watched[i] == NULL) {
            watched[i] = loop;
            break;
        }
    pthread_mutex_unlock(&watched_lock);
}

void unwatch_loop(const Loop *loop)
{
    pthread_mutex_lock(&watched_lock);
    for (size_t i = 0; i < MOST_LOOPS; i++)
        if (watched[i] == loop)
            watched[i] = NULL;
    pthread_mutex_unlock(&watched_lock);
}

/* One line a stall: the time when it began tells whether it was reported. */
static void look(const Loop *loop, int64_t *reported)
{
    const int64_t since = atomic_load(&loop->busy_since);
    const char *name = atomic_load(&loop->busy_name);

    if (since == 0 || since == *reported || clock_mono_ms() - since < (int64_t)atomic_load(&watchdog_ms))
        return;
    *reported = since;
    atomic_fetch_add(&watchdog_seen, 1);
    LOG(LOG_WARN, "a loop stands still", LOG_TEXT_FIELD("fiber", name), LOG_INT_FIELD("loop", loop->index));
}

static void *watch(void *arg)
{
    int64_t reported[MOST_LOOPS] = { 0 };

    (void)arg;
    pthread_setname_np(pthread_self(), "watchdog");
    while (atomic_load(&watchdog_on)) {
        pthread_mutex_lock(&watched_lock);
        for (size_t i = 0; i < MOST_LOOPS; i++)
            if (watched[i] != NULL)
                look(watched[i], &reported[i]);
        pthread_mutex_unlock(&watched_lock);
        usleep((useconds_t)(atomic_load(&watchdog_ms) * 500));
    }
    return NULL;
}

Err watchdog_start(uint64_t ms)
{
    atomic_store(&watchdog_ms, ms);
    if (atomic_exchange(&watchdog_on, true))
        return OK;
    return pthread_create(&watchdog_thread, NULL, watch, NULL) == 0 ? OK : E_IO;
}

void watchdog_stop(void)
{
    if (atomic_exchange(&watchdog_on, false))
        pthread_join(watchdog_thread, NULL);
}

unsigned watchdog_stalls(void)
{
    return atomic_load(&watchdog_seen);
}
