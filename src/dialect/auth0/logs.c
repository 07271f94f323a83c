/* logs.c: the audit trail in Auth0's words (spec/auth0.md 4.8). */
#include "base/id.h"
#include "dialect/auth0/internal.h"
#include "directory/account.h"

/* The directory's actions in Auth0's words (4.8). */
static const struct {
    const char *action, *code, *description;
} log_codes[] = {
    { "login", "s", "Successful login" },
    { "logout", "slo", "User successfully logged out" },
    { "user_signedup", "ss", "Successful signup" },
    { "user_modified", "sapi", "Update a User" },
    { "user_deleted", "sdu", "Successful User Deletion" },
    { "token_refreshed", "sertft", "Successful exchange of refresh token for access token" },
    { "token_revoked", "srrt", "Successful revocation of a refresh token" },
    { "user_repeated_signup", "fs", "Failed signup" },
};

static void *log_view(Ctx *ctx, const Event *event, const User *user)
{
    const char *action = json_get(ctx->arena, event->payload, "action");
    Auth0Log *view = ARENA_NEW(ctx->arena, Auth0Log);
    Buf buf = buf_in(ctx->arena, 256);
    uint8_t bytes[UUID_BYTES];
    char *id = "";

    uuid_to_bytes(event->id, bytes);
    buf_printf(&buf, "900%016lld", (long long)event->created_at);
    for (size_t i = 0; i < UUID_BYTES - 4; i++)
        buf_printf(&buf, "%03u", bytes[i]);
    IGNORE(buf_text(&buf, &id)); /* the cap fits by construction */
    *view = (Auth0Log){ .id = id,
                        .log_id = id,
                        .date = event->created_at,
                        .type = "sapi",
                        .description = action,
                        .connection = AUTH0_CONNECTION,
                        .client_id = ((const Auth0Settings *)ctx_settings(ctx))->client_id,
                        .ip = event->ip_address,
                        .user_id = auth0_user_id(ctx, user),
                        .user_name = user->email == NULL ? user->username : user->email };
    for (size_t i = 0; i < COUNTOF(log_codes); i++)
        if (text_eq(log_codes[i].action, action)) {
            view->type = log_codes[i].code;
            view->description = log_codes[i].description;
        }
    return view;
}

Err auth0_user_logs(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    List events = { 0 }, views = { 0 };
    int64_t total = 0;
    AccountPage page;
    User *user;

    TRY(auth0_query(ctx, req, auth0_logs_query, &query));
    if (query.page * auth0_limit(&query) + auth0_limit(&query) > 1000)
        return fail(ctx, E_BAD_PAGE, NOWHERE, NULL);
    TRY(auth0_load_param(ctx, &user));
    page = (AccountPage){ .limit = auth0_limit(&query), .offset = query.page * auth0_limit(&query), .total = query.include_totals ? &total : NULL };
    TRY(dir_account_events(ctx, user->id, &page, &events));
    for (size_t i = 0; i < events.n; i++)
        list_add(ctx->arena, &views, log_view(ctx, events.v[i], user));
    if (!query.include_totals)
        return auth0_reply_page(reply, &query, "logs", auth0_log, &views, total);
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    buf_printf(&reply->body, "{\"start\":%lld,\"limit\":%lld,\"length\":%zu,\"total\":%lld,\"logs\":", (long long)page.offset, (long long)page.limit,
               views.n, (long long)total);
    json_write_list(&reply->body, auth0_log, &views, JSON_PLAIN);
    buf_puts(&reply->body, "}");
    return OK;
}
