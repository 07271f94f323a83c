/* common.c: passwords that everybody thinks of, and others. */
#include "directory/internal.h"

#include "test.h"

static bool common(Arena *arena, const char *password)
{
    Ctx ctx = { .arena = arena };

    return password_is_common(&ctx, password);
}

TEST(common_passwords_of_each_rule)
{
    static const char *const rows[] = { "password",         "Password1",   "P@ssw0rd!",  "1234567890", "987654321",  "qwertyuiop",
                                        "poiuytrewq",       "QWERTY12345", "1qaz2wsx",   "zaq12wsx",   "aaaaaaaa",   "abababab",
                                        "passwordpassword", "!!monkey!!",  "dragon2024", "31.12.1980", "19801231",   "",
                                        "iloveyou",         "trustno1",    "abcd1234",   "7777777",    "asdfghjkl;'" };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        if (!common(arena, rows[i]))
            print_error("not common: %s\n", rows[i]);
        assert_true(common(arena, rows[i]));
    }
}

TEST(common_passwords_are_more_than_three_thousand)
{
    static const char *const firsts[] = { "password", "welcome", "Summer", "winter", "admin", "Monkey", "football", "starwars" };
    TEST_ARENA(arena);
    int n = 0;

    for (size_t i = 0; i < COUNTOF(firsts); i++)
        for (int k = 0; k < 500; k++)
            n += common(arena, arena_printf(arena, "%s%d%s", firsts[i], k, k % 2 == 0 ? "!" : ""));
    assert_int_equal(n, 4000);
}

TEST(common_passwords_are_not_all)
{
    static const char *const rows[] = { "correct horse battery", "secret-pw-1",   "Nobody-knows-this-1",
                                        "hunter gatherer",       "wolkenbruch",   "password of mine",
                                        "9f86d081884c7d65",      "4915112345678", "pässwörd-日本語-🔐",
                                        "monkey123456789",       "x9!kQ2" };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        if (common(arena, rows[i]))
            print_error("common: %s\n", rows[i]);
        assert_false(common(arena, rows[i]));
    }
}
