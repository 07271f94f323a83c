/* sqlite_vfs.c: SQLite's file system, in which we do two things otherwise: how a log is written (sqlite_wal.c) and how those who read at once share a
 * lock (sqlite_shm.c). All else is passed on to the system's own. */
#include "db/sqlite_vfs.h"
#include "db/sqlite_parts.h"

static int pass_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int pass_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), p, n, at);
}

static int pass_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xWrite(real_of(file), p, n, at);
}

static int pass_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int pass_sync(sqlite3_file *file, int flags)
{
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int pass_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), ret);
}

static int pass_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int pass_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int pass_locked(sqlite3_file *file, int *ret)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int pass_control(sqlite3_file *file, int what, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int pass_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int pass_device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static const sqlite3_io_methods passing = { .iVersion = 1, /* neither mapped nor shared memory */
                                            .xClose = pass_close,
                                            .xRead = pass_read,
                                            .xWrite = pass_write,
                                            .xTruncate = pass_truncate,
                                            .xSync = pass_sync,
                                            .xFileSize = pass_size,
                                            .xLock = pass_lock,
                                            .xUnlock = pass_unlock,
                                            .xCheckReservedLock = pass_locked,
                                            .xFileControl = pass_control,
                                            .xSectorSize = pass_sector,
                                            .xDeviceCharacteristics = pass_device };

static sqlite3_io_methods wal_methods, main_methods;
static sqlite3_vfs vfs;

/* The greater of ours; the system's own follows it. */
typedef union OurFile {
    Wal wal;
    Main main;
} OurFile;

static int open_file(sqlite3_vfs *self, const char *path, sqlite3_file *file, int flags, int *ret)
{
    sqlite3_vfs *system = self->pAppData;
    OurFile *ours = (OurFile *)file;
    VfsFile *head = (VfsFile *)file;
    int rc;

    if ((flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) == 0)
        return system->xOpen(system, path, file, flags, ret);
    *ours = (OurFile){ 0 };
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0)
        ours->main.path = path;
    head->real = (sqlite3_file *)(ours + 1);
    rc = system->xOpen(system, path, head->real, flags, ret);
    if (head->real->pMethods != NULL)
        file->pMethods = (flags & SQLITE_OPEN_WAL) != 0 ? &wal_methods : &main_methods;
    return rc;
}

static void *file_of(sqlite3 *db, int which, const sqlite3_io_methods *methods)
{
    sqlite3_file *file = NULL;

    if (sqlite3_file_control(db, "main", which, &file) != SQLITE_OK || file == NULL || file->pMethods != methods)
        return NULL;
    return file;
}

Main *sqlite_main_of(sqlite3 *db)
{
    return file_of(db, SQLITE_FCNTL_FILE_POINTER, &main_methods);
}

Wal *sqlite_wal_of(sqlite3 *db)
{
    return file_of(db, SQLITE_FCNTL_JOURNAL_POINTER, &wal_methods);
}

void sqlite_vfs_configure(void)
{
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);

    if (system == NULL || system == &vfs)
        return;
    wal_methods = main_methods = passing;
    sqlite_wal_methods(&wal_methods);
    sqlite_shm_methods(&main_methods);
    vfs = *system;
    vfs.pNext = NULL;
    vfs.zName = "hecate";
    vfs.szOsFile = (int)sizeof(OurFile) + system->szOsFile;
    vfs.pAppData = system;
    vfs.xOpen = open_file;
    sqlite3_vfs_register(&vfs, 1);
}
