/* gotrue.c: the methods of GoTrueAdminApi as rows. */
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

static const Bind user_bind[] = {
    BIND_TEXT(HecateGotrueUser, id),
    BIND_TEXT(HecateGotrueUser, aud),
    BIND_TEXT(HecateGotrueUser, role),
    BIND_TEXT(HecateGotrueUser, email),
    BIND_TEXT(HecateGotrueUser, phone),
    BIND_TEXT(HecateGotrueUser, new_email),
    BIND_TEXT(HecateGotrueUser, new_phone),
    BIND_TEXT(HecateGotrueUser, app_metadata),
    BIND_TEXT(HecateGotrueUser, user_metadata),
    BIND_INT(HecateGotrueUser, email_confirmed_at),
    BIND_INT(HecateGotrueUser, phone_confirmed_at),
    BIND_INT(HecateGotrueUser, confirmed_at),
    BIND_INT(HecateGotrueUser, invited_at),
    BIND_INT(HecateGotrueUser, confirmation_sent_at),
    BIND_INT(HecateGotrueUser, recovery_sent_at),
    BIND_INT(HecateGotrueUser, email_change_sent_at),
    BIND_INT(HecateGotrueUser, phone_change_sent_at),
    BIND_INT(HecateGotrueUser, reauthentication_sent_at),
    BIND_INT(HecateGotrueUser, last_sign_in_at),
    BIND_INT(HecateGotrueUser, created_at),
    BIND_INT(HecateGotrueUser, updated_at),
    BIND_INT(HecateGotrueUser, banned_until),
    BIND_INT(HecateGotrueUser, deleted_at),
    BIND_BOOL(HecateGotrueUser, is_anonymous),
    BIND_LIST(HecateGotrueUser, identities, identity_bind),
    BIND_LIST(HecateGotrueUser, factors, factor_bind),
    BIND_END(HecateGotrueUser),
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
    GIVE_INT(HecateGotruePage, page),  GIVE_INT(HecateGotruePage, per_page), GIVE_TEXT(HecateGotruePage, filter),
    GIVE_TEXT(HecateGotruePage, sort), BIND_END(HecateGotruePage),
};

typedef struct Deletion {
    HecateBool should_soft_delete;
} Deletion;

static const Bind deletion_bind[] = { GIVE_BOOL(Deletion, should_soft_delete), BIND_END(Deletion) };

typedef struct SignOut {
    HecateText scope;
} SignOut;

static const Bind sign_out_bind[] = { GIVE_TEXT(SignOut, scope), BIND_END(SignOut) };

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
    .due = offsetof(HecateGotrueUserList, aud),
};

const Method *const gotrue_methods[] = { &create_user, &get_user, &update_user, &delete_user, &sign_out, &list_users, NULL };

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

void gotrue_user_free(HecateGotrueUser *user)
{
    result_free(user);
}

void gotrue_user_list_free(HecateGotrueUserList *list)
{
    result_free(list);
}
