/* effective.c: what a user has in the end, and whence (the newest clients' effective roles, effective permissions and groups). Groups there are none.
 */
#include "dialect/auth0/internal.h"
#include "directory/access.h"

/* Where a page begins: `next` is how many came before it. */
static Err read_range(Ctx *ctx, const Auth0EffectiveQuery *query, uint64_t *from, int64_t *take)
{
    *from = 0;
    *take = HAS(query, take) ? query->take : DEFAULT_PAGE;
    if (query->from != NULL && !str_to_u64(str_of(query->from), 1000000, from))
        return auth0_say(
            ctx, 400, "invalid_paging",
            "The checkpoint ID provided in the 'from' parameter has expired or is invalid, please remove the checkpoint ID and try again");
    return OK;
}

/* One page of `all`, which is in a stable order. */
static Err reply_range(Ctx *ctx, Reply *reply, const Auth0EffectiveQuery *query, const char *name, const Field *fields, const List *all)
{
    List page = { 0 };
    int64_t take;
    uint64_t from;

    TRY(read_range(ctx, query, &from, &take));
    for (size_t i = from; i < all->n && page.n < (size_t)take; i++)
        list_add(ctx->arena, &page, all->v[i]);
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    buf_printf(&reply->body, "{\"%s\":", name);
    json_write_list(&reply->body, fields, &page, JSON_PLAIN);
    if (from + page.n < all->n)
        buf_printf(&reply->body, ",\"next\":\"%llu\"", (unsigned long long)(from + page.n));
    buf_puts(&reply->body, "}");
    return OK;
}

static Err all_roles(Ctx *ctx, const char *user_id, List *ret)
{
    const AccessPage page = { .limit = 1000, .user_id = user_id };

    return dir_role_list(ctx, &page, ret);
}

static Auth0EffectiveRole *role_view(Ctx *ctx, const char *id, const char *name, const char *description)
{
    Auth0EffectiveRole *view = ARENA_NEW(ctx->arena, Auth0EffectiveRole);

    *view = (Auth0EffectiveRole){ .id = id, .name = name, .description = description == NULL ? "" : description };
    texts_add(ctx->arena, &view->sources, "direct");
    return view;
}

Err auth0_effective_roles(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0EffectiveQuery query = { 0 };
    List roles = { 0 }, views = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_effective_query, &query));
    TRY(auth0_load_param(ctx, &user));
    TRY(all_roles(ctx, user->id, &roles));
    for (size_t i = 0; i < roles.n; i++) {
        const Role *role = roles.v[i];

        list_add(ctx->arena, &views, role_view(ctx, role->id, role->name, role->description));
    }
    return reply_range(ctx, reply, &query, "roles", auth0_effective_role, &views);
}

/* The view of this permission, made when it is not there yet: a permission comes once, with all its ways. */
static Auth0EffectivePermission *permission_view(Ctx *ctx, List *views, const Permission *permission)
{
    Auth0EffectivePermission *view;

    for (size_t i = 0; i < views->n; i++)
        if (text_eq(((Auth0EffectivePermission *)views->v[i])->name, permission->name))
            return views->v[i];
    view = ARENA_NEW(ctx->arena, Auth0EffectivePermission);
    *view = (Auth0EffectivePermission){
        .name = permission->name, .identifier = permission->identifier, .server_name = permission->server_name, .description = permission->description
    };
    list_add(ctx->arena, views, view);
    return view;
}

static void add_source(Ctx *ctx, Auth0EffectivePermission *view, const char *source)
{
    for (size_t i = 0; i < view->sources.n; i++)
        if (text_eq(view->sources.v[i], source))
            return;
    texts_add(ctx->arena, &view->sources, source);
}

static Err permissions_of(Ctx *ctx, const Field *fields, const Req *req, Auth0EffectiveQuery *query, List *ret)
{
    User *user;

    TRY(auth0_query(ctx, req, fields, query));
    TRY(auth0_load_param(ctx, &user));
    return dir_permissions_list(ctx, user->id, NULL, ret);
}

Err auth0_effective_permissions(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0EffectiveQuery query = { 0 };
    List rows = { 0 }, views = { 0 };

    TRY(permissions_of(ctx, auth0_effective_permissions_query, req, &query, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const Permission *row = rows.v[i];

        if (text_eq(row->identifier, query.identifier))
            add_source(ctx, permission_view(ctx, &views, row), text_empty(row->role_id) ? "direct" : "roles");
    }
    return reply_range(ctx, reply, &query, "permissions", auth0_effective_permission, &views);
}

/* The roles of the user that give the permission. */
Err auth0_permission_roles(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0EffectiveQuery query = { 0 };
    List rows = { 0 }, views = { 0 };

    TRY(permissions_of(ctx, auth0_permission_roles_query, req, &query, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const Permission *row = rows.v[i];
        Role *role;
        Err err;

        if (text_empty(row->role_id) || !text_eq(row->identifier, query.identifier) || !text_eq(row->name, query.permission_name))
            continue;
        err = dir_role_get(ctx, row->role_id, &role);
        if (err == OK)
            list_add(ctx->arena, &views, role_view(ctx, role->id, role->name, role->description));
        else if (err != E_NO_ROW)
            return err;
    }
    return reply_range(ctx, reply, &query, "roles", auth0_effective_role, &views);
}

Err auth0_role_groups(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0EffectiveQuery query = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_role_groups_query, &query));
    TRY(auth0_load_param(ctx, &user));
    return auth0_reply_fixed(ctx, reply, "{\"groups\":[]}");
}

Err auth0_groups(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_groups_query, &query));
    TRY(auth0_load_param(ctx, &user));
    return auth0_reply_fixed(ctx, reply, "{\"groups\":[]}");
}
