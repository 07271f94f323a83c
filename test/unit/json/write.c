/* write.c: tests of writing strings, numbers and structs. */
#include <math.h>

#include "base/id.h"
#include "test.h"
#include "json/json.h"

static const char *string_in(Arena *arena, const char *text, JsonStyle style)
{
    Buf buf = buf_in(arena, 1 << 20);
    char *ret;

    json_write_string(&buf, text, style);
    assert_ok(buf_text(&buf, &ret));
    return ret;
}

TEST(json_string_is_escaped_by_style)
{
    static const struct {
        const char *text, *plain, *html;
    } rows[] = {
        { "", "\"\"", "\"\"" },
        { NULL, "\"\"", "\"\"" },
        { "abc", "\"abc\"", "\"abc\"" },
        { "\"\\/", "\"\\\"\\\\/\"", "\"\\\"\\\\/\"" },
        { "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"", "\"\\b\\f\\n\\r\\t\"" },
        { "\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"", "\"\\u0001\\u001f\x7f\"" },
        { "<a href='x'>&", "\"<a href='x'>&\"", "\"\\u003ca href='x'\\u003e\\u0026\"" },
        { "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\"",
          "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"" },
        { "p\xc3\xa4\xf0\x9f\x98\x80", "\"p\xc3\xa4\xf0\x9f\x98\x80\"", "\"p\xc3\xa4\xf0\x9f\x98\x80\"" },
        { "a\xff"
          "b",
          "\"a\xef\xbf\xbd"
          "b\"",
          "\"a\\ufffdb\"" },
        { "\xe2\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "\"\\ufffd\\ufffd\"" },
        { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", "\"\\ufffd\\ufffd\\ufffd\"" },
    };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        assert_string_equal(string_in(arena, rows[i].text, JSON_PLAIN), rows[i].plain);
        assert_string_equal(string_in(arena, rows[i].text, JSON_HTML), rows[i].html);
    }
}

TEST(json_string_of_any_byte_is_readable)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);

    for (int byte = 1; byte < 256; byte++)
        for (int style = JSON_PLAIN; style <= JSON_HTML; style++) {
            const char text[] = { 'a', (char)byte, 'b', '\0' };

            assert_ok(json_check(&ctx, str_of(string_in(arena, text, (JsonStyle)style)), JSON_DEPTH));
        }
}

static const char *double_in(Arena *arena, double number)
{
    Buf buf = buf_in(arena, 64);
    char *ret;

    json_write_double(&buf, number);
    assert_ok(buf_text(&buf, &ret));
    return ret;
}

TEST(json_double_is_the_shortest_that_reads_back)
{
    static const struct {
        double number;
        const char *text;
    } rows[] = {
        { 0, "0" },
        { 1, "1" },
        { -1, "-1" },
        { 1.5, "1.5" },
        { -0.1, "-0.1" },
        { 0.1, "0.1" },
        { 0.2, "0.2" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 100, "100" },
        { 1e15, "1000000000000000" },
        { 9007199254740992.0, "9007199254740992" },
        { 9007199254740994.0, "9007199254740994" },
        { 123456789012345680.0, "123456789012345680" },
        { 1e20, "100000000000000000000" },
        { 123456789012345680000.0, "123456789012345680000" },
        { 1e21, "1e+21" },
        { 1.5e21, "1.5e+21" },
        { 1e22, "1e+22" },
        { -1e21, "-1e+21" },
        { 0.000001, "0.000001" },
        { 0.0000015, "0.0000015" },
        { 1e-7, "1e-7" },
        { 1.5e-7, "1.5e-7" },
        { 1e100, "1e+100" },
        { 1e-100, "1e-100" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 2.2250738585072014e-308, "2.2250738585072014e-308" },
        { 5e-324, "5e-324" },
        { 2.225073858507201e-308, "2.225073858507201e-308" },
        { 9007199254740993.0, "9007199254740992" },
        { 5e-324 * 3, "1.5e-323" },
        { 1.0 / 3, "0.3333333333333333" },
        { 2.0 / 3, "0.6666666666666666" },
        { 4.35, "4.35" },
        { 1e23, "1e+23" },
        { 8.41e21, "8.41e+21" },
        { 9.5367431640625e-7, "9.5367431640625e-7" },
        { 2e-44, "2e-44" },
        { 9.007199254740993e15, "9007199254740992" },
    };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_string_equal(double_in(arena, rows[i].number), rows[i].text);
    assert_string_equal(double_in(arena, NAN), "null");
    assert_string_equal(double_in(arena, INFINITY), "null");
}

/* A hundred thousand bit patterns, always the same ones. */
TEST(json_double_reads_back)
{
    uint64_t seed = 88172645463325252U;
    TEST_ARENA(arena);

    for (int i = 0; i < 100000; i++, arena_reset(arena)) {
        double number, again;

        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        memcpy(&number, &seed, sizeof(number));
        if (!isfinite(number))
            continue;
        again = strtod(double_in(arena, number), NULL);
        assert_memory_equal(&again, &number, sizeof(number));
    }
}

typedef struct Small {
    const char *name;
    int64_t n;
} Small;

static const Field small_fields[] = { TEXT(Small, name, "name"), INT(Small, n, "n"), END(Small) };

typedef struct All {
    const char *text, *uuid, *json;
    bool yes;
    int64_t n, time, time_ms, time_iso, time_us;
    double d;
    Str bytes;
    Texts texts;
    Small *object;
    List list;
} All;

static const Field all_fields[] = {
    TEXT(All, text, "text"),
    UUID(All, uuid, "uuid"),
    JSON(All, json, "json"),
    BOOL(All, yes, "yes"),
    INT(All, n, "n"),
    TIME(All, time, "time"),
    TIME_MS(All, time_ms, "time_ms"),
    TIME_ISO(All, time_iso, "time_iso"),
    TIME_US(All, time_us, "time_us"),
    DOUBLE(All, d, "d"),
    BYTES(All, bytes, "bytes"),
    TEXTS(All, texts, "texts"),
    OBJECT(All, object, "object", small_fields),
    LIST(All, list, "list", small_fields),
    END(All),
};

static const char *written(Arena *arena, const Field *fields, const void *object, JsonStyle style)
{
    Buf buf = buf_in(arena, 1 << 20);
    char *ret;

    json_write(&buf, fields, object, style);
    assert_ok(buf_text(&buf, &ret));
    return ret;
}

TEST(json_write_writes_each_kind_in_the_order_of_the_table)
{
    TEST_ARENA(arena);
    Small small = { .name = "<s>", .n = INT64_MIN };
    All all = { .text = "t&",
                .uuid = UUID_NIL,
                .json = "{\"b\": 1.50, \"a\": \"<\"}",
                .yes = true,
                .n = INT64_MAX,
                .time = 1700000000120000,
                .time_ms = 1700000000123999,
                .time_iso = 1700000000000000,
                .time_us = 1700000000123456,
                .d = 0.5,
                .bytes = STR("\xff\xfe\x00"),
                .object = &small };

    texts_add(arena, &all.texts, "a");
    texts_add(arena, &all.texts, "\"");
    list_add(arena, &all.list, &small);
    list_add(arena, &all.list, &small);
    assert_string_equal(
        written(arena, all_fields, &all, JSON_HTML),
        "{\"text\":\"t\\u0026\",\"uuid\":\"" UUID_NIL "\",\"json\":{\"a\":\"\\u003c\",\"b\":1.5},\"yes\":true,"
        "\"n\":9223372036854775807,\"time\":\"2023-11-14T22:13:20.12Z\",\"time_ms\":1700000000123,"
        "\"time_iso\":\"2023-11-14T22:13:20.000Z\",\"time_us\":1700000000123456,\"d\":0.5,\"bytes\":\"__4A\",\"texts\":[\"a\",\"\\\"\"],"
        "\"object\":{\"name\":\"\\u003cs\\u003e\",\"n\":-9223372036854775808},"
        "\"list\":[{\"name\":\"\\u003cs\\u003e\",\"n\":-9223372036854775808},{\"name\":\"\\u003cs\\u003e\",\"n\":-9223372036854775808}]}");
    assert_non_null(strstr(written(arena, all_fields, &all, JSON_PLAIN), "\"json\":{\"b\":1.50,\"a\":\"<\"}"));
}

TEST(json_write_writes_nothing_as_null)
{
    TEST_ARENA(arena);
    const All all = { 0 };

    assert_string_equal(written(arena, all_fields, &all, JSON_PLAIN),
                        "{\"text\":null,\"uuid\":null,\"json\":null,\"yes\":false,\"n\":0,\"time\":null,\"time_ms\":null,\"time_iso\":null,"
                        "\"time_us\":null,\"d\":0,\"bytes\":null,\"texts\":null,\"object\":null,\"list\":null}");
}

TEST(json_write_keeps_to_the_flags)
{
    static const Field fields[] = {
        TEXT(All, text, "in", .flags = IN_ONLY),
        TEXT(All, text, "text", .flags = OMIT_NULL),
        TEXT(All, text, "zero", .flags = OMIT_ZERO),
        BOOL(All, yes, "no", .flags = OMIT_ZERO),
        INT(All, n, "n", .flags = OMIT_ZERO),
        DOUBLE(All, d, "d", .flags = OMIT_ZERO),
        TEXT(All, uuid, "empty", .flags = NULL_AS_EMPTY),
        JSON(All, json, "doc", .flags = NULL_AS_EMPTY),
        TEXTS(All, texts, "texts", .flags = NULL_AS_EMPTY),
        LIST(All, list, "list", small_fields, .flags = NULL_AS_EMPTY),
        OBJECT(All, object, "object", small_fields, .flags = NULL_AS_EMPTY),
        TIME(All, time, "time", .flags = NULL_AS_EMPTY),
        TIME_MS(All, time, "time_ms", .flags = NULL_AS_EMPTY),
        END(All),
    };
    TEST_ARENA(arena);
    All all = { 0 };

    assert_string_equal(written(arena, fields, &all, JSON_PLAIN),
                        "{\"empty\":\"\",\"doc\":{},\"texts\":[],\"list\":[],\"object\":{},\"time\":\"\",\"time_ms\":null}");
    all = (All){ .text = "", .n = 1, .yes = true, .d = 1 };
    assert_true(str_starts(str_of(written(arena, fields, &all, JSON_PLAIN)), STR("{\"text\":\"\",\"no\":true,\"n\":1,\"d\":1,\"empty\"")));
}

TEST(json_write_list_writes_objects)
{
    TEST_ARENA(arena);
    Buf buf = buf_in(arena, 1024);
    Small small = { .name = "x", .n = 1 };
    List list = { 0 };
    char *text;

    json_write_list(&buf, small_fields, &list, JSON_PLAIN);
    list_add(arena, &list, &small);
    list_add(arena, &list, &small);
    json_write_list(&buf, small_fields, &list, JSON_PLAIN);
    assert_ok(buf_text(&buf, &text));
    assert_string_equal(text, "[][{\"name\":\"x\",\"n\":1},{\"name\":\"x\",\"n\":1}]");
}

TEST(json_write_over_the_cap_is_told_at_the_end)
{
    TEST_ARENA(arena);
    const All all = { .json = "{\"b\":1,\"a\":[\"long enough to be over\"]}" };

    for (size_t cap = 0; cap < 200; cap += 7) {
        Buf buf = buf_in(arena, cap);
        char *text = NULL;

        json_write(&buf, all_fields, &all, JSON_HTML);
        assert_err(buf_text(&buf, &text), E_TOO_LARGE);
        assert_null(text);
    }
}
