/* gotrue.c: each function of GotrueAdmin: what goes out, what comes back, and each shape of GoTrue's errors. */
#include "fake.h"

#define ID "6f0c1c70-43f2-4c14-a1f8-2b2ad3a3b111"
/* clang-format off */
#define USER                                                                                                                        \
    "{\"id\":\"" ID "\",\"aud\":\"authenticated\",\"role\":\"authenticated\",\"email\":\"a@b.co\","                                 \
    "\"email_confirmed_at\":\"2026-01-02T03:04:05.67Z\",\"phone\":\"\",\"confirmed_at\":null,"                                     \
    "\"app_metadata\":{\"provider\":\"email\",\"providers\":[\"email\"]},\"user_metadata\":{},"                                    \
    "\"identities\":[{\"identity_id\":\"i-1\",\"id\":\"" ID "\",\"user_id\":\"" ID "\",\"identity_data\":{\"email\":\"a@b.co\"},"  \
    "\"provider\":\"email\",\"last_sign_in_at\":\"2026-01-02T03:04:05Z\",\"created_at\":\"2026-01-02T03:04:05Z\","                 \
    "\"updated_at\":\"2026-01-02T03:04:05Z\",\"email\":\"a@b.co\"}],"                                                              \
    "\"created_at\":\"2026-01-02T03:04:05.661201Z\",\"updated_at\":\"2026-01-02T03:04:05.671993Z\","                               \
    "\"is_anonymous\":false,\"something_new\":{\"a\":[1]}}"
/* clang-format on */

static GotrueAdmin *admin_on(Fake *fake)
{
    const HecateOptions options = fake_options(fake, "http://127.0.0.1:9999/auth/v1/", "the-key");
    HecateError error;
    GotrueAdmin *admin = gotrue_admin_new(&options, &error);

    assert_non_null(admin);
    return admin;
}

static void admin_done(GotrueAdmin **admin)
{
    gotrue_admin_free(*admin);
}
#define ADMIN(name, fake) GotrueAdmin *name CLEANUP(admin_done) = admin_on(fake)

TEST(gotrue_create_user_sends_what_is_given)
{
    FAKE(fake, { 200, USER });
    ADMIN(admin, fake);
    const HecateGotrueAttributes in = {
        .email = hecate_text("a@b.co"),
        .password = hecate_text("se\"cret"),
        .phone = hecate_text(NULL),
        .email_confirm = hecate_bool(true),
        .phone_confirm = hecate_bool(false),
        .user_metadata = hecate_text(" {\"k\": [1,null]}"),
    };
    HecateGotrueUser *user = NULL;
    HecateError error;

    assert_int_equal(gotrue_admin_create_user(admin, &in, &user, &error), HECATE_OK);
    assert_asked(fake, 0, "POST http://127.0.0.1:9999/auth/v1/admin/users\n");
    assert_asked(fake, 0, "\nAuthorization: Bearer the-key\n");
    assert_asked(fake, 0, "\napikey: the-key\n");
    assert_asked(fake, 0, "\nX-Supabase-Api-Version: 2024-01-01\n");
    assert_asked(fake, 0, "\nContent-Type: application/json;charset=UTF-8\n");
    assert_asked(fake, 0,
                 "\n\n{\"email\":\"a@b.co\",\"phone\":null,\"password\":\"se\\\"cret\",\"email_confirm\":true,\"phone_confirm\":false,"
                 "\"user_metadata\": {\"k\": [1,null]}}");
    assert_string_equal(user->id, ID);
    assert_string_equal(user->email, "a@b.co");
    assert_string_equal(user->app_metadata, "{\"provider\":\"email\",\"providers\":[\"email\"]}");
    assert_int_equal(user->email_confirmed_at, 1767323045670000);
    assert_int_equal(user->created_at, 1767323045661201);
    assert_int_equal(user->confirmed_at, 0);
    assert_int_equal(user->identities.count, 1);
    assert_string_equal(user->identities.items[0]->identity_data, "{\"email\":\"a@b.co\"}");
    assert_int_equal(user->identities.items[0]->created_at, 1767323045000000);
    assert_string_equal(user->raw, USER);
    assert_int_equal(error.kind, HECATE_OK);
    gotrue_user_free(user);
}

TEST(gotrue_get_user_sends_no_body)
{
    FAKE(fake, { 200, USER });
    ADMIN(admin, fake);
    HecateGotrueUser *user = NULL;

    assert_int_equal(gotrue_admin_get_user_by_id(admin, ID, &user, NULL), HECATE_OK);
    assert_asked(fake, 0, "GET http://127.0.0.1:9999/auth/v1/admin/users/" ID "\n");
    assert_not_asked(fake, 0, "Content-Type");
    assert_not_asked(fake, 0, "{");
    gotrue_user_free(user);
}

TEST(gotrue_ids_are_uuids_before_anything_is_sent)
{
    static const char *const bad[] = { "",
                                       ".",
                                       "..",
                                       "x",
                                       ID "0",
                                       "6f0c1c70-43f2-4c14-a1f8-2b2ad3a3b11",
                                       "6f0c1c70x43f2-4c14-a1f8-2b2ad3a3b111",
                                       "6f0c1c70-43f2-4c14-a1f8-2b2ad3a3b11/",
                                       NULL };
    FAKE(fake, { 200, USER });
    ADMIN(admin, fake);
    const HecateGotrueAttributes in = { .role = hecate_text("x") };
    HecateGotrueUser *user = NULL;
    HecateError error;

    for (size_t i = 0; i < COUNTOF(bad); i++) {
        assert_int_equal(gotrue_admin_get_user_by_id(admin, bad[i], &user, &error), HECATE_INVALID);
        assert_int_equal(error.kind, HECATE_INVALID);
        assert_int_equal(gotrue_admin_update_user_by_id(admin, bad[i], &in, &user, NULL), HECATE_INVALID);
        assert_int_equal(gotrue_admin_delete_user(admin, bad[i], false, NULL), HECATE_INVALID);
    }
    assert_int_equal(fake->calls, 0);
    assert_null(user);
}

TEST(gotrue_update_user)
{
    FAKE(fake, { 200, USER });
    ADMIN(admin, fake);
    const HecateGotrueAttributes in = { .ban_duration = hecate_text("24h"), .app_metadata = hecate_text("{\"a\":null}") };
    HecateGotrueUser *user = NULL;

    assert_int_equal(gotrue_admin_update_user_by_id(admin, ID, &in, &user, NULL), HECATE_OK);
    assert_asked(fake, 0, "PUT http://127.0.0.1:9999/auth/v1/admin/users/" ID "\n");
    assert_asked(fake, 0, "\n\n{\"app_metadata\":{\"a\":null},\"ban_duration\":\"24h\"}");
    gotrue_user_free(user);
}

TEST(gotrue_delete_user_hard_and_soft)
{
    FAKE(fake, { 200, "{}" });
    ADMIN(admin, fake);

    assert_int_equal(gotrue_admin_delete_user(admin, ID, false, NULL), HECATE_OK);
    assert_int_equal(gotrue_admin_delete_user(admin, ID, true, NULL), HECATE_OK);
    assert_asked(fake, 0, "DELETE http://127.0.0.1:9999/auth/v1/admin/users/" ID "\n");
    assert_asked(fake, 0, "\n\n{\"should_soft_delete\":false}");
    assert_asked(fake, 1, "\n\n{\"should_soft_delete\":true}");
}

TEST(gotrue_list_users)
{
    FAKE(fake, { 200, "{\"users\":[" USER "," USER "],\"aud\":\"authenticated\"}", { "x-total-count", " 17" } },
         { 200, "{\"users\":[],\"aud\":\"\"}", { 0 } });
    ADMIN(admin, fake);
    const HecateGotruePage page = { .page = hecate_int(2), .per_page = hecate_int(50), .filter = hecate_text("a b&c=\xc3\xbc") };
    HecateGotrueUserList *list = NULL;

    assert_int_equal(gotrue_admin_list_users(admin, &page, &list, NULL), HECATE_OK);
    assert_asked(fake, 0, "GET http://127.0.0.1:9999/auth/v1/admin/users?page=2&per_page=50&filter=a%20b%26c%3D%C3%BC\n");
    assert_int_equal(list->count, 2);
    assert_int_equal(list->total, 17);
    assert_string_equal(list->users[1]->email, "a@b.co");
    assert_null(list->users[1]->raw);
    assert_int_equal(list->raw[0], '{');
    gotrue_user_list_free(list);
    assert_int_equal(gotrue_admin_list_users(admin, NULL, &list, NULL), HECATE_OK);
    assert_asked(fake, 1, "GET http://127.0.0.1:9999/auth/v1/admin/users\n");
    assert_int_equal(list->count, 0);
    assert_int_equal(list->total, -1);
    gotrue_user_list_free(list);
}

TEST(gotrue_sign_out_uses_the_users_token)
{
    FAKE(fake, { 204, NULL });
    ADMIN(admin, fake);

    assert_int_equal(gotrue_admin_sign_out(admin, "user.jwt.x", NULL, NULL), HECATE_OK);
    assert_int_equal(gotrue_admin_sign_out(admin, "user.jwt.x", "others", NULL), HECATE_OK);
    assert_asked(fake, 0, "POST http://127.0.0.1:9999/auth/v1/logout?scope=global\n");
    assert_asked(fake, 0, "\nAuthorization: Bearer user.jwt.x\n");
    assert_asked(fake, 0, "\napikey: the-key\n");
    assert_not_asked(fake, 0, "Bearer the-key");
    assert_asked(fake, 1, "logout?scope=others\n");
    assert_int_equal(gotrue_admin_sign_out(admin, "two\r\nlines", NULL, NULL), HECATE_INVALID);
    assert_int_equal(gotrue_admin_sign_out(admin, NULL, NULL, NULL), HECATE_INVALID);
    assert_int_equal(fake->calls, 2);
}

/* clang-format off */
static const struct {
    int status;
    const char *body, *code, *message;
} errors[] = {
    { 404, "{\"code\":\"user_not_found\",\"message\":\"User not found\"}", "user_not_found", "User not found" },
    { 404, "{\"code\":404,\"error_code\":\"user_not_found\",\"msg\":\"User not found\"}", "user_not_found", "User not found" },
    { 500, "{\"code\":\"23505\",\"message\":\"duplicate key\",\"hint\":null}", "23505", "duplicate key" },
    { 400, "{\"error\":\"invalid_grant\",\"error_description\":\"Bad\\ncredentials\"}", "invalid_grant", "Bad credentials" },
    { 401, "{\"message\":\"No API key found in request\"}", "", "No API key found in request" },
    { 502, "<html>Bad gateway</html>", "", "the server answered with status 502" },
    { 404, "404 page not found\n", "", "the server answered with status 404" },
    { 500, NULL, "", "the server answered with status 500" },
    { 302, "{}", "", "the server answered with status 302" },
    { 400, "[]", "", "the server answered with status 400" },
    { 400, "{\"code\":{\"a\":1},\"msg\":[1]}", "", "the server answered with status 400" },
};
/* clang-format on */

TEST(gotrue_errors_in_every_shape)
{
    for (size_t i = 0; i < COUNTOF(errors); i++) {
        Fake *fake CLEANUP(fake_free) = fake_new();
        ADMIN(admin, fake);
        HecateGotrueUser *user = NULL;
        HecateError error;

        fake->told[0] = (Told){ .status = errors[i].status, .body = errors[i].body };
        assert_int_equal(gotrue_admin_get_user_by_id(admin, ID, &user, &error), HECATE_REFUSED);
        assert_refused(error, errors[i].status, errors[i].code, errors[i].message);
        assert_null(user);
    }
}

TEST(gotrue_weak_password_has_reasons)
{
    FAKE(fake, { 422, "{\"code\":\"weak_password\",\"message\":\"Too weak\",\"weak_password\":{\"reasons\":[\"length\",\"characters\"]}}" },
         { 429, "{\"code\":\"over_request_rate_limit\",\"message\":\"Slow\"}", { "Retry-After", "7" } });
    ADMIN(admin, fake);
    const HecateGotrueAttributes in = { .email = hecate_text("a@b.co"), .password = hecate_text("a") };
    HecateGotrueUser *user = NULL;
    HecateError error;

    assert_int_equal(gotrue_admin_create_user(admin, &in, &user, &error), HECATE_REFUSED);
    assert_refused(error, 422, "weak_password", "Too weak");
    assert_string_equal(error.reasons, "length,characters");
    assert_int_equal(gotrue_admin_create_user(admin, &in, &user, &error), HECATE_REFUSED);
    assert_refused(error, 429, "over_request_rate_limit", "Slow");
    assert_int_equal(error.retry_after, 7);
    assert_string_equal(error.reasons, "");
}

TEST(gotrue_list_reads_the_pages_of_link)
{
    static const struct {
        const char *link;
        int64_t next, last;
    } links[] = {
        { "</admin/users?page=2&per_page=50>; rel=\"next\", </admin/users?page=31&per_page=50>; rel=\"last\"", 2, 31 },
        { "<https://h/admin/users?per_page=5&page=7>; rel=\"last\"", 0, 7 },
        { "</admin/users?page=x>; rel=\"next\"", 0, 0 },
        { "; rel=\"next\"", 0, 0 },
        { "", 0, 0 },
    };

    for (size_t i = 0; i < COUNTOF(links); i++) {
        Fake *fake CLEANUP(fake_free) = fake_new();
        ADMIN(admin, fake);
        HecateGotrueUserList *list = NULL;

        fake->told[0] = (Told){ .status = 200, .body = "{\"users\":[],\"aud\":\"\"}", .header = { "Link", links[i].link } };
        assert_int_equal(gotrue_admin_list_users(admin, NULL, &list, NULL), HECATE_OK);
        assert_int_equal(list->next_page, links[i].next);
        assert_int_equal(list->last_page, links[i].last);
        gotrue_user_list_free(list);
    }
}

TEST(gotrue_invite)
{
    FAKE(fake, { 200, USER });
    ADMIN(admin, fake);
    const HecateGotrueInvitation how = { .data = hecate_text("{\"a\":1}"), .redirect_to = hecate_text("https://app/x?y") };
    HecateGotrueUser *user = NULL;

    assert_int_equal(gotrue_admin_invite_user_by_email(admin, "a@b.co", &how, &user, NULL), HECATE_OK);
    assert_string_equal(user->email, "a@b.co");
    gotrue_user_free(user);
    assert_asked(fake, 0, "POST http://127.0.0.1:9999/auth/v1/invite?redirect_to=https%3A%2F%2Fapp%2Fx%3Fy\n");
    assert_asked(fake, 0, "\n\n{\"email\":\"a@b.co\",\"data\":{\"a\":1}}");
    assert_int_equal(gotrue_admin_invite_user_by_email(admin, "a@b.co", NULL, &user, NULL), HECATE_OK);
    gotrue_user_free(user);
    assert_asked(fake, 1, "/invite\n");
    assert_asked(fake, 1, "\n\n{\"email\":\"a@b.co\"}");
    assert_int_equal(gotrue_admin_invite_user_by_email(admin, NULL, NULL, &user, NULL), HECATE_INVALID);
}

TEST(gotrue_generate_link)
{
#define LINK \
    "\"action_link\":\"https://h/verify?token=t\",\"email_otp\":\"123456\",\"hashed_token\":\"t\",\"verification_type\":\"signup\",\"redirect_to\":\"https://app\""
    FAKE(fake, { 200, "{" LINK ",\"id\":\"" ID "\",\"email\":\"a@b.co\",\"identities\":[]}" }, { 200, USER });
    ADMIN(admin, fake);
    const HecateGotrueLinkInput in = { .type = hecate_text("signup"),
                                       .email = hecate_text("a@b.co"),
                                       .password = hecate_text("pw"),
                                       .data = hecate_text("{}"),
                                       .redirect_to = hecate_text("https://app") };
    HecateGotrueLink *link = NULL;

    assert_int_equal(gotrue_admin_generate_link(admin, &in, &link, NULL), HECATE_OK);
    assert_asked(fake, 0, "POST http://127.0.0.1:9999/auth/v1/admin/generate_link?redirect_to=https%3A%2F%2Fapp\n");
    assert_asked(fake, 0, "\n\n{\"type\":\"signup\",\"email\":\"a@b.co\",\"password\":\"pw\",\"data\":{}}");
    assert_string_equal(link->action_link, "https://h/verify?token=t");
    assert_string_equal(link->email_otp, "123456");
    assert_string_equal(link->hashed_token, "t");
    assert_string_equal(link->verification_type, "signup");
    assert_string_equal(link->redirect_to, "https://app");
    assert_string_equal(link->user.id, ID);
    assert_string_equal(link->user.email, "a@b.co");
    assert_null(link->user.raw);
    assert_non_null(strstr(link->raw, "action_link"));
    gotrue_link_free(link);
    link = NULL;
    assert_int_equal(gotrue_admin_generate_link(admin, &in, &link, NULL), HECATE_BAD_ANSWER); /* a user without a link */
    assert_null(link);
}

TEST(gotrue_factors)
{
    FAKE(fake, { 200, "[{\"id\":\"f\",\"status\":\"verified\",\"factor_type\":\"totp\",\"created_at\":\"2026-01-02T03:04:05Z\"},{\"id\":\"g\"}]" },
         { 200, "[]" }, { 200, "{\"id\":\"f\"}" });
    ADMIN(admin, fake);
    HecateGotrueFactorList *list = NULL;

    assert_int_equal(gotrue_admin_list_factors(admin, ID, &list, NULL), HECATE_OK);
    assert_asked(fake, 0, "GET http://127.0.0.1:9999/auth/v1/admin/users/" ID "/factors\n");
    assert_int_equal(list->count, 2);
    assert_string_equal(list->items[0]->factor_type, "totp");
    assert_int_equal(list->items[0]->created_at, 1767323045000000);
    assert_int_equal(list->raw[0], '[');
    gotrue_factor_list_free(list);
    assert_int_equal(gotrue_admin_list_factors(admin, ID, &list, NULL), HECATE_OK);
    assert_int_equal(list->count, 0);
    gotrue_factor_list_free(list);
    assert_int_equal(gotrue_admin_delete_factor(admin, ID, ID, NULL), HECATE_OK);
    assert_asked(fake, 2, "DELETE http://127.0.0.1:9999/auth/v1/admin/users/" ID "/factors/" ID "\n");
    assert_not_asked(fake, 2, "Content-Type");
    assert_int_equal(gotrue_admin_delete_factor(admin, ID, "x", NULL), HECATE_INVALID);
    assert_int_equal(gotrue_admin_delete_factor(admin, ID, NULL, NULL), HECATE_INVALID);
    assert_int_equal(fake->calls, 3);
}

TEST(gotrue_identities)
{
    FAKE(fake, { 200, "[{\"identity_id\":\"i\",\"id\":\"1\",\"provider\":\"github\",\"identity_data\":{\"a\":1}}]" }, { 200, "{}" });
    ADMIN(admin, fake);
    HecateGotrueIdentityList *list = NULL;

    assert_int_equal(gotrue_admin_list_identities(admin, ID, &list, NULL), HECATE_OK);
    assert_asked(fake, 0, "GET http://127.0.0.1:9999/auth/v1/admin/users/" ID "/identities\n");
    assert_int_equal(list->count, 1);
    assert_string_equal(list->items[0]->identity_data, "{\"a\":1}");
    gotrue_identity_list_free(list);
    assert_int_equal(gotrue_admin_delete_identity(admin, ID, "10/x", NULL), HECATE_OK);
    assert_asked(fake, 1, "DELETE http://127.0.0.1:9999/auth/v1/admin/users/" ID "/identities/10%2Fx\n");
    assert_int_equal(gotrue_admin_delete_identity(admin, ID, "", NULL), HECATE_INVALID);
}

TEST(gotrue_sessions)
{
    FAKE(fake, { 200, "[{\"id\":\"s\",\"aal\":\"aal2\",\"amr\":[\"password\",\"totp\"],\"not_after\":\"2026-01-02T03:04:05Z\"}]" }, { 200, "{}" });
    ADMIN(admin, fake);
    HecateGotrueSessionList *list = NULL;

    assert_int_equal(gotrue_admin_list_sessions(admin, ID, &list, NULL), HECATE_OK);
    assert_asked(fake, 0, "GET http://127.0.0.1:9999/auth/v1/admin/users/" ID "/sessions\n");
    assert_int_equal(list->count, 1);
    assert_int_equal(list->items[0]->amr.count, 2);
    assert_string_equal(list->items[0]->amr.items[1], "totp");
    assert_int_equal(list->items[0]->not_after, 1767323045000000);
    gotrue_session_list_free(list);
    assert_int_equal(gotrue_admin_delete_sessions(admin, ID, NULL, NULL), HECATE_OK);
    assert_asked(fake, 1, "DELETE http://127.0.0.1:9999/auth/v1/admin/users/" ID "/sessions\n");
    assert_int_equal(gotrue_admin_delete_sessions(admin, ID, "s", NULL), HECATE_OK);
    assert_asked(fake, 2, "DELETE http://127.0.0.1:9999/auth/v1/admin/users/" ID "/sessions/s\n");
}
