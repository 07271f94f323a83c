/* buckets.h: token buckets by limiter and address, for the whole process. A bucket that is not there is full; the table has a fixed size, and who is
 * pushed out of it was the fullest of its row. Thread-safe. */
#ifndef HECATE_BUCKETS_H
#define HECATE_BUCKETS_H

#include "base/base.h"
#include "base/str.h"

typedef struct Buckets Buckets;
Buckets *buckets_new(void);
void buckets_free(Buckets *buckets); /* accepts NULL */

/* Takes one token of the bucket of `name` and `key`, which holds at most `burst` and gets `rate` more a second. False: it is empty. `now` are
 * microseconds that never go back (clock_mono_us()); `ret_left` (or NULL) is what it holds after that. */
bool buckets_take(Buckets *buckets, const char *name, Str key, double rate, double burst, int64_t now, double *ret_left);

#endif
