/* listed.c: allow list, block list, and which of them counts (spec/clerk.md 4.5). The route says which list it is of. */
#include "dialect/clerk/internal.h"

typedef struct Kind {
    const char *list, *object, *prefix;
} Kind;

static const Kind allow = { "allow", "allowlist_identifier", "alid_" }, block = { "block", "blocklist_identifier", "blid_" };

static const Kind *kind_of(const Ctx *ctx)
{
    return text_eq(ctx_call(ctx)->route->kind, allow.list) ? &allow : &block;
}

static void *view(Ctx *ctx, const Kind *kind, const Listed *listed)
{
    ClerkListed *shown = ARENA_NEW(ctx->arena, ClerkListed);

    *shown = (ClerkListed){
        .object = kind->object,
        .id = clerk_id(ctx->arena, kind->prefix, listed->id),
        .identifier = text_eq(listed->kind, "phone") ? arena_printf(ctx->arena, "+%s", listed->identifier) : listed->identifier,
        .identifier_type = text_eq(listed->kind, "email")   ? "email_address"
                           : text_eq(listed->kind, "phone") ? "phone_number"
                                                            : "web3_wallet",
        .instance_id = ((const ClerkSettings *)ctx_settings(ctx))->instance_id,
        .created_at = listed->created_at,
        .updated_at = listed->created_at,
    };
    return shown;
}

/* A block list is always a page. */
Err clerk_listed_list(Ctx *ctx, const Req *req, Reply *reply)
{
    const Kind *kind = kind_of(ctx);
    ClerkPageQuery in = { .limit = 10 };
    ClerkPage page = { 0 };
    List rows = { 0 };

    TRY(clerk_read_page(ctx, req, &in));
    TRY(dir_listed_list(ctx, kind->list, in.limit, in.offset, &rows, &page.total_count));
    for (size_t i = 0; i < rows.n; i++)
        list_add(ctx->arena, &page.data, view(ctx, kind, rows.v[i]));
    return in.paginated || kind == &block ? reply_json(ctx, reply, 200, "application/json", clerk_listed_page, &page, JSON_PLAIN)
                                          : clerk_reply_list(reply, clerk_listed, &page.data);
}

Err clerk_listed_create(Ctx *ctx, const Req *req, Reply *reply)
{
    const ptrdiff_t at = AT(ClerkListedIn, identifier);
    const Kind *kind = kind_of(ctx);
    ClerkListedIn in = { 0 };
    Listed *listed;
    Err err;

    TRY(clerk_read_body(ctx, req, &in));
    if (text_empty(in.identifier))
        return clerk_fail(ctx, SAY_NIL, at, NULL);
    if (*in.identifier == '+' && clerk_phone(ctx, in.identifier) == NULL)
        return fail(ctx, E_BAD_PHONE, at, NULL);
    err = dir_listed_create(ctx, kind->list, in.identifier, &listed);
    if (err == E_CONFLICT)
        return clerk_fail(ctx, SAY_RECORDED, at, clerk_shown(ctx, in.identifier));
    if (err == E_BAD_EMAIL || err == E_BAD_PHONE || err == E_BAD_WALLET)
        return fail(ctx, err, at, NULL);
    TRY(err);
    return reply_object(ctx, reply, 200, view(ctx, kind, listed), JSON_PLAIN);
}

Err clerk_listed_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const Kind *kind = kind_of(ctx);
    const ClerkDeleted out = { .object = kind->object, .id = req_param(ctx, "identifier_id"), .deleted = true };
    const char *id = clerk_id_read(ctx->arena, kind->prefix, out.id);
    Err err;

    (void)req;
    err = id == NULL ? E_NOT_THIS_USER : dir_listed_delete(ctx, kind->list, id);
    if (err == E_NOT_THIS_USER)
        return clerk_fail(ctx, SAY_NO_PART, NOWHERE, NULL);
    TRY(err);
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* The other restrictions are not served: what would turn one on is refused. */
Err clerk_restrictions_set(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkRestrictions in = { 0 }, out = { .object = "instance_restrictions" };

    TRY(clerk_read_body(ctx, req, &in));
    if (in.block_email_subaddresses || in.block_disposable_email_domains || in.ignore_dots_for_gmail_addresses)
        return fail(ctx, E_FEATURE_OFF, NOWHERE, NULL);
    TRY(dir_lists_set(ctx, HAS(&in, allowlist) && !IS_NULL(&in, allowlist) ? &in.allowlist : NULL,
                      HAS(&in, blocklist) && !IS_NULL(&in, blocklist) ? &in.blocklist : NULL, &out.allowlist, &out.blocklist));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}
