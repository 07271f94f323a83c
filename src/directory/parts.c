/* parts.c: what hangs on a user and can be taken away alone: wallets, identities, second factors. */
#include "directory/internal.h"
#include "json/json.h"

/* What is to be taken from whom. */
typedef struct Removal {
    const char *user_id, *part_id;
    bool all; /* second factors: of every kind */
} Removal;

Err user_load(Tx *tx, const char *id, User **ret)
{
    Ctx *ctx = tx_ctx(tx);
    const Err err = store_user_get_for_update(tx, id, ret);

    ctx->user_id = id;
    return err == E_NO_ROW ? fail(ctx, E_NO_USER, NOWHERE, NULL) : err;
}

Err user_save(Tx *tx, User *user)
{
    Ctx *ctx = tx_ctx(tx);
    const Traits traits = { .user_id = user->id,
                            .user_email = user->email == NULL ? "" : user->email,
                            .user_phone = user->phone == NULL ? "" : user->phone };

    user->updated_at = ctx->now > user->updated_at ? ctx->now : user->updated_at + 1;
    TRY(store_user_update(tx, user));
    if (user->meta_private == NULL)
        user->meta_private = "{}";
    if (user->has_profile)
        TRY(store_profile_put(tx, user));
    return event_add(tx, EV_USER_MODIFIED, NULL, &traits);
}

/* Would the user still be found by something? */
static bool stays_known(const User *user, size_t addresses, size_t identities)
{
    return addresses > 0 || identities > 0 || user->username != NULL;
}

/* ---- wallets ---- */

static Err remove_wallet(Tx *tx, void *arg)
{
    const Removal *removal = arg;
    Ctx *ctx = tx_ctx(tx);
    User *user;
    size_t i = 0;

    TRY(user_load(tx, removal->user_id, &user));
    for (; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        if (text_eq(address->id, removal->part_id) && text_eq(address->kind, "web3"))
            break;
    }
    if (i == user->addresses.n)
        return fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
    if (!stays_known(user, user->addresses.n - 1, user->identities.n))
        return fail(ctx, E_NO_IDENTIFIER, NOWHERE, NULL);
    TRY(store_address_delete(tx, removal->part_id));
    if (text_eq(user->web3_id, removal->part_id))
        user->web3_id = NULL;
    return user_save(tx, user);
}

Err dir_wallet_delete(Ctx *ctx, const char *user_id, const char *address_id)
{
    Removal removal = { .user_id = user_id, .part_id = address_id };

    return tx_run(ctx, remove_wallet, &removal);
}

/* ---- identities ---- */

void providers_list(Ctx *ctx, User *user, const Identity *gone)
{
    const char *list = "", *first = NULL;

    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *identity = user->identities.v[i];
        bool before = identity == gone;

        for (size_t k = 0; k < i; k++)
            before = before || (user->identities.v[k] != gone && text_eq(((const Identity *)user->identities.v[k])->provider, identity->provider));
        if (before)
            continue;
        list = arena_printf(ctx->arena, "%s%s%s", list, first == NULL ? "" : ",", json_quote(ctx->arena, identity->provider));
        first = first == NULL ? identity->provider : first;
    }
    user->meta_app = json_set(ctx->arena, user->meta_app, "provider", first == NULL ? NULL : json_quote(ctx->arena, first));
    user->meta_app = json_set(ctx->arena, user->meta_app, "providers", arena_printf(ctx->arena, "[%s]", list));
}

static Err remove_identity(Tx *tx, void *arg)
{
    const Removal *removal = arg;
    Ctx *ctx = tx_ctx(tx);
    const Identity *gone = NULL;
    User *user;

    TRY(user_load(tx, removal->user_id, &user));
    for (size_t i = 0; i < user->identities.n; i++)
        if (text_eq(((const Identity *)user->identities.v[i])->id, removal->part_id))
            gone = user->identities.v[i];
    if (gone == NULL)
        return fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
    if (!stays_known(user, user->addresses.n, user->identities.n - 1))
        return fail(ctx, E_NO_IDENTIFIER, NOWHERE, NULL);
    TRY(store_identity_delete(tx, gone->id));
    providers_list(ctx, user, gone);
    return user_save(tx, user);
}

Err dir_identity_delete(Ctx *ctx, const char *user_id, const char *identity_id)
{
    Removal removal = { .user_id = user_id, .part_id = identity_id };

    return tx_run(ctx, remove_identity, &removal);
}

/* ---- second factors ---- */

static bool is_factor(const Factor *factor, bool all)
{
    return text_eq(factor->factor_type, "totp") || (all && text_eq(factor->factor_type, "phone"));
}

static bool has_second_factor(const User *user, bool all)
{
    for (size_t i = 0; i < user->factors.n; i++)
        if (is_factor(user->factors.v[i], all))
            return true;
    for (size_t i = 0; all && i < user->addresses.n; i++)
        if (((const Address *)user->addresses.v[i])->second_factor)
            return true;
    return false;
}

static Err remove_factors(Tx *tx, void *arg)
{
    const Removal *removal = arg;
    User *user;

    TRY(user_load(tx, removal->user_id, &user));
    if (!has_second_factor(user, removal->all))
        return OK;
    for (size_t i = 0; i < user->factors.n; i++)
        if (is_factor(user->factors.v[i], removal->all))
            TRY(factor_drop(tx, user->id, user->factors.v[i]));
    if (removal->all)
        TRY(store_addresses_no_factor(tx, user->id));
    user->mfa_disabled_at = tx_ctx(tx)->now;
    user->has_profile = true; /* the time stands there */
    return user_save(tx, user);
}

Err dir_factors_delete(Ctx *ctx, const char *user_id, bool all)
{
    Removal removal = { .user_id = user_id, .all = all };

    return tx_run(ctx, remove_factors, &removal);
}
