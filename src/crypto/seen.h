/* seen.h: inside src/crypto: what jwt_read() remembers. */
#ifndef HECATE_CRYPTO_SEEN_H
#define HECATE_CRYPTO_SEEN_H

#include "crypto/crypto.h"

enum { SEEN_DIGEST = 32 };
/* What a token is looked for by: its digest, the serial of the key set (0: never found), and the table by which its claims are read. */
typedef struct SeenKey {
    uint8_t digest[SEEN_DIGEST];
    uint64_t serial;
    const Field *fields;
} SeenKey;
/* Was it found right by this thread? Fills `claims` and `ret` as jwt_read() did; texts are copied into the arena. */
bool seen_find(Arena *arena, const SeenKey *key, void *claims, Jwt *ret);
void seen_add(const SeenKey *key, const void *claims, const Jwt *jwt);
uint64_t seen_serial(void);

#endif
