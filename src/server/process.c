/* process.c: as whom we run, what the kernel may do with us, and who may enter the data directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "server/internal.h"

void process_harden(void)
{
    const struct rlimit none = { 0, 0 };
    struct rlimit files;

    setrlimit(RLIMIT_CORE, &none);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef __SANITIZE_ADDRESS__
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* the leak checker must look at its own threads */
#endif
}

/* ---- the user to be ---- */

static Err find_user(Server *server, const char *name, Buf *why)
{
    struct passwd entry, *found = NULL;
    char *buffer = arena_alloc(server->arena, 16384);

    if (getpwnam_r(name, &entry, buffer, 16384, &found) != 0 || found == NULL) {
        buf_printf(why, "HECATE_USER: there is no user %s", name);
        return E_CONFIG;
    }
    server->uid = found->pw_uid;
    server->gid = found->pw_gid;
    return OK;
}

static Err choose_user(Server *server, const char *name, const struct stat *dir, Buf *why)
{
    server->uid = geteuid();
    server->gid = getegid();
    if (name != NULL)
        TRY(find_user(server, name, why));
    else if (geteuid() == 0 && dir != NULL) {
        server->uid = dir->st_uid;
        server->gid = dir->st_gid;
    }
    if (geteuid() != 0 && server->uid != geteuid()) {
        buf_printf(why, "HECATE_USER: only root can become %s", name);
        return E_CONFIG;
    }
    server->switches = geteuid() == 0 && server->uid != 0;
    if (server->uid == 0)
        log_note(LOG_WARN, "running as root: give HECATE_USER, or give the data directory to another user");
    return OK;
}

void process_as_user(const Server *server, bool on)
{
    const bool ok = !server->switches || (on ? setegid(server->gid) == 0 && seteuid(server->uid) == 0 : seteuid(0) == 0 && setegid(0) == 0);

    if (!ok)
        abort();
}

Err process_drop(Server *server, Buf *why)
{
    uid_t r, e, s;

    if (!server->switches)
        return OK;
    if (setgroups(1, &server->gid) != 0 || setresgid(server->gid, server->gid, server->gid) != 0 ||
        setresuid(server->uid, server->uid, server->uid) != 0 || getresuid(&r, &e, &s) != 0 || r != server->uid || e != r || s != r ||
        setuid(0) == 0) {
        buf_puts(why, "the user cannot be switched");
        return E_CONFIG;
    }
    process_harden(); /* a switch of users makes the process dumpable again */
    return OK;
}

/* ---- the data directory ---- */

static bool is_empty(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    if (dir == NULL)
        return false;
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n <= 2;
}

/* What was just made, or is still empty (a new volume), becomes ours; of anything else a loose mode is refused. */
static Err close_dir(const Server *server, const char *path, const struct stat *st, bool made, Buf *why)
{
    const bool ours = made || is_empty(path);

    if (ours && server->switches && st->st_uid != server->uid && chown(path, server->uid, server->gid) != 0) {
        buf_printf(why, "cannot give %s to the user: %s", path, strerror(errno));
        return E_IO;
    }
    if ((st->st_mode & 077) == 0 || (ours && chmod(path, 0700) == 0))
        return OK;
    buf_printf(why, "the data directory %s is open to others: chmod 700 it", path);
    return E_CONFIG;
}

/* Private keys that are there already. */
static Err close_keys(const Server *server, const Settings *settings, Buf *why)
{
    const char *const paths[] = {
        arena_printf(server->arena, "%s/data.key", settings->data),
        arena_printf(server->arena, "%s/ca.key", settings->data),
        arena_printf(server->arena, "%s/server.key", settings->data),
        settings->tls_key,
    };
    struct stat st;

    for (size_t i = 0; i < COUNTOF(paths); i++)
        if (paths[i] != NULL && stat(paths[i], &st) == 0 && (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)) {
            buf_printf(why, "%s must be a file that its owner alone can read", paths[i]);
            return E_CONFIG;
        }
    return OK;
}

Err process_data_dir(Server *server, Buf *why)
{
    const Settings *settings = &atomic_load(&server->house)->settings;
    const char *path = settings->data;
    struct stat st;
    bool made;

    umask(077);
    made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST) {
        buf_printf(why, "cannot make the data directory %s: %s", path, strerror(errno));
        return E_IO;
    }
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        buf_printf(why, "%s is no directory", path);
        return E_IO;
    }
    TRY(choose_user(server, settings->user, made ? NULL : &st, why));
    TRY(close_dir(server, path, &st, made, why));
    return close_keys(server, settings, why);
}
