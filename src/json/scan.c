/* scan.c: is a text one acceptable JSON text? The lexer says all but whether a name is there twice; that is seen by sorting the
 * names of each object when it ends. */
#include "json/lex.h"

/* Bytes of a repeated name in the sentence; names that are open at once in most documents; names for which qsort() is not worth its call. */
enum { SHOWN = 64, FIRST_NAMES = 32, FEW = 16 };

void names_open(Names *names, unsigned depth)
{
    names->first[depth - 1] = (uint32_t)names_count(names);
    names->unsorted[depth - 1] = false;
}

static int name_compare(const Name *a, const Name *b)
{
    const int order = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);

    return order != 0 ? order : (a->n > b->n) - (a->n < b->n);
}

/* By code points, which is by the bytes of what is meant. */
static int name_compare_meaning(const Name *a, const Name *b)
{
    Str s = { a->p, a->n }, t = { b->p, b->n };

    while (s.n > 0 && t.n > 0) {
        const uint32_t c = lex_code_point(&s), d = lex_code_point(&t);

        if (c != d)
            return c < d ? -1 : 1;
    }
    return (s.n > 0) - (t.n > 0);
}

static int compare_bytes(const void *a, const void *b)
{
    return name_compare(a, b);
}

static int compare_meaning(const void *a, const void *b)
{
    return name_compare_meaning(a, b);
}

bool names_add(Names *names, const Lex *lex, size_t out)
{
    const Name name = { lex->token.p, (uint32_t)lex->token.n, (uint32_t)out, 0 };
    const size_t before = names_count(names);

    names->escapes |= !lex->plain;
    buf_add(&names->buf, &name, sizeof(name));
    if (names->buf.over)
        return false;
    if (before > names->first[lex->depth - 1] && !names->unsorted[lex->depth - 1]) {
        const Name *last = names_at(names, before - 1);

        names->unsorted[lex->depth - 1] = (names->escapes ? name_compare_meaning(last, &name) : name_compare(last, &name)) >= 0;
    }
    return true;
}

static void sort_few(Name *name, size_t n, int (*compare)(const void *, const void *))
{
    for (size_t i = 1; i < n; i++) {
        const Name one = name[i];
        size_t at = i;

        for (; at > 0 && compare(&name[at - 1], &one) > 0; at--)
            name[at] = name[at - 1];
        name[at] = one;
    }
}

const Name *names_sort(Names *names, unsigned depth)
{
    const size_t first = names->first[depth - 1], n = names_count(names) - first;
    int (*compare)(const void *, const void *) = names->escapes ? compare_meaning : compare_bytes;
    Name *name;

    if (!names->unsorted[depth - 1])
        return NULL;
    name = names_at(names, first);
    if (n <= FEW)
        sort_few(name, n, compare);
    else
        qsort(name, n, sizeof(Name), compare);
    for (size_t i = 1; i < n; i++)
        if (compare(&name[i - 1], &name[i]) == 0)
            return &name[i];
    return NULL;
}

typedef struct Scan {
    Lex lex;
    Names names;
    const Name *twice;
    Name first[FIRST_NAMES];
} Scan;

/* One token; false when the scan is over, for better (LEX_END) or worse. */
static bool scan_token(Scan *scan, LexKind *kind)
{
    const bool closes_object = lex_in_object(&scan->lex);
    const unsigned depth = scan->lex.depth;

    *kind = lex_next(&scan->lex);
    if (*kind == LEX_OPEN && lex_in_object(&scan->lex))
        names_open(&scan->names, scan->lex.depth);
    else if (*kind == LEX_NAME && !names_add(&scan->names, &scan->lex, 0))
        return false;
    else if (*kind == LEX_CLOSE && closes_object) {
        scan->twice = names_sort(&scan->names, depth);
        if (scan->twice == NULL)
            names_close(&scan->names, depth);
    }
    return *kind > LEX_END && scan->twice == NULL;
}

static void scan_all(Scan *scan, Str text, unsigned depth, Buf names, LexKind *kind)
{
    scan->lex = lex_new(text, depth);
    scan->names.buf = names;
    scan->names.escapes = false;
    scan->twice = NULL;
    while (scan_token(scan, kind)) {
    }
}

/* In the caller's memory; anew on the heap for the few documents with more names open at once. The caller frees names.buf when it is the heap's. */
static void scan_run(Scan *scan, Str text, unsigned depth, LexKind *kind)
{
    scan_all(scan, text, depth, (Buf){ .data = (char *)scan->first, .size = sizeof(scan->first), .cap = sizeof(scan->first) }, kind);
    if (scan->names.buf.over)
        scan_all(scan, text, depth, buf_heap(SIZE_MAX), kind);
}

static void scan_free(Scan *scan)
{
    if (scan->names.buf.data != (char *)scan->first)
        buf_free(&scan->names.buf);
}

bool json_scan(Str text, unsigned depth, bool *wide)
{
    Scan scan;
    LexKind kind;

    if (text.n > UINT32_MAX / 2)
        return false;
    scan_run(&scan, text, depth, &kind);
    scan_free(&scan);
    *wide = scan.lex.wide;
    return kind == LEX_END && scan.twice == NULL;
}

static Err fail_twice(Ctx *ctx, const Name *twice)
{
    const Str name = str_of(lex_text(ctx->arena, (Str){ twice->p, twice->n }));
    size_t shown = name.n;
    Err err;

    if (shown > SHOWN)
        for (shown = SHOWN; ((unsigned char)name.p[shown] & 0xc0) == 0x80;)
            shown--;
    err = fail(ctx, E_BAD_JSON, NOWHERE, "duplicate member \"%.*s\"", (int)shown, name.p);
    ctx->fault.name = name;
    return err;
}

Err json_check_wide(Ctx *ctx, Str text, unsigned depth, bool *wide)
{
    Scan scan;
    LexKind kind;
    Name twice = { 0 };
    char why[128];

    if (text.n > UINT32_MAX / 2)
        return fail(ctx, E_TOO_LARGE, NOWHERE, NULL);
    scan_run(&scan, text, depth, &kind);
    if (scan.twice != NULL)
        twice = *scan.twice;
    *wide = scan.lex.wide;
    scan_free(&scan); /* before anything that may end the request */
    if (twice.p != NULL)
        return fail_twice(ctx, &twice);
    if (kind == LEX_END)
        return OK;
    if (kind != LEX_ERROR)
        return E_NOMEM;
    lex_explain(&scan.lex, why, sizeof(why));
    return fail(ctx, E_BAD_JSON, NOWHERE, "%s", why);
}

Err json_check(Ctx *ctx, Str text, unsigned depth)
{
    bool wide;

    return json_check_wide(ctx, text, depth, &wide);
}
