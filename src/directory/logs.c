/* logs.c: the audit trail by time and by user. */
#include "directory/logs.h"
#include "base/buf.h"
#include "base/id.h"
#include "directory/internal.h"
#include "store/logs.h"

/* Conditions that do not count hold for all. */
static Err key_of(Ctx *ctx, const LogQuery *query, LogKey *key)
{
    Buf buf = buf_in(ctx->arena, 4096);
    char *actions = NULL;

    buf_char(&buf, ',');
    for (size_t i = 0; i < query->actions.n; i++)
        buf_printf(&buf, "%s,", query->actions.v[i]);
    TRY(buf_text(&buf, &actions));
    *key = (LogKey){ .user_id = query->user_id,
                     .actions = query->actions.n == 0 ? NULL : actions,
                     .after_id = query->after_id == NULL ? UUID_NIL : query->after_id,
                     .since = query->since == 0 ? 1 : query->since,
                     .until = query->until == 0 ? BANNED_FOREVER : query->until,
                     .limit = query->limit,
                     .offset = query->offset,
                     .up = query->up };
    return OK;
}

Err dir_log_list(Ctx *ctx, const LogQuery *query, List *ret)
{
    LogKey key;

    TRY(key_of(ctx, query, &key));
    return query->where != NULL ? store_log_search(db_auto(ctx), &key, query->where, ret) : store_log_list(db_auto(ctx), &key, ret);
}

Err dir_log_count(Ctx *ctx, const LogQuery *query, int64_t *ret)
{
    LogKey key;

    TRY(key_of(ctx, query, &key));
    return query->where != NULL ? store_log_search_count(db_auto(ctx), &key, query->where, ret) : store_log_count(db_auto(ctx), &key, ret);
}
