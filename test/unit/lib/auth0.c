/* auth0.c: each function of Auth0Users: what goes out, what comes back, Auth0's errors, and the token's life. */
#include "fake.h"

/* clang-format off */
#define USER                                                                                                            \
    "{\"created_at\":\"2026-01-02T03:04:05.661Z\",\"email\":\"a@b.co\",\"email_verified\":true,\"identities\":"         \
    "[{\"connection\":\"Users\",\"user_id\":\"63\",\"provider\":\"auth0\",\"isSocial\":false},"                         \
    "{\"profileData\":{\"email\":\"x@y.z\"},\"connection\":\"g\",\"user_id\":7,\"provider\":\"g\",\"isSocial\":true}]," \
    "\"name\":\"a@b.co\",\"nickname\":\"a\",\"picture\":\"p\",\"updated_at\":\"2026-01-02T03:04:05.661Z\","             \
    "\"user_id\":\"auth0|63\",\"user_metadata\":{\"k\":1},\"blocked\":true,\"logins_count\":4}"
#define TOKEN(t) "{\"access_token\":\"" t "\",\"scope\":\"read:users\",\"expires_in\":86400,\"token_type\":\"Bearer\"}"
/* clang-format on */

static Auth0Users *users_on(Fake *fake, const char *key)
{
    HecateOptions options = fake_options(fake, "https://tenant.example", key);
    Auth0Users *users;

    options.client_id = "the-client";
    options.client_secret = "the-secret";
    users = auth0_users_new(&options, NULL);
    assert_non_null(users);
    return users;
}

static void users_done(Auth0Users **users)
{
    auth0_users_free(*users);
}
#define USERS(name, fake, key) Auth0Users *name CLEANUP(users_done) = users_on(fake, key)

TEST(auth0_create_with_a_given_token)
{
    FAKE(fake, { 201, USER });
    USERS(users, fake, "given");
    const HecateAuth0UserInput in = { .connection = hecate_text("Users"),
                                      .email = hecate_text("a@b.co"),
                                      .password = hecate_text("p"),
                                      .email_verified = hecate_bool(true),
                                      .app_metadata = hecate_text("{}") };
    HecateAuth0User *user = NULL;

    assert_int_equal(auth0_users_create(users, &in, &user, NULL), HECATE_OK);
    assert_asked(fake, 0, "POST https://tenant.example/api/v2/users\n");
    assert_asked(fake, 0, "\nAuthorization: Bearer given\n");
    assert_asked(fake, 0, "\n\n{\"connection\":\"Users\",\"email\":\"a@b.co\",\"password\":\"p\",\"app_metadata\":{},\"email_verified\":true}");
    assert_string_equal(user->user_id, "auth0|63");
    assert_true(user->blocked);
    assert_true(user->email_verified);
    assert_false(user->phone_verified);
    assert_int_equal(user->logins_count, 4);
    assert_int_equal(user->created_at, 1767323045661000);
    assert_int_equal(user->identities.count, 2);
    assert_null(user->identities.items[0]->profile_data);
    assert_string_equal(user->identities.items[1]->profile_data, "{\"email\":\"x@y.z\"}");
    assert_string_equal(user->identities.items[1]->user_id, "7");
    assert_true(user->identities.items[1]->is_social);
    assert_null(user->app_metadata);
    assert_string_equal(user->raw, USER);
    auth0_user_free(user);
}

TEST(auth0_get_and_update_and_delete)
{
    FAKE(fake, { 200, "{\"email\":\"a@b.co\"}" }, { 200, USER }, { 204, NULL });
    USERS(users, fake, "given");
    const HecateAuth0UserQuery query = { .fields = hecate_text("email,name"), .include_fields = hecate_bool(true), .page = hecate_int(1) };
    const HecateAuth0UserInput patch = { .given_name = hecate_text(NULL), .blocked = hecate_bool(false), .user_metadata = hecate_text("{}") };
    HecateAuth0User *user = NULL;

    assert_int_equal(auth0_users_get(users, "auth0|63", &query, &user, NULL), HECATE_OK);
    assert_asked(fake, 0, "GET https://tenant.example/api/v2/users/auth0%7C63?fields=email%2Cname&include_fields=true\n");
    assert_null(user->user_id);
    auth0_user_free(user);
    assert_int_equal(auth0_users_update(users, "auth0|63", &patch, &user, NULL), HECATE_OK);
    assert_asked(fake, 1, "PATCH https://tenant.example/api/v2/users/auth0%7C63\n");
    assert_asked(fake, 1, "\n\n{\"given_name\":null,\"user_metadata\":{},\"blocked\":false}");
    auth0_user_free(user);
    assert_int_equal(auth0_users_delete(users, "auth0|63", NULL), HECATE_OK);
    assert_asked(fake, 2, "DELETE https://tenant.example/api/v2/users/auth0%7C63\n");
}

TEST(auth0_lists_in_both_shapes)
{
    FAKE(fake, { 200, "{\"start\":4,\"limit\":2,\"length\":1,\"users\":[" USER "],\"total\":9}" }, { 200, " [" USER "," USER "]" }, { 200, "[]" });
    USERS(users, fake, "given");
    const HecateAuth0UserQuery query = { .page = hecate_int(2),
                                         .per_page = hecate_int(2),
                                         .include_totals = hecate_bool(true),
                                         .q = hecate_text("email:\"a@b.co\""),
                                         .sort = hecate_text("created_at:-1") };
    HecateAuth0UserList *list = NULL;

    assert_int_equal(auth0_users_get_all(users, &query, &list, NULL), HECATE_OK);
    assert_asked(fake, 0,
                 "GET https://tenant.example/api/v2/users?page=2&per_page=2&include_totals=true&sort=created_at%3A-1&q=email%3A%22a%40b.co%22\n");
    assert_int_equal(list->count, 1);
    assert_int_equal(list->start, 4);
    assert_int_equal(list->total, 9);
    auth0_user_list_free(list);
    assert_int_equal(auth0_users_get_all(users, NULL, &list, NULL), HECATE_OK);
    assert_int_equal(list->count, 2);
    assert_int_equal(list->total, -1);
    auth0_user_list_free(list);
    assert_int_equal(auth0_users_by_email_get_by_email(users, "a+b@c.d", NULL, &list, NULL), HECATE_OK);
    assert_asked(fake, 2, "GET https://tenant.example/api/v2/users-by-email?email=a%2Bb%40c.d\n");
    assert_int_equal(list->count, 0);
    auth0_user_list_free(list);
}

TEST(auth0_fetches_a_token_once)
{
    FAKE(fake, { 200, TOKEN("first") }, { 200, "[]" });
    USERS(users, fake, NULL);
    HecateAuth0UserList *list = NULL;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(auth0_users_get_all(users, NULL, &list, NULL), HECATE_OK);
        auth0_user_list_free(list);
    }
    assert_int_equal(fake->calls, 4);
    assert_asked(fake, 0, "POST https://tenant.example/oauth/token\n");
    assert_not_asked(fake, 0, "Authorization");
    assert_asked(fake, 0,
                 "\n\n{\"grant_type\":\"client_credentials\",\"client_id\":\"the-client\",\"client_secret\":\"the-secret\","
                 "\"audience\":\"https://tenant.example/api/v2/\"}");
    assert_asked(fake, 1, "\nAuthorization: Bearer first\n");
    assert_asked(fake, 3, "\nAuthorization: Bearer first\n");
}

TEST(auth0_fetches_anew_before_the_end)
{
    FAKE(fake, { 200, "{\"access_token\":\"short\",\"expires_in\":10}" }, { 200, "[]" }, { 200, TOKEN("long") }, { 200, "[]" });
    USERS(users, fake, NULL);
    HecateAuth0UserList *list = NULL;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(auth0_users_get_all(users, NULL, &list, NULL), HECATE_OK);
        auth0_user_list_free(list);
    }
    assert_asked(fake, 1, "Bearer short\n");
    assert_asked(fake, 2, "/oauth/token\n");
    assert_asked(fake, 3, "Bearer long\n");
}

TEST(auth0_fetches_anew_when_refused_and_once_only)
{
    FAKE(fake, { 200, TOKEN("old") }, { 401, "{}" }, { 200, TOKEN("new") }, { 401, "{\"message\":\"Invalid token\"}" });
    USERS(users, fake, NULL);
    HecateError error;

    assert_int_equal(auth0_users_delete(users, "auth0|63", &error), HECATE_REFUSED);
    assert_int_equal(fake->calls, 4);
    assert_asked(fake, 3, "Bearer new\n");
    assert_refused(error, 401, "", "Invalid token");
}

TEST(auth0_given_token_is_not_fetched_anew)
{
    FAKE(fake, { 401, "{}" });
    USERS(users, fake, "given");

    assert_int_equal(auth0_users_delete(users, "auth0|63", NULL), HECATE_REFUSED);
    assert_int_equal(fake->calls, 1);
}

TEST(auth0_refused_at_the_token_endpoint)
{
    FAKE(fake, { 401, "{\"error\":\"access_denied\",\"error_description\":\"Unauthorized\"}" }, { 200, TOKEN("two words") },
         { 200, "{\"expires_in\":3}" }, { 0, "Could not resolve host" });
    USERS(users, fake, NULL);
    HecateError error;

    assert_int_equal(auth0_users_delete(users, "auth0|63", &error), HECATE_REFUSED);
    assert_refused(error, 401, "access_denied", "Unauthorized");
    assert_int_equal(auth0_users_delete(users, "auth0|63", &error), HECATE_BAD_ANSWER);
    assert_int_equal(auth0_users_delete(users, "auth0|63", &error), HECATE_BAD_ANSWER);
    assert_int_equal(auth0_users_delete(users, "auth0|63", &error), HECATE_UNREACHABLE);
    assert_string_equal(error.message, "Could not resolve host");
    assert_int_equal(fake->calls, 4);
}

TEST(auth0_errors)
{
    FAKE(fake, { 404, "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"The user does not exist.\",\"errorCode\":\"inexistent_user\"}" },
         { 400, "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"PasswordStrengthError: Password is too weak\"}" });
    USERS(users, fake, "given");
    HecateAuth0User *user = NULL;
    HecateError error;

    assert_int_equal(auth0_users_get(users, "auth0|63", NULL, &user, &error), HECATE_REFUSED);
    assert_refused(error, 404, "inexistent_user", "The user does not exist.");
    assert_int_equal(auth0_users_get(users, "auth0|63", NULL, &user, &error), HECATE_REFUSED);
    assert_refused(error, 400, "", "PasswordStrengthError: Password is too weak");
}

/* ---- what hangs on a user ---- */

TEST(auth0_link_and_unlink)
{
    FAKE(fake,
         { 201, "[{\"connection\":\"Users\",\"user_id\":\"63\",\"provider\":\"auth0\",\"isSocial\":false},"
                "{\"profileData\":{\"email\":\"x@y.z\"},\"connection\":\"g\",\"user_id\":7,\"provider\":\"g\",\"isSocial\":true}]" },
         { 200, "[{\"connection\":\"Users\",\"user_id\":\"63\",\"provider\":\"auth0\",\"isSocial\":false}]" });
    USERS(users, fake, "given");
    const HecateAuth0LinkInput in = { .provider = hecate_text("g"), .user_id = hecate_text("7") };
    HecateAuth0IdentityList *list = NULL;

    assert_int_equal(auth0_users_link(users, "auth0|63", &in, &list, NULL), HECATE_OK);
    assert_asked(fake, 0, "POST https://tenant.example/api/v2/users/auth0%7C63/identities\n");
    assert_asked(fake, 0, "\n\n{\"provider\":\"g\",\"user_id\":\"7\"}");
    assert_int_equal(list->count, 2);
    assert_string_equal(list->items[1]->user_id, "7");
    assert_string_equal(list->items[1]->profile_data, "{\"email\":\"x@y.z\"}");
    auth0_identity_list_free(list);
    assert_int_equal(auth0_users_unlink(users, "auth0|63", "g", "a/b", &list, NULL), HECATE_OK);
    assert_asked(fake, 1, "DELETE https://tenant.example/api/v2/users/auth0%7C63/identities/g/a%2Fb\n");
    assert_int_equal(list->count, 1);
    auth0_identity_list_free(list);
}

TEST(auth0_lists_come_as_json)
{
    FAKE(fake, { 200, "{\"roles\":[],\"start\":0,\"limit\":2,\"total\":0}" }, { 200, "{\"roles\":" });
    USERS(users, fake, "given");
    const HecateAuth0PageQuery query = { .per_page = hecate_int(2), .include_totals = hecate_bool(true) };
    HecateAuth0Answer *answer = NULL;
    HecateError error;

    assert_int_equal(auth0_users_get_roles(users, "auth0|63", &query, &answer, NULL), HECATE_OK);
    assert_asked(fake, 0, "GET https://tenant.example/api/v2/users/auth0%7C63/roles?per_page=2&include_totals=true\n");
    assert_string_equal(answer->json, "{\"roles\":[],\"start\":0,\"limit\":2,\"total\":0}");
    auth0_answer_free(answer);
    assert_int_equal(auth0_users_get_roles(users, "auth0|63", NULL, &answer, &error), HECATE_BAD_ANSWER);
}

TEST(auth0_bodies_are_json)
{
    FAKE(fake, { 204, "" }, { 204, "" });
    USERS(users, fake, "given");
    HecateError error;

    assert_int_equal(auth0_users_delete_roles(users, "auth0|63", "{\"roles\":[\"rol_1\"]}", NULL), HECATE_OK);
    assert_asked(fake, 0, "DELETE https://tenant.example/api/v2/users/auth0%7C63/roles\n");
    assert_asked(fake, 0, "\n\n{\"roles\":[\"rol_1\"]}");
    assert_asked(fake, 0, "\nContent-Type: application/json\n");
    assert_int_equal(auth0_users_assign_roles(users, "auth0|63", "{\"roles\":", &error), HECATE_INVALID);
    assert_int_equal(auth0_users_assign_roles(users, "auth0|63", NULL, &error), HECATE_INVALID);
    assert_int_equal(auth0_users_delete_multifactor_provider(users, "auth0|63", "duo", NULL), HECATE_OK);
    assert_asked(fake, 1, "DELETE https://tenant.example/api/v2/users/auth0%7C63/multifactor/duo\n");
}

TEST(auth0_second_ids_stay_in_their_segment)
{
    static const char *const bad[] = { NULL, "", ".", "..", "\xff" };
    FAKE(fake, { 204, "" });
    USERS(users, fake, "given");

    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_int_equal(auth0_users_delete_authentication_method(users, "auth0|63", bad[i], NULL), HECATE_INVALID);
}
