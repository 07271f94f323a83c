/* invitations.c: invitations to an organization (spec/auth0.md 2.6). No mail is sent: who invites tells the invited. */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"
#include "directory/access.h"
#include "directory/organizations.h"

enum { DEFAULT_TTL = 604800, TICKET = 32 };
static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* ---- what goes out ---- */

static const char *object_of(Ctx *ctx, const char *name, const char *text)
{
    return arena_printf(ctx->arena, "{\"%s\":%s}", name, json_quote(ctx->arena, text == NULL ? "" : text));
}

/* What another dialect's invitation lacks is made up from what it has. */
static Err invitation_view(Ctx *ctx, const Organization *organization, const Invitation *invitation, Auth0Invitation **ret)
{
    Auth0Invitation *view = ARENA_NEW(ctx->arena, Auth0Invitation);
    const Auth0Settings *settings = ctx_settings(ctx);

    if (invitation->details != NULL)
        TRY(json_read(ctx, str_of(invitation->details), JSON_IGNORE_UNKNOWN, auth0_invitation_details, view));
    if (view->inviter == NULL)
        view->inviter = object_of(ctx, "name", invitation->inviter == NULL ? organization->name : auth0_user_view(ctx, invitation->inviter)->name);
    view->client_id = view->client_id == NULL ? settings->client_id : view->client_id;
    view->ticket_id = view->ticket_id == NULL ? invitation->short_id : view->ticket_id;
    view->id = invitation->short_id;
    view->organization_id = organization->short_id;
    view->invitee = object_of(ctx, "email", invitation->email);
    view->invitation_url = arena_printf(ctx->arena, "https://%s/login?invitation=%s&organization=%s&organization_name=%s", settings->domain,
                                        view->ticket_id, organization->short_id, organization->slug);
    view->created_at = invitation->created_at;
    view->expires_at = invitation->expires_at;
    *ret = view;
    return OK;
}

static const Field *chosen(Ctx *ctx, const Auth0PageQuery *in)
{
    return auth0_chosen(ctx, auth0_invitation, in->fields, !HAS(in, include_fields) || in->include_fields);
}

/* ---- making ---- */

static Err check_roles(Ctx *ctx, const Texts *ids)
{
    for (size_t i = 0; i < ids->n; i++) {
        Role *role;
        const Err err = dir_role_get(ctx, ids->v[i], &role);

        TRY(err == E_NO_ROW ? auth0_say(ctx, 404, NULL, "The role does not exist.") : err);
    }
    return OK;
}

static Err read_body(Ctx *ctx, const Req *req, Auth0Invitation *in, Auth0Person *invitee)
{
    Connection *connection;
    Err err = OK;

    TRY(auth0_body(ctx, req, 0, in));
    TRY(auth0_check_object(ctx, "inviter", in->inviter, auth0_inviter));
    TRY(auth0_check_object(ctx, "invitee", in->invitee, auth0_invitee));
    TRY(json_read(ctx, str_of(in->invitee), 0, auth0_invitee, invitee));
    TRY(auth0_no_client(ctx, auth0_client_known(ctx, in->client_id)));
    if (in->connection_id != NULL)
        err = auth0_connection_find(ctx, in->connection_id, &connection);
    TRY(err == E_NO_ROW ? auth0_say(ctx, 404, "inexistent_connection", "The connection does not exist") : err);
    return check_roles(ctx, &in->roles);
}

static Err details_of(Ctx *ctx, const Auth0Invitation *in, const char **ret)
{
    Buf buf = buf_in(ctx->arena, 1 << 20);
    char *text;

    json_write(&buf, auth0_invitation_details, in, JSON_PLAIN);
    TRY(buf_text(&buf, &text));
    *ret = text;
    return OK;
}

Err auth0_invitation_create(Ctx *ctx, const Req *req, Reply *reply)
{
    Invitation *new = ARENA_NEW(ctx->arena, Invitation);
    Auth0Invitation in = { 0 }, *view;
    Organization *organization;
    Auth0Person invitee = { 0 };
    List list = { 0 };

    TRY(read_body(ctx, req, &in, &invitee));
    TRY(auth0_load_organization(ctx, &organization));
    in.ticket_id = random_text(ctx->arena, TICKET, alphanumeric);
    *new = (Invitation){ .organization_id = organization->id,
                         .email = invitee.email,
                         .role = ROLE_MEMBER,
                         .expires_at = ctx->now + (in.ttl_sec == 0 ? DEFAULT_TTL : in.ttl_sec) * US_PER_S };
    TRY(details_of(ctx, &in, &new->details));
    list_add(ctx->arena, &list, new);
    TRY(dir_invitations_create(ctx, &list, false, 0));
    TRY(invitation_view(ctx, organization, new, &view));
    return reply_json(ctx, reply, 201, AUTH0_JSON, auth0_invitation, view, JSON_PLAIN);
}

/* ---- reading ---- */

static Err load(Ctx *ctx, const Organization *organization, Invitation **ret)
{
    return dir_invitation_get(ctx, organization->id, NULL, req_param(ctx, "invitation_id"), ret);
}

Err auth0_invitation_get(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery in = { 0 };
    Organization *organization;
    Invitation *invitation;
    Auth0Invitation *view;

    TRY(auth0_query(ctx, req, auth0_invitations_query, &in));
    TRY(auth0_load_organization(ctx, &organization));
    TRY(load(ctx, organization, &invitation));
    TRY(invitation_view(ctx, organization, invitation, &view));
    return reply_json(ctx, reply, 200, AUTH0_JSON, chosen(ctx, &in), view, JSON_PLAIN);
}

/* Those that are open, the oldest first; `sort` is by created_at alone. */
Err auth0_invitations(Ctx *ctx, const Req *req, Reply *reply)
{
    InvitationQuery query = { 0 };
    List invitations, views = { 0 };
    Auth0PageQuery in = { 0 };
    Organization *organization;
    int64_t total = 0;

    TRY(auth0_query(ctx, req, auth0_invitations_query, &in));
    TRY(auth0_load_organization(ctx, &organization));
    query = (InvitationQuery){ .organization_id = organization->id,
                               .ascending = in.sort == NULL || !text_eq(in.sort, "created_at:-1"),
                               .limit = auth0_limit(&in),
                               .offset = in.page * auth0_limit(&in) };
    texts_add(ctx->arena, &query.statuses, "pending");
    TRY(dir_invitation_list(ctx, &query, &invitations, in.include_totals ? &total : NULL));
    for (size_t i = 0; i < invitations.n; i++) {
        Auth0Invitation *view;

        TRY(invitation_view(ctx, organization, invitations.v[i], &view));
        list_add(ctx->arena, &views, view);
    }
    return auth0_reply_page(reply, &in, "invitations", chosen(ctx, &in), &views, total);
}

Err auth0_invitation_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    Organization *organization;
    Invitation *invitation;

    (void)req;
    TRY(auth0_load_organization(ctx, &organization));
    TRY(load(ctx, organization, &invitation));
    TRY(dir_invitation_delete(ctx, organization->id, invitation->id));
    return auth0_reply_empty(reply, 204);
}
