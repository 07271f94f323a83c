/* lex.c: the lexer. What it says about a wrong character is worded like Go's encoding/json, since clients' tests compare it. */
#include "json/lex.h"

#include <endian.h>
#include <math.h>

#define ONES ((uint64_t)0x0101010101010101)
#define HIGH_BITS (ONES * 0x80)

enum {
    AT_VALUE,       /* a value */
    AT_FIRST_VALUE, /* a value or ] */
    AT_NAME,        /* a name */
    AT_FIRST_NAME,  /* a name or } */
    AT_NEXT,        /* after a value */
};

enum { MAX_DIGITS = 780 }; /* more significant digits than this never change the rounding, if one non-zero digit stands for the rest */

Lex lex_new(Str text, unsigned depth)
{
    return (Lex){ .p = text.p, .end = text.p + text.n, .max = depth < JSON_DEPTH ? depth : JSON_DEPTH, .state = AT_VALUE };
}

static LexKind wrong(Lex *lex, const char *why)
{
    lex->why = why;
    lex->sentence = false;
    return LEX_ERROR;
}

static bool wrong_sentence(Lex *lex, const char *why)
{
    lex->why = why;
    lex->sentence = true;
    return false;
}

/* A byte as a character between single quotes, the way Go prints it. */
static void quote_byte(unsigned char c, char *text, size_t size)
{
    static const char special[] = "\a\b\f\n\r\t\v\\'", letters[] = "abfnrtv\\'";
    const char *found = c == '\0' ? NULL : strchr(special, c);

    if (found != NULL)
        snprintf(text, size, "\\%c", letters[found - special]);
    else if (c < 0x20 || c == 0x7f)
        snprintf(text, size, "\\x%02x", c);
    else if (c < 0x80)
        snprintf(text, size, "%c", c);
    else if (c <= 0xa0 || c == 0xad)
        snprintf(text, size, "\\u%04x", c);
    else
        snprintf(text, size, "%c%c", (char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f)));
}

void lex_explain(const Lex *lex, char *text, size_t size)
{
    char quoted[8];

    if (lex->sentence) {
        snprintf(text, size, "%s", lex->why);
        return;
    }
    if (lex->p >= lex->end) {
        snprintf(text, size, "unexpected end of JSON input");
        return;
    }
    quote_byte((unsigned char)*lex->p, quoted, sizeof(quoted));
    snprintf(text, size, "invalid character '%s' %s", quoted, lex->why);
}

static void skip_space(Lex *lex)
{
    while (lex->p < lex->end && (*lex->p == ' ' || *lex->p == '\n' || *lex->p == '\t' || *lex->p == '\r'))
        lex->p++;
}

static bool is_digit(const Lex *lex)
{
    return lex->p < lex->end && *lex->p >= '0' && *lex->p <= '9';
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool lex_hex(Lex *lex, uint32_t *ret)
{
    uint32_t c = 0;

    for (int i = 0; i < 4; i++, lex->p++) {
        const int digit = lex->p < lex->end ? hex_value(*lex->p) : -1;

        if (digit < 0)
            return wrong(lex, "in \\u hexadecimal character escape") != LEX_ERROR;
        c = c << 4 | (uint32_t)digit;
    }
    *ret = c;
    return true;
}

/* Behind \u: one code unit, or a pair of surrogates. */
static bool lex_unicode(Lex *lex)
{
    uint32_t c, low;

    if (!lex_hex(lex, &c))
        return false;
    if (c == 0)
        return wrong_sentence(lex, "U+0000 in string literal");
    if (c < 0xd800 || c > 0xdfff)
        return true;
    if (c > 0xdbff)
        return wrong_sentence(lex, "lone surrogate in string literal");
    if (lex->end - lex->p < 2) /* cut off, or a quote alone */
        return lex->p < lex->end && *lex->p != '\\' ? wrong_sentence(lex, "lone surrogate in string literal")
                                                    : (lex->p = lex->end, wrong(lex, "in string literal") != LEX_ERROR);
    if (lex->p[0] != '\\' || lex->p[1] != 'u')
        return wrong_sentence(lex, "lone surrogate in string literal");
    lex->p += 2;
    if (!lex_hex(lex, &low))
        return false;
    return (low >= 0xdc00 && low <= 0xdfff) || wrong_sentence(lex, "lone surrogate in string literal");
}

static bool lex_escape(Lex *lex)
{
    lex->plain = false;
    lex->p++;
    if (lex->p < lex->end && *lex->p == 'u') {
        lex->p++;
        return lex_unicode(lex);
    }
    if (lex->p >= lex->end || !byte_in(*lex->p, "\"\\/bfnrt"))
        return wrong(lex, "in string escape code") != LEX_ERROR;
    lex->p++;
    return true;
}

size_t utf8_front(const char *p, size_t n)
{
    const unsigned char c = (unsigned char)*p;
    const size_t length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

    return length <= n && utf8_valid((Str){ p, length }) ? length : 0;
}

/* The bytes of the word that are not ASCII that means itself, by their high bit: the lowest for certain, those above it perhaps. */
static uint64_t special_bytes(uint64_t word)
{
    const uint64_t quote = word ^ (ONES * '"'), backslash = word ^ (ONES * '\\');

    return (word | ((word - ONES * 0x20) & ~word) | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash)) & HIGH_BITS;
}

/* Passes over bytes of ASCII that mean themselves, eight at a time; up to seven are left at the end. */
static const char *pass_plain(const char *p, const char *end)
{
    for (uint64_t word; end - p >= 8; p += 8) {
        memcpy(&word, p, sizeof(word));
        word = special_bytes(le64toh(word));
        if (word != 0)
            return p + __builtin_ctzll(word) / 8;
    }
    return p;
}

/* At the opening quote. */
static bool lex_string(Lex *lex)
{
    const char *start = ++lex->p;

    lex->plain = true;
    while ((lex->p = pass_plain(lex->p, lex->end)) < lex->end) {
        const unsigned char c = (unsigned char)*lex->p;

        if (c == '"') {
            lex->token = (Str){ start, (size_t)(lex->p++ - start) };
            return true;
        }
        if (c < 0x20)
            return wrong(lex, "in string literal") != LEX_ERROR;
        if (c == '\\') {
            if (!lex_escape(lex))
                return false;
        } else if (c < 0x80) {
            lex->p++;
        } else {
            const size_t length = utf8_front(lex->p, (size_t)(lex->end - lex->p));

            if (length == 0)
                return wrong_sentence(lex, "invalid UTF-8 in string literal");
            lex->p += length;
        }
    }
    return wrong(lex, "in string literal") != LEX_ERROR;
}

static bool lex_digits(Lex *lex, const char *where)
{
    if (!is_digit(lex))
        return wrong(lex, where) != LEX_ERROR;
    while (is_digit(lex))
        lex->p++;
    return true;
}

static bool beyond_int64(Str digits, bool minus)
{
    return digits.n > 19 || (digits.n == 19 && memcmp(digits.p, minus ? "9223372036854775808" : "9223372036854775807", 19) > 0);
}

static bool lex_number(Lex *lex)
{
    const char *start = lex->p, *digits = lex->p += *lex->p == '-';
    bool exponent = false;

    if (lex->p < lex->end && *lex->p == '0')
        lex->p++;
    else if (!lex_digits(lex, "in numeric literal"))
        return false;
    lex->wide |= beyond_int64((Str){ digits, (size_t)(lex->p - digits) }, *start == '-');
    if (lex->p < lex->end && *lex->p == '.') {
        lex->p++;
        if (!lex_digits(lex, "after decimal point in numeric literal"))
            return false;
    }
    if (lex->p < lex->end && (*lex->p == 'e' || *lex->p == 'E')) {
        exponent = true;
        lex->p++;
        if (lex->p < lex->end && (*lex->p == '+' || *lex->p == '-'))
            lex->p++;
        if (!lex_digits(lex, "in exponent of numeric literal"))
            return false;
    }
    lex->token = (Str){ start, (size_t)(lex->p - start) };
    if ((exponent || lex->token.n > 300) && isinf(lex_double(lex->token)))
        return wrong_sentence(lex, "number out of the range of a double");
    return true;
}

static bool lex_word(Lex *lex, const char *word)
{
    static const char *const where[] = {
        "in literal true (expecting 'r')",  "in literal true (expecting 'u')",  "in literal true (expecting 'e')",
        "in literal false (expecting 'a')", "in literal false (expecting 'l')", "in literal false (expecting 's')",
        "in literal false (expecting 'e')", "in literal null (expecting 'u')",  "in literal null (expecting 'l')",
        "in literal null (expecting 'l')",
    };
    const size_t first = *word == 't' ? 0 : *word == 'f' ? 3 : 7;
    const char *start = lex->p;

    for (size_t i = 0; word[i] != '\0'; i++, lex->p++)
        if (lex->p >= lex->end || *lex->p != word[i])
            return wrong(lex, where[first + i - 1]) != LEX_ERROR;
    lex->token = (Str){ start, (size_t)(lex->p - start) };
    return true;
}

static LexKind lex_open(Lex *lex)
{
    const bool object = *lex->p == '{';

    if (lex->depth == lex->max)
        return wrong_sentence(lex, "exceeded max depth") ? LEX_OPEN : LEX_ERROR;
    lex->objects &= ~((uint64_t)1 << lex->depth);
    lex->objects |= (uint64_t)object << lex->depth;
    lex->depth++;
    lex->state = object ? AT_FIRST_NAME : AT_FIRST_VALUE;
    lex->token = (Str){ lex->p++, 1 };
    return LEX_OPEN;
}

static LexKind lex_close(Lex *lex)
{
    lex->depth--;
    lex->state = AT_NEXT;
    lex->token = (Str){ lex->p++, 1 };
    return LEX_CLOSE;
}

static LexKind lex_value(Lex *lex)
{
    const char c = lex->p < lex->end ? *lex->p : '\0';

    lex->state = AT_NEXT;
    switch (c) {
    case '{':
    case '[':
        return lex_open(lex);
    case '"':
        return lex_string(lex) ? LEX_STRING : LEX_ERROR;
    case 't':
        return lex_word(lex, "true") ? LEX_WORD : LEX_ERROR;
    case 'f':
        return lex_word(lex, "false") ? LEX_WORD : LEX_ERROR;
    case 'n':
        return lex_word(lex, "null") ? LEX_WORD : LEX_ERROR;
    default:
        if (c == '-' || is_digit(lex))
            return lex_number(lex) ? LEX_NUMBER : LEX_ERROR;
        return wrong(lex, "looking for beginning of value");
    }
}

/* A name and its colon. */
static LexKind lex_name(Lex *lex)
{
    if (lex->p >= lex->end || *lex->p != '"')
        return wrong(lex, "looking for beginning of object key string");
    if (!lex_string(lex))
        return LEX_ERROR;
    skip_space(lex);
    if (lex->p >= lex->end || *lex->p != ':')
        return wrong(lex, "after object key");
    lex->p++;
    lex->state = AT_VALUE;
    return LEX_NAME;
}

/* After a value: the end, a comma and what follows it, or the bracket. */
static LexKind lex_after(Lex *lex)
{
    const bool object = lex_in_object(lex);

    if (lex->depth == 0)
        return lex->p == lex->end ? LEX_END : wrong(lex, "after top-level value");
    if (lex->p < lex->end && *lex->p == (object ? '}' : ']'))
        return lex_close(lex);
    if (lex->p >= lex->end || *lex->p != ',')
        return wrong(lex, object ? "after object key:value pair" : "after array element");
    lex->p++;
    skip_space(lex);
    return object ? lex_name(lex) : lex_value(lex);
}

LexKind lex_next(Lex *lex)
{
    skip_space(lex);
    switch (lex->state) {
    case AT_NEXT:
        return lex_after(lex);
    case AT_FIRST_NAME:
        return lex->p < lex->end && *lex->p == '}' ? lex_close(lex) : lex_name(lex);
    case AT_FIRST_VALUE:
        return lex->p < lex->end && *lex->p == ']' ? lex_close(lex) : lex_value(lex);
    default:
        return lex_value(lex);
    }
}

bool lex_int64(Str number, int64_t *ret)
{
    const bool minus = number.p[0] == '-';
    int64_t n = 0; /* below zero: there is one more there */

    for (size_t i = minus; i < number.n; i++)
        if (number.p[i] < '0' || number.p[i] > '9' || __builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, number.p[i] - '0', &n))
            return false;
    if (!minus && n == INT64_MIN)
        return false;
    *ret = minus ? n : -n;
    return true;
}

static uint32_t four_hex(const char *p)
{
    uint32_t c = 0;

    for (int i = 0; i < 4; i++)
        c = c << 4 | (uint32_t)hex_value(p[i]);
    return c;
}

static uint32_t escaped(Str *s)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char letter = s->p[1];
    const char *found = strchr(letters, letter);
    uint32_t c;

    if (letter != 'u') {
        *s = (Str){ s->p + 2, s->n - 2 };
        return (uint32_t)(found == NULL ? letter : meant[found - letters]);
    }
    c = four_hex(s->p + 2);
    *s = (Str){ s->p + 6, s->n - 6 };
    if (c >= 0xd800 && c <= 0xdbff) {
        c = 0x10000 + ((c - 0xd800) << 10) + (four_hex(s->p + 2) - 0xdc00);
        *s = (Str){ s->p + 6, s->n - 6 };
    }
    return c;
}

uint32_t utf8_code_point(Str *s)
{
    const unsigned char first = (unsigned char)*s->p;
    const size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? first : first & (0x7fU >> n);

    for (size_t i = 1; i < n && i < s->n; i++)
        c = c << 6 | ((unsigned char)s->p[i] & 0x3fU);
    *s = (Str){ s->p + n, n < s->n ? s->n - n : 0 };
    return c;
}

uint32_t lex_code_point(Str *s)
{
    return *s->p == '\\' ? escaped(s) : utf8_code_point(s);
}

char *lex_text(Arena *arena, Str token)
{
    char *text = arena_alloc(arena, token.n + 1);
    size_t n = 0;

    while (token.n > 0)
        n += utf8_encode(lex_code_point(&token), text + n);
    return text;
}

size_t utf8_encode(uint32_t c, char out[4])
{
    const size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

/* Digits without a point and an exponent: strtod() reads them alike in every locale. */
typedef struct Decimal {
    char text[MAX_DIGITS + 32];
    size_t n;
    int64_t exponent;
    bool any; /* a digit other than 0 was seen */
} Decimal;

static void decimal_digit(Decimal *d, char digit, bool fraction)
{
    d->any |= digit != '0';
    if (!d->any) {
        d->exponent -= fraction;
    } else if (d->n < MAX_DIGITS) {
        d->text[d->n++] = digit;
        d->exponent -= fraction;
    } else {
        if (digit != '0' && d->text[MAX_DIGITS - 1] == '0')
            d->text[MAX_DIGITS - 1] = '1';
        d->exponent += !fraction;
    }
}

static int64_t read_exponent(const char *p, const char *end)
{
    const bool minus = p < end && *p == '-';
    int64_t n = 0;

    for (p += p < end && (*p == '-' || *p == '+'); p < end; p++)
        n = n > 1000000000000 ? n : n * 10 + (*p - '0');
    return minus ? -n : n;
}

double lex_double(Str number)
{
    const char *p = number.p, *end = p + number.n;
    Decimal d;
    bool fraction = false;

    d.n = 0, d.exponent = 0, d.any = false;
    for (d.text[d.n] = '-', d.n = *p == '-', p += d.n; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.')
            fraction = true;
        else
            decimal_digit(&d, *p, fraction);
    }
    if (!d.any)
        d.text[d.n++] = '0';
    if (p < end)
        d.exponent += read_exponent(p + 1, end);
    d.exponent = d.exponent > 99999 ? 99999 : d.exponent < -99999 ? -99999 : d.exponent;
    snprintf(d.text + d.n, sizeof(d.text) - d.n, "e%d", (int)d.exponent);
    return strtod(d.text, NULL);
}
