/* cognito.c: passwords that a user pool of Amazon's keeps (spec/clerk.md 5.1): where the operator says so, the pool is asked, and a right password
 * becomes a hash of our own. */
#include "base/buf.h"
#include "directory/internal.h"
#include "outbound/hook.h"
#include "json/json.h"

enum { ASK_MS = 5000, MOST_ASKED = 32 * 1024 }; /* the longest password, all of it escaped */

typedef struct Parameters {
    const char *username, *password;
} Parameters;
typedef struct Ask {
    const char *flow, *client_id;
    const Parameters *parameters;
} Ask;

static const Field parameter_fields[] = {
    TEXT(Parameters, username, "USERNAME"),
    TEXT(Parameters, password, "PASSWORD", .flags = SECRET),
    END(Parameters),
};
static const Field ask_fields[] = {
    TEXT(Ask, flow, "AuthFlow"),
    TEXT(Ask, client_id, "ClientId"),
    OBJECT(Ask, parameters, "AuthParameters", parameter_fields),
    END(Ask),
};

/* A sign-in that went well, or well so far: then it asks for more. */
typedef struct Told {
    Given given;
    const char *result, *challenge;
} Told;
static const Field told_fields[] = { GIVEN(Told, given), JSON(Told, result, "AuthenticationResult"), TEXT(Told, challenge, "ChallengeName"),
                                     END(Told) };

typedef struct CognitoJob {
    Arena *arena;
    WebPost post;
    HookAnswer answer;
} CognitoJob;

static Err run_job(void *arg)
{
    CognitoJob *job = arg;

    return web_post(job->arena, &job->post, &job->answer);
}

static const char *url_of(Arena *arena, const char *setting, Str region)
{
    const char *hole = strstr(setting, "{region}");

    if (hole == NULL)
        return setting;
    return arena_printf(arena, "%.*s%.*s%s", (int)(hole - setting), setting, (int)region.n, region.p, hole + strlen("{region}"));
}

/* 400 is a wrong password, or a user that is not there. */
static Err judge(Ctx *ctx, const HookAnswer *answer)
{
    Told told = { 0 };

    if (answer->status == 400)
        return E_WRONG_PASSWORD;
    if (answer->status != 200 || json_read(ctx, str_of(answer->body), JSON_IGNORE_UNKNOWN, told_fields, &told) != OK)
        return E_FOREIGN_PASSWORD;
    return told.challenge != NULL || (HAS(&told, result) && !IS_NULL(&told, result)) ? OK : E_FOREIGN_PASSWORD;
}

Err cognito_try(Ctx *ctx, const char *digest, const char *password)
{
    static const char *const lines[] = { "Content-Type: application/x-amz-json-1.1", "X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth" };
    Lane *lane = ctx->directory->mail.hook_lane;
    Buf buf = buf_in(ctx->arena, MOST_ASKED);
    Str rest = str_of(digest), pool;
    Parameters parameters = { .password = password };
    Ask ask = { .flow = "USER_PASSWORD_AUTH", .parameters = &parameters };
    CognitoJob job = { .arena = ctx->arena };
    char *body;
    Err err;

    if (text_empty(ctx->directory->cognito_url))
        return E_FOREIGN_PASSWORD;
    str_cut(&rest, '#');
    pool = str_cut(&rest, '#');
    ask.client_id = str_dup(ctx->arena, str_cut(&rest, '#'));
    parameters.username = str_dup(ctx->arena, rest);
    json_write(&buf, ask_fields, &ask, JSON_PLAIN);
    TRY(buf_text(&buf, &body));
    job.post = (WebPost){ url_of(ctx->arena, ctx->directory->cognito_url, str_cut(&pool, '_')), lines, COUNTOF(lines), body, ASK_MS };
    err = lane == NULL ? run_job(&job) : lane_run(lane, run_job, &job);
    return err == OK ? judge(ctx, &job.answer) : err == E_BUSY ? err : E_FOREIGN_PASSWORD;
}
