/* bulk_import.c: the file of users of an import: each row becomes a user or a report. What the database does is replaced. The first byte says
 * whether it is an upsert. Also, the same bytes as a file of gzip written in pieces. Oracles: jansson counts the rows; zlib reads the gzip. */
#include <jansson.h>
#include <zlib.h>

#include "base/clock.h"
#include "dialect/auth0/gzip.h"
#include "dialect/auth0/jobs.h"
#include "fuzz.h"

static const char *input;
static size_t n_rows;
static bool refused;

Err __wrap_dir_connection_get(Ctx *ctx, const char *id, Connection **ret);
Err __wrap_dir_connection_get(Ctx *ctx, const char *id, Connection **ret)
{
    *ret = ARENA_NEW(ctx->arena, Connection);
    (*ret)->id = id;
    (*ret)->name = DEFAULT_CONNECTION;
    (*ret)->strategy = "auth0";
    return OK;
}

Err __wrap_dir_job_end(Ctx *ctx, const Job *job, const char *why);
Err __wrap_dir_job_end(Ctx *ctx, const Job *job, const char *why)
{
    (void)ctx;
    HOLDS(job->done == job->total || why != NULL);
    refused = why != NULL;
    return OK;
}

/* ---- the rows ---- */

/* A report names what is wrong, shows the row, and no hash or secret in it. */
static void check_report(Ctx *ctx, const char *report)
{
    json_t *doc = json_loads(report, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
    const json_t *errors = json_object_get(doc, "errors"), *user = json_object_get(doc, "user");
    const char *hash = json_string_value(json_object_get(user, "password_hash"));
    const char *value = json_string_value(json_object_get(json_object_get(json_object_get(user, "custom_password_hash"), "hash"), "value"));

    HOLDS(json_check(ctx, str_of(report), JSON_DEPTH + 2) == OK && doc != NULL);
    HOLDS(json_array_size(errors) > 0 && json_string_value(json_object_get(json_array_get(errors, 0), "code")) != NULL);
    HOLDS((hash == NULL || text_eq(hash, "*****")) && (value == NULL || text_eq(value, "*****")));
    HOLDS(json_object_get(user, "mfa_factors") == NULL || json_is_string(json_object_get(user, "mfa_factors")));
    json_decref(doc);
}

static void check_row(Ctx *ctx, const ImportRow *row)
{
    static const Err errors[] = { E_EMAIL_TAKEN, E_BAD_EMAIL, E_BAD_HASH, E_USERNAME_TAKEN, E_TOO_LONG, E_FACTOR_EXISTS, E_ID_TAKEN };

    if (row->report != NULL) {
        check_report(ctx, row->report);
        return;
    }
    HOLDS(row->user.email != NULL && row->user.policy != NULL);
    HOLDS(row->user.password_hash == NULL || password_hash_check(str_of(row->user.password_hash)) == OK);
    HOLDS(row->user.meta_app == NULL || json_check(ctx, str_of(row->user.meta_app), JSON_DEPTH) == OK);
    HOLDS(row->user.meta_user == NULL || json_check(ctx, str_of(row->user.meta_user), JSON_DEPTH) == OK);
    HOLDS(row->n_factors <= 10);
    for (size_t i = 0; i < COUNTOF(errors); i++)
        check_report(ctx, row->refuse(ctx, row, errors[i]));
}

Err __wrap_dir_job_import(Ctx *ctx, Job *job, ImportRow *rows, size_t n, bool upsert);
Err __wrap_dir_job_import(Ctx *ctx, Job *job, ImportRow *rows, size_t n, bool upsert)
{
    (void)upsert;
    for (size_t i = 0; i < n; i++)
        check_row(ctx, &rows[i]);
    job->done += (int64_t)n;
    n_rows += n;
    return OK;
}

static void check_import(Ctx *ctx, bool upsert)
{
    const Auth0Settings settings = { .domain = "us.test" };
    Call call = { .settings = &settings };
    const JobOptions options = { .connection_id = "con_1", .upsert = upsert };
    Job job = { .id = "job", .kind = JOB_IMPORT, .input = input, .created_at = ctx->now };
    json_t *doc = json_loads(input, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
    const _Atomic bool stop = false;

    ctx->house = &call;
    n_rows = 0;
    HOLDS(auth0_import_run(ctx, &job, &options, &stop) == OK);
    HOLDS(refused ? n_rows == 0 : json_is_array(doc) && json_array_size(doc) == n_rows);
    json_decref(doc);
}

/* ---- gzip ---- */

static void check_gzip(Arena *arena, Str text, size_t piece)
{
    Gzip *gzip = gzip_new(arena);
    Buf packed = buf_in(arena, 1 << 20);
    uint8_t *out = arena_alloc(arena, text.n + 1);
    z_stream z = { 0 };
    size_t at = 0;

    while (at < text.n) {
        const size_t n = text.n - at < piece ? text.n - at : piece;

        HOLDS(gzip_write(gzip, (Str){ text.p + at, n }, false, &packed) == OK);
        at += n;
    }
    HOLDS(gzip_write(gzip, (Str){ "", 0 }, true, &packed) == OK && packed.len > 0);
    HOLDS(inflateInit2(&z, 15 + 16) == Z_OK);
    z.next_in = (Bytef *)packed.data;
    z.avail_in = (uInt)packed.len;
    z.next_out = out;
    z.avail_out = (uInt)text.n + 1;
    HOLDS(inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0 && z.total_out == text.n && memcmp(out, text.p, text.n) == 0);
    inflateEnd(&z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(256 << 20, false);
    Ctx ctx = ctx_new(arena, NULL);
    Str text;

    if (size < 2)
        return 0;
    text = (Str){ (const char *)data + 1, size - 1 };
    input = str_dup(arena, text);
    if (utf8_valid(text) && memchr(text.p, '\0', text.n) == NULL)
        check_import(&ctx, (data[0] & 1) != 0);
    if ((data[0] & 6) == 0)
        check_gzip(arena, text, 1 + (data[0] >> 3));
    return 0;
}
