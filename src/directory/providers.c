/* providers.c: the parties at which users sign in elsewhere: their addresses, the exchange of a code, and what their profiles say. */
#include "directory/providers.h"

#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/internal.h"
#include "outbound/hook.h"
#include "json/json.h"

enum { CALL_MS = 5000, MOST_URL_BYTES = 64 * 1024, MOST_TOKEN = 16 * 1024, MOST_CLAIM = 8192, MOST_EMAILS = 32, MOST_OTHERS = 8 };

typedef struct ProviderRow {
    const char *name;
    const char *base, *api;               /* base NULL: it must be set up. A path that begins with '@' is below `api`, others are below `base` */
    const char *own_api;                  /* below a base that was set up, in the place of `api` */
    const char *authorize, *token;        /* paths, or whole addresses */
    const char *profile;                  /* NULL: the ID token says all (OpenID Connect Core 3.1.3.7: it comes from the party itself, over TLS) */
    const char *emails, *emails_in;       /* where all addresses are, and in which member; asked if the profile has none */
    const char *scopes;                   /* parted by blanks */
    const char *extra_name, *extra_value; /* a parameter of its page */
    const char *issuer;                   /* as `authorize`; of an ID token, its `iss`, in which `*` is one part of the path */
    const char *claims;                   /* claim=member; a>b is a member of a member, a+b both with a blank, c:name one of custom_claims */
    const char *email, *verified;         /* members; verified "*": all are; NULL: none is; x?: where x is there (a time) */
    bool rest_custom;                     /* what is not known of the profile is custom_claims */
    bool signed_calls;                    /* calls carry an HMAC of the token */
} ProviderRow;

#define NAMED " full_name=name name=name"
#define PICTURED " picture=picture avatar_url=picture"
#define BY_SUB "sub=sub provider_id=sub"

/* clang-format off */
static const ProviderRow provider_rows[PROVIDERS] = {
    [PROVIDER_APPLE] = { "apple", "https://appleid.apple.com", .authorize = "/auth/authorize", .token = "/auth/token", .scopes = "email name",
        .extra_name = "response_mode", .extra_value = "form_post", .issuer = "https://appleid.apple.com",
        .claims = BY_SUB " c:is_private_email=is_private_email c:transfer_sub=transfer_sub", .email = "email", .verified = "email_verified" },
    [PROVIDER_AZURE] = { "azure", "https://login.microsoftonline.com/common", .authorize = "/oauth2/v2.0/authorize", .token = "/oauth2/v2.0/token",
        .scopes = "openid", .issuer = "https://login.microsoftonline.com/*/v2.0",
        .claims = BY_SUB NAMED " preferred_username=preferred_username c:tid=tid c:oid=oid", .email = "email", .verified = "xms_edov" },
    [PROVIDER_BITBUCKET] = { "bitbucket", "https://bitbucket.org", "https://api.bitbucket.org", .authorize = "/site/oauth2/authorize",
        .token = "/site/oauth2/access_token", .profile = "@/2.0/user", .emails = "@/2.0/user/emails", .emails_in = "values",
        .scopes = "account email", .issuer = "@/2.0",
        .claims = "sub=uuid provider_id=uuid full_name=display_name name=display_name picture=avatar>href avatar_url=avatar>href" },
    [PROVIDER_DISCORD] = { "discord", "https://discord.com", .authorize = "/api/oauth2/authorize", .token = "/api/oauth2/token",
        .profile = "/api/users/@me", .scopes = "email identify", .issuer = "/api",
        .claims = "sub=id provider_id=id full_name=username name=username c:global_name=global_name", .email = "email", .verified = "verified" },
    [PROVIDER_FACEBOOK] = { "facebook", "https://www.facebook.com", "https://graph.facebook.com", .authorize = "/dialog/oauth",
        .token = "@/oauth/access_token", .profile = "@/me?fields=email,first_name,last_name,name,picture", .scopes = "email",
        .issuer = "@/me?fields=email,first_name,last_name,name,picture", .signed_calls = true,
        .claims = "sub=id provider_id=id name=first_name+last_name full_name=first_name+last_name nickname=name picture=picture>data>url "
                  "avatar_url=picture>data>url", .email = "email", .verified = "*" },
    [PROVIDER_FIGMA] = { "figma", "https://www.figma.com", "https://api.figma.com", .authorize = "/oauth", .token = "@/v1/oauth/token",
        .profile = "@/v1/me", .scopes = "current_user:read", .issuer = "@",
        .claims = "sub=id provider_id=id full_name=handle name=handle avatar_url=img_url", .email = "email", .verified = "*" },
    [PROVIDER_FLY] = { "fly", "https://api.fly.io", .authorize = "/oauth/authorize", .token = "/oauth/token", .profile = "/oauth/token/info",
        .scopes = "read", .issuer = "", .claims = "sub=user_id provider_id=user_id full_name=user_name", .email = "email", .verified = "*" },
    [PROVIDER_GITHUB] = { "github", "https://github.com", "https://api.github.com", "/api/v3", .authorize = "/login/oauth/authorize",
        .token = "/login/oauth/access_token", .profile = "@/user", .emails = "@/user/emails", .scopes = "user:email", .issuer = "@",
        .claims = "sub=id provider_id=id full_name=name name=name preferred_username=login user_name=login avatar_url=avatar_url" },
    [PROVIDER_GITLAB] = { "gitlab", "https://gitlab.com", .authorize = "/oauth/authorize", .token = "/oauth/token", .profile = "/api/v4/user",
        .emails = "/api/v4/user/emails", .scopes = "read_user", .issuer = "",
        .claims = "sub=id provider_id=id full_name=name name=name picture=avatar_url avatar_url=avatar_url", .email = "email", .verified = "confirmed_at?" },
    [PROVIDER_GOOGLE] = { "google", "https://accounts.google.com", .authorize = "/o/oauth2/v2/auth", .token = "https://oauth2.googleapis.com/token",
        .profile = "https://openidconnect.googleapis.com/v1/userinfo", .scopes = "email profile", .issuer = "https://accounts.google.com",
        .claims = BY_SUB NAMED PICTURED " c:hd=hd", .email = "email", .verified = "email_verified" },
    [PROVIDER_KAKAO] = { "kakao", "https://kauth.kakao.com", "https://kapi.kakao.com", .authorize = "/oauth/authorize", .token = "/oauth/token",
        .profile = "@/v2/user/me", .scopes = "account_email profile_image profile_nickname", .issuer = "@",
        .claims = "sub=id provider_id=id name=kakao_account>profile>nickname full_name=kakao_account>profile>nickname "
                  "preferred_username=kakao_account>profile>nickname user_name=kakao_account>profile>nickname "
                  "avatar_url=kakao_account>profile>profile_image_url",
        .email = "kakao_account>email", .verified = "kakao_account>is_email_valid&kakao_account>is_email_verified" },
    [PROVIDER_KEYCLOAK] = { "keycloak", .authorize = "/protocol/openid-connect/auth", .token = "/protocol/openid-connect/token",
        .profile = "/protocol/openid-connect/userinfo", .scopes = "profile email", .issuer = "", .claims = BY_SUB NAMED, .email = "email",
        .verified = "email_verified", .rest_custom = true },
    [PROVIDER_LINKEDIN_OIDC] = { "linkedin_oidc", "https://www.linkedin.com", "https://api.linkedin.com", .authorize = "/oauth/v2/authorization",
        .token = "/oauth/v2/accessToken", .profile = "@/v2/userinfo", .scopes = "openid email profile", .issuer = "/oauth",
        .claims = BY_SUB NAMED PICTURED, .email = "email", .verified = "email_verified" },
    [PROVIDER_SLACK] = { "slack", "https://slack.com", .authorize = "/oauth/authorize", .token = "/api/oauth.access",
        .profile = "/api/openid.connect.userInfo", .scopes = "profile email openid", .issuer = "/api",
        .claims = "sub=https://slack.com/user_id provider_id=https://slack.com/user_id" NAMED PICTURED
                  " c:https://slack.com/team_id=https://slack.com/team_id", .email = "email", .verified = "*" },
    [PROVIDER_SLACK_OIDC] = { "slack_oidc", "https://slack.com", .authorize = "/openid/connect/authorize", .token = "/api/openid.connect.token",
        .profile = "/api/openid.connect.userInfo", .scopes = "profile email openid", .issuer = "/api",
        .claims = "sub=https://slack.com/user_id provider_id=https://slack.com/user_id" NAMED PICTURED
                  " c:https://slack.com/team_id=https://slack.com/team_id", .email = "email", .verified = "email_verified" },
    [PROVIDER_SPOTIFY] = { "spotify", "https://accounts.spotify.com", "https://api.spotify.com/v1", .authorize = "/authorize", .token = "/api/token",
        .profile = "@/me", .scopes = "user-read-email", .issuer = "@",
        .claims = "sub=id provider_id=id full_name=display_name name=display_name", .email = "email" },
};
/* clang-format on */

/* ---- what is set up ---- */

bool provider_find(const char *name, Provider *ret)
{
    for (size_t i = 0; i < PROVIDERS; i++)
        if (text_eq(provider_rows[i].name, name)) {
            *ret = (Provider)i;
            return true;
        }
    return false;
}

const char *provider_text(Provider provider)
{
    return provider_rows[provider].name;
}

const char *provider_lacks(const Ctx *ctx, Provider provider)
{
    const ProviderSetting *setting = &ctx->directory->providers[provider];

    if (!setting->enabled)
        return "provider is not enabled";
    if (setting->client_id.n == 0)
        return "missing OAuth client ID";
    if (text_empty(setting->secret))
        return "missing OAuth secret";
    if (provider_rows[provider].base == NULL && text_empty(setting->url))
        return "unable to find URL for the Keycloak provider";
    return NULL;
}

bool provider_url_ok(const ProviderSetting *setting)
{
    return text_empty(setting->url) || (hook_url_ok(setting->url) && strpbrk(setting->url, " \t\r\n#?") == NULL);
}

static const char *url_of(Ctx *ctx, Provider provider, const char *path)
{
    const ProviderRow *row = &provider_rows[provider];
    const char *set = ctx->directory->providers[provider].url, *base = text_empty(set) ? row->base : set, *below = "";
    size_t n;

    if (str_starts(str_of(path), STR("https://")))
        return path;
    if (*path == '@' && row->api != NULL) {
        base = text_empty(set) ? row->api : set;
        below = text_empty(set) || row->own_api == NULL ? "" : row->own_api;
    }
    for (n = strlen(base); n > 0 && base[n - 1] == '/'; n--)
        ;
    return arena_printf(ctx->arena, "%.*s%s%s", (int)n, base, below, *path == '@' ? path + 1 : path);
}

/* ---- its page ---- */

/* The row's scopes and those that the application wants beside them. */
static const char *scopes_of(Ctx *ctx, const ProviderRow *row, const char *more)
{
    const char *scopes = row->scopes;
    Str rest = str_of(more == NULL ? "" : more);

    while (rest.p != NULL && rest.n > 0) {
        const Str scope = str_cut(&rest, ',');

        if (scope.n > 0)
            scopes = arena_printf(ctx->arena, "%s%s%.*s", scopes, *scopes == '\0' ? "" : " ", (int)scope.n, scope.p);
    }
    return scopes;
}

Err provider_page(Ctx *ctx, const ProviderAsk *ask, char **ret)
{
    const ProviderRow *row = &provider_rows[ask->provider];
    const FormPair ours[] = { { "client_id", ctx->directory->providers[ask->provider].client_id.v[0] },
                              { "redirect_uri", ask->redirect_uri },
                              { "response_type", "code" },
                              { "scope", scopes_of(ctx, row, ask->scopes) },
                              { "state", ask->state },
                              { row->extra_name == NULL ? "scope" : row->extra_name, row->extra_value } };
    FormPair *pairs = ARENA_ARRAY(ctx->arena, FormPair, COUNTOF(ours) + ask->n_extra);
    Buf buf = buf_in(ctx->arena, MOST_URL_BYTES);
    size_t n = 0;

    for (size_t i = 0; i < COUNTOF(ours); i++)
        pairs[n++] = ours[i];
    for (size_t i = 0; i < ask->n_extra; i++) {
        bool known = false;

        for (size_t k = 0; k < n; k++)
            known = known || text_eq(pairs[k].name, ask->extra[i].name);
        if (!known)
            pairs[n++] = ask->extra[i];
    }
    form_sort(pairs, n);
    buf_printf(&buf, "%s?", url_of(ctx, ask->provider, row->authorize));
    form_write(&buf, pairs, n);
    return buf_text(&buf, ret);
}

/* ---- calls ---- */

typedef struct ProviderCall {
    Arena *arena;
    WebPost post;
    HookAnswer answer;
} ProviderCall;

static Err run_call(void *arg)
{
    ProviderCall *call = arg;

    return web_post(call->arena, &call->post, &call->answer);
}

/* Only a whole JSON text of a good answer is given. */
static Err call_json(Ctx *ctx, const WebPost *post, const char **ret)
{
    ProviderCall call = { .arena = ctx->arena, .post = *post };
    Lane *lane = ctx->directory->mail.hook_lane;
    const Err err = lane == NULL ? run_call(&call) : lane_run(lane, run_call, &call);

    if (err == E_BUSY && call.answer.status == 0)
        return E_BUSY;
    if (err != OK || call.answer.status < 200 || call.answer.status > 299 || json_check(ctx, str_of(call.answer.body), JSON_DEPTH) != OK)
        return E_IO;
    *ret = call.answer.body;
    return OK;
}

/* What goes into a header must be one word. */
static bool is_token(const char *text)
{
    size_t n = 0;

    for (; text != NULL && text[n] != '\0'; n++)
        if (text[n] <= ' ' || text[n] > '~')
            return false;
    return n > 0 && n <= MOST_TOKEN;
}

/* RFC 6749 2.3.1. */
static const char *basic(Ctx *ctx, const char *id, const char *secret)
{
    Buf pair = buf_in(ctx->arena, MOST_CLAIM), line = buf_in(ctx->arena, 2 * MOST_CLAIM);
    char *text = "";

    form_write_text(&pair, id);
    buf_char(&pair, ':');
    form_write_text(&pair, secret);
    buf_puts(&line, "Authorization: Basic ");
    base64_write(&line, pair.data, pair.len, false, true);
    IGNORE(buf_text(&line, &text)); /* what is over the cap is refused there */
    return text;
}

/* By HTTP Basic, or with the client in the body. */
static Err ask_token(Ctx *ctx, Provider provider, const char *code, const char *redirect_uri, bool in_body, const char **ret)
{
    const ProviderSetting *setting = &ctx->directory->providers[provider];
    const FormPair pairs[] = { { "client_id", in_body ? setting->client_id.v[0] : NULL },
                               { "client_secret", in_body ? setting->secret : NULL },
                               { "code", code },
                               { "grant_type", "authorization_code" },
                               { "redirect_uri", redirect_uri } };
    const char *const lines[] = { "Content-Type: application/x-www-form-urlencoded", "Accept: application/json", "User-Agent: hecate",
                                  in_body ? "X-Requested-With: hecate" : basic(ctx, setting->client_id.v[0], setting->secret) };
    Buf buf = buf_in(ctx->arena, MOST_URL_BYTES);
    char *body;

    form_write(&buf, pairs, COUNTOF(pairs));
    TRY(buf_text(&buf, &body));
    TRY(call_json(ctx, &(const WebPost){ url_of(ctx, provider, provider_rows[provider].token), lines, COUNTOF(lines), body, CALL_MS }, ret));
    return is_token(json_get(ctx->arena, *ret, "access_token")) ? OK : E_IO;
}

static const char *with_proof(Ctx *ctx, Provider provider, const char *url, const char *token)
{
    const char *secret = ctx->directory->providers[provider].secret;
    Buf buf = buf_in(ctx->arena, MOST_CLAIM);
    uint8_t sum[32];
    char *text = "";

    if (!provider_rows[provider].signed_calls)
        return url;
    hmac_sum(HASH_SHA256, str_of(secret), str_of(token), sum);
    buf_printf(&buf, "%s&appsecret_proof=", url);
    hex_write(&buf, sum, sizeof(sum));
    IGNORE(buf_text(&buf, &text)); /* an address of a row and 64 digits */
    return text;
}

static Err ask_api(Ctx *ctx, Provider provider, const char *path, const char *token, const char **ret)
{
    const char *const lines[] = { arena_printf(ctx->arena, "Authorization: Bearer %s", token), "Accept: application/json", "User-Agent: hecate" };

    return call_json(ctx, &(const WebPost){ with_proof(ctx, provider, url_of(ctx, provider, path), token), lines, COUNTOF(lines), NULL, CALL_MS },
                     ret);
}

/* ---- the ID token ---- */

static bool is_issuer(Str issuer, Str wanted)
{
    const Str before = str_cut(&wanted, '*');
    size_t n;

    if (wanted.p == NULL)
        return str_eq(issuer, before);
    if (!str_starts(issuer, before) || issuer.n <= before.n + wanted.n)
        return false;
    n = issuer.n - wanted.n; /* where the part ends */
    return memchr(issuer.p + before.n, '/', n - before.n) == NULL && str_eq((Str){ issuer.p + n, wanted.n }, wanted);
}

/* It came from the party itself over TLS; still it must be from it, for us, and of now. */
static Err read_id_token(Ctx *ctx, Provider provider, const char *token, const char **ret)
{
    const ProviderSetting *setting = &ctx->directory->providers[provider];
    Str rest = str_of(token == NULL ? "" : token), payload, text;
    const char *claims, *issuer, *aud, *exp;
    uint64_t until;

    str_cut(&rest, '.');
    payload = str_cut(&rest, '.');
    if (rest.p == NULL || !base64_read(ctx->arena, payload, true, false, &text) || json_check(ctx, text, JSON_DEPTH) != OK)
        return E_IO;
    claims = str_dup(ctx->arena, text);
    issuer = json_get(ctx->arena, claims, "iss");
    aud = json_get(ctx->arena, claims, "aud");
    exp = json_get(ctx->arena, claims, "exp");
    if (issuer == NULL || !is_issuer(str_of(issuer), str_of(provider_rows[provider].issuer)) || !text_eq(aud, setting->client_id.v[0]) ||
        exp == NULL || !str_to_u64(str_of(exp), UINT32_MAX, &until) || (int64_t)until <= ctx->now / US_PER_S)
        return E_IO;
    *ret = claims;
    return OK;
}

/* ---- what a profile says ---- */

/* A member of a member: a>b. NULL: there is none. */
static const char *member(Ctx *ctx, const char *doc, Str path)
{
    const char *value = doc;

    while (path.p != NULL && value != NULL)
        value = json_get(ctx->arena, value, str_dup(ctx->arena, str_cut(&path, '>')));
    return value;
}

/* a+b: both, with a blank between. */
static const char *members(Ctx *ctx, const char *doc, Str path)
{
    const char *value = NULL;

    while (path.p != NULL) {
        const char *next = member(ctx, doc, str_cut(&path, '+'));

        if (!text_empty(next))
            value = value == NULL ? next : arena_printf(ctx->arena, "%s %s", value, next);
    }
    return value;
}

/* A doubtful word is no. */
static bool is_yes(Ctx *ctx, const char *doc, Str path)
{
    const bool any = path.n > 0 && path.p[path.n - 1] == '?';
    const char *value;

    path.n -= any ? 1 : 0;
    value = member(ctx, doc, path);
    if (any)
        return !text_empty(value) && !text_eq(value, "false") && !text_eq(value, "0");
    return text_eq(value, "1") || (value != NULL && str_eq_nocase(str_of(value), STR("true")));
}

/* Each member (a&b) must say it. */
static bool says_yes(Ctx *ctx, const char *doc, const char *paths)
{
    Str rest = str_of(paths == NULL ? "" : paths);

    if (text_eq(paths, "*"))
        return true;
    if (rest.n == 0)
        return false;
    while (rest.p != NULL)
        if (!is_yes(ctx, doc, str_cut(&rest, '&')))
            return false;
    return true;
}

/* Does an address of Azure lead to one tenant, and not to whichever the user comes from? Its path begins with the tenant. */
static bool names_tenant(Ctx *ctx, const char *url)
{
    static const char *const shared[] = { "common", "organizations", "consumers" };
    const char *host = text_empty(url) ? NULL : strstr(url, "://");
    Str rest = host == NULL ? (Str){ 0 } : str_of(text_lower(ctx->arena, host + strlen("://"))), tenant;

    str_cut(&rest, '/');
    tenant = str_cut(&rest, '/');
    for (size_t i = 0; i < COUNTOF(shared); i++)
        if (str_eq(tenant, str_of(shared[i])))
            return false;
    return tenant.n > 0;
}

/* A tenant that was set up by its address lets in its own users alone: where it says nothing, it answers for their addresses. Any tenant may put any
 * address into its tokens. */
static bool is_verified(Ctx *ctx, Provider provider, const char *profile)
{
    const bool silent = provider == PROVIDER_AZURE && json_get(ctx->arena, profile, "xms_edov") == NULL;

    return silent ? names_tenant(ctx, ctx->directory->providers[provider].url) : says_yes(ctx, profile, provider_rows[provider].verified);
}

typedef struct ForeignEmail {
    const char *email;
    bool verified, primary, is_confirmed, is_primary;
} ForeignEmail;

static const Field email_fields[] = {
    TEXT(ForeignEmail, email, "email"),           BOOL(ForeignEmail, verified, "verified"),
    BOOL(ForeignEmail, primary, "primary"),       BOOL(ForeignEmail, is_confirmed, "is_confirmed"),
    BOOL(ForeignEmail, is_primary, "is_primary"), END(ForeignEmail),
};

/* The primary one, else the last; the others that are verified stand beside it. */
static Err read_emails(Ctx *ctx, Provider provider, const char *text, ProviderUser *ret)
{
    const char *in = provider_rows[provider].emails_in;
    const ForeignEmail *best = NULL;
    List emails = { 0 };

    if (in != NULL)
        text = json_get(ctx->arena, text, in);
    if (text == NULL || json_read_list(ctx, str_of(text), email_fields, &emails) != OK)
        return E_IO;
    for (size_t i = 0; i < emails.n && i < MOST_EMAILS; i++) {
        const ForeignEmail *email = emails.v[i];

        if (!text_empty(email->email) && (best == NULL || !(best->primary || best->is_primary)))
            best = email;
    }
    for (size_t i = 0; i < emails.n && i < MOST_EMAILS; i++) {
        const ForeignEmail *email = emails.v[i];
        const char *folded;

        if (email != best && (email->verified || email->is_confirmed) && ret->others.n < MOST_OTHERS && email_read(ctx, email->email, &folded) == OK)
            texts_add(ctx->arena, &ret->others, folded);
    }
    ret->email = best == NULL ? NULL : best->email;
    ret->verified = best != NULL && (best->verified || best->is_confirmed);
    return OK;
}

static const char *put(Ctx *ctx, const char *doc, const char *name, const char *value)
{
    return text_empty(value) || strlen(value) > MOST_CLAIM ? doc : json_set(ctx->arena, doc, name, json_quote(ctx->arena, value));
}

/* What the row maps, then custom claims. */
static const char *claims_of(Ctx *ctx, Provider provider, const char *profile)
{
    static const char *const known[] = { "name", "sub", "email", "email_verified" };
    const ProviderRow *row = &provider_rows[provider];
    const char *doc = "{}", *custom = row->rest_custom ? json_without(ctx->arena, profile, known, COUNTOF(known)) : NULL;
    Str rest = str_of(row->claims);

    while (rest.p != NULL) {
        Str path = str_cut(&rest, ' ');
        const Str name = str_cut(&path, '=');

        if (!str_starts(name, STR("c:")))
            doc = put(ctx, doc, str_dup(ctx->arena, name), members(ctx, profile, path));
        else if (member(ctx, profile, path) != NULL)
            custom = json_set(ctx->arena, custom == NULL ? "{}" : custom, str_dup(ctx->arena, (Str){ name.p + 2, name.n - 2 }),
                              json_value(ctx->arena, profile, str_dup(ctx->arena, path)));
    }
    return custom == NULL ? doc : json_set(ctx->arena, doc, "custom_claims", custom);
}

static Err read_profile(Ctx *ctx, Provider provider, const char *profile, ProviderUser *ret)
{
    const ProviderRow *row = &provider_rows[provider];
    const char *data = claims_of(ctx, provider, profile), *issuer = row->profile == NULL ? json_get(ctx->arena, profile, "iss") : NULL;

    ret->sub = json_get(ctx->arena, data, "sub");
    if (text_empty(ret->sub) || strlen(ret->sub) > 255)
        return E_IO;
    data = put(ctx, data, "iss", issuer != NULL ? issuer : url_of(ctx, provider, row->issuer));
    data = put(ctx, data, "email", ret->email);
    data = json_set(ctx->arena, data, "email_verified", ret->verified ? "true" : "false");
    ret->data = json_set(ctx->arena, data, "phone_verified", "false");
    return json_size(ret->data) > MOST_URL_BYTES ? E_IO : OK;
}

/* The addresses of the profile, or those of their own list. */
static Err find_emails(Ctx *ctx, Provider provider, const char *profile, ProviderUser *ret)
{
    const ProviderRow *row = &provider_rows[provider];
    const char *list, *folded;

    ret->email = row->email == NULL ? NULL : member(ctx, profile, str_of(row->email));
    ret->verified = !text_empty(ret->email) && is_verified(ctx, provider, profile);
    if (text_empty(ret->email) && row->emails != NULL) {
        TRY(ask_api(ctx, provider, row->emails, ret->token, &list));
        TRY(read_emails(ctx, provider, list, ret));
    }
    if (text_empty(ret->email)) {
        ret->email = NULL;
        return OK;
    }
    TRY(email_read(ctx, ret->email, &folded));
    ret->email = folded;
    return OK;
}

static Err find_profile(Ctx *ctx, Provider provider, const char *answer, ProviderUser *ret)
{
    const ProviderRow *row = &provider_rows[provider];
    const char *profile;

    if (row->profile == NULL)
        TRY(read_id_token(ctx, provider, json_get(ctx->arena, answer, "id_token"), &profile));
    else
        TRY(ask_api(ctx, provider, row->profile, ret->token, &profile));
    TRY(find_emails(ctx, provider, profile, ret));
    return read_profile(ctx, provider, profile, ret);
}

Err provider_ask(Ctx *ctx, Provider provider, const char *code, const char *redirect_uri, ProviderUser *ret)
{
    const char *answer;
    Err err = ask_token(ctx, provider, code, redirect_uri, false, &answer);

    *ret = (ProviderUser){ .provider = provider };
    if (err == E_IO)
        err = ask_token(ctx, provider, code, redirect_uri, true, &answer);
    if (err == E_IO)
        return fail(ctx, E_IO, NOWHERE, "Unable to exchange external code: %.4s", code);
    TRY(err);
    ret->token = json_get(ctx->arena, answer, "access_token");
    ret->refresh_token = json_get(ctx->arena, answer, "refresh_token");
    err = find_profile(ctx, provider, answer, ret);
    if (err != OK && err != E_BUSY)
        return fail(ctx, E_IO, NOWHERE, "Error getting user profile from external provider");
    return err;
}
