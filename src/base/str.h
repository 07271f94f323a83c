/* str.h: text by pointer and length (what comes from outside), and the small questions one asks of text. */
#ifndef HECATE_STR_H
#define HECATE_STR_H

#include "arena.h"
#include "base.h"

typedef struct Str {
    const char *p;
    size_t n;
} Str;

#define STR(literal) ((Str){ (literal), sizeof(literal) - 1 })
static inline Str str_of(const char *s)
{
    return (Str){ s, s == NULL ? 0 : strlen(s) };
}
static inline char *str_dup(Arena *arena, Str s)
{
    return arena_strndup(arena, s.p, s.n);
}

/* Is the byte one of the set's? strchr() finds the NUL at its end, too. */
static inline bool byte_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}
bool str_eq(Str a, Str b);
bool str_eq_nocase(Str a, Str b); /* ASCII letters only */
bool str_starts(Str s, Str prefix);
Str str_trim(Str s); /* without white space (space, \t, \n, \v, \f, \r) at both ends */

/* Cuts `*s` at the first `at`: returns what stands before it and leaves in `*s` what stands behind; without `at` it
 * returns all and leaves an empty `*s` with p == NULL. */
Str str_cut(Str *s, char at);

/* Same text? NULL equals only NULL. */
bool text_eq(const char *a, const char *b);
/* NULL or ""? The reference servers write both for "nothing". */
static inline bool text_empty(const char *s)
{
    return s == NULL || *s == '\0';
}
/* A copy with the ASCII letters in lower case: the key under which addresses and names are compared. NULL gives NULL. */
char *text_lower(Arena *arena, const char *s);

/* Whole-string decimal: digits only, no sign, no blanks, within the bounds. */
bool str_to_u64(Str s, uint64_t max, uint64_t *ret);

/* Well-formed UTF-8 (no overlong forms, no surrogates, up to U+10FFFF)? */
bool utf8_valid(Str s);
/* Code points in well-formed UTF-8. */
size_t utf8_length(Str s);

/* Constant-time comparison for secrets: the time depends on the lengths alone. */
bool secret_eq(Str a, Str b);

#endif
