/* mail.c: addresses, the text of a mail, templates, addresses of hooks. */
#include "outbound/mail.h"
#include "outbound/hook.h"

#include "test.h"

static const MailServer server = { .host = "localhost",
                                   .port = 25,
                                   .from = "admin@example.com",
                                   .sender = "Exa \"m\" ple",
                                   .headers = "{\"X-Kind\":[\"$messageType\"],\"X Bad\":[\"a\"]}" };

static const char *text_of(Arena *arena, const char *to, const char *subject, const char *html)
{
    const Mail mail = { .id = "1-2-3", .type = "recovery", .to = to, .subject = subject, .html = html, .now = INT64_C(1704164645000000) };
    Buf buf = buf_in(arena, 1 << 20);
    char *text = NULL;

    if (mail_text(arena, &server, &mail, &buf) != OK)
        return NULL;
    assert_ok(buf_text(&buf, &text));
    return text;
}

TEST(mail_addresses_need_no_quoting)
{
    static const char *const bad[] = { "",     "a",     "@b",      "a@",      "a@b@c",      "a b@c", "a@b\r\nBcc: c@d", "a@b\n", "<a@b",
                                       "a@b>", "a,b@c", "\"a\"@b", "a@b\x7f", "\xc3\xa9@b", "-oQ@b" };

    assert_true(mail_address_ok("first.last+tag@sub.example.com"));
    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_false(mail_address_ok(bad[i]));
}

TEST(mail_has_its_headers)
{
    TEST_ARENA(arena);
    const char *text = text_of(arena, "a@b.co", "Hello", "<p>x</p>");

    assert_non_null(strstr(
        text, "From: \"Exa \\\"m\\\" ple\" <admin@example.com>\r\nTo: <a@b.co>\r\nSubject: Hello\r\nDate: Tue, 02 Jan 2024 03:04:05 +0000\r\n"));
    assert_non_null(strstr(text, "\r\nX-Kind: recovery\r\n"));
    assert_null(strstr(text, "X Bad"));
    assert_non_null(strstr(text, "\r\n\r\nPHA+eDwvcD4=\r\n"));
}

/* Every line ends in CRLF, none is long, and there are as many headers as there should be, whatever stands in a value. */
TEST(mail_values_add_no_lines)
{
    TEST_ARENA(arena);
    static const char *const subjects[] = { "a\r\nBcc: c@d",        "a\nb", "a\rb", "\r\n.\r\nQUIT\r\n", "=?UTF-8?Q?=0D=0ABcc:_c?=",
                                            "\xc3\xa9\r\n\xc3\xa9", "" };

    for (size_t i = 0; i < COUNTOF(subjects); i++) {
        const char *text = text_of(arena, "a@b.co", subjects[i], "\r\n.\r\n");
        size_t headers = 0;

        for (const char *line = text, *end; *line != '\0'; line = end + 2) {
            end = strstr(line, "\r\n");
            assert_non_null(end);
            assert_true(end - line <= 200);
            assert_null(memchr(line, '\n', (size_t)(end - line)));
            assert_null(memchr(line, '\r', (size_t)(end - line)));
            assert_true(line[0] != '.');
            if (end == line)
                break;
            headers += line[0] != ' ';
        }
        assert_int_equal(headers, 9);
    }
    assert_null(text_of(arena, "a@b.co\r\nBcc: c@d", "x", "x"));
}

static const char values[] =
    "{\"Email\":\"a+b@c.co\",\"URL\":\"http://x/?a=1&b=2\",\"Bad\":\"javascript:alert(1)\",\"Tag\":\"<b>\",\"Data\":{\"n\":{\"m\":7},\"no\":false}}";

static const char *rendered(Arena *arena, const char *text, bool html)
{
    char *ret = NULL;

    return template_render(arena, text, values, html, &ret) == OK ? ret : NULL;
}

TEST(template_fills_in)
{
    TEST_ARENA(arena);
    static const char *const rows[][2] = {
        { "a {{ .Email }} b", "a a&#43;b@c.co b" },
        { "{{.Tag}}{{ .Data.n.m }}{{ .Nothing }}{{ .Data.x.y }}", "&lt;b&gt;7" },
        { "<a href=\"{{ .URL }}\">", "<a href=\"http://x/?a=1&amp;b=2\">" },
        { "<a href=\"{{ .Bad }}\"><img src='{{ .Bad }}'>", "<a href=\"#\"><img src='#'>" },
        { "{{ if .Email }}yes{{ else }}no{{ end }}", "yes" },
        { "{{ if .Data.no }}yes{{ else if .Tag }}else{{ else }}no{{ end }}", "else" },
        { "{{ if not .Nothing }}{{ if eq .Email \"a+b@c.co\" }}both{{ end }}{{ end }}", "both" },
        { "a {{- .Data.n.m -}} b", "a7b" },
        { "{{/* a comment */}}x", "x" },
        { "}} { {", "}} { {" },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_string_equal(rendered(arena, rows[i][0], true), rows[i][1]);
    assert_string_equal(rendered(arena, "{{ .Tag }} {{ .Email }}", false), "<b> a+b@c.co");
}

TEST(template_refuses_what_it_is_not)
{
    TEST_ARENA(arena);
    static const char *const bad[] = { "{{",
                                       "{{ .A",
                                       "{{ }}",
                                       "{{}}",
                                       "{{-}}",
                                       "{{--}}",
                                       "{{- -}}",
                                       "{{ A }}",
                                       "{{ . }}",
                                       "{{ .A..b }}",
                                       "{{ end }}",
                                       "{{ else }}",
                                       "{{ if .A }}",
                                       "{{ if }}x{{ end }}",
                                       "{{ range .A }}{{ end }}",
                                       "{{ if and .A .B }}{{ end }}" };

    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_null(rendered(arena, bad[i], true));
}

TEST(hooks_are_called_at_allowed_places)
{
    static const char *const good[] = { "https://hooks.example.com/x", "http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:8/",
                                        "http://host.docker.internal/a" };
    static const char *const bad[] = { "",
                                       "http://example.com/",
                                       "http://127.0.0.1.example.com/",
                                       "http://localhost.example.com",
                                       "http://localhost@example.com/",
                                       "ftp://localhost/",
                                       "file:///etc/passwd",
                                       "http://0.0.0.0/",
                                       "http://127.1/",
                                       "http://2130706433/",
                                       "https://user@example.com/",
                                       "gopher://localhost/",
                                       "http://10.0.0.1/" };

    for (size_t i = 0; i < COUNTOF(good); i++)
        assert_true(hook_url_ok(good[i]));
    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_false(hook_url_ok(bad[i]));
}

TEST(hook_secrets_have_their_form)
{
    TEST_ARENA(arena);

    assert_true(hook_secrets_ok(arena, NULL));
    assert_true(hook_secrets_ok(arena, "v1,whsec_AAAA|v1,whsec_AQID"));
    assert_false(hook_secrets_ok(arena, "whsec_AAAA"));
    assert_false(hook_secrets_ok(arena, "v1,whsec_"));
    assert_false(hook_secrets_ok(arena, "v1,whsec_AAAA|x"));
}
