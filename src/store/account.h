/* account.h: what an administrator sees and ends of one user; errors as store.h says. */
#ifndef HECATE_STORE_ACCOUNT_H
#define HECATE_STORE_ACCOUNT_H

#include "db/db.h"
#include "model/model.h"

typedef struct AccountKey {
    const char *id, *user_id, *text_id, *after_id, *name, *email, *digest;
    int64_t after, limit, offset, created_at;
    bool from_start;
} AccountKey;

typedef enum AccountList { LIST_SESSIONS, LIST_TOKENS, LIST_EVENTS, LIST_EMAIL_FACTORS } AccountList;
Err store_account_list(Tx *tx, AccountList what, const AccountKey *key, List *ret); /* AccountSession, Event, EmailFactor */
Err store_account_count(Tx *tx, AccountList what, const AccountKey *key, int64_t *ret);
Err store_account_session(Tx *tx, const char *id, bool with_token, AccountSession **ret);

typedef enum AccountWrite {
    DROP_SESSION,
    FORGET_TOKENS,
    DROP_TOKENS,
    PUT_EMAIL_FACTOR, /* E_FACTOR_EXISTS */
    SET_EMAIL_FACTOR,
    DROP_EMAIL_FACTOR,
    DROP_EMAIL_FACTORS,
    PUT_RECOVERY_CODE
} AccountWrite;
Err store_account_write(Tx *tx, AccountWrite what, const AccountKey *key, int64_t *changed);

#endif
