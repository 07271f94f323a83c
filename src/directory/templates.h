/* templates.h: templates of tokens: what a token of a session says beside our own claims. Errors beside those of directory.h: E_NO_ROW: there is
 * none; E_CONFLICT: the name is taken. */
#ifndef HECATE_DIRECTORY_TEMPLATES_H
#define HECATE_DIRECTORY_TEMPLATES_H

#include "directory/directory.h"

/* By its id, or (id NULL) by its name. */
Err dir_template_get(Ctx *ctx, const char *id, const char *name, TokenTemplate **ret);
/* A page, newest first, and how many there are. limit at most 500. */
Err dir_template_list(Ctx *ctx, int64_t limit, int64_t offset, List *ret, int64_t *total);
/* Sets id and times. `key` NULL: tokens are signed with the server's key. */
Err dir_template_create(Ctx *ctx, TokenTemplate *row, const char *key);
/* All but id and created_at. `key` NULL: the row keeps the sealed key that it names. */
Err dir_template_update(Ctx *ctx, TokenTemplate *row, const char *key);
Err dir_template_delete(Ctx *ctx, const char *id);
/* The template's own key; NULL: it has none. E_BAD_CREDENTIAL: it was sealed under another data key. */
Err dir_template_key(Ctx *ctx, const TokenTemplate *row, Str *ret);

#endif
