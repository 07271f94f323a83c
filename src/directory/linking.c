/* linking.c: one account becomes an identity of another user, and comes back as a user of its own (spec/auth0.md 6). */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/internal.h"
#include "json/json.h"

/* ---- what is kept of an account ---- */

/* identity_data of an account that was linked: its profile. */
typedef struct Account {
    const char *sub, *connection, *email, *email_verified, *name, *nickname, *picture, *given_name, *family_name, *username, *phone_number,
        *phone_verified;
} Account;

static const Field account_doc[] = {
    TEXT(Account, sub, "sub"),
    TEXT(Account, connection, "connection", .flags = OMIT_NULL),
    TEXT(Account, email, "email", .flags = OMIT_NULL),
    JSON(Account, email_verified, "email_verified", .flags = OMIT_NULL),
    TEXT(Account, name, "name", .flags = OMIT_NULL),
    TEXT(Account, nickname, "nickname", .flags = OMIT_NULL),
    TEXT(Account, picture, "picture", .flags = OMIT_NULL),
    TEXT(Account, given_name, "given_name", .flags = OMIT_NULL),
    TEXT(Account, family_name, "family_name", .flags = OMIT_NULL),
    TEXT(Account, username, "username", .flags = OMIT_NULL),
    TEXT(Account, phone_number, "phone_number", .flags = OMIT_NULL),
    JSON(Account, phone_verified, "phone_verified", .flags = OMIT_NULL),
    END(Account),
};

static const Address *own_address(const User *user, const char *kind)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        if (text_eq(address->kind, kind) &&
            (address->primary || (!text_empty(address->connection) && text_eq(address->connection, user->connection))))
            return address;
    }
    return NULL;
}

static const char *verified(const Address *address)
{
    return address == NULL ? NULL : address->verified_at != 0 ? "true" : "false";
}

static Err account_data(Ctx *ctx, const DirLink *in, const User *user, char **ret)
{
    const Address *email = own_address(user, "email"), *phone = own_address(user, "phone");
    const Account account = { .sub = arena_printf(ctx->arena, "%s|%s", in->provider, in->subject),
                              .connection = in->connection,
                              .email = email == NULL ? NULL : email->value,
                              .email_verified = verified(email),
                              .name = user->name,
                              .nickname = user->nickname,
                              .picture = user->picture,
                              .given_name = user->given_name,
                              .family_name = user->family_name,
                              .username = user->username,
                              .phone_number = phone == NULL ? NULL : arena_printf(ctx->arena, "+%s", phone->value),
                              .phone_verified = verified(phone) };
    Buf buf = buf_in(ctx->arena, 64 * 1024);

    json_write(&buf, account_doc, &account, JSON_PLAIN);
    return buf_text(&buf, ret);
}

/* ---- linking ---- */

typedef struct Linking {
    const DirLink *in;
    User *after;
} Linking;

static Err lock(Tx *tx, const char *id, Err missing, User **ret)
{
    Ctx *ctx = tx_ctx(tx);
    const Err err = store_user_get_for_update(tx, id, ret);

    if (err == E_NO_ROW || (err == OK && (*ret)->deleted_at != 0))
        return fail(ctx, missing, NOWHERE, NULL);
    return err;
}

/* Both in the order of their ids, so that two links never wait for each other in a circle. */
static Err lock_both(Tx *tx, const DirLink *in, User **primary, User **secondary)
{
    const bool first = strcmp(in->user_id, in->secondary_id) < 0;

    if (first)
        TRY(lock(tx, in->user_id, E_NO_USER, primary));
    TRY(lock(tx, in->secondary_id, E_NOT_THIS_USER, secondary));
    return first ? OK : lock(tx, in->user_id, E_NO_USER, primary);
}

/* The addresses of auth.users become further ones of the primary user: nobody else gets them. */
static Err move_addresses(Tx *tx, const User *from, const char *to)
{
    for (size_t i = 0; i < from->addresses.n; i++) {
        Address moved = *(const Address *)from->addresses.v[i];

        if (!moved.primary || text_eq(moved.kind, "web3"))
            continue;
        moved.user_id = to;
        moved.value_key = moved.value;
        moved.updated_at = tx_ctx(tx)->now;
        TRY(store_address_lock(tx, moved.value));
        TRY(store_address_insert(tx, &moved));
    }
    return OK;
}

/* The identity that the account is from now on: the one that it was, or a new one. */
static Err keep_identity(Tx *tx, const DirLink *in, const User *user, const char **ret)
{
    Ctx *ctx = tx_ctx(tx);
    Identity identity = { .id = uuid_new(ctx->arena),
                          .user_id = in->user_id,
                          .provider = LINKED_PROVIDER,
                          .provider_id = arena_printf(ctx->arena, "%s|%s", in->provider, in->subject),
                          .last_sign_in_at = user->last_sign_in_at,
                          .created_at = ctx->now,
                          .updated_at = ctx->now };
    char *data;

    if (in->identity_id != NULL) {
        *ret = in->identity_id;
        return OK;
    }
    TRY(account_data(ctx, in, user, &data));
    identity.data = data;
    *ret = identity.id;
    return store_identity_insert(tx, &identity);
}

static Err keep_account(Tx *tx, const DirLink *in, const User *user)
{
    Ctx *ctx = tx_ctx(tx);
    const Address *email = own_address(user, "email"), *phone = own_address(user, "phone");
    Linked linked = { .former_id = user->id,
                      .provider = in->provider,
                      .subject = in->subject,
                      .connection = user->connection == NULL ? "" : user->connection,
                      .email = email == NULL ? NULL : email->value,
                      .phone = phone == NULL ? NULL : phone->value,
                      .username = user->username,
                      .username_key = text_lower(ctx->arena, user->username),
                      .digest = !text_empty(user->encrypted_password) ? user->encrypted_password : user->digest,
                      .created_at = ctx->now };

    TRY(keep_identity(tx, in, user, &linked.identity_id));
    return store_linked_insert(tx, &linked);
}

static Traits traits_of(const User *user)
{
    return (
        Traits){ .user_id = user->id, .user_email = user->email == NULL ? "" : user->email, .user_phone = user->phone == NULL ? "" : user->phone };
}

/* The user whose identities are others now: `provider` and `providers` of its app metadata follow. */
static Err save_owner(Tx *tx, const char *id, User **ret)
{
    Ctx *ctx = tx_ctx(tx);
    Traits traits;
    User *user;

    TRY(store_user_get(tx, id, &user));
    providers_list(ctx, user, NULL);
    user->updated_at = ctx->now > user->updated_at ? ctx->now : user->updated_at + 1;
    TRY(store_user_update(tx, user));
    traits = traits_of(user);
    TRY(event_add(tx, EV_USER_MODIFIED, NULL, &traits));
    return store_user_get(tx, id, ret);
}

static Err link_account(Tx *tx, void *arg)
{
    Linking *linking = arg;
    const DirLink *in = linking->in;
    User *primary, *secondary;
    Traits traits;

    TRY(lock_both(tx, in, &primary, &secondary));
    traits = traits_of(secondary);
    TRY(keep_account(tx, in, secondary));
    TRY(store_parts_move(tx, in->secondary_id, in->user_id));
    TRY(move_addresses(tx, secondary, in->user_id));
    TRY(event_add(tx, EV_USER_DELETED, NULL, &traits));
    TRY(store_user_delete(tx, in->secondary_id)); /* sessions, refresh tokens and factors go with it */
    return save_owner(tx, primary->id, &linking->after);
}

Err dir_user_link(Ctx *ctx, const DirLink *in, User **ret)
{
    Linking linking = { .in = in };

    ctx->user_id = in->user_id;
    TRY(tx_run(ctx, link_account, &linking));
    *ret = linking.after;
    return OK;
}

Err dir_identity_owner(Ctx *ctx, const char *provider, const char *provider_id, const char **ret)
{
    Identity *identity;
    const Err err = store_identity_owner(db_auto(ctx), provider, provider_id, &identity);

    if (err == E_NO_ROW)
        return fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
    TRY(err);
    *ret = identity->user_id;
    return OK;
}

/* ---- unlinking ---- */

typedef struct Unlinking {
    const DirLink *in;
    User *after;
} Unlinking;

static Identity *identity_by_id(const User *user, const char *id)
{
    for (size_t i = 0; i < user->identities.n; i++)
        if (text_eq(((Identity *)user->identities.v[i])->id, id))
            return user->identities.v[i];
    return NULL;
}

/* The account as it was kept; of an identity that never was a user of its own, a new one. */
static Err read_account(Tx *tx, const DirLink *in, const Identity *identity, Linked **ret)
{
    Ctx *ctx = tx_ctx(tx);
    const Err err = store_linked_get(tx, identity->id, ret);

    if (err != E_NO_ROW)
        return err;
    *ret = ARENA_NEW(ctx->arena, Linked);
    **ret = (Linked){ .identity_id = identity->id,
                      .former_id = uuid_new(ctx->arena),
                      .provider = in->provider,
                      .subject = in->subject,
                      .connection = in->connection,
                      .email = identity->email };
    return OK;
}

static bool is_true(Ctx *ctx, const char *data, const char *name)
{
    return text_eq(json_get(ctx->arena, data, name), "true");
}

/* The user again, from what was kept. */
static Err rebuild(Ctx *ctx, const Linked *linked, const Identity *identity, User *user)
{
    const char *data = identity->data;

    *user = (User){ .id = linked->former_id,
                    .aud = ctx->directory->default_aud,
                    .role = ctx->directory->default_role,
                    .encrypted_password = "",
                    .created_at = ctx->now,
                    .updated_at = ctx->now,
                    .meta_user = "{}",
                    .meta_app = "{}",
                    .meta_private = "{}",
                    .username = linked->username,
                    .name = json_get(ctx->arena, data, "name"),
                    .nickname = json_get(ctx->arena, data, "nickname"),
                    .picture = json_get(ctx->arena, data, "picture"),
                    .given_name = json_get(ctx->arena, data, "given_name"),
                    .family_name = json_get(ctx->arena, data, "family_name"),
                    .connection = text_empty(linked->connection) ? NULL : linked->connection,
                    .delete_self_enabled = true,
                    .create_organization_enabled = true,
                    .create_organizations_limit = -1,
                    .has_profile = true };
    return text_empty(linked->digest) ? OK : password_place(ctx, user, linked->digest, NOWHERE);
}

/* The further address of the user that had the account, also one that stands in the account's connection alone, or NULL. */
static const Address *lent_address(const User *owner, const char *connection, const char *kind, const char *value)
{
    for (size_t i = 0; i < owner->addresses.n; i++) {
        const Address *address = owner->addresses.v[i];

        const bool its = text_empty(address->connection) || text_eq(address->connection, connection);

        if (!address->primary && its && text_eq(address->kind, kind) && text_eq(address->value, value))
            return address;
    }
    return NULL;
}

/* Somebody has the address by now: then it stands in the account's connection alone, unless that has it, too. */
static Err take_beside(Tx *tx, const List *holders, const DirLink *in, const char *kind, const char *value, bool confirmed, User *user)
{
    Ctx *ctx = tx_ctx(tx);
    Address *address = ARENA_NEW(ctx->arena, Address);

    for (size_t i = 0; i < holders->n; i++)
        if (text_eq(((const Holder *)holders->v[i])->connection, in->connection))
            return OK;
    *address = (Address){ .id = uuid_new(ctx->arena),
                          .user_id = user->id,
                          .kind = kind,
                          .value = value,
                          .value_key = value,
                          .connection = in->connection,
                          .verified_at = confirmed ? ctx->now : 0,
                          .created_at = ctx->now,
                          .updated_at = ctx->now };
    user->connection = in->connection;
    list_add(ctx->arena, &user->addresses, address);
    return OK;
}

static Err take_back(Tx *tx, const User *owner, const DirLink *in, const char *kind, const char *value, bool confirmed, User *user)
{
    const bool email = text_eq(kind, "email");
    const Address *lent;
    List holders = { 0 };

    if (text_empty(value))
        return OK;
    TRY(store_address_lock(tx, value));
    lent = lent_address(owner, in->connection, kind, value);
    if (lent != NULL)
        TRY(store_address_delete(tx, lent->id));
    if (lent == NULL || !text_empty(lent->connection))
        TRY(store_address_holders(tx, kind, value, &holders));
    if (holders.n > 0)
        return take_beside(tx, &holders, in, kind, value, confirmed, user);
    *(email ? &user->email : &user->phone) = value;
    *(email ? &user->email_confirmed_at : &user->phone_confirmed_at) = confirmed ? tx_ctx(tx)->now : 0;
    return OK;
}

/* A chosen id, or one that is not of the default database, is a row of its own. */
static Err put_subject(Tx *tx, const DirLink *in, const User *user)
{
    const Subject subject = { .provider = in->provider,
                              .subject = in->subject,
                              .user_id = user->id,
                              .connection = user->connection == NULL ? "" : user->connection,
                              .created_at = user->created_at };

    return in->plain ? OK : store_subject_insert(tx, &subject);
}

static Err insert_account(Tx *tx, const DirLink *in, User *user)
{
    Ctx *ctx = tx_ctx(tx);
    const Traits traits = traits_of(user);

    identities_take(ctx, user, user->email != NULL, user->phone != NULL);
    if (user->identities.n > 0)
        providers_list(ctx, user, NULL);
    TRY(store_user_insert(tx, user, true));
    for (size_t i = 0; i < user->identities.n; i++)
        TRY(store_identity_insert(tx, user->identities.v[i]));
    for (size_t i = 0; i < user->addresses.n; i++)
        TRY(store_address_insert(tx, user->addresses.v[i]));
    if (user->digest != NULL)
        TRY(store_password_put(tx, user, scheme_of(str_of(user->digest))->name));
    TRY(put_subject(tx, in, user));
    return event_add(tx, EV_USER_SIGNEDUP, NULL, &traits);
}

/* The identity of an account that was linked goes; one of another party goes with the account. */
static Err give_identity(Tx *tx, const Identity *identity, const User *user)
{
    if (text_eq(identity->provider, LINKED_PROVIDER))
        return store_identity_delete(tx, identity->id);
    TRY(store_linked_delete(tx, identity->id));
    return store_identity_move(tx, identity->id, user->id);
}

/* Which of its accounts a session began with is not kept: all end, if it may have been the one that is another user's now. */
static Err end_sessions(Tx *tx, const User *owner, const Identity *identity, const Linked *linked)
{
    const bool signs_in = !text_eq(identity->provider, LINKED_PROVIDER) || !text_empty(linked->digest);

    return signs_in ? store_sessions_delete_all(tx, owner->id) : OK;
}

static Err unlink_account(Tx *tx, void *arg)
{
    Unlinking *unlinking = arg;
    const DirLink *in = unlinking->in;
    Ctx *ctx = tx_ctx(tx);
    User *owner, *user = ARENA_NEW(ctx->arena, User);
    Identity *identity;
    Linked *linked;

    TRY(lock(tx, in->user_id, E_NO_USER, &owner));
    identity = identity_by_id(owner, in->identity_id);
    if (identity == NULL)
        return fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
    TRY(read_account(tx, in, identity, &linked));
    TRY(end_sessions(tx, owner, identity, linked));
    TRY(rebuild(ctx, linked, identity, user));
    TRY(take_back(tx, owner, in, "email", linked->email, is_true(ctx, identity->data, "email_verified"), user));
    TRY(take_back(tx, owner, in, "phone", linked->phone, is_true(ctx, identity->data, "phone_verified"), user));
    if (text_eq(identity->provider, LINKED_PROVIDER))
        TRY(give_identity(tx, identity, user));
    TRY(insert_account(tx, in, user));
    if (!text_eq(identity->provider, LINKED_PROVIDER))
        TRY(give_identity(tx, identity, user));
    return save_owner(tx, owner->id, &unlinking->after);
}

Err dir_user_unlink(Ctx *ctx, const DirLink *in, User **ret)
{
    Unlinking unlinking = { .in = in };

    ctx->user_id = in->user_id;
    TRY(tx_run(ctx, unlink_account, &unlinking));
    *ret = unlinking.after;
    return OK;
}

/* ---- changing an account that is linked ---- */

/* A name that nobody has, and that is kept for nobody else. */
static Err claim_username(Tx *tx, const char *username, Linked *linked)
{
    Ctx *ctx = tx_ctx(tx);
    const Linked wanted = { .username_key = text_lower(ctx->arena, username) };
    User *user;
    Err err;

    if (text_eq(wanted.username_key, linked->username_key))
        return OK;
    TRY(linked_check(tx, &wanted));
    err = store_user_get_by_username(tx, wanted.username_key, &user);
    if (err == OK)
        return fail(ctx, E_USERNAME_TAKEN, NOWHERE, NULL);
    linked->username = username;
    linked->username_key = wanted.username_key;
    return err == E_NO_ROW ? OK : err;
}

/* The address that its user has for it: another value, another word about whether it is verified. `old` may be NULL. */
static Err change_address(Tx *tx, const User *owner, const char *connection, const char *kind, const char *old, const char *value, bool confirmed)
{
    Ctx *ctx = tx_ctx(tx);
    const Address *lent = lent_address(owner, connection, kind, old);
    Address next = { .connection = "", .created_at = ctx->now };

    if (!text_eq(old, value))
        TRY(address_claim(tx, kind, value, NULL, NULL));
    if (lent != NULL)
        TRY(store_address_delete(tx, lent->id));
    if (lent == NULL && text_eq(old, value)) /* it is the user's own by now, which this does not change */
        return OK;
    if (lent != NULL)
        next = *lent;
    next.id = uuid_new(ctx->arena);
    next.user_id = owner->id;
    next.kind = kind;
    next.value = next.value_key = value;
    next.verified_at = confirmed ? ctx->now : 0;
    next.updated_at = ctx->now;
    return store_address_insert(tx, &next);
}

/* A word of identity_data that is true or false. */
static char *with_truth(Ctx *ctx, const char *data, const char *name, bool truth)
{
    return json_set(ctx->arena, data, name, truth ? "true" : "false");
}

static Err change_addresses(Tx *tx, const User *owner, const LinkedPatch *in, Linked *linked, Identity *identity)
{
    const char *connection = text_empty(linked->connection) ? DEFAULT_CONNECTION : linked->connection;
    Ctx *ctx = tx_ctx(tx);

    if (in->email != NULL || (in->email_verified != NULL && linked->email != NULL)) {
        const char *email = in->email == NULL ? linked->email : in->email;
        const bool confirmed = in->email_verified != NULL && *in->email_verified;

        TRY(change_address(tx, owner, connection, "email", linked->email, email, confirmed));
        linked->email = email;
        identity->data = with_truth(ctx, json_set(ctx->arena, identity->data, "email", json_quote(ctx->arena, email)), "email_verified", confirmed);
    }
    if (in->phone != NULL || (in->phone_verified != NULL && linked->phone != NULL)) {
        const char *phone = in->phone == NULL ? linked->phone : in->phone;
        const bool confirmed = in->phone_verified != NULL && *in->phone_verified;

        TRY(change_address(tx, owner, connection, "phone", linked->phone, phone, confirmed));
        linked->phone = phone;
        identity->data = json_set(ctx->arena, identity->data, "phone_number", json_quote(ctx->arena, arena_printf(ctx->arena, "+%s", phone)));
        identity->data = with_truth(ctx, identity->data, "phone_verified", confirmed);
    }
    return OK;
}

Err linked_change_within(Tx *tx, const char *user_id, const char *identity_id, const LinkedPatch *in, const char *hash, const char *email_was,
                         User **ret)
{
    Ctx *ctx = tx_ctx(tx);
    Identity *identity;
    Linked *linked;
    User *owner;
    Err err;

    TRY(lock(tx, user_id, E_NO_USER, &owner));
    identity = identity_by_id(owner, identity_id);
    err = identity == NULL ? E_NO_ROW : store_linked_get(tx, identity_id, &linked);
    if (err == E_NO_ROW)
        return fail(ctx, E_NOT_THIS_USER, NOWHERE, NULL);
    TRY(err);
    if (email_was != NULL && !text_eq(email_was, linked->email))
        return fail(ctx, E_LINK_INVALID, NOWHERE, NULL);
    TRY(change_addresses(tx, owner, in, linked, identity));
    if (in->username != NULL) {
        TRY(claim_username(tx, in->username, linked));
        identity->data = json_set(ctx->arena, identity->data, "username", json_quote(ctx->arena, in->username));
    }
    linked->digest = hash == NULL ? linked->digest : hash;
    if (hash != NULL) {
        owner->password_set_at = ctx->now; /* what began with the old one ends */
        owner->has_profile = true;
        TRY(store_profile_put(tx, owner));
        TRY(tickets_void(tx, user_id));
        TRY(store_sessions_delete_all(tx, user_id));
    }
    identity->updated_at = ctx->now;
    TRY(store_linked_update(tx, linked));
    TRY(store_identity_set_data(tx, identity));
    return save_owner(tx, owner->id, ret);
}

typedef struct LinkedChanging {
    const char *user_id, *identity_id;
    LinkedPatch in;
    char *hash;
    User *after;
} LinkedChanging;

static Err change_linked(Tx *tx, void *arg)
{
    LinkedChanging *changing = arg;

    return linked_change_within(tx, changing->user_id, changing->identity_id, &changing->in, changing->hash, NULL, &changing->after);
}

Err dir_linked_update(Ctx *ctx, const char *user_id, const char *identity_id, const LinkedPatch *in, User **ret)
{
    LinkedChanging changing = { .user_id = user_id, .identity_id = identity_id, .in = *in };

    ctx->user_id = user_id;
    if (in->email != NULL)
        TRY(email_read(ctx, in->email, &changing.in.email));
    if (in->phone != NULL)
        TRY(phone_read(ctx, in->phone, &changing.in.phone));
    if (in->password != NULL) {
        TRY(password_check(ctx, in->policy, in->password, NOWHERE));
        TRY(password_hash(ctx, in->password, &changing.hash));
    }
    TRY(tx_run(ctx, change_linked, &changing));
    *ret = changing.after;
    return OK;
}

/* ---- what is kept for linked accounts ---- */

Err linked_check(Tx *tx, const Linked *wanted)
{
    Ctx *ctx = tx_ctx(tx);
    Linked *kept;
    const Err err = store_linked_clash(tx, wanted, &kept);

    if (err == E_NO_ROW)
        return OK;
    TRY(err);
    return fail(ctx, wanted->username_key != NULL && text_eq(kept->username_key, wanted->username_key) ? E_USERNAME_TAKEN : E_ID_TAKEN, NOWHERE,
                NULL);
}
