/* read.c: tests of reading bodies by field table. */
#include "base/id.h"
#include "test.h"
#include "json/json.h"

typedef struct Small {
    const char *name;
    int64_t n;
} Small;

static const Field small_fields[] = { TEXT(Small, name, "name"), INT(Small, n, "n", .flags = REQUIRED), END(Small) };

typedef struct In {
    Given given;
    const char *text, *uuid, *doc, *object_doc, *must;
    bool yes;
    int64_t n, time, time_ms, time_us;
    double d;
    Str bytes;
    Texts texts;
    Small *object;
    List list;
} In;

static const Field fields[] = {
    GIVEN(In, given),
    TEXT(In, text, "text", .max = 5),
    TEXT(In, must, "must"),
    UUID(In, uuid, "uuid"),
    JSON(In, doc, "doc"),
    OBJECT_JSON(In, object_doc, "object_doc"),
    BOOL(In, yes, "yes"),
    INT(In, n, "n"),
    TIME(In, time, "time"),
    TIME_MS(In, time_ms, "time_ms"),
    TIME_US(In, time_us, "time_us"),
    DOUBLE(In, d, "d"),
    BYTES(In, bytes, "bytes"),
    TEXTS(In, texts, "texts", .max = 2),
    OBJECT(In, object, "object", small_fields),
    LIST(In, list, "list", small_fields),
    TEXT(In, text, "out", .flags = OUT_ONLY),
    END(In),
};

static Err read_in(Arena *arena, const char *text, unsigned mode, In *in, Ctx *ctx)
{
    *in = (In){ 0 };
    *ctx = ctx_new(arena, NULL);
    return json_read(ctx, str_of(text), mode, fields, in);
}

TEST(json_read_reads_each_kind)
{
    TEST_ARENA(arena);
    Ctx ctx;
    In in;

    assert_ok(
        read_in(arena,
                "{\"text\":\"a\\u00e9\",\"uuid\":\"{6F9619FF-8B86-D011-B42D-00C04FC964FF}\",\"doc\": [ 1, {\"b\":2,\"a\":1} ],"
                "\"object_doc\":{\"x\": null},\"yes\":true,\"n\":-9223372036854775808,\"time\":\"2024-01-02T03:04:05.5+01:00\",\"time_ms\":1500,"
                "\"time_us\":7,\"d\":0.25,\"bytes\":\"__4A\",\"texts\":[\"x\",\"\"],\"object\":{\"name\":\"o\",\"n\":1,\"more\":0},"
                "\"list\":[{\"n\":1},{\"n\":2}]}",
                0, &in, &ctx));
    assert_string_equal(in.text, "a\xc3\xa9");
    assert_string_equal(in.uuid, "6f9619ff-8b86-d011-b42d-00c04fc964ff");
    assert_string_equal(in.doc, "[1,{\"b\":2,\"a\":1}]");
    assert_string_equal(in.object_doc, "{\"x\":null}");
    assert_true(in.yes);
    assert_true(in.n == INT64_MIN);
    assert_int_equal(in.time, 1704161045500000);
    assert_int_equal(in.time_ms, 1500000);
    assert_int_equal(in.time_us, 7);
    assert_true(in.d > 0.24 && in.d < 0.26);
    assert_memory_equal(in.bytes.p, "\xff\xfe\x00", 3);
    assert_int_equal(in.texts.n, 2);
    assert_string_equal(in.object->name, "o");
    assert_int_equal(((Small *)in.list.v[1])->n, 2);
    assert_true(HAS(&in, text) && HAS(&in, list) && !HAS(&in, must));
}

TEST(json_read_tells_absent_null_and_value)
{
    TEST_ARENA(arena);
    Ctx ctx;
    In in;

    assert_ok(read_in(arena, "{\"text\":null,\"n\":0,\"doc\":null,\"object_doc\":null,\"list\":null}", 0, &in, &ctx));
    assert_true(HAS(&in, text) && IS_NULL(&in, text));
    assert_true(HAS(&in, n) && !IS_NULL(&in, n));
    assert_true(!HAS(&in, must) && !IS_NULL(&in, must));
    assert_true(IS_NULL(&in, list));
    assert_null(in.text);
    assert_string_equal(in.doc, "null");
    assert_null(in.object_doc);
}

TEST(json_read_refuses_with_the_member)
{
    static const struct {
        const char *text;
        Err err;
        ptrdiff_t at;
    } rows[] = {
        { "", E_BAD_JSON, NOWHERE },
        { "{", E_BAD_JSON, NOWHERE },
        { "null", E_BAD_TYPE, NOWHERE },
        { "[]", E_BAD_TYPE, NOWHERE },
        { "\"x\"", E_BAD_TYPE, NOWHERE },
        { "{\"text\":1}", E_BAD_TYPE, offsetof(In, text) },
        { "{\"text\":[\"a\"]}", E_BAD_TYPE, offsetof(In, text) },
        { "{\"text\":\"123456\"}", E_TOO_LONG, offsetof(In, text) },
        { "{\"uuid\":\"x\"}", E_BAD_VALUE, offsetof(In, uuid) },
        { "{\"uuid\":1}", E_BAD_TYPE, offsetof(In, uuid) },
        { "{\"object_doc\":[]}", E_BAD_TYPE, offsetof(In, object_doc) },
        { "{\"object_doc\":\"{}\"}", E_BAD_TYPE, offsetof(In, object_doc) },
        { "{\"yes\":1}", E_BAD_TYPE, offsetof(In, yes) },
        { "{\"yes\":\"true\"}", E_BAD_TYPE, offsetof(In, yes) },
        { "{\"n\":\"1\"}", E_BAD_TYPE, offsetof(In, n) },
        { "{\"n\":1.5}", E_BAD_TYPE, offsetof(In, n) },
        { "{\"n\":9223372036854775808}", E_BAD_TYPE, offsetof(In, n) },
        { "{\"n\":1e300}", E_BAD_TYPE, offsetof(In, n) },
        { "{\"time\":1}", E_BAD_TYPE, offsetof(In, time) },
        { "{\"time\":\"2024-02-30T00:00:00Z\"}", E_BAD_VALUE, offsetof(In, time) },
        { "{\"time_ms\":\"1\"}", E_BAD_TYPE, offsetof(In, time_ms) },
        { "{\"time_ms\":1e300}", E_BAD_TYPE, offsetof(In, time_ms) },
        { "{\"time_ms\":-1e300}", E_BAD_TYPE, offsetof(In, time_ms) },
        { "{\"time_ms\":9223372036854775807}", E_BAD_VALUE, offsetof(In, time_ms) },
        { "{\"time_us\":1e19}", E_BAD_TYPE, offsetof(In, time_us) },
        { "{\"d\":\"1\"}", E_BAD_TYPE, offsetof(In, d) },
        { "{\"bytes\":\"=\"}", E_BAD_VALUE, offsetof(In, bytes) },
        { "{\"bytes\":1}", E_BAD_TYPE, offsetof(In, bytes) },
        { "{\"texts\":\"a\"}", E_BAD_TYPE, offsetof(In, texts) },
        { "{\"texts\":[1]}", E_BAD_TYPE, offsetof(In, texts) },
        { "{\"texts\":[\"a\",null]}", E_BAD_TYPE, offsetof(In, texts) },
        { "{\"texts\":[\"1\",\"2\",\"3\"]}", E_TOO_LONG, offsetof(In, texts) },
        { "{\"object\":[]}", E_BAD_TYPE, offsetof(In, object) },
        { "{\"object\":{}}", E_MISSING, offsetof(Small, n) },
        { "{\"object\":{\"n\":null}}", E_MISSING, offsetof(Small, n) },
        { "{\"list\":{}}", E_BAD_TYPE, offsetof(In, list) },
        { "{\"list\":[1]}", E_BAD_TYPE, NOWHERE },
        { "{\"other\":1}", E_UNKNOWN_FIELD, NOWHERE },
        { "{\"Text\":\"\"}", E_UNKNOWN_FIELD, NOWHERE },
        { "{\"out\":\"x\"}", E_UNKNOWN_FIELD, NOWHERE },
        { "{\"text\":\"a\",\"text\":\"b\"}", E_BAD_JSON, NOWHERE },
    };
    TEST_ARENA(arena);
    Ctx ctx;
    In in;

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        assert_string_equal(err_name(read_in(arena, rows[i].text, 0, &in, &ctx)), err_name(rows[i].err));
        assert_int_equal(ctx.fault.at, rows[i].at);
        assert_int_equal(ctx.fault.err, rows[i].err);
    }
    assert_err(read_in(arena, "{\"oth\\u0065r\":1}", 0, &in, &ctx), E_UNKNOWN_FIELD);
    assert_str(ctx.fault.name, "other");
}

TEST(json_read_modes_are_lenient_where_asked)
{
    TEST_ARENA(arena);
    Ctx ctx;
    In in;

    assert_ok(read_in(arena, "{\"other\":{\"x\":1},\"text\":\"a\",\"out\":\"b\"}", JSON_IGNORE_UNKNOWN, &in, &ctx));
    assert_string_equal(in.text, "a");
    assert_ok(read_in(arena, " \n", JSON_EMPTY_IS_OBJECT, &in, &ctx));
    assert_err(read_in(arena, " \n", JSON_NULL_IS_OBJECT, &in, &ctx), E_BAD_JSON);
    assert_ok(read_in(arena, "null", JSON_NULL_IS_OBJECT, &in, &ctx));
    assert_err(read_in(arena, "null", JSON_EMPTY_IS_OBJECT, &in, &ctx), E_BAD_TYPE);
    assert_ok(read_in(arena, "{\"TEXT\":\"a\",\"Text\":\"b\",\"N\":1}", JSON_ANY_CASE, &in, &ctx)); /* the last counts */
    assert_string_equal(in.text, "b");
    assert_int_equal(in.n, 1);
    assert_err(read_in(arena, "{\"OUT\":\"a\"}", JSON_ANY_CASE, &in, &ctx), E_UNKNOWN_FIELD);
    assert_err(read_in(arena, "{\"TEXT\":\"a\"}", 0, &in, &ctx), E_UNKNOWN_FIELD);
    assert_err(read_in(arena, "x", JSON_EMPTY_IS_OBJECT | JSON_NULL_IS_OBJECT | JSON_IGNORE_UNKNOWN, &in, &ctx), E_BAD_JSON);
}

/* A wide number anywhere makes the parser read all numbers as doubles; whole ones stay whole. */
TEST(json_read_keeps_integers_beside_a_wide_number)
{
    TEST_ARENA(arena);
    Ctx ctx;
    In in;

    assert_ok(read_in(arena, "{\"n\":12,\"doc\":[12345678901234567890],\"time_ms\":1500}", 0, &in, &ctx));
    assert_int_equal(in.n, 12);
    assert_int_equal(in.time_ms, 1500000);
    assert_string_equal(in.doc, "[12345678901234567000]");
    assert_ok(read_in(arena, "{\"n\":5.0}", 0, &in, &ctx));
    assert_int_equal(in.n, 5);
}

TEST(json_read_rows_reads_arrays)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    List list;

    assert_ok(json_read_rows(&ctx, STR("[]"), small_fields, &list));
    assert_int_equal(list.n, 0);
    assert_ok(json_read_rows(&ctx, STR("[[\"a\",1],[null,2],[\"c\"]]"), small_fields, &list));
    assert_int_equal(list.n, 3);
    assert_string_equal(((const Small *)list.v[0])->name, "a");
    assert_int_equal(((const Small *)list.v[1])->n, 2);
    assert_null(((const Small *)list.v[1])->name);
    assert_err(json_read_rows(&ctx, STR("[[\"a\",1,3]]"), small_fields, &list), E_BAD_TYPE);
    assert_err(json_read_rows(&ctx, STR("[[1]]"), small_fields, &list), E_BAD_TYPE);
    assert_err(json_read_rows(&ctx, STR("[{}]"), small_fields, &list), E_BAD_TYPE);
    assert_err(json_read_rows(&ctx, STR("{}"), small_fields, &list), E_BAD_TYPE);
    assert_err(json_read_rows(&ctx, STR("[[1]"), small_fields, &list), E_BAD_JSON);
}

TEST(json_read_list_reads_objects)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    List list;

    assert_ok(json_read_list(&ctx, STR("[]"), small_fields, &list));
    assert_int_equal(list.n, 0);
    assert_ok(json_read_list(&ctx, STR("[{\"n\":1,\"name\":\"a\"},{\"n\":2}]"), small_fields, &list));
    assert_int_equal(list.n, 2);
    assert_string_equal(((Small *)list.v[0])->name, "a");
    assert_err(json_read_list(&ctx, STR("{}"), small_fields, &list), E_BAD_TYPE);
    assert_err(json_read_list(&ctx, STR("[1]"), small_fields, &list), E_BAD_TYPE);
    assert_err(json_read_list(&ctx, STR("[{}]"), small_fields, &list), E_MISSING);
    assert_err(json_read_list(&ctx, STR("[{\"n\":1}"), small_fields, &list), E_BAD_JSON);
    assert_int_equal(list.n, 2);
}

TEST(json_read_written_is_the_same)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    Buf buf = buf_in(arena, 4096);
    Small small = { .name = "\x01\"\\<\xf0\x9f\x98\x80", .n = INT64_MIN };
    List list = { 0 }, again;

    list_add(arena, &list, &small);
    for (int style = JSON_PLAIN; style <= JSON_HTML; style++) {
        buf_clear(&buf);
        json_write_list(&buf, small_fields, &list, (JsonStyle)style);
        assert_ok(json_read_list(&ctx, buf_view(&buf), small_fields, &again));
        assert_string_equal(((Small *)again.v[0])->name, small.name);
        assert_true(((Small *)again.v[0])->n == small.n);
    }
}

TEST(json_members_gives_them_as_they_stand)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    const char *kind;
    List list;

    assert_ok(json_members(&ctx, STR("{\"a\":\"x\",\"b\":[1],\"c\":1.5,\"d\":2.0,\"e\":null,\"f\":true}"), &kind, &list));
    assert_string_equal(kind, "object");
    assert_int_equal(list.n, 6);
    for (size_t i = 0; i < list.n; i++)
        assert_string_equal(((JsonMember *)list.v[i])->kind, ((const char *[]){ "string", "array", "number", "integer", "null", "boolean" })[i]);
    assert_string_equal(((JsonMember *)list.v[0])->text, "x");
    assert_string_equal(((JsonMember *)list.v[1])->text, "[1]");
    assert_ok(json_members(&ctx, STR("[1]"), &kind, &list));
    assert_string_equal(kind, "array");
    assert_err(json_members(&ctx, STR("{"), &kind, &list), E_BAD_JSON);
}
