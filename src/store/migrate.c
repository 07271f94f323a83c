/* migrate.c: makes the tables, or takes over those of Supabase Auth. */
#include "store/store.h"
#include "store/takeover.h"

/* The first migration makes schema auth: where another server made it, it is left out, now and for good. */
Err store_migrate(Db *db, bool *applied, Buf *why)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(16 << 20, false);
    Ctx ctx = ctx_new(arena, db);
    bool has_auth = false;
    const Err err = store_takeover_check(&ctx, &has_auth, why);

    if (err != OK && why->len == 0)
        buf_printf(why, "the database cannot be looked at (%s)", err_text(err));
    TRY(err);
    return db_migrate(db, store_migrations + has_auth, store_migrations_n - has_auth, applied, why);
}
