/* organizations.c: /organizations and what is one organization's alone (spec/clerk.md 3.4, 4.2). */
#include "directory/organizations.h"
#include "base/id.h"
#include "dialect/clerk/internal.h"

enum { DEFAULT_LIMIT = 10 };

/* ---- what goes out ---- */

const ClerkOrganization *clerk_organization_view(Ctx *ctx, const Organization *organization, bool counted)
{
    ClerkOrganization *view = ARENA_NEW(ctx->arena, ClerkOrganization);

    *view = (ClerkOrganization){
        .object = "organization",
        .id = clerk_id(ctx->arena, "org_", organization->id),
        .name = organization->name,
        .slug = organization->slug,
        .image_url = clerk_image_url(ctx, organization->image_id),
        .has_image = !text_empty(organization->image_id),
        .members_count = counted ? text_int(ctx->arena, organization->members) : NULL,
        .pending_invitations_count = counted ? text_int(ctx->arena, organization->pending) : NULL,
        .max_allowed_memberships = organization->max_memberships,
        .admin_delete_enabled = organization->admin_delete_enabled,
        .public_metadata = organization->public_metadata,
        .private_metadata = organization->private_metadata,
        .created_by = organization->created_by == NULL ? NULL : clerk_id(ctx->arena, "user_", organization->created_by),
        .created_at = organization->created_at,
        .updated_at = organization->updated_at,
    };
    return view;
}

static Err reply_organization(Ctx *ctx, Reply *reply, const Organization *organization, bool counted)
{
    return reply_object(ctx, reply, 200, clerk_organization_view(ctx, organization, counted), JSON_PLAIN);
}

/* ---- what comes in ---- */

Err clerk_path_organization(Ctx *ctx, const char **ret)
{
    *ret = clerk_id_read(ctx->arena, "org_", req_param(ctx, "organization_id"));
    return *ret == NULL ? fail(ctx, E_NO_ORGANIZATION, NOWHERE, NULL) : OK;
}

Err clerk_no_such_user(Ctx *ctx, Err err, const char *text)
{
    return err == E_NO_USER ? fail(ctx, E_NO_USER, NOWHERE, "%s", clerk_shown(ctx, text)) : err;
}

Err clerk_body_user(Ctx *ctx, const char *text, const char **ret)
{
    *ret = clerk_id_read(ctx->arena, "user_", text);
    return *ret == NULL ? clerk_no_such_user(ctx, E_NO_USER, text) : OK;
}

void clerk_take_metadata(const Given *from, size_t at, const char *doc, MetaMode mode, Given *to, size_t at_to, const char **ret)
{
    const bool null = given_null(from, at);

    if (!given_has(from, at) || (null && mode != META_REPLACE))
        return;
    *ret = null ? "{}" : doc;
    given_mark(to, at_to, false);
}

/* Names are shown to people: nothing that a mail program makes a link of. */
static Err check_name(Ctx *ctx, const ClerkOrganizationIn *in)
{
    static const char *const signs[] = { "://", "<", ">", "www." };

    if (!HAS(in, name) || IS_NULL(in, name))
        return OK;
    if (text_empty(in->name))
        return clerk_fail(ctx, SAY_NIL, AT(ClerkOrganizationIn, name), NULL);
    for (size_t i = 0; i < COUNTOF(signs); i++)
        if (strstr(text_lower(ctx->arena, in->name), signs[i]) != NULL)
            return clerk_fail(ctx, SAY_NAME, AT(ClerkOrganizationIn, name), NULL);
    return OK;
}

static Err check_body(Ctx *ctx, const ClerkOrganizationIn *in)
{
    TRY(check_name(ctx, in));
    if (in->slug != NULL && (!slug_valid(in->slug) || strchr(in->slug, '_') != NULL))
        return clerk_fail(ctx, SAY_SLUG, AT(ClerkOrganizationIn, slug), NULL);
    if (in->max_allowed_memberships < 0)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, AT(ClerkOrganizationIn, max_allowed_memberships), "0");
    return OK;
}

/* ---- one organization ---- */

static const Member create_members[] = {
    { AT(Organization, slug), AT(ClerkOrganizationIn, slug) },
    { AT(Organization, name), AT(ClerkOrganizationIn, name) },
    { AT(Organization, public_metadata), AT(ClerkOrganizationIn, public_metadata) },
    { AT(Organization, private_metadata), AT(ClerkOrganizationIn, private_metadata) },
};

Err clerk_organization_create(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkOrganizationIn in = { 0 };
    Organization new;
    Err err;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(check_body(ctx, &in));
    new = (Organization){
        .name = in.name,
        .slug = in.slug,
        .public_metadata = in.public_metadata,
        .private_metadata = in.private_metadata,
        .max_memberships =
            HAS(&in, max_allowed_memberships) && !IS_NULL(&in, max_allowed_memberships) ? in.max_allowed_memberships : CLERK_DEFAULT_QUOTA,
        .created_at = in.created_at,
    };
    if (in.created_by != NULL)
        TRY(clerk_body_user(ctx, in.created_by, &new.created_by));
    err = clerk_passed(ctx, create_members, COUNTOF(create_members), dir_organization_create(ctx, &new, CLERK_MOST_METADATA));
    TRY(clerk_no_such_user(ctx, err, in.created_by));
    return reply_organization(ctx, reply, &new, true);
}

Err clerk_organization_get(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *text = req_param(ctx, "organization_id"), *id = clerk_id_read(ctx->arena, "org_", text);
    ClerkOrganizationQuery in = { 0 };
    Organization *organization;

    TRY(clerk_read_query(ctx, req, &in));
    TRY(dir_organization_get(ctx, id, NULL, id == NULL ? text : NULL, &organization));
    return reply_organization(ctx, reply, organization, in.include_members_count);
}

static const Member patch_members[] = {
    { AT(OrganizationPatch, slug), AT(ClerkOrganizationIn, slug) },
    { AT(OrganizationPatch, name), AT(ClerkOrganizationIn, name) },
    { AT(OrganizationPatch, public_metadata), AT(ClerkOrganizationIn, public_metadata) },
    { AT(OrganizationPatch, private_metadata), AT(ClerkOrganizationIn, private_metadata) },
};

/* null is as absent. */
static void take_values(const ClerkOrganizationIn *in, OrganizationPatch *patch)
{
#define TAKE(member, ours)                     \
    if (HAS(in, ours) && !IS_NULL(in, ours)) { \
        patch->member = in->ours;              \
        SET(patch, member);                    \
    }
    TAKE(name, name)
    TAKE(slug, slug)
    TAKE(max_memberships, max_allowed_memberships)
    TAKE(admin_delete_enabled, admin_delete_enabled)
    TAKE(created_at, created_at)
#undef TAKE
}

static Err change(Ctx *ctx, const ClerkOrganizationIn *in, MetaMode mode, Reply *reply)
{
    OrganizationPatch patch = { .meta_mode = mode, .meta_max = CLERK_MOST_METADATA };
    Organization *organization;
    const char *id;

    take_values(in, &patch);
    clerk_take_metadata(&in->given, offsetof(ClerkOrganizationIn, public_metadata), in->public_metadata, mode, &patch.given,
                        offsetof(OrganizationPatch, public_metadata), &patch.public_metadata);
    clerk_take_metadata(&in->given, offsetof(ClerkOrganizationIn, private_metadata), in->private_metadata, mode, &patch.given,
                        offsetof(OrganizationPatch, private_metadata), &patch.private_metadata);
    TRY(clerk_path_organization(ctx, &id));
    TRY(clerk_passed(ctx, patch_members, COUNTOF(patch_members), dir_organization_update(ctx, id, &patch, &organization)));
    return reply_organization(ctx, reply, organization, false);
}

/* From 2026-05-12 on metadata has an endpoint of its own. */
static Err check_version(Ctx *ctx, const Req *req, const ClerkOrganizationIn *in)
{
    if (!text_eq(clerk_version(ctx, req), "2026-05-12"))
        return OK;
    if (HAS(in, public_metadata))
        return fail(ctx, E_UNKNOWN_FIELD, AT(ClerkOrganizationIn, public_metadata), NULL);
    return HAS(in, private_metadata) ? fail(ctx, E_UNKNOWN_FIELD, AT(ClerkOrganizationIn, private_metadata), NULL) : OK;
}

Err clerk_organization_update(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkOrganizationIn in = { 0 };

    TRY(clerk_read_body(ctx, req, &in));
    TRY(check_version(ctx, req, &in));
    TRY(check_body(ctx, &in));
    return change(ctx, &in, META_REPLACE, reply);
}

static Err change_metadata(Ctx *ctx, const Req *req, MetaMode mode, Reply *reply)
{
    ClerkOrganizationIn in = { 0 };

    TRY(clerk_read_body(ctx, req, &in));
    return change(ctx, &in, mode, reply);
}

Err clerk_organization_merge(Ctx *ctx, const Req *req, Reply *reply)
{
    return change_metadata(ctx, req, META_DEEP, reply);
}

Err clerk_organization_replace(Ctx *ctx, const Req *req, Reply *reply)
{
    return change_metadata(ctx, req, META_REPLACE, reply);
}

Err clerk_organization_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkDeleted out = { .object = "organization", .id = req_param(ctx, "organization_id"), .deleted = true };
    const char *id;

    (void)req;
    TRY(clerk_path_organization(ctx, &id));
    TRY(dir_organization_delete(ctx, id));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* ---- its picture ---- */

static Err set_logo(Ctx *ctx, Str image, Reply *reply)
{
    Organization *organization;
    ClerkOrganization *view;
    const char *id;
    Err err;

    TRY(clerk_path_organization(ctx, &id));
    err = dir_organization_image(ctx, id, image, &organization);
    if (err == E_BAD_VALUE)
        return clerk_fail(ctx, SAY_IMAGE_BAD, NOWHERE, NULL);
    if (err == E_TOO_LARGE)
        return clerk_fail(ctx, SAY_IMAGE_LARGE, NOWHERE, NULL);
    TRY(err);
    view = (ClerkOrganization *)(uintptr_t)clerk_organization_view(ctx, organization, false);
    view->logo_url = view->has_image ? view->image_url : NULL;
    return reply_object(ctx, reply, 200, view, JSON_PLAIN);
}

Err clerk_organization_logo_put(Ctx *ctx, const Req *req, Reply *reply)
{
    Str image;

    if (!clerk_multipart_file(ctx, req_header(req, "content-type"), req->body, &image) || image.n == 0)
        return clerk_fail(ctx, SAY_IMAGE_MISSING, NOWHERE, NULL);
    return set_logo(ctx, image, reply);
}

Err clerk_organization_logo_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return set_logo(ctx, (Str){ 0 }, reply);
}

/* ---- the list ---- */

/* Ids to include and to exclude; of those to include, one that is none matches nothing. */
static void take_ids(Ctx *ctx, const Texts *texts, const char *prefix, Texts *ids, Texts *not_ids)
{
    bool any = false;

    for (size_t i = 0; i < texts->n; i++) {
        bool exclude;
        const char *id = clerk_id_read(ctx->arena, prefix, clerk_bare(texts->v[i], &exclude));

        any = any || !exclude;
        if (id != NULL)
            texts_add(ctx->arena, exclude ? not_ids : ids, id);
    }
    if (any && ids->n == 0)
        texts_add(ctx->arena, ids, UUID_NIL);
}

static Err read_list(Ctx *ctx, const ClerkOrganizationQuery *in, OrganizationQuery *query)
{
    static const ClerkOrder orders[] = { { "name", ORGANIZATION_NAME },
                                         { "created_at", ORGANIZATION_CREATED_AT },
                                         { "members_count", ORGANIZATION_MEMBERS } };
    int sort;

    *query = (OrganizationQuery){ .query = in->query, .limit = HAS(in, limit) ? in->limit : DEFAULT_LIMIT, .offset = in->offset };
    take_ids(ctx, &in->organization_id, "org_", &query->ids, &query->not_ids);
    take_ids(ctx, &in->user_id, "user_", &query->user_ids, &query->not_user_ids);
    if (in->query != NULL)
        query->query_id = clerk_id_read(ctx->arena, "org_", in->query);
    TRY(clerk_read_order(ctx, &in->order_by, AT(ClerkOrganizationQuery, order_by), orders, COUNTOF(orders), &sort, &query->ascending));
    query->sort = (OrganizationSort)sort;
    return clerk_check_page(ctx, query->limit, AT(ClerkOrganizationQuery, limit), query->offset, AT(ClerkOrganizationQuery, offset));
}

Err clerk_organization_list(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkOrganizationQuery in = { 0 };
    OrganizationQuery query;
    ClerkPage page = { 0 };
    List organizations;

    TRY(clerk_read_query(ctx, req, &in));
    TRY(read_list(ctx, &in, &query));
    TRY(dir_organization_list(ctx, &query, &organizations, &page.total_count));
    for (size_t i = 0; i < organizations.n; i++) {
        const Organization *organization = organizations.v[i];
        ClerkOrganization *view = (ClerkOrganization *)(uintptr_t)clerk_organization_view(ctx, organization, in.include_members_count);

        if (in.include_missing_member)
            view->missing_member = organization->admins == 0 ? "true" : "false";
        list_add(ctx->arena, &page.data, view);
    }
    return reply_object(ctx, reply, 200, &page, JSON_PLAIN);
}
