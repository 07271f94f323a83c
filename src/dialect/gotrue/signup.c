/* signup.c: POST /signup (spec/gotrue.md 3.1), as far as no mail has to be opened first: with autoconfirm, and for anonymous users. */
#include "dialect/gotrue/internal.h"

static const UserPolicy signup_policy = { .check_password = true, .verified_in_meta = true, .by_self = true, .meta_max = GOTRUE_META_MAX };
static const UserPolicy anonymous_policy = { .by_self = true, .meta_max = GOTRUE_META_MAX };

static Err refuse(Ctx *ctx, Err err, const char *code, const char *text)
{
    IGNORE(fail(ctx, err, NOWHERE, "%s", text));
    ctx->fault.name = str_of(code);
    return err;
}

static Err check_challenge(Ctx *ctx, const SignupIn *in)
{
    const char *challenge = in->code_challenge == NULL ? "" : in->code_challenge;

    if (text_empty(in->code_challenge) && text_empty(in->code_challenge_method))
        return OK;
    if (text_empty(in->code_challenge) || text_empty(in->code_challenge_method))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "PKCE flow requires code_challenge_method and code_challenge");
    if (strlen(challenge) < 43 || strlen(challenge) > 128)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "code challenge has to be between 43 and 128 characters");
    if (strspn(challenge, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-") != strlen(challenge))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes");
    return OK;
}

/* In the reference's order; the strength of the password comes between the first and the second. */
static Err check_signup(Ctx *ctx, const SignupIn *in)
{
    const bool phone = !text_empty(in->phone);

    if (phone && !text_empty(in->email))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Only an email address or phone number should be provided on signup.");
    if (phone && !text_empty(in->channel) && !text_eq(in->channel, "sms"))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Invalid channel, supported values are 'sms' or 'whatsapp'. 'whatsapp' is only supported if Twilio or "
                                               "Twilio Verify is used as the provider.");
    if (phone && !text_empty(in->code_challenge))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "PKCE not supported for phone signups");
    TRY(check_challenge(ctx, in));
    if (!phone && ctx->directory->email_off)
        return refuse(ctx, E_BAD_VALUE, "email_provider_disabled", "Email signups are disabled");
    if (phone && ctx->directory->phone_off)
        return refuse(ctx, E_BAD_VALUE, "phone_provider_disabled", "Phone signups are disabled");
    return OK;
}

static Err signup_anonymous(Ctx *ctx, const Req *req, const SignupIn *in, Grant *ret)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const NewUser new = { .anonymous = true, .meta_user = in->data, .aud = gotrue_audience(ctx, req), .policy = &anonymous_policy };

    if (!settings->anonymous_enabled)
        return refuse(ctx, E_PROVIDER_OFF, "anonymous_provider_disabled", "Anonymous sign-ins are disabled");
    if (settings->disable_signup)
        return refuse(ctx, E_PROVIDER_OFF, "signup_disabled", "Signups not allowed for this instance");
    return dir_sign_up(ctx, &new, ret);
}

static Err signup_address(Ctx *ctx, const Req *req, const SignupIn *in, Grant *ret)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const bool phone = !text_empty(in->phone);
    const NewUser new = { .email = phone ? NULL : in->email, .phone = in->phone, .password = in->password, .meta_user = in->data,
                          .aud = gotrue_audience(ctx, req), .email_confirmed = !phone, .phone_confirmed = phone, .policy = &signup_policy };

    if (settings->disable_signup)
        return refuse(ctx, E_PROVIDER_OFF, "signup_disabled", "Signups not allowed for this instance");
    if (text_empty(in->password))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Signup requires a valid password");
    TRY(dir_password_check(ctx, &signup_policy, in->password));
    TRY(check_signup(ctx, in));
    if (!(phone ? settings->sms_autoconfirm : settings->mailer_autoconfirm))
        return refuse(ctx, E_PROVIDER_OFF, "signup_disabled", "Sign-ups that must be confirmed are not served by this version");
    return dir_sign_up(ctx, &new, ret);
}

/* The reference shows the map that it made the metadata from: its identity seems verified, too, and confirmed_at is not read back. */
static void show_as_made(User *user)
{
    user->confirmed_at = 0;
    if (user->identities.n > 0 && user->email != NULL)
        ((Identity *)user->identities.v[0])->data = user->meta_user;
}

Err gotrue_signup(Ctx *ctx, const Req *req, Reply *reply)
{
    SignupIn in = { 0 };
    Grant grant = { 0 };

    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    if (text_empty(in.email) && text_empty(in.phone))
        TRY(signup_anonymous(ctx, req, &in, &grant));
    else
        TRY(signup_address(ctx, req, &in, &grant));
    show_as_made(grant.user);
    return gotrue_reply_grant(ctx, reply, &grant, gotrue_session);
}
