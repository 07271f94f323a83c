/* tokens.c: sessions that an administrator begins, sees and ends, and sign-in tokens. */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/internal.h"
#include "store/organizations.h"

#define REMEMBER_TIME ((int64_t)30 * 86400 * US_PER_S)

/* ---- seeing ---- */

Err dir_session_list(Ctx *ctx, const SessionQuery *in, List *ret, int64_t *total)
{
    SessionQuery query = *in;

    query.now = ctx->now;
    TRY(store_session_list(db_auto(ctx), &query, ret));
    if (ret->n > 0 || query.offset == 0) {
        *total = ret->n == 0 ? 0 : ((const SessionShown *)ret->v[0])->total;
        return OK;
    }
    query.offset = 0; /* behind the end: the page is empty, the number is not */
    query.limit = 1;
    TRY(store_session_list(db_auto(ctx), &query, ret));
    *total = ret->n == 0 ? 0 : ((const SessionShown *)ret->v[0])->total;
    *ret = (List){ 0 };
    return OK;
}

static Err find(Tx *tx, const char *id, SessionShown **ret)
{
    Ctx *ctx = tx_ctx(tx);
    const SessionQuery key = { .id = id, .now = ctx->now };
    const Err err = store_session_get(tx, &key, ret);

    return err == E_NO_ROW ? fail(ctx, E_SESSION_GONE, NOWHERE, NULL) : err;
}

Err dir_session_get(Ctx *ctx, const char *id, SessionShown **ret)
{
    return find(db_auto(ctx), id, ret);
}

/* ---- beginning ---- */

typedef struct Beginning {
    SessionWrite write;
    SessionQuery end;
    const char *organization_id;
    SessionShown *session;
} Beginning;

/* The session is in the organization, of which the user is a member. */
static Err enter_organization(Tx *tx, const Beginning *beginning)
{
    const MemberKey key = { .organization_id = beginning->organization_id, .user_id = beginning->write.user_id, .session_id = beginning->end.id };
    Membership *membership;
    Err err;

    if (beginning->organization_id == NULL)
        return OK;
    err = store_membership_get(tx, &key, &membership);
    TRY(err == E_NO_ROW ? fail(tx_ctx(tx), E_NO_MEMBER, NOWHERE, NULL) : err);
    return store_session_organization_put(tx, &key);
}

static Err begin(Tx *tx, void *arg)
{
    Beginning *beginning = arg;

    TRY(store_sign_in(tx, &beginning->write));
    TRY(store_session_set_end(tx, &beginning->end));
    TRY(store_profile_active(tx, beginning->write.user_id, beginning->write.now));
    TRY(enter_organization(tx, beginning));
    return find(tx, beginning->end.id, &beginning->session);
}

/* No refresh token: who has the administrator's key makes tokens of the session. */
Err dir_session_begin(Ctx *ctx, const char *user_id, const char *organization_id, int64_t life, SessionShown **ret)
{
    Beginning *beginning = ARENA_NEW(ctx->arena, Beginning);
    const Traits traits = { .user_id = user_id };
    User *user;
    Err err;

    TRY(dir_user_get(ctx, user_id, &user));
    if (user->deleted_at != 0)
        return fail(ctx, E_NO_USER, NOWHERE, NULL);
    if (user_banned(ctx, user))
        return fail(ctx, E_BANNED, NOWHERE, NULL);
    beginning->organization_id = organization_id;
    beginning->end = (SessionQuery){ .id = uuid_new(ctx->arena), .not_after = ctx->now + life };
    beginning->write = (SessionWrite){ .user_id = user->id,
                                       .session_id = beginning->end.id,
                                       .amr_id = uuid_timed(ctx->arena, ctx->now),
                                       .method = "otp",
                                       .aal = "aal1",
                                       .audit = !ctx->directory->audit_off,
                                       .event_1 = uuid_timed(ctx->arena, ctx->now),
                                       .payload_1 = event_payload(ctx, EV_LOGIN, NULL, &traits),
                                       .now = ctx->now,
                                       .event_at = ctx->now,
                                       .password = user->encrypted_password == NULL ? "" : user->encrypted_password };
    beginning->write.most = INT64_MAX; /* wrong passwords keep no administrator out */
    err = tx_run(ctx, begin, beginning);
    if (err == E_NO_ROW)
        return fail(ctx, E_CONFLICT, NOWHERE, NULL); /* it got another password, or went, this very moment */
    TRY(err);
    *ret = beginning->session;
    return OK;
}

/* ---- ending ---- */

Err sessions_end_all(Tx *tx, const char *user_id)
{
    const int64_t now = tx_ctx(tx)->now;
    const SessionQuery key = { .user_id = user_id, .now = now, .before = now - REMEMBER_TIME };

    TRY(store_session_remember(tx, &key));
    return store_sessions_delete_all(tx, user_id);
}

typedef struct Ending {
    const char *id;
    SessionShown *session;
} Ending;

static Err end_one(Tx *tx, void *arg)
{
    Ending *ending = arg;
    const int64_t now = tx_ctx(tx)->now;
    const SessionQuery key = { .id = ending->id, .now = now, .before = now - REMEMBER_TIME };
    const SessionShown *live;
    Traits traits = { .session_id = ending->id };

    TRY(find(tx, ending->id, &ending->session));
    live = ending->session;
    traits.user_id = live->user_id;
    if (text_eq(live->status, "revoked"))
        return OK;
    TRY(store_session_remember(tx, &key));
    TRY(store_sessions_delete_one(tx, live->user_id, ending->id));
    TRY(event_add(tx, EV_LOGOUT, NULL, &traits));
    return find(tx, ending->id, &ending->session);
}

Err dir_session_end(Ctx *ctx, const char *id, SessionShown **ret)
{
    Ending ending = { .id = id };

    TRY(tx_run(ctx, end_one, &ending));
    *ret = ending.session;
    return OK;
}

/* ---- sign-in tokens ---- */

static const char *sum_of(Ctx *ctx, const char *token)
{
    Buf buf = buf_in(ctx->arena, 80);
    uint8_t sum[32];
    char *text = "";

    hash_sum(HASH_SHA256, str_of(token), sum);
    hex_write(&buf, sum, sizeof(sum));
    IGNORE(buf_text(&buf, &text)); /* 64 digits */
    return text;
}

static Err insert_token(Tx *tx, void *arg)
{
    const SignInToken *token = arg;

    return store_sign_in_token_insert(tx, token);
}

Err dir_sign_in_token_create(Ctx *ctx, const SignInToken *new, int64_t life, SignInToken **ret)
{
    SignInToken *token = ARENA_NEW(ctx->arena, SignInToken);
    User *user;

    TRY(dir_user_get(ctx, new->user_id, &user));
    if (user->deleted_at != 0)
        return fail(ctx, E_NO_USER, NOWHERE, NULL);
    *token = (SignInToken){ .id = uuid_new(ctx->arena),
                            .user_id = user->id,
                            .status = "pending",
                            .created_at = ctx->now,
                            .updated_at = ctx->now,
                            .expires_at = ctx->now + life,
                            .actor = new->actor,
                            .acts = new->actor != NULL,
                            .session_life = new->session_life,
                            .token = random_text(ctx->arena, 43, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") };
    token->token_sum = sum_of(ctx, token->token);
    TRY(tx_run(ctx, insert_token, token));
    *ret = token;
    return OK;
}

Err dir_sign_in_token_revoke(Ctx *ctx, const char *id, bool acts, SignInToken **ret)
{
    const SignInToken key = { .id = id, .acts = acts, .updated_at = ctx->now };
    bool revoked;
    Err err;

    TRY(store_sign_in_token_revoke(db_auto(ctx), &key, &revoked));
    err = store_sign_in_token_get(db_auto(ctx), &key, ret);
    if (err == E_NO_ROW)
        return fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
    TRY(err);
    return revoked ? OK : fail(ctx, E_CONFLICT, NOWHERE, NULL);
}
