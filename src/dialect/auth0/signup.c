/* signup.c: /dbconnections: users who make themselves, and who forgot their password (spec/auth0.md 7.4). */
#include "base/id.h"
#include "dialect/auth0/internal.h"

static const UserPolicy signup_policy = { .check_password = true, .listed = true, .password_min = 8, .meta_max = 64 * 1024 };

typedef struct Refusal {
    const char *name, *code, *description, *message, *policy;
    const char *rules; /* a document in the place of the description */
    int64_t status;
} Refusal;

static const Field refusal_fields[] = {
    TEXT(Refusal, name, "name"),
    TEXT(Refusal, message, "message", .flags = OMIT_NULL),
    TEXT(Refusal, code, "code"),
    TEXT(Refusal, description, "description", .flags = OMIT_NULL),
    JSON(Refusal, rules, "description", .flags = OMIT_NULL),
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

static Err refuse_signup(Ctx *ctx, Reply *reply, const Connection *connection, const char *password, Err err)
{
    const Refusal taken = { .name = "BadRequestError", .code = "invalid_signup", .description = "Invalid sign up" };
    const Refusal name = { .name = "BadRequestError", .code = "username_exists", .description = "The username provided is in use already." };
    Refusal weak = { .name = "PasswordStrengthError", .message = "Password is too weak", .code = "invalid_password" };

    switch (err) {
    case E_EMAIL_TAKEN:
    case E_PHONE_TAKEN:
        return refuse(ctx, reply, taken);
    case E_USERNAME_TAKEN:
        return refuse(ctx, reply, name);
    case E_WEAK_PASSWORD:
    case E_LONG_PASSWORD:
        auth0_password_rules(ctx, connection, password, &weak.rules, &weak.policy);
        return refuse(ctx, reply, weak);
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

/* A database that is there. */
static Err find_connection(Ctx *ctx, const Auth0SignUpIn *in, Connection **ret)
{
    Err err = auth0_client_known(ctx, in->client_id);

    TRY(err == E_NO_ROW ? fail(ctx, E_BAD_CLIENT, NOWHERE, NULL) : err);
    err = dir_connection_named(ctx, in->connection, ret);
    return err == E_NO_ROW || (err == OK && !text_eq((*ret)->strategy, "auth0")) ? fail(ctx, E_NO_CONNECTION, NOWHERE, NULL) : err;
}

static bool is_closed(Ctx *ctx, const Connection *connection)
{
    return ((const Auth0Settings *)ctx_settings(ctx))->signup_off || auth0_connection_off(connection) ||
           text_eq(json_get(ctx->arena, connection->options, "disable_signup"), "true");
}

/* An address that users of other connections alone have is free in this one. */
static Err create(Ctx *ctx, const Auth0SignUpIn *in, const Connection *connection, User **ret)
{
    NewUser new = new_user_of(ctx, in);
    const bool other = !text_eq(connection->name, AUTH0_CONNECTION);

    TRY(auth0_password_fits(ctx, connection, in->password));
    if (other) {
        new.connection = connection->name;
        new.provider = "auth0";
        new.subject = random_text(ctx->arena, 24, "0123456789abcdef");
    }
    return dir_user_create(ctx, &new, ret);
}

Err auth0_signup(Ctx *ctx, const Req *req, Reply *reply)
{
    static const Refusal closed = { .name = "BadRequestError", .code = "invalid_signup", .description = "public signup is disabled" };
    Connection *connection;
    Auth0SignUpIn in = { 0 };
    Auth0SignedUp view;
    User *user;
    Err err;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(find_connection(ctx, &in, &connection));
    TRY(check_metadata(ctx, in.user_metadata));
    if (is_closed(ctx, connection))
        return refuse(ctx, reply, closed);
    TRY(auth0_check_open(ctx, connection, in.client_id));
    err = create(ctx, &in, connection, &user);
    if (err != OK)
        return refuse_signup(ctx, reply, connection, in.password, err);
    view = view_of(ctx, user);
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_signed_up, &view, JSON_PLAIN);
}
