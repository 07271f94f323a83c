/* passwords.c: passwords of users (spec/clerk.md 6.4). */
#include "dialect/clerk/internal.h"

enum { MOST_PASSWORD = 72 };

/* ---- in a body ---- */

/* Both or none, and not beside a password. */
static Err check_digest_pair(Ctx *ctx, ClerkUserIn *in)
{
    if (in->password_digest == NULL && in->password_hasher == NULL)
        return OK;
    if (in->password != NULL)
        return clerk_fail(ctx, SAY_NOT_WITH, AT(ClerkUserIn, password), "`password` isn't allowed when `password_digest` is present.");
    if (in->password_hasher == NULL)
        return clerk_fail(ctx, SAY_NEEDS, AT(ClerkUserIn, password_hasher), "`password_hasher` is required when `password_digest` is present.");
    if (in->password_digest == NULL)
        return clerk_fail(ctx, SAY_NEEDS, AT(ClerkUserIn, password_digest), "`password_digest` is required when `password_hasher` is present.");
    return clerk_read_digest(ctx, in);
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
Err clerk_check_password(Ctx *ctx, ClerkUserIn *in)
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
    if (n < CLERK_LEAST_PASSWORD) {
        IGNORE(fail(ctx, E_WEAK_PASSWORD, at, NULL)); /* returned below, with its reason */
        list_add(ctx->arena, &ctx->fault.reasons, "length");
        return E_WEAK_PASSWORD;
    }
    return is_identifier(in, in->password) ? clerk_fail(ctx, SAY_PASSWORD_IDENTIFIER, at, NULL) : OK;
}

/* ---- what one asks about a password ---- */

Err clerk_password_verify(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkVerified out = { true };
    ClerkPasswordIn in = { 0 };
    const char *id;

    TRY(clerk_read_body(ctx, req, &in));
    if (text_empty(in.password))
        return clerk_fail(ctx, SAY_NIL, AT(ClerkPasswordIn, password), NULL);
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_password_verify(ctx, id, in.password));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

Err clerk_password_remove(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkSignOutIn in = { 0 };
    const char *id;
    User *user;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_password_remove(ctx, id, in.sign_out_of_other_sessions, &user));
    return clerk_reply_user(ctx, reply, 200, user);
}

static Err set_compromised(Ctx *ctx, bool compromised, bool end_sessions, Reply *reply)
{
    static const UserPolicy policy = { .check_password = true, .keep_sessions = true };
    UserPatch patch = { .password_compromised = compromised, .end_sessions = end_sessions, .policy = &policy };
    const char *id;
    User *user;

    SET(&patch, password_compromised);
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_user_get(ctx, id, &user));
    if (text_empty(user->encrypted_password) && text_empty(user->digest))
        return fail(ctx, E_NO_PASSWORD, NOWHERE, NULL);
    TRY(dir_user_update(ctx, id, &patch, &user));
    return clerk_reply_user(ctx, reply, 200, user);
}

Err clerk_password_compromise(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkCompromiseIn in = { 0 };

    TRY(clerk_read_body(ctx, req, &in));
    return set_compromised(ctx, true, in.revoke_all_sessions, reply);
}

Err clerk_password_trust(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return set_compromised(ctx, false, false, reply);
}
