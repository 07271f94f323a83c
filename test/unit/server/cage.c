/* cage.c: what Landlock keeps out of reach, and what it leaves. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/internal.h"

/* In the working directory of a child: ours/ is the server's, theirs/ is not. Each tells whether it was done. */
static bool read_theirs(void)
{
    return open("theirs/file", O_RDONLY | O_CLOEXEC) >= 0;
}
static bool list_theirs(void)
{
    return open("theirs", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0;
}
static bool read_by_dots(void)
{
    return open("ours/../theirs/file", O_RDONLY | O_CLOEXEC) >= 0;
}
static bool read_by_link(void)
{
    return open("ours/link", O_RDONLY | O_CLOEXEC) >= 0;
}
static bool write_theirs(void)
{
    return open("theirs/file", O_WRONLY | O_CLOEXEC) >= 0;
}
static bool write_read_only(void)
{
    return open("read/file", O_WRONLY | O_CLOEXEC) >= 0;
}
static bool make_theirs(void)
{
    return open("theirs/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;
}
static bool make_folder(void)
{
    return mkdir("theirs/folder", 0700) == 0;
}
static bool remove_theirs(void)
{
    return unlink("theirs/file") == 0;
}
static bool move_out(void)
{
    return rename("ours/file", "theirs/moved") == 0;
}
static bool link_in(void)
{
    return link("theirs/file", "ours/hard") == 0;
}
static bool make_link(void)
{
    return symlink("/", "ours/symlink") == 0;
}
static bool make_pipe(void)
{
    return mkfifo("ours/pipe", 0600) == 0;
}
static bool run_ours(void)
{
    return execl("ours/program", "program", (char *)NULL) == 0; /* done, it gives 1 itself */
}

static bool live(void)
{
    const int fd = open("ours/new", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, "x", 1) == 1 && rename("ours/new", "ours/newer") == 0 && unlink("ours/newer") == 0;

    ok = ok && mkdir("ours/folder", 0700) == 0 && rename("ours/file", "ours/folder/file") == 0 && unlink("ours/folder/file") == 0 &&
         rmdir("ours/folder") == 0;
    return ok && open("read/file", O_RDONLY | O_CLOEXEC) >= 0 && open("missing", O_RDONLY | O_CLOEXEC) < 0;
}

static void put(const char *path, mode_t mode)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

    if (fd < 0 || write(fd, "#!/bin/false\n", 13) != 13 || close(fd) != 0)
        _exit(98);
}

static void furnish(void)
{
    char dir[] = "/tmp/hecate-cage-XXXXXX";

    if (mkdtemp(dir) == NULL || chdir(dir) != 0 || mkdir("ours", 0700) != 0 || mkdir("theirs", 0700) != 0 || mkdir("read", 0700) != 0 ||
        symlink("../theirs/file", "ours/link") != 0)
        _exit(97);
    put("ours/file", 0600);
    put("ours/program", 0700);
    put("theirs/file", 0600);
    put("read/file", 0600);
}

static void clear(void)
{
    static const char *const files[] = { "ours/link", "ours/file", "ours/program", "theirs/file", "read/file" };
    char dir[4096];

    for (size_t i = 0; i < COUNTOF(files); i++)
        unlink(files[i]);
    rmdir("ours");
    rmdir("theirs");
    rmdir("read");
    if (getcwd(dir, sizeof(dir)) != NULL)
        rmdir(dir);
}

/* In a child of its own: 0 refused, 1 done. The outer child tidies up, which the inner one cannot. */
static int try_act(bool (*act)(void))
{
    Cage cage;
    int status = 0;
    const pid_t inner = fork();

    if (inner == 0) {
        if (cage_open(&cage) != OK)
            _exit(77);
        cage_read(&cage, "read");
        cage_own(&cage, "ours");
        cage_read(&cage, "not there");
        _exit(cage_shut(&cage) != OK ? 96 : act());
    }
    return waitpid(inner, &status, 0) == inner && WIFEXITED(status) ? WEXITSTATUS(status) : 95;
}

static int outcome(bool (*act)(void))
{
    const pid_t outer = fork();
    int status = 0;

    if (outer == 0) {
        int code;

        furnish();
        code = try_act(act);
        clear();
        _exit(code);
    }
    assert_int_equal(waitpid(outer, &status, 0), outer);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 94;
}

static bool landlock(void)
{
    Cage cage;

    if (cage_open(&cage) != OK)
        return false;
    close(cage.fd);
    return true;
}

TEST(what_is_out_of_reach_cannot_be_read_written_or_run)
{
    static bool (*const acts[])(void) = { read_theirs, list_theirs,   read_by_dots, read_by_link, write_theirs, write_read_only, make_theirs,
                                          make_folder, remove_theirs, move_out,     link_in,      make_link,    make_pipe,       run_ours };

    if (!landlock())
        skip();
    for (size_t i = 0; i < COUNTOF(acts); i++)
        assert_int_equal(outcome(acts[i]), 0);
}

TEST(what_is_its_own_can_be_read_written_and_moved)
{
    if (!landlock())
        skip();
    assert_int_equal(outcome(live), 1);
}
