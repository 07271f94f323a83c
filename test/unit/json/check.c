/* check.c: tests of the strict reading of JSON texts. */
#include "test.h"
#include "json/json.h"

#define TEXT_OF(literal)               \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static const Str good[] = {
    TEXT_OF("{}"),
    TEXT_OF("[]"),
    TEXT_OF("null"),
    TEXT_OF("true"),
    TEXT_OF("false"),
    TEXT_OF("\"\""),
    TEXT_OF("0"),
    TEXT_OF("-0"),
    TEXT_OF(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n"),
    TEXT_OF("{\"\":0}"),
    TEXT_OF("{\"a\":{\"a\":{\"a\":1}}}"),
    TEXT_OF("[{\"a\":1},{\"a\":1}]"),
    TEXT_OF("{\"a\":1,\"A\":1,\"a \":1}"),
    TEXT_OF("[0.1,-1.5,1e5,1E+5,1e-5,0e0,123456789012345678901234567890]"),
    TEXT_OF("1.7976931348623157e308"),
    TEXT_OF("1e-400"),
    TEXT_OF("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\""),
    TEXT_OF("\"\x7f \xc2\x80 \xdf\xbf \xe0\xa0\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf\""),
    TEXT_OF("\"\xe2\x80\xa8\xe2\x80\xa9\""),
    TEXT_OF("\"\\uffff\\u0001\""),
};

typedef struct Judged {
    Str text;
    const char *why; /* NULL: it may stand there */
} Judged;

static const Judged bad[] = {
    { TEXT_OF(""), "unexpected end of JSON input" },
    { TEXT_OF(" \n"), "unexpected end of JSON input" },
    { TEXT_OF("{"), "unexpected end of JSON input" },
    { TEXT_OF("{\"a\""), "unexpected end of JSON input" },
    { TEXT_OF("{\"a\":"), "unexpected end of JSON input" },
    { TEXT_OF("{\"a\":1"), "unexpected end of JSON input" },
    { TEXT_OF("{\"a\":1,"), "unexpected end of JSON input" },
    { TEXT_OF("[1,"), "unexpected end of JSON input" },
    { TEXT_OF("\"a"), "unexpected end of JSON input" },
    { TEXT_OF("\"\\"), "unexpected end of JSON input" },
    { TEXT_OF("\"\\u00"), "unexpected end of JSON input" },
    { TEXT_OF("-"), "unexpected end of JSON input" },
    { TEXT_OF("1."), "unexpected end of JSON input" },
    { TEXT_OF("1e"), "unexpected end of JSON input" },
    { TEXT_OF("tru"), "unexpected end of JSON input" },
    { TEXT_OF("x"), "invalid character 'x' looking for beginning of value" },
    { TEXT_OF("{,}"), "invalid character ',' looking for beginning of object key string" },
    { TEXT_OF("{a:1}"), "invalid character 'a' looking for beginning of object key string" },
    { TEXT_OF("{\"a\" 1}"), "invalid character '1' after object key" },
    { TEXT_OF("{\"a\":1 \"b\":2}"), "invalid character '\"' after object key:value pair" },
    { TEXT_OF("{\"a\":1,}"), "invalid character '}' looking for beginning of object key string" },
    { TEXT_OF("[1,]"), "invalid character ']' looking for beginning of value" },
    { TEXT_OF("[1 2]"), "invalid character '2' after array element" },
    { TEXT_OF("[1}"), "invalid character '}' after array element" },
    { TEXT_OF("{\"a\":1]"), "invalid character ']' after object key:value pair" },
    { TEXT_OF("{}{}"), "invalid character '{' after top-level value" },
    { TEXT_OF("{}x"), "invalid character 'x' after top-level value" },
    { TEXT_OF("{}\0"), "invalid character '\\x00' after top-level value" },
    { TEXT_OF("null,"), "invalid character ',' after top-level value" },
    { TEXT_OF("\xef\xbb\xbf{}"), "invalid character 'ï' looking for beginning of value" },
    { TEXT_OF("'a'"), "invalid character '\\'' looking for beginning of value" },
    { TEXT_OF("// c\n{}"), "invalid character '/' looking for beginning of value" },
    { TEXT_OF("{}//"), "invalid character '/' after top-level value" },
    { TEXT_OF("\v{}"), "invalid character '\\v' looking for beginning of value" },
    { TEXT_OF("nan"), "invalid character 'a' in literal null (expecting 'u')" },
    { TEXT_OF("NaN"), "invalid character 'N' looking for beginning of value" },
    { TEXT_OF("Infinity"), "invalid character 'I' looking for beginning of value" },
    { TEXT_OF("TRUE"), "invalid character 'T' looking for beginning of value" },
    { TEXT_OF("truE"), "invalid character 'E' in literal true (expecting 'e')" },
    { TEXT_OF("falze"), "invalid character 'z' in literal false (expecting 's')" },
    { TEXT_OF("nulls"), "invalid character 's' after top-level value" },
    { TEXT_OF("+1"), "invalid character '+' looking for beginning of value" },
    { TEXT_OF("01"), "invalid character '1' after top-level value" },
    { TEXT_OF("-01"), "invalid character '1' after top-level value" },
    { TEXT_OF(".5"), "invalid character '.' looking for beginning of value" },
    { TEXT_OF("-a"), "invalid character 'a' in numeric literal" },
    { TEXT_OF("1.x"), "invalid character 'x' after decimal point in numeric literal" },
    { TEXT_OF("1e+]"), "invalid character ']' in exponent of numeric literal" },
    { TEXT_OF("0x10"), "invalid character 'x' after top-level value" },
    { TEXT_OF("1_000"), "invalid character '_' after top-level value" },
    { TEXT_OF("1e999"), "number out of the range of a double" },
    { TEXT_OF("-1e309"), "number out of the range of a double" },
    { TEXT_OF("[1.7976931348623159e308]"), "number out of the range of a double" },
    { TEXT_OF("\"\\x\""), "invalid character 'x' in string escape code" },
    { TEXT_OF("\"\\u00g0\""), "invalid character 'g' in \\u hexadecimal character escape" },
    { TEXT_OF("\"a\nb\""), "invalid character '\\n' in string literal" },
    { TEXT_OF("\"\x1f\""), "invalid character '\\x1f' in string literal" },
    { TEXT_OF("\"\0\""), "invalid character '\\x00' in string literal" },
    { TEXT_OF("\"\\u0000\""), "U+0000 in string literal" },
    { TEXT_OF("{\"\\u0000\":1}"), "U+0000 in string literal" },
    { TEXT_OF("\"\\ud800\""), "lone surrogate in string literal" },
    { TEXT_OF("\"\\udc00\""), "lone surrogate in string literal" },
    { TEXT_OF("\"\\ud800\\ud800\""), "lone surrogate in string literal" },
    { TEXT_OF("\"\\ud800x\""), "lone surrogate in string literal" },
    { TEXT_OF("\"\\ud800\\n\""), "lone surrogate in string literal" },
    { TEXT_OF("\"\\udc00\\ud800\""), "lone surrogate in string literal" },
    { TEXT_OF("\"\x80\""), "invalid UTF-8 in string literal" },
    { TEXT_OF("\"\xc0\xaf\""), "invalid UTF-8 in string literal" },
    { TEXT_OF("\"\xc3\""), "invalid UTF-8 in string literal" },
    { TEXT_OF("\"\xed\xa0\x80\""), "invalid UTF-8 in string literal" },
    { TEXT_OF("\"\xe0\x80\xaf\""), "invalid UTF-8 in string literal" },
    { TEXT_OF("\"\xf4\x90\x80\x80\""), "invalid UTF-8 in string literal" },
    { TEXT_OF("\"\xf8\x88\x80\x80\x80\""), "invalid UTF-8 in string literal" },
    { TEXT_OF("{\"\xff\":1}"), "invalid UTF-8 in string literal" },
    { TEXT_OF("\xff"), "invalid character 'ÿ' looking for beginning of value" },
    { TEXT_OF("{\"a\":1,\"a\":1}"), "duplicate member \"a\"" },
    { TEXT_OF("{\"a\":1,\"b\":2,\"a\":3}"), "duplicate member \"a\"" },
    { TEXT_OF("{\"\":1,\"\":1}"), "duplicate member \"\"" },
    { TEXT_OF("{\"a\":1,\"\\u0061\":1}"), "duplicate member \"a\"" },
    { TEXT_OF("{\"\\u00e9\":1,\"\xc3\xa9\":1}"), "duplicate member \"é\"" },
    { TEXT_OF("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":1}"), "duplicate member \"😀\"" },
    { TEXT_OF("[{\"x\":{\"b\":1,\"a\":{},\"b\":1}}]"), "duplicate member \"b\"" },
};

TEST(json_check_accepts)
{
    for (size_t i = 0; i < COUNTOF(good); i++) {
        TEST_ARENA(arena);
        Ctx ctx = ctx_new(arena, NULL);

        if (json_check(&ctx, good[i], JSON_DEPTH) != OK)
            print_error("%.*s: %s\n", (int)good[i].n, good[i].p, ctx.fault.text);
        assert_ok(json_check(&ctx, good[i], JSON_DEPTH));
    }
}

TEST(json_check_refuses_and_says_why)
{
    for (size_t i = 0; i < COUNTOF(bad); i++) {
        TEST_ARENA(arena);
        Ctx ctx = ctx_new(arena, NULL);

        assert_err(json_check(&ctx, bad[i].text, JSON_DEPTH), E_BAD_JSON);
        assert_string_equal(ctx.fault.text, bad[i].why);
    }
}

/* Strings are passed over in words: each byte that means something more, at each place of two of them, beside what is just no such byte. */
TEST(json_check_sees_each_byte_at_each_place)
{
    static const Judged rows[] = {
        { TEXT_OF("\x1f"), "invalid character '\\x1f' in string literal" },
        { TEXT_OF("\0"), "invalid character '\\x00' in string literal" },
        { TEXT_OF("\x80"), "invalid UTF-8 in string literal" },
        { TEXT_OF("\xff"), "invalid UTF-8 in string literal" },
        { TEXT_OF("\\x"), "invalid character 'x' in string escape code" },
        { TEXT_OF("\"x"), "invalid character 'x' after top-level value" },
        { TEXT_OF("\\\""), NULL },
        { TEXT_OF("\xc3\xa9"), NULL },
        { TEXT_OF(" !#[]\x7f"), NULL },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        for (size_t at = 0; at < 17; at++) {
            TEST_ARENA(arena);
            Ctx ctx = ctx_new(arena, NULL);
            Buf buf = buf_in(arena, 64);

            buf_char(&buf, '"');
            for (size_t k = 0; k < 17; k++)
                buf_str(&buf, k == at ? rows[i].text : STR("#"));
            buf_char(&buf, '"');
            assert_int_equal(json_check(&ctx, buf_view(&buf), JSON_DEPTH), rows[i].why == NULL ? OK : E_BAD_JSON);
            if (rows[i].why != NULL)
                assert_string_equal(ctx.fault.text, rows[i].why);
        }
}

/* A text is bounded by its length alone: what stands behind it is not looked at (ASan would tell). */
TEST(json_check_ends_where_the_text_ends)
{
    for (size_t i = 0; i < COUNTOF(good); i++)
        for (size_t n = 0; n < good[i].n; n++) {
            TEST_ARENA(arena);
            Ctx ctx = ctx_new(arena, NULL);
            char *exact = malloc(n + 1);

            memcpy(exact + 1, good[i].p, n);
            IGNORE(json_check(&ctx, (Str){ exact + 1, n }, JSON_DEPTH)); /* some are whole when cut */
            free(exact);
        }
}

static Err check_depth(Ctx *ctx, size_t levels, unsigned depth, const char *open, const char *close)
{
    Buf buf = buf_in(ctx->arena, 1 << 20);

    for (size_t i = 0; i < levels; i++)
        buf_puts(&buf, open);
    if (*open == '{')
        buf_puts(&buf, "1");
    for (size_t i = 0; i < levels; i++)
        buf_puts(&buf, close);
    return json_check(ctx, buf_view(&buf), depth);
}

TEST(json_check_has_a_depth)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);

    assert_ok(check_depth(&ctx, 64, JSON_DEPTH, "[", "]"));
    assert_ok(check_depth(&ctx, 64, JSON_DEPTH, "{\"a\":", "}"));
    assert_err(check_depth(&ctx, 65, JSON_DEPTH, "[", "]"), E_BAD_JSON);
    assert_string_equal(ctx.fault.text, "exceeded max depth");
    assert_err(check_depth(&ctx, 65, JSON_DEPTH, "{\"a\":", "}"), E_BAD_JSON);
    assert_err(check_depth(&ctx, 65, 1000, "[", "]"), E_BAD_JSON); /* never more than JSON_DEPTH */
    assert_ok(check_depth(&ctx, 2, 2, "[", "]"));
    assert_err(check_depth(&ctx, 3, 2, "[", "]"), E_BAD_JSON);
}

TEST(json_check_of_hostile_size_takes_no_time_and_no_memory)
{
    enum { BRACKETS = 100000 };
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    char *brackets = arena_alloc(arena, BRACKETS);
    const size_t used = arena_used(arena);
    const int64_t start = spent_ms();

    memset(brackets, '[', BRACKETS);
    assert_err(json_check(&ctx, (Str){ brackets, BRACKETS }, JSON_DEPTH), E_BAD_JSON);
    assert_true(spent_ms() - start < LIMIT_MS(10));
    assert_true(arena_used(arena) - used < 1024);
}

/* 50,000 members, the first name once more at the end: found by sorting, not by comparing all with all. */
TEST(json_check_finds_a_duplicate_among_many)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    Buf buf = buf_in(arena, 4 << 20);
    const int64_t start = spent_ms();

    for (int i = 0; i < 50000; i++)
        buf_printf(&buf, "%s\"k%d\":%d", i == 0 ? "{" : ",", i * 7919 % 50000, i);
    buf_char(&buf, '}');
    assert_ok(json_check(&ctx, buf_view(&buf), JSON_DEPTH));
    buf.len--;
    buf_puts(&buf, ",\"k0\":0}");
    assert_err(json_check(&ctx, buf_view(&buf), JSON_DEPTH), E_BAD_JSON);
    assert_string_equal(ctx.fault.text, "duplicate member \"k0\"");
    assert_str(ctx.fault.name, "k0");
    assert_true(spent_ms() - start < LIMIT_MS(2000));
}

TEST(json_check_shows_a_long_duplicate_in_part)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    char name[101] = { 0 };
    char *text;

    memset(name, 'n', 100);
    memcpy(name + 63, "\xc3\xa9", 2); /* the 64th byte stands within a character */
    text = arena_printf(arena, "{\"%s\":1,\"%s\":1}", name, name);
    assert_err(json_check(&ctx, str_of(text), JSON_DEPTH), E_BAD_JSON);
    assert_string_equal(ctx.fault.text, arena_printf(arena, "duplicate member \"%.63s\"", name));
    assert_int_equal(ctx.fault.name.n, 100);
}
