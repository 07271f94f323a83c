/* tickets.c: sessions as administrators see them, and sign-in tokens. */
#include "sql.gen.h"
#include "store/store.h"

static const Field session_row_cols[] = {
    UUID(SessionShown, id, "id"),
    UUID(SessionShown, user_id, "user_id"),
    TEXT(SessionShown, status, "status"),
    TIME(SessionShown, created_at, "created_at"),
    TIME(SessionShown, updated_at, "updated_at"),
    TIME(SessionShown, refreshed_at, "refreshed_at"),
    TIME(SessionShown, not_after, "not_after"),
    INT(SessionShown, total, "total"),
    UUID(SessionShown, organization_id, "organization_id"),
    END(SessionShown),
};

static const Field query_params[] = {
    UUID(SessionQuery, id, "id"),         UUID(SessionQuery, user_id, "user_id"),     TEXT(SessionQuery, status, "status"),
    INT(SessionQuery, limit, "limit"),    INT(SessionQuery, offset, "offset"),        TIME(SessionQuery, now, "now"),
    TIME(SessionQuery, before, "before"), TIME(SessionQuery, not_after, "not_after"), END(SessionQuery),
};

enum { MOST_SESSIONS = 500 };

Err store_session_list(Tx *tx, const SessionQuery *query, List *ret)
{
    return db_list(tx, query->user_id == NULL ? SQL_SESSIONS_ALL : SQL_SESSIONS_OF_USER, query_params, query, session_row_cols, MOST_SESSIONS, ret);
}

Err store_session_get(Tx *tx, const SessionQuery *query, SessionShown **ret)
{
    return db_one(tx, SQL_SESSION_BY_ID, query_params, query, session_row_cols, ret);
}

Err store_session_remember(Tx *tx, const SessionQuery *key)
{
    TRY(db_exec(tx, key->id == NULL ? SQL_SESSIONS_REMEMBER_ALL : SQL_SESSION_REMEMBER, query_params, key, NULL));
    return db_exec(tx, SQL_SESSIONS_FORGET, query_params, key, NULL);
}

Err store_session_set_end(Tx *tx, const SessionQuery *key)
{
    return db_exec(tx, SQL_SESSION_SET_END, query_params, key, NULL);
}

Err store_profile_active(Tx *tx, const char *user_id, int64_t now)
{
    const SessionQuery key = { .user_id = user_id, .now = now };

    return db_exec(tx, SQL_PROFILE_ACTIVE, query_params, &key, NULL);
}

static const Field token_cols[] = {
    UUID(SignInToken, id, "id"),
    UUID(SignInToken, user_id, "user_id"),
    TEXT(SignInToken, status, "status"),
    TEXT(SignInToken, token_sum, "token_sum", .flags = SECRET),
    TIME(SignInToken, created_at, "created_at"),
    TIME(SignInToken, updated_at, "updated_at"),
    TIME(SignInToken, expires_at, "expires_at"),
    JSON(SignInToken, actor, "actor"),
    BOOL(SignInToken, acts, "acts"),
    INT(SignInToken, session_life, "session_life"),
    END(SignInToken),
};

Err store_sign_in_token_insert(Tx *tx, const SignInToken *token)
{
    return db_exec(tx, SQL_SIGN_IN_TOKEN_INSERT, token_cols, token, NULL);
}

Err store_sign_in_token_get(Tx *tx, const SignInToken *key, SignInToken **ret)
{
    return db_one(tx, SQL_SIGN_IN_TOKEN_GET, token_cols, key, token_cols, ret);
}

Err store_sign_in_token_revoke(Tx *tx, const SignInToken *key, bool *revoked)
{
    int64_t changed;

    TRY(db_exec(tx, SQL_SIGN_IN_TOKEN_REVOKE, token_cols, key, &changed));
    *revoked = changed == 1;
    return OK;
}
