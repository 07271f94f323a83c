/* server.c: wiring: settings, data directory, database, routers, listeners, signals. */
#include "server/server.h"

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "server/internal.h"
#include "store/store.h"

static const char *env(const char *name, const char *fallback)
{
    const char *value = getenv(name);

    return value == NULL || *value == '\0' ? fallback : value;
}

static bool env_bool(const char *name, bool fallback)
{
    const char *value = env(name, fallback ? "true" : "false");

    return *value == 't' || *value == 'T' || *value == '1';
}

static int64_t env_int(const char *name, int64_t fallback, int64_t least)
{
    uint64_t n;

    return str_to_u64(str_of(env(name, "")), INT32_MAX, &n) && (int64_t)n >= least ? (int64_t)n : fallback;
}

/* ---- settings ---- */

static bool any_gotrue_variable(void)
{
    for (char **e = environ; *e != NULL; e++)
        if (strncmp(*e, "GOTRUE_", 7) == 0)
            return true;
    return false;
}

/* With the reference's variables given, only its own dialect is on by itself (DESIGN.md 7). */
static void read_listeners(Server *server)
{
    Settings *settings = &server->settings;
    const bool alone = any_gotrue_variable();

    settings->listen[TONGUE_GOTRUE] =
        env("HECATE_LISTEN_GOTRUE", arena_printf(server->arena, "%s:%s", env("GOTRUE_API_HOST", "127.0.0.1"),
                                                 env("PORT", env("GOTRUE_API_PORT", "9999"))));
    settings->listen[TONGUE_CLERK] = env("HECATE_LISTEN_CLERK", alone ? "off" : "127.0.0.1:9998");
    settings->listen[TONGUE_AUTH0] = env("HECATE_LISTEN_AUTH0", alone ? "off" : "127.0.0.1:9443");
    for (size_t i = 0; i < TONGUES; i++)
        if (text_eq(settings->listen[i], "off"))
            settings->listen[i] = NULL;
}

static void read_settings(Server *server)
{
    Str roles = str_of(env("GOTRUE_JWT_ADMIN_ROLES", "service_role,supabase_admin"));
    Settings *settings = &server->settings;

    read_listeners(server);
    settings->data = env("HECATE_DATA", "./hecate-data");
    settings->database_url = env("HECATE_DATABASE_URL", arena_printf(server->arena, "sqlite:%s/hecate.db", settings->data));
    settings->jwt_secret = env("GOTRUE_JWT_SECRET", NULL);
    settings->jwt_key_id = env("GOTRUE_JWT_KEY_ID", NULL);
    settings->clerk_secret_key = env("HECATE_CLERK_SECRET_KEY", NULL);
    settings->auth0_client_secret = env("HECATE_AUTH0_CLIENT_SECRET", NULL);
    settings->directory = (Directory){
        .default_aud = env("GOTRUE_JWT_AUD", ""),
        .default_role = env("GOTRUE_JWT_DEFAULT_GROUP_NAME", ""),
        .password_hash = env("HECATE_PASSWORD_HASH", "bcrypt:10"),
        .password_min = env_int("GOTRUE_PASSWORD_MIN_LENGTH", 6, 6),
        .password_required = env("GOTRUE_PASSWORD_REQUIRED_CHARACTERS", NULL),
        .rotation = env_bool("GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED", true),
        .reuse_interval = env_int("GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL", 0, 0),
        .single_session = env_bool("GOTRUE_SESSIONS_SINGLE_PER_USER", false),
        .refresh_v2 = env_int("GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION", 0, 0) == 2,
        .refresh_always = env_bool("GOTRUE_SECURITY_REFRESH_TOKEN_ALLOW_REUSE", false),
        .email_off = !env_bool("GOTRUE_EXTERNAL_EMAIL_ENABLED", true),
        .phone_off = !env_bool("GOTRUE_EXTERNAL_PHONE_ENABLED", false),
        .data_key = server->data_key,
        .audit_off = env_bool("GOTRUE_AUDIT_LOG_DISABLE_POSTGRES", false),
    };
    settings->gotrue = (GotrueSettings){
        .issuer = env("GOTRUE_JWT_ISSUER", ""),
        .aud = settings->directory.default_aud,
        .site_url = env("GOTRUE_SITE_URL", ""),
        .external_url = env("API_EXTERNAL_URL", ""),
        .jwt_exp = env_int("GOTRUE_JWT_EXP", 3600, 1),
        .disable_signup = env_bool("GOTRUE_DISABLE_SIGNUP", false),
        .mailer_autoconfirm = env_bool("GOTRUE_MAILER_AUTOCONFIRM", false),
        .sms_autoconfirm = env_bool("GOTRUE_SMS_AUTOCONFIRM", false),
        .email_enabled = !settings->directory.email_off,
        .phone_enabled = !settings->directory.phone_off,
        .anonymous_enabled = env_bool("GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED", false),
        .sms_provider = env("GOTRUE_SMS_PROVIDER", ""),
        .cors_headers = env("GOTRUE_CORS_ALLOWED_HEADERS", ""),
        .cursor_pagination = env_bool("GOTRUE_EXPERIMENTAL_CURSOR_PAGINATION_ENABLED", false),
        .version = "v2.196.0",
    };
    settings->auth0 = (Auth0Settings){ .domain = env("HECATE_AUTH0_DOMAIN", NULL),
                                       .client_id = env("HECATE_AUTH0_CLIENT_ID", NULL),
                                       .token_seconds = 86400 };
    while (roles.p != NULL)
        texts_add(server->arena, &settings->gotrue.admin_roles, str_dup(server->arena, str_trim(str_cut(&roles, ','))));
}

static Err open_database(Server *server, Buf *why)
{
    const DbConfig config = { .url = server->settings.database_url, .stmts = sql_stmts, .n_stmts = sql_n };

    store_init();
    TRY(db_open(&config, why, &server->db));
    return db_migrate(server->db, store_migrations, store_migrations_n, why);
}

/* ---- requests ---- */

static Limits limits(void *arg, const Req *head)
{
    return router_limits(((Listener *)arg)->router, head);
}

static void handle(void *arg, Arena *arena, Req *req, Reply *reply)
{
    Listener *listener = arg;
    Ctx ctx = ctx_new(arena, listener->server->db);

    ctx.directory = &listener->server->settings.directory;
    ctx.request_id = uuid_new(arena);
    ctx.ip = *req->peer == '\0' ? NULL : req->peer;
    ctx.user_agent = req_header(req, "user-agent").n == 0 ? NULL : str_dup(arena, req_header(req, "user-agent"));
    router_serve(listener->router, &ctx, req, reply);
}

static void overflow(void *arg, const Req *req, Reply *reply)
{
    (void)arg;
    (void)req;
    reply->status = 500;
}

/* ---- listeners ---- */

static bool any_port(const char *address)
{
    const char *colon = strrchr(address, ':');

    return colon != NULL && strcmp(colon, ":0") == 0 && strncmp(address, "fd:", 3) != 0;
}

/* The listener with this address: dialects that name the same one share it, but "any port" is another one for each. */
static Listener *listener_at(Server *server, const char *name, const char *address)
{
    Listener *listener = server->listeners;

    for (size_t i = 0; i < server->n_listeners; i++, listener++)
        if (text_eq(listener->address, address) && !any_port(address))
            return listener;
    *listener = (Listener){ .name = name, .address = address, .server = server };
    server->n_listeners++;
    return listener;
}

static void plan_listeners(Server *server)
{
    const Settings *settings = &server->settings;
    const Mount mounts[TONGUES] = { { &gotrue_dialect, &settings->gotrue },
                                    { &clerk_dialect, &settings->clerk },
                                    { &auth0_dialect, &settings->auth0 } };

    for (size_t i = 0; i < TONGUES; i++)
        if (settings->listen[i] != NULL) {
            Listener *listener = listener_at(server, mounts[i].dialect->name, settings->listen[i]);

            listener->tongues[listener->n_mounts] = (Tongue)i;
            listener->mounts[listener->n_mounts++] = mounts[i];
        }
}

/* The address that clients use: with the port that the kernel gave, when any would do. */
static void real_address(Server *server, const Listener *listener)
{
    Settings *settings = &server->settings;
    const char *address = listener->address;

    if (any_port(address))
        address =
            arena_printf(server->arena, "%.*s:%d", (int)(strrchr(address, ':') - address), address, http_port(listener->http));
    for (size_t i = 0; i < listener->n_mounts; i++)
        settings->listen[listener->tongues[i]] = address;
    if (settings->auth0.domain == NULL && settings->listen[TONGUE_AUTH0] == address)
        settings->auth0.domain = address;
}

static Err listen_one(Server *server, Listener *listener, Buf *why)
{
    HttpConfig config = http_defaults();

    TRY(http_address_check(listener->address, why));
    listener->router = router_new(listener->mounts, listener->n_mounts);
    config.limits = limits;
    config.handle = handle;
    config.overflow = overflow;
    config.arg = listener;
    TRY(http_listen(server->loop, listener->address, NULL, &config, NULL, &listener->http));
    for (size_t i = 0; i < listener->n_mounts; i++)
        log_note(LOG_INFO, "%s listens on port %d", listener->mounts[i].dialect->name, http_port(listener->http));
    real_address(server, listener);
    return OK;
}

/* ---- life ---- */

static void drained(void *arg)
{
    Server *server = arg;

    if (--server->n_draining == 0)
        loop_stop(server->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    Server *server = handle->data;

    (void)number;
    if (server->n_draining > 0)
        return;
    server->n_draining = server->n_listeners;
    for (size_t i = 0; i < server->n_listeners; i++)
        http_drain(server->listeners[i].http, drained, server);
}

static Err listen_all(Server *server, Buf *why)
{
    TRY(loop_new(0, &server->loop));
    for (size_t i = 0; i < COUNTOF(server->signals); i++) {
        uv_signal_init(loop_uv(server->loop), &server->signals[i]);
        server->signals[i].data = server;
        uv_signal_start(&server->signals[i], on_signal, i == 0 ? SIGTERM : SIGINT);
    }
    plan_listeners(server);
    for (size_t i = 0; i < server->n_listeners; i++)
        TRY(listen_one(server, &server->listeners[i], why));
    keys_print(server);
    return OK;
}

static void open_loop_db(void *arg)
{
    if (db_loop_open(((Server *)arg)->db) != OK)
        log_note(LOG_ERROR, "the loop's connection cannot be opened: reads share one");
}

static void server_free(Server *server)
{
    loop_free(server->loop);
    for (size_t i = 0; i < server->n_listeners; i++) {
        router_free(server->listeners[i].router);
        http_free(server->listeners[i].http);
    }
    db_close(server->db);
    lane_free(server->settings.directory.hash_lane);
    keys_free(server);
    arena_free(server->arena);
}

static Err start(Server *server, Buf *why)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    Ctx ctx;

    signal(SIGPIPE, SIG_IGN);
    log_setup(LOG_INFO, LOG_AUTO);
    read_settings(server);
    TRY(keys_open(server, why));
    TRY(open_database(server, why));
    ctx = ctx_new(server->arena, server->db);
    ctx.directory = &server->settings.directory;
    TRY(keys_load(server, &ctx, why));
    TRY(lane_new("hash", (unsigned)(cores < 1 ? 1 : cores), 128, &server->settings.directory.hash_lane));
    return listen_all(server, why);
}

Err server_run(Buf *why)
{
    Server server = { .arena = arena_new(16 << 20, true) };
    const Err err = start(&server, why);

    if (err == OK) {
        loop_post(server.loop, open_loop_db, &server);
        loop_run(server.loop);
        db_loop_close(server.db);
    }
    server_free(&server);
    return err;
}
