/* gotrue.h: the class GoTrueAdminApi of @supabase/auth-js and the module Supabase.GoTrue.Admin of supabase-ex, one function per method. */
#ifndef HECATE_API_GOTRUE_H
#define HECATE_API_GOTRUE_H

#include "hecate.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct GotrueAdmin GotrueAdmin;

typedef struct HecateGotrueIdentity {
    const char *identity_id, *id, *user_id, *provider, *email;
    const char *identity_data; /* JSON */
    int64_t last_sign_in_at, created_at, updated_at;
} HecateGotrueIdentity;

typedef struct HecateGotrueIdentities {
    HecateGotrueIdentity **items;
    size_t count;
} HecateGotrueIdentities;

typedef struct HecateGotrueFactor {
    const char *id, *status, *friendly_name, *factor_type, *phone;
    int64_t created_at, updated_at, last_challenged_at;
} HecateGotrueFactor;

typedef struct HecateGotrueFactors {
    HecateGotrueFactor **items;
    size_t count;
} HecateGotrueFactors;

typedef struct HecateGotrueUser {
    const char *id, *aud, *role;
    const char *email, *phone; /* "" is none */
    const char *new_email, *new_phone;
    const char *app_metadata, *user_metadata; /* JSON */
    int64_t email_confirmed_at, phone_confirmed_at, confirmed_at, invited_at, confirmation_sent_at, recovery_sent_at;
    int64_t email_change_sent_at, phone_change_sent_at, reauthentication_sent_at, last_sign_in_at;
    int64_t created_at, updated_at, banned_until, deleted_at;
    bool is_anonymous;
    HecateGotrueIdentities identities; /* the list of users leaves them out */
    HecateGotrueFactors factors;
    const char *raw; /* the whole answer; NULL for a user in a list, whose raw has it */
} HecateGotrueUser;

typedef struct HecateGotrueUserList {
    HecateGotrueUser **users;
    size_t count;
    const char *aud;
    int64_t total;                /* of all pages; -1 if the server did not say */
    int64_t next_page, last_page; /* 0 is none */
    const char *raw;
} HecateGotrueUserList;

typedef struct HecateGotrueFactorList {
    HecateGotrueFactor **items;
    size_t count;
    const char *raw;
} HecateGotrueFactorList;

typedef struct HecateGotrueIdentityList {
    HecateGotrueIdentity **items;
    size_t count;
    const char *raw;
} HecateGotrueIdentityList;

typedef struct HecateGotrueSession {
    const char *id, *user_id, *factor_id, *aal, *user_agent, *ip;
    HecateStrings amr; /* how the user signed in: "password", "totp" */
    int64_t created_at, updated_at, refreshed_at, not_after;
} HecateGotrueSession;

typedef struct HecateGotrueSessionList {
    HecateGotrueSession **items;
    size_t count;
    const char *raw;
} HecateGotrueSessionList;

/* A link that was made and not sent. Whoever holds it, or the code, signs in as the user. */
typedef struct HecateGotrueLink {
    HecateGotrueUser user; /* its raw is NULL */
    const char *action_link, *email_otp, *hashed_token, *verification_type, *redirect_to;
    const char *raw;
} HecateGotrueLink;

/* AdminUserAttributes. `password_hash` and `id` count at creation only. */
typedef struct HecateGotrueAttributes {
    HecateText email, phone, password, password_hash;
    HecateBool email_confirm, phone_confirm;
    HecateText user_metadata, app_metadata; /* JSON objects; in an update keys are merged, and null removes one */
    HecateText role, aud, id;
    HecateText ban_duration; /* "24h", "1h30m"; "none" lifts the ban */
} HecateGotrueAttributes;

typedef struct HecateGotruePage {
    HecateInt page, per_page;
    HecateText filter, sort; /* part of an address or a name; "created_at desc" */
    HecateText email, phone; /* exact; servers that know no such look-up pass over them */
} HecateGotruePage;

typedef struct HecateGotrueInvitation {
    HecateText data;        /* JSON object: the new user's user_metadata */
    HecateText redirect_to; /* where the link in the mail ends */
} HecateGotrueInvitation;

/* GenerateLinkParams. `type`: signup, invite, magiclink, recovery, email_change_current or email_change_new. */
typedef struct HecateGotrueLinkInput {
    HecateText type, email;
    HecateText password;  /* signup alone, and due there */
    HecateText new_email; /* email_change_… alone, and due there */
    HecateText data;      /* JSON object: user_metadata; signup, invite, magiclink */
    HecateText redirect_to;
} HecateGotrueLinkInput;

/* HECATE_INVALID (NULL is returned): options.url is missing or no URL, or a header cannot be sent. HECATE_NOMEM. */
HECATE_API GotrueAdmin *gotrue_admin_new(const HecateOptions *options, HecateError *error);
HECATE_API void gotrue_admin_free(GotrueAdmin *admin);

/* createUser: POST /admin/users. Free the user with gotrue_user_free(). */
HECATE_API HecateStatus gotrue_admin_create_user(GotrueAdmin *admin, const HecateGotrueAttributes *attributes, HecateGotrueUser **ret,
                                                 HecateError *error);
/* getUserById: GET /admin/users/{id}. The id is a UUID, else HECATE_INVALID, here and below. */
HECATE_API HecateStatus gotrue_admin_get_user_by_id(GotrueAdmin *admin, const char *id, HecateGotrueUser **ret, HecateError *error);
/* listUsers: GET /admin/users. `page` may be NULL. Free with gotrue_user_list_free(). */
HECATE_API HecateStatus gotrue_admin_list_users(GotrueAdmin *admin, const HecateGotruePage *page, HecateGotrueUserList **ret, HecateError *error);
/* updateUserById: PUT /admin/users/{id} */
HECATE_API HecateStatus gotrue_admin_update_user_by_id(GotrueAdmin *admin, const char *id, const HecateGotrueAttributes *attributes,
                                                       HecateGotrueUser **ret, HecateError *error);
/* deleteUser: DELETE /admin/users/{id}. `soft` keeps the row and hashes what it says of the person. */
HECATE_API HecateStatus gotrue_admin_delete_user(GotrueAdmin *admin, const char *id, bool soft, HecateError *error);
/* signOut: POST /logout?scope=… with the user's own access token. `scope` is "global", "local", "others", or NULL for "global".
 */
HECATE_API HecateStatus gotrue_admin_sign_out(GotrueAdmin *admin, const char *jwt, const char *scope, HecateError *error);
/* inviteUserByEmail: POST /invite. Makes the user, and sends the mail. `invitation` may be NULL. */
HECATE_API HecateStatus gotrue_admin_invite_user_by_email(GotrueAdmin *admin, const char *email, const HecateGotrueInvitation *invitation,
                                                          HecateGotrueUser **ret, HecateError *error);
/* generateLink: POST /admin/generate_link. No mail is sent. Free with gotrue_link_free(). */
HECATE_API HecateStatus gotrue_admin_generate_link(GotrueAdmin *admin, const HecateGotrueLinkInput *input, HecateGotrueLink **ret,
                                                   HecateError *error);
/* mfa.listFactors: GET /admin/users/{id}/factors. Free with gotrue_factor_list_free(). */
HECATE_API HecateStatus gotrue_admin_list_factors(GotrueAdmin *admin, const char *id, HecateGotrueFactorList **ret, HecateError *error);
/* mfa.deleteFactor; delete_factor: DELETE /admin/users/{id}/factors/{factor_id}. Both are UUIDs. */
HECATE_API HecateStatus gotrue_admin_delete_factor(GotrueAdmin *admin, const char *id, const char *factor_id, HecateError *error);

/* Beyond auth-js; a server without these routes answers with 404. */
/* list_identities: GET /admin/users/{id}/identities. Free with gotrue_identity_list_free(). */
HECATE_API HecateStatus gotrue_admin_list_identities(GotrueAdmin *admin, const char *id, HecateGotrueIdentityList **ret, HecateError *error);
/* delete_identity: DELETE /admin/users/{id}/identities/{identity}: its identity_id or its id. */
HECATE_API HecateStatus gotrue_admin_delete_identity(GotrueAdmin *admin, const char *id, const char *identity, HecateError *error);
/* GET /admin/users/{id}/sessions. Free with gotrue_session_list_free(). */
HECATE_API HecateStatus gotrue_admin_list_sessions(GotrueAdmin *admin, const char *id, HecateGotrueSessionList **ret, HecateError *error);
/* DELETE /admin/users/{id}/sessions, or of one of them: `session` may be NULL for all. */
HECATE_API HecateStatus gotrue_admin_delete_sessions(GotrueAdmin *admin, const char *id, const char *session, HecateError *error);

HECATE_API void gotrue_user_free(HecateGotrueUser *user);
HECATE_API void gotrue_user_list_free(HecateGotrueUserList *list);
HECATE_API void gotrue_link_free(HecateGotrueLink *link);
HECATE_API void gotrue_factor_list_free(HecateGotrueFactorList *list);
HECATE_API void gotrue_identity_list_free(HecateGotrueIdentityList *list);
HECATE_API void gotrue_session_list_free(HecateGotrueSessionList *list);

#ifdef __cplusplus
}
#endif

#endif
