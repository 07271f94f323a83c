/* auth0_tokens.c: which management tokens open the Management API, and what the others are told. Nothing here reaches a database:
 * a good token ends at the path's own check. */
#include "test.h"

#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "dialect/auth0/auth0.h"

#define DOMAIN "localhost:9443"
#define NOW ((int64_t)1800000000)

typedef struct World {
    Key *ours, *theirs, *symmetric;
    KeySet keys;
    Auth0Settings settings;
    Router *router;
} World;

static void world_free(World *world)
{
    router_free(world->router);
    key_free(world->ours);
    key_free(world->theirs);
    key_free(world->symmetric);
}

static void world_fill(World *world)
{
    const Mount mount = { &auth0_dialect, &world->settings };

    assert_ok(key_generate(ALG_RS256, "ours", &world->ours));
    assert_ok(key_generate(ALG_RS256, "ours", &world->theirs));
    assert_ok(key_from_secret(STR("a-secret-for-tests-of-forty-characters-0"), "ours", &world->symmetric));
    world->keys = (KeySet){ .v = &world->ours, .n = 1, .signer = world->ours, .algs = 1U << ALG_RS256 };
    world->settings = (Auth0Settings){ .keys = &world->keys, .domain = DOMAIN, .client_id = "client", .token_seconds = 86400 };
    world->router = router_new(&mount, 1);
}

/* One request; the answer's status, and its body in the arena. */
static int ask(World *world, Arena *arena, Method method, const char *path, const char *authorization, char **body)
{
    const Header headers[] = { { STR("Authorization"), str_of(authorization) }, { STR("Content-Type"), STR("application/json") } };
    Req req = { .method = method,
                .path = str_of(path),
                .target = str_of(path),
                .headers = headers + (authorization == NULL),
                .n_headers = authorization == NULL ? 1 : 2,
                .body = STR("{}") };
    Reply reply = { .arena = arena, .head = buf_in(arena, 65536), .body = buf_in(arena, 65536) };
    Ctx ctx = ctx_new(arena, NULL);

    ctx.now = NOW * US_PER_S;
    ctx.request_id = "";
    router_serve(world->router, &ctx, &req, &reply);
    assert_ok(buf_text(&reply.body, body));
    return reply.status;
}

static const char good_claims[] = "{\"iss\":\"https://" DOMAIN "/\",\"sub\":\"client@clients\",\"aud\":\"https://" DOMAIN "/api/v2/\","
                                  "\"iat\":1800000000,\"exp\":1800086400,\"scope\":\"read:users\",\"gty\":\"client-credentials\",\"azp\":\"client\"}";

/* The good claims with one member replaced (NULL: removed). */
static const char *claims_with(Arena *arena, const char *name, const char *value)
{
    return name == NULL ? good_claims : json_set(arena, good_claims, name, value);
}

static const char *bearer(Arena *arena, const KeySet *keys, const char *claims)
{
    char *token;

    assert_ok(jwt_sign(arena, keys, "JWT", claims, &token));
    return arena_printf(arena, "Bearer %s", token);
}

#define INVALID "{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"Invalid token\",\"attributes\":{\"error\":\"Invalid token\"}}"
#define EXPIRED                                                                                                            \
    "{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"Expired token received for JSON Web Token validation\"," \
    "\"attributes\":{\"error\":\"Expired token received for JSON Web Token validation\"}}"
#define AUDIENCE(text) "{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"Bad audience: " text "\"}"
#define BAD_PATH                                                                                                                    \
    "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Path validation error: 'Object didn't pass validation for format " \
    "user-id: nobody' on property id (The user_id of the user).\",\"errorCode\":\"invalid_uri\"}"
#define SCOPE                                                                                         \
    "{\"statusCode\":403,\"error\":\"Forbidden\",\"message\":\"Insufficient scope, expected any of: " \
    "read:users,read:current_user,read:user_idp_tokens\",\"errorCode\":\"insufficient_scope\"}"

static const struct {
    const char *member, *value;
    int status;
    const char *body;
} claims_rows[] = {
    { NULL, NULL, 400, BAD_PATH },
    { "aud", "[\"https://" DOMAIN "/userinfo\",\"https://" DOMAIN "/api/v2/\"]", 400, BAD_PATH },
    { "scope", "\"read:clients read:user_idp_tokens\"", 400, BAD_PATH },
    { "exp", "1800000001", 400, BAD_PATH },
    { "exp", "1800000000", 401, EXPIRED },
    { "exp", "1", 401, EXPIRED },
    { "exp", "\"1800086400\"", 401, INVALID },
    { "exp", "null", 401, EXPIRED },
    { "exp", NULL, 401, EXPIRED },
    { "nbf", "1800000100", 401, INVALID },
    { "iss", "\"https://" DOMAIN "\"", 401, INVALID },
    { "iss", "\"https://elsewhere/\"", 401, INVALID },
    { "iss", NULL, 401, INVALID },
    { "sub", "\"client\"", 401, INVALID },
    { "sub", "\"@clients\"", 401, INVALID },
    { "sub", "\"auth0|\"", 401, INVALID },
    { "sub", NULL, 401, INVALID },
    { "aud", "\"https://" DOMAIN "/api/v2\"", 401, AUDIENCE("https://" DOMAIN "/api/v2") },
    { "aud", "\"https://elsewhere/api/v2/\"", 401, AUDIENCE("https://elsewhere/api/v2/") },
    { "aud", NULL, 401, AUDIENCE("") },
    { "aud", "[]", 401, AUDIENCE("[]") },
    { "scope", "\"read:usersx create:users\"", 403, SCOPE },
    { "scope", "\"\"", 403, SCOPE },
    { "scope", NULL, 403, SCOPE },
};

TEST(auth0_tokens_open_by_every_claim)
{
    World world CLEANUP(world_free) = { 0 };

    world_fill(&world);
    for (size_t i = 0; i < COUNTOF(claims_rows); i++) {
        TEST_ARENA(arena);
        const char *token = bearer(arena, &world.keys, claims_with(arena, claims_rows[i].member, claims_rows[i].value));
        char *body;

        assert_int_equal(ask(&world, arena, GET, "/api/v2/users/nobody", token, &body), claims_rows[i].status);
        assert_string_equal(body, claims_rows[i].body);
    }
}

TEST(auth0_tokens_of_other_keys_open_nothing)
{
    World world CLEANUP(world_free) = { 0 };

    world_fill(&world);
    for (size_t i = 0; i < 2; i++) {
        TEST_ARENA(arena);
        Key *key = i == 0 ? world.theirs : world.symmetric;
        const KeySet keys = { .v = &key, .n = 1, .signer = key };
        char *body;

        assert_int_equal(ask(&world, arena, GET, "/api/v2/users/nobody", bearer(arena, &keys, good_claims), &body), 401);
        assert_string_equal(body, INVALID);
    }
}

#define MISSING "{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"Missing authentication\"}"
#define FORMAT "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Bad HTTP authentication header format\",\"errorCode\":\"Bearer\"}"

static const struct {
    const char *authorization;
    int status;
    const char *body;
} header_rows[] = {
    { NULL, 401, MISSING },
    { "", 400, FORMAT },
    { "Bearer", 400, FORMAT },
    { "Bearer ", 400, FORMAT },
    { "Bearer abc", 400, FORMAT },
    { "Bearer a.b", 400, FORMAT },
    { "Bearer a.b.c.d", 400, FORMAT },
    { "Bearer .b.", 400, FORMAT },
    { "Basic Y2xpZW50OnNlY3JldA==", 400, FORMAT },
    { "Bearer sk_test_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 400, FORMAT },
    { "Bearer a.b.c", 401, INVALID },
    { "Bearer eyJhbGciOiJub25lIn0.e30.x", 401, INVALID },
};

TEST(auth0_looks_at_the_header_first)
{
    World world CLEANUP(world_free) = { 0 };

    world_fill(&world);
    for (size_t i = 0; i < COUNTOF(header_rows); i++) {
        TEST_ARENA(arena);
        char *body;

        assert_int_equal(ask(&world, arena, GET, "/api/v2/users/nobody", header_rows[i].authorization, &body), header_rows[i].status);
        assert_string_equal(body, header_rows[i].body);
    }
}

/* The scopes that a refusal names: all that open the route, or those that are needed together. */
static const char *named(Arena *arena, const char *scope)
{
    Str rest = str_of(scope);
    char *text = strchr(scope, '+') == NULL ? NULL : str_dup(arena, str_cut(&rest, ','));

    for (char *c = text; c != NULL && *c != '\0'; c++)
        *c = *c == '+' ? ',' : *c;
    return arena_printf(arena, "%s of: %s", text == NULL ? "any" : "all", text == NULL ? scope : text);
}

/* Each route of the Management API asks for a scope, and says which. */
TEST(auth0_routes_ask_for_their_scopes)
{
    World world CLEANUP(world_free) = { 0 };

    world_fill(&world);
    for (const Route *route = auth0_dialect.routes; route->path != NULL; route++) {
        TEST_ARENA(arena);
        const char *token = bearer(arena, &world.keys, claims_with(arena, "scope", "\"nothing\""));
        char *body;

        if (route->need == NEED_NOTHING)
            continue;
        assert_non_null(route->scope);
        assert_int_equal(ask(&world, arena, (Method)route->method, route->path, NULL, &body), 401);
        assert_int_equal(ask(&world, arena, (Method)route->method, route->path, token, &body), 403);
        assert_string_equal(body, arena_printf(arena,
                                               "{\"statusCode\":403,\"error\":\"Forbidden\",\"message\":\"Insufficient scope, expected %s\","
                                               "\"errorCode\":\"insufficient_scope\"}",
                                               named(arena, route->scope)));
    }
}
