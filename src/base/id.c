/* id.c: randomness, UUIDs, hex, base64, base62. */
#include "id.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/random.h>

enum { POOL = 512, PER_S = 4096 * 1000, SET_BACK = 60 * PER_S };

static _Atomic uint64_t random_fixed;

/* splitmix64 (Steele, Lea, Flood 2014): only for tests with fixed answers. */
static uint64_t random_step(void)
{
    uint64_t z = atomic_fetch_add(&random_fixed, 0x9e3779b97f4a7c15U);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static void random_fake(uint8_t *p, size_t n)
{
    for (uint64_t word = 0; n > 0; n--, word >>= 8) {
        if (n % 8 == 0 || word == 0)
            word = random_step();
        *p++ = (uint8_t)word;
    }
}

static void random_ask(uint8_t *at, size_t n)
{
    while (n > 0) {
        const ssize_t got = getrandom(at, n, 0);

        if (got < 0 && errno != EINTR)
            abort();
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        }
    }
}

/* Small wants are served from what the kernel gave this thread in one call; what was served is wiped. */
void random_bytes(void *p, size_t n)
{
    static _Thread_local uint8_t pool[POOL];
    static _Thread_local size_t left;

    if (atomic_load_explicit(&random_fixed, memory_order_relaxed) != 0) {
        random_fake(p, n);
        return;
    }
    if (n > POOL / 8) {
        random_ask(p, n);
        return;
    }
    if (left < n) {
        random_ask(pool, POOL);
        left = POOL;
    }
    left -= n;
    memcpy(p, pool + left, n);
    explicit_bzero(pool + left, n);
}

void random_fix(uint64_t seed)
{
    atomic_store(&random_fixed, seed);
}

uint32_t random_below(uint32_t below)
{
    const uint32_t limit = UINT32_MAX - UINT32_MAX % below;
    uint32_t n;

    do
        random_bytes(&n, sizeof(n));
    while (n >= limit);
    return n % below;
}

char *random_text(Arena *arena, size_t n, const char *alphabet)
{
    const uint32_t size = (uint32_t)strlen(alphabet);
    char *text = arena_alloc(arena, n + 1);

    for (size_t i = 0; i < n; i++)
        text[i] = alphabet[random_below(size)];
    return text;
}

static const char hex_digits[] = "0123456789abcdef";

/* One more than the value; 0: no digit. A table, for which digit it is no processor foresees. */
/* clang-format off */
static const uint8_t hex_values[256] = {
    ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};
/* clang-format on */

static int hex_value(char c)
{
    return hex_values[(unsigned char)c] - 1;
}

char *uuid_from_bytes(Arena *arena, const uint8_t bytes[UUID_BYTES])
{
    char *text = arena_alloc(arena, UUID_TEXT + 1), *p = text;

    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = hex_digits[bytes[i] >> 4];
        *p++ = hex_digits[bytes[i] & 15];
    }
    return text;
}

char *uuid_new(Arena *arena)
{
    uint8_t bytes[UUID_BYTES];

    random_bytes(bytes, sizeof(bytes));
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    return uuid_from_bytes(arena, bytes);
}

/* In 4096ths of a millisecond, and after those before it (RFC 9562, 6.2), by less than a second: an index grows at its end then. What is older began
 * long ago and has its own time; by more than a minute, the clock was set back, and is followed. */
static uint64_t later_time(uint64_t time)
{
    static _Atomic uint64_t last;
    uint64_t before = atomic_load_explicit(&last, memory_order_relaxed), next;

    do {
        if (before >= time && before - time >= PER_S && before - time < SET_BACK)
            return time;
        next = before >= time && before - time < PER_S ? before + 1 : time;
    } while (!atomic_compare_exchange_weak_explicit(&last, &before, next, memory_order_relaxed, memory_order_relaxed));
    return next;
}

char *uuid_timed(Arena *arena, int64_t now)
{
    const uint64_t time = later_time(((uint64_t)now / 1000) << 12 | ((uint64_t)now % 1000) * 4096 / 1000);
    uint8_t bytes[UUID_BYTES];

    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(time >> (52 - 8 * i));
    bytes[6] = (uint8_t)(0x70 | (time >> 8 & 0xf));
    bytes[7] = (uint8_t)time;
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    return uuid_from_bytes(arena, bytes);
}

bool uuid_valid(Str text)
{
    if (text.n != UUID_TEXT)
        return false;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text.p[i] != '-' : hex_value(text.p[i]) < 0)
            return false;
    }
    return true;
}

void uuid_to_bytes(const char *uuid, uint8_t bytes[UUID_BYTES])
{
    for (size_t i = 0; i < UUID_BYTES; i++, uuid += 2) {
        uuid += *uuid == '-';
        bytes[i] = (uint8_t)(hex_value(uuid[0]) << 4 | hex_value(uuid[1]));
    }
}

char *uuid_read(Arena *arena, Str text)
{
    const Str urn = STR("urn:uuid:");
    Str bytes;

    if (text.n == UUID_TEXT + urn.n && str_eq_nocase((Str){ text.p, urn.n }, urn))
        text = (Str){ text.p + urn.n, UUID_TEXT };
    else if (text.n == UUID_TEXT + 2 && text.p[0] == '{' && text.p[text.n - 1] == '}')
        text = (Str){ text.p + 1, UUID_TEXT };
    if (text.n == 2 * UUID_BYTES && hex_read(arena, text, &bytes))
        return uuid_from_bytes(arena, (const uint8_t *)bytes.p);
    return uuid_valid(text) ? text_lower(arena, str_dup(arena, text)) : NULL;
}

void hex_write(Buf *buf, const void *p, size_t n)
{
    for (const uint8_t *at = p, *end = at + n; at < end; at++) {
        buf_char(buf, hex_digits[*at >> 4]);
        buf_char(buf, hex_digits[*at & 15]);
    }
}

bool hex_read(Arena *arena, Str text, Str *ret)
{
    char *bytes;

    if (text.n % 2 != 0)
        return false;
    bytes = arena_alloc(arena, text.n / 2 + 1);
    for (size_t i = 0; i < text.n; i += 2) {
        const int high = hex_value(text.p[i]), low = hex_value(text.p[i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *ret = (Str){ bytes, text.n / 2 };
    return true;
}

static const char base64_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The last one or two bytes. */
static char *base64_end(char *out, const char *alphabet, const uint8_t *at, size_t left, bool pad)
{
    const uint32_t word = (uint32_t)at[0] << 16 | (left > 1 ? (uint32_t)at[1] << 8 : 0);

    *out++ = alphabet[word >> 18];
    *out++ = alphabet[word >> 12 & 63];
    if (left > 1)
        *out++ = alphabet[word >> 6 & 63];
    for (size_t k = left; pad && k < 3; k++)
        *out++ = '=';
    return out;
}

void base64_write(Buf *buf, const void *p, size_t n, bool url, bool pad)
{
    const char *alphabet = url ? base64_url : base64_std;
    const uint8_t *at = p;
    char *start = n == 0 ? NULL : buf_room(buf, pad ? (n + 2) / 3 * 4 : (n * 4 + 2) / 3), *out = start;

    if (start == NULL)
        return;
    for (size_t left = n / 3; left > 0; left--, at += 3) {
        const uint32_t word = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];

        *out++ = alphabet[word >> 18];
        *out++ = alphabet[word >> 12 & 63];
        *out++ = alphabet[word >> 6 & 63];
        *out++ = alphabet[word & 63];
    }
    if (n % 3 != 0)
        out = base64_end(out, alphabet, at, n % 3, pad);
    buf_added(buf, (size_t)(out - start));
}

static int base64_value(char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == (url ? '-' : '+') ? 62 : c == (url ? '_' : '/') ? 63 : -1;
}

/* Takes the padding off; false if it is not what `pad` says. */
static bool base64_unpad(Str *text, bool pad)
{
    size_t padding = 0;

    while (padding < 2 && text->n > padding && text->p[text->n - 1 - padding] == '=')
        padding++;
    if (pad ? text->n % 4 != 0 : padding != 0)
        return false;
    text->n -= padding;
    return text->n % 4 != 1 && (!pad || padding == (4 - text->n % 4) % 4);
}

bool base64_read(Arena *arena, Str text, bool url, bool pad, Str *ret)
{
    uint32_t word = 0;
    unsigned bits = 0;
    size_t n = 0;
    char *bytes;

    if (!base64_unpad(&text, pad))
        return false;
    bytes = arena_alloc(arena, text.n / 4 * 3 + 3);
    for (size_t i = 0; i < text.n; i++) {
        const int value = base64_value(text.p[i], url);

        if (value < 0)
            return false;
        word = word << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[n++] = (char)(word >> bits & 0xff);
            word &= (1U << bits) - 1;
        }
    }
    if (word != 0)
        return false;
    *ret = (Str){ bytes, n };
    return true;
}

bool base64_read_any(Arena *arena, Str text, Str *ret)
{
    char *copy = arena_strndup(arena, text.p, text.n);

    for (size_t i = 0; i < text.n; i++)
        copy[i] = (char)(copy[i] == '-' ? '+' : copy[i] == '_' ? '/' : copy[i]);
    text.p = copy;
    return base64_read(arena, text, false, true, ret) || base64_read(arena, text, false, false, ret);
}

static const char base62_digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum { WORDS = 8, DIGITS = 5, DIGITS_62 = 916132832 }; /* 62^5 is below 2^32: five digits for each division */

/* Divides the number, its most significant word first, `*first` the first that is not 0; gives what is left. */
static uint32_t divide(uint32_t words[WORDS], size_t *first, uint32_t by)
{
    uint64_t rest = 0;

    while (*first < WORDS && words[*first] == 0)
        ++*first;
    for (size_t i = *first; i < WORDS; i++) {
        rest = rest << 32 | words[i];
        words[i] = (uint32_t)(rest / by);
        rest %= by;
    }
    return (uint32_t)rest;
}

void base62_write(Buf *buf, const uint8_t *p, size_t n, size_t width)
{
    uint32_t words[WORDS] = { 0 }, some = 0;
    size_t first = 0;
    char text[64];

    if (n > sizeof(words) || width > sizeof(text)) {
        buf->over = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        words[WORDS - 1 - i / 4] |= (uint32_t)p[n - 1 - i] << i % 4 * 8;
    for (size_t i = 0; i < width; i++) {
        if (i % DIGITS == 0)
            some = divide(words, &first, DIGITS_62);
        text[width - 1 - i] = base62_digits[some % 62];
        some /= 62;
    }
    buf_add(buf, text, width);
}

bool base62_read(Str text, uint8_t *p, size_t n)
{
    memset(p, 0, n);
    for (size_t i = 0; i < text.n; i++) {
        const char *digit = text.p[i] == '\0' ? NULL : strchr(base62_digits, text.p[i]);
        uint32_t carry;

        if (digit == NULL)
            return false;
        carry = (uint32_t)(digit - base62_digits);
        for (size_t k = n; k-- > 0;) {
            carry += p[k] * 62U;
            p[k] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry != 0)
            return false;
    }
    return true;
}
