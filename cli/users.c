/* users.c: `hecate users`: the line is read by a table of options, a verb is a cell in a table of dialects. */
#include "users.h"

#include "base/clock.h"
#include "base/field.h"
#include "hecate/auth0.h"
#include "hecate/clerk.h"
#include "hecate/gotrue.h"

enum { DONE = 0, REFUSED = 1, USAGE = 64, UNREACHABLE = 69, FAILED = 70, FILE_CAP = 64 << 10, MEMORY = 256 << 20 };

typedef enum Verb { LIST, GET, CREATE, UPDATE, DELETE, BAN, UNBAN, VERBS } Verb;
static const char *const verb_names[VERBS] = { "list", "get", "create", "update", "delete", "ban", "unban" };

/* What the line says. Texts are NULL if not given. */
typedef struct Line {
    Verb verb;
    const char *id, *dialect, *url, *ca, *key, *key_file, *email, *phone, *username, *name, *password_file;
    const char *user_metadata, *app_metadata, *private_metadata, *role, *connection, *page, *per_page, *query, *duration;
    bool json, soft, confirm;
    const char *password; /* read */
    int64_t page_number, page_size;
    size_t dialect_number;
} Line;

/* ---- options ---- */

enum { GOTRUE, CLERK, AUTH0, DIALECTS };
enum { ON_LIST = 1 << LIST, ON_NEW = 1 << CREATE, ON_WRITE = ON_NEW | 1 << UPDATE, ON_DELETE = 1 << DELETE, ON_BAN = 1 << BAN, ALL = 127 };

typedef struct Option {
    const char *name, *value; /* value: NULL for a flag */
    size_t offset;
    int verbs[DIALECTS]; /* that have a use for it, in each dialect */
    const char *about;
} Option;

/* clang-format off */
static const Option options[] = {
    { "--dialect", "NAME", offsetof(Line, dialect), { ALL, ALL, ALL }, "gotrue (default), clerk or auth0" },
    { "--url", "URL", offsetof(Line, url), { ALL, ALL, ALL }, "the server; else HECATE_URL, else this machine's default listener" },
    { "--ca", "FILE", offsetof(Line, ca), { ALL, ALL, ALL }, "authorities (PEM); else HECATE_CA, else the system's" },
    { "--key", "KEY", offsetof(Line, key), { ALL, ALL, ALL }, "the credential; others on this machine can see it here" },
    { "--key-file", "FILE", offsetof(Line, key_file), { ALL, ALL, ALL }, "a file with the credential; else one of these variables is read: HECATE_SERVICE_KEY,\n"
      "                              HECATE_CLERK_SECRET_KEY, HECATE_AUTH0_TOKEN, HECATE_AUTH0_CLIENT_ID with …_SECRET" },
    { "--json", NULL, offsetof(Line, json), { ALL, ALL, ALL }, "print the server's answer as it is" },
    { "--email", "ADDRESS", offsetof(Line, email), { ON_WRITE, ON_NEW | ON_LIST, ON_WRITE | ON_LIST }, "in a list: users with this address" },
    { "--phone", "NUMBER", offsetof(Line, phone), { ON_WRITE, ON_NEW, ON_WRITE }, "" },
    { "--username", "NAME", offsetof(Line, username), { 0, ON_WRITE, ON_WRITE }, "" },
    { "--name", "NAME", offsetof(Line, name), { 0, ON_WRITE, ON_WRITE }, "clerk: the first name" },
    { "--password-file", "FILE", offsetof(Line, password_file), { ON_WRITE, ON_WRITE, ON_WRITE }, "a file with the password, - for standard input; else HECATE_USER_PASSWORD" },
    { "--confirm", NULL, offsetof(Line, confirm), { ON_WRITE, 0, ON_WRITE }, "the addresses given are confirmed" },
    { "--user-metadata", "JSON", offsetof(Line, user_metadata), { ON_WRITE, ON_WRITE, ON_WRITE }, "merged; clerk: unsafe_metadata" },
    { "--app-metadata", "JSON", offsetof(Line, app_metadata), { ON_WRITE, ON_WRITE, ON_WRITE }, "merged; clerk: public_metadata" },
    { "--private-metadata", "JSON", offsetof(Line, private_metadata), { 0, ON_WRITE, 0 }, "merged" },
    { "--role", "ROLE", offsetof(Line, role), { ON_WRITE, 0, 0 }, "" },
    { "--connection", "NAME", offsetof(Line, connection), { 0, 0, ON_WRITE }, "Username-Password-Authentication for a new user if not given" },
    { "--page", "N", offsetof(Line, page), { ON_LIST, ON_LIST, ON_LIST }, "pages count from 1" },
    { "--per-page", "N", offsetof(Line, per_page), { ON_LIST, ON_LIST, ON_LIST }, "users of a page, 50 if not given" },
    { "--query", "TEXT", offsetof(Line, query), { ON_LIST, ON_LIST, ON_LIST }, "gotrue: filter; clerk: query; auth0: q" },
    { "--for", "DURATION", offsetof(Line, duration), { ON_BAN, 0, 0 }, "24h, 1h30m; for ever if not given" },
    { "--soft", NULL, offsetof(Line, soft), { ON_DELETE, 0, 0 }, "keep the row without what tells the person" },
};
/* clang-format on */

static const char *const dialect_names[DIALECTS] = { "gotrue", "clerk", "auth0" };

/* The option, and who has a use for it: the verbs, and the dialects unless all. */
static void option_help(Buf *buf, const Option *option)
{
    const int any = option->verbs[GOTRUE] | option->verbs[CLERK] | option->verbs[AUTH0];
    const bool everywhere = option->verbs[GOTRUE] != 0 && option->verbs[CLERK] != 0 && option->verbs[AUTH0] != 0;
    const char *comma = "";

    buf_printf(buf, "  %-18s %-8s ", option->name, option->value == NULL ? "" : option->value);
    for (size_t i = 0; any != ALL && i < VERBS; i++)
        if ((any >> i & 1) != 0)
            buf_printf(buf, "%s%s", comma, verb_names[i]), comma = ", ";
    comma = " (";
    for (size_t i = 0; !everywhere && i < DIALECTS; i++)
        if (option->verbs[i] != 0)
            buf_printf(buf, "%s%s", comma, dialect_names[i]), comma = ", ";
    buf_printf(buf, "%s%s%s\n", everywhere ? "" : ")", any == ALL || *option->about == '\0' ? "" : ": ", option->about);
}

void users_help(Buf *buf)
{
    for (size_t i = 0; i < COUNTOF(options); i++)
        option_help(buf, &options[i]);
}

static int usage(Buf *why, const char *about, const char *what)
{
    buf_printf(why, "users: %s %s; `hecate users --help` tells more", about, what);
    return USAGE;
}

static const Option *option_named(const char *name)
{
    for (size_t i = 0; i < COUNTOF(options); i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

/* One argument, and its value if it has one: how many were used; 0 with a line in `why`. */
static int read_argument(Line *line, int argc, char *const *argv, Buf *why)
{
    const Option *option = option_named(argv[0]);

    if (option == NULL) {
        if (*argv[0] == '-' || line->id != NULL)
            return (usage(why, *argv[0] == '-' ? "there is no option" : "one user at a time, not also", argv[0]), 0);
        line->id = argv[0];
        return 1;
    }
    if (option->value == NULL) {
        *(bool *)((char *)line + option->offset) = true;
        return 1;
    }
    if (argc < 2)
        return (usage(why, "a value is due after", argv[0]), 0);
    *(const char **)(void *)((char *)line + option->offset) = argv[1];
    return 2;
}

static bool read_number(const char *text, int64_t *ret)
{
    uint64_t number;

    if (text == NULL)
        return true;
    if (!str_to_u64(str_of(text), INT32_MAX, &number) || number == 0)
        return false;
    *ret = (int64_t)number;
    return true;
}

static bool is_given(const Line *line, const Option *option)
{
    const void *member = (const char *)line + option->offset;

    return option->value == NULL ? *(const bool *)member : *(const char *const *)member != NULL;
}

/* An option that would be passed over is an error: --soft in another dialect would delete for good. */
static int check_line(Line *line, Buf *why)
{
    size_t dialect = 0;

    while (line->dialect != NULL && dialect < DIALECTS && strcmp(line->dialect, dialect_names[dialect]) != 0)
        dialect++;
    if (dialect == DIALECTS)
        return usage(why, "there is no dialect", line->dialect);
    line->dialect_number = dialect;
    for (size_t i = 0; i < COUNTOF(options); i++)
        if (is_given(line, &options[i]) && (options[i].verbs[dialect] >> line->verb & 1) == 0)
            return usage(why, "this verb of this dialect has no use for", options[i].name);
    if (!read_number(line->page, &line->page_number) || !read_number(line->per_page, &line->page_size))
        return usage(why, "--page and --per-page are", "numbers from 1");
    return DONE;
}

static int read_line(Line *line, int argc, char *const *argv, Buf *why)
{
    if (argc == 0)
        return usage(why, "a verb is due:", "list, get, create, update, delete, ban or unban");
    while (line->verb < VERBS && strcmp(argv[0], verb_names[line->verb]) != 0)
        line->verb++;
    if (line->verb == VERBS)
        return usage(why, "there is no verb", argv[0]);
    for (int i = 1; i < argc;) {
        const int used = read_argument(line, argc - i, argv + i, why);

        if (used == 0)
            return USAGE;
        i += used;
    }
    if ((line->id == NULL) != (line->verb == LIST || line->verb == CREATE))
        return usage(why, line->id == NULL ? "the id of a user is due after" : "no id is due after", argv[0]);
    return check_line(line, why);
}

/* ---- secrets ---- */

/* The content of a file without the line's end; NULL with a line in `why`. */
static const char *read_file(Arena *arena, const char *path, Buf *why)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *text = arena_alloc(arena, FILE_CAP);
    size_t n;

    if (file == NULL) {
        buf_printf(why, "users: %s cannot be read", path);
        return NULL;
    }
    n = fread(text, 1, FILE_CAP - 1, file);
    if (file != stdin)
        fclose(file);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    text[n] = '\0';
    if (n == 0)
        buf_printf(why, "users: %s is empty", path);
    return n == 0 ? NULL : text;
}

static const char *environment(const char *name)
{
    const char *value = name == NULL ? NULL : getenv(name);

    return text_empty(value) ? NULL : value;
}

/* ---- answers ---- */

enum { COLUMNS = 5, WIDEST = 64 };

/* A line of the table, of any dialect. */
typedef struct Row {
    const char *cells[COLUMNS];
} Row;

typedef struct Table {
    Arena *arena;
    List rows;
} Table;

static const char *time_cell(Arena *arena, int64_t time)
{
    Buf buf = buf_in(arena, 64);
    char *text;

    if (time == 0)
        return "-";
    time_write(&buf, time / US_PER_S * US_PER_S, 0);
    return buf_text(&buf, &text) == OK ? text : "-";
}

/* What a server says must not steer the terminal. */
static const char *text_cell(Arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text_empty(text) ? "-" : text);

    for (char *p = copy; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f || ((unsigned char)*p == 0xc2 && ((unsigned char)p[1] & 0xe0) == 0x80))
            *p = '?';
    return copy;
}

static void table_add(Table *table, const char *id, const char *email, const char *other, int64_t created_at, const char *state)
{
    Row *row = ARENA_NEW(table->arena, Row);

    *row = (Row){ { text_cell(table->arena, id), text_cell(table->arena, email), text_cell(table->arena, other), time_cell(table->arena, created_at),
                    state } };
    list_add(table->arena, &table->rows, row);
}

static size_t width_of(const char *text)
{
    return utf8_length(str_of(text));
}

static void print_row(const Row *row, const size_t *widths)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        const size_t width = width_of(row->cells[i]);

        printf("%s%*s", row->cells[i], i + 1 == COLUMNS ? 0 : (int)(widths[i] > width ? widths[i] - width + 2 : 2), "");
    }
    putchar('\n');
}

static void print_table(const Table *table)
{
    static const Row head = { { "ID", "EMAIL", "PHONE OR NAME", "CREATED", "STATE" } };
    size_t widths[COLUMNS];

    for (size_t i = 0; i < COLUMNS; i++) {
        widths[i] = width_of(head.cells[i]);
        for (size_t k = 0; k < table->rows.n; k++) {
            const size_t width = width_of(((const Row *)table->rows.v[k])->cells[i]);

            widths[i] = width > widths[i] && width <= WIDEST ? width : widths[i];
        }
    }
    print_row(&head, widths);
    for (size_t k = 0; k < table->rows.n; k++)
        print_row(table->rows.v[k], widths);
}

/* ---- one call ---- */

typedef struct Work {
    const Line *line;
    void *handle;
    Table table;
    const char *raw; /* the answer, for --json */
    HecateError error;
} Work;

static HecateText given(const char *text)
{
    return text == NULL ? (HecateText){ 0 } : hecate_text(text);
}

static HecateBool flag(bool set)
{
    return set ? hecate_bool(true) : (HecateBool){ 0 };
}

static HecateInt number(int64_t value)
{
    return value == 0 ? (HecateInt){ 0 } : hecate_int(value);
}

static void keep_raw(Work *work, const char *raw)
{
    work->raw = arena_strdup(work->table.arena, raw);
}

/* ---- gotrue ---- */

static void gotrue_row(Work *work, const HecateGotrueUser *user)
{
    table_add(&work->table, user->id, user->email, user->phone, user->created_at,
              user->deleted_at != 0              ? "deleted"
              : user->banned_until > clock_now() ? "banned"
                                                 : "active");
}

/* Takes the user behind the pointer, which the call that gave `status` has set. */
static HecateStatus gotrue_one(Work *work, HecateStatus status, HecateGotrueUser *const *user)
{
    if (status == HECATE_OK) {
        gotrue_row(work, *user);
        keep_raw(work, (*user)->raw);
        gotrue_user_free(*user);
    }
    return status;
}

static HecateStatus gotrue_list(Work *work)
{
    const HecateGotruePage page = { number(work->line->page_number), number(work->line->page_size), given(work->line->query), { 0 } };
    HecateGotrueUserList *list = NULL;
    const HecateStatus status = gotrue_admin_list_users(work->handle, &page, &list, &work->error);

    for (size_t i = 0; list != NULL && i < list->count; i++)
        gotrue_row(work, list->users[i]);
    if (list != NULL)
        keep_raw(work, list->raw);
    gotrue_user_list_free(list);
    return status;
}

static HecateStatus gotrue_get(Work *work)
{
    HecateGotrueUser *user = NULL;

    return gotrue_one(work, gotrue_admin_get_user_by_id(work->handle, work->line->id, &user, &work->error), &user);
}

static HecateGotrueAttributes gotrue_attributes(const Line *line)
{
    return (HecateGotrueAttributes){
        .email = given(line->email),
        .phone = given(line->phone),
        .password = given(line->password),
        .email_confirm = flag(line->confirm && line->email != NULL),
        .phone_confirm = flag(line->confirm && line->phone != NULL),
        .user_metadata = given(line->user_metadata),
        .app_metadata = given(line->app_metadata),
        .role = given(line->role),
    };
}

static HecateStatus gotrue_change(Work *work, const HecateGotrueAttributes *in)
{
    HecateGotrueUser *user = NULL;
    HecateStatus status;

    if (work->line->verb == CREATE)
        status = gotrue_admin_create_user(work->handle, in, &user, &work->error);
    else
        status = gotrue_admin_update_user_by_id(work->handle, work->line->id, in, &user, &work->error);
    return gotrue_one(work, status, &user);
}

static HecateStatus gotrue_write(Work *work)
{
    const HecateGotrueAttributes in = gotrue_attributes(work->line);

    return gotrue_change(work, &in);
}

static HecateStatus gotrue_delete(Work *work)
{
    return gotrue_admin_delete_user(work->handle, work->line->id, work->line->soft, &work->error);
}

/* A hundred years, in the only unit that GoTrue's durations have for it. */
static HecateStatus gotrue_ban(Work *work)
{
    const char *duration = work->line->duration == NULL ? "876600h" : work->line->duration;
    const HecateGotrueAttributes in = { .ban_duration = hecate_text(work->line->verb == BAN ? duration : "none") };

    return gotrue_change(work, &in);
}

/* ---- clerk ---- */

static const char *clerk_primary(const HecateClerkAddresses *addresses, const char *primary)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (text_eq(addresses->items[i]->id, primary))
            return addresses->items[i]->value;
    return addresses->count > 0 ? addresses->items[0]->value : NULL;
}

static void clerk_row(Work *work, const HecateClerkUser *user)
{
    const char *phone = clerk_primary(&user->phone_numbers, user->primary_phone_number_id);

    table_add(&work->table, user->id, clerk_primary(&user->email_addresses, user->primary_email_address_id), phone != NULL ? phone : user->username,
              user->created_at,
              user->banned   ? "banned"
              : user->locked ? "locked"
                             : "active");
}

static HecateStatus clerk_one(Work *work, HecateStatus status, HecateClerkUser *const *user)
{
    if (status == HECATE_OK) {
        clerk_row(work, *user);
        keep_raw(work, (*user)->raw);
        clerk_user_free(*user);
    }
    return status;
}

static HecateStatus clerk_list(Work *work)
{
    const Line *line = work->line;
    const int64_t size = line->page_size == 0 ? 50 : line->page_size, page = line->page_number == 0 ? 0 : line->page_number - 1;
    const HecateClerkUserQuery query = {
        .query = given(line->query),
        .email_address = { line->email == NULL ? HECATE_ABSENT : HECATE_VALUE, &line->email, 1 },
        .limit = hecate_int(size),
        .offset = number(page * size),
    };
    HecateClerkUserList *list = NULL;
    const HecateStatus status = clerk_users_get_user_list(work->handle, &query, &list, &work->error);

    for (size_t i = 0; list != NULL && i < list->count; i++)
        clerk_row(work, list->users[i]);
    if (list != NULL)
        keep_raw(work, list->raw);
    clerk_user_list_free(list);
    return status;
}

static HecateStatus clerk_get(Work *work)
{
    HecateClerkUser *user = NULL;

    return clerk_one(work, clerk_users_get_user(work->handle, work->line->id, &user, &work->error), &user);
}

static HecateTexts given_one(const char *const *text)
{
    return *text == NULL ? (HecateTexts){ 0 } : hecate_texts(text, 1);
}

static HecateStatus clerk_create(Work *work)
{
    const Line *line = work->line;
    const HecateClerkNewUser in = {
        .email_address = given_one(&line->email),
        .phone_number = given_one(&line->phone),
        .username = given(line->username),
        .first_name = given(line->name),
        .password = given(line->password),
        .unsafe_metadata = given(line->user_metadata),
        .public_metadata = given(line->app_metadata),
        .private_metadata = given(line->private_metadata),
    };
    HecateClerkUser *user = NULL;

    return clerk_one(work, clerk_users_create_user(work->handle, &in, &user, &work->error), &user);
}

/* Two requests: metadata in the first would replace the documents instead of being merged into them. */
static HecateStatus clerk_update(Work *work)
{
    const Line *line = work->line;
    const HecateClerkUserPatch patch = { .username = given(line->username), .first_name = given(line->name), .password = given(line->password) };
    const HecateClerkMetadata metadata = { given(line->app_metadata), given(line->private_metadata), given(line->user_metadata) };
    const bool merges = line->app_metadata != NULL || line->private_metadata != NULL || line->user_metadata != NULL;
    HecateClerkUser *user = NULL;
    HecateStatus status = HECATE_OK;

    if (!merges || line->username != NULL || line->name != NULL || line->password != NULL)
        status = clerk_users_update_user(work->handle, line->id, &patch, &user, &work->error);
    if (status == HECATE_OK && merges) {
        clerk_user_free(user);
        status = clerk_users_update_user_metadata(work->handle, line->id, &metadata, &user, &work->error);
    }
    return clerk_one(work, status, &user);
}

static HecateStatus clerk_delete(Work *work)
{
    return clerk_users_delete_user(work->handle, work->line->id, &work->error);
}

static HecateStatus clerk_ban(Work *work)
{
    HecateClerkUser *user = NULL;
    HecateStatus status;

    if (work->line->verb == BAN)
        status = clerk_users_ban_user(work->handle, work->line->id, &user, &work->error);
    else
        status = clerk_users_unban_user(work->handle, work->line->id, &user, &work->error);
    return clerk_one(work, status, &user);
}

/* ---- auth0 ---- */

static void auth0_row(Work *work, const HecateAuth0User *user)
{
    const char *other = user->phone_number != NULL ? user->phone_number : user->username != NULL ? user->username : user->name;

    table_add(&work->table, user->user_id, user->email, other, user->created_at, user->blocked ? "blocked" : "active");
}

static HecateStatus auth0_one(Work *work, HecateStatus status, HecateAuth0User *const *user)
{
    if (status == HECATE_OK) {
        auth0_row(work, *user);
        keep_raw(work, (*user)->raw);
        auth0_user_free(*user);
    }
    return status;
}

static HecateStatus auth0_list(Work *work)
{
    const Line *line = work->line;
    const HecateAuth0UserQuery query = {
        .page = number(line->page_number == 0 ? 0 : line->page_number - 1),
        .per_page = number(line->page_size),
        .q = given(line->query),
    };
    HecateAuth0UserList *list = NULL;
    HecateStatus status;

    if (line->email != NULL)
        status = auth0_users_by_email_get_by_email(work->handle, line->email, NULL, &list, &work->error);
    else
        status = auth0_users_get_all(work->handle, &query, &list, &work->error);
    for (size_t i = 0; list != NULL && i < list->count; i++)
        auth0_row(work, list->users[i]);
    if (list != NULL)
        keep_raw(work, list->raw);
    auth0_user_list_free(list);
    return status;
}

static HecateStatus auth0_get(Work *work)
{
    HecateAuth0User *user = NULL;

    return auth0_one(work, auth0_users_get(work->handle, work->line->id, NULL, &user, &work->error), &user);
}

static HecateAuth0UserInput auth0_input(const Line *line)
{
    return (HecateAuth0UserInput){
        .email = given(line->email),
        .phone_number = given(line->phone),
        .username = given(line->username),
        .name = given(line->name),
        .password = given(line->password),
        .email_verified = flag(line->confirm && line->email != NULL),
        .phone_verified = flag(line->confirm && line->phone != NULL),
        .user_metadata = given(line->user_metadata),
        .app_metadata = given(line->app_metadata),
        .connection = given(line->connection),
    };
}

static HecateStatus auth0_write(Work *work)
{
    HecateAuth0UserInput in = auth0_input(work->line);
    HecateAuth0User *user = NULL;

    if (work->line->verb == UPDATE)
        return auth0_one(work, auth0_users_update(work->handle, work->line->id, &in, &user, &work->error), &user);
    if (work->line->connection == NULL)
        in.connection = hecate_text("Username-Password-Authentication");
    return auth0_one(work, auth0_users_create(work->handle, &in, &user, &work->error), &user);
}

static HecateStatus auth0_delete(Work *work)
{
    return auth0_users_delete(work->handle, work->line->id, &work->error);
}

static HecateStatus auth0_ban(Work *work)
{
    const HecateAuth0UserInput in = { .blocked = hecate_bool(work->line->verb == BAN) };
    HecateAuth0User *user = NULL;

    return auth0_one(work, auth0_users_update(work->handle, work->line->id, &in, &user, &work->error), &user);
}

/* ---- dialects ---- */

static void *gotrue_open(const HecateOptions *how, HecateError *error)
{
    return gotrue_admin_new(how, error);
}
static void *clerk_open(const HecateOptions *how, HecateError *error)
{
    return clerk_users_new(how, error);
}
static void *auth0_open(const HecateOptions *how, HecateError *error)
{
    return auth0_users_new(how, error);
}
static void gotrue_close(void *handle)
{
    gotrue_admin_free(handle);
}
static void clerk_close(void *handle)
{
    clerk_users_free(handle);
}
static void auth0_close(void *handle)
{
    auth0_users_free(handle);
}

/* clang-format off */
static const struct Speech {
    const char *url, *key, *client_id, *client_secret; /* the last three: variables */
    void *(*open)(const HecateOptions *how, HecateError *error);
    void (*close)(void *handle);
    HecateStatus (*verbs[VERBS])(Work *work);
} speeches[DIALECTS] = {
    [GOTRUE] = {
        .url = "http://127.0.0.1:9999", .key = "HECATE_SERVICE_KEY", .open = gotrue_open, .close = gotrue_close,
        .verbs = { gotrue_list, gotrue_get, gotrue_write, gotrue_write, gotrue_delete, gotrue_ban, gotrue_ban },
    },
    [CLERK] = {
        .url = "http://127.0.0.1:9998", .key = "HECATE_CLERK_SECRET_KEY", .open = clerk_open, .close = clerk_close,
        .verbs = { clerk_list, clerk_get, clerk_create, clerk_update, clerk_delete, clerk_ban, clerk_ban },
    },
    [AUTH0] = {
        .url = "https://127.0.0.1:9443", .key = "HECATE_AUTH0_TOKEN",
        .client_id = "HECATE_AUTH0_CLIENT_ID", .client_secret = "HECATE_AUTH0_CLIENT_SECRET", .open = auth0_open, .close = auth0_close,
        .verbs = { auth0_list, auth0_get, auth0_write, auth0_write, auth0_delete, auth0_ban, auth0_ban },
    },
};
/* clang-format on */

/* ---- the command ---- */

static const char *first(const char *a, const char *b, const char *c)
{
    return a != NULL ? a : b != NULL ? b : c;
}

static bool read_secrets(Arena *arena, const struct Speech *speech, Line *line, HecateOptions *how, Buf *why)
{
    how->key = line->key;
    if (line->key_file != NULL) {
        how->key = read_file(arena, line->key_file, why);
        if (how->key == NULL)
            return false;
    }
    how->key = first(how->key, environment(speech->key), NULL);
    how->client_id = environment(speech->client_id);
    how->client_secret = environment(speech->client_secret);
    if (line->password_file != NULL) {
        line->password = read_file(arena, line->password_file, why);
        return line->password != NULL;
    }
    line->password = line->verb == CREATE || line->verb == UPDATE ? environment("HECATE_USER_PASSWORD") : NULL;
    return true;
}

static int say_failure(const Work *work, HecateStatus status, Buf *why)
{
    static const int codes[] = {
        [HECATE_REFUSED] = REFUSED,        [HECATE_INVALID] = USAGE, [HECATE_UNREACHABLE] = UNREACHABLE,
        [HECATE_BAD_ANSWER] = UNREACHABLE, [HECATE_NOMEM] = FAILED,
    };
    const HecateError *error = &work->error;

    if (status == HECATE_REFUSED)
        buf_printf(why, "refused: %d %s%s%s", error->status, error->code, error->code[0] == '\0' ? "" : ": ",
                   error->detail[0] != '\0' ? error->detail : error->message);
    else
        buf_printf(why, "%s: %s", hecate_status_name(status), error->message);
    return codes[status];
}

static void print_answer(const Work *work)
{
    if (work->line->verb == DELETE)
        printf(work->line->json ? "{}\n" : "deleted\n");
    else if (work->line->json)
        printf("%s\n", work->raw);
    else
        print_table(&work->table);
}

static int run(Arena *arena, const struct Speech *speech, Line *line, Buf *why)
{
    Work work = { .line = line, .table = { .arena = arena } };
    HecateOptions how = {
        .url = first(line->url, environment("HECATE_URL"), speech->url),
        .ca_file = first(line->ca, environment("HECATE_CA"), NULL),
    };
    HecateStatus status;

    if (!read_secrets(arena, speech, line, &how, why))
        return USAGE;
    if (how.key == NULL && how.client_id == NULL)
        return usage(why, "no credential: set", speech->client_id == NULL ? speech->key : speech->client_id);
    work.handle = speech->open(&how, &work.error);
    if (work.handle == NULL)
        return say_failure(&work, work.error.kind, why);
    status = speech->verbs[line->verb](&work);
    speech->close(work.handle);
    if (status != HECATE_OK)
        return say_failure(&work, status, why);
    print_answer(&work);
    return DONE;
}

int users_command(int argc, char *const *argv, Buf *why)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(MEMORY, true);
    Line line = { 0 };
    const int code = read_line(&line, argc, argv, why);

    return code != DONE ? code : run(arena, &speeches[line.dialect_number], &line, why);
}
