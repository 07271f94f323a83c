/* images.c: pictures of users: their upload (multipart/form-data, RFC 7578), their end, and how they are served (spec/clerk.md 2.5). */
#include "dialect/clerk/internal.h"

enum { MOST_PARTS = 16 };

/* ---- the body ---- */

bool clerk_multipart_file(Ctx *ctx, Str type, Str body, Str *ret)
{
    FormPart parts[MOST_PARTS];
    size_t n;

    if (multipart_read(ctx, type, body, parts, MOST_PARTS, &n) != OK)
        return false;
    for (size_t i = 0; i < n; i++)
        if (str_eq(parts[i].name, STR("file"))) {
            *ret = parts[i].content;
            return true;
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
    return reply_text(ctx, reply, 200, "image/png", clerk_avatar(ctx->arena));
}
