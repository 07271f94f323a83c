/* invitations.c: who is asked to join an organization, or the application itself. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/internal.h"
#include "directory/organizations.h"
#include "directory/post.h"
#include "store/organizations.h"
#include "json/json.h"

enum { SHORT_ID = 16, TICKET_BYTES = 32 };
static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static Err no_invitation(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? fail(ctx, E_NO_INVITATION, NOWHERE, NULL) : err;
}

/* With what they name. */
static Err join_lists(Tx *tx, const List *invitations)
{
    Ctx *ctx = tx_ctx(tx);
    Texts user_ids = { 0 }, organization_ids = { 0 };
    List users = { 0 }, organizations = { 0 };

    for (size_t i = 0; i < invitations->n; i++) {
        const Invitation *invitation = invitations->v[i];

        if (invitation->inviter_id != NULL)
            texts_add(ctx->arena, &user_ids, invitation->inviter_id);
        if (invitation->organization_id != NULL)
            texts_add(ctx->arena, &organization_ids, invitation->organization_id);
    }
    TRY(users_by_id(tx, &user_ids, &users));
    TRY(organizations_by_id(tx, &organization_ids, &organizations));
    for (size_t i = 0; i < invitations->n; i++) {
        Invitation *invitation = invitations->v[i];

        invitation->inviter = user_of(&users, invitation->inviter_id);
        invitation->organization = organization_of(&organizations, invitation->organization_id);
    }
    return OK;
}

static Err join_one(Tx *tx, Invitation *invitation)
{
    void *one[] = { invitation };
    const List list = { one, 1 };

    return join_lists(tx, &list);
}

typedef struct Inviting {
    const List *in;
    bool anyway;
    size_t item; /* the one at work */
} Inviting;

/* ---- to an organization ---- */

/* Is a member known by this address? */
static Err check_not_member(Tx *tx, const Invitation *in)
{
    List holders = { 0 };

    TRY(store_address_holders(tx, "email", in->email, &holders));
    for (size_t i = 0; i < holders.n; i++) {
        const Holder *holder = holders.v[i];
        const MemberKey key = { .organization_id = in->organization_id, .user_id = holder->id };
        Membership *membership;
        const Err err = text_empty(holder->connection) ? store_membership_get(tx, &key, &membership) : E_NO_ROW;

        if (err == OK)
            return fail(tx_ctx(tx), E_MEMBER_EXISTS, AT(Invitation, email), NULL);
        if (err != E_NO_ROW)
            return err;
    }
    return OK;
}

static Err check_room(Tx *tx, const char *organization_id)
{
    Organization *organization;

    TRY(organization_load(tx, organization_id, &organization));
    if (organization->max_memberships > 0 && organization->members + organization->pending >= organization->max_memberships)
        return fail(tx_ctx(tx), E_MEMBERS_MANY, NOWHERE, NULL);
    return OK;
}

static Err check_organization(Tx *tx, const Invitation *in)
{
    const InvitationKey key = { .organization_id = in->organization_id, .email = in->email, .now = tx_ctx(tx)->now };

    TRY(check_room(tx, in->organization_id));
    TRY(check_not_member(tx, in));
    return store_invitations_expire(tx, &key);
}

/* ---- to the application ---- */

static Err check_application(Tx *tx, const Invitation *in, bool anyway)
{
    const InvitationKey key = { .email = in->email, .now = tx_ctx(tx)->now };
    int64_t pending;

    if (anyway)
        return OK;
    TRY(organization_blame(tx_ctx(tx), address_claim(tx, "email", in->email, NULL, NULL), AT(Invitation, email)));
    TRY(store_invitations_pending(tx, &key, &pending));
    return pending > 0 ? fail(tx_ctx(tx), E_INVITED, AT(Invitation, email), NULL) : OK;
}

/* ---- making ---- */

static Err insert_one(Tx *tx, const Invitation *in, bool anyway)
{
    Ctx *ctx = tx_ctx(tx);
    User *inviter;
    Err err;

    if (in->inviter_id != NULL)
        TRY(organization_blame(ctx, member_user(tx, in->inviter_id, &inviter), AT(Invitation, inviter_id)));
    TRY(in->organization_id != NULL ? check_organization(tx, in) : check_application(tx, in, anyway));
    err = store_invitation_insert(tx, in);
    TRY(err == E_INVITED ? fail(ctx, err, AT(Invitation, email), NULL) : err);
    return organization_event(tx, EV_INVITATION_CREATED, in->organization_id, NULL, in->email);
}

/* What the letter of an organization can name. */
typedef struct Inviter {
    const char *organization, *inviter;
} Inviter;
static const Field inviter_doc[] = { TEXT(Inviter, organization, "organization"), TEXT(Inviter, inviter, "inviter"), END(Inviter) };

static const char *name_of(Ctx *ctx, const User *user)
{
    if (user->first_name != NULL && user->last_name != NULL)
        return arena_printf(ctx->arena, "%s %s", user->first_name, user->last_name);
    return user->name != NULL ? user->name : user->first_name != NULL ? user->first_name : user->username != NULL ? user->username : user->email;
}

static Err write_letter(Tx *tx, const Invitation *invitation)
{
    Ctx *ctx = tx_ctx(tx);
    Message message = { .kind = MSG_INVITE, .to = invitation->email, .email = invitation->email, .confirmation_url = invitation->mail };
    Buf buf = buf_in(ctx->arena, 16384);
    char *data;

    if (invitation->organization != NULL) {
        const Inviter names = { invitation->organization->name, invitation->inviter == NULL ? NULL : name_of(ctx, invitation->inviter) };

        json_write(&buf, inviter_doc, &names, JSON_PLAIN);
        TRY(buf_text(&buf, &data));
        message.kind = MSG_ORGANIZATION;
        message.data = data;
    } else {
        message.data = invitation->public_metadata;
    }
    return message_add(tx, &message);
}

static Err insert_all(Tx *tx, void *arg)
{
    Inviting *inviting = arg;

    for (inviting->item = 0; inviting->item < inviting->in->n; inviting->item++)
        TRY(insert_one(tx, inviting->in->v[inviting->item], inviting->anyway));
    TRY(join_lists(tx, inviting->in));
    for (size_t i = 0; i < inviting->in->n; i++)
        if (((const Invitation *)inviting->in->v[i])->mail != NULL)
            TRY(write_letter(tx, inviting->in->v[i]));
    return OK;
}

static Err prepare(Ctx *ctx, Invitation *in, int64_t meta_max)
{
    const char *public_metadata = in->public_metadata, *private_metadata = in->private_metadata;

    in->public_metadata = in->private_metadata = NULL;
    TRY(organization_blame(ctx, email_read(ctx, in->email, &in->email), AT(Invitation, email)));
    TRY(organization_doc(ctx, &in->public_metadata, public_metadata, META_DEEP, meta_max, AT(Invitation, public_metadata)));
    TRY(organization_doc(ctx, &in->private_metadata, private_metadata, META_DEEP, meta_max, AT(Invitation, private_metadata)));
    if (in->mail != NULL && !message_may_go(ctx, in->email))
        return fail(ctx, E_MAIL_FORBIDDEN, AT(Invitation, email), "%s", in->email);
    in->id = in->id == NULL ? uuid_new(ctx->arena) : in->id;
    in->short_id = arena_printf(ctx->arena, "uinv_%s", random_text(ctx->arena, SHORT_ID, alphanumeric));
    in->status = "pending";
    return OK;
}

Err dir_invitations_create(Ctx *ctx, const List *in, bool anyway, int64_t meta_max)
{
    Inviting inviting = { .in = in, .anyway = anyway };
    Err err = OK;

    for (; inviting.item < in->n && err == OK; inviting.item += err == OK) {
        Invitation *invitation = in->v[inviting.item];

        invitation->created_at = invitation->updated_at = ctx->now + (int64_t)inviting.item; /* in this order */
        err = prepare(ctx, invitation, meta_max);
    }
    if (err == OK)
        err = tx_run(ctx, insert_all, &inviting);
    if (err == OK)
        message_wake(ctx);
    if (err != OK && ctx->fault.err == err)
        ctx->fault.item = (ptrdiff_t)inviting.item;
    return err;
}

Err dir_invitation_ticket(Ctx *ctx, const char *id, const char **ret)
{
    uint8_t bytes[UUID_BYTES], sum[TICKET_BYTES];
    Buf buf = buf_in(ctx->arena, 64);
    char *text;

    uuid_to_bytes(id, bytes);
    TRY(hkdf_sum(HASH_SHA256, (Str){ (const char *)ctx->directory->data_key, DATA_KEY_BYTES }, (Str){ (const char *)bytes, sizeof(bytes) },
                 STR("invitation ticket"), sum, sizeof(sum)));
    base64_write(&buf, (const char *)sum, sizeof(sum), true, false);
    TRY(buf_text(&buf, &text));
    *ret = text;
    return OK;
}

/* ---- reading ---- */

static Err find(Tx *tx, const char *organization_id, const char *id, const char *short_id, Invitation **ret)
{
    Ctx *ctx = tx_ctx(tx);
    const InvitationKey key = { .id = id, .short_id = short_id, .now = ctx->now };
    Invitation *invitation;

    TRY(no_invitation(ctx, store_invitation_get(tx, &key, &invitation)));
    if (!text_eq(invitation->organization_id, organization_id))
        return fail(ctx, E_NO_INVITATION, NOWHERE, NULL);
    *ret = invitation;
    return OK;
}

Err dir_invitation_get(Ctx *ctx, const char *organization_id, const char *id, const char *short_id, Invitation **ret)
{
    TRY(find(db_auto(ctx), organization_id, id, short_id, ret));
    return join_one(db_auto(ctx), *ret);
}

Err dir_invitation_list(Ctx *ctx, const InvitationQuery *in, List *ret, int64_t *total)
{
    InvitationQuery query = *in;

    query.now = ctx->now;
    *ret = (List){ 0 };
    if (total != NULL)
        TRY(store_invitation_count(db_auto(ctx), &query, total));
    TRY(store_invitation_list(db_auto(ctx), &query, ret));
    return join_lists(db_auto(ctx), ret);
}

/* ---- ending ---- */

typedef struct Revoking {
    const char *organization_id, *id;
    Invitation *invitation;
} Revoking;

static Err revoke_one(Tx *tx, void *arg)
{
    Revoking *revoking = arg;
    Ctx *ctx = tx_ctx(tx);
    const InvitationKey key = { .id = revoking->id, .status = "revoked", .now = ctx->now };
    bool ended;

    TRY(find(tx, revoking->organization_id, revoking->id, NULL, &revoking->invitation));
    TRY(store_invitation_end(tx, &key, &ended));
    if (!ended)
        return fail(ctx, E_INVITATION_OVER, NOWHERE, "%s", revoking->invitation->status);
    TRY(organization_event(tx, EV_INVITATION_REVOKED, revoking->organization_id, NULL, revoking->invitation->email));
    TRY(find(tx, revoking->organization_id, revoking->id, NULL, &revoking->invitation));
    return join_one(tx, revoking->invitation);
}

Err dir_invitation_revoke(Ctx *ctx, const char *organization_id, const char *id, Invitation **ret)
{
    Revoking revoking = { .organization_id = organization_id, .id = id };

    TRY(tx_run(ctx, revoke_one, &revoking));
    *ret = revoking.invitation;
    return OK;
}

static Err remove_invitation(Tx *tx, void *arg)
{
    Revoking *revoking = arg;
    int64_t changed;

    TRY(find(tx, revoking->organization_id, revoking->id, NULL, &revoking->invitation));
    TRY(store_invitation_delete(tx, revoking->id, &changed));
    if (changed == 0)
        return fail(tx_ctx(tx), E_NO_INVITATION, NOWHERE, NULL);
    return organization_event(tx, EV_INVITATION_DELETED, revoking->organization_id, NULL, revoking->invitation->email);
}

Err dir_invitation_delete(Ctx *ctx, const char *organization_id, const char *id)
{
    Revoking revoking = { .organization_id = organization_id, .id = id };

    return tx_run(ctx, remove_invitation, &revoking);
}
