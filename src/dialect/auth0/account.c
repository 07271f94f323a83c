/* account.c: what hangs on one user: sessions, refresh tokens, second factors, events, blocks (spec/auth0.md 2.7 to 2.10). */
#include "directory/account.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"

/* Most routes of this file begin so. */
static Err load_user(Ctx *ctx, User **ret)
{
    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    return auth0_load(ctx, req_param(ctx, "id"), ret);
}

static Err reply_fixed(Ctx *ctx, Reply *reply, const char *text)
{
    return reply_text(ctx, reply, 200, AUTH0_JSON, str_of(text));
}

/* ---- sessions and refresh tokens ---- */

static const struct {
    const char *method, *name;
} method_names[] = {
    { "password", "pwd" },       { "otp", "email" },      { "magiclink", "email" }, { "oauth", "federated" },
    { "sso/saml", "federated" }, { "web3", "federated" }, { "totp", "mfa" },        { "mfa/phone", "mfa" },
};

static const char *way_named(const char *method)
{
    for (size_t i = 0; i < COUNTOF(method_names); i++)
        if (text_eq(method_names[i].method, method))
            return method_names[i].name;
    return method;
}

static List client_list(Ctx *ctx)
{
    Auth0ClientRef *client = ARENA_NEW(ctx->arena, Auth0ClientRef);
    List list = { 0 };

    client->client_id = ((const Auth0Settings *)ctx_settings(ctx))->client_id;
    list_add(ctx->arena, &list, client);
    return list;
}

static Auth0Authentication *authentication_of(Ctx *ctx, const AccountSession *session)
{
    Auth0Authentication *view = ARENA_NEW(ctx->arena, Auth0Authentication);
    Auth0AuthMethodUsed *used = ARENA_NEW(ctx->arena, Auth0AuthMethodUsed);

    *used = (Auth0AuthMethodUsed){ way_named(session->method), session->created_at };
    if (session->method != NULL)
        list_add(ctx->arena, &view->methods, used);
    return view;
}

static void *session_view(Ctx *ctx, const AccountSession *session, const char *user_id)
{
    Auth0Session *view = ARENA_NEW(ctx->arena, Auth0Session);
    Auth0Device *device = ARENA_NEW(ctx->arena, Auth0Device);
    const int64_t last = session->refreshed_at != 0 ? session->refreshed_at : session->created_at;

    *device = (Auth0Device){ session->user_agent, session->ip, NULL, session->user_agent, session->ip, NULL };
    *view = (Auth0Session){ .id = session->id,
                            .user_id = user_id,
                            .created_at = session->created_at,
                            .updated_at = session->updated_at,
                            .authenticated_at = session->created_at,
                            .expires_at = session->not_after,
                            .last_interacted_at = last,
                            .device = device,
                            .clients = client_list(ctx),
                            .authentication = authentication_of(ctx, session) };
    return view;
}

static void *token_view(Ctx *ctx, const AccountSession *session, const char *user_id)
{
    Auth0RefreshToken *view = ARENA_NEW(ctx->arena, Auth0RefreshToken);

    *view = (Auth0RefreshToken){ .id = session->id,
                                 .user_id = user_id,
                                 .created_at = session->created_at,
                                 .last_exchanged_at = session->refreshed_at,
                                 .client_id = ((const Auth0Settings *)ctx_settings(ctx))->client_id,
                                 .session_id = session->id,
                                 .rotating = true };
    return view;
}

/* A page by checkpoint. */
static Err reply_sessions(Ctx *ctx, const Req *req, Reply *reply, bool tokens)
{
    Auth0PageQuery query = { 0 };
    List rows = { 0 }, views = { 0 };
    int64_t total = 0, take;
    AccountPage page;
    User *user;

    TRY(auth0_query(ctx, req, auth0_take_query, &query));
    TRY(load_user(ctx, &user));
    take = HAS(&query, take) ? query.take : DEFAULT_PAGE;
    page = (AccountPage){ .limit = take + 1, .total = query.include_totals ? &total : NULL };
    TRY(auth0_cursor_read(ctx, query.from, &page.after, &page.after_id));
    TRY(dir_account_sessions(ctx, user->id, tokens, &page, &rows));
    for (size_t i = 0; i < rows.n && i < (size_t)take; i++)
        list_add(ctx->arena, &views, (tokens ? token_view : session_view)(ctx, rows.v[i], auth0_user_id(ctx, user)));
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    buf_puts(&reply->body, tokens ? "{\"tokens\":" : "{\"sessions\":");
    json_write_list(&reply->body, tokens ? auth0_refresh_token : auth0_session, &views, JSON_PLAIN);
    if (rows.n > views.n) {
        const AccountSession *last = rows.v[views.n - 1];

        buf_printf(&reply->body, ",\"next\":\"%s\"", auth0_cursor_write(ctx, last->created_at, last->id));
    }
    if (query.include_totals)
        buf_printf(&reply->body, ",\"total\":%lld", (long long)total);
    buf_puts(&reply->body, "}");
    return OK;
}

Err auth0_sessions(Ctx *ctx, const Req *req, Reply *reply)
{
    return reply_sessions(ctx, req, reply, false);
}

Err auth0_tokens(Ctx *ctx, const Req *req, Reply *reply)
{
    return reply_sessions(ctx, req, reply, true);
}

Err auth0_sessions_end(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    TRY(dir_sign_out(ctx, user, NULL, SIGN_OUT_GLOBAL));
    return auth0_reply_empty(reply, 202);
}

Err auth0_tokens_end(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    TRY(dir_account_tokens_end(ctx, user->id, NULL));
    return auth0_reply_empty(reply, 202);
}

static Err load_session(Ctx *ctx, bool token, AccountSession **ret)
{
    const char *id = uuid_valid(str_of(req_param(ctx, "id"))) ? uuid_read(ctx->arena, str_of(req_param(ctx, "id"))) : NULL;
    const Err err = id == NULL ? E_NO_ROW : dir_account_session(ctx, id, token, ret);

    return err != E_NO_ROW ? err : auth0_say(ctx, 404, NULL, token ? "The refresh token does not exist." : "The session does not exist.");
}

static Err reply_session(Ctx *ctx, Reply *reply, bool token)
{
    AccountSession *session;
    User *user;

    TRY(load_session(ctx, token, &session));
    TRY(dir_user_get(ctx, session->user_id, &user));
    return reply_json(ctx, reply, 200, AUTH0_JSON, token ? auth0_refresh_token : auth0_session,
                      (token ? token_view : session_view)(ctx, session, auth0_user_id(ctx, user)), JSON_PLAIN);
}

Err auth0_session_get(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return reply_session(ctx, reply, false);
}

Err auth0_token_get(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return reply_session(ctx, reply, true);
}

Err auth0_session_end(Ctx *ctx, const Req *req, Reply *reply)
{
    AccountSession *session;
    Err err;

    (void)req;
    TRY(load_session(ctx, false, &session));
    err = dir_account_session_end(ctx, session->id);
    TRY(err == E_NO_ROW ? OK : err);
    return auth0_reply_empty(reply, 202);
}

Err auth0_token_end(Ctx *ctx, const Req *req, Reply *reply)
{
    AccountSession *session;

    (void)req;
    TRY(load_session(ctx, true, &session));
    TRY(dir_account_tokens_end(ctx, NULL, session->id));
    return auth0_reply_empty(reply, 204);
}

/* ---- second factors ---- */

/* `totp|dev_` and the UUID in base 62. */
static const char *factor_id(Ctx *ctx, const char *type, const char *uuid)
{
    uint8_t bytes[UUID_BYTES];
    Buf buf = buf_in(ctx->arena, 64);
    char *text = "";

    uuid_to_bytes(uuid, bytes);
    base62_write(&buf, bytes, sizeof(bytes), 22);
    IGNORE(buf_text(&buf, &text)); /* the cap fits by construction */
    return arena_printf(ctx->arena, "%s|dev_%s", type, text);
}

static Err no_method(Ctx *ctx)
{
    return auth0_say(ctx, 404, NULL, "The authentication method could not be found.");
}

/* Every character but the last four. */
static const char *mask_phone(Ctx *ctx, const char *phone)
{
    char *text = arena_strdup(ctx->arena, phone);

    for (size_t i = 0, n = text == NULL ? 0 : strlen(text); i + 4 < n; i++)
        text[i] = 'X';
    return text;
}

/* Four characters of the local part and of the domain stay; of a local part under five none. */
static const char *mask_email(Ctx *ctx, const char *email)
{
    char *text = arena_strdup(ctx->arena, email), *at = text == NULL ? NULL : strchr(text, '@');

    if (at == NULL)
        return text;
    if (at - text < 5)
        return arena_printf(ctx->arena, "****@%s", mask_email(ctx, arena_printf(ctx->arena, "xxxxx%s", at)) + 6);
    for (char *c = text + 4; c < at; c++)
        *c = '*';
    for (size_t i = 5; i < strlen(at); i++)
        at[i] = '*';
    return text;
}

static Auth0Method *method_view(Ctx *ctx, const Factor *factor, bool masked)
{
    Auth0Method *view = ARENA_NEW(ctx->arena, Auth0Method);
    const char *phone = factor->phone == NULL ? NULL : arena_printf(ctx->arena, "+%s", factor->phone);

    *view = (Auth0Method){ .id = factor_id(ctx, factor->factor_type, factor->id),
                           .type = factor->factor_type,
                           .name = text_empty(factor->friendly_name) ? NULL : factor->friendly_name,
                           .phone_number = masked ? mask_phone(ctx, phone) : phone,
                           .created_at = factor->created_at,
                           .confirmed = "true" };
    return view;
}

static Auth0Method *email_view(Ctx *ctx, const EmailFactor *factor, bool masked)
{
    Auth0Method *view = ARENA_NEW(ctx->arena, Auth0Method);

    *view = (Auth0Method){ .id = factor_id(ctx, "email", factor->id),
                           .type = "email",
                           .name = text_empty(factor->name) ? NULL : factor->name,
                           .email = masked ? mask_email(ctx, factor->email) : factor->email,
                           .created_at = factor->created_at,
                           .confirmed = "true" };
    return view;
}

static Err list_methods(Ctx *ctx, const User *user, bool masked, List *ret)
{
    List emails = { 0 };

    for (size_t i = 0; i < user->factors.n; i++)
        if (text_eq(((const Factor *)user->factors.v[i])->status, "verified"))
            list_add(ctx->arena, ret, method_view(ctx, user->factors.v[i], masked));
    TRY(dir_account_emails(ctx, user->id, &emails));
    for (size_t i = 0; i < emails.n; i++)
        list_add(ctx->arena, ret, email_view(ctx, emails.v[i], masked));
    return OK;
}

/* The method with this id, masked or not; NULL: none. */
static Err find_method(Ctx *ctx, const char *user_id, const char *id, bool masked, Auth0Method **ret)
{
    List methods = { 0 };
    User *user;

    *ret = NULL;
    TRY(dir_user_get(ctx, user_id, &user));
    TRY(list_methods(ctx, user, masked, &methods));
    for (size_t i = 0; i < methods.n; i++)
        if (text_eq(((Auth0Method *)methods.v[i])->id, id))
            *ret = methods.v[i];
    return *ret == NULL ? no_method(ctx) : OK;
}

static Err reply_method(Ctx *ctx, Reply *reply, int status, const char *user_id, const char *id, bool confirmed)
{
    Auth0Method *method;

    TRY(find_method(ctx, user_id, id, true, &method));
    method->confirmed = confirmed ? method->confirmed : NULL;
    return reply_json(ctx, reply, status, AUTH0_JSON, auth0_method, method, JSON_PLAIN);
}

Err auth0_method_list(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    List all = { 0 }, page = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_methods_query, &query));
    TRY(load_user(ctx, &user));
    TRY(list_methods(ctx, user, true, &all));
    for (size_t i = (size_t)(query.page * auth0_limit(&query)); i < all.n && page.n < (size_t)auth0_limit(&query); i++)
        list_add(ctx->arena, &page, all.v[i]);
    return auth0_reply_page(reply, &query, "authenticators", auth0_method, &page, (int64_t)all.n);
}

static Err method_made(Ctx *ctx, Err err)
{
    if (err == E_FACTOR_EXISTS || err == E_FACTOR_NAME_TAKEN)
        return auth0_say(ctx, 409, NULL, "Authentication method already exists.");
    if (err == E_FACTORS_MANY)
        return auth0_say(ctx, 403, NULL, "You reached the limit of entities of this type for this user.");
    return err;
}

static Err method_in(Ctx *ctx, const Auth0MethodIn *in, AccountFactor *factor)
{
    *factor = (AccountFactor){ .type = in->type, .name = in->name, .secret = in->totp_secret, .phone = in->phone_number, .email = in->email };
    if (text_eq(in->type, "phone") && in->phone_number == NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Missing required property: phone_number");
    if (text_eq(in->type, "email") && in->email == NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Missing required property: email");
    if (in->totp_secret != NULL && strspn(in->totp_secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != strlen(in->totp_secret))
        return auth0_bad_member(ctx, "totp_secret", "Base32 encoded secret", "String does not match pattern ^[A-Z2-7]+$");
    if (text_eq(in->type, "phone") || text_eq(in->type, "email") || text_eq(in->type, "totp"))
        return OK;
    return auth0_bad_member(ctx, "type", "Kind of the method", "No enum match for: %.100s", in->type);
}

Err auth0_method_create(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0MethodIn in = { 0 };
    AccountFactor factor;
    User *user;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(load_user(ctx, &user));
    TRY(method_in(ctx, &in, &factor));
    TRY(method_made(ctx, dir_account_factors_make(ctx, user->id, &factor, 1, false)));
    return reply_method(ctx, reply, 201, user->id, factor_id(ctx, factor.type, factor.id), false);
}

/* The body is a list: each as for one. */
static Err read_methods(Ctx *ctx, const Req *req, AccountFactor **ret, size_t *n)
{
    List list = { 0 };

    if (json_read_list(ctx, req->body, auth0_new_method, &list) != OK)
        return auth0_bad_member(ctx, NULL, NULL, "Data does not match the schema of a list of authentication methods");
    *ret = ARENA_ARRAY(ctx->arena, AccountFactor, list.n + 1);
    *n = list.n;
    for (size_t i = 0; i < list.n; i++)
        TRY(method_in(ctx, list.v[i], &(*ret)[i]));
    return OK;
}

Err auth0_methods_set(Ctx *ctx, const Req *req, Reply *reply)
{
    AccountFactor *factors;
    List views = { 0 };
    size_t n;
    User *user;

    TRY(load_user(ctx, &user));
    TRY(read_methods(ctx, req, &factors, &n));
    TRY(method_made(ctx, dir_account_factors_make(ctx, user->id, factors, n, true)));
    for (size_t i = 0; i < n; i++) {
        Auth0Method *method;

        TRY(find_method(ctx, user->id, factor_id(ctx, factors[i].type, factors[i].id), false, &method));
        method->confirmed = NULL;
        list_add(ctx->arena, &views, method);
    }
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    json_write_list(&reply->body, auth0_method, &views, JSON_PLAIN);
    return OK;
}

Err auth0_methods_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    TRY(dir_account_factors_delete(ctx, user->id));
    return auth0_reply_empty(reply, 204);
}

Err auth0_method_get(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    return reply_method(ctx, reply, 200, user->id, req_param(ctx, "method_id"), true);
}

/* The UUID of a method's id; NULL for any other text. */
static const char *method_uuid(Ctx *ctx, const char *id)
{
    const char *text = strstr(id, "|dev_");
    uint8_t bytes[UUID_BYTES];

    return text != NULL && strlen(text + 5) == 22 && base62_read(str_of(text + 5), bytes, sizeof(bytes)) ? uuid_from_bytes(ctx->arena, bytes) : NULL;
}

Err auth0_method_update(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id = req_param(ctx, "method_id"), *uuid = method_uuid(ctx, id);
    Auth0MethodIn in = { 0 };
    User *user;
    Err err;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(load_user(ctx, &user));
    err = uuid == NULL ? E_NO_ROW : in.name == NULL ? OK : dir_account_factor_rename(ctx, user->id, uuid, in.name);
    TRY(err == E_NO_ROW ? no_method(ctx) : method_made(ctx, err));
    return reply_method(ctx, reply, 200, user->id, id, false);
}

Err auth0_method_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *uuid = method_uuid(ctx, req_param(ctx, "method_id"));
    User *user;
    Err err;

    (void)req;
    TRY(load_user(ctx, &user));
    err = uuid == NULL ? E_NO_ROW : dir_account_factor_delete(ctx, user->id, uuid);
    TRY(err == E_NO_ROW ? no_method(ctx) : err);
    return auth0_reply_empty(reply, 204);
}

/* `google-authenticator` is one-time codes; of `duo` there is nothing. */
Err auth0_provider_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *provider = req_param(ctx, "provider");
    User *user;

    (void)req;
    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    if (!text_eq(provider, "duo") && !text_eq(provider, "google-authenticator"))
        return auth0_bad_param(ctx, "provider", "The multi-factor provider", "No enum match for: %.100s", provider);
    TRY(load_user(ctx, &user));
    if (text_eq(provider, "google-authenticator"))
        TRY(dir_factors_delete(ctx, user->id, false));
    return auth0_reply_empty(reply, 204);
}

Err auth0_recovery_code(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *code;
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    TRY(dir_account_recovery_code(ctx, user->id, &code));
    return reply_fixed(ctx, reply, arena_printf(ctx->arena, "{\"recovery_code\":\"%s\"}", code));
}

/* The first one that is confirmed (4.7). */
Err auth0_enrollments(Ctx *ctx, const Req *req, Reply *reply)
{
    List methods = { 0 }, views = { 0 };
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    TRY(list_methods(ctx, user, true, &methods));
    for (size_t i = 0; i < methods.n && views.n == 0; i++) {
        const Auth0Method *method = methods.v[i];
        Auth0Enrollment *view = ARENA_NEW(ctx->arena, Auth0Enrollment);

        *view = (Auth0Enrollment){ .id = method->id,
                                   .status = "confirmed",
                                   .type = method->type,
                                   .name = method->name,
                                   .phone_number = method->phone_number,
                                   .enrolled_at = method->created_at,
                                   .auth_method = text_eq(method->type, "totp")    ? "authenticator"
                                                  : text_eq(method->type, "phone") ? "sms"
                                                                                   : "guardian" };
        list_add(ctx->arena, &views, view);
    }
    reply->status = 200;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    json_write_list(&reply->body, auth0_enrollment, &views, JSON_PLAIN);
    return OK;
}

/* ---- events ---- */

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
    TRY(load_user(ctx, &user));
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

/* ---- blocks after too many wrong passwords ---- */

static Err reply_blocks(Ctx *ctx, Reply *reply, const User *user)
{
    const char *name = user == NULL ? NULL : user->email != NULL ? user->email : user->username;

    if (name == NULL || user->locked_until <= ctx->now)
        return reply_fixed(ctx, reply, "{\"blocked_for\":[]}");
    return reply_fixed(
        ctx, reply,
        arena_printf(ctx->arena, "{\"blocked_for\":[{\"identifier\":%s,\"connection\":\"" AUTH0_CONNECTION "\"}]}", json_quote(ctx->arena, name)));
}

/* Whoever has the identifier, as it is stored; NULL: nobody. */
static Err find_identified(Ctx *ctx, const Req *req, User **ret)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    Auth0BlockQuery in = { 0 };
    List users = { 0 };

    TRY(auth0_query(ctx, req, auth0_block_query, &in));
    *query = (UserQuery){ .limit = 1, .whole = true, .living = true };
    texts_add(ctx->arena,
              strchr(in.identifier, '@') != NULL ? &query->emails
              : in.identifier[0] == '+'          ? &query->phones
                                                 : &query->usernames,
              in.identifier + (in.identifier[0] == '+'));
    TRY(dir_user_list(ctx, query, &users));
    *ret = users.n == 0 ? NULL : users.v[0];
    return OK;
}

Err auth0_blocks(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    TRY(find_identified(ctx, req, &user));
    return reply_blocks(ctx, reply, user);
}

Err auth0_blocks_end(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    TRY(find_identified(ctx, req, &user));
    if (user != NULL && user->locked_until != 0)
        TRY(dir_user_unlock(ctx, user->id, &user));
    return auth0_reply_empty(reply, 204);
}

Err auth0_user_blocks(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    return reply_blocks(ctx, reply, user);
}

Err auth0_user_blocks_end(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    if (user->locked_until != 0)
        TRY(dir_user_unlock(ctx, user->id, &user));
    return auth0_reply_empty(reply, 204);
}

/* ---- what this server never has of a user ---- */

/* Nothing to do once the user is there: remembered browsers, assessments of risk. */
Err auth0_nothing_kept(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    return auth0_reply_empty(reply, 204);
}

Err auth0_risk_clear(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0RiskIn in = { 0 };

    TRY(auth0_body(ctx, req, 0, &in));
    return auth0_nothing_kept(ctx, req, reply);
}

Err auth0_organizations(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    const List none = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_page_query, &query));
    TRY(load_user(ctx, &user));
    return auth0_reply_page(reply, &query, "organizations", auth0_role, &none, 0);
}

Err auth0_connected_accounts(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0PageQuery query = { 0 };
    User *user;

    TRY(auth0_query(ctx, req, auth0_take_query, &query));
    TRY(load_user(ctx, &user));
    return reply_fixed(ctx, reply, "{\"connected_accounts\":[]}");
}

Err auth0_tokensets(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(load_user(ctx, &user));
    return reply_fixed(ctx, reply, "[]");
}

/* One session, or all; refresh tokens go with their sessions, unless they are to stay. */
Err auth0_revoke_access(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0RevokeIn in = { 0 };
    User *user;

    if (req->body.n > 0)
        TRY(auth0_body(ctx, req, 0, &in));
    TRY(load_user(ctx, &user));
    if (!in.preserve_refresh_tokens && in.session_id == NULL)
        TRY(dir_sign_out(ctx, user, NULL, SIGN_OUT_GLOBAL));
    else if (!in.preserve_refresh_tokens && uuid_valid(str_of(in.session_id)))
        TRY(dir_sign_out(ctx, user, in.session_id, SIGN_OUT_LOCAL));
    return auth0_reply_empty(reply, 202);
}
