/* hash.c: tests of digests, HMAC, HKDF and sealing. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "test.h"

static const char *hex(Arena *arena, const void *p, size_t n)
{
    Buf buf = buf_in(arena, 4096);
    char *text;

    hex_write(&buf, p, n);
    assert_ok(buf_text(&buf, &text));
    return text;
}

static Str unhex(Arena *arena, const char *text)
{
    Str bytes;

    assert_true(hex_read(arena, str_of(text), &bytes));
    return bytes;
}

/* FIPS 180-4 and RFC 1321 of "abc"; RFC 4231 and RFC 2202 case 2; the first bytes of the sum for a key longer than a block. */
TEST(hash_and_hmac_give_the_published_sums)
{
    /* clang-format off */
    static const struct {
        Hash hash;
        size_t size;
        const char *abc, *jefe, *long_key;
    } rows[] = {
        { HASH_SHA1, 20,
          "a9993e364706816aba3e25717850c26c9cd0d89d",
          "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
          "90d0dace1c1bdc957339307803160335" },
        { HASH_SHA224, 28,
          "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
          "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
          "95e9a0db962095adaebe9b2d6f0dbce2" },
        { HASH_SHA256, 32,
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
          "60e431591ee0b67f0d8a26aacbf5b77f" },
        { HASH_SHA384, 48,
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
          "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
          "4ece084485813e9088d2c63a041bc5b4" },
        { HASH_SHA512, 64,
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
          "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
          "80b24263c7c1a3ebb71493c1dd7be8b4" },
        { HASH_MD5, 16,
          "900150983cd24fb0d6963f7d28e17f72",
          "750c783e6ab0b503eaa86e310a5db738",
          "bfecaf4efff90a3a668f3922fec3762d" },
    };
    /* clang-format on */
    TEST_ARENA(arena);
    char key[131];
    uint8_t sum[64];

    memset(key, 0xaa, sizeof(key));
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const size_t n = hash_size(rows[i].hash);

        assert_int_equal(n, rows[i].size);
        hash_sum(rows[i].hash, STR("abc"), sum);
        assert_string_equal(hex(arena, sum, n), rows[i].abc);
        hmac_sum(rows[i].hash, STR("Jefe"), STR("what do ya want for nothing?"), sum);
        assert_string_equal(hex(arena, sum, n), rows[i].jefe);
        hmac_sum(rows[i].hash, (Str){ key, sizeof(key) }, STR("Test Using Larger Than Block-Size Key - Hash Key First"), sum);
        assert_string_equal(hex(arena, sum, 16), rows[i].long_key);
    }
}

TEST(hash_and_hmac_take_nothing)
{
    TEST_ARENA(arena);
    uint8_t sum[32];

    hash_sum(HASH_SHA256, (Str){ 0 }, sum);
    assert_string_equal(hex(arena, sum, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hmac_sum(HASH_SHA256, (Str){ 0 }, (Str){ 0 }, sum);
    assert_string_equal(hex(arena, sum, 32), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 5869 A.1 to A.4. */
TEST(hkdf_gives_the_published_keys)
{
    static const struct {
        Hash hash;
        const char *secret, *salt, *info, *key;
    } rows[] = {
        { HASH_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
        { HASH_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
        { HASH_SHA1, "0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
          "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896" },
    };
    TEST_ARENA(arena);
    uint8_t key[64];

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const size_t n = strlen(rows[i].key) / 2;

        assert_ok(hkdf_sum(rows[i].hash, unhex(arena, rows[i].secret), unhex(arena, rows[i].salt), unhex(arena, rows[i].info), key, n));
        assert_string_equal(hex(arena, key, n), rows[i].key);
    }
}

TEST(hkdf_has_its_bound)
{
    TEST_ARENA(arena);
    uint8_t *key = arena_alloc(arena, 255 * 32 + 1);

    assert_ok(hkdf_sum(HASH_SHA256, STR("secret"), STR("salt"), STR("info"), key, 255 * 32));
    assert_err(hkdf_sum(HASH_SHA256, STR("secret"), STR("salt"), STR("info"), key, 255 * 32 + 1), E_INTERNAL);
}

static const uint8_t data_key[DATA_KEY_BYTES] = "0123456789abcdef0123456789abcde", other_key[DATA_KEY_BYTES] = "1123456789abcdef0123456789abcde";

TEST(seal_opens_for_its_purpose_and_key_alone)
{
    static const char *const secrets[] = { "", "x", "a secret", "sixteen bytes 16", "{\"k\":\"\xc3\xa9\"}" };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(secrets); i++) {
        char *sealed, *again;
        Str opened = STR("untouched");

        assert_ok(seal_write(arena, data_key, "jwt key", str_of(secrets[i]), &sealed));
        assert_true(str_starts(str_of(sealed), STR("v1.")));
        assert_ok(seal_write(arena, data_key, "jwt key", str_of(secrets[i]), &again));
        assert_string_not_equal(sealed, again); /* a nonce of its own */
        assert_err(seal_read(arena, data_key, "jwt ke", sealed, &opened), E_BAD_CREDENTIAL);
        assert_err(seal_read(arena, data_key, "totp", sealed, &opened), E_BAD_CREDENTIAL);
        assert_err(seal_read(arena, data_key, "", sealed, &opened), E_BAD_CREDENTIAL);
        assert_err(seal_read(arena, other_key, "jwt key", sealed, &opened), E_BAD_CREDENTIAL);
        assert_str(opened, "untouched");
        assert_ok(seal_read(arena, data_key, "jwt key", sealed, &opened));
        assert_str(opened, secrets[i]);
    }
}

TEST(seal_keeps_any_bytes)
{
    TEST_ARENA(arena);
    char bytes[256], *sealed;
    Str opened;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    assert_ok(seal_write(arena, data_key, "p", (Str){ bytes, sizeof(bytes) }, &sealed));
    assert_ok(seal_read(arena, data_key, "p", sealed, &opened));
    assert_true(str_eq(opened, (Str){ bytes, sizeof(bytes) }));
}

TEST(seal_with_a_byte_edited_cut_or_added_does_not_open)
{
    TEST_ARENA(arena);
    char *sealed;
    Str opened;

    assert_ok(seal_write(arena, data_key, "p", STR("a secret"), &sealed));
    for (char *p = sealed; *p != '\0'; p++) {
        const char was = *p;

        *p = was == 'A' ? 'B' : 'A';
        assert_err(seal_read(arena, data_key, "p", sealed, &opened), E_BAD_CREDENTIAL);
        *p = was;
    }
    for (size_t n = 0; n < strlen(sealed); n++)
        assert_err(seal_read(arena, data_key, "p", arena_strndup(arena, sealed, n), &opened), E_BAD_CREDENTIAL);
    assert_err(seal_read(arena, data_key, "p", arena_printf(arena, "%sAAAA", sealed), &opened), E_BAD_CREDENTIAL);
    assert_err(seal_read(arena, data_key, "p", arena_printf(arena, "%s=", sealed), &opened), E_BAD_CREDENTIAL);
    assert_err(seal_read(arena, data_key, "p", NULL, &opened), E_BAD_CREDENTIAL);
    assert_ok(seal_read(arena, data_key, "p", sealed, &opened));
}

TEST(seal_has_its_bound)
{
    TEST_ARENA(arena);
    char *most = arena_alloc(arena, (1 << 20) + 1), *sealed = NULL;
    Str opened;

    assert_err(seal_write(arena, data_key, "p", (Str){ most, (1 << 20) + 1 }, &sealed), E_TOO_LARGE);
    assert_null(sealed);
    assert_ok(seal_write(arena, data_key, "p", (Str){ most, 1 << 20 }, &sealed));
    assert_ok(seal_read(arena, data_key, "p", sealed, &opened));
    assert_int_equal(opened.n, 1 << 20);
}
