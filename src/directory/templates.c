/* templates.c: templates of tokens. A key of a template's own is sealed, for its id alone. */
#include "directory/templates.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/internal.h"
#include "store/templates.h"

static const char *purpose(Ctx *ctx, const TokenTemplate *row)
{
    return arena_printf(ctx->arena, "token_template %s", row->id);
}

static Err seal_key(Ctx *ctx, TokenTemplate *row, const char *key)
{
    char *sealed;

    if (key == NULL)
        return OK;
    TRY(seal_write(ctx->arena, ctx->directory->data_key, purpose(ctx, row), str_of(key), &sealed));
    row->sealed_key = sealed;
    return OK;
}

Err dir_template_get(Ctx *ctx, const char *id, const char *name, TokenTemplate **ret)
{
    return store_template_get(db_auto(ctx), id, name, ret);
}

Err dir_template_list(Ctx *ctx, int64_t limit, int64_t offset, List *ret, int64_t *total)
{
    return store_template_page(db_auto(ctx), limit, offset, ret, total);
}

Err dir_template_create(Ctx *ctx, TokenTemplate *row, const char *key)
{
    row->id = uuid_new(ctx->arena);
    row->created_at = row->updated_at = ctx->now;
    TRY(seal_key(ctx, row, key));
    return store_template_insert(db_auto(ctx), row);
}

Err dir_template_update(Ctx *ctx, TokenTemplate *row, const char *key)
{
    int64_t changed;

    row->updated_at = ctx->now > row->updated_at ? ctx->now : row->updated_at + 1;
    TRY(seal_key(ctx, row, key));
    TRY(store_template_update(db_auto(ctx), row, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

Err dir_template_delete(Ctx *ctx, const char *id)
{
    int64_t changed;

    TRY(store_template_delete(db_auto(ctx), id, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

Err dir_template_key(Ctx *ctx, const TokenTemplate *row, Str *ret)
{
    *ret = (Str){ NULL, 0 };
    return row->sealed_key == NULL ? OK : seal_read(ctx->arena, ctx->directory->data_key, purpose(ctx, row), row->sealed_key, ret);
}
