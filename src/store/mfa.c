/* mfa.c: second factors and their challenges. */
#include "sql.gen.h"
#include "store/store.h"

static const Field factor_cols[] = {
    UUID(FactorRow, factor.id, "id"),
    UUID(FactorRow, factor.user_id, "user_id"),
    TEXT(FactorRow, factor.user_id, "user_id_text"),
    TEXT(FactorRow, factor.friendly_name, "friendly_name"),
    TEXT(FactorRow, factor.factor_type, "factor_type"),
    TEXT(FactorRow, factor.status, "status"),
    TEXT(FactorRow, factor.phone, "phone"),
    TIME(FactorRow, factor.created_at, "created_at"),
    TIME(FactorRow, factor.updated_at, "updated_at"),
    TIME(FactorRow, factor.last_challenged_at, "last_challenged_at"),
    TEXT(FactorRow, secret, "secret", .flags = SECRET),
    INT(FactorRow, last_step, "last_step"),
    INT(FactorRow, tries, "tries"),
    TIME(FactorRow, tries_since, "tries_since"),
    UUID(FactorRow, challenge_id, "challenge_id"),
    TIME(FactorRow, challenge_at, "challenge_at"),
    TIME(FactorRow, verified_at, "verified_at"),
    INET(FactorRow, ip_address, "ip_address"),
    TEXT(FactorRow, otp_code, "otp_code", .flags = SECRET),
    UUID(FactorRow, session_id, "session_id"),
    UUID(FactorRow, amr_id, "amr_id"),
    TEXT(FactorRow, method, "method"),
    TEXT(FactorRow, token, "token", .flags = SECRET),
    TIME(FactorRow, now, "now"),
    TIME(FactorRow, before, "before"),
    END(FactorRow),
};

Err store_challenge_get(Tx *tx, const FactorRow *key, FactorRow **ret)
{
    return db_one(tx, SQL_CHALLENGE_GET, factor_cols, key, factor_cols, ret);
}

Err store_factor_write(Tx *tx, FactorWrite what, const FactorRow *row)
{
    /* clang-format off */
    static const Stmt *const stmts[] = {
        [FACTOR_INSERT] = SQL_FACTOR_INSERT,
        [FACTOR_UPDATE] = SQL_FACTOR_UPDATE,
        [FACTOR_DELETE] = SQL_FACTOR_DELETE,
        [FACTOR_DELETE_STALE] = SQL_FACTORS_DELETE_STALE,
        [FACTOR_DELETE_UNVERIFIED] = SQL_FACTORS_DELETE_UNVERIFIED,
        [FACTOR_AMR_DELETE] = SQL_FACTOR_AMR_DELETE,
        [FACTOR_SESSIONS_LOWER] = SQL_FACTOR_SESSIONS_LOWER,
        [FACTOR_CHALLENGED] = SQL_FACTOR_CHALLENGED,
        [FACTOR_COUNT] = SQL_FACTOR_COUNT,
        [FACTOR_VERIFY] = SQL_FACTOR_VERIFY,
        [CHALLENGE_INSERT] = SQL_CHALLENGE_INSERT,
        [CHALLENGE_USE] = SQL_CHALLENGE_USE,
        [AMR_PUT] = SQL_AMR_PUT,
        [SESSION_RAISE] = SQL_SESSION_RAISE,
        [REFRESH_REVOKE_SESSION] = SQL_REFRESH_REVOKE_SESSION,
        [REFRESH_BEGIN] = SQL_REFRESH_BEGIN,
        [SESSIONS_DELETE_LOW] = SQL_SESSIONS_DELETE_LOW,
    };
    /* clang-format on */

    return db_exec(tx, stmts[what], factor_cols, row, NULL);
}
