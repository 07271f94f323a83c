/* sessions.c: sessions and refresh tokens of users (spec/auth0.md 2.9, 4.4, 4.5). */
#include "base/id.h"
#include "dialect/auth0/internal.h"
#include "directory/account.h"

static const struct {
    const char *method, *name;
} method_names[] = {
    { "password", "pwd" },       { "otp", "email" },      { "magiclink", "email" }, { "oauth", "federated" },
    { "sso/saml", "federated" }, { "web3", "federated" }, { "totp", "mfa" },        { "mfa/phone", "mfa" },
};

static const char *way_named(const char *method)
{
    for (size_t i = 0; i < COUNTOF(method_names); i++)
        if (text_eq(method_names[i].method, method))
            return method_names[i].name;
    return method;
}

static const char *own_client(Ctx *ctx)
{
    return ((const Auth0Settings *)ctx_settings(ctx))->client_id;
}

static List client_list(Ctx *ctx, const AccountSession *session)
{
    Auth0ClientRef *client = ARENA_NEW(ctx->arena, Auth0ClientRef);
    List list = { 0 };

    client->client_id = session->client_id != NULL ? session->client_id : own_client(ctx);
    list_add(ctx->arena, &list, client);
    return list;
}

static Auth0Authentication *authentication_of(Ctx *ctx, const AccountSession *session)
{
    Auth0Authentication *view = ARENA_NEW(ctx->arena, Auth0Authentication);
    Auth0AuthMethodUsed *used = ARENA_NEW(ctx->arena, Auth0AuthMethodUsed);

    *used = (Auth0AuthMethodUsed){ way_named(session->method), session->created_at };
    if (session->method != NULL)
        list_add(ctx->arena, &view->methods, used);
    return view;
}

static void *session_view(Ctx *ctx, const AccountSession *session, const char *user_id)
{
    Auth0Session *view = ARENA_NEW(ctx->arena, Auth0Session);
    Auth0Device *device = ARENA_NEW(ctx->arena, Auth0Device);
    const int64_t last = session->refreshed_at != 0 ? session->refreshed_at : session->created_at;

    *device = (Auth0Device){ session->user_agent, session->ip, NULL, session->user_agent, session->ip, NULL };
    *view = (Auth0Session){ .id = session->id,
                            .user_id = user_id,
                            .created_at = session->created_at,
                            .updated_at = session->updated_at,
                            .authenticated_at = session->created_at,
                            .expires_at = session->not_after,
                            .last_interacted_at = last,
                            .device = device,
                            .clients = client_list(ctx, session),
                            .authentication = authentication_of(ctx, session),
                            .metadata = session->session_metadata };
    return view;
}

static List server_list(Ctx *ctx, const AccountSession *session)
{
    Auth0TokenServer *server = ARENA_NEW(ctx->arena, Auth0TokenServer);
    List list = { 0 };

    *server = (Auth0TokenServer){ session->audience, session->scopes == NULL ? "" : session->scopes };
    if (session->audience != NULL)
        list_add(ctx->arena, &list, server);
    return list;
}

static void *token_view(Ctx *ctx, const AccountSession *session, const char *user_id)
{
    Auth0RefreshToken *view = ARENA_NEW(ctx->arena, Auth0RefreshToken);

    *view = (Auth0RefreshToken){ .id = session->id,
                                 .user_id = user_id,
                                 .created_at = session->created_at,
                                 .last_exchanged_at = session->refreshed_at,
                                 .client_id = session->client_id != NULL ? session->client_id : own_client(ctx),
                                 .resource_servers = server_list(ctx, session),
                                 .session_id = session->ended_at == 0 ? session->id : NULL,
                                 .rotating = true,
                                 .metadata = session->token_metadata };
    return view;
}

/* A page by checkpoint; `name` is the member that holds it. */
static Err reply_page(Ctx *ctx, Reply *reply, const Auth0PageQuery *query, const User *user, bool tokens, const char *name)
{
    const Field *all = tokens ? auth0_refresh_token : auth0_session;
    const int64_t take = HAS(query, take) ? query->take : DEFAULT_PAGE;
    List rows = { 0 }, views = { 0 };
    int64_t total = 0;
    AccountPage page = {
        .limit = take + 1, .client_id = query->client_id, .own_client = own_client(ctx), .total = query->include_totals ? &total : NULL
    };

    TRY(auth0_cursor_read(ctx, query->from, &page.after, &page.after_id));
    TRY(dir_account_sessions(ctx, user->id, tokens, &page, &rows));
    for (size_t i = 0; i < rows.n && i < (size_t)take; i++)
        list_add(ctx->arena, &views, (tokens ? token_view : session_view)(ctx, rows.v[i], auth0_user_id(ctx, user)));
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    buf_printf(&reply->body, "{\"%s\":", name);
    json_write_list(&reply->body, auth0_chosen(ctx, all, query->fields, !HAS(query, include_fields) || query->include_fields), &views, JSON_PLAIN);
    if (rows.n > views.n) {
        const AccountSession *last = rows.v[views.n - 1];

        buf_printf(&reply->body, ",\"next\":\"%s\"", auth0_cursor_write(ctx, last->created_at, last->id));
    }
    if (query->include_totals)
        buf_printf(&reply->body, ",\"total\":%lld", (long long)total);
    buf_puts(&reply->body, "}");
    return OK;
}

static Err reply_sessions(Ctx *ctx, const Req *req, Reply *reply, bool tokens)
{
    Auth0PageQuery query = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_take_query, &query));
    TRY(auth0_load_param(ctx, &user));
    return reply_page(ctx, reply, &query, user, tokens, tokens ? "tokens" : "sessions");
}

Err auth0_token_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_tokens_query, &query));
    if (query.user_id == NULL)
        return auth0_say(ctx, 400, "invalid_query_string", "Missing required 'user_id' parameter.");
    TRY(auth0_load(ctx, query.user_id, &user));
    return reply_page(ctx, reply, &query, user, true, "refresh_tokens");
}

Err auth0_sessions(Ctx *ctx, const Req *req, Reply *reply)
{
    return reply_sessions(ctx, req, reply, false);
}

Err auth0_tokens(Ctx *ctx, const Req *req, Reply *reply)
{
    return reply_sessions(ctx, req, reply, true);
}

Err auth0_sessions_end(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(auth0_load_param(ctx, &user));
    TRY(dir_sign_out(ctx, user, NULL, SIGN_OUT_GLOBAL));
    return auth0_reply_empty(reply, 202);
}

Err auth0_tokens_end(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(auth0_load_param(ctx, &user));
    TRY(dir_account_tokens_end(ctx, user->id, NULL));
    return auth0_reply_empty(reply, 202);
}

static Err load_session(Ctx *ctx, bool token, AccountSession **ret)
{
    const char *id = uuid_valid(str_of(req_param(ctx, "id"))) ? uuid_read(ctx->arena, str_of(req_param(ctx, "id"))) : NULL;
    const Err err = id == NULL ? E_NO_ROW : dir_account_session(ctx, id, token, ret);

    return err != E_NO_ROW ? err : auth0_say(ctx, 404, NULL, token ? "The refresh token does not exist." : "The session does not exist.");
}

static Err reply_session(Ctx *ctx, Reply *reply, bool token)
{
    AccountSession *session;
    User *user;

    TRY(load_session(ctx, token, &session));
    TRY(dir_user_get(ctx, session->user_id, &user));
    return reply_json(ctx, reply, 200, AUTH0_JSON, token ? auth0_refresh_token : auth0_session,
                      (token ? token_view : session_view)(ctx, session, auth0_user_id(ctx, user)), JSON_PLAIN);
}

Err auth0_session_get(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return reply_session(ctx, reply, false);
}

Err auth0_token_get(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return reply_session(ctx, reply, true);
}

Err auth0_session_end(Ctx *ctx, const Req *req, Reply *reply)
{
    AccountSession *session;
    Err err;

    (void)req;
    TRY(load_session(ctx, false, &session));
    err = dir_account_session_end(ctx, session->id);
    TRY(err == E_NO_ROW ? OK : err);
    return auth0_reply_empty(reply, 202);
}

Err auth0_token_end(Ctx *ctx, const Req *req, Reply *reply)
{
    AccountSession *session;

    (void)req;
    TRY(load_session(ctx, true, &session));
    TRY(dir_account_tokens_end(ctx, NULL, session->id));
    return auth0_reply_empty(reply, 204);
}

/* ---- metadata ---- */

/* Texts of at most 255 characters, at most 25 of them (2.9). */
static Err check_note(Ctx *ctx, const char *name, const char *doc)
{
    List members = { 0 };
    const char *kind;

    if (doc == NULL)
        return OK;
    TRY(json_members(ctx, str_of(doc), &kind, &members));
    if (members.n > 25)
        return auth0_bad_member(ctx, name, NULL, "Too many properties defined (%zu), maximum 25", members.n);
    for (size_t i = 0; i < members.n; i++) {
        const JsonMember *member = members.v[i];
        const char *path = arena_printf(ctx->arena, "%s.%.100s", name, member->name);

        if (!text_eq(member->kind, "string"))
            return auth0_bad_member(ctx, path, NULL, "Expected type string but found type %s", member->kind);
        if (utf8_length(str_of(member->name)) > 255 || utf8_length(str_of(member->text)) > 255)
            return auth0_bad_member(ctx, path, NULL, "String is too long (%zu chars), maximum 255", utf8_length(str_of(member->text)));
    }
    return OK;
}

static Err set_note(Ctx *ctx, const Req *req, Reply *reply, bool token)
{
    Auth0NoteIn in = { 0 };
    AccountSession *session;
    Err err = OK;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(check_note(ctx, token ? "refresh_token_metadata" : "session_metadata", in.metadata));
    TRY(load_session(ctx, token, &session));
    if (HAS(&in, metadata))
        err = dir_account_session_note(ctx, session->id, token, in.metadata);
    if (err != OK && err != E_NO_ROW) /* gone meanwhile: the answer says so */
        return err;
    return reply_session(ctx, reply, token);
}

Err auth0_session_update(Ctx *ctx, const Req *req, Reply *reply)
{
    return set_note(ctx, req, reply, false);
}

Err auth0_token_update(Ctx *ctx, const Req *req, Reply *reply)
{
    return set_note(ctx, req, reply, true);
}

/* ---- many refresh tokens at once ---- */

static Err revoke_ids(Ctx *ctx, const Texts *ids)
{
    for (size_t i = 0; i < ids->n; i++) {
        const char *id = uuid_valid(str_of(ids->v[i])) ? uuid_read(ctx->arena, str_of(ids->v[i])) : NULL;

        if (id != NULL)
            TRY(dir_account_tokens_end(ctx, NULL, id));
    }
    return OK;
}

/* One by one: each ends as if it were the only one. */
static Err revoke_of(Ctx *ctx, const User *user, const Auth0TokensRevokeIn *in)
{
    AccountPage page = { .limit = 100, .client_id = in->client_id, .own_client = own_client(ctx), .audience = in->audience };
    List rows = { 0 };

    do {
        rows = (List){ 0 };
        TRY(dir_account_sessions(ctx, user->id, true, &page, &rows));
        for (size_t i = 0; i < rows.n; i++) {
            const AccountSession *session = rows.v[i];

            TRY(dir_account_tokens_end(ctx, NULL, session->id));
            page.after = session->created_at;
            page.after_id = session->id;
        }
    } while (rows.n == 100);
    return OK;
}

/* By ids, or those of a user, of a client or for an audience. */
Err auth0_tokens_revoke(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0TokensRevokeIn in = { 0 };
    User *user;

    TRY(auth0_body(ctx, req, SCHEMA_NOT_EMPTY, &in));
    if (in.ids.n > 0 ? in.user_id != NULL || in.client_id != NULL || in.audience != NULL : in.user_id == NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Data does not match any schemas from 'oneOf'");
    if (in.ids.n > 0) {
        TRY(revoke_ids(ctx, &in.ids));
        return auth0_reply_empty(reply, 202);
    }
    TRY(auth0_load(ctx, in.user_id, &user));
    TRY(in.client_id == NULL && in.audience == NULL ? dir_account_tokens_end(ctx, user->id, NULL) : revoke_of(ctx, user, &in));
    return auth0_reply_empty(reply, 202);
}
