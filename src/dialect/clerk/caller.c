/* caller.c: the secret key and the API version, both judged before the path (spec/clerk.md 1.2, 1.3). */
#include "base/id.h"
#include "dialect/clerk/internal.h"

static const char *const versions[] = { "2021-02-05", "2024-10-01", "2025-04-10", "2025-11-10", "2026-05-12" };
static const char default_version[] = "2025-04-10";

static const char *known_version(Str text)
{
    for (size_t i = 0; i < COUNTOF(versions); i++)
        if (str_eq(text, str_of(versions[i])))
            return versions[i];
    return NULL;
}

/* The header or the parameter; both at once are refused, as is what nobody knows. */
static Err read_version(Ctx *ctx, const Req *req, const char **ret)
{
    const Str header = req_header(req, "clerk-api-version");
    char *parameter;

    *ret = default_version;
    TRY(form_value(ctx, req->query, "__clerk_api_version", &parameter));
    if (header.p == NULL && parameter == NULL)
        return OK;
    if (header.p != NULL && parameter != NULL)
        return fail(ctx, E_BAD_VERSION, NOWHERE, "given both as header and as parameter");
    *ret = known_version(header.p != NULL ? header : str_of(parameter));
    if (*ret != NULL)
        return OK;
    *ret = default_version;
    return fail(ctx, E_BAD_VERSION, NOWHERE, "unknown version");
}

const char *clerk_version(Ctx *ctx, const Req *req)
{
    const Fault fault = ctx->fault;
    const char *version;

    IGNORE(read_version(ctx, req, &version)); /* identify() has judged it */
    ctx->fault = fault;
    return version;
}

static const Caller admin = { .kind = CALLER_ADMIN, .actor_id = UUID_NIL, .actor_name = "clerk", .living = true };

/* Digests are compared, so that the time tells nothing about the key. */
Err clerk_identify(Ctx *ctx, const Req *req, Str path, const Route *route)
{
    const ClerkSettings *settings = ctx_settings(ctx);
    const char *version;
    uint8_t sum[32];
    Str key;

    (void)path;
    if (route != NULL && route->need == NEED_NOTHING)
        return OK; /* pictures are for everybody */
    TRY(req_bearer(ctx, req, &key));
    hash_sum(HASH_SHA256, key, sum);
    if (!secret_eq((Str){ (const char *)sum, sizeof(sum) }, (Str){ (const char *)settings->secret_sum, sizeof(sum) }))
        return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, NULL);
    ctx->caller = &admin;
    TRY(clerk_limit(ctx, route));
    return read_version(ctx, req, &version);
}

void clerk_finish(Ctx *ctx, const Req *req, Reply *reply)
{
    reply_header(reply, "Clerk-Api-Version", clerk_version(ctx, req));
    reply_header(reply, "x-clerk-trace-id", clerk_trace_id(ctx));
}
