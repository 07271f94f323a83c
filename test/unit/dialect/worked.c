/* worked.c: the worked example of ARCHITECTURE.md: a dialect of one resource, whole. /people makes, shows, changes and deletes users by name and
 * address. What is above the line is what a resource costs; below it, it is served on every store. */
#include "base/id.h"
#include "dialect/dialect.h"
#include "stores.h"

/* ---- the fields: one row a member of a body ---- */

typedef struct PersonIn {
    Given given;
    const char *email, *name, *password;
} PersonIn;

static const Field person_in[] = {
    GIVEN(PersonIn, given),
    TEXT(PersonIn, email, "email", .max = 255),
    TEXT(PersonIn, name, "name", .max = 255),
    TEXT(PersonIn, password, "password", .flags = SECRET, .max = 4096),
    END(PersonIn),
};

static const Field person_out[] = {
    UUID(User, id, "id"), TEXT(User, email, "email"), TEXT(User, name, "name"), TIME(User, created_at, "created_at"), END(User),
};

/* ---- the handlers: read, one operation, write ---- */

static const UserPolicy person_policy = { .verified_in_meta = true };

static Err person_create(Ctx *ctx, const Req *req, Reply *reply)
{
    PersonIn in = { 0 };
    User *user;

    TRY(req_read(ctx, req, &in));
    TRY(dir_user_create(ctx, &(NewUser){ .email = in.email, .name = in.name, .password = in.password, .policy = &person_policy }, &user));
    return reply_object(ctx, reply, 201, user, JSON_PLAIN);
}

static Err person_get(Ctx *ctx, [[maybe_unused]] const Req *req, Reply *reply)
{
    User *user;

    TRY(dir_user_get(ctx, req_param(ctx, "id"), &user));
    return reply_object(ctx, reply, 200, user, JSON_PLAIN);
}

static Err person_change(Ctx *ctx, const Req *req, Reply *reply)
{
    UserPatch patch = { .policy = &person_policy };
    PersonIn in = { 0 };
    User *user;

    TRY(req_read(ctx, req, &in));
    if (HAS(&in, name)) {
        patch.name = in.name;
        SET(&patch, name);
    }
    TRY(dir_user_update(ctx, req_param(ctx, "id"), &patch, &user));
    return reply_object(ctx, reply, 200, user, JSON_PLAIN);
}

static Err person_delete(Ctx *ctx, [[maybe_unused]] const Req *req, Reply *reply)
{
    TRY(dir_user_delete(ctx, req_param(ctx, "id"), false));
    reply->status = 204;
    return OK;
}

/* ---- the routes: one row an operation ---- */

static const Route person_routes[] = {
    { POST, "/people", NEED_SECRET, person_create, person_in, person_out },
    { GET, "/people/{id}", NEED_SECRET, person_get, NULL, person_out },
    { PATCH, "/people/{id}", NEED_SECRET, person_change, person_in, person_out },
    { DELETE, "/people/{id}", NEED_SECRET, person_delete },
    { 0 },
};

/* ---- the dialect: who may, and what errors look like ---- */

static Err identify(Ctx *ctx, const Req *req, [[maybe_unused]] Str path, [[maybe_unused]] const Route *route)
{
    static const Caller admin = { .kind = CALLER_ADMIN, .actor_name = "example" };
    Str token;

    TRY(req_bearer(ctx, req, &token));
    ctx->directory = ctx_settings(ctx);
    ctx->caller = str_eq(token, STR("secret")) ? &admin : NULL; /* a real one is compared by its digest */
    return ctx->caller == NULL ? E_BAD_CREDENTIAL : OK;
}

static void write_error(Ctx *ctx, [[maybe_unused]] const Req *req, Reply *reply, Err err)
{
    static const int statuses[ERR_COUNT] = {
        [E_NO_USER] = 404,  [E_NO_ROUTE] = 404,      [E_NO_METHOD] = 405,      [E_EMAIL_TAKEN] = 409, [E_BAD_EMAIL] = 422,
        [E_BAD_JSON] = 400, [E_NO_CREDENTIAL] = 401, [E_BAD_CREDENTIAL] = 401, [E_BAD_TYPE] = 422,    [E_UNKNOWN_FIELD] = 422
    };

    IGNORE(reply_text(ctx, reply, statuses[err] == 0 ? 500 : statuses[err], "text/plain", str_of(err_text(err)))); /* never fails */
}

static const char *const mounts[] = { "", NULL };
static const Dialect people_dialect = {
    .name = "people", .mounts = mounts, .routes = person_routes, .identify = identify, .write_error = write_error
};

/* ---------------------------------------------------------------------------------------------------------------------------------------------- */

static const uint8_t data_key[32] = { 1 };
static const Directory settings = {
    .default_aud = "authenticated", .default_role = "authenticated", .password_hash = "bcrypt:4", .password_min = 6, .data_key = data_key
};

/* One request; its status, and its body in the arena. */
static int ask(TestStore *store, Arena *arena, Method method, const char *path, const char *token, const char *body, char **ret)
{
    const Mount mount = { &people_dialect, &settings };
    Router *router = router_new(&mount, 1);
    const Header headers[] = { { STR("Authorization"), str_of(arena_printf(arena, "Bearer %s", token)) },
                               { STR("Content-Type"), STR("application/json") } };
    Req req = { .method = method, .path = str_of(path), .target = str_of(path), .headers = headers, .n_headers = 2, .body = str_of(body) };
    Reply reply = { .arena = arena, .head = buf_in(arena, 65536), .body = buf_in(arena, 65536) };
    Ctx ctx = ctx_new(arena, store->db);

    ctx.request_id = "";
    router_serve(router, &ctx, &req, &reply);
    assert_ok(buf_text(&reply.body, ret));
    router_free(router);
    return reply.status;
}

STORE_TEST(the_worked_example)
{
    TEST_ARENA(arena);
    const char *path;
    char *body;

    assert_int_equal(ask(store, arena, POST, "/people", "wrong", "{}", &body), 401);
    assert_int_equal(ask(store, arena, POST, "/people", "secret", "{\"email\":\"ada@example.com\",\"name\":\"Ada\"}", &body), 201);
    assert_non_null(strstr(body, "\"email\":\"ada@example.com\",\"name\":\"Ada\""));
    path = arena_printf(arena, "/people/%.36s", strstr(body, "\"id\":\"") + strlen("\"id\":\""));
    assert_int_equal(ask(store, arena, POST, "/people", "secret", "{\"email\":\"ADA@example.com\"}", &body), 409);
    assert_int_equal(ask(store, arena, POST, "/people", "secret", "{\"email\":1}", &body), 422);
    assert_int_equal(ask(store, arena, PATCH, path, "secret", "{\"name\":\"Countess\"}", &body), 200);
    assert_int_equal(ask(store, arena, GET, path, "secret", "", &body), 200);
    assert_non_null(strstr(body, "\"name\":\"Countess\""));
    assert_int_equal(ask(store, arena, DELETE, path, "secret", "", &body), 204);
    assert_int_equal(ask(store, arena, GET, path, "secret", "", &body), 404);
    assert_int_equal(ask(store, arena, PUT, path, "secret", "", &body), 405);
}
