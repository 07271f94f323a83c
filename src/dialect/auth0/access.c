/* access.c: roles, permissions and resource servers (spec/auth0.md 2.5, 2.13). */
#include "directory/access.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"

static const UserQuery role_users_query = { .parts = USER_WHOLE, .living = true, .ascending = true };

static Err no_role(Ctx *ctx)
{
    return auth0_say(ctx, 404, NULL, "The role does not exist.");
}

/* ---- pages ---- */

int64_t auth0_limit(const Auth0PageQuery *query)
{
    return HAS(query, per_page) ? query->per_page : DEFAULT_PAGE;
}

Err auth0_reply_page(Reply *reply, const Auth0PageQuery *query, const char *name, const Field *fields, const List *list, int64_t total)
{
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    if (!query->include_totals) {
        json_write_list(&reply->body, fields, list, JSON_PLAIN);
        return OK;
    }
    buf_printf(&reply->body, "{\"%s\":", name);
    json_write_list(&reply->body, fields, list, JSON_PLAIN);
    buf_printf(&reply->body, ",\"start\":%lld,\"limit\":%lld,\"total\":%lld}", (long long)(query->page * auth0_limit(query)),
               (long long)auth0_limit(query), (long long)total);
    return OK;
}

Err auth0_reply_empty(Reply *reply, int status)
{
    reply->status = status;
    if (status == 204)
        return OK;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    buf_puts(&reply->body, "{}");
    return OK;
}

/* Where the next page begins: behind what was made at this time and has this id. */
const char *auth0_cursor_write(Ctx *ctx, int64_t at, const char *id)
{
    const char *text = arena_printf(ctx->arena, "%lld,%s", (long long)at, id);
    Buf buf = buf_in(ctx->arena, 256);
    char *cursor = "";

    base64_write(&buf, text, strlen(text), true, false);
    IGNORE(buf_text(&buf, &cursor)); /* the cap fits by construction */
    return cursor;
}

static Err bad_cursor(Ctx *ctx)
{
    return auth0_say(ctx, 400, "invalid_paging",
                     "The checkpoint ID provided in the 'from' parameter has expired or is invalid, please remove the checkpoint ID and try again");
}

Err auth0_cursor_read_text(Ctx *ctx, const char *text, int64_t *at, const char **id)
{
    Str decoded, time;
    uint64_t number;

    if (text == NULL)
        return OK;
    if (!base64_read(ctx->arena, str_of(text), true, false, &decoded))
        return bad_cursor(ctx);
    time = str_cut(&decoded, ',');
    if (decoded.p == NULL || decoded.n == 0 || decoded.n > 64 || memchr(decoded.p, '\0', decoded.n) != NULL || !utf8_valid(decoded) ||
        !str_to_u64(time, INT64_MAX, &number))
        return bad_cursor(ctx);
    *id = str_dup(ctx->arena, decoded);
    *at = (int64_t)number;
    return OK;
}

Err auth0_cursor_read(Ctx *ctx, const char *text, int64_t *at, const char **id)
{
    const char *found = NULL;

    TRY(auth0_cursor_read_text(ctx, text, at, &found));
    *id = found == NULL ? NULL : uuid_read(ctx->arena, str_of(found));
    return found != NULL && *id == NULL ? bad_cursor(ctx) : OK;
}

/* ---- roles ---- */

static Err reply_role(Ctx *ctx, Reply *reply, const Role *role)
{
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_role, role, JSON_PLAIN);
}

static Err load_role(Ctx *ctx, Role **ret)
{
    const Err err = dir_role_get(ctx, req_param(ctx, "id"), ret);

    return err == E_NO_ROW ? no_role(ctx) : err;
}

static Err role_written(Ctx *ctx, Err err)
{
    return err == E_CONFLICT ? auth0_say(ctx, 409, "role_conflict", "The role already exists.") : err == E_NO_ROW ? no_role(ctx) : err;
}

Err auth0_role_create(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0RoleIn in = { 0 };
    Role role;

    TRY(auth0_body(ctx, req, 0, &in));
    role = (Role){ .name = in.name, .description = in.description == NULL ? "" : in.description };
    TRY(role_written(ctx, dir_role_create(ctx, &role)));
    return reply_role(ctx, reply, &role);
}

Err auth0_role_get(Ctx *ctx, const Req *req, Reply *reply)
{
    Role *role;

    (void)req;
    TRY(load_role(ctx, &role));
    return reply_role(ctx, reply, role);
}

Err auth0_role_update(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0RoleIn in = { 0 };
    Role *role;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(load_role(ctx, &role));
    role->name = in.name == NULL ? role->name : in.name;
    role->description = in.description == NULL ? role->description : in.description;
    TRY(role_written(ctx, dir_role_update(ctx, role)));
    return reply_role(ctx, reply, role);
}

Err auth0_role_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    TRY(role_written(ctx, dir_role_delete(ctx, req_param(ctx, "id"))));
    return auth0_reply_empty(reply, 200);
}

static Err reply_roles(Ctx *ctx, Reply *reply, const Auth0PageQuery *query, const char *user_id)
{
    int64_t total = 0;
    const AccessPage page = { .limit = auth0_limit(query),
                              .offset = query->page * auth0_limit(query),
                              .user_id = user_id,
                              .filter = query->name_filter,
                              .total = query->include_totals ? &total : NULL };
    List roles = { 0 };

    TRY(dir_role_list(ctx, &page, &roles));
    return auth0_reply_page(reply, query, "roles", auth0_role, &roles, total);
}

Err auth0_role_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };

    TRY(auth0_query(ctx, req, auth0_roles_query, &query));
    return reply_roles(ctx, reply, &query, NULL);
}

/* ---- roles of a user ---- */

Err auth0_user_roles(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    User *user;

    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    TRY(auth0_query(ctx, req, auth0_page_query, &query));
    TRY(auth0_load(ctx, req_param(ctx, "id"), &user));
    return reply_roles(ctx, reply, &query, user->id);
}

static Err assign_to_user(Ctx *ctx, const Req *req, Reply *reply, bool give)
{
    Auth0IdsIn in = { 0 };
    Texts ids = { 0 };
    User *user;
    Err err;

    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    TRY(auth0_body(ctx, req, 0, &in));
    TRY(auth0_load(ctx, req_param(ctx, "id"), &user));
    texts_add(ctx->arena, &ids, user->id);
    err = dir_roles_assign(ctx, &ids, &in.ids, give);
    TRY(err == E_NO_ROW ? no_role(ctx) : err);
    return auth0_reply_empty(reply, 204);
}

Err auth0_user_roles_add(Ctx *ctx, const Req *req, Reply *reply)
{
    return assign_to_user(ctx, req, reply, true);
}

Err auth0_user_roles_remove(Ctx *ctx, const Req *req, Reply *reply)
{
    return assign_to_user(ctx, req, reply, false);
}

/* ---- users of a role ---- */

Err auth0_role_users_add(Ctx *ctx, const Req *req, Reply *reply)
{
    Texts ids = { 0 }, roles = { 0 };
    Auth0IdsIn in = { 0 };
    Role *role;
    User *user;
    Err err = OK;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(load_role(ctx, &role));
    for (size_t i = 0; i < in.ids.n && err == OK; i++) {
        err = auth0_load(ctx, in.ids.v[i], &user);
        if (err == OK)
            texts_add(ctx->arena, &ids, user->id);
    }
    texts_add(ctx->arena, &roles, role->id);
    if (err == OK)
        err = dir_roles_assign(ctx, &ids, &roles, true);
    if (err == E_NO_USER || err == E_BAD_VALUE)
        return auth0_say(ctx, 404, NULL, "One or more of the users do not exist.");
    TRY(err == E_NO_ROW ? no_role(ctx) : err);
    return auth0_reply_empty(reply, 200);
}

/* The users in the order of their assignment. */
static Err load_users(Ctx *ctx, const List *rows, List *ret)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    List users = { 0 };

    *query = role_users_query;
    query->limit = (int64_t)rows->n;
    for (size_t i = 0; i < rows->n; i++)
        texts_add(ctx->arena, &query->ids, ((const RoleUser *)rows->v[i])->user_id);
    if (rows->n > 0)
        TRY(dir_user_list(ctx, query, &users));
    for (size_t i = 0; i < rows->n; i++)
        for (size_t k = 0; k < users.n; k++)
            if (text_eq(((const User *)users.v[k])->id, query->ids.v[i]))
                list_add(ctx->arena, ret, (void *)(uintptr_t)auth0_user_view(ctx, users.v[k]));
    return OK;
}

/* Presence of `take` or `from` asks for checkpoints. */
static Err reply_checkpoint(Ctx *ctx, Reply *reply, const Auth0PageQuery *query, const char *role_id)
{
    const int64_t take = HAS(query, take) ? query->take : DEFAULT_PAGE;
    AccessPage page = { .limit = take + 1 };
    List rows = { 0 }, users = { 0 };

    TRY(auth0_cursor_read(ctx, query->from, &page.after, &page.after_id));
    TRY(dir_role_users(ctx, role_id, &page, &rows));
    if ((int64_t)rows.n > take)
        rows.n = (size_t)take;
    else
        page.limit = 0;
    TRY(load_users(ctx, &rows, &users));
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    buf_puts(&reply->body, "{\"users\":");
    json_write_list(&reply->body, auth0_role_user, &users, JSON_PLAIN);
    if (page.limit > 0) {
        const RoleUser *last = rows.v[rows.n - 1];

        buf_printf(&reply->body, ",\"next\":\"%s\"", auth0_cursor_write(ctx, last->created_at, last->user_id));
    }
    buf_puts(&reply->body, "}");
    return OK;
}

Err auth0_role_users(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    List rows = { 0 }, users = { 0 };
    int64_t total = 0;
    AccessPage page;
    Role *role;

    TRY(auth0_query(ctx, req, auth0_checkpoint_query, &query));
    TRY(load_role(ctx, &role));
    if (HAS(&query, take) || HAS(&query, from))
        return reply_checkpoint(ctx, reply, &query, role->id);
    page = (AccessPage){ .limit = auth0_limit(&query), .offset = query.page * auth0_limit(&query), .total = query.include_totals ? &total : NULL };
    TRY(dir_role_users(ctx, role->id, &page, &rows));
    TRY(load_users(ctx, &rows, &users));
    return auth0_reply_page(reply, &query, "users", auth0_role_user, &users, total);
}

/* ---- permissions ---- */

/* One entry a permission; its rows follow one another. `sources` for those of users. */
static List merge_permissions(Ctx *ctx, const List *rows, bool sources)
{
    Auth0Permission *view = NULL;
    List merged = { 0 };

    for (size_t i = 0; i < rows->n; i++) {
        const Permission *row = rows->v[i];
        Auth0Source *source = ARENA_NEW(ctx->arena, Auth0Source);

        if (view == NULL || !text_eq(view->name, row->name) || !text_eq(view->identifier, row->identifier)) {
            view = ARENA_NEW(ctx->arena, Auth0Permission);
            *view = (Auth0Permission){
                .name = row->name, .description = row->description, .server_name = row->server_name, .identifier = row->identifier
            };
            list_add(ctx->arena, &merged, view);
        }
        *source = (Auth0Source){ .id = row->role_id, .name = row->role_name, .type = text_empty(row->role_id) ? "DIRECT" : "ROLE" };
        if (sources)
            list_add(ctx->arena, &view->sources, source);
    }
    return merged;
}

static Err reply_permissions(Ctx *ctx, Reply *reply, const Auth0PageQuery *query, const char *user_id, const char *role_id)
{
    const size_t offset = (size_t)(query->page * auth0_limit(query));
    List rows = { 0 }, all, page = { 0 };

    TRY(dir_permissions_list(ctx, user_id, role_id, &rows));
    all = merge_permissions(ctx, &rows, user_id != NULL);
    for (size_t i = offset; i < all.n && page.n < (size_t)auth0_limit(query); i++)
        list_add(ctx->arena, &page, all.v[i]);
    return auth0_reply_page(reply, query, "permissions", auth0_permission, &page, (int64_t)all.n);
}

Err auth0_user_permissions(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    User *user;

    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    TRY(auth0_query(ctx, req, auth0_page_query, &query));
    TRY(auth0_load(ctx, req_param(ctx, "id"), &user));
    return reply_permissions(ctx, reply, &query, user->id, NULL);
}

Err auth0_role_permissions(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    Role *role;

    TRY(auth0_query(ctx, req, auth0_page_query, &query));
    TRY(load_role(ctx, &role));
    return reply_permissions(ctx, reply, &query, NULL, role->id);
}

/* Something of the list is not there: which? */
static Err refuse_permissions(Ctx *ctx, const List *refs)
{
    ResourceServer *server;

    for (size_t i = 0; i < refs->n; i++) {
        const PermissionRef *ref = refs->v[i];
        const Err err = dir_server_get(ctx, ref->identifier, &server);

        if (err == E_NO_ROW)
            return auth0_say(ctx, 404, "inexistent_resource_server", "The resource server does not exist.");
        TRY(err);
    }
    return auth0_say(ctx, 400, "invalid_body", "One or more of the permissions do not exist.");
}

static Err assign_permissions(Ctx *ctx, const Auth0PermissionsIn *in, const char *user_id, const char *role_id, bool give)
{
    const Err err = dir_permissions_assign(ctx, user_id, role_id, &in->permissions, give);

    return err == E_NO_ROW ? refuse_permissions(ctx, &in->permissions) : err;
}

static Err user_permissions_change(Ctx *ctx, const Req *req, Reply *reply, bool give)
{
    Auth0PermissionsIn in = { 0 };
    User *user;

    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    TRY(auth0_body(ctx, req, 0, &in));
    TRY(auth0_load(ctx, req_param(ctx, "id"), &user));
    TRY(assign_permissions(ctx, &in, user->id, NULL, give));
    return auth0_reply_empty(reply, give ? 201 : 204);
}

Err auth0_user_permissions_add(Ctx *ctx, const Req *req, Reply *reply)
{
    return user_permissions_change(ctx, req, reply, true);
}

Err auth0_user_permissions_remove(Ctx *ctx, const Req *req, Reply *reply)
{
    return user_permissions_change(ctx, req, reply, false);
}

static Err role_permissions_change(Ctx *ctx, const Req *req, Reply *reply, bool give)
{
    Auth0PermissionsIn in = { 0 };
    Role *role;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(load_role(ctx, &role));
    TRY(assign_permissions(ctx, &in, NULL, role->id, give));
    return auth0_reply_empty(reply, give ? 201 : 204);
}

Err auth0_role_permissions_add(Ctx *ctx, const Req *req, Reply *reply)
{
    return role_permissions_change(ctx, req, reply, true);
}

Err auth0_role_permissions_remove(Ctx *ctx, const Req *req, Reply *reply)
{
    return role_permissions_change(ctx, req, reply, false);
}

/* ---- resource servers ---- */

static Err reply_server(Ctx *ctx, Reply *reply, int status, const ResourceServer *server)
{
    return reply_json(ctx, reply, status, AUTH0_JSON, auth0_server, server, JSON_PLAIN);
}

static Err no_server(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? auth0_say(ctx, 404, "inexistent_resource_server", "The resource server does not exist") : err;
}

/* What the body names, over what stands. */
static void fill_server(const Auth0ServerIn *in, ResourceServer *server)
{
    server->name = in->name == NULL ? server->name : in->name;
    server->signing_alg = in->signing_alg == NULL ? server->signing_alg : in->signing_alg;
    if (HAS(in, scopes))
        server->scopes = in->scopes;
    if (HAS(in, allow_offline_access))
        server->allow_offline_access = in->allow_offline_access;
    if (HAS(in, skip_consent))
        server->skip_consent = in->skip_consent;
    if (HAS(in, token_lifetime))
        server->token_lifetime = in->token_lifetime;
    if (HAS(in, enforce_policies))
        server->enforce_policies = in->enforce_policies;
    if (HAS(in, token_dialect))
        server->token_dialect = in->token_dialect;
    if (HAS(in, token_lifetime_for_web))
        server->token_lifetime_for_web = in->token_lifetime_for_web;
}

Err auth0_server_create(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ServerIn in = { 0 };
    ResourceServer server;
    Err err;

    TRY(auth0_body(ctx, req, 0, &in));
    server = (ResourceServer){
        .identifier = in.identifier, .name = in.identifier, .signing_alg = "RS256", .token_lifetime = 86400, .token_lifetime_for_web = 7200
    };
    fill_server(&in, &server);
    err = text_eq(in.identifier, auth0_audience(ctx)) ? E_CONFLICT : dir_server_create(ctx, &server);
    if (err == E_CONFLICT)
        return auth0_say(ctx, 409, "resource_server_conflict", "A resource server with the same identifier already exists");
    TRY(err);
    return reply_server(ctx, reply, 201, &server);
}

Err auth0_server_get(Ctx *ctx, const Req *req, Reply *reply)
{
    ResourceServer *server;

    (void)req;
    TRY(no_server(ctx, dir_server_get(ctx, req_param(ctx, "id"), &server)));
    return reply_server(ctx, reply, 200, server);
}

Err auth0_server_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    List servers = { 0 };
    int64_t total = 0;
    AccessPage page;

    TRY(auth0_query(ctx, req, auth0_page_query, &query));
    page = (AccessPage){ .limit = auth0_limit(&query), .offset = query.page * auth0_limit(&query), .total = query.include_totals ? &total : NULL };
    TRY(dir_server_list(ctx, &page, &servers));
    return auth0_reply_page(reply, &query, "resource_servers", auth0_server, &servers, total);
}

Err auth0_server_update(Ctx *ctx, const Req *req, Reply *reply)
{
    ResourceServer *server;
    Auth0ServerIn in = { 0 };

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(no_server(ctx, dir_server_get(ctx, req_param(ctx, "id"), &server)));
    fill_server(&in, server);
    TRY(no_server(ctx, dir_server_update(ctx, server)));
    return reply_server(ctx, reply, 200, server);
}

/* Nobody there is no error. */
Err auth0_server_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    ResourceServer *server;
    Err err = dir_server_get(ctx, req_param(ctx, "id"), &server);

    (void)req;
    if (err == OK)
        err = dir_server_delete(ctx, server->id);
    TRY(err == E_NO_ROW ? OK : err);
    return auth0_reply_empty(reply, 204);
}
