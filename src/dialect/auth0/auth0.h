/* auth0.h: the Auth0 dialect (Management API v2 and the token side of the Authentication API) and its settings. */
#ifndef HECATE_AUTH0_H
#define HECATE_AUTH0_H

#include <stdatomic.h>

#include "crypto/crypto.h"
#include "dialect/origin.h"

/* Texts live as long as the process. */
typedef struct Auth0Settings {
    const KeySet *keys; /* RS256 */
    const char *domain; /* "host[:port]": issuer https://DOMAIN/, audience https://DOMAIN/api/v2/ */
    const char *client_id;
    uint8_t client_secret_sum[32];                /* SHA-256 */
    int64_t search_cap;                           /* how many users a search reaches by pages; 0: all */
    bool signup_off;                              /* nobody signs up */
    int64_t token_seconds;                        /* life of a management token, 86400 */
    int64_t import_bytes;                         /* of a file of users, with what is around it */
    int64_t rate_sign_in, rate_sign_up, rate_mfa; /* limits by address; 0: none */
    OriginRules origin;
    struct Buckets *buckets; /* NULL: nobody is limited */
} Auth0Settings;

extern const Dialect auth0_dialect;

/* Does the next job, on a thread of its own. E_NO_ROW: there is none; another error: it is left for later. `stop` is looked at while it works. */
Err auth0_job_work(Ctx *ctx, const _Atomic bool *stop);

#endif
