/* client_grants.c: which scopes of an API a client may have by itself (spec/auth0.md 7.1). */
#include "dialect/auth0/internal.h"
#include "directory/access.h"
#include "directory/clients.h"

static Err no_grant(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? auth0_say(ctx, 404, "inexistent_client_grant", "The client grant does not exist") : err;
}

/* The Management API has its scopes from the start. */
static Err load_api(Ctx *ctx, const char *audience, ResourceServer **ret)
{
    Err err;

    *ret = NULL;
    if (text_eq(audience, auth0_audience(ctx)))
        return OK;
    err = dir_server_get(ctx, audience, ret);
    return err == E_NO_ROW || (err == OK && !text_eq((*ret)->identifier, audience))
               ? auth0_say(ctx, 404, "inexistent_resource_server", "The resource server does not exist")
               : err;
}

static Err check_scopes(Ctx *ctx, const char *audience, const Texts *scopes)
{
    ResourceServer *server;

    TRY(load_api(ctx, audience, &server));
    for (size_t i = 0; i < scopes->n; i++) {
        const Str scope = str_of(scopes->v[i]);

        if (server == NULL ? !word_in(str_of(auth0_all_scopes), ' ', scope) : !auth0_scope_of(server, scope))
            return auth0_bad_member(ctx, arena_printf(ctx->arena, "scope[%zu]", i), NULL, "No such scope of the API: %.200s", scopes->v[i]);
    }
    return OK;
}

static void take_members(Ctx *ctx, const Auth0ClientGrantIn *in, ClientGrant *grant)
{
    if (HAS(in, scope))
        grant->scopes = auth0_texts_doc(ctx, &in->scope);
    if (HAS(in, organization_usage))
        grant->organization_usage = in->organization_usage;
    if (HAS(in, allow_any_organization))
        grant->allow_any_organization = in->allow_any_organization;
}

static Err reply_grant(Ctx *ctx, Reply *reply, int status, const ClientGrant *grant)
{
    return reply_json(ctx, reply, status, AUTH0_JSON, auth0_client_grant, grant, JSON_PLAIN);
}

Err auth0_client_grant_create(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ClientGrantIn in = { 0 };
    ClientGrant grant;
    Err err;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(auth0_no_client(ctx, auth0_client_known(ctx, in.client_id)));
    TRY(check_scopes(ctx, in.audience, &in.scope));
    grant = (ClientGrant){ .client_id = in.client_id, .audience = in.audience, .scopes = "[]" };
    take_members(ctx, &in, &grant);
    err = dir_client_grant_create(ctx, &grant);
    if (err == E_CONFLICT)
        return auth0_say(ctx, 409, "client_grant_conflict", "A client grant for the specified client and audience already exists.");
    TRY(err);
    return reply_grant(ctx, reply, 201, &grant);
}

Err auth0_client_grant_update(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ClientGrantIn in = { 0 };
    ClientGrant *grant;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(no_grant(ctx, dir_client_grant_get(ctx, req_param(ctx, "id"), &grant)));
    TRY(check_scopes(ctx, grant->audience, &in.scope));
    take_members(ctx, &in, grant);
    TRY(no_grant(ctx, dir_client_grant_update(ctx, grant)));
    return reply_grant(ctx, reply, 200, grant);
}

Err auth0_client_grant_get(Ctx *ctx, const Req *req, Reply *reply)
{
    ClientGrant *grant;

    (void)req;
    TRY(no_grant(ctx, dir_client_grant_get(ctx, req_param(ctx, "id"), &grant)));
    return reply_grant(ctx, reply, 200, grant);
}

/* Nobody there is no error. */
Err auth0_client_grant_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const Err err = dir_client_grant_delete(ctx, req_param(ctx, "id"));

    (void)req;
    TRY(err == E_NO_ROW ? OK : err);
    return auth0_reply_empty(reply, 204);
}

Err auth0_client_grant_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ClientQuery query = { 0 };
    const char *next = NULL;
    Auth0ListForm form;
    int64_t total = 0;
    List rows = { 0 };
    ClientPage page;

    TRY(auth0_query(ctx, req, auth0_client_grants_query, &query));
    form = auth0_list_form(&query, "client_grants");
    page = (ClientPage){ .client_id = query.client_id,
                         .audience = query.audience,
                         .any_organization = HAS(&query, any_organization) ? &query.any_organization : NULL,
                         .limit = form.limit + 1,
                         .offset = form.start,
                         .total = form.totals ? &total : NULL };
    TRY(auth0_cursor_read_text(ctx, query.from, &page.after, &page.after_id));
    TRY(dir_client_grant_list(ctx, &page, &rows));
    if (rows.n > (size_t)form.limit) {
        rows.n = (size_t)form.limit;
        if (rows.n > 0) {
            const ClientGrant *last = rows.v[rows.n - 1];

            next = auth0_cursor_write(ctx, last->created_at, last->id);
        }
    }
    return auth0_reply_list(reply, &form, auth0_client_grant, &rows, total, next);
}
