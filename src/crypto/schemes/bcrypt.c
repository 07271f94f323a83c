/* bcrypt.c: $2a$, $2b$, $2y$ by libxcrypt. */
#include <crypt.h>

#include "base/id.h"
#include "crypto/schemes/schemes.h"

/* 2 s on one core at about 60 ms for cost 10: cost 15 is the last below it. */
enum { LEAST_COST = 4, MOST_COST = 15, SETTING_LENGTH = 29, HASH_LENGTH = 60, MOST_BYTES = 72 };

static bool read_cost(Str text, uint64_t *ret)
{
    return str_to_u64(text, MOST_COST, ret) && *ret >= LEAST_COST;
}

static bool knows(Str hash)
{
    return hash.n > 4 && hash.p[0] == '$' && hash.p[1] == '2' && byte_in(hash.p[2], "aby") && hash.p[3] == '$';
}

static Err check(Str hash)
{
    uint64_t cost;

    if (!knows(hash) || hash.n != HASH_LENGTH || hash.p[6] != '$' || !read_cost((Str){ hash.p + 4, 2 }, &cost))
        return E_BAD_HASH;
    for (size_t i = 7; i < hash.n; i++)
        if (!byte_in(hash.p[i], "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"))
            return E_BAD_HASH;
    return OK;
}

/* libxcrypt's work area is 32 KiB: never on a fiber's stack. Its "2a" differs from everybody's for some passwords, so all is
 * computed as "2b". */
static Err run(Str password, const char *salt, char out[HASH_LENGTH + 1])
{
    struct crypt_data *data = calloc(1, sizeof(*data));
    char phrase[MOST_BYTES + 1] = { 0 }, setting[SETTING_LENGTH + 1] = { 0 };
    const char *made;
    Err err = E_BAD_HASH;

    if (data == NULL)
        return E_NOMEM;
    memcpy(phrase, password.p, password.n < MOST_BYTES ? password.n : MOST_BYTES);
    memcpy(setting, salt, SETTING_LENGTH);
    setting[2] = 'b';
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

/* What is behind the salt is compared: $2y$ and $2a$ name the same function, and a salt may carry bits that do not count. */
static Err verify(Str hash, Str password)
{
    char made[HASH_LENGTH + 1];

    TRY(check(hash));
    if (memchr(password.p, '\0', password.n) != NULL)
        return E_WRONG_PASSWORD;
    TRY(run(password, hash.p, made));
    return secret_eq((Str){ made + SETTING_LENGTH, HASH_LENGTH - SETTING_LENGTH }, (Str){ hash.p + SETTING_LENGTH, HASH_LENGTH - SETTING_LENGTH })
               ? OK
               : E_WRONG_PASSWORD;
}

static bool setting_good(const char *settings)
{
    uint64_t cost;

    return read_cost(str_of(settings), &cost);
}

static int compare(Str hash, const char *settings)
{
    uint64_t now, wanted;

    if (!read_cost((Str){ hash.p + 4, 2 }, &now) || !read_cost(str_of(settings), &wanted))
        return 0;
    return now < wanted ? -1 : now > wanted;
}

static const char *decoy(Arena *arena, const char *settings)
{
    uint64_t cost;

    return read_cost(str_of(settings), &cost) ? arena_printf(arena, "$2a$%02u$C6UzMDM.H6dfI/f/IKcEeO8LBNiGYiGmUBV4eyRMxwpt0RNhI5BEG", (unsigned)cost)
                                              : NULL;
}

static Err make(Arena *arena, const char *settings, Str password, char **ret)
{
    char salt[64], made[HASH_LENGTH + 1], random[16];
    uint64_t cost;

    if (!read_cost(str_of(settings), &cost))
        return E_CONFIG;
    if (password.n > MOST_BYTES || memchr(password.p, '\0', password.n) != NULL)
        return E_LONG_PASSWORD;
    random_bytes(random, sizeof(random));
    if (crypt_gensalt_rn("$2a$", cost, random, sizeof(random), salt, sizeof(salt)) == NULL || strlen(salt) != SETTING_LENGTH)
        return E_INTERNAL;
    TRY(run(password, salt, made));
    made[2] = 'a'; /* as the Go server writes it */
    *ret = arena_strdup(arena, made);
    return OK;
}

const Scheme scheme_bcrypt = { "bcrypt", knows, check, verify, setting_good, compare, make, decoy, MOST_BYTES, 20, true, 3, 0 };
