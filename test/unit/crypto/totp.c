/* totp.c: one-time codes by the tables of RFC 4226 and RFC 6238, base32 by RFC 4648, the QR code's form. */
#include "crypto/totp.h"
#include "test.h"

static const Str rfc_secret = { "12345678901234567890", 20 };

TEST(totp_codes_of_rfc_4226)
{
    static const char *const codes[] = { "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489" };
    char code[TOTP_DIGITS + 1];

    for (size_t i = 0; i < COUNTOF(codes); i++) {
        totp_code(rfc_secret, (int64_t)i, code);
        assert_string_equal(code, codes[i]);
    }
}

TEST(totp_codes_of_rfc_6238)
{
    static const struct {
        int64_t time;
        const char *code;
    } rows[] = { { 59, "287082" },         { 1111111109, "081804" }, { 1111111111, "050471" },
                 { 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" } };
    char code[TOTP_DIGITS + 1];

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        totp_code(rfc_secret, rows[i].time / TOTP_STEP, code);
        assert_string_equal(code, rows[i].code);
    }
}

static const char *text_of(Buf *buf)
{
    char *text;

    assert_int_equal(buf_text(buf, &text), OK);
    return text;
}

TEST(base32_of_rfc_4648)
{
    static const char *const rows[][2] = { { "f", "MY" },         { "fo", "MZXQ" },        { "foo", "MZXW6" },
                                           { "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" }, { "foobar", "MZXW6YTBOI" } };
    Arena *arena = arena_new(1 << 20, false);
    Str back;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        Buf buf = buf_in(arena, 64);

        base32_write(&buf, (const uint8_t *)rows[i][0], strlen(rows[i][0]));
        assert_string_equal(text_of(&buf), rows[i][1]);
        assert_true(base32_read(arena, str_of(rows[i][1]), &back));
        assert_true(str_eq(back, str_of(rows[i][0])));
    }
    assert_true(base32_read(arena, STR("mzxw6==="), &back) && str_eq(back, STR("foo")));
    assert_false(base32_read(arena, STR("MZ1W6"), &back) || base32_read(arena, STR(""), &back) || base32_read(arena, STR("M=ZX"), &back));
    arena_free(arena);
}

TEST(totp_takes_the_steps_beside_and_each_once)
{
    static const char secret[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; /* rfc_secret */
    Arena *arena = arena_new(1 << 20, false);

    assert_int_equal(totp_find(arena, secret, "359152", 75, -1), 2);
    assert_int_equal(totp_find(arena, secret, " 287082\n", 75, -1), 1);
    assert_int_equal(totp_find(arena, secret, "969429", 75, -1), 3);
    assert_int_equal(totp_find(arena, secret, "755224", 75, -1), -1);
    assert_int_equal(totp_find(arena, secret, "338314", 75, -1), -1);
    assert_int_equal(totp_find(arena, secret, "359152", 75, 2), -1);
    assert_int_equal(totp_find(arena, secret, "969429", 75, 2), 3);
    assert_int_equal(totp_find(arena, secret, "35915", 75, -1), -1);
    assert_int_equal(totp_find(arena, secret, "3591522", 75, -1), -1);
    assert_int_equal(totp_find(arena, "no base32!", "359152", 75, -1), -1);
    assert_int_equal(totp_find(arena, NULL, "359152", 75, -1), -1);
    arena_free(arena);
}

TEST(totp_uri_escapes_what_would_part_it)
{
    Arena *arena = arena_new(1 << 20, false);

    assert_string_equal(totp_uri(arena, "A & B/c", "x+y@example.com", "GEZDG"),
                        "otpauth://totp/A%20%26%20B%2Fc:x%2By@example.com?algorithm=SHA1&digits=6&issuer=A%20%26%20B%2Fc&period=30&secret=GEZDG");
    arena_free(arena);
}

TEST(qr_is_an_image_that_a_data_url_can_hold)
{
    Arena *arena = arena_new(8 << 20, false);
    char *image, *long_text = arena_alloc(arena, 1300);

    assert_int_equal(qr_svg(arena, "otpauth://totp/x:y?secret=GEZDG", &image), OK);
    assert_true(strncmp(image, "<?xml version=\"1.0\"?>", 21) == 0);
    assert_non_null(strstr(image, "</svg>"));
    assert_null(strchr(image, '#'));
    memset(long_text, 'a', 1299);
    long_text[1299] = '\0';
    assert_int_equal(qr_svg(arena, long_text, &image), E_TOO_LARGE);
    assert_int_equal(qr_svg(arena, "", &image), E_TOO_LARGE);
    arena_free(arena);
}
