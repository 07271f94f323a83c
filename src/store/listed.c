/* listed.c: addresses that are let in or kept out. */
#include "sql.gen.h"
#include "store/page.h"
#include "store/store.h"

enum { MOST_LISTED = 500 };

static const Field listed_cols[] = {
    UUID(Listed, id, "id"),
    TEXT(Listed, list, "list"),
    TEXT(Listed, kind, "kind"),
    TEXT(Listed, identifier, "identifier"),
    TEXT(Listed, wildcard, "wildcard"),
    TIME(Listed, created_at, "created_at"),
    INT(Listed, limit, "limit"),
    INT(Listed, offset, "offset"),
    INT(Listed, total, "total"),
    BOOL(Listed, enabled, "enabled"),
    END(Listed),
};

static const Field match_cols[] = {
    BOOL(ListedMatch, allow_on, "allow_on"),
    BOOL(ListedMatch, block_on, "block_on"),
    BOOL(ListedMatch, allowed, "allowed"),
    BOOL(ListedMatch, blocked, "blocked"),
    END(ListedMatch),
};

Err store_listed_insert(Tx *tx, const Listed *listed)
{
    return db_exec(tx, SQL_LISTED_INSERT, listed_cols, listed, NULL);
}

Err store_listed_page(Tx *tx, const Listed *key, List *ret, int64_t *total)
{
    static const PageRow row = { SQL_LISTED_PAGE, SQL_LISTED_COUNT, listed_cols, offsetof(Listed, total), MOST_LISTED };

    return page_load(tx, &row, key, ret, total);
}

Err store_listed_delete(Tx *tx, const Listed *key, bool *deleted)
{
    int64_t changed;

    TRY(db_exec(tx, SQL_LISTED_DELETE, listed_cols, key, &changed));
    *deleted = changed == 1;
    return OK;
}

Err store_listed_match(Tx *tx, const Listed *key, ListedMatch **ret)
{
    return db_one(tx, SQL_LISTED_MATCH, listed_cols, key, match_cols, ret);
}

Err store_switch_put(Tx *tx, const char *list, bool enabled)
{
    return db_exec(tx, SQL_SWITCH_PUT, listed_cols, &(const Listed){ .list = list, .enabled = enabled }, NULL);
}
