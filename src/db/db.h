/* db.h: one face for both stores. A statement is a row of the generated table (tools/sqlgen.awk); its parameters are taken by
 * name from a struct, its columns by name into a struct, both through a field table.
 *
 * A `Tx` is where statements run: `db_auto(ctx)` for one statement alone (reads at once; a write is durable when the call
 * returns), or the one that tx_run() gives its function. All calls may wait; none blocks a loop. */
#ifndef HECATE_DB_H
#define HECATE_DB_H

#include "base/base.h"
#include "base/buf.h"
#include "base/ctx.h"
#include "base/field.h"

typedef struct Db Db;
typedef struct Tx Tx;

typedef enum StmtFlags {
    STMT_READ = 1,    /* changes nothing */
    STMT_SLOW = 2,    /* a list or a search: runs apart, so that it holds up nobody */
    STMT_LISTS = 4,   /* PostgreSQL: each parameter is an array, with a place for each of several that go together */
    STMT_GUARDED = 8, /* SQLite: nothing more is run when the first of its statements changes nothing */
    STMT_LATER = 16,  /* nobody waits for it in a transaction: its error may come with a later statement's answer, or the commit's */
} StmtFlags;

/* One of the statements of which a body for SQLite consists. */
typedef struct StmtPart {
    const char *sql;
    int when; /* it is run: 0: always; n: if parameter $n is true, or not NULL; PART_THEN: if the one before was; PART_ELSE: and changed nothing */
} StmtPart;
enum { PART_THEN = -1, PART_ELSE = -2 };

/* One statement for both databases. Parameters are numbered $1… by first appearance. A `gathered` one (an attribute of its block) gives the rows
 * of one key, its first parameter, which is their first column, too: PostgreSQL's driver may ask for several keys at once by `many`, the same with an
 * array for the key. A gathered write is one with STMT_LISTS itself; it says what it did by its rows, and not by their number. */
typedef struct Stmt {
    const char *name;
    const char *pg;
    const StmtPart *sqlite;    /* one or more, a NULL text at the end; the last one's rows count */
    const char *const *params; /* names for $1…, NULL at the end; the same for all bodies */
    unsigned flags;
    unsigned index; /* its place in the table: drivers keep prepared statements by it */
    const struct Stmt *many;
} Stmt;

/* ---- opening ---- */

typedef struct DbConfig {
    const char *url;   /* "sqlite:PATH" or "postgres://…" (several hosts as libpq reads them) */
    const Stmt *stmts; /* the generated table */
    size_t n_stmts;
    unsigned exclusive; /* PostgreSQL: connections for transactions and slow lists, 4 to 8 */
    unsigned window;    /* PostgreSQL: batches under way, 1 for a local server, 4 for a far one */
    int64_t wait_ms;    /* longest wait for a connection, a lock or an answer */
    bool beside;        /* SQLite: another process may serve the file (commands that look) */
} DbConfig;

/* Opens the database; migrations are a call of their own. E_CONFIG: the URL; E_CONFLICT: another process serves this SQLite file;
 * E_DB: it cannot be reached. `why` gets one line. Loops get their connections by db_loop_open(). Free with db_close(). */
Err db_open(const DbConfig *config, Buf *why, Db **ret);
void db_close(Db *db);
/* On a loop's thread, before its first request, and after its last. */
Err db_loop_open(Db *db);
void db_loop_close(Db *db);
bool db_is_postgres(const Db *db);
/* Answers at once if the database can be read (readiness). May wait. */
Err db_ping(Ctx *ctx);

/* ---- migrations ---- */

typedef struct Migration {
    const char *name; /* "0001_auth" */
    const char *pg, *sqlite;
} Migration;
/* Applies what is missing, in order, each in a transaction, under a lock, and records name and checksum. E_CONFLICT: one that was
 * applied has another checksum, or the database is newer; `why` names it. `*applied` (may be NULL): whether any was missing. */
Err db_migrate(Db *db, const Migration *migrations, size_t n, bool *applied, Buf *why);
/* The embedded database as it is at one moment, into a new file, not synced; others may read and write meanwhile. Blocks. E_DB; E_CONFIG: it is
 * PostgreSQL. */
Err db_copy(Db *db, const char *path);
/* Runs SQL text of several statements (migrations, tests). */
Err db_script(Tx *tx, const char *sql);

/* ---- statements ---- */

/* The auto-commit place of a request. Never NULL. */
Tx *db_auto(Ctx *ctx);
Ctx *tx_ctx(Tx *tx);
bool tx_is_postgres(const Tx *tx);

/* Exactly one row into a new struct of `cols` (E_NO_ROW if there is none; of more the first). `params` is a struct read through
 * `param_cols`. Both may be the same table. Columns without a row in `cols`, and rows without a column, are passed over; a
 * parameter without a row is a programming error and aborts. `*ret` is untouched on failure. */
Err db_one(Tx *tx, const Stmt *stmt, const Field *param_cols, const void *params, const Field *cols, void *ret);
/* All rows, at most `max` (E_TOO_LARGE beyond). */
Err db_list(Tx *tx, const Stmt *stmt, const Field *param_cols, const void *params, const Field *cols, size_t max, List *ret);
/* Runs it; `changed` (or NULL) gets the number of rows changed by the last statement that ran, or, if it gives rows on PostgreSQL, their number. */
Err db_exec(Tx *tx, const Stmt *stmt, const Field *param_cols, const void *params, int64_t *changed);

/* Errors of all three, and of tx_run(): E_DB_LOST (a write that was sent may or may not have happened), E_DB_RETRY (nothing has
 * happened, for others want the same rows; inside tx_run(): return it, the function is run again), E_TIMEOUT, E_SHUTDOWN, E_DB; or what the unique
 * index's name maps to (below). */

/* A statement built at run time: text from allow-listed pieces (store/filter.c), values bound. */
typedef struct Value {
    FieldKind kind; /* F_TEXT, F_UUID, F_INT, F_BOOL, F_TIME, F_DOUBLE */
    const char *text;
    int64_t number;
    double real;
} Value;
typedef struct Query {
    Buf sql; /* $1… stand for values in order */
    Value *values;
    size_t n, size; /* how many there are, and have room */
    bool slow;
    bool brief;  /* though slow, it most often takes a moment: SQLite tries it at once, for so many steps */
    bool steady; /* one plan is good for all values: PostgreSQL keeps it */
} Query;
/* Adds a value and writes its number; too many are a text over its cap. */
void query_value(Arena *arena, Query *query, Value value);
Err db_query(Tx *tx, const Query *query, const Field *cols, size_t max, List *ret);

/* Several statements as one whole. `fn` changes nothing but the database and memory of the request (it may be run again: when
 * PostgreSQL asks for it, at most 5 times with a growing pause; at once when its connection is lost before COMMIT; on SQLite when another transaction
 * of its batch is undone), waits for nothing but its statements, and gets a Tx of its own. An error that it returns undoes all it did, and is
 * returned. OK is returned after the commit is durable. */
Err tx_run(Ctx *ctx, Err (*fn)(Tx *tx, void *arg), void *arg);
/* A read and the one write that follows from it, which must be right though others write in between. On SQLite they are a transaction as above: the
 * writer has in its memory what the writes before changed, which a loop's connection would read anew after each. On PostgreSQL each statement runs
 * alone, gathered with those of others, all on the writer's connection; an error undoes nothing there. */
Err tx_near(Ctx *ctx, Err (*fn)(Tx *tx, void *arg), void *arg);

/* Names of unique indexes and primary keys → error and member; the table is given once by the store. */
typedef struct UniqueRow {
    const char *index;
    Err err;
} UniqueRow;
void db_unique_table(const UniqueRow *rows, size_t n);

/* ---- faults (tests) ---- */

/* The n-th database call from now on fails with this error (0: none). */
void db_fault(Db *db, unsigned nth, Err err);
unsigned db_calls(const Db *db);

#endif
