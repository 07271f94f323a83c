/* credentials.c: public keys of clients, and assertions signed by them in the place of a secret (RFC 7523; spec/auth0.md 7.2). */
#include "base/clock.h"
#include "crypto/crypto.h"
#include "dialect/auth0/internal.h"
#include "directory/clients.h"

enum { LONGEST_LIFE = 300, LEEWAY = 60, MOST_JTI = 64 };

static void key_freep(Key **key)
{
    key_free(*key);
}

/* ---- keys as they are given ---- */

static Err read_key(Ctx *ctx, const Auth0CredentialIn *in, ClientCredential *ret)
{
    const char *alg = in->alg == NULL ? "RS256" : in->alg;
    Key *key CLEANUP(key_freep) = NULL;

    if (key_from_pem(str_of(in->pem), str_of(alg), &key) != OK)
        return auth0_bad_member(ctx, "pem", NULL, "The key is no PEM of an RSA key of 2048 bits or more");
    *ret = (ClientCredential){
        .name = in->name == NULL ? "" : in->name, .alg = alg, .pem = in->pem, .kid = key_print(ctx->arena, key), .expires_at = in->expires_at
    };
    return OK;
}

/* {"private_key_jwt":{"credentials":[…]}}: the inner list. */
static Err methods_list(Ctx *ctx, const char *methods, const char **ret)
{
    const char *way = json_get(ctx->arena, methods, "private_key_jwt");

    *ret = way == NULL ? NULL : json_get(ctx->arena, way, "credentials");
    return *ret != NULL && (*ret)[0] == '['
               ? OK
               : auth0_bad_member(ctx, "client_authentication_methods", NULL, "Missing required property: private_key_jwt");
}

Err auth0_new_keys(Ctx *ctx, const char *methods, List *ret, const char **ret_methods)
{
    const char *list, *ids = "";
    List given = { 0 };

    TRY(methods_list(ctx, methods, &list));
    if (json_read_list(ctx, str_of(list), auth0_new_credential, &given) != OK || given.n == 0 || given.n > 2)
        return auth0_bad_member(ctx, "client_authentication_methods.private_key_jwt.credentials", NULL,
                                "Data does not match the schema of a list of credentials");
    for (size_t i = 0; i < given.n; i++) {
        ClientCredential *key = ARENA_NEW(ctx->arena, ClientCredential);

        TRY(read_key(ctx, given.v[i], key));
        dir_credential_name(ctx, key);
        list_add(ctx->arena, ret, key);
        ids = arena_printf(ctx->arena, "%s%s{\"id\":\"%s\"}", ids, i == 0 ? "" : ",", key->id);
    }
    *ret_methods = arena_printf(ctx->arena, "{\"private_key_jwt\":{\"credentials\":[%s]}}", ids);
    return OK;
}

/* ---- keys as they are named ---- */

static const ClientCredential *key_named(const List *keys, const char *id)
{
    for (size_t i = 0; i < keys->n; i++)
        if (text_eq(((const ClientCredential *)keys->v[i])->id, id))
            return keys->v[i];
    return NULL;
}

static Err read_refs(Ctx *ctx, const char *methods, Auth0CredentialRefs *ret)
{
    const char *list;

    TRY(methods_list(ctx, methods, &list));
    return json_read(ctx, str_of(arena_printf(ctx->arena, "{\"credentials\":%s}", list)), 0, auth0_credential_refs, ret);
}

Err auth0_check_keys(Ctx *ctx, const char *client_id, const char *methods)
{
    Auth0CredentialRefs refs = { 0 };
    List keys = { 0 };
    Application *client;

    if (read_refs(ctx, methods, &refs) != OK)
        return auth0_bad_member(ctx, "client_authentication_methods.private_key_jwt.credentials", NULL,
                                "Data does not match the schema of a list of credentials");
    TRY(dir_client_get(ctx, client_id, &client));
    TRY(dir_credential_list(ctx, client_id, &keys));
    for (size_t i = 0; i < refs.credentials.n; i++)
        if (key_named(&keys, ((const Auth0CredentialRef *)refs.credentials.v[i])->id) == NULL)
            return auth0_say(ctx, 400, "invalid_body", "A credential of the list does not exist.");
    return OK;
}

/* ---- routes ---- */

static Err no_key(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? auth0_say(ctx, 404, "inexistent_credential", "The credential does not exist") : err;
}

static Err load_key(Ctx *ctx, const ClientCredential **ret)
{
    List keys = { 0 };
    Application *client;

    TRY(auth0_no_client(ctx, dir_client_get(ctx, req_param(ctx, "id"), &client)));
    TRY(dir_credential_list(ctx, client->id, &keys));
    *ret = key_named(&keys, req_param(ctx, "credential_id"));
    return *ret == NULL ? no_key(ctx, E_NO_ROW) : OK;
}

Err auth0_credential_list(Ctx *ctx, const Req *req, Reply *reply)
{
    List keys = { 0 };
    Application *client;

    (void)req;
    TRY(auth0_no_client(ctx, dir_client_get(ctx, req_param(ctx, "id"), &client)));
    TRY(dir_credential_list(ctx, client->id, &keys));
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    json_write_list(&reply->body, auth0_credential, &keys, JSON_PLAIN);
    return OK;
}

Err auth0_credential_get(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClientCredential *key;

    (void)req;
    TRY(load_key(ctx, &key));
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_credential, key, JSON_PLAIN);
}

Err auth0_credential_create(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0CredentialIn in = { 0 };
    ClientCredential key;
    Err err;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(read_key(ctx, &in, &key));
    key.client_id = req_param(ctx, "id");
    err = dir_credential_create(ctx, &key);
    if (err == E_FACTORS_MANY)
        return auth0_say(ctx, 400, "invalid_body", "The client has as many credentials as it may have.");
    TRY(auth0_no_client(ctx, err));
    return reply_json(ctx, reply, 201, AUTH0_JSON, auth0_credential, &key, JSON_PLAIN);
}

Err auth0_credential_update(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0CredentialIn in = { 0 };
    const ClientCredential *key;

    TRY(auth0_body(ctx, req, SCHEMA_NOT_EMPTY, &in));
    TRY(load_key(ctx, &key));
    TRY(no_key(ctx, dir_credential_expire(ctx, key->client_id, key->id, in.expires_at)));
    TRY(load_key(ctx, &key));
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_credential, key, JSON_PLAIN);
}

Err auth0_credential_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    Err err;

    (void)req;
    err = dir_credential_delete(ctx, req_param(ctx, "id"), req_param(ctx, "credential_id"));
    TRY(err == E_NO_ROW ? OK : err);
    return auth0_reply_empty(reply, 204);
}

/* ---- assertions ---- */

typedef struct Assertion {
    Given given;
    const char *iss, *sub, *aud, *jti;
    double exp;
} Assertion;

static const Field assertion_fields[] = {
    GIVEN(Assertion, given),
    TEXT(Assertion, iss, "iss"),
    TEXT(Assertion, sub, "sub"),
    JSON(Assertion, aud, "aud"),
    TEXT(Assertion, jti, "jti"),
    DOUBLE(Assertion, exp, "exp"),
    END(Assertion),
};

/* The claims by one of the keys that the client has named and that are not over. */
static Err verify_assertion(Ctx *ctx, const List *keys, const Auth0CredentialRefs *refs, const char *token, Jwt *ret)
{
    for (size_t i = 0; i < refs->credentials.n; i++) {
        const ClientCredential *row = key_named(keys, ((const Auth0CredentialRef *)refs->credentials.v[i])->id);
        Key *key CLEANUP(key_freep) = NULL;

        if (row == NULL || (row->expires_at != 0 && row->expires_at <= ctx->now) || key_from_pem(str_of(row->pem), str_of(row->alg), &key) != OK)
            continue;
        if (jwt_verify_by(ctx, key, str_of(token), ret) == OK)
            return OK;
    }
    return E_BAD_CLIENT;
}

static bool assertion_fits(Ctx *ctx, const Assertion *in, const char *client_id)
{
    const double now = (double)ctx->now / (double)US_PER_S;
    const char *issuer = auth0_issuer(ctx);

    return text_eq(in->iss, client_id) && text_eq(in->sub, client_id) &&
           (auth0_has_audience(ctx, in->aud, issuer) || auth0_has_audience(ctx, in->aud, arena_printf(ctx->arena, "%soauth/token", issuer))) &&
           !text_empty(in->jti) && strlen(in->jti) <= MOST_JTI && HAS(in, exp) && !IS_NULL(in, exp) && in->exp > now &&
           in->exp <= now + LONGEST_LIFE + LEEWAY;
}

Err auth0_read_assertion(Ctx *ctx, const char *client_id, const char *methods, const char *token)
{
    Auth0CredentialRefs refs = { 0 };
    Assertion claims = { 0 };
    List keys = { 0 };
    Jwt jwt;
    Err err;

    if (methods == NULL || read_refs(ctx, methods, &refs) != OK)
        return fail(ctx, E_BAD_CLIENT, NOWHERE, NULL);
    TRY(dir_credential_list(ctx, client_id, &keys));
    if (verify_assertion(ctx, &keys, &refs, token, &jwt) != OK || json_read(ctx, jwt.claims, JSON_IGNORE_UNKNOWN, assertion_fields, &claims) != OK ||
        !assertion_fits(ctx, &claims, client_id))
        return fail(ctx, E_BAD_CLIENT, NOWHERE, NULL);
    err = dir_assertion_use(ctx, client_id, claims.jti, (int64_t)(claims.exp + 1) * US_PER_S);
    return err == E_CONFLICT ? fail(ctx, E_BAD_CLIENT, NOWHERE, NULL) : err;
}
