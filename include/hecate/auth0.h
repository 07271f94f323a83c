/* auth0.h: the classes UsersManager and UsersByEmailManager of node-auth0, one function per method. */
#ifndef HECATE_API_AUTH0_H
#define HECATE_API_AUTH0_H

#include "hecate.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Auth0Users Auth0Users;

typedef struct HecateAuth0Identity {
    const char *connection, *user_id, *provider;
    bool is_social;
    const char *profile_data; /* JSON; NULL but for linked identities */
} HecateAuth0Identity;

typedef struct HecateAuth0Identities {
    HecateAuth0Identity **items;
    size_t count;
} HecateAuth0Identities;

typedef struct HecateAuth0User {
    const char *user_id, *email, *username, *phone_number, *name, *nickname, *picture, *given_name, *family_name, *last_ip;
    const char *user_metadata, *app_metadata;     /* JSON; NULL is none */
    bool email_verified, phone_verified, blocked; /* false also when absent */
    int64_t created_at, updated_at, last_login, last_password_reset, logins_count;
    HecateAuth0Identities identities; /* the first is the primary one */
    const char *raw;                  /* the whole answer; NULL for a user in a list, whose raw has it */
} HecateAuth0User;

typedef struct HecateAuth0UserList {
    HecateAuth0User **users;
    size_t count;
    int64_t start, limit, total; /* with include_totals alone; else total is -1 */
    const char *raw;
} HecateAuth0UserList;

/* UserCreate and UserUpdate. `connection` is due at creation; `user_id` counts there alone, `client_id` and `verify_phone_number`
 * in an update. In an update a null removes the attribute; metadata is merged by its first level, {} clears it. */
typedef struct HecateAuth0UserInput {
    HecateText connection, email, username, password, phone_number, given_name, family_name, name, nickname, picture;
    HecateText user_id, client_id;
    HecateText user_metadata, app_metadata; /* JSON objects */
    HecateBool email_verified, phone_verified, blocked, verify_email, verify_phone_number;
} HecateAuth0UserInput;

/* GetUsersRequest; get and getByEmail read the first two members. */
typedef struct HecateAuth0UserQuery {
    HecateText fields; /* "email,name" */
    HecateBool include_fields;
    HecateInt page, per_page; /* page counts from 0 */
    HecateBool include_totals;
    HecateText sort; /* "created_at:-1" */
    HecateText connection;
    HecateText q; /* Lucene syntax, "email:\"a@b.c\"" */
    HecateText search_engine;
    HecateBool primary_order;
} HecateAuth0UserQuery;

/* As gotrue_admin_new(). The first call with client_id and client_secret fetches a token from /oauth/token; a refusal there ends
 * that call with the token endpoint's status and code ("access_denied"). A token that is refused with 401 is fetched anew once.
 */
HECATE_API Auth0Users *auth0_users_new(const HecateOptions *options, HecateError *error);
HECATE_API void auth0_users_free(Auth0Users *users);

/* create: POST /api/v2/users. Free the user with auth0_user_free(). */
HECATE_API HecateStatus auth0_users_create(Auth0Users *users, const HecateAuth0UserInput *input, HecateAuth0User **ret, HecateError *error);
/* get: GET /api/v2/users/{id}. `query` may be NULL, here and below; an empty id is HECATE_INVALID. */
HECATE_API HecateStatus auth0_users_get(Auth0Users *users, const char *id, const HecateAuth0UserQuery *query, HecateAuth0User **ret,
                                        HecateError *error);
/* getAll: GET /api/v2/users. Free with auth0_user_list_free(). */
HECATE_API HecateStatus auth0_users_get_all(Auth0Users *users, const HecateAuth0UserQuery *query, HecateAuth0UserList **ret, HecateError *error);
/* update: PATCH /api/v2/users/{id} */
HECATE_API HecateStatus auth0_users_update(Auth0Users *users, const char *id, const HecateAuth0UserInput *input, HecateAuth0User **ret,
                                           HecateError *error);
/* delete: DELETE /api/v2/users/{id}; also OK when there is no such user. */
HECATE_API HecateStatus auth0_users_delete(Auth0Users *users, const char *id, HecateError *error);
/* usersByEmail.getByEmail: GET /api/v2/users-by-email?email=… */
HECATE_API HecateStatus auth0_users_by_email_get_by_email(Auth0Users *users, const char *email, const HecateAuth0UserQuery *query,
                                                          HecateAuth0UserList **ret, HecateError *error);

/* Answers that have no struct of their own: the JSON as it came. Free with auth0_answer_free(). */
typedef struct HecateAuth0Answer {
    const char *json;
} HecateAuth0Answer;

/* Pages of lists; each list reads those members that it knows. */
typedef struct HecateAuth0PageQuery {
    HecateInt page, per_page;
    HecateBool include_totals;
    HecateText from; /* checkpoint: `next` of the page before */
    HecateInt take;
    HecateText sort; /* logs: "date:-1" */
} HecateAuth0PageQuery;

/* The identities of a user, the primary one first. Free with auth0_identity_list_free(). */
typedef struct HecateAuth0IdentityList {
    HecateAuth0Identity **items;
    size_t count;
    const char *raw;
} HecateAuth0IdentityList;

/* PostIdentitiesRequest: provider and user_id (and connection_id), or link_with: the ID token of the secondary account. */
typedef struct HecateAuth0LinkInput {
    HecateText provider, user_id, connection_id, link_with;
} HecateAuth0LinkInput;

/* link: POST /api/v2/users/{id}/identities */
HECATE_API HecateStatus auth0_users_link(Auth0Users *users, const char *id, const HecateAuth0LinkInput *input, HecateAuth0IdentityList **ret,
                                         HecateError *error);
/* unlink: DELETE /api/v2/users/{id}/identities/{provider}/{user_id} */
HECATE_API HecateStatus auth0_users_unlink(Auth0Users *users, const char *id, const char *provider, const char *user_id,
                                           HecateAuth0IdentityList **ret, HecateError *error);

/* `json` is the body as node-auth0 takes it ({"roles":["rol_…"]}, {"permissions":[…]}, …); what is no JSON is HECATE_INVALID. `what` is the second id
 * of the path: a method, a provider, a tokenset. */
/* getLogs: GET /api/v2/users/{id}/logs */
HECATE_API HecateStatus auth0_users_get_logs(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                             HecateError *error);
/* getRoles: GET /api/v2/users/{id}/roles */
HECATE_API HecateStatus auth0_users_get_roles(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                              HecateError *error);
/* assignRoles: POST /api/v2/users/{id}/roles */
HECATE_API HecateStatus auth0_users_assign_roles(Auth0Users *users, const char *id, const char *json, HecateError *error);
/* deleteRoles: DELETE /api/v2/users/{id}/roles */
HECATE_API HecateStatus auth0_users_delete_roles(Auth0Users *users, const char *id, const char *json, HecateError *error);
/* getPermissions: GET /api/v2/users/{id}/permissions */
HECATE_API HecateStatus auth0_users_get_permissions(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                                    HecateError *error);
/* assignPermissions: POST /api/v2/users/{id}/permissions */
HECATE_API HecateStatus auth0_users_assign_permissions(Auth0Users *users, const char *id, const char *json, HecateError *error);
/* deletePermissions: DELETE /api/v2/users/{id}/permissions */
HECATE_API HecateStatus auth0_users_delete_permissions(Auth0Users *users, const char *id, const char *json, HecateError *error);
/* getUserOrganizations: GET /api/v2/users/{id}/organizations */
HECATE_API HecateStatus auth0_users_get_user_organizations(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query,
                                                           HecateAuth0Answer **ret, HecateError *error);
/* getEnrollments: GET /api/v2/users/{id}/enrollments */
HECATE_API HecateStatus auth0_users_get_enrollments(Auth0Users *users, const char *id, HecateAuth0Answer **ret, HecateError *error);
/* getAuthenticationMethods: GET /api/v2/users/{id}/authentication-methods */
HECATE_API HecateStatus auth0_users_get_authentication_methods(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query,
                                                               HecateAuth0Answer **ret, HecateError *error);
/* createAuthenticationMethod: POST /api/v2/users/{id}/authentication-methods */
HECATE_API HecateStatus auth0_users_create_authentication_method(Auth0Users *users, const char *id, const char *json, HecateAuth0Answer **ret,
                                                                 HecateError *error);
/* updateAuthenticationMethods: PUT /api/v2/users/{id}/authentication-methods */
HECATE_API HecateStatus auth0_users_update_authentication_methods(Auth0Users *users, const char *id, const char *json, HecateAuth0Answer **ret,
                                                                  HecateError *error);
/* deleteAuthenticationMethods: DELETE /api/v2/users/{id}/authentication-methods */
HECATE_API HecateStatus auth0_users_delete_authentication_methods(Auth0Users *users, const char *id, HecateError *error);
/* getAuthenticationMethod: GET /api/v2/users/{id}/authentication-methods/{what} */
HECATE_API HecateStatus auth0_users_get_authentication_method(Auth0Users *users, const char *id, const char *what, HecateAuth0Answer **ret,
                                                              HecateError *error);
/* updateAuthenticationMethod: PATCH /api/v2/users/{id}/authentication-methods/{what} */
HECATE_API HecateStatus auth0_users_update_authentication_method(Auth0Users *users, const char *id, const char *what, const char *json,
                                                                 HecateAuth0Answer **ret, HecateError *error);
/* deleteAuthenticationMethod: DELETE /api/v2/users/{id}/authentication-methods/{what} */
HECATE_API HecateStatus auth0_users_delete_authentication_method(Auth0Users *users, const char *id, const char *what, HecateError *error);
/* deleteAllAuthenticators: DELETE /api/v2/users/{id}/authenticators */
HECATE_API HecateStatus auth0_users_delete_all_authenticators(Auth0Users *users, const char *id, HecateError *error);
/* deleteMultifactorProvider: DELETE /api/v2/users/{id}/multifactor/{what} */
HECATE_API HecateStatus auth0_users_delete_multifactor_provider(Auth0Users *users, const char *id, const char *what, HecateError *error);
/* invalidateRememberBrowser: POST /api/v2/users/{id}/multifactor/actions/invalidate-remember-browser */
HECATE_API HecateStatus auth0_users_invalidate_remember_browser(Auth0Users *users, const char *id, HecateError *error);
/* regenerateRecoveryCode: POST /api/v2/users/{id}/recovery-code-regeneration */
HECATE_API HecateStatus auth0_users_regenerate_recovery_code(Auth0Users *users, const char *id, HecateAuth0Answer **ret, HecateError *error);
/* getSessions: GET /api/v2/users/{id}/sessions */
HECATE_API HecateStatus auth0_users_get_sessions(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                                 HecateError *error);
/* deleteSessions: DELETE /api/v2/users/{id}/sessions */
HECATE_API HecateStatus auth0_users_delete_sessions(Auth0Users *users, const char *id, HecateError *error);
/* getRefreshTokens: GET /api/v2/users/{id}/refresh-tokens */
HECATE_API HecateStatus auth0_users_get_refresh_tokens(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                                       HecateError *error);
/* deleteRefreshTokens: DELETE /api/v2/users/{id}/refresh-tokens */
HECATE_API HecateStatus auth0_users_delete_refresh_tokens(Auth0Users *users, const char *id, HecateError *error);
/* clearRiskAssessors: POST /api/v2/users/{id}/risk-assessments/clear */
HECATE_API HecateStatus auth0_users_clear_risk_assessors(Auth0Users *users, const char *id, const char *json, HecateError *error);
/* getConnectedAccounts: GET /api/v2/users/{id}/connected-accounts */
HECATE_API HecateStatus auth0_users_get_connected_accounts(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query,
                                                           HecateAuth0Answer **ret, HecateError *error);
/* getAllTokensets: GET /api/v2/users/{id}/federated-connections-tokensets */
HECATE_API HecateStatus auth0_users_get_all_tokensets(Auth0Users *users, const char *id, HecateAuth0Answer **ret, HecateError *error);
/* deleteTokenset: DELETE /api/v2/users/{id}/federated-connections-tokensets/{what} */
HECATE_API HecateStatus auth0_users_delete_tokenset(Auth0Users *users, const char *id, const char *what, HecateError *error);

HECATE_API void auth0_answer_free(HecateAuth0Answer *answer);
HECATE_API void auth0_identity_list_free(HecateAuth0IdentityList *list);
HECATE_API void auth0_user_free(HecateAuth0User *user);
HECATE_API void auth0_user_list_free(HecateAuth0UserList *list);

#ifdef __cplusplus
}
#endif

#endif
