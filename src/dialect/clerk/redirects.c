/* redirects.c: URLs that an application may send its users back to: kept and shown. */
#include "dialect/clerk/internal.h"

enum { MOST_URL = 2048 /* bytes: what an index takes */ };

static void *view(Ctx *ctx, const RedirectUrl *row)
{
    ClerkRedirect *shown = ARENA_NEW(ctx->arena, ClerkRedirect);

    *shown = (ClerkRedirect){
        .object = "redirect_url",
        .id = clerk_id(ctx->arena, "ru_", row->id),
        .url = row->url,
        .created_at = row->created_at,
        .updated_at = row->created_at,
    };
    return shown;
}

static Err path_id(Ctx *ctx, const char **ret)
{
    *ret = clerk_id_read(ctx->arena, "ru_", req_param(ctx, "redirect_id"));
    return *ret == NULL ? clerk_fail(ctx, SAY_NO_PART, NOWHERE, NULL) : OK;
}

static Err no_redirect(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? clerk_fail(ctx, SAY_NO_PART, NOWHERE, NULL) : err;
}

Err clerk_redirect_list(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkPageQuery in = { .limit = 10 };
    ClerkPage page = { 0 };
    List rows = { 0 };

    TRY(clerk_read_page(ctx, req, &in));
    TRY(dir_redirect_list(ctx, in.limit, in.offset, &rows, &page.total_count));
    for (size_t i = 0; i < rows.n; i++)
        list_add(ctx->arena, &page.data, view(ctx, rows.v[i]));
    return in.paginated ? reply_json(ctx, reply, 200, "application/json", clerk_redirect_page, &page, JSON_PLAIN)
                        : clerk_reply_list(reply, clerk_redirect, &page.data);
}

Err clerk_redirect_create(Ctx *ctx, const Req *req, Reply *reply)
{
    const ptrdiff_t at = AT(ClerkRedirect, url);
    ClerkRedirect in = { 0 };
    RedirectUrl *row;
    Err err;

    TRY(clerk_read_body(ctx, req, &in));
    if (text_empty(in.url))
        return clerk_fail(ctx, SAY_NIL, at, NULL);
    if (!clerk_is_url(in.url))
        return clerk_fail(ctx, SAY_URL, at, NULL);
    if (strlen(in.url) > MOST_URL)
        return fail(ctx, E_TOO_LONG, at, NULL);
    err = dir_redirect_create(ctx, in.url, &row);
    if (err == E_CONFLICT)
        return clerk_fail(ctx, SAY_RECORDED, at, clerk_shown(ctx, in.url));
    TRY(err);
    return reply_object(ctx, reply, 200, view(ctx, row), JSON_PLAIN);
}

Err clerk_redirect_get(Ctx *ctx, const Req *req, Reply *reply)
{
    RedirectUrl *row;
    const char *id;

    (void)req;
    TRY(path_id(ctx, &id));
    TRY(no_redirect(ctx, dir_redirect_get(ctx, id, &row)));
    return reply_object(ctx, reply, 200, view(ctx, row), JSON_PLAIN);
}

Err clerk_redirect_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkDeleted out = { .object = "redirect_url", .id = req_param(ctx, "redirect_id"), .deleted = true };
    const char *id;

    (void)req;
    TRY(path_id(ctx, &id));
    TRY(no_redirect(ctx, dir_redirect_delete(ctx, id)));
    return reply_json(ctx, reply, 200, "application/json", clerk_deleted, &out, JSON_PLAIN);
}
