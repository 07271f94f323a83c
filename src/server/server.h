/* server.h: one process: settings, keys, database, loops, listeners; and the commands that look at the same things. */
#ifndef HECATE_SERVER_H
#define HECATE_SERVER_H

#include "base/base.h"
#include "base/buf.h"

#define HECATE_VERSION "0.1.0"

/* Exit codes of all commands; docs/options.md lists them. */
typedef enum Exit {
    EXIT_OK = 0,
    EXIT_BROKEN = 1,    /* `check` found broken invariants */
    EXIT_USAGE = 64,    /* no such command or flag */
    EXIT_DB = 69,       /* the database cannot be reached, opened or migrated */
    EXIT_INTERNAL = 70, /* none of the others */
    EXIT_LOCKED = 73,   /* another process serves this SQLite file */
    EXIT_IO = 74,       /* a file cannot be read or written */
    EXIT_PORT = 75,     /* a listener's address is taken */
    EXIT_WEAK = 76,     /* a secret is too short or a published sample, and not every listener is on loopback */
    EXIT_LOOSE = 77,    /* a key file or the data directory is open to others, or the user cannot be switched */
    EXIT_CONFIG = 78,   /* unknown variable or key, bad value */
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
Exit command_routes(const Start *start, Buf *why);
Exit command_config(const Start *start, Buf *why);
/* The options' part of --help. */
void server_help(Buf *buf);

#endif
