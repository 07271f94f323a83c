/* server.c: listeners and connections on a loop. A connection holds a parser and an arena only while a request is under way; one
 * coarse timer a loop looks after all deadlines. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/tls.h"

enum {
    READ_SIZE = 64 * 1024,
    PIECE = 16 * 1024, /* a TLS record */
    TICK_MS = 250,
    MOST_ARENAS = 64,
    LINGER_MS = 1000,
    DRAIN_MS = 8000, /* under the ten seconds that a service manager gives */
    DEFAULT_BODY_MS = 20000,
    BACKLOG = 1024,
    MOST_LINE = 256
};

typedef enum Phase { IDLE, HEADER, BODY, RUNNING, WRITING, LINGERING } Phase;

typedef struct Conn Conn;

struct HttpServer {
    Loop *loop;
    HttpConfig config;
    Tls *tls; /* NULL: plain */
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
    size_t n_conns, n_running, memory;
    Arena *arenas[MOST_ARENAS];
    size_t n_arenas;
    char *read_buffer, *plain_buffer, *piece; /* what came; the same decrypted; what is to be encrypted */
    int64_t drain_end;
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
    TlsConn *tls;
    Arena *arena;
    size_t counted; /* in the server's `memory` */
    HttpParser *parser;
    Reply reply;
    Fiber *fiber;     /* that works for the request under way */
    int64_t deadline; /* ms, 0: none */
    Phase phase;
    bool closing, close_after, held, reading, writing, peer_done;
    char *pending; /* bytes that came behind the request under way, served as far as `pending_at` */
    size_t pending_n, pending_at;
    char peer[INET6_ADDRSTRLEN];
    uv_write_t write;
    char *line;      /* of the reply: status and what the server itself says */
    uv_buf_t out[4]; /* of the reply: what is still to be sent, in the arena */
    unsigned n_out;
    Buf sending; /* encrypted, in the hands of the loop */
};

static void conn_next(Conn *conn);
static void conn_feed(Conn *conn, Str bytes);
static void start_reading(Conn *conn);
static void hang_up(Conn *conn);

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

/* Counts what the connection holds while it waits for its peer; false when all of them hold too much. */
static bool count_memory(Conn *conn)
{
    const size_t now = (conn->arena == NULL ? 0 : arena_used(conn->arena)) + conn->pending_n;

    conn->server->memory += now - conn->counted;
    conn->counted = now;
    return conn->server->memory <= conn->server->config.memory;
}

static void uncount_memory(Conn *conn)
{
    conn->server->memory -= conn->counted;
    conn->counted = 0;
}

/* ---- connections ---- */

static void maybe_drained(HttpServer *server)
{
    if (!server->draining || server->n_conns > 0 || server->drained == NULL)
        return;
    server->drained(server->drained_arg);
    server->drained = NULL;
}

static void conn_free(Conn *conn)
{
    tls_conn_free(conn->tls);
    buf_free(&conn->sending);
    free(conn->pending);
    free(conn);
}

static void on_conn_closed(uv_handle_t *handle)
{
    Conn *conn = handle->data;
    HttpServer *server = conn->server;

    *conn->before = conn->next;
    if (conn->next != NULL)
        conn->next->before = conn->before;
    server->n_conns--;
    uncount_memory(conn);
    if (conn->arena != NULL)
        arena_give(server, conn->arena);
    conn_free(conn);
    maybe_drained(server);
}

/* Closes when nothing works on it any more. */
static void conn_close(Conn *conn)
{
    conn->close_after = true;
    if (conn->closing || conn->held)
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

static void write_tls(Conn *conn);

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

    uncount_memory(conn);
    arena_give(server, conn->arena);
    conn->arena = NULL;
    conn->parser = NULL;
    if (conn->close_after)
        linger(conn);
    else if (server->draining)
        hang_up(conn);
    else
        conn_next(conn);
}

static void on_written(uv_write_t *write, int status)
{
    Conn *conn = write->data;

    conn->writing = false;
    buf_free(&conn->sending);
    if (status != 0)
        conn_close(conn);
    else if (!conn->closing && conn->tls != NULL)
        write_tls(conn);
    else if (!conn->closing)
        after_write(conn);
}

/* What the socket does not take at once goes out by the loop; on_written() goes on. */
static void write_rest(Conn *conn, const uv_buf_t *bufs, unsigned n)
{
    conn->write.data = conn;
    conn->writing = uv_write(&conn->write, &conn->socket.stream, bufs, n, on_written) == 0;
    if (!conn->writing || !count_memory(conn))
        conn_close(conn);
}

/* Takes `n` bytes off the front of the reply. */
static void advance(Conn *conn, size_t n)
{
    unsigned first = 0;

    while (first < conn->n_out && n >= conn->out[first].len)
        n -= conn->out[first++].len;
    conn->n_out -= first;
    memmove(conn->out, conn->out + first, conn->n_out * sizeof(*conn->out));
    if (conn->n_out > 0)
        conn->out[0] = uv_buf_init(conn->out[0].base + n, (unsigned)(conn->out[0].len - n));
}

static void write_plain(Conn *conn)
{
    const int sent = uv_try_write(&conn->socket.stream, conn->out, conn->n_out);

    if (sent < 0 && sent != UV_EAGAIN) {
        conn_close(conn);
        return;
    }
    advance(conn, sent < 0 ? 0 : (size_t)sent);
    if (conn->n_out == 0)
        after_write(conn);
    else
        write_rest(conn, conn->out, conn->n_out);
}

/* Sends what TLS has ready. True when all of it went; else on_written() goes on, or the connection closes. */
static bool flush_tls(Conn *conn)
{
    uv_buf_t buf;
    int sent;

    if (conn->writing || conn->closing)
        return false;
    conn->sending = tls_conn_take(conn->tls);
    if (conn->sending.len == 0)
        return true;
    buf = uv_buf_init(conn->sending.data, (unsigned)conn->sending.len);
    sent = uv_try_write(&conn->socket.stream, &buf, 1);
    if (sent == (int)conn->sending.len) {
        buf_free(&conn->sending);
        return true;
    }
    if (sent < 0 && sent != UV_EAGAIN) {
        conn_close(conn);
        return false;
    }
    buf = uv_buf_init(buf.base + (sent < 0 ? 0 : sent), (unsigned)(buf.len - (sent < 0 ? 0 : (size_t)sent)));
    write_rest(conn, &buf, 1);
    return false;
}

/* The next record of the reply, or the goodbye behind it. False when nothing is left. */
static bool encrypt_more(Conn *conn)
{
    char *piece = conn->server->piece;
    size_t n = 0;

    if (conn->n_out == 0) {
        if (!conn->close_after || !tls_conn_bye(conn->tls))
            return false;
        return true;
    }
    while (n < PIECE && conn->n_out > 0) {
        const size_t take = conn->out[0].len < PIECE - n ? conn->out[0].len : PIECE - n;

        memcpy(piece + n, conn->out[0].base, take);
        n += take;
        advance(conn, take);
    }
    if (!tls_conn_write(conn->tls, (Str){ piece, n }))
        conn_close(conn);
    return true;
}

/* A record is made when the one before is in the socket, so that a slow reader costs one record. */
static void write_tls(Conn *conn)
{
    do {
        if (!flush_tls(conn))
            return;
    } while (conn->phase == WRITING && encrypt_more(conn));
    if (conn->phase == WRITING)
        after_write(conn);
}

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 413, "Payload Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 417, "Expectation Failed" },
    { 422, "Unprocessable Entity" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
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

static void add_out(Conn *conn, char *p, size_t n)
{
    if (n > 0)
        conn->out[conn->n_out++] = uv_buf_init(p, (unsigned)n);
}

/* Takes no memory: the arena may be full. */
static void send_reply(Conn *conn)
{
    static char end[] = "\r\n";
    Reply *reply = &conn->reply;
    const bool keep = parser_keep_alive(conn->parser) && !reply->close && !conn->server->draining;
    const bool bodiless = reply->status == 204 || reply->status == 304, head = parser_req(conn->parser)->method == HEAD;
    char length[40] = "";

    conn->close_after = conn->close_after || !keep;
    set_phase(conn, WRITING, conn->server->config.idle_ms);
    if (!bodiless)
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", reply->body.len);
    snprintf(conn->line, MOST_LINE, "HTTP/1.1 %d %s\r\nDate: %s\r\n%s%s", reply->status, reason_of(reply->status), http_date(),
             length, keep ? "" : "Connection: close\r\n");
    conn->n_out = 0;
    add_out(conn, conn->line, strlen(conn->line));
    add_out(conn, reply->head.data, reply->head.len);
    add_out(conn, end, 2);
    add_out(conn, reply->body.data, bodiless || head ? 0 : reply->body.len);
    if (conn->tls != NULL)
        write_tls(conn);
    else
        write_plain(conn);
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
    conn->server->n_running--;
    conn->held = false;
    conn->fiber = NULL;
    arena_on_failure(conn->arena, NULL, NULL);
    send_reply(conn);
}

/* All that sending takes from the arena is taken here, before a handler can fill it. */
static void reply_init(Conn *conn)
{
    conn->reply =
        (Reply){ .status = 500, .arena = conn->arena, .head = buf_in(conn->arena, 16384), .body = buf_in(conn->arena, SIZE_MAX) };
    conn->line = arena_alloc(conn->arena, MOST_LINE);
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
    const Req *old = parser_req(conn->parser);
    char path[512];
    Req req = { .method = old->method,
                .method_text = str_of(method_name(old->method)),
                .peer = conn->peer,
                .tls = old->tls,
                .mark = old->mark };

    snprintf(path, sizeof(path), "%.*s", (int)(old->path.n < sizeof(path) ? old->path.n : 1), old->path.p);
    req.path = str_of(path);
    arena_on_failure(conn->arena, NULL, NULL);
    arena_reset(conn->arena);
    conn->parser = parser_new(conn->arena, &conn->server->config);
    *parser_req(conn->parser) = req;
    reply_init(conn);
    conn->server->config.overflow(conn->server->config.arg, &req, &conn->reply);
    conn->reply.close = true;
    finish_request(conn);
}

/* On the request's fiber, or on a thread of a lane that works for it. */
static void on_arena_full(void *arg, size_t size, bool over_cap)
{
    (void)arg;
    (void)size;
    if (over_cap)
        fiber_kill();
}

static void start_fiber(void *arg)
{
    Conn *conn = arg;

    conn->fiber = fiber_self();
    fiber_on_kill(request_killed, conn);
    arena_on_failure(conn->arena, on_arena_full, conn);
    run_request(conn);
}

/* More at once than stacks can be had for: the client may come again. */
static void send_busy(Conn *conn)
{
    reply_header(&conn->reply, "Retry-After", "1");
    send_refusal(conn, 503);
}

static void start_request(Conn *conn)
{
    Req *req = parser_req(conn->parser);

    req->peer = conn->peer;
    req->tls = conn->tls != NULL;
    req->mark = conn->server->mark;
    reply_init(conn);
    if (conn->server->n_running >= conn->server->config.running || !count_memory(conn)) {
        send_busy(conn);
        return;
    }
    set_phase(conn, RUNNING, conn->server->config.request_ms);
    conn->held = true;
    conn->server->n_running++;
    fiber_start(start_fiber, conn, "request");
}

/* ---- reading ---- */

/* Bytes that came while a request is under way, behind those that wait already. */
static void keep_more(Conn *conn, Str bytes)
{
    char *all = malloc(conn->pending_n - conn->pending_at + bytes.n);

    if (all == NULL)
        abort();
    if (conn->pending != NULL)
        memcpy(all, conn->pending + conn->pending_at, conn->pending_n - conn->pending_at);
    memcpy(all + conn->pending_n - conn->pending_at, bytes.p, bytes.n);
    free(conn->pending);
    conn->pending = all;
    conn->pending_n = conn->pending_n - conn->pending_at + bytes.n;
    conn->pending_at = 0;
}

/* What the request under way left: a tail of what waited already, or of what just came. */
static void keep_rest(Conn *conn, Str rest)
{
    if (rest.n > 0 && conn->pending == NULL) {
        keep_more(conn, rest);
    } else if (rest.n > 0) {
        conn->pending_at = conn->pending_n - rest.n;
    } else {
        free(conn->pending);
        conn->pending = NULL;
        conn->pending_n = conn->pending_at = 0;
    }
}

/* A socket that cannot take one line has a peer that does not read. */
static void say_continue(Conn *conn)
{
    static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const uv_buf_t buf = uv_buf_init(text, sizeof(text) - 1);

    if (!parser_expects_continue(conn->parser))
        return;
    if (conn->tls != NULL ? !tls_conn_write(conn->tls, (Str){ buf.base, buf.len })
                          : uv_try_write(&conn->socket.stream, &buf, 1) != (int)buf.len)
        conn_close(conn);
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

static void refuse_request(Conn *conn, int status)
{
    stop_reading(conn);
    reply_init(conn);
    send_refusal(conn, status);
}

static void begin_body(Conn *conn, bool more)
{
    const Limits limits = conn->server->config.limits(conn->server->config.arg, parser_req(conn->parser));

    parser_limit(conn->parser, limits.body);
    set_phase(conn, BODY, limits.body_ms > 0 ? limits.body_ms : DEFAULT_BODY_MS);
    if (!more)
        say_continue(conn);
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
            begin_body(conn, bytes.n > 0);
        } else if (state == PARSE_MORE && bytes.n == 0) {
            keep_rest(conn, bytes);
            if (!count_memory(conn)) /* many clients that send slowly share a bounded memory */
                refuse_request(conn, 503);
            return;
        }
    }
    if (state == PARSE_ERROR) {
        refuse_request(conn, parser_status(conn->parser));
        return;
    }
    stop_reading(conn);
    keep_rest(conn, bytes);
    start_request(conn);
}

/* Bytes of the peer, in order: of the request under way, or behind it. */
static void take_bytes(Conn *conn, Str bytes)
{
    if (conn->phase >= RUNNING || conn->held || conn->pending != NULL)
        keep_more(conn, bytes);
    else
        conn_feed(conn, bytes);
}

/* Says goodbye if that can be said, and closes. */
static void hang_up(Conn *conn)
{
    stop_reading(conn);
    if (conn->tls != NULL && !conn->writing && !conn->closing && tls_conn_bye(conn->tls))
        flush_tls(conn);
    conn_close(conn);
}

static void read_tls(Conn *conn, Str bytes)
{
    TlsRead state = TLS_WAIT;
    size_t n;

    tls_conn_feed(conn->tls, bytes);
    while (!conn->closing && (state = tls_conn_read(conn->tls, conn->server->plain_buffer, READ_SIZE, &n)) == TLS_DATA)
        take_bytes(conn, (Str){ conn->server->plain_buffer, n });
    tls_conn_feed(conn->tls, (Str){ NULL, 0 });
    if (!conn->closing)
        flush_tls(conn);
    if (state == TLS_END)
        conn->peer_done = true; /* of requests that are whole it still reads the answers */
    if (state == TLS_BAD || (state == TLS_END && conn->phase < RUNNING && !conn->held))
        hang_up(conn);
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
    const Str bytes = { buf->base, n < 0 ? 0 : (size_t)n };

    if (n < 0) {
        stop_reading(conn);
        conn_close(conn);
    } else if (n > 0 && conn->phase != LINGERING && conn->tls != NULL) {
        read_tls(conn, bytes);
    } else if (n > 0 && conn->phase != LINGERING) {
        conn_feed(conn, bytes);
    }
}

static void start_reading(Conn *conn)
{
    if (!conn->reading)
        conn->reading = uv_read_start(&conn->socket.stream, on_alloc, on_read) == 0;
}

/* The next request of the connection: what came already, then what comes. A deep pipeline is served from the loop, not from this
 * stack. */
static void serve_pending(void *arg)
{
    Conn *conn = arg;

    conn->held = false;
    if (conn->close_after)
        conn_close(conn);
    else
        conn_feed(conn, (Str){ conn->pending + conn->pending_at, conn->pending_n - conn->pending_at });
    if (conn->phase >= RUNNING || conn->held || conn->close_after)
        return;
    if (conn->peer_done)
        hang_up(conn);
    else
        start_reading(conn);
}

static void conn_next(Conn *conn)
{
    if (conn->pending != NULL) {
        set_phase(conn, IDLE, 0);
        conn->held = true; /* keeps it open until the post has run */
        loop_post(conn->server->loop, serve_pending, conn);
        return;
    }
    set_phase(conn, IDLE, conn->server->config.idle_ms);
    if (conn->peer_done)
        hang_up(conn);
    else
        start_reading(conn);
}

/* ---- deadlines ---- */

static void conn_late(Conn *conn)
{
    conn->deadline = 0;
    if (conn->phase == RUNNING) {
        if (conn->fiber != NULL)
            fiber_expire(conn->fiber);
    } else if (conn->phase == BODY) {
        stop_reading(conn);
        parser_req(conn->parser)->err = E_TIMEOUT;
        start_request(conn);
    } else if (conn->phase == HEADER) {
        refuse_request(conn, 408);
    } else {
        hang_up(conn);
    }
}

/* A drain ends, whatever the clients do: who has sent no whole request by then will not be answered. */
static void hurry(Conn *conn)
{
    if (conn->phase == RUNNING)
        conn_late(conn);
    else if (!conn->held)
        hang_up(conn);
}

static void on_tick(uv_timer_t *timer)
{
    HttpServer *server = timer->data;
    const int64_t now = clock_mono_ms();

    for (Conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->closing)
            continue;
        if (conn->deadline != 0 && now >= conn->deadline)
            conn_late(conn);
        else if (server->draining && now >= server->drain_end)
            hurry(conn);
    }
}

/* ---- accepting ---- */

static void read_peer(Conn *conn)
{
    struct sockaddr_storage address;
    const struct in6_addr *v6;
    int size = sizeof(address);

    if (conn->server->unix_socket || uv_tcp_getpeername(&conn->socket.tcp, (struct sockaddr *)&address, &size) != 0)
        return;
    v6 = &((const struct sockaddr_in6 *)(const void *)&address)->sin6_addr;
    if (address.ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)&address)->sin_addr, conn->peer, sizeof(conn->peer));
    else if (IN6_IS_ADDR_V4MAPPED(v6))
        inet_ntop(AF_INET, &v6->s6_addr[12], conn->peer, sizeof(conn->peer)); /* one client, one address, whatever the listener */
    else if (address.ss_family == AF_INET6)
        inet_ntop(AF_INET6, v6, conn->peer, sizeof(conn->peer));
}

static void link_conn(HttpServer *server, Conn *conn)
{
    conn->next = server->conns;
    conn->before = &server->conns;
    if (conn->next != NULL)
        conn->next->before = &conn->next;
    server->conns = conn;
    server->n_conns++;
}

static Conn *conn_new(HttpServer *server)
{
    Conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL)
        abort();
    conn->server = server;
    if (server->unix_socket)
        uv_pipe_init(loop_uv(server->loop), &conn->socket.pipe, 0);
    else
        uv_tcp_init(loop_uv(server->loop), &conn->socket.tcp);
    conn->socket.handle.data = conn;
    link_conn(server, conn);
    return conn;
}

/* Whoever connects has the header's time for the handshake and the first byte of a request. */
static void on_connection(uv_stream_t *stream, int status)
{
    HttpServer *server = stream->data;
    Conn *conn;

    if (status != 0)
        return; /* out of descriptors: libuv turns the next ones away */
    conn = conn_new(server);
    if (uv_accept(stream, &conn->socket.stream) != 0 || server->n_conns > server->config.connections || server->draining) {
        conn_close(conn);
        return;
    }
    if (!server->unix_socket)
        uv_tcp_nodelay(&conn->socket.tcp, 1);
    read_peer(conn);
    conn->tls = server->tls == NULL ? NULL : tls_conn_new(server->tls);
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
    if (strncmp(text, "unix:", 5) == 0 && strlen(text + 5) > 0 &&
        strlen(text + 5) < sizeof(((struct sockaddr_un *)0)->sun_path)) {
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

/* Does somebody answer on the socket? */
static Err check_path(const char *path, Buf *why)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc;

    if (fd < 0)
        return E_IO;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    rc = connect(fd, (const struct sockaddr *)&address, sizeof(address));
    close(fd);
    if (rc == 0)
        buf_printf(why, "%s: another process serves it", path);
    return rc == 0 ? E_CONFLICT : OK;
}

/* A number that nobody handed to us may be a file of our own: only a socket that listens is taken. */
static Err inherited_check(int fd, Buf *why)
{
    int listens = 0;
    socklen_t size = sizeof(listens);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0)
        return OK;
    buf_printf(why, "fd:%d is no listening socket that was handed to us", fd);
    return E_CONFIG;
}

/* With SO_REUSEPORT a taken port would be shared in silence: a socket without it tells. */
Err http_address_check(const char *text, Buf *why)
{
    const int on = 1;
    Address address;
    int fd, rc;

    TRY(read_address(text, &address, why));
    if (address.fd >= 0)
        return inherited_check(address.fd, why);
    if (address.path != NULL)
        return check_path(address.path, why);
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
    struct stat st;

    if (address->fd >= 0) {
        uv_tcp_init(loop_uv(server->loop), &server->listener.tcp);
        return uv_tcp_open(&server->listener.tcp, address->fd);
    }
    if (address->path == NULL)
        return open_tcp(server, address);
    server->unix_socket = true;
    if (lstat(address->path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(address->path); /* of a process that is gone: http_address_check() has asked */
    uv_pipe_init(loop_uv(server->loop), &server->listener.pipe, 0);
    return uv_pipe_bind(&server->listener.pipe, address->path);
}

static HttpServer *server_new(Loop *loop, Tls *tls, const HttpConfig *config, void *mark)
{
    HttpServer *server = calloc(1, sizeof(*server));

    if (server == NULL)
        abort();
    *server = (HttpServer){ .loop = loop, .config = *config, .tls = tls, .mark = mark, .read_buffer = malloc(READ_SIZE) };
    if (tls != NULL)
        server->plain_buffer = malloc(READ_SIZE), server->piece = malloc(PIECE);
    if (server->read_buffer == NULL || (tls != NULL && (server->plain_buffer == NULL || server->piece == NULL)))
        abort();
    return server;
}

static void free_later(uv_handle_t *handle)
{
    http_free(handle->data);
}

Err http_listen(Loop *loop, const char *text, Tls *tls, const HttpConfig *config, void *mark, HttpServer **ret)
{
    Buf why CLEANUP(buf_free) = buf_heap(1024);
    HttpServer *server;
    Address address;
    int rc;

    TRY(read_address(text, &address, &why));
    server = server_new(loop, tls, config, mark);
    rc = open_listener(server, &address);
    server->listener.handle.data = server;
    if (rc == 0)
        rc = uv_listen(&server->listener.stream, BACKLOG, on_connection);
    if (rc != 0) {
        log_note(LOG_ERROR, "cannot listen on %s: %s", text, uv_strerror(rc));
        if (server->listener.handle.type == UV_UNKNOWN_HANDLE)
            http_free(server);
        else
            uv_close(&server->listener.handle, free_later);
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
    server->drain_end = clock_mono_ms() + DRAIN_MS;
    server->drained = done;
    server->drained_arg = arg;
    if (!uv_is_closing(&server->listener.handle))
        uv_close(&server->listener.handle, NULL);
    for (Conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->phase == IDLE && !conn->held)
            hang_up(conn);
    }
    maybe_drained(server);
}

void http_free(HttpServer *server)
{
    if (server == NULL)
        return;
    for (Conn *conn = server->conns, *next; conn != NULL; conn = next) { /* still open when the loop ended */
        next = conn->next;
        arena_free(conn->arena);
        conn_free(conn);
    }
    while (server->n_arenas > 0)
        arena_free(server->arenas[--server->n_arenas]);
    free(server->read_buffer);
    free(server->plain_buffer);
    free(server->piece);
    free(server);
}
