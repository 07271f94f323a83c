/* jwt.c: compact JWS (RFC 7515, 7519, 8725): a key is bound to one algorithm, and what the header says only picks among them. */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/id.h"
#include "crypto/key.h"
#include "crypto/seen.h"
#include "json/json.h"

enum { MOST_TOKEN = 8192, HMAC_BYTES = 32, MOST_SIGNATURE = MOST_RSA_BITS / 8 };

static void md_ctx_freep(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

static void ecdsa_freep(ECDSA_SIG **sig)
{
    ECDSA_SIG_free(*sig);
}

/* ---- signing ---- */

/* OpenSSL's DER signature of elliptic curves as JWS has it: two numbers of fixed width (RFC 7518 3.4). */
static bool raw_from_der(uint8_t *signature, size_t *n, size_t width)
{
    const uint8_t *at = signature;
    ECDSA_SIG *sig CLEANUP(ecdsa_freep) = d2i_ECDSA_SIG(NULL, &at, (long)*n);

    *n = 2 * width;
    return sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, (int)width) >= 0 &&
           BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + width, (int)width) >= 0;
}

static bool is_ec(const Key *key)
{
    return text_eq(key->row->kty, "EC");
}

static Err sign(const Key *key, Str text, uint8_t out[MOST_SIGNATURE], size_t *n)
{
    EVP_MD_CTX *ctx CLEANUP(md_ctx_freep) = NULL;

    if (key->row->type == NULL) {
        hmac_sum(HASH_SHA256, (Str){ key->secret, key->secret_n }, text, out);
        *n = HMAC_BYTES;
        return OK;
    }
    ctx = EVP_MD_CTX_new();
    *n = MOST_SIGNATURE;
    if (ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, key->row->hash, NULL, NULL, key->pkey, NULL) == 1 &&
        EVP_DigestSign(ctx, out, n, (const uint8_t *)text.p, text.n) == 1 && (!is_ec(key) || raw_from_der(out, n, key->row->coordinate)))
        return OK;
    ERR_clear_error();
    return E_INTERNAL;
}

static Err write_header(Arena *arena, const Key *key, const char *typ, char **ret)
{
    Buf header = buf_in(arena, MOST_TOKEN);

    buf_puts(&header, "{\"alg\":\"");
    buf_puts(&header, key->row->name);
    buf_char(&header, '"');
    if (key->kid != NULL) {
        buf_puts(&header, ",\"kid\":");
        json_write_string(&header, key->kid, JSON_PLAIN);
    }
    buf_puts(&header, ",\"typ\":");
    json_write_string(&header, typ, JSON_PLAIN);
    buf_char(&header, '}');
    return buf_text(&header, ret);
}

Err jwt_sign(Arena *arena, const KeySet *keys, const char *typ, const char *claims, char **ret)
{
    Buf token = buf_in(arena, 1 << 20);
    uint8_t signature[MOST_SIGNATURE];
    char *header;
    size_t n;

    if (keys->signer == NULL || !keys->signer->signs)
        return E_CONFIG;
    TRY(write_header(arena, keys->signer, typ, &header));
    base64_write(&token, header, strlen(header), true, false);
    buf_char(&token, '.');
    base64_write(&token, claims, strlen(claims), true, false);
    if (token.over)
        return E_TOO_LARGE;
    TRY(sign(keys->signer, buf_view(&token), signature, &n));
    buf_char(&token, '.');
    base64_write(&token, signature, n, true, false);
    return buf_text(&token, ret);
}

/* ---- verifying ---- */

/* Values of any type: one that is no string counts as absent, as the reference has it. */
typedef struct Header {
    Given given;
    const char *alg, *kid, *typ, *crit, *jwk, *jku, *x5u, *x5c;
} Header;

static const Field header_fields[] = {
    GIVEN(Header, given),     JSON(Header, alg, "alg"), JSON(Header, kid, "kid"), JSON(Header, typ, "typ"), JSON(Header, crit, "crit"),
    JSON(Header, jwk, "jwk"), JSON(Header, jku, "jku"), JSON(Header, x5u, "x5u"), JSON(Header, x5c, "x5c"), END(Header),
};

/* Algorithms that the field knows, though nobody here takes them: they are refused and not unknown. */
static const char *const known_algs[] = { "none",  "HS256", "HS384", "HS512", "RS256", "RS384", "RS512",
                                          "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA" };

static bool alg_known(const char *name)
{
    for (size_t i = 0; i < COUNTOF(known_algs); i++)
        if (text_eq(known_algs[i], name))
            return true;
    return false;
}

static Err refuse(Jwt *jwt, JwtFault fault)
{
    jwt->fault = fault;
    return E_BAD_CREDENTIAL;
}

/* Offset of the first byte that is none of base64url, as Go's decoder counts. */
static const char *bad_offset(Arena *arena, Str part)
{
    size_t i = 0;

    while (i < part.n && byte_in(part.p[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
        i++;
    return arena_printf(arena, "%zu", i);
}

static bool decode(Ctx *ctx, Str part, Jwt *jwt, Str *ret)
{
    if (base64_read(ctx->arena, part, true, false, ret))
        return true;
    jwt->detail = bad_offset(ctx->arena, part);
    return false;
}

static unsigned allowed_algs(const KeySet *keys)
{
    unsigned algs = keys->algs;

    if (algs != 0)
        return algs;
    for (size_t i = 0; i < keys->n; i++)
        algs |= 1U << keys->v[i]->row->alg;
    return keys->n == 0 && keys->fallback != NULL ? 1U << ALG_HS256 : algs;
}

static Err choose_key(const KeySet *keys, const Jwt *jwt, Alg alg, const Key **ret, JwtFault *fault)
{
    for (size_t i = 0; i < keys->n; i++)
        if (jwt->kid != NULL && text_eq(keys->v[i]->kid, jwt->kid)) {
            *ret = keys->v[i];
            *fault = JWT_KEY_TYPE;
            return keys->v[i]->row->alg == alg ? OK : E_BAD_CREDENTIAL;
        }
    *fault = JWT_KID_UNKNOWN;
    *ret = keys->fallback;
    return alg == ALG_HS256 && keys->fallback != NULL && keys->fallback->row->alg == alg ? OK : E_BAD_CREDENTIAL;
}

/* The other way round; NULL if it has not exactly the two numbers. */
static uint8_t *der_from_raw(Arena *arena, Str raw, size_t width, size_t *n)
{
    uint8_t *der = arena_alloc(arena, raw.n + 16), *at = der;
    ECDSA_SIG *sig CLEANUP(ecdsa_freep) = raw.n == 2 * width ? ECDSA_SIG_new() : NULL;
    BIGNUM *r = sig == NULL ? NULL : BN_bin2bn((const uint8_t *)raw.p, (int)width, NULL);
    BIGNUM *s = sig == NULL ? NULL : BN_bin2bn((const uint8_t *)raw.p + width, (int)width, NULL);
    int length;

    if (r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return NULL;
    }
    length = i2d_ECDSA_SIG(sig, &at);
    *n = length < 0 ? 0 : (size_t)length;
    return der;
}

static bool set_pss(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool pkey_verifies(const Key *key, Str text, const uint8_t *signature, size_t n)
{
    EVP_MD_CTX *ctx CLEANUP(md_ctx_freep) = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    const bool good = ctx != NULL && EVP_DigestVerifyInit_ex(ctx, &how, key->row->hash, NULL, NULL, key->pkey, NULL) == 1 &&
                      (!key->row->pss || set_pss(how)) && EVP_DigestVerify(ctx, signature, n, (const uint8_t *)text.p, text.n) == 1;

    ERR_clear_error(); /* a refusal here must not be taken for an error of a TLS connection */
    return good;
}

static bool signature_good(Arena *arena, const Key *key, Str text, Str signature)
{
    const uint8_t *bytes = (const uint8_t *)signature.p;
    uint8_t sum[HMAC_BYTES];
    size_t n = signature.n;

    if (key->row->type == NULL) {
        hmac_sum(HASH_SHA256, (Str){ key->secret, key->secret_n }, text, sum);
        return secret_eq((Str){ (const char *)sum, sizeof(sum) }, signature);
    }
    if (is_ec(key))
        bytes = der_from_raw(arena, signature, key->row->coordinate, &n);
    return bytes != NULL && pkey_verifies(key, text, bytes, n);
}

/* A header that asks for what nobody here understands, or brings a key of its own. */
static bool has_foreign(const Header *header)
{
    return HAS(header, crit) || HAS(header, jwk) || HAS(header, jku) || HAS(header, x5u) || HAS(header, x5c);
}

static Err read_header(Ctx *ctx, Str part, Jwt *jwt, bool *ret_foreign)
{
    Header header = { 0 };
    Str text;

    if (!decode(ctx, part, jwt, &text))
        return refuse(jwt, JWT_HEADER_BASE64);
    if (json_read(ctx, text, JSON_IGNORE_UNKNOWN, header_fields, &header) != OK) {
        jwt->detail = ctx->fault.text;
        return refuse(jwt, JWT_HEADER_JSON);
    }
    jwt->alg = json_text(ctx->arena, header.alg);
    jwt->kid = json_text(ctx->arena, header.kid);
    jwt->typ = json_text(ctx->arena, header.typ);
    *ret_foreign = has_foreign(&header);
    return OK;
}

static JwtFault find_key(const Verifier *by, const Jwt *jwt, bool foreign, const Key **ret)
{
    const Alg alg = jwt->alg == NULL ? ALG_NONE : alg_named(str_of(jwt->alg));
    JwtFault fault;

    if (jwt->alg == NULL)
        return JWT_ALG_MISSING;
    if (!alg_known(jwt->alg))
        return JWT_ALG_UNKNOWN;
    if (by->only != NULL ? !text_eq(jwt->alg, by->only->row->name) : alg == ALG_NONE || (allowed_algs(by->keys) >> alg & 1) == 0)
        return JWT_ALG_REFUSED;
    if (foreign)
        return JWT_CRIT;
    *ret = by->only;
    return by->only != NULL || choose_key(by->keys, jwt, alg, ret, &fault) == OK ? JWT_OK : fault;
}

static Err check_signature(Ctx *ctx, const Verifier *by, Str signed_part, Str last, bool foreign, Jwt *jwt)
{
    const Key *key;
    const JwtFault fault = find_key(by, jwt, foreign, &key);
    Str signature;

    if (fault != JWT_OK)
        return refuse(jwt, fault);
    if (!decode(ctx, last, jwt, &signature))
        return refuse(jwt, JWT_SIGNATURE_BASE64);
    return signature_good(ctx->arena, key, signed_part, signature) ? OK : refuse(jwt, JWT_SIGNATURE);
}

Err jws_verify(Ctx *ctx, const Verifier *by, Str token, Jwt *ret)
{
    Str rest = token, first, second;
    bool foreign;

    first = str_cut(&rest, '.');
    if (rest.p == NULL)
        return refuse(ret, JWT_SEGMENTS);
    second = str_cut(&rest, '.');
    if (rest.p == NULL || memchr(rest.p, '.', rest.n) != NULL)
        return refuse(ret, JWT_SEGMENTS);
    TRY(read_header(ctx, first, ret, &foreign));
    if (!decode(ctx, second, ret, &ret->claims))
        return refuse(ret, JWT_CLAIMS_BASE64);
    if (!by->any_payload && json_check(ctx, ret->claims, JSON_DEPTH) != OK) {
        ret->detail = ctx->fault.text;
        return refuse(ret, JWT_CLAIMS_JSON);
    }
    return check_signature(ctx, by, (Str){ token.p, first.n + 1 + second.n }, rest, foreign, ret);
}

Err jwt_verify(Ctx *ctx, const KeySet *keys, Str token, Jwt *ret)
{
    const Verifier by = { .keys = keys };

    *ret = (Jwt){ .fault = JWT_OK };
    return token.n > MOST_TOKEN ? refuse(ret, JWT_SEGMENTS) : jws_verify(ctx, &by, token, ret);
}

static Err read_claims(Ctx *ctx, const Field *fields, void *claims, Jwt *jwt)
{
    const Str text = jwt->claims;

    jwt->claims = (Str){ 0 };
    if (text.p == NULL || jwt->fault == JWT_CLAIMS_JSON || json_read(ctx, text, JSON_IGNORE_UNKNOWN, fields, claims) == OK)
        return OK;
    jwt->detail = ctx->fault.text;
    return refuse(jwt, JWT_CLAIMS_JSON);
}

Err jwt_read(Ctx *ctx, const KeySet *keys, Str token, const Field *fields, void *claims, Jwt *ret)
{
    SeenKey key = { .serial = keys->serial, .fields = fields };
    Err err;

    if (token.n <= MOST_TOKEN) {
        hash_sum(HASH_SHA256, token, key.digest);
        if (seen_find(ctx->arena, &key, claims, ret))
            return OK;
    }
    err = jwt_verify(ctx, keys, token, ret);
    TRY(read_claims(ctx, fields, claims, ret));
    TRY(err);
    seen_add(&key, claims, ret);
    return OK;
}

Err jwt_verify_by(Ctx *ctx, const Key *key, Str token, Jwt *ret)
{
    const Verifier by = { .only = key };

    *ret = (Jwt){ .fault = JWT_OK };
    return token.n > MOST_TOKEN ? refuse(ret, JWT_SEGMENTS) : jws_verify(ctx, &by, token, ret);
}

uint64_t keyset_serial(void)
{
    return seen_serial();
}
