/* mailer.c: threads that send what stands in the outbox. They look when a letter was committed, and now and then. One tends the kept counts, too, and
 * cleans tables. */
#include "base/clock.h"
#include "base/log.h"
#include "directory/messages.h"
#include "outbound/mail.h"
#include "server/internal.h"

enum { MAILERS = 2, LETTER_CAP = 16 << 20, REST_S = 5, LONG_REST_S = 60, SWEEP_S = 3600, RECOUNT_S = 3600, CLEAN_S = 600 };

struct Mailer {
    Server *server;
    pthread_mutex_t lock;
    pthread_cond_t news;
    unsigned waked; /* counts: a thread that looked before the last one looks again */
    _Atomic bool stop;
    pthread_t threads[MAILERS];
    size_t n;
    _Atomic unsigned on; /* threads that have begun */
};

static void wake(void *arg)
{
    Mailer *mailer = arg;

    pthread_mutex_lock(&mailer->lock);
    mailer->waked++;
    pthread_cond_broadcast(&mailer->news);
    pthread_mutex_unlock(&mailer->lock);
}

/* Sends one. */
static Err send_next(Mailer *mailer, int64_t *wait)
{
    Arena *arena = arena_new(LETTER_CAP, true);
    House *house = house_enter(mailer->server);
    Ctx ctx = ctx_new(arena, mailer->server->db);
    Err err;

    ctx.directory = &house->settings.directory;
    err = dir_outbox_send(&ctx, &mailer->stop, wait);
    house_leave(house);
    arena_free(arena);
    return err;
}

/* With an arena and the settings of now. */
static Err in_house(Server *server, Err (*fn)(Ctx *ctx))
{
    Arena *arena = arena_new(LETTER_CAP, true);
    House *house = house_enter(server);
    Ctx ctx = ctx_new(arena, server->db);
    Err err;

    ctx.directory = &house->settings.directory;
    err = fn(&ctx);
    house_leave(house);
    arena_free(arena);
    return err;
}

/* What was written goes into the kept counts; what others wrote as well, at the start and now and then. */
static void tend_counts(Mailer *mailer, int64_t *next, int64_t *next_all)
{
    const int64_t now = clock_mono_ms();
    const bool all = now >= *next_all;
    Arena *arena;
    Ctx ctx;

    if (now < *next)
        return;
    arena = arena_new(LETTER_CAP, true);
    ctx = ctx_new(arena, mailer->server->db);
    IGNORE(dir_counts_tend(&ctx, all)); /* the next time will do */
    *next = now + REST_S * 1000;
    *next_all = all ? now + RECOUNT_S * 1000 : *next_all;
    arena_free(arena);
}

/* Tables are cleaned every ten minutes, and each second as long as there is more. */
static void clean_tables(Mailer *mailer, int64_t *next)
{
    const int64_t now = clock_mono_ms();
    Arena *arena;
    House *house;
    bool more = false;
    Ctx ctx;

    if (now < *next)
        return;
    arena = arena_new(LETTER_CAP, true);
    house = house_enter(mailer->server);
    ctx = ctx_new(arena, mailer->server->db);
    ctx.directory = &house->settings.directory;
    IGNORE(dir_clean(&ctx, &more)); /* the next time will do */
    house_leave(house);
    arena_free(arena);
    *next = more ? now : now + CLEAN_S * 1000;
}

/* Until there is news, or the time is over. */
static void rest(Mailer *mailer, unsigned seen, int64_t seconds)
{
    const int64_t until = clock_mono_us() + seconds * US_PER_S;

    pthread_mutex_lock(&mailer->lock);
    while (mailer->waked == seen && !atomic_load(&mailer->stop) && clock_cond_wait(&mailer->news, &mailer->lock, until))
        continue;
    pthread_mutex_unlock(&mailer->lock);
}

/* One thread looks now and then without news: for what is to be tried again, and for letters of other nodes. */
static void *run_mailer(void *arg)
{
    Mailer *mailer = arg;
    const bool first = atomic_fetch_add(&mailer->on, 1) == 0;
    int64_t sweep_at = clock_now() + SWEEP_S * US_PER_S, next = 0, next_all = 0, clean_at = 0;

    while (!atomic_load(&mailer->stop)) {
        unsigned seen;
        int64_t wait;

        pthread_mutex_lock(&mailer->lock);
        seen = mailer->waked;
        pthread_mutex_unlock(&mailer->lock);
        if (first) {
            tend_counts(mailer, &next, &next_all);
            clean_tables(mailer, &clean_at);
        }
        if (send_next(mailer, &wait) != OK)
            rest(mailer, seen, !first ? LONG_REST_S : clean_at <= clock_mono_ms() ? 1 : REST_S);
        if (first && clock_now() > sweep_at) {
            IGNORE(in_house(mailer->server, dir_outbox_sweep)); /* the next hour has another chance */
            sweep_at = clock_now() + SWEEP_S * US_PER_S;
        }
    }
    return NULL;
}

Err mailer_start(Server *server, Buf *why)
{
    Mailer *mailer = calloc(1, sizeof(*mailer));
    bool started = true;

    (void)why;
    if (mailer == NULL)
        out_of_memory();
    mailer->server = server;
    server->mailer = mailer;
    pthread_mutex_init(&mailer->lock, NULL);
    clock_cond_init(&mailer->news);
    TRY(in_house(server, dir_outbox_open));
    TRY(lane_new("hook", 8, 256, &server->hook_lane));
    mailer_settle(server, &atomic_load(&server->house)->settings.directory.mail);
    for (size_t i = 0; i < MAILERS && started; i++) {
        started = pthread_create(&mailer->threads[i], NULL, run_mailer, mailer) == 0;
        mailer->n += started;
    }
    return started ? OK : E_IO;
}

void mailer_settle(Server *server, Mailing *mail)
{
    mail->wake = server->mailer == NULL ? NULL : wake;
    mail->wake_arg = server->mailer;
    mail->hook_lane = server->hook_lane;
    mail->email_counter = server->email_counter;
    mail->sms_counter = server->sms_counter;
    mail->sources = server->sources;
    sources_clear(server->sources);
}

void mailer_stop(Server *server)
{
    Mailer *mailer = server->mailer;

    if (mailer == NULL)
        return;
    atomic_store(&mailer->stop, true);
    wake(mailer);
    for (size_t i = 0; i < mailer->n; i++)
        pthread_join(mailer->threads[i], NULL);
    pthread_cond_destroy(&mailer->news);
    pthread_mutex_destroy(&mailer->lock);
    free(mailer);
    server->mailer = NULL;
}
