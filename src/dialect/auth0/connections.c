/* connections.c: the connections that users come from (spec/auth0.md 2.14). */
#include "directory/connections.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"
#include "directory/clients.h"

static Err no_connection(Ctx *ctx)
{
    return auth0_say(ctx, 404, "inexistent_connection", "The connection does not exist");
}

static Err load(Ctx *ctx, Connection **ret)
{
    const Err err = dir_connection_get(ctx, req_param(ctx, "id"), ret);

    return err == E_NO_ROW ? no_connection(ctx) : err;
}

Err auth0_connection_find(Ctx *ctx, const char *id, Connection **ret)
{
    return dir_connection_get(ctx, id, ret);
}

/* ---- shown ---- */

enum { MOST_CLIENTS = 1000 };

/* All there are, as a document. */
static Err everybody(Ctx *ctx, const char **ret)
{
    const ClientPage page = { .limit = MOST_CLIENTS };
    Texts ids = { 0 };
    List rows = { 0 };

    TRY(dir_client_list(ctx, &page, &rows));
    texts_add(ctx->arena, &ids, ((const Auth0Settings *)ctx_settings(ctx))->client_id);
    for (size_t i = 0; i < rows.n; i++)
        texts_add(ctx->arena, &ids, ((const Application *)rows.v[i])->id);
    *ret = auth0_texts_doc(ctx, &ids);
    return OK;
}

/* Without a list of its own a connection is everybody's (`*all`, read at the first need), and its own realm. */
static Err view_of(Ctx *ctx, const Connection *connection, const char **all, Auth0Connection *ret)
{
    const char *name = json_quote(ctx->arena, connection->name);

    if (connection->enabled_clients == NULL && *all == NULL)
        TRY(everybody(ctx, all));
    *ret = (Auth0Connection){
        .id = connection->id,
        .name = connection->name,
        .display_name = connection->display_name,
        .strategy = connection->strategy,
        .options = connection->options,
        .metadata = connection->metadata,
        .is_domain_connection = connection->is_domain_connection,
        .show_as_button = connection->show_as_button,
        .realms = connection->realms != NULL ? connection->realms : arena_printf(ctx->arena, "[%s]", name),
        .enabled_clients = connection->enabled_clients != NULL ? connection->enabled_clients : *all,
    };
    return OK;
}

static Err reply_connection(Ctx *ctx, Reply *reply, int status, const Connection *connection, const Field *fields)
{
    const char *all = NULL;
    Auth0Connection view;

    TRY(view_of(ctx, connection, &all, &view));
    return reply_json(ctx, reply, status, AUTH0_JSON, fields, &view, JSON_PLAIN);
}

/* ---- lists ---- */

static Err write_page(Ctx *ctx, Reply *reply, const Auth0ConnectionQuery *query, const List *rows, int64_t limit, int64_t total)
{
    const Field *fields = auth0_chosen(ctx, auth0_connection, query->fields, !HAS(query, include_fields) || query->include_fields);
    const bool by_key = HAS(query, take) || HAS(query, from);
    const char *everyone = NULL;
    List views = { 0 };

    for (size_t i = 0; i < rows->n && i < (size_t)limit; i++) {
        Auth0Connection *view = ARENA_NEW(ctx->arena, Auth0Connection);

        TRY(view_of(ctx, rows->v[i], &everyone, view));
        list_add(ctx->arena, &views, view);
    }
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    if (by_key)
        buf_puts(&reply->body, "{\"connections\":");
    else if (query->include_totals)
        buf_printf(&reply->body, "{\"total\":%lld,\"start\":%lld,\"limit\":%lld,\"connections\":", (long long)total, (long long)(query->page * limit),
                   (long long)limit);
    json_write_list(&reply->body, fields, &views, JSON_PLAIN);
    if (by_key && rows->n > views.n) {
        const Connection *last = rows->v[views.n - 1];

        buf_printf(&reply->body, ",\"next\":\"%s\"", auth0_cursor_write(ctx, last->created_at, last->id));
    }
    if (by_key || query->include_totals)
        buf_puts(&reply->body, "}");
    return OK;
}

Err auth0_connection_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ConnectionQuery query = { 0 };
    ConnectionPage page;
    int64_t total = 0, limit;
    List rows = { 0 };
    bool by_key;

    TRY(auth0_query(ctx, req, auth0_connection_query, &query));
    by_key = HAS(&query, take) || HAS(&query, from);
    limit = by_key ? (HAS(&query, take) ? query.take : DEFAULT_PAGE) : HAS(&query, per_page) ? query.per_page : DEFAULT_PAGE;
    page = (ConnectionPage){ .name = query.name,
                             .strategies = &query.strategy,
                             .limit = limit + 1,
                             .offset = by_key ? 0 : query.page * limit,
                             .total = query.include_totals ? &total : NULL };
    TRY(auth0_cursor_read_text(ctx, query.from, &page.after, &page.after_id));
    TRY(dir_connection_list(ctx, &page, &rows));
    return write_page(ctx, reply, &query, &rows, limit, total);
}

Err auth0_connection_get(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ConnectionQuery query = { 0 };
    Connection *connection;

    TRY(auth0_query(ctx, req, auth0_connection_fields, &query));
    TRY(load(ctx, &connection));
    return reply_connection(ctx, reply, 200, connection,
                            auth0_chosen(ctx, auth0_connection, query.fields, !HAS(&query, include_fields) || query.include_fields));
}

/* ---- making and changing ---- */

/* Where identifiers are attributes, the option from before them has no place. */
static Err check_options(Ctx *ctx, const char *options)
{
    if (options != NULL && json_get(ctx->arena, options, "attributes") != NULL && json_get(ctx->arena, options, "requires_username") != NULL)
        return auth0_say(ctx, 400, "invalid_body", "Cannot set both options.attributes and options.requires_username");
    return OK;
}

const char *auth0_texts_doc(Ctx *ctx, const Texts *texts)
{
    const char *doc = "[";

    for (size_t i = 0; i < texts->n; i++)
        doc = arena_printf(ctx->arena, "%s%s%s", doc, i == 0 ? "" : ",", json_quote(ctx->arena, texts->v[i]));
    return arena_printf(ctx->arena, "%s]", doc);
}

/* Options come whole (2.14). */
static void take_members(Ctx *ctx, const Auth0ConnectionIn *in, Connection *connection)
{
    if (HAS(in, display_name))
        connection->display_name = in->display_name;
    if (HAS(in, options))
        connection->options = in->options == NULL ? "{}" : in->options;
    if (HAS(in, metadata))
        connection->metadata = in->metadata;
    if (HAS(in, enabled_clients))
        connection->enabled_clients = auth0_texts_doc(ctx, &in->enabled_clients);
    if (HAS(in, realms))
        connection->realms = auth0_texts_doc(ctx, &in->realms);
    if (HAS(in, is_domain_connection))
        connection->is_domain_connection = in->is_domain_connection;
    if (HAS(in, show_as_button))
        connection->show_as_button = in->show_as_button;
}

Err auth0_connection_create(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ConnectionIn in = { 0 };
    Connection connection;
    Err err;

    TRY(auth0_body(ctx, req, 0, &in));
    if (!auth0_provider_known(in.strategy))
        return auth0_bad_member(ctx, "strategy", "Kind of the connection", "No enum match for: %.200s", in.strategy);
    TRY(check_options(ctx, in.options));
    connection = (Connection){ .name = in.name, .strategy = in.strategy, .options = "{}" };
    take_members(ctx, &in, &connection);
    err = dir_connection_create(ctx, &connection);
    if (err == E_CONFLICT)
        return auth0_say(ctx, 409, "connection_conflict", "A connection with the same name already exists");
    TRY(err);
    return reply_connection(ctx, reply, 201, &connection, auth0_connection);
}

Err auth0_connection_update(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ConnectionIn in = { 0 };
    Connection *connection;
    Err err;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(check_options(ctx, in.options));
    TRY(load(ctx, &connection));
    take_members(ctx, &in, connection);
    err = dir_connection_update(ctx, connection);
    TRY(err == E_NO_ROW ? no_connection(ctx) : err);
    return reply_connection(ctx, reply, 200, connection, auth0_connection);
}

/* Nobody there is no error. The default one stays: users of the other APIs are of it. */
Err auth0_connection_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const Err err = dir_connection_delete(ctx, req_param(ctx, "id"));

    (void)req;
    if (err == E_CONFLICT)
        return auth0_say(ctx, 400, "operation_not_supported", "The connection " AUTH0_CONNECTION " cannot be deleted.");
    if (err != OK && err != E_NO_ROW)
        return err;
    return auth0_reply_empty(reply, 204);
}

/* ---- users and clients of one ---- */

/* The one whose address it is in this connection. */
Err auth0_connection_user_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    Auth0UserQuery in = { 0 };
    Connection *connection;
    List users = { 0 };

    TRY(auth0_query(ctx, req, auth0_connection_user, &in));
    TRY(load(ctx, &connection));
    *query = (UserQuery){ .parts = USER_WHOLE, .living = true, .limit = 100 };
    texts_add(ctx->arena, &query->emails, text_lower(ctx->arena, in.email));
    TRY(dir_user_list(ctx, query, &users));
    for (size_t i = 0; i < users.n; i++) {
        const Auth0User *view = auth0_user_view(ctx, users.v[i]);
        const Auth0Identity *primary = view->identities.v[0];
        Err err = OK;

        if (text_eq(primary->connection, connection->name) && text_eq(view->email, text_lower(ctx->arena, in.email)))
            err = dir_user_delete(ctx, ((const User *)users.v[i])->id, false);
        if (err != OK && err != E_NO_USER)
            return err;
    }
    return auth0_reply_empty(reply, 204);
}

static Err read_clients(Ctx *ctx, const Connection *connection, Auth0Clients *ret)
{
    const char *all = NULL;
    Auth0Connection view;

    TRY(view_of(ctx, connection, &all, &view));
    return json_read(ctx, str_of(arena_printf(ctx->arena, "{\"clients\":%s}", view.enabled_clients)), 0, auth0_clients, ret);
}

Err auth0_connection_clients(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    Auth0Clients clients = { 0 };
    Connection *connection;

    TRY(auth0_query(ctx, req, auth0_take_query, &query));
    TRY(load(ctx, &connection));
    TRY(read_clients(ctx, connection, &clients));
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    buf_puts(&reply->body, "{\"clients\":[");
    for (size_t i = 0; i < clients.ids.n; i++)
        buf_printf(&reply->body, "%s{\"client_id\":%s}", i == 0 ? "" : ",", json_quote(ctx->arena, clients.ids.v[i]));
    buf_puts(&reply->body, "]}");
    return OK;
}

/* The list, with one client more or less. */
static void set_client(Ctx *ctx, Auth0Clients *clients, const Auth0ClientStatus *change)
{
    Texts next = { 0 };

    for (size_t i = 0; i < clients->ids.n; i++)
        if (!text_eq(clients->ids.v[i], change->client_id))
            texts_add(ctx->arena, &next, clients->ids.v[i]);
    if (change->status)
        texts_add(ctx->arena, &next, change->client_id);
    clients->ids = next;
}

Err auth0_connection_clients_set(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0Clients clients = { 0 };
    Connection *connection;
    List changes = { 0 };
    Err err;

    if (json_read_list(ctx, req->body, auth0_client_status, &changes) != OK || changes.n == 0 || changes.n > 50)
        return auth0_bad_member(ctx, NULL, NULL, "Data does not match the schema of a list of clients");
    TRY(load(ctx, &connection));
    TRY(read_clients(ctx, connection, &clients));
    for (size_t i = 0; i < changes.n; i++)
        set_client(ctx, &clients, changes.v[i]);
    connection->enabled_clients = auth0_texts_doc(ctx, &clients.ids);
    err = dir_connection_update(ctx, connection);
    TRY(err == E_NO_ROW ? no_connection(ctx) : err);
    return auth0_reply_empty(reply, 204);
}

/* ---- what a connection asks of its users ---- */

static bool is_open(Ctx *ctx, const Connection *connection, const char *client_id)
{
    Auth0Clients clients = { 0 };

    if (connection->enabled_clients == NULL ||
        json_read(ctx, str_of(arena_printf(ctx->arena, "{\"clients\":%s}", connection->enabled_clients)), 0, auth0_clients, &clients) != OK)
        return connection->enabled_clients == NULL;
    for (size_t i = 0; i < clients.ids.n; i++)
        if (text_eq(clients.ids.v[i], client_id))
            return true;
    return false;
}

Err auth0_check_open(Ctx *ctx, const Connection *connection, const char *client_id)
{
    return is_open(ctx, connection, client_id) ? OK : auth0_say(ctx, 403, "unauthorized_client", "The connection is not enabled for the client.");
}

bool auth0_connection_off(const Connection *connection)
{
    return text_eq(connection->enabled_clients, "[]");
}

/* Lengths and kinds of characters (2.14); `run`: how often one character may follow itself. */
static const struct {
    const char *name;
    int64_t length;
    int kinds;
    bool first_three;
    size_t run;
} password_policies[] = {
    { "none", 1, 0, false, 0 }, { "low", 6, 0, false, 0 }, { "fair", 8, 3, true, 0 }, { "good", 8, 3, false, 0 }, { "excellent", 10, 3, false, 2 },
};

static size_t longest_run(const char *text)
{
    size_t longest = 0, run = 0;

    for (size_t i = 0; text[i] != '\0'; i++) {
        run = i > 0 && text[i] == text[i - 1] ? run + 1 : 1;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_special(char c)
{
    return !is_lower(c) && !is_upper(c) && !is_digit(c);
}

/* The kinds of characters, as they are told of. */
static const struct {
    const char *message, *code;
    bool (*of)(char c);
} char_kinds[] = {
    { "lower case letters (a-z)", "lowerCase", is_lower },
    { "upper case letters (A-Z)", "upperCase", is_upper },
    { "numbers (i.e. 0-9)", "numbers", is_digit },
    { "special characters (e.g. !@#$%^&*)", "specialCharacters", is_special },
};

static bool holds(const char *password, bool (*of)(char c))
{
    while (*password != '\0' && !of(*password))
        password++;
    return *password != '\0';
}

static int kinds_of(const char *text, bool first_three)
{
    int found = 0;

    for (size_t i = 0; i < COUNTOF(char_kinds) - first_three; i++)
        found += holds(text, char_kinds[i].of);
    return found;
}

static int64_t least_length(Ctx *ctx, const char *options, int64_t otherwise)
{
    const char *complexity = json_get(ctx->arena, options, "password_complexity_options");
    const char *text = complexity == NULL ? NULL : json_get(ctx->arena, complexity, "min_length");
    uint64_t n;

    return text != NULL && str_to_u64(str_of(text), 128, &n) && n > 0 ? (int64_t)n : otherwise;
}

Err auth0_password_fits(Ctx *ctx, const Connection *connection, const char *password)
{
    const char *policy = json_get(ctx->arena, connection->options, "passwordPolicy");

    for (size_t i = 0; password != NULL && i < COUNTOF(password_policies); i++) {
        const typeof(password_policies[0]) *row = &password_policies[i];

        if (!text_eq(row->name, policy == NULL ? "none" : policy))
            continue;
        if ((int64_t)utf8_length(str_of(password)) < least_length(ctx, connection->options, row->length) ||
            kinds_of(password, row->first_three) < row->kinds || (row->run > 0 && longest_run(password) > row->run))
            return fail(ctx, E_WEAK_PASSWORD, NOWHERE, NULL);
    }
    return OK;
}

/* ---- the rules in words ---- */

static void kind_rules(Ctx *ctx, const char *password, int kinds, size_t of, const char **rules, const char **text)
{
    const char *items = "";
    int found = 0;

    *text = arena_printf(ctx->arena, "%s\n* Contain at least %d of the following %zu types of characters:", *text, kinds, of);
    for (size_t i = 0; i < of; i++) {
        const bool verified = holds(password, char_kinds[i].of);

        found += verified;
        *text = arena_printf(ctx->arena, "%s\n * %s", *text, char_kinds[i].message);
        items = arena_printf(ctx->arena, "%s%s{\"message\":%s,\"code\":\"%s\",\"verified\":%s}", items, i == 0 ? "" : ",",
                             json_quote(ctx->arena, char_kinds[i].message), char_kinds[i].code, verified ? "true" : "false");
    }
    *rules = arena_printf(ctx->arena,
                          "%s,{\"message\":\"Contain at least %%d of the following %%d types of characters:\",\"code\":\"containsAtLeast\","
                          "\"format\":[%d,%zu],\"items\":[%s],\"verified\":%s}",
                          *rules, kinds, of, items, found >= kinds ? "true" : "false");
}

void auth0_password_rules(Ctx *ctx, const Connection *connection, const char *password, const char **description, const char **policy)
{
    const char *name = json_get(ctx->arena, connection->options, "passwordPolicy"), *rules, *text;
    const typeof(password_policies[0]) *row = &password_policies[0];
    int64_t length;

    for (size_t i = 0; i < COUNTOF(password_policies); i++)
        if (text_eq(password_policies[i].name, name))
            row = &password_policies[i];
    length = least_length(ctx, connection->options, row->length);
    text = arena_printf(ctx->arena, "* At least %lld characters in length", (long long)length);
    rules =
        arena_printf(ctx->arena, "{\"message\":\"At least %%d characters in length\",\"format\":[%lld],\"code\":\"lengthAtLeast\",\"verified\":%s}",
                     (long long)length, (int64_t)utf8_length(str_of(password)) >= length ? "true" : "false");
    if (row->kinds > 0)
        kind_rules(ctx, password, row->kinds, row->first_three ? 3 : COUNTOF(char_kinds), &rules, &text);
    if (row->run > 0) {
        text = arena_printf(ctx->arena, "%s\n* No more than %zu identical characters in a row (e.g., \"aaa\" not allowed)", text, row->run);
        rules = arena_printf(
            ctx->arena,
            "%s,{\"message\":\"No more than %%d identical characters in a row (e.g., \\\"%%s\\\" not allowed)\",\"format\":[%zu,\"aaa\"],"
            "\"code\":\"identicalChars\",\"verified\":%s}",
            rules, row->run, longest_run(password) <= row->run ? "true" : "false");
    }
    *description = arena_printf(ctx->arena, "{\"rules\":[%s],\"verified\":false}", rules);
    *policy = text;
}
