/* sqlite_memory.h: where SQLite's memory comes from. */
#ifndef HECATE_DB_SQLITE_MEMORY_H
#define HECATE_DB_SQLITE_MEMORY_H

#include "base/base.h"

/* Before the first connection of the process. */
void sqlite_memory_configure(void);
/* Gives back what the calling thread keeps for its next statements: after work that does not come again. */
void sqlite_memory_trim(void);

#endif
