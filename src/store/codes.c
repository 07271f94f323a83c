/* codes.c: backup codes. */
#include "sql.gen.h"
#include "store/store.h"

enum { MOST_CODES = 100 };

static const Field code_cols[] = {
    UUID(BackupCode, id, "id"),
    UUID(BackupCode, user_id, "user_id"),
    TEXT(BackupCode, digest, "digest", .flags = SECRET),
    TIME(BackupCode, created_at, "created_at"),
    END(BackupCode),
};

Err store_backup_codes(Tx *tx, const char *user_id, List *ret)
{
    const BackupCode key = { .user_id = user_id };

    return db_list(tx, SQL_BACKUP_CODES_LIST, code_cols, &key, code_cols, MOST_CODES, ret);
}

Err store_backup_code_insert(Tx *tx, const BackupCode *code)
{
    return db_exec(tx, SQL_BACKUP_CODE_INSERT, code_cols, code, NULL);
}

Err store_backup_code_use(Tx *tx, const BackupCode *code, bool *used)
{
    int64_t changed;

    TRY(db_exec(tx, SQL_BACKUP_CODE_USE, code_cols, code, &changed));
    *used = changed == 1;
    return OK;
}

Err store_backup_codes_delete(Tx *tx, const char *user_id)
{
    const BackupCode key = { .user_id = user_id };

    return db_exec(tx, SQL_BACKUP_CODES_DELETE, code_cols, &key, NULL);
}
