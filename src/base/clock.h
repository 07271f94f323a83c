/* clock.h: the one place where time comes from. Wall time is for what others see (columns, claims); monotonic time for
 * time-outs and limits. Tests and `hecate dev` move the wall clock. */
#ifndef HECATE_CLOCK_H
#define HECATE_CLOCK_H

#include <pthread.h>

#include "base.h"
#include "buf.h"
#include "str.h"

#define US_PER_MS ((int64_t)1000)
#define US_PER_S ((int64_t)1000000)
#define US_PER_HOUR (3600 * US_PER_S)

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now(void);
/* Milliseconds, in steps of a few, and microseconds, that never go back; each is compared with its own kind alone. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* Microseconds of a processor that this thread has used. */
int64_t clock_thread_us(void);
/* A condition whose waits end by clock_mono_us(); pthread_cond_destroy() ends it. */
void clock_cond_init(pthread_cond_t *cond);
/* Waits for a signal, with the lock held, until that time; false when it is over. */
bool clock_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until);
/* Moves the wall clock by so many microseconds against the machine's (0: back to it). */
void clock_shift(int64_t us);
/* Stops the wall clock at this instant (tests with fixed answers); 0 lets it run again. */
void clock_freeze(int64_t us);

/* RFC 3339 in UTC with `Z`. `digits` of fraction: -1 writes what is there, without trailing zeros (none for a whole
 * second); 0 to 6 exactly so many. Years 0 to 9999; a time outside is written as the nearest within. */
void time_write(Buf *buf, int64_t us, int digits);
/* Reads RFC 3339 (any offset, up to 9 digits, `T` or `t` or a blank between date and time). False on anything else. */
bool time_read(Str text, int64_t *ret);

#endif
