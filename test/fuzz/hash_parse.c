/* hash_parse.c: stored password hashes and settings. What passes is within the caps; only the cheapest are computed. */
#include "crypto/crypto.h"
#include "fuzz.h"

enum { MOST_KIB_TO_RUN = 256 };

static uint64_t number_after(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    return found == NULL ? UINT64_MAX : strtoull(found + strlen(name), NULL, 10);
}

static void check_argon2(const char *hash)
{
    const uint64_t m = number_after(hash, "$m="), t = number_after(hash, ",t="), p = number_after(hash, ",p=");

    HOLDS(m >= 8 && m <= 256 * 1024 && t >= 1 && t <= 20 && p >= 1 && p <= 16 && m * t <= 2 * 1024 * 1024);
    if (m * t <= MOST_KIB_TO_RUN)
        HOLDS(password_verify(str_of(hash), STR("password")) != E_BAD_HASH);
}

/* The number of digits of base 64 says how long the key is. */
static void check_pbkdf2(const char *hash)
{
    const uint64_t n = number_after(hash, "$i="), length = number_after(hash, ",l=");

    HOLDS(n >= 1 && n <= 3000000 && length >= 8 && length <= 256 && strlen(strrchr(hash, '$') + 1) == (length * 4 + 2) / 3);
    if (n <= MOST_KIB_TO_RUN)
        HOLDS(password_verify(str_of(hash), STR("password")) != E_BAD_HASH);
}

static void check_scrypt(const char *hash)
{
    const uint64_t ln = number_after(hash, "$ln="), r = number_after(hash, ",r="), p = number_after(hash, ",p=");

    HOLDS(ln >= 1 && ln <= 21 && r >= 1 && r <= 64 && p >= 1 && p <= 64 && (r << ln) * p <= 1 << 20);
    if ((r << ln) * p <= MOST_KIB_TO_RUN)
        IGNORE(password_verify(str_of(hash), STR("password"))); /* OpenSSL knows further bounds */
}

static void check_phpass(const char *hash)
{
    const char *digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", *cost = strchr(digits, hash[3]);

    HOLDS(strlen(hash) == 34 && cost != NULL && cost - digits >= 7 && cost - digits <= 22);
    if (cost - digits <= 8)
        HOLDS(password_verify(str_of(hash), STR("password")) != E_BAD_HASH);
}

/* Fast ones are all computed. */
static void check_fast(const char *hash)
{
    const Err err = password_verify(str_of(hash), STR("password"));

    HOLDS(err == OK || err == E_WRONG_PASSWORD);
}

static void check_foreign(const char *hash)
{
    HOLDS(password_verify(str_of(hash), STR("password")) == E_FOREIGN_PASSWORD);
}

static void check_bcrypt(const char *hash)
{
    HOLDS(strlen(hash) == 60 && number_after(hash + 3, "$") >= 4 && number_after(hash + 3, "$") <= 15);
}

static void check_fbscrypt(const char *hash)
{
    const uint64_t n = number_after(hash, ",n="), r = number_after(hash, ",r="), p = number_after(hash, ",p=");

    HOLDS(n >= 1 && n <= 20 && r >= 1 && r <= 32 && p >= 1 && p <= 16 && (r << n) * p <= 1 << 19);
    if ((r << n) * p <= MOST_KIB_TO_RUN)
        HOLDS(password_verify(str_of(hash), STR("password")) != E_BAD_HASH);
}

static void check_setting(Arena *arena, const char *setting)
{
    char *hash;

    if (scheme_setting_check(setting) != OK) {
        HOLDS(password_make(arena, setting, STR("password"), &hash) == E_CONFIG);
        return;
    }
    if (number_after(setting, "m=") <= MOST_KIB_TO_RUN && number_after(setting, ",t=") == 1) {
        HOLDS(password_make(arena, setting, STR("password"), &hash) == OK);
        HOLDS(password_verify(str_of(hash), STR("password")) == OK);
        HOLDS(!password_is_weaker(str_of(hash), setting));
    }
}

static const struct {
    const char *scheme;
    void (*check)(const char *hash);
} checks[] = {
    { "bcrypt", check_bcrypt }, { "argon2i", check_argon2 },     { "argon2id", check_argon2 }, { "fbscrypt", check_fbscrypt },
    { "pbkdf2", check_pbkdf2 }, { "scrypt", check_scrypt },      { "phpass", check_phpass },   { "hmac", check_fast },
    { "ldap", check_fast },     { "awscognito", check_foreign },
};

/* Behind a $pre$ the same holds. */
static void check_good(const char *hash)
{
    const Scheme *scheme = scheme_of(str_of(hash));

    HOLDS(scheme != NULL);
    if (text_eq(scheme->name, "pre")) {
        hash = strchr(hash + 5, '$') + 1;
        scheme = scheme_of(str_of(hash));
        HOLDS(scheme != NULL && !text_eq(scheme->name, "pre") && scheme->verify != NULL);
    }
    for (size_t i = 0; i < COUNTOF(checks); i++)
        if (text_eq(scheme->name, checks[i].scheme)) {
            checks[i].check(hash);
            return;
        }
    HOLDS(false); /* a scheme without a check */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);
    const Str text = { (const char *)data, size };
    const char *copy = str_dup(arena, text);
    const bool good = password_hash_check(text) == OK;

    HOLDS(!good || scheme_of(text) != NULL);
    if (good)
        check_good(copy);
    else
        HOLDS(password_verify(text, STR("password")) == E_BAD_HASH);
    IGNORE(password_is_weaker(text, "argon2id:m=47104,t=1,p=1") ? OK : E_BAD_HASH); /* it ends, that is all */
    check_setting(arena, copy);
    return 0;
}
