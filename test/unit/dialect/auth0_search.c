/* auth0_search.c: the reader of Auth0's query language under strings that nobody would type: it takes or refuses each, within its
 * bounds. */
#include "test.h"

#include "base/id.h"
#include "dialect/auth0/search.h"

static const char *const words[] = { "name:",
                                     "email:",
                                     "user_metadata.a.b:",
                                     "app_metadata.x:",
                                     "identities.user_id:",
                                     "_exists_:",
                                     "logins_count:",
                                     "last_login:",
                                     "AND",
                                     "OR",
                                     "NOT",
                                     "&&",
                                     "||",
                                     "!",
                                     "-",
                                     "+",
                                     "(",
                                     ")",
                                     "[",
                                     "]",
                                     "{",
                                     "}",
                                     "TO",
                                     "*",
                                     "\"",
                                     "\\",
                                     "a",
                                     "abc*",
                                     "2017-11",
                                     "13",
                                     "true",
                                     "~",
                                     "^",
                                     "?",
                                     "/",
                                     ":",
                                     " ",
                                     " ",
                                     " ",
                                     "\xc3\xa9",
                                     "\"a b\"" };

static int depth_of(const Cond *cond)
{
    const int a = cond == NULL || cond->a == NULL ? 0 : depth_of(cond->a), b = cond == NULL || cond->b == NULL ? 0 : depth_of(cond->b);

    return cond == NULL ? 0 : 1 + (a > b ? a : b);
}

static Err read_here(Arena *arena, const char *q, const Cond **ret)
{
    Ctx ctx = ctx_new(arena, NULL);

    return search_read(&ctx, q, ret);
}

TEST(auth0_search_takes_or_refuses_every_string)
{
    TEST_ARENA(arena);
    size_t taken = 0;

    for (size_t round = 0; round < 20000; round++) {
        Buf q = buf_in(arena, 4096);
        const Cond *cond = NULL;
        char *text = "";
        Err err;

        for (uint32_t n = random_below(24); n > 0; n--)
            buf_puts(&q, words[random_below(COUNTOF(words))]);
        if (q.len > 0)
            assert_ok(buf_text(&q, &text));
        err = read_here(arena, text, &cond);
        if (err != OK && err != E_BAD_VALUE)
            print_error("%s: %s\n", err_name(err), text);
        assert_true(err == OK || err == E_BAD_VALUE);
        assert_true(depth_of(cond) <= 130);
        taken += err == OK;
        arena_reset(arena);
    }
    assert_true(taken > 500);
}

TEST(auth0_search_bounds_depth_and_size)
{
    TEST_ARENA(arena);
    static const char *const parts[] = { "(", "name:(", "NOT (", "a ", "name:a OR ", "a AND " };

    for (size_t i = 0; i < COUNTOF(parts); i++) {
        Buf q = buf_in(arena, 1 << 20);
        const Cond *cond;
        char *text;

        for (size_t n = 0; n < 1000; n++)
            buf_puts(&q, parts[i]);
        buf_puts(&q, "a");
        assert_ok(buf_text(&q, &text));
        assert_err(read_here(arena, text, &cond), E_BAD_VALUE);
    }
}

/* The shape of the tree: NOT binds before AND, AND before OR; clauses side by side are joined by OR. */
static void write_tree(Buf *buf, const Cond *cond)
{
    static const char *const names[] = { [COND_AND] = "and",       [COND_OR] = "or",       [COND_NOT] = "not",     [COND_NOBODY] = "nobody",
                                         [COND_EXISTS] = "exists", [COND_EQUAL] = "equal", [COND_MATCH] = "match", [COND_RANGE] = "range" };

    buf_puts(buf, names[cond->kind]);
    if (cond->kind == COND_EQUAL)
        buf_printf(buf, " %s", cond->low.text == NULL ? "?" : cond->low.text);
    if (cond->a == NULL)
        return;
    buf_char(buf, '(');
    write_tree(buf, cond->a);
    if (cond->b != NULL) {
        buf_puts(buf, ", ");
        write_tree(buf, cond->b);
    }
    buf_char(buf, ')');
}

static const struct {
    const char *q, *tree;
} trees[] = {
    { "name:a", "equal a" },
    { "name:a AND name:b OR name:c", "or(and(equal a, equal b), equal c)" },
    { "name:a OR name:b AND name:c", "or(equal a, and(equal b, equal c))" },
    { "name:a name:b AND name:c", "or(equal a, and(equal b, equal c))" },
    { "NOT name:a AND name:b", "and(not(equal a), equal b)" },
    { "NOT (name:a AND name:b)", "not(and(equal a, equal b))" },
    { "-name:a && !name:b || +name:c", "or(and(not(equal a), not(equal b)), equal c)" },
    { "name:(a OR NOT b)", "or(equal a, not(equal b))" },
    { "name:\"a \\\" OR b\"", "equal a \" OR b" },
    { "name:a\\ OR\\ b", "equal a OR b" },
    { "name:a\\*", "equal a*" },
    { "name:a*", "match" },
    { "name:*", "exists" },
    { "_exists_:name", "exists" },
    { "name:and", "equal and" },
    { "name:NOTE", "equal NOTE" },
    { "name:[a TO b}", "range" },
    { "picture:a", "nobody" },
    { "name:ORANGE OR name:ANDY", "or(equal ORANGE, equal ANDY)" },
};

TEST(auth0_search_makes_the_right_tree)
{
    for (size_t i = 0; i < COUNTOF(trees); i++) {
        TEST_ARENA(arena);
        Buf buf = buf_in(arena, 4096);
        const Cond *cond;
        char *text;

        assert_ok(read_here(arena, trees[i].q, &cond));
        write_tree(&buf, cond);
        assert_ok(buf_text(&buf, &text));
        assert_string_equal(text, trees[i].tree);
    }
}
