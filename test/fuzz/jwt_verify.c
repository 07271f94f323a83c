/* jwt_verify.c: tokens against one key of each algorithm. Only those that were signed are ever taken, byte for byte. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "fuzz.h"
#include "unit/crypto/vectors.h"

/* HS256 without a kid under the fallback's secret; {"sub":"joe"}. */
#define FALLBACK_SECRET "a fallback secret of thirty-two bytes"

typedef struct Ring {
    Key *keys[COUNTOF(vectors)];
    KeySet set;
    char *fallback_token;
} Ring;

static void add_fallback(Arena *arena, Ring *ring)
{
    KeySet alone = { 0 };

    HOLDS(key_from_secret(STR(FALLBACK_SECRET), NULL, &ring->set.fallback) == OK);
    alone.signer = ring->set.fallback;
    HOLDS(jwt_sign(arena, &alone, "JWT", "{\"sub\":\"joe\"}", &ring->fallback_token) == OK);
}

/* Made once: it lives as long as the program. */
static const Ring *ring(void)
{
    static Ring ring;
    static Arena *arena;
    Ctx ctx;

    if (arena != NULL)
        return &ring;
    arena = arena_new(1 << 20, false);
    ctx = ctx_new(arena, NULL);
    for (size_t i = 0; i < COUNTOF(vectors); i++)
        HOLDS(key_from_jwk(&ctx, str_of(vectors[i].jwk), &ring.keys[i]) == OK);
    ring.set = (KeySet){ .v = ring.keys, .n = COUNTOF(vectors) };
    add_fallback(arena, &ring);
    return &ring;
}

static bool is_known(Str token)
{
    for (size_t i = 0; i < COUNTOF(vectors); i++)
        if (str_eq(token, str_of(vectors[i].token)))
            return true;
    return str_eq(token, str_of(ring()->fallback_token));
}

static void check_token(Ctx *ctx, Str token)
{
    Jwt jwt;
    const Err err = jwt_verify(ctx, &ring()->set, token, &jwt);

    HOLDS((err == OK) == (jwt.fault == JWT_OK));
    HOLDS(err == OK || err == E_BAD_CREDENTIAL);
    HOLDS(err != OK || is_known(token));
    HOLDS(!is_known(token) || err == OK);
}

/* Header, claims and signature as they are meant, a line each: so the fuzzer need not learn base64. */
static Str coded(Arena *arena, Str lines)
{
    Buf buf = buf_in(arena, 1 << 20);

    for (int i = 0; i < 3; i++) {
        const Str part = str_cut(&lines, '\n');

        if (i > 0)
            buf_char(&buf, '.');
        base64_write(&buf, part.p, part.n, true, false);
    }
    return buf.len == 0 ? STR("") : buf_view(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(4 << 20, false);
    Ctx ctx = ctx_new(arena, NULL);
    const Str text = { (const char *)data, size };

    check_token(&ctx, text);
    check_token(&ctx, coded(arena, text));
    return 0;
}
