/* avatar.c: the picture of who has none: a head and shoulders in grey, drawn as PNG (RFC 2083) of two colours. It is no SVG, in which scripts may
 * stand. */
#include "dialect/clerk/internal.h"

enum { SIDE = 96, ROW = 1 + SIDE / 8, PIXELS = SIDE * ROW, MOST_PICTURE = 4096 };

static bool is_figure(int x, int y)
{
    const int dx = x - 48, head = y - 38, chest = y - 92;

    return dx * dx + head * head <= 17 * 17 || (chest <= 0 && dx * dx * 900 + chest * chest * 1156 <= 900 * 1156);
}

/* Rows of pixels, a bit each, behind the number of their filter: none. */
static void draw(uint8_t pixels[PIXELS])
{
    memset(pixels, 0, PIXELS);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            if (is_figure(x, y))
                pixels[y * ROW + 1 + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static void put_number(Buf *buf, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_char(buf, (char)(number >> shift & 255));
}

static uint32_t crc_of(const char *p, size_t n)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < n; i++) {
        crc ^= (uint8_t)p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
    }
    return ~crc;
}

/* Length, kind, content and check of one chunk. */
static void put_chunk(Buf *buf, const char *kind, Str content)
{
    size_t start;

    put_number(buf, (uint32_t)content.n);
    start = buf->len;
    buf_puts(buf, kind);
    buf_str(buf, content);
    put_number(buf, crc_of(buf->data + start, buf->len - start));
}

/* The pixels as a stream of zlib's (RFC 1950, 1951) in one block that is not compressed. */
static void put_stream(Buf *buf, const uint8_t pixels[PIXELS])
{
    static const uint8_t head[] = { 0x78, 0x01, 0x01, PIXELS & 255, PIXELS >> 8, ~PIXELS & 255, ~PIXELS >> 8 & 255 };
    uint32_t a = 1, b = 0;

    buf_add(buf, head, sizeof(head));
    buf_add(buf, pixels, PIXELS);
    for (size_t i = 0; i < PIXELS; i++) {
        a = (a + pixels[i]) % 65521;
        b = (b + a) % 65521;
    }
    put_number(buf, b << 16 | a);
}

Str clerk_avatar(Arena *arena)
{
    static const char head[] = "\0\0\0\x60\0\0\0\x60\x01\x03\0\0\0", palette[] = "\xd8\xdb\xe0\x8a\x91\x9c";
    Buf buf = buf_in(arena, MOST_PICTURE), stream = buf_in(arena, MOST_PICTURE);
    uint8_t pixels[PIXELS];

    draw(pixels);
    put_stream(&stream, pixels);
    buf_add(&buf, "\x89PNG\r\n\x1a\n", 8);
    put_chunk(&buf, "IHDR", (Str){ head, sizeof(head) - 1 });
    put_chunk(&buf, "PLTE", (Str){ palette, sizeof(palette) - 1 });
    put_chunk(&buf, "IDAT", buf_view(&stream));
    put_chunk(&buf, "IEND", STR(""));
    return buf_view(&buf);
}
