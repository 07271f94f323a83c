/* tickets.c: what lets somebody in without a password: sign-in tokens, actor tokens, testing tokens (spec/clerk.md 4.5). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/clerk/internal.h"

enum { SIGN_IN_TOKEN_S = 2592000, ACTOR_TOKEN_S = 3600, ACTOR_SESSION_S = 1800, TESTING_TOKEN_S = 3600, MOST_S = 315360000, TESTING_CHARACTERS = 43 };

/* ---- what goes out ---- */

static Err reply_ticket(Ctx *ctx, Reply *reply, const SignInToken *token)
{
    const ClerkSignInToken out = {
        .object = token->actor != NULL ? "actor_token" : "sign_in_token",
        .id = clerk_id(ctx->arena, token->actor != NULL ? "act_" : "sit_", token->id),
        .status = token->status,
        .user_id = clerk_id(ctx->arena, "user_", token->user_id),
        .actor = token->actor,
        .token = token->token,
        .created_at = token->created_at,
        .updated_at = token->updated_at,
    };

    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

/* ---- making ---- */

static Err check_seconds(Ctx *ctx, int64_t seconds, ptrdiff_t at)
{
    if (seconds < 1)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, at, "1");
    return seconds > MOST_S ? clerk_fail(ctx, SAY_LIFE_MOST, at, "315360000") : OK;
}

static Err create(Ctx *ctx, Reply *reply, const ClerkTokenIn *in)
{
    const SignInToken new = { .user_id = clerk_id_read(ctx->arena, "user_", in->user_id),
                              .actor = in->actor,
                              .session_life = in->actor == NULL ? 0 : in->session_max_duration_in_seconds };
    SignInToken *token;

    TRY(check_seconds(ctx, in->expires_in_seconds, AT(ClerkTokenIn, expires_in_seconds)));
    TRY(clerk_no_such_user(ctx,
                           new.user_id == NULL ? fail(ctx, E_NO_USER, NOWHERE, NULL)
                                               : dir_sign_in_token_create(ctx, &new, in->expires_in_seconds * US_PER_S, &token),
                           in->user_id));
    return reply_ticket(ctx, reply, token);
}

Err clerk_sign_in_token_create(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkTokenIn in = { .expires_in_seconds = SIGN_IN_TOKEN_S };

    TRY(clerk_read_body(ctx, req, &in));
    return create(ctx, reply, &in);
}

typedef struct Actor {
    const char *sub;
} Actor;
static const Field actor_fields[] = { TEXT(Actor, sub, "sub", .flags = REQUIRED), END(Actor) };

/* Who acts is named by `sub`; what else stands there is the application's. */
static Err check_actor(Ctx *ctx, const char *text)
{
    const ptrdiff_t at = AT(ClerkTokenIn, actor);
    Actor actor = { 0 };

    if (text == NULL)
        return fail(ctx, E_MISSING, at, NULL);
    if (strlen(text) > CLERK_MOST_METADATA)
        return clerk_fail(ctx, SAY_SIZE, at, NULL);
    return json_read(ctx, str_of(text), JSON_IGNORE_UNKNOWN, actor_fields, &actor) != OK || text_empty(actor.sub)
               ? clerk_fail(ctx, SAY_ACTOR, at, NULL)
               : OK;
}

Err clerk_actor_token_create(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkTokenIn in = { .expires_in_seconds = ACTOR_TOKEN_S, .session_max_duration_in_seconds = ACTOR_SESSION_S };

    TRY(clerk_read_body(ctx, req, &in));
    TRY(check_actor(ctx, in.actor));
    TRY(check_seconds(ctx, in.session_max_duration_in_seconds, AT(ClerkTokenIn, session_max_duration_in_seconds)));
    return create(ctx, reply, &in);
}

/* ---- revoking ---- */

/* The route says of which kind. */
Err clerk_ticket_revoke(Ctx *ctx, const Req *req, Reply *reply)
{
    const bool acts = text_eq(ctx_call(ctx)->route->kind, "actor");
    const char *id = clerk_id_read(ctx->arena, acts ? "act_" : "sit_", req_param(ctx, "token_id"));
    SignInToken *token;
    Err err;

    (void)req;
    err = id == NULL ? E_NOT_THIS_USER : dir_sign_in_token_revoke(ctx, id, acts, &token);
    if (err == E_NOT_THIS_USER)
        return clerk_fail(ctx, SAY_NO_PART, NOWHERE, NULL);
    if (err == E_CONFLICT)
        return clerk_fail(ctx, acts ? SAY_ACTOR_NOT_PENDING : SAY_NOT_PENDING, NOWHERE, NULL);
    TRY(err);
    return reply_ticket(ctx, reply, token);
}

/* ---- testing tokens ---- */

/* What a test shows so that nobody takes it for a robot: nobody here does, so none is kept. */
Err clerk_testing_token(Ctx *ctx, const Req *req, Reply *reply)
{
    const int64_t now = ctx->now / US_PER_S;
    const char *text = random_text(ctx->arena, TESTING_CHARACTERS, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    const ClerkTestingToken out = { "testing_token", arena_printf(ctx->arena, "%lld-c_%s", (long long)now, text), now + TESTING_TOKEN_S };

    (void)req;
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}
