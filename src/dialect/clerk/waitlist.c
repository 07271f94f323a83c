/* waitlist.c: /waitlist_entries: who waits to be invited to the application, and is invited or turned away. */
#include "dialect/clerk/internal.h"
#include "directory/organizations.h"

enum { MOST_BULK = 50, MOST_INVITED = 500 };

static ClerkWaiting *view(Ctx *ctx, const Waiting *row)
{
    ClerkWaiting *shown = ARENA_NEW(ctx->arena, ClerkWaiting);

    *shown = (ClerkWaiting){
        .object = "waitlist_entry",
        .id = clerk_id(ctx->arena, "wle_", row->id),
        .email_address = row->email,
        .status = row->status,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
    };
    return shown;
}

/* The newest invitation to each. */
static Err add_invitations(Ctx *ctx, List *views)
{
    InvitationQuery query = { .application = true, .limit = MOST_INVITED };
    List invitations = { 0 };

    for (size_t i = 0; i < views->n; i++) {
        const ClerkWaiting *shown = views->v[i];

        if (text_eq(shown->status, "invited") || text_eq(shown->status, "completed"))
            texts_add(ctx->arena, &query.emails, shown->email_address);
    }
    if (query.emails.n == 0)
        return OK;
    TRY(dir_invitation_list(ctx, &query, &invitations, NULL));
    for (size_t i = 0; i < views->n; i++)
        for (size_t k = invitations.n; k-- > 0;)
            if (text_eq(((const Invitation *)invitations.v[k])->email, ((const ClerkWaiting *)views->v[i])->email_address))
                ((ClerkWaiting *)views->v[i])->invitation = clerk_invitation_view(ctx, invitations.v[k]);
    return OK;
}

static Err reply_entry(Ctx *ctx, Reply *reply, const Waiting *row)
{
    List views = { 0 };

    list_add(ctx->arena, &views, view(ctx, row));
    TRY(add_invitations(ctx, &views));
    return reply_json(ctx, reply, 200, "application/json", clerk_waiting, views.v[0], JSON_PLAIN);
}

/* ---- the list ---- */

static Err read_query(Ctx *ctx, const Req *req, Waiting *query)
{
    static const ClerkOrder orders[] = { { "created_at", WAITING_CREATED }, { "invited_at", WAITING_CHANGED }, { "email_address", WAITING_EMAIL } };
    static const char *const statuses[] = { "pending", "invited", "completed", "rejected" };
    ClerkWaitingQuery in = { .limit = 10 };
    int sort;

    TRY(clerk_read_query(ctx, req, &in));
    TRY(clerk_check_page(ctx, in.limit, AT(ClerkWaitingQuery, limit), in.offset, AT(ClerkWaitingQuery, offset)));
    TRY(clerk_read_order(ctx, &in.order_by, AT(ClerkWaitingQuery, order_by), orders, COUNTOF(orders), &sort, &query->ascending));
    query->sort = (WaitingSort)sort;
    query->like = text_empty(in.query) ? NULL : in.query;
    query->status = in.status;
    query->limit = in.limit;
    query->offset = in.offset;
    for (size_t i = 0; in.status != NULL && i < COUNTOF(statuses); i++)
        if (text_eq(in.status, statuses[i]))
            return OK;
    return in.status == NULL ? OK
                             : clerk_fail(ctx, SAY_CHOICE, AT(ClerkWaitingQuery, status),
                                          arena_printf(ctx->arena,
                                                       "%s does not match the allowed values for parameter status. Allowed values: pending, invited, "
                                                       "completed, rejected",
                                                       clerk_shown(ctx, in.status)));
}

Err clerk_waiting_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Waiting query = { 0 };
    ClerkPage page = { 0 };
    List rows = { 0 };

    TRY(read_query(ctx, req, &query));
    TRY(dir_waiting_list(ctx, &query, &rows, &page.total_count));
    for (size_t i = 0; i < rows.n; i++)
        list_add(ctx->arena, &page.data, view(ctx, rows.v[i]));
    TRY(add_invitations(ctx, &page.data));
    return reply_json(ctx, reply, 200, "application/json", clerk_waiting_page, &page, JSON_PLAIN);
}

/* ---- making ---- */

static Err add(Ctx *ctx, const ClerkWaitingIn *in, Waiting **ret)
{
    const ptrdiff_t at = AT(ClerkWaitingIn, email_address);
    Err err;

    if (text_empty(in->email_address))
        return clerk_fail(ctx, SAY_NIL, at, NULL);
    err = dir_waiting_add(ctx, in->email_address, ret);
    return err == E_BAD_EMAIL ? fail(ctx, err, at, NULL) : err;
}

/* Who waits already is shown as it is. */
Err clerk_waiting_create(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkWaitingIn in = { 0 };
    Waiting *row;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(add(ctx, &in, &row));
    return reply_entry(ctx, reply, row);
}

Err clerk_waiting_bulk(Ctx *ctx, const Req *req, Reply *reply)
{
    List ins = { 0 }, views = { 0 };
    const char *unused;
    Waiting *row;

    TRY(json_read_list(ctx, req->body, ctx_call(ctx)->route->in, &ins));
    if (ins.n > MOST_BULK)
        return clerk_fail(ctx, SAY_BULK, NOWHERE, "50");
    for (size_t i = 0; i < ins.n; i++) /* all or none: what may be wrong is looked for first */
        if (email_read(ctx, ((const ClerkWaitingIn *)ins.v[i])->email_address, &unused) != OK)
            return fail(ctx, E_BAD_EMAIL, AT(ClerkWaitingIn, email_address), NULL);
    for (size_t i = 0; i < ins.n; i++) {
        TRY(add(ctx, ins.v[i], &row));
        list_add(ctx->arena, &views, view(ctx, row));
    }
    TRY(add_invitations(ctx, &views));
    return clerk_reply_list(reply, clerk_waiting, &views);
}

/* ---- one entry ---- */

static Err found(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? clerk_fail(ctx, SAY_NO_PART, NOWHERE, NULL) : err;
}

static Err path_id(Ctx *ctx, const char **ret)
{
    *ret = clerk_id_read(ctx->arena, "wle_", req_param(ctx, "entry_id"));
    return found(ctx, *ret == NULL ? E_NO_ROW : OK);
}

Err clerk_waiting_invite(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkWaitingIn in = { 0 };
    const char *id;
    Waiting *row;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(path_id(ctx, &id));
    TRY(found(ctx, dir_waiting_get(ctx, id, &row)));
    TRY(clerk_invite(ctx, row->email, in.ignore_existing));
    TRY(found(ctx, dir_waiting_set(ctx, id, "invited", &row)));
    return reply_entry(ctx, reply, row);
}

Err clerk_waiting_reject(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id;
    Waiting *row;

    (void)req;
    TRY(path_id(ctx, &id));
    TRY(found(ctx, dir_waiting_set(ctx, id, "rejected", &row)));
    return reply_entry(ctx, reply, row);
}

Err clerk_waiting_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkDeleted out = { .object = "waitlist_entry", .id = req_param(ctx, "entry_id"), .deleted = true };
    const char *id;

    (void)req;
    TRY(path_id(ctx, &id));
    TRY(found(ctx, dir_waiting_delete(ctx, id)));
    return reply_json(ctx, reply, 200, "application/json", clerk_deleted, &out, JSON_PLAIN);
}
