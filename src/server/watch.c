/* watch.c: a thread that looks, twice a second, whether signing keys were added, turned or taken away (`hecate keys`): a key that was taken away must
 * open nothing after a second, on any node. */
#include <errno.h>

#include "base/clock.h"
#include "server/internal.h"

enum { WATCH_CAP = 4 << 20, LOOK_MS = 500, AGAIN_MS = 5000 };

struct KeyWatch {
    Server *server;
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool stop;
    pthread_t thread;
    bool on;
};

/* The mark of the keys, for the caller to free; NULL: they are those of the settings in use, or cannot be read. */
static char *changed_mark(Server *server)
{
    Arena *arena = arena_new(WATCH_CAP, true);
    House *house = house_enter(server);
    Ctx ctx = ctx_new(arena, server->db);
    char *mark, *ret = NULL;

    ctx.directory = &house->settings.directory;
    if (dir_keys_mark(&ctx, &mark) == OK && !text_eq(mark, house->keys_mark))
        ret = strdup(mark);
    house_leave(house);
    arena_free(arena);
    return ret;
}

/* True: it is to end. */
static bool rest(KeyWatch *watch)
{
    struct timespec until;
    bool stop;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&watch->lock);
    while (!watch->stop && pthread_cond_timedwait(&watch->end, &watch->lock, &until) != ETIMEDOUT)
        continue;
    stop = watch->stop;
    pthread_mutex_unlock(&watch->lock);
    return stop;
}

/* A reload may fail, for whatever is wrong with the other settings: then it is asked for again after a while. */
static void *run_watch(void *arg)
{
    KeyWatch *watch = arg;
    char *asked = NULL;
    int64_t again = 0;

    while (!rest(watch)) {
        char *mark = changed_mark(watch->server);

        if (mark != NULL && (!text_eq(mark, asked) || clock_mono_ms() >= again)) {
            again = clock_mono_ms() + AGAIN_MS;
            free(asked);
            asked = strdup(mark);
            loop_post(watch->server->workers[0].loop, server_reload, watch->server);
        }
        free(mark);
    }
    free(asked);
    return NULL;
}

Err watch_start(Server *server, Buf *why)
{
    KeyWatch *watch = calloc(1, sizeof(*watch));
    pthread_condattr_t attr;

    (void)why;
    if (watch == NULL)
        abort();
    watch->server = server;
    server->key_watch = watch;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->end, &attr);
    pthread_condattr_destroy(&attr);
    watch->on = pthread_create(&watch->thread, NULL, run_watch, watch) == 0;
    return watch->on ? OK : E_IO;
}

void watch_stop(Server *server)
{
    KeyWatch *watch = server->key_watch;

    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->stop = true;
    pthread_cond_signal(&watch->end);
    pthread_mutex_unlock(&watch->lock);
    if (watch->on)
        pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->end);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
    server->key_watch = NULL;
}
