/* conn.c: the life of a connection: requests read, run and followed by the next, deadlines, the end. It holds a parser and an
 * arena only while a request is under way. */
#include <sys/socket.h>

#include "base/clock.h"
#include "http/internal.h"

enum { LINGER_MS = 1000, LINGER_BYTES = 2 << 20, DEFAULT_BODY_MS = 20000 };

static void conn_next(Conn *conn);

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

bool http_conn_count(Conn *conn)
{
    const size_t now = (conn->arena == NULL ? 0 : arena_used(conn->arena)) + conn->pending_n;

    conn->server->memory += now - conn->counted;
    conn->counted = now;
    return conn->server->memory <= conn->server->config.memory;
}

static void uncount(Conn *conn)
{
    conn->server->memory -= conn->counted;
    conn->counted = 0;
}

/* ---- connections ---- */

/* Passwords and tokens pass through here: what held them is wiped. */
static void drop_pending(Conn *conn)
{
    if (conn->pending != NULL)
        explicit_bzero(conn->pending, conn->pending_n);
    free(conn->pending);
    conn->pending = NULL;
    conn->pending_n = conn->pending_at = 0;
}

void http_conn_free(Conn *conn)
{
    tls_conn_free(conn->tls);
    buf_free(&conn->sending);
    drop_pending(conn);
    free(conn);
}

static void on_conn_closed(uv_handle_t *handle)
{
    Conn *conn = handle->data;
    HttpServer *server = conn->server;

    if (server->look_on == conn)
        server->look_on = conn->next;
    *conn->before = conn->next;
    if (conn->next != NULL)
        conn->next->before = conn->before;
    server->n_conns--;
    uncount(conn);
    if (conn->arena != NULL)
        arena_give(server, conn->arena);
    http_conn_free(conn);
    http_conn_gone(server);
}

void http_conn_close(Conn *conn)
{
    conn->close_after = true;
    if (conn->closing || conn->held)
        return;
    conn->closing = true;
    uv_close(&conn->socket.handle, on_conn_closed);
}

void http_conn_phase(Conn *conn, Phase phase, int64_t ms)
{
    conn->phase = phase;
    conn->deadline = ms == 0 ? 0 : clock_mono_ms() + ms;
}

/* ---- the end of an answer ---- */

/* Reads on for a moment, and no more than a body could be, so that the answer is not lost in a reset. */
static void linger(Conn *conn)
{
    uv_os_fd_t fd;

    if (uv_fileno(&conn->socket.handle, &fd) == 0)
        shutdown(fd, SHUT_WR);
    http_conn_phase(conn, LINGERING, LINGER_MS);
    http_conn_read(conn);
}

void http_conn_done(Conn *conn)
{
    HttpServer *server = conn->server;

    uncount(conn);
    arena_give(server, conn->arena);
    conn->arena = NULL;
    conn->parser = NULL;
    conn->served = true;
    if (conn->close_after)
        linger(conn);
    else
        conn_next(conn);
}

/* ---- running a request ---- */

static void finish_request(Conn *conn)
{
    conn->server->n_running--;
    conn->held = false;
    conn->fiber = NULL;
    arena_on_failure(conn->arena, NULL, NULL);
    http_conn_answer(conn);
}

/* All that sending takes from the arena is taken here, before a handler can fill it. */
static void reply_init(Conn *conn)
{
    conn->reply = (Reply){ .status = 500, .arena = conn->arena, .head = buf_in(conn->arena, 16384), .body = buf_in(conn->arena, SIZE_MAX) };
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
    Req req = { .method = old->method, .method_text = str_of(method_name(old->method)), .peer = conn->peer, .tls = old->tls, .mark = old->mark };

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
    http_conn_refuse(conn, 503);
}

static void start_request(Conn *conn)
{
    Req *req = parser_req(conn->parser);

    req->peer = conn->peer;
    req->tls = conn->tls != NULL;
    req->mark = conn->server->mark;
    reply_init(conn);
    if (conn->server->n_running >= conn->server->config.running || !http_conn_count(conn)) {
        send_busy(conn);
        return;
    }
    http_conn_phase(conn, RUNNING, conn->server->config.request_ms);
    conn->held = true;
    conn->server->n_running++;
    fiber_start(start_fiber, conn, "request");
}

/* ---- reading ---- */

/* Bytes that came while a request is under way, behind those that wait already. */
static void keep_more(Conn *conn, Str bytes)
{
    const size_t waiting = conn->pending_n - conn->pending_at;
    char *all = malloc(waiting + bytes.n);

    if (all == NULL)
        out_of_memory();
    if (waiting > 0)
        memcpy(all, conn->pending + conn->pending_at, waiting);
    memcpy(all + waiting, bytes.p, bytes.n);
    drop_pending(conn);
    conn->pending = all;
    conn->pending_n = waiting + bytes.n;
}

/* What the request under way left: a tail of what waited already, or of what just came. */
static void keep_rest(Conn *conn, Str rest)
{
    if (rest.n > 0 && conn->pending == NULL) {
        keep_more(conn, rest);
    } else if (rest.n > 0) {
        conn->pending_at = conn->pending_n - rest.n;
    } else {
        drop_pending(conn);
    }
}

/* A socket that cannot take one line has a peer that does not read. */
static void say_continue(Conn *conn)
{
    static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const uv_buf_t buf = uv_buf_init(text, sizeof(text) - 1);

    if (!parser_expects_continue(conn->parser))
        return;
    if (conn->tls != NULL ? !tls_conn_write(conn->tls, (Str){ buf.base, buf.len }) : uv_try_write(&conn->socket.stream, &buf, 1) != (int)buf.len)
        http_conn_close(conn);
}

static void begin_request(Conn *conn)
{
    conn->arena = arena_take(conn->server);
    conn->parser = parser_new(conn->arena, &conn->server->config);
    http_conn_phase(conn, HEADER, conn->server->config.header_ms);
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
    http_conn_refuse(conn, status);
}

static void begin_body(Conn *conn, bool more)
{
    const Limits limits = conn->server->config.limits(conn->server->config.arg, parser_req(conn->parser));

    parser_limit(conn->parser, limits.body);
    http_conn_phase(conn, BODY, limits.body_ms > 0 ? limits.body_ms : DEFAULT_BODY_MS);
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
            if (!http_conn_count(conn)) /* many clients that send slowly share a bounded memory */
                refuse_request(conn, 503);
            return;
        }
    }
    if (state == PARSE_ERROR) {
        refuse_request(conn, parser_status(conn->parser));
        return;
    }
    keep_rest(conn, bytes);
    start_request(conn);
}

/* Is a request under way, or one there that waits for its turn? */
static bool busy(const Conn *conn)
{
    return conn->phase >= RUNNING || conn->held || conn->pending != NULL;
}

/* Bytes of the peer, in order: of the request under way, or behind it. */
static void take_bytes(Conn *conn, Str bytes)
{
    if (busy(conn))
        keep_more(conn, bytes);
    else
        conn_feed(conn, bytes);
}

/* Says goodbye if that can be said, and closes. */
void http_conn_hang_up(Conn *conn)
{
    stop_reading(conn);
    if (conn->tls != NULL && !conn->writing && !conn->closing && tls_conn_bye(conn->tls))
        http_conn_flush(conn);
    http_conn_close(conn);
}

static void read_tls(Conn *conn, Str bytes)
{
    char *plain = conn->server->plain_buffer;
    TlsRead state = TLS_WAIT;
    size_t n;

    tls_conn_feed(conn->tls, bytes);
    while (!conn->closing && (state = tls_conn_read(conn->tls, plain, READ_SIZE, &n)) == TLS_DATA) {
        take_bytes(conn, (Str){ plain, n });
        explicit_bzero(plain, n);
    }
    tls_conn_feed(conn->tls, (Str){ NULL, 0 });
    if (!conn->closing)
        http_conn_flush(conn);
    if (state == TLS_END)
        conn->peer_done = true; /* of requests that are whole it still reads the answers */
    if (state == TLS_BAD || (state == TLS_END && conn->phase < RUNNING && !conn->held))
        http_conn_hang_up(conn);
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
        conn->peer_done = true; /* of requests that are whole it still gets the answers */
        if (!busy(conn) || conn->phase == LINGERING)
            http_conn_close(conn);
    } else if (conn->phase == LINGERING) {
        conn->lingered += bytes.n;
        if (conn->lingered > LINGER_BYTES)
            http_conn_close(conn);
    } else if (n > 0 && conn->tls != NULL) {
        read_tls(conn, bytes);
    } else if (n > 0) {
        take_bytes(conn, bytes);
        explicit_bzero(buf->base, bytes.n);
    }
    if (conn->pending != NULL) /* until then reading goes on: to stop and start it would cost each request two system calls */
        stop_reading(conn);
}

void http_conn_read(Conn *conn)
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
        http_conn_close(conn);
    else
        conn_feed(conn, (Str){ conn->pending + conn->pending_at, conn->pending_n - conn->pending_at });
    if (conn->phase >= RUNNING || conn->held || conn->close_after)
        return;
    if (conn->peer_done)
        http_conn_hang_up(conn);
    else
        http_conn_read(conn);
}

static void conn_next(Conn *conn)
{
    if (conn->pending != NULL) {
        http_conn_phase(conn, IDLE, 0);
        conn->held = true; /* keeps it open until the post has run */
        loop_post(conn->server->loop, serve_pending, conn);
        return;
    }
    http_conn_phase(conn, IDLE, conn->server->config.idle_ms);
    if (conn->peer_done)
        http_conn_hang_up(conn);
    else
        http_conn_read(conn);
}

/* ---- deadlines ---- */

void http_conn_late(Conn *conn)
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
        http_conn_hang_up(conn);
    }
}

/* Who has sent no whole request by then will not be answered. */
void http_conn_hurry(Conn *conn)
{
    if (conn->phase == RUNNING)
        http_conn_late(conn);
    else if (!conn->held)
        http_conn_hang_up(conn);
}
