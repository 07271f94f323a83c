/* db.c: the face of both stores: kinds of values, transactions, errors, many fibers, a server that goes away. */
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/pg.h"
#include "stores.h"

/* ---- statements of the tests' own ---- */

typedef struct Thing {
    int64_t id, n, at;
    const char *uuid, *text, *doc, *ip;
    bool flag;
    double real;
    Str raw;
    int64_t wait_s;
} Thing;

static const Field thing_cols[] = {
    INT(Thing, id, "id"),        INT(Thing, n, "n"),       TIME(Thing, at, "at"),        UUID(Thing, uuid, "uuid"),
    TEXT(Thing, text, "text"),   JSON(Thing, doc, "doc"),  INET(Thing, ip, "ip"),        BOOL(Thing, flag, "flag"),
    DOUBLE(Thing, real, "real"), BYTES(Thing, raw, "raw"), INT(Thing, wait_s, "wait_s"), END(Thing),
};

enum {
    S_INSERT,
    S_GET,
    S_COUNT,
    S_ADD,
    S_SLEEP,
    S_LOCK,
    S_WRONG,
    S_KILL,
    S_GET_UUID,
    S_MANY_UUID,
    S_GET_TEXT,
    S_MANY_TEXT,
    S_TOUCH,
    S_LATER,
    S_PARTS
};
static const StmtPart insert_sqlite[] = {
    { .sql = "INSERT INTO things (id, n, at, uuid, text, doc, ip, flag, real, raw) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)" }, { 0 }
};
static const StmtPart get_sqlite[] = { { .sql = "SELECT * FROM things WHERE id = $1" }, { 0 } };
static const StmtPart count_sqlite[] = { { .sql = "SELECT count(*) AS n FROM things" }, { 0 } };
static const StmtPart add_sqlite[] = { { .sql = "UPDATE things SET n = n + $1 WHERE id = $2" }, { 0 } };
static const StmtPart none_sqlite[] = { { .sql = "SELECT 1 AS n" }, { 0 } };
static const StmtPart get_uuid_sqlite[] = { { .sql = "SELECT uuid, id FROM things WHERE uuid = $1" }, { 0 } };
static const StmtPart get_text_sqlite[] = { { .sql = "SELECT text, id FROM things WHERE text = $1" }, { 0 } };
static const StmtPart touch_sqlite[] = { { .sql = "UPDATE things SET n = n + 1, at = $2, uuid = $3, flag = $4 WHERE text = $1 RETURNING text, id" },
                                         { 0 } };
static const char *const all_params[] = { "id", "n", "at", "uuid", "text", "doc", "ip", "flag", "real", "raw", NULL };
static const char *const id_params[] = { "id", NULL };
static const char *const add_params[] = { "n", "id", NULL };
static const char *const uuid_params[] = { "uuid", NULL };
static const char *const text_params[] = { "text", NULL };
static const StmtPart later_sqlite[] = { { .sql = "INSERT INTO things (id, n, text) VALUES ($1, $2, $3)" }, { 0 } };
static const StmtPart parts_sqlite[] = {
    { .sql = "INSERT INTO things (id) VALUES ($1)" },
    { .sql = "INSERT INTO things (id) VALUES ($1 + 1)", .when = 2 },
    { .sql = "INSERT INTO things (id) VALUES ($1 + 2)", .when = PART_THEN },
    { .sql = "INSERT INTO things (id) VALUES ($1 + 3)", .when = PART_THEN },
    { .sql = "INSERT INTO things (id) VALUES ($1 + 4)", .when = 3 },
    { .sql = "INSERT INTO things (id) VALUES ($1 + 5)" },
    { .sql = "INSERT INTO things (id) VALUES ($1 + 6)", .when = PART_THEN },
    { .sql = "UPDATE things SET n = 1 WHERE id = $1 + 1" },
    { .sql = "INSERT INTO things (id) VALUES ($1 + 7)", .when = PART_ELSE },
    { .sql = "INSERT INTO things (id) VALUES ($1 + 8)", .when = PART_THEN },
    { 0 },
};
static const char *const parts_params[] = { "id", "flag", "text", NULL };
static const char *const later_params[] = { "id", "n", "text", NULL };
static const char *const touch_params[] = { "text", "at", "uuid", "flag", NULL };
static const char *const no_params[] = { NULL };

static const Stmt stmts[] = {
    [S_INSERT] = { "insert",
                   "INSERT INTO public.things (id, n, at, uuid, text, doc, ip, flag, real, raw) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   insert_sqlite, all_params, 0, S_INSERT },
    [S_GET] = { "get", "SELECT * FROM public.things WHERE id = $1", get_sqlite, id_params, STMT_READ, S_GET },
    [S_COUNT] = { "count", "SELECT count(*) AS n FROM public.things", count_sqlite, no_params, STMT_READ, S_COUNT },
    [S_ADD] = { "add", "UPDATE public.things SET n = n + $1 WHERE id = $2", add_sqlite, add_params, 0, S_ADD },
    [S_SLEEP] = { "sleep", "SELECT 1 AS n FROM pg_sleep(30)", none_sqlite, no_params, STMT_READ, S_SLEEP },
    [S_LOCK] = { "lock", "SELECT n FROM public.things WHERE id = $1 FOR UPDATE", get_sqlite, id_params, 0, S_LOCK },
    [S_WRONG] = { "wrong", "SELECT no_such_column FROM public.things", none_sqlite, no_params, STMT_READ, S_WRONG },
    [S_KILL] = { "kill",
                 "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
                 none_sqlite, no_params, STMT_READ | STMT_SLOW, S_KILL },
    [S_GET_UUID] = { "get_uuid", "SELECT uuid, id FROM public.things WHERE uuid = $1", get_uuid_sqlite, uuid_params, STMT_READ, S_GET_UUID,
                     &stmts[S_MANY_UUID] },
    [S_MANY_UUID] = { "get_uuid_many", "SELECT uuid, id FROM public.things WHERE uuid = ANY($1)", NULL, uuid_params, STMT_READ | STMT_LISTS,
                      S_MANY_UUID },
    [S_GET_TEXT] = { "get_text", "SELECT text, id FROM public.things WHERE text = $1", get_text_sqlite, text_params, STMT_READ, S_GET_TEXT,
                     &stmts[S_MANY_TEXT] },
    [S_MANY_TEXT] = { "get_text_many", "SELECT text, id FROM public.things WHERE text = ANY($1)", NULL, text_params, STMT_READ | STMT_LISTS,
                      S_MANY_TEXT },
    [S_TOUCH] = { "touch",
                  "UPDATE public.things t SET n = t.n + 1 / (CASE WHEN l.flag THEN 0 ELSE 1 END), at = l.at, uuid = l.uuid, flag = l.flag"
                  " FROM unnest(CAST($1 AS text[]), CAST($2 AS timestamptz[]), CAST($3 AS uuid[]), CAST($4 AS boolean[])) AS l (text, at, uuid, flag)"
                  " WHERE t.text = l.text RETURNING t.text, t.id",
                  touch_sqlite, touch_params, STMT_LISTS, S_TOUCH },
    [S_LATER] = { "later", "INSERT INTO public.things (id, n, text) VALUES ($1, $2, $3)", later_sqlite, later_params, STMT_LATER, S_LATER },
    [S_PARTS] = { "parts", "SELECT 1", parts_sqlite, parts_params, 0, S_PARTS },
};

__attribute__((constructor)) static void use_stmts(void)
{
    store_use(stmts, COUNTOF(stmts), 2000); /* longer than PostgreSQL's deadlock_timeout */
}

static void make_things(TestStore *store)
{
    store_sql(store, NULL,
              store->postgres ? "CREATE TABLE public.things (id bigint CONSTRAINT things_pkey PRIMARY KEY, n integer, at timestamptz, uuid uuid,"
                                " text text, doc jsonb, ip inet, flag boolean, real double precision, raw bytea)"
                              : "CREATE TABLE things (id INTEGER NOT NULL PRIMARY KEY, n INTEGER, at INTEGER, uuid TEXT, text TEXT, doc TEXT,"
                                " ip TEXT, flag INTEGER, real REAL, raw BLOB) STRICT, WITHOUT ROWID");
}

static Err insert(Ctx *ctx, int64_t id)
{
    const Thing thing = { .id = id };

    return db_exec(db_auto(ctx), &stmts[S_INSERT], thing_cols, &thing, NULL);
}

static int64_t number_of(TestStore *store, int64_t id)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    const Thing key = { .id = id };
    Thing *thing;

    assert_ok(db_one(db_auto(&ctx), id == 0 ? &stmts[S_COUNT] : &stmts[S_GET], thing_cols, &key, thing_cols, &thing));
    return thing->n;
}

/* ---- values ---- */

STORE_TEST(every_kind_comes_back_as_it_went)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    const Thing in = { .id = 7,
                       .n = -5,
                       .at = 1700000000123456,
                       .uuid = "5f1c8f5e-6f2d-4d7e-9b59-0f6f5a3f7b11",
                       .text = "a\"b\\c\n{é}",
                       .doc = "{\"a\":[1,2.50,\" b : c , \\\" \"],\"z\":null}",
                       .ip = "2001:db8::1",
                       .flag = true,
                       .real = -1.25,
                       .raw = { "\0\x01\xff", 3 } };
    Thing *out;

    make_things(store);
    assert_ok(db_exec(db_auto(&ctx), &stmts[S_INSERT], thing_cols, &in, NULL));
    assert_ok(db_one(db_auto(&ctx), &stmts[S_GET], thing_cols, &in, thing_cols, &out));
    assert_int_equal(out->id, in.id);
    assert_int_equal(out->n, in.n);
    assert_int_equal(out->at, in.at);
    assert_string_equal(out->uuid, in.uuid);
    assert_string_equal(out->text, in.text);
    assert_string_equal(out->doc, in.doc);
    assert_string_equal(out->ip, in.ip);
    assert_true(out->flag);
    assert_true(out->real == in.real);
    assert_int_equal(out->raw.n, 3);
    assert_memory_equal(out->raw.p, in.raw.p, 3);
}

STORE_TEST(what_does_not_fit_leaves_no_statement_half_way)
{
    TEST_ARENA(arena);
    Arena *small CLEANUP(arena_freep) = arena_new(64 << 10, false);
    Ctx ctx = ctx_new(arena, store->db), tight = ctx_new(small, store->db);
    char *text = arena_alloc(arena, (100 << 10) + 1);
    const Thing in = { .id = 1, .n = 1, .text = text }, more = { .id = 1, .n = 41 };
    Query *query = ARENA_NEW(arena, Query);
    Thing *out;
    List rows;

    if (store->postgres) /* it has its rows in memory of its own */
        return;
    memset(text, 'x', 100 << 10);
    query->sql = buf_in(arena, 128);
    query->slow = true;
    buf_puts(&query->sql, "SELECT * FROM things");
    make_things(store);
    assert_ok(db_exec(db_auto(&ctx), &stmts[S_INSERT], thing_cols, &in, NULL));
    for (int i = 0; i < 3; i++) {
        assert_err(db_one(db_auto(&tight), &stmts[S_GET], thing_cols, &in, thing_cols, &out), E_NOMEM);
        assert_err(db_query(db_auto(&tight), query, thing_cols, 10, &rows), E_NOMEM);
    }
    assert_ok(db_exec(db_auto(&ctx), &stmts[S_ADD], thing_cols, &more, NULL));
    assert_ok(db_one(db_auto(&ctx), &stmts[S_GET], thing_cols, &in, thing_cols, &out));
    assert_int_equal(out->n, 42); /* no old snapshot is held */
    assert_ok(db_query(db_auto(&ctx), query, thing_cols, 10, &rows));
    assert_int_equal(rows.n, 1);
}

/* `n` of the row, under one of 30 names of a query's own text, asked for with values of two kinds; 0 where the table of fields does not know the
 * name. */
static int64_t query_n(Ctx *ctx, const TestStore *store, int name, const Field *cols, FieldKind kind)
{
    Query *query = ARENA_NEW(ctx->arena, Query);
    List rows;

    query->sql = buf_in(ctx->arena, 256);
    buf_puts(&query->sql, "SELECT n + CAST(");
    query_value(ctx->arena, query, (Value){ .kind = kind, .number = name, .real = name });
    buf_printf(&query->sql, " AS bigint) AS n, %d AS name%d FROM %sthings", name, name, store->postgres ? "public." : "");
    query->steady = true;
    assert_ok(db_query(db_auto(ctx), query, cols, 1, &rows));
    assert_int_equal(rows.n, 1);
    return cols == thing_cols ? ((const Thing *)rows.v[0])->n : ((const Thing *)rows.v[0])->at;
}

STORE_TEST(built_statements_are_kept_apart)
{
    static const Field other_cols[] = { INT(Thing, at, "n"), END(Thing) };
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);

    make_things(store);
    assert_ok(insert(&ctx, 1));
    for (int round = 0; round < 3; round++)
        for (int name = 0; name < 30; name++) {
            const int64_t n = query_n(&ctx, store, 0, thing_cols, F_INT) + name;

            assert_int_equal(query_n(&ctx, store, name, round == 1 ? other_cols : thing_cols, F_INT), n);
            assert_int_equal(query_n(&ctx, store, name, other_cols, F_INT), n); /* the same text, another table, other kinds */
            assert_int_equal(query_n(&ctx, store, name, thing_cols, F_DOUBLE), n);
        }
}

STORE_TEST(parts_of_a_statement_are_run_as_they_say)
{
    static const struct {
        Thing thing;
        int64_t rows;
    } cases[] = {
        { { .id = 10 }, 5 },
        { { .id = 20, .flag = true }, 6 },
        { { .id = 30, .text = "" }, 6 },
        { { .id = 40, .flag = true, .text = "text" }, 7 },
    };
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    int64_t all = 0;

    if (store->postgres) /* it has one statement for all */
        return;
    make_things(store);
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < COUNTOF(cases); i++) {
            const Thing thing = { .id = cases[i].thing.id + (int64_t)round * 100, .flag = cases[i].thing.flag, .text = cases[i].thing.text };

            assert_ok(db_exec(db_auto(&ctx), &stmts[S_PARTS], thing_cols, &thing, NULL));
            all += cases[i].rows;
            assert_int_equal(number_of(store, 0), all);
        }
}

STORE_TEST(nulls_come_back_as_nulls)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    const Thing in = { .id = 1 };
    Thing *out;

    make_things(store);
    assert_ok(insert(&ctx, 1));
    assert_ok(db_one(db_auto(&ctx), &stmts[S_GET], thing_cols, &in, thing_cols, &out));
    assert_null(out->uuid);
    assert_null(out->text);
    assert_null(out->doc);
    assert_null(out->ip);
    assert_null(out->raw.p);
    assert_int_equal(out->at, 0);
}

STORE_TEST(a_row_that_is_not_there)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    const Thing key = { .id = 1 };
    Thing *out = NULL;
    int64_t changed = -1;

    make_things(store);
    assert_err(db_one(db_auto(&ctx), &stmts[S_GET], thing_cols, &key, thing_cols, &out), E_NO_ROW);
    assert_null(out);
    assert_ok(db_exec(db_auto(&ctx), &stmts[S_ADD], thing_cols, &key, &changed));
    assert_int_equal(changed, 0);
    assert_ok(db_ping(&ctx));
}

/* ---- many at once ---- */

typedef struct Task {
    TestStore *store;
    int64_t id;
    Err err;
    int64_t n, ms;
} Task;

static Task *tasks_new(Arena *arena, TestStore *store, size_t n)
{
    Task *tasks = ARENA_ARRAY(arena, Task, n);

    for (size_t i = 0; i < n; i++)
        tasks[i] = (Task){ .store = store, .id = (int64_t)i + 1 };
    return tasks;
}

static void insert_and_get(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);
    const Thing key = { .id = task->id };
    Thing *out;

    task->err = insert(&ctx, task->id);
    for (int i = 0; i < 3 && task->err == OK; i++) {
        task->err = db_one(db_auto(&ctx), &stmts[S_GET], thing_cols, &key, thing_cols, &out);
        if (task->err == OK && out->id != task->id)
            task->err = E_INTERNAL;
    }
}

/* ---- slow queries ---- */

static void list_numbers(void *arg)
{
    Task *task = arg;
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, task->store->db);

    for (int n = 1; n <= 30000 && task->err == OK; n *= 10) {
        Query *query = ARENA_NEW(arena, Query);
        List rows = { 0 };

        query->sql = buf_in(arena, 256);
        query->slow = query->brief = true;
        buf_puts(&query->sql, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < CAST(");
        query_value(arena, query, (Value){ .kind = F_INT, .number = n });
        buf_puts(&query->sql, " AS bigint)) SELECT n FROM c");
        task->err = db_query(db_auto(&ctx), query, thing_cols, SIZE_MAX, &rows);
        if (task->err == OK && (rows.n != (size_t)n || ((const Thing *)rows.v[0])->n != 1 || ((const Thing *)rows.v[n - 1])->n != n))
            task->err = E_INTERNAL;
    }
}

STORE_TEST(what_is_not_as_brief_as_it_said_gives_each_row_once)
{
    Task tasks[4];

    for (size_t i = 0; i < COUNTOF(tasks); i++)
        tasks[i] = (Task){ .store = store };
    store_fibers(store, COUNTOF(tasks), list_numbers, tasks, sizeof(*tasks));
    for (size_t i = 0; i < COUNTOF(tasks); i++)
        assert_ok(tasks[i].err);
}

STORE_TEST(fibers_get_their_own_rows)
{
    TEST_ARENA(arena);
    Task *tasks = tasks_new(arena, store, 300);

    make_things(store);
    store_fibers(store, 300, insert_and_get, tasks, sizeof(*tasks));
    for (size_t i = 0; i < 300; i++)
        assert_ok(tasks[i].err);
    assert_int_equal(number_of(store, 0), 300);
}

static void insert_one_of_ten(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);

    task->err = insert(&ctx, task->id % 10);
}

STORE_TEST(a_refused_write_spoils_no_other_of_its_batch)
{
    TEST_ARENA(arena);
    Task *tasks = tasks_new(arena, store, 100);
    static const UniqueRow rows[] = { { "things_pkey", E_ID_TAKEN } };
    size_t taken = 0;

    db_unique_table(rows, COUNTOF(rows));
    make_things(store);
    store_fibers(store, 100, insert_one_of_ten, tasks, sizeof(*tasks));
    for (size_t i = 0; i < 100; i++) {
        assert_true(tasks[i].err == OK || tasks[i].err == E_ID_TAKEN);
        taken += tasks[i].err == E_ID_TAKEN;
    }
    assert_int_equal(taken, 90);
    assert_int_equal(number_of(store, 0), 10);
}

/* After so many fibers at once, in a table of one row. */
static Task *tasks_beside_one(Arena *arena, TestStore *store, unsigned n, void (*fn)(void *arg))
{
    Ctx ctx = ctx_new(arena, store->db);
    Task *tasks = tasks_new(arena, store, n);

    make_things(store);
    assert_ok(insert(&ctx, 1));
    store_fibers(store, n, fn, tasks, sizeof(*tasks));
    return tasks;
}

static void wrong_or_right(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);
    const Thing key = { .id = 1 };
    Thing *out;

    task->err = db_one(db_auto(&ctx), &stmts[task->id % 5 == 0 ? S_WRONG : S_GET], thing_cols, &key, thing_cols, &out);
}

STORE_TEST(a_refused_read_spoils_no_other_of_its_batch)
{
    TEST_ARENA(arena);
    Task *tasks = tasks_beside_one(arena, store, 60, wrong_or_right);

    for (size_t i = 0; i < 60; i++)
        assert_int_equal(tasks[i].err, store->postgres && tasks[i].id % 5 == 0 ? E_DB : OK);
}

/* More texts than a connection keeps, some of which the server refuses, beside each other. */
static void kept_or_wrong(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);
    const bool wrong = task->id % 5 == 0;

    for (int i = 0; i < 10 && task->err == OK; i++) {
        const int number = (int)task->id + 60 * i;
        Query *query = ARENA_NEW(arena, Query);
        List rows = { 0 };
        Err err;

        query->sql = buf_in(arena, 256);
        query->steady = true;
        buf_printf(&query->sql, "SELECT n + %d / (n - n + %d) AS n FROM %sthings", number, wrong ? 0 : 1, task->store->postgres ? "public." : "");
        err = db_query(db_auto(&ctx), query, thing_cols, 1, &rows);
        if (wrong)
            task->err = err == (task->store->postgres ? E_DB : OK) ? OK : E_INTERNAL;
        else
            task->err = err == OK && ((const Thing *)rows.v[0])->n != number ? E_INTERNAL : err;
    }
}

STORE_TEST(a_refused_query_spoils_no_other_that_is_kept)
{
    TEST_ARENA(arena);
    Task *tasks = tasks_beside_one(arena, store, 60, kept_or_wrong);

    for (size_t i = 0; i < 60; i++)
        assert_ok(tasks[i].err);
}

/* Every kind of key beside the others: there, asked for twice, not there, and such as go alone. */
static void get_by_key(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);
    const int64_t id = task->id % 40; /* those from 30 on are not there */
    const Thing key = { .uuid = arena_printf(arena, "5f1c8f5e-6f2d-4d7e-9b59-0f6f5a3f7b%02d", (int)id),
                        .text = arena_printf(arena, id % 2 == 0 ? "say \"%d\"" : "a\\{%d},", (int)id) };
    Thing *out;

    for (int i = 0; i < 3 && task->err == OK; i++) {
        task->err = db_one(db_auto(&ctx), &stmts[task->id % 2 == 0 ? S_GET_UUID : S_GET_TEXT], thing_cols, &key, thing_cols, &out);
        if (task->err == E_NO_ROW && id >= 30)
            task->err = OK;
        else if (task->err == OK && out->id != id)
            task->err = E_INTERNAL;
    }
}

STORE_TEST(reads_by_key_get_their_own_rows)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    Task *tasks = tasks_new(arena, store, 300);

    make_things(store);
    for (int id = 0; id < 30; id++) {
        const Thing thing = { .id = id,
                              .uuid = arena_printf(arena, "5f1c8f5e-6f2d-4d7e-9b59-0f6f5a3f7b%02d", id),
                              .text = arena_printf(arena, id % 2 == 0 ? "say \"%d\"" : "a\\{%d},", id) };

        assert_ok(db_exec(db_auto(&ctx), &stmts[S_INSERT], thing_cols, &thing, NULL));
    }
    store_fibers(store, 300, get_by_key, tasks, sizeof(*tasks));
    for (size_t i = 0; i < 300; i++)
        assert_ok(tasks[i].err);
}

/* Of each ten the tenth finds nothing, the fifth is refused; every other text is written to twice. */
static void touch(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);
    const int64_t id = (task->id + 1) / 2;
    const Thing in = { .text = arena_printf(arena, "text\"%lld", (long long)id),
                       .at = id * 1000000,
                       .uuid = id % 2 == 0 ? NULL : arena_printf(arena, "5f1c8f5e-6f2d-4d7e-9b59-%012lld", (long long)id),
                       .flag = id % 10 == 5 };
    Thing *out;

    task->err = db_one(db_auto(&ctx), &stmts[S_TOUCH], thing_cols, &in, thing_cols, &out);
    if (task->err == OK && out->id != id)
        task->err = E_INTERNAL;
}

STORE_TEST(writes_by_key_that_go_together_do_each_its_own)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    Task *tasks = tasks_new(arena, store, 200);
    Thing *out;

    make_things(store);
    for (int64_t id = 1; id <= 100; id++)
        assert_ok(db_exec(db_auto(&ctx), &stmts[S_INSERT], thing_cols,
                          &(Thing){ .id = id, .n = 1, .text = id % 10 == 0 ? "x" : arena_printf(arena, "text\"%lld", (long long)id) }, NULL));
    store_fibers(store, 200, touch, tasks, sizeof(*tasks));
    for (size_t i = 0; i < 200; i++) {
        const int64_t id = (int64_t)i / 2 + 1;
        const bool refused = store->postgres && id % 10 == 5;

        assert_int_equal(tasks[i].err, id % 10 == 0 ? E_NO_ROW : refused ? E_DB : OK);
        assert_ok(db_one(db_auto(&ctx), &stmts[S_GET], thing_cols, &(Thing){ .id = id }, thing_cols, &out));
        if (id % 10 == 5)
            continue;
        assert_int_equal(out->n, id % 10 == 0 ? 1 : 3);
        assert_int_equal(out->at, id % 10 == 0 ? 0 : id * 1000000);
        assert_int_equal(out->uuid != NULL, id % 2 == 1);
    }
}

/* ---- transactions ---- */

static Err add_in(Tx *tx, int64_t id, int64_t n)
{
    const Thing thing = { .id = id, .n = n };

    return db_exec(tx, &stmts[S_ADD], thing_cols, &thing, NULL);
}

static Err add_and_fail(Tx *tx, void *arg)
{
    (void)arg;
    TRY(add_in(tx, 1, 5));
    return E_FORBIDDEN_COMBO;
}

/* What is near is a transaction only where that costs nothing. */
STORE_TEST(an_error_undoes_the_transaction)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);

    make_things(store);
    assert_ok(insert(&ctx, 1));
    assert_err(tx_run(&ctx, add_and_fail, NULL), E_FORBIDDEN_COMBO);
    assert_int_equal(number_of(store, 1), 0);
    assert_err(tx_near(&ctx, add_and_fail, NULL), E_FORBIDDEN_COMBO);
    assert_int_equal(number_of(store, 1), store->postgres ? 5 : 0);
}

/* Inserts from `first` to before `end` without waiting; then reads, or ends with an error. */
typedef struct Late {
    int64_t first, end;
    bool reads;
    Err err;
    int *runs; /* or NULL: counts them */
} Late;

static Err insert_late(Tx *tx, int64_t id)
{
    char text[32];
    const Thing thing = { .id = id, .n = 1, .text = text };

    snprintf(text, sizeof(text), "thing %lld", (long long)id);
    return db_exec(tx, &stmts[S_LATER], thing_cols, &thing, NULL);
}

static Err do_late(Tx *tx, void *arg)
{
    const Late *late = arg;
    Thing *out;

    if (late->runs != NULL)
        ++*late->runs;
    for (int64_t id = late->first; id < late->end; id++)
        TRY(insert_late(tx, id));
    if (late->reads)
        TRY(db_one(tx, &stmts[S_GET], thing_cols, &(Thing){ .id = late->end - 1 }, thing_cols, &out));
    return late->err;
}

STORE_TEST(what_is_not_waited_for_fails_with_its_transaction)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    static const UniqueRow rows[] = { { "things_pkey", E_ID_TAKEN } };
    const struct {
        Late late;
        Err err;
    } cases[] = {
        { { 1, 2 }, OK },         /* nobody has described it yet */
        { { 0, 2 }, E_ID_TAKEN }, /* found out by the commit */
        { { 1, 3, true }, E_ID_TAKEN },
        { { 2, 3, false, E_FORBIDDEN_COMBO }, E_FORBIDDEN_COMBO },
        { { 2, 3, true, E_FORBIDDEN_COMBO }, E_FORBIDDEN_COMBO },
        { { 2, 42 }, OK }, /* more than are on their way at once */
        { { 42, 82, true }, OK },
        { { 81, 122 }, E_ID_TAKEN },
    };
    int runs = 0, again = 0;

    db_unique_table(rows, COUNTOF(rows));
    make_things(store);
    for (size_t i = 0; i < COUNTOF(cases); i++)
        assert_int_equal(tx_run(&ctx, do_late, (void *)(uintptr_t)&cases[i].late), cases[i].err);
    assert_int_equal(number_of(store, 0), 81);
    assert_err(tx_run(&ctx, do_late, &(Late){ 90, 91, .err = E_DB_LOST, .runs = &runs }), E_DB_LOST);
    assert_int_equal(runs, store->postgres ? 5 : 1); /* SQLite has no connection to lose */
    assert_err(tx_run(&ctx, do_late, &(Late){ 90, 91, .err = E_DB_RETRY, .runs = &again }), E_DB_RETRY);
    assert_int_equal(again, 5);
    assert_ok(tx_run(&ctx, do_late, &(Late){ 90, 91 }));
    assert_int_equal(number_of(store, 0), 82);
}

/* A transaction that could wait for a minute, and one that does not wait. */
typedef struct Shared {
    TestStore *store;
    bool hurries;
    _Atomic bool *ran;
    bool waited; /* it had not run when the other came */
    Err err;
} Shared;

static Err add_and_tell(Tx *tx, void *arg)
{
    atomic_store((_Atomic bool *)arg, true);
    return add_in(tx, 1, 1);
}

static void write_shared(void *arg)
{
    Shared *shared = arg;
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, shared->store->db);

    ctx.patience = shared->hurries ? 0 : 60 * US_PER_S;
    if (!shared->hurries) {
        shared->err = tx_run(&ctx, add_and_tell, (void *)shared->ran);
        return;
    }
    shared->err = fiber_sleep(20);
    shared->waited = !atomic_load(shared->ran);
    for (int64_t id = 2; shared->err == OK && !atomic_load(shared->ran); id++) /* it may not have come yet */
        shared->err = insert(&ctx, id);
}

STORE_TEST(a_patient_transaction_goes_with_the_next_one)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    _Atomic bool ran = false;
    Shared tasks[] = { { .store = store, .ran = &ran }, { .store = store, .hurries = true, .ran = &ran } };

    make_things(store);
    assert_ok(insert(&ctx, 1));
    store_fibers(store, COUNTOF(tasks), write_shared, tasks, sizeof(*tasks));
    assert_ok(tasks[0].err);
    assert_ok(tasks[1].err);
    assert_true(store->postgres || tasks[1].waited);
    ctx.patience = 1000; /* nobody comes */
    assert_ok(tx_run(&ctx, add_and_tell, (void *)&ran));
    assert_int_equal(number_of(store, 1), 2);
}

/* More pages than the writer keeps in memory: some are in the log before the end. */
static Err write_much_and_fail(Tx *tx, void *arg)
{
    char *text = arena_alloc(tx_ctx(tx)->arena, 40001);
    struct stat log;

    memset(text, 'x', 40000);
    for (int64_t id = 100; id < 1100; id++)
        TRY(db_exec(tx, &stmts[S_LATER], thing_cols, &(Thing){ .id = id, .text = text }, NULL));
    assert_int_equal(stat(arg, &log), 0);
    return log.st_size > 6000000 ? E_FORBIDDEN_COMBO : E_INTERNAL;
}

STORE_TEST(a_large_transaction_is_not_in_memory_whole)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);

    if (store->postgres) /* it has a log of its own */
        return;
    make_things(store);
    assert_ok(insert(&ctx, 1));
    assert_err(tx_run(&ctx, write_much_and_fail, arena_printf(arena, "%s-wal", store->url + strlen("sqlite:"))), E_FORBIDDEN_COMBO);
    store_sql(store, NULL, "PRAGMA wal_autocheckpoint = 0; INSERT INTO things (id, raw) VALUES (2, zeroblob(20000000))");
    assert_ok(insert(&ctx, 3));
    assert_string_equal(store_sql(store, arena, "PRAGMA integrity_check"), "ok");
    assert_string_equal(store_sql(store, arena, "SELECT group_concat(id) FROM things"), "1,2,3");
}

/* A log of its own, as SQLite opens one. */
static sqlite3_file *open_log(const TestStore *store, Arena *arena)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("hecate");
    sqlite3_file *file = arena_alloc(arena, (size_t)vfs->szOsFile);
    const char *path = arena_printf(arena, "%s-test", store->url + strlen("sqlite:"));

    assert_int_equal(vfs->xOpen(vfs, path, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL, NULL), SQLITE_OK);
    return file;
}

STORE_TEST(what_a_log_could_not_write_fails_its_sync)
{
    TEST_ARENA(arena);
    sqlite3_file *file;
    struct rlimit before, none;
    char bytes[100] = { 0 };

    if (store->postgres)
        return;
    file = open_log(store, arena);
    getrlimit(RLIMIT_FSIZE, &before);
    none = (struct rlimit){ 10, before.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(file->pMethods->xWrite(file, bytes, sizeof(bytes), 0), SQLITE_OK);
    setrlimit(RLIMIT_FSIZE, &none);
    assert_int_not_equal(file->pMethods->xRead(file, bytes, sizeof(bytes), 0), SQLITE_OK);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_not_equal(file->pMethods->xRead(file, bytes, sizeof(bytes), 0), SQLITE_OK);
    assert_int_not_equal(file->pMethods->xWrite(file, bytes, sizeof(bytes), sizeof(bytes)), SQLITE_OK);
    assert_int_not_equal(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(file->pMethods->xClose(file), SQLITE_OK);
    unlink(arena_printf(arena, "%s-test", store->url + strlen("sqlite:")));
}

STORE_TEST(what_a_log_did_not_sync_is_not_written_at_its_end)
{
    TEST_ARENA(arena);
    const char *path = arena_printf(arena, "%s-test", store->url + strlen("sqlite:"));
    sqlite3_file *file;
    struct stat log;

    if (store->postgres)
        return;
    file = open_log(store, arena);
    assert_int_equal(file->pMethods->xWrite(file, path, 1, 0), SQLITE_OK);
    assert_int_equal(file->pMethods->xClose(file), SQLITE_OK);
    assert_int_equal(stat(path, &log), 0);
    assert_int_equal(log.st_size, 0);
    unlink(path);
}

static Err fill_arena(Tx *tx, void *arg)
{
    (void)arg;
    TRY(add_in(tx, 1, 5));
    for (int i = 0; i < 1000; i++)
        arena_alloc(tx_ctx(tx)->arena, 100000);
    return OK;
}

STORE_TEST(a_full_arena_undoes_the_transaction)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);
    Ctx ctx = ctx_new(arena, store->db);

    make_things(store);
    assert_ok(insert(&ctx, 1));
    assert_err(tx_run(&ctx, fill_arena, NULL), E_NOMEM);
    assert_int_equal(number_of(store, 1), 0);
    assert_ok(db_ping(&ctx));
}

/* Of five transactions that change the same row one fails at its end, one fills its memory, and one has a script that fails. */
static Err add_or_fail(Tx *tx, void *arg)
{
    const Task *task = arg;

    TRY(add_in(tx, 1, 1));
    switch (task->id % 5) {
    case 0:
        return E_FORBIDDEN_COMBO;
    case 1:
        return fill_arena(tx, NULL);
    case 2:
        TRY(db_script(tx, "CREATE TABLE spoiled (id bigint)"));
        return E_FORBIDDEN_COMBO;
    default:
        return OK;
    }
}

static void run_add_or_fail(void *arg)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);

    task->err = tx_run(&ctx, add_or_fail, task);
}

STORE_TEST(transactions_that_fail_spoil_no_other_of_their_batch)
{
    static const Err wanted[] = { E_FORBIDDEN_COMBO, E_NOMEM, E_FORBIDDEN_COMBO, OK, OK };
    TEST_ARENA(arena);
    Task *tasks = tasks_beside_one(arena, store, 100, run_add_or_fail);

    for (size_t i = 0; i < 100; i++)
        assert_int_equal(tasks[i].err, wanted[tasks[i].id % 5]);
    assert_int_equal(number_of(store, 1), 40);
    store_sql(store, NULL, "CREATE TABLE spoiled (id bigint)");
}

/* Each half takes the rows in another order. */
static Err add_crosswise(Tx *tx, void *arg)
{
    const Task *task = arg;
    const bool up = task->id % 2 == 0;

    TRY(add_in(tx, up ? 1 : 2, 1));
    usleep(20000); /* on a thread of the driver's, never on a loop */
    return add_in(tx, up ? 2 : 1, 1);
}

static void cross(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);

    task->err = tx_run(&ctx, add_crosswise, task);
}

STORE_TEST(deadlocks_are_run_again)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    Task *tasks = tasks_new(arena, store, 4);
    int64_t done = 0;

    make_things(store);
    assert_ok(insert(&ctx, 1));
    assert_ok(insert(&ctx, 2));
    store_fibers(store, 4, cross, tasks, sizeof(*tasks));
    for (size_t i = 0; i < 4; i++) {
        assert_true(tasks[i].err == OK || tasks[i].err == E_DB_RETRY || tasks[i].err == E_TIMEOUT);
        done += tasks[i].err == OK;
    }
    assert_true(done > 0);
    assert_int_equal(number_of(store, 1), done);
    assert_int_equal(number_of(store, 2), done);
}

static Err lock_and_wait(Tx *tx, void *arg)
{
    const Thing key = { .id = 1 };
    Thing *out;

    (void)arg;
    TRY(db_one(tx, &stmts[S_LOCK], thing_cols, &key, thing_cols, &out));
    usleep(1000000);
    return OK;
}

/* The first holds a row for a second, the second writes it alone, the others write another row. */
static void hold_or_write(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);
    const Thing thing = { .id = task->id == 2 ? 1 : 2, .n = 1 };

    if (task->id == 1)
        task->err = tx_run(&ctx, lock_and_wait, NULL);
    else if ((task->err = fiber_sleep(50)) == OK)
        task->err = db_exec(db_auto(&ctx), &stmts[S_ADD], thing_cols, &thing, NULL);
    task->ms = clock_mono_ms();
}

STORE_TEST(a_locked_row_does_not_hold_up_the_writer)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    Task *tasks = tasks_new(arena, store, 10);

    make_things(store);
    assert_ok(insert(&ctx, 1));
    assert_ok(insert(&ctx, 2));
    store_fibers(store, 10, hold_or_write, tasks, sizeof(*tasks));
    for (size_t i = 0; i < 10; i++)
        assert_ok(tasks[i].err);
    assert_int_equal(number_of(store, 1), 1);
    assert_int_equal(number_of(store, 2), 8);
    for (size_t i = 2; i < 10 && store->postgres; i++)
        assert_true(tasks[i].ms < tasks[0].ms);
}

/* ---- time and loss ---- */

static void sleep_long(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);
    const Thing key = { .id = 1 };
    Thing *out;

    task->err = db_one(db_auto(&ctx), &stmts[S_SLEEP], thing_cols, &key, thing_cols, &out);
}

STORE_TEST(a_statement_ends_in_time)
{
    TEST_ARENA(arena);
    Task *tasks = tasks_new(arena, store, 1);
    const int64_t begun = clock_mono_ms();

    store_fibers(store, 1, sleep_long, tasks, sizeof(*tasks));
    sleep_long(&tasks[0]);
    assert_int_equal(tasks[0].err, store->postgres ? E_TIMEOUT : OK);
    assert_true(clock_mono_ms() - begun < LIMIT_MS(7000));
}

/* Every tenth kills all other connections; reads and idle writers must not notice. Nobody writes before the last kill: a write that was under way is
 * lost. */
static _Atomic bool kills_over;

static void read_and_kill(void *arg)
{
    TEST_ARENA(arena);
    Task *task = arg;
    Ctx ctx = ctx_new(arena, task->store->db);
    const Thing key = { .id = 1 };
    Thing *out;

    for (int i = 0; i < 20 && task->err == OK; i++) {
        const bool kill = task->id == 1 && i % 5 == 4;

        task->err = db_one(db_auto(&ctx), &stmts[kill ? S_KILL : S_GET], thing_cols, &key, thing_cols, &out);
        if (task->err == OK)
            task->err = fiber_sleep(10);
    }
    if (task->id == 1)
        atomic_store(&kills_over, true);
    while (task->err == OK && !atomic_load(&kills_over))
        task->err = fiber_sleep(10);
    if (task->err == OK)
        task->err = add_in(db_auto(&ctx), 1, 1);
}

STORE_TEST(killed_connections_cost_no_read)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    Task *tasks = tasks_new(arena, store, 20);

    make_things(store);
    assert_ok(insert(&ctx, 1));
    atomic_store(&kills_over, false);
    store_fibers(store, 20, read_and_kill, tasks, sizeof(*tasks));
    for (size_t i = 0; i < 20; i++)
        assert_ok(tasks[i].err);
    assert_int_equal(number_of(store, 1), 20);
}

static unsigned n_answers;

static void count_answer(Item *item)
{
    (void)item;
    n_answers++;
}

/* One was described, and would run next; the connection ends before its batch does. */
TEST(a_lost_connection_ends_the_statements_of_its_transaction)
{
    Db db = { .config.wait_ms = 1000 };
    Pipe pipe;
    Item bound = { .bound = true, .write = true }, free_one = { .write = true }, sync = { .sync = true };

    n_answers = 0;
    pipe_init(&pipe, &db, 1, count_answer);
    queue_add(&pipe.again, &bound);
    queue_add(&pipe.again, &free_one);
    queue_add(&pipe.sent, &sync);
    pipe_lost(&pipe);
    assert_int_equal(n_answers, 1);
    assert_err(bound.err, E_DB_LOST);
    assert_ptr_equal(pipe.waiting.first, &free_one);
    assert_null(free_one.next);
}

TEST(an_url_of_nothing_is_refused_with_a_reason)
{
    Buf why CLEANUP(buf_free) = buf_heap(1024);
    const DbConfig config = { .url = "postgres://nobody@127.0.0.1:1/none", .stmts = stmts, .n_stmts = COUNTOF(stmts) };
    Db *db = NULL;

    assert_err(db_open(&config, &why, &db), E_DB);
    assert_null(db);
    assert_true(why.len > 0);
    assert_null(memchr(why.data, '\n', why.len));
}
