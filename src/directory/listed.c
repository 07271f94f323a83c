/* listed.c: addresses that are let in, and those that are kept out (spec/clerk.md 4.5): whoever signs up, in any dialect, and whom a key of Clerk's
 * makes. */
#include "base/id.h"
#include "directory/internal.h"

/* An address as the lists have it: folded; of an e-mail address the domain may stand alone, behind `*@`. */
static Err read_identifier(Ctx *ctx, const char *text, ptrdiff_t at, Listed *listed)
{
    const char *mail;

    listed->kind = *text == '+' ? "phone" : strchr(text, '@') != NULL ? "email" : "web3";
    if (!str_starts(str_of(text), STR("*@")))
        return address_read(ctx, listed->kind, text, at, &listed->identifier);
    TRY(address_read(ctx, "email", arena_printf(ctx->arena, "x%s", text + 1), at, &mail));
    listed->identifier = arena_printf(ctx->arena, "*%s", mail + 1);
    return OK;
}

Err dir_listed_create(Ctx *ctx, const char *list, const char *identifier, Listed **ret)
{
    Listed *listed = ARENA_NEW(ctx->arena, Listed);

    *listed = (Listed){ .id = uuid_new(ctx->arena), .list = list, .created_at = ctx->now };
    TRY(read_identifier(ctx, identifier, NOWHERE, listed));
    TRY(store_listed_insert(db_auto(ctx), listed));
    *ret = listed;
    return OK;
}

Err dir_listed_list(Ctx *ctx, const char *list, int64_t limit, int64_t offset, List *ret, int64_t *total)
{
    const Listed key = { .list = list, .limit = limit, .offset = offset };

    return store_listed_page(db_auto(ctx), &key, ret, total);
}

Err dir_listed_delete(Ctx *ctx, const char *list, const char *id)
{
    const Listed key = { .id = id, .list = list };
    bool deleted;

    TRY(store_listed_delete(db_auto(ctx), &key, &deleted));
    return deleted ? OK : fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
}

Err dir_lists_set(Ctx *ctx, const bool *allow, const bool *block, bool *allow_on, bool *block_on)
{
    const Listed nobody = { .identifier = "", .wildcard = "" };
    ListedMatch *match;

    if (allow != NULL)
        TRY(store_switch_put(db_auto(ctx), "allow", *allow));
    if (block != NULL)
        TRY(store_switch_put(db_auto(ctx), "block", *block));
    TRY(store_listed_match(db_auto(ctx), &nobody, &match));
    *allow_on = match->allow_on;
    *block_on = match->block_on;
    return OK;
}

/* ---- judging ---- */

static Err judge(Ctx *ctx, const char *value)
{
    const char *domain = strrchr(value, '@');
    const Listed key = { .identifier = value, .wildcard = domain == NULL ? value : arena_printf(ctx->arena, "*%s", domain) };
    ListedMatch *match;

    TRY(store_listed_match(db_auto(ctx), &key, &match));
    if ((match->block_on && match->blocked) || (match->allow_on && !match->allowed))
        return fail(ctx, E_NOT_LISTED, NOWHERE, "%s", value);
    return OK;
}

Err listed_check(Ctx *ctx, const User *user, const List *further)
{
    if (user->email == NULL && user->phone == NULL && further->n == 0)
        return judge(ctx, user->username == NULL ? "" : text_lower(ctx->arena, user->username)); /* in no list: only an allow list keeps it out */
    if (user->email != NULL)
        TRY(judge(ctx, user->email));
    if (user->phone != NULL)
        TRY(judge(ctx, user->phone));
    for (size_t i = 0; i < further->n; i++)
        TRY(judge(ctx, ((const Address *)further->v[i])->value_key));
    return OK;
}
