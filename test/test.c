/* test.c: the registry and main(). `program [PATTERN]` runs the tests whose names match (cmocka's wildcards). */
#include "test.h"

#include <stdio.h>

enum { MOST_TESTS = 4096 };

static struct CMUnitTest tests[MOST_TESTS];
static size_t n_tests;

void test_register(const char *name, CMUnitTestFunction fn)
{
    if (n_tests == MOST_TESTS)
        abort();
    tests[n_tests++] = (struct CMUnitTest){ .name = name, .test_func = fn };
}

int main(int argc, char **argv)
{
    int failed;

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    failed = _cmocka_run_group_tests("tests", tests, n_tests, NULL, NULL);
    printf("%zu passed, %d failed\n", n_tests - (size_t)failed, failed);
    return failed == 0 ? 0 : 1;
}
