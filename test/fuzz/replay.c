/* replay.c: main() of a fuzz target in a build without libFuzzer: runs it over its corpus, or over the files and folders named.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { MOST_INPUT = 1 << 20, MOST_PATH = 1024 };

/* The input stands in memory of exactly its size, so that a read beyond it is seen. */
static bool replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *input = malloc(MOST_INPUT), *exact;
    size_t n;

    if (file == NULL || input == NULL)
        return false;
    n = fread(input, 1, MOST_INPUT, file);
    fclose(file);
    exact = malloc(n == 0 ? 1 : n);
    if (exact == NULL)
        return false;
    memcpy(exact, input, n);
    free(input);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return true;
}

static size_t replay_folder(const char *path);

static size_t replay(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return 0;
    return S_ISDIR(info.st_mode) ? replay_folder(path) : replay_file(path);
}

static size_t replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    char name[MOST_PATH];
    size_t n = 0;

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) < MOST_PATH)
            n += replay(name);
    if (folder != NULL)
        closedir(folder);
    return n;
}

/* A failure aborts, which the runner of tests sees; a corpus that is not found fails too. */
int main(int argc, char **argv)
{
    size_t n = 0;

    for (int i = 1; i < argc; i++)
        n += replay(argv[i]);
    if (argc == 1)
        n = replay(FUZZ_CORPUS);
    printf("%zu passed, %d failed\n", n, n == 0);
    return n == 0;
}
