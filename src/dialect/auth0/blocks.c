/* blocks.c: blocks after too many wrong passwords (spec/auth0.md 2.10). */
#include "dialect/auth0/internal.h"

static Err reply_blocks(Ctx *ctx, Reply *reply, const User *user)
{
    const char *name = user == NULL ? NULL : user->email != NULL ? user->email : user->username;

    if (name == NULL || user_locked_until(ctx, user) == 0)
        return auth0_reply_fixed(ctx, reply, "{\"blocked_for\":[]}");
    return auth0_reply_fixed(
        ctx, reply,
        arena_printf(ctx->arena, "{\"blocked_for\":[{\"identifier\":%s,\"connection\":\"" AUTH0_CONNECTION "\"}]}", json_quote(ctx->arena, name)));
}

/* Whoever has the identifier, as it is stored; NULL: nobody. */
static Err find_identified(Ctx *ctx, const Req *req, User **ret)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    Auth0BlockQuery in = { 0 };
    List users = { 0 };

    TRY(auth0_query(ctx, req, auth0_block_query, &in));
    *query = (UserQuery){ .limit = 1, .parts = USER_WHOLE, .living = true };
    texts_add(ctx->arena,
              strchr(in.identifier, '@') != NULL ? &query->emails
              : in.identifier[0] == '+'          ? &query->phones
                                                 : &query->usernames,
              in.identifier + (in.identifier[0] == '+'));
    TRY(dir_user_list(ctx, query, &users));
    *ret = users.n == 0 ? NULL : users.v[0];
    return OK;
}

Err auth0_blocks(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    TRY(find_identified(ctx, req, &user));
    return reply_blocks(ctx, reply, user);
}

Err auth0_blocks_end(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    TRY(find_identified(ctx, req, &user));
    if (user != NULL && user_locked_until(ctx, user) != 0)
        TRY(dir_user_unlock(ctx, user->id, &user));
    return auth0_reply_empty(reply, 204);
}

Err auth0_user_blocks(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(auth0_load_param(ctx, &user));
    return reply_blocks(ctx, reply, user);
}

Err auth0_user_blocks_end(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;

    (void)req;
    TRY(auth0_load_param(ctx, &user));
    if (user_locked_until(ctx, user) != 0)
        TRY(dir_user_unlock(ctx, user->id, &user));
    return auth0_reply_empty(reply, 204);
}
