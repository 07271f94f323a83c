/* harness.c: the server and the client of server.h. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

static struct {
    Loop *loop;
    HttpServer *server;
    HttpConfig config;
    const char *address;
    Tls *tls;
    Lane *lane;
    pthread_t thread;
    sem_t ready;
    size_t connections;
    Err err;
} house;

/* ---- handlers ---- */

static void on_echo(Arena *arena, Req *req, Reply *reply, uint64_t n)
{
    (void)arena;
    (void)n;
    reply->status = 200;
    buf_str(&reply->body, req->body);
}

static void on_size(Arena *arena, Req *req, Reply *reply, uint64_t n)
{
    char *room = buf_room(&reply->body, n);

    (void)arena;
    (void)req;
    reply->status = 200;
    memset(room, 'x', n);
    buf_added(&reply->body, n);
}

static void on_sleep(Arena *arena, Req *req, Reply *reply, uint64_t n)
{
    (void)arena;
    (void)req;
    reply->status = 200;
    buf_puts(&reply->body, err_name(fiber_sleep((int64_t)n)));
}

static Err fill(void *arg)
{
    for (size_t i = 0; i < 1000000; i++)
        memset(arena_alloc(arg, 1000), 1, 1000);
    return OK;
}

static void on_fill(Arena *arena, Req *req, Reply *reply, uint64_t n)
{
    (void)req;
    (void)reply;
    (void)n;
    IGNORE(fill(arena));
}

/* One byte at a time up to the very edge: what the server still needs for the answer must not come from the arena. */
static void on_brim(Arena *arena, Req *req, Reply *reply, uint64_t n)
{
    (void)req;
    (void)n;
    reply->status = 200;
    reply_header(reply, "X-Full", "yes");
    buf_puts(&reply->body, "brim");
    while (arena_used(arena) + 16 <= house.config.arena_cap)
        arena_alloc(arena, 1);
}

static void on_burn(Arena *arena, Req *req, Reply *reply, uint64_t n)
{
    (void)req;
    (void)n;
    reply->status = 200;
    buf_puts(&reply->body, err_name(lane_run(house.lane, fill, arena)));
}

static void on_peer(Arena *arena, Req *req, Reply *reply, uint64_t n)
{
    (void)arena;
    (void)n;
    reply->status = 200;
    buf_printf(&reply->body, "%s %s", req->peer, req->tls ? "tls" : "plain");
}

static const struct {
    const char *path;
    void (*fn)(Arena *arena, Req *req, Reply *reply, uint64_t n);
} routes[] = {
    { "/echo", on_echo }, { "/size/", on_size }, { "/sleep/", on_sleep }, { "/fill", on_fill },
    { "/brim", on_brim }, { "/burn", on_burn },  { "/peer", on_peer },
};

static void handle(void *arg, Arena *arena, Req *req, Reply *reply)
{
    (void)arg;
    reply->status = 404;
    if (req->err != OK) {
        reply->status = req->err == E_TOO_LARGE ? 413 : 408;
        buf_puts(&reply->body, err_name(req->err));
        return;
    }
    for (size_t i = 0; i < COUNTOF(routes); i++) {
        const Str path = str_of(routes[i].path);
        uint64_t n = 0;

        if (!str_starts(req->path, path))
            continue;
        if (req->path.n > path.n && !str_to_u64((Str){ req->path.p + path.n, req->path.n - path.n }, UINT32_MAX, &n))
            continue;
        routes[i].fn(arena, req, reply, n);
    }
}

static void overflow(void *arg, const Req *req, Reply *reply)
{
    (void)arg;
    reply->status = 500;
    buf_puts(&reply->body, "overflow ");
    buf_str(&reply->body, req->path);
}

static Limits limits(void *arg, const Req *head)
{
    (void)head;
    return (Limits){ .body = 100000, .body_ms = arg == NULL ? LIMIT_MS(5000) : *(const int64_t *)arg };
}

HttpConfig test_config(void)
{
    HttpConfig config = http_defaults();

    config.header_ms = LIMIT_MS(5000);
    config.idle_ms = LIMIT_MS(5000);
    config.request_ms = LIMIT_MS(5000);
    config.arena_cap = 4 << 20;
    config.limits = limits;
    config.handle = handle;
    config.overflow = overflow;
    return config;
}

/* ---- the server ---- */

static void *serve(void *arg)
{
    (void)arg;
    house.err = loop_new(1, &house.loop);
    if (house.err == OK)
        house.err = http_listen(house.loop, house.address, house.tls, &house.config, NULL, &house.server);
    sem_post(&house.ready);
    if (house.err == OK)
        loop_run(house.loop);
    loop_free(house.loop);
    return NULL;
}

void server_start(const HttpConfig *config, Tls *tls)
{
    server_start_at("127.0.0.1:0", config, tls);
}

void server_start_at(const char *address, const HttpConfig *config, Tls *tls)
{
    signal(SIGPIPE, SIG_IGN);
    house.address = address;
    house.config = *config;
    house.tls = tls;
    assert_ok(lane_new("test", 1, 8, &house.lane));
    sem_init(&house.ready, 0, 0);
    assert_int_equal(pthread_create(&house.thread, NULL, serve, NULL), 0);
    sem_wait(&house.ready);
    assert_ok(house.err);
}

static void on_drained(void *arg)
{
    (void)arg;
    loop_stop(house.loop);
}

static void drain_here(void *arg)
{
    http_drain(house.server, on_drained, arg);
}

void server_stop(int64_t ms)
{
    const int64_t begun = clock_mono_ms();

    loop_post(house.loop, drain_here, NULL);
    pthread_join(house.thread, NULL);
    assert_true(clock_mono_ms() - begun < LIMIT_MS(ms));
    http_free(house.server);
    lane_free(house.lane);
    sem_destroy(&house.ready);
}

void server_post(void (*fn)(void *arg))
{
    loop_post(house.loop, fn, NULL);
}

static void count_here(void *arg)
{
    (void)arg;
    house.connections = http_connections(house.server);
    sem_post(&house.ready);
}

size_t server_connections(void)
{
    loop_post(house.loop, count_here, NULL);
    sem_wait(&house.ready);
    return house.connections;
}

int server_port(void)
{
    return http_port(house.server);
}

/* ---- the client ---- */

Client client_connect(void)
{
    const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)server_port()), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    Client client = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

    assert_true(client.fd >= 0);
    assert_int_equal(connect(client.fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

Client client_connect_unix(const char *path)
{
    Client client = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(connect(client.fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

Client client_connect_tls(const char *ca_file)
{
    Client client = client_connect();

    client.ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(client.ctx, SSL_VERIFY_PEER, NULL);
    assert_int_equal(SSL_CTX_load_verify_locations(client.ctx, ca_file, NULL), 1);
    client.ssl = SSL_new(client.ctx);
    SSL_set1_host(client.ssl, "localhost");
    SSL_set_fd(client.ssl, client.fd);
    assert_int_equal(SSL_connect(client.ssl), 1);
    return client;
}

void client_close(Client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->ctx);
    close(client->fd);
    free(client->text);
    *client = (Client){ .fd = -1 };
}

/* What the server no longer takes is not an error here. */
void client_send(Client *client, const char *text, size_t n)
{
    while (n > 0) {
        const ssize_t sent = client->ssl != NULL ? SSL_write(client->ssl, text, (int)n) : send(client->fd, text, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        text += sent;
        n -= (size_t)sent;
    }
}

/* More bytes of the answer: their number, 0 at the end, -1 after `ms`. */
static ssize_t read_more(Client *client, int64_t ms)
{
    struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN };
    ssize_t n;

    if (client->size - client->n < 70000) {
        client->size += 200000;
        client->text = realloc(client->text, client->size);
    }
    if ((client->ssl == NULL || SSL_pending(client->ssl) == 0) && poll(&poll_fd, 1, ms < 0 ? 0 : (int)ms) <= 0)
        return -1;
    n = client->ssl != NULL ? SSL_read(client->ssl, client->text + client->n, 65536) : recv(client->fd, client->text + client->n, 65536, 0);
    if (n > 0)
        client->n += (size_t)n;
    client->text[client->n] = '\0';
    return n < 0 ? 0 : n;
}

static size_t count(const Client *client, const char *text)
{
    size_t n = 0;

    for (const char *at = client->text; at != NULL && (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

bool client_expect(Client *client, const char *text, size_t times, int64_t ms)
{
    const int64_t end = clock_mono_ms() + LIMIT_MS(ms);

    while (count(client, text) < times)
        if (read_more(client, end - clock_mono_ms()) <= 0)
            return false;
    return true;
}

bool client_drain(Client *client, int64_t ms)
{
    const int64_t end = clock_mono_ms() + ms;

    for (;;) {
        const ssize_t n = read_more(client, end - clock_mono_ms());

        if (n <= 0)
            return n == 0;
    }
}

Client client_ask(const char *text)
{
    Client client = client_connect();

    client_say(&client, text);
    assert_true(client_drain(&client, 5000));
    return client;
}
