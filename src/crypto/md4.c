/* md4.c: MD4 (RFC 1320). It is broken as a digest; passwords of old directories and of Windows are kept in it, and are renewed at their first use. */
#include "crypto/md4.h"

enum { ROUNDS = 3, WORDS = 16, LENGTH_AT = 56 };

/* The rounds' functions F, G and H (3.4). */
static uint32_t mix(unsigned round, uint32_t x, uint32_t y, uint32_t z)
{
    return round == 0 ? (x & y) | (~x & z) : round == 1 ? (x & y) | (x & z) | (y & z) : x ^ y ^ z;
}

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static uint32_t word(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The four words change places after each step, so that all steps are alike. */
static void add_block(uint32_t state[4], const uint8_t *block)
{
    static const uint8_t order[ROUNDS][WORDS] = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
                                                  { 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15 },
                                                  { 0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15 } };
    static const uint8_t shift[ROUNDS][4] = { { 3, 7, 11, 19 }, { 3, 5, 9, 13 }, { 3, 9, 11, 15 } };
    static const uint32_t constant[ROUNDS] = { 0, 0x5a827999, 0x6ed9eba1 };
    uint32_t s[4];

    memcpy(s, state, sizeof(s));
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < WORDS; i++) {
            const uint32_t sum = s[0] + mix(round, s[1], s[2], s[3]) + word(block + (size_t)4 * order[round][i]) + constant[round];

            s[0] = s[3];
            s[3] = s[2];
            s[2] = s[1];
            s[1] = rotate(sum, shift[round][i % 4]);
        }
    for (size_t i = 0; i < 4; i++)
        state[i] += s[i];
}

static void put_le(uint8_t *out, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(n >> 8 * i);
}

void md4_sum(Str data, uint8_t out[MD4_BYTES])
{
    uint32_t state[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
    uint8_t tail[2 * MD4_BLOCK] = { 0 };
    const size_t whole = data.n / MD4_BLOCK * MD4_BLOCK, left = data.n - whole, blocks = left < LENGTH_AT ? 1 : 2;

    for (size_t i = 0; i < whole; i += MD4_BLOCK)
        add_block(state, (const uint8_t *)data.p + i);
    if (left > 0)
        memcpy(tail, data.p + whole, left);
    tail[left] = 0x80;
    put_le(tail + blocks * MD4_BLOCK - 8, (uint64_t)data.n * 8, 8);
    for (size_t i = 0; i < blocks; i++)
        add_block(state, tail + i * MD4_BLOCK);
    for (size_t i = 0; i < 4; i++)
        put_le(out + 4 * i, state[i], 4);
    explicit_bzero(tail, sizeof(tail));
}
