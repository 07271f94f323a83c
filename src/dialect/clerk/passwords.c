/* passwords.c: passwords and digests of users (spec/clerk.md 5, 6.4). */
#include "base/id.h"
#include "dialect/clerk/internal.h"

enum { MOST_PASSWORD = 72, MOST_DIGEST = 4096 };

/* ---- digests ---- */

/* One part of a digest in base 64, either alphabet, with or without padding, as the schemes of ours want it; NULL if it is none.
 */
static const char *padded(Ctx *ctx, Str part)
{
    Buf buf = buf_in(ctx->arena, 4096);
    char *text = arena_strndup(ctx->arena, part.p, part.n), *ret;
    Str bytes;

    for (size_t i = 0; i < part.n; i++)
        text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    while (part.n > 0 && part.p[part.n - 1] == '=')
        part.n--;
    if (!base64_read(ctx->arena, (Str){ text, part.n }, false, false, &bytes))
        return NULL;
    base64_write(&buf, bytes.p, bytes.n, false, true);
    return buf_text(&buf, &ret) == OK ? ret : NULL;
}

/* <hash>$<salt>$<signer key>$<salt separator>$<rounds>$<memory cost> is the directory's $fbscrypt$ in other words. */
static const char *from_firebase(Ctx *ctx, const char *digest)
{
    Str rest = str_of(digest), numbers[2];
    const char *parts[4];
    uint64_t n;

    for (size_t i = 0; i < COUNTOF(parts); i++) {
        const Str part = str_cut(&rest, '$');

        parts[i] = rest.p == NULL ? NULL : padded(ctx, part);
        if (parts[i] == NULL)
            return NULL;
    }
    for (size_t i = 0; i < COUNTOF(numbers); i++) {
        numbers[i] = rest.p == NULL ? STR("") : str_cut(&rest, '$');
        if (!str_to_u64(numbers[i], 64, &n))
            return NULL;
    }
    if (rest.p != NULL)
        return NULL;
    return arena_printf(ctx->arena, "$fbscrypt$v=1,n=%.*s,r=%.*s,p=1%s%s,sk=%s$%s$%s", (int)numbers[1].n, numbers[1].p, (int)numbers[0].n,
                        numbers[0].p, *parts[3] == '\0' ? "" : ",ss=", parts[3], parts[2], parts[1], parts[0]);
}

/* Clerk's hashers, the schemes of ours that read them (NULL: not read here), and how a digest comes into the words of ours. */
static const struct {
    const char *name, *scheme;
    const char *(*convert)(Ctx *ctx, const char *digest);
} hashers[] = {
    { "argon2i", "argon2i", NULL },
    { "argon2id", "argon2id", NULL },
    { "awscognito", NULL, NULL },
    { "bcrypt", "bcrypt", NULL },
    { "bcrypt_peppered", NULL, NULL },
    { "bcrypt_sha256_django", NULL, NULL },
    { "hmac_sha256_utf16_b64", NULL, NULL },
    { "ldap_ssha", NULL, NULL },
    { "md5", NULL, NULL },
    { "md5_phpass", NULL, NULL },
    { "md5_salted", NULL, NULL },
    { "pbkdf2_sha1", NULL, NULL },
    { "pbkdf2_sha256", NULL, NULL },
    { "pbkdf2_sha256_django", NULL, NULL },
    { "pbkdf2_sha512", NULL, NULL },
    { "pbkdf2_sha512_hex", NULL, NULL },
    { "phpass", NULL, NULL },
    { "scrypt_firebase", "fbscrypt", from_firebase },
    { "scrypt_werkzeug", NULL, NULL },
    { "sha256", NULL, NULL },
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

/* Turns the digest into the directory's words. */
static Err read_digest(Ctx *ctx, ClerkUserIn *in)
{
    const ptrdiff_t at = AT(ClerkUserIn, password_digest);
    const char *digest = in->password_digest;
    const Scheme *scheme;
    size_t i = 0;

    while (i < COUNTOF(hashers) && !text_eq(hashers[i].name, in->password_hasher))
        i++;
    if (i == COUNTOF(hashers))
        return unknown_hasher(ctx, in->password_hasher);
    if (hashers[i].scheme == NULL)
        return clerk_fail(ctx, SAY_DIGEST, at, "Digests of this password_hasher are not supported by this instance.");
    digest = strlen(digest) > MOST_DIGEST ? NULL : hashers[i].convert == NULL ? digest : hashers[i].convert(ctx, digest);
    scheme = digest == NULL ? NULL : scheme_of(str_of(digest));
    if (scheme == NULL || !text_eq(scheme->name, hashers[i].scheme) || scheme->check(str_of(digest)) != OK)
        return clerk_fail(ctx, SAY_DIGEST, at, "The password digest is not valid for its password_hasher.");
    in->password_digest = digest;
    return OK;
}

/* ---- in a body ---- */

/* Both or none, and not beside a password. */
static Err check_digest_pair(Ctx *ctx, ClerkUserIn *in)
{
    if (in->password_digest == NULL && in->password_hasher == NULL)
        return OK;
    if (in->password != NULL)
        return clerk_fail(ctx, SAY_NOT_WITH, AT(ClerkUserIn, password), "`password` isn't allowed when `password_digest` is present.");
    if (in->password_hasher == NULL)
        return clerk_fail(ctx, SAY_NEEDS, AT(ClerkUserIn, password_hasher), "`password_hasher` is required when `password_digest` is present.");
    if (in->password_digest == NULL)
        return clerk_fail(ctx, SAY_NEEDS, AT(ClerkUserIn, password_digest), "`password_digest` is required when `password_hasher` is present.");
    return read_digest(ctx, in);
}

static bool is_identifier(const ClerkUserIn *in, const char *password)
{
    const Texts *lists[] = { &in->email_address, &in->phone_number };

    for (size_t k = 0; k < COUNTOF(lists); k++)
        for (size_t i = 0; i < lists[k]->n; i++)
            if (str_eq_nocase(str_of(lists[k]->v[i]), str_of(password)))
                return true;
    return in->username != NULL && str_eq_nocase(str_of(in->username), str_of(password));
}

/* Lengths count code points here; the bytes are the directory's to judge. */
Err clerk_check_password(Ctx *ctx, ClerkUserIn *in)
{
    const ptrdiff_t at = AT(ClerkUserIn, password);
    size_t n;

    TRY(check_digest_pair(ctx, in));
    if (in->password == NULL)
        return OK;
    n = utf8_length(str_of(in->password));
    if (n == 0)
        return clerk_fail(ctx, SAY_NIL, at, NULL);
    if (n > MOST_PASSWORD)
        return clerk_fail(ctx, SAY_PASSWORD_CHARACTERS, at, NULL);
    if (in->skip_password_checks)
        return OK;
    if (n < CLERK_LEAST_PASSWORD) {
        IGNORE(fail(ctx, E_WEAK_PASSWORD, at, NULL)); /* returned below, with its reason */
        list_add(ctx->arena, &ctx->fault.reasons, "length");
        return E_WEAK_PASSWORD;
    }
    return is_identifier(in, in->password) ? clerk_fail(ctx, SAY_PASSWORD_IDENTIFIER, at, NULL) : OK;
}

/* ---- what one asks about a password ---- */

Err clerk_password_verify(Ctx *ctx, const Req *req, Reply *reply)
{
    const ClerkVerified out = { true };
    ClerkPasswordIn in = { 0 };
    const char *id;

    TRY(clerk_read_body(ctx, req, &in));
    if (text_empty(in.password))
        return clerk_fail(ctx, SAY_NIL, AT(ClerkPasswordIn, password), NULL);
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_password_verify(ctx, id, in.password));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

Err clerk_password_remove(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkSignOutIn in = { 0 };
    const char *id;
    User *user;

    TRY(clerk_read_body(ctx, req, &in));
    TRY(clerk_read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(dir_password_remove(ctx, id, in.sign_out_of_other_sessions, &user));
    return clerk_reply_user(ctx, reply, 200, user);
}
