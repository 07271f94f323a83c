/* log.h: one event a line, on standard error: JSON objects, or text when it is a terminal. Never a token, a body, an
 * address or a secret; text from outside is escaped, and cut behind 1024 bytes. Nothing here waits for a reader for longer than a moment: lines that
 * a full pipe does not take are lost, and their number is the first line when it takes some again. */
#ifndef HECATE_LOG_H
#define HECATE_LOG_H

#include "base.h"
#include "field.h"

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } LogLevel;
typedef enum LogForm { LOG_AUTO, LOG_JSON, LOG_TEXT } LogForm;

/* The least level that is written (the one global there is), and the form. */
void log_setup(LogLevel least, LogForm form);
bool log_wants(LogLevel level);

/* This thread's lines below LOG_WARN wait for log_flush() (loops call it before they wait), so that many go out in one write(2); else each goes out
 * by itself. Turned off at the end of the thread. */
void log_gather(bool on);
void log_flush(void);

/* A named value of a line. */
typedef struct LogField {
    const char *name;
    const char *text; /* or NULL: then the number */
    int64_t number;
} LogField;
#define LOG_TEXT_FIELD(n, t) ((LogField){ .name = (n), .text = (t) == NULL ? "" : (t) })
#define LOG_INT_FIELD(n, i) ((LogField){ .name = (n), .number = (int64_t)(i) })

/* LOG(LOG_INFO, "request", LOG_TEXT_FIELD("route", "/users"), LOG_INT_FIELD("status", 200)). */
#define LOG(level, event, ...) \
    log_line((level), (event), (const LogField[]){ __VA_ARGS__ }, sizeof((const LogField[]){ __VA_ARGS__ }) / sizeof(LogField))
void log_line(LogLevel level, const char *event, const LogField *fields, size_t n);

/* A member of a struct as a value of a line, by its row: "***" where the row says SECRET, "..." for what is no single value. */
LogField log_member(const Field *field, const void *object);

/* log_note(LOG_WARN, "the port %d is taken", port): a sentence alone. */
void log_note(LogLevel level, const char *format, ...) PRINTF(2, 3);

#endif
