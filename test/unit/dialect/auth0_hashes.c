/* auth0_hashes.c: custom_password_hash becomes hashes of ours that verify: Auth0's published samples, and more made with other implementations. */
#include "crypto/crypto.h"
#include "dialect/auth0/hashes.h"
#include "test.h"
#include "json/json.h"

static Err read_hash(Ctx *ctx, const char *json, const char **ret)
{
    Auth0Hash in = { 0 };

    TRY(json_read(ctx, str_of(json), 0, auth0_hash, &in));
    return auth0_hash_read(ctx, &in, ret);
}

#define TROUBADOR "Tr0ub4dor&3"
static const struct {
    const char *json, *password;
} good[] = {
    { "{'algorithm':'sha256','hash':{'value':'d24e794fce503c3ddb1cd1ba1dd5d9b250cf9917336a0316fefd87fecf79200f','encoding':'hex'},"
      "'salt':{'value':'abc123','position':'prefix'}}",
      "shh" },
    { "{'algorithm':'md4','hash':{'value':'AbuUujgF0pPPkJPSFRTpmA==','encoding':'base64'}}", "shh" },
    { "{'algorithm':'bcrypt','hash':{'value':'$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG'}}", "shh" },
    { "{'algorithm':'bcrypt','hash':{'value':'$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K','encoding':'utf8'}}", "hello" },
    { "{'algorithm':'argon2','hash':{'value':'$argon2id$v=19$m=65536,t=2,p=1$J6Q/82PCyaNpYKRELJyTZg$m04qUAB8rexWDR4+/0f+SFB+4XMFxt7YAvAq2UycYos'}}",
      "shh" },
    { "{'algorithm':'pbkdf2','hash':{'value':'$pbkdf2-sha512$i=100000,l=64$KNyFsA2rWoE$I2CQGI9H0JxdDf3kERRI97kPCGxh0KWBIV3MxyaS191gDGfzVBGyS4BibhgqWQ0/ails8mHuU9ckASxHOOq58w'}}",
      "shh" },
    { "{'algorithm':'pbkdf2','hash':{'value':'$pbkdf2-sha512$KNyFsA2rWoE$I2CQGI9H0JxdDf3kERRI97kPCGxh0KWBIV3MxyaS191gDGfzVBGyS4BibhgqWQ0/ails8mHuU9ckASxHOOq58w'}}",
      "shh" },
    { "{'algorithm':'ldap','hash':{'value':'{SSHA384}/cgEjdoZh85DhurDeOQEMO1rMlAur93SVPbYe5XSD4lF7nNuvrBju5hUeg9A6agRemgSXGl5YuE='}}", "shh" },
    { "{'algorithm':'hmac','hash':{'value':'cg7f42jH39/2EaAU4wNd4s2lKIk=','encoding':'base64','digest':'sha1','key':{'value':'736868','encoding':'hex'}}}",
      "test" },
    { "{'algorithm':'scrypt','hash':{'value':'097f6197e1b41538f723e32aa7a68e8d76227d8e432ce5faa4882a913032db29','encoding':'hex'},"
      "'salt':{'value':'abc123','encoding':'utf8'},'keylen':32,'cost':4096}",
      "password" },
    { "{'algorithm':'md5','hash':{'value':'4ece57a61323b52ccffdbef021956754','encoding':'hex'}}", TROUBADOR },
    { "{'algorithm':'md4','hash':{'value':'24D9C99595080B241B3B4EB0CBA8D8F4','encoding':'hex'},'password':{'encoding':'utf16le'}}", TROUBADOR },
    { "{'algorithm':'md4','hash':{'value':'24d9c99595080b241b3b4eb0cba8d8f4','encoding':'hex'},'password':{'encoding':'ucs2'}}", TROUBADOR },
    { "{'algorithm':'sha1','hash':{'value':'942797cec837295dd59e4ee7e8bdb73292d430bc','encoding':'hex'},'salt':{'value':'s1'}}", TROUBADOR },
    { "{'algorithm':'sha1','hash':{'value':'942797cec837295dd59e4ee7e8bdb73292d430bc','encoding':'hex'},'salt':{'value':'s1'},'password':{'encoding':'ascii'}}",
      TROUBADOR },
    { "{'algorithm':'sha256','hash':{'value':'aaiLDybOMdq-8RP91-8nTmFtxAMaxyPTUU5CckEymlU','encoding':'base64'},"
      "'salt':{'value':'00ff10','encoding':'hex','position':'suffix'}}",
      TROUBADOR },
    { "{'algorithm':'sha512','hash':{'value':'33ea5b5f72138c43b24e718525e9c65eadbc877ac8ecb4f815ac4d814912d335a7ba7a8e3447bb111dc707e5074cfe7772896d255a061f0ad75fb4d9943b31e5',"
      "'encoding':'hex'},'salt':{'value':'pepper'}}",
      TROUBADOR },
    { "{'algorithm':'hmac','hash':{'value':'zgnfuMHnnKhDZ3VRfULISu+/0HirnLunPDMAQfBaqiU=','encoding':'base64','digest':'sha256','key':{'value':'k1'}}}",
      TROUBADOR },
    { "{'algorithm':'ldap','hash':{'value':'{SSHA}NKk9D8FAJgCRQMioJ8MJz85sKtsBAgMEBQYHCA=='}}", TROUBADOR },
    { "{'algorithm':'ldap','hash':{'value':'{SSHA256}g0v9XkTO5wP+jVNN52DssyA2SQ39UbwPTzONtydswLgBAgMEBQYHCA=='}}", TROUBADOR },
    { "{'algorithm':'ldap','hash':{'value':'{MD5}Ts5XphMjtSzP/b7wIZVnVA=='}}", TROUBADOR },
    { "{'algorithm':'pbkdf2','hash':{'value':'$pbkdf2-sha256$i=1000,l=32$AQIDBAUGBwg$tO0nM7+4EgC12yVjx9G+0DZG/yyHw5six8VZwxF5CWk'}}", TROUBADOR },
    { "{'algorithm':'pbkdf2','hash':{'value':'$pbkdf2-sha256$l=32,i=1000$AQIDBAUGBwg$tO0nM7+4EgC12yVjx9G+0DZG/yyHw5six8VZwxF5CWk'}}", TROUBADOR },
    { "{'algorithm':'scrypt','hash':{'value':'sC/QdNwTiUuX5ppViu04YIdA4OAb3OTbkNSyKKLQ2yg=','encoding':'base64'},'salt':{'value':'NaCl'},'keylen':32}",
      TROUBADOR },
    { "{'algorithm':'bcrypt','hash':{'value':'$2b$06$abcdefghijklmnopqrstuuKwILTLRSdS9UdxKFjAjMmRwtSeiJ6dy'}}", TROUBADOR },
    { "{'algorithm':'bcrypt','hash':{'value':'$2b$06$abcdefghijklmnopqrstuuKwILTLRSdS9UdxKFjAjMmRwtSeiJ6dy'},'salt':{'value':'Tr0u'}}", "b4dor&3" },
    { "{'algorithm':'argon2','hash':{'value':'$argon2id$v=19$m=1024,t=2,p=1$AQIDBAUGBwg$UapMycYudCbwoMtRZyauNPozpEY+ykpnX6/sZmmuRok'}}", TROUBADOR },
};

/* The rows above are written with ' for ". */
static const char *quoted(Arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);

    for (char *p = copy; *p != '\0'; p++)
        *p = (char)(*p == '\'' ? '"' : *p);
    return copy;
}

TEST(auth0_hash_vectors_verify)
{
    for (size_t i = 0; i < COUNTOF(good); i++) {
        const char *hash;
        TEST_ARENA(arena);
        Ctx ctx = ctx_new(arena, NULL);

        if (read_hash(&ctx, quoted(arena, good[i].json), &hash) != OK || password_verify(str_of(hash), str_of(good[i].password)) != OK)
            print_error("does not verify: %s\n", good[i].json);
        assert_ok(read_hash(&ctx, quoted(arena, good[i].json), &hash));
        assert_ok(password_hash_check(str_of(hash)));
        assert_ok(password_verify(str_of(hash), str_of(good[i].password)));
        assert_err(password_verify(str_of(hash), STR("another")), E_WRONG_PASSWORD);
    }
}

static const char *const bad[] = {
    "{'algorithm':'rot13','hash':{'value':'x'}}",
    "{'algorithm':'md5'}",
    "{'algorithm':'md5','hash':{'value':'4ece57a61323b52ccffdbef021956754'}}",
    "{'algorithm':'md5','hash':{'value':'4ece57a61323b52ccffdbef021956754','encoding':'utf8'}}",
    "{'algorithm':'md5','hash':{'value':'4ece57a61323b52ccffdbef0219567','encoding':'hex'}}",
    "{'algorithm':'md5','hash':{'value':'not hex','encoding':'hex'}}",
    "{'algorithm':'sha256','hash':{'value':'4ece57a61323b52ccffdbef021956754','encoding':'hex'}}",
    "{'algorithm':'md5','hash':{'value':'4ece57a61323b52ccffdbef021956754','encoding':'hex'},'password':{'encoding':'ebcdic'}}",
    "{'algorithm':'md5','hash':{'value':'4ece57a61323b52ccffdbef021956754','encoding':'hex'},'salt':{'value':'zz','encoding':'hex'}}",
    "{'algorithm':'hmac','hash':{'value':'cg7f42jH39/2EaAU4wNd4s2lKIk=','encoding':'base64','digest':'sha1'}}",
    "{'algorithm':'hmac','hash':{'value':'cg7f42jH39/2EaAU4wNd4s2lKIk=','encoding':'base64','key':{'value':'k'}}}",
    "{'algorithm':'hmac','hash':{'value':'cg7f42jH39/2EaAU4wNd4s2lKIk=','encoding':'base64','digest':'whirlpool','key':{'value':'k'}}}",
    "{'algorithm':'bcrypt','hash':{'value':'$2x$06$abcdefghijklmnopqrstuuKwILTLRSdS9UdxKFjAjMmRwtSeiJ6dy'}}",
    "{'algorithm':'bcrypt','hash':{'value':'$2$06$abcdefghijklmnopqrstuuKwILTLRSdS9UdxKFjAjMmRwtSeiJ6dy'}}",
    "{'algorithm':'bcrypt','hash':{'value':'$2b$16$abcdefghijklmnopqrstuuKwILTLRSdS9UdxKFjAjMmRwtSeiJ6dy'}}",
    "{'algorithm':'bcrypt','hash':{'value':'{MD5}Ts5XphMjtSzP/b7wIZVnVA=='}}",
    "{'algorithm':'bcrypt','hash':{'value':'$2b$06$abcdefghijklmnopqrstuuKwILTLRSdS9UdxKFjAjMmRwtSeiJ6dy'},'password':{'encoding':'utf16le'}}",
    "{'algorithm':'argon2','hash':{'value':'$argon2d$v=19$m=1024,t=2,p=1$AQIDBAUGBwg$UapMycYudCbwoMtRZyauNPozpEY+ykpnX6/sZmmuRok'}}",
    "{'algorithm':'argon2','hash':{'value':'$argon2id$v=19$m=4194304,t=2,p=1$AQIDBAUGBwg$UapMycYudCbwoMtRZyauNPozpEY+ykpnX6/sZmmuRok'}}",
    "{'algorithm':'argon2','hash':{'value':'$argon2id$v=19$m=1024,t=2,p=1$AQIDBAUGBwg$UapMycYudCbwoMtRZyauNPozpEY+ykpnX6/sZmmuRok'},'salt':{'value':'x'}}",
    "{'algorithm':'pbkdf2','hash':{'value':'$pbkdf2-sha256$i=1000$AQIDBAUGBwg$tO0nM7+4EgC12yVjx9G+0DZG/yyHw5six8VZwxF5CWk'}}",
    "{'algorithm':'pbkdf2','hash':{'value':'$pbkdf2-sha256$i=4000000,l=32$AQIDBAUGBwg$tO0nM7+4EgC12yVjx9G+0DZG/yyHw5six8VZwxF5CWk'}}",
    "{'algorithm':'pbkdf2','hash':{'value':'$pbkdf2-whirlpool$i=1000,l=32$AQIDBAUGBwg$tO0nM7+4EgC12yVjx9G+0DZG/yyHw5six8VZwxF5CWk'}}",
    "{'algorithm':'pbkdf2','hash':{'value':'$pbkdf2-sha256'}}",
    "{'algorithm':'ldap','hash':{'value':'{CRYPT}x'}}",
    "{'algorithm':'ldap','hash':{'value':'{SSHA}NKk9D8FAJgCRQMioJ8MJz85sKtsBAgMEBQYHCA=='},'salt':{'value':'x'}}",
    "{'algorithm':'scrypt','hash':{'value':'sC/QdNwTiUuX5ppViu04YIdA4OAb3OTbkNSyKKLQ2yg=','encoding':'base64'},'salt':{'value':'NaCl'}}",
    "{'algorithm':'scrypt','hash':{'value':'sC/QdNwTiUuX5ppViu04YIdA4OAb3OTbkNSyKKLQ2yg=','encoding':'base64'},'salt':{'value':'NaCl'},'keylen':64}",
    "{'algorithm':'scrypt','hash':{'value':'sC/QdNwTiUuX5ppViu04YIdA4OAb3OTbkNSyKKLQ2yg=','encoding':'base64'},'salt':{'value':'NaCl'},'keylen':32,'cost':16383}",
    "{'algorithm':'scrypt','hash':{'value':'sC/QdNwTiUuX5ppViu04YIdA4OAb3OTbkNSyKKLQ2yg=','encoding':'base64'},'salt':{'value':'NaCl'},'keylen':32,'cost':-2}",
    "{'algorithm':'scrypt','hash':{'value':'sC/QdNwTiUuX5ppViu04YIdA4OAb3OTbkNSyKKLQ2yg=','encoding':'base64'},'salt':{'value':'NaCl'},'keylen':32,'cost':1048576}",
};

/* Costs over the caps among them: all together take no time. */
TEST(auth0_hash_that_does_not_fit_its_algorithm_is_refused_with_a_reason)
{
    const int64_t start = spent_ms();

    for (size_t i = 0; i < COUNTOF(bad); i++) {
        const char *hash = NULL;
        TEST_ARENA(arena);
        Ctx ctx = ctx_new(arena, NULL);

        if (read_hash(&ctx, quoted(arena, bad[i]), &hash) != E_BAD_HASH)
            print_error("accepted: %s\n", bad[i]);
        assert_err(read_hash(&ctx, quoted(arena, bad[i]), &hash), E_BAD_HASH);
        assert_null(hash);
        assert_false(text_empty(ctx.fault.text));
    }
    assert_true(spent_ms() - start < LIMIT_MS(500));
}
