/* refresh2.c: refresh tokens of version 2: a session's counter under a MAC (spec/gotrue.md 3.3). Nothing but the counter is stored. */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/internal.h"

enum { HEAD = 1 + UUID_BYTES, MAC = 16, SUM = 4, MOST_VARINT = 9, MAC_KEY = 32, LEAST = HEAD + 1 + MAC + SUM, MOST = HEAD + MOST_VARINT + MAC + SUM };

char *refresh2_key(Arena *arena)
{
    uint8_t key[MAC_KEY];
    Buf buf = buf_in(arena, 64);
    char *text = "";

    random_bytes(key, sizeof(key));
    base64_write(&buf, key, sizeof(key), true, false);
    explicit_bzero(key, sizeof(key));
    IGNORE(buf_text(&buf, &text)); /* 43 characters fit */
    return text;
}

static size_t varint_write(uint8_t *p, uint64_t n)
{
    size_t used = 0;

    for (; n >= 0x80; n >>= 7)
        p[used++] = (uint8_t)(n | 0x80);
    p[used++] = (uint8_t)n;
    return used;
}

/* The number that fills exactly `n` bytes; false if they are no shortest LEB128 of 63 bits. */
static bool varint_read(const uint8_t *p, size_t n, int64_t *ret)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n; i++) {
        if (((p[i] & 0x80) != 0) != (i + 1 < n))
            return false;
        value |= (uint64_t)(p[i] & 0x7f) << 7 * i;
    }
    if (n > 1 && p[n - 1] == 0)
        return false;
    *ret = (int64_t)value;
    return true;
}

/* The first MAC bytes of HMAC-SHA256 under the session's key. */
static bool mac_of(Arena *arena, const char *key, const uint8_t *p, size_t n, uint8_t mac[MAC])
{
    uint8_t sum[32];
    Str raw;

    if (key == NULL || !base64_read(arena, str_of(key), true, false, &raw) || raw.n != MAC_KEY)
        return false;
    hmac_sum(HASH_SHA256, raw, (Str){ (const char *)p, n }, sum);
    memcpy(mac, sum, MAC);
    return true;
}

char *refresh2_write(Ctx *ctx, const Session *session, int64_t counter)
{
    uint8_t token[MOST] = { 0 }, sum[32];
    Buf buf = buf_in(ctx->arena, 128);
    char *text = "";
    size_t n = HEAD;

    uuid_to_bytes(session->id, token + 1);
    n += varint_write(token + n, (uint64_t)counter);
    if (!mac_of(ctx->arena, session->refresh_token_hmac_key, token, n, token + n))
        return text; /* a key that others wrote and nobody can read: no token fits it */
    n += MAC;
    hash_sum(HASH_SHA256, (Str){ (const char *)token, n }, sum);
    memcpy(token + n, sum, SUM);
    base64_write(&buf, token, n + SUM, true, false);
    IGNORE(buf_text(&buf, &text)); /* 64 characters at the most */
    return text;
}

bool refresh2_read(Arena *arena, const char *text, Refresh2 *ret)
{
    uint8_t sum[32];
    Str raw;

    if (!base64_read(arena, str_of(text), true, false, &raw) || raw.n < LEAST || raw.n > MOST || raw.p[0] != 0)
        return false;
    hash_sum(HASH_SHA256, (Str){ raw.p, raw.n - SUM }, sum);
    if (memcmp(sum, raw.p + raw.n - SUM, SUM) != 0 || !varint_read((const uint8_t *)raw.p + HEAD, raw.n - HEAD - MAC - SUM, &ret->counter))
        return false;
    ret->session_id = uuid_from_bytes(arena, (const uint8_t *)raw.p + 1);
    ret->raw = raw;
    return true;
}

bool refresh2_verify(Arena *arena, const Refresh2 *token, const char *key)
{
    const size_t n = token->raw.n - MAC - SUM;
    uint8_t mac[MAC];

    return mac_of(arena, key, (const uint8_t *)token->raw.p, n, mac) && secret_eq((Str){ (const char *)mac, MAC }, (Str){ token->raw.p + n, MAC });
}
