/* pg_gather.c: reads by a key that wait at the same time go out as one statement with an array of keys: to start a plan is most of what
 * such a read costs the server. */
#include "base/id.h"
#include "db/pg.h"

enum { MOST_KEYS = 64 };

/* Several items as one. Lives until the last of them has read its rows. */
typedef struct Gather {
    Item item;
    Work work;
    Texts keys; /* of the items, in their order */
    const char *texts[MOST_KEYS];
    Queue items;
    unsigned readers;
} Gather;

static const Field key_params[] = { TEXTS(Gather, keys, "keys"), END(Gather) };

static bool plain(const char *key)
{
    size_t n = 0;

    while (key[n] > ' ' && key[n] < 0x7f)
        n++;
    return key[n] == '\0' && n <= 255;
}

/* NULL if the item cannot go with others: a key that the server refuses would fail them all. */
static const char *key_of(const Item *item)
{
    const Stmt *stmt = item->work->stmt;
    const Field *field;
    const char *key;

    if (stmt == NULL || stmt->many == NULL)
        return NULL;
    field = work_param(item->work, stmt->params[0]);
    key = *(const char *const *)field_of(field, item->work->params);
    return key == NULL || !(field->kind == F_UUID ? uuid_valid(str_of(key)) : plain(key)) ? NULL : key;
}

bool gather_add(Gatherings *gatherings, Item *item)
{
    if (key_of(item) == NULL)
        return false;
    for (Queue *queue = gatherings->kinds; queue < gatherings->kinds + MOST_KINDS; queue++) {
        if (queue->first != NULL && queue->first->work->stmt != item->work->stmt)
            continue;
        if (queue->first == NULL)
            queue_init(queue);
        queue_add(queue, item);
        gatherings->waiting++;
        return true;
    }
    return false;
}

static void take_one(Gather *gather, Queue *queue)
{
    Item *item = queue_take(queue);

    gather->texts[gather->keys.n++] = key_of(item);
    queue_add(&gather->items, item);
}

static void push_several(Queue *queue, Pipe *pipe)
{
    Gather *gather = calloc(1, sizeof(*gather));

    if (gather == NULL)
        out_of_memory();
    queue_init(&gather->items);
    gather->keys.v = gather->texts;
    gather->work = (Work){ .stmt = queue->first->work->stmt->many, .param_cols = key_params, .params = gather };
    gather->item = (Item){ .work = &gather->work, .gather = gather };
    while (queue->first != NULL && gather->keys.n < MOST_KEYS)
        take_one(gather, queue);
    pipe_push(pipe, &gather->item);
}

void gather_push(Gatherings *gatherings, Pipe *pipe)
{
    for (Queue *queue = gatherings->kinds; gatherings->waiting > 0 && queue < gatherings->kinds + MOST_KINDS; queue++)
        while (queue->first != NULL)
            if (queue->first->next == NULL)
                pipe_push(pipe, queue_take(queue));
            else
                push_several(queue, pipe);
    gatherings->waiting = 0;
}

/* ---- answers ---- */

static bool row_is(const PGresult *result, int row, const char *key)
{
    const char *cell = PQgetvalue(result, row, 0);
    const size_t n = (size_t)PQgetlength(result, row, 0);
    uint8_t bytes[UUID_BYTES];

    if (PQftype(result, 0) != OID_UUID)
        return strlen(key) == n && memcmp(cell, key, n) == 0;
    uuid_to_bytes(key, bytes);
    return n == sizeof(bytes) && memcmp(cell, bytes, n) == 0;
}

static void release(Gather *gather)
{
    if (--gather->readers > 0)
        return;
    PQclear(gather->item.result);
    free(gather);
}

void gather_deal(Item *leader)
{
    Gather *gather = leader->gather;

    gather->readers = 1;
    for (Item *item = queue_take(&gather->items); item != NULL; item = queue_take(&gather->items)) {
        item->err = leader->err;
        if (item->err == OK) {
            item->gather = gather;
            gather->readers++;
        }
        waiter_done(&item->waiter);
    }
    release(gather);
}

Err gather_read(Ctx *ctx, Db *db, Item *item)
{
    const PGresult *result = item->gather->item.result;
    const char *key = key_of(item);
    Err err = OK;

    for (int row = 0; row < PQntuples(result) && err == OK; row++)
        if (row_is(result, row, key))
            err = rows_take(ctx, db, item->work, result, row, row + 1);

    release(item->gather);
    return err;
}
