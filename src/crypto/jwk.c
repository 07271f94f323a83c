/* jwk.c: keys as JWK (RFC 7517, 7518 §6, 8037). Numbers are handed to OpenSSL in the arena's memory, which is wiped. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "base/id.h"
#include "crypto/key.h"
#include "json/json.h"

enum { MOST_NUMBER = MOST_RSA_BITS / 8, MOST_POINT = 256, MOST_PARAMS = 9, MOST_PEM = 16384 };

/* All members that a key of any kind has; texts are base64url. */
typedef struct Jwk {
    const char *alg, *crv, *d, *dp, *dq, *e, *k, *kid, *kty, *n, *p, *q, *qi, *use, *x, *y;
    Texts key_ops;
} Jwk;

static const Field jwk_fields[] = {
    TEXT(Jwk, alg, "alg", .flags = OMIT_NULL),
    TEXT(Jwk, crv, "crv", .flags = OMIT_NULL),
    TEXT(Jwk, d, "d", .flags = OMIT_NULL | SECRET),
    TEXT(Jwk, dp, "dp", .flags = OMIT_NULL | SECRET),
    TEXT(Jwk, dq, "dq", .flags = OMIT_NULL | SECRET),
    TEXT(Jwk, e, "e", .flags = OMIT_NULL),
    TEXT(Jwk, k, "k", .flags = OMIT_NULL | SECRET),
    TEXTS(Jwk, key_ops, "key_ops", .flags = OMIT_NULL),
    TEXT(Jwk, kid, "kid", .flags = OMIT_NULL),
    TEXT(Jwk, kty, "kty", .flags = OMIT_NULL),
    TEXT(Jwk, n, "n", .flags = OMIT_NULL),
    TEXT(Jwk, p, "p", .flags = OMIT_NULL | SECRET),
    TEXT(Jwk, q, "q", .flags = OMIT_NULL | SECRET),
    TEXT(Jwk, qi, "qi", .flags = OMIT_NULL | SECRET),
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
    { OSSL_PKEY_PARAM_RSA_N, offsetof(Jwk, n), false },         { OSSL_PKEY_PARAM_RSA_E, offsetof(Jwk, e), false },
    { OSSL_PKEY_PARAM_RSA_D, offsetof(Jwk, d), true },          { OSSL_PKEY_PARAM_RSA_FACTOR1, offsetof(Jwk, p), true },
    { OSSL_PKEY_PARAM_RSA_FACTOR2, offsetof(Jwk, q), true },    { OSSL_PKEY_PARAM_RSA_EXPONENT1, offsetof(Jwk, dp), true },
    { OSSL_PKEY_PARAM_RSA_EXPONENT2, offsetof(Jwk, dq), true }, { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, offsetof(Jwk, qi), true },
};

static const char **rsa_member(Jwk *jwk, size_t row)
{
    return (const char **)(void *)((char *)jwk + rsa_rows[row].offset);
}

static void bn_freep(BIGNUM **number)
{
    BN_clear_free(*number);
}

static void bn_ctx_freep(BN_CTX **ctx)
{
    BN_CTX_free(*ctx);
}

/* ---- writing ---- */

static const char *coded(Arena *arena, const void *p, size_t n)
{
    Buf buf = buf_in(arena, n * 2 + 8);
    char *text = "";

    base64_write(&buf, p, n, true, false);
    IGNORE(buf_text(&buf, &text)); /* the cap fits by construction */
    return text;
}

/* A number of the key in at least `width` bytes; NULL if the key has none. */
static const char *number_text(Arena *arena, const EVP_PKEY *pkey, const char *param, size_t width)
{
    BIGNUM *number CLEANUP(bn_freep) = NULL;
    uint8_t *bytes;
    size_t n;

    if (EVP_PKEY_get_bn_param(pkey, param, &number) != 1)
        return NULL;
    n = (size_t)BN_num_bytes(number) > width ? (size_t)BN_num_bytes(number) : width;
    bytes = arena_alloc(arena, n + 1);
    return BN_bn2binpad(number, bytes, (int)n) < 0 ? NULL : coded(arena, bytes, n);
}

static void write_rsa(Arena *arena, const Key *key, bool private_too, Jwk *jwk)
{
    for (size_t i = 0; i < COUNTOF(rsa_rows); i++)
        if (!rsa_rows[i].private || private_too)
            *rsa_member(jwk, i) = number_text(arena, key->pkey, rsa_rows[i].param, 0);
}

static void write_ec(Arena *arena, const Key *key, bool private_too, Jwk *jwk)
{
    const size_t width = key->row->coordinate;

    jwk->x = number_text(arena, key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, width);
    jwk->y = number_text(arena, key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, width);
    jwk->d = private_too ? number_text(arena, key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, width) : NULL;
}

static void write_okp(Arena *arena, const Key *key, bool private_too, Jwk *jwk)
{
    uint8_t *bytes = arena_alloc(arena, key->row->coordinate);
    size_t n = key->row->coordinate;

    if (EVP_PKEY_get_raw_public_key(key->pkey, bytes, &n) == 1)
        jwk->x = coded(arena, bytes, n);
    if (private_too && EVP_PKEY_get_raw_private_key(key->pkey, bytes, &n) == 1)
        jwk->d = coded(arena, bytes, n);
}

static void write_oct(Arena *arena, const Key *key, bool private_too, Jwk *jwk)
{
    jwk->k = private_too ? coded(arena, key->secret, key->secret_n) : NULL;
}

/* ---- reading ---- */

static bool take_bytes(Arena *arena, const char *text, size_t exactly, Str *ret)
{
    return text != NULL && base64_read(arena, str_of(text), true, false, ret) && ret->n > 0 && ret->n <= MOST_NUMBER &&
           (exactly == 0 || ret->n == exactly);
}

static bool take_number(Arena *arena, const char *name, const char *text, size_t exactly, OSSL_PARAM *ret)
{
    BIGNUM *number CLEANUP(bn_freep) = NULL;
    uint8_t *native;
    Str bytes;

    if (!take_bytes(arena, text, exactly, &bytes))
        return false;
    native = arena_alloc(arena, bytes.n);
    number = BN_bin2bn((const uint8_t *)bytes.p, (int)bytes.n, NULL);
    *ret = OSSL_PARAM_construct_BN(name, native, bytes.n);
    return number != NULL && BN_bn2nativepad(number, native, (int)bytes.n) >= 0;
}

static EVP_PKEY *from_params(const AlgRow *row, bool private, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx CLEANUP(pkey_ctx_freep) = EVP_PKEY_CTX_new_from_name(NULL, row->type, NULL);
    EVP_PKEY *pkey = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    return pkey;
}

/* Is `a * b` one modulo `modulus - less`? */
static bool inverse(const BIGNUM *a, const BIGNUM *b, const BIGNUM *modulus, BN_ULONG less, BN_CTX *ctx)
{
    BIGNUM *m CLEANUP(bn_freep) = BN_dup(modulus), *product CLEANUP(bn_freep) = BN_new();

    return m != NULL && product != NULL && BN_sub_word(m, less) == 1 && !BN_is_zero(m) && BN_mod_mul(product, a, b, m, ctx) == 1 &&
           BN_is_one(product);
}

/* Do the private members belong to the public ones? OpenSSL's own check also proves the primes, which takes 36 ms a key and is
 * not wanted at each start: a composite here hurts only the one who made the key. `v` is in the order of rsa_rows. */
static bool rsa_consistent(BIGNUM *const v[COUNTOF(rsa_rows)])
{
    const BIGNUM *n = v[0], *e = v[1], *d = v[2], *p = v[3], *q = v[4], *dp = v[5], *dq = v[6], *qi = v[7];
    BN_CTX *ctx CLEANUP(bn_ctx_freep) = BN_CTX_secure_new();
    BIGNUM *product CLEANUP(bn_freep) = BN_new();

    return ctx != NULL && product != NULL && BN_mul(product, p, q, ctx) == 1 && BN_cmp(product, n) == 0 && !BN_is_one(p) && !BN_is_one(q) &&
           inverse(d, e, p, 1, ctx) && inverse(d, e, q, 1, ctx) && inverse(dp, e, p, 1, ctx) && inverse(dq, e, q, 1, ctx) &&
           inverse(qi, q, p, 0, ctx) && BN_cmp(dp, p) < 0 && BN_cmp(dq, q) < 0 && BN_cmp(qi, p) < 0 && BN_cmp(d, n) < 0;
}

/* Is `r` a power of 65537 modulo the prime? */
static bool is_power(unsigned r, unsigned prime)
{
    unsigned power = 1;

    do {
        if (power == r)
            return true;
        power = power * (65537 % prime) % prime;
    } while (power != 1);
    return false;
}

/* The fingerprint of the weak generator of CVE-2017-15361 (ROCA): modulo each of these primes its moduli are a power of 65537. */
static bool is_roca(const BIGNUM *n)
{
    static const uint8_t primes[] = { 11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157 };

    for (size_t i = 0; i < COUNTOF(primes); i++)
        if (!is_power((unsigned)BN_mod_word(n, primes[i]), primes[i]))
            return false;
    return true;
}

bool key_rsa_good(const EVP_PKEY *pkey, bool private)
{
    BIGNUM *v[COUNTOF(rsa_rows)] = { NULL };
    bool good = true;

    for (size_t i = 0; i < COUNTOF(rsa_rows) && good; i++)
        good = (rsa_rows[i].private && !private) || EVP_PKEY_get_bn_param(pkey, rsa_rows[i].param, &v[i]) == 1;
    good = good && BN_num_bits(v[0]) >= LEAST_RSA_BITS && BN_num_bits(v[0]) <= MOST_RSA_BITS && BN_is_odd(v[0]) && BN_is_odd(v[1]) &&
           !BN_is_one(v[1]) && BN_num_bits(v[1]) <= 64 && !is_roca(v[0]) && (!private || rsa_consistent(v));
    for (size_t i = 0; i < COUNTOF(rsa_rows); i++)
        BN_clear_free(v[i]);
    return good;
}

static EVP_PKEY *read_rsa(Arena *arena, const AlgRow *row, Jwk *jwk)
{
    const bool private = jwk->d != NULL;
    OSSL_PARAM params[MOST_PARAMS];
    EVP_PKEY *pkey;
    size_t n = 0;

    for (size_t i = 0; i < COUNTOF(rsa_rows); i++) {
        const char *text = *rsa_member(jwk, i);

        if (rsa_rows[i].private && !private) {
            if (text != NULL)
                return NULL;
        } else if (!take_number(arena, rsa_rows[i].param, text, 0, &params[n++])) {
            return NULL;
        }
    }
    params[n] = OSSL_PARAM_construct_end();
    pkey = from_params(row, private, params);
    if (pkey != NULL && key_rsa_good(pkey, private))
        return pkey;
    EVP_PKEY_free(pkey);
    return NULL;
}

/* OpenSSL sees that the point is on the curve, and that the private number makes it. */
static bool ec_good(EVP_PKEY *pkey, bool private)
{
    EVP_PKEY_CTX *ctx CLEANUP(pkey_ctx_freep) = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    return ctx != NULL && (private ? EVP_PKEY_check(ctx) : EVP_PKEY_public_check(ctx)) == 1;
}

static EVP_PKEY *read_ec(Arena *arena, const AlgRow *row, Jwk *jwk)
{
    const size_t width = row->coordinate;
    uint8_t point[MOST_POINT] = { POINT_CONVERSION_UNCOMPRESSED };
    OSSL_PARAM params[4];
    EVP_PKEY *pkey;
    size_t n = 2;
    Str x, y;

    if (!take_bytes(arena, jwk->x, width, &x) || !take_bytes(arena, jwk->y, width, &y))
        return NULL;
    memcpy(point + 1, x.p, width);
    memcpy(point + 1 + width, y.p, width);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)row->crv, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * width);
    if (jwk->d != NULL && !take_number(arena, OSSL_PKEY_PARAM_PRIV_KEY, jwk->d, width, &params[n++]))
        return NULL;
    params[n] = OSSL_PARAM_construct_end();
    pkey = from_params(row, jwk->d != NULL, params);
    if (pkey != NULL && ec_good(pkey, jwk->d != NULL))
        return pkey;
    EVP_PKEY_free(pkey);
    return NULL;
}

static EVP_PKEY *read_okp(Arena *arena, const AlgRow *row, Jwk *jwk)
{
    uint8_t public[MOST_POINT];
    size_t n = sizeof(public);
    EVP_PKEY *pkey;
    Str x, d;

    if (!take_bytes(arena, jwk->x, row->coordinate, &x) || (jwk->d != NULL && !take_bytes(arena, jwk->d, row->coordinate, &d)))
        return NULL;
    if (jwk->d == NULL)
        return EVP_PKEY_new_raw_public_key_ex(NULL, row->type, NULL, (const uint8_t *)x.p, x.n);
    pkey = EVP_PKEY_new_raw_private_key_ex(NULL, row->type, NULL, (const uint8_t *)d.p, d.n);
    if (pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, public, &n) == 1 && str_eq((Str){ (const char *)public, n }, x))
        return pkey;
    EVP_PKEY_free(pkey);
    return NULL;
}

/* ---- kinds of key ---- */

static const struct Kty {
    const char *name;
    void (*write)(Arena *arena, const Key *key, bool private_too, Jwk *jwk);
    EVP_PKEY *(*read)(Arena *arena, const AlgRow *row, Jwk *jwk);
} kty_rows[] = {
    { "oct", write_oct, NULL },
    { "RSA", write_rsa, read_rsa },
    { "EC", write_ec, read_ec },
    { "OKP", write_okp, read_okp },
};

static const struct Kty *kty_named(const char *name)
{
    for (size_t i = 0; i < COUNTOF(kty_rows); i++)
        if (text_eq(kty_rows[i].name, name))
            return &kty_rows[i];
    return NULL;
}

Err key_to_jwk(Arena *arena, const Key *key, bool private_too, char **ret)
{
    Jwk jwk = { .alg = key->row->name, .crv = key->row->crv, .kid = key->kid, .kty = key->row->kty, .use = "sig" };
    Buf buf = buf_in(arena, 65536);

    if (private_too && key->signs)
        texts_add(arena, &jwk.key_ops, "sign");
    texts_add(arena, &jwk.key_ops, "verify");
    kty_named(jwk.kty)->write(arena, key, private_too && key->private, &jwk);
    json_write(&buf, jwk_fields, &jwk, JSON_PLAIN);
    return buf_text(&buf, ret);
}

/* May the key sign? False with `ret_bad` if `use` or `key_ops` say that it is for something else. */
static bool may_sign(const Jwk *jwk, bool private, bool *ret_bad)
{
    bool sign = jwk->key_ops.n == 0;

    *ret_bad = jwk->use != NULL && !text_eq(jwk->use, "sig");
    for (size_t i = 0; i < jwk->key_ops.n; i++) {
        sign |= text_eq(jwk->key_ops.v[i], "sign");
        *ret_bad |= !text_eq(jwk->key_ops.v[i], "sign") && !text_eq(jwk->key_ops.v[i], "verify");
    }
    return sign && private;
}

static Err read_secret(Arena *arena, const Jwk *jwk, Key **ret)
{
    Str secret;

    if (!take_bytes(arena, jwk->k, 0, &secret) || secret.n < SECRET_BYTES)
        return E_CONFIG;
    return key_from_secret(secret, jwk->kid, ret);
}

static Err read_key(Arena *arena, const AlgRow *row, Jwk *jwk, Key **ret)
{
    EVP_PKEY *pkey;

    if (row->type == NULL)
        return read_secret(arena, jwk, ret);
    pkey = kty_named(row->kty)->read(arena, row, jwk);
    ERR_clear_error(); /* what OpenSSL says of this key must not be taken for what it says of the next thing, a TLS connection for
                          one */
    if (pkey == NULL)
        return E_CONFIG;
    *ret = key_new(row, jwk->kid, pkey);
    (*ret)->private = jwk->d != NULL;
    return OK;
}

Err key_from_jwk(Ctx *ctx, Str text, Key **ret)
{
    Jwk jwk = { 0 };
    const AlgRow *row;
    bool bad, sign;
    Key *key;

    if (json_read(ctx, text, JSON_IGNORE_UNKNOWN, jwk_fields, &jwk) != OK || jwk.alg == NULL)
        return E_CONFIG;
    row = alg_row(alg_named(str_of(jwk.alg)));
    sign = may_sign(&jwk, jwk.d != NULL || jwk.k != NULL, &bad);
    if (bad || row == NULL || !text_eq(jwk.kty, row->kty) || !text_eq(jwk.crv, row->crv) || (jwk.k != NULL && row->type != NULL))
        return E_CONFIG;
    TRY(read_key(ctx->arena, row, &jwk, &key));
    key->signs = sign;
    *ret = key;
    return OK;
}

static void bio_freep(BIO **bio)
{
    BIO_free_all(*bio);
}

/* Nobody is asked for a password. */
static int no_password(char *text, int size, int writing, void *arg)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

/* Members that a key of another kind lacks are then missed by key_from_jwk(). */
Err key_pem_to_jwk(Ctx *ctx, Str pem, Alg alg, char **ret)
{
    BIO *bio CLEANUP(bio_freep) = pem.n > MOST_PEM ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *pkey = bio == NULL || alg_row(alg) == NULL || alg_row(alg)->type == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    char *jwk;
    Key *key;
    Err err;

    ERR_clear_error();
    if (pkey == NULL)
        return E_CONFIG;
    key = key_new(alg_row(alg), NULL, pkey);
    err = key_to_jwk(ctx->arena, key, true, &jwk);
    ERR_clear_error();
    key_free(key);
    TRY(err);
    TRY(key_from_jwk(ctx, str_of(jwk), &key));
    key_free(key);
    *ret = jwk;
    return OK;
}

Err jwks_write(Arena *arena, const KeySet *keys, char **ret)
{
    Buf buf = buf_in(arena, 1 << 20);
    bool comma = false;
    char *jwk;

    buf_puts(&buf, "{\"keys\":[");
    for (size_t i = 0; i < keys->n; i++) {
        if (keys->v[i]->row->type == NULL)
            continue;
        TRY(key_to_jwk(arena, keys->v[i], false, &jwk));
        buf_puts(&buf, comma ? "," : "");
        buf_puts(&buf, jwk);
        comma = true;
    }
    buf_puts(&buf, "]}");
    return buf_text(&buf, ret);
}
