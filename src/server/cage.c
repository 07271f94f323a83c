/* cage.c: Landlock: the process reads what it was configured with and what its libraries need, writes its own directory, and sees nothing else of the
 * file system. Files that are open stay open. */
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/internal.h"

enum { RIGHTS_FIRST = 13 }; /* of version 1: all from EXECUTE to MAKE_SYM */

#define RIGHT_TRUNCATE (UINT64_C(1) << 14) /* of version 3; headers of an older kernel lack it */

static const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t owning = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
                               LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                               LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | RIGHT_TRUNCATE;
static const uint64_t of_files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE;

/* ---- the rules ---- */

Err cage_open(Cage *ret)
{
    const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr attr = { .handled_access_fs = (UINT64_C(1) << RIGHTS_FIRST) - 1 };

    if (version < 1)
        return E_IO;
    if (version >= 2)
        attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        attr.handled_access_fs |= RIGHT_TRUNCATE;
    ret->fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
    ret->known = attr.handled_access_fs;
    return ret->fd < 0 ? E_IO : OK;
}

static void allow(const Cage *cage, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = rights & cage->known, .parent_fd = open(path, O_PATH | O_CLOEXEC) };
    struct stat st;

    if (rule.parent_fd < 0)
        return; /* what is not there needs no rule */
    if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= of_files;
    syscall(SYS_landlock_add_rule, cage->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

void cage_read(const Cage *cage, const char *path)
{
    allow(cage, path, reading);
}

void cage_own(const Cage *cage, const char *path)
{
    allow(cage, path, owning);
}

Err cage_shut(Cage *cage)
{
    const bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, cage->fd, 0) == 0;

    close(cage->fd);
    return ok ? OK : E_IO;
}

/* ---- what a server needs ---- */

/* Libraries that come late, name service, certificates of the web, zones, numbers of processors. /etc as a whole: files there are put in place by
 * renaming, and a rule for a file is one for the file that was there. */
static const char *const common[] = {
    "/etc",         "/usr",        "/lib",       "/lib64",        "/nix/store",   "/run/systemd/resolve",   "/run/resolvconf", "/run/NetworkManager",
    "/dev/urandom", "/dev/random", "/proc/self", "/proc/meminfo", "/proc/sys/vm", "/sys/devices/system/cpu"
};

/* Where libraries look by themselves, below the home directory or where the variable says. */
static const char *const homes[] = { ".postgresql", ".pgpass", ".pg_service.conf" };
static const char *const variables[] = { "SSL_CERT_FILE", "SSL_CERT_DIR", "PGSSLROOTCERT", "PGSSLCERT",
                                         "PGSSLKEY",      "PGSSLCRL",     "PGPASSFILE",    "PGSERVICEFILE" };
static const char *const parameters[] = { "sslrootcert=", "sslcert=", "sslkey=", "sslcrl=", "sslcrldir=", "passfile=", "servicefile=" };

static char *folder_of(Arena *arena, const char *path)
{
    return dirname(str_dup(arena, str_of(path)));
}

/* The folder that a file is in, for files are replaced by renaming; and, where it is a link, the folder of what it stands for. */
static void read_file_at(const Cage *cage, Arena *arena, const char *path)
{
    char *real = realpath(path, NULL);
    const char *const paths[] = { path, real };
    struct stat st;

    for (size_t i = 0; i < COUNTOF(paths); i++)
        if (paths[i] != NULL && stat(paths[i], &st) == 0 && S_ISREG(st.st_mode)) {
            const char *folder = folder_of(arena, paths[i]);

            cage_read(cage, text_eq(folder, "/") ? paths[i] : folder);
        }
    free(real);
}

/* Everything that an option names and that is a file. */
static void read_options(const Cage *cage, const House *house)
{
    const Options *options = &house->options;

    if (options->file != NULL)
        read_file_at(cage, house->arena, options->file);
    for (size_t i = 0; i < option_rows_n; i++) {
        const OptionValue *value = &options->values[i];

        if (value->path != NULL)
            read_file_at(cage, house->arena, value->path);
        if (value->text != NULL && option_rows[i].kind == O_TEXT && (option_rows[i].flags & O_SECRET) == 0)
            read_file_at(cage, house->arena, value->text);
    }
}

static void read_libraries(const Cage *cage, Arena *arena, const char *url)
{
    const char *home = getenv("HOME");

    for (size_t i = 0; i < COUNTOF(common); i++)
        cage_read(cage, common[i]);
    for (size_t i = 0; home != NULL && i < COUNTOF(homes); i++)
        cage_read(cage, arena_printf(arena, "%s/%s", home, homes[i]));
    for (size_t i = 0; i < COUNTOF(variables); i++)
        if (getenv(variables[i]) != NULL)
            cage_read(cage, getenv(variables[i]));
    for (size_t i = 0; i < COUNTOF(parameters); i++) {
        const char *at = strstr(url, parameters[i]);

        if (at != NULL) {
            at += strlen(parameters[i]);
            read_file_at(cage, arena, str_dup(arena, (Str){ at, strcspn(at, "& '") }));
        }
    }
}

/* libuv takes the names of its unix sockets away at the end. */
static void remove_sockets(const Cage *cage, const House *house)
{
    for (size_t i = 0; i < TONGUES; i++)
        if (house->settings.listen[i] != NULL && strncmp(house->settings.listen[i], "unix:", 5) == 0)
            allow(cage, folder_of(house->arena, house->settings.listen[i] + 5), LANDLOCK_ACCESS_FS_REMOVE_FILE);
}

Err cage_start(const House *house, const char *made)
{
    const Settings *settings = &house->settings;
    Cage cage;

    TRY(cage_open(&cage));
    read_libraries(&cage, house->arena, settings->database_url);
    read_options(&cage, house);
    allow(&cage, "/dev/null", reading | LANDLOCK_ACCESS_FS_WRITE_FILE);
    cage_own(&cage, settings->data);
    if (strncmp(settings->database_url, "sqlite:", 7) == 0)
        cage_own(&cage, folder_of(house->arena, settings->database_url + 7)); /* the log stands beside it */
    if (made != NULL)
        allow(&cage, folder_of(house->arena, made), LANDLOCK_ACCESS_FS_REMOVE_DIR);
    remove_sockets(&cage, house);
    return cage_shut(&cage);
}
