/* shm.c: the locks of SQLite's shared index: a snapshot lasts, beside checkpoints of this process and of others, and nothing is held for longer than
 * it must. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/sqlite_parts.h"
#include "test.h"

enum { READERS = 4, READS = 200, WRITES = 2000, MOST_WRITES = 100 * WRITES };

typedef struct File {
    char path[64];
} File;

static File new_file(void)
{
    static unsigned n;
    File file;

    sqlite_vfs_configure();
    snprintf(file.path, sizeof(file.path), "%s/hecate-shm-%d-%u.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid(), n++);
    return file;
}

static void remove_file(const File *file)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char path[80];

    for (size_t i = 0; i < COUNTOF(ends); i++) {
        snprintf(path, sizeof(path), "%s%s", file->path, ends[i]);
        unlink(path);
    }
}

static void run(sqlite3 *db, const char *sql)
{
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static sqlite3 *open_db(const File *file)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(file->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, "hecate"), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(db, 10000), SQLITE_OK);
    run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");
    sqlite_shm_share(db);
    return db;
}

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt;
    int64_t ret;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    ret = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return ret;
}

/* A database of one table with one row. */
static sqlite3 *open_table(const File *file)
{
    sqlite3 *db = open_db(file);

    run(db, "CREATE TABLE t (n); INSERT INTO t VALUES (1)");
    return db;
}

static int64_t rows_of(sqlite3 *db)
{
    return number(db, "SELECT count(*) FROM t");
}

static void close_both(const File *file, sqlite3 *one, sqlite3 *other)
{
    sqlite3_close(one);
    sqlite3_close(other);
    remove_file(file);
}

/* The first number that another process prints. */
static int elsewhere(const File *file, const char *sql)
{
    char line[100] = { 0 };
    int out[2], status;
    pid_t child;

    assert_int_equal(pipe(out), 0);
    child = fork();
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        execlp("sqlite3", "sqlite3", "-batch", file->path, sql, NULL);
        _exit(127);
    }
    close(out[1]);
    assert_true(read(out[0], line, sizeof(line) - 1) > 0);
    close(out[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return (int)strtol(line, NULL, 10);
}

/* Another process adds a row, and would like to empty the log: 1 when somebody is in its way. */
static int add_and_empty(const File *file)
{
    return elsewhere(file, "INSERT INTO t VALUES (1); PRAGMA wal_checkpoint(TRUNCATE)");
}

TEST(another_process_waits_for_what_is_read_here_and_no_longer)
{
    const File file = new_file();
    sqlite3 *one = open_table(&file);

    run(one, "BEGIN");
    assert_int_equal(rows_of(one), 1);
    assert_int_equal(add_and_empty(&file), 1);
    assert_int_equal(rows_of(one), 1);
    sqlite_shm_settle(one); /* it is in use */
    assert_int_equal(add_and_empty(&file), 1);
    assert_int_equal(rows_of(one), 1);
    run(one, "COMMIT");
    assert_int_equal(rows_of(one), 3);
    assert_int_equal(add_and_empty(&file), 1); /* it is kept */
    sqlite_shm_settle(one);
    assert_int_equal(add_and_empty(&file), 0);
    assert_int_equal(rows_of(one), 5);
    sqlite3_close(one);
    remove_file(&file);
}

TEST(who_does_not_share_keeps_nothing)
{
    const File file = new_file();
    sqlite3 *one = open_table(&file), *other;

    assert_int_equal(sqlite3_open_v2(file.path, &other, SQLITE_OPEN_READWRITE, "hecate"), SQLITE_OK);
    sqlite_shm_settle(one);
    run(other, "BEGIN");
    assert_int_equal(rows_of(other), 1);
    assert_int_equal(rows_of(one), 1);
    sqlite_shm_settle(one);
    assert_int_equal(add_and_empty(&file), 1);
    assert_int_equal(rows_of(other), 1);
    run(other, "COMMIT");
    assert_int_equal(add_and_empty(&file), 0);
    assert_int_equal(rows_of(one), 3); /* and what one keeps then is not in the way of the other */
    assert_int_equal(number(other, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
    close_both(&file, one, other);
}

TEST(a_file_that_took_the_name_of_another_is_locked_itself)
{
    const File file = new_file(), moved = new_file();
    sqlite3 *one = open_table(&file), *other;

    run(one, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(rows_of(one), 1);
    assert_int_equal(rename(file.path, moved.path), 0);
    remove_file(&file);
    other = open_db(&file);
    run(other, "CREATE TABLE t (n); PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(rows_of(one), 1);
    run(other, "BEGIN");
    assert_int_equal(rows_of(other), 0);
    assert_int_equal(add_and_empty(&file), 1);
    assert_int_equal(rows_of(other), 0);
    close_both(&file, one, other);
    remove_file(&moved);
}

TEST(a_lock_goes_over_to_who_shares_it)
{
    const File file = new_file();
    sqlite3 *one = open_table(&file), *other = open_db(&file);

    run(one, "BEGIN");
    assert_int_equal(rows_of(one), 1);
    run(other, "BEGIN");
    assert_int_equal(rows_of(other), 1);
    sqlite3_close(one);
    sqlite_shm_settle(other);
    assert_int_equal(add_and_empty(&file), 1);
    assert_int_equal(rows_of(other), 1);
    run(other, "COMMIT");
    sqlite_shm_settle(other);
    assert_int_equal(add_and_empty(&file), 0);
    assert_int_equal(rows_of(other), 3);
    sqlite3_close(other);
    assert_int_equal(elsewhere(&file, "SELECT count(*) FROM t"), 3);
    remove_file(&file);
}

TEST(who_keeps_a_lock_does_not_move_what_others_share)
{
    const File file = new_file();
    sqlite3 *one = open_table(&file), *other = open_db(&file);

    assert_int_equal(rows_of(one), 1);
    run(other, "BEGIN");
    assert_int_equal(number(other, "SELECT count(*) FROM sqlite_schema"), 1);
    for (int i = 0; i < 5; i++) {
        run(one, "INSERT INTO t VALUES (1)");
        assert_int_equal(rows_of(one), i + 2);
        (void)number(one, "PRAGMA wal_checkpoint");
    }
    assert_int_equal(rows_of(other), 1);
    run(other, "COMMIT");
    close_both(&file, one, other);
}

TEST(what_is_kept_is_in_nobodys_way_here)
{
    const File file = new_file();
    sqlite3 *one = open_table(&file), *other = open_db(&file);

    assert_int_equal(rows_of(one), 1);
    assert_int_equal(rows_of(other), 1);
    assert_int_equal(number(other, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
    run(other, "BEGIN");
    assert_int_equal(rows_of(other), 1);
    run(one, "INSERT INTO t VALUES (1)");
    sqlite3_busy_timeout(one, 0);
    assert_int_equal(number(one, "PRAGMA wal_checkpoint(TRUNCATE)"), 1);
    assert_int_equal(rows_of(other), 1);
    run(other, "COMMIT");
    assert_int_equal(number(one, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
    close_both(&file, one, other);
}

/* ---- many at once ---- */

typedef struct Crowd {
    File file;
    _Atomic int64_t committed; /* at least this is seen from now on */
    _Atomic bool written;
    _Atomic int reads, wrong;
} Crowd;

/* Ten rows of which the sum never changes, and a count that only grows. */
static void *read_many(void *arg)
{
    Crowd *crowd = arg;
    sqlite3 *db = open_db(&crowd->file);

    for (int i = 0; !atomic_load(&crowd->written); i++) {
        const int64_t before = atomic_load(&crowd->committed);

        if (i % 300 == 299) { /* who keeps a lock may leave */
            sqlite3_close(db);
            db = open_db(&crowd->file);
        }
        run(db, "BEGIN");
        if (number(db, "SELECT n FROM t WHERE id = 0") < before || number(db, "SELECT sum(n) FROM t WHERE id > 0") != 1000 ||
            number(db, "SELECT count(DISTINCT n) FROM u") != 1)
            atomic_fetch_add(&crowd->wrong, 1);
        run(db, "COMMIT");
        atomic_fetch_add(&crowd->reads, 1);
    }
    sqlite3_close(db);
    return NULL;
}

static void write_many(Crowd *crowd, sqlite3 *db)
{
    sqlite3 *third = open_db(&crowd->file);
    char sql[400];

    sqlite3_busy_timeout(third, 0);
    for (int64_t i = 1; i <= WRITES || (atomic_load(&crowd->reads) <= READS && i <= MOST_WRITES); i++) { /* until enough was read beside it */
        snprintf(sql, sizeof(sql),
                 "BEGIN IMMEDIATE; UPDATE t SET n = n - 7 WHERE id = %d; UPDATE t SET n = n + 7 WHERE id = %d; UPDATE t SET n = %lld WHERE id = 0;"
                 "UPDATE u SET n = %lld; COMMIT",
                 (int)(1 + i % 10), (int)(1 + i * 7 % 10), (long long)i, (long long)i);
        run(db, sql);
        atomic_store(&crowd->committed, i);
        if (i % 5 == 0)
            (void)number(third, i % 2 == 0 ? "PRAGMA wal_checkpoint" : "PRAGMA wal_checkpoint(RESTART)");
        if (i % 3 == 0)
            sqlite_shm_settle(db);
    }
    atomic_store(&crowd->written, true);
    sqlite3_close(third);
}

TEST(many_read_whole_snapshots_beside_checkpoints)
{
    Crowd crowd = { .file = new_file() };
    sqlite3 *db = open_db(&crowd.file);
    pthread_t readers[READERS];

    run(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, n); CREATE TABLE u (n, pad)");
    run(db,
        "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10) INSERT INTO t SELECT i, 100 FROM c; INSERT INTO t VALUES (0, 0)");
    run(db, "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20) INSERT INTO u SELECT 0, zeroblob(2000) FROM c");
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_many, &crowd), 0);
    write_many(&crowd, db);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(atomic_load(&crowd.wrong), 0);
    assert_true(atomic_load(&crowd.reads) > READS);
    sqlite3_close(db);
    remove_file(&crowd.file);
}
