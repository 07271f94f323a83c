/* organizations.c: organizations and those of a user (spec/auth0.md 2.6, 4.3). The name is the directory's slug, the display name its name, metadata
 * its private one. */
#include "directory/organizations.h"
#include "dialect/auth0/internal.h"

enum { MOST_METADATA = 25, LONGEST_METADATA = 255 };

/* ---- what goes out ---- */

static Auth0Organization *organization_view(Ctx *ctx, const Organization *organization)
{
    Auth0Organization *view = ARENA_NEW(ctx->arena, Auth0Organization);
    const char *metadata = organization->private_metadata;

    *view = (Auth0Organization){
        .id = organization->short_id,
        .name = organization->slug,
        .display_name = organization->name,
        .branding = organization->branding,
        .metadata = metadata == NULL || text_eq(metadata, "{}") ? NULL : metadata,
    };
    return view;
}

static Err reply_organization(Ctx *ctx, Reply *reply, int status, const Organization *organization)
{
    return reply_json(ctx, reply, status, AUTH0_JSON, auth0_organization, organization_view(ctx, organization), JSON_PLAIN);
}

Err auth0_load_organization(Ctx *ctx, Organization **ret)
{
    return dir_organization_get(ctx, NULL, req_param(ctx, "id"), NULL, ret);
}

/* ---- what comes in ---- */

/* Texts alone; `*doc` loses its nulls. */
static Err check_metadata(Ctx *ctx, const char **doc)
{
    List members = { 0 };
    const char *kind;

    if (*doc == NULL)
        return OK;
    TRY(json_members(ctx, str_of(*doc), &kind, &members));
    if (members.n > MOST_METADATA)
        return auth0_bad_member(ctx, "metadata", NULL, "Too many properties defined (%zu), maximum %d", members.n, MOST_METADATA);
    for (size_t i = 0; i < members.n; i++) {
        const JsonMember *member = members.v[i];
        const char *name = arena_printf(ctx->arena, "metadata.%.200s", member->name);

        if (text_eq(member->kind, "null"))
            *doc = json_set(ctx->arena, *doc, member->name, NULL);
        else if (!text_eq(member->kind, "string"))
            return auth0_bad_member(ctx, name, NULL, "Expected type string but found type %s", member->kind);
        else if (utf8_length(str_of(member->text)) > LONGEST_METADATA)
            return auth0_bad_member(ctx, name, NULL, "String is too long (%zu chars), maximum %d", utf8_length(str_of(member->text)),
                                    LONGEST_METADATA);
    }
    return OK;
}

static Err read_body(Ctx *ctx, const Req *req, unsigned flags, Auth0Organization *in)
{
    TRY(auth0_body(ctx, req, flags, in));
    TRY(auth0_check_object(ctx, "branding", in->branding, auth0_branding));
    if (in->branding != NULL)
        TRY(auth0_check_object(ctx, "branding.colors", json_get(ctx->arena, in->branding, "colors"), auth0_branding_colors));
    return check_metadata(ctx, &in->metadata);
}

/* ---- one organization ---- */

Err auth0_organization_create(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0Organization in = { 0 };
    Organization new;

    TRY(read_body(ctx, req, 0, &in));
    new = (Organization){
        .slug = in.name, .name = in.display_name == NULL ? in.name : in.display_name, .branding = in.branding, .private_metadata = in.metadata
    };
    TRY(dir_organization_create(ctx, &new, 0));
    return reply_organization(ctx, reply, 201, &new);
}

Err auth0_organization_get(Ctx *ctx, const Req *req, Reply *reply)
{
    Organization *organization;

    (void)req;
    TRY(auth0_load_organization(ctx, &organization));
    return reply_organization(ctx, reply, 200, organization);
}

Err auth0_organization_by_name(Ctx *ctx, const Req *req, Reply *reply)
{
    Organization *organization;

    (void)req;
    TRY(dir_organization_get(ctx, NULL, NULL, req_param(ctx, "name"), &organization));
    return reply_organization(ctx, reply, 200, organization);
}

Err auth0_organization_update(Ctx *ctx, const Req *req, Reply *reply)
{
    OrganizationPatch patch = { .meta_mode = META_REPLACE };
    Auth0Organization in = { 0 };
    Organization *organization;

    TRY(read_body(ctx, req, SCHEMA_NOT_EMPTY, &in));
    TRY(auth0_load_organization(ctx, &organization));
    patch.slug = in.name;
    patch.name = in.display_name;
    patch.branding = in.branding;
    patch.private_metadata = in.metadata;
    if (in.name != NULL)
        SET(&patch, slug);
    if (in.display_name != NULL)
        SET(&patch, name);
    if (in.branding != NULL)
        SET(&patch, branding);
    if (in.metadata != NULL)
        SET(&patch, private_metadata);
    TRY(dir_organization_update(ctx, organization->id, &patch, &organization));
    return reply_organization(ctx, reply, 200, organization);
}

/* Nobody there is no error. */
Err auth0_organization_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    Organization *organization;
    Err err = auth0_load_organization(ctx, &organization);

    (void)req;
    if (err == OK)
        err = dir_organization_delete(ctx, organization->id);
    TRY(err == E_NO_ORGANIZATION ? OK : err);
    return auth0_reply_empty(reply, 204);
}

/* ---- lists ---- */

static List views_of(Ctx *ctx, const List *organizations)
{
    List views = { 0 };

    for (size_t i = 0; i < organizations->n; i++)
        list_add(ctx->arena, &views, organization_view(ctx, organizations->v[i]));
    return views;
}

/* `field:1` or `field:-1` */
static Err read_sort(Ctx *ctx, const char *text, OrganizationQuery *query)
{
    static const struct {
        const char *name;
        OrganizationSort sort;
    } sorts[] = { { "name", ORGANIZATION_SLUG }, { "display_name", ORGANIZATION_NAME }, { "created_at", ORGANIZATION_CREATED_AT } };
    Str way = str_of(text), field;

    if (text == NULL)
        return OK;
    field = str_cut(&way, ':');
    for (size_t i = 0; i < COUNTOF(sorts); i++)
        if (str_eq(field, str_of(sorts[i].name))) {
            query->sort = sorts[i].sort;
            query->ascending = str_eq(way, STR("1"));
            return OK;
        }
    return auth0_refuse(ctx, E_BAD_VALUE, "invalid_query_string", "Query validation error: 'No sort by %.*s' on property sort (Field to sort by).",
                        (int)field.n, field.p);
}

/* Presence of `take` or `from` asks for checkpoints; they go by the time when organizations were made. */
static Err reply_checkpoint(Ctx *ctx, Reply *reply, const Auth0PageQuery *in)
{
    const int64_t take = HAS(in, take) ? in->take : DEFAULT_PAGE;
    OrganizationQuery query = { .ascending = true, .limit = take + 1 };
    List organizations, views;

    TRY(auth0_cursor_read(ctx, in->from, &query.after, &query.after_id));
    TRY(dir_organization_list(ctx, &query, &organizations, NULL));
    query.limit = (int64_t)organizations.n > take ? take : 0;
    organizations.n = query.limit > 0 ? (size_t)take : organizations.n;
    views = views_of(ctx, &organizations);
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    buf_puts(&reply->body, "{\"organizations\":");
    json_write_list(&reply->body, auth0_organization, &views, JSON_PLAIN);
    if (query.limit > 0) {
        const Organization *last = organizations.v[organizations.n - 1];

        buf_printf(&reply->body, ",\"next\":\"%s\"", auth0_cursor_write(ctx, last->created_at, last->id));
    }
    buf_puts(&reply->body, "}");
    return OK;
}

Err auth0_organization_list(Ctx *ctx, const Req *req, Reply *reply)
{
    OrganizationQuery query = { .ascending = true };
    Auth0PageQuery in = { 0 };
    List organizations, views;
    int64_t total = 0;

    TRY(auth0_query(ctx, req, auth0_organizations_query, &in));
    TRY(read_sort(ctx, in.sort, &query));
    if (HAS(&in, take) || HAS(&in, from))
        return reply_checkpoint(ctx, reply, &in);
    query.limit = auth0_limit(&in);
    query.offset = in.page * query.limit;
    TRY(dir_organization_list(ctx, &query, &organizations, in.include_totals ? &total : NULL));
    views = views_of(ctx, &organizations);
    return auth0_reply_page(reply, &in, "organizations", auth0_organization, &views, total);
}

/* In the order in which the user joined them. */
Err auth0_user_organizations(Ctx *ctx, const Req *req, Reply *reply)
{
    MemberQuery *query = ARENA_NEW(ctx->arena, MemberQuery);
    List memberships, views = { 0 };
    Auth0PageQuery in = { 0 };
    int64_t total = 0;
    User *user;

    TRY(auth0_query(ctx, req, auth0_page_query, &in));
    TRY(auth0_load_param(ctx, &user));
    query->users = (UserQuery){ .ascending = true, .limit = auth0_limit(&in), .offset = in.page * auth0_limit(&in) };
    texts_add(ctx->arena, &query->users.ids, user->id);
    TRY(dir_member_list(ctx, query, &memberships, in.include_totals ? &total : NULL));
    for (size_t i = 0; i < memberships.n; i++)
        list_add(ctx->arena, &views, organization_view(ctx, ((const Membership *)memberships.v[i])->organization));
    return auth0_reply_page(reply, &in, "organizations", auth0_organization, &views, total);
}
