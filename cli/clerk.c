/* clerk.c: the verbs through Clerk's Backend API. */
#include "hecate/clerk.h"

#include "internal.h"

static const char *clerk_primary(const HecateClerkAddresses *addresses, const char *primary)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (text_eq(addresses->items[i]->id, primary))
            return addresses->items[i]->value;
    return addresses->count > 0 ? addresses->items[0]->value : NULL;
}

static void clerk_row(Work *work, const HecateClerkUser *user)
{
    const char *phone = clerk_primary(&user->phone_numbers, user->primary_phone_number_id);

    user_add(&work->table, user->id, clerk_primary(&user->email_addresses, user->primary_email_address_id), phone != NULL ? phone : user->username,
             user->created_at,
             user->banned   ? "banned"
             : user->locked ? "locked"
                            : "active");
}

static HecateStatus clerk_one(Work *work, HecateStatus status, HecateClerkUser *const *user)
{
    if (status == HECATE_OK) {
        clerk_row(work, *user);
        keep_raw(work, (*user)->raw);
        clerk_user_free(*user);
    }
    return status;
}

static HecateStatus clerk_list(Work *work)
{
    const Line *line = work->line;
    const int64_t size = line->page_size == 0 ? 50 : line->page_size, page = line->page_number == 0 ? 0 : line->page_number - 1;
    const HecateClerkUserQuery query = {
        .query = given(line->query),
        .email_address = { line->email == NULL ? HECATE_ABSENT : HECATE_VALUE, &line->email, 1 },
        .limit = hecate_int(size),
        .offset = number(page * size),
    };
    HecateClerkUserList *list = NULL;
    const HecateStatus status = clerk_users_get_user_list(work->handle, &query, &list, &work->error);

    for (size_t i = 0; list != NULL && i < list->count; i++)
        clerk_row(work, list->users[i]);
    if (list != NULL)
        keep_raw(work, list->raw);
    clerk_user_list_free(list);
    return status;
}

static HecateStatus clerk_get(Work *work)
{
    HecateClerkUser *user = NULL;

    return clerk_one(work, clerk_users_get_user(work->handle, work->line->id, &user, &work->error), &user);
}

static HecateTexts given_one(const char *const *text)
{
    return *text == NULL ? (HecateTexts){ 0 } : hecate_texts(text, 1);
}

static HecateStatus clerk_create(Work *work)
{
    const Line *line = work->line;
    const HecateClerkNewUser in = {
        .email_address = given_one(&line->email),
        .phone_number = given_one(&line->phone),
        .username = given(line->username),
        .first_name = given(line->name),
        .password = given(line->password),
        .unsafe_metadata = given(line->user_metadata),
        .public_metadata = given(line->app_metadata),
        .private_metadata = given(line->private_metadata),
    };
    HecateClerkUser *user = NULL;

    return clerk_one(work, clerk_users_create_user(work->handle, &in, &user, &work->error), &user);
}

/* Two requests: metadata in the first would replace the documents instead of being merged into them. */
static HecateStatus clerk_update(Work *work)
{
    const Line *line = work->line;
    const HecateClerkUserPatch patch = { .username = given(line->username), .first_name = given(line->name), .password = given(line->password) };
    const HecateClerkMetadata metadata = { given(line->app_metadata), given(line->private_metadata), given(line->user_metadata) };
    const bool merges = line->app_metadata != NULL || line->private_metadata != NULL || line->user_metadata != NULL;
    HecateClerkUser *user = NULL;
    HecateStatus status = HECATE_OK;

    if (!merges || line->username != NULL || line->name != NULL || line->password != NULL)
        status = clerk_users_update_user(work->handle, line->id, &patch, &user, &work->error);
    if (status == HECATE_OK && merges) {
        clerk_user_free(user);
        status = clerk_users_update_user_metadata(work->handle, line->id, &metadata, &user, &work->error);
    }
    return clerk_one(work, status, &user);
}

static HecateStatus clerk_delete(Work *work)
{
    return clerk_users_delete_user(work->handle, work->line->id, &work->error);
}

static HecateStatus clerk_verb(Work *work)
{
    static HecateStatus (*const calls[VERBS])(ClerkUsers * users, const char *id, HecateClerkUser **ret, HecateError *error) = {
        [USER_BAN] = clerk_users_ban_user,
        [USER_UNBAN] = clerk_users_unban_user,
        [USER_LOCK] = clerk_users_lock_user,
        [USER_UNLOCK] = clerk_users_unlock_user,
    };
    HecateClerkUser *user = NULL;

    return clerk_one(work, calls[work->line->verb](work->handle, work->line->id, &user, &work->error), &user);
}

/* ---- what hangs on a user ---- */

static HecateStatus clerk_factors_clear(Work *work)
{
    return clerk_users_disable_user_mfa(work->handle, work->line->id, &work->error);
}

static HecateStatus clerk_organizations(Work *work)
{
    static const Columns columns = { "data", { "MEMBERSHIP", "ORGANIZATION", "ROLE" }, { "id", "organization.name", "role" } };
    const Line *line = work->line;
    const int64_t size = line->page_size == 0 ? 50 : line->page_size, page = line->page_number == 0 ? 0 : line->page_number - 1;
    const HecateClerkPageQuery query = { .limit = hecate_int(size), .offset = number(page * size) };
    HecateClerkAnswer *answer = NULL;
    HecateStatus status = clerk_users_get_organization_membership_list(work->handle, line->id, &query, &answer, &work->error);

    if (status == HECATE_OK)
        status = table_json(work, answer->json, &columns);
    clerk_answer_free(answer);
    return status;
}

static void *clerk_open(const HecateOptions *how, HecateError *error)
{
    return clerk_users_new(how, error);
}
static void clerk_close(void *handle)
{
    clerk_users_free(handle);
}

const Api clerk_api = {
    .name = "clerk",
    .url = "http://127.0.0.1:9998",
    .key = "HECATE_CLERK_SECRET_KEY",
    .open = clerk_open,
    .close = clerk_close,
    .acts = {
        [USER_LIST] = clerk_list,
        [USER_GET] = clerk_get,
        [USER_CREATE] = clerk_create,
        [USER_UPDATE] = clerk_update,
        [USER_DELETE] = clerk_delete,
        [USER_BAN] = clerk_verb,
        [USER_UNBAN] = clerk_verb,
        [USER_LOCK] = clerk_verb,
        [USER_UNLOCK] = clerk_verb,
        [FACTOR_CLEAR] = clerk_factors_clear,
        [ORGANIZATION_LIST] = clerk_organizations,
    },
};
