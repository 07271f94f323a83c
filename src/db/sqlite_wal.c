/* sqlite_wal.c: SQLite's file system with a write-ahead log that is written in large pieces. SQLite writes each changed page in two calls, a header
 * of 24 bytes and the page; they follow one another, and nobody reads them before the sync that ends the commit. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/sqlite_parts.h"

enum { MOST_GATHERED = 32 * 1024 };

/* A log. The file of the system's own kind stands behind it. */
typedef struct Wal {
    sqlite3_file base;
    char *gathered; /* MOST_GATHERED; from the first write on until the sync */
    int n;
    sqlite3_int64 at;
    int failed; /* what a write failed with in this transaction: it may not be committed */
} Wal;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)((Wal *)file + 1);
}

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

static int wal_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int wal_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int wal_locked(sqlite3_file *file, int *ret)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int wal_control(sqlite3_file *file, int what, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int wal_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int wal_device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static const sqlite3_io_methods wal_methods = { .iVersion = 1, /* a log is neither mapped nor shared memory */
                                                .xClose = wal_close,
                                                .xRead = wal_read,
                                                .xWrite = wal_write,
                                                .xTruncate = wal_truncate,
                                                .xSync = wal_sync,
                                                .xFileSize = wal_size,
                                                .xLock = wal_lock,
                                                .xUnlock = wal_unlock,
                                                .xCheckReservedLock = wal_locked,
                                                .xFileControl = wal_control,
                                                .xSectorSize = wal_sector,
                                                .xDeviceCharacteristics = wal_device };

/* All other files are the system's own from here on. */
static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret)
{
    sqlite3_vfs *system = vfs->pAppData;
    int rc;

    if ((flags & SQLITE_OPEN_WAL) == 0)
        return system->xOpen(system, name, file, flags, ret);
    *(Wal *)file = (Wal){ 0 };
    rc = system->xOpen(system, name, real_of(file), flags, ret);
    if (real_of(file)->pMethods != NULL)
        file->pMethods = &wal_methods;
    return rc;
}

void sqlite_wal_forget(sqlite3 *db)
{
    sqlite3_file *file = NULL;

    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK || file == NULL || file->pMethods != &wal_methods)
        return;
    ((Wal *)file)->n = 0;
    ((Wal *)file)->failed = SQLITE_OK;
}

void sqlite_wal_configure(void)
{
    static sqlite3_vfs vfs;
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);

    if (system == NULL || system == &vfs)
        return;
    vfs = *system;
    vfs.pNext = NULL;
    vfs.zName = "hecate";
    vfs.szOsFile = (int)sizeof(Wal) + system->szOsFile;
    vfs.pAppData = system;
    vfs.xOpen = open_file;
    sqlite3_vfs_register(&vfs, 1);
}
