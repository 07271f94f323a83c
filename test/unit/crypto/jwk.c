/* jwk.c: tests of keys and their JWK form. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "test.h"
#include "vectors.h"
#include "json/json.h"

#define TEST_CTX(name) \
    TEST_ARENA(arena); \
    Ctx name = ctx_new(arena, NULL)

static void key_freep(Key **key)
{
    key_free(*key);
}

static const char *vector_jwk(Alg alg)
{
    for (size_t i = 0; i < COUNTOF(vectors); i++)
        if (vectors[i].alg == alg)
            return vectors[i].jwk;
    return NULL;
}

/* Is this vector's JWK refused once the member has this value (NULL: is gone)? */
static void assert_refused(Ctx *ctx, Alg alg, const char *member, const char *value)
{
    const char *jwk = json_set(ctx->arena, vector_jwk(alg), member, value);
    Key *key = NULL;

    if (key_from_jwk(ctx, str_of(jwk), &key) == OK) {
        print_error("%s: %s = %s was accepted\n", alg_name(alg), member, value == NULL ? "(gone)" : value);
        key_free(key);
        assert_true(false);
    }
    assert_null(key);
}

static void assert_accepted(Ctx *ctx, Alg alg, const char *member, const char *value, bool signs)
{
    const char *jwk = json_set(ctx->arena, vector_jwk(alg), member, value);
    Key *key CLEANUP(key_freep) = NULL;

    assert_ok(key_from_jwk(ctx, str_of(jwk), &key));
    assert_int_equal(key_can_sign(key), signs);
}

/* The member's text with its middle character changed: still base64url, of the same length. */
static const char *edited(Ctx *ctx, Alg alg, const char *member)
{
    char *text = json_get(ctx->arena, vector_jwk(alg), member);

    text[strlen(text) / 2] = text[strlen(text) / 2] == 'A' ? 'B' : 'A';
    return json_quote(ctx->arena, text);
}

TEST(alg_names_go_both_ways)
{
    static const char *const names[] = { "none", "HS256", "RS256", "RS512", "ES256", "ES512", "EdDSA" };

    for (size_t i = 1; i < COUNTOF(names); i++)
        assert_string_equal(alg_name(alg_named(str_of(names[i]))), names[i]);
    assert_string_equal(alg_name(ALG_NONE), "none");
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(alg_named(str_of(((const char *[]){ "none", "None", "hs256", "HS384", "", "RS256 ", "ES256K" })[i])), ALG_NONE);
}

TEST(jwk_is_read_and_written_back_byte_for_byte)
{
    TEST_CTX(ctx);

    for (size_t i = 0; i < COUNTOF(vectors); i++) {
        Key *key CLEANUP(key_freep) = NULL;
        char *text;

        assert_ok(key_from_jwk(&ctx, str_of(vectors[i].jwk), &key));
        assert_int_equal(key_alg(key), vectors[i].alg);
        assert_string_equal(key_kid(key), vectors[i].kid);
        assert_true(key_can_sign(key));
        assert_ok(key_to_jwk(arena, key, true, &text));
        assert_string_equal(text, vectors[i].jwk);
    }
}

TEST(jwk_public_part_has_no_private_member)
{
    static const char *const private[] = { "d", "dp", "dq", "k", "p", "q", "qi" };
    TEST_CTX(ctx);

    for (size_t i = 0; i < COUNTOF(vectors); i++) {
        Key *key CLEANUP(key_freep) = NULL, *public CLEANUP(key_freep) = NULL;
        char *text, *again;

        assert_ok(key_from_jwk(&ctx, str_of(vectors[i].jwk), &key));
        assert_ok(key_to_jwk(arena, key, false, &text));
        for (size_t k = 0; k < COUNTOF(private); k++)
            assert_null(json_get(arena, text, private[k]));
        assert_string_equal(json_get(arena, text, "key_ops"), "[\"verify\"]");
        if (vectors[i].alg == ALG_HS256)
            continue;
        assert_ok(key_from_jwk(&ctx, str_of(text), &public));
        assert_false(key_can_sign(public));
        assert_ok(key_to_jwk(arena, public, true, &again)); /* there is nothing private to show */
        assert_string_equal(again, text);
    }
}

TEST(jwk_wants_one_algorithm_that_fits)
{
    TEST_CTX(ctx);

    for (size_t i = 0; i < COUNTOF(vectors); i++) {
        assert_refused(&ctx, vectors[i].alg, "alg", NULL);
        assert_refused(&ctx, vectors[i].alg, "alg", "null");
        assert_refused(&ctx, vectors[i].alg, "alg", "1");
        assert_refused(&ctx, vectors[i].alg, "alg", "\"none\"");
        assert_refused(&ctx, vectors[i].alg, "alg", "\"PS256\"");
        assert_refused(&ctx, vectors[i].alg, "kty", NULL);
        assert_refused(&ctx, vectors[i].alg, "kty", "\"oct \"");
        assert_refused(&ctx, vectors[i].alg, "kid", "7");
        for (size_t k = 0; k < COUNTOF(vectors); k++)
            if (!text_eq(json_get(arena, vectors[i].jwk, "kty"), json_get(arena, vectors[k].jwk, "kty")) ||
                !text_eq(json_get(arena, vectors[i].jwk, "crv"), json_get(arena, vectors[k].jwk, "crv")))
                assert_refused(&ctx, vectors[i].alg, "alg", json_quote(arena, alg_name(vectors[k].alg)));
    }
    assert_refused(&ctx, ALG_ES256, "crv", "\"P-384\"");
    assert_refused(&ctx, ALG_ES256, "crv", "\"secp256k1\"");
    assert_refused(&ctx, ALG_ES256, "crv", NULL);
    assert_refused(&ctx, ALG_EDDSA, "crv", "\"X25519\"");
    assert_refused(&ctx, ALG_RS256, "crv", "\"P-256\"");
    assert_refused(&ctx, ALG_RS256, "k", "\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"");
}

TEST(jwk_use_and_key_ops_are_kept_to)
{
    TEST_CTX(ctx);

    for (size_t i = 0; i < COUNTOF(vectors); i++) {
        assert_accepted(&ctx, vectors[i].alg, "use", NULL, true);
        assert_accepted(&ctx, vectors[i].alg, "key_ops", NULL, true);
        assert_accepted(&ctx, vectors[i].alg, "key_ops", "[\"sign\"]", true);
        assert_accepted(&ctx, vectors[i].alg, "key_ops", "[\"verify\"]", false);
        assert_refused(&ctx, vectors[i].alg, "use", "\"enc\"");
        assert_refused(&ctx, vectors[i].alg, "use", "\"\"");
        assert_refused(&ctx, vectors[i].alg, "key_ops", "[\"encrypt\"]");
        assert_refused(&ctx, vectors[i].alg, "key_ops", "[\"sign\",\"deriveBits\"]");
        assert_refused(&ctx, vectors[i].alg, "key_ops", "\"sign\"");
    }
}

TEST(jwk_rsa_private_members_belong_together)
{
    static const char *const members[] = { "n", "e", "d", "p", "q", "dp", "dq", "qi" };
    TEST_CTX(ctx);

    for (size_t i = 0; i < COUNTOF(members); i++) {
        assert_refused(&ctx, ALG_RS256, members[i], NULL);
        assert_refused(&ctx, ALG_RS256, members[i], "\"\"");
        assert_refused(&ctx, ALG_RS256, members[i], "\"AQ\"");
        assert_refused(&ctx, ALG_RS256, members[i], "\"AA\"");
        assert_refused(&ctx, ALG_RS256, members[i], "\"AQAB=\"");
        if (!text_eq(members[i], "e"))
            assert_refused(&ctx, ALG_RS256, members[i], edited(&ctx, ALG_RS256, members[i]));
    }
    assert_refused(&ctx, ALG_RS256, "e", "\"AQAD\"");
}

static void assert_public_rsa(Ctx *ctx, const char *n, const char *e, bool good)
{
    const char *jwk = arena_printf(ctx->arena, "{\"kty\":\"RSA\",\"alg\":\"RS256\",\"n\":\"%s\",\"e\":\"%s\"}", n, e);
    Key *key CLEANUP(key_freep) = NULL;

    assert_int_equal(key_from_jwk(ctx, str_of(jwk), &key) == OK, good);
}

/* A modulus of so many bytes, in base64url. */
static const char *modulus(Ctx *ctx, size_t bytes, uint8_t last)
{
    uint8_t *p = arena_alloc(ctx->arena, bytes);
    Buf buf = buf_in(ctx->arena, 4096);
    char *text;

    memset(p, 0xb7, bytes);
    p[bytes - 1] = last;
    base64_write(&buf, p, bytes, true, false);
    assert_ok(buf_text(&buf, &text));
    return text;
}

TEST(jwk_rsa_public_members_have_bounds)
{
    TEST_CTX(ctx);
    const char *n = json_get(arena, vector_jwk(ALG_RS256), "n");

    assert_public_rsa(&ctx, n, "AQAB", true);
    assert_public_rsa(&ctx, n, "Aw", true);
    assert_public_rsa(&ctx, n, "AQ", false);
    assert_public_rsa(&ctx, n, "AA", false);
    assert_public_rsa(&ctx, n, "Ag", false);
    assert_public_rsa(&ctx, n, "AQAC", false);
    assert_public_rsa(&ctx, n, n, false);
    assert_public_rsa(&ctx, modulus(&ctx, 256, 0x0b), "AQAB", true);
    assert_public_rsa(&ctx, modulus(&ctx, 255, 0x0b), "AQAB", false);
    assert_public_rsa(&ctx, modulus(&ctx, 256, 0x0a), "AQAB", false);
    assert_public_rsa(&ctx, modulus(&ctx, 1024, 0x0b), "AQAB", true);
    assert_public_rsa(&ctx, modulus(&ctx, 1025, 0x0b), "AQAB", false);
}

/* A published modulus of the broken generator (CVE-2017-15361); no private key is needed to tell. */
TEST(jwk_rsa_of_the_roca_generator_is_refused)
{
    TEST_CTX(ctx);
    uint8_t n[256] = { 0 };
    Buf buf = buf_in(arena, 4096);
    char *text;

    /* 65537 to any power passes the fingerprint by its definition: 65537^127 is 2032 bits, times 65537 once more is 2048 bits and
     * odd. */
    n[255] = 1;
    for (int power = 0; power < 127; power++)
        for (uint32_t i = 256, carry = 0; i-- > 0; carry >>= 8) {
            carry += n[i] * 65537U;
            n[i] = (uint8_t)carry;
        }
    base64_write(&buf, n, sizeof(n), true, false);
    assert_ok(buf_text(&buf, &text));
    assert_public_rsa(&ctx, text, "AQAB", false);
}

TEST(jwk_ec_point_is_on_the_curve_and_of_the_private_number)
{
    static const char *const members[] = { "x", "y", "d" };
    static const Alg algs[] = { ALG_ES256, ALG_ES512 };
    TEST_CTX(ctx);

    for (size_t a = 0; a < COUNTOF(algs); a++) {
        for (size_t i = 0; i < COUNTOF(members); i++) {
            const char *text = json_get(arena, vector_jwk(algs[a]), members[i]);

            assert_refused(&ctx, algs[a], members[i], edited(&ctx, algs[a], members[i]));
            assert_refused(&ctx, algs[a], members[i], "\"\"");
            assert_refused(&ctx, algs[a], members[i], arena_printf(arena, "\"AAAA%s\"", text)); /* exactly so many bytes */
            assert_refused(&ctx, algs[a], members[i], arena_printf(arena, "\"%s\"", text + 4));
            assert_refused(&ctx, algs[a], members[i], arena_printf(arena, "\"%s=\"", text));
            if (*members[i] != 'd')
                assert_refused(&ctx, algs[a], members[i], NULL);
        }
        assert_accepted(&ctx, algs[a], "d", NULL, false);
    }
    assert_refused(&ctx, ALG_ES256, "d", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"");
}

TEST(jwk_okp_public_part_is_of_the_private_one)
{
    TEST_CTX(ctx);

    assert_refused(&ctx, ALG_EDDSA, "x", edited(&ctx, ALG_EDDSA, "x"));
    assert_refused(&ctx, ALG_EDDSA, "d", edited(&ctx, ALG_EDDSA, "d"));
    assert_refused(&ctx, ALG_EDDSA, "x", NULL);
    assert_refused(&ctx, ALG_EDDSA, "x", "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR\"");
    assert_refused(&ctx, ALG_EDDSA, "d", "\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2AAAA\"");
    assert_accepted(&ctx, ALG_EDDSA, "d", NULL, false);
}

TEST(jwk_secret_has_at_least_the_length_of_the_hash)
{
    TEST_CTX(ctx);

    assert_accepted(&ctx, ALG_HS256, "k", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", true);
    assert_refused(&ctx, ALG_HS256, "k", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"");
    assert_refused(&ctx, ALG_HS256, "k", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"");
    assert_refused(&ctx, ALG_HS256, "k", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\""); /* unused bits set */
    assert_refused(&ctx, ALG_HS256, "k", NULL);
}

TEST(jwk_text_is_read_strictly)
{
    static const char *const bad[] = {
        "", "null", "[]", "\"x\"", "{}", "{\"kty\":\"oct\"}", "{\"kty\":\"oct\",\"kty\":\"oct\"}", "{\"kty\":\"oct\"}x",
    };
    TEST_CTX(ctx);

    for (size_t i = 0; i < COUNTOF(bad); i++) {
        Key *key = NULL;

        assert_err(key_from_jwk(&ctx, str_of(bad[i]), &key), E_CONFIG);
        assert_null(key);
    }
}

TEST(key_of_each_algorithm_is_made_and_survives_its_jwk)
{
    static const Alg algs[] = { ALG_HS256, ALG_RS256, ALG_ES256, ALG_ES512, ALG_EDDSA };
    TEST_CTX(ctx);

    for (size_t i = 0; i < COUNTOF(algs); i++) {
        Key *key CLEANUP(key_freep) = NULL, *again CLEANUP(key_freep) = NULL;
        char *text, *text_again;

        assert_ok(key_generate(algs[i], i == 0 ? NULL : "a \"kid\"", &key));
        assert_int_equal(key_alg(key), algs[i]);
        assert_true(key_can_sign(key));
        assert_ok(key_to_jwk(arena, key, true, &text));
        assert_ok(key_from_jwk(&ctx, str_of(text), &again));
        assert_true(text_eq(key_kid(again), key_kid(key)));
        assert_ok(key_to_jwk(arena, again, true, &text_again));
        assert_string_equal(text, text_again);
    }
}

TEST(key_of_no_algorithm_is_not_made)
{
    Key *key = NULL;

    assert_err(key_generate(ALG_NONE, NULL, &key), E_CONFIG);
    assert_err(key_from_secret(STR(""), NULL, &key), E_CONFIG);
    assert_null(key);
}

TEST(jwks_shows_public_parts_and_no_secret)
{
    TEST_CTX(ctx);
    Key *keys[COUNTOF(vectors)];
    KeySet set = { .v = keys, .n = COUNTOF(vectors) };
    char *text;

    for (size_t i = 0; i < COUNTOF(vectors); i++)
        assert_ok(key_from_jwk(&ctx, str_of(vectors[i].jwk), &keys[i]));
    assert_ok(jwks_write(arena, &set, &text));
    assert_true(
        str_starts(str_of(text), STR("{\"keys\":[{\"alg\":\"RS256\",\"e\":\"AQAB\",\"key_ops\":[\"verify\"],\"kid\":\"rs\",\"kty\":\"RSA\",\"n\":")));
    assert_null(strstr(text, "\"d\""));
    assert_null(strstr(text, "\"k\""));
    assert_null(strstr(text, "oct"));
    assert_non_null(
        strstr(text, "{\"alg\":\"EdDSA\",\"crv\":\"Ed25519\",\"key_ops\":[\"verify\"],\"kid\":\"ed\",\"kty\":\"OKP\",\"use\":\"sig\",\"x\":"));
    assert_ok(json_check(&ctx, str_of(text), JSON_DEPTH));
    set.n = 1;
    assert_ok(jwks_write(arena, &set, &text));
    assert_string_equal(text, "{\"keys\":[]}");
    for (size_t i = 0; i < COUNTOF(vectors); i++)
        key_free(keys[i]);
}
