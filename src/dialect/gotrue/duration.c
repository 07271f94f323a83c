/* duration.c: Go's duration grammar, with the reference's words for what is wrong (spec/gotrue.md 2.2.1). */
#include "dialect/gotrue/internal.h"

static const struct {
    const char *unit;
    int64_t ns;
} units[] = {
    { "ns", 1 },
    { "us", 1000 },
    { "\xc2\xb5s", 1000 },
    { "\xce\xbcs", 1000 },
    { "ms", 1000000 },
    { "s", 1000000000 },
    { "m", 60 * (int64_t)1000000000 },
    { "h", 3600 * (int64_t)1000000000 },
};

const char *go_quote(Arena *arena, const char *text)
{
    Buf buf = buf_in(arena, 4 * strlen(text) + 3);
    char *quoted = "\"\"";

    buf_char(&buf, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            buf_printf(&buf, "\\%c", *c);
        else if (*c < 0x20 || *c >= 0x80)
            buf_printf(&buf, "\\x%02x", *c);
        else
            buf_char(&buf, (char)*c);
    }
    buf_char(&buf, '"');
    IGNORE(buf_text(&buf, &quoted)); /* the cap fits by construction */
    return quoted;
}

/* The three bytes of a character that does not show, of those that people paste: U+200B to U+200F, U+2028 to U+202E. */
static bool is_hidden(const unsigned char *c)
{
    return c[0] == 0xe2 && c[1] == 0x80 && ((c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae));
}

const char *go_escape(Arena *arena, const char *text)
{
    static const char letters[0x20] = { ['\a'] = 'a', ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\v'] = 'v', ['\f'] = 'f', ['\r'] = 'r' };
    Buf buf = buf_in(arena, 6 * strlen(text) + 1);
    char *ret = "";

    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            buf_printf(&buf, "\\%c", *c);
        else if (*c < 0x20 && letters[*c] != 0)
            buf_printf(&buf, "\\%c", letters[*c]);
        else if (*c < 0x20 || *c == 0x7f)
            buf_printf(&buf, "\\x%02x", *c);
        else if (c[0] == 0xc2 && (c[1] <= 0xa0 || c[1] == 0xad))
            buf_printf(&buf, "\\u00%02x", *++c);
        else if (is_hidden(c))
            buf_printf(&buf, "\\u20%02x", (c[2] & 0x3f) | (c[1] & 3) << 6), c += 2;
        else
            buf_char(&buf, (char)*c);
    }
    IGNORE(buf_text(&buf, &ret)); /* the cap fits by construction */
    return ret;
}

static Err invalid(Ctx *ctx, const char *text)
{
    return fail(ctx, E_BAD_VALUE, NOWHERE, "invalid format for ban duration: time: invalid duration %s", go_quote(ctx->arena, text));
}

/* Digits, a dot, digits: at least one digit in all. */
static bool take_number(const char **at, uint64_t *whole, double *fraction)
{
    const char *begin = *at;
    size_t digits = 0;
    double unit = 1;

    for (*whole = 0; **at >= '0' && **at <= '9'; (*at)++, digits++)
        if (__builtin_mul_overflow(*whole, 10U, whole) || __builtin_add_overflow(*whole, (uint64_t)(**at - '0'), whole))
            return false;
    *fraction = 0;
    if (**at == '.')
        for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, digits++) {
            unit /= 10;
            *fraction += unit * (**at - '0');
        }
    return digits > 0 && *at > begin;
}

static int64_t unit_ns(const char *text, size_t n)
{
    for (size_t i = 0; i < COUNTOF(units); i++)
        if (strlen(units[i].unit) == n && strncmp(units[i].unit, text, n) == 0)
            return units[i].ns;
    return 0;
}

static bool add_term(uint64_t whole, double fraction, int64_t ns, uint64_t *total)
{
    uint64_t term;

    return !__builtin_mul_overflow(whole, (uint64_t)ns, &term) && !__builtin_add_overflow(term, (uint64_t)(fraction * (double)ns), &term) &&
           !__builtin_add_overflow(*total, term, total) && *total <= (uint64_t)INT64_MAX;
}

Err duration_read(Ctx *ctx, const char *text, int64_t *ret_us)
{
    const bool minus = *text == '-';
    const char *at = text + (*text == '-' || *text == '+');
    uint64_t total = 0;

    if (strcmp(at, "0") == 0) {
        *ret_us = 0;
        return OK;
    }
    if (*at == '\0')
        return invalid(ctx, text);
    while (*at != '\0') {
        uint64_t whole;
        double fraction;
        size_t n;
        int64_t ns;

        if (!take_number(&at, &whole, &fraction))
            return invalid(ctx, text);
        n = strcspn(at, ".0123456789");
        if (n == 0)
            return fail(ctx, E_BAD_VALUE, NOWHERE, "invalid format for ban duration: time: missing unit in duration %s", go_quote(ctx->arena, text));
        ns = unit_ns(at, n);
        if (ns == 0)
            return fail(ctx, E_BAD_VALUE, NOWHERE, "invalid format for ban duration: time: unknown unit %s in duration %s",
                        go_quote(ctx->arena, arena_strndup(ctx->arena, at, n)), go_quote(ctx->arena, text));
        if (!add_term(whole, fraction, ns, &total))
            return invalid(ctx, text);
        at += n;
    }
    *ret_us = (minus ? -(int64_t)total : (int64_t)total) / 1000;
    return OK;
}
