/* ops.c: the listener for operators: liveness, readiness, metrics, and mails that are kept because there is no mail server. Its settings are the
 * house. Whoever is on the machine may look; from beyond, metrics ask for HECATE_OPS_TOKEN. Kept mails open accounts: without a token they are shown
 * by `hecate dev` alone. */
#include "base/clock.h"
#include "base/id.h"
#include "directory/messages.h"
#include "server/internal.h"
#include "json/json.h"

enum { MOST_SHOWN = 100 };

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

/* ---- kept mails ---- */

static const Field kept_doc[] = {
    TEXT(KeptMessage, id, "id"),           TIME(KeptMessage, created_at, "created_at"),
    TEXT(KeptMessage, kind, "kind"),       TEXT(KeptMessage, to, "to"),
    TEXT(KeptMessage, subject, "subject"), TEXT(KeptMessage, link, "link"),
    TEXT(KeptMessage, code, "code"),       END(KeptMessage),
};

/* May they be shown at all? */
static Err enter_kept(Ctx *ctx)
{
    const House *house = ctx_settings(ctx);

    ctx->directory = &house->settings.directory;
    return house->settings.ops_token != NULL || house->server->how->dev ? OK : fail(ctx, E_NO_CREDENTIAL, NOWHERE, NULL);
}

static Err kept_list(Ctx *ctx, const Req *req, Reply *reply)
{
    List kept;

    (void)req;
    TRY(enter_kept(ctx));
    TRY(dir_kept_list(ctx, MOST_SHOWN, &kept));
    IGNORE(reply_text(ctx, reply, 200, "application/json", STR(""))); /* never fails */
    reply_header(reply, "Cache-Control", "no-store");
    json_write_list(&reply->body, kept_doc, &kept, JSON_PLAIN);
    return OK;
}

static void write_escaped(Buf *buf, const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        if (strchr("&<>\"'", *text) != NULL)
            buf_printf(buf, "&#%d;", *text);
        else
            buf_char(buf, *text);
}

static void write_cell(Buf *buf, const char *before, const char *text, const char *after)
{
    buf_puts(buf, before);
    write_escaped(buf, text);
    buf_puts(buf, after);
}

static void write_kept(Buf *buf, const KeptMessage *kept)
{
    buf_puts(buf, "<article><p>");
    time_write(buf, kept->created_at, 0);
    write_cell(buf, " to <b>", kept->to, "</b></p>");
    write_cell(buf, "<h2><a href=\"/mail/", kept->id, "\">");
    write_cell(buf, "", kept->subject, "</a></h2>");
    if (kept->link != NULL) {
        write_cell(buf, "<p><a href=\"", kept->link, "\">");
        write_cell(buf, "", kept->link, "</a></p>");
    }
    if (kept->code != NULL)
        write_cell(buf, "<p>Code: <b>", kept->code, "</b></p>");
    buf_puts(buf, "</article>\n");
}

/* Nothing on these pages runs, and no other page may look into them. */
static void set_page(Ctx *ctx, Reply *reply, Str text)
{
    IGNORE(reply_text(ctx, reply, 200, "text/html; charset=utf-8", text)); /* never fails */
    reply_header(reply, "Cache-Control", "no-store");
    reply_header(
        reply, "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox "
        "allow-top-navigation-by-user-activation");
    reply_header(reply, "X-Content-Type-Options", "nosniff");
    reply_header(reply, "Referrer-Policy", "no-referrer");
}

static Err kept_page(Ctx *ctx, const Req *req, Reply *reply)
{
    List kept;

    (void)req;
    TRY(enter_kept(ctx));
    TRY(dir_kept_list(ctx, MOST_SHOWN, &kept));
    set_page(
        ctx, reply,
        STR("<!doctype html><html lang=\"en\"><title>Kept mail</title><style>body{font:16px sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
            "article{border-top:1px solid}a{overflow-wrap:anywhere}</style><h1>Kept mail</h1>\n"
            "<p>There is no mail server (GOTRUE_SMTP_HOST), so mails are kept here, newest first. As JSON: <a href=\"/mail.json\">/mail.json</a></p>\n"));
    for (size_t i = 0; i < kept.n; i++)
        write_kept(&reply->body, kept.v[i]);
    if (kept.n == 0)
        buf_puts(&reply->body, "<p>None so far.</p>\n");
    return OK;
}

static Err kept_body(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *html, *id = uuid_read(ctx->arena, str_of(req_param(ctx, "id")));
    Err err;

    (void)req;
    TRY(enter_kept(ctx));
    err = id == NULL ? E_NO_ROW : dir_kept_body(ctx, id, &html);
    if (err == E_NO_ROW)
        return fail(ctx, E_NO_ROUTE, NOWHERE, NULL);
    TRY(err);
    set_page(ctx, reply, str_of(html));
    return OK;
}

static const Route ops_routes[] = {
    { GET, "/healthz", NEED_NOTHING, healthz },
    { GET, "/readyz", NEED_NOTHING, readyz },
    { GET, "/metrics", NEED_SECRET, metrics },
    { GET, "/mail", NEED_SECRET, kept_page },
    { GET, "/mail.json", NEED_SECRET, kept_list },
    { GET, "/mail/{id}", NEED_SECRET, kept_body },
    { POST, "/admin/v1/users/{user_id}/external_accounts", NEED_SECRET, ops_account_put, ops_account_in, ops_put_out },
    { POST, "/admin/v1/users/{user_id}/passkeys", NEED_SECRET, ops_passkey_put, ops_passkey_in, ops_put_out },
    { POST, "/admin/v1/users/{user_id}/web3_wallets", NEED_SECRET, ops_wallet_put, ops_wallet_in, ops_put_out },
    { 0 },
};

/* Without a token, a page of the web must not look through the browser of who sits here: its name may lead to this machine, but it is a name. */
static bool is_here(const Req *req)
{
    Str name = req->host;

    if (name.n > 0 && name.p[0] == '[')
        return true;
    name = str_cut(&name, ':');
    for (size_t i = 0; i < name.n; i++)
        if (!byte_in(name.p[i], "0123456789."))
            return str_eq_nocase(name, STR("localhost"));
    return true;
}

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
    } else if (*req->peer != '\0' && !is_here(req)) {
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
    } rows[] = { { E_NO_ROUTE, 404 },  { E_NO_METHOD, 405 },  { E_NO_CREDENTIAL, 401 }, { E_BAD_CREDENTIAL, 401 }, { E_BUSY, 503 },
                 { E_NO_USER, 404 },   { E_ID_TAKEN, 409 },   { E_WALLET_TAKEN, 409 },  { E_BAD_VALUE, 422 },      { E_BAD_WALLET, 422 },
                 { E_BAD_EMAIL, 422 }, { E_MISSING, 422 },    { E_BAD_TYPE, 422 },      { E_TOO_LONG, 422 },       { E_UNKNOWN_FIELD, 422 },
                 { E_BAD_JSON, 400 },  { E_MEDIA_TYPE, 415 }, { E_TOO_LARGE, 413 },     { E_TIMEOUT, 503 },        { E_DB_LOST, 503 },
                 { E_DB_RETRY, 503 } };
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
