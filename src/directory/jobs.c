/* jobs.c: work behind a request's back. What is done stands in one transaction with the count of it, so that nothing is done twice or left out. */
#include "directory/jobs.h"

#include "base/clock.h"
#include "base/id.h"
#include "directory/internal.h"
#include "store/jobs.h"

enum { LEASE_S = 15, DAY_S = 86400 };

static int64_t lease(const Ctx *ctx)
{
    return ctx->now + LEASE_S * US_PER_S;
}

/* ---- asking for work ---- */

typedef struct Adding {
    JobKey key;
    int64_t most, active;
} Adding;

/* The lock keeps two that ask at once from both being the last one that may. */
static Err add_job(Tx *tx, void *arg)
{
    Adding *adding = arg;

    if (adding->most > 0) {
        TRY(store_address_lock(tx, adding->key.job.kind));
        TRY(store_job_active(tx, adding->key.job.kind, &adding->active));
        if (adding->active >= adding->most)
            return fail(tx_ctx(tx), E_RATE_LIMIT, NOWHERE, NULL);
    }
    TRY(store_job_insert(tx, &adding->key));
    return adding->key.content == NULL ? OK : store_job_write(tx, JOB_PART, &adding->key, NULL);
}

Err dir_job_add(Ctx *ctx, Job *job, int64_t most, int64_t *active)
{
    Adding adding = { .key = { .job = *job, .next_at = ctx->now, .nth = JOB_INPUT, .content = job->input }, .most = most };
    Err err;

    adding.key.job.id = random_text(ctx->arena, 16, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    adding.key.job.created_at = ctx->now;
    adding.key.job.state = "pending";
    err = tx_run(ctx, add_job, &adding);
    *active = adding.active;
    TRY(err);
    if (ctx->directory->job_wake != NULL)
        ctx->directory->job_wake(ctx->directory->job_wake_arg);
    *job = adding.key.job;
    return OK;
}

Err dir_job_get(Ctx *ctx, const char *id, Job **ret)
{
    return store_job_get(db_auto(ctx), id, ret);
}

Err dir_job_errors(Ctx *ctx, const char *id, List *ret)
{
    return store_job_errors(db_auto(ctx), id, ret);
}

Err dir_job_content(Ctx *ctx, const char *id, List *ret)
{
    return store_job_parts(db_auto(ctx), id, ret);
}

/* ---- working ---- */

Err dir_job_open(Ctx *ctx)
{
    const JobKey key = { .now = ctx->now };

    return tx_is_postgres(db_auto(ctx)) ? OK : store_job_write(db_auto(ctx), JOB_RELEASE, &key, NULL);
}

static Err sweep(Ctx *ctx)
{
    const JobKey old = { .job.created_at = ctx->now - DAY_S * US_PER_S };
    const TicketKey over = { .now = ctx->now };

    TRY(store_job_write(db_auto(ctx), JOB_SWEEP, &old, NULL));
    return store_ticket_write(db_auto(ctx), TICKET_SWEEP, &over, NULL);
}

Err dir_job_claim(Ctx *ctx, Job **ret)
{
    Job *job;
    Err err = store_job_claim(db_auto(ctx), ctx->now, lease(ctx), &job);

    if (err == E_NO_ROW)
        TRY(sweep(ctx));
    TRY(err);
    err = store_job_input(db_auto(ctx), job->id, &job->input);
    if (err != E_NO_ROW)
        TRY(err);
    *ret = job;
    return OK;
}

static Err end_job(Tx *tx, void *arg)
{
    const JobKey *key = arg;
    int64_t changed;

    TRY(store_job_write(tx, JOB_END, key, &changed));
    return changed == 1 ? store_job_write(tx, JOB_INPUT_DELETE, key, NULL) : E_CONFLICT;
}

Err dir_job_end(Ctx *ctx, const Job *job, const char *why)
{
    JobKey key = { .job = *job, .now = ctx->now };

    key.job.state = why == NULL ? "completed" : "failed";
    key.job.details = why;
    return tx_run(ctx, end_job, &key);
}

/* The counts after some rows, if nobody else did them meanwhile. */
static Err step(Tx *tx, const Job *after, int64_t before)
{
    const JobKey key = { .job = *after, .before = before, .next_at = lease(tx_ctx(tx)) };
    int64_t changed;

    TRY(store_job_write(tx, JOB_STEP, &key, &changed));
    return changed == 1 ? OK : E_CONFLICT;
}

Err dir_job_leave(Ctx *ctx, const Job *job)
{
    const JobKey key = { .job = *job, .before = job->done, .next_at = ctx->now };

    return store_job_write(db_auto(ctx), JOB_STEP, &key, NULL);
}

/* ---- writing ---- */

typedef struct Piece {
    Job after;
    int64_t before;
    const char *content;
} Piece;

static Err write_piece(Tx *tx, void *arg)
{
    const Piece *piece = arg;
    const JobKey key = { .job = piece->after, .nth = piece->before, .content = piece->content };

    TRY(step(tx, &piece->after, piece->before));
    return store_job_write(tx, JOB_PART, &key, NULL);
}

static Err start_over(Tx *tx, void *arg)
{
    const Piece *piece = arg;
    const JobKey key = { .job = piece->after };

    TRY(step(tx, &piece->after, piece->before));
    return store_job_write(tx, JOB_PARTS_DELETE, &key, NULL);
}

Err dir_job_restart(Ctx *ctx, Job *job)
{
    Piece piece = { .after = *job, .before = job->done };

    piece.after.done = piece.after.total = 0;
    TRY(tx_run(ctx, start_over, &piece));
    *job = piece.after;
    return OK;
}

Err dir_job_write(Ctx *ctx, Job *job, const char *content, int64_t rows)
{
    Piece piece = { .after = *job, .before = job->done, .content = content };

    piece.after.done += rows;
    piece.after.total = piece.after.done;
    TRY(tx_run(ctx, write_piece, &piece));
    *job = piece.after;
    return OK;
}

/* ---- importing ---- */

typedef struct Import {
    const Job *job;
    Job after;
    ImportRow *rows;
    Creation **made;
    size_t n;
    bool upsert;
    bool written; /* the row at hand has changed something: what it fails by now, the whole fails by */
} Import;

/* Errors that are the row's own; those of the store are not. */
static bool is_of_row(Err err)
{
    switch (err) {
    case OK:
    case E_INTERNAL:
    case E_NOMEM:
    case E_DB_RETRY:
    case E_DB_LOST:
    case E_BUSY:
    case E_TIMEOUT:
    case E_SHUTDOWN:
    case E_IO:
    case E_CONFLICT:
        return false;
    default:
        return true;
    }
}

static Err check_names(Tx *tx, const ImportRow *row, const User *user)
{
    const Clash wanted = { .username_key = text_lower(tx_ctx(tx)->arena, user->username),
                           .provider = row->user.provider,
                           .subject = row->user.subject,
                           .user_id = row->user.id == NULL ? NULL : user->id };
    Clash *clash;
    Err err;

    if (wanted.username_key == NULL && wanted.subject == NULL && wanted.user_id == NULL)
        return OK;
    err = store_import_clash(tx, &wanted, &clash);
    if (err == OK)
        return text_eq(clash->what, "username") ? E_USERNAME_TAKEN : E_ID_TAKEN;
    return err == E_NO_ROW ? OK : err;
}

/* The user's own address in its connection, as linked accounts have none. */
static bool is_own(const User *user, const char *email)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        if (text_eq(address->kind, "email") && text_eq(address->value, email) &&
            (address->primary || (!text_empty(address->connection) && text_eq(address->connection, user->connection))))
            return true;
    }
    return false;
}

/* The user whose own address this is, in the connection (NULL: the default one); a further address of a user names nobody. */
static Err find_holder(Tx *tx, const char *email, const char *connection, User **ret)
{
    const char *wanted = connection == NULL ? DEFAULT_CONNECTION : connection;
    List holders = { 0 };

    TRY(store_address_holders(tx, "email", email, &holders));
    for (size_t i = 0; i < holders.n; i++) {
        User *user;
        const Err err = store_user_get_for_update(tx, ((const Holder *)holders.v[i])->id, &user);

        if (err == E_NO_ROW)
            continue;
        TRY(err);
        if (text_eq(user->connection == NULL ? DEFAULT_CONNECTION : user->connection, wanted) && is_own(user, email)) {
            *ret = user;
            return OK;
        }
    }
    return E_EMAIL_TAKEN;
}

static Err update_row(Tx *tx, Import *import, ImportRow *row, const char *email)
{
    UserPatch *patch = ARENA_NEW(tx_ctx(tx)->arena, UserPatch);
    User *user;

    TRY(find_holder(tx, email, row->user.connection, &user));
    *patch = row->patch;
    if (user->last_sign_in_at != 0)
        patch->password_hash = NULL;
    import->written = true;
    TRY(user_change_within(tx, user->id, patch, NULL, &user));
    import->after.updated++;
    return OK;
}

static Err insert_row(Tx *tx, Import *import, ImportRow *row, Creation *made)
{
    const User *user = user_prepared(made);

    TRY(address_claim(tx, "phone", user->phone, row->user.connection, NULL));
    TRY(check_names(tx, row, user));
    import->written = true;
    TRY(user_insert_prepared(tx, made));
    for (size_t i = 0; i < row->n_factors; i++)
        TRY(factor_put(tx, user->id, &row->factors[i]));
    import->after.inserted++;
    return OK;
}

static Err place_row(Tx *tx, Import *import, size_t i)
{
    Creation *made = import->made[i];
    ImportRow *row = &import->rows[i];
    const char *core = made == NULL ? NULL : user_prepared(made)->email, *email = core;
    Err err;

    if (email == NULL)
        TRY(email_read(tx_ctx(tx), row->user.email, &email));
    err = address_claim(tx, "email", email, row->user.connection, NULL);
    if (made == NULL && err == OK) /* he who had it has gone meanwhile */
        return E_EMAIL_TAKEN;
    if (err == E_EMAIL_TAKEN && import->upsert)
        return update_row(tx, import, row, email);
    TRY(err);
    return insert_row(tx, import, row, made);
}

static Err import_row(Tx *tx, Import *import, size_t i)
{
    ImportRow *row = &import->rows[i];
    JobKey key = { .job = *import->job, .nth = import->job->done + (int64_t)i, .report = row->report };

    import->written = false;
    if (key.report == NULL) {
        const Err err = place_row(tx, import, i);

        if (err == OK)
            return OK;
        if (import->written || !is_of_row(err) || err == E_DB)
            return err;
        key.report = row->refuse(tx_ctx(tx), row, err);
    }
    import->after.failed++;
    return store_job_write(tx, JOB_ERROR, &key, NULL);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All addresses in one order, so that two imports do not wait for each other in a circle. */
static Err lock_addresses(Tx *tx, const Import *import)
{
    Texts all = { 0 };

    if (!tx_is_postgres(tx) || import->n == 1)
        return OK;
    for (size_t i = 0; i < import->n; i++) {
        const User *user = import->made[i] == NULL ? NULL : user_prepared(import->made[i]);

        if (user != NULL && user->email != NULL)
            texts_add(tx_ctx(tx)->arena, &all, user->email);
        if (user != NULL && user->phone != NULL)
            texts_add(tx_ctx(tx)->arena, &all, user->phone);
    }
    if (all.n > 1)
        qsort(all.v, all.n, sizeof(*all.v), compare_texts);
    for (size_t i = 0; i < all.n; i++)
        TRY(store_address_lock(tx, all.v[i]));
    return OK;
}

static Err import_rows(Tx *tx, void *arg)
{
    Import *import = arg;

    import->after = *import->job;
    TRY(lock_addresses(tx, import));
    for (size_t i = 0; i < import->n; i++)
        TRY(import_row(tx, import, i));
    import->after.done += (int64_t)import->n;
    return step(tx, &import->after, import->job->done);
}

/* What needs no tables: a row that fails here is reported with the others. */
static Err prepare_row(Ctx *ctx, ImportRow *row, bool upsert, Creation **ret)
{
    Err err = user_prepare(ctx, &row->user, ret);

    if (err == E_EMAIL_TAKEN && upsert) { /* in a connection of its own, which is looked at now: there is nobody to make */
        *ret = NULL;
        return OK;
    }
    for (size_t i = 0; err == OK && i < row->n_factors; i++)
        err = factor_read(ctx, &row->factors[i]);
    if (err == OK && row->n_factors > 0)
        user_prepared(*ret)->mfa_enabled_at = ctx->now;
    if (err == OK)
        return OK;
    if (!is_of_row(err))
        return err;
    row->report = row->refuse(ctx, row, err);
    *ret = NULL;
    return OK;
}

static Err run_rows(Ctx *ctx, Job *job, ImportRow *rows, size_t n, bool upsert)
{
    Import import = { .job = job, .rows = rows, .n = n, .upsert = upsert, .made = ARENA_ARRAY(ctx->arena, Creation *, n) };

    for (size_t i = 0; i < n; i++)
        if (rows[i].report == NULL)
            TRY(prepare_row(ctx, &rows[i], upsert, &import.made[i]));
    TRY(tx_run(ctx, import_rows, &import));
    *job = import.after;
    return OK;
}

/* A row that fails alone is reported; where even that cannot be written, the store is at fault. */
static Err run_row(Ctx *ctx, Job *job, ImportRow *row, bool upsert)
{
    const Err err = run_rows(ctx, job, row, 1, upsert);

    if (!is_of_row(err))
        return err;
    row->report = row->refuse(ctx, row, err);
    return run_rows(ctx, job, row, 1, upsert);
}

Err dir_job_import(Ctx *ctx, Job *job, ImportRow *rows, size_t n, bool upsert)
{
    const Err err = n == 0 ? OK : run_rows(ctx, job, rows, n, upsert);

    if (!is_of_row(err))
        return err;
    for (size_t i = 0; i < n; i++)
        TRY(run_row(ctx, job, &rows[i], upsert));
    return OK;
}
