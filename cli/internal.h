/* internal.h: what the commands on a server's users share: the line, the table of verbs, and what a verb works with. */
#ifndef HECATE_CLI_INTERNAL_H
#define HECATE_CLI_INTERNAL_H

#include "base/buf.h"
#include "base/field.h"
#include "hecate/hecate.h"

enum { DONE = 0, REFUSED = 1, USAGE = 64, UNREACHABLE = 69, FAILED = 70 };
enum { GOTRUE, CLERK, AUTH0, APIS };

typedef enum VerbName {
    USER_LIST,
    USER_GET,
    USER_CREATE,
    USER_UPDATE,
    USER_DELETE,
    USER_BAN,
    USER_UNBAN,
    USER_INVITE,
    USER_LOCK,
    USER_UNLOCK,
    LINK_CREATE,
    FACTOR_LIST,
    FACTOR_DELETE,
    FACTOR_CLEAR,
    SESSION_LIST,
    SESSION_END,
    SESSION_SIGN_OUT,
    IDENTITY_LIST,
    IDENTITY_LINK,
    IDENTITY_DELETE,
    ROLE_LIST,
    ROLE_ADD,
    ROLE_REMOVE,
    PERMISSION_LIST,
    ORGANIZATION_LIST,
    LOG_LIST,
    VERBS
} VerbName;

/* What the line says. Texts are NULL if not given. */
typedef struct Line {
    const char *noun;
    VerbName verb;
    const char *id, *part; /* of the user; of what hangs on it */
    const char *api, *url, *ca, *key_file, *email, *phone, *username, *name, *password_file, *token_file, *redirect, *new_email, *scope;
    const char *user_metadata, *app_metadata, *private_metadata, *role, *connection, *page, *per_page, *query, *duration;
    bool json, soft, confirm;
    const char *password, *token; /* read */
    int64_t page_number, page_size;
    size_t api_number;
} Line;

enum { COLUMNS = 6 };

/* A line of the table; cells behind the last are NULL. */
typedef struct Row {
    const char *cells[COLUMNS];
} Row;

typedef struct Table {
    Arena *arena;
    const char *const *heads; /* NULL: the verb has no table */
    List rows;
} Table;

/* A cell is text that cannot steer the terminal, "-" for none. */
const char *text_cell(Arena *arena, const char *text);
const char *time_cell(Arena *arena, int64_t time);
void table_add(Table *table, const Row *row);
void table_print(const Table *table);

/* The table that `users` has in every API. `state` is a constant. */
void user_add(Table *table, const char *id, const char *email, const char *other, int64_t created_at, const char *state);

/* ---- one call ---- */

typedef struct Work {
    const Line *line;
    void *handle;
    Table table;
    const char *raw; /* the answer, for --json */
    HecateError error;
} Work;

typedef HecateStatus Act(Work *work);
void keep_raw(Work *work, const char *raw);

/* A list of objects as a table. `list` is the member that has it where the answer is an object. A name may have one point: of a member's member. */
typedef struct Columns {
    const char *list, *heads[COLUMNS], *names[COLUMNS];
} Columns;
/* Takes the answer over, for --json too. HECATE_BAD_ANSWER: it is no such list. */
HecateStatus table_json(Work *work, const char *json, const Columns *columns);

static inline HecateText given(const char *text)
{
    return text == NULL ? (HecateText){ 0 } : hecate_text(text);
}
static inline HecateBool flag(bool set)
{
    return set ? hecate_bool(true) : (HecateBool){ 0 };
}
static inline HecateInt number(int64_t value)
{
    return value == 0 ? (HecateInt){ 0 } : hecate_int(value);
}

/* One API: where it is, what opens it, and what each verb does there (NULL: it has none). */
typedef struct Api {
    const char *name, *url, *key, *client_id, *client_secret; /* the last three: variables */
    void *(*open)(const HecateOptions *how, HecateError *error);
    void (*close)(void *handle);
    Act *acts[VERBS];
} Api;
extern const Api gotrue_api, clerk_api, auth0_api;

/* A verb. `ids` are due behind it, `more` further ones may be. */
typedef struct Verb {
    const char *noun, *name, *ids_named, *about;
    int ids, more;
    const char *done; /* what is said where there is no table */
} Verb;
extern const Verb verbs[VERBS];
extern const Api *const apis[APIS];

/* Reads the arguments behind `hecate NOUN`; USAGE with a line in `why`. */
int line_read(Line *line, int argc, char *const *argv, Buf *why);
int line_usage(const Line *line, Buf *why, const char *about, const char *what);
void line_help(Buf *buf, const char *noun);

#endif
