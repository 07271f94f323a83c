/* judge.c: which tokens would be taken? Reads lines of fields between tabs: the keys, then the token; writes a line for each: `taken`, `refused` or
 * `key` (one of the keys is none to verify by). A key is a JWK, or ALG:PEM with `|` for each end of a line. Of one key the token need not name it, of
 * more it must. */
#include <stdio.h>

#include "crypto/key.h"

enum { LINE = 256 << 10, MOST_KEYS = 8 };

static Err take_key(Ctx *ctx, Str field, Key **ret)
{
    char *pem;
    Str rest = field, alg;

    if (field.n == 0 || field.p[0] == '{')
        return key_from_jwk(ctx, field, ret);
    alg = str_cut(&rest, ':');
    pem = arena_strndup(ctx->arena, rest.p, rest.n);
    for (char *c = pem; *c != '\0'; c++)
        *c = *c == '|' ? '\n' : *c;
    return key_from_pem(str_of(pem), alg, ret);
}

/* The keys of a line; `rest` is left at the token. */
static Err take_keys(Ctx *ctx, Str *rest, KeySet *set)
{
    while (memchr(rest->p, '\t', rest->n) != NULL) {
        Key *key;

        if (set->n == MOST_KEYS)
            return E_CONFIG;
        TRY(take_key(ctx, str_cut(rest, '\t'), &key));
        set->v[set->n++] = key;
        if (set->n > 1 && keyset_has(&(KeySet){ .v = set->v, .n = set->n - 1 }, key_kid(key)))
            return E_CONFIG;
    }
    return set->n > 0 ? OK : E_CONFIG;
}

static const char *judge(Ctx *ctx, Str line)
{
    Key *keys[MOST_KEYS];
    KeySet set = { .v = keys };
    const Err err = take_keys(ctx, &line, &set);
    const Verifier by = { .keys = &set, .only = set.n == 1 ? keys[0] : NULL, .any_payload = true };
    Jwt jwt = { .fault = JWT_OK };
    const char *word = err != OK ? "key" : jws_verify(ctx, &by, line, &jwt) == OK ? "taken" : "refused";

    for (size_t i = 0; i < set.n; i++)
        key_free(keys[i]);
    return word;
}

int main(void)
{
    static char line[LINE];
    Arena *arena = arena_new(16 << 20, true);

    while (fgets(line, sizeof(line), stdin) != NULL) {
        Ctx ctx = ctx_new(arena, NULL);

        puts(judge(&ctx, (Str){ line, strcspn(line, "\n") }));
        arena_reset(arena);
    }
    arena_free(arena);
    return 0;
}
