/* hooks.c: hooks: their input's frame, the lane, and what their answers mean (spec/gotrue.md 11). */
#include "directory/hooks.h"

#include "base/clock.h"
#include "base/id.h"
#include "directory/internal.h"
#include "outbound/hook.h"
#include "json/json.h"

static const struct {
    const char *name, *rejected; /* rejected: said when it does not say why */
} hook_rows[HOOKS] = {
    [HOOK_PASSWORD] = { "password-verification", "Further password verification attempts will be rejected." },
    [HOOK_MFA] = { "mfa-verification", "Further MFA verification attempts will be rejected." },
    [HOOK_TOKEN] = { "customize-access-token", "" },
    [HOOK_SMS] = { "send-sms", "" },
    [HOOK_BEFORE] = { "before-user-created", "" },
    [HOOK_AFTER] = { "after-user-created", "" },
    [HOOK_EMAIL] = { "send-email", "" },
};

bool hook_on(const Ctx *ctx, HookName name)
{
    return ctx->directory->hooks[name].enabled;
}

static Err say(Ctx *ctx, int status, Str code, const char *text)
{
    IGNORE(fail(ctx, E_HOOK, NOWHERE, NULL));
    ctx->fault.text = text;
    ctx->fault.status = status;
    ctx->fault.name = code;
    return E_HOOK;
}

#define FAILED STR("unexpected_failure")
#define YEAR_ONE (-62135596800LL * US_PER_S) /* a time that is not set, as the reference writes it */

static const char *frame(Ctx *ctx, HookName name, const char *members)
{
    Buf time = buf_in(ctx->arena, 64);
    char *text = "";

    time_write(&time, ctx->now, -1);
    IGNORE(buf_text(&time, &text)); /* 27 characters fit */
    return arena_printf(ctx->arena, "{\"metadata\":{\"uuid\":\"%s\",\"time\":\"%s\",\"name\":\"%s\"%s%s%s},%s}", uuid_new(ctx->arena), text,
                        hook_rows[name].name, ctx->ip == NULL ? "" : ",\"ip_address\":\"", ctx->ip == NULL ? "" : ctx->ip,
                        ctx->ip == NULL ? "" : "\"", members);
}

typedef struct HookJob {
    Arena *arena;
    Hook hook;
    const char *body;
    int64_t now;
    HookAnswer answer;
} HookJob;

static Err run_hook(void *arg)
{
    HookJob *job = arg;

    return hook_call(job->arena, &job->hook, job->now, job->body, &job->answer);
}

static Err check_reached(Ctx *ctx, Err err)
{
    if (err == E_TIMEOUT)
        return say(ctx, 422, STR("hook_timeout"), "Failed to reach hook within maximum time of 5.000000 seconds");
    if (err == E_IO)
        return say(ctx, 422, STR("hook_timeout_after_retry"), "Failed to reach hook after maximum retries");
    if (err == E_BUSY)
        return say(ctx, 500, FAILED, "Service currently unavailable due to hook");
    if (err == E_TOO_LARGE)
        return say(ctx, 422, STR("hook_payload_over_size_limit"), "Payload size exceeded size limit of 204800 bytes");
    return err;
}

/* A token of RFC 2045 at the front, cut off; empty if there is none. */
static Str cut_token(Str *rest)
{
    size_t n = 0;

    while (n < rest->n && rest->p[n] > ' ' && rest->p[n] < 0x7f && strchr("()<>@,;:\\\"/[]?=", rest->p[n]) == NULL)
        n++;
    *rest = (Str){ rest->p + n, rest->n - n };
    return (Str){ rest->p - n, n };
}

/* A value in quotes at the front, cut off; false if it has no end. */
static bool cut_quoted(Str *rest)
{
    for (size_t i = 1; i < rest->n; i++) {
        if (rest->p[i] == '\r' || rest->p[i] == '\n')
            return false;
        if (rest->p[i] == '"') {
            *rest = (Str){ rest->p + i + 1, rest->n - i - 1 };
            return true;
        }
        i += rest->p[i] == '\\';
    }
    return false;
}

/* One `; name=value` at the front, cut off; its name, or an empty one. */
static Str cut_parameter(Str *rest)
{
    Str at = str_trim(*rest), name;

    if (at.n == 0 || *at.p != ';')
        return (Str){ 0 };
    at = str_trim((Str){ at.p + 1, at.n - 1 });
    name = cut_token(&at);
    at = str_trim(at);
    if (name.n == 0 || at.n == 0 || *at.p != '=')
        return (Str){ 0 };
    at = str_trim((Str){ at.p + 1, at.n - 1 });
    if (at.n > 0 && *at.p == '"' ? !cut_quoted(&at) : cut_token(&at).n == 0)
        return (Str){ 0 };
    *rest = at;
    return name;
}

/* What is wrong with a Content-Type, in the reference's words, or NULL. */
static const char *type_fault(Arena *arena, const char *type)
{
    Str kind = str_trim((Str){ type, strcspn(type, ";") }), rest = str_of(type + strcspn(type, ";"));
    Texts seen = { 0 };

    if (kind.n == 0)
        return "mime: no media type";
    if (cut_token(&kind).n == 0)
        return "mime: no media type";
    if (kind.n > 0 && *kind.p != '/')
        return "mime: expected slash after first token";
    if (kind.n > 0) {
        kind = (Str){ kind.p + 1, kind.n - 1 };
        if (cut_token(&kind).n == 0)
            return "mime: expected token after slash";
        if (kind.n > 0)
            return "mime: unexpected content after media subtype";
    }
    while (str_trim(rest).n > 0) {
        const Str name = cut_parameter(&rest);
        const char *lower = name.n == 0 ? NULL : text_lower(arena, str_dup(arena, name));

        if (lower == NULL)
            return str_eq(str_trim(rest), STR(";")) ? NULL : "mime: invalid media parameter";
        for (size_t i = 0; i < seen.n; i++)
            if (text_eq(seen.v[i], lower))
                return "mime: duplicate parameter name";
        texts_add(arena, &seen, lower);
    }
    return NULL;
}

static Err check_status(Ctx *ctx, const HookAnswer *call)
{
    const char *why;

    if (call->status == 429 || call->status == 503)
        return say(ctx, 500, FAILED, "Service currently unavailable due to hook");
    if (call->status == 400)
        return say(ctx, 500, FAILED, "Invalid payload sent to hook");
    if (call->status == 401)
        return say(ctx, 500, FAILED, "Hook requires authorization token");
    if (call->status == 204)
        return OK;
    if (call->status != 200 && call->status != 202)
        return say(ctx, 500, FAILED, arena_printf(ctx->arena, "Unexpected status code returned from hook: %ld", call->status));
    if (text_empty(call->type))
        return say(ctx, 400, STR("hook_payload_invalid_content_type"), "Invalid Content-Type: Missing Content-Type header");
    why = type_fault(ctx->arena, call->type);
    if (why == NULL && str_eq_nocase(str_trim((Str){ call->type, strcspn(call->type, ";") }), STR("application/json")))
        return OK;
    return say(ctx, 400, STR("hook_payload_invalid_content_type"),
               why != NULL ? arena_printf(ctx->arena, "Invalid Content-Type header: %s", why)
                           : arena_printf(ctx->arena, "Invalid JSON response. Received content-type: %.200s", call->type));
}

/* A member whatever the case of its name, the last that fits; NULL if none does. */
static const JsonMember *member_of(const List *members, const char *name)
{
    for (size_t i = members->n; i-- > 0;)
        if (str_eq_nocase(str_of(((const JsonMember *)members->v[i])->name), str_of(name)))
            return members->v[i];
    return NULL;
}

/* Is it absent, null, or of this kind? */
static bool fits(const JsonMember *member, const char *kind)
{
    return member == NULL || text_eq(member->kind, "null") || text_eq(member->kind, kind);
}

/* The text of a string; NULL for what is none. */
static const char *said(const JsonMember *member)
{
    return member != NULL && text_eq(member->kind, "string") ? member->text : NULL;
}

/* `{"error":{"http_code":n,"message":"m"}}` with a message is the answer to the client; what has another form is no error. */
static Err check_error(Ctx *ctx, const List *output)
{
    const JsonMember *error = member_of(output, "error"), *message, *code;
    uint64_t status = 500;
    const char *kind;
    List members;

    if (error == NULL || !text_eq(error->kind, "object"))
        return OK;
    TRY(json_members(ctx, str_of(error->text), &kind, &members));
    message = member_of(&members, "message");
    code = member_of(&members, "http_code");
    if (text_empty(said(message)) || !fits(code, "integer"))
        return OK;
    if (code != NULL && text_eq(code->kind, "integer") &&
        (!str_to_u64(str_of(code->text), 999, &status) || status < 200 || status == 204 || status == 304))
        status = 500; /* none that an answer with a body can have */
    return say(ctx, (int)status, (Str){ 0 }, message->text);
}

static Err no_output(Ctx *ctx)
{
    return say(ctx, 500, FAILED, "Error unmarshaling JSON output.");
}

static Err post(Ctx *ctx, HookName name, const char *body, Lane *lane, HookOutput *output)
{
    const HookSetting *hook = &ctx->directory->hooks[name];
    HookJob job = { .arena = ctx->arena, .hook = { hook->uri, hook->secrets }, .body = body, .now = clock_now() };
    const char *kind;
    Err err = lane == NULL ? run_hook(&job) : lane_run(lane, run_hook, &job);

    *output = (HookOutput){ .silent = err == OK && job.answer.status == 204 };
    if (err != E_TOO_LARGE)
        TRY(check_reached(ctx, err));
    TRY(check_status(ctx, &job.answer));
    TRY(check_reached(ctx, err));
    if (output->silent)
        return OK;
    if (json_members(ctx, str_of(job.answer.body), &kind, &output->members) != OK || (!text_eq(kind, "object") && !text_eq(kind, "null")))
        return no_output(ctx);
    return check_error(ctx, &output->members);
}

Err hook_ask(Ctx *ctx, HookName name, const char *members, HookOutput *output)
{
    return post(ctx, name, frame(ctx, name, members), ctx->directory->mail.hook_lane, output);
}

Err hook_post(Ctx *ctx, HookName name, const char *text)
{
    HookOutput output;

    return post(ctx, name, text, NULL, &output);
}

Err hook_decide(Ctx *ctx, HookName name, const char *members, bool *sign_out)
{
    const JsonMember *decision, *message, *logout;
    HookOutput output;

    TRY(hook_ask(ctx, name, members, &output));
    decision = member_of(&output.members, "decision");
    message = member_of(&output.members, "message");
    logout = name == HOOK_MFA ? NULL : member_of(&output.members, "should_logout_user");
    if (!fits(decision, "string") || !fits(message, "string") || !fits(logout, "boolean"))
        return no_output(ctx);
    if (!text_eq(said(decision), "reject"))
        return OK;
    *sign_out = name == HOOK_MFA || (logout != NULL && text_eq(logout->text, "true"));
    IGNORE(fail(ctx, E_HOOK_REJECTED, NOWHERE, NULL));
    ctx->fault.text = text_empty(said(message)) ? hook_rows[name].rejected : message->text;
    return E_HOOK_REJECTED;
}

/* ---- hooks that are shown a user ---- */

Err hook_send_sms(Ctx *ctx, const User *user, const char *phone, const char *code, const char *type)
{
    HookOutput output;

    return hook_ask(ctx, HOOK_SMS,
                    arena_printf(ctx->arena, "\"user\":%s,\"sms\":{\"otp\":\"%s\"%s%s%s,\"phone\":\"%s\"}", ctx->directory->show_user(ctx, user),
                                 code, type == NULL ? "" : ",\"sms_type\":\"", type == NULL ? "" : type, type == NULL ? "" : "\"", phone),
                    &output);
}

static const Field told_doc[] = {
    TEXT(MailTold, token, "token", .flags = NULL_AS_EMPTY | SECRET),
    TEXT(MailTold, token_hash, "token_hash", .flags = NULL_AS_EMPTY | SECRET),
    TEXT(MailTold, redirect_to, "redirect_to", .flags = NULL_AS_EMPTY),
    TEXT(MailTold, action, "email_action_type", .flags = NULL_AS_EMPTY),
    TEXT(MailTold, site_url, "site_url", .flags = NULL_AS_EMPTY),
    TEXT(MailTold, token_new, "token_new", .flags = NULL_AS_EMPTY | SECRET),
    TEXT(MailTold, token_hash_new, "token_hash_new", .flags = NULL_AS_EMPTY | SECRET),
    TEXT(MailTold, old_email, "old_email", .flags = NULL_AS_EMPTY),
    TEXT(MailTold, old_phone, "old_phone", .flags = NULL_AS_EMPTY),
    TEXT(MailTold, provider, "provider", .flags = NULL_AS_EMPTY),
    TEXT(MailTold, factor_type, "factor_type", .flags = NULL_AS_EMPTY),
    END(MailTold),
};

static const char *mail_members(Ctx *ctx, const User *user, const MailTold *told)
{
    Buf buf = buf_in(ctx->arena, 64 * 1024);
    char *text = "{}";

    json_write(&buf, told_doc, told, JSON_HTML);
    IGNORE(buf_text(&buf, &text)); /* addresses are bounded far below the cap */
    return arena_printf(ctx->arena, "\"user\":%s,\"email_data\":%s", ctx->directory->show_user(ctx, user), text);
}

const char *hook_mail_text(Ctx *ctx, const User *user, const MailTold *told)
{
    return frame(ctx, HOOK_EMAIL, mail_members(ctx, user, told));
}

Err hook_send_mail(Ctx *ctx, const User *user, const MailTold *told)
{
    HookOutput output;

    return hook_ask(ctx, HOOK_EMAIL, mail_members(ctx, user, told), &output);
}

static Err tell(Ctx *ctx, HookName name, const User *user)
{
    HookOutput output;

    if (!hook_on(ctx, name))
        return OK;
    return hook_ask(ctx, name, arena_printf(ctx->arena, "\"user\":%s", ctx->directory->show_user(ctx, user)), &output);
}

/* The user is shown as the reference has it before it is stored: without identities, role and times. */
Err hook_before_user(Ctx *ctx, const User *user, const char *meta_user)
{
    const User shown = { .id = user->id,
                         .aud = user->aud,
                         .role = "",
                         .email = user->email,
                         .phone = user->phone,
                         .meta_app = user->meta_app,
                         .meta_user = meta_user,
                         .created_at = YEAR_ONE,
                         .updated_at = YEAR_ONE,
                         .is_anonymous = user->is_anonymous };

    return tell(ctx, HOOK_BEFORE, &shown);
}

Err hook_after_user(Ctx *ctx, const User *user)
{
    return tell(ctx, HOOK_AFTER, user);
}

Err hook_after_sign_up(Ctx *ctx, const User *user)
{
    const Err err = hook_after_user(ctx, user);

    return err == E_HOOK ? say(ctx, 500, FAILED, "Error invoking hook") : err;
}
