/* users.c: one user: create, get, change, delete (spec/auth0.md 2.2, 2.3, 5). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"

/* Documents are bounded after each merge, so that a page of users can always be shown. */
static const UserPolicy auth0_policy = { .check_password = true, .password_min = 8, .meta_max = 64 * 1024 };

/* ---- ids ---- */

/* `auth0|` and the 32 digits of a UUID, in lower case? */
static const char *uuid_of(Ctx *ctx, const char *id)
{
    const char *subject = strncmp(id, "auth0|", 6) == 0 ? id + 6 : "";

    return strlen(subject) == 32 && strspn(subject, "0123456789abcdef") == 32 ? uuid_read(ctx->arena, str_of(subject)) : NULL;
}

/* One that has a chosen id is not found by its UUID. */
static bool is_named(Ctx *ctx, const User *user, const void *id)
{
    return user->deleted_at == 0 && text_eq(auth0_user_id(ctx, user), id);
}

/* The user with this very id. */
Err auth0_load(Ctx *ctx, const char *id, User **ret)
{
    const char *uuid = uuid_of(ctx, id);
    Str subject = str_of(id);
    User *user;

    TRY(auth0_check_user_id(ctx, id));
    if (uuid != NULL) {
        TRY(dir_user_get(ctx, uuid, &user));
    } else {
        const char *provider = str_dup(ctx->arena, str_cut(&subject, '|'));

        TRY(dir_user_get_subject(ctx, provider, str_dup(ctx->arena, subject), &user));
        ctx->user_id = user->id;
    }
    if (!is_named(ctx, user, id))
        return fail(ctx, E_NO_USER, NOWHERE, NULL);
    *ret = user;
    return OK;
}

Err auth0_read_user_id(Ctx *ctx, const char *text, const char **ret)
{
    User *user;

    TRY(auth0_load(ctx, text, &user));
    *ret = user->id;
    return OK;
}

/* ---- checks that the table cannot say ---- */

static const char banned_keys[] =
    "__tenant _id blocked clientID created_at email_verified email globalClientID global_client_id identities lastIP lastLogin loginsCount "
    "metadata multifactor_last_modified multifactor updated_at user_id";

/* No dot, no leading dollar; some are the service's own in app_metadata. */
const char *auth0_bad_key(Ctx *ctx, const char *doc, bool app)
{
    List members = { 0 };
    const char *kind;

    if (doc == NULL || json_members(ctx, str_of(doc), &kind, &members) != OK)
        return NULL;
    for (size_t i = 0; i < members.n; i++) {
        const char *key = ((const JsonMember *)members.v[i])->name;

        if (strchr(key, '.') != NULL || key[0] == '$' || (app && word_in(STR(banned_keys), ' ', str_of(key))))
            return key;
    }
    return NULL;
}

static Err check_metadata(Ctx *ctx, const char *name, const char *doc, bool app)
{
    const char *key = auth0_bad_key(ctx, doc, app);

    return key == NULL ? OK : auth0_bad_member(ctx, name, NULL, "Invalid property name: %.200s", key);
}

static Err check_body(Ctx *ctx, const Auth0UserIn *in)
{
    TRY(check_metadata(ctx, "user_metadata", in->user_metadata, false));
    return check_metadata(ctx, "app_metadata", in->app_metadata, true);
}

/* ---- creating ---- */

/* What each kind of connection asks for, and what it does not take (2.2). */
static Err check_identifiers(Ctx *ctx, const Auth0UserIn *in, const Connection *connection)
{
    const bool email = text_eq(connection->strategy, "email"), sms = text_eq(connection->strategy, "sms");

    if (!email && !sms && !text_eq(connection->strategy, "auth0"))
        return auth0_say(ctx, 400, "invalid_body",
                         "Connection does not support user creation through the API. It must either be a database or passwordless connection.");
    if (auth0_connection_off(connection))
        return auth0_say(ctx, 400, "invalid_body", "Connection is disabled.");
    if (sms ? in->phone_number == NULL : email ? in->email == NULL : in->email == NULL && in->username == NULL && in->phone_number == NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Missing required property: %s", sms ? "phone_number" : "email");
    if (!email && !sms)
        return in->password == NULL ? auth0_bad_member(ctx, NULL, NULL, "Missing required property: password") : OK;
    if (in->password != NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Additional properties not allowed: password");
    return in->username == NULL ? OK : auth0_say(ctx, 400, "invalid_body", "Cannot set username for connection without requires_username.");
}

/* The default connection takes user names whatever it says of them: users of the other APIs have some. */
static Err check_new(Ctx *ctx, const Auth0UserIn *in, Connection **ret)
{
    Connection *connection;
    const Err err = dir_connection_named(ctx, in->connection, &connection);

    TRY(err == E_NO_ROW ? fail(ctx, E_NO_CONNECTION, NOWHERE, NULL) : err);
    TRY(check_identifiers(ctx, in, connection));
    if (in->username != NULL && !text_eq(connection->name, AUTH0_CONNECTION) &&
        !text_eq(json_get(ctx->arena, connection->options, "requires_username"), "true"))
        return auth0_say(ctx, 400, "invalid_body", "Cannot set username for connection without requires_username.");
    TRY(check_body(ctx, in));
    *ret = connection;
    return auth0_password_fits(ctx, connection, in->password);
}

/* A chosen id of 32 hex digits is the UUID itself: both forms of an id are one. Passwordless users have ids of their own kind. */
static void take_id(Ctx *ctx, const Auth0UserIn *in, const char *strategy, NewUser *new)
{
    if (text_empty(in->user_id) && text_eq(strategy, "auth0"))
        return;
    new->id = text_empty(in->user_id) ? NULL : uuid_of(ctx, arena_printf(ctx->arena, "%s|%s", strategy, in->user_id));
    if (new->id == NULL) {
        new->provider = strategy;
        new->subject = text_empty(in->user_id) ? random_text(ctx->arena, 24, "0123456789abcdef") : in->user_id;
    }
}

NewUser auth0_new_user_of(Ctx *ctx, const Auth0UserIn *in, const Connection *connection)
{
    const char *username = text_lower(ctx->arena, in->username), *email = text_lower(ctx->arena, in->email), *phone = in->phone_number;
    const char *name = auth0_default_name(email, username, phone);
    NewUser new = {
        .email = email,
        .phone = phone,
        .username = username,
        .password = in->password,
        .meta_app = in->app_metadata,
        .meta_user = in->user_metadata == NULL ? NULL : json_merge(ctx->arena, "{}", in->user_metadata, MERGE_TOP),
        .email_confirmed = email != NULL && in->email_verified,
        .phone_confirmed = phone != NULL && in->phone_verified,
        .banned = in->blocked,
        .blocked_shown = HAS(in, blocked),
        .name = in->name == NULL ? name : in->name,
        .given_name = in->given_name,
        .nickname = in->nickname == NULL ? auth0_default_nickname(ctx, email, username, phone) : in->nickname,
        .family_name = in->family_name,
        .picture = in->picture == NULL ? auth0_default_picture(ctx, name) : in->picture,
        .policy = &auth0_policy,
    };

    if (!text_eq(connection->name, AUTH0_CONNECTION))
        new.connection = connection->name;
    take_id(ctx, in, connection->strategy, &new);
    return new;
}

/* An address that users of other connections alone have is free in the default one; there it then stands beside auth.users (hecate.addresses). */
static Err create(Ctx *ctx, NewUser *new, User **ret)
{
    const Err err = dir_user_create(ctx, new, ret);

    if (new->connection != NULL || (err != E_EMAIL_TAKEN && err != E_PHONE_TAKEN))
        return err;
    new->connection = AUTH0_CONNECTION;
    return dir_user_create(ctx, new, ret);
}

Err auth0_user_create(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0UserIn in = { 0 };
    Connection *connection;
    NewUser new;
    User *user;

    TRY(auth0_body(ctx, req, SCHEMA_METADATA_HINT, &in));
    TRY(check_new(ctx, &in, &connection));
    new = auth0_new_user_of(ctx, &in, connection);
    TRY(create(ctx, &new, &user));
    ctx->user_id = user->id;
    auth0_verify_after(ctx, user, HAS(&in, verify_email), in.verify_email, text_eq(connection->strategy, "auth0"));
    return auth0_reply_user(ctx, reply, 201, user);
}

/* ---- getting ---- */

/* What other parties gave, for who may see it (1.3). Of some nothing is kept, or by another data key. */
static Err show_tokens(Ctx *ctx, const Auth0User *view)
{
    if (!auth0_has_scope(ctx, "read:user_idp_tokens"))
        return OK;
    for (size_t i = 0; i < view->identities.n; i++) {
        Auth0Identity *identity = view->identities.v[i];
        ForeignAccount *account;
        const Err err = identity->row_id == NULL ? E_NO_ROW : dir_account_tokens(ctx, identity->row_id, &account);

        if (err == E_NO_ROW || err == E_BAD_CREDENTIAL)
            continue;
        TRY(err);
        identity->access_token = account->token;
        identity->access_token_secret = account->token_secret;
        identity->refresh_token = account->refresh_token;
        identity->expires_in = account->expires_at > ctx->now ? (account->expires_at - ctx->now) / US_PER_S : 0;
    }
    return OK;
}

Err auth0_user_get(Ctx *ctx, const Req *req, Reply *reply)
{
    Auth0UserQuery query = { 0 };
    const Auth0User *view;
    User *user;

    TRY(auth0_check_user_id(ctx, req_param(ctx, "id")));
    TRY(auth0_query(ctx, req, auth0_fields_query, &query));
    TRY(auth0_load(ctx, req_param(ctx, "id"), &user));
    view = auth0_user_view(ctx, user);
    TRY(show_tokens(ctx, view));
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_chosen_fields(ctx, &query), view, JSON_PLAIN);
}

/* ---- changing ---- */

#define IN(m) offsetof(Auth0UserIn, m)
#define TO(m) offsetof(UserPatch, m)

/* Pairs that one request may not change (5.4). */
static const struct {
    size_t first, second;
    const char *names;
} forbidden_pairs[] = {
    { IN(password), IN(email), "password and email" },       { IN(password), IN(email_verified), "password and email_verified" },
    { IN(username), IN(email), "username and email" },       { IN(username), IN(email_verified), "username and email_verified" },
    { IN(username), IN(password), "username and password" },
};

/* Texts that go into the patch as they are; those of `kept` cannot be removed by null. */
static const struct {
    size_t from, to;
    bool kept;
} patch_texts[] = {
    { IN(email), TO(email), true },
    { IN(phone_number), TO(phone), true },
    { IN(username), TO(username), true },
    { IN(password), TO(password), true },
    { IN(name), TO(name), false },
    { IN(nickname), TO(nickname), false },
    { IN(picture), TO(picture), false },
    { IN(given_name), TO(given_name), false },
    { IN(family_name), TO(family_name), false },
};

static Err check_pairs(Ctx *ctx, const Auth0UserIn *in)
{
    for (size_t i = 0; i < COUNTOF(forbidden_pairs); i++)
        if (given_has(&in->given, forbidden_pairs[i].first) && given_has(&in->given, forbidden_pairs[i].second))
            return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "invalid_body", "Cannot update %s simultaneously", forbidden_pairs[i].names);
    return OK;
}

static Err check_removals(Ctx *ctx, const Auth0UserIn *in)
{
    for (size_t i = 0; i < COUNTOF(patch_texts); i++)
        if (patch_texts[i].kept && given_null(&in->given, patch_texts[i].from))
            return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "operation_not_supported",
                                "The following user attributes cannot be removed: %s. The connection (" AUTH0_CONNECTION ") must either be a custom "
                                "database connection with import mode disabled, a social or enterprise connection",
                                field_at(auth0_user_patch, patch_texts[i].from)->name);
    return OK;
}

/* A token that may write app_metadata alone writes nothing else. */
static Err check_scopes(Ctx *ctx, const Auth0UserIn *in)
{
    const bool self = ctx->caller->kind == CALLER_USER;

    if (!self && auth0_has_scope(ctx, "update:users"))
        return OK;
    for (const Field *field = auth0_user_patch; field->kind != F_END; field++)
        if (field->name != NULL && given_has(&in->given, field->offset) && !text_eq(field->name, self ? "user_metadata" : "app_metadata"))
            return fail(ctx, E_SCOPE, NOWHERE, "Some fields cannot be updated with the permissions granted by the bearer token scopes: %s",
                        field->name);
    return OK;
}

/* Attributes of the profile: those of a secondary identity never change. */
static const struct {
    size_t at;
    const char *name;
} profile_members[] = {
    { IN(family_name), "family_name" }, { IN(given_name), "given_name" }, { IN(name), "name" },
    { IN(nickname), "nickname" },       { IN(picture), "picture" },
};

static Err check_profile(Ctx *ctx, const Auth0UserIn *in)
{
    const char *names = NULL;

    for (size_t i = 0; i < COUNTOF(profile_members); i++)
        if (given_has(&in->given, profile_members[i].at))
            names = names == NULL ? profile_members[i].name : arena_printf(ctx->arena, "%s, %s", names, profile_members[i].name);
    if (names == NULL)
        return OK;
    return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "operation_not_supported",
                        "The following user attributes cannot be updated: %s. The specified connection belongs to a secondary identity.", names);
}

/* `connection` names the identity that is meant: `*ret` is NULL for the primary one. */
static Err find_identity(Ctx *ctx, const Auth0UserIn *in, const Auth0User *user, const Auth0Identity **ret)
{
    *ret = NULL;
    if (in->connection == NULL)
        return OK;
    for (size_t i = 0; i < user->identities.n; i++) {
        const Auth0Identity *identity = user->identities.v[i];

        if (text_eq(identity->connection, in->connection)) {
            *ret = i == 0 ? NULL : identity;
            return OK;
        }
    }
    return fail(ctx, E_NO_CONNECTION, NOWHERE, NULL);
}

/* What a user of another party's connection has from there. */
static Err check_database(Ctx *ctx, const Auth0UserIn *in, const Auth0Identity *identity)
{
    if (!identity->is_social)
        return OK;
    if (HAS(in, email) || HAS(in, phone_number))
        return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "operation_not_supported", "Cannot update email for non-database user.");
    if (HAS(in, password) || HAS(in, username))
        return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "operation_not_supported", "Connection is not supported for this operation.");
    return OK;
}

/* Passwordless users have no password and no user name; a connection that is off keeps what its users sign in by. */
static Err check_credentials(Ctx *ctx, const Auth0UserIn *in, const Auth0Identity *identity)
{
    Connection *connection;
    Err err;

    if (!HAS(in, email) && !HAS(in, password) && !HAS(in, username))
        return OK;
    if (!text_eq(identity->provider, "auth0") && (HAS(in, password) || HAS(in, username)))
        return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "operation_not_supported", "Connection is not supported for this operation.");
    err = dir_connection_named(ctx, identity->connection, &connection);
    TRY(err == E_NO_ROW ? fail(ctx, E_NO_CONNECTION, NOWHERE, NULL) : err);
    if (auth0_connection_off(connection))
        return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "operation_not_supported", "Cannot change email or password for users in a disabled connection.");
    return auth0_password_fits(ctx, connection, in->password);
}

static Err check_verified(Ctx *ctx, const Auth0UserIn *in, const char *email, const char *phone)
{
    if (HAS(in, email_verified) && email == NULL && in->email == NULL)
        return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "operation_not_supported", "The user does not have an email address.");
    if (HAS(in, phone_verified) && phone == NULL && in->phone_number == NULL)
        return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "operation_not_supported", "The user does not have a phone number.");
    return OK;
}

static void patch_metadata(const Auth0UserIn *in, UserPatch *patch)
{
    if (HAS(in, user_metadata))
        SET(patch, meta_user);
    if (HAS(in, app_metadata))
        SET(patch, meta_app);
    patch->meta_user = in->user_metadata == NULL ? "{}" : in->user_metadata;
    patch->meta_app = in->app_metadata == NULL ? "{}" : in->app_metadata;
    patch->meta_mode = META_TOP_CLEAR;
}

/* A new address is not verified unless the same request says so. */
static void patch_verified(const Auth0UserIn *in, UserPatch *patch)
{
    if (HAS(in, email) || HAS(in, email_verified))
        SET(patch, email_confirmed);
    if (HAS(in, phone_number) || HAS(in, phone_verified))
        SET(patch, phone_confirmed);
    patch->email_confirmed = in->email_verified;
    patch->phone_confirmed = in->phone_verified;
    patch->unconfirm = true;
}

static void patch_blocked(const Auth0UserIn *in, UserPatch *patch)
{
    if (!HAS(in, blocked))
        return;
    SET(patch, banned);
    SET(patch, blocked_shown);
    patch->banned = patch->end_sessions = in->blocked;
    patch->blocked_shown = true;
}

static UserPatch patch_of(Ctx *ctx, const Auth0UserIn *in)
{
    UserPatch patch = { .policy = &auth0_policy };

    for (size_t i = 0; i < COUNTOF(patch_texts); i++)
        if (given_has(&in->given, patch_texts[i].from)) {
            given_mark(&patch.given, patch_texts[i].to, given_null(&in->given, patch_texts[i].from));
            memcpy((char *)&patch + patch_texts[i].to, (const char *)in + patch_texts[i].from, sizeof(void *));
        }
    patch.username = text_lower(ctx->arena, in->username);
    patch.email = text_lower(ctx->arena, in->email);
    patch_metadata(in, &patch);
    patch_verified(in, &patch);
    patch_blocked(in, &patch);
    return patch;
}

/* ---- a secondary identity: what it signs in by stands in its profile (5.3) ---- */

static bool has_credentials(const Auth0UserIn *in)
{
    return HAS(in, email) || HAS(in, email_verified) || HAS(in, phone_number) || HAS(in, phone_verified) || HAS(in, username) || HAS(in, password);
}

static LinkedPatch linked_patch(Ctx *ctx, const Auth0UserIn *in)
{
    return (LinkedPatch){ .email = in->email,
                          .phone = in->phone_number,
                          .username = text_lower(ctx->arena, in->username),
                          .password = in->password,
                          .email_verified = HAS(in, email_verified) ? &in->email_verified : NULL,
                          .phone_verified = HAS(in, phone_verified) ? &in->phone_verified : NULL,
                          .policy = &auth0_policy };
}

static Err check_secondary(Ctx *ctx, const Auth0UserIn *in, const Auth0Identity *identity)
{
    TRY(check_profile(ctx, in));
    TRY(check_database(ctx, in, identity));
    TRY(check_credentials(ctx, in, identity));
    return check_verified(ctx, in, identity->profile->email, identity->profile->phone_number);
}

static Err change_secondary(Ctx *ctx, const Auth0UserIn *in, const Auth0Identity *identity, User **user)
{
    const LinkedPatch patch = linked_patch(ctx, in);
    const Err err = dir_linked_update(ctx, (*user)->id, identity->row_id, &patch, user);

    if (err == E_NOT_THIS_USER)
        return auth0_refuse(ctx, E_FORBIDDEN_COMBO, "operation_not_supported", "Connection is not supported for this operation.");
    return err;
}

/* What remains of the body is about the user as a whole. */
static void without_credentials(Auth0UserIn *in)
{
    static const size_t members[] = { IN(email), IN(email_verified), IN(phone_number), IN(phone_verified), IN(username), IN(password) };

    for (size_t i = 0; i < COUNTOF(members); i++)
        in->given.set[members[i] / 8] = (uint8_t)(in->given.set[members[i] / 8] & ~(1U << members[i] % 8));
}

/* Does the patch change anything? `connection` and the words about mail alone do not. */
static bool is_empty(const UserPatch *patch)
{
    static const uint8_t none[sizeof(patch->given.set)];

    return memcmp(patch->given.set, none, sizeof(none)) == 0;
}

static Err check_patch(Ctx *ctx, const Auth0UserIn *in)
{
    TRY(check_scopes(ctx, in));
    TRY(check_pairs(ctx, in));
    TRY(check_removals(ctx, in));
    return check_body(ctx, in);
}

static Err check_primary(Ctx *ctx, const Auth0UserIn *in, const Auth0User *view)
{
    const Auth0Identity *primary = view->identities.v[0];

    TRY(check_database(ctx, in, primary));
    TRY(check_credentials(ctx, in, primary));
    return check_verified(ctx, in, view->email, view->phone_number);
}

/* What depends on nothing of the user as it is needs no look at it before. */
static bool is_plain(const Auth0UserIn *in, const UserPatch *patch)
{
    return in->connection == NULL && !has_credentials(in) && !is_empty(patch);
}

static Err update_plain(Ctx *ctx, const Auth0UserIn *in, const char *id, UserPatch *patch, User **ret)
{
    patch->is_meant = is_named;
    patch->arg = id;
    TRY(dir_user_update(ctx, uuid_of(ctx, id), patch, ret));
    auth0_verify_after(ctx, *ret, HAS(in, verify_email), in->verify_email, false);
    return OK;
}

Err auth0_user_update(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id = req_param(ctx, "id");
    const Auth0Identity *secondary;
    Auth0UserIn in = { 0 };
    const Auth0User *view;
    UserPatch patch;
    User *user;

    TRY(auth0_check_user_id(ctx, id));
    TRY(auth0_body(ctx, req, SCHEMA_METADATA_HINT, &in));
    TRY(check_patch(ctx, &in));
    patch = patch_of(ctx, &in);
    if (uuid_of(ctx, id) != NULL && is_plain(&in, &patch)) {
        TRY(update_plain(ctx, &in, id, &patch, &user));
        return auth0_reply_user(ctx, reply, 200, user);
    }
    TRY(auth0_load(ctx, id, &user));
    view = auth0_user_view(ctx, user);
    TRY(find_identity(ctx, &in, view, &secondary));
    TRY(secondary == NULL ? check_primary(ctx, &in, view) : check_secondary(ctx, &in, secondary));
    if (secondary != NULL && has_credentials(&in))
        TRY(change_secondary(ctx, &in, secondary, &user));
    if (secondary != NULL)
        without_credentials(&in);
    patch = patch_of(ctx, &in);
    if (!is_empty(&patch))
        TRY(dir_user_update(ctx, user->id, &patch, &user));
    if (secondary == NULL)
        auth0_verify_after(ctx, user, HAS(&in, verify_email), in.verify_email, false);
    else if (HAS(&in, verify_email) && in.verify_email)
        auth0_verify_linked(ctx, user, in.connection);
    return auth0_reply_user(ctx, reply, 200, user);
}

/* ---- deleting ---- */

/* Nobody there is no error (2.3). */
Err auth0_user_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    User *user;
    Err err;

    (void)req;
    err = auth0_load(ctx, req_param(ctx, "id"), &user);
    if (err == OK)
        err = dir_user_delete(ctx, user->id, false);
    if (err != OK && err != E_NO_USER)
        return err;
    reply->status = 204;
    return OK;
}
