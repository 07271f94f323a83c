/* argon2.c: argon2i and argon2id (RFC 9106) in the PHC string form, by libargon2. */
#include <argon2.h>

#include "base/id.h"
#include "crypto/schemes/schemes.h"

enum { MOST_KIB = 256 * 1024, MOST_PASSES = 20, MOST_LANES = 16, MOST_WORK = 2 * 1024 * 1024, SALT = 16, SUM = 32, MOST_SUM = 128, MOST_TEXT = 512 };

/* What a PHC string says. */
typedef struct Phc {
    argon2_type type;
    uint64_t m, t, p;
    Str salt, sum;
} Phc;

static bool knows_i(Str hash)
{
    return str_starts(hash, STR("$argon2i$"));
}

static bool knows_id(Str hash)
{
    return str_starts(hash, STR("$argon2id$"));
}

/* `m=…,t=…,p=…` within the caps: memory times passes bounds the time (2 GiB written take about 2 s). */
static bool read_numbers(Str text, Phc *phc)
{
    return part_number(&text, "m", MOST_KIB, &phc->m) && part_number(&text, "t", MOST_PASSES, &phc->t) &&
           part_number(&text, "p", MOST_LANES, &phc->p) && text.p == NULL && phc->t >= 1 && phc->p >= 1 && phc->m >= 8 * phc->p &&
           phc->m * phc->t <= MOST_WORK;
}

static Err read_phc(Arena *arena, Str hash, Phc *phc)
{
    Str rest = hash;

    if (hash.n > MOST_TEXT)
        return E_BAD_HASH;
    str_cut(&rest, '$');
    phc->type = str_eq(str_cut(&rest, '$'), STR("argon2id")) ? Argon2_id : Argon2_i;
    if (!str_eq(str_cut(&rest, '$'), STR("v=19")) || !read_numbers(str_cut(&rest, '$'), phc))
        return E_BAD_HASH;
    if (!part_base64(arena, str_cut(&rest, '$'), 8, MOST_SUM, &phc->salt) || rest.p == NULL || !part_base64(arena, rest, 4, MOST_SUM, &phc->sum))
        return E_BAD_HASH;
    return OK;
}

static Err check(Str hash)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(8192, false);
    Phc phc;

    return read_phc(arena, hash, &phc);
}

/* All lanes on this one thread: the hash lane counts on a core a job. */
static Err run(const Phc *phc, Str password, uint8_t *out, size_t n)
{
    argon2_context context = {
        .out = out,
        .outlen = (uint32_t)n,
        .pwd = (uint8_t *)(uintptr_t)password.p,
        .pwdlen = (uint32_t)password.n,
        .salt = (uint8_t *)(uintptr_t)phc->salt.p,
        .saltlen = (uint32_t)phc->salt.n,
        .t_cost = (uint32_t)phc->t,
        .m_cost = (uint32_t)phc->m,
        .lanes = (uint32_t)phc->p,
        .threads = 1,
        .version = ARGON2_VERSION_13,
    };
    int result;

    if (password.n > UINT32_MAX)
        return E_LONG_PASSWORD;
    result = argon2_ctx(&context, phc->type);
    return result == ARGON2_OK ? OK : result == ARGON2_MEMORY_ALLOCATION_ERROR ? E_NOMEM : E_BAD_HASH;
}

static Err verify(Str hash, Str password)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(8192, true);
    uint8_t *made = arena_alloc(arena, MOST_SUM);
    Phc phc;

    TRY(read_phc(arena, hash, &phc));
    TRY(run(&phc, password, made, phc.sum.n));
    return secret_eq((Str){ (const char *)made, phc.sum.n }, phc.sum) ? OK : E_WRONG_PASSWORD;
}

static bool setting_good(const char *settings)
{
    Phc phc;

    return read_numbers(str_of(settings), &phc);
}

static int compare(Str hash, const char *settings)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(8192, false);
    Phc now, wanted;

    if (read_phc(arena, hash, &now) != OK || !read_numbers(str_of(settings), &wanted))
        return 0;
    return now.m * now.t < wanted.m * wanted.t ? -1 : now.m * now.t > wanted.m * wanted.t;
}

static const char *decoy(Arena *arena, const char *settings)
{
    return arena_printf(arena, "$argon2id$v=19$%s$c29tZXNhbHRzb21lc2FsdA$zTsrnxoCAoUmJfzs8fmJXUbXcHSWmZyEnKZYkSlxHuU", settings);
}

static Err make(Arena *arena, const char *settings, Str password, char **ret)
{
    Phc phc = { .type = Argon2_id };
    Buf text = buf_in(arena, MOST_TEXT);
    uint8_t salt[SALT], sum[SUM];

    if (!read_numbers(str_of(settings), &phc))
        return E_CONFIG;
    random_bytes(salt, sizeof(salt));
    phc.salt = (Str){ (const char *)salt, sizeof(salt) };
    TRY(run(&phc, password, sum, sizeof(sum)));
    buf_printf(&text, "$argon2id$v=19$m=%u,t=%u,p=%u$", (unsigned)phc.m, (unsigned)phc.t, (unsigned)phc.p);
    base64_write(&text, salt, sizeof(salt), false, false);
    buf_char(&text, '$');
    base64_write(&text, sum, sizeof(sum), false, false);
    return buf_text(&text, ret);
}

const Scheme scheme_argon2i = { .name = "argon2i", .knows = knows_i, .check = check, .verify = verify, .strength = 30, .core = true, .head = 4 };
const Scheme scheme_argon2id = { "argon2id", knows_id, check, verify, setting_good, compare, make, decoy, 0, 40, true, 4, 0 };
