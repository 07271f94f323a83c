/* key.h: what a key is, for key.c and jwt.c. */
#ifndef HECATE_CRYPTO_KEY_H
#define HECATE_CRYPTO_KEY_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "crypto/crypto.h"

struct Key {
    _Atomic unsigned refs;
    Alg alg;
    char *kid;     /* or NULL */
    char *secret;  /* HS256 */
    size_t secret_n;
    EVP_PKEY *pkey; /* the others */
    bool private;
};

#endif
