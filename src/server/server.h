/* server.h: one process: settings, keys, database, loops, listeners; and the commands that look at the same things. */
#ifndef HECATE_SERVER_H
#define HECATE_SERVER_H

#include "base/base.h"
#include "base/buf.h"

#define HECATE_VERSION "0.1.0"

/* clang-format off */
#define EXIT_LIST(X)                                                                                                         \
    X(EXIT_OK,       0,  "done; for a server: it was told to end, and drained")                                              \
    X(EXIT_BROKEN,   1,  "`check` found broken invariants")                                                                  \
    X(EXIT_USAGE,    64, "there is no such command")                                                                         \
    X(EXIT_DB,       69, "the database cannot be reached, opened, read or migrated")                                         \
    X(EXIT_INTERNAL, 70, "none of the others")                                                                               \
    X(EXIT_LOCKED,   73, "another process serves this SQLite file")                                                          \
    X(EXIT_IO,       74, "a file cannot be read or written")                                                                 \
    X(EXIT_PORT,     75, "the address of a listener is taken")                                                               \
    X(EXIT_WEAK,     76, "a secret is too short or a published sample, and not every listener is on loopback")               \
    X(EXIT_LOOSE,    77, "a key file or the data directory is open to others, or the process cannot become HECATE_USER")     \
    X(EXIT_CONFIG,   78, "an unknown flag, variable or key of a file, or a bad value")
/* clang-format on */

/* Exit codes of all commands. */
typedef enum Exit {
#define EXIT_ENUM(name, code, about) name = code,
    EXIT_LIST(EXIT_ENUM)
#undef EXIT_ENUM
} Exit;

/* How a command was called. */
typedef struct Start {
    int argc;
    char *const *argv; /* flags alone */
    bool dev;          /* throw-away directory, settings that suit tests, lines to paste */
    const char *dir;   /* dev: the directory */
} Start;

/* Serves until SIGTERM or SIGINT; 0 after a drain. A refusal to start is one line in `why` and its code. */
Exit server_run(const Start *start, Buf *why);

/* Commands; each prints its answer. `why` gets the line of a refusal. */
Exit command_serve(const Start *start, Buf *why);
Exit command_dev(const Start *start, Buf *why);
Exit command_check(const Start *start, Buf *why);
Exit command_migrate(const Start *start, Buf *why);
Exit command_backup(const Start *start, Buf *why);
Exit command_restore(const Start *start, Buf *why);
Exit command_keys(const Start *start, Buf *why);
Exit command_routes(const Start *start, Buf *why);
Exit command_config(const Start *start, Buf *why);
/* The options' part of --help. */
void server_help(Buf *buf);

#endif
