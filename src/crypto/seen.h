/* seen.h: inside src/crypto: what jwt_verify() remembers. */
#ifndef HECATE_CRYPTO_SEEN_H
#define HECATE_CRYPTO_SEEN_H

#include "crypto/crypto.h"

enum { SEEN_DIGEST = 32 };
/* Was this token's signature found right under the key set of this serial, by this thread? Fills `ret` as jwt_verify() did. A serial of 0 never. */
bool seen_find(Arena *arena, uint64_t serial, const uint8_t digest[SEEN_DIGEST], Jwt *ret);
void seen_add(uint64_t serial, const uint8_t digest[SEEN_DIGEST], const Jwt *jwt);
uint64_t seen_serial(void);

#endif
