/* pg_gather.c: statements by a key that wait at the same time go out as one with arrays: to start a plan is most of what such a read costs the
 * server, and a third of what a write does. */
#include "base/id.h"
#include "db/pg.h"

enum { MOST_KEYS = 64 };

/* Several items as one. Lives until the last of them has read its rows. */
typedef struct Gather {
    Item item;
    Work work;
    const Work *list[MOST_KEYS]; /* of the items, in their order */
    Queue items;
    _Atomic unsigned readers;
} Gather;

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

    if (stmt == NULL || (stmt->many == NULL && (stmt->flags & STMT_LISTS) == 0))
        return NULL;
    field = work_param(item->work, stmt->params[0]);
    key = *(const char *const *)field_of(field, item->work->params);
    return key == NULL || !(field->kind == F_UUID ? uuid_valid(str_of(key)) : plain(key)) ? NULL : key;
}

bool gather_add(Gatherings *gatherings, Item *item)
{
    item->key = key_of(item);
    if (item->key == NULL)
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

/* Of two writes by one key in one statement the database would do one. */
static bool collides(const Gather *gather, const Item *item)
{
    bool found = false;

    for (const Item *other = gather->items.first; item->write && other != NULL && !found; other = other->next)
        found = text_eq(other->key, item->key);
    return found;
}

static void take_one(Gather *gather, Queue *queue, Queue *later)
{
    Item *item = queue_take(queue);

    if (collides(gather, item)) {
        queue_add(later, item);
        return;
    }
    gather->list[gather->work.n_list++] = item->work;
    queue_add(&gather->items, item);
}

static void push_several(Queue *queue, Pipe *pipe)
{
    Gather *gather = calloc(1, sizeof(*gather));
    const Stmt *stmt = queue->first->work->stmt;
    Queue later;

    if (gather == NULL)
        out_of_memory();
    queue_init(&gather->items);
    queue_init(&later);
    gather->work = (Work){ .stmt = stmt->many != NULL ? stmt->many : stmt, .list = gather->list };
    gather->item = (Item){ .work = &gather->work, .gather = gather, .write = queue->first->write };
    while (queue->first != NULL && gather->work.n_list < MOST_KEYS)
        take_one(gather, queue, &later);
    queue_before(queue, &later);
    pipe_push(pipe, &gather->item);
}

static void push_kind(Queue *queue, Pipe *pipe)
{
    while (queue->first != NULL)
        if (queue->first->next == NULL)
            pipe_push(pipe, queue_take(queue));
        else
            push_several(queue, pipe);
}

void gather_push(Gatherings *gatherings, Pipe *pipe)
{
    for (Queue *queue = gatherings->kinds; gatherings->waiting > 0 && queue < gatherings->kinds + MOST_KINDS; queue++)
        push_kind(queue, pipe);
    gatherings->waiting = 0;
}

bool gather_push_reads(Gatherings *gatherings, Pipe *pipe)
{
    const size_t before = gatherings->waiting;

    for (Queue *queue = gatherings->kinds; gatherings->waiting > 0 && queue < gatherings->kinds + MOST_KINDS; queue++)
        if (queue->first != NULL && !queue->first->write) {
            gatherings->waiting -= queue->n;
            push_kind(queue, pipe);
        }
    return gatherings->waiting < before;
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
    if (atomic_fetch_sub(&gather->readers, 1) > 1)
        return;
    PQclear(gather->item.result);
    free(gather);
}

void gather_deal(Item *leader)
{
    Gather *gather = leader->gather;
    const Err err = leader->write && leader->err != OK && leader->err != E_DB_LOST ? E_DB_RETRY : leader->err;

    atomic_init(&gather->readers, 1);
    for (Item *item = queue_take(&gather->items); item != NULL; item = queue_take(&gather->items)) {
        item->err = err;
        if (err == OK) {
            item->gather = gather;
            atomic_fetch_add(&gather->readers, 1);
        }
        waiter_done(&item->waiter);
    }
    release(gather);
}

Err gather_read(Ctx *ctx, Db *db, Item *item)
{
    const PGresult *result = item->gather->item.result;
    Err err = OK;

    for (int row = 0; row < PQntuples(result) && err == OK; row++)
        if (row_is(result, row, item->key)) {
            item->work->changed++;
            err = item->work->cols == NULL ? OK : rows_take(ctx, db, item->work, result, row, row + 1);
        }
    release(item->gather);
    return err;
}
