/* bearer.c: who is calling, by the fields of a request, a line each ("%s" in one stands for the good credential), and whose address it is by what
 * proxies wrote. Oracles: a second reader of the lines says who may pass; of addresses, all to the right of the client's are trusted. */
#include <arpa/inet.h>

#include "dialect/clerk/internal.h"
#include "dialect/gotrue/internal.h"
#include "fuzz.h"
#include "server/internal.h"

enum { MOST_LINES = 24 };

#define CLERK_KEY "sk_test_0123456789abcdefghijklmnopqrstuvwxyz"
#define GOTRUE_SECRET "a secret of the tests of thirty-two bytes"

/* ---- the request ---- */

/* The good credential in the place of the first %s. */
static Str filled(Arena *arena, Str value, const char *good)
{
    const char *hole = value.n < 2 ? NULL : memmem(value.p, value.n, "%s", 2);
    const size_t before = hole == NULL ? value.n : (size_t)(hole - value.p), n = strlen(good);
    char *ret = arena_alloc(arena, value.n + n + 1);

    memcpy(ret, value.p, before);
    if (hole == NULL)
        return (Str){ ret, before };
    memcpy(ret + before, good, n);
    memcpy(ret + before + n, hole + 2, value.n - before - 2);
    return (Str){ ret, value.n - 2 + n };
}

/* As the codec gives them: no byte of a line's end, no NUL, no white space around values. */
static size_t headers_of(Arena *arena, Str text, const char *good, Header *headers)
{
    size_t n = 0;

    while (text.p != NULL && n < MOST_LINES) {
        Str value = str_cut(&text, '\n');
        const Str name = str_cut(&value, ':');

        if (value.p != NULL && name.n > 0 && memchr(value.p, '\0', value.n) == NULL && memchr(value.p, '\r', value.n) == NULL)
            headers[n++] = (Header){ name, str_trim(filled(arena, value, good)) };
    }
    return n;
}

/* ---- credentials ---- */

/* What a bearer's field holds, by its rule: one field, the word in any case, one blank, and no other white space. */
static bool second_reader(const Req *req, Str *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < req->n_headers; i++)
        if (req->headers[i].name.n == 13 && strncasecmp(req->headers[i].name.p, "authorization", 13) == 0) {
            *ret = req->headers[i].value;
            n++;
        }
    if (n != 1 || ret->n < 8 || strncasecmp(ret->p, "Bearer ", 7) != 0)
        return false;
    *ret = (Str){ ret->p + 7, ret->n - 7 };
    for (size_t i = 0; i < ret->n; i++)
        if (ret->p[i] >= 0 && ret->p[i] <= ' ')
            return false;
    return true;
}

static void check_bearer(Ctx *ctx, const Req *req)
{
    Str token, wanted = { 0 };

    if (req_bearer(ctx, req, &token) == OK) {
        HOLDS(token.n > 0);
        for (size_t i = 0; i < token.n; i++)
            HOLDS((unsigned char)token.p[i] > ' ');
        HOLDS(second_reader(req, &wanted) && str_eq(token, wanted));
    } else {
        HOLDS(ctx->fault.err == E_NO_CREDENTIAL);
    }
}

static bool is_good(const Req *req, const char *good)
{
    Str token;

    return second_reader(req, &token) && str_eq(token, str_of(good));
}

static void check_clerk(Ctx *ctx, const Req *req)
{
    ClerkSettings settings = { 0 };
    Call call = { .settings = &settings, .req = req };
    Err err;

    hash_sum(HASH_SHA256, STR(CLERK_KEY), settings.secret_sum);
    ctx->house = &call;
    ctx->caller = NULL;
    err = clerk_identify(ctx, req, STR("/v1/users"), NULL);
    HOLDS((ctx->caller != NULL) == is_good(req, CLERK_KEY));
    HOLDS(err == OK ? ctx->caller != NULL : ctx->caller == NULL || err == E_BAD_VERSION || err == E_BAD_REQUEST);
}

static const char *service_token(KeySet *keys)
{
    static Arena *arena;
    static KeySet made;
    static char *token;

    if (arena == NULL) {
        arena = arena_new(1 << 20, false);
        HOLDS(key_from_secret(STR(GOTRUE_SECRET), NULL, &made.fallback) == OK);
        made.signer = made.fallback;
        HOLDS(jwt_sign(arena, &made, "JWT", "{\"role\":\"service_role\"}", &token) == OK);
    }
    *keys = made;
    return token;
}

static void check_gotrue(Ctx *ctx, const Req *req, const KeySet *keys, const char *good)
{
    GotrueSettings settings = { .keys = keys, .aud = "authenticated" };
    Call call = { .settings = &settings, .req = req };

    texts_add(ctx->arena, &settings.admin_roles, "service_role");
    ctx->house = &call;
    ctx->caller = NULL;
    HOLDS((gotrue_dialect.identify(ctx, req, STR("/admin/users"), NULL) == OK) == is_good(req, good));
    HOLDS((ctx->caller != NULL) == is_good(req, good));
    ctx->caller = NULL;
    HOLDS(gotrue_dialect.identify(ctx, req, STR("/user"), NULL) != OK && ctx->caller == NULL); /* the key of a service is no user */
}

/* ---- the client's address ---- */

static bool is_address(const char *text)
{
    uint8_t bytes[16];

    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* Who is not believed names nobody; whom we find is an address, and stands in the fields, or is the peer. */
static void check_client(Arena *arena, Req *req)
{
    static const char *const peers[] = { "10.1.2.3", "::1", "203.0.113.9", "" };
    Texts list = { 0 };
    Proxies proxies;
    Buf why = buf_in(arena, 4096);

    texts_add(arena, &list, "10.0.0.0/8");
    texts_add(arena, &list, "::1");
    texts_add(arena, &list, "unix");
    HOLDS(proxies_read(arena, &list, &proxies, &why) == OK);
    for (size_t i = 0; i < COUNTOF(peers); i++) {
        const char *client;
        bool found = false;

        req->peer = peers[i];
        client = proxies_client(&proxies, arena, req);
        if (i == 2)
            HOLDS(text_eq(client, peers[i]));
        if (client == NULL || text_eq(client, peers[i]))
            continue;
        HOLDS(is_address(client));
        for (size_t k = 0; k < req->n_headers && !found; k++)
            found = memmem(req->headers[k].value.p, req->headers[k].value.n, client, strlen(client)) != NULL;
        HOLDS(found);
    }
}

static void check_network(Arena *arena, Str text)
{
    Texts list = { 0 };
    Proxies proxies;
    Buf why = buf_in(arena, 8192);
    const char *network = str_dup(arena, text);

    texts_add(arena, &list, network);
    if (text.n < 100 && proxies_read(arena, &list, &proxies, &why) == OK && strchr(network, '/') == NULL && !text_eq(network, "unix"))
        HOLDS(proxies_trust(&proxies, network) && !proxies_trust(&proxies, "203.0.113.77") == !text_eq(network, "203.0.113.77"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(4 << 20, true);
    Ctx ctx = ctx_new(arena, NULL);
    const Str text = { (const char *)data, size };
    Header headers[MOST_LINES];
    KeySet keys;
    const char *token = service_token(&keys);
    Req req = { .headers = headers, .peer = "", .query = { "", 0 } };

    req.n_headers = headers_of(arena, text, token, headers);
    check_bearer(&ctx, &req);
    check_gotrue(&ctx, &req, &keys, token);
    check_client(arena, &req);
    req.n_headers = headers_of(arena, text, CLERK_KEY, headers);
    check_clerk(&ctx, &req);
    check_network(arena, text);
    return 0;
}
