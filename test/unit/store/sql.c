/* sql.c: every statement of the generated table prepares on both databases. */
#include <libpq-fe.h>
#include <sqlite3.h>

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
        for (size_t part = 0; sql_stmts[i].sqlite[part] != NULL; part++) {
            sqlite3_stmt *stmt;

            if (sqlite3_prepare_v2(db, sql_stmts[i].sqlite[part], -1, &stmt, NULL) != SQLITE_OK) {
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
