/* members.c: who is in an organization. Users are locked before the organization, in the order of their ids. */
#include "base/id.h"
#include "directory/internal.h"
#include "directory/organizations.h"
#include "store/access.h"
#include "store/organizations.h"

static Err no_member(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? fail(ctx, E_NO_MEMBER, NOWHERE, NULL) : err;
}

Err member_user(Tx *tx, const char *id, User **ret)
{
    User *user;

    TRY(user_load(tx, id, &user));
    if (user->deleted_at != 0)
        return fail(tx_ctx(tx), E_NO_USER, NOWHERE, NULL);
    *ret = user;
    return OK;
}

/* ---- joining ---- */

/* Open invitations to a verified address of the user are accepted by this. */
static Err accept_invitations(Tx *tx, const char *organization_id, const User *user)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];
        const InvitationKey key = { .organization_id = organization_id, .email = address->value, .now = tx_ctx(tx)->now };

        if (text_eq(address->kind, "email") && address->verified_at != 0 && text_empty(address->connection))
            TRY(store_invitations_accept(tx, &key));
    }
    return OK;
}

Err member_insert(Tx *tx, const Organization *organization, const User *user, Membership *membership)
{
    Ctx *ctx = tx_ctx(tx);
    const OrganizationKey key = { .id = organization->id, .now = ctx->now };
    Organization *now;

    TRY(accept_invitations(tx, organization->id, user)); /* what it leaves open takes room */
    TRY(store_organization_get(tx, &key, &now));
    if (organization->max_memberships > 0 && now->members + now->pending >= organization->max_memberships)
        return fail(ctx, E_MEMBERS_MANY, NOWHERE, NULL);
    membership->id = uuid_new(ctx->arena);
    membership->created_at = membership->updated_at = ctx->now;
    TRY(store_membership_insert(tx, membership));
    return organization_event(tx, EV_MEMBER_ADDED, organization->id, user->id, user->email);
}

typedef struct MemberWork {
    const char *organization_id, *user_id;
    Texts ids; /* of users or roles */
    const MemberPatch *in;
    Membership *membership;
    bool give;
} MemberWork;

static Err find_member(Tx *tx, const char *organization_id, const char *user_id, Membership **ret)
{
    const MemberKey key = { .organization_id = organization_id, .user_id = user_id };

    return no_member(tx_ctx(tx), store_membership_get(tx, &key, ret));
}

/* The membership with what it joins, as it now is. */
static Err show(Tx *tx, const char *organization_id, const char *user_id, const User *user, Membership **ret)
{
    const OrganizationKey key = { .id = organization_id, .now = tx_ctx(tx)->now };
    Organization *organization;

    TRY(find_member(tx, organization_id, user_id, ret));
    TRY(store_organization_get(tx, &key, &organization));
    (*ret)->organization = organization;
    (*ret)->user = user;
    return OK;
}

static Err add_member(Tx *tx, void *arg)
{
    MemberWork *work = arg;
    Membership membership = *work->membership;
    Organization *organization;
    User *user;
    Err err;

    TRY(member_user(tx, work->user_id, &user));
    TRY(organization_load(tx, work->organization_id, &organization));
    err = find_member(tx, organization->id, user->id, &(Membership *){ NULL });
    if (err != E_NO_MEMBER)
        return err == OK ? fail(tx_ctx(tx), E_MEMBER_EXISTS, NOWHERE, NULL) : err;
    TRY(member_insert(tx, organization, user, &membership));
    return show(tx, organization->id, user->id, user, &work->membership);
}

Err dir_member_add(Ctx *ctx, const Membership *in, int64_t meta_max, Membership **ret)
{
    Membership new = { .organization_id = in->organization_id, .user_id = in->user_id, .role = in->role };
    MemberWork work = { .organization_id = in->organization_id, .user_id = in->user_id, .membership = &new };

    TRY(organization_doc(ctx, &new.public_metadata, in->public_metadata, META_DEEP, meta_max, AT(Membership, public_metadata)));
    TRY(organization_doc(ctx, &new.private_metadata, in->private_metadata, META_DEEP, meta_max, AT(Membership, private_metadata)));
    TRY(tx_run(ctx, add_member, &work));
    *ret = work.membership;
    return OK;
}

/* ---- several at once ---- */

static Err add_one(Tx *tx, const Organization *organization, const User *user)
{
    Membership new = { .organization_id = organization->id, .user_id = user->id, .role = ROLE_MEMBER };
    const Err err = find_member(tx, organization->id, user->id, &(Membership *){ NULL });

    if (err != E_NO_MEMBER)
        return err; /* OK: it is one already */
    return member_insert(tx, organization, user, &new);
}

static Err add_members(Tx *tx, void *arg)
{
    const MemberWork *work = arg;
    List users = { 0 };
    Organization *organization;

    for (size_t i = 0; i < work->ids.n; i++) {
        User *user;

        TRY(member_user(tx, work->ids.v[i], &user));
        list_add(tx_ctx(tx)->arena, &users, user);
    }
    TRY(organization_load(tx, work->organization_id, &organization));
    for (size_t i = 0; i < users.n; i++)
        TRY(add_one(tx, organization, users.v[i]));
    return OK;
}

Err dir_members_add(Ctx *ctx, const char *organization_id, const Texts *user_ids)
{
    MemberWork work = { .organization_id = organization_id, .ids = texts_sorted(ctx->arena, user_ids) };

    return tx_run(ctx, add_members, &work);
}

static Err remove_members(Tx *tx, void *arg)
{
    const MemberWork *work = arg;
    Organization *organization;

    TRY(organization_load(tx, work->organization_id, &organization));
    for (size_t i = 0; i < work->ids.n; i++) {
        const MemberKey key = { .organization_id = organization->id, .user_id = work->ids.v[i] };
        int64_t changed;

        TRY(store_membership_delete(tx, &key, &changed));
        if (changed > 0)
            TRY(organization_event(tx, EV_MEMBER_REMOVED, organization->id, key.user_id, NULL));
    }
    return OK;
}

Err dir_members_remove(Ctx *ctx, const char *organization_id, const Texts *user_ids)
{
    MemberWork work = { .organization_id = organization_id, .ids = texts_sorted(ctx->arena, user_ids) };

    return tx_run(ctx, remove_members, &work);
}

/* ---- changing and leaving ---- */

/* Would nobody be left to run the organization? */
static Err keep_admin(Ctx *ctx, const Organization *organization, const Membership *membership)
{
    const bool last = text_eq(membership->role, ROLE_ADMIN) && organization->admins <= 1;

    return last ? fail(ctx, E_LAST_ADMIN, NOWHERE, NULL) : OK;
}

static Err patch_member(Ctx *ctx, const MemberPatch *in, const Organization *organization, Membership *to)
{
    if (HAS(in, role) && !text_eq(in->role, to->role)) {
        TRY(keep_admin(ctx, organization, to));
        to->role = in->role;
    }
    if (HAS(in, public_metadata))
        TRY(organization_doc(ctx, &to->public_metadata, in->public_metadata, in->meta_mode, in->meta_max, AT(MemberPatch, public_metadata)));
    if (HAS(in, private_metadata))
        TRY(organization_doc(ctx, &to->private_metadata, in->private_metadata, in->meta_mode, in->meta_max, AT(MemberPatch, private_metadata)));
    return OK;
}

static Err update_member(Tx *tx, void *arg)
{
    MemberWork *work = arg;
    Ctx *ctx = tx_ctx(tx);
    Organization *organization;
    Membership *membership;
    User *user;

    TRY(member_user(tx, work->user_id, &user));
    TRY(organization_load(tx, work->organization_id, &organization));
    TRY(find_member(tx, work->organization_id, work->user_id, &membership));
    TRY(patch_member(ctx, work->in, organization, membership));
    membership->updated_at = ctx->now > membership->updated_at ? ctx->now : membership->updated_at + 1;
    TRY(store_membership_update(tx, membership));
    TRY(organization_event(tx, EV_MEMBER_MODIFIED, organization->id, user->id, user->email));
    return show(tx, organization->id, user->id, user, &work->membership);
}

Err dir_member_update(Ctx *ctx, const char *organization_id, const char *user_id, const MemberPatch *in, Membership **ret)
{
    MemberWork work = { .organization_id = organization_id, .user_id = user_id, .in = in };

    TRY(tx_run(ctx, update_member, &work));
    *ret = work.membership;
    return OK;
}

static Err remove_member(Tx *tx, void *arg)
{
    MemberWork *work = arg;
    const MemberKey key = { .organization_id = work->organization_id, .user_id = work->user_id };
    Organization *organization;
    User *user;

    TRY(member_user(tx, work->user_id, &user));
    TRY(organization_load(tx, work->organization_id, &organization));
    TRY(show(tx, organization->id, user->id, user, &work->membership));
    TRY(keep_admin(tx_ctx(tx), organization, work->membership));
    TRY(store_membership_delete(tx, &key, NULL));
    return organization_event(tx, EV_MEMBER_REMOVED, organization->id, user->id, user->email);
}

Err dir_member_remove(Ctx *ctx, const char *organization_id, const char *user_id, Membership **ret)
{
    MemberWork work = { .organization_id = organization_id, .user_id = user_id };

    TRY(tx_run(ctx, remove_member, &work));
    *ret = work.membership;
    return OK;
}

/* ---- lists ---- */

static Err join_lists(Tx *tx, List *memberships)
{
    Ctx *ctx = tx_ctx(tx);
    Texts user_ids = { 0 }, organization_ids = { 0 };
    List users = { 0 }, organizations = { 0 }, whole = { 0 };

    for (size_t i = 0; i < memberships->n; i++) {
        texts_add(ctx->arena, &user_ids, ((const Membership *)memberships->v[i])->user_id);
        texts_add(ctx->arena, &organization_ids, ((const Membership *)memberships->v[i])->organization_id);
    }
    TRY(users_by_id(tx, &user_ids, &users));
    TRY(organizations_by_id(tx, &organization_ids, &organizations));
    for (size_t i = 0; i < memberships->n; i++) {
        Membership *membership = memberships->v[i];

        membership->user = user_of(&users, membership->user_id);
        membership->organization = organization_of(&organizations, membership->organization_id);
        if (membership->user != NULL && membership->organization != NULL) /* else it went just now */
            list_add(ctx->arena, &whole, membership);
    }
    *memberships = whole;
    return OK;
}

Err dir_member_list(Ctx *ctx, const MemberQuery *query, List *ret, int64_t *total)
{
    *ret = (List){ 0 };
    if (total != NULL)
        TRY(store_member_count(db_auto(ctx), query, total));
    TRY(store_member_list(db_auto(ctx), query, ret));
    return join_lists(db_auto(ctx), ret);
}

Err dir_session_membership(Ctx *ctx, const char *session_id, Membership **ret)
{
    Organization *organization;

    TRY(no_member(ctx, store_session_membership(db_auto(ctx), session_id, ret)));
    TRY(dir_organization_get(ctx, (*ret)->organization_id, NULL, NULL, &organization));
    (*ret)->organization = organization;
    return OK;
}

/* ---- roles within an organization ---- */

static Err assign_roles(Tx *tx, void *arg)
{
    const MemberWork *work = arg;
    Organization *organization;
    Membership *membership;
    Role *role;

    TRY(organization_load(tx, work->organization_id, &organization));
    TRY(find_member(tx, work->organization_id, work->user_id, &membership));
    for (size_t i = 0; i < work->ids.n; i++) {
        const MemberKey key = {
            .organization_id = work->organization_id, .user_id = work->user_id, .role_id = work->ids.v[i], .created_at = tx_ctx(tx)->now
        };

        TRY(store_role_lock(tx, key.role_id, &role));
        TRY(store_member_role_write(tx, &key, work->give));
    }
    return organization_event(tx, EV_MEMBER_MODIFIED, work->organization_id, work->user_id, NULL);
}

Err dir_member_roles_assign(Ctx *ctx, const char *organization_id, const char *user_id, const Texts *role_ids, bool give)
{
    MemberWork work = { .organization_id = organization_id, .user_id = user_id, .ids = texts_sorted(ctx->arena, role_ids), .give = give };

    return tx_run(ctx, assign_roles, &work);
}

Err dir_member_role_list(Ctx *ctx, const char *organization_id, const char *user_id, int64_t limit, int64_t offset, List *ret, int64_t *total)
{
    const MemberKey key = { .organization_id = organization_id, .user_id = user_id, .limit = limit, .offset = offset };
    Membership *membership;

    TRY(find_member(db_auto(ctx), organization_id, user_id, &membership));
    if (total != NULL)
        TRY(store_member_role_count(db_auto(ctx), &key, total));
    return store_member_role_list(db_auto(ctx), &key, ret);
}
