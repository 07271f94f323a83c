/* write.c: answers on their way: from the arena in place, or record by record through TLS, at the reader's pace. */
#include <time.h>

#include "base/clock.h"
#include "http/internal.h"

static void write_tls(Conn *conn);

static void on_written(uv_write_t *write, int status)
{
    Conn *conn = write->data;

    conn->writing = false;
    buf_free(&conn->sending);
    if (status != 0)
        http_conn_close(conn);
    else if (!conn->closing && conn->tls != NULL)
        write_tls(conn);
    else if (!conn->closing)
        http_conn_done(conn);
}

/* What the socket does not take at once goes out by the loop; on_written() goes on. */
static void write_rest(Conn *conn, const uv_buf_t *bufs, unsigned n)
{
    conn->write.data = conn;
    conn->writing = uv_write(&conn->write, &conn->socket.stream, bufs, n, on_written) == 0;
    if (!conn->writing || !http_conn_count(conn))
        http_conn_close(conn);
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

/* Copies what is first of the reply; how much of it. */
static size_t gather(const Conn *conn)
{
    char *piece = conn->server->piece;
    size_t n = 0;

    for (unsigned i = 0; i < conn->n_out && n < PIECE; i++) {
        const size_t take = conn->out[i].len < PIECE - n ? conn->out[i].len : PIECE - n;

        memcpy(piece + n, conn->out[i].base, take);
        n += take;
    }
    return n;
}

/* What fits goes out in one piece: the kernel takes longer over each of several than the copy does. */
static int try_write(Conn *conn)
{
    size_t n = 0;
    uv_buf_t whole;
    int sent;

    for (unsigned i = 0; i < conn->n_out; i++)
        n += conn->out[i].len;
    if (n > PIECE)
        return uv_try_write(&conn->socket.stream, conn->out, conn->n_out);
    whole = uv_buf_init(conn->server->piece, (unsigned)gather(conn));
    sent = uv_try_write(&conn->socket.stream, &whole, 1);
    explicit_bzero(whole.base, whole.len);
    return sent;
}

static void write_plain(Conn *conn)
{
    const int sent = try_write(conn);

    if (sent < 0 && sent != UV_EAGAIN) {
        http_conn_close(conn);
        return;
    }
    advance(conn, sent < 0 ? 0 : (size_t)sent);
    if (conn->n_out == 0)
        http_conn_done(conn);
    else
        write_rest(conn, conn->out, conn->n_out);
}

bool http_conn_flush(Conn *conn)
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
        http_conn_close(conn);
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
    size_t n;

    if (conn->n_out == 0) {
        if (!conn->close_after || !tls_conn_bye(conn->tls))
            return false;
        return true;
    }
    n = gather(conn);
    advance(conn, n);
    if (!tls_conn_write(conn->tls, (Str){ piece, n }))
        http_conn_close(conn);
    explicit_bzero(piece, n);
    return true;
}

/* A record is made when the one before is in the socket, so that a slow reader costs one record. */
static void write_tls(Conn *conn)
{
    do {
        if (!http_conn_flush(conn))
            return;
    } while (conn->phase == WRITING && encrypt_more(conn));
    if (conn->phase == WRITING)
        http_conn_done(conn);
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

/* No printf: it takes longer than all else here. */
static void write_head(const Conn *conn, Buf *line, bool bodiless, bool keep)
{
    const Reply *reply = &conn->reply;

    buf_puts(line, "HTTP/1.1 ");
    buf_int(line, reply->status);
    buf_char(line, ' ');
    buf_puts(line, reason_of(reply->status));
    buf_puts(line, "\r\nDate: ");
    buf_puts(line, http_date());
    if (!bodiless) {
        buf_puts(line, "\r\nContent-Length: ");
        buf_int(line, (int64_t)reply->body.len);
    }
    buf_puts(line, keep ? "\r\n" : "\r\nConnection: close\r\n");
}

static void add_out(Conn *conn, char *p, size_t n)
{
    if (n > 0)
        conn->out[conn->n_out++] = uv_buf_init(p, (unsigned)n);
}

void http_conn_answer(Conn *conn)
{
    static char end[] = "\r\n";
    Reply *reply = &conn->reply;
    const bool keep = parser_keep_alive(conn->parser) && !reply->close && !conn->server->draining;
    const bool bodiless = reply->status == 204 || reply->status == 304, head = parser_req(conn->parser)->method == HEAD;
    Buf line = { .data = conn->line, .size = MOST_LINE, .cap = MOST_LINE }; /* it has room for all that is said */

    conn->close_after = conn->close_after || !keep;
    http_conn_phase(conn, WRITING, conn->server->config.idle_ms);
    write_head(conn, &line, bodiless, keep);
    conn->n_out = 0;
    add_out(conn, conn->line, line.len);
    add_out(conn, reply->head.data, reply->head.len);
    add_out(conn, end, 2);
    add_out(conn, reply->body.data, bodiless || head ? 0 : reply->body.len);
    if (conn->tls != NULL)
        write_tls(conn);
    else
        write_plain(conn);
}

void http_conn_refuse(Conn *conn, int status)
{
    reply_header(&conn->reply, "Content-Type", "text/plain; charset=utf-8");
    conn->reply.status = status;
    conn->reply.close = true;
    buf_puts(&conn->reply.body, reason_of(status));
    buf_char(&conn->reply.body, '\n');
    http_conn_answer(conn);
}
