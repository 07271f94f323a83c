/* stores.c: databases for tests. On PostgreSQL the first test of a program makes a template, and each test a copy of it. */
#include "stores.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store.h"

static unsigned n_databases;
static char template_name[64];

static const Stmt *other_stmts; /* of a test that brings its own */
static size_t n_other;
static int64_t other_wait;

static DbConfig config_of(const char *url)
{
    return (DbConfig){ .url = url,
                       .stmts = other_stmts == NULL ? sql_stmts : other_stmts,
                       .n_stmts = other_stmts == NULL ? sql_n : n_other,
                       .exclusive = 6,
                       .window = 2,
                       .wait_ms = other_wait == 0 ? 5000 : other_wait };
}

void store_use(const Stmt *stmts, size_t n, int64_t wait_ms)
{
    other_stmts = stmts;
    n_other = n;
    other_wait = wait_ms;
}

static void open_store(TestStore *store, bool migrate)
{
    Buf why CLEANUP(buf_free) = buf_heap(1024);
    const DbConfig config = config_of(store->url);
    Err err;

    store_init();
    err = db_open(&config, &why, &store->db);
    if (err == OK && migrate)
        err = store_migrate(store->db, NULL, &why);
    if (err != OK)
        print_error("%.*s\n", (int)why.len, why.data);
    assert_ok(err);
}

/* ---- SQLite ---- */

static void unlink_all(const char *path)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-lock" };
    char file[600];

    for (size_t i = 0; i < COUNTOF(ends); i++) {
        snprintf(file, sizeof(file), "%s%s", path, ends[i]);
        unlink(file);
    }
}

void store_test_sqlite(void (*fn)(TestStore *store))
{
    TestStore store = { 0 };

    snprintf(store.url, sizeof(store.url), "sqlite:/tmp/hecate-test-%d-%u.db", (int)getpid(), n_databases++);
    open_store(&store, true);
    fn(&store);
    db_close(store.db);
    unlink_all(store.url + strlen("sqlite:"));
}

/* ---- PostgreSQL ---- */

static char *run_pg(const char *url, Arena *arena, const char *sql)
{
    PGconn *pg = PQconnectdb(url);
    PGresult *result = PQexec(pg, sql);
    char *ret = NULL;

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        print_error("%s: %s\n", sql, PQerrorMessage(pg));
    assert_true(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK);
    if (PQntuples(result) > 0 && arena != NULL && !PQgetisnull(result, 0, 0))
        ret = arena_strdup(arena, PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(pg);
    return ret;
}

/* The URL of another database of the same server: postgres://user@host/NAME?more. */
static void url_of(const char *name, char *ret, size_t size)
{
    const char *url = getenv("HECATE_TEST_PG"), *host = strstr(url, "://") + 3;
    const size_t at = (size_t)(host - url) + strcspn(host, "/?");
    const char *more = url + at + strcspn(url + at, "?");

    snprintf(ret, size, "%.*s/%s%s", (int)at, url, name, more);
}

static void create_database(TestStore *store, const char *from)
{
    char sql[700], name[64];

    snprintf(name, sizeof(name), "hecate_test_%d_%u", (int)getpid(), n_databases++);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE %s", name, from);
    run_pg(getenv("HECATE_TEST_PG"), NULL, sql);
    url_of(name, store->url, sizeof(store->url));
    store->postgres = true;
}

bool store_empty_postgres(TestStore *ret)
{
    if (getenv("HECATE_TEST_PG") == NULL)
        return false;
    create_database(ret, "template0");
    return true;
}

void store_drop(TestStore *store)
{
    char sql[700];
    const char *name = strstr(store->url, "hecate_test_");

    db_close(store->db);
    snprintf(sql, sizeof(sql), "DROP DATABASE %.*s WITH (FORCE)", (int)strcspn(name, "?"), name);
    run_pg(getenv("HECATE_TEST_PG"), NULL, sql);
}

static void drop_template(void)
{
    TestStore store = { 0 };

    url_of(template_name, store.url, sizeof(store.url));
    store_drop(&store);
}

static void make_template(void)
{
    TestStore store = { 0 };
    const char *name;

    create_database(&store, "template0");
    open_store(&store, true);
    db_close(store.db);
    name = strstr(store.url, "hecate_test_");
    snprintf(template_name, sizeof(template_name), "%.*s", (int)strcspn(name, "?"), name);
    atexit(drop_template);
}

void store_test_postgres(void (*fn)(TestStore *store))
{
    TestStore store = { 0 };

    if (getenv("HECATE_TEST_PG") == NULL)
        return;
    if (template_name[0] == '\0')
        make_template();
    create_database(&store, template_name);
    open_store(&store, false);
    fn(&store);
    store_drop(&store);
}

/* ---- beside the driver ---- */

char *store_sql(TestStore *store, Arena *arena, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    char *ret = NULL;
    int rc;

    if (store->postgres)
        return run_pg(store->url, arena, sql);
    assert_int_equal(sqlite3_open(store->url + strlen("sqlite:"), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    for (const char *rest = sql; *rest != '\0';) {
        rc = sqlite3_prepare_v2(db, rest, -1, &stmt, &rest);
        if (rc == SQLITE_OK && stmt != NULL) {
            rc = sqlite3_step(stmt);
            if (rc == SQLITE_ROW && arena != NULL && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
                ret = arena_strdup(arena, (const char *)sqlite3_column_text(stmt, 0));
        }
        if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
            print_error("%s: %s\n", sql, sqlite3_errmsg(db));
        assert_true(rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE);
        sqlite3_finalize(stmt);
    }
    sqlite3_close(db);
    return ret;
}

static const char dump_sql[] =
    "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (SELECT table_schema || '_' || table_name || ' ' || coalesce((xpath('/row/c/text()',"
    " query_to_xml(format('SELECT string_agg(t::text, ''; '' ORDER BY t::text) AS c FROM %I.%I t', table_schema, table_name), false, true, '')))[1]::text,"
    " '') AS line FROM information_schema.tables WHERE table_schema IN ('auth', 'hecate')) x";

static void dump_table(sqlite3 *db, const char *table, Buf *ret)
{
    char sql[200];
    sqlite3_stmt *stmt;

    snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY 1", table);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    buf_printf(ret, "%s ", table);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(stmt); i++)
            buf_printf(ret, "%s%s", (const char *)sqlite3_column_text(stmt, i), i + 1 < sqlite3_column_count(stmt) ? "," : "; ");
    buf_char(ret, '\n');
    sqlite3_finalize(stmt);
}

char *store_dump(TestStore *store, Arena *arena)
{
    Buf text = buf_in(arena, 8 << 20);
    char *ret;
    sqlite3 *db;
    sqlite3_stmt *stmt;

    if (store->postgres)
        return run_pg(store->url, arena, dump_sql);
    assert_int_equal(sqlite3_open(store->url + strlen("sqlite:"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        dump_table(db, (const char *)sqlite3_column_text(stmt, 0), &text);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    assert_ok(buf_text(&text, &ret));
    return ret;
}

/* ---- fibers ---- */

typedef struct Crowd {
    TestStore *store;
    Loop *loop;
    unsigned n, left;
    void (*fn)(void *arg);
    char *args;
    size_t size;
} Crowd;

typedef struct Member {
    Crowd *crowd;
    void *arg;
} Member;

static void run_member(void *arg)
{
    Member *member = arg;
    Crowd *crowd = member->crowd;

    crowd->fn(member->arg);
    free(member);
    if (--crowd->left == 0)
        loop_stop(crowd->loop);
}

static void start_all(void *arg)
{
    Crowd *crowd = arg;

    IGNORE(db_loop_open(crowd->store->db)); /* without it reads share one connection */
    for (unsigned i = 0; i < crowd->n; i++) {
        Member *member = calloc(1, sizeof(*member));

        *member = (Member){ .crowd = crowd, .arg = crowd->args + i * crowd->size };
        fiber_start(run_member, member, "test");
    }
}

static Err nothing(Tx *tx, void *arg)
{
    (void)tx;
    (void)arg;
    return OK;
}

void store_fibers(TestStore *store, unsigned n, void (*fn)(void *arg), void *args, size_t size)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    Crowd crowd = { .store = store, .n = n, .left = n, .fn = fn, .args = args, .size = size };

    assert_ok(loop_new(0, &crowd.loop));
    loop_post(crowd.loop, start_all, &crowd);
    loop_run(crowd.loop);
    db_loop_close(store->db);
    assert_ok(tx_run(&ctx, nothing, NULL)); /* the writer may still be at the wake of a fiber: its loop must outlive that */
    loop_free(crowd.loop);
}
