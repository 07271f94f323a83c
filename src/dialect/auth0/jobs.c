/* jobs.c: imports, exports and verification mails as jobs (spec/auth0.md 2.12): asked for, looked at, fetched, and the thread that does them. */
#include "dialect/auth0/jobs.h"

#include "base/clock.h"
#include "base/id.h"

const Field job_options[] = {
    TEXT(JobOptions, connection_id, "connection_id", .flags = OMIT_NULL),
    TEXT(JobOptions, connection, "connection", .flags = OMIT_NULL),
    TEXT(JobOptions, external_id, "external_id", .flags = OMIT_NULL),
    TEXT(JobOptions, format, "format", .flags = OMIT_NULL),
    TEXT(JobOptions, user_id, "user_id", .flags = OMIT_NULL),
    TEXT(JobOptions, issuer, "issuer", .flags = OMIT_NULL),
    TEXT(JobOptions, client_id, "client_id", .flags = OMIT_NULL),
    TEXT(JobOptions, identity_id, "identity_id", .flags = OMIT_NULL),
    TEXT(JobOptions, email, "email", .flags = OMIT_NULL),
    JSON(JobOptions, fields, "fields", .flags = OMIT_NULL),
    BOOL(JobOptions, upsert, "upsert", .flags = OMIT_ZERO),
    INT(JobOptions, limit, "limit", .flags = OMIT_ZERO),
    END(JobOptions),
};

const Field export_field[] = {
    TEXT(ExportField, name, "name", .flags = REQUIRED, .min = 1, .max = 100),
    TEXT(ExportField, export_as, "export_as", .min = 1, .max = 100),
    END(ExportField),
};

/* ---- how a job is shown ---- */

typedef struct JobView {
    const char *type, *status, *connection_id, *format, *fields, *summary, *connection, *id, *external_id, *location, *status_details;
    int64_t limit, created_at, percentage_done;
} JobView;

static const Field job_view[] = {
    TEXT(JobView, type, "type"),
    TEXT(JobView, status, "status"),
    TEXT(JobView, connection_id, "connection_id", .flags = OMIT_NULL),
    TEXT(JobView, format, "format", .flags = OMIT_NULL),
    INT(JobView, limit, "limit", .flags = OMIT_ZERO),
    JSON(JobView, fields, "fields", .flags = OMIT_NULL),
    JSON(JobView, summary, "summary", .flags = OMIT_NULL),
    TEXT(JobView, connection, "connection", .flags = OMIT_NULL),
    TIME_ISO(JobView, created_at, "created_at"),
    TEXT(JobView, id, "id"),
    TEXT(JobView, external_id, "external_id", .flags = OMIT_NULL),
    INT(JobView, percentage_done, "percentage_done", .flags = OMIT_ZERO),
    TEXT(JobView, location, "location", .flags = OMIT_NULL),
    TEXT(JobView, status_details, "status_details", .flags = OMIT_NULL),
    END(JobView),
};

static Err read_options(Ctx *ctx, const Job *job, JobOptions *ret)
{
    return json_read(ctx, str_of(job->options), JSON_IGNORE_UNKNOWN, job_options, ret);
}

/* Of a link to a file: the job and the end of its life (s), under the data key. */
static const char *signature_of(Ctx *ctx, const char *id, const char *expires)
{
    const char *text = arena_printf(ctx->arena, "auth0 export %s %s", id, expires);
    Buf buf = buf_in(ctx->arena, 128);
    uint8_t sum[32];
    char *coded = "";

    hmac_sum(HASH_SHA256, (Str){ (const char *)ctx->directory->data_key, DATA_KEY_BYTES }, str_of(text), sum);
    base64_write(&buf, sum, sizeof(sum), true, false);
    IGNORE(buf_text(&buf, &coded)); /* 43 characters */
    return coded;
}

/* `<tenant>.json.gz`, after the first word of the domain. */
static const char *file_name(Ctx *ctx, const char *format)
{
    const char *host = auth0_issuer(ctx) + strlen("https://");

    return arena_printf(ctx->arena, "%.*s.%s.gz", (int)strcspn(host, ".:/["), host, text_eq(format, "csv") ? "csv" : "json");
}

static const char *location_of(Ctx *ctx, const Job *job, const char *format)
{
    const char *expires = arena_printf(ctx->arena, "%lld", (long long)(ctx->now / US_PER_S + LINK_S));

    return arena_printf(ctx->arena, "%sexports/%s/%s?expires=%s&signature=%s", auth0_issuer(ctx), job->id, file_name(ctx, format), expires,
                        signature_of(ctx, job->id, expires));
}

static JobView view_of(Ctx *ctx, const Job *job, const JobOptions *options)
{
    const bool done = text_eq(job->state, "completed"), import = text_eq(job->kind, JOB_IMPORT);
    JobView view = { .type = job->kind,
                     .status = job->state,
                     .connection_id = options->connection_id,
                     .format = options->format,
                     .limit = options->limit,
                     .fields = options->fields,
                     .connection = options->connection,
                     .id = arena_printf(ctx->arena, "job_%s", job->id),
                     .external_id = text_empty(options->external_id) ? NULL : options->external_id,
                     .status_details = job->details,
                     .created_at = job->created_at };

    if (text_eq(job->state, "processing") && job->total > 0)
        view.percentage_done = job->done * 100 / job->total;
    if (import && done)
        view.summary = arena_printf(ctx->arena, "{\"failed\":%lld,\"updated\":%lld,\"inserted\":%lld,\"total\":%lld}", (long long)job->failed,
                                    (long long)job->updated, (long long)job->inserted, (long long)job->total);
    if (text_eq(job->kind, JOB_EXPORT) && done)
        view.location = location_of(ctx, job, options->format);
    return view;
}

static Err reply_job(Ctx *ctx, Reply *reply, int status, const Job *job)
{
    JobOptions options = { 0 };
    JobView view;

    TRY(read_options(ctx, job, &options));
    view = view_of(ctx, job, &options);
    return reply_json(ctx, reply, status, AUTH0_JSON, job_view, &view, JSON_PLAIN);
}

/* ---- asking ---- */

static Err add_job(Ctx *ctx, Job *job, const JobOptions *options, int64_t most)
{
    Buf buf = buf_in(ctx->arena, 64 * 1024);
    int64_t active;
    char *text;
    Err err;

    json_write(&buf, job_options, options, JSON_PLAIN);
    TRY(buf_text(&buf, &text));
    job->options = text;
    err = dir_job_add(ctx, job, most, &active);
    if (err == E_RATE_LIMIT)
        return auth0_say(ctx, 429, "too_many_requests", arena_printf(ctx->arena, "There are %lld active import users jobs", (long long)active));
    return err;
}

/* The connection of an import or an export. */
static Err find_connection(Ctx *ctx, const char *id, Connection **ret)
{
    const Err err = dir_connection_get(ctx, id, ret);

    return err == E_NO_ROW ? auth0_say(ctx, 404, "inexistent_connection", "The connection does not exist") : err;
}

static Err bad_import(Ctx *ctx, const char *message)
{
    return auth0_say(ctx, 400, "invalid_body", message);
}

typedef struct ImportParts {
    Str users, connection_id, upsert, external_id, send_completion_email;
} ImportParts;

static const struct {
    const char *name;
    size_t at;
} part_names[] = {
    { "users", offsetof(ImportParts, users) },
    { "connection_id", offsetof(ImportParts, connection_id) },
    { "upsert", offsetof(ImportParts, upsert) },
    { "external_id", offsetof(ImportParts, external_id) },
    { "send_completion_email", offsetof(ImportParts, send_completion_email) },
};

static Err read_parts(Ctx *ctx, const Req *req, ImportParts *ret)
{
    FormPart parts[16];
    size_t n;

    if (multipart_read(ctx, req_header(req, "content-type"), req->body, parts, COUNTOF(parts), &n) != OK)
        return bad_import(ctx, "Payload validation error: 'Invalid multipart payload format'.");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < COUNTOF(part_names); k++)
            if (str_eq(parts[i].name, str_of(part_names[k].name)))
                *(Str *)(void *)((char *)ret + part_names[k].at) = parts[i].content;
    return OK;
}

static Err read_bool(Ctx *ctx, const char *name, Str text, bool *ret)
{
    *ret = str_eq(text, STR("true"));
    if (text.n == 0 || *ret || str_eq(text, STR("false")))
        return OK;
    return auth0_bad_member(ctx, name, NULL, "Expected type boolean but found type string");
}

static Err check_parts(Ctx *ctx, const ImportParts *parts, JobOptions *options)
{
    bool completion;

    if (parts->users.p == NULL)
        return bad_import(ctx, "Must provide 'users' file as multipart part.");
    if (str_trim(parts->users).n == 0)
        return bad_import(ctx, "Users file must not be empty.");
    if (parts->connection_id.n == 0)
        return bad_import(ctx, "Must provide 'connection_id' as multipart part.");
    if (parts->connection_id.n > 255 || parts->external_id.n > 1024 || !utf8_valid(parts->external_id) || !utf8_valid(parts->connection_id) ||
        memchr(parts->external_id.n == 0 ? "-" : parts->external_id.p, '\0', parts->external_id.n == 0 ? 1 : parts->external_id.n) != NULL)
        return bad_import(ctx, "Payload validation error: 'Invalid multipart payload format'.");
    TRY(read_bool(ctx, "send_completion_email", parts->send_completion_email, &completion));
    options->external_id = parts->external_id.n == 0 ? NULL : str_dup(ctx->arena, parts->external_id);
    return read_bool(ctx, "upsert", parts->upsert, &options->upsert);
}

/* What is no text cannot be stored as one, and is no JSON either. */
static const char *input_of(Ctx *ctx, Str file)
{
    return utf8_valid(file) && memchr(file.p, '\0', file.n) == NULL ? str_dup(ctx->arena, file) : "";
}

Err auth0_users_import(Ctx *ctx, const Req *req, Reply *reply)
{
    JobOptions options = { .issuer = auth0_issuer(ctx) };
    Job job = { .kind = JOB_IMPORT };
    ImportParts parts = { 0 };
    Connection *connection;

    TRY(read_parts(ctx, req, &parts));
    TRY(check_parts(ctx, &parts, &options));
    TRY(find_connection(ctx, str_dup(ctx->arena, parts.connection_id), &connection));
    if (!text_eq(connection->strategy, "auth0"))
        return bad_import(ctx, "Connection must be a database connection.");
    if (auth0_connection_off(connection))
        return bad_import(ctx, "Connection must be enabled.");
    options.connection_id = connection->id;
    options.connection = connection->name;
    job.input = input_of(ctx, parts.users);
    TRY(add_job(ctx, &job, &options, IMPORTS_AT_ONCE));
    return reply_job(ctx, reply, 202, &job);
}

/* Bytes that the body of an import may have; other bodies as their rows say. */
size_t auth0_most_body(const void *settings, const Route *route)
{
    const Auth0Settings *set = settings;

    return route->fn == auth0_users_import ? (size_t)set->import_bytes : route->body;
}

/* ---- exports ---- */

typedef struct ExportIn {
    Given given;
    const char *connection_id, *format;
    int64_t limit;
    List fields;
} ExportIn;
const Field auth0_export_in[] = {
    GIVEN(ExportIn, given),
    TEXT(ExportIn, connection_id, "connection_id", .form = "^con_[A-Za-z0-9]{16}$", .note = "Id of the connection"),
    TEXT(ExportIn, format, "format", .form = "json|csv", .note = "Format of the file"),
    INT(ExportIn, limit, "limit", .min = 1, .note = "Most users in the file"),
    LIST(ExportIn, fields, "fields", export_field, .note = "Fields of the file"),
    END(ExportIn),
};

static Err check_fields(Ctx *ctx, const ExportIn *in)
{
    if (text_eq(in->format, "csv") && in->fields.n > EXPORT_FIELDS)
        return auth0_bad_member(ctx, "fields", "Fields of the file", "Array is too long (%zu), maximum %d", in->fields.n, EXPORT_FIELDS);
    for (size_t i = 0; i < in->fields.n; i++) {
        const ExportField *field = in->fields.v[i];
        const char *name = arena_printf(ctx->arena, "fields[%zu].name", i);

        if (text_empty(field->name))
            return auth0_bad_member(ctx, name, NULL, "String is too short (0 chars), minimum 1");
        if (strpbrk(field->name, ",\"\r\n") != NULL)
            return auth0_bad_member(ctx, name, NULL, "Object didn't pass validation for format field: %.100s", field->name);
    }
    return OK;
}

Err auth0_users_export(Ctx *ctx, const Req *req, Reply *reply)
{
    Job job = { .kind = JOB_EXPORT };
    ExportIn in = { .format = "json" };
    JobOptions options = { 0 };
    Connection *connection;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(check_fields(ctx, &in));
    options = (JobOptions){ .connection_id = in.connection_id, .format = in.format, .limit = in.limit };
    if (in.connection_id != NULL) {
        TRY(find_connection(ctx, in.connection_id, &connection));
        options.connection = connection->name;
    }
    if (HAS(&in, fields)) {
        Buf buf = buf_in(ctx->arena, 64 * 1024);
        char *text;

        json_write_list(&buf, export_field, &in.fields, JSON_PLAIN);
        TRY(buf_text(&buf, &text));
        options.fields = text;
    }
    TRY(add_job(ctx, &job, &options, 0));
    return reply_job(ctx, reply, 200, &job);
}

typedef struct DownloadQuery {
    const char *expires, *signature;
} DownloadQuery;
static const Field download_query[] = { TEXT(DownloadQuery, expires, "expires"), TEXT(DownloadQuery, signature, "signature"), END(DownloadQuery) };

/* Who has the link may read the file, for a minute. */
static bool may_download(Ctx *ctx, const char *id, const DownloadQuery *query)
{
    uint64_t expires;

    return query->expires != NULL && query->signature != NULL && str_to_u64(str_of(query->expires), INT64_MAX / US_PER_S, &expires) &&
           secret_eq(str_of(query->signature), str_of(signature_of(ctx, id, query->expires))) && (int64_t)expires * US_PER_S >= ctx->now;
}

Err auth0_export_download(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id = req_param(ctx, "id");
    DownloadQuery query = { 0 };
    JobOptions options = { 0 };
    List parts = { 0 };
    Job *job;

    TRY(form_read(ctx, req->query, FORM_FIRST | FORM_IGNORE_UNKNOWN, download_query, &query));
    if (strlen(id) > 64 || !may_download(ctx, id, &query))
        return auth0_say(ctx, 403, NULL, "The link is not valid any more: read the job for a new one.");
    if (dir_job_get(ctx, id, &job) != OK)
        return auth0_say(ctx, 404, "inexistent_job", "Job not found.");
    TRY(read_options(ctx, job, &options));
    TRY(dir_job_content(ctx, id, &parts));
    reply->status = 200;
    reply_header(reply, "Content-Type", "application/gzip"); /* and no Content-Encoding: the file is one of gzip */
    reply_headerf(reply, "Content-Disposition", "attachment; filename=\"%s\"", file_name(ctx, options.format));
    reply_header(reply, "X-Content-Type-Options", "nosniff");
    for (size_t i = 0; i < parts.n; i++) {
        const JobPart *part = parts.v[i];
        Str packed;

        if (!base64_read(ctx->arena, str_of(part->content), false, true, &packed))
            return E_INTERNAL;
        buf_str(&reply->body, packed);
    }
    return reply->body.over ? fail(ctx, E_NOMEM, NOWHERE, NULL) : OK;
}

/* ---- looking ---- */

/* An export shows where all users can be read: for that the scope must be the one which begins it. */
static Err load_job(Ctx *ctx, Job **ret)
{
    const char *id = req_param(ctx, "id");
    const Err err = strncmp(id, "job_", 4) == 0 && strlen(id) < 64 ? dir_job_get(ctx, id + 4, ret) : E_NO_ROW;

    if (err == E_NO_ROW)
        return auth0_say(ctx, 404, "inexistent_job", "Job not found.");
    if (err == OK && text_eq((*ret)->kind, JOB_EXPORT) && !auth0_has_scope(ctx, "read:users"))
        return fail(ctx, E_SCOPE, NOWHERE, "Insufficient scope, expected any of: read:users");
    return err;
}

Err auth0_job_get(Ctx *ctx, const Req *req, Reply *reply)
{
    Job *job;

    (void)req;
    TRY(load_job(ctx, &job));
    return reply_job(ctx, reply, 200, job);
}

/* The rows that were refused; of a job that failed as a whole, the job itself; nothing when nothing was refused. */
Err auth0_job_errors(Ctx *ctx, const Req *req, Reply *reply)
{
    List errors = { 0 };
    Job *job;

    (void)req;
    TRY(load_job(ctx, &job));
    if (text_eq(job->state, "failed"))
        return reply_job(ctx, reply, 200, job);
    TRY(dir_job_errors(ctx, job->id, &errors));
    reply->status = errors.n == 0 ? 204 : 200;
    if (errors.n == 0)
        return OK;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    for (size_t i = 0; i < errors.n; i++) {
        buf_puts(&reply->body, i == 0 ? "[" : ",");
        buf_puts(&reply->body, ((const JobError *)errors.v[i])->report);
    }
    buf_char(&reply->body, ']');
    return reply->body.over ? fail(ctx, E_NOMEM, NOWHERE, NULL) : OK;
}

/* ---- verification mails ---- */

Err auth0_verification_email(Ctx *ctx, const Req *req, Reply *reply)
{
    JobOptions options = { .issuer = auth0_issuer(ctx) };
    Job job = { .kind = JOB_VERIFY };
    Auth0TicketIn in = { 0 };
    Auth0TicketFor whom;
    User *user;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(auth0_ticket_user(ctx, &in, &user, &whom));
    if (whom.email == NULL)
        return auth0_say(ctx, 400, "operation_not_supported", "User does not have an email address.");
    options.user_id = user->id;
    options.client_id = in.client_id;
    options.identity_id = whom.identity_id;
    options.email = whom.identity_id == NULL ? NULL : whom.email;
    TRY(add_job(ctx, &job, &options, 0));
    return reply_job(ctx, reply, 201, &job);
}

static Err verify_run(Ctx *ctx, Job *job, const JobOptions *options, const _Atomic bool *stop)
{
    User *user;
    const Auth0TicketFor whom = { .identity_id = options->identity_id, .email = options->email };
    Err err = dir_user_get(ctx, options->user_id, &user);

    (void)stop;
    if (err == OK)
        err = auth0_verify_mail(ctx, user, whom.identity_id == NULL ? NULL : &whom, options->issuer);
    if (err == E_NO_USER)
        return dir_job_end(ctx, job, "The user does not exist.");
    if (err == E_NO_IDENTIFIER)
        return dir_job_end(ctx, job, "User does not have an email address.");
    if (err == E_MAIL_LIMIT)
        return dir_job_end(ctx, job, "Too many messages were sent.");
    TRY(err);
    return dir_job_end(ctx, job, NULL);
}

/* ---- working ---- */

static const struct {
    const char *kind;
    Err (*run)(Ctx *ctx, Job *job, const JobOptions *options, const _Atomic bool *stop);
} kinds[] = {
    { JOB_IMPORT, auth0_import_run },
    { JOB_EXPORT, auth0_export_run },
    { JOB_VERIFY, verify_run },
};

Err auth0_job_work(Ctx *ctx, const _Atomic bool *stop)
{
    JobOptions options = { 0 };
    size_t i = 0;
    Job *job;
    Err err;

    TRY(dir_job_claim(ctx, &job));
    TRY(read_options(ctx, job, &options));
    while (i < COUNTOF(kinds) && !text_eq(kinds[i].kind, job->kind))
        i++;
    err = i < COUNTOF(kinds) ? kinds[i].run(ctx, job, &options, stop) : E_INTERNAL;
    ctx->now = clock_now();
    if (err == E_SHUTDOWN)
        IGNORE(dir_job_leave(ctx, job)); /* if not, its lease ends */
    return err;
}
