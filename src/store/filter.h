/* filter.h: inside src/store: a query that grows by pieces of text and bound values. */
#ifndef HECATE_STORE_FILTER_H
#define HECATE_STORE_FILTER_H

#include "store/store.h"

/* SQLite's two indexes of pieces: of addresses and names, and of values in metadata. */
typedef enum SearchIndex { IN_TEXT, IN_META, SEARCH_INDEXES } SearchIndex;

typedef struct Filter {
    Ctx *ctx;
    Query *query;
    bool plain;                   /* UserQuery's */
    bool by_index;                /* searches go by their index */
    Texts sample[SEARCH_INDEXES]; /* filter_sample() */
} Filter;

/* A new one, of a slow query. */
Filter filter_new(Tx *tx);
/* `before`, the values bound and parted by commas (folded with `fold`), `after`; nothing for an empty list. */
void filter_in(Filter *f, const char *before, FieldKind kind, const Texts *texts, bool fold, const char *after);
/* %text% for LIKE … ESCAPE '\', in lower case, with the pattern's own signs escaped. */
const char *filter_like(Arena *arena, const char *text);
/* Binds a value and writes its number. */
void filter_value(Filter *f, Value value);
/* ` WHERE …` of a query over user_tables, with all conditions of the query. */
void filter_where(Filter *f, const UserQuery *in, bool by_index);
/* ` AND …` for each bound of a time, of u or p. */
void filter_times(Filter *f, const UserQuery *in);
/* A tree of conditions, in parentheses; its depth is bounded by whoever made it (cond.c). */
void filter_cond(Filter *f, const Cond *cond);

/* ---- pieces.c: the indexes of three-letter pieces ---- */

typedef enum SearchTables { OF_USERS = 1, OF_PROFILES = 2, OF_ADDRESSES = 4 } SearchTables;
/* Before the first search by_index: texts of a few users, which say what is rare; nothing if the query looks for no text. */
Err filter_sample(Filter *f, Tx *tx, const UserQuery *in);
/* Does nobody of the sample have a text that is looked for? */
bool filter_is_rare(const Filter *f, const UserQuery *in);
/* Is the text long enough for an index? */
bool filter_has_piece(const char *text);
/* SELECT … UNION ALL …: the ids of users who may have the part, which has a piece, in texts of these tables: nobody is left out. `pattern`: the part,
 * or what it is a part of, for LIKE … ESCAPE '\'. */
void filter_candidates(Filter *f, SearchTables tables, const char *part, const char *pattern);
/* `u.id IN (…) AND `: who may meet a condition on texts of these tables, or (SQLite) on metadata. Nothing where the index does not know. */
void filter_text_candidates(Filter *f, SearchTables tables, const Cond *cond);
void filter_value_candidates(Filter *f, const Cond *cond);

extern const Field membership_cols[]; /* organizations.c */

/* ---- counts.c ---- */

/* How many users have the audience and are living, if the query says so; `unknown`: of these, the time of how many is not known. Exact on SQLite; on
 * PostgreSQL what others wrote since the last recount is not in it. */
Err counts_total(Tx *tx, const UserQuery *in, int64_t *n, int64_t *unknown);
/* How many of them were made between the query's two times. */
Err counts_between(Tx *tx, const UserQuery *in, int64_t *n, int64_t *unknown);
/* Where the page of a list without conditions begins: users made at `at` or later (the oldest first), or before it (the newest first), behind `skip`
 * of them; behind all users, where the last one is. `n` and `unknown` as above. E_NO_ROW: there is nobody there. */
typedef struct CountsPlace {
    int64_t at, skip, n, unknown;
} CountsPlace;
Err counts_place(Tx *tx, const UserQuery *in, CountsPlace *ret);

/* ---- last.c: lists of which bounds of the last sign-in, or of the last activity, are the one condition ---- */

/* SELECT …: the ids of a page by age: of users whose times are the latest `window`, and those who were seen before they were made; 0: of all. */
void filter_last(Filter *f, const UserQuery *in, int64_t window, int64_t limit, int64_t offset);
/* Were many seen before they were made? Then the latest times do not help. */
Err last_odd(Tx *tx, const UserQuery *in, bool *many);
/* The earliest of these times, or 0 if there are no more: who was seen before was made before, too. */
Err last_floor(Tx *tx, const UserQuery *in, int64_t window, int64_t *ret);
Err last_count(Tx *tx, const UserQuery *in, int64_t *ret);

#endif
