/* parts.c: what hangs on a user (spec/clerk.md 2.6): tokens of other parties, passkeys, wallets, external accounts. No token of another party is
 * kept: their lists are empty. */
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

/* No token of another party is kept: a user who has the account has no token, others have no account. */
Err clerk_oauth_tokens(Ctx *ctx, const Req *req, Reply *reply)
{
    const Str prefix = STR("oauth_");
    const char *name = req_param(ctx, "provider"), *id;
    ClerkPageQuery in = { .limit = 10 };
    const ClerkPage out = { 0 };
    User *user;

    TRY(clerk_read_page(ctx, req, &in));
    TRY(read_user(ctx, &id));
    TRY(dir_user_get(ctx, id, &user));
    if (!str_starts(str_of(name), prefix))
        return clerk_fail(ctx, SAY_NO_PROVIDER, NOWHERE, clerk_shown(ctx, name));
    for (size_t i = 0; i < user->identities.n; i++)
        if (text_eq(((const Identity *)user->identities.v[i])->provider, name + prefix.n))
            return clerk_fail(ctx, SAY_NO_TOKEN, NOWHERE, NULL);
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* ---- passkeys, wallets, external accounts ---- */

static Err part_gone(Ctx *ctx, Reply *reply, const char *object, const char *id)
{
    const ClerkDeleted out = { .object = object, .id = id, .deleted = true };

    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
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
    const char *id;
    User *user;

    (void)req;
    (void)reply;
    TRY(read_user(ctx, &id));
    TRY(dir_user_get(ctx, id, &user));
    return clerk_fail(ctx, SAY_NO_PASSKEY, NOWHERE, NULL); /* nobody has one yet */
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
