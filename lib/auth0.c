/* auth0.c: the methods of UsersManager and UsersByEmailManager as rows, and the token they are called with. */
#include "hecate/auth0.h"

#include "base/clock.h"
#include "dialect/auth0/wire.h"
#include "internal.h"

/* A token is left so long before its end. */
enum { RENEW_BEFORE_S = 10, LONGEST_LIFE_S = 30 * 24 * 3600 };

static char *token_take(Client *client, const char *old, HecateError *error);

static const Face face = {
    .headers = { { "User-Agent", "hecate-c/" HECATE_LIB_VERSION } },
    .content_type = "application/json",
    .token = token_take,
};

/* ---- what comes back ---- */

static const Bind identity_bind[] = {
    BIND_TEXT(HecateAuth0Identity, connection),
    BIND_TEXT_OR_NUMBER(HecateAuth0Identity, user_id), /* some social providers */
    BIND_TEXT(HecateAuth0Identity, provider),
    BIND_BOOL_AS(HecateAuth0Identity, is_social, "isSocial"),
    BIND_TEXT_AS(HecateAuth0Identity, profile_data, "profileData"),
    BIND_END(HecateAuth0Identity),
};

static const Bind user_bind[] = {
    BIND_TEXT(HecateAuth0User, user_id),
    BIND_TEXT(HecateAuth0User, email),
    BIND_TEXT(HecateAuth0User, username),
    BIND_TEXT(HecateAuth0User, phone_number),
    BIND_TEXT(HecateAuth0User, name),
    BIND_TEXT(HecateAuth0User, nickname),
    BIND_TEXT(HecateAuth0User, picture),
    BIND_TEXT(HecateAuth0User, given_name),
    BIND_TEXT(HecateAuth0User, family_name),
    BIND_TEXT(HecateAuth0User, last_ip),
    BIND_TEXT(HecateAuth0User, user_metadata),
    BIND_TEXT(HecateAuth0User, app_metadata),
    BIND_BOOL(HecateAuth0User, email_verified),
    BIND_BOOL(HecateAuth0User, phone_verified),
    BIND_BOOL(HecateAuth0User, blocked),
    BIND_INT(HecateAuth0User, created_at),
    BIND_INT(HecateAuth0User, updated_at),
    BIND_INT(HecateAuth0User, last_login),
    BIND_INT(HecateAuth0User, last_password_reset),
    BIND_INT(HecateAuth0User, logins_count),
    BIND_LIST(HecateAuth0User, identities, identity_bind),
    BIND_END(HecateAuth0User),
};

/* `users` and `count` are one List. */
static const Bind list_bind[] = {
    { .name = "users", .type = B_LIST, .offset = offsetof(HecateAuth0UserList, users), .sub = user_bind, .wire = auth0_user },
    BIND_INT(HecateAuth0UserList, start),
    BIND_INT(HecateAuth0UserList, limit),
    BIND_INT(HecateAuth0UserList, total),
    BIND_END(HecateAuth0UserList),
};

/* A bare array, which is read as `users`. */
static const Bind identities_bind[] = {
    { .name = "users", .type = B_LIST, .offset = offsetof(HecateAuth0IdentityList, items), .sub = identity_bind, .wire = auth0_identity },
    BIND_END(HecateAuth0IdentityList),
};

typedef struct Token {
    const char *access_token;
    int64_t expires_in;
} Token;

static const Bind token_bind[] = { BIND_TEXT(Token, access_token), BIND_INT(Token, expires_in), BIND_END(Token) };

/* ---- what goes out ---- */

/* clang-format off */
#define PROFILE_GIVE                                   \
    GIVE_TEXT(HecateAuth0UserInput, connection),       \
    GIVE_TEXT(HecateAuth0UserInput, email),            \
    GIVE_TEXT(HecateAuth0UserInput, username),         \
    GIVE_TEXT(HecateAuth0UserInput, password),         \
    GIVE_TEXT(HecateAuth0UserInput, phone_number),     \
    GIVE_TEXT(HecateAuth0UserInput, given_name),       \
    GIVE_TEXT(HecateAuth0UserInput, family_name),      \
    GIVE_TEXT(HecateAuth0UserInput, name),             \
    GIVE_TEXT(HecateAuth0UserInput, nickname),         \
    GIVE_TEXT(HecateAuth0UserInput, picture),          \
    GIVE_TEXT(HecateAuth0UserInput, user_metadata),    \
    GIVE_TEXT(HecateAuth0UserInput, app_metadata),     \
    GIVE_BOOL(HecateAuth0UserInput, email_verified),   \
    GIVE_BOOL(HecateAuth0UserInput, phone_verified),   \
    GIVE_BOOL(HecateAuth0UserInput, blocked),          \
    GIVE_BOOL(HecateAuth0UserInput, verify_email)
/* clang-format on */

static const Bind new_user_bind[] = { PROFILE_GIVE, GIVE_TEXT(HecateAuth0UserInput, user_id), BIND_END(HecateAuth0UserInput) };
static const Bind patch_bind[] = {
    PROFILE_GIVE,
    GIVE_TEXT(HecateAuth0UserInput, client_id),
    GIVE_BOOL(HecateAuth0UserInput, verify_phone_number),
    BIND_END(HecateAuth0UserInput),
};

static const Bind fields_bind[] = {
    GIVE_TEXT(HecateAuth0UserQuery, fields),
    GIVE_BOOL(HecateAuth0UserQuery, include_fields),
    BIND_END(HecateAuth0UserQuery),
};

static const Bind query_bind[] = {
    GIVE_INT(HecateAuth0UserQuery, page),
    GIVE_INT(HecateAuth0UserQuery, per_page),
    GIVE_BOOL(HecateAuth0UserQuery, include_totals),
    GIVE_TEXT(HecateAuth0UserQuery, sort),
    GIVE_TEXT(HecateAuth0UserQuery, connection),
    GIVE_TEXT(HecateAuth0UserQuery, fields),
    GIVE_BOOL(HecateAuth0UserQuery, include_fields),
    GIVE_TEXT(HecateAuth0UserQuery, q),
    GIVE_TEXT(HecateAuth0UserQuery, search_engine),
    GIVE_BOOL(HecateAuth0UserQuery, primary_order),
    BIND_END(HecateAuth0UserQuery),
};

typedef struct EmailQuery {
    HecateText email, fields;
    HecateBool include_fields;
} EmailQuery;

static const Bind email_bind[] = {
    GIVE_TEXT(EmailQuery, email),
    GIVE_TEXT(EmailQuery, fields),
    GIVE_BOOL(EmailQuery, include_fields),
    BIND_END(EmailQuery),
};

static const Bind link_bind[] = {
    GIVE_TEXT(HecateAuth0LinkInput, provider),  GIVE_TEXT(HecateAuth0LinkInput, user_id), GIVE_TEXT(HecateAuth0LinkInput, connection_id),
    GIVE_TEXT(HecateAuth0LinkInput, link_with), BIND_END(HecateAuth0LinkInput),
};

static const Bind page_bind[] = {
    GIVE_INT(HecateAuth0PageQuery, page),  GIVE_INT(HecateAuth0PageQuery, per_page), GIVE_BOOL(HecateAuth0PageQuery, include_totals),
    GIVE_TEXT(HecateAuth0PageQuery, from), GIVE_INT(HecateAuth0PageQuery, take),     GIVE_TEXT(HecateAuth0PageQuery, sort),
    BIND_END(HecateAuth0PageQuery),
};

typedef struct Grant {
    HecateText grant_type, client_id, client_secret, audience;
} Grant;

static const Bind grant_bind[] = {
    GIVE_TEXT(Grant, grant_type), GIVE_TEXT(Grant, client_id), GIVE_TEXT(Grant, client_secret), GIVE_TEXT(Grant, audience), BIND_END(Grant),
};

/* ---- the methods ---- */

/* `fields` may leave out the id. */
#define USER_OUT(what) .out = { auth0_user, user_bind }, .shape = SHAPE_OBJECT, .raw = offsetof(HecateAuth0User, raw), .total = NOWHERE, .due = what
#define LIST_OUT                                                                                       \
    .out = { auth0_users, list_bind }, .shape = SHAPE_LIST, .raw = offsetof(HecateAuth0UserList, raw), \
    .total = offsetof(HecateAuth0UserList, total), .due = NOWHERE

static const Method create_user = { "POST", "/api/v2/users", .body = { auth0_new_user, new_user_bind },
                                    USER_OUT(offsetof(HecateAuth0User, user_id)) };
static const Method get_user = { "GET", "/api/v2/users/%", .query = { auth0_fields_query, fields_bind }, USER_OUT(NOWHERE) };
static const Method list_users = { "GET", "/api/v2/users", .query = { auth0_user_query, query_bind }, LIST_OUT };
static const Method update_user = { "PATCH", "/api/v2/users/%", .body = { auth0_user_patch, patch_bind },
                                    USER_OUT(offsetof(HecateAuth0User, user_id)) };
static const Method delete_user = { "DELETE", "/api/v2/users/%", .raw = NOWHERE, .total = NOWHERE, .due = NOWHERE };
static const Method by_email = { "GET", "/api/v2/users-by-email", .query = { auth0_email_query, email_bind }, LIST_OUT };
static const Method fetch_token = {
    "POST",
    "/oauth/token",
    .body = { auth0_token_in, grant_bind },
    .out = { auth0_token, token_bind },
    .shape = SHAPE_OBJECT,
    .raw = NOWHERE,
    .total = NOWHERE,
    .due = offsetof(Token, access_token),
    .open = true,
};

#define NO_OUT .shape = SHAPE_NONE, .raw = NOWHERE, .total = NOWHERE, .due = NOWHERE
#define JSON_OUT .shape = SHAPE_JSON, .raw = NOWHERE, .total = NOWHERE, .due = NOWHERE
#define IDENTITIES_OUT \
    .out = { auth0_users, identities_bind }, .shape = SHAPE_LIST, .raw = offsetof(HecateAuth0IdentityList, raw), .total = NOWHERE, .due = NOWHERE

static const Method link_account = { "POST", "/api/v2/users/%/identities", .body = { auth0_link, link_bind }, IDENTITIES_OUT };
static const Method unlink_account = { "DELETE", "/api/v2/users/%/identities/%/%", IDENTITIES_OUT };
/* clang-format off */
static const Method get_logs = { "GET", "/api/v2/users/%/logs", .query = { auth0_page_members, page_bind }, JSON_OUT };
static const Method get_roles = { "GET", "/api/v2/users/%/roles", .query = { auth0_page_members, page_bind }, JSON_OUT };
static const Method assign_roles = { "POST", "/api/v2/users/%/roles", .json = true, NO_OUT };
static const Method delete_roles = { "DELETE", "/api/v2/users/%/roles", .json = true, NO_OUT };
static const Method get_permissions = { "GET", "/api/v2/users/%/permissions", .query = { auth0_page_members, page_bind }, JSON_OUT };
static const Method assign_permissions = { "POST", "/api/v2/users/%/permissions", .json = true, NO_OUT };
static const Method delete_permissions = { "DELETE", "/api/v2/users/%/permissions", .json = true, NO_OUT };
static const Method get_user_organizations = { "GET", "/api/v2/users/%/organizations", .query = { auth0_page_members, page_bind }, JSON_OUT };
static const Method get_enrollments = { "GET", "/api/v2/users/%/enrollments", JSON_OUT };
static const Method get_authentication_methods = { "GET", "/api/v2/users/%/authentication-methods", .query = { auth0_page_members, page_bind }, JSON_OUT };
static const Method create_authentication_method = { "POST", "/api/v2/users/%/authentication-methods", .json = true, JSON_OUT };
static const Method update_authentication_methods = { "PUT", "/api/v2/users/%/authentication-methods", .json = true, JSON_OUT };
static const Method delete_authentication_methods = { "DELETE", "/api/v2/users/%/authentication-methods", NO_OUT };
static const Method get_authentication_method = { "GET", "/api/v2/users/%/authentication-methods/%", JSON_OUT };
static const Method update_authentication_method = { "PATCH", "/api/v2/users/%/authentication-methods/%", .json = true, JSON_OUT };
static const Method delete_authentication_method = { "DELETE", "/api/v2/users/%/authentication-methods/%", NO_OUT };
static const Method delete_all_authenticators = { "DELETE", "/api/v2/users/%/authenticators", NO_OUT };
static const Method delete_multifactor_provider = { "DELETE", "/api/v2/users/%/multifactor/%", NO_OUT };
static const Method invalidate_remember_browser = { "POST", "/api/v2/users/%/multifactor/actions/invalidate-remember-browser", NO_OUT };
static const Method regenerate_recovery_code = { "POST", "/api/v2/users/%/recovery-code-regeneration", JSON_OUT };
static const Method get_sessions = { "GET", "/api/v2/users/%/sessions", .query = { auth0_page_members, page_bind }, JSON_OUT };
static const Method delete_sessions = { "DELETE", "/api/v2/users/%/sessions", NO_OUT };
static const Method get_refresh_tokens = { "GET", "/api/v2/users/%/refresh-tokens", .query = { auth0_page_members, page_bind }, JSON_OUT };
static const Method delete_refresh_tokens = { "DELETE", "/api/v2/users/%/refresh-tokens", NO_OUT };
static const Method clear_risk_assessors = { "POST", "/api/v2/users/%/risk-assessments/clear", .json = true, NO_OUT };
static const Method get_connected_accounts = { "GET", "/api/v2/users/%/connected-accounts", .query = { auth0_page_members, page_bind }, JSON_OUT };
static const Method get_all_tokensets = { "GET", "/api/v2/users/%/federated-connections-tokensets", JSON_OUT };
static const Method delete_tokenset = { "DELETE", "/api/v2/users/%/federated-connections-tokensets/%", NO_OUT };
/* clang-format on */

const Method *const auth0_methods[] = {
    &create_user,
    &get_user,
    &list_users,
    &update_user,
    &delete_user,
    &by_email,
    &fetch_token,
    &link_account,
    &unlink_account,
    &get_logs,
    &get_roles,
    &assign_roles,
    &delete_roles,
    &get_permissions,
    &assign_permissions,
    &delete_permissions,
    &get_user_organizations,
    &get_enrollments,
    &get_authentication_methods,
    &create_authentication_method,
    &update_authentication_methods,
    &delete_authentication_methods,
    &get_authentication_method,
    &update_authentication_method,
    &delete_authentication_method,
    &delete_all_authenticators,
    &delete_multifactor_provider,
    &invalidate_remember_browser,
    &regenerate_recovery_code,
    &get_sessions,
    &delete_sessions,
    &get_refresh_tokens,
    &delete_refresh_tokens,
    &clear_risk_assessors,
    &get_connected_accounts,
    &get_all_tokensets,
    &delete_tokenset,
    NULL,
};

/* ---- the token ---- */

static void token_drop(Client *client)
{
    if (client->token != NULL)
        explicit_bzero(client->token, strlen(client->token));
    free(client->token);
    client->token = NULL;
}

static bool token_sendable(const char *token)
{
    for (const char *p = token; *p != '\0'; p++)
        if (*p <= ' ' || *p == 0x7f)
            return false;
    return *token != '\0';
}

static HecateStatus token_fetch(Client *client, HecateError *error)
{
    const Grant grant = { hecate_text("client_credentials"), hecate_text(client->client_id), hecate_text(client->client_secret),
                          hecate_text(client->audience) };
    const int64_t asked = clock_mono_ms();
    Token *token = NULL;
    HecateStatus status = client_call(client, &fetch_token, &(Args){ .body = &grant }, &token, error);

    if (status != HECATE_OK)
        return status;
    if (token_sendable(token->access_token)) {
        const int64_t life = token->expires_in > LONGEST_LIFE_S ? LONGEST_LIFE_S : token->expires_in;

        client->token = strdup(token->access_token);
        client->token_until = asked + (life - RENEW_BEFORE_S) * 1000;
        if (client->token == NULL)
            status = error_set(error, HECATE_NOMEM, "no memory for the token");
    } else {
        status = error_set(error, HECATE_BAD_ANSWER, "the token cannot stand in a header");
    }
    result_free(token);
    return status;
}

/* One thread fetches while the others wait for it. Of several that were refused with one token, the first fetches the next. */
static char *token_take(Client *client, const char *old, HecateError *error)
{
    char *token = NULL;
    HecateStatus status = HECATE_OK;

    pthread_mutex_lock(&client->lock);
    if (client->token != NULL && (clock_mono_ms() >= client->token_until || text_eq(client->token, old)))
        token_drop(client);
    if (client->token == NULL)
        status = token_fetch(client, error);
    if (status == HECATE_OK) {
        token = strdup(client->token);
        if (token == NULL)
            error_set(error, HECATE_NOMEM, "no memory for the token");
    }
    pthread_mutex_unlock(&client->lock);
    return token;
}

/* ---- the functions ---- */

Auth0Users *auth0_users_new(const HecateOptions *options, HecateError *error)
{
    return (Auth0Users *)client_new(&face, options, error);
}

void auth0_users_free(Auth0Users *users)
{
    client_free((Client *)users);
}

HecateStatus auth0_users_create(Auth0Users *users, const HecateAuth0UserInput *input, HecateAuth0User **ret, HecateError *error)
{
    return client_call((Client *)users, &create_user, &(Args){ .body = input }, ret, error);
}

HecateStatus auth0_users_get(Auth0Users *users, const char *id, const HecateAuth0UserQuery *query, HecateAuth0User **ret, HecateError *error)
{
    return client_call((Client *)users, &get_user, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus auth0_users_get_all(Auth0Users *users, const HecateAuth0UserQuery *query, HecateAuth0UserList **ret, HecateError *error)
{
    return client_call((Client *)users, &list_users, &(Args){ .query = query }, ret, error);
}

HecateStatus auth0_users_update(Auth0Users *users, const char *id, const HecateAuth0UserInput *input, HecateAuth0User **ret, HecateError *error)
{
    return client_call((Client *)users, &update_user, &(Args){ .id = id, .body = input }, ret, error);
}

HecateStatus auth0_users_delete(Auth0Users *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &delete_user, &(Args){ .id = id }, NULL, error);
}

HecateStatus auth0_users_by_email_get_by_email(Auth0Users *users, const char *email, const HecateAuth0UserQuery *query, HecateAuth0UserList **ret,
                                               HecateError *error)
{
    EmailQuery all = { .email = { HECATE_VALUE, email } };

    if (query != NULL) {
        all.fields = query->fields;
        all.include_fields = query->include_fields;
    }
    return client_call((Client *)users, &by_email, &(Args){ .query = &all }, ret, error);
}

HecateStatus auth0_users_link(Auth0Users *users, const char *id, const HecateAuth0LinkInput *input, HecateAuth0IdentityList **ret, HecateError *error)
{
    return client_call((Client *)users, &link_account, &(Args){ .id = id, .body = input }, ret, error);
}

HecateStatus auth0_users_unlink(Auth0Users *users, const char *id, const char *provider, const char *user_id, HecateAuth0IdentityList **ret,
                                HecateError *error)
{
    return client_call((Client *)users, &unlink_account, &(Args){ .id = id, .more = { provider, user_id } }, ret, error);
}

HecateStatus auth0_users_get_logs(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret, HecateError *error)
{
    return client_call((Client *)users, &get_logs, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus auth0_users_get_roles(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret, HecateError *error)
{
    return client_call((Client *)users, &get_roles, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus auth0_users_assign_roles(Auth0Users *users, const char *id, const char *json, HecateError *error)
{
    return client_call((Client *)users, &assign_roles, &(Args){ .id = id, .json = json }, NULL, error);
}

HecateStatus auth0_users_delete_roles(Auth0Users *users, const char *id, const char *json, HecateError *error)
{
    return client_call((Client *)users, &delete_roles, &(Args){ .id = id, .json = json }, NULL, error);
}

HecateStatus auth0_users_get_permissions(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                         HecateError *error)
{
    return client_call((Client *)users, &get_permissions, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus auth0_users_assign_permissions(Auth0Users *users, const char *id, const char *json, HecateError *error)
{
    return client_call((Client *)users, &assign_permissions, &(Args){ .id = id, .json = json }, NULL, error);
}

HecateStatus auth0_users_delete_permissions(Auth0Users *users, const char *id, const char *json, HecateError *error)
{
    return client_call((Client *)users, &delete_permissions, &(Args){ .id = id, .json = json }, NULL, error);
}

HecateStatus auth0_users_get_user_organizations(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                                HecateError *error)
{
    return client_call((Client *)users, &get_user_organizations, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus auth0_users_get_enrollments(Auth0Users *users, const char *id, HecateAuth0Answer **ret, HecateError *error)
{
    return client_call((Client *)users, &get_enrollments, &(Args){ .id = id }, ret, error);
}

HecateStatus auth0_users_get_authentication_methods(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                                    HecateError *error)
{
    return client_call((Client *)users, &get_authentication_methods, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus auth0_users_create_authentication_method(Auth0Users *users, const char *id, const char *json, HecateAuth0Answer **ret,
                                                      HecateError *error)
{
    return client_call((Client *)users, &create_authentication_method, &(Args){ .id = id, .json = json }, ret, error);
}

HecateStatus auth0_users_update_authentication_methods(Auth0Users *users, const char *id, const char *json, HecateAuth0Answer **ret,
                                                       HecateError *error)
{
    return client_call((Client *)users, &update_authentication_methods, &(Args){ .id = id, .json = json }, ret, error);
}

HecateStatus auth0_users_delete_authentication_methods(Auth0Users *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &delete_authentication_methods, &(Args){ .id = id }, NULL, error);
}

HecateStatus auth0_users_get_authentication_method(Auth0Users *users, const char *id, const char *what, HecateAuth0Answer **ret, HecateError *error)
{
    return client_call((Client *)users, &get_authentication_method, &(Args){ .id = id, .more = { what } }, ret, error);
}

HecateStatus auth0_users_update_authentication_method(Auth0Users *users, const char *id, const char *what, const char *json, HecateAuth0Answer **ret,
                                                      HecateError *error)
{
    return client_call((Client *)users, &update_authentication_method, &(Args){ .id = id, .more = { what }, .json = json }, ret, error);
}

HecateStatus auth0_users_delete_authentication_method(Auth0Users *users, const char *id, const char *what, HecateError *error)
{
    return client_call((Client *)users, &delete_authentication_method, &(Args){ .id = id, .more = { what } }, NULL, error);
}

HecateStatus auth0_users_delete_all_authenticators(Auth0Users *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &delete_all_authenticators, &(Args){ .id = id }, NULL, error);
}

HecateStatus auth0_users_delete_multifactor_provider(Auth0Users *users, const char *id, const char *what, HecateError *error)
{
    return client_call((Client *)users, &delete_multifactor_provider, &(Args){ .id = id, .more = { what } }, NULL, error);
}

HecateStatus auth0_users_invalidate_remember_browser(Auth0Users *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &invalidate_remember_browser, &(Args){ .id = id }, NULL, error);
}

HecateStatus auth0_users_regenerate_recovery_code(Auth0Users *users, const char *id, HecateAuth0Answer **ret, HecateError *error)
{
    return client_call((Client *)users, &regenerate_recovery_code, &(Args){ .id = id }, ret, error);
}

HecateStatus auth0_users_get_sessions(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                      HecateError *error)
{
    return client_call((Client *)users, &get_sessions, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus auth0_users_delete_sessions(Auth0Users *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &delete_sessions, &(Args){ .id = id }, NULL, error);
}

HecateStatus auth0_users_get_refresh_tokens(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                            HecateError *error)
{
    return client_call((Client *)users, &get_refresh_tokens, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus auth0_users_delete_refresh_tokens(Auth0Users *users, const char *id, HecateError *error)
{
    return client_call((Client *)users, &delete_refresh_tokens, &(Args){ .id = id }, NULL, error);
}

HecateStatus auth0_users_clear_risk_assessors(Auth0Users *users, const char *id, const char *json, HecateError *error)
{
    return client_call((Client *)users, &clear_risk_assessors, &(Args){ .id = id, .json = json }, NULL, error);
}

HecateStatus auth0_users_get_connected_accounts(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret,
                                                HecateError *error)
{
    return client_call((Client *)users, &get_connected_accounts, &(Args){ .id = id, .query = query }, ret, error);
}

HecateStatus auth0_users_get_all_tokensets(Auth0Users *users, const char *id, HecateAuth0Answer **ret, HecateError *error)
{
    return client_call((Client *)users, &get_all_tokensets, &(Args){ .id = id }, ret, error);
}

HecateStatus auth0_users_delete_tokenset(Auth0Users *users, const char *id, const char *what, HecateError *error)
{
    return client_call((Client *)users, &delete_tokenset, &(Args){ .id = id, .more = { what } }, NULL, error);
}

void auth0_answer_free(HecateAuth0Answer *answer)
{
    result_free(answer);
}

void auth0_identity_list_free(HecateAuth0IdentityList *list)
{
    result_free(list);
}

void auth0_user_free(HecateAuth0User *user)
{
    result_free(user);
}

void auth0_user_list_free(HecateAuth0UserList *list)
{
    result_free(list);
}
