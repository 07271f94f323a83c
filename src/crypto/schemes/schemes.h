/* schemes.h: the rows of the table of password schemes, one file each. */
#ifndef HECATE_CRYPTO_SCHEMES_H
#define HECATE_CRYPTO_SCHEMES_H

#include "crypto/crypto.h"

extern const Scheme scheme_bcrypt, scheme_argon2i, scheme_argon2id, scheme_fbscrypt;

#endif
