/* me.c: a user changes itself, and proves that it is there (spec/gotrue.md 3.13, 3.14). */
#include "dialect/gotrue/internal.h"
#include "directory/messages.h"

static const Session *session_of(const Ctx *ctx)
{
    return ctx->caller->session;
}

Err gotrue_own_update(Ctx *ctx, const Req *req, Reply *reply)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const User *user = ctx->caller->user;
    UserIn in = { 0 };
    OwnPatch patch;
    Postal post;
    User *after;
    bool moves;

    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    if (!text_empty(in.phone) && !gotrue_channel_ok(ctx, in.channel))
        return fail(ctx, E_BAD_VALUE, NOWHERE, GOTRUE_BAD_CHANNEL);
    patch = (OwnPatch){ .email = in.email,
                        .phone = in.phone,
                        .password = in.password,
                        .current_password = in.current_password,
                        .nonce = in.nonce,
                        .meta_user = in.data,
                        .meta_app = in.app_metadata,
                        .channel = in.channel,
                        .may_meta_app = text_eq(user->aud, settings->aud) && text_eq(user->role, settings->admin_group) };
    moves = !text_empty(in.email) && !text_eq(in.email, user->email); /* a challenge is for a move alone */
    TRY(gotrue_postal(ctx, req, NULL, moves ? in.code_challenge : NULL, in.code_challenge_method, &post));
    TRY(dir_own_update(ctx, user, session_of(ctx), &patch, &post, &after));
    if (user->is_anonymous && !after->is_anonymous)
        after->confirmed_at = user->confirmed_at; /* the reference does not read the generated column back here */
    return gotrue_reply_user(ctx, reply, 200, after);
}

Err gotrue_reauthenticate(Ctx *ctx, const Req *req, Reply *reply)
{
    bool test = false;
    Postal post;
    Err err;

    TRY(gotrue_postal(ctx, req, NULL, NULL, NULL, &post));
    err = dir_reauthenticate(ctx, ctx->caller->user, &post, &test);
    if (err == E_EMAIL_UNCONFIRMED || err == E_PHONE_UNCONFIRMED)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, err == E_EMAIL_UNCONFIRMED ? "email_not_confirmed" : "phone_not_confirmed", ctx->fault.text);
    TRY(err);
    return gotrue_reply_sent(ctx, reply, test);
}
