/* store.h: one short function a statement. Times, ids and documents as model.h says. Every function takes the place where it runs: db_auto(ctx) or a
 * transaction. Errors: those of db.h; a taken unique index as its own Err (unique.c); E_NO_ROW where one row is due and none is there. */
#ifndef HECATE_STORE_H
#define HECATE_STORE_H

#include "base/base.h"
#include "db/db.h"
#include "model/model.h"

extern const Stmt sql_stmts[];
extern const size_t sql_n;
extern const Migration store_migrations[];
extern const size_t store_migrations_n;

/* Names of unique indexes → Err; to db_unique_table() once. */
void store_init(void);

/* Makes what is missing of the schema (db_migrate()). A schema auth that another server made is taken over as it stands: nothing in it is
 * changed but for indexes named hecate_…. `applied` and errors: those of db_migrate(); errors of
 * store_takeover_check(), too; `why` gets one line. */
Err store_migrate(Db *db, bool *applied, Buf *why);

/* ---- users ---- */

/* What a write of a user carries beside the User itself. */
typedef struct UserRow {
    User user;
    const char *username_key, *digest_scheme;
    const char *profile_id;                                                                      /* read: not NULL if there is a profile */
    Identity identity;                                                                           /* read: one of the identities, or none (no id) */
    const char *identities_json, *addresses_json, *factors_json, *subjects_json, *passkeys_json; /* read: the parts, as documents */
} UserRow;
extern const Field user_cols[]; /* over UserRow */

Err store_user_get(Tx *tx, const char *id, User **ret);
Err store_user_get_core(Tx *tx, const char *id, User **ret); /* User.core */
Err store_user_get_for_update(Tx *tx, const char *id, User **ret);
Err store_user_get_by_subject(Tx *tx, const char *provider, const char *subject, User **ret);
Err store_user_get_by_email(Tx *tx, const char *email, const char *aud, User **ret);
Err store_user_get_by_phone(Tx *tx, const char *phone, const char *aud, User **ret);
Err store_user_get_by_username(Tx *tx, const char *username_key, User **ret);

/* Who holds an address: user and connection (NULL or "": the default). An empty list: nobody. */
typedef struct Holder {
    const char *id, *connection;
} Holder;
Err store_address_holders(Tx *tx, const char *kind, const char *value, List *ret);
/* Until the end of the transaction nobody else gets this far with the address: what its holders are afterwards stays so. */
Err store_address_lock(Tx *tx, const char *value);

Err store_user_insert(Tx *tx, const User *user, bool profile); /* with its profile? */
Err store_user_update(Tx *tx, const User *user);
/* Another hash of the same password; not when anything of the user changed since it was read. */
Err store_user_renew_password(Tx *tx, const User *seen, const char *hash, bool *renewed);
Err store_user_clear_tokens(Tx *tx, const char *id);
Err store_user_clear_confirmation(Tx *tx, const char *id);
Err store_user_delete(Tx *tx, const char *id);
Err store_user_soft_delete(Tx *tx, const User *user);
Err store_profile_put(Tx *tx, const User *user);
Err store_profile_delete(Tx *tx, const char *id);
Err store_password_put(Tx *tx, const User *user, const char *scheme);
Err store_password_delete(Tx *tx, const char *id);

Err store_identity_insert(Tx *tx, const Identity *identity);
Err store_identity_set_data(Tx *tx, const Identity *identity);
Err store_identity_delete(Tx *tx, const char *id);
Err store_address_insert(Tx *tx, const Address *address);
Err store_address_delete(Tx *tx, const char *id);

/* Who may have the address of this id: `owner` as well, where the id was computed from a user's. At most four users. */
Err store_users_by_address(Tx *tx, const char *id, const char *owner, List *ret);
Err store_address_update(Tx *tx, const Address *address);
/* The user whose id, with this kind, makes this id of an address. */
const char *store_address_owner(Arena *arena, const char *id, const char *kind);
/* A verified factor of type `phone`. */
Err store_phone_factor_insert(Tx *tx, const Factor *factor);
Err store_addresses_delete_all(Tx *tx, const char *user_id);
Err store_subject_insert(Tx *tx, const Subject *subject);
Err store_one_time_tokens_delete(Tx *tx, const char *user_id);
Err store_factors_delete(Tx *tx, const char *user_id);      /* factors and passkeys */
Err store_addresses_no_factor(Tx *tx, const char *user_id); /* none is a second factor any more */

/* ---- linked.c: accounts that were linked to another user ---- */

Err store_linked_insert(Tx *tx, const Linked *linked);
Err store_linked_get(Tx *tx, const char *identity_id, Linked **ret);
Err store_linked_find(Tx *tx, const char *email, const char *username_key, List *ret); /* either may be NULL */
Err store_linked_update(Tx *tx, const Linked *linked);                                 /* what it signs in by */
Err store_linked_delete(Tx *tx, const char *identity_id);
Err store_linked_delete_all(Tx *tx, const char *user_id);
/* One that keeps former_id, provider and subject, or username_key for itself; E_NO_ROW: none. */
Err store_linked_clash(Tx *tx, const Linked *wanted, Linked **ret);
Err store_identity_owner(Tx *tx, const char *provider, const char *provider_id, Identity **ret);
/* At most 16, oldest first: id, user, provider and data alone. */
Err store_identities_by_email(Tx *tx, const char *email, List *ret);
/* Identities (but those of e-mail and phone) and further addresses of a user become another one's. */
Err store_parts_move(Tx *tx, const char *user_id, const char *to_id);
Err store_identity_move(Tx *tx, const char *identity_id, const char *to_id);

/* Reads the parts of a row into the lists of its user and adds the addresses of auth.users (store/users.c). */
Err user_row_finish(Ctx *ctx, UserRow *row, User **ret);
/* The same for the rows of one user, each with an identity: `at` is where the UserRow stands in them. The first one holds the user. E_NO_ROW. */
Err user_rows_finish(Ctx *ctx, const List *rows, size_t at, User **ret);
/* The same of rows that have the core alone (User.core). */
Err user_rows_core(Ctx *ctx, const List *rows, size_t at, User **ret);

/* ---- lists (list.c) ---- */

Err store_user_list(Tx *tx, const UserQuery *query, List *ret);
Err store_user_count(Tx *tx, const UserQuery *query, int64_t *ret);
/* Both; what finds a deep page knows the count. `total` may be NULL. */
Err store_user_page(Tx *tx, const UserQuery *query, List *ret, int64_t *total);
/* PostgreSQL: what was counted of changes goes into the kept counts, or (`all`) the users are counted anew. To be done now and then by any node. */
Err store_counts_fold(Ctx *ctx, bool all);

/* ---- sessions and tokens ---- */

typedef struct SessionRow {
    UserRow row;
    Session session;
    Amr amr;              /* one of the claims, or none (no id) */
    const char *amr_json; /* or all, as a document */
    /* of the refresh token that was asked for */
    const char *token, *active_token, *active_parent; /* the active one: of store_refresh_active() alone */
    bool revoked;
    int64_t token_id, token_updated_at;
    int64_t session_row, user_row, log_head; /* SQLite, of store_refresh_load() alone: good for one transaction */
    const char *organization_id;             /* of store_session_acting() alone */
} SessionRow;
extern const Field session_cols[]; /* over SessionRow */

/* A token's user, and the session if it is that user's; without one (none named, gone, another's) its members are empty. `core`: as
 * store_session_load_core(). E_NO_ROW: no such user. */
Err store_subject_load(Tx *tx, const char *user_id, const char *session_id, bool core, SessionRow **ret);
/* A refresh token of version 1, or a session, with the core of its user (User.core); of the session what decides whether it goes on, and its amr.
 * Where session or user are gone their members are empty. E_NO_ROW. */
Err store_refresh_load(Tx *tx, const char *token, SessionRow **ret);
Err store_session_load_core(Tx *tx, const char *session_id, SessionRow **ret);
/* Reads the session's active token, NULL: it has none, together with the key and the counter of tokens of version 2. E_NO_ROW: the
 * session is gone. */
Err store_refresh_active(Tx *tx, SessionRow *row);
Err store_session_load(Tx *tx, const char *session_id, SessionRow **ret);
/* Of the user only what says whether it may act: id, banned_until, deleted_at. */
Err store_session_acting(Tx *tx, const char *session_id, SessionRow **ret);

/* What a sign-in or a refresh writes. */
typedef struct SessionWrite {
    const char *user_id, *session_id, *token, *child, *amr_id, *method, *aal, *user_agent, *ip, *tag;
    const char *refresh_token_hmac_key, *password; /* what a sign-in found in auth.users.encrypted_password, '' for NULL */
    int64_t token_id, counter;
    int64_t session_row, user_row, log_head; /* of the SessionRow that the same transaction loaded */
    bool audit;
    const char *event_1, *payload_1, *event_2, *payload_2;
    int64_t now, created_at, event_at; /* event_at: of the audit row of a sign-in */
    int64_t most, before;              /* wrong passwords after which a user is locked out; those up to `before` do not count */
} SessionWrite;
/* E_NO_ROW: the user is gone, or is locked out or has another password by now. */
Err store_sign_in(Tx *tx, const SessionWrite *in);
/* Counts a wrong password of in->user_id; false: there were too many before. */
Err store_try_count(Tx *tx, const SessionWrite *in, bool *counted);
Err store_try_time(Tx *tx, const char *id, int64_t *ret); /* when the last one was counted; 0: none is kept */
Err store_tries_forget(Tx *tx, int64_t before);
Err store_tries_delete(Tx *tx, const char *user_id);
/* `*swapped` is false if another was faster. */
Err store_refresh_swap(Tx *tx, const SessionWrite *in, bool *swapped);
Err store_refresh_lock_session(Tx *tx, const char *session_id);
Err store_refresh_revoke_family(Tx *tx, const SessionWrite *in);
Err store_session_touch(Tx *tx, const SessionWrite *in);
/* Raises the counter from `counter`, with the event; `*counted` is false if another was faster. */
Err store_session_count(Tx *tx, const SessionWrite *in, bool *counted);
/* A list of SessionWrite with the tags of sessions that began after in->created_at. */
Err store_session_newer(Tx *tx, const SessionWrite *in, List *ret);
/* The session's tokens are of version 2 from now on, under in->refresh_token_hmac_key if it has none; `ret` gets key and counter. E_NO_ROW. */
Err store_session_upgrade(Tx *tx, const SessionWrite *in, Session *ret);
Err store_sessions_delete_all(Tx *tx, const char *user_id);
/* last_sign_in_at is `before` again (0: never), unless there was another sign-in since `at`. */
Err store_sign_in_undo(Tx *tx, const char *user_id, int64_t at, int64_t before);
Err store_sessions_delete_one(Tx *tx, const char *user_id, const char *session_id);
Err store_sessions_delete_others(Tx *tx, const char *user_id, const char *session_id);
Err store_event_insert(Tx *tx, const Event *event);

/* ---- what administrators read (audit.c) ---- */

/* Reads the claims of a row into the list of its session. */
Err session_row_finish(Ctx *ctx, SessionRow *row);
Err store_user_sessions(Tx *tx, const char *user_id, List *ret);  /* Session, newest first */
Err store_audit_list(Tx *tx, const AuditQuery *query, List *ret); /* Event, newest first */
Err store_audit_count(Tx *tx, const AuditQuery *query, int64_t *ret);

/* ---- second factors (mfa.c) ---- */

/* A factor, one of its challenges (challenge_id NULL: no such challenge), what is counted beside it, and what a write needs. */
typedef struct FactorRow {
    Factor factor;
    const char *secret;
    int64_t last_step, tries, tries_since;
    const char *challenge_id, *ip_address, *otp_code;
    int64_t challenge_at, verified_at;
    const char *session_id, *amr_id, *method, *token;
    int64_t now, before;
} FactorRow;
/* By factor.id, factor.user_id and challenge_id. E_NO_ROW: no such factor. */
Err store_challenge_get(Tx *tx, const FactorRow *key, FactorRow **ret);

/* Statements of sql/mfa.sql that change something. */
typedef enum FactorWrite {
    FACTOR_INSERT, /* E_FACTOR_NAME_TAKEN, E_FACTOR_EXISTS (phone) */
    FACTOR_UPDATE, /* the same */
    FACTOR_DELETE,
    FACTOR_DELETE_STALE,
    FACTOR_DELETE_UNVERIFIED,
    FACTOR_AMR_DELETE,
    FACTOR_SESSIONS_LOWER,
    FACTOR_CHALLENGED, /* E_CONFLICT: another factor was challenged in the same microsecond */
    FACTOR_COUNT,
    FACTOR_VERIFY,
    CHALLENGE_INSERT,
    CHALLENGE_USE,
    AMR_PUT,
    SESSION_RAISE,
    REFRESH_REVOKE_SESSION,
    REFRESH_BEGIN,
    SESSIONS_DELETE_LOW,
} FactorWrite;
Err store_factor_write(Tx *tx, FactorWrite what, const FactorRow *row);

/* ---- backup codes (codes.c) ---- */

Err store_backup_codes(Tx *tx, const char *user_id, List *ret); /* BackupCode */
Err store_backup_code_insert(Tx *tx, const BackupCode *code);
Err store_backup_code_use(Tx *tx, const BackupCode *code, bool *used); /* false: it is gone */
Err store_backup_codes_delete(Tx *tx, const char *user_id);

/* ---- sessions as administrators see them, sign-in tokens (tickets.c) ---- */

Err store_session_list(Tx *tx, const SessionQuery *query, List *ret); /* SessionShown, newest first */
Err store_session_get(Tx *tx, const SessionQuery *query, SessionShown **ret);
/* Before it is deleted: this session, or all of the user. What ended before `before` is forgotten. */
Err store_session_remember(Tx *tx, const SessionQuery *key);
Err store_session_set_end(Tx *tx, const SessionQuery *key);
Err store_profile_active(Tx *tx, const char *user_id, int64_t now);
Err store_sign_in_token_insert(Tx *tx, const SignInToken *token);
Err store_sign_in_token_get(Tx *tx, const SignInToken *key, SignInToken **ret); /* by id and acts */
Err store_sign_in_token_revoke(Tx *tx, const SignInToken *key, bool *revoked);  /* at key->updated_at; false: it is not pending */

/* ---- what a user brought from another party (brought.c) ---- */

Err store_foreign_token_put(Tx *tx, const ForeignToken *token);
Err store_foreign_token_get(Tx *tx, const char *identity_id, ForeignToken **ret); /* E_NO_ROW */
Err store_passkey_insert(Tx *tx, const Passkey *passkey);                         /* E_ID_TAKEN: the credential is there */
/* Those brought along and those of the reference, oldest first: without the keys. */
Err store_passkeys_of(Tx *tx, const char *user_id, List *ret);
Err store_passkey_delete(Tx *tx, const Passkey *key, bool *deleted);

/* ---- addresses that are let in or kept out (listed.c) ---- */

Err store_listed_insert(Tx *tx, const Listed *listed);                       /* E_CONFLICT: the list has it */
Err store_listed_page(Tx *tx, const Listed *key, List *ret, int64_t *total); /* Listed, newest first */
Err store_listed_delete(Tx *tx, const Listed *key, bool *deleted);
Err store_listed_match(Tx *tx, const Listed *key, ListedMatch **ret);
Err store_switch_put(Tx *tx, const char *list, bool enabled);

/* ---- URLs to be sent back to (redirects.c) ---- */

Err store_redirect_insert(Tx *tx, const RedirectUrl *row);                          /* E_CONFLICT: it is there */
Err store_redirect_page(Tx *tx, const RedirectUrl *key, List *ret, int64_t *total); /* RedirectUrl, newest first */
Err store_redirect_get(Tx *tx, const RedirectUrl *key, RedirectUrl **ret);          /* E_NO_ROW */
Err store_redirect_delete(Tx *tx, const RedirectUrl *key);                          /* E_NO_ROW */

/* ---- who waits to be invited (waitlist.c) ---- */

Err store_waiting_page(Tx *tx, const Waiting *query, List *ret);  /* Waiting; in `like` % and _ are themselves */
Err store_waiting_get(Tx *tx, const Waiting *key, Waiting **ret); /* by id, or else by email; E_NO_ROW */
Err store_waiting_insert(Tx *tx, const Waiting *row);             /* nothing, where the address waits already */
Err store_waiting_set(Tx *tx, const Waiting *key);                /* the status; E_NO_ROW */
Err store_waiting_delete(Tx *tx, const Waiting *key);             /* E_NO_ROW */

/* ---- keys, checks ---- */

Err store_key_current(Tx *tx, const char *dialect, const char *kind, StoredKey **ret);
Err store_key_insert_first(Tx *tx, const StoredKey *key);
/* StoredKey in the order of their making; dialect NULL: all, by id, without what is sealed. */
Err store_key_list(Tx *tx, const char *dialect, const char *kind, List *ret);
/* The current key of next->dialect and next->kind becomes a previous one (at retired_at), and `next` the current one: 0 changed if it does not wait.
 */
Err store_key_turn(Tx *tx, const StoredKey *next, int64_t *changed);
Err store_key_delete(Tx *tx, const char *id, int64_t *changed); /* 0: there is none, or it is the current one */
/* Rows of { name, count }. */
typedef struct CheckRow {
    const char *name;
    int64_t count;
} CheckRow;
Err store_check_invariants(Tx *tx, List *ret);

/* ---- cleanup.c ---- */

typedef enum CleanStep {
    CLEAN_TOKENS,
    CLEAN_LIVE,
    CLEAN_ENDED,
    CLEAN_TIMEBOX,
    CLEAN_INACTIVE,
    CLEAN_RELAY_STATES,
    CLEAN_FLOWS,
    CLEAN_CLIENT_STATES,
    CLEAN_CHALLENGES,
    CLEAN_FACTORS,
    CLEAN_CEREMONIES,
    CLEAN_STEPS
} CleanStep;
/* Now, and the times before which things are over. */
typedef struct CleanKey {
    int64_t now, day, three_days, month, timebox, inactive;
} CleanKey;
typedef struct CleanId {
    const char *id;
} CleanId;
/* Takes away a batch, if there is any; the number of rows. */
Err store_clean(Tx *tx, CleanStep step, const CleanKey *key, int64_t *changed);
/* Anonymous users whose time is over: a list of CleanId, up to 100. */
Err store_clean_anonymous(Tx *tx, const CleanKey *key, List *ret);

#endif
