/* ldap.c: {SCHEME} and the base 64 of digest ‖ salt: userPassword of RFC 2307 and its usage since. Every plain digest is kept in this form. */
#include "crypto/schemes/schemes.h"

enum { MOST_SALT = 256, MOST_SUM = 64, MOST_TEXT = 512 };

/* An S in front says that a salt may follow. {CRYPT} and {CLEARTEXT} are not here. */
static const struct {
    const char *name;
    Hash hash;
    bool salted;
} kinds[] = {
    { "MD4", HASH_MD4, false },       { "MD5", HASH_MD5, false },       { "SHA", HASH_SHA1, false },      { "SHA224", HASH_SHA224, false },
    { "SHA256", HASH_SHA256, false }, { "SHA384", HASH_SHA384, false }, { "SHA512", HASH_SHA512, false }, { "SMD5", HASH_MD5, true },
    { "SSHA", HASH_SHA1, true },      { "SSHA224", HASH_SHA224, true }, { "SSHA256", HASH_SHA256, true }, { "SSHA384", HASH_SHA384, true },
    { "SSHA512", HASH_SHA512, true },
};

typedef struct Ldap {
    Hash hash;
    Str sum, salt;
} Ldap;

static bool knows(Str hash)
{
    return hash.n > 0 && hash.p[0] == '{';
}

/* Some directories leave the padding out. */
static bool take_bytes(Arena *arena, Str text, Str *ret)
{
    return base64_read(arena, text, false, true, ret) || base64_read(arena, text, false, false, ret);
}

static Err read_ldap(Arena *arena, Str text, Ldap *ret)
{
    Str rest = text, name, bytes;
    size_t i = 0, n;

    if (!knows(text) || text.n > MOST_TEXT)
        return E_BAD_HASH;
    str_cut(&rest, '{');
    name = str_cut(&rest, '}');
    while (i < COUNTOF(kinds) && !str_eq_nocase(name, str_of(kinds[i].name)))
        i++;
    if (i == COUNTOF(kinds) || rest.p == NULL || !take_bytes(arena, rest, &bytes))
        return E_BAD_HASH;
    n = hash_size(kinds[i].hash);
    if (bytes.n < n || bytes.n > n + (kinds[i].salted ? MOST_SALT : 0))
        return E_BAD_HASH;
    *ret = (Ldap){ kinds[i].hash, { bytes.p, n }, { bytes.p + n, bytes.n - n } };
    return OK;
}

static Err check(Str hash)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, false);
    Ldap ldap;

    return read_ldap(arena, hash, &ldap);
}

static Err verify(Str hash, Str password)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(SCHEME_ARENA, true);
    Buf text;
    uint8_t made[MOST_SUM];
    Ldap ldap;

    TRY(read_ldap(arena, hash, &ldap));
    text = buf_in(arena, password.n + ldap.salt.n);
    buf_str(&text, password);
    buf_str(&text, ldap.salt);
    hash_sum(ldap.hash, buf_view(&text), made);
    return secret_eq((Str){ (const char *)made, ldap.sum.n }, ldap.sum) ? OK : E_WRONG_PASSWORD;
}

char *hash_text_digest(Arena *arena, Hash hash, Str sum)
{
    size_t i = 0;

    while (i < COUNTOF(kinds) && (kinds[i].hash != hash || kinds[i].salted))
        i++;
    return arena_printf(arena, "{%s}%s", i == COUNTOF(kinds) ? "" : kinds[i].name, part_text(arena, sum));
}

const Scheme scheme_ldap = { .name = "ldap", .knows = knows, .check = check, .verify = verify };
