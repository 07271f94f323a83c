/* directory.h: every operation on the directory, once. It knows no dialect, no HTTP status and no wire name: a dialect fills
 * an input, calls one operation, and shows what comes back. Common errors, not repeated below: E_DB, E_DB_LOST, E_TIMEOUT, E_SHUTDOWN, E_INTERNAL.
 *
 * Members at fault are recorded by their offset in the input struct (ctx->fault.at). */
#ifndef HECATE_DIRECTORY_H
#define HECATE_DIRECTORY_H

#include "base/base.h"
#include "base/ctx.h"
#include "directory/hooks.h"
#include "directory/mailing.h"
#include "directory/providers.h"
#include "model/model.h"
#include "run/run.h"

/* Second factors: which kinds may be enrolled and used, for how long, how many. */
typedef struct FactorRules {
    bool totp_enroll, totp_verify, phone_enroll, phone_verify;
    int64_t challenge_life;               /* s: how long a challenge may be answered */
    int64_t factor_life;                  /* µs: how long an enrolment may wait for its first challenge */
    int64_t phone_frequency;              /* µs between two codes to one phone factor; 0: a minute */
    int64_t most_enrolled, most_verified; /* a user's */
} FactorRules;

/* After how many wrong passwords, and for how long (µs), a user is kept out; 0 tries: for ever so many. A lock of an administrator lasts as long. */
typedef struct Lockout {
    int64_t tries, time;
} Lockout;

/* New passwords that are known from a breach are refused. */
typedef struct Pwned {
    bool on, fail_closed;    /* fail_closed: none is taken that could not be asked about */
    const char *url, *agent; /* NULL or "": the service's own; "hecate" */
} Pwned;

/* Settings of the directory, one for the process; read-only while requests run. */
typedef struct Pages Pages; /* pages.h */
typedef struct Pace Pace;   /* pace.h */
typedef struct Directory {
    const char *default_aud, *default_role; /* of new users; GOTRUE_JWT_AUD, GOTRUE_JWT_DEFAULT_GROUP_NAME */
    const char *password_hash;              /* HECATE_PASSWORD_HASH: scheme and cost of new hashes */
    int64_t password_min;                   /* bytes, at least 6 */
    const char *password_required;          /* sets separated by ':' ("\:" is a colon), NULL: none */
    bool password_uncommon;                 /* new ones that are common by rule are refused */
    Pwned pwned;
    bool rotation;                                                /* a reused refresh token revokes its family */
    int64_t reuse_interval;                                       /* s: how long a used refresh token may come again */
    int64_t session_timebox, session_inactivity, session_low_aal; /* µs, 0: none */
    bool single_session;
    Texts session_tags;            /* sessions of different ones of these do not end each other; none: all are alike */
    int64_t refresh_upgrade;       /* percent of the sessions whose tokens of version 1 give way to version 2 */
    bool refresh_v2;               /* new sessions get refresh tokens of version 2 */
    bool refresh_always;           /* version 2: a used token may come again without end */
    bool cleanup, clean_anonymous; /* what is over is taken away now and then; anonymous users after 30 days, too */
    bool audit_off;                /* audit to the log alone */
    bool email_off, phone_off;     /* no sign-in by this kind of address */
    FactorRules factors;
    Lockout lockout;
    const char *cognito_url; /* where pools of Amazon Cognito are asked for passwords that they keep, with {region} in it; NULL or "": nowhere */
    const char *images;      /* the folder of pictures; NULL: none are taken */
    HookSetting hooks[HOOKS];
    ProviderSetting providers[PROVIDERS];                 /* where users sign in elsewhere */
    const char *(*show_user)(Ctx *ctx, const User *user); /* a user as hooks are shown it, a JSON object */
    /* Where links of this request lead, and what they are built on, as the hook that sends mail is told. */
    void (*show_place)(Ctx *ctx, const char **redirect_to, const char **external_url);
    const uint8_t *data_key; /* DATA_KEY_BYTES */
    Lane *hash_lane;
    Pages *pages;                /* NULL: pages are found by offset alone */
    Pace *pace;                  /* NULL: a refused sign-in is answered as soon as may be */
    Mailing mail;                /* messages and their tokens */
    void (*job_wake)(void *arg); /* a job was committed: who works may look. From any thread. NULL: nobody works here */
    void *job_wake_arg;
} Directory;

/* Who is calling: set by the dialect's identify(), read by the router and by the audit trail. */
typedef enum CallerKind { CALLER_NONE, CALLER_ADMIN, CALLER_USER } CallerKind;
typedef struct Caller {
    CallerKind kind;
    const char *actor_id;   /* UUID; the nil UUID for admins */
    const char *actor_name; /* admins: role or key name; users: e-mail or phone */
    const char *scopes;     /* space-separated, NULL: the dialect has none */
    User *user;             /* CALLER_USER */
    Session *session;       /* CALLER_USER, NULL if the credential names none */
    const char *aal;        /* of the credential */
    bool anonymous;         /* the credential says so */
    bool living;            /* who was deleted softly is not there for it: E_NO_USER */
} Caller;

/* ---- users ---- */

/* The connection of users that name none. */
#define DEFAULT_CONNECTION "Username-Password-Authentication"

/* What a dialect's rules are where they differ; one constant a dialect. */
typedef struct UserPolicy {
    bool check_password;   /* rules of the Directory hold for new passwords (length alone for Clerk and Auth0: password_min) */
    int64_t password_min;  /* 0: the Directory's; bytes */
    bool random_password;  /* a user without password or hash gets one that nobody knows */
    bool verified_in_meta; /* confirming an e-mail sets meta_user.email_verified */
    bool keep_sessions;    /* a new password does not end sessions */
    int64_t meta_max;      /* bytes of a metadata document, 0: no limit: E_TOO_LONG */
    bool listed;           /* allow and block list hold for new users: E_NOT_LISTED */
    bool by_self;          /* the user signs up: the data of its identity carry meta_user and become it, and it is the actor */
} UserPolicy;

/* A new user. E-mails and phones are checked and folded by the directory. */
typedef struct NewUser {
    Given given;
    const char *id;                         /* UUID in any form, NULL or "": a random one */
    const char *email, *phone;              /* the address of auth.users, or NULL */
    Texts emails, phones, web3;             /* or all of them: the first e-mail and phone go to auth.users */
    Texts reserved_emails, reserved_phones; /* kept for the user, not verified */
    const char *username;
    const char *password;                            /* NULL: none; "" counts as none */
    const char *password_hash;                       /* a ready hash of any known scheme, or NULL */
    const char *meta_user, *meta_app, *meta_private; /* objects, or NULL */
    const char *role, *aud;                          /* NULL or "": the defaults */
    bool email_confirmed, phone_confirmed;
    bool banned; /* for good */
    bool locked; /* for lockout.time */
    int64_t banned_until;
    int64_t created_at; /* 0: now */
    const char *first_name, *last_name, *name, *nickname, *picture, *given_name, *family_name;
    const char *locale, *external_id;
    const char *channel;            /* by which a new phone number is told of things, for the audit trail; or NULL */
    const char *connection;         /* NULL: the default, for which an address must be free everywhere; else it must be in this connection */
    const char *provider, *subject; /* an id of the form provider|subject, or NULL */
    bool blocked_shown, skip_password_checks;
    bool delete_self_disabled, create_organization_disabled, bypass_client_trust;
    int64_t create_organizations_limit; /* with HAS(); else none */
    int64_t legal_accepted_at;
    const char *totp_secret;  /* base32 in any form, NULL: none; it becomes a verified factor */
    Texts backup_codes;       /* in clear, or digests of bcrypt */
    bool anonymous;           /* no address at all, no audit row */
    const Identity *foreign;  /* by which the user comes, in the place of identities of its addresses; no audit row; or NULL */
    bool ask_hook;            /* the hook before a user is created may refuse it: E_HOOK */
    const UserPolicy *policy; /* never NULL */
} NewUser;

/* Makes a user with identities, addresses and profile, and the audit row user_signedup. `*ret` is the whole user as dir_user_get() gives it.
 * E_NO_IDENTIFIER; E_BAD_EMAIL, E_BAD_PHONE, E_BAD_WALLET, E_BAD_USERNAME, E_BAD_ID; E_EMAIL_TAKEN, E_PHONE_TAKEN, E_WALLET_TAKEN, E_USERNAME_TAKEN,
 * E_EXTERNAL_ID_TAKEN, E_ID_TAKEN; E_TOO_LONG (metadata);
 * E_WEAK_PASSWORD (fault.reasons), E_LONG_PASSWORD, E_BAD_HASH, E_BUSY (hash lane full); E_NOT_LISTED (fault.text is the address). */
Err dir_user_create(Ctx *ctx, const NewUser *in, User **ret);

/* The whole user: profile, identities, addresses, factors, subjects; one statement. E_NO_USER. */
Err dir_user_get(Ctx *ctx, const char *id, User **ret);
/* What GoTrue shows of it (User.core), in the same way: to be shown, and not to be changed. E_NO_USER. */
Err dir_user_get_core(Ctx *ctx, const char *id, User **ret);
/* The user with a caller-chosen id, in the same way. E_NO_USER. */
Err dir_user_get_subject(Ctx *ctx, const char *provider, const char *subject, User **ret);

typedef enum MetaMode { META_TOP, META_TOP_CLEAR, META_DEEP, META_REPLACE } MetaMode;

/* A change of a user: only members marked in `given` count; a null clears where the kind allows it. */
typedef struct UserPatch {
    Given given;
    const char *email, *phone; /* new address of auth.users; its identity follows */
    const char *username, *first_name, *last_name, *name, *nickname, *picture, *given_name, *family_name, *locale, *external_id;
    const char *password, *password_hash;
    const char *meta_user, *meta_app, *meta_private;
    const char *role;
    bool email_confirmed, phone_confirmed; /* true sets the time; false clears it only with `unconfirm` */
    bool unconfirm;
    int64_t banned_until; /* 0: lifts the ban */
    bool banned;          /* true: for good; false: lifts the ban */
    bool locked;          /* true: no sign-in for lockout.time; false: lifts that, and wrong passwords are forgotten */
    bool remove_password; /* sessions end with end_sessions alone */
    bool blocked_shown;
    int64_t created_at, legal_accepted_at;
    bool delete_self_enabled, create_organization_enabled, bypass_client_trust;
    int64_t create_organizations_limit;
    const char *primary_email_id, *primary_phone_id; /* ids of Address rows of this user: become the ones of auth.users */
    const char *primary_web3_id;                     /* the same of a wallet */
    bool skip_password_checks, end_sessions;         /* end_sessions: of this user, all */
    const char *totp_secret;                         /* takes the place of what there is */
    Texts backup_codes;                              /* with HAS(): the same */
    bool password_compromised;                       /* others know it: no sign-in by it until there is a new one */
    MetaMode meta_mode;
    const UserPolicy *policy; /* never NULL */
    /* NULL, or: is this the user that is meant? Asked within the transaction; no is E_NO_USER. */
    bool (*is_meant)(Ctx *ctx, const User *user, const void *arg);
    const void *arg;
} UserPatch;

/* Changes a user, with the audit row user_modified. A new password (or hash) ends all sessions unless the policy keeps them, and clears pending
 * tokens. E_NO_USER, E_NOT_THIS_USER and E_UNVERIFIED (primary_*_id), E_NO_IDENTIFIER (username, the last one) and the errors of dir_user_create().
 */
Err dir_user_update(Ctx *ctx, const char *id, const UserPatch *in, User **ret);

/* The same change of several users, all or none; `*ret` has them in the order of `ids`. ctx->user_id is the one that failed. */
Err dir_users_update(Ctx *ctx, const Texts *ids, const UserPatch *in, List *ret);

/* Deletes the user and all that hangs on it (audit: user_deleted). `soft`: keeps the row, made unrecognisable as spec/gotrue.md 2.5 says. E_NO_USER.
 */
Err dir_user_delete(Ctx *ctx, const char *id, bool soft);

/* Verbs on one user, each giving the user as it then is. E_NO_USER.
 * ban: for good, and all sessions end. unban lifts every ban. */
Err dir_user_ban(Ctx *ctx, const char *id, User **ret);
Err dir_user_unban(Ctx *ctx, const char *id, User **ret);
/* lock: no sign-in for lockout.time; sessions go on. unlock lifts that before its time, and wrong passwords are forgotten. E_FEATURE_OFF: without
 * lockout there is neither. */
Err dir_user_lock(Ctx *ctx, const char *id, User **ret);
Err dir_user_unlock(Ctx *ctx, const char *id, User **ret);
/* Takes the password away; a user without one stays as it is. */
Err dir_password_remove(Ctx *ctx, const char *id, bool end_sessions, User **ret);

/* Until when the user is kept out, by an administrator or by wrong passwords; 0: it is not. */
int64_t user_locked_until(const Ctx *ctx, const User *user);
/* How many more wrong passwords it takes; -1: they do not count. */
int64_t user_tries_left(const Ctx *ctx, const User *user);
/* Is the user banned at this request's time? */
bool user_banned(const Ctx *ctx, const User *user);
/* A ban without an end is written as this time (9999-12-31T23:59:59Z): the Go server reads it. */
#define BANNED_FOREVER ((int64_t)253402300799 * 1000000)

/* ---- parts of a user (audit: user_modified). E_NO_USER; E_NOT_THIS_USER: the part is not there; E_NO_IDENTIFIER: it is the last by which the user
 * is known ---- */

Err dir_wallet_delete(Ctx *ctx, const char *user_id, const char *address_id);
/* `provider` and `providers` of app metadata follow. */
Err dir_identity_delete(Ctx *ctx, const char *user_id, const char *identity_id);
/* The same as the user does it (spec/gotrue.md 3.15): a phone identity takes the phone number along; if no other identity has the user's e-mail, the
 * best of those that stay gives it one, confirmed if it is there (or with `confirm`). Audit: identity_unlinked, by the user if `by_user`.
 * E_NO_IDENTIFIER: it is the last identity; E_NOT_THIS_USER; E_EMAIL_TAKEN: another user has that e-mail. */
Err dir_identity_unlink(Ctx *ctx, const char *user_id, const char *identity_id, bool confirm, bool by_user);
/* TOTP, with `all` also phones as second factors and backup codes; OK if there is none. */
Err dir_factors_delete(Ctx *ctx, const char *user_id, bool all);

/* What a sign-in or a refresh gives. */
typedef struct Grant {
    User *user;
    Session *session; /* with amr */
    const char *refresh_token;
    const char *method;      /* of the sign-in, where it is not the newest of the session */
    bool reused;             /* a refresh that gave the active child again */
    const char *reuse_cause; /* version 2: why it may, comma-separated, or NULL */
    bool counted;            /* version 2: the session's counter says which token this is */
    bool begun;              /* the session is new; the user's sign-in before it: */
    int64_t signed_in_before;
    const char *provider_token, *provider_refresh_token; /* of the party where the user signed in, or NULL */
    bool weak_password; /* today's rules would refuse it: reasons in ctx->fault.reasons, sentence in ctx->fault.text */
} Grant;

/* ---- second factors of the caller (spec/gotrue.md 3.16). E_NO_FACTOR: the user has none with this id ---- */

/* Has the user a verified factor? And has the caller shown one: do credential and session both say so? */
bool user_has_factor(const User *user);
bool caller_is_aal2(const Ctx *ctx);
const Factor *user_factor(const User *user, const char *factor_id); /* NULL: it has none with this id */

/* Wrong codes that a factor takes within FACTOR_WINDOW; then it takes none at all for the rest of it. */
#define FACTOR_TRIES 30
#define FACTOR_WINDOW ((int64_t)3600 * 1000000)

typedef struct NewFactor {
    const char *factor_type, *friendly_name, *phone;
} NewFactor;
/* Begins an enrolment; `*secret` is the TOTP secret (base32), else NULL. `recovery` (or NULL) gets a recovery code that is good once this factor is
 * the user's first (E_MFA_REQUIRED: there is one); the one from before is over. Audit: factor_in_progress. E_SESSION_GONE: the credential names no
 * session; E_BAD_VALUE (kind), E_FACTOR_OFF, E_MISSING and E_BAD_PHONE (phone), E_FACTOR_EXISTS, E_FACTOR_NAME_TAKEN (fault.text is the name),
 * E_FACTORS_MANY, E_MFA_REQUIRED. */
Err dir_factor_enroll(Ctx *ctx, const NewFactor *in, Factor **ret, const char **secret, const char **recovery);

/* A challenge of the factor; it is good until `*expires_at` (µs). Audit: challenge_created. A phone
 * gets its code: E_SMS_LIMIT, E_SMS_FAILED, E_HOOK. E_FACTOR_OFF. */
Err dir_factor_challenge(Ctx *ctx, const Factor *factor, const char **id, int64_t *expires_at);

/* Answers a challenge: the factor is verified, the session rises to aal2 with a new refresh token (those from before are over), the user's sessions
 * below aal2 end, other unverified factors of the kind go. Audit: verification_attempted. A step of TOTP counts once (RFC 6238 5.2). E_SESSION_GONE,
 * E_FACTOR_OFF, E_NO_CHALLENGE, E_CHALLENGE_USED, E_CHALLENGE_OVER (fault.text is its id), E_WRONG_CODE (counted), E_RATE_LIMIT (FACTOR_TRIES). */
Err dir_factor_verify(Ctx *ctx, const Factor *factor, const char *challenge_id, const char *code, Grant *ret);

/* Takes a factor away; sessions that rose by it fall to aal1. Audit: factor_unenrolled. E_SESSION_GONE; E_MFA_REQUIRED: it is verified, the caller
 * not aal2. */
Err dir_factor_unenroll(Ctx *ctx, const Factor *factor);
/* The same by an administrator. Audit: factor_deleted. */
Err dir_factor_delete(Ctx *ctx, const User *user, const Factor *factor);
/* Another name or, for a phone factor, number ("" or NULL: as it is). Audit: factor_updated. E_BAD_PHONE, E_FACTOR_NAME_TAKEN, E_FACTOR_EXISTS. */
Err dir_factor_update(Ctx *ctx, const User *user, const Factor *factor, const char *friendly_name, const char *phone, Factor **ret);

/* ---- linking (spec/auth0.md 6) ---- */

/* The provider of an identity that was a user of its own; provider_id is the id that it had: provider|subject. */
#define LINKED_PROVIDER "auth0"

typedef struct DirLink {
    const char *user_id;            /* stays, or gives the identity back */
    const char *secondary_id;       /* linking: the user that becomes an identity */
    const char *identity_id;        /* linking: the identity that is the account itself, or NULL; unlinking: which one */
    const char *provider, *subject; /* the account's id */
    const char *connection;         /* its connection; where its address stands when somebody else has it by now */
    bool plain;                     /* the id is that of a user without a chosen one */
} DirLink;
/* The secondary user's row goes, with its metadata, sessions, refresh tokens and factors; its identities and addresses become the other one's, and
 * what it signed in by is kept. `*ret` is the one that stays. E_NO_USER; E_NOT_THIS_USER: the secondary one is not there. */
Err dir_user_link(Ctx *ctx, const DirLink *in, User **ret);
/* The account is a user again, with the id and password that it had, and without metadata. If it signs in by itself, all sessions of the user that
 * had it end: one of them may have begun with it. E_NO_USER, E_NOT_THIS_USER. */
Err dir_user_unlink(Ctx *ctx, const DirLink *in, User **ret);
/* What a linked account signs in by, and its address. NULL: stays as it is. An address that changes is not verified unless the same change says so.
 */
typedef struct LinkedPatch {
    const char *email, *phone, *username, *password;
    const bool *email_verified, *phone_verified;
    const UserPolicy *policy; /* of the password */
} LinkedPatch;
/* `*ret` is the user whose identity it is. E_NO_USER; E_NOT_THIS_USER: it is no linked account of the user; E_BAD_EMAIL, E_BAD_PHONE, E_EMAIL_TAKEN,
 * E_PHONE_TAKEN, E_USERNAME_TAKEN, E_WEAK_PASSWORD, E_LONG_PASSWORD, E_BUSY. */
Err dir_linked_update(Ctx *ctx, const char *user_id, const char *identity_id, const LinkedPatch *in, User **ret);

/* Whose identity is this? E_NOT_THIS_USER: nobody's. */
Err dir_identity_owner(Ctx *ctx, const char *provider, const char *provider_id, const char **ret);

Err dir_backup_codes_delete(Ctx *ctx, const char *user_id);
enum { MOST_BACKUP_CODES = 20 };

/* Is it a code of the user's TOTP, or one of its backup codes (which is then gone)? Neither counts twice. E_NO_FACTOR: the user has neither;
 * E_BAD_VALUE: it has TOTP alone, and the code has not its length; E_WRONG_CODE; E_NO_USER; E_BUSY. */
typedef enum CodeKind { CODE_TOTP, CODE_BACKUP } CodeKind;
Err dir_code_verify(Ctx *ctx, const char *user_id, const char *code, CodeKind *kind);

/* ---- pictures ---- */

/* "image/png", "image/jpeg", "image/gif" or "image/webp" by content, at most 4096 pixels a side by its header; NULL: none of these. */
const char *image_type(Str image);
/* In the place of the one there is. E_BAD_VALUE: not an image that is taken; E_TOO_LARGE: over 10 MiB; E_FEATURE_OFF; E_IO; E_BUSY; E_NO_USER. */
Err dir_image_put(Ctx *ctx, const char *user_id, Str image, User **ret);
/* OK if there is none. E_NO_USER. */
Err dir_image_delete(Ctx *ctx, const char *user_id, User **ret);
/* By its id (a UUID). E_NO_ROW. */
Err dir_image_read(Ctx *ctx, const char *id, Str *ret);

/* ---- lists ---- */

/* A page of users, in a total order (ties by created_at, then id, in the same direction; nulls last, but a created_at that is not
 * known is older than all others). A page at the offset
 * where the caller's last one ended goes on behind its last user, whoever was made or deleted meanwhile. */
Err dir_user_list(Ctx *ctx, const UserQuery *query, List *ret);
/* How many match, without paging. */
Err dir_user_count(Ctx *ctx, const UserQuery *query, int64_t *ret);
/* Both at once, which costs less than one after the other. `total` may be NULL. */
Err dir_user_page(Ctx *ctx, const UserQuery *query, List *ret, int64_t *total);
/* To be called every few seconds by any node: what was written goes into the kept counts; `all`: what others wrote, too. Nothing to do on SQLite. */
Err dir_counts_tend(Ctx *ctx, bool all);

/* ---- passwords and sign-in ---- */

/* Does the password verify? OK, E_WRONG_PASSWORD, E_NO_PASSWORD, E_FOREIGN_PASSWORD (another service keeps it), E_NO_USER, E_BUSY. Renews a weaker
 * hash. */
Err dir_password_verify(Ctx *ctx, const char *id, const char *password);

/* The rules for new passwords: OK, E_WEAK_PASSWORD (fault.reasons), E_LONG_PASSWORD. */
Err dir_password_check(Ctx *ctx, const UserPolicy *policy, const char *password);

/* A sign-in by password (RFC 6749 4.3). One of email, phone, username is set. Unknown user, no password and wrong password are all E_BAD_SIGN_IN and
 * take the same time. E_PROVIDER_OFF, E_BANNED, E_EMAIL_UNCONFIRMED, E_PHONE_UNCONFIRMED (all only after a right password), E_LOCKED (after too many
 * wrong ones: whatever the password, and of names that nobody has, too), E_BUSY. */
typedef struct SignIn {
    const char *email, *phone, *username, *password;
    const char *aud;        /* NULL: any */
    const char *connection; /* whose users alone are meant; NULL: any */
    bool unconfirmed_too;   /* an address that nobody confirmed will do */
    bool stop_at_factor;    /* a user with a verified factor of a kind in use gets no session: E_MFA_REQUIRED, with Grant.user set */
    bool linked_too;        /* accounts that were linked sign their user in */
} SignIn;

/* Starts a session (aal1, amr password) with its first refresh token; sets last_sign_in_at; audit: login. */
Err dir_sign_in(Ctx *ctx, const SignIn *in, Grant *ret);

/* The second step of a sign-in that stopped there: a code of the user's TOTP, or its recovery code, in whose place `*next` then stands. The session
 * is aal2. E_NO_USER, E_BANNED; E_NO_FACTOR: there is nothing of this kind; E_FACTOR_OFF; E_WRONG_CODE (of TOTP counted), E_RATE_LIMIT
 * (FACTOR_TRIES). Of codes the hook of second factors is asked: E_HOOK, E_HOOK_REJECTED. */
Err dir_sign_in_totp(Ctx *ctx, const char *user_id, const char *code, Grant *ret);
/* The same by the code of a challenge (dir_factor_challenge()) of a verified phone. E_NO_FACTOR, E_FACTOR_OFF, E_NO_CHALLENGE, E_CHALLENGE_USED,
 * E_CHALLENGE_OVER, E_WRONG_CODE (counted), E_RATE_LIMIT. */
typedef struct PhoneAnswer {
    const char *factor_id, *challenge_id, *code;
} PhoneAnswer;
Err dir_sign_in_phone(Ctx *ctx, const char *user_id, const PhoneAnswer *in, Grant *ret);
Err dir_sign_in_recovery(Ctx *ctx, const char *user_id, const char *code, const char **next, Grant *ret);

/* A user who makes itself and is signed in at once (spec/gotrue.md 3.1 with autoconfirm): dir_user_create(), then a session as dir_sign_in() makes
 * it, amr `password` or `anonymous`. E_USER_EXISTS (audit: user_repeated_signup), and the errors of dir_user_create(). */
Err dir_sign_up(Ctx *ctx, const NewUser *in, Grant *ret);

/* ---- sessions and refresh tokens (spec/gotrue.md 3.3) ---- */

/* One live child each, whatever comes at once. The user is one of dir_user_get_core(). E_NO_REFRESH_TOKEN, E_BANNED, E_SESSION_GONE,
 * E_SESSION_EXPIRED (fault.text says which way), E_REFRESH_REUSED (the family is then revoked, if rotation is on), E_BAD_VALUE (not of a token's
 * form). */
Err dir_session_refresh(Ctx *ctx, const char *token, Grant *ret);

/* The user and session of a user's credential; session_id may be NULL. `core`: the user is one of dir_user_get_core(), and the session says whether
 * it goes on (dir_session_check()), and its amr. E_SUBJECT_GONE, E_SESSION_GONE, E_BANNED (user, session are then set all the same). */
Err dir_session_load(Ctx *ctx, const char *user_id, const char *session_id, bool core, User **ret_user, Session **ret_session);
/* OK or E_SESSION_EXPIRED by timebox, inactivity, not_after. */
Err dir_session_check(Ctx *ctx, const Session *session);

/* A sign-in whose token cannot be made has not been: its session ends, and last_sign_in_at is what it was. What it used up is used. */
Err dir_sign_in_undo(Ctx *ctx, const Grant *grant);
typedef enum SignOutScope { SIGN_OUT_GLOBAL, SIGN_OUT_LOCAL, SIGN_OUT_OTHERS } SignOutScope;
/* Ends sessions of a user (audit: logout). Without a session_id all. */
Err dir_sign_out(Ctx *ctx, const User *user, const char *session_id, SignOutScope scope);

/* ---- sessions as administrators see them, sign-in tokens ---- */

/* A page of them, newest first, and how many there are. limit at most 500. */
Err dir_session_list(Ctx *ctx, const SessionQuery *in, List *ret, int64_t *total);
/* E_SESSION_GONE: there is none, or it ended some other way. */
Err dir_session_get(Ctx *ctx, const char *id, SessionShown **ret);
/* A session that lasts, of a user who may act; of `shown` what names it and its organization. E_SESSION_GONE: there is none like that. */
Err dir_session_acting(Ctx *ctx, const char *id, Session **ret, SessionShown **shown);
/* A session without refresh tokens, for `life` µs, in an organization (NULL: in none). E_NO_USER, E_BANNED, E_CONFLICT, E_NO_MEMBER. */
Err dir_session_begin(Ctx *ctx, const char *user_id, const char *organization_id, int64_t life, SessionShown **ret);
/* Ends it for good (audit: logout); it is shown as revoked for 30 days. E_SESSION_GONE. */
Err dir_session_end(Ctx *ctx, const char *id, SessionShown **ret);
/* For `life` µs, of new->user_id; an actor's with new->actor and session_life. E_NO_USER. */
Err dir_sign_in_token_create(Ctx *ctx, const SignInToken *new, int64_t life, SignInToken **ret);
/* `acts`: it is an actor's. E_NOT_THIS_USER: no such token; E_CONFLICT: it is not pending. */
Err dir_sign_in_token_revoke(Ctx *ctx, const char *id, bool acts, SignInToken **ret);
/* Sessions of a user, newest first. */
Err dir_user_sessions(Ctx *ctx, const char *user_id, List *ret);
/* Ends one, or all without a session_id (audit: logout, by the caller). E_SESSION_GONE: the user has none with this id. */
Err dir_user_sessions_end(Ctx *ctx, const char *user_id, const char *session_id);

/* ---- the audit trail ---- */

/* A page of it, newest first, and how many rows there are in all. */
Err dir_audit_list(Ctx *ctx, const AuditQuery *query, List *ret, int64_t *total);

/* ---- keys (hecate.keys) ---- */

/* The secret of this dialect and kind that is current, unsealed; made by `make` and stored when there is none (of several nodes one wins and all read
 * the same). `*made` tells. */
Err dir_key_load(Ctx *ctx, const char *dialect, const char *kind, Err (*make)(Ctx *ctx, Str *ret), Str *ret, bool *made);

/* A signing key. next: it is shown to who verifies, and signs nothing yet; previous: it signs no more, and what it signed is taken. */
typedef struct SigningKey {
    const char *id, *state; /* next, current, previous */
    int64_t created_at, retired_at;
    Str secret;
} SigningKey;
/* Those of a dialect in the order of their making, unsealed (SigningKey). E_BAD_CREDENTIAL: sealed by another data key. */
Err dir_keys_list(Ctx *ctx, const char *dialect, List *ret);
/* A text that is another one when a key of any dialect was added, turned or taken away. */
Err dir_keys_mark(Ctx *ctx, char **ret);
/* Adds one that waits. */
Err dir_key_add(Ctx *ctx, const char *dialect, Str secret);
/* The one that waits becomes the current one (of several the oldest). E_NO_ROW: none does. */
Err dir_key_turn(Ctx *ctx, const char *dialect);
/* E_NO_ROW: there is none; E_CONFLICT: it signs. */
Err dir_key_remove(Ctx *ctx, const char *id);

/* ---- checks ---- */

/* A broken invariant and how often (spec/security.md 0.1). */
typedef struct Broken {
    const char *name;
    int64_t count;
} Broken;
Err dir_check(Ctx *ctx, List *ret);

/* ---- cleanup.c ---- */

/* Takes away a batch of each kind of what is over, where that is switched on; `*more`: there may be more. */
Err dir_clean(Ctx *ctx, bool *more);

/* ---- what an operator puts in (audit: user_modified). E_NO_USER ---- */

/* An identity of another party, with its tokens; `*ret` is the identity's id. E_ID_TAKEN: a user has this account; E_BAD_EMAIL; E_TOO_LONG. */
Err dir_account_add(Ctx *ctx, const char *user_id, const ForeignAccount *in, const char **ret);
/* Its tokens. E_NO_ROW: none are kept; E_BAD_CREDENTIAL: they were sealed under another data key. */
Err dir_account_tokens(Ctx *ctx, const char *identity_id, ForeignAccount **ret);
/* E_ID_TAKEN: the credential is there. */
Err dir_passkey_add(Ctx *ctx, const char *user_id, const Passkey *in, const char **ret);
/* A list of Passkey, oldest first. */
Err dir_passkeys(Ctx *ctx, const char *user_id, List *ret);
/* E_NOT_THIS_USER. */
Err dir_passkey_delete(Ctx *ctx, const char *user_id, const char *passkey_id);
/* E_BAD_WALLET, E_WALLET_TAKEN. */
Err dir_wallet_add(Ctx *ctx, const char *user_id, const char *wallet, const char **ret);

/* ---- addresses that are let in, and those that are kept out ---- */

/* `list` is "allow" or "block". An e-mail address, `*@` and a domain, a phone number with its `+`, or a wallet. E_BAD_EMAIL, E_BAD_PHONE,
 * E_BAD_WALLET; E_CONFLICT: it is listed. */
Err dir_listed_create(Ctx *ctx, const char *list, const char *identifier, Listed **ret);
/* A page, newest first, and how many there are. limit at most 500. */
Err dir_listed_list(Ctx *ctx, const char *list, int64_t limit, int64_t offset, List *ret, int64_t *total);
/* E_NOT_THIS_USER: there is none. */
Err dir_listed_delete(Ctx *ctx, const char *list, const char *id);
/* Which lists count; NULL: as before. */
Err dir_lists_set(Ctx *ctx, const bool *allow, const bool *block, bool *allow_on, bool *block_on);

/* ---- URLs to be sent back to ---- */

/* E_CONFLICT: it is there. */
Err dir_redirect_create(Ctx *ctx, const char *url, RedirectUrl **ret);
/* A page, newest first, and how many there are. limit at most 500. */
Err dir_redirect_list(Ctx *ctx, int64_t limit, int64_t offset, List *ret, int64_t *total);
/* E_NO_ROW, both. */
Err dir_redirect_get(Ctx *ctx, const char *id, RedirectUrl **ret);
Err dir_redirect_delete(Ctx *ctx, const char *id);

/* ---- who waits to be invited to the application ---- */

/* An address that waits already stays as it is. E_BAD_EMAIL. */
Err dir_waiting_add(Ctx *ctx, const char *email, Waiting **ret);
/* A page, and how many there are. limit at most 500. */
Err dir_waiting_list(Ctx *ctx, const Waiting *query, List *ret, int64_t *total);
/* E_NO_ROW, all three. */
Err dir_waiting_get(Ctx *ctx, const char *id, Waiting **ret);
Err dir_waiting_set(Ctx *ctx, const char *id, const char *status, Waiting **ret);
Err dir_waiting_delete(Ctx *ctx, const char *id);

/* ---- addresses ---- */

/* A new address, or a change of one: only members marked in `given` count when it is a change. */
typedef struct AddressIn {
    Given given;
    const char *value;
    bool verified, primary, second_factor;
    bool reserved; /* kept for the user, not its own yet */
} AddressIn;

/* The user who has the e-mail address ("email") or phone number ("phone") of this id, and the address. E_NOT_THIS_USER: there is none. */
Err dir_address_get(Ctx *ctx, const char *kind, const char *id, User **ret_user, const Address **ret);
/* The user's first address becomes the primary one in any case; a further one only when it is verified. A phone number may be a second factor (a
 * factor of type `phone`). E_NO_USER, E_BAD_EMAIL, E_BAD_PHONE, E_EMAIL_TAKEN, E_PHONE_TAKEN; E_UNVERIFIED at primary or second_factor. */
Err dir_address_create(Ctx *ctx, const char *user_id, const char *kind, const AddressIn *in, User **ret_user, const Address **ret);
/* E_NOT_THIS_USER; E_UNVERIFIED. */
Err dir_address_update(Ctx *ctx, const char *kind, const char *id, const AddressIn *in, User **ret_user, const Address **ret);
/* Its sessions go on; the oldest other one that is verified becomes the primary one. E_NOT_THIS_USER; E_NO_IDENTIFIER: it is the last by which the
 * user is known. */
Err dir_address_delete(Ctx *ctx, const char *kind, const char *id);
/* One address in the place of all of its kind. The errors of dir_address_create(). */
Err dir_address_replace(Ctx *ctx, const char *user_id, const char *kind, const AddressIn *in, User **ret_user, const Address **ret);

/* Spec/gotrue.md 6.5: the e-mail in lower case; E_BAD_EMAIL with fault.text. */
Err email_read(Ctx *ctx, const char *text, const char **ret);
/* Digits without '+', E.164; E_BAD_PHONE. */
Err phone_read(Ctx *ctx, const char *text, const char **ret);
/* The key under which wallets are compared: 0x addresses in lower case, others as they are. E_BAD_WALLET. */
Err wallet_read(Ctx *ctx, const char *text, const char **ret);

#endif
