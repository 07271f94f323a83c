/* mfa.c: second factors: enrolment, challenges, verification, removal (spec/gotrue.md 3.16). */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "crypto/totp.h"
#include "directory/post.h"
#include "store/account.h"

/* ---- questions ---- */

static bool is_verified(const Factor *factor)
{
    return text_eq(factor->status, "verified");
}

bool user_has_factor(const User *user)
{
    for (size_t i = 0; i < user->factors.n; i++)
        if (is_verified(user->factors.v[i]))
            return true;
    return false;
}

bool caller_is_aal2(const Ctx *ctx)
{
    const Caller *caller = ctx->caller;

    return caller != NULL && caller->session != NULL && text_eq(caller->aal, "aal2") && text_eq(caller->session->aal, "aal2");
}

const Factor *user_factor(const User *user, const char *factor_id)
{
    for (size_t i = 0; i < user->factors.n; i++)
        if (text_eq(((const Factor *)user->factors.v[i])->id, factor_id))
            return user->factors.v[i];
    return NULL;
}

static bool is_phone(const Factor *factor)
{
    return text_eq(factor->factor_type, "phone");
}

/* The method that a factor of this kind adds to a session's claims. */
static const char *method_of(const Factor *factor)
{
    return text_eq(factor->factor_type, "totp") ? "totp" : text_eq(factor->factor_type, "phone") ? "mfa/phone" : "mfa/webauthn";
}

static Err need_session(Ctx *ctx)
{
    return ctx->caller->session == NULL ? fail(ctx, E_SESSION_GONE, NOWHERE, "A valid session is required") : OK;
}

/* ---- enrolment ---- */

typedef struct Enrolment {
    const NewFactor *in;
    FactorRow row;
    const char *recovery; /* the code that comes with it, or NULL */
} Enrolment;

/* Begun, never challenged, and too old: as good as gone. */
static bool is_stale(const Factor *factor, int64_t before)
{
    return !is_verified(factor) && factor->last_challenged_at == 0 && factor->created_at < before;
}

static Err check_room(Ctx *ctx, const User *user, const Enrolment *enrolment)
{
    const FactorRules *rules = &ctx->directory->factors;
    const char *name = enrolment->row.factor.friendly_name;
    int64_t all = 0, verified = 0;

    for (size_t i = 0; i < user->factors.n; i++) {
        const Factor *factor = user->factors.v[i];

        if (is_stale(factor, enrolment->row.before) || text_eq(factor->id, enrolment->row.challenge_id))
            continue;
        if (text_eq(factor->friendly_name == NULL ? "" : factor->friendly_name, name))
            return fail(ctx, E_FACTOR_NAME_TAKEN, NOWHERE, "%s", name);
        all++;
        verified += is_verified(factor);
    }
    if (all >= rules->most_enrolled || verified >= rules->most_verified)
        return fail(ctx, E_FACTORS_MANY, NOWHERE, NULL);
    return verified > 0 && !caller_is_aal2(ctx) ? fail(ctx, E_MFA_REQUIRED, NOWHERE, NULL) : OK;
}

/* A number is a factor once: an enrolment of it that was not finished gives way (recorded as challenge_id). */
static Err clear_phone(Tx *tx, const User *user, Enrolment *enrolment)
{
    enrolment->row.challenge_id = NULL;
    for (size_t i = 0; enrolment->row.factor.phone != NULL && i < user->factors.n; i++) {
        const Factor *factor = user->factors.v[i];

        if (!text_eq(factor->phone, enrolment->row.factor.phone))
            continue;
        if (is_verified(factor))
            return fail(tx_ctx(tx), E_FACTOR_EXISTS, NOWHERE, NULL);
        enrolment->row.challenge_id = factor->id;
        TRY(factor_drop(tx, user->id, factor));
    }
    return OK;
}

/* With the first factor alone, and good with it alone: recovery_code_void(). Another may have become one since the caller looked. */
static Err put_recovery(Tx *tx, const User *user, const char *code)
{
    Ctx *ctx = tx_ctx(tx);
    const AccountKey key = { .user_id = user->id, .digest = recovery_digest(ctx, code), .created_at = ctx->now };

    return user_has_factor(user) ? fail(ctx, E_MFA_REQUIRED, NOWHERE, NULL) : store_account_write(tx, PUT_RECOVERY_CODE, &key, NULL);
}

static Err enroll(Tx *tx, void *arg)
{
    Enrolment *enrolment = arg;
    const FactorRow *row = &enrolment->row;
    const Traits traits = { .factor_id = row->factor.id, .factor_type = text_eq(row->factor.factor_type, "totp") ? NULL : row->factor.factor_type };
    User *user;

    TRY(user_load(tx, row->factor.user_id, &user));
    TRY(clear_phone(tx, user, enrolment));
    TRY(store_factor_write(tx, FACTOR_DELETE_STALE, row));
    TRY(check_room(tx_ctx(tx), user, enrolment));
    TRY(store_factor_write(tx, FACTOR_INSERT, row));
    if (enrolment->recovery != NULL)
        TRY(put_recovery(tx, user, enrolment->recovery));
    return event_add(tx, EV_FACTOR_IN_PROGRESS, user, &traits);
}

static Err check_kind(Ctx *ctx, const NewFactor *in)
{
    const FactorRules *rules = &ctx->directory->factors;
    const bool totp = text_eq(in->factor_type, "totp"), phone = text_eq(in->factor_type, "phone");

    if (!totp && !phone && !text_eq(in->factor_type, "webauthn"))
        return fail(ctx, E_BAD_VALUE, AT(NewFactor, factor_type), "factor_type needs to be totp, phone, or webauthn");
    if (!(totp && rules->totp_enroll) && !(phone && rules->phone_enroll))
        return fail(ctx, E_FACTOR_OFF, NOWHERE, NULL);
    if (phone && text_empty(in->phone))
        return fail(ctx, E_MISSING, AT(NewFactor, phone), "Phone number required to enroll Phone factor");
    return OK;
}

Err dir_factor_enroll(Ctx *ctx, const NewFactor *in, Factor **ret, const char **secret, const char **recovery)
{
    Enrolment *enrolment = ARENA_NEW(ctx->arena, Enrolment);
    Factor *factor = &enrolment->row.factor;

    TRY(need_session(ctx));
    TRY(check_kind(ctx, in));
    *factor = (Factor){ .id = uuid_new(ctx->arena),
                        .user_id = ctx->caller->user->id,
                        .factor_type = in->factor_type,
                        .status = "unverified",
                        .friendly_name = in->friendly_name == NULL ? "" : in->friendly_name,
                        .created_at = ctx->now,
                        .updated_at = ctx->now };
    if (text_eq(in->factor_type, "phone"))
        TRY(phone_read(ctx, in->phone, &factor->phone));
    else
        enrolment->row.secret = totp_secret(ctx->arena);
    enrolment->row.now = ctx->now;
    enrolment->row.before = ctx->now - ctx->directory->factors.factor_life;
    enrolment->recovery = recovery == NULL ? NULL : recovery_code_new(ctx);
    TRY(tx_run(ctx, enroll, enrolment));
    *ret = factor;
    *secret = enrolment->row.secret;
    if (recovery != NULL)
        *recovery = enrolment->recovery;
    return OK;
}

/* ---- challenges ---- */

/* Is this kind of factor in use? */
static bool in_use(const Ctx *ctx, const Factor *factor)
{
    const FactorRules *rules = &ctx->directory->factors;

    return is_phone(factor) ? rules->phone_verify : text_eq(factor->factor_type, "totp") && rules->totp_verify;
}

static Err check_use(Ctx *ctx, const Factor *factor)
{
    return in_use(ctx, factor) ? OK : fail(ctx, E_FACTOR_OFF, NOWHERE, NULL);
}

bool user_owes_factor(const Ctx *ctx, const User *user)
{
    for (size_t i = 0; i < user->factors.n; i++)
        if (is_verified(user->factors.v[i]) && in_use(ctx, user->factors.v[i]))
            return true;
    return false;
}

/* Where a challenge was made and must be answered; sockets without an address share one. */
static const char *place_of(const Ctx *ctx)
{
    return ctx->ip == NULL ? "0.0.0.0" : ctx->ip;
}

static Err challenge(Tx *tx, void *arg)
{
    const FactorRow *row = arg;
    const Traits traits = { .factor_id = row->factor.id, .factor_status = row->factor.status };

    TRY(store_factor_write(tx, FACTOR_CHALLENGED, row));
    TRY(store_factor_write(tx, CHALLENGE_INSERT, row));
    return event_add(tx, EV_CHALLENGE_CREATED, tx_ctx(tx)->caller->user, &traits);
}

/* A code to a phone, before the challenge is stored: a refusal leaves nothing behind. */
static Err send_code(Ctx *ctx, const Factor *factor, const char **code)
{
    const int64_t set = ctx->directory->factors.phone_frequency, next = factor->last_challenged_at + (set == 0 ? 60 * US_PER_S : set);
    bool test;

    if (factor->last_challenged_at != 0 && next >= ctx->now)
        return fail(ctx, E_SMS_LIMIT, NOWHERE, "For security purposes, you can only request this after %lld seconds.",
                    (long long)((next - ctx->now) / US_PER_S));
    return sms_send(ctx, ctx->caller->user, factor->phone, "mfa", code, &test);
}

Err dir_factor_challenge(Ctx *ctx, const Factor *factor, const char **id, int64_t *expires_at)
{
    FactorRow *row = ARENA_NEW(ctx->arena, FactorRow);
    Err err;

    TRY(check_use(ctx, factor));
    *row = (FactorRow){ .factor = *factor, .challenge_id = uuid_new(ctx->arena), .ip_address = place_of(ctx), .now = ctx->now };
    row->factor.user_id = ctx->caller->user->id;
    if (is_phone(factor))
        TRY(send_code(ctx, factor, &row->otp_code));
    for (int i = 0; (err = tx_run(ctx, challenge, row)) == E_CONFLICT && i < 100; i++)
        row->now++; /* the column is unique over all factors */
    TRY(err);
    *id = row->challenge_id;
    *expires_at = row->now + ctx->directory->factors.challenge_life * US_PER_S;
    return OK;
}

/* ---- verification ---- */

typedef struct Verification {
    const Factor *factor;
    const char *challenge_id, *code, *token;
    Grant *grant;
    bool wrong; /* what was counted stays, the caller gets an error */
} Verification;

static Err check_challenge(Ctx *ctx, const FactorRow *row)
{
    if (row->challenge_id == NULL)
        return fail(ctx, E_NO_CHALLENGE, NOWHERE, NULL);
    if (row->verified_at != 0 || !text_eq(row->ip_address, place_of(ctx)))
        return fail(ctx, E_CHALLENGE_USED, NOWHERE, NULL);
    if (row->challenge_at + ctx->directory->factors.challenge_life * US_PER_S <= ctx->now)
        return fail(ctx, E_CHALLENGE_OVER, NOWHERE, "%s", row->challenge_id);
    if (row->tries >= FACTOR_TRIES && row->tries_since + FACTOR_WINDOW > ctx->now)
        return fail(ctx, E_RATE_LIMIT, NOWHERE, NULL);
    return OK;
}

/* Counts a wrong code; the first of a window begins it. */
static Err count_wrong(Tx *tx, FactorRow *row)
{
    const int64_t now = tx_ctx(tx)->now;

    if (row->tries == 0 || row->tries_since + FACTOR_WINDOW <= now) {
        row->tries = 0;
        row->tries_since = now;
    }
    row->tries++;
    return store_factor_write(tx, FACTOR_COUNT, row);
}

/* The first verified factor: profiles keep when. */
static Err note_first(Tx *tx, User *user)
{
    if (user_has_factor(user))
        return OK;
    user->mfa_enabled_at = tx_ctx(tx)->now;
    user->has_profile = true;
    return store_profile_put(tx, user);
}

/* Claim, level and tokens of the session. The new token is no child of the one from before: a token of aal1 must not lead to aal2. */
static Err raise_session(Tx *tx, const FactorRow *row, bool counted)
{
    static const FactorWrite steps[] = { AMR_PUT, SESSION_RAISE, REFRESH_REVOKE_SESSION, REFRESH_BEGIN };
    const size_t n = counted ? 2 : COUNTOF(steps);

    for (size_t i = 0; i < n; i++)
        TRY(store_factor_write(tx, steps[i], row));
    return counted ? OK : event_add(tx, EV_TOKEN_REVOKED, tx_ctx(tx)->caller->user, NULL);
}

/* The user is shown with the factor as it is now. */
static Err tell_enrolled(Tx *tx, const User *user, const FactorRow *row)
{
    Ctx *ctx = tx_ctx(tx);
    User shown = *user;

    shown.factors = (List){ 0 };
    for (size_t i = 0; i < user->factors.n; i++) {
        Factor *factor = ARENA_NEW(ctx->arena, Factor);

        *factor = *(const Factor *)user->factors.v[i];
        if (text_eq(factor->id, row->factor.id))
            factor->status = "verified";
        list_add(ctx->arena, &shown.factors, factor);
    }
    return message_notify(tx, &shown, (Message){ .kind = MSG_FACTOR_ENROLLED, .to = user->email, .factor_type = row->factor.factor_type });
}

static Err admit(Tx *tx, const Verification *verification, User *user, FactorRow *row)
{
    Ctx *ctx = tx_ctx(tx);
    const bool counted = ctx->caller->session->refresh_token_hmac_key != NULL;
    const Traits traits = { .factor_id = row->factor.id, .challenge_id = row->challenge_id, .factor_type = row->factor.factor_type };
    SessionRow *session;
    const Err err = store_refresh_lock_session(tx, ctx->caller->session->id);

    TRY(err == E_NO_ROW ? fail(ctx, E_SESSION_GONE, NOWHERE, NULL) : err);
    row->session_id = ctx->caller->session->id;
    row->amr_id = uuid_new(ctx->arena);
    row->method = method_of(&row->factor);
    row->token = verification->token;
    row->now = ctx->now;
    row->tries = 0;
    TRY(event_add(tx, EV_VERIFICATION_ATTEMPTED, user, &traits));
    TRY(store_factor_write(tx, CHALLENGE_USE, row));
    TRY(store_factor_write(tx, FACTOR_COUNT, row));
    TRY(store_factor_write(tx, FACTOR_VERIFY, row));
    if (!is_verified(&row->factor))
        TRY(tell_enrolled(tx, user, row));
    TRY(note_first(tx, user));
    TRY(recovery_code_void(tx, user, row->factor.created_at));
    TRY(raise_session(tx, row, counted));
    TRY(store_factor_write(tx, SESSIONS_DELETE_LOW, row));
    TRY(store_session_load(tx, row->session_id, &session)); /* the factors that go now are still shown */
    TRY(store_factor_write(tx, FACTOR_DELETE_UNVERIFIED, row));
    *verification->grant = (Grant){ .user = &session->row.user, .session = &session->session, .counted = counted };
    verification->grant->refresh_token = counted ? refresh2_write(ctx, &session->session, session->session.refresh_token_counter) : row->token;
    return OK;
}

/* The step of the code, -1: it is wrong. The code of a phone has no step; its challenge is good once. */
static int64_t find_step(const Ctx *ctx, const FactorRow *row, const char *code)
{
    if (!is_phone(&row->factor))
        return totp_find(ctx->arena, row->secret, code, ctx->now / US_PER_S, row->last_step);
    return !text_empty(row->otp_code) && code != NULL && secret_eq(str_of(row->otp_code), str_of(code)) ? 0 : -1;
}

static Err verify(Tx *tx, void *arg)
{
    Verification *verification = arg;
    Ctx *ctx = tx_ctx(tx);
    const FactorRow key = { .factor.id = verification->factor->id,
                            .factor.user_id = ctx->caller->user->id,
                            .challenge_id = verification->challenge_id };
    FactorRow *row;
    User *user;
    int64_t step;
    Err err;

    verification->wrong = false;
    TRY(user_load(tx, key.factor.user_id, &user));
    err = store_challenge_get(tx, &key, &row);
    if (err == E_NO_ROW)
        return fail(ctx, E_NO_FACTOR, NOWHERE, NULL);
    TRY(err);
    TRY(check_challenge(ctx, row));
    step = find_step(ctx, row, verification->code);
    if (step < 0) {
        verification->wrong = true;
        return count_wrong(tx, row);
    }
    row->last_step = step;
    return admit(tx, verification, user, row);
}

typedef struct Refusal {
    const FactorRow *row;
    bool valid;
} Refusal;

/* All sessions of the user end. A wrong code counts all the same: else a program that refuses such would leave tries without end. */
static Err refuse(Tx *tx, void *arg)
{
    const Refusal *refusal = arg;
    FactorRow *row;
    User *user;
    Err err;

    TRY(user_load(tx, refusal->row->factor.user_id, &user));
    TRY(store_sessions_delete_all(tx, user->id));
    err = store_challenge_get(tx, refusal->row, &row);
    if (refusal->valid || err == E_NO_ROW)
        return OK;
    TRY(err);
    return count_wrong(tx, row);
}

/* The operator's program sees each try, and may refuse it. */
static Err ask_mfa_hook(Ctx *ctx, const FactorRow *row, bool valid)
{
    const char *user_id = row->factor.user_id;
    bool sign_out = false;
    const Err err = hook_decide(ctx, HOOK_MFA,
                                arena_printf(ctx->arena, "\"user_id\":\"%s\",\"factor_id\":\"%s\",\"factor_type\":\"%s\",\"valid\":%s", user_id,
                                             row->factor.id, row->factor.factor_type, valid ? "true" : "false"),
                                &sign_out);

    if (err == E_HOOK_REJECTED)
        TRY(tx_run(ctx, refuse, &(Refusal){ .row = row, .valid = valid }));
    return err;
}

static Err ask_of_challenge(Ctx *ctx, const Verification *verification)
{
    const FactorRow key = { .factor.id = verification->factor->id,
                            .factor.user_id = ctx->caller->user->id,
                            .challenge_id = verification->challenge_id };
    FactorRow *row;
    Err err;

    if (!hook_on(ctx, HOOK_MFA))
        return OK;
    err = store_challenge_get(db_auto(ctx), &key, &row);
    if (err == E_NO_ROW)
        return fail(ctx, E_NO_FACTOR, NOWHERE, NULL);
    TRY(err);
    TRY(check_challenge(ctx, row));
    return ask_mfa_hook(ctx, row, find_step(ctx, row, verification->code) >= 0);
}

Err dir_factor_verify(Ctx *ctx, const Factor *factor, const char *challenge_id, const char *code, Grant *ret)
{
    Verification verification = { .factor = factor, .challenge_id = challenge_id, .code = code, .token = refresh1_new(ctx), .grant = ret };

    TRY(need_session(ctx));
    TRY(check_use(ctx, factor));
    TRY(ask_of_challenge(ctx, &verification));
    TRY(tx_run(ctx, verify, &verification));
    message_wake(ctx);
    return verification.wrong ? fail(ctx, E_WRONG_CODE, NOWHERE, NULL) : OK;
}

/* ---- removal and change ---- */

Err factor_drop(Tx *tx, const char *user_id, const Factor *factor)
{
    FactorRow row = { .factor = *factor, .method = method_of(factor) };

    row.factor.user_id = user_id;
    TRY(store_factor_write(tx, FACTOR_AMR_DELETE, &row));
    TRY(store_factor_write(tx, FACTOR_SESSIONS_LOWER, &row));
    return store_factor_write(tx, FACTOR_DELETE, &row);
}

typedef struct FactorRemoval {
    const char *user_id;
    const Factor *factor;
    const Session *session; /* of a user who does it; NULL: an administrator */
} FactorRemoval;

/* The last verified one: profiles keep when. */
static Err note_last(Tx *tx, User *user, const Factor *gone)
{
    for (size_t i = 0; i < user->factors.n; i++)
        if (is_verified(user->factors.v[i]) && !text_eq(((const Factor *)user->factors.v[i])->id, gone->id))
            return OK;
    if (!is_verified(gone))
        return OK;
    user->mfa_disabled_at = tx_ctx(tx)->now;
    user->has_profile = true;
    return store_profile_put(tx, user);
}

static Err remove_factor(Tx *tx, void *arg)
{
    const FactorRemoval *removal = arg;
    const Session *session = removal->session;
    const Traits traits = { .factor_id = removal->factor->id,
                            .factor_status = session == NULL ? NULL : removal->factor->status,
                            .user_id = session == NULL ? removal->user_id : NULL,
                            .session_id = session == NULL ? NULL : session->id };
    const Factor *factor;
    User *user;

    TRY(user_load(tx, removal->user_id, &user));
    factor = user_factor(user, removal->factor->id);
    if (factor == NULL)
        return fail(tx_ctx(tx), E_NO_FACTOR, NOWHERE, NULL);
    if (session != NULL && is_verified(factor) && !caller_is_aal2(tx_ctx(tx)))
        return fail(tx_ctx(tx), E_MFA_REQUIRED, NOWHERE, NULL);
    TRY(factor_drop(tx, user->id, factor));
    TRY(note_last(tx, user, factor));
    if (session != NULL)
        TRY(message_notify(tx, user, (Message){ .kind = MSG_FACTOR_UNENROLLED, .to = user->email, .factor_type = factor->factor_type }));
    return event_add(tx, session == NULL ? EV_FACTOR_DELETED : EV_FACTOR_UNENROLLED, user, &traits);
}

Err dir_factor_unenroll(Ctx *ctx, const Factor *factor)
{
    FactorRemoval removal = { .user_id = ctx->caller->user->id, .factor = factor, .session = ctx->caller->session };

    TRY(need_session(ctx));
    TRY(tx_run(ctx, remove_factor, &removal));
    message_wake(ctx);
    return OK;
}

Err dir_factor_delete(Ctx *ctx, const User *user, const Factor *factor)
{
    FactorRemoval removal = { .user_id = user->id, .factor = factor };

    return tx_run(ctx, remove_factor, &removal);
}

static Err update_factor(Tx *tx, void *arg)
{
    const FactorRow *row = arg;
    const Traits traits = { .user_id = row->factor.user_id, .factor_id = row->factor.id, .factor_type = row->factor.factor_type };

    TRY(store_factor_write(tx, FACTOR_UPDATE, row));
    return event_add(tx, EV_FACTOR_UPDATED, NULL, &traits);
}

Err dir_factor_update(Ctx *ctx, const User *user, const Factor *factor, const char *friendly_name, const char *phone, Factor **ret)
{
    FactorRow *row = ARENA_NEW(ctx->arena, FactorRow);
    Err err;

    *row = (FactorRow){ .factor = *factor, .now = ctx->now };
    row->factor.user_id = user->id;
    row->factor.updated_at = ctx->now;
    if (!text_empty(friendly_name))
        row->factor.friendly_name = friendly_name;
    if (!text_empty(phone) && text_eq(factor->factor_type, "phone"))
        TRY(phone_read(ctx, phone, &row->factor.phone));
    err = tx_run(ctx, update_factor, row);
    if (err == E_FACTOR_NAME_TAKEN)
        return fail(ctx, err, NOWHERE, "%s", friendly_name);
    TRY(err);
    *ret = &row->factor;
    return OK;
}

/* ---- the second step of a sign-in ---- */

typedef struct SecondStep {
    const char *user_id, *code;
    const PhoneAnswer *phone;
    AccountKey recovery; /* digests of the recovery code that is given and of the next one */
    Grant *grant;
    bool wrong; /* what was counted stays, the caller gets an error */
} SecondStep;

static Err load_for_step(Tx *tx, const SecondStep *step, User **ret)
{
    TRY(user_load(tx, step->user_id, ret));
    return user_banned(tx_ctx(tx), *ret) ? fail(tx_ctx(tx), E_BANNED, NOWHERE, NULL) : OK;
}

/* A session that both steps made, with its first refresh token. */
static Err enter(Tx *tx, const SecondStep *step, User *user, FactorRow *row)
{
    static const Traits traits = { .provider = "email" };
    Ctx *ctx = tx_ctx(tx);
    Session *session;
    const Err err = session_begin(tx, "password", EV_LOGIN, &traits, user, step->grant);

    if (err == E_CONFLICT)
        return fail(ctx, E_NO_USER, NOWHERE, NULL);
    TRY(err);
    session = step->grant->session;
    row->factor.user_id = user->id;
    row->session_id = session->id;
    row->amr_id = uuid_new(ctx->arena);
    row->now = ctx->now;
    TRY(store_factor_write(tx, AMR_PUT, row));
    TRY(store_factor_write(tx, SESSION_RAISE, row));
    session->aal = "aal2";
    session->refresh_token_counter += 2; /* as raised */
    if (step->grant->counted)
        step->grant->refresh_token = refresh2_write(ctx, session, session->refresh_token_counter);
    return OK;
}

/* The TOTP factor that the code is of (NULL: of none), and those that it was tried at in vain. One with too many wrong codes takes none, right or
 * wrong. */
static Err find_totp(Tx *tx, const SecondStep *step, const User *user, FactorRow **ret, List *tried)
{
    Ctx *ctx = tx_ctx(tx);
    bool limited = false;

    *ret = NULL;
    for (size_t i = 0; i < user->factors.n && *ret == NULL; i++) {
        const Factor *factor = user->factors.v[i];
        const FactorRow key = { .factor.id = factor->id, .factor.user_id = user->id };
        FactorRow *row;
        int64_t at;

        if (!text_eq(factor->factor_type, "totp") || !is_verified(factor))
            continue;
        TRY(store_challenge_get(tx, &key, &row));
        if (row->tries >= FACTOR_TRIES && row->tries_since + FACTOR_WINDOW > ctx->now) {
            limited = true;
            continue;
        }
        at = totp_find(ctx->arena, row->secret, step->code, ctx->now / US_PER_S, row->last_step);
        if (at < 0) {
            list_add(ctx->arena, tried, row);
            continue;
        }
        row->last_step = at;
        *ret = row;
    }
    if (*ret != NULL || tried->n > 0)
        return OK;
    return fail(ctx, limited ? E_RATE_LIMIT : E_NO_FACTOR, NOWHERE, NULL);
}

static Err step_by_totp(Tx *tx, void *arg)
{
    SecondStep *step = arg;
    List tried = { 0 };
    FactorRow *row;
    User *user;

    TRY(load_for_step(tx, step, &user));
    TRY(find_totp(tx, step, user, &row, &tried));
    step->wrong = row == NULL;
    for (size_t i = 0; step->wrong && i < tried.n; i++)
        TRY(count_wrong(tx, tried.v[i]));
    if (step->wrong)
        return OK;
    row->tries = 0;
    row->method = "totp";
    TRY(store_factor_write(tx, FACTOR_COUNT, row));
    return enter(tx, step, user, row);
}

/* A wrong code is told of as one for the first factor that it was tried at. */
static Err ask_of_totp(Ctx *ctx, const SecondStep *step)
{
    List tried = { 0 };
    FactorRow *row;
    User *user;

    if (!hook_on(ctx, HOOK_MFA))
        return OK;
    TRY(user_found(ctx, store_user_get(db_auto(ctx), step->user_id, &user), &user));
    TRY(find_totp(db_auto(ctx), step, user, &row, &tried));
    return ask_mfa_hook(ctx, row != NULL ? row : tried.v[0], row != NULL);
}

Err dir_sign_in_totp(Ctx *ctx, const char *user_id, const char *code, Grant *ret)
{
    SecondStep step = { .user_id = user_id, .code = code, .grant = ret };

    if (!ctx->directory->factors.totp_verify)
        return fail(ctx, E_FACTOR_OFF, NOWHERE, NULL);
    TRY(ask_of_totp(ctx, &step));
    TRY(tx_run(ctx, step_by_totp, &step));
    return step.wrong ? fail(ctx, E_WRONG_CODE, NOWHERE, NULL) : OK;
}

/* The phone that is answered for, with its challenge, which is open. */
static Err find_phone(Tx *tx, const SecondStep *step, FactorRow **ret)
{
    const FactorRow key = { .factor.id = step->phone->factor_id, .factor.user_id = step->user_id, .challenge_id = step->phone->challenge_id };
    const Err err = store_challenge_get(tx, &key, ret);

    if (err == E_NO_ROW || (err == OK && (!is_phone(&(*ret)->factor) || !is_verified(&(*ret)->factor))))
        return fail(tx_ctx(tx), E_NO_FACTOR, NOWHERE, NULL);
    TRY(err);
    return check_challenge(tx_ctx(tx), *ret);
}

static Err ask_of_phone(Ctx *ctx, const SecondStep *step)
{
    FactorRow *row;

    if (!hook_on(ctx, HOOK_MFA))
        return OK;
    TRY(find_phone(db_auto(ctx), step, &row));
    return ask_mfa_hook(ctx, row, find_step(ctx, row, step->phone->code) >= 0);
}

static Err step_by_phone(Tx *tx, void *arg)
{
    SecondStep *step = arg;
    Ctx *ctx = tx_ctx(tx);
    FactorRow *row;
    User *user;

    TRY(load_for_step(tx, step, &user));
    TRY(find_phone(tx, step, &row));
    step->wrong = find_step(ctx, row, step->phone->code) < 0;
    if (step->wrong)
        return count_wrong(tx, row);
    row->now = ctx->now;
    row->tries = 0;
    row->method = method_of(&row->factor);
    TRY(store_factor_write(tx, CHALLENGE_USE, row));
    TRY(store_factor_write(tx, FACTOR_COUNT, row));
    return enter(tx, step, user, row);
}

Err dir_sign_in_phone(Ctx *ctx, const char *user_id, const PhoneAnswer *in, Grant *ret)
{
    SecondStep step = { .user_id = user_id, .phone = in, .grant = ret };

    if (!ctx->directory->factors.phone_verify)
        return fail(ctx, E_FACTOR_OFF, NOWHERE, NULL);
    TRY(ask_of_phone(ctx, &step));
    TRY(tx_run(ctx, step_by_phone, &step));
    return step.wrong ? fail(ctx, E_WRONG_CODE, NOWHERE, NULL) : OK;
}

static Err step_by_recovery(Tx *tx, void *arg)
{
    SecondStep *step = arg;
    FactorRow *row = ARENA_NEW(tx_ctx(tx)->arena, FactorRow);
    int64_t changed;
    User *user;

    TRY(load_for_step(tx, step, &user));
    TRY(store_account_write(tx, USE_RECOVERY_CODE, &step->recovery, &changed));
    step->wrong = changed == 0;
    if (step->wrong)
        return OK;
    row->method = "recovery_code";
    return enter(tx, step, user, row);
}

Err dir_sign_in_recovery(Ctx *ctx, const char *user_id, const char *code, const char **next, Grant *ret)
{
    SecondStep step = { .user_id = user_id, .grant = ret };
    const char *fresh = recovery_code_new(ctx);

    step.recovery =
        (AccountKey){ .user_id = user_id, .name = recovery_digest(ctx, code), .digest = recovery_digest(ctx, fresh), .created_at = ctx->now };
    TRY(tx_run(ctx, step_by_recovery, &step));
    *next = fresh;
    return step.wrong ? fail(ctx, E_WRONG_CODE, NOWHERE, NULL) : OK;
}
