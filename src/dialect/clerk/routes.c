/* routes.c: one row an operation (spec/clerk.md 2). */
#include "dialect/clerk/clerk.h"

static const Route clerk_routes[] = { { 0 } };

static const char *const clerk_mounts[] = { "/v1", NULL };

static void write_error(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    (void)ctx;
    (void)req;
    reply->status = err == E_NO_ROUTE ? 404 : 500;
}

const Dialect clerk_dialect = { .name = "clerk", .mounts = clerk_mounts, .routes = clerk_routes, .write_error = write_error };
