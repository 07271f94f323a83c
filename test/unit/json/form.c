/* form.c: tests of query strings, form bodies and path segments. */
#include "test.h"
#include "json/json.h"

typedef struct In {
    Given given;
    const char *text, *uuid, *doc;
    bool yes;
    int64_t n, time, time_ms;
    Texts texts;
    double d;
} In;

static const Field fields[] = {
    GIVEN(In, given),
    TEXT(In, text, "text", .max = 5),
    UUID(In, uuid, "uuid"),
    BOOL(In, yes, "yes"),
    INT(In, n, "n"),
    TIME(In, time, "time"),
    TIME_MS(In, time_ms, "time_ms"),
    TEXTS(In, texts, "t", .max = 3),
    JSON(In, doc, "doc"),
    DOUBLE(In, d, "d"),
    TEXT(In, text, "out", .flags = OUT_ONLY),
    END(In),
};

static Err read_in(Arena *arena, const char *text, unsigned mode, In *in, Ctx *ctx)
{
    *in = (In){ 0 };
    *ctx = ctx_new(arena, NULL);
    return form_read(ctx, str_of(text), mode, fields, in);
}

TEST(form_reads_each_kind)
{
    TEST_ARENA(arena);
    Ctx ctx;
    In in;

    assert_ok(read_in(arena, "text=a+b%2B&yes=1&n=-12&time=2024-01-02T03:04:05Z&time_ms=1500&t=x&t=y&t=&uuid=6F9619FF-8B86-D011-B42D-00C04FC964FF", 0,
                      &in, &ctx));
    assert_string_equal(in.text, "a b+");
    assert_true(in.yes);
    assert_int_equal(in.n, -12);
    assert_int_equal(in.time, 1704164645000000);
    assert_int_equal(in.time_ms, 1500000);
    assert_int_equal(in.texts.n, 3);
    assert_string_equal(in.texts.v[1], "y");
    assert_string_equal(in.texts.v[2], "");
    assert_string_equal(in.uuid, "6f9619ff-8b86-d011-b42d-00c04fc964ff");
    assert_true(HAS(&in, text) && HAS(&in, texts) && !HAS(&in, doc) && !IS_NULL(&in, text));
}

TEST(form_of_nothing_gives_nothing)
{
    static const char *const texts[] = { "", "&", "&&&" };
    TEST_ARENA(arena);
    Ctx ctx;
    In in;

    for (size_t i = 0; i < COUNTOF(texts); i++) {
        assert_ok(read_in(arena, texts[i], 0, &in, &ctx));
        assert_null(in.text);
        assert_false(HAS(&in, text));
    }
    assert_ok(form_read(&ctx, (Str){ NULL, 0 }, 0, fields, &in));
    assert_ok(read_in(arena, "text", 0, &in, &ctx));
    assert_string_equal(in.text, "");
    assert_ok(read_in(arena, "text=", 0, &in, &ctx));
    assert_string_equal(in.text, "");
    assert_ok(read_in(arena, "text=a=b", 0, &in, &ctx));
    assert_string_equal(in.text, "a=b");
    assert_ok(read_in(arena, "%74ext=a", 0, &in, &ctx)); /* names are decoded too */
    assert_string_equal(in.text, "a");
}

TEST(form_refuses_with_the_member)
{
    static const struct {
        const char *text;
        Err err;
        ptrdiff_t at;
    } rows[] = {
        { "yes=yes", E_BAD_TYPE, offsetof(In, yes) },
        { "yes=TRUE", E_BAD_TYPE, offsetof(In, yes) },
        { "yes=", E_BAD_TYPE, offsetof(In, yes) },
        { "n=", E_BAD_TYPE, offsetof(In, n) },
        { "n=-", E_BAD_TYPE, offsetof(In, n) },
        { "n=+1", E_BAD_TYPE, offsetof(In, n) },
        { "n=1.5", E_BAD_TYPE, offsetof(In, n) },
        { "n=1e3", E_BAD_TYPE, offsetof(In, n) },
        { "n=%201", E_BAD_TYPE, offsetof(In, n) },
        { "n=0x1", E_BAD_TYPE, offsetof(In, n) },
        { "n=9223372036854775808", E_BAD_TYPE, offsetof(In, n) },
        { "n=99999999999999999999999", E_BAD_TYPE, offsetof(In, n) },
        { "time_ms=9223372036854775807", E_BAD_TYPE, offsetof(In, time_ms) },
        { "time=yesterday", E_BAD_TYPE, offsetof(In, time) },
        { "uuid=x", E_BAD_VALUE, offsetof(In, uuid) },
        { "doc={}", E_BAD_TYPE, offsetof(In, doc) },
        { "d=1.5", E_BAD_TYPE, offsetof(In, d) },
        { "text=a&text=b", E_BAD_VALUE, offsetof(In, text) },
        { "n=1&n=1", E_BAD_VALUE, offsetof(In, n) },
        { "text=123456", E_TOO_LONG, offsetof(In, text) },
        { "t=1&t=2&t=3&t=4", E_TOO_LONG, offsetof(In, texts) },
        { "other=1", E_UNKNOWN_FIELD, NOWHERE },
        { "Text=1", E_UNKNOWN_FIELD, NOWHERE },
        { "text%20=1", E_UNKNOWN_FIELD, NOWHERE },
        { "=1", E_UNKNOWN_FIELD, NOWHERE },
        { "out=1", E_UNKNOWN_FIELD, NOWHERE },
        { "text=%", E_BAD_REQUEST, NOWHERE },
        { "text=%4", E_BAD_REQUEST, NOWHERE },
        { "text=%zz", E_BAD_REQUEST, NOWHERE },
        { "text=%00", E_BAD_REQUEST, NOWHERE },
        { "text=%ff", E_BAD_REQUEST, NOWHERE },
        { "text=%ed%a0%80", E_BAD_REQUEST, NOWHERE },
        { "%=1", E_BAD_REQUEST, NOWHERE },
    };
    TEST_ARENA(arena);
    Ctx ctx;
    In in;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        assert_string_equal(err_name(read_in(arena, rows[i].text, 0, &in, &ctx)), err_name(rows[i].err));
        assert_int_equal(ctx.fault.at, rows[i].at);
    }
    assert_err(read_in(arena, "other=1", 0, &in, &ctx), E_UNKNOWN_FIELD);
    assert_str(ctx.fault.name, "other");
}

TEST(form_modes_are_lenient_where_asked)
{
    TEST_ARENA(arena);
    Ctx ctx;
    In in;

    assert_ok(read_in(arena, "other=1&text=a&out=b", FORM_IGNORE_UNKNOWN, &in, &ctx));
    assert_string_equal(in.text, "a");
    assert_int_equal(ctx.fault.err, OK);
    assert_ok(read_in(arena, "text=a&text=b", FORM_FIRST, &in, &ctx));
    assert_string_equal(in.text, "a");
    assert_ok(read_in(arena, "text=12345&text=\xc3\xa9", FORM_FIRST, &in, &ctx));
    assert_ok(read_in(arena, "text=\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 0, &in, &ctx)); /* five characters */
}

/* Repeated keys of a list are not compared with all before them. */
TEST(form_of_many_values_takes_no_time)
{
    static const Field list_fields[] = { TEXTS(In, texts, "t"), TEXT(In, text, "a"), END(In) };
    enum { MANY = 100000 };
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    Buf buf = buf_in(arena, 4 << 20);
    In in = { 0 };

    for (int i = 0; i < MANY; i++)
        buf_puts(&buf, "t=&a=&");
    assert_ok(form_read(&ctx, buf_view(&buf), FORM_FIRST, list_fields, &in));
    assert_int_equal(in.texts.n, MANY);
}

TEST(form_value_is_one_by_name)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    char *value;

    assert_ok(form_value(&ctx, STR("a=1&b=x%20+y&b=2"), "b", &value));
    assert_string_equal(value, "x  y");
    assert_ok(form_value(&ctx, STR("a=1&b=%zz"), "a", &value));
    assert_string_equal(value, "1");
    assert_ok(form_value(&ctx, STR("a=1"), "b", &value));
    assert_null(value);
    assert_ok(form_value(&ctx, STR(""), "b", &value));
    assert_null(value);
    assert_ok(form_value(&ctx, STR("b"), "b", &value));
    assert_string_equal(value, "");
    assert_err(form_value(&ctx, STR("b=%zz"), "b", &value), E_BAD_REQUEST);
    assert_err(form_value(&ctx, STR("%zz=1&b=1"), "b", &value), E_BAD_REQUEST);
}

TEST(path_is_decoded_once)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "", "" },
        { "abc", "abc" },
        { "a%20b+c", "a b+c" },
        { "%2F%2e%2E", "/.." },
        { "%2525", "%25" },
        { "%c3%a9", "\xc3\xa9" },
        { "auth0%7C123", "auth0|123" },
        { "%", NULL },
        { "a%2", NULL },
        { "%g0", NULL },
        { "%00", NULL },
        { "%c3", NULL },
        { "\xff", NULL },
    };
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        char *got = NULL;

        assert_int_equal(path_decode(&ctx, str_of(rows[i].text), &got) == OK, rows[i].want != NULL);
        assert_true(text_eq(got, rows[i].want));
    }
    assert_err(path_decode(&ctx, (Str){ "a\0b", 3 }, &(char *){ NULL }), E_BAD_REQUEST);
}
