/* test.h: TEST(name) { … } registers itself; the runner is cmocka's, its assertions (assert_int_equal, assert_string_equal, …)
 * are used as they are. A program of tests is its files and test/test.c. */
#ifndef HECATE_TEST_H
#define HECATE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#undef fail /* ours is ctx.h's */

#ifdef HAVE_VALGRIND
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#include "base/base.h"

void test_register(const char *name, CMUnitTestFunction fn);

#define TEST(name)                                                 \
    static void test_##name(void **state);                         \
    __attribute__((constructor)) static void test_add_##name(void) \
    {                                                              \
        test_register(#name, test_##name);                         \
    }                                                              \
    static void test_##name([[maybe_unused]] void **state)

/* What a stopwatch allows: under valgrind everything takes many times as long. */
#define LIMIT_MS(ms) ((ms) * (RUNNING_ON_VALGRIND ? 60 : 1))
/* The processor's time that this program has had: what else the machine does is not in it. */
static inline int64_t spent_ms(void)
{
    return (int64_t)clock() / (CLOCKS_PER_SEC / 1000);
}
/* How far a loop over many cases goes at once: there, n. */
#define STEP(n) (RUNNING_ON_VALGRIND ? (n) : 1)

#define assert_ok(call) assert_string_equal(err_name(call), "OK")
#define assert_err(call, err) assert_string_equal(err_name(call), #err)
#define assert_str(str, text) assert_true(str_eq((str), str_of(text)))

/* An arena that is freed at the end of the scope. */
#define TEST_ARENA(name) Arena *name CLEANUP(arena_freep) = arena_new(64 << 20, false)

#endif
