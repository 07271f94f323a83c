/* clerk.h: the Clerk dialect (Backend API) and its settings. */
#ifndef HECATE_CLERK_H
#define HECATE_CLERK_H

#include "crypto/crypto.h"
#include "dialect/dialect.h"

/* Texts live as long as the process. */
typedef struct ClerkSettings {
    const KeySet *keys;      /* RS256: session tokens, JWKS */
    uint8_t secret_sum[32];  /* SHA-256 of HECATE_CLERK_SECRET_KEY */
    const char *frontend;    /* "host[:port]" of the frontend API: who session tokens are from (https://HOST) */
    const char *instance_id; /* "ins_…", for answers that name the instance */
    struct Buckets *buckets; /* with `limits` */
    bool limits;             /* Clerk's own are imitated */
    bool live;               /* the key is one of production: its limits are wider */
} ClerkSettings;

extern const Dialect clerk_dialect;

#endif
