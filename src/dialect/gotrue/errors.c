/* errors.c: how GoTrue says each error (spec/gotrue.md 0.4), its CORS and its headers. */
#include "dialect/gotrue/internal.h"

#include "base/clock.h"
#include "base/id.h"

/* Texts with %s take what fail() said; others give way to it. */
const ErrRow gotrue_errors[ERR_COUNT] = {
    [OK] = { 200, "", "" },
    [E_INTERNAL] = { 500, "unexpected_failure", "Unexpected failure, please check server logs for more information" },
    [E_NOMEM] = { 500, "unexpected_failure", "Unexpected failure, please check server logs for more information" },
    [E_DB] = { 500, "unexpected_failure", "Unexpected failure, please check server logs for more information" },
    [E_DB_RETRY] = { 409, "conflict", "Too many concurrent requests, please try again" },
    [E_DB_LOST] = { 503, "unexpected_failure", "The database cannot be reached, please retry after a moment" },
    [E_NO_ROW] = { 404, "user_not_found", "User not found" },
    [E_BUSY] = { 503, "over_request_rate_limit", "The server is busy, please retry after a moment" },
    [E_TIMEOUT] = { 504, "request_timeout", "Processing this request timed out, please retry after a moment." },
    [E_SHUTDOWN] = { 503, "unexpected_failure", "The server is shutting down, please retry after a moment" },
    [E_IO] = { 500, "unexpected_failure", "Unexpected failure, please check server logs for more information" },
    [E_CONFIG] = { 500, "unexpected_failure", "Unexpected failure, please check server logs for more information" },
    [E_BAD_REQUEST] = { 400, "validation_failed", "The request cannot be read" },
    [E_TOO_LARGE] = { 413, "request_entity_too_large", "Request body too large (max 1048576 bytes)" },
    [E_URI_TOO_LONG] = { 414, "validation_failed", "The request target is too long" },
    [E_HEADERS_TOO_LARGE] = { 431, "validation_failed", "The request header is too large" },
    [E_MEDIA_TYPE] = { 415, "validation_failed", "Unsupported media type" },
    [E_BAD_JSON] = { 400, "bad_json", "Could not parse request body as JSON: %s" },
    [E_BAD_TYPE] = { 400, "bad_json", "Could not parse request body as JSON: %s" },
    [E_UNKNOWN_FIELD] = { 400, "validation_failed", "Unknown parameter" },
    [E_MISSING] = { 400, "validation_failed", "A required value is missing" },
    [E_BAD_VALUE] = { 400, "validation_failed", "A value is not allowed" },
    [E_TOO_LONG] = { 400, "validation_failed", "A value is too long" },
    [E_BAD_PAGE] = { 400, "validation_failed", "Bad Pagination Parameters: %s" },
    [E_NO_ROUTE] = { 404, "", "404 page not found" },
    [E_NO_METHOD] = { 405, "", "" },
    [E_FEATURE_OFF] = { 404, "feature_disabled", "This feature is disabled" },
    [E_BAD_VERSION] = { 400, "validation_failed", "Unknown API version" },
    [E_RATE_LIMIT] = { 429, "over_request_rate_limit", "Request rate limit reached" },
    [E_NO_CREDENTIAL] = { 401, "no_authorization", "This endpoint requires a valid Bearer token" },
    [E_BAD_CREDENTIAL] = { 403, "bad_jwt", "invalid JWT: unable to parse or verify signature, %s" },
    [E_EXPIRED_CREDENTIAL] = { 403, "bad_jwt", "invalid JWT: unable to parse or verify signature, token has invalid claims: token is expired" },
    [E_BAD_AUDIENCE] = { 400, "validation_failed", "Token audience doesn't match request audience" },
    [E_NOT_ADMIN] = { 403, "not_admin", "User not allowed" },
    [E_SCOPE] = { 403, "not_admin", "User not allowed" },
    [E_NO_SUBJECT] = { 403, "bad_jwt", "invalid claim: missing sub claim" },
    [E_SUBJECT_GONE] = { 403, "user_not_found", "User from sub claim in JWT does not exist" },
    [E_SESSION_GONE] = { 403, "session_not_found", "Session from session_id claim in JWT does not exist" },
    [E_SESSION_EXPIRED] = { 403, "session_expired", "Session is no longer valid" },
    [E_BAD_CLIENT] = { 403, "not_admin", "User not allowed" },
    [E_BAD_GRANT_TYPE] = { 400, "invalid_credentials", "unsupported_grant_type" },
    [E_NO_IDENTIFIER] = { 400, "validation_failed", "Cannot create a user without either an email or phone" },
    [E_BAD_EMAIL] = { 400, "validation_failed", "Unable to validate email address: invalid format" },
    [E_BAD_PHONE] = { 400, "validation_failed", "Invalid phone number format (E.164 required)" },
    [E_BAD_WALLET] = { 400, "validation_failed", "The wallet address is not valid" },
    [E_BAD_USERNAME] = { 400, "validation_failed", "The user name is not valid" },
    [E_BAD_ID] = { 400, "validation_failed", "ID must conform to the uuid v4 format" },
    [E_EMAIL_TAKEN] = { 422, "email_exists", "A user with this email address has already been registered" },
    [E_PHONE_TAKEN] = { 422, "phone_exists", "Phone number already registered by another user" },
    [E_WALLET_TAKEN] = { 422, "conflict", "The wallet is taken" },
    [E_USER_EXISTS] = { 422, "user_already_exists", "User already registered" },
    [E_USERNAME_TAKEN] = { 422, "conflict", "The user name is taken" },
    [E_EXTERNAL_ID_TAKEN] = { 422, "conflict", "The external id is taken" },
    [E_ID_TAKEN] = { 422, "conflict", "The id is taken" },
    [E_CONFLICT] = { 409, "conflict", "Too many concurrent requests, please try again" },
    [E_NO_USER] = { 404, "user_not_found", "User not found" },
    [E_NO_CONNECTION] = { 400, "validation_failed", "A value is not allowed" },
    [E_NOT_THIS_USER] = { 404, "user_not_found", "User not found" },
    [E_NOT_LISTED] = { 400, "email_address_not_authorized", "This address cannot be used as it is not authorized" },
    [E_UNVERIFIED] = { 400, "validation_failed", "The address is not confirmed" },
    [E_WEAK_PASSWORD] = { 422, "weak_password", "Password is too weak" },
    [E_PWNED_UNKNOWN] = { 500, "unexpected_failure", "Unable to perform password strength check with HaveIBeenPwned.org." },
    [E_LONG_PASSWORD] = { 400, "validation_failed", "Password cannot be longer than 72 characters" },
    [E_BAD_HASH] = { 400, "validation_failed", "The password hash is not valid" },
    [E_WRONG_PASSWORD] = { 400, "invalid_credentials", "Invalid login credentials" },
    [E_NO_PASSWORD] = { 400, "invalid_credentials", "Invalid login credentials" },
    [E_FOREIGN_PASSWORD] = { 400, "invalid_credentials", "Invalid login credentials" },
    [E_BAD_SIGN_IN] = { 400, "invalid_credentials", "Invalid login credentials" },
    [E_BANNED] = { 403, "user_banned", "User is banned" },
    [E_LOCKED] = { 403, "user_banned", "User is banned" },
    [E_EMAIL_UNCONFIRMED] = { 400, "email_not_confirmed", "Email not confirmed" },
    [E_PHONE_UNCONFIRMED] = { 400, "phone_not_confirmed", "Phone not confirmed" },
    [E_PROVIDER_OFF] = { 422, "email_provider_disabled", "Email logins are disabled" },
    [E_NO_REFRESH_TOKEN] = { 400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found" },
    [E_REFRESH_REUSED] = { 400, "refresh_token_already_used", "Invalid Refresh Token: Already Used" },
    [E_MAIL_FORBIDDEN] = { 400, "email_address_not_authorized", "Email address \"%s\" cannot be used as it is not authorized" },
    [E_MAIL_LIMIT] = { 429, "over_email_send_rate_limit", "email rate limit exceeded" },
    [E_SMS_LIMIT] = { 429, "over_sms_send_rate_limit", "SMS rate limit exceeded" },
    [E_HOOK] = { 500, "unexpected_failure", "Service currently unavailable due to hook" },
    [E_SMS_FAILED] = { 500, "unexpected_failure", "Unable to get SMS provider" },
    [E_LINK_INVALID] = { 403, "otp_expired", "Email link is invalid or has expired" },
    [E_CODE_INVALID] = { 403, "otp_expired", "Token has expired or is invalid" },
    [E_NO_FLOW] = { 404, "flow_state_not_found", "invalid flow state, no valid flow state found" },
    [E_FLOW_EXPIRED] = { 422, "flow_state_expired", "invalid flow state, flow state has expired" },
    [E_BAD_VERIFIER] = { 400, "bad_code_verifier", "code challenge does not match previously saved code verifier" },
    [E_REAUTH_NEEDED] = { 400, "reauthentication_needed", "Password update requires reauthentication" },
    [E_REAUTH_WRONG] = { 422, "reauthentication_not_valid", "Nonce has expired or is invalid" },
    [E_CURRENT_MISSING] = { 400, "current_password_required", "Current password required when setting new password." },
    [E_CURRENT_WRONG] = { 400, "current_password_invalid", "Current password required when setting new password." },
    [E_SAME_PASSWORD] = { 422, "same_password", "New password should be different from the old password." },
    [E_SSO_MANAGED] = { 422, "user_sso_managed", "Updating email, phone, password of a SSO account only possible via SSO" },
    [E_ANONYMOUS] = { 422, "validation_failed", "Updating password of an anonymous user without an email or phone is not allowed" },
    [E_MFA_REQUIRED] = { 401, "insufficient_aal", "AAL2 session is required" },
    [E_HOOK_REJECTED] = { 403, "mfa_verification_rejected", "Further MFA verification attempts will be rejected." },
    [E_FACTOR_OFF] = { 422, "mfa_totp_enroll_not_enabled", "MFA enroll is disabled for TOTP" },
    [E_NO_FACTOR] = { 404, "mfa_factor_not_found", "Factor not found" },
    [E_FACTOR_NAME_TAKEN] = { 422, "mfa_factor_name_conflict", "A factor with the friendly name \"%s\" for this user already exists" },
    [E_FACTOR_EXISTS] = { 422, "mfa_verified_factor_exists", "A verified phone factor already exists, unenroll the existing factor to continue" },
    [E_FACTORS_MANY] = { 422, "too_many_enrolled_mfa_factors", "Maximum number of verified factors reached, unenroll to continue" },
    [E_NO_CHALLENGE] = { 422, "mfa_factor_not_found", "MFA factor with the provided challenge ID not found" },
    [E_CHALLENGE_USED] = { 422, "mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch." },
    [E_CHALLENGE_OVER] = { 422, "mfa_challenge_expired",
                           "MFA challenge %s has expired, verify against another challenge or create a new challenge." },
    [E_WRONG_CODE] = { 422, "mfa_verification_failed", "Invalid TOTP code entered" },
    [E_NO_ORGANIZATION] = { 404, "validation_failed", "Organization not found" },
    [E_SLUG_TAKEN] = { 422, "conflict", "An organization with this slug exists already" },
    [E_NO_MEMBER] = { 404, "validation_failed", "Membership not found" },
    [E_MEMBER_EXISTS] = { 422, "conflict", "The user is a member already" },
    [E_MEMBERS_MANY] = { 422, "conflict", "The organization has as many members as may be" },
    [E_LAST_ADMIN] = { 422, "conflict", "The organization needs an administrator" },
    [E_NO_INVITATION] = { 404, "validation_failed", "Invitation not found" },
    [E_INVITED] = { 422, "conflict", "The address is invited already" },
    [E_INVITATION_OVER] = { 422, "conflict", "The invitation is not open any more" },
    [E_FORBIDDEN_COMBO] = { 400, "validation_failed", "These changes cannot be made together" },
};

/* What POST /token says otherwise: it speaks of the grant, not of the bearer. */
static const ErrRow token_errors[ERR_COUNT] = {
    [E_BANNED] = { 400, "user_banned", "User is banned" },
    [E_LOCKED] = { 400, "user_banned", "User is banned" },
    [E_SESSION_GONE] = { 400, "session_not_found", "Invalid Refresh Token: No Valid Session Found" },
    [E_SESSION_EXPIRED] = { 400, "session_expired", "Invalid Refresh Token: Session Expired" },
};

/* /magiclink has words of its own for a body that it cannot read. */
static const ErrRow magiclink_errors[ERR_COUNT] = {
    [E_BAD_JSON] = { 400, "bad_json", "Could not read verification params: %s" },
    [E_BAD_TYPE] = { 400, "bad_json", "Could not read verification params: %s" },
    [E_TOO_LARGE] = { 400, "bad_json", "Could not read verification params: http: request body too large" },
};

typedef struct Body {
    int64_t status;
    const char *code, *text, *id;
    const char *weak;
} Body;

/* The two shapes (spec 0.4): before and since 2024-01-01. */
static const Field body_initial[] = {
    INT(Body, status, "code"),
    TEXT(Body, code, "error_code"),
    TEXT(Body, text, "msg"),
    JSON(Body, weak, "weak_password", .flags = OMIT_NULL),
    TEXT(Body, id, "error_id", .flags = OMIT_NULL),
    END(Body),
};
static const Field body_2024[] = {
    TEXT(Body, code, "code"),
    TEXT(Body, text, "message"),
    JSON(Body, weak, "weak_password", .flags = OMIT_NULL),
    END(Body),
};

/* Is the request's version 2024-01-01 or later? What is no day of the calendar counts as none. */
static bool wants_2024(const Req *req)
{
    const Str version = req_header(req, "x-supabase-api-version");
    char text[] = "2024-01-01T00:00:00Z";
    int64_t day;

    if (version.n != 10 || memcmp(version.p, text, 10) < 0)
        return false;
    memcpy(text, version.p, 10);
    return time_read((Str){ text, sizeof text - 1 }, &day);
}

/* A hook says itself what is answered: its status, and no code of ours. */
static const ErrRow *hook_row(Ctx *ctx)
{
    ErrRow *row = ARENA_NEW(ctx->arena, ErrRow);

    *row = (ErrRow){ ctx->fault.status, ctx->fault.status == 500 ? "unexpected_failure" : "unknown", "%s", NULL };
    return row;
}

static const ErrRow *row_of(Ctx *ctx, Err err)
{
    const Route *route = ctx_call(ctx)->route;

    if (ctx->fault.own != NULL)
        return ctx->fault.own;
    if (err == E_HOOK)
        return hook_row(ctx);
    if (route != NULL && route->fn == gotrue_token && token_errors[err].status != 0)
        return &token_errors[err];
    return route != NULL && route->fn == gotrue_magiclink && magiclink_errors[err].status != 0 ? &magiclink_errors[err] : &gotrue_errors[err];
}

static const char *sentence(Ctx *ctx, const ErrRow *row)
{
    const char *hole = strstr(row->text, "%s"), *text = ctx->fault.text;

    if (hole == NULL)
        return text == NULL ? row->text : text;
    return arena_printf(ctx->arena, "%.*s%s%s", (int)(hole - row->text), row->text, text == NULL ? "" : text, hole + 2);
}

static const char *weak_doc(Ctx *ctx)
{
    Buf buf = buf_in(ctx->arena, 4096);
    char *text = "{}";

    buf_puts(&buf, "{\"reasons\":[");
    for (size_t i = 0; i < ctx->fault.reasons.n; i++)
        buf_printf(&buf, "%s\"%s\"", i == 0 ? "" : ",", (const char *)ctx->fault.reasons.v[i]);
    buf_puts(&buf, "]}");
    IGNORE(buf_text(&buf, &text)); /* two reasons at the most */
    return text;
}

bool gotrue_wants_json(const Req *req)
{
    return str_starts(req_header(req, "x-client-info"), STR("supabase-fetch-elixir/"));
}

GotrueFault gotrue_fault(Ctx *ctx, Err err)
{
    const ErrRow *row = row_of(ctx, err);

    return (GotrueFault){ .status = row->status,
                          .text = sentence(ctx, row),
                          .code = ctx->fault.name.p != NULL && err != E_BAD_JSON ? str_dup(ctx->arena, ctx->fault.name)
                                  : row->code == NULL                            ? row->status == 500 ? "unexpected_failure" : "unknown"
                                                                                 : row->code };
}

void gotrue_write_fault(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    const GotrueFault fault = gotrue_fault(ctx, err);
    const Body body = { .status = fault.status,
                        .code = fault.code,
                        .text = fault.text,
                        .id = fault.status >= 500 ? ctx->request_id : NULL,
                        .weak = err == E_WEAK_PASSWORD ? weak_doc(ctx) : NULL };

    json_write(&reply->body, wants_2024(req) ? body_2024 : body_initial, &body, JSON_HTML);
}

static void name_version(const Req *req, Reply *reply)
{
    if (wants_2024(req))
        reply_header(reply, "X-Supabase-Api-Version", "2024-01-01");
}

void gotrue_write_error(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    const ErrRow *row = row_of(ctx, err);
    const bool new = wants_2024(req);

    reply->status = row->status;
    if (err == E_NO_METHOD)
        reply_allow(ctx, reply);
    if ((err == E_NO_METHOD || err == E_NO_ROUTE) && gotrue_wants_json(req)) {
        IGNORE(reply_text(ctx, reply, row->status, "application/json", STR("{}"))); /* cannot fail */
        return;
    }
    if (err == E_NO_METHOD)
        return;
    if (err == E_NO_ROUTE) {
        reply_header(reply, "X-Content-Type-Options", "nosniff");
        IGNORE(reply_text(ctx, reply, 404, "text/plain; charset=utf-8", STR("404 page not found\n"))); /* cannot fail */
        return;
    }
    if (err == E_BUSY)
        reply_retry_after(ctx, reply);
    if (!(new &&err == E_WEAK_PASSWORD) && row->code != NULL && !(err == E_HOOK && ctx->fault.name.p == NULL))
        reply_header(reply, "x-sb-error-code", gotrue_fault(ctx, err).code);
    name_version(req, reply);
    reply_header(reply, "Content-Type", "application/json");
    gotrue_write_fault(ctx, req, reply, err);
}

Err gotrue_oauth_error(Ctx *ctx, const Req *req, Reply *reply, const char *error, const char *text)
{
    name_version(req, reply);
    return reply_text(
        ctx, reply, 400, "application/json",
        str_of(arena_printf(ctx->arena, "{\"error\":%s,\"error_description\":%s}", json_quote(ctx->arena, error), json_quote(ctx->arena, text))));
}

bool gotrue_is_form(const Req *req)
{
    const Str type = req_header(req, "content-type"), form = STR("application/x-www-form-urlencoded");

    return type.n >= form.n && str_eq_nocase((Str){ type.p, form.n }, form);
}

Err gotrue_read_as(Ctx *ctx, const Req *req, unsigned mode, const Field *fields, void *in)
{
    if (req->method != DELETE && gotrue_is_form(req))
        return fail(ctx, E_BAD_JSON, NOWHERE, "unexpected end of JSON input");
    return json_read(ctx, req->body, mode, fields, in);
}

Err gotrue_read(Ctx *ctx, const Req *req, unsigned mode, void *in)
{
    return gotrue_read_as(ctx, req, mode, ctx_call(ctx)->route->in, in);
}

/* ---- CORS (spec 0.3) ---- */

static bool method_allowed(Str method)
{
    static const Method all[] = { GET, POST, PUT, PATCH, DELETE };

    for (size_t i = 0; i < COUNTOF(all); i++)
        if (str_eq(method, str_of(method_name(all[i]))))
            return true;
    return false;
}

static bool header_allowed(const Ctx *ctx, Str name)
{
    static const char builtin[] =
        "accept,authorization,content-type,x-client-ip,x-client-info,x-jwt-aud,x-use-cookie,x-supabase-api-version,apikey,redirect_to";
    const GotrueSettings *settings = ctx_settings(ctx);
    Str lists[] = { STR(builtin), str_of(settings->cors_headers) };

    for (size_t i = 0; i < COUNTOF(lists); i++)
        while (lists[i].p != NULL)
            if (str_eq_nocase(str_trim(str_cut(&lists[i], ',')), name))
                return true;
    return false;
}

static bool headers_allowed(const Ctx *ctx, Str names)
{
    while (names.p != NULL && names.n > 0)
        if (!header_allowed(ctx, str_trim(str_cut(&names, ','))))
            return false;
    return true;
}

enum { MOST_ID = 200 };

/* As the operator's proxy names it, or by nothing if it does not. */
static void take_id(Ctx *ctx, const Req *req)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    Str id;

    if (text_empty(settings->request_id_header))
        return;
    id = req_header(req, text_lower(ctx->arena, settings->request_id_header));
    ctx->request_id = id.n == 0 ? NULL : str_dup(ctx->arena, (Str){ id.p, id.n < MOST_ID ? id.n : MOST_ID });
}

bool gotrue_intercept(Ctx *ctx, const Req *req, Reply *reply)
{
    const Str method = req_header(req, "access-control-request-method"), names = req_header(req, "access-control-request-headers");

    take_id(ctx, req);
    if (req->method != OPTIONS || method.n == 0)
        return false;
    reply->status = 204;
    reply_header(reply, "Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    if (req_header(req, "origin").n == 0 || !method_allowed(method) || !headers_allowed(ctx, names))
        return true;
    reply_header(reply, "Access-Control-Allow-Origin", "*");
    reply_header(reply, "Access-Control-Allow-Methods", str_dup(ctx->arena, method));
    if (names.n > 0)
        reply_header(reply, "Access-Control-Allow-Headers", str_dup(ctx->arena, names));
    reply_header(reply, "Access-Control-Allow-Credentials", "true");
    return true;
}

void gotrue_finish(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)ctx;
    reply_header(reply, "Vary", "Origin");
    if (req_header(req, "origin").n == 0 || !method_allowed(req->method_text))
        return;
    reply_header(reply, "Access-Control-Allow-Origin", "*");
    reply_header(reply, "Access-Control-Allow-Credentials", "true");
    reply_header(reply, "Access-Control-Expose-Headers", "X-Total-Count, Link, X-Supabase-Api-Version");
}
