/* url_redirect.c: where links may lead. Oracles: of an address that is taken a browser's reading (WHATWG URL: what it drops, where it ends a
 * host, which names are numbers) finds a host that the list names; and a plain matcher takes it by the pattern, too. */
#include <arpa/inet.h>

#include "dialect/gotrue/internal.h"
#include "fuzz.h"

enum { MOST_STEPS = 2000 };

/* Patterns, and the hosts that they stand for: a text, or the end of one. */
static const struct {
    const char *pattern, *host;
    bool end;
} rows[] = {
    { "https://*.example.com/**", ".example.com", true },
    { "https://*.example.com", ".example.com", true },
    { "http://localhost:*/**", "localhost", false },
    { "http://localhost:*", "localhost", false },
    { "https://**--team.preview.test/**", "--team.preview.test", true },
    { "https://[ab]?.class.test/*", ".class.test", true },
    { "https://{x,y}.alt.test/cb", ".alt.test", true },
    { "https://fixed.test/cb?next=*", "fixed.test", false },
    { "https://query.test?next=*", "query.test", false },
    { "https://port.test:4*3/**", "port.test", false },
    { "https://*@keep.test/**", "keep.test", false },
    { "com.app://**", "", false },
};

/* ---- a browser's reading ---- */

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Blanks and control bytes at the ends, and tabs and line ends anywhere, are not there. */
static char *stripped(Arena *arena, const char *url)
{
    char *ret = arena_strdup(arena, url), *to = ret;

    while (*url != '\0' && (unsigned char)*url <= ' ')
        url++;
    for (; *url != '\0'; url++)
        if (strchr("\t\r\n", *url) == NULL)
            *to++ = *url;
    while (to > ret && (unsigned char)to[-1] <= ' ')
        to--;
    *to = '\0';
    return ret;
}

static void decode(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++)
        if (*text == '%' && digit_of(text[1]) >= 0 && digit_of(text[2]) >= 0) {
            *to++ = (char)(digit_of(text[1]) * 16 + digit_of(text[2]));
            text += 2;
        } else {
            *to++ = *text;
        }
    *to = '\0';
}

/* The host of an address of http or https in lower case, without port, with brackets; NULL: it is none of these. */
static char *browser_host(Arena *arena, const char *url)
{
    char *text = stripped(arena, url), *host, *at;
    size_t n = strncasecmp(text, "https:", 6) == 0 ? 6 : strncasecmp(text, "http:", 5) == 0 ? 5 : 0;

    if (n == 0)
        return NULL;
    host = text + n + strspn(text + n, "/\\");
    host[strcspn(host, "/\\?#")] = '\0';
    at = strrchr(host, '@');
    host = at == NULL ? host : at + 1;
    if (*host == '[')
        return arena_strndup(arena, host, strcspn(host, "]") + 1);
    host[strcspn(host, ":")] = '\0';
    decode(host);
    return text_lower(arena, host);
}

/* The last part is a number: the whole is an address of four bytes, or nothing at all. */
static bool is_ipv4(const char *host)
{
    const char *dot = strrchr(host, '.'), *last = dot == NULL ? host : dot + 1;
    const bool hex = strncmp(last, "0x", 2) == 0;

    return *last != '\0' && (hex ? strspn(last + 2, "0123456789abcdef") == strlen(last + 2) : strspn(last, "0123456789") == strlen(last));
}

static bool is_this_machine(Arena *arena, const char *host)
{
    struct in6_addr six;
    struct in_addr four;

    if (*host != '[')
        return inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, arena_strndup(arena, host + 1, strlen(host) - 2), &six) == 1 &&
           (IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127));
}

static bool is_listed(const char *host)
{
    const size_t n = strlen(host);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const size_t m = strlen(rows[i].host);

        if (text_eq(host, rows[i].host) || (rows[i].end && n > m && text_eq(host + n - m, rows[i].host)))
            return true;
    }
    return false;
}

/* ---- a plain matcher ---- */

static bool plain(const char *p, const char *text, unsigned *steps);

static bool plain_star(const char *p, const char *text, unsigned *steps)
{
    const bool all = p[1] == '*';

    for (p += all ? 2 : 1;; text++) {
        if (plain(p, text, steps))
            return true;
        if (*text == '\0' || (!all && strchr("./", *text) != NULL))
            return false;
    }
}

/* Without classes and words, which the fixed patterns try. Out of steps, it says yes. */
static bool plain(const char *p, const char *text, unsigned *steps)
{
    if (*steps == 0 || (*p == '\0' && *text == '\0'))
        return true;
    --*steps;
    if (*p == '*')
        return plain_star(p, text, steps);
    if (*p == '?' && *text != '\0' && strchr("./", *text) == NULL)
        return plain(p + 1, text + 1, steps);
    if (*p == '\\' && p[1] != '\0')
        p++;
    else if (*p == '?')
        return false;
    return *p == *text && *p != '\0' && plain(p + 1, text + 1, steps);
}

/* ---- the properties ---- */

/* Is the address taken under this list? */
static bool is_taken(Arena *arena, Texts list, const char *url)
{
    const GotrueSettings settings = { .site_url = "https://site.test:8443/app", .uri_allow_list = list };
    Req req = { 0 };
    Call call = { .settings = &settings, .req = &req };
    Ctx ctx = ctx_new(arena, NULL);

    ctx.house = &call;
    return gotrue_redirect(&ctx, &req, url) == url;
}

static void check_listed(Arena *arena, const char *url)
{
    Texts list = { 0 };
    const char *host;

    for (size_t i = 0; i < COUNTOF(rows); i++)
        texts_add(arena, &list, rows[i].pattern);
    if (!is_taken(arena, list, url))
        return;
    host = browser_host(arena, url);
    if (host == NULL)
        HOLDS(strncmp(url, "com.app://", 10) == 0);
    else if (*host == '[' || is_ipv4(host))
        HOLDS(is_this_machine(arena, host));
    else
        HOLDS(text_eq(host, "site.test") || is_listed(host));
}

static void check_pattern(Arena *arena, const char *pattern, const char *url)
{
    const char *host = browser_host(arena, url), *bare = arena_strndup(arena, url, strcspn(url, "#"));
    unsigned steps = MOST_STEPS;
    Texts list = { 0 };

    texts_add(arena, &list, pattern);
    if (strpbrk(pattern, "[]{}") != NULL || !is_taken(arena, list, url))
        return;
    HOLDS((host != NULL && (is_this_machine(arena, host) || text_eq(host, "site.test"))) || plain(pattern, bare, &steps));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, false);
    Str rest = { (const char *)data, size };
    const Str first = str_cut(&rest, '\n');
    const char *pattern = str_dup(arena, first), *url = str_dup(arena, rest.p == NULL ? first : rest);

    check_listed(arena, url);
    if (rest.p != NULL && first.n > 0 && first.n <= 200)
        check_pattern(arena, pattern, url);
    return 0;
}
