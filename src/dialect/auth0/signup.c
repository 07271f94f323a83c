/* signup.c: /dbconnections: users who make themselves, and who forgot their password (spec/auth0.md 7.4). */
#include "dialect/auth0/internal.h"

static const UserPolicy signup_policy = { .check_password = true, .listed = true, .password_min = 8, .meta_max = 64 * 1024 };

typedef struct Refusal {
    const char *name, *code, *description, *message, *policy;
    int64_t status;
} Refusal;

static const Field refusal_fields[] = {
    TEXT(Refusal, name, "name"),
    TEXT(Refusal, message, "message", .flags = OMIT_NULL),
    TEXT(Refusal, code, "code"),
    TEXT(Refusal, description, "description"),
    TEXT(Refusal, policy, "policy", .flags = OMIT_NULL),
    INT(Refusal, status, "statusCode"),
    END(Refusal),
};

/* What these paths refuse has a form of its own. */
static Err refuse(Ctx *ctx, Reply *reply, Refusal refusal)
{
    refusal.status = 400;
    return reply_json(ctx, reply, 400, AUTH0_JSON, refusal_fields, &refusal, JSON_PLAIN);
}

static Err refuse_signup(Ctx *ctx, Reply *reply, Err err)
{
    switch (err) {
    case E_EMAIL_TAKEN:
    case E_PHONE_TAKEN:
        return refuse(ctx, reply, (Refusal){ .name = "BadRequestError", .code = "invalid_signup", .description = "Invalid sign up" });
    case E_USERNAME_TAKEN:
        return refuse(ctx, reply,
                      (Refusal){ .name = "BadRequestError", .code = "username_exists", .description = "The username provided is in use already." });
    case E_WEAK_PASSWORD:
    case E_LONG_PASSWORD:
        return refuse(ctx, reply,
                      (Refusal){ .name = "PasswordStrengthError",
                                 .message = "Password is too weak",
                                 .code = "invalid_password",
                                 .description = "Password is too weak",
                                 .policy = "* At least 8 characters in length" });
    default:
        return err;
    }
}

/* Texts alone, at most ten (7.4). */
static Err check_metadata(Ctx *ctx, const char *doc)
{
    List members = { 0 };
    const char *kind;

    if (doc == NULL)
        return OK;
    TRY(json_members(ctx, str_of(doc), &kind, &members));
    if (members.n > 10)
        return auth0_bad_member(ctx, "user_metadata", NULL, "Too many properties defined (%zu), maximum 10", members.n);
    for (size_t i = 0; i < members.n; i++) {
        const JsonMember *member = members.v[i];

        if (!text_eq(member->kind, "string"))
            return auth0_bad_member(ctx, "user_metadata", NULL, "Expected type string but found type %s", member->kind);
        if (strlen(member->name) > 100 || strlen(member->text) > 500)
            return auth0_bad_member(ctx, "user_metadata", NULL, "String is too long, maximum 500");
    }
    return OK;
}

static Auth0SignedUp view_of(Ctx *ctx, const User *user)
{
    const Auth0User *view = auth0_user_view(ctx, user);

    return (Auth0SignedUp){ .id = strchr(view->user_id, '|') + 1,
                            .email = view->email,
                            .email_verified = view->email_verified,
                            .username = view->username,
                            .phone_number = view->phone_number,
                            .phone_verified = view->phone_verified,
                            .given_name = user->given_name,
                            .family_name = user->family_name,
                            .name = view->name,
                            .nickname = view->nickname,
                            .picture = view->picture,
                            .user_metadata = view->user_metadata };
}

static NewUser new_user_of(Ctx *ctx, const Auth0SignUpIn *in)
{
    const char *email = text_lower(ctx->arena, in->email), *username = text_lower(ctx->arena, in->username);
    const char *name = auth0_default_name(email, username, in->phone_number);

    return (NewUser){ .email = email,
                      .phone = in->phone_number,
                      .username = username,
                      .password = in->password,
                      .meta_user = in->user_metadata,
                      .name = in->name == NULL ? name : in->name,
                      .given_name = in->given_name,
                      .family_name = in->family_name,
                      .picture = in->picture == NULL ? auth0_default_picture(ctx, name) : in->picture,
                      .nickname = in->nickname == NULL ? auth0_default_nickname(ctx, email, username, in->phone_number) : in->nickname,
                      .policy = &signup_policy };
}

static Err check_client(Ctx *ctx, const char *client_id, const char *connection)
{
    const Err err = auth0_client_known(ctx, client_id);

    TRY(err == E_NO_ROW ? fail(ctx, E_BAD_CLIENT, NOWHERE, NULL) : err);
    return text_eq(connection, AUTH0_CONNECTION) ? OK : fail(ctx, E_NO_CONNECTION, NOWHERE, NULL);
}

Err auth0_signup(Ctx *ctx, const Req *req, Reply *reply)
{
    const Auth0Settings *settings = ctx_settings(ctx);
    Auth0SignUpIn in = { 0 };
    Auth0SignedUp view;
    NewUser new;
    User *user;
    Err err;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(check_client(ctx, in.client_id, in.connection));
    TRY(check_metadata(ctx, in.user_metadata));
    if (settings->signup_off)
        return refuse(ctx, reply, (Refusal){ .name = "BadRequestError", .code = "invalid_signup", .description = "public signup is disabled" });
    new = new_user_of(ctx, &in);
    err = dir_user_create(ctx, &new, &user);
    if (err != OK)
        return refuse_signup(ctx, reply, err);
    view = view_of(ctx, user);
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_signed_up, &view, JSON_PLAIN);
}
