/* main.c: the commands, one row each. */
#include "admin.h"
#include "server/server.h"

static Exit run_version(const Start *how, Buf *why)
{
    (void)how;
    (void)why;
    puts("hecate " HECATE_VERSION);
    return EXIT_OK;
}

/* The name of the command is the first argument. */
static Exit run_admin(const Start *how, Buf *why)
{
    return (Exit)admin_command(how->argv[-1], how->argc, how->argv, why);
}

static Exit run_help(const Start *how, Buf *why);

static const struct {
    const char *name, *usage, *about;
    Exit (*run)(const Start *how, Buf *why);
    bool options; /* takes the server's options */
} commands[] = {
    { "serve", "[--config FILE] [--OPTION VALUE]…", "the server; with no configuration: SQLite in ./hecate-data, keys made at the first start",
      command_serve, true },
    { "dev", "[--OPTION VALUE]…", "the server in a throw-away directory, with lines to paste for each client", command_dev, true },
    { "check", "[--OPTION VALUE]…", "prints each broken invariant of the directory and their number last; also beside a live server", command_check,
      true },
    { "migrate", "[--OPTION VALUE]…", "brings the database to this version's tables", command_migrate, true },
    { "backup", "FOLDER [--OPTION VALUE]…", "copies data directory and embedded database into a new folder; also beside a live server",
      command_backup, true },
    { "restore", "FOLDER [--OPTION VALUE]…", "makes the data directory from such a folder, and checks it", command_restore, true },
    { "keys", "list | create DIALECT | rotate DIALECT | retire ID [--OPTION VALUE]…",
      "keys that tokens are signed with: beside a live server, which takes a change up within a second", command_keys, true },
    { "routes", "[--json]", "every route with dialect, method, credential and scopes", command_routes, false },
    { "config", "[--markdown] [--OPTION VALUE]…", "each option with its value and where it comes from", command_config, true },
    { "users", "VERB [ID] [--OPTION VALUE]…", "users of a server, this one or another, through any of the three APIs", run_admin, false },
    { "links", "create TYPE --email ADDRESS [--OPTION VALUE]…", "links for sign-up, sign-in, recovery and changes of addresses, not sent", run_admin,
      false },
    { "identities", "VERB USER [IDENTITY] [--OPTION VALUE]…", "by what a user signs in: lists, links, deletes", run_admin, false },
    { "roles", "VERB USER [ROLE] [--OPTION VALUE]…", "roles of a user", run_admin, false },
    { "permissions", "list USER [--OPTION VALUE]…", "permissions of a user", run_admin, false },
    { "organizations", "list USER [--OPTION VALUE]…", "where a user is a member", run_admin, false },
    { "logs", "list USER [--OPTION VALUE]…", "what happened with a user", run_admin, false },
    { "factors", "VERB USER [FACTOR] [--OPTION VALUE]…", "second factors of a user", run_admin, false },
    { "sessions", "VERB [USER] [SESSION] [--OPTION VALUE]…", "sessions of a user", run_admin, false },
    { "version", "", "the version", run_version, false },
    { "help", "", "this list; `hecate COMMAND --help` tells more", run_help, false },
};

static Exit run_help(const Start *how, Buf *why)
{
    (void)how;
    (void)why;
    for (size_t i = 0; i < COUNTOF(commands); i++)
        printf("hecate %-8s %s\n", commands[i].name, commands[i].about);
    return EXIT_OK;
}

static Exit command_help(size_t i)
{
    Buf buf CLEANUP(buf_free) = buf_heap(1 << 20);

    buf_printf(&buf, "hecate %s %s\n  %s\n", commands[i].name, commands[i].usage, commands[i].about);
    if (commands[i].options)
        server_help(&buf);
    if (commands[i].run == run_admin)
        admin_help(&buf, commands[i].name);
    fwrite(buf.data, 1, buf.len, stdout);
    return EXIT_OK;
}

static Exit run_command(size_t i, int argc, char **argv)
{
    const Start how = { .argc = argc, .argv = argv };
    Buf why CLEANUP(buf_free) = buf_heap(4096);
    Exit code;

    for (int j = 0; j < argc; j++)
        if (strcmp(argv[j], "--help") == 0 || strcmp(argv[j], "-h") == 0)
            return command_help(i);
    code = commands[i].run(&how, &why);
    if (why.len > 0)
        fprintf(stderr, "hecate: %.*s\n", (int)why.len, why.data);
    return code;
}

int main(int argc, char **argv)
{
    const char *name = argc < 2 ? "help" : argv[1];

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < COUNTOF(commands); i++)
        if (strcmp(name, commands[i].name) == 0)
            return argc < 2 ? (int)(run_help(NULL, NULL), EXIT_USAGE) : (int)run_command(i, argc - 2, argv + 2);
    fprintf(stderr, "hecate: there is no command %s; `hecate help` lists them\n", name);
    return EXIT_USAGE;
}
