/* form.c: query strings, form bodies and path segments: decoded once, strictly. */
#include "base/clock.h"
#include "base/id.h"
#include "json/json.h"

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static Err decode(Ctx *ctx, Str text, bool plus, char **ret)
{
    char *out = arena_alloc(ctx->arena, text.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (c == '%') {
            const int high = i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1;
            const int low = i + 2 < text.n ? hex_digit(text.p[i + 2]) : -1;

            if (high < 0 || low < 0)
                return fail(ctx, E_BAD_REQUEST, NOWHERE, "malformed percent-encoding");
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == '\0')
            return fail(ctx, E_BAD_REQUEST, NOWHERE, "NUL in a value");
        out[n++] = c;
    }
    if (!utf8_valid((Str){ out, n }))
        return fail(ctx, E_BAD_REQUEST, NOWHERE, "a value is no UTF-8");
    *ret = out;
    return OK;
}

Err path_decode(Ctx *ctx, Str text, char **ret)
{
    return decode(ctx, text, false, ret);
}

static Err bad_type(Ctx *ctx, const Field *field)
{
    return fail(ctx, E_BAD_TYPE, (ptrdiff_t)field->offset, NULL);
}

static Err read_bool(Ctx *ctx, const Field *field, const char *text, bool *ret)
{
    if (!text_eq(text, "true") && !text_eq(text, "false") && !text_eq(text, "1") && !text_eq(text, "0"))
        return bad_type(ctx, field);
    *ret = *text == 't' || *text == '1';
    return OK;
}

static Err read_int(Ctx *ctx, const Field *field, const char *text, int64_t *ret)
{
    const bool minus = *text == '-';
    uint64_t n;

    if (!str_to_u64(str_of(text + minus), INT64_MAX, &n))
        return bad_type(ctx, field);
    *ret = minus ? -(int64_t)n : (int64_t)n;
    if (field->kind == F_TIME_MS && __builtin_mul_overflow(*ret, US_PER_MS, ret))
        return bad_type(ctx, field);
    return OK;
}

static Err read_text(Ctx *ctx, const Field *field, char *text, char **ret)
{
    if (field->max > 0 && utf8_length(str_of(text)) > field->max)
        return fail(ctx, E_TOO_LONG, (ptrdiff_t)field->offset, NULL);
    *ret = text;
    return OK;
}

static Err read_texts(Ctx *ctx, const Field *field, const char *text, Texts *texts)
{
    if (field->max > 0 && texts->n == field->max)
        return fail(ctx, E_TOO_LONG, (ptrdiff_t)field->offset, NULL);
    texts_add(ctx->arena, texts, text);
    return OK;
}

static Err read_uuid(Ctx *ctx, const Field *field, const char *text, char **ret)
{
    char *uuid = uuid_read(ctx->arena, str_of(text));

    if (uuid == NULL)
        return fail(ctx, E_BAD_VALUE, (ptrdiff_t)field->offset, NULL);
    *ret = uuid;
    return OK;
}

static Err read_value(Ctx *ctx, const Field *field, char *text, void *member)
{
    switch (field->kind) {
    case F_TEXT:
        return read_text(ctx, field, text, member);
    case F_UUID:
        return read_uuid(ctx, field, text, member);
    case F_BOOL:
        return read_bool(ctx, field, text, member);
    case F_INT:
    case F_TIME_MS:
    case F_TIME_US:
        return read_int(ctx, field, text, member);
    case F_TIME:
    case F_TIME_ISO:
        return time_read(str_of(text), member) ? OK : bad_type(ctx, field);
    case F_TEXTS:
        return read_texts(ctx, field, text, member);
    default:
        return bad_type(ctx, field); /* kinds that a form cannot carry */
    }
}

static Err unknown(Ctx *ctx, const char *name)
{
    IGNORE(fail(ctx, E_UNKNOWN_FIELD, NOWHERE, NULL));
    ctx->fault.name = str_of(name);
    return E_UNKNOWN_FIELD;
}

static Err read_pair(Ctx *ctx, Str pair, unsigned mode, const Field *fields, Given *given, Texts *seen, void *out)
{
    Str rest = pair, name_text = str_cut(&rest, '=');
    const Field *field;
    char *name, *value;

    TRY(decode(ctx, name_text, true, &name));
    TRY(decode(ctx, rest, true, &value));
    field = field_named(fields, str_of(name));
    if (field == NULL || (field->flags & OUT_ONLY) != 0)
        return (mode & FORM_IGNORE_UNKNOWN) != 0 ? OK : unknown(ctx, name);
    for (size_t i = 0; field->kind != F_TEXTS && i < seen->n; i++)
        if (text_eq(seen->v[i], name))
            return (mode & FORM_FIRST) != 0 ? OK : fail(ctx, E_BAD_VALUE, (ptrdiff_t)field->offset, "included more than once");
    if (field->kind != F_TEXTS)
        texts_add(ctx->arena, seen, name);
    if (given != NULL)
        given_mark(given, field->offset, false);
    return read_value(ctx, field, value, field_in(field, out));
}

Err form_read(Ctx *ctx, Str text, unsigned mode, const Field *fields, void *out)
{
    Given *given = field_given(fields, out);
    Texts seen = { 0 };

    while (text.p != NULL) {
        const Str pair = str_cut(&text, '&');

        if (pair.n > 0)
            TRY(read_pair(ctx, pair, mode, fields, given, &seen, out));
    }
    return OK;
}

Err form_value(Ctx *ctx, Str text, const char *name, char **ret)
{
    *ret = NULL;
    while (text.p != NULL) {
        Str value = str_cut(&text, '&');
        const Str name_text = str_cut(&value, '=');
        char *decoded;

        TRY(decode(ctx, name_text, true, &decoded));
        if (text_eq(decoded, name))
            return decode(ctx, value, true, ret);
    }
    return OK;
}

/* ---- pairs ---- */

size_t form_pairs(Ctx *ctx, Str text, FormPair *ret, size_t most)
{
    size_t n = 0;

    while (text.p != NULL && n < most) {
        Str value = str_cut(&text, '&');
        const Str name = str_cut(&value, '=');
        char *decoded_name, *decoded;

        if (name.n > 0 && decode(ctx, name, true, &decoded_name) == OK && decode(ctx, value.p == NULL ? STR("") : value, true, &decoded) == OK)
            ret[n++] = (FormPair){ decoded_name, decoded };
    }
    return n;
}

void form_write_text(Buf *buf, const char *text)
{
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;

        if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || strchr("-_.~", *text) != NULL)
            buf_char(buf, *text);
        else if (c == ' ')
            buf_char(buf, '+');
        else
            buf_printf(buf, "%%%02X", c);
    }
}

void form_write(Buf *buf, const FormPair *pairs, size_t n)
{
    bool first = true;

    for (size_t i = 0; i < n; i++) {
        if (pairs[i].value == NULL)
            continue;
        if (!first)
            buf_char(buf, '&');
        first = false;
        form_write_text(buf, pairs[i].name);
        buf_char(buf, '=');
        form_write_text(buf, pairs[i].value);
    }
}

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const FormPair *)a)->name, ((const FormPair *)b)->name);
}

void form_sort(FormPair *pairs, size_t n)
{
    if (n > 1)
        qsort(pairs, n, sizeof(*pairs), compare_pairs);
}
