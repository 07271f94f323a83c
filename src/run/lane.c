/* lane.c: worker threads behind a bounded queue. */
#include <setjmp.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "run/internal.h"

enum { BEHIND = 10, FIRST_GUESS_MS = 50 }; /* of a job, before any has run */

typedef struct Job {
    struct Job *next;
    Err (*fn)(void *arg);
    void *arg;
    Err err;
    Waiter waiter;
} Job;

struct Lane {
    pthread_mutex_t lock;
    pthread_cond_t more;
    Job *jobs, **jobs_end;
    unsigned queue, threads;
    _Atomic unsigned waiting;
    _Atomic int64_t average; /* ms a job, times 16 */
    bool stop;
    _Atomic bool behind;
    char name[16]; /* of the threads: what the kernel keeps */
    pthread_t workers[64];
};

static _Thread_local jmp_buf *job_start; /* of the job that this thread runs */

static Job *next_job(Lane *lane)
{
    Job *job;

    pthread_mutex_lock(&lane->lock);
    while (lane->jobs == NULL && !lane->stop)
        pthread_cond_wait(&lane->more, &lane->lock);
    job = lane->jobs;
    if (job != NULL) {
        lane->jobs = job->next;
        if (lane->jobs == NULL)
            lane->jobs_end = &lane->jobs;
        atomic_fetch_sub(&lane->waiting, 1);
    }
    pthread_mutex_unlock(&lane->lock);
    return job;
}

void lane_kill(void)
{
    if (job_start != NULL)
        longjmp(*job_start, 1);
}

/* The job's memory is its request's: over the arena's cap the job ends here. */
static void run_job(Job *job)
{
    jmp_buf start;

    job_start = &start;
    if (setjmp(start) == 0)
        job->err = job->fn(job->arg);
    else
        job->err = E_NOMEM;
    job_start = NULL;
}

/* On Linux this is of the calling thread alone. Without effect it is no worse than before. */
static bool step_behind(void)
{
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + BEHIND);
    turns_begin();
    return true;
}

static void *work(void *arg)
{
    Lane *lane = arg;

    bool behind = false;

    pthread_setname_np(pthread_self(), lane->name);
    for (Job *job = next_job(lane); job != NULL; job = next_job(lane)) {
        const int64_t begun = clock_mono_ms();
        int64_t average;

        if (atomic_load(&lane->behind) && !behind)
            behind = step_behind();
        turns_start();
        run_job(job);
        turns_stop();
        average = atomic_load(&lane->average);
        atomic_store(&lane->average, average + (clock_mono_ms() - begun) - average / 16);
        waiter_done(&job->waiter);
    }
    turns_end();
    return NULL;
}

Err lane_new(const char *name, unsigned threads, unsigned queue, Lane **ret)
{
    Lane *lane = calloc(1, sizeof(*lane));

    if (lane == NULL)
        return E_NOMEM;
    snprintf(lane->name, sizeof(lane->name), "%s", name);
    lane->queue = queue;
    lane->average = FIRST_GUESS_MS * 16;
    lane->jobs_end = &lane->jobs;
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->more, NULL);
    for (; lane->threads < threads && lane->threads < COUNTOF(lane->workers); lane->threads++)
        if (pthread_create(&lane->workers[lane->threads], NULL, work, lane) != 0)
            break;
    if (lane->threads == 0) {
        lane_free(lane);
        return E_IO;
    }
    *ret = lane;
    return OK;
}

/* Takes a job back that no thread has begun. */
static bool unqueue(Lane *lane, Job *job)
{
    Job **at = &lane->jobs;

    pthread_mutex_lock(&lane->lock);
    while (*at != NULL && *at != job)
        at = &(*at)->next;
    if (*at != NULL) {
        *at = job->next;
        if (*at == NULL)
            lane->jobs_end = at;
        atomic_fetch_sub(&lane->waiting, 1);
        pthread_mutex_unlock(&lane->lock);
        return true;
    }
    pthread_mutex_unlock(&lane->lock);
    return false;
}

void lane_behind(Lane *lane)
{
    atomic_store(&lane->behind, true);
}

Err lane_run(Lane *lane, Err (*fn)(void *arg), void *arg)
{
    Job job = { .fn = fn, .arg = arg };
    Err err;

    TRY(fiber_check());
    waiter_init(&job.waiter);
    pthread_mutex_lock(&lane->lock);
    if (lane->stop || atomic_load(&lane->waiting) >= lane->queue) {
        pthread_mutex_unlock(&lane->lock);
        return E_BUSY;
    }
    atomic_fetch_add(&lane->waiting, 1);
    *lane->jobs_end = &job;
    lane->jobs_end = &job.next;
    pthread_cond_signal(&lane->more);
    pthread_mutex_unlock(&lane->lock);
    err = waiter_try(&job.waiter);
    if (err != OK && unqueue(lane, &job))
        return err;
    waiter_wait(&job.waiter);
    return job.err;
}

bool lane_full(const Lane *lane)
{
    return lane_waiting(lane) >= lane->queue;
}

unsigned lane_waiting(const Lane *lane)
{
    return atomic_load(&lane->waiting);
}

int64_t lane_delay_ms(const Lane *lane)
{
    return (lane_waiting(lane) / lane->threads + 1) * atomic_load(&lane->average) / 16;
}

void lane_free(Lane *lane)
{
    if (lane == NULL)
        return;
    pthread_mutex_lock(&lane->lock);
    lane->stop = true;
    pthread_cond_broadcast(&lane->more);
    pthread_mutex_unlock(&lane->lock);
    for (unsigned i = 0; i < lane->threads; i++)
        pthread_join(lane->workers[i], NULL);
    pthread_cond_destroy(&lane->more);
    pthread_mutex_destroy(&lane->lock);
    free(lane);
}
