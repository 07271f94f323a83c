/* images.c: pictures of users: files of the data directory, named by a random id, known by their content alone. A file is whole before a user names
 * it. */

#include "base/file.h"
#include "base/id.h"
#include "directory/internal.h"

enum { MOST_SIDE = 4096, MOST_IMAGE = 10 << 20 };

/* ---- what it is ---- */

static uint32_t big(const char *p, size_t n)
{
    uint32_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | (uint8_t)p[i];
    return value;
}

static uint32_t little(const char *p, size_t n)
{
    uint32_t value = 0;

    while (n > 0)
        value = value << 8 | (uint8_t)p[--n];
    return value;
}

typedef struct Sides {
    uint32_t width, height;
} Sides;

/* The frame header of a JPEG stands behind other segments. */
static Sides jpeg_sides(Str image)
{
    size_t at = 2;

    while (at + 9 <= image.n && (uint8_t)image.p[at] == 0xff) {
        const uint8_t marker = (uint8_t)image.p[at + 1];

        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc)
            return (Sides){ big(image.p + at + 7, 2), big(image.p + at + 5, 2) };
        if (big(image.p + at + 2, 2) < 2)
            break;
        at += 2 + big(image.p + at + 2, 2);
    }
    return (Sides){ 0 };
}

static Sides png_sides(Str image)
{
    return memcmp(image.p + 12, "IHDR", 4) == 0 ? (Sides){ big(image.p + 16, 4), big(image.p + 20, 4) } : (Sides){ 0 };
}

static Sides gif_sides(Str image)
{
    return (Sides){ little(image.p + 6, 2), little(image.p + 8, 2) };
}

/* Lossy, lossless, extended. */
static Sides webp_sides(Str image)
{
    const char *chunk = image.p + 12;
    uint32_t bits;

    if (memcmp(image.p + 8, "WEBP", 4) != 0)
        return (Sides){ 0 };
    if (memcmp(chunk, "VP8 ", 4) == 0)
        return (Sides){ little(image.p + 26, 2) & 0x3fff, little(image.p + 28, 2) & 0x3fff };
    if (memcmp(chunk, "VP8X", 4) == 0)
        return (Sides){ little(image.p + 24, 3) + 1, little(image.p + 27, 3) + 1 };
    if (memcmp(chunk, "VP8L", 4) != 0 || image.p[20] != 0x2f)
        return (Sides){ 0 };
    bits = little(image.p + 21, 4);
    return (Sides){ (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1 };
}

static const struct {
    const char *type;
    Str magic;
    Sides (*sides)(Str image);
} kinds[] = {
    { "image/png", STR("\x89PNG\r\n\x1a\n"), png_sides },
    { "image/jpeg", STR("\xff\xd8\xff"), jpeg_sides },
    { "image/gif", STR("GIF87a"), gif_sides },
    { "image/gif", STR("GIF89a"), gif_sides },
    { "image/webp", STR("RIFF"), webp_sides },
};

const char *image_type(Str image)
{
    enum { LEAST_IMAGE = 30 };

    for (size_t i = 0; i < COUNTOF(kinds); i++) {
        Sides sides;

        if (image.n < LEAST_IMAGE || !str_starts(image, kinds[i].magic))
            continue;
        sides = kinds[i].sides(image);
        if (sides.width >= 1 && sides.width <= MOST_SIDE && sides.height >= 1 && sides.height <= MOST_SIDE)
            return kinds[i].type;
    }
    return NULL;
}

/* ---- files ---- */

typedef struct FileJob {
    Arena *arena;
    const char *dir, *id;
    Str image;
} FileJob;

static Err write_file(void *arg)
{
    const FileJob *job = arg;

    return file_put(job->arena, job->dir, job->id, job->image);
}

static Err read_file(void *arg)
{
    FileJob *job = arg;

    return file_take(job->arena, job->dir, job->id, MOST_IMAGE, &job->image);
}

static Err remove_file(void *arg)
{
    const FileJob *job = arg;

    return file_remove(job->arena, job->dir, job->id);
}

static FileJob job_for(Ctx *ctx, const char *id)
{
    return (FileJob){ .arena = ctx->arena, .dir = ctx->directory->images, .id = id };
}

static Err in_lane(Ctx *ctx, Err (*fn)(void *arg), FileJob *job)
{
    return ctx->directory->hash_lane == NULL ? fn(job) : lane_run(ctx->directory->hash_lane, fn, job);
}

/* What nobody names any more may stay behind when this fails: it is not served under another's name. */
void image_forget(Ctx *ctx, const char *id)
{
    FileJob job;

    if (text_empty(id) || ctx->directory->images == NULL || !uuid_valid(str_of(id)))
        return;
    job = job_for(ctx, id);
    IGNORE(in_lane(ctx, remove_file, &job));
}

static Err image_check(Ctx *ctx, Str image)
{
    if (ctx->directory->images == NULL)
        return fail(ctx, E_FEATURE_OFF, NOWHERE, NULL);
    if (image.n > MOST_IMAGE)
        return fail(ctx, E_TOO_LARGE, NOWHERE, NULL);
    return image_type(image) == NULL ? fail(ctx, E_BAD_VALUE, NOWHERE, NULL) : OK;
}

Err image_write(Ctx *ctx, const char *id, Str image)
{
    FileJob job;

    TRY(image_check(ctx, image));
    job = job_for(ctx, id);
    job.image = image;
    return in_lane(ctx, write_file, &job);
}

/* ---- pictures of users ---- */

typedef struct Picture {
    const char *user_id, *id; /* id NULL: none any more */
    const char *before;
    User *after;
} Picture;

static Err set_picture(Tx *tx, void *arg)
{
    Picture *picture = arg;
    User *user;

    TRY(user_load(tx, picture->user_id, &user));
    picture->before = user->image_id;
    user->image_id = picture->id;
    user->has_profile = true;
    TRY(user_save(tx, user));
    return store_user_get(tx, user->id, &picture->after);
}

Err dir_image_put(Ctx *ctx, const char *user_id, Str image, User **ret)
{
    Picture picture = { .user_id = user_id, .id = uuid_new(ctx->arena) };
    Err err;

    TRY(image_check(ctx, image));
    TRY(dir_user_get(ctx, user_id, ret));
    TRY(image_write(ctx, picture.id, image));
    err = tx_run(ctx, set_picture, &picture);
    if (err != OK && err != E_DB_LOST) /* then nobody knows whether the user names it */
        image_forget(ctx, picture.id);
    TRY(err);
    image_forget(ctx, picture.before);
    *ret = picture.after;
    return OK;
}

Err dir_image_delete(Ctx *ctx, const char *user_id, User **ret)
{
    Picture picture = { .user_id = user_id };

    TRY(dir_user_get(ctx, user_id, ret));
    if ((*ret)->image_id == NULL)
        return OK;
    TRY(tx_run(ctx, set_picture, &picture));
    image_forget(ctx, picture.before);
    *ret = picture.after;
    return OK;
}

Err dir_image_read(Ctx *ctx, const char *id, Str *ret)
{
    FileJob job;

    if (ctx->directory->images == NULL || !uuid_valid(str_of(id)))
        return E_NO_ROW;
    job = job_for(ctx, id);
    TRY(in_lane(ctx, read_file, &job));
    *ret = job.image;
    return OK;
}
