/* sqlite_memory.c: SQLite's memory, first out of what its thread gave back: each statement takes and returns the same few hundred pieces, and those
 * of a page are too large for malloc()'s own quick lists. */
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/sqlite_parts.h"

/* Sizes are rounded up in fine steps, above SMALL in coarse ones; what is larger than LARGE is malloc()'s alone. */
enum { FINE = 16, SMALL = 1024, COARSE = 64, LARGE = 8192, CLASSES = SMALL / FINE + (LARGE - SMALL) / COARSE, MOST_KEPT = 64 * 1024 };

/* What stands before each piece, and its successor in the list while it is kept. */
typedef struct Piece {
    size_t size;
    struct Piece *next;
} Piece;

enum { HEAD = offsetof(Piece, next) };

typedef struct Kept {
    Piece *first[CLASSES + 1];
    size_t bytes;
} Kept;

static _Thread_local Kept *kept;
static pthread_key_t kept_key;

static int rounded(int n)
{
    const int step = n <= SMALL ? FINE : n <= LARGE ? COARSE : 8;

    return n <= FINE ? FINE : (n + step - 1) / step * step;
}

static size_t class_of(size_t size)
{
    return size <= SMALL ? size / FINE : SMALL / FINE + (size - SMALL) / COARSE;
}

static Piece *piece_of(void *p)
{
    return (Piece *)((char *)p - HEAD);
}

static void *memory_take(int n)
{
    const size_t size = (size_t)rounded(n);
    Piece *piece = size <= LARGE && kept != NULL ? kept->first[class_of(size)] : NULL;

    if (piece != NULL) {
        kept->first[class_of(size)] = piece->next;
        kept->bytes -= size;
        ASAN_UNPOISON_MEMORY_REGION(&piece->next, size);
        return &piece->next;
    }
    piece = malloc(HEAD + size);
    if (piece == NULL)
        return NULL;
    piece->size = size;
    return &piece->next;
}

/* May this thread keep `size` bytes more? Its lists are made when the first piece comes back. */
static bool may_keep(size_t size)
{
    if (size > LARGE)
        return false;
    if (kept == NULL) {
        kept = calloc(1, sizeof(*kept));
        if (kept == NULL || pthread_setspecific(kept_key, kept) != 0)
            return false;
    }
    return kept->bytes + size <= MOST_KEPT;
}

static void memory_give(void *p)
{
    Piece *piece = piece_of(p);
    const size_t size = piece->size;

    if (!may_keep(size)) {
        free(piece);
        return;
    }
    piece->next = kept->first[class_of(size)];
    kept->first[class_of(size)] = piece;
    kept->bytes += size;
    ASAN_POISON_MEMORY_REGION((char *)p + sizeof(piece->next), size - sizeof(piece->next));
}

static int memory_size(void *p)
{
    return (int)piece_of(p)->size;
}

static void *memory_resize(void *p, int n)
{
    const size_t size = piece_of(p)->size;
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

void sqlite_memory_trim(void)
{
    for (size_t i = 0; kept != NULL && i <= CLASSES; i++)
        for (Piece *piece = kept->first[i]; piece != NULL; piece = kept->first[i]) {
            ASAN_UNPOISON_MEMORY_REGION(&piece->next, piece->size);
            kept->first[i] = piece->next;
            kept->bytes -= piece->size;
            free(piece);
        }
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
