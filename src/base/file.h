/* file.h: small files as a whole, in a folder of our own. All calls block: from threads of a lane. */
#ifndef HECATE_FILE_H
#define HECATE_FILE_H

#include "arena.h"
#include "base.h"
#include "str.h"

/* What was written to the file is on the disk, or the names in the folder are. E_IO, errno says why. */
Err file_sync(const char *path);
/* The folder that holds it: the name, too, outlives a loss of power. */
Err file_sync_name(Arena *arena, const char *path);
/* Writes `dir`/`name` (0600) in place of what was there: all of it or nothing, synced with its folder, which is made (0700) if it is missing. E_IO.
 */
Err file_put(Arena *arena, const char *dir, const char *name, Str data);
/* Reads it into the arena. E_NO_ROW: there is none, it is no plain file, or larger than `most` bytes. E_IO: it got shorter meanwhile. */
Err file_take(Arena *arena, const char *dir, const char *name, size_t most, Str *ret);
/* OK if there was none, too. E_IO. */
Err file_remove(Arena *arena, const char *dir, const char *name);

#endif
