/* reply.c: reading a request's fields, adding a reply's. */
#include <stdarg.h>

#include "http/http.h"

Str req_header(const Req *req, const char *name)
{
    for (size_t i = 0; i < req->n_headers; i++)
        if (str_eq_nocase(req->headers[i].name, str_of(name)))
            return req->headers[i].value;
    return (Str){ NULL, 0 };
}

size_t req_header_count(const Req *req, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < req->n_headers; i++)
        n += str_eq_nocase(req->headers[i].name, str_of(name));
    return n;
}

/* A line that has no room, or a value that would end its line, is dropped whole. */
void reply_header(Reply *reply, const char *name, const char *value)
{
    const size_t name_n = strlen(name), value_n = strlen(value);
    char *line;

    for (const char *c = value; *c != '\0'; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return;
    line = buf_room(&reply->head, name_n + value_n + 4);
    if (line == NULL)
        return;
    memcpy(line, name, name_n);
    memcpy(line + name_n, ": ", 2);
    memcpy(line + name_n + 2, value, value_n);
    memcpy(line + name_n + 2 + value_n, "\r\n", 2);
    buf_added(&reply->head, name_n + value_n + 4);
}

void reply_headerf(Reply *reply, const char *name, const char *format, ...)
{
    va_list args, again;
    char *value;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    value = arena_alloc(reply->arena, n < 0 ? 1 : (size_t)n + 1);
    vsnprintf(value, n < 0 ? 1 : (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    reply_header(reply, name, value);
}
