/* keys.c: the dialects' keys, and the counts of `hecate check`. */
#include "sql.gen.h"
#include "store/store.h"

enum { MOST_KEYS = 1000 };

static const Field key_cols[] = {
    TEXT(StoredKey, id, "id"),
    TEXT(StoredKey, dialect, "dialect"),
    TEXT(StoredKey, kind, "kind"),
    TEXT(StoredKey, alg, "alg"),
    TEXT(StoredKey, sealed, "sealed", .flags = SECRET),
    TEXT(StoredKey, state, "state"),
    TIME(StoredKey, created_at, "created_at"),
    TIME(StoredKey, retired_at, "retired_at"),
    END(StoredKey),
};

Err store_key_current(Tx *tx, const char *dialect, const char *kind, StoredKey **ret)
{
    const StoredKey key = { .dialect = dialect, .kind = kind };

    return db_one(tx, SQL_KEY_CURRENT, key_cols, &key, key_cols, ret);
}

Err store_key_insert_first(Tx *tx, const StoredKey *key)
{
    return db_exec(tx, SQL_KEY_INSERT_FIRST, key_cols, key, NULL);
}

Err store_key_list(Tx *tx, const char *dialect, const char *kind, List *ret)
{
    const StoredKey key = { .dialect = dialect, .kind = kind };

    return db_list(tx, dialect == NULL ? SQL_KEY_STATES : SQL_KEY_LIST, key_cols, &key, key_cols, MOST_KEYS, ret);
}

Err store_key_turn(Tx *tx, const StoredKey *next, int64_t *changed)
{
    TRY(db_exec(tx, SQL_KEY_TURN_OUT, key_cols, next, NULL));
    return db_exec(tx, SQL_KEY_TURN_IN, key_cols, next, changed);
}

Err store_key_delete(Tx *tx, const char *id, int64_t *changed)
{
    const StoredKey key = { .id = id };

    return db_exec(tx, SQL_KEY_DELETE, key_cols, &key, changed);
}

static const Field check_cols[] = {
    TEXT(CheckRow, name, "name"),
    INT(CheckRow, count, "count"),
    END(CheckRow),
};

Err store_check_invariants(Tx *tx, List *ret)
{
    const CheckRow none = { 0 };

    return db_list(tx, SQL_CHECK_INVARIANTS, check_cols, &none, check_cols, 100, ret);
}
