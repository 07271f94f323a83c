/* provider.c: what the parties answer at which users sign in elsewhere. A byte names the party, a line each is the answer to the code, the profile
 * (of an ID token, its payload) and the list of addresses. The calls are replaced. Oracle: jansson finds what makes an address verified. */
#include <jansson.h>

#include "base/clock.h"
#include "base/id.h"
#include "directory/directory.h"
#include "directory/providers.h"
#include "fuzz.h"
#include "outbound/hook.h"
#include "json/json.h"

enum { MOST_ADDRESS = 255 };

static const char *code_answer, *profile_answer, *emails_answer;

/* What is asked for is one line each, to a party over TLS; what comes back is the answer that belongs to it. */
Err __wrap_web_post(Arena *arena, const WebPost *post, HookAnswer *ret);
Err __wrap_web_post(Arena *arena, const WebPost *post, HookAnswer *ret)
{
    (void)arena;
    HOLDS(strncmp(post->url, "https://", 8) == 0 && strpbrk(post->url, " \r\n\t\"<>") == NULL);
    for (size_t i = 0; i < post->n; i++)
        for (const char *c = post->lines[i]; *c != '\0'; c++)
            HOLDS(*c >= ' ' && *c < 0x7f);
    *ret = (HookAnswer){ .status = 200, .type = "application/json" };
    ret->body = post->body != NULL ? code_answer : strstr(post->url, "emails") != NULL ? emails_answer : profile_answer;
    return OK;
}

/* The ID token of a payload. */
static const char *with_id_token(Arena *arena, const char *answer, const char *payload)
{
    Buf buf = buf_in(arena, 1 << 20);
    char *token;

    buf_puts(&buf, "\"eyJhbGciOiJSUzI1NiJ9.");
    base64_write(&buf, payload, strlen(payload), true, false);
    buf_puts(&buf, ".AAAA\"");
    HOLDS(buf_text(&buf, &token) == OK);
    return json_set(arena, answer, "id_token", token);
}

/* ---- the second reader ---- */

static bool is_yes(const json_t *value)
{
    const char *text = json_string_value(value);

    if (value == NULL || json_is_null(value) || json_is_false(value))
        return false;
    if (json_is_number(value))
        return json_number_value(value) != 0;
    return text == NULL || (*text != '\0' && !text_eq(text, "false") && !text_eq(text, "0"));
}

/* Of some parties all addresses count; of others a list says it, or a member of the profile. */
static bool may_be_verified(Provider provider)
{
    static const char *const members[PROVIDERS] = {
        [PROVIDER_APPLE] = "email_verified",      [PROVIDER_AZURE] = "xms_edov",          [PROVIDER_DISCORD] = "verified",
        [PROVIDER_GOOGLE] = "email_verified",     [PROVIDER_KEYCLOAK] = "email_verified", [PROVIDER_LINKEDIN_OIDC] = "email_verified",
        [PROVIDER_SLACK_OIDC] = "email_verified",
    };
    json_t *profile = json_loads(profile_answer, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
    const json_t *kakao = json_object_get(profile, "kakao_account");
    bool ret = members[provider] == NULL || is_yes(json_object_get(profile, members[provider]));

    if (provider == PROVIDER_KAKAO)
        ret = is_yes(json_object_get(kakao, "is_email_valid")) && is_yes(json_object_get(kakao, "is_email_verified"));
    if (provider == PROVIDER_BITBUCKET || provider == PROVIDER_GITHUB)
        ret = strstr(emails_answer, "true") != NULL;
    json_decref(profile);
    return ret && provider != PROVIDER_SPOTIFY;
}

/* ---- the properties ---- */

static void check_address(Ctx *ctx, const char *email)
{
    const char *again;

    HOLDS(strlen(email) <= MOST_ADDRESS && email_read(ctx, email, &again) == OK && text_eq(email, again));
}

static void check_user(Ctx *ctx, const ProviderUser *user)
{
    const char *sub = json_get(ctx->arena, user->data, "sub");

    HOLDS(user->sub != NULL && *user->sub != '\0' && strlen(user->sub) <= 255 && text_eq(sub, user->sub));
    HOLDS(json_check(ctx, str_of(user->data), JSON_DEPTH) == OK && user->data[0] == '{');
    HOLDS(text_eq(json_get(ctx->arena, user->data, "email"), user->email));
    HOLDS(text_eq(json_get(ctx->arena, user->data, "email_verified"), user->verified ? "true" : "false"));
    HOLDS(text_eq(json_get(ctx->arena, user->data, "phone_verified"), "false"));
    HOLDS(user->token != NULL && *user->token != '\0' && strpbrk(user->token, " \r\n\t") == NULL);
    HOLDS(!user->verified || (user->email != NULL && may_be_verified(user->provider)));
    if (user->email != NULL)
        check_address(ctx, user->email);
    for (size_t i = 0; i < user->others.n; i++)
        check_address(ctx, user->others.v[i]);
}

/* The way there holds what we say, whatever the caller says beside it. */
static void check_page(Ctx *ctx, Provider provider, const char *extra)
{
    const FormPair pairs[] = { { "redirect_uri", extra }, { "state", extra }, { extra, extra }, { "prompt", extra } };
    const ProviderAsk ask = {
        .provider = provider, .scopes = extra, .state = "our state", .redirect_uri = "https://us.test/cb", .extra = pairs, .n_extra = COUNTOF(pairs)
    };
    char *page, *value;
    Str rest;

    if (!utf8_valid(str_of(extra)) || provider_page(ctx, &ask, &page) != OK) /* a query is UTF-8 when it comes here */
        return;
    HOLDS(strncmp(page, "https://", 8) == 0 && strpbrk(page, " \r\n\t\"<>#") == NULL);
    rest = str_of(page);
    str_cut(&rest, '?');
    HOLDS(form_value(ctx, rest, "state", &value) == OK && text_eq(value, "our state"));
    HOLDS(form_value(ctx, rest, "redirect_uri", &value) == OK && text_eq(value, "https://us.test/cb"));
    HOLDS(form_value(ctx, rest, "client_id", &value) == OK && text_eq(value, "client"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, false);
    Ctx ctx = ctx_new(arena, NULL);
    Directory directory = { 0 };
    ProviderUser user;
    Provider provider;
    ProviderSetting *setting;
    Str rest;

    if (size < 1)
        return 0;
    ctx.now = 1700000000 * US_PER_S;
    ctx.directory = &directory;
    provider = (Provider)(data[0] % PROVIDERS);
    setting = &directory.providers[provider];
    setting->enabled = true;
    setting->secret = "secret";
    setting->url = provider == PROVIDER_KEYCLOAK ? "https://keycloak.test/realms/a" : NULL;
    texts_add(arena, &setting->client_id, "client");
    rest = (Str){ (const char *)data + 1, size - 1 };
    code_answer = str_dup(arena, str_cut(&rest, '\n'));
    profile_answer = str_dup(arena, str_cut(&rest, '\n'));
    emails_answer = str_dup(arena, rest.p == NULL ? STR("") : rest);
    if (json_check(&ctx, str_of(code_answer), JSON_DEPTH) == OK && *code_answer == '{')
        code_answer = with_id_token(arena, code_answer, profile_answer);
    check_page(&ctx, provider, profile_answer);
    if (provider_ask(&ctx, provider, "code", "https://us.test/cb", &user) == OK)
        check_user(&ctx, &user);
    else
        HOLDS(ctx.fault.err == E_IO && ctx.fault.text != NULL);
    return 0;
}
