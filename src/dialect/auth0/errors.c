/* errors.c: how Auth0 says each error (spec/auth0.md 1.4, 7.2). */
#include <stdarg.h>

#include "base/clock.h"
#include "dialect/auth0/internal.h"

/* The Management API. A text of %s is what fail() said; others stand as they are, since the directory's sentences are not
 * Auth0's. */
const ErrRow auth0_errors[ERR_COUNT] = {
    [OK] = { 200, NULL, "" },
    [E_INTERNAL] = { 500, NULL, "An internal server error occurred" },
    [E_NOMEM] = { 500, NULL, "An internal server error occurred" },
    [E_DB] = { 500, NULL, "An internal server error occurred" },
    [E_DB_RETRY] = { 503, NULL, "The database is busy, please retry after a moment" },
    [E_DB_LOST] = { 503, NULL, "The database cannot be reached, please retry after a moment" },
    [E_NO_ROW] = { 404, "inexistent_user", "The user does not exist." },
    [E_BUSY] = { 503, NULL, "The server is busy, please retry after a moment" },
    [E_TIMEOUT] = { 503, NULL,
                    "The query exceeded the timeout. Please try refining your search criteria. See "
                    "https://auth0.com/docs/best-practices/search-best-practices" },
    [E_SHUTDOWN] = { 503, NULL, "The server is shutting down, please retry after a moment" },
    [E_IO] = { 500, NULL, "An internal server error occurred" },
    [E_CONFIG] = { 500, NULL, "An internal server error occurred" },
    [E_BAD_REQUEST] = { 400, NULL, "The request cannot be read" },
    [E_TOO_LARGE] = { 413, NULL, "Payload content length greater than maximum allowed: 1048576" },
    [E_URI_TOO_LONG] = { 414, NULL, "The request target is too long" },
    [E_HEADERS_TOO_LARGE] = { 431, NULL, "The request header is too large" },
    [E_MEDIA_TYPE] = { 415, NULL, "Unsupported Media Type" },
    [E_BAD_JSON] = { 400, "invalid_body", "Invalid request payload JSON format" },
    [E_BAD_TYPE] = { 400, "invalid_body", "Payload validation error: 'A value has the wrong type'." },
    [E_UNKNOWN_FIELD] = { 400, "invalid_body", "Payload validation error: 'Additional properties not allowed'." },
    [E_MISSING] = { 400, "invalid_body", "Payload validation error: 'A required property is missing'." },
    [E_BAD_VALUE] = { 400, "invalid_body", "%s" },
    [E_TOO_LONG] = { 400, "invalid_body", "Payload validation error: 'Metadata is too large, maximum 65536 bytes'." },
    [E_BAD_PAGE] = { 400, "invalid_paging",
                     "You can only page through the first 1000 records. See "
                     "https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation" },
    [E_NO_ROUTE] = { 404, NULL, "Not Found" },
    [E_NO_METHOD] = { 404, NULL, "Not Found" },
    [E_FEATURE_OFF] = { 403, "feature_not_enabled", "This feature is not enabled for this tenant." },
    [E_BAD_VERSION] = { 400, NULL, "Unknown API version" },
    [E_RATE_LIMIT] = { 429, "too_many_requests", "Global limit has been reached" },
    [E_NO_CREDENTIAL] = { 401, NULL, "Missing authentication" },
    [E_BAD_CREDENTIAL] = { 401, NULL, "Invalid token" },
    [E_EXPIRED_CREDENTIAL] = { 401, NULL, "Expired token received for JSON Web Token validation" },
    [E_BAD_AUDIENCE] = { 401, NULL, "%s" },
    [E_NOT_ADMIN] = { 403, "insufficient_scope", "Insufficient scope" },
    [E_SCOPE] = { 403, "insufficient_scope", "%s" },
    [E_NO_SUBJECT] = { 401, NULL, "Invalid token" },
    [E_SUBJECT_GONE] = { 401, NULL, "Invalid token" },
    [E_SESSION_GONE] = { 401, NULL, "Invalid token" },
    [E_SESSION_EXPIRED] = { 401, NULL, "Invalid token" },
    [E_BAD_CLIENT] = { 401, NULL, "Unauthorized" },
    [E_BAD_GRANT_TYPE] = { 400, NULL, "The grant type is not served" },
    [E_NO_IDENTIFIER] = { 400, "invalid_body", "Payload validation error: 'Missing required property: email'." },
    [E_BAD_EMAIL] = { 400, "invalid_body",
                      "Payload validation error: 'Object didn't pass validation for format email' on property email (The user's email)." },
    [E_BAD_PHONE] = { 400, "invalid_body",
                      "Payload validation error: 'Object didn't pass validation for format phone' on property phone_number (The user's phone number)." },
    [E_BAD_WALLET] = { 400, "invalid_body", "Payload validation error: 'Object didn't pass validation for format wallet'." },
    [E_BAD_USERNAME] = { 400, "invalid_body",
                         "Payload validation error: 'Object didn't pass validation for format username' on property username (The user's username)." },
    [E_BAD_ID] = { 400, "invalid_body",
                   "Payload validation error: 'Object didn't pass validation for format user-id' on property user_id (The external user's id)." },
    [E_EMAIL_TAKEN] = { 409, "auth0_idp_error", "The user already exists." },
    [E_PHONE_TAKEN] = { 409, "auth0_idp_error", "The user already exists." },
    [E_WALLET_TAKEN] = { 409, "auth0_idp_error", "The user already exists." },
    [E_USER_EXISTS] = { 409, "auth0_idp_error", "The user already exists." },
    [E_USERNAME_TAKEN] = { 409, "auth0_idp_error", "The user already exists." },
    [E_EXTERNAL_ID_TAKEN] = { 409, "auth0_idp_error", "The user already exists." },
    [E_ID_TAKEN] = { 409, "auth0_idp_error", "The user already exists." },
    [E_CONFLICT] = { 409, NULL, "Another request was faster, please retry after a moment" },
    [E_NO_USER] = { 404, "inexistent_user", "The user does not exist." },
    [E_NO_CONNECTION] = { 400, "inexistent_connection", "The connection does not exist." },
    [E_NOT_LISTED] = { 403, "unauthorized", "The address is not allowed." },
    [E_UNVERIFIED] = { 400, "operation_not_supported", "The address is not verified." },
    [E_NOT_THIS_USER] = { 404, "inexistent_user", "The user does not exist." },
    [E_WEAK_PASSWORD] = { 400, NULL, "PasswordStrengthError: Password is too weak" },
    [E_LONG_PASSWORD] = { 400, NULL, "PasswordStrengthError: Password is too long" },
    [E_BAD_HASH] = { 400, "invalid_body", "Payload validation error: 'The password hash is not valid'." },
    [E_WRONG_PASSWORD] = { 403, "invalid_grant", "Wrong email or password." },
    [E_NO_PASSWORD] = { 403, "invalid_grant", "Wrong email or password." },
    [E_FOREIGN_PASSWORD] = { 403, "invalid_grant", "Wrong email or password." },
    [E_BAD_SIGN_IN] = { 403, "invalid_grant", "Wrong email or password." },
    [E_BANNED] = { 403, "unauthorized", "user is blocked" },
    [E_LOCKED] = { 429, "too_many_attempts", "Your account has been blocked after multiple consecutive login attempts." },
    [E_EMAIL_UNCONFIRMED] = { 403, "unauthorized", "Please verify your email before logging in." },
    [E_PHONE_UNCONFIRMED] = { 403, "unauthorized", "Please verify your phone number before logging in." },
    [E_PROVIDER_OFF] = { 400, "operation_not_supported", "Connection is disabled." },
    [E_NO_REFRESH_TOKEN] = { 404, NULL, "The refresh token does not exist." },
    [E_REFRESH_REUSED] = { 404, NULL, "The refresh token does not exist." },
    [E_MAIL_FORBIDDEN] = { 403, "operation_not_supported", "Mail may not go to this address" },
    [E_MAIL_LIMIT] = { 429, "too_many_requests", "Global limit has been reached" },
    [E_SMS_LIMIT] = { 429, "too_many_requests", "Global limit has been reached" },
    [E_HOOK] = { 500, NULL, "An internal server error occurred" },
    [E_SMS_FAILED] = { 400, "invalid_body", "%s" },
    [E_PWNED_UNKNOWN] = { 503, NULL, "The password could not be checked" },
    [E_LINK_INVALID] = { 400, "invalid_body", "%s" },
    [E_CODE_INVALID] = { 400, "invalid_body", "%s" },
    [E_NO_FLOW] = { 400, "invalid_body", "%s" },
    [E_FLOW_EXPIRED] = { 400, "invalid_body", "%s" },
    [E_BAD_VERIFIER] = { 400, "invalid_body", "%s" },
    [E_REAUTH_NEEDED] = { 400, "invalid_body", "%s" },
    [E_REAUTH_WRONG] = { 400, "invalid_body", "%s" },
    [E_CURRENT_MISSING] = { 400, "invalid_body", "%s" },
    [E_CURRENT_WRONG] = { 400, "invalid_body", "%s" },
    [E_SAME_PASSWORD] = { 400, "invalid_body", "%s" },
    [E_SSO_MANAGED] = { 400, "invalid_body", "%s" },
    [E_ANONYMOUS] = { 400, "invalid_body", "%s" },
    [E_MFA_REQUIRED] = { 403, "mfa_required", "Multifactor authentication required" },
    [E_HOOK_REJECTED] = { 403, "access_denied", "The request was refused" },
    [E_FACTOR_OFF] = { 400, "invalid_request", "This factor is not enabled" },
    [E_NO_FACTOR] = { 404, "inexistent_enrollment", "The enrollment does not exist." },
    [E_FACTOR_NAME_TAKEN] = { 409, "conflict", "The factor exists already" },
    [E_FACTOR_EXISTS] = { 409, "conflict", "The factor exists already" },
    [E_FACTORS_MANY] = { 400, "invalid_request", "The user has too many factors" },
    [E_NO_CHALLENGE] = { 403, "invalid_grant", "Invalid otp_code." },
    [E_CHALLENGE_USED] = { 403, "invalid_grant", "Invalid otp_code." },
    [E_CHALLENGE_OVER] = { 403, "invalid_grant", "Invalid otp_code." },
    [E_WRONG_CODE] = { 403, "invalid_grant", "Invalid otp_code." },
    [E_NO_ORGANIZATION] = { 404, NULL, "No organization found by that id or name" },
    [E_SLUG_TAKEN] = { 409, "organization_conflict", "An organization with this name already exists." },
    [E_NO_MEMBER] = { 404, NULL, "The user is not a member of the organization." },
    [E_MEMBER_EXISTS] = { 409, NULL, "The user is a member of the organization already." },
    [E_MEMBERS_MANY] = { 403, "insufficient_entitlement", "The organization has as many members as it may have." },
    [E_LAST_ADMIN] = { 409, NULL, "The organization needs an administrator." },
    [E_NO_INVITATION] = { 404, NULL, "The invitation does not exist." },
    [E_INVITED] = { 409, NULL, "The address is invited to the organization already." },
    [E_INVITATION_OVER] = { 409, NULL, "The invitation is not open any more." },
    [E_FORBIDDEN_COMBO] = { 400, "invalid_body", "%s" },
};

/* What a change says otherwise than a creation (5.3). */
static const ErrRow patch_errors[ERR_COUNT] = {
    [E_EMAIL_TAKEN] = { 400, "auth0_idp_error", "The specified new email already exists" },
    [E_PHONE_TAKEN] = { 400, "auth0_idp_error", "The specified new phone number already exists" },
    [E_USERNAME_TAKEN] = { 400, "auth0_idp_error", "The specified new username already exists" },
};

/* The Authentication API: `code` is `error`, `text` is `error_description`. */
static const ErrRow oauth_errors[ERR_COUNT] = {
    [E_BAD_CLIENT] = { 401, "access_denied", "Unauthorized" },
    [E_BAD_GRANT_TYPE] = { 400, "unsupported_grant_type", "Unsupported grant type: %s" },
    [E_BAD_AUDIENCE] = { 403, "access_denied", "Service not found: %s" },
    [E_SCOPE] = { 403, "access_denied", "Client has not been granted scopes: %s" },
    [E_BAD_TYPE] = { 400, "invalid_request", "%s" },
    [E_MISSING] = { 400, "invalid_request", "Missing required parameter: %s" },
    [E_BAD_VALUE] = { 400, "invalid_request", "%s" },
    [E_BAD_JSON] = { 400, "invalid_request", "Invalid request payload JSON format" },
    [E_BAD_REQUEST] = { 400, "invalid_request", "The request cannot be read" },
    [E_MEDIA_TYPE] = { 415, "invalid_request", "Unsupported Media Type" },
    [E_TOO_LARGE] = { 413, "invalid_request", "Payload content length greater than maximum allowed: 1048576" },
    [E_RATE_LIMIT] = { 429, "too_many_requests", "Global limit has been reached" },
    [E_BAD_SIGN_IN] = { 403, "invalid_grant", "Wrong email or password." },
    [E_BANNED] = { 403, "unauthorized", "user is blocked" },
    [E_WEAK_PASSWORD] = { 403, "password_leaked", "This login has been blocked because your password has been leaked in another website." },
    [E_LOCKED] = { 429, "too_many_attempts",
                   "Your account has been blocked after multiple consecutive login attempts. We've sent you a notification via your preferred contact method "
                   "with instructions on how to unblock it." },
    [E_PROVIDER_OFF] = { 403, "unauthorized", "Connection is disabled." },
    [E_NO_REFRESH_TOKEN] = { 403, "invalid_grant", "Unknown or invalid refresh token." },
    [E_REFRESH_REUSED] = { 403, "invalid_grant", "Unknown or invalid refresh token." },
    [E_SESSION_GONE] = { 403, "invalid_grant", "Unknown or invalid refresh token." },
    [E_SESSION_EXPIRED] = { 403, "invalid_grant", "Unknown or invalid refresh token." },
    [E_NO_CREDENTIAL] = { 401, "invalid_token", "Missing authentication" },
    [E_BAD_CREDENTIAL] = { 401, "invalid_token", "Unauthorized" },
    [E_EXPIRED_CREDENTIAL] = { 401, "invalid_token", "Unauthorized" },
    [E_WRONG_CODE] = { 403, "invalid_grant", "Invalid otp_code." },
    [E_NO_FACTOR] = { 403, "invalid_grant", "The user is not enrolled." },
    [E_NO_CHALLENGE] = { 403, "invalid_grant", "Invalid oob_code." },
    [E_CHALLENGE_USED] = { 403, "invalid_grant", "Invalid oob_code." },
    [E_CHALLENGE_OVER] = { 403, "expired_token", "oob_code is expired." },
    [E_FACTOR_OFF] = { 403, "unsupported_challenge_type", "User does not have any of the requested challenge types." },
    [E_FACTOR_EXISTS] = { 403, "access_denied", "User is already enrolled." },
    [E_FACTORS_MANY] = { 403, "access_denied", "User has as many authenticators as it may have." },
    [E_MFA_REQUIRED] = { 403, "mfa_required", "Multifactor authentication required" },
    [E_BAD_PHONE] = { 400, "invalid_request", "phone_number is not a phone number" },
    [E_SMS_LIMIT] = { 429, "too_many_requests", "You have exceeded the number of text messages. Please wait before asking for another one." },
    [E_SMS_FAILED] = { 503, "temporarily_unavailable", "The text message could not be sent." },
    [E_PWNED_UNKNOWN] = { 503, "temporarily_unavailable", "The password could not be checked." },
    [E_NO_USER] = { 403, "invalid_grant", "Malformed mfa_token" },
    [E_BUSY] = { 503, "temporarily_unavailable", "The server is busy, please retry after a moment" },
};

/* HTTP's reasons, as the envelope names them. */
static const struct {
    int status;
    const char *text;
} reasons[] = {
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 409, "Conflict" },
    { 413, "Request Entity Too Large" },
    { 414, "Request-URI Too Large" },
    { 415, "Unsupported Media Type" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 503, "Service Unavailable" },
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < COUNTOF(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Internal Server Error";
}

typedef struct Body {
    int64_t status;
    const char *reason, *message, *attributes, *code;
} Body;

static const Field body_fields[] = {
    INT(Body, status, "statusCode"),
    TEXT(Body, reason, "error"),
    TEXT(Body, message, "message"),
    JSON(Body, attributes, "attributes", .flags = OMIT_NULL),
    TEXT(Body, code, "errorCode", .flags = OMIT_NULL),
    END(Body),
};
static const Field scope_fields[] = { INT(Body, status, "statusCode"), TEXT(Body, code, "error"), TEXT(Body, message, "error_description"),
                                      END(Body) };
static const Field oauth_fields[] = { TEXT(Body, code, "error"), TEXT(Body, message, "error_description"), END(Body) };

Err auth0_refuse(Ctx *ctx, Err err, const char *code, const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    IGNORE(fail(ctx, err, NOWHERE, "%s", line));
    ctx->fault.name = str_of(code == NULL ? "" : code);
    return err;
}

Err auth0_say(Ctx *ctx, int status, const char *code, const char *message)
{
    ErrRow *row = ARENA_NEW(ctx->arena, ErrRow);

    *row = (ErrRow){ .status = status, .code = code, .text = message };
    IGNORE(fail(ctx, E_FORBIDDEN_COMBO, NOWHERE, NULL));
    ctx->fault.own = row;
    return E_FORBIDDEN_COMBO;
}

static bool is_oauth(const Ctx *ctx)
{
    const Route *route = ctx_call(ctx)->route;

    return route != NULL &&
           (route->fn == auth0_token_grant || route->fn == auth0_revoke || route->fn == auth0_userinfo || route->fn == auth0_mfa_challenge ||
            route->fn == auth0_mfa_authenticators || route->fn == auth0_mfa_associate || route->fn == auth0_mfa_authenticator_delete);
}

/* A file of users has a limit of its own. */
static const ErrRow *import_too_large(const Ctx *ctx)
{
    ErrRow *row = ARENA_NEW(ctx->arena, ErrRow);

    *row = auth0_errors[E_TOO_LARGE];
    row->text = arena_printf(ctx->arena, "Payload content length greater than maximum allowed: %lld.",
                             (long long)((const Auth0Settings *)ctx_settings(ctx))->import_bytes);
    return row;
}

static const ErrRow *row_of(const Ctx *ctx, Err err)
{
    const Route *route = ctx_call(ctx)->route;

    if (ctx->fault.own != NULL && ctx->fault.err == err)
        return ctx->fault.own;
    if (is_oauth(ctx) && oauth_errors[err].status != 0)
        return &oauth_errors[err];
    if (err == E_TOO_LARGE && route != NULL && route->fn == auth0_users_import)
        return import_too_large(ctx);
    return route != NULL && route->method == PATCH && patch_errors[err].status != 0 ? &patch_errors[err] : &auth0_errors[err];
}

static const char *sentence(Ctx *ctx, const ErrRow *row)
{
    const char *hole = strstr(row->text, "%s");

    if (hole == NULL)
        return row->text;
    return arena_printf(ctx->arena, "%.*s%s%s", (int)(hole - row->text), row->text, ctx->fault.text == NULL ? "" : ctx->fault.text, hole + 2);
}

/* The errorCode that auth0_refuse() gave counts before the row's. */
static const char *code_of(Ctx *ctx, const ErrRow *row, Err err)
{
    const Str name = ctx->fault.name;

    if (row == ctx->fault.own)
        return row->code;
    if (is_oauth(ctx) && name.p == NULL)
        return oauth_errors[err].status != 0 ? row->code : row->status < 500 ? "invalid_request" : "server_error";
    if (name.p == NULL || (err != E_BAD_VALUE && err != E_FORBIDDEN_COMBO && err != E_NO_CREDENTIAL && err != E_SCOPE))
        return row->code;
    return name.n == 0 ? NULL : str_dup(ctx->arena, name);
}

/* Faults of the credential repeat their sentence in `attributes`. */
static const char *attributes(Ctx *ctx, Err err, const char *message)
{
    if (err != E_BAD_CREDENTIAL && err != E_EXPIRED_CREDENTIAL)
        return NULL;
    return arena_printf(ctx->arena, "{\"error\":%s}", json_quote(ctx->arena, message));
}

/* RFC 6749's two members, but for the one error that has a third. */
static const Field *fields_of(const Ctx *ctx, const Body *body)
{
    return !is_oauth(ctx) ? body_fields : text_eq(body->code, "invalid_scope") ? scope_fields : oauth_fields;
}

void auth0_write_error(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    const ErrRow *row = row_of(ctx, err);
    const bool malformed = err == E_NO_CREDENTIAL && ctx->fault.text != NULL; /* a header is there, but not of the form */
    const char *message = malformed ? ctx->fault.text : sentence(ctx, row);
    const Body body = { .status = malformed ? 400 : row->status,
                        .reason = reason_of(malformed ? 400 : row->status),
                        .message = message,
                        .attributes = attributes(ctx, err, message),
                        .code = code_of(ctx, row, err) };

    (void)req;
    reply->status = (int)body.status;
    if (reply->status == 401)
        reply_header(reply, "WWW-Authenticate", is_oauth(ctx) ? "Basic" : "Bearer");
    if (err == E_RATE_LIMIT && ctx_call(ctx)->allowance.most > 0)
        reply_header(reply, "Retry-After", text_int(reply->arena, ctx_call(ctx)->allowance.next));
    else if (reply->status == 503 || reply->status == 429)
        reply_retry_after(ctx, reply);
    reply_header(reply, "Content-Type", AUTH0_JSON);
    json_write(&reply->body, fields_of(ctx, &body), &body, JSON_PLAIN);
}

/* An address's of the Authentication API; the Management API has no limit, and says so in the same headers. */
static Allowance allowance_of(const Ctx *ctx)
{
    const Call *call = ctx_call(ctx);

    return str_starts(call->path, STR("/api/v2/")) ? (Allowance){ .most = 1000, .left = 999, .next = 1 } : call->allowance;
}

/* Answers about users and tokens are nobody else's to keep. */
void auth0_finish(Ctx *ctx, const Req *req, Reply *reply)
{
    const Allowance allowance = allowance_of(ctx);

    (void)req;
    if (str_starts(ctx_call(ctx)->path, STR("/.well-known/")))
        return;
    reply_header(reply, "Cache-Control", "no-store");
    if (allowance.most == 0)
        return;
    reply_header(reply, "X-RateLimit-Limit", text_int(reply->arena, allowance.most));
    reply_header(reply, "X-RateLimit-Remaining", text_int(reply->arena, allowance.left));
    reply_header(reply, "X-RateLimit-Reset", text_int(reply->arena, ctx->now / US_PER_S + allowance.next));
}
