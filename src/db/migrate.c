/* migrate.c: applies migrations in order, each whole, and remembers their checksums. */
#include "base/clock.h"
#include "db/driver.h"

typedef struct Applied {
    const char *name, *checksum;
} Applied;

static const Field applied_cols[] = { TEXT(Applied, name, "name"), TEXT(Applied, checksum, "checksum"), END(Applied) };

/* FNV-1a, 64 bits: it finds an edited file, it guards against nobody. */
static const char *checksum(Arena *arena, const char *text)
{
    uint64_t sum = 0xcbf29ce484222325U;

    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        sum = (sum ^ *c) * 0x100000001b3U;
    return arena_printf(arena, "%016llx", (unsigned long long)sum);
}

typedef struct Migrating {
    const Migration *migration;
    const char *sum;
} Migrating;

static const Applied *find_applied(const List *rows, const char *name)
{
    for (size_t i = 0; i < rows->n; i++)
        if (text_eq(((const Applied *)rows->v[i])->name, name))
            return rows->v[i];
    return NULL;
}

static Err list_applied(Tx *tx, List *ret)
{
    Query *query = ARENA_NEW(tx->ctx->arena, Query);

    query->sql = buf_in(tx->ctx->arena, 256);
    buf_puts(&query->sql, tx->db->postgres ? "SELECT name, checksum FROM hecate.migrations" : "SELECT name, checksum FROM hecate_migrations");
    return db_query(tx, query, applied_cols, 10000, ret);
}

/* Of several nodes that start at once, one applies, the others wait and find it applied. A migration may take its time. */
static const char lock_sql[] = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;"
                               "SELECT pg_advisory_xact_lock(7305804402563)";

static Err apply(Tx *tx, void *arg)
{
    const Migrating *m = arg;
    Ctx *ctx = tx_ctx(tx);
    const bool pg = tx_is_postgres(tx);
    List rows = { 0 };

    if (pg)
        TRY(db_script(tx, lock_sql));
    TRY(list_applied(tx, &rows));
    if (find_applied(&rows, m->migration->name) != NULL)
        return OK;
    TRY(db_script(tx, pg ? m->migration->pg : m->migration->sqlite));
    /* name and sum are of our own making: letters, digits and underscores */
    return db_script(tx, arena_printf(ctx->arena, "INSERT INTO %s (name, checksum, applied_at) VALUES ('%s', '%s', %s)",
                                      pg ? "hecate.migrations" : "hecate_migrations", m->migration->name, m->sum,
                                      pg ? "clock_timestamp()" : arena_printf(ctx->arena, "%lld", (long long)ctx->now)));
}

static Err prepare_table(Tx *tx, void *arg)
{
    (void)arg;
    if (!tx_is_postgres(tx))
        return db_script(tx, "CREATE TABLE IF NOT EXISTS hecate_migrations (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL,"
                             " applied_at INTEGER NOT NULL) STRICT");
    TRY(db_script(tx, lock_sql));
    return db_script(tx, "CREATE SCHEMA IF NOT EXISTS hecate; CREATE TABLE IF NOT EXISTS hecate.migrations"
                         " (name text NOT NULL CONSTRAINT migrations_pkey PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)");
}

static Err migrate_all(Ctx *ctx, const Migration *migrations, size_t n, bool *ret_applied, Buf *why)
{
    List rows = { 0 };

    TRY(tx_run(ctx, prepare_table, NULL));
    TRY(list_applied(db_auto(ctx), &rows));
    if (rows.n > n) {
        buf_printf(why, "the database is newer than this program");
        return E_CONFLICT;
    }
    for (size_t i = 0; i < n; i++) {
        const Applied *applied = find_applied(&rows, migrations[i].name);
        Migrating m = { .migration = &migrations[i], .sum = checksum(ctx->arena, db_is_postgres(ctx->db) ? migrations[i].pg : migrations[i].sqlite) };

        if (applied != NULL && !text_eq(applied->checksum, m.sum)) {
            buf_printf(why, "migration %s was applied in another form", m.migration->name);
            return E_CONFLICT;
        }
        if (applied == NULL)
            TRY(tx_run(ctx, apply, &m));
        *ret_applied = *ret_applied || applied == NULL;
    }
    return OK;
}

Err db_migrate(Db *db, const Migration *migrations, size_t n, bool *applied, Buf *why)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, false);
    Ctx ctx = ctx_new(arena, db);
    bool any = false;
    const Err err = migrate_all(&ctx, migrations, n, &any, why);

    if (err != OK && why->len == 0)
        buf_printf(why, "the schema could not be made (%s)", err_text(err));
    if (applied != NULL)
        *applied = any;
    return err;
}
