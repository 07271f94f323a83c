/* options.c: gathers what is set (options_rows.c has the table), judges it and fills the settings. */
#include "server/options.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dialect/gotrue/internal.h"
#include "server/server.h"

enum { MOST_FILE = 1 << 20, LEAST_SECRET = 32 };

typedef struct Pair {
    Str key, value;
} Pair;

typedef struct Pairs {
    Pair *v;
    size_t n;
} Pairs;

/* ---- values ---- */

/* Each reader fills the member and returns NULL, or says what the value is not. */
typedef const char *(*Reader)(Arena *arena, const Option *option, const char *text, void *member);

static const char *read_text(Arena *arena, const Option *option, const char *text, void *member)
{
    (void)arena;
    (void)option;
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20)
            return "holds a control character";
    *(const char **)member = text;
    return NULL;
}

static const char *within(const Option *option, int64_t n, void *member)
{
    if ((option->flags & O_CLAMP) != 0)
        n = n < option->least ? option->least : n > option->most ? option->most : n;
    if (n < option->least || n > option->most)
        return "is out of its bounds";
    *(int64_t *)member = n;
    return NULL;
}

static const char *read_int(Arena *arena, const Option *option, const char *text, void *member)
{
    const bool minus = *text == '-';
    uint64_t n;

    (void)arena;
    if (!str_to_u64(str_of(text + (minus || *text == '+')), INT64_MAX, &n))
        return "is no whole number";
    return within(option, minus ? -(int64_t)n : (int64_t)n, member);
}

/* What Go's strconv.ParseBool takes. */
static const char *read_bool(Arena *arena, const Option *option, const char *text, void *member)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = { { "1", true },  { "t", true },  { "T", true },  { "true", true },   { "TRUE", true },   { "True", true },
                  { "0", false }, { "f", false }, { "F", false }, { "false", false }, { "FALSE", false }, { "False", false } };

    (void)arena;
    (void)option;
    for (size_t i = 0; i < COUNTOF(words); i++)
        if (text_eq(words[i].text, text)) {
            *(bool *)member = words[i].value;
            return NULL;
        }
    return "is neither true nor false";
}

static const char *read_duration(Arena *arena, const Option *option, const char *text, void *member)
{
    Ctx ctx = ctx_new(arena, NULL);
    int64_t us;

    if (duration_read(&ctx, text, &us) != OK)
        return "is no duration such as 90s, 1h30m or 250ms";
    return within(option, us, member);
}

static const char *read_size(Arena *arena, const Option *option, const char *text, void *member)
{
    static const struct {
        const char *unit;
        int shift;
    } units[] = { { "", 0 },   { "B", 0 },  { "KiB", 10 }, { "k", 10 }, { "K", 10 }, { "MiB", 20 },
                  { "m", 20 }, { "M", 20 }, { "GiB", 30 }, { "g", 30 }, { "G", 30 } };
    const size_t digits = strspn(text, "0123456789");
    uint64_t n;

    (void)arena;
    for (size_t i = 0; i < COUNTOF(units); i++)
        if (text_eq(units[i].unit, text + digits) && str_to_u64((Str){ text, digits }, (uint64_t)INT64_MAX >> units[i].shift, &n))
            return within(option, (int64_t)(n << units[i].shift), member);
    return "is no size such as 8MiB or 65536";
}

static const char *read_list(Arena *arena, const Option *option, const char *text, void *member)
{
    Str rest = str_of(text);
    Texts list = { 0 };

    (void)option;
    while (rest.p != NULL) {
        const Str item = str_trim(str_cut(&rest, ','));

        if (item.n > 0)
            texts_add(arena, &list, str_dup(arena, item));
    }
    *(Texts *)member = list;
    return NULL;
}

static const char *read_choice(Arena *arena, const Option *option, const char *text, void *member)
{
    Str rest = str_of(option->choices);

    while (rest.p != NULL)
        if (str_eq(str_cut(&rest, ','), str_of(text))) {
            *(const char **)member = text;
            return NULL;
        }
    return arena_printf(arena, "is none of %s", option->choices);
}

static const struct {
    const char *name;
    Reader read;
} kinds[] = {
    [O_TEXT] = { "text", read_text },          [O_INT] = { "whole number", read_int },
    [O_BOOL] = { "true or false", read_bool }, [O_DURATION] = { "duration", read_duration },
    [O_SIZE] = { "size", read_size },          [O_LIST] = { "list", read_list },
    [O_CHOICE] = { "choice", read_choice },
};

/* ---- names ---- */

/* The i-th name of a row: its own, then its aliases; empty after the last. */
static Str name_at(const Option *option, size_t i)
{
    Str rest = str_of(option->aliases), name = str_of(option->variable);

    for (; i > 0 && name.p != NULL; i--)
        name = rest.p == NULL ? (Str){ NULL, 0 } : str_cut(&rest, ',');
    return name;
}

static size_t name_count(const Option *option)
{
    size_t n = 0;

    while (name_at(option, n).p != NULL)
        n++;
    return n;
}

/* Is `key` this name, or (for secrets) this name and _FILE? */
static bool names_file(const Option *option, Str name, Str key)
{
    return (option->flags & O_SECRET) != 0 && key.n == name.n + 5 && str_starts(key, name) && memcmp(key.p + name.n, "_FILE", 5) == 0;
}

static bool known_key(Str key)
{
    for (size_t i = 0; i < option_rows_n; i++)
        for (size_t j = 0; name_at(&option_rows[i], j).p != NULL; j++)
            if (str_eq(name_at(&option_rows[i], j), key) || names_file(&option_rows[i], name_at(&option_rows[i], j), key))
                return true;
    return false;
}

/* Variables of the reference that this version knows and does nothing with; a star stands for any end. */
static const char *const without_effect[] = {
    "GOTRUE_URI_ALLOW_LIST",
    "GOTRUE_DB_*",
    "GOTRUE_JWT_ADMIN_GROUP_NAME",
    "GOTRUE_EXTERNAL_*",
    "GOTRUE_MAILER_*",
    "GOTRUE_SMTP_*",
    "GOTRUE_SMS_*",
    "GOTRUE_PASSWORD_HIBP_BLOOM_*",
    "GOTRUE_SECURITY_*",
    "GOTRUE_MFA_*",
    "GOTRUE_WEBAUTHN_*",
    "GOTRUE_PASSKEY_*",
    "GOTRUE_SAML_*",
    "GOTRUE_OAUTH_SERVER_*",
    "GOTRUE_CUSTOM_OAUTH_*",
    "GOTRUE_HOOK_*",
    "GOTRUE_RATE_LIMIT_*",
    "GOTRUE_EXPERIMENTAL_*",
    "GOTRUE_LOG_FILE",
    "GOTRUE_OPERATOR_TOKEN",
    "GOTRUE_COOKIE_*",
};

static bool is_without_effect(Str key)
{
    for (size_t i = 0; i < COUNTOF(without_effect); i++) {
        const Str name = str_of(without_effect[i]);
        const bool star = name.p[name.n - 1] == '*';

        if (star ? str_starts(key, (Str){ name.p, name.n - 1 }) : str_eq(key, name))
            return true;
    }
    return false;
}

/* ---- sources ---- */

/* A whole small file. A secret's file must be closed to all others and to writing by its group. */
static Err read_file(Arena *arena, const char *path, bool secret, char **ret, Buf *why)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    ssize_t n = -1;
    char *text;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > MOST_FILE || (secret && (st.st_mode & 027) != 0)) {
        buf_printf(why, "%s %s", path,
                   fd < 0   ? strerror(errno)
                   : secret ? "must be a small file that others cannot read"
                            : "must be a file of at most 1 MiB");
        if (fd >= 0)
            close(fd);
        return E_CONFIG;
    }
    text = arena_alloc(arena, (size_t)st.st_size + 1);
    n = read(fd, text, (size_t)st.st_size);
    close(fd);
    if (n != st.st_size || memchr(text, '\0', (size_t)n) != NULL) {
        buf_printf(why, "%s cannot be read as text", path);
        return E_CONFIG;
    }
    *ret = text;
    return OK;
}

static Err set_value(Options *options, size_t row, Origin origin, const Pair *pair, bool file, Buf *why)
{
    OptionValue *value = &options->values[row];
    char *text = str_dup(options->arena, pair->value);
    const char *path = file ? text : NULL;

    if (*text == '\0')
        return OK; /* given as nothing: as if not given */
    if (file) {
        TRY(read_file(options->arena, text, true, &text, why));
        text[strcspn(text, "\r\n")] = '\0';
    }
    *value = (OptionValue){ .text = text, .origin = origin, .name = str_dup(options->arena, pair->key), .path = path };
    return OK;
}

/* A name and its _FILE together would leave open which one counts. */
static Err take_name(Options *options, size_t row, Str name, const Pairs *pairs, Origin origin, Buf *why)
{
    const Pair *plain = NULL, *file = NULL;

    for (size_t i = 0; i < pairs->n; i++) {
        if (str_eq(pairs->v[i].key, name))
            plain = &pairs->v[i];
        if (names_file(&option_rows[row], name, pairs->v[i].key))
            file = &pairs->v[i];
    }
    if (plain != NULL && file != NULL && plain->value.n > 0 && file->value.n > 0) {
        buf_printf(why, "%.*s and %.*s are both given", (int)plain->key.n, plain->key.p, (int)file->key.n, file->key.p);
        return E_CONFIG;
    }
    if (file != NULL)
        TRY(set_value(options, row, origin, file, true, why));
    return plain == NULL ? OK : set_value(options, row, origin, plain, false, why);
}

static Err take_pairs(Options *options, const Pairs *pairs, Origin origin, Buf *why)
{
    for (size_t row = 0; row < option_rows_n; row++)
        for (size_t i = name_count(&option_rows[row]); i > 0; i--) /* the first name last: it wins */
            TRY(take_name(options, row, name_at(&option_rows[row], i - 1), pairs, origin, why));
    return OK;
}

static void add_no_effect(Options *options, Str key)
{
    options->no_effect =
        options->no_effect == NULL ? str_dup(options->arena, key) : arena_printf(options->arena, "%s, %.*s", options->no_effect, (int)key.n, key.p);
}

/* Unknown keys of a file stop the start; of the environment only our own do, for others put much there. */
static Err judge_keys(Options *options, const Pairs *pairs, const char *file, Buf *why)
{
    for (size_t i = 0; i < pairs->n; i++) {
        const Str key = pairs->v[i].key;
        const bool gotrue = str_starts(key, STR("GOTRUE_"));

        options->gotrue_given = options->gotrue_given || gotrue;
        if (known_key(key))
            continue;
        if (str_starts(key, STR("HECATE_")) || (file != NULL && !is_without_effect(key))) {
            buf_printf(why, "%s%s%.*s is not known", file == NULL ? "the variable " : file, file == NULL ? "" : ": ", (int)key.n, key.p);
            return E_CONFIG;
        }
        if (gotrue)
            add_no_effect(options, key);
    }
    return OK;
}

static void add_pair(Arena *arena, Pairs *pairs, Pair pair)
{
    if ((pairs->n & (pairs->n - 1)) == 0) {
        Pair *more = ARENA_ARRAY(arena, Pair, pairs->n == 0 ? 1 : 2 * pairs->n);

        if (pairs->n > 0)
            memcpy(more, pairs->v, pairs->n * sizeof(*more));
        pairs->v = more;
    }
    pairs->v[pairs->n++] = pair;
}

static Str unquoted(Str value)
{
    const bool quoted = value.n >= 2 && (value.p[0] == '"' || value.p[0] == '\'') && value.p[value.n - 1] == value.p[0];

    return quoted ? (Str){ value.p + 1, value.n - 2 } : value;
}

/* KEY=value lines; blank ones and those that begin with # are passed over. */
static Err take_file(Options *options, Buf *why)
{
    Pairs pairs = { 0 };
    char *text;
    Str rest;

    TRY(read_file(options->arena, options->file, false, &text, why));
    rest = str_of(text);
    for (int number = 1; rest.p != NULL; number++) {
        Str value = str_trim(str_cut(&rest, '\n')), key;

        if (value.n == 0 || value.p[0] == '#')
            continue;
        key = str_trim(str_cut(&value, '='));
        if (value.p == NULL || key.n == 0) {
            buf_printf(why, "%s:%d is no KEY=value", options->file, number);
            return E_CONFIG;
        }
        add_pair(options->arena, &pairs, (Pair){ key, unquoted(str_trim(value)) });
    }
    TRY(judge_keys(options, &pairs, options->file, why));
    return take_pairs(options, &pairs, FROM_FILE, why);
}

static Err take_environment(Options *options, char *const *env, Buf *why)
{
    Pairs pairs = { 0 };

    for (; *env != NULL; env++) {
        Str value = str_of(*env);
        const Str key = str_cut(&value, '=');

        if (value.p != NULL)
            add_pair(options->arena, &pairs, (Pair){ key, value });
    }
    TRY(judge_keys(options, &pairs, NULL, why));
    return take_pairs(options, &pairs, FROM_ENVIRONMENT, why);
}

/* ---- flags ---- */

static Err take_flag(Options *options, Str name, const char *text, Buf *why)
{
    for (size_t row = 0; row < option_rows_n; row++)
        if (str_eq(str_of(option_rows[row].flag), name)) {
            options->values[row] =
                (OptionValue){ .text = text, .origin = FROM_FLAG, .name = arena_printf(options->arena, "--%s", option_rows[row].flag) };
            return OK;
        }
    buf_printf(why, "the flag --%.*s is not known", (int)name.n, name.p);
    return E_CONFIG;
}

/* `--name value` or `--name=value`. First look: --config alone, for the file comes before the environment. */
static Err take_flags(Options *options, int argc, char *const *argv, bool config, Buf *why)
{
    for (int i = 0; i < argc; i++) {
        Str value = str_of(argv[i]);
        Str name = str_cut(&value, '=');

        if (!str_starts(name, STR("--"))) {
            buf_printf(why, "%s is no flag", argv[i]);
            return E_CONFIG;
        }
        name = (Str){ name.p + 2, name.n - 2 };
        if (value.p == NULL && ++i == argc) {
            buf_printf(why, "the flag --%.*s needs a value", (int)name.n, name.p);
            return E_CONFIG;
        }
        value = value.p == NULL ? str_of(argv[i]) : value;
        if (!str_eq(name, STR("config")) && !config)
            TRY(take_flag(options, name, value.p, why));
        else if (str_eq(name, STR("config")))
            options->file = value.p;
    }
    return OK;
}

Err options_read(Arena *arena, int argc, char *const *argv, char *const *env, Options *ret, Buf *why)
{
    *ret = (Options){ .arena = arena, .values = ARENA_ARRAY(arena, OptionValue, option_rows_n) };
    for (size_t row = 0; row < option_rows_n; row++)
        ret->values[row].text = option_rows[row].fallback;
    TRY(take_flags(ret, argc, argv, true, why));
    if (ret->file != NULL)
        TRY(take_file(ret, why));
    TRY(take_environment(ret, env, why));
    return take_flags(ret, argc, argv, false, why);
}

void options_default(Options *options, const char *variable, const char *text)
{
    for (size_t row = 0; row < option_rows_n; row++)
        if (text_eq(option_rows[row].variable, variable) && options->values[row].origin == FROM_DEFAULT)
            options->values[row].text = text;
}

/* ---- settings ---- */

static bool is_off(const char *address)
{
    return text_eq(address, "off");
}

/* With the reference's variables given, Clerk and Auth0 are off unless their own is set (DESIGN.md 7). */
static void derive(const Options *options, Settings *settings)
{
    const char *others = options->gotrue_given ? "off" : NULL;
    const char *const given[TONGUES] = {
        settings->listen_gotrue != NULL ? settings->listen_gotrue
                                        : arena_printf(options->arena, "%s:%lld", settings->api_host, (long long)settings->api_port),
        settings->listen_clerk != NULL ? settings->listen_clerk
        : others != NULL               ? others
                                       : "127.0.0.1:9998",
        settings->listen_auth0 != NULL ? settings->listen_auth0
        : others != NULL               ? others
                                       : "127.0.0.1:9443",
        settings->listen_ops,
    };

    for (size_t i = 0; i < TONGUES; i++)
        settings->listen[i] = is_off(given[i]) ? NULL : given[i];
    for (size_t n = strlen(settings->data); n > 1 && settings->data[n - 1] == '/'; n--) /* names are compared by their text */
        settings->data = arena_strndup(options->arena, settings->data, n - 1);
    if (settings->database_url == NULL)
        settings->database_url = arena_printf(options->arena, "sqlite:%s/hecate.db", settings->data);
    settings->directory.email_off = !settings->gotrue.email_enabled;
    settings->directory.phone_off = !settings->gotrue.phone_enabled;
    settings->directory.clean_anonymous = settings->gotrue.anonymous_enabled;
    settings->directory.refresh_v2 = settings->refresh_version == 2;
    settings->gotrue.aud = settings->directory.default_aud;
}

Err options_settings(const Options *options, Settings *ret, Buf *why)
{
    for (size_t row = 0; row < option_rows_n; row++) {
        const Option *option = &option_rows[row];
        const OptionValue *value = &options->values[row];
        const char *wrong = value->text == NULL ? NULL : kinds[option->kind].read(options->arena, option, value->text, (char *)ret + option->offset);

        if (wrong == NULL)
            continue;
        if ((option->flags & O_SECRET) != 0)
            buf_printf(why, "%s %s", value->name, wrong);
        else
            buf_printf(why, "%s: %s %s", value->name == NULL ? option->variable : value->name, go_quote(options->arena, value->text), wrong);
        return E_CONFIG;
    }
    derive(options, ret);
    return OK;
}

/* ---- secrets ---- */

static const char *const samples[] = {
    "super-secret-jwt-token-with-at-least-32-characters-long",
    "your-super-secret-jwt-token-with-at-least-32-characters-long",
    "your-super-secret-and-long-jwt-secret-at-least-32-characters",
    "37c304f8-51aa-419a-a1af-06154e63707a",
    "a-string-secret-at-least-256-bits-long",
    "your-256-bit-secret",
    "CHANGE-THIS! VERY IMPORTANT!",
};

static bool is_weak(const char *text)
{
    for (size_t i = 0; i < COUNTOF(samples); i++)
        if (text_eq(samples[i], text))
            return true;
    return strlen(text) < LEAST_SECRET;
}

const char *options_weak(const Options *options)
{
    const char *names = NULL;

    for (size_t row = 0; row < option_rows_n; row++) {
        const OptionValue *value = &options->values[row];

        if ((option_rows[row].flags & O_STRONG) != 0 && value->text != NULL && is_weak(value->text))
            names = names == NULL ? value->name : arena_printf(options->arena, "%s, %s", names, value->name);
    }
    return names;
}

bool address_loopback(const char *address)
{
    static const char *const local[] = { "127.", "localhost:", "[::1]:", "unix:" };

    for (size_t i = 0; address != NULL && i < COUNTOF(local); i++)
        if (strncmp(address, local[i], strlen(local[i])) == 0)
            return true;
    return address == NULL;
}

bool settings_loopback(const Settings *settings)
{
    for (size_t i = 0; i < TONGUES; i++)
        if (!address_loopback(settings->listen[i]))
            return false;
    return true;
}

/* ---- printing ---- */

static const char *origin_text(Arena *arena, const Options *options, const OptionValue *value)
{
    switch (value->origin) {
    case FROM_FILE:
        return arena_printf(arena, "%s: %s", options->file, value->name);
    case FROM_ENVIRONMENT:
        return arena_printf(arena, "environment: %s", value->name);
    case FROM_FLAG:
        return arena_printf(arena, "flag: %s", value->name);
    default:
        return "default";
    }
}

void options_print(const Options *options, Buf *buf)
{
    for (size_t row = 0; row < option_rows_n; row++) {
        const OptionValue *value = &options->values[row];
        const bool hide = (option_rows[row].flags & O_SECRET) != 0 && value->text != NULL && value->origin != FROM_DEFAULT;

        buf_printf(buf, "%s=%s  # %s\n", option_rows[row].variable,
                   hide                  ? "***"
                   : value->text == NULL ? ""
                                         : value->text,
                   origin_text(options->arena, options, value));
    }
}

void options_help(Buf *buf)
{
    buf_puts(buf, "  --config FILE\n        a file of KEY=value lines; the environment and flags win over it\n");
    for (size_t row = 0; row < option_rows_n; row++) {
        const Option *option = &option_rows[row];

        buf_printf(buf, "  --%s  (%s, %s%s%s)\n        %s\n", option->flag, option->variable, kinds[option->kind].name,
                   text_empty(option->fallback) ? "" : ", default ", text_empty(option->fallback) ? "" : option->fallback, option->about);
    }
}

static void markdown_row(Buf *buf, const Option *option)
{
    buf_printf(buf, "| `%s` ", option->variable);
    for (size_t i = 1; name_at(option, i).p != NULL; i++)
        buf_printf(buf, "%s`%.*s`", i == 1 ? "(also " : ", ", (int)name_at(option, i).n, name_at(option, i).p);
    buf_printf(buf, "%s| `--%s` | %s", name_at(option, 1).p == NULL ? "" : ") ", option->flag, kinds[option->kind].name);
    if (option->choices != NULL)
        buf_printf(buf, ": %s", option->choices);
    else if (option->most > 0 && option->kind == O_INT)
        buf_printf(buf, ", %lld to %lld", (long long)option->least, (long long)option->most);
    buf_printf(buf, " | %s%s%s | %s%s%s |\n", text_empty(option->fallback) ? "" : "`", text_empty(option->fallback) ? "" : option->fallback,
               text_empty(option->fallback) ? "" : "`", option->about, (option->flags & O_SECRET) != 0 ? " *Secret.*" : "",
               (option->flags & O_RELOAD) != 0 ? " *Reloadable.*" : "");
}

static const struct {
    int code;
    const char *about;
} exits[] = {
#define EXIT_ROW(name, code, about) { code, about },
    EXIT_LIST(EXIT_ROW)
#undef EXIT_ROW
};

void options_markdown(Buf *buf)
{
    buf_puts(
        buf,
        "# Options\n\nPrinted by `hecate config --markdown`; do not edit by hand.\n\n"
        "Sources, later wins: defaults, a file of `KEY=value` lines (`--config FILE`), the environment, flags (`--name value`). A value given as nothing\n"
        "counts as not given. `KEY_FILE` reads a secret from a file that others cannot read. SIGHUP takes new values of the reloadable options, certificates\n"
        "and keys; the others need a restart.\n\n"
        "| variable | flag | kind | default | meaning |\n| --- | --- | --- | --- | --- |\n");
    for (size_t row = 0; row < option_rows_n; row++)
        markdown_row(buf, &option_rows[row]);
    buf_puts(
        buf,
        "\n## Without effect\n\nThese variables of the reference are known and change nothing in this version; a warning at the start names those that are given:\n\n");
    for (size_t i = 0; i < COUNTOF(without_effect); i++)
        buf_printf(buf, "%s`%s`", i == 0 ? "" : i % 4 == 0 ? ",\n" : ", ", without_effect[i]);
    buf_puts(buf, ".\n\n## Exit codes\n\nA refusal is one line on standard error and one of these codes.\n\n| code | meaning |\n| --- | --- |\n");
    for (size_t i = 0; i < COUNTOF(exits); i++)
        buf_printf(buf, "| %d | %s |\n", exits[i].code, exits[i].about);
}
