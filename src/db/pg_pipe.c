/* pg_pipe.c: statements gathered into batches on one connection: one flush and one Sync each. */
#include "db/pg.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/log.h"

enum { MOST_BATCH = 128, FIRST_PAUSE = 50, LONGEST_PAUSE = 2000, SILENCE = 1000 };

/* ---- queues ---- */

static void queue_init(Queue *queue)
{
    *queue = (Queue){ .end = &queue->first };
}

static void queue_add(Queue *queue, Item *item)
{
    item->next = NULL;
    *queue->end = item;
    queue->end = &item->next;
    queue->n++;
}

static Item *queue_take(Queue *queue)
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
static void queue_before(Queue *queue, Queue *front)
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
    err = conn_open(pipe->db, pipe->lock_ms, why, &pipe->conn);
    pipe->pause_ms = err == OK                            ? 0
                     : pipe->pause_ms == 0                ? FIRST_PAUSE
                     : pipe->pause_ms * 2 > LONGEST_PAUSE ? LONGEST_PAUSE
                                                          : pipe->pause_ms * 2;
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

static void forget_result(Item *item)
{
    PQclear(item->result);
    item->result = NULL;
    item->err = OK;
    item->again = false;
}

/* What becomes of an item whose connection is gone. */
static void lose(Pipe *pipe, Item *item)
{
    forget_result(item);
    item->steps = 0;
    if (!item->ran || (!item->write && item->tries++ == 0)) {
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
    pipe->failed = pipe->unsent = false;
    lost = pipe->sent;
    if (lost.first == NULL)
        lost.end = &lost.first;
    queue_before(&lost, &pipe->held);
    queue_init(&pipe->sent);
    for (Item *item = queue_take(&lost); item != NULL; item = queue_take(&lost))
        if (!item->sync)
            lose(pipe, item);
    queue_before(&pipe->waiting, &pipe->again);
}

/* ---- sending ---- */

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

static Err send_query(Conn *conn, Item *item)
{
    const char *sql = item->command;
    int sent;

    if (item->work == NULL)
        return send_step(item, STEP_RUN, PQsendQueryParams(conn->pg, sql, 0, NULL, NULL, NULL, NULL, 1)) ? OK : E_DB_LOST;
    TRY(params_bind(&conn->params, item->work, NULL));
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
    if (!prepared->sent)
        sent = send_step(item, STEP_PREPARE, PQsendPrepare(conn->pg, name, stmt->pg, 0, NULL));
    prepared->sent = true;
    if (shape == NULL)
        sent = sent && send_step(item, STEP_DESCRIBE, PQsendDescribePrepared(conn->pg, name));
    else
        sent = sent &&
               send_step(item, STEP_RUN,
                         PQsendQueryPrepared(conn->pg, name, params->n, params->values, params->lengths, params->formats, 1));
    item->again = shape == NULL;
    return sent ? OK : E_DB_LOST;
}

/* Is another item on its way to describe the same statement? Then this one waits: its name may not be prepared twice. */
static bool must_wait(const Pipe *pipe, const Item *item)
{
    const Stmt *stmt = item->work == NULL ? NULL : item->work->stmt;

    return stmt != NULL && atomic_load(&((State *)pipe->db->state)->shapes[stmt->index]) == NULL &&
           pipe->conn->prepared[stmt->index].sent && pipe->sent.first != NULL;
}

static void send_sync(Pipe *pipe)
{
    Item *sync = &pipe->syncs[pipe->next_sync++ % MOST_WINDOW];

    *sync = (Item){ .sync = true };
    queue_add(&pipe->sent, sync);
    pipe->batches++;
    if (PQpipelineSync(pipe->conn->pg) != 1)
        pipe_lost(pipe);
}

/* False when nothing was sent. */
static bool send_batch(Pipe *pipe)
{
    size_t n = 0;

    for (bool alone = false; n < MOST_BATCH && !alone && pipe->waiting.first != NULL && !must_wait(pipe, pipe->waiting.first);
         n++) {
        Item *item = pipe->waiting.first;
        Err err;

        alone = item->alone;
        if (alone && n > 0)
            break;
        queue_take(&pipe->waiting);
        item->steps = 0;
        err = item->work == NULL || item->work->query != NULL ? send_query(pipe->conn, item) : send_statement(pipe, item);
        if (err == OK || err == E_DB_LOST) {
            queue_add(&pipe->sent, item);
        } else {
            item->err = err;
            pipe->answer(item);
            n--;
        }
        if (err == E_DB_LOST) {
            pipe_lost(pipe);
            return false;
        }
    }
    if (n > 0)
        send_sync(pipe);
    return n > 0 && pipe->conn != NULL;
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

void pipe_send(Pipe *pipe)
{
    if (pipe->conn != NULL && pipe->batches == 0)
        pipe->moved_ms = clock_mono_ms();
    while (pipe->conn != NULL && pipe->batches < pipe->window && pipe->waiting.first != NULL)
        if (!send_batch(pipe))
            break;
    if (pipe->conn != NULL)
        flush(pipe);
}

/* ---- receiving ---- */

static uint8_t step_of(const Item *item)
{
    return (uint8_t)(item->steps & -item->steps);
}

static void learn_shape(Pipe *pipe, const Stmt *stmt, const PGresult *result)
{
    Shape *_Atomic *place = &((State *)pipe->db->state)->shapes[stmt->index];
    const int n = PQnparams(result);
    Shape *shape = calloc(1, sizeof(*shape) + (size_t)n * sizeof(*shape->types)), *none = NULL;

    if (shape == NULL)
        abort();
    shape->n = n;
    for (int i = 0; i < n; i++)
        shape->types[i] = PQparamtype(result, i);
    if (!atomic_compare_exchange_strong(place, &none, shape))
        free(shape); /* another connection was faster, with the same */
}

static void good_result(Pipe *pipe, Item *item, PGresult *result)
{
    if (step_of(item) == STEP_DESCRIBE)
        learn_shape(pipe, item->work->stmt, result);
    if (step_of(item) == STEP_RUN)
        item->result = result;
    else
        PQclear(result);
}

static void forget_prepared(Pipe *pipe, const Item *item)
{
    Prepared *prepared = &pipe->conn->prepared[item->work->stmt->index];

    prepared->sent = false;
    prepared->version++;
}

/* A plan that went stale (a column changed its type), a name that is gone or was taken: prepared anew, under a new name. */
static bool stale(const Item *item, const PGresult *result)
{
    return item->work != NULL && item->work->stmt != NULL && item->tries < 2 &&
           (pg_state(result, "0A000") || pg_state(result, "26000") || pg_state(result, "42P05"));
}

static void bad_result(Pipe *pipe, Item *item, PGresult *result)
{
    const char *name = item->work != NULL && item->work->stmt != NULL ? item->work->stmt->name
                       : item->work != NULL                           ? "query"
                                                                      : item->command;

    pipe->failed = true;
    if (step_of(item) == STEP_PREPARE || stale(item, result))
        forget_prepared(pipe, item);
    if (stale(item, result)) {
        item->tries++;
        item->again = true;
    } else {
        item->again = false;
        item->err = pg_error(result, name == NULL ? "commit" : name);
        if (pipe->impatient && pg_state(result, "55P03"))
            item->err = E_DB_RETRY;
    }
    PQclear(result);
}

/* A result in place of a Sync's: the commit failed. All the batch is undone. */
static void bad_commit(Pipe *pipe, PGresult *result)
{
    const Err err = pg_error(result, "commit");

    pipe->failed = true;
    for (Item *item = pipe->held.first; item != NULL; item = item->next)
        if (item->err == OK)
            item->err = err;
    PQclear(result);
}

/* All answers of an item are there. */
static void finish(Pipe *pipe)
{
    Item *item = queue_take(&pipe->sent);

    if (item->again) {
        forget_result(item);
        item->alone = item->alone || (pipe->holds && pipe->failed);
        queue_add(&pipe->again, item);
    } else if (pipe->holds) {
        queue_add(&pipe->held, item);
    } else {
        pipe->answer(item);
    }
}

/* A batch of writes that failed is undone as a whole: each is run again alone, but for the one that cannot go on here. */
static void release(Pipe *pipe)
{
    const bool redo = pipe->failed && pipe->held.n > 1;

    for (Item *item = queue_take(&pipe->held); item != NULL; item = queue_take(&pipe->held)) {
        if (redo && item->err != E_DB_RETRY) {
            forget_result(item);
            item->alone = true;
            item->ran = false;
            queue_add(&pipe->again, item);
            continue;
        }
        if (item->err != OK) {
            PQclear(item->result);
            item->result = NULL;
        }
        pipe->answer(item);
    }
}

static void end_batch(Pipe *pipe)
{
    queue_take(&pipe->sent);
    pipe->batches--;
    release(pipe);
    pipe->failed = false;
    queue_before(&pipe->waiting, &pipe->again);
}

/* Errors after which another connection is needed. 25006: the server has become a standby. */
static bool lost_with(const PGresult *result)
{
    return PQresultErrorField(result, PG_DIAG_SQLSTATE) == NULL || pg_state(result, "57P") || pg_state(result, "08") || pg_state(result, "25006");
}

/* False when the connection is gone. */
static bool take_result(Pipe *pipe, PGresult *result)
{
    Item *item = pipe->sent.first;
    const ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        if (!item->sync)
            return false;
        end_batch(pipe);
        return true;
    }
    if (status == PGRES_PIPELINE_ABORTED) {
        if (step_of(item) == STEP_PREPARE)
            pipe->conn->prepared[item->work->stmt->index].sent = false;
        item->again = item->err == OK; /* else its own earlier step was refused */
        item->ran = false;
        PQclear(result);
        return true;
    }
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
        good_result(pipe, item, result);
        return !item->sync;
    }
    if (lost_with(result)) {
        PQclear(result);
        return false;
    }
    if (item->sync)
        bad_commit(pipe, result);
    else
        bad_result(pipe, item, result);
    return true;
}

/* Between the results of two statements libpq gives NULL. */
static void next_step(Pipe *pipe)
{
    Item *item = pipe->sent.first;

    if (item->sync)
        return;
    item->steps = (uint8_t)(item->steps & (item->steps - 1));
    if (item->steps == 0)
        finish(pipe);
}

void pipe_read(Pipe *pipe)
{
    unsigned nulls = 0;

    if (pipe->conn == NULL)
        return;
    if (PQconsumeInput(pipe->conn->pg) == 0) {
        pipe_lost(pipe);
        return;
    }
    pipe->moved_ms = clock_mono_ms();
    while (pipe->sent.first != NULL && PQisBusy(pipe->conn->pg) == 0) {
        PGresult *result = PQgetResult(pipe->conn->pg);
        bool fine = true;

        nulls = result == NULL ? nulls + 1 : 0;
        if (result == NULL)
            next_step(pipe);
        else
            fine = take_result(pipe, result);
        if (!fine || nulls > 2 || PQstatus(pipe->conn->pg) != CONNECTION_OK) {
            pipe_lost(pipe);
            return;
        }
    }
}

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
