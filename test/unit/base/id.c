/* id.c: tests of randomness, UUIDs and the codings of bytes. */
#include "base/id.h"
#include "test.h"

#define ONE "6f9619ff-8b86-d011-b42d-00c04fc964ff"

TEST(random_bytes_fill_all)
{
    uint8_t seen[64] = { 0 }, bytes[64];

    for (int i = 0; i < 64; i++) {
        random_bytes(bytes, sizeof(bytes));
        for (size_t k = 0; k < sizeof(bytes); k++)
            seen[k] |= bytes[k];
    }
    for (size_t k = 0; k < sizeof(seen); k++)
        assert_int_equal(seen[k], 0xff); /* each bit was set once in 64: a chance of 2^-55 against it */
    random_bytes(bytes, 0);
}

TEST(random_below_is_below_and_reaches_all)
{
    int count[6] = { 0 };

    for (int i = 0; i < 6000; i++)
        count[random_below(6)]++;
    for (int i = 0; i < 6; i++)
        assert_in_range(count[i], 800, 1200); /* seven deviations */
    assert_int_equal(random_below(1), 0);
}

TEST(random_text_is_of_the_alphabet)
{
    TEST_ARENA(arena);

    assert_int_equal(strspn(random_text(arena, 200, "abc"), "abc"), 200);
    assert_string_equal(random_text(arena, 0, "abc"), "");
}

TEST(random_can_be_fixed_for_tests)
{
    TEST_ARENA(arena);
    const char *first, *second;

    random_fix(7);
    first = uuid_new(arena);
    second = uuid_new(arena);
    random_fix(7);
    assert_string_equal(uuid_new(arena), first);
    assert_string_equal(uuid_new(arena), second);
    random_fix(0);
    assert_string_not_equal(first, second);
    assert_string_not_equal(uuid_new(arena), first);
}

TEST(uuid_timed_begins_with_the_time)
{
    TEST_ARENA(arena);
    const char *first = uuid_timed(arena, 1645557742000999); /* the time of RFC 9562 A.6, and a fraction */

    assert_int_equal(strncmp(first, "017f22e2-79b0-7ffb-", 19), 0);
    assert_true(strchr("89ab", first[19]) != NULL);
    assert_true(strcmp(first, uuid_timed(arena, 1645557742001000)) < 0);
    assert_string_not_equal(first, uuid_timed(arena, 1645557742000999));
}

/* What was asked for later stands behind, though it is of an earlier time; a clock that was set back is followed. */
TEST(uuid_timed_grows)
{
    TEST_ARENA(arena);
    const char *before = uuid_timed(arena, 1645557743000000);

    for (int i = 0; i < 10000; i++) {
        const char *next = uuid_timed(arena, 1645557743000000 - i % 100);

        assert_true(strcmp(before, next) < 0);
        before = next;
    }
    assert_int_equal(strncmp(uuid_timed(arena, 1645557741000000), "017f22e2-75c8-7000-", 19), 0);
    assert_true(strcmp(before, uuid_timed(arena, 1645557743000000)) < 0);
    assert_int_equal(strncmp(uuid_timed(arena, 1645557603000000), "017f22e0-5ab8-7000-", 19), 0);
    assert_int_equal(strncmp(uuid_timed(arena, 1645557604000000), "017f22e0-5ea0-7000-", 19), 0);
}

TEST(uuid_new_is_of_version_4)
{
    TEST_ARENA(arena);

    for (int i = 0; i < 100; i++) {
        const char *uuid = uuid_new(arena);

        assert_true(uuid_valid(str_of(uuid)));
        assert_int_equal(uuid[14], '4');
        assert_non_null(strchr("89ab", uuid[19]));
        assert_string_equal(text_lower(arena, uuid), uuid);
    }
}

TEST(uuid_is_read_in_each_form)
{
    static const char *const good[] = { ONE,
                                        "6F9619FF-8B86-D011-B42D-00C04FC964FF",
                                        "6f9619ff8b86d011b42d00c04fc964ff",
                                        "6F9619FF8B86D011B42D00C04FC964FF",
                                        "{" ONE "}",
                                        "{6F9619FF-8B86-D011-B42D-00C04FC964FF}",
                                        "urn:uuid:" ONE,
                                        "URN:UUID:" ONE };
    static const char *const bad[] = { "",
                                       "x",
                                       "6f9619ff-8b86-d011-b42d-00c04fc964f",
                                       ONE "0",
                                       " " ONE,
                                       ONE " ",
                                       "6f9619ff-8b86-d011-b42d-00c04fc964fg",
                                       "6f9619ff_8b86_d011_b42d_00c04fc964ff",
                                       "6f9619ff8b86-d011-b42d-00c04fc964ff0",
                                       "{" ONE,
                                       ONE "}",
                                       "(" ONE ")",
                                       "{6f9619ff8b86d011b42d00c04fc964ff}",
                                       "urn:uuid:6f9619ff8b86d011b42d00c04fc964ff",
                                       "urn:guid:" ONE,
                                       "6f9619ff8b86d011b42d00c04fc964f",
                                       "6f9619ff8b86d011b42d00c04fc964fg",
                                       "-6f9619f-8b86-d011-b42d-00c04fc964ff" };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(good); i++)
        assert_string_equal(uuid_read(arena, str_of(good[i])), ONE);
    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_null(uuid_read(arena, str_of(bad[i])));
    assert_true(uuid_valid(STR("6F9619FF-8b86-d011-b42d-00c04fc964ff")));
    assert_false(uuid_valid(STR("6f9619ff8b86d011b42d00c04fc964ff")));
    assert_string_equal(uuid_read(arena, STR(UUID_NIL)), UUID_NIL);
}

TEST(uuid_goes_to_bytes_and_back)
{
    TEST_ARENA(arena);
    uint8_t bytes[UUID_BYTES];

    uuid_to_bytes(ONE, bytes);
    assert_memory_equal(bytes, "\x6f\x96\x19\xff\x8b\x86\xd0\x11\xb4\x2d\x00\xc0\x4f\xc9\x64\xff", UUID_BYTES);
    assert_string_equal(uuid_from_bytes(arena, bytes), ONE);
}

static const char *coded(Arena *arena, Str bytes, bool url, bool pad)
{
    Buf buf = buf_in(arena, 4096);
    char *text;

    base64_write(&buf, bytes.p, bytes.n, url, pad);
    assert_ok(buf_text(&buf, &text));
    return text;
}

/* RFC 4648 §10, and the two letters that differ. */
TEST(base64_is_written_and_read)
{
    static const struct {
        const char *bytes, *padded;
    } rows[] = { { "", "" },
                 { "f", "Zg==" },
                 { "fo", "Zm8=" },
                 { "foo", "Zm9v" },
                 { "foob", "Zm9vYg==" },
                 { "fooba", "Zm9vYmE=" },
                 { "foobar", "Zm9vYmFy" },
                 { "\xfb\xff\xbf", "+/+/" } };
    TEST_ARENA(arena);
    Str bytes;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const Str text = str_of(rows[i].padded);
        Str bare = text;

        while (bare.n > 0 && bare.p[bare.n - 1] == '=')
            bare.n--;
        assert_string_equal(coded(arena, str_of(rows[i].bytes), false, true), rows[i].padded);
        assert_str(bare, coded(arena, str_of(rows[i].bytes), false, false));
        assert_true(base64_read(arena, text, false, true, &bytes));
        assert_str(bytes, rows[i].bytes);
        assert_true(base64_read(arena, bare, false, false, &bytes));
        assert_str(bytes, rows[i].bytes);
        assert_int_equal(base64_read(arena, text, false, false, &bytes), bare.n == text.n);
        assert_int_equal(base64_read(arena, bare, false, true, &bytes), bare.n == text.n);
    }
    assert_string_equal(coded(arena, STR("\xfb\xff\xbf"), true, true), "-_-_");
}

TEST(base64_is_strict)
{
    static const char *const bad[] = { "Z",      "Zm9vY",  "Zh",   "Zm9",  "Zg=",   "Zg==", "Zm9v=", "Zm 9v",
                                       "Zm9v\n", "\nZm9v", "Zm+v", "Zm/v", "Zm9v.", "=",    "====",  "Zm\xc3\xa4" };
    static const char *const bad_padded[] = { "Zg", "Zg=", "Zg===", "Zg==Zg==", "Z===", "Zm9v====", "Zm8=A", "=Zm8", "Zh==", "Zm9=" };
    TEST_ARENA(arena);
    Str bytes;

    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_false(base64_read(arena, str_of(bad[i]), true, false, &bytes));
    for (size_t i = 0; i < COUNTOF(bad_padded); i++)
        assert_false(base64_read(arena, str_of(bad_padded[i]), false, true, &bytes));
    assert_false(base64_read(arena, (Str){ "Zm\0v", 4 }, true, false, &bytes));
}

TEST(hex_is_written_and_read)
{
    TEST_ARENA(arena);
    Buf buf = buf_in(arena, 64);
    Str bytes;
    char *text;

    hex_write(&buf, "\x00\x0f\xf0\xff", 4);
    assert_ok(buf_text(&buf, &text));
    assert_string_equal(text, "000ff0ff");
    assert_true(hex_read(arena, STR("000Ff0fF"), &bytes));
    assert_memory_equal(bytes.p, "\x00\x0f\xf0\xff", 4);
    assert_true(hex_read(arena, STR(""), &bytes));
    for (size_t i = 0; i < 5; i++)
        assert_false(hex_read(arena, str_of(((const char *[]){ "0", "000", "0g", " 0", "0x" })[i]), &bytes));
}

static const char *in_62(Arena *arena, const uint8_t *bytes, size_t n, size_t width)
{
    Buf buf = buf_in(arena, 128);
    char *text;

    base62_write(&buf, bytes, n, width);
    assert_ok(buf_text(&buf, &text));
    return text;
}

TEST(base62_is_written_and_read)
{
    static const uint8_t rows[][4] = { { 0, 0, 0, 0 }, { 0, 0, 0, 61 }, { 0, 0, 0, 62 }, { 0xff, 0xff, 0xff, 0xff }, { 1, 2, 3, 4 } };
    static const char *const texts[] = { "000000", "00000z", "000010", "4gfFC3", "018wom" };
    TEST_ARENA(arena);
    uint8_t bytes[4], most[16];

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        assert_true(base62_read(str_of(in_62(arena, rows[i], 4, 6)), bytes, 4));
        assert_memory_equal(bytes, rows[i], 4);
        assert_string_equal(in_62(arena, rows[i], 4, 6), texts[i]);
    }
    memset(most, 0xff, sizeof(most));
    assert_string_equal(in_62(arena, most, 16, 22), "7n42DGM5Tflk9n8mt7Fhc7");
    assert_true(base62_read(STR("7n42DGM5Tflk9n8mt7Fhc7"), most, 16));
    assert_false(base62_read(STR("7n42DGM5Tflk9n8mt7Fhc8"), most, 16)); /* 2^128 */
    assert_false(base62_read(STR("4gfFC4"), bytes, 4));
    assert_false(base62_read(STR("00-0"), bytes, 4));
    assert_false(base62_read((Str){ "0\0", 2 }, bytes, 4));
    assert_true(base62_read(STR(""), bytes, 4));
}

TEST(base62_of_too_much_is_over)
{
    TEST_ARENA(arena);
    Buf buf = buf_in(arena, 128);
    uint8_t bytes[33] = { 0 };

    base62_write(&buf, bytes, 33, 50);
    assert_true(buf.over);
    buf_clear(&buf);
    base62_write(&buf, bytes, 32, 65);
    assert_true(buf.over);
}
