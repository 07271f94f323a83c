/* md4.h: inside src/crypto: MD4, which OpenSSL 3 has in its legacy provider alone. Use hash_sum(HASH_MD4, …). */
#ifndef HECATE_CRYPTO_MD4_H
#define HECATE_CRYPTO_MD4_H

#include "base/str.h"

enum { MD4_BYTES = 16, MD4_BLOCK = 64 };
void md4_sum(Str data, uint8_t out[MD4_BYTES]);

#endif
