/* admin.c: the commands on a server's users: secrets from files and variables, one call, its answer. */
#include "admin.h"

#include "internal.h"

enum { FILE_CAP = 64 << 10, MEMORY = 256 << 20 };

/* ---- secrets ---- */

/* The content of a file without the line's end; NULL with a line in `why`. */
static const char *read_file(Arena *arena, const char *path, Buf *why)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *text = arena_alloc(arena, FILE_CAP);
    size_t n;

    if (file == NULL) {
        buf_printf(why, "%s cannot be read", path);
        return NULL;
    }
    n = fread(text, 1, FILE_CAP - 1, file);
    if (file != stdin)
        fclose(file);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    text[n] = '\0';
    if (n == 0)
        buf_printf(why, "%s is empty", path);
    return n == 0 ? NULL : text;
}

static const char *environment(const char *name)
{
    const char *value = name == NULL ? NULL : getenv(name);

    return text_empty(value) ? NULL : value;
}

void keep_raw(Work *work, const char *raw)
{
    work->raw = arena_strdup(work->table.arena, raw);
}

static const char *first(const char *a, const char *b, const char *c)
{
    return a != NULL ? a : b != NULL ? b : c;
}

/* From the file, else from the variable; false if the file has none. */
static bool read_secret(Arena *arena, const char *file, const char *variable, const char **ret, Buf *why)
{
    *ret = file == NULL ? environment(variable) : read_file(arena, file, why);
    return file == NULL || *ret != NULL;
}

static bool read_secrets(Arena *arena, const Api *api, Line *line, HecateOptions *how, Buf *why)
{
    const bool password = line->verb == USER_CREATE || line->verb == USER_UPDATE || line->verb == LINK_CREATE;

    how->client_id = environment(api->client_id);
    how->client_secret = environment(api->client_secret);
    return read_secret(arena, line->key_file, api->key, &how->key, why) &&
           read_secret(arena, line->password_file, password ? "HECATE_USER_PASSWORD" : NULL, &line->password, why) &&
           read_secret(arena, line->token_file, "HECATE_USER_TOKEN", &line->token, why);
}

/* ---- the command ---- */

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
    const char *done = verbs[work->line->verb].done;

    if (done != NULL)
        printf("%s\n", work->line->json ? "{}" : done);
    else if (work->line->json)
        printf("%s\n", work->raw);
    else
        table_print(&work->table);
}

static int run(Arena *arena, const Api *api, Line *line, Buf *why)
{
    Work work = { .line = line, .table = { .arena = arena } };
    HecateOptions how = {
        .url = first(line->url, environment("HECATE_URL"), api->url),
        .ca_file = first(line->ca, environment("HECATE_CA"), NULL),
    };
    HecateStatus status;

    if (!read_secrets(arena, api, line, &how, why))
        return USAGE;
    if (how.key == NULL && how.client_id == NULL)
        return line_usage(line, why, "no credential: set", api->client_id == NULL ? api->key : api->client_id);
    work.handle = api->open(&how, &work.error);
    if (work.handle == NULL)
        return say_failure(&work, work.error.kind, why);
    status = api->acts[line->verb](&work);
    api->close(work.handle);
    if (status != HECATE_OK)
        return say_failure(&work, status, why);
    print_answer(&work);
    return DONE;
}

int admin_command(const char *noun, int argc, char *const *argv, Buf *why)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(MEMORY, true);
    Line line = { .noun = noun };
    const int code = line_read(&line, argc, argv, why);

    return code != DONE ? code : run(arena, apis[line.api_number], &line, why);
}

void admin_help(Buf *buf, const char *noun)
{
    line_help(buf, noun);
}
