/* totp.c: one-time codes by time (RFC 4226, RFC 6238). */
#include "crypto/totp.h"

#include "base/id.h"
#include "crypto/crypto.h"

/* ---- base32 (RFC 4648) ---- */

static const char base32_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void base32_write(Buf *buf, const uint8_t *p, size_t n)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | p[i];
        for (held += 8; held >= 5; held -= 5)
            buf_char(buf, base32_alphabet[bits >> (held - 5) & 31]);
    }
    if (held > 0)
        buf_char(buf, base32_alphabet[bits << (5 - held) & 31]);
}

static int base32_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

bool base32_read(Arena *arena, Str text, Str *ret)
{
    uint8_t *bytes;
    uint32_t bits = 0;
    unsigned held = 0;
    size_t n = 0;

    while (text.n > 0 && text.p[text.n - 1] == '=')
        text.n--;
    bytes = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++) {
        const int value = base32_value(text.p[i]);

        if (value < 0)
            return false;
        bits = bits << 5 | (uint32_t)value;
        held += 5;
        if (held >= 8) {
            held -= 8;
            bytes[n++] = (uint8_t)(bits >> held);
        }
    }
    *ret = (Str){ (const char *)bytes, n };
    return n > 0;
}

char *totp_secret(Arena *arena)
{
    uint8_t bytes[TOTP_SECRET];
    Buf buf = buf_in(arena, 64);
    char *text = "";

    random_bytes(bytes, sizeof(bytes));
    base32_write(&buf, bytes, sizeof(bytes));
    explicit_bzero(bytes, sizeof(bytes));
    IGNORE(buf_text(&buf, &text)); /* 32 characters fit */
    return text;
}

/* ---- codes ---- */

void totp_code(Str secret, int64_t step, char code[TOTP_DIGITS + 1])
{
    uint8_t counter[8], sum[20];
    uint32_t number;
    size_t at;

    for (size_t i = 0; i < sizeof(counter); i++)
        counter[i] = (uint8_t)((uint64_t)step >> 8 * (7 - i));
    hmac_sum(HASH_SHA1, secret, (Str){ (const char *)counter, sizeof(counter) }, sum);
    at = sum[19] & 15;
    number = (uint32_t)(sum[at] & 127) << 24 | (uint32_t)sum[at + 1] << 16 | (uint32_t)sum[at + 2] << 8 | sum[at + 3];
    snprintf(code, TOTP_DIGITS + 1, "%06u", number % 1000000);
}

int64_t totp_find(Arena *arena, const char *secret, const char *code, int64_t now_s, int64_t last)
{
    const int64_t present = now_s / TOTP_STEP;
    const Str given = str_trim(str_of(code));
    int64_t found = -1;
    Str key;

    if (secret == NULL || !base32_read(arena, str_of(secret), &key))
        return -1;
    for (int64_t step = present + 1; step >= present - 1; step--) {
        char right[TOTP_DIGITS + 1];

        totp_code(key, step, right);
        if (secret_eq(given, (Str){ right, TOTP_DIGITS }) && step > last)
            found = step;
        explicit_bzero(right, sizeof(right));
    }
    return found;
}

/* ---- enrolment ---- */

/* Everything but letters, digits, -._~ and : @ is percent-encoded: what stands in a label may stand in a value, too. */
static void put_escaped(Buf *buf, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || strchr("-._~:@", *c) != NULL)
            buf_char(buf, (char)*c);
        else
            buf_printf(buf, "%%%02X", *c);
    }
}

char *totp_uri(Arena *arena, const char *issuer, const char *account, const char *secret)
{
    Buf buf = buf_in(arena, 16384);
    char *text = "";

    buf_puts(&buf, "otpauth://totp/");
    put_escaped(&buf, issuer);
    buf_char(&buf, ':');
    put_escaped(&buf, account);
    buf_puts(&buf, "?algorithm=SHA1&digits=6&issuer=");
    put_escaped(&buf, issuer);
    buf_printf(&buf, "&period=30&secret=%s", secret);
    IGNORE(buf_text(&buf, &text)); /* over the cap: "", which callers take as too long */
    return text;
}
