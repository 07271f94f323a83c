/* outbox.c: letters that were committed go to the mail server: one at a time, again after a while where that fails, for a day. */
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "directory/post.h"
#include "outbound/mail.h"
#include "json/json.h"

enum { LEASE_S = 45, DAY_S = 86400, IDLE_MS = 5000, TELL_CAP = 16 << 20, LATE_US = 2 * 1000 * 1000 };

/* Built-in subjects and bodies. A body with a link has no code in it; the one with a code has no link. */
#define LINKED(title, sentence, word) "<h2>" title "</h2>\n\n<p>" sentence "</p>\n<p><a href=\"{{ .ConfirmationURL }}\">" word "</a></p>\n"
#define TOLD(title, sentence) "<h2>" title "</h2>\n\n<p>" sentence " If this was not you, please get in touch with us.</p>\n"

static const struct {
    const char *name, *subject, *body;
} built_in[MESSAGES] = {
    [MSG_INVITE] = { "invite", "You've been invited",
                     LINKED("You have been invited", "{{ .SiteURL }} has an account waiting for you.", "Accept the invitation") },
    [MSG_CONFIRMATION] = { "confirmation", "Confirm your email address",
                           LINKED("Welcome", "One click more, and {{ .Email }} is confirmed.", "Confirm this address") },
    [MSG_RECOVERY] = { "recovery", "Reset your password",
                       LINKED("A new password", "Somebody, we hope you, asked for a new password.", "Choose a new password") },
    [MSG_MAGIC_LINK] = { "magic_link", "Your sign-in link", LINKED("Sign in", "This link signs you in, once.", "Sign in") },
    [MSG_EMAIL_CHANGE] = { "email_change", "Confirm your new email address",
                           LINKED("A new address", "The address of your account is to change from {{ .Email }} to {{ .NewEmail }}.",
                                  "Confirm the change") },
    [MSG_REAUTHENTICATION] = { "reauthentication", "{{ .Token }} is your verification code",
                               "<h2>Is it you?</h2>\n\n<p>Your code: {{ .Token }}</p>\n" },
    [MSG_VERIFY_EMAIL] = { "verify_email", "Verify your email",
                           LINKED("Verify your email", "This link verifies {{ .Email }}.", "Verify this address") },
    [MSG_RESET_EMAIL] = { "reset_email", "Reset your password",
                          LINKED("A new password", "Somebody, we hope you, asked for a new password of {{ .Email }}.", "Choose a new password") },
    [MSG_ORGANIZATION] = { "organization_invite", "You've been invited to {{ .Data.organization }}",
                           LINKED(
                               "You have been invited",
                               "{{ if .Data.inviter }}{{ .Data.inviter }} asks you{{ else }}You are asked{{ end }} to join {{ .Data.organization }}.",
                               "Accept the invitation") },
    [MSG_PASSWORD_CHANGED] = { "password_changed_notification", "Your password was changed",
                               TOLD("New password", "The password of {{ .Email }} was changed.") },
    [MSG_EMAIL_CHANGED] = { "email_changed_notification", "Your email address was changed",
                            TOLD("New address", "The address of your account was changed from {{ .OldEmail }} to {{ .Email }}.") },
    [MSG_PHONE_CHANGED] = { "phone_changed_notification", "Your phone number was changed",
                            TOLD("New phone number", "The number of {{ .Email }} was changed from {{ .OldPhone }} to {{ .Phone }}.") },
    [MSG_IDENTITY_LINKED] = { "identity_linked_notification", "A new sign-in method was linked to your account",
                              TOLD("New way to sign in", "{{ .Provider }} was linked to {{ .Email }}.") },
    [MSG_IDENTITY_UNLINKED] = { "identity_unlinked_notification", "A sign-in method was removed from your account",
                                TOLD("One way less to sign in", "{{ .Provider }} was removed from {{ .Email }}.") },
    [MSG_FACTOR_ENROLLED] = { "mfa_factor_enrolled_notification", "A new verification method was added to your account",
                              TOLD("New verification method", "A method of the kind {{ .FactorType }} was added to {{ .Email }}.") },
    [MSG_FACTOR_UNENROLLED] = { "mfa_factor_unenrolled_notification", "A verification method was removed from your account",
                                TOLD("One verification method less", "A method of the kind {{ .FactorType }} was removed from {{ .Email }}.") },
};

static Err kind_of(const char *name, MessageKind *ret)
{
    for (size_t i = 0; i < MESSAGES; i++)
        if (text_eq(built_in[i].name, name)) {
            *ret = (MessageKind)i;
            return OK;
        }
    return E_BAD_VALUE;
}

/* ---- rendering ---- */

/* A file, a document of the web, or else a path on the site. */
static Err load_template(Ctx *ctx, const char *where, char **ret)
{
    const Mailing *mail = &ctx->directory->mail;
    const bool whole = strstr(where, "://") != NULL || access(where, R_OK) == 0;

    if (!whole)
        where = arena_printf(ctx->arena, "%s%s%s", mail->site_url == NULL ? "" : mail->site_url, *where == '/' ? "" : "/", where);
    return source_text(mail->sources, ctx->arena, where, clock_now(), ret);
}

/* What the operator set, or, where that cannot be had or read, what is built in. */
static Err render_body(Ctx *ctx, MessageKind kind, const char *values, char **ret)
{
    const char *where = ctx->directory->mail.templates[kind];
    char *text;

    if (!text_empty(where) && load_template(ctx, where, &text) == OK && template_render(ctx->arena, text, values, true, ret) == OK)
        return OK;
    if (!text_empty(where))
        LOG(LOG_WARN, "the template cannot be used: the built-in one is sent", LOG_TEXT_FIELD("template", built_in[kind].name));
    return template_render(ctx->arena, built_in[kind].body, values, true, ret);
}

static Err render_subject(Ctx *ctx, MessageKind kind, const char *values, char **ret)
{
    const char *set = ctx->directory->mail.subjects[kind];

    if (!text_empty(set) && template_render(ctx->arena, set, values, false, ret) == OK)
        return OK;
    return template_render(ctx->arena, built_in[kind].subject, values, false, ret);
}

/* What templates see, a JSON object. */
static Err read_letter(Ctx *ctx, const Letter *letter, MessageKind *kind, const char **values)
{
    const char *site = ctx->directory->mail.site_url;
    Str plain;

    TRY(kind_of(letter->kind, kind));
    TRY(seal_read(ctx->arena, ctx->directory->data_key, "outbox", letter->sealed, &plain));
    *values = json_set(ctx->arena, str_dup(ctx->arena, plain), "SiteURL", json_quote(ctx->arena, site == NULL ? "" : site));
    return OK;
}

/* Letters that were written for the hook go there, as long as there is one. E_NO_ROW: it is none of those. */
static Err post_to_hook(Ctx *ctx, const Letter *letter, Buf *why)
{
    const char *values, *text;
    MessageKind kind;
    Err err;

    if (!hook_on(ctx, HOOK_EMAIL))
        return E_NO_ROW;
    TRY(read_letter(ctx, letter, &kind, &values));
    text = json_get(ctx->arena, values, "_hook");
    if (text == NULL)
        return E_NO_ROW;
    err = hook_post(ctx, HOOK_EMAIL, text);
    if (err == E_HOOK)
        buf_puts(why, ctx->fault.text);
    return err == E_HOOK && ctx->fault.name.p == NULL ? E_BAD_VALUE : err; /* a hook that says no says so for good */
}

static Err write_mail(Ctx *ctx, const Letter *letter, Mail *mail)
{
    const char *values;
    MessageKind kind;
    char *subject, *body;

    TRY(read_letter(ctx, letter, &kind, &values));
    TRY(render_subject(ctx, kind, values, &subject));
    TRY(render_body(ctx, kind, values, &body));
    *mail = (Mail){
        .id = letter->id, .type = letter->kind, .to = json_get(ctx->arena, values, "_to"), .subject = subject, .html = body, .now = letter->created_at
    };
    return OK;
}

/* ---- sending ---- */

/* 10 s, 20 s, … up to 15 minutes. */
static int64_t pause_of(int64_t tries)
{
    int64_t pause = 10 * US_PER_S;

    for (; tries > 1 && pause < 900 * US_PER_S; tries--)
        pause *= 2;
    return pause < 900 * US_PER_S ? pause : 900 * US_PER_S;
}

static Err settle(Ctx *ctx, const Letter *letter, Err sent, const Buf *why)
{
    const bool over = sent == E_BAD_VALUE || letter->created_at + DAY_S * US_PER_S < ctx->now;

    if (sent == OK)
        return store_outbox_delete(db_auto(ctx), letter->id);
    LOG(LOG_WARN, over ? "a message cannot be sent" : "a message was not sent: it is tried again", LOG_TEXT_FIELD("kind", letter->kind),
        LOG_TEXT_FIELD("message", letter->id), LOG_INT_FIELD("tries", letter->tries),
        LOG_TEXT_FIELD("why", arena_strndup(ctx->arena, why->data, why->len)));
    return store_outbox_put_back(db_auto(ctx), letter->id, over ? "failed" : "waiting", ctx->now + pause_of(letter->tries));
}

static Err send_mail(Ctx *ctx, const Letter *letter, const _Atomic bool *stop, Buf *why)
{
    const Mailing *set = &ctx->directory->mail;
    const MailServer server = { .host = set->smtp_host,
                                .user = set->smtp_user,
                                .pass = set->smtp_pass,
                                .port = set->smtp_port,
                                .from = set->admin_email,
                                .sender = set->sender_name,
                                .headers = set->smtp_headers };
    Mail mail;
    const Err err = write_mail(ctx, letter, &mail);

    if (err == OK && !text_empty(set->smtp_host))
        return mail_send(ctx->arena, &server, &mail, stop, why);
    buf_puts(why, err == OK ? "there is no mail server" : "it cannot be read: ");
    if (err != OK)
        buf_puts(why, err_text(err));
    return err == OK ? E_IO : E_BAD_VALUE;
}

Err dir_outbox_send(Ctx *ctx, const _Atomic bool *stop, int64_t *wait)
{
    const Mailing *set = &ctx->directory->mail;
    Buf why = buf_in(ctx->arena, 1024);
    Letter *letter;
    Err err;

    *wait = IDLE_MS;
    if (text_empty(set->smtp_host) && !hook_on(ctx, HOOK_EMAIL))
        return E_NO_ROW;
    TRY(store_outbox_claim(db_auto(ctx), NULL, ctx->now, ctx->now + LEASE_S * US_PER_S, &letter));
    err = post_to_hook(ctx, letter, &why);
    if (err == E_NO_ROW)
        err = send_mail(ctx, letter, stop, &why);
    ctx->now = clock_now();
    if (err != OK && atomic_load(stop)) /* not its fault: the next process sends it */
        return store_outbox_put_back(db_auto(ctx), letter->id, "waiting", ctx->now);
    return settle(ctx, letter, err, &why);
}

/* On the lane of hooks, with memory and a fault of its own: what becomes of the letter is nothing to the request. */
typedef struct Telling {
    const Ctx *asker;
    const char *id;
} Telling;

static Err tell(void *arg)
{
    const Telling *telling = arg;
    Arena *arena = arena_new(TELL_CAP, true);
    Ctx ctx = ctx_new(arena, telling->asker->db);
    Buf why = buf_in(arena, 1024);
    Letter *letter;
    Err err;

    ctx.directory = telling->asker->directory;
    err = store_outbox_claim(db_auto(&ctx), telling->id, ctx.now, ctx.now + LEASE_S * US_PER_S, &letter);
    if (err == OK) {
        err = post_to_hook(&ctx, letter, &why);
        ctx.now = clock_now(); /* that took its time */
        err = settle(&ctx, letter, err, &why);
    }
    arena_free(arena);
    return err;
}

void outbox_tell(Ctx *ctx, const char *id)
{
    Telling telling = { .asker = ctx, .id = id };
    Lane *lane = ctx->directory->mail.hook_lane;

    if (lane != NULL && lane_waiting(lane) > 0) /* for answers that requests cannot do without */
        return;
    if (clock_now() - ctx->now > LATE_US) /* there is more to do before this one's answer is due */
        return;
    IGNORE(lane == NULL ? tell(&telling) : lane_run(lane, tell, &telling)); /* the mailer has it then */
}

Err dir_outbox_sweep(Ctx *ctx)
{
    return store_outbox_sweep(db_auto(ctx), ctx->now - 7 * DAY_S * US_PER_S);
}

Err dir_outbox_open(Ctx *ctx)
{
    TRY(dir_outbox_sweep(ctx));
    return tx_is_postgres(db_auto(ctx)) ? OK : store_outbox_release(db_auto(ctx), ctx->now);
}

/* ---- kept letters ---- */

/* The body alone needs its template, which may have to be fetched: it is rendered in the lane of hooks. */
typedef struct Rendering {
    Ctx *ctx;
    const Letter *letter;
    Mail mail;
} Rendering;

static Err render(void *arg)
{
    Rendering *rendering = arg;

    return write_mail(rendering->ctx, rendering->letter, &rendering->mail);
}

static Err kept_of(Ctx *ctx, const Letter *letter, KeptMessage **ret)
{
    KeptMessage *kept = ARENA_NEW(ctx->arena, KeptMessage);
    const char *values;
    MessageKind kind;
    char *subject;

    TRY(read_letter(ctx, letter, &kind, &values));
    TRY(render_subject(ctx, kind, values, &subject));
    *kept = (KeptMessage){ .id = letter->id,
                           .kind = letter->kind,
                           .created_at = letter->created_at,
                           .to = json_get(ctx->arena, values, "_to"),
                           .subject = subject,
                           .link = json_get(ctx->arena, values, "ConfirmationURL"),
                           .code = json_get(ctx->arena, values, "Token") };
    *ret = kept;
    return OK;
}

Err dir_kept_list(Ctx *ctx, int64_t limit, List *ret)
{
    List letters = { 0 };

    *ret = (List){ 0 };
    TRY(store_outbox_kept(db_auto(ctx), limit, &letters));
    for (size_t i = 0; i < letters.n; i++) {
        KeptMessage *kept;

        if (kept_of(ctx, letters.v[i], &kept) == OK) /* not those of another data key */
            list_add(ctx->arena, ret, kept);
    }
    return OK;
}

Err dir_kept_body(Ctx *ctx, const char *id, const char **ret)
{
    Lane *lane = ctx->directory->mail.hook_lane;
    Rendering rendering = { .ctx = ctx };
    Letter *letter;

    TRY(store_outbox_kept_one(db_auto(ctx), id, &letter));
    rendering.letter = letter;
    TRY(lane == NULL ? render(&rendering) : lane_run(lane, render, &rendering));
    *ret = rendering.mail.html;
    return OK;
}
