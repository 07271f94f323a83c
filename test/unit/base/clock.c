/* clock.c: tests of RFC 3339 both ways, and of the clock that tests move. */
#include "base/clock.h"
#include "test.h"

static const char *written(Arena *arena, int64_t us, int digits)
{
    Buf buf = buf_in(arena, 64);
    char *text;

    time_write(&buf, us, digits);
    assert_ok(buf_text(&buf, &text));
    return text;
}

static const struct {
    const char *text;
    int64_t us;
    const char *again; /* as time_write() has it; NULL: the same */
} times[] = {
    { "1970-01-01T00:00:00Z", 0, NULL },
    { "1970-01-01T00:00:00.000001Z", 1, NULL },
    { "1969-12-31T23:59:59.999999Z", -1, NULL },
    { "2024-01-02T03:04:05.123456Z", 1704164645123456, NULL },
    { "2024-01-02t03:04:05z", 1704164645000000, "2024-01-02T03:04:05Z" },
    { "2024-01-02 03:04:05Z", 1704164645000000, "2024-01-02T03:04:05Z" },
    { "2024-01-02T03:04:05.10Z", 1704164645100000, "2024-01-02T03:04:05.1Z" },
    { "2024-01-02T03:04:05.123456789Z", 1704164645123456, "2024-01-02T03:04:05.123456Z" },
    { "2024-01-02T03:04:05+00:00", 1704164645000000, "2024-01-02T03:04:05Z" },
    { "2024-01-02T04:34:05+01:30", 1704164645000000, "2024-01-02T03:04:05Z" },
    { "2024-01-01T19:04:05-08:00", 1704164645000000, "2024-01-02T03:04:05Z" },
    { "2024-02-29T12:00:00Z", 1709208000000000, NULL },
    { "2000-02-29T00:00:00Z", 951782400000000, NULL },
    { "2016-12-31T23:59:60Z", 1483228800000000, "2017-01-01T00:00:00Z" },
    { "0000-01-01T00:00:00Z", -62167219200000000, NULL },
    { "9999-12-31T23:59:59.999999Z", 253402300799999999, NULL },
    { "1900-03-01T00:00:00Z", -2203891200000000, NULL },
};

static const char *const no_times[] = {
    "",
    "2024",
    "2024-01-02",
    "2024-01-02T03:04:05",
    "2024-01-02T03:04Z",
    "2024-1-02T03:04:05Z",
    "2024-01-2T03:04:05Z",
    "24-01-02T03:04:05Z",
    "2024-00-02T03:04:05Z",
    "2024-13-02T03:04:05Z",
    "2024-01-00T03:04:05Z",
    "2024-01-32T03:04:05Z",
    "2024-04-31T03:04:05Z",
    "2023-02-29T03:04:05Z",
    "1900-02-29T03:04:05Z",
    "2024-01-02T24:00:00Z",
    "2024-01-02T03:60:05Z",
    "2024-01-02T03:04:61Z",
    "2024-01-02T03:04:05.Z",
    "2024-01-02T03:04:05,1Z",
    "2024-01-02T03:04:05.1234567890Z",
    "2024-01-02T03:04:05+0100",
    "2024-01-02T03:04:05+01",
    "2024-01-02T03:04:05+24:00",
    "2024-01-02T03:04:05+01:60",
    "2024-01-02T03:04:05 Z",
    " 2024-01-02T03:04:05Z",
    "2024-01-02T03:04:05Z ",
    "2024-01-02T03:04:05ZZ",
    "2024/01/02T03:04:05Z",
    "2024-01-02_03:04:05Z",
    "+2024-01-02T03:04:05Z",
    "-024-01-02T03:04:05Z",
    "2024-01-02T03:04:-5Z",
    "10000-01-01T00:00:00Z",
    "2024-01-02T03:04:05.-1Z",
};

TEST(time_is_read_and_written)
{
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(times); i++) {
        int64_t us;

        assert_true(time_read(str_of(times[i].text), &us));
        assert_true(us == times[i].us);
        assert_string_equal(written(arena, us, -1), times[i].again == NULL ? times[i].text : times[i].again);
    }
}

TEST(time_of_another_form_is_refused)
{
    int64_t us = 7;

    for (size_t i = 0; i < COUNTOF(no_times); i++) {
        if (time_read(str_of(no_times[i]), &us))
            print_error("taken: %s\n", no_times[i]);
        assert_int_equal(us, 7);
    }
    assert_false(time_read((Str){ "2024-01-02T03:04:05Z\0", 21 }, &us));
}

TEST(time_is_written_with_so_many_digits)
{
    static const char *const want[] = { "2024-01-02T03:04:05Z",       "2024-01-02T03:04:05.1Z",    "2024-01-02T03:04:05.10Z",
                                        "2024-01-02T03:04:05.102Z",   "2024-01-02T03:04:05.1020Z", "2024-01-02T03:04:05.10200Z",
                                        "2024-01-02T03:04:05.102000Z" };
    TEST_ARENA(arena);

    for (int digits = 0; digits <= 6; digits++)
        assert_string_equal(written(arena, 1704164645102000, digits), want[digits]);
    assert_string_equal(written(arena, 1704164645102000, -1), want[3]);
    assert_string_equal(written(arena, 1704164645000000, 3), "2024-01-02T03:04:05.000Z");
}

TEST(time_outside_of_four_digit_years_is_the_nearest_within)
{
    TEST_ARENA(arena);

    assert_string_equal(written(arena, INT64_MAX, -1), "9999-12-31T23:59:59.999999Z");
    assert_string_equal(written(arena, 253402300800000000, 0), "9999-12-31T23:59:59Z");
    assert_string_equal(written(arena, INT64_MIN, -1), "0000-01-01T00:00:00Z");
}

/* Every day of 400 years, which is a whole turn of the calendar. */
TEST(time_knows_each_day)
{
    TEST_ARENA(arena);
    int64_t us;

    for (int64_t day = 0; day < 146097; day++) {
        assert_true(time_read(str_of(written(arena, day * 24 * US_PER_HOUR, -1)), &us));
        assert_true(us == day * 24 * US_PER_HOUR);
        if (day % 1000 == 0)
            arena_reset(arena);
    }
}

TEST(clock_is_moved_and_stopped)
{
    const int64_t before = clock_now();

    clock_shift(US_PER_HOUR);
    assert_true(clock_now() - before >= US_PER_HOUR && clock_now() - before < 2 * US_PER_HOUR);
    clock_freeze(42);
    assert_int_equal(clock_now(), 42);
    clock_freeze(0);
    clock_shift(0);
    assert_true(clock_now() - before >= 0 && clock_now() - before < US_PER_HOUR);
}

TEST(clock_mono_never_goes_back)
{
    const int64_t before = clock_mono_ms();

    clock_shift(-US_PER_HOUR);
    assert_true(clock_mono_ms() >= before);
    clock_shift(0);
}
