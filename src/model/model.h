/* model.h: what the directory knows, as plain structs. Texts are NUL-terminated and live in the request's arena; times are
 * microseconds since 1970 (0: not set); ids are UUIDs in lower case; documents (meta_*, data) are compact JSON text. */
#ifndef HECATE_MODEL_H
#define HECATE_MODEL_H

#include "base/base.h"
#include "base/field.h"

/* auth.identities: one way in which a user is known. `provider` is "email", "phone", "google", … */
typedef struct Identity {
    const char *id, *user_id;
    const char *provider, *provider_id; /* unique together; provider_id is the user's id for e-mail and phone */
    const char *data;                   /* identity_data */
    const char *email;                  /* lower case, from the data */
    int64_t last_sign_in_at, created_at, updated_at;
} Identity;

typedef enum AddressKind { ADDRESS_EMAIL, ADDRESS_PHONE, ADDRESS_WEB3 } AddressKind;

/* An address of a user: the first of a kind stands in auth.users, further ones in hecate.addresses. */
typedef struct Address {
    const char
        *id; /* of its row; for those of auth.users a UUID computed from user and kind, unless the profile has one: it stays when primaries change */
    const char *user_id;
    const char *kind;  /* "email", "phone", "web3" */
    const char *value; /* e-mail in lower case, phone in digits without '+' */
    const char *value_key;
    const char *connection; /* "" but for addresses that Auth0 allows twice */
    int64_t verified_at, created_at, updated_at;
    bool reserved, second_factor;
    bool primary; /* it is the one of auth.users, or the first wallet */
} Address;

/* auth.mfa_factors */
typedef struct Factor {
    const char *id, *user_id, *friendly_name, *factor_type, *status, *phone;
    int64_t created_at, updated_at, last_challenged_at;
} Factor;

/* hecate.subjects: an id of the form provider|subject that a caller chose. */
typedef struct Subject {
    const char *provider, *subject, *user_id, *connection;
    int64_t created_at;
} Subject;

/* hecate.linked: an account that was linked to another user, whose identity it is now. */
typedef struct Linked {
    const char *identity_id, *former_id;
    const char *provider, *subject, *connection; /* the former id, and its connection ("" is the default one) */
    const char *email, *phone, *username, *username_key;
    const char *digest;   /* its password hash; never leaves the directory */
    const char *owner_id; /* read: whose identity it is */
    int64_t created_at;
} Linked;

/* A session as an administrator sees it; `method` is the first by which it was made. */
typedef struct AccountSession {
    const char *id, *user_id, *user_agent, *ip, *aal, *method;
    const char *session_metadata, *token_metadata; /* NULL: none */
    const char *client_id;                         /* NULL: nobody said */
    const char *audience, *scopes;                 /* what its refresh token is for; NULL: /userinfo alone */
    int64_t created_at, updated_at, refreshed_at, not_after;
    int64_t ended_at; /* its refresh token goes on without it */
} AccountSession;

/* hecate.email_factors: a second factor by e-mail. */
typedef struct EmailFactor {
    const char *id, *user_id, *name, *email;
    int64_t created_at;
} EmailFactor;

/* hecate.resource_servers: an API whose scopes are permissions. */
typedef struct Scope {
    const char *value, *description;
} Scope;
typedef struct ResourceServer {
    const char *id, *identifier, *name, *signing_alg;
    const char *token_dialect; /* "access_token", "access_token_authz", or NULL: the first of them */
    bool allow_offline_access, skip_consent;
    bool enforce_policies;                          /* users get the scopes alone that are their permissions */
    int64_t token_lifetime, token_lifetime_for_web; /* s */
    int64_t created_at;
    const char *scopes_json;
    List scopes; /* Scope */
} ResourceServer;

/* hecate.connections: where users of Auth0 come from. Documents may be NULL but for options. */
typedef struct Connection {
    const char *id, *name, *strategy, *display_name, *options, *enabled_clients, *realms, *metadata;
    bool is_domain_connection, show_as_button;
    int64_t created_at;
} Connection;

/* hecate.clients: programs that ask Auth0's token endpoint. `document` is what its API shows of one. */
typedef struct Application {
    const char *id, *sealed, *app_type, *document;
    bool is_first_party;
    int64_t created_at;
    const char *secret; /* unsealed; of a client that was looked for by its id alone */
} Application;
/* hecate.client_credentials: a public key of a client. */
typedef struct ClientCredential {
    const char *id, *client_id, *name, *kid, *alg, *pem;
    int64_t created_at, updated_at, expires_at; /* 0: no end */
} ClientCredential;
/* hecate.client_grants; `scopes` is a document, an array of texts. */
typedef struct ClientGrant {
    const char *id, *client_id, *audience, *scopes, *organization_usage;
    bool allow_any_organization;
    int64_t created_at;
} ClientGrant;

/* hecate.roles, and who has one since when. */
typedef struct Role {
    const char *id, *name, *description;
    int64_t created_at;
} Role;
typedef struct RoleUser {
    const char *user_id;
    int64_t created_at;
} RoleUser;

/* A permission and whence it comes: role_id and role_name are "" for one that is given directly. */
typedef struct Permission {
    const char *name, *description, *server_name, *identifier, *role_id, *role_name;
} Permission;

/* hecate.organizations. What is counted is read, never written. */
typedef struct Organization {
    const char *id;
    const char *short_id; /* "org_" and 16 letters and digits */
    const char *name, *slug;
    const char *public_metadata, *private_metadata, *branding; /* documents; NULL reads as {}, branding as none */
    int64_t max_memberships;                                   /* 0: no limit */
    bool admin_delete_enabled;
    const char *image_id, *created_by; /* NULL: none */
    int64_t created_at, updated_at;
    int64_t members, admins, pending; /* pending: invitations that are open */
} Organization;

/* hecate.memberships: who is in an organization; one role of two. */
#define ROLE_ADMIN "admin"
#define ROLE_MEMBER "member"
typedef struct User User;
typedef struct Membership {
    const char *id, *organization_id, *user_id, *role;
    const char *public_metadata, *private_metadata;
    int64_t created_at, updated_at;
    const Organization *organization; /* where an operation says so */
    const User *user;
} Membership;

/* hecate.invitations: to an organization, or (organization_id NULL) to the application itself. */
typedef struct Invitation {
    const char *id;
    const char *short_id; /* "uinv_" and 16 letters and digits */
    const char *organization_id, *email, *role, *inviter_id;
    const char *public_metadata, *private_metadata;
    const char *details; /* a document that only its maker reads */
    const char *status;  /* pending, accepted, revoked, expired: as it is now */
    const char *url;     /* where the invited land, or NULL */
    const char *mail;    /* of a new one: the link that a letter to the invited carries; NULL: no letter */
    int64_t created_at, updated_at, expires_at;
    const Organization *organization; /* where an operation says so */
    const User *inviter;
} Invitation;

/* auth.users and, beside it, hecate.profiles; and the lists that belong to a user. */
struct User {
    const char *id, *aud, *role;
    const char *email, *phone;      /* NULL: none */
    const char *encrypted_password; /* never leaves the directory */
    int64_t email_confirmed_at, phone_confirmed_at, confirmed_at, invited_at;
    int64_t confirmation_sent_at, recovery_sent_at, email_change_sent_at, phone_change_sent_at, reauthentication_sent_at;
    int64_t last_sign_in_at, banned_until, deleted_at, created_at, updated_at;
    const char *email_change, *phone_change; /* pending, "" or NULL: none */
    const char *meta_app, *meta_user;        /* NULL reads as {} */
    bool is_sso_user, is_anonymous;
    bool core; /* read is this alone, with identities and factors, and no password: what GoTrue shows */

    /* hecate.profiles; a user that another server made has none, and defaults hold */
    bool has_profile;
    const char *username, *first_name, *last_name;
    const char *name, *nickname, *picture, *given_name, *family_name;
    const char *locale, *external_id, *meta_private, *connection, *last_ip, *image_id;
    bool blocked_shown, delete_self_enabled, create_organization_enabled, bypass_client_trust;
    int64_t create_organizations_limit; /* -1: none */
    int64_t logins_count;
    int64_t failed_attempts, failed_at; /* wrong passwords since the last right one, and when the last was; see user_tries_left() */
    int64_t legal_accepted_at, last_active_at, password_set_at, last_password_reset_at, locked_at, locked_until;
    int64_t mfa_enabled_at, mfa_disabled_at, profile_updated_at;
    int64_t backup_codes;                      /* how many are left */
    int64_t password_compromised_at;           /* others know it: no sign-in by it */
    const char *email_id, *phone_id, *web3_id; /* ids of the primary addresses; NULL: computed, and the oldest wallet */
    const char *digest;                        /* hecate.passwords: a hash that the Go server cannot read; never leaves the directory */

    const char *sort_text; /* of a list that is sorted by a text: this one's */

    List identities; /* Identity, oldest first */
    List addresses;  /* Address, the ones of auth.users first, then by age */
    List factors;    /* Factor */
    List subjects;   /* Subject, oldest first */
    List passkeys;   /* Passkey, oldest first: without the keys */
};

/* auth.sessions */
typedef struct Session {
    const char *id, *user_id, *factor_id, *aal, *user_agent, *ip, *tag, *oauth_client_id, *scopes;
    const char *refresh_token_hmac_key;
    int64_t refresh_token_counter;
    int64_t created_at, updated_at, not_after, refreshed_at;
    List amr; /* Amr, newest first */
} Session;

/* A session as administrators see it, also one that they ended. */
typedef struct SessionShown {
    const char *id, *user_id;
    const char *status;                                      /* active, expired, revoked */
    int64_t created_at, updated_at, refreshed_at, not_after; /* not_after 0: no end of its own */
    int64_t total;                                           /* in a list: how many there are in all */
    const char *organization_id;                             /* in which it is, NULL: in none */
} SessionShown;

typedef struct SessionQuery {
    const char *id, *user_id, *status; /* of a list: user and status; NULL: any */
    int64_t limit, offset;
    int64_t now, before, not_after; /* filled by the directory */
} SessionQuery;

/* hecate.sign_in_tokens; `acts`: it is an actor's, who signs in for the user. */
typedef struct SignInToken {
    const char *id, *user_id, *status; /* pending, accepted, revoked */
    const char *token;                 /* only of a new one: its digest is what is kept */
    const char *token_sum, *actor;     /* actor: an object, of whom `acts` */
    bool acts;
    int64_t created_at, updated_at, expires_at, session_life; /* session_life: s, 0: as the server has it */
} SignInToken;

/* hecate.listed: an address that is let in (list `allow`) or kept out (`block`); kind as an Address has it. */
typedef struct Listed {
    const char *id, *list, *kind;
    const char *identifier; /* folded, or `*@domain` */
    const char *wildcard;   /* of a question: `*@domain` of the address */
    bool enabled;           /* of a switch */
    int64_t created_at, limit, offset, total;
} Listed;
typedef struct ListedMatch {
    bool allow_on, block_on, allowed, blocked;
} ListedMatch;

/* hecate.redirect_urls */
typedef struct RedirectUrl {
    const char *id, *url;
    int64_t created_at, limit, offset, total; /* the last three of a list */
} RedirectUrl;

/* hecate.waitlist; status: pending, invited, completed (it was invited, and is a user), rejected. */
typedef enum WaitingSort { WAITING_CREATED, WAITING_CHANGED, WAITING_EMAIL } WaitingSort;
typedef struct Waiting {
    const char *id, *email, *status;
    int64_t created_at, updated_at;
    const char *like; /* these of a list; part of the address, or NULL */
    WaitingSort sort;
    bool ascending;
    int64_t limit, offset, total;
} Waiting;

/* hecate.token_templates: what a token of a session says beside our own claims. */
typedef struct TokenTemplate {
    const char *id, *name;
    const char *claims;     /* an object; its texts may ask for what the token is about */
    const char *algorithm;  /* of the signature */
    const char *sealed_key; /* a key of its own; NULL: the server's */
    int64_t lifetime, skew; /* s: how long the token is good, and how much earlier it is good already */
    int64_t created_at, updated_at;
    int64_t limit, offset, total; /* of a list */
} TokenTemplate;

/* An account of another party, as it is put in. */
typedef struct ForeignAccount {
    const char *provider, *provider_id; /* provider as auth.identities has it: "google" */
    const char *email, *name, *first_name, *last_name, *username, *image_url, *scopes, *label;
    bool email_verified, phone_verified;
    const char *token, *refresh_token, *id_token, *token_secret; /* token NULL: none is kept */
    int64_t expires_at;                                          /* of the token */
} ForeignAccount;

/* hecate.foreign_tokens; id is the identity's. */
typedef struct ForeignToken {
    const char *id, *sealed;
    int64_t expires_at;
} ForeignToken;

/* hecate.passkeys */
typedef struct Passkey {
    const char *id, *user_id, *name, *credential_id, *public_key;
    int64_t created_at, last_used_at;
} Passkey;

/* hecate.backup_codes */
typedef struct BackupCode {
    const char *id, *user_id, *digest;
    int64_t created_at;
} BackupCode;

/* auth.mfa_amr_claims (RFC 8176's amr, in GoTrue's words) */
typedef struct Amr {
    const char *id, *session_id, *method;
    int64_t created_at, updated_at;
} Amr;

/* auth.refresh_tokens */
typedef struct RefreshToken {
    int64_t id;
    const char *token, *user_id, *parent, *session_id;
    bool revoked;
    int64_t created_at, updated_at;
} RefreshToken;

/* auth.audit_log_entries */
typedef struct Event {
    const char *id, *payload, *ip_address;
    const char *about; /* as it is added: the user that it was done to, else who did it */
    int64_t created_at;
} Event;

/* Rows of the audit trail: each text is looked for anywhere and without regard to case, `%` and `_` in it are wildcards; NULL: no condition. */
typedef struct AuditQuery {
    const char *author; /* user name or full name of the actor */
    const char *action, *type;
    int64_t limit, offset;
} AuditQuery;

/* hecate.keys */
typedef struct StoredKey {
    const char *id, *dialect, *kind, *alg, *sealed, *state;
    int64_t created_at, retired_at;
} StoredKey;

/* ---- lists of users ---- */

typedef enum UserSort {
    SORT_CREATED_AT,
    SORT_UPDATED_AT,
    SORT_EMAIL,
    SORT_PHONE,
    SORT_USERNAME,
    SORT_FIRST_NAME,
    SORT_LAST_NAME,
    SORT_LAST_ACTIVE_AT,
    SORT_LAST_SIGN_IN_AT,
    SORT_NAME,
    SORT_LOGINS_COUNT,
    SORT_WEB3,
    SORT_NICKNAME,
    SORT_GIVEN_NAME,
    SORT_FAMILY_NAME
} UserSort;

/* What a condition may ask about. */
typedef enum UserField {
    UF_ID,      /* the UUID */
    UF_USER_ID, /* provider|subject */
    UF_EMAIL,
    UF_EMAIL_VERIFIED,
    UF_PHONE /* with '+' */,
    UF_PHONE_VERIFIED,
    UF_USERNAME,
    UF_NAME,
    UF_NICKNAME,
    UF_GIVEN_NAME,
    UF_FAMILY_NAME,
    UF_BLOCKED,
    UF_LOGINS_COUNT,
    UF_LAST_LOGIN,
    UF_LAST_IP,
    UF_CREATED_AT,
    UF_UPDATED_AT,
    UF_PROVIDER,
    UF_CONNECTION,   /* NULL: the default one */
    UF_PROVIDER_ID,  /* of identities other than e-mail and phone */
    UF_ORGANIZATION, /* short ids of the organizations that the user is in */
    UF_META_USER,
    UF_META_APP, /* documents: `path` says which member */
    EF_ID,       /* of events of the audit trail, from here on: the UUID */
    EF_ACTION,
    EF_USER_ID,   /* whom it is about: the UUID as text */
    EF_USER_NAME, /* its address, or the name of whoever did it */
    EF_IP,
    EF_DATE,
    UF_COUNT
} UserField;

/* A tree of conditions on users, or on events. What is absent meets no test: not even "not equal", but for COND_NOT around it. */
typedef enum CondKind {
    COND_AND,
    COND_OR,
    COND_NOT, /* a, b */
    COND_NOBODY,
    COND_EXISTS, /* an empty array, an empty object and null do not */
    COND_EQUAL,  /* low */
    COND_MATCH,  /* pieces, with anything between them */
    COND_RANGE,  /* low, high; F_END: no bound */
    COND_AMONG,  /* low: texts between commas, with one before the first and one behind the last */
} CondKind;

typedef struct CondValue {
    FieldKind kind; /* F_TEXT, F_BOOL, F_INT, F_DOUBLE, F_TIME */
    const char *text;
    int64_t number;
    double real;
    bool without; /* the bound itself is left out */
} CondValue;

typedef struct Cond {
    CondKind kind;
    struct Cond *a, *b;
    UserField field;
    Texts path;
    CondValue low, high;
    Texts pieces;
} Cond;

/* All conditions hold together; of a list any one. NULL, 0 and empty: no condition. Texts of *_like are matched anywhere, without case;
 * `%` and `_` in them stand for themselves. */
/* Parts of a user, which have rows of their own. */
typedef enum UserPart {
    USER_IDENTITIES = 1,
    USER_ACCOUNTS = 2, /* instead: identities of other parties alone, without those by e-mail and phone */
    USER_ADDRESSES = 4,
    USER_FACTORS = 8,
    USER_SUBJECTS = 16,
    USER_PASSKEYS = 32,
    USER_WHOLE = USER_IDENTITIES | USER_ADDRESSES | USER_FACTORS | USER_SUBJECTS | USER_PASSKEYS,
} UserPart;

typedef struct UserQuery {
    Given given;
    const char *aud;
    Texts ids, not_ids, emails, phones, usernames, external_ids, not_external_ids, web3;
    Texts organizations, not_organizations; /* ids: in one of them, in none of them */
    const char *filter;                     /* GoTrue's: e-mail LIKE %f% (case counts, wildcards work) or meta_user.full_name ILIKE %f% */
    const char *any_like, *email_like, *phone_like, *username_like, *name_like;
    bool banned;            /* with HAS(): only these, or only the others */
    const char *connection; /* Auth0's */
    const Cond *where;      /* NULL: none */
    const char *provider;   /* with an identity of this provider whose id there is one of provider_ids */
    Texts provider_ids;
    bool plain;  /* addresses that stand in a connection of Auth0's alone do not count */
    bool living; /* without those whose row was kept after their deletion */
    int64_t created_after, created_before, last_sign_in_after, last_sign_in_before, last_active_after, last_active_before, last_active_since;
    UserSort sort;
    bool ascending;
    int64_t limit, offset; /* limit ≥ 1; offset ≥ 0 */
    const char *after_id;  /* the page behind this user */
    int64_t
        after_created_at;   /* with after_id: when that user was made, if the caller knows (it may be gone); else it is looked up (SORT_CREATED_AT) */
    const char *after_text; /* with after_id, where the order is another: what the user was sorted by; both none: it has nothing there */
    int64_t after_number;
    unsigned parts; /* UserPart: what is read beside the user's own columns */
} UserQuery;

/* ---- lists of organizations and what belongs to them: newest first unless they say otherwise ---- */

typedef enum OrganizationSort { ORGANIZATION_CREATED_AT, ORGANIZATION_NAME, ORGANIZATION_SLUG, ORGANIZATION_MEMBERS } OrganizationSort;

/* All conditions hold together; limit ≥ 1. */
typedef struct OrganizationQuery {
    Texts ids, not_ids, user_ids, not_user_ids; /* user_ids: with one of these in it */
    const char *query;                          /* in name or slug, without case; NULL: no condition */
    const char *query_id;                       /* or with this id */
    OrganizationSort sort;
    bool ascending;
    int64_t limit, offset;
    const char *after_id; /* with ORGANIZATION_CREATED_AT: behind this one … */
    int64_t after;        /* … made then; 0: from the start */
} OrganizationQuery;

/* Memberships: of the users that `users` finds, in its order, but that SORT_CREATED_AT is the time when the membership began. */
typedef struct MemberQuery {
    UserQuery users;
    const char *organization_id; /* NULL: of any */
    Texts roles;                 /* empty: any */
    const char *after_id;        /* behind the membership of this user … */
    int64_t after;               /* … that began then; 0: from the start */
} MemberQuery;

typedef struct InvitationQuery {
    const char *organization_id; /* NULL: of any */
    bool application;            /* those without an organization alone; else those with one */
    Texts emails, statuses;      /* empty: any */
    const char *email_like;      /* part of the address; NULL: no condition */
    bool by_email, by_expiry, ascending;
    int64_t limit, offset, now; /* now: filled by the directory */
} InvitationQuery;

#endif
