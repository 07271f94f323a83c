/* mail.h: one mail: its text (RFC 5322, 2045, 2047), its template, its way to a mail server (RFC 5321, by libcurl). Nothing here knows the outbox. */
#ifndef HECATE_OUTBOUND_MAIL_H
#define HECATE_OUTBOUND_MAIL_H

#include <stdatomic.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

/* By which server mail goes, and from whom. */
typedef struct MailServer {
    const char *host, *user, *pass; /* user NULL or "": without authentication */
    int64_t
        port; /* 465: TLS from the first byte; else STARTTLS where the server offers it, and always with a password on its way to another machine */
    const char *from, *sender; /* address and name */
    const char *headers;       /* a JSON object of further headers, {"X-A":["v"]}; $messageType in a value is the mail's; NULL: none */
} MailServer;

typedef struct Mail {
    const char *id;   /* unique, for Message-ID */
    const char *type; /* the name of its template */
    const char *to;
    const char *subject, *html; /* UTF-8 */
    int64_t now;
} Mail;

/* Is this an address that a mail can go to without quoting: one '@', no blank, no control byte, none of <>()[],;:\" */
bool mail_address_ok(const char *address);

/* The whole text, lines ended by CRLF and none over 200 bytes; what is not plain is coded, so that no value can add a line. E_BAD_EMAIL: the address.
 */
Err mail_text(Arena *arena, const MailServer *server, const Mail *mail, Buf *ret);

/* Hands it over. Blocks for 30 s at the most; ends early when `*stop` becomes true. E_IO: it may go the next time; E_BAD_VALUE: the server refuses it
 * for good, or it is none. `why` gets one line without addresses. */
Err mail_send(Arena *arena, const MailServer *server, const Mail *mail, const _Atomic bool *stop, Buf *why);

/* ---- where templates come from (source.c) ---- */

/* Documents of the web that were fetched, for all threads. One is fetched anew after 10 minutes (spec/gotrue.md 10.1); while that fails the last one
 * is given, and an address that failed is left alone for 10 s. */
typedef struct Sources Sources;
Sources *sources_new(void);
void sources_free(Sources *sources); /* accepts NULL */
/* From now on all are fetched anew. */
void sources_clear(Sources *sources);
/* The text of `where`: a document of http or https (no redirects, 10 s at the most), else a file, which is read each time; at most 256 KiB of UTF-8.
 * Blocks. `sources` NULL: nothing is kept. E_IO. */
Err source_text(Sources *sources, Arena *arena, const char *where, int64_t now, char **ret);

/* ---- templates (template.c): the part of Go's that mails use ---- */

/* {{ .Name }}, {{ .Data.name }}, {{ if .Name }} … {{ else }} … {{ end }}, {{ if not .Name }}, {{ if eq .Name "text" }}, comments, {{- and -}}.
 * `values` is a JSON object. With `html` values are escaped, and where they begin an href or src, alone or together, its scheme is http, https,
 * mailto or tel, or "#" stands for what would make another. E_BAD_VALUE: the text is no such template; E_TOO_LARGE: over 256 KiB. */
Err template_render(Arena *arena, const char *text, const char *values, bool html, char **ret);

#endif
