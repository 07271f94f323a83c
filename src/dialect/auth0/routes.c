/* routes.c: one row an operation (spec/auth0.md 2 and 7). */
#include "dialect/auth0/auth0.h"

static const Route auth0_routes[] = { { 0 } };

static const char *const auth0_mounts[] = { "", NULL };

static void write_error(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    (void)ctx;
    (void)req;
    reply->status = err == E_NO_ROUTE ? 404 : 500;
}

const Dialect auth0_dialect = { .name = "auth0", .mounts = auth0_mounts, .routes = auth0_routes, .write_error = write_error };
