/* keys.c: the data key, the signing keys and the admin credentials of the dialects. What nobody gives is made at the first start
 * and stands sealed in the database. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "server/internal.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* ---- the data key ---- */

static Err key_file_trouble(Buf *why, const char *path, int fd, Err err, const char *what)
{
    if (fd >= 0)
        close(fd);
    buf_printf(why, "%s %s", path, what);
    return err;
}

/* 32 bytes in a file that only its owner can read; made when it is not there. */
static Err load_data_key(Server *server, const char *path, Buf *why)
{
    const ssize_t size = (ssize_t)sizeof(server->data_key);
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;
    ssize_t n;

    if (fd < 0 || fstat(fd, &st) != 0)
        return key_file_trouble(why, path, fd, E_IO, errno == ELOOP ? "is a symbolic link" : "cannot be opened");
    if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
        return key_file_trouble(why, path, fd, E_CONFIG, "must be a file that its owner alone can read");
    if (st.st_size == 0) {
        random_bytes(server->data_key, sizeof(server->data_key));
        n = write(fd, server->data_key, sizeof(server->data_key));
    } else {
        n = read(fd, server->data_key, sizeof(server->data_key));
    }
    if (n != size || (st.st_size == 0 && fsync(fd) != 0))
        return key_file_trouble(why, path, fd, E_IO, "cannot be read or written whole");
    close(fd);
    return OK;
}

Err keys_open(Server *server, Buf *why)
{
    const char *dir = server->settings.data;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        buf_printf(why, "cannot make the data directory %s: %s", dir, strerror(errno));
        return E_IO;
    }
    return load_data_key(server, arena_printf(server->arena, "%s/data.key", dir), why);
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

static Err make_rsa(Ctx *ctx, const char *kid, Str *ret)
{
    char *jwk;
    Key *key;
    Err err;

    TRY(key_generate(ALG_RS256, kid, &key));
    err = key_to_jwk(ctx->arena, key, true, &jwk);
    key_free(key);
    TRY(err);
    *ret = str_of(jwk);
    return OK;
}

/* Clerk's key is named after its instance. */
static Err make_clerk_signing(Ctx *ctx, Str *ret)
{
    return make_rsa(ctx, arena_printf(ctx->arena, "ins_%s", random_text(ctx->arena, 27, ALNUM)), ret);
}

static Err make_auth0_signing(Ctx *ctx, Str *ret)
{
    return make_rsa(ctx, random_text(ctx->arena, 21, ALNUM), ret);
}

/* ---- loading ---- */

static void use_key(Server *server, Tongue tongue, Key *key)
{
    KeySet *set = &server->keys[tongue];

    set->v = ARENA_ARRAY(server->arena, Key *, 1);
    set->v[set->n++] = key;
    set->signer = key;
}

static Err service_key(Server *server, Ctx *ctx, const char *role, char **ret)
{
    const long long now = (long long)(ctx->now / US_PER_S);

    return jwt_sign(server->arena, &server->keys[TONGUE_GOTRUE], "JWT",
                    arena_printf(ctx->arena, "{\"role\":\"%s\",\"iat\":%lld,\"exp\":%lld}", role, now, now + 10 * 365 * 86400LL),
                    ret);
}

static Err load_gotrue(Server *server, Ctx *ctx)
{
    const Settings *settings = &server->settings;
    KeySet *set = &server->keys[TONGUE_GOTRUE];
    Str secret = str_of(settings->jwt_secret);
    bool made = false;
    char *token;
    Key *key;

    if (settings->jwt_secret == NULL)
        TRY(dir_key_load(ctx, "gotrue", "signing", make_gotrue_secret, &secret, &made));
    TRY(key_from_secret(secret, settings->jwt_key_id, &key));
    *set = (KeySet){ .signer = key, .fallback = key, .algs = 1U << ALG_HS256 };
    if (!made)
        return OK;
    TRY(service_key(server, ctx, "service_role", &token));
    server->made_service_key = token;
    return OK;
}

static Err load_signing(Server *server, Ctx *ctx, Tongue tongue, const char *dialect, Err (*make)(Ctx *ctx, Str *ret))
{
    bool made;
    Str jwk;
    Key *key;

    TRY(dir_key_load(ctx, dialect, "signing", make, &jwk, &made));
    TRY(key_from_jwk(ctx, jwk, &key));
    use_key(server, tongue, key);
    return OK;
}

static Err load_clerk(Server *server, Ctx *ctx)
{
    Settings *settings = &server->settings;
    Str secret = str_of(settings->clerk_secret_key);
    bool made = false;

    TRY(load_signing(server, ctx, TONGUE_CLERK, "clerk", make_clerk_signing));
    if (settings->clerk_secret_key == NULL)
        TRY(dir_key_load(ctx, "clerk", "admin", make_clerk_secret, &secret, &made));
    hash_sum(HASH_SHA256, secret, settings->clerk.secret_sum);
    settings->clerk.instance_id = key_kid(server->keys[TONGUE_CLERK].signer);
    if (made)
        server->made_clerk_key = str_dup(server->arena, secret);
    return OK;
}

static Err load_auth0(Server *server, Ctx *ctx)
{
    Settings *settings = &server->settings;
    Str secret = str_of(settings->auth0_client_secret), id = { 0 };
    bool made = false;

    TRY(load_signing(server, ctx, TONGUE_AUTH0, "auth0", make_auth0_signing));
    if (settings->auth0_client_secret == NULL || settings->auth0.client_id == NULL) {
        Str both;

        TRY(dir_key_load(ctx, "auth0", "admin", make_auth0_client, &both, &made));
        id = str_cut(&both, ':');
        secret = settings->auth0_client_secret == NULL ? both : secret;
    }
    if (settings->auth0.client_id == NULL)
        settings->auth0.client_id = str_dup(server->arena, id);
    hash_sum(HASH_SHA256, secret, settings->auth0.client_secret_sum);
    if (made)
        server->made_auth0_secret = str_dup(server->arena, secret);
    return OK;
}

Err keys_load(Server *server, Ctx *ctx, Buf *why)
{
    static const struct {
        const char *dialect;
        Err (*load)(Server *server, Ctx *ctx);
    } rows[TONGUES] = { { "gotrue", load_gotrue }, { "clerk", load_clerk }, { "auth0", load_auth0 } };
    Settings *settings = &server->settings;

    for (size_t i = 0; i < TONGUES; i++) {
        const Err err = settings->listen[i] == NULL ? OK : rows[i].load(server, ctx);

        if (err != OK) {
            buf_printf(why, "the keys of %s cannot be loaded", rows[i].dialect);
            return err;
        }
    }
    settings->gotrue.keys = &server->keys[TONGUE_GOTRUE];
    settings->clerk.keys = &server->keys[TONGUE_CLERK];
    settings->auth0.keys = &server->keys[TONGUE_AUTH0];
    return OK;
}

void keys_free(Server *server)
{
    for (size_t i = 0; i < TONGUES; i++)
        key_free(server->keys[i].signer);
}

/* ---- the first start ---- */

void keys_print(const Server *server)
{
    const Settings *settings = &server->settings;

    if (server->made_service_key != NULL)
        printf("gotrue:  createClient('http://%s', '%s')\n", settings->listen[TONGUE_GOTRUE], server->made_service_key);
    if (server->made_clerk_key != NULL)
        printf("clerk:   createClerkClient({ apiUrl: 'http://%s', secretKey: '%s' })\n", settings->listen[TONGUE_CLERK],
               server->made_clerk_key);
    if (server->made_auth0_secret != NULL)
        printf("auth0:   new ManagementClient({ domain: '%s', clientId: '%s', clientSecret: '%s' })\n", settings->auth0.domain,
               settings->auth0.client_id, server->made_auth0_secret);
    fflush(stdout);
}
