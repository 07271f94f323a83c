/* jobs.h: work that is done behind a request's back, and links that are good once. */
#ifndef HECATE_MODEL_JOBS_H
#define HECATE_MODEL_JOBS_H

#include "base/field.h"

/* hecate.jobs */
typedef struct Job {
    const char *id;      /* 16 letters and digits */
    const char *kind;    /* users_import, users_export, verification_email */
    const char *state;   /* pending, processing, completed, failed */
    const char *options; /* a document of the dialect that asked for it */
    const char *input;   /* what it works at, when it is asked for and where it was claimed; it goes with the end */
    const char *details; /* why it failed, or NULL */
    int64_t total, done, inserted, updated, failed;
    int64_t created_at, ended_at;
} Job;

/* hecate.job_errors, hecate.job_parts: in the order of `nth`. The part JOB_INPUT is what the job works at. */
enum { JOB_INPUT = -1 };
typedef struct JobError {
    int64_t nth;
    const char *report; /* a document of the dialect */
} JobError;
typedef struct JobPart {
    int64_t nth;
    const char *content;
} JobPart;

/* hecate.tickets */
#define TICKET_VERIFY "email_verification"
#define TICKET_PASSWORD "password_change"
typedef struct Ticket {
    const char *id, *kind, *user_id;
    const char *identity_id;                            /* of the linked account that it is for; NULL: the user itself */
    const char *email;                                  /* the user's, when it was made; NULL: it had none */
    const char *options;                                /* a document of the dialect that made it */
    int64_t created_at, expires_at, used_at, mailed_at; /* 0: not used, not sent by mail */
} Ticket;

#endif
