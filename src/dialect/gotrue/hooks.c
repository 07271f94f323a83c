/* hooks.c: what GoTrue tells a hook of a user (spec/gotrue.md 11). */
#include "dialect/gotrue/internal.h"

const char *gotrue_show_user(Ctx *ctx, const User *user)
{
    Buf buf = buf_in(ctx->arena, 4 << 20);
    char *text = "null";

    json_write(&buf, gotrue_user, gotrue_user_view(ctx, user), JSON_HTML);
    IGNORE(buf_text(&buf, &text)); /* documents are far smaller than the cap */
    return text;
}
