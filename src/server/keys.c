/* keys.c: the data key, the signing keys and the admin credentials of the dialects. What nobody gives is made at the first start
 * and stands sealed in the database. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "server/internal.h"
#include "json/json.h"

#define KID_TAIL '-'

/* ---- the data key ---- */

static Err key_file_trouble(Buf *why, const char *path, int fd, Err err, const char *what)
{
    if (fd >= 0)
        close(fd);
    buf_printf(why, "%s %s", path, what);
    return err;
}

/* Appears whole or not at all: two processes that start at once read the same. What is sealed with a key that is gone is gone with it. */
static Err make_data_key(Server *server, const char *path, Buf *why)
{
    const char *draft = arena_printf(server->arena, "%s.%d", path, (int)getpid());
    const int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    uint8_t key[DATA_KEY_BYTES];
    bool whole;

    if (fd < 0)
        return key_file_trouble(why, path, fd, E_IO, strerror(errno));
    random_bytes(key, sizeof(key));
    whole = write(fd, key, sizeof(key)) == (ssize_t)sizeof(key) && fsync(fd) == 0;
    explicit_bzero(key, sizeof(key));
    whole = whole && (link(draft, path) == 0 || errno == EEXIST);
    unlink(draft);
    whole = whole && file_sync_name(server->arena, path) == OK;
    if (!whole)
        return key_file_trouble(why, path, fd, E_IO, "cannot be written");
    close(fd);
    return OK;
}

/* 32 bytes in a file that its owner alone can read; made when it is not there. */
static Err load_data_key(Server *server, const char *path, Buf *why)
{
    const ssize_t size = (ssize_t)sizeof(server->data_key);
    struct stat st;
    int fd;

    if (access(path, F_OK) != 0 && errno == ENOENT)
        TRY(make_data_key(server, path, why));
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0)
        return key_file_trouble(why, path, fd, errno == ELOOP ? E_CONFIG : E_IO, errno == ELOOP ? "is a symbolic link" : "cannot be opened");
    if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
        return key_file_trouble(why, path, fd, E_CONFIG, "must be a file that its owner alone can read");
    if (st.st_size != size || read(fd, server->data_key, sizeof(server->data_key)) != size)
        return key_file_trouble(why, path, fd, E_IO, "is no data key of 32 bytes");
    close(fd);
    return OK;
}

Err data_key_read(Arena *arena, const char *text, uint8_t key[DATA_KEY_BYTES])
{
    const Str given = str_of(text);
    const bool url = strpbrk(text, "+/") == NULL, pad = strchr(text, '=') != NULL;
    Str bytes;

    if (!(given.n == 2 * DATA_KEY_BYTES && hex_read(arena, given, &bytes)) && !base64_read(arena, given, url, pad, &bytes))
        return E_CONFIG;
    if (bytes.n != DATA_KEY_BYTES)
        return E_CONFIG;
    memcpy(key, bytes.p, DATA_KEY_BYTES);
    return OK;
}

Err keys_open(Server *server, Buf *why)
{
    const Settings *settings = &atomic_load(&server->house)->settings;

    if (settings->data_key != NULL)
        return data_key_read(server->arena, settings->data_key, server->data_key);
    return load_data_key(server, arena_printf(server->arena, "%s/data.key", settings->data), why);
}

/* ---- what is made when it is missing ---- */

static Err make_gotrue_secret(Ctx *ctx, Str *ret)
{
    *ret = str_of(random_text(ctx->arena, 43, ALNUM));
    return OK;
}

static Err make_clerk_secret(Ctx *ctx, Str *ret)
{
    *ret = str_of(arena_printf(ctx->arena, "sk_test_%s", random_text(ctx->arena, 42, ALNUM)));
    return OK;
}

/* Client id and secret stand in one row: they belong together. */
static Err make_auth0_client(Ctx *ctx, Str *ret)
{
    *ret = str_of(arena_printf(ctx->arena, "%s:%s", random_text(ctx->arena, 32, ALNUM), random_text(ctx->arena, 64, ALNUM)));
    return OK;
}

static Err make_key(Ctx *ctx, Alg alg, const char *kid, Str *ret)
{
    char *jwk;
    Key *key;
    Err err;

    TRY(key_generate(alg, kid, &key));
    err = key_to_jwk(ctx->arena, key, true, &jwk);
    key_free(key);
    TRY(err);
    *ret = str_of(jwk);
    return OK;
}

/* Clerk's key is named after its instance. */
static Err make_clerk_signing(Ctx *ctx, Str *ret)
{
    return make_key(ctx, ALG_RS256, arena_printf(ctx->arena, "ins_%s", random_text(ctx->arena, 27, ALNUM)), ret);
}

static Err make_auth0_signing(Ctx *ctx, Str *ret)
{
    return make_key(ctx, ALG_RS256, random_text(ctx->arena, 21, ALNUM), ret);
}

/* The name of Clerk's instance: what the ids of all its keys begin with. */
static const char *instance_of(Arena *arena, const char *kid)
{
    Str rest = str_of(kid);

    return str_dup(arena, str_cut(&rest, KID_TAIL));
}

Err keys_make(Ctx *ctx, House *house, Tongue tongue, Str *ret)
{
    const char *kid = random_text(ctx->arena, 21, ALNUM);

    if (tongue == TONGUE_CLERK)
        kid = arena_printf(ctx->arena, "%s%c%.6s", house->settings.clerk.instance_id, KID_TAIL, kid);
    return make_key(ctx, tongue == TONGUE_GOTRUE ? ALG_ES256 : ALG_RS256, kid, ret);
}

/* ---- loading ---- */

static void use_key(House *house, Tongue tongue, Key *key, bool signs)
{
    KeySet *set = &house->keys[tongue];
    Key **more = ARENA_ARRAY(house->arena, Key *, set->n + 1);

    if (set->n > 0)
        memcpy(more, set->v, set->n * sizeof(*more));
    more[set->n++] = key;
    set->v = more;
    if (signs)
        set->signer = key;
}

static Err keys_trouble(Buf *why, const char *text)
{
    buf_puts(why, text);
    return E_CONFIG;
}

typedef struct JwkUse {
    Texts key_ops;
} JwkUse;

static Err take_jwk(House *house, Ctx *ctx, Str jwk, Buf *why)
{
    static const Field fields[] = { TEXTS(JwkUse, key_ops, "key_ops"), END(JwkUse) };
    JwkUse use = { 0 };
    bool signs = false;
    Key *key;

    if (json_read(ctx, jwk, JSON_IGNORE_UNKNOWN, fields, &use) != OK || key_from_jwk(ctx, jwk, &key) != OK)
        return keys_trouble(why, "GOTRUE_JWT_KEYS: one of the keys cannot be used");
    for (size_t i = 0; i < use.key_ops.n; i++)
        signs = signs || text_eq(use.key_ops.v[i], "sign");
    if (key_kid(key) == NULL || (signs && !key_can_sign(key))) { /* no token would ever verify, or none be signed */
        key_free(key);
        return keys_trouble(why, "GOTRUE_JWT_KEYS: each key needs a kid, and the one that signs its private part");
    }
    if (keyset_has(&house->keys[TONGUE_GOTRUE], key_kid(key))) {
        key_free(key);
        return keys_trouble(why, "GOTRUE_JWT_KEYS: two keys have one kid");
    }
    if (signs && house->keys[TONGUE_GOTRUE].signer != NULL) {
        key_free(key);
        return keys_trouble(why, "GOTRUE_JWT_KEYS: multiple signing keys detected, only 1 signing key is supported");
    }
    use_key(house, TONGUE_GOTRUE, key, signs);
    return OK;
}

/* The end of the value at the start of `text`, which json_check() has passed: at its comma or bracket. */
static size_t value_end(Str text)
{
    int depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];

        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (depth == 0 && (c == ',' || c == ']')) {
            return i;
        } else {
            quoted = c == '"';
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        }
    }
    return text.n;
}

static Err take_jwks(House *house, Ctx *ctx, const char *text, Buf *why)
{
    Str rest = str_trim(str_of(text));

    if (rest.n == 0 || rest.p[0] != '[' || json_check(ctx, rest, JSON_DEPTH) != OK)
        return keys_trouble(why, "GOTRUE_JWT_KEYS is no JSON array of keys");
    while (rest.n > 1) {
        size_t n;

        rest = (Str){ rest.p + 1, rest.n - 1 };
        n = value_end(rest);
        if (str_trim((Str){ rest.p, n }).n > 0)
            TRY(take_jwk(house, ctx, str_trim((Str){ rest.p, n }), why));
        rest = (Str){ rest.p + n, rest.n - n };
    }
    return house->keys[TONGUE_GOTRUE].signer != NULL ? OK : keys_trouble(why, "GOTRUE_JWT_KEYS: no signing key detected");
}

static Err valid_methods(const Texts *names, unsigned *ret, Buf *why)
{
    unsigned algs = 0;

    for (size_t i = 0; i < names->n; i++) {
        const Alg alg = alg_named(str_of(names->v[i]));

        if (alg == ALG_NONE) {
            buf_printf(why, "GOTRUE_JWT_VALID_METHODS: %s is no algorithm that is served", names->v[i]);
            return E_CONFIG;
        }
        algs |= 1U << alg;
    }
    *ret = algs;
    return OK;
}

static Err role_key(House *house, Ctx *ctx, const char *role, const char **ret)
{
    const long long now = (long long)(ctx->now / US_PER_S);
    char *token;

    TRY(jwt_sign(house->arena, &house->keys[TONGUE_GOTRUE], "JWT",
                 arena_printf(house->arena, "{\"role\":\"%s\",\"iat\":%lld,\"exp\":%lld}", role, now, now + 10 * 365 * 86400LL), &token));
    *ret = token;
    return OK;
}

/* All signing keys of the database: the current one signs, all verify. What is no JWK is the secret that GoTrue's first tokens are signed with. */
static Err load_stored(House *house, Ctx *ctx, Tongue tongue)
{
    KeySet *set = &house->keys[tongue];
    List keys;
    Key *key;

    TRY(dir_keys_list(ctx, tongue_dialects[tongue]->name, &keys));
    for (size_t i = 0; i < keys.n; i++) {
        const SigningKey *stored = keys.v[i];
        const bool signs = text_eq(stored->state, "current");

        if (str_starts(stored->secret, STR("{"))) {
            TRY(key_from_jwk(ctx, stored->secret, &key));
            use_key(house, tongue, key, signs);
            continue;
        }
        TRY(key_from_secret(stored->secret, house->settings.jwt_key_id, &set->fallback));
        set->signer = signs ? set->fallback : set->signer;
    }
    if (tongue == TONGUE_GOTRUE && set->n > 0 && set->algs == 0)
        set->algs = 1U << ALG_ES256 | (set->fallback == NULL ? 0 : 1U << ALG_HS256);
    return OK;
}

Err keys_roles(House *house, Ctx *ctx)
{
    TRY(role_key(house, ctx, "anon", &house->anon_key));
    return role_key(house, ctx, "service_role", &house->service_key);
}

static Err load_gotrue(House *house, Ctx *ctx, bool show, Buf *why)
{
    const Settings *settings = &house->settings;
    KeySet *set = &house->keys[TONGUE_GOTRUE];
    bool made = false;
    Str secret;

    TRY(valid_methods(&settings->jwt_valid_methods, &set->algs, why));
    if (settings->jwt_keys != NULL)
        TRY(take_jwks(house, ctx, settings->jwt_keys, why));
    if (keys_given(settings, TONGUE_GOTRUE)) {
        if (settings->jwt_secret != NULL)
            TRY(key_from_secret(str_of(settings->jwt_secret), settings->jwt_key_id, &set->fallback));
        set->signer = set->signer == NULL ? set->fallback : set->signer;
    } else {
        TRY(dir_key_load(ctx, "gotrue", "signing", make_gotrue_secret, &secret, &made));
        TRY(load_stored(house, ctx, TONGUE_GOTRUE));
    }
    return made || show ? keys_roles(house, ctx) : OK;
}

static Err load_signing(House *house, Ctx *ctx, Tongue tongue, Err (*make)(Ctx *ctx, Str *ret))
{
    bool made;
    Str jwk;

    TRY(dir_key_load(ctx, tongue_dialects[tongue]->name, "signing", make, &jwk, &made));
    return load_stored(house, ctx, tongue);
}

static Err load_clerk(House *house, Ctx *ctx, bool show, Buf *why)
{
    Settings *settings = &house->settings;
    Str secret = str_of(settings->clerk_secret_key);
    bool made = false;

    (void)why;
    TRY(load_signing(house, ctx, TONGUE_CLERK, make_clerk_signing));
    if (settings->clerk_secret_key == NULL)
        TRY(dir_key_load(ctx, "clerk", "admin", make_clerk_secret, &secret, &made));
    hash_sum(HASH_SHA256, secret, settings->clerk.secret_sum);
    settings->clerk.live = str_starts(secret, STR("sk_live_"));
    settings->clerk.instance_id = instance_of(house->arena, key_kid(house->keys[TONGUE_CLERK].signer));
    if (made || show)
        house->clerk_key = str_dup(house->arena, secret);
    return OK;
}

static Err load_auth0(House *house, Ctx *ctx, bool show, Buf *why)
{
    Settings *settings = &house->settings;
    Str secret = str_of(settings->auth0_client_secret);
    bool made = false;

    (void)why;
    TRY(load_signing(house, ctx, TONGUE_AUTH0, make_auth0_signing));
    if (settings->auth0_client_secret == NULL || settings->auth0.client_id == NULL) {
        Str both, id;

        TRY(dir_key_load(ctx, "auth0", "admin", make_auth0_client, &both, &made));
        id = str_cut(&both, ':');
        secret = settings->auth0_client_secret == NULL ? both : secret;
        if (settings->auth0.client_id == NULL)
            settings->auth0.client_id = str_dup(house->arena, id);
    }
    hash_sum(HASH_SHA256, secret, settings->auth0.client_secret_sum);
    if (made || show)
        house->auth0_secret = str_dup(house->arena, secret);
    return OK;
}

static Err load_one(House *house, Ctx *ctx, Tongue tongue, bool show, Buf *why)
{
    static Err (*const load[DIALECTS])(House *, Ctx *, bool, Buf *) = { load_gotrue, load_clerk, load_auth0 };
    const Err err = load[tongue](house, ctx, show, why);

    if (err == E_BAD_CREDENTIAL) {
        buf_printf(why, "the keys of %s cannot be loaded: they are sealed with another data key", tongue_dialects[tongue]->name);
        return E_CONFIG;
    }
    if (err != OK && why->len == 0)
        buf_printf(why, "the keys of %s cannot be loaded: %s", tongue_dialects[tongue]->name, err_text(err));
    return err;
}

bool keys_given(const Settings *settings, Tongue tongue)
{
    return tongue == TONGUE_GOTRUE && (settings->jwt_secret != NULL || settings->jwt_keys != NULL);
}

static Err mark_keys(House *house, Ctx *ctx, Buf *why)
{
    char *mark;

    if (dir_keys_mark(ctx, &mark) != OK) {
        buf_puts(why, "the keys cannot be read");
        return E_DB;
    }
    house->keys_mark = str_dup(house->arena, str_of(mark));
    return OK;
}

/* The mark is of before they are read: what changes meanwhile is seen later. Where there were none it is of those that were made now. */
Err keys_load(Server *server, House *house, Ctx *ctx, Buf *why)
{
    TRY(mark_keys(house, ctx, why));
    for (size_t i = 0; i < DIALECTS; i++)
        if (house->settings.listen[i] != NULL)
            TRY(load_one(house, ctx, (Tongue)i, server->how->dev, why));
    for (size_t i = 0; i < DIALECTS; i++)
        house->keys[i].serial = keyset_serial();
    return text_empty(house->keys_mark) ? mark_keys(house, ctx, why) : OK;
}

void keys_free(House *house)
{
    for (size_t i = 0; i < DIALECTS; i++) {
        for (size_t j = 0; j < house->keys[i].n; j++)
            key_free(house->keys[i].v[j]);
        key_free(house->keys[i].fallback);
    }
}

/* ---- the first start ---- */

/* Where clients find us: an address for all interfaces is reached through the loopback. */
static const char *client_address(const House *house, Tongue tongue)
{
    const char *address = house->settings.listen[tongue];

    return strncmp(address, "0.0.0.0:", 8) == 0 ? arena_printf(house->arena, "127.0.0.1:%s", address + 8) : address;
}

void keys_print(const Server *server, const House *house)
{
    const Settings *settings = &house->settings;
    char *ca = NULL;

    if (house->service_key != NULL) {
        printf("GoTrue (service role):  createClient('http://%s', '%s')\n", client_address(house, TONGUE_GOTRUE), house->service_key);
        printf("GoTrue (anonymous):     createClient('http://%s', '%s')\n", client_address(house, TONGUE_GOTRUE), house->anon_key);
    }
    if (house->clerk_key != NULL)
        printf("Clerk:                  createClerkClient({ apiUrl: 'http://%s', secretKey: '%s' })\n", client_address(house, TONGUE_CLERK),
               house->clerk_key);
    if (house->auth0_secret != NULL)
        printf("Auth0:                  new ManagementClient({ domain: '%s', clientId: '%s', clientSecret: '%s' })\n", settings->auth0.domain,
               settings->auth0.client_id, house->auth0_secret);
    if (house->auth0_secret != NULL && server->tls != NULL && settings->tls_cert == NULL) {
        ca = realpath(arena_printf(house->arena, "%s/ca.pem", settings->data), NULL);
        printf("Auth0's certificate:    export NODE_EXTRA_CA_CERTS=%s\n", ca == NULL ? "" : ca);
    }
    free(ca);
    if (server->how->dev && text_empty(settings->directory.mail.smtp_host) && settings->listen[TONGUE_OPS] != NULL)
        printf("Mail that is not sent:  http://%s/mail\n", client_address(house, TONGUE_OPS));
    fflush(stdout);
}
