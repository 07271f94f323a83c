/* post.c: a message with a token: how often, to whom, with which link; and its row in the outbox. */
#include "directory/post.h"

#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "json/json.h"

enum { MOST_DATA = 64 * 1024, MOST_HOOK = 896 * 1024 };

#define PATH(m) offsetof(Mailing, m)
#define TIME_OF(m) offsetof(User, m)

/* `flow` is the way of authentication that a PKCE flow ends in. */
static const struct {
    TokenKind token;
    MessageKind message;
    const char *type, *flow;
    size_t sent_at, path;
} purposes[PURPOSES] = {
    [FOR_CONFIRMATION] = { TOKEN_CONFIRMATION, MSG_CONFIRMATION, "signup", "email/signup", TIME_OF(confirmation_sent_at), PATH(path_confirmation) },
    [FOR_INVITE] = { TOKEN_INVITE, MSG_INVITE, "invite", NULL, 0, PATH(path_invite) },
    [FOR_RECOVERY] = { TOKEN_RECOVERY, MSG_RECOVERY, "recovery", "recovery", TIME_OF(recovery_sent_at), PATH(path_recovery) },
    [FOR_MAGIC_LINK] = { TOKEN_RECOVERY, MSG_MAGIC_LINK, "magiclink", "magiclink", TIME_OF(recovery_sent_at), PATH(path_recovery) },
    [FOR_CHANGE_CURRENT] = { TOKEN_CHANGE_CURRENT, MSG_EMAIL_CHANGE, "email_change", "email_change", TIME_OF(email_change_sent_at),
                             PATH(path_email_change) },
    [FOR_CHANGE_NEW] = { TOKEN_CHANGE_NEW, MSG_EMAIL_CHANGE, "email_change", "email_change", TIME_OF(email_change_sent_at), PATH(path_email_change) },
    [FOR_REAUTHENTICATION] = { TOKEN_REAUTHENTICATION, MSG_REAUTHENTICATION, NULL, NULL, TIME_OF(reauthentication_sent_at), 0 },
};

/* ---- letters ---- */

static const Field message_doc[] = {
    TEXT(Message, to, "_to"),
    TEXT(Message, confirmation_url, "ConfirmationURL", .flags = OMIT_NULL),
    TEXT(Message, email, "Email", .flags = OMIT_NULL),
    TEXT(Message, token, "Token", .flags = OMIT_NULL | SECRET),
    TEXT(Message, token_hash, "TokenHash", .flags = OMIT_NULL | SECRET),
    TEXT(Message, redirect_to, "RedirectTo", .flags = OMIT_NULL),
    TEXT(Message, new_email, "NewEmail", .flags = OMIT_NULL),
    TEXT(Message, sending_to, "SendingTo", .flags = OMIT_NULL),
    TEXT(Message, old_email, "OldEmail", .flags = OMIT_NULL),
    TEXT(Message, phone, "Phone", .flags = OMIT_NULL),
    TEXT(Message, old_phone, "OldPhone", .flags = OMIT_NULL),
    TEXT(Message, provider, "Provider", .flags = OMIT_NULL),
    TEXT(Message, factor_type, "FactorType", .flags = OMIT_NULL),
    JSON(Message, data, "Data", .flags = NULL_AS_EMPTY),
    JSON(Message, hook, "_hook", .flags = OMIT_NULL | SECRET),
    END(Message),
};

static const char *const kind_names[MESSAGES] = {
    [MSG_INVITE] = "invite",
    [MSG_CONFIRMATION] = "confirmation",
    [MSG_RECOVERY] = "recovery",
    [MSG_MAGIC_LINK] = "magic_link",
    [MSG_EMAIL_CHANGE] = "email_change",
    [MSG_REAUTHENTICATION] = "reauthentication",
    [MSG_VERIFY_EMAIL] = "verify_email",
    [MSG_RESET_EMAIL] = "reset_email",
    [MSG_ORGANIZATION] = "organization_invite",
    [MSG_PASSWORD_CHANGED] = "password_changed_notification",
    [MSG_EMAIL_CHANGED] = "email_changed_notification",
    [MSG_PHONE_CHANGED] = "phone_changed_notification",
    [MSG_IDENTITY_LINKED] = "identity_linked_notification",
    [MSG_IDENTITY_UNLINKED] = "identity_unlinked_notification",
    [MSG_FACTOR_ENROLLED] = "mfa_factor_enrolled_notification",
    [MSG_FACTOR_UNENROLLED] = "mfa_factor_unenrolled_notification",
};

Err message_add(Tx *tx, const Message *message)
{
    Ctx *ctx = tx_ctx(tx);
    Message small = *message;
    Letter letter = { .id = uuid_new(ctx->arena),
                      .user_id = message->user_id,
                      .kind = kind_names[message->kind],
                      .next_at = ctx->now,
                      .created_at = ctx->now,
                      .state = message->hook == NULL && text_empty(ctx->directory->mail.smtp_host) ? "kept" : "waiting" };
    Buf buf = buf_in(ctx->arena, 512 * 1024 + MOST_HOOK);
    char *text, *sealed;

    if (small.data != NULL && strlen(small.data) > MOST_DATA)
        small.data = NULL;
    json_write(&buf, message_doc, &small, JSON_PLAIN);
    TRY(buf_text(&buf, &text));
    TRY(seal_write(ctx->arena, ctx->directory->data_key, "outbox", str_of(text), &sealed));
    letter.sealed = sealed;
    if (message->hook != NULL)
        list_add(ctx->arena, &ctx->letters, (void *)letter.id);
    return store_outbox_insert(tx, &letter);
}

void message_wake(Ctx *ctx)
{
    for (size_t i = 0; i < ctx->letters.n; i++)
        outbox_tell(ctx, ctx->letters.v[i]);
    ctx->letters = (List){ 0 };
    if (ctx->directory->mail.wake != NULL)
        ctx->directory->mail.wake(ctx->directory->mail.wake_arg);
}

bool message_may_go(Ctx *ctx, const char *to)
{
    const Texts *authorized = &ctx->directory->mail.authorized;
    const char *plus = strchr(to, '+'), *at = strchr(to, '@');
    const char *plain = plus == NULL || at == NULL || plus > at ? to : arena_printf(ctx->arena, "%.*s%s", (int)(plus - to), to, at);

    for (size_t i = 0; i < authorized->n; i++)
        if (strcasecmp(authorized->v[i], plain) == 0)
            return true;
    return authorized->n == 0;
}

/* What the hook is to be posted; of a user who is too large, without documents. */
static const char *hook_text(Ctx *ctx, const User *user, const Message *message)
{
    MailTold told = { .action = kind_names[message->kind],
                      .old_email = message->old_email,
                      .old_phone = message->old_phone,
                      .provider = message->provider,
                      .factor_type = message->factor_type };
    User small = *user;
    const char *text;

    ctx->directory->show_place(ctx, &told.redirect_to, &told.site_url);
    text = hook_mail_text(ctx, user, &told);
    if (strlen(text) <= MOST_HOOK)
        return text;
    small.meta_user = small.meta_app = "{}";
    small.identities = (List){ 0 };
    return hook_mail_text(ctx, &small, &told);
}

Err message_notify(Tx *tx, const User *user, Message message)
{
    Ctx *ctx = tx_ctx(tx);

    if (!ctx->directory->mail.notify[message.kind] || text_empty(message.to) || !message_may_go(ctx, message.to))
        return OK;
    if (hook_on(ctx, HOOK_EMAIL))
        message.hook = hook_text(ctx, user, &message);
    message.user_id = user->id;
    message.data = user->meta_user;
    if (message.email == NULL)
        message.email = user->email;
    return message_add(tx, &message);
}

/* ---- limits ---- */

int64_t frequency_wait(const Ctx *ctx, bool phone)
{
    const Mailing *mail = &ctx->directory->mail;
    const int64_t set = phone ? mail->sms_max_frequency : mail->max_frequency;

    return set == 0 ? 60 * US_PER_S : set;
}

Err frequency_check(Ctx *ctx, int64_t sent_at, bool phone)
{
    const int64_t wait = frequency_wait(ctx, phone);

    if (sent_at == 0 || sent_at + wait < ctx->now)
        return OK;
    return fail(ctx, phone ? E_SMS_LIMIT : E_MAIL_LIMIT, NOWHERE, "For security purposes, you can only request this after %lld seconds.",
                (long long)((sent_at + wait - ctx->now) / US_PER_S));
}

/* ---- codes ---- */

char *code_new(Ctx *ctx, bool phone)
{
    const int64_t set = phone ? ctx->directory->mail.sms_otp_length : ctx->directory->mail.otp_length;

    return random_text(ctx->arena, set < 6 || set > 10 ? 6 : (size_t)set, "0123456789");
}

const char *code_hash(Ctx *ctx, const char *address, const char *code)
{
    Buf plain = buf_in(ctx->arena, 1024), hex = buf_in(ctx->arena, 128);
    uint8_t sum[28];
    char *text = "";

    buf_puts(&plain, address);
    buf_puts(&plain, code);
    hash_sum(HASH_SHA224, buf_view(&plain), sum);
    hex_write(&hex, sum, sizeof(sum));
    IGNORE(buf_text(&hex, &text)); /* 56 characters */
    return text;
}

const char *link_row(Ctx *ctx, const char *secret)
{
    uint8_t sum[32];

    hash_sum(HASH_SHA256, str_of(secret), sum);
    sum[6] = (uint8_t)((sum[6] & 0x0f) | 0x80);
    sum[8] = (uint8_t)((sum[8] & 0x3f) | 0x80);
    return uuid_from_bytes(ctx->arena, sum);
}

static const char *link_secret(Ctx *ctx)
{
    return random_text(ctx->arena, 56, "0123456789abcdef");
}

const char *hash_turned(Ctx *ctx, const char *hash)
{
    const size_t n = strlen(hash);
    char *turned = arena_alloc(ctx->arena, n + 1);

    for (size_t i = 0; i < n; i++)
        turned[i] = hash[n - 1 - i];
    return turned;
}

/* ---- links (spec 10.3) ---- */

/* RFC 3986 5.2 for the three forms that a path setting has. */
static const char *resolve(Ctx *ctx, const char *base, const char *path)
{
    const char *authority = strstr(base, "://"), *slash = authority == NULL ? NULL : strchr(authority + 3, '/'), *last;

    path = text_empty(path) ? "/verify" : path;
    if (str_starts(str_of(path), STR("http://")) || str_starts(str_of(path), STR("https://")) || authority == NULL)
        return path;
    if (*path == '/')
        return arena_printf(ctx->arena, "%.*s%s", (int)(slash == NULL ? strlen(base) : (size_t)(slash - base)), base, path);
    last = slash == NULL ? NULL : strrchr(slash, '/');
    return arena_printf(ctx->arena, "%.*s/%s", (int)(last == NULL ? strlen(base) : (size_t)(last - base)), base, path);
}

/* As the reference inserts it, raw unless it holds & = or #; but what a reader would take for something else is coded in any case. */
static const char *redirect_value(Ctx *ctx, const char *text)
{
    const bool form = strpbrk(text, "&=#") != NULL;
    Buf buf = buf_in(ctx->arena, 16384);
    char *ret = "";

    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        const bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || strchr("-_.~", *text) != NULL;

        if (plain || (!form && c > ' ' && c < 0x7f && strchr("+\"'<>%\\^`{|}", *text) == NULL))
            buf_char(&buf, *text);
        else if (form && *text == ' ')
            buf_char(&buf, '+');
        else
            buf_printf(&buf, "%%%02X", c);
    }
    IGNORE(buf_text(&buf, &ret)); /* a redirect is far shorter than the cap, or it is left out */
    return ret;
}

/* The token takes the place of a query that the path has; its fragment (a page of an application) stays at the end. */
static const char *link_url(Ctx *ctx, const Postal *post, size_t path, const char *hash, const char *type)
{
    const Mailing *mail = &ctx->directory->mail;
    const char *set = *(const char *const *)(const void *)((const char *)mail + path);
    const char *url = resolve(ctx, post->external_url, set), *fragment = strchr(url, '#');

    return arena_printf(ctx->arena, "%.*s?token=%s&type=%s&redirect_to=%s%s", (int)strcspn(url, "?#"), url, hash, type,
                        redirect_value(ctx, post->redirect_to), fragment == NULL ? "" : fragment);
}

/* ---- sending ---- */

static Err flow_begin(Tx *tx, const User *user, const char *method, const Postal *post)
{
    Ctx *ctx = tx_ctx(tx);
    const Flow flow = { .id = uuid_new(ctx->arena),
                        .user_id = user->id,
                        .auth_code = uuid_new(ctx->arena),
                        .method = post->challenge_method,
                        .challenge = post->challenge,
                        .provider_type = method,
                        .authentication_method = method,
                        .created_at = ctx->now };

    return store_flow_insert(tx, &flow);
}

static Err count_mail(Ctx *ctx, Sending *sending)
{
    const Mailing *mail = &ctx->directory->mail;

    if (sending->counted || mail->autoconfirm)
        return OK;
    if (!counter_take(mail->email_counter, mail->email_sent, ctx->now))
        return fail(ctx, E_MAIL_LIMIT, NOWHERE, "email rate limit exceeded");
    sending->counted = true;
    return OK;
}

Err post_nobody(Ctx *ctx, const char *what, const char *address, bool phone)
{
    TRY(nobody_asked(ctx, what, address, phone));
    return phone || message_may_go(ctx, address) ? OK : fail(ctx, E_MAIL_FORBIDDEN, NOWHERE, "%s", address);
}

static Err post_letter(Tx *tx, const Sending *sending, const char *to, const char *code, const char *hash)
{
    Ctx *ctx = tx_ctx(tx);
    const typeof(purposes[0]) *row = &purposes[sending->purpose];
    const User *user = sending->user;
    Message message = {
        .kind = row->message, .user_id = user->id, .to = to, .email = user->email == NULL ? to : user->email, .token = code, .data = user->meta_user
    };

    if (row->type != NULL) {
        message.confirmation_url = link_url(ctx, sending->post, row->path, hash, row->type);
        message.token_hash = hash;
        message.redirect_to = sending->post->redirect_to;
    }
    if (sending->change != NULL) {
        message.new_email = sending->change;
        message.sending_to = to;
    }
    return message_add(tx, &message);
}

static const char *address_of(const Sending *sending, const User *user)
{
    return sending->purpose == FOR_CHANGE_NEW ? sending->change : user->email;
}

/* Does a PKCE flow begin by it? */
static bool has_flow(const Sending *sending)
{
    return sending->post->challenge != NULL && purposes[sending->purpose].flow != NULL && !sending->post->quiet;
}

static const char *with_flow(Ctx *ctx, const Sending *sending, const char *text)
{
    return has_flow(sending) ? arena_printf(ctx->arena, "pkce_%s", text) : text;
}

/* The limits, of a message that is sent at all. */
static Err check_limits(Ctx *ctx, const User *user, Sending *sending)
{
    const size_t sent_at = purposes[sending->purpose].sent_at;
    const char *to = address_of(sending, user);

    if (sent_at != 0 && !sending->again)
        TRY(frequency_check(ctx, *(const int64_t *)(const void *)((const char *)user + sent_at), false));
    return message_may_go(ctx, to) ? count_mail(ctx, sending) : fail(ctx, E_MAIL_FORBIDDEN, NOWHERE, "%s", to);
}

/* One call tells of both halves. The reference pairs them crosswise, and programs rely on it: the code of the present address stands with the hash
 * of the new one. */
Err post_ask(Ctx *ctx, const User *user, Sending *sending, Sending *current)
{
    const Postal *post = sending->post;
    const char *type = purposes[sending->purpose].type, *code;
    MailTold told = { .redirect_to = post->redirect_to, .action = type == NULL ? "reauthentication" : type, .site_url = post->external_url };

    if (!hook_on(ctx, HOOK_EMAIL) || post->quiet || sending->code != NULL)
        return OK;
    TRY(check_limits(ctx, user, sending));
    told.token = code = code_new(ctx, false);
    told.token_hash = with_flow(ctx, sending, sending->secret = link_secret(ctx));
    if (current != NULL) {
        current->counted = true;
        TRY(check_limits(ctx, user, current));
        told.token_new = code;
        told.token = current->code = code_new(ctx, false);
        told.token_hash_new = with_flow(ctx, current, current->secret = link_secret(ctx));
    }
    sending->code = code;
    return hook_send_mail(ctx, user, &told);
}

Err post_send(Tx *tx, Sending *sending)
{
    Ctx *ctx = tx_ctx(tx);
    const typeof(purposes[0]) *row = &purposes[sending->purpose];
    const Postal *post = sending->post;
    User *user = sending->user;
    const char *to = address_of(sending, user), *code = sending->code == NULL ? code_new(ctx, false) : sending->code;
    const char *secret = sending->secret == NULL ? link_secret(ctx) : sending->secret, *hash = with_flow(ctx, sending, secret);
    const OneTime token = { .kind = row->token,
                            .id = link_row(ctx, secret),
                            .user_id = user->id,
                            .hash = with_flow(ctx, sending, code_hash(ctx, to, code)),
                            .address = sending->change,
                            .now = ctx->now };

    if (!post->quiet)
        TRY(check_limits(ctx, user, sending));
    if (has_flow(sending) && !sending->again)
        TRY(flow_begin(tx, user, row->flow, post));
    TRY(store_token_put(tx, &token, text_lower(ctx->arena, to)));
    if (sending->link != NULL)
        *sending->link = (Link){ .action_link = row->type == NULL ? NULL : link_url(ctx, post, row->path, hash, row->type),
                                 .otp = code,
                                 .hash = sending->purpose == FOR_CHANGE_NEW ? hash_turned(ctx, hash) : hash };
    return post->quiet || sending->code != NULL ? OK : post_letter(tx, sending, to, code, hash);
}
