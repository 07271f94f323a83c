/* db.c: the face of both stores: parameters and rows by field table, retries of transactions, faults for tests. */
#include "db/driver.h"

#include "base/clock.h"
#include "base/log.h"
#include "run/run.h"

enum { FIRST_VALUES = 8, MOST_VALUES = 1024 }; /* of a query */

static const UniqueRow *unique_rows;
static size_t unique_n;

void db_unique_table(const UniqueRow *rows, size_t n)
{
    unique_rows = rows;
    unique_n = n;
}

Err unique_error(const char *index)
{
    for (size_t i = 0; i < unique_n; i++)
        if (text_eq(unique_rows[i].index, index))
            return unique_rows[i].err;
    log_note(LOG_ERROR, "a unique index that nobody maps: %s", index);
    return E_DB;
}

/* ---- opening ---- */

Err db_open(const DbConfig *config, Buf *why, Db **ret)
{
    Db *db = calloc(1, sizeof(*db));
    Err err;

    if (db == NULL)
        return E_NOMEM;
    db->config = *config;
    db->postgres = strncmp(config->url, "postgres://", 11) == 0 || strncmp(config->url, "postgresql://", 13) == 0;
    if (!db->postgres && strncmp(config->url, "sqlite:", 7) != 0) {
        buf_printf(why, "the database URL must begin with sqlite: or postgres://");
        free(db);
        return E_CONFIG;
    }
    db->driver = db->postgres ? &postgres_driver : &sqlite_driver;
    err = db->driver->open(db, why);
    if (err != OK) {
        free(db);
        return err;
    }
    *ret = db;
    return OK;
}

Err db_copy(Db *db, const char *path)
{
    return db->driver->copy == NULL ? E_CONFIG : db->driver->copy(db, path);
}

void db_close(Db *db)
{
    if (db == NULL)
        return;
    db->driver->close(db);
    free(db);
}

Err db_loop_open(Db *db)
{
    return db->driver->loop_open(db);
}

void db_loop_close(Db *db)
{
    db->driver->loop_close(db);
}

bool db_is_postgres(const Db *db)
{
    return db->postgres;
}

Tx *db_auto(Ctx *ctx)
{
    Tx *tx = ARENA_NEW(ctx->arena, Tx);

    *tx = (Tx){ .ctx = ctx, .db = ctx->db };
    return tx;
}

Ctx *tx_ctx(Tx *tx)
{
    return tx->ctx;
}

bool tx_is_postgres(const Tx *tx)
{
    return tx->db->postgres;
}

/* ---- faults ---- */

void db_fault(Db *db, unsigned nth, Err err)
{
    db->fault = err;
    atomic_store(&db->fault_at, nth == 0 ? 0 : atomic_load(&db->calls) + nth);
}

unsigned db_calls(const Db *db)
{
    return atomic_load(&db->calls);
}

static Err run(Tx *tx, Work *work)
{
    const unsigned call = atomic_fetch_add(&tx->db->calls, 1) + 1;

    if (call == atomic_load(&tx->db->fault_at))
        return tx->db->fault;
    return tx->db->driver->run(tx, work);
}

/* ---- statements ---- */

bool work_reads(const Work *work)
{
    return work->query != NULL || (work->stmt != NULL && (work->stmt->flags & STMT_READ) != 0);
}

bool work_slow(const Work *work)
{
    return work->query != NULL ? work->query->slow : work->stmt != NULL && (work->stmt->flags & STMT_SLOW) != 0;
}

const Field *work_param(const Work *work, const char *name)
{
    const Field *field = field_named(work->param_cols, str_of(name));

    if (field == NULL) {
        log_note(LOG_ERROR, "statement %s: no parameter %s", work->stmt->name, name);
        abort();
    }
    return field;
}

void *work_row(Ctx *ctx, Work *work)
{
    void *row;

    if (work->rows.n >= work->max) {
        work->too_many = true;
        return NULL;
    }
    row = arena_alloc(ctx->arena, field_size(work->cols));
    list_add(ctx->arena, &work->rows, row);
    return row;
}

Err db_one(Tx *tx, const Stmt *stmt, const Field *param_cols, const void *params, const Field *cols, void *ret)
{
    Work work = { .stmt = stmt, .param_cols = param_cols, .params = params, .cols = cols, .max = 1 };

    TRY(run(tx, &work));
    if (work.rows.n == 0)
        return E_NO_ROW;
    *(void **)ret = work.rows.v[0];
    return OK;
}

Err db_list(Tx *tx, const Stmt *stmt, const Field *param_cols, const void *params, const Field *cols, size_t max, List *ret)
{
    Work work = { .stmt = stmt, .param_cols = param_cols, .params = params, .cols = cols, .max = max };

    TRY(run(tx, &work));
    if (work.too_many)
        return E_TOO_LARGE;
    *ret = work.rows;
    return OK;
}

Err db_exec(Tx *tx, const Stmt *stmt, const Field *param_cols, const void *params, int64_t *changed)
{
    Work work = { .stmt = stmt, .param_cols = param_cols, .params = params };

    TRY(run(tx, &work));
    if (changed != NULL)
        *changed = work.changed;
    return OK;
}

void query_value(Arena *arena, Query *query, Value value)
{
    Value *more;

    if (query->n == MOST_VALUES) {
        query->sql.over = true;
        return;
    }
    if (query->n == query->size) {
        query->size = query->size == 0 ? FIRST_VALUES : query->size * 4;
        more = ARENA_ARRAY(arena, Value, query->size);
        if (query->n > 0)
            memcpy(more, query->values, query->n * sizeof(*more));
        query->values = more;
    }
    query->values[query->n++] = value;
    buf_printf(&query->sql, "$%zu", query->n);
}

Err db_query(Tx *tx, const Query *query, const Field *cols, size_t max, List *ret)
{
    Work work = { .query = query, .cols = cols, .max = max };
    char *text;

    /* ended here, where the request's memory may grow: a driver only reads it */
    if (buf_text((Buf *)(uintptr_t)&query->sql, &text) != OK)
        return E_TOO_LARGE;
    TRY(run(tx, &work));
    if (work.too_many)
        return E_TOO_LARGE;
    *ret = work.rows;
    return OK;
}

Err db_script(Tx *tx, const char *sql)
{
    Work work = { .script = sql };

    return run(tx, &work);
}

Err db_ping(Ctx *ctx)
{
    static const Field one_cols[] = { INT(Work, changed, "one"), END(Work) };
    Query *query = ARENA_NEW(ctx->arena, Query);
    List rows;

    query->sql = buf_in(ctx->arena, 64);
    buf_puts(&query->sql, "SELECT 1 AS one");
    return db_query(db_auto(ctx), query, one_cols, 1, &rows);
}

/* ---- transactions ---- */

Err tx_run(Ctx *ctx, Err (*fn)(Tx *tx, void *arg), void *arg)
{
    Err err = E_DB_RETRY;

    for (int i = 0; i < MOST_TRIES && err == E_DB_RETRY; i++) {
        if (i > 0)
            TRY(fiber_sleep(i * 5));
        err = ctx->db->driver->transaction(ctx, ctx->db, fn, arg);
    }
    return err;
}

Err tx_near(Ctx *ctx, Err (*fn)(Tx *tx, void *arg), void *arg)
{
    Tx *tx;

    if (!ctx->db->postgres)
        return tx_run(ctx, fn, arg);
    tx = db_auto(ctx);
    tx->near = true;
    return fn(tx, arg);
}
