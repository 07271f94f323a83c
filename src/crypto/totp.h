/* totp.h: one-time codes by time (RFC 6238: SHA-1, six digits, steps of 30 s, as every authenticator application has them), their secrets as text,
 * the address that enrols them, and that address as a QR code. */
#ifndef HECATE_TOTP_H
#define HECATE_TOTP_H

#include "base/base.h"
#include "base/buf.h"
#include "base/ctx.h"

enum { TOTP_STEP = 30, TOTP_DIGITS = 6, TOTP_SECRET = 20 };

/* A new secret: 32 characters of base32 without padding. */
char *totp_secret(Arena *arena);
/* Reads base32 (RFC 4648, either case, padding or none). False on anything else, and on an empty text. */
bool base32_read(Arena *arena, Str text, Str *ret);
void base32_write(Buf *buf, const uint8_t *p, size_t n);

/* The code of a step (seconds since 1970 / TOTP_STEP), with its leading zeros. */
void totp_code(Str secret, int64_t step, char code[TOTP_DIGITS + 1]);
/* The step for which the code (white space around it is dropped) is right, of the present one and its two neighbours, the oldest first; -1 if none,
 * or if the secret is unreadable. Steps up to `last` count no more. Takes the same time for each wrong code. */
int64_t totp_find(Arena *arena, const char *secret, const char *code, int64_t now_s, int64_t last);

/* otpauth://totp/ISSUER:ACCOUNT?… */
char *totp_uri(Arena *arena, const char *issuer, const char *account, const char *secret);
/* An SVG image of the text, error correction H, modules of 3 pixels. E_TOO_LARGE: over 1,273 bytes. */
Err qr_svg(Arena *arena, const char *text, char **ret);

#endif
