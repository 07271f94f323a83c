/* fbscrypt.c: Firebase's modified scrypt (spec/gotrue.md 6.4): the hash is the project's signer key, enciphered under what scrypt makes of the
 * password. $fbscrypt$v=1,n=LOG2N,r=R,p=P[,ss=SEPARATOR][,sk=SIGNER]$SALT$HASH, base64 with padding. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/id.h"
#include "crypto/schemes/schemes.h"

enum { KEY = 32, MOST_PART = 256, MOST_LOG2N = 20, MOST_R = 32, MOST_P = 16, MOST_TEXT = 2048, MOST_MIB = 256, MOST_BLOCKS = 1 << 19 };

/* What the text says. */
typedef struct Params {
    uint64_t n, r, p; /* n is the exponent */
    Str separator, signer, salt, hash;
    unsigned seen; /* bit by name */
} Params;

static bool knows(Str hash)
{
    return str_starts(hash, STR("$fbscrypt$"));
}

static bool take_base64(Arena *arena, Str text, Str *ret)
{
    return text.n <= 2 * MOST_PART && base64_read(arena, text, false, true, ret) && ret->n <= MOST_PART;
}

/* One of `name=value`, in any order, once. */
static bool take_param(Arena *arena, Str part, Params *params)
{
    static const char *const names[] = { "v", "n", "r", "p", "ss", "sk" };
    const Str name = str_cut(&part, '=');
    unsigned i = 0;

    while (i < COUNTOF(names) && !str_eq(name, str_of(names[i])))
        i++;
    if (i == COUNTOF(names) || (params->seen >> i & 1) != 0)
        return false;
    params->seen |= 1U << i;
    switch (i) {
    case 0:
        return str_eq(part, STR("1"));
    case 1:
        return str_to_u64(part, MOST_LOG2N, &params->n);
    case 2:
        return str_to_u64(part, MOST_R, &params->r);
    case 3:
        return str_to_u64(part, MOST_P, &params->p);
    default:
        return take_base64(arena, part, i == 4 ? &params->separator : &params->signer);
    }
}

/* Memory is 128 r N bytes; time goes with r N p (a block of 128 bytes of each took about 2 µs). */
static Err read_params(Arena *arena, Str hash, Params *params)
{
    Str rest = hash, list;

    if (hash.n > MOST_TEXT)
        return E_BAD_HASH;
    str_cut(&rest, '$');
    str_cut(&rest, '$');
    list = str_cut(&rest, '$');
    if (list.n < 3 || memcmp(list.p, "v=1", 3) != 0)
        return E_BAD_HASH;
    while (list.p != NULL)
        if (!take_param(arena, str_cut(&list, ','), params))
            return E_BAD_HASH;
    if (params->n < 1 || params->r < 1 || params->p < 1 || (params->r << params->n) * params->p > MOST_BLOCKS ||
        (params->r << params->n) * 128 > (uint64_t)MOST_MIB << 20)
        return E_BAD_HASH;
    if (!take_base64(arena, str_cut(&rest, '$'), &params->salt) || rest.p == NULL || !take_base64(arena, rest, &params->hash))
        return E_BAD_HASH;
    return params->hash.n > 0 && params->hash.n == params->signer.n ? OK : E_BAD_HASH;
}

static Err check(Str hash)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(8192, true);
    Params params = { 0 };

    return read_params(arena, hash, &params);
}

/* K = scrypt(password, salt ‖ separator). */
static Err derive(const Params *params, Str password, uint8_t key[KEY])
{
    uint8_t salt[2 * MOST_PART];
    const size_t n = params->salt.n + params->separator.n;

    memcpy(salt, params->salt.p, params->salt.n);
    if (params->separator.n > 0)
        memcpy(salt + params->salt.n, params->separator.p, params->separator.n);
    if (EVP_PBE_scrypt(password.p, password.n, salt, n, (uint64_t)1 << params->n, params->r, params->p, (uint64_t)(MOST_MIB + 32) << 20, key, KEY) ==
        1)
        return OK;
    ERR_clear_error();
    return E_BAD_HASH;
}

/* AES-256-CTR from a counter of zero. */
static Err encipher(const uint8_t key[KEY], Str plain, uint8_t *out)
{
    static const uint8_t zero[16] = { 0 };
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int n = 0;
    const bool done = cipher != NULL && EVP_EncryptInit_ex(cipher, EVP_aes_256_ctr(), NULL, key, zero) == 1 &&
                      EVP_EncryptUpdate(cipher, out, &n, (const uint8_t *)plain.p, (int)plain.n) == 1 && (size_t)n == plain.n;

    EVP_CIPHER_CTX_free(cipher);
    return done ? OK : E_INTERNAL;
}

static Err verify(Str hash, Str password)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(8192, true);
    uint8_t key[KEY], made[MOST_PART];
    Params params = { 0 };
    Err err;

    TRY(read_params(arena, hash, &params));
    err = derive(&params, password, key);
    if (err == OK)
        err = encipher(key, params.signer, made);
    explicit_bzero(key, sizeof(key));
    TRY(err);
    return secret_eq((Str){ (const char *)made, params.hash.n }, params.hash) ? OK : E_WRONG_PASSWORD;
}

const Scheme scheme_fbscrypt = { .name = "fbscrypt", .knows = knows, .check = check, .verify = verify, .strength = 20, .core = true, .head = 3 };
