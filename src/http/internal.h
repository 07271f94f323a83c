/* internal.h: what the files of the layer share. */
#ifndef HECATE_HTTP_INTERNAL_H
#define HECATE_HTTP_INTERNAL_H

#include <netinet/in.h>

#include "http/tls.h"

enum {
    READ_SIZE = 64 * 1024,
    PIECE = 16 * 1024, /* a TLS record */
    MOST_ARENAS = 64,
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
    bool unix_socket, inherited, draining;
    Conn *conns, *look_on;  /* look_on: where the look at all deadlines was broken off, or NULL */
    _Atomic size_t n_conns; /* metrics read it from another loop */
    size_t n_running, memory;
    Arena *arenas[MOST_ARENAS];
    size_t n_arenas;
    char *read_buffer, *plain_buffer, *piece; /* what came; the same decrypted; what goes out next, in one */
    int64_t drain_begin, drain_end;
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
    size_t lingered;  /* bytes that came after the answer */
    Phase phase;
    bool closing, close_after, held, reading, writing, peer_done;
    bool served;   /* a request */
    char *pending; /* bytes that came behind the request under way, served as far as `pending_at` */
    size_t pending_n, pending_at;
    char peer[INET6_ADDRSTRLEN];
    uv_write_t write;
    char *line;      /* of the reply: status and what the server itself says */
    uv_buf_t out[4]; /* of the reply: what is still to be sent, in the arena */
    unsigned n_out;
    Buf sending; /* encrypted, in the hands of the loop */
};

/* ---- conn.c: the life of a connection ---- */

/* Sets what it does now and how long that may take (ms; 0: no deadline). */
void http_conn_phase(Conn *conn, Phase phase, int64_t ms);
void http_conn_read(Conn *conn);
/* The answer is in the socket: the next request, or the end. */
void http_conn_done(Conn *conn);
/* Closes when nothing works on it any more; http_conn_hang_up() says TLS's goodbye before. */
void http_conn_close(Conn *conn);
void http_conn_hang_up(Conn *conn);
void http_conn_free(Conn *conn);
/* Its deadline has passed. */
void http_conn_late(Conn *conn);
/* The drain's time is over. */
void http_conn_hurry(Conn *conn);
/* Counts what the connection holds while it waits for its peer; false when all of them hold too much. */
bool http_conn_count(Conn *conn);

/* ---- write.c: answers ---- */

/* Sends conn->reply. Takes no memory: the arena may be full. */
void http_conn_answer(Conn *conn);
/* An answer of the server's own, to what is no request or cannot be served: the connection's last. */
void http_conn_refuse(Conn *conn, int status);
/* Sends what TLS has ready. True when all of it went; else on_written() goes on, or the connection closes. */
bool http_conn_flush(Conn *conn);

/* ---- server.c ---- */

/* A connection is gone: was it the last of a drain? */
void http_conn_gone(HttpServer *server);

/* ---- address.c ---- */

typedef struct Address {
    struct sockaddr_storage socket;
    const char *path; /* or NULL */
    int fd;           /* or -1 */
} Address;

/* E_CONFIG: not of http_listen()'s forms; `why` says so. */
Err http_address_read(const char *text, Address *ret, Buf *why);
socklen_t http_address_size(const Address *address);
/* Of a socket's other end, as text; "" when it has none. */
void http_address_text(const struct sockaddr_storage *address, char *to, size_t size);

#endif
