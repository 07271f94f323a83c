/* hook.h: one call of a hook over HTTP, signed as Standard Webhooks are (spec/gotrue.md 11). */
#ifndef HECATE_OUTBOUND_HOOK_H
#define HECATE_OUTBOUND_HOOK_H

#include "base/base.h"
#include "base/buf.h"

typedef struct Hook {
    const char *url;     /* https, or http on this machine: hook_url_ok() */
    const char *secrets; /* v1,whsec_<base64>, separated by '|'; NULL or "": the signature is empty */
} Hook;

typedef struct HookAnswer {
    long status;
    const char *type; /* Content-Type, or NULL */
    const char *body; /* "" if there is none; the arena's, as the rest */
} HookAnswer;

/* One request as it is, without tries and signature: header lines, a body (NULL: a GET), how long it may take. Errors as hook_call(), E_BUSY after
 * one try. */
typedef struct WebPost {
    const char *url;
    const char *const *lines;
    size_t n;
    const char *body;
    int64_t ms;
} WebPost;
Err web_post(Arena *arena, const WebPost *post, HookAnswer *ret);

/* May this address be called? The operator names it; still it is https, or http to this machine alone. */
bool hook_url_ok(const char *url);
/* Are these secrets in their form? */
bool hook_secrets_ok(Arena *arena, const char *secrets);

/* Posts the body, each time under an id of its own. No redirects, no proxy. Tried three times, 2 s apart where nobody listens, at once where the
 * answer is 429 or 503 with Retry-After. Blocks for 5 s at the most, pauses included: run it in a lane. E_TIMEOUT: too slow; E_IO: nobody
 * listens, or the connection fails; E_TOO_LARGE: an answer over 200 KiB; E_BUSY: it asked to come again three times. */
Err hook_call(Arena *arena, const Hook *hook, int64_t now, const char *body, HookAnswer *ret);

#endif
