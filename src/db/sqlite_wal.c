/* sqlite_wal.c: a write-ahead log that is written in large pieces. SQLite writes each changed page in two calls, a header
 * of 24 bytes and the page; they follow one another, and nobody reads them before the sync that ends the commit. */
#include <stdlib.h>
#include <string.h>

#include "db/sqlite_parts.h"
#include "db/sqlite_vfs.h"

enum { MOST_GATHERED = 32 * 1024 };

/* SQLite took what is gathered for written, and might go on after a read that finds out that it was not: all fails until the transaction is over. */
static int flush(sqlite3_file *file)
{
    Wal *wal = (Wal *)file;

    if (wal->failed == SQLITE_OK && wal->n > 0)
        wal->failed = real_of(file)->pMethods->xWrite(real_of(file), wal->gathered, wal->n, wal->at);
    wal->n = 0;
    return wal->failed;
}

static void drop(Wal *wal)
{
    free(wal->gathered);
    wal->gathered = NULL;
}

/* What was not synced is of no commit. */
static int wal_close(sqlite3_file *file)
{
    drop((Wal *)file);
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int wal_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
    const int rc = flush(file);

    return rc != SQLITE_OK ? rc : real_of(file)->pMethods->xRead(real_of(file), p, n, at);
}

static int wal_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
    Wal *wal = (Wal *)file;

    if (wal->n > 0 && (wal->at + wal->n != at || wal->n + n > MOST_GATHERED))
        (void)flush(file);
    if (wal->failed != SQLITE_OK)
        return wal->failed;
    if (wal->gathered == NULL && n <= MOST_GATHERED)
        wal->gathered = malloc(MOST_GATHERED);
    if (wal->gathered == NULL || n > MOST_GATHERED)
        return real_of(file)->pMethods->xWrite(real_of(file), p, n, at);
    if (wal->n == 0)
        wal->at = at;
    memcpy(wal->gathered + wal->n, p, (size_t)n);
    wal->n += n;
    return SQLITE_OK;
}

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    const int rc = flush(file);

    return rc != SQLITE_OK ? rc : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int wal_sync(sqlite3_file *file, int flags)
{
    const int rc = flush(file);

    drop((Wal *)file);
    return rc != SQLITE_OK ? rc : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    const int rc = flush(file);

    return rc != SQLITE_OK ? rc : real_of(file)->pMethods->xFileSize(real_of(file), ret);
}

void sqlite_wal_methods(sqlite3_io_methods *methods)
{
    methods->xClose = wal_close;
    methods->xRead = wal_read;
    methods->xWrite = wal_write;
    methods->xTruncate = wal_truncate;
    methods->xSync = wal_sync;
    methods->xFileSize = wal_size;
}

void sqlite_wal_forget(sqlite3 *db)
{
    Wal *wal = sqlite_wal_of(db);

    if (wal == NULL)
        return;
    wal->n = 0;
    wal->failed = SQLITE_OK;
}
