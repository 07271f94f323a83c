/* commands.c: what looks at the same things as the server, and what starts it. */
#include <errno.h>
#include <ftw.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/internal.h"
#include "store/store.h"

enum { COMMAND_CAP = 64 << 20, MOST_TEXT = 1 << 20 };

static bool has_flag(const Start *how, const char *flag)
{
    return how->argc == 1 && strcmp(how->argv[0], flag) == 0;
}

static void print(const Buf *buf)
{
    if (buf->len > 0)
        fwrite(buf->data, 1, buf->len, stdout);
}

Exit command_settings(Arena *arena, const Start *how, Options *options, Settings *settings, Buf *why)
{
    if (options_read(arena, how->argc, how->argv, environ, options, why) != OK || options_settings(options, settings, why) != OK)
        return EXIT_CONFIG;
    return EXIT_OK;
}

/* ---- serve and dev ---- */

Exit command_serve(const Start *how, Buf *why)
{
    return server_run(how, why);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)at;
    return type == FTW_DP ? rmdir(path) : unlink(path); /* remove() tries unlink() first, which Landlock refuses in another way than it expects */
}

void remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

Exit command_dev(const Start *how, Buf *why)
{
    const char *tmp = getenv("TMPDIR");
    Start dev = *how;
    char dir[PATH_MAX];
    Exit code;

    snprintf(dir, sizeof(dir), "%s/hecate-dev-XXXXXX", text_empty(tmp) ? "/tmp" : tmp);
    if (mkdtemp(dir) == NULL) {
        buf_printf(why, "cannot make %s: %s", dir, strerror(errno));
        return EXIT_IO;
    }
    dev.dev = true;
    dev.dir = dir;
    code = server_run(&dev, why);
    remove_tree(dir);
    return code;
}

/* ---- check and migrate ---- */

Exit command_db(const Settings *settings, bool beside, Buf *why, Db **ret)
{
    const DbConfig config = { .url = settings->database_url,
                              .stmts = sql_stmts,
                              .n_stmts = sql_n,
                              .exclusive = (unsigned)settings->db_connections,
                              .window = (unsigned)settings->db_window,
                              .wait_ms = settings->db_wait / US_PER_MS,
                              .beside = beside };
    Err err;

    store_init();
    if (beside && strncmp(config.url, "sqlite:", 7) == 0 && access(config.url + 7, F_OK) != 0) { /* looking makes nothing */
        buf_printf(why, "%s: %s", config.url + 7, strerror(errno));
        return EXIT_DB;
    }
    err = db_open(&config, why, ret);
    return err == OK ? EXIT_OK : err == E_CONFIG ? EXIT_CONFIG : err == E_CONFLICT ? EXIT_LOCKED : EXIT_DB;
}

static Exit print_broken(Db *db, Arena *arena, Buf *why)
{
    Ctx ctx = ctx_new(arena, db);
    long long total = 0;
    List broken;

    if (dir_check(&ctx, &broken) != OK) {
        buf_puts(why, "the directory cannot be read: is it migrated?");
        return EXIT_DB;
    }
    for (size_t i = 0; i < broken.n; i++) {
        const Broken *item = broken.v[i];

        if (item->count > 0)
            printf("%s %lld\n", item->name, (long long)item->count);
        total += item->count;
    }
    printf("%lld\n", total);
    return total == 0 ? EXIT_OK : EXIT_BROKEN;
}

Exit command_check(const Start *how, Buf *why)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(COMMAND_CAP, true);
    Settings *settings = ARENA_NEW(arena, Settings);
    Options options;
    Db *db = NULL;
    Exit code = command_settings(arena, how, &options, settings, why);

    if (code == EXIT_OK)
        code = command_db(settings, true, why, &db);
    if (code == EXIT_OK)
        code = print_broken(db, arena, why);
    db_close(db);
    return code;
}

Exit command_migrate(const Start *how, Buf *why)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(COMMAND_CAP, true);
    Settings *settings = ARENA_NEW(arena, Settings);
    Options options;
    Db *db = NULL;
    Exit code = command_settings(arena, how, &options, settings, why);

    if (code == EXIT_OK)
        code = command_db(settings, false, why, &db);
    if (code == EXIT_OK && store_migrate(db, NULL, why) != OK)
        code = EXIT_DB;
    if (code == EXIT_OK)
        printf("the schema is at %s\n", store_migrations[store_migrations_n - 1].name);
    db_close(db);
    return code;
}

/* ---- routes and config ---- */

static void print_routes(void)
{
    static const char *const needs[] = { [NEED_NOTHING] = "-", [NEED_SECRET] = "admin", [NEED_USER] = "user" };

    for (size_t i = 0; i < TONGUES; i++)
        for (const Route *route = tongue_dialects[i]->routes; route->path != NULL; route++)
            for (unsigned method = GET; method <= OPTIONS; method <<= 1)
                if ((route->method & method) != 0)
                    printf("%-7s %-7s %-60s %-6s %s\n", tongue_dialects[i]->name, method_name((Method)method), route->path, needs[route->need],
                           route->scope == NULL ? "" : route->scope);
}

Exit command_routes(const Start *how, Buf *why)
{
    Buf buf CLEANUP(buf_free) = buf_heap(MOST_TEXT);
    Mount mounts[TONGUES];

    if (how->argc > 0 && !has_flag(how, "--json")) {
        buf_puts(why, "routes takes --json or nothing");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < TONGUES; i++)
        mounts[i] = (Mount){ tongue_dialects[i], NULL };
    if (how->argc == 0)
        print_routes();
    else
        router_print(mounts, TONGUES, &buf);
    print(&buf);
    return EXIT_OK;
}

/* What comes from other options where nothing is given. */
static void show_derived(Options *options, const Settings *settings)
{
    static const char *const listens[TONGUES] = { "HECATE_LISTEN_GOTRUE", "HECATE_LISTEN_CLERK", "HECATE_LISTEN_AUTH0", "HECATE_LISTEN_OPS" };

    for (size_t i = 0; i < TONGUES; i++)
        options_default(options, listens[i], settings->listen[i] == NULL ? "off" : settings->listen[i]);
    options_default(options, "HECATE_DATABASE_URL", settings->database_url);
}

Exit command_config(const Start *how, Buf *why)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(COMMAND_CAP, true);
    Buf buf CLEANUP(buf_free) = buf_heap(MOST_TEXT);
    Settings *settings = ARENA_NEW(arena, Settings);
    Options options;
    Exit code = EXIT_OK;

    if (has_flag(how, "--markdown")) {
        options_markdown(&buf);
    } else {
        code = command_settings(arena, how, &options, settings, why);
        if (code == EXIT_OK) {
            show_derived(&options, settings);
            options_print(&options, &buf);
        }
    }
    print(&buf);
    return code;
}

void server_help(Buf *buf)
{
    options_help(buf);
}
