/* internal.h: what the files of the directory share. */
#ifndef HECATE_DIRECTORY_INTERNAL_H
#define HECATE_DIRECTORY_INTERNAL_H

#include "directory/directory.h"
#include "store/store.h"

/* ---- events.c: the audit trail (spec/gotrue.md 12) ---- */

typedef enum EventKind {
    EV_USER_SIGNEDUP,
    EV_USER_MODIFIED,
    EV_USER_DELETED,
    EV_LOGIN,
    EV_LOGOUT,
    EV_TOKEN_REFRESHED,
    EV_TOKEN_REVOKED,
    EV_USER_REPEATED_SIGNUP,
    EV_FACTOR_IN_PROGRESS,
    EV_CHALLENGE_CREATED,
    EV_VERIFICATION_ATTEMPTED,
    EV_FACTOR_UNENROLLED,
    EV_FACTOR_DELETED,
    EV_FACTOR_UPDATED,
    EV_PASSKEY_DELETED,
    EV_USER_INVITED,
    EV_CONFIRMATION_REQUESTED,
    EV_RECOVERY_REQUESTED,
    EV_REAUTHENTICATE_REQUESTED,
    EV_UPDATED_PASSWORD,
    EV_IDENTITY_LINKED,
    EV_IDENTITY_UNLINKED,
    EV_INVITE_ACCEPTED,
    EV_ORGANIZATION_CREATED,
    EV_ORGANIZATION_MODIFIED,
    EV_ORGANIZATION_DELETED,
    EV_MEMBER_ADDED,
    EV_MEMBER_MODIFIED,
    EV_MEMBER_REMOVED,
    EV_INVITATION_CREATED,
    EV_INVITATION_REVOKED,
    EV_INVITATION_DELETED,
    EV_KINDS
} EventKind;

/* What an event is about. NULL members are left out, "" are not. */
typedef struct Traits {
    const char *channel, *provider, *provider_type, *user_email, *user_id, *user_phone;
    const char *challenge_id, *factor_id, *factor_status, *factor_type, *session_id, *identity_id, *provider_id, *organization_id, *passkey_id;
} Traits;

/* An event by the caller of this request, or by the user itself where it acts (`actor`). Written in the same transaction. */
Err event_add(Tx *tx, EventKind kind, const User *actor, const Traits *traits);
/* Its payload alone, for statements that write the row themselves. */
const char *event_payload(Ctx *ctx, EventKind kind, const User *actor, const Traits *traits);

/* ---- mfa.c ---- */

/* Takes a factor away, and the sessions that rose by it fall to aal1. */
Err factor_drop(Tx *tx, const char *user_id, const Factor *factor);

/* ---- passwords.c ---- */

/* E_LONG_PASSWORD at `at`: longer than the scheme of new hashes can use. */
Err password_fits(Ctx *ctx, const char *password, ptrdiff_t at);
/* Checks a new password by the rules of directory and policy, and may ask Pwned Passwords. E_WEAK_PASSWORD (reasons), E_LONG_PASSWORD; fault.at is
 * `at`. E_PWNED_UNKNOWN. Not within a transaction: it may wait. */
Err password_check(Ctx *ctx, const UserPolicy *policy, const char *password, ptrdiff_t at);
/* common.c: one that everybody thinks of, by rule. */
bool password_is_common(Ctx *ctx, const char *password);
/* Hashes in the lane. E_BUSY. */
Err password_hash(Ctx *ctx, const char *password, char **ret);
/* A password that nobody knows: 64 characters. */
char *password_random(Ctx *ctx);
/* E_BUSY: a password would not be tried now. Said before its user is read, it tells nothing of the user and costs the store nothing. */
Err password_room(const Ctx *ctx);
/* Puts a ready hash where its scheme may stand: the core column, or hecate.passwords (user->digest). */
Err password_place(Ctx *ctx, User *user, const char *hash, ptrdiff_t at);
/* Verifies against what the user has. OK, E_WRONG_PASSWORD, E_NO_PASSWORD, E_FOREIGN_PASSWORD, E_BUSY. An unknown user (NULL), one without a
 * password and one whose hash costs less than a new one take the time of a new hash. */
Err password_try(Ctx *ctx, const User *user, const char *password);
/* Verifies against one hash, in the lane. OK, E_WRONG_PASSWORD, E_BAD_HASH, E_BUSY. */
Err password_fits_hash(Ctx *ctx, const char *hash, const char *password);
/* Renews a weaker hash after a right password. */
void password_renew(Ctx *ctx, User *user, const char *password);

/* ---- cognito.c ---- */

/* Asks the pool that an awscognito# digest names. OK, E_WRONG_PASSWORD; E_FOREIGN_PASSWORD: nobody is to be asked, or nobody answers; E_BUSY. */
Err cognito_try(Ctx *ctx, const char *digest, const char *password);

/* ---- listed.c ---- */

/* May a user with these addresses come to be? E_NOT_LISTED (fault.text is the address). */
Err listed_check(Ctx *ctx, const User *user, const List *further);

/* ---- lockout.c ---- */

/* A wrong password of the user, or of whom nobody knows (NULL): E_BAD_SIGN_IN, or E_LOCKED if there were too many before. */
Err lockout_count(Ctx *ctx, const SignIn *in, const User *user);
/* What a sign-in holds wrong passwords against. */
void lockout_bounds(const Ctx *ctx, SessionWrite *write);

/* ---- sessions.c ---- */

/* A refresh token of version 1 that is not stored yet. */
char *refresh1_new(Ctx *ctx);

/* ---- users.c, user_create.c, user_change.c: between them ---- */

/* What a look-up gave, for the caller: E_NO_ROW is E_NO_USER, as is who is not there for it. */
Err user_found(Ctx *ctx, Err err, User *const *user);
/* What GoTrue's identity_data holds of an identity. */
typedef struct IdentityData {
    const char *email, *phone, *sub;
    bool email_verified, phone_verified;
} IdentityData;

Identity *identity_new(Ctx *ctx, const char *user_id, const char *provider, const IdentityData *data);
Identity *user_identity(const User *user, const char *provider); /* NULL: there is none */
/* Is the address free, but for `self`, in this connection? `*elsewhere`: another connection has it. E_EMAIL_TAKEN, E_PHONE_TAKEN, E_WALLET_TAKEN. */
Err address_check_free(Tx *tx, const char *kind, const char *value, const char *connection, const char *self, ptrdiff_t at, bool *elsewhere);
Err user_check_username(Ctx *ctx, const char *username, ptrdiff_t at);                     /* E_BAD_USERNAME */
Err user_check_metadata(Ctx *ctx, const UserPolicy *rules, const char *doc, ptrdiff_t at); /* E_TOO_LONG */
/* Has the user what stands in hecate.profiles alone? */
bool user_profile_needed(const User *user);

/* ---- user_create.c, user_change.c, parts.c, linking.c ---- */

/* Adds the identities of the addresses of auth.users. */
void identities_take(Ctx *ctx, User *user, bool email, bool phone);
/* Within the transaction that takes an id or a name: is it kept for a linked account? E_ID_TAKEN, E_USERNAME_TAKEN. */
Err linked_check(Tx *tx, const Linked *wanted);

/* A change of a linked account within a transaction: addresses are read, `hash` is the new password's, or NULL. The errors of dir_linked_update().
 * With `email_was` (or NULL) its address must be that one: E_LINK_INVALID. */
Err linked_change_within(Tx *tx, const char *user_id, const char *identity_id, const LinkedPatch *in, const char *hash, const char *email_was,
                         User **ret);

/* A new user as a part of a larger transaction: checked and filled before it, in the default connection without a look at the tables. The errors of
 * dir_user_create(). */
typedef struct Creation Creation;
Err user_prepare(Ctx *ctx, const NewUser *in, Creation **ret);
User *user_prepared(Creation *c); /* as it shall be */
/* Within it: who calls has claimed the addresses (address_claim()) and looked at names and ids. */
Err user_insert_prepared(Tx *tx, Creation *c);
/* A change within a transaction, of members that need no preparation: no address, no code; `hash` is the new password's, or NULL. */
Err user_change_within(Tx *tx, const char *id, const UserPatch *in, char *hash, User **ret);

/* ---- tickets.c ---- */

/* Links to another password end with the one from before. */
Err tickets_void(Tx *tx, const char *user_id);

/* ---- account.c ---- */

struct AccountFactor;
/* Reads what is to be made (E_BAD_PHONE, E_BAD_EMAIL), and makes it within a transaction. */
Err factor_read(Ctx *ctx, struct AccountFactor *factor);
Err factor_put(Tx *tx, const char *user_id, const struct AccountFactor *factor);

/* ---- connections.c ---- */

/* Between commas, with one before the first and one behind the last; NULL if there are none. */
const char *texts_in_commas(Ctx *ctx, const Texts *texts);

/* ---- images.c: files ---- */

/* Writes what is an image to its file. E_FEATURE_OFF, E_TOO_LARGE, E_BAD_VALUE, E_IO, E_BUSY. */
Err image_write(Ctx *ctx, const char *id, Str image);

/* ---- organizations.c, members.c ---- */

/* What is locked is the organization alone: users are locked before it. */
Err organization_load(Tx *tx, const char *id, Organization **ret);
/* An error is one of this member. */
Err organization_blame(Ctx *ctx, Err err, ptrdiff_t at);
/* The event of this kind, about this organization and user (either may be NULL). */
Err organization_event(Tx *tx, EventKind kind, const char *organization_id, const char *user_id, const char *email);
/* The user, locked, and no shell of a deleted one. */
Err member_user(Tx *tx, const char *id, User **ret);
/* A membership within the transaction that holds user and organization. E_MEMBERS_MANY, E_MEMBER_EXISTS. */
Err member_insert(Tx *tx, const Organization *organization, const User *user, Membership *membership);
/* A document after a change. E_TOO_LONG at `at`. */
Err organization_doc(Ctx *ctx, const char **doc, const char *change, MetaMode mode, int64_t max, ptrdiff_t at);
/* The organizations of these ids, and the users: `ids` may be empty. */
Err organizations_by_id(Tx *tx, const Texts *ids, List *ret);
Err users_by_id(Tx *tx, const Texts *ids, List *ret);
const User *user_of(const List *users, const char *id);
const Organization *organization_of(const List *organizations, const char *id);

/* ---- refresh2.c: refresh tokens of version 2 ---- */

/* A token as its bytes say, before the MAC was looked at. */
typedef struct Refresh2 {
    const char *session_id;
    int64_t counter;
    Str raw;
} Refresh2;
/* A new session's key, as base64url. */
char *refresh2_key(Arena *arena);
/* The token of a session for this counter. */
char *refresh2_write(Ctx *ctx, const Session *session, int64_t counter);
/* Form and checksum alone. */
bool refresh2_read(Arena *arena, const char *text, Refresh2 *ret);
bool refresh2_verify(Arena *arena, const Refresh2 *token, const char *key);

/* ---- user_create.c, user_change.c, parts.c, addresses.c: what changes of a user are made of ---- */

/* The user, locked until the end of the transaction. E_NO_USER. */
Err user_load(Tx *tx, const char *id, User **ret);
/* Writes the user as it now is, with a later updated_at, and the audit row. */
Err user_save(Tx *tx, User *user);
/* `provider` and `providers` of app metadata: those of the identities that stay, each once; `provider` is the first. `gone` may be NULL. */
void providers_list(Ctx *ctx, User *user, const Identity *gone);
/* Reads and folds an address of this kind. E_BAD_EMAIL, E_BAD_PHONE, E_BAD_WALLET. */
Err address_read(Ctx *ctx, const char *kind, const char *text, ptrdiff_t at, const char **ret);
/* Takes an address within a transaction: nobody but the user `self` has it, and nobody will until the end. E_EMAIL_TAKEN, E_PHONE_TAKEN,
 * E_WALLET_TAKEN. */
Err address_claim(Tx *tx, const char *kind, const char *value, const char *connection, const char *self);
/* The identity of the kind follows the address, or is made. */
Err address_to_identity(Tx *tx, User *user, const char *kind, const char *value, bool confirmed);
/* This address, which has no row of its own any more, becomes the one of auth.users. */
Err address_to_core(Tx *tx, User *user, const Address *address);
/* Another address of the user becomes the primary one. E_NOT_THIS_USER, E_UNVERIFIED. */
Err address_make_primary(Tx *tx, User *user, const char *kind, const char *id, ptrdiff_t at);

/* ---- codes.c ---- */

/* A TOTP secret and backup codes as they are kept: the secret in base32, the codes as password hashes. */
typedef struct CodesIn {
    const char *secret; /* NULL: not given */
    Texts digests;
    bool codes; /* they are given */
} CodesIn;
/* Reads and hashes them, before the transaction. `secret` and `codes` may be NULL. E_BAD_VALUE, E_TOO_LONG, E_BUSY. */
Err codes_read(Ctx *ctx, const char *secret, const Texts *codes, ptrdiff_t at_secret, ptrdiff_t at_codes, CodesIn *ret);
/* Puts them in the place of what the user has; the profile is the caller's to write. */
Err codes_write(Tx *tx, User *user, const CodesIn *in);
/* Has the user a verified TOTP factor? */
bool user_has_totp(const User *user);
/* Has it a verified factor of a kind that is in use? */
bool user_owes_factor(const Ctx *ctx, const User *user);
/* Has the user a verified TOTP factor, or a number as a second factor? (addresses.c) */
bool user_two_factor(const User *user);

/* ---- account.c ---- */

/* A recovery code, 24 characters, and what is kept of one. */
const char *recovery_code_new(Ctx *ctx);
/* Of a user who gets a first second factor, begun at `made`: a code that did not come with it was not got by who has the factor, and opens nothing.
 */
Err recovery_code_void(Tx *tx, const User *user, int64_t made);
const char *recovery_digest(Ctx *ctx, const char *code);

/* The file of a picture goes (images.c); "" and NULL: nothing does. */
void image_forget(Ctx *ctx, const char *id);

/* Ends all sessions of the user, as an administrator does: they are remembered for a while as revoked (tokens.c). */
Err sessions_end_all(Tx *tx, const char *user_id);

/* An error with the member at fault, keeping the text of the one below. */
Err fail_at(Ctx *ctx, Err err, ptrdiff_t at);

#endif
