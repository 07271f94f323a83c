/* account.h: what an administrator sees and ends of one user; errors as store.h says. */
#ifndef HECATE_STORE_ACCOUNT_H
#define HECATE_STORE_ACCOUNT_H

#include "db/db.h"
#include "model/model.h"

typedef struct AccountKey {
    const char *id, *user_id, *after_id, *name, *email, *digest, *document, *client_id, *own_client, *audience, *scopes;
    int64_t after, limit, offset, created_at;
    bool from_start;
    bool whole; /* all sessions of user_id, and not `id` alone */
} AccountKey;

typedef enum AccountList { LIST_SESSIONS, LIST_TOKENS, LIST_EMAIL_FACTORS } AccountList;
Err store_account_list(Tx *tx, AccountList what, const AccountKey *key, List *ret); /* AccountSession, EmailFactor */
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
    PUT_RECOVERY_CODE,
    VOID_RECOVERY_CODE, /* one from before created_at */
    USE_RECOVERY_CODE,  /* name: the digest of the code that is given */
    DROP_BARE_SESSIONS,
    NOTE_SESSIONS_END,
    PUT_SESSION_METADATA,
    PUT_TOKEN_METADATA,
    PUT_SESSION_CLIENT
} AccountWrite;
Err store_account_write(Tx *tx, AccountWrite what, const AccountKey *key, int64_t *changed);

#endif
