/* addresses.c: e-mail addresses and phone numbers of a user: added, changed, replaced, taken away. The primary one stands in auth.users, where GoTrue
 * reads it, with its identity; further ones in hecate.addresses. A phone number that is a second factor is a factor of type `phone`. */
#include "base/id.h"
#include "directory/internal.h"

/* One change, and what comes of it. */
typedef struct Work {
    const char *user_id, *id, *kind, *value; /* value: read and folded */
    const AddressIn *in;
    User *after;
} Work;

/* The members of a user that hold its primary address of a kind. */
typedef struct Core {
    const char **value, **id;
    int64_t *confirmed_at;
} Core;

static Core core_of(User *user, const char *kind)
{
    return text_eq(kind, "email") ? (Core){ &user->email, &user->email_id, &user->email_confirmed_at }
                                  : (Core){ &user->phone, &user->phone_id, &user->phone_confirmed_at };
}

/* Those of one connection of Auth0's are its own. */
static Address *find_address(const User *user, const char *kind, const char *id)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        Address *address = user->addresses.v[i];

        if (text_eq(address->kind, kind) && text_eq(address->id, id) && text_empty(address->connection))
            return address;
    }
    return NULL;
}

Err dir_address_get(Ctx *ctx, const char *kind, const char *id, User **ret_user, const Address **ret)
{
    List users;

    TRY(store_users_by_address(db_auto(ctx), id, store_address_owner(ctx->arena, id, kind), &users));
    for (size_t i = 0; i < users.n; i++) {
        User *user = users.v[i];

        *ret = find_address(user, kind, id);
        if (*ret == NULL || user->deleted_at != 0)
            continue;
        ctx->user_id = user->id;
        *ret_user = user;
        return OK;
    }
    return fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
}

/* ---- the primary address ---- */

Err address_to_core(Tx *tx, User *user, const Address *address)
{
    const Core core = core_of(user, address->kind);

    *core.id = address->id;
    *core.value = address->value;
    *core.confirmed_at = address->verified_at;
    user->has_profile = true; /* the id stands there */
    user->is_anonymous = user->is_anonymous && address->verified_at == 0;
    TRY(address_to_identity(tx, user, address->kind, address->value, address->verified_at != 0));
    providers_list(tx_ctx(tx), user, NULL);
    return OK;
}

/* No address of the kind is left in auth.users, and no identity speaks of it. Links that were sent to it end. */
static Err core_gone(Tx *tx, User *user, const char *kind)
{
    const Core core = core_of(user, kind);
    const Identity *identity = NULL;

    for (size_t i = 0; i < user->identities.n; i++)
        if (text_eq(((const Identity *)user->identities.v[i])->provider, kind))
            identity = user->identities.v[i];
    *core.value = *core.id = NULL;
    *core.confirmed_at = 0;
    TRY(store_user_clear_tokens(tx, user->id));
    TRY(store_one_time_tokens_delete(tx, user->id));
    if (identity == NULL)
        return OK;
    TRY(store_identity_delete(tx, identity->id));
    providers_list(tx_ctx(tx), user, identity);
    return OK;
}

/* The oldest other address that is verified, or NULL. */
static const Address *next_primary(const User *user, const Address *gone)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        if (address != gone && text_eq(address->kind, gone->kind) && address->verified_at != 0 && !address->reserved &&
            text_empty(address->connection))
            return address;
    }
    return NULL;
}

static Err replace_core(Tx *tx, User *user, const Address *gone)
{
    const Address *next = next_primary(user, gone);

    if (next == NULL)
        return core_gone(tx, user, gone->kind);
    TRY(store_user_clear_tokens(tx, user->id));
    TRY(store_one_time_tokens_delete(tx, user->id));
    TRY(store_address_delete(tx, next->id));
    return address_to_core(tx, user, next);
}

/* ---- second factors ---- */

bool user_two_factor(const User *user)
{
    for (size_t i = 0; i < user->factors.n; i++) {
        const Factor *factor = user->factors.v[i];

        if (text_eq(factor->factor_type, "totp") && text_eq(factor->status, "verified"))
            return true;
    }
    for (size_t i = 0; i < user->addresses.n; i++)
        if (((const Address *)user->addresses.v[i])->second_factor)
            return true;
    return false;
}

static Err set_second_factor(Tx *tx, User *user, Address *address, bool on)
{
    Ctx *ctx = tx_ctx(tx);
    const bool before = user_two_factor(user);
    const Factor factor = {
        .id = uuid_new(ctx->arena), .user_id = user->id, .phone = address->value, .created_at = ctx->now, .updated_at = ctx->now
    };

    if (on == address->second_factor)
        return OK;
    if (on && address->verified_at == 0)
        return fail(ctx, E_UNVERIFIED, AT(AddressIn, second_factor), NULL);
    for (size_t i = 0; i < user->factors.n; i++) /* also one that waits to be verified */
        if (text_eq(((const Factor *)user->factors.v[i])->phone, address->value))
            TRY(factor_drop(tx, user->id, user->factors.v[i]));
    if (on)
        TRY(store_phone_factor_insert(tx, &factor));
    address->second_factor = on;
    if (before != user_two_factor(user)) {
        *(on ? &user->mfa_enabled_at : &user->mfa_disabled_at) = ctx->now;
        user->has_profile = true;
    }
    return OK;
}

/* ---- adding ---- */

static Address *address_of(Ctx *ctx, const Work *work, const User *user)
{
    Address *address = ARENA_NEW(ctx->arena, Address);

    *address = (Address){ .id = work->id,
                          .user_id = user->id,
                          .kind = work->kind,
                          .value = work->value,
                          .value_key = work->value,
                          .connection = "",
                          .verified_at = work->in->verified ? ctx->now : 0,
                          .reserved = work->in->reserved,
                          .created_at = ctx->now,
                          .updated_at = ctx->now };
    return address;
}

/* A first address is primary whatever it is; one that is only kept for the user never is. */
static Err place(Tx *tx, const Work *work, User *user)
{
    Ctx *ctx = tx_ctx(tx);
    Address *address = address_of(ctx, work, user);
    const bool first = *core_of(user, work->kind).value == NULL && !address->reserved;

    address->primary = first;
    if (first)
        TRY(address_to_core(tx, user, address));
    else
        TRY(store_address_insert(tx, address));
    list_add(ctx->arena, &user->addresses, address);
    if (!first && work->in->primary)
        TRY(address_make_primary(tx, user, work->kind, address->id, AT(AddressIn, primary)));
    return set_second_factor(tx, user, address, work->in->second_factor);
}

static Err finish(Tx *tx, Work *work, User *user)
{
    TRY(user_save(tx, user));
    return store_user_get(tx, user->id, &work->after);
}

static Err create(Tx *tx, void *arg)
{
    Work *work = arg;
    User *user;

    TRY(user_load(tx, work->user_id, &user));
    TRY(address_claim(tx, work->kind, work->value, NULL, NULL));
    TRY(place(tx, work, user));
    return finish(tx, work, user);
}

/* Runs a change; what it made or changed comes back with its user. */
static Err run(Ctx *ctx, Err (*change)(Tx *tx, void *arg), Work *work, User **ret_user, const Address **ret)
{
    const Err err = tx_run(ctx, change, work);

    if (err == E_EMAIL_TAKEN || err == E_PHONE_TAKEN)
        return fail(ctx, err, AT(AddressIn, value), NULL);
    TRY(err);
    *ret_user = work->after;
    *ret = find_address(work->after, work->kind, work->id);
    return OK;
}

Err dir_address_create(Ctx *ctx, const char *user_id, const char *kind, const AddressIn *in, User **ret_user, const Address **ret)
{
    Work work = { .user_id = user_id, .id = uuid_new(ctx->arena), .kind = kind, .in = in };

    TRY(address_read(ctx, kind, in->value, AT(AddressIn, value), &work.value));
    return run(ctx, create, &work, ret_user, ret);
}

/* ---- replacing ---- */

/* All addresses of the kind go, but for those of Auth0's connections. */
static Err remove_all(Tx *tx, User *user, const char *kind)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        Address *address = user->addresses.v[i];

        if (!text_eq(address->kind, kind) || !text_empty(address->connection))
            continue;
        TRY(set_second_factor(tx, user, address, false));
        if (!address->primary)
            TRY(store_address_delete(tx, address->id));
        address->primary = false;
    }
    return OK;
}

/* The identity of the kind stays, if there is an address for it: it follows. */
static Err replace(Tx *tx, void *arg)
{
    Work *work = arg;
    User *user;

    TRY(user_load(tx, work->user_id, &user));
    TRY(address_claim(tx, work->kind, work->value, NULL, user->id));
    TRY(remove_all(tx, user, work->kind));
    if (work->in->reserved && *core_of(user, work->kind).value != NULL)
        TRY(core_gone(tx, user, work->kind));
    *core_of(user, work->kind).value = NULL;
    TRY(store_user_clear_tokens(tx, user->id));
    TRY(store_one_time_tokens_delete(tx, user->id));
    TRY(place(tx, work, user));
    return finish(tx, work, user);
}

Err dir_address_replace(Ctx *ctx, const char *user_id, const char *kind, const AddressIn *in, User **ret_user, const Address **ret)
{
    Work work = { .user_id = user_id, .id = uuid_new(ctx->arena), .kind = kind, .in = in };

    TRY(address_read(ctx, kind, in->value, AT(AddressIn, value), &work.value));
    return run(ctx, replace, &work, ret_user, ret);
}

/* ---- changing ---- */

static Err set_verified(Tx *tx, User *user, Address *address, bool verified)
{
    Ctx *ctx = tx_ctx(tx);

    if (verified == (address->verified_at != 0) && !address->reserved)
        return OK;
    address->verified_at = verified ? ctx->now : 0;
    address->reserved = address->reserved && !verified;
    address->updated_at = ctx->now;
    if (!verified)
        TRY(set_second_factor(tx, user, address, false));
    if (!address->primary)
        return store_address_update(tx, address);
    *core_of(user, address->kind).confirmed_at = address->verified_at;
    user->is_anonymous = user->is_anonymous && !verified;
    return address_to_identity(tx, user, address->kind, address->value, verified);
}

static Err change(Tx *tx, void *arg)
{
    Work *work = arg;
    const AddressIn *in = work->in;
    Address *address;
    User *user;

    TRY(user_load(tx, work->user_id, &user));
    address = find_address(user, work->kind, work->id);
    if (address == NULL)
        return fail(tx_ctx(tx), E_NOT_THIS_USER, NOWHERE, NULL);
    if (HAS(in, verified))
        TRY(set_verified(tx, user, address, in->verified));
    if (in->primary || (*core_of(user, work->kind).value == NULL && address->verified_at != 0))
        TRY(address_make_primary(tx, user, work->kind, work->id, AT(AddressIn, primary)));
    if (HAS(in, second_factor))
        TRY(set_second_factor(tx, user, address, in->second_factor));
    return finish(tx, work, user);
}

Err dir_address_update(Ctx *ctx, const char *kind, const char *id, const AddressIn *in, User **ret_user, const Address **ret)
{
    Work work = { .id = id, .kind = kind, .in = in };
    const Address *address;
    User *user;

    TRY(dir_address_get(ctx, kind, id, &user, &address));
    work.user_id = user->id;
    return run(ctx, change, &work, ret_user, ret);
}

/* ---- taking away ---- */

/* Would the user still be found by something else? */
static bool stays_known(const User *user)
{
    bool known = user->addresses.n > 1 || user->username != NULL;

    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *identity = user->identities.v[i];

        known = known || (!text_eq(identity->provider, "email") && !text_eq(identity->provider, "phone"));
    }
    return known;
}

static Err take_away(Tx *tx, void *arg)
{
    Work *work = arg;
    Ctx *ctx = tx_ctx(tx);
    Address *address;
    User *user;

    TRY(user_load(tx, work->user_id, &user));
    address = find_address(user, work->kind, work->id);
    if (address == NULL)
        return fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
    if (!stays_known(user))
        return fail(ctx, E_NO_IDENTIFIER, NOWHERE, NULL);
    TRY(set_second_factor(tx, user, address, false));
    if (address->primary)
        TRY(replace_core(tx, user, address));
    else
        TRY(store_address_delete(tx, address->id));
    return user_save(tx, user);
}

Err dir_address_delete(Ctx *ctx, const char *kind, const char *id)
{
    Work work = { .id = id, .kind = kind };
    const Address *address;
    User *user;

    TRY(dir_address_get(ctx, kind, id, &user, &address));
    work.user_id = user->id;
    return tx_run(ctx, take_away, &work);
}
