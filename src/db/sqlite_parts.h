/* sqlite_parts.h: what SQLite is given of ours: memory, and a file system that writes logs in large pieces and asks the system for fewer locks. */
#ifndef HECATE_DB_SQLITE_PARTS_H
#define HECATE_DB_SQLITE_PARTS_H

#include <sqlite3.h>

#include "base/base.h"

/* Before the first connection of the process. */
void sqlite_memory_configure(void);
/* Gives back what the calling thread keeps for its next statements: after work that does not come again. */
void sqlite_memory_trim(void);
/* Its file system, after all that is configured. */
void sqlite_vfs_configure(void);
/* Between two transactions: what the last one wrote and did not commit is gone. Another process may have written in its place since. */
void sqlite_wal_forget(sqlite3 *db);
/* From now on what this connection's reads lock stays locked for those that come after them: until sqlite_shm_settle(), to be called now and then by
 * whoever shares, for other processes that wait for such a lock. Between two transactions. */
void sqlite_shm_share(sqlite3 *db);
/* Gives back what the process keeps of locks that none of its connections to this database uses. */
void sqlite_shm_settle(sqlite3 *db);

#endif
