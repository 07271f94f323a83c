/* sms.c: codes by text message (spec/gotrue.md 7, 10.4): fixed ones for tests, or through whoever sends. */
#include "base/clock.h"
#include "directory/post.h"

const char *sms_test_code(Ctx *ctx, const char *phone)
{
    const Mailing *mail = &ctx->directory->mail;
    Str rest = str_of(mail->sms_test_otp);
    int64_t until;

    if (!text_empty(mail->sms_test_otp_until) && (!time_read(str_of(mail->sms_test_otp_until), &until) || until < ctx->now))
        return NULL;
    while (rest.p != NULL && rest.n > 0) {
        Str code = str_cut(&rest, ','), number = str_trim(str_cut(&code, ':'));

        if (number.n > 0 && number.p[0] == '+')
            number = (Str){ number.p + 1, number.n - 1 };
        if (code.p != NULL && str_eq(number, str_of(phone)))
            return str_dup(ctx->arena, str_trim(code));
    }
    return NULL;
}

Err sms_send(Ctx *ctx, const User *user, const char *phone, const char *type, const char **code, bool *test)
{
    const Mailing *mail = &ctx->directory->mail;
    const char *fixed = sms_test_code(ctx, phone);

    *test = fixed != NULL;
    *code = fixed != NULL ? fixed : code_new(ctx, true);
    if (fixed != NULL)
        return OK;
    if (!hook_on(ctx, HOOK_SMS))
        return fail(ctx, E_SMS_FAILED, NOWHERE, NULL);
    if (type == NULL && !mail->sms_autoconfirm && !counter_take(mail->sms_counter, mail->sms_sent, ctx->now))
        return fail(ctx, E_SMS_LIMIT, NOWHERE, "SMS rate limit exceeded");
    return hook_send_sms(ctx, user, phone, *code, type);
}
