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

void reply_header(Reply *reply, const char *name, const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return; /* a value that would end its line is dropped */
    buf_puts(&reply->head, name);
    buf_puts(&reply->head, ": ");
    buf_puts(&reply->head, value);
    buf_puts(&reply->head, "\r\n");
}

void reply_headerf(Reply *reply, const char *name, const char *format, ...)
{
    char value[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    reply_header(reply, name, value);
}
