/* server.c: listeners: accepting, one coarse timer a loop that looks after all deadlines, the drain. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/internal.h"

/* LAST_CALL_MS: from the begin of a drain to the end of listening, for those whom the kernel has let in already. PATIENCE_MS: how long the drain
 * waits for the first request of a connection. MOST_LATE: how many are answered that they are late before others have a turn. */
enum { TICK_MS = 250, LAST_CALL_MS = 20, PATIENCE_MS = 1000, BACKLOG = 1024, RESERVE = 64, MOST_LATE = 2 };

/* ---- deadlines ---- */

/* Has the kernel bytes of the client that nobody has read? */
static bool has_unread(Conn *conn)
{
    uv_os_fd_t fd;
    char byte;

    return uv_fileno(&conn->socket.handle, &fd) == 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* A drain by ticks: the first closes the listener, when it has taken what had connected before. Each closes who is between two requests, which a
 * client must expect of any server, and after PATIENCE_MS who never asked anything, which it need not; at the end of the drain's time all the rest.
 */
static void drain_conn(HttpServer *server, Conn *conn, int64_t now)
{
    if (now >= server->drain_end)
        http_conn_hurry(conn);
    else if (conn->phase == IDLE && !conn->held && (conn->served || now >= server->drain_begin + PATIENCE_MS) && !has_unread(conn))
        http_conn_hang_up(conn);
}

static void close_listener(HttpServer *server)
{
    if (!uv_is_closing(&server->listener.handle))
        uv_close(&server->listener.handle, NULL);
}

/* Thousands that came together are late together: after each few the rest of the loop has its turn. */
static void on_tick(uv_timer_t *timer)
{
    HttpServer *server = timer->data;
    Conn *conn = server->look_on != NULL ? server->look_on : server->conns, *next;
    const int64_t now = clock_mono_ms();

    if (server->draining)
        close_listener(server);
    for (unsigned late = 0; conn != NULL && late < MOST_LATE; conn = next) {
        next = conn->next;
        if (conn->closing)
            continue;
        if (conn->deadline != 0 && now >= conn->deadline) {
            http_conn_late(conn);
            late++;
        } else if (server->draining) {
            drain_conn(server, conn, now);
        }
    }
    server->look_on = conn;
    if (conn != NULL)
        uv_timer_start(timer, on_tick, 1, TICK_MS);
    http_conn_gone(server);
}

/* ---- accepting ---- */

static void read_peer(Conn *conn)
{
    struct sockaddr_storage address;
    int size = sizeof(address);

    if (!conn->server->unix_socket && uv_tcp_getpeername(&conn->socket.tcp, (struct sockaddr *)&address, &size) == 0)
        http_address_text(&address, conn->peer, sizeof(conn->peer));
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
        out_of_memory();
    conn->server = server;
    if (server->unix_socket)
        uv_pipe_init(loop_uv(server->loop), &conn->socket.pipe, 0);
    else
        uv_tcp_init(loop_uv(server->loop), &conn->socket.tcp);
    conn->socket.handle.data = conn;
    link_conn(server, conn);
    return conn;
}

/* Is this one of the last descriptors? The kernel gives the lowest that is free. They are for the database, files and calls of our own; and with none
 * at all libuv would ask the kernel for a connection again and again, and do nothing else. */
static bool is_reserved(const Conn *conn)
{
    struct rlimit files;
    uv_os_fd_t fd;

    if (uv_fileno(&conn->socket.handle, &fd) != 0 || getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return false;
    return (rlim_t)fd >= files.rlim_cur - (files.rlim_cur / 4 < RESERVE ? files.rlim_cur / 4 : RESERVE);
}

/* Whoever connects has the header's time for the handshake and the first byte of a request. */
static void on_connection(uv_stream_t *stream, int status)
{
    HttpServer *server = stream->data;
    Conn *conn;

    if (status != 0)
        return; /* out of descriptors: libuv turns the next ones away */
    conn = conn_new(server);
    if (uv_accept(stream, &conn->socket.stream) != 0 || server->n_conns > server->config.connections || is_reserved(conn)) {
        http_conn_close(conn);
        return;
    }
    if (!server->unix_socket)
        uv_tcp_nodelay(&conn->socket.tcp, 1);
    read_peer(conn);
    conn->tls = server->tls == NULL ? NULL : tls_conn_new(server->tls);
    http_conn_phase(conn, IDLE, server->config.header_ms);
    http_conn_read(conn);
}

/* ---- listening ---- */

static int open_tcp(HttpServer *server, const Address *address)
{
    const int on = 1;
    const int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc;

    if (fd < 0)
        return UV_EMFILE;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address->socket, http_address_size(address)) != 0) {
        close(fd);
        return UV_EADDRINUSE;
    }
    uv_tcp_init(loop_uv(server->loop), &server->listener.tcp);
    rc = uv_tcp_open(&server->listener.tcp, fd);
    if (rc != 0)
        close(fd);
    return rc;
}

static int open_listener(HttpServer *server, const Address *address)
{
    struct stat st;

    if (address->fd >= 0) {
        server->inherited = true;
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
        out_of_memory();
    *server = (HttpServer){ .loop = loop, .config = *config, .tls = tls, .mark = mark, .read_buffer = malloc(READ_SIZE), .piece = malloc(PIECE) };
    if (tls != NULL)
        server->plain_buffer = malloc(READ_SIZE);
    if (server->read_buffer == NULL || server->piece == NULL || (tls != NULL && server->plain_buffer == NULL))
        out_of_memory();
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

    TRY(http_address_read(text, &address, &why));
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

/* ---- the end ---- */

void http_conn_gone(HttpServer *server)
{
    if (!server->draining || !uv_is_closing(&server->listener.handle) || server->n_conns > 0 || server->drained == NULL)
        return;
    server->drained(server->drained_arg);
    server->drained = NULL;
}

void http_drain(HttpServer *server, void (*done)(void *arg), void *arg)
{
    server->draining = true;
    server->look_on = NULL;
    server->drain_begin = clock_mono_ms();
    server->drain_end = server->drain_begin + server->config.drain_ms;
    server->drained = done;
    server->drained_arg = arg;
    if (server->inherited) /* who waits there is the next process's */
        close_listener(server);
    uv_timer_start(&server->tick, on_tick, LAST_CALL_MS, TICK_MS);
}

void http_free(HttpServer *server)
{
    if (server == NULL)
        return;
    for (Conn *conn = server->conns, *next; conn != NULL; conn = next) { /* still open when the loop ended */
        next = conn->next;
        arena_free(conn->arena);
        http_conn_free(conn);
    }
    while (server->n_arenas > 0)
        arena_free(server->arenas[--server->n_arenas]);
    free(server->read_buffer);
    free(server->plain_buffer);
    free(server->piece);
    free(server);
}
