/* external.c: sign-in at another provider, and linking its accounts: /authorize, /callback, /user/identities/authorize (spec/gotrue.md 3.15, 3.18).
 */
#include "directory/external.h"
#include "base/id.h"
#include "dialect/gotrue/internal.h"

enum { MOST_EXTRA = 64 };

/* ---- the way there ---- */

/* Parameters of the protocol: a request says nothing about them. `nonce` goes along all the same, written so. */
static bool is_reserved(Ctx *ctx, const char *name)
{
    static const char *const reserved[] = { "provider", "scopes", "client_id",      "client_secret",         "redirect_uri", "response_type",
                                            "scope",    "state",  "code_challenge", "code_challenge_method", "code_verifier" };
    const char *folded = text_lower(ctx->arena, name);

    for (size_t i = 0; i < COUNTOF(reserved); i++)
        if (text_eq(reserved[i], folded))
            return true;
    return false;
}

static void take_extra(Ctx *ctx, const Req *req, ProviderAsk *ask)
{
    FormPair *pairs = ARENA_ARRAY(ctx->arena, FormPair, MOST_EXTRA);
    const size_t n = form_pairs(ctx, req->query, pairs, MOST_EXTRA);

    ask->extra = pairs;
    for (size_t i = 0; i < n; i++)
        if (!is_reserved(ctx, pairs[i].name))
            pairs[ask->n_extra++] = pairs[i];
}

static const char *callback_url(Ctx *ctx, Provider provider)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const char *set = ctx->directory->providers[provider].redirect_uri;
    size_t n = strlen(settings->external_url);

    while (n > 0 && settings->external_url[n - 1] == '/')
        n--;
    return text_empty(set) ? arena_printf(ctx->arena, "%.*s/callback", (int)n, settings->external_url) : set;
}

static Err unsupported(Ctx *ctx, const char *name)
{
    if (gotrue_is_provider(name))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Unsupported provider: provider is not enabled");
    if (str_starts(str_of(name), STR("custom:")))
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Unsupported provider: custom provider %s not found", name);
    return fail(ctx, E_BAD_VALUE, NOWHERE, "Unsupported provider: Provider %s could not be found", name);
}

static Err find_provider(Ctx *ctx, const Req *req, Provider *ret)
{
    const char *given, *lacks;

    TRY(gotrue_query(ctx, req, "provider", &given));
    given = given == NULL ? "" : text_lower(ctx->arena, given);
    if (!provider_find(given, ret))
        return unsupported(ctx, given);
    lacks = provider_lacks(ctx, *ret);
    return lacks == NULL ? OK : fail(ctx, E_BAD_VALUE, NOWHERE, "Unsupported provider: %s", lacks);
}

static Err begin(Ctx *ctx, const Req *req, const char *user_id, char **url)
{
    ExternalAsk ask = { .user_id = user_id };
    const char *challenge, *method;
    Postal post;

    TRY(find_provider(ctx, req, &ask.page.provider));
    TRY(gotrue_query(ctx, req, "code_challenge", &challenge));
    TRY(gotrue_query(ctx, req, "code_challenge_method", &method));
    TRY(gotrue_query(ctx, req, "scopes", &ask.page.scopes));
    TRY(gotrue_query(ctx, req, "invite_token", &ask.invite_token));
    TRY(gotrue_check_challenge(ctx, challenge, method));
    TRY(gotrue_postal(ctx, req, NULL, challenge, method, &post));
    ask.invite_token = text_empty(ask.invite_token) ? NULL : ask.invite_token;
    ask.challenge = post.challenge;
    ask.challenge_method = post.challenge_method;
    ask.redirect_to = post.redirect_to;
    ask.page.redirect_uri = callback_url(ctx, ask.page.provider);
    take_extra(ctx, req, &ask.page);
    return dir_external_begin(ctx, &ask, url);
}

Err gotrue_authorize(Ctx *ctx, const Req *req, Reply *reply)
{
    char *url;

    TRY(begin(ctx, req, NULL, &url));
    return gotrue_lead(ctx, reply, 302, url);
}

Err gotrue_link_authorize(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *skip;
    char *url;

    TRY(gotrue_check_linking(ctx));
    TRY(gotrue_query(ctx, req, "skip_http_redirect", &skip));
    TRY(begin(ctx, req, ctx->caller->user->id, &url));
    if (!text_eq(skip, "true"))
        return gotrue_lead(ctx, reply, 302, url);
    reply_header(reply, "Cache-Control", "no-store");
    reply->status = 200;
    reply_header(reply, "Content-Type", "application/json");
    buf_puts(&reply->body, "{\"url\":");
    json_write_string(&reply->body, url, JSON_HTML);
    buf_char(&reply->body, '}');
    return OK;
}

/* ---- the way back ---- */

typedef struct Back {
    const char *state, *code, *error, *text;
} Back;

/* In the query, or in the form of a POST. */
static Err read_back(Ctx *ctx, const Req *req, Back *ret)
{
    static const Field fields[] = { TEXT(Back, state, "state"), TEXT(Back, code, "code"), TEXT(Back, error, "error"),
                                    TEXT(Back, text, "error_description"), END(Back) };

    if (req->method == POST)
        TRY(form_read(ctx, req->body, FORM_IGNORE_UNKNOWN | FORM_FIRST, fields, ret));
    if (text_empty(ret->state))
        TRY(form_read(ctx, req->query, FORM_IGNORE_UNKNOWN | FORM_FIRST, fields, ret));
    return OK;
}

/* What is wrong with a state, in the reference's words. */
static Err find_flow(Ctx *ctx, const char *state, ExternalFlow *ret)
{
    static const ErrRow gone = { 500, "user_not_found", "Linking target user not found" };
    const char *id = text_empty(state) ? NULL : uuid_read(ctx->arena, str_of(state));
    Err err;

    if (text_empty(state))
        return gotrue_refuse(ctx, E_BAD_VALUE, "bad_oauth_callback", "OAuth state parameter missing");
    if (id == NULL)
        return gotrue_refuse(ctx, E_BAD_VALUE, "bad_oauth_state", "OAuth state parameter is invalid");
    err = dir_external_flow(ctx, id, ret);
    if (err == E_NO_FLOW)
        return gotrue_refuse(ctx, E_BAD_VALUE, "bad_oauth_state", "OAuth state not found or expired");
    if (err == E_FLOW_EXPIRED)
        return gotrue_refuse(ctx, E_BAD_VALUE, "bad_oauth_state", "OAuth state has expired");
    if (err == E_CONFLICT)
        return gotrue_refuse(ctx, E_BAD_VALUE, "flow_state_already_used", "State has already been used");
    if (err == E_NO_USER)
        ctx->fault.own = &gone;
    return err;
}

#define UNVERIFIED "Unverified email with %s. A confirmation email has been sent to your %s email"

/* What the directory says of the end, in the words of this route. */
static Err say(Ctx *ctx, const char *provider, const ExternalEnded *ended, Err err)
{
    static const ErrRow taken = { 400, "email_exists", "A user with this email address has already been registered" };

    switch (err) {
    case E_PROVIDER_OFF:
        return gotrue_refuse(ctx, err, "signup_disabled", "Signups not allowed for this instance");
    case E_UNVERIFIED:
        return gotrue_refuse(
            ctx, err, "provider_email_needs_verification",
            ended->mailed ? arena_printf(ctx->arena, UNVERIFIED, provider, provider)
                          : arena_printf(ctx->arena, "Unverified email with %s. Verify the email with %s in order to sign in", provider, provider));
    case E_EMAIL_UNCONFIRMED:
        return gotrue_refuse(ctx, E_PROVIDER_OFF, "email_not_confirmed", arena_printf(ctx->arena, UNVERIFIED, provider, provider));
    case E_ID_TAKEN:
        return gotrue_refuse(ctx, err, "identity_already_exists", ctx->fault.text == NULL ? "Identity is already linked" : ctx->fault.text);
    case E_NO_INVITATION:
        ctx->fault.name = STR("invite_not_found");
        return err;
    case E_NO_IDENTIFIER:
        return fail(ctx, E_IO, NOWHERE, "Error getting user email from external provider");
    case E_EMAIL_TAKEN:
        ctx->fault.own = &taken;
        return err;
    case E_CONFLICT:
        return gotrue_refuse(ctx, E_BAD_VALUE, "flow_state_already_used", "State has already been used");
    default:
        return err;
    }
}

static Err end(Ctx *ctx, const Req *req, const ExternalFlow *flow, const Back *back, ExternalEnded *ret)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    ExternalEnd in = { .flow = flow, .code = back->code, .no_new = settings->disable_signup };
    Postal post;

    if (text_empty(back->code))
        return gotrue_refuse(ctx, E_BAD_VALUE, "bad_oauth_callback", "OAuth callback with missing authorization code missing");
    if (!provider_find(flow->provider, &in.provider) || provider_lacks(ctx, in.provider) != NULL)
        return gotrue_refuse(ctx, E_BAD_VALUE, "oauth_provider_not_supported", arena_printf(ctx->arena, "Unsupported provider: %s", flow->provider));
    TRY(gotrue_postal(ctx, req, NULL, NULL, NULL, &post));
    in.post = &post;
    in.redirect_uri = callback_url(ctx, in.provider);
    return say(ctx, flow->provider, ret, dir_external_end(ctx, &in, ret));
}

static Err lead_back(Ctx *ctx, const Req *req, const ExternalFlow *flow, const Back *back, Reply *reply)
{
    ExternalEnded ended = { 0 };
    Err err;

    if (!text_empty(back->error))
        return gotrue_lead_refused(ctx, reply, flow->redirect_to, back->error, back->text);
    err = end(ctx, req, flow, back, &ended);
    if (err != OK && gotrue_errors[err].status >= 500 && ctx->fault.text == NULL && err != E_HOOK)
        return err; /* ours: it is logged */
    if (err != OK)
        return gotrue_lead_fault(ctx, reply, flow->redirect_to, err);
    return ended.auth_code != NULL ? gotrue_lead_code(ctx, reply, 302, flow->redirect_to, ended.auth_code)
                                   : gotrue_lead_session(ctx, reply, 302, flow->redirect_to, NULL, &ended.grant);
}

Err gotrue_callback(Ctx *ctx, const Req *req, Reply *reply)
{
    ExternalFlow flow;
    Back back = { 0 };
    Err err;

    TRY(read_back(ctx, req, &back));
    err = find_flow(ctx, back.state, &flow);
    if (err != OK)
        return err == E_BAD_VALUE || err == E_NO_USER ? gotrue_lead_astray(ctx, req, reply, err) : err;
    TRY(lead_back(ctx, req, &flow, &back, reply));
    if (req->method == POST)
        buf_clear(&reply->body);
    return OK;
}
