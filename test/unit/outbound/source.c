/* source.c: a document of the web is fetched anew after ten minutes, and while that fails the last one stays. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "outbound/mail.h"
#include "test.h"

/* A server of one answer a connection, with a number that counts. */
typedef struct Web {
    int fd;
    _Atomic int asked;
    _Atomic bool down;
    pthread_t thread;
    char url[64];
} Web;

static void *serve(void *arg)
{
    Web *web = arg;

    for (;;) {
        const int fd = accept(web->fd, NULL, NULL);
        char text[1024];
        int n;

        if (fd < 0)
            return NULL;
        assert_true(read(fd, text, sizeof(text)) > 0);
        web->asked++;
        n = snprintf(text, sizeof(text), "HTTP/1.1 %d x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n%d", web->down ? 500 : 200, web->asked % 10);
        assert_int_equal(write(fd, text, (size_t)n), n);
        close(fd);
    }
}

static void web_start(Web *web)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);

    *web = (Web){ .fd = socket(AF_INET, SOCK_STREAM, 0) };
    assert_int_equal(bind(web->fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(web->fd, 8), 0);
    assert_int_equal(getsockname(web->fd, (struct sockaddr *)&at, &n), 0);
    snprintf(web->url, sizeof(web->url), "http://127.0.0.1:%d/t", ntohs(at.sin_port));
    pthread_create(&web->thread, NULL, serve, web);
}

static void web_stop(Web *web)
{
    shutdown(web->fd, SHUT_RDWR);
    pthread_join(web->thread, NULL);
    close(web->fd);
}

TEST(source_is_kept_for_ten_minutes)
{
    static const struct {
        int64_t at; /* s */
        bool down;
        const char *text; /* NULL: E_IO */
        int asked;
    } rows[] = { { 1000, true, NULL, 1 }, { 1009, false, NULL, 1 }, { 1010, false, "2", 2 }, { 1609, false, "2", 2 }, { 1610, false, "3", 3 },
                 { 2300, true, "3", 4 },  { 2309, false, "3", 4 },  { 2310, false, "5", 5 }, { 2311, true, "5", 5 },  { 3000, true, "5", 6 } };
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);
    Sources *sources = sources_new();
    Web web;

    web_start(&web);
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        char *text = NULL;

        web.down = rows[i].down;
        assert_int_equal(source_text(sources, arena, web.url, rows[i].at * US_PER_S, &text), rows[i].text == NULL ? E_IO : OK);
        if (rows[i].text != NULL)
            assert_string_equal(text, rows[i].text);
        assert_int_equal(web.asked, rows[i].asked);
    }
    sources_clear(sources);
    web.down = false;
    char *text = NULL;

    assert_int_equal(source_text(sources, arena, web.url, 3001 * US_PER_S, &text), OK);
    assert_string_equal(text, "7");
    web_stop(&web);
    sources_free(sources);
}

TEST(source_keeps_a_bounded_number)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);
    Sources *sources = sources_new();
    char *text = NULL;
    Web web;

    web_start(&web);
    for (int i = 0; i < 100; i++)
        assert_int_equal(source_text(sources, arena, arena_printf(arena, "%s%d", web.url, i), (1000 + i) * US_PER_S, &text), OK);
    assert_int_equal(web.asked, 100);
    assert_int_equal(source_text(sources, arena, arena_printf(arena, "%s99", web.url), 1100 * US_PER_S, &text), OK);
    assert_int_equal(web.asked, 100); /* one of the last is there */
    assert_int_equal(source_text(sources, arena, arena_printf(arena, "%s1", web.url), 1100 * US_PER_S, &text), OK);
    assert_int_equal(web.asked, 101); /* one of the first is not */
    web_stop(&web);
    sources_free(sources);
}

TEST(source_reads_files)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);
    char path[] = "/tmp/hecate-source-XXXXXX", *text = NULL;
    const int fd = mkstemp(path);

    assert_int_equal(write(fd, "hello", 5), 5);
    assert_int_equal(source_text(NULL, arena, path, 0, &text), OK);
    assert_string_equal(text, "hello");
    assert_int_equal(source_text(NULL, arena, arena_printf(arena, "file://%s", path), 0, &text), OK);
    assert_int_equal(write(fd, "\xff", 1), 1);
    assert_int_equal(source_text(NULL, arena, path, 0, &text), E_IO); /* no UTF-8 */
    close(fd);
    unlink(path);
    assert_int_equal(source_text(NULL, arena, path, 0, &text), E_IO);
}
