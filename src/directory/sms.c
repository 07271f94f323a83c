/* sms.c: codes by text message (spec/gotrue.md 7, 10.4): fixed ones for tests. */
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
