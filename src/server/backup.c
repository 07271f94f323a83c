/* backup.c: a data directory as a whole, into another folder and back. The database goes as it is at one moment, beside a live server, too. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "server/internal.h"

enum { COMMAND_CAP = 64 << 20, MOST_DEPTH = 8, PIECE = 1 << 20 };

#define DATABASE "hecate.db" /* in a backup, whatever its name is outside */

/* Failures leave a line in `why`. */
typedef struct Work {
    Arena *arena;
    Buf *why;
    Settings settings;
    const char *database; /* the file of the embedded database */
    const char *folder;   /* the backup */
} Work;

static Err failed(Work *work, const char *path)
{
    buf_printf(work->why, "%s: %s", path, strerror(errno));
    return E_IO;
}

/* ---- files and folders ---- */

/* The copied bytes, or -1. */
static ssize_t copy_piece(int from, int to)
{
    const ssize_t n = copy_file_range(from, NULL, to, NULL, PIECE, 0);

    return n < 0 && errno == EINTR ? 1 : n;
}

/* Onto a new name alone. */
static Err copy_file(Work *work, const char *from, const char *to)
{
    const int in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    const int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    ssize_t n = out < 0 ? -1 : 1;
    Err err;

    while (n > 0)
        n = copy_piece(in, out);
    err = n == 0 && fsync(out) == 0 ? OK : failed(work, out < 0 ? from : to);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return err;
}

static Err sync_path(Work *work, const char *path)
{
    return file_sync(path) == OK ? OK : failed(work, path);
}

static Err make_dir(Work *work, const char *path)
{
    return mkdir(path, 0700) == 0 ? OK : failed(work, path);
}

/* The database, its log and its lock go another way; so does what is half written. */
static bool goes_along(const Work *work, const char *path)
{
    const size_t n = strlen(path), tail = strlen(".new");

    return strncmp(path, work->database, strlen(work->database)) != 0 && (n < tail || strcmp(path + n - tail, ".new") != 0);
}

static Err copy_dir(Work *work, const char *from, const char *to, unsigned depth);

static Err copy_entry(Work *work, const char *from, const char *to, unsigned depth)
{
    struct stat st;

    if (lstat(from, &st) != 0)
        return errno == ENOENT ? OK : failed(work, from); /* a picture that was taken away just now */
    if (S_ISREG(st.st_mode))
        return copy_file(work, from, to);
    if (!S_ISDIR(st.st_mode) || depth == 0)
        return OK;
    TRY(make_dir(work, to));
    return copy_dir(work, from, to, depth - 1);
}

static Err copy_dir(Work *work, const char *from, const char *to, unsigned depth)
{
    DIR *dir = opendir(from);
    Err err = OK;

    if (dir == NULL)
        return failed(work, from);
    for (struct dirent *entry = readdir(dir); entry != NULL && err == OK; entry = readdir(dir)) {
        const char *path = arena_printf(work->arena, "%s/%s", from, entry->d_name);

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && goes_along(work, path))
            err = copy_entry(work, path, arena_printf(work->arena, "%s/%s", to, entry->d_name), depth);
    }
    closedir(dir);
    return err == OK ? sync_path(work, to) : err;
}

/* ---- the two commands ---- */

static Exit begin(Work *work, const Start *how, const char *usage)
{
    const Start rest = { .argc = how->argc - 1, .argv = how->argv + 1 };
    Options options;
    Exit code;

    if (how->argc < 1 || how->argv[0][0] == '-') {
        buf_puts(work->why, usage);
        return EXIT_USAGE;
    }
    umask(077);
    work->folder = how->argv[0];
    code = command_settings(work->arena, &rest, &options, &work->settings, work->why);
    if (code != EXIT_OK)
        return code;
    if (strncmp(work->settings.database_url, "sqlite:", 7) != 0) {
        buf_puts(work->why, "the embedded database alone is copied: keep what pg_dump gives together with the data directory");
        return EXIT_CONFIG;
    }
    work->database = work->settings.database_url + 7;
    return EXIT_OK;
}

static Err back_up(Work *work, Db *db)
{
    const char *copy = arena_printf(work->arena, "%s/" DATABASE, work->folder);

    TRY(make_dir(work, work->folder));
    if (db_copy(db, copy) != OK) {
        buf_printf(work->why, "the database cannot be copied to %s", copy);
        return E_DB;
    }
    TRY(sync_path(work, copy));
    return copy_dir(work, work->settings.data, work->folder, MOST_DEPTH);
}

Exit command_backup(const Start *how, Buf *why)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(COMMAND_CAP, true);
    Work *work = ARENA_NEW(arena, Work);
    Db *db = NULL;
    Exit code;
    Err err;

    *work = (Work){ .arena = arena, .why = why };
    code = begin(work, how, "backup FOLDER, which is made");
    if (code == EXIT_OK)
        code = command_db(&work->settings, true, why, &db);
    if (code == EXIT_OK) {
        err = back_up(work, db);
        code = err == OK ? EXIT_OK : err == E_DB ? EXIT_DB : EXIT_IO;
    }
    db_close(db);
    return code;
}

static Err fill_draft(Work *work, const char *draft)
{
    const char *copy = arena_printf(work->arena, "%s/" DATABASE, work->folder), *data = work->settings.data;
    const size_t n = strlen(data);
    const bool inside = strncmp(work->database, data, n) == 0 && work->database[n] == '/';

    TRY(copy_file(work, copy, inside ? arena_printf(work->arena, "%s%s", draft, work->database + n) : work->database));
    work->database = copy;
    return copy_dir(work, work->folder, draft, MOST_DEPTH);
}

/* The data directory appears whole or not at all: what is there already must be an empty folder. */
static Err bring_back(Work *work)
{
    const char *data = work->settings.data;
    const char *draft = arena_printf(work->arena, "%s.restoring", data);
    Err err;

    if (rmdir(data) != 0 && errno != ENOENT)
        return failed(work, data);
    TRY(make_dir(work, draft));
    err = fill_draft(work, draft);
    if (err == OK && rename(draft, data) != 0)
        err = failed(work, data);
    if (err != OK) {
        remove_tree(draft);
        return err;
    }
    return file_sync_name(work->arena, data) == OK ? OK : failed(work, data);
}

Exit command_restore(const Start *how, Buf *why)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(COMMAND_CAP, true);
    Work *work = ARENA_NEW(arena, Work);
    Exit code;

    *work = (Work){ .arena = arena, .why = why };
    code = begin(work, how, "restore FOLDER, which `hecate backup` made");
    if (code == EXIT_OK && bring_back(work) != OK)
        code = EXIT_IO;
    return code == EXIT_OK ? command_check(&(Start){ .argc = how->argc - 1, .argv = how->argv + 1 }, why) : code;
}
