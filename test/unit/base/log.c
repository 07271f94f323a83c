/* log.c: tests of log lines, as they reach standard error. */
#include "base/log.h"

#include <unistd.h>

#include "base/clock.h"
#include "test.h"

static char captured[200000];

/* Standard error goes into a file meanwhile. */
static int capture_begin(void)
{
    FILE *file = tmpfile();
    const int was = dup(STDERR_FILENO);

    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    fclose(file);
    return was;
}

static const char *capture_end(int was)
{
    ssize_t n;

    lseek(STDERR_FILENO, 0, SEEK_SET);
    n = read(STDERR_FILENO, captured, sizeof(captured) - 1);
    dup2(was, STDERR_FILENO);
    close(was);
    captured[n < 0 ? 0 : n] = '\0';
    return captured;
}

/* What the statement writes to the log in this form, the clock standing still. */
#define LOGGED(form, statement)         \
    ({                                  \
        int was;                        \
                                        \
        log_setup(LOG_INFO, (form));    \
        clock_freeze(1704164645123456); \
        was = capture_begin();          \
        statement;                      \
        clock_freeze(0);                \
        capture_end(was);               \
    })

TEST(log_is_one_object_a_line)
{
    assert_string_equal(
        LOGGED(LOG_JSON,
               LOG(LOG_WARN, "request", LOG_TEXT_FIELD("route", "/users/{id}"), LOG_INT_FIELD("status", 200), LOG_TEXT_FIELD("user", NULL))),
        "{\"time\":\"2024-01-02T03:04:05.123Z\",\"level\":\"warn\",\"event\":\"request\",\"route\":\"/users/{id}\",\"status\":200,\"user\":\"\"}\n");
    assert_string_equal(LOGGED(LOG_JSON, log_note(LOG_ERROR, "the port %d is taken", 80)),
                        "{\"time\":\"2024-01-02T03:04:05.123Z\",\"level\":\"error\",\"event\":\"the port 80 is taken\"}\n");
}

TEST(log_is_text_where_asked)
{
    assert_string_equal(
        LOGGED(LOG_TEXT, LOG(LOG_INFO, "request", LOG_TEXT_FIELD("route", "/users"), LOG_INT_FIELD("ms", -1), LOG_TEXT_FIELD("user", ""))),
        "2024-01-02T03:04:05.123Z info request route=/users ms=-1 user=\"\"\n");
}

/* A name from outside makes neither a line nor a field of its own. */
TEST(log_takes_no_injection)
{
    const char *hostile = "a\nb\r\"\\\x1b[2J\xc3\xa4 status=200";

    assert_string_equal(LOGGED(LOG_JSON, LOG(LOG_INFO, hostile, LOG_TEXT_FIELD("f", hostile))),
                        "{\"time\":\"2024-01-02T03:04:05.123Z\",\"level\":\"info\","
                        "\"event\":\"a\\u000ab\\u000d\\\"\\\\\\u001b[2J\\u00c3\\u00a4 status=200\","
                        "\"f\":\"a\\u000ab\\u000d\\\"\\\\\\u001b[2J\\u00c3\\u00a4 status=200\"}\n");
    assert_string_equal(LOGGED(LOG_TEXT, LOG(LOG_INFO, "e", LOG_TEXT_FIELD("f", hostile))),
                        "2024-01-02T03:04:05.123Z info e f=\"a\\u000ab\\u000d\\\"\\\\\\u001b[2J\\u00c3\\u00a4 status=200\"\n");
}

TEST(log_keeps_to_its_level)
{
    assert_string_equal(LOGGED(LOG_JSON, log_note(LOG_DEBUG, "unseen")), "");
    assert_true(log_wants(LOG_INFO));
    assert_false(log_wants(LOG_DEBUG));
}

TEST(log_cuts_what_is_long_and_ends_the_line)
{
    TEST_ARENA(arena);
    char *long_text = arena_alloc(arena, 100001);
    const char *line;

    memset(long_text, '\n', 100000);
    line = LOGGED(LOG_JSON, LOG(LOG_INFO, "e", LOG_TEXT_FIELD("f", long_text)));
    assert_int_equal(strlen(line), strlen("{\"time\":\"2024-01-02T03:04:05.123Z\",\"level\":\"info\",\"event\":\"e\",\"f\":\"...\"}\n") + 6 * 1024);
    assert_string_equal(line + strlen(line) - 6, "...\"}\n");
    line = LOGGED(LOG_JSON, LOG(LOG_INFO, "e", LOG_TEXT_FIELD("f", long_text), LOG_TEXT_FIELD("f", long_text), LOG_TEXT_FIELD("f", long_text),
                                LOG_TEXT_FIELD("f", long_text), LOG_TEXT_FIELD("f", long_text), LOG_TEXT_FIELD("f", long_text),
                                LOG_TEXT_FIELD("f", long_text), LOG_TEXT_FIELD("f", long_text), LOG_TEXT_FIELD("f", long_text),
                                LOG_TEXT_FIELD("f", long_text), LOG_TEXT_FIELD("f", long_text)));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

typedef struct In {
    const char *name, *password, *doc;
    int64_t n;
    bool yes;
} In;

static const Field fields[] = {
    TEXT(In, name, "name"), TEXT(In, password, "password", .flags = SECRET), JSON(In, doc, "doc"), INT(In, n, "n"), BOOL(In, yes, "yes"), END(In),
};

TEST(log_shows_no_secret_member)
{
    const In in = { .name = "joe", .password = "a password", .doc = "{\"password\":\"a password\"}", .n = 7, .yes = true }, none = { 0 };
    const char *line = LOGGED(LOG_TEXT, LOG(LOG_INFO, "e", log_member(&fields[0], &in), log_member(&fields[1], &in), log_member(&fields[2], &in),
                                            log_member(&fields[3], &in), log_member(&fields[4], &in)));

    assert_string_equal(line, "2024-01-02T03:04:05.123Z info e name=joe password=*** doc=... n=7 yes=true\n");
    line = LOGGED(LOG_TEXT, LOG(LOG_INFO, "e", log_member(&fields[0], &none), log_member(&fields[1], &none)));
    assert_string_equal(line, "2024-01-02T03:04:05.123Z info e name=\"\" password=\"\"\n");
}

/* Standard error is a pipe that nobody reads. */
TEST(log_never_waits_for_a_reader)
{
    const int was = dup(STDERR_FILENO);
    size_t lines = 0, lost = 0;
    int ends[2];
    ssize_t n;

    assert_int_equal(pipe(ends), 0);
    log_setup(LOG_INFO, LOG_JSON);
    dup2(ends[1], STDERR_FILENO);
    alarm(20); /* it would wait for ever */
    for (int i = 0; i < 2000; i++)
        LOG(LOG_WARN, "request", LOG_TEXT_FIELD("route", "/users/{user_id}/organization_memberships/and/more/of/the/same/to/fill/it/up"));
    n = read(ends[0], captured, sizeof(captured) - 1);
    LOG(LOG_WARN, "last");
    dup2(was, STDERR_FILENO);
    alarm(0);
    assert_true(n > 60000);
    for (ssize_t i = 0; i < n; i++)
        lines += captured[i] == '\n';
    assert_int_equal(captured[n - 1], '\n');
    n = read(ends[0], captured, sizeof(captured) - 1);
    captured[n] = '\0';
    assert_int_equal(sscanf(strstr(captured, "\"lines\":"), "\"lines\":%zu", &lost), 1);
    assert_int_equal(lines + lost, 2000);
    assert_string_equal(strstr(captured, "\"last\""), "\"last\"}\n");
    close(ends[0]);
    close(ends[1]);
    close(was);
}
