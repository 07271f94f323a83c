/* templates.h: templates of tokens: one short function a statement; errors as store.h says. */
#ifndef HECATE_STORE_TEMPLATES_H
#define HECATE_STORE_TEMPLATES_H

#include "db/db.h"
#include "model/model.h"

/* By its id, or (id NULL) by its name. E_NO_ROW. */
Err store_template_get(Tx *tx, const char *id, const char *name, TokenTemplate **ret);
Err store_template_page(Tx *tx, int64_t limit, int64_t offset, List *ret, int64_t *total); /* TokenTemplate, newest first */
Err store_template_insert(Tx *tx, const TokenTemplate *row);                               /* E_CONFLICT: the name is taken */
Err store_template_update(Tx *tx, const TokenTemplate *row, int64_t *changed);             /* E_CONFLICT likewise */
Err store_template_delete(Tx *tx, const char *id, int64_t *changed);

#endif
