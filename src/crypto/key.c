/* key.c: keys, each bound to one algorithm, and their JWK form (RFC 7517, 7518). */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "base/id.h"
#include "crypto/key.h"
#include "json/json.h"

enum { LEAST_RSA_BITS = 2048, MOST_RSA_BITS = 8192, SECRET_BYTES = 32 };

static const struct {
    const char *name;
    Alg alg;
} alg_rows[] = {
    { "HS256", ALG_HS256 }, { "RS256", ALG_RS256 }, { "RS512", ALG_RS512 },
    { "ES256", ALG_ES256 }, { "ES512", ALG_ES512 }, { "EdDSA", ALG_EDDSA },
};

const char *alg_name(Alg alg)
{
    for (size_t i = 0; i < COUNTOF(alg_rows); i++)
        if (alg_rows[i].alg == alg)
            return alg_rows[i].name;
    return "none";
}

Alg alg_named(Str name)
{
    for (size_t i = 0; i < COUNTOF(alg_rows); i++)
        if (str_eq(name, str_of(alg_rows[i].name)))
            return alg_rows[i].alg;
    return ALG_NONE;
}

Alg key_alg(const Key *key)
{
    return key->alg;
}

const char *key_kid(const Key *key)
{
    return key->kid;
}

bool key_can_sign(const Key *key)
{
    return key->private;
}

Key *key_ref(Key *key)
{
    atomic_fetch_add(&key->refs, 1);
    return key;
}

void key_free(Key *key)
{
    if (key == NULL || atomic_fetch_sub(&key->refs, 1) != 1)
        return;
    if (key->secret != NULL)
        explicit_bzero(key->secret, key->secret_n);
    free(key->secret);
    free(key->kid);
    EVP_PKEY_free(key->pkey);
    free(key);
}

static Key *key_new(Alg alg, const char *kid, EVP_PKEY *pkey)
{
    Key *key = calloc(1, sizeof(*key));

    if (key == NULL)
        abort();
    key->refs = 1;
    key->alg = alg;
    key->kid = kid == NULL ? NULL : strdup(kid);
    key->pkey = pkey;
    key->private = true;
    return key;
}

Err key_from_secret(Str secret, const char *kid, Key **ret)
{
    Key *key = key_new(ALG_HS256, kid, NULL);

    key->secret = malloc(secret.n + 1);
    if (key->secret == NULL)
        abort();
    memcpy(key->secret, secret.p, secret.n);
    key->secret[secret.n] = '\0';
    key->secret_n = secret.n;
    *ret = key;
    return OK;
}

Err key_generate(Alg alg, const char *kid, Key **ret)
{
    EVP_PKEY *pkey = NULL;
    uint8_t secret[SECRET_BYTES];

    if (alg == ALG_HS256) {
        random_bytes(secret, sizeof(secret));
        return key_from_secret((Str){ (const char *)secret, sizeof(secret) }, kid, ret);
    }
    pkey = alg == ALG_RS256 || alg == ALG_RS512 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)LEAST_RSA_BITS)
           : alg == ALG_ES256                   ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
           : alg == ALG_ES512                   ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521")
                                                : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (pkey == NULL)
        return E_INTERNAL;
    *ret = key_new(alg, kid, pkey);
    return OK;
}

/* ---- JWK ---- */

/* All members that a key of any kind has; texts are base64url. */
typedef struct Jwk {
    const char *alg, *crv, *d, *dp, *dq, *e, *k, *kid, *kty, *n, *p, *q, *qi, *use, *x, *y;
    Texts key_ops;
} Jwk;

static const Field jwk_fields[] = {
    TEXT(Jwk, alg, "alg", .flags = OMIT_NULL),
    TEXT(Jwk, crv, "crv", .flags = OMIT_NULL),
    TEXT(Jwk, d, "d", .flags = OMIT_NULL),
    TEXT(Jwk, dp, "dp", .flags = OMIT_NULL),
    TEXT(Jwk, dq, "dq", .flags = OMIT_NULL),
    TEXT(Jwk, e, "e", .flags = OMIT_NULL),
    TEXT(Jwk, k, "k", .flags = OMIT_NULL),
    TEXTS(Jwk, key_ops, "key_ops", .flags = OMIT_NULL),
    TEXT(Jwk, kid, "kid", .flags = OMIT_NULL),
    TEXT(Jwk, kty, "kty", .flags = OMIT_NULL),
    TEXT(Jwk, n, "n", .flags = OMIT_NULL),
    TEXT(Jwk, p, "p", .flags = OMIT_NULL),
    TEXT(Jwk, q, "q", .flags = OMIT_NULL),
    TEXT(Jwk, qi, "qi", .flags = OMIT_NULL),
    TEXT(Jwk, use, "use", .flags = OMIT_NULL),
    TEXT(Jwk, x, "x", .flags = OMIT_NULL),
    TEXT(Jwk, y, "y", .flags = OMIT_NULL),
    END(Jwk),
};

/* RSA members and OpenSSL's names for them, one row each. */
static const struct {
    const char *param;
    size_t offset;
    bool private;
} rsa_rows[] = {
    { OSSL_PKEY_PARAM_RSA_N, offsetof(Jwk, n), false },          { OSSL_PKEY_PARAM_RSA_E, offsetof(Jwk, e), false },
    { OSSL_PKEY_PARAM_RSA_D, offsetof(Jwk, d), true },           { OSSL_PKEY_PARAM_RSA_FACTOR1, offsetof(Jwk, p), true },
    { OSSL_PKEY_PARAM_RSA_FACTOR2, offsetof(Jwk, q), true },     { OSSL_PKEY_PARAM_RSA_EXPONENT1, offsetof(Jwk, dp), true },
    { OSSL_PKEY_PARAM_RSA_EXPONENT2, offsetof(Jwk, dq), true },  { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, offsetof(Jwk, qi), true },
};

static const char *coded(Arena *arena, const void *p, size_t n)
{
    Buf buf = buf_in(arena, n * 2 + 8);
    char *text = "";

    base64_write(&buf, p, n, true, false);
    IGNORE(buf_text(&buf, &text)); /* the cap fits by construction */
    return text;
}

static const char *number_text(Arena *arena, const EVP_PKEY *pkey, const char *param)
{
    BIGNUM *number = NULL;
    const char *text;
    uint8_t *bytes;

    if (EVP_PKEY_get_bn_param(pkey, param, &number) != 1)
        return NULL;
    bytes = arena_alloc(arena, (size_t)BN_num_bytes(number) + 1);
    text = coded(arena, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_clear_free(number);
    return text;
}

static void rsa_write(Arena *arena, const Key *key, bool private_too, Jwk *jwk)
{
    jwk->kty = "RSA";
    for (size_t i = 0; i < COUNTOF(rsa_rows); i++)
        if (!rsa_rows[i].private || private_too)
            *(const char **)(void *)((char *)jwk + rsa_rows[i].offset) = number_text(arena, key->pkey, rsa_rows[i].param);
}

Err key_to_jwk(Arena *arena, const Key *key, bool private_too, char **ret)
{
    Jwk jwk = { .alg = alg_name(key->alg), .kid = key->kid, .use = "sig" };
    Buf buf = buf_in(arena, 65536);

    texts_add(arena, &jwk.key_ops, private_too ? "sign" : "verify");
    if (private_too)
        texts_add(arena, &jwk.key_ops, "verify");
    if (key->alg == ALG_HS256) {
        jwk.kty = "oct";
        jwk.k = private_too ? coded(arena, key->secret, key->secret_n) : NULL;
    } else if (key->alg == ALG_RS256 || key->alg == ALG_RS512) {
        rsa_write(arena, key, private_too, &jwk);
    } else {
        return E_CONFIG;
    }
    json_write(&buf, jwk_fields, &jwk, JSON_PLAIN);
    return buf_text(&buf, ret);
}

static void bld_free(OSSL_PARAM_BLD **bld)
{
    OSSL_PARAM_BLD_free(*bld);
}

static void pkey_ctx_free(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

static bool push_number(Arena *arena, OSSL_PARAM_BLD *bld, const char *param, const char *text)
{
    Str bytes;
    BIGNUM *number;

    if (!base64_read(arena, str_of(text), true, false, &bytes) || bytes.n == 0)
        return false;
    number = BN_bin2bn((const uint8_t *)bytes.p, (int)bytes.n, NULL);
    arena_own(arena, (void (*)(void *))BN_clear_free, number); /* the builder keeps a reference until its parameters are made */
    return number != NULL && OSSL_PARAM_BLD_push_BN(bld, param, number) == 1;
}

static Err rsa_read(Arena *arena, const Jwk *jwk, EVP_PKEY **ret)
{
    OSSL_PARAM_BLD *bld CLEANUP(bld_free) = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx CLEANUP(pkey_ctx_free) = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params;
    EVP_PKEY *pkey = NULL;
    bool good = true;

    for (size_t i = 0; i < COUNTOF(rsa_rows) && good; i++) {
        const char *text = *(const char *const *)(const void *)((const char *)jwk + rsa_rows[i].offset);

        if (rsa_rows[i].private && jwk->d == NULL)
            continue;
        good = text != NULL && push_number(arena, bld, rsa_rows[i].param, text);
    }
    if (!good)
        return E_CONFIG;
    params = OSSL_PARAM_BLD_to_param(bld);
    good = EVP_PKEY_fromdata_init(ctx) == 1 &&
           EVP_PKEY_fromdata(ctx, &pkey, jwk->d == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, params) == 1;
    OSSL_PARAM_free(params);
    if (!good || EVP_PKEY_get_bits(pkey) < LEAST_RSA_BITS || EVP_PKEY_get_bits(pkey) > MOST_RSA_BITS) {
        EVP_PKEY_free(pkey);
        return E_CONFIG;
    }
    *ret = pkey;
    return OK;
}

Err key_from_jwk(Ctx *ctx, Str text, Key **ret)
{
    Jwk jwk = { 0 };
    EVP_PKEY *pkey;
    Str secret;
    Alg alg;

    if (json_read(ctx, text, JSON_IGNORE_UNKNOWN, jwk_fields, &jwk) != OK || jwk.kty == NULL || jwk.alg == NULL)
        return E_CONFIG;
    alg = alg_named(str_of(jwk.alg));
    if (text_eq(jwk.kty, "oct")) {
        if (alg != ALG_HS256 || jwk.k == NULL || !base64_read(ctx->arena, str_of(jwk.k), true, false, &secret) || secret.n < SECRET_BYTES)
            return E_CONFIG;
        return key_from_secret(secret, jwk.kid, ret);
    }
    if (!text_eq(jwk.kty, "RSA") || (alg != ALG_RS256 && alg != ALG_RS512))
        return E_CONFIG;
    TRY(rsa_read(ctx->arena, &jwk, &pkey));
    *ret = key_new(alg, jwk.kid, pkey);
    (*ret)->private = jwk.d != NULL;
    return OK;
}

Err jwks_write(Arena *arena, const KeySet *keys, char **ret)
{
    Buf buf = buf_in(arena, 1 << 20);
    bool comma = false;
    char *jwk;

    buf_puts(&buf, "{\"keys\":[");
    for (size_t i = 0; i < keys->n; i++) {
        if (keys->v[i]->alg == ALG_HS256)
            continue;
        TRY(key_to_jwk(arena, keys->v[i], false, &jwk));
        buf_puts(&buf, comma ? "," : "");
        buf_puts(&buf, jwk);
        comma = true;
    }
    buf_puts(&buf, "]}");
    return buf_text(&buf, ret);
}
