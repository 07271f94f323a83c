/* field.c: tests of field tables. */
#include "base/field.h"
#include "test.h"

typedef struct In {
    Given given;
    const char *a, *b;
    int64_t time, n;
    Str bytes;
    Texts texts;
    List list;
    bool yes;
} In;

static const Field fields[] = {
    GIVEN(In, given),          TEXT(In, a, "a"),
    TEXT(In, b, "bb"),         TIME(In, time, "time"),
    INT(In, n, "n"),           BYTES(In, bytes, "bytes"),
    TEXTS(In, texts, "texts"), LIST(In, list, "list", fields),
    BOOL(In, yes, "yes"),      END(In),
};

TEST(field_is_found_by_name_and_by_offset)
{
    In in;

    assert_int_equal(field_size(fields), sizeof(In));
    assert_ptr_equal(field_named(fields, STR("bb")), &fields[2]);
    assert_null(field_named(fields, STR("b")));
    assert_null(field_named(fields, STR("BB")));
    assert_ptr_equal(field_named_nocase(fields, STR("BB")), &fields[2]);
    assert_null(field_named_nocase(fields, STR("BBB")));
    assert_null(field_named(fields, STR("bb ")));
    assert_null(field_named(fields, STR("")));
    assert_ptr_equal(field_at(fields, offsetof(In, time)), &fields[3]);
    assert_null(field_at(fields, offsetof(In, given)));
    assert_null(field_at(fields, 1));
    assert_ptr_equal(field_given(fields, &in), &in.given);
    assert_null(field_given(&fields[1], &in));
    assert_ptr_equal(field_in(&fields[1], &in), &in.a);
}

TEST(field_null_is_by_kind)
{
    In in = { 0 };

    for (size_t i = 1; fields[i].kind != F_END; i++)
        assert_int_equal(field_null(&fields[i], &in), fields[i].kind != F_INT && fields[i].kind != F_BOOL);
    in = (In){ .a = "", .b = "", .time = -1, .bytes = STR(""), .texts = { .n = 1 }, .list = { .n = 1 } };
    for (size_t i = 1; fields[i].kind != F_END; i++)
        assert_false(field_null(&fields[i], &in));
}

TEST(given_tells_absent_null_and_value)
{
    In in = { 0 };

    assert_false(HAS(&in, a) || IS_NULL(&in, a));
    SET(&in, a);
    assert_true(HAS(&in, a) && !IS_NULL(&in, a));
    given_mark(&in.given, offsetof(In, b), true);
    assert_true(HAS(&in, b) && IS_NULL(&in, b));
    assert_false(HAS(&in, time) || HAS(&in, yes));
}

TEST(lists_grow)
{
    TEST_ARENA(arena);
    Texts texts = { 0 };
    List list = { 0 };

    for (size_t i = 0; i < 100; i++) {
        texts_add(arena, &texts, arena_printf(arena, "%zu", i));
        list_add(arena, &list, (void *)(uintptr_t)texts.v[i]);
    }
    assert_int_equal(texts.n, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_string_equal(texts.v[i], arena_printf(arena, "%zu", i));
        assert_ptr_equal(list.v[i], texts.v[i]);
    }
}
