/* directory.c: users, passwords, sessions and lists on every store. */
#include "walk.h"

STORE_TEST(user_is_created_signed_in_refreshed_and_deleted)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    const NewUser again = { .email = "ADA@example.com", .policy = &walk_policy };
    const SignIn good = { .email = "ada@example.com", .password = "secret-pw-1" }, bad = { .email = "ada@example.com", .password = "wrong" };
    Grant grant = { 0 }, next = { 0 };
    User *user = create(&ctx, "Ada@Example.com");

    assert_string_equal(user->email, "ada@example.com");
    assert_int_equal(user->identities.n, 1);
    assert_err(dir_user_create(&ctx, &again, &user), E_EMAIL_TAKEN);
    assert_err(dir_sign_in(&ctx, &bad, &grant), E_BAD_SIGN_IN);
    assert_ok(dir_sign_in(&ctx, &good, &grant));
    assert_ok(dir_session_refresh(&ctx, grant.refresh_token, &next));
    assert_string_not_equal(next.refresh_token, grant.refresh_token);
    assert_ok(dir_session_refresh(&ctx, grant.refresh_token, &next));
    assert_true(next.reused);
    assert_ok(dir_user_ban(&ctx, user->id, &user));
    assert_err(dir_sign_in(&ctx, &good, &grant), E_BANNED);
    assert_whole(&ctx);
    assert_ok(dir_user_delete(&ctx, user->id, false));
    assert_err(dir_user_get(&ctx, user->id, &user), E_NO_USER);
}

STORE_TEST(user_comes_back_as_it_was_written)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    const NewUser in = { .email = "grace@example.com",
                         .phone = "+44 7700 900123",
                         .email_confirmed = true,
                         .username = "Grace",
                         .first_name = "Grace",
                         .last_name = "Höpper",
                         .external_id = "ext-1",
                         .meta_user = "{\"a\":{\"b\":[1,2.5,\"x: y, z\"]}}",
                         .meta_app = "{\"plan\":\"pro\"}",
                         .meta_private = "{\"k\":null}",
                         .provider = "auth0",
                         .subject = "grace",
                         .policy = &walk_policy };
    User *made, *user;

    assert_ok(dir_user_create(&ctx, &in, &made));
    assert_ok(dir_user_get(&ctx, made->id, &user));
    assert_string_equal(user->phone, "447700900123");
    assert_string_equal(user->username, "Grace");
    assert_string_equal(user->last_name, "Höpper");
    assert_string_equal(user->external_id, "ext-1");
    assert_non_null(strstr(user->meta_user, "\"a\":{\"b\":[1,2.5,\"x: y, z\"]}"));
    assert_non_null(strstr(user->meta_app, "\"plan\":\"pro\""));
    assert_string_equal(user->meta_private, "{\"k\":null}");
    assert_int_equal(user->created_at, ctx.now);
    assert_int_equal(user->email_confirmed_at, ctx.now);
    assert_int_equal(user->confirmed_at, ctx.now);
    assert_int_equal(user->phone_confirmed_at, 0);
    assert_int_equal(user->identities.n, 2);
    assert_int_equal(user->addresses.n, 2);
    assert_int_equal(user->subjects.n, 1);
    assert_ok(dir_user_get_subject(&ctx, "auth0", "grace", &user));
    assert_string_equal(user->id, made->id);
}

STORE_TEST(user_is_changed)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    UserPatch in = { .email = "new@example.com",
                     .email_confirmed = true,
                     .first_name = "N",
                     .meta_user = "{\"b\":1}",
                     .role = "editor",
                     .banned_until = ctx.now + 1000000,
                     .policy = &walk_policy };
    User *user = create(&ctx, "old@example.com"), *changed;

    SET(&in, email), SET(&in, email_confirmed), SET(&in, first_name), SET(&in, meta_user), SET(&in, role), SET(&in, banned_until);
    assert_ok(dir_user_update(&ctx, user->id, &in, &changed));
    assert_string_equal(changed->email, "new@example.com");
    assert_string_equal(changed->first_name, "N");
    assert_string_equal(changed->role, "editor");
    assert_non_null(strstr(changed->meta_user, "\"b\":1"));
    assert_int_equal(changed->banned_until, ctx.now + 1000000);
    assert_true(changed->updated_at > user->updated_at);
    assert_err(dir_user_ban(&ctx, UUID_NIL, &changed), E_NO_USER);
    assert_whole(&ctx);
}

STORE_TEST(sign_out_ends_the_sessions_it_says)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    User *user = create(&ctx, "ada@example.com");
    Grant grants[3], next = { 0 };

    for (size_t i = 0; i < 3; i++)
        sign_in(&ctx, "ada@example.com", &grants[i]);
    assert_ok(dir_sign_out(&ctx, user, grants[0].session->id, SIGN_OUT_LOCAL));
    assert_err(dir_session_refresh(&ctx, grants[0].refresh_token, &next), E_NO_REFRESH_TOKEN);
    assert_ok(dir_sign_out(&ctx, user, grants[1].session->id, SIGN_OUT_OTHERS));
    assert_err(dir_session_refresh(&ctx, grants[2].refresh_token, &next), E_NO_REFRESH_TOKEN);
    assert_ok(dir_session_refresh(&ctx, grants[1].refresh_token, &next));
    assert_ok(dir_sign_out(&ctx, user, grants[1].session->id, SIGN_OUT_GLOBAL));
    assert_err(dir_session_refresh(&ctx, next.refresh_token, &next), E_NO_REFRESH_TOKEN);
}

STORE_TEST(reuse_of_an_old_token_ends_the_family)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    Grant first = { 0 }, second = { 0 }, third = { 0 }, none = { 0 };

    create(&ctx, "ada@example.com");
    sign_in(&ctx, "ada@example.com", &first);
    assert_ok(dir_session_refresh(&ctx, first.refresh_token, &second));
    ctx.now += 60000000;
    assert_ok(dir_session_refresh(&ctx, second.refresh_token, &third));
    ctx.now += 60000000;
    assert_err(dir_session_refresh(&ctx, first.refresh_token, &none), E_REFRESH_REUSED);
    assert_err(dir_session_refresh(&ctx, third.refresh_token, &none), E_REFRESH_REUSED);
    assert_whole(&ctx);
}

STORE_TEST(soft_deleted_user_cannot_be_recognised)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    const char *const more[] = { "ada@example.org" };
    const NewUser in = { .email = "ada@example.com",
                         .emails = { .v = (const char **)(void *)more, .n = 1 },
                         .email_confirmed = true,
                         .password = "secret-pw-1",
                         .policy = &walk_policy };
    User *user, *left;
    Grant grant = { 0 };

    assert_ok(dir_user_create(&ctx, &in, &user));
    sign_in(&ctx, "ada@example.com", &grant);
    assert_ok(dir_user_delete(&ctx, user->id, true));
    assert_ok(dir_user_get(&ctx, user->id, &left));
    assert_true(left->deleted_at != 0);
    assert_null(strstr(left->email, "ada"));
    for (size_t i = 0; i < left->addresses.n; i++)
        assert_null(strstr(((const Address *)left->addresses.v[i])->value, "ada"));
    assert_null(strstr(store_dump(store, arena), "\"sub\":"));
    assert_err(dir_session_refresh(&ctx, grant.refresh_token, &grant), E_NO_REFRESH_TOKEN);
    create(&ctx, "ada@example.com");
    assert_whole(&ctx);
}

/* ---- lists ---- */

static size_t found(Ctx *ctx, const UserQuery *in)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    List users = { 0 };
    int64_t n;

    *query = *in;
    query->limit = 100;
    query->parts = USER_WHOLE;
    assert_ok(dir_user_list(ctx, query, &users));
    assert_ok(dir_user_count(ctx, query, &n));
    assert_int_equal(n, users.n);
    return users.n;
}

static void fill(Ctx *ctx)
{
    const char *const more[] = { "second@example.org" };
    const NewUser rich = { .email = "Zoe_x@example.com",
                           .phone = "4477",
                           .emails = { .v = (const char **)(void *)more, .n = 1 },
                           .username = "ZoE",
                           .first_name = "Zoe",
                           .last_name = "Quill",
                           .name = "Zoe Q",
                           .external_id = "e1",
                           .connection = "Users",
                           .meta_user = "{\"full_name\":\"Zoe Quill\"}",
                           .policy = &walk_policy };
    User *user;

    for (int i = 0; i < 10; i++) {
        ctx->now += 1000000;
        create(ctx, arena_printf(ctx->arena, "user%d@example.com", i));
    }
    ctx->now += 1000000;
    assert_ok(dir_user_create(ctx, &rich, &user));
    assert_ok(dir_user_ban(ctx, user->id, &user));
}

/* clang-format off */
static const char *emails[] = { "zoe_X@example.com", "user3@example.com", "nobody@example.com" };
static const char *second[] = { "second@example.org" }, *phone[] = { "4477" }, *name[] = { "zoe" }, *ext[] = { "e1" };
static const struct {
    UserQuery query;
    size_t n;
} conditions[] = {
    { { .limit = 1 }, 11 },
    { { .emails = { emails, 3 } }, 2 },
    { { .emails = { second, 1 } }, 1 },
    { { .phones = { phone, 1 } }, 1 },
    { { .usernames = { name, 1 } }, 1 },
    { { .external_ids = { ext, 1 } }, 1 },
    { { .not_external_ids = { ext, 1 } }, 10 },
    { { .email_like = "USER" }, 10 },
    { { .email_like = "second@" }, 1 },
    { { .email_like = "e_x" }, 1 },
    { { .email_like = "%" }, 0 },
    { { .phone_like = "47" }, 1 },
    { { .username_like = "oE" }, 1 },
    { { .name_like = "quill" }, 1 },
    { { .name_like = "example" }, 0 },
    { { .any_like = "second" }, 1 },
    { { .any_like = "example" }, 11 },
    { { .filter = "user1" }, 1 },
    { { .filter = "ZOE QU" }, 1 },
    { { .connection = "Users" }, 1 },
};
/* clang-format on */

STORE_TEST(lists_find_by_every_condition)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    UserQuery *query = ARENA_NEW(arena, UserQuery);
    const int64_t begun = ctx.now;

    fill(&ctx);
    for (size_t i = 0; i < COUNTOF(conditions); i++) {
        const size_t n = found(&ctx, &conditions[i].query);

        if (n != conditions[i].n)
            print_error("condition %zu\n", i);
        assert_int_equal(n, conditions[i].n);
    }
    query->created_after = begun + 5000000;
    assert_int_equal(found(&ctx, query), 6);
    *query = (UserQuery){ .created_before = begun + 5000000 };
    assert_int_equal(found(&ctx, query), 4);
    *query = (UserQuery){ .banned = true };
    SET(query, banned);
    assert_int_equal(found(&ctx, query), 1);
    query->banned = false;
    assert_int_equal(found(&ctx, query), 10);
}

STORE_TEST(lists_come_in_every_order)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);

    fill(&ctx);
    for (int sort = SORT_CREATED_AT; sort <= SORT_WEB3; sort++)
        for (int up = 0; up < 2; up++) {
            const UserQuery query = { .sort = (UserSort)sort, .ascending = up == 1, .limit = 20 };
            List users = { 0 };

            assert_ok(dir_user_list(&ctx, &query, &users));
            assert_int_equal(users.n, 11);
            if (sort == SORT_EMAIL)
                assert_string_equal(((const User *)users.v[0])->email, up == 1 ? "user0@example.com" : "zoe_x@example.com");
            if (sort == SORT_USERNAME || sort == SORT_FIRST_NAME)
                assert_string_equal(((const User *)users.v[0])->email, "zoe_x@example.com"); /* the others have none: last */
        }
}

STORE_TEST(pages_by_offset_and_by_key_are_the_same)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    const char *after = NULL;

    fill(&ctx);
    for (int64_t page = 0; page < 4; page++) {
        const UserQuery by_offset = { .limit = 3, .offset = page * 3 }, by_key = { .limit = 3, .after_id = after };
        List some = { 0 }, same = { 0 };

        assert_ok(dir_user_list(&ctx, &by_offset, &some));
        assert_ok(dir_user_list(&ctx, &by_key, &same));
        assert_int_equal(some.n, page == 3 ? 2 : 3);
        assert_int_equal(some.n, same.n);
        for (size_t i = 0; i < some.n; i++)
            assert_string_equal(((const User *)some.v[i])->id, ((const User *)same.v[i])->id);
        after = ((const User *)some.v[some.n - 1])->id;
    }
}
