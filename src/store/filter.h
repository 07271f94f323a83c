/* filter.h: inside src/store: a query that grows by pieces of text and bound values. */
#ifndef HECATE_STORE_FILTER_H
#define HECATE_STORE_FILTER_H

#include "store/store.h"

typedef struct Filter {
    Ctx *ctx;
    Query *query;
    bool plain; /* UserQuery's */
} Filter;

/* A new one, of a slow query. */
Filter filter_new(Tx *tx);
/* `before`, the values bound and parted by commas (folded with `fold`), `after`; nothing for an empty list. */
void filter_in(Filter *f, const char *before, FieldKind kind, const Texts *texts, bool fold, const char *after);
/* %text% for LIKE … ESCAPE '\', in lower case, with the pattern's own signs escaped. */
const char *filter_like(Arena *arena, const char *text);
/* Binds a value and writes its number. */
void filter_value(Filter *f, Value value);
/* A tree of conditions, in parentheses; its depth is bounded by whoever made it (cond.c). */
void filter_cond(Filter *f, const Cond *cond);

extern const Field membership_cols[]; /* organizations.c */

#endif
