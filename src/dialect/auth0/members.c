/* members.c: members of an organization, and the roles that they have within it (spec/auth0.md 2.6). */
#include "dialect/auth0/internal.h"
#include "directory/organizations.h"

enum { MOST_ROLES = 50 };

static Err no_role(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? auth0_say(ctx, 404, NULL, "The role does not exist.") : err;
}

/* ---- lists ---- */

/* Roles only where `fields` asks for them. */
static Err member_view(Ctx *ctx, const Auth0PageQuery *in, const Membership *membership, Auth0Member **ret)
{
    const Auth0User *user = auth0_user_view(ctx, membership->user);
    Auth0Member *view = ARENA_NEW(ctx->arena, Auth0Member);

    *view = (Auth0Member){ .user_id = user->user_id, .email = user->email, .name = user->name, .picture = user->picture };
    if (in->fields != NULL && word_in(str_of(in->fields), ',', STR("roles")))
        TRY(dir_member_role_list(ctx, membership->organization_id, membership->user_id, MOST_ROLES, 0, &view->roles, NULL));
    *ret = view;
    return OK;
}

static Err views_of(Ctx *ctx, const Auth0PageQuery *in, const List *memberships, List *ret)
{
    for (size_t i = 0; i < memberships->n; i++) {
        Auth0Member *view;

        TRY(member_view(ctx, in, memberships->v[i], &view));
        list_add(ctx->arena, ret, view);
    }
    return OK;
}

static const Field *chosen(Ctx *ctx, const Auth0PageQuery *in)
{
    return auth0_chosen(ctx, auth0_member, in->fields, !HAS(in, include_fields) || in->include_fields);
}

static Err reply_checkpoint(Ctx *ctx, Reply *reply, const Auth0PageQuery *in, MemberQuery *query)
{
    const int64_t take = HAS(in, take) ? in->take : DEFAULT_PAGE;
    List memberships, views = { 0 };
    bool more;

    query->users.limit = take + 1;
    TRY(auth0_cursor_read(ctx, in->from, &query->after, &query->after_id));
    TRY(dir_member_list(ctx, query, &memberships, NULL));
    more = (int64_t)memberships.n > take;
    memberships.n = more ? (size_t)take : memberships.n;
    TRY(views_of(ctx, in, &memberships, &views));
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    buf_puts(&reply->body, "{\"members\":");
    json_write_list(&reply->body, chosen(ctx, in), &views, JSON_PLAIN);
    if (more) {
        const Membership *last = memberships.v[memberships.n - 1];

        buf_printf(&reply->body, ",\"next\":\"%s\"", auth0_cursor_write(ctx, last->created_at, last->user_id));
    }
    buf_puts(&reply->body, "}");
    return OK;
}

/* In the order in which they joined. */
Err auth0_members(Ctx *ctx, const Req *req, Reply *reply)
{
    MemberQuery *query = ARENA_NEW(ctx->arena, MemberQuery);
    List memberships, views = { 0 };
    Auth0PageQuery in = { 0 };
    Organization *organization;
    int64_t total = 0;

    TRY(auth0_query(ctx, req, auth0_members_query, &in));
    TRY(auth0_load_organization(ctx, &organization));
    query->organization_id = organization->id;
    query->users.ascending = true;
    if (HAS(&in, take) || HAS(&in, from))
        return reply_checkpoint(ctx, reply, &in, query);
    query->users.limit = auth0_limit(&in);
    query->users.offset = in.page * query->users.limit;
    TRY(dir_member_list(ctx, query, &memberships, in.include_totals ? &total : NULL));
    TRY(views_of(ctx, &in, &memberships, &views));
    return auth0_reply_page(reply, &in, "members", chosen(ctx, &in), &views, total);
}

/* ---- joining and leaving ---- */

/* UUIDs of the users of a body; those whom nobody knows are passed over, or refused. */
static Err read_users(Ctx *ctx, const Texts *ids, bool strict, Texts *ret)
{
    for (size_t i = 0; i < ids->n; i++) {
        User *user;
        const Err err = auth0_load(ctx, ids->v[i], &user);

        if (err == OK)
            texts_add(ctx->arena, ret, user->id);
        else if (strict || (err != E_NO_USER && err != E_BAD_VALUE))
            return err;
    }
    return OK;
}

static Err change_members(Ctx *ctx, const Req *req, bool add, Reply *reply)
{
    Organization *organization;
    Auth0IdsIn in = { 0 };
    Texts ids = { 0 };

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(auth0_load_organization(ctx, &organization));
    TRY(read_users(ctx, &in.ids, add, &ids));
    TRY(add ? dir_members_add(ctx, organization->id, &ids) : dir_members_remove(ctx, organization->id, &ids));
    return auth0_reply_empty(reply, 204);
}

Err auth0_members_add(Ctx *ctx, const Req *req, Reply *reply)
{
    return change_members(ctx, req, true, reply);
}

Err auth0_members_remove(Ctx *ctx, const Req *req, Reply *reply)
{
    return change_members(ctx, req, false, reply);
}

/* ---- roles within the organization ---- */

Err auth0_member_roles(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery in = { 0 };
    Organization *organization;
    List roles = { 0 };
    int64_t total = 0;
    User *user;

    TRY(auth0_check_user_id(ctx, req_param(ctx, "user_id")));
    TRY(auth0_query(ctx, req, auth0_page_query, &in));
    TRY(auth0_load_organization(ctx, &organization));
    TRY(auth0_load(ctx, req_param(ctx, "user_id"), &user));
    TRY(dir_member_role_list(ctx, organization->id, user->id, auth0_limit(&in), in.page * auth0_limit(&in), &roles,
                             in.include_totals ? &total : NULL));
    return auth0_reply_page(reply, &in, "roles", auth0_role, &roles, total);
}

static Err change_roles(Ctx *ctx, const Req *req, bool give, Reply *reply)
{
    Organization *organization;
    Auth0IdsIn in = { 0 };
    User *user;

    TRY(auth0_check_user_id(ctx, req_param(ctx, "user_id")));
    TRY(auth0_body(ctx, req, 0, &in));
    TRY(auth0_load_organization(ctx, &organization));
    TRY(auth0_load(ctx, req_param(ctx, "user_id"), &user));
    TRY(no_role(ctx, dir_member_roles_assign(ctx, organization->id, user->id, &in.ids, give)));
    return auth0_reply_empty(reply, 204);
}

Err auth0_member_roles_add(Ctx *ctx, const Req *req, Reply *reply)
{
    return change_roles(ctx, req, true, reply);
}

Err auth0_member_roles_remove(Ctx *ctx, const Req *req, Reply *reply)
{
    return change_roles(ctx, req, false, reply);
}

Err auth0_is_member(Ctx *ctx, const char *organization_id, const char *user_id, bool *ret)
{
    MemberQuery *query = ARENA_NEW(ctx->arena, MemberQuery);
    Organization *organization;
    List members = { 0 };

    TRY(dir_organization_get(ctx, NULL, organization_id, NULL, &organization));
    query->organization_id = organization->id;
    query->users.limit = 1;
    texts_add(ctx->arena, &query->users.ids, user_id);
    TRY(dir_member_list(ctx, query, &members, NULL));
    *ret = members.n > 0;
    return OK;
}
