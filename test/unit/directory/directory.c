/* directory.c: users, passwords and refresh tokens on every store. */
#include "stores.h"

#include "directory/directory.h"

static const uint8_t data_key[32] = { 1 };
static const Directory settings = { .default_aud = "authenticated", .default_role = "authenticated", .password_hash = "bcrypt:4",
                                    .password_min = 6, .rotation = true, .data_key = data_key };
static const UserPolicy policy = { .random_password = true, .verified_in_meta = true };

static Ctx new_ctx(TestStore *store, Arena *arena)
{
    Ctx ctx = ctx_new(arena, store->db);

    ctx.directory = &settings;
    return ctx;
}

STORE_TEST(user_is_created_signed_in_refreshed_and_deleted)
{
    TEST_ARENA(arena);
    const NewUser in = { .email = "Ada@Example.com", .password = "secret-pw-1", .email_confirmed = true, .policy = &policy };
    const SignIn good = { .email = "ada@example.com", .password = "secret-pw-1" }, bad = { .email = "ada@example.com", .password = "wrong" };
    Grant grant = { 0 }, next = { 0 };
    Broken *broken;
    List rows;
    User *user;
    Ctx ctx;

    ctx = new_ctx(store, arena);
    assert_ok(dir_user_create(&ctx, &in, &user));
    assert_string_equal(user->email, "ada@example.com");
    assert_int_equal(user->identities.n, 1);
    assert_err(dir_user_create(&ctx, &in, &user), E_EMAIL_TAKEN);
    assert_err(dir_sign_in(&ctx, &bad, &grant), E_BAD_SIGN_IN);
    assert_ok(dir_sign_in(&ctx, &good, &grant));
    assert_ok(dir_session_refresh(&ctx, grant.refresh_token, &next));
    assert_string_not_equal(next.refresh_token, grant.refresh_token);
    assert_ok(dir_session_refresh(&ctx, grant.refresh_token, &next));
    assert_true(next.reused);
    assert_ok(dir_user_ban(&ctx, user->id, &user));
    assert_err(dir_sign_in(&ctx, &good, &grant), E_BANNED);
    assert_ok(dir_check(&ctx, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        broken = rows.v[i];
        assert_int_equal(broken->count, 0);
    }
    assert_ok(dir_user_delete(&ctx, user->id, false));
    assert_err(dir_user_get(&ctx, user->id, &user), E_NO_USER);
}
