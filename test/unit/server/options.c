/* options.c: sources and their order, kinds and bounds, what is refused, what is hidden. */
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "server/options.h"

static char path[64];

static void write_file(const char *text, unsigned mode)
{
    FILE *file;

    snprintf(path, sizeof(path), "/tmp/hecate-options-%d", (int)getpid());
    unlink(path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

/* Reads with these flags and variables (each NULL at the end), then judges. */
static Err read_with(Arena *arena, char *const *argv, char *const *env, Options *options, Settings *settings, Buf *why)
{
    int argc = 0;

    while (argv[argc] != NULL)
        argc++;
    *settings = (Settings){ 0 };
    TRY(options_read(arena, argc, argv, env, options, why));
    return options_settings(options, settings, why);
}

/* What is wrong with this variable alone, or "OK". */
static const char *complaint(Arena *arena, const char *variable)
{
    char *const none[] = { NULL }, *const env[] = { arena_strdup(arena, variable), NULL };
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096);
    Options options;
    char *text;

    if (read_with(arena, none, env, &options, settings, &why) == OK)
        return "OK";
    assert_ok(buf_text(&why, &text));
    assert_null(strchr(text, '\n'));
    return text;
}

TEST(defaults_are_those_of_the_table)
{
    TEST_ARENA(arena);
    char *const none[] = { NULL };
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096);
    Options options;

    assert_ok(read_with(arena, none, none, &options, settings, &why));
    assert_string_equal(settings->listen[TONGUE_GOTRUE], "127.0.0.1:9999");
    assert_string_equal(settings->listen[TONGUE_CLERK], "127.0.0.1:9998");
    assert_string_equal(settings->listen[TONGUE_AUTH0], "127.0.0.1:9443");
    assert_string_equal(settings->listen[TONGUE_OPS], "127.0.0.1:9990");
    assert_string_equal(settings->database_url, "sqlite:./hecate-data/hecate.db");
    assert_int_equal(settings->gotrue.jwt_exp, 3600);
    assert_int_equal(settings->gotrue.admin_roles.n, 2);
    assert_true(settings->directory.rotation);
    assert_true(settings->directory.phone_off);
    assert_false(settings->directory.email_off);
    assert_null(settings->jwt_secret);
    assert_null(options.no_effect);
    assert_int_equal(settings->request_memory, 32 << 20);
    assert_int_equal(settings->idle_timeout, 60000000);
}

TEST(every_default_passes_its_own_check_and_every_name_is_unique)
{
    for (size_t i = 0; i < option_rows_n; i++) {
        assert_true(strlen(option_rows[i].about) > 10);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(option_rows[i].flag, option_rows[j].flag);
            assert_string_not_equal(option_rows[i].variable, option_rows[j].variable);
            assert_int_not_equal(option_rows[i].offset, option_rows[j].offset);
        }
    }
}

TEST(later_sources_win)
{
    TEST_ARENA(arena);
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096);
    Options options;
    Str shown;
    char *const env[] = { "GOTRUE_JWT_EXP=30", "GOTRUE_SITE_URL=http://env", NULL };
    char *flags[] = { "--config", path, "--jwt-exp", "40", "--disable-signup=true", NULL };

    write_file("# a comment\n\nGOTRUE_JWT_EXP=20\nGOTRUE_SITE_URL = \"http://file\"\nGOTRUE_JWT_AUD=from-file\n", 0644);
    assert_ok(read_with(arena, flags, env, &options, settings, &why));
    assert_int_equal(settings->gotrue.jwt_exp, 40);
    assert_string_equal(settings->gotrue.site_url, "http://env");
    assert_string_equal(settings->gotrue.aud, "from-file");
    assert_true(settings->gotrue.disable_signup);
    options_print(&options, &why);
    shown = buf_view(&why);
    assert_non_null(memmem(shown.p, shown.n, STR("GOTRUE_JWT_EXP=40  # flag: --jwt-exp\n").p, strlen("GOTRUE_JWT_EXP=40  # flag: --jwt-exp\n")));
    assert_non_null(memmem(shown.p, shown.n, "# environment: GOTRUE_SITE_URL\n", 31));
    assert_non_null(memmem(shown.p, shown.n, ": GOTRUE_JWT_AUD\n", 17));
    unlink(path);
}

TEST(aliases_give_way_to_the_own_name)
{
    TEST_ARENA(arena);
    char *const none[] = { NULL };
    char *const env[] = { "DATABASE_URL=sqlite:c", "GOTRUE_DB_DATABASE_URL=sqlite:b", "PORT=1234", "GOTRUE_API_HOST=0.0.0.0", NULL };
    char *const more[] = { "DATABASE_URL=sqlite:c", "HECATE_DATABASE_URL=sqlite:a", "PORT=1234", "GOTRUE_API_PORT=4321", NULL };
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096);
    Options options;

    assert_ok(read_with(arena, none, env, &options, settings, &why));
    assert_string_equal(settings->database_url, "sqlite:b");
    assert_string_equal(settings->listen[TONGUE_GOTRUE], "0.0.0.0:1234");
    assert_null(settings->listen[TONGUE_CLERK]);
    assert_null(settings->listen[TONGUE_AUTH0]);
    assert_ok(read_with(arena, none, more, &options, settings, &why));
    assert_string_equal(settings->database_url, "sqlite:a");
    assert_string_equal(settings->listen[TONGUE_GOTRUE], "127.0.0.1:4321");
}

TEST(with_gotrue_variables_the_others_are_on_when_they_are_named)
{
    TEST_ARENA(arena);
    char *const none[] = { NULL }, *const env[] = { "GOTRUE_SITE_URL=x", "HECATE_LISTEN_CLERK=127.0.0.1:1", "HECATE_LISTEN_OPS=off", NULL };
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096);
    Options options;

    assert_ok(read_with(arena, none, env, &options, settings, &why));
    assert_string_equal(settings->listen[TONGUE_CLERK], "127.0.0.1:1");
    assert_null(settings->listen[TONGUE_AUTH0]);
    assert_null(settings->listen[TONGUE_OPS]);
}

TEST(values_are_read_as_the_reference_reads_them)
{
    static const char *const rows[][2] = {
        { "GOTRUE_DISABLE_SIGNUP=T", "OK" },
        { "GOTRUE_DISABLE_SIGNUP=False", "OK" },
        { "GOTRUE_DISABLE_SIGNUP=yes", "GOTRUE_DISABLE_SIGNUP: \"yes\" is neither true nor false" },
        { "GOTRUE_JWT_EXP=abc", "GOTRUE_JWT_EXP: \"abc\" is no whole number" },
        { "GOTRUE_JWT_EXP=0", "GOTRUE_JWT_EXP: \"0\" is out of its bounds" },
        { "GOTRUE_JWT_EXP=-5", "GOTRUE_JWT_EXP: \"-5\" is out of its bounds" },
        { "GOTRUE_JWT_EXP=99999999999999999999", "GOTRUE_JWT_EXP: \"99999999999999999999\" is no whole number" },
        { "GOTRUE_JWT_EXP=", "OK" },
        { "GOTRUE_SESSIONS_TIMEBOX=1h30m", "OK" },
        { "GOTRUE_SESSIONS_TIMEBOX=-1h", "GOTRUE_SESSIONS_TIMEBOX: \"-1h\" is out of its bounds" },
        { "GOTRUE_SESSIONS_TIMEBOX=0", "GOTRUE_SESSIONS_TIMEBOX: \"0\" is out of its bounds" },
        { "GOTRUE_SESSIONS_TIMEBOX=10", "GOTRUE_SESSIONS_TIMEBOX: \"10\" is no duration such as 90s, 1h30m or 250ms" },
        { "HECATE_REQUEST_MEMORY=2MiB", "OK" },
        { "HECATE_REQUEST_MEMORY=2 MiB", "HECATE_REQUEST_MEMORY: \"2 MiB\" is no size such as 8MiB or 65536" },
        { "HECATE_REQUEST_MEMORY=1", "HECATE_REQUEST_MEMORY: \"1\" is out of its bounds" },
        { "HECATE_LOG_FORMAT=xml", "HECATE_LOG_FORMAT: \"xml\" is none of auto,json,text" },
        { "GOTRUE_SITE_URL=a\nb", "GOTRUE_SITE_URL: \"a\\x0ab\" holds a control character" },
        { "HECATE_NOPE=1", "the variable HECATE_NOPE is not known" },
        { "HECATE_DATA_FILE=1", "the variable HECATE_DATA_FILE is not known" },
        { "GOTRUE_JWT_SECRET=a\nb", "GOTRUE_JWT_SECRET holds a control character" },
        { "PATH=/bin", "OK" },
    };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_string_equal(complaint(arena, rows[i][0]), rows[i][1]);
}

TEST(a_number_that_the_reference_clamps_is_clamped)
{
    TEST_ARENA(arena);
    char *const none[] = { NULL }, *const env[] = { "GOTRUE_PASSWORD_MIN_LENGTH=2", "GOTRUE_DB_MAX_POOL_SIZE=100", NULL };
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096);
    Options options;

    assert_ok(read_with(arena, none, env, &options, settings, &why));
    assert_int_equal(settings->directory.password_min, 6);
    assert_int_equal(settings->db_connections, 8);
}

TEST(unknown_gotrue_variables_are_named)
{
    TEST_ARENA(arena);
    char *const none[] = { NULL }, *const env[] = { "GOTRUE_OPERATOR_TOKEN=x", "GOTRUE_NEVER_HEARD=1", "GOTRUE_JWT_EXP=5", "HOME=/", NULL };
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096);
    Options options;

    assert_ok(read_with(arena, none, env, &options, settings, &why));
    assert_string_equal(options.no_effect, "GOTRUE_OPERATOR_TOKEN, GOTRUE_NEVER_HEARD");
}

static const char *file_complaint(Arena *arena, const char *text)
{
    char *const flags[] = { "--config", path, NULL }, *const none[] = { NULL };
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096);
    Options options;
    char *said;

    write_file(text, 0644);
    if (read_with(arena, flags, none, &options, settings, &why) == OK)
        return "OK";
    assert_ok(buf_text(&why, &said));
    return said + (strncmp(said, path, strlen(path)) == 0 ? strlen(path) : 0);
}

TEST(files_are_read_strictly)
{
    TEST_ARENA(arena);

    assert_string_equal(file_complaint(arena, "GOTRUE_SITE_URL=x\r\n  # c\n"), "OK");
    assert_string_equal(file_complaint(arena, "GOTRUE_SMTP_HOST=x\n"), "OK");
    assert_string_equal(file_complaint(arena, "GOTRUE_NEVER_HEARD=x\n"), ": GOTRUE_NEVER_HEARD is not known");
    assert_string_equal(file_complaint(arena, "PATH=x\n"), ": PATH is not known");
    assert_string_equal(file_complaint(arena, "\nnonsense\n"), ":2 is no KEY=value");
    assert_string_equal(file_complaint(arena, "GOTRUE_JWT_EXP=x"), "GOTRUE_JWT_EXP: \"x\" is no whole number");
    unlink(path);
    assert_string_equal(complaint(arena, "HECATE_CONFIG=x"), "the variable HECATE_CONFIG is not known");
}

TEST(flags_are_checked)
{
    TEST_ARENA(arena);
    static const char *const rows[][3] = {
        { "--nope", "1", "the flag --nope is not known" },
        { "--jwt-exp", NULL, "the flag --jwt-exp needs a value" },
        { "jwt-exp", "1", "jwt-exp is no flag" },
        { "--config", "/nonexistent/file", "/nonexistent/file No such file or directory" },
        { "--jwt-exp", "x", "--jwt-exp: \"x\" is no whole number" },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        char *const flags[] = { arena_strdup(arena, rows[i][0]), arena_strdup(arena, rows[i][1]), NULL }, *const none[] = { NULL };
        Settings *settings = ARENA_NEW(arena, Settings);
        Buf why = buf_in(arena, 4096);
        Options options;
        char *said;

        assert_err(read_with(arena, flags, none, &options, settings, &why), E_CONFIG);
        assert_ok(buf_text(&why, &said));
        assert_string_equal(said, rows[i][2]);
    }
}

TEST(a_secret_comes_from_a_file_that_others_cannot_read)
{
    TEST_ARENA(arena);
    char *const none[] = { NULL };
    char *env[] = { arena_alloc(arena, 128), NULL, NULL };
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096), shown = buf_in(arena, 65536);
    Options options;

    write_file("the-secret-in-the-file\n", 0600);
    snprintf(env[0], 128, "GOTRUE_JWT_SECRET_FILE=%s", path);
    assert_ok(read_with(arena, none, env, &options, settings, &why));
    assert_string_equal(settings->jwt_secret, "the-secret-in-the-file");
    options_print(&options, &shown);
    assert_null(memmem(shown.data, shown.len, "the-secret", 10));
    assert_non_null(memmem(shown.data, shown.len, "GOTRUE_JWT_SECRET=***", 21));
    env[1] = "GOTRUE_JWT_SECRET=other";
    assert_err(read_with(arena, none, (char *[]){ env[0], env[1], NULL }, &options, settings, &why), E_CONFIG);
    env[1] = NULL;
    write_file("the-secret-in-the-file\n", 0644);
    assert_err(read_with(arena, none, env, &options, settings, &why), E_CONFIG);
    unlink(path);
    assert_err(read_with(arena, none, env, &options, settings, &why), E_CONFIG);
}

TEST(weak_secrets_are_named_and_loopback_is_known)
{
    TEST_ARENA(arena);
    char *const none[] = { NULL };
    char *const weak[] = { "GOTRUE_JWT_SECRET=super-secret-jwt-token-with-at-least-32-characters-long", "HECATE_CLERK_SECRET_KEY=sk_test_x",
                           "HECATE_AUTH0_CLIENT_SECRET=0123456789012345678901234567890123456789", "HECATE_LISTEN_GOTRUE=0.0.0.0:1", NULL };
    static const struct {
        const char *address;
        bool loopback;
    } rows[] = { { "127.0.0.1:1", true }, { "127.9.9.9:1", true }, { "localhost:1", true }, { "[::1]:1", true }, { "unix:/x", true },
                 { "fd:3", false },       { ":1", false },         { "10.0.0.1:1", false }, { "[::]:1", false } };
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 4096);
    Options options;

    assert_ok(read_with(arena, none, weak, &options, settings, &why));
    assert_string_equal(options_weak(&options), "GOTRUE_JWT_SECRET, HECATE_CLERK_SECRET_KEY");
    assert_false(settings_loopback(settings));
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        settings->listen[TONGUE_GOTRUE] = rows[i].address;
        assert_int_equal(settings_loopback(settings), rows[i].loopback);
    }
    assert_ok(read_with(arena, none, none, &options, settings, &why));
    assert_null(options_weak(&options));
}
