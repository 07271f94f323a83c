/* template.c: the part of Go's templates that mails use. One pass over the text; an `if` that does not hold is passed over. */
#include "outbound/mail.h"
#include "json/json.h"

enum { MOST_RENDERED = 256 * 1024, MOST_NESTED = 16 };

typedef struct Render {
    Arena *arena;
    const char *values;
    bool html;
    Buf out;
    /* Blocks that are open: does this branch hold, has one held, and does all around it hold? */
    struct {
        bool on, done, outer;
    } blocks[MOST_NESTED];
    size_t depth;
} Render;

static bool is_on(const Render *r)
{
    return r->depth == 0 || (r->blocks[r->depth - 1].on && r->blocks[r->depth - 1].outer);
}

/* ---- values ---- */

/* The value of `.A.b`, or NULL; false if this is no such name. */
static bool look_up(Render *r, Str name, const char **ret)
{
    const char *doc = r->values;
    Str rest = { name.p + 1, name.n - 1 };

    if (name.n < 2 || name.p[0] != '.')
        return false;
    while (rest.p != NULL) {
        const Str part = str_cut(&rest, '.');

        if (part.n == 0)
            return false;
        doc = doc == NULL || *doc != '{' ? NULL : json_get(r->arena, doc, str_dup(r->arena, part));
    }
    *ret = doc;
    return true;
}

static void write_escaped(Buf *out, const char *text)
{
    static const struct {
        char c;
        const char *as;
    } rows[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&#34;" }, { '\'', "&#39;" }, { '+', "&#43;" } };

    for (; *text != '\0'; text++) {
        const char *as = NULL;

        for (size_t i = 0; i < COUNTOF(rows); i++)
            as = rows[i].c == *text ? rows[i].as : as;
        if (as == NULL)
            buf_char(out, *text);
        else
            buf_puts(out, as);
    }
}

/* What was written of the value of an href or src, if the text so far ends inside one; p is NULL if not. */
static Str address_so_far(const Buf *out)
{
    size_t at = out->len, name;

    while (at > 0 && out->data[at - 1] != '"' && out->data[at - 1] != '\'' && out->data[at - 1] != '<' && out->data[at - 1] != '>')
        at--;
    if (at < 2 || (out->data[at - 1] != '"' && out->data[at - 1] != '\'') || out->data[at - 2] != '=')
        return (Str){ NULL, 0 };
    name = at - 2;
    if ((name >= 5 && strncasecmp(out->data + name - 4, "href", 4) == 0) || (name >= 4 && strncasecmp(out->data + name - 3, "src", 3) == 0))
        return (Str){ out->data + at, out->len - at };
    return (Str){ NULL, 0 };
}

/* An address without a scheme, or with one that opens no script. */
static bool is_harmless(const char *text)
{
    static const char *const schemes[] = { "http:", "https:", "mailto:", "tel:" };
    const size_t n = strcspn(text, ":/?#");

    if (text[n] != ':')
        return true;
    for (size_t i = 0; i < COUNTOF(schemes); i++)
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

/* What must not stand in an address as it is becomes %XX. */
static const char *normalised(Arena *arena, const char *text)
{
    Buf buf = buf_in(arena, MOST_RENDERED);
    char *ret = "";

    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f || strchr("\"'<>\\^`{|}", *text) != NULL)
            buf_printf(&buf, "%%%02x", (unsigned char)*text);
        else
            buf_char(&buf, *text);
    IGNORE(buf_text(&buf, &ret)); /* over the cap the whole is refused below */
    return ret;
}

/* As long as an address has no scheme, a value may bring one, alone or together with what stands before it. */
static void write_value(Render *r, const char *value)
{
    const Str before = r->html ? address_so_far(&r->out) : (Str){ NULL, 0 };
    const char *begun = before.p == NULL ? NULL : str_dup(r->arena, before);

    if (begun != NULL && begun[strcspn(begun, ":/?#")] == '\0' && !is_harmless(arena_printf(r->arena, "%s%s", begun, value)))
        value = "#";
    if (begun != NULL)
        value = normalised(r->arena, value);
    if (r->html)
        write_escaped(&r->out, value);
    else
        buf_puts(&r->out, value);
}

/* ---- actions ---- */

static bool is_true(const char *value)
{
    return value != NULL && *value != '\0' && !text_eq(value, "false") && !text_eq(value, "0") && !text_eq(value, "{}") && !text_eq(value, "[]");
}

/* `.A`, `not .A`, `eq .A "text"`, `ne .A "text"`. */
static bool holds(Render *r, Str words, bool *ret)
{
    Str rest = str_trim(words), first = rest.n > 0 && rest.p[0] != '.' ? str_cut(&rest, ' ') : (Str){ NULL, 0 };
    const char *value;
    Str name;

    if (rest.p == NULL)
        return false;
    rest = str_trim(rest);
    if (first.p == NULL || str_eq(first, STR("not"))) {
        if (!look_up(r, rest, &value))
            return false;
        *ret = is_true(value) == (first.p == NULL);
        return true;
    }
    name = str_cut(&rest, ' ');
    rest = rest.p == NULL ? (Str){ "", 0 } : str_trim(rest);
    if ((!str_eq(first, STR("eq")) && !str_eq(first, STR("ne"))) || rest.n < 2 || rest.p[0] != '"' || rest.p[rest.n - 1] != '"' ||
        !look_up(r, name, &value))
        return false;
    *ret = str_eq(str_of(value == NULL ? "" : value), (Str){ rest.p + 1, rest.n - 2 }) == str_eq(first, STR("eq"));
    return true;
}

static Err open_block(Render *r, Str words)
{
    bool on;

    if (r->depth == MOST_NESTED || !holds(r, words, &on))
        return E_BAD_VALUE;
    r->blocks[r->depth].outer = is_on(r);
    r->blocks[r->depth].on = r->blocks[r->depth].done = on;
    r->depth++;
    return OK;
}

static Err next_branch(Render *r, Str words)
{
    bool on = true;

    if (r->depth == 0 || (words.n > 0 && !holds(r, words, &on)))
        return E_BAD_VALUE;
    r->blocks[r->depth - 1].on = on && !r->blocks[r->depth - 1].done;
    r->blocks[r->depth - 1].done = r->blocks[r->depth - 1].done || on;
    return OK;
}

static Err act(Render *r, Str action)
{
    const char *value;

    if (str_starts(action, STR("/*")))
        return OK;
    if (str_eq(action, STR("end")))
        return r->depth-- == 0 ? E_BAD_VALUE : OK;
    if (str_starts(action, STR("if ")))
        return open_block(r, (Str){ action.p + 3, action.n - 3 });
    if (str_eq(action, STR("else")))
        return next_branch(r, (Str){ "", 0 });
    if (str_starts(action, STR("else if ")))
        return next_branch(r, (Str){ action.p + 8, action.n - 8 });
    if (!look_up(r, action, &value))
        return E_BAD_VALUE;
    if (is_on(r) && value != NULL)
        write_value(r, value);
    return OK;
}

/* `{{-` takes the white space before it away. */
static void write_plain(Render *r, Str text, bool trim_left, bool trim_right)
{
    while (trim_left && text.n > 0 && byte_in(text.p[0], " \t\r\n"))
        text.p++, text.n--;
    while (trim_right && text.n > 0 && byte_in(text.p[text.n - 1], " \t\r\n"))
        text.n--;
    if (is_on(r))
        buf_str(&r->out, text);
}

Err template_render(Arena *arena, const char *text, const char *values, bool html, char **ret)
{
    Render r = { .arena = arena, .values = values, .html = html, .out = buf_in(arena, MOST_RENDERED) };
    bool trim = false;

    for (;;) {
        const char *from = strstr(text, "{{"), *to = from == NULL ? NULL : strstr(from, "}}");
        const bool left = from != NULL && from[2] == '-', right = to != NULL && to > from + 3 && to[-1] == '-';

        write_plain(&r, (Str){ text, from == NULL ? strlen(text) : (size_t)(from - text) }, trim, left);
        if (from == NULL)
            break;
        if (to == NULL)
            return E_BAD_VALUE;
        from += left ? 3 : 2;
        TRY(act(&r, str_trim((Str){ from, (size_t)(to - from) - (right ? 1 : 0) })));
        trim = right;
        text = to + 2;
    }
    return r.depth > 0 ? E_BAD_VALUE : buf_text(&r.out, ret);
}
