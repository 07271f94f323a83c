/* pages.c: what the link of a ticket opens in a browser: plain pages without scripts or anything from elsewhere, and a form for a password. */
#include "dialect/auth0/pages.h"

#include "base/id.h"
#include "crypto/crypto.h"

static const char style[] = "body{font:16px/1.5 sans-serif;max-width:26em;margin:4em auto;padding:0 1em}label,input,button{display:block;width:100%;"
                            "box-sizing:border-box}input,button{margin:.3em 0 1em;padding:.5em;font:inherit}.bad{color:#a00}";

/* ---- writing ---- */

static void write_html(Buf *buf, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        switch (*c) {
        case '&':
            buf_puts(buf, "&amp;");
            break;
        case '<':
            buf_puts(buf, "&lt;");
            break;
        case '>':
            buf_puts(buf, "&gt;");
            break;
        case '"':
            buf_puts(buf, "&quot;");
            break;
        case '\'':
            buf_puts(buf, "&#39;");
            break;
        default:
            buf_char(buf, *c);
        }
}

static const char *style_sum(Ctx *ctx)
{
    Buf buf = buf_in(ctx->arena, 64);
    uint8_t sum[32];
    char *text = "";

    hash_sum(HASH_SHA256, STR(style), sum);
    base64_write(&buf, sum, sizeof(sum), false, true);
    IGNORE(buf_text(&buf, &text)); /* 44 characters */
    return text;
}

/* The scheme and host of a URL, in characters that mean nothing else in a header; "": it has others. */
static const char *origin_of(Ctx *ctx, const char *url)
{
    const char *host = url == NULL ? NULL : strstr(url, "://");
    size_t n;

    if (host == NULL)
        return "";
    n = (size_t)(host + 3 - url) + strspn(host + 3, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]");
    return url[n] == '\0' || strchr("/?#", url[n]) != NULL ? arena_printf(ctx->arena, " %.*s", (int)n, url) : "";
}

/* `target`: where the form's answer may lead, or NULL. */
static void begin(Ctx *ctx, Reply *reply, int status, const char *title, const char *target)
{
    reply->status = status;
    reply_header(reply, "Content-Type", "text/html; charset=utf-8");
    reply_headerf(reply, "Content-Security-Policy",
                  "default-src 'none'; style-src 'sha256-%s'; form-action 'self'%s; base-uri 'none'; frame-ancestors 'none'", style_sum(ctx),
                  origin_of(ctx, target));
    reply_header(reply, "X-Frame-Options", "DENY");
    reply_header(reply, "X-Content-Type-Options", "nosniff");
    reply_header(reply, "Referrer-Policy", "no-referrer");
    buf_puts(&reply->body,
             "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
    write_html(&reply->body, title);
    buf_printf(&reply->body, "</title><style>%s</style></head><body>\n<h1>", style);
    write_html(&reply->body, title);
    buf_puts(&reply->body, "</h1>\n");
}

Err page_told(Ctx *ctx, Reply *reply, int status, const char *title, const char *sentence)
{
    begin(ctx, reply, status, title, NULL);
    buf_puts(&reply->body, "<p>");
    write_html(&reply->body, sentence);
    buf_puts(&reply->body, "</p>\n</body></html>\n");
    return OK;
}

/* Nobody can make a browser send the form but who has the ticket. */
Err page_password(Ctx *ctx, Reply *reply, int status, const PasswordPage *page)
{
    Buf *body = &reply->body;

    begin(ctx, reply, status, "Choose a new password", page->target);
    if (page->fault != NULL) {
        buf_puts(body, "<p class=\"bad\" role=\"alert\">");
        write_html(body, page->fault);
        buf_puts(body, "</p>\n");
    }
    buf_puts(body, "<form method=\"post\" action=\"/u/reset-password\">\n<input type=\"hidden\" name=\"ticket\" value=\"");
    write_html(body, page->ticket);
    buf_puts(body, "\">\n<label>User<input type=\"text\" name=\"username\" autocomplete=\"username\" readonly value=\"");
    write_html(body, page->user == NULL ? "" : page->user);
    buf_puts(body, "\"></label>\n<label>New password<input type=\"password\" name=\"password\" autocomplete=\"new-password\" required></label>\n"
                   "<label>The same again<input type=\"password\" name=\"password_again\" autocomplete=\"new-password\" required></label>\n"
                   "<button type=\"submit\">Set the password</button>\n</form>\n</body></html>\n");
    return OK;
}

/* ---- leading on ---- */

static void write_percent(Buf *buf, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-._~", *c) != NULL)
            buf_char(buf, (char)*c);
        else
            buf_printf(buf, "%%%02X", *c);
}

Err page_leads_on(Ctx *ctx, Reply *reply, const char *url, const PageResult *result)
{
    const size_t n = strcspn(url, "#");
    Buf buf = buf_in(ctx->arena, 16384);
    char *text;

    buf_add(&buf, url, n);
    buf_puts(&buf, memchr(url, '?', n) == NULL ? "?" : "&");
    buf_puts(&buf, "supportSignUp=true&supportForgotPassword=true");
    if (result->email != NULL) {
        buf_puts(&buf, "&email=");
        write_percent(&buf, result->email);
    }
    buf_puts(&buf, "&message=");
    write_percent(&buf, result->message);
    buf_printf(&buf, "&success=%s&code=%s%s", result->success ? "true" : "false", result->code, url + n);
    TRY(buf_text(&buf, &text));
    reply->status = 302;
    reply_header(reply, "Location", text);
    reply_header(reply, "Referrer-Policy", "no-referrer");
    return OK;
}
