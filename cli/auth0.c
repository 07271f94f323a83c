/* auth0.c: the verbs through Auth0's Management API. */
#include "hecate/auth0.h"

#include "internal.h"

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
    },
};
