/* search.h: the query language of GET /users (spec/auth0.md 3.3). */
#ifndef HECATE_AUTH0_SEARCH_H
#define HECATE_AUTH0_SEARCH_H

#include "dialect/auth0/internal.h"

/* Reads `q` into a tree of conditions. E_BAD_VALUE (invalid_query_string): not of the language, or a search that it does not allow. */
Err search_read(Ctx *ctx, const char *q, const Cond **ret);
/* Users who have an identity of the connection with this name. */
Cond *search_connection(Ctx *ctx, const char *name);
/* The time that a date means, which may be a year, a month or a day: from its first instant to before `to`. */
bool search_period(Ctx *ctx, const char *text, int64_t *from, int64_t *to);
/* E_BAD_VALUE: the tree became more than one statement can hold. */
Err search_too_large(Ctx *ctx);

#endif
