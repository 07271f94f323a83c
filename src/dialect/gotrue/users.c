/* users.c: /admin/users (spec/gotrue.md 2.1 to 2.5). */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/gotrue/internal.h"

static const UserPolicy admin_create = { .random_password = true, .verified_in_meta = true, .meta_max = GOTRUE_META_MAX };
static const UserPolicy admin_update = { .check_password = true, .verified_in_meta = true, .meta_max = GOTRUE_META_MAX };

/* ---- showing ---- */

const GotrueIdentity *gotrue_identity_view(Ctx *ctx, const Identity *identity)
{
    GotrueIdentity *view = ARENA_NEW(ctx->arena, GotrueIdentity);

    *view = (GotrueIdentity){ .identity_id = identity->id,
                              .id = identity->provider_id,
                              .user_id = identity->user_id,
                              .identity_data = text_eq(identity->data, "{}") ? NULL : identity->data,
                              .provider = identity->provider,
                              .email = identity->email,
                              .last_sign_in_at = identity->last_sign_in_at,
                              .created_at = identity->created_at,
                              .updated_at = identity->updated_at };
    return view;
}

const GotrueUser *gotrue_user_view(Ctx *ctx, const User *user)
{
    GotrueUser *view = ARENA_NEW(ctx->arena, GotrueUser);

    *view = (GotrueUser){
        .id = user->id,
        .aud = user->aud,
        .role = user->role,
        .email = user->email,
        .phone = user->phone,
        .new_email = user->email_change,
        .new_phone = user->phone_change,
        .app_metadata = user->meta_app,
        .user_metadata = user->meta_user,
        .email_confirmed_at = user->email_confirmed_at,
        .invited_at = user->invited_at,
        .phone_confirmed_at = user->phone_confirmed_at,
        .confirmation_sent_at = user->confirmation_sent_at,
        .confirmed_at = user->confirmed_at,
        .recovery_sent_at = user->recovery_sent_at,
        .email_change_sent_at = user->email_change_sent_at,
        .phone_change_sent_at = user->phone_change_sent_at,
        .reauthentication_sent_at = user->reauthentication_sent_at,
        .last_sign_in_at = user->last_sign_in_at,
        .created_at = user->created_at,
        .updated_at = user->updated_at,
        .banned_until = user->banned_until,
        .deleted_at = user->deleted_at,
        .is_anonymous = user->is_anonymous,
    };
    for (size_t i = 0; i < user->identities.n; i++)
        list_add(ctx->arena, &view->identities, (void *)(uintptr_t)gotrue_identity_view(ctx, user->identities.v[i]));
    for (size_t i = 0; i < user->factors.n; i++)
        list_add(ctx->arena, &view->factors, (void *)(uintptr_t)gotrue_factor_view(ctx, user->factors.v[i]));
    return view;
}

Err gotrue_reply_user(Ctx *ctx, Reply *reply, int status, const User *user)
{
    return reply_json(ctx, reply, status, "application/json", gotrue_user, gotrue_user_view(ctx, user), JSON_HTML);
}

Err gotrue_reply_list(Ctx *ctx, Reply *reply, const List *list)
{
    reply->status = 200;
    reply_header(reply, "Content-Type", "application/json");
    json_write_list(&reply->body, ctx_call(ctx)->route->out, list, JSON_HTML);
    return OK;
}

Err gotrue_read_user_id(Ctx *ctx, const char *text, const char **ret)
{
    *ret = uuid_read(ctx->arena, str_of(text));
    if (*ret != NULL)
        return OK;
    IGNORE(fail(ctx, E_NO_USER, NOWHERE, "user_id must be an UUID"));
    ctx->fault.name = STR("validation_failed");
    return E_NO_USER;
}

/* ---- reading ---- */

/* After the addresses of the body, which the reference judges first. */
static Err read_ban(Ctx *ctx, const AdminUserIn *in, int64_t *ret)
{
    const char *text = in->ban_duration, *read;
    int64_t us;

    *ret = 0;
    if (!text_empty(in->email))
        TRY(email_read(ctx, in->email, &read));
    if (!text_empty(in->phone))
        TRY(phone_read(ctx, in->phone, &read));
    if (text_eq(text, "none"))
        return OK;
    TRY(duration_read(ctx, text, &us));
    if (us == 0)
        return OK;
    if (__builtin_add_overflow(ctx->now, us, ret) || *ret > BANNED_FOREVER)
        *ret = BANNED_FOREVER;
    return OK;
}

static void give(Given *given, size_t offset, bool yes)
{
    if (yes)
        given_mark(given, offset, false);
}

static const char *trimmed(Ctx *ctx, const char *text)
{
    return text == NULL ? NULL : str_dup(ctx->arena, str_trim(str_of(text)));
}

/* The reference takes what it can read; the directory knows more. */
static Err check_hash(Ctx *ctx, const char *hash)
{
    const Scheme *scheme = scheme_of(str_of(hash));

    return scheme == NULL || scheme->core ? OK : fail(ctx, E_BAD_HASH, AT(AdminUserIn, password_hash), NULL);
}

Err gotrue_user_create(Ctx *ctx, const Req *req, Reply *reply)
{
    AdminUserIn in = { 0 };
    NewUser new;
    User *user;

    TRY(gotrue_read(ctx, req, GOTRUE_ADMIN_BODY, &in));
    if (in.password != NULL && !text_empty(in.password_hash))
        return fail(ctx, E_FORBIDDEN_COMBO, NOWHERE, "Only a password or a password hash should be provided");
    TRY(check_hash(ctx, in.password_hash));
    new = (NewUser){
        .id = in.id,
        .email = in.email,
        .phone = in.phone,
        .password = in.password,
        .password_hash = in.password_hash,
        .meta_user = in.user_metadata,
        .meta_app = in.app_metadata,
        .role = trimmed(ctx, in.role),
        .aud = text_empty(in.aud) ? gotrue_audience(ctx, req) : in.aud,
        .email_confirmed = in.email_confirm,
        .phone_confirmed = in.phone_confirm,
        .policy = &admin_create,
    };
    give(&new.given, offsetof(NewUser, role), !text_empty(in.role)); /* one of blanks alone is the empty role, not the default */
    if (!text_empty(in.ban_duration))
        TRY(read_ban(ctx, &in, &new.banned_until));
    TRY(dir_user_create(ctx, &new, &user));
    user->confirmed_at = 0; /* the reference does not read the generated column back here */
    if (!text_empty(in.password_hash) && in.user_metadata == NULL && !in.email_confirm)
        user->meta_user = "null"; /* its quirk: so it shows a map that was never made (spec 2.2) */
    return gotrue_reply_user(ctx, reply, 200, user);
}

Err gotrue_user_get(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return gotrue_reply_user(ctx, reply, 200, ctx_call(ctx)->loaded);
}

static const Identity *identity_by_id(const User *user, const char *id)
{
    for (size_t i = 0; i < user->identities.n; i++)
        if (text_eq(((const Identity *)user->identities.v[i])->id, id))
            return user->identities.v[i];
    return NULL;
}

/* The reference shows the identities and the confirmed time that it had in memory before the change; what is new comes last. */
static void show_as_before(const User *before, User *user)
{
    user->confirmed_at = before->confirmed_at;
    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *old = identity_by_id(before, ((const Identity *)user->identities.v[i])->id);

        if (old != NULL)
            user->identities.v[i] = (void *)(uintptr_t)old;
    }
}

Err gotrue_user_update(Ctx *ctx, const Req *req, Reply *reply)
{
    const User *before = ctx_call(ctx)->loaded;
    AdminUserIn in = { 0 };
    UserPatch patch;
    User *user;

    TRY(gotrue_read(ctx, req, GOTRUE_ADMIN_BODY, &in));
    patch = (UserPatch){
        .email = in.email,
        .phone = in.phone,
        .password = in.password,
        .meta_user = in.user_metadata,
        .meta_app = in.app_metadata,
        .role = trimmed(ctx, in.role),
        .email_confirmed = in.email_confirm,
        .phone_confirmed = in.phone_confirm,
        .meta_mode = META_TOP,
        .policy = &admin_update,
    };
    give(&patch.given, offsetof(UserPatch, role), !text_empty(in.role));
    give(&patch.given, offsetof(UserPatch, meta_user), in.user_metadata != NULL);
    give(&patch.given, offsetof(UserPatch, meta_app), in.app_metadata != NULL);
    give(&patch.given, offsetof(UserPatch, email_confirmed), in.email_confirm);
    give(&patch.given, offsetof(UserPatch, phone_confirmed), in.phone_confirm);
    give(&patch.given, offsetof(UserPatch, banned_until), !text_empty(in.ban_duration));
    if (!text_empty(in.ban_duration))
        TRY(read_ban(ctx, &in, &patch.banned_until));
    TRY(dir_user_update(ctx, before->id, &patch, &user));
    show_as_before(before, user);
    return gotrue_reply_user(ctx, reply, 200, user);
}

Err gotrue_user_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const User *user = ctx_call(ctx)->loaded;
    DeleteIn in = { 0 };

    if (req->body.n > 0)
        TRY(gotrue_read(ctx, req, GOTRUE_ADMIN_BODY, &in));
    TRY(dir_user_delete(ctx, user->id, in.should_soft_delete));
    return reply_text(ctx, reply, 200, "application/json", STR("{}"));
}
