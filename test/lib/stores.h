/* stores.h: tests that run on every store: STORE_TEST(name) { … } is run on SQLite, and on PostgreSQL when HECATE_TEST_PG is set. Each run has an
 * empty, migrated database of its own in `store`. */
#ifndef HECATE_TEST_STORES_H
#define HECATE_TEST_STORES_H

#include "test.h"

#include "db/db.h"
#include "run/run.h"

typedef struct TestStore {
    Db *db;
    bool postgres;
    char url[512];
} TestStore;

void store_test_sqlite(void (*fn)(TestStore *store));
void store_test_postgres(void (*fn)(TestStore *store));
/* A database without tables; close with store_drop(). `*ret` gets its URL alone. False without HECATE_TEST_PG. */
bool store_empty_postgres(TestStore *ret);
void store_drop(TestStore *store);
/* Runs SQL text on the database, past the driver, on a connection of its own; returns the first cell in the arena, or NULL. */
char *store_sql(TestStore *store, Arena *arena, const char *sql);

/* All rows of all tables of auth and hecate as text that changes when any of them does. */
char *store_dump(TestStore *store, Arena *arena);

/* Later tests of this program use these statements, and this longest wait (0: the usual). */
void store_use(const Stmt *stmts, size_t n, int64_t wait_ms);

/* Runs `fn(arg)` in each of `n` fibers of a loop that has its connections; returns when all have ended. */
void store_fibers(TestStore *store, unsigned n, void (*fn)(void *arg), void *args, size_t size);

#define STORE_TEST(name)                           \
    static void on_store_##name(TestStore *store); \
    TEST(name##_on_sqlite)                         \
    {                                              \
        store_test_sqlite(on_store_##name);        \
    }                                              \
    TEST(name##_on_postgres)                       \
    {                                              \
        store_test_postgres(on_store_##name);      \
    }                                              \
    static void on_store_##name([[maybe_unused]] TestStore *store)

#endif
