/* pre.c: what was done to the password before another scheme hashed it: $pre$[e=ENCODING][,b=SALT][,a=SALT][,h=DIGEST]$HASH. In this order: put into
 * another encoding (utf16le, latin1), a salt set before or after it (base 64 without padding), and the hex digits of a digest taken of all that. */
#include "crypto/schemes/schemes.h"

enum { MOST_SALT = 256, MOST_SUM = 64, MOST_TEXT = 4096 };

typedef struct Pre {
    HashPre steps;
    Str inner;
} Pre;

static bool knows(Str hash)
{
    return str_starts(hash, STR("$pre$"));
}

Str pre_inner(Str hash)
{
    Str rest = hash;

    if (!knows(hash))
        return hash;
    for (int i = 0; i < 3; i++)
        str_cut(&rest, '$');
    return rest;
}

/* The value behind `name` and `=`, if that is what stands first. */
static bool take_value(Str *list, char name, Str *ret)
{
    if (list->n < 2 || list->p[0] != name || list->p[1] != '=')
        return false;
    *ret = str_cut(list, ',');
    *ret = (Str){ ret->p + 2, ret->n - 2 };
    return true;
}

static bool take_salt(Arena *arena, Str *list, char name, Str *ret)
{
    Str value;

    return !take_value(list, name, &value) || part_base64(arena, value, 1, MOST_SALT, ret);
}

static bool take_steps(Arena *arena, Str list, HashPre *steps)
{
    Str value;

    if (list.n == 0)
        return false;
    if (take_value(&list, 'e', &value)) {
        steps->encoding = str_eq(value, STR("utf16le")) ? TEXT_UTF16LE : str_eq(value, STR("latin1")) ? TEXT_LATIN1 : TEXT_UTF8;
        if (steps->encoding == TEXT_UTF8)
            return false;
    }
    if (!take_salt(arena, &list, 'b', &steps->before) || !take_salt(arena, &list, 'a', &steps->after))
        return false;
    steps->hashed = take_value(&list, 'h', &value);
    return (!steps->hashed || hash_named(value, &steps->hash)) && list.p == NULL;
}

/* bcrypt ends at a NUL: then half of what was made would not count. */
static bool may_hold_nul(const HashPre *steps)
{
    return !steps->hashed && (steps->encoding == TEXT_UTF16LE || (steps->before.n > 0 && memchr(steps->before.p, '\0', steps->before.n) != NULL) ||
                              (steps->after.n > 0 && memchr(steps->after.p, '\0', steps->after.n) != NULL));
}

static Err read_pre(Arena *arena, Str hash, Pre *pre)
{
    Str rest = hash;
    const Scheme *scheme;

    if (!knows(hash) || hash.n > MOST_TEXT)
        return E_BAD_HASH;
    str_cut(&rest, '$');
    str_cut(&rest, '$');
    if (!take_steps(arena, str_cut(&rest, '$'), &pre->steps) || rest.p == NULL)
        return E_BAD_HASH;
    pre->inner = rest;
    scheme = scheme_of(rest);
    if (scheme == NULL || scheme == &scheme_pre || scheme->verify == NULL || (scheme->max_bytes > 0 && may_hold_nul(&pre->steps)))
        return E_BAD_HASH;
    return scheme->check(rest);
}

static Err check(Str hash)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, false);
    Pre pre = { 0 };

    return read_pre(arena, hash, &pre);
}

/* One code point off the front of well-formed UTF-8. */
static uint32_t next_point(Str *text)
{
    const uint8_t first = (uint8_t)text->p[0];
    const size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t point = n == 1 ? first : first & (0x7fU >> n);

    for (size_t i = 1; i < n; i++)
        point = point << 6 | (text->p[i] & 0x3f);
    *text = (Str){ text->p + n, text->n - n };
    return point;
}

static void put_unit(Buf *buf, uint32_t unit)
{
    buf_char(buf, (char)(unit & 0xff));
    buf_char(buf, (char)(unit >> 8));
}

static void put_utf16(Buf *buf, uint32_t point)
{
    if (point >= 0x10000) {
        put_unit(buf, 0xd800 + ((point - 0x10000) >> 10));
        point = 0xdc00 + ((point - 0x10000) & 0x3ff);
    }
    put_unit(buf, point);
}

/* False if the password has no such form: then nothing was ever hashed of it. */
static bool put_encoded(Buf *buf, TextEncoding encoding, Str password)
{
    if (encoding == TEXT_UTF8) {
        buf_str(buf, password);
        return true;
    }
    if (!utf8_valid(password))
        return false;
    while (password.n > 0) {
        const uint32_t point = next_point(&password);

        if (encoding == TEXT_LATIN1 && point > 0xff)
            return false;
        if (encoding == TEXT_LATIN1)
            buf_char(buf, (char)point);
        else
            put_utf16(buf, point);
    }
    return true;
}

static bool prepare(Arena *arena, const HashPre *steps, Str password, Str *ret)
{
    Buf text = buf_in(arena, steps->before.n + 2 * password.n + steps->after.n), hex = buf_in(arena, 2 * MOST_SUM);
    uint8_t sum[MOST_SUM];

    buf_str(&text, steps->before);
    if (!put_encoded(&text, steps->encoding, password))
        return false;
    buf_str(&text, steps->after);
    *ret = buf_view(&text);
    if (steps->hashed) {
        hash_sum(steps->hash, *ret, sum);
        hex_write(&hex, sum, hash_size(steps->hash));
        *ret = buf_view(&hex);
    }
    return !text.over;
}

static Err verify(Str hash, Str password)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, true);
    Pre pre = { 0 };
    Str made;

    TRY(read_pre(arena, hash, &pre));
    if (!prepare(arena, &pre.steps, password, &made)) {
        IGNORE(scheme_of(pre.inner)->verify(pre.inner, STR(""))); /* no password can be this one, but it takes the same time */
        return E_WRONG_PASSWORD;
    }
    return scheme_of(pre.inner)->verify(pre.inner, made.p == NULL ? STR("") : made);
}

char *hash_text_pre(Arena *arena, const HashPre *steps, const char *inner)
{
    static const char *const encodings[] = { "", "utf16le", "latin1" };
    char *list = arena_strdup(arena, "");

    if (steps->encoding != TEXT_UTF8)
        list = arena_printf(arena, ",e=%s", encodings[steps->encoding]);
    if (steps->before.n > 0)
        list = arena_printf(arena, "%s,b=%s", list, part_text(arena, steps->before));
    if (steps->after.n > 0)
        list = arena_printf(arena, "%s,a=%s", list, part_text(arena, steps->after));
    if (steps->hashed)
        list = arena_printf(arena, "%s,h=%s", list, hash_name(steps->hash));
    return *list == '\0' ? arena_strdup(arena, inner) : arena_printf(arena, "$pre$%s$%s", list + 1, inner);
}

const Scheme scheme_pre = { .name = "pre", .knows = knows, .check = check, .verify = verify };
