/* public.c: the keys that session tokens are signed with (spec/clerk.md 3.5, 4.6), and the picture of users without one. */
#include "dialect/clerk/internal.h"

Err clerk_show_jwks(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkSettings *settings = ctx_settings(ctx);
    ClerkJwks out = { 0 };

    (void)req;
    for (size_t i = 0; i < settings->keys->n; i++) {
        ClerkJwk *jwk = ARENA_NEW(ctx->arena, ClerkJwk);
        char *text;

        if (key_alg(settings->keys->v[i]) != ALG_RS256)
            continue;
        TRY(key_to_jwk(ctx->arena, settings->keys->v[i], false, &text));
        TRY(json_read(ctx, str_of(text), JSON_IGNORE_UNKNOWN, clerk_jwk, jwk));
        list_add(ctx->arena, &out.keys, jwk);
    }
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* A head and shoulders in grey. */
static const char picture[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 96 96\"><rect width=\"96\" height=\"96\" fill=\"#d8dbe0\"/>"
                              "<circle cx=\"48\" cy=\"38\" r=\"17\" fill=\"#8a919c\"/><path d=\"M14 92a34 30 0 0 1 68 0z\" fill=\"#8a919c\"/></svg>";

Err clerk_image(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    if (!text_eq(req_param(ctx, "image_id"), "default"))
        return clerk_fail(ctx, SAY_NO_IMAGE, NOWHERE, NULL);
    reply_header(reply, "Cache-Control", "public, max-age=86400");
    return reply_text(ctx, reply, 200, "image/svg+xml", STR(picture));
}
