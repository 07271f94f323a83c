/* address.c: what an e-mail address, a phone number and a user name look like (spec/gotrue.md 6.5, spec/clerk.md 2.2). */
#include "base/str.h"
#include "directory/directory.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_local(char c)
{
    return is_alnum(c) || (c != '\0' && strchr(".!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

/* 1 to 63 letters, digits and inner dashes. */
static bool is_label(Str label)
{
    if (label.n < 1 || label.n > 63 || !is_alnum(label.p[0]) || !is_alnum(label.p[label.n - 1]))
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!is_alnum(label.p[i]) && label.p[i] != '-')
            return false;
    return true;
}

static bool is_email(const char *text)
{
    Str domain = str_of(text), local = str_cut(&domain, '@');

    if (local.n == 0 || domain.p == NULL)
        return false;
    for (size_t i = 0; i < local.n; i++)
        if (!is_local(local.p[i]))
            return false;
    while (domain.p != NULL)
        if (!is_label(str_cut(&domain, '.')))
            return false;
    return true;
}

Err email_read(Ctx *ctx, const char *text, const char **ret)
{
    if (text_empty(text))
        return fail(ctx, E_BAD_EMAIL, NOWHERE, "An email address is required");
    if (strlen(text) > 255)
        return fail(ctx, E_BAD_EMAIL, NOWHERE, "An email address is too long");
    if (!is_email(text))
        return fail(ctx, E_BAD_EMAIL, NOWHERE, "Unable to validate email address: invalid format");
    *ret = text_lower(ctx->arena, text);
    return OK;
}

Err phone_read(Ctx *ctx, const char *text, const char **ret)
{
    char *digits = arena_alloc(ctx->arena, strlen(text) + 1);
    size_t n = 0;

    text += *text == '+';
    for (; *text != '\0'; text++)
        if (*text != ' ')
            digits[n++] = *text;
    if (n < 2 || n > 15 || digits[0] == '0' || strspn(digits, "0123456789") != n)
        return fail(ctx, E_BAD_PHONE, NOWHERE, "Invalid phone number format (E.164 required)");
    *ret = digits;
    return OK;
}

/* An Ethereum address (0x and 40 hex digits) or one in base 58 or bech32, as other chains write theirs. */
Err wallet_read(Ctx *ctx, const char *text, const char **ret)
{
    const size_t n = strlen(text);
    const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

    if (hex ? n != 42 || strspn(text + 2, "0123456789abcdefABCDEF") != 40 : n < 20 || n > 128)
        return fail(ctx, E_BAD_WALLET, NOWHERE, NULL);
    for (const char *c = text; *c != '\0'; c++)
        if (!is_alnum(*c))
            return fail(ctx, E_BAD_WALLET, NOWHERE, NULL);
    *ret = hex ? text_lower(ctx->arena, text) : text;
    return OK;
}
