/* origin.h: limits by address: whose request it is, and how many more may come from there. */
#ifndef HECATE_ORIGIN_H
#define HECATE_ORIGIN_H

#include "dialect/buckets.h"
#include "dialect/dialect.h"

/* Headers that name the address; they are believed from this machine, private networks and trusted proxies alone. */
typedef struct OriginRules {
    const char *header;    /* "" or NULL: none */
    bool sb_forwarded_for; /* Sb-Forwarded-For, too */
} OriginRules;

/* Whose bucket it is; an empty text: nobody's. */
Str origin_key(Ctx *ctx, const Req *req, const OriginRules *rules);
/* The first address of a list, or an empty text. */
Str origin_first(Ctx *ctx, Str list);

/* A limiter: a setting's number in so many seconds. Routes name it; no two dialects have the same name, for the buckets are shared. */
typedef struct Limiter {
    const char *name;
    size_t setting;        /* offset of an int64_t in the dialect's settings */
    double seconds, burst; /* burst 0: as many as the setting says */
    bool open_at_zero;     /* a setting of 0 limits nobody; else it lets nobody in after the burst */
} Limiter;

/* Takes one of what the key may still do under the name. False: nothing is left, or no row has the name: whose name is misspelt serves nobody, so
 * that its first request shows it. Nobody is limited who has no key, or without buckets (NULL). What is left goes to `*ret` (or NULL) where it was
 * counted. */
bool limiter_take(const Limiter *rows, size_t n, const char *name, const void *settings, Buckets *buckets, Str key, Allowance *ret);

#endif
