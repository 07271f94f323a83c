/* internal.h: what the files of the dialect share. */
#ifndef HECATE_AUTH0_INTERNAL_H
#define HECATE_AUTH0_INTERNAL_H

#include "dialect/auth0/auth0.h"
#include "dialect/auth0/wire.h"
#include "directory/connections.h"

#define AUTH0_JSON "application/json; charset=utf-8"
#define AUTH0_CONNECTION DEFAULT_CONNECTION

extern const ErrRow auth0_errors[ERR_COUNT];
extern const Route auth0_routes[];

/* errors.c */
void auth0_write_error(Ctx *ctx, const Req *req, Reply *reply, Err err);
void auth0_finish(Ctx *ctx, const Req *req, Reply *reply);
/* An error with an errorCode of its own (or NULL: none) and its message. */
Err auth0_refuse(Ctx *ctx, Err err, const char *code, const char *format, ...) PRINTF(4, 5);

/* An answer of its own: any status, errorCode (or NULL) and message. */
Err auth0_say(Ctx *ctx, int status, const char *code, const char *message);

/* caller.c */
Err auth0_identify(Ctx *ctx, const Req *req, Str path, const Route *route);
Err auth0_allow(Ctx *ctx, const Req *req, const Route *route);
const char *auth0_issuer(Ctx *ctx);   /* https://DOMAIN/ */
const char *auth0_audience(Ctx *ctx); /* https://DOMAIN/api/v2/ */
/* Is `aud`, a document, this text, or a list with it? */
bool auth0_has_audience(Ctx *ctx, const char *aud, const char *want);
/* Is the word in this list, whose words are separated by `separator`? */
bool word_in(Str list, char separator, Str word);
/* Does the caller's token have the scope? */
bool auth0_has_scope(const Ctx *ctx, const char *scope);

/* schema.c: the validator (spec 1.5). What it lets pass is read into `out`; the first failure is E_BAD_VALUE. */
typedef enum SchemaFlags { SCHEMA_METADATA_HINT = 1, SCHEMA_NOT_EMPTY = 2 } SchemaFlags;
Err auth0_body(Ctx *ctx, const Req *req, unsigned flags, void *out);
Err auth0_query(Ctx *ctx, const Req *req, const Field *fields, void *out);
/* A member of the body is at fault for a reason that the table cannot say. */
Err auth0_bad_member(Ctx *ctx, const char *name, const char *note, const char *format, ...) PRINTF(4, 5);
Err auth0_bad_param(Ctx *ctx, const char *name, const char *note, const char *format, ...) PRINTF(4, 5);
/* A document within a body, whose member `name` it is. NULL passes. */
Err auth0_check_object(Ctx *ctx, const char *name, const char *doc, const Field *fields);
/* What a member's value breaks of its row, as a sentence; NULL: nothing. The elements of an array are not looked at. */
const char *auth0_member_fault(Ctx *ctx, const Field *field, const JsonMember *member);
/* May this be the id of a user: provider|subject? */
Err auth0_check_user_id(Ctx *ctx, const char *id);

/* view.c */
/* The parts of a user that it shows. */
enum { AUTH0_PARTS = USER_ACCOUNTS | USER_ADDRESSES | USER_SUBJECTS };
const Auth0User *auth0_user_view(Ctx *ctx, const User *user);
const char *auth0_user_id(Ctx *ctx, const User *user);
/* Only the named members of a user, or all but these, as the query says. */
const Field *auth0_chosen_fields(Ctx *ctx, const Auth0UserQuery *query);
/* The members of a table that a comma-separated list names (NULL: all), or all but these. */
const Field *auth0_chosen(Ctx *ctx, const Field *table, const char *names, bool include);
Err auth0_reply_user(Ctx *ctx, Reply *reply, int status, const User *user);
/* The directory's word for one of Auth0's providers, or the text itself. */
const char *auth0_provider_here(const char *provider);
/* The connection that a secondary identity shows. */
const char *auth0_identity_connection(Ctx *ctx, const Identity *identity);
/* Defaults for a new profile (spec 2.2). */
const char *auth0_default_name(const char *email, const char *username, const char *phone);
const char *auth0_default_nickname(Ctx *ctx, const char *email, const char *username, const char *phone);
const char *auth0_default_picture(Ctx *ctx, const char *name);

/* users.c, list.c */
/* A name that metadata may not have (4.1), or NULL. */
const char *auth0_bad_key(Ctx *ctx, const char *doc, bool app);
/* What the directory is asked for. No connection: the default one, which all dialects share. */
NewUser auth0_new_user_of(Ctx *ctx, const Auth0UserIn *in, const Connection *connection);
Err auth0_load(Ctx *ctx, const char *id, User **ret);
Err auth0_read_user_id(Ctx *ctx, const char *text, const char **ret);
Err auth0_user_create(Ctx *ctx, const Req *req, Reply *reply);
Err auth0_user_get(Ctx *ctx, const Req *req, Reply *reply);
Err auth0_user_update(Ctx *ctx, const Req *req, Reply *reply);
Err auth0_user_delete(Ctx *ctx, const Req *req, Reply *reply);
Err auth0_user_list(Ctx *ctx, const Req *req, Reply *reply);
Err auth0_users_by_email(Ctx *ctx, const Req *req, Reply *reply);

/* identities.c */
bool auth0_provider_known(const char *provider);
Err auth0_identity_link(Ctx *ctx, const Req *req, Reply *reply);
Err auth0_identity_unlink(Ctx *ctx, const Req *req, Reply *reply);

/* access.c */
enum { DEFAULT_PAGE = 50 };
int64_t auth0_limit(const Auth0PageQuery *query);
/* A list, bare or with its totals. */
Err auth0_reply_page(Reply *reply, const Auth0PageQuery *query, const char *name, const Field *fields, const List *list, int64_t total);
/* Nothing, or {} for another status than 204. */
Err auth0_reply_empty(Reply *reply, int status);
/* clang-format off */
#define ACCESS_HANDLERS(X) \
    X(role_create) X(role_get) X(role_update) X(role_delete) X(role_list) X(user_roles) X(user_roles_add) X(user_roles_remove) \
    X(role_users) X(role_users_add) X(user_permissions) X(user_permissions_add) X(user_permissions_remove) X(role_permissions) \
    X(role_permissions_add) X(role_permissions_remove) X(server_create) X(server_get) X(server_list) X(server_update) \
    X(server_delete)
/* clang-format on */
#define HANDLER(name) Err auth0_##name(Ctx *ctx, const Req *req, Reply *reply);
ACCESS_HANDLERS(HANDLER)
const char *auth0_cursor_write(Ctx *ctx, int64_t at, const char *id);
Err auth0_cursor_read(Ctx *ctx, const char *text, int64_t *at, const char **id);      /* NULL: the start; the id is a UUID */
Err auth0_cursor_read_text(Ctx *ctx, const char *text, int64_t *at, const char **id); /* the same with any id */

/* account.c */
/* The user that the path names. */
Err auth0_load_param(Ctx *ctx, User **ret);
/* 200 and a text of JSON. */
Err auth0_reply_fixed(Ctx *ctx, Reply *reply, const char *text);

/* account.c, sessions.c, methods.c, logs.c, blocks.c */
/* clang-format off */
#define ACCOUNT_HANDLERS(X) \
    X(sessions) X(tokens) X(sessions_end) X(tokens_end) X(session_get) X(token_get) X(session_end) X(token_end) X(method_list) \
    X(method_create) X(methods_set) X(methods_delete) X(method_get) X(method_update) X(method_delete) X(provider_delete) \
    X(recovery_code) X(enrollments) X(user_logs) X(blocks) X(blocks_end) X(user_blocks) X(user_blocks_end) X(nothing_kept) \
    X(risk_clear) X(connected_accounts) X(tokensets) X(revoke_access) X(session_update) X(token_update) X(token_list) X(tokens_revoke) \
    X(log_list) X(log_get)
/* clang-format on */
ACCOUNT_HANDLERS(HANDLER)

/* organizations.c, members.c, invitations.c */
Err auth0_load_organization(Ctx *ctx, Organization **ret); /* the one that the path names by its id */
/* clang-format off */
#define ORGANIZATION_HANDLERS(X) \
    X(organization_list) X(organization_create) X(organization_get) X(organization_by_name) X(organization_update) \
    X(organization_delete) X(user_organizations) X(members) X(members_add) X(members_remove) X(member_roles) X(member_roles_add) \
    X(member_roles_remove) X(invitations) X(invitation_create) X(invitation_get) X(invitation_delete)
/* clang-format on */
ORGANIZATION_HANDLERS(HANDLER)

/* clients.c, credentials.c, client_grants.c */

/* The form of a list of clients or of their grants: by pages, or by checkpoint. */
typedef struct Auth0ListForm {
    const char *name; /* of the member that holds it */
    bool by_key, totals;
    int64_t start, limit;
} Auth0ListForm;
Auth0ListForm auth0_list_form(const Auth0ClientQuery *query, const char *name);
Err auth0_reply_list(Reply *reply, const Auth0ListForm *form, const Field *fields, const List *views, int64_t total, const char *next);
/* E_NO_ROW in the words of a client. */
Err auth0_no_client(Ctx *ctx, Err err);
/* Also that of the settings, whose secret is not known. E_NO_ROW. */
Err auth0_client_find(Ctx *ctx, const char *id, Application **ret);
/* OK or E_NO_ROW. */
Err auth0_client_known(Ctx *ctx, const char *id);
/* Public keys of a client that is to be made, and `client_authentication_methods` with their ids. */
Err auth0_new_keys(Ctx *ctx, const char *methods, List *ret, const char **ret_methods);
/* Has the client the keys that these methods name? E_NO_ROW: there is no such client. */
Err auth0_check_keys(Ctx *ctx, const char *client_id, const char *methods);
/* An assertion that the client signed by one of its keys, and did not send before. E_BAD_CLIENT. */
Err auth0_read_assertion(Ctx *ctx, const char *client_id, const char *methods, const char *token);
extern const char *const auth0_all_scopes; /* what there is to grant at the Management API */
/* clang-format off */
#define CLIENT_HANDLERS(X) \
    X(client_list) X(client_create) X(client_get) X(client_update) X(client_delete) X(client_rotate) X(credential_list) X(credential_create) \
    X(credential_get) X(credential_update) X(credential_delete) X(client_grant_list) X(client_grant_create) X(client_grant_get) \
    X(client_grant_update) X(client_grant_delete)
/* clang-format on */
CLIENT_HANDLERS(HANDLER)

/* members.c: is the user one of this organization (by the id that Auth0 shows)? E_NO_ORGANIZATION. */
Err auth0_is_member(Ctx *ctx, const char *organization_id, const char *user_id, bool *ret);

/* effective.c */
HANDLER(effective_roles)
HANDLER(effective_permissions)
HANDLER(permission_roles)
HANDLER(role_groups)
HANDLER(groups)

/* connections.c */
const char *auth0_texts_doc(Ctx *ctx, const Texts *texts);
Err auth0_connection_find(Ctx *ctx, const char *id, Connection **ret); /* E_NO_ROW */
/* Is it open to no client at all? */
bool auth0_connection_off(const Connection *connection);
/* Refuses a client that it is not open to. */
Err auth0_check_open(Ctx *ctx, const Connection *connection, const char *client_id);
/* The connection's rules for passwords: E_WEAK_PASSWORD. NULL passes. */
Err auth0_password_fits(Ctx *ctx, const Connection *connection, const char *password);
/* How a password stands to these rules, as a document and as text (7.4). */
void auth0_password_rules(Ctx *ctx, const Connection *connection, const char *password, const char **description, const char **policy);
/* clang-format off */
#define CONNECTION_HANDLERS(X) \
    X(connection_list) X(connection_get) X(connection_create) X(connection_update) X(connection_delete) X(connection_user_delete) \
    X(connection_clients) X(connection_clients_set)
/* clang-format on */
CONNECTION_HANDLERS(HANDLER)

/* grants.c, mfa.c, signup.c */

/* Who asks the token endpoint, proven or public. */
typedef struct OauthClient {
    const char *id;
    const char *secret; /* NULL: the client of the settings */
    bool proven;        /* it sent its secret, or signed an assertion */
    Auth0ClientRules rules;
    const char *id_token_alg;
    int64_t id_token_seconds;
} OauthClient;

/* A grant to a user on its way to an answer. */
typedef struct UserGrant {
    Grant grant;
    const OauthClient *client;
    const char *org_id;                 /* NULL: of no organization */
    const ResourceServer *server;       /* the API, where users need permissions for its scopes */
    const char *permissions;            /* a document, where the API wants them in its tokens */
    const char *audience, *scope, *gty; /* audience NULL: for /userinfo alone */
    const char *granted;                /* what a next refresh may ask for; NULL: the same as scope */
    const char *recovery_code;          /* the next one, if one was used */
    int64_t seconds;
} UserGrant;
/* The API that the token is for, and what it may do there. E_BAD_AUDIENCE. */
Err auth0_take_audience(Ctx *ctx, const char *audience, const char *scope, UserGrant *user);
Err auth0_reply_grant(Ctx *ctx, UserGrant *user, bool with_refresh, Reply *reply);
/* Words between blanks, as an array of texts. */
const char *auth0_words_doc(Ctx *ctx, const char *words);
/* Is the scope one of those granted? */
bool auth0_grant_has(const UserGrant *user, const char *scope);
/* The password was right, and a second factor is wanted: 403 with a token for the second step. */
Err auth0_reply_mfa(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, const User *user, Reply *reply);
Err auth0_grant_otp(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply);
Err auth0_grant_recovery(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply);
bool auth0_scope_of(const ResourceServer *server, Str scope);
Err auth0_grant_oob(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply);
/* Type and id of a second factor as one text, and as it is shown with its number (methods.c). */
const char *auth0_factor_id(Ctx *ctx, const char *type, const char *uuid);
const char *auth0_mask_phone(Ctx *ctx, const char *phone);
HANDLER(mfa_challenge)
HANDLER(mfa_authenticators)
HANDLER(mfa_associate)
HANDLER(mfa_authenticator_delete)
const char *auth0_mfa_audience(Ctx *ctx); /* https://DOMAIN/mfa/ */
Err auth0_grant_password(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply);
Err auth0_grant_refresh(Ctx *ctx, const Auth0TokenIn *in, const OauthClient *client, Reply *reply);
HANDLER(revoke)
HANDLER(userinfo)
HANDLER(signup)

/* jobs.c, tickets.c */
typedef struct Auth0TicketIdentity {
    const char *user_id, *provider, *connection_id;
} Auth0TicketIdentity;
typedef struct Auth0TicketIn {
    const char *user_id, *email, *connection_id, *client_id, *organization_id, *result_url;
    const Auth0TicketIdentity *identity;
    int64_t ttl_sec;
    bool include_email, mark_verified;
} Auth0TicketIn;
extern const Field auth0_export_in[], auth0_verify_job_in[], auth0_verify_ticket_in[], auth0_password_ticket_in[], auth0_forgotten_in[];
/* Whose address a ticket is about: that of the user, or of a linked account (identity_id). */
typedef struct Auth0TicketFor {
    const char *email, *provider, *identity_id;
} Auth0TicketFor;
/* The user that such a body means, and the identity: E_NO_USER, and what spec 2.11 names. */
Err auth0_ticket_user(Ctx *ctx, const Auth0TicketIn *in, User **ret, Auth0TicketFor *whom);
/* A letter that verifies the address of a user who was made or changed. `given`: the request says whether it is `wanted`. */
void auth0_verify_after(Ctx *ctx, const User *user, bool given, bool wanted, bool by_default);
/* The same for the account of this connection that was linked to the user. */
void auth0_verify_linked(Ctx *ctx, const User *user, const char *connection);
size_t auth0_most_body(const void *settings, const Route *route);
/* clang-format off */
#define JOB_HANDLERS(X)                                                                                                        \
    X(users_import) X(users_export) X(verification_email) X(job_get) X(job_errors) X(export_download)                          \
    X(ticket_verify) X(ticket_password) X(change_password) X(open_verify) X(open_password) X(set_password)
/* clang-format on */
JOB_HANDLERS(HANDLER)

/* The claims of the request's token, which is for this audience (caller.c). */
Err auth0_read_jwt(Ctx *ctx, Str token, const char *audience, Auth0Claims *ret);
/* The user and the session of such claims. E_BAD_CREDENTIAL. */
Err auth0_load_session(Ctx *ctx, const Auth0Claims *claims, User **ret, Session **ret_session);
Err auth0_read_token(Ctx *ctx, const Req *req, const char *audience, Auth0Claims *ret);
/* The user whom a token that was read names, while its session stands and the user is not banned. E_BAD_CREDENTIAL. */
Err auth0_load_subject(Ctx *ctx, const Auth0Claims *claims, User **ret);

/* limits.c: takes one of what the request's address, or the one that a trusted client (or NULL) names, may still do. E_RATE_LIMIT. */
Err auth0_limit_address(Ctx *ctx, const Req *req, const OauthClient *client, const char *name);
Err auth0_enter(Ctx *ctx, const Req *req, Str path, const Route *route);

/* token.c */
/* The body of a request to the token endpoint, and who sends it: E_BAD_CLIENT. */
Err auth0_read_client(Ctx *ctx, const Req *req, Auth0TokenIn *in, OauthClient *client);
/* The organization that a grant names: its id; NULL: none. */
Err auth0_take_organization(Ctx *ctx, const OauthClient *client, const char *id, const char **ret);
/* Provider and subject of an ID token that this server gave to the calling client. */
Err auth0_read_link_token(Ctx *ctx, const char *token, const char **provider, const char **subject);
Err auth0_token_grant(Ctx *ctx, const Req *req, Reply *reply);

/* public.c */
Err auth0_jwks(Ctx *ctx, const Req *req, Reply *reply);
Err auth0_discovery(Ctx *ctx, const Req *req, Reply *reply);

#endif
