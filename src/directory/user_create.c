/* user_create.c: how a user comes to be: checks, identities, addresses, rows. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "directory/post.h"
#include "json/json.h"

/* ---- identities (spec/gotrue.md 2.2 step 10) ---- */

static const Field identity_data_doc[] = {
    TEXT(IdentityData, email, "email", .flags = OMIT_NULL),
    BOOL(IdentityData, email_verified, "email_verified"),
    TEXT(IdentityData, phone, "phone", .flags = OMIT_NULL),
    BOOL(IdentityData, phone_verified, "phone_verified"),
    TEXT(IdentityData, sub, "sub"),
    END(IdentityData),
};

Identity *identity_new(Ctx *ctx, const char *user_id, const char *provider, const IdentityData *data)
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

Identity *user_identity(const User *user, const char *provider)
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

Err address_check_free(Tx *tx, const char *kind, const char *value, const char *connection, const char *self, ptrdiff_t at, bool *elsewhere)
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
    return address_check_free(tx, kind, value, connection, self, NOWHERE, &elsewhere);
}

Err user_address_free(Ctx *ctx, const char *kind, const char *value, const char *self)
{
    bool elsewhere;

    return address_check_free(db_auto(ctx), kind, value, NULL, self, NOWHERE, &elsewhere);
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
        TRY(address_check_free(db_auto(ctx), kind, *core, c->in->connection, NULL, at, &elsewhere));
    if (elsewhere) {
        list_add(ctx->arena, &c->further, address_new(ctx, c->user, kind, *core, verified, c->in->connection, 0));
        *core = NULL;
    }
    for (size_t i = text_empty(one) ? 1 : 0; i < many->n; i++) {
        const char *value;

        TRY(address_read(ctx, kind, many->v[i], at_many, &value));
        TRY(address_check_free(db_auto(ctx), kind, value, c->in->connection, NULL, at_many, &elsewhere));
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
        TRY(address_check_free(db_auto(ctx), kind, key, NULL, NULL, at, &elsewhere));
        address = address_new(ctx, c->user, kind, key, !reserved, NULL, i);
        address->value = text_eq(kind, "web3") ? texts->v[i] : key;
        address->reserved = reserved;
        list_add(ctx->arena, &c->further, address);
    }
    return OK;
}

Err user_check_username(Ctx *ctx, const char *username, ptrdiff_t at)
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
static const char *providers_doc(Ctx *ctx, const Identity *foreign, bool email, bool phone)
{
    if (foreign != NULL)
        return arena_printf(ctx->arena, "{\"provider\":%s,\"providers\":[%s]}", json_quote(ctx->arena, foreign->provider),
                            json_quote(ctx->arena, foreign->provider));
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
Err user_check_metadata(Ctx *ctx, const UserPolicy *rules, const char *doc, ptrdiff_t at)
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

    user->meta_app = json_merge(ctx->arena, providers_doc(ctx, in->foreign, email, user->phone != NULL), in->meta_app, MERGE_TOP);
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

/* Does the profile hold anything but defaults? Most users need no row: their password is as old as they are. */
bool user_profile_needed(const User *user)
{
    return user->username != NULL || user->first_name != NULL || user->last_name != NULL || user->name != NULL || user->nickname != NULL ||
           user->picture != NULL || user->given_name != NULL || user->family_name != NULL || user->locale != NULL || user->external_id != NULL ||
           user->connection != NULL || user->blocked_shown || !user->delete_self_enabled || !user->create_organization_enabled ||
           user->bypass_client_trust || user->locked_until != 0 || user->email_id != NULL || user->phone_id != NULL || user->web3_id != NULL ||
           (user->password_set_at != 0 && user->password_set_at != user->created_at) || user->last_password_reset_at != 0 ||
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

static void take_foreign(Ctx *ctx, const Identity *foreign, User *user)
{
    Identity *identity = ARENA_NEW(ctx->arena, Identity);

    *identity = *foreign;
    identity->user_id = user->id;
    list_add(ctx->arena, &user->identities, identity);
}

/* The whole new user, before anything is written. The order of the checks is the reference's. */
static Err creation_fill(Ctx *ctx, const NewUser *in, Creation *c)
{
    User *user = c->user;
    char *id;

    TRY(check_lengths(ctx, in));
    TRY(user_check_metadata(ctx, in->policy, in->meta_app, AT(NewUser, meta_app)));
    TRY(user_check_metadata(ctx, in->policy, in->meta_user, AT(NewUser, meta_user)));
    TRY(user_check_metadata(ctx, in->policy, in->meta_private, AT(NewUser, meta_private)));
    TRY(take_addresses(ctx, c, "email", in->email, &in->emails, AT(NewUser, email), AT(NewUser, emails), in->email_confirmed, &user->email));
    TRY(take_addresses(ctx, c, "phone", in->phone, &in->phones, AT(NewUser, phone), AT(NewUser, phones), in->phone_confirmed, &user->phone));
    TRY(take_further(ctx, c, "web3", &in->web3, AT(NewUser, web3), false));
    TRY(take_further(ctx, c, "email", &in->reserved_emails, AT(NewUser, reserved_emails), true));
    TRY(take_further(ctx, c, "phone", &in->reserved_phones, AT(NewUser, reserved_phones), true));
    TRY(user_check_username(ctx, in->username, AT(NewUser, username)));
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
    if (in->foreign != NULL)
        take_foreign(ctx, in->foreign, user);
    else
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
    c->profile = user_profile_needed(user);
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
    const bool codes = c->codes.secret != NULL || c->codes.codes;

    TRY(store_user_insert(tx, user, c->profile || user->has_profile));
    for (size_t i = 0; i < user->identities.n; i++)
        TRY(store_identity_insert(tx, user->identities.v[i]));
    for (size_t i = 0; i < c->further.n; i++)
        TRY(store_address_insert(tx, c->further.v[i]));
    TRY(codes_write(tx, c->user, &c->codes));
    if (codes) /* which the profile counts */
        TRY(store_profile_put(tx, user));
    if (user->digest != NULL)
        TRY(store_password_put(tx, user, scheme_of(str_of(user->digest))->name));
    if (c->subject != NULL)
        TRY(store_subject_insert(tx, c->subject));
    TRY(check_kept(tx, c));
    if (c->then != NULL)
        TRY(c->then(tx, c->user, c->then_arg));
    else if (!c->in->anonymous && c->in->foreign == NULL)
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
