/* jobs.h: statements of jobs and tickets. As store.h says. */
#ifndef HECATE_STORE_JOBS_H
#define HECATE_STORE_JOBS_H

#include "db/db.h"
#include "model/jobs.h"

/* A job, and what a statement needs beside it. */
typedef struct JobKey {
    Job job;
    const char *report, *content;
    int64_t now, next_at, before, nth;
} JobKey;

Err store_job_insert(Tx *tx, const JobKey *key);
Err store_job_get(Tx *tx, const char *id, Job **ret);
Err store_job_active(Tx *tx, const char *kind, int64_t *ret);
/* The oldest one that is due at `now`, which is nobody else's until `next_at`. E_NO_ROW. */
Err store_job_claim(Tx *tx, int64_t now, int64_t next_at, Job **ret);

/* `changed` (or NULL): 0 when somebody else did it. */
typedef enum JobWrite { JOB_STEP, JOB_END, JOB_RELEASE, JOB_SWEEP, JOB_ERROR, JOB_PART, JOB_PARTS_DELETE, JOB_INPUT_DELETE } JobWrite;
Err store_job_write(Tx *tx, JobWrite what, const JobKey *key, int64_t *changed);
Err store_job_errors(Tx *tx, const char *id, List *ret);
Err store_job_parts(Tx *tx, const char *id, List *ret);
Err store_job_input(Tx *tx, const char *id, const char **ret); /* E_NO_ROW */

/* Who has what a new user asks for; NULL members ask for nothing. E_NO_ROW: nobody. */
typedef struct Clash {
    const char *username_key, *provider, *subject, *user_id, *what;
} Clash;
Err store_import_clash(Tx *tx, const Clash *wanted, Clash **ret);

typedef struct TicketKey {
    Ticket ticket;
    int64_t now;
} TicketKey;
typedef enum TicketWrite { TICKET_INSERT, TICKET_USE, TICKET_VOID, TICKET_SWEEP } TicketWrite;
Err store_ticket_write(Tx *tx, TicketWrite what, const TicketKey *key, int64_t *changed);
Err store_ticket_get(Tx *tx, const char *id, Ticket **ret);
Err store_ticket_newest(Tx *tx, const char *user_id, const char *kind, Ticket **ret); /* E_NO_ROW */

#endif
