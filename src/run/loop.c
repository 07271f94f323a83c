/* loop.c: a libuv loop with a ready list of fibers, posts from other threads, and timers. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "run/internal.h"

struct Every {
    uv_timer_t timer;
    Every *next;
    void (*fn)(void *arg);
    void *arg;
};

static _Thread_local Loop *this_loop;

Loop *loop_self(void)
{
    return this_loop;
}

uv_loop_t *loop_uv(Loop *loop)
{
    return &loop->uv;
}

void **loop_slot(Loop *loop, int slot)
{
    return &loop->slots[slot];
}

/* In the order in which they came. */
static Post *take_posts(Loop *loop)
{
    Post *posts = atomic_exchange(&loop->posts, NULL), *ret = NULL;

    while (posts != NULL) {
        Post *post = posts;

        posts = post->next;
        post->next = ret;
        ret = post;
    }
    return ret;
}

static void run_posts(Loop *loop)
{
    Post *posts = take_posts(loop);

    while (posts != NULL) {
        Post *post = posts;

        posts = post->next;
        post->fn(post->arg);
        free(post);
    }
}

/* uv_async_send() is not used: a loop that finds a sender put aside in the middle of it waits for that thread. */
void loop_wake(Loop *loop)
{
    const uint64_t one = 1;
    ssize_t n;

    if (atomic_exchange(&loop->is_woken, true))
        return;
    n = write(loop->wake_fd, &one, sizeof(one));
    (void)n; /* a full counter is as readable */
}

static void on_wake(uv_poll_t *poll, int status, int events)
{
    Loop *loop = poll->data;
    uint64_t count;
    const ssize_t n = read(loop->wake_fd, &count, sizeof(count));

    (void)status, (void)events, (void)n;
    atomic_store(&loop->is_woken, false);
    run_posts(loop);
    fibers_run(loop);
}

static void on_prepare(uv_prepare_t *prepare)
{
    fibers_run(prepare->data);
    log_flush();
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

Err loop_new(int index, Loop **ret)
{
    Loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL)
        return E_NOMEM;
    loop->index = index;
    loop->ready_end = &loop->ready;
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wake_fd < 0 || uv_loop_init(&loop->uv) != 0) {
        close(loop->wake_fd);
        free(loop);
        return E_IO;
    }
    uv_poll_init(&loop->uv, &loop->wake, loop->wake_fd);
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_idle_init(&loop->uv, &loop->idle);
    loop->wake.data = loop->prepare.data = loop->idle.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_poll_start(&loop->wake, UV_READABLE, on_wake);
    *ret = loop;
    return OK;
}

void loop_spin(Loop *loop, bool on)
{
    if (on)
        uv_idle_start(&loop->idle, on_idle);
    else
        uv_idle_stop(&loop->idle);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_run(Loop *loop)
{
    this_loop = loop;
    loop->thread = pthread_self();
    log_gather(true);
    watch_loop(loop);
    while (!loop->stopping)
        uv_run(&loop->uv, UV_RUN_ONCE);
    fibers_shutdown(loop);
    while (loop->n_fibers > 0)
        uv_run(&loop->uv, UV_RUN_ONCE);
    log_gather(false);
    unwatch_loop(loop);
}

static void stop_here(void *arg)
{
    Loop *loop = arg;

    loop->stopping = true;
}

void loop_stop(Loop *loop)
{
    loop_post(loop, stop_here, loop);
}

void loop_free(Loop *loop)
{
    if (loop == NULL)
        return;
    run_posts(loop);
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    close(loop->wake_fd);
    while (loop->timers != NULL) {
        Every *every = loop->timers;

        loop->timers = every->next;
        free(every);
    }
    fibers_free(loop);
    if (this_loop == loop)
        this_loop = NULL;
    free(loop);
}

void loop_post(Loop *loop, void (*fn)(void *arg), void *arg)
{
    Post *post = malloc(sizeof(*post));

    if (post == NULL)
        out_of_memory();
    *post = (Post){ .next = atomic_load(&loop->posts), .fn = fn, .arg = arg };
    while (!atomic_compare_exchange_weak(&loop->posts, &post->next, post))
        ;
    loop_wake(loop);
}

/* ---- timers ---- */

static void on_every(uv_timer_t *timer)
{
    const Every *every = timer->data;

    every->fn(every->arg);
}

void loop_every(Loop *loop, uint64_t ms, void (*fn)(void *arg), void *arg)
{
    Every *every = calloc(1, sizeof(*every));

    if (every == NULL)
        out_of_memory();
    *every = (Every){ .fn = fn, .arg = arg, .next = loop->timers };
    loop->timers = every;
    uv_timer_init(&loop->uv, &every->timer);
    every->timer.data = every;
    uv_timer_start(&every->timer, on_every, ms, ms);
    uv_unref((uv_handle_t *)&every->timer);
}
