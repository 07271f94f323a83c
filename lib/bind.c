/* bind.c: the wire tables of a dialect, turned to the members of the library's public structs. */
#include "base/clock.h"
#include "internal.h"
#include "json/json.h"

size_t bind_size(const Bind *bind)
{
    while (bind->type != B_END)
        bind++;
    return bind->offset;
}

/* Without a row on the wire, or with one that says nothing narrower. */
static const FieldKind plain_kinds[] = {
    [B_TEXT] = F_TEXT,     [B_BOOL] = F_BOOL,       [B_INT] = F_INT,         [B_TEXTS] = F_TEXTS,   [B_LIST] = F_LIST,
    [B_OBJECT] = F_OBJECT, [B_GIVEN_TEXT] = F_TEXT, [B_GIVEN_BOOL] = F_BOOL, [B_GIVEN_INT] = F_INT, [B_GIVEN_TEXTS] = F_TEXTS,
};

static FieldKind kind_of(const Bind *bind, const Field *row)
{
    const FieldKind plain = plain_kinds[bind->type], kind = row == NULL ? plain : row->kind;

    if (plain == F_TEXT)
        return kind == F_OBJECT ? F_JSON : kind;
    if (plain == F_INT)
        return kind == F_JSON ? F_INT : kind;
    return plain;
}

static const Field *row_of(const Field *wire, const Bind *bind)
{
    return wire == NULL ? NULL : field_named(wire, str_of(bind->name));
}

const Field *bind_table(Arena *arena, const Field *wire, const Bind *bind)
{
    size_t n = 0;
    Field *table;

    while (bind[n].type != B_END)
        n++;
    table = ARENA_ARRAY(arena, Field, n + 1);
    for (size_t i = 0; i < n; i++) {
        const Field *row = row_of(wire, &bind[i]);

        table[i] = (Field){ .name = bind[i].name, .kind = kind_of(&bind[i], row), .offset = bind[i].offset, .flags = bind[i].flags };
        if (bind[i].sub != NULL)
            table[i].sub = bind_table(arena, row != NULL && row->sub != NULL ? row->sub : bind[i].wire, bind[i].sub);
    }
    table[n] = (Field){ .kind = F_END, .offset = bind[n].offset };
    return table;
}

/* ---- what goes out ---- */

/* Every value begins so: the Hecate… structs of inputs. */
static HecateGiven given_of(const Bind *bind, const void *in)
{
    HecateGiven given;

    memcpy(&given, (const char *)in + bind->offset, sizeof(given));
    return given;
}

static Err refuse(Ctx *ctx, const Bind *bind, const char *why)
{
    return fail(ctx, E_BAD_VALUE, NOWHERE, "%s %s", bind->name, why);
}

static Err check_text(Ctx *ctx, const Bind *bind, const char *text)
{
    if (text == NULL)
        return refuse(ctx, bind, "has no value");
    return utf8_valid(str_of(text)) ? OK : refuse(ctx, bind, "is not UTF-8");
}

static Err check_document(Ctx *ctx, const Bind *bind, const char *text)
{
    TRY(check_text(ctx, bind, text));
    if (json_check(ctx, str_of(text), JSON_DEPTH) != OK)
        return refuse(ctx, bind, ctx->fault.text == NULL ? "is not JSON" : arena_printf(ctx->arena, "is not JSON: %s", ctx->fault.text));
    return *str_trim(str_of(text)).p == '{' ? OK : refuse(ctx, bind, "is not a JSON object");
}

static Err check_texts(Ctx *ctx, const Bind *bind, const HecateTexts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        TRY(check_text(ctx, bind, texts->items[i]));
    return OK;
}

/* A number, or a time in the wire's form. */
static Err write_int(Ctx *ctx, Buf *buf, const Bind *bind, FieldKind kind, int64_t value)
{
    enum { YEAR_0 = -62167219200, YEAR_10000 = 253402300800 };

    if (kind == F_TIME_MS)
        value /= US_PER_MS;
    if (kind != F_TIME && kind != F_TIME_ISO) {
        buf_int(buf, value);
        return OK;
    }
    if (value < YEAR_0 * US_PER_S || value >= YEAR_10000 * US_PER_S)
        return refuse(ctx, bind, "is not a time that can be written");
    time_write(buf, value, kind == F_TIME_ISO ? 3 : -1);
    return OK;
}

static Err write_time(Ctx *ctx, Buf *buf, const Bind *bind, FieldKind kind, int64_t value)
{
    const bool quoted = kind == F_TIME || kind == F_TIME_ISO;

    if (quoted)
        buf_char(buf, '"');
    TRY(write_int(ctx, buf, bind, kind, value));
    if (quoted)
        buf_char(buf, '"');
    return OK;
}

static Err write_texts(Ctx *ctx, Buf *buf, const Bind *bind, const HecateTexts *texts)
{
    TRY(check_texts(ctx, bind, texts));
    buf_char(buf, '[');
    for (size_t i = 0; i < texts->count; i++) {
        buf_puts(buf, i == 0 ? "" : ",");
        json_write_string(buf, texts->items[i], JSON_PLAIN);
    }
    buf_char(buf, ']');
    return OK;
}

static Err write_value(Ctx *ctx, Buf *buf, const Bind *bind, FieldKind kind, const void *member)
{
    const char *text;

    switch (bind->type) {
    case B_GIVEN_BOOL:
        buf_puts(buf, ((const HecateBool *)member)->value ? "true" : "false");
        return OK;
    case B_GIVEN_INT:
        return write_time(ctx, buf, bind, kind, ((const HecateInt *)member)->value);
    case B_GIVEN_TEXTS:
        return write_texts(ctx, buf, bind, member);
    default:
        text = ((const HecateText *)member)->value;
    }
    if (kind == F_JSON || kind == F_OBJECT_JSON) {
        TRY(check_document(ctx, bind, text));
        buf_puts(buf, text);
        return OK;
    }
    TRY(check_text(ctx, bind, text));
    json_write_string(buf, text, JSON_PLAIN);
    return OK;
}

Err bind_write_body(Ctx *ctx, Buf *buf, const Field *wire, const Bind *bind, const void *in)
{
    bool first = true;

    buf_char(buf, '{');
    for (; bind->type != B_END; bind++) {
        const HecateGiven given = given_of(bind, in);

        if (given == HECATE_ABSENT)
            continue;
        buf_printf(buf, "%s\"%s\":", first ? "" : ",", bind->name);
        first = false;
        if (given == HECATE_NULL)
            buf_puts(buf, "null");
        else
            TRY(write_value(ctx, buf, bind, kind_of(bind, row_of(wire, bind)), (const char *)in + bind->offset));
    }
    buf_char(buf, '}');
    return OK;
}

void percent_write(Buf *buf, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL) {
            buf_char(buf, (char)c);
        } else {
            buf_char(buf, '%');
            buf_char(buf, digits[c >> 4]);
            buf_char(buf, digits[c & 15]);
        }
    }
}

static Err query_pair(Ctx *ctx, Buf *buf, const Bind *bind, const char *value)
{
    TRY(check_text(ctx, bind, value));
    buf_printf(buf, "%s%s=", buf->len == 0 ? "" : "&", bind->name);
    percent_write(buf, value);
    return OK;
}

static Err query_value(Ctx *ctx, Buf *buf, const Bind *bind, FieldKind kind, const void *member)
{
    const HecateTexts *texts = member;
    Buf number = buf_in(ctx->arena, 64);
    char *text;

    if (bind->type == B_GIVEN_TEXT)
        return query_pair(ctx, buf, bind, ((const HecateText *)member)->value);
    if (bind->type == B_GIVEN_BOOL)
        return query_pair(ctx, buf, bind, ((const HecateBool *)member)->value ? "true" : "false");
    if (bind->type == B_GIVEN_TEXTS) {
        for (size_t i = 0; i < texts->count; i++)
            TRY(query_pair(ctx, buf, bind, texts->items[i]));
        return OK;
    }
    TRY(write_int(ctx, &number, bind, kind, ((const HecateInt *)member)->value));
    TRY(buf_text(&number, &text));
    return query_pair(ctx, buf, bind, text);
}

/* A null has no form in a query: it is as absent. */
Err bind_write_query(Ctx *ctx, Buf *buf, const Field *wire, const Bind *bind, const void *in)
{
    for (; bind->type != B_END; bind++)
        if (given_of(bind, in) == HECATE_VALUE)
            TRY(query_value(ctx, buf, bind, kind_of(bind, row_of(wire, bind)), (const char *)in + bind->offset));
    return OK;
}
