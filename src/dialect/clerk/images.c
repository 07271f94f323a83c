/* images.c: pictures of users: their upload (multipart/form-data, RFC 7578), their end, and how they are served (spec/clerk.md 2.5). */
#include "dialect/clerk/internal.h"

enum { MOST_BOUNDARY = 70, MOST_PARTS = 16 };

/* ---- the body ---- */

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

/* The boundary of multipart/form-data; an empty one: it is something else. */
static Str boundary_of(Str type)
{
    Str value = { 0 };

    if (!str_eq_nocase(str_trim(str_cut(&type, ';')), STR("multipart/form-data")))
        return value;
    while (type.p != NULL) {
        Str parameter = str_trim(str_cut(&type, ';')), rest = parameter;

        if (str_eq_nocase(str_cut(&rest, '='), STR("boundary")) && rest.p != NULL)
            value = rest;
    }
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        value = (Str){ value.p + 1, value.n - 2 };
    return value.n > MOST_BOUNDARY ? (Str){ 0 } : value;
}

/* Is this the header of the part `file`? */
static bool names_file(Str header)
{
    while (header.p != NULL && header.n > 0) {
        const size_t n = find(header, STR("\r\n"));
        const Str line = { header.p, n };

        if (line.n > 20 && str_eq_nocase((Str){ line.p, 20 }, STR("content-disposition:")))
            return find(line, STR(" name=\"file\"")) < line.n || find(line, STR(";name=\"file\"")) < line.n;
        header = n + 2 >= header.n ? (Str){ 0 } : behind(header, n + 2);
    }
    return false;
}

bool clerk_multipart_file(Ctx *ctx, Str type, Str body, Str *ret)
{
    const Str boundary = boundary_of(type);
    Str mark;
    size_t at;

    if (boundary.n == 0)
        return false;
    mark = str_of(arena_printf(ctx->arena, "\r\n--%.*s", (int)boundary.n, boundary.p));
    at = find(body, behind(mark, 2)); /* the first one may begin the body */
    for (int i = 0; i < MOST_PARTS && at < body.n; i++) {
        Str part;
        size_t head, end;

        body = behind(body, at + mark.n - (i == 0 ? 2 : 0));
        if (!str_starts(body, STR("\r\n")))
            return false; /* the last one, or none */
        part = behind(body, 2);
        end = find(part, mark);
        head = find(part, STR("\r\n\r\n"));
        if (end == part.n || head + 4 > end)
            return false;
        if (names_file((Str){ part.p, head })) {
            *ret = (Str){ part.p + head + 4, end - head - 4 };
            return true;
        }
        body = part;
        at = end;
    }
    return false;
}

/* ---- the requests ---- */

Err clerk_image_put(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id;
    User *user;
    Str image;
    Err err;

    if (!clerk_multipart_file(ctx, req_header(req, "content-type"), req->body, &image) || image.n == 0)
        return clerk_fail(ctx, SAY_IMAGE_MISSING, NOWHERE, NULL);
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    err = dir_image_put(ctx, id, image, &user);
    if (err == E_BAD_VALUE)
        return clerk_fail(ctx, SAY_IMAGE_BAD, NOWHERE, NULL);
    if (err == E_TOO_LARGE)
        return clerk_fail(ctx, SAY_IMAGE_LARGE, NOWHERE, NULL);
    TRY(err);
    return clerk_reply_user(ctx, reply, 200, user);
}

/* A head and shoulders in grey. */
static const char picture[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 96 96\"><rect width=\"96\" height=\"96\" fill=\"#d8dbe0\"/>"
                              "<circle cx=\"48\" cy=\"38\" r=\"17\" fill=\"#8a919c\"/><path d=\"M14 92a34 30 0 0 1 68 0z\" fill=\"#8a919c\"/></svg>";

/* Only what is an image by its content leaves, as what it is, and as nothing else. */
static Err serve(Ctx *ctx, const char *id, Reply *reply)
{
    const char *type;
    Str image;

    if (id == NULL || dir_image_read(ctx, id, &image) != OK)
        return clerk_fail(ctx, SAY_NO_IMAGE, NOWHERE, NULL);
    type = image_type(image);
    if (type == NULL)
        return clerk_fail(ctx, SAY_NO_IMAGE, NOWHERE, NULL);
    reply_header(reply, "Cache-Control", "public, max-age=31536000, immutable");
    return reply_text(ctx, reply, 200, type, image);
}

Err clerk_image(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *name = req_param(ctx, "image_id");

    (void)req;
    reply_header(reply, "X-Content-Type-Options", "nosniff");
    reply_header(reply, "Content-Security-Policy", "default-src 'none'; sandbox");
    if (!text_eq(name, "default"))
        return serve(ctx, clerk_id_read(ctx->arena, "img_", name), reply);
    reply_header(reply, "Cache-Control", "public, max-age=86400");
    return reply_text(ctx, reply, 200, "image/svg+xml", STR(picture));
}
