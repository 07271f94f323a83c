/* members.c: memberships of organizations: an organization's, a user's, all (spec/clerk.md 2.6, 3.4, 4.2). */
#include "dialect/clerk/internal.h"
#include "directory/organizations.h"

/* ---- roles ---- */

static const struct {
    const char *role, *name, *shown, *permissions;
} roles[] = {
    { ROLE_ADMIN, "org:admin", "Admin",
      "[\"org:sys_profile:manage\",\"org:sys_profile:delete\",\"org:sys_memberships:read\",\"org:sys_memberships:manage\",\"org:sys_domains:read\","
      "\"org:sys_domains:manage\"]" },
    { ROLE_MEMBER, "org:member", "Member", "[\"org:sys_memberships:read\"]" },
};

Err clerk_read_role(Ctx *ctx, const char *text, const char **ret)
{
    for (size_t i = 0; i < COUNTOF(roles); i++)
        if (text_eq(text, roles[i].name)) {
            *ret = roles[i].role;
            return OK;
        }
    return clerk_fail(ctx, SAY_NO_ROLE, NOWHERE, NULL);
}

static size_t row_of(const char *role)
{
    return text_eq(role, ROLE_ADMIN) ? 0 : 1;
}

const char *clerk_role(const char *role)
{
    return roles[row_of(role)].name;
}

const char *clerk_role_name(const char *role)
{
    return roles[row_of(role)].shown;
}

const char *clerk_permissions(const char *role)
{
    return roles[row_of(role)].permissions;
}

/* ---- what goes out ---- */

static ClerkMembership *membership_view(Ctx *ctx, const Membership *membership)
{
    ClerkMembership *view = ARENA_NEW(ctx->arena, ClerkMembership);

    *view = (ClerkMembership){
        .object = "organization_membership",
        .id = clerk_id(ctx->arena, "orgmem_", membership->id),
        .role = clerk_role(membership->role),
        .role_name = clerk_role_name(membership->role),
        .permissions = clerk_permissions(membership->role),
        .public_metadata = membership->public_metadata,
        .private_metadata = membership->private_metadata,
        .organization = clerk_organization_view(ctx, membership->organization, true),
        .public_user_data = clerk_user_data(ctx, membership->user),
        .created_at = membership->created_at,
        .updated_at = membership->updated_at,
    };
    return view;
}

static Err reply_membership(Ctx *ctx, Reply *reply, const Membership *membership)
{
    return reply_object(ctx, reply, 200, membership_view(ctx, membership), JSON_PLAIN);
}

static Err reply_memberships(Ctx *ctx, Reply *reply, const MemberQuery *query)
{
    ClerkPage page = { 0 };
    List memberships;

    TRY(dir_member_list(ctx, query, &memberships, &page.total_count));
    for (size_t i = 0; i < memberships.n; i++)
        list_add(ctx->arena, &page.data, membership_view(ctx, memberships.v[i]));
    return reply_object(ctx, reply, 200, &page, JSON_PLAIN);
}

/* ---- one membership ---- */

static const Member create_members[] = {
    { AT(Membership, public_metadata), AT(ClerkMemberIn, public_metadata) },
    { AT(Membership, private_metadata), AT(ClerkMemberIn, private_metadata) },
};

Err clerk_member_create(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkMemberIn in = { 0 };
    Membership new = { 0 }, *membership;
    Err err;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(clerk_path_organization(ctx, &new.organization_id));
    TRY(clerk_read_role(ctx, in.role, &new.role));
    TRY(clerk_body_user(ctx, in.user_id, &new.user_id));
    new.public_metadata = in.public_metadata;
    new.private_metadata = in.private_metadata;
    err = clerk_passed(ctx, create_members, COUNTOF(create_members), dir_member_add(ctx, &new, CLERK_MOST_METADATA, &membership));
    TRY(clerk_no_such_user(ctx, err, in.user_id));
    return reply_membership(ctx, reply, membership);
}

/* Organization and user of the path; a user that is none is no member. */
static Err read_path(Ctx *ctx, const char **organization_id, const char **user_id)
{
    TRY(clerk_path_organization(ctx, organization_id));
    *user_id = clerk_id_read(ctx->arena, "user_", req_param(ctx, "user_id"));
    return *user_id == NULL ? fail(ctx, E_NO_MEMBER, NOWHERE, NULL) : OK;
}

static const Member patch_members[] = {
    { AT(MemberPatch, public_metadata), AT(ClerkMemberIn, public_metadata) },
    { AT(MemberPatch, private_metadata), AT(ClerkMemberIn, private_metadata) },
};

static Err change(Ctx *ctx, const MemberPatch *patch, Reply *reply)
{
    const char *organization_id, *user_id;
    Membership *membership;
    Err err;

    TRY(read_path(ctx, &organization_id, &user_id));
    err = clerk_passed(ctx, patch_members, COUNTOF(patch_members), dir_member_update(ctx, organization_id, user_id, patch, &membership));
    TRY(err == E_NO_USER ? fail(ctx, E_NO_MEMBER, NOWHERE, NULL) : err);
    return reply_membership(ctx, reply, membership);
}

Err clerk_member_update(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkMemberIn in = { 0 };
    MemberPatch patch = { 0 };

    TRY(clerk_read_body(ctx, req, &in));
    TRY(clerk_read_role(ctx, in.role, &patch.role));
    SET(&patch, role);
    return change(ctx, &patch, reply);
}

Err clerk_member_metadata(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkMemberIn in = { 0 };
    MemberPatch patch = { .meta_mode = META_DEEP, .meta_max = CLERK_MOST_METADATA };

    TRY(clerk_read_body(ctx, req, &in));
    clerk_take_metadata(&in.given, offsetof(ClerkMemberIn, public_metadata), in.public_metadata, META_DEEP, &patch.given,
                        offsetof(MemberPatch, public_metadata), &patch.public_metadata);
    clerk_take_metadata(&in.given, offsetof(ClerkMemberIn, private_metadata), in.private_metadata, META_DEEP, &patch.given,
                        offsetof(MemberPatch, private_metadata), &patch.private_metadata);
    return change(ctx, &patch, reply);
}

Err clerk_member_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *organization_id, *user_id;
    Membership *membership;
    Err err;

    (void)req;
    TRY(read_path(ctx, &organization_id, &user_id));
    err = dir_member_remove(ctx, organization_id, user_id, &membership);
    TRY(err == E_NO_USER ? fail(ctx, E_NO_MEMBER, NOWHERE, NULL) : err);
    return reply_membership(ctx, reply, membership);
}

/* ---- lists ---- */

Err clerk_member_list(Ctx *ctx, const Req *req, Reply *reply)
{
    MemberQuery *query = ARENA_NEW(ctx->arena, MemberQuery);
    Organization *organization;

    TRY(clerk_read_members(ctx, req, query));
    TRY(clerk_path_organization(ctx, &query->organization_id));
    TRY(dir_organization_get(ctx, query->organization_id, NULL, NULL, &organization));
    return reply_memberships(ctx, reply, query);
}

Err clerk_membership_list(Ctx *ctx, const Req *req, Reply *reply)
{
    MemberQuery *query = ARENA_NEW(ctx->arena, MemberQuery);

    TRY(clerk_read_members(ctx, req, query));
    return reply_memberships(ctx, reply, query);
}

Err clerk_user_page(Ctx *ctx, const Req *req, ClerkPageQuery *in, User **user)
{
    const char *id;

    TRY(req_query(ctx, req, ctx_call(ctx)->route->in, FORM_FIRST, in));
    TRY(clerk_check_page(ctx, in->limit, AT(ClerkPageQuery, limit), in->offset, AT(ClerkPageQuery, offset)));
    TRY(clerk_check_statuses(ctx, &in->status, AT(ClerkPageQuery, status)));
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_user_get(ctx, id, user));
    return OK;
}

Err clerk_user_memberships(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkPageQuery in = { .limit = 10 };
    MemberQuery *query = ARENA_NEW(ctx->arena, MemberQuery);
    User *user;

    TRY(clerk_user_page(ctx, req, &in, &user));
    query->users.limit = in.limit;
    query->users.offset = in.offset;
    texts_add(ctx->arena, &query->users.ids, user->id);
    return reply_memberships(ctx, reply, query);
}
