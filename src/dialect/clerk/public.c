/* public.c: the keys that session tokens are signed with (spec/clerk.md 3.5, 4.6). */
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
