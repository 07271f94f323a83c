/* signup.c: POST /signup (spec/gotrue.md 3.1). */
#include "dialect/gotrue/internal.h"

static const UserPolicy signup_policy = {
    .check_password = true, .verified_in_meta = true, .listed = true, .by_self = true, .meta_max = GOTRUE_META_MAX
};
static const UserPolicy anonymous_policy = { .by_self = true, .meta_max = GOTRUE_META_MAX };

/* In the reference's order; the strength of the password comes between the first and the second. */
static Err check_signup(Ctx *ctx, const SignupIn *in)
{
    const bool phone = !text_empty(in->phone);

    if (phone && !text_empty(in->email))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Only an email address or phone number should be provided on signup.");
    if (phone && !gotrue_channel_ok(ctx, in->channel))
        return fail(ctx, E_BAD_VALUE, NOWHERE, GOTRUE_BAD_CHANNEL);
    if (phone && !text_empty(in->code_challenge))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "PKCE not supported for phone signups");
    TRY(gotrue_check_challenge(ctx, in->code_challenge, in->code_challenge_method));
    if (!phone && ctx->directory->email_off)
        return gotrue_refuse(ctx, E_BAD_VALUE, "email_provider_disabled", "Email signups are disabled");
    if (phone && ctx->directory->phone_off)
        return gotrue_refuse(ctx, E_BAD_VALUE, "phone_provider_disabled", "Phone signups are disabled");
    return OK;
}

static Err signup_anonymous(Ctx *ctx, const Req *req, const SignupIn *in, Grant *ret)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const NewUser new = { .anonymous = true, .meta_user = in->data, .aud = gotrue_audience(ctx, req), .ask_hook = true, .policy = &anonymous_policy };

    if (!settings->anonymous_enabled)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "anonymous_provider_disabled", "Anonymous sign-ins are disabled");
    TRY(gotrue_limit(ctx, req, "AnonymousSignIns"));
    if (settings->disable_signup)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "signup_disabled", "Signups not allowed for this instance");
    return dir_sign_up(ctx, &new, ret);
}

/* The user alone: the session comes with what the message carries. */
static Err signup_pending(Ctx *ctx, const Req *req, const SignupIn *in, NewUser *new, Reply *reply)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    Postal post;
    User *user;
    bool again;

    new->email_confirmed = new->phone_confirmed = false;
    TRY(gotrue_postal(ctx, req, NULL, in->code_challenge, in->code_challenge_method, &post));
    TRY(dir_sign_up_pending(ctx, new, &post, &user, &again));
    if (again && (settings->mailer_autoconfirm || settings->sms_autoconfirm))
        return fail(ctx, E_USER_EXISTS, NOWHERE, NULL);
    if (user->invited_at != 0) { /* what an administrator gave to the invited is not for whoever signs up */
        user->meta_user = "{}";
        user->identities = (List){ 0 };
    }
    return gotrue_reply_user(ctx, reply, 200, user);
}

/* Answers by itself where the address must be confirmed: then `ret->user` stays NULL. */
static Err signup_address(Ctx *ctx, const Req *req, const SignupIn *in, Grant *ret, Reply *reply)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const bool phone = !text_empty(in->phone);
    NewUser new = { .email = phone ? NULL : in->email,
                    .phone = in->phone,
                    .channel = phone && !text_empty(in->channel) ? in->channel
                               : phone                           ? "sms"
                                                                 : NULL,
                    .password = in->password,
                    .meta_user = in->data,
                    .aud = gotrue_audience(ctx, req),
                    .email_confirmed = !phone,
                    .phone_confirmed = phone,
                    .ask_hook = true,
                    .policy = &signup_policy };

    if (settings->disable_signup)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "signup_disabled", "Signups not allowed for this instance");
    if (text_empty(in->password))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Signup requires a valid password");
    TRY(dir_password_check(ctx, &signup_policy, in->password));
    TRY(check_signup(ctx, in));
    if (!(phone ? settings->sms_autoconfirm : settings->mailer_autoconfirm))
        return signup_pending(ctx, req, in, &new, reply);
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
    if (text_empty(in.email) && text_empty(in.phone)) {
        TRY(signup_anonymous(ctx, req, &in, &grant));
    } else {
        TRY(gotrue_limit(ctx, req, "Signups"));
        TRY(signup_address(ctx, req, &in, &grant, reply));
    }
    if (grant.user == NULL)
        return OK;
    show_as_made(grant.user);
    return gotrue_reply_grant(ctx, reply, &grant, gotrue_session);
}
