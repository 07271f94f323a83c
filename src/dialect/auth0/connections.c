/* connections.c: the connections that users can have: one database, which all dialects share (spec/auth0.md 2.14). */
#include "base/id.h"
#include "dialect/auth0/internal.h"

/* `con_` and 16 characters, from the name: the same on every node and after every start. */
static const char *connection_id(Ctx *ctx, const char *name)
{
    uint8_t sum[32];
    Buf buf = buf_in(ctx->arena, 64);
    char *text = "";

    hash_sum(HASH_SHA256, str_of(name), sum);
    base62_write(&buf, sum, sizeof(sum), 43);
    IGNORE(buf_text(&buf, &text)); /* the cap fits by construction */
    return arena_printf(ctx->arena, "con_%.16s", text);
}

bool auth0_connection_known(Ctx *ctx, const char *id)
{
    return text_eq(id, connection_id(ctx, AUTH0_CONNECTION));
}

/* ---- reading them ---- */

static const Auth0Connection *database(Ctx *ctx)
{
    Auth0Connection *view = ARENA_NEW(ctx->arena, Auth0Connection);

    *view =
        (Auth0Connection){ .id = connection_id(ctx, AUTH0_CONNECTION),
                           .name = AUTH0_CONNECTION,
                           .strategy = "auth0",
                           .options = "{\"mfa\":{\"active\":true,\"return_enroll_settings\":true},\"import_mode\":false,\"passwordPolicy\":\"low\","
                                      "\"strategy_version\":2,\"requires_username\":false,\"brute_force_protection\":true,"
                                      "\"password_complexity_options\":{\"min_length\":8},\"enabledDatabaseCustomization\":false}" };
    texts_add(ctx->arena, &view->realms, AUTH0_CONNECTION);
    texts_add(ctx->arena, &view->enabled_clients, ((const Auth0Settings *)ctx_settings(ctx))->client_id);
    return view;
}

static bool strategy_wanted(const Auth0ConnectionQuery *query)
{
    for (size_t i = 0; i < query->strategy.n; i++)
        if (text_eq(query->strategy.v[i], "auth0"))
            return true;
    return query->strategy.n == 0;
}

Err auth0_connection_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0ConnectionQuery query = { 0 };
    const Auth0Connection *view = database(ctx);
    List list = { 0 };
    int64_t total;

    TRY(auth0_query(ctx, req, auth0_connection_query, &query));
    total = (query.name == NULL || text_eq(query.name, view->name)) && strategy_wanted(&query);
    if (total == 1 && query.page == 0 && query.from == NULL)
        list_add(ctx->arena, &list, (void *)(uintptr_t)view);
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    if (query.include_totals)
        buf_printf(&reply->body, "{\"total\":%lld,\"start\":0,\"limit\":50,\"connections\":", (long long)total);
    else if (HAS(&query, take) || HAS(&query, from))
        buf_puts(&reply->body, "{\"connections\":");
    json_write_list(&reply->body, auth0_connection, &list, JSON_PLAIN);
    if (query.include_totals || HAS(&query, take) || HAS(&query, from))
        buf_puts(&reply->body, "}");
    return OK;
}

Err auth0_connection_get(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    if (!auth0_connection_known(ctx, req_param(ctx, "id")))
        return auth0_say(ctx, 404, "inexistent_connection", "The connection does not exist");
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_connection, database(ctx), JSON_PLAIN);
}
