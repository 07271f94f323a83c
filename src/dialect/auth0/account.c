/* account.c: what hangs on one user and this server has little of: browsers, risk, accounts elsewhere, access as a whole (spec/auth0.md 2.8, 2.9). */
#include "directory/account.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"

Err auth0_load_param(Ctx *ctx, User **ret)
{
    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    return auth0_load(ctx, req_param(ctx, "id"), ret);
}

Err auth0_reply_fixed(Ctx *ctx, Reply *reply, const char *text)
{
    return reply_text(ctx, reply, 200, AUTH0_JSON, str_of(text));
}

/* ---- what this server never has of a user ---- */

/* Nothing to do once the user is there: remembered browsers, assessments of risk. */
Err auth0_nothing_kept(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(auth0_load_param(ctx, &user));
    return auth0_reply_empty(reply, 204);
}

Err auth0_risk_clear(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0RiskIn in = { 0 };

    TRY(auth0_body(ctx, req, 0, &in));
    return auth0_nothing_kept(ctx, req, reply);
}

Err auth0_connected_accounts(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_take_query, &query));
    TRY(auth0_load_param(ctx, &user));
    return auth0_reply_fixed(ctx, reply, "{\"connected_accounts\":[]}");
}

Err auth0_tokensets(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(auth0_load_param(ctx, &user));
    return auth0_reply_fixed(ctx, reply, "[]");
}

/* One session, or all; refresh tokens go with their sessions, unless they are to stay. */
Err auth0_revoke_access(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0RevokeIn in = { 0 };
    const char *session;
    User *user;

    if (req->body.n > 0)
        TRY(auth0_body(ctx, req, 0, &in));
    TRY(auth0_load_param(ctx, &user));
    session = in.session_id != NULL && uuid_valid(str_of(in.session_id)) ? uuid_read(ctx->arena, str_of(in.session_id)) : NULL;
    if (in.session_id != NULL && session == NULL)
        return auth0_reply_empty(reply, 202);
    if (in.preserve_refresh_tokens)
        TRY(dir_account_sessions_end_alone(ctx, user->id, session));
    else
        TRY(dir_sign_out(ctx, user, session, session == NULL ? SIGN_OUT_GLOBAL : SIGN_OUT_LOCAL));
    return auth0_reply_empty(reply, 202);
}
