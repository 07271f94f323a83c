/* hmac.c: HMAC of the password (RFC 2104) under a key that stands beside it: $hmac-DIGEST$KEY$SUM, base 64 without padding. */
#include "crypto/schemes/schemes.h"

enum { MOST_KEY = 512, MOST_SUM = 64, MOST_TEXT = 1024 };

typedef struct Hmac {
    Hash hash;
    Str key, sum;
} Hmac;

static bool knows(Str hash)
{
    return str_starts(hash, STR("$hmac-"));
}

static Err read_hmac(Arena *arena, Str text, Hmac *ret)
{
    Str rest = text, name;

    if (!knows(text) || text.n > MOST_TEXT)
        return E_BAD_HASH;
    str_cut(&rest, '-');
    name = str_cut(&rest, '$');
    if (!hash_named(name, &ret->hash) || !part_base64(arena, str_cut(&rest, '$'), 0, MOST_KEY, &ret->key))
        return E_BAD_HASH;
    return rest.p != NULL && part_base64(arena, rest, 1, MOST_SUM, &ret->sum) && ret->sum.n == hash_size(ret->hash) ? OK : E_BAD_HASH;
}

static Err check(Str hash)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, true);
    Hmac hmac;

    return read_hmac(arena, hash, &hmac);
}

static Err verify(Str hash, Str password)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, true);
    uint8_t made[MOST_SUM];
    Hmac hmac;

    TRY(read_hmac(arena, hash, &hmac));
    hmac_sum(hmac.hash, hmac.key, password, made);
    return secret_eq((Str){ (const char *)made, hmac.sum.n }, hmac.sum) ? OK : E_WRONG_PASSWORD;
}

char *hash_text_hmac(Arena *arena, Hash hash, Str key, Str sum)
{
    return arena_printf(arena, "$hmac-%s$%s$%s", hash_name(hash), part_text(arena, key), part_text(arena, sum));
}

const Scheme scheme_hmac = { .name = "hmac", .knows = knows, .check = check, .verify = verify };
