/* caller.c: who is calling: a management token, and what it may do (spec/auth0.md 1.2, 1.3). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"

/* The machine's own names, which clients use for one another. */
static bool is_loopback(Str domain)
{
    static const char *const names[] = { "localhost:", "127.0.0.1:", "[::1]:" };

    for (size_t i = 0; i < COUNTOF(names); i++)
        if (str_starts(domain, str_of(names[i])))
            return true;
    return false;
}

static Str port_of(Str domain)
{
    while (domain.n > 0 && domain.p[domain.n - 1] != ':')
        domain.n--;
    return domain;
}

/* The domain of this request: the one of the settings, or, when that is a loopback name, the loopback name by which the client
 * came, at the same port. */
static const char *domain_of(Ctx *ctx)
{
    const Str domain = str_of(((const Auth0Settings *)ctx_settings(ctx))->domain), host = ctx_call(ctx)->req->host;
    const Str here = port_of(domain), there = port_of(host);

    if (is_loopback(domain) && is_loopback(host) &&
        str_eq((Str){ domain.p + here.n, domain.n - here.n }, (Str){ host.p + there.n, host.n - there.n }))
        return str_dup(ctx->arena, host);
    return domain.p;
}

const char *auth0_issuer(Ctx *ctx)
{
    return arena_printf(ctx->arena, "https://%s/", domain_of(ctx));
}

const char *auth0_audience(Ctx *ctx)
{
    return arena_printf(ctx->arena, "https://%s/api/v2/", domain_of(ctx));
}

bool word_in(Str list, char separator, Str word)
{
    while (list.p != NULL)
        if (str_eq(str_cut(&list, separator), word))
            return word.n > 0;
    return false;
}

/* `Bearer x.y.z`. */
static Err read_bearer(Ctx *ctx, const Req *req, Str *ret)
{
    size_t dots = 0;
    Str token;

    if (req_header_count(req, "authorization") == 0)
        return fail(ctx, E_NO_CREDENTIAL, NOWHERE, NULL);
    if (req_bearer(ctx, req, &token) != OK)
        return auth0_refuse(ctx, E_NO_CREDENTIAL, "Bearer", "Bad HTTP authentication header format");
    for (size_t i = 0; i < token.n; i++)
        dots += token.p[i] == '.';
    if (dots != 2 || token.p[0] == '.' || token.p[token.n - 1] == '.')
        return auth0_refuse(ctx, E_NO_CREDENTIAL, "Bearer", "Bad HTTP authentication header format");
    *ret = token;
    return OK;
}

typedef struct Audiences {
    Texts aud;
} Audiences;
static const Field audiences[] = { TEXTS(Audiences, aud, "aud"), END(Audiences) };

/* `aud` is a text, or a list of texts. */
bool auth0_has_audience(Ctx *ctx, const char *aud, const char *want)
{
    Audiences all = { 0 };

    if (aud == NULL || aud[0] != '[')
        return text_eq(aud, json_quote(ctx->arena, want));
    if (json_read(ctx, str_of(arena_printf(ctx->arena, "{\"aud\":%s}", aud)), 0, audiences, &all) != OK)
        return false;
    for (size_t i = 0; i < all.aud.n; i++)
        if (text_eq(all.aud.v[i], want))
            return true;
    return false;
}

/* As it is shown: a text without its quotes. */
static const char *show_audience(Ctx *ctx, const char *aud)
{
    return aud == NULL ? "" : aud[0] == '"' ? json_get(ctx->arena, arena_printf(ctx->arena, "{\"aud\":%s}", aud), "aud") : aud;
}

static Err check_claims(Ctx *ctx, const Auth0Claims *claims, const char *audience)
{
    const double now = (double)ctx->now / (double)US_PER_S;

    if (!text_eq(claims->iss, auth0_issuer(ctx)) || text_empty(claims->sub))
        return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, NULL);
    if (!HAS(claims, exp_read) || IS_NULL(claims, exp_read) || claims->exp_read <= now)
        return fail(ctx, E_EXPIRED_CREDENTIAL, NOWHERE, NULL);
    if (HAS(claims, nbf_read) && claims->nbf_read > now)
        return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, NULL);
    if (!auth0_has_audience(ctx, claims->aud, audience))
        return fail(ctx, E_BAD_AUDIENCE, NOWHERE, "Bad audience: %.300s", show_audience(ctx, claims->aud));
    return OK;
}

Err auth0_read_token(Ctx *ctx, const Req *req, const char *audience, Auth0Claims *ret)
{
    Str token;

    TRY(read_bearer(ctx, req, &token));
    return auth0_read_jwt(ctx, token, audience, ret);
}

Err auth0_read_jwt(Ctx *ctx, Str token, const char *audience, Auth0Claims *ret)
{
    const Auth0Settings *settings = ctx_settings(ctx);
    Jwt jwt;

    *ret = (Auth0Claims){ 0 };
    if (jwt_read(ctx, settings->keys, token, auth0_claims_read, ret, &jwt) != OK || !text_eq(jwt.alg, "RS256"))
        return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, NULL);
    return check_claims(ctx, ret, audience);
}

/* A user's token is good as long as its session is, although it names an end of its own. */
Err auth0_load_subject(Ctx *ctx, const Auth0Claims *claims, User **ret)
{
    Session *session;

    return auth0_load_session(ctx, claims, ret, &session);
}

Err auth0_load_session(Ctx *ctx, const Auth0Claims *claims, User **ret, Session **ret_session)
{
    Session *session;
    User *user;

    if (strchr(claims->sub, '|') == NULL || text_empty(claims->sid) || auth0_load(ctx, claims->sub, &user) != OK ||
        dir_session_load(ctx, user->id, claims->sid, false, &user, &session) != OK)
        return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, NULL);
    *ret = user;
    *ret_session = session;
    return OK;
}

/* The client that a token speaks for, or NULL. */
static const char *client_of(Ctx *ctx, const char *sub)
{
    static const char tail[] = "@clients";
    const size_t n = strlen(sub), most = n < strlen(tail) ? 0 : n - strlen(tail);

    return most > 0 && text_eq(sub + most, tail) ? arena_strndup(ctx->arena, sub, most) : NULL;
}

/* A token of a client, or of a user, which opens what users may do to themselves. */
static Err check_subject(Ctx *ctx, const Auth0Claims *claims, Caller *caller)
{
    const char *client = client_of(ctx, claims->sub);
    const Err err = client == NULL ? OK : auth0_client_known(ctx, client);

    if (client != NULL)
        return err == E_NO_ROW ? fail(ctx, E_BAD_CREDENTIAL, NOWHERE, NULL) : err;
    TRY(auth0_load_subject(ctx, claims, &caller->user));
    caller->kind = CALLER_USER;
    caller->actor_id = caller->user->id;
    return OK;
}

Err auth0_identify(Ctx *ctx, const Req *req, Str path, const Route *route)
{
    Auth0Claims claims;
    Caller *caller;

    (void)path;
    if (route == NULL || route->need == NEED_NOTHING)
        return OK;
    TRY(auth0_read_token(ctx, req, auth0_audience(ctx), &claims));
    caller = ARENA_NEW(ctx->arena, Caller);
    *caller = (Caller){ .kind = CALLER_ADMIN,
                        .actor_id = UUID_NIL,
                        .actor_name = claims.azp == NULL ? "" : claims.azp,
                        .scopes = claims.scope == NULL ? "" : claims.scope };
    TRY(check_subject(ctx, &claims, caller));
    ctx->caller = caller;
    return OK;
}

/* Users act on themselves alone. Their tokens have no scope that opens more. */
static bool is_own(Ctx *ctx)
{
    return ctx->caller->kind == CALLER_ADMIN || text_eq(req_param(ctx, "id"), auth0_user_id(ctx, ctx->caller->user));
}

bool auth0_has_scope(const Ctx *ctx, const char *scope)
{
    return word_in(str_of(ctx->caller->scopes), ' ', str_of(scope));
}

/* One alternative of a route: scopes that are needed together, with `+` between them. */
static bool has_scopes(Ctx *ctx, Str alternative)
{
    while (alternative.p != NULL)
        if (!word_in(str_of(ctx->caller->scopes), ' ', str_cut(&alternative, '+')))
            return false;
    return true;
}

/* The sentence names the scopes; when they are wanted together it says so. */
static Err refuse_scope(Ctx *ctx, const char *scope)
{
    Str rest = str_of(scope), first = str_cut(&rest, ',');
    char *text = arena_strndup(ctx->arena, first.p, first.n);

    if (strchr(text, '+') == NULL)
        return fail(ctx, E_SCOPE, NOWHERE, "Insufficient scope, expected any of: %s", scope);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '+' ? ',' : *c;
    return fail(ctx, E_SCOPE, NOWHERE, "Insufficient scope, expected all of: %s", text);
}

Err auth0_allow(Ctx *ctx, const Req *req, const Route *route)
{
    Str wanted;

    (void)req;
    if (route == NULL || route->need == NEED_NOTHING)
        return OK;
    if (ctx->caller == NULL)
        return fail(ctx, E_NO_CREDENTIAL, NOWHERE, NULL);
    wanted = str_of(route->scope);
    while (wanted.p != NULL)
        if (has_scopes(ctx, str_cut(&wanted, ',')))
            return is_own(ctx) ? OK : auth0_say(ctx, 403, "unowned_resource", "User to be acted on does not match subject in bearer token.");
    return refuse_scope(ctx, route->scope);
}
