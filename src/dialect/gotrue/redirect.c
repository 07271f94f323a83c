/* redirect.c: where a link may lead (spec/gotrue.md 0.7), and on which address it is built (0.8). */
#include <arpa/inet.h>

#include "dialect/gotrue/internal.h"

enum { MOST_URL = 8192, MOST_PATTERNS = 256 };

/* ---- parts of an address (RFC 3986 3) ---- */

typedef struct Parts {
    Str scheme, host, port;  /* host without brackets */
    Str authority, location; /* all between `//` and the path; the same without what stands before the `@`; p is NULL without `//` */
    bool bracketed;
} Parts;

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* No control byte, and %XX where there is a percent sign. */
static bool is_clean(Str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f ||
            (text.p[i] == '%' && (i + 2 >= text.n || !is_hex(text.p[i + 1]) || !is_hex(text.p[i + 2]))))
            return false;
    return true;
}

/* What may stand before the `@` (RFC 3986 3.2.1): to a browser a backslash there ends the host. */
static bool is_userinfo(Str text)
{
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];

        if (!(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z') && strchr("-._:~!$&'()*+,;=%@", c) == NULL)
            return false;
    }
    return true;
}

static bool read_host(Str authority, Parts *ret)
{
    Str rest = authority;
    const char *at = memrchr(authority.p, '@', authority.n), *end;

    if (at != NULL && !is_userinfo((Str){ authority.p, (size_t)(at - authority.p) }))
        return false;
    if (at != NULL)
        rest = (Str){ at + 1, (size_t)(authority.p + authority.n - at - 1) };
    ret->authority = authority;
    ret->location = rest;
    ret->bracketed = rest.n > 0 && rest.p[0] == '[';
    if (ret->bracketed) {
        end = memchr(rest.p, ']', rest.n);
        if (end == NULL)
            return false;
        ret->host = (Str){ rest.p + 1, (size_t)(end - rest.p - 1) };
        rest = (Str){ end + 1, (size_t)(rest.p + rest.n - end - 1) };
        if (rest.n > 0 && rest.p[0] != ':')
            return false;
        ret->port = rest.n == 0 ? rest : (Str){ rest.p + 1, rest.n - 1 };
    } else {
        ret->port = rest;
        ret->host = str_cut(&ret->port, ':');
    }
    for (size_t i = 0; i < ret->port.n; i++)
        if (ret->port.p[i] < '0' || ret->port.p[i] > '9')
            return false;
    return true;
}

/* False: it is no address. One without `//` has an empty host. */
static bool read_parts(Str url, Parts *ret)
{
    const char *colon = url.n == 0 ? NULL : memchr(url.p, ':', url.n);
    Str rest;

    *ret = (Parts){ 0 };
    if (url.n == 0 || url.n > MOST_URL || !is_clean(url) || colon == NULL)
        return false;
    ret->scheme = (Str){ url.p, (size_t)(colon - url.p) };
    for (size_t i = 0; i < ret->scheme.n; i++)
        if (!((ret->scheme.p[i] | 32) >= 'a' && (ret->scheme.p[i] | 32) <= 'z') && (i == 0 || strchr("0123456789+.-", ret->scheme.p[i]) == NULL))
            return false;
    rest = (Str){ colon + 1, url.n - ret->scheme.n - 1 };
    if (ret->scheme.n == 0)
        return false;
    if (!str_starts(rest, STR("//")))
        return true;
    rest = (Str){ rest.p + 2, rest.n - 2 };
    for (size_t i = 0; i < rest.n; i++)
        if (strchr("/?#", rest.p[i]) != NULL)
            rest.n = i;
    return read_host(rest, ret);
}

static bool ends_with(Str text, const char *end)
{
    const size_t n = strlen(end);

    return text.n >= n && str_eq_nocase((Str){ text.p + text.n - n, n }, str_of(end));
}

/* Ports do not count on this machine. */
static bool is_local(Str host)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "0.0.0.0", "::1", "::" };

    for (size_t i = 0; i < COUNTOF(names); i++)
        if (str_eq_nocase(host, str_of(names[i])))
            return true;
    return ends_with(host, ".localhost");
}

static bool same_site(const Parts *a, const Parts *site)
{
    return a->host.n > 0 && str_eq_nocase(a->scheme, site->scheme) && a->bracketed == site->bracketed && str_eq(a->host, site->host) &&
           (str_eq(a->port, site->port) || is_local(a->host));
}

/* ---- patterns: `*` any run without . and /, `**` any run, `?` one of the others, [abc], [!a-z], {a,b}, \x ---- */

typedef struct Glob {
    const char *p;
    size_t n;
} Glob;

static bool is_separator(char c)
{
    return c == '.' || c == '/';
}

/* How long one element of the pattern is; `[` without an end stands for itself. */
static size_t element(Glob g)
{
    const char *end;

    if (g.p[0] == '\\')
        return g.n > 1 ? 2 : 1;
    if (g.p[0] != '[')
        return 1;
    end = memchr(g.p + 1, ']', g.n - 1);
    return end == NULL ? 1 : (size_t)(end - g.p) + 1;
}

static bool in_class(Glob g, char c)
{
    const bool not = g.n > 2 && g.p[1] == '!';
    bool found = false;

    for (size_t i = not ? 2 : 1; i + 1 < g.n; i++) {
        if (i + 3 < g.n && g.p[i + 1] == '-') {
            found = found || (c >= g.p[i] && c <= g.p[i + 2]);
            i += 2;
        } else {
            found = found || g.p[i] == c;
        }
    }
    return found != not ;
}

static bool matches_one(Glob g, size_t n, char c)
{
    if (g.p[0] == '\\')
        return c == g.p[n - 1];
    if (g.p[0] == '[' && n > 1)
        return in_class((Glob){ g.p, n }, c);
    return g.p[0] == '?' ? !is_separator(c) : g.p[0] == c;
}

/* Element by element, the set of places in the text that the pattern so far can end at: linear in each. */
static bool matches(Arena *arena, Glob g, Str text)
{
    bool *now = ARENA_ARRAY(arena, bool, text.n + 1), *next = ARENA_ARRAY(arena, bool, text.n + 1), *spare;

    now[0] = true;
    while (g.n > 0) {
        const bool star = g.p[0] == '*', all = star && g.n > 1 && g.p[1] == '*';
        const size_t n = all ? 2 : element(g);

        memset(next, 0, text.n + 1);
        for (size_t i = 0; i <= text.n; i++) {
            if (star && (now[i] || (i > 0 && next[i - 1] && (all || !is_separator(text.p[i - 1])))))
                next[i] = true;
            if (!star && i > 0 && now[i - 1] && matches_one(g, n, text.p[i - 1]))
                next[i] = true;
        }
        spare = now;
        now = next;
        next = spare;
        g = (Glob){ g.p + n, g.n - n };
    }
    return now[text.n];
}

/* What the pattern says of scheme, host and port must match these by themselves: else a `*` in the host, or for the port, would take a host of
 * somebody else's that has the rest in its query, or before its `@`. */
static bool matches_site(Arena *arena, const char *pattern, const Parts *parts)
{
    const size_t literal = strcspn(pattern, "*?[\\"), before = parts->scheme.n + strlen("://");
    const char *begin = strstr(pattern, "://"), *end = begin == NULL ? NULL : strchr(begin + 3, '/');
    const Glob site = { pattern, end == NULL ? strlen(pattern) : (size_t)(end - pattern) };
    const Str at = memchr(pattern, '@', site.n) != NULL ? parts->authority : parts->location;

    if (parts->authority.p == NULL || literal >= before + parts->authority.n)
        return true;
    return matches(arena, site, str_of(arena_printf(arena, "%.*s://%.*s", (int)parts->scheme.n, parts->scheme.p, (int)at.n, at.p)));
}

/* The first `{a,b}` gives way to each of its words; at most so many patterns come of one. */
static bool matches_any(Arena *arena, const char *pattern, Str text, const Parts *parts, unsigned *left)
{
    const char *open = strchr(pattern, '{'), *close = open == NULL ? NULL : strchr(open, '}');
    Str words;

    if ((*left)-- == 0)
        return false;
    if (close == NULL || (open > pattern && open[-1] == '\\'))
        return matches(arena, (Glob){ pattern, strlen(pattern) }, text) && matches_site(arena, pattern, parts);
    words = (Str){ open + 1, (size_t)(close - open - 1) };
    while (words.p != NULL) {
        const Str word = str_cut(&words, ',');

        if (matches_any(arena, arena_printf(arena, "%.*s%.*s%s", (int)(open - pattern), pattern, (int)word.n, word.p, close + 1), text, parts, left))
            return true;
        if (*left == 0)
            return false;
    }
    return false;
}

static bool in_allow_list(Ctx *ctx, Str url, const Parts *parts)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    Str rest = url, bare = str_cut(&rest, '#');

    for (size_t i = 0; i < settings->uri_allow_list.n; i++) {
        unsigned left = MOST_PATTERNS;

        if (matches_any(ctx->arena, settings->uri_allow_list.v[i], bare, parts, &left))
            return true;
    }
    return false;
}

/* ---- the rules ---- */

static bool is_http(const Parts *parts)
{
    return str_eq_nocase(parts->scheme, STR("http")) || str_eq_nocase(parts->scheme, STR("https"));
}

/* An address of a machine: 1 for this one, 0 for another, or none for all its brackets; -1 if it is a name. */
static int ip_kind(Ctx *ctx, const Parts *parts)
{
    const char *host = str_dup(ctx->arena, parts->host);
    struct in6_addr six;
    struct in_addr four;

    if (!parts->bracketed)
        return inet_pton(AF_INET, host, &four) == 1 ? *(const uint8_t *)&four == 127 : -1;
    return inet_pton(AF_INET6, host, &six) == 1 && (IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127));
}

static bool is_name(Str host)
{
    for (size_t i = 0; i < host.n; i++) {
        const char c = host.p[i];
        const bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');

        if (!plain && (i == 0 || i + 1 == host.n || (c != '.' && c != '-')))
            return false;
    }
    return host.n > 0;
}

static bool is_number(Str host)
{
    for (size_t i = 0; i < host.n; i++)
        if (host.p[i] < '0' || host.p[i] > '9')
            return false;
    return host.n > 0;
}

/* What a browser takes for an address of four bytes: the last part of the name is a number, or one of base 16 (WHATWG URL 3.5). */
static bool ends_in_number(Str host)
{
    const char *dot = memrchr(host.p, '.', host.n);
    const Str last = dot == NULL ? host : (Str){ dot + 1, (size_t)(host.p + host.n - dot - 1) };

    if (last.n < 2 || last.p[0] != '0' || (last.p[1] | 32) != 'x')
        return is_number(last);
    for (size_t i = 2; i < last.n; i++)
        if (!is_hex(last.p[i]))
            return false;
    return true;
}

static bool is_allowed(Ctx *ctx, Str url)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    Parts parts, site;
    int ip;

    if (!read_parts(url, &parts))
        return false;
    if (read_parts(str_of(settings->site_url), &site) && same_site(&parts, &site))
        return true;
    if (is_number(parts.host))
        return false;
    ip = parts.host.n == 0 ? -1 : ip_kind(ctx, &parts);
    if (ip == 0)
        return false;
    if (ip == 1 && is_http(&parts))
        return true;
    if (ip == -1 && is_http(&parts) && (!is_name(parts.host) || ends_in_number(parts.host)))
        return false;
    return in_allow_list(ctx, url, &parts);
}

const char *gotrue_site(const Ctx *ctx)
{
    const GotrueSettings *settings = ctx_settings(ctx);

    return text_empty(settings->site_url) ? settings->external_url : settings->site_url;
}

const char *gotrue_redirect(Ctx *ctx, const Req *req, const char *first)
{
    Str candidate = req_header(req, "redirect_to");
    const Str referer = req_header(req, "referer");
    char *value = NULL;

    if (!text_empty(first) && is_allowed(ctx, str_of(first)))
        return first;
    if (candidate.n == 0 && form_value(ctx, req->query, "redirect_to", &value) == OK && value != NULL)
        candidate = str_of(value);
    if (candidate.n > 0 && is_allowed(ctx, candidate))
        return str_dup(ctx->arena, candidate);
    if (referer.n > 0 && is_allowed(ctx, referer))
        return str_dup(ctx->arena, referer);
    return gotrue_site(ctx);
}

const char *gotrue_external_url(Ctx *ctx, const Req *req)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const Str host = req_header(req, "x-forwarded-host");
    Str name = host;

    for (size_t i = 0; host.n > 0 && i < settings->external_hosts.n; i++) {
        if (!str_eq_nocase(host, str_of(settings->external_hosts.v[i])))
            continue;
        name = str_cut(&name, ':');
        return arena_printf(ctx->arena, "%s://%s",
                            str_eq(name, STR("localhost")) && str_eq_nocase(req_header(req, "x-forwarded-proto"), STR("http")) ? "http" : "https",
                            settings->external_hosts.v[i]);
    }
    return settings->external_url;
}
