/* jwt.c: tests of signing and verifying tokens. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "test.h"
#include "vectors.h"
#include "json/json.h"

#define TEST_CTX(name) \
    TEST_ARENA(arena); \
    Ctx name = ctx_new(arena, NULL)

enum { N = COUNTOF(vectors) };

/* One key of each algorithm. */
typedef struct Ring {
    Key *keys[N];
    KeySet set;
} Ring;

static void ring_free(Ring *ring)
{
    for (size_t i = 0; i < N; i++)
        key_free(ring->keys[i]);
    key_free(ring->set.fallback);
}

static void ring_open(Ctx *ctx, Ring *ring)
{
    *ring = (Ring){ 0 };
    for (size_t i = 0; i < N; i++)
        assert_ok(key_from_jwk(ctx, str_of(vectors[i].jwk), &ring->keys[i]));
    ring->set = (KeySet){ .v = ring->keys, .n = N, .signer = ring->keys[0] };
}

#define TEST_RING(ctx, name)      \
    Ring name CLEANUP(ring_free); \
    ring_open(&(ctx), &(name))

static Key *key_of(Ring *ring, Alg alg)
{
    for (size_t i = 0; i < N; i++)
        if (key_alg(ring->keys[i]) == alg)
            return ring->keys[i];
    abort();
}

static JwtFault fault_of(Ctx *ctx, const KeySet *set, Str token)
{
    Jwt jwt = { .fault = JWT_SIGNATURE };
    const Err err = jwt_verify(ctx, set, token, &jwt);

    assert_int_equal(err, jwt.fault == JWT_OK ? OK : E_BAD_CREDENTIAL);
    return jwt.fault;
}

#define assert_fault(ctx, set, token, fault) assert_int_equal(fault_of((ctx), (set), str_of(token)), (fault))

static const char *coded(Ctx *ctx, const char *text)
{
    Buf buf = buf_in(ctx->arena, 1 << 20);
    char *ret;

    base64_write(&buf, text, strlen(text), true, false);
    assert_ok(buf_text(&buf, &ret));
    return ret;
}

/* A token with these parts whose HS256 signature is right under the secret. */
static const char *forged(Ctx *ctx, Str secret, const char *header, const char *claims)
{
    const char *text = arena_printf(ctx->arena, "%s.%s", coded(ctx, header), coded(ctx, claims));
    Buf buf = buf_in(ctx->arena, 256);
    uint8_t sum[32];
    char *signature;

    hmac_sum(HASH_SHA256, secret, str_of(text), sum);
    base64_write(&buf, sum, sizeof(sum), true, false);
    assert_ok(buf_text(&buf, &signature));
    return arena_printf(ctx->arena, "%s.%s", text, signature);
}

/* The secret of the HS256 vector, as it is in its JWK. */
static Str vector_secret(Ctx *ctx)
{
    Str secret;

    assert_true(base64_read(ctx->arena, str_of(json_get(ctx->arena, vectors[0].jwk, "k")), true, false, &secret));
    return secret;
}

TEST(jwt_of_another_library_is_accepted)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);

    for (size_t i = 0; i < N; i++) {
        Jwt jwt;

        assert_ok(jwt_verify(&ctx, &ring.set, str_of(vectors[i].token), &jwt));
        assert_int_equal(jwt.fault, JWT_OK);
        assert_string_equal(jwt.alg, alg_name(vectors[i].alg));
        assert_string_equal(jwt.kid, vectors[i].kid);
        assert_string_equal(jwt.typ, "JWT");
        assert_str(jwt.claims, "{\"sub\":\"joe\"}");
    }
}

/* RFC 7515 A.1 and A.3 (with a public key alone). */
TEST(jwt_of_the_rfc_is_accepted)
{
    static const char claims[] = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    static const struct {
        const char *jwk, *header, *signature;
    } rows[] = {
        { "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}",
          "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" },
        { "{\"kty\":\"EC\",\"alg\":\"ES256\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
          "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"kid\":\"a3\"}",
          "eyJhbGciOiJFUzI1NiJ9", "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q" },
    };
    TEST_CTX(ctx);
    Key *keys[2];
    KeySet set;

    for (size_t i = 0; i < 2; i++)
        assert_ok(key_from_jwk(&ctx, str_of(rows[i].jwk), &keys[i]));
    set = (KeySet){ .fallback = keys[0] };
    assert_fault(&ctx, &set, arena_printf(arena, "%s.%s.%s", rows[0].header, claims, rows[0].signature), JWT_OK);
    /* The second has no kid, and an asymmetric key is never guessed. */
    set = (KeySet){ .v = &keys[1], .n = 1 };
    assert_fault(&ctx, &set, arena_printf(arena, "%s.%s.%s", rows[1].header, claims, rows[1].signature), JWT_KID_UNKNOWN);
    for (size_t i = 0; i < 2; i++)
        key_free(keys[i]);
}

TEST(jwt_of_ours_is_accepted_and_has_the_members_in_order)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);

    for (size_t i = 0; i < N; i++) {
        char *token;

        ring.set.signer = ring.keys[i];
        assert_ok(jwt_sign(arena, &ring.set, "at+jwt", "{\"a\":1}", &token));
        assert_true(
            str_starts(str_of(token), str_of(arena_printf(arena, "%s.%s.",
                                                          coded(&ctx, arena_printf(arena, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
                                                                                   alg_name(vectors[i].alg), vectors[i].kid)),
                                                          coded(&ctx, "{\"a\":1}")))));
        assert_fault(&ctx, &ring.set, token, JWT_OK);
    }
}

TEST(jwt_signature_is_the_same_where_the_algorithm_is_deterministic)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);
    static const Alg algs[] = { ALG_HS256, ALG_RS256, ALG_RS512, ALG_EDDSA };

    for (size_t i = 0; i < N; i++) {
        bool same = false;
        char *token;

        for (size_t k = 0; k < COUNTOF(algs); k++)
            same |= algs[k] == vectors[i].alg;
        ring.set.signer = ring.keys[i];
        assert_ok(jwt_sign(arena, &ring.set, "JWT", "{\"sub\":\"joe\"}", &token));
        assert_int_equal(text_eq(token, vectors[i].token), same);
        assert_int_equal(strlen(token), strlen(vectors[i].token));
    }
}

/* Every signature has its full width, also when a number of it begins with a zero byte (one in 128 does). */
TEST(jwt_ec_signatures_have_a_fixed_width)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);

    ring.set.signer = key_of(&ring, ALG_ES256);
    for (int i = 0; i < 600; i++) {
        char *token;

        assert_ok(jwt_sign(arena, &ring.set, "JWT", "{}", &token));
        assert_int_equal(strlen(strrchr(token, '.') + 1), 86);
        assert_fault(&ctx, &ring.set, token, JWT_OK);
    }
}

TEST(jwt_needs_a_key_that_may_sign)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);
    Key *public;
    char *text, *token = NULL;

    assert_ok(key_to_jwk(arena, key_of(&ring, ALG_ES256), false, &text));
    assert_ok(key_from_jwk(&ctx, str_of(text), &public));
    ring.set.signer = public;
    assert_err(jwt_sign(arena, &ring.set, "JWT", "{}", &token), E_CONFIG);
    key_free(public);
    ring.set.signer = NULL;
    assert_err(jwt_sign(arena, &ring.set, "JWT", "{}", &token), E_CONFIG);
    assert_null(token);
}

TEST(jwt_is_not_made_beyond_its_bounds)
{
    TEST_ARENA(arena);
    Key *key;
    KeySet set;
    char *claims = arena_alloc(arena, (1 << 20) + 1), *kid = arena_alloc(arena, 9001), *token = NULL;

    memset(claims, ' ', 1 << 20);
    memset(kid, 'k', 9000);
    assert_ok(key_from_secret(STR("0123456789abcdef0123456789abcdef"), kid, &key));
    set = (KeySet){ .signer = key, .fallback = key };
    assert_err(jwt_sign(arena, &set, "JWT", "{}", &token), E_TOO_LARGE);
    key_free(key);
    assert_ok(key_from_secret(STR("0123456789abcdef0123456789abcdef"), NULL, &key));
    set = (KeySet){ .signer = key, .fallback = key };
    assert_err(jwt_sign(arena, &set, "JWT", claims, &token), E_TOO_LARGE);
    assert_null(token);
    key_free(key);
}

TEST(jwt_with_one_byte_edited_is_refused)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);

    for (size_t i = 0; i < N; i++) {
        char *token = arena_strdup(arena, vectors[i].token), *end = token + strlen(token);
        TEST_ARENA(short_lived);
        Ctx each = ctx_new(short_lived, NULL);

        for (char *p = token; p < end; p += STEP(41), arena_reset(short_lived)) {
            const char was = *p;

            for (size_t k = 0; k < 5; k++) {
                *p = "Ab9_."[k] == was ? '-' : "Ab9_."[k];
                assert_int_not_equal(fault_of(&each, &ring.set, str_of(token)), JWT_OK);
            }
            *p = was;
        }
    }
}

TEST(jwt_cut_short_or_with_more_behind_is_refused)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);

    for (size_t i = 0; i < N; i++) {
        const char *more = arena_printf(arena, "%sAAAA", vectors[i].token);

        for (size_t n = 0; n < strlen(vectors[i].token); n += STEP(41))
            assert_int_not_equal(fault_of(&ctx, &ring.set, (Str){ vectors[i].token, n }), JWT_OK);
        for (size_t n = strlen(vectors[i].token) + 1; n <= strlen(more); n++)
            assert_int_not_equal(fault_of(&ctx, &ring.set, (Str){ more, n }), JWT_OK);
    }
}

TEST(jwt_form_is_strict)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);
    const char *good = vectors[0].token, *dot = strchr(good, '.'), *last = strrchr(good, '.');
    const int first = (int)(dot - good), middle = (int)(last - dot - 1);
    const struct {
        const char *token;
        JwtFault fault;
    } rows[] = {
        { "", JWT_SEGMENTS },
        { ".", JWT_SEGMENTS },
        { "a.b", JWT_SEGMENTS },
        { "...", JWT_SEGMENTS },
        { "..", JWT_HEADER_JSON },
        { arena_printf(arena, "%s.", good), JWT_SEGMENTS },
        { arena_printf(arena, ".%s", good), JWT_SEGMENTS },
        { arena_printf(arena, "%.*s.%s", first, good, last + 1), JWT_SEGMENTS },
        { arena_printf(arena, "%.*s..%s", first, good, last + 1), JWT_CLAIMS_JSON },
        { arena_printf(arena, "%.*s.%.*s.", first, good, middle, dot + 1), JWT_SIGNATURE },
        { arena_printf(arena, "%.*s.%.*s", first, good, middle, dot + 1), JWT_SEGMENTS },
        { arena_printf(arena, "%s=", good), JWT_SIGNATURE_BASE64 },
        { arena_printf(arena, "%s==", good), JWT_SIGNATURE_BASE64 },
        { arena_printf(arena, "%s ", good), JWT_SIGNATURE_BASE64 },
        { arena_printf(arena, "%s\n", good), JWT_SIGNATURE_BASE64 },
        { arena_printf(arena, " %s", good), JWT_HEADER_BASE64 },
        { arena_printf(arena, "%.*s=.%s", first, good, dot + 1), JWT_HEADER_BASE64 },
        { arena_printf(arena, "%.*s==%s", (int)(last - good), good, last), JWT_CLAIMS_BASE64 },
        { arena_printf(arena, "%.*s\r\n%s", (int)(last - good), good, last), JWT_CLAIMS_BASE64 },
        { arena_printf(arena, "%.*s+%s", (int)(last - good), good, last), JWT_CLAIMS_BASE64 },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_fault(&ctx, &ring.set, rows[i].token, rows[i].fault);
    assert_int_equal(fault_of(&ctx, &ring.set, (Str){ good, strlen(good) + 1 }), JWT_SIGNATURE_BASE64); /* its NUL */
    assert_int_equal(fault_of(&ctx, &ring.set, (Str){ NULL, 0 }), JWT_SEGMENTS);
}

TEST(jwt_says_at_which_byte_the_base64_ends)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);
    Jwt jwt;

    assert_err(jwt_verify(&ctx, &ring.set, STR("eyJh!.e30.x"), &jwt), E_BAD_CREDENTIAL);
    assert_int_equal(jwt.fault, JWT_HEADER_BASE64);
    assert_string_equal(jwt.detail, "4");
}

/* Signed with the right secret: only the header or the claims are wrong. */
TEST(jwt_header_is_read_strictly)
{
    static const struct {
        const char *header;
        JwtFault fault;
    } rows[] = {
        { "{\"alg\":\"HS256\",\"kid\":\"hs\"}", JWT_OK },
        { " {\"kid\" : \"hs\", \"alg\":\"HS256\", \"x\": [1, {}], \"typ\": 7}\n", JWT_OK },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"b64\":true,\"cty\":\"JWT\",\"x5t\":\"abc\"}", JWT_OK },
        { "", JWT_HEADER_JSON },
        { "null", JWT_HEADER_JSON },
        { "[]", JWT_HEADER_JSON },
        { "\"HS256\"", JWT_HEADER_JSON },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\"", JWT_HEADER_JSON },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\"}}", JWT_HEADER_JSON },
        { "\xef\xbb\xbf{\"alg\":\"HS256\",\"kid\":\"hs\"}", JWT_HEADER_JSON },
        { "{\"alg\":\"HS256\",\"kid\":\"h\xff\"}", JWT_HEADER_JSON },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"alg\":\"HS256\"}", JWT_HEADER_JSON },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"\\u006bid\":\"hs\"}", JWT_HEADER_JSON },
        { "{\"alg\":\"HS256\\u0000\",\"kid\":\"hs\"}", JWT_HEADER_JSON },
        { "{\"kid\":\"hs\"}", JWT_ALG_MISSING },
        { "{\"Alg\":\"HS256\",\"kid\":\"hs\"}", JWT_ALG_MISSING },
        { "{\"alg\":null,\"kid\":\"hs\"}", JWT_ALG_MISSING },
        { "{\"alg\":[\"HS256\"],\"kid\":\"hs\"}", JWT_ALG_MISSING },
        { "{\"alg\":\"\",\"kid\":\"hs\"}", JWT_ALG_UNKNOWN },
        { "{\"alg\":\"hs256\",\"kid\":\"hs\"}", JWT_ALG_UNKNOWN },
        { "{\"alg\":\"None\",\"kid\":\"hs\"}", JWT_ALG_UNKNOWN },
        { "{\"alg\":\"HS256 \",\"kid\":\"hs\"}", JWT_ALG_UNKNOWN },
        { "{\"alg\":\"none\",\"kid\":\"hs\"}", JWT_ALG_REFUSED },
        { "{\"alg\":\"HS384\",\"kid\":\"hs\"}", JWT_ALG_REFUSED },
        { "{\"alg\":\"PS256\",\"kid\":\"hs\"}", JWT_ALG_REFUSED },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"crit\":[]}", JWT_CRIT },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"crit\":null}", JWT_CRIT },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"crit\":[\"b64\"],\"b64\":false}", JWT_CRIT },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"jwk\":{}}", JWT_CRIT },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"jku\":\"https://example.com/\"}", JWT_CRIT },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"x5u\":\"https://example.com/\"}", JWT_CRIT },
        { "{\"alg\":\"HS256\",\"kid\":\"hs\",\"x5c\":[\"MIIB\"]}", JWT_CRIT },
        { "{\"alg\":\"HS256\"}", JWT_KID_UNKNOWN },
        { "{\"alg\":\"HS256\",\"kid\":\"\"}", JWT_KID_UNKNOWN },
        { "{\"alg\":\"HS256\",\"kid\":7}", JWT_KID_UNKNOWN },
        { "{\"alg\":\"HS256\",\"kid\":[\"hs\"]}", JWT_KID_UNKNOWN },
        { "{\"alg\":\"HS256\",\"kid\":\"hs \"}", JWT_KID_UNKNOWN },
        { "{\"alg\":\"HS256\",\"kid\":\"HS\"}", JWT_KID_UNKNOWN },
        { "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}", JWT_KID_UNKNOWN },
        { "{\"alg\":\"HS256\",\"kid\":\"es\"}", JWT_KEY_TYPE },
        { "{\"alg\":\"RS256\",\"kid\":\"hs\"}", JWT_KEY_TYPE },
        { "{\"alg\":\"RS256\",\"kid\":\"rs5\"}", JWT_KEY_TYPE },
        { "{\"alg\":\"RS256\",\"kid\":\"rs\"}", JWT_SIGNATURE },
        { "{\"alg\":\"ES256\",\"kid\":\"es\"}", JWT_SIGNATURE },
        { "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", JWT_SIGNATURE },
    };
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_fault(&ctx, &ring.set, forged(&ctx, vector_secret(&ctx), rows[i].header, "{}"), rows[i].fault);
}

TEST(jwt_claims_are_any_one_json_text_read_strictly)
{
    static const struct {
        const char *claims;
        JwtFault fault;
    } rows[] = {
        { "{}", JWT_OK },
        { " {\"a\":[1.5e3,null,true]} ", JWT_OK },
        { "", JWT_CLAIMS_JSON },
        { "{", JWT_CLAIMS_JSON },
        { "{\"a\":1,\"a\":2}", JWT_CLAIMS_JSON },
        { "{\"a\":1e999}", JWT_CLAIMS_JSON },
        { "{\"a\":\"\\ud800\"}", JWT_CLAIMS_JSON },
        { "{}{}", JWT_CLAIMS_JSON },
    };
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_fault(&ctx, &ring.set, forged(&ctx, vector_secret(&ctx), "{\"alg\":\"HS256\",\"kid\":\"hs\"}", rows[i].claims), rows[i].fault);
}

/* The classic: the public key is public, so a verifier that takes it as an HMAC secret takes anything. */
TEST(jwt_signed_with_a_public_key_as_secret_is_refused)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);

    for (size_t i = 1; i < N; i++) {
        KeySet alone = { .v = &ring.keys[i], .n = 1 };
        const char *header = arena_printf(arena, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", vectors[i].kid);
        char *jwk;

        assert_ok(key_to_jwk(arena, ring.keys[i], false, &jwk));
        assert_fault(&ctx, &alone, forged(&ctx, str_of(jwk), header, "{}"), JWT_ALG_REFUSED);
        assert_fault(&ctx, &ring.set, forged(&ctx, str_of(jwk), header, "{}"), JWT_KEY_TYPE);
        assert_fault(&ctx, &ring.set, forged(&ctx, STR(""), header, "{}"), JWT_KEY_TYPE);
        alone.algs = 1U << ALG_HS256; /* also where the set says that it takes HS256 */
        assert_fault(&ctx, &alone, forged(&ctx, str_of(jwk), header, "{}"), JWT_KEY_TYPE);
        alone.fallback = ring.keys[i]; /* a fallback of another kind is none */
        assert_fault(&ctx, &alone, forged(&ctx, str_of(jwk), "{\"alg\":\"HS256\"}", "{}"), JWT_KID_UNKNOWN);
    }
}

/* DER, all zeros, r or s beyond the order, and other lengths. */
TEST(jwt_ec_signature_of_another_form_is_refused)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);
    const char *text = arena_printf(arena, "%.*s", (int)(strrchr(vectors[3].token, '.') - vectors[3].token), vectors[3].token);
    uint8_t bytes[72] = { 0 };

    assert_int_equal(vectors[3].alg, ALG_ES256);
    for (size_t n = 0; n <= sizeof(bytes); n++)
        for (int fill = 0; fill < 3; fill++) {
            Buf buf = buf_in(arena, 256);
            char *signature;

            memset(bytes, fill == 0 ? 0 : fill == 1 ? 0xff : 1, sizeof(bytes));
            base64_write(&buf, bytes, n, true, false);
            assert_ok(buf_text(&buf, &signature));
            assert_fault(&ctx, &ring.set, arena_printf(arena, "%s.%s", text, signature), JWT_SIGNATURE);
        }
    assert_fault(&ctx, &ring.set,
                 arena_printf(arena, "%s.MEUCIQDxV2tP5gJkRlT0nTt2yVx2zv3mYlZfYk1k2nQ1b0Q1XwIgQxV2tP5gJkRlT0nTt2yVx2zv3mYlZfYk1k2nQ1b0Q1U", text),
                 JWT_SIGNATURE);
}

TEST(jwt_fallback_takes_hs256_without_a_known_kid)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);
    const Str secret = STR("a secret of at least thirty-two bytes");
    const char *without = forged(&ctx, secret, "{\"alg\":\"HS256\"}", "{}"),
               *unknown = forged(&ctx, secret, "{\"alg\":\"HS256\",\"kid\":\"?\"}", "{}");
    const char *known = forged(&ctx, secret, "{\"alg\":\"HS256\",\"kid\":\"hs\"}", "{}");

    assert_ok(key_from_secret(secret, NULL, &ring.set.fallback));
    assert_fault(&ctx, &ring.set, without, JWT_OK);
    assert_fault(&ctx, &ring.set, unknown, JWT_OK);
    assert_fault(&ctx, &ring.set, known, JWT_SIGNATURE); /* the kid's own key and no other */
    ring.set.v++, ring.set.n--;
    assert_fault(&ctx, &ring.set, without, JWT_ALG_REFUSED); /* no HS256 among the keys */
    ring.set.algs = 1U << ALG_HS256;
    assert_fault(&ctx, &ring.set, without, JWT_OK);
    assert_fault(&ctx, &ring.set, vectors[1].token, JWT_ALG_REFUSED); /* what is listed counts alone */
    ring.set = (KeySet){ .fallback = ring.set.fallback };
    assert_fault(&ctx, &ring.set, without, JWT_OK);
}

TEST(jwt_of_a_set_without_keys_is_refused)
{
    TEST_CTX(ctx);
    const KeySet set = { 0 };

    for (size_t i = 0; i < N; i++)
        assert_fault(&ctx, &set, vectors[i].token, JWT_ALG_REFUSED);
}

TEST(jwt_beyond_8_kib_is_not_looked_at)
{
    TEST_CTX(ctx);
    TEST_RING(ctx, ring);
    char *claims = arena_alloc(arena, 9000), *dots = arena_alloc(arena, (1 << 20) + 1);
    size_t used;

    memset(claims, ' ', 6063);
    claims[0] = '{', claims[1] = '}';
    assert_fault(&ctx, &ring.set, forged(&ctx, vector_secret(&ctx), "{\"alg\":\"HS256\",\"kid\":\"hs\"}", claims), JWT_OK);
    memset(claims, ' ', 6100);
    claims[0] = '{', claims[1] = '}';
    assert_fault(&ctx, &ring.set, forged(&ctx, vector_secret(&ctx), "{\"alg\":\"HS256\",\"kid\":\"hs\"}", claims), JWT_SEGMENTS);
    memset(dots, '.', 1 << 20);
    used = arena_used(arena);
    assert_fault(&ctx, &ring.set, dots, JWT_SEGMENTS);
    assert_int_equal(arena_used(arena), used);
}

/* ---- what is remembered ---- */

typedef struct Claimed {
    Given given;
    const char *sub, *doc;
    double exp;
    int64_t n;
} Claimed;

static const Field claimed[] = {
    GIVEN(Claimed, given), TEXT(Claimed, sub, "sub"), JSON(Claimed, doc, "doc"), DOUBLE(Claimed, exp, "exp"), INT(Claimed, n, "n"), END(Claimed),
};
static const Field sub_alone[] = { TEXT(Claimed, sub, "sub"), END(Claimed) };

static Claimed assert_read(Ctx *ctx, const KeySet *keys, const char *token, const Field *fields, Jwt *jwt)
{
    Claimed claims = { 0 };

    assert_ok(jwt_read(ctx, keys, str_of(token), fields, &claims, jwt));
    assert_string_equal(jwt->alg, "HS256");
    assert_null(jwt->kid);
    return claims;
}

static void assert_refused(Ctx *ctx, const KeySet *keys, const char *token, JwtFault fault)
{
    Claimed claims = { 0 };
    Jwt jwt;

    assert_err(jwt_read(ctx, keys, str_of(token), claimed, &claims, &jwt), E_BAD_CREDENTIAL);
    assert_int_equal(jwt.fault, fault);
}

TEST(a_token_is_remembered_under_its_keys_alone)
{
    TEST_CTX(ctx);
    Key *one, *two;
    KeySet first = { 0 }, second = { 0 };
    char *token, *other, *odd;
    Claimed claims;
    Jwt jwt;

    assert_ok(key_from_secret(STR("a secret of more than thirty-two bytes"), NULL, &one));
    assert_ok(key_from_secret(STR("another one of more than thirty-two bytes"), NULL, &two));
    first = (KeySet){ .signer = one, .fallback = one, .algs = 1U << ALG_HS256, .serial = keyset_serial() };
    second = (KeySet){ .signer = two, .fallback = two, .algs = 1U << ALG_HS256, .serial = keyset_serial() };
    assert_ok(jwt_sign(arena, &first, "JWT", "{\"sub\":\"a\",\"doc\":{\"k\": [1]},\"exp\":1.5,\"n\":null,\"more\":1}", &token));
    assert_ok(jwt_sign(arena, &first, "at+jwt", "{\"sub\":\"b\"}", &other));
    assert_ok(jwt_sign(arena, &first, "JWT", "{\"sub\":1}", &odd));
    for (int i = 0; i < 3; i++) {
        claims = assert_read(&ctx, &first, token, claimed, &jwt);
        assert_string_equal(claims.sub, "a");
        assert_string_equal(claims.doc, "{\"k\":[1]}");
        assert_true(claims.exp == 1.5 && IS_NULL(&claims, n) && HAS(&claims, exp));
        assert_string_equal(jwt.typ, "JWT");
        claims = assert_read(&ctx, &first, token, sub_alone, &jwt); /* by another table: read anew */
        assert_true(text_eq(claims.sub, "a") && claims.doc == NULL && claims.exp == 0);
        claims = assert_read(&ctx, &first, other, claimed, &jwt);
        assert_true(text_eq(claims.sub, "b") && claims.doc == NULL && !HAS(&claims, exp));
        assert_string_equal(jwt.typ, "at+jwt");
        assert_refused(&ctx, &second, token, JWT_SIGNATURE);
        assert_refused(&ctx, &first, odd, JWT_CLAIMS_JSON);
        assert_refused(&ctx, &second, odd, JWT_CLAIMS_JSON); /* types come before the signature */
    }
    token[strlen(token) - 2] = token[strlen(token) - 2] == 'A' ? 'B' : 'A';
    assert_refused(&ctx, &first, token, JWT_SIGNATURE);
    first.serial = 0; /* remembers nothing, finds nothing */
    assert_read(&ctx, &first, other, claimed, &jwt);
    key_free(one);
    key_free(two);
}

/* How much of the arena reading the token a second time takes: what was found again takes its texts alone, what was parsed more. */
TEST(a_token_is_not_parsed_again_unless_it_is_too_long)
{
    TEST_CTX(ctx);
    Key *key;
    KeySet set;
    Jwt jwt;

    assert_ok(key_from_secret(STR("a secret of more than thirty-two bytes"), NULL, &key));
    set = (KeySet){ .signer = key, .fallback = key, .algs = 1U << ALG_HS256, .serial = keyset_serial() };
    for (int n = 4000; n <= 5600; n += 1600) {
        char *token;
        size_t first, second;

        assert_ok(jwt_sign(arena, &set, "JWT", arena_printf(arena, "{\"sub\":\"%0*d\"}", n, 1), &token));
        first = arena_used(arena);
        assert_read(&ctx, &set, token, claimed, &jwt);
        first = arena_used(arena) - first;
        second = arena_used(arena);
        assert_int_equal(strlen(assert_read(&ctx, &set, token, claimed, &jwt).sub), n);
        second = arena_used(arena) - second;
        assert_int_equal(second < first, n == 4000);
    }
    key_free(key);
}
