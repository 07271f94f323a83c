/* account.h: what an administrator sees and ends of one user: sessions, refresh tokens, events, second factors. Errors beside those of directory.h:
 * E_NO_ROW: no such session, token or factor; E_NO_USER. */
#ifndef HECATE_DIRECTORY_ACCOUNT_H
#define HECATE_DIRECTORY_ACCOUNT_H

#include "directory/directory.h"

/* A page by key: behind `after_id`, which was made at `after`; total: NULL if nobody asks. */
typedef struct AccountPage {
    const char *after_id;
    /* Refresh tokens: of this client, for this audience (NULL: any); `own_client` is that of sessions which name none. */
    const char *client_id, *own_client, *audience;
    int64_t after, limit, offset, *total;
} AccountPage;

/* AccountSession, the oldest first: all sessions, or those that have a live refresh token. */
Err dir_account_sessions(Ctx *ctx, const char *user_id, bool with_token, const AccountPage *page, List *ret);
Err dir_account_session(Ctx *ctx, const char *id, bool with_token, AccountSession **ret);
Err dir_account_session_end(Ctx *ctx, const char *id);
/* Refresh tokens of a session, or of all sessions of a user (the other one is NULL); the sessions go on. */
Err dir_account_tokens_end(Ctx *ctx, const char *user_id, const char *session_id);
/* Sessions of a user end, or one of them (session_id NULL: all), and their refresh tokens go on. */
Err dir_account_sessions_end_alone(Ctx *ctx, const char *user_id, const char *session_id);
/* A document, or NULL, in the place of what the session or its refresh token has. */
Err dir_account_session_note(Ctx *ctx, const char *id, bool token, const char *document);

/* Who has the session's tokens, and what for (audience, scopes: or NULL). */
Err dir_account_session_client(Ctx *ctx, const char *id, const char *client_id, const char *audience, const char *scopes);

/* A second factor that an administrator sets up: verified at once. */
typedef struct AccountFactor {
    const char *type; /* totp, phone, email */
    const char *name, *secret, *phone, *email;
    const char *id; /* set */
} AccountFactor;
/* All are made, or none; with `replace` the user's others of these types go first. E_BAD_PHONE, E_BAD_EMAIL, E_FACTOR_EXISTS, E_FACTOR_NAME_TAKEN,
 * E_FACTORS_MANY. */
Err dir_account_factors_make(Ctx *ctx, const char *user_id, AccountFactor *factors, size_t n, bool replace);
Err dir_account_emails(Ctx *ctx, const char *user_id, List *ret); /* EmailFactor */
Err dir_account_factor_rename(Ctx *ctx, const char *user_id, const char *id, const char *name);
Err dir_account_factor_delete(Ctx *ctx, const char *user_id, const char *id);
/* All of them, and the second factors of its addresses. */
Err dir_account_factors_delete(Ctx *ctx, const char *user_id);
/* A new recovery code; the one from before is over. */
Err dir_account_recovery_code(Ctx *ctx, const char *user_id, const char **ret);

#endif
