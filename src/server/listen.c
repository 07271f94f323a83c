/* listen.c: who listens where. Dialects that name one address share a listener; each loop has its own socket for it. */
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "server/internal.h"

static bool any_port(const char *address)
{
    const char *colon = strrchr(address, ':');

    return colon != NULL && strcmp(colon, ":0") == 0 && strncmp(address, "fd:", 3) != 0;
}

/* Sockets that exist once, whatever the number of loops. */
static bool is_single(const char *address)
{
    return strncmp(address, "fd:", 3) == 0 || strncmp(address, "unix:", 5) == 0;
}

/* The listener with this address, but "any port" is another one for each. */
static Listener *listener_at(Server *server, const char *address)
{
    Listener *listener;

    for (size_t i = 0; i < server->n_listeners; i++)
        if (text_eq(server->listeners[i].address, address) && !any_port(address))
            return &server->listeners[i];
    listener = &server->listeners[server->n_listeners];
    *listener = (Listener){ .server = server, .index = server->n_listeners++, .address = arena_strdup(server->arena, address) };
    return listener;
}

void listen_plan(Server *server, const House *house)
{
    for (size_t i = 0; i < TONGUES; i++)
        if (house->settings.listen[i] != NULL) {
            Listener *listener = listener_at(server, house->settings.listen[i]);

            listener->tongues[listener->n_tongues++] = (Tongue)i;
            listener->tls = listener->tls || i == TONGUE_AUTH0;
            listener->ops = listener->ops || i == TONGUE_OPS;
        }
}

/* ---- TLS ---- */

static const char *host_of(Arena *arena, const char *domain)
{
    const bool v6 = domain[0] == '['; /* [::1]:9443 */
    Str rest = str_of(v6 ? domain + 1 : domain);

    return str_dup(arena, str_cut(&rest, v6 ? ']' : ':'));
}

Err listen_tls(Server *server, const House *house, Buf *why)
{
    const Settings *settings = &house->settings;
    const char *cert = settings->tls_cert, *key = settings->tls_key, *names[1];
    Err err = OK;

    if (settings->listen[TONGUE_AUTH0] == NULL)
        return OK;
    if (cert == NULL) {
        names[0] = settings->auth0.domain == NULL ? "" : host_of(house->arena, settings->auth0.domain);
        process_as_user(server, true);
        err = tls_local_ca(settings->data, names, *names[0] == '\0' ? 0 : 1);
        process_as_user(server, false);
        cert = arena_printf(house->arena, "%s/server.pem", settings->data);
        key = arena_printf(house->arena, "%s/server.key", settings->data);
    }
    if (err == OK)
        err = server->tls == NULL ? tls_new(cert, key, &server->tls) : tls_reload(server->tls);
    if (err != OK)
        buf_printf(why, "the certificate %s cannot be used", cert);
    return err;
}

/* ---- requests ---- */

static Limits limits(void *arg, const Req *head)
{
    const Listener *listener = arg;

    return router_limits(atomic_load(&listener->server->house)->routers[listener->index], head);
}

static Ctx request_ctx(const Listener *listener, const House *house, Arena *arena, const Req *req)
{
    Ctx ctx = ctx_new(arena, listener->server->db);

    ctx.directory = &house->settings.directory;
    ctx.request_id = uuid_new(arena);
    ctx.ip = proxies_client(&house->proxies, arena, req);
    ctx.user_agent = req_header(req, "user-agent").n == 0 ? NULL : str_dup(arena, req_header(req, "user-agent"));
    return ctx;
}

static void handle(void *arg, Arena *arena, Req *req, Reply *reply)
{
    const Listener *listener = arg;
    House *house = req->mark = house_enter(listener->server);
    Ctx ctx = request_ctx(listener, house, arena, req);

    req->peer_trusted = proxies_trust(&house->proxies, req->peer);
    router_serve(house->routers[listener->index], &ctx, req, reply);
    house_leave(house);
}

/* The request filled its arena, which begins anew: the dialect says so in its own words. The handler was cut off and has not left its house. */
static void overflow(void *arg, const Req *req, Reply *reply)
{
    const Listener *listener = arg;
    House *house = req->mark;
    Ctx ctx = ctx_new(reply->arena, listener->server->db);

    ctx.directory = &house->settings.directory;
    ctx.request_id = uuid_new(reply->arena);
    router_refuse(house->routers[listener->index], &ctx, req, reply, E_NOMEM);
    house_leave(house);
}

/* ---- opening ---- */

static HttpConfig http_config(Listener *listener, const Settings *settings)
{
    HttpConfig config = http_defaults();

    config.header_ms = settings->header_timeout / US_PER_MS;
    config.idle_ms = settings->idle_timeout / US_PER_MS;
    config.request_ms = settings->request_timeout / US_PER_MS;
    config.running = (size_t)settings->requests;
    config.arena_cap = (size_t)settings->request_memory;
    config.connections = (size_t)settings->connections;
    config.limits = limits;
    config.handle = handle;
    config.overflow = overflow;
    config.arg = listener;
    return config;
}

/* The first loop's socket tells the port, when any would do. */
static Err open_one(Server *server, Listener *listener, const Settings *settings, Buf *why)
{
    const HttpConfig config = http_config(listener, settings);
    const size_t loops = is_single(listener->address) ? 1 : server->n_workers;

    TRY(http_address_check(listener->address, why));
    for (size_t i = 0; i < loops; i++) {
        const Err err =
            http_listen(server->workers[i].loop, listener->address, listener->tls ? server->tls : NULL, &config, NULL, &listener->http[i]);

        if (err != OK) {
            buf_printf(why, "cannot listen on %s", listener->address);
            return err;
        }
        if (any_port(listener->address))
            listener->address = arena_printf(server->arena, "%.*s:%d", (int)(strrchr(listener->address, ':') - listener->address), listener->address,
                                             http_port(listener->http[i]));
    }
    return OK;
}

Err listen_open(Server *server, const House *house, Buf *why)
{
    for (size_t i = 0; i < server->n_listeners; i++)
        TRY(open_one(server, &server->listeners[i], &house->settings, why));
    return OK;
}

void listen_settle(const Server *server, House *house)
{
    Settings *settings = &house->settings;

    for (size_t i = 0; i < server->n_listeners; i++)
        for (size_t j = 0; j < server->listeners[i].n_tongues; j++)
            settings->listen[server->listeners[i].tongues[j]] = server->listeners[i].address;
    if (text_empty(settings->gotrue.external_url) && settings->listen[TONGUE_GOTRUE] != NULL &&
        strncmp(settings->listen[TONGUE_GOTRUE], "unix:", 5) != 0)
        settings->gotrue.external_url = arena_printf(house->arena, "http://%s", settings->listen[TONGUE_GOTRUE]);
    if (settings->auth0.domain == NULL)
        settings->auth0.domain = settings->listen[TONGUE_AUTH0];
    if (settings->clerk.frontend == NULL)
        settings->clerk.frontend = settings->listen[TONGUE_CLERK];
}
