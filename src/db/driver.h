/* driver.h: what a database driver is: a few functions on one kind of work. */
#ifndef HECATE_DB_DRIVER_H
#define HECATE_DB_DRIVER_H

#include <stdatomic.h>

#include "db/db.h"

/* One statement to run: a row of the table or a built query, with its parameters and what comes back. */
typedef struct Work {
    const Stmt *stmt; /* or NULL */
    const Query *query;
    const char *script; /* or several statements without parameters */
    const Field *param_cols;
    const void *params;
    const struct Work *const *list; /* STMT_LISTS: whose parameters it takes; NULL: its own alone */
    size_t n_list;
    const Field *cols; /* NULL: rows are not read */
    size_t max;
    List rows;
    int64_t changed;
    bool too_many;
    int steps; /* SQLite: 0, or how many it may take */
    bool cut;  /* … and they were not enough */
} Work;

typedef struct Driver {
    Err (*open)(Db *db, Buf *why);
    void (*close)(Db *db);
    Err (*loop_open)(Db *db);
    void (*loop_close)(Db *db);
    Err (*run)(Tx *tx, Work *work);                                                /* in tx->conn, or alone */
    Err (*transaction)(Ctx *ctx, Db *db, Err (*fn)(Tx *tx, void *arg), void *arg); /* one try */
    Err (*copy)(Db *db, const char *path);                                         /* NULL: its own tools do that */
} Driver;

extern const Driver sqlite_driver, postgres_driver;

struct Db {
    DbConfig config;
    const Driver *driver;
    void *state; /* the driver's */
    bool postgres;
    _Atomic unsigned calls, fault_at;
    Err fault;
};

struct Tx {
    Ctx *ctx;
    Db *db;
    void *conn; /* the driver's connection; NULL: each statement alone */
    bool near;  /* a write follows what is read */
};

enum { MOST_TRIES = 5 }; /* of a transaction that the database asks to run again, or that loses its connection */

/* Runs `fn(tx, arg)`, which may fill the request's arena; over its cap it returns E_NOMEM instead of ending the request, so that the caller can
 * tidy up. On any thread. */
Err trapped(Ctx *ctx, Err (*fn)(Tx *tx, void *arg), Tx *tx, void *arg);

bool work_reads(const Work *work);
bool work_slow(const Work *work);
/* The parameter `name` in the field table; aborts if it has none. */
const Field *work_param(const Work *work, const char *name);
/* Err for a unique index's name; E_DB if nobody knows it. */
Err unique_error(const char *index);
/* A new struct for a row, added to work->rows; NULL when there are too many. */
void *work_row(Ctx *ctx, Work *work);

#endif
