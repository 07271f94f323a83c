/* password.c: tests of the password schemes. */
#include "crypto/crypto.h"
#include "test.h"

TEST(password_schemes_are_found_by_hash)
{
    assert_null(scheme_of(STR("")));
    assert_null(scheme_of((Str){ NULL, 0 }));
    assert_null(scheme_of(STR("$2")));
    assert_null(scheme_of(STR("plain text")));
}

#define SALT_AND_SUM "abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W"
#define PHC_REST "$c29tZXNhbHQxNmJ5dGVzIQ$/nHGjAVeLRhFUQCoT/fUNJC3yRsyB8rzLS9v9r/qLX4"

static const char *const bad_hashes[] = {
    "",
    "x",
    "$2a$",
    "$2a$10$",
    "$2$10$" SALT_AND_SUM,
    "$2x$10$" SALT_AND_SUM,
    "$2A$10$" SALT_AND_SUM,
    " $2a$10$" SALT_AND_SUM,
    "$2a$10$" SALT_AND_SUM " ",
    "$2a$10$" SALT_AND_SUM "A",
    "$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77",
    "$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR7!W",
    "$2a$10$abcdefghijklmnopqrst\n"
    "uGGgFFcYeueaAql8Z7U7CnCTRw4DR77W",
    "$2a$10x" SALT_AND_SUM,
    "$2a$00$" SALT_AND_SUM,
    "$2a$03$" SALT_AND_SUM,
    "$2a$16$" SALT_AND_SUM,
    "$2a$31$" SALT_AND_SUM,
    "$2a$32$" SALT_AND_SUM,
    "$2a$99$" SALT_AND_SUM,
    "$2a$-1$" SALT_AND_SUM,
    "$2a$+5$" SALT_AND_SUM,
    "$2a$1e$" SALT_AND_SUM,
    "$argon2d$v=19$m=64,t=1,p=1" PHC_REST,
    "$argon2id$v=16$m=64,t=1,p=1" PHC_REST,
    "$argon2id$m=64,t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=64,t=1" PHC_REST,
    "$argon2id$v=19$m=64,t=1,p=1,keyid=YWJj" PHC_REST,
    "$argon2id$v=19$m=64,t=1,p=1,data=YWJj" PHC_REST,
    "$argon2id$v=19$m=64,t=1,p=1," PHC_REST,
    "$argon2id$v=19$t=1,m=64,p=1" PHC_REST,
    "$argon2id$v=19$m=,t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=64, t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=64,t=0,p=1" PHC_REST,
    "$argon2id$v=19$m=64,t=1,p=0" PHC_REST,
    "$argon2id$v=19$m=0,t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=7,t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=64,t=1,p=9" PHC_REST,
    "$argon2id$v=19$m=-64,t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=262145,t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=4294967295,t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=4294967360,t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=18446744073709551680,t=1,p=1" PHC_REST,
    "$argon2id$v=19$m=64,t=21,p=1" PHC_REST,
    "$argon2id$v=19$m=64,t=4294967295,p=1" PHC_REST,
    "$argon2id$v=19$m=262144,t=9,p=1" PHC_REST,
    "$argon2id$v=19$m=4096,t=1,p=17" PHC_REST,
    "$argon2id$v=19$m=4096,t=1,p=256" PHC_REST,
    "$argon2id$v=19$m=64,t=1,p=1$$/nHGjAVeLRhFUQCoT/fUNJC3yRsyB8rzLS9v9r/qLX4",
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbA$/nHGjAVeLRhFUQCoT/fUNJC3yRsyB8rzLS9v9r/qLX4",
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVzIQ$",
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVzIQ",
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVzIQ==$/nHGjAVeLRhFUQCoT/fUNJC3yRsyB8rzLS9v9r/qLX4",
    "$argon2id$v=19$m=64,t=1,p=1" PHC_REST "=",
    "$argon2id$v=19$m=64,t=1,p=1" PHC_REST "$",
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxNmJ5dGVzIQ$_nHGjAVeLRhFUQCoT_fUNJC3yRsyB8rzLS9v9r_qLX4",
    "$argon2id$",
    "$fbscrypt$v=1,n=30,r=8,p=1$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
};

/* Costs over the caps among them: none is computed, so all of them together take no time. */
TEST(password_hash_of_bad_form_or_cost_is_refused_without_being_computed)
{
    const int64_t start = spent_ms();

    for (size_t i = 0; i < COUNTOF(bad_hashes); i++) {
        if (password_hash_check(str_of(bad_hashes[i])) != E_BAD_HASH)
            print_error("accepted: %s\n", bad_hashes[i]);
        assert_err(password_hash_check(str_of(bad_hashes[i])), E_BAD_HASH);
        assert_err(password_verify(str_of(bad_hashes[i]), STR("password")), E_BAD_HASH);
        assert_false(password_is_weaker(str_of(bad_hashes[i]), "argon2id:m=65536,t=3,p=1"));
    }
    assert_true(spent_ms() - start < LIMIT_MS(500));
}

TEST(password_hash_check_takes_what_is_in_form)
{
    static const char *const good[] = {
        "$2a$04$" SALT_AND_SUM,
        "$2b$15$" SALT_AND_SUM,
        "$2y$10$" SALT_AND_SUM,
        "$argon2id$v=19$m=8,t=1,p=1" PHC_REST,
        "$argon2i$v=19$m=262144,t=8,p=16" PHC_REST,
        "$argon2id$v=19$m=1024,t=20,p=1" PHC_REST,
    };

    for (size_t i = 0; i < COUNTOF(good); i++)
        assert_ok(password_hash_check(str_of(good[i])));
}

/* But for bcrypt's letter (all three name one function) and the end of its salt (which has bits that do not count). */
TEST(password_hash_with_any_byte_edited_does_not_verify)
{
    static const char *const settings[] = { "bcrypt:4", "argon2id:m=64,t=1,p=1" };

    for (size_t i = 0; i < COUNTOF(settings); i++) {
        TEST_ARENA(arena);
        char *hash;

        assert_ok(password_make(arena, settings[i], STR("password"), &hash));
        for (char *p = hash; *p != '\0'; p++) {
            const char was = *p;

            *p = was == 'b' ? 'c' : 'b';
            if (i > 0 || (p != hash + 2 && p != hash + 28))
                assert_int_not_equal(password_verify(str_of(hash), STR("password")), OK);
            *p = was;
        }
        assert_ok(password_verify(str_of(hash), STR("password")));
    }
}

TEST(password_made_is_of_the_setting_and_verifies)
{
    static const struct {
        const char *setting, *prefix;
        size_t length;
    } rows[] = {
        { "bcrypt:4", "$2a$04$", 60 },
        { "bcrypt:10", "$2a$10$", 60 },
        { "argon2id:m=64,t=1,p=1", "$argon2id$v=19$m=64,t=1,p=1$", 94 },
        { "argon2id:m=256,t=2,p=8", "$argon2id$v=19$m=256,t=2,p=8$", 95 },
    };
    static const char *const passwords[] = { "", "p", "p\xc3\xa4ssw\xc3\xb6rd",
                                             "\xff\xa3"
                                             "34\xff\xff\xff\xa3"
                                             "345",
                                             "0123456789012345678901234567890123456789012345678901234567890123456789ab" };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        for (size_t k = 0; k < COUNTOF(passwords); k++) {
            TEST_ARENA(arena);
            char *hash, *again;

            if (i == 1 && k > 0) /* one of the usual cost is enough */
                continue;
            assert_ok(password_make(arena, rows[i].setting, str_of(passwords[k]), &hash));
            assert_true(str_starts(str_of(hash), str_of(rows[i].prefix)));
            assert_int_equal(strlen(hash), rows[i].length);
            assert_ok(password_hash_check(str_of(hash)));
            assert_ok(password_verify(str_of(hash), str_of(passwords[k])));
            assert_err(password_verify(str_of(hash), str_of(arena_printf(arena, "x%.70s", passwords[k]))), E_WRONG_PASSWORD);
            assert_ok(password_make(arena, rows[i].setting, str_of(passwords[k]), &again));
            assert_string_not_equal(hash, again); /* a salt of its own */
        }
}

TEST(password_that_is_null_is_empty)
{
    TEST_ARENA(arena);
    char *hash;

    assert_ok(password_make(arena, "bcrypt:4", (Str){ NULL, 0 }, &hash));
    assert_ok(password_verify(str_of(hash), (Str){ NULL, 0 }));
    assert_ok(password_verify(str_of(hash), STR("")));
    assert_ok(password_make(arena, "argon2id:m=64,t=1,p=1", (Str){ NULL, 0 }, &hash));
    assert_ok(password_verify(str_of(hash), (Str){ NULL, 0 }));
}

/* New passwords are never cut; stored hashes of others may be of a longer one. */
TEST(password_of_bcrypt_has_72_bytes)
{
    TEST_ARENA(arena);
    char long_one[200], *hash = NULL;

    memset(long_one, 'p', sizeof(long_one));
    assert_err(password_make(arena, "bcrypt:4", (Str){ long_one, 73 }, &hash), E_LONG_PASSWORD);
    assert_err(password_make(arena, "bcrypt:4", (Str){ long_one, 200 }, &hash), E_LONG_PASSWORD);
    assert_null(hash);
    assert_ok(password_make(arena, "bcrypt:4", (Str){ long_one, 72 }, &hash));
    assert_err(password_verify(str_of(hash), (Str){ long_one, 71 }), E_WRONG_PASSWORD);
    assert_ok(password_verify(str_of(hash), (Str){ long_one, 72 }));
    assert_ok(password_verify(str_of(hash), (Str){ long_one, 73 }));
    assert_ok(password_make(arena, "argon2id:m=64,t=1,p=1", (Str){ long_one, 200 }, &hash));
    assert_err(password_verify(str_of(hash), (Str){ long_one, 199 }), E_WRONG_PASSWORD);
}

/* A NUL would end the password for bcrypt: "a" would open what "a\0b" locks. */
TEST(password_with_a_nul_is_whole_or_refused)
{
    TEST_ARENA(arena);
    char *hash = NULL;

    assert_err(password_make(arena, "bcrypt:4", STR("a\0b"), &hash), E_LONG_PASSWORD);
    assert_err(password_make(arena, "bcrypt:4", STR("\0"), &hash), E_LONG_PASSWORD);
    assert_null(hash);
    assert_ok(password_make(arena, "bcrypt:4", STR("a"), &hash));
    assert_err(password_verify(str_of(hash), STR("a\0b")), E_WRONG_PASSWORD);
    assert_err(password_verify(str_of(hash), STR("a\0")), E_WRONG_PASSWORD);
    assert_ok(password_make(arena, "argon2id:m=64,t=1,p=1", STR("a\0b"), &hash));
    assert_ok(password_verify(str_of(hash), STR("a\0b")));
    assert_err(password_verify(str_of(hash), STR("a\0c")), E_WRONG_PASSWORD);
    assert_err(password_verify(str_of(hash), STR("a")), E_WRONG_PASSWORD);
}

/* The last character of the salt has four bits that do not count; others write them. */
TEST(password_bcrypt_salt_may_carry_spare_bits)
{
    assert_ok(password_verify(STR("$2a$04$zzzzzzzzzzzzzzzzzzzzzO0ZTA.MOWW4I5cwj6LzEpQif17RUF4HS"),
                              STR("a\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                                  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                                  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9")));
    assert_ok(password_verify(STR("$2a$04$zzzzzzzzzzzzzzzzzzzzzP0ZTA.MOWW4I5cwj6LzEpQif17RUF4HS"),
                              STR("a\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                                  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                                  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9")));
}

TEST(password_settings_are_checked_without_hashing)
{
    static const char *const good[] = {
        "bcrypt:4", "bcrypt:10", "bcrypt:15", "argon2id:m=8,t=1,p=1", "argon2id:m=47104,t=1,p=1", "argon2id:m=262144,t=8,p=16"
    };
    static const char *const bad[] = {
        "",
        ":",
        "bcrypt",
        "bcrypt:",
        "bcrypt:3",
        "bcrypt:16",
        "bcrypt:10 ",
        "bcrypt: 10",
        "bcrypt:-4",
        "bcrypt:10:10",
        "Bcrypt:10",
        "argon2i:m=64,t=1,p=1",
        "argon2d:m=64,t=1,p=1",
        "argon2id",
        "argon2id:",
        "argon2id:m=64",
        "argon2id:m=64,t=1",
        "argon2id:m=64,t=1,p=1,",
        "argon2id:m=64,t=1,p=1,x=1",
        "argon2id:t=1,m=64,p=1",
        "argon2id:m=262145,t=1,p=1",
        "argon2id:m=64,t=0,p=1",
        "argon2id:m=64,t=1,p=9",
        "argon2id:m=262144,t=9,p=1",
        "sha256:1",
        "plain:",
    };
    const int64_t start = spent_ms();
    TEST_ARENA(arena);
    char *hash = NULL;

    for (size_t i = 0; i < COUNTOF(good); i++)
        assert_ok(scheme_setting_check(good[i]));
    for (size_t i = 0; i < COUNTOF(bad); i++) {
        assert_err(scheme_setting_check(bad[i]), E_CONFIG);
        assert_err(password_make(arena, bad[i], STR("password"), &hash), E_CONFIG);
        assert_false(password_is_weaker(STR("$2a$04$" SALT_AND_SUM), bad[i]));
    }
    assert_null(hash);
    assert_true(spent_ms() - start < LIMIT_MS(100));
}

TEST(password_is_renewed_only_upwards)
{
    static const struct {
        const char *hash, *setting;
        bool weaker;
    } rows[] = {
        { "$2a$10$" SALT_AND_SUM, "bcrypt:10", false },
        { "$2a$09$" SALT_AND_SUM, "bcrypt:10", true },
        { "$2a$12$" SALT_AND_SUM, "bcrypt:10", false },
        { "$2a$15$" SALT_AND_SUM, "argon2id:m=8,t=1,p=1", true },
        { "$argon2i$v=19$m=4096,t=3,p=1" PHC_REST, "argon2id:m=8,t=1,p=1", true },
        { "$argon2id$v=19$m=8,t=1,p=1" PHC_REST, "bcrypt:15", false },
        { "$argon2id$v=19$m=4096,t=1,p=1" PHC_REST, "argon2id:m=4096,t=1,p=4", false },
        { "$argon2id$v=19$m=4095,t=1,p=1" PHC_REST, "argon2id:m=4096,t=1,p=1", true },
        { "$argon2id$v=19$m=4096,t=2,p=1" PHC_REST, "argon2id:m=4096,t=3,p=1", true },
        { "$argon2id$v=19$m=8192,t=2,p=1" PHC_REST, "argon2id:m=4096,t=4,p=1", false },
        { "unknown", "bcrypt:10", false },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_int_equal(password_is_weaker(str_of(rows[i].hash), rows[i].setting), rows[i].weaker);
}

/* ---- fbscrypt: the example that Firebase publishes ---- */

#define FBSCRYPT                                                                                                                     \
    "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==" \
    "$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="

TEST(fbscrypt_verifies_the_published_example)
{
    assert_ok(password_hash_check(STR(FBSCRYPT)));
    assert_ok(password_verify(STR(FBSCRYPT), STR("user1password")));
    assert_err(password_verify(STR(FBSCRYPT), STR("user1passwore")), E_WRONG_PASSWORD);
}

TEST(fbscrypt_refuses_form_and_cost)
{
    static const char *const bad[] = {
        "$fbscrypt$",
        "$fbscrypt$v=2,n=14,r=8,p=1,sk=AA==$AA==$AA==",
        "$fbscrypt$v=1,n=0,r=8,p=1,sk=AA==$AA==$AA==",
        "$fbscrypt$v=1,n=14,r=0,p=1,sk=AA==$AA==$AA==",
        "$fbscrypt$v=1,n=14,r=8,sk=AA==$AA==$AA==",
        "$fbscrypt$v=1,n=20,r=8,p=1,sk=AA==$AA==$AA==",
        "$fbscrypt$v=1,n=14,r=8,p=16,sk=AA==$AA==$AA==",
        "$fbscrypt$v=1,n=14,r=8,p=1,sk=AA==$AA==",
        "$fbscrypt$v=1,n=14,r=8,p=1,sk=AA==$AA==$AAA=",
        "$fbscrypt$v=1,n=14,r=8,p=1,sk=AA==$AA$AA==",
        "$fbscrypt$v=1,n=99999999999999999999,r=8,p=1,sk=AA==$AA==$AA==",
        "$fbscrypt$v=1,x=1$AA==$AA==",
        "$fbscrypt$v=1,n=20,n=14,r=8,p=1,sk=AA==$AA==$AA==",
        "$fbscrypt$v=1,n=14,r=8,p=1,sk=AA==,sk=AA==$AA==$AA==",
    };

    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_err(password_hash_check(str_of(bad[i])), E_BAD_HASH);
}
