/* post.c: what the routes that send messages have in common, and sign-in by mail or phone: /otp, /magiclink, /recover, /resend (spec/gotrue.md 3.7
 * to 3.10). */
#include "dialect/gotrue/internal.h"
#include "directory/messages.h"

/* The password is one that nobody knows. */
static const UserPolicy by_link = { .verified_in_meta = true, .listed = true, .by_self = true, .random_password = true, .meta_max = GOTRUE_META_MAX };

Err gotrue_refuse(Ctx *ctx, Err err, const char *code, const char *text)
{
    IGNORE(fail(ctx, err, NOWHERE, "%s", text));
    ctx->fault.name = str_of(code);
    return err;
}

Err gotrue_check_challenge(Ctx *ctx, const char *challenge, const char *method)
{
    if (text_empty(challenge) && text_empty(method))
        return OK;
    if (text_empty(challenge) || text_empty(method))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "PKCE flow requires code_challenge_method and code_challenge");
    if (strlen(challenge) < 43 || strlen(challenge) > 128)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "code challenge has to be between 43 and 128 characters");
    if (strspn(challenge, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-") != strlen(challenge))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes");
    return OK;
}

Err gotrue_postal(Ctx *ctx, const Req *req, const char *redirect, const char *challenge, const char *method, Postal *ret)
{
    const char *folded = text_lower(ctx->arena, method);

    *ret = (Postal){ .external_url = gotrue_external_url(ctx, req),
                     .redirect_to = gotrue_redirect(ctx, req, redirect),
                     .aud = gotrue_audience(ctx, req),
                     .channel = "sms" };
    if (text_empty(challenge))
        return OK;
    if (!text_eq(folded, "s256") && !text_eq(folded, "plain"))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Invalid code_challenge_method");
    ret->challenge = challenge;
    ret->challenge_method = folded;
    return OK;
}

Err gotrue_reply_sent(Ctx *ctx, Reply *reply, bool test)
{
    return reply_text(ctx, reply, 200, "application/json", test ? STR("{\"message_id\":\"test-otp\"}") : STR("{}"));
}

bool gotrue_channel_ok(const Ctx *ctx, const char *channel)
{
    return hook_on(ctx, HOOK_SMS) || text_empty(channel) || text_eq(channel, "sms");
}

/* ---- sign-up behind a sign-in ---- */

static Err sign_up(Ctx *ctx, const OtpIn *in, const Postal *post, bool confirmed)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const bool phone = !text_empty(in->phone);
    const NewUser new = { .email = phone ? NULL : in->email,
                          .phone = phone ? in->phone : NULL,
                          .channel = phone ? post->channel : NULL,
                          .meta_user = in->data,
                          .aud = post->aud,
                          .email_confirmed = confirmed && !phone,
                          .phone_confirmed = confirmed && phone,
                          .ask_hook = true,
                          .policy = &by_link };
    bool again;
    User *user;

    if (settings->disable_signup)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "signup_disabled", "Signups not allowed for this instance");
    return confirmed ? dir_user_create(ctx, &new, &user) : dir_sign_up_pending(ctx, &new, post, &user, &again);
}

/* Who is not known, or not confirmed, signs up by it: the confirmation is the link then, unless addresses need none. */
static Err send_link(Ctx *ctx, const OtpIn *in, const char *email, Postal *post)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    Err err = dir_magic_link(ctx, email, post);

    if (err != E_NO_USER)
        return err;
    err = sign_up(ctx, in, post, settings->mailer_autoconfirm);
    if (!settings->mailer_autoconfirm || (err != OK && err != E_EMAIL_TAKEN))
        return err;
    post->unconfirmed_too = true; /* an address that was not confirmed is so by the link */
    return dir_magic_link(ctx, email, post);
}

static Err send_code(Ctx *ctx, const OtpIn *in, const char *phone, Postal *post, bool *test)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    Err err = dir_phone_code(ctx, phone, post, test);

    if (err != E_NO_USER)
        return err;
    err = sign_up(ctx, in, post, settings->sms_autoconfirm);
    *test = false;
    if (!settings->sms_autoconfirm || (err != OK && err != E_PHONE_TAKEN))
        return err;
    post->unconfirmed_too = true; /* so is a number by the code */
    return dir_phone_code(ctx, phone, post, test);
}

/* ---- /magiclink, /otp ---- */

static Err magic_link(Ctx *ctx, const Req *req, const OtpIn *in, Reply *reply)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const char *email;
    Postal post;

    if (ctx->directory->email_off)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "email_provider_disabled", "Email logins are disabled");
    if (!settings->magic_link_enabled)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "email_provider_disabled", "Login with magic link is disabled");
    if (text_empty(in->email))
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "validation_failed", "Password recovery requires an email");
    TRY(email_read(ctx, in->email, &email));
    TRY(gotrue_check_challenge(ctx, in->code_challenge, in->code_challenge_method));
    TRY(gotrue_postal(ctx, req, NULL, in->code_challenge, in->code_challenge_method, &post));
    TRY(send_link(ctx, in, email, &post));
    return gotrue_reply_sent(ctx, reply, false);
}

Err gotrue_magiclink(Ctx *ctx, const Req *req, Reply *reply)
{
    OtpIn in = { .create_user = true };

    if (ctx->directory->email_off)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "email_provider_disabled", "Email logins are disabled");
    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    return magic_link(ctx, req, &in, reply);
}

static Err check_known(Ctx *ctx, const OtpIn *in, const char *aud)
{
    const char *email = NULL, *phone = NULL;
    User *user;
    Err err = OK;

    if (in->create_user)
        return OK;
    if (!text_empty(in->email))
        err = email_read(ctx, in->email, &email);
    else if (!text_empty(in->phone))
        err = phone_read(ctx, in->phone, &phone);
    if (err == OK && (email != NULL || phone != NULL))
        err = dir_user_find(ctx, email, phone, aud, &user);
    if (err == E_NO_USER || err == E_BAD_EMAIL || err == E_BAD_PHONE)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "otp_disabled", "Signups not allowed for otp");
    return err;
}

static Err phone_code(Ctx *ctx, const Req *req, const OtpIn *in, Reply *reply)
{
    const char *phone;
    bool test = false;
    Postal post;

    if (ctx->directory->phone_off)
        return gotrue_refuse(ctx, E_BAD_VALUE, "phone_provider_disabled", "Unsupported phone provider");
    TRY(phone_read(ctx, in->phone, &phone));
    if (!gotrue_channel_ok(ctx, in->channel))
        return fail(ctx, E_BAD_VALUE, NOWHERE, GOTRUE_BAD_CHANNEL);
    TRY(gotrue_postal(ctx, req, NULL, NULL, NULL, &post));
    TRY(send_code(ctx, in, phone, &post, &test));
    return gotrue_reply_sent(ctx, reply, test);
}

Err gotrue_otp(Ctx *ctx, const Req *req, Reply *reply)
{
    OtpIn in = { .create_user = true };

    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    if (!text_empty(in.email) && !text_empty(in.phone))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Only an email address or phone number should be provided");
    if (!text_empty(in.email) && !text_empty(in.channel))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Channel should only be specified with Phone OTP");
    TRY(gotrue_check_challenge(ctx, in.code_challenge, in.code_challenge_method));
    TRY(check_known(ctx, &in, gotrue_audience(ctx, req)));
    if (!text_empty(in.email))
        return magic_link(ctx, req, &in, reply);
    if (!text_empty(in.phone))
        return phone_code(ctx, req, &in, reply);
    return fail(ctx, E_BAD_VALUE, NOWHERE, "One of email or phone must be set");
}

/* ---- /recover ---- */

Err gotrue_recover(Ctx *ctx, const Req *req, Reply *reply)
{
    OtpIn in = { 0 };
    const char *email;
    Postal post;

    if (ctx->directory->email_off)
        return gotrue_refuse(ctx, E_BAD_VALUE, "email_provider_disabled", "Email logins are disabled");
    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    if (text_empty(in.email))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Password recovery requires an email");
    TRY(email_read(ctx, in.email, &email));
    TRY(gotrue_check_challenge(ctx, in.code_challenge, in.code_challenge_method));
    TRY(gotrue_postal(ctx, req, NULL, in.code_challenge, in.code_challenge_method, &post));
    TRY(dir_recover(ctx, email, &post));
    return gotrue_reply_sent(ctx, reply, false);
}

/* ---- /resend ---- */

static const struct {
    const char *name;
    ResendKind kind;
    bool phone;
} resends[] = {
    { "signup", RESEND_SIGNUP, false },
    { "email_change", RESEND_EMAIL_CHANGE, false },
    { "sms", RESEND_SMS, true },
    { "phone_change", RESEND_PHONE_CHANGE, true },
};

static Err check_resend(Ctx *ctx, const ResendIn *in, size_t row)
{
    if (row == COUNTOF(resends))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Missing one of these types: signup, email_change, sms, phone_change");
    if (resends[row].kind == RESEND_SIGNUP && text_empty(in->email))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Type provided requires an email address");
    if (resends[row].kind == RESEND_SMS && text_empty(in->phone))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Type provided requires a phone number");
    if (!text_empty(in->email) && !text_empty(in->phone))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Only an email address or phone number should be provided.");
    if (text_empty(in->email) && text_empty(in->phone))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Missing email address or phone number");
    if (!text_empty(in->email) && ctx->directory->email_off)
        return gotrue_refuse(ctx, E_BAD_VALUE, "email_provider_disabled", "Email logins are disabled");
    if (!text_empty(in->phone) && ctx->directory->phone_off)
        return gotrue_refuse(ctx, E_BAD_VALUE, "phone_provider_disabled", "Phone logins are disabled");
    return OK;
}

Err gotrue_resend(Ctx *ctx, const Req *req, Reply *reply)
{
    ResendIn in = { 0 };
    const char *address;
    bool test = false;
    size_t row = 0;
    Postal post;

    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    while (row < COUNTOF(resends) && !text_eq(resends[row].name, in.type))
        row++;
    TRY(check_resend(ctx, &in, row));
    if (!text_empty(in.email))
        TRY(email_read(ctx, in.email, &address));
    else
        TRY(phone_read(ctx, in.phone, &address));
    TRY(gotrue_check_challenge(ctx, in.code_challenge, in.code_challenge_method));
    TRY(gotrue_postal(ctx, req, NULL, in.code_challenge, in.code_challenge_method, &post));
    if (resends[row].phone == !text_empty(in.phone)) /* else nothing of that kind can be pending at this address */
        TRY(dir_resend(ctx, resends[row].kind, address, &post, &test));
    return gotrue_reply_sent(ctx, reply, test);
}
