/* imports.c: a file of users becomes users, some hundred at a time (spec/auth0.md 9). Each row is judged by itself. */
#include "base/clock.h"
#include "dialect/auth0/hashes.h"
#include "dialect/auth0/jobs.h"

enum { CHUNK = 500, CHUNK_CAP = 256 << 20, MOST_HOURS = 2 };

static const UserPolicy import_policy = { .check_password = true, .password_min = 8, .meta_max = 64 * 1024 };

/* ---- the rows (9.1) ---- */

typedef struct FactorIn {
    const char *secret, *value;
} FactorIn;
static const Field totp_fields[] = { TEXT(FactorIn, secret, "secret", .flags = REQUIRED | SECRET), END(FactorIn) };
static const Field value_fields[] = { TEXT(FactorIn, value, "value", .flags = REQUIRED), END(FactorIn) };
typedef struct FactorsIn {
    const FactorIn *totp, *phone, *email;
} FactorsIn;
static const Field factors_fields[] = {
    OBJECT(FactorsIn, totp, "totp", totp_fields),
    OBJECT(FactorsIn, phone, "phone", value_fields),
    OBJECT(FactorsIn, email, "email", value_fields),
    END(FactorsIn),
};

typedef struct RowIn {
    Auth0UserIn user; /* first: its members are this one's */
    const char *password_hash;
    const Auth0Hash *custom;
    List factors;
} RowIn;

static const Field row_fields[] = {
    GIVEN(RowIn, user.given),
    TEXT(RowIn, user.email, "email", .flags = REQUIRED, .form = "email"),
    BOOL(RowIn, user.email_verified, "email_verified"),
    TEXT(RowIn, user.user_id, "user_id", .min = 1, .max = 255, .form = "^\\S*$"),
    TEXT(RowIn, user.username, "username", .min = 1, .max = 128, .form = "username"),
    TEXT(RowIn, user.given_name, "given_name", .min = 1, .max = 150),
    TEXT(RowIn, user.family_name, "family_name", .min = 1, .max = 150),
    TEXT(RowIn, user.name, "name", .min = 1, .max = 300),
    TEXT(RowIn, user.nickname, "nickname", .min = 1, .max = 300),
    TEXT(RowIn, user.picture, "picture", .max = 2048, .form = "strict-uri"),
    TEXT(RowIn, user.phone_number, "phone_number", .form = "^\\+[0-9]{1,15}$"),
    BOOL(RowIn, user.phone_verified, "phone_verified"),
    BOOL(RowIn, user.blocked, "blocked"),
    OBJECT_JSON(RowIn, user.app_metadata, "app_metadata"),
    OBJECT_JSON(RowIn, user.user_metadata, "user_metadata"),
    TEXT(RowIn, password_hash, "password_hash", .flags = SECRET),
    OBJECT(RowIn, custom, "custom_password_hash", auth0_hash),
    LIST(RowIn, factors, "mfa_factors", factors_fields, .min = 1, .max = 10),
    END(RowIn),
};

/* ---- what is wrong with a row ---- */

typedef struct Complaint {
    const char *code, *message, *path;
} Complaint;
static const Field complaint_fields[] = {
    TEXT(Complaint, code, "code"),
    TEXT(Complaint, message, "message"),
    TEXT(Complaint, path, "path", .flags = OMIT_NULL),
    END(Complaint),
};

/* A row under way. */
typedef struct Row {
    const char *text; /* as it was sent */
    bool upsert, again;
    List complaints;
} Row;

static void complain(Ctx *ctx, Row *row, const char *code, const char *path, const char *message)
{
    Complaint *complaint = ARENA_NEW(ctx->arena, Complaint);

    *complaint = (Complaint){ .code = code, .message = message, .path = path };
    list_add(ctx->arena, &row->complaints, complaint);
}

/* The code that goes with a sentence of the validator. */
static const char *code_of(const char *sentence)
{
    static const struct {
        const char *begins, *code;
    } codes[] = {
        { "Expected type", "INVALID_TYPE" },
        { "Object didn't pass", "FORMAT" },
        { "String does not", "PATTERN" },
        { "String is too short", "MIN_LENGTH" },
        { "String is too long", "MAX_LENGTH" },
        { "No enum match", "ENUM_MISMATCH" },
        { "Array is too short", "ARRAY_LENGTH_SHORT" },
        { "Array is too long", "ARRAY_LENGTH_LONG" },
    };

    for (size_t i = 0; i < COUNTOF(codes); i++)
        if (strncmp(sentence, codes[i].begins, strlen(codes[i].begins)) == 0)
            return codes[i].code;
    return "INVALID_TYPE";
}

/* Nobody reads a hash or a secret in a report. */
static const char *hide(Ctx *ctx, const char *doc, const char *key, const char *inner)
{
    const char *value = json_get(ctx->arena, doc, key);

    if (value == NULL || (inner != NULL && value[0] != '{'))
        return doc;
    return json_set(ctx->arena, doc, key, inner == NULL ? "\"*****\"" : inner);
}

static const char *shown(Ctx *ctx, const char *text)
{
    const char *custom = json_get(ctx->arena, text, "custom_password_hash"), *hash;

    if (text[0] != '{')
        return text;
    text = hide(ctx, hide(ctx, text, "password_hash", NULL), "mfa_factors", NULL);
    if (custom == NULL || custom[0] != '{')
        return hide(ctx, text, "custom_password_hash", NULL);
    hash = json_get(ctx->arena, custom, "hash");
    hash = hash == NULL || hash[0] != '{' ? "\"*****\"" : hide(ctx, hide(ctx, hash, "value", NULL), "key", NULL);
    return json_set(ctx->arena, text, "custom_password_hash", json_set(ctx->arena, custom, "hash", hash));
}

static const char *report_of(Ctx *ctx, const Row *row)
{
    Buf buf = buf_in(ctx->arena, 2 << 20);
    char *text = "{}";

    buf_printf(&buf, "{\"user\":%s,\"errors\":", shown(ctx, row->text));
    json_write_list(&buf, complaint_fields, &row->complaints, JSON_PLAIN);
    buf_char(&buf, '}');
    IGNORE(buf_text(&buf, &text)); /* a row is bounded by its file */
    return text;
}

/* What the directory refuses, in the words of a report. */
static const struct {
    Err err;
    const char *code, *path, *message;
} refusals[] = {
    { E_BAD_EMAIL, "FORMAT", "email", "Object didn't pass validation for format email" },
    { E_BAD_PHONE, "FORMAT", "phone_number", "Object didn't pass validation for format phone_number" },
    { E_BAD_USERNAME, "FORMAT", "username", "Object didn't pass validation for format username" },
    { E_BAD_ID, "FORMAT", "user_id", "Object didn't pass validation for format user_id" },
    { E_BAD_HASH, "FORMAT", "custom_password_hash", "The password hash cannot be used" },
    { E_TOO_LONG, "MAX_LENGTH", NULL, "A value is too long" },
    { E_FACTOR_EXISTS, "MFA_FACTORS_FAILED", "mfa_factors", "The second factors cannot be made" },
    { E_FACTOR_NAME_TAKEN, "MFA_FACTORS_FAILED", "mfa_factors", "The second factors cannot be made" },
    { E_EMAIL_TAKEN, "CONFLICT_EMAIL", "email", "Another user has the e-mail address" },
    { E_USERNAME_TAKEN, "CONFLICT_USERNAME", "username", "Another user has the username" },
};

static const char *refuse(Ctx *ctx, const ImportRow *import, Err err)
{
    const bool taken = err == E_EMAIL_TAKEN || err == E_PHONE_TAKEN || err == E_USERNAME_TAKEN || err == E_ID_TAKEN;
    Row row = *(const Row *)import->arg;
    size_t i = 0;

    if (taken && !row.upsert) {
        complain(ctx, &row, "DUPLICATED_USER", NULL, "The user already exist and upsert parameter is false");
        return report_of(ctx, &row);
    }
    while (i < COUNTOF(refusals) && refusals[i].err != err)
        i++;
    if (i < COUNTOF(refusals))
        complain(ctx, &row, refusals[i].code, refusals[i].path, refusals[i].message);
    else
        complain(ctx, &row, "CONFLICT", NULL, taken ? "Another user has the id or the phone number" : "The user cannot be written");
    return report_of(ctx, &row);
}

/* ---- judging ---- */

static void check_array(Ctx *ctx, Row *row, const Field *field, const JsonMember *member)
{
    size_t n = 0;

    if (field->kind != F_LIST || auth0_elements(ctx->arena, str_of(member->text), &n) == NULL)
        return;
    if (n < field->min)
        complain(ctx, row, "ARRAY_LENGTH_SHORT", field->name, arena_printf(ctx->arena, "Array is too short (%zu), minimum %u", n, field->min));
    if (n > field->max)
        complain(ctx, row, "ARRAY_LENGTH_LONG", field->name, arena_printf(ctx->arena, "Array is too long (%zu), maximum %u", n, field->max));
}

static void check_member(Ctx *ctx, Row *row, const JsonMember *member)
{
    const Field *field = field_named(row_fields, str_of(member->name));
    const char *fault = field == NULL ? NULL : auth0_member_fault(ctx, field, member);

    if (field == NULL)
        complain(ctx, row, "OBJECT_ADDITIONAL_PROPERTIES", NULL, arena_printf(ctx->arena, "Additional properties not allowed: %.200s", member->name));
    else if (fault != NULL)
        complain(ctx, row, code_of(fault), field->name, fault);
    else
        check_array(ctx, row, field, member);
}

/* What is wrong further down, in an object of a row. */
static void check_nested(Ctx *ctx, Row *row, Err err)
{
    const bool factors = json_get(ctx->arena, row->text, "mfa_factors") != NULL && json_get(ctx->arena, row->text, "custom_password_hash") == NULL;
    const char *name = ctx->fault.name.n > 0 ? str_dup(ctx->arena, ctx->fault.name) : "";

    if (factors)
        complain(ctx, row, "MFA_FACTORS_FAILED", "mfa_factors", "The second factors are not of their form");
    else if (err == E_UNKNOWN_FIELD)
        complain(ctx, row, "OBJECT_ADDITIONAL_PROPERTIES", "custom_password_hash",
                 arena_printf(ctx->arena, "Additional properties not allowed: %.200s", name));
    else if (err == E_MISSING)
        complain(ctx, row, "OBJECT_REQUIRED", "custom_password_hash", "A required property is missing");
    else
        complain(ctx, row, "INVALID_TYPE", "custom_password_hash", "A property has the wrong type");
}

static Err check_row(Ctx *ctx, Row *row, RowIn *in)
{
    List members = { 0 };
    const char *kind;
    Err err;

    TRY(json_members(ctx, str_of(row->text), &kind, &members));
    if (!text_eq(kind, "object")) {
        complain(ctx, row, "INVALID_TYPE", NULL, arena_printf(ctx->arena, "Expected type object but found type %s", kind));
        return OK;
    }
    for (size_t i = 0; i < members.n; i++)
        check_member(ctx, row, members.v[i]);
    if (json_get(ctx->arena, row->text, "email") == NULL)
        complain(ctx, row, "OBJECT_REQUIRED", NULL, "Missing required property: email");
    if (row->complaints.n > 0)
        return OK;
    err = json_read(ctx, str_of(row->text), 0, row_fields, in);
    if (err != OK && err != E_NOMEM)
        check_nested(ctx, row, err);
    return err == E_NOMEM ? err : OK;
}

static void check_keys(Ctx *ctx, Row *row, const char *name, const char *doc, bool app)
{
    const char *key = auth0_bad_key(ctx, doc, app);

    if (key != NULL)
        complain(ctx, row, "NOT_PASSED", name, arena_printf(ctx->arena, "Invalid property name: %.200s", key));
}

/* bcrypt in one of two forms, or a hash with its description. */
static void take_hash(Ctx *ctx, Row *row, const RowIn *in, const char **ret)
{
    const char *text = in->password_hash;

    if (text != NULL && in->custom != NULL) {
        complain(ctx, row, "NOT_PASSED", NULL, "Data matches schema from 'not'");
    } else if (text != NULL) {
        if ((strncmp(text, "$2a$", 4) != 0 && strncmp(text, "$2b$", 4) != 0) || password_hash_check(str_of(text)) != OK)
            complain(ctx, row, "PATTERN", "password_hash", "String does not match pattern of bcrypt");
        *ret = text;
    } else if (in->custom != NULL && auth0_hash_read(ctx, in->custom, ret) != OK) {
        complain(ctx, row, "FORMAT", "custom_password_hash", ctx->fault.text == NULL ? "The password hash cannot be used" : ctx->fault.text);
    }
}

/* Each is exactly one of three. */
static void take_factors(Ctx *ctx, Row *row, const RowIn *in, ImportRow *out)
{
    out->factors = ARENA_ARRAY(ctx->arena, AccountFactor, in->factors.n + 1);
    for (size_t i = 0; i < in->factors.n; i++) {
        const FactorsIn *one = in->factors.v[i];
        AccountFactor *factor = &out->factors[out->n_factors++];

        *factor = (AccountFactor){ .type = one->totp != NULL    ? "totp"
                                           : one->phone != NULL ? "phone"
                                                                : "email",
                                   .name = arena_printf(ctx->arena, "import-%zu", i + 1),
                                   .secret = one->totp == NULL ? NULL : one->totp->secret,
                                   .phone = one->phone == NULL ? NULL : one->phone->value,
                                   .email = one->email == NULL ? NULL : one->email->value };
        if ((one->totp != NULL) + (one->phone != NULL) + (one->email != NULL) != 1 ||
            (one->totp != NULL &&
             (text_empty(factor->secret) || strspn(factor->secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != strlen(factor->secret))))
            complain(ctx, row, "MFA_FACTORS_FAILED", "mfa_factors", "The second factors are not of their form");
    }
}

/* ---- what it becomes ---- */

#define IN(m) offsetof(Auth0UserIn, m)
#define TO(m) offsetof(UserPatch, m)

/* What an upsert changes (9.1). */
static const struct {
    size_t from, to;
} changed_texts[] = {
    { IN(app_metadata), TO(meta_app) },
    { IN(user_metadata), TO(meta_user) },
    { IN(family_name), TO(family_name) },
    { IN(given_name), TO(given_name) },
    { IN(name), TO(name) },
    { IN(nickname), TO(nickname) },
    { IN(picture), TO(picture) },
};

static void take_patch(const RowIn *in, const char *hash, UserPatch *patch)
{
    *patch = (UserPatch){ .policy = &import_policy, .meta_mode = META_REPLACE, .unconfirm = true, .email_confirmed = in->user.email_verified };
    for (size_t i = 0; i < COUNTOF(changed_texts); i++)
        if (given_has(&in->user.given, changed_texts[i].from)) {
            given_mark(&patch->given, changed_texts[i].to, false);
            memcpy((char *)patch + changed_texts[i].to, (const char *)in + changed_texts[i].from, sizeof(void *));
        }
    if (given_has(&in->user.given, IN(email_verified)))
        SET(patch, email_confirmed);
    patch->password_hash = in->custom == NULL ? NULL : hash;
}

static Err take_row(Ctx *ctx, Row *row, const Connection *connection, ImportRow *out)
{
    const char *hash = NULL;
    RowIn in = { 0 };

    *out = (ImportRow){ .refuse = refuse, .arg = row };
    TRY(check_row(ctx, row, &in));
    if (row->complaints.n == 0) {
        check_keys(ctx, row, "app_metadata", in.user.app_metadata, true);
        check_keys(ctx, row, "user_metadata", in.user.user_metadata, false);
        take_hash(ctx, row, &in, &hash);
        take_factors(ctx, row, &in, out);
    }
    if (row->complaints.n == 0 && row->again)
        complain(ctx, row, "DUPLICATED_USER", NULL, "The user is in the file more than once");
    if (row->complaints.n > 0) {
        out->report = report_of(ctx, row);
        return OK;
    }
    out->user = auth0_new_user_of(ctx, &in.user, connection);
    out->user.policy = &import_policy;
    out->user.password_hash = hash;
    take_patch(&in, hash, &out->patch);
    return OK;
}

/* ---- the file ---- */

typedef struct File {
    Str *rows;
    bool *again; /* a row before it names the same user */
    size_t n;
} File;

typedef struct Key {
    const char *text;
    size_t row;
} Key;

static int compare_keys(const void *a, const void *b)
{
    const Key *x = a, *y = b;
    const int way = strcmp(x->text, y->text);

    return way != 0 ? way : (x->row > y->row) - (x->row < y->row);
}

/* By which one knows a user; each kind apart. */
static const char *const key_names[] = { "email", "user_id", "phone_number", "username" };

static void find_again(Ctx *ctx, File *file)
{
    Key *keys = ARENA_ARRAY(ctx->arena, Key, COUNTOF(key_names) * file->n + 1);
    Arena *scratch CLEANUP(arena_freep) = arena_new(CHUNK_CAP, true);
    size_t n = 0;

    for (size_t i = 0; i < file->n; i++) {
        const char *text = str_dup(scratch, file->rows[i]);

        for (size_t k = 0; k < COUNTOF(key_names) && text[0] == '{'; k++) {
            const char *value = json_get(scratch, text, key_names[k]);

            if (value != NULL)
                keys[n++] = (Key){ arena_printf(ctx->arena, "%zu %s", k, text_lower(scratch, value)), i };
        }
        arena_reset(scratch);
    }
    qsort(keys, n, sizeof(*keys), compare_keys);
    for (size_t i = 1; i < n; i++)
        if (strcmp(keys[i - 1].text, keys[i].text) == 0 && keys[i].row != keys[i - 1].row)
            file->again[keys[i].row] = true;
}

static Err read_file(Ctx *ctx, const char *input, File *file)
{
    TRY(json_check(ctx, str_of(input), JSON_DEPTH));
    file->rows = auth0_elements(ctx->arena, str_of(input), &file->n);
    if (file->rows == NULL)
        return E_BAD_JSON;
    file->again = ARENA_ARRAY(ctx->arena, bool, file->n + 1);
    find_again(ctx, file);
    return OK;
}

/* ---- working ---- */

/* The next rows, in memory of their own. */
static Err run_chunk(Ctx *ctx, Job *job, const File *file, const JobOptions *options, const Connection *connection)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(CHUNK_CAP, true);
    const size_t from = (size_t)job->done, n = file->n - from < CHUNK ? file->n - from : CHUNK;
    ImportRow *rows = ARENA_ARRAY(arena, ImportRow, n);
    Ctx own = *ctx;
    Err err;

    own.arena = arena;
    own.now = clock_now();
    for (size_t i = 0; i < n; i++) {
        Row *row = ARENA_NEW(arena, Row);

        *row = (Row){ .text = str_dup(arena, file->rows[from + i]), .upsert = options->upsert, .again = file->again[from + i] };
        TRY(take_row(&own, row, connection, &rows[i]));
        rows[i].user.created_at = own.now + (int64_t)i; /* they keep their order */
    }
    err = dir_job_import(&own, job, rows, n, options->upsert);
    ctx->now = own.now;
    return err;
}

Err auth0_import_run(Ctx *ctx, Job *job, const JobOptions *options, const _Atomic bool *stop)
{
    Connection *connection;
    File file = { 0 };
    Job counts = *job;
    Err err = dir_connection_get(ctx, options->connection_id, &connection);

    if (err == E_NO_ROW)
        return dir_job_end(ctx, job, "The connection does not exist.");
    TRY(err);
    if (job->created_at + MOST_HOURS * US_PER_HOUR < ctx->now)
        return dir_job_end(ctx, job, "The import took too long.");
    if (read_file(ctx, job->input == NULL ? "" : job->input, &file) != OK)
        return dir_job_end(ctx, job, "Failed to parse users file JSON when importing users. Make sure it is valid JSON.");
    counts.total = (int64_t)file.n;
    while (counts.done < counts.total) {
        *job = counts;
        if (atomic_load(stop))
            return E_SHUTDOWN;
        TRY(run_chunk(ctx, &counts, &file, options, connection));
    }
    *job = counts;
    return dir_job_end(ctx, job, NULL);
}
