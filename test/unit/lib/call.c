/* call.c: what holds for all calls: options, answers that are none, memory that ends, threads, and tables that fit the wire. */
#include "fake.h"

#include "base/buf.h"
#include "internal.h"

#define ID "6f0c1c70-43f2-4c14-a1f8-2b2ad3a3b111"
#define USER "{\"id\":\"" ID "\",\"email\":\"a@b.co\",\"app_metadata\":{\"a\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}}"

static void admin_done(GotrueAdmin **admin)
{
    gotrue_admin_free(*admin);
}
#define ADMIN(name, options) GotrueAdmin *name CLEANUP(admin_done) = gotrue_admin_new(options, NULL)

TEST(options_that_cannot_work_are_refused)
{
    static const HecateHeader bad_header = { "X-A", "a\r\nb: c" }, bad_name = { "X A", "a" };
    const HecateOptions bad[] = {
        { 0 },
        { .url = "" },
        { .url = "127.0.0.1:9999" },
        { .url = "file:///etc/passwd" },
        { .url = "http://" },
        { .url = "http:///x" },
        { .url = "http://user@host/" },
        { .url = "http://host/?x" },
        { .url = "http://host/a b" },
        { .url = "http://h", .key = "a b" },
        { .url = "http://h", .key = "" },
        { .url = "http://h", .timeout_ms = -1 },
        { .url = "http://h", .header_count = 1 },
        { .url = "http://h", .headers = &bad_header, .header_count = 1 },
        { .url = "http://h", .headers = &bad_name, .header_count = 1 },
    };
    HecateError error;

    for (size_t i = 0; i < COUNTOF(bad); i++) {
        assert_null(gotrue_admin_new(&bad[i], &error));
        assert_int_equal(error.kind, HECATE_INVALID);
        assert_int_not_equal(error.message[0], '\0');
    }
    assert_null(gotrue_admin_new(NULL, NULL));
    gotrue_admin_free(NULL);
    gotrue_user_free(NULL);
}

TEST(own_headers_take_the_place_of_the_librarys)
{
    static const HecateHeader headers[] = { { "authorization", "Custom x" }, { "X-More", "1" } };
    FAKE(fake, { 200, "{}" });
    HecateOptions options = fake_options(fake, "http://h", "key");
    options.headers = headers;
    options.header_count = 2;
    ADMIN(admin, &options);

    assert_int_equal(gotrue_admin_delete_user(admin, ID, false, NULL), HECATE_OK);
    assert_asked(fake, 0, "\nauthorization: Custom x\n");
    assert_asked(fake, 0, "\nX-More: 1\n");
    assert_not_asked(fake, 0, "Bearer");
}

TEST(inputs_that_cannot_be_sent)
{
    const HecateGotrueAttributes bad[] = {
        { .email = hecate_text("\xff") },
        { .email = { HECATE_VALUE, NULL } },
        { .user_metadata = hecate_text("{\"a\":1},\"role\":\"service_role\"") },
        { .user_metadata = hecate_text("{} {}") },
        { .user_metadata = hecate_text("[1]") },
        { .user_metadata = hecate_text("") },
        { .app_metadata = hecate_text("{\"a\":1,\"a\":2}") },
    };
    FAKE(fake, { 200, USER });
    const HecateOptions options = fake_options(fake, "http://h", "key");
    ADMIN(admin, &options);
    HecateGotrueUser *user = NULL;
    HecateError error;

    for (size_t i = 0; i < COUNTOF(bad); i++) {
        assert_int_equal(gotrue_admin_create_user(admin, &bad[i], &user, &error), HECATE_INVALID);
        assert_non_null(strstr(error.message, i < 2 ? "email" : "_metadata"));
    }
    assert_int_equal(gotrue_admin_create_user(admin, NULL, &user, &error), HECATE_INVALID);
    assert_int_equal(fake->calls, 0);
}

TEST(answers_that_are_none)
{
    static const char *const bodies[] = { "",
                                          " ",
                                          "null",
                                          "true",
                                          "[]",
                                          "\"text\"",
                                          "{",
                                          "{}",
                                          "{\"id\":null}",
                                          "{\"id\":7}",
                                          "{\"id\":\"" ID "\"",
                                          "{\"id\":\"" ID "\"}x",
                                          "{\"id\":\"" ID "\",\"id\":\"x\"}",
                                          "{\"id\":\"" ID "\",\"created_at\":\"yesterday\"}",
                                          "{\"id\":\"\xff\"}",
                                          "{\"id\":\"" ID "\",\"identities\":{}}",
                                          "{\"id\":\"" ID "\",\"identities\":[7]}" };

    for (size_t i = 0; i < COUNTOF(bodies); i++) {
        Fake *fake CLEANUP(fake_free) = fake_new();
        const HecateOptions options = fake_options(fake, "http://h", "key");
        ADMIN(admin, &options);
        HecateGotrueUser *user = NULL;
        HecateError error;

        fake->told[0] = (Told){ .status = 200, .body = bodies[i] };
        assert_int_equal(gotrue_admin_get_user_by_id(admin, ID, &user, &error), HECATE_BAD_ANSWER);
        assert_int_equal(error.status, 200);
        assert_null(user);
    }
}

TEST(deep_answers_do_not_overflow)
{
    FAKE(fake, { 200, "" });
    const HecateOptions options = fake_options(fake, "http://h", "key");
    ADMIN(admin, &options);
    HecateGotrueUser *user = NULL;
    char *deep = calloc(1, 1000001);

    memset(deep, '[', 1000000);
    fake->told[0] = (Told){ .status = 200, .body = deep };
    assert_int_equal(gotrue_admin_get_user_by_id(admin, ID, &user, NULL), HECATE_BAD_ANSWER);
    fake->told[0] = (Told){ .status = 400, .body = deep };
    assert_int_equal(gotrue_admin_get_user_by_id(admin, ID, &user, NULL), HECATE_REFUSED);
    free(deep);
}

TEST(answers_that_are_too_large)
{
    FAKE(fake, { 200, USER });
    HecateOptions options = fake_options(fake, "http://h", "key");
    options.answer_limit = sizeof(USER) - 2;
    ADMIN(admin, &options);
    HecateGotrueUser *user = NULL;
    HecateError error;

    assert_int_equal(gotrue_admin_get_user_by_id(admin, ID, &user, &error), HECATE_BAD_ANSWER);
    assert_non_null(strstr(error.message, "larger"));
    options.answer_limit++;
    {
        ADMIN(wider, &options);
        assert_int_equal(gotrue_admin_get_user_by_id(wider, ID, &user, &error), HECATE_OK);
        gotrue_user_free(user);
    }
}

/* Every size of memory from nothing up: the call ends with HECATE_NOMEM until it ends with HECATE_OK, and leaks nothing (ASan
 * looks). */
TEST(memory_may_end_anywhere)
{
    FAKE(fake, { 200, USER });
    const HecateGotrueAttributes in = { .email = hecate_text("a@b.co"), .user_metadata = hecate_text("{\"a\":[1,2,3]}") };
    HecateStatus status = HECATE_NOMEM;
    int refused = 0;

    for (size_t limit = 16; status != HECATE_OK && limit < 1 << 20; limit += 48) {
        HecateOptions options = fake_options(fake, "http://h", "key");
        options.memory_limit = limit;
        ADMIN(admin, &options);
        HecateGotrueUser *user = NULL;
        HecateError error;

        status = gotrue_admin_create_user(admin, &in, &user, &error);
        if (status == HECATE_OK) {
            gotrue_user_free(user);
            break;
        }
        assert_int_equal(error.kind, status);
        assert_true(status == HECATE_NOMEM || (status == HECATE_INVALID && user == NULL));
        refused++;
    }
    assert_int_equal(status, HECATE_OK);
    assert_in_range(refused, 20, 10000);
}

TEST(errors_survive_short_memory)
{
    FAKE(fake, { 404, "{\"code\":\"user_not_found\",\"message\":\"User not found\"}" });
    HecateOptions options = fake_options(fake, "http://h", "key");
    HecateStatus status = HECATE_NOMEM;
    HecateError error;

    for (size_t limit = 16; status == HECATE_NOMEM && limit < 1 << 20; limit += 48) {
        options.memory_limit = limit;
        ADMIN(admin, &options);
        HecateGotrueUser *user = NULL;

        status = gotrue_admin_get_user_by_id(admin, ID, &user, &error);
    }
    assert_refused(error, 404, "user_not_found", "User not found");
}

TEST(no_answer_is_unreachable)
{
    FAKE(fake, { 0, "Connection refused" });
    const HecateOptions options = fake_options(fake, "http://h", "key");
    ADMIN(admin, &options);
    HecateError error;

    assert_int_equal(gotrue_admin_delete_user(admin, ID, false, &error), HECATE_UNREACHABLE);
    assert_string_equal(error.message, "Connection refused");
    assert_int_equal(error.status, 0);
}

TEST(long_texts_are_cut_at_a_character)
{
    FAKE(fake, { 400, NULL });
    const HecateOptions options = fake_options(fake, "http://h", "key");
    ADMIN(admin, &options);
    HecateError error;
    Buf buf CLEANUP(buf_free) = buf_heap(1 << 16);
    char *text;

    buf_puts(&buf, "{\"msg\":\"");
    for (int i = 0; i < 600; i++)
        buf_puts(&buf, "\xe2\x82\xac");
    buf_puts(&buf, "\"}");
    assert_ok(buf_text(&buf, &text));
    fake->told[0].body = text;
    assert_int_equal(gotrue_admin_delete_user(admin, ID, false, &error), HECATE_REFUSED);
    assert_int_equal(strlen(error.message), 510);
    assert_true(utf8_valid(str_of(error.message)));
}

static HecateStatus self_fetch(void *arg, const HecateRequest *request, HecateResponse *response)
{
    (void)arg;
    (void)request;
    hecate_response_status(response, 200);
    for (int i = 0; i < 3; i++) /* in pieces, an empty one too */
        assert_true(hecate_response_body(response, i == 0 ? "{\"id\":\"" : i == 1 ? ID : "\"}", i == 0 ? 7 : i == 1 ? 36 : 2));
    assert_true(hecate_response_body(response, NULL, 0));
    return HECATE_OK;
}

TEST(bodies_come_in_pieces)
{
    const HecateOptions options = { .url = "http://h", .fetch = self_fetch };
    ADMIN(admin, &options);
    HecateGotrueUser *user = NULL;

    assert_int_equal(gotrue_admin_get_user_by_id(admin, ID, &user, NULL), HECATE_OK);
    assert_string_equal(user->id, ID);
    gotrue_user_free(user);
}

/* ---- threads ---- */

static void *many_calls(void *users)
{
    uintptr_t good = 0;

    for (int i = 0; i < 200; i++) {
        HecateAuth0UserList *list = NULL;
        HecateError error;

        if (auth0_users_get_all(users, NULL, &list, &error) == HECATE_OK && list->count == 0)
            good++;
        auth0_user_list_free(list);
    }
    return (void *)good;
}

static HecateStatus token_fetch(void *arg, const HecateRequest *request, HecateResponse *response)
{
    const bool token = strstr(request->url, "/oauth/token") != NULL;
    const char *body = token ? "{\"access_token\":\"t\",\"expires_in\":86400}" : "[]";

    if (token)
        __atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
    hecate_response_status(response, 200);
    hecate_response_body(response, body, strlen(body));
    return HECATE_OK;
}

TEST(threads_share_a_handle_and_its_token)
{
    int tokens = 0;
    const HecateOptions options = { .url = "https://h", .client_id = "a", .client_secret = "b", .fetch = token_fetch, .fetch_arg = &tokens };
    Auth0Users *users = auth0_users_new(&options, NULL);
    pthread_t threads[8];
    void *good;

    for (size_t i = 0; i < COUNTOF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many_calls, users), 0);
    for (size_t i = 0; i < COUNTOF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_int_equal((uintptr_t)good, 200);
    }
    assert_int_equal(tokens, 1);
    auth0_users_free(users);
}

/* ---- tables ---- */

static int unknown;

static void find_unknown(const Field *wire, const Bind *bind)
{
    for (; wire != NULL && bind->type != B_END; bind++) {
        const Field *row = field_named(wire, str_of(bind->name));

        /* A wallet, say, has fewer members than a phone number: the same struct serves both. */
        if (row == NULL && strncmp(bind->name, "reserved", 8) != 0 && strcmp(bind->name, "default_second_factor") != 0) {
            print_message("the wire has no %s\n", bind->name);
            unknown++;
        }
        if (bind->sub != NULL)
            find_unknown(row != NULL && row->sub != NULL ? row->sub : bind->wire, bind->sub);
    }
}

static int check_methods(const Method *const *methods)
{
    int n = 0;

    for (; *methods != NULL; methods++, n++) {
        const Binding all[] = { (*methods)->body, (*methods)->query, (*methods)->out };

        for (size_t i = 0; i < COUNTOF(all); i++)
            if (all[i].bind != NULL)
                find_unknown(all[i].wire, all[i].bind);
    }
    return n;
}

TEST(every_binding_has_its_row_on_the_wire)
{
    static const Field nothing[] = { { .kind = F_END } };

    assert_int_equal(check_methods(gotrue_methods) + check_methods(clerk_methods) + check_methods(auth0_methods), 82);
    assert_int_equal(unknown, 0);
    find_unknown(nothing, clerk_methods[0]->body.bind);
    assert_in_range(unknown, 20, 100);
}

TEST(names)
{
    assert_string_equal(hecate_status_name(HECATE_REFUSED), "refused");
    assert_string_equal(hecate_status_name((HecateStatus)99), "unknown");
    assert_string_equal(hecate_version(), "0.1.0");
}
