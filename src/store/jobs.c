/* jobs.c: jobs, what they report and write; and tickets. */
#include "store/jobs.h"

#include "sql.gen.h"

enum { MOST_ROWS = 1000000 };

static const Field job_cols[] = {
    TEXT(Job, id, "id"),
    TEXT(Job, kind, "kind"),
    TEXT(Job, state, "state"),
    JSON(Job, options, "options"),
    TEXT(Job, details, "details"),
    INT(Job, total, "total"),
    INT(Job, done, "done"),
    INT(Job, inserted, "inserted"),
    INT(Job, updated, "updated"),
    INT(Job, failed, "failed"),
    TIME(Job, created_at, "created_at"),
    TIME(Job, ended_at, "ended_at"),
    END(Job),
};

static const Field key_cols[] = {
    TEXT(JobKey, job.id, "id"),
    TEXT(JobKey, job.kind, "kind"),
    TEXT(JobKey, job.state, "state"),
    JSON(JobKey, job.options, "options"),
    TEXT(JobKey, job.details, "details"),
    INT(JobKey, job.total, "total"),
    INT(JobKey, job.done, "done"),
    INT(JobKey, job.inserted, "inserted"),
    INT(JobKey, job.updated, "updated"),
    INT(JobKey, job.failed, "failed"),
    TIME(JobKey, job.created_at, "created_at"),
    JSON(JobKey, report, "report", .flags = SECRET),
    TEXT(JobKey, content, "content", .flags = SECRET),
    TIME(JobKey, now, "now"),
    TIME(JobKey, next_at, "next_at"),
    INT(JobKey, before, "before"),
    INT(JobKey, nth, "nth"),
    END(JobKey),
};

static const Field error_cols[] = { INT(JobError, nth, "nth"), JSON(JobError, report, "report"), END(JobError) };
static const Field part_cols[] = { INT(JobPart, nth, "nth"), TEXT(JobPart, content, "content"), END(JobPart) };

Err store_job_insert(Tx *tx, const JobKey *key)
{
    return db_exec(tx, SQL_JOB_INSERT, key_cols, key, NULL);
}

Err store_job_get(Tx *tx, const char *id, Job **ret)
{
    const JobKey key = { .job.id = id };

    return db_one(tx, SQL_JOB_GET, key_cols, &key, job_cols, ret);
}

Err store_job_active(Tx *tx, const char *kind, int64_t *ret)
{
    const JobKey key = { .job.kind = kind };
    Job *row;

    TRY(db_one(tx, SQL_JOB_ACTIVE, key_cols, &key, job_cols, &row));
    *ret = row->total;
    return OK;
}

Err store_job_claim(Tx *tx, int64_t now, int64_t next_at, Job **ret)
{
    const JobKey key = { .now = now, .next_at = next_at };

    return db_one(tx, SQL_JOB_CLAIM, key_cols, &key, job_cols, ret);
}

Err store_job_write(Tx *tx, JobWrite what, const JobKey *key, int64_t *changed)
{
    const Stmt *const all[] = {
        [JOB_STEP] = SQL_JOB_STEP,
        [JOB_END] = SQL_JOB_END,
        [JOB_RELEASE] = SQL_JOB_RELEASE,
        [JOB_SWEEP] = SQL_JOB_SWEEP,
        [JOB_ERROR] = SQL_JOB_ERROR_INSERT,
        [JOB_PART] = SQL_JOB_PART_INSERT,
        [JOB_PARTS_DELETE] = SQL_JOB_PARTS_DELETE,
        [JOB_INPUT_DELETE] = SQL_JOB_INPUT_DELETE,
    };

    return db_exec(tx, all[what], key_cols, key, changed);
}

Err store_job_errors(Tx *tx, const char *id, List *ret)
{
    const JobKey key = { .job.id = id };

    return db_list(tx, SQL_JOB_ERROR_LIST, key_cols, &key, error_cols, MOST_ROWS, ret);
}

Err store_job_parts(Tx *tx, const char *id, List *ret)
{
    const JobKey key = { .job.id = id };

    return db_list(tx, SQL_JOB_PART_LIST, key_cols, &key, part_cols, MOST_ROWS, ret);
}

Err store_job_input(Tx *tx, const char *id, const char **ret)
{
    const JobKey key = { .job.id = id };
    JobPart *part;

    TRY(db_one(tx, SQL_JOB_INPUT, key_cols, &key, part_cols, &part));
    *ret = part->content;
    return OK;
}

static const Field clash_cols[] = {
    TEXT(Clash, username_key, "username_key"), TEXT(Clash, provider, "provider"), TEXT(Clash, subject, "subject"),
    UUID(Clash, user_id, "user_id"),           TEXT(Clash, what, "what"),         END(Clash),
};

Err store_import_clash(Tx *tx, const Clash *wanted, Clash **ret)
{
    return db_one(tx, SQL_IMPORT_CLASH, clash_cols, wanted, clash_cols, ret);
}

/* ---- tickets ---- */

static const Field ticket_cols[] = {
    TEXT(Ticket, id, "id"),
    TEXT(Ticket, kind, "kind"),
    UUID(Ticket, user_id, "user_id"),
    UUID(Ticket, identity_id, "identity_id"),
    TEXT(Ticket, email, "email"),
    JSON(Ticket, options, "options"),
    TIME(Ticket, mailed_at, "mailed_at"),
    TIME(Ticket, created_at, "created_at"),
    TIME(Ticket, expires_at, "expires_at"),
    TIME(Ticket, used_at, "used_at"),
    END(Ticket),
};

static const Field ticket_params[] = {
    TEXT(TicketKey, ticket.id, "id"),
    TEXT(TicketKey, ticket.kind, "kind"),
    UUID(TicketKey, ticket.user_id, "user_id"),
    UUID(TicketKey, ticket.identity_id, "identity_id"),
    TEXT(TicketKey, ticket.email, "email"),
    JSON(TicketKey, ticket.options, "options"),
    TIME(TicketKey, ticket.mailed_at, "mailed_at"),
    TIME(TicketKey, ticket.created_at, "created_at"),
    TIME(TicketKey, ticket.expires_at, "expires_at"),
    TIME(TicketKey, now, "now"),
    END(TicketKey),
};

Err store_ticket_write(Tx *tx, TicketWrite what, const TicketKey *key, int64_t *changed)
{
    const Stmt *const all[] = {
        [TICKET_INSERT] = SQL_TICKET_INSERT,
        [TICKET_USE] = SQL_TICKET_USE,
        [TICKET_VOID] = SQL_TICKET_VOID,
        [TICKET_SWEEP] = SQL_TICKET_SWEEP,
    };

    return db_exec(tx, all[what], ticket_params, key, changed);
}

Err store_ticket_get(Tx *tx, const char *id, Ticket **ret)
{
    const TicketKey key = { .ticket.id = id };

    return db_one(tx, SQL_TICKET_GET, ticket_params, &key, ticket_cols, ret);
}

Err store_ticket_newest(Tx *tx, const char *user_id, const char *kind, Ticket **ret)
{
    const TicketKey key = { .ticket = { .user_id = user_id, .kind = kind } };

    return db_one(tx, SQL_TICKET_NEWEST, ticket_params, &key, ticket_cols, ret);
}
