/* options.h: everything that can be set, one row an option, and where each value came from. `--help`, `hecate config`,
 * docs/options.md and the checks all read the same table. Sources, later wins: defaults, a KEY=value file, the environment,
 * flags. */
#ifndef HECATE_SERVER_OPTIONS_H
#define HECATE_SERVER_OPTIONS_H

#include "base/base.h"
#include "base/buf.h"
#include "dialect/auth0/auth0.h"
#include "dialect/clerk/clerk.h"
#include "dialect/gotrue/gotrue.h"

typedef enum Tongue { TONGUE_GOTRUE, TONGUE_CLERK, TONGUE_AUTH0, TONGUE_OPS, TONGUES } Tongue;

/* The settings that the rows fill, each by its member. Texts live in the arena of the options; durations are microseconds. */
typedef struct Settings {
    const char *listen[TONGUES]; /* NULL: off */
    const char *listen_gotrue, *listen_clerk, *listen_auth0, *listen_ops, *api_host;
    int64_t api_port;
    const char *data, *database_url, *data_key, *user;
    int64_t loops, hash_threads, hash_queue;
    int64_t db_connections, db_window, db_wait;
    int64_t connections, requests, request_timeout, request_memory, header_timeout, idle_timeout, drain_delay, watchdog;
    bool seccomp, landlock;
    Texts trusted_proxies;
    const char *tls_cert, *tls_key;
    const char *log_level, *log_format;
    const char *jwt_secret, *jwt_keys, *jwt_key_id;
    Texts jwt_valid_methods;
    int64_t refresh_version;
    const char *clerk_secret_key, *auth0_client_secret, *ops_token;
    Directory directory;
    GotrueSettings gotrue;
    ClerkSettings clerk;
    Auth0Settings auth0;
} Settings;

typedef enum OptionKind { O_TEXT, O_INT, O_BOOL, O_DURATION, O_SIZE, O_LIST, O_CHOICE } OptionKind;

enum OptionFlags {
    O_SECRET = 1, /* never shown; NAME_FILE names a file that holds it */
    O_STRONG = 2, /* at least 32 bytes and no published sample, unless every listener is on loopback */
    O_RELOAD = 4, /* SIGHUP takes a new value */
    O_CLAMP = 8,  /* a number out of bounds becomes the bound, as the reference does */
};

typedef struct Option {
    const char *flag;     /* without "--" */
    const char *variable; /* and key of a file */
    const char *aliases;  /* further variables, comma-separated; the row's own wins, then the first */
    OptionKind kind;
    size_t offset;        /* of the member of Settings */
    const char *fallback; /* as it would be given; NULL: nothing */
    int64_t least, most;  /* of numbers */
    const char *choices;  /* comma-separated */
    unsigned flags;
    const char *about; /* one sentence */
} Option;
extern const Option option_rows[];
extern const size_t option_rows_n;

typedef enum Origin { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAG } Origin;

typedef struct OptionValue {
    const char *text; /* NULL: nothing */
    Origin origin;
    const char *name; /* of the variable, key or flag that gave it */
    const char *path; /* of the file that held it, or NULL */
} OptionValue;

typedef struct Options {
    Arena *arena;
    OptionValue *values;   /* by row */
    const char *file;      /* --config, or NULL */
    const char *no_effect; /* names of given GOTRUE_ variables that do nothing here, or NULL */
    bool gotrue_given;     /* some GOTRUE_ variable is there */
} Options;

/* Reads all sources. `argv` are the flags alone, `env` ends with NULL. E_CONFIG with one line: an unknown flag, HECATE_ variable
 * or key of a file, a value given twice (NAME and NAME_FILE), a file that cannot be read. Values are not judged yet. */
Err options_read(Arena *arena, int argc, char *const *argv, char *const *env, Options *ret, Buf *why);
/* Another default for a row (by its variable), for `hecate dev`: counts only when no source gave a value. */
void options_default(Options *options, const char *variable, const char *text);
/* Judges every value and fills the settings. E_CONFIG with one line that names the variable and what is wrong, never a secret's
 * value. */
Err options_settings(const Options *options, Settings *ret, Buf *why);
/* Secrets that are too short or published samples: their names, comma-separated, or NULL if all are strong. */
const char *options_weak(const Options *options);
/* Is every listener on loopback, a unix socket or off? */
bool settings_loopback(const Settings *settings);
/* The same for one address; NULL is off. */
bool address_loopback(const char *address);

/* `VARIABLE=value  # origin` for each row; secrets as ***. */
void options_print(const Options *options, Buf *buf);
/* The table as docs/options.md, and as the text of --help. */
void options_markdown(Buf *buf);
void options_help(Buf *buf);

#endif
