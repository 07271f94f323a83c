/* gzip.h: a stream of gzip written piece by piece, as files of exports are. */
#ifndef HECATE_AUTH0_GZIP_H
#define HECATE_AUTH0_GZIP_H

#include "base/buf.h"

typedef struct Gzip Gzip;

/* Some 300 KiB in `arena`, and no other memory; NULL when zlib refuses. */
Gzip *gzip_new(Arena *arena);
/* What is added to the file for the next piece (of less than 4 GiB), the end with `last`. E_TOO_LARGE: over the cap of `ret`; E_INTERNAL. */
Err gzip_write(Gzip *gzip, Str text, bool last, Buf *ret);

#endif
