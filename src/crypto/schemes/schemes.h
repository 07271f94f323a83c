/* schemes.h: inside src/crypto: the rows of the table of password schemes, one file each, and how their texts are read. */
#ifndef HECATE_CRYPTO_SCHEMES_H
#define HECATE_CRYPTO_SCHEMES_H

#include "base/id.h"
#include "crypto/crypto.h"

extern const Scheme scheme_bcrypt, scheme_argon2i, scheme_argon2id, scheme_fbscrypt, scheme_scrypt, scheme_pbkdf2, scheme_phpass, scheme_hmac,
    scheme_ldap, scheme_pre, scheme_awscognito;

/* What the work areas of a verification need at most. */
enum { SCHEME_ARENA = 64 * 1024 };

/* ---- parts.c ---- */

/* `NAME=number` off the front of a list of such parts with commas between. */
bool part_number(Str *list, const char *name, uint64_t max, uint64_t *ret);
/* Base 64 without padding, of `least` to `most` bytes. */
bool part_base64(Arena *arena, Str text, size_t least, size_t most, Str *ret);
/* The same, written. */
char *part_text(Arena *arena, Str bytes);

/* ---- pre.c ---- */

/* The hash behind a $pre$, itself for any other. */
Str pre_inner(Str hash);

#endif
