/* split.c: the elements of a long array, where they lie. */
#include "dialect/auth0/jobs.h"

/* The end of the value that begins at `at`: of what json_check() has let pass. */
static size_t end_of(Str text, size_t at)
{
    int depth = 0;
    bool quoted = false;

    for (; at < text.n; at++) {
        const char c = text.p[at];

        if (quoted) {
            at += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (depth == 0 && (c == ',' || c == ']')) {
            break;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return at < text.n ? at : text.n;
}

Str *auth0_elements(Arena *arena, Str array, size_t *n)
{
    const Str text = str_trim(array);
    Str *all = NULL;

    for (int pass = 0; pass < 2; pass++) {
        size_t at = 1;

        *n = 0;
        if (text.n < 2 || text.p[0] != '[')
            return NULL;
        while (at < text.n) {
            const size_t end = end_of(text, at);
            const Str element = str_trim((Str){ text.p + at, end - at });

            if (element.n > 0 && pass == 1)
                all[*n] = element;
            *n += element.n > 0;
            at = end + 1;
        }
        if (pass == 0)
            all = ARENA_ARRAY(arena, Str, *n + 1);
    }
    return all;
}
