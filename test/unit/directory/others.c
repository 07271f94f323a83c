/* others.c: rows that the Go server, Studio or a hand wrote: read without an error, served as far as they go. */
#include "walk.h"

#define BARE "5f1c8f5e-6f2d-4d7e-9b59-000000000001"
#define LOUD "5f1c8f5e-6f2d-4d7e-9b59-000000000002"

static void insert_rows(TestStore *store)
{
    const char *sql =
        store->postgres
            ? "INSERT INTO auth.users (id) VALUES ('" BARE "');"
              "INSERT INTO auth.users (id, email, banned_until, created_at, raw_user_meta_data, raw_app_meta_data, role, aud)"
              " VALUES ('" LOUD "', 'Loud@Example.COM', 'infinity', '-infinity', 'null', '[1, 2]', NULL, NULL);"
              "INSERT INTO auth.identities (provider_id, user_id, identity_data, provider) VALUES ('p', '" LOUD "', '{}', 'google');"
              "INSERT INTO auth.sessions (id, user_id, created_at) VALUES ('" LOUD "', '" LOUD "', now());"
              "INSERT INTO auth.refresh_tokens (token, user_id, session_id, revoked) VALUES ('abcdefghijkl', '" LOUD "', '" LOUD "', false)"
            : "INSERT INTO auth_users (id) VALUES ('" BARE "');"
              "INSERT INTO auth_users (id, email, raw_user_meta_data, raw_app_meta_data, role, aud)"
              " VALUES ('" LOUD "', 'Loud@Example.COM', 'null', '[1,2]', NULL, NULL);"
              "INSERT INTO auth_identities (id, provider_id, user_id, identity_data, provider) VALUES ('" LOUD "', 'p', '" LOUD "', '{}', 'google');"
              "INSERT INTO auth_sessions (id, user_id, created_at) VALUES ('" LOUD "', '" LOUD "', 1);"
              "INSERT INTO auth_refresh_tokens (token, user_id, session_id, revoked) VALUES ('abcdefghijkl', '" LOUD "', '" LOUD "', false)";

    store_sql(store, NULL, sql);
}

STORE_TEST(rows_of_others_are_read)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    const UserQuery all = { .limit = 10, .parts = USER_WHOLE }, like = { .limit = 10, .email_like = "loud" };
    List users = { 0 };
    User *user;
    int64_t n;

    insert_rows(store);
    assert_ok(dir_user_get(&ctx, BARE, &user));
    assert_null(user->email);
    assert_int_equal(user->created_at, 0);
    assert_int_equal(user->identities.n, 0);
    assert_ok(dir_user_get(&ctx, LOUD, &user));
    assert_string_equal(user->email, "Loud@Example.COM");
    assert_int_equal(user->identities.n, 1);
    assert_int_equal(user_banned(&ctx, user), store->postgres);
    assert_ok(dir_user_list(&ctx, &all, &users));
    assert_int_equal(users.n, 2);
    assert_ok(dir_user_list(&ctx, &like, &users));
    assert_int_equal(users.n, 1);
    assert_ok(dir_user_count(&ctx, &all, &n));
    assert_int_equal(n, 2);
}

STORE_TEST(rows_of_others_can_be_changed_and_deleted)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    UserPatch in = { .meta_user = "{\"a\":1}", .meta_app = "{\"b\":1}", .first_name = "L", .policy = &walk_policy };
    Grant grant = { 0 };
    User *user;

    insert_rows(store);
    SET(&in, meta_user), SET(&in, meta_app), SET(&in, first_name);
    assert_ok(dir_user_update(&ctx, LOUD, &in, &user));
    assert_non_null(strstr(user->meta_user, "\"a\":1"));
    assert_ok(dir_user_update(&ctx, BARE, &in, &user));
    assert_ok(dir_user_unban(&ctx, LOUD, &user));
    assert_ok(dir_session_refresh(&ctx, "abcdefghijkl", &grant));
    assert_ok(dir_user_delete(&ctx, LOUD, true));
    assert_ok(dir_user_delete(&ctx, BARE, false));
}
