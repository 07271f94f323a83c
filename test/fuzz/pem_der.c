/* pem_der.c: keys and certificates from outside, as PEM, or as DER that is put into PEM. What is taken is as strict as a JWK, is the same when
 * it is written and read again, and does what it says it can. The first byte says what the rest is, and for which algorithm. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "fuzz.h"

enum { MOST_PEM = 16384 };

static void key_freep(Key **key)
{
    key_free(*key);
}

/* The DER of a label in PEM; the first row: the text is PEM itself. */
static Str as_pem(Arena *arena, uint8_t kind, Str text)
{
    static const char *const labels[] = { NULL, "PUBLIC KEY", "CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY" };
    const char *label = labels[kind % COUNTOF(labels)];
    Buf coded = buf_in(arena, 1 << 20), buf = buf_in(arena, 1 << 20);

    if (label == NULL || text.n == 0)
        return text;
    base64_write(&coded, text.p, text.n, false, true);
    buf_printf(&buf, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < coded.len; i += 64)
        buf_printf(&buf, "%.*s\n", (int)(coded.len - i < 64 ? coded.len - i : 64), coded.data + i);
    buf_printf(&buf, "-----END %s-----\n", label);
    return buf_view(&buf);
}

/* A public key of somebody's: it never signs, and the strict reader of JWKs takes it, too. */
static void check_public(Ctx *ctx, Str pem)
{
    Key *key CLEANUP(key_freep) = NULL, *again CLEANUP(key_freep) = NULL;
    char *jwk;
    Jwt jwt;

    HOLDS(key_from_pem(pem, STR("HS256"), &key) == E_CONFIG && key == NULL);
    if (key_from_pem(pem, STR("RS256"), &key) != OK) {
        HOLDS(key == NULL);
        return;
    }
    HOLDS(!key_can_sign(key) && key_alg(key) == ALG_RS256);
    HOLDS(key_to_jwk(ctx->arena, key, true, &jwk) == OK && strstr(jwk, "\"d\":") == NULL);
    HOLDS(key_from_jwk(ctx, str_of(jwk), &again) == OK);
    HOLDS(text_eq(key_print(ctx->arena, key), key_print(ctx->arena, again)));
    HOLDS(jwt_verify_by(ctx, key, STR("eyJhbGciOiJSUzI1NiJ9.e30.AAAA"), &jwt) == E_BAD_CREDENTIAL);
}

/* Signing with RSA keys of the fuzzer's size would take all its time. */
static void check_signing(Ctx *ctx, Key *key)
{
    const KeySet set = { .v = &key, .n = 1, .signer = key };
    char *token;
    Jwt jwt;

    HOLDS(key_can_sign(key));
    if (key_alg(key) == ALG_RS256)
        return;
    HOLDS(jwt_sign(ctx->arena, &set, "JWT", "{}", &token) == OK);
    HOLDS(jwt_verify_by(ctx, key, str_of(token), &jwt) == OK);
}

static void check_private(Ctx *ctx, Str pem, Alg alg)
{
    Key *key CLEANUP(key_freep) = NULL;
    char *jwk, *again;

    if (key_pem_to_jwk(ctx, pem, alg, &jwk) != OK)
        return;
    HOLDS(pem.n <= MOST_PEM);
    HOLDS(key_from_jwk(ctx, str_of(jwk), &key) == OK && key_alg(key) == alg);
    HOLDS(key_to_jwk(ctx->arena, key, true, &again) == OK && text_eq(jwk, again));
    check_signing(ctx, key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const Alg algs[] = { ALG_RS256, ALG_ES256, ALG_ES512, ALG_EDDSA };
    Arena *arena CLEANUP(arena_freep) = arena_new(16 << 20, true);
    Ctx ctx = ctx_new(arena, NULL);
    Str pem;

    if (size == 0)
        return 0;
    pem = as_pem(arena, data[0], (Str){ (const char *)data + 1, size - 1 });
    if (data[0] % 6 <= 2)
        check_public(&ctx, pem);
    if (data[0] % 6 == 0 || data[0] % 6 > 2) /* OpenSSL takes its time for each try */
        check_private(&ctx, pem, algs[data[0] / 6 % COUNTOF(algs)]);
    return 0;
}
