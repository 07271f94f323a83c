/* scheme.c: the table of password schemes, and what one does with any of them. */
#include "crypto/crypto.h"

#include "crypto/schemes/schemes.h"

static const Scheme *const schemes[] = { &scheme_bcrypt, &scheme_argon2id, &scheme_argon2i, &scheme_fbscrypt, &scheme_scrypt,    &scheme_pbkdf2,
                                         &scheme_phpass, &scheme_hmac,     &scheme_ldap,    &scheme_pre,      &scheme_awscognito };

const Scheme *scheme_of(Str hash)
{
    for (size_t i = 0; i < COUNTOF(schemes); i++)
        if (schemes[i]->knows(hash))
            return schemes[i];
    return NULL;
}

/* "bcrypt:10" is the scheme and its settings. */
static const Scheme *split_setting(const char *setting, const char **ret_rest)
{
    const char *colon = setting == NULL ? NULL : strchr(setting, ':');

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

size_t password_most_bytes(const char *setting)
{
    const char *rest;
    const Scheme *scheme = split_setting(setting, &rest);

    return scheme == NULL || scheme->max_bytes == 0 ? PASSWORD_MOST_BYTES : scheme->max_bytes;
}

const char *password_decoy(Arena *arena, const char *setting)
{
    const char *rest;
    const Scheme *scheme = split_setting(setting, &rest);

    return scheme == NULL || !scheme->setting(rest) ? NULL : scheme->decoy(arena, rest);
}

Err password_make(Arena *arena, const char *setting, Str password, char **ret)
{
    const char *rest;
    const Scheme *scheme = split_setting(setting, &rest);

    if (scheme == NULL || !scheme->setting(rest))
        return E_CONFIG;
    return password.n > PASSWORD_MOST_BYTES ? E_LONG_PASSWORD : scheme->make(arena, rest, not_null(password), ret);
}

Err password_verify(Str hash, Str password)
{
    const Scheme *scheme = scheme_of(hash);

    if (scheme == NULL)
        return E_BAD_HASH;
    if (scheme->verify == NULL)
        return scheme->check(hash) == OK ? E_FOREIGN_PASSWORD : E_BAD_HASH;
    return password.n > PASSWORD_MOST_BYTES ? E_WRONG_PASSWORD : scheme->verify(hash, not_null(password));
}

Str password_kind(Str hash)
{
    const Str inner = pre_inner(hash);
    const Scheme *scheme = scheme_of(inner);
    Str rest = inner;

    if (scheme == NULL || scheme->head == 0)
        return STR("");
    for (int i = 0; i < scheme->head; i++)
        str_cut(&rest, '$');
    return rest.n < scheme->head_bytes ? inner : (Str){ inner.p, (size_t)(rest.p - inner.p) + scheme->head_bytes };
}

/* Of two that are equal the one is renewed that only we can read. */
bool password_is_weaker(Str hash, const char *setting)
{
    const char *rest;
    const Scheme *now = scheme_of(hash), *wanted = split_setting(setting, &rest), *kind;
    int cost;

    if (now == NULL || wanted == NULL || !wanted->setting(rest) || now->check(hash) != OK)
        return false;
    kind = scheme_of(pre_inner(hash));
    if (kind->strength != wanted->strength)
        return kind->strength < wanted->strength;
    cost = kind == wanted ? wanted->compare(pre_inner(hash), rest) : 0;
    return cost < 0 || (cost == 0 && !now->core);
}
