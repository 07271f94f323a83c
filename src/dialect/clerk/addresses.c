/* addresses.c: /email_addresses and /phone_numbers, and the replacement of all of a user's (spec/clerk.md 2.7, 4.3). The route says which kind. */
#include "base/id.h"
#include "dialect/clerk/internal.h"

static const Member members[] = {
    { AT(AddressIn, value), AT(ClerkAddressIn, value) },
    { AT(AddressIn, primary), AT(ClerkAddressIn, primary) },
};

/* What the directory says, in Clerk's words. */
static Err passed(Ctx *ctx, Err err, Say factor)
{
    if (err == E_UNVERIFIED && ctx->fault.at == AT(AddressIn, second_factor))
        return clerk_fail(ctx, factor, AT(ClerkAddressIn, reserved_for_second_factor), NULL);
    if (err == E_NOT_THIS_USER)
        return clerk_fail(ctx, SAY_NO_PART, NOWHERE, NULL);
    if (err == E_NO_IDENTIFIER)
        return clerk_fail(ctx, SAY_LAST_IDENTIFIER, NOWHERE, NULL);
    return clerk_passed(ctx, members, COUNTOF(members), err);
}

static Err reply_address(Ctx *ctx, Reply *reply, const User *user, const Address *address)
{
    return reply_object(ctx, reply, 200, clerk_address_view(ctx, user, address), JSON_PLAIN);
}

/* "email" or "phone". */
static const char *route_kind(const Ctx *ctx)
{
    return ctx_call(ctx)->route->kind;
}

/* An id of no address is one that nobody has. */
static const char *path_id(const Ctx *ctx)
{
    const char *id = clerk_id_read(ctx->arena, "idn_", req_param(ctx, "id"));

    return id == NULL ? UUID_NIL : id;
}

/* null is as absent. */
static void take_flags(const ClerkAddressIn *in, AddressIn *to)
{
    to->primary = in->primary;
    to->verified = in->verified;
    to->second_factor = in->reserved_for_second_factor;
    if (HAS(in, verified) && !IS_NULL(in, verified))
        SET(to, verified);
    if (HAS(in, reserved_for_second_factor) && !IS_NULL(in, reserved_for_second_factor))
        SET(to, second_factor);
}

/* A number has its '+' here; the directory would do without. */
static Err take_value(Ctx *ctx, const char *kind, const ClerkAddressIn *in, AddressIn *to)
{
    if (text_empty(in->value))
        return clerk_fail(ctx, SAY_NIL, AT(ClerkAddressIn, value), NULL);
    if (text_eq(kind, "phone") && (*in->value != '+' || clerk_phone(ctx, in->value) == NULL))
        return fail(ctx, E_BAD_PHONE, AT(ClerkAddressIn, value), NULL);
    to->value = in->value;
    return OK;
}

/* ---- one address ---- */

Err clerk_address_create(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *kind = route_kind(ctx);
    ClerkAddressIn in = { 0 };
    AddressIn new = { 0 };
    const Address *address;
    const char *user_id;
    User *user;
    Err err;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(take_value(ctx, kind, &in, &new));
    take_flags(&in, &new);
    user_id = clerk_id_read(ctx->arena, "user_", in.user_id);
    err = user_id == NULL ? fail(ctx, E_NO_USER, NOWHERE, NULL)
                          : passed(ctx, dir_address_create(ctx, user_id, kind, &new, &user, &address), SAY_FACTOR_NEW);
    if (err == E_NO_USER)
        return fail(ctx, E_NO_USER, NOWHERE, "%s", clerk_shown(ctx, in.user_id));
    TRY(err);
    return reply_address(ctx, reply, user, address);
}

Err clerk_address_get(Ctx *ctx, const Req *req, Reply *reply)
{
    const Address *address;
    User *user;

    (void)req;
    TRY(passed(ctx, dir_address_get(ctx, route_kind(ctx), path_id(ctx), &user, &address), SAY_FACTOR_OLD));
    return reply_address(ctx, reply, user, address);
}

Err clerk_address_update(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkAddressIn in = { 0 };
    AddressIn change = { 0 };
    const Address *address;
    User *user;

    TRY(clerk_read_body(ctx, req, &in));
    take_flags(&in, &change);
    TRY(passed(ctx, dir_address_update(ctx, route_kind(ctx), path_id(ctx), &change, &user, &address), SAY_FACTOR_OLD));
    return reply_address(ctx, reply, user, address);
}

/* Does an external account stand on the address? */
static bool is_linked(Ctx *ctx, const User *user, const Address *address)
{
    return clerk_address_view(ctx, user, address)->linked_to.n > 0;
}

Err clerk_address_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *kind = route_kind(ctx);
    const ClerkDeleted out = { .object = text_eq(kind, "email") ? "email_address" : "phone_number", .id = req_param(ctx, "id"), .deleted = true };
    const Address *address;
    User *user;

    (void)req;
    TRY(passed(ctx, dir_address_get(ctx, kind, path_id(ctx), &user, &address), SAY_FACTOR_OLD));
    if (is_linked(ctx, user, address))
        return clerk_fail(ctx, SAY_LINKED, NOWHERE, NULL);
    TRY(passed(ctx, dir_address_delete(ctx, kind, path_id(ctx)), SAY_FACTOR_OLD));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* ---- all of a user's ---- */

static Err take_status(Ctx *ctx, const ClerkAddressIn *in, AddressIn *to)
{
    const char *status = in->identification_status == NULL ? "verified" : in->identification_status;

    to->verified = text_eq(status, "verified");
    to->reserved = text_eq(status, "reserved");
    if (to->verified || to->reserved || text_eq(status, "unverified"))
        return OK;
    return clerk_fail(
        ctx, SAY_CHOICE, AT(ClerkAddressIn, identification_status),
        arena_printf(ctx->arena,
                     "%s does not match the allowed values for parameter identification_status. Allowed values: verified, unverified, reserved",
                     clerk_shown(ctx, status)));
}

static Err check_linked(Ctx *ctx, const User *user, const char *kind)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        if (text_eq(address->kind, kind) && is_linked(ctx, user, address))
            return clerk_fail(ctx, SAY_LINKED, NOWHERE, NULL);
    }
    return OK;
}

Err clerk_address_replace(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *kind = route_kind(ctx);
    ClerkAddressIn in = { 0 };
    AddressIn new = { 0 };
    const Address *address;
    const char *user_id;
    User *user;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(take_status(ctx, &in, &new));
    TRY(take_value(ctx, kind, &in, &new));
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &user_id));
    TRY(dir_user_get(ctx, user_id, &user));
    TRY(check_linked(ctx, user, kind));
    TRY(passed(ctx, dir_address_replace(ctx, user_id, kind, &new, &user, &address), SAY_FACTOR_NEW));
    return reply_address(ctx, reply, user, address);
}
