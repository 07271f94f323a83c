/* redirects.c: URLs that an application may send its users back to. */
#include "sql.gen.h"
#include "store/page.h"
#include "store/store.h"

enum { MOST_REDIRECTS = 500 };

static const Field redirect_cols[] = {
    UUID(RedirectUrl, id, "id"),
    TEXT(RedirectUrl, url, "url"),
    TIME(RedirectUrl, created_at, "created_at"),
    INT(RedirectUrl, limit, "limit"),
    INT(RedirectUrl, offset, "offset"),
    INT(RedirectUrl, total, "total"),
    END(RedirectUrl),
};

Err store_redirect_insert(Tx *tx, const RedirectUrl *row)
{
    return db_exec(tx, SQL_REDIRECT_INSERT, redirect_cols, row, NULL);
}

Err store_redirect_page(Tx *tx, const RedirectUrl *key, List *ret, int64_t *total)
{
    static const PageRow row = { SQL_REDIRECT_PAGE, SQL_REDIRECT_COUNT, redirect_cols, offsetof(RedirectUrl, total), MOST_REDIRECTS };

    return page_load(tx, &row, key, ret, total);
}

Err store_redirect_get(Tx *tx, const RedirectUrl *key, RedirectUrl **ret)
{
    return db_one(tx, SQL_REDIRECT_GET, redirect_cols, key, redirect_cols, ret);
}

Err store_redirect_delete(Tx *tx, const RedirectUrl *key)
{
    int64_t changed;

    TRY(db_exec(tx, SQL_REDIRECT_DELETE, redirect_cols, key, &changed));
    return changed == 1 ? OK : E_NO_ROW;
}
