/* parts.c: what hangs on a user and can be taken away alone: wallets, identities, second factors. */
#include "directory/post.h"
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
    return user_found(ctx, err, ret);
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

typedef struct Unlinking {
    const char *user_id, *identity_id;
    bool confirm, by_user;
} Unlinking;

static bool says_verified(Ctx *ctx, const Identity *identity)
{
    return text_eq(json_get(ctx->arena, identity->data, "email_verified"), "true");
}

/* How well an identity could give the user its e-mail. */
static int email_rank(Ctx *ctx, const Identity *identity)
{
    return text_empty(identity->email) ? 0 : says_verified(ctx, identity) ? 2 : 1;
}

/* The best of those that stay, the oldest first; NULL if one of them has the user's e-mail already. */
static const Identity *next_email(Ctx *ctx, const User *user, const Identity *gone)
{
    const Identity *best = NULL;

    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *identity = user->identities.v[i];

        if (identity == gone)
            continue;
        if (text_eq(identity->email, user->email))
            return NULL;
        if (best == NULL || email_rank(ctx, identity) > email_rank(ctx, best))
            best = identity;
    }
    return best;
}

/* A further address of the user that becomes the one of auth.users has no row of its own any more. */
static Err forget_address(Tx *tx, const User *user, const char *email)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        if (!address->primary && text_eq(address->kind, "email") && text_eq(address->value, email))
            TRY(store_address_delete(tx, address->id));
    }
    return OK;
}

static Err take_email(Tx *tx, User *user, const Identity *from, bool confirm)
{
    Ctx *ctx = tx_ctx(tx);
    const bool verified = says_verified(ctx, from) || confirm;
    const char *email = text_empty(from->email) ? NULL : text_lower(ctx->arena, from->email);
    List holders = { 0 };

    if (email != NULL) {
        TRY(store_address_lock(tx, email));
        TRY(store_address_holders(tx, "email", email, &holders));
    }
    for (size_t i = 0; i < holders.n; i++)
        if (!text_eq(((const Holder *)holders.v[i])->id, user->id))
            return fail(ctx, E_EMAIL_TAKEN, NOWHERE, NULL);
    TRY(forget_address(tx, user, email));
    user->email = email;
    user->email_id = NULL;
    if (!verified) {
        user->email_confirmed_at = 0;
        user->meta_user = json_set(ctx->arena, user->meta_user, "email_verified", "false");
    }
    TRY(store_one_time_tokens_delete(tx, user->id));
    return store_user_clear_tokens(tx, user->id);
}

/* The user's address follows its identities. */
static Err follow_identities(Tx *tx, User *user, const Identity *gone, bool confirm)
{
    const Identity *next;

    if (text_eq(gone->provider, "phone")) {
        user->phone = NULL;
        user->phone_confirmed_at = 0;
        user->phone_id = NULL;
        return OK;
    }
    next = next_email(tx_ctx(tx), user, gone);
    return next == NULL ? OK : take_email(tx, user, next, confirm);
}

static Err unlink_identity(Tx *tx, void *arg)
{
    const Unlinking *unlinking = arg;
    Ctx *ctx = tx_ctx(tx);
    const Identity *gone = NULL;
    Traits traits;
    User *user;

    TRY(user_load(tx, unlinking->user_id, &user));
    if (user->identities.n <= 1)
        return fail(ctx, E_NO_IDENTIFIER, NOWHERE, NULL);
    for (size_t i = 0; i < user->identities.n; i++)
        if (text_eq(((const Identity *)user->identities.v[i])->id, unlinking->identity_id))
            gone = user->identities.v[i];
    if (gone == NULL)
        return fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
    traits = (Traits){ .identity_id = gone->id, .provider = gone->provider, .provider_id = gone->provider_id };
    TRY(event_add(tx, EV_IDENTITY_UNLINKED, unlinking->by_user ? user : NULL, &traits));
    if (unlinking->by_user)
        TRY(message_notify(tx, user, (Message){ .kind = MSG_IDENTITY_UNLINKED, .to = user->email, .provider = gone->provider }));
    TRY(store_identity_delete(tx, gone->id));
    TRY(follow_identities(tx, user, gone, unlinking->confirm));
    providers_list(ctx, user, gone);
    user->updated_at = ctx->now > user->updated_at ? ctx->now : user->updated_at + 1;
    TRY(store_user_update(tx, user));
    return user->has_profile ? store_profile_put(tx, user) : OK;
}

Err dir_identity_unlink(Ctx *ctx, const char *user_id, const char *identity_id, bool confirm, bool by_user)
{
    Unlinking unlinking = { .user_id = user_id, .identity_id = identity_id, .confirm = confirm, .by_user = by_user };

    TRY(tx_run(ctx, unlink_identity, &unlinking));
    message_wake(ctx);
    return OK;
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

/* Without its TOTP: is a number left as a second factor? */
static bool stays_strong(const User *user, bool all)
{
    for (size_t i = 0; !all && i < user->addresses.n; i++)
        if (((const Address *)user->addresses.v[i])->second_factor)
            return true;
    return false;
}

static Err remove_factors(Tx *tx, void *arg)
{
    const Removal *removal = arg;
    User *user;

    TRY(user_load(tx, removal->user_id, &user));
    if (!has_second_factor(user, removal->all) && !(removal->all && user->backup_codes > 0))
        return OK;
    for (size_t i = 0; i < user->factors.n; i++)
        if (is_factor(user->factors.v[i], removal->all))
            TRY(factor_drop(tx, user->id, user->factors.v[i]));
    if (removal->all) {
        TRY(store_addresses_no_factor(tx, user->id));
        TRY(store_backup_codes_delete(tx, user->id));
        user->backup_codes = 0;
    }
    if (user_two_factor(user) && !stays_strong(user, removal->all))
        user->mfa_disabled_at = tx_ctx(tx)->now;
    user->has_profile = true; /* the time stands there */
    return user_save(tx, user);
}

Err dir_factors_delete(Ctx *ctx, const char *user_id, bool all)
{
    Removal removal = { .user_id = user_id, .all = all };

    return tx_run(ctx, remove_factors, &removal);
}
