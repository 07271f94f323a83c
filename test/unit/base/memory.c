/* memory.c: tests of arenas, buffers, errors and the fault of a Ctx. */
#include "base/buf.h"
#include "base/ctx.h"
#include "test.h"

/* What the failure handler was told; it leaves by longjmp, as it must not return. */
typedef struct Failed {
    jmp_buf at;
    size_t size;
    bool over_cap;
} Failed;

static void on_failure(void *arg, size_t size, bool over_cap)
{
    Failed *failed = arg;

    failed->size = size;
    failed->over_cap = over_cap;
    longjmp(failed->at, 1);
}

/* Does an allocation of so many times so many bytes fail? */
static bool fails(Arena *arena, Failed *failed, size_t n, size_t size)
{
    if (setjmp(failed->at) != 0)
        return true;
    arena_array(arena, n, size);
    return false;
}

TEST(arena_memory_is_zeroed_and_aligned)
{
    TEST_ARENA(arena);

    for (size_t size = 0; size < 3000; size = size * 2 + 1) {
        unsigned char *p = arena_alloc(arena, size);

        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
}

TEST(arena_memory_is_zeroed_again_after_a_reset)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, true);

    for (int round = 0; round < 3; round++) {
        char *p = arena_alloc(arena, 4000), *large = arena_alloc(arena, 100000);

        assert_int_equal(p[0] | p[3999] | large[0] | large[99999], 0);
        memset(p, 'x', 4000);
        memset(large, 'x', 100000);
        assert_true(arena_used(arena) >= 104000);
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
    }
}

TEST(arena_has_a_cap)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1024, false);
    Failed failed;
    void *arg;

    arena_on_failure(arena, on_failure, &failed);
    assert_true(arena_failure(arena, &arg) == on_failure && arg == &failed);
    assert_false(fails(arena, &failed, 1, 1000));
    assert_true(fails(arena, &failed, 1, 1000));
    assert_true(failed.over_cap);
    assert_int_equal(failed.size, 1000);
    assert_false(fails(arena, &failed, 1, 16)); /* what still fits, fits */
    arena_reset(arena);
    assert_false(fails(arena, &failed, 1, 1024));
    assert_true(fails(arena, &failed, 1, 1));
    assert_true(fails(arena, &failed, 1, SIZE_MAX));
    assert_true(fails(arena, &failed, SIZE_MAX / 8 + 1, 8)); /* would come round to 0 */
}

typedef struct Note {
    char *at;
    char name;
} Note;

static void note_name(void *object)
{
    const Note *note = object;

    note->at[strlen(note->at)] = note->name;
}

TEST(arena_gives_back_what_it_owns_in_reverse)
{
    char text[8] = "";
    Note a = { text, 'a' }, b = { text, 'b' };
    Arena *arena = arena_new(1024, false);

    arena_own(arena, note_name, &a);
    arena_own(arena, note_name, &b);
    arena_reset(arena);
    assert_string_equal(text, "ba");
    arena_reset(arena);
    assert_string_equal(text, "ba"); /* once */
    arena_own(arena, note_name, &a);
    arena_free(arena);
    assert_string_equal(text, "baa");
    arena_free(NULL);
}

TEST(arena_copies)
{
    TEST_ARENA(arena);

    assert_string_equal(arena_strndup(arena, "abc", 2), "ab");
    assert_string_equal(arena_strndup(arena, NULL, 0), "");
    assert_string_equal(arena_strdup(arena, "abc"), "abc");
    assert_null(arena_strdup(arena, NULL));
    assert_string_equal(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
    assert_string_equal(arena_printf(arena, "%s", ""), "");
}

TEST(buf_grows_up_to_its_cap_and_says_so_once)
{
    TEST_ARENA(arena);

    for (int heap = 0; heap < 2; heap++) {
        Buf buf = heap ? buf_heap(100) : buf_in(arena, 100);
        char *text = NULL;

        for (int i = 0; i < 100; i++)
            buf_char(&buf, 'x');
        assert_false(buf.over);
        assert_int_equal(buf.len, 100);
        assert_err(buf_text(&buf, &text), E_TOO_LARGE); /* no room for the NUL */
        assert_null(text);
        buf_clear(&buf);
        assert_false(buf.over);
        buf_puts(&buf, "abc");
        assert_ok(buf_text(&buf, &text));
        assert_string_equal(text, "abc");
        buf_add(&buf, text, 98);
        assert_true(buf.over);
        assert_int_equal(buf.len, 3);
        assert_err(buf_text(&buf, &text), E_TOO_LARGE);
        buf_free(&buf);
        assert_int_equal(buf.len, 0);
    }
}

TEST(buf_takes_every_kind)
{
    TEST_ARENA(arena);
    Buf buf = buf_in(arena, 4096);
    char *text;

    buf_puts(&buf, NULL);
    buf_str(&buf, (Str){ NULL, 0 });
    buf_int(&buf, 0);
    buf_char(&buf, ' ');
    buf_int(&buf, INT64_MIN);
    buf_char(&buf, ' ');
    buf_int(&buf, INT64_MAX);
    buf_printf(&buf, " %05d%s", 42, "!");
    buf_printf(&buf, "%s", "");
    buf_str(&buf, STR("?"));
    assert_ok(buf_text(&buf, &text));
    assert_string_equal(text, "0 -9223372036854775808 9223372036854775807 00042!?");
}

TEST(buf_room_never_comes_round)
{
    TEST_ARENA(arena);
    Buf buf = buf_in(arena, SIZE_MAX);

    buf_puts(&buf, "abc");
    assert_null(buf_room(&buf, SIZE_MAX - 1));
    assert_true(buf.over);
}

TEST(buf_of_a_full_arena_ends_as_the_arena_says)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1000, false);
    Buf buf = buf_in(arena, 1 << 20);
    Failed failed;

    arena_on_failure(arena, on_failure, &failed);
    if (setjmp(failed.at) == 0) {
        for (int i = 0; i < 5000; i++)
            buf_char(&buf, 'x');
        assert_true(false);
    }
    assert_true(failed.over_cap);
}

TEST(err_has_a_name_and_a_sentence_each)
{
    for (int err = OK; err < ERR_COUNT; err++) {
        assert_true(strlen(err_name((Err)err)) > 1);
        assert_true(strlen(err_text((Err)err)) > 1);
    }
    assert_string_equal(err_name(E_NO_USER), "E_NO_USER");
    assert_string_equal(err_name(ERR_COUNT), "E_UNKNOWN");
    assert_string_equal(err_text(ERR_COUNT), "unknown error");
}

TEST(fail_records_why)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    char long_text[3000] = { 0 };

    assert_int_equal(ctx.fault.at, NOWHERE);
    assert_err(fail(&ctx, E_BAD_VALUE, 16, "%d of %s", 3, "x"), E_BAD_VALUE);
    assert_int_equal(ctx.fault.err, E_BAD_VALUE);
    assert_int_equal(ctx.fault.at, 16);
    assert_string_equal(ctx.fault.text, "3 of x");
    assert_err(fail(&ctx, E_NO_USER, NOWHERE, NULL), E_NO_USER);
    assert_null(ctx.fault.text);
    memset(long_text, 'x', sizeof(long_text) - 1);
    assert_err(fail(&ctx, E_BAD_VALUE, NOWHERE, "%s", long_text), E_BAD_VALUE);
    assert_int_equal(strlen(ctx.fault.text), 1023);
}
