/* buf.h: a growing byte buffer with a cap. Over the cap, or without memory, it takes no more and says so once, at the
 * end: appenders need no checks between. A Buf lives in an arena, or on the heap until buf_free(). */
#ifndef HECATE_BUF_H
#define HECATE_BUF_H

#include "arena.h"
#include "base.h"
#include "str.h"

typedef struct Buf {
    char *data; /* not terminated, unless buf_text() was called */
    size_t len, size, cap;
    Arena *arena; /* NULL: the heap */
    bool over;    /* something did not fit */
} Buf;

/* An empty buffer for at most `cap` bytes. No memory is taken before the first byte. */
Buf buf_in(Arena *arena, size_t cap);
Buf buf_heap(size_t cap);
void buf_free(Buf *buf); /* heap buffers; wipes what it held; also as CLEANUP */

char *buf_more(Buf *buf, size_t n); /* buf_room() of a buffer that must grow */
/* Room for `n` more bytes behind the content, or NULL (then `over` is set). Write there, then buf_added(). */
static inline char *buf_room(Buf *buf, size_t n)
{
    return n <= buf->size - buf->len && !buf->over ? buf->data + buf->len : buf_more(buf, n);
}
static inline void buf_added(Buf *buf, size_t n)
{
    buf->len += n;
}

static inline void buf_add(Buf *buf, const void *p, size_t n)
{
    char *room = n == 0 ? NULL : buf_room(buf, n);

    if (room != NULL) {
        memcpy(room, p, n);
        buf->len += n;
    }
}
static inline void buf_str(Buf *buf, Str s)
{
    buf_add(buf, s.p, s.n);
}
static inline void buf_puts(Buf *buf, const char *s) /* NULL adds nothing */
{
    if (s != NULL)
        buf_add(buf, s, strlen(s));
}
void buf_printf(Buf *buf, const char *format, ...) PRINTF(2, 3);
void buf_int(Buf *buf, int64_t n); /* decimal */

static inline void buf_char(Buf *buf, char c)
{
    if (buf->len < buf->size)
        buf->data[buf->len++] = c;
    else
        buf_add(buf, &c, 1);
}

/* Content as a NUL-terminated string that lives as long as the buffer's memory; E_TOO_LARGE if something did not fit. */
Err buf_text(Buf *buf, char **ret);
static inline Str buf_view(const Buf *buf)
{
    return (Str){ buf->data, buf->len };
}
static inline void buf_clear(Buf *buf)
{
    buf->len = 0, buf->over = false;
}

/* Texts that are made for each row of a list, where the format of a printf costs more than the text. Both live as long as the arena. */
char *text_join_all(Arena *arena, const char *const *parts, size_t n); /* a part that is NULL adds nothing */
#define text_join(arena, ...) \
    text_join_all(arena, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))
char *text_int(Arena *arena, int64_t n); /* decimal */

#endif
