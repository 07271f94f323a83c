/* server.c: listeners and connections on a loop. A connection holds a parser and an arena only while a request is under way; one coarse timer a loop looks
 * after all deadlines. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/http.h"

enum { READ_SIZE = 64 * 1024, TICK_MS = 250, MOST_ARENAS = 64, LINGER_MS = 1000, BACKLOG = 1024 };

typedef enum Phase { IDLE, HEADER, BODY, RUNNING, WRITING, LINGERING } Phase;

typedef struct Conn Conn;

struct HttpServer {
    Loop *loop;
    HttpConfig config;
    void *mark;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } listener;
    uv_timer_t tick;
    bool unix_socket, draining, closed;
    Conn *conns;
    size_t n_conns;
    Arena *arenas[MOST_ARENAS];
    size_t n_arenas;
    char *read_buffer;
    void (*drained)(void *arg);
    void *drained_arg;
};

struct Conn {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } socket;
    HttpServer *server;
    Conn *next, **before;
    Arena *arena;
    HttpParser *parser;
    Reply reply;
    int64_t deadline; /* ms, 0: none */
    Phase phase;
    bool closing, close_after, fiber_on, reading;
    char *pending; /* bytes that came behind the request under way */
    size_t pending_n;
    char peer[INET6_ADDRSTRLEN];
    uv_write_t write;
    char *out; /* what uv_try_write() left */
};

static void conn_next(Conn *conn);
static void conn_feed(Conn *conn, Str bytes);
static void start_reading(Conn *conn);

/* ---- arenas ---- */

static Arena *arena_take(HttpServer *server)
{
    return server->n_arenas > 0 ? server->arenas[--server->n_arenas] : arena_new(server->config.arena_cap, true);
}

static void arena_give(HttpServer *server, Arena *arena)
{
    arena_on_failure(arena, NULL, NULL);
    arena_reset(arena);
    if (server->n_arenas == MOST_ARENAS)
        arena_free(arena);
    else
        server->arenas[server->n_arenas++] = arena;
}

/* ---- connections ---- */

static void maybe_drained(HttpServer *server)
{
    if (!server->draining || server->n_conns > 0 || server->drained == NULL)
        return;
    server->drained(server->drained_arg);
    server->drained = NULL;
}

static void on_conn_closed(uv_handle_t *handle)
{
    Conn *conn = handle->data;
    HttpServer *server = conn->server;

    *conn->before = conn->next;
    if (conn->next != NULL)
        conn->next->before = conn->before;
    server->n_conns--;
    if (conn->arena != NULL)
        arena_give(server, conn->arena);
    free(conn->pending);
    free(conn->out);
    free(conn);
    maybe_drained(server);
}

/* Closes when no fiber works on it any more. */
static void conn_close(Conn *conn)
{
    conn->close_after = true;
    if (conn->closing || conn->fiber_on)
        return;
    conn->closing = true;
    uv_close(&conn->socket.handle, on_conn_closed);
}

static void set_phase(Conn *conn, Phase phase, int64_t ms)
{
    conn->phase = phase;
    conn->deadline = ms == 0 ? 0 : clock_mono_ms() + ms;
}

/* ---- writing ---- */

/* Reads on for a moment so that the answer is not lost in a reset. */
static void linger(Conn *conn)
{
    uv_os_fd_t fd;

    if (uv_fileno(&conn->socket.handle, &fd) == 0)
        shutdown(fd, SHUT_WR);
    set_phase(conn, LINGERING, LINGER_MS);
    start_reading(conn);
}

static void after_write(Conn *conn)
{
    HttpServer *server = conn->server;

    arena_give(server, conn->arena);
    conn->arena = NULL;
    conn->parser = NULL;
    if (conn->close_after || server->draining) {
        linger(conn);
        return;
    }
    conn_next(conn);
}

static void on_written(uv_write_t *write, int status)
{
    Conn *conn = write->data;

    free(conn->out);
    conn->out = NULL;
    if (status != 0)
        conn_close(conn);
    else if (!conn->closing)
        after_write(conn);
}

/* One system call in the usual case; what the socket does not take goes out by the loop. */
static void write_out(Conn *conn, const uv_buf_t *bufs, unsigned n)
{
    size_t total = 0, left, at = 0;
    int sent = uv_try_write(&conn->socket.stream, bufs, n);
    uv_buf_t rest;

    for (unsigned i = 0; i < n; i++)
        total += bufs[i].len;
    if (sent < 0 && sent != UV_EAGAIN) {
        conn_close(conn);
        return;
    }
    left = sent < 0 ? 0 : (size_t)sent;
    if (left == total) {
        after_write(conn);
        return;
    }
    conn->out = malloc(total);
    if (conn->out == NULL)
        abort();
    for (unsigned i = 0; i < n; i++) {
        const size_t skip = left < bufs[i].len ? left : bufs[i].len;

        memcpy(conn->out + at, bufs[i].base + skip, bufs[i].len - skip);
        at += bufs[i].len - skip;
        left -= skip;
    }
    rest = uv_buf_init(conn->out, (unsigned)at);
    conn->write.data = conn;
    if (uv_write(&conn->write, &conn->socket.stream, &rest, 1, on_written) != 0)
        conn_close(conn);
}

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 200, "OK" },                  { 201, "Created" },           { 202, "Accepted" },          { 204, "No Content" },
    { 302, "Found" },               { 303, "See Other" },         { 304, "Not Modified" },      { 400, "Bad Request" },
    { 401, "Unauthorized" },        { 403, "Forbidden" },         { 404, "Not Found" },         { 405, "Method Not Allowed" },
    { 409, "Conflict" },            { 410, "Gone" },              { 413, "Payload Too Large" }, { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" }, { 417, "Expectation Failed" }, { 422, "Unprocessable Entity" }, { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" }, { 500, "Internal Server Error" }, { 501, "Not Implemented" },
    { 503, "Service Unavailable" }, { 504, "Gateway Timeout" },   { 505, "HTTP Version Not Supported" },
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < COUNTOF(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

/* IMF-fixdate, made once a second for a thread. */
static const char *http_date(void)
{
    static _Thread_local char text[32];
    static _Thread_local time_t at;
    const time_t now = (time_t)(clock_now() / US_PER_S);
    struct tm tm;

    if (now != at && gmtime_r(&now, &tm) != NULL) {
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        at = now;
    }
    return text;
}

static void send_reply(Conn *conn)
{
    Reply *reply = &conn->reply;
    const bool keep = parser_keep_alive(conn->parser) && !reply->close && !conn->server->draining;
    const bool bodiless = reply->status == 204 || reply->status == 304, head = parser_req(conn->parser)->method == HEAD;
    Buf line = buf_in(conn->arena, 4096);
    uv_buf_t bufs[3];

    conn->close_after = conn->close_after || !keep;
    set_phase(conn, WRITING, conn->server->config.idle_ms);
    buf_printf(&line, "HTTP/1.1 %d %s\r\nDate: %s\r\n", reply->status, reason_of(reply->status), http_date());
    if (!bodiless)
        buf_printf(&line, "Content-Length: %zu\r\n", reply->body.len);
    buf_puts(&line, keep ? "" : "Connection: close\r\n");
    buf_puts(&reply->head, "\r\n");
    bufs[0] = uv_buf_init(line.data, (unsigned)line.len);
    bufs[1] = uv_buf_init(reply->head.data, (unsigned)reply->head.len);
    bufs[2] = uv_buf_init(reply->body.data, bodiless || head ? 0 : (unsigned)reply->body.len);
    write_out(conn, bufs, bufs[2].len == 0 ? 2 : 3);
}

/* An answer of the codec's own, to what is no request. */
static void send_refusal(Conn *conn, int status)
{
    reply_header(&conn->reply, "Content-Type", "text/plain; charset=utf-8");
    conn->reply.status = status;
    conn->reply.close = true;
    buf_puts(&conn->reply.body, reason_of(status));
    buf_char(&conn->reply.body, '\n');
    send_reply(conn);
}

/* ---- running a request ---- */

static void finish_request(Conn *conn)
{
    conn->fiber_on = false;
    arena_on_failure(conn->arena, NULL, NULL);
    if (conn->close_after && conn->phase != RUNNING) { /* the client went away meanwhile */
        conn_close(conn);
        return;
    }
    send_reply(conn);
}

static void reply_init(Conn *conn)
{
    conn->reply = (Reply){ .status = 500, .arena = conn->arena, .head = buf_in(conn->arena, 16384), .body = buf_in(conn->arena, SIZE_MAX) };
}

static void run_request(void *arg)
{
    Conn *conn = arg;

    conn->server->config.handle(conn->server->config.arg, conn->arena, parser_req(conn->parser), &conn->reply);
    finish_request(conn);
}

/* The request used more memory than it may: the arena begins anew, with the dialect's error. */
static void request_killed(void *arg)
{
    Conn *conn = arg;
    Req req = { .method = parser_req(conn->parser)->method, .method_text = STR(""), .path = STR("/"), .peer = conn->peer, .mark = conn->server->mark };

    arena_on_failure(conn->arena, NULL, NULL);
    arena_reset(conn->arena);
    conn->parser = parser_new(conn->arena, &conn->server->config);
    *parser_req(conn->parser) = req;
    reply_init(conn);
    conn->server->config.overflow(conn->server->config.arg, &req, &conn->reply);
    conn->reply.close = true;
    finish_request(conn);
}

static void on_arena_full(void *arg, size_t size, bool over_cap)
{
    (void)arg;
    (void)size;
    if (over_cap && fiber_self() != NULL)
        fiber_kill();
}

static void start_fiber(void *arg)
{
    Conn *conn = arg;

    fiber_on_kill(request_killed, conn);
    arena_on_failure(conn->arena, on_arena_full, conn);
    run_request(conn);
}

static void start_request(Conn *conn)
{
    Req *req = parser_req(conn->parser);

    req->peer = conn->peer;
    req->mark = conn->server->mark;
    reply_init(conn);
    set_phase(conn, RUNNING, 0);
    conn->fiber_on = true;
    fiber_start(start_fiber, conn, "request");
}

/* ---- reading ---- */

static void keep_pending(Conn *conn, Str bytes)
{
    char *more;

    if (bytes.n == 0)
        return;
    more = realloc(conn->pending, conn->pending_n + bytes.n);
    if (more == NULL)
        abort();
    memcpy(more + conn->pending_n, bytes.p, bytes.n);
    conn->pending = more;
    conn->pending_n += bytes.n;
}

static void say_continue(Conn *conn)
{
    static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const uv_buf_t buf = uv_buf_init(text, sizeof(text) - 1);

    if (parser_expects_continue(conn->parser) && uv_try_write(&conn->socket.stream, &buf, 1) < 0)
        conn->close_after = true;
}

static void begin_request(Conn *conn)
{
    conn->arena = arena_take(conn->server);
    conn->parser = parser_new(conn->arena, &conn->server->config);
    set_phase(conn, HEADER, conn->server->config.header_ms);
}

static void stop_reading(Conn *conn)
{
    if (conn->reading)
        uv_read_stop(&conn->socket.stream);
    conn->reading = false;
}

static void conn_feed(Conn *conn, Str bytes)
{
    ParseState state = PARSE_MORE;
    size_t used;

    if (conn->parser == NULL)
        begin_request(conn);
    while (state == PARSE_MORE || state == PARSE_HEADER_DONE) {
        state = parser_feed(conn->parser, bytes, &used);
        bytes = (Str){ bytes.p + used, bytes.n - used };
        if (state == PARSE_HEADER_DONE) {
            const Limits limits = conn->server->config.limits(conn->server->config.arg, parser_req(conn->parser));

            parser_limit(conn->parser, limits.body);
            set_phase(conn, BODY, limits.body_ms);
            if (bytes.n == 0)
                say_continue(conn);
        } else if (state == PARSE_MORE && bytes.n == 0) {
            return;
        }
    }
    stop_reading(conn);
    if (state == PARSE_ERROR) {
        reply_init(conn);
        send_refusal(conn, parser_status(conn->parser));
        return;
    }
    keep_pending(conn, bytes);
    start_request(conn);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    Conn *conn = handle->data;

    (void)size;
    *buf = uv_buf_init(conn->server->read_buffer, READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    Conn *conn = stream->data;

    if (n < 0) {
        stop_reading(conn);
        conn_close(conn);
    } else if (n > 0 && conn->phase != LINGERING) {
        conn_feed(conn, (Str){ buf->base, (size_t)n });
    }
}

static void start_reading(Conn *conn)
{
    if (!conn->reading)
        conn->reading = uv_read_start(&conn->socket.stream, on_alloc, on_read) == 0;
}

/* The next request of the connection: what came already, then what comes. A deep pipeline is served from the loop, not from this stack. */
static void serve_pending(void *arg)
{
    Conn *conn = arg;
    char *pending = conn->pending;
    const size_t n = conn->pending_n;

    conn->fiber_on = false;
    if (conn->close_after) {
        conn_close(conn);
        return;
    }
    conn->pending = NULL;
    conn->pending_n = 0;
    conn_feed(conn, (Str){ pending, n });
    free(pending);
}

static void conn_next(Conn *conn)
{
    set_phase(conn, IDLE, conn->server->config.idle_ms);
    start_reading(conn);
    if (conn->pending_n == 0)
        return;
    stop_reading(conn);
    set_phase(conn, IDLE, 0);
    conn->fiber_on = true; /* keeps it open until the post has run */
    loop_post(conn->server->loop, serve_pending, conn);
    conn->reading = false;
}

/* ---- deadlines ---- */

static void conn_late(Conn *conn)
{
    if (conn->phase == BODY && conn->parser != NULL) {
        stop_reading(conn);
        parser_req(conn->parser)->err = E_TIMEOUT;
        start_request(conn);
        return;
    }
    stop_reading(conn);
    conn_close(conn);
}

static void on_tick(uv_timer_t *timer)
{
    HttpServer *server = timer->data;
    const int64_t now = clock_mono_ms();

    for (Conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->deadline != 0 && now >= conn->deadline && !conn->closing)
            conn_late(conn);
        else if (server->draining && conn->phase == IDLE && !conn->fiber_on)
            conn_close(conn);
    }
}

/* ---- accepting ---- */

static void read_peer(Conn *conn)
{
    struct sockaddr_storage address;
    int size = sizeof(address);

    if (conn->server->unix_socket || uv_tcp_getpeername(&conn->socket.tcp, (struct sockaddr *)&address, &size) != 0)
        return;
    if (address.ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)&address)->sin_addr, conn->peer, sizeof(conn->peer));
    else
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)&address)->sin6_addr, conn->peer, sizeof(conn->peer));
}

static void on_connection(uv_stream_t *stream, int status)
{
    HttpServer *server = stream->data;
    Conn *conn = status == 0 ? calloc(1, sizeof(*conn)) : NULL;

    if (conn == NULL)
        return; /* out of descriptors: libuv gives them back one by one */
    conn->server = server;
    if (server->unix_socket)
        uv_pipe_init(loop_uv(server->loop), &conn->socket.pipe, 0);
    else
        uv_tcp_init(loop_uv(server->loop), &conn->socket.tcp);
    conn->socket.handle.data = conn;
    conn->next = server->conns;
    conn->before = &server->conns;
    if (conn->next != NULL)
        conn->next->before = &conn->next;
    server->conns = conn;
    server->n_conns++;
    if (uv_accept(stream, &conn->socket.stream) != 0 || server->n_conns > server->config.connections || server->draining) {
        conn_close(conn);
        return;
    }
    if (!server->unix_socket)
        uv_tcp_nodelay(&conn->socket.tcp, 1);
    read_peer(conn);
    set_phase(conn, IDLE, server->config.header_ms);
    start_reading(conn);
}

/* ---- listening ---- */

typedef struct Address {
    struct sockaddr_storage socket;
    const char *path;
    int fd;
} Address;

static Err read_address(const char *text, Address *ret, Buf *why)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    uint64_t port, fd;

    *ret = (Address){ .fd = -1 };
    if (strncmp(text, "unix:", 5) == 0 && strlen(text + 5) > 0 && strlen(text + 5) < sizeof(((struct sockaddr_un *)0)->sun_path)) {
        ret->path = text + 5;
        return OK;
    }
    if (strncmp(text, "fd:", 3) == 0 && str_to_u64(str_of(text + 3), 65535, &fd)) {
        ret->fd = (int)fd;
        return OK;
    }
    if (colon == NULL || !str_to_u64(str_of(colon + 1), 65535, &port) || (size_t)(colon - text) >= sizeof(host)) {
        buf_printf(why, "%s is no address: host:port, unix:path, fd:N or off", text);
        return E_CONFIG;
    }
    snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
    if (strcmp(host, "localhost") == 0 || host[0] == '\0')
        snprintf(host, sizeof(host), "%s", host[0] == '\0' ? "0.0.0.0" : "127.0.0.1");
    if (host[0] == '[' && host[strlen(host) - 1] == ']') {
        host[strlen(host) - 1] = '\0';
        if (uv_ip6_addr(host + 1, (int)port, (struct sockaddr_in6 *)(void *)&ret->socket) == 0)
            return OK;
    } else if (uv_ip4_addr(host, (int)port, (struct sockaddr_in *)(void *)&ret->socket) == 0) {
        return OK;
    }
    buf_printf(why, "%s is no address: the host must be an IP address or localhost", text);
    return E_CONFIG;
}

static socklen_t address_size(const Address *address)
{
    return address->socket.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* With SO_REUSEPORT a taken port would be shared in silence: a socket without it tells. */
Err http_address_check(const char *text, Buf *why)
{
    const int on = 1;
    Address address;
    int fd, rc;

    TRY(read_address(text, &address, why));
    if (address.path != NULL || address.fd >= 0)
        return OK;
    fd = socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return E_IO;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    rc = bind(fd, (const struct sockaddr *)&address.socket, address_size(&address));
    if (rc != 0)
        buf_printf(why, "%s: %s", text, strerror(errno));
    close(fd);
    return rc == 0 ? OK : E_CONFLICT;
}

static int open_tcp(HttpServer *server, const Address *address)
{
    const int on = 1;
    const int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return UV_EMFILE;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address->socket, address_size(address)) != 0) {
        close(fd);
        return UV_EADDRINUSE;
    }
    uv_tcp_init(loop_uv(server->loop), &server->listener.tcp);
    return uv_tcp_open(&server->listener.tcp, fd);
}

static int open_listener(HttpServer *server, const Address *address)
{
    if (address->fd >= 0) {
        uv_tcp_init(loop_uv(server->loop), &server->listener.tcp);
        return uv_tcp_open(&server->listener.tcp, address->fd);
    }
    if (address->path == NULL)
        return open_tcp(server, address);
    server->unix_socket = true;
    unlink(address->path);
    uv_pipe_init(loop_uv(server->loop), &server->listener.pipe, 0);
    return uv_pipe_bind(&server->listener.pipe, address->path);
}

Err http_listen(Loop *loop, const char *text, Tls *tls, const HttpConfig *config, void *mark, HttpServer **ret)
{
    HttpServer *server = calloc(1, sizeof(*server));
    Buf why CLEANUP(buf_free) = buf_heap(1024);
    Address address;
    int rc;

    (void)tls;
    if (server == NULL || read_address(text, &address, &why) != OK) {
        free(server);
        return E_CONFIG;
    }
    *server = (HttpServer){ .loop = loop, .config = *config, .mark = mark, .read_buffer = malloc(READ_SIZE) };
    rc = open_listener(server, &address);
    server->listener.handle.data = server;
    if (rc == 0)
        rc = uv_listen(&server->listener.stream, BACKLOG, on_connection);
    if (rc != 0) {
        log_note(LOG_ERROR, "cannot listen on %s: %s", text, uv_strerror(rc));
        return rc == UV_EADDRINUSE ? E_CONFLICT : E_IO;
    }
    uv_timer_init(loop_uv(loop), &server->tick);
    server->tick.data = server;
    uv_timer_start(&server->tick, on_tick, TICK_MS, TICK_MS);
    *ret = server;
    return OK;
}

int http_port(const HttpServer *server)
{
    struct sockaddr_storage address;
    int size = sizeof(address);

    if (server->unix_socket || uv_tcp_getsockname(&server->listener.tcp, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET ? ((const struct sockaddr_in *)(const void *)&address)->sin_port
                                              : ((const struct sockaddr_in6 *)(const void *)&address)->sin6_port);
}

size_t http_connections(const HttpServer *server)
{
    return server->n_conns;
}

void http_drain(HttpServer *server, void (*done)(void *arg), void *arg)
{
    server->draining = true;
    server->drained = done;
    server->drained_arg = arg;
    if (!uv_is_closing(&server->listener.handle))
        uv_close(&server->listener.handle, NULL);
    for (Conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->phase == IDLE && !conn->fiber_on)
            conn_close(conn);
    }
    maybe_drained(server);
}

void http_free(HttpServer *server)
{
    if (server == NULL)
        return;
    while (server->n_arenas > 0)
        arena_free(server->arenas[--server->n_arenas]);
    free(server->read_buffer);
    free(server);
}
