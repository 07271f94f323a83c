/* pg_conn.c: one session on PostgreSQL, and what its errors mean. */
#include <poll.h>

#include "base/log.h"
#include "db/pg.h"

/* ---- errors ---- */

bool pg_state(const PGresult *result, const char *state)
{
    const char *theirs = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return theirs != NULL && strncmp(theirs, state, strlen(state)) == 0;
}

/* A whole SQLSTATE, or a class by its first characters (PostgreSQL, appendix A). */
static const struct {
    const char *state;
    Err err;
} state_rows[] = {
    { "08", E_DB_LOST },     /* connection exceptions */
    { "57P", E_DB_LOST },    /* the server goes down, or is not up yet */
    { "40001", E_DB_RETRY }, /* serialization failure */
    { "40P01", E_DB_RETRY }, /* deadlock */
    { "57014", E_TIMEOUT },  /* statement_timeout */
    { "55P03", E_TIMEOUT },  /* lock_timeout */
    { "25P03", E_TIMEOUT },  /* idle in a transaction for too long */
    { "23503", E_CONFLICT }, /* foreign key */
    { "22001", E_TOO_LONG },  { "22003", E_BAD_VALUE }, { "22008", E_BAD_VALUE },
    { "22021", E_BAD_VALUE }, { "22P05", E_BAD_VALUE }, { "22P02", E_BAD_VALUE },
};

Err pg_error(const PGresult *result, const char *statement)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);

    if (state == NULL)
        return E_DB_LOST; /* libpq's own: the connection broke */
    if (pg_state(result, "23505"))
        return unique_error(constraint == NULL ? "?" : constraint);
    for (size_t i = 0; i < COUNTOF(state_rows); i++)
        if (pg_state(result, state_rows[i].state))
            return state_rows[i].err;
    LOG(LOG_ERROR, "the database refused a statement", LOG_TEXT_FIELD("statement", statement), LOG_TEXT_FIELD("sqlstate", state));
    return E_DB;
}

/* ---- opening ---- */

/* Names without a schema are for triggers of the application alone: they see what they see under the Go server. */
static const char setup_sql[] =
    "SET TimeZone = 'UTC'; SET search_path = auth, pg_temp; SET statement_timeout = %lld; SET lock_timeout = %lld;"
    "SET idle_in_transaction_session_timeout = %lld; SET client_min_messages = error; SET default_transaction_isolation = 'read committed';"
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/* Where all statements go by a key, each has one plan for good, which needs no workers; one that was made while a table was small must not read all
 * of it when it has grown. On the other connections run lists and searches, whose plan depends on what is looked for. An engine that only speaks the
 * protocol may not know these names. */
#define TUNE(names)                                                                                                                                      \
    "SELECT set_config(name, CASE name WHEN 'plan_cache_mode' THEN 'force_generic_plan' WHEN 'max_parallel_workers_per_gather' THEN '0' ELSE 'off' END," \
    " false) FROM pg_settings WHERE name IN ('jit'" names ")"
static const char
    tune_sql[] = TUNE(""),
    tune_by_key_sql[] =
        TUNE(", 'plan_cache_mode', 'max_parallel_workers_per_gather', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_material'");

static void first_line(Buf *why, const char *text)
{
    const Str message = str_of(text);
    Str rest = message;

    if (why != NULL) {
        buf_puts(why, "cannot reach the database: ");
        buf_str(why, str_trim(str_cut(&rest, '\n')));
    }
}

static bool run_plain(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);
    const ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static void say_nothing(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

static PGconn *connect_to(const DbConfig *config)
{
    char seconds[24], silence[24];
    const char *const names[] = {
        "fallback_application_name", "connect_timeout", "tcp_user_timeout", "keepalives_idle", "dbname", "client_encoding", NULL
    };
    const char *const values[] = { "hecate", seconds, silence, "30", config->url, "UTF8", NULL };

    snprintf(seconds, sizeof(seconds), "%lld", (long long)(config->wait_ms / 1000 < 2 ? 2 : config->wait_ms / 1000));
    snprintf(silence, sizeof(silence), "%lld", (long long)config->wait_ms);
    return PQconnectdbParams(names, values, 1); /* names before dbname are defaults that the URL may change */
}

static bool set_up(PGconn *pg, const DbConfig *config, int64_t lock_ms, bool by_key)
{
    char sql[1024];

    PQsetNoticeReceiver(pg, say_nothing, NULL);
    snprintf(sql, sizeof(sql), setup_sql, (long long)config->wait_ms, (long long)lock_ms, (long long)config->wait_ms);
    if (!run_plain(pg, sql))
        return false;
    (void)run_plain(pg, by_key ? tune_by_key_sql : tune_sql);
    return PQstatus(pg) == CONNECTION_OK && PQsetnonblocking(pg, 1) == 0 && PQenterPipelineMode(pg) == 1;
}

void conn_free(Conn *conn)
{
    if (conn == NULL)
        return;
    PQfinish(conn->pg);
    params_free(&conn->params);
    built_free(conn);
    free(conn->prepared);
    free(conn);
}

Err conn_open(Db *db, int64_t lock_ms, bool by_key, Buf *why, Conn **ret)
{
    Conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL)
        return E_NOMEM;
    conn->prepared = calloc(db->config.n_stmts + 1, sizeof(*conn->prepared));
    conn->pg = connect_to(&db->config);
    if (conn->prepared == NULL || PQstatus(conn->pg) != CONNECTION_OK || !set_up(conn->pg, &db->config, lock_ms, by_key)) {
        first_line(why, PQerrorMessage(conn->pg));
        conn_free(conn);
        return E_DB_LOST;
    }
    *ret = conn;
    return OK;
}

/* An idle server says nothing: what can be read is its farewell, or a notice. */
bool conn_alive(Conn *conn)
{
    struct pollfd fd = { .fd = PQsocket(conn->pg), .events = POLLIN };

    for (int i = 0; i < 4 && poll(&fd, 1, 0) > 0; i++)
        if (PQconsumeInput(conn->pg) == 0 || PQstatus(conn->pg) != CONNECTION_OK)
            return false;
    return fd.fd >= 0;
}
