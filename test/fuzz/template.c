/* template.c: letters: what stands in them of the user's stays text. The input is a line each of values, then a template of anybody's. Oracles: fixed
 * templates keep their tags, quotes and addresses whatever the values are; the letter is read back line by line, and says what it was given. */
#include "base/id.h"
#include "fuzz.h"
#include "outbound/mail.h"
#include "json/json.h"

enum { MOST_LINE = 200, MOST_RENDERED = 256 * 1024 };

typedef struct Values {
    const char *a, *b, *c;
    const char *doc; /* all three */
} Values;

static size_t count(const char *text, char c)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == c;
    return n;
}

/* ---- templates ---- */

/* The signs that a browser makes tags of are those of the template; without html the values stand as they are. */
static void check_text(Arena *arena, const Values *v)
{
    static const char text[] = "<p title=\"{{ .A }}\">{{.Data.b}}{{ if .C }}<b>{{- .C -}}</b>{{ end }}</p>";
    char *html, *plain;

    HOLDS(template_render(arena, text, v->doc, true, &html) == OK);
    HOLDS(count(html, '<') == (*v->c == '\0' || text_eq(v->c, "false") || text_eq(v->c, "0") || text_eq(v->c, "{}") || text_eq(v->c, "[]") ? 2 : 4));
    HOLDS(count(html, '<') == count(html, '>') && count(html, '"') == 2 && count(html, '\'') == 0);
    HOLDS(template_render(arena, "{{ .A }}|{{ .Data.b }}|{{ .Nothing }}", v->doc, false, &plain) == OK);
    HOLDS(text_eq(plain, arena_printf(arena, "%s|%s|", v->a, v->b)));
}

static bool is_allowed_scheme(Str scheme)
{
    return str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("https")) || str_eq_nocase(scheme, STR("mailto")) ||
           str_eq_nocase(scheme, STR("tel"));
}

/* What a browser finds in the attribute: its scheme, if it has one, opens no script. Of what is escaped only &amp; and signs can be there. */
static void check_address(Arena *arena, const char *template, const Values *v)
{
    Str rest, value;
    char *html;
    size_t n = 0;

    HOLDS(template_render(arena, template, v->doc, true, &html) == OK);
    rest = str_of(html);
    str_cut(&rest, '"');
    value = str_cut(&rest, '"');
    HOLDS(rest.p != NULL && str_eq(rest, STR(">x</a>")));
    for (size_t i = 0; i < value.n; i++)
        HOLDS((unsigned char)value.p[i] > ' ' && (unsigned char)value.p[i] < 0x7f && strchr("<>'\\^`{|}", value.p[i]) == NULL);
    while (n < value.n && strchr(":/?#&", value.p[n]) == NULL)
        n++;
    HOLDS(n == value.n || value.p[n] != ':' || is_allowed_scheme((Str){ value.p, n }));
}

/* One of anybody's: it ends, within its bound, and what has no braces is as it was. */
static void check_any(Arena *arena, const char *template, const Values *v)
{
    char *text = NULL;

    for (int html = 0; html < 2; html++)
        if (template_render(arena, template, v->doc, html == 1, &text) == OK) {
            HOLDS(strlen(text) <= MOST_RENDERED);
            HOLDS(strstr(template, "{{") != NULL || text_eq(text, template));
        }
}

/* ---- the letter ---- */

/* The text of a field: coded words (RFC 2047) in the order of their lines, or a plain one. */
static char *decoded(Arena *arena, Str value)
{
    Buf buf = buf_in(arena, 1 << 20);
    char *text;
    Str bytes;

    if (!str_starts(value, STR("=?UTF-8?B?")))
        return str_dup(arena, value);
    while (value.n > 0) {
        const char *end = memmem(value.p, value.n, "?=", 2);

        HOLDS(str_starts(value, STR("=?UTF-8?B?")) && end != NULL && end - value.p + 2 <= 75);
        HOLDS(base64_read(arena, (Str){ value.p + 10, (size_t)(end - value.p) - 10 }, false, true, &bytes));
        HOLDS(utf8_valid(bytes));
        buf_str(&buf, bytes);
        value = (Str){ end + 2, (size_t)(value.p + value.n - end - 2) };
        if (str_starts(value, STR("\r\n ")))
            value = (Str){ value.p + 3, value.n - 3 };
    }
    HOLDS(buf_text(&buf, &text) == OK);
    return text;
}

/* Control bytes are blanks in a field. */
static const char *cleaned(Arena *arena, const char *text)
{
    char *ret = arena_strdup(arena, text);

    for (char *c = ret; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return ret;
}

/* Whole lines, ended by CRLF, of printable ASCII, none too long. */
static void check_lines(Str text)
{
    size_t at = 0;

    while (at < text.n) {
        const char *end = memmem(text.p + at, text.n - at, "\r\n", 2);
        const size_t n = end == NULL ? text.n : (size_t)(end - text.p);

        HOLDS(end != NULL && n - at <= MOST_LINE);
        for (; at < n; at++)
            HOLDS(text.p[at] >= ' ' && text.p[at] < 0x7f);
        at += 2;
    }
}

/* The value of a field of the header, with its folded lines. */
static Str value_of(Str head, const char *name)
{
    const char *begin = head.p, *end;

    while (begin != NULL && strncmp(begin, name, strlen(name)) != 0) {
        begin = strchr(begin, '\n');
        begin = begin == NULL ? NULL : begin + 1;
    }
    HOLDS(begin != NULL && begin < head.p + head.n);
    begin += strlen(name);
    for (end = strstr(begin, "\r\n"); end != NULL && end[2] == ' '; end = strstr(end + 2, "\r\n"))
        ;
    HOLDS(end != NULL);
    return (Str){ begin, (size_t)(end - begin) };
}

static void check_body(Arena *arena, Str body, const char *html)
{
    Buf coded = buf_in(arena, 1 << 20);
    Str bytes;

    for (size_t i = 0; i < body.n; i++)
        if (strchr("\r\n", body.p[i]) == NULL)
            buf_char(&coded, body.p[i]);
    HOLDS(coded.len == 0 ? *html == '\0' : base64_read(arena, buf_view(&coded), false, true, &bytes) && str_eq(bytes, str_of(html)));
}

static void check_mail(Arena *arena, const Values *v, const char *html)
{
    static const char *const fields[] = {
        "From: ", "To: ", "Subject: ", "Date: ", "Message-ID: ", "X-Own: ", "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: "
    };
    const MailServer server = { .from = "us@example.com",
                                .sender = v->b,
                                .headers = arena_printf(arena, "{\"X-Own\":[%s]}", json_quote(arena, v->c)) };
    const Mail mail = { .id = "id", .type = "invite", .to = "joe@example.org", .subject = v->a, .html = html, .now = 1700000000000000 };
    Buf buf = buf_in(arena, 1 << 20);
    size_t lines = 0;
    char *text, *end;
    Str head;

    HOLDS(mail_text(arena, &server, &mail, &buf) == OK && buf_text(&buf, &text) == OK);
    check_lines(str_of(text));
    end = strstr(text, "\r\n\r\n");
    HOLDS(end != NULL);
    head = (Str){ text, (size_t)(end - text) + 2 };
    for (size_t i = 0; i + 2 < head.n; i++)
        lines += head.p[i] == '\n' && head.p[i + 1] != ' ';
    HOLDS(lines + 1 == COUNTOF(fields));
    for (size_t i = 0; i < COUNTOF(fields); i++)
        HOLDS(value_of(head, fields[i]).n > 0 || i == 2 || i == 5);
    HOLDS(str_eq(value_of(head, "To: "), STR("<joe@example.org>")));
    HOLDS(text_eq(decoded(arena, value_of(head, "Subject: ")), cleaned(arena, v->a)));
    check_body(arena, str_of(end + 4), html);
}

/* Addresses that a letter goes to have one reading in a line of SMTP. */
static void check_recipient(const char *address)
{
    if (mail_address_ok(address))
        HOLDS(count(address, '@') == 1 && strpbrk(address, " \r\n\t<>,;:\"\\()[]") == NULL && strlen(address) <= 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, false);
    Str rest = { (const char *)data, size };
    Values v;

    if (!utf8_valid(rest) || memchr(data, '\0', size) != NULL)
        return 0;
    v.a = str_dup(arena, str_cut(&rest, '\n'));
    v.b = str_dup(arena, str_cut(&rest, '\n'));
    v.c = str_dup(arena, str_cut(&rest, '\n'));
    v.doc = arena_printf(arena, "{\"A\":%s,\"Data\":{\"b\":%s},\"C\":%s}", json_quote(arena, v.a), json_quote(arena, v.b), json_quote(arena, v.c));
    check_text(arena, &v);
    check_address(arena, "<a href=\"{{ .A }}\">x</a>", &v);
    check_address(arena, "<a href=\"{{ .A }}{{ .Data.b }}\">x</a>", &v);
    check_address(arena, "<img src=\"{{ if .C }}{{ .C }}{{ else }}{{ .A }}{{ end }}\">x</a>", &v);
    check_any(arena, str_dup(arena, rest.p == NULL ? STR("") : rest), &v);
    check_mail(arena, &v, str_dup(arena, rest.p == NULL ? STR("") : rest));
    check_recipient(v.a);
    return 0;
}
