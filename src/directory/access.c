/* access.c: roles, permissions and resource servers, and who has them (spec/auth0.md 2.5, 2.13). */
#include "directory/access.h"
#include "base/id.h"
#include "directory/internal.h"
#include "store/access.h"
#include "store/clients.h"

static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* ---- resource servers ---- */

static bool has_scope(const ResourceServer *server, const char *value)
{
    for (size_t i = 0; i < server->scopes.n; i++)
        if (text_eq(((const Scope *)server->scopes.v[i])->value, value))
            return true;
    return false;
}

static Err put_scopes(Tx *tx, const ResourceServer *server)
{
    for (size_t i = 0; i < server->scopes.n; i++) {
        const Scope *scope = server->scopes.v[i];
        const AccessKey key = {
            .server_id = server->id, .name = scope->value, .description = scope->description == NULL ? "" : scope->description, .position = (int64_t)i
        };

        TRY(store_access_write(tx, PUT_PERMISSION, &key, NULL));
    }
    return OK;
}

static Err insert_server(Tx *tx, void *arg)
{
    const ResourceServer *server = arg;

    TRY(store_server_insert(tx, server));
    return put_scopes(tx, server);
}

Err dir_server_create(Ctx *ctx, ResourceServer *server)
{
    server->id = random_text(ctx->arena, 24, "0123456789abcdef");
    server->created_at = ctx->now;
    return tx_run(ctx, insert_server, server);
}

Err dir_server_get(Ctx *ctx, const char *id_or_identifier, ResourceServer **ret)
{
    return store_server_get(db_auto(ctx), id_or_identifier, ret);
}

Err dir_server_list(Ctx *ctx, const AccessPage *page, List *ret)
{
    const AccessKey none = { 0 };

    if (page->total != NULL)
        TRY(store_access_count(db_auto(ctx), COUNT_SERVERS, &none, page->total));
    return store_server_list(db_auto(ctx), page->limit, page->offset, ret);
}

static Err update_server(Tx *tx, void *arg)
{
    const ResourceServer *server = arg;
    ResourceServer *before;

    TRY(store_server_get(tx, server->id, &before));
    TRY(store_server_update(tx, server));
    for (size_t i = 0; i < before->scopes.n; i++) {
        const AccessKey key = { .server_id = server->id, .name = ((const Scope *)before->scopes.v[i])->value };

        if (!has_scope(server, key.name))
            TRY(store_access_write(tx, DROP_PERMISSION, &key, NULL));
    }
    return put_scopes(tx, server);
}

Err dir_server_update(Ctx *ctx, const ResourceServer *server)
{
    ResourceServer copy = *server;

    return tx_run(ctx, update_server, &copy);
}

/* ---- deleting: of a role or a resource server, with all that hangs on it ---- */

static Err drop(Ctx *ctx, AccessWrite what, const char *id)
{
    const AccessKey key = { .id = id };
    int64_t changed;

    TRY(store_access_write(db_auto(ctx), what, &key, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

static Err delete_server(Tx *tx, void *arg)
{
    const AccessKey key = { .id = *(const char *const *)arg };
    ResourceServer *server;
    int64_t changed;

    TRY(store_server_get(tx, key.id, &server));
    TRY(store_client_grants_delete(tx, NULL, server->identifier));
    TRY(store_access_write(tx, DROP_SERVER, &key, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

Err dir_server_delete(Ctx *ctx, const char *id)
{
    return tx_run(ctx, delete_server, &id);
}

Err dir_role_delete(Ctx *ctx, const char *id)
{
    return drop(ctx, DROP_ROLE, id);
}

/* ---- roles ---- */

Err dir_role_create(Ctx *ctx, Role *role)
{
    role->id = arena_printf(ctx->arena, "rol_%s", random_text(ctx->arena, 16, alphanumeric));
    role->created_at = ctx->now;
    return store_role_insert(db_auto(ctx), role);
}

Err dir_role_get(Ctx *ctx, const char *id, Role **ret)
{
    return store_role_get(db_auto(ctx), id, ret);
}

static Err update_role(Tx *tx, void *arg)
{
    const Role *role = arg;
    Role *before;

    TRY(store_role_lock(tx, role->id, &before));
    return store_role_update(tx, role);
}

Err dir_role_update(Ctx *ctx, const Role *role)
{
    Role copy = *role;

    return tx_run(ctx, update_role, &copy);
}

/* What is matched anywhere in a text: `%`, `_` and `\` stand for themselves. */
static const char *like_anywhere(Ctx *ctx, const char *text)
{
    char *pattern, *to;

    if (text_empty(text))
        return NULL;
    text = text_lower(ctx->arena, text);
    pattern = to = arena_alloc(ctx->arena, 2 * strlen(text) + 3);
    *to++ = '%';
    for (; *text != '\0'; text++) {
        if (strchr("%_\\", *text) != NULL)
            *to++ = '\\';
        *to++ = *text;
    }
    *to = '%';
    return pattern;
}

Err dir_role_list(Ctx *ctx, const AccessPage *page, List *ret)
{
    const AccessKey key = { .user_id = page->user_id, .filter = like_anywhere(ctx, page->filter), .limit = page->limit, .offset = page->offset };

    if (page->total != NULL)
        TRY(store_access_count(db_auto(ctx), page->user_id != NULL ? COUNT_USER_ROLES : COUNT_ROLES, &key, page->total));
    return store_role_list(db_auto(ctx), &key, ret);
}

Err dir_role_users(Ctx *ctx, const char *role_id, const AccessPage *page, List *ret)
{
    const AccessKey key = {
        .role_id = role_id, .after_id = page->after_id, .after = page->after, .after_at = page->after, .limit = page->limit, .offset = page->offset
    };

    if (page->total != NULL)
        TRY(store_access_count(db_auto(ctx), COUNT_ROLE_USERS, &key, page->total));
    return store_role_users(db_auto(ctx), &key, ret);
}

/* ---- who has what ---- */

typedef struct Assignment {
    Texts user_ids, role_ids;
    const List *refs;
    bool give;
} Assignment;

/* Locks take their order from the ids, so that none waits for another in a circle (texts_sorted()). */
static Err lock_all(Tx *tx, const Assignment *a)
{
    Role *role;
    User *user;

    for (size_t i = 0; i < a->user_ids.n; i++)
        TRY(user_load(tx, a->user_ids.v[i], &user));
    for (size_t i = 0; i < a->role_ids.n; i++)
        TRY(store_role_lock(tx, a->role_ids.v[i], &role));
    return OK;
}

static Err assign_roles(Tx *tx, void *arg)
{
    const Assignment *a = arg;

    TRY(lock_all(tx, a));
    for (size_t i = 0; i < a->user_ids.n; i++)
        for (size_t k = 0; k < a->role_ids.n; k++) {
            const AccessKey key = { .user_id = a->user_ids.v[i], .role_id = a->role_ids.v[k], .created_at = tx_ctx(tx)->now + (int64_t)i };

            TRY(store_access_write(tx, a->give ? PUT_USER_ROLE : DROP_USER_ROLE, &key, NULL));
        }
    return OK;
}

Err dir_roles_assign(Ctx *ctx, const Texts *user_ids, const Texts *role_ids, bool give)
{
    Assignment a = { .user_ids = texts_sorted(ctx->arena, user_ids), .role_ids = texts_sorted(ctx->arena, role_ids), .give = give };

    return tx_run(ctx, assign_roles, &a);
}

static Err assign_permission(Tx *tx, const Assignment *a, const PermissionRef *ref)
{
    const bool user = a->user_ids.n > 0;
    AccessKey key = { .user_id = user ? a->user_ids.v[0] : NULL,
                      .role_id = user ? NULL : a->role_ids.v[0],
                      .identifier = ref->identifier,
                      .name = ref->name,
                      .created_at = tx_ctx(tx)->now };

    if (!a->give)
        return store_access_write(tx, user ? DROP_USER_PERMISSION : DROP_ROLE_PERMISSION, &key, NULL);
    TRY(store_permission_lock(tx, &key));
    return store_access_write(tx, user ? PUT_USER_PERMISSION : PUT_ROLE_PERMISSION, &key, NULL);
}

static Err assign_permissions(Tx *tx, void *arg)
{
    const Assignment *a = arg;

    TRY(lock_all(tx, a));
    for (size_t i = 0; i < a->refs->n; i++)
        TRY(assign_permission(tx, a, a->refs->v[i]));
    return OK;
}

Err dir_permissions_assign(Ctx *ctx, const char *user_id, const char *role_id, const List *refs, bool give)
{
    Assignment a = { .refs = refs, .give = give };

    texts_add(ctx->arena, user_id != NULL ? &a.user_ids : &a.role_ids, user_id != NULL ? user_id : role_id);
    return tx_run(ctx, assign_permissions, &a);
}

Err dir_permissions_list(Ctx *ctx, const char *user_id, const char *role_id, List *ret)
{
    const AccessKey key = { .user_id = user_id, .role_id = role_id };

    return store_permission_list(db_auto(ctx), &key, ret);
}
