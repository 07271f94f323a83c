/* pbkdf2.c: PBKDF2-HMAC (RFC 8018 5.2): $pbkdf2-DIGEST$i=ITERATIONS,l=BYTES$SALT$KEY, base 64 without padding. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/schemes/schemes.h"

/* A million rounds of SHA-512 took 0.5 s on one core; each part of a key as long as the digest takes all rounds. */
enum { MOST_ROUNDS = 3 * 1000 * 1000, MOST_SALT = 256, LEAST_KEY = 8, MOST_KEY = 256, MOST_TEXT = 1024 };

typedef struct Pbkdf2 {
    Hash hash;
    uint64_t iterations, length;
    Str salt, key;
} Pbkdf2;

static bool knows(Str hash)
{
    return str_starts(hash, STR("$pbkdf2-"));
}

static bool take_cost(Str list, Pbkdf2 *kdf)
{
    return part_number(&list, "i", MOST_ROUNDS, &kdf->iterations) && part_number(&list, "l", MOST_KEY, &kdf->length) && list.p == NULL &&
           kdf->iterations >= 1 && kdf->length >= LEAST_KEY &&
           kdf->iterations * ((kdf->length + hash_size(kdf->hash) - 1) / hash_size(kdf->hash)) <= MOST_ROUNDS;
}

/* OpenSSL makes keys by digests of its own alone: no MD4. */
static Err read_pbkdf2(Arena *arena, Str text, Pbkdf2 *kdf)
{
    Str rest = text;

    if (!knows(text) || text.n > MOST_TEXT)
        return E_BAD_HASH;
    str_cut(&rest, '-');
    if (!hash_named(str_cut(&rest, '$'), &kdf->hash) || kdf->hash == HASH_MD4 || !take_cost(str_cut(&rest, '$'), kdf))
        return E_BAD_HASH;
    if (!part_base64(arena, str_cut(&rest, '$'), 0, MOST_SALT, &kdf->salt) || rest.p == NULL)
        return E_BAD_HASH;
    return part_base64(arena, rest, LEAST_KEY, MOST_KEY, &kdf->key) && kdf->key.n == kdf->length ? OK : E_BAD_HASH;
}

static Err check(Str hash)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, false);
    Pbkdf2 kdf;

    return read_pbkdf2(arena, hash, &kdf);
}

static Err verify(Str hash, Str password)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, true);
    uint8_t *made = arena_alloc(arena, MOST_KEY);
    EVP_MD *md;
    Pbkdf2 kdf;
    int done;

    TRY(read_pbkdf2(arena, hash, &kdf));
    md = EVP_MD_fetch(NULL, hash_name(kdf.hash), NULL);
    done = md == NULL ? 0
                      : PKCS5_PBKDF2_HMAC(password.p, (int)password.n, (const uint8_t *)kdf.salt.p, (int)kdf.salt.n, (int)kdf.iterations, md,
                                          (int)kdf.key.n, made);
    EVP_MD_free(md);
    ERR_clear_error();
    if (done != 1)
        return E_BAD_HASH;
    return secret_eq((Str){ (const char *)made, kdf.key.n }, kdf.key) ? OK : E_WRONG_PASSWORD;
}

char *hash_text_pbkdf2(Arena *arena, Hash hash, uint64_t iterations, Str salt, Str key)
{
    return arena_printf(arena, "$pbkdf2-%s$i=%llu,l=%zu$%s$%s", hash_name(hash), (unsigned long long)iterations, key.n, part_text(arena, salt),
                        part_text(arena, key));
}

const Scheme scheme_pbkdf2 = { .name = "pbkdf2", .knows = knows, .check = check, .verify = verify, .strength = 10, .head = 3 };
