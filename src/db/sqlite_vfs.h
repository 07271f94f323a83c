/* sqlite_vfs.h: the files of our file system, each with one of the system's own behind it. */
#ifndef HECATE_DB_SQLITE_VFS_H
#define HECATE_DB_SQLITE_VFS_H

#include <sqlite3.h>

#include "base/base.h"

/* SQLite allocates it. */
typedef struct VfsFile {
    sqlite3_file base;
    sqlite3_file *real;
} VfsFile;

/* A log: see sqlite_wal.c. */
typedef struct Wal {
    VfsFile file;
    char *gathered; /* from the first write on until the sync */
    int n;
    sqlite3_int64 at;
    int failed; /* what a write failed with in this transaction: it may not be committed */
} Wal;

/* A database: see sqlite_shm.c. */
typedef struct Shm Shm;
typedef struct Main {
    VfsFile file;
    const char *path; /* SQLite's, while the file is open */
    Shm *shm;         /* once its index is mapped */
    struct Main *next;
    bool shares;     /* its snapshots' locks are of those that stay for a while */
    unsigned shared; /* a bit for each slot that it shares now */
} Main;

static inline sqlite3_file *real_of(sqlite3_file *file)
{
    return ((VfsFile *)file)->real;
}

/* Each puts its own in the place of what would be passed on. */
void sqlite_wal_methods(sqlite3_io_methods *methods);
void sqlite_shm_methods(sqlite3_io_methods *methods);

/* The file of a connection's database or log if it is one of ours, or NULL. */
Main *sqlite_main_of(sqlite3 *db);
Wal *sqlite_wal_of(sqlite3 *db);

#endif
