/* file.c: small files as a whole. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static Err write_all(int fd, Str data)
{
    while (data.n > 0) {
        const ssize_t n = write(fd, data.p, data.n);

        if (n < 0 && errno != EINTR)
            return E_IO;
        data.p += n < 0 ? 0 : n;
        data.n -= n < 0 ? 0 : (size_t)n;
    }
    return fsync(fd) == 0 ? OK : E_IO;
}

Err file_sync(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return good ? OK : E_IO;
}

Err file_sync_name(Arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    return file_sync(slash == NULL ? "." : arena_printf(arena, "%.*s/", (int)(slash - path), path));
}

Err file_put(Arena *arena, const char *dir, const char *name, Str data)
{
    const char *path = arena_printf(arena, "%s/%s", dir, name), *temporary = arena_printf(arena, "%s.new", path);
    int fd;
    Err err;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return E_IO;
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return E_IO;
    err = write_all(fd, data);
    if (close(fd) != 0 && err == OK)
        err = E_IO;
    if (err == OK && rename(temporary, path) != 0)
        err = E_IO;
    if (err != OK)
        unlink(temporary);
    return err == OK ? file_sync(dir) : err;
}

static Err read_all(int fd, char *data, size_t size)
{
    for (size_t got = 0; got < size;) {
        const ssize_t n = read(fd, data + got, size - got);

        if (n == 0 || (n < 0 && errno != EINTR))
            return E_IO;
        got += n > 0 ? (size_t)n : 0;
    }
    return OK;
}

/* Memory comes before the descriptor: over the arena's cap this function is left for good. */
Err file_take(Arena *arena, const char *dir, const char *name, size_t most, Str *ret)
{
    const char *path = arena_printf(arena, "%s/%s", dir, name);
    struct stat stat;
    char *data;
    int fd;
    Err err;

    if (lstat(path, &stat) != 0 || !S_ISREG(stat.st_mode) || (uint64_t)stat.st_size > most)
        return E_NO_ROW;
    data = arena_alloc(arena, (size_t)stat.st_size + 1);
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return E_NO_ROW;
    err = read_all(fd, data, (size_t)stat.st_size);
    close(fd);
    *ret = (Str){ data, (size_t)stat.st_size };
    return err;
}

Err file_remove(Arena *arena, const char *dir, const char *name)
{
    return unlink(arena_printf(arena, "%s/%s", dir, name)) == 0 || errno == ENOENT ? OK : E_IO;
}
