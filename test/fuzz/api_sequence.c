/* api_sequence.c: requests one after another to the three dialects over one database, a line each: who asks (g: GoTrue's administrator, u: its user
 * who signed in last, c: Clerk's key, a: Auth0's machine; G, C, A: nobody), method, path, body. $1 is the dialect's last id, $2 the one before, $r
 * the last refresh token. No answer is a fault of ours, each that says it is JSON is, and the directory's invariants hold afterwards. */
#include "base/clock.h"
#include "base/log.h"
#include "dialect/auth0/internal.h"
#include "fuzz.h"
#include "place.h"
#include "server/options.h"

enum { MOST_LINES = 16 };

typedef enum Who { ADMIN, CLERK, AUTH0, WHOS } Who;

static struct {
    Arena *arena;
    Settings settings;
    KeySet keys[WHOS];
    Router *routers[WHOS];
    char *credentials[WHOS];
} house;

/* What answers gave, for the lines behind. */
typedef struct Memory {
    const char *ids[WHOS][2], *access, *refresh;
} Memory;

/* ---- the house ---- */

static void read_settings(void)
{
    static char *const env[] = { "GOTRUE_MAILER_AUTOCONFIRM=true",
                                 "GOTRUE_SMS_AUTOCONFIRM=true",
                                 "GOTRUE_EXTERNAL_PHONE_ENABLED=true",
                                 "GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED=true",
                                 "GOTRUE_SITE_URL=https://app.test",
                                 "API_EXTERNAL_URL=https://us.test",
                                 "GOTRUE_JWT_AUD=authenticated",
                                 "HECATE_PASSWORD_HASH=bcrypt:4",
                                 "HECATE_AUTH0_CLIENT_ID=machine",
                                 "HECATE_AUTH0_DOMAIN=us.test",
                                 NULL };
    static const uint8_t data_key[32] = { 1 };
    Buf why = buf_in(house.arena, 4096);
    Options options;

    HOLDS(options_read(house.arena, 0, env, env, &options, &why) == OK && options_settings(&options, &house.settings, &why) == OK);
    house.settings.directory.data_key = data_key;
    house.settings.directory.show_user = gotrue_show_user;
    house.settings.directory.show_place = gotrue_show_place;
    house.settings.directory.mail.site_url = house.settings.gotrue.site_url;
    house.settings.directory.mail.autoconfirm = house.settings.directory.mail.sms_autoconfirm = true;
    house.settings.gotrue.version = "v0";
    house.settings.auth0.token_seconds = 86400;
}

static void make_keys(void)
{
    static const Alg algs[WHOS] = { ALG_HS256, ALG_RS256, ALG_RS256 };

    for (size_t i = 0; i < WHOS; i++) {
        Key *key;

        HOLDS(key_generate(algs[i], "k", &key) == OK);
        house.keys[i].v = ARENA_ARRAY(house.arena, Key *, 1);
        house.keys[i].v[0] = house.keys[i].signer = key;
        house.keys[i].n = 1;
        house.keys[i].serial = keyset_serial();
    }
    house.settings.gotrue.keys = &house.keys[ADMIN];
    house.settings.clerk.keys = &house.keys[CLERK];
    house.settings.auth0.keys = &house.keys[AUTH0];
}

static void make_credentials(void)
{
    const long long now = (long long)(clock_now() / US_PER_S);

    HOLDS(jwt_sign(house.arena, &house.keys[ADMIN], "JWT", "{\"role\":\"service_role\"}", &house.credentials[ADMIN]) == OK);
    house.credentials[CLERK] = "sk_test_0123456789abcdefghijklmnopqrstuvwxyz";
    hash_sum(HASH_SHA256, str_of(house.credentials[CLERK]), house.settings.clerk.secret_sum);
    HOLDS(jwt_sign(house.arena, &house.keys[AUTH0], "JWT",
                   arena_printf(house.arena,
                                "{\"iss\":\"https://us.test/\",\"sub\":\"machine@clients\",\"azp\":\"machine\",\"aud\":\"https://us.test/api/v2/\","
                                "\"exp\":%lld,\"scope\":\"%s\"}",
                                now + 864000, auth0_all_scopes),
                   &house.credentials[AUTH0]) == OK);
}

static void open_house(void)
{
    static const Dialect *const dialects[WHOS] = { &gotrue_dialect, &clerk_dialect, &auth0_dialect };
    const void *const settings[WHOS] = { &house.settings.gotrue, &house.settings.clerk, &house.settings.auth0 };

    if (house.arena != NULL)
        return;
    house.arena = arena_new(64 << 20, false);
    log_setup(LOG_ERROR, LOG_TEXT);
    read_settings();
    make_keys();
    make_credentials();
    for (size_t i = 0; i < WHOS; i++) {
        const Mount mount = { dialects[i], settings[i] };

        house.routers[i] = router_new(&mount, 1);
    }
}

/* ---- a line ---- */

static const char *word_of(const Memory *memory, Who who, char name)
{
    const char *word = name == '1' ? memory->ids[who][0] : name == '2' ? memory->ids[who][1] : name == 'r' ? memory->refresh : NULL;

    return word == NULL ? "" : word;
}

static Str filled(Arena *arena, const Memory *memory, Who who, Str text)
{
    Buf buf = buf_in(arena, 1 << 20);

    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '$' && i + 1 < text.n && strchr("12r", text.p[i + 1]) != NULL)
            buf_puts(&buf, word_of(memory, who, text.p[++i]));
        else
            buf_char(&buf, text.p[i]);
    return buf.len == 0 ? STR("") : buf_view(&buf);
}

static void remember(Arena *arena, Memory *memory, Who who, const char *body)
{
    static const char *const names[] = { "id", "user_id" };
    const char *user = json_get(arena, body, "user"), *id = NULL;

    for (size_t i = 0; i < COUNTOF(names) && id == NULL; i++)
        id = json_get(arena, user != NULL && *user == '{' ? user : body, names[i]);
    if (id != NULL && !text_eq(id, memory->ids[who][0])) {
        memory->ids[who][1] = memory->ids[who][0];
        memory->ids[who][0] = id;
    }
    if (who != ADMIN || json_get(arena, body, "refresh_token") == NULL)
        return;
    memory->access = json_get(arena, body, "access_token");
    memory->refresh = json_get(arena, body, "refresh_token");
}

static void check_reply(Ctx *ctx, const Reply *reply, const char *body)
{
    const char *head = arena_strndup(ctx->arena, reply->head.data, reply->head.len);
    const bool ours = reply->status >= 500 && reply->status != 501 && strstr(body, "Unable to get SMS provider") == NULL; /* there is none */

    if (ours)
        fprintf(stderr, "%d %s\n", reply->status, body);
    HOLDS(reply->status >= 200 && !ours);
    if (strcasestr(head, "content-type: application/json") != NULL && *body != '\0')
        HOLDS(json_check(ctx, str_of(body), JSON_DEPTH * 2) == OK);
    for (const char *c = head; *c != '\0'; c++)
        HOLDS((unsigned char)*c >= ' ' || *c == '\t' || *c == '\r' || *c == '\n');
}

static Method method_of(Str name)
{
    static const Method methods[] = { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS };

    for (size_t i = 0; i < COUNTOF(methods); i++)
        if (str_eq(name, str_of(method_name(methods[i]))))
            return methods[i];
    return GET;
}

static void ask(Db *db, Memory *memory, Arena *keep, Str line)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, true);
    const char by = line.n == 0 || *line.p == '\0' ? 'g' : *line.p;
    const Who who = strchr("cC", by) != NULL ? CLERK : strchr("aA", by) != NULL ? AUTH0 : ADMIN;
    const char *token = by == 'u' && memory->access != NULL ? memory->access : house.credentials[who];
    Str rest = { line.p + 2, line.n < 2 ? 0 : line.n - 2 };
    const Str method = str_cut(&rest, ' ');
    Str query = filled(arena, memory, who, rest.p == NULL ? STR("/") : str_cut(&rest, ' '));
    const Str target = query, path = str_cut(&query, '?');
    const Header headers[] = { { STR("content-type"), STR("application/json") },
                               { STR("authorization"), str_of(arena_printf(arena, "Bearer %s", token)) } };
    Req req = { .method = method_of(method),
                .method_text = method,
                .target = target,
                .path = path,
                .query = query,
                .host = STR("us.test"),
                .headers = headers,
                .n_headers = strchr("GCA", by) != NULL ? 1 : 2,
                .peer = "127.0.0.1" };
    Reply reply = { .arena = arena, .head = buf_in(arena, 65536), .body = buf_in(arena, 32 << 20) };
    Ctx ctx = ctx_new(arena, db);
    char *body = "";

    if (path.n == 0 || *path.p != '/' || !utf8_valid(target) || memchr(target.p, '\0', target.n) != NULL)
        return;
    req.body = rest.p == NULL ? STR("") : filled(arena, memory, who, rest);
    ctx.directory = &house.settings.directory;
    ctx.request_id = "";
    ctx.ip = "127.0.0.1";
    router_serve(house.routers[who], &ctx, &req, &reply);
    HOLDS(reply.body.len == 0 || buf_text(&reply.body, &body) == OK);
    check_reply(&ctx, &reply, body);
    if (*body == '{')
        remember(keep, memory, who, body);
}

static void check_directory(Arena *arena, Db *db)
{
    Ctx ctx = ctx_new(arena, db);
    List broken = { 0 };

    ctx.directory = &house.settings.directory;
    HOLDS(dir_check(&ctx, &broken) == OK);
    for (size_t i = 0; i < broken.n; i++) {
        const Broken *row = broken.v[i];

        if (row->count != 0)
            fprintf(stderr, "%s: %lld\n", row->name, (long long)row->count);
        HOLDS(row->count == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, false);
    Str rest = { (const char *)data, size };
    Db *db = place_anew();
    Memory memory = { 0 };

    open_house();
    for (size_t i = 0; i < MOST_LINES && rest.p != NULL; i++)
        ask(db, &memory, arena, str_cut(&rest, '\n'));
    check_directory(arena, db);
    return 0;
}
