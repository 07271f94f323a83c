/* gotrue.c: the verbs through GoTrue's administrative API. */
#include "hecate/gotrue.h"

#include "base/clock.h"
#include "internal.h"

static void gotrue_row(Work *work, const HecateGotrueUser *user)
{
    user_add(&work->table, user->id, user->email, user->phone, user->created_at,
             user->deleted_at != 0              ? "deleted"
             : user->banned_until > clock_now() ? "banned"
                                                : "active");
}

/* Takes the user behind the pointer, which the call that gave `status` has set. */
static HecateStatus gotrue_one(Work *work, HecateStatus status, HecateGotrueUser *const *user)
{
    if (status == HECATE_OK) {
        gotrue_row(work, *user);
        keep_raw(work, (*user)->raw);
        gotrue_user_free(*user);
    }
    return status;
}

static HecateStatus gotrue_list(Work *work)
{
    const Line *line = work->line;
    const HecateGotruePage page = {
        .page = number(line->page_number),
        .per_page = number(line->page_size),
        .filter = given(line->query),
        .email = given(line->email),
        .phone = given(line->phone),
    };
    HecateGotrueUserList *list = NULL;
    const HecateStatus status = gotrue_admin_list_users(work->handle, &page, &list, &work->error);

    for (size_t i = 0; list != NULL && i < list->count; i++)
        gotrue_row(work, list->users[i]);
    if (list != NULL)
        keep_raw(work, list->raw);
    gotrue_user_list_free(list);
    return status;
}

static HecateStatus gotrue_get(Work *work)
{
    HecateGotrueUser *user = NULL;

    return gotrue_one(work, gotrue_admin_get_user_by_id(work->handle, work->line->id, &user, &work->error), &user);
}

static HecateGotrueAttributes gotrue_attributes(const Line *line)
{
    return (HecateGotrueAttributes){
        .email = given(line->email),
        .phone = given(line->phone),
        .password = given(line->password),
        .email_confirm = flag(line->confirm && line->email != NULL),
        .phone_confirm = flag(line->confirm && line->phone != NULL),
        .user_metadata = given(line->user_metadata),
        .app_metadata = given(line->app_metadata),
        .role = given(line->role),
    };
}

static HecateStatus gotrue_change(Work *work, const HecateGotrueAttributes *in)
{
    HecateGotrueUser *user = NULL;
    HecateStatus status;

    if (work->line->verb == USER_CREATE)
        status = gotrue_admin_create_user(work->handle, in, &user, &work->error);
    else
        status = gotrue_admin_update_user_by_id(work->handle, work->line->id, in, &user, &work->error);
    return gotrue_one(work, status, &user);
}

static HecateStatus gotrue_write(Work *work)
{
    const HecateGotrueAttributes in = gotrue_attributes(work->line);

    return gotrue_change(work, &in);
}

static HecateStatus gotrue_delete(Work *work)
{
    return gotrue_admin_delete_user(work->handle, work->line->id, work->line->soft, &work->error);
}

/* A hundred years, in the only unit that GoTrue's durations have for it. */
static HecateStatus gotrue_ban(Work *work)
{
    const char *duration = work->line->duration == NULL ? "876600h" : work->line->duration;
    const HecateGotrueAttributes in = { .ban_duration = hecate_text(work->line->verb == USER_BAN ? duration : "none") };

    return gotrue_change(work, &in);
}

static HecateStatus gotrue_invite(Work *work)
{
    const HecateGotrueInvitation how = { given(work->line->user_metadata), given(work->line->redirect) };
    HecateGotrueUser *user = NULL;

    return gotrue_one(work, gotrue_admin_invite_user_by_email(work->handle, work->line->email, &how, &user, &work->error), &user);
}

/* ---- what hangs on a user ---- */

static HecateStatus gotrue_link(Work *work)
{
    static const char *const heads[COLUMNS] = { "TYPE", "EMAIL", "CODE", "LINK" };
    const Line *line = work->line;
    const HecateGotrueLinkInput in = {
        .type = given(line->id),
        .email = given(line->email),
        .password = given(line->password),
        .new_email = given(line->new_email),
        .data = given(line->user_metadata),
        .redirect_to = given(line->redirect),
    };
    Arena *arena = work->table.arena;
    HecateGotrueLink *link = NULL;
    const HecateStatus status = gotrue_admin_generate_link(work->handle, &in, &link, &work->error);

    work->table.heads = heads;
    if (link != NULL) {
        keep_raw(work, link->raw);
        table_add(&work->table, &(Row){ { text_cell(arena, link->verification_type), text_cell(arena, link->user.email),
                                          text_cell(arena, link->email_otp), text_cell(arena, link->action_link) } });
    }
    gotrue_link_free(link);
    return status;
}

static HecateStatus gotrue_factors(Work *work)
{
    static const char *const heads[COLUMNS] = { "ID", "TYPE", "NAME", "CREATED", "STATE" };
    Arena *arena = work->table.arena;
    HecateGotrueFactorList *list = NULL;
    const HecateStatus status = gotrue_admin_list_factors(work->handle, work->line->id, &list, &work->error);

    work->table.heads = heads;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const HecateGotrueFactor *factor = list->items[i];

        table_add(&work->table,
                  &(Row){ { text_cell(arena, factor->id), text_cell(arena, factor->factor_type), text_cell(arena, factor->friendly_name),
                            time_cell(arena, factor->created_at), text_cell(arena, factor->status) } });
    }
    if (list != NULL)
        keep_raw(work, list->raw);
    gotrue_factor_list_free(list);
    return status;
}

static HecateStatus gotrue_factor_delete(Work *work)
{
    return gotrue_admin_delete_factor(work->handle, work->line->id, work->line->part, &work->error);
}

static void session_row(Work *work, const HecateGotrueSession *session)
{
    Arena *arena = work->table.arena;
    const int64_t used = session->refreshed_at != 0 ? session->refreshed_at : session->created_at;

    table_add(&work->table, &(Row){ { text_cell(arena, session->id), text_cell(arena, session->aal), text_cell(arena, session->ip),
                                      time_cell(arena, session->created_at), time_cell(arena, used), text_cell(arena, session->user_agent) } });
}

static HecateStatus gotrue_sessions(Work *work)
{
    static const char *const heads[COLUMNS] = { "ID", "LEVEL", "ADDRESS", "CREATED", "REFRESHED", "AGENT" };
    HecateGotrueSessionList *list = NULL;
    const HecateStatus status = gotrue_admin_list_sessions(work->handle, work->line->id, &list, &work->error);

    work->table.heads = heads;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        session_row(work, list->items[i]);
    if (list != NULL)
        keep_raw(work, list->raw);
    gotrue_session_list_free(list);
    return status;
}

static HecateStatus gotrue_identities(Work *work)
{
    static const char *const heads[COLUMNS] = { "ID", "PROVIDER", "SUBJECT", "EMAIL", "CREATED" };
    Arena *arena = work->table.arena;
    HecateGotrueIdentityList *list = NULL;
    const HecateStatus status = gotrue_admin_list_identities(work->handle, work->line->id, &list, &work->error);

    work->table.heads = heads;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const HecateGotrueIdentity *identity = list->items[i];

        table_add(&work->table,
                  &(Row){ { text_cell(arena, identity->identity_id), text_cell(arena, identity->provider), text_cell(arena, identity->id),
                            text_cell(arena, identity->email), time_cell(arena, identity->created_at) } });
    }
    if (list != NULL)
        keep_raw(work, list->raw);
    gotrue_identity_list_free(list);
    return status;
}

static HecateStatus gotrue_identity_delete(Work *work)
{
    return gotrue_admin_delete_identity(work->handle, work->line->id, work->line->part, &work->error);
}

static HecateStatus gotrue_sessions_end(Work *work)
{
    return gotrue_admin_delete_sessions(work->handle, work->line->id, work->line->part, &work->error);
}

static HecateStatus gotrue_sign_out(Work *work)
{
    return gotrue_admin_sign_out(work->handle, work->line->token, work->line->scope, &work->error);
}

static void *gotrue_open(const HecateOptions *how, HecateError *error)
{
    return gotrue_admin_new(how, error);
}
static void gotrue_close(void *handle)
{
    gotrue_admin_free(handle);
}

const Api gotrue_api = {
    .name = "gotrue",
    .url = "http://127.0.0.1:9999",
    .key = "HECATE_SERVICE_KEY",
    .open = gotrue_open,
    .close = gotrue_close,
    .acts = {
        [USER_LIST] = gotrue_list,
        [USER_GET] = gotrue_get,
        [USER_CREATE] = gotrue_write,
        [USER_UPDATE] = gotrue_write,
        [USER_DELETE] = gotrue_delete,
        [USER_BAN] = gotrue_ban,
        [USER_UNBAN] = gotrue_ban,
        [USER_INVITE] = gotrue_invite,
        [LINK_CREATE] = gotrue_link,
        [FACTOR_LIST] = gotrue_factors,
        [FACTOR_DELETE] = gotrue_factor_delete,
        [SESSION_LIST] = gotrue_sessions,
        [SESSION_END] = gotrue_sessions_end,
        [SESSION_SIGN_OUT] = gotrue_sign_out,
        [IDENTITY_LIST] = gotrue_identities,
        [IDENTITY_DELETE] = gotrue_identity_delete,
    },
};
