/* pg_bind.c: parameters in libpq's form: binary where that is cheaper than text, by the type that the statement wants. */
#include <endian.h>

#include "base/id.h"
#include "base/log.h"
#include "db/pg.h"

static void drop_owned(Params *params)
{
    for (int i = 0; i < params->n; i++) {
        free(params->owned[i]);
        params->owned[i] = NULL;
    }
    params->n = 0;
}

void params_free(Params *params)
{
    drop_owned(params);
    free(params->types);
    free(params->values);
    free(params->lengths);
    free(params->formats);
    free(params->cells);
    free(params->owned);
    *params = (Params){ 0 };
}

static void *more(void *p, int n, size_t size)
{
    void *ret = reallocarray(p, (size_t)n, size);

    if (ret == NULL)
        out_of_memory();
    return ret;
}

static void params_room(Params *params, int n)
{
    if (n <= params->size)
        return;
    params->types = more(params->types, n, sizeof(*params->types));
    params->values = more(params->values, n, sizeof(*params->values));
    params->lengths = more(params->lengths, n, sizeof(*params->lengths));
    params->formats = more(params->formats, n, sizeof(*params->formats));
    params->cells = more(params->cells, n, sizeof(*params->cells));
    params->owned = more(params->owned, n, sizeof(*params->owned));
    memset(params->owned, 0, (size_t)n * sizeof(*params->owned));
    params->size = n;
}

/* ---- values ---- */

static void put(Params *params, int i, const void *value, size_t length, bool binary)
{
    params->values[i] = value;
    params->lengths[i] = (int)length;
    params->formats[i] = binary;
}

static void put_bytes(Params *params, int i, const void *bytes, size_t n)
{
    memcpy(params->cells[i], bytes, n);
    put(params, i, params->cells[i], n, true);
}

static Err put_number(Params *params, int i, Oid type, int64_t n)
{
    const uint64_t wide = htobe64((uint64_t)n);
    const uint32_t middle = htobe32((uint32_t)n);
    const uint16_t narrow = htobe16((uint16_t)n);

    if ((type == OID_INT4 && n != (int32_t)n) || (type == OID_INT2 && n != (int16_t)n))
        return E_BAD_VALUE;
    if (type == OID_INT8)
        put_bytes(params, i, &wide, sizeof(wide));
    else if (type == OID_INT4)
        put_bytes(params, i, &middle, sizeof(middle));
    else if (type == OID_INT2)
        put_bytes(params, i, &narrow, sizeof(narrow));
    else
        put(params, i, params->cells[i], (size_t)snprintf(params->cells[i], sizeof(params->cells[i]), "%lld", (long long)n), false);
    return OK;
}

static Err put_time(Params *params, int i, Oid type, int64_t us)
{
    return put_number(params, i, OID_INT8, type == OID_TIMESTAMPTZ || type == OID_TIMESTAMP ? us - PG_EPOCH_US : us);
}

static void put_double(Params *params, int i, double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof(bits));
    bits = htobe64(bits);
    put_bytes(params, i, &bits, sizeof(bits));
}

/* Text goes as text, whatever the type: the server reads it. A uuid is shorter in binary. */
static void put_text(Params *params, int i, Oid type, const char *text)
{
    uint8_t bytes[UUID_BYTES];

    if (text == NULL) {
        put(params, i, NULL, 0, false);
    } else if (type == OID_UUID && uuid_valid(str_of(text))) {
        uuid_to_bytes(text, bytes);
        put_bytes(params, i, bytes, sizeof(bytes));
    } else {
        put(params, i, text, strlen(text), false);
    }
}

/* {"a","b"}, with quotes and backslashes escaped. */
static void put_texts(Params *params, int i, const Texts *texts)
{
    size_t size = 3, n = 0;
    char *array;

    for (size_t k = 0; k < texts->n; k++)
        size += 2 * strlen(texts->v[k]) + 3;
    array = params->owned[i] = more(NULL, (int)size, 1);
    array[n++] = '{';
    for (size_t k = 0; k < texts->n; k++) {
        array[n++] = '"';
        for (const char *c = texts->v[k]; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                array[n++] = '\\';
            array[n++] = *c;
        }
        array[n++] = '"';
        if (k + 1 < texts->n)
            array[n++] = ',';
    }
    array[n++] = '}';
    array[n] = '\0';
    put(params, i, array, n, false);
}

static Err put_member(Params *params, int i, Oid type, const Field *field, const void *object)
{
    const void *member = field_of(field, object);

    if (field->kind != F_TEXTS && field_null(field, object)) {
        put(params, i, NULL, 0, false);
        return OK;
    }
    switch (field->kind) {
    case F_BOOL:
        if (type != OID_BOOL)
            return put_number(params, i, type, *(const bool *)member);
        put_bytes(params, i, member, 1);
        return OK;
    case F_INT:
        return put_number(params, i, type, *(const int64_t *)member);
    case F_TIME:
    case F_TIME_MS:
    case F_TIME_ISO:
    case F_TIME_US:
        return put_time(params, i, type, *(const int64_t *)member);
    case F_DOUBLE:
        put_double(params, i, *(const double *)member);
        return OK;
    case F_BYTES:
        put(params, i, ((const Str *)member)->p, ((const Str *)member)->n, true);
        return OK;
    case F_TEXTS:
        put_texts(params, i, member);
        return OK;
    default:
        put_text(params, i, type, *(const char *const *)member);
        return OK;
    }
}

/* ---- lists: an array for each parameter ---- */

static const struct {
    Oid array, element;
} array_rows[] = { { OID_TEXTS, OID_TEXT }, { OID_INT8S, OID_INT8 }, { OID_UUIDS, OID_UUID }, { OID_TIMESTAMPTZS, OID_TIMESTAMPTZ },
                   { OID_BOOLS, OID_BOOL }, { OID_JSONS, OID_JSON } };

/* 0: an array that no list is of. */
static Oid element_of(Oid array)
{
    for (size_t i = 0; i < COUNTOF(array_rows); i++)
        if (array_rows[i].array == array)
            return array_rows[i].element;
    return 0;
}

static size_t add_word(char *array, size_t at, uint32_t word)
{
    word = htobe32(word);
    memcpy(array + at, &word, sizeof(word));
    return at + sizeof(word);
}

/* Dimensions, flags, type, count, lower bound (array_recv()). */
static void put_head(char *array, bool nulls, Oid element, size_t n)
{
    const uint32_t words[] = { 1, nulls, element, (uint32_t)n, 1 };

    for (size_t i = 0; i < COUNTOF(words); i++)
        (void)add_word(array, i * sizeof(*words), words[i]);
}

/* The parameter of each in the list, in binary. */
static Err put_list(Params *params, int i, Oid type, const Work *work)
{
    const Work *const *list = work->list == NULL ? &work : work->list;
    const size_t n = work->list == NULL ? 1 : work->n_list;
    const Oid element = element_of(type);
    const Field *field = NULL;
    size_t at = 20, size = 0;
    char *array = NULL;
    bool nulls = false;

    if (element == 0)
        return E_DB;
    for (size_t k = 0; k < n; k++) {
        if (k == 0 || list[k]->param_cols != list[k - 1]->param_cols)
            field = work_param(list[k], work->stmt->params[i]);
        TRY(put_member(params, i, element, field, list[k]->params));
        if (at + 4 + (size_t)params->lengths[i] > size) {
            size = (at + 4 + (size_t)params->lengths[i]) * 2;
            array = params->owned[i] = more(array, (int)size, 1);
        }
        at = add_word(array, at, params->values[i] == NULL ? UINT32_MAX : (uint32_t)params->lengths[i]);
        if (params->values[i] != NULL)
            memcpy(array + at, params->values[i], (size_t)params->lengths[i]);
        at += (size_t)params->lengths[i];
        nulls = nulls || params->values[i] == NULL;
    }
    put_head(array, nulls, element, n);
    put(params, i, array, at, true);
    return OK;
}

/* ---- a built query: its values say their types ---- */

static Err put_value(Params *params, int i, const Value *value)
{
    const char truth = value->number != 0;

    switch (value->kind) {
    case F_INT:
        params->types[i] = OID_INT8;
        return put_number(params, i, OID_INT8, value->number);
    case F_TIME:
        params->types[i] = OID_TIMESTAMPTZ;
        return put_time(params, i, OID_TIMESTAMPTZ, value->number);
    case F_BOOL:
        params->types[i] = OID_BOOL;
        put_bytes(params, i, &truth, 1);
        return OK;
    case F_DOUBLE:
        params->types[i] = OID_FLOAT8;
        put_double(params, i, value->real);
        return OK;
    default:
        params->types[i] = value->kind == F_UUID ? OID_UUID : OID_TEXT;
        put_text(params, i, params->types[i], value->text);
        return OK;
    }
}

Err params_bind(Params *params, const Work *work, const Shape *shape)
{
    const int n = work->query != NULL ? (int)work->query->n : shape->n;
    Err err = OK;

    drop_owned(params);
    params_room(params, n);
    params->n = n;
    for (int i = 0; i < n && err == OK; i++)
        if (work->query != NULL)
            err = put_value(params, i, &work->query->values[i]);
        else if ((work->stmt->flags & STMT_LISTS) != 0)
            err = put_list(params, i, shape->types[i], work);
        else
            err = put_member(params, i, shape->types[i], work_param(work, work->stmt->params[i]), work->params);
    return err;
}
