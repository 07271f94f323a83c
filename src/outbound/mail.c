/* mail.c: the text of a mail, and its way to the server. */
#include "outbound/mail.h"
#include "outbound/internal.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/id.h"
#include "json/json.h"

enum { MOST_MAIL = 512 * 1024, WORD_BYTES = 42, LINE_BYTES = 57 };

bool mail_address_ok(const char *address)
{
    const char *at = address == NULL ? NULL : strchr(address, '@');

    if (at == NULL || at == address || at[1] == '\0' || strchr(at + 1, '@') != NULL || strlen(address) > 255 || address[0] == '-')
        return false;
    for (const char *c = address; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("<>()[],;:\\\"", *c) != NULL)
            return false;
    return true;
}

/* ---- headers ---- */

static bool is_plain(const char *text)
{
    if (strlen(text) > 76 || strstr(text, "=?") != NULL)
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

/* As many bytes as a coded word holds, without cutting a character. */
static size_t word_bytes(const char *text)
{
    size_t n = strnlen(text, WORD_BYTES);

    while (n > 0 && text[n] != '\0' && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n == 0 ? strnlen(text, WORD_BYTES) : n;
}

/* A text in a header (RFC 2047): as it is where it is short and plain, else in coded words, one a line. */
static void write_words(Arena *arena, Buf *buf, const char *text)
{
    char *clean = arena_strdup(arena, text);

    for (char *c = clean; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    if (is_plain(clean)) {
        buf_puts(buf, clean);
        return;
    }
    for (size_t n; *clean != '\0'; clean += n) {
        n = word_bytes(clean);
        buf_puts(buf, "=?UTF-8?B?");
        base64_write(buf, clean, n, false, true);
        buf_puts(buf, clean[n] == '\0' ? "?=" : "?=\r\n ");
    }
}

/* A name before an address: in quotes where it is plain. */
static void write_name(Arena *arena, Buf *buf, const char *name)
{
    if (text_empty(name))
        return;
    if (!is_plain(name)) {
        write_words(arena, buf, name);
    } else {
        buf_char(buf, '"');
        for (; *name != '\0'; name++) {
            if (*name == '"' || *name == '\\')
                buf_char(buf, '\\');
            buf_char(buf, *name);
        }
        buf_char(buf, '"');
    }
    buf_char(buf, ' ');
}

/* RFC 5322 3.3, in UTC. */
static void write_date(Buf *buf, int64_t now)
{
    static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const int64_t day = now / US_PER_S / 86400;
    Buf iso CLEANUP(buf_free) = buf_heap(64);
    unsigned month;

    time_write(&iso, now, 0); /* 2024-01-02T03:04:05Z */
    if (iso.over || iso.len < 19)
        return;
    month = (unsigned)((iso.data[5] - '0') * 10 + iso.data[6] - '0' - 1);
    buf_printf(buf, "Date: %.3s, %.2s %.3s %.4s %.8s +0000\r\n", days + 3 * (day % 7), iso.data + 8, months + 3 * month, iso.data, iso.data + 11);
}

static bool is_token(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == ':')
            return false;
    return *name != '\0';
}

typedef struct Line {
    Texts values;
} Line;
static const Field line_fields[] = { TEXTS(Line, values, "v"), END(Line) };

/* The first text of an array, or what is none itself; NULL: there is none. */
static const char *first_value(Ctx *ctx, const JsonMember *member)
{
    Line line = { 0 };

    if (!text_eq(member->kind, "array"))
        return member->text;
    if (json_read(ctx, str_of(arena_printf(ctx->arena, "{\"v\":%s}", member->text)), 0, line_fields, &line) != OK || line.values.n == 0)
        return NULL;
    return line.values.v[0];
}

/* Headers of the operator's. Values are arrays of texts, or one text. */
static void write_further(Arena *arena, Buf *buf, const MailServer *server, const Mail *mail)
{
    Ctx ctx = { .arena = arena };
    const char *kind;
    List members = { 0 };

    if (text_empty(server->headers) || json_members(&ctx, str_of(server->headers), &kind, &members) != OK)
        return;
    for (size_t i = 0; i < members.n; i++) {
        const JsonMember *member = members.v[i];
        const char *value = first_value(&ctx, member), *type = value == NULL ? NULL : strstr(value, "$messageType");

        if (value == NULL || !is_token(member->name))
            continue;
        buf_printf(buf, "%s: ", member->name);
        write_words(arena, buf, type == NULL ? value : arena_printf(arena, "%.*s%s%s", (int)(type - value), value, mail->type, type + 12));
        buf_puts(buf, "\r\n");
    }
}

Err mail_text(Arena *arena, const MailServer *server, const Mail *mail, Buf *ret)
{
    const char *html = mail->html == NULL ? "" : mail->html;
    const size_t n = strlen(html);

    if (!mail_address_ok(mail->to) || !mail_address_ok(server->from))
        return E_BAD_EMAIL;
    buf_puts(ret, "From: ");
    write_name(arena, ret, server->sender);
    buf_printf(ret, "<%s>\r\nTo: <%s>\r\nSubject: ", server->from, mail->to);
    write_words(arena, ret, mail->subject == NULL ? "" : mail->subject);
    buf_puts(ret, "\r\n");
    write_date(ret, mail->now);
    buf_printf(ret, "Message-ID: <%s@%s>\r\n", mail->id, strchr(server->from, '@') + 1);
    write_further(arena, ret, server, mail);
    buf_puts(ret, "MIME-Version: 1.0\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    for (size_t i = 0; i < n; i += LINE_BYTES) {
        base64_write(ret, html + i, n - i < LINE_BYTES ? n - i : LINE_BYTES, false, true);
        buf_puts(ret, "\r\n");
    }
    return ret->over ? E_TOO_LARGE : OK;
}

/* ---- sending ---- */

typedef struct Upload {
    const char *p;
    size_t n;
    const _Atomic bool *stop;
} Upload;

static size_t give_bytes(char *to, size_t size, size_t n, void *arg)
{
    Upload *upload = arg;
    const size_t take = upload->n < size * n ? upload->n : size * n;

    memcpy(to, upload->p, take);
    upload->p += take;
    upload->n -= take;
    return take;
}

static int keep_going(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const Upload *upload = arg;

    (void)a, (void)b, (void)c, (void)d;
    return upload->stop != NULL && atomic_load(upload->stop);
}

static bool on_this_machine(const char *host)
{
    return text_eq(host, "localhost") || text_eq(host, "::1") || text_eq(host, "[::1]") || strncmp(host, "127.", 4) == 0;
}

/* A password never goes to another machine in the clear, also when somebody between cuts STARTTLS out. */
static void set_server(CURL *curl, Arena *arena, const MailServer *server)
{
    const bool at_once = server->port == 465, bare = strchr(server->host, ':') != NULL && server->host[0] != '[';

    curl_easy_setopt(
        curl, CURLOPT_URL,
        arena_printf(arena, bare ? "%s://[%s]:%lld" : "%s://%s:%lld", at_once ? "smtps" : "smtp", server->host, (long long)server->port));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     text_empty(server->user)        ? (on_this_machine(server->host) ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_TRY)
                     : on_this_machine(server->host) ? (long)CURLUSESSL_TRY
                                                     : (long)CURLUSESSL_ALL);
    if (!text_empty(server->user)) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, server->pass == NULL ? "" : server->pass);
    }
}

static void set_common(CURL *curl, Upload *upload, long seconds)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, keep_going);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, upload);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
}

Err mail_send(Arena *arena, const MailServer *server, const Mail *mail, const _Atomic bool *stop, Buf *why)
{
    Buf text = buf_in(arena, MOST_MAIL);
    Upload upload = { .stop = stop };
    struct curl_slist *to;
    CURLcode code;
    long answer = 0;
    CURL *curl;

    if (mail_text(arena, server, mail, &text) != OK) {
        buf_puts(why, "an address that no mail can go to, or a text that is too long");
        return E_BAD_VALUE;
    }
    curl = outbound_curl();
    to = curl_slist_append(NULL, arena_printf(arena, "<%s>", mail->to));
    if (curl == NULL || to == NULL)
        out_of_memory();
    upload.p = text.data;
    upload.n = text.len;
    set_common(curl, &upload, 30);
    set_server(curl, arena, server);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, arena_printf(arena, "<%s>", server->from));
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    curl_slist_free_all(to);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK)
        return OK;
    buf_printf(why, "%s (answer %ld)", curl_easy_strerror(code), answer);
    return answer >= 500 && answer < 600 && code != CURLE_LOGIN_DENIED ? E_BAD_VALUE : E_IO;
}

/* ---- libcurl ---- */

static void begin_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

CURL *outbound_curl(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, begin_curl);
    return curl_easy_init();
}
