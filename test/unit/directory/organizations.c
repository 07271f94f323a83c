/* organizations.c: organizations, members and invitations on every store. */
#include "directory/organizations.h"
#include "directory/access.h"
#include "walk.h"

static Organization *make_organization(Ctx *ctx, const char *name, const char *slug, const char *created_by, int64_t most)
{
    Organization *organization = ARENA_NEW(ctx->arena, Organization);

    *organization = (Organization){ .name = name, .slug = slug, .created_by = created_by, .max_memberships = most };
    assert_ok(dir_organization_create(ctx, organization, 0));
    return organization;
}

static Err join(Ctx *ctx, const char *organization_id, const char *user_id, const char *role)
{
    const Membership in = { .organization_id = organization_id, .user_id = user_id, .role = role };
    Membership *membership;

    return dir_member_add(ctx, &in, 0, &membership);
}

static Err invite(Ctx *ctx, const char *organization_id, const char *email, Invitation **ret)
{
    Invitation *in = ARENA_NEW(ctx->arena, Invitation);
    List list = { 0 };

    *in = (Invitation){
        .organization_id = organization_id, .email = email, .role = organization_id == NULL ? NULL : ROLE_MEMBER, .expires_at = ctx->now + 1000000
    };
    list_add(ctx->arena, &list, in);
    *ret = in;
    return dir_invitations_create(ctx, &list, false, 0);
}

static int64_t count_members(Ctx *ctx, const char *organization_id)
{
    Organization *organization;

    assert_ok(dir_organization_get(ctx, organization_id, NULL, NULL, &organization));
    return organization->members;
}

STORE_TEST(organization_is_made_found_changed_and_deleted)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    OrganizationPatch patch = { .name = "Other", .slug = "other_1", .max_memberships = 7 };
    Organization *made = make_organization(&ctx, "Ältere & Söhne 9", NULL, NULL, 0), *found, *second;

    assert_string_equal(made->slug, "ltere-s-hne-9");
    assert_ok(dir_organization_get(&ctx, made->id, NULL, NULL, &found));
    assert_string_equal(found->name, "Ältere & Söhne 9");
    assert_ok(dir_organization_get(&ctx, NULL, made->short_id, NULL, &found));
    assert_string_equal(found->id, made->id);
    second = make_organization(&ctx, "Ältere & Söhne 9", NULL, NULL, 0); /* a slug of its own */
    assert_string_not_equal(second->slug, made->slug);
    SET(&patch, name);
    SET(&patch, slug);
    SET(&patch, max_memberships);
    assert_ok(dir_organization_update(&ctx, made->id, &patch, &found));
    assert_true(found->updated_at > made->updated_at);
    assert_ok(dir_organization_get(&ctx, NULL, NULL, "other_1", &found));
    assert_string_equal(found->name, "Other");
    assert_int_equal(found->max_memberships, 7);
    assert_err(dir_organization_update(&ctx, second->id, &patch, &found), E_SLUG_TAKEN);
    assert_int_equal(ctx.fault.at, AT(OrganizationPatch, slug));
    assert_ok(dir_organization_delete(&ctx, made->id));
    assert_err(dir_organization_delete(&ctx, made->id), E_NO_ORGANIZATION);
    assert_err(dir_organization_get(&ctx, made->id, NULL, NULL, &found), E_NO_ORGANIZATION);
    assert_whole(&ctx);
}

STORE_TEST(organization_refuses_bad_names_and_strange_creators)
{
    static const char *const slugs[] = { "", "-a", "_a", "A", "a b", "a/b", "a'b", "ä", "a\x01" };
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    Organization in = { .name = "" };

    assert_err(dir_organization_create(&ctx, &in, 0), E_BAD_VALUE);
    assert_int_equal(ctx.fault.at, AT(Organization, name));
    for (size_t i = 0; i < COUNTOF(slugs); i++) {
        in = (Organization){ .name = "x", .slug = slugs[i] };
        assert_err(dir_organization_create(&ctx, &in, 0), E_BAD_VALUE);
        assert_int_equal(ctx.fault.at, AT(Organization, slug));
    }
    in = (Organization){ .name = "x", .created_by = UUID_NIL };
    assert_err(dir_organization_create(&ctx, &in, 0), E_NO_USER);
    in = (Organization){ .name = "x", .private_metadata = "{\"a\":\"bcd\"}" };
    assert_err(dir_organization_create(&ctx, &in, 10), E_TOO_LONG);
    assert_int_equal(ctx.fault.at, AT(Organization, private_metadata));
    in = (Organization){ .name = "x", .slug = "taken" };
    assert_ok(dir_organization_create(&ctx, &in, 0));
    in = (Organization){ .name = "y", .slug = "taken" };
    assert_err(dir_organization_create(&ctx, &in, 0), E_SLUG_TAKEN);
    assert_int_equal(ctx.fault.at, AT(Organization, slug));
}

STORE_TEST(organization_takes_members_up_to_its_quota_and_keeps_an_admin)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    User *ada = create(&ctx, "ada@example.com"), *bob = create(&ctx, "bob@example.com"), *eve = create(&ctx, "eve@example.com");
    Organization *organization = make_organization(&ctx, "Quota", NULL, ada->id, 2);
    MemberPatch demote = { .role = ROLE_MEMBER }, promote = { .role = ROLE_ADMIN };
    Membership *membership;
    Texts ids = { 0 };

    SET(&demote, role);
    SET(&promote, role);
    assert_int_equal(organization->members, 1);
    assert_err(join(&ctx, organization->id, ada->id, ROLE_MEMBER), E_MEMBER_EXISTS);
    assert_err(join(&ctx, organization->id, UUID_NIL, ROLE_MEMBER), E_NO_USER);
    assert_err(join(&ctx, UUID_NIL, bob->id, ROLE_MEMBER), E_NO_ORGANIZATION);
    assert_ok(join(&ctx, organization->id, bob->id, ROLE_MEMBER));
    assert_err(join(&ctx, organization->id, eve->id, ROLE_MEMBER), E_MEMBERS_MANY);
    texts_add(arena, &ids, eve->id);
    texts_add(arena, &ids, bob->id);
    assert_err(dir_members_add(&ctx, organization->id, &ids), E_MEMBERS_MANY);
    assert_int_equal(count_members(&ctx, organization->id), 2);
    assert_err(dir_member_update(&ctx, organization->id, ada->id, &demote, &membership), E_LAST_ADMIN);
    assert_err(dir_member_remove(&ctx, organization->id, ada->id, &membership), E_LAST_ADMIN);
    assert_ok(dir_member_update(&ctx, organization->id, bob->id, &promote, &membership));
    assert_string_equal(membership->role, ROLE_ADMIN);
    assert_string_equal(membership->user->id, bob->id);
    assert_ok(dir_member_remove(&ctx, organization->id, ada->id, &membership));
    assert_err(dir_member_remove(&ctx, organization->id, ada->id, &membership), E_NO_MEMBER);
    assert_ok(dir_members_remove(&ctx, organization->id, &ids)); /* the last one, too */
    assert_int_equal(count_members(&ctx, organization->id), 0);
    assert_whole(&ctx);
}

STORE_TEST(members_go_with_their_user_and_with_their_organization)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    User *hard = create(&ctx, "hard@example.com"), *soft = create(&ctx, "soft@example.com"), *stays = create(&ctx, "stays@example.com");
    Organization *organization = make_organization(&ctx, "Cascade", NULL, hard->id, 0), *found;
    Role role = { .name = "within", .description = "" };
    Invitation *invitation;
    Texts roles = { 0 };
    List list = { 0 };
    MemberQuery *query = ARENA_NEW(arena, MemberQuery);
    int64_t total;

    assert_ok(dir_role_create(&ctx, &role));
    texts_add(arena, &roles, role.id);
    assert_ok(join(&ctx, organization->id, soft->id, ROLE_MEMBER));
    assert_ok(join(&ctx, organization->id, stays->id, ROLE_MEMBER));
    assert_ok(dir_member_roles_assign(&ctx, organization->id, soft->id, &roles, true));
    assert_err(dir_member_roles_assign(&ctx, organization->id, UUID_NIL, &roles, true), E_NO_MEMBER);
    assert_ok(dir_member_role_list(&ctx, organization->id, soft->id, 10, 0, &list, &total));
    assert_int_equal(total, 1);
    assert_ok(dir_user_delete(&ctx, hard->id, false));
    assert_ok(dir_user_delete(&ctx, soft->id, true));
    assert_err(join(&ctx, organization->id, soft->id, ROLE_MEMBER), E_NO_USER);
    assert_ok(dir_organization_get(&ctx, organization->id, NULL, NULL, &found));
    assert_int_equal(found->members, 1);
    assert_null(found->created_by);
    assert_whole(&ctx);
    assert_ok(invite(&ctx, organization->id, "guest@example.com", &invitation));
    assert_ok(dir_organization_delete(&ctx, organization->id));
    query->users.limit = 10;
    query->users.ids = (Texts){ (const char **)&stays->id, 1 };
    assert_ok(dir_member_list(&ctx, query, &list, &total));
    assert_int_equal(total, 0);
    assert_err(dir_invitation_get(&ctx, organization->id, invitation->id, NULL, &invitation), E_NO_INVITATION);
    assert_whole(&ctx);
}

STORE_TEST(invitations_are_open_once_take_room_and_end)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    User *ada = create(&ctx, "ada@example.com"), *bob = create(&ctx, "bob@example.com");
    Organization *organization = make_organization(&ctx, "Guests", NULL, ada->id, 3);
    Invitation *first, *second, *other;

    assert_err(invite(&ctx, organization->id, "no address", &first), E_BAD_EMAIL);
    assert_err(invite(&ctx, organization->id, "ADA@example.com", &first), E_MEMBER_EXISTS);
    assert_ok(invite(&ctx, organization->id, "Bob@Example.com", &first));
    assert_string_equal(first->email, "bob@example.com");
    assert_err(invite(&ctx, organization->id, "bob@example.com", &other), E_INVITED);
    assert_ok(invite(&ctx, organization->id, "eve@example.com", &second));
    assert_err(invite(&ctx, organization->id, "max@example.com", &other), E_MEMBERS_MANY);
    assert_ok(join(&ctx, organization->id, bob->id, ROLE_MEMBER)); /* in the room that was kept */
    assert_ok(dir_invitation_get(&ctx, organization->id, first->id, NULL, &first));
    assert_string_equal(first->status, "accepted");
    assert_err(dir_invitation_revoke(&ctx, organization->id, first->id, &first), E_INVITATION_OVER);
    assert_ok(dir_invitation_revoke(&ctx, organization->id, second->id, &second));
    assert_string_equal(second->status, "revoked");
    assert_err(dir_invitation_revoke(&ctx, NULL, second->id, &second), E_NO_INVITATION);
    assert_ok(invite(&ctx, organization->id, "eve@example.com", &second));
    ctx.now += 2000000; /* over by its time: another one may follow */
    assert_ok(dir_invitation_get(&ctx, organization->id, second->id, NULL, &second));
    assert_string_equal(second->status, "expired");
    assert_ok(invite(&ctx, organization->id, "eve@example.com", &other));
    assert_ok(dir_invitation_delete(&ctx, organization->id, other->id));
    assert_whole(&ctx);
}

STORE_TEST(application_invites_who_is_no_user)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    InvitationQuery query = { .application = true, .limit = 10 };
    Invitation *first, *other;
    List list = { 0 };
    int64_t total;

    create(&ctx, "ada@example.com");
    assert_err(invite(&ctx, NULL, "ada@example.com", &first), E_EMAIL_TAKEN);
    assert_ok(invite(&ctx, NULL, "new@example.com", &first));
    assert_err(invite(&ctx, NULL, "new@example.com", &other), E_INVITED);
    list_add(arena, &list, other);
    assert_ok(dir_invitations_create(&ctx, &list, true, 0));
    assert_ok(dir_invitation_list(&ctx, &query, &list, &total));
    assert_int_equal(total, 2);
    assert_int_equal(list.n, 2);
    assert_whole(&ctx);
}

STORE_TEST(lists_of_organizations_and_members_are_filtered_and_paged)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    User *ada = create(&ctx, "ada@example.com"), *bob = create(&ctx, "bob@example.com");
    Organization *first = make_organization(&ctx, "Beta", "b-1", ada->id, 0), *second;
    OrganizationQuery query = { .limit = 10, .sort = ORGANIZATION_NAME, .ascending = true };
    MemberQuery *members = ARENA_NEW(arena, MemberQuery);
    UserQuery *users = ARENA_NEW(arena, UserQuery);
    List list = { 0 };
    int64_t total;

    ctx.now++;
    second = make_organization(&ctx, "alpha%", "a_1", NULL, 0);
    assert_ok(join(&ctx, first->id, bob->id, ROLE_MEMBER));
    assert_ok(join(&ctx, second->id, bob->id, ROLE_MEMBER));
    assert_ok(dir_organization_list(&ctx, &query, &list, &total));
    assert_int_equal(total, 2);
    assert_string_equal(((Organization *)list.v[0])->id, second->id);
    query = (OrganizationQuery){ .limit = 10, .sort = ORGANIZATION_MEMBERS };
    assert_ok(dir_organization_list(&ctx, &query, &list, NULL));
    assert_string_equal(((Organization *)list.v[0])->id, first->id);
    query = (OrganizationQuery){ .limit = 10, .query = "%" };
    assert_ok(dir_organization_list(&ctx, &query, &list, &total));
    assert_int_equal(total, 1);
    query = (OrganizationQuery){ .limit = 10, .user_ids = { (const char **)&ada->id, 1 } };
    assert_ok(dir_organization_list(&ctx, &query, &list, &total));
    assert_int_equal(list.n, 1);
    query = (OrganizationQuery){ .limit = 1, .ascending = true, .after = first->created_at, .after_id = first->id };
    assert_ok(dir_organization_list(&ctx, &query, &list, NULL));
    assert_string_equal(((Organization *)list.v[0])->id, second->id);
    *members = (MemberQuery){ .organization_id = first->id, .users = { .limit = 10, .email_like = "BOB" } };
    assert_ok(dir_member_list(&ctx, members, &list, &total));
    assert_int_equal(total, 1);
    assert_string_equal(((Membership *)list.v[0])->user->email, "bob@example.com");
    assert_string_equal(((Membership *)list.v[0])->organization->slug, "b-1");
    users->limit = 10;
    users->organizations = (Texts){ (const char **)&first->id, 1 };
    assert_ok(dir_user_count(&ctx, users, &total));
    assert_int_equal(total, 2);
    users->not_organizations = (Texts){ (const char **)&second->id, 1 };
    assert_ok(dir_user_list(&ctx, users, &list));
    assert_int_equal(list.n, 1);
    assert_string_equal(((User *)list.v[0])->id, ada->id);
}

/* ---- all at once ---- */

enum { RUNNERS = 30, QUOTA = 7 };

typedef struct Runner {
    TestStore *store;
    const char *organization_id, *user_id, *slug;
    Err err;
} Runner;

static void race(TestStore *store, Runner *runners, size_t n, void (*fn)(void *arg), size_t winners, Err loser)
{
    size_t won = 0;

    store_fibers(store, (unsigned)n, fn, runners, sizeof(*runners));
    for (size_t i = 0; i < n; i++) {
        won += runners[i].err == OK;
        if (runners[i].err != OK)
            assert_string_equal(err_name(runners[i].err), err_name(loser));
    }
    assert_int_equal(won, winners);
}

static void run_join(void *arg)
{
    TEST_ARENA(arena);
    Runner *runner = arg;
    Ctx ctx = new_ctx(runner->store, arena);

    runner->err = join(&ctx, runner->organization_id, runner->user_id, ROLE_MEMBER);
}

static void run_leave(void *arg)
{
    TEST_ARENA(arena);
    Runner *runner = arg;
    Ctx ctx = new_ctx(runner->store, arena);
    Membership *membership;

    runner->err = dir_member_remove(&ctx, runner->organization_id, runner->user_id, &membership);
}

static void run_make(void *arg)
{
    TEST_ARENA(arena);
    Runner *runner = arg;
    Ctx ctx = new_ctx(runner->store, arena);
    Organization in = { .name = "One name", .slug = runner->slug };

    runner->err = dir_organization_create(&ctx, &in, 0);
}

static void run_invite(void *arg)
{
    TEST_ARENA(arena);
    Runner *runner = arg;
    Ctx ctx = new_ctx(runner->store, arena);
    Invitation *invitation;

    runner->err = invite(&ctx, runner->organization_id, "guest@example.com", &invitation);
}

STORE_TEST(of_thirty_who_join_at_once_the_quota_gets_in)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    Organization *organization = make_organization(&ctx, "Full", NULL, NULL, QUOTA);
    Runner *runners = ARENA_ARRAY(arena, Runner, RUNNERS);

    for (size_t i = 0; i < RUNNERS; i++)
        runners[i] =
            (Runner){ .store = store, .organization_id = organization->id, .user_id = create(&ctx, arena_printf(arena, "u%zu@example.com", i))->id };
    race(store, runners, RUNNERS, run_join, QUOTA, E_MEMBERS_MANY);
    assert_int_equal(count_members(&ctx, organization->id), QUOTA);
    assert_whole(&ctx);
}

STORE_TEST(of_admins_who_leave_at_once_one_stays)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    Organization *organization = make_organization(&ctx, "Kept", NULL, NULL, 0);
    Runner *runners = ARENA_ARRAY(arena, Runner, RUNNERS);

    for (size_t i = 0; i < RUNNERS; i++) {
        runners[i] =
            (Runner){ .store = store, .organization_id = organization->id, .user_id = create(&ctx, arena_printf(arena, "u%zu@example.com", i))->id };
        assert_ok(join(&ctx, organization->id, runners[i].user_id, ROLE_ADMIN));
    }
    race(store, runners, RUNNERS, run_leave, RUNNERS - 1, E_LAST_ADMIN);
    assert_int_equal(count_members(&ctx, organization->id), 1);
    assert_whole(&ctx);
}

STORE_TEST(of_thirty_organizations_of_one_slug_and_invitations_of_one_address_one_wins)
{
    TEST_ARENA(arena);
    Ctx ctx = new_ctx(store, arena);
    Organization *organization = make_organization(&ctx, "Inviting", NULL, NULL, 0);
    Runner *runners = ARENA_ARRAY(arena, Runner, RUNNERS);

    for (size_t i = 0; i < RUNNERS; i++)
        runners[i] = (Runner){ .store = store, .organization_id = organization->id, .slug = "one-slug" };
    race(store, runners, RUNNERS, run_make, 1, E_SLUG_TAKEN);
    race(store, runners, RUNNERS, run_invite, 1, E_INVITED);
    for (size_t i = 0; i < RUNNERS; i++)
        runners[i].slug = NULL; /* each finds one of its own */
    race(store, runners, RUNNERS, run_make, RUNNERS, OK);
    assert_whole(&ctx);
}
