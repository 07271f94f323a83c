/* idle.c: ten thousand idle connections, held by another process after one request each: what one costs, and that a new one is
 * served beside them. */
#include "server.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { MOST_PLAIN = 10000, MOST_TLS = 2000, SPARE = 100 };
/* Bytes of resident memory a connection may cost: 20 MiB for ten thousand plain ones; TLS keeps its keys beside. */
enum { PLAIN_COST = 2048, TLS_COST = 24 * 1024 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool measured = false;
#else
static const bool measured = true;
#endif

static long resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0, pages = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &size, &pages), 2);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static int room_for(int want)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur < (rlim_t)(want + SPARE) ? (int)limit.rlim_cur - SPARE : want;
}

/* ---- the other process ---- */

static bool ask(int fd, SSL *ssl)
{
    static const char request[] = "GET /peer HTTP/1.1\r\nHost: a\r\n\r\n";
    char answer[1000];

    if (ssl == NULL)
        return send(fd, request, sizeof(request) - 1, 0) > 0 && recv(fd, answer, sizeof(answer), 0) > 0;
    return SSL_connect(ssl) == 1 && SSL_write(ssl, request, sizeof(request) - 1) > 0 && SSL_read(ssl, answer, sizeof(answer)) > 0;
}

static bool connect_one(int port, SSL_CTX *ctx)
{
    const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    SSL *ssl = ctx == NULL ? NULL : SSL_new(ctx);

    if (ssl != NULL)
        SSL_set_fd(ssl, fd);
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && ask(fd, ssl); /* both stay open to the end of the process */
}

/* Reads the port, opens the connections, says how many, and holds them until the pipe is closed. */
__attribute__((noreturn)) static void hold(int from, int to, int n, bool secure)
{
    SSL_CTX *ctx = secure ? SSL_CTX_new(TLS_client_method()) : NULL;
    int port = 0, up = 0;

    if (read(from, &port, sizeof(port)) != (ssize_t)sizeof(port))
        _exit(1);
    while (up < n && connect_one(port, ctx))
        up++;
    if (write(to, &up, sizeof(up)) != (ssize_t)sizeof(up) || read(from, &port, 1) != 0)
        _exit(1);
    _exit(0);
}

static void hold_idle(int n, Tls *tls, long most)
{
    HttpConfig config = test_config();
    int there[2], back[2], port, up = 0;
    long before, each;
    Client client;
    pid_t child;

    assert_int_equal(pipe(there) | pipe(back), 0);
    child = fork(); /* before there is a thread */
    if (child == 0) {
        close(there[1]);
        hold(there[0], back[1], n, tls != NULL);
    }
    config.header_ms = config.idle_ms = 120000;
    server_start(&config, tls);
    before = resident();
    port = server_port();
    assert_int_equal(write(there[1], &port, sizeof(port)), sizeof(port));
    assert_int_equal(read(back[0], &up, sizeof(up)), sizeof(up));
    assert_int_equal(up, n);
    assert_int_equal(server_connections(), n);
    each = (resident() - before) / n;
    print_message("%d idle connections%s: %ld bytes each\n", n, tls != NULL ? " with TLS" : "", each);
    assert_true(!measured || each <= most);

    client = client_connect();
    if (tls == NULL) {
        client_say(&client, "GET /peer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_true(client_expect(&client, "plain", 1, 1000));
    }
    client_close(&client);
    close(there[1]);
    close(there[0]);
    waitpid(child, NULL, 0);
    close(back[0]);
    close(back[1]);
    server_stop(5000);
}

TEST(ten_thousand_idle_connections_are_cheap)
{
    hold_idle(room_for(MOST_PLAIN), NULL, PLAIN_COST);
}

TEST(idle_connections_with_tls_hold_no_buffers)
{
    char dir[] = "/tmp/hecate-idle-XXXXXX", path[64], key[64];
    static const char *const names[] = { "ca.pem", "ca.key", "server.pem", "server.key", "ca.lock" };
    Tls *tls;

    assert_non_null(mkdtemp(dir));
    assert_ok(tls_local_ca(dir, NULL, 0));
    snprintf(path, sizeof(path), "%s/server.pem", dir);
    snprintf(key, sizeof(key), "%s/server.key", dir);
    assert_ok(tls_new(path, key, &tls));
    hold_idle(room_for(MOST_TLS), tls, TLS_COST);
    tls_free(tls);
    for (size_t i = 0; i < COUNTOF(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}
