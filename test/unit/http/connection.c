/* connection.c: what a connection does over its life: keep-alive, pipelines, deadlines, caps, a drain. */
#include "server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define LAST(path) "GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static void start(void)
{
    const HttpConfig config = test_config();

    server_start(&config, NULL);
}

static bool begins(const Client *client, const char *text)
{
    return client->n >= strlen(text) && memcmp(client->text, text, strlen(text)) == 0;
}

static void assert_answer(const char *request, const char *line, const char *end)
{
    Client client = client_ask(request);

    assert_true(begins(&client, line));
    assert_string_equal(strstr(client.text, "\r\n\r\n") + 4, end);
    client_close(&client);
}

/* Waits until the server has let go of its connections. */
static void assert_no_connections(void)
{
    const int64_t end = clock_mono_ms() + LIMIT_MS(5000);

    do
        usleep(10000);
    while (server_connections() > 0 && clock_mono_ms() < end);
    assert_int_equal(server_connections(), 0);
}

TEST(connection_serves_one_request_after_another)
{
    Client client;

    start();
    client = client_connect();
    for (size_t i = 1; i <= 5; i++) {
        client_say(&client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nlove");
        assert_true(client_expect(&client, "love", i, 4500));
    }
    client_close(&client);
    assert_answer(LAST("/peer"), "HTTP/1.1 200 OK\r\n", "127.0.0.1 plain");
    assert_no_connections();
    server_stop(4500);
}

TEST(head_is_answered_without_a_body)
{
    start();
    assert_answer("HEAD /size/10 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\n", "");
    server_stop(4500);
}

TEST(pipeline_is_answered_in_order)
{
    Client client;

    start();
    client = client_ask(GET("/size/3") "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" GET("/sleep/20")
                            LAST("/peer") GET("/never"));
    assert_true(strstr(client.text, "\r\n\r\nxxxHTTP/1.1 200") != NULL);
    assert_true(strstr(client.text, "\r\n\r\nabcHTTP/1.1 200") != NULL);
    assert_true(strstr(client.text, "\r\n\r\nOKHTTP/1.1 200") != NULL);
    assert_string_equal(client.text + client.n - strlen("127.0.0.1 plain"), "127.0.0.1 plain"); /* nothing behind the last */
    client_close(&client);
    server_stop(4500);
}

enum { DEEP = 3000 };

TEST(deep_pipeline_is_served_whole)
{
    Client client;
    Buf all CLEANUP(buf_free) = buf_heap(1 << 20);

    start();
    for (int i = 0; i < DEEP; i++)
        buf_puts(&all, GET("/peer"));
    buf_puts(&all, LAST("/size/1"));
    client = client_connect();
    client_send(&client, all.data, all.len);
    assert_true(client_expect(&client, "127.0.0.1 plain", DEEP, 20000));
    assert_true(client_drain(&client, 4500));
    client_close(&client);
    server_stop(4500);
}

TEST(continue_is_said_once_before_the_body)
{
    Client client;

    start();
    client = client_connect();
    client_say(&client, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
    assert_true(client_expect(&client, "HTTP/1.1 100 Continue\r\n\r\n", 1, 4500));
    assert_int_equal(client.n, strlen("HTTP/1.1 100 Continue\r\n\r\n"));
    client_say(&client, "abc");
    assert_true(client_drain(&client, 4500));
    assert_string_equal(client.text + client.n - 7, "\r\n\r\nabc");
    client_close(&client);

    client = client_ask("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
    assert_true(begins(&client, "HTTP/1.1 200 OK\r\n")); /* the body is there: nothing to ask for */
    client_close(&client);
    client = client_ask("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 300000\r\n\r\n");
    assert_true(begins(&client, "HTTP/1.1 413 "));
    client_close(&client);
    client = client_ask("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 3\r\n\r\n");
    assert_true(begins(&client, "HTTP/1.1 417 "));
    client_close(&client);
    server_stop(4500);
}

TEST(bad_framing_is_answered_and_closes)
{
    Client client;

    start();
    client = client_ask("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" GET("/peer"));
    assert_true(begins(&client, "HTTP/1.1 400 Bad Request\r\n"));
    assert_non_null(strstr(client.text, "\r\nConnection: close\r\n"));
    assert_null(strstr(client.text, "200 OK"));
    client_close(&client);
    server_stop(4500);
}

TEST(body_over_the_limit_is_413)
{
    Client client;
    Buf all CLEANUP(buf_free) = buf_heap(1 << 20);

    start();
    buf_puts(&all, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
    while (all.len < 200000)
        buf_puts(&all, "0123456789");
    client = client_connect();
    client_send(&client, all.data, all.len);
    assert_true(client_drain(&client, 4500)); /* the answer is not lost in a reset */
    assert_true(begins(&client, "HTTP/1.1 413 "));
    client_close(&client);
    server_stop(4500);
}

/* ---- deadlines ---- */

static int64_t time_to_end(Client *client, int64_t begun, const char *drip, int64_t pause_ms)
{
    while (!client_drain(client, pause_ms) && clock_mono_ms() - begun < LIMIT_MS(8000))
        if (drip != NULL)
            client_send(client, drip, 1);
    return clock_mono_ms() - begun;
}

/* Three at once: one that says nothing, one that sends a byte now and then, one that stops half-way. */
TEST(header_deadline_is_absolute)
{
    const int64_t begun = clock_mono_ms();
    HttpConfig config = test_config();
    Client silent, slow, half;

    config.header_ms = 300;
    server_start(&config, NULL);
    silent = client_connect();
    slow = client_connect();
    half = client_connect();
    client_say(&half, "GET / HTTP/1.1\r\nHost: a\r\n");
    time_to_end(&slow, begun, "G", 50); /* buys no time */
    assert_true(client_drain(&silent, 4500));
    assert_true(client_drain(&half, 4500));
    assert_true(clock_mono_ms() - begun >= 250 && clock_mono_ms() - begun < LIMIT_MS(4500));
    assert_true(silent.n == 0);
    assert_true(begins(&slow, "HTTP/1.1 408 Request Timeout\r\n"));
    assert_true(begins(&half, "HTTP/1.1 408 Request Timeout\r\n"));
    client_close(&silent);
    client_close(&slow);
    client_close(&half);
    assert_no_connections();
    server_stop(4500);
}

TEST(body_deadline_is_absolute_and_answered_by_the_handler)
{
    const int64_t begun = clock_mono_ms();
    HttpConfig config = test_config();
    int64_t ms = 250;
    Client client;

    config.arg = &ms;
    server_start(&config, NULL);
    client = client_connect();
    client_say(&client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    ms = time_to_end(&client, begun, "x", 50);
    assert_true(ms >= 200 && ms < LIMIT_MS(4500));
    assert_true(begins(&client, "HTTP/1.1 408 "));
    assert_non_null(strstr(client.text, "E_TIMEOUT"));
    client_close(&client);
    assert_no_connections();
    server_stop(4500);
}

TEST(idle_connection_is_closed)
{
    const int64_t begun = clock_mono_ms();
    HttpConfig config = test_config();
    Client client;
    int64_t ms;

    config.idle_ms = 700;
    server_start(&config, NULL);
    client = client_connect();
    client_say(&client, GET("/peer"));
    assert_true(client_expect(&client, "plain", 1, 4500));
    ms = time_to_end(&client, begun, NULL, 8000);
    assert_true(ms >= 600 && ms < LIMIT_MS(4500));
    client_close(&client);
    server_stop(4500);
}

TEST(request_time_ends_the_waits_of_its_handler)
{
    const int64_t begun = clock_mono_ms();
    HttpConfig config = test_config();

    config.request_ms = 300;
    server_start(&config, NULL);
    assert_answer(LAST("/sleep/10000"), "HTTP/1.1 200 OK\r\n", "E_TIMEOUT");
    assert_true(clock_mono_ms() - begun >= 250 && clock_mono_ms() - begun < LIMIT_MS(4500));
    assert_answer(LAST("/sleep/10"), "HTTP/1.1 200 OK\r\n", "OK"); /* the fiber that follows on that stack has its own time */
    server_stop(4500);
}

TEST(reader_that_does_not_read_is_cut)
{
    HttpConfig config = test_config();
    const int64_t begun = clock_mono_ms();
    Client client;

    config.arena_cap = 64 << 20;
    config.idle_ms = 700;
    server_start(&config, NULL);
    client = client_connect();
    client_say(&client, GET("/size/20000000"));
    while (server_connections() == 0 && clock_mono_ms() - begun < LIMIT_MS(4500))
        usleep(10000);
    assert_int_equal(server_connections(), 1);
    while (server_connections() > 0 && clock_mono_ms() - begun < LIMIT_MS(8000))
        usleep(50000);
    assert_true(clock_mono_ms() - begun >= 600 && clock_mono_ms() - begun < LIMIT_MS(4500));
    client_close(&client);
    server_stop(4500);
}

TEST(large_answer_comes_whole_at_the_readers_pace)
{
    HttpConfig config = test_config();
    Client client;

    config.arena_cap = 64 << 20;
    config.idle_ms = 8000;
    server_start(&config, NULL);
    client = client_connect();
    client_say(&client, LAST("/size/8000000"));
    usleep(300000);
    assert_true(client_drain(&client, 8000));
    assert_int_equal(client.n - (size_t)(strstr(client.text, "\r\n\r\n") + 4 - client.text), 8000000);
    client_close(&client);
    server_stop(4500);
}

/* ---- clients that go away ---- */

TEST(client_may_leave_after_any_byte)
{
    static const char text[] = "POST /sleep/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n";

    start();
    for (size_t i = 0; i < sizeof(text); i++) {
        Client client = client_connect();

        client_send(&client, text, i);
        if (i % 2 == 0)
            setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger)); /* with a reset */
        client_close(&client);
    }
    assert_no_connections();
    assert_answer(LAST("/peer"), "HTTP/1.1 200 OK\r\n", "127.0.0.1 plain");
    server_stop(4500);
}

TEST(half_closed_client_gets_its_answer)
{
    Client client;

    start();
    client = client_connect();
    client_say(&client, GET("/sleep/50"));
    shutdown(client.fd, SHUT_WR);
    assert_true(client_drain(&client, 4500));
    assert_true(begins(&client, "HTTP/1.1 200 OK\r\n"));
    client_close(&client);
    assert_no_connections();
    server_stop(4500);
}

/* ---- caps ---- */

TEST(request_over_its_arena_ends_alone)
{
    start();
    for (int i = 0; i < 20; i++) {
        Client other = client_connect();

        client_say(&other, GET("/sleep/30"));
        assert_answer(GET("/fill?x"), "HTTP/1.1 500 Internal Server Error\r\n", "overflow /fill");
        assert_true(client_expect(&other, "OK", 2, 4500));
        client_close(&other);
    }
    assert_answer("HEAD /fill HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 500 ", "");
    assert_answer(LAST("/peer"), "HTTP/1.1 200 OK\r\n", "127.0.0.1 plain");
    assert_no_connections();
    server_stop(4500);
}

TEST(answer_needs_no_memory_of_a_full_arena)
{
    start();
    assert_answer(LAST("/brim"), "HTTP/1.1 200 OK\r\n", "brim");
    server_stop(4500);
}

TEST(job_over_its_requests_arena_is_an_error)
{
    start();
    assert_answer(LAST("/burn"), "HTTP/1.1 200 OK\r\n", "E_NOMEM");
    assert_answer(LAST("/burn"), "HTTP/1.1 200 OK\r\n", "E_NOMEM"); /* the thread of the lane lives on */
    server_stop(4500);
}

TEST(connections_are_capped)
{
    HttpConfig config = test_config();
    Client clients[4];

    config.connections = 3;
    server_start(&config, NULL);
    for (size_t i = 0; i < COUNTOF(clients); i++) {
        clients[i] = client_connect();
        client_say(&clients[i], GET("/peer"));
        assert_int_equal(client_expect(&clients[i], "plain", 1, 4500), i < 3);
    }
    for (size_t i = 0; i < COUNTOF(clients); i++)
        client_close(&clients[i]);
    assert_no_connections();
    assert_answer(LAST("/peer"), "HTTP/1.1 200 OK\r\n", "127.0.0.1 plain");
    server_stop(4500);
}

TEST(running_requests_are_capped)
{
    HttpConfig config = test_config();
    Client busy, refused;

    config.running = 1;
    server_start(&config, NULL);
    busy = client_connect();
    client_say(&busy, GET("/sleep/1000"));
    for (bool is_busy = false; !is_busy; client_close(&refused)) { /* it may come before the other */
        refused = client_ask(LAST("/peer"));
        is_busy = !begins(&refused, "HTTP/1.1 200 ");
    }
    refused = client_ask(GET("/peer"));
    assert_true(begins(&refused, "HTTP/1.1 503 Service Unavailable\r\n"));
    assert_non_null(strstr(refused.text, "\r\nRetry-After: 1\r\n"));
    assert_true(client_expect(&busy, "\r\n\r\nOK", 1, 4500));
    client_say(&busy, GET("/peer"));
    assert_true(client_expect(&busy, "plain", 1, 4500));
    client_close(&busy);
    client_close(&refused);
    server_stop(4500);
}

TEST(memory_of_half_read_requests_is_capped)
{
    HttpConfig config = test_config();
    char *body = calloc(1, 50000);
    Client first, second;

    config.memory = 120000;
    server_start(&config, NULL);
    memset(body, 'x', 50000);
    first = client_connect();
    client_say(&first, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50001\r\n\r\n");
    client_send(&first, body, 50000);
    for (int i = 0; i < 3; i++) /* meanwhile it is read */
        assert_answer(LAST("/peer"), "HTTP/1.1 200 OK\r\n", "127.0.0.1 plain");
    second = client_connect();
    client_say(&second, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50001\r\n\r\n");
    client_send(&second, body, 50000);
    assert_true(client_drain(&second, 4500));
    assert_true(begins(&second, "HTTP/1.1 503 "));
    client_say(&first, "x");
    assert_true(client_expect(&first, "HTTP/1.1 200 OK", 1, 4500));
    client_close(&first);
    client_close(&second);
    assert_answer("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", "HTTP/1.1 200 OK\r\n", "x"); /* given back */
    free(body);
    server_stop(4500);
}

TEST(answers_that_nobody_reads_are_capped)
{
    HttpConfig config = test_config();
    Client client;

    config.arena_cap = 64 << 20;
    config.memory = 1 << 20;
    config.idle_ms = 60000;
    server_start(&config, NULL);
    client = client_connect();
    client_say(&client, GET("/size/20000000"));
    assert_no_connections(); /* long before the deadline */
    client_close(&client);
    assert_answer(LAST("/peer"), "HTTP/1.1 200 OK\r\n", "127.0.0.1 plain");
    server_stop(4500);
}

/* ---- the end ---- */

TEST(drain_lets_requests_end_and_closes_the_rest)
{
    HttpConfig config = test_config();
    Client idle, running, half;

    config.header_ms = 300;
    server_start(&config, NULL);
    idle = client_connect();
    client_say(&idle, GET("/peer"));
    assert_true(client_expect(&idle, "plain", 1, 4500));
    running = client_connect();
    client_say(&running, GET("/sleep/1000"));
    half = client_connect();
    client_say(&half, "GET / HTTP/1.1\r\n");
    usleep(50000);
    server_stop(4000);
    assert_true(client_drain(&running, 100));
    assert_non_null(strstr(running.text, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(running.text, "\r\n\r\nOK"));
    assert_true(client_drain(&idle, 100));
    client_close(&idle);
    client_close(&running);
    client_close(&half);
}

static void stand_still(void *arg)
{
    (void)arg;
    usleep(100000);
}

/* The kernel lets clients in while the loop is busy: a drain must not cut them. */
TEST(drain_serves_who_had_connected)
{
    Client client;

    start();
    server_post(stand_still);
    usleep(20000);
    client = client_connect();
    client_say(&client, GET("/peer"));
    server_stop(4500);
    assert_true(client_drain(&client, 100));
    assert_true(client.n > 0 && begins(&client, "HTTP/1.1 200 OK\r\n"));
    client_close(&client);
}

/* A handler that waits for long and a client that sends for long do not hold up the end. */
TEST(drain_ends_in_its_time)
{
    HttpConfig config = test_config();
    Client running, half;

    config.request_ms = config.header_ms = 60000;
    config.drain_ms = 300;
    server_start(&config, NULL);
    running = client_connect();
    client_say(&running, GET("/sleep/50000"));
    half = client_connect();
    client_say(&half, "GET / HTTP/1.1\r\n");
    usleep(50000);
    server_stop(4000);
    assert_true(client_drain(&running, 100));
    assert_non_null(strstr(running.text, "E_TIMEOUT"));
    client_close(&running);
    client_close(&half);
}

TEST(unix_socket_is_served_and_found_taken)
{
    const HttpConfig config = test_config();
    Buf why CLEANUP(buf_free) = buf_heap(1000);
    char path[64], address[80];
    Client client;

    snprintf(path, sizeof(path), "/tmp/hecate-http-%d.sock", (int)getpid());
    snprintf(address, sizeof(address), "unix:%s", path);
    assert_ok(http_address_check(address, &why));
    server_start_at(address, &config, NULL);
    assert_int_equal(server_port(), 0);
    client = client_connect_unix(path);
    client_say(&client, LAST("/peer"));
    assert_true(client_drain(&client, 4500));
    assert_string_equal(strstr(client.text, "\r\n\r\n") + 4, " plain"); /* a peer without address */
    client_close(&client);
    assert_err(http_address_check(address, &why), E_CONFLICT);
    server_stop(4500);
    unlink(path);
}

TEST(inherited_socket_is_served)
{
    const struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const HttpConfig config = test_config();
    Buf why CLEANUP(buf_free) = buf_heap(1000);
    char address[32];

    snprintf(address, sizeof(address), "fd:%d", fd);
    assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
    assert_err(http_address_check(address, &why), E_CONFIG); /* does not listen */
    assert_int_equal(listen(fd, 8), 0);
    assert_ok(http_address_check(address, &why));
    server_start_at(address, &config, NULL);
    assert_answer(LAST("/peer"), "HTTP/1.1 200 OK\r\n", "127.0.0.1 plain");
    server_stop(4500);
}

TEST(address_that_is_taken_is_found)
{
    Buf why CLEANUP(buf_free) = buf_heap(1000);
    char address[64];

    start();
    snprintf(address, sizeof(address), "127.0.0.1:%d", server_port());
    assert_err(http_address_check(address, &why), E_CONFLICT);
    server_stop(4500);
    buf_clear(&why);
    assert_ok(http_address_check("127.0.0.1:0", &why));
    assert_err(http_address_check("example.test:80", &why), E_CONFIG);
    assert_err(http_address_check("127.0.0.1:65536", &why), E_CONFIG);
    assert_err(http_address_check("127.0.0.1", &why), E_CONFIG);
    assert_ok(http_address_check("[::1]:0", &why));
}
