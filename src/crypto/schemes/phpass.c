/* phpass.c: the portable hash of old PHP applications: $P$ (or $H$), one character for the cost, 8 of salt, 22 of an MD5 that went round. */
#include <openssl/evp.h>

#include "crypto/schemes/schemes.h"

/* Work counts MD5 blocks, since every round takes the whole password: 2^23 of them took 1.2 s on one core. */
enum {
    LENGTH = 34,
    COST_AT = 3,
    SALT_AT = 4,
    SALT = 8,
    SUM_AT = 12,
    SUM = 16,
    LEAST_COST = 7,
    MOST_COST = 22,
    MOST_BLOCKS = 1 << 23,
    BLOCK = 64,
    FILLING = 9
};

static const char digits[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool knows(Str hash)
{
    return str_starts(hash, STR("$P$")) || str_starts(hash, STR("$H$"));
}

static bool take_cost(Str hash, unsigned *ret)
{
    const char *digit = strchr(digits, hash.p[COST_AT]);

    if (digit == NULL || digit - digits < LEAST_COST || digit - digits > MOST_COST)
        return false;
    *ret = (unsigned)(digit - digits);
    return true;
}

static Err check(Str hash)
{
    unsigned cost;

    if (!knows(hash) || hash.n != LENGTH || !take_cost(hash, &cost))
        return E_BAD_HASH;
    for (size_t i = COST_AT; i < hash.n; i++)
        if (!byte_in(hash.p[i], digits))
            return E_BAD_HASH;
    return OK;
}

/* sum = MD5(salt ‖ password), then 2^cost times sum = MD5(sum ‖ password). */
static bool turn(EVP_MD_CTX *ctx, const EVP_MD *md5, unsigned cost, Str salt, Str password, uint8_t sum[SUM])
{
    const char *head = salt.p;
    size_t n = salt.n;

    for (uint64_t i = 0; i <= (uint64_t)1 << cost; i++) {
        if (EVP_DigestInit_ex2(ctx, md5, NULL) != 1 || EVP_DigestUpdate(ctx, head, n) != 1 || EVP_DigestUpdate(ctx, password.p, password.n) != 1 ||
            EVP_DigestFinal_ex(ctx, sum, NULL) != 1)
            return false;
        head = (const char *)sum;
        n = SUM;
    }
    return true;
}

/* Three bytes are four digits, the low bits first. */
static void encode(const uint8_t sum[SUM], char text[LENGTH - SUM_AT])
{
    size_t n = 0;

    for (size_t i = 0; i < SUM; i += 3) {
        uint32_t v = sum[i];

        v |= i + 1 < SUM ? (uint32_t)sum[i + 1] << 8 : 0;
        v |= i + 2 < SUM ? (uint32_t)sum[i + 2] << 16 : 0;
        for (size_t k = 0; k < 4 && n < LENGTH - SUM_AT; k++, v >>= 6)
            text[n++] = digits[v & 63];
    }
}

static Err verify(Str hash, Str password)
{
    uint8_t sum[SUM];
    char made[LENGTH - SUM_AT];
    unsigned cost = 0;
    EVP_MD_CTX *ctx;
    EVP_MD *md5;
    bool done;

    TRY(check(hash));
    if (!take_cost(hash, &cost) || ((password.n + SUM + FILLING + BLOCK - 1) / BLOCK) << cost > MOST_BLOCKS)
        return E_WRONG_PASSWORD; /* of a length that nobody's software has let through */
    ctx = EVP_MD_CTX_new();
    md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    done = ctx != NULL && md5 != NULL && turn(ctx, md5, cost, (Str){ hash.p + SALT_AT, SALT }, password, sum);
    EVP_MD_free(md5);
    EVP_MD_CTX_free(ctx);
    if (!done)
        return E_NOMEM;
    encode(sum, made);
    return secret_eq((Str){ made, sizeof(made) }, (Str){ hash.p + SUM_AT, sizeof(made) }) ? OK : E_WRONG_PASSWORD;
}

const Scheme scheme_phpass = { .name = "phpass", .knows = knows, .check = check, .verify = verify, .strength = 5, .head = 2, .head_bytes = 1 };
