/* doc.c: documents: merging, single members. */
#include "json/lex.h"
#include "json/tree.h"

enum { DOC_CAP = 16 << 20 };

/* Passwords stand in trees too; jansson frees without wiping. */
static void tree_wipe(json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;

    if (json_is_string(value)) {
        explicit_bzero((char *)(uintptr_t)json_string_value(value), json_string_length(value));
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, member) tree_wipe(member);
    } else if (json_is_object(value)) {
        json_object_foreach(value, name, member) tree_wipe(member);
    }
}

static void tree_free(void *value)
{
    tree_wipe(value);
    json_decref(value);
}

static void holder_free(void *holder)
{
    json_t *value = *(json_t **)holder;

    if (value != NULL)
        tree_free(value);
}

/* The holder is owned before there is a value: an arena may be at its end, and its user unwind. */
json_t *tree_read_scanned(Arena *arena, Str text, bool wide)
{
    json_t **holder = ARENA_NEW(arena, json_t *);

    arena_own(arena, holder_free, holder);
    *holder = json_loadb(text.p, text.n, JSON_DECODE_ANY | (wide ? JSON_DECODE_INT_AS_REAL : 0), NULL);
    return *holder;
}

json_t *tree_read(Arena *arena, Str text)
{
    bool wide = false;

    return json_scan(text, JSON_DEPTH, &wide) ? tree_read_scanned(arena, text, wide) : NULL;
}

static void write_object(Buf *buf, const json_t *object)
{
    const char *comma = "", *name;
    json_t *value;

    buf_char(buf, '{');
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        buf_puts(buf, comma);
        json_write_string(buf, name, JSON_PLAIN);
        buf_char(buf, ':');
        tree_write(buf, value);
        comma = ",";
    }
    buf_char(buf, '}');
}

static void write_array(Buf *buf, const json_t *array)
{
    buf_char(buf, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            buf_char(buf, ',');
        tree_write(buf, json_array_get(array, i));
    }
    buf_char(buf, ']');
}

void tree_write(Buf *buf, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(buf, value);
        break;
    case JSON_ARRAY:
        write_array(buf, value);
        break;
    case JSON_STRING:
        json_write_string(buf, json_string_value(value), JSON_PLAIN);
        break;
    case JSON_INTEGER:
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

size_t json_size(const char *doc)
{
    Buf buf CLEANUP(buf_free) = buf_heap(DOC_CAP);

    json_compact(&buf, str_of(doc));
    return buf.len;
}

/* ---- changing ---- */

static char *tree_text(Arena *arena, const json_t *value)
{
    Buf buf = buf_in(arena, DOC_CAP);
    char *text = "{}";

    tree_write(&buf, value);
    IGNORE(buf_text(&buf, &text)); /* over the cap: the arena has ended the request before */
    return text;
}

static json_t *object_new(Arena *arena)
{
    json_t *object = json_object();

    if (object == NULL)
        out_of_memory();
    arena_own(arena, tree_free, object);
    return object;
}

/* The document as an object of one's own; an empty one if it is none. */
static json_t *object_of(Arena *arena, const char *doc)
{
    json_t *value = doc == NULL ? NULL : tree_read(arena, str_of(doc));

    return json_is_object(value) ? value : object_new(arena);
}

static void merge_into(json_t *object, json_t *change, bool deep)
{
    const char *name;
    json_t *value;

    json_object_foreach(change, name, value)
    {
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
    json_t *object = object_of(arena, doc), *more = object_of(arena, change);

    if (mode == MERGE_REPLACE)
        return tree_text(arena, more);
    if (mode == MERGE_TOP_CLEAR && json_object_size(more) == 0)
        return arena_strdup(arena, "{}");
    merge_into(object, more, mode == MERGE_DEEP);
    return tree_text(arena, object);
}

static bool token_is(Str token, const char *text)
{
    Str rest = str_of(text);

    while (token.n > 0 && rest.n > 0)
        if (lex_code_point(&token) != utf8_code_point(&rest))
            return false;
    return token.n == 0 && rest.n == 0;
}

/* The value that the lexer stands before, as it is written (a string without its quotes). */
static Str take_value(Lex *lex, LexKind *kind)
{
    const unsigned depth = lex->depth;
    const char *start;

    *kind = lex_next(lex);
    start = lex->token.p;
    while (lex->depth > depth && lex_next(lex) > LEX_END) {
    }
    return *kind == LEX_OPEN ? (Str){ start, (size_t)(lex->p - start) } : lex->token;
}

/* Whether the letters of the key stand anywhere, or an escape that may be one of them: most documents need no closer look. */
static bool may_hold(Str doc, const char *key)
{
    return doc.n > 0 && (memmem(doc.p, doc.n, key, strlen(key)) != NULL || memchr(doc.p, '\\', doc.n) != NULL);
}

/* LEX_END: the document has no such member, or is no readable object. */
static LexKind find_member(Str doc, const char *key, Str *ret)
{
    Lex lex = lex_new(doc, JSON_DEPTH);
    bool wide = false;
    LexKind kind;

    if (!may_hold(doc, key) || !json_scan(doc, JSON_DEPTH, &wide))
        return LEX_END;
    while ((kind = lex_next(&lex)) != LEX_END)
        if (kind == LEX_NAME && lex.depth == 1 && token_is(lex.token, key)) {
            *ret = take_value(&lex, &kind);
            return kind;
        }
    return LEX_END;
}

char *json_get(Arena *arena, const char *doc, const char *key)
{
    Buf buf = buf_in(arena, DOC_CAP);
    char *text = NULL;
    Str value;
    const LexKind kind = find_member(str_of(doc), key, &value);

    if (kind == LEX_END || (kind == LEX_WORD && str_eq(value, STR("null"))))
        return NULL;
    if (kind == LEX_STRING)
        return lex_text(arena, value);
    json_compact(&buf, value);
    IGNORE(buf_text(&buf, &text)); /* over the cap: the arena has ended the request before */
    return text;
}

char *json_value(Arena *arena, const char *doc, const char *key)
{
    Buf buf = buf_in(arena, DOC_CAP);
    char *text = NULL;
    Str value;
    const LexKind kind = find_member(doc == NULL ? STR("") : str_of(doc), key, &value);

    if (kind == LEX_END)
        return NULL;
    if (kind == LEX_STRING)
        json_write_token(&buf, value, JSON_PLAIN);
    else
        json_compact(&buf, value);
    IGNORE(buf_text(&buf, &text)); /* over the cap: the arena has ended the request before */
    return text;
}

void json_swap(Arena *arena, Buf *buf, const char *doc, JsonSwap fn, void *arg)
{
    Lex lex = lex_new(str_of(doc), JSON_DEPTH);
    bool first = true;
    LexKind kind;

    while ((kind = lex_next(&lex)) > LEX_END) {
        if (kind != LEX_CLOSE && !first)
            buf_char(buf, ',');
        first = kind == LEX_OPEN || kind == LEX_NAME;
        if (kind == LEX_STRING)
            fn(buf, lex_text(arena, lex.token), arg);
        else if (kind == LEX_NAME)
            json_write_token(buf, lex.token, JSON_PLAIN);
        else
            buf_str(buf, lex.token);
        if (kind == LEX_NAME)
            buf_char(buf, ':');
    }
}

char *json_text(Arena *arena, const char *doc)
{
    Lex lex = lex_new(doc == NULL ? STR("") : str_of(doc), JSON_DEPTH);
    Str token;

    if (lex_next(&lex) != LEX_STRING)
        return NULL;
    token = lex.token;
    return lex_next(&lex) == LEX_END ? lex_text(arena, token) : NULL;
}

static char kind_of(const json_t *value)
{
    static const char kinds[] = { [JSON_OBJECT] = 'o', [JSON_ARRAY] = 'a', [JSON_STRING] = 's', [JSON_INTEGER] = 'n',
                                  [JSON_REAL] = 'n',   [JSON_TRUE] = 'b',  [JSON_FALSE] = 'b',  [JSON_NULL] = 'z' };

    return kinds[json_typeof(value)];
}

char *json_kinds(Arena *arena, const char *doc)
{
    const json_t *value = doc == NULL ? NULL : tree_read(arena, str_of(doc));
    char *kinds;

    if (value == NULL)
        return NULL;
    kinds = arena_alloc(arena, json_array_size(value) + 2); /* zeroed; the size of what is no array is 0 */
    kinds[0] = kind_of(value);
    for (size_t i = 0; i < json_array_size(value); i++)
        kinds[i + 1] = kind_of(json_array_get(value, i));
    return kinds;
}

/* Is this an object that can be read? */
static bool is_object(Str text)
{
    Lex lex = lex_new(text, JSON_DEPTH);
    bool wide = false;

    return lex_next(&lex) == LEX_OPEN && lex.token.p[0] == '{' && json_scan(text, JSON_DEPTH, &wide);
}

static void put_member(Buf *buf, Str name, Str value)
{
    if (buf->len > 1)
        buf_char(buf, ',');
    json_write_token(buf, name, JSON_PLAIN);
    buf_char(buf, ':');
    json_take(buf, value);
}

/* The value that the lexer stands before, with a string's quotes. */
static Str take_whole(Lex *lex)
{
    LexKind kind;
    const Str value = take_value(lex, &kind);

    return kind == LEX_STRING ? (Str){ value.p - 1, value.n + 2 } : value;
}

static bool one_of(Str token, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (token_is(token, keys[i]))
            return true;
    return false;
}

/* `{`, the members with the values of these keys replaced or (NULL) left out, and no `}` yet. Did the object have one of them? */
static bool put_members(Buf *buf, const char *doc, const char *const *keys, size_t n, const char *value)
{
    Lex lex = lex_new(doc != NULL && is_object(str_of(doc)) ? str_of(doc) : STR("{}"), JSON_DEPTH);
    bool found = false;

    buf_char(buf, '{');
    lex_next(&lex);
    while (lex_next(&lex) == LEX_NAME) {
        const Str name = lex.token, old = take_whole(&lex);
        const bool same = one_of(name, keys, n);

        found = found || same;
        if (!same || value != NULL)
            put_member(buf, name, same ? str_of(value) : old);
    }
    return found;
}

static char *end_object(Buf *buf)
{
    char *text = "{}";

    buf_char(buf, '}');
    IGNORE(buf_text(buf, &text)); /* over the cap: the arena has ended the request before */
    return text;
}

char *json_set(Arena *arena, const char *doc, const char *key, const char *value)
{
    Buf buf = buf_in(arena, DOC_CAP);
    bool wide;

    if (value != NULL && !json_scan(str_of(value), JSON_DEPTH, &wide))
        value = NULL;
    if (!put_members(&buf, doc, &key, 1, value) && value != NULL) {
        const char *quoted = json_quote(arena, key);

        put_member(&buf, (Str){ quoted + 1, strlen(quoted) - 2 }, str_of(value));
    }
    return end_object(&buf);
}

char *json_without(Arena *arena, const char *doc, const char *const *keys, size_t n)
{
    Buf buf = buf_in(arena, DOC_CAP);

    put_members(&buf, doc, keys, n, NULL);
    return end_object(&buf);
}

char *json_quote(Arena *arena, const char *text)
{
    Buf buf = buf_in(arena, 8 * strlen(text) + 8);
    char *quoted = "\"\"";

    json_write_string(&buf, text, JSON_PLAIN);
    IGNORE(buf_text(&buf, &quoted)); /* the cap fits by construction */
    return quoted;
}
