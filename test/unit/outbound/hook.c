/* hook.c: what a call of a hook leaves behind. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outbound/hook.h"
#include "test.h"

enum { ANSWER = 4096 };

/* Answers one call, with more than a small arena holds. */
static void *serve(void *arg)
{
    const int fd = accept(*(int *)arg, NULL, NULL);
    char text[ANSWER + 128];
    int n;

    if (fd < 0)
        return NULL;
    assert_true(read(fd, text, sizeof(text)) > 0);
    n = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%0*d", ANSWER, ANSWER, 7);
    assert_int_equal(write(fd, text, (size_t)n), n);
    close(fd);
    return NULL;
}

static void full(void *arg, size_t size, bool over_cap)
{
    (void)size;
    (void)over_cap;
    longjmp(*(jmp_buf *)arg, 1);
}

static int files_open(void)
{
    int n = 0;

    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Calls it with an arena of this size: how long the body is, 0 if the arena ended the call; and how many files are open then. */
static size_t call(size_t cap, int *ret_open)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(cap, true);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    volatile size_t length = 0;
    HookAnswer answer = { 0 };
    pthread_t thread;
    char url[64];
    jmp_buf back;

    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(at.sin_port));
    pthread_create(&thread, NULL, serve, &fd);
    arena_on_failure(arena, full, &back);
    if (setjmp(back) == 0) {
        assert_int_equal(web_post(arena, &(WebPost){ .url = url, .body = "{}", .ms = 60000 }, &answer), OK);
        length = strlen(answer.body);
    }
    shutdown(fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(fd);
    *ret_open = files_open();
    return length;
}

TEST(hook_whose_answer_fills_the_arena_leaves_no_connection)
{
    int before, after;

    assert_int_equal(call(1 << 20, &before), ANSWER);
    for (size_t cap = 256; cap <= 16384; cap *= 2) {
        const size_t length = call(cap, &after);

        assert_true(length == 0 || length == ANSWER);
        assert_int_equal(after, before);
    }
}
