/* config.c: a file of options, as KEY=value lines. Oracles: the same pairs in the environment give the same values; numbers are within the bounds of
 * their rows; no secret is in what is printed or complained of. Names of other files are left out. */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "server/options.h"

enum { MOST_PAIRS = 64, LEAST_SHOWN = 12 };

static const char *text_of(Buf *buf)
{
    char *text;

    HOLDS(buf_text(buf, &text) == OK);
    return text;
}

/* ---- the same pairs in the environment ---- */

static void pairs_of(Arena *arena, Str text, char *env[MOST_PAIRS + 1])
{
    size_t n = 0;

    while (text.p != NULL && n < MOST_PAIRS) {
        Str value = str_trim(str_cut(&text, '\n')), key;

        if (value.n == 0 || *value.p == '#')
            continue;
        key = str_trim(str_cut(&value, '='));
        value = str_trim(value);
        if (value.n >= 2 && (*value.p == '"' || *value.p == '\'') && value.p[value.n - 1] == *value.p)
            value = (Str){ value.p + 1, value.n - 2 };
        env[n++] = arena_printf(arena, "%.*s=%.*s", (int)key.n, key.p, (int)value.n, value.p);
    }
    env[n] = NULL;
}

static void check_environment(Arena *arena, const Options *from_file, Str text)
{
    char *env[MOST_PAIRS + 1];
    Buf why = buf_in(arena, 1 << 16);
    Options options;

    pairs_of(arena, text, env);
    HOLDS(options_read(arena, 0, env, env, &options, &why) == OK);
    for (size_t row = 0; row < option_rows_n; row++)
        HOLDS(text_eq(options.values[row].text, from_file->values[row].text));
}

/* ---- what is shown ---- */

static void check_hidden(Arena *arena, const Options *options, const char *said)
{
    for (size_t row = 0; row < option_rows_n; row++) {
        const OptionValue *value = &options->values[row];
        bool elsewhere = false;

        for (size_t other = 0; other < option_rows_n; other++)
            elsewhere = elsewhere || ((option_rows[other].flags & O_SECRET) == 0 && options->values[other].text != NULL && value->text != NULL &&
                                      strstr(options->values[other].text, value->text) != NULL);
        if ((option_rows[row].flags & O_SECRET) != 0 && value->origin == FROM_FILE && !elsewhere && strlen(value->text) >= LEAST_SHOWN &&
            strspn(value->text, "0123456789abcdef") == strlen(value->text))
            HOLDS(strstr(said, value->text) == NULL);
    }
    (void)arena;
}

static void check_numbers(const Settings *settings)
{
    for (size_t row = 0; row < option_rows_n; row++) {
        const Option *option = &option_rows[row];
        const void *member = (const char *)settings + option->offset;

        if ((option->kind == O_INT || option->kind == O_SIZE || option->kind == O_DURATION) && option->fallback != NULL) {
            int64_t n;

            memcpy(&n, member, sizeof(n));
            HOLDS(n >= option->least && n <= option->most);
        }
    }
}

static void check_settings(Arena *arena, const Options *options)
{
    Settings *settings = ARENA_NEW(arena, Settings);
    Buf why = buf_in(arena, 1 << 20), print = buf_in(arena, 4 << 20);

    if (options_settings(options, settings, &why) == OK) {
        check_numbers(settings);
        for (size_t i = 0; i < TONGUES; i++)
            HOLDS(!settings_loopback(settings) || address_loopback(settings->listen[i]));
    } else {
        HOLDS(why.len > 0 && strchr(text_of(&why), '\n') == NULL);
        check_hidden(arena, options, text_of(&why));
    }
    options_print(options, &print);
    check_hidden(arena, options, text_of(&print));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, false);
    const Str text = { (const char *)data, size };
    const int fd = memmem(data, size, "_FILE", 5) != NULL ? -1 : memfd_create("options", MFD_CLOEXEC);
    char flag[64], *const argv[] = { flag }, *const env[] = { NULL };
    Buf why = buf_in(arena, 1 << 20);
    Options options;

    if (fd < 0)
        return 0;
    HOLDS(write(fd, data, size) == (ssize_t)size);
    snprintf(flag, sizeof(flag), "--config=/proc/self/fd/%d", fd);
    if (options_read(arena, 1, argv, env, &options, &why) == OK) {
        check_environment(arena, &options, text);
        check_settings(arena, &options);
    } else {
        HOLDS(why.len > 0 && strchr(text_of(&why), '\n') == NULL);
    }
    close(fd);
    return 0;
}
