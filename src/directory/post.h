/* post.h: what the operations that send messages share: tokens, their links, their letters. */
#ifndef HECATE_DIRECTORY_POST_H
#define HECATE_DIRECTORY_POST_H

#include "directory/internal.h"
#include "directory/messages.h"
#include "store/messages.h"

/* ---- post.c ---- */

/* What a message is for: one row each. */
typedef enum Purpose {
    FOR_CONFIRMATION,
    FOR_INVITE,
    FOR_RECOVERY,
    FOR_MAGIC_LINK,
    FOR_CHANGE_CURRENT,
    FOR_CHANGE_NEW,
    FOR_REAUTHENTICATION,
    PURPOSES
} Purpose;

/* The variables of a template; NULL: it has none of that name. */
typedef struct Message {
    MessageKind kind;
    const char *user_id; /* of whom it speaks: it goes with the user; or NULL */
    const char *to;
    const char *confirmation_url, *email, *token, *token_hash, *redirect_to, *new_email, *sending_to, *data;
    const char *old_email, *phone, *old_phone, *provider, *factor_type;
    const char *hook; /* what the hook that sends mail is posted instead; NULL: it goes by SMTP */
} Message;
/* Writes the letter; it goes out after the commit. */
Err message_add(Tx *tx, const Message *message);
/* May mail go to this address at all? */
bool message_may_go(Ctx *ctx, const char *to);
/* To be called after the commit: what was written for the hook goes to it now, once, as the reference has it; mail when its sender looks. What fails
 * is tried again by that one. */
void message_wake(Ctx *ctx);
/* outbox.c: posts that letter to the hook, unless another does. */
void outbox_tell(Ctx *ctx, const char *id);
/* A notification, where that is switched on and the user has an address. Where a hook sends mail it is shown this user. */
Err message_notify(Tx *tx, const User *user, Message message);

/* OK, or E_MAIL_LIMIT, E_SMS_LIMIT with the seconds that are left. */
Err frequency_check(Ctx *ctx, int64_t sent_at, bool phone);
int64_t frequency_wait(const Ctx *ctx, bool phone); /* µs */
/* Somebody asks for a message to an address of which nobody waits for one: the limits of an address hold as if it went out, so that they tell
 * nothing. E_MAIL_LIMIT, E_SMS_LIMIT, E_MAIL_FORBIDDEN. */
Err post_nobody(Ctx *ctx, const char *what, const char *address, bool phone);
/* lockout.c: the frequency alone, of what is asked for at an address. */
Err nobody_asked(Ctx *ctx, const char *what, const char *address, bool phone);

/* Lower-case hex of SHA-224(address ‖ code). */
const char *code_hash(Ctx *ctx, const char *address, const char *code);
char *code_new(Ctx *ctx, bool phone);
/* A link carries a secret of its own, which looks like that hash and has nothing to do with it: with the code's six digits a hash could be guessed.
 * The row that it opens has this id, a UUID of version 8 made of it, so that nothing that is stored gives it away. */
const char *link_row(Ctx *ctx, const char *secret);
/* The reference shows, of a change to a new address, another value than the link's, and one that opens nothing. Ours is another, too, but opens: the
 * hash backwards. Both ways. */
const char *hash_turned(Ctx *ctx, const char *hash);

/* One message with a new token: the frequency (unless `again` is part of one change), the counters, the token, the flow, the letter. `change` is the
 * new address of an e-mail change, else NULL. `link` gets what was made; with post->quiet nothing is sent and no limit holds. */
typedef struct Sending {
    Purpose purpose;
    User *user;
    const char *change;
    const Postal *post;
    bool again;
    bool counted;              /* it was counted in an earlier run of the transaction */
    const char *code, *secret; /* they were given to the hook that sends mail; NULL: new ones go out */
    Link *link;                /* or NULL */
} Sending;
Err post_send(Tx *tx, Sending *sending);
/* Where a hook sends mail: gives it what post_send() will store, so before the transaction; a refusal then leaves nothing behind. It is shown this
 * user, who has all that is to come but the times. `current` is the other half of one change, or NULL. Errors of post_send() and of hook_ask(). */
Err post_ask(Ctx *ctx, const User *user, Sending *sending, Sending *current);

/* ---- sms.c ---- */

/* The fixed code of a phone number, or NULL. */
const char *sms_test_code(Ctx *ctx, const char *phone);
/* Sends a new code, before it is stored, as the reference does: a refusal then leaves nothing behind. `*test`: a fixed one stands for it, and nothing
 * was sent. `user` is as it will be; `type` is "mfa" for a second factor, which is not counted, else NULL. E_SMS_FAILED, E_SMS_LIMIT, and what the
 * sender says. */
Err sms_send(Ctx *ctx, const User *user, const char *phone, const char *type, const char **code, bool *test);

/* ---- verify.c ---- */

/* The e-mail address of the user is its own: the time is set, and tokens for it are gone. The row is the caller's to write. */
Err email_confirm(Tx *tx, User *user);
/* A wrong code counts; of too many, right ones too are refused until the window ends. To be called under the lock of the user, and committed. */
Err code_count(Tx *tx, const char *user_id, bool right, bool *refused);

/* ---- of other files ---- */

/* users.c: makes a user; `then` runs in its transaction, writes the audit row, and may change nothing but the database. */
typedef Err (*UserThen)(Tx *tx, User *user, void *arg);
/* `before` runs before the transaction, on the user as it will be; either may be NULL. */
typedef Err (*UserBefore)(Ctx *ctx, User *user, void *arg);
Err user_create_then(Ctx *ctx, const NewUser *in, UserBefore before, UserThen then, void *arg, User **ret);
/* Is the address another user's? E_EMAIL_TAKEN, E_PHONE_TAKEN. */
Err user_address_free(Ctx *ctx, const char *kind, const char *value, const char *self);
/* `provider` and `providers` of app metadata, from the identities in their order. */
void user_set_providers(Ctx *ctx, User *user);
/* sessions.c: starts a session; `provider` as in its comment there. */
Err session_begin(Tx *tx, const char *method, EventKind event, const Traits *traits, User *user, Grant *ret);

#endif
