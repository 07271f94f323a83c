/* page.h: a page of rows, and how many there are in all. */
#ifndef HECATE_STORE_PAGE_H
#define HECATE_STORE_PAGE_H

#include "db/db.h"

typedef struct PageRow {
    const Stmt *page, *count; /* each gives `total`; `page` in every row */
    const Field *cols;        /* of the key and of the rows, which are of one struct */
    size_t total;             /* the place of its int64_t in that struct */
    size_t most;              /* rows */
} PageRow;

/* The rows of a page, and the total, which an empty page asks for apart. Errors: those of the database. */
Err page_load(Tx *tx, const PageRow *row, const void *key, List *ret, int64_t *total);

#endif
