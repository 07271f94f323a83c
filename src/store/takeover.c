/* takeover.c: looks at a schema auth that may have been made by Supabase Auth itself. Nothing is changed. */
#include "store/takeover.h"

#include "base/log.h"
#include "db/db.h"
#include "store/auth_versions.h"

enum { MOST_ROWS = 10000 };

typedef struct Name {
    const char *name;
} Name;
static const Field name_cols[] = { TEXT(Name, name, "name"), END(Name) };

static Err names_list(Ctx *ctx, const char *sql, List *ret)
{
    Query *query = ARENA_NEW(ctx->arena, Query);

    query->sql = buf_in(ctx->arena, 1024);
    buf_puts(&query->sql, sql);
    return db_query(db_auto(ctx), query, name_cols, MOST_ROWS, ret);
}

static bool names_have(const List *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (text_eq(((const Name *)names->v[i])->name, name))
            return true;
    return false;
}

/* Appends `name` to the line that `why` gets, after `start` if it is the first. */
static void name_fault(Buf *why, const char *start, const char *name)
{
    buf_puts(why, why->len == 0 ? start : ", ");
    buf_puts(why, name);
}

/* Databases of Supabase carry versions from before the first of ours: only what is beyond our last one is newer. */
static void warn_newer(const List *versions)
{
    const char *newest = auth_versions[COUNTOF(auth_versions) - 1];
    const char *ours = newest;

    for (size_t i = 0; i < versions->n; i++) {
        const char *version = ((const Name *)versions->v[i])->name;

        if (version != NULL && strcmp(version, newest) > 0)
            newest = version;
    }
    if (newest != ours)
        log_note(LOG_WARN, "schema auth (version %s) is newer than the one this program knows (%s)", newest, ours);
}

static Err check_versions(Ctx *ctx, const List *tables, Buf *why)
{
    List versions = { 0 };

    if (names_have(tables, "auth.schema_migrations"))
        TRY(names_list(ctx, "SELECT CAST(version AS text) AS name FROM auth.schema_migrations", &versions));
    if (versions.n == 0) {
        buf_puts(why, "schema auth has tables, but auth.schema_migrations shows no version (does the role own it?)");
        return E_CONFIG;
    }
    for (size_t i = 0; i < COUNTOF(auth_versions); i++)
        if (!names_have(&versions, auth_versions[i]))
            name_fault(why, "schema auth is too old; run the newest Supabase Auth on it once; missing versions: ", auth_versions[i]);
    if (why->len > 0)
        return E_CONFIG;
    warn_newer(&versions);
    return OK;
}

static Err check_columns(Ctx *ctx, Buf *why)
{
    List columns = { 0 };

    TRY(names_list(ctx,
                   "SELECT CAST(c.relname || '.' || a.attname AS text) AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                   " JOIN pg_namespace n ON n.oid = c.relnamespace"
                   " WHERE n.nspname = 'auth' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped",
                   &columns));
    for (size_t i = 0; i < COUNTOF(auth_used); i++)
        for (Str left = str_of(auth_used[i].columns); left.n > 0;) {
            const Str column = str_cut(&left, ' ');
            const char *name = arena_printf(ctx->arena, "%s.%.*s", auth_used[i].table, (int)column.n, column.p);

            if (!names_have(&columns, name))
                name_fault(why, "schema auth is of another make; missing columns: ", name);
        }
    return why->len > 0 ? E_CONFIG : OK;
}

/* Did our own 0001_auth make the schema? */
static Err made_by_us(Ctx *ctx, const List *tables, bool *ret)
{
    List rows = { 0 };

    if (names_have(tables, "hecate.migrations"))
        TRY(names_list(ctx, "SELECT name FROM hecate.migrations WHERE name = '0001_auth'", &rows));
    *ret = rows.n > 0;
    return OK;
}

static Err check_schema(Ctx *ctx, bool *ret_has_auth, Buf *why)
{
    List tables = { 0 };
    bool ours;

    TRY(names_list(ctx,
                   "SELECT CAST(n.nspname || '.' || c.relname AS text) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                   " WHERE n.nspname IN ('auth', 'hecate') AND c.relkind IN ('r', 'p')",
                   &tables));
    if (!names_have(&tables, "auth.users"))
        return OK;
    TRY(check_versions(ctx, &tables, why));
    TRY(check_columns(ctx, why));
    TRY(made_by_us(ctx, &tables, &ours));
    *ret_has_auth = !ours;
    return OK;
}

Err store_takeover_check(Ctx *ctx, bool *ret_has_auth, Buf *why)
{
    bool has_auth = false;

    if (db_is_postgres(ctx->db))
        TRY(check_schema(ctx, &has_auth, why));
    *ret_has_auth = has_auth;
    return OK;
}
