/* accept.c: reads texts from standard input, each behind its length in decimal and a newline; prints for each whether
 * json_check() takes it. */
#include "json/json.h"

enum { MOST = 1 << 20 };

static bool next_text(char *text, size_t *n)
{
    char line[32];
    unsigned long length;

    if (fgets(line, sizeof(line), stdin) == NULL)
        return false;
    length = strtoul(line, NULL, 10);
    *n = length;
    return length <= MOST && fread(text, 1, length, stdin) == length;
}

int main(void)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);
    char *text = malloc(MOST);
    size_t n;

    while (text != NULL && next_text(text, &n)) {
        Ctx ctx = ctx_new(arena, NULL);

        if (json_check(&ctx, (Str){ text, n }, JSON_DEPTH) == OK)
            puts("accepted");
        else
            printf("refused: %s\n", ctx.fault.text);
        arena_reset(arena);
    }
    free(text);
    return 0;
}
