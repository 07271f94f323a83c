/* hashes.c: hashes of passwords in Auth0's words (spec/auth0.md 9.2), turned into the directory's (docs/passwords.md). */
#include "dialect/auth0/hashes.h"

#include "base/id.h"
#include "crypto/crypto.h"

enum { MOST_TEXT = 4096, COST = 16384, BLOCK_SIZE = 8, PARALLEL = 1, ROUNDS = 100000, KEY_LENGTH = 64, MOST_ROUNDS = 1 << 30 };

static Err bad(Ctx *ctx, const char *why)
{
    return fail(ctx, E_BAD_HASH, NOWHERE, "%s", why);
}

/* The bytes that a text stands for; `encoding` NULL is utf8. */
static Err decode(Ctx *ctx, const char *value, const char *encoding, Str *ret)
{
    const Str text = str_of(value);

    if (text.p == NULL || text.n > MOST_TEXT)
        return bad(ctx, "A value of the password hash is missing or too long");
    if (encoding == NULL || text_eq(encoding, "utf8")) {
        *ret = text;
        return OK;
    }
    if (text_eq(encoding, "hex") ? hex_read(ctx->arena, text, ret) : base64_read_any(ctx->arena, text, ret))
        return OK;
    return bad(ctx, "A value of the password hash is not in its encoding");
}

/* The digest itself: never as text. */
static Err decode_sum(Ctx *ctx, const Auth0Hash *in, Str *ret)
{
    if (in->hash->encoding == NULL || text_eq(in->hash->encoding, "utf8"))
        return bad(ctx, "The password hash of this algorithm must be in hex or base64");
    return decode(ctx, in->hash->value, in->hash->encoding, ret);
}

static Err decode_salt(Ctx *ctx, const Auth0Hash *in, Str *ret)
{
    *ret = (Str){ 0 };
    return in->salt == NULL ? OK : decode(ctx, in->salt->value, in->salt->encoding, ret);
}

/* ---- algorithms ---- */

static Err read_text(Ctx *ctx, const Auth0Hash *in, const char **ret)
{
    (void)ctx;
    *ret = in->hash->value;
    return OK;
}

static Err read_digest(Ctx *ctx, const Auth0Hash *in, const char **ret)
{
    Hash hash;
    Str sum;

    if (!hash_named(str_of(in->algorithm), &hash))
        return bad(ctx, "The digest is not known");
    TRY(decode_sum(ctx, in, &sum));
    *ret = hash_text_digest(ctx->arena, hash, sum);
    return OK;
}

static Err read_hmac(Ctx *ctx, const Auth0Hash *in, const char **ret)
{
    const Auth0HashKey *key = in->hash->key;
    Str sum, bytes;
    Hash hash;

    if (key == NULL || in->hash->digest == NULL || !hash_named(str_of(in->hash->digest), &hash))
        return bad(ctx, "The key of the HMAC is missing, or its digest is not supported");
    TRY(decode(ctx, key->value, key->encoding, &bytes));
    TRY(decode_sum(ctx, in, &sum));
    *ret = hash_text_hmac(ctx->arena, hash, bytes, sum);
    return OK;
}

static Err read_scrypt(Ctx *ctx, const Auth0Hash *in, const char **ret)
{
    Str sum, salt;

    TRY(decode_sum(ctx, in, &sum));
    TRY(decode_salt(ctx, in, &salt));
    if (in->keylen <= 0 || (uint64_t)in->keylen != sum.n)
        return bad(ctx, "keylen is not the length of the password hash");
    if (in->cost < 0 || in->block_size < 0 || in->parallelization < 0)
        return bad(ctx, "The cost of the password hash is negative");
    *ret = hash_text_scrypt(ctx->arena, in->cost == 0 ? COST : (uint64_t)in->cost, in->block_size == 0 ? BLOCK_SIZE : (uint64_t)in->block_size,
                            in->parallelization == 0 ? PARALLEL : (uint64_t)in->parallelization, salt, sum);
    return *ret == NULL ? bad(ctx, "cost is no power of two") : OK;
}

/* `i=…` and `l=…`, each with a default. */
static bool read_rounds(Str list, uint64_t *rounds, uint64_t *length)
{
    while (list.p != NULL) {
        Str part = str_cut(&list, ',');
        const Str name = str_cut(&part, '=');
        uint64_t *const number = str_eq(name, STR("i")) ? rounds : str_eq(name, STR("l")) ? length : NULL;

        if (number == NULL || !str_to_u64(part, MOST_ROUNDS, number))
            return false;
    }
    return true;
}

/* $pbkdf2-DIGEST[$i=N,l=BYTES]$SALT$KEY */
static Err read_pbkdf2(Ctx *ctx, const Auth0Hash *in, const char **ret)
{
    Str rest = str_of(in->hash->value), name, part, salt, key;
    uint64_t rounds = ROUNDS, length = KEY_LENGTH;
    Hash hash;

    if (rest.n > MOST_TEXT || !str_starts(rest, STR("$pbkdf2-")))
        return bad(ctx, "The password hash is not of the PHC form of pbkdf2");
    str_cut(&rest, '-');
    name = str_cut(&rest, '$');
    part = str_cut(&rest, '$');
    if (part.n > 1 && part.p[1] == '=') {
        if (!read_rounds(part, &rounds, &length))
            return bad(ctx, "The parameters of pbkdf2 are not i and l");
        part = str_cut(&rest, '$');
    }
    if (!hash_named(name, &hash) || rest.p == NULL || !base64_read_any(ctx->arena, part, &salt) || !base64_read_any(ctx->arena, rest, &key) ||
        key.n != length)
        return bad(ctx, "The password hash is not of the PHC form of pbkdf2");
    *ret = hash_text_pbkdf2(ctx->arena, hash, rounds, salt, key);
    return OK;
}

/* What a salt is to an algorithm, the name of the scheme that must come out, and how it is read. */
typedef enum SaltUse { SALT_INSIDE, SALT_JOINED, SALT_OWN } SaltUse;
static const struct {
    const char *name, *scheme;
    SaltUse salt;
    Err (*read)(Ctx *ctx, const Auth0Hash *in, const char **ret);
} algorithms[] = {
    { "argon2", "argon2", SALT_INSIDE, read_text },   { "bcrypt", "bcrypt", SALT_JOINED, read_text }, { "hmac", "hmac", SALT_JOINED, read_hmac },
    { "ldap", "ldap", SALT_INSIDE, read_text },       { "md4", "ldap", SALT_JOINED, read_digest },    { "md5", "ldap", SALT_JOINED, read_digest },
    { "sha1", "ldap", SALT_JOINED, read_digest },     { "sha256", "ldap", SALT_JOINED, read_digest }, { "sha512", "ldap", SALT_JOINED, read_digest },
    { "pbkdf2", "pbkdf2", SALT_INSIDE, read_pbkdf2 }, { "scrypt", "scrypt", SALT_OWN, read_scrypt },
};

/* ---- what is done to the password first ---- */

static const struct {
    const char *name;
    TextEncoding encoding;
} encodings[] = {
    { "utf8", TEXT_UTF8 },    { "utf16le", TEXT_UTF16LE }, { "ucs2", TEXT_UTF16LE },
    { "ascii", TEXT_LATIN1 }, { "latin1", TEXT_LATIN1 },   { "binary", TEXT_LATIN1 },
};

static Err read_steps(Ctx *ctx, const Auth0Hash *in, bool joined, HashPre *steps)
{
    const char *name = in->password == NULL || in->password->encoding == NULL ? "utf8" : in->password->encoding;
    size_t i = 0;

    while (i < COUNTOF(encodings) && !text_eq(encodings[i].name, name))
        i++;
    if (i == COUNTOF(encodings))
        return bad(ctx, "The encoding of the password is not known");
    steps->encoding = encodings[i].encoding;
    return joined ? decode_salt(ctx, in, in->salt != NULL && text_eq(in->salt->position, "suffix") ? &steps->after : &steps->before) : OK;
}

/* "argon2" stands for argon2i and argon2id. */
static bool is_of(const char *text, const char *scheme)
{
    const Scheme *found = scheme_of(str_of(text));

    return found != NULL && strncmp(found->name, scheme, strlen(scheme)) == 0;
}

Err auth0_hash_read(Ctx *ctx, const Auth0Hash *in, const char **ret)
{
    HashPre steps = { 0 };
    const char *text;
    size_t i = 0;

    while (i < COUNTOF(algorithms) && !text_eq(algorithms[i].name, in->algorithm))
        i++;
    if (i == COUNTOF(algorithms) || in->hash == NULL || in->hash->value == NULL)
        return bad(ctx, "The algorithm is not known, or the password hash is missing");
    if (in->salt != NULL && algorithms[i].salt == SALT_INSIDE)
        return bad(ctx, "A salt beside the password hash is not allowed for this algorithm");
    TRY(read_steps(ctx, in, algorithms[i].salt == SALT_JOINED, &steps));
    TRY(algorithms[i].read(ctx, in, &text));
    if (!is_of(text, algorithms[i].scheme))
        return bad(ctx, "The password hash has not the form of its algorithm");
    text = hash_text_pre(ctx->arena, &steps, text);
    if (password_hash_check(str_of(text)) != OK)
        return bad(ctx, "The password hash has not the form of its algorithm, or costs too much to compute");
    *ret = text;
    return OK;
}
