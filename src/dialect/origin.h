/* origin.h: whose request it is, for limits by address. */
#ifndef HECATE_ORIGIN_H
#define HECATE_ORIGIN_H

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

#endif
