/* hash.c: digests, HMAC and HKDF. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <stdatomic.h>

#include "crypto/crypto.h"
#include "crypto/md4.h"

enum { MOST_BLOCK = 128 }; /* of a digest here: SHA-512's */

/* A digest by the name that hashes of passwords use for it. */
static const struct {
    const char *name;
    const EVP_MD *(*md)(void);
} rows[] = {
    [HASH_SHA1] = { "sha1", EVP_sha1 },       [HASH_SHA224] = { "sha224", EVP_sha224 },          [HASH_SHA256] = { "sha256", EVP_sha256 },
    [HASH_SHA384] = { "sha384", EVP_sha384 }, [HASH_SHA512] = { "sha512", EVP_sha512 },          [HASH_MD5] = { "md5", EVP_md5 },
    [HASH_MD4] = { "md4", EVP_md4 },          [HASH_RIPEMD160] = { "ripemd160", EVP_ripemd160 },
};

/* Looked up in OpenSSL's tables once: its own constants are looked up at each use. */
static const EVP_MD *md_of(Hash hash)
{
    static EVP_MD *_Atomic found[COUNTOF(rows)];
    EVP_MD *md = atomic_load(&found[hash]), *none = NULL;

    if (md != NULL)
        return md;
    md = EVP_MD_fetch(NULL, rows[hash].name, NULL);
    if (md == NULL) {
        ERR_clear_error();
        return rows[hash].md();
    }
    if (atomic_compare_exchange_strong(&found[hash], &none, md))
        return md;
    EVP_MD_free(md);
    return none;
}

size_t hash_size(Hash hash)
{
    return (size_t)EVP_MD_get_size(md_of(hash));
}

const char *hash_name(Hash hash)
{
    return rows[hash].name;
}

/* RIPEMD-160 is not in every build of OpenSSL. */
static bool available(Hash hash)
{
    EVP_MD *md = hash == HASH_RIPEMD160 ? EVP_MD_fetch(NULL, "RIPEMD160", NULL) : NULL;
    const bool found = hash != HASH_RIPEMD160 || md != NULL;

    EVP_MD_free(md);
    ERR_clear_error();
    return found;
}

bool hash_named(Str name, Hash *ret)
{
    for (size_t i = 0; i < COUNTOF(rows); i++)
        if (str_eq_nocase(name, str_of(rows[i].name)) && available((Hash)i)) {
            *ret = (Hash)i;
            return true;
        }
    return false;
}

void hash_sum(Hash hash, Str data, uint8_t *out)
{
    if (hash == HASH_MD4)
        md4_sum(data, out);
    else if (EVP_Digest(data.p, data.n, out, NULL, md_of(hash), NULL) != 1)
        out_of_memory();
}

/* The digest of the padded key and what follows it (RFC 2104). */
static void sum_behind_key(const uint8_t key[MD4_BLOCK], uint8_t pad, Str data, uint8_t out[MD4_BYTES])
{
    Buf text CLEANUP(buf_free) = buf_heap(MD4_BLOCK + data.n);
    char *p = buf_room(&text, MD4_BLOCK + data.n);

    if (p == NULL)
        out_of_memory();
    for (size_t i = 0; i < MD4_BLOCK; i++)
        p[i] = (char)(key[i] ^ pad);
    if (data.n > 0)
        memcpy(p + MD4_BLOCK, data.p, data.n);
    buf_added(&text, MD4_BLOCK + data.n);
    md4_sum(buf_view(&text), out);
}

static void hmac_md4(Str key, Str data, uint8_t out[MD4_BYTES])
{
    uint8_t block[MD4_BLOCK] = { 0 }, inner[MD4_BYTES];

    if (key.n > MD4_BLOCK)
        md4_sum(key, block);
    else if (key.n > 0)
        memcpy(block, key.p, key.n);
    sum_behind_key(block, 0x36, data, inner);
    sum_behind_key(block, 0x5c, (Str){ (const char *)inner, sizeof(inner) }, out);
    explicit_bzero(block, sizeof(block));
}

/* The digest of the padded key and of `data`. */
static bool digest_behind_key(EVP_MD_CTX *ctx, const EVP_MD *md, const uint8_t *key, uint8_t pad, Str data, uint8_t *out)
{
    const size_t n = (size_t)EVP_MD_get_block_size(md);
    uint8_t padded[MOST_BLOCK];
    bool good;

    for (size_t i = 0; i < n; i++)
        padded[i] = key[i] ^ pad;
    good = EVP_DigestInit_ex2(ctx, md, NULL) == 1 && EVP_DigestUpdate(ctx, padded, n) == 1 && EVP_DigestUpdate(ctx, data.p, data.n) == 1 &&
           EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    explicit_bzero(padded, n);
    return good;
}

/* RFC 2104 on the digest that was looked up already: OpenSSL's own HMAC looks up both by name each time, ten times the cost of a short text. */
static bool hmac_md(const EVP_MD *md, Str key, Str data, uint8_t *out)
{
    const size_t size = (size_t)EVP_MD_get_size(md);
    uint8_t block[MOST_BLOCK] = { 0 }, inner[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL;

    if (key.n > (size_t)EVP_MD_get_block_size(md))
        good = good && EVP_Digest(key.p, key.n, block, NULL, md, NULL) == 1;
    else if (key.n > 0)
        memcpy(block, key.p, key.n);
    good = good && digest_behind_key(ctx, md, block, 0x36, data, inner) &&
           digest_behind_key(ctx, md, block, 0x5c, (Str){ (const char *)inner, size }, out);
    EVP_MD_CTX_free(ctx);
    explicit_bzero(block, sizeof(block));
    return good;
}

void hmac_sum(Hash hash, Str key, Str data, uint8_t *out)
{
    if (hash == HASH_MD4)
        hmac_md4(key, data, out);
    else if (!hmac_md(md_of(hash), key, data, out))
        out_of_memory();
}

/* OpenSSL counts in int. */
static bool countable(Str s)
{
    return s.n <= INT_MAX;
}

static bool derive(EVP_PKEY_CTX *ctx, Hash hash, Str secret, Str salt, Str info, uint8_t *out, size_t n)
{
    return ctx != NULL && countable(secret) && countable(salt) && countable(info) && EVP_PKEY_derive_init(ctx) == 1 &&
           EVP_PKEY_CTX_set_hkdf_md(ctx, md_of(hash)) == 1 && EVP_PKEY_CTX_set1_hkdf_key(ctx, (const uint8_t *)secret.p, (int)secret.n) == 1 &&
           EVP_PKEY_CTX_set1_hkdf_salt(ctx, (const uint8_t *)salt.p, (int)salt.n) == 1 &&
           EVP_PKEY_CTX_add1_hkdf_info(ctx, (const uint8_t *)info.p, (int)info.n) == 1 && EVP_PKEY_derive(ctx, out, &n) == 1;
}

Err hkdf_sum(Hash hash, Str secret, Str salt, Str info, uint8_t *out, size_t n)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    const bool good = derive(ctx, hash, secret, salt, info, out, n);

    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return good ? OK : E_INTERNAL;
}
