/* place.c: the database of a target. */
#include "place.h"

#include <unistd.h>

#include "fuzz.h"
#include "store/store.h"

static char url[128];
static Db *db;

static void leave(void)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-lock" };
    char file[160];

    db_close(db);
    for (size_t i = 0; i < COUNTOF(ends); i++) {
        snprintf(file, sizeof(file), "%s%s", url + strlen("sqlite:"), ends[i]);
        unlink(file);
    }
}

Db *place_db(void)
{
    Buf why CLEANUP(buf_free) = buf_heap(1024);

    if (db != NULL)
        return db;
    snprintf(url, sizeof(url), "sqlite:%s/hecate-fuzz-%d.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
    store_init();
    HOLDS(db_open(&(const DbConfig){ .url = url, .stmts = sql_stmts, .n_stmts = sql_n, .exclusive = 4, .window = 1, .wait_ms = 5000 }, &why, &db) ==
          OK);
    HOLDS(store_migrate(db, NULL, &why) == OK);
    atexit(leave);
    return db;
}
