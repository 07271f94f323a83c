/* digests.c: Clerk's password hashers and the forms of their digests (spec/clerk.md 5), turned into the directory's words (docs/passwords.md). */
#include "base/id.h"
#include "crypto/crypto.h"
#include "dialect/clerk/internal.h"

enum { MOST_DIGEST = 4096, MOST_COST = 1 << 30, WERKZEUG_KEY = 64 };

/* A digest as it is read: the arena of the request, and what is left. */
typedef struct Digest {
    Arena *arena;
    Str rest;
} Digest;

/* ---- parts; each takes one off the front ---- */

/* The field up to the next `$`. False if there is none left. */
static bool next(Digest *digest, Str *ret)
{
    if (digest->rest.p == NULL)
        return false;
    *ret = str_cut(&digest->rest, '$');
    return true;
}

static bool next_number(Digest *digest, uint64_t *ret)
{
    Str part;

    return next(digest, &part) && str_to_u64(part, MOST_COST, ret);
}

static bool next_base64(Digest *digest, Str *ret)
{
    Str part;

    return next(digest, &part) && base64_read_any(digest->arena, part, ret);
}

static bool next_hex(Digest *digest, Str *ret)
{
    Str part;

    return next(digest, &part) && hex_read(digest->arena, part, ret);
}

static bool starts(Digest *digest, const char *tag)
{
    Str part;

    return next(digest, &part) && str_eq(part, str_of(tag));
}

static bool at_end(const Digest *digest)
{
    return digest->rest.p == NULL;
}

/* ---- hashers; NULL: not of this form. What they leave unasked, password_hash_check() asks. ---- */

static const char *read_plain(Digest *digest)
{
    return arena_strndup(digest->arena, digest->rest.p, digest->rest.n);
}

static const char *read_hex_sum(Digest *digest, Hash hash)
{
    Str sum;

    return next_hex(digest, &sum) && at_end(digest) && sum.n == hash_size(hash) ? hash_text_digest(digest->arena, hash, sum) : NULL;
}

static const char *read_md5(Digest *digest)
{
    return read_hex_sum(digest, HASH_MD5);
}

static const char *read_sha256(Digest *digest)
{
    return read_hex_sum(digest, HASH_SHA256);
}

static const char *read_ssha(Digest *digest)
{
    return digest->rest.n > 6 && str_eq_nocase((Str){ digest->rest.p, 6 }, STR("{SSHA}")) ? read_plain(digest) : NULL;
}

/* What is left is a hash of this scheme, taken of the hex digits of a digest. */
static const char *read_of_hex(Digest *digest, Hash hash, const char *name)
{
    const HashPre steps = { .hashed = true, .hash = hash };
    const Scheme *scheme = scheme_of(digest->rest);

    return scheme != NULL && text_eq(scheme->name, name) ? hash_text_pre(digest->arena, &steps, read_plain(digest)) : NULL;
}

static const char *read_bcrypt_sha256(Digest *digest)
{
    return starts(digest, "bcrypt_sha256") ? read_of_hex(digest, HASH_SHA256, "bcrypt") : NULL;
}

static const char *read_md5_phpass(Digest *digest)
{
    return read_of_hex(digest, HASH_MD5, "phpass");
}

/* pbkdf2_sha256$<iterations>$<salt base64>$<hash base64> */
static const char *read_pbkdf2_sha256(Digest *digest)
{
    uint64_t n;
    Str salt, key;

    if (!starts(digest, "pbkdf2_sha256") || !next_number(digest, &n) || !next_base64(digest, &salt) || !next_base64(digest, &key) || !at_end(digest))
        return NULL;
    return hash_text_pbkdf2(digest->arena, HASH_SHA256, n, salt, key);
}

/* pbkdf2_sha256$<iterations>$<salt literal>$<hash base64>: the tag is the same, the salt is not. */
static const char *read_pbkdf2_django(Digest *digest)
{
    uint64_t n;
    Str salt, key;

    if (!starts(digest, "pbkdf2_sha256") || !next_number(digest, &n) || !next(digest, &salt) || !next_base64(digest, &key) || !at_end(digest))
        return NULL;
    return key.n == hash_size(HASH_SHA256) ? hash_text_pbkdf2(digest->arena, HASH_SHA256, n, salt, key) : NULL;
}

/* pbkdf2_sha1$<iterations>$<salt>$<hash hex>[$<key length>]: the salt is hex if it can be. */
static const char *read_pbkdf2_sha1(Digest *digest)
{
    uint64_t n, length = 32;
    Str salt, bytes, key;

    if (!starts(digest, "pbkdf2_sha1") || !next_number(digest, &n) || !next(digest, &salt) || !next_hex(digest, &key))
        return NULL;
    if (!at_end(digest) && !next_number(digest, &length))
        return NULL;
    if (hex_read(digest->arena, salt, &bytes))
        salt = bytes;
    return at_end(digest) && key.n == length ? hash_text_pbkdf2(digest->arena, HASH_SHA1, n, salt, key) : NULL;
}

/* `scrypt:N:r:p`; `scrypt` alone means Werkzeug's defaults. */
static bool next_werkzeug_cost(Digest *digest, uint64_t cost[3])
{
    Str part;

    if (!next(digest, &part) || !str_eq(str_cut(&part, ':'), STR("scrypt")))
        return false;
    if (part.p == NULL)
        return true;
    for (size_t i = 0; i < 3; i++)
        if (part.p == NULL || !str_to_u64(str_cut(&part, ':'), MOST_COST, &cost[i]))
            return false;
    return part.p == NULL;
}

/* Werkzeug writes hex; Clerk's pages call it base 64. */
static const char *read_werkzeug(Digest *digest)
{
    uint64_t cost[3] = { 32768, 8, 1 };
    Str salt, text, key;

    if (str_starts(digest->rest, STR("$")))
        str_cut(&digest->rest, '$');
    if (!next_werkzeug_cost(digest, cost) || !next(digest, &salt) || !next(digest, &text) || !at_end(digest))
        return NULL;
    if (!hex_read(digest->arena, text, &key) && !base64_read_any(digest->arena, text, &key))
        return NULL;
    return key.n == WERKZEUG_KEY ? hash_text_scrypt(digest->arena, cost[0], cost[1], cost[2], salt, key) : NULL;
}

static const char *padded(Arena *arena, Str bytes)
{
    Buf buf = buf_in(arena, MOST_DIGEST * 2);
    char *text;

    base64_write(&buf, bytes.p, bytes.n, false, true);
    return buf_text(&buf, &text) == OK ? text : "";
}

/* <hash>$<salt>$<signer key>$<salt separator>$<rounds>$<memory cost> is $fbscrypt$ in other words. */
static const char *read_firebase(Digest *digest)
{
    Str hash, salt, signer, separator;
    uint64_t r, n;

    if (!next_base64(digest, &hash) || !next_base64(digest, &salt) || !next_base64(digest, &signer) || !next_base64(digest, &separator) ||
        !next_number(digest, &r) || !next_number(digest, &n) || !at_end(digest))
        return NULL;
    return arena_printf(digest->arena, "$fbscrypt$v=1,n=%llu,r=%llu,p=1%s%s,sk=%s$%s$%s", (unsigned long long)n, (unsigned long long)r,
                        separator.n == 0 ? "" : ",ss=", padded(digest->arena, separator), padded(digest->arena, signer), padded(digest->arena, salt),
                        padded(digest->arena, hash));
}

/* Clerk's names, the schemes of ours that what is read must be of, and how it is read (NULL: not here). */
static const struct {
    const char *name, *scheme;
    const char *(*read)(Digest *digest);
} hashers[] = {
    { "argon2i", "argon2i", read_plain },
    { "argon2id", "argon2id", read_plain },
    { "awscognito", "awscognito", read_plain },
    { "bcrypt", "bcrypt", read_plain },
    { "bcrypt_peppered", NULL, NULL },
    { "bcrypt_sha256_django", "pre", read_bcrypt_sha256 },
    { "hmac_sha256_utf16_b64", NULL, NULL },
    { "ldap_ssha", "ldap", read_ssha },
    { "md5", "ldap", read_md5 },
    { "md5_phpass", "pre", read_md5_phpass },
    { "md5_salted", NULL, NULL },
    { "pbkdf2_sha1", "pbkdf2", read_pbkdf2_sha1 },
    { "pbkdf2_sha256", "pbkdf2", read_pbkdf2_sha256 },
    { "pbkdf2_sha256_django", "pbkdf2", read_pbkdf2_django },
    { "pbkdf2_sha512", NULL, NULL },
    { "pbkdf2_sha512_hex", NULL, NULL },
    { "phpass", "phpass", read_plain },
    { "scrypt_firebase", "fbscrypt", read_firebase },
    { "scrypt_werkzeug", "scrypt", read_werkzeug },
    { "sha256", "ldap", read_sha256 },
    { "sha256_salted", NULL, NULL },
    { "sha512_symfony", NULL, NULL },
};

static Err unknown_hasher(Ctx *ctx, const char *name)
{
    const char *list = "";

    for (size_t i = 0; i < COUNTOF(hashers); i++)
        list = arena_printf(ctx->arena, "%s%s%s", list, i == 0 ? "" : ", ", hashers[i].name);
    return clerk_fail(ctx, SAY_CHOICE, AT(ClerkUserIn, password_hasher),
                      arena_printf(ctx->arena, "%s does not match the allowed values for parameter password_hasher. Allowed values: %s",
                                   clerk_shown(ctx, name), list));
}

Err clerk_read_digest(Ctx *ctx, ClerkUserIn *in)
{
    const ptrdiff_t at = AT(ClerkUserIn, password_digest);
    Digest digest = { ctx->arena, str_of(in->password_digest) };
    const Scheme *scheme;
    const char *text;
    size_t i = 0;

    while (i < COUNTOF(hashers) && !text_eq(hashers[i].name, in->password_hasher))
        i++;
    if (i == COUNTOF(hashers))
        return unknown_hasher(ctx, in->password_hasher);
    if (hashers[i].read == NULL)
        return clerk_fail(ctx, SAY_DIGEST, at, "Digests of this password_hasher are not supported by this instance.");
    text = digest.rest.n > MOST_DIGEST ? NULL : hashers[i].read(&digest);
    scheme = text == NULL ? NULL : scheme_of(str_of(text));
    if (scheme == NULL || !text_eq(scheme->name, hashers[i].scheme) || scheme->check(str_of(text)) != OK)
        return clerk_fail(ctx, SAY_DIGEST, at, "The password digest is not valid for its password_hasher, or costs too much to compute.");
    in->password_digest = text;
    return OK;
}
