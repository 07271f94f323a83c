/* factors.c: second factors: /factors of the caller, /admin/users/{user_id}/factors (spec/gotrue.md 2.6, 3.16). */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/totp.h"
#include "dialect/gotrue/internal.h"

/* ---- showing ---- */

const GotrueFactor *gotrue_factor_view(Ctx *ctx, const Factor *factor)
{
    GotrueFactor *view = ARENA_NEW(ctx->arena, GotrueFactor);

    *view = (GotrueFactor){ .id = factor->id,
                            .status = factor->status,
                            .friendly_name = factor->friendly_name,
                            .factor_type = factor->factor_type,
                            .phone = factor->phone,
                            .created_at = factor->created_at,
                            .updated_at = factor->updated_at,
                            .last_challenged_at = factor->last_challenged_at };
    return view;
}

/* How the kinds are called in codes and sentences. */
static const struct {
    const char *type, *name;
} kinds[] = { { "totp", "TOTP" }, { "phone", "Phone" }, { "webauthn", "WebAuthn" } };

/* A kind that is switched off has codes of its own. */
static Err say_off(Ctx *ctx, const char *type, bool enroll)
{
    for (size_t i = 0; i < COUNTOF(kinds); i++)
        if (text_eq(kinds[i].type, type)) {
            IGNORE(fail(ctx, E_FACTOR_OFF, NOWHERE, "MFA %s is disabled for %s", enroll ? "enroll" : "verification", kinds[i].name));
            ctx->fault.name = str_of(arena_printf(ctx->arena, "mfa_%s_%s_not_enabled", type, enroll ? "enroll" : "verify"));
        }
    return E_FACTOR_OFF;
}

/* What the lack of a second factor is called depends on what was wanted. */
static Err say_low(Ctx *ctx, Err err, const ErrRow *row)
{
    if (err == E_MFA_REQUIRED)
        ctx->fault.own = row;
    return err;
}

/* The factor of the path: enter() has found it. */
static const Factor *path_factor(Ctx *ctx)
{
    const User *user = ctx_call(ctx)->loaded != NULL ? ctx_call(ctx)->loaded : ctx->caller->user;

    return user_factor(user, uuid_read(ctx->arena, str_of(req_param(ctx, "factor_id"))));
}

/* ---- of the caller ---- */

/* host[:port] of the site. */
static const char *default_issuer(Ctx *ctx)
{
    const char *site = gotrue_site(ctx), *host = strstr(site, "://");

    host = host == NULL ? site : host + 3;
    return str_dup(ctx->arena, (Str){ host, strcspn(host, "/?#") });
}

static Err show_totp(Ctx *ctx, const FactorIn *in, const char *secret, const TotpOut **ret)
{
    const User *user = ctx->caller->user;
    const char *account = !text_empty(user->email) ? user->email : !text_empty(user->phone) ? user->phone : user->id;
    TotpOut *out = ARENA_NEW(ctx->arena, TotpOut);
    char *image;

    out->secret = secret;
    out->uri = totp_uri(ctx->arena, text_empty(in->issuer) ? default_issuer(ctx) : in->issuer, account, secret);
    if (qr_svg(ctx->arena, out->uri, &image) != OK)
        return fail(ctx, E_BAD_VALUE, AT(FactorIn, issuer), "Error generating QR Code");
    out->qr_code = image;
    *ret = out;
    return OK;
}

Err gotrue_factor_enroll(Ctx *ctx, const Req *req, Reply *reply)
{
    static const ErrRow low = { 403, "insufficient_aal", "AAL2 required to enroll a new factor" };
    FactorIn in = { 0 };
    EnrolmentOut out;
    NewFactor new;
    Factor *factor;
    const char *secret;
    Err err;

    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    new = (NewFactor){ .factor_type = in.factor_type, .friendly_name = in.friendly_name, .phone = in.phone };
    err = dir_factor_enroll(ctx, &new, &factor, &secret, NULL);
    if (err == E_FACTOR_OFF)
        return say_off(ctx, in.factor_type, true);
    if (err == E_FACTOR_NAME_TAKEN)
        ctx->fault.text = go_escape(ctx->arena, ctx->fault.text);
    TRY(say_low(ctx, err, &low));
    out = (EnrolmentOut){ .id = factor->id, .type = factor->factor_type, .friendly_name = factor->friendly_name, .phone = in.phone };
    if (secret != NULL) {
        out.phone = NULL;
        TRY(show_totp(ctx, &in, secret, &out.totp));
    }
    return reply_object(ctx, reply, 200, &out, JSON_HTML);
}

static Err read_channel(Ctx *ctx, const Req *req)
{
    ChallengeIn in = { 0 };

    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    return gotrue_channel_ok(ctx, in.channel) ? OK : fail(ctx, E_BAD_VALUE, NOWHERE, GOTRUE_BAD_CHANNEL);
}

Err gotrue_factor_challenge(Ctx *ctx, const Req *req, Reply *reply)
{
    const Factor *factor = path_factor(ctx);
    static const ErrRow failed = { 500, "unexpected_failure", "error invoking hook" };
    static const ErrRow no_provider = { 500, "unexpected_failure", "Failed to get SMS provider" };
    ChallengeOut out = { .type = factor->factor_type };
    Err err;

    if (text_eq(factor->factor_type, "phone") && ctx->directory->factors.phone_verify)
        TRY(read_channel(ctx, req));
    err = dir_factor_challenge(ctx, factor, &out.id, &out.expires_at);
    if (err == E_HOOK) /* not in the hook's words */
        ctx->fault = (Fault){ .err = err, .own = &failed, .name = STR("unexpected_failure"), .at = NOWHERE, .item = NOWHERE };
    if (err == E_SMS_FAILED)
        ctx->fault.own = &no_provider;
    if (err == E_FACTOR_OFF)
        return say_off(ctx, factor->factor_type, false);
    TRY(err);
    out.expires_at /= US_PER_S;
    return reply_object(ctx, reply, 200, &out, JSON_HTML);
}

Err gotrue_factor_verify(Ctx *ctx, const Req *req, Reply *reply)
{
    const Factor *factor = path_factor(ctx);
    static const ErrRow wrong = { 422, "mfa_verification_failed", "Invalid MFA Phone code entered" };
    FactorVerifyIn in = { 0 };
    const char *challenge;
    Grant grant = { 0 };
    Err err;

    TRY(gotrue_read(ctx, req, GOTRUE_BODY, &in));
    challenge = in.challenge_id == NULL ? UUID_NIL : uuid_read(ctx->arena, str_of(in.challenge_id));
    if (challenge == NULL) /* a part of the reference's reading */
        return fail(ctx, E_BAD_JSON, NOWHERE, "uuid: incorrect UUID length %zu in string %s", strlen(in.challenge_id),
                    go_quote(ctx->arena, in.challenge_id));
    if (text_empty(in.code) && !text_eq(factor->factor_type, "webauthn"))
        return fail(ctx, E_MISSING, AT(FactorVerifyIn, code), "Code needs to be non-empty");
    err = dir_factor_verify(ctx, factor, challenge, in.code, &grant);
    if (err == E_FACTOR_OFF)
        return say_off(ctx, factor->factor_type, false);
    if (err == E_WRONG_CODE && text_eq(factor->factor_type, "phone"))
        ctx->fault.own = &wrong;
    TRY(err);
    return gotrue_reply_grant(ctx, reply, &grant, gotrue_session);
}

Err gotrue_factor_unenroll(Ctx *ctx, const Req *req, Reply *reply)
{
    static const ErrRow low = { 422, "insufficient_aal", "AAL2 required to unenroll verified factor" };
    const Factor *factor = path_factor(ctx);
    const IdOut out = { factor->id };

    (void)req;
    TRY(say_low(ctx, dir_factor_unenroll(ctx, factor), &low));
    return reply_object(ctx, reply, 200, &out, JSON_HTML);
}

/* ---- by an administrator ---- */

Err gotrue_factor_list(Ctx *ctx, const Req *req, Reply *reply)
{
    const User *user = ctx_call(ctx)->loaded;
    List views = { 0 };

    (void)req;
    for (size_t i = 0; i < user->factors.n; i++)
        list_add(ctx->arena, &views, (void *)(uintptr_t)gotrue_factor_view(ctx, user->factors.v[i]));
    return gotrue_reply_list(ctx, reply, &views);
}

Err gotrue_factor_update(Ctx *ctx, const Req *req, Reply *reply)
{
    FactorIn in = { 0 };
    Factor *factor;

    TRY(gotrue_read(ctx, req, GOTRUE_ADMIN_BODY, &in));
    TRY(dir_factor_update(ctx, ctx_call(ctx)->loaded, path_factor(ctx), in.friendly_name, in.phone, &factor));
    return reply_object(ctx, reply, 200, gotrue_factor_view(ctx, factor), JSON_HTML);
}

Err gotrue_factor_delete(Ctx *ctx, const Req *req, Reply *reply)
{
    const Factor *factor = path_factor(ctx);

    (void)req;
    TRY(dir_factor_delete(ctx, ctx_call(ctx)->loaded, factor));
    return reply_object(ctx, reply, 200, gotrue_factor_view(ctx, factor), JSON_HTML);
}
