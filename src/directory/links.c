/* links.c: operations that end in a message: sign-up to confirm, links and codes to sign in, invitations, links for administrators. */
#include "base/clock.h"
#include "base/id.h"
#include "directory/post.h"
#include "json/json.h"

enum { MOST_META = 64 * 1024 };

/* What runs in the transactions of this file: the event, then the message, on the user as it is under the lock. */
typedef struct Work {
    const char *id;
    Sending sending;
    EventKind event;
    Traits traits;
    bool by_admin;         /* the actor */
    bool unconfirmed_only; /* a confirmed user is E_EMAIL_TAKEN */
    const char *meta;      /* is merged into the user's metadata; NULL: nothing */
    const char *phone;     /* a text message to this number, not a mail; its code: */
    const char *code;
    bool change; /* of the number */
    bool nonce;  /* for a change of password */
    User *user;  /* as it then stands */
} Work;

static int64_t phone_sent_at(const Work *work, const User *user)
{
    return work->nonce ? user->reauthentication_sent_at : work->change ? user->phone_change_sent_at : user->confirmation_sent_at;
}

/* A code that a text message carries: token and time, under the limits. The message itself has gone by now. */
static Err put_phone_code(Tx *tx, const Work *work, const User *user)
{
    Ctx *ctx = tx_ctx(tx);
    const OneTime token = { .kind = work->nonce    ? TOKEN_REAUTHENTICATION
                                    : work->change ? TOKEN_PHONE_CHANGE
                                                   : TOKEN_CONFIRMATION,
                            .user_id = user->id,
                            .address = work->phone,
                            .hash = code_hash(ctx, work->phone, work->code),
                            .now = ctx->now };

    TRY(frequency_check(ctx, phone_sent_at(work, user), true));
    return store_token_put(tx, &token, work->phone);
}

static Err do_work(Tx *tx, User *user, Work *work)
{
    Ctx *ctx = tx_ctx(tx);

    if (work->event == EV_USER_INVITED)
        work->traits = (Traits){ .user_id = user->id, .user_email = user->email == NULL ? "" : user->email };
    if (work->event != EV_KINDS)
        TRY(event_add(tx, work->event, work->by_admin ? NULL : user, &work->traits));
    if (work->meta != NULL) {
        user->meta_user = json_merge(ctx->arena, user->meta_user, work->meta, MERGE_TOP);
        if (json_size(user->meta_user) > MOST_META)
            return fail(ctx, E_TOO_LONG, NOWHERE, NULL);
        TRY(store_user_update(tx, user));
    }
    if (work->phone != NULL)
        return put_phone_code(tx, work, user);
    work->sending.user = user;
    return post_send(tx, &work->sending);
}

static Err work_on_new(Tx *tx, User *user, void *arg)
{
    return do_work(tx, user, arg);
}

static Err check_unconfirmed(Ctx *ctx, const Work *work, const User *user)
{
    const bool confirmed = (work->phone != NULL ? user->phone_confirmed_at : user->email_confirmed_at) != 0;

    return work->unconfirmed_only && confirmed ? fail(ctx, E_EMAIL_TAKEN, NOWHERE, NULL) : OK;
}

static Err work_on_known(Tx *tx, void *arg)
{
    Work *work = arg;
    Ctx *ctx = tx_ctx(tx);
    User *user;
    Err err = store_user_get_for_update(tx, work->id, &user);

    if (err == E_NO_ROW)
        return fail(ctx, E_NO_USER, NOWHERE, NULL);
    TRY(err);
    TRY(check_unconfirmed(ctx, work, user));
    if (work->event == EV_KINDS && work->sending.change != NULL) { /* the second message of a change is not counted by time */
        user->email_change_sent_at = work->sending.again ? 0 : user->email_change_sent_at;
    }
    TRY(do_work(tx, user, work));
    return store_user_get(tx, work->id, &work->user);
}

static Err run_known(Ctx *ctx, const User *user, Work *work)
{
    work->id = user->id;
    ctx->user_id = user->id;
    TRY(check_unconfirmed(ctx, work, user));
    if (work->phone == NULL)
        TRY(post_ask(ctx, user, &work->sending, NULL));
    TRY(tx_run(ctx, work_on_known, work));
    message_wake(ctx);
    return OK;
}

/* E_NO_ROW: nobody has it. */
static Err find(Ctx *ctx, const char *email, const char *phone, const char *aud, User **ret)
{
    return phone != NULL ? store_user_get_by_phone(db_auto(ctx), phone, aud, ret) : store_user_get_by_email(db_auto(ctx), email, aud, ret);
}

Err dir_user_find(Ctx *ctx, const char *email, const char *phone, const char *aud, User **ret)
{
    const Err err = find(ctx, email, phone, aud, ret);

    return err == E_NO_ROW ? fail(ctx, E_NO_USER, NOWHERE, NULL) : err;
}

/* ---- sign-up ---- */

/* Nothing of the user who has the address: a client learns by the empty list of identities (spec 3.1). */
static User *made_up(Ctx *ctx, const NewUser *in, const char *email, const char *phone)
{
    User *user = ARENA_NEW(ctx->arena, User);

    *user = (User){ .id = uuid_new(ctx->arena),
                    .aud = in->aud,
                    .role = "",
                    .email = email,
                    .phone = phone,
                    .created_at = ctx->now,
                    .updated_at = ctx->now,
                    .confirmation_sent_at = ctx->now,
                    .meta_user = in->meta_user,
                    .meta_app =
                        phone != NULL ? "{\"provider\":\"phone\",\"providers\":[\"phone\"]}" : "{\"provider\":\"email\",\"providers\":[\"email\"]}" };
    return user;
}

static Err sign_up_again(Ctx *ctx, const NewUser *in, User *user, Work *work, User **ret, bool *again)
{
    const bool confirmed = (work->phone != NULL ? user->phone_confirmed_at : user->email_confirmed_at) != 0;
    bool test;

    if (confirmed) {
        TRY(event_add(db_auto(ctx), EV_USER_REPEATED_SIGNUP, user, &work->traits));
        *again = true;
        *ret = made_up(ctx, in, work->phone != NULL ? NULL : user->email, work->phone);
        return OK;
    }
    if (work->phone != NULL) {
        TRY(frequency_check(ctx, user->confirmation_sent_at, true));
        TRY(sms_send(ctx, user, work->phone, NULL, &work->code, &test));
    }
    work->unconfirmed_only = true;
    TRY(run_known(ctx, user, work));
    *ret = work->user;
    return OK;
}

/* Nobody is sent a code by a hook for an address that is another user's. */
static Err send_first_code(Ctx *ctx, User *user, void *arg)
{
    Work *work = arg;
    bool test;

    if (work->phone != NULL)
        return sms_send(ctx, user, work->phone, NULL, &work->code, &test);
    if (hook_on(ctx, HOOK_EMAIL))
        TRY(user_address_free(ctx, "email", user->email, user->id));
    return post_ask(ctx, user, &work->sending, NULL);
}

static Err sign_up_new(Ctx *ctx, const NewUser *in, Work *work, User **ret)
{
    TRY(user_create_then(ctx, in, send_first_code, work_on_new, work, ret));
    message_wake(ctx);
    return OK;
}

Err dir_sign_up_pending(Ctx *ctx, const NewUser *in, const Postal *post, User **ret, bool *again)
{
    Work work = { .event = EV_CONFIRMATION_REQUESTED, .sending = { .purpose = FOR_CONFIRMATION, .post = post } };
    const char *email = NULL;
    User *user = NULL;
    Err err;

    *again = false;
    if (!text_empty(in->email))
        TRY(email_read(ctx, in->email, &email));
    else
        TRY(phone_read(ctx, in->phone, &work.phone));
    work.traits = (Traits){ .provider = email != NULL ? "email" : "phone" };
    for (int round = 0;; round++) { /* another request may take the address in between: then it is known */
        err = find(ctx, email, work.phone, round == 0 ? in->aud : NULL, &user);
        if (err == OK)
            err = sign_up_again(ctx, in, user, &work, ret, again);
        else if (err == E_NO_ROW)
            err = sign_up_new(ctx, in, &work, ret);
        if (round > 0 || (err != E_EMAIL_TAKEN && err != E_PHONE_TAKEN))
            break;
    }
    if (err == OK && !*again)
        return hook_after_sign_up(ctx, *ret);
    if (err != E_EMAIL_TAKEN && err != E_PHONE_TAKEN)
        return err;
    *again = true; /* somebody has it in a way that this sign-up cannot see */
    *ret = made_up(ctx, in, email, work.phone);
    return OK;
}

/* ---- to those who are known ---- */

Err dir_magic_link(Ctx *ctx, const char *email, const Postal *post)
{
    Work work = { .event = EV_RECOVERY_REQUESTED, .sending = { .purpose = FOR_MAGIC_LINK, .post = post } };
    User *user;
    const Err err = find(ctx, email, NULL, post->aud, &user);

    if (err == E_NO_ROW || (err == OK && user->email_confirmed_at == 0 && !post->unconfirmed_too))
        return fail(ctx, E_NO_USER, NOWHERE, NULL);
    TRY(err);
    return run_known(ctx, user, &work);
}

Err dir_phone_code(Ctx *ctx, const char *phone, const Postal *post, bool *test)
{
    Work work = { .event = EV_RECOVERY_REQUESTED, .traits = { .channel = post->channel }, .phone = phone };
    User *user;
    const Err err = find(ctx, NULL, phone, post->aud, &user);

    if (err == E_NO_ROW || (err == OK && user->phone_confirmed_at == 0 && !post->unconfirmed_too))
        return fail(ctx, E_NO_USER, NOWHERE, NULL);
    TRY(err);
    TRY(frequency_check(ctx, user->confirmation_sent_at, true));
    TRY(sms_send(ctx, user, phone, NULL, &work.code, test));
    return run_known(ctx, user, &work);
}

Err dir_recover(Ctx *ctx, const char *email, const Postal *post)
{
    Work work = { .event = EV_RECOVERY_REQUESTED, .sending = { .purpose = FOR_RECOVERY, .post = post } };
    User *user;
    const Err err = find(ctx, email, NULL, post->aud, &user);

    if (err == E_NO_ROW)
        return post_nobody(ctx, "recovery", email, false);
    TRY(err);
    return run_known(ctx, user, &work);
}

/* To the new address, and with secure change to the present one, too; each has a token of its own. */
static Err resend_change(Ctx *ctx, const User *user, const Postal *post)
{
    const bool both = ctx->directory->mail.secure_change && !text_empty(user->email);
    Work new = { .event = EV_KINDS, .sending = { .purpose = FOR_CHANGE_NEW, .post = post, .change = user->email_change } }, current = new;

    current.sending.purpose = FOR_CHANGE_CURRENT;
    current.sending.again = true;
    TRY(frequency_check(ctx, user->email_change_sent_at, false));
    TRY(post_ask(ctx, user, &new.sending, both ? &current.sending : NULL));
    TRY(run_known(ctx, user, &new));
    return both ? run_known(ctx, user, &current) : OK;
}

static Err resend_code(Ctx *ctx, const User *user, bool change, bool *test)
{
    Work work = { .event = change ? EV_KINDS : EV_RECOVERY_REQUESTED, .phone = change ? user->phone_change : user->phone, .change = change };

    TRY(frequency_check(ctx, change ? user->phone_change_sent_at : user->confirmation_sent_at, true));
    TRY(sms_send(ctx, user, work.phone, NULL, &work.code, test));
    return run_known(ctx, user, &work);
}

/* Does the user wait for a message of this kind? */
static bool waits_for(const User *user, ResendKind kind)
{
    switch (kind) {
    case RESEND_EMAIL_CHANGE:
        return !text_empty(user->email_change);
    case RESEND_PHONE_CHANGE:
        return !text_empty(user->phone_change);
    case RESEND_SMS:
        return user->phone_confirmed_at == 0;
    default:
        return user->email_confirmed_at == 0;
    }
}

Err dir_resend(Ctx *ctx, ResendKind kind, const char *address, const Postal *post, bool *test)
{
    static const char *const names[] = { "resend signup", "resend email_change", "resend sms", "resend phone_change" };
    const bool phone = kind == RESEND_SMS || kind == RESEND_PHONE_CHANGE;
    Work work = { .event = EV_CONFIRMATION_REQUESTED, .sending = { .purpose = FOR_CONFIRMATION, .post = post }, .unconfirmed_only = true };
    User *user;
    Err err = find(ctx, phone ? NULL : address, phone ? address : NULL, post->aud, &user);

    *test = false;
    if (err == E_NO_ROW || (err == OK && !waits_for(user, kind)))
        return post_nobody(ctx, names[kind], address, phone);
    TRY(err);
    if (kind == RESEND_EMAIL_CHANGE)
        return resend_change(ctx, user, post);
    if (phone)
        return resend_code(ctx, user, kind == RESEND_PHONE_CHANGE, test);
    err = run_known(ctx, user, &work);
    return err == E_EMAIL_TAKEN ? OK : err; /* confirmed meanwhile */
}

Err dir_reauthenticate(Ctx *ctx, const User *user, const Postal *post, bool *test)
{
    Work work = { .event = EV_REAUTHENTICATE_REQUESTED, .sending = { .purpose = FOR_REAUTHENTICATION, .post = post } };

    *test = false;
    if (text_empty(user->email) && text_empty(user->phone))
        return fail(ctx, E_NO_IDENTIFIER, NOWHERE, "Reauthentication requires the user to have an email or a phone number");
    if (!text_empty(user->email) && user->email_confirmed_at == 0)
        return fail(ctx, E_EMAIL_UNCONFIRMED, NOWHERE, "Please verify your email first.");
    if (text_empty(user->email) && user->phone_confirmed_at == 0)
        return fail(ctx, E_PHONE_UNCONFIRMED, NOWHERE, "Please verify your phone first.");
    if (text_empty(user->email)) {
        work.phone = user->phone;
        work.nonce = true;
        TRY(frequency_check(ctx, user->reauthentication_sent_at, true));
        TRY(sms_send(ctx, user, work.phone, NULL, &work.code, test));
    }
    return run_known(ctx, user, &work);
}

/* ---- administrators ---- */

static const UserPolicy by_admin = { .check_password = true, .meta_max = MOST_META };

/* The user of an address gets the message, and is made if there is none. */
static Err send_to_either(Ctx *ctx, const char *email, const NewUser *new, Work *work, User **ret, bool *made)
{
    User *user;
    Err err = find(ctx, email, NULL, new->aud, &user);

    *made = err == E_NO_ROW;
    if (*made) {
        work->meta = NULL;
        TRY(user_create_then(ctx, new, send_first_code, work_on_new, work, ret));
        message_wake(ctx);
        return hook_after_user(ctx, *ret);
    }
    TRY(err);
    work->unconfirmed_only = true;
    TRY(run_known(ctx, user, work));
    *ret = work->user;
    return OK;
}

Err dir_invite(Ctx *ctx, const char *email, const char *meta_user, const Postal *post, User **ret)
{
    const NewUser new = { .email = email, .meta_user = meta_user, .aud = post->aud, .ask_hook = true, .policy = &by_admin };
    Work work = { .event = EV_USER_INVITED, .by_admin = true, .sending = { .purpose = FOR_INVITE, .post = post } };
    const char *folded;
    bool made;

    TRY(email_read(ctx, email, &folded));
    TRY(send_to_either(ctx, folded, &new, &work, ret, &made));
    return made ? OK : hook_after_user(ctx, *ret); /* who is invited again, too */
}

static Err link_sign_up(Ctx *ctx, const LinkAsk *ask, const char *email, const Postal *post, User **ret, Link *link)
{
    const bool invite = ask->type == LINK_INVITE;
    bool made;
    const NewUser new = { .email = email,
                          .password = invite ? NULL : ask->password,
                          .meta_user = ask->meta_user,
                          .aud = post->aud,
                          .ask_hook = true,
                          .policy = &by_admin };
    Work work = { .event = invite ? EV_USER_INVITED : EV_KINDS,
                  .by_admin = true,
                  .meta = invite ? NULL : ask->meta_user,
                  .sending = { .purpose = invite ? FOR_INVITE : FOR_CONFIRMATION, .post = post, .link = link } };

    return send_to_either(ctx, email, &new, &work, ret, &made);
}

static Err link_change(Ctx *ctx, const LinkAsk *ask, const User *user, const Postal *post, User **ret, Link *link)
{
    Work work = { .event = EV_KINDS, .sending = { .post = post, .link = link } };
    const char *new_email;

    if (ask->type == LINK_CHANGE_CURRENT && !ctx->directory->mail.secure_change)
        return fail(ctx, E_FEATURE_OFF, NOWHERE, NULL);
    TRY(email_read(ctx, ask->new_email, &new_email));
    if (text_eq(new_email, user->email))
        return fail(ctx, E_EMAIL_TAKEN, NOWHERE, NULL);
    TRY(user_address_free(ctx, "email", new_email, user->id));
    work.sending.purpose = ask->type == LINK_CHANGE_CURRENT ? FOR_CHANGE_CURRENT : FOR_CHANGE_NEW;
    work.sending.change = new_email;
    TRY(run_known(ctx, user, &work));
    *ret = work.user;
    return OK;
}

static Err link_sign_in(Ctx *ctx, const LinkAsk *ask, const User *user, const Postal *post, User **ret, Link *link)
{
    Work work = { .event = EV_RECOVERY_REQUESTED,
                  .sending = { .purpose = ask->type == LINK_RECOVERY ? FOR_RECOVERY : FOR_MAGIC_LINK, .post = post, .link = link } };

    TRY(run_known(ctx, user, &work));
    *ret = work.user;
    return OK;
}

Err dir_link(Ctx *ctx, LinkAsk *ask, const Postal *post, User **ret, Link *link)
{
    const char *email;
    User *user = NULL;
    Err err;

    TRY(email_read(ctx, ask->email, &email));
    err = find(ctx, email, NULL, post->aud, &user);
    if (err != OK && err != E_NO_ROW)
        return err;
    if (user == NULL && ask->type == LINK_MAGICLINK) {
        ask->type = LINK_SIGNUP;
        ask->password = password_random(ctx);
    }
    if (user == NULL && ask->type != LINK_SIGNUP && ask->type != LINK_INVITE)
        return fail(ctx, E_NO_USER, NOWHERE, "User with this email not found");
    if (user == NULL && ask->type == LINK_SIGNUP && text_empty(ask->password))
        return fail(ctx, E_MISSING, NOWHERE, "Signup requires a valid password");
    if (ask->type == LINK_SIGNUP || ask->type == LINK_INVITE)
        return link_sign_up(ctx, ask, email, post, ret, link);
    return ask->type == LINK_MAGICLINK || ask->type == LINK_RECOVERY ? link_sign_in(ctx, ask, user, post, ret, link)
                                                                     : link_change(ctx, ask, user, post, ret, link);
}
