/* db.c: the face of both stores: kinds of values, transactions, errors, fibers, a server that goes away. */
#include "stores.h"

static const Field int_cols[] = { INT(Value, number, "number"), END(Value) };

static Query *query_new(Arena *arena, const char *sql)
{
    Query *query = ARENA_NEW(arena, Query);

    query->sql = buf_in(arena, 4096);
    buf_puts(&query->sql, sql);
    return query;
}

static Err ask(Ctx *ctx, const char *sql, int64_t *ret)
{
    List rows = { 0 };

    TRY(db_query(db_auto(ctx), query_new(ctx->arena, sql), int_cols, 10, &rows));
    *ret = rows.n == 0 ? -1 : ((const Value *)rows.v[0])->number;
    return OK;
}

STORE_TEST(ping_outside_a_fiber)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);

    assert_ok(db_ping(&ctx));
}

typedef struct Asking {
    TestStore *store;
    int64_t number;
    Err err;
} Asking;

static void ask_fiber(void *arg)
{
    TEST_ARENA(arena);
    Asking *asking = arg;
    Ctx ctx = ctx_new(arena, asking->store->db);

    asking->err = ask(&ctx, arena_printf(arena, "SELECT %lld + 1 AS number", (long long)asking->number), &asking->number);
}

STORE_TEST(reads_of_many_fibers_get_their_own_rows)
{
    Asking askings[200];

    for (size_t i = 0; i < COUNTOF(askings); i++)
        askings[i] = (Asking){ .store = store, .number = (int64_t)i };
    store_fibers(store, COUNTOF(askings), ask_fiber, askings, sizeof(*askings));
    for (size_t i = 0; i < COUNTOF(askings); i++) {
        assert_ok(askings[i].err);
        assert_int_equal(askings[i].number, i + 1);
    }
}
