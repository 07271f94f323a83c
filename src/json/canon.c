/* canon.c: documents rewritten token by token, without a tree: every reply passes its documents through here. */
#include "json/lex.h"

enum { MOST_DIGITS = 15, FIRST_NAMES = 32 };

/* How far a document is changed: white space alone; and numbers that neither a double nor 64 bits hold as written; and all that canonical form asks
 * for. */
typedef enum Form { FORM_COMPACT, FORM_READ, FORM_CANON } Form;

typedef struct Canon {
    Lex lex;
    Names names;
    Buf *out;
    JsonStyle style;
    Form form;
} Canon;

/* Memory beside the output, in its arena if it has one: what ends a request early must leave nothing behind. */
static Buf scratch(const Buf *out, void *first, size_t size)
{
    return out->arena == NULL ? buf_heap(SIZE_MAX) : (Buf){ .arena = out->arena, .cap = SIZE_MAX, .data = first, .size = size };
}

/* Digits that a double keeps and prints as they are; -0 is none. */
static bool is_short_integer(Str number)
{
    const size_t minus = number.p[0] == '-';

    for (size_t i = minus; i < number.n; i++)
        if (number.p[i] < '0' || number.p[i] > '9')
            return false;
    return number.n <= MOST_DIGITS && (minus == 0 || number.p[1] != '0');
}

static void write_number(const Canon *canon, Str number)
{
    int64_t n;

    if (canon->form == FORM_COMPACT || is_short_integer(number))
        buf_str(canon->out, number);
    else if (canon->form == FORM_READ && lex_int64(number, &n))
        buf_int(canon->out, n);
    else
        json_write_double(canon->out, lex_double(number));
}

/* The members of the object that is about to close, in the order of their names. */
static void reorder(Canon *canon, Name *name, size_t n, size_t start)
{
    Buf *out = canon->out, copy = scratch(out, NULL, 0);

    buf_add(&copy, out->data + start, out->len - start);
    out->len = start;
    for (size_t i = 0; i < n && !copy.over; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_add(out, copy.data + (name[i].out - start), name[i].size);
    }
    out->over |= copy.over;
    buf_free(&copy);
}

/* False if a name is there twice. */
static bool close_object(Canon *canon, unsigned depth)
{
    const size_t first = canon->names.first[depth - 1], n = names_count(&canon->names) - first;
    Name *name = names_at(&canon->names, first);

    if (canon->names.unsorted[depth - 1]) {
        const size_t start = name[0].out;

        for (size_t i = 0; i < n; i++) /* each ends before the comma of the next */
            name[i].size = (uint32_t)(i + 1 < n ? name[i + 1].out - 1 : canon->out->len) - name[i].out;
        if (names_sort(&canon->names, depth) != NULL)
            return false;
        if (canon->form == FORM_CANON)
            reorder(canon, name, n, start);
    }
    names_close(&canon->names, depth);
    return true;
}

static bool write_name(Canon *canon)
{
    if (!names_add(&canon->names, &canon->lex, canon->out->len))
        return false;
    json_write_token(canon->out, canon->lex.token, canon->style);
    buf_char(canon->out, ':');
    return true;
}

/* `object`: depth of the object that the token stood in, or 0. */
static bool write_token(Canon *canon, LexKind kind, unsigned object)
{
    switch (kind) {
    case LEX_NAME:
        return write_name(canon);
    case LEX_STRING:
        json_write_token(canon->out, canon->lex.token, canon->style);
        return true;
    case LEX_NUMBER:
        write_number(canon, canon->lex.token);
        return true;
    case LEX_OPEN:
        if (lex_in_object(&canon->lex))
            names_open(&canon->names, canon->lex.depth);
        break;
    case LEX_CLOSE:
        if (object > 0 && !close_object(canon, object))
            return false;
        break;
    default:
        break;
    }
    buf_str(canon->out, canon->lex.token);
    return true;
}

static bool write_all(Canon *canon)
{
    bool comma = false;

    while (!canon->out->over) {
        const unsigned object = lex_in_object(&canon->lex) ? canon->lex.depth : 0;
        const LexKind kind = lex_next(&canon->lex);

        if (kind <= LEX_END)
            return kind == LEX_END;
        if (comma && kind != LEX_CLOSE)
            buf_char(canon->out, ',');
        if (!write_token(canon, kind, object))
            return false;
        comma = kind != LEX_OPEN && kind != LEX_NAME;
    }
    return true; /* the buffer says that it did not fit */
}

static void rewrite(Buf *buf, Str doc, JsonStyle style, Form form)
{
    const size_t start = buf->len;
    Name first[FIRST_NAMES];
    Canon canon = { .out = buf, .style = style, .form = form };

    if (doc.p == NULL || doc.n > UINT32_MAX / 2 || start > UINT32_MAX / 2) {
        buf_puts(buf, "{}");
        return;
    }
    canon.lex = lex_new(doc, JSON_DEPTH);
    canon.names.buf = scratch(buf, first, sizeof(first));
    if (!write_all(&canon)) {
        buf->len = start;
        buf_puts(buf, "{}");
    }
    buf_free(&canon.names.buf);
}

void json_canon(Buf *buf, const char *doc, JsonStyle style)
{
    rewrite(buf, str_of(doc), style, FORM_CANON);
}

void json_compact(Buf *buf, Str doc)
{
    rewrite(buf, doc, JSON_PLAIN, FORM_COMPACT);
}

void json_take(Buf *buf, Str doc)
{
    rewrite(buf, doc, JSON_PLAIN, FORM_READ);
}
