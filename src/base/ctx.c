/* ctx.c: making a Ctx, recording a fault. */
#include "ctx.h"

#include <stdarg.h>

#include "clock.h"

Ctx ctx_new(Arena *arena, struct Db *db)
{
    return (Ctx){ .arena = arena, .now = clock_now(), .db = db, .fault = { .at = NOWHERE, .item = NOWHERE } };
}

Err fail(Ctx *ctx, Err err, ptrdiff_t at, const char *format, ...)
{
    char *text = NULL;

    if (format != NULL) {
        char line[1024];
        va_list args;

        va_start(args, format);
        vsnprintf(line, sizeof(line), format, args);
        va_end(args);
        text = arena_strdup(ctx->arena, line);
    }
    ctx->fault = (Fault){ .err = err, .text = text, .at = at, .item = NOWHERE };
    return err;
}
