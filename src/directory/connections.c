/* connections.c: where users of Auth0 come from (spec/auth0.md 2.14). */
#include "directory/connections.h"
#include "base/buf.h"
#include "base/id.h"
#include "directory/internal.h"
#include "store/connections.h"

enum { USERS_AT_ONCE = 100 };

Err dir_connection_get(Ctx *ctx, const char *id, Connection **ret)
{
    return store_connection_get(db_auto(ctx), id, ret);
}

Err dir_connection_named(Ctx *ctx, const char *name, Connection **ret)
{
    return store_connection_named(db_auto(ctx), name, ret);
}

const char *texts_in_commas(Ctx *ctx, const Texts *texts)
{
    Buf buf = buf_in(ctx->arena, 4096);
    char *ret = NULL;

    if (texts == NULL || texts->n == 0)
        return NULL;
    buf_char(&buf, ',');
    for (size_t i = 0; i < texts->n; i++)
        buf_printf(&buf, "%s,", texts->v[i]);
    return buf_text(&buf, &ret) == OK ? ret : ",";
}

Err dir_connection_list(Ctx *ctx, const ConnectionPage *page, List *ret)
{
    const ConnectionKey key = { .name = page->name,
                                .strategies = texts_in_commas(ctx, page->strategies),
                                .after_id = page->after_id,
                                .after = page->after,
                                .limit = page->limit,
                                .offset = page->offset };

    if (page->total != NULL)
        TRY(store_connection_count(db_auto(ctx), &key, page->total));
    return store_connection_list(db_auto(ctx), &key, ret);
}

Err dir_connection_create(Ctx *ctx, Connection *connection)
{
    static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    connection->id = arena_printf(ctx->arena, "con_%s", random_text(ctx->arena, 16, alphanumeric));
    connection->created_at = ctx->now;
    return store_connection_insert(db_auto(ctx), connection);
}

Err dir_connection_update(Ctx *ctx, const Connection *connection)
{
    int64_t changed;

    TRY(store_connection_update(db_auto(ctx), connection, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

/* Its users one by one, each with all that hangs on it; somebody else may be faster. */
static Err delete_users(Ctx *ctx, const char *name)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    List users;

    do {
        *query = (UserQuery){ .connection = name, .living = true, .limit = USERS_AT_ONCE };
        users = (List){ 0 };
        TRY(dir_user_list(ctx, query, &users));
        for (size_t i = 0; i < users.n; i++) {
            const Err err = dir_user_delete(ctx, ((const User *)users.v[i])->id, false);

            if (err != OK && err != E_NO_USER)
                return err;
        }
    } while (users.n == USERS_AT_ONCE);
    return OK;
}

/* First the connection, so that nobody comes to it any more. */
Err dir_connection_delete(Ctx *ctx, const char *id)
{
    Connection *connection;
    int64_t changed;

    TRY(store_connection_get(db_auto(ctx), id, &connection));
    if (text_eq(connection->name, DEFAULT_CONNECTION))
        return fail(ctx, E_CONFLICT, NOWHERE, NULL);
    TRY(store_connection_delete(db_auto(ctx), id, &changed));
    return delete_users(ctx, connection->name);
}
