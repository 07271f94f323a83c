/* arena.c: a chain of blocks that grow by doubling, up to the cap. */
#include "arena.h"

#include <stdarg.h>
#include <unistd.h>

enum { FIRST_BLOCK = 8 * 1024, LARGEST_BLOCK = 1024 * 1024, ALIGN = alignof(max_align_t) };

typedef struct Block {
    struct Block *next;
    size_t size, used;
    alignas(max_align_t) char data[];
} Block;

typedef struct Owned {
    struct Owned *next;
    void (*fn)(void *);
    void *object;
} Owned;

struct Arena {
    Block *blocks; /* the newest first; the last is kept at a reset */
    Owned *owned;
    size_t cap, used;
    bool wipe;
    ArenaFailure failure;
    void *failure_arg;
};

void out_of_memory(void)
{
    static const char line[] = "hecate: out of memory\n";

    if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
        abort();
    abort();
}

static Block *block_new(size_t size, Block *next)
{
    Block *block = malloc(sizeof(Block) + size);

    if (block != NULL) {
        block->next = next;
        block->size = size;
        block->used = 0;
    }
    return block;
}

static void block_free(const Arena *arena, Block *block)
{
    if (arena->wipe)
        explicit_bzero(block->data, block->used);
    free(block);
}

static void arena_fail(const Arena *arena, size_t size, bool over_cap)
{
    if (arena->failure != NULL)
        arena->failure(arena->failure_arg, size, over_cap);
    out_of_memory();
}

Arena *arena_try_new(size_t cap, bool wipe)
{
    Arena *arena = calloc(1, sizeof(*arena));

    if (arena != NULL) {
        arena->cap = cap;
        arena->wipe = wipe;
    }
    return arena;
}

Arena *arena_new(size_t cap, bool wipe)
{
    Arena *arena = arena_try_new(cap, wipe);

    if (arena == NULL)
        out_of_memory();
    return arena;
}

void arena_on_failure(Arena *arena, ArenaFailure fn, void *arg)
{
    arena->failure = fn;
    arena->failure_arg = arg;
}

ArenaFailure arena_failure(const Arena *arena, void **ret_arg)
{
    *ret_arg = arena->failure_arg;
    return arena->failure;
}

static Block *arena_grow(Arena *arena, size_t size)
{
    size_t next = arena->blocks == NULL ? FIRST_BLOCK : arena->blocks->size * 2;
    Block *block;

    if (next > LARGEST_BLOCK)
        next = LARGEST_BLOCK;
    if (next < size)
        next = size;
    block = block_new(next, arena->blocks);
    if (block == NULL)
        arena_fail(arena, size, false);
    arena->blocks = block;
    return block;
}

static size_t aligned(size_t size)
{
    return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* As it is: not zeroed. */
static void *arena_take(Arena *arena, size_t size)
{
    Block *block = arena->blocks;
    void *p;

    if (size > arena->cap || arena->used > arena->cap - size)
        arena_fail(arena, size, true);
    size = aligned(size);
    if (block == NULL || block->size - block->used < size)
        block = arena_grow(arena, size);
    p = block->data + block->used;
    block->used += size;
    arena->used += size;
    return p;
}

/* Bytes that an allocation may have without another block. */
static size_t room_left(const Arena *arena)
{
    const size_t block = arena->blocks == NULL ? 0 : arena->blocks->size - arena->blocks->used, cap = arena->cap - arena->used;

    return arena->used > arena->cap ? 0 : (block < cap ? block : cap) & ~(size_t)(ALIGN - 1);
}

void *arena_alloc(Arena *arena, size_t size)
{
    return memset(arena_take(arena, size), 0, aligned(size));
}

void *arena_array(Arena *arena, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes))
        arena_fail(arena, SIZE_MAX, true);
    return arena_alloc(arena, bytes);
}

char *arena_strndup(Arena *arena, const char *p, size_t n)
{
    char *copy = arena_take(arena, n + 1);

    if (n > 0)
        memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

char *arena_strdup(Arena *arena, const char *s)
{
    return s == NULL ? NULL : arena_strndup(arena, s, strlen(s));
}

/* Written where the next allocation begins, and once more only if there is too little room. */
char *arena_printf(Arena *arena, const char *format, ...)
{
    const size_t room = room_left(arena);
    char *text = room == 0 ? NULL : arena->blocks->data + arena->blocks->used;
    va_list args, again;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(text, room, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < room) {
        arena_take(arena, (size_t)n + 1);
    } else {
        if (room > 0)
            explicit_bzero(text, room);
        text = arena_alloc(arena, n < 0 ? 1 : (size_t)n + 1);
        if (n > 0)
            vsnprintf(text, (size_t)n + 1, format, again);
    }
    va_end(again);
    return text;
}

void arena_own(Arena *arena, void (*fn)(void *), void *object)
{
    Owned *owned = ARENA_NEW(arena, Owned);

    owned->fn = fn;
    owned->object = object;
    owned->next = arena->owned;
    arena->owned = owned;
}

size_t arena_used(const Arena *arena)
{
    return arena->used;
}

static void arena_disown(Arena *arena)
{
    for (const Owned *owned = arena->owned; owned != NULL; owned = owned->next)
        owned->fn(owned->object);
    arena->owned = NULL;
}

void arena_reset(Arena *arena)
{
    Block *block = arena->blocks;

    arena_disown(arena);
    while (block != NULL && block->next != NULL) {
        Block *next = block->next;

        block_free(arena, block);
        block = next;
    }
    if (block != NULL) {
        if (arena->wipe)
            explicit_bzero(block->data, block->used);
        block->used = 0;
    }
    arena->blocks = block;
    arena->used = 0;
}

void arena_free(Arena *arena)
{
    if (arena == NULL)
        return;
    arena_disown(arena);
    for (Block *block = arena->blocks; block != NULL;) {
        Block *next = block->next;

        block_free(arena, block);
        block = next;
    }
    free(arena);
}
