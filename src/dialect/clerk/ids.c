/* ids.c: Clerk's ids, computed from the directory's UUIDs and back. The first four bytes guard against ids that were made up. */
#include "base/id.h"
#include "dialect/clerk/internal.h"

enum { CHECK_BYTES = 4, ID_BYTES = CHECK_BYTES + UUID_BYTES, ID_WIDTH = 27 };

static void put_check(uint8_t id[ID_BYTES])
{
    uint8_t sum[32];

    hash_sum(HASH_SHA256, (Str){ (const char *)id + CHECK_BYTES, UUID_BYTES }, sum);
    memcpy(id, sum, CHECK_BYTES);
}

const char *clerk_id(Arena *arena, const char *prefix, const char *uuid)
{
    Buf buf = buf_in(arena, 64);
    uint8_t id[ID_BYTES];
    char *text = "";

    uuid_to_bytes(uuid, id + CHECK_BYTES);
    put_check(id);
    buf_puts(&buf, prefix);
    base62_write(&buf, id, sizeof(id), ID_WIDTH);
    IGNORE(buf_text(&buf, &text)); /* prefixes are short */
    return text;
}

const char *clerk_id_read(Arena *arena, const char *prefix, const char *text)
{
    uint8_t id[ID_BYTES], check[CHECK_BYTES];
    const size_t n = strlen(prefix);

    if (text == NULL || strncmp(text, prefix, n) != 0 || strlen(text + n) != ID_WIDTH || !base62_read(str_of(text + n), id, sizeof(id)))
        return NULL;
    memcpy(check, id, sizeof(check));
    put_check(id);
    return memcmp(check, id, sizeof(check)) == 0 ? uuid_from_bytes(arena, id + CHECK_BYTES) : NULL;
}

Err clerk_read_user_id(Ctx *ctx, const char *text, const char **ret)
{
    *ret = clerk_id_read(ctx->arena, "user_", text);
    return *ret == NULL ? fail(ctx, E_NO_USER, NOWHERE, NULL) : OK;
}
