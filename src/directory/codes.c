/* codes.c: TOTP secrets and backup codes that an administrator gives, and codes that it asks about. A TOTP secret is a verified factor, as GoTrue has
 * them; a backup code is kept as a password hash, and goes when it is used. */
#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "crypto/totp.h"
#include "directory/internal.h"

enum { BCRYPT_LENGTH = 60 };

/* ---- giving ---- */

/* In capitals, without blanks and padding. E_BAD_VALUE. */
static Err read_secret(Ctx *ctx, const char *text, ptrdiff_t at, const char **ret)
{
    Buf plain = buf_in(ctx->arena, 1024), coded = buf_in(ctx->arena, 1024);
    char *secret;
    Str bytes;

    for (; *text != '\0'; text++)
        if (*text != ' ')
            buf_char(&plain, *text);
    if (!base32_read(ctx->arena, buf_view(&plain), &bytes))
        return fail(ctx, E_BAD_VALUE, at, NULL);
    base32_write(&coded, (const uint8_t *)bytes.p, bytes.n);
    TRY(buf_text(&coded, &secret));
    *ret = secret;
    return OK;
}

/* A digest of bcrypt's form is taken as it is. */
static bool is_digest(const char *code)
{
    return strlen(code) == BCRYPT_LENGTH && str_starts(str_of(code), STR("$2")) && password_hash_check(str_of(code)) == OK;
}

Err codes_read(Ctx *ctx, const char *secret, const Texts *codes, ptrdiff_t at_secret, ptrdiff_t at_codes, CodesIn *ret)
{
    if (secret != NULL)
        TRY(read_secret(ctx, secret, at_secret, &ret->secret));
    if (codes == NULL)
        return OK;
    if (codes->n > MOST_BACKUP_CODES)
        return fail(ctx, E_TOO_LONG, at_codes, NULL);
    for (size_t i = 0; i < codes->n; i++) {
        char *digest = arena_strndup(ctx->arena, codes->v[i], strlen(codes->v[i]));

        if (*digest == '\0' || strlen(digest) > 72)
            return fail(ctx, E_BAD_VALUE, at_codes, NULL);
        if (!is_digest(digest))
            TRY(password_hash(ctx, codes->v[i], &digest));
        texts_add(ctx->arena, &ret->digests, digest);
    }
    ret->codes = true;
    return OK;
}

static Err put_secret(Tx *tx, const User *user, const char *secret)
{
    Ctx *ctx = tx_ctx(tx);
    const FactorRow row = {
        .factor = { .id = uuid_new(ctx->arena), .user_id = user->id, .friendly_name = "", .factor_type = "totp", .status = "verified" },
        .secret = secret,
        .now = ctx->now
    };

    for (size_t i = 0; i < user->factors.n; i++)
        if (text_eq(((const Factor *)user->factors.v[i])->factor_type, "totp"))
            TRY(factor_drop(tx, user->id, user->factors.v[i]));
    return store_factor_write(tx, FACTOR_INSERT, &row);
}

static Err put_codes(Tx *tx, User *user, const Texts *digests)
{
    Ctx *ctx = tx_ctx(tx);

    TRY(store_backup_codes_delete(tx, user->id));
    for (size_t i = 0; i < digests->n; i++) {
        const BackupCode code = { .id = uuid_new(ctx->arena), .user_id = user->id, .digest = digests->v[i], .created_at = ctx->now };

        TRY(store_backup_code_insert(tx, &code));
    }
    user->backup_codes = (int64_t)digests->n;
    return OK;
}

Err codes_write(Tx *tx, User *user, const CodesIn *in)
{
    const bool before = user_two_factor(user);

    if (in->secret == NULL && !in->codes)
        return OK;
    if (in->secret != NULL) {
        TRY(recovery_code_void(tx, user, tx_ctx(tx)->now));
        TRY(put_secret(tx, user, in->secret));
    }
    if (in->codes)
        TRY(put_codes(tx, user, &in->digests));
    if (in->secret != NULL && !before)
        user->mfa_enabled_at = tx_ctx(tx)->now;
    user->has_profile = true;
    return OK;
}

/* ---- taking away ---- */

static Err take_codes(Tx *tx, void *arg)
{
    User *user;

    TRY(user_load(tx, arg, &user));
    if (user->backup_codes == 0)
        return OK;
    TRY(store_backup_codes_delete(tx, user->id));
    user->backup_codes = 0;
    return user_save(tx, user);
}

Err dir_backup_codes_delete(Ctx *ctx, const char *user_id)
{
    return tx_run(ctx, take_codes, (void *)(uintptr_t)user_id);
}

/* ---- asking ---- */

typedef struct Question {
    const char *user_id, *code;
    BackupCode backup; /* the one that fits */
    bool found;
} Question;

/* A step counts once, whoever asks. */
static Err try_totp(Tx *tx, void *arg)
{
    Question *question = arg;
    Ctx *ctx = tx_ctx(tx);
    User *user;

    question->found = false;
    TRY(user_load(tx, question->user_id, &user));
    for (size_t i = 0; i < user->factors.n && !question->found; i++) {
        const Factor *factor = user->factors.v[i];
        const FactorRow key = { .factor.id = factor->id, .factor.user_id = user->id };
        FactorRow *row;
        int64_t step;

        if (!text_eq(factor->factor_type, "totp") || !text_eq(factor->status, "verified"))
            continue;
        TRY(store_challenge_get(tx, &key, &row));
        step = totp_find(ctx->arena, row->secret, question->code, ctx->now / US_PER_S, row->last_step);
        if (step < 0)
            continue;
        row->last_step = step;
        question->found = true;
        TRY(store_factor_write(tx, FACTOR_COUNT, row));
    }
    return OK;
}

static Err use_backup(Tx *tx, void *arg)
{
    Question *question = arg;
    User *user;

    TRY(user_load(tx, question->user_id, &user));
    TRY(store_backup_code_use(tx, &question->backup, &question->found));
    if (!question->found)
        return OK; /* another request was faster */
    user->backup_codes--;
    return user_save(tx, user);
}

/* Which one fits is found before the transaction: it takes a hash each. */
static Err try_backup(Ctx *ctx, Question *question)
{
    List codes = { 0 };

    question->found = false;
    TRY(store_backup_codes(db_auto(ctx), question->user_id, &codes));
    for (size_t i = 0; i < codes.n; i++) {
        const BackupCode *code = codes.v[i];
        const Err err = password_fits_hash(ctx, code->digest, question->code);

        if (err == OK) {
            question->backup = *code;
            return tx_run(ctx, use_backup, question);
        }
        if (err != E_WRONG_PASSWORD && err != E_LONG_PASSWORD && err != E_BAD_HASH)
            return err;
    }
    return OK;
}

bool user_has_totp(const User *user)
{
    for (size_t i = 0; i < user->factors.n; i++) {
        const Factor *factor = user->factors.v[i];

        if (text_eq(factor->factor_type, "totp") && text_eq(factor->status, "verified"))
            return true;
    }
    return false;
}

Err dir_code_verify(Ctx *ctx, const char *user_id, const char *code, CodeKind *kind)
{
    Question question = { .user_id = user_id, .code = code };
    const bool digits = strlen(code) == TOTP_DIGITS && strspn(code, "0123456789") == TOTP_DIGITS;
    bool totp;
    User *user;

    TRY(dir_user_get(ctx, user_id, &user));
    totp = user_has_totp(user);
    if (!totp && user->backup_codes == 0)
        return fail(ctx, E_NO_FACTOR, NOWHERE, NULL);
    *kind = CODE_TOTP;
    if (totp && digits)
        TRY(tx_run(ctx, try_totp, &question));
    if (question.found)
        return OK;
    *kind = CODE_BACKUP;
    if (user->backup_codes > 0)
        TRY(try_backup(ctx, &question));
    if (question.found)
        return OK;
    return fail(ctx, totp && user->backup_codes == 0 && strlen(code) != TOTP_DIGITS ? E_BAD_VALUE : E_WRONG_CODE, NOWHERE, NULL);
}
