/* pg_reader.c: a loop's own connection for reads: what its fibers ask in one turn of the loop goes out together. */
#include "base/clock.h"
#include "base/log.h"
#include "db/pg.h"

enum { TICK_MS = 500, SILENCE_MS = 1000 };

typedef struct Reader {
    Pipe pipe;
    Gatherings gatherings;
    Loop *loop;
    uv_poll_t *poll; /* NULL: no connection */
    int events;
    uv_check_t check;
    uv_idle_t idle;  /* active while statements wait to be sent: the loop then does not sleep */
    Conn *fresh;     /* of the fiber that connects */
    bool connecting; /* a fiber is at it */
    bool hopeless;   /* its last try failed: nobody waits for the next */
    bool closing;
    unsigned handles;
} Reader;

static Reader *here(void)
{
    return loop_self() == NULL ? NULL : *loop_slot(loop_self(), LOOP_SLOT_DB);
}

bool reader_here(void)
{
    return fiber_self() != NULL && here() != NULL;
}

static void answer(Item *item)
{
    if (item->gather != NULL)
        gather_deal(item);
    else
        waiter_done(&item->waiter);
}

/* Answers all that wait. */
static void fail_all(Reader *reader, Err err)
{
    gather_push(&reader->gatherings, &reader->pipe);
    pipe_fail(&reader->pipe, err);
}

/* ---- the socket ---- */

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_losing(Pipe *pipe)
{
    Reader *reader = (Reader *)pipe; /* its first member */

    if (reader->poll != NULL)
        uv_close((uv_handle_t *)reader->poll, on_poll_closed);
    reader->poll = NULL;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

/* Statements are sent at the end of this turn. */
static void schedule(Reader *reader)
{
    if (!uv_is_active((uv_handle_t *)&reader->idle))
        uv_idle_start(&reader->idle, on_idle);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(Reader *reader)
{
    const int events = UV_READABLE | (reader->pipe.unsent ? UV_WRITABLE : 0);

    if (reader->pipe.conn == NULL || (reader->poll != NULL && reader->events == events))
        return;
    if (reader->poll == NULL) {
        reader->poll = calloc(1, sizeof(*reader->poll));
        if (reader->poll == NULL)
            out_of_memory();
        uv_poll_init(loop_uv(reader->loop), reader->poll, PQsocket(reader->pipe.conn->pg));
        reader->poll->data = reader;
    }
    reader->events = events;
    uv_poll_start(reader->poll, events, on_poll);
}

/* ---- connecting ---- */

static Err connect_on_lane(void *arg)
{
    Reader *reader = arg;

    return conn_open(reader->pipe.db, reader->pipe.lock_ms, true, NULL, &reader->fresh);
}

/* Statements wait for the first try; after one that failed, they fail at once until there is a connection again. */
static void connect_fiber(void *arg)
{
    Reader *reader = arg;
    Err err = E_DB_LOST;

    for (int64_t pause = 50; err != OK; pause = pause * 2 > 1000 ? 1000 : pause * 2) {
        err = lane_run(((State *)reader->pipe.db->state)->connect, connect_on_lane, reader);
        reader->hopeless = err != OK;
        if (err == OK)
            break;
        fail_all(reader, E_DB_LOST);
        if (fiber_sleep(pause) != OK)
            break;
    }
    reader->connecting = false;
    if (err == OK) {
        reader->pipe.conn = reader->fresh;
        watch(reader);
        schedule(reader);
    }
}

static void reconnect(Reader *reader)
{
    if (reader->pipe.conn != NULL || reader->connecting || reader->closing)
        return;
    reader->connecting = true;
    fiber_start(connect_fiber, reader, "database connection");
}

/* ---- turns ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    Reader *reader = poll->data;

    if (status < 0)
        pipe_lost(&reader->pipe);
    else if ((events & UV_READABLE) != 0)
        pipe_read(&reader->pipe);
    schedule(reader);
}

static void on_check(uv_check_t *check)
{
    Reader *reader = check->data;

    if (!uv_is_active((uv_handle_t *)&reader->idle))
        return;
    uv_idle_stop(&reader->idle);
    if (pipe_free(&reader->pipe))
        gather_push(&reader->gatherings, &reader->pipe);
    pipe_send(&reader->pipe);
    watch(reader);
    reconnect(reader);
}

static void on_tick(void *arg)
{
    Reader *reader = *loop_slot(arg, LOOP_SLOT_DB);

    if (reader == NULL || reader->pipe.sent.first == NULL || clock_mono_ms() < reader->pipe.moved_ms + reader->pipe.db->config.wait_ms + SILENCE_MS)
        return;
    log_note(LOG_WARN, "the database does not answer");
    pipe_lost(&reader->pipe);
    schedule(reader);
}

Err reader_run(Ctx *ctx, Db *db, Work *work)
{
    Reader *reader = here();
    Item item = { .work = work };

    TRY(fiber_check());
    if (reader->pipe.waiting.n + reader->gatherings.waiting >= MOST_WAITING)
        return E_BUSY;
    if (reader->pipe.conn == NULL && reader->hopeless)
        return E_DB_LOST;
    waiter_init(&item.waiter);
    if (!gather_add(&reader->gatherings, &item))
        pipe_push(&reader->pipe, &item);
    schedule(reader);
    waiter_wait(&item.waiter);
    if (item.err != OK)
        return item.err;
    return item.gather != NULL ? gather_read(ctx, db, &item) : rows_read(ctx, db, work, item.result);
}

/* ---- life ---- */

Err reader_open(Db *db)
{
    Reader *reader = calloc(1, sizeof(*reader));
    Loop *loop = loop_self();

    if (reader == NULL)
        return E_NOMEM;
    pipe_init(&reader->pipe, db, db->config.window, answer);
    reader->pipe.losing = on_losing;
    reader->pipe.by_key = true;
    reader->loop = loop;
    reader->handles = 2;
    uv_check_init(loop_uv(loop), &reader->check);
    uv_idle_init(loop_uv(loop), &reader->idle);
    reader->check.data = reader->idle.data = reader;
    uv_check_start(&reader->check, on_check);
    uv_unref((uv_handle_t *)&reader->check);
    *loop_slot(loop, LOOP_SLOT_DB) = reader;
    loop_every(loop, TICK_MS, on_tick, loop);
    if (pipe_connect(&reader->pipe, NULL) == OK)
        watch(reader);
    schedule(reader); /* connects in the background if the server is away */
    return OK;
}

static void on_closed(uv_handle_t *handle)
{
    Reader *reader = handle->data;

    if (--reader->handles == 0)
        free(reader);
}

void reader_close(Db *db)
{
    Reader *reader = here();

    (void)db;
    if (reader == NULL)
        return;
    *loop_slot(reader->loop, LOOP_SLOT_DB) = NULL;
    reader->closing = true;
    fail_all(reader, E_SHUTDOWN);
    on_losing(&reader->pipe);
    pipe_close(&reader->pipe);
    uv_close((uv_handle_t *)&reader->check, on_closed);
    uv_close((uv_handle_t *)&reader->idle, on_closed);
}
