/* sql.c: every statement of the generated table prepares on both databases. */
#include <libpq-fe.h>
#include <sqlite3.h>

#include "db/pg.h"
#include "sql.gen.h"
#include "store/auth_versions.h"
#include "store/store.h"
#include "stores.h"

static void prepare_postgres(const char *url)
{
    PGconn *pg = PQconnectdb(url);
    int failed = 0;

    for (size_t i = 0; i < sql_n; i++) {
        PGresult *result = PQprepare(pg, sql_stmts[i].name, sql_stmts[i].pg, 0, NULL);

        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            print_error("%s: %s\n", sql_stmts[i].name, PQerrorMessage(pg));
            failed++;
        }
        PQclear(result);
    }
    PQfinish(pg);
    assert_int_equal(failed, 0);
}

static void prepare_sqlite(const char *path)
{
    sqlite3 *db;
    int failed = 0;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sql_n; i++)
        for (size_t part = 0; sql_stmts[i].sqlite[part].sql != NULL; part++) {
            sqlite3_stmt *stmt;

            if (sqlite3_prepare_v2(db, sql_stmts[i].sqlite[part].sql, -1, &stmt, NULL) != SQLITE_OK) {
                print_error("%s: %s\n", sql_stmts[i].name, sqlite3_errmsg(db));
                failed++;
            }
            sqlite3_finalize(stmt);
        }
    sqlite3_close(db);
    assert_int_equal(failed, 0);
}

STORE_TEST(every_statement_prepares)
{
    if (store->postgres)
        prepare_postgres(store->url);
    else
        prepare_sqlite(store->url + strlen("sqlite:"));
}

/* ---- plans ---- */

/* So many users more, each with what a refresh reads. */
static const char more[] =
    "DROP TABLE IF EXISTS ids; CREATE TEMP TABLE ids (id uuid); INSERT INTO ids SELECT gen_random_uuid() FROM generate_series(1, %d) n;"
    "INSERT INTO auth.users (id, email) SELECT id, id || '@example.com' FROM ids;"
    "INSERT INTO auth.identities (id, user_id, provider, provider_id, identity_data) SELECT id, id, 'email', id, '{}' FROM ids;"
    "INSERT INTO auth.sessions (id, user_id, created_at) SELECT id, id, now() FROM ids;"
    "INSERT INTO auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method) SELECT id, id, now(), now(), 'otp' FROM ids;"
    "INSERT INTO auth.refresh_tokens (token, session_id, revoked) SELECT id, id, false FROM ids;"
    "INSERT INTO hecate.profiles (user_id) SELECT id FROM ids; ANALYZE";

static PGresult *ask(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        print_error("%s: %s\n", sql, PQerrorMessage(pg));
    assert_true(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK);
    return result;
}

/* How many nodes of the statement's plan read a table without looking for something in an index. */
static int walks(PGconn *pg, Arena *arena, const Stmt *stmt)
{
    Buf sql = buf_in(arena, 64 * 1024);
    PGresult *described, *plan;
    char *text;
    int ret = 0;

    PQclear(PQprepare(pg, "p", stmt->pg, 0, NULL));
    described = PQdescribePrepared(pg, "p");
    assert_true(PQnparams(described) > 0);
    for (int i = 0; i < PQnparams(described); i++)
        buf_puts(&sql, i == 0 ? "EXPLAIN EXECUTE p (NULL" : ", NULL");
    buf_char(&sql, ')');
    PQclear(described);
    assert_ok(buf_text(&sql, &text));
    plan = ask(pg, text);
    for (int i = 0; i < PQntuples(plan); i++) {
        const char *line = PQgetvalue(plan, i, 0), *next = i + 1 < PQntuples(plan) ? PQgetvalue(plan, i + 1, 0) : "";

        if (strstr(line, "Seq Scan") != NULL || (strstr(line, "Scan using") != NULL && strstr(next, "Index Cond") == NULL)) {
            print_error("%s: %s\n", stmt->name, line);
            ret++;
        }
    }
    PQclear(plan);
    PQclear(ask(pg, "DEALLOCATE p"));
    return ret;
}

STORE_TEST(what_is_gathered_is_looked_up_also_where_tables_were_small_when_planned)
{
    TEST_ARENA(arena);
    static const int rows[] = { 4, 28, 168 };
    Conn *conn;
    int n = 0;

    if (!store->postgres)
        return;
    assert_ok(conn_open(store->db, 5000, true, NULL, &conn)); /* set up as those are that keep these plans */
    assert_true(PQexitPipelineMode(conn->pg) == 1 && PQsetnonblocking(conn->pg, 0) == 0);
    for (size_t k = 0; k < COUNTOF(rows); k++) {
        PQclear(ask(conn->pg, arena_printf(arena, more, rows[k])));
        for (size_t i = 0; i < sql_n; i++)
            if (sql_stmts[i].many != NULL || (sql_stmts[i].flags & STMT_LISTS) != 0 || &sql_stmts[i] == SQL_REFRESH_ACTIVE)
                n += walks(conn->pg, arena, &sql_stmts[i]);
    }
    conn_free(conn);
    assert_int_equal(n, 0);
}

/* How often a statement of SQLite goes by this index. */
static int uses(sqlite3 *db, const char *sql, const char *index)
{
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *stmt;
    int n = 0;

    assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        n += strstr((const char *)sqlite3_column_text(stmt, 3), index) != NULL;
    sqlite3_finalize(stmt);
    sqlite3_free(explain);
    return n;
}

STORE_TEST(the_live_token_of_a_session_is_found_among_live_ones)
{
    sqlite3 *db;
    int asked = 0;

    if (store->postgres) /* it has an index by session and revoked */
        return;
    assert_int_equal(sqlite3_open(store->url + strlen("sqlite:"), &db), SQLITE_OK);
    for (size_t i = 0; i < sql_n; i++)
        for (const StmtPart *part = sql_stmts[i].sqlite; part->sql != NULL; part++)
            if (strstr(part->sql, "session_id = ") != NULL && strstr(part->sql, "revoked = false") != NULL) {
                if (uses(db, part->sql, "refresh_tokens_live_idx") == 0)
                    print_error("%s\n", sql_stmts[i].name);
                assert_true(uses(db, part->sql, "refresh_tokens_live_idx") > 0);
                asked++;
            }
    sqlite3_close(db);
    assert_true(asked >= 5);
}

/* Takes away what auth_used does not name: who takes a schema over looks for these columns alone. */
static void drop_unused(TestStore *store, Arena *arena)
{
    Buf sql = buf_in(arena, 64 * 1024);
    char *text;

    buf_puts(&sql, "DO $$ DECLARE r record; BEGIN FOR r IN SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'auth'"
                   " AND table_name || '.' || column_name NOT IN ('-'");
    for (size_t i = 0; i < COUNTOF(auth_used); i++)
        for (Str left = str_of(auth_used[i].columns); left.n > 0;) {
            const Str column = str_cut(&left, ' ');

            buf_printf(&sql, ", '%s.%.*s'", auth_used[i].table, (int)column.n, column.p);
        }
    buf_puts(&sql, ") LOOP EXECUTE format('ALTER TABLE auth.%I DROP COLUMN %I CASCADE', r.table_name, r.column_name); END LOOP; END $$");
    assert_ok(buf_text(&sql, &text));
    store_sql(store, NULL, text);
    assert_true(COUNTOF(auth_versions) > 0);
}

STORE_TEST(statements_use_no_column_that_a_takeover_does_not_look_for)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    const UserQuery query = { .filter = "a", .any_like = "b", .limit = 1, .parts = USER_WHOLE };
    List users = { 0 };
    int64_t n;

    if (!store->postgres)
        return;
    drop_unused(store, arena);
    prepare_postgres(store->url);
    assert_ok(store_user_list(db_auto(&ctx), &query, &users));
    assert_ok(store_user_count(db_auto(&ctx), &query, &n));
}
