/* id.h: randomness (one source: getrandom(2)), UUIDs, and the text codings of bytes. */
#ifndef HECATE_ID_H
#define HECATE_ID_H

#include "arena.h"
#include "base.h"
#include "buf.h"
#include "str.h"

enum { UUID_TEXT = 36, UUID_BYTES = 16 };
#define UUID_NIL "00000000-0000-0000-0000-000000000000"

/* `n` random bytes. Aborts if the kernel has none: nothing may go on without. */
void random_bytes(void *p, size_t n);
/* Uniform in [0, below), without modulo bias. */
uint32_t random_below(uint32_t below);
/* `n` characters drawn uniformly from `alphabet`. */
char *random_text(Arena *arena, size_t n, const char *alphabet);
/* Tests with fixed answers: the source becomes a counter from this seed; 0 is the real source again. */
void random_fix(uint64_t seed);

/* A random UUID (version 4) in lower case. */
char *uuid_new(Arena *arena);
/* One that begins with the time (version 7, RFC 9562 5.7 and 6.2 method 3; `now` in µs since 1970), for rows that are only ever added: they go to the
 * end of their index, not all over it. Each of this process is greater than the ones before, if those are of less than a second later. The time can
 * be read from it, so it is for nothing that is to be unknown. */
char *uuid_timed(Arena *arena, int64_t now);
/* Reads 36 characters with dashes, 32 hex digits, `{…}` or `urn:uuid:…`, any version, either case; writes lower case
 * with dashes. NULL if it is none. */
char *uuid_read(Arena *arena, Str text);
/* Exactly 36 characters with dashes, hex digits in either case? */
bool uuid_valid(Str text);
void uuid_to_bytes(const char *uuid, uint8_t bytes[UUID_BYTES]);
char *uuid_from_bytes(Arena *arena, const uint8_t bytes[UUID_BYTES]);

/* Lower-case hex; reading takes either case and wants an even number of digits. */
void hex_write(Buf *buf, const void *p, size_t n);
bool hex_read(Arena *arena, Str text, Str *ret);

/* RFC 4648: `url` picks the URL-safe alphabet, `pad` writes `=`. Reading is strict: that alphabet alone, padding exactly
 * if `pad`, no blanks, unused bits zero. */
void base64_write(Buf *buf, const void *p, size_t n, bool url, bool pad);
bool base64_read(Arena *arena, Str text, bool url, bool pad, Str *ret);
/* Either alphabet, with or without padding: for what other systems wrote. */
bool base64_read_any(Arena *arena, Str text, Str *ret);

/* Base 62 (0-9A-Za-z) of big-endian bytes, left-padded with `0` to `width` characters; reading wants exactly `n` bytes to come
 * out and refuses what does not fit. At most 32 bytes. */
void base62_write(Buf *buf, const uint8_t *p, size_t n, size_t width);
bool base62_read(Str text, uint8_t *p, size_t n);

#endif
