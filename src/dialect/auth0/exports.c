/* exports.c: users as a file under gzip: a JSON object a line, or CSV (spec/auth0.md 2.12). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/auth0/gzip.h"
#include "dialect/auth0/jobs.h"
#include "dialect/auth0/search.h"

enum { PAGE = 250, PAGE_CAP = 256 << 20, PART_BYTES = 32 << 20, MOST_EXPORT = 12 << 20 };

/* Without a list a CSV has these columns, and JSON all there is. */
static const char *const default_columns[] = {
    "user_id",      "email",          "email_verified", "name",       "nickname",   "picture", "given_name",   "family_name", "username",
    "phone_number", "phone_verified", "created_at",     "updated_at", "last_login", "last_ip", "logins_count", "blocked",     "identities",
};
static const char dates[] = "created_at updated_at last_login last_password_reset";

typedef struct Export {
    const JobOptions *options;
    List columns;        /* ExportField */
    const Field *fields; /* JSON: the members that are shown */
    bool csv;
    Gzip *gzip;
} Export;

/* ---- which columns ---- */

/* `user_metadata.country` and `identities[0].connection` are of user_metadata and of identities. */
static Str root_of(const char *path)
{
    return (Str){ path, strcspn(path, ".[") };
}

static Err read_columns(Ctx *ctx, Export *export)
{
    const char *roots = "";

    if (export->options->fields != NULL)
        TRY(json_read_list(ctx, str_of(export->options->fields), export_field, &export->columns));
    for (size_t i = 0; i < export->columns.n; i++) {
        const Str root = root_of(((const ExportField *)export->columns.v[i])->name);

        roots = arena_printf(ctx->arena, "%s%s%.*s", roots, *roots == '\0' ? "" : ",", (int)root.n, root.p);
    }
    export->fields = export->columns.n == 0 ? auth0_user : auth0_chosen(ctx, auth0_user, roots, true);
    for (size_t i = 0; export->csv && export->options->fields == NULL && i < COUNTOF(default_columns); i++) {
        ExportField *column = ARENA_NEW(ctx->arena, ExportField);

        *column = (ExportField){ .name = default_columns[i] };
        list_add(ctx->arena, &export->columns, column);
    }
    return OK;
}

/* ---- CSV ---- */

/* Within quotes, with inner ones doubled. A spreadsheet takes what begins with an apostrophe as text. */
static void write_text(Buf *buf, const char *text, bool guarded)
{
    buf_puts(buf, guarded ? "\"'" : "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            buf_char(buf, '"');
        buf_char(buf, *c);
    }
    buf_char(buf, '"');
}

/* A value on its way down a path: its text, and JSON's word for what it is. */
typedef struct Found {
    const char *text, *kind;
} Found;

static Err find_member(Ctx *ctx, Str name, Found *found)
{
    List members = { 0 };
    const char *kind;
    const Found none = { 0 };

    TRY(json_members(ctx, str_of(found->text), &kind, &members));
    *found = none;
    for (size_t i = 0; i < members.n; i++) {
        const JsonMember *member = members.v[i];

        if (str_eq(str_of(member->name), name))
            *found = (Found){ member->text, member->kind };
    }
    return OK;
}

/* An element of an array, which is looked at as if it were the only member of an object. */
static Err find_element(Ctx *ctx, Str index, Found *found)
{
    uint64_t at = 0;
    size_t n = 0;
    const Str *all = auth0_elements(ctx->arena, str_of(found->text), &n);
    const bool there = all != NULL && str_to_u64(index, UINT32_MAX, &at) && at < n;

    if (!there) {
        *found = (Found){ 0 };
        return OK;
    }
    found->text = arena_printf(ctx->arena, "{\"at\":%.*s}", (int)all[at].n, all[at].p);
    return find_member(ctx, STR("at"), found);
}

static Err find_path(Ctx *ctx, const char *doc, const char *path, Found *found)
{
    *found = (Found){ doc, "object" };
    while (*path != '\0' && found->text != NULL) {
        const size_t n = strcspn(path, ".[]");

        if (path[n] == ']') {
            TRY(find_element(ctx, (Str){ path, n }, found));
        } else if (n > 0) {
            TRY(find_member(ctx, (Str){ path, n }, found));
        }
        path += n + (path[n] != '\0');
    }
    return OK;
}

static Err write_cell(Ctx *ctx, Buf *buf, const char *doc, const char *path)
{
    Found found;

    TRY(find_path(ctx, doc, path, &found));
    if (found.text == NULL || text_eq(found.kind, "null"))
        return OK;
    if (text_eq(found.kind, "string") || found.text[0] == '{' || found.text[0] == '[')
        write_text(buf, found.text, !word_in(STR(dates), ' ', str_of(path)));
    else
        buf_puts(buf, found.text);
    return OK;
}

static void write_titles(const Export *export, Buf *buf)
{
    for (size_t i = 0; i < export->columns.n; i++) {
        const ExportField *column = export->columns.v[i];

        buf_puts(buf, i == 0 ? "" : ",");
        write_text(buf, column->export_as == NULL ? column->name : column->export_as, false);
    }
    buf_puts(buf, "\r\n");
}

static Err write_csv(Ctx *ctx, const Export *export, Buf *buf, const User *user)
{
    Buf doc = buf_in(ctx->arena, 4 << 20);
    char *text;

    json_write(&doc, auth0_user, auth0_user_view(ctx, user), JSON_PLAIN);
    TRY(buf_text(&doc, &text));
    for (size_t i = 0; i < export->columns.n; i++) {
        buf_puts(buf, i == 0 ? "" : ",");
        TRY(write_cell(ctx, buf, text, ((const ExportField *)export->columns.v[i])->name));
    }
    buf_puts(buf, "\r\n");
    return OK;
}

static Err write_user(Ctx *ctx, const Export *export, Buf *buf, const User *user)
{
    if (export->csv)
        return write_csv(ctx, export, buf, user);
    json_write(buf, export->fields, auth0_user_view(ctx, user), JSON_PLAIN);
    buf_char(buf, '\n');
    return OK;
}

/* ---- pages ---- */

typedef struct Place {
    char *after_id;
    int64_t after, bytes;
    bool end;
} Place;

/* What was written, packed; pieces are texts in the store. */
static Err add_piece(Ctx *ctx, Job *job, const Export *export, Place *place, const Buf *plain, size_t rows)
{
    Buf packed = buf_in(ctx->arena, PART_BYTES), coded = buf_in(ctx->arena, PART_BYTES);
    char *text;

    TRY(gzip_write(export->gzip, buf_view(plain), place->end, &packed));
    place->bytes += (int64_t)packed.len;
    if (place->bytes > MOST_EXPORT)
        return E_TOO_LARGE;
    base64_write(&coded, packed.data, packed.len, false, true);
    TRY(buf_text(&coded, &text));
    return dir_job_write(ctx, job, text, (int64_t)rows);
}

/* The next users, in memory of their own; `place` is where the next page begins. */
static Err write_page(Ctx *ctx, Job *job, const Export *export, Place *place)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(PAGE_CAP, true);
    UserQuery *query = ARENA_NEW(arena, UserQuery);
    Buf buf = buf_in(arena, PART_BYTES);
    const int64_t left = export->options->limit == 0 ? PAGE : export->options->limit - job->done;
    List users = { 0 };
    Ctx own = *ctx;

    own.arena = arena;
    own.now = clock_now();
    *query = (UserQuery){ .limit = left < PAGE ? left : PAGE,
                          .ascending = true,
                          .parts = USER_WHOLE,
                          .living = true,
                          .after_id = place->after_id,
                          .after_created_at = place->after };
    if (export->options->connection != NULL)
        query->where = search_connection(&own, export->options->connection);
    if (export->csv && job->done == 0)
        write_titles(export, &buf);
    if (query->limit > 0)
        TRY(dir_user_list(&own, query, &users));
    for (size_t i = 0; i < users.n; i++)
        TRY(write_user(&own, export, &buf, users.v[i]));
    if (buf.over)
        return E_TOO_LARGE;
    place->end = users.n < PAGE;
    if (users.n > 0) {
        const User *last = users.v[users.n - 1];

        place->after_id = arena_strdup(ctx->arena, last->id);
        place->after = last->created_at;
    }
    return add_piece(&own, job, export, place, &buf, users.n);
}

Err auth0_export_run(Ctx *ctx, Job *job, const JobOptions *options, const _Atomic bool *stop)
{
    Export export = { .options = options, .csv = text_eq(options->format, "csv"), .gzip = gzip_new(ctx->arena) };
    Place place = { 0 };
    Err err = OK;

    if (export.gzip == NULL)
        return E_INTERNAL;
    TRY(read_columns(ctx, &export));
    if (job->done > 0) /* somebody began and went: where users went meanwhile, too, his pages do not fit */
        TRY(dir_job_restart(ctx, job));
    while (err == OK && !place.end) {
        if (atomic_load(stop))
            return E_SHUTDOWN;
        err = write_page(ctx, job, &export, &place);
    }
    ctx->now = clock_now();
    if (err == E_TOO_LARGE)
        return dir_job_end(ctx, job, "The export is too large: ask for fewer users by connection_id and limit, or for fewer fields.");
    TRY(err);
    return dir_job_end(ctx, job, NULL);
}
