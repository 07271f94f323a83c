/* codings.c: times, UUIDs, hex, base64, base62 and UTF-8: what is read is written back the same. */
#include "base/clock.h"
#include "base/id.h"
#include "fuzz.h"

static void check_time(Arena *arena, Str text)
{
    Buf buf = buf_in(arena, 64);
    int64_t time, again;

    if (!time_read(text, &time))
        return;
    time_write(&buf, time, -1);
    if (time >= -62167219200 * US_PER_S && time < 253402300800 * US_PER_S) { /* years 0 to 9999: an offset may lead out of them */
        HOLDS(time_read(buf_view(&buf), &again));
        HOLDS(again == time);
    }
}

static void check_uuid(Arena *arena, Str text)
{
    char *uuid = uuid_read(arena, text);
    uint8_t bytes[UUID_BYTES];

    if (uuid == NULL) {
        HOLDS(!uuid_valid(text));
        return;
    }
    HOLDS(uuid_valid(str_of(uuid)));
    uuid_to_bytes(uuid, bytes);
    HOLDS(text_eq(uuid_from_bytes(arena, bytes), uuid));
}

static void check_base64(Arena *arena, Str text, bool url, bool pad)
{
    Buf buf = buf_in(arena, 1 << 20);
    Str bytes;

    if (base64_read(arena, text, url, pad, &bytes)) {
        base64_write(&buf, bytes.p, bytes.n, url, pad);
        HOLDS(str_eq(buf_view(&buf), text));
    }
}

static void check_hex(Arena *arena, Str text)
{
    Buf buf = buf_in(arena, 1 << 20);
    Str bytes;

    if (hex_read(arena, text, &bytes)) {
        hex_write(&buf, bytes.p, bytes.n);
        HOLDS(str_eq_nocase(buf_view(&buf), text));
    }
}

static void check_base62(Arena *arena, Str text)
{
    Buf buf = buf_in(arena, 64);
    uint8_t bytes[16];

    if (text.n <= 64 && base62_read(text, bytes, sizeof(bytes))) {
        base62_write(&buf, bytes, sizeof(bytes), text.n);
        HOLDS(str_eq(buf_view(&buf), text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(16 << 20, false);
    const Str text = { (const char *)data, size };
    uint64_t n;

    check_time(arena, text);
    check_uuid(arena, text);
    for (int form = 0; form < 4; form++)
        check_base64(arena, text, (form & 1) != 0, (form & 2) != 0);
    check_hex(arena, text);
    check_base62(arena, text);
    HOLDS(!utf8_valid(text) || utf8_length(text) <= size);
    HOLDS(!str_to_u64(text, 1000, &n) || n <= 1000);
    return 0;
}
