/* nomem.c: preloaded into the server: one allocation fails. HECATE_NOMEM names a file that holds a number of 64 bits: while it is over 0 each
 * allocation takes one off, and the one that brings it to 0 gets nothing. The other number in it counts those that failed. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct Fault {
    _Atomic int64_t left, failed;
} Fault;

static Fault *fault;
static void *(*real_malloc)(size_t size);
static void *(*real_calloc)(size_t n, size_t size);
static void *(*real_realloc)(void *p, size_t size);

/* dlsym() itself allocates a little before the real functions are known. */
static char early[4096];
static size_t early_used;

static void *take_early(size_t size)
{
    char *p = early + early_used;

    early_used += (size + 15) & ~(size_t)15;
    return early_used > sizeof(early) ? NULL : p;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("HECATE_NOMEM");
    const int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(Fault), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (fd >= 0)
        close(fd);
    unsetenv("HECATE_NOMEM");
    if (map != MAP_FAILED)
        fault = map;
}

static void find(void **function, const char *name)
{
    if (*function == NULL)
        *function = dlsym(RTLD_NEXT, name);
}

static int fails(void)
{
    if (fault == NULL || atomic_load(&fault->left) <= 0 || atomic_fetch_sub(&fault->left, 1) != 1)
        return 0;
    atomic_fetch_add(&fault->failed, 1);
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    find((void **)&real_malloc, "malloc");
    return fails() ? NULL : real_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    static _Thread_local int inside;
    void *p;

    if (real_calloc == NULL && inside)
        return take_early(n * size);
    inside = 1;
    find((void **)&real_calloc, "calloc");
    p = fails() ? NULL : real_calloc(n, size);
    inside = 0;
    return p;
}

void *realloc(void *p, size_t size)
{
    find((void **)&real_realloc, "realloc");
    return size > 0 && fails() ? NULL : real_realloc(p, size);
}
