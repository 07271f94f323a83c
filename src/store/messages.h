/* messages.h: statements of one-time tokens, PKCE flows and the outbox. As store.h says. */
#ifndef HECATE_STORE_MESSAGES_H
#define HECATE_STORE_MESSAGES_H

#include "store/store.h"

/* Hashes of a user's pending tokens; "" and NULL: none. They never leave the directory. */
typedef struct Pending {
    const char *user_id, *confirmation, *recovery, *change_current, *change_new, *phone_change, *reauthentication;
    int64_t confirm_status; /* of an e-mail change: 1 when one of two addresses has agreed */
} Pending;
Err store_pending_get(Tx *tx, const char *user_id, Pending **ret);

/* What a token is good for: the column it stands in. TOKEN_INVITE stands in that of TOKEN_CONFIRMATION. */
typedef enum TokenKind {
    TOKEN_CONFIRMATION,
    TOKEN_INVITE,
    TOKEN_RECOVERY,
    TOKEN_CHANGE_CURRENT,
    TOKEN_CHANGE_NEW,
    TOKEN_PHONE_CHANGE,
    TOKEN_REAUTHENTICATION,
    TOKEN_KINDS
} TokenKind;

typedef struct OneTime {
    TokenKind kind;
    const char *user_id;
    const char *id;      /* of the row; NULL: any */
    const char *hash;    /* as stored: with "pkce_" where a flow goes with it */
    const char *address; /* to which it goes; of a change the new one */
    int64_t now;
} OneTime;
/* Writes the hash and its time to the user, and the row by which it is found; an older one of the kind is gone. */
Err store_token_put(Tx *tx, const OneTime *token, const char *relates_to);
/* Uses it up: `*taken` is false if it is not there any more. */
Err store_token_take(Tx *tx, const OneTime *token, bool *taken);
/* The row of that kind alone is deleted. */
Err store_token_delete(Tx *tx, const char *user_id, TokenKind kind);
/* Whose token of one of two kinds a link opens, and its hash as stored: by the row's id, or by the hash if the row is another server's, which made
 * its links of that: our ids are of version 8. E_NO_ROW. */
Err store_link_find(Tx *tx, const char *id, const char *hash, TokenKind a, TokenKind b, OneTime *ret);
/* The users to whom a token of one of two kinds went at this address, in the order of their ids. */
Err store_token_owners(Tx *tx, const char *relates_to, TokenKind a, TokenKind b, Texts *ret);
/* Whose token of one of two kinds this is: as stored, or behind "pkce_". E_NO_ROW. */
Err store_token_find(Tx *tx, const char *hash, TokenKind a, TokenKind b, const char **ret_user_id, TokenKind *ret_kind);

/* Wrong codes of a user since `since`. */
typedef struct CodeTries {
    const char *user_id;
    int64_t tries, since;
} CodeTries;
Err store_code_tries_get(Tx *tx, const char *user_id, CodeTries *ret); /* zero where there is no row */
Err store_code_tries_put(Tx *tx, const CodeTries *tries);
Err store_code_tries_delete(Tx *tx, const char *user_id);

Err store_email_change_end(Tx *tx, const char *user_id);
Err store_phone_change_end(Tx *tx, const char *user_id);
/* Identities with that address become verified. */
Err store_identity_verified(Tx *tx, const char *user_id, const char *email, int64_t now);

/* auth.flow_state */
typedef struct Flow {
    const char *id, *user_id, *auth_code, *method, *challenge, *provider_type, *authentication_method;
    const char *provider_access_token, *provider_refresh_token;
    const char *invite_token, *referrer, *linking_target_id; /* of a sign-in by another party */
    bool email_optional;
    int64_t created_at, auth_code_issued_at;
} Flow;
Err store_flow_insert(Tx *tx, const Flow *flow);
Err store_flow_newest(Tx *tx, const char *user_id, const char *authentication_method, Flow **ret);
Err store_flow_by_code(Tx *tx, const char *code, Flow **ret);
Err store_flow_issued(Tx *tx, const Flow *flow);
Err store_flow_take(Tx *tx, const Flow *flow, bool *taken);
Err store_flow_get(Tx *tx, const char *id, Flow **ret); /* E_NO_ROW */
/* A sign-in by another party has come to its user, once: the row gets user and tokens, or (`gone`) is deleted. `*taken` is false if it was before. */
Err store_flow_end(Tx *tx, const Flow *flow, bool gone, bool *taken);

/* hecate.outbox */
typedef struct Letter {
    const char *id, *user_id, *kind, *sealed, *state; /* user_id NULL: it speaks of nobody who is a user */
    int64_t tries, next_at, created_at, now, limit;
} Letter;
Err store_outbox_insert(Tx *tx, const Letter *letter);
/* The next one that is due at `now`, or that one (`id` not NULL) if it is; it is nobody else's until `until`. E_NO_ROW. */
Err store_outbox_claim(Tx *tx, const char *id, int64_t now, int64_t until, Letter **ret);
Err store_outbox_put_back(Tx *tx, const char *id, const char *state, int64_t next_at);
Err store_outbox_delete(Tx *tx, const char *id);
Err store_outbox_delete_user(Tx *tx, const char *user_id);
/* Newest first: a List of Letter. */
Err store_outbox_kept(Tx *tx, int64_t limit, List *ret);
Err store_outbox_kept_one(Tx *tx, const char *id, Letter **ret); /* E_NO_ROW */
Err store_outbox_release(Tx *tx, int64_t now);
Err store_outbox_sweep(Tx *tx, int64_t before);

#endif
