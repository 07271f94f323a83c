/* walk.h: what the tests of the directory share. */
#ifndef HECATE_TEST_WALK_H
#define HECATE_TEST_WALK_H

#include "base/id.h"
#include "directory/directory.h"
#include "stores.h"

static const uint8_t walk_data_key[32] = { 1 };
static const Directory walk_settings = { .default_aud = "authenticated",
                                         .default_role = "authenticated",
                                         .password_hash = "bcrypt:4",
                                         .password_min = 6,
                                         .rotation = true,
                                         .data_key = walk_data_key };
static const UserPolicy walk_policy = { .random_password = true, .verified_in_meta = true };

static inline Ctx new_ctx(TestStore *store, Arena *arena)
{
    Ctx ctx = ctx_new(arena, store->db);

    ctx.directory = &walk_settings;
    return ctx;
}

static inline User *create(Ctx *ctx, const char *email)
{
    const NewUser in = { .email = email, .password = "secret-pw-1", .email_confirmed = true, .policy = &walk_policy };
    User *user;

    assert_ok(dir_user_create(ctx, &in, &user));
    return user;
}

static inline void sign_in(Ctx *ctx, const char *email, Grant *ret)
{
    const SignIn in = { .email = email, .password = "secret-pw-1" };

    assert_ok(dir_sign_in(ctx, &in, ret));
}

/* No invariant of the tables is broken. */
static inline void assert_whole(Ctx *ctx)
{
    List rows = { 0 };

    assert_ok(dir_check(ctx, &rows));
    assert_true(rows.n > 0);
    for (size_t i = 0; i < rows.n; i++) {
        const Broken *broken = rows.v[i];

        if (broken->count != 0)
            print_error("%s: %d\n", broken->name, (int)broken->count);
        assert_int_equal(broken->count, 0);
    }
}

#endif
