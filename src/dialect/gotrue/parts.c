/* parts.c: what hangs on a user, and the audit trail: identities, sessions (spec/gotrue.md 2.9, 3.15; spec/elixir_client.md 3). */
#include "base/id.h"
#include "dialect/gotrue/internal.h"

/* ---- identities ---- */

static Err show_identities(Ctx *ctx, Reply *reply, const User *user)
{
    List views = { 0 };

    for (size_t i = 0; i < user->identities.n; i++)
        list_add(ctx->arena, &views, (void *)(uintptr_t)gotrue_identity_view(ctx, user->identities.v[i]));
    return gotrue_reply_list(ctx, reply, &views);
}

Err gotrue_identity_list(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return show_identities(ctx, reply, ctx_call(ctx)->loaded);
}

Err gotrue_own_identities(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return show_identities(ctx, reply, ctx->caller->user);
}

/* What the directory says of an identity, in the words of these routes. */
static Err say_identity(Ctx *ctx, Err err, const ErrRow *missing)
{
    static const ErrRow last = { 422, "single_identity_not_deletable", "User must have at least 1 identity after unlinking" };
    static const ErrRow taken = { 422, "email_conflict_identity_not_deletable", "Unable to unlink identity due to email conflict" };

    if (err == E_NO_IDENTIFIER)
        ctx->fault.own = &last;
    if (err == E_EMAIL_TAKEN)
        ctx->fault.own = &taken;
    if (err == E_NOT_THIS_USER)
        ctx->fault.own = missing;
    return err;
}

static bool confirms(const Ctx *ctx)
{
    return ((const GotrueSettings *)ctx_settings(ctx))->mailer_autoconfirm;
}

/* The row's id, or the provider's: the Elixir client knows no other. */
static const char *find_identity(Ctx *ctx, const User *user, const char *text)
{
    const char *id = uuid_read(ctx->arena, str_of(text));

    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *identity = user->identities.v[i];

        if (text_eq(identity->id, id))
            return id;
    }
    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *identity = user->identities.v[i];

        if (text_eq(identity->provider_id, text))
            return identity->id;
    }
    return UUID_NIL;
}

Err gotrue_identity_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    static const ErrRow missing = { 404, "identity_not_found", "Identity doesn't exist" };
    const User *user = ctx_call(ctx)->loaded;
    const char *id = find_identity(ctx, user, req_param(ctx, "identity_id"));

    (void)req;
    if (text_eq(id, UUID_NIL))
        return say_identity(ctx, fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL), &missing);
    TRY(say_identity(ctx, dir_identity_unlink(ctx, user->id, id, confirms(ctx), false), &missing));
    return reply_text(ctx, reply, 200, "application/json", STR("{}"));
}

Err gotrue_check_linking(Ctx *ctx)
{
    static const ErrRow off = { 404, "manual_linking_disabled", "Manual linking is disabled" };

    if (((const GotrueSettings *)ctx_settings(ctx))->manual_linking)
        return OK;
    IGNORE(fail(ctx, E_FEATURE_OFF, NOWHERE, NULL));
    ctx->fault.own = &off;
    return E_FEATURE_OFF;
}

Err gotrue_own_identity_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    static const ErrRow missing = { 422, "identity_not_found", "Identity doesn't exist" };
    static const ErrRow no_uuid = { 404, "validation_failed", "identity_id must be an UUID" };
    static const ErrRow audience = { 403, "unexpected_audience", "Token audience doesn't match request audience" };
    const char *id = uuid_read(ctx->arena, str_of(req_param(ctx, "identity_id")));

    TRY(gotrue_check_linking(ctx));
    if (id == NULL)
        return say_identity(ctx, fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL), &no_uuid);
    if (!text_eq(ctx->caller->scopes, gotrue_audience(ctx, req)))
        return say_identity(ctx, fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL), &audience);
    TRY(say_identity(ctx, dir_identity_unlink(ctx, ctx->caller->user->id, id, confirms(ctx), true), &missing));
    return reply_text(ctx, reply, 200, "application/json", STR("{}"));
}

/* ---- sessions: beyond the reference ---- */

Err gotrue_session_list(Ctx *ctx, const Req *req, Reply *reply)
{
    const User *user = ctx_call(ctx)->loaded;
    List sessions, views = { 0 };

    (void)req;
    TRY(dir_user_sessions(ctx, user->id, &sessions));
    for (size_t i = 0; i < sessions.n; i++) {
        const Session *session = sessions.v[i];
        GotrueSessionRow *view = ARENA_NEW(ctx->arena, GotrueSessionRow);

        *view = (GotrueSessionRow){ session->id,
                                    session->user_id,
                                    session->factor_id,
                                    session->aal == NULL ? "aal1" : session->aal,
                                    session->user_agent,
                                    session->ip,
                                    { 0 },
                                    session->created_at,
                                    session->updated_at,
                                    session->refreshed_at,
                                    session->not_after };
        for (size_t k = 0; k < session->amr.n; k++)
            texts_add(ctx->arena, &view->amr, ((const Amr *)session->amr.v[k])->method);
        list_add(ctx->arena, &views, view);
    }
    return gotrue_reply_list(ctx, reply, &views);
}

Err gotrue_sessions_end(Ctx *ctx, const Req *req, Reply *reply)
{
    static const ErrRow missing = { 404, "session_not_found", "Session not found" };
    const User *user = ctx_call(ctx)->loaded;
    const char *text = req_param(ctx, "session_id"), *id = uuid_read(ctx->arena, str_of(text));
    Err err;

    (void)req;
    err = *text != '\0' && id == NULL ? fail(ctx, E_SESSION_GONE, NOWHERE, NULL) : dir_user_sessions_end(ctx, user->id, id);
    if (err == E_SESSION_GONE)
        ctx->fault.own = &missing;
    TRY(err);
    return reply_text(ctx, reply, 200, "application/json", STR("{}"));
}

/* ---- passkeys ---- */

Err gotrue_passkey_list(Ctx *ctx, const Req *req, Reply *reply)
{
    const User *user = ctx_call(ctx)->loaded;
    List passkeys;

    (void)req;
    TRY(dir_passkeys(ctx, user->id, &passkeys));
    return gotrue_reply_list(ctx, reply, &passkeys);
}

Err gotrue_passkey_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    static const ErrRow missing = { 404, "validation_failed", "Passkey not found" };
    const User *user = ctx_call(ctx)->loaded;
    const char *id = uuid_read(ctx->arena, str_of(req_param(ctx, "passkey_id")));
    const Err err = id == NULL ? fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL) : dir_passkey_delete(ctx, user->id, id);

    if (err == E_NOT_THIS_USER)
        ctx->fault.own = &missing;
    TRY(err);
    if (gotrue_wants_json(req))
        return reply_text(ctx, reply, 200, "application/json", STR("{}"));
    reply->status = 204;
    return OK;
}

/* ---- the audit trail ---- */

/* `query` is scope:text. */
static Err read_scope(Ctx *ctx, const char *text, AuditQuery *query)
{
    Str rest = str_of(text);
    const Str scope = str_cut(&rest, ':');
    const char *value = str_dup(ctx->arena, rest);

    if (text_empty(text))
        return OK;
    if (rest.p == NULL)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Invalid query scope: %s", text);
    if (str_eq(scope, STR("author")))
        query->author = value;
    else if (str_eq(scope, STR("action")))
        query->action = value;
    else if (str_eq(scope, STR("type")))
        query->type = value;
    else
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Invalid query scope: %s", text);
    return OK;
}

Err gotrue_audit_list(Ctx *ctx, const Req *req, Reply *reply)
{
    AuditQuery query = { 0 };
    List events, views = { 0 };
    int64_t total;
    Page page;

    TRY(gotrue_page_read(ctx, req, &page));
    TRY(read_scope(ctx, gotrue_page_value(&page, "query"), &query));
    query.limit = page.limit;
    query.offset = page.offset;
    TRY(dir_audit_list(ctx, &query, &events, &total));
    for (size_t i = 0; i < events.n; i++) {
        const Event *event = events.v[i];
        GotrueEvent *view = ARENA_NEW(ctx->arena, GotrueEvent);

        *view = (GotrueEvent){ event->id, event->payload, event->ip_address, event->created_at };
        list_add(ctx->arena, &views, view);
    }
    gotrue_page_headers(ctx, reply, &page, total);
    return gotrue_reply_list(ctx, reply, &views);
}
