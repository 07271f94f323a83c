/* grants.c: tokens of users: password, password-realm and refresh grants, ID tokens, /userinfo, /oauth/revoke (spec/auth0.md 7). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"
#include "directory/access.h"
#include "directory/account.h"

#define SEAL_PURPOSE "auth0 refresh token"
/* What OpenID Connect names, and what users may do to themselves at the Management API. */
static const char oidc_scopes[] = "openid profile email phone offline_access";
static const char mfa_scopes[] = "enroll read:authenticators remove:authenticators";
static const char own_scopes[] = "read:current_user update:current_user_metadata create:current_user_metadata delete:current_user_metadata "
                                 "update:current_user_identities delete:current_user";

/* ---- scopes ---- */

bool auth0_grant_has(const UserGrant *user, const char *scope)
{
    return word_in(str_of(user->scope), ' ', str_of(scope));
}

bool auth0_scope_of(const ResourceServer *server, Str scope)
{
    for (size_t i = 0; server != NULL && i < server->scopes.n; i++)
        if (str_eq(str_of(((const Scope *)server->scopes.v[i])->value), scope))
            return true;
    return false;
}

/* Of the scopes asked for those that there are, here or at a server (or NULL); without any, all of the server. */
static const char *take_scopes(Ctx *ctx, const char *asked, const ResourceServer *server, const char *here)
{
    const char *taken = "", *gap = "";
    Str rest = str_of(asked);

    for (size_t i = 0; text_empty(asked) && server != NULL && i < server->scopes.n; i++) {
        taken = arena_printf(ctx->arena, "%s%s%s", taken, gap, ((const Scope *)server->scopes.v[i])->value);
        gap = " ";
    }
    while (rest.p != NULL && strlen(taken) < 4096) {
        const Str scope = str_cut(&rest, ' ');

        if (scope.n == 0 || word_in(str_of(taken), ' ', scope) ||
            (!word_in(STR(oidc_scopes), ' ', scope) && !word_in(str_of(here), ' ', scope) && !auth0_scope_of(server, scope)))
            continue;
        taken = arena_printf(ctx->arena, "%s%s%.*s", taken, gap, (int)scope.n, scope.p);
        gap = " ";
    }
    return taken;
}

Err auth0_take_audience(Ctx *ctx, const char *audience, const char *scope, UserGrant *user)
{
    const bool management = text_eq(audience, auth0_audience(ctx)), mfa = text_eq(audience, auth0_mfa_audience(ctx));
    ResourceServer *server = NULL;

    user->seconds = 86400;
    if (!text_empty(audience) && !management && !mfa && !text_eq(audience, arena_printf(ctx->arena, "%suserinfo", auth0_issuer(ctx)))) {
        const Err err = dir_server_get(ctx, audience, &server);

        if (err == E_NO_ROW || (err == OK && !text_eq(server->identifier, audience)))
            return fail(ctx, E_BAD_AUDIENCE, NOWHERE, "%.500s", audience);
        TRY(err);
        user->seconds = server->token_lifetime;
        user->server = server->enforce_policies ? server : NULL;
    }
    user->audience = management || mfa || server != NULL ? audience : NULL;
    user->scope = take_scopes(ctx, scope, server, management ? own_scopes : mfa ? mfa_scopes : "");
    return OK;
}

/* Where an API says so, a user gets the scopes alone that are its permissions, and a refresh looks again. */
static Err apply_policies(Ctx *ctx, UserGrant *user)
{
    const char *taken = "", *names = "", *asked = user->scope;
    List permissions = { 0 };

    user->granted = user->granted == NULL ? user->scope : user->granted;
    if (user->server == NULL)
        return OK;
    TRY(dir_permissions_list(ctx, user->grant.user->id, NULL, &permissions));
    for (size_t i = 0; i < permissions.n; i++) {
        const Permission *permission = permissions.v[i];

        if (text_eq(permission->identifier, user->server->identifier) && !word_in(str_of(names), ' ', str_of(permission->name)))
            names = arena_printf(ctx->arena, "%s%s%s", names, *names == '\0' ? "" : " ", permission->name);
    }
    for (Str rest = str_of(asked); rest.p != NULL;) {
        const Str scope = str_cut(&rest, ' ');

        if (scope.n > 0 && (word_in(STR(oidc_scopes), ' ', scope) || word_in(str_of(names), ' ', scope)))
            taken = arena_printf(ctx->arena, "%s%s%.*s", taken, *taken == '\0' ? "" : " ", (int)scope.n, scope.p);
    }
    user->scope = taken;
    user->permissions = text_eq(user->server->token_dialect, "access_token_authz") ? auth0_words_doc(ctx, names) : NULL;
    return OK;
}

const char *auth0_words_doc(Ctx *ctx, const char *words)
{
    Str rest = str_of(words);
    Texts list = { 0 };

    while (rest.p != NULL) {
        const Str word = str_cut(&rest, ' ');

        if (word.n > 0)
            texts_add(ctx->arena, &list, str_dup(ctx->arena, word));
    }
    return auth0_texts_doc(ctx, &list);
}

/* ---- tokens ---- */

static Err sign(Ctx *ctx, const KeySet *keys, const Field *fields, const void *claims, const char **ret)
{
    Buf buf = buf_in(ctx->arena, 32768);
    char *text, *token;

    json_write(&buf, fields, claims, JSON_PLAIN);
    TRY(buf_text(&buf, &text));
    TRY(jwt_sign(ctx->arena, keys, "JWT", text, &token));
    *ret = token;
    return OK;
}

static Err access_token(Ctx *ctx, const UserGrant *user, const char **ret)
{
    const char *info = json_quote(ctx->arena, arena_printf(ctx->arena, "%suserinfo", auth0_issuer(ctx)));
    const char *api = user->audience == NULL ? info : json_quote(ctx->arena, user->audience);
    const int64_t now = ctx->now / US_PER_S;
    const Auth0Claims claims = { .iss = auth0_issuer(ctx),
                                 .sub = auth0_user_id(ctx, user->grant.user),
                                 .aud =
                                     user->audience != NULL && auth0_grant_has(user, "openid") ? arena_printf(ctx->arena, "[%s,%s]", api, info) : api,
                                 .iat = now,
                                 .exp = now + user->seconds,
                                 .scope = user->scope,
                                 .gty = user->gty,
                                 .org_id = user->org_id,
                                 .permissions = user->permissions,
                                 .azp = user->client->id,
                                 .sid = user->grant.session->id };

    return sign(ctx, ((const Auth0Settings *)ctx_settings(ctx))->keys, auth0_claims, &claims, ret);
}

/* Members of the profile that the scopes open. */
static Auth0Info info_of(Ctx *ctx, const User *user, const char *scope)
{
    const Auth0User *view = auth0_user_view(ctx, user);
    const bool profile = word_in(str_of(scope), ' ', STR("profile")), email = word_in(str_of(scope), ' ', STR("email")),
               phone = word_in(str_of(scope), ' ', STR("phone"));

    return (Auth0Info){ .sub = view->user_id,
                        .nickname = profile ? view->nickname : NULL,
                        .name = profile ? view->name : NULL,
                        .picture = profile ? view->picture : NULL,
                        .given_name = profile ? view->given_name : NULL,
                        .family_name = profile ? view->family_name : NULL,
                        .updated_at = profile ? view->updated_at : 0,
                        .email = email ? view->email : NULL,
                        .email_verified = email ? view->email_verified : NULL,
                        .phone_number = phone ? view->phone_number : NULL,
                        .phone_verified = phone ? view->phone_verified : NULL };
}

/* HS256: by the bytes of the client's secret. */
static Err sign_by_secret(Ctx *ctx, const char *secret, const Auth0Info *claims, const char **ret)
{
    KeySet keys = { 0 };
    Err err;

    TRY(key_from_secret(str_of(secret), NULL, &keys.signer));
    err = sign(ctx, &keys, auth0_id_claims, claims, ret);
    key_free(keys.signer);
    return err;
}

static Err id_token(Ctx *ctx, const UserGrant *user, const char **ret)
{
    Auth0Info claims = info_of(ctx, user->grant.user, user->scope);

    claims.iss = auth0_issuer(ctx);
    claims.aud = user->client->id;
    claims.iat = ctx->now / US_PER_S;
    claims.exp = claims.iat + user->client->id_token_seconds;
    claims.sid = user->grant.session->id;
    claims.org_id = user->org_id;
    if (text_eq(user->client->id_token_alg, "HS256") && user->client->secret != NULL)
        return sign_by_secret(ctx, user->client->secret, &claims, ret);
    return sign(ctx, ((const Auth0Settings *)ctx_settings(ctx))->keys, auth0_id_claims, &claims, ret);
}

static const char *or_null(Ctx *ctx, const char *text)
{
    return text == NULL ? "null" : json_quote(ctx->arena, text);
}

/* What the caller keeps is sealed: it opens nothing in another dialect, and carries what was granted. */
static Err refresh_seal(Ctx *ctx, const UserGrant *user, const char **ret)
{
    const char *doc = arena_printf(ctx->arena, "{\"token\":%s,\"session\":%s,\"client\":%s,\"scope\":%s,\"audience\":%s,\"org\":%s}",
                                   json_quote(ctx->arena, user->grant.refresh_token), json_quote(ctx->arena, user->grant.session->id),
                                   json_quote(ctx->arena, user->client->id), json_quote(ctx->arena, user->granted), or_null(ctx, user->audience),
                                   or_null(ctx, user->org_id));
    char *sealed;

    TRY(seal_write(ctx->arena, ctx->directory->data_key, SEAL_PURPOSE, str_of(doc), &sealed));
    *ret = sealed;
    return OK;
}

/* The document in a refresh token; NULL: it is none of ours, or another client's. */
static const char *refresh_open(Ctx *ctx, const OauthClient *client, const char *token)
{
    const char *text;
    Str doc;

    if (token == NULL || strlen(token) > 8192 || seal_read(ctx->arena, ctx->directory->data_key, SEAL_PURPOSE, token, &doc) != OK)
        return NULL;
    text = str_dup(ctx->arena, doc);
    return text_eq(json_get(ctx->arena, text, "client"), client->id) ? text : NULL;
}

/* Sessions that name no client are of that of the settings. */
static Err note_client(Ctx *ctx, const UserGrant *user, bool with_refresh)
{
    const char *audience = with_refresh ? user->audience : NULL;

    if (text_eq(user->gty, "refresh_token") || (user->client->secret == NULL && audience == NULL))
        return OK;
    return dir_account_session_client(ctx, user->grant.session->id, user->client->id, audience, audience == NULL ? NULL : user->granted);
}

/* Of which the user must be a member, at each refresh as well; a session that began already ends again. */
static Err check_member(Ctx *ctx, const UserGrant *user)
{
    bool member = true;
    Err err = OK;

    if (user->org_id != NULL)
        err = auth0_is_member(ctx, user->org_id, user->grant.user->id, &member);
    if (err == E_NO_ORGANIZATION) /* it was deleted meanwhile */
        member = false;
    else
        TRY(err);
    if (!member && user->grant.session != NULL)
        TRY(dir_account_session_end(ctx, user->grant.session->id));
    return member ? OK : auth0_say(ctx, 403, "access_denied", arena_printf(ctx->arena, "user is not part of the %s organization", user->org_id));
}

Err auth0_reply_grant(Ctx *ctx, UserGrant *user, bool with_refresh, Reply *reply)
{
    Auth0Token out;

    TRY(check_member(ctx, user));
    TRY(apply_policies(ctx, user));
    TRY(note_client(ctx, user, with_refresh));
    out = (Auth0Token){ .token_type = "Bearer",
                        .expires_in = user->seconds,
                        .scope = text_empty(user->scope) ? NULL : user->scope,
                        .recovery_code = user->recovery_code };
    TRY(access_token(ctx, user, &out.access_token));
    if (auth0_grant_has(user, "openid"))
        TRY(id_token(ctx, user, &out.id_token));
    if (with_refresh)
        TRY(refresh_seal(ctx, user, &out.refresh_token));
    ctx->user_id = user->grant.user->id;
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_token, &out, JSON_PLAIN);
}

/* ---- grants ---- */

static bool all_digits(const char *text)
{
    return text[0] == '+' && strspn(text + 1, "0123456789") == strlen(text + 1);
}

/* A database that is there, and open to the client. */
static Err check_realm(Ctx *ctx, const OauthClient *client, const char *name)
{
    Connection *connection;
    const Err err = dir_connection_named(ctx, name, &connection);

    if (err == E_NO_ROW || (err == OK && !text_eq(connection->strategy, "auth0")))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Unknown realm %.200s.", name);
    TRY(err);
    return auth0_check_open(ctx, connection, client->id);
}

Err auth0_grant_password(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply)
{
    const bool realm = !text_eq(in->grant_type, "password");
    UserGrant user = { .gty = "password", .client = client };
    SignIn sign_in = { .password = in->password, .unconfirmed_too = true, .linked_too = true, .stop_at_factor = true };
    Err err;

    if (text_empty(in->username) || text_empty(in->password) || (realm && text_empty(in->realm)))
        return fail(ctx, E_MISSING, NOWHERE, text_empty(in->username) ? "username" : text_empty(in->password) ? "password" : "realm");
    TRY(check_realm(ctx, client, realm ? in->realm : AUTH0_CONNECTION));
    TRY(auth0_take_organization(ctx, client, in->organization, &user.org_id));
    sign_in.connection = realm ? in->realm : AUTH0_CONNECTION;
    TRY(auth0_take_audience(ctx, in->audience, in->scope, &user));
    *(strchr(in->username, '@') != NULL ? &sign_in.email : all_digits(in->username) ? &sign_in.phone : &sign_in.username) = in->username;
    err = dir_sign_in(ctx, &sign_in, &user.grant);
    if (err == E_MFA_REQUIRED)
        TRY(check_member(ctx, &user));
    if (err == E_MFA_REQUIRED)
        return auth0_reply_mfa(ctx, in, client, user.grant.user, reply);
    TRY(err);
    return auth0_reply_grant(ctx, &user, auth0_grant_has(&user, "offline_access"), reply);
}

/* A subset of what was granted may be asked for. */
static const char *narrow(Ctx *ctx, const char *granted, const char *asked)
{
    const char *taken = "", *gap = "";
    Str rest = str_of(asked);

    if (text_empty(asked))
        return granted;
    while (rest.p != NULL) {
        const Str scope = str_cut(&rest, ' ');

        if (!word_in(str_of(granted), ' ', scope) || word_in(str_of(taken), ' ', scope))
            continue;
        taken = arena_printf(ctx->arena, "%s%s%.*s", taken, gap, (int)scope.n, scope.p);
        gap = " ";
    }
    return taken;
}

/* Whatever stands in its way, the token is one that is good for nothing. */
static Err refresh_session(Ctx *ctx, const char *token, Grant *ret)
{
    Err err = dir_session_refresh(ctx, token, ret);

    if (err == OK) {
        err = dir_user_get(ctx, ret->user->id, &ret->user);
        return err == E_NO_USER ? fail(ctx, E_NO_REFRESH_TOKEN, NOWHERE, NULL) : err;
    }
    return err == E_BANNED || err == E_BAD_VALUE ? fail(ctx, E_NO_REFRESH_TOKEN, NOWHERE, NULL) : err;
}

Err auth0_grant_refresh(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply)
{
    UserGrant user = { .gty = "refresh_token", .client = client };
    const char *doc;

    if (text_empty(in->refresh_token))
        return fail(ctx, E_MISSING, NOWHERE, "refresh_token");
    doc = refresh_open(ctx, client, in->refresh_token);
    if (doc == NULL)
        return fail(ctx, E_NO_REFRESH_TOKEN, NOWHERE, NULL);
    TRY(auth0_take_audience(ctx, json_get(ctx->arena, doc, "audience"), json_get(ctx->arena, doc, "scope"), &user));
    user.granted = user.scope;
    user.org_id = json_get(ctx->arena, doc, "org");
    user.scope = narrow(ctx, user.granted, in->scope);
    if (text_empty(user.scope) && !text_empty(in->scope)) /* before the token is used up */
        return fail(ctx, E_SCOPE, NOWHERE, "%.500s", in->scope);
    TRY(refresh_session(ctx, json_get(ctx->arena, doc, "token"), &user.grant));
    return auth0_reply_grant(ctx, &user, true, reply);
}

/* ---- revoking ---- */

/* Unknown tokens are no error (RFC 7009 2.2). */
Err auth0_revoke(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0TokenIn in = { 0 };
    OauthClient client;
    const char *doc;

    TRY(auth0_read_client(ctx, req, &in, &client));
    if (text_empty(in.token))
        return fail(ctx, E_MISSING, NOWHERE, "token");
    doc = refresh_open(ctx, &client, in.token);
    if (doc != NULL)
        TRY(dir_account_tokens_end(ctx, NULL, json_get(ctx->arena, doc, "session")));
    reply->status = 200;
    return OK;
}

/* ---- /userinfo ---- */

Err auth0_userinfo(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *wanted = arena_printf(ctx->arena, "%suserinfo", auth0_issuer(ctx));
    Auth0Claims claims;
    Auth0Info info;
    User *user;
    Err err;

    err = auth0_read_token(ctx, req, wanted, &claims);
    if (err == E_BAD_AUDIENCE || (err == E_NO_CREDENTIAL && req_header_count(req, "authorization") > 0))
        return fail(ctx, E_BAD_CREDENTIAL, NOWHERE, NULL);
    TRY(err);
    TRY(auth0_load_subject(ctx, &claims, &user));
    info = info_of(ctx, user, claims.scope == NULL ? "" : claims.scope);
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_info, &info, JSON_PLAIN);
}
