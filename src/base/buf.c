/* buf.c: growth by doubling, in an arena or on the heap. */
#include "buf.h"

#include <stdarg.h>

Buf buf_in(Arena *arena, size_t cap)
{
    return (Buf){ .arena = arena, .cap = cap };
}

Buf buf_heap(size_t cap)
{
    return (Buf){ .cap = cap };
}

void buf_free(Buf *buf)
{
    if (buf->arena == NULL && buf->data != NULL) {
        explicit_bzero(buf->data, buf->size);
        free(buf->data);
    }
    *buf = (Buf){ .cap = buf->cap, .arena = buf->arena };
}

/* Heap memory is never moved by realloc(), which would leave a copy of a secret behind. */
static bool buf_grow(Buf *buf, size_t need)
{
    size_t size = buf->size < 64 ? 64 : buf->size;
    char *data;

    while (size < need)
        size = size > SIZE_MAX / 2 ? need : size * 2;
    if (size > buf->cap)
        size = buf->cap;
    data = buf->arena != NULL ? arena_alloc(buf->arena, size) : malloc(size);
    if (data == NULL)
        return false;
    if (buf->len > 0)
        memcpy(data, buf->data, buf->len);
    if (buf->arena == NULL && buf->data != NULL) {
        explicit_bzero(buf->data, buf->size);
        free(buf->data);
    }
    buf->data = data;
    buf->size = size;
    return true;
}

char *buf_more(Buf *buf, size_t n)
{
    size_t need;

    if (buf->over || __builtin_add_overflow(buf->len, n, &need) || need > buf->cap || (need > buf->size && !buf_grow(buf, need))) {
        buf->over = true;
        return NULL;
    }
    return buf->data + buf->len;
}

void buf_printf(Buf *buf, const char *format, ...)
{
    const size_t left = buf->over ? 0 : buf->size - buf->len;
    va_list args, again;
    char *room;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(left == 0 ? NULL : buf->data + buf->len, left, format, args);
    va_end(args);
    room = n <= 0 ? NULL : buf_room(buf, (size_t)n + 1);
    if (room != NULL) {
        if ((size_t)n >= left)
            vsnprintf(room, (size_t)n + 1, format, again);
        buf->len += (size_t)n;
    }
    va_end(again);
}

void buf_int(Buf *buf, int64_t n)
{
    char digits[20];
    size_t i = sizeof(digits);
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;

    do {
        digits[--i] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0)
        buf_char(buf, '-');
    buf_add(buf, digits + i, sizeof(digits) - i);
}

char *text_join_all(Arena *arena, const char *const *parts, size_t n)
{
    size_t size = 1;
    char *text, *end;

    for (size_t i = 0; i < n; i++)
        size += parts[i] == NULL ? 0 : strlen(parts[i]);
    text = end = arena_alloc(arena, size);
    for (size_t i = 0; i < n; i++)
        if (parts[i] != NULL)
            end = stpcpy(end, parts[i]);
    *end = '\0';
    return text;
}

char *text_int(Arena *arena, int64_t n)
{
    Buf buf = buf_in(arena, 24);
    char *text = NULL;

    buf_int(&buf, n);
    IGNORE(buf_text(&buf, &text)); /* the cap fits by construction */
    return text;
}

Err buf_text(Buf *buf, char **ret)
{
    char *end = buf_room(buf, 1);

    if (end == NULL)
        return E_TOO_LARGE;
    *end = '\0';
    *ret = buf->data;
    return OK;
}
