/* hook_reply.c: what hooks answer: two bytes of a status, a line of a Content-Type, a body. The call itself is replaced. Oracle: jansson reads the
 * same body; a hook that says no is never taken for one that says yes, and no token of another user, or of more factors, comes of what it says. */
#include <jansson.h>

#include "base/clock.h"
#include "dialect/gotrue/internal.h"
#include "directory/hooks.h"
#include "fuzz.h"
#include "outbound/hook.h"
#include "json/json.h"

static HookAnswer answer;

Err __wrap_hook_call(Arena *arena, const Hook *hook, int64_t now, const char *body, HookAnswer *ret);
Err __wrap_hook_call(Arena *arena, const Hook *hook, int64_t now, const char *body, HookAnswer *ret)
{
    Ctx ctx = ctx_new(arena, NULL);

    (void)hook;
    (void)now;
    HOLDS(json_check(&ctx, str_of(body), JSON_DEPTH) == OK); /* what we ask is JSON */
    *ret = answer;
    return OK;
}

Err __wrap_dir_sign_in_undo(Ctx *ctx, const Grant *grant);
Err __wrap_dir_sign_in_undo(Ctx *ctx, const Grant *grant)
{
    (void)ctx;
    (void)grant;
    return OK;
}

/* A refusal can be answered: it has a text, and its status may have a body. */
static void check_refusal(const Ctx *ctx, Err err)
{
    HOLDS(err == E_HOOK || err == E_HOOK_REJECTED);
    HOLDS(ctx->fault.text != NULL);
    HOLDS(err == E_HOOK_REJECTED || (ctx->fault.status >= 200 && ctx->fault.status <= 999 && ctx->fault.status != 204 && ctx->fault.status != 304));
}

/* Does a member of this name, in any case, hold this text? */
static bool second_reader(const char *body, const char *name, const char *text)
{
    json_t *doc = json_loads(body, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL), *value;
    const char *key;
    bool found = false;

    json_object_foreach(doc, key, value) found = found || (strcasecmp(key, name) == 0 && text_eq(json_string_value(value), text));
    json_decref(doc);
    return found;
}

static size_t members_of(const char *body)
{
    json_t *doc = json_loads(body, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
    const size_t n = json_object_size(doc);

    json_decref(doc);
    return n;
}

static void check_ask(Ctx *ctx, HookName name)
{
    HookOutput output;
    const Err err = hook_ask(ctx, name, "\"user_id\":\"1\"", &output);

    if (err != OK) {
        check_refusal(ctx, err);
        return;
    }
    HOLDS(answer.status == 200 || answer.status == 202 || answer.status == 204);
    HOLDS(output.silent == (answer.status == 204) && (!output.silent || output.members.n == 0));
    if (!output.silent)
        HOLDS(output.members.n == members_of(answer.body) && strncasecmp(str_trim(str_of(answer.type)).p, "application/json", 16) == 0);
}

static void check_decision(Ctx *ctx, HookName name)
{
    bool sign_out = false;
    const Err err = hook_decide(ctx, name, "\"user_id\":\"1\"", &sign_out);

    if (err != OK)
        check_refusal(ctx, err);
    HOLDS(!sign_out || err == E_HOOK_REJECTED);
    if (err == E_HOOK_REJECTED)
        HOLDS(second_reader(answer.body, "decision", "reject"));
    /* Of one name in two cases the last counts: then what it says is told by the first check alone. */
    if (err == OK && answer.status != 204 && members_of(answer.body) == 1)
        HOLDS(!second_reader(answer.body, "decision", "reject"));
}

static const KeySet *own_keys(void)
{
    static KeySet keys;

    if (keys.signer == NULL) {
        HOLDS(key_from_secret(STR("a secret of the tests of thirty-two bytes"), NULL, &keys.fallback) == OK);
        keys.signer = keys.fallback;
    }
    return &keys;
}

/* The token that comes of a hook's claims. */
static void check_token(Ctx *ctx)
{
    const GotrueSettings settings = { .keys = own_keys(), .jwt_exp = 3600, .aud = "authenticated" };
    User user = { .id = "7d2a1a52-0c1f-4b4c-9a57-3d1f0c7c1b11",
                  .aud = "authenticated",
                  .role = "authenticated",
                  .email = "joe@example.com",
                  .meta_app = "{}",
                  .meta_user = "{}",
                  .created_at = ctx->now,
                  .updated_at = ctx->now };
    Session session = { .id = "11111111-0c1f-4b4c-9a57-3d1f0c7c1b11", .aal = "aal1", .created_at = ctx->now };
    const Grant grant = { .user = &user, .session = &session, .refresh_token = "r" };
    const Req req = { 0 };
    Call call = { .dialect = &gotrue_dialect, .settings = &settings, .req = &req };
    Reply reply = { .arena = ctx->arena, .head = buf_in(ctx->arena, 65536), .body = buf_in(ctx->arena, 65536) };
    GotrueSession out;
    Err err;
    Jwt jwt;

    ctx->house = &call;
    err = gotrue_issue(ctx, &reply, &grant, &out);
    if (err != OK) {
        check_refusal(ctx, err);
        return;
    }
    HOLDS(jwt_verify(ctx, settings.keys, str_of(out.access_token), &jwt) == OK);
    HOLDS(text_eq(json_get(ctx->arena, str_dup(ctx->arena, jwt.claims), "sub"), user.id));
    HOLDS(text_eq(json_get(ctx->arena, str_dup(ctx->arena, jwt.claims), "aal"), "aal1"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 200, 200, 200, 202, 204, 201, 301, 400, 401, 403, 429, 500, 503, 599, 100, 0 };
    Directory directory = { 0 };
    Arena *arena CLEANUP(arena_freep) = arena_new(16 << 20, false);
    Ctx ctx = ctx_new(arena, NULL);
    Str rest = { (const char *)data, size };
    Str type;

    if (size < 1)
        return 0;
    rest = (Str){ rest.p + 1, rest.n - 1 };
    type = str_cut(&rest, '\n');
    ctx.directory = &directory;
    directory.hooks[HOOK_TOKEN].enabled = true;
    answer = (HookAnswer){ .status = statuses[data[0] % COUNTOF(statuses)],
                           .type = str_dup(arena, type),
                           .body = rest.p == NULL ? "" : str_dup(arena, rest) };
    check_ask(&ctx, HOOK_TOKEN);
    check_ask(&ctx, HOOK_EMAIL);
    check_decision(&ctx, HOOK_PASSWORD);
    check_decision(&ctx, HOOK_MFA);
    check_token(&ctx);
    return 0;
}
