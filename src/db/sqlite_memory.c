/* sqlite_memory.c: SQLite's memory, first out of what its thread gave back: each statement takes and returns the same few hundred pieces, and those
 * of a page are too large for malloc()'s own quick lists. */
#include <malloc.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/sqlite_parts.h"

/* Sizes are rounded up in fine steps, above SMALL in coarse ones, less what malloc() adds to each, which gives no less than LEAST; what is larger
 * than LARGE is malloc()'s alone. */
enum {
    ADDED = 8,
    LEAST = 24,
    FINE = 16,
    SMALL = 1024,
    COARSE = 64,
    LARGE = 8192,
    CLASSES = SMALL / FINE + (LARGE - SMALL) / COARSE,
    MOST_KEPT = 256 * 1024
};

/* A piece while it is kept: its successor in the list. */
typedef struct Piece {
    struct Piece *next;
} Piece;

typedef struct Kept {
    Piece *first[CLASSES + 1];
    size_t bytes;
} Kept;

static _Thread_local Kept *kept;
static pthread_key_t kept_key;

static int rounded(int n)
{
    const int step = n + ADDED <= SMALL ? FINE : n + ADDED <= LARGE ? COARSE : FINE, size = ((n + ADDED + step - 1) & -step) - ADDED;

    return size < LEAST ? LEAST : size;
}

/* Of the largest size that surely fits. */
static size_t class_of(size_t size)
{
    size += ADDED;
    return size <= SMALL ? size / FINE : SMALL / FINE + (size - SMALL) / COARSE;
}

/* What a piece of the class counts for, of any real size that has it. */
static size_t class_bytes(size_t class)
{
    return class <= SMALL / FINE ? class * FINE : SMALL + (class - SMALL / FINE) * COARSE;
}

static bool is_large(size_t size)
{
    return size + ADDED > LARGE;
}

static void *memory_take(int n)
{
    const size_t size = (size_t)rounded(n), class = class_of(size);
    Piece *piece = is_large(size) || kept == NULL ? NULL : kept->first[class];

    if (piece == NULL)
        return malloc(size);
    kept->first[class] = piece->next;
    kept->bytes -= class_bytes(class);
    ASAN_UNPOISON_MEMORY_REGION(piece, size);
    return piece;
}

/* Its lists are made when the first piece comes back. */
static bool may_keep(size_t size)
{
    if (is_large(size))
        return false;
    if (kept == NULL) {
        kept = calloc(1, sizeof(*kept));
        if (kept == NULL || pthread_setspecific(kept_key, kept) != 0)
            return false;
    }
    return true;
}

void sqlite_memory_trim(void)
{
    if (kept == NULL)
        return;
    for (size_t i = 0; i <= CLASSES; i++)
        for (Piece *piece = kept->first[i], *next; piece != NULL; piece = next) {
            ASAN_UNPOISON_MEMORY_REGION(piece, sizeof(*piece));
            next = piece->next;
            free(piece);
        }
    *kept = (Kept){ 0 };
}

static void memory_give(void *p)
{
    const size_t size = malloc_usable_size(p), class = class_of(size);
    Piece *piece = p;

    if (!may_keep(size)) {
        free(p);
        return;
    }
    if (kept->bytes + class_bytes(class) > MOST_KEPT) /* of what earlier work left: what this work needs comes back */
        sqlite_memory_trim();
    piece->next = kept->first[class];
    kept->first[class] = piece;
    kept->bytes += class_bytes(class);
    ASAN_POISON_MEMORY_REGION(piece + 1, size - sizeof(*piece));
}

static int memory_size(void *p)
{
    return (int)malloc_usable_size(p);
}

static void *memory_resize(void *p, int n)
{
    const size_t size = malloc_usable_size(p);
    void *other;

    if ((size_t)rounded(n) == size)
        return p;
    other = memory_take(n);
    if (other != NULL) {
        memcpy(other, p, (size_t)n < size ? (size_t)n : size);
        memory_give(p);
    }
    return other;
}

/* At the end of a thread. */
static void kept_free(void *arg)
{
    kept = arg;
    sqlite_memory_trim();
    free(kept);
    kept = NULL;
}

static int memory_begin(void *arg)
{
    (void)arg;
    return pthread_key_create(&kept_key, kept_free) == 0 ? SQLITE_OK : SQLITE_NOMEM;
}

static void memory_end(void *arg)
{
    (void)arg;
}

void sqlite_memory_configure(void)
{
    static const sqlite3_mem_methods methods = { .xMalloc = memory_take,
                                                 .xFree = memory_give,
                                                 .xRealloc = memory_resize,
                                                 .xSize = memory_size,
                                                 .xRoundup = rounded,
                                                 .xInit = memory_begin,
                                                 .xShutdown = memory_end };

    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
