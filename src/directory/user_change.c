/* user_change.c: how a user changes, alone or several at once. */
#include "crypto/crypto.h"
#include "directory/post.h"
#include "json/json.h"

/* ---- changing ---- */

typedef struct Change {
    const UserPatch *in;
    const char *id;
    const char *email, *phone; /* read and folded, NULL: not given */
    char *hash;                /* of the new password */
    CodesIn codes;
    User *user;  /* as it becomes */
    User *after; /* as it then stands in the tables */
} Change;

/* Members of UserPatch that are copied as they are: one row each. */
static const struct {
    size_t from, to;
    bool time;
} plain_members[] = {
#define PLAIN(m)                                         \
    {                                                    \
        offsetof(UserPatch, m), offsetof(User, m), false \
    }
    PLAIN(username),
    PLAIN(first_name),
    PLAIN(last_name),
    PLAIN(name),
    PLAIN(nickname),
    PLAIN(picture),
    PLAIN(given_name),
    PLAIN(family_name),
    PLAIN(locale),
    PLAIN(external_id),
#undef PLAIN
    { offsetof(UserPatch, created_at), offsetof(User, created_at), true },
    { offsetof(UserPatch, legal_accepted_at), offsetof(User, legal_accepted_at), true },
    { offsetof(UserPatch, create_organizations_limit), offsetof(User, create_organizations_limit), true },
};

static void change_plain(const UserPatch *in, User *user)
{
    for (size_t i = 0; i < COUNTOF(plain_members); i++) {
        const char *from = (const char *)in + plain_members[i].from;
        char *to = (char *)user + plain_members[i].to;

        if (!given_has(&in->given, plain_members[i].from))
            continue;
        memcpy(to, from, plain_members[i].time ? sizeof(int64_t) : sizeof(char *));
    }
    if (text_empty(user->username))
        user->username = NULL;
    if (text_empty(user->external_id))
        user->external_id = NULL;
    if (HAS(in, blocked_shown))
        user->blocked_shown = in->blocked_shown;
    if (HAS(in, delete_self_enabled))
        user->delete_self_enabled = in->delete_self_enabled;
    if (HAS(in, create_organization_enabled))
        user->create_organization_enabled = in->create_organization_enabled;
    if (HAS(in, bypass_client_trust))
        user->bypass_client_trust = in->bypass_client_trust;
}

static MergeMode merge_mode(MetaMode mode)
{
    return mode == META_TOP ? MERGE_TOP : mode == META_TOP_CLEAR ? MERGE_TOP_CLEAR : mode == META_DEEP ? MERGE_DEEP : MERGE_REPLACE;
}

/* `provider` and `providers` of app metadata are the directory's: a change by another dialect keeps them. */
static const char *keep_providers(Ctx *ctx, const char *before, const char *after)
{
    const char *provider = json_get(ctx->arena, before, "provider"), *providers = json_get(ctx->arena, before, "providers");

    if (provider != NULL)
        after = json_set(ctx->arena, after, "provider", json_quote(ctx->arena, provider));
    return providers == NULL ? after : json_set(ctx->arena, after, "providers", providers);
}

static Err change_metadata(Ctx *ctx, const UserPatch *in, User *user)
{
    const MergeMode mode = merge_mode(in->meta_mode);

    if (HAS(in, meta_app)) {
        const char *merged = json_merge(ctx->arena, user->meta_app, in->meta_app, mode);

        TRY(user_check_metadata(ctx, in->policy, merged, AT(UserPatch, meta_app)));
        user->meta_app = mode == MERGE_TOP ? merged : keep_providers(ctx, user->meta_app, merged);
    }
    if (HAS(in, meta_user))
        user->meta_user = json_merge(ctx->arena, user->meta_user, in->meta_user, mode);
    if (HAS(in, meta_private))
        user->meta_private = json_merge(ctx->arena, user->meta_private, in->meta_private, mode);
    else if (user->meta_private == NULL)
        user->meta_private = "{}";
    if (HAS(in, meta_user))
        TRY(user_check_metadata(ctx, in->policy, user->meta_user, AT(UserPatch, meta_user)));
    return HAS(in, meta_private) ? user_check_metadata(ctx, in->policy, user->meta_private, AT(UserPatch, meta_private)) : OK;
}

/* GoTrue's rule: the identity of the kind follows the address, or is made. */
Err address_to_identity(Tx *tx, User *user, const char *kind, const char *value, bool confirmed)
{
    Ctx *ctx = tx_ctx(tx);
    const bool email = text_eq(kind, "email");
    Identity *identity = user_identity(user, kind);
    const IdentityData data = { .email = email ? value : NULL,
                                .phone = email ? NULL : value,
                                .sub = user->id,
                                .email_verified = email && confirmed,
                                .phone_verified = !email && confirmed };

    if (identity == NULL) {
        identity = identity_new(ctx, user->id, kind, &data);
        list_add(ctx->arena, &user->identities, identity);
        return store_identity_insert(tx, identity);
    }
    identity->data = json_set(ctx->arena, identity->data, kind, json_quote(ctx->arena, value));
    identity->data = json_set(ctx->arena, identity->data, email ? "email_verified" : "phone_verified", confirmed ? "true" : "false");
    identity->email = email ? value : identity->email;
    identity->updated_at = ctx->now;
    return store_identity_set_data(tx, identity);
}

/* The address that stands in the user's connection alone is verified, or not any more. */
static Err verify_in_connection(Tx *tx, const User *user, const char *kind, bool verified)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        Address address = *(const Address *)user->addresses.v[i];

        if (address.primary || text_empty(address.connection) || !text_eq(address.connection, user->connection) || !text_eq(address.kind, kind))
            continue;
        address.verified_at = verified ? tx_ctx(tx)->now : 0;
        address.updated_at = tx_ctx(tx)->now;
        TRY(store_address_update(tx, &address));
    }
    return OK;
}

static Err set_confirmed(Tx *tx, User *user, const char *kind, bool confirmed)
{
    const bool email = text_eq(kind, "email");
    const int64_t at = confirmed ? tx_ctx(tx)->now : 0;

    if ((email ? user->email : user->phone) == NULL && !text_empty(user->connection))
        return verify_in_connection(tx, user, kind, confirmed);
    *(email ? &user->email_confirmed_at : &user->phone_confirmed_at) = at;
    return OK;
}

static Err change_confirmed(Tx *tx, const UserPatch *in, User *user)
{
    Ctx *ctx = tx_ctx(tx);

    if (HAS(in, email_confirmed) && (in->email_confirmed || in->unconfirm))
        TRY(set_confirmed(tx, user, "email", in->email_confirmed));
    if (HAS(in, phone_confirmed) && (in->phone_confirmed || in->unconfirm))
        TRY(set_confirmed(tx, user, "phone", in->phone_confirmed));
    if (in->email_confirmed && in->policy->verified_in_meta)
        user->meta_user = json_set(ctx->arena, user->meta_user, "email_verified", "true");
    if (!in->email_confirmed && !in->phone_confirmed)
        return OK;
    TRY(store_user_clear_confirmation(tx, user->id));
    return store_one_time_tokens_delete(tx, user->id);
}

/* A new password: pending tokens die, and the sessions with them (security.md T6). */
static Err change_password(Tx *tx, const Change *change, User *user)
{
    const UserPatch *in = change->in;
    Ctx *ctx = tx_ctx(tx);
    const bool had_digest = user->digest != NULL;

    if (change->hash == NULL && text_empty(in->password_hash) && !in->remove_password)
        return OK;
    if (change->hash != NULL || in->remove_password) {
        user->encrypted_password = in->remove_password ? "" : change->hash;
        user->digest = NULL;
    } else {
        TRY(password_place(ctx, user, in->password_hash, AT(UserPatch, password_hash)));
    }
    user->password_set_at = in->remove_password ? 0 : ctx->now;
    user->password_compromised_at = 0;
    user->last_password_reset_at = ctx->now;
    if (user->digest != NULL)
        TRY(store_password_put(tx, user, scheme_of(str_of(user->digest))->name));
    else if (had_digest)
        TRY(store_password_delete(tx, user->id));
    TRY(store_tries_delete(tx, user->id));
    TRY(store_user_clear_tokens(tx, user->id));
    TRY(store_one_time_tokens_delete(tx, user->id));
    TRY(tickets_void(tx, user->id));
    return in->policy->keep_sessions || in->end_sessions ? OK : store_sessions_delete_all(tx, user->id); /* end_sessions has its own end */
}

static const Address *address_by_id(const User *user, const char *id, const char *kind)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];

        if (text_eq(address->id, id) && text_eq(address->kind, kind))
            return address;
    }
    return NULL;
}

/* The address of auth.users moves to the further ones, with its id. */
static Err move_away(Tx *tx, const User *user, const char *kind)
{
    Ctx *ctx = tx_ctx(tx);

    for (size_t i = 0; i < user->addresses.n; i++) {
        Address moved = *(const Address *)user->addresses.v[i];

        if (!moved.primary || !text_eq(moved.kind, kind))
            continue;
        moved.value_key = moved.value;
        moved.second_factor = false; /* its factor says so */
        moved.updated_at = ctx->now;
        return store_address_insert(tx, &moved);
    }
    return OK;
}

/* Another address of the user becomes the one of auth.users. It keeps its id. */
Err address_make_primary(Tx *tx, User *user, const char *kind, const char *id, ptrdiff_t at)
{
    Ctx *ctx = tx_ctx(tx);
    const Address *address = address_by_id(user, id, kind);

    if (address == NULL)
        return fail(ctx, E_NOT_THIS_USER, at, NULL);
    if (address->verified_at == 0)
        return fail(ctx, E_UNVERIFIED, at, NULL);
    if (address->primary)
        return OK;
    if (text_eq(kind, "web3")) {
        user->web3_id = address->id;
        return OK;
    }
    TRY(store_address_delete(tx, address->id));
    TRY(move_away(tx, user, kind));
    return address_to_core(tx, user, address);
}

/* An address of its own that becomes the one of auth.users is no further one any more; the one of its connection gives way to it. */
static Err take_further_back(Tx *tx, const User *user, const char *kind, const char *value)
{
    for (size_t i = 0; i < user->addresses.n; i++) {
        const Address *address = user->addresses.v[i];
        const bool own = text_empty(address->connection) ? text_eq(address->value, value) : text_eq(address->connection, user->connection);

        if (!address->primary && own && text_eq(address->kind, kind))
            TRY(store_address_delete(tx, address->id));
    }
    return OK;
}

static Err change_addresses(Tx *tx, const Change *change, User *user)
{
    const UserPatch *in = change->in;

    TRY(address_claim(tx, "email", change->email, NULL, user->id));
    TRY(address_claim(tx, "phone", change->phone, NULL, user->id));
    if (change->email != NULL) {
        TRY(take_further_back(tx, user, "email", change->email));
        user->email = change->email;
        TRY(address_to_identity(tx, user, "email", change->email, in->email_confirmed));
        user->is_anonymous = user->is_anonymous && !in->email_confirmed;
    }
    if (change->phone != NULL) {
        TRY(take_further_back(tx, user, "phone", change->phone));
        user->phone = change->phone;
        TRY(address_to_identity(tx, user, "phone", change->phone, in->phone_confirmed));
        user->is_anonymous = user->is_anonymous && !in->phone_confirmed;
    }
    if (!text_empty(in->primary_email_id))
        TRY(address_make_primary(tx, user, "email", in->primary_email_id, AT(UserPatch, primary_email_id)));
    if (!text_empty(in->primary_phone_id))
        TRY(address_make_primary(tx, user, "phone", in->primary_phone_id, AT(UserPatch, primary_phone_id)));
    if (!text_empty(in->primary_web3_id))
        TRY(address_make_primary(tx, user, "web3", in->primary_web3_id, AT(UserPatch, primary_web3_id)));
    return OK;
}

static void change_ban(const UserPatch *in, User *user)
{
    if (HAS(in, banned_until))
        user->banned_until = in->banned_until;
    if (HAS(in, banned))
        user->banned_until = in->banned ? BANNED_FOREVER : 0;
}

static void change_lock(const Ctx *ctx, const UserPatch *in, User *user)
{
    if (!HAS(in, locked))
        return;
    user->locked_at = in->locked ? ctx->now : 0;
    user->locked_until = in->locked ? ctx->now + ctx->directory->lockout.time : 0;
}

static Err apply_change(Tx *tx, void *arg)
{
    Change *change = arg;
    const UserPatch *in = change->in;
    Ctx *ctx = tx_ctx(tx);
    Traits traits;
    User *user;

    TRY(user_found(ctx, store_user_get_for_update(tx, change->id, &user), &user));
    if (in->is_meant != NULL && !in->is_meant(ctx, user, in->arg))
        return fail(ctx, E_NO_USER, NOWHERE, NULL);
    if (HAS(in, role))
        user->role = in->role;
    change_plain(in, user);
    if (HAS(in, username) && user->username == NULL && user->addresses.n == 0 && user->identities.n == 0)
        return fail(ctx, E_NO_IDENTIFIER, AT(UserPatch, username), NULL);
    TRY(change_password(tx, change, user));
    TRY(change_addresses(tx, change, user));
    TRY(change_confirmed(tx, in, user));
    TRY(change_metadata(ctx, in, user));
    change_ban(in, user);
    change_lock(ctx, in, user);
    if (HAS(in, locked) && !in->locked)
        TRY(store_tries_delete(tx, user->id));
    TRY(codes_write(tx, user, &change->codes));
    if (HAS(in, password_compromised))
        user->password_compromised_at = in->password_compromised ? ctx->now : 0;
    if (in->end_sessions)
        TRY(sessions_end_all(tx, user->id));
    user->updated_at = ctx->now > user->updated_at ? ctx->now : user->updated_at + 1;
    TRY(store_user_update(tx, user));
    if (user->has_profile || user_profile_needed(user))
        TRY(store_profile_put(tx, user));
    if (HAS(in, username) && user->username != NULL) {
        const Linked wanted = { .username_key = text_lower(ctx->arena, user->username) };

        TRY(linked_check(tx, &wanted));
    }
    traits =
        (Traits){ .user_id = user->id, .user_email = user->email == NULL ? "" : user->email, .user_phone = user->phone == NULL ? "" : user->phone };
    change->user = user;
    TRY(event_add(tx, EV_USER_MODIFIED, NULL, &traits));
    return store_user_get(tx, change->id, &change->after);
}

Err user_change_within(Tx *tx, const char *id, const UserPatch *in, char *hash, User **ret)
{
    Change change = { .in = in, .id = id, .hash = hash };

    TRY(apply_change(tx, &change));
    *ret = change.after;
    return OK;
}

/* Checks and slow work, before the transaction. */
static Err change_prepare(Ctx *ctx, const UserPatch *in, Change *change)
{
    bool elsewhere;

    if (!text_empty(in->email)) {
        TRY(address_read(ctx, "email", in->email, AT(UserPatch, email), &change->email));
        TRY(address_check_free(db_auto(ctx), "email", change->email, NULL, change->id, AT(UserPatch, email), &elsewhere));
    }
    if (!text_empty(in->phone)) {
        TRY(address_read(ctx, "phone", in->phone, AT(UserPatch, phone), &change->phone));
        TRY(address_check_free(db_auto(ctx), "phone", change->phone, NULL, change->id, AT(UserPatch, phone), &elsewhere));
    }
    TRY(user_check_username(ctx, in->username, AT(UserPatch, username)));
    if (in->role != NULL && strlen(in->role) > 255)
        return fail(ctx, E_TOO_LONG, AT(UserPatch, role), NULL);
    if (!text_empty(in->password_hash) && password_hash_check(str_of(in->password_hash)) != OK)
        return fail(ctx, E_BAD_HASH, AT(UserPatch, password_hash), NULL);
    TRY(codes_read(ctx, in->totp_secret, HAS(in, backup_codes) ? &in->backup_codes : NULL, AT(UserPatch, totp_secret), AT(UserPatch, backup_codes),
                   &change->codes));
    if (in->password == NULL)
        return OK;
    if (!in->skip_password_checks || strlen(in->password) > 72)
        TRY(password_check(ctx, in->policy, in->password, AT(UserPatch, password)));
    return password_hash(ctx, in->password, &change->hash);
}

/* The member of a patch that a unique index speaks of. */
static ptrdiff_t taken_patch_member(Err err)
{
    return err == E_EMAIL_TAKEN         ? AT(UserPatch, email)
           : err == E_PHONE_TAKEN       ? AT(UserPatch, phone)
           : err == E_USERNAME_TAKEN    ? AT(UserPatch, username)
           : err == E_EXTERNAL_ID_TAKEN ? AT(UserPatch, external_id)
                                        : NOWHERE;
}

Err dir_user_update(Ctx *ctx, const char *id, const UserPatch *in, User **ret)
{
    Change change = { .in = in, .id = id };
    Err err;

    ctx->user_id = id;
    TRY(change_prepare(ctx, in, &change));
    err = tx_run(ctx, apply_change, &change);
    if (err != OK)
        return taken_patch_member(err) == NOWHERE ? err : fail(ctx, err, taken_patch_member(err), NULL);
    *ret = change.after;
    return OK;
}

/* Changes of several users, prepared. */
typedef struct Changes {
    Change *v;
    size_t n;
} Changes;

static Err apply_changes(Tx *tx, void *arg)
{
    const Changes *changes = arg;

    for (size_t i = 0; i < changes->n; i++) {
        tx_ctx(tx)->user_id = changes->v[i].id;
        TRY(apply_change(tx, &changes->v[i]));
    }
    return OK;
}

static int compare_changes(const void *a, const void *b)
{
    return strcmp(((const Change *)a)->id, ((const Change *)b)->id);
}

/* All take their locks in the order of the ids, so that none waits for another in a circle. */
Err dir_users_update(Ctx *ctx, const Texts *ids, const UserPatch *in, List *ret)
{
    Changes changes = { ARENA_ARRAY(ctx->arena, Change, ids->n), ids->n };
    List users = { 0 };

    for (size_t i = 0; i < ids->n; i++) {
        changes.v[i] = (Change){ .in = in, .id = ids->v[i] };
        TRY(change_prepare(ctx, in, &changes.v[i]));
    }
    qsort(changes.v, changes.n, sizeof(*changes.v), compare_changes);
    TRY(tx_run(ctx, apply_changes, &changes));
    for (size_t i = 0; i < ids->n; i++) {
        const Change key = { .id = ids->v[i] }, *change = bsearch(&key, changes.v, changes.n, sizeof(key), compare_changes);

        list_add(ctx->arena, &users, change->after);
    }
    *ret = users;
    return OK;
}
