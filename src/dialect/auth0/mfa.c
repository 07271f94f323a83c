/* mfa.c: the second step of a password grant: mfa_required, codes of TOTP, of phones and of recovery; what a user may choose from, adds and takes
 * away (spec/auth0.md 7.2). */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "crypto/totp.h"
#include "dialect/auth0/internal.h"
#include "directory/account.h"

#define MFA_PURPOSE "auth0 mfa token"
#define OOB_PURPOSE "auth0 oob code"
enum { MFA_TOKEN_SECONDS = 600, MOST_TOKEN = 8192 };

/* ---- the token between the steps: sealed, with what was asked for ---- */

static const char *or_null(Ctx *ctx, const char *text)
{
    return text == NULL ? "null" : json_quote(ctx->arena, text);
}

static Err mfa_token(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, const User *user, char **ret)
{
    const char *doc = arena_printf(ctx->arena, "{\"user\":%s,\"at\":\"%lld\",\"client\":%s,\"audience\":%s,\"scope\":%s,\"org\":%s}",
                                   json_quote(ctx->arena, user->id), (long long)ctx->now, json_quote(ctx->arena, client->id),
                                   or_null(ctx, in->audience), or_null(ctx, in->scope), or_null(ctx, in->organization));

    return seal_write(ctx->arena, ctx->directory->data_key, MFA_PURPOSE, str_of(doc), ret);
}

Err auth0_reply_mfa(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, const User *user, Reply *reply)
{
    char *token;

    TRY(mfa_token(ctx, in, client, user, &token));
    return reply_text(
        ctx, reply, 403, AUTH0_JSON,
        str_of(arena_printf(ctx->arena, "{\"error\":\"mfa_required\",\"error_description\":\"Multifactor authentication required\",\"mfa_token\":%s}",
                            json_quote(ctx->arena, token))));
}

/* Who takes a step: by the token between the steps, or by an access token for the MFA API, which has a session. */
typedef struct Step {
    User *user;
    Session *session; /* NULL: none yet */
    const char *audience, *scope, *org_id, *client_id;
    bool low; /* the token is from before the session rose */
} Step;

const char *auth0_mfa_audience(Ctx *ctx)
{
    return arena_printf(ctx->arena, "%smfa/", auth0_issuer(ctx));
}

static Err malformed(Ctx *ctx)
{
    return auth0_say(ctx, 403, "invalid_grant", "Malformed mfa_token");
}

/* Whoever calls is a user from here on. */
static void act_as(Ctx *ctx, const Step *step)
{
    Caller *caller = ARENA_NEW(ctx->arena, Caller);

    *caller = (Caller){ .kind = CALLER_USER,
                        .actor_id = step->user->id,
                        .actor_name = step->user->email == NULL ? "" : step->user->email,
                        .user = step->user,
                        .session = step->session,
                        .aal = step->session == NULL ? NULL
                               : step->low           ? "aal1"
                                                     : step->session->aal };
    ctx->caller = caller;
}

/* Was a second factor shown after the second in which the token was made? */
static bool rose_since(const Session *session, double iat)
{
    for (size_t i = 0; i < session->amr.n; i++) {
        const Amr *amr = session->amr.v[i];

        if ((text_eq(amr->method, "totp") || text_eq(amr->method, "mfa/phone")) && (double)(amr->updated_at / US_PER_S) > iat)
            return true;
    }
    return false;
}

static Err read_access_token(Ctx *ctx, const char *token, Step *ret)
{
    Auth0Claims claims;

    if (auth0_read_jwt(ctx, str_of(token), auth0_mfa_audience(ctx), &claims) != OK ||
        auth0_load_session(ctx, &claims, &ret->user, &ret->session) != OK)
        return malformed(ctx);
    ret->low = rose_since(ret->session, claims.iat_read);
    ret->audience = auth0_mfa_audience(ctx);
    ret->scope = claims.scope == NULL ? "" : claims.scope;
    ret->client_id = claims.azp;
    return OK;
}

/* Was the password set or taken away, or that of a linked account set, since the token was made? Then it is void. */
static bool password_changed(const User *user, int64_t at)
{
    return user->password_set_at > at || user->last_password_reset_at > at;
}

static Err read_between(Ctx *ctx, const char *token, Step *ret)
{
    const char *doc;
    uint64_t at;
    Str text;

    if (seal_read(ctx->arena, ctx->directory->data_key, MFA_PURPOSE, token, &text) != OK)
        return malformed(ctx);
    doc = str_dup(ctx->arena, text);
    if (!str_to_u64(str_of(json_get(ctx->arena, doc, "at")), INT64_MAX, &at) || (int64_t)at + MFA_TOKEN_SECONDS * US_PER_S <= ctx->now)
        return auth0_say(ctx, 401, "expired_token", "mfa_token is expired");
    if (dir_user_get(ctx, json_get(ctx->arena, doc, "user"), &ret->user) != OK || password_changed(ret->user, (int64_t)at))
        return malformed(ctx);
    ret->audience = json_get(ctx->arena, doc, "audience");
    ret->scope = json_get(ctx->arena, doc, "scope");
    ret->org_id = json_get(ctx->arena, doc, "org");
    ret->client_id = json_get(ctx->arena, doc, "client");
    return OK;
}

/* `client` NULL: of any. */
static Err read_step(Ctx *ctx, const OauthClient *client, const char *token, Step *ret)
{
    const char *dot = token == NULL ? NULL : strchr(token, '.');

    *ret = (Step){ 0 };
    if (token == NULL || strlen(token) > MOST_TOKEN)
        return malformed(ctx);
    TRY(dot != NULL && strchr(dot + 1, '.') != NULL ? read_access_token(ctx, token, ret) : read_between(ctx, token, ret));
    if (client != NULL && !text_eq(ret->client_id, client->id))
        return malformed(ctx);
    if (user_banned(ctx, ret->user))
        return fail(ctx, E_BANNED, NOWHERE, NULL);
    if (user_locked_until(ctx, ret->user) > 0)
        return fail(ctx, E_LOCKED, NOWHERE, NULL);
    act_as(ctx, ret);
    return OK;
}

/* ---- factors ---- */

static bool is_active(const Factor *factor)
{
    return text_eq(factor->status, "verified");
}

static bool is_totp(const Factor *factor)
{
    return text_eq(factor->factor_type, "totp");
}

/* The last of a kind that is verified, or is not; NULL: there is none. `id` (or NULL) is the one that is meant, as it is shown. */
static const Factor *find_factor(Ctx *ctx, const User *user, bool totp, bool active, const char *id)
{
    for (size_t i = user->factors.n; i-- > 0;) {
        const Factor *factor = user->factors.v[i];

        if ((totp ? is_totp(factor) : text_eq(factor->factor_type, "phone")) && is_active(factor) == active &&
            (id == NULL || text_eq(id, auth0_factor_id(ctx, factor->factor_type, factor->id))))
            return factor;
    }
    return NULL;
}

/* A challenge of a phone, as the caller gets it: the code goes to the phone. */
static Err challenge(Ctx *ctx, const Step *step, const Factor *factor, const char **ret)
{
    const char *id;
    int64_t unused;
    char *sealed;

    TRY(dir_factor_challenge(ctx, factor, &id, &unused));
    TRY(seal_write(ctx->arena, ctx->directory->data_key, OOB_PURPOSE,
                   str_of(arena_printf(ctx->arena, "{\"user\":\"%s\",\"factor\":\"%s\",\"challenge\":\"%s\"}", step->user->id, factor->id, id)),
                   &sealed));
    *ret = sealed;
    return OK;
}

static Err read_oob(Ctx *ctx, const Step *step, const Auth0TokenIn *in, PhoneAnswer *ret)
{
    const char *doc;
    Str text;

    if (strlen(in->oob_code) > MOST_TOKEN || seal_read(ctx->arena, ctx->directory->data_key, OOB_PURPOSE, in->oob_code, &text) != OK)
        return auth0_say(ctx, 403, "invalid_grant", "Malformed oob_code");
    doc = str_dup(ctx->arena, text);
    if (!text_eq(json_get(ctx->arena, doc, "user"), step->user->id))
        return auth0_say(ctx, 403, "invalid_grant", "Malformed oob_code");
    *ret = (PhoneAnswer){ json_get(ctx->arena, doc, "factor"), json_get(ctx->arena, doc, "challenge"), in->binding_code };
    return OK;
}

/* ---- grants ---- */

static Err begin(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, UserGrant *grant, Step *step)
{
    if (text_empty(in->mfa_token))
        return fail(ctx, E_MISSING, NOWHERE, "mfa_token");
    TRY(read_step(ctx, client, in->mfa_token, step));
    grant->gty = "password";
    grant->client = client;
    grant->org_id = step->org_id;
    return auth0_take_audience(ctx, step->audience, step->scope, grant);
}

static Err need(Ctx *ctx, const char *value, const char *name)
{
    return text_empty(value) ? fail(ctx, E_MISSING, NOWHERE, "%s", name) : OK;
}

static Err finish(Ctx *ctx, UserGrant *grant, Reply *reply)
{
    return auth0_reply_grant(ctx, grant, auth0_grant_has(grant, "offline_access"), reply);
}

/* The first code of an authenticator that was added makes it one; the session rises by it. */
static Err confirm(Ctx *ctx, const Step *step, const char *code, Grant *ret)
{
    const Factor *factor = find_factor(ctx, step->user, true, false, NULL);
    const char *id;
    int64_t unused;

    if (factor == NULL)
        factor = find_factor(ctx, step->user, true, true, NULL);
    if (factor == NULL)
        return fail(ctx, E_NO_FACTOR, NOWHERE, NULL);
    TRY(dir_factor_challenge(ctx, factor, &id, &unused));
    return dir_factor_verify(ctx, factor, id, code, ret);
}

Err auth0_grant_otp(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply)
{
    UserGrant grant = { 0 };
    Step step;

    TRY(need(ctx, text_empty(in->mfa_token) ? "-" : in->otp, "otp"));
    TRY(begin(ctx, in, client, &grant, &step));
    TRY(step.session != NULL ? confirm(ctx, &step, in->otp, &grant.grant) : dir_sign_in_totp(ctx, step.user->id, in->otp, &grant.grant));
    return finish(ctx, &grant, reply);
}

Err auth0_grant_oob(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply)
{
    UserGrant grant = { 0 };
    PhoneAnswer answer;
    Step step;
    Err err;

    TRY(need(ctx, text_empty(in->mfa_token) ? "-" : in->oob_code, "oob_code"));
    TRY(need(ctx, text_empty(in->mfa_token) ? "-" : in->binding_code, "binding_code"));
    TRY(begin(ctx, in, client, &grant, &step));
    TRY(read_oob(ctx, &step, in, &answer));
    if (step.session == NULL) {
        err = dir_sign_in_phone(ctx, step.user->id, &answer, &grant.grant);
    } else {
        const Factor factor = { .id = answer.factor_id, .factor_type = "phone" };

        err = dir_factor_verify(ctx, &factor, answer.challenge_id, answer.code, &grant.grant);
    }
    TRY(err == E_WRONG_CODE ? auth0_say(ctx, 403, "invalid_grant", "Invalid binding_code.") : err);
    return finish(ctx, &grant, reply);
}

Err auth0_grant_recovery(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply)
{
    UserGrant grant = { 0 };
    Step step;
    Err err;

    TRY(need(ctx, text_empty(in->mfa_token) ? "-" : in->recovery_code, "recovery_code"));
    TRY(begin(ctx, in, client, &grant, &step));
    err = dir_sign_in_recovery(ctx, step.user->id, in->recovery_code, &grant.recovery_code, &grant.grant);
    TRY(err == E_WRONG_CODE ? auth0_say(ctx, 403, "invalid_grant", "MFA Authorization rejected.") : err);
    return finish(ctx, &grant, reply);
}

/* ---- what there is to choose from ---- */

static Err no_type(Ctx *ctx)
{
    return auth0_say(ctx, 403, "unsupported_challenge_type", "User does not have any of the requested challenge types.");
}

/* A code of TOTP needs no message; that of a phone is sent. */
Err auth0_mfa_challenge(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0TokenIn in = { 0 };
    const Factor *totp, *phone;
    const char *types, *code;
    OauthClient client;
    Step step;

    TRY(auth0_read_client(ctx, req, &in, &client));
    TRY(need(ctx, in.mfa_token, "mfa_token"));
    TRY(read_step(ctx, &client, in.mfa_token, &step));
    types = text_empty(in.challenge_type) ? "otp oob" : in.challenge_type;
    totp = ctx->directory->factors.totp_verify && word_in(str_of(types), ' ', STR("otp"))
               ? find_factor(ctx, step.user, true, true, in.authenticator_id)
               : NULL;
    phone = word_in(str_of(types), ' ', STR("oob")) ? find_factor(ctx, step.user, false, true, in.authenticator_id) : NULL;
    if (totp != NULL)
        return auth0_reply_fixed(ctx, reply, "{\"challenge_type\":\"otp\"}");
    if (phone == NULL)
        return no_type(ctx);
    TRY(challenge(ctx, &step, phone, &code));
    return auth0_reply_fixed(
        ctx, reply,
        arena_printf(ctx->arena, "{\"challenge_type\":\"oob\",\"oob_code\":%s,\"binding_method\":\"prompt\"}", json_quote(ctx->arena, code)));
}

static Err read_bearer_step(Ctx *ctx, const Req *req, const char *scope, Step *ret)
{
    Str token;

    if (req_header_count(req, "authorization") == 0 || req_bearer(ctx, req, &token) != OK)
        return fail(ctx, E_NO_CREDENTIAL, NOWHERE, NULL);
    TRY(read_step(ctx, NULL, str_dup(ctx->arena, token), ret));
    if (ret->session != NULL && !word_in(str_of(ret->scope), ' ', str_of(scope)))
        return auth0_say(ctx, 403, "insufficient_scope", arena_printf(ctx->arena, "Insufficient scope, expected: %s", scope));
    return OK;
}

static Auth0Authenticator *authenticator_view(Ctx *ctx, const Factor *factor)
{
    Auth0Authenticator *view = ARENA_NEW(ctx->arena, Auth0Authenticator);

    *view = (Auth0Authenticator){ .id = auth0_factor_id(ctx, factor->factor_type, factor->id),
                                  .type = is_totp(factor) ? "otp" : "oob",
                                  .channel = is_totp(factor) ? NULL : "sms",
                                  .name = text_empty(factor->friendly_name) ? NULL : factor->friendly_name,
                                  .active = is_active(factor) };
    if (factor->phone != NULL)
        view->name = auth0_mask_phone(ctx, arena_printf(ctx->arena, "+%s", factor->phone));
    return view;
}

Err auth0_mfa_authenticators(Ctx *ctx, const Req *req, Reply *reply)
{
    List views = { 0 };
    Step step;

    TRY(read_bearer_step(ctx, req, "read:authenticators", &step));
    for (size_t i = 0; i < step.user->factors.n; i++)
        list_add(ctx->arena, &views, authenticator_view(ctx, step.user->factors.v[i]));
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    json_write_list(&reply->body, auth0_authenticator, &views, JSON_PLAIN);
    return OK;
}

/* ---- what a user adds and takes away, by an access token ---- */

/* The token between the steps opens nothing here: who has it has an authenticator, and did not use it yet. */
static Err read_owner(Ctx *ctx, const Req *req, const char *scope, Step *ret)
{
    TRY(read_bearer_step(ctx, req, scope, ret));
    return ret->session != NULL ? OK : fail(ctx, E_MFA_REQUIRED, NOWHERE, NULL);
}

static Err enroll(Ctx *ctx, const Step *step, const Auth0AssociateIn *in, bool totp, const char **recovery, Auth0Associated *out)
{
    const char *kind = totp ? "totp" : "phone", *secret;
    const NewFactor new = { .factor_type = kind,
                            .phone = in->phone_number,
                            .friendly_name = arena_printf(ctx->arena, "%s %s", kind, random_text(ctx->arena, 6, "0123456789abcdef")) };
    Factor *factor;

    TRY(dir_factor_enroll(ctx, &new, &factor, &secret, recovery));
    *out = (Auth0Associated){ .type = totp ? "otp" : "oob", .channel = totp ? NULL : "sms", .secret = secret };
    if (!totp) {
        out->binding_method = "prompt";
        return challenge(ctx, step, factor, &out->oob_code);
    }
    out->uri = totp_uri(ctx->arena, "Hecate", step->user->email == NULL ? step->user->id : step->user->email, secret);
    return OK;
}

static bool has(const Texts *texts, const char *word)
{
    for (size_t i = 0; i < texts->n; i++)
        if (text_eq(texts->v[i], word))
            return true;
    return false;
}

/* The first authenticator comes with a recovery code. */
Err auth0_mfa_associate(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0AssociateIn in = { 0 };
    const char *recovery;
    Auth0Associated out;
    bool totp, first;
    Step step;

    TRY(read_owner(ctx, req, "enroll", &step));
    TRY(json_read(ctx, req->body, JSON_IGNORE_UNKNOWN, auth0_associate_in, &in));
    totp = has(&in.types, "otp");
    if (!totp && !(has(&in.types, "oob") && has(&in.channels, "sms")))
        return auth0_say(ctx, 400, "invalid_request", "No authenticator of these types can be associated.");
    first = find_factor(ctx, step.user, true, true, NULL) == NULL && find_factor(ctx, step.user, false, true, NULL) == NULL;
    TRY(enroll(ctx, &step, &in, totp, first ? &recovery : NULL, &out));
    if (first)
        texts_add(ctx->arena, &out.recovery_codes, recovery);
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_associated, &out, JSON_PLAIN);
}

Err auth0_mfa_authenticator_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const Factor *factor = NULL;
    Step step;

    TRY(read_owner(ctx, req, "remove:authenticators", &step));
    for (size_t i = 0; i < step.user->factors.n && factor == NULL; i++)
        if (text_eq(authenticator_view(ctx, step.user->factors.v[i])->id, req_param(ctx, "id")))
            factor = step.user->factors.v[i];
    if (factor == NULL)
        return auth0_say(ctx, 404, "invalid_request", "The authenticator does not exist.");
    TRY(dir_factor_unenroll(ctx, factor));
    return auth0_reply_empty(reply, 204);
}
