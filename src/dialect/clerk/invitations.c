/* invitations.c: invitations to organizations and to the application (spec/clerk.md 2.6, 4.2, 4.5), and the links of their letters. */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/clerk/internal.h"
#include "directory/organizations.h"

enum { DEFAULT_DAYS = 30, MOST_DAYS = 365, MOST_BULK = 10, DEFAULT_LIMIT = 10 };

/* ---- what goes out ---- */

/* Where the invited land, with the ticket by which the application there knows them; NULL: nowhere is given. */
static const char *link_of(Ctx *ctx, const char *id, const char *url)
{
    const char *where = text_empty(url) ? ctx->directory->mail.site_url : url, *ticket;
    Str rest = str_of(where == NULL ? "" : where), page;

    if (rest.n == 0 || dir_invitation_ticket(ctx, id, &ticket) != OK)
        return NULL;
    page = str_cut(&rest, '#');
    return arena_printf(ctx->arena, "%.*s%c__clerk_ticket=%s%s%.*s", (int)page.n, page.p, memchr(page.p, '?', page.n) == NULL ? '?' : '&', ticket,
                        rest.p == NULL ? "" : "#", (int)rest.n, rest.p == NULL ? "" : rest.p);
}

static ClerkInvitation *invitation_view(Ctx *ctx, const Invitation *invitation)
{
    ClerkInvitation *view = ARENA_NEW(ctx->arena, ClerkInvitation);
    const bool application = invitation->organization_id == NULL;

    *view = (ClerkInvitation){
        .object = application ? "invitation" : "organization_invitation",
        .id = clerk_id(ctx->arena, application ? "inv_" : "orginv_", invitation->id),
        .email_address = invitation->email,
        .status = invitation->status,
        .revoked = text_eq(invitation->status, "revoked"),
        .public_metadata = invitation->public_metadata,
        .private_metadata = invitation->private_metadata,
        .url = invitation->details == NULL && text_eq(invitation->status, "pending") ? link_of(ctx, invitation->id, invitation->url) : NULL,
        .expires_at = invitation->expires_at,
        .created_at = invitation->created_at,
        .updated_at = invitation->updated_at,
    };
    if (application)
        return view;
    view->role = clerk_role(invitation->role);
    view->role_name = clerk_role_name(invitation->role);
    view->organization_id = clerk_id(ctx->arena, "org_", invitation->organization_id);
    view->inviter_id = invitation->inviter_id == NULL ? NULL : clerk_id(ctx->arena, "user_", invitation->inviter_id);
    view->inviter = invitation->inviter == NULL ? NULL : clerk_user_data(ctx, invitation->inviter);
    return view;
}

const ClerkInvitation *clerk_invitation_view(Ctx *ctx, const Invitation *invitation)
{
    return invitation_view(ctx, invitation);
}

static Err reply_invitation(Ctx *ctx, Reply *reply, const Invitation *invitation)
{
    return reply_object(ctx, reply, 200, invitation_view(ctx, invitation), JSON_PLAIN);
}

/* `named`: each with its organization. */
static ClerkPage page_of(Ctx *ctx, const List *invitations, bool named)
{
    ClerkPage page = { .total_count = (int64_t)invitations->n };

    for (size_t i = 0; i < invitations->n; i++) {
        const Invitation *invitation = invitations->v[i];
        ClerkInvitation *view = invitation_view(ctx, invitation);

        if (named && invitation->organization != NULL)
            view->organization = clerk_organization_view(ctx, invitation->organization, false);
        list_add(ctx->arena, &page.data, view);
    }
    return page;
}

static Err list_invitations(Ctx *ctx, const InvitationQuery *query, bool named, ClerkPage *ret)
{
    List invitations;
    int64_t total;

    TRY(dir_invitation_list(ctx, query, &invitations, &total));
    *ret = page_of(ctx, &invitations, named);
    ret->total_count = total;
    return OK;
}

/* ---- making ---- */

static const Member members[] = {
    { AT(Invitation, email), AT(ClerkInvitationIn, email_address) },
    { AT(Invitation, public_metadata), AT(ClerkInvitationIn, public_metadata) },
    { AT(Invitation, private_metadata), AT(ClerkInvitationIn, private_metadata) },
};

static Err read_days(Ctx *ctx, const ClerkInvitationIn *in, int64_t *expires_at)
{
    const ptrdiff_t at = AT(ClerkInvitationIn, expires_in_days);
    const bool given = HAS(in, expires_in_days) && !IS_NULL(in, expires_in_days);
    const int64_t days = given ? in->expires_in_days : DEFAULT_DAYS;

    if (days < 1)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, at, "1");
    if (days > MOST_DAYS)
        return clerk_fail(ctx, SAY_LIFE_MOST, at, "365");
    *expires_at = ctx->now + days * 86400 * US_PER_S;
    return OK;
}

/* organization_id is NULL: to the application. */
static Err read_invitation(Ctx *ctx, const ClerkInvitationIn *in, const char *organization_id, List *list)
{
    Invitation *new = ARENA_NEW(ctx->arena, Invitation);

    if (text_empty(in->email_address))
        return clerk_fail(ctx, SAY_NIL, AT(ClerkInvitationIn, email_address), NULL);
    if (!text_empty(in->redirect_url) && !clerk_is_url(in->redirect_url))
        return clerk_fail(ctx, SAY_URL, AT(ClerkInvitationIn, redirect_url), NULL);
    *new = (Invitation){
        .id = uuid_new(ctx->arena),
        .organization_id = organization_id,
        .email = in->email_address,
        .public_metadata = in->public_metadata,
        .private_metadata = in->private_metadata,
        .url = in->redirect_url,
    };
    if (!HAS(in, notify) || IS_NULL(in, notify) || in->notify)
        new->mail = link_of(ctx, new->id, new->url);
    TRY(read_days(ctx, in, &new->expires_at));
    if (organization_id != NULL)
        TRY(clerk_read_role(ctx, in->role, &new->role));
    if (in->inviter_user_id != NULL)
        TRY(clerk_body_user(ctx, in->inviter_user_id, &new->inviter_id));
    list_add(ctx->arena, list, new);
    return OK;
}

/* The inviter's id is in the error where nobody has it. */
static Err create_all(Ctx *ctx, const List *in, const List *new, bool anyway)
{
    const Err err = clerk_passed(ctx, members, COUNTOF(members), dir_invitations_create(ctx, new, anyway, CLERK_MOST_METADATA));
    const size_t item = ctx->fault.item < 0 ? 0 : (size_t)ctx->fault.item;

    return err == E_NO_USER && item < in->n ? clerk_no_such_user(ctx, err, ((const ClerkInvitationIn *)in->v[item])->inviter_user_id) : err;
}

static Err create_one(Ctx *ctx, ClerkInvitationIn *in, const char *organization_id, Invitation **ret)
{
    List ins = { 0 }, list = { 0 };

    list_add(ctx->arena, &ins, in);
    TRY(read_invitation(ctx, in, organization_id, &list));
    TRY(create_all(ctx, &ins, &list, in->ignore_existing));
    *ret = list.v[0];
    return OK;
}

/* An array of bodies; its members are those of one body. */
static Err read_bulk(Ctx *ctx, const Req *req, const char *organization_id, List *ins, List *list)
{
    Str type = req_header(req, "content-type");

    if (!str_eq_nocase(str_trim(str_cut(&type, ';')), STR("application/json")))
        return fail(ctx, E_MEDIA_TYPE, NOWHERE, NULL);
    TRY(json_read_list(ctx, req->body, ctx_call(ctx)->route->in, ins));
    if (ins->n > MOST_BULK)
        return clerk_fail(ctx, SAY_BULK, NOWHERE, "10");
    for (size_t i = 0; i < ins->n; i++)
        TRY(read_invitation(ctx, ins->v[i], organization_id, list));
    return OK;
}

/* ---- to an organization ---- */

Err clerk_organization_invite(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkInvitationIn in = { 0 };
    Invitation *invitation;
    const char *id;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(clerk_path_organization(ctx, &id));
    TRY(create_one(ctx, &in, id, &invitation));
    return reply_invitation(ctx, reply, invitation);
}

Err clerk_organization_invite_bulk(Ctx *ctx, const Req *req, Reply *reply)
{
    List ins = { 0 }, list = { 0 };
    ClerkPage page;
    const char *id;

    TRY(clerk_path_organization(ctx, &id));
    TRY(read_bulk(ctx, req, id, &ins, &list));
    TRY(create_all(ctx, &ins, &list, false));
    page = page_of(ctx, &list, false);
    return reply_object(ctx, reply, 200, &page, JSON_PLAIN);
}

static Err read_query(Ctx *ctx, const Req *req, ClerkInvitationQuery *in, InvitationQuery *query)
{
    static const ClerkOrder orders[] = { { "created_at", 0 }, { "email_address", 1 }, { "expires_at", 2 } };
    int sort;

    in->limit = DEFAULT_LIMIT;
    TRY(clerk_read_query(ctx, req, in));
    TRY(clerk_check_page(ctx, in->limit, AT(ClerkInvitationQuery, limit), in->offset, AT(ClerkInvitationQuery, offset)));
    TRY(clerk_check_statuses(ctx, &in->status, AT(ClerkInvitationQuery, status)));
    TRY(clerk_read_order(ctx, &in->order_by, AT(ClerkInvitationQuery, order_by), orders, COUNTOF(orders), &sort, &query->ascending));
    query->by_email = sort == 1;
    query->by_expiry = sort == 2;
    query->limit = in->limit;
    query->offset = in->offset;
    query->statuses = in->status;
    query->email_like = in->query;
    if (in->email_address != NULL)
        texts_add(ctx->arena, &query->emails, in->email_address);
    return OK;
}

static Err reply_list(Ctx *ctx, Reply *reply, const InvitationQuery *query, bool named)
{
    ClerkPage page;

    TRY(list_invitations(ctx, query, named, &page));
    return reply_object(ctx, reply, 200, &page, JSON_PLAIN);
}

Err clerk_organization_invitations(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkInvitationQuery in = { 0 };
    InvitationQuery query = { 0 };
    Organization *organization;

    TRY(read_query(ctx, req, &in, &query));
    TRY(clerk_path_organization(ctx, &query.organization_id));
    TRY(dir_organization_get(ctx, query.organization_id, NULL, NULL, &organization));
    return reply_list(ctx, reply, &query, false);
}

Err clerk_instance_invitations(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkInvitationQuery in = { 0 };
    InvitationQuery query = { 0 };

    TRY(read_query(ctx, req, &in, &query));
    return reply_list(ctx, reply, &query, true);
}

/* Those to any verified address of the user. */
Err clerk_user_invitations(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkPageQuery in = { .limit = DEFAULT_LIMIT };
    InvitationQuery query = { 0 };
    const ClerkPage nothing = { 0 };
    User *user;

    TRY(clerk_user_page(ctx, req, &in, &user));
    query = (InvitationQuery){ .statuses = in.status, .limit = in.limit, .offset = in.offset };
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        if (text_eq(address->kind, "email") && address->verified_at != 0 && text_empty(address->connection))
            texts_add(ctx->arena, &query.emails, address->value);
    }
    return query.emails.n == 0 ? reply_object(ctx, reply, 200, &nothing, JSON_PLAIN) : reply_list(ctx, reply, &query, true);
}

static Err path_invitation(Ctx *ctx, const char *prefix, const char **ret)
{
    *ret = clerk_id_read(ctx->arena, prefix, req_param(ctx, "invitation_id"));
    return *ret == NULL ? fail(ctx, E_NO_INVITATION, NOWHERE, NULL) : OK;
}

Err clerk_organization_invitation_get(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *organization_id, *id;
    Invitation *invitation;

    (void)req;
    TRY(clerk_path_organization(ctx, &organization_id));
    TRY(path_invitation(ctx, "orginv_", &id));
    TRY(dir_invitation_get(ctx, organization_id, id, NULL, &invitation));
    return reply_invitation(ctx, reply, invitation);
}

Err clerk_organization_invitation_revoke(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkInvitationIn in = { 0 };
    const char *organization_id, *id, *user_id;
    Invitation *invitation;
    User *user;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(clerk_path_organization(ctx, &organization_id));
    TRY(path_invitation(ctx, "orginv_", &id));
    if (in.requesting_user_id != NULL) {
        TRY(clerk_body_user(ctx, in.requesting_user_id, &user_id));
        TRY(clerk_no_such_user(ctx, dir_user_get(ctx, user_id, &user), in.requesting_user_id));
    }
    TRY(dir_invitation_revoke(ctx, organization_id, id, &invitation));
    return reply_invitation(ctx, reply, invitation);
}

/* ---- to the application ---- */

static Err passed(Ctx *ctx, Err err)
{
    if (err == E_INVITED)
        return clerk_fail(ctx, SAY_DUPLICATE, NOWHERE, NULL);
    if (err == E_INVITATION_OVER)
        return clerk_fail(ctx, text_eq(ctx->fault.text, "accepted") ? SAY_ACCEPTED : SAY_REVOKED, NOWHERE, NULL);
    return err;
}

Err clerk_invitation_create(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkInvitationIn in = { 0 };
    Invitation *invitation;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(passed(ctx, create_one(ctx, &in, NULL, &invitation)));
    return reply_invitation(ctx, reply, invitation);
}

Err clerk_invite(Ctx *ctx, const char *email, bool anyway)
{
    ClerkInvitationIn in = { .email_address = email, .ignore_existing = anyway };
    Invitation *unused;

    return passed(ctx, create_one(ctx, &in, NULL, &unused));
}

Err clerk_invitation_bulk(Ctx *ctx, const Req *req, Reply *reply)
{
    List ins = { 0 }, list = { 0 };
    bool anyway = true;
    ClerkPage page;

    TRY(read_bulk(ctx, req, NULL, &ins, &list));
    for (size_t i = 0; i < ins.n; i++)
        anyway = anyway && ((const ClerkInvitationIn *)ins.v[i])->ignore_existing;
    TRY(passed(ctx, create_all(ctx, &ins, &list, anyway)));
    page = page_of(ctx, &list, false);
    return clerk_reply_list(reply, clerk_invitation, &page.data);
}

/* Without a status: all that are not revoked. */
Err clerk_invitation_list(Ctx *ctx, const Req *req, Reply *reply)
{
    static const char *const shown[] = { "pending", "accepted", "expired" };
    InvitationQuery query = { .application = true };
    ClerkInvitationQuery in = { 0 };
    ClerkPage page;

    TRY(read_query(ctx, req, &in, &query));
    if (in.status.n == 0)
        query.statuses = (Texts){ (const char **)(uintptr_t)shown, COUNTOF(shown) };
    TRY(list_invitations(ctx, &query, false, &page));
    return in.paginated ? reply_object(ctx, reply, 200, &page, JSON_PLAIN) : clerk_reply_list(reply, clerk_invitation, &page.data);
}

Err clerk_invitation_revoke(Ctx *ctx, const Req *req, Reply *reply)
{
    Invitation *invitation;
    const char *id;

    (void)req;
    TRY(path_invitation(ctx, "inv_", &id));
    TRY(passed(ctx, dir_invitation_revoke(ctx, NULL, id, &invitation)));
    return reply_invitation(ctx, reply, invitation);
}

Err clerk_invitation_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkDeleted out = { .object = "invitation", .id = req_param(ctx, "invitation_id"), .deleted = true };
    const char *id;

    (void)req;
    TRY(path_invitation(ctx, "inv_", &id));
    TRY(dir_invitation_delete(ctx, NULL, id));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}
