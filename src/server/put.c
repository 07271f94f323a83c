/* put.c: the operators' routes that give a user what no administrator's API makes: accounts of other parties, passkeys, wallets (spec/clerk.md 4.1).
 * The user is named by its UUID or by Clerk's id. */
#include "base/id.h"
#include "dialect/clerk/clerk.h"
#include "server/internal.h"

enum { LONGEST = 255, LONGEST_TOKEN = 16384 };

/* What comes in, whatever is put. */
typedef struct PutIn {
    Given given;
    ForeignAccount account;
    Passkey passkey;
    const char *wallet;
} PutIn;

const Field ops_account_in[] = {
    GIVEN(PutIn, given),
    TEXT(PutIn, account.provider, "provider", .flags = REQUIRED, .max = LONGEST),
    TEXT(PutIn, account.provider_id, "provider_user_id", .flags = REQUIRED, .max = LONGEST),
    TEXT(PutIn, account.email, "email_address", .max = LONGEST),
    BOOL(PutIn, account.email_verified, "email_address_verified"),
    TEXT(PutIn, account.name, "name", .max = LONGEST),
    TEXT(PutIn, account.first_name, "first_name", .max = LONGEST),
    TEXT(PutIn, account.last_name, "last_name", .max = LONGEST),
    TEXT(PutIn, account.username, "username", .max = LONGEST),
    TEXT(PutIn, account.image_url, "image_url", .max = 2048),
    TEXT(PutIn, account.scopes, "approved_scopes", .max = 4096),
    TEXT(PutIn, account.label, "label", .max = LONGEST),
    TEXT(PutIn, account.token, "token", .flags = SECRET, .max = LONGEST_TOKEN),
    TEXT(PutIn, account.refresh_token, "refresh_token", .flags = SECRET, .max = LONGEST_TOKEN),
    TEXT(PutIn, account.id_token, "id_token", .flags = SECRET, .max = LONGEST_TOKEN),
    TEXT(PutIn, account.token_secret, "token_secret", .flags = SECRET, .max = LONGEST_TOKEN),
    TIME_MS(PutIn, account.expires_at, "expires_at"),
    END(PutIn),
};

const Field ops_passkey_in[] = {
    GIVEN(PutIn, given),
    TEXT(PutIn, passkey.name, "name", .flags = REQUIRED, .max = LONGEST),
    TEXT(PutIn, passkey.credential_id, "credential_id", .flags = REQUIRED, .max = 2048),
    TEXT(PutIn, passkey.public_key, "public_key", .flags = REQUIRED, .max = 8192),
    END(PutIn),
};

const Field ops_wallet_in[] = { GIVEN(PutIn, given), TEXT(PutIn, wallet, "web3_wallet", .flags = REQUIRED, .max = LONGEST), END(PutIn) };

typedef struct PutOut {
    const char *user_id, *id;
} PutOut;
const Field ops_put_out[] = { TEXT(PutOut, user_id, "user_id"), TEXT(PutOut, id, "id"), END(PutOut) };

/* JSON by its type alone: a page of the web cannot send that elsewhere without asking first. Without a token it is for `hecate dev`. */
static Err enter(Ctx *ctx, const Req *req, PutIn *in, const char **user_id)
{
    const House *house = ctx_settings(ctx);
    const char *name = req_param(ctx, "user_id");
    Str type = req_header(req, "content-type");

    ctx->directory = &house->settings.directory;
    if (house->settings.ops_token == NULL && !house->server->how->dev)
        return fail(ctx, E_NO_CREDENTIAL, NOWHERE, NULL);
    if (!str_eq_nocase(str_trim(str_cut(&type, ';')), STR("application/json")))
        return fail(ctx, E_MEDIA_TYPE, NOWHERE, NULL);
    TRY(req_read(ctx, req, in));
    *user_id = uuid_read(ctx->arena, str_of(name));
    return *user_id != NULL ? OK : clerk_dialect.read_user_id(ctx, name, user_id);
}

static Err reply_put(Ctx *ctx, Reply *reply, const char *user_id, const char *id)
{
    const PutOut out = { user_id, id };

    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* Letters, digits, '-', '_', '.', ':'; not one of the directory's own, and without Clerk's prefix. */
static Err read_provider(Ctx *ctx, ForeignAccount *account)
{
    static const char *const own[] = { "email", "phone", "anonymous", "auth0", "username" };
    const Str prefix = STR("oauth_");

    if (str_starts(str_of(account->provider), prefix))
        account->provider += prefix.n;
    for (size_t i = 0; i < COUNTOF(own); i++)
        if (text_eq(account->provider, own[i]))
            return fail(ctx, E_BAD_VALUE, NOWHERE, NULL);
    if (text_empty(account->provider) || text_empty(account->provider_id))
        return fail(ctx, E_BAD_VALUE, NOWHERE, NULL);
    return strspn(account->provider, "abcdefghijklmnopqrstuvwxyz0123456789-_.:") == strlen(account->provider) ? OK
                                                                                                              : fail(ctx, E_BAD_VALUE, NOWHERE, NULL);
}

Err ops_account_put(Ctx *ctx, const Req *req, Reply *reply)
{
    PutIn *in = ARENA_NEW(ctx->arena, PutIn);
    const char *user_id, *id;

    TRY(enter(ctx, req, in, &user_id));
    TRY(read_provider(ctx, &in->account));
    TRY(dir_account_add(ctx, user_id, &in->account, &id));
    return reply_put(ctx, reply, user_id, id);
}

Err ops_passkey_put(Ctx *ctx, const Req *req, Reply *reply)
{
    PutIn *in = ARENA_NEW(ctx->arena, PutIn);
    const char *user_id, *id;

    TRY(enter(ctx, req, in, &user_id));
    if (text_empty(in->passkey.credential_id))
        return fail(ctx, E_BAD_VALUE, NOWHERE, NULL);
    TRY(dir_passkey_add(ctx, user_id, &in->passkey, &id));
    return reply_put(ctx, reply, user_id, id);
}

Err ops_wallet_put(Ctx *ctx, const Req *req, Reply *reply)
{
    PutIn *in = ARENA_NEW(ctx->arena, PutIn);
    const char *user_id, *id;

    TRY(enter(ctx, req, in, &user_id));
    TRY(dir_wallet_add(ctx, user_id, in->wallet, &id));
    return reply_put(ctx, reply, user_id, id);
}
