/* users.c: /users and /users/{id} (spec/clerk.md 2.2 to 2.4). Clerk takes addresses as verified when a key gives them. */
#include "dialect/clerk/internal.h"

enum { LEAST_PASSWORD = 8, MOST_PASSWORD = 72, MOST_METADATA = 8192, LEAST_USERNAME = 4, MOST_USERNAME = 64, MOST_SHOWN = 200 };

static const UserPolicy policy = {
    .check_password = true, .password_min = LEAST_PASSWORD, .keep_sessions = true, .profile = true, .meta_max = MOST_METADATA
};

/* ---- which members go where ---- */

/* clang-format off */
static const Member create_members[] = {
    { AT(NewUser, email), AT(ClerkUserIn, email_address) },
    { AT(NewUser, emails), AT(ClerkUserIn, email_address) },
    { AT(NewUser, reserved_emails), AT(ClerkUserIn, email_address) },
    { AT(NewUser, phone), AT(ClerkUserIn, phone_number) },
    { AT(NewUser, phones), AT(ClerkUserIn, phone_number) },
    { AT(NewUser, reserved_phones), AT(ClerkUserIn, phone_number) },
    { AT(NewUser, web3), AT(ClerkUserIn, web3_wallet) },
    { AT(NewUser, username), AT(ClerkUserIn, username) },
    { AT(NewUser, external_id), AT(ClerkUserIn, external_id) },
    { AT(NewUser, password), AT(ClerkUserIn, password) },
    { AT(NewUser, password_hash), AT(ClerkUserIn, password_digest) },
    { AT(NewUser, meta_app), AT(ClerkUserIn, public_metadata) },
    { AT(NewUser, meta_private), AT(ClerkUserIn, private_metadata) },
    { AT(NewUser, meta_user), AT(ClerkUserIn, unsafe_metadata) },
};

static const Member patch_members[] = {
    { AT(UserPatch, external_id), AT(ClerkUserIn, external_id), MOVE_TEXT },
    { AT(UserPatch, first_name), AT(ClerkUserIn, first_name), MOVE_TEXT },
    { AT(UserPatch, last_name), AT(ClerkUserIn, last_name), MOVE_TEXT },
    { AT(UserPatch, locale), AT(ClerkUserIn, locale), MOVE_TEXT },
    { AT(UserPatch, username), AT(ClerkUserIn, username), MOVE_TEXT },
    { AT(UserPatch, password), AT(ClerkUserIn, password), MOVE_GIVEN_TEXT },
    { AT(UserPatch, password_hash), AT(ClerkUserIn, password_digest), MOVE_GIVEN_TEXT },
    { AT(UserPatch, meta_app), AT(ClerkUserIn, public_metadata), MOVE_GIVEN_TEXT },
    { AT(UserPatch, meta_private), AT(ClerkUserIn, private_metadata), MOVE_GIVEN_TEXT },
    { AT(UserPatch, meta_user), AT(ClerkUserIn, unsafe_metadata), MOVE_GIVEN_TEXT },
    { AT(UserPatch, created_at), AT(ClerkUserIn, created_at), MOVE_INT },
    { AT(UserPatch, legal_accepted_at), AT(ClerkUserIn, legal_accepted_at), MOVE_INT },
    { AT(UserPatch, create_organizations_limit), AT(ClerkUserIn, create_organizations_limit), MOVE_INT },
    { AT(UserPatch, delete_self_enabled), AT(ClerkUserIn, delete_self_enabled), MOVE_BOOL },
    { AT(UserPatch, create_organization_enabled), AT(ClerkUserIn, create_organization_enabled), MOVE_BOOL },
    { AT(UserPatch, bypass_client_trust), AT(ClerkUserIn, bypass_client_trust), MOVE_BOOL },
    { AT(UserPatch, primary_email_id), AT(ClerkUserIn, primary_email_address_id) },
    { AT(UserPatch, primary_phone_id), AT(ClerkUserIn, primary_phone_number_id) },
    { AT(UserPatch, primary_web3_id), AT(ClerkUserIn, primary_web3_wallet_id) },
};
/* clang-format on */

static void move_member(const Member *member, const ClerkUserIn *in, UserPatch *patch)
{
    static const size_t sizes[] = {
        [MOVE_TEXT] = sizeof(char *), [MOVE_GIVEN_TEXT] = sizeof(char *), [MOVE_INT] = sizeof(int64_t), [MOVE_BOOL] = sizeof(bool)
    };
    const bool null = given_null(&in->given, (size_t)member->ours);

    if (member->move == MOVE_NONE || !given_has(&in->given, (size_t)member->ours) || (null && member->move != MOVE_TEXT))
        return;
    given_mark(&patch->given, (size_t)member->at, null);
    memcpy((char *)patch + member->at, (const char *)in + member->ours, sizes[member->move]);
}

/* ---- bodies ---- */

/* An empty body is {}, whatever its type says (spec/clerk.md 0.10). */
static Err read_body(Ctx *ctx, const Req *req, void *in)
{
    Str type = req_header(req, "content-type");

    if (req->body.n > 0 && type.n > 0 && !str_eq_nocase(str_trim(str_cut(&type, ';')), STR("application/json")))
        return fail(ctx, E_MEDIA_TYPE, NOWHERE, NULL);
    return req_read(ctx, req, in);
}

/* A value as an error may show it. */
static const char *shown(Ctx *ctx, const char *text)
{
    return strlen(text) <= MOST_SHOWN ? text : arena_strndup(ctx->arena, text, MOST_SHOWN);
}

/* ---- user names ---- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static Err check_username(Ctx *ctx, const char *name)
{
    const size_t n = text_empty(name) ? 0 : utf8_length(str_of(name));

    if (text_empty(name))
        return OK;
    if (n < LEAST_USERNAME || n > MOST_USERNAME)
        return clerk_fail(ctx, SAY_USERNAME_LENGTH, AT(ClerkUserIn, username), NULL);
    if (clerk_phone(ctx, name) != NULL && *name == '+')
        return clerk_fail(ctx, SAY_USERNAME_PHONE, AT(ClerkUserIn, username), NULL);
    for (const char *c = name; *c != '\0'; c++)
        if (!is_name_char(*c))
            return clerk_fail(ctx, SAY_USERNAME_CHARACTER, AT(ClerkUserIn, username), NULL);
    if (strspn(name, "0123456789") == strlen(name))
        return clerk_fail(ctx, SAY_USERNAME_NUMBER, AT(ClerkUserIn, username), NULL);
    return OK;
}

/* ---- passwords ---- */

/* Clerk's hashers and the schemes of ours that read them; NULL: not read here. */
static const struct {
    const char *name, *scheme;
} hashers[] = {
    { "argon2i", "argon2i" },
    { "argon2id", "argon2id" },
    { "bcrypt", "bcrypt" },
    { "awscognito", NULL },
    { "bcrypt_sha256_django", NULL },
    { "bcrypt_peppered", NULL },
    { "ldap_ssha", NULL },
    { "md5", NULL },
    { "md5_salted", NULL },
    { "md5_phpass", NULL },
    { "pbkdf2_sha1", NULL },
    { "pbkdf2_sha256", NULL },
    { "pbkdf2_sha256_django", NULL },
    { "pbkdf2_sha512", NULL },
    { "pbkdf2_sha512_hex", NULL },
    { "phpass", NULL },
    { "scrypt_firebase", NULL },
    { "scrypt_werkzeug", NULL },
    { "sha256", NULL },
    { "sha256_salted", NULL },
    { "sha512_symfony", NULL },
    { "hmac_sha256_utf16_b64", NULL },
};

static Err unknown_hasher(Ctx *ctx, const char *name)
{
    const char *list = "";

    for (size_t i = 0; i < COUNTOF(hashers); i++)
        list = arena_printf(ctx->arena, "%s%s%s", list, i == 0 ? "" : ", ", hashers[i].name);
    return clerk_fail(ctx, SAY_CHOICE, AT(ClerkUserIn, password_hasher),
                      arena_printf(ctx->arena,
                                   "%s does not match the allowed values for parameter password_hasher. Allowed values: %s",
                                   shown(ctx, name), list));
}

static Err check_digest(Ctx *ctx, const char *digest, const char *hasher)
{
    for (size_t i = 0; i < COUNTOF(hashers); i++) {
        const Scheme *scheme = scheme_of(str_of(digest));

        if (!text_eq(hashers[i].name, hasher))
            continue;
        if (hashers[i].scheme == NULL)
            return clerk_fail(ctx, SAY_DIGEST, AT(ClerkUserIn, password_digest),
                              "Digests of this password_hasher are not supported by this instance.");
        if (scheme == NULL || !text_eq(scheme->name, hashers[i].scheme) || scheme->check(str_of(digest)) != OK)
            return clerk_fail(ctx, SAY_DIGEST, AT(ClerkUserIn, password_digest),
                              "The password digest is not valid for its password_hasher.");
        return OK;
    }
    return unknown_hasher(ctx, hasher);
}

/* Both or none, and not beside a password. */
static Err check_digest_pair(Ctx *ctx, const ClerkUserIn *in)
{
    if (in->password_digest == NULL && in->password_hasher == NULL)
        return OK;
    if (in->password != NULL)
        return clerk_fail(ctx, SAY_NOT_WITH, AT(ClerkUserIn, password),
                          "`password` isn't allowed when `password_digest` is present.");
    if (in->password_hasher == NULL)
        return clerk_fail(ctx, SAY_NEEDS, AT(ClerkUserIn, password_hasher),
                          "`password_hasher` is required when `password_digest` is present.");
    if (in->password_digest == NULL)
        return clerk_fail(ctx, SAY_NEEDS, AT(ClerkUserIn, password_digest),
                          "`password_digest` is required when `password_hasher` is present.");
    return check_digest(ctx, in->password_digest, in->password_hasher);
}

static bool is_identifier(const ClerkUserIn *in, const char *password)
{
    const Texts *lists[] = { &in->email_address, &in->phone_number };

    for (size_t k = 0; k < COUNTOF(lists); k++)
        for (size_t i = 0; i < lists[k]->n; i++)
            if (str_eq_nocase(str_of(lists[k]->v[i]), str_of(password)))
                return true;
    return in->username != NULL && str_eq_nocase(str_of(in->username), str_of(password));
}

/* Lengths count code points here; the bytes are the directory's to judge. */
static Err check_password(Ctx *ctx, const ClerkUserIn *in)
{
    const ptrdiff_t at = AT(ClerkUserIn, password);
    size_t n;

    TRY(check_digest_pair(ctx, in));
    if (in->password == NULL)
        return OK;
    n = utf8_length(str_of(in->password));
    if (n == 0)
        return clerk_fail(ctx, SAY_NIL, at, NULL);
    if (n > MOST_PASSWORD)
        return clerk_fail(ctx, SAY_PASSWORD_CHARACTERS, at, NULL);
    if (in->skip_password_checks)
        return OK;
    if (n < LEAST_PASSWORD) {
        IGNORE(fail(ctx, E_WEAK_PASSWORD, at, NULL)); /* returned below, with its reason */
        list_add(ctx->arena, &ctx->fault.reasons, "length");
        return E_WEAK_PASSWORD;
    }
    return is_identifier(in, in->password) ? clerk_fail(ctx, SAY_PASSWORD_IDENTIFIER, at, NULL) : OK;
}

/* ---- the rest of a body ---- */

/* Letters and digits in parts of one to eight, joined by '-'; the first part is letters (RFC 5646 in short). */
static bool is_locale(const char *text)
{
    Str rest = str_of(text);
    bool first = true;

    while (rest.p != NULL) {
        const Str part = str_cut(&rest, '-');

        if (part.n < (first ? 2U : 1U) || part.n > 8)
            return false;
        for (size_t i = 0; i < part.n; i++)
            if (!is_name_char(part.p[i]) || part.p[i] == '_' || (first && part.p[i] <= '9'))
                return false;
        first = false;
    }
    return true;
}

/* `provider` and `providers` of app metadata are the directory's: not shown, and not set from here. */
static const char *without_providers(Ctx *ctx, const char *doc)
{
    if (doc == NULL || strstr(doc, "provider") == NULL)
        return doc;
    return json_set(ctx->arena, json_set(ctx->arena, doc, "provider", NULL), "providers", NULL);
}

static Err check_common(Ctx *ctx, ClerkUserIn *in)
{
    TRY(check_username(ctx, in->username));
    TRY(check_password(ctx, in));
    if (in->locale != NULL && *in->locale != '\0' && !is_locale(in->locale))
        return clerk_fail(ctx, SAY_LOCALE, AT(ClerkUserIn, locale), NULL);
    if (in->create_organizations_limit < 0)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, AT(ClerkUserIn, create_organizations_limit), "0");
    in->public_metadata = without_providers(ctx, in->public_metadata);
    return OK;
}

/* ---- creating ---- */

static Err check_repeated(Ctx *ctx, const Texts *texts, ptrdiff_t at)
{
    for (size_t i = 1; i < texts->n; i++)
        for (size_t k = 0; k < i; k++)
            if (str_eq_nocase(str_of(texts->v[i]), str_of(texts->v[k])))
                return clerk_fail(ctx, SAY_REPEATED, at, shown(ctx, texts->v[i]));
    return OK;
}

/* One status for each address, if any is given. */
static Err check_statuses(Ctx *ctx, const Texts *texts, const Texts *statuses, ptrdiff_t at, const char *name, const char *of)
{
    if (statuses->n == 0)
        return OK;
    if (statuses->n != texts->n)
        return clerk_fail(ctx, SAY_UNEVEN, at, of);
    for (size_t i = 0; i < statuses->n; i++)
        if (!text_eq(statuses->v[i], "verified") && !text_eq(statuses->v[i], "reserved"))
            return clerk_fail(
                ctx, SAY_CHOICE, at,
                arena_printf(ctx->arena,
                             "%s does not match the allowed values for parameter %s. Allowed values: verified, reserved",
                             shown(ctx, statuses->v[i]), name));
    return OK;
}

static void split(Ctx *ctx, const Texts *texts, const Texts *statuses, Texts *verified, Texts *reserved)
{
    for (size_t i = 0; i < texts->n; i++)
        texts_add(ctx->arena, i < statuses->n && text_eq(statuses->v[i], "reserved") ? reserved : verified, texts->v[i]);
}

static Err take_addresses(Ctx *ctx, const ClerkUserIn *in, NewUser *new)
{
    TRY(check_repeated(ctx, &in->email_address, AT(ClerkUserIn, email_address)));
    TRY(check_repeated(ctx, &in->phone_number, AT(ClerkUserIn, phone_number)));
    TRY(check_repeated(ctx, &in->web3_wallet, AT(ClerkUserIn, web3_wallet)));
    TRY(check_statuses(ctx, &in->email_address, &in->email_status, AT(ClerkUserIn, email_status),
                       "email_address_identification_status", "email_address"));
    TRY(check_statuses(ctx, &in->phone_number, &in->phone_status, AT(ClerkUserIn, phone_status),
                       "phone_number_identification_status", "phone_number"));
    for (size_t i = 0; i < in->phone_number.n; i++)
        if (clerk_phone(ctx, in->phone_number.v[i]) == NULL || *in->phone_number.v[i] != '+')
            return fail(ctx, E_BAD_PHONE, AT(ClerkUserIn, phone_number), NULL);
    split(ctx, &in->email_address, &in->email_status, &new->emails, &new->reserved_emails);
    split(ctx, &in->phone_number, &in->phone_status, &new->phones, &new->reserved_phones);
    new->web3 = in->web3_wallet;
    return OK;
}

static const char *nothing_as_null(const char *text)
{
    return text_empty(text) ? NULL : text;
}

Err clerk_user_create(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkUserIn in = { 0 };
    NewUser new;
    User *user;

    TRY(read_body(ctx, req, &in));
    TRY(check_common(ctx, &in));
    new = (NewUser){
        .username = in.username,
        .password = in.password,
        .password_hash = in.password_digest,
        .meta_user = in.unsafe_metadata,
        .meta_app = in.public_metadata,
        .meta_private = in.private_metadata,
        .email_confirmed = true,
        .phone_confirmed = true,
        .banned = in.banned,
        .created_at = in.created_at,
        .first_name = nothing_as_null(in.first_name),
        .last_name = nothing_as_null(in.last_name),
        .locale = nothing_as_null(in.locale),
        .external_id = in.external_id,
        .skip_password_checks = in.skip_password_checks,
        .delete_self_disabled = HAS(&in, delete_self_enabled) && !IS_NULL(&in, delete_self_enabled) && !in.delete_self_enabled,
        .create_organization_disabled = HAS(&in, create_organization_enabled) && !IS_NULL(&in, create_organization_enabled) &&
                                        !in.create_organization_enabled,
        .create_organizations_limit = in.create_organizations_limit,
        .legal_accepted_at = in.legal_accepted_at,
        .bypass_client_trust = in.bypass_client_trust,
        .policy = &policy,
    };
    if (HAS(&in, create_organizations_limit) && !IS_NULL(&in, create_organizations_limit))
        SET(&new, create_organizations_limit);
    TRY(take_addresses(ctx, &in, &new));
    TRY(clerk_passed(ctx, create_members, COUNTOF(create_members), dir_user_create(ctx, &new, &user)));
    return clerk_reply_user(ctx, reply, 200, user);
}

/* ---- reading ---- */

Err clerk_user_get(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id;
    User *user;

    (void)req;
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_user_get(ctx, id, &user));
    return user->deleted_at != 0 ? fail(ctx, E_NO_USER, NOWHERE, NULL) : clerk_reply_user(ctx, reply, 200, user);
}

/* ---- changing ---- */

/* An id that a body names; one of no address is the directory's to refuse. */
static Err take_primary(Ctx *ctx, const char *text, ptrdiff_t at, const char **ret)
{
    if (text == NULL)
        return OK;
    *ret = clerk_id_read(ctx->arena, "idn_", text);
    return *ret == NULL ? fail(ctx, E_NOT_THIS_USER, at, NULL) : OK;
}

/* From 2026-05-12 on metadata has an endpoint of its own. */
static Err check_metadata_version(Ctx *ctx, const Req *req, const ClerkUserIn *in)
{
    const ptrdiff_t metadata[] = { AT(ClerkUserIn, public_metadata), AT(ClerkUserIn, private_metadata),
                                   AT(ClerkUserIn, unsafe_metadata) };

    if (!text_eq(clerk_version(ctx, req), "2026-05-12"))
        return OK;
    for (size_t i = 0; i < COUNTOF(metadata); i++)
        if (given_has(&in->given, (size_t)metadata[i]))
            return fail(ctx, E_UNKNOWN_FIELD, metadata[i], NULL);
    return OK;
}

static Err change_user(Ctx *ctx, const char *id, const ClerkUserIn *in, UserPatch *patch, Reply *reply)
{
    User *user;
    Err err;

    for (size_t i = 0; i < COUNTOF(patch_members); i++)
        move_member(&patch_members[i], in, patch);
    patch->policy = &policy;
    err = clerk_passed(ctx, patch_members, COUNTOF(patch_members), dir_user_update(ctx, id, patch, &user));
    if (err == E_NO_IDENTIFIER)
        return clerk_fail(ctx, SAY_LAST_IDENTIFIER, NOWHERE, NULL);
    TRY(err);
    return clerk_reply_user(ctx, reply, 200, user);
}

Err clerk_user_update(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkUserIn in = { 0 };
    UserPatch patch = { .meta_mode = META_REPLACE };
    const char *id;

    TRY(read_body(ctx, req, &in));
    TRY(check_metadata_version(ctx, req, &in));
    TRY(check_common(ctx, &in));
    if (in.profile_image_id != NULL)
        return clerk_fail(ctx, SAY_NO_IMAGE, AT(ClerkUserIn, profile_image_id), NULL);
    TRY(take_primary(ctx, in.primary_email_address_id, AT(ClerkUserIn, primary_email_address_id), &patch.primary_email_id));
    TRY(take_primary(ctx, in.primary_phone_number_id, AT(ClerkUserIn, primary_phone_number_id), &patch.primary_phone_id));
    TRY(take_primary(ctx, in.primary_web3_wallet_id, AT(ClerkUserIn, primary_web3_wallet_id), &patch.primary_web3_id));
    in.first_name = nothing_as_null(in.first_name);
    in.last_name = nothing_as_null(in.last_name);
    in.locale = nothing_as_null(in.locale);
    if (HAS(&in, create_organizations_limit) && IS_NULL(&in, create_organizations_limit)) {
        patch.create_organizations_limit = -1;
        SET(&patch, create_organizations_limit);
    }
    patch.skip_password_checks = in.skip_password_checks;
    patch.end_sessions = in.sign_out_of_other_sessions && (in.password != NULL || in.password_digest != NULL);
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    return change_user(ctx, id, &in, &patch, reply);
}

static Err change_metadata(Ctx *ctx, const Req *req, MetaMode mode, Reply *reply)
{
    ClerkUserIn in = { 0 };
    UserPatch patch = { .meta_mode = mode };
    const char *id;

    TRY(read_body(ctx, req, &in));
    in.public_metadata = without_providers(ctx, in.public_metadata);
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    return change_user(ctx, id, &in, &patch, reply);
}

Err clerk_metadata_merge(Ctx *ctx, const Req *req, Reply *reply)
{
    return change_metadata(ctx, req, META_DEEP, reply);
}

Err clerk_metadata_replace(Ctx *ctx, const Req *req, Reply *reply)
{
    return change_metadata(ctx, req, META_REPLACE, reply);
}

/* ---- the rest ---- */

Err clerk_user_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkDeleted out = { .object = "user", .id = req_param(ctx, "user_id"), .deleted = true };
    const char *id;

    (void)req;
    TRY(clerk_read_user_id(ctx, out.id, &id));
    TRY(dir_user_delete(ctx, id, false));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

Err clerk_password_verify(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkVerified out = { true };
    ClerkPasswordIn in = { 0 };
    const char *id;

    TRY(read_body(ctx, req, &in));
    if (text_empty(in.password))
        return clerk_fail(ctx, SAY_NIL, AT(ClerkPasswordIn, password), NULL);
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_password_verify(ctx, id, in.password));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}
