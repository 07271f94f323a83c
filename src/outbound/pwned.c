/* pwned.c: the range API of Pwned Passwords. */
#include "outbound/pwned.h"

#include "base/id.h"
#include "crypto/crypto.h"
#include "outbound/hook.h"

enum { PREFIX = 5, ASK_MS = 5000 };

/* `SUFFIX:COUNT`, one a line; lines with a count of 0 are padding. */
static bool is_in(Str lines, Str suffix)
{
    while (lines.p != NULL && lines.n > 0) {
        Str line = str_trim(str_cut(&lines, '\n'));
        const Str digits = str_cut(&line, ':');
        uint64_t count;

        if (str_eq_nocase(digits, suffix))
            return str_to_u64(line, UINT64_MAX, &count) && count > 0;
    }
    return false;
}

static const char *url_of(Arena *arena, const PwnedAsk *ask, const char *digits)
{
    const char *base = text_empty(ask->url) ? "https://api.pwnedpasswords.com" : ask->url;
    const size_t n = strlen(base);

    return arena_printf(arena, "%s%srange/%.*s", base, base[n - 1] == '/' ? "" : "/", PREFIX, digits);
}

Err pwned_ask(Arena *arena, const PwnedAsk *ask, bool *ret)
{
    const char *const lines[] = { arena_printf(arena, "User-Agent: %s", text_empty(ask->agent) ? "hecate" : ask->agent), "Add-Padding: true" };
    Buf hex = buf_in(arena, 64);
    HookAnswer answer = { 0 };
    uint8_t sum[32];
    char *digits;

    hash_sum(HASH_SHA1, str_of(ask->password), sum);
    hex_write(&hex, sum, hash_size(HASH_SHA1));
    TRY(buf_text(&hex, &digits));
    for (char *p = digits; *p != '\0'; p++)
        *p = (char)(*p >= 'a' ? *p - 32 : *p);
    TRY(web_post(arena, &(WebPost){ url_of(arena, ask, digits), lines, COUNTOF(lines), NULL, ASK_MS }, &answer));
    if (answer.status != 200)
        return E_IO;
    *ret = is_in(str_of(answer.body), str_of(digits + PREFIX));
    return OK;
}
