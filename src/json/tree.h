/* tree.h: inside src/json: jansson's values, read after the scan and written by us. */
#ifndef HECATE_JSON_TREE_H
#define HECATE_JSON_TREE_H

#include <jansson.h>

#include "base/base.h"
#include "base/buf.h"
#include "json/json.h"

/* Reads a text that json_scan() accepts; NULL otherwise. It lives until the arena's end: what ends a request early must leave nothing behind. */
json_t *tree_read(Arena *arena, Str text);
/* The same for a text that was scanned; `wide` as there. */
json_t *tree_read_scanned(Arena *arena, Str text, bool wide);
/* Writes compactly, members in their order. */
void tree_write(Buf *buf, const json_t *value);

#endif
