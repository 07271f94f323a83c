/* factors.c: second factors: what bodies give, codes, and their end (spec/clerk.md 2.6, 6.1, 6.2). */
#include "crypto/totp.h"
#include "dialect/clerk/internal.h"

/* Base32 in either case, with blanks and padding or without. */
static bool is_secret(Ctx *ctx, const char *text)
{
    Buf buf = buf_in(ctx->arena, 1024);
    char *plain;
    Str bytes;

    for (; *text != '\0'; text++)
        if (*text != ' ')
            buf_char(&buf, *text);
    return buf_text(&buf, &plain) == OK && base32_read(ctx->arena, str_of(plain), &bytes);
}

Err clerk_check_factors(Ctx *ctx, const ClerkUserIn *in)
{
    const ptrdiff_t at = AT(ClerkUserIn, backup_codes);

    if (in->totp_secret != NULL && !is_secret(ctx, in->totp_secret))
        return clerk_fail(ctx, SAY_TOTP_SECRET, AT(ClerkUserIn, totp_secret), NULL);
    for (size_t i = 0; i < in->backup_codes.n; i++) {
        if (*in->backup_codes.v[i] == '\0')
            return clerk_fail(ctx, SAY_NIL, at, NULL);
        for (size_t k = 0; k < i; k++)
            if (text_eq(in->backup_codes.v[i], in->backup_codes.v[k]))
                return clerk_fail(ctx, SAY_REPEATED, at, "backup_codes"); /* the codes themselves are secrets */
    }
    return OK;
}

Err clerk_totp_verify(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkCodeVerified out = { .verified = true };
    ClerkCodeIn in = { 0 };
    CodeKind kind;
    const char *id;
    Err err;

    TRY(clerk_read_body(ctx, req, &in));
    if (text_empty(in.code))
        return clerk_fail(ctx, SAY_NIL, AT(ClerkCodeIn, code), NULL);
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    err = dir_code_verify(ctx, id, in.code, &kind);
    if (err == E_NO_FACTOR)
        return clerk_fail(ctx, SAY_TOTP_OFF, NOWHERE, NULL);
    if (err == E_WRONG_CODE)
        return clerk_fail(ctx, SAY_TOTP_WRONG, NOWHERE, NULL);
    if (err == E_BAD_VALUE)
        return clerk_fail(ctx, SAY_TOTP_LENGTH, NOWHERE, NULL);
    TRY(err);
    out.code_type = kind == CODE_TOTP ? "totp" : "backup_code";
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

static Err reply_owner(Ctx *ctx, Reply *reply)
{
    const ClerkOwner out = { req_param(ctx, "user_id") };

    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

static Err factors_gone(Ctx *ctx, bool all, Reply *reply)
{
    const char *id;

    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_factors_delete(ctx, id, all));
    return reply_owner(ctx, reply);
}

Err clerk_mfa_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return factors_gone(ctx, true, reply);
}

Err clerk_totp_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    (void)req;
    return factors_gone(ctx, false, reply);
}

Err clerk_backup_codes_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const char *id;

    (void)req;
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_backup_codes_delete(ctx, id));
    return reply_owner(ctx, reply);
}
