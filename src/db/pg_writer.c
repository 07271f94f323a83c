/* pg_writer.c: one thread and one connection for the single writes of the process: what waits goes together, with one Sync and so
 * one commit. What is read to be written goes ahead of the writes: those who read then write together. Two such connections would deadlock on hot
 * rows (spec/concurrency.md). */
#include "base/clock.h"
#include "base/log.h"
#include "db/pg.h"

enum { LOCK_MS = 50, REAP_S = 20, MOST_AHEAD = 3 };

struct Writer {
    Db *db;
    Pipe pipe;
    Gatherings gatherings;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    Item *inbox, **inbox_end;
    unsigned n_inbox;
    unsigned ahead; /* batches of reads for which writes have waited */
    bool stop;
};

static void answer(Item *item)
{
    if (item->gather != NULL)
        gather_deal(item);
    else
        waiter_done(&item->waiter);
}

static bool idle(const Writer *writer)
{
    return pipe_idle(&writer->pipe) && writer->gatherings.waiting == 0;
}

/* Moves the inbox to what waits. With `wait`, false when the writer is to end and nothing is left. */
static bool collect(Writer *writer, bool wait)
{
    Item *items;

    pthread_mutex_lock(&writer->lock);
    while (wait && writer->inbox == NULL && !writer->stop) {
        (void)clock_cond_wait(&writer->more, &writer->lock, clock_mono_us() + REAP_S * US_PER_S);
        if (writer->inbox == NULL)
            pool_reap(((State *)writer->db->state)->pool);
    }
    items = writer->inbox;
    writer->inbox = NULL;
    writer->inbox_end = &writer->inbox;
    writer->n_inbox = 0;
    pthread_mutex_unlock(&writer->lock);
    for (Item *next; items != NULL; items = next) {
        next = items->next;
        if (!gather_add(&writer->gatherings, items))
            pipe_push(&writer->pipe, items);
    }
    return !idle(writer);
}

/* The next batch. Each costs some 0.3 ms to begin and to commit, however few are in it. */
static void fill(Writer *writer)
{
    if (writer->ahead < MOST_AHEAD && gather_push_reads(&writer->gatherings, &writer->pipe)) {
        writer->ahead += writer->gatherings.waiting > 0;
        return;
    }
    gather_push(&writer->gatherings, &writer->pipe);
    writer->ahead = 0;
}

static void *write_loop(void *arg)
{
    Writer *writer = arg;
    Pipe *pipe = &writer->pipe;

    pthread_setname_np(pthread_self(), "pg writer");
    while (collect(writer, true))
        while (!idle(writer)) {
            if (pipe->sent.first == NULL)
                fill(writer);
            if (pipe->sent.first == NULL && pipe_connect(pipe, NULL) != OK)
                pipe_fail(pipe, E_DB_LOST);
            else
                pipe_turn(pipe);
            (void)collect(writer, false);
        }
    return NULL;
}

Err writer_open(Db *db, Writer **ret)
{
    Writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL)
        return E_NOMEM;
    writer->db = db;
    writer->inbox_end = &writer->inbox;
    pipe_init(&writer->pipe, db, 1, answer);
    writer->pipe.holds = writer->pipe.impatient = writer->pipe.by_key = true;
    writer->pipe.lock_ms = LOCK_MS;
    pthread_mutex_init(&writer->lock, NULL);
    clock_cond_init(&writer->more);
    if (pthread_create(&writer->thread, NULL, write_loop, writer) != 0) {
        free(writer);
        return E_IO;
    }
    *ret = writer;
    return OK;
}

void writer_close(Writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->stop = true;
    pthread_cond_signal(&writer->more);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pipe_close(&writer->pipe);
    pthread_cond_destroy(&writer->more);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

static Err submit(Writer *writer, Item *item)
{
    Err err = OK;

    pthread_mutex_lock(&writer->lock);
    if (writer->stop)
        err = E_SHUTDOWN;
    else if (writer->n_inbox >= MOST_WAITING)
        err = E_BUSY;
    if (err == OK) {
        item->next = NULL;
        *writer->inbox_end = item;
        writer->inbox_end = &item->next;
        if (writer->n_inbox++ == 0)
            pthread_cond_signal(&writer->more);
    }
    pthread_mutex_unlock(&writer->lock);
    return err;
}

Err writer_run(Ctx *ctx, Writer *writer, Work *work)
{
    Item item = { .work = work, .write = !work_reads(work) };

    TRY(fiber_check());
    waiter_init(&item.waiter);
    TRY(submit(writer, &item));
    waiter_wait(&item.waiter);
    if (item.err != OK)
        return item.err;
    return item.gather != NULL ? gather_read(ctx, writer->db, &item) : rows_read(ctx, writer->db, work, item.result);
}
