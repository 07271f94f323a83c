/* verify.c: what a message carried comes back: a link's hash, or a code with its address (spec/gotrue.md 3.11); and the exchange of a PKCE flow
 * (3.4). */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/post.h"
#include "json/json.h"

enum { CODE_TRIES = 30, CODE_WINDOW_S = 3600 }; /* wrong codes of one user */

/* Where the token of a type may stand, and in what kind of flow it was sent. */
static const struct {
    TokenKind a, b;
    const char *flow;
    bool by_hash;
} types[VERIFY_TYPES] = {
    [VERIFY_SIGNUP] = { TOKEN_CONFIRMATION, TOKEN_CONFIRMATION, "email/signup", true },
    [VERIFY_INVITE] = { TOKEN_CONFIRMATION, TOKEN_CONFIRMATION, "invite", true },
    [VERIFY_RECOVERY] = { TOKEN_RECOVERY, TOKEN_RECOVERY, "recovery", true },
    [VERIFY_MAGICLINK] = { TOKEN_RECOVERY, TOKEN_RECOVERY, "magiclink", true },
    [VERIFY_EMAIL] = { TOKEN_CONFIRMATION, TOKEN_RECOVERY, NULL, true },
    [VERIFY_EMAIL_CHANGE] = { TOKEN_CHANGE_CURRENT, TOKEN_CHANGE_NEW, "email_change", true },
    [VERIFY_SMS] = { TOKEN_CONFIRMATION, TOKEN_CONFIRMATION, NULL, false },
    [VERIFY_PHONE_CHANGE] = { TOKEN_PHONE_CHANGE, TOKEN_PHONE_CHANGE, NULL, false },
};

typedef struct Verification {
    VerifyAsk *ask;
    Verified *ret;
    const char *user_id, *hash; /* hash: what the column must hold, but for "pkce_" */
    TokenKind kind;
    bool test;      /* the fixed code of a phone number: nothing is compared any more */
    char *password; /* the hash of one that nobody knows, for who was invited without one */
    Texts owners;   /* to whom a code went at the address of a change */
    bool lost;      /* no token of that code is there: it is a wrong try of this user's, or of each of the owners */
    bool wrong;     /* what was counted stays, the caller gets an error */
} Verification;

static const char *stored_hash(const Pending *pending, TokenKind kind)
{
    switch (kind) {
    case TOKEN_CONFIRMATION:
    case TOKEN_INVITE:
        return pending->confirmation;
    case TOKEN_RECOVERY:
        return pending->recovery;
    case TOKEN_CHANGE_CURRENT:
        return pending->change_current;
    case TOKEN_CHANGE_NEW:
        return pending->change_new;
    case TOKEN_PHONE_CHANGE:
        return pending->phone_change;
    default:
        return pending->reauthentication;
    }
}

static int64_t sent_at(const User *user, TokenKind kind)
{
    switch (kind) {
    case TOKEN_CONFIRMATION:
    case TOKEN_INVITE:
        return user->confirmation_sent_at;
    case TOKEN_RECOVERY:
        return user->recovery_sent_at;
    case TOKEN_CHANGE_CURRENT:
    case TOKEN_CHANGE_NEW:
        return user->email_change_sent_at;
    case TOKEN_PHONE_CHANGE:
        return user->phone_change_sent_at;
    default:
        return user->reauthentication_sent_at;
    }
}

/* Is it this one, with or without a flow? */
static bool hash_fits(const char *stored, const char *hash)
{
    const Str have = str_of(stored == NULL ? "" : stored), want = str_of(hash), prefix = STR("pkce_");

    if (have.n == 0 || want.n == 0)
        return false;
    return secret_eq(have, want) || (str_starts(have, prefix) && secret_eq((Str){ have.p + prefix.n, have.n - prefix.n }, want));
}

static bool is_phone(const Verification *v)
{
    return v->ask->type == VERIFY_SMS || v->ask->type == VERIFY_PHONE_CHANGE;
}

static Err invalid(Ctx *ctx, const Verification *v)
{
    return fail(ctx, v->ask->hash != NULL ? E_LINK_INVALID : E_CODE_INVALID, NOWHERE, NULL);
}

static bool is_fresh(const Ctx *ctx, const Verification *v, const User *user)
{
    const Mailing *mail = &ctx->directory->mail;

    return ctx->now <= sent_at(user, v->kind) + (is_phone(v) ? mail->sms_otp_exp : mail->otp_exp) * US_PER_S;
}

/* ---- effects ---- */

Err email_confirm(Tx *tx, User *user)
{
    Ctx *ctx = tx_ctx(tx);

    user->email_confirmed_at = ctx->now;
    user->meta_user = json_set(ctx->arena, user->meta_user, "email_verified", "true");
    TRY(store_user_clear_confirmation(tx, user->id));
    return store_one_time_tokens_delete(tx, user->id);
}

static Err on_confirm(Tx *tx, Verification *v, User *user)
{
    Ctx *ctx = tx_ctx(tx);
    const Traits traits = { .provider = "email" };

    if (v->password != NULL && text_empty(user->encrypted_password) && user->digest == NULL) {
        user->encrypted_password = v->password;
        TRY(store_user_clear_tokens(tx, user->id));
        TRY(store_sessions_delete_all(tx, user->id));
    }
    TRY(event_add(tx, EV_USER_SIGNEDUP, user, &traits));
    TRY(email_confirm(tx, user));
    return store_identity_verified(tx, user->id, user->email, ctx->now);
}

static Err on_recover(Tx *tx, Verification *v, User *user)
{
    const Traits traits = { .provider = "email" };

    (void)v;
    TRY(store_one_time_tokens_delete(tx, user->id));
    if (user->email_confirmed_at != 0)
        return event_add(tx, EV_LOGIN, user, NULL);
    TRY(event_add(tx, EV_USER_SIGNEDUP, user, &traits));
    return email_confirm(tx, user);
}

/* Both addresses must agree, where that is asked: the first one's token is gone, and that is all. */
static bool is_first(const Ctx *ctx, const Pending *pending, const User *user)
{
    const Mailing *mail = &ctx->directory->mail;

    return !mail->autoconfirm && mail->secure_change && pending->confirm_status == 0 && !text_empty(user->email);
}

static Err on_email_change(Tx *tx, Verification *v, User *user, const Pending *pending)
{
    Ctx *ctx = tx_ctx(tx);
    const char *old = user->email;

    if (is_first(ctx, pending, user)) {
        v->ret->first = true;
        return store_token_delete(tx, user->id, v->kind);
    }
    TRY(event_add(tx, EV_USER_MODIFIED, user, NULL));
    TRY(address_claim(tx, "email", user->email_change, NULL, user->id));
    TRY(address_to_identity(tx, user, "email", user->email_change, true));
    user->email = user->email_change;
    user->email_change = NULL;
    user->is_anonymous = false;
    TRY(store_email_change_end(tx, user->id));
    TRY(store_one_time_tokens_delete(tx, user->id));
    if (user->email_confirmed_at == 0)
        TRY(email_confirm(tx, user));
    return message_notify(tx, user, (Message){ .kind = MSG_EMAIL_CHANGED, .to = old, .old_email = old });
}

static Err on_sms(Tx *tx, User *user)
{
    const Traits traits = { .provider = "phone" };

    TRY(event_add(tx, EV_USER_SIGNEDUP, user, &traits));
    user->phone_confirmed_at = tx_ctx(tx)->now;
    user->is_anonymous = false;
    TRY(store_user_clear_confirmation(tx, user->id));
    return store_one_time_tokens_delete(tx, user->id);
}

static Err on_phone_change(Tx *tx, User *user)
{
    const char *old = user->phone;

    TRY(event_add(tx, EV_USER_MODIFIED, user, NULL));
    TRY(address_claim(tx, "phone", user->phone_change, NULL, user->id));
    TRY(address_to_identity(tx, user, "phone", user->phone_change, true));
    user->phone = user->phone_change;
    user->phone_confirmed_at = tx_ctx(tx)->now;
    user->is_anonymous = false;
    TRY(store_phone_change_end(tx, user->id));
    TRY(store_one_time_tokens_delete(tx, user->id));
    if (text_empty(old))
        return message_notify(tx, user, (Message){ .kind = MSG_IDENTITY_LINKED, .to = user->email, .provider = "phone" });
    return message_notify(tx, user, (Message){ .kind = MSG_PHONE_CHANGED, .to = user->email, .phone = user->phone, .old_phone = old });
}

static Err apply_type(Tx *tx, Verification *v, User *user, const Pending *pending)
{
    switch (v->ask->type) {
    case VERIFY_SMS:
        return on_sms(tx, user);
    case VERIFY_PHONE_CHANGE:
        return on_phone_change(tx, user);
    case VERIFY_EMAIL_CHANGE:
        return on_email_change(tx, v, user, pending);
    default:
        return v->kind == TOKEN_RECOVERY ? on_recover(tx, v, user) : on_confirm(tx, v, user);
    }
}

/* ---- what the caller gets ---- */

/* The code of the flow that this message was sent in. */
static Err issue_code(Tx *tx, Verification *v, const User *user)
{
    Ctx *ctx = tx_ctx(tx);
    const char *method = types[v->ask->type].flow;
    Flow *flow;
    const Err err = store_flow_newest(tx, user->id, method == NULL ? "" : method, &flow);

    if (err == E_NO_ROW)
        return fail(ctx, E_NO_FLOW, NOWHERE, "No associated flow state found. 422: No valid flow state found for user.");
    TRY(err);
    flow->auth_code_issued_at = ctx->now;
    v->ret->auth_code = flow->auth_code;
    return store_flow_issued(tx, flow);
}

static Err finish(Tx *tx, Verification *v, User *user)
{
    Ctx *ctx = tx_ctx(tx);
    const bool flow = v->ask->link && strncmp(v->hash, "pkce_", 5) == 0;
    User *after;

    if (v->ret->first)
        return OK;
    user_set_providers(ctx, user);
    user->updated_at = ctx->now > user->updated_at ? ctx->now : user->updated_at + 1;
    TRY(store_user_update(tx, user));
    if (flow)
        return issue_code(tx, v, user);
    TRY(session_begin(tx, "otp", EV_KINDS, NULL, user, &v->ret->grant));
    TRY(store_user_get(tx, user->id, &after));
    v->ret->grant.user = after;
    return OK;
}

Err code_count(Tx *tx, const char *user_id, bool right, bool *refused)
{
    Ctx *ctx = tx_ctx(tx);
    CodeTries tries;

    TRY(store_code_tries_get(tx, user_id, &tries));
    if (tries.since + CODE_WINDOW_S * US_PER_S <= ctx->now)
        tries = (CodeTries){ .user_id = user_id, .since = ctx->now };
    *refused = !right || tries.tries >= CODE_TRIES;
    if (right)
        return *refused || tries.tries == 0 ? OK : store_code_tries_delete(tx, user_id);
    tries.tries++;
    return store_code_tries_put(tx, &tries);
}

/* A wrong code for a new address may be meant for each who moves there. */
static Err count_others(Tx *tx, const Verification *v)
{
    bool refused;
    User *user;

    for (size_t i = 0; v->lost && i < v->owners.n; i++) {
        const Err err = text_eq(v->owners.v[i], v->user_id) ? E_NO_ROW : store_user_get_for_update(tx, v->owners.v[i], &user);

        if (err == OK)
            TRY(code_count(tx, user->id, false, &refused));
        else if (err != E_NO_ROW)
            return err;
    }
    return OK;
}

static Err verify_whole(Tx *tx, void *arg)
{
    Verification *v = arg;
    Ctx *ctx = tx_ctx(tx);
    const char *stored;
    Pending *pending;
    User *user;
    bool taken = false, right;
    const Err err = store_user_get_for_update(tx, v->user_id, &user);

    *v->ret = (Verified){ 0 };
    if (err == E_NO_ROW || (err == OK && user->deleted_at != 0))
        return invalid(ctx, v);
    TRY(err);
    TRY(store_pending_get(tx, v->user_id, &pending));
    stored = stored_hash(pending, v->kind);
    right = !v->lost && hash_fits(stored, v->hash);
    v->wrong = false;
    if (v->ask->hash == NULL && !v->test)
        TRY(code_count(tx, v->user_id, right, &v->wrong));
    if (v->wrong)
        return count_others(tx, v);
    if (!v->test && (!right || !is_fresh(ctx, v, user)))
        return invalid(ctx, v);
    if (user_banned(ctx, user))
        return fail(ctx, E_BANNED, NOWHERE, NULL);
    if (user_locked_until(ctx, user) > 0)
        return fail(ctx, E_LOCKED, NOWHERE, NULL);
    if (!v->test) {
        TRY(store_token_take(tx, &(const OneTime){ .kind = v->kind, .user_id = user->id, .hash = stored, .now = ctx->now }, &taken));
        if (!taken)
            return invalid(ctx, v);
    }
    TRY(apply_type(tx, v, user, pending));
    return finish(tx, v, user);
}

/* ---- finding the user ---- */

static const char *behind_flow(const char *text)
{
    return strncmp(text, "pkce_", 5) == 0 ? text + 5 : text;
}

/* The column must then hold what the row holds, with "pkce_" if the link has that. */
static Err find_link(Ctx *ctx, Verification *v, const char *text, TokenKind a, TokenKind b)
{
    const char *secret = behind_flow(text);
    OneTime found;

    TRY(store_link_find(db_auto(ctx), link_row(ctx, secret), text, a, b, &found));
    v->user_id = found.user_id;
    v->kind = found.kind;
    v->hash = arena_printf(ctx->arena, "%s%s", secret == text ? "" : "pkce_", behind_flow(found.hash));
    return OK;
}

static Err find_by_hash(Ctx *ctx, Verification *v)
{
    Err err = find_link(ctx, v, v->ask->hash, types[v->ask->type].a, types[v->ask->type].b);

    if (err == E_NO_ROW && v->ask->type == VERIFY_EMAIL_CHANGE)
        err = find_link(ctx, v, hash_turned(ctx, v->ask->hash), TOKEN_CHANGE_NEW, TOKEN_CHANGE_NEW);
    return err == E_NO_ROW ? fail(ctx, E_LINK_INVALID, NOWHERE, NULL) : err;
}

/* Of two columns the one that holds the code. */
static Err pick_kind(Ctx *ctx, Verification *v)
{
    Pending *pending;

    v->kind = types[v->ask->type].a;
    if (v->kind == types[v->ask->type].b)
        return OK;
    TRY(store_pending_get(db_auto(ctx), v->user_id, &pending));
    if (!hash_fits(stored_hash(pending, v->kind), v->hash))
        v->kind = types[v->ask->type].b;
    return OK;
}

static Err find_by_code(Ctx *ctx, Verification *v)
{
    const VerifyAsk *ask = v->ask;
    const char *address = ask->phone != NULL ? ask->phone : ask->email, *test = is_phone(v) ? sms_test_code(ctx, address) : NULL;
    User *user = NULL;
    Err err;

    v->hash = code_hash(ctx, address, ask->code);
    if (ask->type == VERIFY_EMAIL_CHANGE || ask->type == VERIFY_PHONE_CHANGE) { /* the address is not the user's yet */
        err = store_token_find(db_auto(ctx), v->hash, types[ask->type].a, types[ask->type].b, &v->user_id, &v->kind);
        if (err != E_NO_ROW)
            return err;
        v->lost = true;
        TRY(store_token_owners(db_auto(ctx), address, types[ask->type].a, types[ask->type].b, &v->owners));
        if (v->owners.n > 0) {
            v->user_id = v->owners.v[0];
            return OK;
        }
    }
    err = ask->phone != NULL ? store_user_get_by_phone(db_auto(ctx), address, ask->aud, &user)
                             : store_user_get_by_email(db_auto(ctx), address, ask->aud, &user);
    if (err == E_NO_ROW)
        return fail(ctx, E_CODE_INVALID, NOWHERE, NULL);
    TRY(err);
    v->user_id = user->id;
    if (v->lost)
        return OK;
    v->test = test != NULL && secret_eq(str_of(test), str_of(ask->code));
    return pick_kind(ctx, v);
}

/* Slow work, before the transaction: who was invited has no password yet, and gets one that nobody knows. */
static Err prepare_password(Ctx *ctx, Verification *v)
{
    User *user;
    Err err;

    if (v->kind != TOKEN_CONFIRMATION || is_phone(v))
        return OK;
    err = store_user_get(db_auto(ctx), v->user_id, &user);
    if (err == E_NO_ROW) /* deleted meanwhile: the transaction says so */
        return OK;
    TRY(err);
    if (user->invited_at == 0 || !text_empty(user->encrypted_password) || user->digest != NULL)
        return OK;
    return password_hash(ctx, password_random(ctx), &v->password);
}

Err dir_verify(Ctx *ctx, VerifyAsk *ask, Verified *ret)
{
    Verification v = { .ask = ask, .ret = ret };

    if (ask->hash != NULL && !types[ask->type].by_hash)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Invalid email verification type");
    TRY(ask->hash != NULL ? find_by_hash(ctx, &v) : find_by_code(ctx, &v));
    if (ask->type == VERIFY_EMAIL)
        ask->type = v.kind == TOKEN_RECOVERY ? VERIFY_MAGICLINK : VERIFY_SIGNUP;
    TRY(prepare_password(ctx, &v));
    TRY(tx_run(ctx, verify_whole, &v));
    if (v.wrong)
        return invalid(ctx, &v);
    ctx->user_id = v.user_id;
    message_wake(ctx);
    return OK;
}

/* ---- the exchange ---- */

typedef struct Exchange {
    Flow *flow;
    Grant *grant;
} Exchange;

static Err exchange_whole(Tx *tx, void *arg)
{
    const Exchange *exchange = arg;
    const Flow *flow = exchange->flow;
    const Traits traits = { .provider_type = flow->authentication_method };
    Ctx *ctx = tx_ctx(tx);
    User *user, *after;
    bool taken = false;
    const Err err = store_user_get_for_update(tx, flow->user_id, &user);

    if (err == E_NO_ROW || (err == OK && user->deleted_at != 0))
        return fail(ctx, E_NO_FLOW, NOWHERE, NULL);
    TRY(err);
    if (user_banned(ctx, user))
        return fail(ctx, E_BANNED, NOWHERE, NULL);
    if (user_locked_until(ctx, user) > 0)
        return fail(ctx, E_LOCKED, NOWHERE, NULL);
    TRY(store_flow_take(tx, flow, &taken));
    if (!taken)
        return fail(ctx, E_NO_FLOW, NOWHERE, NULL);
    TRY(session_begin(tx, flow->authentication_method, EV_LOGIN, &traits, user, exchange->grant));
    if (!text_empty(flow->provider_access_token))
        exchange->grant->provider_token = flow->provider_access_token;
    if (!text_empty(flow->provider_refresh_token))
        exchange->grant->provider_refresh_token = flow->provider_refresh_token;
    TRY(store_user_get(tx, user->id, &after));
    exchange->grant->user = after;
    return OK;
}

/* RFC 7636 4.6. */
static bool challenge_fits(Ctx *ctx, const Flow *flow, const char *verifier)
{
    uint8_t sum[32];
    Buf text = buf_in(ctx->arena, 64);

    if (text_empty(flow->challenge))
        return false;
    if (text_eq(flow->method, "plain"))
        return secret_eq(str_of(verifier), str_of(flow->challenge));
    hash_sum(HASH_SHA256, str_of(verifier), sum);
    base64_write(&text, sum, sizeof(sum), true, false);
    return text_eq(flow->method, "s256") && secret_eq(buf_view(&text), str_of(flow->challenge));
}

Err dir_flow_exchange(Ctx *ctx, const char *code, const char *verifier, Grant *ret)
{
    const int64_t set = ctx->directory->mail.flow_exp, lives = set < 300 * US_PER_S ? 300 * US_PER_S : set;
    Exchange exchange = { .grant = ret };
    const Err err = store_flow_by_code(db_auto(ctx), code, &exchange.flow);
    const Flow *flow = exchange.flow;

    if (err == E_NO_ROW || (err == OK && flow->user_id == NULL))
        return fail(ctx, E_NO_FLOW, NOWHERE, NULL);
    TRY(err);
    if (ctx->now > (flow->auth_code_issued_at != 0 ? flow->auth_code_issued_at : flow->created_at) + lives)
        return fail(ctx, E_FLOW_EXPIRED, NOWHERE, NULL);
    if (!challenge_fits(ctx, flow, verifier))
        return fail(ctx, E_BAD_VERIFIER, NOWHERE, NULL);
    TRY(tx_run(ctx, exchange_whole, &exchange));
    ctx->user_id = ret->user->id;
    return OK;
}
