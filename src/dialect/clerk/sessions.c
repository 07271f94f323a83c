/* sessions.c: sessions, their clients, and their tokens (spec/clerk.md 4.4, 4.5, 4.7). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/clerk/internal.h"
#include "directory/organizations.h"
#include "directory/templates.h"

enum { MOST_LIMIT = 500, LEAST_TOKEN_S = 30, MOST_TOKEN_S = 315360000, TOKEN_S = 60, TOKEN_EARLY_S = 10, JTI_DIGITS = 20 };
#define SESSION_LIFE ((int64_t)7 * 86400 * US_PER_S)
#define SESSION_ABANDON ((int64_t)30 * 86400 * US_PER_S)

/* ---- what goes out ---- */

/* A session's client has no row of its own: it is the session under another prefix. One without an end ends in the year 9999. */
static const ClerkSession *session_view(Ctx *ctx, const SessionShown *session)
{
    ClerkSession *view = ARENA_NEW(ctx->arena, ClerkSession);

    *view = (ClerkSession){
        .object = "session",
        .id = clerk_id(ctx->arena, "sess_", session->id),
        .user_id = clerk_id(ctx->arena, "user_", session->user_id),
        .client_id = clerk_id(ctx->arena, "client_", session->id),
        .status = session->status,
        .last_active_organization_id = session->organization_id == NULL ? NULL : clerk_id(ctx->arena, "org_", session->organization_id),
        .last_active_at = session->refreshed_at != 0 ? session->refreshed_at : session->created_at,
        .expire_at = session->not_after != 0 ? session->not_after : BANNED_FOREVER,
        .abandon_at = session->created_at + SESSION_ABANDON,
        .created_at = session->created_at,
        .updated_at = session->updated_at,
    };
    return view;
}

static Err reply_session(Ctx *ctx, Reply *reply, const SessionShown *session)
{
    return reply_object(ctx, reply, 200, session_view(ctx, session), JSON_PLAIN);
}

static Err no_session(Ctx *ctx, Err err)
{
    return err == E_SESSION_GONE ? clerk_fail(ctx, SAY_NO_SESSION, NOWHERE, clerk_shown(ctx, req_param(ctx, "session_id"))) : err;
}

static Err read_session(Ctx *ctx, SessionShown **ret)
{
    const char *id = clerk_id_read(ctx->arena, "sess_", req_param(ctx, "session_id"));

    return no_session(ctx, id == NULL ? fail(ctx, E_SESSION_GONE, NOWHERE, NULL) : dir_session_get(ctx, id, ret));
}

/* ---- lists ---- */

static Err check_query(Ctx *ctx, const ClerkSessionQuery *in)
{
    static const char *const statuses[] = { "abandoned", "active", "ended", "expired", "pending", "removed", "replaced", "revoked" };

    if (in->limit > MOST_LIMIT)
        return clerk_fail(ctx, SAY_LIMIT_MOST, AT(ClerkSessionQuery, limit), NULL);
    if (in->limit < 1)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, AT(ClerkSessionQuery, limit), "1");
    if (in->offset < 0)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, AT(ClerkSessionQuery, offset), "0");
    for (size_t i = 0; in->status != NULL && i < COUNTOF(statuses); i++)
        if (text_eq(in->status, statuses[i]))
            return OK;
    return in->status == NULL
               ? OK
               : clerk_fail(
                     ctx, SAY_CHOICE, AT(ClerkSessionQuery, status),
                     arena_printf(ctx->arena,
                                  "%s does not match the allowed values for parameter status. Allowed values: abandoned, active, ended, expired, "
                                  "pending, removed, replaced, revoked",
                                  clerk_shown(ctx, in->status)));
}

/* The sessions of a client: one. */
static Err list_client(Ctx *ctx, const ClerkSessionQuery *in, List *sessions, int64_t *total)
{
    const char *id = clerk_id_read(ctx->arena, "client_", in->client_id);
    SessionShown *session;
    Err err;

    *total = 0;
    if (id == NULL)
        return OK;
    err = dir_session_get(ctx, id, &session);
    if (err == E_SESSION_GONE)
        return OK;
    TRY(err);
    if ((in->status != NULL && !text_eq(in->status, session->status)) ||
        (in->user_id != NULL && !text_eq(in->user_id, clerk_id(ctx->arena, "user_", session->user_id))))
        return OK;
    *total = 1;
    if (in->offset == 0)
        list_add(ctx->arena, sessions, session);
    return OK;
}

static Err list_sessions(Ctx *ctx, const ClerkSessionQuery *in, List *sessions, int64_t *total)
{
    SessionQuery query = { .status = in->status, .limit = in->limit, .offset = in->offset };

    if (in->client_id != NULL)
        return list_client(ctx, in, sessions, total);
    if (in->user_id != NULL)
        query.user_id = clerk_id_read(ctx->arena, "user_", in->user_id);
    if (in->user_id != NULL && query.user_id == NULL)
        query.user_id = UUID_NIL; /* nobody */
    return dir_session_list(ctx, &query, sessions, total);
}

Err clerk_session_list(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkSessionQuery in = { .limit = 10 };
    ClerkPage page = { 0 };
    List sessions = { 0 };

    TRY(req_query(ctx, req, ctx_call(ctx)->route->in, FORM_FIRST, &in));
    TRY(check_query(ctx, &in));
    TRY(list_sessions(ctx, &in, &sessions, &page.total_count));
    for (size_t i = 0; i < sessions.n; i++)
        list_add(ctx->arena, &page.data, (void *)(uintptr_t)session_view(ctx, sessions.v[i]));
    return in.paginated ? reply_json(ctx, reply, 200, "application/json", clerk_session_page, &page, JSON_PLAIN)
                        : clerk_reply_list(reply, clerk_session, &page.data);
}

/* ---- one session ---- */

Err clerk_session_create(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkSessionIn in = { 0 };
    SessionShown *session;
    const char *user_id, *organization_id = NULL;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(clerk_body_user(ctx, in.user_id, &user_id));
    if (in.active_organization_id != NULL) {
        organization_id = clerk_id_read(ctx->arena, "org_", in.active_organization_id);
        if (organization_id == NULL)
            return fail(ctx, E_NO_ORGANIZATION, NOWHERE, NULL);
    }
    TRY(clerk_no_such_user(ctx, dir_session_begin(ctx, user_id, organization_id, SESSION_LIFE, &session), in.user_id));
    return reply_session(ctx, reply, session);
}

Err clerk_session_get(Ctx *ctx, const Req *req, Reply *reply)
{
    SessionShown *session;

    (void)req;
    TRY(read_session(ctx, &session));
    return reply_session(ctx, reply, session);
}

Err clerk_session_revoke(Ctx *ctx, const Req *req, Reply *reply)
{
    SessionShown *session;

    (void)req;
    TRY(read_session(ctx, &session));
    TRY(no_session(ctx, dir_session_end(ctx, session->id, &session)));
    return reply_session(ctx, reply, session);
}

/* ---- session tokens, version 2 ---- */

/* Of this session as it is now: active, of a user who may act. */
static Err load_active(Ctx *ctx, const SessionShown *shown, Session **ret)
{
    User *user;

    if (!text_eq(shown->status, "active") || dir_session_load(ctx, shown->user_id, shown->id, false, &user, ret) != OK ||
        dir_session_check(ctx, *ret) != OK)
        return fail(ctx, E_SESSION_GONE, NOWHERE, NULL);
    return user->deleted_at != 0 ? fail(ctx, E_SESSION_GONE, NOWHERE, NULL) : OK;
}

/* The path's, active. One that is not there and one that is over are told apart when neither matters for speed. */
static Err open_active(Ctx *ctx, SessionShown **shown, Session **ret)
{
    const char *id = clerk_id_read(ctx->arena, "sess_", req_param(ctx, "session_id"));
    const Err err = id == NULL ? E_SESSION_GONE : dir_session_acting(ctx, id, ret, shown);

    if (err != E_SESSION_GONE)
        return err;
    TRY(read_session(ctx, shown));
    return fail(ctx, E_SESSION_GONE, NOWHERE, NULL);
}

/* [minutes since the first factor, minutes since the second or -1] */
static const char *factor_ages(Ctx *ctx, const Session *session)
{
    int64_t first = session->created_at, second = -1;

    for (size_t i = 0; i < session->amr.n; i++) {
        const Amr *amr = session->amr.v[i];
        const bool is_second = text_eq(amr->method, "totp") || str_starts(str_of(amr->method), STR("mfa/"));

        if (is_second && amr->updated_at > second)
            second = amr->updated_at;
        if (!is_second && amr->updated_at > first)
            first = amr->updated_at;
    }
    return arena_printf(ctx->arena, "[%lld,%lld]", (long long)((ctx->now - first) / US_PER_S / 60),
                        (long long)(second < 0 ? -1 : (ctx->now - second) / US_PER_S / 60));
}

static const Field organization_claim[] = {
    TEXT(ClerkOrganization, id, "id"),
    TEXT(ClerkOrganization, slug, "slg"),
    TEXT(ClerkOrganization, role_set_key, "rol"),
    END(ClerkOrganization),
};

Err clerk_session_membership(Ctx *ctx, const SessionShown *session, Membership **ret)
{
    const Err err = session->organization_id == NULL ? E_NO_MEMBER : dir_session_membership(ctx, session->id, ret);

    if (err != E_NO_MEMBER && err != E_NO_ORGANIZATION)
        return err;
    *ret = NULL;
    return OK;
}

/* The organization that the session is in, as long as its user is a member. Permissions of the system's own have no place in a token. */
static Err claim_organization(Ctx *ctx, const SessionShown *session, const char **ret)
{
    Buf buf = buf_in(ctx->arena, 4096);
    ClerkOrganization claim;
    Membership *membership;
    char *text;

    TRY(clerk_session_membership(ctx, session, &membership));
    if (membership == NULL)
        return OK;
    claim = (ClerkOrganization){ .id = clerk_id(ctx->arena, "org_", membership->organization_id),
                                 .slug = membership->organization->slug,
                                 .role_set_key = clerk_role(membership->role) + strlen("org:") };
    json_write(&buf, organization_claim, &claim, JSON_PLAIN);
    TRY(buf_text(&buf, &text));
    *ret = text;
    return OK;
}

ClerkClaims clerk_token_claims(Ctx *ctx, const Session *session, int64_t life, int64_t early)
{
    const ClerkSettings *settings = ctx_settings(ctx);
    const int64_t now = ctx->now / US_PER_S;

    return (ClerkClaims){
        .exp = now + life,
        .iat = now,
        .iss = arena_printf(ctx->arena, "https://%s", settings->frontend == NULL ? "localhost" : settings->frontend),
        .jti = random_text(ctx->arena, JTI_DIGITS, "0123456789abcdef"),
        .nbf = now - early,
        .sub = clerk_id(ctx->arena, "user_", session->user_id),
    };
}

static Err sign(Ctx *ctx, const SessionShown *shown, const Session *session, int64_t life, const char **ret)
{
    const ClerkSettings *settings = ctx_settings(ctx);
    ClerkClaims claims = clerk_token_claims(ctx, session, life, TOKEN_EARLY_S);
    Buf buf = buf_in(ctx->arena, 16384);
    char *text, *token;

    claims.fva = factor_ages(ctx, session);
    claims.sid = clerk_id(ctx->arena, "sess_", session->id);
    claims.sts = "active";
    claims.v = 2;
    TRY(claim_organization(ctx, shown, &claims.o));
    json_write(&buf, clerk_claims, &claims, JSON_PLAIN);
    TRY(buf_text(&buf, &text));
    TRY(jwt_sign(ctx->arena, settings->keys, "JWT", text, &token));
    *ret = token;
    return OK;
}

static Err check_life(Ctx *ctx, const ClerkTokenIn *in)
{
    const ptrdiff_t at = AT(ClerkTokenIn, expires_in_seconds);

    if (!HAS(in, expires_in_seconds) || IS_NULL(in, expires_in_seconds))
        return OK;
    if (in->expires_in_seconds < LEAST_TOKEN_S)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, at, "30");
    return in->expires_in_seconds > MOST_TOKEN_S ? clerk_fail(ctx, SAY_LIFE_MOST, at, "315360000") : OK;
}

Err clerk_session_token(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkToken out = { .object = "token" };
    ClerkTokenIn in = { 0 };
    SessionShown *shown;
    Session *session;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(check_life(ctx, &in));
    TRY(open_active(ctx, &shown, &session));
    TRY(sign(ctx, shown, session, in.expires_in_seconds == 0 ? TOKEN_S : in.expires_in_seconds, &out.jwt));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

Err clerk_session_template(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *name = req_param(ctx, "template");
    ClerkToken out = { .object = "token" };
    ClerkTokenIn in = { 0 };
    TokenTemplate *row;
    SessionShown *shown;
    Session *session;
    Err err;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(check_life(ctx, &in));
    TRY(open_active(ctx, &shown, &session));
    err = dir_template_get(ctx, NULL, name, &row);
    if (err == E_NO_ROW)
        return clerk_fail(ctx, SAY_NO_TEMPLATE, NOWHERE, clerk_shown(ctx, name));
    TRY(err);
    TRY(clerk_sign_template(ctx, row, shown, session, in.expires_in_seconds, &out.jwt));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* Is it a token of ours? */
static Err read_token(Ctx *ctx, const char *token, ClerkClaims *claims)
{
    const ClerkSettings *settings = ctx_settings(ctx);
    Jwt jwt;

    return jwt_read(ctx, settings->keys, str_of(token), clerk_claims, claims, &jwt) == OK ? OK : fail(ctx, E_SESSION_GONE, NOWHERE, NULL);
}

static Err session_of_token(Ctx *ctx, const char *token, const char **ret)
{
    ClerkClaims claims = { 0 };

    TRY(read_token(ctx, token, &claims));
    *ret = clerk_id_read(ctx->arena, "sess_", claims.sid);
    return *ret == NULL ? fail(ctx, E_SESSION_GONE, NOWHERE, NULL) : OK;
}

/* Is it of this session, and not over? */
static Err judge_token(Ctx *ctx, const char *token, const SessionShown *shown)
{
    ClerkClaims claims = { 0 };

    TRY(read_token(ctx, token, &claims));
    if (!text_eq(claims.sid, clerk_id(ctx->arena, "sess_", shown->id)) || !text_eq(claims.sub, clerk_id(ctx->arena, "user_", shown->user_id)))
        return fail(ctx, E_SESSION_GONE, NOWHERE, NULL);
    if (claims.nbf > ctx->now / US_PER_S)
        return fail(ctx, E_SESSION_GONE, NOWHERE, NULL);
    return claims.exp <= ctx->now / US_PER_S ? fail(ctx, E_EXPIRED_CREDENTIAL, NOWHERE, NULL) : OK;
}

Err clerk_session_verify(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkVerifyIn in = { 0 };
    SessionShown *shown;
    Session *session;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(read_session(ctx, &shown));
    TRY(judge_token(ctx, in.token, shown));
    TRY(load_active(ctx, shown, &session));
    return reply_session(ctx, reply, shown);
}

/* Refresh tokens of this kind are a front end's, and there is none that gives them: whatever comes is refused, what it is about first. */
Err clerk_session_refresh(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkRefreshIn in = { 0 };
    SessionShown *shown;

    (void)reply;
    TRY(clerk_read_body(ctx, req, &in));
    TRY(read_session(ctx, &shown));
    if (in.format != NULL && !text_eq(in.format, "token") && !text_eq(in.format, "cookie"))
        return clerk_fail(ctx, SAY_CHOICE, AT(ClerkRefreshIn, format),
                          arena_printf(ctx->arena, "%s does not match the allowed values for parameter format. Allowed values: token, cookie",
                                       clerk_shown(ctx, in.format)));
    return clerk_fail(ctx, SAY_NO_REFRESH_TOKEN, NOWHERE, NULL);
}

/* ---- clients: each is that of one session ---- */

static ClerkClient *client_view(Ctx *ctx, const SessionShown *session)
{
    const ClerkSession *shown = session_view(ctx, session);
    ClerkClient *view = ARENA_NEW(ctx->arena, ClerkClient);

    *view = (ClerkClient){
        .object = "client",
        .id = shown->client_id,
        .last_active_session_id = text_eq(session->status, "active") ? shown->id : NULL,
        .created_at = session->created_at,
        .updated_at = session->updated_at,
    };
    texts_add(ctx->arena, &view->session_ids, shown->id);
    list_add(ctx->arena, &view->sessions, (void *)(uintptr_t)shown);
    return view;
}

Err clerk_client_list(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkPageQuery in = { .limit = 10 };
    ClerkPage page = { 0 };
    List sessions = { 0 };

    TRY(clerk_read_page(ctx, req, &in));
    TRY(dir_session_list(ctx, &(const SessionQuery){ .limit = in.limit, .offset = in.offset }, &sessions, &page.total_count));
    for (size_t i = 0; i < sessions.n; i++)
        list_add(ctx->arena, &page.data, client_view(ctx, sessions.v[i]));
    return in.paginated ? reply_json(ctx, reply, 200, "application/json", clerk_client_page, &page, JSON_PLAIN)
                        : clerk_reply_list(reply, clerk_client, &page.data);
}

Err clerk_client_get(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id = clerk_id_read(ctx->arena, "client_", req_param(ctx, "client_id"));
    SessionShown *session;
    const Err err = id == NULL ? E_SESSION_GONE : dir_session_get(ctx, id, &session);

    (void)req;
    if (err == E_SESSION_GONE)
        return clerk_fail(ctx, SAY_NO_PART, NOWHERE, NULL);
    TRY(err);
    return reply_object(ctx, reply, 200, client_view(ctx, session), JSON_PLAIN);
}

/* The client of the session that the token is of. */
Err clerk_client_verify(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkVerifyIn in = { 0 };
    SessionShown *shown;
    Session *session;
    const char *id;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(session_of_token(ctx, in.token, &id));
    TRY(dir_session_get(ctx, id, &shown));
    TRY(judge_token(ctx, in.token, shown));
    TRY(load_active(ctx, shown, &session));
    return reply_object(ctx, reply, 200, client_view(ctx, shown), JSON_PLAIN);
}
