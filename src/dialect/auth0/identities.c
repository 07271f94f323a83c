/* identities.c: linking and unlinking accounts (spec/auth0.md 6). */
#include "base/id.h"
#include "dialect/auth0/internal.h"

enum { MOST_TRIES = 4 };

/* What may stand as a provider in a path or a body. */
static const char providers[] =
    "ad adfs amazon apple auth0 auth0-oidc baidu bitbucket bitly box custom daccount dropbox dwolla email evernote evernote-sandbox exact facebook "
    "fitbit github google-apps google-oauth2 instagram ip line linkedin oauth1 oauth2 office365 oidc okta paypal paypal-sandbox pingfederate "
    "planningcenter salesforce salesforce-community salesforce-sandbox samlp sharepoint shop shopify sms soundcloud thirtysevensignals twitter "
    "untappd vkontakte waad weibo windowslive wordpress yahoo yandex";

bool auth0_provider_known(const char *provider)
{
    return word_in(STR(providers), ' ', str_of(provider));
}

/* An account, as a body or a path names it. */
typedef struct Account {
    const char *provider, *subject, *id; /* id: provider|subject */
    const char *connection;              /* the one that it must be of; NULL: any */
} Account;

static Account account_of(Ctx *ctx, const char *provider, const char *user_id)
{
    const char *prefix = arena_printf(ctx->arena, "%s|", provider);
    const char *subject = str_starts(str_of(user_id), str_of(prefix)) ? user_id + strlen(prefix) : user_id;

    return (Account){ provider, subject, arena_printf(ctx->arena, "%s%s", prefix, subject), NULL };
}

static Err reply_identities(Ctx *ctx, Reply *reply, int status, const User *user)
{
    reply->status = status;
    reply_header(reply, "Content-Type", AUTH0_JSON);
    json_write_list(&reply->body, auth0_identity, &auth0_user_view(ctx, user)->identities, JSON_PLAIN);
    return OK;
}

/* ---- linking ---- */

/* The identity of another party that the user itself is: `google-oauth2|1` and the identity of Google with this id. */
static const char *own_identity(const User *user, const Account *account)
{
    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *identity = user->identities.v[i];

        if (text_eq(identity->provider, auth0_provider_here(account->provider)) && text_eq(identity->provider_id, account->subject))
            return identity->id;
    }
    return NULL;
}

/* A kind of account that is kept here, and not by another party. */
static bool is_ours(const char *provider)
{
    return text_eq(provider, "auth0") || text_eq(provider, "email") || text_eq(provider, "sms");
}

/* Is the account an identity of somebody? E_NOT_THIS_USER: no. */
static Err find_owner(Ctx *ctx, const Account *account)
{
    const char *owner;
    const Err err = dir_identity_owner(ctx, LINKED_PROVIDER, account->id, &owner);

    return err != E_NOT_THIS_USER || is_ours(account->provider)
               ? err
               : dir_identity_owner(ctx, auth0_provider_here(account->provider), account->subject, &owner);
}

static Err link_user(Ctx *ctx, const User *primary, const User *secondary, const Account *account, User **ret)
{
    const DirLink link = { .user_id = primary->id,
                           .secondary_id = secondary->id,
                           .provider = account->provider,
                           .subject = account->subject,
                           .connection = secondary->connection == NULL ? AUTH0_CONNECTION : secondary->connection,
                           .identity_id = own_identity(secondary, account) };

    if (text_eq(secondary->id, primary->id))
        return auth0_say(ctx, 400, "invalid_body", "Main identity and the new one are the same.");
    if (account->connection != NULL && !text_eq(account->connection, link.connection))
        return auth0_say(ctx, 400, "invalid_body", "Linking to an inexistent identity is not allowed.");
    return dir_user_link(ctx, &link, ret);
}

/* Between two looks another request may link the account or give it back: then both are looked for again. */
static Err link_account(Ctx *ctx, const User *primary, const Account *account, User **ret)
{
    Err err = E_NOT_THIS_USER;

    for (int i = 0; i < MOST_TRIES && (err == E_NOT_THIS_USER || err == E_ID_TAKEN); i++) {
        User *secondary;

        err = auth0_load(ctx, account->id, &secondary);
        if (err == OK) {
            err = link_user(ctx, primary, secondary, account, ret);
            continue;
        }
        if (err != E_NO_USER)
            return err;
        err = find_owner(ctx, account);
        if (err == OK)
            return auth0_say(ctx, 409, "identity_conflict", "Specified identity already exists.");
    }
    return err == E_NOT_THIS_USER || err == E_ID_TAKEN ? auth0_say(ctx, 400, "invalid_body", "Linking to an inexistent identity is not allowed.")
                                                       : err;
}

/* The connection is there, and of this provider. */
static Err check_connection(Ctx *ctx, const Auth0Link *in, const char **name)
{
    Connection *connection = NULL;
    const Err err = in->connection_id == NULL ? OK : auth0_connection_find(ctx, in->connection_id, &connection);

    if (err == E_NO_ROW || (err == OK && in->connection_id != NULL && !text_eq(connection->strategy, in->provider)))
        return auth0_say(ctx, 400, "inexistent_connection", "The provider/connection is not configured.");
    *name = connection == NULL ? NULL : connection->name;
    return err;
}

static Err check_link(Ctx *ctx, const Auth0Link *in, const char **connection)
{
    if (in->link_with != NULL && (in->provider != NULL || in->user_id != NULL))
        return auth0_bad_member(ctx, NULL, NULL, "Data is valid against more than one schema from 'oneOf'");
    if (in->link_with != NULL)
        return OK;
    if (in->provider == NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Missing required property: provider");
    if (in->user_id == NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Missing required property: user_id");
    if (!auth0_provider_known(in->provider))
        return auth0_bad_member(ctx, "provider", "Identity provider", "No enum match for: %.200s", in->provider);
    return check_connection(ctx, in, connection);
}

Err auth0_identity_link(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *connection = NULL;
    Auth0Link in = { 0 };
    Account account;
    User *user;

    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    TRY(auth0_body(ctx, req, SCHEMA_NOT_EMPTY, &in));
    TRY(check_link(ctx, &in, &connection));
    TRY(auth0_load(ctx, req_param(ctx, "id"), &user));
    if (in.link_with == NULL && ctx->caller->kind == CALLER_USER)
        return auth0_say(ctx, 403, "insufficient_scope", "Users link accounts by link_with alone.");
    if (in.link_with != NULL)
        TRY(auth0_read_link_token(ctx, in.link_with, &in.provider, &in.user_id));
    account = account_of(ctx, in.provider, in.user_id);
    account.connection = is_ours(account.provider) ? connection : NULL;
    if (text_empty(account.subject))
        return auth0_say(ctx, 400, "invalid_body", "Provided secondary account not found.");
    TRY(link_account(ctx, user, &account, &user));
    return reply_identities(ctx, reply, 201, user);
}

/* ---- unlinking ---- */

/* The row of the identity that is shown under this provider and id; NULL: none. */
static const Identity *identity_shown(const User *user, const Account *account)
{
    const char *here = auth0_provider_here(account->provider);

    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *identity = user->identities.v[i];

        if (text_eq(identity->provider, LINKED_PROVIDER) && text_eq(identity->provider_id, account->id))
            return identity;
        if (text_eq(identity->provider_id, account->subject) && !text_eq(identity->provider, "email") && !text_eq(identity->provider, "phone") &&
            (text_eq(identity->provider, here) || text_eq(account->provider, "oauth2")))
            return identity;
    }
    return NULL;
}

/* A user without a chosen id: `auth0|` and the digits of its UUID. */
static bool is_plain(const Account *account)
{
    return text_eq(account->provider, "auth0") && strlen(account->subject) == 32 && strspn(account->subject, "0123456789abcdef") == 32;
}

Err auth0_identity_unlink(Ctx *ctx, const Req *req, Reply *reply)
{
    const Account account = account_of(ctx, req_param(ctx, "provider"), req_param(ctx, "user_id"));
    const Identity *identity;
    DirLink link;
    User *user;
    Err err;

    (void)req;
    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    if (!auth0_provider_known(account.provider))
        return auth0_bad_param(ctx, "provider", "Identity provider", "No enum match for: %.200s", account.provider);
    TRY(auth0_load(ctx, req_param(ctx, "id"), &user));
    if (text_eq(auth0_user_id(ctx, user), account.id))
        return auth0_say(ctx, 400, "operation_not_supported", "Main identity cannot be removed.");
    identity = identity_shown(user, &account);
    if (identity == NULL)
        return auth0_say(ctx, 404, "inexistent_identity", "The identity does not exist.");
    link = (DirLink){ .user_id = user->id,
                      .identity_id = identity->id,
                      .provider = account.provider,
                      .subject = account.subject,
                      .connection = auth0_identity_connection(ctx, identity),
                      .plain = is_plain(&account) };
    err = dir_user_unlink(ctx, &link, &user);
    if (err == E_NOT_THIS_USER)
        return auth0_say(ctx, 404, "inexistent_identity", "The identity does not exist.");
    TRY(err);
    return reply_identities(ctx, reply, 200, user);
}
