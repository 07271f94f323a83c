/* trap.c: work on a request's arena that must not be left half-way: over the arena's cap it fails, and its place is tidied up. */
#include <setjmp.h>

#include "db/driver.h"

typedef struct Trap {
    jmp_buf back;
    ArenaFailure failure;
    void *arg;
} Trap;

static void trap_failure(void *arg, size_t size, bool over_cap)
{
    Trap *trap = arg;

    (void)size;
    if (over_cap)
        longjmp(trap->back, 1);
}

Err trapped(Ctx *ctx, Err (*fn)(Tx *tx, void *arg), Tx *tx, void *arg)
{
    Trap trap;
    Err err;

    trap.failure = arena_failure(ctx->arena, &trap.arg);
    if (setjmp(trap.back) == 0) {
        arena_on_failure(ctx->arena, trap_failure, &trap);
        err = fn(tx, arg);
    } else {
        err = E_NOMEM;
    }
    arena_on_failure(ctx->arena, trap.failure, trap.arg);
    return err;
}
