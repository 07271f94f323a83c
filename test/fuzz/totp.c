/* totp.c: secrets in base32, codes by time, and the address that enrols. The first bytes are a time and which code is given; then a line
 * each: the secret, the issuer, the account; what follows is a code as somebody types it. */
#include "crypto/totp.h"
#include "fuzz.h"

/* Written and read again it is the same; and what was read is what a second reader, bit by bit, makes of it. */
static void check_base32(Arena *arena, Str text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    Buf buf = buf_in(arena, 1 << 20);
    Str bytes, again;
    size_t bits = 0;

    if (!base32_read(arena, text, &bytes))
        return;
    base32_write(&buf, (const uint8_t *)bytes.p, bytes.n);
    HOLDS(base32_read(arena, buf_view(&buf), &again) && str_eq(bytes, again));
    for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
        const char *found = memchr(letters, text.p[i] >= 'a' && text.p[i] <= 'z' ? text.p[i] - 32 : text.p[i], 32);

        HOLDS(found != NULL);
        for (unsigned bit = 5; bit-- > 0; bits++)
            if (bits / 8 < bytes.n)
                HOLDS(((unsigned char)bytes.p[bits / 8] >> (7 - bits % 8) & 1) == ((unsigned)(found - letters) >> bit & 1));
    }
    HOLDS(bytes.n == bits / 8);
}

/* A code is good in its step and the two beside it, once; nothing else is. */
static void check_code(Arena *arena, const char *secret, const char *typed, int64_t now, int64_t last)
{
    const int64_t found = totp_find(arena, secret, typed, now, last), present = now / TOTP_STEP;
    const Str given = str_trim(str_of(typed));
    char code[TOTP_DIGITS + 1];
    int64_t wanted = -1;
    Str key;

    if (!base32_read(arena, str_of(secret), &key)) {
        HOLDS(found == -1);
        return;
    }
    for (int64_t step = present - 1; step <= present + 1 && wanted < 0; step++) {
        totp_code(key, step, code);
        HOLDS(strlen(code) == TOTP_DIGITS && strspn(code, "0123456789") == TOTP_DIGITS);
        wanted = str_eq(given, str_of(code)) && step > last ? step : -1;
    }
    HOLDS(found == wanted && (found == -1 || found > last));
    if (found >= 0)
        HOLDS(totp_find(arena, secret, typed, now, found) != found);
}

/* One line that no sign from outside breaks out of: after the scheme there are five `&` and `=` of ours alone. */
static void check_uri(Arena *arena, const char *issuer, const char *account, const char *secret)
{
    const char *uri = totp_uri(arena, issuer, account, secret);
    size_t ands = 0, marks = 0;

    if (*uri == '\0') {
        HOLDS(strlen(issuer) * 6 + strlen(account) * 3 > 8000);
        return;
    }
    HOLDS(strncmp(uri, "otpauth://totp/", 15) == 0);
    for (const char *c = uri; *c != '\0'; c++) {
        HOLDS(*c > ' ' && *c < 0x7f && strchr("<>\"'#+", *c) == NULL);
        ands += *c == '&';
        marks += *c == '?';
    }
    HOLDS(ands == 4 && marks == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(16 << 20, true);
    const char *secret, *issuer, *account, *code;
    char right[TOTP_DIGITS + 1];
    uint32_t time;
    Str rest, key;

    if (size < 6)
        return 0;
    memcpy(&time, data, sizeof(time));
    rest = (Str){ (const char *)data + 6, size - 6 };
    check_base32(arena, rest);
    secret = str_dup(arena, str_cut(&rest, '\n'));
    issuer = str_dup(arena, str_cut(&rest, '\n'));
    account = str_dup(arena, str_cut(&rest, '\n'));
    code = str_dup(arena, rest);
    check_base32(arena, str_of(secret));
    check_code(arena, secret, code, time, -1);
    if (base32_read(arena, str_of(secret), &key)) {
        const int64_t step = (int64_t)time / TOTP_STEP + data[4] % 5 - 2;

        totp_code(key, step, right);
        check_code(arena, secret, arena_printf(arena, " %s\n", right), time, step - 2 + data[5] % 4);
        check_uri(arena, issuer, account, arena_strndup(arena, "ABCDEFGH", 1 + data[5] % 8));
    }
    return 0;
}
