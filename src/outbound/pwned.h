/* pwned.h: is a password known from a breach? Asked by the first five digits of its SHA-1, so that nobody learns which it is (the range API of
 * Pwned Passwords; spec/gotrue.md 6.1, spec/clerk.md 6.4). */
#ifndef HECATE_OUTBOUND_PWNED_H
#define HECATE_OUTBOUND_PWNED_H

#include "base/base.h"
#include "base/str.h"

typedef struct PwnedAsk {
    const char *url;   /* before range/…; NULL or "": the service's own */
    const char *agent; /* User-Agent, which the service wants */
    const char *password;
} PwnedAsk;

/* Blocks for 5 s at the most: run it in a lane. E_TIMEOUT, E_IO (no answer, or none of the service's), E_TOO_LARGE. */
Err pwned_ask(Arena *arena, const PwnedAsk *ask, bool *ret);

#endif
