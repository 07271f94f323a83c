/* brought.c: what no administrator's API makes and yet a user may have: accounts of other parties with their tokens, passkeys, further wallets
 * (spec/clerk.md 4.1). An operator puts them in. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/internal.h"
#include "json/json.h"

static const char token_purpose[] = "foreign_tokens";

static const Field data_doc[] = {
    TEXT(ForeignAccount, provider_id, "sub"),
    TEXT(ForeignAccount, email, "email", .flags = OMIT_NULL),
    BOOL(ForeignAccount, email_verified, "email_verified"),
    BOOL(ForeignAccount, phone_verified, "phone_verified"),
    TEXT(ForeignAccount, name, "name", .flags = OMIT_NULL),
    TEXT(ForeignAccount, first_name, "given_name", .flags = OMIT_NULL),
    TEXT(ForeignAccount, last_name, "family_name", .flags = OMIT_NULL),
    TEXT(ForeignAccount, username, "preferred_username", .flags = OMIT_NULL),
    TEXT(ForeignAccount, image_url, "avatar_url", .flags = OMIT_NULL),
    TEXT(ForeignAccount, scopes, "approved_scopes", .flags = OMIT_NULL),
    TEXT(ForeignAccount, label, "label", .flags = OMIT_NULL),
    END(ForeignAccount),
};

static const Field tokens_doc[] = {
    TEXT(ForeignAccount, token, "token", .flags = SECRET),
    TEXT(ForeignAccount, refresh_token, "refresh_token", .flags = SECRET),
    TEXT(ForeignAccount, id_token, "id_token", .flags = SECRET),
    TEXT(ForeignAccount, token_secret, "token_secret", .flags = SECRET),
    END(ForeignAccount),
};

static Err document(Ctx *ctx, const Field *fields, const ForeignAccount *account, const char **ret)
{
    Buf buf = buf_in(ctx->arena, 64 * 1024);
    char *text;

    json_write(&buf, fields, account, JSON_PLAIN);
    if (buf_text(&buf, &text) != OK)
        return fail(ctx, E_TOO_LONG, NOWHERE, NULL);
    *ret = text;
    return OK;
}

/* One thing that is put in; `insert` is one of the three. */
typedef struct Bringing {
    const char *user_id;
    Identity identity;
    ForeignToken token;
    Passkey passkey;
    Address wallet;
    Err (*insert)(Tx *tx, struct Bringing *bringing, User *user);
} Bringing;

static Err insert_account(Tx *tx, Bringing *bringing, User *user)
{
    TRY(store_identity_insert(tx, &bringing->identity));
    list_add(tx_ctx(tx)->arena, &user->identities, &bringing->identity);
    providers_list(tx_ctx(tx), user, NULL);
    return bringing->token.sealed == NULL ? OK : store_foreign_token_put(tx, &bringing->token);
}

static Err insert_passkey(Tx *tx, Bringing *bringing, User *user)
{
    (void)user;
    return store_passkey_insert(tx, &bringing->passkey);
}

static Err insert_wallet(Tx *tx, Bringing *bringing, User *user)
{
    TRY(address_claim(tx, "web3", bringing->wallet.value_key, NULL, user->id));
    return store_address_insert(tx, &bringing->wallet);
}

static Err bring(Tx *tx, void *arg)
{
    Bringing *bringing = arg;
    User *user;

    TRY(user_load(tx, bringing->user_id, &user));
    if (user->deleted_at != 0)
        return fail(tx_ctx(tx), E_NO_USER, NOWHERE, NULL);
    TRY(bringing->insert(tx, bringing, user));
    return user_save(tx, user);
}

static Err seal_tokens(Ctx *ctx, const ForeignAccount *in, ForeignToken *ret)
{
    const char *text;
    char *sealed;

    if (in->token == NULL)
        return OK;
    TRY(document(ctx, tokens_doc, in, &text));
    TRY(seal_write(ctx->arena, ctx->directory->data_key, token_purpose, str_of(text), &sealed));
    ret->sealed = sealed;
    ret->expires_at = in->expires_at;
    return OK;
}

Err dir_account_add(Ctx *ctx, const char *user_id, const ForeignAccount *in, const char **ret)
{
    Bringing *bringing = ARENA_NEW(ctx->arena, Bringing);
    const char *id = uuid_new(ctx->arena);
    ForeignAccount account = *in;
    const char *data;

    if (in->email != NULL)
        TRY(email_read(ctx, in->email, &account.email));
    TRY(document(ctx, data_doc, &account, &data));
    *bringing = (Bringing){ .user_id = user_id, .insert = insert_account };
    bringing->identity = (Identity){ .id = id,
                                     .user_id = user_id,
                                     .provider = in->provider,
                                     .provider_id = in->provider_id,
                                     .data = data,
                                     .email = account.email,
                                     .last_sign_in_at = ctx->now,
                                     .created_at = ctx->now,
                                     .updated_at = ctx->now };
    bringing->token.id = id;
    TRY(seal_tokens(ctx, in, &bringing->token));
    TRY(tx_run(ctx, bring, bringing));
    *ret = id;
    return OK;
}

Err dir_passkey_add(Ctx *ctx, const char *user_id, const Passkey *in, const char **ret)
{
    Bringing *bringing = ARENA_NEW(ctx->arena, Bringing);

    *bringing = (Bringing){ .user_id = user_id, .passkey = *in, .insert = insert_passkey };
    bringing->passkey.id = uuid_new(ctx->arena);
    bringing->passkey.user_id = user_id;
    bringing->passkey.created_at = ctx->now;
    TRY(tx_run(ctx, bring, bringing));
    *ret = bringing->passkey.id;
    return OK;
}

Err dir_wallet_add(Ctx *ctx, const char *user_id, const char *wallet, const char **ret)
{
    Bringing *bringing = ARENA_NEW(ctx->arena, Bringing);
    const char *key;

    TRY(wallet_read(ctx, wallet, &key));
    *bringing = (Bringing){ .user_id = user_id, .insert = insert_wallet };
    bringing->wallet = (Address){ .id = uuid_new(ctx->arena),
                                  .user_id = user_id,
                                  .kind = "web3",
                                  .value = wallet,
                                  .value_key = key,
                                  .connection = "",
                                  .verified_at = ctx->now,
                                  .created_at = ctx->now,
                                  .updated_at = ctx->now };
    TRY(tx_run(ctx, bring, bringing));
    *ret = bringing->wallet.id;
    return OK;
}

/* ---- reading, taking away ---- */

Err dir_account_tokens(Ctx *ctx, const char *identity_id, ForeignAccount **ret)
{
    ForeignAccount *account = ARENA_NEW(ctx->arena, ForeignAccount);
    ForeignToken *token;
    Str text;

    TRY(store_foreign_token_get(db_auto(ctx), identity_id, &token));
    TRY(seal_read(ctx->arena, ctx->directory->data_key, token_purpose, token->sealed, &text));
    TRY(json_read(ctx, text, JSON_IGNORE_UNKNOWN, tokens_doc, account));
    account->expires_at = token->expires_at;
    *ret = account;
    return OK;
}

Err dir_passkeys(Ctx *ctx, const char *user_id, List *ret)
{
    *ret = (List){ 0 };
    return store_passkeys_of(db_auto(ctx), user_id, ret);
}

static Err remove_passkey(Tx *tx, void *arg)
{
    const Passkey *key = arg;
    const Traits traits = { .user_id = key->user_id, .passkey_id = key->id };
    bool deleted;
    User *user;

    TRY(user_load(tx, key->user_id, &user));
    TRY(store_passkey_delete(tx, key, &deleted));
    if (!deleted)
        return fail(tx_ctx(tx), E_NOT_THIS_USER, NOWHERE, NULL);
    TRY(event_add(tx, EV_PASSKEY_DELETED, NULL, &traits));
    return user_save(tx, user);
}

Err dir_passkey_delete(Ctx *ctx, const char *user_id, const char *passkey_id)
{
    Passkey key = { .id = passkey_id, .user_id = user_id };

    return tx_run(ctx, remove_passkey, &key);
}
