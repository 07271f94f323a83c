/* worker.c: a thread that does what jobs ask for, one after the other. It looks when one was committed, and now and then. */
#include "base/clock.h"
#include "base/log.h"
#include "directory/jobs.h"
#include "server/internal.h"

enum { JOB_CAP = 512 << 20, REST_S = 3 };

struct JobWorker {
    Server *server;
    pthread_mutex_t lock;
    pthread_cond_t news;
    unsigned waked; /* counts: who looked before the last one looks again */
    _Atomic bool stop;
    pthread_t thread;
    bool on;
};

static void wake(void *arg)
{
    JobWorker *worker = arg;

    pthread_mutex_lock(&worker->lock);
    worker->waked++;
    pthread_cond_signal(&worker->news);
    pthread_mutex_unlock(&worker->lock);
}

/* Runs `fn` as an administrator, in memory of its own. */
static Err run_with(Server *server, Err (*fn)(Ctx *ctx, JobWorker *worker), JobWorker *worker)
{
    static const Caller caller = { .kind = CALLER_ADMIN, .actor_id = "00000000-0000-0000-0000-000000000000", .actor_name = "job" };
    Arena *arena = arena_new(JOB_CAP, true);
    House *house = house_enter(server);
    Ctx ctx = ctx_new(arena, server->db);
    Err err;

    ctx.directory = &house->settings.directory;
    ctx.caller = &caller;
    err = fn(&ctx, worker);
    house_leave(house);
    arena_free(arena);
    return err;
}

static Err do_next(Ctx *ctx, JobWorker *worker)
{
    return auth0_job_work(ctx, &worker->stop);
}

static Err open_jobs(Ctx *ctx, JobWorker *worker)
{
    (void)worker;
    return dir_job_open(ctx);
}

static void rest(JobWorker *worker, unsigned seen)
{
    const int64_t until = clock_mono_us() + REST_S * US_PER_S;

    pthread_mutex_lock(&worker->lock);
    while (worker->waked == seen && !atomic_load(&worker->stop) && clock_cond_wait(&worker->news, &worker->lock, until))
        continue;
    pthread_mutex_unlock(&worker->lock);
}

static void *run_worker(void *arg)
{
    JobWorker *worker = arg;

    while (!atomic_load(&worker->stop)) {
        unsigned seen;
        Err err;

        pthread_mutex_lock(&worker->lock);
        seen = worker->waked;
        pthread_mutex_unlock(&worker->lock);
        err = run_with(worker->server, do_next, worker);
        if (err != OK && err != E_NO_ROW && err != E_SHUTDOWN)
            LOG(LOG_WARN, "a job was interrupted: it goes on later", LOG_TEXT_FIELD("why", err_text(err)));
        if (err != OK)
            rest(worker, seen);
    }
    return NULL;
}

Err worker_start(Server *server, Buf *why)
{
    JobWorker *worker = calloc(1, sizeof(*worker));

    (void)why;
    if (worker == NULL)
        out_of_memory();
    worker->server = server;
    server->job_worker = worker;
    pthread_mutex_init(&worker->lock, NULL);
    clock_cond_init(&worker->news);
    TRY(run_with(server, open_jobs, worker));
    worker_settle(server, &atomic_load(&server->house)->settings.directory);
    worker->on = pthread_create(&worker->thread, NULL, run_worker, worker) == 0;
    return worker->on ? OK : E_IO;
}

void worker_settle(Server *server, Directory *directory)
{
    directory->job_wake = server->job_worker == NULL ? NULL : wake;
    directory->job_wake_arg = server->job_worker;
}

void worker_stop(Server *server)
{
    JobWorker *worker = server->job_worker;

    if (worker == NULL)
        return;
    atomic_store(&worker->stop, true);
    wake(worker);
    if (worker->on)
        pthread_join(worker->thread, NULL);
    pthread_cond_destroy(&worker->news);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
    server->job_worker = NULL;
}
