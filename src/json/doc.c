/* doc.c: documents: their canonical form, merging, single members. */
#include "json/lex.h"
#include "json/tree.h"

enum { DOC_CAP = 16 << 20 };

json_t *tree_read(Str text)
{
    bool wide = false;

    if (!json_scan(text, JSON_DEPTH, &wide))
        return NULL;
    return json_loadb(text.p, text.n, JSON_DECODE_ANY | (wide ? JSON_DECODE_INT_AS_REAL : 0), NULL);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The object's names in bytewise order, on the heap. */
static const char **sorted_names(const json_t *object, size_t n)
{
    const char **names = malloc((n + 1) * sizeof(*names));
    size_t i = 0;

    if (names == NULL)
        abort();
    for (void *at = json_object_iter((json_t *)(uintptr_t)object); at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)object, at))
        names[i++] = json_object_iter_key(at);
    qsort(names, n, sizeof(*names), compare_names);
    return names;
}

static void write_object(Buf *buf, const json_t *object, JsonStyle style, bool sort)
{
    const size_t n = json_object_size(object);
    const char **names = sort ? sorted_names(object, n) : NULL;
    void *at = json_object_iter((json_t *)(uintptr_t)object);

    buf_char(buf, '{');
    for (size_t i = 0; i < n; i++) {
        const char *name = sort ? names[i] : json_object_iter_key(at);

        if (i > 0)
            buf_char(buf, ',');
        json_write_string(buf, name, style);
        buf_char(buf, ':');
        tree_write(buf, sort ? json_object_get(object, name) : json_object_iter_value(at), style, sort);
        if (!sort)
            at = json_object_iter_next((json_t *)(uintptr_t)object, at);
    }
    buf_char(buf, '}');
    free(names);
}

static void write_array(Buf *buf, const json_t *array, JsonStyle style, bool sort)
{
    buf_char(buf, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            buf_char(buf, ',');
        tree_write(buf, json_array_get(array, i), style, sort);
    }
    buf_char(buf, ']');
}

void tree_write(Buf *buf, const json_t *value, JsonStyle style, bool sort)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(buf, value, style, sort);
        break;
    case JSON_ARRAY:
        write_array(buf, value, style, sort);
        break;
    case JSON_STRING:
        json_write_string(buf, json_string_value(value), style);
        break;
    case JSON_INTEGER:
        if (sort)
            json_write_double(buf, (double)json_integer_value(value));
        else
            buf_int(buf, json_integer_value(value));
        break;
    case JSON_REAL:
        json_write_double(buf, json_real_value(value));
        break;
    default:
        buf_puts(buf, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
        break;
    }
}

/* ---- canonical form ---- */

static void rewrite(Buf *buf, const char *doc, JsonStyle style, bool sort)
{
    json_t *value CLEANUP(tree_freep) = doc == NULL ? NULL : tree_read(str_of(doc));

    if (value == NULL)
        buf_puts(buf, "{}");
    else
        tree_write(buf, value, style, sort);
}

void json_canon(Buf *buf, const char *doc, JsonStyle style)
{
    if (doc != NULL && doc[0] == '{' && doc[1] == '}' && doc[2] == '\0')
        buf_puts(buf, "{}");
    else
        rewrite(buf, doc, style, true);
}

void json_compact(Buf *buf, const char *doc)
{
    rewrite(buf, doc, JSON_PLAIN, false);
}

size_t json_size(const char *doc)
{
    Buf buf CLEANUP(buf_free) = buf_heap(DOC_CAP);

    json_compact(&buf, doc);
    return buf.len;
}

/* ---- changing ---- */

static char *tree_text(Arena *arena, const json_t *value)
{
    Buf buf = buf_in(arena, DOC_CAP);
    char *text = "{}";

    tree_write(&buf, value, JSON_PLAIN, false);
    IGNORE(buf_text(&buf, &text)); /* over the cap: the arena has ended the request before */
    return text;
}

/* The document as an object of one's own; an empty one if it is none. */
static json_t *object_of(const char *doc)
{
    json_t *value = doc == NULL ? NULL : tree_read(str_of(doc));

    if (json_is_object(value))
        return value;
    json_decref(value);
    return json_object();
}

static void merge_into(json_t *object, json_t *change, bool deep)
{
    const char *name;
    json_t *value;

    json_object_foreach (change, name, value) {
        json_t *old = json_object_get(object, name);

        if (json_is_null(value)) {
            json_object_del(object, name);
        } else if (deep && json_is_object(value)) {
            if (!json_is_object(old)) {
                old = json_object();
                json_object_set_new(object, name, old);
            }
            merge_into(old, value, true);
        } else {
            json_object_set(object, name, value);
        }
    }
}

char *json_merge(Arena *arena, const char *doc, const char *change, MergeMode mode)
{
    json_t *object CLEANUP(tree_freep) = object_of(doc), *more CLEANUP(tree_freep) = object_of(change);

    if (mode == MERGE_REPLACE)
        return tree_text(arena, more);
    if (mode == MERGE_TOP_CLEAR && json_object_size(more) == 0)
        return arena_strdup(arena, "{}");
    merge_into(object, more, mode == MERGE_DEEP);
    return tree_text(arena, object);
}

char *json_get(Arena *arena, const char *doc, const char *key)
{
    json_t *object CLEANUP(tree_freep) = doc == NULL || strstr(doc, key) == NULL ? NULL : object_of(doc);
    const json_t *value = object == NULL ? NULL : json_object_get(object, key);

    if (value == NULL || json_is_null(value))
        return NULL;
    return json_is_string(value) ? arena_strdup(arena, json_string_value(value)) : tree_text(arena, value);
}

static char kind_of(const json_t *value)
{
    static const char kinds[] = { [JSON_OBJECT] = 'o', [JSON_ARRAY] = 'a', [JSON_STRING] = 's', [JSON_INTEGER] = 'n',
                                  [JSON_REAL] = 'n', [JSON_TRUE] = 'b', [JSON_FALSE] = 'b', [JSON_NULL] = 'z' };

    return kinds[json_typeof(value)];
}

char *json_kinds(Arena *arena, const char *doc)
{
    json_t *value CLEANUP(tree_freep) = doc == NULL ? NULL : tree_read(str_of(doc));
    char *kinds;

    if (value == NULL)
        return NULL;
    kinds = arena_alloc(arena, json_array_size(value) + 2); /* zeroed; the size of what is no array is 0 */
    kinds[0] = kind_of(value);
    for (size_t i = 0; i < json_array_size(value); i++)
        kinds[i + 1] = kind_of(json_array_get(value, i));
    return kinds;
}

char *json_set(Arena *arena, const char *doc, const char *key, const char *value)
{
    json_t *object CLEANUP(tree_freep) = object_of(doc);
    json_t *new = value == NULL ? NULL : tree_read(str_of(value));

    if (new == NULL)
        json_object_del(object, key);
    else
        json_object_set_new(object, key, new);
    return tree_text(arena, object);
}

char *json_quote(Arena *arena, const char *text)
{
    Buf buf = buf_in(arena, 8 * strlen(text) + 8);
    char *quoted = "\"\"";

    json_write_string(&buf, text, JSON_PLAIN);
    IGNORE(buf_text(&buf, &quoted)); /* the cap fits by construction */
    return quoted;
}
