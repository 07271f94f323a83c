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

static Err check_status(Ctx *ctx, const HookAnswer *call)
{
    const Str json = STR("application/json");

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
    if (!str_eq_nocase(str_trim((Str){ call->type, strcspn(call->type, ";") }), json))
        return say(ctx, 400, STR("hook_payload_invalid_content_type"),
                   arena_printf(ctx->arena, "Invalid JSON response. Received content-type: %.200s", call->type));
    return OK;
}

/* `{"error":{"http_code":n,"message":"m"}}` with a message is the answer to the client. */
static Err check_error(Ctx *ctx, const char *output)
{
    const char *error = json_get(ctx->arena, output, "error"), *message, *code;
    uint64_t status = 500;

    if (error == NULL || *error != '{')
        return OK;
    message = json_get(ctx->arena, error, "message");
    code = json_get(ctx->arena, error, "http_code");
    if (text_empty(message))
        return OK;
    if (code != NULL && (!str_to_u64(str_of(code), 599, &status) || status < 400))
        status = 500;
    return say(ctx, (int)status, (Str){ 0 }, message);
}

static Err post(Ctx *ctx, HookName name, const char *body, Lane *lane, const char **output)
{
    const HookSetting *hook = &ctx->directory->hooks[name];
    HookJob job = { .arena = ctx->arena, .hook = { hook->uri, hook->secrets }, .body = body, .now = clock_now() };
    const char *kinds;
    const Err err = lane == NULL ? run_hook(&job) : lane_run(lane, run_hook, &job);

    TRY(check_reached(ctx, err));
    TRY(check_status(ctx, &job.answer));
    *output = job.answer.status == 204 ? "{}" : job.answer.body;
    kinds = json_check(ctx, str_of(*output), JSON_DEPTH) == OK ? json_kinds(ctx->arena, *output) : NULL;
    if (kinds == NULL || kinds[0] != 'o')
        return say(ctx, 500, FAILED, "Error unmarshaling JSON output.");
    return check_error(ctx, *output);
}

Err hook_ask(Ctx *ctx, HookName name, const char *members, const char **output)
{
    return post(ctx, name, frame(ctx, name, members), ctx->directory->mail.hook_lane, output);
}

Err hook_post(Ctx *ctx, HookName name, const char *text)
{
    const char *output;

    return post(ctx, name, text, NULL, &output);
}

Err hook_decide(Ctx *ctx, HookName name, const char *members, bool *sign_out)
{
    const char *output, *message;

    TRY(hook_ask(ctx, name, members, &output));
    if (!text_eq(json_get(ctx->arena, output, "decision"), "reject"))
        return OK;
    message = json_get(ctx->arena, output, "message");
    *sign_out = name == HOOK_MFA || text_eq(json_get(ctx->arena, output, "should_logout_user"), "true");
    IGNORE(fail(ctx, E_HOOK_REJECTED, NOWHERE, NULL));
    ctx->fault.text = text_empty(message) ? hook_rows[name].rejected : message;
    return E_HOOK_REJECTED;
}

/* ---- hooks that are shown a user ---- */

Err hook_send_sms(Ctx *ctx, const User *user, const char *phone, const char *code, const char *type)
{
    const char *output;

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
    const char *output;

    return hook_ask(ctx, HOOK_EMAIL, mail_members(ctx, user, told), &output);
}

static Err tell(Ctx *ctx, HookName name, const User *user)
{
    const char *output;

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
