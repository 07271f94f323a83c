/* logs.c: the audit trail in Auth0's words (spec/auth0.md 4.8): of a user, of all, one by its id. */
#include "directory/logs.h"
#include "base/id.h"
#include "dialect/auth0/search.h"

enum { MOST_REACHED = 1000, MOST_AT_ONCE = 1000, TIME_DIGITS = 16, ID_BYTES = 12, PREFIX = 3 };

/* The directory's actions in Auth0's words. */
static const struct {
    const char *action, *code, *description;
} log_codes[] = {
    { "login", "s", "Successful login" },
    { "logout", "slo", "User successfully logged out" },
    { "user_signedup", "ss", "Successful signup" },
    { "user_modified", "sapi", "Update a User" },
    { "user_deleted", "sdu", "Successful User Deletion" },
    { "user_invited", "sapi", "Invite a User" },
    { "token_refreshed", "sertft", "Successful exchange of refresh token for access token" },
    { "user_repeated_signup", "fs", "Failed signup" },
    { "user_updated_password", "scp", "Successful password change" },
    { "user_recovery_requested", "scpr", "Successful password change request" },
    { "user_confirmation_requested", "svr", "Successful verification email request" },
    { "user_reauthenticate_requested", "sapi", "Request a reauthentication" },
    { "identity_unlinked", "sapi", "Unlink a User Identity" },
    { "factor_in_progress", "gd_start_enroll", "MFA enrollment started" },
    { "challenge_created", "gd_start_auth", "Second factor authentication started" },
    { "verification_attempted", "gd_auth_succeed", "Second factor authentication success" },
    { "factor_unenrolled", "gd_unenroll", "Device used for second factor authentication unenrolled" },
    { "factor_deleted", "gd_unenroll", "Device used for second factor authentication unenrolled" },
    { "factor_updated", "gd_update_device_account", "Device used for second factor authentication updated" },
};

/* ---- ids: 900, the microseconds, and most of the row's id in decimals: they sort as the events do ---- */

static const char *log_id(Ctx *ctx, const Event *event)
{
    Buf buf = buf_in(ctx->arena, 128);
    uint8_t bytes[UUID_BYTES];
    char *id = "";

    uuid_to_bytes(event->id, bytes);
    buf_printf(&buf, "900%0*lld", TIME_DIGITS, (long long)event->created_at);
    for (size_t i = 0; i < ID_BYTES; i++)
        buf_printf(&buf, "%03u", bytes[i]);
    IGNORE(buf_text(&buf, &id)); /* the cap fits by construction */
    return id;
}

/* When the event with this id was; 0: it is none. */
static int64_t time_of_id(const char *id)
{
    uint64_t at;

    if (strlen(id) != PREFIX + TIME_DIGITS + 3 * ID_BYTES || strncmp(id, "900", PREFIX) != 0 || strspn(id, "0123456789") != strlen(id))
        return 0;
    return str_to_u64((Str){ id + PREFIX, TIME_DIGITS }, INT64_MAX, &at) ? (int64_t)at : 0;
}

/* The event with this id, among those of its microsecond. */
static Err find_event(Ctx *ctx, const char *id, const Event **ret)
{
    const int64_t at = time_of_id(id);
    const LogQuery query = { .since = at, .until = at, .limit = MOST_AT_ONCE };
    List events = { 0 };

    *ret = NULL;
    if (at > 0)
        TRY(dir_log_list(ctx, &query, &events));
    for (size_t i = 0; i < events.n; i++)
        if (text_eq(log_id(ctx, events.v[i]), id))
            *ret = events.v[i];
    return OK;
}

/* ---- shown ---- */

/* Whom an event is about. */
static const char *user_of(Ctx *ctx, const Event *event)
{
    const char *traits = json_get(ctx->arena, event->payload, "traits"), *actor = json_get(ctx->arena, event->payload, "actor_id");
    const char *subject = traits == NULL ? NULL : json_get(ctx->arena, traits, "user_id");

    return subject != NULL ? subject : text_eq(actor, UUID_NIL) ? NULL : actor;
}

/* The users of a page who are still there. */
static Err load_users(Ctx *ctx, const List *events, List *ret)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);

    *query = (UserQuery){ .parts = USER_WHOLE, .limit = 1000 };
    for (size_t i = 0; i < events->n; i++) {
        const char *id = user_of(ctx, events->v[i]);

        if (id != NULL && uuid_valid(str_of(id)))
            texts_add(ctx->arena, &query->ids, id);
    }
    return query->ids.n == 0 ? OK : dir_user_list(ctx, query, ret);
}

static const User *user_named(const List *users, const char *id)
{
    for (size_t i = 0; i < users->n; i++)
        if (text_eq(((const User *)users->v[i])->id, id))
            return users->v[i];
    return NULL;
}

/* A user who is gone is shown by the id that it had, unless a caller chose that. */
static void show_user(Ctx *ctx, const Event *event, const List *users, Auth0Log *view)
{
    const char *id = user_of(ctx, event);
    const User *user = id == NULL ? NULL : user_named(users, id), gone = { .id = id };

    view->user_id = id == NULL ? NULL : auth0_user_id(ctx, user == NULL ? &gone : user);
    view->user_name = user == NULL ? NULL : user->email == NULL ? user->username : user->email;
    view->connection = user == NULL || text_empty(user->connection) ? AUTH0_CONNECTION : user->connection;
}

static void *log_view(Ctx *ctx, const Event *event, const List *users)
{
    const char *action = json_get(ctx->arena, event->payload, "action"), *id = log_id(ctx, event);
    Auth0Log *view = ARENA_NEW(ctx->arena, Auth0Log);

    *view = (Auth0Log){ .id = id,
                        .log_id = id,
                        .date = event->created_at,
                        .type = "sapi",
                        .description = action,
                        .client_id = ((const Auth0Settings *)ctx_settings(ctx))->client_id,
                        .ip = event->ip_address };
    show_user(ctx, event, users, view);
    for (size_t i = 0; i < COUNTOF(log_codes); i++)
        if (text_eq(log_codes[i].action, action)) {
            view->type = log_codes[i].code;
            view->description = log_codes[i].description;
        }
    return view;
}

static Err views_of(Ctx *ctx, const List *events, List *ret)
{
    List users = { 0 };

    TRY(load_users(ctx, events, &users));
    for (size_t i = 0; i < events->n; i++)
        list_add(ctx->arena, ret, log_view(ctx, events->v[i], &users));
    return OK;
}

/* ---- the query, in the language of search.c ---- */

static Cond *leaf(Ctx *ctx, CondKind kind, UserField field, const char *text)
{
    Cond *cond = ARENA_NEW(ctx->arena, Cond);

    *cond = (Cond){ .kind = kind, .field = field, .low = { .kind = F_TEXT, .text = text } };
    return cond;
}

static Cond *join(Ctx *ctx, CondKind kind, Cond *a, Cond *b)
{
    Cond *cond = ARENA_NEW(ctx->arena, Cond);

    *cond = (Cond){ .kind = kind, .a = a, .b = b };
    return cond;
}

static Cond *constant(Ctx *ctx, bool yes)
{
    Cond *nobody = leaf(ctx, COND_NOBODY, EF_ID, NULL);

    return yes ? join(ctx, COND_NOT, nobody, NULL) : nobody;
}

/* Do the pieces match the text, in any case? The first stands at its beginning, the last at its end. */
static bool term_fits(Ctx *ctx, const SearchTerm *term, const char *text)
{
    const char *rest = text_lower(ctx->arena, text);

    for (size_t i = 0; i < term->pieces.n; i++) {
        const char *piece = text_lower(ctx->arena, term->pieces.v[i]), *found = rest;
        const size_t n = strlen(piece);

        if (i + 1 == term->pieces.n) /* up to the end */
            return strlen(rest) >= n && text_eq(rest + strlen(rest) - n, piece) && (i > 0 || strlen(rest) == n);
        found = i == 0 ? (strncmp(rest, piece, n) == 0 ? rest : NULL) : strstr(rest, piece);
        if (found == NULL)
            return false;
        rest = found + n;
    }
    return false;
}

/* The actions whose code or description the term fits; those without a row here are shown as sapi. */
static Err action_term(Ctx *ctx, bool by_code, const SearchTerm *term, Cond **ret)
{
    const char *found = ",", *all = ",";

    for (size_t i = 0; i < COUNTOF(log_codes); i++) {
        all = arena_printf(ctx->arena, "%s%s,", all, log_codes[i].action);
        if (term_fits(ctx, term, by_code ? log_codes[i].code : log_codes[i].description))
            found = arena_printf(ctx->arena, "%s%s,", found, log_codes[i].action);
    }
    *ret = leaf(ctx, COND_AMONG, EF_ACTION, found);
    if (by_code && term_fits(ctx, term, "sapi"))
        *ret = join(ctx, COND_OR, *ret, join(ctx, COND_NOT, leaf(ctx, COND_AMONG, EF_ACTION, all), NULL));
    return OK;
}

static Err code_term(Ctx *ctx, const SearchTerm *term, Cond **ret)
{
    return action_term(ctx, true, term, ret);
}

static Err description_term(Ctx *ctx, const SearchTerm *term, Cond **ret)
{
    return action_term(ctx, false, term, ret);
}

/* Users who are gone are found by the id that they had, unless a caller chose that. */
static Err user_term(Ctx *ctx, const SearchTerm *term, Cond **ret)
{
    const char *id = term->pieces.v[0], *hex = strncmp(id, "auth0|", 6) == 0 ? uuid_read(ctx->arena, str_of(id + 6)) : NULL;
    User *user;
    Err err;

    if (term->pieces.n != 1)
        return search_refuse(ctx, "Wildcards are not supported on user_id");
    err = strchr(id, '|') == NULL ? E_NO_USER : auth0_load(ctx, id, &user);
    if (err != OK && err != E_NO_USER && err != E_BAD_VALUE)
        return err;
    *ret = err == OK ? leaf(ctx, COND_EQUAL, EF_USER_ID, user->id) : hex != NULL ? leaf(ctx, COND_EQUAL, EF_USER_ID, hex) : constant(ctx, false);
    return OK;
}

static Err text_term(Ctx *ctx, UserField field, const SearchTerm *term, Cond **ret)
{
    *ret = leaf(ctx, term->pieces.n == 1 ? COND_EQUAL : COND_MATCH, field, term->pieces.v[0]);
    (*ret)->pieces = term->pieces;
    return OK;
}

static Err name_term(Ctx *ctx, const SearchTerm *term, Cond **ret)
{
    return text_term(ctx, EF_USER_NAME, term, ret);
}

static Err ip_term(Ctx *ctx, const SearchTerm *term, Cond **ret)
{
    return text_term(ctx, EF_IP, term, ret);
}

static Err date_range(Ctx *ctx, const char *low, bool low_without, const char *high, bool high_without, Cond **ret)
{
    int64_t from, to;

    *ret = leaf(ctx, COND_RANGE, EF_DATE, NULL);
    (*ret)->low = (CondValue){ 0 };
    if (low != NULL) {
        if (!search_period(ctx, low, &from, &to))
            return search_refuse(ctx, "A date is not ISO 8601");
        (*ret)->low = (CondValue){ .kind = F_TIME, .number = low_without ? to : from };
    }
    if (high != NULL) {
        if (!search_period(ctx, high, &from, &to))
            return search_refuse(ctx, "A date is not ISO 8601");
        (*ret)->high = (CondValue){ .kind = F_TIME, .number = high_without ? from : to, .without = true };
    }
    return OK;
}

static Err date_term(Ctx *ctx, const SearchTerm *term, Cond **ret)
{
    if (term->pieces.n != 1)
        return search_refuse(ctx, "Wildcards are not supported on date");
    return date_range(ctx, term->pieces.v[0], false, term->pieces.v[0], false, ret);
}

/* All events are the client's of the settings. */
static Err client_term(Ctx *ctx, const SearchTerm *term, Cond **ret)
{
    *ret = constant(ctx, term_fits(ctx, term, ((const Auth0Settings *)ctx_settings(ctx))->client_id));
    return OK;
}

/* By its time, too, for there is no index of ids alone. */
static Err id_term(Ctx *ctx, const SearchTerm *term, Cond **ret)
{
    const Event *event = NULL;
    Cond *time;

    if (term->pieces.n == 1)
        TRY(find_event(ctx, term->pieces.v[0], &event));
    if (event == NULL) {
        *ret = constant(ctx, false);
        return OK;
    }
    time = leaf(ctx, COND_RANGE, EF_DATE, NULL);
    time->low = time->high = (CondValue){ .kind = F_TIME, .number = event->created_at };
    *ret = join(ctx, COND_AND, time, leaf(ctx, COND_EQUAL, EF_ID, event->id));
    return OK;
}

/* Fields that can be searched; a term without one is looked for in those that are `bare`. */
static const struct {
    const char *name;
    Err (*term)(Ctx *ctx, const SearchTerm *term, Cond **ret);
    UserField field; /* that may be absent, or EF_ID */
    bool bare;
} log_fields[] = {
    { "type", code_term, EF_ID, true },
    { "description", description_term, EF_ID, true },
    { "user_name", name_term, EF_USER_NAME, true },
    { "ip", ip_term, EF_IP, true },
    { "user_id", user_term, EF_USER_ID, false },
    { "date", date_term, EF_ID, false },
    { "client_id", client_term, EF_ID, false },
    { "log_id", id_term, EF_ID, false },
    { "_id", id_term, EF_ID, false },
};

static Err unknown_field(Ctx *ctx)
{
    return search_refuse(ctx, "Logs are searched by type, description, user_id, user_name, ip, client_id, log_id and date");
}

static Err log_term(Ctx *ctx, const char *path, const SearchTerm *term, Cond **ret)
{
    Cond *all = constant(ctx, false), *one;

    for (size_t i = 0; i < COUNTOF(log_fields); i++) {
        if (path != NULL && text_eq(log_fields[i].name, path))
            return log_fields[i].term(ctx, term, ret);
        if (path == NULL && log_fields[i].bare) {
            TRY(log_fields[i].term(ctx, term, &one));
            all = join(ctx, COND_OR, all, one);
        }
    }
    *ret = all;
    return path == NULL ? OK : unknown_field(ctx);
}

static Err log_range(Ctx *ctx, const char *path, const char *low, bool low_without, const char *high, bool high_without, Cond **ret)
{
    return text_eq(path, "date") ? date_range(ctx, low, low_without, high, high_without, ret) : search_refuse(ctx, "Ranges are for dates");
}

static Err log_exists(Ctx *ctx, const char *path, Cond **ret)
{
    for (size_t i = 0; i < COUNTOF(log_fields); i++)
        if (text_eq(log_fields[i].name, path)) {
            *ret = log_fields[i].field == EF_ID ? constant(ctx, true) : leaf(ctx, COND_EXISTS, log_fields[i].field, NULL);
            return OK;
        }
    return unknown_field(ctx);
}

static const SearchSpace log_space = { log_term, log_range, log_exists };

/* ---- lists ---- */

static Err read_order(Ctx *ctx, const Auth0PageQuery *in, LogQuery *query)
{
    if (in->sort != NULL && !str_starts(str_of(in->sort), STR("date:")))
        return auth0_refuse(ctx, E_BAD_VALUE, "invalid_query_string",
                            "Query validation error: 'No enum match for: %.100s' on property sort (Field to sort by).", in->sort);
    query->up = in->sort != NULL && text_eq(in->sort, "date:1");
    return OK;
}

static Err read_page(Ctx *ctx, const Auth0PageQuery *in, LogQuery *query)
{
    query->limit = auth0_limit(in);
    query->offset = in->page * query->limit;
    if (query->offset + query->limit > MOST_REACHED)
        return fail(ctx, E_BAD_PAGE, NOWHERE, NULL);
    return read_order(ctx, in, query);
}

/* With `from` or `take`: what comes behind that event, the oldest first. An event that is gone is its time. */
static Err read_checkpoint(Ctx *ctx, const Auth0PageQuery *in, LogQuery *query)
{
    const Event *event = NULL;

    query->limit = HAS(in, take) ? in->take : DEFAULT_PAGE;
    query->up = true;
    if (in->from == NULL)
        return OK;
    query->since = time_of_id(in->from);
    if (query->since == 0)
        return auth0_say(ctx, 400, "invalid_query_string", "Query validation error: 'The checkpoint is no log id' on property from (Log event id).");
    TRY(find_event(ctx, in->from, &event));
    query->after_id = event == NULL ? NULL : event->id;
    return OK;
}

static Err too_large(Ctx *ctx, Err err)
{
    return err == E_TOO_LARGE ? search_too_large(ctx) : err;
}

static Err reply_logs(Ctx *ctx, Reply *reply, const Auth0PageQuery *in, const LogQuery *query)
{
    const Field *fields = auth0_chosen(ctx, auth0_log, in->fields, !HAS(in, include_fields) || in->include_fields);
    List events = { 0 }, views = { 0 };
    int64_t total = 0;

    if (in->include_totals)
        TRY(too_large(ctx, dir_log_count(ctx, query, &total)));
    if (query->limit > 0)
        TRY(too_large(ctx, dir_log_list(ctx, query, &events)));
    TRY(views_of(ctx, &events, &views));
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    if (in->include_totals)
        buf_printf(&reply->body, "{\"start\":%lld,\"limit\":%lld,\"length\":%zu,\"total\":%lld,\"logs\":", (long long)query->offset,
                   (long long)query->limit, views.n, (long long)total);
    json_write_list(&reply->body, fields, &views, JSON_PLAIN);
    if (in->include_totals)
        buf_puts(&reply->body, "}");
    return OK;
}

Err auth0_user_logs(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery in = { 0 };
    LogQuery query = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_logs_query, &in));
    TRY(read_page(ctx, &in, &query));
    TRY(auth0_load_param(ctx, &user));
    query.user_id = user->id;
    return reply_logs(ctx, reply, &in, &query);
}

Err auth0_log_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery in = { 0 };
    LogQuery query = { 0 };

    TRY(auth0_query(ctx, req, auth0_all_logs_query, &in));
    TRY(search_read_in(ctx, in.q != NULL ? in.q : in.search != NULL ? in.search : "", &log_space, &query.where));
    if (HAS(&in, take) || in.from != NULL)
        in.include_totals = false;
    TRY(HAS(&in, take) || in.from != NULL ? read_checkpoint(ctx, &in, &query) : read_page(ctx, &in, &query));
    return reply_logs(ctx, reply, &in, &query);
}

Err auth0_log_get(Ctx *ctx, const Req *req, Reply *reply)
{
    List events = { 0 }, views = { 0 };
    const Event *event;

    (void)req;
    TRY(find_event(ctx, req_param(ctx, "id"), &event));
    if (event == NULL)
        return auth0_say(ctx, 404, "inexistent_log", "The log does not exist.");
    list_add(ctx->arena, &events, (void *)(uintptr_t)event);
    TRY(views_of(ctx, &events, &views));
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_log, views.v[0], JSON_PLAIN);
}
