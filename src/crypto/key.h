/* key.h: what a key is, the table of algorithms, and what verifies, for key.c, jwk.c, jwt.c and measurements. */
#ifndef HECATE_CRYPTO_KEY_H
#define HECATE_CRYPTO_KEY_H

#include <openssl/evp.h>

#include "crypto/crypto.h"

enum { LEAST_RSA_BITS = 2048, MOST_RSA_BITS = 8192, SECRET_BYTES = 32 };

/* One algorithm: its names in a JWK and in OpenSSL, and its sizes. */
typedef struct AlgRow {
    Alg alg;
    const char *name, *kty;
    const char *crv;   /* EC, OKP */
    const char *type;  /* OpenSSL's name of the kind of key; NULL: no EVP_PKEY */
    const char *hash;  /* OpenSSL's name, or NULL */
    size_t coordinate; /* bytes of one number of the curve; a signature has two */
    bool pss;          /* RSA with PSS padding, the salt as long as the hash */
} AlgRow;

/* The row; NULL for ALG_NONE. */
const AlgRow *alg_row(Alg alg);

struct Key {
    const AlgRow *row;
    char *kid;    /* or NULL */
    char *secret; /* HS256 */
    size_t secret_n;
    EVP_PKEY *pkey; /* the others */
    bool private;   /* has its private part */
    bool signs;     /* and may use it */
};

/* jwk.c: a modulus of 2048 to 8192 bits and not of the weak generator, an odd exponent above 1, and private numbers that fit them. */
bool key_rsa_good(const EVP_PKEY *pkey, bool private);

/* Takes `pkey`. */
Key *key_new(const AlgRow *row, const char *kid, EVP_PKEY *pkey);

/* Keys to verify by: a set, of which the header names one, or one alone. */
typedef struct Verifier {
    const KeySet *keys;
    const Key *only;
    bool any_payload; /* what was signed need not be JSON: for vectors of others */
} Verifier;
/* As jwt_verify(), of any length; what `ret` holds must be empty before. */
Err jws_verify(Ctx *ctx, const Verifier *by, Str token, Jwt *ret);

/* Cleanups of OpenSSL's things. */
static inline void pkey_freep(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
}
static inline void pkey_ctx_freep(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

#endif
