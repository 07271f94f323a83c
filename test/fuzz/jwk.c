/* jwk.c: keys from outside. What is taken can be written, read again to the same, and does what it says it can. */
#include "crypto/crypto.h"
#include "fuzz.h"
#include "json/json.h"

static void key_freep(Key **key)
{
    key_free(*key);
}

/* Signing with RSA keys of the fuzzer's size would take all its time. */
static void check_signing(Ctx *ctx, Key *key)
{
    const KeySet set = { .v = &key, .n = 1, .signer = key, .fallback = key_alg(key) == ALG_HS256 ? key : NULL };
    char *token;
    Jwt jwt;

    if (key_alg(key) == ALG_RS256 || key_alg(key) == ALG_RS512)
        return;
    if (!key_can_sign(key)) {
        HOLDS(jwt_sign(ctx->arena, &set, "JWT", "{}", &token) == E_CONFIG);
        return;
    }
    HOLDS(jwt_sign(ctx->arena, &set, "JWT", "{}", &token) == OK);
    if (strlen(token) <= 8192 && (key_kid(key) != NULL || set.fallback != NULL))
        HOLDS(jwt_verify(ctx, &set, str_of(token), &jwt) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(16 << 20, true);
    Ctx ctx = ctx_new(arena, NULL);
    Key *key CLEANUP(key_freep) = NULL, *again CLEANUP(key_freep) = NULL;
    char *text, *text_again;
    KeySet set = { .v = &key, .n = 1 };

    if (key_from_jwk(&ctx, (Str){ (const char *)data, size }, &key) != OK) {
        HOLDS(key == NULL);
        return 0;
    }
    HOLDS(key_to_jwk(arena, key, true, &text) == OK);
    HOLDS(key_from_jwk(&ctx, str_of(text), &again) == OK);
    HOLDS(key_to_jwk(arena, again, true, &text_again) == OK);
    HOLDS(text_eq(text, text_again));
    HOLDS(jwks_write(arena, &set, &text) == OK);
    HOLDS(strstr(text, "\"d\":") == NULL && strstr(text, "\"k\":") == NULL);
    check_signing(&ctx, key);
    return 0;
}
