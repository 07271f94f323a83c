/* query.c: query strings, forms and path segments. What comes out is UTF-8 without NUL and no longer than what went in. */
#include "fuzz.h"
#include "json/json.h"

typedef struct In {
    Given given;
    const char *text, *uuid;
    bool yes;
    int64_t n, time, ms;
    Texts texts;
} In;

static const Field in_fields[] = {
    GIVEN(In, given), TEXT(In, text, "a", .max = 16), UUID(In, uuid, "id"),  BOOL(In, yes, "yes"),
    INT(In, n, "n"),  TIME(In, time, "at"),           TIME_MS(In, ms, "ms"), TEXTS(In, texts, "t", .max = 100),
    END(In),
};

static void check_text(const char *text, size_t most)
{
    HOLDS(strlen(text) <= most && utf8_valid(str_of(text)));
}

static void check_form(Ctx *ctx, Str text, unsigned mode)
{
    In in = { 0 };
    const Err err = form_read(ctx, text, mode, in_fields, &in);

    HOLDS(err == OK || (err >= E_BAD_REQUEST && err <= E_TOO_LONG));
    if (in.text != NULL)
        check_text(in.text, 64);
    HOLDS(in.uuid == NULL || strlen(in.uuid) == 36);
    HOLDS(in.texts.n <= 100);
    for (size_t i = 0; i < in.texts.n; i++)
        check_text(in.texts.v[i], text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(16 << 20, false);
    Ctx ctx = ctx_new(arena, NULL);
    const Str text = { (const char *)data, size };
    char *decoded = NULL;

    for (unsigned mode = 0; mode <= (FORM_IGNORE_UNKNOWN | FORM_FIRST); mode++)
        check_form(&ctx, text, mode);
    if (form_value(&ctx, text, "a", &decoded) == OK && decoded != NULL)
        check_text(decoded, size);
    if (path_decode(&ctx, text, &decoded) == OK)
        check_text(decoded, size);
    return 0;
}
