/* pg_pool.c: exclusive connections: transactions of several statements, slow lists, scripts. They block the thread that calls. */
#include "base/clock.h"
#include "base/log.h"
#include "db/pg.h"

enum { IDLE_MS = 60000, MOST_POOL = 64, MOST_LATER = 16 };

typedef struct Place {
    Pipe pipe;
    bool taken;
    bool begun;             /* in a transaction: BEGIN was sent */
    Err tx_err;             /* of the first statement that failed: the transaction is over */
    Item later[MOST_LATER]; /* sent, not waited for */
    Work works[MOST_LATER]; /* theirs: only what a parameter points to may be gone */
    size_t n_later;
    int64_t since_ms; /* idle since */
} Place;

struct Pool {
    pthread_mutex_t lock;
    pthread_cond_t given;
    unsigned size;
    Place places[];
};

/* The thread that waits is the thread that reads. */
static void note_answer(Item *item)
{
    atomic_store_explicit(&item->waiter.done, 1, memory_order_relaxed);
}

Err pool_open(Db *db, unsigned size, Pool **ret)
{
    Pool *pool = calloc(1, sizeof(*pool) + size * sizeof(*pool->places));

    if (pool == NULL)
        return E_NOMEM;
    pool->size = size;
    pthread_mutex_init(&pool->lock, NULL);
    clock_cond_init(&pool->given);
    for (unsigned i = 0; i < size; i++)
        pipe_init(&pool->places[i].pipe, db, 1, note_answer);
    *ret = pool;
    return OK;
}

void pool_close(Pool *pool)
{
    if (pool == NULL)
        return;
    for (unsigned i = 0; i < pool->size; i++)
        pipe_close(&pool->places[i].pipe);
    pthread_cond_destroy(&pool->given);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* ---- taking and giving ---- */

/* A free place, one with a connection first: the others may fall idle. */
static Place *free_place(Pool *pool)
{
    Place *found = NULL;

    for (unsigned i = 0; i < pool->size; i++)
        if (!pool->places[i].taken && (found == NULL || (found->pipe.conn == NULL && pool->places[i].pipe.conn != NULL)))
            found = &pool->places[i];
    return found;
}

static Err take(Db *db, Place **ret)
{
    Pool *pool = ((State *)db->state)->pool;
    const int64_t until = clock_mono_us() + db->config.wait_ms * US_PER_MS;
    Place *place;

    pthread_mutex_lock(&pool->lock);
    while ((place = free_place(pool)) == NULL)
        if (!clock_cond_wait(&pool->given, &pool->lock, until))
            break;
    if (place != NULL)
        place->taken = true;
    pthread_mutex_unlock(&pool->lock);
    if (place == NULL)
        return E_TIMEOUT;
    *ret = place;
    return OK;
}

static void give(Db *db, Place *place)
{
    Pool *pool = ((State *)db->state)->pool;

    place->since_ms = clock_mono_ms();
    pthread_mutex_lock(&pool->lock);
    place->taken = false;
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->lock);
}

void pool_reap(Pool *pool)
{
    const int64_t now = clock_mono_ms();

    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < pool->size; i++)
        if (!pool->places[i].taken && pool->places[i].pipe.conn != NULL && now - pool->places[i].since_ms > IDLE_MS)
            pipe_close(&pool->places[i].pipe);
    pthread_mutex_unlock(&pool->lock);
}

/* ---- statements ---- */

/* Turns until all is answered. A read whose connection broke goes on a new one. */
static void drive(Pipe *pipe)
{
    while (!pipe_idle(pipe)) {
        if (pipe->conn == NULL && pipe_connect(pipe, NULL) != OK)
            pipe_fail(pipe, E_DB_LOST);
        else
            pipe_turn(pipe);
    }
}

static Err run_script(Pipe *pipe, const char *sql)
{
    PGconn *pg = pipe->conn->pg;
    PGresult *result;
    Err err = OK;

    if (PQexitPipelineMode(pg) != 1 || PQsetnonblocking(pg, 0) != 0)
        return E_DB;
    result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        err = pg_error(result, "script");
    PQclear(result);
    if (PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1)
        pipe_lost(pipe);
    return err;
}

static Err run_item(Ctx *ctx, Pipe *pipe, Work *work)
{
    Item item = { .work = work, .write = !work_reads(work) };

    pipe->holds = item.write;
    pipe_push(pipe, &item);
    drive(pipe);
    return item.err != OK ? item.err : rows_read(ctx, pipe->db, work, item.result);
}

Err pool_run(Ctx *ctx, Db *db, Work *work)
{
    Place *place;
    Err err;

    TRY(take(db, &place));
    err = pipe_connect(&place->pipe, NULL);
    if (err == OK)
        err = work->script != NULL ? run_script(&place->pipe, work->script) : run_item(ctx, &place->pipe, work);
    give(db, place);
    return err;
}

/* ---- transactions ---- */

/* Sends it without waiting for its answer. */
static Err append(Place *place, const char *sql, const Work *work)
{
    Item *item = &place->later[place->n_later];

    *item = (Item){ .command = sql, .write = true, .bound = true };
    if (work != NULL) {
        place->works[place->n_later] = *work;
        item->work = &place->works[place->n_later];
    }
    place->n_later++;
    return pipe_append(&place->pipe, item);
}

/* BEGIN goes out with the first statement; the others go on no other connection. */
static Err begin(Place *place)
{
    if (place->begun)
        return place->pipe.conn == NULL ? E_DB_LOST : OK;
    place->begun = place->pipe.conn != NULL;
    return append(place, "BEGIN", NULL);
}

/* A statement that nobody has described yet cannot be sent at once. */
static bool may_append(const Place *place, const Work *work)
{
    const Stmt *stmt = work->stmt;

    return stmt != NULL && (stmt->flags & STMT_LATER) != 0 && work->cols == NULL && place->n_later < MOST_LATER &&
           atomic_load(&((State *)place->pipe.db->state)->shapes[stmt->index]) != NULL;
}

/* Turns until all is answered. The error is that of the first which was not waited for, else `own`: those behind one that fails are passed over. */
static Err drive_all(Place *place, const Item *own)
{
    Err err = OK;

    drive(&place->pipe);
    for (size_t i = 0; i < place->n_later; i++) {
        PQclear(place->later[i].result);
        if (err == OK)
            err = place->later[i].err;
    }
    place->n_later = 0;
    return err != OK || own == NULL ? err : own->err;
}

static Err command(Place *place, const char *sql, bool *committed)
{
    Item item = { .command = sql, .write = true, .bound = true };
    Err err;

    if (place->pipe.conn == NULL)
        return E_DB_LOST;
    pipe_push(&place->pipe, &item);
    err = drive_all(place, &item);
    if (committed != NULL && item.err == OK)
        *committed = strcmp(PQcmdStatus(item.result), "COMMIT") == 0;
    PQclear(item.result);
    return err;
}

static Err run_in(Ctx *ctx, Place *place, Work *work)
{
    Pipe *pipe = &place->pipe;
    Item item = { .work = work, .write = true, .bound = true };
    Err err;

    TRY(begin(place));
    if (may_append(place, work))
        return append(place, NULL, work);
    if (work->script == NULL)
        pipe_push(pipe, &item);
    err = drive_all(place, &item);
    if (err != OK) {
        PQclear(item.result);
        return err;
    }
    return work->script != NULL ? run_script(pipe, work->script) : rows_read(ctx, pipe->db, work, item.result);
}

Err pool_run_in(Tx *tx, Work *work)
{
    Place *place = tx->conn;
    Err err;

    if (place->tx_err != OK)
        return place->tx_err;
    err = run_in(tx->ctx, place, work);
    place->tx_err = err;
    return err;
}

/* Also after a COMMIT that was passed over, behind a statement that failed. */
static Err roll_back(Place *place, Err err)
{
    (void)drive_all(place, NULL); /* a ROLLBACK behind one that fails would be passed over, too */
    if (command(place, "ROLLBACK", NULL) != OK)
        pipe_close(&place->pipe);
    return err;
}

/* `undone`: the connection was lost before COMMIT was sent: nothing has happened. */
static Err finish(Place *place, Err err, bool *undone)
{
    bool committed = false;

    if (err == OK)
        err = place->tx_err;
    *undone = err == E_DB_LOST;
    if (*undone) {
        (void)drive_all(place, NULL); /* nothing stays on its way */
        pipe_close(&place->pipe);
        return err;
    }
    if (!place->begun || place->pipe.conn == NULL)
        return err;
    if (err == OK) {
        err = command(place, "COMMIT", &committed);
        if (err == OK || err == E_DB_LOST)
            return err == OK && !committed ? E_DB : err;
    }
    return roll_back(place, err);
}

static void start_anew(Place *place)
{
    place->begun = false;
    place->tx_err = OK;
    place->n_later = 0;
}

Err pool_transaction(Ctx *ctx, Db *db, Err (*fn)(Tx *tx, void *arg), void *arg)
{
    const int64_t until = clock_mono_ms() + db->config.wait_ms; /* a connection that ends is known to at once, one that is silent is not */
    Tx tx = { .ctx = ctx, .db = db };
    bool undone = true;
    Place *place;
    Err err = OK;

    TRY(take(db, &place));
    tx.conn = place;
    place->pipe.holds = false;
    for (int i = 0; i < MOST_TRIES && undone && (i == 0 || clock_mono_ms() < until); i++) {
        start_anew(place);
        undone = false;
        err = pipe_connect(&place->pipe, NULL);
        if (err == OK)
            err = finish(place, trapped(ctx, fn, &tx, arg), &undone);
    }
    give(db, place);
    return err;
}
