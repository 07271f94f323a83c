/* caller.c: who is calling: a service key or a user's access token (spec/gotrue.md 0.5). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/gotrue/internal.h"

typedef struct Claims {
    Given given;
    const char *iss, *sub, *jti, *role, *email, *phone, *session_id, *aud, *aal, *amr, *app_metadata, *user_metadata, *client_id, *scope;
    double exp, nbf, iat;
    bool is_anonymous;
} Claims;

static const Field claims_fields[] = {
    GIVEN(Claims, given),
    TEXT(Claims, iss, "iss"),
    TEXT(Claims, sub, "sub"),
    TEXT(Claims, jti, "jti"),
    TEXT(Claims, role, "role"),
    TEXT(Claims, email, "email"),
    TEXT(Claims, phone, "phone"),
    TEXT(Claims, session_id, "session_id"),
    TEXT(Claims, aal, "aal"),
    JSON(Claims, aud, "aud"),
    JSON(Claims, amr, "amr"),
    OBJECT_JSON(Claims, app_metadata, "app_metadata"),
    OBJECT_JSON(Claims, user_metadata, "user_metadata"),
    TEXT(Claims, client_id, "client_id"),
    TEXT(Claims, scope, "scope"),
    DOUBLE(Claims, exp, "exp"),
    DOUBLE(Claims, nbf, "nbf"),
    DOUBLE(Claims, iat, "iat"),
    BOOL(Claims, is_anonymous, "is_anonymous"),
    END(Claims),
};

/* The reference's words for each fault; %s is the token's alg or the verifier's detail. */
static const struct {
    const char *text;
    bool alg;
} fault_texts[] = {
    [JWT_SEGMENTS] = { "token is malformed: token contains an invalid number of segments", false },
    [JWT_HEADER_BASE64] = { "token is malformed: could not base64 decode header: illegal base64 data at input byte %s", false },
    [JWT_HEADER_JSON] = { "token is malformed: could not JSON decode header: %s", false },
    [JWT_CLAIMS_BASE64] = { "token is malformed: could not base64 decode claim: illegal base64 data at input byte %s", false },
    [JWT_CLAIMS_JSON] = { "token is malformed: could not JSON decode claim: %s", false },
    [JWT_ALG_MISSING] = { "token is unverifiable: signing method (alg) is unspecified", false },
    [JWT_ALG_UNKNOWN] = { "token is unverifiable: signing method (alg) is unavailable", false },
    [JWT_ALG_REFUSED] = { "token signature is invalid: signing method %s is invalid", true },
    [JWT_CRIT] = { "token is unverifiable: an extension that is not understood is critical", false },
    [JWT_KEY_TYPE] = { "token signature is invalid: key is of invalid type for %s", true },
    [JWT_KID_UNKNOWN] = { "token is unverifiable: error while executing keyfunc: unrecognized JWT kid <nil> for algorithm %s", true },
    [JWT_SIGNATURE_BASE64] = { "token is malformed: could not base64 decode signature: illegal base64 data at input byte %s", false },
    [JWT_SIGNATURE] = { "token signature is invalid: signature is invalid", false },
};

static Err bad_token(Ctx *ctx, const Jwt *jwt)
{
    const char *text = fault_texts[jwt->fault].text, *hole = strstr(text, "%s");
    const char *filling = fault_texts[jwt->fault].alg ? jwt->alg : jwt->detail;

    if (hole == NULL)
        return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, "%s", text);
    return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, "%.*s%s%s", (int)(hole - text), text, filling == NULL ? "" : filling, hole + 2);
}

static Err check_times(Ctx *ctx, const Claims *claims)
{
    const double now = (double)ctx->now / (double)US_PER_S;

    if (HAS(claims, exp) && !IS_NULL(claims, exp) && claims->exp <= now)
        return fail(ctx, E_EXPIRED_CREDENTIAL, NOWHERE, NULL);
    if (HAS(claims, nbf) && !IS_NULL(claims, nbf) && claims->nbf > now)
        return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, "token has invalid claims: token is not valid yet");
    return OK;
}

/* Is the claim absent, null, or of one of the kinds that `first` and `rest` name (json_kinds)? */
static bool claim_kind(Ctx *ctx, const char *claim, const char *first, const char *rest)
{
    const char *kinds = claim == NULL ? "z" : json_kinds(ctx->arena, claim);

    return kinds != NULL && (kinds[0] == 'z' || strchr(first, kinds[0]) != NULL) && strspn(kinds + 1, rest) == strlen(kinds + 1);
}

static Err check_kinds(Ctx *ctx, const Claims *claims)
{
    if (!claim_kind(ctx, claims->aud, "sa", "s"))
        return fail(ctx, E_BAD_TYPE, NOWHERE, "invalid type for claim");
    if (!claim_kind(ctx, claims->amr, "a", "so"))
        return fail(ctx, E_BAD_TYPE, NOWHERE, "amr must be an array of strings or objects");
    return OK;
}

/* Types of claims are judged before the signature, as the reference does. */
static Err read_token(Ctx *ctx, const Req *req, Claims *claims)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    Str token;
    Jwt jwt;
    Err err;

    TRY(req_bearer(ctx, req, &token));
    err = jwt_read(ctx, settings->keys, token, claims_fields, claims, &jwt);
    if ((err == OK || jwt.fault > JWT_CLAIMS_JSON) && check_kinds(ctx, claims) != OK) {
        jwt.fault = JWT_CLAIMS_JSON;
        jwt.detail = ctx->fault.text;
        return bad_token(ctx, &jwt);
    }
    if (err != OK)
        return bad_token(ctx, &jwt);
    return check_times(ctx, claims);
}

static bool is_admin_role(const Ctx *ctx, const char *role)
{
    const GotrueSettings *settings = ctx_settings(ctx);

    for (size_t i = 0; i < settings->admin_roles.n; i++)
        if (text_eq(settings->admin_roles.v[i], role))
            return true;
    return false;
}

/* The first audience of the token, or NULL. */
static const char *first_aud(Ctx *ctx, const char *aud)
{
    Str rest;

    if (aud == NULL || (aud[0] != '"' && aud[0] != '['))
        return NULL;
    if (aud[0] == '"')
        return json_get(ctx->arena, arena_printf(ctx->arena, "{\"v\":%s}", aud), "v");
    rest = str_of(aud + 1);
    if (rest.n < 2 || rest.p[0] != '"')
        return NULL;
    return json_get(ctx->arena, arena_printf(ctx->arena, "{\"v\":%s\"}", str_dup(ctx->arena, (Str){ rest.p, strcspn(rest.p + 1, "\"") + 1 })), "v");
}

/* The session that the token names, as a UUID; NULL for none or the nil UUID. */
static Err read_session_id(Ctx *ctx, const Claims *claims, const char **ret)
{
    *ret = NULL;
    if (text_empty(claims->session_id))
        return OK;
    *ret = uuid_read(ctx->arena, str_of(claims->session_id));
    if (*ret == NULL)
        return fail(ctx, E_NO_SUBJECT, NOWHERE, "invalid claim: session_id claim must be a UUID");
    if (text_eq(*ret, UUID_NIL))
        *ret = NULL;
    return OK;
}

static Err read_subject(Ctx *ctx, const Claims *claims, const char **ret)
{
    if (text_empty(claims->sub))
        return fail(ctx, E_NO_SUBJECT, NOWHERE, NULL);
    *ret = uuid_read(ctx->arena, str_of(claims->sub));
    if (*ret == NULL) {
        IGNORE(fail(ctx, E_BAD_ID, NOWHERE, "invalid claim: sub claim must be a UUID"));
        ctx->fault.name = STR("bad_jwt");
        return E_BAD_ID;
    }
    return OK;
}

static Caller *caller_new(Ctx *ctx, CallerKind kind, const Claims *claims)
{
    Caller *caller = ARENA_NEW(ctx->arena, Caller);

    *caller = (Caller){ .kind = kind,
                        .actor_id = UUID_NIL,
                        .actor_name = claims->role == NULL ? "" : claims->role,
                        .scopes = first_aud(ctx, claims->aud),
                        .aal = claims->aal,
                        .anonymous = claims->is_anonymous };
    return caller;
}

static Err identify_user(Ctx *ctx, const Claims *claims, bool core)
{
    Caller *caller = caller_new(ctx, CALLER_USER, claims);
    const char *user_id, *session_id;

    if (!HAS(claims, exp) || IS_NULL(claims, exp))
        return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, "token has invalid claims: exp is missing");
    TRY(read_subject(ctx, claims, &user_id));
    TRY(read_session_id(ctx, claims, &session_id));
    TRY(dir_session_load(ctx, user_id, session_id, core, &caller->user, &caller->session));
    caller->actor_id = caller->user->id;
    ctx->caller = caller;
    return OK;
}

/* A token of a session may carry an admin role: the session must stand, and its user must not be banned. */
static Err identify_admin(Ctx *ctx, const Claims *claims)
{
    const char *user_id = NULL, *session_id;
    Session *session;
    User *user;

    if (!text_empty(claims->session_id))
        TRY(read_subject(ctx, claims, &user_id));
    TRY(read_session_id(ctx, claims, &session_id));
    if (session_id != NULL) {
        TRY(dir_session_load(ctx, user_id, session_id, true, &user, &session));
        if (dir_session_check(ctx, session) != OK)
            return fail(ctx, E_SESSION_EXPIRED, NOWHERE, NULL);
        ctx->user_id = NULL;
    }
    if (!is_admin_role(ctx, claims->role))
        return fail(ctx, E_NOT_ADMIN, NOWHERE, NULL);
    ctx->caller = caller_new(ctx, CALLER_ADMIN, claims);
    return OK;
}

static bool is_below(Str path, const char *group)
{
    const Str name = str_of(group);

    return str_starts(path, name) && (path.n == name.n || path.p[name.n] == '/');
}

/* Groups whose guard stands before the look-up of the rest of the path. */
static Need group_need(Str path)
{
    static const struct {
        const char *path;
        Need need;
    } rows[] = { { "/admin", NEED_SECRET }, { "/user", NEED_USER }, { "/factors", NEED_USER }, { "/reauthenticate", NEED_USER } };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        if (is_below(path, rows[i].path))
            return rows[i].need;
    return NEED_NOTHING;
}

/* Features that are not served say so whatever the method and the rest of the path. */
static Err check_feature(Ctx *ctx, const Req *req, Str path)
{
    static const struct {
        const char *path;
        Err (*off)(Ctx *ctx, const Req *req, Reply *reply);
    } rows[] = { { "/oauth", gotrue_oauth_off },       { "/user/oauth/grants", gotrue_oauth_off },
                 { "/admin/oauth", gotrue_oauth_off }, { "/admin/custom-providers", gotrue_custom_off },
                 { "/sso", gotrue_saml_off },          { "/passkeys", gotrue_passkeys_off } };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        if (is_below(path, rows[i].path))
            return rows[i].off(ctx, req, NULL);
    return is_below(path, "/user/identities") ? gotrue_check_linking(ctx) : OK;
}

static bool wants_core(const Route *route)
{
    return route != NULL && (route->flags & ROUTE_CORE) != 0;
}

Err gotrue_identify(Ctx *ctx, const Req *req, Str path, const Route *route)
{
    const Need need = route != NULL ? route->need : group_need(path);
    Claims claims = { 0 };

    if (need == NEED_NOTHING)
        return OK;
    TRY(read_token(ctx, req, &claims));
    return need == NEED_SECRET ? identify_admin(ctx, &claims) : identify_user(ctx, &claims, wants_core(route));
}

Err gotrue_identify_user(Ctx *ctx, const Req *req)
{
    Claims claims = { 0 };

    TRY(read_token(ctx, req, &claims));
    return identify_user(ctx, &claims, false);
}

bool gotrue_bears_admin(Ctx *ctx, const Req *req)
{
    const typeof(ctx->fault) fault = ctx->fault;
    Claims claims = { 0 };
    bool ret;

    ret = read_token(ctx, req, &claims) == OK && identify_admin(ctx, &claims) == OK;
    ctx->caller = NULL;
    ctx->user_id = NULL;
    ctx->fault = fault;
    return ret;
}

const char *gotrue_audience(Ctx *ctx, const Req *req)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const Str header = req_header(req, "x-jwt-aud");

    if (header.n > 0)
        return str_dup(ctx->arena, header);
    if (ctx->caller != NULL && ctx->caller->kind == CALLER_USER && !is_admin_role(ctx, ctx->caller->actor_name) && !text_empty(ctx->caller->scopes))
        return ctx->caller->scopes;
    return settings->aud;
}

/* The factor must be one of this user's. */
static Err find_factor(Ctx *ctx, const User *user, const char *text)
{
    const char *id = uuid_read(ctx->arena, str_of(text));

    if (*text == '\0')
        return OK;
    if (id == NULL) {
        IGNORE(fail(ctx, E_NO_FACTOR, NOWHERE, "factor_id must be an UUID"));
        ctx->fault.name = STR("validation_failed");
        return E_NO_FACTOR;
    }
    return user_factor(user, id) == NULL ? fail(ctx, E_NO_FACTOR, NOWHERE, NULL) : OK;
}

/* Routes that are not for anonymous users: the token says who is one, also after its user has got a name. */
static Err need_name(Ctx *ctx)
{
    if (!ctx->caller->anonymous)
        return OK;
    IGNORE(fail(ctx, E_SCOPE, NOWHERE, "Anonymous user not allowed to perform these actions"));
    ctx->fault.name = STR("no_authorization");
    return E_SCOPE;
}

/* Whatever follows it, the second part of a path below /factors names a factor. */
static const char *factor_of(Ctx *ctx, Str path)
{
    Str rest = { path.p + strlen("/factors"), path.n - strlen("/factors") };

    if (rest.n < 2 || rest.p[0] != '/')
        return "";
    rest = (Str){ rest.p + 1, rest.n - 1 };
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] == '/')
            rest.n = i;
    return str_dup(ctx->arena, rest);
}

/* Loads the user and the factor of the path, before the body is read and before a 405 (spec 2.0). */
static Err load_path(Ctx *ctx, Str path, const Route *route)
{
    Call *call = ctx_call(ctx);
    const char *id;
    User *user;

    if (is_below(path, "/factors")) { /* as group_need(): of others nobody is known */
        TRY(need_name(ctx));
        return find_factor(ctx, ctx->caller->user, factor_of(ctx, path));
    }
    if (str_starts(path, STR("/admin/users//")))
        return gotrue_read_user_id(ctx, "", &id);
    if (call->n_params == 0 || !str_starts(path, STR("/admin/users/")))
        return OK;
    TRY(gotrue_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(wants_core(route) ? dir_user_get_core(ctx, id, &user) : dir_user_get(ctx, id, &user));
    call->loaded = user;
    return find_factor(ctx, user, req_param(ctx, "factor_id"));
}

Err gotrue_enter(Ctx *ctx, const Req *req, Str path, const Route *route)
{
    if (route == NULL)
        TRY(check_feature(ctx, req, path));
    TRY(load_path(ctx, path, route));
    TRY(gotrue_limit_route(ctx, req, route));
    return gotrue_captcha(ctx, req, route);
}
