/* line.c: the line of a command on users: verbs and options are rows of tables. */
#include "internal.h"

/* clang-format off */
const Verb verbs[VERBS] = {
    [USER_LIST] = { "users", "list", "", "users, a page of them" },
    [USER_GET] = { "users", "get", " ID", "one user", 1 },
    [USER_CREATE] = { "users", "create", "", "a new user" },
    [USER_UPDATE] = { "users", "update", " ID", "changes what is given", 1 },
    [USER_DELETE] = { "users", "delete", " ID", "takes the user away", 1, .done = "deleted" },
    [USER_BAN] = { "users", "ban", " ID", "no sign-in, and the sessions end", 1 },
    [USER_UNBAN] = { "users", "unban", " ID", "lifts the ban", 1 },
    [USER_INVITE] = { "users", "invite", "", "a new user, who gets a mail" },
    [USER_LOCK] = { "users", "lock", " ID", "no sign-in for the time of a lockout", 1 },
    [USER_UNLOCK] = { "users", "unlock", " ID", "lifts a lockout", 1 },
    [LINK_CREATE] = { "links", "create", " TYPE", "a link that was not sent; signup, invite, magiclink, recovery, email_change_current, email_change_new", 1 },
    [FACTOR_LIST] = { "factors", "list", " USER", "second factors of a user", 1 },
    [FACTOR_DELETE] = { "factors", "delete", " USER FACTOR", "takes one away, verified or not", 2, .done = "deleted" },
    [FACTOR_CLEAR] = { "factors", "clear", " USER", "takes all away, authenticators and codes", 1, .done = "deleted" },
    [SESSION_LIST] = { "sessions", "list", " USER", "sessions of a user", 1 },
    [SESSION_END] = { "sessions", "end", " USER [SESSION]", "ends one, or all", 1, 1, .done = "ended" },
    [SESSION_SIGN_OUT] = { "sessions", "sign-out", "", "with the user's own access token", .done = "signed out" },
    [IDENTITY_LIST] = { "identities", "list", " USER", "by what a user signs in", 1 },
    [IDENTITY_LINK] = { "identities", "link", " USER OTHER", "the other user becomes an identity of this one", 2 },
    [IDENTITY_DELETE] = { "identities", "delete", " USER IDENTITY", "gotrue: for good; auth0: it is a user of its own again", 2, .done = "deleted" },
    [ROLE_LIST] = { "roles", "list", " USER", "roles of a user", 1 },
    [ROLE_ADD] = { "roles", "add", " USER ROLE", "by the role's id", 2, .done = "added" },
    [ROLE_REMOVE] = { "roles", "remove", " USER ROLE", "by the role's id", 2, .done = "removed" },
    [PERMISSION_LIST] = { "permissions", "list", " USER", "what a user may do, by roles or alone", 1 },
    [ORGANIZATION_LIST] = { "organizations", "list", " USER", "where a user is a member", 1 },
    [LOG_LIST] = { "logs", "list", " USER", "what happened with a user, the latest first", 1 },
};

enum {
    ON_LIST = 1 << USER_LIST, ON_NEW = 1 << USER_CREATE, ON_WRITE = ON_NEW | 1 << USER_UPDATE, ON_DELETE = 1 << USER_DELETE, ON_BAN = 1 << USER_BAN,
    ON_INVITE = 1 << USER_INVITE, ON_LINK = 1 << LINK_CREATE, ON_OUT = 1 << SESSION_SIGN_OUT,
    ON_PAGES = ON_LIST | 1 << ORGANIZATION_LIST, ON_MORE = ON_PAGES | 1 << ROLE_LIST | 1 << PERMISSION_LIST | 1 << FACTOR_LIST | 1 << LOG_LIST, ALL = (1 << VERBS) - 1,
};

typedef struct Option {
    const char *name, *value; /* value: NULL for a flag */
    size_t offset;
    int verbs[APIS]; /* that have a use for it, in each API */
    const char *about;
} Option;

static const Option options[] = {
    { "--api", "NAME", offsetof(Line, api), { ALL, ALL, ALL }, "gotrue (default), clerk or auth0" },
    { "--url", "URL", offsetof(Line, url), { ALL, ALL, ALL }, "the server; else HECATE_URL, else this machine's default listener" },
    { "--ca", "FILE", offsetof(Line, ca), { ALL, ALL, ALL }, "authorities (PEM); else HECATE_CA, else the system's" },
    { "--key-file", "FILE", offsetof(Line, key_file), { ALL, ALL, ALL }, "a file with the credential; else one of these variables is read: HECATE_SERVICE_KEY,\n"
      "                              HECATE_CLERK_SECRET_KEY, HECATE_AUTH0_TOKEN, HECATE_AUTH0_CLIENT_ID with …_SECRET" },
    { "--json", NULL, offsetof(Line, json), { ALL, ALL, ALL }, "print the server's answer as it is" },
    { "--email", "ADDRESS", offsetof(Line, email), { ON_WRITE | ON_LIST | ON_INVITE | ON_LINK, ON_NEW | ON_LIST, ON_WRITE | ON_LIST }, "a list: users with exactly this address" },
    { "--phone", "NUMBER", offsetof(Line, phone), { ON_WRITE | ON_LIST, ON_NEW, ON_WRITE }, "" },
    { "--username", "NAME", offsetof(Line, username), { 0, ON_WRITE, ON_WRITE }, "" },
    { "--name", "NAME", offsetof(Line, name), { 0, ON_WRITE, ON_WRITE }, "clerk: the first name" },
    { "--password-file", "FILE", offsetof(Line, password_file), { ON_WRITE | ON_LINK, ON_WRITE, ON_WRITE }, "a file with the password, - for standard input; else HECATE_USER_PASSWORD" },
    { "--confirm", NULL, offsetof(Line, confirm), { ON_WRITE, 0, ON_WRITE }, "the addresses given are confirmed" },
    { "--user-metadata", "JSON", offsetof(Line, user_metadata), { ON_WRITE | ON_INVITE | ON_LINK, ON_WRITE, ON_WRITE }, "merged; clerk: unsafe_metadata" },
    { "--app-metadata", "JSON", offsetof(Line, app_metadata), { ON_WRITE, ON_WRITE, ON_WRITE }, "merged; clerk: public_metadata" },
    { "--private-metadata", "JSON", offsetof(Line, private_metadata), { 0, ON_WRITE, 0 }, "merged" },
    { "--role", "ROLE", offsetof(Line, role), { ON_WRITE, 0, 0 }, "" },
    { "--connection", "NAME", offsetof(Line, connection), { 0, 0, ON_WRITE }, "Username-Password-Authentication for a new user if not given" },
    { "--page", "N", offsetof(Line, page), { ON_LIST, ON_PAGES, ON_MORE }, "pages count from 1" },
    { "--per-page", "N", offsetof(Line, per_page), { ON_LIST, ON_PAGES, ON_MORE }, "lines of a page, 50 if not given" },
    { "--query", "TEXT", offsetof(Line, query), { ON_LIST, ON_LIST, ON_LIST }, "gotrue: filter; clerk: query; auth0: q" },
    { "--for", "DURATION", offsetof(Line, duration), { ON_BAN, 0, 0 }, "24h, 1h30m; for ever if not given" },
    { "--soft", NULL, offsetof(Line, soft), { ON_DELETE, 0, 0 }, "keep the row without what tells the person" },
    { "--new-email", "ADDRESS", offsetof(Line, new_email), { ON_LINK, 0, 0 }, "for the two types of a change" },
    { "--redirect", "URL", offsetof(Line, redirect), { ON_LINK | ON_INVITE, 0, 0 }, "where the link ends" },
    { "--token-file", "FILE", offsetof(Line, token_file), { ON_OUT, 0, 0 }, "a file with the access token, - for standard input; else HECATE_USER_TOKEN" },
    { "--scope", "SCOPE", offsetof(Line, scope), { ON_OUT, 0, 0 }, "global (default), local or others" },
};
/* clang-format on */

const Api *const apis[APIS] = { &gotrue_api, &clerk_api, &auth0_api };

/* ---- help ---- */

/* The verbs of the noun that some API has. */
static int verbs_of(const char *noun)
{
    int set = 0;

    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].noun, noun) == 0)
            set |= 1 << i;
    return set;
}

static void verb_help(Buf *buf, size_t verb)
{
    const char *comma = " (";
    size_t n = 0;

    for (size_t i = 0; i < APIS; i++)
        n += apis[i]->acts[verb] != NULL;
    buf_printf(buf, "  %s%-*s %s", verbs[verb].name, (int)(20 - strlen(verbs[verb].name)), verbs[verb].ids_named, verbs[verb].about);
    for (size_t i = 0; n < APIS && i < APIS; i++)
        if (apis[i]->acts[verb] != NULL)
            buf_printf(buf, "%s%s", comma, apis[i]->name), comma = ", ";
    buf_printf(buf, "%s\n", n < APIS ? ")" : "");
}

/* The option, and who has a use for it: the verbs, and the APIs unless all. */
static void option_help(Buf *buf, const Option *option, int noun)
{
    const int any = (option->verbs[GOTRUE] | option->verbs[CLERK] | option->verbs[AUTH0]) & noun;
    const bool everywhere = option->verbs[GOTRUE] != 0 && option->verbs[CLERK] != 0 && option->verbs[AUTH0] != 0;
    const char *comma = "";

    if (any == 0)
        return;
    buf_printf(buf, "  %-18s %-8s ", option->name, option->value == NULL ? "" : option->value);
    for (size_t i = 0; any != noun && i < VERBS; i++)
        if ((any >> i & 1) != 0)
            buf_printf(buf, "%s%s", comma, verbs[i].name), comma = ", ";
    comma = " (";
    for (size_t i = 0; !everywhere && noun == verbs_of("users") && i < APIS; i++)
        if (option->verbs[i] != 0)
            buf_printf(buf, "%s%s", comma, apis[i]->name), comma = ", ";
    buf_printf(buf, "%s%s%s\n", *comma == ',' && !everywhere && noun == verbs_of("users") ? ")" : "",
               any == noun || *option->about == '\0' ? "" : ": ", option->about);
}

void line_help(Buf *buf, const char *noun)
{
    const int set = verbs_of(noun);

    for (size_t i = 0; i < VERBS; i++)
        if ((set >> i & 1) != 0)
            verb_help(buf, i);
    for (size_t i = 0; i < COUNTOF(options); i++)
        option_help(buf, &options[i], set);
}

int line_usage(const Line *line, Buf *why, const char *about, const char *what)
{
    buf_printf(why, "%s: %s %s; `hecate %s --help` tells more", line->noun, about, what, line->noun);
    return USAGE;
}

/* ---- arguments ---- */

static const Option *option_named(const char *name)
{
    for (size_t i = 0; i < COUNTOF(options); i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

/* An id: the user's, then that of the part. */
static int read_id(Line *line, const char *text, Buf *why)
{
    const Verb *verb = &verbs[line->verb];
    const int given_ids = (line->id != NULL) + (line->part != NULL);

    if (*text == '-')
        return (line_usage(line, why, "there is no option", text), 0);
    if (given_ids == verb->ids + verb->more)
        return (line_usage(line, why, given_ids == 0 ? "no id is due after" : "nothing more is due here than",
                           given_ids == 0 ? verb->name : verb->ids_named + 1),
                0);
    *(line->id == NULL ? &line->id : &line->part) = text;
    return 1;
}

/* One argument, and its value if it has one: how many were used; 0 with a line in `why`. */
static int read_argument(Line *line, int argc, char *const *argv, Buf *why)
{
    const Option *option = option_named(argv[0]);

    if (option == NULL)
        return read_id(line, argv[0], why);
    if (option->value == NULL) {
        *(bool *)((char *)line + option->offset) = true;
        return 1;
    }
    if (argc < 2)
        return (line_usage(line, why, "a value is due after", argv[0]), 0);
    *(const char **)(void *)((char *)line + option->offset) = argv[1];
    return 2;
}

static bool read_number(const char *text, int64_t *ret)
{
    uint64_t value;

    if (text == NULL)
        return true;
    if (!str_to_u64(str_of(text), INT32_MAX, &value) || value == 0)
        return false;
    *ret = (int64_t)value;
    return true;
}

static bool is_given(const Line *line, const Option *option)
{
    const void *member = (const char *)line + option->offset;

    return option->value == NULL ? *(const bool *)member : *(const char *const *)member != NULL;
}

static int check_api(Line *line, Buf *why)
{
    while (line->api != NULL && line->api_number < APIS && strcmp(line->api, apis[line->api_number]->name) != 0)
        line->api_number++;
    if (line->api_number == APIS)
        return line_usage(line, why, "there is no API", line->api);
    if (apis[line->api_number]->acts[line->verb] == NULL)
        return line_usage(line, why, "this API has no", verbs[line->verb].name);
    return DONE;
}

/* An option that would be passed over is an error: --soft in another API would delete for good. */
static int check_line(Line *line, Buf *why)
{
    if (check_api(line, why) != DONE)
        return USAGE;
    for (size_t i = 0; i < COUNTOF(options); i++)
        if (is_given(line, &options[i]) && (options[i].verbs[line->api_number] >> line->verb & 1) == 0)
            return line_usage(line, why, "this verb of this API has no use for", options[i].name);
    if (!read_number(line->page, &line->page_number) || !read_number(line->per_page, &line->page_size))
        return line_usage(line, why, "--page and --per-page are", "numbers from 1");
    return DONE;
}

static VerbName verb_named(const char *noun, const char *name)
{
    VerbName verb = 0;

    while (verb < VERBS && (strcmp(verbs[verb].noun, noun) != 0 || strcmp(verbs[verb].name, name) != 0))
        verb++;
    return verb;
}

int line_read(Line *line, int argc, char *const *argv, Buf *why)
{
    if (argc == 0)
        return line_usage(line, why, "a verb is due:", verb_named(line->noun, "list") < VERBS ? "list, say" : "create");
    line->verb = verb_named(line->noun, argv[0]);
    if (line->verb == VERBS)
        return line_usage(line, why, "there is no verb", argv[0]);
    for (int i = 1; i < argc;) {
        const int used = read_argument(line, argc - i, argv + i, why);

        if (used == 0)
            return USAGE;
        i += used;
    }
    if ((line->id != NULL) + (line->part != NULL) < verbs[line->verb].ids)
        return line_usage(line, why, "what is due here:", verbs[line->verb].ids_named + 1);
    return check_line(line, why);
}
