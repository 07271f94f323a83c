/* watch.c: a look, twice a second, whether signing keys were added, turned or taken away (`hecate keys`): a key that was taken away must open nothing
 * after a second, on any node. */
#include "base/clock.h"
#include "server/internal.h"

enum { WATCH_CAP = 4 << 20, LOOK_MS = 500, AGAIN_MS = 5000, SUM = 32 };

typedef struct KeyWatch {
    Server *server;
    bool looking;       /* a look waits for the database */
    uint8_t asked[SUM]; /* the keys for which a reload was asked */
    int64_t again;      /* ms; when it may be asked for the same ones again */
} KeyWatch;

/* A reload may fail, for whatever is wrong with the other settings: then it is asked for again after a while. */
static void see(KeyWatch *watch, const char *mark)
{
    uint8_t sum[SUM];

    hash_sum(HASH_SHA256, str_of(mark), sum);
    if (memcmp(sum, watch->asked, SUM) == 0 && clock_mono_ms() < watch->again)
        return;
    memcpy(watch->asked, sum, SUM);
    watch->again = clock_mono_ms() + AGAIN_MS;
    server_reload(watch->server);
}

/* In a fiber of its own. */
static void look(void *arg)
{
    KeyWatch *watch = arg;
    Arena *arena = arena_new(WATCH_CAP, true);
    House *house = house_enter(watch->server);
    Ctx ctx = ctx_new(arena, watch->server->db);
    char *mark;

    ctx.directory = &house->settings.directory;
    if (dir_keys_mark(&ctx, &mark) == OK && !text_eq(mark, house->keys_mark))
        see(watch, mark);
    house_leave(house);
    arena_free(arena);
    watch->looking = false;
}

static void on_time(void *arg)
{
    KeyWatch *watch = arg;

    if (watch->looking)
        return;
    watch->looking = true;
    fiber_start(look, watch, "keys");
}

void watch_start(Server *server)
{
    KeyWatch *watch = ARENA_NEW(server->arena, KeyWatch);

    watch->server = server;
    loop_every(server->workers[0].loop, LOOK_MS, on_time, watch);
}
