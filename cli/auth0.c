/* auth0.c: the verbs through Auth0's Management API. */
#include "hecate/auth0.h"

#include "internal.h"
#include "json/json.h"

static void auth0_row(Work *work, const HecateAuth0User *user)
{
    const char *other = user->phone_number != NULL ? user->phone_number : user->username != NULL ? user->username : user->name;

    user_add(&work->table, user->user_id, user->email, other, user->created_at, user->blocked ? "blocked" : "active");
}

static HecateStatus auth0_one(Work *work, HecateStatus status, HecateAuth0User *const *user)
{
    if (status == HECATE_OK) {
        auth0_row(work, *user);
        keep_raw(work, (*user)->raw);
        auth0_user_free(*user);
    }
    return status;
}

static HecateStatus auth0_list(Work *work)
{
    const Line *line = work->line;
    const HecateAuth0UserQuery query = {
        .page = number(line->page_number == 0 ? 0 : line->page_number - 1),
        .per_page = number(line->page_size),
        .q = given(line->query),
    };
    HecateAuth0UserList *list = NULL;
    HecateStatus status;

    if (line->email != NULL)
        status = auth0_users_by_email_get_by_email(work->handle, line->email, NULL, &list, &work->error);
    else
        status = auth0_users_get_all(work->handle, &query, &list, &work->error);
    for (size_t i = 0; list != NULL && i < list->count; i++)
        auth0_row(work, list->users[i]);
    if (list != NULL)
        keep_raw(work, list->raw);
    auth0_user_list_free(list);
    return status;
}

static HecateStatus auth0_get(Work *work)
{
    HecateAuth0User *user = NULL;

    return auth0_one(work, auth0_users_get(work->handle, work->line->id, NULL, &user, &work->error), &user);
}

static HecateAuth0UserInput auth0_input(const Line *line)
{
    return (HecateAuth0UserInput){
        .email = given(line->email),
        .phone_number = given(line->phone),
        .username = given(line->username),
        .name = given(line->name),
        .password = given(line->password),
        .email_verified = flag(line->confirm && line->email != NULL),
        .phone_verified = flag(line->confirm && line->phone != NULL),
        .user_metadata = given(line->user_metadata),
        .app_metadata = given(line->app_metadata),
        .connection = given(line->connection),
    };
}

static HecateStatus auth0_write(Work *work)
{
    HecateAuth0UserInput in = auth0_input(work->line);
    HecateAuth0User *user = NULL;

    if (work->line->verb == USER_UPDATE)
        return auth0_one(work, auth0_users_update(work->handle, work->line->id, &in, &user, &work->error), &user);
    if (work->line->connection == NULL)
        in.connection = hecate_text("Username-Password-Authentication");
    return auth0_one(work, auth0_users_create(work->handle, &in, &user, &work->error), &user);
}

static HecateStatus auth0_delete(Work *work)
{
    return auth0_users_delete(work->handle, work->line->id, &work->error);
}

static HecateStatus auth0_ban(Work *work)
{
    const HecateAuth0UserInput in = { .blocked = hecate_bool(work->line->verb == USER_BAN) };
    HecateAuth0User *user = NULL;

    return auth0_one(work, auth0_users_update(work->handle, work->line->id, &in, &user, &work->error), &user);
}

/* ---- what hangs on a user ---- */

typedef HecateStatus Lister(Auth0Users *users, const char *id, const HecateAuth0PageQuery *query, HecateAuth0Answer **ret, HecateError *error);
static const struct {
    Lister *call;
    Columns columns;
} lists[VERBS] = {
    [ROLE_LIST] = { auth0_users_get_roles, { "roles", { "ID", "NAME", "DESCRIPTION" }, { "id", "name", "description" } } },
    [PERMISSION_LIST] = { auth0_users_get_permissions,
                          { "permissions",
                            { "API", "PERMISSION", "DESCRIPTION" },
                            { "resource_server_identifier", "permission_name", "description" } } },
    [ORGANIZATION_LIST] = { auth0_users_get_user_organizations,
                            { "organizations", { "ID", "NAME", "DISPLAYED" }, { "id", "name", "display_name" } } },
    [FACTOR_LIST] = { auth0_users_get_authentication_methods,
                      { "authenticators", { "ID", "TYPE", "NAME", "CREATED", "CONFIRMED" }, { "id", "type", "name", "created_at", "confirmed" } } },
    [SESSION_LIST] = { auth0_users_get_sessions,
                       { "sessions", { "ID", "CREATED", "LAST SEEN", "ADDRESS" }, { "id", "created_at", "last_interacted_at", "device.last_ip" } } },
    [LOG_LIST] = { auth0_users_get_logs,
                   { "logs", { "ID", "DATE", "TYPE", "ADDRESS", "DESCRIPTION" }, { "log_id", "date", "type", "ip", "description" } } },
};

static HecateStatus auth0_things(Work *work)
{
    const Line *line = work->line;
    const HecateAuth0PageQuery query = { .page = number(line->page_number == 0 ? 0 : line->page_number - 1), .per_page = number(line->page_size) };
    HecateAuth0Answer *answer = NULL;
    HecateStatus status = lists[line->verb].call(work->handle, line->id, &query, &answer, &work->error);

    if (status == HECATE_OK)
        status = table_json(work, answer->json, &lists[line->verb].columns);
    auth0_answer_free(answer);
    return status;
}

static HecateStatus auth0_roles_change(Work *work)
{
    Arena *arena = work->table.arena;
    const char *body = arena_printf(arena, "{\"roles\":[%s]}", json_quote(arena, work->line->part));

    return work->line->verb == ROLE_ADD ? auth0_users_assign_roles(work->handle, work->line->id, body, &work->error)
                                        : auth0_users_delete_roles(work->handle, work->line->id, body, &work->error);
}

static HecateStatus auth0_factor_delete(Work *work)
{
    return auth0_users_delete_authentication_method(work->handle, work->line->id, work->line->part, &work->error);
}

static HecateStatus auth0_factors_clear(Work *work)
{
    return auth0_users_delete_authentication_methods(work->handle, work->line->id, &work->error);
}

/* The API ends all at once; a session that was named is not the only one to go. */
static HecateStatus auth0_sessions_end(Work *work)
{
    if (work->line->part == NULL)
        return auth0_users_delete_sessions(work->handle, work->line->id, &work->error);
    snprintf(work->error.message, sizeof(work->error.message), "%s", "the sessions of a user end together: give no session");
    return HECATE_INVALID;
}

/* ---- identities ---- */

static void identity_rows(Work *work, HecateAuth0Identity *const *items, size_t n)
{
    static const char *const heads[COLUMNS] = { "PROVIDER", "ID", "CONNECTION" };
    Arena *arena = work->table.arena;

    work->table.heads = heads;
    for (size_t i = 0; i < n; i++)
        table_add(&work->table,
                  &(Row){ { text_cell(arena, items[i]->provider), text_cell(arena, items[i]->user_id), text_cell(arena, items[i]->connection) } });
}

static HecateStatus auth0_identities(Work *work)
{
    HecateAuth0User *user = NULL;
    const HecateStatus status = auth0_users_get(work->handle, work->line->id, NULL, &user, &work->error);

    if (status == HECATE_OK) {
        identity_rows(work, user->identities.items, user->identities.count);
        keep_raw(work, user->raw);
    }
    auth0_user_free(user);
    return status;
}

/* `provider|id` as users are named. */
static HecateStatus auth0_identity_change(Work *work)
{
    Str rest = str_of(work->line->part);
    const char *provider = str_dup(work->table.arena, str_cut(&rest, '|')), *id = str_dup(work->table.arena, rest);
    const HecateAuth0LinkInput in = { .provider = hecate_text(provider), .user_id = hecate_text(id) };
    HecateAuth0IdentityList *list = NULL;
    HecateStatus status;

    if (work->line->verb == IDENTITY_LINK)
        status = auth0_users_link(work->handle, work->line->id, &in, &list, &work->error);
    else
        status = auth0_users_unlink(work->handle, work->line->id, provider, id, &list, &work->error);
    if (status == HECATE_OK && list != NULL) {
        identity_rows(work, list->items, list->count);
        keep_raw(work, list->raw);
    }
    auth0_identity_list_free(list);
    return status;
}

static void *auth0_open(const HecateOptions *how, HecateError *error)
{
    return auth0_users_new(how, error);
}
static void auth0_close(void *handle)
{
    auth0_users_free(handle);
}

const Api auth0_api = {
    .name = "auth0",
    .url = "https://127.0.0.1:9443",
    .key = "HECATE_AUTH0_TOKEN",
    .client_id = "HECATE_AUTH0_CLIENT_ID",
    .client_secret = "HECATE_AUTH0_CLIENT_SECRET",
    .open = auth0_open,
    .close = auth0_close,
    .acts = {
        [USER_LIST] = auth0_list,
        [USER_GET] = auth0_get,
        [USER_CREATE] = auth0_write,
        [USER_UPDATE] = auth0_write,
        [USER_DELETE] = auth0_delete,
        [USER_BAN] = auth0_ban,
        [USER_UNBAN] = auth0_ban,
        [FACTOR_LIST] = auth0_things,
        [FACTOR_DELETE] = auth0_factor_delete,
        [FACTOR_CLEAR] = auth0_factors_clear,
        [SESSION_LIST] = auth0_things,
        [SESSION_END] = auth0_sessions_end,
        [IDENTITY_LIST] = auth0_identities,
        [IDENTITY_LINK] = auth0_identity_change,
        [IDENTITY_DELETE] = auth0_identity_change,
        [ROLE_LIST] = auth0_things,
        [ROLE_ADD] = auth0_roles_change,
        [ROLE_REMOVE] = auth0_roles_change,
        [PERMISSION_LIST] = auth0_things,
        [ORGANIZATION_LIST] = auth0_things,
        [LOG_LIST] = auth0_things,
    },
};
