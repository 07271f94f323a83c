/* counts.c: kept counts of users: of all, of those made between two times, and where a deep page of a list begins: four steps down a tree of
 * times instead of reading all that stands before. */
#include "sql.gen.h"
#include "store/filter.h"

/* Buckets: of the coarsest counts, a step, and of the finest; the one of those whose time is not known. */
enum { ROOT_SHIFT = 41, LEVEL_SHIFT = 7, BUCKET_SHIFT = 20, UNKNOWN = -0x200000 };
#define NEVER (-((int64_t)0x1fffff << ROOT_SHIFT)) /* behind those */
#define EVER ((int64_t)1 << 62)

typedef struct CountsRow {
    const char *aud;
    bool living, mine, all;
    int64_t offset, skip, way, shift, parent;
    int64_t n, unknown, bucket;
    int64_t low, high, low_second, high_second, low_at, high_at;
} CountsRow;

static const Field counts_cols[] = {
    TEXT(CountsRow, aud, "aud"),
    BOOL(CountsRow, living, "living"),
    BOOL(CountsRow, mine, "mine"),
    BOOL(CountsRow, all, "all"),
    INT(CountsRow, offset, "offset"),
    INT(CountsRow, skip, "skip"),
    INT(CountsRow, way, "way"),
    INT(CountsRow, shift, "shift"),
    INT(CountsRow, parent, "parent"),
    INT(CountsRow, n, "n"),
    INT(CountsRow, unknown, "unknown"),
    INT(CountsRow, bucket, "bucket"),
    INT(CountsRow, low, "low"),
    INT(CountsRow, high, "high"),
    TIME(CountsRow, low_second, "low_second"),
    TIME(CountsRow, low_at, "low_at"),
    TIME(CountsRow, high_second, "high_second"),
    TIME(CountsRow, high_at, "high_at"),
    END(CountsRow),
};

Err counts_total(Tx *tx, const UserQuery *in, int64_t *n, int64_t *unknown)
{
    const CountsRow key = { .aud = in->aud, .living = in->living };
    CountsRow *row;

    TRY(db_one(tx, SQL_COUNTS_TOTAL, counts_cols, &key, counts_cols, &row));
    *n = row->n;
    *unknown = row->unknown;
    return OK;
}

static int64_t second_of(int64_t at)
{
    return at & ~(((int64_t)1 << BUCKET_SHIFT) - 1);
}

/* Those made before a time: whole buckets up to its second, and of that the users themselves. */
Err counts_between(Tx *tx, const UserQuery *in, int64_t *n, int64_t *unknown)
{
    CountsRow key = { .aud = in->aud, .living = in->living, .low = NEVER, .high = EVER };
    CountsRow *row;

    if (in->created_after != 0) {
        key.low = key.low_at = in->created_after + 1;
        key.low_second = second_of(key.low);
    }
    if (in->created_before != 0) {
        key.high = key.high_at = in->created_before;
        key.high_second = second_of(key.high);
    }
    TRY(db_one(tx, SQL_COUNTS_BETWEEN, counts_cols, &key, counts_cols, &row));
    *n = row->n < 0 ? 0 : row->n; /* the later one is first */
    *unknown = row->unknown;
    return OK;
}

/* Which of the buckets holds the user who has key->skip before it; key->skip is then counted from its begin. False: there are not so many. */
static bool find(const List *rows, bool ascending, CountsRow *key)
{
    for (size_t i = 0; i < rows->n; i++) {
        const CountsRow *row = rows->v[ascending ? i : rows->n - 1 - i];

        if (key->skip < row->n) {
            key->bucket = row->bucket;
            return true;
        }
        key->skip -= row->n;
    }
    return false;
}

static void sum_up(const List *rows, CountsRow *key)
{
    for (size_t i = 0; i < rows->n; i++) {
        const CountsRow *row = rows->v[i];

        key->n += row->n;
        key->unknown += row->bucket == UNKNOWN ? row->n : 0;
    }
    key->skip = key->offset < key->n ? key->offset : key->n - 1;
}

static Err place_by_steps(Tx *tx, CountsRow *key)
{
    List rows = { 0 };

    TRY(db_list(tx, SQL_COUNTS_ROOTS, counts_cols, key, counts_cols, SIZE_MAX, &rows));
    sum_up(&rows, key);
    key->shift = ROOT_SHIFT;
    while (key->n > 0 && find(&rows, key->way > 0, key)) {
        if (key->shift == BUCKET_SHIFT)
            return OK;
        key->shift -= LEVEL_SHIFT;
        key->parent = key->bucket;
        TRY(db_list(tx, SQL_COUNTS_WITHIN, counts_cols, key, counts_cols, SIZE_MAX, &rows));
    }
    return E_NO_ROW;
}

Err counts_place(Tx *tx, const UserQuery *in, CountsPlace *ret)
{
    CountsRow key = { .aud = in->aud, .living = in->living, .offset = in->offset, .way = in->ascending ? 1 : -1 }, *row = &key;

    if (tx_is_postgres(tx))
        TRY(db_one(tx, SQL_COUNTS_PLACE, counts_cols, &key, counts_cols, &row));
    else
        TRY(place_by_steps(tx, row));
    *ret = (CountsPlace){ .at = (in->ascending ? row->bucket : row->bucket + 1) * (1 << BUCKET_SHIFT),
                          .skip = row->skip + (in->offset < row->n ? 0 : in->offset - (row->n - 1)),
                          .n = row->n,
                          .unknown = row->unknown };
    return OK;
}

/* ---- PostgreSQL: changes go into the counts ---- */

static Err fold(Tx *tx, void *arg)
{
    const CountsRow *key = arg;
    CountsRow *row;

    if (key->all) /* all of a million users take longer than a statement may */
        TRY(db_script(tx, "SET LOCAL statement_timeout = 0"));
    TRY(db_one(tx, SQL_COUNTS_LOCK, counts_cols, key, counts_cols, &row));
    if (!row->mine)
        return OK;
    return key->all ? db_script(tx, SQL_COUNTS_RECOUNT->pg) : db_exec(tx, SQL_COUNTS_FOLD, counts_cols, key, NULL);
}

Err store_counts_fold(Ctx *ctx, bool all)
{
    CountsRow key = { .all = all };

    return db_is_postgres(ctx->db) ? tx_run(ctx, fold, &key) : OK;
}
