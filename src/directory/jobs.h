/* jobs.h: work behind a request's back, done by threads of its own, and links that are good once. Common errors as in directory.h. */
#ifndef HECATE_DIRECTORY_JOBS_H
#define HECATE_DIRECTORY_JOBS_H

#include "directory/account.h"
#include "directory/directory.h"
#include "model/jobs.h"

#define JOB_IMPORT "users_import"
#define JOB_EXPORT "users_export"
#define JOB_VERIFY "verification_email"

/* Makes a job; kind, options and input are the caller's, id and times are set. With `most` > 0 that many of the kind may be under way: E_RATE_LIMIT,
 * `*active` says how many are. */
Err dir_job_add(Ctx *ctx, Job *job, int64_t most, int64_t *active);
Err dir_job_get(Ctx *ctx, const char *id, Job **ret);     /* without input. E_NO_ROW */
Err dir_job_errors(Ctx *ctx, const char *id, List *ret);  /* JobError */
Err dir_job_content(Ctx *ctx, const char *id, List *ret); /* JobPart */

/* ---- for the thread that works ---- */

/* Once, at the start: what this process had in hand when it ended is due again. */
Err dir_job_open(Ctx *ctx);
/* Takes the next one that is due. E_NO_ROW: there is none. Old jobs and tickets go. */
Err dir_job_claim(Ctx *ctx, Job **ret);
/* The end; `why` is NULL, or says why it failed. E_CONFLICT: it is somebody else's by now. */
Err dir_job_end(Ctx *ctx, const Job *job, const char *why);
/* Leaves it to whoever comes next, at once. */
Err dir_job_leave(Ctx *ctx, const Job *job);
/* What it wrote goes, and nothing of it is done. E_CONFLICT likewise. */
Err dir_job_restart(Ctx *ctx, Job *job);
/* A piece of what it writes, of so many rows. E_CONFLICT likewise. */
Err dir_job_write(Ctx *ctx, Job *job, const char *content, int64_t rows);

/* A row of an import, in the order of the input. */
typedef struct ImportRow {
    NewUser user;
    UserPatch patch;        /* what an upsert changes */
    AccountFactor *factors; /* second factors of a new user */
    size_t n_factors;
    const char *report; /* why the row is refused, or NULL: a document of the caller */
    /* A report for an error of the directory; it may change nothing. */
    const char *(*refuse)(Ctx *ctx, const struct ImportRow *row, Err err);
    const void *arg; /* the caller's own */
    bool updated;    /* set */
} ImportRow;
/* The rows behind those that are done, as one transaction with the job's counts; where a row fails as a whole, each as one of its own. With `upsert`
 * a row whose e-mail a user has changes that user; a new hash counts only while it has not signed in. E_CONFLICT: the job is somebody else's by now.
 */
Err dir_job_import(Ctx *ctx, Job *job, ImportRow *rows, size_t n, bool upsert);

/* ---- tickets ---- */

/* Makes a ticket for a user, with kind, options and the end (µs) of the caller; for a linked account of the user (identity_id) with its address, too.
 * `*secret` is what the link carries: 32 letters and digits. Older ones of the kind stay good. With `mail` (or NULL) a letter with the link goes to
 * the user's address; E_MAIL_LIMIT: too soon after the last one, or too many in all. */
typedef struct TicketMail {
    const char *before, *after; /* the link, around the secret */
    bool limited;               /* anybody may ask for it: not too soon after the last one */
} TicketMail;
Err dir_ticket_make(Ctx *ctx, const User *user, Ticket *ticket, const TicketMail *mail, const char **secret);

typedef enum TicketState { TICKET_GOOD, TICKET_USED, TICKET_OVER } TicketState;
/* What it stands for. E_LINK_INVALID: there is no such ticket. */
Err dir_ticket_get(Ctx *ctx, const char *kind, const char *secret, Ticket **ret, TicketState *state);
/* Uses it up and marks the address verified. E_LINK_INVALID: it is used, over, or the address is not the user's any more. */
Err dir_ticket_verify(Ctx *ctx, const char *secret, User **ret);
/* Uses it and all others of its kind up and sets the password, by the rules of `policy`; with `verified` the address is verified, too.
 * E_LINK_INVALID, E_WEAK_PASSWORD, E_LONG_PASSWORD, E_BUSY. */
Err dir_ticket_password(Ctx *ctx, const char *secret, const UserPolicy *policy, const char *password, bool verified, User **ret);

#endif
