/* lead.c: answers that lead to the application, with what is to be said in the address (spec/gotrue.md 3.11, 3.18). */
#include "dialect/gotrue/internal.h"

static const char *write_pairs(Ctx *ctx, const FormPair *pairs, size_t n)
{
    Buf buf = buf_in(ctx->arena, 128 * 1024);
    char *text = "";

    form_write(&buf, pairs, n);
    IGNORE(buf_text(&buf, &text)); /* a redirect is under 8 KiB, a token under 16 */
    return text;
}

enum { MOST_PAIRS = 64 };

/* The query of the redirect with these pairs in it, which win, sorted by name. */
static const char *merge_query(Ctx *ctx, Str query, const FormPair *more, size_t n_more)
{
    FormPair *given = ARENA_ARRAY(ctx->arena, FormPair, MOST_PAIRS), *pairs = ARENA_ARRAY(ctx->arena, FormPair, MOST_PAIRS + n_more);
    const size_t n_given = form_pairs(ctx, query, given, MOST_PAIRS);
    size_t n = 0;

    for (size_t i = 0; i < n_given; i++) {
        bool ours = false;

        for (size_t k = 0; k < n_more; k++)
            ours = ours || text_eq(more[k].name, given[i].name);
        if (!ours)
            pairs[n++] = given[i];
    }
    for (size_t i = 0; i < n_more; i++)
        pairs[n++] = more[i];
    form_sort(pairs, n);
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

/* The header alone; `*shown`: the address as a page shows it. */
static Err set_location(Ctx *ctx, Reply *reply, const char *where, char **shown)
{
    Buf buf = buf_in(ctx->arena, 128 * 1024), page = buf_in(ctx->arena, 128 * 1024);
    char *location;

    for (; *where != '\0'; where++) {
        const unsigned char c = (unsigned char)*where;

        buf_printf(&buf, c <= ' ' || c >= 0x7f ? "%%%02X" : "%c", c);
        buf_printf(&page, c <= ' ' || c == 0x7f ? "%%%02X" : "%c", c); /* the page shows letters of other scripts as they are */
    }
    TRY(buf_text(&buf, &location));
    TRY(buf_text(&page, shown));
    reply_header(reply, "Location", location);
    reply_header(reply, "Cache-Control", "no-store");
    return OK;
}

Err gotrue_lead(Ctx *ctx, Reply *reply, int status, const char *where)
{
    char *shown;

    TRY(set_location(ctx, reply, where, &shown));
    return reply_text(ctx, reply, status, "text/html; charset=utf-8",
                      str_of(arena_printf(ctx->arena, "<a href=\"%s\">%s</a>.\n\n", escape_html(ctx, shown), status == 302 ? "Found" : "See Other")));
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

/* As an address is written anew: the scheme in lower case; in the path what no path holds, percent-encoded. */
static Str rewritten(Ctx *ctx, Str path)
{
    Buf buf = buf_in(ctx->arena, 64 * 1024);
    bool scheme = true;
    char *ret = "";

    for (size_t i = 0; i < path.n; i++) {
        const unsigned char c = (unsigned char)path.p[i];

        scheme = scheme && c != ':';
        if (scheme && c >= 'A' && c <= 'Z')
            buf_char(&buf, (char)(c | 32));
        else
            buf_printf(&buf, c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL ? "%%%02X" : "%c", c);
    }
    IGNORE(buf_text(&buf, &ret)); /* as above */
    return str_of(ret);
}

/* The redirect with these pairs in its fragment, and for PKCE in its query, too; its own fragment gives way. The last pair is `sb`, for the fragment
 * alone. */
Err gotrue_lead_with(Ctx *ctx, Reply *reply, const char *redirect, bool pkce, const FormPair *pairs, size_t n)
{
    Str rest = str_of(redirect), query = str_cut(&rest, '#');
    const Str path = rewritten(ctx, str_cut(&query, '?'));
    const char *fragment = escaped_again(ctx, write_pairs(ctx, pairs, n));

    if (pkce)
        return gotrue_lead(ctx, reply, 303,
                           arena_printf(ctx->arena, "%.*s?%s#%s", (int)path.n, path.p, merge_query(ctx, query, pairs, n - 1), fragment));
    return gotrue_lead(ctx, reply, 303,
                       arena_printf(ctx->arena, "%.*s%s%.*s#%s", (int)path.n, path.p, query.p == NULL ? "" : "?", (int)query.n,
                                    query.p == NULL ? "" : query.p, fragment));
}

static const char *word_of(int status)
{
    return status == 400   ? "invalid_request"
           : status == 401 ? "unauthorized_client"
           : status == 403 ? "access_denied"
           : status == 500 ? "server_error"
           : status == 503 ? "temporarily_unavailable"
                           : NULL;
}

Err gotrue_lead_error(Ctx *ctx, Reply *reply, const char *redirect, bool pkce, Err err)
{
    const GotrueFault fault = gotrue_fault(ctx, err);
    const char *word = word_of(fault.status);
    const char *code = err == E_HOOK && ctx->fault.name.p == NULL ? "" : fault.code; /* a hook's own word has none */
    const FormPair pairs[] = { { "error", word }, { "error_code", code }, { "error_description", fault.text }, { "sb", "" } };

    return word == NULL ? gotrue_lead_with(ctx, reply, redirect, pkce, pairs + 1, COUNTOF(pairs) - 1)
                        : gotrue_lead_with(ctx, reply, redirect, pkce, pairs, COUNTOF(pairs));
}

/* What the reference does at the end of a sign-in elsewhere: all of it in the query, and what is not empty in the fragment, too. */
static Err lead_both(Ctx *ctx, Reply *reply, const char *redirect, const char *error, const char *code, const char *text)
{
    const FormPair query[] = { { "error", error }, { "error_code", code }, { "error_description", text } };
    const FormPair fragment[] = { { "error", text_empty(error) ? NULL : error },
                                  { "error_code", text_empty(code) ? NULL : code },
                                  { "error_description", text_empty(text) ? NULL : text },
                                  { "sb", "" } };
    Str rest = str_of(redirect), given = str_cut(&rest, '#');
    const Str path = rewritten(ctx, str_cut(&given, '?'));

    return gotrue_lead(ctx, reply, 302,
                       arena_printf(ctx->arena, "%.*s?%s#%s", (int)path.n, path.p, merge_query(ctx, given, query, COUNTOF(query)),
                                    escaped_again(ctx, write_pairs(ctx, fragment, COUNTOF(fragment)))));
}

Err gotrue_lead_refused(Ctx *ctx, Reply *reply, const char *redirect, const char *error, const char *text)
{
    return lead_both(ctx, reply, redirect, error, NULL, text == NULL ? "" : text);
}

Err gotrue_lead_fault(Ctx *ctx, Reply *reply, const char *redirect, Err err)
{
    static const char *const denied[] = { "signup_disabled", "user_banned", "provider_email_needs_verification" };
    const GotrueFault fault = gotrue_fault(ctx, err);
    const bool bare = err == E_HOOK && ctx->fault.name.p == NULL;
    const char *word = word_of(fault.status);

    for (size_t i = 0; i < COUNTOF(denied); i++)
        if (text_eq(denied[i], fault.code))
            word = "access_denied";
    return lead_both(ctx, reply, redirect, word == NULL ? "server_error" : word, bare ? "" : fault.code, fault.text);
}

Err gotrue_lead_astray(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    const GotrueFault fault = gotrue_fault(ctx, err);
    const FormPair pairs[] = { { "error", "invalid_request" }, { "error_code", fault.code }, { "error_description", fault.text } };
    Str query = str_of(gotrue_site(ctx));
    const Str path = str_cut(&query, '?');
    const char *where = arena_printf(ctx->arena, "%.*s?%s", (int)path.n, path.p, merge_query(ctx, query, pairs, COUNTOF(pairs)));
    char *shown;

    if (req->method == POST) { /* a page is for those who ask for one */
        TRY(set_location(ctx, reply, where, &shown));
        TRY(reply_text(ctx, reply, 303, "text/plain; charset=utf-8", STR("")));
    } else {
        TRY(gotrue_lead(ctx, reply, 303, where));
    }
    gotrue_write_fault(ctx, req, reply, err);
    return OK;
}

Err gotrue_lead_session(Ctx *ctx, Reply *reply, int status, const char *redirect, const char *type, const Grant *grant)
{
    GotrueSession session;

    TRY(gotrue_issue(ctx, reply, grant, &session));
    {
        const FormPair pairs[] = { { "access_token", session.access_token },
                                   { "expires_at", arena_printf(ctx->arena, "%lld", (long long)session.expires_at) },
                                   { "expires_in", arena_printf(ctx->arena, "%lld", (long long)session.expires_in) },
                                   { "provider_refresh_token", session.provider_refresh_token },
                                   { "provider_token", session.provider_token },
                                   { "refresh_token", session.refresh_token },
                                   { "sb", "" },
                                   { "token_type", "bearer" },
                                   { "type", type } };

        return gotrue_lead(ctx, reply, status, arena_printf(ctx->arena, "%s#%s", redirect, write_pairs(ctx, pairs, COUNTOF(pairs))));
    }
}

Err gotrue_lead_code(Ctx *ctx, Reply *reply, int status, const char *redirect, const char *code)
{
    const FormPair pair = { "code", code };
    Str fragment = str_of(redirect), query = str_cut(&fragment, '#');
    const Str path = rewritten(ctx, str_cut(&query, '?'));

    return gotrue_lead(ctx, reply, status,
                       arena_printf(ctx->arena, "%.*s?%s%s%.*s", (int)path.n, path.p, merge_query(ctx, query, &pair, 1),
                                    fragment.p == NULL ? "" : "#", (int)(fragment.p == NULL ? 0 : fragment.n), fragment.p == NULL ? "" : fragment.p));
}
