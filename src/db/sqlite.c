/* sqlite.c: the embedded store. Each loop reads on a connection of its own; one thread writes: it runs the transactions that wait under one shared
 * commit, whose sync releases their answers. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/driver.h"
#include "db/sqlite_parts.h"
#include "run/run.h"

enum { MOST_BATCH = 256, MOST_BUILT = 12, BRIEF_STEPS = 20000, SETTLE_MS = 100 };

/* A prepared statement, with the rows of the field tables that its columns last went to and its parameters last came from. */
typedef struct Prepared {
    sqlite3_stmt *stmt;
    const Field *wanted, *wanted_cols; /* the parameter that says whether it is run, and its table */
    Str text;                          /* of a built one: stmt's */
    const Field *cols, *param_cols;
    const Field **fields, **params;
    int n_fields, n_params;
} Prepared;

/* The parts of a statement. */
typedef struct Parts {
    size_t n;
    Prepared prepared[];
} Parts;

/* What the writer says around its jobs. */
typedef enum Control { BEGIN, COMMIT, ROLLBACK, SAVE, RELEASE, UNDO, N_CONTROLS } Control;

static const char *const control_sql[N_CONTROLS] = {
    [BEGIN] = "BEGIN IMMEDIATE", [COMMIT] = "COMMIT",       [ROLLBACK] = "ROLLBACK",
    [SAVE] = "SAVEPOINT job",    [RELEASE] = "RELEASE job", [UNDO] = "ROLLBACK TO job",
};

typedef struct Conn {
    sqlite3 *db;
    sqlite3_stmt *controls[N_CONTROLS];
    Parts **parts;              /* of each statement, once it was used */
    bool scripted;              /* a script ran in this transaction: SQLite does not count what it changes */
    Prepared built[MOST_BUILT]; /* built statements, kept for the next ones of the same text: preparing a list costs more than running it */
    uint64_t used[MOST_BUILT], turn;
} Conn;

/* One transaction for the writer: a function, or a single statement. */
typedef struct Job {
    struct Job *next;
    Ctx *ctx;
    Err (*fn)(Tx *tx, void *arg);
    void *arg;
    int64_t due; /* by clock_mono_us(): until then it may wait for others */
    Err err;
    Waiter waiter;
} Job;

typedef struct State {
    const char *path;
    int lock_fd;
    Conn *writer;
    Conn *shared; /* of commands beside a server */
    bool spoiled; /* the writer's last batch failed */
    pthread_mutex_t shared_lock;
    Lane *slow;
    Conn *slow_conn;
    pthread_t thread;
    bool thread_on;
    pthread_mutex_t lock;
    pthread_cond_t more;
    Job *jobs, **jobs_end;
    int64_t due; /* of the one that waits least */
    bool stop;
} State;

/* ---- connections ---- */

static const char setup_sql[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                "PRAGMA case_sensitive_like = ON; PRAGMA temp_store = MEMORY;"
                                "PRAGMA cache_size = -1024; PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864;";

static void prepared_free(Prepared *prepared)
{
    sqlite3_finalize(prepared->stmt);
    free(prepared->fields);
    free(prepared->params);
    *prepared = (Prepared){ 0 };
}

static void parts_free(Parts *parts)
{
    for (size_t i = 0; parts != NULL && i < parts->n; i++)
        prepared_free(&parts->prepared[i]);
    free(parts);
}

/* A request that filled its arena leaves its statement half-way: it would hold its snapshot and refuse its next use. */
static void conn_tidy(Conn *conn)
{
    for (sqlite3_stmt *stmt = sqlite3_next_stmt(conn->db, NULL); stmt != NULL; stmt = sqlite3_next_stmt(conn->db, stmt))
        if (sqlite3_stmt_busy(stmt)) {
            sqlite3_reset(stmt);
            sqlite3_clear_bindings(stmt);
        }
}

static void conn_free(Db *db, Conn *conn)
{
    if (conn == NULL)
        return;
    for (size_t i = 0; i < MOST_BUILT; i++)
        prepared_free(&conn->built[i]);
    for (size_t i = 0; conn->parts != NULL && i < db->config.n_stmts; i++)
        parts_free(conn->parts[i]);
    free(conn->parts);
    for (size_t i = 0; i < N_CONTROLS; i++)
        sqlite3_finalize(conn->controls[i]);
    sqlite3_close(conn->db);
    free(conn);
}

static Err conn_open(Db *db, const char *path, Buf *why, Conn **ret)
{
    Conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL)
        return E_NOMEM;
    conn->parts = calloc(db->config.n_stmts + 1, sizeof(Parts *));
    if (conn->parts == NULL ||
        sqlite3_open_v2(path, &conn->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(conn->db, (int)db->config.wait_ms) != SQLITE_OK || sqlite3_exec(conn->db, setup_sql, NULL, NULL, NULL) != SQLITE_OK) {
        if (why != NULL)
            buf_printf(why, "cannot open the database %s: %s", path, conn->db == NULL ? "no memory" : sqlite3_errmsg(conn->db));
        conn_free(db, conn);
        return E_DB;
    }
    (void)sqlite3_db_release_memory(conn->db);
    sqlite_memory_trim();
    *ret = conn;
    return OK;
}

/* A transaction of many rows changes pages all over the indexes: with the cache of a reader each would be written and read again several times.
 * (SQLite takes a multiple of 256 for "never": it would keep all that a transaction changes in memory.) */
static Err writer_open(Db *db, const char *path, Buf *why, Conn **ret)
{
    Conn *conn;

    TRY(conn_open(db, path, why, &conn));
    if (sqlite3_exec(conn->db, "PRAGMA cache_size = -8192; PRAGMA cache_spill = 8191", NULL, NULL, NULL) != SQLITE_OK) {
        conn_free(db, conn);
        return E_DB;
    }
    *ret = conn;
    return OK;
}

/* ---- errors ---- */

/* The name of the unique index behind "UNIQUE constraint failed: t.a, t.b" or "… failed: index 'name'". */
static void unique_index(Conn *conn, const char *message, char *name, size_t size)
{
    static const char sql[] =
        "SELECT CASE l.origin WHEN 'pk' THEN replace(replace(m.name, 'auth_', ''), 'hecate_', '') || '_pkey' ELSE l.name END"
        " FROM sqlite_schema m, pragma_index_list(m.name) l WHERE m.type = 'table' AND l.[unique] = 1 AND ($1 ="
        " (SELECT group_concat(m.name || '.' || i.name, ', ') FROM pragma_index_info(l.name) i) OR $1 = 'index ''' || l.name || '''')";
    const char *what = strstr(message, "failed: ");
    sqlite3_stmt *stmt;

    snprintf(name, size, "?");
    if (what == NULL || sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_text(stmt, 1, what + 8, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        snprintf(name, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
}

static Err sqlite_error(Conn *conn, const char *statement)
{
    const int code = sqlite3_extended_errcode(conn->db);
    char message[512], index[128];

    snprintf(message, sizeof(message), "%s", sqlite3_errmsg(conn->db));
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
        unique_index(conn, message, index, sizeof(index));
        return unique_error(index);
    }
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
        return E_CONFLICT;
    LOG(LOG_ERROR, "the database refused a statement", LOG_TEXT_FIELD("statement", statement), LOG_TEXT_FIELD("reason", message),
        LOG_INT_FIELD("code", code));
    return (code & 0xff) == SQLITE_BUSY ? E_TIMEOUT : E_DB;
}

/* ---- parameters ---- */

static int bind_texts(sqlite3_stmt *stmt, int i, const Texts *texts)
{
    sqlite3_str *json = sqlite3_str_new(NULL);
    char *text;

    sqlite3_str_appendchar(json, 1, '[');
    for (size_t k = 0; k < texts->n; k++) {
        sqlite3_str_appendall(json, k == 0 ? "\"" : ",\"");
        for (const char *c = texts->v[k]; *c != '\0'; c++)
            if (*c == '"' || *c == '\\' || (unsigned char)*c < 0x20)
                sqlite3_str_appendf(json, "\\u%04x", (unsigned char)*c);
            else
                sqlite3_str_appendchar(json, 1, *c);
        sqlite3_str_appendchar(json, 1, '"');
    }
    sqlite3_str_appendchar(json, 1, ']');
    text = sqlite3_str_finish(json);
    return sqlite3_bind_text(stmt, i, text, -1, sqlite3_free);
}

static int bind_member(sqlite3_stmt *stmt, int i, const Field *field, const void *params)
{
    const void *member = field_of(field, params);

    if (field_null(field, params) && field->kind != F_TEXTS)
        return sqlite3_bind_null(stmt, i);
    switch (field->kind) {
    case F_BOOL:
        return sqlite3_bind_int(stmt, i, *(const bool *)member);
    case F_INT:
    case F_TIME:
    case F_TIME_MS:
    case F_TIME_ISO:
    case F_TIME_US:
        return sqlite3_bind_int64(stmt, i, *(const int64_t *)member);
    case F_DOUBLE:
        return sqlite3_bind_double(stmt, i, *(const double *)member);
    case F_BYTES:
        return sqlite3_bind_blob64(stmt, i, ((const Str *)member)->p, ((const Str *)member)->n, SQLITE_STATIC);
    case F_TEXTS:
        return bind_texts(stmt, i, member);
    default:
        return sqlite3_bind_text(stmt, i, *(const char *const *)member, -1, SQLITE_STATIC);
    }
}

static int bind_value(sqlite3_stmt *stmt, int i, const Value *value)
{
    switch (value->kind) {
    case F_INT:
    case F_TIME:
    case F_BOOL:
        return sqlite3_bind_int64(stmt, i, value->number);
    case F_DOUBLE:
        return sqlite3_bind_double(stmt, i, value->real);
    default:
        return value->text == NULL ? sqlite3_bind_null(stmt, i) : sqlite3_bind_text(stmt, i, value->text, -1, SQLITE_STATIC);
    }
}

/* SQLite numbers `$n` by first appearance in each statement: the name says which one is meant. */
static unsigned long param_number(sqlite3_stmt *stmt, int i)
{
    return strtoul(sqlite3_bind_parameter_name(stmt, i + 1) + 1, NULL, 10) - 1;
}

static const Field **new_fields(int n)
{
    const Field **fields = calloc((size_t)n + 1, sizeof(*fields));

    if (fields == NULL)
        out_of_memory();
    return fields;
}

/* Finds the field of each parameter, once for a statement and a table. */
static void match_params(Prepared *prepared, const Work *work)
{
    if (prepared->params != NULL && prepared->param_cols == work->param_cols)
        return;
    free(prepared->params);
    prepared->n_params = sqlite3_bind_parameter_count(prepared->stmt);
    prepared->params = new_fields(prepared->n_params);
    for (int i = 0; i < prepared->n_params; i++)
        prepared->params[i] = work_param(work, work->stmt->params[param_number(prepared->stmt, i)]);
    prepared->param_cols = work->param_cols;
}

static int bind_values(sqlite3_stmt *stmt, const Query *query)
{
    const int n = sqlite3_bind_parameter_count(stmt);
    int rc = SQLITE_OK;

    for (int i = 0; i < n && rc == SQLITE_OK; i++)
        rc = bind_value(stmt, i + 1, &query->values[param_number(stmt, i)]);
    return rc;
}

static int bind_all(Prepared *prepared, const Work *work)
{
    int rc = SQLITE_OK;

    if (work->query != NULL)
        return bind_values(prepared->stmt, work->query);
    match_params(prepared, work);
    for (int i = 0; i < prepared->n_params && rc == SQLITE_OK; i++)
        rc = bind_member(prepared->stmt, i + 1, prepared->params[i], work->params);
    return rc;
}

/* ---- rows ---- */

static void read_text(Ctx *ctx, sqlite3_stmt *stmt, int column, char **member)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    if (text != NULL)
        *member = arena_strndup(ctx->arena, text, (size_t)sqlite3_column_bytes(stmt, column));
}

static void read_bytes(Ctx *ctx, sqlite3_stmt *stmt, int column, Str *member)
{
    const void *bytes = sqlite3_column_blob(stmt, column);
    const size_t n = (size_t)sqlite3_column_bytes(stmt, column);

    if (sqlite3_column_type(stmt, column) != SQLITE_NULL)
        *member = (Str){ arena_strndup(ctx->arena, bytes, n), n };
}

/* A row is all zeros, and so is what SQLite says of NULL: it is asked for the value alone, for most columns of a user are NULL. */
static void read_member(Ctx *ctx, sqlite3_stmt *stmt, int column, const Field *field, void *row)
{
    void *member = field_in(field, row);

    switch (field->kind) {
    case F_BOOL:
        *(bool *)member = sqlite3_column_int(stmt, column) != 0;
        break;
    case F_INT:
    case F_TIME:
    case F_TIME_MS:
    case F_TIME_ISO:
    case F_TIME_US:
        *(int64_t *)member = sqlite3_column_int64(stmt, column);
        break;
    case F_DOUBLE:
        *(double *)member = sqlite3_column_double(stmt, column);
        break;
    case F_BYTES:
        read_bytes(ctx, stmt, column, member);
        break;
    default:
        read_text(ctx, stmt, column, member);
        break;
    }
}

/* Finds the field of each column, once for a statement and a table. */
static void match_columns(Prepared *prepared, const Field *cols)
{
    const int n = sqlite3_column_count(prepared->stmt);

    if (prepared->cols == cols)
        return;
    free(prepared->fields);
    prepared->fields = new_fields(n);
    for (int i = 0; i < n; i++)
        prepared->fields[i] = field_named(cols, str_of(sqlite3_column_name(prepared->stmt, i)));
    prepared->n_fields = n;
    prepared->cols = cols;
}

static void read_row(Ctx *ctx, Prepared *prepared, Work *work)
{
    void *row = work_row(ctx, work);

    if (row == NULL)
        return;
    match_columns(prepared, work->cols);
    for (int i = 0; i < prepared->n_fields; i++)
        if (prepared->fields[i] != NULL)
            read_member(ctx, prepared->stmt, i, prepared->fields[i], row);
}

typedef struct Stepping {
    Conn *conn;
    Prepared *prepared;
    Work *work;
    const char *name;
} Stepping;

static Err step_rows(Tx *tx, void *arg)
{
    const Stepping *stepping = arg;
    Work *work = stepping->work;
    sqlite3_stmt *stmt = stepping->prepared->stmt;
    int rc = bind_all(stepping->prepared, work);

    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW && work->cols != NULL) {
            read_row(tx->ctx, stepping->prepared, work);
            if (sqlite3_errcode(stepping->conn->db) == SQLITE_NOMEM) /* a text that there was no memory for looks like NULL */
                rc = SQLITE_NOMEM;
            else if (work->too_many || work->max == 1)
                rc = SQLITE_DONE;
        }
    }
    if (rc == SQLITE_INTERRUPT && work->cut)
        return E_TIMEOUT;
    return rc == SQLITE_DONE ? OK : sqlite_error(stepping->conn, stepping->name);
}

static int cut_short(void *work)
{
    ((Work *)work)->cut = true;
    return 1;
}

/* SQLite goes by the statement's own counter, which goes on from run to run. */
static void bound_steps(Conn *conn, Prepared *prepared, Work *work)
{
    if (work->steps == 0)
        return;
    sqlite3_stmt_status(prepared->stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
    sqlite3_progress_handler(conn->db, work->steps, cut_short, work);
}

/* Whatever happens to the request's memory, the statement is reset: it would hold the WAL. */
static Err step_all(Conn *conn, Ctx *ctx, Prepared *prepared, Work *work, const char *name)
{
    Stepping stepping = { .conn = conn, .prepared = prepared, .work = work, .name = name };
    Tx tx = { .ctx = ctx };
    Err err;

    bound_steps(conn, prepared, work);
    err = trapped(ctx, step_rows, &tx, &stepping);
    if (work->steps != 0)
        sqlite3_progress_handler(conn->db, 0, NULL, NULL);
    work->changed = sqlite3_changes64(conn->db);
    sqlite3_reset(prepared->stmt); /* what is bound stays, unread, until all of it is bound anew */
    return err;
}

/* ---- running ---- */

/* The statement with this text, or the place of the one that was not used for longest. */
static size_t built_place(const Conn *conn, Str text)
{
    size_t oldest = 0;

    for (size_t i = 0; i < MOST_BUILT; i++) {
        if (conn->built[i].stmt != NULL && str_eq(conn->built[i].text, text))
            return i;
        if (conn->used[i] < conn->used[oldest])
            oldest = i;
    }
    return oldest;
}

static Err run_query(Conn *conn, Ctx *ctx, Work *work)
{
    const Str text = buf_view(&work->query->sql);
    const size_t at = built_place(conn, text);
    Prepared *built = &conn->built[at];

    conn->used[at] = ++conn->turn;
    if (built->stmt == NULL || !str_eq(built->text, text)) {
        prepared_free(built);
        if (sqlite3_prepare_v3(conn->db, text.p, (int)text.n, SQLITE_PREPARE_PERSISTENT, &built->stmt, NULL) != SQLITE_OK)
            return sqlite_error(conn, "query");
        built->text = (Str){ sqlite3_sql(built->stmt), text.n };
    }
    return step_all(conn, ctx, built, work, "query");
}

static Err run_script(Conn *conn, const char *script)
{
    const Err err = sqlite3_exec(conn->db, script, NULL, NULL, NULL) == SQLITE_OK ? OK : sqlite_error(conn, "script");

    conn->scripted = true;
    sqlite_memory_trim();
    return err;
}

/* NULL: no memory. */
static Parts *parts_of(Conn *conn, const Stmt *stmt)
{
    Parts **parts = &conn->parts[stmt->index];
    size_t n = 0;

    if (*parts != NULL)
        return *parts;
    while (stmt->sqlite[n].sql != NULL)
        n++;
    *parts = calloc(1, sizeof(**parts) + n * sizeof(Prepared));
    if (*parts != NULL)
        (*parts)->n = n;
    return *parts;
}

static bool part_wanted(const StmtPart *part, Prepared *prepared, const Work *work, bool before)
{
    if (part->when <= 0)
        return part->when == 0 || (before && (part->when != PART_ELSE || work->changed == 0));
    if (prepared->wanted_cols != work->param_cols) {
        prepared->wanted = work_param(work, work->stmt->params[part->when - 1]);
        prepared->wanted_cols = work->param_cols;
    }
    return prepared->wanted->kind == F_BOOL ? *(const bool *)field_of(prepared->wanted, work->params) : !field_null(prepared->wanted, work->params);
}

static Err run_on(Conn *conn, Ctx *ctx, Work *work)
{
    bool ran = true;
    Parts *parts;

    if (work->script != NULL)
        return run_script(conn, work->script);
    if (work->query != NULL)
        return run_query(conn, ctx, work);
    parts = parts_of(conn, work->stmt);
    if (parts == NULL)
        return E_NOMEM;
    for (size_t part = 0; part < parts->n; part++) {
        Prepared *prepared = &parts->prepared[part];
        const StmtPart *text = &work->stmt->sqlite[part];

        ran = part_wanted(text, prepared, work, ran);
        if (!ran)
            continue;
        if (prepared->stmt == NULL && sqlite3_prepare_v3(conn->db, text->sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared->stmt, NULL) != SQLITE_OK)
            return sqlite_error(conn, work->stmt->name);
        TRY(step_all(conn, ctx, prepared, work, work->stmt->name));
        if (part == 0 && (work->stmt->flags & STMT_GUARDED) != 0 && work->changed == 0)
            break;
    }
    return OK;
}

/* ---- the writer ---- */

static bool control(Conn *conn, Control what)
{
    sqlite3_stmt **stmt = &conn->controls[what];

    if (*stmt == NULL && sqlite3_prepare_v3(conn->db, control_sql[what], -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK)
        return false;
    if (what == BEGIN || what == ROLLBACK)
        sqlite_wal_forget(conn->db);
    sqlite3_step(*stmt);
    return sqlite3_reset(*stmt) == SQLITE_OK;
}

/* A batch of jobs: those that ran, in their order. */
typedef struct Batch {
    Db *db;
    Conn *conn;
    Job *done, **end;
    bool careful; /* each is a savepoint */
} Batch;

/* False when SQLite rolled the whole batch back. */
static bool batch_open(const Batch *batch)
{
    return sqlite3_get_autocommit(batch->conn->db) == 0;
}

static void run_fn(const Batch *batch, Job *job)
{
    Tx tx = { .ctx = job->ctx, .db = batch->db, .conn = batch->conn };

    job->err = trapped(job->ctx, job->fn, &tx, job->arg);
    if (job->err == E_NOMEM)
        conn_tidy(batch->conn);
}

static bool run_saved(const Batch *batch, Job *job)
{
    if (!control(batch->conn, SAVE)) {
        job->err = sqlite_error(batch->conn, "savepoint");
        return batch_open(batch);
    }
    run_fn(batch, job);
    return batch_open(batch) && (job->err == OK || control(batch->conn, UNDO)) && control(batch->conn, RELEASE);
}

/* Undoes all, and runs what had succeeded again, each job as a savepoint. What failed has failed. */
static bool run_again(Batch *batch)
{
    bool whole = control(batch->conn, ROLLBACK) && control(batch->conn, BEGIN);

    batch->careful = true;
    for (Job *job = batch->done; job != NULL && whole; job = job->next)
        whole = job->err != OK || run_saved(batch, job);
    return whole;
}

/* One transaction of the batch. SQLite copies each page that a savepoint changes, so there is none before a job has something to undo: then it is
 * known that this is such a batch. False when SQLite rolled it back. */
static bool run_job(Batch *batch, Job *job)
{
    const int64_t before = sqlite3_total_changes64(batch->conn->db);

    if (batch->careful)
        return run_saved(batch, job);
    batch->conn->scripted = false;
    run_fn(batch, job);
    if (!batch_open(batch))
        return false;
    if (job->err == OK || (sqlite3_total_changes64(batch->conn->db) == before && !batch->conn->scripted))
        return true;
    return run_again(batch);
}

/* Until there is one that does not wait for others any more. */
static void await_jobs(State *state)
{
    while (!state->stop && (state->jobs == NULL || state->due > clock_mono_us())) {
        if (state->jobs == NULL)
            pthread_cond_wait(&state->more, &state->lock);
        else
            (void)clock_cond_wait(&state->more, &state->lock, state->due);
    }
}

static Job *take_jobs(State *state, bool wait)
{
    Job *jobs;

    pthread_mutex_lock(&state->lock);
    if (wait)
        await_jobs(state);
    jobs = state->jobs;
    state->jobs = NULL;
    state->jobs_end = &state->jobs;
    pthread_mutex_unlock(&state->lock);
    return jobs;
}

/* After a failed commit the connection is opened anew before anything is acknowledged again. False when that is still not possible. */
static bool writer_good(Db *db, State *state)
{
    Conn *conn;

    if (!state->spoiled || writer_open(db, state->path, NULL, &conn) != OK)
        return !state->spoiled;
    state->spoiled = sqlite3_db_readonly(conn->db, "main") != 0; /* SQLite opens so what could not be opened for writing a moment ago */
    if (!state->spoiled) {
        conn_free(db, state->writer);
        state->writer = conn;
    } else {
        conn_free(db, conn);
    }
    return !state->spoiled;
}

/* After the shared commit, or what came in its place. */
static void finish_batch(State *state, Job *done, bool whole)
{
    if (!whole || !control(state->writer, COMMIT)) {
        LOG(LOG_ERROR, "a batch of writes failed", LOG_TEXT_FIELD("reason", sqlite3_errmsg(state->writer->db)));
        control(state->writer, ROLLBACK);
        for (Job *job = done; job != NULL; job = job->next)
            if (job->err == OK)
                job->err = E_DB;
        state->spoiled = true;
    }
    while (done != NULL) {
        Job *job = done;

        done = job->next;
        waiter_done(&job->waiter);
    }
}

static void run_batch(Db *db, State *state, Job *jobs)
{
    bool whole = writer_good(db, state) && control(state->writer, BEGIN);
    Batch batch = { .db = db, .conn = state->writer };
    unsigned n = 0;

    batch.end = &batch.done;
    while (jobs != NULL) {
        Job *job = jobs;

        jobs = job->next;
        job->next = NULL;
        *batch.end = job;
        batch.end = &job->next;
        job->err = E_DB;
        whole = whole && run_job(&batch, job);
        if (jobs == NULL && whole && ++n < MOST_BATCH)
            jobs = take_jobs(state, false);
    }
    finish_batch(state, batch.done, whole);
}

static void *write_loop(void *arg)
{
    Db *db = arg;
    State *state = db->state;

    for (Job *jobs = take_jobs(state, true); jobs != NULL; jobs = take_jobs(state, true))
        run_batch(db, state, jobs);
    return NULL;
}

static Err submit(Ctx *ctx, State *state, Err (*fn)(Tx *tx, void *arg), void *arg)
{
    Job job = { .ctx = ctx, .fn = fn, .arg = arg, .due = ctx->patience == 0 ? 0 : clock_mono_us() + ctx->patience };

    ctx->patience = 0; /* once is enough */
    if (pthread_equal(pthread_self(), state->thread))
        abort(); /* a transaction that does not use its own handle would wait for itself */
    waiter_init(&job.waiter);
    pthread_mutex_lock(&state->lock);
    if (state->stop) {
        pthread_mutex_unlock(&state->lock);
        return E_SHUTDOWN;
    }
    state->due = state->jobs == NULL || job.due < state->due ? job.due : state->due;
    *state->jobs_end = &job;
    state->jobs_end = &job.next;
    pthread_cond_signal(&state->more);
    pthread_mutex_unlock(&state->lock);
    waiter_wait(&job.waiter);
    return job.err;
}

/* A batch that is run again reads its rows again. */
static Err run_in_writer(Tx *tx, void *arg)
{
    Work *work = arg;

    work->rows = (List){ 0 };
    work->too_many = false;
    return run_on(tx->conn, tx->ctx, work);
}

static Err sqlite_transaction(Ctx *ctx, Db *db, Err (*fn)(Tx *tx, void *arg), void *arg)
{
    return submit(ctx, db->state, fn, arg);
}

/* ---- reads ---- */

typedef struct ReadJob {
    Tx tx;
    Work *work;
} ReadJob;

static Err run_tidily(void *arg)
{
    ReadJob *job = arg;
    const Err err = trapped(job->tx.ctx, run_in_writer, &job->tx, job->work);

    if (err == E_NOMEM)
        conn_tidy(job->tx.conn);
    return err;
}

/* On the one thread of that lane. Its connection is opened at the first such read: an idle one costs its memory and a part of the start. */
static Err run_slowly(void *arg)
{
    ReadJob *job = arg;
    State *state = job->tx.db->state;

    if (state->slow_conn == NULL)
        TRY(conn_open(job->tx.db, state->path, NULL, &state->slow_conn));
    job->tx.conn = state->slow_conn;
    return run_tidily(job);
}

/* Outside loops (at the start, in threads that work behind) reads are the writer's: a connection of their own would rest most of the time, with a
 * schema in memory. Beside another process they must not lock the file: a command's own connection may wait. */
static Err read_aside(ReadJob *job, State *state)
{
    Err err;

    if (!job->tx.db->config.beside)
        return submit(job->tx.ctx, state, run_in_writer, job->work);
    job->tx.conn = state->shared;
    pthread_mutex_lock(&state->shared_lock);
    err = run_tidily(job);
    pthread_mutex_unlock(&state->shared_lock);
    return err;
}

/* The way to another thread and back costs as much as a short list: it is begun here, and what its steps are not enough for begins anew there. */
static Err read_apart(ReadJob *job, State *state)
{
    Work *work = job->work;
    Err err = OK;

    work->steps = job->tx.conn != NULL && work->query != NULL && work->query->brief ? BRIEF_STEPS : 0;
    if (work->steps > 0)
        err = run_tidily(job);
    if (work->steps > 0 && !work->cut)
        return err;
    work->rows = (List){ 0 };
    work->steps = 0;
    return lane_run(state->slow, run_slowly, job);
}

static Err run_read(Tx *tx, State *state, Work *work)
{
    ReadJob job = { .tx = { .ctx = tx->ctx, .db = tx->db }, .work = work };
    Loop *loop = loop_self();

    job.tx.conn = loop == NULL ? NULL : *loop_slot(loop, LOOP_SLOT_DB);
    if (work_slow(work) && !tx->db->config.beside)
        return read_apart(&job, state);
    return job.tx.conn == NULL ? read_aside(&job, state) : run_tidily(&job);
}

static Err sqlite_run(Tx *tx, Work *work)
{
    if (tx->conn != NULL)
        return run_on(tx->conn, tx->ctx, work);
    if (work_reads(work))
        return run_read(tx, tx->db->state, work);
    return submit(tx->ctx, tx->db->state, run_in_writer, work);
}

/* ---- opening ---- */

/* A lock of the open file description: it goes with the process, whatever ends it. */
static Err take_lock(State *state, Buf *why)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char path[4096];

    snprintf(path, sizeof(path), "%s-lock", state->path);
    state->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (state->lock_fd < 0) {
        buf_printf(why, "cannot open %s: %s", path, strerror(errno));
        return E_DB;
    }
    if (fcntl(state->lock_fd, F_OFD_SETLK, &lock) != 0) {
        buf_printf(why, "another process serves the database %s", state->path);
        close(state->lock_fd);
        state->lock_fd = -1;
        return E_CONFLICT;
    }
    return OK;
}

static void sqlite_close(Db *db)
{
    State *state = db->state;

    pthread_mutex_lock(&state->lock);
    state->stop = true;
    pthread_cond_signal(&state->more);
    pthread_mutex_unlock(&state->lock);
    if (state->thread_on)
        pthread_join(state->thread, NULL);
    lane_free(state->slow);
    conn_free(db, state->slow_conn);
    conn_free(db, state->shared);
    conn_free(db, state->writer);
    if (state->lock_fd >= 0)
        close(state->lock_fd);
    pthread_mutex_destroy(&state->shared_lock);
    pthread_mutex_destroy(&state->lock);
    pthread_cond_destroy(&state->more);
    free(state);
}

static Err open_all(Db *db, State *state, Buf *why)
{
    if (!db->config.beside)
        TRY(take_lock(state, why));
    TRY(writer_open(db, state->path, why, &state->writer));
    if (db->config.beside)
        TRY(conn_open(db, state->path, why, &state->shared));
    TRY(lane_new("slow reads", 1, 64, &state->slow));
    if (pthread_create(&state->thread, NULL, write_loop, db) != 0)
        return E_IO;
    state->thread_on = true;
    return OK;
}

/* Before the first connection of the process; later calls change nothing. Counting memory takes a lock at each allocation, and pages are allocated as
 * they are needed instead of twenty for each connection. */
static void configure(void)
{
    sqlite_memory_configure();
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    sqlite_vfs_configure();
}

static Err sqlite_open(Db *db, Buf *why)
{
    State *state = calloc(1, sizeof(*state));
    Err err;

    if (state == NULL)
        return E_NOMEM;
    db->state = state;
    configure();
    if (db->config.wait_ms == 0)
        db->config.wait_ms = 5000;
    state->path = db->config.url + strlen("sqlite:");
    state->lock_fd = -1;
    state->jobs_end = &state->jobs;
    pthread_mutex_init(&state->lock, NULL);
    pthread_mutex_init(&state->shared_lock, NULL);
    clock_cond_init(&state->more);
    err = open_all(db, state, why);
    if (err != OK)
        sqlite_close(db);
    return err;
}

static void settle(void *loop)
{
    Conn *conn = *loop_slot(loop, LOOP_SLOT_DB);

    if (conn != NULL)
        sqlite_shm_settle(conn->db);
}

static Err sqlite_loop_open(Db *db)
{
    Conn *conn;

    TRY(conn_open(db, ((State *)db->state)->path, NULL, &conn));
    *loop_slot(loop_self(), LOOP_SLOT_DB) = conn;
    sqlite_shm_share(conn->db);
    loop_every(loop_self(), SETTLE_MS, settle, loop_self());
    return OK;
}

static void sqlite_loop_close(Db *db)
{
    conn_free(db, *loop_slot(loop_self(), LOOP_SLOT_DB));
    *loop_slot(loop_self(), LOOP_SLOT_DB) = NULL;
}

/* All pages in one step, which is one read transaction. */
static Err sqlite_copy(Db *db, const char *path)
{
    sqlite3_backup *backup = NULL;
    sqlite3 *copy = NULL;
    Conn *conn;
    bool good;

    TRY(conn_open(db, ((State *)db->state)->path, NULL, &conn));
    if (sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
        backup = sqlite3_backup_init(copy, "main", conn->db, "main");
    good = backup != NULL && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    good = sqlite3_backup_finish(backup) == SQLITE_OK && good;
    if (!good)
        LOG(LOG_ERROR, "the database cannot be copied", LOG_TEXT_FIELD("reason", copy == NULL ? "no memory" : sqlite3_errmsg(copy)));
    good = sqlite3_close(copy) == SQLITE_OK && good;
    conn_free(db, conn);
    return good ? OK : E_DB;
}

const Driver sqlite_driver = {
    .open = sqlite_open,
    .close = sqlite_close,
    .loop_open = sqlite_loop_open,
    .loop_close = sqlite_loop_close,
    .run = sqlite_run,
    .transaction = sqlite_transaction,
    .copy = sqlite_copy,
};
