/* place.c: the database of a target. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "fuzz.h"
#include "store/store.h"

static char path[128], first[160], url[160]; /* the database keeps its url */
static Db *db;

static void open_place(void)
{
    Buf why CLEANUP(buf_free) = buf_heap(1024);

    snprintf(url, sizeof(url), "sqlite:%s", path);
    HOLDS(db_open(&(const DbConfig){ .url = url, .stmts = sql_stmts, .n_stmts = sql_n, .exclusive = 4, .window = 1, .wait_ms = 5000 }, &why, &db) ==
          OK);
    HOLDS(store_migrate(db, NULL, &why) == OK);
}

static void close_place(void)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-lock" };
    char file[160];

    db_close(db);
    for (size_t i = 0; i < COUNTOF(ends); i++) {
        snprintf(file, sizeof(file), "%s%s", path, ends[i]);
        unlink(file);
    }
}

static void leave(void)
{
    close_place();
    unlink(first);
}

Db *place_db(void)
{
    uint8_t sum[32];

    if (db != NULL)
        return db;
    hash_sum(HASH_SHA256, STR(""), sum); /* OpenSSL's end must come after that of the database, whose thread uses it */
    snprintf(path, sizeof(path), "%s/hecate-fuzz-%d.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
    snprintf(first, sizeof(first), "%s-first", path);
    store_init();
    open_place();
    HOLDS(db_copy(db, first) == OK);
    atexit(leave);
    return db;
}

/* libFuzzer's clock interrupts. */
static bool copy_all(int from, int to, off_t n)
{
    while (n > 0) {
        const ssize_t got = sendfile(to, from, NULL, (size_t)n);

        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        n -= got > 0 ? got : 0;
    }
    return true;
}

Db *place_anew(void)
{
    struct stat st;
    int from, to;

    if (db == NULL)
        return place_db();
    close_place();
    from = open(first, O_RDONLY | O_CLOEXEC);
    to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    HOLDS(from >= 0 && to >= 0 && fstat(from, &st) == 0 && copy_all(from, to, st.st_size));
    close(from);
    close(to);
    open_place();
    return db;
}
