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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);
    const Str text = { (const char *)data, size };
    const char *copy = str_dup(arena, text);
    const bool good = password_hash_check(text) == OK;

    HOLDS(!good || scheme_of(text) != NULL);
    if (good && scheme_of(text) == scheme_named("bcrypt"))
        check_bcrypt(copy);
    else if (good && str_starts(text, STR("$argon2")))
        check_argon2(copy);
    else if (good && str_starts(text, STR("$fbscrypt$")))
        check_fbscrypt(copy);
    else if (!good)
        HOLDS(password_verify(text, STR("password")) == E_BAD_HASH);
    IGNORE(password_is_weaker(text, "argon2id:m=47104,t=1,p=1") ? OK : E_BAD_HASH); /* it ends, that is all */
    check_setting(arena, copy);
    return 0;
}
