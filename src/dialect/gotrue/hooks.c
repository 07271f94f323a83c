/* hooks.c: what GoTrue tells a hook of a user and of a request (spec/gotrue.md 11). */
#include "dialect/gotrue/internal.h"

const char *gotrue_show_user(Ctx *ctx, const User *user)
{
    Buf buf = buf_in(ctx->arena, 4 << 20);
    char *text = "null";

    json_write(&buf, gotrue_user, gotrue_user_view(ctx, user), JSON_HTML);
    IGNORE(buf_text(&buf, &text)); /* documents are far smaller than the cap */
    return text;
}

void gotrue_show_place(Ctx *ctx, const char **redirect_to, const char **external_url)
{
    const Call *call = ctx_call(ctx);

    *redirect_to = *external_url = ctx->directory->mail.site_url;
    if (call == NULL || call->dialect != &gotrue_dialect)
        return;
    *redirect_to = gotrue_redirect(ctx, call->req, NULL);
    *external_url = gotrue_external_url(ctx, call->req);
}
