/* image.c: bodies of multipart/form-data and the images in them. */
#include "dialect/clerk/internal.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(4 << 20, false);
    Ctx ctx = ctx_new(arena, NULL);
    char *copy = arena_strndup(arena, (const char *)data, size); /* its own memory, so that a byte too far is seen */
    const Str body = { copy, size };
    Str file;

    if (image_type(body) != NULL)
        HOLDS(size >= 30);
    if (clerk_multipart_file(&ctx, STR("multipart/form-data; boundary=b"), body, &file)) {
        HOLDS(file.p >= body.p && file.p + file.n <= body.p + body.n);
        HOLDS(image_type(file) == NULL || file.n >= 30);
    }
    (void)clerk_multipart_file(&ctx, body, STR("--b\r\n\r\n\r\n--b--"), &file); /* the type of the request, too, is anybody's */
    return 0;
}
