/* own.c: a user changes itself (spec/gotrue.md 3.14). */
#include "base/clock.h"
#include "directory/post.h"
#include "json/json.h"

enum { MOST_META = 64 * 1024 };

static const UserPolicy own = { .check_password = true };

typedef struct OwnChange {
    const User *before;
    const Session *session;
    const OwnPatch *in;
    const Postal *post;
    const char *email, *phone; /* folded, NULL: no change */
    char *hash;                /* of the new password */
    const char *nonce_hash;    /* NULL: none is asked */
    Sending to_new, to_current;
    const char *phone_code; /* sent to the new number; NULL: numbers need none */
    User *after;
} OwnChange;

/* ---- what must hold ---- */

static Err read_addresses(Ctx *ctx, OwnChange *c)
{
    if (!text_empty(c->in->email))
        TRY(email_read(ctx, c->in->email, &c->email));
    if (!text_empty(c->in->phone))
        TRY(phone_read(ctx, c->in->phone, &c->phone));
    if (text_eq(c->email, c->before->email))
        c->email = NULL;
    if (text_eq(c->phone, c->before->phone))
        c->phone = NULL;
    return c->in->password == NULL ? OK : password_check(ctx, &own, c->in->password, AT(OwnPatch, password));
}

static Err check_who(Ctx *ctx, const OwnChange *c)
{
    const OwnPatch *in = c->in;
    const bool sensitive = in->password != NULL || c->email != NULL || c->phone != NULL;

    if (in->meta_app != NULL && !in->may_meta_app)
        return fail(ctx, E_NOT_ADMIN, NOWHERE, "Updating app_metadata requires admin privileges");
    if (sensitive && user_has_factor(c->before) && !caller_is_aal2(ctx))
        return fail(ctx, E_MFA_REQUIRED, NOWHERE, "AAL2 session is required to update email or password when MFA is enabled.");
    if (c->before->is_anonymous && in->password != NULL && text_empty(in->email) && text_empty(in->phone))
        return fail(ctx, E_ANONYMOUS, NOWHERE, NULL);
    if (c->before->is_sso_user && (sensitive || !text_empty(in->nonce)))
        return fail(ctx, E_SSO_MANAGED, NOWHERE, NULL);
    if (c->email != NULL)
        TRY(user_address_free(ctx, "email", c->email, c->before->id));
    if (c->phone != NULL && user_address_free(ctx, "phone", c->phone, c->before->id) != OK)
        return fail(ctx, E_PHONE_TAKEN, NOWHERE, "A user with this phone number has already been registered");
    return OK;
}

/* ---- the password ---- */

static bool begun_by_code(const Session *session)
{
    static const char *const methods[] = { "recovery", "magiclink", "otp" };

    for (size_t i = 0; session != NULL && i < session->amr.n; i++)
        for (size_t k = 0; k < COUNTOF(methods); k++)
            if (text_eq(((const Amr *)session->amr.v[i])->method, methods[k]))
                return true;
    return false;
}

/* The code of GET /reauthenticate, looked at under the lock of the user: guesses are counted. */
typedef struct NonceTry {
    const User *user;
    const char *hash;
    bool refused;
} NonceTry;

static Err try_nonce(Tx *tx, void *arg)
{
    NonceTry *nonce = arg;
    Pending *pending;
    User *user;
    bool right;

    TRY(store_user_get_for_update(tx, nonce->user->id, &user));
    TRY(store_pending_get(tx, user->id, &pending));
    right = !text_empty(pending->reauthentication) && secret_eq(str_of(nonce->hash), str_of(pending->reauthentication));
    return code_count(tx, user->id, right, &nonce->refused);
}

static Err check_nonce(Ctx *ctx, OwnChange *c)
{
    const Mailing *mail = &ctx->directory->mail;
    const User *user = c->before;
    const bool phone = text_empty(user->email);
    const int64_t lives = (phone ? mail->sms_otp_exp : mail->otp_exp) * US_PER_S;
    NonceTry nonce = { .user = user };

    if (!mail->password_needs_reauthentication || (c->session != NULL && c->session->created_at + 24 * US_PER_HOUR > ctx->now))
        return OK;
    if (text_empty(c->in->nonce))
        return fail(ctx, E_REAUTH_NEEDED, NOWHERE, NULL);
    c->nonce_hash = nonce.hash = code_hash(ctx, phone ? user->phone : user->email, c->in->nonce);
    TRY(tx_run(ctx, try_nonce, &nonce));
    return nonce.refused || user->reauthentication_sent_at + lives < ctx->now ? fail(ctx, E_REAUTH_WRONG, NOWHERE, NULL) : OK;
}

static Err check_current(Ctx *ctx, const OwnChange *c)
{
    const bool has = !text_empty(c->before->encrypted_password) || c->before->digest != NULL;
    Err err;

    if (!ctx->directory->mail.password_needs_current || !has || begun_by_code(c->session))
        return OK;
    if (text_empty(c->in->current_password))
        return fail(ctx, E_CURRENT_MISSING, NOWHERE, NULL);
    err = password_try(ctx, c->before, c->in->current_password);
    if (err == E_WRONG_PASSWORD || err == E_NO_PASSWORD || err == E_FOREIGN_PASSWORD)
        return fail(ctx, E_CURRENT_WRONG, NOWHERE, NULL);
    return err;
}

static Err prepare_password(Ctx *ctx, OwnChange *c)
{
    Err err;

    if (c->in->password == NULL)
        return OK;
    TRY(check_nonce(ctx, c));
    TRY(check_current(ctx, c));
    err = password_try(ctx, c->before, c->in->password);
    if (err == OK)
        return fail(ctx, E_SAME_PASSWORD, NOWHERE, NULL);
    if (err == E_BUSY)
        return err;
    return password_hash(ctx, c->in->password, &c->hash);
}

/* ---- the change ---- */

static Err change_password(Tx *tx, OwnChange *c, User *user)
{
    bool taken = true;

    if (c->hash == NULL)
        return OK;
    if (c->nonce_hash != NULL)
        TRY(store_token_take(
            tx, &(const OneTime){ .kind = TOKEN_REAUTHENTICATION, .user_id = user->id, .hash = c->nonce_hash, .now = tx_ctx(tx)->now }, &taken));
    if (!taken)
        return fail(tx_ctx(tx), E_REAUTH_WRONG, NOWHERE, NULL);
    user->encrypted_password = c->hash;
    user->password_set_at = user->last_password_reset_at = tx_ctx(tx)->now;
    if (user->digest != NULL)
        TRY(store_password_delete(tx, user->id));
    user->digest = NULL;
    user->confirmation_sent_at = user->recovery_sent_at = user->email_change_sent_at = user->phone_change_sent_at = user->reauthentication_sent_at =
        0;
    TRY(store_user_clear_tokens(tx, user->id));
    TRY(store_one_time_tokens_delete(tx, user->id));
    TRY(tickets_void(tx, user->id));
    TRY(c->session == NULL ? store_sessions_delete_all(tx, user->id) : store_sessions_delete_others(tx, user->id, c->session->id));
    TRY(event_add(tx, EV_UPDATED_PASSWORD, user, NULL));
    return message_notify(tx, user, (Message){ .kind = MSG_PASSWORD_CHANGED, .to = user->email });
}

static Err change_metadata(Ctx *ctx, const OwnPatch *in, User *user)
{
    if (in->meta_user != NULL)
        user->meta_user = json_merge(ctx->arena, user->meta_user, in->meta_user, MERGE_TOP);
    if (in->meta_app != NULL)
        user->meta_app = json_merge(ctx->arena, user->meta_app, in->meta_app, MERGE_TOP);
    if ((in->meta_user != NULL && json_size(user->meta_user) > MOST_META) || (in->meta_app != NULL && json_size(user->meta_app) > MOST_META))
        return fail(ctx, E_TOO_LONG, NOWHERE, NULL);
    return OK;
}

/* An anonymous user takes an address at once where addresses need no confirmation. */
static bool takes_email(const Ctx *ctx, const User *user)
{
    return user->is_anonymous && ctx->directory->mail.autoconfirm;
}

static Err take_email(Tx *tx, const OwnChange *c, User *user)
{
    Ctx *ctx = tx_ctx(tx);

    TRY(event_add(tx, EV_USER_MODIFIED, user, NULL)); /* as where an address is confirmed; change_own() adds its own */
    TRY(address_claim(tx, "email", c->email, NULL, user->id));
    TRY(address_to_identity(tx, user, "email", c->email, true));
    user->email = c->email;
    user->email_confirmed_at = ctx->now;
    user->is_anonymous = false;
    user->meta_user = json_set(ctx->arena, user->meta_user, "email_verified", "true");
    return OK;
}

static Err take_phone(Tx *tx, const OwnChange *c, User *user)
{
    const char *old = user->phone;

    TRY(event_add(tx, EV_USER_MODIFIED, user, NULL));
    TRY(address_claim(tx, "phone", c->phone, NULL, user->id));
    TRY(address_to_identity(tx, user, "phone", c->phone, true));
    user->phone = c->phone;
    user->phone_confirmed_at = tx_ctx(tx)->now;
    user->is_anonymous = false;
    if (text_empty(old))
        return message_notify(tx, user, (Message){ .kind = MSG_IDENTITY_LINKED, .to = user->email, .provider = "phone" });
    return message_notify(tx, user, (Message){ .kind = MSG_PHONE_CHANGED, .to = user->email, .phone = c->phone, .old_phone = old });
}

static bool asks_both(const Ctx *ctx, const User *user)
{
    return ctx->directory->mail.secure_change && !text_empty(user->email);
}

/* To the new address, and with secure change to the present one, too. */
static Err ask_addresses(Tx *tx, OwnChange *c, User *user)
{
    c->to_new.user = c->to_current.user = user;
    TRY(post_send(tx, &c->to_new));
    return asks_both(tx_ctx(tx), user) ? post_send(tx, &c->to_current) : OK;
}

static Err ask_phone(Tx *tx, const OwnChange *c, const User *user)
{
    Ctx *ctx = tx_ctx(tx);
    const OneTime token = {
        .kind = TOKEN_PHONE_CHANGE, .user_id = user->id, .address = c->phone, .hash = code_hash(ctx, c->phone, c->phone_code), .now = ctx->now
    };

    TRY(frequency_check(ctx, user->phone_change_sent_at, true));
    return store_token_put(tx, &token, c->phone);
}

static Err change_own(Tx *tx, void *arg)
{
    OwnChange *c = arg;
    Ctx *ctx = tx_ctx(tx);
    User *user;
    const Err err = store_user_get_for_update(tx, c->before->id, &user);

    if (err == E_NO_ROW)
        return fail(ctx, E_SUBJECT_GONE, NOWHERE, NULL);
    TRY(err);
    TRY(change_password(tx, c, user));
    TRY(change_metadata(ctx, c->in, user));
    if (c->email != NULL && takes_email(ctx, user))
        TRY(take_email(tx, c, user));
    else if (c->email != NULL)
        TRY(ask_addresses(tx, c, user));
    if (c->phone != NULL)
        TRY(c->phone_code == NULL ? take_phone(tx, c, user) : ask_phone(tx, c, user));
    user->updated_at = ctx->now > user->updated_at ? ctx->now : user->updated_at + 1;
    TRY(store_user_update(tx, user));
    if (c->hash != NULL) /* its time stands there */
        TRY(store_profile_put(tx, user));
    TRY(event_add(tx, EV_USER_MODIFIED, user, NULL));
    return store_user_get(tx, user->id, &c->after);
}

/* The one who sends sees the user with the new number. */
static Err send_phone_code(Ctx *ctx, OwnChange *c)
{
    User after = *c->before;
    bool test;

    after.phone_change = c->phone;
    if (c->hash == NULL) /* a new password clears the times */
        TRY(frequency_check(ctx, after.phone_change_sent_at, true));
    return sms_send(ctx, &after, c->phone, NULL, &c->phone_code, &test);
}

/* The hook that sends mail sees the user with the new address and the new metadata. */
static Err ask_mail_hook(Ctx *ctx, OwnChange *c)
{
    User after = *c->before;

    c->to_new = (Sending){ .purpose = FOR_CHANGE_NEW, .change = c->email, .post = c->post };
    c->to_current = (Sending){ .purpose = FOR_CHANGE_CURRENT, .change = c->email, .post = c->post, .again = true };
    if (c->email == NULL || takes_email(ctx, &after))
        return OK;
    TRY(change_metadata(ctx, c->in, &after));
    after.email_change = c->email;
    if (c->hash != NULL)
        after.email_change_sent_at = 0;
    return post_ask(ctx, &after, &c->to_new, asks_both(ctx, &after) ? &c->to_current : NULL);
}

Err dir_own_update(Ctx *ctx, const User *user, const Session *session, const OwnPatch *in, const Postal *post, User **ret)
{
    OwnChange c = { .before = user, .session = session, .in = in, .post = post };

    TRY(read_addresses(ctx, &c));
    TRY(check_who(ctx, &c));
    TRY(prepare_password(ctx, &c));
    TRY(ask_mail_hook(ctx, &c));
    if (c.phone != NULL && !ctx->directory->mail.sms_autoconfirm)
        TRY(send_phone_code(ctx, &c));
    TRY(tx_run(ctx, change_own, &c));
    message_wake(ctx);
    *ret = c.after;
    return OK;
}
