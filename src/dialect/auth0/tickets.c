/* tickets.c: links that verify an address or let their holder choose a password (spec/auth0.md 2.11), the letters that carry them, and what they
 * open. */
#include "base/clock.h"
#include "dialect/auth0/jobs.h"
#include "dialect/auth0/pages.h"
#include "directory/organizations.h"

static const UserPolicy ticket_policy = { .check_password = true, .password_min = 8, .meta_max = 64 * 1024 };

/* ---- bodies ---- */

static const Field identity_in[] = {
    TEXT(Auth0TicketIdentity, user_id, "user_id", .flags = REQUIRED),
    TEXT(Auth0TicketIdentity, provider, "provider", .flags = REQUIRED),
    TEXT(Auth0TicketIdentity, connection_id, "connection_id"),
    END(Auth0TicketIdentity),
};

/* clang-format off */
#define TICKET_FIELDS                                                                                                            \
    TEXT(Auth0TicketIn, client_id, "client_id", .min = 1, .note = "Id of the client"),                                           \
    TEXT(Auth0TicketIn, organization_id, "organization_id", .min = 1, .note = "Id of the organization"),                         \
    OBJECT(Auth0TicketIn, identity, "identity", identity_in)
#define LINK_FIELDS                                                                                                              \
    TICKET_FIELDS,                                                                                                               \
    TEXT(Auth0TicketIn, result_url, "result_url", .max = 2048, .form = "strict-uri", .note = "URL the user will be redirected to"), \
    INT(Auth0TicketIn, ttl_sec, "ttl_sec", .note = "Number of seconds for which the ticket is valid"),                           \
    BOOL(Auth0TicketIn, include_email, "includeEmailInRedirect")
/* clang-format on */

const Field auth0_verify_job_in[] = {
    TEXT(Auth0TicketIn, user_id, "user_id", .flags = REQUIRED, .form = "user-id", .note = "The user_id of the user"),
    TICKET_FIELDS,
    END(Auth0TicketIn),
};
const Field auth0_verify_ticket_in[] = {
    TEXT(Auth0TicketIn, user_id, "user_id", .flags = REQUIRED, .form = "user-id", .note = "The user_id of the user"),
    LINK_FIELDS,
    END(Auth0TicketIn),
};
const Field auth0_password_ticket_in[] = {
    TEXT(Auth0TicketIn, user_id, "user_id", .form = "user-id", .note = "The user_id of the user"),
    TEXT(Auth0TicketIn, connection_id, "connection_id", .form = "^con_[A-Za-z0-9]{16}$", .note = "Id of the connection"),
    TEXT(Auth0TicketIn, email, "email", .form = "email", .note = "The user's email"),
    BOOL(Auth0TicketIn, mark_verified, "mark_email_as_verified"),
    LINK_FIELDS,
    END(Auth0TicketIn),
};

typedef struct Ticket1 {
    const char *ticket;
} Ticket1;
static const Field ticket_out[] = { TEXT(Ticket1, ticket, "ticket"), END(Ticket1) };

/* What a ticket remembers. */
typedef struct Memory {
    const char *result_url;
    bool include_email, mark_verified;
} Memory;
static const Field memory_fields[] = {
    TEXT(Memory, result_url, "result_url", .flags = OMIT_NULL),
    BOOL(Memory, include_email, "include_email", .flags = OMIT_ZERO),
    BOOL(Memory, mark_verified, "mark_verified", .flags = OMIT_ZERO),
    END(Memory),
};

/* ---- whom it is for ---- */

static Err refuse(Ctx *ctx, const char *code, const char *message)
{
    return auth0_say(ctx, 400, code, message);
}

static Err check_client(Ctx *ctx, const char *client_id)
{
    const Err err = client_id == NULL ? OK : auth0_client_known(ctx, client_id);

    return err == E_NO_ROW ? refuse(ctx, "inexistent_client", "The client does not exist") : err;
}

static Err check_organization(Ctx *ctx, const char *id, const User *user)
{
    bool member;
    Err err;

    if (id == NULL)
        return OK;
    err = auth0_is_member(ctx, id, user->id, &member);
    if (err == E_NO_ORGANIZATION)
        return refuse(ctx, NULL, "The organization does not exist");
    TRY(err);
    if (member)
        return OK;
    return refuse(ctx, NULL,
                  arena_printf(ctx->arena, "The user with id %s is not a member of organization with id %s.", auth0_user_id(ctx, user), id));
}

static Err not_supported(Ctx *ctx)
{
    return refuse(ctx, "operation_not_supported", "The user's main connection does not support this operation.");
}

/* An account that was linked, of a kind whose address is ours to verify. */
static bool is_linked(const User *user, const Auth0Identity *view)
{
    for (size_t i = 0; i < user->identities.n; i++) {
        const Identity *row = user->identities.v[i];

        if (text_eq(row->id, view->row_id))
            return text_eq(row->provider, LINKED_PROVIDER) && !view->is_social;
    }
    return false;
}

/* The identity that a ticket is for: the primary one (`*ret` NULL), or an account that was linked. Of other parties' nothing can be verified here. */
static Err check_identity(Ctx *ctx, const Auth0TicketIdentity *wanted, const User *user, const Auth0Identity **ret)
{
    const Auth0User *view = auth0_user_view(ctx, user);
    Connection *connection;

    *ret = NULL;
    if (wanted == NULL)
        return ((const Auth0Identity *)view->identities.v[0])->is_social ? not_supported(ctx) : OK;
    if (wanted->connection_id != NULL) {
        const Err err = dir_connection_get(ctx, wanted->connection_id, &connection);

        TRY(err == E_NO_ROW ? refuse(ctx, "inexistent_connection", "Identity connection does not exist.") : err);
    }
    for (size_t i = 0; i < view->identities.n; i++) {
        const Auth0Identity *identity = view->identities.v[i];

        if (!text_eq(identity->provider, wanted->provider) || !text_eq(identity->user_id, wanted->user_id))
            continue;
        *ret = i == 0 ? NULL : identity;
        return identity->is_social || (i > 0 && !is_linked(user, identity)) ? not_supported(ctx) : OK;
    }
    return refuse(ctx, NULL, "The user exists, but does not contain the given identity.");
}

/* By the id of a connection and an address. */
static Err find_by_email(Ctx *ctx, const Connection *connection, const char *email, User **ret)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    const char *lower = text_lower(ctx->arena, email);
    List users = { 0 };

    texts_add(ctx->arena, &query->emails, lower);
    query->limit = 100;
    query->parts = USER_WHOLE;
    query->living = query->ascending = true;
    TRY(dir_user_list(ctx, query, &users));
    for (size_t i = 0; i < users.n; i++) {
        const Auth0User *view = auth0_user_view(ctx, users.v[i]);

        if (text_eq(view->email, lower) && text_eq(((const Auth0Identity *)view->identities.v[0])->connection, connection->name)) {
            *ret = users.v[i];
            return OK;
        }
    }
    return fail(ctx, E_NO_USER, NOWHERE, NULL);
}

static Err find_user(Ctx *ctx, const Auth0TicketIn *in, User **ret)
{
    Connection *connection;
    Err err;

    if (in->user_id != NULL && (in->email != NULL || in->connection_id != NULL))
        return auth0_bad_member(ctx, NULL, NULL, "Data is valid against more than one schema from 'oneOf'");
    if (in->user_id != NULL)
        return auth0_load(ctx, in->user_id, ret);
    if (in->email == NULL || in->connection_id == NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Data does not match any schemas from 'oneOf'");
    err = dir_connection_get(ctx, in->connection_id, &connection);
    if (err == E_NO_ROW)
        return refuse(ctx, "inexistent_connection", arena_printf(ctx->arena, "The connection with id %s does not exist.", in->connection_id));
    TRY(err);
    return find_by_email(ctx, connection, in->email, ret);
}

Err auth0_ticket_user(Ctx *ctx, const Auth0TicketIn *in, User **ret, Auth0TicketFor *whom)
{
    const Auth0Identity *identity;
    User *user;

    TRY(check_client(ctx, in->client_id));
    TRY(find_user(ctx, in, &user));
    TRY(check_identity(ctx, in->identity, user, &identity));
    TRY(check_organization(ctx, in->organization_id, user));
    *whom = (Auth0TicketFor){ .email = identity == NULL ? user->email : identity->profile->email,
                              .provider = identity == NULL ? NULL : identity->provider,
                              .identity_id = identity == NULL ? NULL : identity->row_id };
    *ret = user;
    return OK;
}

/* ---- making ---- */

static Err make(Ctx *ctx, const User *user, const Auth0TicketFor *whom, const char *kind, int64_t life, const Memory *memory, const TicketMail *mail,
                const char **secret)
{
    Buf buf = buf_in(ctx->arena, 16384);
    Ticket ticket;
    char *text;

    json_write(&buf, memory_fields, memory, JSON_PLAIN);
    TRY(buf_text(&buf, &text));
    ticket = (Ticket){ .kind = kind,
                       .options = text,
                       .identity_id = whom->identity_id,
                       .email = whom->email,
                       .expires_at = ctx->now + (life == 0 ? TICKET_S : life) * US_PER_S };
    return dir_ticket_make(ctx, user, &ticket, mail, secret);
}

static const char *path_of(const char *kind)
{
    return text_eq(kind, TICKET_VERIFY) ? "u/email-verification?ticket=" : "u/reset-password?ticket=";
}

static bool is_web(const char *url)
{
    return url == NULL || strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

static Err check_link(Ctx *ctx, const Auth0TicketIn *in, const char *kind)
{
    if (!is_web(in->result_url))
        return auth0_bad_member(ctx, "result_url", "URL the user will be redirected to",
                                "Object didn't pass validation for format strict-uri: %.200s", in->result_url);
    if (in->result_url != NULL && (text_eq(kind, TICKET_VERIFY) ? in->client_id : in->organization_id) != NULL)
        return auth0_bad_member(ctx, NULL, NULL, "Data matches schema from 'not'");
    return in->ttl_sec > 100LL * 365 * 86400 ? auth0_bad_member(ctx, "ttl_sec", NULL, "Value %lld is greater than maximum", (long long)in->ttl_sec)
                                             : OK;
}

static Err create(Ctx *ctx, const Req *req, Reply *reply, const char *kind)
{
    Auth0TicketIn in = { 0 };
    Auth0TicketFor whom;
    const char *secret;
    Ticket1 out;
    Memory memory;
    User *user;

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(check_link(ctx, &in, kind));
    TRY(auth0_ticket_user(ctx, &in, &user, &whom));
    if (text_eq(kind, TICKET_PASSWORD) && whom.provider != NULL && !text_eq(whom.provider, "auth0"))
        return not_supported(ctx);
    if (text_eq(kind, TICKET_VERIFY) && whom.email == NULL)
        return refuse(ctx, "operation_not_supported", "The user does not have an email address.");
    memory = (Memory){ .result_url = in.result_url, .include_email = in.include_email, .mark_verified = in.mark_verified };
    TRY(make(ctx, user, &whom, kind, in.ttl_sec, &memory, NULL, &secret));
    out = (Ticket1){ arena_printf(ctx->arena, "%s%s%s#", auth0_issuer(ctx), path_of(kind), secret) };
    return reply_json(ctx, reply, 201, AUTH0_JSON, ticket_out, &out, JSON_PLAIN);
}

Err auth0_ticket_verify(Ctx *ctx, const Req *req, Reply *reply)
{
    return create(ctx, req, reply, TICKET_VERIFY);
}

Err auth0_ticket_password(Ctx *ctx, const Req *req, Reply *reply)
{
    return create(ctx, req, reply, TICKET_PASSWORD);
}

/* ---- letters ---- */

static Err send_mail(Ctx *ctx, const User *user, const Auth0TicketFor *whom, const char *kind, const char *issuer, bool limited)
{
    const TicketMail mail = { .before = arena_printf(ctx->arena, "%s%s", issuer, path_of(kind)), .after = "#", .limited = limited };
    const Memory memory = { 0 };
    const char *secret;

    if (whom->email == NULL)
        return fail(ctx, E_NO_IDENTIFIER, NOWHERE, NULL);
    return make(ctx, user, whom, kind, 0, &memory, &mail, &secret);
}

Err auth0_verify_mail(Ctx *ctx, const User *user, const Auth0TicketFor *whom, const char *issuer)
{
    const Auth0TicketFor self = { .email = user->email };

    return send_mail(ctx, user, whom == NULL ? &self : whom, TICKET_VERIFY, issuer, false);
}

/* A user who was made or changed gets a letter where the request asks for it; or, where it says nothing and letters are sent, with `by_default`. What
 * cannot be sent does not undo the change. */
void auth0_verify_after(Ctx *ctx, const User *user, bool given, bool wanted, bool by_default)
{
    const bool verified = user->email_confirmed_at != 0, sends = !text_empty(ctx->directory->mail.smtp_host);

    if (user->email != NULL && (given ? wanted : by_default && !verified && sends))
        IGNORE(auth0_verify_mail(ctx, user, NULL, auth0_issuer(ctx)));
}

void auth0_verify_linked(Ctx *ctx, const User *user, const char *connection)
{
    const Auth0User *view = auth0_user_view(ctx, user);

    for (size_t i = 1; i < view->identities.n; i++) {
        const Auth0Identity *identity = view->identities.v[i];
        const Auth0TicketFor whom = { .email = identity->profile->email, .identity_id = identity->row_id };

        if (text_eq(identity->connection, connection) && is_linked(user, identity)) {
            IGNORE(auth0_verify_mail(ctx, user, &whom, auth0_issuer(ctx)));
            return;
        }
    }
}

typedef struct ForgottenIn {
    const char *client_id, *email, *connection, *organization;
} ForgottenIn;
const Field auth0_forgotten_in[] = {
    TEXT(ForgottenIn, client_id, "client_id"),
    TEXT(ForgottenIn, email, "email", .flags = REQUIRED, .min = 1),
    TEXT(ForgottenIn, connection, "connection", .flags = REQUIRED, .min = 1),
    TEXT(ForgottenIn, organization, "organization"),
    END(ForgottenIn),
};

/* Writes to who has the address; nobody who asks learns whether that is somebody. */
static Err write_to(Ctx *ctx, const ForgottenIn *in)
{
    Connection *connection;
    User *user;
    Err err;

    err = in->client_id == NULL ? OK : auth0_client_known(ctx, in->client_id);
    TRY(err == E_NO_ROW ? fail(ctx, E_BAD_CLIENT, NOWHERE, NULL) : err);
    err = dir_connection_named(ctx, in->connection, &connection);
    TRY(err == E_NO_ROW ? fail(ctx, E_NO_CONNECTION, NOWHERE, NULL) : err);
    if (in->client_id != NULL)
        TRY(auth0_check_open(ctx, connection, in->client_id));
    err = text_eq(connection->strategy, "auth0") ? find_by_email(ctx, connection, in->email, &user) : E_NO_USER;
    if (err == OK)
        err = send_mail(ctx, user, &(Auth0TicketFor){ .email = user->email }, TICKET_PASSWORD, auth0_issuer(ctx), true);
    return err == E_NO_USER || err == E_MAIL_LIMIT ? OK : err;
}

/* The same answer whoever asks, and whether or not anybody has the address. */
Err auth0_change_password(Ctx *ctx, const Req *req, Reply *reply)
{
    ForgottenIn in = { 0 };

    TRY(auth0_body(ctx, req, 0, &in));
    TRY(write_to(ctx, &in));
    return reply_text(ctx, reply, 200, "text/html; charset=utf-8", STR("We've just sent you an email to reset your password."));
}

/* ---- what the links open ---- */

typedef struct OpenQuery {
    const char *ticket, *password, *password_again, *username;
} OpenQuery;
static const Field open_query[] = {
    TEXT(OpenQuery, ticket, "ticket", .flags = SECRET),
    TEXT(OpenQuery, password, "password", .flags = SECRET),
    TEXT(OpenQuery, password_again, "password_again", .flags = SECRET),
    TEXT(OpenQuery, username, "username"),
    END(OpenQuery),
};

/* What is said of a ticket that opens nothing. */
static const struct {
    const char *code, *message;
} states[] = {
    [TICKET_USED] = { "used", "This URL can be used only once" },
    [TICKET_OVER] = { "access_expired", "Access expired." },
};

static Err open_ticket(Ctx *ctx, const char *kind, const char *secret, Ticket **ret, Memory *memory, TicketState *state)
{
    if (secret == NULL || strlen(secret) > 128)
        return fail(ctx, E_LINK_INVALID, NOWHERE, NULL);
    TRY(dir_ticket_get(ctx, kind, secret, ret, state));
    return json_read(ctx, str_of((*ret)->options), JSON_IGNORE_UNKNOWN, memory_fields, memory);
}

static Err conclude(Ctx *ctx, Reply *reply, const Ticket *ticket, const Memory *memory, PageResult result, const char *title)
{
    if (memory->result_url != NULL) {
        result.email = memory->include_email ? ticket->email : NULL;
        return page_leads_on(ctx, reply, memory->result_url, &result);
    }
    return page_told(ctx, reply, result.success ? 200 : 400, title, result.message);
}

static Err invalid(Ctx *ctx, Reply *reply)
{
    return page_told(ctx, reply, 400, "The link is not valid", "It was used already, its time is over, or it is not whole. Ask for another one.");
}

static Err closed(Ctx *ctx, Reply *reply, const Ticket *ticket, const Memory *memory, TicketState state)
{
    return conclude(ctx, reply, ticket, memory, (PageResult){ .message = states[state].message, .code = states[state].code },
                    "The link is not valid");
}

/* Of two who use a ticket at once the second is told as if he had come later. */
static Err late(Ctx *ctx, Reply *reply, const char *kind, const char *secret)
{
    TicketState state = TICKET_GOOD;
    Memory memory = { 0 };
    Ticket *ticket;
    const Err err = open_ticket(ctx, kind, secret, &ticket, &memory, &state);

    if (err == OK && state != TICKET_GOOD)
        return closed(ctx, reply, ticket, &memory, state);
    return err == OK || err == E_LINK_INVALID ? invalid(ctx, reply) : err;
}

Err auth0_open_verify(Ctx *ctx, const Req *req, Reply *reply)
{
    TicketState state = TICKET_GOOD;
    OpenQuery query = { 0 };
    Memory memory = { 0 };
    Ticket *ticket;
    User *user;
    Err err;

    TRY(form_read(ctx, req->query, FORM_FIRST | FORM_IGNORE_UNKNOWN, open_query, &query));
    err = open_ticket(ctx, TICKET_VERIFY, query.ticket, &ticket, &memory, &state);
    if (err == OK && state != TICKET_GOOD)
        return closed(ctx, reply, ticket, &memory, state);
    if (err == OK)
        err = dir_ticket_verify(ctx, query.ticket, &user);
    if (err == E_LINK_INVALID || err == E_NO_USER)
        return late(ctx, reply, TICKET_VERIFY, query.ticket);
    TRY(err);
    return conclude(ctx, reply, ticket, &memory,
                    (PageResult){ .message = "Your email was verified. You can continue using the application.", .code = "success", .success = true },
                    "Email verified");
}

static Err show_form(Ctx *ctx, Reply *reply, int status, const Ticket *ticket, const OpenQuery *query, const Memory *memory, const char *fault)
{
    const PasswordPage page = { .ticket = query->ticket, .user = ticket->email, .fault = fault, .target = memory->result_url };

    return page_password(ctx, reply, status, &page);
}

Err auth0_open_password(Ctx *ctx, const Req *req, Reply *reply)
{
    TicketState state = TICKET_GOOD;
    OpenQuery query = { 0 };
    Memory memory = { 0 };
    Ticket *ticket;
    Err err;

    TRY(form_read(ctx, req->query, FORM_FIRST | FORM_IGNORE_UNKNOWN, open_query, &query));
    err = open_ticket(ctx, TICKET_PASSWORD, query.ticket, &ticket, &memory, &state);
    if (err == E_LINK_INVALID)
        return invalid(ctx, reply);
    TRY(err);
    return state == TICKET_GOOD ? show_form(ctx, reply, 200, ticket, &query, &memory, NULL) : closed(ctx, reply, ticket, &memory, state);
}

/* What a password is refused for; NULL: the form cannot help. */
static const char *fault_of(const OpenQuery *query, Err err)
{
    if (text_empty(query->password))
        return "Enter a password.";
    if (!text_eq(query->password, query->password_again))
        return "The passwords are not the same.";
    return err == E_WEAK_PASSWORD ? "Password is too weak" : err == E_LONG_PASSWORD ? "Password is too long" : NULL;
}

/* That of the account which the ticket is for. */
static const char *connection_of(Ctx *ctx, const Ticket *ticket, const User *user)
{
    for (size_t i = 0; ticket->identity_id != NULL && i < user->identities.n; i++)
        if (text_eq(((const Identity *)user->identities.v[i])->id, ticket->identity_id))
            return auth0_identity_connection(ctx, user->identities.v[i]);
    return ((const Auth0Identity *)auth0_user_view(ctx, user)->identities.v[0])->connection;
}

/* The rules of the connection hold as well as those of the directory. */
static Err set_password(Ctx *ctx, const Ticket *ticket, const Memory *memory, const OpenQuery *query)
{
    Connection *connection;
    User *user;

    TRY(dir_user_get(ctx, ticket->user_id, &user));
    TRY(dir_connection_named(ctx, connection_of(ctx, ticket, user), &connection));
    TRY(auth0_password_fits(ctx, connection, query->password));
    return dir_ticket_password(ctx, query->ticket, &ticket_policy, query->password, memory->mark_verified, &user);
}

Err auth0_set_password(Ctx *ctx, const Req *req, Reply *reply)
{
    TicketState state = TICKET_GOOD;
    OpenQuery query = { 0 };
    Memory memory = { 0 };
    const char *fault;
    Ticket *ticket;
    Err err;

    TRY(form_read(ctx, req->body, FORM_FIRST | FORM_IGNORE_UNKNOWN, open_query, &query));
    err = open_ticket(ctx, TICKET_PASSWORD, query.ticket, &ticket, &memory, &state);
    if (err == E_LINK_INVALID)
        return invalid(ctx, reply);
    TRY(err);
    if (state != TICKET_GOOD)
        return closed(ctx, reply, ticket, &memory, state);
    fault = fault_of(&query, OK);
    err = fault == NULL ? set_password(ctx, ticket, &memory, &query) : OK;
    fault = fault_of(&query, err);
    if (fault != NULL)
        return show_form(ctx, reply, 400, ticket, &query, &memory, fault);
    if (err == E_LINK_INVALID || err == E_NO_USER)
        return late(ctx, reply, TICKET_PASSWORD, query.ticket);
    TRY(err);
    return conclude(ctx, reply, ticket, &memory,
                    (PageResult){ .message = "You can now login to the application with the new password.", .code = "success", .success = true },
                    "Password changed");
}
