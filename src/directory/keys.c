/* keys.c: the dialects' keys, sealed in the database so that all nodes share them; and the invariants of `hecate check`. */
#include "crypto/crypto.h"

#include "directory/internal.h"

static Err unseal(Ctx *ctx, const StoredKey *key, Str *ret)
{
    return seal_read(ctx->arena, ctx->directory->data_key, key->id, key->sealed, ret);
}

static Err make_key(Ctx *ctx, const char *dialect, const char *kind, Err (*make)(Ctx *ctx, Str *ret))
{
    StoredKey key = { .id = arena_printf(ctx->arena, "%s-%s-1", dialect, kind),
                      .dialect = dialect,
                      .kind = kind,
                      .alg = "",
                      .state = "current",
                      .created_at = ctx->now };
    char *sealed;
    Str secret;

    TRY(make(ctx, &secret));
    TRY(seal_write(ctx->arena, ctx->directory->data_key, key.id, secret, &sealed));
    key.sealed = sealed;
    return store_key_insert_first(db_auto(ctx), &key);
}

Err dir_key_load(Ctx *ctx, const char *dialect, const char *kind, Err (*make)(Ctx *ctx, Str *ret), Str *ret, bool *made)
{
    StoredKey *key;
    Err err = store_key_current(db_auto(ctx), dialect, kind, &key);

    *made = err == E_NO_ROW;
    if (err == E_NO_ROW) {
        TRY(make_key(ctx, dialect, kind, make));
        err = store_key_current(db_auto(ctx), dialect, kind, &key);
    }
    TRY(err);
    return unseal(ctx, key, ret);
}

Err dir_check(Ctx *ctx, List *ret)
{
    List rows = { 0 }, broken = { 0 };

    TRY(store_check_invariants(db_auto(ctx), &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const CheckRow *row = rows.v[i];
        Broken *item = ARENA_NEW(ctx->arena, Broken);

        *item = (Broken){ .name = row->name, .count = row->count };
        list_add(ctx->arena, &broken, item);
    }
    *ret = broken;
    return OK;
}
