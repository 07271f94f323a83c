/* users.c: /users and /users/{id} (spec/clerk.md 2.2 to 2.4). Clerk takes addresses as verified when a key gives them. */
#include "dialect/clerk/internal.h"

enum { MOST_METADATA = 8192, LEAST_USERNAME = 4, MOST_USERNAME = 64, MOST_SHOWN = 200, MOST_BULK = 50 };

static const UserPolicy policy = {
    .check_password = true, .password_min = CLERK_LEAST_PASSWORD, .keep_sessions = true, .listed = true, .meta_max = MOST_METADATA
};

/* ---- which members go where ---- */

/* clang-format off */
static const Member create_members[] = {
    { AT(NewUser, external_id), AT(ClerkUserIn, external_id), MOVE_TEXT },
    { AT(NewUser, first_name), AT(ClerkUserIn, first_name), MOVE_TEXT },
    { AT(NewUser, last_name), AT(ClerkUserIn, last_name), MOVE_TEXT },
    { AT(NewUser, locale), AT(ClerkUserIn, locale), MOVE_TEXT },
    { AT(NewUser, username), AT(ClerkUserIn, username), MOVE_TEXT },
    { AT(NewUser, password), AT(ClerkUserIn, password), MOVE_GIVEN_TEXT },
    { AT(NewUser, password_hash), AT(ClerkUserIn, password_digest), MOVE_GIVEN_TEXT },
    { AT(NewUser, totp_secret), AT(ClerkUserIn, totp_secret), MOVE_GIVEN_TEXT },
    { AT(NewUser, locked), AT(ClerkUserIn, locked), MOVE_BOOL },
    { AT(NewUser, backup_codes), AT(ClerkUserIn, backup_codes) },
    { AT(NewUser, meta_app), AT(ClerkUserIn, public_metadata), MOVE_GIVEN_TEXT },
    { AT(NewUser, meta_private), AT(ClerkUserIn, private_metadata), MOVE_GIVEN_TEXT },
    { AT(NewUser, meta_user), AT(ClerkUserIn, unsafe_metadata), MOVE_GIVEN_TEXT },
    { AT(NewUser, created_at), AT(ClerkUserIn, created_at), MOVE_INT },
    { AT(NewUser, legal_accepted_at), AT(ClerkUserIn, legal_accepted_at), MOVE_INT },
    { AT(NewUser, create_organizations_limit), AT(ClerkUserIn, create_organizations_limit), MOVE_INT },
    { AT(NewUser, skip_password_checks), AT(ClerkUserIn, skip_password_checks), MOVE_BOOL },
    { AT(NewUser, delete_self_disabled), AT(ClerkUserIn, delete_self_enabled), MOVE_NOT },
    { AT(NewUser, create_organization_disabled), AT(ClerkUserIn, create_organization_enabled), MOVE_NOT },
    { AT(NewUser, bypass_client_trust), AT(ClerkUserIn, bypass_client_trust), MOVE_BOOL },
    { AT(NewUser, banned), AT(ClerkUserIn, banned), MOVE_BOOL },
    { AT(NewUser, email), AT(ClerkUserIn, email_address) },
    { AT(NewUser, emails), AT(ClerkUserIn, email_address) },
    { AT(NewUser, reserved_emails), AT(ClerkUserIn, email_address) },
    { AT(NewUser, phone), AT(ClerkUserIn, phone_number) },
    { AT(NewUser, phones), AT(ClerkUserIn, phone_number) },
    { AT(NewUser, reserved_phones), AT(ClerkUserIn, phone_number) },
    { AT(NewUser, web3), AT(ClerkUserIn, web3_wallet) },
};

static const Member patch_members[] = {
    { AT(UserPatch, external_id), AT(ClerkUserIn, external_id), MOVE_TEXT },
    { AT(UserPatch, first_name), AT(ClerkUserIn, first_name), MOVE_TEXT },
    { AT(UserPatch, last_name), AT(ClerkUserIn, last_name), MOVE_TEXT },
    { AT(UserPatch, locale), AT(ClerkUserIn, locale), MOVE_TEXT },
    { AT(UserPatch, username), AT(ClerkUserIn, username), MOVE_TEXT },
    { AT(UserPatch, password), AT(ClerkUserIn, password), MOVE_GIVEN_TEXT },
    { AT(UserPatch, password_hash), AT(ClerkUserIn, password_digest), MOVE_GIVEN_TEXT },
    { AT(UserPatch, totp_secret), AT(ClerkUserIn, totp_secret), MOVE_GIVEN_TEXT },
    { AT(UserPatch, backup_codes), AT(ClerkUserIn, backup_codes) },
    { AT(UserPatch, meta_app), AT(ClerkUserIn, public_metadata), MOVE_GIVEN_TEXT },
    { AT(UserPatch, meta_private), AT(ClerkUserIn, private_metadata), MOVE_GIVEN_TEXT },
    { AT(UserPatch, meta_user), AT(ClerkUserIn, unsafe_metadata), MOVE_GIVEN_TEXT },
    { AT(UserPatch, created_at), AT(ClerkUserIn, created_at), MOVE_INT },
    { AT(UserPatch, legal_accepted_at), AT(ClerkUserIn, legal_accepted_at), MOVE_INT },
    { AT(UserPatch, create_organizations_limit), AT(ClerkUserIn, create_organizations_limit), MOVE_INT },
    { AT(UserPatch, delete_self_enabled), AT(ClerkUserIn, delete_self_enabled), MOVE_BOOL },
    { AT(UserPatch, create_organization_enabled), AT(ClerkUserIn, create_organization_enabled), MOVE_BOOL },
    { AT(UserPatch, bypass_client_trust), AT(ClerkUserIn, bypass_client_trust), MOVE_BOOL },
    { AT(UserPatch, skip_password_checks), AT(ClerkUserIn, skip_password_checks), MOVE_BOOL },
    { AT(UserPatch, primary_email_id), AT(ClerkUserIn, primary_email_address_id) },
    { AT(UserPatch, primary_phone_id), AT(ClerkUserIn, primary_phone_number_id) },
    { AT(UserPatch, primary_web3_id), AT(ClerkUserIn, primary_web3_wallet_id) },
};
/* clang-format on */

static void move_member(const Member *member, const ClerkUserIn *in, void *to)
{
    static const size_t sizes[] = {
        [MOVE_TEXT] = sizeof(const char *), [MOVE_GIVEN_TEXT] = sizeof(const char *), [MOVE_INT] = sizeof(int64_t), [MOVE_BOOL] = sizeof(bool)
    };
    const char *from = (const char *)in + member->ours;

    if (member->move == MOVE_NOT)
        *(bool *)((char *)to + member->at) = !*(const bool *)from;
    else
        memcpy((char *)to + member->at, from, sizes[member->move]);
}

/* Takes the given members over; `given` is the target's. */
static void move_members(const Member *members, size_t n, const ClerkUserIn *in, void *to, Given *given)
{
    for (size_t i = 0; i < n; i++) {
        const size_t ours = (size_t)members[i].ours;
        const bool null = given_null(&in->given, ours);

        if (members[i].move == MOVE_NONE || !given_has(&in->given, ours) || (null && members[i].move != MOVE_TEXT))
            continue;
        given_mark(given, (size_t)members[i].at, null);
        move_member(&members[i], in, to);
    }
}

/* ---- bodies ---- */

/* An empty body is {}, whatever its type says (spec/clerk.md 0.10). */
Err clerk_read_body(Ctx *ctx, const Req *req, void *in)
{
    Str type = req_header(req, "content-type");

    if (req->body.n > 0 && type.n > 0 && !str_eq_nocase(str_trim(str_cut(&type, ';')), STR("application/json")))
        return fail(ctx, E_MEDIA_TYPE, NOWHERE, NULL);
    return req_read(ctx, req, in);
}

/* A value as an error may show it. */
const char *clerk_shown(Ctx *ctx, const char *text)
{
    return strlen(text) <= MOST_SHOWN ? text : arena_strndup(ctx->arena, text, MOST_SHOWN);
}

bool clerk_is_url(const char *text)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const size_t n = strcspn(text, ":"), scheme = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

    if (n == 0 || n != scheme || strchr(first, *text) == NULL || strncmp(text + n, "://", 3) != 0 || text[n + 3] == '\0')
        return false;
    if (str_eq_nocase((Str){ text, n }, STR("javascript")) || str_eq_nocase((Str){ text, n }, STR("data")) ||
        str_eq_nocase((Str){ text, n }, STR("vbscript")))
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("\"<>\\^`{|}", *c) != NULL)
            return false;
    return true;
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

const char *clerk_without_providers(Ctx *ctx, const char *doc)
{
    static const char *const names[] = { "provider", "providers" };

    if (text_eq(doc, "{\"provider\":\"email\",\"providers\":[\"email\"]}")) /* as it stands with most */
        return "{}";
    return doc == NULL || strstr(doc, "provider") == NULL ? doc : json_without(ctx->arena, doc, names, COUNTOF(names));
}

static const char *nothing_as_null(const char *text)
{
    return text_empty(text) ? NULL : text;
}

static Err check_common(Ctx *ctx, ClerkUserIn *in)
{
    TRY(check_username(ctx, in->username));
    TRY(clerk_check_password(ctx, in));
    TRY(clerk_check_factors(ctx, in));
    if (in->locale != NULL && *in->locale != '\0' && !is_locale(in->locale))
        return clerk_fail(ctx, SAY_LOCALE, AT(ClerkUserIn, locale), NULL);
    if (in->create_organizations_limit < 0)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, AT(ClerkUserIn, create_organizations_limit), "0");
    in->public_metadata = clerk_without_providers(ctx, in->public_metadata);
    in->first_name = nothing_as_null(in->first_name);
    in->last_name = nothing_as_null(in->last_name);
    in->locale = nothing_as_null(in->locale);
    return OK;
}

/* ---- creating ---- */

static Err check_repeated(Ctx *ctx, const Texts *texts, ptrdiff_t at)
{
    for (size_t i = 1; i < texts->n; i++)
        for (size_t k = 0; k < i; k++)
            if (str_eq_nocase(str_of(texts->v[i]), str_of(texts->v[k])))
                return clerk_fail(ctx, SAY_REPEATED, at, clerk_shown(ctx, texts->v[i]));
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
            return clerk_fail(ctx, SAY_CHOICE, at,
                              arena_printf(ctx->arena, "%s does not match the allowed values for parameter %s. Allowed values: verified, reserved",
                                           clerk_shown(ctx, statuses->v[i]), name));
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
    TRY(check_statuses(ctx, &in->email_address, &in->email_status, AT(ClerkUserIn, email_status), "email_address_identification_status",
                       "email_address"));
    TRY(check_statuses(ctx, &in->phone_number, &in->phone_status, AT(ClerkUserIn, phone_status), "phone_number_identification_status",
                       "phone_number"));
    for (size_t i = 0; i < in->phone_number.n; i++)
        if (clerk_phone(ctx, in->phone_number.v[i]) == NULL || *in->phone_number.v[i] != '+')
            return fail(ctx, E_BAD_PHONE, AT(ClerkUserIn, phone_number), NULL);
    split(ctx, &in->email_address, &in->email_status, &new->emails, &new->reserved_emails);
    split(ctx, &in->phone_number, &in->phone_status, &new->phones, &new->reserved_phones);
    new->web3 = in->web3_wallet;
    return OK;
}

Err clerk_user_create(Ctx *ctx, const Req *req, Reply *reply)
{
    NewUser new = { .email_confirmed = true, .phone_confirmed = true, .policy = &policy };
    ClerkUserIn in = { 0 };
    User *user;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(check_common(ctx, &in));
    TRY(take_addresses(ctx, &in, &new));
    new.backup_codes = in.backup_codes;
    move_members(create_members, COUNTOF(create_members), &in, &new, &new.given);
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
    return clerk_reply_user(ctx, reply, 200, user);
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
    const ptrdiff_t metadata[] = { AT(ClerkUserIn, public_metadata), AT(ClerkUserIn, private_metadata), AT(ClerkUserIn, unsafe_metadata) };

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

    move_members(patch_members, COUNTOF(patch_members), in, patch, &patch->given);
    patch->policy = &policy;
    err = clerk_passed(ctx, patch_members, COUNTOF(patch_members), dir_user_update(ctx, id, patch, &user));
    if (err == E_NO_IDENTIFIER)
        return clerk_fail(ctx, SAY_LAST_IDENTIFIER, NOWHERE, NULL);
    TRY(err);
    return clerk_reply_user(ctx, reply, 200, user);
}

/* There is one image of a user: naming it changes nothing, null takes it away. */
static Err change_image(Ctx *ctx, const char *id, const ClerkUserIn *in)
{
    const char *image = in->profile_image_id == NULL ? NULL : clerk_id_read(ctx->arena, "img_", in->profile_image_id);
    User *user;

    if (!HAS(in, profile_image_id))
        return OK;
    if (IS_NULL(in, profile_image_id))
        return dir_image_delete(ctx, id, &user);
    TRY(dir_user_get(ctx, id, &user));
    return image != NULL && text_eq(user->image_id, image) ? OK : clerk_fail(ctx, SAY_NO_IMAGE, AT(ClerkUserIn, profile_image_id), NULL);
}

Err clerk_user_update(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkUserIn in = { 0 };
    UserPatch patch = { .meta_mode = META_REPLACE };
    const char *id;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(check_metadata_version(ctx, req, &in));
    TRY(check_common(ctx, &in));
    TRY(take_primary(ctx, in.primary_email_address_id, AT(ClerkUserIn, primary_email_address_id), &patch.primary_email_id));
    TRY(take_primary(ctx, in.primary_phone_number_id, AT(ClerkUserIn, primary_phone_number_id), &patch.primary_phone_id));
    TRY(take_primary(ctx, in.primary_web3_wallet_id, AT(ClerkUserIn, primary_web3_wallet_id), &patch.primary_web3_id));
    if (HAS(&in, create_organizations_limit) && IS_NULL(&in, create_organizations_limit)) {
        patch.create_organizations_limit = -1;
        SET(&patch, create_organizations_limit);
    }
    patch.backup_codes = in.backup_codes;
    if (HAS(&in, backup_codes) && !IS_NULL(&in, backup_codes))
        SET(&patch, backup_codes);
    patch.end_sessions = in.sign_out_of_other_sessions && (in.password != NULL || in.password_digest != NULL);
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(change_image(ctx, id, &in));
    return change_user(ctx, id, &in, &patch, reply);
}

/* A replacement by null is one by nothing. */
static void clear_nulls(const ClerkUserIn *in, UserPatch *patch)
{
    for (size_t i = 0; i < COUNTOF(patch_members); i++) {
        const Member *member = &patch_members[i];

        if (!given_null(&in->given, (size_t)member->ours))
            continue;
        *(const char **)(void *)((char *)patch + member->at) = "{}";
        given_mark(&patch->given, (size_t)member->at, false);
    }
}

static Err change_metadata(Ctx *ctx, const Req *req, MetaMode mode, Reply *reply)
{
    ClerkUserIn in = { 0 };
    UserPatch patch = { .meta_mode = mode };
    const char *id;

    TRY(clerk_read_body(ctx, req, &in));
    in.public_metadata = clerk_without_providers(ctx, in.public_metadata);
    if (mode == META_REPLACE)
        clear_nulls(&in, &patch); /* the body knows metadata alone */
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

/* ---- several users at once ---- */

static Err read_bulk(Ctx *ctx, const Req *req, Texts *ids)
{
    ClerkBulkIn in = { 0 };

    TRY(clerk_read_body(ctx, req, &in));
    if (in.user_ids.n == 0)
        return clerk_fail(ctx, SAY_NIL, AT(ClerkBulkIn, user_ids), NULL);
    if (in.user_ids.n > MOST_BULK)
        return clerk_fail(ctx, SAY_BULK, NOWHERE, "50");
    for (size_t i = 0; i < in.user_ids.n; i++) {
        const char *id = clerk_id_read(ctx->arena, "user_", in.user_ids.v[i]);

        if (id == NULL)
            return fail(ctx, E_NO_USER, NOWHERE, "%s", clerk_shown(ctx, in.user_ids.v[i]));
        texts_add(ctx->arena, ids, id);
    }
    return OK;
}

static Err ban_all(Ctx *ctx, const Req *req, bool banned, Reply *reply)
{
    UserPatch patch = { .banned = banned, .end_sessions = banned, .policy = &policy };
    List users, views = { 0 };
    Texts ids = { 0 };
    Err err;

    TRY(read_bulk(ctx, req, &ids));
    SET(&patch, banned);
    err = dir_users_update(ctx, &ids, &patch, &users);
    if (err == E_NO_USER)
        return fail(ctx, E_NO_USER, NOWHERE, "%s", clerk_id(ctx->arena, "user_", ctx->user_id));
    TRY(err);
    for (size_t i = 0; i < users.n; i++)
        list_add(ctx->arena, &views, (void *)(uintptr_t)clerk_user_view(ctx, users.v[i]));
    return clerk_reply_list(reply, clerk_user, &views);
}

Err clerk_users_ban(Ctx *ctx, const Req *req, Reply *reply)
{
    return ban_all(ctx, req, true, reply);
}

Err clerk_users_unban(Ctx *ctx, const Req *req, Reply *reply)
{
    return ban_all(ctx, req, false, reply);
}
