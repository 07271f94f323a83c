/* scheme.c: the table of password schemes, and what one does with any of them. */
#include "crypto/crypto.h"

#include "crypto/schemes/schemes.h"

static const Scheme *const schemes[] = { &scheme_bcrypt, &scheme_argon2id, &scheme_argon2i, &scheme_fbscrypt };

const Scheme *scheme_of(Str hash)
{
    for (size_t i = 0; i < COUNTOF(schemes); i++)
        if (schemes[i]->knows(hash))
            return schemes[i];
    return NULL;
}

const Scheme *scheme_named(const char *name)
{
    for (size_t i = 0; i < COUNTOF(schemes); i++)
        if (text_eq(schemes[i]->name, name))
            return schemes[i];
    return NULL;
}

/* "bcrypt:10" is the scheme and its settings. */
static const Scheme *split_setting(const char *setting, const char **ret_rest)
{
    const char *colon = strchr(setting, ':');

    for (size_t i = 0; colon != NULL && i < COUNTOF(schemes); i++)
        if (schemes[i]->make != NULL && strlen(schemes[i]->name) == (size_t)(colon - setting) &&
            strncmp(schemes[i]->name, setting, (size_t)(colon - setting)) == 0) {
            *ret_rest = colon + 1;
            return schemes[i];
        }
    return NULL;
}

Err scheme_setting_check(const char *setting)
{
    const char *rest;
    const Scheme *scheme = split_setting(setting, &rest);

    return scheme != NULL && scheme->setting(rest) ? OK : E_CONFIG;
}

Err password_hash_check(Str hash)
{
    const Scheme *scheme = scheme_of(hash);

    return scheme == NULL ? E_BAD_HASH : scheme->check(hash);
}

/* The C functions below want a pointer even for nothing. */
static Str not_null(Str password)
{
    return password.p == NULL ? STR("") : password;
}

Err password_make(Arena *arena, const char *setting, Str password, char **ret)
{
    const char *rest;
    const Scheme *scheme = split_setting(setting, &rest);

    return scheme == NULL || !scheme->setting(rest) ? E_CONFIG : scheme->make(arena, rest, not_null(password), ret);
}

Err password_verify(Str hash, Str password)
{
    const Scheme *scheme = scheme_of(hash);

    return scheme == NULL ? E_BAD_HASH : scheme->verify(hash, not_null(password));
}

bool password_is_weaker(Str hash, const char *setting)
{
    const char *rest;
    const Scheme *now = scheme_of(hash), *wanted = split_setting(setting, &rest);

    if (now == NULL || wanted == NULL || !wanted->setting(rest) || now->check(hash) != OK)
        return false;
    return now->strength < wanted->strength || (now == wanted && wanted->weaker(hash, rest));
}
