/* waitlist.c: who waits to be invited to the application: each address once. */
#include "base/id.h"
#include "directory/internal.h"

Err dir_waiting_add(Ctx *ctx, const char *email, Waiting **ret)
{
    Waiting row = { .id = uuid_new(ctx->arena), .status = "pending", .created_at = ctx->now, .updated_at = ctx->now };

    TRY(email_read(ctx, email, &row.email));
    TRY(store_waiting_insert(db_auto(ctx), &row));
    return store_waiting_get(db_auto(ctx), &(const Waiting){ .email = row.email }, ret);
}

Err dir_waiting_list(Ctx *ctx, const Waiting *query, List *ret, int64_t *total)
{
    Waiting first = *query;
    List one = { 0 };

    TRY(store_waiting_page(db_auto(ctx), query, ret));
    *total = ret->n > 0 ? ((const Waiting *)ret->v[0])->total : 0;
    if (ret->n > 0 || query->offset == 0)
        return OK;
    first.offset = 0; /* behind the end: the page is empty, the number is not */
    first.limit = 1;
    TRY(store_waiting_page(db_auto(ctx), &first, &one));
    *total = one.n > 0 ? ((const Waiting *)one.v[0])->total : 0;
    return OK;
}

Err dir_waiting_get(Ctx *ctx, const char *id, Waiting **ret)
{
    return store_waiting_get(db_auto(ctx), &(const Waiting){ .id = id }, ret);
}

Err dir_waiting_set(Ctx *ctx, const char *id, const char *status, Waiting **ret)
{
    TRY(store_waiting_set(db_auto(ctx), &(const Waiting){ .id = id, .status = status, .updated_at = ctx->now }));
    return dir_waiting_get(ctx, id, ret);
}

Err dir_waiting_delete(Ctx *ctx, const char *id)
{
    return store_waiting_delete(db_auto(ctx), &(const Waiting){ .id = id });
}
