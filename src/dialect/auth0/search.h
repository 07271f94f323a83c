/* search.h: the query language of GET /users (spec/auth0.md 3.3). */
#ifndef HECATE_AUTH0_SEARCH_H
#define HECATE_AUTH0_SEARCH_H

#include "dialect/auth0/internal.h"

/* A word or a phrase: pieces between its wildcards, escapes undone. */
typedef struct SearchTerm {
    Texts pieces;
    bool quoted;
} SearchTerm;
/* What fields mean where it is not users that are searched. Errors as search_read(). */
typedef struct SearchSpace {
    Err (*term)(Ctx *ctx, const char *path, const SearchTerm *term, Cond **ret); /* path NULL: any field */
    /* Bounds NULL: open; of those `without` the bound itself is left out. */
    Err (*range)(Ctx *ctx, const char *path, const char *low, bool low_without, const char *high, bool high_without, Cond **ret);
    Err (*exists)(Ctx *ctx, const char *path, Cond **ret);
} SearchSpace;
Err search_read_in(Ctx *ctx, const char *q, const SearchSpace *space, const Cond **ret);
/* E_BAD_VALUE with this reason. */
Err search_refuse(Ctx *ctx, const char *why);

/* Reads `q` into a tree of conditions. E_BAD_VALUE (invalid_query_string): not of the language, or a search that it does not allow. */
Err search_read(Ctx *ctx, const char *q, const Cond **ret);
/* Users who have an identity of the connection with this name. */
Cond *search_connection(Ctx *ctx, const char *name);
/* The time that a date means, which may be a year, a month or a day: from its first instant to before `to`. */
bool search_period(Ctx *ctx, const char *text, int64_t *from, int64_t *to);
/* E_BAD_VALUE: the tree became more than one statement can hold. */
Err search_too_large(Ctx *ctx);

#endif
