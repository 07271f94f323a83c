/* read.c: bodies into structs, by field table. The scan has refused what is malformed before jansson sees a byte. */
#include <math.h>

#include "base/clock.h"
#include "base/id.h"
#include "json/lex.h"
#include "json/tree.h"

#define MOST_EXACT 9007199254740992.0
enum { VALUE_CAP = 16 << 20 };

static Err wrong_type(Ctx *ctx, const Field *field, const char *want)
{
    return fail(ctx, E_BAD_TYPE, (ptrdiff_t)field->offset, "%s must be %s", field->name, want);
}

static Err read_object(Ctx *ctx, const json_t *object, unsigned mode, const Field *fields, void *out);

static Err read_text(Ctx *ctx, const Field *field, const json_t *value, void *member)
{
    if (!json_is_string(value))
        return wrong_type(ctx, field, "a string");
    if (field->max > 0 && utf8_length((Str){ json_string_value(value), json_string_length(value) }) > field->max)
        return fail(ctx, E_TOO_LONG, (ptrdiff_t)field->offset, NULL);
    *(char **)member = arena_strndup(ctx->arena, json_string_value(value), json_string_length(value));
    return OK;
}

static Err read_uuid(Ctx *ctx, const Field *field, const json_t *value, char **member)
{
    char *uuid;

    if (!json_is_string(value))
        return wrong_type(ctx, field, "a string");
    uuid = uuid_read(ctx->arena, str_of(json_string_value(value)));
    if (uuid == NULL)
        return fail(ctx, E_BAD_VALUE, (ptrdiff_t)field->offset, NULL);
    *member = uuid;
    return OK;
}

static Err read_document(Ctx *ctx, const Field *field, const json_t *value, void *member)
{
    Buf buf = buf_in(ctx->arena, VALUE_CAP);

    if (field->kind == F_OBJECT_JSON && !json_is_object(value))
        return wrong_type(ctx, field, "an object");
    tree_write(&buf, value);
    return buf_text(&buf, member);
}

/* A whole number that a double holds exactly counts too: beside an integer beyond 64 bits jansson reads all of them as doubles.
 */
static bool read_integer(const json_t *value, int64_t *ret)
{
    const double number = json_number_value(value);

    if (json_is_integer(value))
        *ret = json_integer_value(value);
    else if (json_is_real(value) && trunc(number) == number && fabs(number) <= MOST_EXACT)
        *ret = (int64_t)number;
    else
        return false;
    return true;
}

static Err read_time(Ctx *ctx, const Field *field, const json_t *value, int64_t *member)
{
    if (field->kind == F_TIME || field->kind == F_TIME_ISO) {
        if (!json_is_string(value))
            return wrong_type(ctx, field, "a string");
        return time_read(str_of(json_string_value(value)), member) ? OK : fail(ctx, E_BAD_VALUE, (ptrdiff_t)field->offset, NULL);
    }
    if (!read_integer(value, member))
        return wrong_type(ctx, field, "an integer");
    if (field->kind == F_TIME_MS && __builtin_mul_overflow(*member, US_PER_MS, member))
        return fail(ctx, E_BAD_VALUE, (ptrdiff_t)field->offset, NULL);
    return OK;
}

static Err read_texts(Ctx *ctx, const Field *field, const json_t *value, Texts *texts)
{
    if (!json_is_array(value))
        return wrong_type(ctx, field, "an array");
    if (field->max > 0 && json_array_size(value) > field->max)
        return fail(ctx, E_TOO_LONG, (ptrdiff_t)field->offset, NULL);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);

        if (!json_is_string(item))
            return wrong_type(ctx, field, "an array of strings");
        texts_add(ctx->arena, texts, arena_strdup(ctx->arena, json_string_value(item)));
    }
    return OK;
}

static Err read_struct(Ctx *ctx, const Field *field, const json_t *value, void **member)
{
    void *object = arena_alloc(ctx->arena, field_size(field->sub));

    if (!json_is_object(value))
        return wrong_type(ctx, field, "an object");
    TRY(read_object(ctx, value, JSON_IGNORE_UNKNOWN, field->sub, object));
    *member = object;
    return OK;
}

static Err read_structs(Ctx *ctx, const json_t *array, const Field *fields, List *list)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        void *object = arena_alloc(ctx->arena, field_size(fields));

        TRY(read_object(ctx, json_array_get(array, i), JSON_IGNORE_UNKNOWN, fields, object));
        list_add(ctx->arena, list, object);
    }
    return OK;
}

static Err read_member(Ctx *ctx, const Field *field, const json_t *value, void *member)
{
    Str text;

    switch (field->kind) {
    case F_TEXT:
    case F_INET:
        return read_text(ctx, field, value, member);
    case F_UUID:
        return read_uuid(ctx, field, value, member);
    case F_JSON:
    case F_OBJECT_JSON:
        return read_document(ctx, field, value, member);
    case F_BOOL:
        *(bool *)member = json_is_true(value);
        return json_is_boolean(value) ? OK : wrong_type(ctx, field, "a boolean");
    case F_INT:
        return read_integer(value, member) ? OK : wrong_type(ctx, field, "an integer");
    case F_DOUBLE:
        *(double *)member = json_number_value(value);
        return json_is_number(value) ? OK : wrong_type(ctx, field, "a number");
    case F_BYTES:
        text = str_of(json_string_value(value));
        if (!json_is_string(value))
            return wrong_type(ctx, field, "a string");
        return base64_read(ctx->arena, text, true, false, member) ? OK : fail(ctx, E_BAD_VALUE, (ptrdiff_t)field->offset, NULL);
    case F_TEXTS:
        return read_texts(ctx, field, value, member);
    case F_OBJECT:
        return read_struct(ctx, field, value, member);
    case F_LIST:
        return json_is_array(value) ? read_structs(ctx, value, field->sub, member) : wrong_type(ctx, field, "an array");
    default:
        return read_time(ctx, field, value, member);
    }
}

static Err read_one(Ctx *ctx, const Field *fields, unsigned mode, const char *name, const json_t *value, Given *given, void *out)
{
    const Field *field = field_named(fields, str_of(name));

    if (field == NULL && (mode & JSON_ANY_CASE) != 0)
        field = field_named_nocase(fields, str_of(name));
    if (field == NULL || (field->flags & OUT_ONLY) != 0) {
        if ((mode & JSON_IGNORE_UNKNOWN) != 0)
            return OK;
        IGNORE(fail(ctx, E_UNKNOWN_FIELD, NOWHERE, NULL));
        ctx->fault.name = str_of(arena_strdup(ctx->arena, name));
        return E_UNKNOWN_FIELD;
    }
    if (given != NULL)
        given_mark(given, field->offset, json_is_null(value));
    if (json_is_null(value)) {
        if (given != NULL && field->kind == F_JSON)
            *(const char **)field_in(field, out) = "null";
        return OK;
    }
    return read_member(ctx, field, value, field_in(field, out));
}

static bool is_absent(const json_t *value)
{
    return value == NULL || json_is_null(value);
}

static Err check_required(Ctx *ctx, const json_t *object, const Field *fields)
{
    for (; fields->kind != F_END; fields++)
        if ((fields->flags & REQUIRED) != 0 && is_absent(json_object_get(object, fields->name)))
            return fail(ctx, E_MISSING, (ptrdiff_t)fields->offset, NULL);
    return OK;
}

static Err read_object(Ctx *ctx, const json_t *object, unsigned mode, const Field *fields, void *out)
{
    Given *given = field_given(fields, out);
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return fail(ctx, E_BAD_TYPE, NOWHERE, "an object is wanted here");
    json_object_foreach((json_t *)(uintptr_t)object, name, value) TRY(read_one(ctx, fields, mode, name, value, given, out));
    return check_required(ctx, object, fields);
}

/* The value lives in jansson's memory until the request ends, whichever way it ends. */
static Err parse(Ctx *ctx, Str text, json_t **ret)
{
    bool wide;

    TRY(json_check_wide(ctx, text, JSON_DEPTH, &wide));
    *ret = tree_read_scanned(ctx->arena, text, wide);
    return *ret == NULL ? fail(ctx, E_BAD_JSON, NOWHERE, "unexpected end of JSON input") : OK;
}

Err json_read(Ctx *ctx, Str text, unsigned mode, const Field *fields, void *out)
{
    json_t *value;

    if (str_trim(text).n == 0 && (mode & JSON_EMPTY_IS_OBJECT) != 0)
        text = STR("{}");
    TRY(parse(ctx, text, &value));
    if (json_is_null(value) && (mode & JSON_NULL_IS_OBJECT) != 0)
        return OK;
    return read_object(ctx, value, mode, fields, out);
}

Err json_read_list(Ctx *ctx, Str text, const Field *fields, List *ret)
{
    List list = { 0 };
    json_t *value;

    TRY(parse(ctx, text, &value));
    if (!json_is_array(value))
        return fail(ctx, E_BAD_TYPE, NOWHERE, "an array is wanted here");
    TRY(read_structs(ctx, value, fields, &list));
    *ret = list;
    return OK;
}

/* ---- members as they stand ---- */

static const char *kind_of(const json_t *value)
{
    static const char *const kinds[] = {
        [JSON_OBJECT] = "object", [JSON_ARRAY] = "array",  [JSON_STRING] = "string", [JSON_INTEGER] = "integer",
        [JSON_REAL] = "number",   [JSON_TRUE] = "boolean", [JSON_FALSE] = "boolean", [JSON_NULL] = "null"
    };

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

    TRY(parse(ctx, text, &value));
    *kind = kind_of(value);
    json_object_foreach(value, name, item) TRY(read_as_sent(ctx, name, item, &list));
    *ret = list;
    return OK;
}
