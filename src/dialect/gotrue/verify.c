/* verify.c: GET and POST /verify (spec/gotrue.md 3.11), and the exchange of a PKCE code (3.4). */
#include "dialect/gotrue/internal.h"
#include "directory/messages.h"

static const struct {
    const char *name;
    VerifyType type;
} types[] = {
    { "signup", VERIFY_SIGNUP },     { "invite", VERIFY_INVITE },
    { "recovery", VERIFY_RECOVERY }, { "magiclink", VERIFY_MAGICLINK },
    { "email", VERIFY_EMAIL },       { "email_change", VERIFY_EMAIL_CHANGE },
    { "sms", VERIFY_SMS },           { "phone_change", VERIFY_PHONE_CHANGE },
};

#define FIRST_OF_TWO "Confirmation link accepted. Please proceed to confirm link sent to the other email"

static bool read_type(const char *name, VerifyType *ret)
{
    for (size_t i = 0; i < COUNTOF(types); i++)
        if (text_eq(types[i].name, name)) {
            *ret = types[i].type;
            return true;
        }
    return false;
}

static const char *name_of(VerifyType type)
{
    for (size_t i = 0; i < COUNTOF(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return "";
}

/* ---- POST ---- */

static Err check_post(Ctx *ctx, VerifyIn *in)
{
    const bool token = !text_empty(in->token), hash = !text_empty(in->token_hash), email = !text_empty(in->email), phone = !text_empty(in->phone);

    if (text_empty(in->type))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Verify requires a verification type");
    if (token == hash)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Verify requires either a token or a token hash");
    if (token && email == phone)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Only an email address or phone number should be provided on verify");
    if (hash && (email || phone || !text_empty(in->redirect_to)))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Only the token_hash and type should be provided");
    if (phone)
        return phone_read(ctx, in->phone, &in->phone);
    if (email && email_read(ctx, in->email, &in->email) != OK)
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "validation_failed", "Invalid email format");
    return OK;
}

static Err run_post(Ctx *ctx, const Req *req, const VerifyIn *in, Verified *ret)
{
    VerifyAsk ask = { .aud = gotrue_audience(ctx, req) };
    bool phone_type;

    if (!read_type(in->type, &ask.type))
        return text_empty(in->token_hash) ? fail(ctx, E_CODE_INVALID, NOWHERE, NULL)
                                          : fail(ctx, E_BAD_VALUE, NOWHERE, "Invalid email verification type");
    phone_type = ask.type == VERIFY_SMS || ask.type == VERIFY_PHONE_CHANGE;
    if (!text_empty(in->token_hash))
        ask.hash = in->token_hash;
    else if (text_empty(phone_type ? in->phone : in->email)) /* the other kind of address was given */
        return fail(ctx, E_CODE_INVALID, NOWHERE, NULL);
    ask.code = in->token;
    ask.email = phone_type ? NULL : in->email;
    ask.phone = phone_type ? in->phone : NULL;
    return dir_verify(ctx, &ask, ret);
}

Err gotrue_verify_post(Ctx *ctx, const Req *req, Reply *reply)
{
    VerifyIn in = { 0 };
    Verified verified = { 0 };

    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    TRY(check_post(ctx, &in));
    TRY(run_post(ctx, req, &in, &verified));
    if (verified.first)
        return reply_text(ctx, reply, 200, "application/json", STR("{\"code\":\"200\",\"msg\":\"" FIRST_OF_TWO "\"}"));
    return gotrue_reply_grant(ctx, reply, &verified.grant, gotrue_session);
}

/* ---- GET: every answer leads to the application ---- */

Err gotrue_query(Ctx *ctx, const Req *req, const char *name, const char **ret)
{
    char *value = NULL;

    TRY(form_value(ctx, req->query, name, &value));
    *ret = value;
    return OK;
}

Err gotrue_verify_get(Ctx *ctx, const Req *req, Reply *reply)
{
    const FormPair message[] = { { "message", FIRST_OF_TWO }, { "sb", "" } };
    const char *type, *token, *redirect = gotrue_redirect(ctx, req, NULL);
    Verified verified = { 0 };
    VerifyAsk ask = { .link = true };
    bool pkce;
    Err err;

    TRY(gotrue_query(ctx, req, "type", &type));
    TRY(gotrue_query(ctx, req, "token", &token));
    if (text_empty(type))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Verify requires a verification type");
    if (text_empty(token))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Verify requires a token or a token hash");
    pkce = strncmp(token, "pkce_", 5) == 0;
    ask.hash = token;
    err = read_type(type, &ask.type) ? dir_verify(ctx, &ask, &verified) : fail(ctx, E_BAD_VALUE, NOWHERE, "Invalid email verification type");
    if (err != OK && gotrue_errors[err].status >= 500)
        return err;
    if (err != OK)
        return gotrue_lead_error(ctx, reply, redirect, pkce, err);
    if (verified.first)
        return gotrue_lead_with(ctx, reply, redirect, pkce, message, COUNTOF(message));
    if (verified.auth_code != NULL)
        return gotrue_lead_code(ctx, reply, 303, redirect, verified.auth_code);
    err = gotrue_lead_session(ctx, reply, 303, redirect, name_of(ask.type), &verified.grant);
    return err == E_HOOK ? gotrue_lead_error(ctx, reply, redirect, false, err) : err; /* the hook of tokens says no */
}

/* ---- grant_type=pkce ---- */

Err gotrue_grant_pkce(Ctx *ctx, const Req *req, const TokenIn *in, Reply *reply)
{
    Grant grant = { 0 };

    (void)req;
    if (text_empty(in->auth_code) || text_empty(in->code_verifier))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "invalid request: both auth code and code verifier should be non-empty");
    TRY(dir_flow_exchange(ctx, in->auth_code, in->code_verifier, &grant));
    return gotrue_reply_grant(ctx, reply, &grant, gotrue_session);
}
