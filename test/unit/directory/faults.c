/* faults.c: whichever database call fails, an operation that fails leaves the tables as they were. */
#include "directory/organizations.h"
#include "walk.h"

enum { MOST_CALLS = 60 };

typedef struct World {
    TestStore *store;
    Ctx ctx;
    User *user;
    Grant grant;
    User *other, *linked;
    Organization organization;
    Invitation invitation;
} World;

static Err op_create(World *world)
{
    static const char *const more[] = { "b@example.org" };
    const NewUser in = { .email = "new@example.com",
                         .emails = { (const char **)(void *)more, 1 },
                         .phone = "4471",
                         .username = "new",
                         .external_id = "n1",
                         .provider = "auth0",
                         .subject = "n1",
                         .password = "secret-pw-1",
                         .policy = &walk_policy };
    User *user;

    return dir_user_create(&world->ctx, &in, &user);
}

static Err op_update(World *world)
{
    UserPatch in = { .email = "other@example.com",
                     .phone = "4472",
                     .username = "other",
                     .password = "secret-pw-2",
                     .meta_user = "{\"x\":1}",
                     .policy = &walk_policy };
    User *user;

    SET(&in, email), SET(&in, phone), SET(&in, username), SET(&in, password), SET(&in, meta_user);
    return dir_user_update(&world->ctx, world->user->id, &in, &user);
}

static Err op_ban(World *world)
{
    User *user;

    return dir_user_ban(&world->ctx, world->user->id, &user);
}

static Err op_delete(World *world)
{
    return dir_user_delete(&world->ctx, world->user->id, false);
}

static Err op_soft_delete(World *world)
{
    return dir_user_delete(&world->ctx, world->user->id, true);
}

static Err op_sign_in(World *world)
{
    const SignIn in = { .email = "ada@example.com", .password = "secret-pw-1" };
    Grant grant = { 0 };

    return dir_sign_in(&world->ctx, &in, &grant);
}

static Err op_refresh(World *world)
{
    Grant grant = { 0 };

    return dir_session_refresh(&world->ctx, world->grant.refresh_token, &grant);
}

static Err op_refresh_again(World *world)
{
    return op_refresh(world);
}

static Err op_sign_out(World *world)
{
    return dir_sign_out(&world->ctx, world->user, world->grant.session->id, SIGN_OUT_GLOBAL);
}

static Err op_organization(World *world)
{
    world->organization = (Organization){ .name = "Faulty", .created_by = world->user->id, .private_metadata = "{\"a\":1}" };
    return dir_organization_create(&world->ctx, &world->organization, 0);
}

static Err op_invite(World *world)
{
    void *in[] = { &world->invitation };
    const List list = { in, 1 };

    world->invitation = (Invitation){ .organization_id = world->organization.id,
                                      .inviter_id = world->user->id,
                                      .email = "bob@example.com",
                                      .role = ROLE_MEMBER,
                                      .expires_at = world->ctx.now + 1000000 };
    return dir_invitations_create(&world->ctx, &list, false, 0);
}

static Err op_revoke(World *world)
{
    Invitation *invitation;

    return dir_invitation_revoke(&world->ctx, world->organization.id, world->invitation.id, &invitation);
}

static Err op_join(World *world)
{
    const Membership in = { .organization_id = world->organization.id, .user_id = world->other->id, .role = ROLE_MEMBER };
    Membership *membership;

    return dir_member_add(&world->ctx, &in, 0, &membership);
}

static Err op_raise(World *world)
{
    MemberPatch in = { .role = ROLE_ADMIN };
    Membership *membership;

    SET(&in, role);
    return dir_member_update(&world->ctx, world->organization.id, world->other->id, &in, &membership);
}

static Err op_rename(World *world)
{
    OrganizationPatch in = { .name = "Renamed", .slug = "renamed" };
    Organization *organization;

    SET(&in, name), SET(&in, slug);
    return dir_organization_update(&world->ctx, world->organization.id, &in, &organization);
}

static Err op_leave(World *world)
{
    Membership *membership;

    return dir_member_remove(&world->ctx, world->organization.id, world->user->id, &membership);
}

static Err op_dissolve(World *world)
{
    return dir_organization_delete(&world->ctx, world->organization.id);
}

/* The account that was `other`, among the identities of the user that has it now. */
static DirLink linked_one(const World *world)
{
    DirLink link = { .user_id = world->user->id, .provider = LINKED_PROVIDER, .subject = world->other->id, .connection = "c", .plain = true };

    for (size_t i = 0; i < world->linked->identities.n; i++) {
        const Identity *identity = world->linked->identities.v[i];

        if (text_eq(identity->provider, LINKED_PROVIDER))
            link.identity_id = identity->id;
    }
    return link;
}

static Err op_link(World *world)
{
    const DirLink in = {
        .user_id = world->user->id, .secondary_id = world->other->id, .provider = LINKED_PROVIDER, .subject = world->other->id, .connection = "c"
    };

    return dir_user_link(&world->ctx, &in, &world->linked);
}

static Err op_change_linked(World *world)
{
    const DirLink link = linked_one(world);
    const LinkedPatch in = { .email = "eve@example.com", .username = "eve", .password = "secret-pw-3", .policy = &walk_policy };
    User *user;

    return dir_linked_update(&world->ctx, link.user_id, link.identity_id, &in, &user);
}

static Err op_unlink(World *world)
{
    const DirLink in = linked_one(world);
    User *user;

    return dir_user_unlink(&world->ctx, &in, &user);
}

/* Fails the 1st, 2nd, … call until the operation needs no more. */
static void walk(World *world, const char *name, Err (*op)(World *world))
{
    TEST_ARENA(arena);
    char *before = store_dump(world->store, arena);
    Err err = E_DB;
    unsigned n;

    for (n = 1; n < MOST_CALLS && err != OK; n++) {
        const unsigned calls = db_calls(world->store->db);
        char *after;

        db_fault(world->store->db, n, E_DB);
        err = op(world);
        db_fault(world->store->db, 0, OK);
        after = store_dump(world->store, arena);
        if (err == OK) {
            assert_true(db_calls(world->store->db) - calls < n); /* it did not swallow the fault */
            assert_string_not_equal(after, before);
            break;
        }
        if (strcmp(after, before) != 0)
            print_error("%s: call %u failed with %s and left something behind\n", name, n, err_name(err));
        assert_err(err, E_DB); /* no other cause is made of it */
        assert_string_equal(after, before);
    }
    assert_ok(err);
    assert_true(n > 1);
    assert_whole(&world->ctx);
}

static const struct {
    const char *name;
    Err (*op)(World *world);
} steps[] = {
    { "create", op_create },
    { "sign in", op_sign_in },
    { "refresh", op_refresh },
    { "refresh again", op_refresh_again },
    { "sign out", op_sign_out },
    { "update", op_update },
    { "ban", op_ban },
    { "organization", op_organization },
    { "invite", op_invite },
    { "revoke", op_revoke },
    { "join", op_join },
    { "raise", op_raise },
    { "rename", op_rename },
    { "leave", op_leave },
    { "dissolve", op_dissolve },
    { "link", op_link },
    { "change linked", op_change_linked },
    { "unlink", op_unlink },
    { "soft delete", op_soft_delete },
    { "delete", op_delete },
};

STORE_TEST(an_operation_that_fails_changes_nothing)
{
    TEST_ARENA(arena);
    World world = { .store = store, .ctx = new_ctx(store, arena) };

    world.user = create(&world.ctx, "ada@example.com");
    world.other = create(&world.ctx, "bob@example.com");
    sign_in(&world.ctx, "ada@example.com", &world.grant);
    for (size_t i = 0; i < COUNTOF(steps); i++)
        walk(&world, steps[i].name, steps[i].op);
}
