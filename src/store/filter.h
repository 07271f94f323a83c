/* filter.h: inside src/store: a query that grows by pieces of text and bound values. */
#ifndef HECATE_STORE_FILTER_H
#define HECATE_STORE_FILTER_H

#include "store/store.h"

typedef struct Filter {
    Ctx *ctx;
    Query *query;
    bool plain; /* UserQuery's */
} Filter;

/* Binds a value and writes its number. */
void filter_value(Filter *f, Value value);
/* A tree of conditions, in parentheses; its depth is bounded by whoever made it (cond.c). */
void filter_cond(Filter *f, const Cond *cond);

#endif
