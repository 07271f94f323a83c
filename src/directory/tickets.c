/* tickets.c: links that are good once: they verify an address, or let their holder choose a password. Of what a link carries a digest is kept. */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/jobs.h"
#include "directory/post.h"
#include "store/jobs.h"

enum { SECRET_LENGTH = 32 };

static const char *id_of(Ctx *ctx, const char *secret)
{
    Buf hex = buf_in(ctx->arena, 128);
    uint8_t sum[32];
    char *text = "";

    hash_sum(HASH_SHA256, str_of(secret), sum);
    hex_write(&hex, sum, sizeof(sum));
    IGNORE(buf_text(&hex, &text)); /* 64 characters */
    return text;
}

static Err invalid(Ctx *ctx)
{
    return fail(ctx, E_LINK_INVALID, NOWHERE, NULL);
}

/* ---- making ---- */

typedef struct Making {
    TicketKey key;
    const char *secret;
    const TicketMail *mail;
} Making;

/* Too soon after the last letter of its kind? */
static Err check_frequency(Tx *tx, const Ticket *ticket)
{
    Ticket *last;
    const Err err = store_ticket_newest(tx, ticket->user_id, ticket->kind, &last);

    if (err == E_NO_ROW)
        return OK;
    TRY(err);
    return frequency_check(tx_ctx(tx), last->mailed_at, false);
}

static Err make_ticket(Tx *tx, void *arg)
{
    const Making *making = arg;
    const Ticket *ticket = &making->key.ticket;
    Ctx *ctx = tx_ctx(tx);
    User *user;

    TRY(user_load(tx, ticket->user_id, &user));
    if (making->mail != NULL && making->mail->limited)
        TRY(check_frequency(tx, ticket));
    TRY(store_ticket_write(tx, TICKET_INSERT, &making->key, NULL));
    if (making->mail == NULL)
        return OK;
    const Message message = {
        .user_id = user->id,
        .kind = text_eq(ticket->kind, TICKET_VERIFY) ? MSG_VERIFY_EMAIL : MSG_RESET_EMAIL,
        .to = ticket->email,
        .email = ticket->email,
        .confirmation_url = arena_printf(ctx->arena, "%s%s%s", making->mail->before, making->secret, making->mail->after),
        .data = user->meta_user,
    };

    return message_add(tx, &message);
}

Err dir_ticket_make(Ctx *ctx, const User *user, Ticket *ticket, const TicketMail *mail, const char **secret)
{
    const Mailing *set = &ctx->directory->mail;
    Making making = { .key.ticket = *ticket, .mail = mail };
    Ticket *made = &making.key.ticket;

    *secret = making.secret = random_text(ctx->arena, SECRET_LENGTH, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    made->id = id_of(ctx, *secret);
    made->user_id = user->id;
    if (made->identity_id == NULL)
        made->email = user->email;
    made->created_at = ctx->now;
    made->mailed_at = mail == NULL ? 0 : ctx->now;
    if (mail != NULL) {
        if (mail->limited)
            TRY(check_frequency(db_auto(ctx), made));
        if (!counter_take(set->email_counter, set->email_sent, ctx->now))
            return fail(ctx, E_MAIL_LIMIT, NOWHERE, NULL);
    }
    TRY(tx_run(ctx, make_ticket, &making));
    if (mail != NULL)
        message_wake(ctx);
    *ticket = *made;
    return OK;
}

/* ---- using ---- */

Err tickets_void(Tx *tx, const char *user_id)
{
    const TicketKey key = { .ticket = { .user_id = user_id, .kind = TICKET_PASSWORD }, .now = tx_ctx(tx)->now };

    return store_ticket_write(tx, TICKET_VOID, &key, NULL);
}

Err dir_ticket_get(Ctx *ctx, const char *kind, const char *secret, Ticket **ret, TicketState *state)
{
    Ticket *ticket;
    const Err err = store_ticket_get(db_auto(ctx), id_of(ctx, secret), &ticket);

    if (err == E_NO_ROW || (err == OK && !text_eq(ticket->kind, kind)))
        return invalid(ctx);
    TRY(err);
    *ret = ticket;
    *state = ticket->used_at != 0 ? TICKET_USED : ticket->expires_at <= ctx->now ? TICKET_OVER : TICKET_GOOD;
    return OK;
}

typedef struct Using {
    const char *id, *kind;
    const UserPolicy *policy;
    char *hash;    /* of the new password, or NULL */
    bool verified; /* the address becomes so */
    User *after;
} Using;

/* For a linked account: its own address, or its own password. */
static Err use_for_linked(Tx *tx, Using *use, const Ticket *ticket)
{
    static const bool yes = true;
    const LinkedPatch patch = { .email_verified = use->verified ? &yes : NULL };
    const Err err = linked_change_within(tx, ticket->user_id, ticket->identity_id, &patch, use->hash, ticket->email, &use->after);

    return err == E_NOT_THIS_USER ? invalid(tx_ctx(tx)) : err;
}

static Err use_ticket(Tx *tx, void *arg)
{
    Using *use = arg;
    Ctx *ctx = tx_ctx(tx);
    const TicketKey key = { .ticket = { .id = use->id, .kind = use->kind }, .now = ctx->now };
    UserPatch *patch = ARENA_NEW(ctx->arena, UserPatch);
    int64_t changed;
    Ticket *ticket;
    User *user;

    TRY(store_ticket_write(tx, TICKET_USE, &key, &changed));
    if (changed == 0)
        return invalid(ctx);
    TRY(store_ticket_get(tx, use->id, &ticket));
    if (ticket->identity_id != NULL)
        return use_for_linked(tx, use, ticket);
    TRY(user_load(tx, ticket->user_id, &user));
    if (!text_eq(user->email, ticket->email) || user->deleted_at != 0)
        return invalid(ctx);
    *patch = (UserPatch){ .policy = use->policy, .email_confirmed = use->verified && user->email != NULL };
    SET(patch, email_confirmed);
    return user_change_within(tx, user->id, patch, use->hash, &use->after);
}

Err dir_ticket_verify(Ctx *ctx, const char *secret, User **ret)
{
    static const UserPolicy policy = { .check_password = true };
    Using use = { .id = id_of(ctx, secret), .kind = TICKET_VERIFY, .policy = &policy, .verified = true };

    TRY(tx_run(ctx, use_ticket, &use));
    *ret = use.after;
    return OK;
}

Err dir_ticket_password(Ctx *ctx, const char *secret, const UserPolicy *policy, const char *password, bool verified, User **ret)
{
    Using use = { .id = id_of(ctx, secret), .kind = TICKET_PASSWORD, .policy = policy, .verified = verified };
    TicketState state;
    Ticket *ticket;

    TRY(dir_ticket_get(ctx, TICKET_PASSWORD, secret, &ticket, &state));
    if (state != TICKET_GOOD)
        return invalid(ctx);
    TRY(password_check(ctx, policy, password, NOWHERE));
    TRY(password_hash(ctx, password, &use.hash));
    TRY(tx_run(ctx, use_ticket, &use));
    *ret = use.after;
    return OK;
}
