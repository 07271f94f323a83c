/* field.c: looking up rows of a field table. */
#include "field.h"

size_t field_size(const Field *fields)
{
    while (fields->kind != F_END)
        fields++;
    return fields->offset;
}

const Field *field_named(const Field *fields, Str name)
{
    for (; fields->kind != F_END; fields++) /* most differ in their first letter */
        if (fields->name != NULL && (name.n == 0 || *fields->name == *name.p) && str_eq(str_of(fields->name), name))
            return fields;
    return NULL;
}

const Field *field_named_nocase(const Field *fields, Str name)
{
    for (; fields->kind != F_END; fields++)
        if (fields->name != NULL && str_eq_nocase(str_of(fields->name), name))
            return fields;
    return NULL;
}

const Field *field_at(const Field *fields, size_t offset)
{
    for (; fields->kind != F_END; fields++)
        if (fields->offset == offset && fields->kind != F_GIVEN)
            return fields;
    return NULL;
}

Given *field_given(const Field *fields, void *object)
{
    for (; fields->kind != F_END; fields++)
        if (fields->kind == F_GIVEN)
            return field_in(fields, object);
    return NULL;
}

bool field_null(const Field *field, const void *object)
{
    const void *member = field_of(field, object);

    switch (field->kind) {
    case F_TEXT:
    case F_UUID:
    case F_INET:
    case F_JSON:
    case F_OBJECT_JSON:
    case F_OBJECT:
        return *(const void *const *)member == NULL;
    case F_TIME:
    case F_TIME_MS:
    case F_TIME_ISO:
    case F_TIME_US:
        return *(const int64_t *)member == 0;
    case F_BYTES:
        return ((const Str *)member)->p == NULL;
    case F_TEXTS:
        return ((const Texts *)member)->n == 0;
    case F_LIST:
        return ((const List *)member)->n == 0;
    default:
        return false;
    }
}

/* Both lists are an array of pointers and a count; the array is full when the count is 0 or a power of two. */
static void *grow(Arena *arena, void *v, size_t n)
{
    void **more;

    if ((n & (n - 1)) != 0)
        return v;
    more = ARENA_ARRAY(arena, void *, n == 0 ? 1 : n * 2);
    if (n > 0)
        memcpy(more, v, n * sizeof(void *));
    return more;
}

void texts_add(Arena *arena, Texts *texts, const char *text)
{
    texts->v = grow(arena, texts->v, texts->n);
    texts->v[texts->n++] = text;
}

void list_add(Arena *arena, List *list, void *item)
{
    list->v = grow(arena, list->v, list->n);
    list->v[list->n++] = item;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

Texts texts_sorted(Arena *arena, const Texts *texts)
{
    Texts ret = { 0 };

    for (size_t i = 0; i < texts->n; i++)
        texts_add(arena, &ret, texts->v[i]);
    if (ret.n > 1)
        qsort(ret.v, ret.n, sizeof(*ret.v), compare_texts);
    return ret;
}
