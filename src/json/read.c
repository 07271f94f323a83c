/* read.c: bodies into structs, by field table, token by token. json_check() has passed the text before, so the lexer meets no error here. */
#include <math.h>

#include "base/clock.h"
#include "base/id.h"
#include "json/lex.h"
#include "json/tree.h"

#define MOST_EXACT 9007199254740992.0
enum { VALUE_CAP = 16 << 20, MOST_ROWS = 256 };

/* A value whose first token was taken from the lexer. */
typedef struct Value {
    LexKind kind;
    Str token;
    bool plain; /* a string without escapes */
} Value;

static Value next_value(Lex *lex)
{
    const LexKind kind = lex_next(lex);

    return (Value){ .kind = kind, .token = lex->token, .plain = lex->plain };
}

static bool is_null(const Value *value)
{
    return value->kind == LEX_WORD && value->token.p[0] == 'n';
}

static bool opens(const Value *value, char bracket)
{
    return value->kind == LEX_OPEN && value->token.p[0] == bracket;
}

static char *text_of(Arena *arena, const Value *value)
{
    return value->plain ? str_dup(arena, value->token) : lex_text(arena, value->token);
}

/* To the value's end; gives all of it, as it is written. */
static Str pass(Lex *lex, const Value *value)
{
    const size_t quote = value->kind == LEX_STRING;
    const unsigned depth = lex->depth - 1;

    if (value->kind != LEX_OPEN)
        return (Str){ value->token.p - quote, value->token.n + 2 * quote };
    while (lex->depth > depth && lex_next(lex) > LEX_END) {
    }
    return (Str){ value->token.p, (size_t)(lex->p - value->token.p) };
}

static Err wrong_type(Ctx *ctx, const Field *field, const char *want)
{
    return fail(ctx, E_BAD_TYPE, (ptrdiff_t)field->offset, "%s must be %s", field->name, want);
}

static Err bad_value(Ctx *ctx, const Field *field)
{
    return fail(ctx, E_BAD_VALUE, (ptrdiff_t)field->offset, NULL);
}

static Err read_object(Ctx *ctx, Lex *lex, unsigned mode, const Field *fields, void *out);

static Err read_text(Ctx *ctx, const Field *field, const Value *value, char **member)
{
    char *text;

    if (value->kind == LEX_NUMBER && (field->flags & NUMBER_TOO) != 0) {
        *member = str_dup(ctx->arena, value->token);
        return OK;
    }
    if (value->kind != LEX_STRING)
        return wrong_type(ctx, field, "a string");
    text = text_of(ctx->arena, value);
    if (field->max > 0 && utf8_length(str_of(text)) > field->max)
        return fail(ctx, E_TOO_LONG, (ptrdiff_t)field->offset, NULL);
    *member = text;
    return OK;
}

static Err read_uuid(Ctx *ctx, const Field *field, const Value *value, char **member)
{
    char *uuid;

    if (value->kind != LEX_STRING)
        return wrong_type(ctx, field, "a string");
    uuid = uuid_read(ctx->arena, str_of(text_of(ctx->arena, value)));
    if (uuid == NULL)
        return bad_value(ctx, field);
    *member = uuid;
    return OK;
}

static Err read_document(Ctx *ctx, Lex *lex, const Field *field, const Value *value, char **member)
{
    Buf buf = buf_in(ctx->arena, VALUE_CAP);

    if (field->kind == F_OBJECT_JSON && !opens(value, '{'))
        return wrong_type(ctx, field, "an object");
    json_take(&buf, pass(lex, value));
    return buf_text(&buf, member);
}

static Err read_bool(Ctx *ctx, const Field *field, const Value *value, bool *member)
{
    if (value->kind != LEX_WORD)
        return wrong_type(ctx, field, "a boolean");
    *member = value->token.p[0] == 't';
    return OK;
}

/* A whole number that a double holds exactly counts too, however it is written. */
static bool read_integer(const Value *value, int64_t *ret)
{
    double number;

    if (value->kind != LEX_NUMBER)
        return false;
    if (lex_int64(value->token, ret))
        return true;
    number = lex_double(value->token);
    if (trunc(number) != number || fabs(number) > MOST_EXACT)
        return false;
    *ret = (int64_t)number;
    return true;
}

static Err read_double(Ctx *ctx, const Field *field, const Value *value, double *member)
{
    if (value->kind != LEX_NUMBER)
        return wrong_type(ctx, field, "a number");
    *member = lex_double(value->token);
    return OK;
}

static Err read_bytes(Ctx *ctx, const Field *field, const Value *value, Str *member)
{
    if (value->kind != LEX_STRING)
        return wrong_type(ctx, field, "a string");
    return base64_read(ctx->arena, str_of(text_of(ctx->arena, value)), true, false, member) ? OK : bad_value(ctx, field);
}

static Err read_time(Ctx *ctx, const Field *field, const Value *value, int64_t *member)
{
    if (value->kind != LEX_STRING)
        return wrong_type(ctx, field, "a string");
    return time_read(str_of(text_of(ctx->arena, value)), member) ? OK : bad_value(ctx, field);
}

static Err read_number(Ctx *ctx, const Field *field, const Value *value, int64_t *member)
{
    if (field->kind == F_TIME_US && value->kind == LEX_STRING) /* as PostgreSQL writes it: cheaper there than a number */
        return read_time(ctx, field, value, member);
    if (!read_integer(value, member))
        return wrong_type(ctx, field, "an integer");
    if (field->kind == F_TIME_MS && __builtin_mul_overflow(*member, US_PER_MS, member))
        return bad_value(ctx, field);
    return OK;
}

static Err read_texts(Ctx *ctx, Lex *lex, const Field *field, const Value *value, Texts *texts)
{
    if (!opens(value, '['))
        return wrong_type(ctx, field, "an array");
    for (Value item = next_value(lex); item.kind != LEX_CLOSE; item = next_value(lex)) {
        if (item.kind != LEX_STRING)
            return wrong_type(ctx, field, "an array of strings");
        if (field->max > 0 && texts->n == field->max)
            return fail(ctx, E_TOO_LONG, (ptrdiff_t)field->offset, NULL);
        texts_add(ctx->arena, texts, text_of(ctx->arena, &item));
    }
    return OK;
}

static Err no_object(Ctx *ctx)
{
    return fail(ctx, E_BAD_TYPE, NOWHERE, "an object is wanted here");
}

/* Behind the array's bracket. */
static Err read_structs(Ctx *ctx, Lex *lex, const Field *fields, List *list)
{
    for (Value item = next_value(lex); item.kind != LEX_CLOSE; item = next_value(lex)) {
        void *object = arena_alloc(ctx->arena, field_size(fields));

        if (!opens(&item, '{'))
            return no_object(ctx);
        TRY(read_object(ctx, lex, JSON_IGNORE_UNKNOWN, fields, object));
        list_add(ctx->arena, list, object);
    }
    return OK;
}

static Err read_struct(Ctx *ctx, Lex *lex, const Field *field, const Value *value, void **member)
{
    void *object = arena_alloc(ctx->arena, field_size(field->sub));

    if (!opens(value, '{'))
        return wrong_type(ctx, field, "an object");
    TRY(read_object(ctx, lex, JSON_IGNORE_UNKNOWN, field->sub, object));
    *member = object;
    return OK;
}

static Err read_member(Ctx *ctx, Lex *lex, const Field *field, const Value *value, void *member)
{
    switch (field->kind) {
    case F_TEXT:
    case F_INET:
        return read_text(ctx, field, value, member);
    case F_UUID:
        return read_uuid(ctx, field, value, member);
    case F_JSON:
    case F_OBJECT_JSON:
        return read_document(ctx, lex, field, value, member);
    case F_BOOL:
        return read_bool(ctx, field, value, member);
    case F_DOUBLE:
        return read_double(ctx, field, value, member);
    case F_BYTES:
        return read_bytes(ctx, field, value, member);
    case F_TEXTS:
        return read_texts(ctx, lex, field, value, member);
    case F_OBJECT:
        return read_struct(ctx, lex, field, value, member);
    case F_LIST:
        return opens(value, '[') ? read_structs(ctx, lex, field->sub, member) : wrong_type(ctx, field, "an array");
    case F_TIME:
    case F_TIME_ISO:
        return read_time(ctx, field, value, member);
    default:
        return read_number(ctx, field, value, member);
    }
}

static Err unknown(Ctx *ctx, const char *name)
{
    IGNORE(fail(ctx, E_UNKNOWN_FIELD, NOWHERE, NULL));
    ctx->fault.name = str_of(name);
    return E_UNKNOWN_FIELD;
}

/* Which rows had a value, a bit each. */
typedef struct Seen {
    uint64_t rows[MOST_ROWS / 64];
} Seen;

static bool is_row(const Field *fields, const Field *field)
{
    return field - fields < MOST_ROWS;
}

static void mark(Seen *seen, const Field *fields, const Field *field)
{
    if (is_row(fields, field))
        seen->rows[(field - fields) / 64] |= (uint64_t)1 << (field - fields) % 64;
}

/* The rows are few; one beyond the bits would count as missing, which a test of its table shows. */
static Err check_required(Ctx *ctx, const Seen *seen, const Field *fields)
{
    for (const Field *field = fields; field->kind != F_END; field++)
        if ((field->flags & REQUIRED) != 0 && (!is_row(fields, field) || (seen->rows[(field - fields) / 64] >> (field - fields) % 64 & 1) == 0))
            return fail(ctx, E_MISSING, (ptrdiff_t)field->offset, NULL);
    return OK;
}

static const Field *row_of(const Field *fields, Str name, unsigned mode)
{
    const Field *field = field_named(fields, name);

    return field == NULL && (mode & JSON_ANY_CASE) != 0 ? field_named_nocase(fields, name) : field;
}

static Err read_one(Ctx *ctx, Lex *lex, unsigned mode, const Field *fields, Seen *seen, void *out)
{
    const Value name = { .token = lex->token, .plain = lex->plain }, value = next_value(lex);
    const Str text = name.plain ? name.token : str_of(text_of(ctx->arena, &name));
    const Field *field = row_of(fields, text, mode);
    Given *given = field_given(fields, out);

    if (field == NULL || (field->flags & OUT_ONLY) != 0) {
        pass(lex, &value);
        return (mode & JSON_IGNORE_UNKNOWN) != 0 ? OK : unknown(ctx, str_dup(ctx->arena, text));
    }
    if (given != NULL)
        given_mark(given, field->offset, is_null(&value));
    if (!is_null(&value)) {
        mark(seen, fields, field);
        return read_member(ctx, lex, field, &value, field_in(field, out));
    }
    if (given != NULL && field->kind == F_JSON)
        *(const char **)field_in(field, out) = "null";
    return OK;
}

/* Behind the object's bracket. */
static Err read_object(Ctx *ctx, Lex *lex, unsigned mode, const Field *fields, void *out)
{
    Seen seen = { 0 };

    while (lex_next(lex) == LEX_NAME)
        TRY(read_one(ctx, lex, mode, fields, &seen, out));
    return check_required(ctx, &seen, fields);
}

Err json_read(Ctx *ctx, Str text, unsigned mode, const Field *fields, void *out)
{
    Value value;
    Lex lex;

    if (str_trim(text).n == 0 && (mode & JSON_EMPTY_IS_OBJECT) != 0)
        text = STR("{}");
    TRY(json_check(ctx, text, JSON_DEPTH));
    lex = lex_new(text, JSON_DEPTH);
    value = next_value(&lex);
    if (is_null(&value) && (mode & JSON_NULL_IS_OBJECT) != 0)
        return OK;
    return opens(&value, '{') ? read_object(ctx, &lex, mode, fields, out) : no_object(ctx);
}

Err json_read_list(Ctx *ctx, Str text, const Field *fields, List *ret)
{
    List list = { 0 };
    Value value;
    Lex lex;

    TRY(json_check(ctx, text, JSON_DEPTH));
    lex = lex_new(text, JSON_DEPTH);
    value = next_value(&lex);
    if (!opens(&value, '['))
        return fail(ctx, E_BAD_TYPE, NOWHERE, "an array is wanted here");
    TRY(read_structs(ctx, &lex, fields, &list));
    *ret = list;
    return OK;
}

static Err read_row(Ctx *ctx, Lex *lex, const Field *fields, void *out)
{
    const Field *field = fields;

    for (Value value = next_value(lex); value.kind != LEX_CLOSE; value = next_value(lex)) {
        if (field->kind == F_END)
            return fail(ctx, E_BAD_TYPE, NOWHERE, "an array has more values than its table rows");
        if (!is_null(&value))
            TRY(read_member(ctx, lex, field, &value, field_in(field, out)));
        field++;
    }
    return OK;
}

Err json_read_rows(Ctx *ctx, Str text, const Field *fields, List *ret)
{
    List list = { 0 };
    Value value;
    Lex lex;

    TRY(json_check(ctx, text, JSON_DEPTH));
    lex = lex_new(text, JSON_DEPTH);
    value = next_value(&lex);
    if (!opens(&value, '['))
        return fail(ctx, E_BAD_TYPE, NOWHERE, "an array is wanted here");
    for (value = next_value(&lex); value.kind != LEX_CLOSE; value = next_value(&lex)) {
        void *row = arena_alloc(ctx->arena, field_size(fields));

        if (!opens(&value, '['))
            return fail(ctx, E_BAD_TYPE, NOWHERE, "an array of arrays is wanted here");
        TRY(read_row(ctx, &lex, fields, row));
        list_add(ctx->arena, &list, row);
    }
    *ret = list;
    return OK;
}

/* ---- members as they stand ---- */

static const char *kind_of(const json_t *value)
{
    static const char *const kinds[] = { [JSON_OBJECT] = "object", [JSON_ARRAY] = "array",  [JSON_STRING] = "string", [JSON_INTEGER] = "integer",
                                         [JSON_REAL] = "number",   [JSON_TRUE] = "boolean", [JSON_FALSE] = "boolean", [JSON_NULL] = "null" };

    if (json_is_real(value) && trunc(json_real_value(value)) == json_real_value(value))
        return "integer";
    return kinds[json_typeof(value)];
}

static Err read_as_sent(Ctx *ctx, const char *name, const json_t *value, List *list)
{
    JsonMember *member = ARENA_NEW(ctx->arena, JsonMember);
    Buf buf = buf_in(ctx->arena, VALUE_CAP);
    char *text;

    if (json_is_string(value)) {
        text = arena_strdup(ctx->arena, json_string_value(value));
    } else {
        tree_write(&buf, value);
        TRY(buf_text(&buf, &text));
    }
    *member = (JsonMember){ .name = arena_strdup(ctx->arena, name), .kind = kind_of(value), .text = text };
    list_add(ctx->arena, list, member);
    return OK;
}

Err json_members(Ctx *ctx, Str text, const char **kind, List *ret)
{
    List list = { 0 };
    const char *name;
    json_t *value, *item;
    bool wide;

    TRY(json_check_wide(ctx, text, JSON_DEPTH, &wide));
    value = tree_read_scanned(ctx->arena, text, wide);
    if (value == NULL)
        return fail(ctx, E_BAD_JSON, NOWHERE, "unexpected end of JSON input");
    *kind = kind_of(value);
    json_object_foreach(value, name, item) TRY(read_as_sent(ctx, name, item, &list));
    *ret = list;
    return OK;
}
