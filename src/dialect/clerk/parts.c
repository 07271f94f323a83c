/* parts.c: what hangs on a user (spec/clerk.md 2.6): tokens of other parties, passkeys, wallets, external accounts. */
#include "base/id.h"
#include "dialect/clerk/internal.h"

static Err read_user(Ctx *ctx, const char **id)
{
    return clerk_read_user_id(ctx, req_param(ctx, "user_id"), id);
}

/* ---- lists ---- */

Err clerk_read_page(Ctx *ctx, const Req *req, ClerkPageQuery *in)
{
    TRY(req_query(ctx, req, ctx_call(ctx)->route->in, FORM_FIRST, in));
    return clerk_check_page(ctx, in->limit, AT(ClerkPageQuery, limit), in->offset, AT(ClerkPageQuery, offset));
}

static void split_scopes(Ctx *ctx, const char *text, Texts *scopes)
{
    Str rest = str_of(text == NULL ? "" : text);

    while (rest.p != NULL) {
        const Str scope = str_cut(&rest, ' ');

        if (scope.n > 0)
            texts_add(ctx->arena, scopes, str_dup(ctx->arena, scope));
    }
}

/* One that is over could only be renewed at the other party, which nobody here asks. */
static Err token_view(Ctx *ctx, const Identity *identity, List *views)
{
    ClerkOauthToken *view = ARENA_NEW(ctx->arena, ClerkOauthToken);
    ForeignAccount *account;
    const Err err = dir_account_tokens(ctx, identity->id, &account);

    if (err == E_NO_ROW || err == E_BAD_CREDENTIAL)
        return clerk_fail(ctx, SAY_NO_TOKEN, NOWHERE, NULL);
    TRY(err);
    if (account->expires_at != 0 && account->expires_at <= ctx->now)
        return clerk_fail(ctx, account->refresh_token == NULL ? SAY_NO_REFRESH : SAY_NO_RENEWAL, NOWHERE, NULL);
    *view = (ClerkOauthToken){
        .object = "oauth_access_token",
        .external_account_id = clerk_id(ctx->arena, "eac_", identity->id),
        .provider_user_id = identity->provider_id,
        .token = account->token,
        .expires_at = account->expires_at,
        .provider = arena_printf(ctx->arena, "oauth_%s", identity->provider),
        .public_metadata = "{}",
        .label = json_get(ctx->arena, identity->data, "label"),
        .id_token = account->id_token,
        .token_secret = account->token_secret,
    };
    split_scopes(ctx, json_get(ctx->arena, identity->data, "approved_scopes"), &view->scopes);
    list_add(ctx->arena, views, view);
    return OK;
}

/* The tokens of the user's accounts at one party; a user without such an account has none. */
/* Could another party be called so? */
static bool is_provider(const char *name)
{
    return *name != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.:") == strlen(name);
}

Err clerk_oauth_tokens(Ctx *ctx, const Req *req, Reply *reply)
{
    const Str prefix = STR("oauth_");
    const char *name = req_param(ctx, "provider"), *id;
    ClerkPageQuery in = { .limit = 10 };
    ClerkPage out = { 0 };
    User *user;

    TRY(clerk_read_page(ctx, req, &in));
    TRY(read_user(ctx, &id));
    TRY(dir_user_get(ctx, id, &user));
    if (!str_starts(str_of(name), prefix) || !is_provider(name + prefix.n))
        return clerk_fail(ctx, SAY_NO_PROVIDER, NOWHERE, clerk_shown(ctx, name));
    for (size_t i = 0; i < user->identities.n; i++)
        if (clerk_has_account(user, ((const Identity *)user->identities.v[i])->id) &&
            text_eq(((const Identity *)user->identities.v[i])->provider, name + prefix.n))
            TRY(token_view(ctx, user->identities.v[i], &out.data));
    out.total_count = (int64_t)out.data.n;
    return in.paginated ? reply_json(ctx, reply, 200, "application/json", clerk_oauth_page, &out, JSON_PLAIN)
                        : clerk_reply_list(reply, clerk_oauth_token, &out.data);
}

/* ---- passkeys, wallets, external accounts ---- */

static Err part_gone(Ctx *ctx, Reply *reply, const char *object, const char *id)
{
    const ClerkDeleted out = { .object = object, .id = id, .deleted = true };

    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* Devices are trusted in a front end, and there is none: nobody has one. */
Err clerk_trusted_devices(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkPage page = { 0 };
    const char *id;
    User *user;

    (void)req;
    TRY(read_user(ctx, &id));
    TRY(dir_user_get(ctx, id, &user));
    return reply_object(ctx, reply, 200, &page, JSON_PLAIN);
}

Err clerk_trusted_device_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id;
    User *user;

    (void)req;
    (void)reply;
    TRY(read_user(ctx, &id));
    TRY(dir_user_get(ctx, id, &user));
    return clerk_fail(ctx, SAY_NO_PART, NOWHERE, NULL);
}

/* What the directory says of a part, in Clerk's words. */
static Err part_error(Ctx *ctx, Err err, Say missing)
{
    if (err == E_NOT_THIS_USER)
        return clerk_fail(ctx, missing, NOWHERE, NULL);
    return err == E_NO_IDENTIFIER ? clerk_fail(ctx, SAY_LAST_IDENTIFIER, NOWHERE, NULL) : err;
}

Err clerk_passkey_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *text = req_param(ctx, "passkey_id"), *passkey = clerk_id_read(ctx->arena, "idn_", text), *id;

    (void)req;
    TRY(read_user(ctx, &id));
    TRY(part_error(ctx, dir_passkey_delete(ctx, id, passkey == NULL ? UUID_NIL : passkey), SAY_NO_PASSKEY));
    return part_gone(ctx, reply, "passkey", text);
}

Err clerk_wallet_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *text = req_param(ctx, "wallet_id"), *wallet = clerk_id_read(ctx->arena, "idn_", text), *id;

    (void)req;
    TRY(read_user(ctx, &id));
    TRY(part_error(ctx, dir_wallet_delete(ctx, id, wallet == NULL ? "" : wallet), SAY_NO_PART));
    return part_gone(ctx, reply, "web3_wallet", text);
}

/* Either id of the account will do. */
Err clerk_account_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *text = req_param(ctx, "account_id"), *account = clerk_id_read(ctx->arena, "eac_", text), *id;
    User *user;

    (void)req;
    if (account == NULL)
        account = clerk_id_read(ctx->arena, "idn_", text);
    TRY(read_user(ctx, &id));
    TRY(dir_user_get(ctx, id, &user));
    if (account == NULL || !clerk_has_account(user, account))
        return clerk_fail(ctx, SAY_NO_ACCOUNT, NOWHERE, NULL);
    TRY(part_error(ctx, dir_identity_delete(ctx, id, account), SAY_NO_ACCOUNT));
    return part_gone(ctx, reply, "external_account", text);
}
