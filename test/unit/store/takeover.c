/* takeover.c: which schema auth is served, which is refused, against a catalogue that the test makes up. */
#include "store/takeover.h"

#include "db/db.h"
#include "store/auth_versions.h"
#include "test.h"

/* What the imitated database holds; a list is empty at first. */
static struct {
    bool sqlite;
    const char *tables[4], *without_version, *more_version, *without_column, *migration;
} world;

bool db_is_postgres(const Db *db)
{
    (void)db;
    return !world.sqlite;
}

Tx *db_auto(Ctx *ctx)
{
    return (Tx *)(void *)ctx;
}

/* A row is one pointer to text. */
static void add(Tx *tx, List *list, const char *name, const char *without)
{
    Ctx *ctx = (Ctx *)(void *)tx;
    const char **row = ARENA_NEW(ctx->arena, const char *);

    if (name == NULL || text_eq(name, without))
        return;
    *row = name;
    list_add(ctx->arena, list, row);
}

static void add_columns(Tx *tx, List *list)
{
    Ctx *ctx = (Ctx *)(void *)tx;

    for (size_t i = 0; i < COUNTOF(auth_used); i++)
        for (Str left = str_of(auth_used[i].columns); left.n > 0;) {
            const Str column = str_cut(&left, ' ');

            add(tx, list, arena_printf(ctx->arena, "%s.%.*s", auth_used[i].table, (int)column.n, column.p), world.without_column);
        }
}

Err db_query(Tx *tx, const Query *query, const Field *cols, size_t max, List *ret)
{
    const char *sql = str_dup(((Ctx *)(void *)tx)->arena, buf_view(&query->sql));

    (void)cols, (void)max;
    if (strstr(sql, "FROM pg_attribute") != NULL)
        add_columns(tx, ret);
    else if (strstr(sql, "FROM pg_class") != NULL)
        for (size_t i = 0; i < COUNTOF(world.tables); i++)
            add(tx, ret, world.tables[i], NULL);
    else if (strstr(sql, "FROM auth.schema_migrations") != NULL) {
        add(tx, ret, world.more_version, NULL);
        for (size_t i = 0; i < COUNTOF(auth_versions); i++)
            add(tx, ret, auth_versions[i], world.without_version);
    } else if (strstr(sql, "FROM hecate.migrations") != NULL)
        add(tx, ret, world.migration, NULL);
    else
        return E_DB;
    return OK;
}

static Err check(Arena *arena, bool *has_auth, char **why)
{
    Ctx ctx = ctx_new(arena, NULL);
    Buf line = buf_in(arena, 4096);
    const Err err = store_takeover_check(&ctx, has_auth, &line);

    assert_ok(buf_text(&line, why));
    return err;
}

#define SERVED(expected)                          \
    do {                                          \
        TEST_ARENA(arena);                        \
        bool has_auth = !(expected);              \
        char *why;                                \
        assert_ok(check(arena, &has_auth, &why)); \
        assert_int_equal(has_auth, (expected));   \
        assert_string_equal(why, "");             \
    } while (0)

static void world_of_another(void)
{
    memset(&world, 0, sizeof(world));
    world.tables[0] = "auth.users";
    world.tables[1] = "auth.schema_migrations";
}

TEST(takeover_of_nothing)
{
    memset(&world, 0, sizeof(world));
    SERVED(false);
    world.sqlite = true;
    world.tables[0] = "auth.users";
    SERVED(false);
}

TEST(takeover_tells_own_schema_from_others)
{
    world_of_another();
    SERVED(true);
    world.tables[2] = "hecate.migrations";
    SERVED(true);
    world.migration = "0001_auth";
    SERVED(false);
}

TEST(takeover_serves_newer_and_passes_over_ancient_versions)
{
    world_of_another();
    world.more_version = "20991231000000";
    SERVED(true);
    world.more_version = "20171026211738";
    SERVED(true);
}

TEST(takeover_refuses_older_schema_by_name)
{
    TEST_ARENA(arena);
    bool has_auth = true;
    char *why;

    world_of_another();
    world.without_version = "20260302000000";
    assert_err(check(arena, &has_auth, &why), E_CONFIG);
    assert_non_null(strstr(why, "missing versions: 20260302000000"));
    assert_null(strchr(why, '\n'));
    assert_true(has_auth);
}

TEST(takeover_refuses_schema_without_versions)
{
    TEST_ARENA(arena);
    bool has_auth;
    char *why;

    world_of_another();
    world.tables[1] = NULL;
    assert_err(check(arena, &has_auth, &why), E_CONFIG);
    assert_non_null(strstr(why, "shows no version"));
}

TEST(takeover_refuses_schema_without_a_used_column)
{
    TEST_ARENA(arena);
    bool has_auth;
    char *why;

    world_of_another();
    world.without_column = "users.is_anonymous";
    assert_err(check(arena, &has_auth, &why), E_CONFIG);
    assert_non_null(strstr(why, "missing columns: users.is_anonymous"));
}
