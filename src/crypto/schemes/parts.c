/* parts.c: the parts that texts of hashes are made of, after the PHC string format. */
#include "crypto/schemes/schemes.h"

bool part_number(Str *list, const char *name, uint64_t max, uint64_t *ret)
{
    Str part = str_cut(list, ',');
    const Str found = str_cut(&part, '=');

    return part.p != NULL && str_eq(found, str_of(name)) && str_to_u64(part, max, ret);
}

bool part_base64(Arena *arena, Str text, size_t least, size_t most, Str *ret)
{
    return text.n <= 2 * most + 2 && base64_read(arena, text, false, false, ret) && ret->n >= least && ret->n <= most;
}

char *part_text(Arena *arena, Str bytes)
{
    Buf buf = buf_in(arena, 2 * bytes.n + 4);
    char *text;

    base64_write(&buf, bytes.p, bytes.n, false, false);
    return buf_text(&buf, &text) == OK ? text : arena_strdup(arena, "");
}
