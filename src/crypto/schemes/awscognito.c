/* awscognito.c: awscognito#POOL#CLIENT#IDENTIFIER says that the password is kept in a user pool of Amazon's. It is kept here, and never verified. */
#include "crypto/schemes/schemes.h"

enum { MOST_POOL = 55, MOST_CLIENT = 128, MOST_IDENTIFIER = 256 };

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static bool knows(Str hash)
{
    return str_starts(hash, STR("awscognito#"));
}

static bool is_made_of(Str text, const char *characters, const char *more, size_t most)
{
    for (size_t i = 0; i < text.n; i++)
        if (!byte_in(text.p[i], characters) && !byte_in(text.p[i], more))
            return false;
    return text.n >= 1 && text.n <= most;
}

/* A pool is called REGION_ID; the identifier is what the user signs in with there. */
static Err check(Str hash)
{
    Str rest = hash, pool, region, client;

    if (!knows(hash))
        return E_BAD_HASH;
    str_cut(&rest, '#');
    pool = str_cut(&rest, '#');
    client = str_cut(&rest, '#');
    region = str_cut(&pool, '_');
    if (!is_made_of(region, letters, "-", MOST_POOL) || !is_made_of(pool, letters, "", MOST_POOL) || !is_made_of(client, letters, "+_", MOST_CLIENT))
        return E_BAD_HASH;
    return rest.n >= 1 && rest.n <= MOST_IDENTIFIER && memchr(rest.p, '\0', rest.n) == NULL && utf8_valid(rest) ? OK : E_BAD_HASH;
}

const Scheme scheme_awscognito = { .name = "awscognito", .knows = knows, .check = check };
