/* gotrue.h: the class GoTrueAdminApi of @supabase/auth-js, one function per method. */
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
    int64_t total; /* of all pages; -1 if the server did not say */
    const char *raw;
} HecateGotrueUserList;

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
    HecateText filter, sort; /* Hecate and newer GoTrue servers */
} HecateGotruePage;

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

HECATE_API void gotrue_user_free(HecateGotrueUser *user);
HECATE_API void gotrue_user_list_free(HecateGotrueUserList *list);

#ifdef __cplusplus
}
#endif

#endif
