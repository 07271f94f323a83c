/* mfa.c: the second step of a password grant: mfa_required, the codes of TOTP and recovery, what a user may choose from (spec/auth0.md 7.2). */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "dialect/auth0/internal.h"

#define MFA_PURPOSE "auth0 mfa token"
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

/* The user of a token, which is this client's (NULL: any). A password that changed since makes it void. */
static Err read_token(Ctx *ctx, const OauthClient *client, const char *token, const char **doc, User **ret)
{
    uint64_t at;
    Str text;

    if (token == NULL || strlen(token) > MOST_TOKEN || seal_read(ctx->arena, ctx->directory->data_key, MFA_PURPOSE, token, &text) != OK)
        return auth0_say(ctx, 403, "invalid_grant", "Malformed mfa_token");
    *doc = str_dup(ctx->arena, text);
    if (client != NULL && !text_eq(json_get(ctx->arena, *doc, "client"), client->id))
        return auth0_say(ctx, 403, "invalid_grant", "Malformed mfa_token");
    if (!str_to_u64(str_of(json_get(ctx->arena, *doc, "at")), INT64_MAX, &at) || (int64_t)at + MFA_TOKEN_SECONDS * US_PER_S <= ctx->now)
        return auth0_say(ctx, 401, "expired_token", "mfa_token is expired");
    if (dir_user_get(ctx, json_get(ctx->arena, *doc, "user"), ret) != OK || (*ret)->password_set_at > (int64_t)at)
        return auth0_say(ctx, 403, "invalid_grant", "Malformed mfa_token");
    if (user_banned(ctx, *ret))
        return fail(ctx, E_BANNED, NOWHERE, NULL);
    return user_locked_until(ctx, *ret) > 0 ? fail(ctx, E_LOCKED, NOWHERE, NULL) : OK;
}

/* ---- grants ---- */

static Err begin(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, const char *code, const char *name, UserGrant *grant, User **ret)
{
    const char *doc;

    if (text_empty(in->mfa_token) || text_empty(code))
        return fail(ctx, E_MISSING, NOWHERE, "%s", text_empty(in->mfa_token) ? "mfa_token" : name);
    TRY(read_token(ctx, client, in->mfa_token, &doc, ret));
    grant->gty = "password";
    grant->client = client;
    grant->org_id = json_get(ctx->arena, doc, "org");
    return auth0_take_audience(ctx, json_get(ctx->arena, doc, "audience"), json_get(ctx->arena, doc, "scope"), grant);
}

Err auth0_grant_otp(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply)
{
    UserGrant grant = { 0 };
    User *user;

    TRY(begin(ctx, in, client, in->otp, "otp", &grant, &user));
    TRY(dir_sign_in_totp(ctx, user->id, in->otp, &grant.grant));
    return auth0_reply_grant(ctx, &grant, auth0_grant_has(&grant, "offline_access"), reply);
}

Err auth0_grant_recovery(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply)
{
    UserGrant grant = { 0 };
    User *user;
    Err err;

    TRY(begin(ctx, in, client, in->recovery_code, "recovery_code", &grant, &user));
    err = dir_sign_in_recovery(ctx, user->id, in->recovery_code, &grant.recovery_code, &grant.grant);
    TRY(err == E_WRONG_CODE ? auth0_say(ctx, 403, "invalid_grant", "MFA Authorization rejected.") : err);
    return auth0_reply_grant(ctx, &grant, auth0_grant_has(&grant, "offline_access"), reply);
}

/* ---- what there is to choose from ---- */

/* A code of TOTP needs no message; nothing else is served. */
Err auth0_mfa_challenge(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0TokenIn in = { 0 };
    OauthClient client;
    const char *doc;
    User *user;

    TRY(auth0_read_client(ctx, req, &in, &client));
    if (text_empty(in.mfa_token))
        return fail(ctx, E_MISSING, NOWHERE, "mfa_token");
    TRY(read_token(ctx, &client, in.mfa_token, &doc, &user));
    if (in.challenge_type != NULL && !word_in(str_of(in.challenge_type), ' ', STR("otp")))
        return auth0_say(ctx, 403, "unsupported_challenge_type", "User does not have any of the requested challenge types.");
    return auth0_reply_fixed(ctx, reply, "{\"challenge_type\":\"otp\"}");
}

Err auth0_mfa_authenticators(Ctx *ctx, const Req *req, Reply *reply)
{
    List views = { 0 };
    const char *doc;
    Str token;
    User *user;

    if (req_header_count(req, "authorization") == 0 || req_bearer(ctx, req, &token) != OK)
        return fail(ctx, E_NO_CREDENTIAL, NOWHERE, NULL);
    TRY(read_token(ctx, NULL, str_dup(ctx->arena, token), &doc, &user));
    for (size_t i = 0; i < user->factors.n; i++) {
        const Factor *factor = user->factors.v[i];
        Auth0Authenticator *view = ARENA_NEW(ctx->arena, Auth0Authenticator);

        *view = (Auth0Authenticator){ .id = auth0_factor_id(ctx, factor->factor_type, factor->id),
                                      .type = text_eq(factor->factor_type, "totp") ? "otp" : "oob",
                                      .name = text_empty(factor->friendly_name) ? NULL : factor->friendly_name,
                                      .active = text_eq(factor->status, "verified") };
        list_add(ctx->arena, &views, view);
    }
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    json_write_list(&reply->body, auth0_authenticator, &views, JSON_PLAIN);
    return OK;
}
