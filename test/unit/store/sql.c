/* sql.c: every statement of the generated table prepares on both databases. */
#include <libpq-fe.h>
#include <sqlite3.h>

#include "sql.gen.h"
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
