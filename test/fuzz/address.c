/* address.c: e-mail addresses, phone numbers and durations, as administrators and users type them. */
#include "dialect/gotrue/internal.h"
#include "directory/directory.h"
#include "fuzz.h"

/* Nothing that a header or a line could end with comes out; what came out goes in again and stays the same. */
static void check_email(Ctx *ctx, const char *text)
{
    const char *email, *again;

    if (email_read(ctx, text, &email) != OK)
        return;
    HOLDS(strlen(email) <= 255 && strpbrk(email, " \r\n\t<>\"(),:;[]\\") == NULL);
    HOLDS(email_read(ctx, email, &again) == OK && text_eq(email, again));
}

static void check_phone(Ctx *ctx, const char *text)
{
    const char *phone, *again;

    if (phone_read(ctx, text, &phone) != OK)
        return;
    HOLDS(strlen(phone) >= 2 && strlen(phone) <= 15 && strspn(phone, "0123456789") == strlen(phone));
    HOLDS(phone_read(ctx, phone, &again) == OK && text_eq(phone, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(4 << 20, false);
    Ctx ctx = ctx_new(arena, NULL);
    const char *text = arena_strndup(arena, (const char *)data, size);
    int64_t us;

    check_email(&ctx, text);
    check_phone(&ctx, text);
    HOLDS(duration_read(&ctx, text, &us) == OK || ctx.fault.err == E_BAD_VALUE);
    return 0;
}
