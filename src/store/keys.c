/* keys.c: the dialects' keys, and the counts of `hecate check`. */
#include "sql.gen.h"
#include "store/store.h"

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
