/* log.c: building and writing a line. */
#include "log.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"

enum { MOST_TEXT = 1024, MOST_LINE = 65536, GATHERED = 16384, GRACE_MS = 20 };

/* Lines of a thread that gathers them. */
typedef struct Gathered {
    size_t n;
    char lines[GATHERED];
} Gathered;

static _Thread_local Gathered *gathered;

static _Atomic int log_least = LOG_INFO, log_form = LOG_AUTO;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_setup(LogLevel least, LogForm form)
{
    atomic_store(&log_least, (int)least);
    atomic_store(&log_form, form == LOG_AUTO ? (isatty(STDERR_FILENO) ? LOG_TEXT : LOG_JSON) : (int)form);
}

bool log_wants(LogLevel level)
{
    return (int)level >= atomic_load_explicit(&log_least, memory_order_relaxed);
}

/* Control and non-ASCII bytes are escaped in both forms: a line stays one line, whatever a name holds. */
static void put_escaped(Buf *buf, const char *text)
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)text; *p != '\0' && n < MOST_TEXT; p++, n++) {
        if (*p == '"' || *p == '\\') {
            buf_char(buf, '\\');
            buf_char(buf, (char)*p);
        } else if (*p < 0x20 || *p >= 0x7f) {
            buf_printf(buf, "\\u%04x", *p);
        } else {
            buf_char(buf, (char)*p);
        }
    }
    if (n == MOST_TEXT)
        buf_puts(buf, "...");
}

/* Does a value stand by itself in a line of text? A blank or an equals sign could pass for the next field. */
static bool is_word(const char *text)
{
    return *text != '\0' && strpbrk(text, " =\"") == NULL;
}

static void put_field(Buf *buf, const LogField *field, bool json)
{
    const char *quote = field->text != NULL && (json || !is_word(field->text)) ? "\"" : "";

    buf_puts(buf, json ? ",\"" : " ");
    buf_puts(buf, field->name);
    buf_puts(buf, json ? "\":" : "=");
    buf_puts(buf, quote);
    if (field->text == NULL)
        buf_int(buf, field->number);
    else
        put_escaped(buf, field->text);
    buf_puts(buf, quote);
}

static void put_line(Buf *line, LogLevel level, const char *event, const LogField *fields, size_t n)
{
    const bool json = atomic_load_explicit(&log_form, memory_order_relaxed) != LOG_TEXT;

    buf_puts(line, json ? "{\"time\":\"" : "");
    time_write(line, clock_now(), 3);
    buf_puts(line, json ? "\",\"level\":\"" : " ");
    buf_puts(line, level_names[level]);
    buf_puts(line, json ? "\",\"event\":\"" : " ");
    put_escaped(line, event);
    buf_puts(line, json ? "\"" : "");
    for (size_t i = 0; i < n; i++)
        put_field(line, &fields[i], json);
    buf_puts(line, json ? "}\n" : "\n");
}

/* ---- standard error ---- */

/* Whoever reads our pipe may have stopped: that must not stop the server. What the pipe does not take is lost, and counted. */
static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t lost; /* lines since the last that went out */
static bool torn;   /* the last one went out in part */

/* Does a write of PIPE_BUF bytes return at once? A reader that lags gets a moment, one that has stopped none. */
static bool has_room(void)
{
    struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

    return poll(&fd, 1, lost > 0 ? 0 : GRACE_MS) > 0;
}

static void write_piece(const char *p, size_t n)
{
    if (write(STDERR_FILENO, p, n) < 0) {
        /* nowhere left to say so */
    }
}

static void say_lost(void)
{
    Buf line CLEANUP(buf_free) = buf_heap(MOST_LINE);

    buf_puts(&line, torn ? "\n" : "");
    put_line(&line, LOG_WARN, "lines of the log were lost", &LOG_INT_FIELD("lines", lost), 1);
    lost = 0;
    torn = false;
    write_piece(line.data, line.len);
}

/* What goes out in one piece: whole lines, if one ends within PIPE_BUF. */
static size_t piece_of(const char *p, size_t n)
{
    const char *end = n <= PIPE_BUF ? NULL : memrchr(p, '\n', PIPE_BUF);

    return n <= PIPE_BUF ? n : end == NULL ? PIPE_BUF : (size_t)(end - p) + 1;
}

static void write_out(const char *p, size_t n)
{
    size_t at = 0;

    pthread_mutex_lock(&out_lock);
    if (lost > 0 && has_room())
        say_lost();
    while (at < n && has_room()) {
        const size_t piece = piece_of(p + at, n - at);

        write_piece(p + at, piece);
        at += piece;
    }
    torn = torn || (at > 0 && at < n && p[at - 1] != '\n');
    for (; at < n; at++)
        lost += p[at] == '\n';
    pthread_mutex_unlock(&out_lock);
}

void log_flush(void)
{
    if (gathered != NULL && gathered->n > 0)
        write_out(gathered->lines, gathered->n);
    if (gathered != NULL)
        gathered->n = 0;
}

void log_gather(bool on)
{
    log_flush();
    if (on && gathered == NULL)
        gathered = calloc(1, sizeof(*gathered)); /* without it lines go out one by one */
    if (!on) {
        free(gathered);
        gathered = NULL;
    }
}

/* Written where it waits, if there is room. */
static bool gather_line(LogLevel level, const char *event, const LogField *fields, size_t n)
{
    const size_t room = gathered == NULL ? 0 : sizeof(gathered->lines) - gathered->n;
    Buf line = { .data = room == 0 ? NULL : gathered->lines + gathered->n, .size = room, .cap = room };

    if (room > 0)
        put_line(&line, level, event, fields, n);
    if (room == 0 || line.over)
        return false;
    gathered->n += line.len;
    return true;
}

static void write_line(LogLevel level, const char *event, const LogField *fields, size_t n)
{
    Buf line CLEANUP(buf_free) = buf_heap(MOST_LINE);

    put_line(&line, level, event, fields, n);
    if (line.over && line.len > 0)
        line.data[line.len - 1] = '\n'; /* the next line begins on its own all the same */
    write_out(line.data, line.len);
}

/* What is worth a warning goes out at once, behind what was said before it. */
void log_line(LogLevel level, const char *event, const LogField *fields, size_t n)
{
    if (!log_wants(level))
        return;
    if (!gather_line(level, event, fields, n)) {
        log_flush();
        if (!gather_line(level, event, fields, n))
            write_line(level, event, fields, n);
    }
    if (level >= LOG_WARN)
        log_flush();
}

LogField log_member(const Field *field, const void *object)
{
    const void *member = field_of(field, object);

    if ((field->flags & SECRET) != 0)
        return LOG_TEXT_FIELD(field->name, field_null(field, object) ? "" : "***");
    switch (field->kind) {
    case F_TEXT:
    case F_UUID:
    case F_INET:
        return LOG_TEXT_FIELD(field->name, *(const char *const *)member);
    case F_BOOL:
        return LOG_TEXT_FIELD(field->name, *(const bool *)member ? "true" : "false");
    case F_INT:
    case F_TIME:
    case F_TIME_MS:
    case F_TIME_ISO:
    case F_TIME_US:
        return LOG_INT_FIELD(field->name, *(const int64_t *)member);
    default:
        return LOG_TEXT_FIELD(field->name, "..."); /* documents, lists and the like do not belong into a line */
    }
}

void log_note(LogLevel level, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    log_line(level, text, NULL, 0);
}
