/* hooks.c: what GoTrue tells a hook, and what its answer means (spec/gotrue.md 11). */

#include "base/clock.h"
#include "base/id.h"
#include "dialect/gotrue/internal.h"
#include "outbound/hook.h"

/* ---- what goes out ---- */

typedef struct Metadata {
    const char *uuid, *name, *ip_address;
    int64_t time;
} Metadata;

typedef struct Sms {
    const char *otp, *sms_type, *phone;
} Sms;

typedef struct Payload {
    const Metadata *metadata;
    const GotrueUser *user;
    const Sms *sms;
} Payload;

static const Field metadata_fields[] = {
    TEXT(Metadata, uuid, "uuid"),
    TIME(Metadata, time, "time"),
    TEXT(Metadata, name, "name"),
    TEXT(Metadata, ip_address, "ip_address", .flags = OMIT_NULL),
    END(Metadata),
};

static const Field sms_fields[] = {
    TEXT(Sms, otp, "otp", .flags = SECRET),
    TEXT(Sms, sms_type, "sms_type", .flags = OMIT_NULL),
    TEXT(Sms, phone, "phone"),
    END(Sms),
};

static const Field payload_fields[] = {
    OBJECT(Payload, metadata, "metadata", metadata_fields),
    OBJECT(Payload, user, "user", gotrue_user),
    OBJECT(Payload, sms, "sms", sms_fields, .flags = OMIT_NULL),
    END(Payload),
};

/* ---- errors: a row of its own for each; without a code it is `unknown`, or unexpected_failure, and no header names it ---- */

static Err refuse(Ctx *ctx, int status, const char *code, const char *text)
{
    ErrRow *row = ARENA_NEW(ctx->arena, ErrRow);

    *row = (ErrRow){ .status = status, .code = code, .text = "%s" };
    IGNORE(fail(ctx, E_HOOK, NOWHERE, "%s", text));
    ctx->fault.own = row;
    return E_HOOK;
}

static Err unreached(Ctx *ctx, Err err)
{
    static const struct {
        Err err;
        int status;
        const char *code, *text;
    } rows[] = {
        { E_TIMEOUT, 422, "hook_timeout", "Failed to reach hook within maximum time of 5.000000 seconds" },
        { E_IO, 422, "hook_timeout_after_retry", "Failed to reach hook after maximum retries" },
        { E_TOO_LARGE, 422, "hook_payload_over_size_limit", "Payload size exceeded size limit of 204800 bytes" },
        { E_BUSY, 500, "unexpected_failure", "Service currently unavailable due to hook" },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        if (rows[i].err == err)
            return refuse(ctx, rows[i].status, rows[i].code, rows[i].text);
    return err;
}

/* ---- what comes back ---- */

/* {"error":{"http_code":n,"message":"m"}} with a message refuses; anything else that is an object agrees. */
static Err judge_body(Ctx *ctx, const HookAnswer *answer)
{
    const char *error, *message, *code;
    uint64_t status = 500;

    if (json_check(ctx, str_of(answer->body), JSON_DEPTH) != OK || str_trim(str_of(answer->body)).p[0] != '{')
        return refuse(ctx, 500, "unexpected_failure", "Error unmarshaling JSON output.");
    error = json_get(ctx->arena, answer->body, "error");
    message = error == NULL || *error != '{' ? NULL : json_get(ctx->arena, error, "message");
    if (text_empty(message))
        return OK;
    code = json_get(ctx->arena, error, "http_code");
    if (code == NULL || !str_to_u64(str_of(code), 599, &status) || status < 400)
        status = 500;
    return refuse(ctx, (int)status, NULL, message);
}

static Err judge(Ctx *ctx, const HookAnswer *answer)
{
    if (answer->status == 204)
        return OK;
    if (answer->status == 400)
        return refuse(ctx, 500, "unexpected_failure", "Invalid payload sent to hook");
    if (answer->status == 401)
        return refuse(ctx, 500, "unexpected_failure", "Hook requires authorization token");
    if (answer->status == 429 || answer->status == 503)
        return refuse(ctx, 500, "unexpected_failure", "Service currently unavailable due to hook");
    if (answer->status != 200 && answer->status != 202)
        return refuse(ctx, 500, "unexpected_failure", arena_printf(ctx->arena, "Unexpected status code returned from hook: %ld", answer->status));
    if (answer->type == NULL)
        return refuse(ctx, 400, "hook_payload_invalid_content_type", "Invalid Content-Type: Missing Content-Type header");
    if (strncasecmp(answer->type, "application/json", 16) != 0)
        return refuse(ctx, 400, "hook_payload_invalid_content_type",
                      arena_printf(ctx->arena, "Invalid JSON response. Received content-type: %.100s", answer->type));
    return judge_body(ctx, answer);
}

/* ---- the call ---- */

typedef struct Job {
    Arena *arena;
    const Hook *hook;
    const char *id, *body;
    int64_t now;
    HookAnswer *answer;
} Job;

static Err run_call(void *arg)
{
    const Job *job = arg;

    return hook_call(job->arena, job->hook, job->id, job->now, job->body, job->answer);
}

static Err call(Ctx *ctx, const Hook *hook, const char *name, Payload *payload, HookAnswer *answer)
{
    const Metadata metadata = { .uuid = uuid_new(ctx->arena), .time = ctx->now, .name = name, .ip_address = ctx->ip };
    Job job = { .arena = ctx->arena, .hook = hook, .id = uuid_new(ctx->arena), .now = clock_now(), .answer = answer };
    Buf buf = buf_in(ctx->arena, 4 << 20);
    char *body;
    Err err;

    payload->metadata = &metadata;
    json_write(&buf, payload_fields, payload, JSON_HTML);
    TRY(buf_text(&buf, &body));
    job.body = body;
    err = ctx->directory->mail.hook_lane == NULL ? run_call(&job) : lane_run(ctx->directory->mail.hook_lane, run_call, &job);
    return err == OK ? judge(ctx, answer) : unreached(ctx, err);
}

Err gotrue_send_sms(Ctx *ctx, const User *user, const char *phone, const char *code, const char *type)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const Hook hook = { .url = settings->hook_sms_uri, .secrets = settings->hook_sms_secrets };
    const Sms sms = { .otp = code, .phone = phone, .sms_type = type };
    Payload payload = { .user = gotrue_user_view(ctx, user), .sms = &sms };
    HookAnswer answer = { 0 };

    return call(ctx, &hook, "send-sms", &payload, &answer);
}
