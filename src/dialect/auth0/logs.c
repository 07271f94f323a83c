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

/* ---- the query: clauses `field:value` that all hold; values of one field are alternatives ---- */

static Err bad_query(Ctx *ctx, const char *what)
{
    return auth0_refuse(ctx, E_BAD_VALUE, "invalid_query_string", "Query validation error: '%s' on property q (Query in Lucene query string syntax).",
                        what);
}

static void skip_blanks(Str *rest)
{
    while (rest->n > 0 && *rest->p == ' ') {
        rest->p++;
        rest->n--;
    }
}

/* Up to the end of a word, of a text in quotes (`\` escapes), or of what brackets hold. */
static Err read_value(Ctx *ctx, Str *rest, char close, Str *ret)
{
    const bool enclosed = close != ' ';
    size_t n = enclosed ? 1 : 0;

    while (n < rest->n && rest->p[n] != close)
        n += close == '"' && rest->p[n] == '\\' && n + 1 < rest->n ? 2 : 1;
    if (enclosed && n >= rest->n)
        return bad_query(ctx, "A value has no end");
    *ret = enclosed ? (Str){ rest->p + 1, n - 1 } : (Str){ rest->p, n };
    n += enclosed;
    *rest = (Str){ rest->p + n, rest->n - n };
    return ret->n == 0 ? bad_query(ctx, "A value is empty") : OK;
}

static Err take_type(Ctx *ctx, const char *code, LogQuery *query)
{
    for (size_t i = 0; i < COUNTOF(log_codes); i++)
        if (text_eq(log_codes[i].code, code))
            texts_add(ctx->arena, &query->actions, log_codes[i].action);
    texts_add(ctx->arena, &query->actions, "-"); /* a code that no event has finds none */
    return OK;
}

/* The nil UUID finds none. */
static Err take_user(Ctx *ctx, const char *id, LogQuery *query)
{
    User *user;
    const char *hex = strncmp(id, "auth0|", 6) == 0 ? uuid_read(ctx->arena, str_of(id + 6)) : NULL;
    const Err err = strchr(id, '|') == NULL ? E_NO_USER : auth0_load(ctx, id, &user);

    if (err != OK && err != E_NO_USER && err != E_BAD_VALUE)
        return err;
    query->user_id = err == OK ? user->id : hex != NULL ? hex : UUID_NIL;
    return OK;
}

static Err take_date(Ctx *ctx, Str value, bool range, LogQuery *query)
{
    const char *text = str_dup(ctx->arena, value), *to = strstr(text, " TO ");
    const char *low = range && to != NULL ? arena_strndup(ctx->arena, text, (size_t)(to - text)) : text, *high = range && to != NULL ? to + 4 : text;
    int64_t from = 1, until = 0, unused;

    if ((range && to == NULL) || (!text_eq(low, "*") && !search_period(ctx, low, &from, &unused)) ||
        (!text_eq(high, "*") && !search_period(ctx, high, &unused, &until)))
        return bad_query(ctx, "A date is not ISO 8601");
    query->since = from;
    query->until = until == 0 ? 0 : until - 1;
    return OK;
}

static Err take_clause(Ctx *ctx, Str field, Str value, bool range, LogQuery *query)
{
    if (str_eq(field, STR("date")))
        return take_date(ctx, value, range, query);
    if (range)
        return bad_query(ctx, "Ranges are for dates");
    if (str_eq(field, STR("type")))
        return take_type(ctx, str_dup(ctx->arena, value), query);
    if (str_eq(field, STR("user_id")) && query->user_id == NULL)
        return take_user(ctx, str_dup(ctx->arena, value), query);
    return bad_query(ctx, "Logs are searched by type, user_id and date");
}

/* A list in parentheses: each its values, with or without OR between them. */
static Err take_list(Ctx *ctx, Str field, Str values, LogQuery *query)
{
    while (skip_blanks(&values), values.n > 0) {
        Str value;

        TRY(read_value(ctx, &values, *values.p == '"' ? '"' : ' ', &value));
        if (!str_eq(value, STR("OR")))
            TRY(take_clause(ctx, field, value, false, query));
    }
    return OK;
}

static Err read_clause(Ctx *ctx, Str *rest, Str *last, bool either, LogQuery *query)
{
    const char *colon = memchr(rest->p, ':', rest->n);
    Str field, value;
    char first;

    if (colon == NULL || colon == rest->p + rest->n - 1)
        return bad_query(ctx, "A clause is field:value");
    field = (Str){ rest->p, (size_t)(colon - rest->p) };
    if (either && !str_eq(field, *last))
        return bad_query(ctx, "OR stands between values of one field");
    *last = field;
    *rest = (Str){ colon + 1, rest->n - field.n - 1 };
    first = *rest->p;
    TRY(read_value(ctx, rest, first == '"' ? '"' : first == '(' ? ')' : first == '[' ? ']' : ' ', &value));
    return first == '(' ? take_list(ctx, field, value, query) : take_clause(ctx, field, value, first == '[', query);
}

static Err read_query(Ctx *ctx, const char *q, LogQuery *query)
{
    Str rest = str_of(q), last = { 0 };
    bool either = false;

    while (skip_blanks(&rest), rest.n > 0) {
        const bool and = str_starts(rest, STR("AND ")), or = str_starts(rest, STR("OR "));

        if (and || or) {
            rest = (Str){ rest.p + (and? 4 : 3), rest.n - (and? 4 : 3) };
            either = or ;
            continue;
        }
        TRY(read_clause(ctx, &rest, &last, either, query));
        either = false;
    }
    return OK;
}

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

static Err reply_logs(Ctx *ctx, Reply *reply, const Auth0PageQuery *in, const LogQuery *query)
{
    const Field *fields = auth0_chosen(ctx, auth0_log, in->fields, !HAS(in, include_fields) || in->include_fields);
    List events = { 0 }, views = { 0 };
    int64_t total = 0;

    if (in->include_totals)
        TRY(dir_log_count(ctx, query, &total));
    if (query->limit > 0)
        TRY(dir_log_list(ctx, query, &events));
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
    TRY(read_query(ctx, in.q != NULL ? in.q : in.search != NULL ? in.search : "", &query));
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
