/* main.c: the commands, one row each. */
#include "server/server.h"

static int run_serve(void)
{
    Buf why CLEANUP(buf_free) = buf_heap(4096);
    const Err err = server_run(&why);

    if (err != OK)
        fprintf(stderr, "hecate: %.*s (%s)\n", (int)why.len, why.len == 0 ? "" : why.data, err_text(err));
    return err == OK ? 0 : err == E_CONFIG ? 78 : err == E_CONFLICT ? 75 : err == E_DB ? 69 : 74;
}

static int run_version(void)
{
    puts("hecate 0.1.0");
    return 0;
}

static const struct {
    const char *name, *about;
    int (*fn)(void);
} commands[] = {
    { "serve", "the server", run_serve },
    { "version", "prints the version", run_version },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < COUNTOF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].fn();
    for (size_t i = 0; i < COUNTOF(commands); i++)
        fprintf(stderr, "hecate %-8s %s\n", commands[i].name, commands[i].about);
    return 64;
}
