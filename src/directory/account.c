/* account.c: what an administrator sees and ends of one user (spec/auth0.md 2.7 to 2.9). */
#include "directory/account.h"
#include "base/buf.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "crypto/totp.h"
#include "directory/internal.h"
#include "store/account.h"

enum { MOST_FACTORS = 25 };

/* ---- sessions, refresh tokens ---- */

Err dir_account_sessions(Ctx *ctx, const char *user_id, bool with_token, const AccountPage *page, List *ret)
{
    const AccountList what = with_token ? LIST_TOKENS : LIST_SESSIONS;
    const AccountKey key = { .user_id = user_id,
                             .after_id = page->after_id,
                             .after = page->after,
                             .from_start = page->after_id == NULL,
                             .client_id = page->client_id,
                             .own_client = page->own_client,
                             .audience = page->audience,
                             .limit = page->limit };

    if (page->total != NULL)
        TRY(store_account_count(db_auto(ctx), what, &key, page->total));
    return store_account_list(db_auto(ctx), what, &key, ret);
}

Err dir_account_session(Ctx *ctx, const char *id, bool with_token, AccountSession **ret)
{
    return store_account_session(db_auto(ctx), id, with_token, ret);
}

Err dir_account_session_end(Ctx *ctx, const char *id)
{
    const AccountKey key = { .id = id };
    int64_t changed;

    TRY(store_account_write(db_auto(ctx), DROP_SESSION, &key, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

static Err end_tokens(Tx *tx, void *arg)
{
    const AccountKey *key = arg;

    TRY(store_account_write(tx, FORGET_TOKENS, key, NULL));
    return store_account_write(tx, DROP_TOKENS, key, NULL);
}

Err dir_account_tokens_end(Ctx *ctx, const char *user_id, const char *session_id)
{
    AccountKey key = { .user_id = user_id, .id = session_id };

    return tx_run(ctx, end_tokens, &key);
}

static Err end_alone(Tx *tx, void *arg)
{
    const AccountKey *key = arg;

    TRY(store_account_write(tx, DROP_BARE_SESSIONS, key, NULL));
    return store_account_write(tx, NOTE_SESSIONS_END, key, NULL);
}

Err dir_account_sessions_end_alone(Ctx *ctx, const char *user_id, const char *session_id)
{
    AccountKey key = { .user_id = user_id, .id = session_id, .whole = session_id == NULL, .created_at = ctx->now };

    return tx_run(ctx, end_alone, &key);
}

Err dir_account_session_note(Ctx *ctx, const char *id, bool token, const char *document)
{
    const AccountKey key = { .id = id, .document = document };
    int64_t changed;

    TRY(store_account_write(db_auto(ctx), token ? PUT_TOKEN_METADATA : PUT_SESSION_METADATA, &key, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

Err dir_account_session_client(Ctx *ctx, const char *id, const char *client_id, const char *audience, const char *scopes)
{
    const AccountKey key = { .id = id, .client_id = client_id, .audience = audience, .scopes = scopes };

    return store_account_write(db_auto(ctx), PUT_SESSION_CLIENT, &key, NULL);
}

/* ---- second factors ---- */

typedef struct Making {
    const char *user_id;
    AccountFactor *factors;
    size_t n;
    bool replace;
} Making;

static Err put_email(Tx *tx, const char *user_id, const AccountFactor *factor)
{
    const AccountKey key = {
        .id = factor->id, .user_id = user_id, .name = factor->name == NULL ? "" : factor->name, .email = factor->email, .created_at = tx_ctx(tx)->now
    };

    return store_account_write(tx, PUT_EMAIL_FACTOR, &key, NULL);
}

Err factor_put(Tx *tx, const char *user_id, const AccountFactor *factor)
{
    FactorRow *row = ARENA_NEW(tx_ctx(tx)->arena, FactorRow);

    if (text_eq(factor->type, "email"))
        return put_email(tx, user_id, factor);
    *row = (FactorRow){ .factor = { .id = factor->id,
                                    .user_id = user_id,
                                    .friendly_name = factor->name == NULL ? "" : factor->name,
                                    .factor_type = factor->type,
                                    .status = "verified",
                                    .phone = factor->phone },
                        .secret = factor->secret,
                        .now = tx_ctx(tx)->now };
    return store_factor_write(tx, FACTOR_INSERT, row);
}

/* The user's others of the types that come. */
static Err drop_types(Tx *tx, const Making *making, const User *user)
{
    const AccountKey key = { .user_id = making->user_id };

    for (size_t i = 0; i < user->factors.n; i++)
        TRY(factor_drop(tx, user->id, user->factors.v[i]));
    return store_account_write(tx, DROP_EMAIL_FACTORS, &key, NULL);
}

static Err make_factors(Tx *tx, void *arg)
{
    const Making *making = arg;
    User *user;

    TRY(user_load(tx, making->user_id, &user));
    if (making->replace)
        TRY(drop_types(tx, making, user));
    else if (user->factors.n + making->n > MOST_FACTORS)
        return fail(tx_ctx(tx), E_FACTORS_MANY, NOWHERE, NULL);
    TRY(recovery_code_void(tx, user, tx_ctx(tx)->now));
    for (size_t i = 0; i < making->n; i++)
        TRY(factor_put(tx, making->user_id, &making->factors[i]));
    TRY(store_user_get(tx, making->user_id, &user));
    user->mfa_enabled_at = user->mfa_enabled_at == 0 ? tx_ctx(tx)->now : user->mfa_enabled_at;
    return user_save(tx, user);
}

Err factor_read(Ctx *ctx, AccountFactor *factor)
{
    factor->id = uuid_new(ctx->arena);
    if (text_eq(factor->type, "phone"))
        return phone_read(ctx, factor->phone == NULL ? "" : factor->phone, &factor->phone);
    if (text_eq(factor->type, "email"))
        return email_read(ctx, factor->email, &factor->email);
    factor->secret = text_empty(factor->secret) ? totp_secret(ctx->arena) : factor->secret;
    return OK;
}

Err dir_account_factors_make(Ctx *ctx, const char *user_id, AccountFactor *factors, size_t n, bool replace)
{
    Making making = { .user_id = user_id, .factors = factors, .n = n, .replace = replace };

    for (size_t i = 0; i < n; i++)
        TRY(factor_read(ctx, &factors[i]));
    return tx_run(ctx, make_factors, &making);
}

Err dir_account_emails(Ctx *ctx, const char *user_id, List *ret)
{
    const AccountKey key = { .user_id = user_id };

    return store_account_list(db_auto(ctx), LIST_EMAIL_FACTORS, &key, ret);
}

typedef struct FactorChange {
    const char *user_id, *id, *name;
} FactorChange;

static Err change_factor(Tx *tx, void *arg)
{
    const FactorChange *change = arg;
    const AccountKey key = { .id = change->id, .user_id = change->user_id, .name = change->name };
    const Factor *factor;
    int64_t changed;
    User *user;

    TRY(user_load(tx, change->user_id, &user));
    factor = user_factor(user, change->id);
    if (factor == NULL) {
        TRY(store_account_write(tx, change->name == NULL ? DROP_EMAIL_FACTOR : SET_EMAIL_FACTOR, &key, &changed));
        return changed == 0 ? E_NO_ROW : OK;
    }
    if (change->name == NULL)
        return factor_drop(tx, user->id, factor);
    FactorRow *row = ARENA_NEW(tx_ctx(tx)->arena, FactorRow);

    *row = (FactorRow){ .factor = *factor, .now = tx_ctx(tx)->now };
    row->factor.user_id = user->id;
    row->factor.friendly_name = change->name;
    return store_factor_write(tx, FACTOR_UPDATE, row);
}

Err dir_account_factor_rename(Ctx *ctx, const char *user_id, const char *id, const char *name)
{
    FactorChange change = { .user_id = user_id, .id = id, .name = name };

    return tx_run(ctx, change_factor, &change);
}

Err dir_account_factor_delete(Ctx *ctx, const char *user_id, const char *id)
{
    FactorChange change = { .user_id = user_id, .id = id };

    return tx_run(ctx, change_factor, &change);
}

static Err drop_factors(Tx *tx, void *arg)
{
    Making *making = arg;
    User *user;

    TRY(user_load(tx, making->user_id, &user));
    TRY(drop_types(tx, making, user));
    TRY(store_factors_delete(tx, user->id));
    TRY(store_addresses_no_factor(tx, user->id));
    user->mfa_disabled_at = tx_ctx(tx)->now;
    user->has_profile = true;
    return user_save(tx, user);
}

Err dir_account_factors_delete(Ctx *ctx, const char *user_id)
{
    Making making = { .user_id = user_id };

    return tx_run(ctx, drop_factors, &making);
}

/* ---- recovery codes ---- */

const char *recovery_code_new(Ctx *ctx)
{
    return random_text(ctx->arena, 24, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

const char *recovery_digest(Ctx *ctx, const char *code)
{
    Buf hex = buf_in(ctx->arena, 128);
    uint8_t sum[32];
    char *digest = "";

    hash_sum(HASH_SHA256, str_of(code), sum);
    hex_write(&hex, sum, sizeof(sum));
    IGNORE(buf_text(&hex, &digest)); /* the cap fits by construction */
    return digest;
}

Err recovery_code_void(Tx *tx, const User *user, int64_t made)
{
    const AccountKey key = { .user_id = user->id, .created_at = made };

    return user_owes_factor(tx_ctx(tx), user) ? OK : store_account_write(tx, VOID_RECOVERY_CODE, &key, NULL);
}

Err dir_account_recovery_code(Ctx *ctx, const char *user_id, const char **ret)
{
    const char *code = recovery_code_new(ctx);
    const AccountKey key = { .user_id = user_id, .digest = recovery_digest(ctx, code), .created_at = ctx->now };

    TRY(store_account_write(db_auto(ctx), PUT_RECOVERY_CODE, &key, NULL));
    *ret = code;
    return OK;
}
