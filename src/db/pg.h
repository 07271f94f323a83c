/* pg.h: what the files of the PostgreSQL driver share.
 *
 * Every connection is in pipeline mode behind a `Pipe`: statements wait, go out together with one Sync at their end, and their results come
 * back in order. Three kinds of owner drive a pipe (spec/concurrency.md): the loop's reader (pg_reader.c), the process's one writer thread
 * (pg_writer.c), and whoever holds an exclusive connection (pg_pool.c). */
#ifndef HECATE_DB_PG_H
#define HECATE_DB_PG_H

#include <libpq-fe.h>
#include <pthread.h>

#include "db/driver.h"
#include "run/run.h"

/* Types of PostgreSQL's own catalogue (pg_type.dat); they never change. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_JSON = 114,
    OID_JSONS = 199,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_INET = 869,
    OID_BOOLS = 1000,
    OID_TEXTS = 1009,
    OID_INT8S = 1016,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_TIMESTAMPTZS = 1185,
    OID_UUID = 2950,
    OID_UUIDS = 2951,
    OID_JSONB = 3802,
};
/* 2000-01-01T00:00:00Z, where PostgreSQL's times begin. */
#define PG_EPOCH_US ((int64_t)946684800 * 1000000)

/* ---- parameters (pg_bind.c) ---- */

/* The types of a statement's parameters; the same on every connection, known after the first Describe. */
typedef struct Shape {
    int n;
    Oid types[];
} Shape;

/* Parameters in libpq's form; grown as needed, kept with the connection. */
typedef struct Params {
    int n, size;
    Oid *types;
    const char **values;
    int *lengths, *formats;
    char (*cells)[32]; /* room for numbers, times and uuids */
    char **owned;      /* arrays, or NULL */
} Params;

/* Fills `params` for a statement or a query. E_NOMEM, E_BAD_VALUE (a number that its column cannot hold). */
Err params_bind(Params *params, const Work *work, const Shape *shape);
void params_free(Params *params);

/* ---- rows (pg_rows.c) ---- */

/* Which member each column of a statement goes to, for one field table; made once for the process. */
typedef struct Columns {
    struct Columns *next;
    const Field *cols;
    int n;
    const Field *fields[];
} Columns;

/* Reads a result into work->rows and work->changed, in the arena of `ctx`, and frees it. E_NOMEM, E_DB (a type that nobody reads). */
Err rows_read(Ctx *ctx, Db *db, Work *work, PGresult *result);
/* Reads its rows from `first` to before `end` into work->rows. E_NOMEM. */
Err rows_take(Ctx *ctx, Db *db, Work *work, const PGresult *result, int first, int end);

/* ---- connections (pg_conn.c) ---- */

enum { MOST_BUILT = 16 }; /* kept queries of a connection */

typedef struct Prepared {
    uint8_t sent;    /* a Parse is under way or done */
    uint8_t version; /* part of its name: a statement that went stale gets another */
    uint16_t users;  /* items on their way that run it */
} Prepared;

/* A built query that this connection keeps, with the types of its values. */
typedef struct Built {
    Prepared prepared;
    char *sql; /* NULL: none */
    int n;
    Oid *types;
    uint64_t used;    /* Conn.turn of the last time */
    int64_t since_ms; /* planned then */
} Built;

typedef struct Conn {
    PGconn *pg;
    Prepared *prepared;
    Built built[MOST_BUILT];
    uint64_t turn;
    Params params;
} Conn;

/* Connects and sets the session up; blocks, at most wait_ms or so. `lock_ms`: longest wait for a lock. `by_key`: it is for
 * statements that go by a key. E_DB_LOST; `why` (or NULL) gets one line. */
Err conn_open(Db *db, int64_t lock_ms, bool by_key, Buf *why, Conn **ret);
void conn_free(Conn *conn); /* accepts NULL */
/* Is an idle connection still there? Costs one poll(2). */
bool conn_alive(Conn *conn);
/* What a failed result means: the Err; its SQLSTATE stays with the result. Logs what is nobody's fault outside. */
Err pg_error(const PGresult *result, const char *statement);
bool pg_state(const PGresult *result, const char *state);

/* ---- kept queries (pg_built.c) ---- */

/* The place of a query whose values are bound in conn->params: its own, or that of the query that was not used for longest, which `forget` then names
 * ("": it is not prepared). A plan is kept for a minute: it may be of a table that was small. No place is given up while something is on its way that
 * runs its query: whether the server has that is not known yet. NULL: that is so of all. */
Built *built_place(Conn *conn, const char *sql, char forget[24]);
void built_name(char name[24], const Conn *conn, const Built *built);
void built_free(Conn *conn);

/* ---- pipes (pg_pipe.c, pg_answers.c) ---- */

enum { STEP_FORGET = 1, STEP_PREPARE = 2, STEP_DESCRIBE = 4, STEP_RUN = 8 };

/* One statement on its way. Lives in the frame of the one that waits for it. */
typedef struct Item {
    struct Item *next;
    Work *work;          /* a statement or a query */
    const char *command; /* or BEGIN, COMMIT, … */
    bool write;          /* never sent twice */
    bool bound;          /* of the transaction on this connection: goes on no other, and ends with an error of it */
    bool alone;          /* gets a Sync, hence a transaction, of its own */
    bool sync;           /* no statement: the end of a batch */
    bool again;          /* was described or passed over: to be sent again */
    bool ran;
    uint8_t steps, tries;
    Prepared *prepared; /* what it runs on this connection, or NULL */
    Err err;
    PGresult *result; /* of OK; the waiting one's to free */
    struct Gather *gather;
    const char *key; /* of one that goes with others */
    Waiter waiter;
} Item;

typedef struct Queue {
    Item *first, **end;
    size_t n;
} Queue;

enum { MOST_WINDOW = 16, MOST_WAITING = 8192 };

typedef struct Pipe {
    Db *db;
    Conn *conn;          /* NULL: not connected */
    Queue waiting, sent; /* sent holds an Item with `sync` at the end of each batch */
    Queue held;          /* writes whose Sync has not come */
    Queue again;
    Item syncs[MOST_WINDOW];
    unsigned batches, window, next_sync;
    bool holds;       /* writes: answers leave after the Sync */
    bool impatient;   /* a lock that is not free at once: E_DB_RETRY, for the caller to wait for it elsewhere */
    bool failed;      /* an error in the batch that is being read */
    bool unsent;      /* bytes wait for the socket */
    bool open;        /* something was sent since the last Sync */
    int64_t moved_ms; /* when something last went or came */
    int64_t lock_ms;
    bool by_key;                /* conn_open() */
    int64_t retry_ms, pause_ms; /* not before then; the pause between tries */
    void (*answer)(Item *item);
    void (*losing)(struct Pipe *pipe); /* before the connection is freed, or NULL */
} Pipe;

void pipe_init(Pipe *pipe, Db *db, unsigned window, void (*answer)(Item *item));
/* Connects if it is not connected or the server has gone away meanwhile. Blocks. E_DB_LOST: at once, too, when the last try failed a moment ago. */
Err pipe_connect(Pipe *pipe, Buf *why);
void pipe_push(Pipe *pipe, Item *item);
/* Sends it at once where nothing waits; its answer comes with those of the next batch. E_DB_LOST, or what its parameters are refused with. */
Err pipe_append(Pipe *pipe, Item *item);
/* Sends what waits, as the window allows. */
void pipe_send(Pipe *pipe);
/* Reads what has come and answers. */
void pipe_read(Pipe *pipe);
/* One turn for a thread: sends, waits for the socket, reads. A server that says nothing for too long is lost. */
void pipe_turn(Pipe *pipe);
/* May another batch go out now? */
static inline bool pipe_free(const Pipe *pipe)
{
    return pipe->conn != NULL && pipe->batches < pipe->window;
}
static inline bool pipe_idle(const Pipe *pipe)
{
    return pipe->waiting.first == NULL && pipe->sent.first == NULL;
}
/* The connection is gone: reads wait for the next one, once; writes that were sent end with E_DB_LOST. */
void pipe_lost(Pipe *pipe);
/* Answers all that wait. */
void pipe_fail(Pipe *pipe, Err err);
/* Closes the connection of an idle pipe. */
void pipe_close(Pipe *pipe);

/* Between pg_pipe.c and pg_answers.c. */
void queue_init(Queue *queue);
void queue_add(Queue *queue, Item *item);
Item *queue_take(Queue *queue);
void queue_before(Queue *queue, Queue *front); /* puts all of `front` before what is in `queue` */
void item_forget(Item *item);                  /* its result and its error */

/* ---- statements by a key, several as one (pg_gather.c) ---- */

enum { MOST_KINDS = 8 }; /* of gathered statements */

typedef struct Gatherings {
    Queue kinds[MOST_KINDS]; /* items of one statement each */
    size_t waiting;
} Gatherings;

/* Keeps an item that can be asked for together with others; false: it can not. */
bool gather_add(Gatherings *gatherings, Item *item);
/* Gives the pipe all that is kept: one alone as it is, several as one item with a Gather. */
void gather_push(Gatherings *gatherings, Pipe *pipe);
/* Only what is no write. False: there was none. */
bool gather_push_reads(Gatherings *gatherings, Pipe *pipe);
/* Answers the items of one that came back. A write that failed did nothing: each has to run alone (E_DB_RETRY) and ends with its own error. */
void gather_deal(Item *item);
/* Reads an answered item's rows into its work. On the thread that waited for it. */
Err gather_read(Ctx *ctx, Db *db, Item *item);

/* ---- owners ---- */

typedef struct Pool Pool;
typedef struct Writer Writer;

typedef struct State {
    Shape *_Atomic *shapes; /* by Stmt.index */
    Columns *_Atomic *columns;
    Pool *pool;
    Writer *writer;
    Lane *transactions, *slow, *connect;
} State;

/* pg_reader.c: reads of a loop's fibers. */
Err reader_open(Db *db);
void reader_close(Db *db);
bool reader_here(void);
Err reader_run(Ctx *ctx, Db *db, Work *work);

/* pg_writer.c: single writes of the process, and reads by a key that a write follows. */
Err writer_open(Db *db, Writer **ret);
void writer_close(Writer *writer);
/* E_DB_RETRY: nothing happened; run it on an exclusive connection. E_BUSY, E_SHUTDOWN. */
Err writer_run(Ctx *ctx, Writer *writer, Work *work);

/* pg_pool.c: exclusive connections, on the thread that calls. */
Err pool_open(Db *db, unsigned size, Pool **ret);
void pool_close(Pool *pool);
/* One statement, query or script alone. */
Err pool_run(Ctx *ctx, Db *db, Work *work);
/* One try of a transaction. */
Err pool_transaction(Ctx *ctx, Db *db, Err (*fn)(Tx *tx, void *arg), void *arg);
/* One statement in a transaction: `tx->conn` is its pipe. */
Err pool_run_in(Tx *tx, Work *work);
/* Closes what has been idle for a minute. */
void pool_reap(Pool *pool);

#endif
