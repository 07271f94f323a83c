/* arena.h: memory with one end. What a request makes lives in its arena; nobody frees a part of it.
 *
 * An allocation never returns NULL. Over the arena's cap, or without memory, the arena's failure handler is called and
 * must not return (the server ends the request, the library unwinds its call); without a handler the process aborts. */
#ifndef HECATE_ARENA_H
#define HECATE_ARENA_H

#include "base.h"

typedef struct Arena Arena;

/* Says so in one line and aborts: where the server cannot go on without the memory it asked for. What was acknowledged is in the database. */
void out_of_memory(void) __attribute__((noreturn));

/* Called when `size` more bytes cannot be had. `over_cap` tells a full arena from a machine without memory. */
typedef void (*ArenaFailure)(void *arg, size_t size, bool over_cap);

/* A new arena that holds at most `cap` bytes. Its memory is wiped before it is given back when `wipe` is set
 * (for arenas that hold secrets; those of requests do). Free with arena_free(). */
Arena *arena_new(size_t cap, bool wipe);
/* The same, or NULL without memory: for the client library, which must not abort. */
Arena *arena_try_new(size_t cap, bool wipe);

/* What to call instead of aborting. */
void arena_on_failure(Arena *arena, ArenaFailure fn, void *arg);

/* What is called now, to put it back later: a thread that works for a request sets a handler of its own meanwhile. */
ArenaFailure arena_failure(const Arena *arena, void **ret_arg);

/* Zeroed memory, aligned for any type, until arena_reset() or arena_free(). */
void *arena_alloc(Arena *arena, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_array((arena), (n), sizeof(type)))
void *arena_array(Arena *arena, size_t n, size_t size);

/* Copies: with a terminating NUL, which does not count in `n`. arena_dup(NULL) is NULL. */
char *arena_strndup(Arena *arena, const char *p, size_t n);
char *arena_strdup(Arena *arena, const char *s);
char *arena_printf(Arena *arena, const char *format, ...) PRINTF(2, 3);

/* `fn(object)` runs at the next reset or free, last in first out: for what lives in another library's memory. */
void arena_own(Arena *arena, void (*fn)(void *), void *object);

/* Bytes handed out since the last reset. */
size_t arena_used(const Arena *arena);

/* Empties the arena and keeps its first block for the next use. */
void arena_reset(Arena *arena);
void arena_free(Arena *arena); /* accepts NULL */
static inline void arena_freep(Arena **arena)
{
    arena_free(*arena);
}

#endif
