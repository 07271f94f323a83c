/* argon2.c: argon2i and argon2id (RFC 9106) in the PHC string form, by libargon2. */
#include <argon2.h>

#include "base/id.h"
#include "crypto/schemes/schemes.h"

enum { MOST_KIB = 256 * 1024, MOST_PASSES = 20, MOST_LANES = 16, MOST_WORK = 2 * 1024 * 1024, SALT = 16, SUM = 32, MOST_SUM = 128 };

/* What a PHC string says. */
typedef struct Phc {
    argon2_type type;
    uint64_t m, t, p;
    Str salt, sum;
} Phc;

static bool knows_i(Str hash)
{
    return str_starts(hash, STR("$argon2i$"));
}

static bool knows_id(Str hash)
{
    return str_starts(hash, STR("$argon2id$"));
}

/* `m=…` out of `m=…,t=…,p=…`. */
static bool take_number(Str *rest, const char *name, uint64_t max, uint64_t *ret)
{
    Str part = str_cut(rest, ',');

    return part.n > 2 && part.p[0] == name[0] && part.p[1] == '=' && str_to_u64((Str){ part.p + 2, part.n - 2 }, max, ret) && *ret >= 1;
}

static bool take_base64(Arena *arena, Str text, size_t least, Str *ret)
{
    return text.n <= 4 * MOST_SUM && base64_read(arena, text, false, false, ret) && ret->n >= least && ret->n <= MOST_SUM;
}

/* Form and cost: memory times passes bounds the time (2 GiB written take about 2 s). */
static Err read_phc(Arena *arena, Str hash, Phc *phc)
{
    Str rest = hash, numbers;

    str_cut(&rest, '$');
    phc->type = str_eq(str_cut(&rest, '$'), STR("argon2id")) ? Argon2_id : Argon2_i;
    if (!str_eq(str_cut(&rest, '$'), STR("v=19")))
        return E_BAD_HASH;
    numbers = str_cut(&rest, '$');
    if (!take_number(&numbers, "m", MOST_KIB, &phc->m) || !take_number(&numbers, "t", MOST_PASSES, &phc->t) ||
        !take_number(&numbers, "p", MOST_LANES, &phc->p) || numbers.p != NULL || phc->m < 8 * phc->p || phc->m * phc->t > MOST_WORK)
        return E_BAD_HASH;
    if (!take_base64(arena, str_cut(&rest, '$'), 8, &phc->salt) || rest.p == NULL || !take_base64(arena, rest, 4, &phc->sum))
        return E_BAD_HASH;
    return OK;
}

static Err check(Str hash)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(8192, false);
    Phc phc;

    return hash.n > 512 ? E_BAD_HASH : read_phc(arena, hash, &phc);
}

static Err verify(Str hash, Str password)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(8192, true);
    Phc phc;
    char *made;

    if (hash.n > 512)
        return E_BAD_HASH;
    TRY(read_phc(arena, hash, &phc));
    made = arena_alloc(arena, phc.sum.n);
    if (argon2_hash((uint32_t)phc.t, (uint32_t)phc.m, (uint32_t)phc.p, password.p, password.n, phc.salt.p, phc.salt.n, made, phc.sum.n, NULL, 0,
                    phc.type, ARGON2_VERSION_13) != ARGON2_OK)
        return E_BAD_HASH;
    return secret_eq((Str){ made, phc.sum.n }, phc.sum) ? OK : E_WRONG_PASSWORD;
}

static Err make(Arena *arena, const char *settings, Str password, char **ret)
{
    uint64_t m, t, p;
    Str rest = str_of(settings);
    char text[512], salt[SALT];

    if (!take_number(&rest, "m", MOST_KIB, &m) || !take_number(&rest, "t", MOST_PASSES, &t) || !take_number(&rest, "p", MOST_LANES, &p) ||
        rest.p != NULL || m < 8 * p || m * t > MOST_WORK)
        return E_CONFIG;
    random_bytes(salt, sizeof(salt));
    if (argon2_hash((uint32_t)t, (uint32_t)m, (uint32_t)p, password.p, password.n, salt, sizeof(salt), NULL, SUM, text, sizeof(text), Argon2_id,
                    ARGON2_VERSION_13) != ARGON2_OK)
        return E_INTERNAL;
    *ret = arena_strdup(arena, text);
    return OK;
}

const Scheme scheme_argon2i = { "argon2i", knows_i, check, verify, NULL, 0, 30, true };
const Scheme scheme_argon2id = { "argon2id", knows_id, check, verify, make, 0, 40, true };
