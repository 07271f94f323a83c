/* log.c: building and writing a line. */
#include "log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"

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
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\') {
            buf_char(buf, '\\');
            buf_char(buf, (char)*p);
        } else if (*p < 0x20 || *p >= 0x7f) {
            buf_printf(buf, "\\u%04x", *p);
        } else {
            buf_char(buf, (char)*p);
        }
    }
}

static void put_field(Buf *buf, const LogField *field, bool json)
{
    buf_puts(buf, json ? ",\"" : " ");
    buf_puts(buf, field->name);
    buf_puts(buf, json ? "\":" : "=");
    if (field->text == NULL) {
        buf_int(buf, field->number);
        return;
    }
    buf_puts(buf, json ? "\"" : "");
    put_escaped(buf, field->text);
    buf_puts(buf, json ? "\"" : "");
}

void log_line(LogLevel level, const char *event, const LogField *fields, size_t n)
{
    const bool json = atomic_load_explicit(&log_form, memory_order_relaxed) != LOG_TEXT;
    Buf line CLEANUP(buf_free) = buf_heap(16384);

    if (!log_wants(level))
        return;
    buf_puts(&line, json ? "{\"time\":\"" : "");
    time_write(&line, clock_now(), 3);
    buf_puts(&line, json ? "\",\"level\":\"" : " ");
    buf_puts(&line, level_names[level]);
    buf_puts(&line, json ? "\",\"event\":\"" : " ");
    put_escaped(&line, event);
    buf_puts(&line, json ? "\"" : "");
    for (size_t i = 0; i < n; i++)
        put_field(&line, &fields[i], json);
    buf_puts(&line, json ? "}\n" : "\n");
    if (write(STDERR_FILENO, line.data, line.len) < 0) {
        /* nowhere left to say so */
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
