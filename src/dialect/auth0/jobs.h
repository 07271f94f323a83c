/* jobs.h: what the files of jobs and tickets share (spec/auth0.md 2.11, 2.12, 9). */
#ifndef HECATE_AUTH0_JOBS_H
#define HECATE_AUTH0_JOBS_H

#include <stdatomic.h>

#include "dialect/auth0/internal.h"
#include "directory/jobs.h"

enum { IMPORTS_AT_ONCE = 2, EXPORT_FIELDS = 30, LINK_S = 60, TICKET_S = 432000 };

/* What a job is told when it is asked for; kept with it. */
typedef struct JobOptions {
    const char *connection_id, *connection, *external_id, *format, *user_id, *identity_id, *email, *issuer, *client_id;
    const char *fields; /* a document: the list as it was sent */
    bool upsert;
    int64_t limit; /* 0: none */
} JobOptions;
extern const Field job_options[];

/* A column of an export: where it comes from, and its title. */
typedef struct ExportField {
    const char *name, *export_as;
} ExportField;
extern const Field export_field[];

/* imports.c: works until the end, or until `stop`: E_SHUTDOWN then. */
Err auth0_import_run(Ctx *ctx, Job *job, const JobOptions *options, const _Atomic bool *stop);
/* exports.c */
Err auth0_export_run(Ctx *ctx, Job *job, const JobOptions *options, const _Atomic bool *stop);

/* tickets.c: a letter with a link that verifies the user's address. E_NO_IDENTIFIER: it has none. `issuer` is where the link leads. */
/* `whom` NULL: the user itself. E_NO_IDENTIFIER: there is no address; E_MAIL_LIMIT. */
Err auth0_verify_mail(Ctx *ctx, const User *user, const Auth0TicketFor *whom, const char *issuer);

/* split.c: the elements of an array that json_check() has let pass; NULL where it is no array. */
Str *auth0_elements(Arena *arena, Str array, size_t *n);

#endif
