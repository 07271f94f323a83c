/* waitlist.c: who waits to be invited to the application. */
#include "sql.gen.h"
#include "store/filter.h"

enum { MOST_WAITING = 500 };

static const Field waiting_cols[] = {
    UUID(Waiting, id, "id"),
    TEXT(Waiting, email, "email"),
    TEXT(Waiting, status, "status"),
    TEXT(Waiting, like, "like"),
    TIME(Waiting, created_at, "created_at"),
    TIME(Waiting, updated_at, "updated_at"),
    INT(Waiting, limit, "limit"),
    INT(Waiting, offset, "offset"),
    INT(Waiting, total, "total"),
    END(Waiting),
};

Err store_waiting_page(Tx *tx, const Waiting *query, List *ret)
{
    const Stmt *const orders[][2] = { [WAITING_CREATED] = { SQL_WAITING_BY_CREATION_DOWN, SQL_WAITING_BY_CREATION },
                                      [WAITING_CHANGED] = { SQL_WAITING_BY_CHANGE_DOWN, SQL_WAITING_BY_CHANGE },
                                      [WAITING_EMAIL] = { SQL_WAITING_BY_EMAIL_DOWN, SQL_WAITING_BY_EMAIL } };
    Waiting key = *query;

    if (key.like != NULL)
        key.like = filter_like(tx_ctx(tx)->arena, key.like);
    return db_list(tx, orders[key.sort][key.ascending], waiting_cols, &key, waiting_cols, MOST_WAITING, ret);
}

Err store_waiting_get(Tx *tx, const Waiting *key, Waiting **ret)
{
    return db_one(tx, key->id != NULL ? SQL_WAITING_GET : SQL_WAITING_OF_EMAIL, waiting_cols, key, waiting_cols, ret);
}

Err store_waiting_insert(Tx *tx, const Waiting *row)
{
    return db_exec(tx, SQL_WAITING_INSERT, waiting_cols, row, NULL);
}

static Err change(Tx *tx, const Stmt *stmt, const Waiting *key)
{
    int64_t changed;

    TRY(db_exec(tx, stmt, waiting_cols, key, &changed));
    return changed == 1 ? OK : E_NO_ROW;
}

Err store_waiting_set(Tx *tx, const Waiting *key)
{
    return change(tx, SQL_WAITING_SET, key);
}

Err store_waiting_delete(Tx *tx, const Waiting *key)
{
    return change(tx, SQL_WAITING_DELETE, key);
}
