/* doc.c: tests of documents: canonical form, merging, single members. */
#include "test.h"
#include "json/json.h"

static const char *canon_in(Buf buf, const char *doc, JsonStyle style)
{
    static char text[8192];

    json_canon(&buf, doc, style);
    assert_false(buf.over);
    assert_true(buf.len < sizeof(text));
    memcpy(text, buf.data, buf.len);
    text[buf.len] = '\0';
    buf_free(&buf);
    return text;
}

/* From the heap and from an arena: the scratch memory differs. */
static void assert_canon(const char *doc, JsonStyle style, const char *want)
{
    TEST_ARENA(arena);

    assert_string_equal(canon_in(buf_heap(8192), doc, style), want);
    assert_string_equal(canon_in(buf_in(arena, 8192), doc, style), want);
    assert_string_equal(canon_in(buf_heap(8192), want, style), want); /* and it is a fixed point */
}

TEST(json_canon_sorts_members_at_each_depth)
{
    assert_canon("{\"b\":1,\"a\":2}", JSON_PLAIN, "{\"a\":2,\"b\":1}");
    assert_canon(" { \"b\" : [ { \"d\" : 1 , \"c\" : 2 } ] , \"a\" : { \"z\" : { } , \"y\" : [ ] } } ", JSON_PLAIN,
                 "{\"a\":{\"y\":[],\"z\":{}},\"b\":[{\"c\":2,\"d\":1}]}");
    assert_canon("{\"aa\":1,\"a\":2,\"A\":3,\"\":4,\"\xc3\xa9\":5,\"z\":6}", JSON_PLAIN, "{\"\":4,\"A\":3,\"a\":2,\"aa\":1,\"z\":6,\"\xc3\xa9\":5}");
    assert_canon("{\"c\":3,\"b\":2,\"a\":1}", JSON_PLAIN, "{\"a\":1,\"b\":2,\"c\":3}");
    assert_canon("{\"a\":1,\"c\":{\"x\":1,\"w\":[3,2,1]},\"b\":\"s\"}", JSON_PLAIN, "{\"a\":1,\"b\":\"s\",\"c\":{\"w\":[3,2,1],\"x\":1}}");
}

TEST(json_canon_sorts_by_what_names_mean)
{
    assert_canon("{\"\\u0062\":1,\"a\":2}", JSON_PLAIN, "{\"a\":2,\"b\":1}");
    assert_canon("{\"b\":1,\"\\u0061\":2,\"\\ud83d\\ude00\":3,\"\xef\xbf\xbd\":4}", JSON_PLAIN,
                 "{\"a\":2,\"b\":1,\"\xef\xbf\xbd\":4,\"\xf0\x9f\x98\x80\":3}");
    assert_canon("{\"\\\"\":1,\"!\":2}", JSON_PLAIN, "{\"!\":2,\"\\\"\":1}");
}

TEST(json_canon_passes_numbers_through_double)
{
    assert_canon("[0,1,-1,1.0,1.50,1e3,1E-7,0.000001,123456789012345,9007199254740993,12345678901234567890,1e21,-5]", JSON_PLAIN,
                 "[0,1,-1,1,1.5,1000,1e-7,0.000001,123456789012345,9007199254740992,12345678901234567000,1e+21,-5]");
    assert_canon("[-0,-0.0,0.0,0e9]", JSON_PLAIN, "[0,0,0,0]");
}

TEST(json_canon_writes_strings_in_the_style)
{
    assert_canon("[\"<\\u003c\\u00e9\\/\\n\\u007f&\xe2\x80\xa8\"]", JSON_HTML, "[\"\\u003c\\u003c\xc3\xa9/\\n\x7f\\u0026\\u2028\"]");
    assert_canon("[\"<\\u003c\\u00e9\\/\\n\\u007f&\xe2\x80\xa8\"]", JSON_PLAIN, "[\"<<\xc3\xa9/\\n\x7f&\xe2\x80\xa8\"]");
    assert_canon("{\"<\":true,\"\\u0026\":null}", JSON_HTML, "{\"\\u0026\":null,\"\\u003c\":true}");
}

TEST(json_canon_of_what_is_unreadable_is_an_empty_object)
{
    static const char *const docs[] = {
        NULL, "", " ", "x", "{", "{\"a\":1", "{\"a\":1}}", "{\"a\":1,\"a\":2}", "{\"b\":1,\"a\":2,\"b\":3}", "[\"\\ud800\"]", "{\"a\":1e999}", "[1,2"
    };

    for (size_t i = 0; i < COUNTOF(docs); i++)
        assert_canon(docs[i], JSON_HTML, "{}");
    assert_canon("\"text\"", JSON_HTML, "\"text\"");
    assert_canon("null", JSON_HTML, "null");
    assert_canon("7", JSON_HTML, "7");
}

TEST(json_canon_keeps_what_stood_before)
{
    Buf buf CLEANUP(buf_free) = buf_heap(1024);

    buf_puts(&buf, "before ");
    json_canon(&buf, "{\"b\":1,\"a\":2}", JSON_PLAIN);
    json_canon(&buf, "{\"b\":1,\"a\":", JSON_PLAIN);
    assert_str(buf_view(&buf), "before {\"a\":2,\"b\":1}{}");
}

/* More members than the names' first memory holds, and over the buffer's cap at any point. */
TEST(json_canon_of_many_members)
{
    TEST_ARENA(arena);
    Buf doc = buf_in(arena, 1 << 20);
    char *text, *sorted, *again;

    for (int i = 0; i < 1000; i++)
        buf_printf(&doc, "%s\"k%03d\":{\"y\":%d,\"x\":[]}", i == 0 ? "{" : ",", i * 7 % 1000, i);
    buf_char(&doc, '}');
    assert_ok(buf_text(&doc, &text));
    for (int heap = 0; heap < 2; heap++) {
        Buf out = heap ? buf_heap(1 << 20) : buf_in(arena, 1 << 20);

        json_canon(&out, text, JSON_PLAIN);
        assert_int_equal(out.len, strlen(text));
        assert_true(str_starts(buf_view(&out), STR("{\"k000\":{\"x\":[],\"y\":0},\"k001\":{\"x\":[],\"y\":143}")));
        assert_ok(buf_text(&out, heap ? &again : &sorted));
        if (heap)
            assert_string_equal(again, sorted);
        buf_free(&out);
    }
    for (size_t cap = 0; cap < 1200; cap += 37) {
        Buf out = buf_heap(cap);

        json_canon(&out, text, JSON_PLAIN);
        assert_true(out.over);
        buf_free(&out);
    }
}

TEST(json_size_is_of_the_compact_form)
{
    assert_int_equal(json_size("{ \"a\" : [ 1, 2 ] }"), strlen("{\"a\":[1,2]}"));
    assert_int_equal(json_size("{}"), 2);
    assert_int_equal(json_size(NULL), 2);
    assert_int_equal(json_size("broken"), 2);
}

TEST(json_merge_has_its_modes)
{
    static const struct {
        MergeMode mode;
        const char *doc, *change, *want;
    } rows[] = {
        { MERGE_TOP, "{\"a\":1,\"b\":{\"c\":1}}", "{\"b\":{\"d\":2},\"e\":3}", "{\"a\":1,\"b\":{\"d\":2},\"e\":3}" },
        { MERGE_TOP, "{\"a\":1,\"b\":2}", "{\"a\":null}", "{\"b\":2}" },
        { MERGE_TOP, "{\"a\":1}", "{}", "{\"a\":1}" },
        { MERGE_TOP, "{\"a\":1}", "{\"b\":{\"c\":null}}", "{\"a\":1,\"b\":{\"c\":null}}" },
        { MERGE_TOP, "{\"a\":1}", "null", "{\"a\":1}" },
        { MERGE_TOP, NULL, "{\"a\":1}", "{\"a\":1}" },
        { MERGE_TOP, "[1]", "{\"a\":1}", "{\"a\":1}" },
        { MERGE_TOP, "broken", "{\"a\":1}", "{\"a\":1}" },
        { MERGE_TOP_CLEAR, "{\"a\":1}", "{}", "{}" },
        { MERGE_TOP_CLEAR, "{\"a\":1}", "{\"b\":{\"c\":1}}", "{\"a\":1,\"b\":{\"c\":1}}" },
        { MERGE_TOP_CLEAR, "{\"a\":1}", "{\"a\":null}", "{}" },
        { MERGE_DEEP, "{\"a\":{\"b\":1,\"c\":{\"d\":1}}}", "{\"a\":{\"c\":{\"e\":2}}}", "{\"a\":{\"b\":1,\"c\":{\"d\":1,\"e\":2}}}" },
        { MERGE_DEEP, "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":null}}", "{\"a\":{\"c\":2}}" },
        { MERGE_DEEP, "{\"a\":1}", "{\"a\":{\"b\":{\"c\":null}}}", "{\"a\":{\"b\":{}}}" },
        { MERGE_DEEP, "{\"a\":{\"b\":1}}", "{\"a\":[1]}", "{\"a\":[1]}" },
        { MERGE_DEEP, "{\"a\":[1,2]}", "{\"a\":[3]}", "{\"a\":[3]}" },
        { MERGE_DEEP, "{\"a\":1}", "{}", "{\"a\":1}" },
        { MERGE_REPLACE, "{\"a\":1}", "{\"b\":2}", "{\"b\":2}" },
        { MERGE_REPLACE, "{\"a\":1}", "null", "{}" },
        { MERGE_REPLACE, "{\"a\":1}", NULL, "{}" },
        { MERGE_REPLACE, NULL, "{\"b\":{\"c\":null}}", "{\"b\":{\"c\":null}}" },
    };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_string_equal(json_merge(arena, rows[i].doc, rows[i].change, rows[i].mode), rows[i].want);
}

TEST(json_get_gives_a_member_as_text)
{
    static const struct {
        const char *doc, *key, *want;
    } rows[] = {
        { "{\"a\":\"x\"}", "a", "x" },
        { "{\"a\":\"\\u0078\\n\\ud83d\\ude00\"}", "a", "x\n\xf0\x9f\x98\x80" },
        { "{\"a\":\"\"}", "a", "" },
        { "{\"\\u0061\":1}", "a", "1" },
        { "{\"a\": 1.50 }", "a", "1.50" },
        { "{\"a\": [ 1 , { \"b\" : 2 } ] , \"b\":3}", "a", "[1,{\"b\":2}]" },
        { "{\"a\":{\"b\":1},\"b\":2}", "b", "2" },
        { "{\"a\":{},\"c\":true}", "a", "{}" },
        { "{\"a\":true}", "a", "true" },
        { "{\"a\":\"null\"}", "a", "null" },
        { "{\"a\":null}", "a", NULL },
        { "{\"a\":1}", "b", NULL },
        { "{\"a\":1}", "", NULL },
        { "{\"\":1}", "", "1" },
        { "{\"ab\":1}", "a", NULL },
        { "{\"a\":1}", "ab", NULL },
        { "{\"x\":{\"a\":1}}", "a", NULL },
        { "[{\"a\":1}]", "a", NULL },
        { "\"a\"", "a", NULL },
        { "{\"a\":1", "a", NULL },
        { "{\"a\":1,\"b\":2,\"b\":3}", "a", NULL },
        { NULL, "a", NULL },
    };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const char *got = json_get(arena, rows[i].doc, rows[i].key);

        if (rows[i].want == NULL)
            assert_null(got);
        else
            assert_string_equal(got, rows[i].want);
    }
}

TEST(json_set_sets_and_removes)
{
    TEST_ARENA(arena);

    assert_string_equal(json_set(arena, "{\"a\":1}", "b", "[2]"), "{\"a\":1,\"b\":[2]}");
    assert_string_equal(json_set(arena, "{\"a\":1}", "a", "\"x\""), "{\"a\":\"x\"}");
    assert_string_equal(json_set(arena, "{\"a\":1}", "a", "null"), "{\"a\":null}");
    assert_string_equal(json_set(arena, "{\"a\":1}", "a", NULL), "{}");
    assert_string_equal(json_set(arena, "{\"a\":1}", "b", NULL), "{\"a\":1}");
    assert_string_equal(json_set(arena, NULL, "a", "1"), "{\"a\":1}");
    assert_string_equal(json_set(arena, "{ \"a\" : [1, {\"b\": 2.50}] , \"b\":\"x\\u0041\"}", "b", "{ }"), "{\"a\":[1,{\"b\":2.5}],\"b\":{}}");
    assert_string_equal(json_set(arena, "{\"a\":1,\"b\":2,\"c\":3}", "b", "[1, 2]"), "{\"a\":1,\"b\":[1,2],\"c\":3}"); /* it keeps its place */
    assert_string_equal(json_set(arena, "{\"a\":1,\"b\":2}", "\"\\", "1"), "{\"a\":1,\"b\":2,\"\\\"\\\\\":1}");
    assert_string_equal(json_set(arena, "{\"\\u0061\":1,\"b\":2}", "a", NULL), "{\"b\":2}");
    assert_string_equal(json_set(arena, "{\"a\":1}", "b", "broken"), "{\"a\":1}");
    assert_string_equal(json_set(arena, "[1]", "a", "1"), "{\"a\":1}");
    assert_string_equal(json_set(arena, "{\"a\":1,\"a\":2}", "b", "1"), "{\"b\":1}"); /* repeated: unreadable */
    assert_string_equal(json_set(arena, "broken", "a", "1"), "{\"a\":1}");
}

TEST(json_without_leaves_members_out)
{
    static const char *const keys[] = { "a", "c" };
    TEST_ARENA(arena);

    assert_string_equal(json_without(arena, "{\"a\":{\"a\":1}, \"b\": {\"a\":1}, \"c\":\"x\"}", keys, 2), "{\"b\":{\"a\":1}}");
    assert_string_equal(json_without(arena, "{\"b\":1}", keys, 2), "{\"b\":1}");
    assert_string_equal(json_without(arena, "{\"a\":1}", keys, 2), "{}");
    assert_string_equal(json_without(arena, NULL, keys, 2), "{}");
    assert_string_equal(json_without(arena, "{\"b\":", keys, 2), "{}");
}

TEST(json_quote_quotes)
{
    TEST_ARENA(arena);

    assert_string_equal(json_quote(arena, "a\"\\\n<\x01"), "\"a\\\"\\\\\\n<\\u0001\"");
    assert_string_equal(json_quote(arena, ""), "\"\"");
    assert_string_equal(json_quote(arena, "\xff\xff\x01\x01\x01\x01"), "\"\xef\xbf\xbd\xef\xbf\xbd\\u0001\\u0001\\u0001\\u0001\"");
}

TEST(json_kinds_names_the_value_and_the_items_of_an_array)
{
    static const struct {
        const char *doc, *want;
    } rows[] = { { "{\"a\":1}", "o" }, { "[]", "a" },      { "[{},[1],\"x\",1,1.5,true,false,null]", "aoasnnbbz" },
                 { "\"x\"", "s" },     { "1", "n" },       { "true", "b" },
                 { "null", "z" },      { "broken", NULL }, { NULL, NULL } };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_true(text_eq(json_kinds(arena, rows[i].doc), rows[i].want));
}

TEST(json_text_is_of_one_string)
{
    static const struct {
        const char *doc, *want;
    } rows[] = { { "\"\"", "" },      { " \"a\\u00e9\" ", "a\xc3\xa9" },
                 { "1", NULL },       { "null", NULL },
                 { "[\"a\"]", NULL }, { "\"a\"x", NULL },
                 { "\"a", NULL },     { "", NULL },
                 { NULL, NULL } };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_true(text_eq(json_text(arena, rows[i].doc), rows[i].want));
}

TEST(json_value_keeps_the_kind)
{
    TEST_ARENA(arena);
    const char *doc = "{\"a\":\"x\\u00e9\",\"b\":[1,{\"c\":null}],\"d\":null,\"e\":true}";

    assert_string_equal(json_value(arena, doc, "a"), "\"x\xc3\xa9\"");
    assert_string_equal(json_value(arena, doc, "b"), "[1,{\"c\":null}]");
    assert_string_equal(json_value(arena, doc, "d"), "null");
    assert_string_equal(json_value(arena, doc, "e"), "true");
    assert_null(json_value(arena, doc, "c"));
    assert_null(json_value(arena, NULL, "a"));
}

static void write_length(Buf *buf, const char *text, void *arg)
{
    ++*(int *)arg;
    buf_printf(buf, "%zu", strlen(text));
}

TEST(json_swap_writes_texts_anew_and_leaves_names)
{
    TEST_ARENA(arena);
    Buf buf = buf_in(arena, 256);
    char *text;
    int n = 0;

    json_swap(arena, &buf, "{ \"ab\" : [ \"abc\" , { } , [ ] , 1.50, null ] , \"\\u0064\" : { \"e\" : \"\" , \"f\" : \"\\n\" } }", write_length, &n);
    assert_int_equal(buf_text(&buf, &text), OK);
    assert_string_equal(text, "{\"ab\":[3,{},[],1.50,null],\"d\":{\"e\":0,\"f\":1}}");
    assert_int_equal(n, 3);
}
