/* clerk.c: each function of ClerkUsers: what goes out, what comes back, and Clerk's errors. */
#include "fake.h"

/* clang-format off */
#define USER                                                                                                                    \
    "{\"id\":\"user_2\",\"object\":\"user\",\"username\":null,\"first_name\":\"Ada\",\"primary_email_address_id\":\"idn_1\","   \
    "\"email_addresses\":[{\"id\":\"idn_1\",\"object\":\"email_address\",\"email_address\":\"a@b.co\",\"reserved\":false,"      \
    "\"verification\":{\"status\":\"verified\",\"strategy\":\"admin\",\"attempts\":null,\"expire_at\":null},\"linked_to\":[],"  \
    "\"created_at\":1767323045661,\"updated_at\":1767323045661}],\"phone_numbers\":[{\"id\":\"idn_2\","                         \
    "\"phone_number\":\"+15550001111\",\"verification\":null}],\"web3_wallets\":[],\"external_accounts\":[],"                   \
    "\"public_metadata\":{\"a\":1},\"private_metadata\":null,\"unsafe_metadata\":{},\"banned\":true,\"locked\":false,"          \
    "\"lockout_expires_in_seconds\":null,\"verification_attempts_remaining\":100,\"last_sign_in_at\":null,"                     \
    "\"created_at\":1767323045661,\"updated_at\":1767323045662}"
/* clang-format on */

static ClerkUsers *users_on(Fake *fake)
{
    const HecateOptions options = fake_options(fake, NULL, "sk_test_x");
    ClerkUsers *users = clerk_users_new(&options, NULL);

    assert_non_null(users);
    return users;
}

static void users_done(ClerkUsers **users)
{
    clerk_users_free(*users);
}
#define USERS(name, fake) ClerkUsers *name CLEANUP(users_done) = users_on(fake)

TEST(clerk_create_user)
{
    static const char *const emails[] = { "a@b.co", "c@d.co" };
    FAKE(fake, { 200, USER });
    USERS(users, fake);
    const HecateClerkNewUser in = {
        .email_address = hecate_texts(emails, 2),
        .phone_number = hecate_texts(NULL, 0),
        .first_name = hecate_text("Ada"),
        .skip_password_checks = hecate_bool(true),
        .create_organizations_limit = hecate_int(0),
        .created_at = hecate_int(1767323045661000),
        .public_metadata = hecate_text("{\"a\":1}"),
    };
    HecateClerkUser *user = NULL;

    assert_int_equal(clerk_users_create_user(users, &in, &user, NULL), HECATE_OK);
    assert_asked(fake, 0, "POST https://api.clerk.com/v1/users\n");
    assert_asked(fake, 0, "\nAuthorization: Bearer sk_test_x\n");
    assert_asked(fake, 0, "\nClerk-API-Version: 2025-04-10\n");
    assert_asked(fake, 0, "\nContent-Type: application/json\n");
    assert_asked(fake, 0,
                 "\n\n{\"email_address\":[\"a@b.co\",\"c@d.co\"],\"phone_number\":[],\"first_name\":\"Ada\",\"public_metadata\":{\"a\":1},"
                 "\"skip_password_checks\":true,\"create_organizations_limit\":0,\"created_at\":\"2026-01-02T03:04:05.661Z\"}");
    assert_string_equal(user->id, "user_2");
    assert_null(user->username);
    assert_int_equal(user->email_addresses.count, 1);
    assert_string_equal(user->email_addresses.items[0]->value, "a@b.co");
    assert_string_equal(user->email_addresses.items[0]->verification->status, "verified");
    assert_string_equal(user->phone_numbers.items[0]->value, "+15550001111");
    assert_null(user->phone_numbers.items[0]->verification);
    assert_int_equal(user->created_at, 1767323045661000);
    assert_int_equal(user->verification_attempts_remaining, 100);
    assert_true(user->banned);
    assert_null(user->private_metadata);
    assert_string_equal(user->raw, USER);
    clerk_user_free(user);
}

TEST(clerk_get_user_encodes_its_id)
{
    FAKE(fake, { 200, USER });
    USERS(users, fake);
    HecateClerkUser *user = NULL;

    assert_int_equal(clerk_users_get_user(users, "user_2/../x?y", &user, NULL), HECATE_OK);
    assert_asked(fake, 0, "GET https://api.clerk.com/v1/users/user_2%2F..%2Fx%3Fy\n");
    clerk_user_free(user);
    assert_int_equal(clerk_users_get_user(users, "..", &user, NULL), HECATE_INVALID);
    assert_int_equal(clerk_users_delete_user(users, "", NULL), HECATE_INVALID);
    assert_int_equal(fake->calls, 1);
}

TEST(clerk_list_asks_twice_and_counts_without_the_page)
{
    static const char *const names[] = { "ada", "b b" };
    FAKE(fake, { 200, "[" USER "," USER "]" }, { 200, "{\"object\":\"total_count\",\"total_count\":12}" });
    USERS(users, fake);
    const HecateClerkUserQuery query = { .username = hecate_texts(names, 2),
                                         .banned = hecate_bool(true),
                                         .created_at_after = hecate_int(1767323045661000),
                                         .limit = hecate_int(2),
                                         .offset = hecate_int(4),
                                         .order_by = hecate_text("+created_at") };
    HecateClerkUserList *list = NULL;

    assert_int_equal(clerk_users_get_user_list(users, &query, &list, NULL), HECATE_OK);
    assert_asked(fake, 0,
                 "GET https://api.clerk.com/v1/users?username=ada&username=b%20b&banned=true&created_at_after=1767323045661&limit=2&offset=4"
                 "&order_by=%2Bcreated_at\n");
    assert_asked(fake, 1, "GET https://api.clerk.com/v1/users/count?username=ada&username=b%20b&banned=true&created_at_after=1767323045661\n");
    assert_int_equal(list->count, 2);
    assert_int_equal(list->total, 12);
    assert_string_equal(list->users[0]->email_addresses.items[0]->value, "a@b.co");
    clerk_user_list_free(list);
}

TEST(clerk_list_fails_when_its_count_does)
{
    FAKE(fake, { 200, "[]" }, { 500, "{}" });
    USERS(users, fake);
    HecateClerkUserList *list = NULL;
    HecateError error;

    assert_int_equal(clerk_users_get_user_list(users, NULL, &list, &error), HECATE_REFUSED);
    assert_null(list);
    assert_int_equal(error.status, 500);
}

TEST(clerk_update_distinguishes_null_and_absent)
{
    FAKE(fake, { 200, USER });
    USERS(users, fake);
    const HecateClerkUserPatch patch = { .first_name = hecate_text(NULL), .password = hecate_text("p"), .legal_accepted_at = { HECATE_NULL, 0 } };
    const HecateClerkMetadata metadata = { .unsafe_metadata = hecate_text("{\"x\":{\"y\":null}}") };
    HecateClerkUser *user = NULL;

    assert_int_equal(clerk_users_update_user(users, "user_2", &patch, &user, NULL), HECATE_OK);
    clerk_user_free(user);
    assert_asked(fake, 0, "PATCH https://api.clerk.com/v1/users/user_2\n");
    assert_asked(fake, 0, "\n\n{\"first_name\":null,\"password\":\"p\",\"legal_accepted_at\":null}");
    assert_int_equal(clerk_users_update_user_metadata(users, "user_2", &metadata, &user, NULL), HECATE_OK);
    clerk_user_free(user);
    assert_asked(fake, 1, "PATCH https://api.clerk.com/v1/users/user_2/metadata\n");
    assert_asked(fake, 1, "\n\n{\"unsafe_metadata\":{\"x\":{\"y\":null}}}");
}

TEST(clerk_verbs)
{
    FAKE(fake, { 200, USER }, { 200, USER }, { 200, "{\"object\":\"user\",\"id\":\"user_2\",\"deleted\":true}" },
         { 200, "{\"object\":\"total_count\",\"total_count\":3}" });
    USERS(users, fake);
    HecateClerkUser *user = NULL;
    int64_t count = 0;

    assert_int_equal(clerk_users_ban_user(users, "user_2", &user, NULL), HECATE_OK);
    clerk_user_free(user);
    assert_int_equal(clerk_users_unban_user(users, "user_2", &user, NULL), HECATE_OK);
    clerk_user_free(user);
    assert_int_equal(clerk_users_delete_user(users, "user_2", NULL), HECATE_OK);
    assert_int_equal(clerk_users_get_count(users, NULL, &count, NULL), HECATE_OK);
    assert_int_equal(count, 3);
    assert_asked(fake, 0, "POST https://api.clerk.com/v1/users/user_2/ban\n");
    assert_asked(fake, 1, "POST https://api.clerk.com/v1/users/user_2/unban\n");
    assert_asked(fake, 2, "DELETE https://api.clerk.com/v1/users/user_2\n");
    assert_asked(fake, 3, "GET https://api.clerk.com/v1/users/count\n");
}

TEST(clerk_verify_password)
{
    FAKE(fake, { 200, "{\"verified\":true}" },
         { 422, "{\"errors\":[{\"message\":\"Incorrect password\",\"long_message\":\"The password is incorrect.\",\"code\":\"incorrect_password\","
                "\"meta\":{\"param_name\":\"password\",\"more\":1}}],\"clerk_trace_id\":\"0123\"}" });
    USERS(users, fake);
    bool verified = false;
    HecateError error;

    assert_int_equal(clerk_users_verify_password(users, "user_2", "right", &verified, NULL), HECATE_OK);
    assert_true(verified);
    assert_asked(fake, 0, "POST https://api.clerk.com/v1/users/user_2/verify_password\n");
    assert_asked(fake, 0, "\n\n{\"password\":\"right\"}");
    assert_int_equal(clerk_users_verify_password(users, "user_2", "wrong", &verified, &error), HECATE_REFUSED);
    assert_refused(error, 422, "incorrect_password", "Incorrect password");
    assert_string_equal(error.detail, "The password is incorrect.");
    assert_string_equal(error.param, "password");
    assert_string_equal(error.trace, "0123");
    assert_int_equal(clerk_users_verify_password(users, "user_2", NULL, &verified, &error), HECATE_INVALID);
}

TEST(clerk_errors_that_are_none)
{
    FAKE(fake, { 400, "{\"errors\":[]}" }, { 400, "{\"errors\":\"x\"}" }, { 400, "{\"errors\":[1]}" }, { 401, "{\"errors\":[{}]}" });
    USERS(users, fake);
    HecateClerkUser *user = NULL;
    HecateError error;

    for (int i = 0; i < 4; i++) {
        assert_int_equal(clerk_users_get_user(users, "user_2", &user, &error), HECATE_REFUSED);
        assert_string_equal(error.code, "");
        assert_int_equal(error.status, i == 3 ? 401 : 400);
    }
}
