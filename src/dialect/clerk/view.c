/* view.c: a user as Clerk shows it (spec/clerk.md 3.2, 3.3). */
#include "base/clock.h"
#include "dialect/clerk/internal.h"

static const ClerkVerification by_admin = { .object = "verification_admin", .status = "verified", .strategy = "admin" };

/* ---- external accounts: identities of another party ---- */

static bool is_external(const Identity *identity)
{
    static const char *const own[] = { "email", "phone", "anonymous", "auth0", "username" };

    for (size_t i = 0; i < COUNTOF(own); i++)
        if (text_eq(identity->provider, own[i]))
            return false;
    return !str_starts(str_of(identity->provider), STR("sso:"));
}

static const char *provider_name(Ctx *ctx, const Identity *identity)
{
    return text_join(ctx->arena, "oauth_", identity->provider);
}

/* The first of two members of the identity's data that is there. */
static const char *data_of(Ctx *ctx, const Identity *identity, const char *name, const char *other)
{
    const char *value = json_get(ctx->arena, identity->data, name);

    return value != NULL ? value : json_get(ctx->arena, identity->data, other);
}

bool clerk_has_account(const User *user, const char *identity_id)
{
    for (size_t i = 0; i < user->identities.n; i++)
        if (text_eq(((const Identity *)user->identities.v[i])->id, identity_id))
            return is_external(user->identities.v[i]);
    return false;
}

static void *account_view(Ctx *ctx, const Identity *identity)
{
    ClerkVerification *verification = ARENA_NEW(ctx->arena, ClerkVerification);
    ClerkAccount *view = ARENA_NEW(ctx->arena, ClerkAccount);

    *verification = (ClerkVerification){ .object = "verification_oauth", .status = "verified", .strategy = provider_name(ctx, identity) };
    *view = (ClerkAccount){
        .object = "external_account",
        .id = clerk_id(ctx->arena, "eac_", identity->id),
        .provider = provider_name(ctx, identity),
        .identification_id = clerk_id(ctx->arena, "idn_", identity->id),
        .provider_user_id = identity->provider_id,
        .email_address = identity->email,
        .first_name = data_of(ctx, identity, "given_name", "first_name"),
        .last_name = data_of(ctx, identity, "family_name", "last_name"),
        .image_url = data_of(ctx, identity, "avatar_url", "picture"),
        .approved_scopes = json_get(ctx->arena, identity->data, "approved_scopes"),
        .label = json_get(ctx->arena, identity->data, "label"),
        .username = data_of(ctx, identity, "preferred_username", "user_name"),
        .verification = verification,
        .email_address_verified = text_eq(json_get(ctx->arena, identity->data, "email_verified"), "true"),
        .created_at = identity->created_at,
        .updated_at = identity->updated_at,
    };
    view->avatar_url = view->image_url;
    return view;
}

static void *passkey_view(Ctx *ctx, const Passkey *passkey)
{
    static const ClerkVerification by_passkey = { .object = "verification_passkey", .status = "verified", .strategy = "passkey" };
    ClerkPasskey *view = ARENA_NEW(ctx->arena, ClerkPasskey);

    *view = (ClerkPasskey){ "passkey", clerk_id(ctx->arena, "idn_", passkey->id), passkey->name,
                            passkey->last_used_at != 0 ? passkey->last_used_at : passkey->created_at, &by_passkey };
    return view;
}

/* ---- addresses ---- */

/* The external accounts that brought this e-mail address. */
static void add_links(Ctx *ctx, const User *user, const char *email, List *links)
{
    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *identity = user->identities.v[i];
        ClerkLink *link;

        if (!is_external(identity) || !text_eq(identity->email, email))
            continue;
        link = ARENA_NEW(ctx->arena, ClerkLink);
        *link = (ClerkLink){ provider_name(ctx, identity), clerk_id(ctx->arena, "idn_", identity->id) };
        list_add(ctx->arena, links, link);
    }
}

const ClerkAddress *clerk_address_view(Ctx *ctx, const User *user, const Address *address)
{
    const bool phone = text_eq(address->kind, "phone");
    ClerkAddress *view = ARENA_NEW(ctx->arena, ClerkAddress);

    *view = (ClerkAddress){
        .id = clerk_id(ctx->arena, "idn_", address->id),
        .object = phone                             ? "phone_number"
                  : text_eq(address->kind, "email") ? "email_address"
                                                    : "web3_wallet",
        .value = phone ? text_join(ctx->arena, "+", address->value) : address->value,
        .reserved = address->reserved,
        .reserved_for_second_factor = address->second_factor,
        .default_second_factor = address->second_factor,
        .verification = address->verified_at != 0 && !address->reserved ? &by_admin : NULL,
        .created_at = address->created_at,
        .updated_at = address->updated_at,
    };
    if (text_eq(address->kind, "email"))
        add_links(ctx, user, address->value, &view->linked_to);
    return view;
}

static void show_addresses(Ctx *ctx, const User *user, ClerkUser *view)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];
        const bool email = text_eq(address->kind, "email"), phone = text_eq(address->kind, "phone");
        const ClerkAddress *shown;

        if (!text_empty(address->connection))
            continue; /* another user has it here: only Auth0 shows such */
        shown = clerk_address_view(ctx, user, address);
        list_add(ctx->arena, email ? &view->email_addresses : phone ? &view->phone_numbers : &view->web3_wallets, (void *)(uintptr_t)shown);
        if (address->primary)
            *(email ? &view->primary_email_address_id : phone ? &view->primary_phone_number_id : &view->primary_web3_wallet_id) = shown->id;
    }
}

/* ---- factors, lock, metadata ---- */

static void show_factors(const User *user, ClerkUser *view)
{
    bool phone = false;

    for (size_t i = 0; i < user->factors.n; i++) {
        const Factor *factor = user->factors.v[i];
        const bool verified = text_eq(factor->status, "verified");

        view->totp_enabled = view->totp_enabled || (verified && text_eq(factor->factor_type, "totp"));
        phone = phone || (verified && text_eq(factor->factor_type, "phone")); /* also of a number that is no address of the user */
    }
    view->two_factor_enabled = view->totp_enabled || phone;
    view->backup_code_enabled = user->backup_codes > 0;
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        view->two_factor_enabled = view->two_factor_enabled || (address->second_factor && address->verified_at != 0);
    }
}

static void show_lock(Ctx *ctx, const User *user, ClerkUser *view)
{
    const int64_t until = user_locked_until(ctx, user), left = user_tries_left(ctx, user);

    view->locked = until > 0;
    if (view->locked && until < BANNED_FOREVER)
        view->lockout_expires_in_seconds = text_int(ctx->arena, (until - ctx->now + US_PER_S - 1) / US_PER_S);
    if (left >= 0)
        view->verification_attempts_remaining = text_int(ctx->arena, left);
}

/* App metadata without what the directory keeps there. */
static const char *public_metadata(Ctx *ctx, const User *user)
{
    return user->meta_app == NULL ? "{}" : clerk_without_providers(ctx, user->meta_app);
}

/* Where the server answers, as the request names it. */
const char *clerk_image_url(Ctx *ctx, const char *image_id)
{
    const Req *req = ctx_call(ctx)->req;

    return text_join(ctx->arena, req->tls ? "https://" : "http://", str_dup(ctx->arena, req->host), "/v1/public/images/",
                     text_empty(image_id) ? "default" : clerk_id(ctx->arena, "img_", image_id));
}

/* Members that are shown as they are. */
static const struct {
    size_t from, to, size;
} same[] = {
/* clang-format off */
#define SAME(from, to) { offsetof(User, from), offsetof(ClerkUser, to), sizeof(((const ClerkUser *)NULL)->to) }
    SAME(username, username), SAME(first_name, first_name), SAME(last_name, last_name), SAME(locale, locale), SAME(external_id, external_id),
    SAME(meta_private, private_metadata), SAME(meta_user, unsafe_metadata), SAME(delete_self_enabled, delete_self_enabled),
    SAME(create_organization_enabled, create_organization_enabled), SAME(bypass_client_trust, bypass_client_trust),
    SAME(last_sign_in_at, last_sign_in_at), SAME(last_active_at, last_active_at), SAME(mfa_enabled_at, mfa_enabled_at),
    SAME(mfa_disabled_at, mfa_disabled_at), SAME(legal_accepted_at, legal_accepted_at), SAME(created_at, created_at), SAME(updated_at, updated_at),
#undef SAME
    /* clang-format on */
};

static void show_profile(Ctx *ctx, const User *user, ClerkUser *view)
{
    for (size_t i = 0; i < COUNTOF(same); i++)
        memcpy((char *)view + same[i].to, (const char *)user + same[i].from, same[i].size);
    view->public_metadata = public_metadata(ctx, user);
    view->image_url = view->profile_image_url = clerk_image_url(ctx, user->image_id);
    view->has_image = !text_empty(user->image_id);
    view->banned = user_banned(ctx, user);
    view->password_enabled = !text_empty(user->encrypted_password) || !text_empty(user->digest);
    if (view->password_enabled)
        view->password_last_updated_at = user->password_set_at != 0 ? user->password_set_at : user->created_at;
    if (user->create_organizations_limit >= 0)
        view->create_organizations_limit = text_int(ctx->arena, user->create_organizations_limit);
}

const ClerkUser *clerk_user_view(Ctx *ctx, const User *user)
{
    ClerkUser *view = ARENA_NEW(ctx->arena, ClerkUser);

    view->id = clerk_id(ctx->arena, "user_", user->id);
    view->object = "user";
    show_profile(ctx, user, view);
    show_addresses(ctx, user, view);
    show_factors(user, view);
    show_lock(ctx, user, view);
    for (size_t i = 0; i < user->identities.n; i++)
        if (is_external(user->identities.v[i]))
            list_add(ctx->arena, &view->external_accounts, account_view(ctx, user->identities.v[i]));
    for (size_t i = 0; i < user->passkeys.n; i++)
        list_add(ctx->arena, &view->passkeys, passkey_view(ctx, user->passkeys.v[i]));
    return view;
}

/* Primary e-mail address, else phone number, else name, else wallet. */
static const char *identifier_of(Ctx *ctx, const User *user)
{
    static const char *const kinds[] = { "email", "phone", NULL, "web3" };

    for (size_t i = 0; i < COUNTOF(kinds); i++) {
        if (kinds[i] == NULL && user->username != NULL)
            return user->username;
        for (size_t k = 0; kinds[i] != NULL && k < user->addresses.n; k++) {
            const Address *address = user->addresses.v[k];

            if (address->primary && text_empty(address->connection) && text_eq(address->kind, kinds[i]))
                return text_join(ctx->arena, i == 1 ? "+" : NULL, address->value);
        }
    }
    return NULL;
}

const ClerkUserData *clerk_user_data(Ctx *ctx, const User *user)
{
    ClerkUserData *view = ARENA_NEW(ctx->arena, ClerkUserData);

    *view = (ClerkUserData){
        .user_id = clerk_id(ctx->arena, "user_", user->id),
        .first_name = user->first_name,
        .last_name = user->last_name,
        .image_url = clerk_image_url(ctx, user->image_id),
        .has_image = !text_empty(user->image_id),
        .identifier = identifier_of(ctx, user),
        .username = user->username,
        .banned = user_banned(ctx, user),
    };
    view->profile_image_url = view->image_url;
    return view;
}

Err clerk_reply_user(Ctx *ctx, Reply *reply, int status, const User *user)
{
    return reply_json(ctx, reply, status, "application/json", clerk_user, clerk_user_view(ctx, user), JSON_PLAIN);
}

Err clerk_reply_list(Reply *reply, const Field *fields, const List *list)
{
    reply->status = 200;
    reply_header(reply, "Content-Type", "application/json");
    json_write_list(&reply->body, fields, list, JSON_PLAIN);
    return OK;
}
