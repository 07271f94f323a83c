/* json.c: JSON texts. What is taken is taken by a second reader too, survives writing and reading again, and has one canonical
 * form. */
#include <jansson.h>

#include "fuzz.h"
#include "json/json.h"

typedef struct In {
    Given given;
    const char *a, *uuid, *doc, *object;
    bool yes;
    int64_t n, ms;
    double d;
    Texts texts;
    List list;
} In;

static const Field item_fields[] = { JSON(In, doc, "a"), INT(In, n, "n"), END(In) };

static const Field in_fields[] = {
    GIVEN(In, given),
    TEXT(In, a, "a", .max = 8),
    UUID(In, uuid, "uuid"),
    JSON(In, doc, "doc"),
    OBJECT_JSON(In, object, "o"),
    BOOL(In, yes, "t"),
    INT(In, n, "n"),
    TIME_MS(In, ms, "ms"),
    DOUBLE(In, d, "d"),
    TEXTS(In, texts, "texts"),
    LIST(In, list, "list", item_fields),
    END(In),
};

static char *canon(Arena *arena, const char *doc, JsonStyle style)
{
    Buf buf = buf_in(arena, 1 << 20);
    char *text;

    json_canon(&buf, doc, style);
    HOLDS(buf_text(&buf, &text) == OK);
    return text;
}

static void check_readable(Ctx *ctx, const char *doc)
{
    HOLDS(json_check(ctx, str_of(doc), JSON_DEPTH) == OK);
}

/* The canonical form reads again, is the same when made again, and from either style; merging keeps documents readable. */
static void check_document(Ctx *ctx, const char *doc)
{
    const char *plain = canon(ctx->arena, doc, JSON_PLAIN), *html = canon(ctx->arena, doc, JSON_HTML);

    check_readable(ctx, plain);
    check_readable(ctx, html);
    HOLDS(text_eq(canon(ctx->arena, plain, JSON_PLAIN), plain));
    HOLDS(text_eq(canon(ctx->arena, html, JSON_HTML), html));
    HOLDS(text_eq(canon(ctx->arena, html, JSON_PLAIN), plain));
    HOLDS(text_eq(canon(ctx->arena, plain, JSON_HTML), html));
    HOLDS(json_size(doc) <= strlen(doc) || json_size(doc) == 2);
    for (int mode = MERGE_TOP; mode <= MERGE_REPLACE; mode++)
        check_readable(ctx, json_merge(ctx->arena, doc, "{\"a\":{\"b\":null,\"c\":1},\"n\":null}", (MergeMode)mode));
    check_readable(ctx, json_set(ctx->arena, doc, "a", "[1]"));
    HOLDS(text_eq(json_get(ctx->arena, json_set(ctx->arena, doc, "a", "[1]"), "a"), "[1]"));
}

static void check_fields(Ctx *ctx, Str text)
{
    Buf buf = buf_in(ctx->arena, 1 << 20);
    In in = { 0 }, again = { 0 };

    if (json_read(ctx, text, JSON_IGNORE_UNKNOWN, in_fields, &in) != OK)
        return;
    json_write(&buf, in_fields, &in, JSON_HTML);
    HOLDS(!buf.over);
    HOLDS(json_read(ctx, buf_view(&buf), 0, in_fields, &again) == OK);
    HOLDS(text_eq(in.a, again.a) && in.n == again.n && in.ms / 1000 == again.ms / 1000 && in.texts.n == again.texts.n);
}

/* jansson reads what we take; what it takes we refuse only for depth, or for a NUL, which it passes over behind a number. */
static void check_second_reader(Ctx *ctx, Str text, Err err)
{
    json_t *value = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES, NULL);

    HOLDS(err != OK || value != NULL);
    HOLDS(err == OK || value == NULL || text_eq(ctx->fault.text, "exceeded max depth") || memchr(text.p, '\0', text.n) != NULL);
    json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, false);
    Ctx ctx = ctx_new(arena, NULL);
    const Str text = { (const char *)data, size };
    const Err err = json_check(&ctx, text, JSON_DEPTH);

    check_second_reader(&ctx, text, err);
    if (err == OK) {
        check_document(&ctx, str_dup(arena, text));
        check_fields(&ctx, text);
    } else {
        In in = { 0 };

        HOLDS(json_read(&ctx, text, JSON_IGNORE_UNKNOWN, in_fields, &in) == E_BAD_JSON);
        HOLDS(text_eq(canon(arena, str_dup(arena, text), JSON_PLAIN), "{}") || memchr(data, '\0', size) != NULL);
    }
    return 0;
}
