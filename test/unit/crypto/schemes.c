/* schemes.c: tests of the schemes of other systems, by vectors that others published or made, and of their texts. */
#include "base/id.h"
#include "crypto/crypto.h"
#include "test.h"

static void assert_hex(const uint8_t *sum, size_t n, const char *hex)
{
    TEST_ARENA(arena);
    Buf buf = buf_in(arena, 256);

    hex_write(&buf, sum, n);
    assert_str(buf_view(&buf), hex);
}

/* RFC 1320 A.5, and lengths around a block against another implementation. */
TEST(md4_vectors_of_rfc_1320)
{
    static const struct {
        const char *text, *sum;
    } rows[] = {
        { "", "31d6cfe0d16ae931b73c59d7e0c089c0" },
        { "a", "bde52cb31de33e46245e05fbdbd6fb24" },
        { "abc", "a448017aaf21d8525fc10ae87aa6729d" },
        { "message digest", "d9130a8164549fe818874806e1c7014b" },
        { "abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9" },
        { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4" },
        { "12345678901234567890123456789012345678901234567890123456789012345678901234567890", "e33b4ddc9c38f2199c3e7b164fcc0536" },
    };
    uint8_t sum[16];

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        hash_sum(HASH_MD4, str_of(rows[i].text), sum);
        assert_hex(sum, sizeof(sum), rows[i].sum);
    }
    assert_int_equal(hash_size(HASH_MD4), 16);
}

TEST(md4_of_lengths_around_its_block)
{
    static const struct {
        size_t n;
        const char *sum;
    } rows[] = {
        { 55, "92f32bb82c95ad10e8f87ae58ab06807" },  { 56, "374d5f08103b7092c83b4626ebceffab" },  { 57, "eebaefd8f3ba932d44239a789c38317a" },
        { 63, "2870452596e98fffd48332289b3472b9" },  { 64, "b1abf956a5ae6f3221e5fe85e300fbb0" },  { 65, "afc1a3308fc176a53238a09aeddec2e6" },
        { 119, "b55ae15e41e55643b0c3daad5e05c905" }, { 120, "d8f9adfc41ec43552619606c70cfd287" }, { 127, "52de10b34a64d0f7d57eb11be1b7260d" },
        { 128, "7c087dd92a6743e09f3763a6d99c9d26" }, { 200, "ebd2de6bd766c2812cd60598d8d1c69f" },
    };
    uint8_t sum[16];
    char text[200];

    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < COUNTOF(rows); i++) {
        hash_sum(HASH_MD4, (Str){ text, rows[i].n }, sum);
        assert_hex(sum, sizeof(sum), rows[i].sum);
    }
}

TEST(hmac_md4_of_short_and_long_keys)
{
    uint8_t sum[16];
    char key[100];

    memset(key, 'k', sizeof(key));
    hmac_sum(HASH_MD4, (Str){ key, 0 }, STR("test"), sum);
    assert_hex(sum, sizeof(sum), "49f1bcf2f3278bc0163b558a72352b9d");
    hmac_sum(HASH_MD4, (Str){ key, 5 }, STR("test"), sum);
    assert_hex(sum, sizeof(sum), "fecbb22bc89f21f357a65f9bd969838e");
    hmac_sum(HASH_MD4, (Str){ key, 64 }, STR("test"), sum);
    assert_hex(sum, sizeof(sum), "e61aa7ac8a7f2458fcde812735409c9e");
    hmac_sum(HASH_MD4, (Str){ key, 65 }, STR("test"), sum);
    assert_hex(sum, sizeof(sum), "b4e5fe5f28229435458c2cf67dd23dfd");
    hmac_sum(HASH_MD4, (Str){ key, 100 }, STR("test"), sum);
    assert_hex(sum, sizeof(sum), "a76e3fe061821488656596a4a20eef19");
}

TEST(hashes_have_names)
{
    static const char *const names[] = { "md4", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "ripemd160" };

    for (size_t i = 0; i < COUNTOF(names); i++) {
        Hash hash;

        assert_true(hash_named(str_of(names[i]), &hash));
        assert_string_equal(hash_name(hash), names[i]);
    }
    assert_false(hash_named(STR("whirlpool"), &(Hash){ 0 }));
    assert_false(hash_named(STR(""), &(Hash){ 0 }));
}

/* Published with Auth0's pages (their password is shh), made for a second system, or of a standard. */
static const struct {
    const char *scheme, *hash, *password;
} good[] = {
    { "ldap", "{MD4}AbuUujgF0pPPkJPSFRTpmA==", "shh" },
    { "ldap", "{SSHA384}/cgEjdoZh85DhurDeOQEMO1rMlAur93SVPbYe5XSD4lF7nNuvrBju5hUeg9A6agRemgSXGl5YuE=", "shh" },
    { "ldap", "{SSHA}NKk9D8FAJgCRQMioJ8MJz85sKtsBAgMEBQYHCA==", "Tr0ub4dor&3" },
    { "ldap", "{ssha256}g0v9XkTO5wP+jVNN52DssyA2SQ39UbwPTzONtydswLgBAgMEBQYHCA==", "Tr0ub4dor&3" },
    { "ldap", "{MD5}Ts5XphMjtSzP/b7wIZVnVA==", "Tr0ub4dor&3" },
    { "ldap", "{MD5}Ts5XphMjtSzP/b7wIZVnVA", "Tr0ub4dor&3" },
    { "ldap", "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "test" },
    { "hmac", "$hmac-sha1$c2ho$cg7f42jH39/2EaAU4wNd4s2lKIk", "test" },
    { "hmac", "$hmac-sha256$azE$zgnfuMHnnKhDZ3VRfULISu+/0HirnLunPDMAQfBaqiU", "Tr0ub4dor&3" },
    { "pbkdf2", "$pbkdf2-sha512$i=100000,l=64$KNyFsA2rWoE$I2CQGI9H0JxdDf3kERRI97kPCGxh0KWBIV3MxyaS191gDGfzVBGyS4BibhgqWQ0/ails8mHuU9ckASxHOOq58w",
      "shh" },
    { "pbkdf2", "$pbkdf2-sha256$i=1000,l=32$AQIDBAUGBwg$tO0nM7+4EgC12yVjx9G+0DZG/yyHw5six8VZwxF5CWk", "Tr0ub4dor&3" },
    { "pbkdf2", "$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", "password" },
    { "scrypt", "$scrypt$ln=12,r=8,p=1$YWJjMTIz$CX9hl+G0FTj3I+Mqp6aOjXYifY5DLOX6pIgqkTAy2yk", "password" },
    { "scrypt", "$scrypt$ln=14,r=8,p=1$TmFDbA$sC/QdNwTiUuX5ppViu04YIdA4OAb3OTbkNSyKKLQ2yg", "Tr0ub4dor&3" },
    { "phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345" },
    { "pre", "$pre$b=YWJjMTIz${SHA256}0k55T85QPD3bHNG6HdXZslDPmRczagMW/v2H/s95IA8=", "shh" },
    { "pre", "$pre$a=AP8Q${SHA256}aaiLDybOMdq+8RP91+8nTmFtxAMaxyPTUU5CckEymlU=", "Tr0ub4dor&3" },
    { "pre", "$pre$e=utf16le${MD4}JNnJlZUICyQbO06wy6jY9A==", "Tr0ub4dor&3" },
    { "pre", "$pre$h=md5$$P$9IQRaTwmfOGTJ/WYj/7EzwfYDgJk33/", "correct horse battery staple" },
    { "pre", "$pre$h=sha256$$2b$10$abcdefghijklmnopqrstuuK5Ik0sQKRERVqVfP1zJVdl8tZU.VuN.", "correct horse battery staple" },
    { "pre", "$pre$e=latin1${SHA}eYxIHY7AbAiRXrCWOfnCEBMfpL8=", "pässwörd" },
    { "pre", "$pre$e=utf16le${MD4}3bkE0H7yUwYG9BDFJRiBug==", "pässwörd-日本語-🔐" },
    { "pre", "$pre$e=utf16le,b=YmVmb3Jl,a=AGFmdGVy,h=sha512${SHA256}dvfaaN7ZO3ugC6qHseITjUpHhTXkG0Gfx71Nld8BDf0=", "pässwörd-日本語-🔐" },
    { "pre", "$pre$b=czE$$hmac-sha256$azE$90oGGniOQ0CfyYnVjD+LCi7OUXobGKRJoE3WwowGo6g", "test" },
    { "pre", "$pre$e=utf16le$$pbkdf2-sha256$i=10,l=32$c2FsdA$ScLWZyLFC0rp5l1CBHXDAq0+j4B8lHF51K7p4GlYl8g", "pässwörd-日本語-🔐" },
};

TEST(scheme_vectors_verify)
{
    for (size_t i = 0; i < COUNTOF(good); i++) {
        const Str hash = str_of(good[i].hash);

        assert_ok(password_hash_check(hash));
        assert_string_equal(scheme_of(hash)->name, good[i].scheme);
        if (password_verify(hash, str_of(good[i].password)) != OK)
            print_error("does not verify: %s\n", good[i].hash);
        assert_ok(password_verify(hash, str_of(good[i].password)));
        assert_err(password_verify(hash, STR("another")), E_WRONG_PASSWORD);
        assert_err(password_verify(hash, STR("")), E_WRONG_PASSWORD);
        assert_false(scheme_of(hash)->core);
    }
}

#define KEY "tO0nM7+4EgC12yVjx9G+0DZG/yyHw5six8VZwxF5CWk"

static const char *const bad[] = {
    "{}AAAA",
    "{SHA}",
    "{SHA} qUqP5cyxm6YcTAhz05Hph5gvu9M=",
    "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9MA",
    "{MD5}Ts5XphMjtSzP/b7wIZVnVAAA",
    "{MD4",
    "{CRYPT}$2b$04$zzzzzzzzzzzzzzzzzzzzzO0ZTA.MOWW4I5cwj6LzEpQif17RUF4HS",
    "{CLEARTEXT}secret",
    "secret",
    "$hmac-sha1$c2ho$",
    "$hmac-sha1$c2ho",
    "$hmac-sha1$c2ho$cg7f42jH39/2EaAU4wNd4s2lKIk=",
    "$hmac-sha1$c2ho$cg7f42jH39/2EaAU4wNd4s2lKIkAAA",
    "$hmac-whirlpool$c2ho$cg7f42jH39/2EaAU4wNd4s2lKIk",
    "$hmac-$c2ho$cg7f42jH39/2EaAU4wNd4s2lKIk",
    "$pbkdf2-md4$i=1000,l=32$AQIDBAUGBwg$" KEY,
    "$pbkdf2-$i=1000,l=32$AQIDBAUGBwg$" KEY,
    "$pbkdf2-sha256$i=0,l=32$AQIDBAUGBwg$" KEY,
    "$pbkdf2-sha256$i=3000001,l=32$AQIDBAUGBwg$" KEY,
    "$pbkdf2-sha256$i=18446744073709551617,l=32$AQIDBAUGBwg$" KEY,
    "$pbkdf2-sha1$i=1500001,l=32$AQIDBAUGBwg$" KEY,
    "$pbkdf2-sha256$i=1000,l=31$AQIDBAUGBwg$" KEY,
    "$pbkdf2-sha256$i=1000,l=0$AQIDBAUGBwg$",
    "$pbkdf2-sha256$i=1000,l=4$AQIDBAUGBwg$AAAAAA",
    "$pbkdf2-sha256$i=1000$AQIDBAUGBwg$" KEY,
    "$pbkdf2-sha256$l=32,i=1000$AQIDBAUGBwg$" KEY,
    "$pbkdf2-sha256$i=1000,l=32,x=1$AQIDBAUGBwg$" KEY,
    "$pbkdf2-sha256$i=1000,l=32$AQIDBAUGBwg",
    "$pbkdf2-sha256$i=1000,l=32$AQIDBAUGBwg=$" KEY,
    "$scrypt$ln=0,r=8,p=1$TmFDbA$" KEY,
    "$scrypt$ln=14,r=0,p=1$TmFDbA$" KEY,
    "$scrypt$ln=14,r=8,p=0$TmFDbA$" KEY,
    "$scrypt$ln=18,r=8,p=1$TmFDbA$" KEY,
    "$scrypt$ln=21,r=1,p=1$TmFDbA$" KEY,
    "$scrypt$ln=14,r=8,p=9$TmFDbA$" KEY,
    "$scrypt$ln=63,r=8,p=1$TmFDbA$" KEY,
    "$scrypt$ln=64,r=8,p=1$TmFDbA$" KEY,
    "$scrypt$ln=14,r=65,p=1$TmFDbA$" KEY,
    "$scrypt$n=14,r=8,p=1$TmFDbA$" KEY,
    "$scrypt$ln=14,r=8,p=1$TmFDbA",
    "$scrypt$ln=14,r=8,p=1$TmFDbA$AAAA",
    "$P$",
    "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L",
    "$P$LIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
    "$pre$",
    "$pre$$$2b$04$zzzzzzzzzzzzzzzzzzzzzO0ZTA.MOWW4I5cwj6LzEpQif17RUF4HS",
    "$pre$e=utf8${MD5}Ts5XphMjtSzP/b7wIZVnVA==",
    "$pre$e=utf16le",
    "$pre$e=utf16le$",
    "$pre$e=utf16le$x",
    "$pre$h=md5,e=utf16le${MD5}Ts5XphMjtSzP/b7wIZVnVA==",
    "$pre$e=utf16le,e=utf16le${MD5}Ts5XphMjtSzP/b7wIZVnVA==",
    "$pre$b=${MD5}Ts5XphMjtSzP/b7wIZVnVA==",
    "$pre$b=YQ==${MD5}Ts5XphMjtSzP/b7wIZVnVA==",
    "$pre$h=whirlpool${MD5}Ts5XphMjtSzP/b7wIZVnVA==",
    "$pre$h=md5$$pre$h=md5${MD5}Ts5XphMjtSzP/b7wIZVnVA==",
    "$pre$h=md5$awscognito#us-east-1_AbCdEfGhI#4kq1#jane",
    "$pre$e=utf16le$$2b$04$zzzzzzzzzzzzzzzzzzzzzO0ZTA.MOWW4I5cwj6LzEpQif17RUF4HS",
    "$pre$a=AP8Q$$2b$04$zzzzzzzzzzzzzzzzzzzzzO0ZTA.MOWW4I5cwj6LzEpQif17RUF4HS",
    "$pre$h=md5$$2b$16$zzzzzzzzzzzzzzzzzzzzzO0ZTA.MOWW4I5cwj6LzEpQif17RUF4HS",
    "awscognito#",
    "awscognito#a_b#c#",
};

TEST(scheme_of_bad_form_or_cost_is_refused_without_being_computed)
{
    const int64_t start = spent_ms();

    for (size_t i = 0; i < COUNTOF(bad); i++) {
        if (password_hash_check(str_of(bad[i])) != E_BAD_HASH)
            print_error("accepted: %s\n", bad[i]);
        assert_err(password_hash_check(str_of(bad[i])), E_BAD_HASH);
        assert_err(password_verify(str_of(bad[i]), STR("password")), E_BAD_HASH);
        assert_false(password_is_weaker(str_of(bad[i]), "argon2id:m=65536,t=3,p=1"));
    }
    assert_true(spent_ms() - start < LIMIT_MS(500));
}

/* Each at its cap. */
TEST(scheme_at_its_cap_is_in_form)
{
    static const char *const most[] = {
        "$pbkdf2-sha256$i=3000000,l=32$AQIDBAUGBwg$" KEY,
        "$pbkdf2-sha1$i=1500000,l=32$AQIDBAUGBwg$" KEY,
        "$scrypt$ln=17,r=8,p=1$TmFDbA$" KEY,
        "$scrypt$ln=14,r=8,p=8$TmFDbA$" KEY,
        "$P$KIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
    };

    for (size_t i = 0; i < COUNTOF(most); i++)
        assert_ok(password_hash_check(str_of(most[i])));
}

/* phpass takes the whole password in each round: a long one would cost more than the cap. */
TEST(phpass_of_a_long_password_is_within_the_cap)
{
    const int64_t start = spent_ms();
    char text[4097];

    memset(text, 'p', sizeof(text));
    assert_err(password_verify(STR("$P$KIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"), (Str){ text, 4096 }), E_WRONG_PASSWORD);
    assert_true(spent_ms() - start < LIMIT_MS(2000));
    assert_err(password_verify(STR("{MD5}Ts5XphMjtSzP/b7wIZVnVA=="), (Str){ text, 4096 }), E_WRONG_PASSWORD);
    assert_err(password_verify(STR("{MD5}Ts5XphMjtSzP/b7wIZVnVA=="), (Str){ text, 4097 }), E_WRONG_PASSWORD);
}

/* A NUL ends nothing, but for bcrypt, which has none. */
TEST(scheme_compares_passwords_with_a_nul_by_length)
{
    static const Hash hashes[] = { HASH_MD4, HASH_MD5, HASH_SHA1, HASH_SHA256 };
    uint8_t sum[64];

    for (size_t i = 0; i < COUNTOF(hashes); i++) {
        TEST_ARENA(arena);
        const char *hash;

        hash_sum(hashes[i], STR("a\0b"), sum);
        hash = hash_text_digest(arena, hashes[i], (Str){ (const char *)sum, hash_size(hashes[i]) });
        assert_ok(password_verify(str_of(hash), STR("a\0b")));
        assert_err(password_verify(str_of(hash), STR("a")), E_WRONG_PASSWORD);
        assert_err(password_verify(str_of(hash), STR("a\0c")), E_WRONG_PASSWORD);
        assert_err(password_verify(str_of(hash), STR("a\0b\0")), E_WRONG_PASSWORD);
    }
}

TEST(scheme_that_another_service_keeps_is_never_verified)
{
    const Str hash = STR("awscognito#us-east-1_AbCdEfGhI#4kq1example0clientid2abc3d#jane.doe@example.com");

    assert_ok(password_hash_check(hash));
    assert_err(password_verify(hash, STR("Cognito-Passw0rd!")), E_FOREIGN_PASSWORD);
    assert_err(password_verify(hash, STR("")), E_FOREIGN_PASSWORD);
    assert_true(password_is_weaker(hash, "bcrypt:4")); /* any hash of our own is better */
}

TEST(scheme_with_any_byte_edited_does_not_verify)
{
    static const struct {
        const char *hash, *password;
    } rows[] = {
        { "{MD5}Ts5XphMjtSzP/b7wIZVnVA==", "Tr0ub4dor&3" },
        { "{SSHA256}g0v9XkTO5wP+jVNN52DssyA2SQ39UbwPTzONtydswLgBAgMEBQYHCA==", "Tr0ub4dor&3" },
        { "$hmac-sha1$c2ho$cg7f42jH39/2EaAU4wNd4s2lKIk", "test" },
        { "$pbkdf2-sha256$i=1000,l=32$AQIDBAUGBwg$tO0nM7+4EgC12yVjx9G+0DZG/yyHw5six8VZwxF5CWk", "Tr0ub4dor&3" },
        { "$pre$a=AP8Q${SHA256}aaiLDybOMdq+8RP91+8nTmFtxAMaxyPTUU5CckEymlU=", "Tr0ub4dor&3" },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        TEST_ARENA(arena);
        char *hash = arena_strdup(arena, rows[i].hash);

        for (char *p = hash; *p != '\0'; p++) {
            const char was = *p;

            *p = was == '3' ? '4' : '3';
            assert_int_not_equal(password_verify(str_of(hash), str_of(rows[i].password)), OK);
            *p = was;
        }
        assert_ok(password_verify(str_of(hash), str_of(rows[i].password)));
    }
}

TEST(scheme_of_others_is_renewed_upwards)
{
    static const struct {
        const char *hash, *setting;
        bool weaker;
    } rows[] = {
        { "{MD5}Ts5XphMjtSzP/b7wIZVnVA==", "bcrypt:4", true },
        { "$hmac-sha1$c2ho$cg7f42jH39/2EaAU4wNd4s2lKIk", "bcrypt:4", true },
        { "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "bcrypt:4", true },
        { "$pbkdf2-sha256$i=1000,l=32$AQIDBAUGBwg$" KEY, "bcrypt:4", true },
        { "$scrypt$ln=14,r=8,p=1$TmFDbA$" KEY, "bcrypt:10", true },
        { "$scrypt$ln=14,r=8,p=1$TmFDbA$" KEY, "argon2id:m=8,t=1,p=1", true },
        { "$pre$h=md5$$P$9IQRaTwmfOGTJ/WYj/7EzwfYDgJk33/", "bcrypt:4", true },
        { "$pre$h=sha256$$2b$10$abcdefghijklmnopqrstuuK5Ik0sQKRERVqVfP1zJVdl8tZU.VuN.", "bcrypt:9", false },
        { "$pre$h=sha256$$2b$10$abcdefghijklmnopqrstuuK5Ik0sQKRERVqVfP1zJVdl8tZU.VuN.", "bcrypt:10", true },
        { "$pre$h=sha256$$2b$10$abcdefghijklmnopqrstuuK5Ik0sQKRERVqVfP1zJVdl8tZU.VuN.", "argon2id:m=8,t=1,p=1", true },
        { "$pre$b=YWJj$$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQxNmJ5dGVzIQ$/nHGjAVeLRhFUQCoT/fUNJC3yRsyB8rzLS9v9r/qLX4", "bcrypt:15", false },
        { "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVzIQ$/nHGjAVeLRhFUQCoT/fUNJC3yRsyB8rzLS9v9r/qLX4", "bcrypt:15", false },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_int_equal(password_is_weaker(str_of(rows[i].hash), rows[i].setting), rows[i].weaker);
}

TEST(password_decoy_is_of_the_setting)
{
    static const struct {
        const char *setting, *prefix;
    } rows[] = { { "bcrypt:4", "$2a$04$" }, { "bcrypt:12", "$2a$12$" }, { "argon2id:m=64,t=2,p=2", "$argon2id$v=19$m=64,t=2,p=2$" } };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        const char *hash = password_decoy(arena, rows[i].setting);

        assert_true(str_starts(str_of(hash), str_of(rows[i].prefix)));
        assert_ok(password_hash_check(str_of(hash)));
        assert_err(password_verify(str_of(hash), STR("")), E_WRONG_PASSWORD);
        assert_false(password_is_weaker(str_of(hash), rows[i].setting));
    }
    assert_null(password_decoy(arena, "bcrypt:99"));
    assert_null(password_decoy(arena, NULL));
    assert_int_equal(password_most_bytes("bcrypt:10"), 72);
    assert_int_equal(password_most_bytes("argon2id:m=64,t=1,p=1"), 4096);
}

TEST(scheme_kind_is_what_says_the_cost)
{
    static const struct {
        const char *hash, *kind;
    } rows[] = {
        { "$2a$10$C6UzMDM.H6dfI/f/IKcEeO8LBNiGYiGmUBV4eyRMxwpt0RNhI5BEG", "$2a$10$" },
        { "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$zTsrnxoCAoUmJfzs8fmJXUbXcHSWmZyEnKZYkSlxHuU", "$argon2id$v=19$m=65536,t=2,p=1$" },
        { "$scrypt$ln=12,r=8,p=1$YWJjMTIz$CX9hl+G0FTj3I+Mqp6aOjXYifY5DLOX6pIgqkTAy2yk", "$scrypt$ln=12,r=8,p=1$" },
        { "$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", "$pbkdf2-sha1$i=4096,l=20$" },
        { "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "$P$9" },
        { "$pre$h=md5$$P$9IQRaTwmfOGTJ/WYj/7EzwfYDgJk33/", "$P$9" },
        { "$P$", "$P$" },
        { "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "" },
        { "$2a$", "" },
        { "what nobody knows", "" },
        { "", "" },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        if (!str_eq(password_kind(str_of(rows[i].hash)), str_of(rows[i].kind)))
            print_error("another kind: %s\n", rows[i].hash);
        assert_true(str_eq(password_kind(str_of(rows[i].hash)), str_of(rows[i].kind)));
    }
}
