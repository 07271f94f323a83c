/* clients.c: programs that ask the token endpoint (spec/auth0.md 7.1): made, shown, changed. The client of the settings is one of them that stays. */
#include "directory/clients.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"

enum { MOST_DOCUMENT = 64 * 1024 };

#define REALM_GRANT "http://auth0.com/oauth/grant-type/password-realm"
#define MFA_GRANT "http://auth0.com/oauth/grant-type/mfa-"

static const char own_document[] =
    "{\"name\":\"Hecate\",\"is_first_party\":true,\"oidc_conformant\":true,\"app_type\":\"non_interactive\",\"organization_usage\":\"allow\","
    "\"token_endpoint_auth_method\":\"client_secret_post\",\"callbacks\":[],\"jwt_configuration\":{\"alg\":\"RS256\","
    "\"lifetime_in_seconds\":36000,\"secret_encoded\":false},\"grant_types\":[\"client_credentials\",\"password\",\"refresh_token\","
    "\"" REALM_GRANT "\",\"" MFA_GRANT "otp\",\"" MFA_GRANT "oob\",\"" MFA_GRANT "recovery-code\"]}";

static const char new_document[] =
    "{\"is_token_endpoint_ip_header_trusted\":false,\"is_first_party\":true,\"oidc_conformant\":true,\"sso_disabled\":false,"
    "\"cross_origin_authentication\":false,\"refresh_token\":{\"expiration_type\":\"non-expiring\",\"leeway\":0,"
    "\"infinite_token_lifetime\":true,\"infinite_idle_token_lifetime\":true,\"token_lifetime\":31557600,\"idle_token_lifetime\":2592000,"
    "\"rotation_type\":\"rotating\"},\"callbacks\":[],\"jwt_configuration\":{\"alg\":\"RS256\",\"lifetime_in_seconds\":36000,"
    "\"secret_encoded\":false},\"client_aliases\":[],\"custom_login_page_on\":true}";

/* What follows from the kind of program; the last row is for those that do not say. */
static const struct {
    const char *app_type, *auth_method, *grant_types;
} kinds[] = {
    { "native", "none", "[\"authorization_code\",\"implicit\",\"refresh_token\"]" },
    { "spa", "none", "[\"authorization_code\",\"implicit\",\"refresh_token\"]" },
    { "non_interactive", "client_secret_post", "[\"client_credentials\"]" },
    { NULL, "client_secret_post", "[\"authorization_code\",\"implicit\",\"refresh_token\",\"client_credentials\"]" },
};

static const char grant_names[] =
    "implicit authorization_code client_credentials refresh_token password " REALM_GRANT " " MFA_GRANT "otp " MFA_GRANT "oob " MFA_GRANT
    "recovery-code urn:ietf:params:oauth:grant-type:device_code urn:openid:params:grant-type:ciba urn:ietf:params:oauth:grant-type:token-exchange "
    "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token http://auth0.com/oauth/grant-type/passwordless/otp "
    "urn:okta:params:oauth:grant-type:webauthn";

Err auth0_no_client(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? auth0_say(ctx, 404, "inexistent_client", "The client does not exist") : err;
}

static const char *own_id(Ctx *ctx)
{
    return ((const Auth0Settings *)ctx_settings(ctx))->client_id;
}

static Err refuse_own(Ctx *ctx, const char *id)
{
    return !text_eq(id, own_id(ctx)) ? OK : auth0_say(ctx, 400, "operation_not_supported", "The client of the server's settings stays as it is.");
}

static Application own_client(Ctx *ctx)
{
    return (Application){ .id = own_id(ctx), .app_type = "non_interactive", .is_first_party = true, .document = own_document };
}

Err auth0_client_find(Ctx *ctx, const char *id, Application **ret)
{
    if (!text_eq(id, own_id(ctx)))
        return dir_client_get(ctx, id, ret);
    *ret = ARENA_NEW(ctx->arena, Application);
    **ret = own_client(ctx);
    return OK;
}

Err auth0_client_known(Ctx *ctx, const char *id)
{
    Application *client;

    return text_eq(id, own_id(ctx)) ? OK : dir_client_get(ctx, id, &client);
}

/* ---- shown ---- */

/* Secrets and keys have scopes of their own; who has that of the summary alone sees no more. */
static const Field *members_open(Ctx *ctx)
{
    static const char summary[] = "client_id,name,description,app_type", keys[] = "client_secret,encryption_key,client_authentication_methods";

    if (auth0_has_scope(ctx, "read:client_keys") || auth0_has_scope(ctx, "read:client_credentials"))
        return auth0_client;
    return auth0_has_scope(ctx, "read:client_summary") && !auth0_has_scope(ctx, "read:clients") ? auth0_chosen(ctx, auth0_client, summary, true)
                                                                                                : auth0_chosen(ctx, auth0_client, keys, false);
}

static Err view_of(Ctx *ctx, const Application *client, Auth0Client *ret)
{
    *ret = (Auth0Client){ 0 };
    TRY(json_read(ctx, str_of(client->document), JSON_IGNORE_UNKNOWN, auth0_client, ret));
    ret->tenant = "\"hecate\"";
    ret->global = "false";
    ret->client_id = json_quote(ctx->arena, client->id);
    ret->client_secret = client->secret == NULL ? NULL : json_quote(ctx->arena, client->secret);
    return OK;
}

static Err reply_client(Ctx *ctx, Reply *reply, int status, const Application *client, const Field *fields)
{
    Auth0Client view;

    TRY(view_of(ctx, client, &view));
    return reply_json(ctx, reply, status, AUTH0_JSON, fields, &view, JSON_PLAIN);
}

Err auth0_client_get(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ClientQuery query = { 0 };
    Application *client;

    TRY(auth0_query(ctx, req, auth0_client_query, &query));
    TRY(auth0_no_client(ctx, auth0_client_find(ctx, req_param(ctx, "id"), &client)));
    return reply_client(ctx, reply, 200, client,
                        auth0_chosen(ctx, members_open(ctx), query.fields, !HAS(&query, include_fields) || query.include_fields));
}

/* ---- lists: the client of the settings is the first ---- */

static void split(Ctx *ctx, const char *list, Texts *ret)
{
    Str rest = str_of(list);

    while (rest.p != NULL) {
        const Str word = str_cut(&rest, ',');

        if (word.n > 0)
            texts_add(ctx->arena, ret, str_dup(ctx->arena, word));
    }
}

static bool own_fits(const Auth0ClientQuery *query)
{
    return (query->app_type == NULL || word_in(str_of(query->app_type), ',', STR("non_interactive"))) &&
           (!HAS(query, is_first_party) || query->is_first_party);
}

static Err list_rows(Ctx *ctx, const Auth0ClientQuery *query, const Auth0ListForm *form, List *ret, int64_t *total)
{
    const bool own = own_fits(query), first = own && query->from == NULL && form->start == 0;
    const int64_t before = own && form->start > 0 ? 1 : 0;
    Application *mine = ARENA_NEW(ctx->arena, Application);
    Texts app_types = { 0 };
    ClientPage page = { .app_types = &app_types,
                        .first_party = HAS(query, is_first_party) ? &query->is_first_party : NULL,
                        .limit = form->limit + 1 - first,
                        .offset = form->start - before,
                        .total = form->totals ? total : NULL };

    split(ctx, query->app_type, &app_types);
    *mine = own_client(ctx);
    if (first)
        list_add(ctx->arena, ret, mine);
    TRY(auth0_cursor_read_text(ctx, query->from, &page.after, &page.after_id));
    if (page.limit > 0) {
        List rows = { 0 };

        TRY(dir_client_list(ctx, &page, &rows));
        for (size_t i = 0; i < rows.n; i++)
            list_add(ctx->arena, ret, rows.v[i]);
    }
    *total += own;
    return OK;
}

Auth0ListForm auth0_list_form(const Auth0ClientQuery *query, const char *name)
{
    const bool by_key = HAS(query, take) || query->from != NULL;
    const int64_t limit = by_key ? (HAS(query, take) ? query->take : DEFAULT_PAGE) : HAS(query, per_page) ? query->per_page : DEFAULT_PAGE;

    return (
        Auth0ListForm){ .name = name, .by_key = by_key, .totals = query->include_totals, .limit = limit, .start = by_key ? 0 : query->page * limit };
}

Err auth0_reply_list(Reply *reply, const Auth0ListForm *form, const Field *fields, const List *views, int64_t total, const char *next)
{
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    if (form->by_key)
        buf_printf(&reply->body, "{\"%s\":", form->name);
    else if (form->totals)
        buf_printf(&reply->body, "{\"total\":%lld,\"start\":%lld,\"limit\":%lld,\"%s\":", (long long)total, (long long)form->start,
                   (long long)form->limit, form->name);
    json_write_list(&reply->body, fields, views, JSON_PLAIN);
    if (form->by_key && next != NULL)
        buf_printf(&reply->body, ",\"next\":\"%s\"", next);
    if (form->by_key || form->totals)
        buf_puts(&reply->body, "}");
    return OK;
}

Err auth0_client_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ClientQuery query = { 0 };
    List rows = { 0 }, views = { 0 };
    const char *next = NULL;
    Auth0ListForm form;
    int64_t total = 0;

    TRY(auth0_query(ctx, req, auth0_clients_query, &query));
    form = auth0_list_form(&query, "clients");
    if (!query.is_global)
        TRY(list_rows(ctx, &query, &form, &rows, &total));
    for (size_t i = 0; i < rows.n && i < (size_t)form.limit; i++) {
        Auth0Client *view = ARENA_NEW(ctx->arena, Auth0Client);

        TRY(view_of(ctx, rows.v[i], view));
        list_add(ctx->arena, &views, view);
    }
    if (rows.n > views.n && views.n > 0) {
        const Application *last = rows.v[views.n - 1];

        next = auth0_cursor_write(ctx, last->created_at, last->id);
    }
    return auth0_reply_list(reply, &form, auth0_chosen(ctx, members_open(ctx), query.fields, !HAS(&query, include_fields) || query.include_fields),
                            &views, total, next);
}

/* ---- making and changing ---- */

/* The document is kept as it came: a form has none. */
static Err check_media(Ctx *ctx, const Req *req)
{
    return json_check(ctx, req->body, 32) == OK ? OK : fail(ctx, E_MEDIA_TYPE, NOWHERE, NULL);
}

static Err check_client(Ctx *ctx, const Auth0ClientIn *in)
{
    for (size_t i = 0; i < in->grant_types.n; i++)
        if (!word_in(STR(grant_names), ' ', str_of(in->grant_types.v[i])))
            return auth0_bad_member(ctx, arena_printf(ctx->arena, "grant_types[%zu]", i), NULL, "No enum match for: %.200s", in->grant_types.v[i]);
    if (in->methods != NULL && in->token_endpoint_auth_method != NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Data matches schema from 'not'");
    return auth0_check_object(ctx, "jwt_configuration", in->jwt_configuration, auth0_client_jwt);
}

/* The columns beside the document follow it. */
static Err take_document(Ctx *ctx, const char *document, Application *client)
{
    const char *app_type = json_get(ctx->arena, document, "app_type"), *party = json_get(ctx->arena, document, "is_first_party");

    if (json_size(document) > MOST_DOCUMENT)
        return fail(ctx, E_TOO_LONG, NOWHERE, NULL);
    client->document = document;
    client->app_type = app_type == NULL ? "" : app_type;
    client->is_first_party = !text_eq(party, "false");
    return OK;
}

/* Who signs assertions has no secret to send: one way excludes the other. */
static const char *with_methods(Ctx *ctx, const char *document, const Auth0ClientIn *in, const char *methods)
{
    if (in->token_endpoint_auth_method != NULL)
        return json_set(ctx->arena, document, "client_authentication_methods", NULL);
    return in->methods == NULL
               ? document
               : json_set(ctx->arena, json_set(ctx->arena, document, "token_endpoint_auth_method", NULL), "client_authentication_methods", methods);
}

static const char *default_document(Ctx *ctx, const char *app_type)
{
    size_t i = 0;

    while (kinds[i].app_type != NULL && !text_eq(kinds[i].app_type, app_type))
        i++;
    return json_set(ctx->arena, json_set(ctx->arena, new_document, "token_endpoint_auth_method", json_quote(ctx->arena, kinds[i].auth_method)),
                    "grant_types", kinds[i].grant_types);
}

Err auth0_client_create(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *methods = NULL, *document;
    Auth0ClientIn in = { 0 };
    Application client = { 0 };
    List keys = { 0 };

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(check_media(ctx, req));
    TRY(check_client(ctx, &in));
    if (in.methods != NULL)
        TRY(auth0_new_keys(ctx, in.methods, &keys, &methods));
    document = json_merge(ctx->arena, default_document(ctx, in.app_type), str_dup(ctx->arena, req->body), MERGE_TOP);
    TRY(take_document(ctx, with_methods(ctx, document, &in, methods), &client));
    TRY(dir_client_create(ctx, &client, &keys));
    return reply_client(ctx, reply, 201, &client, auth0_client);
}

typedef struct Change {
    const Auth0ClientIn *in;
    const char *body;
} Change;

static Err change_client(Ctx *ctx, Application *client, void *arg)
{
    const Change *change = arg;
    const char *document = json_merge(ctx->arena, client->document, change->body, MERGE_TOP);

    return take_document(ctx, with_methods(ctx, document, change->in, change->in->methods), client);
}

Err auth0_client_update(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id = req_param(ctx, "id");
    Auth0ClientIn in = { 0 };
    Change change = { .in = &in };
    Application *client;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(check_media(ctx, req));
    TRY(check_client(ctx, &in));
    TRY(refuse_own(ctx, id));
    if (in.methods != NULL)
        TRY(auth0_no_client(ctx, auth0_check_keys(ctx, id, in.methods)));
    change.body = str_dup(ctx->arena, req->body);
    TRY(auth0_no_client(ctx, dir_client_update(ctx, id, change_client, &change, &client)));
    return reply_client(ctx, reply, 200, client, members_open(ctx));
}

Err auth0_client_rotate(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id = req_param(ctx, "id");
    Application *client;

    (void)req;
    TRY(refuse_own(ctx, id));
    TRY(auth0_no_client(ctx, dir_client_get(ctx, id, &client)));
    if (json_get(ctx->arena, client->document, "client_authentication_methods") != NULL)
        return auth0_say(ctx, 400, "operation_not_supported", "The client signs assertions: it has no secret to rotate.");
    TRY(auth0_no_client(ctx, dir_client_rotate(ctx, id, &client)));
    return reply_client(ctx, reply, 200, client, auth0_client);
}

/* Nobody there is no error. */
Err auth0_client_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id = req_param(ctx, "id");
    Err err;

    (void)req;
    TRY(refuse_own(ctx, id));
    err = dir_client_delete(ctx, id);
    TRY(err == E_NO_ROW ? OK : err);
    return auth0_reply_empty(reply, 204);
}
