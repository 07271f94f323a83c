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

typedef struct Pair {
    const char *name, *value;
} Pair;

/* As a form writes it. */
static void write_form(Buf *buf, const char *text)
{
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;

        if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || strchr("-_.~", *text) != NULL)
            buf_char(buf, *text);
        else if (c == ' ')
            buf_char(buf, '+');
        else
            buf_printf(buf, "%%%02X", c);
    }
}

static const char *write_pairs(Ctx *ctx, const Pair *pairs, size_t n)
{
    Buf buf = buf_in(ctx->arena, 64 * 1024);
    char *text = "";

    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(&buf, '&');
        write_form(&buf, pairs[i].name);
        buf_char(&buf, '=');
        write_form(&buf, pairs[i].value);
    }
    IGNORE(buf_text(&buf, &text)); /* a redirect is under 8 KiB, a token under 16 */
    return text;
}

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const Pair *)a)->name, ((const Pair *)b)->name);
}

enum { MOST_PAIRS = 64 };

/* The query of the redirect with these pairs in it, which win, sorted by name. */
static const char *merge_query(Ctx *ctx, Str query, const Pair *more, size_t n_more)
{
    Pair *pairs = ARENA_ARRAY(ctx->arena, Pair, MOST_PAIRS + n_more);
    size_t n = 0;

    while (query.p != NULL && query.n > 0 && n < MOST_PAIRS) {
        Str value = str_cut(&query, '&'), name = str_cut(&value, '=');
        char *decoded_name = NULL, *decoded = NULL;
        const Str as_name = str_of(arena_printf(ctx->arena, "v=%.*s", (int)name.n, name.p));
        const Str as_value = str_of(arena_printf(ctx->arena, "v=%.*s", (int)(value.p == NULL ? 0 : value.n), value.p == NULL ? "" : value.p));
        bool ours = false;

        if (name.n == 0 || form_value(ctx, as_name, "v", &decoded_name) != OK || form_value(ctx, as_value, "v", &decoded) != OK ||
            decoded_name == NULL)
            continue;
        for (size_t i = 0; i < n_more; i++)
            ours = ours || text_eq(more[i].name, decoded_name);
        if (!ours)
            pairs[n++] = (Pair){ decoded_name, decoded == NULL ? "" : decoded };
    }
    for (size_t i = 0; i < n_more; i++)
        pairs[n++] = more[i];
    qsort(pairs, n, sizeof(*pairs), compare_pairs);
    return write_pairs(ctx, pairs, n);
}

static const char *escape_html(Ctx *ctx, const char *text)
{
    Buf buf = buf_in(ctx->arena, 256 * 1024);
    char *ret = "";

    for (; *text != '\0'; text++) {
        const char *as = *text == '&'    ? "&amp;"
                         : *text == '<'  ? "&lt;"
                         : *text == '>'  ? "&gt;"
                         : *text == '"'  ? "&#34;"
                         : *text == '\'' ? "&#39;"
                                         : NULL;

        if (as == NULL)
            buf_char(&buf, *text);
        else
            buf_puts(&buf, as);
    }
    IGNORE(buf_text(&buf, &ret)); /* addresses are bounded below that */
    return ret;
}

static Err lead_to(Ctx *ctx, Reply *reply, const char *where)
{
    Buf buf = buf_in(ctx->arena, 128 * 1024);
    char *location;

    for (; *where != '\0'; where++)
        if ((unsigned char)*where <= ' ' || (unsigned char)*where >= 0x7f)
            buf_printf(&buf, "%%%02X", (unsigned char)*where);
        else
            buf_char(&buf, *where);
    TRY(buf_text(&buf, &location));
    reply_header(reply, "Location", location);
    reply_header(reply, "Cache-Control", "no-store");
    return reply_text(ctx, reply, 303, "text/html; charset=utf-8",
                      str_of(arena_printf(ctx->arena, "<a href=\"%s\">See Other</a>.\n\n", escape_html(ctx, location))));
}

/* What the reference does twice: it escapes the fragment, which is escaped already. */
static const char *escaped_again(Ctx *ctx, const char *text)
{
    Buf buf = buf_in(ctx->arena, 64 * 1024);
    char *ret = "";

    for (; *text != '\0'; text++)
        if (*text == '%')
            buf_puts(&buf, "%25");
        else
            buf_char(&buf, *text);
    IGNORE(buf_text(&buf, &ret)); /* as above */
    return ret;
}

/* The redirect with these pairs in its fragment, and for PKCE in its query, too; its own fragment gives way. The last pair is `sb`, for the fragment
 * alone. */
static Err lead_with(Ctx *ctx, Reply *reply, const char *redirect, bool pkce, const Pair *pairs, size_t n)
{
    Str rest = str_of(redirect), base = str_cut(&rest, '#'), query = base;
    const Str path = str_cut(&query, '?');
    const char *fragment = escaped_again(ctx, write_pairs(ctx, pairs, n));

    if (pkce)
        return lead_to(ctx, reply, arena_printf(ctx->arena, "%.*s?%s#%s", (int)path.n, path.p, merge_query(ctx, query, pairs, n - 1), fragment));
    return lead_to(ctx, reply, arena_printf(ctx->arena, "%.*s#%s", (int)base.n, base.p, fragment));
}

static Err lead_error(Ctx *ctx, Reply *reply, const char *redirect, bool pkce, Err err)
{
    const GotrueFault fault = gotrue_fault(ctx, err);
    const char *word = fault.status == 400   ? "invalid_request"
                       : fault.status == 401 ? "unauthorized_client"
                       : fault.status == 403 ? "access_denied"
                       : fault.status == 500 ? "server_error"
                       : fault.status == 503 ? "temporarily_unavailable"
                                             : NULL;
    const Pair pairs[] = { { "error", word }, { "error_code", fault.code }, { "error_description", fault.text }, { "sb", "" } };

    return word == NULL ? lead_with(ctx, reply, redirect, pkce, pairs + 1, COUNTOF(pairs) - 1)
                        : lead_with(ctx, reply, redirect, pkce, pairs, COUNTOF(pairs));
}

Err gotrue_lead_astray(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const GotrueFault fault = gotrue_fault(ctx, err);
    const Pair pairs[] = { { "error", "invalid_request" }, { "error_code", fault.code }, { "error_description", fault.text } };
    Str query = str_of(settings->site_url);
    const Str path = str_cut(&query, '?');

    TRY(lead_to(ctx, reply, arena_printf(ctx->arena, "%.*s?%s", (int)path.n, path.p, merge_query(ctx, query, pairs, COUNTOF(pairs)))));
    gotrue_write_fault(ctx, req, reply, err);
    return OK;
}

static Err lead_session(Ctx *ctx, Reply *reply, const char *redirect, const char *type, const Grant *grant)
{
    GotrueSession session;

    TRY(gotrue_issue(ctx, reply, grant, &session));
    {
        const Pair pairs[] = { { "access_token", session.access_token },
                               { "expires_at", arena_printf(ctx->arena, "%lld", (long long)session.expires_at) },
                               { "expires_in", arena_printf(ctx->arena, "%lld", (long long)session.expires_in) },
                               { "refresh_token", session.refresh_token },
                               { "sb", "" },
                               { "token_type", "bearer" },
                               { "type", type } };

        return lead_to(ctx, reply, arena_printf(ctx->arena, "%s#%s", redirect, write_pairs(ctx, pairs, COUNTOF(pairs))));
    }
}

static Err lead_code(Ctx *ctx, Reply *reply, const char *redirect, const char *code)
{
    const Pair pair = { "code", code };
    Str fragment = str_of(redirect), base = str_cut(&fragment, '#'), query = base;
    const Str path = str_cut(&query, '?');

    return lead_to(ctx, reply,
                   arena_printf(ctx->arena, "%.*s?%s%s%.*s", (int)path.n, path.p, merge_query(ctx, query, &pair, 1), fragment.p == NULL ? "" : "#",
                                (int)(fragment.p == NULL ? 0 : fragment.n), fragment.p == NULL ? "" : fragment.p));
}

static Err read_query(Ctx *ctx, const Req *req, const char *name, const char **ret)
{
    char *value = NULL;

    TRY(form_value(ctx, req->query, name, &value));
    *ret = value;
    return OK;
}

Err gotrue_verify_get(Ctx *ctx, const Req *req, Reply *reply)
{
    const Pair message[] = { { "message", FIRST_OF_TWO }, { "sb", "" } };
    const char *type, *token, *redirect = gotrue_redirect(ctx, req, NULL);
    Verified verified = { 0 };
    VerifyAsk ask = { .link = true };
    bool pkce;
    Err err;

    TRY(read_query(ctx, req, "type", &type));
    TRY(read_query(ctx, req, "token", &token));
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
        return lead_error(ctx, reply, redirect, pkce, err);
    if (verified.first)
        return lead_with(ctx, reply, redirect, pkce, message, COUNTOF(message));
    return verified.auth_code != NULL ? lead_code(ctx, reply, redirect, verified.auth_code)
                                      : lead_session(ctx, reply, redirect, name_of(ask.type), &verified.grant);
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
