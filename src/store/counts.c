/* counts.c: kept counts of users, and where a deep page of a list begins: three steps down a tree of times instead of reading all that stands before.
 */
#include "sql.gen.h"
#include "store/filter.h"

enum { BUCKET_SHIFT = 20 }; /* of the finest counts */

typedef struct CountsRow {
    const char *aud;
    bool living, mine, all;
    int64_t skip, way;
    int64_t n, unknown, bucket;
} CountsRow;

static const Field counts_cols[] = {
    TEXT(CountsRow, aud, "aud"),      BOOL(CountsRow, living, "living"),
    BOOL(CountsRow, mine, "mine"),    BOOL(CountsRow, all, "all"),
    INT(CountsRow, skip, "skip"),     INT(CountsRow, way, "way"),
    INT(CountsRow, n, "n"),           INT(CountsRow, unknown, "unknown"),
    INT(CountsRow, bucket, "bucket"), END(CountsRow),
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

Err counts_place(Tx *tx, const UserQuery *in, CountsPlace *ret)
{
    const CountsRow key = { .aud = in->aud, .living = in->living, .skip = in->offset, .way = in->ascending ? 1 : -1 };
    CountsRow *row;

    TRY(db_one(tx, SQL_COUNTS_PLACE, counts_cols, &key, counts_cols, &row));
    *ret = (CountsPlace){
        .at = (in->ascending ? row->bucket : row->bucket + 1) * (1 << BUCKET_SHIFT), .skip = row->skip, .n = row->n, .unknown = row->unknown
    };
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
