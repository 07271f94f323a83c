/* errors.c: how Clerk says each error (spec/clerk.md 1.7, 1.8). In a sentence {param} is the member or parameter at fault, {type} its type, {text}
 * what fail() said, {id} the user id of the path, {size} the most bytes of a body. */
#include "base/id.h"
#include "dialect/clerk/internal.h"

static const char oops[] = "Oops, an unexpected error occurred";
static const char oops_long[] = "There was an internal error on our servers. We've been notified and are working on fixing it.";
static const char wrong_key[] = "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.";
static const char bad_body[] = "The request body is invalid. Please consult the API documentation for more information.";
static const char not_user[] = "Unable to authenticate the request, you need to supply an active session";

/* A detail that is NULL is the text again. */
const ErrRow clerk_errors[ERR_COUNT] = {
    [OK] = { 200, "", "", NULL },
    [E_INTERNAL] = { 500, "internal_clerk_error", oops, oops_long },
    [E_NOMEM] = { 500, "internal_clerk_error", oops, oops_long },
    [E_DB] = { 500, "internal_clerk_error", oops, oops_long },
    [E_DB_RETRY] = { 409, "resource_locked", "resource busy", "This resource is currently being modified by another request. Please try again." },
    [E_DB_LOST] = { 503, "service_unavailable", "Service unavailable", NULL },
    [E_NO_ROW] = { 404, "resource_not_found", "not found", "Resource not found" },
    [E_BUSY] = { 503, "service_unavailable", "Service unavailable", NULL },
    [E_TIMEOUT] = { 503, "service_unavailable", "Service unavailable", NULL },
    [E_SHUTDOWN] = { 503, "service_unavailable", "Service unavailable", NULL },
    [E_IO] = { 500, "internal_clerk_error", oops, oops_long },
    [E_CONFIG] = { 500, "internal_clerk_error", oops, oops_long },
    [E_BAD_REQUEST] = { 400, "malformed_request_parameters", "Malformed request parameters",
                        "The request parameters are malformed and could not be parsed" },
    [E_TOO_LARGE] = { 413, "request_body_too_large", "Request body too large", "The request body exceeds the maximum allowed size of {size} bytes." },
    [E_URI_TOO_LONG] = { 414, "malformed_request_parameters", "Malformed request parameters",
                         "The request parameters are malformed and could not be parsed" },
    [E_HEADERS_TOO_LARGE] = { 431, "malformed_request_parameters", "Malformed request parameters",
                              "The request parameters are malformed and could not be parsed" },
    [E_MEDIA_TYPE] = { 415, "unsupported_content_type", "Unsupported content type", "The content type of the request is not supported here." },
    [E_BAD_JSON] = { 400, "request_body_invalid", "Request body invalid", bad_body },
    [E_BAD_TYPE] = { 422, "form_param_type_invalid", "is invalid", "`{param}` must be a `{type}`." },
    [E_UNKNOWN_FIELD] = { 422, "form_param_unknown", "is unknown", "{param} is not a valid parameter for this request." },
    [E_MISSING] = { 422, "form_param_missing", "is missing", "{param} must be included." },
    [E_BAD_VALUE] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_TOO_LONG] = { 422, "form_param_max_length_exceeded", "exceeds maximum length", "{param} should not exceed {most} characters." },
    [E_BAD_PAGE] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_NO_ROUTE] = { 404, "resource_not_found", "not found", "Resource not found" },
    [E_NO_METHOD] = { 405, "method_not_allowed", "Method not allowed", NULL },
    [E_FEATURE_OFF] = { 403, "feature_not_enabled", "not enabled", "This feature is not enabled on this instance" },
    [E_BAD_VERSION] = { 400, "api_version_invalid", "invalid API version", "Invalid Clerk API version: {text}" },
    [E_RATE_LIMIT] = { 429, "too_many_requests", "Too many requests", "Too many requests, retry later" },
    [E_NO_CREDENTIAL] = { 401, "authorization_header_format_invalid", "Invalid Authorization header format",
                          "Invalid Authorization header format. Must be 'Bearer <YOUR_API_KEY>'" },
    [E_BAD_CREDENTIAL] = { 401, "clerk_key_invalid", wrong_key, NULL },
    [E_EXPIRED_CREDENTIAL] = { 401, "authentication_invalid", "Invalid authentication", not_user },
    [E_BAD_AUDIENCE] = { 401, "authentication_invalid", "Invalid authentication", not_user },
    [E_NOT_ADMIN] = { 403, "authorization_invalid", "Unauthorized request", "You are not authorized to perform this request" },
    [E_SCOPE] = { 403, "authorization_invalid", "Unauthorized request", "You are not authorized to perform this request" },
    [E_NO_SUBJECT] = { 401, "authentication_invalid", "Invalid authentication", not_user },
    [E_SUBJECT_GONE] = { 401, "authentication_invalid", "Invalid authentication", not_user },
    [E_SESSION_GONE] = { 401, "authentication_invalid", "Invalid authentication", not_user },
    [E_SESSION_EXPIRED] = { 401, "authentication_invalid", "Invalid authentication", not_user },
    [E_BAD_CLIENT] = { 401, "authentication_invalid", "Invalid authentication", not_user },
    [E_BAD_GRANT_TYPE] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_NO_IDENTIFIER] = { 422, "form_data_missing", "missing data",
                          "[\"email_address\" \"phone_number\" \"username\" \"web3_wallet\"] data doesn't match user requirements set for this instance" },
    [E_BAD_EMAIL] = { 422, "form_param_format_invalid", "is invalid", "{param} must be a valid email address." },
    [E_BAD_PHONE] = { 422, "form_param_format_invalid", "is invalid",
                      "{param} must be a valid phone number according to E.164 international standard." },
    [E_BAD_WALLET] = { 422, "form_param_format_invalid", "is invalid", "{param} must be a valid web3 wallet address." },
    [E_BAD_USERNAME] = { 422, "form_username_invalid_character", "Username can only contain letters, numbers and '_' or '-'.", NULL },
    [E_BAD_ID] = { 404, "resource_not_found", "not found", "Resource not found" },
    [E_EMAIL_TAKEN] = { 422, "form_identifier_exists", "That email address is taken. Please try another.", NULL },
    [E_PHONE_TAKEN] = { 422, "form_identifier_exists", "That phone number is taken. Please try another.", NULL },
    [E_WALLET_TAKEN] = { 422, "form_identifier_exists", "That web3 wallet is taken. Please try another.", NULL },
    [E_USER_EXISTS] = { 422, "form_identifier_exists", "That email address is taken. Please try another.", NULL },
    [E_USERNAME_TAKEN] = { 422, "form_identifier_exists", "That username is taken. Please try another.", NULL },
    [E_EXTERNAL_ID_TAKEN] = { 422, "form_identifier_exists", "That external id is taken. Please try another.", NULL },
    [E_ID_TAKEN] = { 409, "conflict", "Conflict", NULL },
    [E_CONFLICT] = { 409, "conflict", "Conflict", NULL },
    [E_NO_USER] = { 404, "resource_not_found", "not found", "No user was found with id {id}" },
    [E_NO_CONNECTION] = { 404, "resource_not_found", "not found", "Resource not found" },
    [E_NOT_THIS_USER] = { 422, "form_resource_not_found", "is missing", "The resource associated with the supplied {param} was not found." },
    [E_UNVERIFIED] = { 422, "form_verification_needed", "is unverified",
                       "This identification needs to be verified before you can perform this action." },
    [E_NOT_LISTED] = { 403, "not_allowed_access", "Access not allowed.", "{text} is not allowed to access this application." },
    [E_WEAK_PASSWORD] = { 422, "form_password_length_too_short", "Passwords must be 8 characters or more.", NULL },
    [E_PWNED_UNKNOWN] = { 503, "service_unavailable", "Service unavailable", NULL },
    [E_LONG_PASSWORD] = { 422, "form_password_size_in_bytes_exceeded", "Your password is too long. Please use a shorter one.", NULL },
    [E_BAD_HASH] = { 422, "form_password_digest_invalid_code", "Password digest is invalid.", "The password digest is not valid for its hasher." },
    [E_WRONG_PASSWORD] = { 422, "incorrect_password", "incorrect password", "The provided password is not the one the user has set" },
    [E_NO_PASSWORD] = { 400, "no_password_set", "no password set", "This user does not have a password set for their account" },
    [E_FOREIGN_PASSWORD] = { 422, "incorrect_password", "incorrect password",
                             "The password of this user is kept by another service, which this instance does not ask. Set a new password." },
    [E_BAD_SIGN_IN] = { 422, "incorrect_password", "incorrect password", "The provided password is not the one the user has set" },
    [E_BANNED] = { 403, "user_banned", "User banned", "You have been banned. If you think this was by mistake, please contact support." },
    [E_LOCKED] = { 403, "user_locked", "Account locked", "Your account is locked. You will be able to try again later." },
    [E_EMAIL_UNCONFIRMED] = { 422, "form_verification_needed", "is unverified",
                              "This identification needs to be verified before you can perform this action." },
    [E_PHONE_UNCONFIRMED] = { 422, "form_verification_needed", "is unverified",
                              "This identification needs to be verified before you can perform this action." },
    [E_PROVIDER_OFF] = { 403, "feature_not_enabled", "not enabled", "This feature is not enabled on this instance" },
    [E_NO_REFRESH_TOKEN] = { 401, "authentication_invalid", "Invalid authentication", not_user },
    [E_REFRESH_REUSED] = { 401, "authentication_invalid", "Invalid authentication", not_user },
    [E_MAIL_FORBIDDEN] = { 403, "not_allowed_access", "Access not allowed", "Mail may not go to this address" },
    [E_MAIL_LIMIT] = { 429, "too_many_requests", "Too many requests", "Too many requests, retry later" },
    [E_SMS_LIMIT] = { 429, "too_many_requests", "Too many requests", "Too many requests, retry later" },
    [E_HOOK] = { 500, "internal_clerk_error", oops, oops_long },
    [E_SMS_FAILED] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_LINK_INVALID] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_CODE_INVALID] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_NO_FLOW] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_FLOW_EXPIRED] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_BAD_VERIFIER] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_REAUTH_NEEDED] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_REAUTH_WRONG] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_CURRENT_MISSING] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_CURRENT_WRONG] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_SAME_PASSWORD] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_SSO_MANAGED] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_ANONYMOUS] = { 422, "form_param_value_invalid", "is invalid", "{param} is invalid." },
    [E_MFA_REQUIRED] = { 403, "authorization_invalid", "Unauthorized request", "You are not authorized to perform this request" },
    [E_HOOK_REJECTED] = { 403, "authorization_invalid", "Unauthorized request", "The request was refused" },
    [E_FACTOR_OFF] = { 403, "feature_not_enabled", "not enabled", "This feature is not enabled on this instance" },
    [E_NO_FACTOR] = { 404, "resource_not_found", "not found", "Resource not found" },
    [E_FACTOR_NAME_TAKEN] = { 422, "form_identifier_exists", "already exists", "This second factor exists already" },
    [E_FACTOR_EXISTS] = { 422, "form_identifier_exists", "already exists", "This second factor exists already" },
    [E_FACTORS_MANY] = { 422, "form_param_exceeds_allowed_size", "too many", "The user has too many second factors" },
    [E_NO_CHALLENGE] = { 422, "form_code_incorrect", "is incorrect", "Incorrect code" },
    [E_CHALLENGE_USED] = { 422, "form_code_incorrect", "is incorrect", "Incorrect code" },
    [E_CHALLENGE_OVER] = { 422, "form_code_incorrect", "is incorrect", "Incorrect code" },
    [E_WRONG_CODE] = { 422, "form_code_incorrect", "is incorrect", "Incorrect code" },
    [E_NO_ORGANIZATION] = { 404, "resource_not_found", "not found", "Given organization not found." },
    [E_SLUG_TAKEN] = { 422, "form_identifier_exists", "That slug is taken. Please try another.", NULL },
    [E_NO_MEMBER] = { 404, "resource_not_found", "not found", "Given user is not a member of the organization." },
    [E_MEMBER_EXISTS] = { 400, "already_a_member_in_organization", "already a member", "The user is already a member of the organization." },
    [E_MEMBERS_MANY] = { 403, "organization_membership_quota_exceeded", "membership quota exceeded",
                         "You have reached your limit of organization memberships, including outstanding invitations." },
    [E_LAST_ADMIN] = { 400, "organization_minimum_permissions_needed", "minimum permissions needed",
                       "There has to be at least one organization member with the minimum required permissions." },
    [E_NO_INVITATION] = { 404, "resource_not_found", "not found", "Given invitation not found." },
    [E_INVITED] = { 400, "organization_invitation_not_unique", "is invited already", "There is a pending invitation to this email address." },
    [E_INVITATION_OVER] = { 404, "organization_invitation_not_pending", "not pending", "Only pending invitations can be revoked." },
    [E_FORBIDDEN_COMBO] = { 422, "form_conditional_param_disallowed", "is not allowed", "{text}" },
};

const ErrRow clerk_says[SAYS] = {
    [SAY_BODY] = { 400, "request_body_invalid", "Request body invalid", bad_body },
    [SAY_NIL] = { 422, "form_param_nil", "Enter {param}.", NULL },
    [SAY_OBJECT] = { 422, "form_param_value_invalid", "is invalid", "{param} must be a valid JSON object." },
    [SAY_TIME] = { 422, "form_param_invalid_time", "invalid format",
                   "{param} must contain a datetime specified in RFC3339 format (e.g. `2022-10-20T10:00:27.645Z`)." },
    [SAY_DATE] = { 422, "form_param_invalid_date", "Date values must be given in Unix millisecond timestamp format.", NULL },
    [SAY_FUTURE] = { 422, "form_disallow_future_date", "Date values must not be in the future.", NULL },
    [SAY_TWICE] = { 422, "form_param_duplicate", "is duplicate", "{param} included multiple times. There should only be one." },
    [SAY_REPEATED] = { 422, "form_param_duplicate", "duplicate values", "{text} contains duplicate values" },
    [SAY_UNEVEN] = { 422, "form_param_array_length_mismatch", "length mismatch", "{param} must contain exactly one item for each item in {text}." },
    [SAY_MANY] = { 422, "form_param_array_size_exceeded", "exceeds maximum size", "{param} should not exceed {most} items." },
    [SAY_SIZE] = { 422, "form_param_exceeds_allowed_size", "The given {param} exceeds the maximum allowed size of 8192 bytes (8 KB).", NULL },
    [SAY_CHOICE] = { 422, "form_param_value_invalid", "is invalid", "{text}" },
    [SAY_ORDER] = { 422, "form_param_value_invalid", "is invalid", "{param} is only allowed with the order of created_at and without an offset." },
    [SAY_LIMIT_MOST] = { 422, "form_param_value_too_large", "Value too large", "The value of limit can't be greater than 500" },
    [SAY_LIMIT_LEAST] = { 422, "form_param_value_invalid", "is invalid", "The value of {param} can't be less than {text}" },
    [SAY_NEEDS] = { 422, "form_conditional_param_missing", "is missing", "{text}" },
    [SAY_NOT_WITH] = { 422, "form_conditional_param_disallowed", "is not allowed", "{text}" },
    [SAY_DIGEST] = { 422, "form_password_digest_invalid_code", "Password digest is invalid.", "{text}" },
    [SAY_LOCALE] = { 422, "form_param_format_invalid", "is invalid", "{param} must be a valid BCP-47 language tag." },
    [SAY_PASSWORD_CHARACTERS] = { 422, "form_password_length_too_long", "Passwords must be less than 72 characters.", NULL },
    [SAY_PASSWORD_IDENTIFIER] = { 422, "form_password_matches_identifier",
                                  "Password cannot match your email address, phone number or username. For account safety, please use a different password.",
                                  NULL },
    [SAY_PASSWORD_PWNED] = { 422, "form_password_pwned",
                             "Password has been found in an online data breach. For account safety, please use a different password.", NULL },
    [SAY_PASSWORD_SETS] = { 422, "form_password_not_strong_enough", "Given password is not strong enough.", NULL },
    [SAY_USERNAME_LENGTH] = { 422, "form_username_invalid_length", "Your username must be between 4 and 64 characters long.", NULL },
    [SAY_USERNAME_CHARACTER] = { 422, "form_username_invalid_character", "Username can only contain letters, numbers and '_' or '-'.", NULL },
    [SAY_USERNAME_NUMBER] = { 422, "form_username_needs_non_number_char", "Username must contain one non-number character.", NULL },
    [SAY_USERNAME_PHONE] = { 422, "form_username_cannot_be_phone_number", "Username cannot be a phone number.",
                             "{param} cannot be a phone number. Please choose a different username." },
    [SAY_LAST_IDENTIFIER] = { 400, "identification_deletion_failed", "Deletion failed", "You cannot delete your last identification." },
    [SAY_BULK] = { 400, "bulk_size_exceeded", "bulk size exceeded", "Parameters exceed the maximum allowed bulk processing size of {text}." },
    [SAY_NO_PART] = { 404, "resource_not_found", "Resource not found", NULL },
    [SAY_NO_ACCOUNT] = { 404, "external_account_not_found", "Invalid external account", "The External Account was not found." },
    [SAY_NO_PASSKEY] = { 404, "passkey_not_registered", "not registered", "Passkey is not registered." },
    [SAY_NO_PROVIDER] = { 400, "oauth_unsupported_provider", "Unsupported OAuth provider",
                          "{text} OAuth is not supported. Please contact us if you think this error should not appear." },
    [SAY_NO_REFRESH] = { 422, "oauth_missing_refresh_token", "Cannot refresh OAuth access token",
                         "The current access token has expired and we cannot refresh it, because the authorization server hasn't provided us with a "
                         "refresh token" },
    [SAY_NO_RENEWAL] = { 400, "oauth_token_retrieval_error", "Token retrieval failed",
                         "Failed to retrieve a new access token from the OAuth provider" },
    [SAY_RECORDED] = { 400, "duplicate_record", "Duplicate record", "the identifier {text} already exists" },
    [SAY_NO_TOKEN] = { 422, "oauth_missing_access_token", "Missing OAuth access token", "OAuth access token is missing" },
    [SAY_LINKED] = { 400, "delete_linked_identification_disallowed", "Deleting a linked email address is not allowed",
                     "This email address is linked to one or more Connected Accounts. Remove the Connected Account before deleting this email address." },
    [SAY_FACTOR_NEW] = { 400, "identification_create_second_factor_unverified", "is unverified",
                         "A phone number must be verified before it can be reserved for a second factor." },
    [SAY_FACTOR_OLD] = { 400, "identification_update_second_factor_unverified", "is unverified",
                         "A phone number must be verified before it can be reserved for a second factor." },
    [SAY_NO_SESSION] = { 404, "resource_not_found", "Session not found", "No session was found with id {text}" },
    [SAY_NO_TEMPLATE] = { 404, "resource_not_found", "JWT template not found", "No JWT template exists with name {text}" },
    [SAY_NO_TEMPLATE_ID] = { 404, "resource_not_found", "JWT template not found", "No JWT template exists with id {text}" },
    [SAY_RESERVED] = { 400, "jwt_template_reserved_claim", "Reserved claim used", "You can't use the reserved claim: `{text}`" },
    [SAY_TEMPLATE_NAME] = { 422, "form_param_format_invalid", "is invalid", "{param} can only contain letters, numbers and '_' or '-'." },
    [SAY_SIGNING_KEY] = { 422, "form_param_format_invalid", "is invalid", "{param} must be a private key of the signing algorithm." },
    [SAY_TOKEN_LARGE] = { 422, "form_param_exceeds_allowed_size", "The token exceeds the maximum allowed size of 64 KB.", NULL },
    [SAY_NO_REFRESH_TOKEN] = { 401, "session_refresh_refresh_token_invalid", "Invalid refresh token",
                               "The refresh token is not one of this session." },
    [SAY_LIFE_MOST] = { 422, "form_param_value_too_large", "Value too large", "The value of {param} can't be greater than {text}" },
    [SAY_NOT_PENDING] = { 400, "sign_in_token_cannot_be_revoked_code", "Sign in token cannot be revoked",
                          "Only pending sign in tokens can be revoked." },
    [SAY_ACTOR_NOT_PENDING] = { 400, "actor_token_cannot_be_revoked_code", "Actor token cannot be revoked",
                                "Only pending actor tokens can be revoked." },
    [SAY_ACTOR] = { 422, "form_param_value_invalid", "is invalid", "{param} must name who acts by a text `sub`." },
    [SAY_TOTP_OFF] = { 400, "totp_disabled", "TOTP is disabled", "This user does not have TOTP enabled in their account" },
    [SAY_TOTP_WRONG] = { 422, "totp_incorrect_code", "incorrect TOTP", "The provided TOTP code is incorrect" },
    [SAY_TOTP_LENGTH] = { 422, "totp_invalid_length", "invalid length", "The provided TOTP code must be 6 characters long." },
    [SAY_TOTP_SECRET] = { 422, "invalid_totp_secret_code", "invalid TOTP secret",
                          "The TOTP secret is invalid, please provide a valid one base32 encoded" },
    [SAY_IMAGE_MISSING] = { 400, "form_param_missing", "Image file missing", "There was no image file present in the request" },
    [SAY_IMAGE_BAD] = { 400, "request_body_invalid", "Image decode error",
                        "The image could not be decoded. Please ensure the image is valid and try again." },
    [SAY_IMAGE_LARGE] = { 413, "image_too_large", "Image too large", "The image being uploaded is more than 10MB. Please choose a smaller one." },
    [SAY_NAME] = { 422, "form_param_format_invalid", "is invalid", "{param} must not contain a URL or HTML." },
    [SAY_URL] = { 422, "form_param_format_invalid", "is invalid", "{param} must be a valid url." },
    [SAY_SLUG] = { 422, "form_param_format_invalid", "is invalid", "{param} can only contain lowercase letters, numbers and dashes, 64 at most." },
    [SAY_NO_ROLE] = { 404, "resource_not_found", "not found", "Organization role not found." },
    [SAY_DUPLICATE] = { 400, "duplicate_record", "duplicate record", "There is a pending invitation to this email address." },
    [SAY_REVOKED] = { 400, "invitation_already_revoked", "already revoked", "The invitation is already revoked." },
    [SAY_ACCEPTED] = { 400, "invitation_already_accepted", "already accepted", "The invitation is already accepted." },
    [SAY_NO_IMAGE] = { 404, "image_not_found", "Image not found", NULL },
};

Err clerk_fail(Ctx *ctx, Say say, ptrdiff_t at, const char *text)
{
    ctx->fault = (Fault){ .err = E_BAD_VALUE, .text = text, .at = at, .item = NOWHERE, .own = &clerk_says[say] };
    return E_BAD_VALUE;
}

Err clerk_passed(Ctx *ctx, const Member *members, size_t n, Err err)
{
    const ptrdiff_t at = ctx->fault.at;

    if (err == OK || ctx->fault.err != err || ctx->fault.own != NULL)
        return err;
    ctx->fault.at = NOWHERE;
    for (size_t i = 0; i < n; i++)
        if (members[i].at == at)
            ctx->fault.at = members[i].ours;
    return err;
}

const char *clerk_trace_id(Ctx *ctx)
{
    const char *id = ctx->request_id != NULL && uuid_valid(str_of(ctx->request_id)) ? ctx->request_id : UUID_NIL;
    uint8_t bytes[UUID_BYTES];
    Buf buf = buf_in(ctx->arena, 64);
    char *text = "";

    uuid_to_bytes(id, bytes);
    hex_write(&buf, bytes, sizeof(bytes));
    IGNORE(buf_text(&buf, &text)); /* 32 digits */
    return text;
}

/* What the readers of bodies and queries report by code alone, and a kind of member has words of its own for. */
static const struct {
    Err err;
    FieldKind kind;
    Say say;
} kind_says[] = {
    { E_BAD_TYPE, F_OBJECT_JSON, SAY_OBJECT }, { E_BAD_TYPE, F_TIME, SAY_TIME },  { E_BAD_VALUE, F_TIME, SAY_TIME },
    { E_BAD_TYPE, F_TIME_MS, SAY_DATE },       { E_TOO_LONG, F_TEXTS, SAY_MANY }, { E_TOO_LONG, F_OBJECT_JSON, SAY_SIZE },
};

static const Field *field_of_fault(const Ctx *ctx)
{
    const Route *route = ctx_call(ctx)->route;

    return route == NULL || route->in == NULL || ctx->fault.at == NOWHERE ? NULL : field_at(route->in, (size_t)ctx->fault.at);
}

static bool has_reason(const Ctx *ctx, const char *reason)
{
    for (size_t i = 0; i < ctx->fault.reasons.n; i++)
        if (text_eq(ctx->fault.reasons.v[i], reason))
            return true;
    return false;
}

static const ErrRow *row_of(const Ctx *ctx, Err err, const Field *field)
{
    if (ctx->fault.own != NULL)
        return ctx->fault.own;
    if (err == E_TOO_LARGE && ctx_call(ctx)->route != NULL && (ctx_call(ctx)->route->flags & ROUTE_RAW) != 0)
        return &clerk_says[SAY_IMAGE_LARGE];
    if (err == E_BAD_TYPE && field == NULL)
        return &clerk_says[SAY_BODY];
    if (err == E_WEAK_PASSWORD && !has_reason(ctx, "length"))
        return &clerk_says[has_reason(ctx, "pwned") ? SAY_PASSWORD_PWNED : SAY_PASSWORD_SETS];
    for (size_t i = 0; field != NULL && i < COUNTOF(kind_says); i++)
        if (kind_says[i].err == err && kind_says[i].kind == field->kind)
            return &clerk_says[kind_says[i].say];
    return &clerk_errors[err];
}

static const char *type_name(const Field *field)
{
    switch (field == NULL ? F_END : field->kind) {
    case F_BOOL:
        return "boolean";
    case F_INT:
    case F_TIME_MS:
        return "integer";
    case F_TEXTS:
        return "array";
    default:
        return "string";
    }
}

/* The words for one hole of a sentence. */
static const char *filling(Ctx *ctx, Str name, const char *param, const Field *field)
{
    const Route *route = ctx_call(ctx)->route;

    if (str_eq(name, STR("param")))
        return param == NULL ? "parameter" : param;
    if (str_eq(name, STR("type")))
        return type_name(field);
    if (str_eq(name, STR("id")))
        return ctx->fault.text != NULL ? ctx->fault.text : req_param(ctx, "user_id");
    if (str_eq(name, STR("most")))
        return arena_printf(ctx->arena, "%u", field == NULL ? 0 : field->max);
    if (str_eq(name, STR("size")))
        return arena_printf(ctx->arena, "%zu", route == NULL || route->body == 0 ? (size_t)1 << 20 : route->body);
    return ctx->fault.text == NULL ? "" : ctx->fault.text;
}

static const char *sentence(Ctx *ctx, const char *text, const char *param, const Field *field)
{
    Buf buf = buf_in(ctx->arena, 65536);
    char *ret = "";
    Str rest = str_of(text);

    while (rest.p != NULL) {
        buf_str(&buf, str_cut(&rest, '{'));
        if (rest.p != NULL)
            buf_puts(&buf, filling(ctx, str_cut(&rest, '}'), param, field));
    }
    IGNORE(buf_text(&buf, &ret)); /* names and ids are bounded by the target and the body */
    return ret;
}

/* Whom the error is about, or NULL. */
static const ClerkMeta *meta_of(Ctx *ctx, Err err, const char *param)
{
    static const char *const identifiers[] = { "email_address", "phone_number", "username", "web3_wallet" };
    ClerkMeta *meta = ARENA_NEW(ctx->arena, ClerkMeta);

    meta->param_name = param;
    if (err == E_NO_IDENTIFIER)
        meta->param_names = (Texts){ (const char **)(uintptr_t)identifiers, COUNTOF(identifiers) };
    if (err == E_NOT_LISTED)
        texts_add(ctx->arena, &meta->identifiers, ctx->fault.text);
    return param == NULL && err != E_NO_IDENTIFIER && err != E_NOT_LISTED ? NULL : meta;
}

void clerk_write_error(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    const Field *field = field_of_fault(ctx);
    const ErrRow *row = row_of(ctx, err, field);
    const char *param = ctx->fault.name.p != NULL && err == E_UNKNOWN_FIELD ? str_dup(ctx->arena, ctx->fault.name)
                        : field == NULL                                     ? NULL
                                                                            : field->name;
    ClerkErrors body = { .clerk_trace_id = clerk_trace_id(ctx) };
    ClerkError error = { .code = row->code, .meta = meta_of(ctx, err, param) };

    (void)req;
    error.message = sentence(ctx, row->text, param, field);
    error.long_message = row->detail == NULL ? error.message : sentence(ctx, row->detail, param, field);
    list_add(ctx->arena, &body.errors, &error);
    if (err == E_BUSY || err == E_RATE_LIMIT)
        reply_retry_after(ctx, reply);
    if (err == E_NO_METHOD)
        reply_allow(ctx, reply);
    IGNORE(reply_json(ctx, reply, row->status, "application/json", clerk_errors_body, &body, JSON_PLAIN)); /* cannot fail */
}
