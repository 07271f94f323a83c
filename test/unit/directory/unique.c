/* unique.c: what is unique stays so, with the right error at the right member, one by one and all at once. */
#include "walk.h"

static Err try_create(Ctx *ctx, const NewUser *in)
{
    User *user;

    return dir_user_create(ctx, in, &user);
}

#define TAKEN(error, member, ...)                                      \
    do {                                                               \
        const NewUser in_ = { .policy = &walk_policy, __VA_ARGS__ };   \
        assert_string_equal(err_name(try_create(&ctx, &in_)), #error); \
        assert_int_equal(ctx.fault.at, AT(NewUser, member));           \
    } while (0)

STORE_TEST(each_unique_value_is_refused_at_its_member)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    const char *further[] = { "one@example.com", "two@example.com" }, *two[] = { "two@example.com" };
    const NewUser in = { .emails = { further, 2 },
                         .phone = "4470",
                         .username = "Ada",
                         .external_id = "x1",
                         .provider = "auth0",
                         .subject = "s1",
                         .id = "5f1c8f5e-6f2d-4d7e-9b59-0f6f5a3f7b11",
                         .policy = &walk_policy };

    assert_ok(try_create(&ctx, &in));
    TAKEN(E_EMAIL_TAKEN, email, .email = "ONE@example.com");
    TAKEN(E_EMAIL_TAKEN, email, .email = "two@example.com");
    TAKEN(E_EMAIL_TAKEN, emails, .emails = { two, 1 });
    TAKEN(E_PHONE_TAKEN, phone, .phone = "+4470");
    TAKEN(E_USERNAME_TAKEN, username, .username = "aDA");
    TAKEN(E_EXTERNAL_ID_TAKEN, external_id, .email = "three@example.com", .external_id = "x1");
    TAKEN(E_ID_TAKEN, id, .email = "three@example.com", .id = "5F1C8F5E-6f2d-4d7e-9b59-0f6f5a3f7b11");
    TAKEN(E_ID_TAKEN, id, .email = "three@example.com", .provider = "auth0", .subject = "s1");
    assert_whole(&ctx);
}

STORE_TEST(a_change_to_a_taken_value_is_refused)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    const NewUser first = { .email = "one@example.com", .phone = "4470", .username = "Ada", .external_id = "x1", .policy = &walk_policy };
    UserPatch email = { .email = "One@example.com", .policy = &walk_policy }, phone = { .phone = "4470", .policy = &walk_policy },
              username = { .username = "ADA", .policy = &walk_policy }, external = { .external_id = "x1", .policy = &walk_policy };
    User *user = create(&ctx, "two@example.com"), *changed;
    char *before;

    SET(&email, email), SET(&phone, phone), SET(&username, username), SET(&external, external_id);
    assert_ok(try_create(&ctx, &first));
    before = store_dump(store, arena);
    assert_err(dir_user_update(&ctx, user->id, &email, &changed), E_EMAIL_TAKEN);
    assert_int_equal(ctx.fault.at, AT(UserPatch, email));
    assert_err(dir_user_update(&ctx, user->id, &phone, &changed), E_PHONE_TAKEN);
    assert_int_equal(ctx.fault.at, AT(UserPatch, phone));
    assert_err(dir_user_update(&ctx, user->id, &username, &changed), E_USERNAME_TAKEN);
    assert_int_equal(ctx.fault.at, AT(UserPatch, username));
    assert_err(dir_user_update(&ctx, user->id, &external, &changed), E_EXTERNAL_ID_TAKEN);
    assert_int_equal(ctx.fault.at, AT(UserPatch, external_id));
    assert_string_equal(store_dump(store, arena), before);
}

/* ---- all at once ---- */

enum { RUNNERS = 50 };

typedef struct Runner {
    TestStore *store;
    Lane *hash_lane;
    NewUser in;
    Err err;
    ptrdiff_t at;
} Runner;

static void run_create(void *arg)
{
    TEST_ARENA(arena);
    Runner *runner = arg;
    Ctx ctx = new_ctx(runner->store, arena);
    Directory directory = walk_settings;
    User *user;

    directory.hash_lane = runner->hash_lane;
    ctx.directory = &directory;
    runner->err = dir_user_create(&ctx, &runner->in, &user);
    runner->at = ctx.fault.at;
}

static void race(TestStore *store, const NewUser *in, Err loser, ptrdiff_t at)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    Runner *runners = ARENA_ARRAY(arena, Runner, RUNNERS);
    Lane *lane;
    size_t won = 0;

    assert_ok(lane_new("hash", 2, 128, &lane));
    for (size_t i = 0; i < RUNNERS; i++)
        runners[i] = (Runner){ .store = store, .hash_lane = lane, .in = *in };
    store_fibers(store, RUNNERS, run_create, runners, sizeof(*runners));
    lane_free(lane);
    for (size_t i = 0; i < RUNNERS; i++) {
        won += runners[i].err == OK;
        if (runners[i].err != OK) {
            assert_string_equal(err_name(runners[i].err), err_name(loser));
            assert_int_equal(runners[i].at, at);
        }
    }
    assert_int_equal(won, 1);
    assert_whole(&ctx);
}

STORE_TEST(of_fifty_creations_of_one_email_one_wins)
{
    const NewUser in = { .email = "ada@example.com", .email_confirmed = true, .policy = &walk_policy };

    race(store, &in, E_EMAIL_TAKEN, AT(NewUser, email));
}

STORE_TEST(of_fifty_creations_of_one_phone_one_wins)
{
    const NewUser in = { .phone = "447700", .policy = &walk_policy };

    race(store, &in, E_PHONE_TAKEN, AT(NewUser, phone));
}

STORE_TEST(of_fifty_creations_of_one_username_one_wins)
{
    const NewUser in = { .username = "ada", .policy = &walk_policy };

    race(store, &in, E_USERNAME_TAKEN, AT(NewUser, username));
}
