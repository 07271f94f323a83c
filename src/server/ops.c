/* ops.c: the listener for operators: liveness, readiness, metrics. Its settings are the house. Whoever is on the machine may look; from beyond,
 * metrics ask for HECATE_OPS_TOKEN. */
#include "server/internal.h"

static Err healthz(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return reply_text(ctx, reply, 200, "application/json", STR("{\"status\":\"alive\"}"));
}

static Err readyz(Ctx *ctx, const Req *req, Reply *reply)
{
    const House *house = ctx_settings(ctx);
    const Server *server = house->server;

    (void)req;
    if (atomic_load(&server->ready) && db_ping(ctx) == OK)
        return reply_text(ctx, reply, 200, "application/json", STR("{\"status\":\"ready\"}"));
    return reply_text(ctx, reply, 503, "application/json", STR("{\"status\":\"not ready\"}"));
}

static void gauge(Buf *buf, const char *name, const char *type, const char *help, long long value)
{
    buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name, value);
}

static void write_connections(const Server *server, Buf *buf)
{
    buf_puts(buf, "# HELP hecate_connections Connections that are open.\n# TYPE hecate_connections gauge\n");
    for (size_t i = 0; i < server->n_listeners; i++) {
        const Listener *listener = &server->listeners[i];
        size_t n = 0;

        for (size_t j = 0; j < server->n_workers; j++)
            n += listener->http[j] == NULL ? 0 : http_connections(listener->http[j]);
        buf_printf(buf, "hecate_connections{listener=\"%s\"} %zu\n", tongue_dialects[listener->tongues[0]]->name, n);
    }
}

static Err metrics(Ctx *ctx, const Req *req, Reply *reply)
{
    const House *house = ctx_settings(ctx);
    const Server *server = house->server;

    (void)req;
    IGNORE(reply_text(ctx, reply, 200, "text/plain; version=0.0.4; charset=utf-8", STR(""))); /* never fails */
    metrics_write(server->metrics, &reply->body);
    write_connections(server, &reply->body);
    gauge(&reply->body, "hecate_hash_waiting", "gauge", "Passwords that wait for a hashing thread.", lane_waiting(server->hash_lane));
    gauge(&reply->body, "hecate_db_calls_total", "counter", "Calls to the database.", db_calls(server->db));
    gauge(&reply->body, "hecate_loop_stalls_total", "counter", "Times that one request kept a loop busy for too long.", watchdog_stalls());
    gauge(&reply->body, "hecate_ready", "gauge", "1 while requests are welcome.", atomic_load(&server->ready));
    return OK;
}

static const Route ops_routes[] = {
    { GET, "/healthz", NEED_NOTHING, healthz },
    { GET, "/readyz", NEED_NOTHING, readyz },
    { GET, "/metrics", NEED_SECRET, metrics },
    { 0 },
};

/* The token, if there is one; its length is no secret. */
static Err identify(Ctx *ctx, const Req *req, Str path, const Route *route)
{
    static const Caller operator_caller = { .kind = CALLER_ADMIN, .actor_name = "operator" };
    const House *house = ctx_settings(ctx);
    Str token;

    (void)path;
    if (route == NULL || route->need == NEED_NOTHING)
        return OK;
    if (house->settings.ops_token != NULL) {
        TRY(req_bearer(ctx, req, &token));
        if (!secret_eq(token, str_of(house->settings.ops_token)))
            return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, NULL);
    }
    ctx->caller = &operator_caller;
    return OK;
}

static const char *const ops_mounts[] = { "", NULL };

static void write_error(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    static const struct {
        Err err;
        int status;
    } rows[] = { { E_NO_ROUTE, 404 }, { E_NO_METHOD, 405 }, { E_NO_CREDENTIAL, 401 }, { E_BAD_CREDENTIAL, 401 }, { E_BUSY, 503 } };
    int status = 500;

    (void)req;
    for (size_t i = 0; i < COUNTOF(rows); i++)
        if (rows[i].err == err)
            status = rows[i].status;
    if (status == 401)
        reply_header(reply, "WWW-Authenticate", "Bearer");
    IGNORE(reply_text(ctx, reply, status, "text/plain; charset=utf-8", str_of(err_text(err)))); /* never fails */
}

const Dialect ops_dialect = { .name = "ops", .mounts = ops_mounts, .routes = ops_routes, .identify = identify, .write_error = write_error };
