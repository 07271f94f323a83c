/* emit.c: writing. Strings are copied in runs; a byte that needs more is found by a table. */
#include <math.h>

#include "base/clock.h"
#include "base/id.h"
#include "json/lex.h"

enum { MOST_RESERVED = 256 * 1024 };
enum { RUN, ESCAPE, MARKUP, MULTI }; /* what a byte asks for: nothing, an escape, one in JSON_HTML, a look at its sequence */

/* clang-format off */
static const uint8_t byte_class[256] = {
    [0 ... 0x1f] = ESCAPE, ['"'] = ESCAPE, ['\\'] = ESCAPE, ['<'] = MARKUP, ['>'] = MARKUP, ['&'] = MARKUP, [0x80 ... 0xff] = MULTI,
};
static const char short_escape[] = {
    ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\',
};
/* clang-format on */

/* What stands in the place of the bytes at p: its length in `out`, or 0 if they are copied. */
static size_t escape_byte(unsigned char c, char out[6])
{
    static const char hex[] = "0123456789abcdef";
    const char letter = c < sizeof(short_escape) ? short_escape[c] : '\0';

    memcpy(out, (const char[]){ '\\', letter != '\0' ? letter : 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
    return letter != '\0' ? 2 : 6;
}

static size_t escape_sequence(const char *p, size_t n, JsonStyle style, size_t *length, char out[6])
{
    *length = utf8_front(p, n);
    if (*length == 0) {
        *length = 1;
        memcpy(out, style == JSON_HTML ? "\\ufffd" : "\xef\xbf\xbd   ", 6);
        return style == JSON_HTML ? 6 : 3;
    }
    if (style != JSON_HTML || *length != 3 || memcmp(p, "\xe2\x80", 2) != 0 || ((unsigned char)p[2] & 0xfe) != 0xa8)
        return 0;
    memcpy(out, p[2] == '\xa8' ? "\\u2028" : "\\u2029", 6);
    return 6;
}

void json_write_run(Buf *buf, const char *p, size_t n, JsonStyle style)
{
    size_t start = 0, length;
    char out[6];

    for (size_t i = 0; i < n; i += length) {
        uint8_t class;
        size_t escaped = 0;

        while (i < n && byte_class[(unsigned char)p[i]] == RUN)
            i++;
        if (i == n)
            break;
        class = byte_class[(unsigned char)p[i]];
        length = 1;
        if (class == MULTI)
            escaped = escape_sequence(p + i, n - i, style, &length, out);
        else if (class == ESCAPE || (class == MARKUP && style == JSON_HTML))
            escaped = escape_byte((unsigned char)p[i], out);
        if (escaped == 0)
            continue;
        buf_add(buf, p + start, i - start);
        buf_add(buf, out, escaped);
        start = i + length;
    }
    buf_add(buf, p + start, n - start);
}

void json_write_string(Buf *buf, const char *text, JsonStyle style)
{
    buf_char(buf, '"');
    if (text != NULL)
        json_write_run(buf, text, strlen(text), style);
    buf_char(buf, '"');
}

void json_write_token(Buf *buf, Str token, JsonStyle style)
{
    buf_char(buf, '"');
    while (token.n > 0) {
        const char *escape = memchr(token.p, '\\', token.n);
        const size_t run = escape == NULL ? token.n : (size_t)(escape - token.p);
        char c[4];

        json_write_run(buf, token.p, run, style);
        token = (Str){ token.p + run, token.n - run };
        if (token.n > 0)
            json_write_run(buf, c, utf8_encode(lex_code_point(&token), c), style);
    }
    buf_char(buf, '"');
}

/* Significant digits and the power of ten of the first one. */
typedef struct Digits {
    char text[18];
    int n, exponent;
} Digits;

/* Digits as printf() rounds them, whatever the locale's point is. */
static Digits digits_of(double number, int n)
{
    Digits digits = { .n = 0 };
    char text[40];
    const char *e;

    snprintf(text, sizeof(text), "%.*e", n - 1, number);
    e = strchr(text, 'e');
    for (const char *p = text; p < e && digits.n < 17; p++)
        if (*p >= '0' && *p <= '9')
            digits.text[digits.n++] = *p;
    digits.exponent = (int)strtol(e + 1, NULL, 10);
    return digits;
}

static bool digits_read_back(const Digits *digits, double number)
{
    char text[40];

    snprintf(text, sizeof(text), "%.*se%d", digits->n, digits->text, digits->exponent - (digits->n - 1));
    return strtod(text, NULL) == number;
}

/* One more in the last place: just above a power of two the nearest decimal may belong to the narrower side, and the next one
 * reads back. */
static bool digits_next_reads_back(Digits *digits, double number)
{
    Digits next = *digits;

    if (next.text[next.n - 1] == '9')
        return false;
    next.text[next.n - 1]++;
    if (!digits_read_back(&next, number))
        return false;
    *digits = next;
    return true;
}

static Digits digits_shortest(double number)
{
    Digits digits = { .n = 0 };

    for (int n = fpclassify(number) == FP_SUBNORMAL ? 1 : 15; n <= 17; n++) {
        digits = digits_of(number, n);
        if (digits_read_back(&digits, number) || (n == 16 && digits_next_reads_back(&digits, number)))
            break;
    }
    while (digits.n > 1 && digits.text[digits.n - 1] == '0')
        digits.n--;
    return digits;
}

static void add_zeros(Buf *buf, int n)
{
    while (n-- > 0)
        buf_char(buf, '0');
}

static void write_plain(Buf *buf, const Digits *digits)
{
    const int whole = digits->exponent + 1; /* digits before the point */

    if (whole <= 0) {
        buf_puts(buf, "0.");
        add_zeros(buf, -whole);
        buf_add(buf, digits->text, (size_t)digits->n);
        return;
    }
    buf_add(buf, digits->text, (size_t)(digits->n < whole ? digits->n : whole));
    add_zeros(buf, whole - digits->n);
    if (digits->n > whole) {
        buf_char(buf, '.');
        buf_add(buf, digits->text + whole, (size_t)(digits->n - whole));
    }
}

static void write_scientific(Buf *buf, const Digits *digits)
{
    buf_char(buf, digits->text[0]);
    if (digits->n > 1) {
        buf_char(buf, '.');
        buf_add(buf, digits->text + 1, (size_t)digits->n - 1);
    }
    buf_puts(buf, digits->exponent < 0 ? "e-" : "e+");
    buf_int(buf, abs(digits->exponent));
}

void json_write_double(Buf *buf, double number)
{
    Digits digits;

    if (!isfinite(number)) {
        buf_puts(buf, "null");
        return;
    }
    if (fabs(number) <= 9007199254740992.0 && trunc(number) == number) {
        buf_int(buf, (int64_t)number);
        return;
    }
    if (number < 0)
        buf_char(buf, '-');
    digits = digits_shortest(fabs(number));
    if (digits.exponent < -6 || digits.exponent >= 21)
        write_scientific(buf, &digits);
    else
        write_plain(buf, &digits);
}

static void write_texts(Buf *buf, const Texts *texts, JsonStyle style)
{
    buf_char(buf, '[');
    for (size_t i = 0; i < texts->n; i++) {
        if (i > 0)
            buf_char(buf, ',');
        json_write_string(buf, texts->v[i], style);
    }
    buf_char(buf, ']');
}

static void write_quoted_time(Buf *buf, int64_t us, int digits)
{
    buf_char(buf, '"');
    time_write(buf, us, digits);
    buf_char(buf, '"');
}

static void write_document(Buf *buf, const char *doc, JsonStyle style)
{
    if (text_eq(doc, "{}"))
        buf_add(buf, "{}", 2);
    else if (style == JSON_HTML)
        json_canon(buf, doc, style);
    else
        json_compact(buf, str_of(doc));
}

static void write_bytes(Buf *buf, Str bytes)
{
    buf_char(buf, '"');
    base64_write(buf, bytes.p, bytes.n, true, false);
    buf_char(buf, '"');
}

static const char *empty_of(FieldKind kind)
{
    switch (kind) {
    case F_JSON:
    case F_OBJECT_JSON:
    case F_OBJECT:
        return "{}";
    case F_TEXTS:
    case F_LIST:
        return "[]";
    case F_TIME_MS:
    case F_TIME_US:
        return "null"; /* a number has no empty value */
    default:
        return "\"\"";
    }
}

static void write_value(Buf *buf, const Field *field, const void *member, JsonStyle style)
{
    switch (field->kind) {
    case F_TEXT:
    case F_UUID:
    case F_INET:
        json_write_string(buf, *(const char *const *)member, style);
        break;
    case F_JSON:
    case F_OBJECT_JSON:
        write_document(buf, *(const char *const *)member, style);
        break;
    case F_INT:
    case F_TIME_US:
        buf_int(buf, *(const int64_t *)member);
        break;
    case F_DOUBLE:
        json_write_double(buf, *(const double *)member);
        break;
    case F_TIME:
        write_quoted_time(buf, *(const int64_t *)member, -1);
        break;
    case F_TIME_ISO:
        write_quoted_time(buf, *(const int64_t *)member, 3);
        break;
    case F_TIME_MS:
        buf_int(buf, *(const int64_t *)member / US_PER_MS);
        break;
    case F_BYTES:
        write_bytes(buf, *(const Str *)member);
        break;
    case F_TEXTS:
        write_texts(buf, member, style);
        break;
    case F_OBJECT:
        json_write(buf, field->sub, *(const void *const *)member, style);
        break;
    case F_LIST:
        json_write_list(buf, field->sub, member, style);
        break;
    case F_BOOL: /* word_of() */
    case F_END:
    case F_GIVEN:
        break;
    }
}

/* false, 0 or "", beside null. */
static bool is_zero(const Field *field, const void *member)
{
    switch (field->kind) {
    case F_BOOL:
        return !*(const bool *)member;
    case F_INT:
        return *(const int64_t *)member == 0;
    case F_DOUBLE:
        return fpclassify(*(const double *)member) == FP_ZERO;
    case F_TEXT:
        return **(const char *const *)member == '\0';
    case F_BYTES:
        return ((const Str *)member)->n == 0;
    default:
        return false;
    }
}

static bool is_left_out(const Field *field, const void *object, bool null)
{
    if (field->name == NULL || (field->flags & IN_ONLY) != 0)
        return true;
    if (null)
        return (field->flags & (OMIT_NULL | OMIT_ZERO)) != 0;
    return (field->flags & OMIT_ZERO) != 0 && is_zero(field, field_of(field, object));
}

/* The name, and of a value that is a word that word. */
static void write_name(Buf *buf, const char *name, bool first, Str word)
{
    const size_t n = strlen(name);
    char *p = buf_room(buf, n + word.n + 4);

    if (p == NULL)
        return;
    if (!first)
        *p++ = ',';
    *p++ = '"';
    memcpy(p, name, n);
    memcpy(p + n, "\":", 2);
    if (word.n > 0)
        memcpy(p + n + 2, word.p, word.n);
    buf_added(buf, n + word.n + (first ? 3 : 4));
}

/* Most members of most objects are null or false. */
static Str word_of(const Field *field, const void *object, bool null)
{
    if (null)
        return (field->flags & NULL_AS_EMPTY) != 0 ? str_of(empty_of(field->kind)) : STR("null");
    if (field->kind == F_BOOL)
        return *(const bool *)field_of(field, object) ? STR("true") : STR("false");
    return (Str){ 0 };
}

void json_write(Buf *buf, const Field *fields, const void *object, JsonStyle style)
{
    bool first = true;

    buf_char(buf, '{');
    for (const Field *field = fields; field->kind != F_END; field++) {
        const bool null = field_null(field, object);
        Str word;

        if (is_left_out(field, object, null))
            continue;
        word = word_of(field, object, null);
        write_name(buf, field->name, first, word);
        first = false;
        if (word.n == 0)
            write_value(buf, field, field_of(field, object), style);
    }
    buf_char(buf, '}');
}

/* Room for as many more of the same length, and a little: a buffer that doubles is copied and cleared several times. */
static void reserve(Buf *buf, size_t length, size_t n)
{
    const size_t room = n < MOST_RESERVED / (length + 1) ? n * (length + length / 8) : 0;

    if (!buf->over && room <= buf->cap - buf->len)
        buf_room(buf, room);
}

void json_write_list(Buf *buf, const Field *fields, const List *list, JsonStyle style)
{
    const size_t start = buf->len;

    buf_char(buf, '[');
    for (size_t i = 0; i < list->n; i++) {
        if (i > 0)
            buf_char(buf, ',');
        if (i == 1)
            reserve(buf, buf->len - start, list->n);
        json_write(buf, fields, list->v[i], style);
    }
    buf_char(buf, ']');
}
