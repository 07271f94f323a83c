/* page.c: a page of rows, and how many there are in all. */
#include "store/page.h"

Err page_load(Tx *tx, const PageRow *row, const void *key, List *ret, int64_t *total)
{
    void *one;

    TRY(db_list(tx, row->page, row->cols, key, row->cols, row->most, ret));
    if (ret->n == 0)
        TRY(db_one(tx, row->count, row->cols, key, row->cols, &one));
    else
        one = ret->v[0];
    memcpy(total, (const char *)one + row->total, sizeof(*total));
    return OK;
}
