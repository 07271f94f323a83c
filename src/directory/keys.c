/* keys.c: the dialects' keys, sealed in the database so that all nodes share them; and the invariants of `hecate check`. */
#include "base/id.h"
#include "crypto/crypto.h"

#include "directory/internal.h"

enum { ID_TAIL = 8 };

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

/* ---- keys that are turned ---- */

static const char kind_signing[] = "signing";

Err dir_keys_list(Ctx *ctx, const char *dialect, List *ret)
{
    List rows = { 0 }, keys = { 0 };

    TRY(store_key_list(db_auto(ctx), dialect, kind_signing, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const StoredKey *row = rows.v[i];
        SigningKey *key = ARENA_NEW(ctx->arena, SigningKey);

        *key = (SigningKey){ .id = row->id, .state = row->state, .created_at = row->created_at, .retired_at = row->retired_at };
        TRY(unseal(ctx, row, &key->secret));
        list_add(ctx->arena, &keys, key);
    }
    *ret = keys;
    return OK;
}

Err dir_keys_mark(Ctx *ctx, char **ret)
{
    Buf buf = buf_in(ctx->arena, 256 * 1024);
    List rows = { 0 };

    TRY(store_key_list(db_auto(ctx), NULL, NULL, &rows));
    for (size_t i = 0; i < rows.n; i++)
        buf_printf(&buf, "%s %s\n", ((const StoredKey *)rows.v[i])->id, ((const StoredKey *)rows.v[i])->state);
    return buf_text(&buf, ret);
}

Err dir_key_add(Ctx *ctx, const char *dialect, Str secret)
{
    StoredKey key = { .id = arena_printf(ctx->arena, "%s-%s-%s", dialect, kind_signing,
                                         random_text(ctx->arena, ID_TAIL, "abcdefghijklmnopqrstuvwxyz0123456789")),
                      .dialect = dialect,
                      .kind = kind_signing,
                      .alg = "",
                      .state = "next",
                      .created_at = ctx->now };
    char *sealed;

    TRY(seal_write(ctx->arena, ctx->directory->data_key, key.id, secret, &sealed));
    key.sealed = sealed;
    return store_key_insert_first(db_auto(ctx), &key);
}

static Err turn(Tx *tx, void *arg)
{
    StoredKey *next = arg;
    List rows = { 0 };
    int64_t changed;

    next->id = NULL;
    TRY(store_key_list(tx, next->dialect, next->kind, &rows));
    for (size_t i = rows.n; i > 0; i--)
        if (text_eq(((const StoredKey *)rows.v[i - 1])->state, "next"))
            next->id = ((const StoredKey *)rows.v[i - 1])->id;
    if (next->id == NULL)
        return E_NO_ROW;
    TRY(store_key_turn(tx, next, &changed));
    return changed == 1 ? OK : E_NO_ROW;
}

Err dir_key_turn(Ctx *ctx, const char *dialect)
{
    StoredKey next = { .dialect = dialect, .kind = kind_signing, .retired_at = ctx->now };

    return tx_run(ctx, turn, &next);
}

Err dir_key_remove(Ctx *ctx, const char *id)
{
    List rows = { 0 };
    int64_t changed;

    TRY(store_key_delete(db_auto(ctx), id, &changed));
    if (changed > 0)
        return OK;
    TRY(store_key_list(db_auto(ctx), NULL, NULL, &rows));
    for (size_t i = 0; i < rows.n; i++)
        if (text_eq(((const StoredKey *)rows.v[i])->id, id) && text_eq(((const StoredKey *)rows.v[i])->kind, kind_signing))
            return E_CONFLICT;
    return E_NO_ROW;
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
