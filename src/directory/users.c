/* users.c: the one place where a user comes to be, changes and goes. */
#include "crypto/crypto.h"

#include "base/clock.h"
#include "base/id.h"
#include "directory/pages.h"
#include "directory/post.h"
#include "store/organizations.h"
#include "json/json.h"

bool user_banned(const Ctx *ctx, const User *user)
{
    return user->banned_until > ctx->now;
}

/* E_NO_ROW of a look-up by id is E_NO_USER. */
static Err no_user(Ctx *ctx, Err err)
{
    return err == E_NO_ROW ? fail(ctx, E_NO_USER, NOWHERE, NULL) : err;
}

Err dir_user_get(Ctx *ctx, const char *id, User **ret)
{
    ctx->user_id = id;
    return no_user(ctx, store_user_get(db_auto(ctx), id, ret));
}

Err dir_user_get_subject(Ctx *ctx, const char *provider, const char *subject, User **ret)
{
    return no_user(ctx, store_user_get_by_subject(db_auto(ctx), provider, subject, ret));
}

Err dir_user_list(Ctx *ctx, const UserQuery *query, List *ret)
{
    UserQuery *page = ARENA_NEW(ctx->arena, UserQuery);

    pages_find(ctx, query, page);
    TRY(store_user_list(db_auto(ctx), page, ret));
    pages_keep(ctx, query, ret);
    return OK;
}

Err dir_user_count(Ctx *ctx, const UserQuery *query, int64_t *ret)
{
    return store_user_count(db_auto(ctx), query, ret);
}

Err dir_counts_tend(Ctx *ctx, bool all)
{
    return store_counts_fold(ctx, all);
}

/* ---- identities (spec/gotrue.md 2.2 step 10) ---- */

typedef struct IdentityData {
    const char *email, *phone, *sub;
    bool email_verified, phone_verified;
} IdentityData;

static const Field identity_data_doc[] = {
    TEXT(IdentityData, email, "email", .flags = OMIT_NULL),
    BOOL(IdentityData, email_verified, "email_verified"),
    TEXT(IdentityData, phone, "phone", .flags = OMIT_NULL),
    BOOL(IdentityData, phone_verified, "phone_verified"),
    TEXT(IdentityData, sub, "sub"),
    END(IdentityData),
};

static Identity *identity_new(Ctx *ctx, const char *user_id, const char *provider, const IdentityData *data)
{
    Identity *identity = ARENA_NEW(ctx->arena, Identity);
    Buf buf = buf_in(ctx->arena, 8192);
    char *text = "{}";

    json_write(&buf, identity_data_doc, data, JSON_PLAIN);
    IGNORE(buf_text(&buf, &text)); /* addresses are bounded */
    *identity = (Identity){ .id = uuid_new(ctx->arena),
                            .user_id = user_id,
                            .provider = provider,
                            .provider_id = user_id,
                            .data = text,
                            .email = data->email,
                            .last_sign_in_at = ctx->now,
                            .created_at = ctx->now,
                            .updated_at = ctx->now };
    return identity;
}

static Identity *user_identity(const User *user, const char *provider)
{
    for (size_t i = 0; i < user->identities.n; i++)
        if (text_eq(((Identity *)user->identities.v[i])->provider, provider))
            return user->identities.v[i];
    return NULL;
}

/* ---- creating ---- */

/* What a creation is made of; gathered before the transaction. */
struct Creation {
    const NewUser *in;
    User *user, *made; /* as it shall be, and as it then stands in the tables */
    List further;      /* Address rows */
    Subject *subject;
    bool profile;
    Traits traits;
    UserThen then; /* or NULL */
    void *then_arg;
    CodesIn codes;
    bool email_elsewhere; /* the address is taken in another connection: it stands in hecate.addresses alone */
    bool looked;          /* nobody needs to look before the transaction whether addresses are free */
};

/* The first of a list, or the single one. */
static const char *first_of(const char *one, const Texts *many)
{
    return !text_empty(one) ? one : many->n > 0 ? many->v[0] : NULL;
}

static Err taken_error(const char *kind)
{
    return text_eq(kind, "email") ? E_EMAIL_TAKEN : text_eq(kind, "phone") ? E_PHONE_TAKEN : E_WALLET_TAKEN;
}

/* Is the address free, in this connection? `*elsewhere`: another connection has it. */
static Err address_free(Tx *tx, const char *kind, const char *value, const char *connection, const char *self, ptrdiff_t at, bool *elsewhere)
{
    Ctx *ctx = tx_ctx(tx);
    List holders = { 0 };

    *elsewhere = false;
    TRY(store_address_holders(tx, kind, value, &holders));
    for (size_t i = 0; i < holders.n; i++) {
        const Holder *holder = holders.v[i];
        const char *theirs = text_empty(holder->connection) ? DEFAULT_CONNECTION : holder->connection;

        if (text_eq(holder->id, self))
            continue;
        if (connection == NULL || text_eq(theirs, connection))
            return fail(ctx, taken_error(kind), at, NULL);
        *elsewhere = true;
    }
    return OK;
}

/* The same within the transaction that takes the address: nobody took it since the first look, nobody will until the end. */
Err address_claim(Tx *tx, const char *kind, const char *value, const char *connection, const char *self)
{
    bool elsewhere;

    if (value == NULL)
        return OK;
    TRY(store_address_lock(tx, value));
    return address_free(tx, kind, value, connection, self, NOWHERE, &elsewhere);
}

Err user_address_free(Ctx *ctx, const char *kind, const char *value, const char *self)
{
    bool elsewhere;

    return address_free(db_auto(ctx), kind, value, NULL, self, NOWHERE, &elsewhere);
}

/* Reads and checks one address, with the member at fault. */
Err address_read(Ctx *ctx, const char *kind, const char *text, ptrdiff_t at, const char **ret)
{
    const Err err = text_eq(kind, "email")   ? email_read(ctx, text, ret)
                    : text_eq(kind, "phone") ? phone_read(ctx, text, ret)
                                             : wallet_read(ctx, text, ret);

    return err == OK ? OK : fail_at(ctx, err, at);
}

/* `nth` of its kind: a microsecond each keeps them in the order in which they were given. */
static Address *address_new(Ctx *ctx, const User *user, const char *kind, const char *value, bool verified, const char *connection, size_t nth)
{
    Address *address = ARENA_NEW(ctx->arena, Address);

    *address = (Address){ .id = uuid_new(ctx->arena),
                          .user_id = user->id,
                          .kind = kind,
                          .value = value,
                          .value_key = value,
                          .connection = connection == NULL ? "" : connection,
                          .verified_at = verified ? ctx->now : 0,
                          .created_at = user->created_at + (int64_t)nth,
                          .updated_at = ctx->now };
    return address;
}

/* The address of auth.users and the further ones of one kind. */
static Err take_addresses(Ctx *ctx, Creation *c, const char *kind, const char *one, const Texts *many, ptrdiff_t at_one, ptrdiff_t at_many,
                          bool verified, const char **core)
{
    const char *first = first_of(one, many);
    const ptrdiff_t at = text_empty(one) ? at_many : at_one;
    bool elsewhere = false;

    if (first == NULL)
        return OK;
    TRY(address_read(ctx, kind, first, at, core));
    if (!c->looked)
        TRY(address_free(db_auto(ctx), kind, *core, c->in->connection, NULL, at, &elsewhere));
    if (elsewhere) {
        list_add(ctx->arena, &c->further, address_new(ctx, c->user, kind, *core, verified, c->in->connection, 0));
        *core = NULL;
    }
    for (size_t i = text_empty(one) ? 1 : 0; i < many->n; i++) {
        const char *value;

        TRY(address_read(ctx, kind, many->v[i], at_many, &value));
        TRY(address_free(db_auto(ctx), kind, value, c->in->connection, NULL, at_many, &elsewhere));
        list_add(ctx->arena, &c->further, address_new(ctx, c->user, kind, value, verified, NULL, i));
    }
    return OK;
}

/* Addresses that stand in hecate.addresses alone: wallets, and those that are only kept for the user. */
static Err take_further(Ctx *ctx, Creation *c, const char *kind, const Texts *texts, ptrdiff_t at, bool reserved)
{
    for (size_t i = 0; i < texts->n; i++) {
        const char *key;
        Address *address;
        bool elsewhere;

        TRY(address_read(ctx, kind, texts->v[i], at, &key));
        TRY(address_free(db_auto(ctx), kind, key, NULL, NULL, at, &elsewhere));
        address = address_new(ctx, c->user, kind, key, !reserved, NULL, i);
        address->value = text_eq(kind, "web3") ? texts->v[i] : key;
        address->reserved = reserved;
        list_add(ctx->arena, &c->further, address);
    }
    return OK;
}

static Err check_username(Ctx *ctx, const char *username, ptrdiff_t at)
{
    if (text_empty(username))
        return OK;
    if (strlen(username) > 128 || !utf8_valid(str_of(username)))
        return fail(ctx, E_BAD_USERNAME, at, NULL);
    return OK;
}

static Err take_id(Ctx *ctx, const char *text, char **ret)
{
    *ret = text_empty(text) ? uuid_new(ctx->arena) : uuid_read(ctx->arena, str_of(text));
    if (*ret == NULL)
        return fail(ctx, E_BAD_ID, AT(NewUser, id), "ID must conform to the uuid v4 format");
    if (text_eq(*ret, UUID_NIL))
        return fail(ctx, E_BAD_ID, AT(NewUser, id), "ID cannot be a nil uuid");
    return OK;
}

/* {"provider":P,"providers":[…]} from the addresses (spec/gotrue.md 2.2). */
static const char *providers_doc(Ctx *ctx, const User *user, bool email, bool phone)
{
    (void)user;
    if (!email && !phone)
        return "{}";
    return arena_printf(ctx->arena, "{\"provider\":\"%s\",\"providers\":[%s%s%s]}", email ? "email" : "phone", email ? "\"email\"" : "",
                        email && phone ? "," : "", phone ? "\"phone\"" : "");
}

void user_set_providers(Ctx *ctx, User *user)
{
    Buf buf = buf_in(ctx->arena, 16384);
    const char *first = NULL;
    char *providers = "[]";

    buf_char(&buf, '[');
    for (size_t i = 0; i < user->identities.n; i++) {
        const char *provider = json_quote(ctx->arena, ((const Identity *)user->identities.v[i])->provider);

        first = first == NULL ? provider : first;
        if (memmem(buf.data, buf.len, provider, strlen(provider)) == NULL)
            buf_printf(&buf, "%s%s", buf.len > 1 ? "," : "", provider);
    }
    buf_char(&buf, ']');
    IGNORE(buf_text(&buf, &providers)); /* few identities, of short names */
    if (first == NULL)
        return;
    user->meta_app = json_set(ctx->arena, user->meta_app, "provider", first);
    user->meta_app = json_set(ctx->arena, user->meta_app, "providers", providers);
}

/* Texts of columns with a bound in the schema. */
static Err check_lengths(Ctx *ctx, const NewUser *in)
{
    if ((in->role != NULL && strlen(in->role) > 255) || (in->aud != NULL && strlen(in->aud) > 255))
        return fail(ctx, E_TOO_LONG, AT(NewUser, role), NULL);
    return OK;
}

static Err take_password(Ctx *ctx, const NewUser *in, User *user)
{
    char *hash;

    user->encrypted_password = "";
    if (!text_empty(in->password_hash)) {
        user->password_set_at = ctx->now;
        return password_place(ctx, user, in->password_hash, AT(NewUser, password_hash));
    }
    if (text_empty(in->password) && !in->policy->random_password)
        return OK;
    if (!text_empty(in->password)) {
        user->password_set_at = ctx->now;
        TRY(in->skip_password_checks ? password_fits(ctx, in->password, AT(NewUser, password))
                                     : password_check(ctx, in->policy, in->password, AT(NewUser, password)));
    }
    TRY(password_hash(ctx, text_empty(in->password) ? password_random(ctx) : in->password, &hash));
    user->encrypted_password = hash;
    return OK;
}

/* Bounds a document where the dialect has a bound. What the directory keeps in app metadata does not count. */
static Err check_metadata(Ctx *ctx, const UserPolicy *rules, const char *doc, ptrdiff_t at)
{
    if (rules->meta_max == 0 || doc == NULL || strlen(doc) <= (size_t)rules->meta_max)
        return OK;
    if (at == AT(NewUser, meta_app) || at == AT(UserPatch, meta_app))
        doc = json_set(ctx->arena, json_set(ctx->arena, doc, "provider", NULL), "providers", NULL);
    return json_size(doc) <= (size_t)rules->meta_max ? OK : fail(ctx, E_TOO_LONG, at, NULL);
}

/* What a user brings at its own sign-up stands in its identity, and is its metadata, too; the identity's own members win. */
static const char *signup_data(Ctx *ctx, const User *user, const char *meta)
{
    Identity *identity = user->identities.v[0];

    identity->data = json_merge(ctx->arena, meta, json_set(ctx->arena, identity->data, "phone", NULL), MERGE_TOP);
    return json_merge(ctx->arena, "{}", identity->data, MERGE_TOP); /* which keeps no nulls, unlike the identity */
}

static void take_metadata(Ctx *ctx, const NewUser *in, User *user)
{
    const bool email = user->email != NULL || in->emails.n > 0 || !text_empty(in->email);

    user->meta_app = json_merge(ctx->arena, providers_doc(ctx, user, email, user->phone != NULL), in->meta_app, MERGE_TOP);
    user->meta_user = in->meta_user == NULL ? "{}" : in->meta_user;
    if (in->policy->by_self && user->identities.n > 0)
        user->meta_user = signup_data(ctx, user, user->meta_user);
    if (in->email_confirmed && in->policy->verified_in_meta)
        user->meta_user = json_set(ctx->arena, user->meta_user, "email_verified", "true");
    user->meta_private = in->meta_private == NULL ? "{}" : in->meta_private;
}

static void take_profile(const NewUser *in, User *user)
{
    user->username = text_empty(in->username) ? NULL : in->username;
    user->first_name = in->first_name;
    user->last_name = in->last_name;
    user->name = in->name;
    user->nickname = in->nickname;
    user->picture = in->picture;
    user->given_name = in->given_name;
    user->family_name = in->family_name;
    user->locale = in->locale;
    user->external_id = text_empty(in->external_id) ? NULL : in->external_id;
    user->connection = in->connection;
    user->blocked_shown = in->blocked_shown;
    user->delete_self_enabled = !in->delete_self_disabled;
    user->create_organization_enabled = !in->create_organization_disabled;
    user->bypass_client_trust = in->bypass_client_trust;
    user->create_organizations_limit = HAS(in, create_organizations_limit) ? in->create_organizations_limit : -1;
    user->legal_accepted_at = in->legal_accepted_at;
}

/* Does the profile hold anything but defaults? A user of GoTrue alone needs no row. */
static bool profile_needed(const User *user)
{
    return user->username != NULL || user->first_name != NULL || user->last_name != NULL || user->name != NULL || user->nickname != NULL ||
           user->picture != NULL || user->given_name != NULL || user->family_name != NULL || user->locale != NULL || user->external_id != NULL ||
           user->connection != NULL || user->blocked_shown || !user->delete_self_enabled || !user->create_organization_enabled ||
           user->bypass_client_trust || user->locked_until != 0 || user->email_id != NULL || user->phone_id != NULL || user->web3_id != NULL ||
           user->password_compromised_at != 0 || user->create_organizations_limit >= 0 || user->legal_accepted_at != 0 ||
           (user->meta_private != NULL && strcmp(user->meta_private, "{}") != 0);
}

void identities_take(Ctx *ctx, User *user, bool email, bool phone)
{
    const IdentityData data_email = { .email = user->email, .sub = user->id };
    const IdentityData data_phone = { .phone = user->phone, .sub = user->id };

    if (email)
        list_add(ctx->arena, &user->identities, identity_new(ctx, user->id, "email", &data_email));
    if (phone)
        list_add(ctx->arena, &user->identities, identity_new(ctx, user->id, "phone", &data_phone));
}

/* The whole new user, before anything is written. The order of the checks is the reference's. */
static Err creation_fill(Ctx *ctx, const NewUser *in, Creation *c)
{
    User *user = c->user;
    char *id;

    TRY(check_lengths(ctx, in));
    TRY(check_metadata(ctx, in->policy, in->meta_app, AT(NewUser, meta_app)));
    TRY(check_metadata(ctx, in->policy, in->meta_user, AT(NewUser, meta_user)));
    TRY(check_metadata(ctx, in->policy, in->meta_private, AT(NewUser, meta_private)));
    TRY(take_addresses(ctx, c, "email", in->email, &in->emails, AT(NewUser, email), AT(NewUser, emails), in->email_confirmed, &user->email));
    TRY(take_addresses(ctx, c, "phone", in->phone, &in->phones, AT(NewUser, phone), AT(NewUser, phones), in->phone_confirmed, &user->phone));
    TRY(take_further(ctx, c, "web3", &in->web3, AT(NewUser, web3), false));
    TRY(take_further(ctx, c, "email", &in->reserved_emails, AT(NewUser, reserved_emails), true));
    TRY(take_further(ctx, c, "phone", &in->reserved_phones, AT(NewUser, reserved_phones), true));
    TRY(check_username(ctx, in->username, AT(NewUser, username)));
    user->username = text_empty(in->username) ? NULL : in->username;
    if (in->policy->listed)
        TRY(listed_check(ctx, user, &c->further));
    TRY(take_password(ctx, in, user));
    TRY(codes_read(ctx, in->totp_secret, in->backup_codes.n > 0 ? &in->backup_codes : NULL, AT(NewUser, totp_secret), AT(NewUser, backup_codes),
                   &c->codes));
    TRY(take_id(ctx, in->id, &id));
    user->id = id;
    user->is_anonymous = in->anonymous;
    user->email_confirmed_at = in->email_confirmed ? ctx->now : 0;
    user->phone_confirmed_at = in->phone_confirmed ? ctx->now : 0;
    user->banned_until = in->banned ? BANNED_FOREVER : in->banned_until;
    user->aud = !text_empty(in->aud) ? in->aud : ctx->directory->default_aud;
    user->role = HAS(in, role) || !text_empty(in->role) ? in->role : ctx->directory->default_role;
    identities_take(ctx, user, user->email != NULL, user->phone != NULL);
    take_metadata(ctx, in, user);
    take_profile(in, user);
    if (in->locked && ctx->directory->lockout.tries == 0)
        return fail(ctx, E_FEATURE_OFF, NOWHERE, NULL);
    if (in->locked) {
        user->locked_at = ctx->now;
        user->locked_until = ctx->now + ctx->directory->lockout.time;
    }
    for (size_t i = 0; i < c->further.n; i++)
        ((Address *)c->further.v[i])->user_id = user->id;
    if (in->subject != NULL) {
        c->subject = ARENA_NEW(ctx->arena, Subject);
        *c->subject = (Subject){ .provider = in->provider,
                                 .subject = in->subject,
                                 .user_id = user->id,
                                 .connection = in->connection == NULL ? "" : in->connection,
                                 .created_at = user->created_at };
    }
    c->profile = in->policy->profile || profile_needed(user);
    c->traits.provider = user->email != NULL || user->phone == NULL ? "email" : "phone";
    c->traits.channel = user->email == NULL ? in->channel : NULL;
    if (!in->policy->by_self)
        c->traits = (Traits){ .provider = c->traits.provider,
                              .user_id = user->id,
                              .user_email = user->email == NULL ? "" : user->email,
                              .user_phone = user->phone == NULL ? "" : user->phone };
    return OK;
}

static int compare_addresses(const void *a, const void *b)
{
    const Address *const *one = a, *const *other = b;

    return strcmp((*one)->value_key, (*other)->value_key);
}

/* The further ones in the order of their values, so that none waits for another in a circle. */
static Err claim_all(Tx *tx, Creation *c)
{
    const char *connection = c->in->connection;

    TRY(address_claim(tx, "email", c->user->email, connection, NULL));
    TRY(address_claim(tx, "phone", c->user->phone, connection, NULL));
    if (c->further.n > 1)
        qsort(c->further.v, c->further.n, sizeof(*c->further.v), compare_addresses);
    for (size_t i = 0; i < c->further.n; i++) {
        const Address *address = c->further.v[i];

        TRY(address_claim(tx, address->kind, address->value_key, connection, NULL));
    }
    return OK;
}

/* Only what a caller chose can be kept for another account. */
static Err check_kept(Tx *tx, const Creation *c)
{
    const Linked wanted = { .former_id = c->user->id,
                            .provider = c->in->provider,
                            .subject = c->in->subject,
                            .username_key = text_lower(tx_ctx(tx)->arena, c->user->username) };

    return text_empty(c->in->id) && c->subject == NULL && wanted.username_key == NULL ? OK : linked_check(tx, &wanted);
}

static Err insert_rows(Tx *tx, Creation *c)
{
    const User *user = c->user;

    TRY(store_user_insert(tx, user));
    for (size_t i = 0; i < user->identities.n; i++)
        TRY(store_identity_insert(tx, user->identities.v[i]));
    for (size_t i = 0; i < c->further.n; i++)
        TRY(store_address_insert(tx, c->further.v[i]));
    TRY(codes_write(tx, c->user, &c->codes));
    if (c->profile || user->has_profile)
        TRY(store_profile_put(tx, user));
    if (user->digest != NULL)
        TRY(store_password_put(tx, user, scheme_of(str_of(user->digest))->name));
    if (c->subject != NULL)
        TRY(store_subject_insert(tx, c->subject));
    TRY(check_kept(tx, c));
    if (c->then != NULL)
        TRY(c->then(tx, c->user, c->then_arg));
    else if (!c->in->anonymous)
        TRY(event_add(tx, EV_USER_SIGNEDUP, c->in->policy->by_self ? user : NULL, &c->traits));
    return OK;
}

static Err insert_user(Tx *tx, void *arg)
{
    Creation *c = arg;

    TRY(claim_all(tx, c));
    TRY(insert_rows(tx, c));
    return store_user_get(tx, c->user->id, &c->made);
}

/* The member that a unique index speaks of. */
static ptrdiff_t taken_member(Err err)
{
    return err == E_EMAIL_TAKEN         ? AT(NewUser, email)
           : err == E_PHONE_TAKEN       ? AT(NewUser, phone)
           : err == E_USERNAME_TAKEN    ? AT(NewUser, username)
           : err == E_EXTERNAL_ID_TAKEN ? AT(NewUser, external_id)
           : err == E_ID_TAKEN          ? AT(NewUser, id)
                                        : NOWHERE;
}

Err dir_user_create(Ctx *ctx, const NewUser *in, User **ret)
{
    return user_create_then(ctx, in, NULL, NULL, NULL, ret);
}

/* Who has an address already is no new user: the hook is not asked. */
static Err ask_before(Ctx *ctx, const NewUser *in, const User *user)
{
    if (user->email != NULL)
        TRY(user_address_free(ctx, "email", user->email, user->id));
    if (user->phone != NULL)
        TRY(user_address_free(ctx, "phone", user->phone, user->id));
    return hook_before_user(ctx, user, in->meta_user);
}

Err user_create_then(Ctx *ctx, const NewUser *in, UserBefore before, UserThen then, void *arg, User **ret)
{
    Creation c = { .in = in, .user = ARENA_NEW(ctx->arena, User), .then = then, .then_arg = arg };
    Err err;

    if (first_of(in->email, &in->emails) == NULL && first_of(in->phone, &in->phones) == NULL && text_empty(in->username) &&
        in->web3.n + in->reserved_emails.n + in->reserved_phones.n == 0 && !in->anonymous)
        return fail(ctx, E_NO_IDENTIFIER, NOWHERE, NULL);
    c.user->created_at = in->created_at != 0 ? in->created_at : ctx->now;
    c.user->updated_at = ctx->now;
    TRY(creation_fill(ctx, in, &c));
    if (in->ask_hook && hook_on(ctx, HOOK_BEFORE))
        TRY(ask_before(ctx, in, c.user));
    if (before != NULL)
        TRY(before(ctx, c.user, arg));
    err = tx_run(ctx, insert_user, &c);
    if (err != OK)
        return taken_member(err) == NOWHERE ? err : fail(ctx, err, taken_member(err), NULL);
    ctx->user_id = c.user->id;
    *ret = c.made;
    return OK;
}

/* ---- creating as a part of something larger ---- */

Err user_prepare(Ctx *ctx, const NewUser *in, Creation **ret)
{
    Creation *c = ARENA_NEW(ctx->arena, Creation);

    *c = (Creation){ .in = in, .user = ARENA_NEW(ctx->arena, User), .looked = in->connection == NULL };
    c->user->created_at = c->user->updated_at = in->created_at != 0 ? in->created_at : ctx->now;
    TRY(creation_fill(ctx, in, c));
    *ret = c;
    return OK;
}

User *user_prepared(Creation *c)
{
    return c->user;
}

Err user_insert_prepared(Tx *tx, Creation *c)
{
    return insert_rows(tx, c);
}

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

        TRY(check_metadata(ctx, in->policy, merged, AT(UserPatch, meta_app)));
        user->meta_app = mode == MERGE_TOP ? merged : keep_providers(ctx, user->meta_app, merged);
    }
    if (HAS(in, meta_user))
        user->meta_user = json_merge(ctx->arena, user->meta_user, in->meta_user, mode);
    if (HAS(in, meta_private))
        user->meta_private = json_merge(ctx->arena, user->meta_private, in->meta_private, mode);
    else if (user->meta_private == NULL)
        user->meta_private = "{}";
    if (HAS(in, meta_user))
        TRY(check_metadata(ctx, in->policy, user->meta_user, AT(UserPatch, meta_user)));
    return HAS(in, meta_private) ? check_metadata(ctx, in->policy, user->meta_private, AT(UserPatch, meta_private)) : OK;
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

    TRY(no_user(ctx, store_user_get_for_update(tx, change->id, &user)));
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
    if (user->has_profile || in->policy->profile || profile_needed(user))
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
        TRY(address_free(db_auto(ctx), "email", change->email, NULL, change->id, AT(UserPatch, email), &elsewhere));
    }
    if (!text_empty(in->phone)) {
        TRY(address_read(ctx, "phone", in->phone, AT(UserPatch, phone), &change->phone));
        TRY(address_free(db_auto(ctx), "phone", change->phone, NULL, change->id, AT(UserPatch, phone), &elsewhere));
    }
    TRY(check_username(ctx, in->username, AT(UserPatch, username)));
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

    TRY(no_user(ctx, store_user_get_for_update(tx, deletion->id, &user)));
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
