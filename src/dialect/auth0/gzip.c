/* gzip.c: a stream of gzip written piece by piece (RFC 1952): one member, so that every reader finds all of it. */
#include "dialect/auth0/gzip.h"

#include <zlib.h>

#include "base/id.h"

enum { LEVEL = 6, WINDOW = 15, AS_GZIP = 16, MEMORY = 8 };

struct Gzip {
    z_stream z;
};

static void *take(void *arena, unsigned n, unsigned size)
{
    return arena_alloc(arena, (size_t)n * size);
}

static void leave(void *arena, void *p)
{
    (void)arena;
    (void)p;
}

Gzip *gzip_new(Arena *arena)
{
    Gzip *gzip = ARENA_NEW(arena, Gzip);

    *gzip = (Gzip){ .z = { .zalloc = take, .zfree = leave, .opaque = arena } };
    return deflateInit2(&gzip->z, LEVEL, Z_DEFLATED, WINDOW + AS_GZIP, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK ? gzip : NULL;
}

Err gzip_write(Gzip *gzip, Str text, bool last, Buf *ret)
{
    z_stream *z = &gzip->z;
    int rc = Z_OK;

    z->next_in = (Bytef *)(uintptr_t)text.p; /* it is read alone */
    z->avail_in = (uInt)text.n;
    do {
        unsigned char room[2048];

        z->next_out = room;
        z->avail_out = sizeof(room);
        rc = deflate(z, last ? Z_FINISH : Z_SYNC_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return E_INTERNAL;
        buf_add(ret, room, sizeof(room) - z->avail_out);
    } while (z->avail_out == 0 || (last && rc != Z_STREAM_END));
    return ret->over ? E_TOO_LARGE : OK;
}
