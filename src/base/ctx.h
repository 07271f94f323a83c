/* ctx.h: what a request carries with it: its arena, its time, its database and its caller (both opaque down here), and
 * the error it may end with. One Ctx belongs to one fiber, or to one command. */
#ifndef HECATE_CTX_H
#define HECATE_CTX_H

#include "arena.h"
#include "base.h"
#include "field.h"

enum { NOWHERE = -1 };

/* Why a call failed, for the dialect's error writer. */
typedef struct Fault {
    Err err;
    const char *text; /* what fail() said, for the caller of the dialect to read, or NULL; never a secret */
    ptrdiff_t at;     /* offset of the member of the input that is at fault, or NOWHERE */
    ptrdiff_t item;   /* index in a list member, or NOWHERE */
    Str name;         /* name of an unknown or repeated member or parameter */
    List reasons;     /* const char *: rules that a password breaks, in order ("length", …) */
    int status;       /* of E_HOOK: what the hook wants answered */
    const void *own;  /* a dialect's own row for it, or NULL */
} Fault;

typedef struct Ctx {
    Arena *arena;
    int64_t now;                       /* µs; taken once, so that all of a request has one time */
    struct Db *db;                     /* db.h */
    const struct Caller *caller;       /* dialect.h */
    const struct Directory *directory; /* directory.h: settings, hash lane */
    void *house;                       /* what the server gives its dialects */
    const char *request_id;            /* NULL: nobody named it */
    const char *ip, *user_agent;       /* of the client, NULL if unknown */
    const char *user_id;               /* of the user acted on, for the log line */
    int64_t events;                    /* audit rows so far: each is a microsecond later than the one before */
    int64_t patience;                  /* µs that the next transaction may wait for those of others, to share their commit (SQLite); else 0 */
    List letters;                      /* const char *: messages for the mail hook that were written, to go out after the commit */
    Fault fault;
} Ctx;

/* A Ctx for a new piece of work. Nothing is taken that must be given back. */
Ctx ctx_new(Arena *arena, struct Db *db);

/* Records why, and returns `err`: `return fail(ctx, E_WEAK_PASSWORD, AT(NewUser, password), "…", …)`. The text, or NULL
 * when the dialect's own sentence says all, lives in the request's arena. */
#define AT(T, member) ((ptrdiff_t)offsetof(T, member))
Err fail(Ctx *ctx, Err err, ptrdiff_t at, const char *format, ...) PRINTF(4, 5);

/* The arena's failure ends the request: set by whoever runs it (see fiber.h). */

#endif
