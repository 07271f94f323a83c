/* buckets.c: token buckets: burst, refill, independence, and a table that many keys fill. */
#include "dialect/origin.h"

#include "base/clock.h"
#include "test.h"

static unsigned take(Buckets *buckets, const char *name, const char *key, unsigned n, int64_t now)
{
    unsigned taken = 0;

    for (unsigned i = 0; i < n; i++)
        taken += buckets_take(buckets, name, str_of(key), 0.1, 30, now, NULL);
    return taken;
}

TEST(buckets_hold_their_burst_and_fill_again)
{
    Buckets *buckets = buckets_new();
    int64_t now = 1;

    assert_int_equal(take(buckets, "Token", "a", 100, now), 30);
    now += 9 * US_PER_S;
    assert_int_equal(take(buckets, "Token", "a", 5, now), 0);
    now += 2 * US_PER_S;
    assert_int_equal(take(buckets, "Token", "a", 5, now), 1);
    now += 3600 * US_PER_S;
    assert_int_equal(take(buckets, "Token", "a", 100, now), 30);
    buckets_free(buckets);
}

TEST(buckets_are_each_limiters_and_keys_own)
{
    Buckets *buckets = buckets_new();

    assert_int_equal(take(buckets, "Token", "a", 40, 1), 30);
    assert_int_equal(take(buckets, "Verify", "a", 40, 1), 30);
    assert_int_equal(take(buckets, "Token", "b", 40, 1), 30);
    assert_int_equal(take(buckets, "Token", "a", 40, 1), 0);
    buckets_free(buckets);
}

TEST(buckets_that_are_empty_outlast_many_others)
{
    Buckets *buckets = buckets_new();
    char key[32];

    assert_int_equal(take(buckets, "Token", "a", 40, 1), 30);
    for (unsigned i = 0; i < 200000; i++) {
        snprintf(key, sizeof(key), "other %u", i);
        assert_true(buckets_take(buckets, "Token", str_of(key), 0.1, 30, 1, NULL));
    }
    assert_int_equal(take(buckets, "Token", "a", 1, 1), 0);
    buckets_free(buckets);
}

/* Where nobody else is limited, too: a test of any route that names a limiter meets the slip. */
TEST(a_limiter_that_no_row_has_serves_nobody)
{
    static const Limiter rows[] = { { "Token", 0, 300, 30, true } };
    const int64_t setting = 1;
    Buckets *buckets = buckets_new();

    for (size_t i = 0; i < 2; i++) {
        assert_true(limiter_take(rows, 1, "Token", &setting, i == 0 ? NULL : buckets, STR(""), NULL));
        assert_true(limiter_take(rows, 1, "Token", &setting, i == 0 ? NULL : buckets, STR("a"), NULL));
        assert_false(limiter_take(rows, 1, "token", &setting, i == 0 ? NULL : buckets, STR(""), NULL));
        assert_false(limiter_take(rows, 1, "token", &setting, i == 0 ? NULL : buckets, STR("a"), NULL));
    }
    buckets_free(buckets);
}
