/* account.c: what an administrator sees and ends of one user. */
#include "store/account.h"
#include "sql.gen.h"

enum { MOST_ROWS = 1001 };

static const Field key_cols[] = {
    UUID(AccountKey, id, "id"),
    UUID(AccountKey, user_id, "user_id"),
    JSON(AccountKey, document, "document"),
    UUID(AccountKey, after_id, "after_id"),
    TEXT(AccountKey, name, "name"),
    TEXT(AccountKey, email, "email"),
    TEXT(AccountKey, digest, "digest"),
    TEXT(AccountKey, client_id, "client_id"),
    TEXT(AccountKey, own_client, "own_client"),
    TEXT(AccountKey, audience, "audience"),
    TEXT(AccountKey, scopes, "scopes"),
    TIME(AccountKey, after, "after"),
    INT(AccountKey, limit, "limit"),
    INT(AccountKey, offset, "offset"),
    TIME(AccountKey, created_at, "created_at"),
    BOOL(AccountKey, from_start, "from_start"),
    BOOL(AccountKey, whole, "whole"),
    END(AccountKey),
};

static const Field session_cols_of[] = {
    UUID(AccountSession, id, "id"),
    UUID(AccountSession, user_id, "user_id"),
    TIME(AccountSession, created_at, "created_at"),
    TIME(AccountSession, updated_at, "updated_at"),
    TIME(AccountSession, refreshed_at, "refreshed_at"),
    TIME(AccountSession, not_after, "not_after"),
    TEXT(AccountSession, user_agent, "user_agent"),
    INET(AccountSession, ip, "ip"),
    TEXT(AccountSession, aal, "aal"),
    TEXT(AccountSession, method, "method"),
    JSON(AccountSession, session_metadata, "session_metadata"),
    JSON(AccountSession, token_metadata, "token_metadata"),
    TEXT(AccountSession, client_id, "client_id"),
    TEXT(AccountSession, audience, "audience"),
    TEXT(AccountSession, scopes, "scopes"),
    TIME(AccountSession, ended_at, "ended_at"),
    END(AccountSession),
};

static const Field email_cols[] = {
    UUID(EmailFactor, id, "id"),       UUID(EmailFactor, user_id, "user_id"),       TEXT(EmailFactor, name, "name"),
    TEXT(EmailFactor, email, "email"), TIME(EmailFactor, created_at, "created_at"), END(EmailFactor),
};

Err store_account_list(Tx *tx, AccountList what, const AccountKey *key, List *ret)
{
    const struct {
        const Stmt *stmt;
        const Field *cols;
    } rows[] = {
        [LIST_SESSIONS] = { SQL_ACCOUNT_SESSIONS, session_cols_of },
        [LIST_TOKENS] = { SQL_ACCOUNT_TOKENS, session_cols_of },
        [LIST_EMAIL_FACTORS] = { SQL_EMAIL_FACTOR_LIST, email_cols },
    };

    return db_list(tx, rows[what].stmt, key_cols, key, rows[what].cols, MOST_ROWS, ret);
}

typedef struct Total {
    int64_t total;
} Total;

Err store_account_count(Tx *tx, AccountList what, const AccountKey *key, int64_t *ret)
{
    static const Field total_cols[] = { INT(Total, total, "total"), END(Total) };
    const Stmt *stmt = what == LIST_SESSIONS ? SQL_ACCOUNT_SESSION_COUNT : SQL_ACCOUNT_TOKEN_COUNT;
    Total *total;

    TRY(db_one(tx, stmt, key_cols, key, total_cols, &total));
    *ret = total->total;
    return OK;
}

Err store_account_session(Tx *tx, const char *id, bool with_token, AccountSession **ret)
{
    const AccountKey key = { .id = id };

    return db_one(tx, with_token ? SQL_ACCOUNT_TOKEN : SQL_ACCOUNT_SESSION, key_cols, &key, session_cols_of, ret);
}

Err store_account_write(Tx *tx, AccountWrite what, const AccountKey *key, int64_t *changed)
{
    const Stmt *const stmts[] = {
        [DROP_SESSION] = SQL_ACCOUNT_SESSION_DELETE,
        [FORGET_TOKENS] = SQL_ACCOUNT_TOKENS_FORGET,
        [DROP_TOKENS] = SQL_ACCOUNT_TOKENS_DELETE,
        [PUT_EMAIL_FACTOR] = SQL_EMAIL_FACTOR_INSERT,
        [SET_EMAIL_FACTOR] = SQL_EMAIL_FACTOR_UPDATE,
        [DROP_EMAIL_FACTOR] = SQL_EMAIL_FACTOR_DELETE,
        [DROP_EMAIL_FACTORS] = SQL_EMAIL_FACTORS_DELETE,
        [PUT_RECOVERY_CODE] = SQL_RECOVERY_CODE_PUT,
        [VOID_RECOVERY_CODE] = SQL_RECOVERY_CODE_VOID,
        [USE_RECOVERY_CODE] = SQL_RECOVERY_CODE_USE,
        [DROP_BARE_SESSIONS] = SQL_ACCOUNT_SESSIONS_DROP_BARE,
        [NOTE_SESSIONS_END] = SQL_ACCOUNT_SESSIONS_NOTE_END,
        [PUT_SESSION_METADATA] = SQL_ACCOUNT_SESSION_METADATA,
        [PUT_TOKEN_METADATA] = SQL_ACCOUNT_TOKEN_METADATA,
        [PUT_SESSION_CLIENT] = SQL_ACCOUNT_SESSION_CLIENT,
    };

    return db_exec(tx, stmts[what], key_cols, key, changed);
}
