/* token.c: POST /oauth/token: who asks, and client credentials (spec/auth0.md 1.2, 7.2). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"
#include "directory/access.h"
#include "directory/clients.h"
#include "directory/organizations.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
enum { ID_TOKEN_SECONDS = 36000 };

/* Everything that a client may be granted (spec 1.3); scopes of users themselves are not among them. */
const char *const auth0_all_scopes =
    "read:users update:users delete:users create:users read:users_app_metadata update:users_app_metadata delete:users_app_metadata "
    "create:users_app_metadata create:user_tickets read:user_idp_tokens read:logs read:logs_users read:roles update:roles create:roles "
    "delete:roles read:role_members create:role_members delete:role_members read:connections update:connections create:connections "
    "delete:connections read:resource_servers update:resource_servers create:resource_servers delete:resource_servers read:organizations "
    "update:organizations create:organizations delete:organizations read:organization_members create:organization_members "
    "delete:organization_members read:organization_member_roles create:organization_member_roles delete:organization_member_roles "
    "read:organization_invitations create:organization_invitations delete:organization_invitations read:authentication_methods create:authentication_methods update:authentication_methods "
    "delete:authentication_methods read:guardian_enrollments delete:guardian_enrollments create:guardian_enrollment_tickets "
    "remove:authenticators read:sessions update:sessions delete:sessions read:refresh_tokens update:refresh_tokens delete:refresh_tokens "
    "read:federated_connections_tokens delete:federated_connections_tokens read:user_effective_roles read:user_effective_permissions "
    "read:user_role_source_groups read:user_permission_source_roles read:groups "
    "read:clients update:clients create:clients delete:clients read:client_summary read:client_keys update:client_keys create:client_keys "
    "delete:client_keys read:client_credentials create:client_credentials update:client_credentials delete:client_credentials "
    "read:client_grants create:client_grants update:client_grants delete:client_grants";

/* ---- the client ---- */

/* `Basic base64(id:secret)`, both percent-encoded (RFC 6749 2.3.1). `*ret` stays as it is when the header is none. */
static Err read_basic(Ctx *ctx, const Req *req, Auth0TokenIn *in)
{
    Str value = req_header(req, "authorization"), decoded, secret;
    const Str scheme = STR("basic ");
    char *id_text, *secret_text;

    if (req_header_count(req, "authorization") > 1)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "More than one way of client authentication");
    if (value.n <= scheme.n || !str_eq_nocase((Str){ value.p, scheme.n }, scheme))
        return OK;
    if (in->client_secret != NULL)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "More than one way of client authentication");
    if (!base64_read(ctx->arena, str_trim((Str){ value.p + scheme.n, value.n - scheme.n }), false, true, &decoded))
        return fail(ctx, E_BAD_CLIENT, NOWHERE, NULL);
    secret = decoded;
    decoded = str_cut(&secret, ':');
    if (path_decode(ctx, decoded, &id_text) != OK || path_decode(ctx, secret, &secret_text) != OK ||
        (in->client_id != NULL && !text_eq(in->client_id, id_text)))
        return fail(ctx, E_BAD_CLIENT, NOWHERE, NULL);
    in->client_id = id_text;
    in->client_secret = secret_text;
    return OK;
}

/* The secret of the settings is known by its sum alone. */
static bool secret_fits(Ctx *ctx, const OauthClient *client, const char *sent)
{
    const Auth0Settings *settings = ctx_settings(ctx);
    uint8_t sum[32];

    if (client->secret != NULL)
        return secret_eq(str_of(client->secret), str_of(sent));
    hash_sum(HASH_SHA256, str_of(sent), sum);
    return secret_eq((Str){ (const char *)sum, sizeof(sum) }, (Str){ (const char *)settings->client_secret_sum, sizeof(sum) });
}

static Err read_rules(Ctx *ctx, const Application *row, OauthClient *client)
{
    Auth0ClientJwt jwt = { 0 };

    *client = (OauthClient){ .id = row->id, .secret = row->secret };
    TRY(json_read(ctx, str_of(row->document), JSON_IGNORE_UNKNOWN, auth0_client_rules, &client->rules));
    if (client->rules.jwt_configuration != NULL)
        TRY(json_read(ctx, str_of(client->rules.jwt_configuration), JSON_IGNORE_UNKNOWN, auth0_client_jwt, &jwt));
    client->id_token_alg = jwt.alg == NULL ? "RS256" : jwt.alg;
    client->id_token_seconds = jwt.seconds == 0 ? ID_TOKEN_SECONDS : jwt.seconds;
    return OK;
}

/* A secret, an assertion, or nothing where the client is one that can keep no secret. */
static Err prove_client(Ctx *ctx, const Auth0TokenIn *in, OauthClient *client)
{
    const bool open = text_eq(client->rules.auth_method, "none");

    if (in->client_assertion != NULL) {
        if (in->client_secret != NULL || !text_eq(in->client_assertion_type, ASSERTION_TYPE))
            return fail(ctx, E_BAD_VALUE, NOWHERE, "More than one way of client authentication, or one that is not known");
        TRY(auth0_read_assertion(ctx, client->id, client->rules.methods, in->client_assertion));
    } else if (in->client_secret == NULL) {
        return open ? OK : fail(ctx, E_BAD_CLIENT, NOWHERE, NULL);
    } else if (client->rules.methods != NULL || !secret_fits(ctx, client, in->client_secret)) {
        return fail(ctx, E_BAD_CLIENT, NOWHERE, NULL);
    }
    client->proven = true;
    return OK;
}

static Err check_client(Ctx *ctx, const Auth0TokenIn *in, OauthClient *client)
{
    Application *row;
    const Err err = auth0_client_find(ctx, in->client_id, &row);

    TRY(err == E_NO_ROW ? fail(ctx, E_BAD_CLIENT, NOWHERE, NULL) : err);
    TRY(read_rules(ctx, row, client));
    return prove_client(ctx, in, client);
}

/* ---- the grant ---- */

/* The scopes asked for, which must all be among the granted; without any, all. */
static Err take_scopes(Ctx *ctx, const char *asked, const char *granted, const char **ret)
{
    Str rest = str_of(asked);
    const char *refused = NULL;

    if (str_trim(rest).n == 0) {
        *ret = granted;
        return OK;
    }
    while (rest.p != NULL) {
        const Str scope = str_cut(&rest, ' ');

        if (scope.n > 0 && !word_in(str_of(granted), ' ', scope))
            refused = refused == NULL ? arena_printf(ctx->arena, "%.*s", (int)scope.n, scope.p)
                                      : arena_printf(ctx->arena, "%s, %.*s", refused, (int)scope.n, scope.p);
    }
    if (refused != NULL)
        return fail(ctx, E_SCOPE, NOWHERE, "%.500s", refused);
    *ret = asked;
    return OK;
}

/* A token for a client itself, on its way. */
typedef struct OwnGrant {
    const char *audience, *granted, *scope, *org_id, *permissions;
    int64_t seconds;
    bool organizations; /* the grant is for any organization */
} OwnGrant;

static Err no_client_grant(Ctx *ctx, const char *audience)
{
    return auth0_say(ctx, 403, "access_denied",
                     arena_printf(ctx->arena,
                                  "Client is not authorized to access \"%.500s\". You need to create a \"client-grant\" associated to this API. "
                                  "See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants",
                                  audience));
}

/* The client of the settings has all of the Management API; others, and other APIs, need a grant. */
static Err read_grant(Ctx *ctx, const OauthClient *client, OwnGrant *own)
{
    typedef struct Granted {
        Texts scope;
    } Granted;
    static const Field granted_fields[] = { TEXTS(Granted, scope, "scope"), END(Granted) };
    Granted list = { 0 };
    ClientGrant *grant;
    const Err err = dir_client_grant_find(ctx, client->id, own->audience, &grant);

    TRY(err == E_NO_ROW ? no_client_grant(ctx, own->audience) : err);
    TRY(json_read(ctx, str_of(arena_printf(ctx->arena, "{\"scope\":%s}", grant->scopes)), 0, granted_fields, &list));
    own->granted = "";
    for (size_t i = 0; i < list.scope.n; i++)
        own->granted = arena_printf(ctx->arena, "%s%s%s", own->granted, i == 0 ? "" : " ", list.scope.v[i]);
    own->organizations = grant->allow_any_organization && !text_empty(grant->organization_usage) && !text_eq(grant->organization_usage, "deny");
    return OK;
}

static Err read_api(Ctx *ctx, const OauthClient *client, OwnGrant *own)
{
    const bool management = text_eq(own->audience, auth0_audience(ctx));
    ResourceServer *server;
    Err err;

    own->seconds = ((const Auth0Settings *)ctx_settings(ctx))->token_seconds;
    own->granted = auth0_all_scopes;
    if (management)
        return client->secret == NULL ? OK : read_grant(ctx, client, own);
    err = dir_server_get(ctx, own->audience, &server);
    if (err == E_NO_ROW || (err == OK && !text_eq(server->identifier, own->audience)))
        return fail(ctx, E_BAD_AUDIENCE, NOWHERE, "%.500s", own->audience);
    TRY(err);
    own->seconds = server->token_lifetime;
    if (server->enforce_policies && text_eq(server->token_dialect, "access_token_authz"))
        own->permissions = "[]";
    return read_grant(ctx, client, own);
}

static Err sign_token(Ctx *ctx, const OauthClient *client, const OwnGrant *own, const char **ret)
{
    const Auth0Settings *settings = ctx_settings(ctx);
    const int64_t now = ctx->now / US_PER_S;
    const Auth0Claims claims = { .iss = auth0_issuer(ctx),
                                 .sub = arena_printf(ctx->arena, "%s@clients", client->id),
                                 .aud = json_quote(ctx->arena, own->audience),
                                 .iat = now,
                                 .exp = now + own->seconds,
                                 .scope = text_empty(own->scope) ? NULL : own->scope,
                                 .gty = "client-credentials",
                                 .azp = client->id,
                                 .org_id = own->org_id,
                                 .permissions = own->permissions == NULL ? NULL : auth0_words_doc(ctx, own->scope) };
    Buf buf = buf_in(ctx->arena, 32768);
    char *text, *token;

    json_write(&buf, auth0_claims, &claims, JSON_PLAIN);
    TRY(buf_text(&buf, &text));
    TRY(jwt_sign(ctx->arena, settings->keys, "JWT", text, &token));
    *ret = token;
    return OK;
}

static Err find_organization(Ctx *ctx, const char *id, const char **ret)
{
    Organization *organization;
    const Err err = dir_organization_get(ctx, NULL, id, NULL, &organization);

    TRY(err == E_NO_ORGANIZATION ? auth0_say(ctx, 400, "invalid_request", "parameter organization is invalid") : err);
    *ret = organization->short_id;
    return OK;
}

Err auth0_take_organization(Ctx *ctx, const OauthClient *client, const char *id, const char **ret)
{
    const char *usage = client->rules.organization_usage;

    *ret = NULL;
    if (text_empty(id))
        return text_eq(usage, "require") ? auth0_say(ctx, 400, "invalid_request", "parameter organization is required for this client") : OK;
    if (!text_eq(usage, "allow") && !text_eq(usage, "require"))
        return auth0_say(ctx, 400, "invalid_request", "parameter organization is not allowed for this client");
    return find_organization(ctx, id, ret);
}

static Err grant_client_credentials(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply)
{
    OwnGrant own = { .audience = in->audience };
    Auth0Token out = { .token_type = "Bearer" };

    if (!client->proven)
        return fail(ctx, E_BAD_CLIENT, NOWHERE, NULL);
    if (text_empty(in->audience))
        return fail(ctx, E_MISSING, NOWHERE, "audience");
    TRY(read_api(ctx, client, &own));
    TRY(take_scopes(ctx, in->scope, own.granted, &own.scope));
    if (!text_empty(in->organization) && !own.organizations)
        return auth0_say(ctx, 403, "access_denied", "The client grant is not for this organization.");
    if (!text_empty(in->organization))
        TRY(find_organization(ctx, in->organization, &own.org_id));
    TRY(sign_token(ctx, client, &own, &out.access_token));
    out.expires_in = own.seconds;
    out.scope = text_empty(own.scope) ? NULL : own.scope;
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_token, &out, JSON_PLAIN);
}

static const struct {
    const char *name;
    Err (*fn)(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply);
    const char *limit; /* of what could be guessed */
} grants[] = {
    { "client_credentials", grant_client_credentials, NULL },
    { "password", auth0_grant_password, "sign-in" },
    { "http://auth0.com/oauth/grant-type/password-realm", auth0_grant_password, "sign-in" },
    { "refresh_token", auth0_grant_refresh, NULL },
    { "http://auth0.com/oauth/grant-type/mfa-otp", auth0_grant_otp, "mfa" },
    { "http://auth0.com/oauth/grant-type/mfa-oob", auth0_grant_oob, "mfa" },
    { "http://auth0.com/oauth/grant-type/mfa-recovery-code", auth0_grant_recovery, "mfa" },
};

typedef struct ScopeList {
    Texts scope;
} ScopeList;
static const Field scope_list[] = { TEXTS(ScopeList, scope, "scope"), END(ScopeList) };

/* The scopes of a JSON body as one text. */
static Err read_scope(Ctx *ctx, Auth0TokenIn *in)
{
    const char *doc = in->scope_sent == NULL ? NULL : arena_printf(ctx->arena, "{\"scope\":%s}", in->scope_sent);
    ScopeList list = { 0 };

    if (doc == NULL)
        return OK;
    if (in->scope_sent[0] == '"') {
        in->scope = json_get(ctx->arena, doc, "scope");
        return OK;
    }
    if (json_read(ctx, str_of(doc), 0, scope_list, &list) != OK)
        return auth0_refuse(ctx, E_BAD_VALUE, "invalid_scope", "Scope must be an array or a string");
    for (size_t i = 0; i < list.scope.n; i++)
        in->scope = i == 0 ? list.scope.v[0] : arena_printf(ctx->arena, "%s %s", in->scope, list.scope.v[i]);
    return OK;
}

/* JSON or a form. */
static Err read_body(Ctx *ctx, const Req *req, Auth0TokenIn *in)
{
    Str rest = req_header(req, "content-type");
    const Str type = str_trim(str_cut(&rest, ';'));

    if (str_eq_nocase(type, STR("application/x-www-form-urlencoded")))
        return form_read(ctx, req->body, FORM_IGNORE_UNKNOWN, auth0_token_form, in);
    if (!str_eq_nocase(type, STR("application/json")))
        return fail(ctx, E_MEDIA_TYPE, NOWHERE, NULL);
    TRY(json_read(ctx, req->body, JSON_IGNORE_UNKNOWN, auth0_token_in, in));
    return read_scope(ctx, in);
}

Err auth0_read_client(Ctx *ctx, const Req *req, Auth0TokenIn *in, OauthClient *client)
{
    TRY(read_body(ctx, req, in));
    TRY(read_basic(ctx, req, in));
    if (text_empty(in->client_id))
        return fail(ctx, E_MISSING, NOWHERE, "client_id");
    return check_client(ctx, in, client);
}

/* A grant that the client is made for. */
static Err check_grant_type(Ctx *ctx, const OauthClient *client, const char *name)
{
    for (size_t i = 0; i < client->rules.grant_types.n; i++)
        if (text_eq(client->rules.grant_types.v[i], name))
            return OK;
    return auth0_say(ctx, 403, "unauthorized_client", arena_printf(ctx->arena, "Grant type '%s' not allowed for the client.", name));
}

Err auth0_token_grant(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0TokenIn in = { 0 };
    OauthClient client;

    TRY(read_body(ctx, req, &in));
    if (text_empty(in.grant_type))
        return fail(ctx, E_MISSING, NOWHERE, "grant_type");
    in = (Auth0TokenIn){ 0 };
    TRY(auth0_read_client(ctx, req, &in, &client));
    for (size_t i = 0; i < COUNTOF(grants); i++)
        if (text_eq(grants[i].name, in.grant_type)) {
            TRY(check_grant_type(ctx, &client, in.grant_type));
            if (grants[i].limit != NULL)
                TRY(auth0_limit_address(ctx, req, &client, grants[i].limit));
            return grants[i].fn(ctx, &in, &client, reply);
        }
    return fail(ctx, E_BAD_GRANT_TYPE, NOWHERE, "%.200s", in.grant_type);
}

/* ---- ID tokens as proof of a secondary account (6.1) ---- */

static Err refuse_link_token(Ctx *ctx, const char *message)
{
    return auth0_say(ctx, 400, "invalid_body", message);
}

/* Claims whose kind matters stay documents: a text among them has its quotes. */
typedef struct LinkClaims {
    Given given;
    const char *iss, *sub, *aud;
    double exp;
} LinkClaims;

static const Field link_claims[] = {
    GIVEN(LinkClaims, given),     JSON(LinkClaims, iss, "iss"),   JSON(LinkClaims, sub, "sub"),
    JSON(LinkClaims, aud, "aud"), DOUBLE(LinkClaims, exp, "exp"), END(LinkClaims),
};

static Err check_link_claims(Ctx *ctx, const LinkClaims *claims)
{
    const char *sub = json_text(ctx->arena, claims->sub);

    if (!HAS(claims, exp) || IS_NULL(claims, exp) || claims->exp <= (double)ctx->now / (double)US_PER_S)
        return refuse_link_token(ctx, "Invalid token (link_with).");
    if (!text_eq(json_text(ctx->arena, claims->iss), auth0_issuer(ctx)))
        return refuse_link_token(ctx, "JWT (link_with) must have the same issuer as the calling user.");
    if (json_text(ctx->arena, claims->aud) == NULL)
        return refuse_link_token(ctx, "JWT (link_with) contains an invalid aud claim.");
    if (!text_eq(json_text(ctx->arena, claims->aud), ctx->caller->actor_name))
        return refuse_link_token(ctx, "JWT (link_with) must have an aud claim that matches that of the calling token's azp.");
    if (text_empty(sub))
        return refuse_link_token(ctx, "JWT (link_with) must contains sub claim.");
    return strchr(sub, '|') == NULL ? refuse_link_token(ctx, "JWT (link_with) contains an invalid sub claim.") : OK;
}

Err auth0_read_link_token(Ctx *ctx, const char *token, const char **provider, const char **subject)
{
    const Auth0Settings *settings = ctx_settings(ctx);
    LinkClaims claims = { 0 };
    Str rest;
    Jwt jwt;
    const Err err = jwt_read(ctx, settings->keys, str_of(token), link_claims, &claims, &jwt);

    if (jwt.alg != NULL && !text_eq(jwt.alg, "RS256"))
        return refuse_link_token(ctx, "JWT (link_with) must have an alg of RS256.");
    if (err != OK)
        return refuse_link_token(ctx, "Invalid token (link_with).");
    TRY(check_link_claims(ctx, &claims));
    rest = str_of(json_text(ctx->arena, claims.sub));
    *provider = str_dup(ctx->arena, str_cut(&rest, '|'));
    *subject = str_dup(ctx->arena, rest);
    return OK;
}
