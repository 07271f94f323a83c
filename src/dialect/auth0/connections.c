/* connections.c: the connections that users can have: one database, which all dialects share (spec/auth0.md 2.14). */
#include "base/id.h"
#include "dialect/auth0/internal.h"

/* `con_` and 16 characters, from the name: the same on every node and after every start. */
static const char *connection_id(Ctx *ctx, const char *name)
{
    uint8_t sum[32];
    Buf buf = buf_in(ctx->arena, 64);
    char *text = "";

    hash_sum(HASH_SHA256, str_of(name), sum);
    base62_write(&buf, sum, sizeof(sum), 43);
    IGNORE(buf_text(&buf, &text)); /* the cap fits by construction */
    return arena_printf(ctx->arena, "con_%.16s", text);
}

bool auth0_connection_known(Ctx *ctx, const char *id)
{
    return text_eq(id, connection_id(ctx, AUTH0_CONNECTION));
}
