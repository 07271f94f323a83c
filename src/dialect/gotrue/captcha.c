/* captcha.c: the answer to a captcha, which a provider judges (spec/gotrue.md 0.6). */
#include "base/clock.h"
#include "dialect/gotrue/internal.h"
#include "outbound/hook.h"

typedef struct CaptchaIn {
    const char *security;
} CaptchaIn;

static const Field captcha_in[] = { OBJECT_JSON(CaptchaIn, security, "gotrue_meta_security"), END(CaptchaIn) };

typedef struct SecurityIn {
    const char *token;
} SecurityIn;

static const Field security_in[] = { TEXT(SecurityIn, token, "captcha_token", .flags = SECRET), END(SecurityIn) };

typedef struct Verdict {
    bool success;
    Texts codes;
} Verdict;

static const Field verdict_fields[] = { BOOL(Verdict, success, "success"), TEXTS(Verdict, codes, "error-codes"), END(Verdict) };

static const struct {
    const char *provider, *url;
} providers[] = {
    { "hcaptcha", "https://hcaptcha.com/siteverify" },
    { "turnstile", "https://challenges.cloudflare.com/turnstile/v0/siteverify" },
};

bool gotrue_captcha_ok(const GotrueSettings *settings)
{
    if (!settings->captcha)
        return true;
    if (text_empty(settings->captcha_secret) || (!text_empty(settings->captcha_url) && !hook_url_ok(settings->captcha_url)))
        return false;
    for (size_t i = 0; i < COUNTOF(providers); i++)
        if (text_eq(providers[i].provider, settings->captcha_provider))
            return true;
    return false;
}

/* ---- asking the provider ---- */

typedef struct CaptchaJob {
    Arena *arena;
    WebPost post;
    HookAnswer answer;
} CaptchaJob;

static Err run_job(void *arg)
{
    CaptchaJob *job = arg;

    return web_post(job->arena, &job->post, &job->answer);
}

static void put_form(Buf *buf, const char *name, const char *value)
{
    buf_printf(buf, "%s%s=", buf->len == 0 ? "" : "&", name);
    for (; *value != '\0'; value++) {
        const unsigned char c = (unsigned char)*value;

        if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'))
            buf_char(buf, *value);
        else
            buf_printf(buf, "%%%02X", c);
    }
}

static const char *url_of(const GotrueSettings *settings)
{
    const char *url = settings->captcha_url;

    for (size_t i = 0; i < COUNTOF(providers) && text_empty(url); i++)
        if (text_eq(providers[i].provider, settings->captcha_provider))
            url = providers[i].url;
    return url;
}

static Err ask_provider(Ctx *ctx, const char *token, Verdict *ret)
{
    static const char *const lines[] = { "Content-Type: application/x-www-form-urlencoded" };
    const GotrueSettings *settings = ctx_settings(ctx);
    Lane *lane = ctx->directory->mail.hook_lane;
    CaptchaJob job = { .arena = ctx->arena, .post = { url_of(settings), lines, COUNTOF(lines), NULL, settings->captcha_timeout / US_PER_MS } };
    Buf form = buf_in(ctx->arena, 64 * 1024);
    char *body;

    put_form(&form, "secret", settings->captcha_secret);
    put_form(&form, "response", token);
    put_form(&form, "remoteip", ctx->ip == NULL ? "" : ctx->ip);
    TRY(buf_text(&form, &body));
    job.post.body = body;
    TRY(lane == NULL ? run_job(&job) : lane_run(lane, run_job, &job));
    return json_read(ctx, str_of(job.answer.body), JSON_IGNORE_UNKNOWN, verdict_fields, ret);
}

static Err refuse(Ctx *ctx, const char *why)
{
    return gotrue_refuse(ctx, E_BAD_VALUE, "captcha_failed", arena_printf(ctx->arena, "captcha protection: request disallowed (%s)", why));
}

static Err check_token(Ctx *ctx, const char *token)
{
    static const ErrRow failed = { 500, "unexpected_failure", "captcha verification process failed" };
    Verdict verdict = { 0 };
    const char *codes = "";

    if (ask_provider(ctx, token, &verdict) != OK) {
        IGNORE(fail(ctx, E_HOOK, NOWHERE, NULL));
        ctx->fault.own = &failed;
        return E_HOOK;
    }
    for (size_t i = 0; i < verdict.codes.n; i++)
        codes = arena_printf(ctx->arena, "%s%s%s", codes, i == 0 ? "" : ", ", verdict.codes.v[i]);
    return verdict.success ? OK : refuse(ctx, codes);
}

/* ---- whom it is asked of ---- */

/* Grants that go on with what was begun are not asked. */
static bool is_asked(Ctx *ctx, const Req *req, const Route *route)
{
    static const char *const free_grants[] = { "pkce", "refresh_token", "id_token" };
    const GotrueSettings *settings = ctx_settings(ctx);
    char *type = NULL;

    if (!settings->captcha || route == NULL || (route->flags & ROUTE_CAPTCHA) == 0)
        return false;
    if (route->fn == gotrue_token)
        IGNORE(gotrue_grant_type(ctx, req, &type)); /* the handler says what is wrong with it */
    for (size_t i = 0; i < COUNTOF(free_grants); i++)
        if (text_eq(free_grants[i], type))
            return false;
    return !gotrue_bears_admin(ctx, req);
}

static Err read_token(Ctx *ctx, const Req *req, Str *ret)
{
    CaptchaIn in = { 0 };
    SecurityIn security = { 0 };

    TRY(gotrue_read_as(ctx, req, GOTRUE_BODY, captcha_in, &in));
    if (in.security != NULL)
        TRY(json_read(ctx, str_of(in.security), GOTRUE_BODY, security_in, &security));
    *ret = str_trim(str_of(security.token));
    return OK;
}

Err gotrue_captcha(Ctx *ctx, const Req *req, const Route *route)
{
    Str token;
    Err err;

    if (!is_asked(ctx, req, route))
        return OK;
    err = read_token(ctx, req, &token);
    if (err != OK)
        ctx->fault.own = &gotrue_errors[err]; /* not in the words that a route has of its own */
    TRY(err);
    return token.n == 0 ? refuse(ctx, "no captcha_token found") : check_token(ctx, str_dup(ctx->arena, token));
}
