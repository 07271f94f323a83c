/* lex.h: inside src/json: JSON text as a row of tokens. The lexer checks all of the grammar, UTF-8, surrogates, U+0000, depth and the range of
 * numbers; it takes no memory and does not recurse. Repeated names are for its callers to see (Names). */
#ifndef HECATE_JSON_LEX_H
#define HECATE_JSON_LEX_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"
#include "json/json.h"

typedef enum LexKind {
    LEX_ERROR,
    LEX_END,
    LEX_OPEN,  /* { or [ */
    LEX_CLOSE, /* } or ] */
    LEX_NAME,
    LEX_STRING,
    LEX_NUMBER,
    LEX_WORD, /* true, false, null */
} LexKind;

typedef struct Lex {
    const char *p, *end;
    Str token;  /* of strings and names: what stands between the quotes */
    bool plain; /* the string has no escape */
    unsigned depth, max;
    uint64_t objects; /* bit n: the container at depth n + 1 is an object */
    uint8_t state;    /* what may come next */
    bool wide;        /* an integer beyond int64_t was seen */
    const char *why;  /* after LEX_ERROR: what a character is wrong for, or a whole sentence */
    bool sentence;
} Lex;

Lex lex_new(Str text, unsigned depth);
LexKind lex_next(Lex *lex);
/* Are we within an object (a name comes before each value)? */
static inline bool lex_in_object(const Lex *lex)
{
    return lex->depth > 0 && (lex->objects >> (lex->depth - 1) & 1) != 0;
}
/* The sentence for the error. */
void lex_explain(const Lex *lex, char *text, size_t size);

/* The next code point of a checked string token, escapes resolved; moves `*s`. */
uint32_t lex_code_point(Str *s);
/* The next code point of well-formed UTF-8. */
uint32_t utf8_code_point(Str *s);
/* What a checked string token means. */
char *lex_text(Arena *arena, Str token);
size_t utf8_encode(uint32_t c, char out[4]);
/* Bytes of the well-formed UTF-8 sequence at the front, or 0. */
size_t utf8_front(const char *p, size_t n);
/* The value of a checked number token, rounded once, whatever the locale; infinite beyond a double. */
double lex_double(Str number);
/* The value of a checked number token that is written without a point and an exponent and fits. */
bool lex_int64(Str number, int64_t *ret);

/* The names of all objects that are open, in a Buf: each with a place in the output where its member begins. */
typedef struct Name {
    const char *p;
    uint32_t n;
    uint32_t out, size;
} Name;

/* What is known of the object that is being read. */
typedef struct Names {
    Buf buf;
    uint32_t first[JSON_DEPTH]; /* by depth: index of the object's first name */
    bool unsorted[JSON_DEPTH];
    bool escapes; /* some name was written with an escape */
} Names;

static inline size_t names_count(const Names *names)
{
    return names->buf.len / sizeof(Name);
}
static inline Name *names_at(const Names *names, size_t i)
{
    return (Name *)(void *)names->buf.data + i;
}
void names_open(Names *names, unsigned depth);
bool names_add(Names *names, const Lex *lex, size_t out);
/* Sorts the names of the innermost object; the first that is there twice, or NULL. */
const Name *names_sort(Names *names, unsigned depth);
static inline void names_close(Names *names, unsigned depth)
{
    names->buf.len = names->first[depth - 1] * sizeof(Name);
}

/* json_check() that also tells `wide`, as in Lex; and the same without words. */
Err json_check_wide(Ctx *ctx, Str text, unsigned depth, bool *wide);
bool json_scan(Str text, unsigned depth, bool *wide);

/* emit.c: a piece of well-formed or foreign UTF-8 between quotes, and a checked string token in another style. */
void json_write_run(Buf *buf, const char *p, size_t n, JsonStyle style);
void json_write_token(Buf *buf, Str token, JsonStyle style);
/* canon.c: the document without white space, all else as it is; {} if unreadable. */
void json_compact(Buf *buf, Str doc);
/* The same for a document from outside: numbers that 64 bits do not hold go through double. */
void json_take(Buf *buf, Str doc);

#endif
