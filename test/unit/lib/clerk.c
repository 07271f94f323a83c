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

/* ---- functions that answer the user, or nothing ---- */

typedef HecateStatus AnswersUser(ClerkUsers *users, const char *id, HecateClerkUser **ret, HecateError *error);
typedef HecateStatus AnswersNothing(ClerkUsers *users, const char *id, HecateError *error);
typedef HecateStatus DeletesPart(ClerkUsers *users, const char *id, const char *part, HecateError *error);

TEST(clerk_functions_of_one_user)
{
    static const struct {
        AnswersUser *call;
        const char *line;
    } rows[] = {
        { clerk_users_lock_user, "POST https://api.clerk.com/v1/users/user_2/lock\n" },
        { clerk_users_unlock_user, "POST https://api.clerk.com/v1/users/user_2/unlock\n" },
        { clerk_users_delete_user_profile_image, "DELETE https://api.clerk.com/v1/users/user_2/profile_image\n" },
        { clerk_users_unset_password_compromised, "POST https://api.clerk.com/v1/users/user_2/password/unset_compromised\n" },
    };
    FAKE(fake, { 200, USER });
    USERS(users, fake);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        HecateClerkUser *user = NULL;

        assert_int_equal(rows[i].call(users, "user_2", &user, NULL), HECATE_OK);
        assert_string_equal(user->email_addresses.items[0]->value, "a@b.co");
        clerk_user_free(user);
        assert_asked(fake, (int)i, rows[i].line);
        assert_int_equal(rows[i].call(users, "", &user, NULL), HECATE_INVALID);
    }
}

TEST(clerk_functions_that_answer_nothing)
{
    static const struct {
        AnswersNothing *call;
        const char *line;
    } rows[] = {
        { clerk_users_disable_user_mfa, "DELETE https://api.clerk.com/v1/users/user_2/mfa\n" },
        { clerk_users_delete_user_totp, "DELETE https://api.clerk.com/v1/users/user_2/totp\n" },
        { clerk_users_delete_user_backup_codes, "DELETE https://api.clerk.com/v1/users/user_2/backup_code\n" },
    };
    static const struct {
        DeletesPart *call;
        const char *line;
    } parts[] = {
        { clerk_users_delete_user_passkey, "DELETE https://api.clerk.com/v1/users/user_2/passkeys/idn%2F1\n" },
        { clerk_users_delete_user_web3_wallet, "DELETE https://api.clerk.com/v1/users/user_2/web3_wallets/idn%2F1\n" },
        { clerk_users_delete_user_external_account, "DELETE https://api.clerk.com/v1/users/user_2/external_accounts/idn%2F1\n" },
    };
    FAKE(fake, { 200, "{\"user_id\":\"user_2\"}" });
    USERS(users, fake);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        assert_int_equal(rows[i].call(users, "user_2", NULL), HECATE_OK);
        assert_asked(fake, (int)i, rows[i].line);
    }
    for (size_t i = 0; i < COUNTOF(parts); i++) {
        assert_int_equal(parts[i].call(users, "user_2", "idn/1", NULL), HECATE_OK);
        assert_asked(fake, (int)(COUNTOF(rows) + i), parts[i].line);
        assert_int_equal(parts[i].call(users, "user_2", "..", NULL), HECATE_INVALID);
        assert_int_equal(parts[i].call(users, "user_2", NULL, NULL), HECATE_INVALID);
    }
    assert_int_equal(fake->calls, 6);
}

TEST(clerk_passwords_that_are_taken_away)
{
    FAKE(fake, { 200, USER });
    USERS(users, fake);
    HecateClerkUser *user = NULL;

    assert_int_equal(clerk_users_remove_password(users, "user_2", true, &user, NULL), HECATE_OK);
    clerk_user_free(user);
    assert_asked(fake, 0, "POST https://api.clerk.com/v1/users/user_2/remove_password\n");
    assert_asked(fake, 0, "\n\n{\"sign_out_of_other_sessions\":true}");
    assert_int_equal(clerk_users_set_password_compromised(users, "user_2", false, &user, NULL), HECATE_OK);
    clerk_user_free(user);
    assert_asked(fake, 1, "POST https://api.clerk.com/v1/users/user_2/password/set_compromised\n");
    assert_asked(fake, 1, "\n\n{\"revoke_all_sessions\":false}");
}

TEST(clerk_create_user_sends_factors)
{
    static const char *const codes[] = { "abc", "def" }, *const states[] = { "reserved" };
    FAKE(fake, { 200, USER });
    USERS(users, fake);
    const HecateClerkNewUser in = { .totp_secret = hecate_text("JBSW"),
                                    .backup_codes = hecate_texts(codes, 2),
                                    .phone_number_identification_status = hecate_texts(states, 1),
                                    .locked = hecate_bool(false) };
    HecateClerkUser *user = NULL;

    assert_int_equal(clerk_users_create_user(users, &in, &user, NULL), HECATE_OK);
    clerk_user_free(user);
    assert_asked(
        fake, 0,
        "\n\n{\"phone_number_identification_status\":[\"reserved\"],\"totp_secret\":\"JBSW\",\"backup_codes\":[\"abc\",\"def\"],\"locked\":false}");
}

TEST(clerk_verify_totp)
{
    FAKE(fake, { 200, "{\"verified\":true,\"code_type\":\"backup_code\"}" }, { 200, "{\"verified\":true,\"code_type\":\"totp\"}" }, { 200, "{}" });
    USERS(users, fake);
    const char *type = NULL;

    assert_int_equal(clerk_users_verify_totp(users, "user_2", "123456", &type, NULL), HECATE_OK);
    assert_string_equal(type, "backup_code");
    assert_asked(fake, 0, "POST https://api.clerk.com/v1/users/user_2/verify_totp\n");
    assert_asked(fake, 0, "\n\n{\"code\":\"123456\"}");
    assert_int_equal(clerk_users_verify_totp(users, "user_2", "123456", &type, NULL), HECATE_OK);
    assert_string_equal(type, "totp");
    assert_int_equal(clerk_users_verify_totp(users, "user_2", "123456", &type, NULL), HECATE_BAD_ANSWER);
    assert_int_equal(clerk_users_verify_totp(users, "user_2", NULL, NULL, NULL), HECATE_INVALID);
}

TEST(clerk_metadata_and_addresses_are_replaced)
{
#define EMAIL \
    "{\"id\":\"idn_1\",\"object\":\"email_address\",\"email_address\":\"n@b.co\",\"verification\":{\"status\":\"verified\"},\"created_at\":1}"
    FAKE(fake, { 200, USER }, { 200, EMAIL }, { 200, "{\"id\":\"idn_2\",\"phone_number\":\"+15550001111\"}" });
    USERS(users, fake);
    const HecateClerkMetadata metadata = { .public_metadata = hecate_text("{}") };
    const HecateClerkReplacement how = { hecate_text("reserved"), hecate_bool(true) };
    HecateClerkAddressAnswer *answer = NULL;
    HecateClerkUser *user = NULL;

    assert_int_equal(clerk_users_replace_user_metadata(users, "user_2", &metadata, &user, NULL), HECATE_OK);
    clerk_user_free(user);
    assert_asked(fake, 0, "PUT https://api.clerk.com/v1/users/user_2/metadata\n");
    assert_asked(fake, 0, "\n\n{\"public_metadata\":{}}");
    assert_int_equal(clerk_users_replace_user_email_address(users, "user_2", "n@b.co", &how, &answer, NULL), HECATE_OK);
    assert_string_equal(answer->address.value, "n@b.co");
    assert_string_equal(answer->address.verification->status, "verified");
    assert_int_equal(answer->raw[0], '{');
    clerk_address_free(answer);
    assert_asked(fake, 1, "PUT https://api.clerk.com/v1/users/user_2/email_address\n");
    assert_asked(fake, 1, "{\"email_address\":\"n@b.co\",\"identification_status\":\"reserved\",\"notify_primary_email_address_changed\":true}");
    assert_int_equal(clerk_users_replace_user_phone_number(users, "user_2", "+15550001111", NULL, &answer, NULL), HECATE_OK);
    assert_string_equal(answer->address.value, "+15550001111");
    clerk_address_free(answer);
    assert_asked(fake, 2, "PUT https://api.clerk.com/v1/users/user_2/phone_number\n");
    assert_asked(fake, 2, "\n\n{\"phone_number\":\"+15550001111\"}");
}

TEST(clerk_profile_image_goes_as_a_form)
{
    static const unsigned char bytes[] = { 0x89, 'P', 'N', 'G', '\r', '\n' };
    FAKE(fake, { 200, USER });
    USERS(users, fake);
    HecateClerkImage image = { bytes, sizeof(bytes), "image/png" };
    HecateClerkUser *user = NULL;

    assert_int_equal(clerk_users_update_user_profile_image(users, "user_2", &image, &user, NULL), HECATE_OK);
    clerk_user_free(user);
    assert_asked(fake, 0, "POST https://api.clerk.com/v1/users/user_2/profile_image\n");
    assert_asked(fake, 0, "\nContent-Type: multipart/form-data; boundary=");
    assert_asked(fake, 0,
                 "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"image\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\r\n--");
    image.content_type = "a\r\nb";
    assert_int_equal(clerk_users_update_user_profile_image(users, "user_2", &image, &user, NULL), HECATE_INVALID);
    assert_int_equal(clerk_users_update_user_profile_image(users, "user_2", NULL, &user, NULL), HECATE_INVALID);
    assert_int_equal(fake->calls, 1);
}

TEST(clerk_lists_of_what_is_no_user)
{
    static const char *const states[] = { "pending", "accepted" };
    FAKE(fake, { 200, "{\"data\":[],\"total_count\":0}" });
    USERS(users, fake);
    const HecateClerkPageQuery query = { .limit = hecate_int(5), .status = hecate_texts(states, 2) };
    HecateClerkAnswer *answer = NULL;

    assert_int_equal(clerk_users_get_user_oauth_access_token(users, "user_2", "google", &answer, NULL), HECATE_OK);
    assert_string_equal(answer->json, "{\"data\":[],\"total_count\":0}");
    clerk_answer_free(answer);
    assert_asked(fake, 0, "GET https://api.clerk.com/v1/users/user_2/oauth_access_tokens/oauth_google?paginated=true\n");
    assert_int_equal(clerk_users_get_user_oauth_access_token(users, "user_2", "oauth_x", &answer, NULL), HECATE_OK);
    clerk_answer_free(answer);
    assert_asked(fake, 1, "/oauth_access_tokens/oauth_x?");
    assert_int_equal(clerk_users_get_organization_membership_list(users, "user_2", &query, &answer, NULL), HECATE_OK);
    clerk_answer_free(answer);
    assert_asked(fake, 2, "GET https://api.clerk.com/v1/users/user_2/organization_memberships?limit=5\n");
    assert_int_equal(clerk_users_get_organization_invitation_list(users, "user_2", &query, &answer, NULL), HECATE_OK);
    clerk_answer_free(answer);
    assert_asked(fake, 3, "GET https://api.clerk.com/v1/users/user_2/organization_invitations?limit=5&status=pending&status=accepted\n");
    assert_int_equal(clerk_users_get_user_oauth_access_token(users, "user_2", NULL, &answer, NULL), HECATE_INVALID);
}
