/* tree.h: inside src/json: jansson's values, read after the scan and written by us. */
#ifndef HECATE_JSON_TREE_H
#define HECATE_JSON_TREE_H

#include <jansson.h>

#include "base/base.h"
#include "base/buf.h"
#include "json/json.h"

/* Reads a text that json_scan() accepts; NULL otherwise. Give back with json_decref(). */
json_t *tree_read(Str text);
/* Writes compactly. `sort`: members in bytewise ascending order, and numbers through double. */
void tree_write(Buf *buf, const json_t *value, JsonStyle style, bool sort);
static inline void tree_freep(json_t **value) { json_decref(*value); }

#endif
