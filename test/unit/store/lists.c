/* lists.c: deep pages and counts of a large directory by the kept counts, against a plain scan, while users are made, changed and deleted; and
 * searches for long parts of texts. */
#include "store/store.h"
#include "stores.h"

enum { BULK = 12500, ROUNDS = 30, PAGE = 7 };
#define SOME_TIME ((int64_t)1700000000 * 1000000)
#define DAY ((int64_t)86400 * 1000000)

/* A third a user each half minute, a third within three seconds, each two at once, and a third over eighty years; some of another audience or
 * deleted. */
#define BULK_TIME "CASE i %% 3 WHEN 0 THEN i * 30000000 WHEN 1 THEN i / 6 * 750 ELSE (i * 7919 %% 29200 - 22000) * 86400000000 END + 1700000000000000"

static const char bulk_pg[] =
    "INSERT INTO auth.users (id, aud, created_at, updated_at, deleted_at)"
    " SELECT CAST(lpad(to_hex(i * 2654435761 %% 4294967296), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(i), 12, '0') AS uuid),"
    " CASE WHEN i %% 13 = 0 THEN 'other' ELSE 'authenticated' END, at, at, CASE WHEN i %% 11 = 0 THEN at END"
    " FROM (SELECT i, timestamptz 'epoch' + (" BULK_TIME ") * interval '1 microsecond' AS at FROM generate_series(CAST(0 AS bigint), %d) i) x";
static const char bulk_sqlite[] =
    "INSERT INTO auth_users (id, aud, created_at, updated_at, deleted_at)"
    " WITH RECURSIVE s (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < %d)"
    " SELECT printf('%%08x-0000-4000-8000-%%012x', i * 2654435761 %% 4294967296, i), iif(i %% 13 = 0, 'other', 'authenticated'), at, at,"
    " iif(i %% 11 = 0, at, NULL) FROM (SELECT i, " BULK_TIME " AS at FROM s)";

typedef struct Chance {
    uint64_t state;
} Chance;

static int64_t below(Chance *chance, int64_t n)
{
    chance->state = chance->state * 6364136223846793005 + 1442695040888963407;
    return (int64_t)((chance->state >> 33) % (uint64_t)n);
}

static const char *table(const TestStore *store)
{
    return store->postgres ? "auth.users" : "auth_users";
}

/* A time as SQL. */
static const char *at_sql(const TestStore *store, Arena *arena, int64_t at)
{
    return arena_printf(arena, store->postgres ? "timestamptz 'epoch' + %lld * interval '1 microsecond'" : "%lld", (long long)at);
}

static int64_t some_time(Chance *chance)
{
    switch (below(chance, 3)) {
    case 0:
        return SOME_TIME + below(chance, BULK) * 30000000;
    case 1:
        return SOME_TIME + below(chance, 3000000);
    default:
        return SOME_TIME + (below(chance, 29200) - 22000) * DAY;
    }
}

static char *some_id(TestStore *store, Arena *arena, Chance *chance)
{
    return store_sql(store, arena,
                     arena_printf(arena, "SELECT id FROM %s ORDER BY id LIMIT 1 OFFSET %lld", table(store), (long long)below(chance, BULK - ROUNDS)));
}

static void change_one(TestStore *store, Arena *arena, Chance *chance, int round)
{
    Ctx ctx = ctx_new(arena, store->db);
    User fresh = { .id = arena_printf(arena, "%08x-0000-4000-9000-%012x", (unsigned)below(chance, INT32_MAX), (unsigned)round),
                   .aud = "authenticated",
                   .role = "authenticated",
                   .meta_app = "{}",
                   .meta_user = "{}",
                   .created_at = some_time(chance),
                   .updated_at = SOME_TIME };
    User *user;

    assert_ok(store_user_insert(db_auto(&ctx), &fresh, false));
    assert_ok(store_user_get(db_auto(&ctx), some_id(store, arena, chance), &user));
    if (round % 3 == 0) {
        assert_ok(store_user_delete(db_auto(&ctx), user->id));
    } else if (round % 3 == 1) {
        user->created_at = some_time(chance);
        user->aud = round % 2 == 0 ? "other" : user->aud;
        assert_ok(store_user_update(db_auto(&ctx), user));
    } else {
        user->deleted_at = SOME_TIME;
        assert_ok(store_user_soft_delete(db_auto(&ctx), user));
    }
}

/* ---- against a scan ---- */

static const char *conditions(TestStore *store, Arena *arena, const UserQuery *in)
{
    Buf sql = buf_in(arena, 1024);
    char *ret;

    buf_puts(&sql, "WHERE true");
    if (in->aud != NULL)
        buf_printf(&sql, " AND aud = '%s'", in->aud);
    if (in->living)
        buf_puts(&sql, " AND deleted_at IS NULL");
    if (in->created_after != 0)
        buf_printf(&sql, " AND created_at > %s", at_sql(store, arena, in->created_after));
    if (in->created_before != 0)
        buf_printf(&sql, " AND created_at < %s", at_sql(store, arena, in->created_before));
    assert_ok(buf_text(&sql, &ret));
    return ret;
}

static void assert_total(TestStore *store, Arena *arena, const UserQuery *in, int64_t n)
{
    assert_string_equal(arena_printf(arena, "%lld", (long long)n),
                        store_sql(store, arena, arena_printf(arena, "SELECT count(*) FROM %s %s", table(store), conditions(store, arena, in))));
}

static void assert_page(TestStore *store, Arena *arena, const UserQuery *in)
{
    Ctx ctx = ctx_new(arena, store->db);
    const char *way = in->ascending ? "ASC" : "DESC";
    Buf found = buf_in(arena, 4096);
    List users = { 0 };
    int64_t total;
    char *text;

    assert_ok(store_user_page(db_auto(&ctx), in, &users, &total));
    assert_total(store, arena, in, total);
    for (size_t i = 0; i < users.n; i++)
        buf_printf(&found, "%s%s", i == 0 ? "" : ",", ((const User *)users.v[i])->id);
    assert_ok(buf_text(&found, &text));
    assert_string_equal(text,
                        store_sql(store, arena,
                                  arena_printf(arena,
                                               "SELECT coalesce(%s(x.id, ','), '') FROM (SELECT %s AS id FROM %s %s ORDER BY created_at %s, %s %s"
                                               " LIMIT %lld OFFSET %lld) x",
                                               store->postgres ? "string_agg" : "group_concat", store->postgres ? "CAST(id AS text)" : "id",
                                               table(store), conditions(store, arena, in), way, store->postgres ? "users.id" : "id", way,
                                               (long long)in->limit, (long long)in->offset)));
}

static void assert_count(TestStore *store, Arena *arena, const UserQuery *in)
{
    Ctx ctx = ctx_new(arena, store->db);
    int64_t n;

    assert_ok(store_user_count(db_auto(&ctx), in, &n));
    assert_total(store, arena, in, n);
}

static void assert_exact(TestStore *store, Chance *chance)
{
    TEST_ARENA(arena);
    UserQuery in = { .limit = PAGE, .aud = below(chance, 2) == 0 ? "authenticated" : NULL };

    in.living = below(chance, 2) == 0;
    in.ascending = below(chance, 2) == 0;
    for (int i = 0; i < 4; i++) {
        in.offset = below(chance, BULK + 200);
        assert_page(store, arena, &in);
    }
    in.offset = 0;
    assert_count(store, arena, &in);
    in.created_after = some_time(chance);
    assert_count(store, arena, &in);
    in.created_before = some_time(chance);
    assert_count(store, arena, &in);
    in.created_after = 0;
    assert_count(store, arena, &in);
}

STORE_TEST(deep_pages_and_counts_are_exact)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);
    Chance chance = { 1 };

    store_sql(store, NULL, arena_printf(arena, store->postgres ? bulk_pg : bulk_sqlite, BULK - 1));
    assert_ok(store_counts_fold(&ctx, true)); /* others wrote them */
    for (int round = 0; round < ROUNDS; round++) {
        TEST_ARENA(short_lived);

        change_one(store, short_lived, &chance, round);
        if (round % 10 == 9)
            assert_ok(store_counts_fold(&ctx, false));
        assert_exact(store, &chance);
    }
}

/* ---- long parts of texts, for which a few of their pieces are asked ---- */

static const char *const addresses[] = {
    "anna.of-the-long-name+tag@mail.example.com",
    "bo_b%mixed'signs@a-b.c-d.e-f.g-h.i-j.k-l.example",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@example.com",
    "j\xc3\xb6rg.\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f@\xe4\xbe\x8b\xe4\xbe\x8b.example",
    "anna.of-the-long-name+gat@mail.example.com",
};

static int64_t holders(const char *part)
{
    int64_t n = 0;

    for (size_t i = 0; i < COUNTOF(addresses); i++)
        n += strstr(addresses[i], part) != NULL;
    return n;
}

static void assert_found(Ctx *ctx, const UserQuery *in, int64_t due)
{
    List users = { 0 };
    int64_t n;

    assert_ok(store_user_list(db_auto(ctx), in, &users));
    assert_int_equal(users.n, due);
    assert_ok(store_user_count(db_auto(ctx), in, &n));
    assert_int_equal(n, due);
}

STORE_TEST(long_parts_of_addresses_are_found)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, store->db);

    for (size_t i = 0; i < COUNTOF(addresses); i++) {
        const User user = { .id = arena_printf(arena, "5f1c8f5e-6f2d-4d7e-9b59-%012zu", i),
                            .aud = "authenticated",
                            .email = addresses[i],
                            .created_at = SOME_TIME + (int64_t)i,
                            .updated_at = SOME_TIME };

        assert_ok(store_user_insert(db_auto(&ctx), &user, false));
    }
    for (size_t i = 0; i < COUNTOF(addresses); i++)
        for (size_t from = 0; from < 8; from += 2) {
            const char *part = addresses[i] + from;
            const UserQuery any = { .limit = 10, .any_like = part }, email = { .limit = 10, .email_like = part },
                            filter = { .limit = 10, .filter = part };

            if (((unsigned char)*part & 0xc0) == 0x80)
                continue; /* within a letter */
            assert_found(&ctx, &any, holders(part));
            assert_found(&ctx, &email, holders(part));
            if (strpbrk(part, "%_") == NULL)
                assert_found(&ctx, &filter, holders(part));
        }
    assert_found(&ctx, &(const UserQuery){ .limit = 10, .filter = "of-the-long-name+%@mail.example" }, 2);
    assert_found(&ctx, &(const UserQuery){ .limit = 10, .filter = "OF-THE-LONG-NAME" }, 0); /* case counts there */
    assert_found(&ctx, &(const UserQuery){ .limit = 10, .email_like = "OF-THE-LONG-NAME" }, 2);
}
