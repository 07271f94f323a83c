/* clients.c: programs that ask Auth0's token endpoint (spec/auth0.md 7.1). */
#include "directory/clients.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/internal.h"
#include "store/clients.h"

#define SECRET_PURPOSE "auth0 client secret"
enum { ID_CHARS = 32, SECRET_CHARS = 64, SHORT_ID = 16 };

static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* ---- secrets ---- */

/* What is sealed for one client opens for no other. */
static const char *purpose_of(Ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, SECRET_PURPOSE " %s", id);
}

static Err make_secret(Ctx *ctx, Application *client)
{
    char *sealed;

    client->secret = random_text(ctx->arena, SECRET_CHARS, alphanumeric);
    TRY(seal_write(ctx->arena, ctx->directory->data_key, purpose_of(ctx, client->id), str_of(client->secret), &sealed));
    client->sealed = sealed;
    return OK;
}

static Err read_secret(Ctx *ctx, Application *client)
{
    Str secret;

    TRY(seal_read(ctx->arena, ctx->directory->data_key, purpose_of(ctx, client->id), client->sealed, &secret));
    client->secret = str_dup(ctx->arena, secret);
    return OK;
}

/* ---- reading ---- */

Err dir_client_get(Ctx *ctx, const char *id, Application **ret)
{
    Application *client;

    TRY(store_client_get(db_auto(ctx), id, &client));
    TRY(read_secret(ctx, client));
    *ret = client;
    return OK;
}

static ClientKey key_of(Ctx *ctx, const ClientPage *page)
{
    return (ClientKey){ .app_type = texts_in_commas(ctx, page->app_types),
                        .any_party = page->first_party == NULL,
                        .first_party = page->first_party != NULL && *page->first_party,
                        .client_id = page->client_id,
                        .audience = page->audience,
                        .any_organization = page->any_organization == NULL,
                        .allow_any_organization = page->any_organization != NULL && *page->any_organization,
                        .after_id = page->after_id,
                        .after = page->after,
                        .limit = page->limit,
                        .offset = page->offset };
}

Err dir_client_list(Ctx *ctx, const ClientPage *page, List *ret)
{
    const ClientKey key = key_of(ctx, page);

    if (page->total != NULL)
        TRY(store_client_count(db_auto(ctx), &key, page->total));
    TRY(store_client_list(db_auto(ctx), &key, ret));
    for (size_t i = 0; i < ret->n; i++)
        TRY(read_secret(ctx, ret->v[i]));
    return OK;
}

/* ---- making, changing ---- */

typedef struct Making {
    Application *client;
    const List *keys;
} Making;

static Err insert_client(Tx *tx, void *arg)
{
    const Making *making = arg;

    TRY(store_client_insert(tx, making->client));
    for (size_t i = 0; making->keys != NULL && i < making->keys->n; i++) {
        ClientCredential key = *(const ClientCredential *)making->keys->v[i];

        key.client_id = making->client->id;
        TRY(store_credential_insert(tx, &key));
    }
    return OK;
}

Err dir_client_create(Ctx *ctx, Application *client, const List *keys)
{
    Making making = { client, keys };

    client->id = random_text(ctx->arena, ID_CHARS, alphanumeric);
    client->created_at = ctx->now;
    TRY(make_secret(ctx, client));
    return tx_run(ctx, insert_client, &making);
}

typedef struct Changing {
    const char *id;
    ClientChange change;
    void *arg;
    Application *after;
} Changing;

static Err change_client(Tx *tx, void *arg)
{
    Changing *changing = arg;

    TRY(store_client_lock(tx, changing->id, &changing->after));
    TRY(read_secret(tx_ctx(tx), changing->after));
    TRY(changing->change(tx_ctx(tx), changing->after, changing->arg));
    return store_client_update(tx, changing->after);
}

Err dir_client_update(Ctx *ctx, const char *id, ClientChange change, void *arg, Application **ret)
{
    Changing changing = { .id = id, .change = change, .arg = arg };

    TRY(tx_run(ctx, change_client, &changing));
    *ret = changing.after;
    return OK;
}

static Err rotate(Ctx *ctx, Application *client, void *arg)
{
    (void)arg;
    return make_secret(ctx, client);
}

Err dir_client_rotate(Ctx *ctx, const char *id, Application **ret)
{
    return dir_client_update(ctx, id, rotate, NULL, ret);
}

static Err delete_client(Tx *tx, void *arg)
{
    const char *id = *(const char *const *)arg;
    int64_t changed;

    TRY(store_client_delete(tx, id, &changed));
    TRY(store_client_grants_delete(tx, id, NULL));
    return changed == 0 ? E_NO_ROW : OK;
}

Err dir_client_delete(Ctx *ctx, const char *id)
{
    return tx_run(ctx, delete_client, &id);
}

/* ---- keys ---- */

void dir_credential_name(Ctx *ctx, ClientCredential *credential)
{
    credential->id = arena_printf(ctx->arena, "cred_%s", random_text(ctx->arena, SHORT_ID, alphanumeric));
    credential->created_at = credential->updated_at = ctx->now;
}

Err dir_credential_list(Ctx *ctx, const char *client_id, List *ret)
{
    return store_credential_list(db_auto(ctx), client_id, ret);
}

static Err add_credential(Tx *tx, void *arg)
{
    const ClientCredential *credential = arg;
    List keys = { 0 };
    Application *client;

    TRY(store_client_lock(tx, credential->client_id, &client));
    TRY(store_credential_list(tx, credential->client_id, &keys));
    return keys.n >= MOST_CREDENTIALS ? E_FACTORS_MANY : store_credential_insert(tx, credential);
}

Err dir_credential_create(Ctx *ctx, ClientCredential *credential)
{
    dir_credential_name(ctx, credential);
    return tx_run(ctx, add_credential, credential);
}

Err dir_credential_expire(Ctx *ctx, const char *client_id, const char *id, int64_t expires_at)
{
    const ClientCredential key = { .id = id, .client_id = client_id, .expires_at = expires_at, .updated_at = ctx->now };
    int64_t changed;

    TRY(store_credential_update(db_auto(ctx), &key, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

Err dir_credential_delete(Ctx *ctx, const char *client_id, const char *id)
{
    int64_t changed;

    TRY(store_credential_delete(db_auto(ctx), client_id, id, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

static Err use_assertion(Tx *tx, void *arg)
{
    int64_t changed;

    TRY(store_assertion_use(tx, arg, &changed));
    return changed == 0 ? E_CONFLICT : OK;
}

Err dir_assertion_use(Ctx *ctx, const char *client_id, const char *jti, int64_t expires_at)
{
    ClientKey key = { .id = jti, .client_id = client_id, .created_at = ctx->now, .expires_at = expires_at };

    return tx_run(ctx, use_assertion, &key);
}

/* ---- grants ---- */

Err dir_client_grant_get(Ctx *ctx, const char *id, ClientGrant **ret)
{
    return store_client_grant_get(db_auto(ctx), id, ret);
}

Err dir_client_grant_find(Ctx *ctx, const char *client_id, const char *audience, ClientGrant **ret)
{
    return store_client_grant_find(db_auto(ctx), client_id, audience, ret);
}

Err dir_client_grant_list(Ctx *ctx, const ClientPage *page, List *ret)
{
    const ClientKey key = key_of(ctx, page);

    if (page->total != NULL)
        TRY(store_client_grant_count(db_auto(ctx), &key, page->total));
    return store_client_grant_list(db_auto(ctx), &key, ret);
}

Err dir_client_grant_create(Ctx *ctx, ClientGrant *grant)
{
    grant->id = arena_printf(ctx->arena, "cgr_%s", random_text(ctx->arena, SHORT_ID, alphanumeric));
    grant->created_at = ctx->now;
    return store_client_grant_insert(db_auto(ctx), grant);
}

Err dir_client_grant_update(Ctx *ctx, const ClientGrant *grant)
{
    int64_t changed;

    TRY(store_client_grant_update(db_auto(ctx), grant, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}

Err dir_client_grant_delete(Ctx *ctx, const char *id)
{
    int64_t changed;

    TRY(store_client_grant_delete(db_auto(ctx), id, &changed));
    return changed == 0 ? E_NO_ROW : OK;
}
