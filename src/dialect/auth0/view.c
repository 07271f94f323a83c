/* view.c: a user as Auth0 shows it (spec/auth0.md 4.1, 4.2). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/auth0/internal.h"

/* ---- defaults (2.2) ---- */

static const char *with_plus(Ctx *ctx, const char *phone)
{
    return text_empty(phone) ? NULL : text_join(ctx->arena, "+", phone);
}

const char *auth0_default_name(const char *email, const char *username, const char *phone)
{
    return !text_empty(email) ? email : !text_empty(username) ? username : !text_empty(phone) ? phone : "";
}

const char *auth0_default_nickname(Ctx *ctx, const char *email, const char *username, const char *phone)
{
    Str rest = str_of(email);

    return text_empty(email) ? auth0_default_name(NULL, username, phone) : str_dup(ctx->arena, str_cut(&rest, '@'));
}

const char *auth0_default_picture(Ctx *ctx, const char *name)
{
    const char *lower = text_lower(ctx->arena, name);
    char letters[3] = "";
    uint8_t sum[16];
    Buf hex = buf_in(ctx->arena, 2 * sizeof(sum) + 1);
    char *text = "";

    hash_sum(HASH_MD5, str_of(lower), sum);
    hex_write(&hex, sum, sizeof(sum));
    IGNORE(buf_text(&hex, &text)); /* the cap fits by construction */
    for (size_t i = 0; i < 2 && ((lower[i] >= 'a' && lower[i] <= 'z') || (lower[i] >= '0' && lower[i] <= '9')); i++)
        letters[i] = lower[i];
    return text_join(ctx->arena, "https://s.gravatar.com/avatar/", text, "?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2F",
                     letters[0] == '\0' ? "na" : letters, ".png");
}

/* ---- ids ---- */

/* The 32 digits of the UUID. */
static const char *bare_uuid(Ctx *ctx, const char *uuid)
{
    char *hex = arena_alloc(ctx->arena, UUID_TEXT);
    size_t n = 0;

    for (; *uuid != '\0' && n < UUID_TEXT - 1; uuid++)
        if (*uuid != '-')
            hex[n++] = *uuid;
    return hex;
}

/* Auth0's own kinds of connections. */
static bool is_social(const char *provider)
{
    return !text_eq(provider, "auth0") && !text_eq(provider, "email") && !text_eq(provider, "sms");
}

/* The primary identity: what the caller chose, or the UUID. */
static Auth0Identity primary_identity(Ctx *ctx, const User *user)
{
    const Subject *subject = user->subjects.n > 0 ? user->subjects.v[0] : NULL;
    const char *provider = subject == NULL ? "auth0" : subject->provider;

    return (Auth0Identity){ .connection = is_social(provider)        ? provider
                                          : user->connection == NULL ? AUTH0_CONNECTION
                                                                     : user->connection,
                            .user_id = subject == NULL ? bare_uuid(ctx, user->id) : subject->subject,
                            .provider = provider,
                            .is_social = is_social(provider) };
}

const char *auth0_user_id(Ctx *ctx, const User *user)
{
    const Auth0Identity primary = primary_identity(ctx, user);

    return text_join(ctx->arena, primary.provider, "|", primary.user_id);
}

/* ---- identities ---- */

/* Auth0's words for the providers that the directory knows; others are custom social connections. */
static const struct {
    const char *name, *provider;
} providers[] = {
    { "apple", "apple" },          { "azure", "windowslive" }, { "bitbucket", "bitbucket" },    { "facebook", "facebook" }, { "github", "github" },
    { "google", "google-oauth2" }, { "linkedin", "linkedin" }, { "linkedin_oidc", "linkedin" }, { "twitter", "twitter" },
};

static const char *provider_of(const char *name)
{
    for (size_t i = 0; i < COUNTOF(providers); i++)
        if (text_eq(providers[i].name, name))
            return providers[i].provider;
    return NULL;
}

const char *auth0_provider_here(const char *provider)
{
    for (size_t i = 0; i < COUNTOF(providers); i++)
        if (text_eq(providers[i].provider, provider))
            return providers[i].name;
    return provider;
}

/* Members of a profile and the names under which identity data has them, the better one first. */
static const struct {
    size_t offset;
    const char *names[2];
} profile_members[] = {
    { offsetof(Auth0Profile, email), { "email" } },
    { offsetof(Auth0Profile, email_verified), { "email_verified" } },
    { offsetof(Auth0Profile, name), { "name", "full_name" } },
    { offsetof(Auth0Profile, given_name), { "given_name" } },
    { offsetof(Auth0Profile, family_name), { "family_name" } },
    { offsetof(Auth0Profile, nickname), { "nickname", "user_name" } },
    { offsetof(Auth0Profile, picture), { "picture", "avatar_url" } },
    { offsetof(Auth0Profile, phone_number), { "phone_number", "phone" } },
    { offsetof(Auth0Profile, phone_verified), { "phone_verified" } },
    { offsetof(Auth0Profile, username), { "username" } },
};

/* true or false; NULL for all else. */
static const char *truth(const char *text)
{
    return text_eq(text, "true") || text_eq(text, "false") ? text : NULL;
}

static const Auth0Profile *profile_of(Ctx *ctx, const char *data)
{
    Auth0Profile *profile = ARENA_NEW(ctx->arena, Auth0Profile);

    for (size_t i = 0; i < COUNTOF(profile_members); i++) {
        const char **member = (const char **)(void *)((char *)profile + profile_members[i].offset);

        for (size_t j = 0; *member == NULL && j < 2 && profile_members[i].names[j] != NULL; j++)
            *member = json_get(ctx->arena, data, profile_members[i].names[j]);
    }
    profile->email_verified = truth(profile->email_verified);
    profile->phone_verified = truth(profile->phone_verified);
    return profile;
}

/* An account that was linked: its id is the one that it had. */
static Auth0Identity linked_view(Ctx *ctx, const Identity *identity)
{
    Str subject = str_of(identity->provider_id);
    const char *provider = str_dup(ctx->arena, str_cut(&subject, '|'));

    return (Auth0Identity){ .connection = auth0_identity_connection(ctx, identity),
                            .user_id = subject.p == NULL ? "" : str_dup(ctx->arena, subject),
                            .provider = provider,
                            .is_social = is_social(provider) };
}

static Auth0Identity social_view(const Identity *identity)
{
    const char *provider = provider_of(identity->provider);

    return (Auth0Identity){ .connection = provider == NULL ? identity->provider : provider,
                            .user_id = identity->provider_id,
                            .provider = provider == NULL ? "oauth2" : provider,
                            .is_social = true };
}

const char *auth0_identity_connection(Ctx *ctx, const Identity *identity)
{
    const char *connection = text_eq(identity->provider, LINKED_PROVIDER) ? json_get(ctx->arena, identity->data, "connection") : NULL;

    return connection != NULL ? connection : text_eq(identity->provider, LINKED_PROVIDER) ? AUTH0_CONNECTION : social_view(identity).connection;
}

/* E-mail, phone and password are one identity of the database; the others are secondary ones, each with its profile. */
static List identities(Ctx *ctx, const User *user)
{
    Auth0Identity *primary = ARENA_NEW(ctx->arena, Auth0Identity);
    List list = { 0 };

    *primary = primary_identity(ctx, user);
    list_add(ctx->arena, &list, primary);
    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *identity = user->identities.v[i];
        Auth0Identity *view = ARENA_NEW(ctx->arena, Auth0Identity);

        if (text_eq(identity->provider, "email") || text_eq(identity->provider, "phone"))
            continue;
        *view = text_eq(identity->provider, LINKED_PROVIDER) ? linked_view(ctx, identity) : social_view(identity);
        if (text_eq(view->provider, primary->provider) && text_eq(view->user_id, primary->user_id))
            continue;
        view->profile = profile_of(ctx, identity->data);
        view->row_id = identity->id;
        list_add(ctx->arena, &list, view);
    }
    return list;
}

/* ---- the user ---- */

/* Without what the directory keeps there for GoTrue; NULL when nothing is left. */
static const char *app_metadata(Ctx *ctx, const User *user)
{
    static const char *const names[] = { "providers", "provider" };
    const char *doc = user->meta_app == NULL ? "{}" : user->meta_app, *provider;

    if (strstr(doc, "provider") != NULL) {
        provider = json_get(ctx->arena, doc, "provider");
        if ((user->email != NULL && text_eq(provider, "email")) || (user->phone != NULL && text_eq(provider, "phone")))
            provider = NULL;
        for (size_t i = 0; provider != NULL && i < user->identities.n; i++)
            if (text_eq(((const Identity *)user->identities.v[i])->provider, provider))
                provider = NULL;
        doc = json_without(ctx->arena, doc, names, provider == NULL ? 2 : 1);
    }
    return text_eq(doc, "{}") ? NULL : doc;
}

/* A user that was never changed and has none shows none; one whose metadata was cleared shows {}. */
static const char *user_metadata(const User *user)
{
    const bool empty = user->meta_user == NULL || text_eq(user->meta_user, "{}");

    return !empty ? user->meta_user : user->updated_at == user->created_at ? NULL : "{}";
}

/* The address of auth.users, or the one that another connection has, too. */
static const Address *address_of(const User *user, const char *kind)
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

/* A profile that lacks a name, a nickname or a picture shows what a new one would get. */
static void show_defaults(Ctx *ctx, Auth0User *view)
{
    if (view->name == NULL)
        view->name = auth0_default_name(view->email, view->username, view->phone_number);
    if (view->nickname == NULL)
        view->nickname = auth0_default_nickname(ctx, view->email, view->username, view->phone_number);
    if (view->picture == NULL)
        view->picture = auth0_default_picture(ctx, auth0_default_name(view->email, view->username, view->phone_number));
}

static void show_addresses(Ctx *ctx, const User *user, Auth0User *view)
{
    const Address *email = address_of(user, "email"), *phone = address_of(user, "phone");

    view->email = email == NULL ? NULL : email->value;
    view->email_verified = verified(email);
    view->phone_number = phone == NULL ? NULL : with_plus(ctx, phone->value);
    view->phone_verified = verified(phone);
}

const Auth0User *auth0_user_view(Ctx *ctx, const User *user)
{
    Auth0User *view = ARENA_NEW(ctx->arena, Auth0User);

    *view = (Auth0User){
        .blocked = user_banned(ctx, user) ? "true"
                   : user->blocked_shown  ? "false"
                                          : NULL,
        .created_at = user->created_at,
        .family_name = user->family_name,
        .given_name = user->given_name,
        .identities = identities(ctx, user),
        .name = user->name,
        .nickname = user->nickname,
        .picture = user->picture,
        .updated_at = user->updated_at,
        .user_id = auth0_user_id(ctx, user),
        .user_metadata = user_metadata(user),
        .username = user->username,
        .last_password_reset = user->last_password_reset_at,
        .last_ip = user->last_ip,
        .last_login = user->last_sign_in_at,
        .logins_count = user->logins_count,
        .app_metadata = app_metadata(ctx, user),
    };
    show_addresses(ctx, user, view);
    show_defaults(ctx, view);
    return view;
}

const Field *auth0_chosen(Ctx *ctx, const Field *table, const char *names, bool include)
{
    Field *chosen;
    size_t n = 0, all = 0;

    if (text_empty(names))
        return table;
    while (table[all].kind != F_END)
        all++;
    chosen = ARENA_ARRAY(ctx->arena, Field, all + 1);
    for (size_t i = 0; i <= all; i++)
        if (table[i].kind == F_END || word_in(str_of(names), ',', str_of(table[i].name)) == include)
            chosen[n++] = table[i];
    return chosen;
}

const Field *auth0_chosen_fields(Ctx *ctx, const Auth0UserQuery *query)
{
    return auth0_chosen(ctx, auth0_user, query->fields, !HAS(query, include_fields) || query->include_fields);
}

Err auth0_reply_user(Ctx *ctx, Reply *reply, int status, const User *user)
{
    return reply_json(ctx, reply, status, AUTH0_JSON, auth0_user, auth0_user_view(ctx, user), JSON_PLAIN);
}
