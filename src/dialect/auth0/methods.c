/* methods.c: second factors as authentication methods and enrollments (spec/auth0.md 2.7, 2.8, 4.7). */
#include "base/id.h"
#include "dialect/auth0/internal.h"
#include "directory/account.h"

/* `totp|dev_` and the UUID in base 62. */
const char *auth0_factor_id(Ctx *ctx, const char *type, const char *uuid)
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
const char *auth0_mask_phone(Ctx *ctx, const char *phone)
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

    *view = (Auth0Method){ .id = auth0_factor_id(ctx, factor->factor_type, factor->id),
                           .type = factor->factor_type,
                           .name = text_empty(factor->friendly_name) ? NULL : factor->friendly_name,
                           .phone_number = masked ? auth0_mask_phone(ctx, phone) : phone,
                           .created_at = factor->created_at,
                           .confirmed = "true" };
    return view;
}

static Auth0Method *email_view(Ctx *ctx, const EmailFactor *factor, bool masked)
{
    Auth0Method *view = ARENA_NEW(ctx->arena, Auth0Method);

    *view = (Auth0Method){ .id = auth0_factor_id(ctx, "email", factor->id),
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
    TRY(auth0_load_param(ctx, &user));
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
    TRY(auth0_load_param(ctx, &user));
    TRY(method_in(ctx, &in, &factor));
    TRY(method_made(ctx, dir_account_factors_make(ctx, user->id, &factor, 1, false)));
    return reply_method(ctx, reply, 201, user->id, auth0_factor_id(ctx, factor.type, factor.id), false);
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

    TRY(auth0_load_param(ctx, &user));
    TRY(read_methods(ctx, req, &factors, &n));
    TRY(method_made(ctx, dir_account_factors_make(ctx, user->id, factors, n, true)));
    for (size_t i = 0; i < n; i++) {
        Auth0Method *method;

        TRY(find_method(ctx, user->id, auth0_factor_id(ctx, factors[i].type, factors[i].id), false, &method));
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
    TRY(auth0_load_param(ctx, &user));
    TRY(dir_account_factors_delete(ctx, user->id));
    return auth0_reply_empty(reply, 204);
}

Err auth0_method_get(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(auth0_load_param(ctx, &user));
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
    TRY(auth0_load_param(ctx, &user));
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
    TRY(auth0_load_param(ctx, &user));
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
    TRY(auth0_load_param(ctx, &user));
    if (text_eq(provider, "google-authenticator"))
        TRY(dir_factors_delete(ctx, user->id, false));
    return auth0_reply_empty(reply, 204);
}

Err auth0_recovery_code(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *code;
    User *user;

    (void)req;
    TRY(auth0_load_param(ctx, &user));
    TRY(dir_account_recovery_code(ctx, user->id, &code));
    return auth0_reply_fixed(ctx, reply, arena_printf(ctx->arena, "{\"recovery_code\":\"%s\"}", code));
}

/* The first one that is confirmed (4.7). */
Err auth0_enrollments(Ctx *ctx, const Req *req, Reply *reply)
{
    List methods = { 0 }, views = { 0 };
    User *user;

    (void)req;
    TRY(auth0_load_param(ctx, &user));
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
