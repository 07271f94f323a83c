/* gotrue.c: the methods of GoTrueAdminApi, and what the Elixir module has beside them, as rows. */
#include "hecate/gotrue.h"

#include "dialect/gotrue/wire.h"
#include "internal.h"

static const Face face = {
    .headers = { { "X-Client-Info", "hecate-c/" HECATE_LIB_VERSION }, { "X-Supabase-Api-Version", "2024-01-01" } },
    .content_type = "application/json;charset=UTF-8",
    .apikey = true,
    .uuid_ids = true,
};

/* ---- what comes back ---- */

static const Bind identity_bind[] = {
    BIND_TEXT(HecateGotrueIdentity, identity_id),    BIND_TEXT(HecateGotrueIdentity, id),
    BIND_TEXT(HecateGotrueIdentity, user_id),        BIND_TEXT(HecateGotrueIdentity, provider),
    BIND_TEXT(HecateGotrueIdentity, email),          BIND_TEXT(HecateGotrueIdentity, identity_data),
    BIND_INT(HecateGotrueIdentity, last_sign_in_at), BIND_INT(HecateGotrueIdentity, created_at),
    BIND_INT(HecateGotrueIdentity, updated_at),      BIND_END(HecateGotrueIdentity),
};

static const Bind factor_bind[] = {
    BIND_TEXT(HecateGotrueFactor, id),
    BIND_TEXT(HecateGotrueFactor, status),
    BIND_TEXT(HecateGotrueFactor, friendly_name),
    BIND_TEXT(HecateGotrueFactor, factor_type),
    BIND_TEXT(HecateGotrueFactor, phone),
    BIND_INT(HecateGotrueFactor, created_at),
    BIND_INT(HecateGotrueFactor, updated_at),
    BIND_INT(HecateGotrueFactor, last_challenged_at),
    BIND_END(HecateGotrueFactor),
};

/* clang-format off */
#define USER_BINDS \
    BIND_TEXT(HecateGotrueUser, id), \
    BIND_TEXT(HecateGotrueUser, aud), \
    BIND_TEXT(HecateGotrueUser, role), \
    BIND_TEXT(HecateGotrueUser, email), \
    BIND_TEXT(HecateGotrueUser, phone), \
    BIND_TEXT(HecateGotrueUser, new_email), \
    BIND_TEXT(HecateGotrueUser, new_phone), \
    BIND_TEXT(HecateGotrueUser, app_metadata), \
    BIND_TEXT(HecateGotrueUser, user_metadata), \
    BIND_INT(HecateGotrueUser, email_confirmed_at), \
    BIND_INT(HecateGotrueUser, phone_confirmed_at), \
    BIND_INT(HecateGotrueUser, confirmed_at), \
    BIND_INT(HecateGotrueUser, invited_at), \
    BIND_INT(HecateGotrueUser, confirmation_sent_at), \
    BIND_INT(HecateGotrueUser, recovery_sent_at), \
    BIND_INT(HecateGotrueUser, email_change_sent_at), \
    BIND_INT(HecateGotrueUser, phone_change_sent_at), \
    BIND_INT(HecateGotrueUser, reauthentication_sent_at), \
    BIND_INT(HecateGotrueUser, last_sign_in_at), \
    BIND_INT(HecateGotrueUser, created_at), \
    BIND_INT(HecateGotrueUser, updated_at), \
    BIND_INT(HecateGotrueUser, banned_until), \
    BIND_INT(HecateGotrueUser, deleted_at), \
    BIND_BOOL(HecateGotrueUser, is_anonymous), \
    BIND_LIST(HecateGotrueUser, identities, identity_bind), \
    BIND_LIST(HecateGotrueUser, factors, factor_bind)
/* clang-format on */

static const Bind user_bind[] = { USER_BINDS, BIND_END(HecateGotrueUser) };

_Static_assert(offsetof(HecateGotrueLink, user) == 0, "a link begins with its user");
static const Bind link_bind[] = {
    USER_BINDS,
    BIND_TEXT(HecateGotrueLink, action_link),
    BIND_TEXT(HecateGotrueLink, email_otp),
    BIND_TEXT(HecateGotrueLink, hashed_token),
    BIND_TEXT(HecateGotrueLink, verification_type),
    BIND_TEXT(HecateGotrueLink, redirect_to),
    BIND_END(HecateGotrueLink),
};

static const Bind session_bind[] = {
    BIND_TEXT(HecateGotrueSession, id),          BIND_TEXT(HecateGotrueSession, user_id),    BIND_TEXT(HecateGotrueSession, factor_id),
    BIND_TEXT(HecateGotrueSession, aal),         BIND_TEXT(HecateGotrueSession, user_agent), BIND_TEXT(HecateGotrueSession, ip),
    BIND_TEXTS(HecateGotrueSession, amr),        BIND_INT(HecateGotrueSession, created_at),  BIND_INT(HecateGotrueSession, updated_at),
    BIND_INT(HecateGotrueSession, refreshed_at), BIND_INT(HecateGotrueSession, not_after),   BIND_END(HecateGotrueSession),
};

/* Arrays: `items` and `count` are one List. */
static const Bind factors_bind[] = {
    { .name = "factors", .type = B_LIST, .offset = offsetof(HecateGotrueFactorList, items), .sub = factor_bind, .wire = gotrue_factor },
    BIND_END(HecateGotrueFactorList),
};
static const Bind identities_bind[] = {
    { .name = "identities", .type = B_LIST, .offset = offsetof(HecateGotrueIdentityList, items), .sub = identity_bind, .wire = gotrue_identity },
    BIND_END(HecateGotrueIdentityList),
};
static const Bind sessions_bind[] = {
    { .name = "sessions", .type = B_LIST, .offset = offsetof(HecateGotrueSessionList, items), .sub = session_bind, .wire = gotrue_session_row },
    BIND_END(HecateGotrueSessionList),
};

/* `users` and `count` are one List. */
static const Bind list_bind[] = {
    { .name = "users", .type = B_LIST, .offset = offsetof(HecateGotrueUserList, users), .sub = user_bind },
    BIND_TEXT(HecateGotrueUserList, aud),
    BIND_END(HecateGotrueUserList),
};

/* ---- what goes out ---- */

static const Bind attributes_bind[] = {
    GIVE_TEXT(HecateGotrueAttributes, email),
    GIVE_TEXT(HecateGotrueAttributes, phone),
    GIVE_TEXT(HecateGotrueAttributes, password),
    GIVE_TEXT(HecateGotrueAttributes, password_hash),
    GIVE_BOOL(HecateGotrueAttributes, email_confirm),
    GIVE_BOOL(HecateGotrueAttributes, phone_confirm),
    GIVE_TEXT(HecateGotrueAttributes, user_metadata),
    GIVE_TEXT(HecateGotrueAttributes, app_metadata),
    GIVE_TEXT(HecateGotrueAttributes, role),
    GIVE_TEXT(HecateGotrueAttributes, aud),
    GIVE_TEXT(HecateGotrueAttributes, id),
    GIVE_TEXT(HecateGotrueAttributes, ban_duration),
    BIND_END(HecateGotrueAttributes),
};

static const Bind page_bind[] = {
    GIVE_INT(HecateGotruePage, page),   GIVE_INT(HecateGotruePage, per_page), GIVE_TEXT(HecateGotruePage, filter), GIVE_TEXT(HecateGotruePage, sort),
    GIVE_TEXT(HecateGotruePage, email), GIVE_TEXT(HecateGotruePage, phone),   BIND_END(HecateGotruePage),
};

typedef struct Deletion {
    HecateBool should_soft_delete;
} Deletion;

static const Bind deletion_bind[] = { GIVE_BOOL(Deletion, should_soft_delete), BIND_END(Deletion) };

typedef struct SignOut {
    HecateText scope;
} SignOut;

static const Bind sign_out_bind[] = { GIVE_TEXT(SignOut, scope), BIND_END(SignOut) };

/* `redirect_to` stands in the query. */
typedef struct Invitation {
    HecateText email, data;
} Invitation;

static const Bind invitation_bind[] = { GIVE_TEXT(Invitation, email), GIVE_TEXT(Invitation, data), BIND_END(Invitation) };
static const Bind invite_query_bind[] = { GIVE_TEXT(HecateGotrueInvitation, redirect_to), BIND_END(HecateGotrueInvitation) };

static const Bind link_input_bind[] = {
    GIVE_TEXT(HecateGotrueLinkInput, type),      GIVE_TEXT(HecateGotrueLinkInput, email), GIVE_TEXT(HecateGotrueLinkInput, password),
    GIVE_TEXT(HecateGotrueLinkInput, new_email), GIVE_TEXT(HecateGotrueLinkInput, data),  BIND_END(HecateGotrueLinkInput),
};
static const Bind link_query_bind[] = { GIVE_TEXT(HecateGotrueLinkInput, redirect_to), BIND_END(HecateGotrueLinkInput) };

/* ---- the methods ---- */

#define USER_OUT                                                                                                        \
    .out = { gotrue_user, user_bind }, .shape = SHAPE_OBJECT, .raw = offsetof(HecateGotrueUser, raw), .total = NOWHERE, \
    .due = offsetof(HecateGotrueUser, id)
#define NO_OUT .shape = SHAPE_NONE, .raw = NOWHERE, .total = NOWHERE, .due = NOWHERE

static const Method create_user = { "POST", "/admin/users", .body = { gotrue_admin_user, attributes_bind }, USER_OUT };
static const Method get_user = { "GET", "/admin/users/%", USER_OUT };
static const Method update_user = { "PUT", "/admin/users/%", .body = { gotrue_admin_user, attributes_bind }, USER_OUT };
static const Method delete_user = { "DELETE", "/admin/users/%", .body = { gotrue_delete, deletion_bind }, NO_OUT };
static const Method sign_out = { "POST", "/logout", .query = { NULL, sign_out_bind }, NO_OUT };
static const Method list_users = {
    "GET",
    "/admin/users",
    .query = { NULL, page_bind },
    .out = { gotrue_users, list_bind },
    .shape = SHAPE_LIST,
    .raw = offsetof(HecateGotrueUserList, raw),
    .total = offsetof(HecateGotrueUserList, total),
    .pages = offsetof(HecateGotrueUserList, next_page),
    .due = offsetof(HecateGotrueUserList, aud),
};
static const Method invite_user = {
    "POST", "/invite", .body = { gotrue_invite_in, invitation_bind }, .query = { NULL, invite_query_bind }, USER_OUT,
};
static const Method generate_link = {
    "POST",
    "/admin/generate_link",
    .body = { gotrue_generate_link_in, link_input_bind },
    .query = { NULL, link_query_bind },
    .out = { gotrue_link, link_bind },
    .shape = SHAPE_OBJECT,
    .raw = offsetof(HecateGotrueLink, raw),
    .total = NOWHERE,
    .due = offsetof(HecateGotrueLink, action_link),
};

#define ARRAY_OUT(T, what) .out = { NULL, what }, .shape = SHAPE_LIST, .raw = offsetof(T, raw), .total = NOWHERE, .due = NOWHERE
static const Method list_factors = { "GET", "/admin/users/%/factors", ARRAY_OUT(HecateGotrueFactorList, factors_bind) };
static const Method list_identities = { "GET", "/admin/users/%/identities", ARRAY_OUT(HecateGotrueIdentityList, identities_bind) };
static const Method list_sessions = { "GET", "/admin/users/%/sessions", ARRAY_OUT(HecateGotrueSessionList, sessions_bind) };
static const Method delete_factor = { "DELETE", "/admin/users/%/factors/%", NO_OUT };
static const Method delete_identity = { "DELETE", "/admin/users/%/identities/%", NO_OUT };
static const Method delete_session = { "DELETE", "/admin/users/%/sessions/%", NO_OUT };
static const Method delete_sessions = { "DELETE", "/admin/users/%/sessions", NO_OUT };

const Method *const gotrue_methods[] = {
    &create_user,  &get_user,        &update_user,   &delete_user,   &sign_out,        &list_users,     &invite_user,     &generate_link,
    &list_factors, &list_identities, &list_sessions, &delete_factor, &delete_identity, &delete_session, &delete_sessions, NULL,
};

GotrueAdmin *gotrue_admin_new(const HecateOptions *options, HecateError *error)
{
    return (GotrueAdmin *)client_new(&face, options, error);
}

void gotrue_admin_free(GotrueAdmin *admin)
{
    client_free((Client *)admin);
}

HecateStatus gotrue_admin_create_user(GotrueAdmin *admin, const HecateGotrueAttributes *attributes, HecateGotrueUser **ret, HecateError *error)
{
    return client_call((Client *)admin, &create_user, &(Args){ .body = attributes }, ret, error);
}

HecateStatus gotrue_admin_get_user_by_id(GotrueAdmin *admin, const char *id, HecateGotrueUser **ret, HecateError *error)
{
    return client_call((Client *)admin, &get_user, &(Args){ .id = id }, ret, error);
}

HecateStatus gotrue_admin_list_users(GotrueAdmin *admin, const HecateGotruePage *page, HecateGotrueUserList **ret, HecateError *error)
{
    return client_call((Client *)admin, &list_users, &(Args){ .query = page }, ret, error);
}

HecateStatus gotrue_admin_update_user_by_id(GotrueAdmin *admin, const char *id, const HecateGotrueAttributes *attributes, HecateGotrueUser **ret,
                                            HecateError *error)
{
    return client_call((Client *)admin, &update_user, &(Args){ .id = id, .body = attributes }, ret, error);
}

HecateStatus gotrue_admin_delete_user(GotrueAdmin *admin, const char *id, bool soft, HecateError *error)
{
    const Deletion deletion = { hecate_bool(soft) };

    return client_call((Client *)admin, &delete_user, &(Args){ .id = id, .body = &deletion }, NULL, error);
}

HecateStatus gotrue_admin_sign_out(GotrueAdmin *admin, const char *jwt, const char *scope, HecateError *error)
{
    const SignOut query = { hecate_text(scope == NULL ? "global" : scope) };
    HecateError unused;

    if (text_empty(jwt) || strpbrk(jwt, " \t\r\n") != NULL)
        return error_set(error == NULL ? &unused : error, HECATE_INVALID, "the token is not one");
    return client_call((Client *)admin, &sign_out, &(Args){ .query = &query, .token = jwt }, NULL, error);
}

HecateStatus gotrue_admin_invite_user_by_email(GotrueAdmin *admin, const char *email, const HecateGotrueInvitation *invitation,
                                               HecateGotrueUser **ret, HecateError *error)
{
    const Invitation body = { { HECATE_VALUE, email }, invitation == NULL ? (HecateText){ 0 } : invitation->data };

    return client_call((Client *)admin, &invite_user, &(Args){ .body = &body, .query = invitation }, ret, error);
}

HecateStatus gotrue_admin_generate_link(GotrueAdmin *admin, const HecateGotrueLinkInput *input, HecateGotrueLink **ret, HecateError *error)
{
    return client_call((Client *)admin, &generate_link, &(Args){ .body = input, .query = input }, ret, error);
}

HecateStatus gotrue_admin_list_factors(GotrueAdmin *admin, const char *id, HecateGotrueFactorList **ret, HecateError *error)
{
    return client_call((Client *)admin, &list_factors, &(Args){ .id = id }, ret, error);
}

HecateStatus gotrue_admin_delete_factor(GotrueAdmin *admin, const char *id, const char *factor_id, HecateError *error)
{
    HecateError unused;

    if (!is_uuid(factor_id))
        return error_set(error == NULL ? &unused : error, HECATE_INVALID, "the factor's id is none");
    return client_call((Client *)admin, &delete_factor, &(Args){ .id = id, .more = { factor_id } }, NULL, error);
}

HecateStatus gotrue_admin_list_identities(GotrueAdmin *admin, const char *id, HecateGotrueIdentityList **ret, HecateError *error)
{
    return client_call((Client *)admin, &list_identities, &(Args){ .id = id }, ret, error);
}

HecateStatus gotrue_admin_delete_identity(GotrueAdmin *admin, const char *id, const char *identity, HecateError *error)
{
    return client_call((Client *)admin, &delete_identity, &(Args){ .id = id, .more = { identity } }, NULL, error);
}

HecateStatus gotrue_admin_list_sessions(GotrueAdmin *admin, const char *id, HecateGotrueSessionList **ret, HecateError *error)
{
    return client_call((Client *)admin, &list_sessions, &(Args){ .id = id }, ret, error);
}

HecateStatus gotrue_admin_delete_sessions(GotrueAdmin *admin, const char *id, const char *session, HecateError *error)
{
    return client_call((Client *)admin, session == NULL ? &delete_sessions : &delete_session, &(Args){ .id = id, .more = { session } }, NULL, error);
}

void gotrue_link_free(HecateGotrueLink *link)
{
    result_free(link);
}

void gotrue_factor_list_free(HecateGotrueFactorList *list)
{
    result_free(list);
}

void gotrue_identity_list_free(HecateGotrueIdentityList *list)
{
    result_free(list);
}

void gotrue_session_list_free(HecateGotrueSessionList *list)
{
    result_free(list);
}

void gotrue_user_free(HecateGotrueUser *user)
{
    result_free(user);
}

void gotrue_user_list_free(HecateGotrueUserList *list)
{
    result_free(list);
}
