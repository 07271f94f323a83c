/* server.c: wiring: environment → settings, data directory, database, router, listener, signals. */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "dialect/gotrue/gotrue.h"
#include "http/http.h"
#include "store/store.h"

typedef struct Server {
    Arena *arena; /* what lives as long as the process */
    Directory directory;
    GotrueSettings gotrue;
    KeySet keys;
    uint8_t data_key[DATA_KEY_BYTES];
    Db *db;
    Loop *loop;
    HttpServer *http;
    Router *router;
    uv_signal_t signals[2];
} Server;

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

/* ---- data directory and keys ---- */

static Err load_data_key(Server *server, const char *dir, Buf *why)
{
    const char *path = arena_printf(server->arena, "%s/data.key", dir);
    struct stat st;
    int fd;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        buf_printf(why, "cannot make the data directory %s: %s", dir, strerror(errno));
        return E_IO;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fstat(fd, &st) != 0 || (st.st_mode & 077) != 0) {
        buf_printf(why, "%s must be a file that its owner alone can read", path);
        if (fd >= 0)
            close(fd);
        return E_CONFIG;
    }
    if (st.st_size == 0) {
        random_bytes(server->data_key, sizeof(server->data_key));
        if (write(fd, server->data_key, sizeof(server->data_key)) != (ssize_t)sizeof(server->data_key) || fsync(fd) != 0)
            st.st_size = -1;
    } else if (read(fd, server->data_key, sizeof(server->data_key)) != (ssize_t)sizeof(server->data_key)) {
        st.st_size = -1;
    }
    close(fd);
    if (st.st_size < 0)
        buf_printf(why, "%s cannot be read or written", path);
    return st.st_size < 0 ? E_IO : OK;
}

static Err make_secret(Ctx *ctx, Str *ret)
{
    *ret = str_of(random_text(ctx->arena, 43, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"));
    return OK;
}

/* The operator's secret, or one of our own, with the service key that it signs printed once. */
static Err load_keys(Server *server, Ctx *ctx)
{
    const char *given = env("GOTRUE_JWT_SECRET", NULL);
    Str secret = str_of(given);
    bool made = false;
    char *token;
    Key *key;

    if (given == NULL)
        TRY(dir_key_load(ctx, "gotrue", "signing", make_secret, &secret, &made));
    TRY(key_from_secret(secret, getenv("GOTRUE_JWT_KEY_ID"), &key));
    server->keys = (KeySet){ .signer = key, .fallback = key, .algs = 1U << ALG_HS256 };
    if (!made)
        return OK;
    TRY(jwt_sign(ctx->arena, &server->keys, "JWT", arena_printf(ctx->arena, "{\"role\":\"service_role\",\"iat\":%lld,\"exp\":%lld}",
                 (long long)(ctx->now / US_PER_S), (long long)(ctx->now / US_PER_S + 10 * 365 * 86400LL)), &token));
    printf("service_role key (shown once): %s\n", token);
    fflush(stdout);
    return OK;
}

/* ---- settings ---- */

static void read_settings(Server *server)
{
    Str roles = str_of(env("GOTRUE_JWT_ADMIN_ROLES", "service_role,supabase_admin"));

    server->directory = (Directory){
        .default_aud = env("GOTRUE_JWT_AUD", ""), .default_role = env("GOTRUE_JWT_DEFAULT_GROUP_NAME", ""),
        .password_hash = env("HECATE_PASSWORD_HASH", "bcrypt:10"), .password_min = env_int("GOTRUE_PASSWORD_MIN_LENGTH", 6, 6),
        .password_required = env("GOTRUE_PASSWORD_REQUIRED_CHARACTERS", NULL),
        .rotation = env_bool("GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED", true),
        .reuse_interval = env_int("GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL", 0, 0),
        .single_session = env_bool("GOTRUE_SESSIONS_SINGLE_PER_USER", false), .email_off = !env_bool("GOTRUE_EXTERNAL_EMAIL_ENABLED", true),
        .phone_off = !env_bool("GOTRUE_EXTERNAL_PHONE_ENABLED", false), .data_key = server->data_key,
        .audit_off = env_bool("GOTRUE_AUDIT_LOG_DISABLE_POSTGRES", false),
    };
    server->gotrue = (GotrueSettings){
        .keys = &server->keys, .issuer = env("GOTRUE_JWT_ISSUER", ""), .aud = server->directory.default_aud,
        .site_url = env("GOTRUE_SITE_URL", ""), .external_url = env("API_EXTERNAL_URL", ""), .jwt_exp = env_int("GOTRUE_JWT_EXP", 3600, 1),
        .disable_signup = env_bool("GOTRUE_DISABLE_SIGNUP", false), .mailer_autoconfirm = env_bool("GOTRUE_MAILER_AUTOCONFIRM", false),
        .sms_autoconfirm = env_bool("GOTRUE_SMS_AUTOCONFIRM", false), .email_enabled = !server->directory.email_off,
        .phone_enabled = !server->directory.phone_off, .anonymous_enabled = env_bool("GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED", false),
        .sms_provider = env("GOTRUE_SMS_PROVIDER", ""), .cors_headers = env("GOTRUE_CORS_ALLOWED_HEADERS", ""), .version = "hecate-0.1.0",
    };
    while (roles.p != NULL)
        texts_add(server->arena, &server->gotrue.admin_roles, str_dup(server->arena, str_trim(str_cut(&roles, ','))));
}

static Err open_database(Server *server, const char *dir, Buf *why)
{
    const char *url = env("HECATE_DATABASE_URL", arena_printf(server->arena, "sqlite:%s/hecate.db", dir));
    const DbConfig config = { .url = url, .stmts = sql_stmts, .n_stmts = sql_n };

    store_init();
    TRY(db_open(&config, why, &server->db));
    return db_migrate(server->db, store_migrations, store_migrations_n, why);
}

/* ---- requests ---- */

static Limits limits(void *arg, const Req *head)
{
    return router_limits(((Server *)arg)->router, head);
}

static void handle(void *arg, Arena *arena, Req *req, Reply *reply)
{
    Server *server = arg;
    Ctx ctx = ctx_new(arena, server->db);

    ctx.directory = &server->directory;
    ctx.request_id = uuid_new(arena);
    ctx.ip = *req->peer == '\0' ? NULL : req->peer;
    ctx.user_agent = req_header(req, "user-agent").n == 0 ? NULL : str_dup(arena, req_header(req, "user-agent"));
    router_serve(server->router, &ctx, req, reply);
}

static void overflow(void *arg, const Req *req, Reply *reply)
{
    (void)arg;
    (void)req;
    reply->status = 500;
}

/* ---- life ---- */

static void drained(void *arg)
{
    loop_stop(((Server *)arg)->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    Server *server = handle->data;

    (void)number;
    http_drain(server->http, drained, server);
}

static Err listen_all(Server *server, Buf *why)
{
    const char *address = env("HECATE_LISTEN_GOTRUE", arena_printf(server->arena, "%s:%s", env("GOTRUE_API_HOST", "127.0.0.1"), env("PORT", "9999")));
    const Mount mount = { &gotrue_dialect, &server->gotrue };
    HttpConfig config = http_defaults();

    TRY(http_address_check(address, why));
    server->router = router_new(&mount, 1);
    config.limits = limits;
    config.handle = handle;
    config.overflow = overflow;
    config.arg = server;
    TRY(loop_new(0, &server->loop));
    for (size_t i = 0; i < COUNTOF(server->signals); i++) {
        uv_signal_init(loop_uv(server->loop), &server->signals[i]);
        server->signals[i].data = server;
        uv_signal_start(&server->signals[i], on_signal, i == 0 ? SIGTERM : SIGINT);
    }
    return http_listen(server->loop, address, NULL, &config, NULL, &server->http);
}

static void open_loop_db(void *arg)
{
    if (db_loop_open(((Server *)arg)->db) != OK)
        log_note(LOG_ERROR, "the loop's connection cannot be opened: reads share one");
}

static void server_free(Server *server)
{
    router_free(server->router);
    loop_free(server->loop);
    http_free(server->http);
    db_close(server->db);
    lane_free(server->directory.hash_lane);
    key_free(server->keys.signer);
    arena_free(server->arena);
}

static Err start(Server *server, Buf *why)
{
    const char *dir = env("HECATE_DATA", "./hecate-data");
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    Ctx ctx;

    signal(SIGPIPE, SIG_IGN);
    log_setup(LOG_INFO, LOG_AUTO);
    read_settings(server);
    TRY(load_data_key(server, dir, why));
    TRY(open_database(server, dir, why));
    ctx = ctx_new(server->arena, server->db);
    ctx.directory = &server->directory;
    TRY(load_keys(server, &ctx));
    TRY(lane_new("hash", (unsigned)(cores < 1 ? 1 : cores), 128, &server->directory.hash_lane));
    return listen_all(server, why);
}

Err server_run(Buf *why)
{
    Server server = { .arena = arena_new(16 << 20, true) };
    const Err err = start(&server, why);

    if (err == OK) {
        log_note(LOG_INFO, "gotrue listens on port %d", http_port(server.http));
        loop_post(server.loop, open_loop_db, &server);
        loop_run(server.loop);
        db_loop_close(server.db);
    }
    server_free(&server);
    return err;
}
