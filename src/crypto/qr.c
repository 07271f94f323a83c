/* qr.c: a text as a QR code (ISO/IEC 18004), written as an SVG image. */
#include <qrencode.h>

#include "crypto/totp.h"

enum { MODULE = 3, QUIET = 4, MOST_QR = 1273 };

static void qr_freep(QRcode **code)
{
    QRcode_free(*code);
}

/* The black runs of each line, as one path. Colours have names: a `#` would end the data URL into which clients put the image. */
static void put_runs(Buf *buf, const QRcode *code)
{
    for (int y = 0; y < code->width; y++)
        for (int x = 0, run; x < code->width; x += run + 1) {
            for (run = 0; x + run < code->width && (code->data[y * code->width + x + run] & 1) != 0;)
                run++;
            if (run > 0)
                buf_printf(buf, "M%d %dh%dv%dh-%dz", (x + QUIET) * MODULE, (y + QUIET) * MODULE, run * MODULE, MODULE, run * MODULE);
        }
}

Err qr_svg(Arena *arena, const char *text, char **ret)
{
    QRcode *code CLEANUP(qr_freep) = NULL;
    Buf buf = buf_in(arena, 2 << 20);
    int size;

    if (*text == '\0' || strlen(text) > MOST_QR)
        return E_TOO_LARGE;
    code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_H);
    if (code == NULL)
        return E_TOO_LARGE;
    size = (code->width + 2 * QUIET) * MODULE;
    buf_printf(&buf, "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", size,
               size, size, size);
    buf_printf(&buf, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n<path fill=\"black\" d=\"", size, size);
    put_runs(&buf, code);
    buf_puts(&buf, "\"/>\n</svg>\n");
    return buf_text(&buf, ret);
}
