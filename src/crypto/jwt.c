/* jwt.c: compact JWS (RFC 7515, 7519, 8725): a key is bound to one algorithm, and what the header says only picks among them. */
#include "base/id.h"
#include "crypto/key.h"
#include "json/json.h"

enum { MOST_TOKEN = 8192, HMAC_BYTES = 32, MOST_SIGNATURE = 1024 };

/* ---- signing ---- */

static void md_ctx_free(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

static const EVP_MD *digest_of(Alg alg)
{
    return alg == ALG_EDDSA ? NULL : alg == ALG_RS512 || alg == ALG_ES512 ? EVP_sha512() : EVP_sha256();
}

static Err sign(const Key *key, Str text, uint8_t out[MOST_SIGNATURE], size_t *n)
{
    EVP_MD_CTX *ctx CLEANUP(md_ctx_free) = NULL;

    if (key->alg == ALG_HS256) {
        hmac_sum(HASH_SHA256, (Str){ key->secret, key->secret_n }, text, out);
        *n = HMAC_BYTES;
        return OK;
    }
    ctx = EVP_MD_CTX_new();
    *n = MOST_SIGNATURE;
    if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, digest_of(key->alg), NULL, key->pkey) != 1 ||
        EVP_DigestSign(ctx, out, n, (const uint8_t *)text.p, text.n) != 1)
        return E_INTERNAL;
    return OK;
}

Err jwt_sign(Arena *arena, const KeySet *keys, const char *typ, const char *claims, char **ret)
{
    const Key *key = keys->signer;
    Buf token = buf_in(arena, 1 << 20), header = buf_in(arena, 1024);
    uint8_t signature[MOST_SIGNATURE];
    size_t n;

    if (key->alg == ALG_ES256 || key->alg == ALG_ES512)
        return E_CONFIG;
    buf_printf(&header, "{\"alg\":\"%s\"", alg_name(key->alg));
    if (key->kid != NULL) {
        buf_puts(&header, ",\"kid\":");
        json_write_string(&header, key->kid, JSON_PLAIN);
    }
    buf_printf(&header, ",\"typ\":\"%s\"}", typ);
    base64_write(&token, header.data, header.len, true, false);
    buf_char(&token, '.');
    base64_write(&token, claims, strlen(claims), true, false);
    TRY(sign(key, buf_view(&token), signature, &n));
    buf_char(&token, '.');
    base64_write(&token, signature, n, true, false);
    return buf_text(&token, ret);
}

/* ---- verifying ---- */

typedef struct Header {
    const char *alg, *kid, *typ, *crit, *kid_text;
} Header;

static const Field header_fields[] = {
    TEXT(Header, alg, "alg"), JSON(Header, kid, "kid"), JSON(Header, typ, "typ"), JSON(Header, crit, "crit"), END(Header),
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

    while (i < part.n && part.p[i] != '\0' && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", part.p[i]) != NULL)
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
        algs |= 1U << keys->v[i]->alg;
    return keys->n == 0 && keys->fallback != NULL ? 1U << ALG_HS256 : algs;
}

static Err choose_key(const KeySet *keys, const Jwt *jwt, Alg alg, const Key **ret, JwtFault *fault)
{
    for (size_t i = 0; i < keys->n; i++)
        if (jwt->kid != NULL && text_eq(keys->v[i]->kid, jwt->kid)) {
            *ret = keys->v[i];
            *fault = JWT_KEY_TYPE;
            return keys->v[i]->alg == alg ? OK : E_BAD_CREDENTIAL;
        }
    *fault = JWT_KID_UNKNOWN;
    *ret = keys->fallback;
    return alg == ALG_HS256 && keys->fallback != NULL ? OK : E_BAD_CREDENTIAL;
}

static bool signature_good(const Key *key, Str text, Str signature)
{
    EVP_MD_CTX *ctx CLEANUP(md_ctx_free) = NULL;
    uint8_t sum[HMAC_BYTES];

    if (key->alg == ALG_HS256) {
        hmac_sum(HASH_SHA256, (Str){ key->secret, key->secret_n }, text, sum);
        return secret_eq((Str){ (const char *)sum, sizeof(sum) }, signature);
    }
    if (key->alg == ALG_ES256 || key->alg == ALG_ES512)
        return false;
    ctx = EVP_MD_CTX_new();
    return ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, digest_of(key->alg), NULL, key->pkey) == 1 &&
           EVP_DigestVerify(ctx, (const uint8_t *)signature.p, signature.n, (const uint8_t *)text.p, text.n) == 1;
}

/* Text of a JSON string, or NULL for another kind. */
static const char *string_of(Ctx *ctx, const char *json)
{
    return json == NULL || json[0] != '"' ? NULL : json_get(ctx->arena, arena_printf(ctx->arena, "{\"v\":%s}", json), "v");
}

static Err read_header(Ctx *ctx, Str part, Jwt *jwt)
{
    Header header = { 0 };
    Str text;

    if (!decode(ctx, part, jwt, &text))
        return refuse(jwt, JWT_HEADER_BASE64);
    if (json_read(ctx, text, JSON_IGNORE_UNKNOWN, header_fields, &header) != OK) {
        jwt->detail = ctx->fault.text;
        return refuse(jwt, JWT_HEADER_JSON);
    }
    jwt->alg = header.alg;
    jwt->kid = string_of(ctx, header.kid);
    jwt->typ = string_of(ctx, header.typ);
    return header.crit != NULL ? refuse(jwt, JWT_CRIT) : OK;
}

static Err check_signature(Ctx *ctx, const KeySet *keys, Str signed_part, Str last, Jwt *jwt)
{
    const Key *key;
    JwtFault fault;
    Alg alg;
    Str signature;

    if (jwt->alg == NULL)
        return refuse(jwt, JWT_ALG_MISSING);
    if (!alg_known(jwt->alg))
        return refuse(jwt, JWT_ALG_UNKNOWN);
    alg = alg_named(str_of(jwt->alg));
    if (alg == ALG_NONE || (allowed_algs(keys) >> alg & 1) == 0)
        return refuse(jwt, JWT_ALG_REFUSED);
    if (choose_key(keys, jwt, alg, &key, &fault) != OK)
        return refuse(jwt, fault);
    if (!decode(ctx, last, jwt, &signature))
        return refuse(jwt, JWT_SIGNATURE_BASE64);
    return signature_good(key, signed_part, signature) ? OK : refuse(jwt, JWT_SIGNATURE);
}

Err jwt_verify(Ctx *ctx, const KeySet *keys, Str token, Jwt *ret)
{
    Str rest = token, first, second;

    *ret = (Jwt){ .fault = JWT_OK };
    if (token.n > MOST_TOKEN)
        return refuse(ret, JWT_SEGMENTS);
    first = str_cut(&rest, '.');
    if (rest.p == NULL)
        return refuse(ret, JWT_SEGMENTS);
    second = str_cut(&rest, '.');
    if (rest.p == NULL || memchr(rest.p, '.', rest.n) != NULL)
        return refuse(ret, JWT_SEGMENTS);
    TRY(read_header(ctx, first, ret));
    if (!decode(ctx, second, ret, &ret->claims))
        return refuse(ret, JWT_CLAIMS_BASE64);
    if (json_check(ctx, ret->claims, JSON_DEPTH) != OK) {
        ret->detail = ctx->fault.text;
        return refuse(ret, JWT_CLAIMS_JSON);
    }
    return check_signature(ctx, keys, (Str){ token.p, first.n + 1 + second.n }, rest, ret);
}
