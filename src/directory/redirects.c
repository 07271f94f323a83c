/* redirects.c: URLs that an application may send its users back to. */
#include "base/id.h"
#include "directory/internal.h"

Err dir_redirect_create(Ctx *ctx, const char *url, RedirectUrl **ret)
{
    RedirectUrl *row = ARENA_NEW(ctx->arena, RedirectUrl);

    *row = (RedirectUrl){ .id = uuid_new(ctx->arena), .url = url, .created_at = ctx->now };
    TRY(store_redirect_insert(db_auto(ctx), row));
    *ret = row;
    return OK;
}

Err dir_redirect_list(Ctx *ctx, int64_t limit, int64_t offset, List *ret, int64_t *total)
{
    return store_redirect_page(db_auto(ctx), &(const RedirectUrl){ .limit = limit, .offset = offset }, ret, total);
}

Err dir_redirect_get(Ctx *ctx, const char *id, RedirectUrl **ret)
{
    return store_redirect_get(db_auto(ctx), &(const RedirectUrl){ .id = id }, ret);
}

Err dir_redirect_delete(Ctx *ctx, const char *id)
{
    return store_redirect_delete(db_auto(ctx), &(const RedirectUrl){ .id = id });
}
