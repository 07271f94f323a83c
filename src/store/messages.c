/* messages.c: one-time tokens, PKCE flows, the outbox. */
#include "store/messages.h"

#include "base/id.h"
#include "sql.gen.h"

static const Field pending_cols[] = {
    UUID(Pending, user_id, "user_id"),
    TEXT(Pending, confirmation, "confirmation_token", .flags = SECRET),
    TEXT(Pending, recovery, "recovery_token", .flags = SECRET),
    TEXT(Pending, change_current, "email_change_token_current", .flags = SECRET),
    TEXT(Pending, change_new, "email_change_token_new", .flags = SECRET),
    TEXT(Pending, phone_change, "phone_change_token", .flags = SECRET),
    TEXT(Pending, reauthentication, "reauthentication_token", .flags = SECRET),
    INT(Pending, confirm_status, "email_change_confirm_status"),
    END(Pending),
};

Err store_pending_get(Tx *tx, const char *user_id, Pending **ret)
{
    const Pending key = { .user_id = user_id };

    return db_one(tx, SQL_PENDING_GET, pending_cols, &key, pending_cols, ret);
}

/* ---- tokens ---- */

/* The parameters of their statements, one member under several names where a statement needs it so. */
typedef struct TokenWrite {
    const char *id, *user_id, *hash, *hash_2, *address, *type, *type_2, *relates_to;
    int64_t now;
} TokenWrite;

static const Field token_cols[] = {
    UUID(TokenWrite, id, "id"),
    UUID(TokenWrite, user_id, "user_id"),
    TEXT(TokenWrite, hash, "hash", .flags = SECRET),
    TEXT(TokenWrite, hash, "token_hash", .flags = SECRET),
    TEXT(TokenWrite, hash_2, "token_hash_2", .flags = SECRET),
    TEXT(TokenWrite, address, "address"),
    TEXT(TokenWrite, type, "token_type"),
    TEXT(TokenWrite, type_2, "token_type_2"),
    TEXT(TokenWrite, relates_to, "relates_to"),
    TIME(TokenWrite, now, "now"),
    END(TokenWrite),
};

/* One row a kind: its name in one_time_tokens, and its statements on auth.users. */
static const struct {
    const char *type;
    const Stmt *put, *take;
} kinds[TOKEN_KINDS] = {
    [TOKEN_CONFIRMATION] = { "confirmation_token", SQL_TOKEN_CONFIRMATION, SQL_TAKE_CONFIRMATION },
    [TOKEN_INVITE] = { "confirmation_token", SQL_TOKEN_INVITE, SQL_TAKE_CONFIRMATION },
    [TOKEN_RECOVERY] = { "recovery_token", SQL_TOKEN_RECOVERY, SQL_TAKE_RECOVERY },
    [TOKEN_CHANGE_CURRENT] = { "email_change_token_current", SQL_TOKEN_CHANGE_CURRENT, SQL_TAKE_CHANGE_CURRENT },
    [TOKEN_CHANGE_NEW] = { "email_change_token_new", SQL_TOKEN_CHANGE_NEW, SQL_TAKE_CHANGE_NEW },
    [TOKEN_PHONE_CHANGE] = { "phone_change_token", SQL_TOKEN_PHONE_CHANGE, SQL_TAKE_PHONE_CHANGE },
    [TOKEN_REAUTHENTICATION] = { "reauthentication_token", SQL_TOKEN_REAUTHENTICATION, SQL_TAKE_REAUTHENTICATION },
};

static TokenWrite write_of(Tx *tx, const OneTime *token, const char *relates_to)
{
    return (TokenWrite){ .id = token->id != NULL ? token->id : uuid_new(tx_ctx(tx)->arena),
                         .user_id = token->user_id,
                         .hash = token->hash,
                         .address = token->address,
                         .type = kinds[token->kind].type,
                         .relates_to = relates_to,
                         .now = token->now };
}

Err store_token_put(Tx *tx, const OneTime *token, const char *relates_to)
{
    const TokenWrite write = write_of(tx, token, relates_to);

    TRY(db_exec(tx, kinds[token->kind].put, token_cols, &write, NULL));
    return db_exec(tx, SQL_ONE_TIME_PUT, token_cols, &write, NULL);
}

Err store_token_take(Tx *tx, const OneTime *token, bool *taken)
{
    const TokenWrite write = write_of(tx, token, NULL);
    int64_t changed;

    TRY(db_exec(tx, kinds[token->kind].take, token_cols, &write, &changed));
    *taken = changed == 1;
    return OK;
}

Err store_token_delete(Tx *tx, const char *user_id, TokenKind kind)
{
    const TokenWrite write = { .user_id = user_id, .type = kinds[kind].type };

    return db_exec(tx, SQL_ONE_TIME_DELETE, token_cols, &write, NULL);
}

static TokenWrite key_of(Tx *tx, const char *hash, TokenKind a, TokenKind b)
{
    return (TokenWrite){ .hash = hash, .hash_2 = arena_printf(tx_ctx(tx)->arena, "pkce_%s", hash), .type = kinds[a].type, .type_2 = kinds[b].type };
}

Err store_token_find(Tx *tx, const char *hash, TokenKind a, TokenKind b, const char **ret_user_id, TokenKind *ret_kind)
{
    const TokenWrite key = key_of(tx, hash, a, b);
    TokenWrite *found;

    TRY(db_one(tx, SQL_ONE_TIME_FIND, token_cols, &key, token_cols, &found));
    *ret_user_id = found->user_id;
    *ret_kind = text_eq(found->type, kinds[a].type) ? a : b;
    return OK;
}

Err store_link_find(Tx *tx, const char *id, const char *hash, TokenKind a, TokenKind b, OneTime *ret)
{
    TokenWrite key = key_of(tx, hash, a, b), *found;

    key.id = id;
    TRY(db_one(tx, SQL_ONE_TIME_OPEN, token_cols, &key, token_cols, &found));
    *ret = (OneTime){ .kind = text_eq(found->type, kinds[a].type) ? a : b, .user_id = found->user_id, .hash = found->hash };
    return OK;
}

Err store_token_owners(Tx *tx, const char *relates_to, TokenKind a, TokenKind b, Texts *ret)
{
    const TokenWrite key = { .relates_to = relates_to, .type = kinds[a].type, .type_2 = kinds[b].type };
    List rows = { 0 };

    TRY(db_list(tx, SQL_ONE_TIME_OWNERS, token_cols, &key, token_cols, 100, &rows));
    for (size_t i = 0; i < rows.n; i++)
        texts_add(tx_ctx(tx)->arena, ret, ((const TokenWrite *)rows.v[i])->user_id);
    return OK;
}

static Err write_user_token(Tx *tx, const Stmt *stmt, const char *user_id, const char *address, int64_t now)
{
    const TokenWrite write = { .user_id = user_id, .address = address, .now = now };

    return db_exec(tx, stmt, token_cols, &write, NULL);
}

Err store_email_change_end(Tx *tx, const char *user_id)
{
    return write_user_token(tx, SQL_EMAIL_CHANGE_END, user_id, NULL, 0);
}

Err store_phone_change_end(Tx *tx, const char *user_id)
{
    return write_user_token(tx, SQL_PHONE_CHANGE_END, user_id, NULL, 0);
}

Err store_identity_verified(Tx *tx, const char *user_id, const char *email, int64_t now)
{
    return write_user_token(tx, SQL_IDENTITY_VERIFIED, user_id, email, now);
}

static const Field tries_cols[] = {
    UUID(CodeTries, user_id, "user_id"),
    INT(CodeTries, tries, "tries"),
    TIME(CodeTries, since, "since"),
    END(CodeTries),
};

Err store_code_tries_get(Tx *tx, const char *user_id, CodeTries *ret)
{
    const CodeTries key = { .user_id = user_id };
    CodeTries *row;
    const Err err = db_one(tx, SQL_CODE_TRIES_GET, tries_cols, &key, tries_cols, &row);

    if (err != OK && err != E_NO_ROW)
        return err;
    *ret = err == OK ? *row : key;
    return OK;
}

Err store_code_tries_put(Tx *tx, const CodeTries *tries)
{
    return db_exec(tx, SQL_CODE_TRIES_PUT, tries_cols, tries, NULL);
}

Err store_code_tries_delete(Tx *tx, const char *user_id)
{
    return db_exec(tx, SQL_CODE_TRIES_DELETE, tries_cols, &(const CodeTries){ .user_id = user_id }, NULL);
}

/* ---- flows ---- */

static const Field flow_cols[] = {
    UUID(Flow, id, "id"),
    UUID(Flow, user_id, "user_id"),
    TEXT(Flow, auth_code, "auth_code", .flags = SECRET),
    TEXT(Flow, method, "code_challenge_method"),
    TEXT(Flow, challenge, "code_challenge"),
    TEXT(Flow, provider_type, "provider_type"),
    TEXT(Flow, provider_access_token, "provider_access_token", .flags = SECRET),
    TEXT(Flow, provider_refresh_token, "provider_refresh_token", .flags = SECRET),
    TEXT(Flow, authentication_method, "authentication_method"),
    TEXT(Flow, invite_token, "invite_token", .flags = SECRET),
    TEXT(Flow, referrer, "referrer"),
    UUID(Flow, linking_target_id, "linking_target_id"),
    BOOL(Flow, email_optional, "email_optional"),
    TIME(Flow, created_at, "created_at"),
    TIME(Flow, auth_code_issued_at, "auth_code_issued_at"),
    END(Flow),
};

Err store_flow_insert(Tx *tx, const Flow *flow)
{
    return db_exec(tx, SQL_FLOW_INSERT, flow_cols, flow, NULL);
}

Err store_flow_newest(Tx *tx, const char *user_id, const char *authentication_method, Flow **ret)
{
    const Flow key = { .user_id = user_id, .authentication_method = authentication_method };

    return db_one(tx, SQL_FLOW_NEWEST, flow_cols, &key, flow_cols, ret);
}

Err store_flow_by_code(Tx *tx, const char *code, Flow **ret)
{
    const Flow key = { .auth_code = code };

    return db_one(tx, SQL_FLOW_BY_CODE, flow_cols, &key, flow_cols, ret);
}

Err store_flow_issued(Tx *tx, const Flow *flow)
{
    return db_exec(tx, SQL_FLOW_ISSUED, flow_cols, flow, NULL);
}

Err store_flow_take(Tx *tx, const Flow *flow, bool *taken)
{
    int64_t changed;

    TRY(db_exec(tx, SQL_FLOW_TAKE, flow_cols, flow, &changed));
    *taken = changed == 1;
    return OK;
}

Err store_flow_get(Tx *tx, const char *id, Flow **ret)
{
    const Flow key = { .id = id };

    return db_one(tx, SQL_FLOW_GET, flow_cols, &key, flow_cols, ret);
}

Err store_flow_end(Tx *tx, const Flow *flow, bool gone, bool *taken)
{
    int64_t changed;

    TRY(db_exec(tx, gone ? SQL_FLOW_DROP : SQL_FLOW_END, flow_cols, flow, &changed));
    *taken = changed > 0;
    return OK;
}

/* ---- the outbox ---- */

static const Field letter_cols[] = {
    UUID(Letter, id, "id"),
    UUID(Letter, user_id, "user_id"),
    TEXT(Letter, kind, "kind"),
    TEXT(Letter, sealed, "sealed", .flags = SECRET),
    TEXT(Letter, state, "state"),
    INT(Letter, tries, "tries"),
    TIME(Letter, next_at, "next_at"),
    TIME(Letter, created_at, "created_at"),
    TIME(Letter, now, "now"),
    INT(Letter, limit, "limit"),
    END(Letter),
};

Err store_outbox_insert(Tx *tx, const Letter *letter)
{
    return db_exec(tx, SQL_OUTBOX_INSERT, letter_cols, letter, NULL);
}

Err store_outbox_claim(Tx *tx, const char *id, int64_t now, int64_t until, Letter **ret)
{
    const Letter key = { .id = id, .now = now, .next_at = until };

    return db_one(tx, id == NULL ? SQL_OUTBOX_CLAIM : SQL_OUTBOX_CLAIM_ONE, letter_cols, &key, letter_cols, ret);
}

static Err write_letter(Tx *tx, const Stmt *stmt, const Letter *letter)
{
    return db_exec(tx, stmt, letter_cols, letter, NULL);
}

Err store_outbox_put_back(Tx *tx, const char *id, const char *state, int64_t next_at)
{
    return write_letter(tx, SQL_OUTBOX_PUT_BACK, &(const Letter){ .id = id, .state = state, .next_at = next_at });
}

Err store_outbox_delete(Tx *tx, const char *id)
{
    return write_letter(tx, SQL_OUTBOX_DELETE, &(const Letter){ .id = id });
}

Err store_outbox_delete_user(Tx *tx, const char *user_id)
{
    return write_letter(tx, SQL_OUTBOX_DELETE_USER, &(const Letter){ .user_id = user_id });
}

Err store_outbox_kept(Tx *tx, int64_t limit, List *ret)
{
    return db_list(tx, SQL_OUTBOX_KEPT, letter_cols, &(const Letter){ .limit = limit }, letter_cols, (size_t)limit, ret);
}

Err store_outbox_kept_one(Tx *tx, const char *id, Letter **ret)
{
    return db_one(tx, SQL_OUTBOX_KEPT_ONE, letter_cols, &(const Letter){ .id = id }, letter_cols, ret);
}

Err store_outbox_release(Tx *tx, int64_t now)
{
    return write_letter(tx, SQL_OUTBOX_RELEASE, &(const Letter){ .next_at = now });
}

Err store_outbox_sweep(Tx *tx, int64_t before)
{
    return write_letter(tx, SQL_OUTBOX_SWEEP, &(const Letter){ .created_at = before });
}
