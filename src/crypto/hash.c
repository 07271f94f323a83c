/* hash.c: digests, HMAC and HKDF. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include "crypto/crypto.h"

static const EVP_MD *md_of(Hash hash)
{
    switch (hash) {
    case HASH_SHA1:
        return EVP_sha1();
    case HASH_SHA224:
        return EVP_sha224();
    case HASH_SHA256:
        return EVP_sha256();
    case HASH_SHA384:
        return EVP_sha384();
    case HASH_SHA512:
        return EVP_sha512();
    default:
        return EVP_md5();
    }
}

size_t hash_size(Hash hash)
{
    return (size_t)EVP_MD_get_size(md_of(hash));
}

void hash_sum(Hash hash, Str data, uint8_t *out)
{
    if (EVP_Digest(data.p, data.n, out, NULL, md_of(hash), NULL) != 1)
        abort();
}

void hmac_sum(Hash hash, Str key, Str data, uint8_t *out)
{
    if (key.n > INT_MAX ||
        HMAC(md_of(hash), key.n == 0 ? "" : key.p, (int)key.n, (const uint8_t *)data.p, data.n, out, NULL) == NULL)
        abort();
}

/* OpenSSL counts in int. */
static bool countable(Str s)
{
    return s.n <= INT_MAX;
}

static bool derive(EVP_PKEY_CTX *ctx, Hash hash, Str secret, Str salt, Str info, uint8_t *out, size_t n)
{
    return ctx != NULL && countable(secret) && countable(salt) && countable(info) && EVP_PKEY_derive_init(ctx) == 1 &&
           EVP_PKEY_CTX_set_hkdf_md(ctx, md_of(hash)) == 1 &&
           EVP_PKEY_CTX_set1_hkdf_key(ctx, (const uint8_t *)secret.p, (int)secret.n) == 1 &&
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
