/* logs.h: the audit trail as Auth0's logs; errors as store.h says. */
#ifndef HECATE_STORE_LOGS_H
#define HECATE_STORE_LOGS_H

#include "db/db.h"
#include "model/model.h"

/* All members count but these: user_id NULL is everybody, actions NULL any (else between commas, with one before the first and one behind the last).
 */
typedef struct LogKey {
    const char *user_id, *actions;
    const char *after_id; /* upwards: of those of `since`, the ones behind this id */
    int64_t since, until, limit, offset;
    bool up; /* the oldest first */
} LogKey;

Err store_log_list(Tx *tx, const LogKey *key, List *ret); /* Event */
Err store_log_count(Tx *tx, const LogKey *key, int64_t *ret);
/* The same of those that meet the condition; E_TOO_LARGE: it is more than one statement can hold. user_id and actions do not count. */
Err store_log_search(Tx *tx, const LogKey *key, const Cond *where, List *ret);
Err store_log_search_count(Tx *tx, const LogKey *key, const Cond *where, int64_t *ret);

#endif
