/* token.c: POST /token, GET /user, POST /logout (spec/gotrue.md 3.2, 3.3, 3.12, 3.14). */
#include "base/clock.h"
#include "dialect/gotrue/internal.h"

/* ---- access tokens (spec 4.6) ---- */

typedef struct AmrClaim {
    const char *method;
    int64_t timestamp;
} AmrClaim;

typedef struct AccessClaims {
    const char *iss, *sub, *aud, *email, *phone, *app_metadata, *user_metadata, *role, *aal, *session_id;
    int64_t exp, iat;
    List amr;
    bool is_anonymous;
} AccessClaims;

static const Field amr_fields[] = { TEXT(AmrClaim, method, "method"), INT(AmrClaim, timestamp, "timestamp"), END(AmrClaim) };

static const Field access_fields[] = {
    TEXT(AccessClaims, iss, "iss", .flags = OMIT_NULL | OMIT_ZERO),
    TEXT(AccessClaims, sub, "sub"),
    TEXT(AccessClaims, aud, "aud", .flags = NULL_AS_EMPTY),
    INT(AccessClaims, exp, "exp"),
    INT(AccessClaims, iat, "iat"),
    TEXT(AccessClaims, email, "email", .flags = NULL_AS_EMPTY),
    TEXT(AccessClaims, phone, "phone", .flags = NULL_AS_EMPTY),
    JSON(AccessClaims, app_metadata, "app_metadata", .flags = NULL_AS_EMPTY),
    JSON(AccessClaims, user_metadata, "user_metadata", .flags = NULL_AS_EMPTY),
    TEXT(AccessClaims, role, "role", .flags = NULL_AS_EMPTY),
    TEXT(AccessClaims, aal, "aal"),
    LIST(AccessClaims, amr, "amr", amr_fields, .flags = OMIT_NULL),
    TEXT(AccessClaims, session_id, "session_id"),
    BOOL(AccessClaims, is_anonymous, "is_anonymous"),
    END(AccessClaims),
};

/* With a low-aal limit, the token of a user who owes a second factor ends with it. */
static int64_t expiry(const Ctx *ctx, const Grant *grant, int64_t iat)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const int64_t low = ctx->directory->session_low_aal, exp = iat + settings->jwt_exp;
    int64_t end;

    if (low == 0 || !text_eq(grant->session->aal, "aal1") || !user_has_factor(grant->user))
        return exp;
    end = (grant->session->created_at + low) / US_PER_S;
    return end < exp ? end : exp;
}

/* ---- the token hook (spec 11) ---- */

/* The kinds of JSON that claims of a hook have; those that a token cannot lack. */
static const struct {
    const char *name, *kinds, *type;
    bool needed;
} hook_claims[] = {
    { "aud", "sa", "[string,array]", true }, { "exp", "n", "integer", true },          { "iat", "n", "integer", true },
    { "sub", "s", "string", true },          { "email", "s", "string", true },         { "phone", "s", "string", true },
    { "role", "s", "string", true },         { "aal", "s", "string", true },           { "session_id", "s", "string", true },
    { "is_anonymous", "", "", true },        { "jti", "s", "string", false },          { "iss", "s", "string", false },
    { "nbf", "n", "integer", false },        { "app_metadata", "o", "object", false }, { "user_metadata", "o", "object", false },
    { "amr", "a", "array", false },          { "client_id", "s", "string", false },
};

static const JsonMember *claim_of(const List *members, const char *name)
{
    for (size_t i = 0; i < members->n; i++)
        if (text_eq(((const JsonMember *)members->v[i])->name, name))
            return members->v[i];
    return NULL;
}

static char kind_letter(const char *kind)
{
    return text_eq(kind, "null") ? 'z' : text_eq(kind, "number") ? 'f' : text_eq(kind, "integer") ? 'n' : kind[0];
}

/* Each method is a text or an object. */
static const char *amr_faults(Ctx *ctx, const JsonMember *amr)
{
    static const char *const names[] = { ['n'] = "integer", ['b'] = "boolean", ['a'] = "array", ['z'] = "null" };
    const char *kinds = amr != NULL && text_eq(amr->kind, "array") ? json_kinds(ctx->arena, amr->text) : NULL, *faults = "";

    for (size_t i = 1; kinds != NULL && kinds[i] != '\0'; i++)
        if (kinds[i] != 's' && kinds[i] != 'o')
            faults = arena_printf(ctx->arena,
                                  "%s- amr.%zu: Must validate at least one schema (anyOf)\n- amr.%zu: Invalid type. Expected: string, given: %s\n",
                                  faults, i - 1, i - 1, names[(unsigned char)kinds[i]]);
    return faults;
}

/* What is wrong with the claims, a line each; "" if nothing is. */
static const char *claim_faults(Ctx *ctx, const List *members)
{
    const char *faults = "";

    for (size_t i = 0; i < COUNTOF(hook_claims); i++)
        if (hook_claims[i].needed && claim_of(members, hook_claims[i].name) == NULL)
            faults = arena_printf(ctx->arena, "%s- (root): %s is required\n", faults, hook_claims[i].name);
    for (size_t i = 0; i < COUNTOF(hook_claims); i++) {
        const JsonMember *member = claim_of(members, hook_claims[i].name);

        if (member != NULL && *hook_claims[i].kinds != '\0' && strchr(hook_claims[i].kinds, kind_letter(member->kind)) == NULL)
            faults = arena_printf(ctx->arena, "%s- %s: Invalid type. Expected: %s, given: %s\n", faults, hook_claims[i].name, hook_claims[i].type,
                                  member->kind);
    }
    return arena_printf(ctx->arena, "%s%s", faults, amr_faults(ctx, claim_of(members, "amr")));
}

/* A hook may say what it likes of the user but not who it is, nor that it has shown a factor that it has not. */
static const char *claim_strays(const Grant *grant, const List *claims)
{
    const char *aal = claim_of(claims, "aal")->text;

    if (!text_eq(claim_of(claims, "sub")->text, grant->user->id))
        return "- sub: Must be the user's\n";
    return text_eq(aal, "aal1") || text_eq(aal, grant->session->aal) ? "" : "- aal: Must not be above the session's\n";
}

static Err refuse_claims(Ctx *ctx, const char *text)
{
    IGNORE(fail(ctx, E_HOOK, NOWHERE, NULL));
    ctx->fault.text = text;
    ctx->fault.status = 500;
    return E_HOOK;
}

/* The claims as the hook wants them, with keys in order. */
static Err ask_token_hook(Ctx *ctx, const Grant *grant, char **claims)
{
    const Amr *newest = grant->session->amr.n > 0 ? grant->session->amr.v[0] : NULL;
    const char *method = grant->method != NULL ? grant->method : newest == NULL ? "" : newest->method;
    const JsonMember *made;
    const char *kind, *faults;
    Buf buf = buf_in(ctx->arena, 1 << 20);
    HookOutput output;
    List members;

    TRY(hook_ask(ctx, HOOK_TOKEN,
                 arena_printf(ctx->arena, "\"user_id\":\"%s\",\"claims\":%s,\"authentication_method\":\"%s\"", grant->user->id, *claims, method),
                 &output));
    made = claim_of(&output.members, "claims");
    if (made == NULL && !output.silent)
        return refuse_claims(ctx, "output claims field is missing");
    if (made == NULL || text_eq(made->kind, "null"))
        return refuse_claims(ctx, "output claims do not conform to the expected schema: \n- (root): Invalid type. Expected: object, given: null\n");
    if (!text_eq(made->kind, "object")) {
        IGNORE(refuse_claims(ctx, "Error unmarshaling JSON output."));
        ctx->fault.name = STR("unexpected_failure");
        return E_HOOK;
    }
    TRY(json_members(ctx, str_of(made->text), &kind, &members));
    faults = claim_faults(ctx, &members);
    if (*faults == '\0')
        faults = claim_strays(grant, &members);
    if (*faults != '\0')
        return refuse_claims(ctx, arena_printf(ctx->arena, "output claims do not conform to the expected schema: \n%s", faults));
    json_canon(&buf, made->text, JSON_HTML);
    return buf_text(&buf, claims);
}

static Err sign_access(Ctx *ctx, const Grant *grant, int64_t *exp, const char **ret)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const User *user = grant->user;
    AccessClaims claims = { .iss = settings->issuer,
                            .sub = user->id,
                            .aud = user->aud,
                            .email = user->email,
                            .phone = user->phone,
                            .app_metadata = user->meta_app,
                            .user_metadata = user->meta_user,
                            .role = user->role,
                            .aal = grant->session->aal == NULL ? "aal1" : grant->session->aal,
                            .session_id = grant->session->id,
                            .iat = ctx->now / US_PER_S,
                            .is_anonymous = user->is_anonymous };
    Buf buf = buf_in(ctx->arena, 4 << 20);
    char *text, *token;

    *exp = claims.exp = expiry(ctx, grant, claims.iat);
    for (size_t i = 0; i < grant->session->amr.n; i++) {
        const Amr *amr = grant->session->amr.v[i];
        AmrClaim *claim = ARENA_NEW(ctx->arena, AmrClaim);

        *claim = (AmrClaim){ .method = amr->method, .timestamp = amr->updated_at / US_PER_S };
        list_add(ctx->arena, &claims.amr, claim);
    }
    json_write(&buf, access_fields, &claims, JSON_HTML);
    TRY(buf_text(&buf, &text));
    if (hook_on(ctx, HOOK_TOKEN))
        TRY(ask_token_hook(ctx, grant, &text));
    TRY(jwt_sign(ctx->arena, settings->keys, "JWT", text, &token));
    *ret = token;
    return OK;
}

/* ---- grants ---- */

static const WeakPassword *weak_password(Ctx *ctx, const Grant *grant)
{
    WeakPassword *weak;

    if (!grant->weak_password)
        return NULL;
    weak = ARENA_NEW(ctx->arena, WeakPassword);
    weak->message = ctx->fault.text;
    for (size_t i = 0; i < ctx->fault.reasons.n; i++)
        texts_add(ctx->arena, &weak->reasons, ctx->fault.reasons.v[i]);
    return weak;
}

/* As the reference's transaction, which ends with the hook's word. */
static Err undo_sign_in(Ctx *ctx, const Grant *grant, Err err)
{
    const Fault fault = ctx->fault;

    IGNORE(dir_sign_in_undo(ctx, grant)); /* who is refused has no token in any case */
    ctx->fault = fault;
    return err;
}

Err gotrue_issue(Ctx *ctx, Reply *reply, const Grant *grant, GotrueSession *ret)
{
    GotrueSession out = { .token_type = "bearer",
                          .refresh_token = grant->refresh_token,
                          .user = gotrue_user_view(ctx, grant->user),
                          .provider_token = grant->provider_token,
                          .provider_refresh_token = grant->provider_refresh_token,
                          .weak_password = weak_password(ctx, grant) };
    const Err err = sign_access(ctx, grant, &out.expires_at, &out.access_token);

    if (err != OK)
        return undo_sign_in(ctx, grant, err);
    out.expires_in = out.expires_at - ctx->now / US_PER_S;
    reply_header(reply, "sb-auth-user-id", grant->user->id);
    reply_header(reply, "sb-auth-session-id", grant->session->id);
    if (grant->counted)
        reply_headerf(reply, "sb-auth-refresh-token-counter", "%lld", (long long)grant->session->refresh_token_counter);
    else
        reply_header(reply, "sb-auth-refresh-token-prefix", str_dup(ctx->arena, (Str){ grant->refresh_token, strnlen(grant->refresh_token, 5) }));
    reply_header(reply, "Cache-Control", "no-store");
    *ret = out;
    return OK;
}

Err gotrue_reply_grant(Ctx *ctx, Reply *reply, const Grant *grant, const Field *fields)
{
    GotrueSession out;

    TRY(gotrue_issue(ctx, reply, grant, &out));
    return reply_json(ctx, reply, 200, "application/json", fields, &out, JSON_HTML);
}

static Err grant_password(Ctx *ctx, const Req *req, const TokenIn *in, Reply *reply)
{
    const SignIn sign_in = { .email = text_empty(in->email) ? NULL : in->email,
                             .phone = text_empty(in->phone) ? NULL : in->phone,
                             .password = in->password,
                             .aud = gotrue_audience(ctx, req) };
    Grant grant = { 0 };
    Err err;

    if (sign_in.email != NULL && sign_in.phone != NULL)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Only an email address or phone number should be provided on login.");
    if (sign_in.email == NULL && sign_in.phone == NULL)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "missing email or phone");
    err = dir_sign_in(ctx, &sign_in, &grant);
    if (err == E_PROVIDER_OFF && sign_in.phone != NULL) {
        IGNORE(fail(ctx, E_PROVIDER_OFF, NOWHERE, "Phone logins are disabled"));
        ctx->fault.name = STR("phone_provider_disabled");
    }
    TRY(err);
    return gotrue_reply_grant(ctx, reply, &grant, gotrue_session_password);
}

static Err grant_refresh(Ctx *ctx, const Req *req, const TokenIn *in, Reply *reply)
{
    Grant grant = { 0 };
    Err err;

    (void)req;
    err = dir_session_refresh(ctx, in->refresh_token == NULL ? "" : in->refresh_token, &grant);
    grant.method = "token_refresh";
    if (err == E_BANNED)
        return fail(ctx, E_BANNED, NOWHERE, "Invalid Refresh Token: User Banned");
    TRY(err);
    if (grant.reuse_cause != NULL)
        reply_header(reply, "sb-auth-refresh-token-reuse-cause", grant.reuse_cause);
    else
        reply_header(reply, "sb-auth-refresh-token-reuse", grant.reused ? "true" : "false");
    return gotrue_reply_grant(ctx, reply, &grant, gotrue_session);
}

static const struct {
    const char *name;
    const Field *in;
    Err (*fn)(Ctx *ctx, const Req *req, const TokenIn *in, Reply *reply);
} grants[] = {
    { "password", gotrue_password_in, grant_password },
    { "refresh_token", gotrue_refresh_in, grant_refresh },
    { "pkce", gotrue_pkce_in, gotrue_grant_pkce },
    { "id_token", gotrue_id_token_in, gotrue_grant_id_token },
};

/* A form, which no grant is read from, still names one before the query does. */
Err gotrue_grant_type(Ctx *ctx, const Req *req, char **ret)
{
    *ret = NULL;
    if (gotrue_is_form(req))
        TRY(form_value(ctx, req->body, "grant_type", ret));
    return text_empty(*ret) ? form_value(ctx, req->query, "grant_type", ret) : OK;
}

Err gotrue_token(Ctx *ctx, const Req *req, Reply *reply)
{
    TokenIn in = { 0 };
    char *type;

    TRY(gotrue_grant_type(ctx, req, &type));
    for (size_t i = 0; i < COUNTOF(grants); i++)
        if (text_eq(grants[i].name, type)) {
            TRY(gotrue_read_as(ctx, req, GOTRUE_BODY, grants[i].in, &in));
            return grants[i].fn(ctx, req, &in, reply);
        }
    if (text_eq(type, "web3"))
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "web3_provider_disabled", "Web3 provider is disabled");
    return fail(ctx, E_BAD_GRANT_TYPE, NOWHERE, NULL);
}

/* ---- the user of a token ---- */

Err gotrue_me(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *want = gotrue_audience(ctx, req);

    if (ctx->caller->scopes == NULL || !text_eq(ctx->caller->scopes, want))
        return fail(ctx, E_BAD_AUDIENCE, NOWHERE, NULL);
    return gotrue_reply_user(ctx, reply, 200, ctx->caller->user);
}

static const struct {
    const char *name;
    SignOutScope scope;
} scopes[] = {
    { "", SIGN_OUT_GLOBAL },
    { "global", SIGN_OUT_GLOBAL },
    { "local", SIGN_OUT_LOCAL },
    { "others", SIGN_OUT_OTHERS },
};

Err gotrue_logout(Ctx *ctx, const Req *req, Reply *reply)
{
    char *name;

    TRY(form_value(ctx, req->query, "scope", &name));
    for (size_t i = 0; i < COUNTOF(scopes); i++)
        if (text_eq(scopes[i].name, name == NULL ? "" : name)) {
            const char *session_id = ctx->caller->session == NULL ? NULL : ctx->caller->session->id;

            TRY(dir_sign_out(ctx, ctx->caller->user, session_id, scopes[i].scope));
            if (gotrue_wants_json(req))
                return reply_text(ctx, reply, 200, "application/json", STR("{}"));
            reply->status = 204;
            return OK;
        }
    return fail(ctx, E_BAD_VALUE, NOWHERE, "Unsupported logout scope \"%s\"", go_escape(ctx->arena, name));
}
