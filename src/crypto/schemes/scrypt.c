/* scrypt.c: scrypt (RFC 7914): $scrypt$ln=LOG2N,r=R,p=P$SALT$KEY, base 64 without padding. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/schemes/schemes.h"

/* Memory is 128 r N bytes; time goes with r N p: 2^20 of these blocks took 0.4 s on one core. */
enum {
    MOST_LN = 21,
    MOST_R = 64,
    MOST_P = 64,
    MOST_MIB = 256,
    MOST_BLOCKS = 1 << 20,
    MOST_SALT = 256,
    LEAST_KEY = 8,
    MOST_KEY = 256,
    MOST_TEXT = 1024
};

typedef struct Scrypt {
    uint64_t ln, r, p;
    Str salt, key;
} Scrypt;

static bool knows(Str hash)
{
    return str_starts(hash, STR("$scrypt$"));
}

static bool take_cost(Str list, Scrypt *kdf)
{
    return part_number(&list, "ln", MOST_LN, &kdf->ln) && part_number(&list, "r", MOST_R, &kdf->r) && part_number(&list, "p", MOST_P, &kdf->p) &&
           list.p == NULL && kdf->ln >= 1 && kdf->r >= 1 && kdf->p >= 1 && (kdf->r << kdf->ln) * kdf->p <= MOST_BLOCKS &&
           (kdf->r << kdf->ln) * 128 <= (uint64_t)MOST_MIB << 20;
}

static Err read_scrypt(Arena *arena, Str text, Scrypt *kdf)
{
    Str rest = text;

    if (!knows(text) || text.n > MOST_TEXT)
        return E_BAD_HASH;
    str_cut(&rest, '$');
    str_cut(&rest, '$');
    if (!take_cost(str_cut(&rest, '$'), kdf) || !part_base64(arena, str_cut(&rest, '$'), 0, MOST_SALT, &kdf->salt))
        return E_BAD_HASH;
    return rest.p != NULL && part_base64(arena, rest, LEAST_KEY, MOST_KEY, &kdf->key) ? OK : E_BAD_HASH;
}

static Err check(Str hash)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, false);
    Scrypt kdf;

    return read_scrypt(arena, hash, &kdf);
}

static Err verify(Str hash, Str password)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, true);
    uint8_t *made = arena_alloc(arena, MOST_KEY);
    Scrypt kdf;
    int done;

    TRY(read_scrypt(arena, hash, &kdf));
    done = EVP_PBE_scrypt(password.p, password.n, (const uint8_t *)kdf.salt.p, kdf.salt.n, (uint64_t)1 << kdf.ln, kdf.r, kdf.p,
                          (uint64_t)(MOST_MIB + 32) << 20, made, kdf.key.n);
    ERR_clear_error();
    if (done != 1)
        return E_BAD_HASH; /* RFC 7914 bounds N by r, too */
    return secret_eq((Str){ (const char *)made, kdf.key.n }, kdf.key) ? OK : E_WRONG_PASSWORD;
}

char *hash_text_scrypt(Arena *arena, uint64_t n, uint64_t r, uint64_t p, Str salt, Str key)
{
    unsigned ln = 0;

    while (ln < MOST_LN && (uint64_t)1 << ln < n)
        ln++;
    if ((uint64_t)1 << ln != n)
        return NULL;
    return arena_printf(arena, "$scrypt$ln=%u,r=%llu,p=%llu$%s$%s", ln, (unsigned long long)r, (unsigned long long)p, part_text(arena, salt),
                        part_text(arena, key));
}

const Scheme scheme_scrypt = { .name = "scrypt", .knows = knows, .check = check, .verify = verify, .strength = 20, .head = 3 };
