/* str.c: tests of text by pointer and length. */
#include "base/str.h"
#include "test.h"

TEST(str_compares)
{
    assert_true(str_eq(STR("a"), STR("a")));
    assert_false(str_eq(STR("a"), STR("A")));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_eq((Str){ NULL, 0 }, STR("")));
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_true(str_eq_nocase(STR("aZ["), STR("Az[")));
    assert_false(str_eq_nocase(STR("["), STR("{")));               /* 0x20 apart, yet no letters */
    assert_false(str_eq_nocase(STR("\xc3\xa4"), STR("\xc3\x84"))); /* ASCII alone */
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(text_eq(NULL, NULL) && text_eq("a", "a"));
    assert_false(text_eq(NULL, "") || text_eq("", NULL) || text_eq("a", "b"));
    assert_true(text_empty(NULL) && text_empty(""));
    assert_false(text_empty(" "));
}

TEST(str_trims)
{
    assert_str(str_trim(STR(" \t\r\n\v\fa b \n")), "a b");
    assert_str(str_trim(STR(" \t ")), "");
    assert_str(str_trim(STR("")), "");
    assert_str(str_trim((Str){ NULL, 0 }), "");
    assert_int_equal(str_trim(STR("\xc2\xa0x")).n, 3); /* a no-break space is no white space here */
}

TEST(str_is_cut)
{
    Str rest = STR("a=b=c");

    assert_str(str_cut(&rest, '='), "a");
    assert_str(rest, "b=c");
    assert_str(str_cut(&rest, '='), "b");
    assert_str(str_cut(&rest, '='), "c");
    assert_null(rest.p);
    assert_int_equal(str_cut(&rest, '=').n, 0);
    rest = STR("a=");
    assert_str(str_cut(&rest, '='), "a");
    assert_non_null(rest.p);
    assert_int_equal(rest.n, 0);
}

TEST(str_to_u64_is_strict)
{
    static const char *const bad[] = { "",  " 1", "1 ", "+1", "-1", "-0", "0x1", "1.0", "1e3", "18446744073709551616", "99999999999999999999999",
                                       "a", "1a" };
    uint64_t n = 7;

    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_false(str_to_u64(str_of(bad[i]), UINT64_MAX, &n));
    assert_false(str_to_u64(STR("101"), 100, &n));
    assert_int_equal(n, 7);
    assert_true(str_to_u64(STR("18446744073709551615"), UINT64_MAX, &n));
    assert_true(n == UINT64_MAX);
    assert_true(str_to_u64(STR("00100"), 100, &n));
    assert_int_equal(n, 100);
}

TEST(text_lower_is_for_ascii)
{
    TEST_ARENA(arena);

    assert_string_equal(text_lower(arena, "AbZ[\xc3\x84"), "abz[\xc3\x84");
    assert_null(text_lower(arena, NULL));
}

TEST(utf8_is_judged_by_table_3_7)
{
    static const char *const good[] = { "",
                                        "a",
                                        "\x7f",
                                        "\xc2\x80",
                                        "\xdf\xbf",
                                        "\xe0\xa0\x80",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xef\xbf\xbf",
                                        "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf" };
    static const char *const bad[] = { "\x80",
                                       "\xbf",
                                       "\xc0\x80",
                                       "\xc1\xbf",
                                       "\xc2",
                                       "\xc2\x41",
                                       "\xe0\x80\x80",
                                       "\xe0\x9f\xbf",
                                       "\xe2\x82",
                                       "\xed\xa0\x80",
                                       "\xed\xbf\xbf",
                                       "\xf0\x80\x80\x80",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf0\x9f\x98",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xfe",
                                       "\xff" };

    for (size_t i = 0; i < COUNTOF(good); i++)
        assert_true(utf8_valid(str_of(good[i])));
    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_false(utf8_valid(str_of(bad[i])));
    assert_int_equal(utf8_length(STR("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
}

TEST(secret_eq_compares_all)
{
    assert_true(secret_eq(STR("secret"), STR("secret")));
    assert_false(secret_eq(STR("secret"), STR("Secret")));
    assert_false(secret_eq(STR("secret"), STR("secreT")));
    assert_false(secret_eq(STR("secret"), STR("secre")));
    assert_false(secret_eq(STR("a\0b"), STR("a\0c")));
    assert_true(secret_eq((Str){ NULL, 0 }, STR("")));
}
