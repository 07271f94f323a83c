/* pg_pipe.c: statements gathered into batches on one connection: one flush and one Sync each. */
#include "db/pg.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/log.h"

enum { MOST_BATCH = 128, FIRST_PAUSE = 50, LONGEST_PAUSE = 2000, SILENCE = 1000 };

/* ---- queues ---- */

void queue_init(Queue *queue)
{
    *queue = (Queue){ .end = &queue->first };
}

void queue_add(Queue *queue, Item *item)
{
    item->next = NULL;
    *queue->end = item;
    queue->end = &item->next;
    queue->n++;
}

Item *queue_take(Queue *queue)
{
    Item *item = queue->first;

    if (item == NULL)
        return NULL;
    queue->first = item->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    queue->n--;
    return item;
}

/* Puts all of `front` before what is in `queue`. */
void queue_before(Queue *queue, Queue *front)
{
    if (front->first == NULL)
        return;
    *front->end = queue->first;
    if (queue->first == NULL)
        queue->end = front->end;
    queue->first = front->first;
    queue->n += front->n;
    queue_init(front);
}

/* ---- life ---- */

void pipe_init(Pipe *pipe, Db *db, unsigned window, void (*answer)(Item *item))
{
    *pipe = (Pipe){ .db = db, .answer = answer, .lock_ms = db->config.wait_ms };
    pipe->window = window < 1 ? 1 : window > MOST_WINDOW ? MOST_WINDOW : window;
    queue_init(&pipe->waiting);
    queue_init(&pipe->sent);
    queue_init(&pipe->held);
    queue_init(&pipe->again);
}

void pipe_close(Pipe *pipe)
{
    conn_free(pipe->conn);
    pipe->conn = NULL;
}

Err pipe_connect(Pipe *pipe, Buf *why)
{
    Err err;

    if (pipe->conn != NULL && conn_alive(pipe->conn))
        return OK;
    if (pipe->conn != NULL)
        pipe_lost(pipe);
    if (clock_mono_ms() < pipe->retry_ms)
        return E_DB_LOST;
    err = conn_open(pipe->db, pipe->lock_ms, pipe->by_key, why, &pipe->conn);
    pipe->pause_ms = err == OK ? 0 : pipe->pause_ms == 0 ? FIRST_PAUSE : pipe->pause_ms * 2 > LONGEST_PAUSE ? LONGEST_PAUSE : pipe->pause_ms * 2;
    pipe->retry_ms = clock_mono_ms() + pipe->pause_ms;
    pipe->moved_ms = clock_mono_ms();
    return err;
}

void pipe_fail(Pipe *pipe, Err err)
{
    for (Item *item = queue_take(&pipe->waiting); item != NULL; item = queue_take(&pipe->waiting)) {
        item->err = err;
        pipe->answer(item);
    }
}

void item_forget(Item *item)
{
    PQclear(item->result);
    item->result = NULL;
    item->err = OK;
    item->again = false;
}

/* What becomes of an item whose connection is gone. */
static void lose(Pipe *pipe, Item *item)
{
    item_forget(item);
    item->steps = 0;
    if (!item->bound && (!item->ran || (!item->write && item->tries++ == 0))) {
        item->ran = false;
        queue_add(&pipe->again, item);
        return;
    }
    item->err = E_DB_LOST;
    pipe->answer(item);
}

void pipe_lost(Pipe *pipe)
{
    Queue lost;

    LOG(LOG_WARN, "a connection to the database was lost", LOG_INT_FIELD("statements", pipe->sent.n + pipe->held.n));
    if (pipe->losing != NULL)
        pipe->losing(pipe);
    conn_free(pipe->conn);
    pipe->conn = NULL;
    pipe->batches = 0;
    pipe->failed = pipe->unsent = pipe->open = false;
    lost = pipe->sent;
    if (lost.first == NULL)
        lost.end = &lost.first;
    queue_before(&lost, &pipe->held);
    queue_before(&lost, &pipe->again);
    queue_init(&pipe->sent);
    for (Item *item = queue_take(&lost); item != NULL; item = queue_take(&lost))
        if (!item->sync)
            lose(pipe, item);
    queue_before(&pipe->waiting, &pipe->again);
}

/* ---- sending ---- */

static void use_prepared(Item *item, Prepared *prepared)
{
    item->prepared = prepared;
    prepared->users++;
}

static void stmt_name(char name[24], const Stmt *stmt, const Prepared *prepared)
{
    snprintf(name, 24, "s%u_%u", stmt->index, prepared->version);
}

static bool send_step(Item *item, uint8_t step, int sent)
{
    item->steps |= step;
    item->ran = item->ran || step == STEP_RUN;
    return sent == 1;
}

/* A query that is kept, under its name. One that gives up its place is forgotten first; should that be passed over with a batch that fails, the
 * server keeps it until the connection ends. */
static Err send_kept(Conn *conn, Item *item, Built *built, const char *forget)
{
    const Params *params = &conn->params;
    const char *sql = item->work->query->sql.data;
    char name[24], command[48];
    bool sent = true;

    built_name(name, conn, built);
    snprintf(command, sizeof(command), "DEALLOCATE %s", forget);
    use_prepared(item, &built->prepared);
    if (forget[0] != '\0')
        sent = send_step(item, STEP_FORGET, PQsendQueryParams(conn->pg, command, 0, NULL, NULL, NULL, NULL, 1));
    if (!built->prepared.sent)
        sent = sent && send_step(item, STEP_PREPARE, PQsendPrepare(conn->pg, name, sql, params->n, params->types));
    built->prepared.sent = true;
    sent = sent && send_step(item, STEP_RUN, PQsendQueryPrepared(conn->pg, name, params->n, params->values, params->lengths, params->formats, 1));
    return sent ? OK : E_DB_LOST;
}

static Err send_query(Conn *conn, Item *item)
{
    const char *sql = item->command;
    char forget[24];
    Built *built;
    int sent;

    if (item->work == NULL)
        return send_step(item, STEP_RUN, PQsendQueryParams(conn->pg, sql, 0, NULL, NULL, NULL, NULL, 1)) ? OK : E_DB_LOST;
    TRY(params_bind(&conn->params, item->work, NULL));
    built = item->work->query->steady ? built_place(conn, item->work->query->sql.data, forget) : NULL;
    if (built != NULL)
        return send_kept(conn, item, built, forget);
    sent = PQsendQueryParams(conn->pg, item->work->query->sql.data, conn->params.n, conn->params.types, conn->params.values, conn->params.lengths,
                             conn->params.formats, 1);
    return send_step(item, STEP_RUN, sent) ? OK : E_DB_LOST;
}

/* A statement nobody has described yet is prepared and described only; its turn comes in the next batch. */
static Err send_statement(Pipe *pipe, Item *item)
{
    const Stmt *stmt = item->work->stmt;
    const Shape *shape = atomic_load(&((State *)pipe->db->state)->shapes[stmt->index]);
    Conn *conn = pipe->conn;
    Prepared *prepared = &conn->prepared[stmt->index];
    const Params *params = &conn->params;
    char name[24];
    bool sent = true;

    if (shape != NULL)
        TRY(params_bind(&conn->params, item->work, shape));
    stmt_name(name, stmt, prepared);
    use_prepared(item, prepared);
    if (!prepared->sent)
        sent = send_step(item, STEP_PREPARE, PQsendPrepare(conn->pg, name, stmt->pg, 0, NULL));
    prepared->sent = true;
    if (shape == NULL)
        sent = sent && send_step(item, STEP_DESCRIBE, PQsendDescribePrepared(conn->pg, name));
    else
        sent = sent && send_step(item, STEP_RUN, PQsendQueryPrepared(conn->pg, name, params->n, params->values, params->lengths, params->formats, 1));
    item->again = shape == NULL;
    return sent ? OK : E_DB_LOST;
}

/* Is another item on its way to describe the same statement? Then this one waits: its name may not be prepared twice. */
static bool must_wait(const Pipe *pipe, const Item *item)
{
    const Stmt *stmt = item->work == NULL ? NULL : item->work->stmt;

    return stmt != NULL && atomic_load(&((State *)pipe->db->state)->shapes[stmt->index]) == NULL && pipe->conn->prepared[stmt->index].sent &&
           pipe->sent.first != NULL;
}

static void send_sync(Pipe *pipe)
{
    Item *sync = &pipe->syncs[pipe->next_sync++ % MOST_WINDOW];

    *sync = (Item){ .sync = true };
    queue_add(&pipe->sent, sync);
    pipe->batches++;
    pipe->open = false;
    if (PQpipelineSync(pipe->conn->pg) != 1)
        pipe_lost(pipe);
}

/* What a parameter was refused with is its answer, too. */
static Err send_item(Pipe *pipe, Item *item)
{
    Err err;

    item->steps = 0;
    item->prepared = NULL;
    err = item->work == NULL || item->work->query != NULL ? send_query(pipe->conn, item) : send_statement(pipe, item);
    if (err == OK || err == E_DB_LOST) {
        queue_add(&pipe->sent, item);
        pipe->open = true;
    } else {
        item->err = err;
        pipe->answer(item);
    }
    if (err == E_DB_LOST)
        pipe_lost(pipe);
    return err;
}

/* False when nothing was sent. */
static bool send_batch(Pipe *pipe)
{
    size_t n = 0;
    Err err;

    for (bool alone = false; n < MOST_BATCH && !alone && pipe->waiting.first != NULL && !must_wait(pipe, pipe->waiting.first); n++) {
        Item *item = pipe->waiting.first;

        alone = item->alone;
        if (alone && n > 0)
            break;
        queue_take(&pipe->waiting);
        err = send_item(pipe, item);
        if (err == E_DB_LOST)
            return false;
        if (err != OK)
            n--;
    }
    if (!pipe->open)
        return false;
    send_sync(pipe);
    return pipe->conn != NULL;
}

static void flush(Pipe *pipe)
{
    const int left = PQflush(pipe->conn->pg);

    pipe->unsent = left == 1;
    if (left < 0)
        pipe_lost(pipe);
}

void pipe_push(Pipe *pipe, Item *item)
{
    queue_add(&pipe->waiting, item);
}

Err pipe_append(Pipe *pipe, Item *item)
{
    return pipe->conn == NULL ? E_DB_LOST : send_item(pipe, item);
}

void pipe_send(Pipe *pipe)
{
    if (pipe->conn != NULL && pipe->batches == 0)
        pipe->moved_ms = clock_mono_ms();
    while (pipe->conn != NULL && pipe->batches < pipe->window && (pipe->open || pipe->waiting.first != NULL))
        if (!send_batch(pipe))
            break;
    if (pipe->conn != NULL)
        flush(pipe);
}

/* ---- turns ---- */

void pipe_turn(Pipe *pipe)
{
    struct pollfd fd = { .events = POLLIN };
    int64_t left;

    pipe_send(pipe);
    if (pipe->conn == NULL || pipe->sent.first == NULL)
        return;
    fd.fd = PQsocket(pipe->conn->pg);
    if (pipe->unsent)
        fd.events |= POLLOUT;
    left = pipe->moved_ms + pipe->db->config.wait_ms + SILENCE - clock_mono_ms();
    if (left <= 0 || (poll(&fd, 1, (int)left) < 0 && errno != EINTR)) {
        log_note(LOG_WARN, "the database does not answer");
        pipe_lost(pipe);
        return;
    }
    if (fd.revents != 0)
        pipe_read(pipe);
}
