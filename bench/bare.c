/* bare.c: PORT FILE [LOOPS]: the floor that a server on libuv stands on: it answers whatever ends with an empty line with the bytes of FILE, and
 * knows nothing else. */
#include <sys/socket.h>
#include <uv.h>

#include "base/base.h"

enum { MOST_ANSWER = 1 << 20, READ_BUFFER = 65536, MOST_LOOPS = 64 };

static char answer[MOST_ANSWER];
static size_t answer_n;

/* One connection: how much of "\r\n\r\n" has been seen, and a buffer for what is read. */
typedef struct Connection {
    uv_tcp_t tcp;
    int matched;
    char buffer[READ_BUFFER];
} Connection;

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    Connection *connection = handle->data;

    (void)size;
    *buf = uv_buf_init(connection->buffer, sizeof(connection->buffer));
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    free(write);
}

static void send_answer(Connection *connection)
{
    uv_write_t *write = malloc(sizeof(*write));
    uv_buf_t buf = uv_buf_init(answer, (unsigned)answer_n);

    if (write == NULL)
        abort();
    uv_write(write, (uv_stream_t *)&connection->tcp, &buf, 1, on_written);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    static const char end[] = "\r\n\r\n";
    Connection *connection = stream->data;

    if (n < 0) {
        uv_close((uv_handle_t *)stream, on_closed);
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        connection->matched = buf->base[i] == end[connection->matched] ? connection->matched + 1 : buf->base[i] == '\r';
        if (connection->matched == 4) {
            connection->matched = 0;
            send_answer(connection);
        }
    }
}

static void on_connection(uv_stream_t *server, int status)
{
    Connection *connection = malloc(sizeof(*connection));

    if (status < 0 || connection == NULL)
        abort();
    connection->matched = 0;
    uv_tcp_init(server->loop, &connection->tcp);
    connection->tcp.data = connection;
    if (uv_accept(server, (uv_stream_t *)&connection->tcp) != 0) {
        uv_close((uv_handle_t *)&connection->tcp, on_closed);
        return;
    }
    uv_tcp_nodelay(&connection->tcp, 1);
    uv_read_start((uv_stream_t *)&connection->tcp, on_buffer, on_read);
}

static void run_loop(void *arg)
{
    const int port = *(const int *)arg, on = 1;
    struct sockaddr_in address;
    uv_os_fd_t fd;
    uv_tcp_t server;
    uv_loop_t loop;

    uv_loop_init(&loop);
    uv_tcp_init_ex(&loop, &server, AF_INET);
    uv_fileno((uv_handle_t *)&server, &fd);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    uv_ip4_addr("127.0.0.1", port, &address);
    if (uv_tcp_bind(&server, (struct sockaddr *)&address, 0) != 0 || uv_listen((uv_stream_t *)&server, 1024, on_connection) != 0)
        abort();
    uv_run(&loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
    int port = argc < 3 ? 0 : (int)strtol(argv[1], NULL, 10);
    const long loops = argc < 4 ? 1 : strtol(argv[3], NULL, 10);
    FILE *file = argc < 3 ? NULL : fopen(argv[2], "rb");
    uv_thread_t threads[MOST_LOOPS];

    if (file == NULL || loops < 1 || loops > MOST_LOOPS) {
        fprintf(stderr, "bare PORT FILE [LOOPS]\n");
        return 64;
    }
    answer_n = fread(answer, 1, sizeof(answer), file);
    fclose(file);
    for (long i = 0; i < loops; i++)
        uv_thread_create(&threads[i], run_loop, &port);
    for (long i = 0; i < loops; i++)
        uv_thread_join(&threads[i]);
    return 0;
}
