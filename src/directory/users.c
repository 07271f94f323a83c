/* users.c: users are found, banned, locked and deleted; user_create.c makes them, user_change.c changes them. */
#include "crypto/crypto.h"

#include "base/id.h"
#include "directory/pages.h"
#include "directory/post.h"
#include "store/organizations.h"

bool user_banned(const Ctx *ctx, const User *user)
{
    return user->banned_until > ctx->now;
}

Err user_found(Ctx *ctx, Err err, User *const *user)
{
    const bool gone = err == E_NO_ROW || (err == OK && (*user)->deleted_at != 0 && ctx->caller != NULL && ctx->caller->living);

    return gone ? fail(ctx, E_NO_USER, NOWHERE, NULL) : err;
}

Err dir_user_get(Ctx *ctx, const char *id, User **ret)
{
    ctx->user_id = id;
    return user_found(ctx, store_user_get(db_auto(ctx), id, ret), ret);
}

Err dir_user_get_core(Ctx *ctx, const char *id, User **ret)
{
    ctx->user_id = id;
    return user_found(ctx, store_user_get_core(db_auto(ctx), id, ret), ret);
}

Err dir_user_get_subject(Ctx *ctx, const char *provider, const char *subject, User **ret)
{
    return user_found(ctx, store_user_get_by_subject(db_auto(ctx), provider, subject, ret), ret);
}

Err dir_user_page(Ctx *ctx, const UserQuery *query, List *ret, int64_t *total)
{
    UserQuery *page = ARENA_NEW(ctx->arena, UserQuery);

    pages_find(ctx, query, page);
    TRY(store_user_page(db_auto(ctx), page, ret, total));
    pages_keep(ctx, query, ret);
    return OK;
}

Err dir_user_list(Ctx *ctx, const UserQuery *query, List *ret)
{
    return dir_user_page(ctx, query, ret, NULL);
}

Err dir_user_count(Ctx *ctx, const UserQuery *query, int64_t *ret)
{
    return store_user_count(db_auto(ctx), query, ret);
}

Err dir_counts_tend(Ctx *ctx, bool all)
{
    return store_counts_fold(ctx, all);
}

/* ---- banning, locking ---- */

static const UserPolicy admin_policy = { .check_password = true };

Err dir_user_ban(Ctx *ctx, const char *id, User **ret)
{
    UserPatch in = { .banned = true, .end_sessions = true, .policy = &admin_policy };

    SET(&in, banned);
    return dir_user_update(ctx, id, &in, ret);
}

Err dir_user_unban(Ctx *ctx, const char *id, User **ret)
{
    UserPatch in = { .banned = false, .policy = &admin_policy };

    SET(&in, banned);
    return dir_user_update(ctx, id, &in, ret);
}

static Err set_lock(Ctx *ctx, const char *id, bool locked, User **ret)
{
    UserPatch in = { .locked = locked, .policy = &admin_policy };

    SET(&in, locked);
    if (ctx->directory->lockout.tries == 0)
        return fail(ctx, E_FEATURE_OFF, NOWHERE, NULL);
    return dir_user_update(ctx, id, &in, ret);
}

Err dir_user_lock(Ctx *ctx, const char *id, User **ret)
{
    return set_lock(ctx, id, true, ret);
}

Err dir_user_unlock(Ctx *ctx, const char *id, User **ret)
{
    return set_lock(ctx, id, false, ret);
}

Err dir_password_remove(Ctx *ctx, const char *id, bool end_sessions, User **ret)
{
    static const UserPolicy keep = { .check_password = true, .keep_sessions = true };
    const UserPatch in = { .remove_password = true, .end_sessions = end_sessions, .policy = &keep };
    User *user;

    TRY(dir_user_get(ctx, id, &user));
    *ret = user;
    return text_empty(user->encrypted_password) && text_empty(user->digest) ? OK : dir_user_update(ctx, id, &in, ret);
}

/* ---- deleting ---- */

typedef struct Deletion {
    const char *id, *image_id;
    bool soft;
} Deletion;

/* b64url(SHA-256(id ‖ text)), the first `n` characters (spec/gotrue.md 2.5). */
static const char *hide(Ctx *ctx, const char *id, const char *text, size_t n)
{
    Buf plain = buf_in(ctx->arena, 1 << 20), coded = buf_in(ctx->arena, 64);
    uint8_t sum[32];

    buf_puts(&plain, id);
    buf_puts(&plain, text);
    hash_sum(HASH_SHA256, buf_view(&plain), sum);
    base64_write(&coded, sum, sizeof(sum), true, false);
    return arena_strndup(ctx->arena, coded.data, n < coded.len ? n : coded.len);
}

static Err hide_identities(Tx *tx, const User *user)
{
    Ctx *ctx = tx_ctx(tx);

    for (size_t i = 0; i < user->identities.n; i++) {
        Identity *identity = user->identities.v[i];

        identity->provider_id = hide(ctx, user->id, arena_printf(ctx->arena, "%s:%s", identity->provider, identity->provider_id), 43);
        identity->data = "{}";
        identity->updated_at = ctx->now;
        TRY(store_identity_set_data(tx, identity));
    }
    return OK;
}

static Err soft_delete(Tx *tx, User *user)
{
    Ctx *ctx = tx_ctx(tx);

    if (user->deleted_at != 0)
        return OK;
    TRY(store_linked_delete_all(tx, user->id));
    TRY(hide_identities(tx, user));
    user->email = hide(ctx, user->id, user->email, 43);
    user->phone = hide(ctx, user->id, user->phone, 15);
    user->email_change = hide(ctx, user->id, user->email_change, 43);
    user->phone_change = hide(ctx, user->id, user->phone_change, 15);
    user->deleted_at = user->updated_at = ctx->now;
    TRY(store_user_soft_delete(tx, user));
    TRY(store_one_time_tokens_delete(tx, user->id));
    TRY(store_outbox_delete_user(tx, user->id));
    TRY(store_factors_delete(tx, user->id));
    TRY(store_backup_codes_delete(tx, user->id));
    TRY(store_memberships_delete_all(tx, user->id));
    TRY(store_profile_delete(tx, user->id));
    TRY(store_password_delete(tx, user->id));
    TRY(store_addresses_delete_all(tx, user->id));
    return store_sessions_delete_all(tx, user->id);
}

static Err delete_user(Tx *tx, void *arg)
{
    Deletion *deletion = arg;
    Ctx *ctx = tx_ctx(tx);
    Traits traits;
    User *user;

    TRY(user_found(ctx, store_user_get_for_update(tx, deletion->id, &user), &user));
    deletion->image_id = user->image_id;
    traits =
        (Traits){ .user_id = user->id, .user_email = user->email == NULL ? "" : user->email, .user_phone = user->phone == NULL ? "" : user->phone };
    TRY(event_add(tx, EV_USER_DELETED, NULL, &traits));
    TRY(store_tries_delete(tx, user->id));
    return deletion->soft ? soft_delete(tx, user) : store_user_delete(tx, user->id);
}

Err dir_user_delete(Ctx *ctx, const char *id, bool soft)
{
    Deletion deletion = { .id = id, .soft = soft };

    ctx->user_id = id;
    TRY(tx_run(ctx, delete_user, &deletion));
    image_forget(ctx, deletion.image_id);
    return OK;
}
