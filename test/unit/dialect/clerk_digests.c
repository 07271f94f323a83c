/* clerk_digests.c: Clerk's digests become hashes of ours that verify; what is not of its hasher's form, or too costly, is refused unread. */
#include <jansson.h>

#include "crypto/crypto.h"
#include "dialect/clerk/internal.h"
#include "test.h"

static Str member(const json_t *vector, const char *name)
{
    const json_t *value = json_object_get(vector, name);

    assert_true(json_is_string(value));
    return (Str){ json_string_value(value), json_string_length(value) };
}

static Err read_digest(Arena *arena, const char *hasher, const char *digest, const char **ret)
{
    Ctx ctx = ctx_new(arena, NULL);
    ClerkUserIn in = { .password_digest = digest, .password_hasher = hasher };

    TRY(clerk_read_digest(&ctx, &in));
    *ret = in.password_digest;
    return OK;
}

static void check_vector(const json_t *vector)
{
    const bool foreign = str_eq(member(vector, "hasher"), STR("awscognito"));
    const char *hash;
    TEST_ARENA(arena);

    assert_ok(read_digest(arena, member(vector, "hasher").p, member(vector, "digest").p, &hash));
    assert_ok(password_hash_check(str_of(hash)));
    if (foreign)
        assert_err(password_verify(str_of(hash), member(vector, "password")), E_FOREIGN_PASSWORD);
    else
        assert_ok(password_verify(str_of(hash), member(vector, "password")));
    if (foreign)
        assert_err(password_verify(str_of(hash), member(vector, "wrong_password")), E_FOREIGN_PASSWORD);
    else
        assert_err(password_verify(str_of(hash), member(vector, "wrong_password")), E_WRONG_PASSWORD);
}

/* Made by other implementations; test/data says by which. */
TEST(clerk_digest_vectors_verify)
{
    json_t *vectors = json_load_file(TEST_DATA "/password_vectors.json", JSON_ALLOW_NUL, NULL), *vector;
    size_t i;

    assert_int_equal(json_array_size(vectors), 61);
    json_array_foreach(vectors, i, vector) check_vector(vector);
    json_decref(vectors);
}

/* Other forms that mean the same. */
TEST(clerk_digests_in_their_other_forms_verify)
{
    static const struct {
        const char *hasher, *digest, *password;
    } rows[] = {
        { "md5", "5F4DCC3B5AA765D61D8327DEB882CF99", "password" },
        { "phpass", "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345" },
        { "ldap_ssha", "{ssha}NKk9D8FAJgCRQMioJ8MJz85sKtsBAgMEBQYHCA", "Tr0ub4dor&3" },
        { "pbkdf2_sha256", "pbkdf2_sha256$10000$TmFDbC1zYWx0LTE2Ynl0ZQ$fUhOa7PDIBxKc0lPKXvRMprhUfBjmipO1f8Uj4cjyD8", "correct horse battery staple" },
        { "pbkdf2_sha1", "pbkdf2_sha1$4096$salt$4b007901b765489abead49d926f721d065a429c1$20", "password" },
        { "scrypt_werkzeug",
          "scrypt$gZ4kWmHsCJpP96gx$15b3dff1edb262ceddc2076fa9facc42a6aeef03c5e9d47eb69753f2b46511333c17280533694bbf489dda6cf4ae6d1cbcd414634fe1a09aa396491cce7cceab",
          "correct horse battery staple" },
        { "scrypt_werkzeug",
          "scrypt:32768:8:1$gZ4kWmHsCJpP96gx$FbPf8e2yYs7dwgdvqfrMQqau7wPF6dR+tpdT8rRlETM8FygFM2lLv0id2mz0rm0cvNQUY0/hoJqjlkkcznzOqw==",
          "correct horse battery staple" },
        { "bcrypt_sha256_django", "bcrypt_sha256$$2y$04$zzzzzzzzzzzzzzzzzzzzzOR5GoCb1lyGtrPTznku3cHTuT8kb5Dt2",
          "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const char *hash;
        TEST_ARENA(arena);

        assert_ok(read_digest(arena, rows[i].hasher, rows[i].digest, &hash));
        assert_ok(password_verify(str_of(hash), str_of(rows[i].password)));
        assert_err(password_verify(str_of(hash), STR("another")), E_WRONG_PASSWORD);
    }
}

#define MD5_SUM "5f4dcc3b5aa765d61d8327deb882cf99"
#define KEY32 "fUhOa7PDIBxKc0lPKXvRMprhUfBjmipO1f8Uj4cjyD8="
#define KEY64 "15b3dff1edb262ceddc2076fa9facc42a6aeef03c5e9d47eb69753f2b46511333c17280533694bbf489dda6cf4ae6d1cbcd414634fe1a09aa396491cce7cceab"
#define BCRYPT "abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W"
#define PHC "$c29tZXNhbHQxNmJ5dGVzIQ$/nHGjAVeLRhFUQCoT/fUNJC3yRsyB8rzLS9v9r/qLX4"

static const struct {
    const char *hasher, *digest;
} refused[] = {
    { "argon2i", "$argon2id$v=19$m=4096,t=3,p=1" PHC },
    { "argon2id", "$argon2i$v=19$m=4096,t=3,p=1" PHC },
    { "argon2id", "$argon2id$v=19$m=1048576,t=3,p=1" PHC },
    { "awscognito", "awscognito#us-east-1_AbCdEfGhI#4kq1example0clientid2abc3d#" },
    { "awscognito", "awscognito#us-east-1_AbCdEfGhI#4kq1example0clientid2abc3d" },
    { "awscognito", "awscognito#us-east-1#4kq1example0clientid2abc3d#jane" },
    { "awscognito", "awscognito#_x#4kq1#jane" },
    { "awscognito", "awscognito#us-east-1_AbC/../x#4kq1#jane" },
    { "awscognito", "awscognito#us-east-1_AbC#client id#jane" },
    { "awscognito", MD5_SUM },
    { "bcrypt", "$2x$10$" BCRYPT },
    { "bcrypt", "$2$10$" BCRYPT },
    { "bcrypt", "$2b$16$" BCRYPT },
    { "bcrypt", "bcrypt_sha256$$2b$10$" BCRYPT },
    { "bcrypt", "$pre$h=md5$$2b$10$" BCRYPT },
    { "bcrypt_sha256_django", "$2b$10$" BCRYPT },
    { "bcrypt_sha256_django", "bcrypt_sha256$" },
    { "bcrypt_sha256_django", "bcrypt_sha256" },
    { "bcrypt_sha256_django", "bcrypt_sha256$$2b$16$" BCRYPT },
    { "bcrypt_sha256_django", "bcrypt_sha256$bcrypt_sha256$$2b$10$" BCRYPT },
    { "bcrypt_sha256_django", "bcrypt_sha256$$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0" },
    { "md5", "" },
    { "md5", "{MD5}X03MO1qnZdYdgyfeuILPmQ==" },
    { "md5", "5f4dcc3b5aa765d61d8327deb882cf9" },
    { "md5", "5f4dcc3b5aa765d61d8327deb882cf9g" },
    { "md5", MD5_SUM "00" },
    { "md5", MD5_SUM "$" },
    { "md5", " " MD5_SUM },
    { "sha256", MD5_SUM },
    { "sha256", MD5_SUM MD5_SUM "x" },
    { "pbkdf2_sha256", "pbkdf2_sha256$0$c2FsdA==$" KEY32 },
    { "pbkdf2_sha256", "pbkdf2_sha256$3000001$c2FsdA==$" KEY32 },
    { "pbkdf2_sha256", "pbkdf2_sha256$4294967297$c2FsdA==$" KEY32 },
    { "pbkdf2_sha256", "pbkdf2_sha256$99999999999999999999$c2FsdA==$" KEY32 },
    { "pbkdf2_sha256", "pbkdf2_sha256$-1$c2FsdA==$" KEY32 },
    { "pbkdf2_sha256", "pbkdf2_sha256$1e3$c2FsdA==$" KEY32 },
    { "pbkdf2_sha256", "pbkdf2_sha256$1000$c2FsdA==$" },
    { "pbkdf2_sha256", "pbkdf2_sha256$1000$c2FsdA==" },
    { "pbkdf2_sha256", "pbkdf2_sha256$1000$no base64$" KEY32 },
    { "pbkdf2_sha256", "pbkdf2_sha256$1000$c2FsdA==$" KEY32 "$" },
    { "pbkdf2_sha256", "pbkdf2_sha512$1000$c2FsdA==$" KEY32 },
    { "pbkdf2_sha256_django", "pbkdf2_sha256$1000$salt$fUhOa7PDIBxKc0lPKXvRMg==" },
    { "pbkdf2_sha256_django", "pbkdf2_sha256$3000001$salt$" KEY32 },
    { "pbkdf2_sha256_django", "pbkdf2_sha1$1000$salt$" KEY32 },
    { "pbkdf2_sha1", "pbkdf2_sha1$4096$73616c74$4b007901b765489abead49d926f721d065a429c1" },
    { "pbkdf2_sha1", "pbkdf2_sha1$4096$73616c74$4b007901b765489abead49d926f721d065a429c1$32" },
    { "pbkdf2_sha1", "pbkdf2_sha1$4096$73616c74$4b007901b765489abead49d926f721d065a429c1$20$" },
    { "pbkdf2_sha1", "pbkdf2_sha1$4096$73616c74$4b0079$3" },
    { "pbkdf2_sha1", "pbkdf2_sha1$3000001$73616c74$4b007901b765489abead49d926f721d065a429c1$20" },
    { "phpass", "$P$4IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0" },
    { "phpass", "$P$zIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0" },
    { "phpass", "$P$LIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0" },
    { "phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L" },
    { "phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L00" },
    { "phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r+L0" },
    { "phpass", "$Q$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0" },
    { "phpass", "$2b$10$" BCRYPT },
    { "md5_phpass", "$P$zIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0" },
    { "md5_phpass", "$pre$h=md5$$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0" },
    { "md5_phpass", "$2b$10$" BCRYPT },
    { "scrypt_firebase", "AA==$AA==$AA==$Bw==$8$30" },
    { "scrypt_firebase", "AA==$AA==$AA==$Bw==$8" },
    { "scrypt_firebase", "AA==$AA==$AA==$Bw==$0$14" },
    { "scrypt_firebase", "$fbscrypt$v=1,n=14,r=8,p=1,sk=AA==$AA==$AA==" },
    { "scrypt_werkzeug", "scrypt:32767:8:1$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:0:8:1$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:1:8:1$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:16384:0:1$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:16384:8:0$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:262144:8:1$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:16384:8:64$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:16384:1073741823:1$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:16384:8$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:16384:8:1:1$salt$" KEY64 },
    { "scrypt_werkzeug", "scrypt:16384:8:1$salt$" MD5_SUM },
    { "scrypt_werkzeug", "pbkdf2:sha256:1000$salt$" KEY64 },
    { "ldap_ssha", "{SSHA}" },
    { "ldap_ssha", "{SSHA}AAAA" },
    { "ldap_ssha", "{SHA}NKk9D8FAJgCRQMioJ8MJz85sKts=" },
    { "ldap_ssha", "{CRYPT}$2b$10$" BCRYPT },
    { "ldap_ssha", "NKk9D8FAJgCRQMioJ8MJz85sKtsBAgMEBQYHCA==" },
};

/* Costs over the caps among them: all together take no time. */
TEST(clerk_digest_that_does_not_fit_its_hasher_is_refused_unread)
{
    const int64_t start = spent_ms();
    const char *hash = NULL;
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(refused); i++) {
        if (read_digest(arena, refused[i].hasher, refused[i].digest, &hash) == OK)
            print_error("accepted: %s %s\n", refused[i].hasher, refused[i].digest);
        assert_null(hash);
    }
    assert_true(spent_ms() - start < LIMIT_MS(500));
}

TEST(clerk_digest_of_over_4096_bytes_is_refused)
{
    TEST_ARENA(arena);
    char *digest = arena_alloc(arena, 5000);
    const char *hash = NULL;

    memset(digest, 'A', 4999);
    memcpy(digest, "{SSHA}", 6);
    assert_int_not_equal(read_digest(arena, "ldap_ssha", digest, &hash), OK);
    assert_null(hash);
}

TEST(clerk_hashers_that_are_unknown_or_not_read_here_are_told_apart)
{
    TEST_ARENA(arena);
    Ctx ctx = ctx_new(arena, NULL);
    ClerkUserIn in = { .password_digest = MD5_SUM, .password_hasher = "rot13" };

    assert_int_not_equal(clerk_read_digest(&ctx, &in), OK);
    assert_int_equal(ctx.fault.at, AT(ClerkUserIn, password_hasher));
    in.password_hasher = "bcrypt_peppered";
    assert_int_not_equal(clerk_read_digest(&ctx, &in), OK);
    assert_int_equal(ctx.fault.at, AT(ClerkUserIn, password_digest));
}
