/* postgres.c: the PostgreSQL store: which connection a statement takes. */
#include "base/log.h"
#include "db/pg.h"

/* ---- on a lane, for fibers ---- */

typedef struct Job {
    Ctx *ctx;
    Db *db;
    Work *work;
    Err (*fn)(Tx *tx, void *arg);
    void *arg;
} Job;

static Err run_job(void *arg)
{
    const Job *job = arg;

    return job->fn != NULL ? pool_transaction(job->ctx, job->db, job->fn, job->arg) : pool_run(job->ctx, job->db, job->work);
}

/* A fiber hands it to a thread that may block; any other thread is one. */
static Err run_apart(Lane *lane, Job *job)
{
    return fiber_self() == NULL ? run_job(job) : lane_run(lane, run_job, job);
}

static Err pg_transaction(Ctx *ctx, Db *db, Err (*fn)(Tx *tx, void *arg), void *arg)
{
    Job job = { .ctx = ctx, .db = db, .fn = fn, .arg = arg };

    return run_apart(((State *)db->state)->transactions, &job);
}

/* ---- statements alone ---- */

/* The writer's batch could not wait, or lost against another: alone, a few times. */
static Err write_apart(Ctx *ctx, Db *db, Work *work)
{
    Job job = { .ctx = ctx, .db = db, .work = work };
    Err err = E_DB_RETRY;

    for (int i = 0; i < MOST_TRIES && err == E_DB_RETRY; i++) {
        if (i > 0)
            TRY(fiber_sleep(i * 5));
        err = run_apart(((State *)db->state)->transactions, &job);
    }
    return err;
}

static Err pg_write(Ctx *ctx, Db *db, Work *work)
{
    const Err err = writer_run(ctx, ((State *)db->state)->writer, work);

    return err == E_DB_RETRY ? write_apart(ctx, db, work) : err;
}

/* A write; or what is read by a key to be written, which can be gathered. */
static bool is_writers(const Tx *tx, const Work *work)
{
    return work->script == NULL && (!work_reads(work) || (tx->near && work->stmt != NULL && work->stmt->many != NULL));
}

static Err pg_run(Tx *tx, Work *work)
{
    Job job = { .ctx = tx->ctx, .db = tx->db, .work = work };
    Err err;

    if (tx->conn != NULL)
        return pool_run_in(tx, work);
    if (is_writers(tx, work))
        return pg_write(tx->ctx, tx->db, work);
    if (work->script != NULL || work_slow(work) || !reader_here())
        return run_apart(((State *)tx->db->state)->slow, &job);
    err = reader_run(tx->ctx, tx->db, work);
    return err == E_DB_RETRY ? run_apart(((State *)tx->db->state)->slow, &job) : err; /* a standby cancels reads */
}

/* ---- opening ---- */

static void free_tables(State *state, size_t n)
{
    for (size_t i = 0; state->shapes != NULL && i < n; i++)
        free(atomic_load(&state->shapes[i]));
    for (size_t i = 0; state->columns != NULL && i < n; i++)
        for (Columns *columns = atomic_load(&state->columns[i]), *next; columns != NULL; columns = next) {
            next = columns->next;
            free(columns);
        }
    free((void *)state->shapes);
    free((void *)state->columns);
}

static void pg_close(Db *db)
{
    State *state = db->state;

    writer_close(state->writer);
    lane_free(state->transactions);
    lane_free(state->slow);
    lane_free(state->connect);
    pool_close(state->pool);
    free_tables(state, db->config.n_stmts);
    free(state);
}

/* One connection now, to know that there is a server; it is closed again. */
static Err knock(Db *db, Buf *why)
{
    Conn *conn;
    Err err = conn_open(db, db->config.wait_ms, false, why, &conn);

    if (err != OK)
        return E_DB;
    if (PQserverVersion(conn->pg) < 140000) {
        buf_printf(why, "PostgreSQL 14 or newer is needed");
        err = E_CONFIG;
    }
    conn_free(conn);
    return err;
}

static Err open_all(Db *db, State *state, Buf *why)
{
    const unsigned slow = db->config.exclusive / 3;

    state->shapes = (Shape * _Atomic *)calloc(db->config.n_stmts + 1, sizeof(*state->shapes));
    state->columns = (Columns * _Atomic *)calloc(db->config.n_stmts + 1, sizeof(*state->columns));
    if (state->shapes == NULL || state->columns == NULL)
        return E_NOMEM;
    TRY(knock(db, why));
    TRY(pool_open(db, db->config.exclusive, &state->pool));
    TRY(lane_new("pg transactions", db->config.exclusive - slow, 2048, &state->transactions));
    TRY(lane_new("pg slow reads", slow, 512, &state->slow));
    TRY(lane_new("pg connect", 1, 64, &state->connect));
    return writer_open(db, &state->writer);
}

static Err pg_open(Db *db, Buf *why)
{
    State *state = calloc(1, sizeof(*state));
    Err err;

    if (state == NULL)
        return E_NOMEM;
    db->state = state;
    if (db->config.wait_ms == 0)
        db->config.wait_ms = 5000;
    if (db->config.exclusive < 3)
        db->config.exclusive = db->config.exclusive == 0 ? 8 : 3;
    err = open_all(db, state, why);
    if (err != OK)
        pg_close(db);
    return err;
}

const Driver postgres_driver = {
    .open = pg_open,
    .close = pg_close,
    .loop_open = reader_open,
    .loop_close = reader_close,
    .run = pg_run,
    .transaction = pg_transaction,
};
