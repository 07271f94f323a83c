/* pg_answers.c: what comes back on a pipe: results in the order of the statements, a batch's end, errors. */
#include "base/clock.h"
#include "db/pg.h"

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
        out_of_memory();
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

static void forget_prepared(const Item *item)
{
    item->prepared->sent = false;
    item->prepared->version++;
}

/* A plan that went stale (a column changed its type), a name that is gone or was taken: prepared anew, under a new name. */
static bool stale(const Item *item, const PGresult *result)
{
    return item->prepared != NULL && item->tries < MOST_TRIES &&
           (pg_state(result, "0A000") || pg_state(result, "26000") || pg_state(result, "42P05"));
}

static void bad_result(Pipe *pipe, Item *item, PGresult *result)
{
    const char *name = item->work != NULL && item->work->stmt != NULL ? item->work->stmt->name : item->work != NULL ? "query" : item->command;

    pipe->failed = true;
    if (step_of(item) == STEP_PREPARE || stale(item, result))
        forget_prepared(item);
    if (stale(item, result) && item->bound) {
        item->again = false;
        item->err = E_DB_RETRY; /* the transaction is over */
    } else if (stale(item, result)) {
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

    if (item->prepared != NULL)
        item->prepared->users--;
    if (item->again) {
        item_forget(item);
        item->ran = false;
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
            item_forget(item);
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
            item->prepared->sent = false;
        if (item->bound && item->err == OK)
            item->err = E_DB_RETRY;
        item->again = item->err == OK; /* else its own earlier step was refused */
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
