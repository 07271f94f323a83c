/* templates.c: templates of tokens. */
#include "store/templates.h"
#include "sql.gen.h"
#include "store/page.h"

enum { MOST_TEMPLATES = 500 };

static const Field template_cols[] = {
    UUID(TokenTemplate, id, "id"),
    TEXT(TokenTemplate, name, "name"),
    JSON(TokenTemplate, claims, "claims"),
    INT(TokenTemplate, lifetime, "lifetime"),
    INT(TokenTemplate, skew, "skew"),
    TEXT(TokenTemplate, algorithm, "algorithm"),
    TEXT(TokenTemplate, sealed_key, "sealed_key", .flags = SECRET),
    TIME(TokenTemplate, created_at, "created_at"),
    TIME(TokenTemplate, updated_at, "updated_at"),
    INT(TokenTemplate, limit, "limit"),
    INT(TokenTemplate, offset, "offset"),
    INT(TokenTemplate, total, "total"),
    END(TokenTemplate),
};

Err store_template_get(Tx *tx, const char *id, const char *name, TokenTemplate **ret)
{
    const TokenTemplate key = { .id = id, .name = name };

    return db_one(tx, id != NULL ? SQL_TEMPLATE_GET : SQL_TEMPLATE_NAMED, template_cols, &key, template_cols, ret);
}

Err store_template_page(Tx *tx, int64_t limit, int64_t offset, List *ret, int64_t *total)
{
    static const PageRow row = { SQL_TEMPLATE_LIST, SQL_TEMPLATE_COUNT, template_cols, offsetof(TokenTemplate, total), MOST_TEMPLATES };
    const TokenTemplate key = { .limit = limit, .offset = offset };

    return page_load(tx, &row, &key, ret, total);
}

Err store_template_insert(Tx *tx, const TokenTemplate *row)
{
    return db_exec(tx, SQL_TEMPLATE_INSERT, template_cols, row, NULL);
}

Err store_template_update(Tx *tx, const TokenTemplate *row, int64_t *changed)
{
    return db_exec(tx, SQL_TEMPLATE_UPDATE, template_cols, row, changed);
}

Err store_template_delete(Tx *tx, const char *id, int64_t *changed)
{
    const TokenTemplate key = { .id = id };

    return db_exec(tx, SQL_TEMPLATE_DELETE, template_cols, &key, changed);
}
