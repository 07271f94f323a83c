/* bcrypt.c: $2a$, $2b$, $2y$ by libxcrypt. */
#include <crypt.h>

#include "base/id.h"
#include "crypto/schemes/schemes.h"

/* 2 s on one core at about 60 ms for cost 10: cost 15 is the last below it. */
enum { LEAST_COST = 4, MOST_COST = 15, HASH_LENGTH = 60, MOST_BYTES = 72 };

static bool knows(Str hash)
{
    return hash.n > 4 && hash.p[0] == '$' && hash.p[1] == '2' && strchr("aby", hash.p[2]) != NULL && hash.p[3] == '$';
}

static Err check(Str hash)
{
    uint64_t cost;

    if (!knows(hash) || hash.n != HASH_LENGTH || hash.p[6] != '$' || !str_to_u64((Str){ hash.p + 4, 2 }, MOST_COST, &cost) || cost < LEAST_COST)
        return E_BAD_HASH;
    for (size_t i = 7; i < hash.n; i++)
        if (hash.p[i] == '\0' || strchr("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", hash.p[i]) == NULL)
            return E_BAD_HASH;
    return OK;
}

/* libxcrypt's work area is 32 KiB: never on a fiber's stack. */
static Err run(Str password, const char *setting, char out[HASH_LENGTH + 1])
{
    struct crypt_data *data = calloc(1, sizeof(*data));
    char phrase[MOST_BYTES + 1] = { 0 };
    const char *made;
    Err err = E_BAD_HASH;

    if (data == NULL)
        return E_NOMEM;
    memcpy(phrase, password.p, password.n < MOST_BYTES ? password.n : MOST_BYTES);
    made = crypt_rn(phrase, setting, data, (int)sizeof(*data));
    if (made != NULL && strlen(made) == HASH_LENGTH) {
        memcpy(out, made, HASH_LENGTH + 1);
        err = OK;
    }
    explicit_bzero(phrase, sizeof(phrase));
    explicit_bzero(data, sizeof(*data));
    free(data);
    return err;
}

/* What is behind the prefix is compared: $2y$ and $2a$ name the same function. */
static Err verify(Str hash, Str password)
{
    char setting[HASH_LENGTH + 1], made[HASH_LENGTH + 1];

    TRY(check(hash));
    if (memchr(password.p, '\0', password.n) != NULL)
        return E_WRONG_PASSWORD;
    memcpy(setting, hash.p, HASH_LENGTH);
    setting[HASH_LENGTH] = '\0';
    setting[2] = 'b';
    TRY(run(password, setting, made));
    return secret_eq((Str){ made + 4, HASH_LENGTH - 4 }, (Str){ hash.p + 4, HASH_LENGTH - 4 }) ? OK : E_WRONG_PASSWORD;
}

static Err make(Arena *arena, const char *settings, Str password, char **ret)
{
    char salt[64], made[HASH_LENGTH + 1], random[16];
    uint64_t cost;

    if (!str_to_u64(str_of(settings), MOST_COST, &cost) || cost < LEAST_COST)
        return E_CONFIG;
    if (password.n > MOST_BYTES || memchr(password.p, '\0', password.n) != NULL)
        return E_LONG_PASSWORD;
    random_bytes(random, sizeof(random));
    if (crypt_gensalt_rn("$2a$", cost, random, sizeof(random), salt, sizeof(salt)) == NULL)
        return E_INTERNAL;
    TRY(run(password, salt, made));
    *ret = arena_strdup(arena, made);
    return OK;
}

const Scheme scheme_bcrypt = { "bcrypt", knows, check, verify, make, MOST_BYTES, 20, true };
