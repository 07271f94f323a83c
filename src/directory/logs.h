/* logs.h: the audit trail by time and by user. */
#ifndef HECATE_DIRECTORY_LOGS_H
#define HECATE_DIRECTORY_LOGS_H

#include "directory/directory.h"

/* Which events: NULL, 0 and empty do not count. Upwards, `after_id` is the last of the page before and `since` its time. */
typedef struct LogQuery {
    const char *user_id; /* what this user did, and what was done to it */
    Texts actions;
    const Cond *where; /* then user_id and actions do not count. E_TOO_LARGE: more than one statement can hold */
    const char *after_id;
    int64_t since, until; /* µs, both included */
    int64_t limit, offset;
    bool up; /* the oldest first */
} LogQuery;

Err dir_log_list(Ctx *ctx, const LogQuery *query, List *ret); /* Event */
Err dir_log_count(Ctx *ctx, const LogQuery *query, int64_t *ret);

#endif
