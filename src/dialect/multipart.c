/* multipart.c: bodies of multipart/form-data (RFC 7578), cut into their parts where they lie. */
#include "dialect/dialect.h"

enum { MOST_BOUNDARY = 70 };

/* The first place of `what` in `text`, or n. */
static size_t find(Str text, Str what)
{
    const char *at = text.n < what.n ? NULL : memmem(text.p, text.n, what.p, what.n);

    return at == NULL ? text.n : (size_t)(at - text.p);
}

static Str behind(Str text, size_t n)
{
    return (Str){ text.p + n, text.n - n };
}

/* Without the quotes around it, if there are any. */
static Str unquoted(Str value)
{
    return value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"' ? (Str){ value.p + 1, value.n - 2 } : value;
}

/* The parameter of a header's value: `type; a=b; c="d"`. No quotation here holds a semicolon but a file's name, whose rest then names nothing. */
static Str parameter(Str value, Str name)
{
    Str found = { 0 };

    str_cut(&value, ';');
    while (value.p != NULL && found.p == NULL) {
        Str rest = str_trim(str_cut(&value, ';'));

        if (str_eq_nocase(str_cut(&rest, '='), name) && rest.p != NULL)
            found = unquoted(rest);
    }
    return found;
}

/* The boundary of multipart/form-data; an empty one: it is something else. */
static Str boundary_of(Str type)
{
    Str rest = type;
    const Str value = parameter(type, STR("boundary"));

    return str_eq_nocase(str_trim(str_cut(&rest, ';')), STR("multipart/form-data")) && value.n <= MOST_BOUNDARY ? value : (Str){ 0 };
}

/* The name that the header of a part gives it. */
static Str name_of(Str header)
{
    while (header.p != NULL && header.n > 0) {
        const size_t n = find(header, STR("\r\n"));
        Str line = { header.p, n }, value = line;

        if (str_eq_nocase(str_trim(str_cut(&value, ':')), STR("content-disposition")) && value.p != NULL)
            return parameter(value, STR("name"));
        header = n + 2 >= header.n ? (Str){ 0 } : behind(header, n + 2);
    }
    return (Str){ 0 };
}

Err multipart_read(Ctx *ctx, Str type, Str body, FormPart *parts, size_t most, size_t *ret)
{
    const Str boundary = boundary_of(type);
    size_t at, n = 0;
    Str mark;

    if (boundary.n == 0)
        return fail(ctx, E_BAD_REQUEST, NOWHERE, NULL);
    mark = str_of(arena_printf(ctx->arena, "\r\n--%.*s", (int)boundary.n, boundary.p));
    at = find(body, behind(mark, 2)); /* the first one may begin the body */
    for (size_t i = 0; i <= most && at < body.n; i++) {
        size_t head, end;
        Str part;

        body = behind(body, at + mark.n - (i == 0 ? 2 : 0));
        if (str_starts(body, STR("--"))) {
            *ret = n;
            return OK;
        }
        part = str_starts(body, STR("\r\n")) ? behind(body, 2) : (Str){ 0 };
        end = find(part, mark);
        head = find(part, STR("\r\n\r\n"));
        if (i == most || part.p == NULL || end == part.n || head + 4 > end)
            break;
        parts[n++] = (FormPart){ .name = name_of((Str){ part.p, head }), .content = { part.p + head + 4, end - head - 4 } };
        body = part;
        at = end;
    }
    return fail(ctx, E_BAD_REQUEST, NOWHERE, NULL);
}
