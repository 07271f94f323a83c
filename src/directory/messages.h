/* messages.h: operations that end in a message, and what is done with what it carries (spec/gotrue.md 2.7, 2.8, 3.1, 3.4, 3.7 to 3.14, 7). Common
 * errors as in directory.h; E_MAIL_LIMIT and E_SMS_LIMIT (fault.text): too soon after the last one, or too many in all; E_SMS_FAILED: the server has
 * no way to send one. */
#ifndef HECATE_DIRECTORY_MESSAGES_H
#define HECATE_DIRECTORY_MESSAGES_H

#include "directory/directory.h"

/* What a request says of its messages. */
typedef struct Postal {
    const char *external_url;                 /* links are built on it */
    const char *redirect_to;                  /* where the link leads in the end, already judged */
    const char *challenge, *challenge_method; /* PKCE; NULL: none. The method as stored: s256 or plain */
    const char *aud;                          /* of users that are looked up */
    bool quiet;                               /* no message is sent and no limit holds: an administrator gets the link */
    bool unconfirmed_too;                     /* a link or code to sign in goes to an address that is not confirmed, too */
    const char *channel;                      /* of a phone message: sms, whatsapp */
} Postal;

/* What was made for a message, for the administrator who asked for the link. */
typedef struct Link {
    const char *action_link, *otp, *hash; /* hash as it stands in the table */
} Link;

/* ---- sign-up that is confirmed by a message ---- */

/* A new user, or one that is not confirmed yet, who gets another message. `*again`: a confirmed one has the address; no message is sent, and the user
 * given is made up (role "", no identities, nothing of the real one). Errors of dir_user_create(). */
Err dir_sign_up_pending(Ctx *ctx, const NewUser *in, const Postal *post, User **ret, bool *again);

/* ---- messages to those who are known ---- */

/* By an address as it is folded. E_NO_USER. */
Err dir_user_find(Ctx *ctx, const char *email, const char *phone, const char *aud, User **ret);

/* A link to sign in; E_NO_USER: nobody has the address, or has not confirmed it: the caller signs up then. */
Err dir_magic_link(Ctx *ctx, const char *email, const Postal *post);
/* A code to sign in by phone; E_NO_USER likewise. `*test`: a fixed code stands for it, and nothing was sent. */
Err dir_phone_code(Ctx *ctx, const char *phone, const Postal *post, bool *test);
/* A link to a new password; OK also when nobody has the address. */
Err dir_recover(Ctx *ctx, const char *email, const Postal *post);
typedef enum ResendKind { RESEND_SIGNUP, RESEND_EMAIL_CHANGE, RESEND_SMS, RESEND_PHONE_CHANGE } ResendKind;
/* The pending message again; OK also when there is none. */
Err dir_resend(Ctx *ctx, ResendKind kind, const char *address, const Postal *post, bool *test);
/* A code for a change of password. E_NO_IDENTIFIER, E_EMAIL_UNCONFIRMED, E_PHONE_UNCONFIRMED. */
Err dir_reauthenticate(Ctx *ctx, const User *user, const Postal *post, bool *test);

/* ---- administrators ---- */

/* Invites an address. E_EMAIL_TAKEN: it is confirmed already. */
Err dir_invite(Ctx *ctx, const char *email, const char *meta_user, const Postal *post, User **ret);

typedef enum LinkType { LINK_SIGNUP, LINK_INVITE, LINK_MAGICLINK, LINK_RECOVERY, LINK_CHANGE_CURRENT, LINK_CHANGE_NEW } LinkType;
typedef struct LinkAsk {
    LinkType type; /* a magic link to nobody becomes a sign-up: see `*type` */
    const char *email, *new_email, *password, *meta_user;
} LinkAsk;
/* Makes a link without sending it. E_NO_USER, E_EMAIL_TAKEN, E_MISSING (a password), E_FEATURE_OFF (secure e-mail change), errors of new users. */
Err dir_link(Ctx *ctx, LinkAsk *ask, const Postal *post, User **ret, Link *link);

/* ---- what a message carried ---- */

typedef enum VerifyType {
    VERIFY_SIGNUP,
    VERIFY_INVITE,
    VERIFY_RECOVERY,
    VERIFY_MAGICLINK,
    VERIFY_EMAIL,
    VERIFY_EMAIL_CHANGE,
    VERIFY_SMS,
    VERIFY_PHONE_CHANGE,
    VERIFY_TYPES
} VerifyType;

typedef struct VerifyAsk {
    VerifyType type;                  /* VERIFY_EMAIL becomes what the token is */
    const char *hash;                 /* or: */
    const char *code, *email, *phone; /* a code and the address that it went to, folded */
    const char *aud;
    bool link; /* a link was opened: with "pkce_" it gives a code for a session, else a session */
    const char *external_url, *site_url;
} VerifyAsk;

typedef struct Verified {
    bool first;            /* the first of two agreements to an e-mail change: no session */
    const char *auth_code; /* PKCE: or a code for a session */
    Grant grant;
} Verified;

/* E_LINK_INVALID (by hash), E_CODE_INVALID (by code), E_BANNED, E_EMAIL_TAKEN, E_PHONE_TAKEN, E_BAD_VALUE (a type that no hash has), E_NO_FLOW. A
 * token is used up by success alone. */
Err dir_verify(Ctx *ctx, VerifyAsk *ask, Verified *ret);

/* A session for the code of a PKCE flow (RFC 7636). E_NO_FLOW, E_FLOW_EXPIRED, E_BAD_VERIFIER (the code stays good), E_BANNED. */
Err dir_flow_exchange(Ctx *ctx, const char *code, const char *verifier, Grant *ret);

/* ---- a user changes itself ---- */

typedef struct OwnPatch {
    const char *email, *phone, *password, *current_password, *nonce, *meta_user, *meta_app, *channel; /* NULL: not given */
    bool may_meta_app;
} OwnPatch;
/* Spec 3.14, PUT /user. E_BAD_EMAIL, E_BAD_PHONE, E_NOT_ADMIN, E_MFA_REQUIRED, E_ANONYMOUS, E_SSO_MANAGED, E_EMAIL_TAKEN, E_PHONE_TAKEN,
 * E_REAUTH_NEEDED, E_REAUTH_WRONG, E_CURRENT_MISSING, E_CURRENT_WRONG, E_SAME_PASSWORD, E_WEAK_PASSWORD, E_LONG_PASSWORD. */
Err dir_own_update(Ctx *ctx, const User *user, const Session *session, const OwnPatch *in, const Postal *post, User **ret);

/* ---- the outbox: who sends ---- */

/* Sends the next letter that is due, if any. E_NO_ROW: there is none; `*wait` says then when to look again, in ms. Blocks: on a thread of its own.
 * `stop` is looked at while it sends. */
Err dir_outbox_send(Ctx *ctx, const _Atomic bool *stop, int64_t *wait);
/* Once, at the start: letters that this process had in hand when it ended are due again. */
Err dir_outbox_open(Ctx *ctx);

/* Now and then: letters that were kept, or could not be sent, are gone after a week. */
Err dir_outbox_sweep(Ctx *ctx);

/* A message that is kept, for there is no mail server to send it by. */
typedef struct KeptMessage {
    const char *id, *kind, *to, *subject;
    const char *link, *code; /* or NULL */
    int64_t created_at;
} KeptMessage;
/* The newest `limit` of them, newest first: a List of KeptMessage. */
Err dir_kept_list(Ctx *ctx, int64_t limit, List *ret);
/* The body of one, HTML. E_NO_ROW; E_BUSY. */
Err dir_kept_body(Ctx *ctx, const char *id, const char **ret);

/* ---- counters.c ---- */

Counter *counter_new(void);
void counter_free(Counter *counter);
/* Is `limit` ("N" an hour, "N/duration") one? */
bool counter_limit_ok(const char *limit);
/* Takes one; false when there are too many. */
bool counter_take(Counter *counter, const char *limit, int64_t now);

#endif
