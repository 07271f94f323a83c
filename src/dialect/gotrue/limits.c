/* limits.c: how often an address may call (spec/gotrue.md 8.1): one bucket a limiter and address. */
#include <arpa/inet.h>

#include "base/clock.h"
#include "dialect/buckets.h"
#include "dialect/gotrue/internal.h"

/* Refill: the setting's number in so many seconds. */
typedef struct Limiter {
    const char *name;
    size_t setting;        /* offset in GotrueSettings, an int64_t */
    double seconds, burst; /* burst 0: as many as the setting says */
} Limiter;

#define RATE(m) offsetof(GotrueSettings, m)
static const Limiter limiters[] = {
    { "AnonymousSignIns", RATE(rate_anonymous), 3600, 0 },
    { "Signups", RATE(rate_otp), 300, 30 },
    { "Recover", RATE(rate_otp), 300, 30 },
    { "Resend", RATE(rate_otp), 300, 30 },
    { "MagicLink", RATE(rate_otp), 300, 30 },
    { "Otp", RATE(rate_otp), 300, 30 },
    { "User", RATE(rate_otp), 300, 30 },
    { "Token", RATE(rate_token), 300, 30 },
    { "Authorize", RATE(rate_token), 300, 30 }, /* each call keeps a flow for a while */
    { "Web3", RATE(rate_web3), 300, 30 },
    { "Verify", RATE(rate_verify), 300, 30 },
    { "FactorChallenge", RATE(rate_factor), 60, 30 },
    { "FactorVerify", RATE(rate_factor), 60, 30 },
};

/* Addresses of this machine and of private networks (RFC 1918, 4193, 6598, 3927): who comes from there may be a proxy. */
static bool is_private4(uint32_t a)
{
    return a >> 24 == 127 || a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 || a >> 22 == 0x191 || a >> 16 == 0xa9fe;
}

static bool is_private(const char *address)
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    struct in6_addr six;
    struct in_addr four;
    uint32_t word;

    if (text_empty(address))
        return true; /* a unix socket */
    if (inet_pton(AF_INET, address, &four) == 1)
        return is_private4(ntohl(four.s_addr));
    if (inet_pton(AF_INET6, address, &six) != 1)
        return false;
    memcpy(&word, six.s6_addr + 12, sizeof(word));
    return IN6_IS_ADDR_LOOPBACK(&six) || (six.s6_addr[0] & 0xfe) == 0xfc || (six.s6_addr[0] == 0xfe && (six.s6_addr[1] & 0xc0) == 0x80) ||
           (memcmp(six.s6_addr, mapped, sizeof(mapped)) == 0 && is_private4(ntohl(word)));
}

/* Of IPv6 the network: a /64 is one subscriber's. */
static Str network_of(Ctx *ctx, const char *address)
{
    struct in6_addr six;

    if (strchr(address, ':') == NULL || inet_pton(AF_INET6, address, &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six))
        return str_of(address);
    return (Str){ arena_strndup(ctx->arena, (const char *)six.s6_addr, 8), 8 };
}

/* The first address of a list, or an empty text. */
static Str first_address(Ctx *ctx, Str list)
{
    uint8_t bytes[16];

    while (list.p != NULL) {
        const Str one = str_trim(str_cut(&list, ','));
        const char *text = str_dup(ctx->arena, one);

        if (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1)
            return one;
    }
    return STR("");
}

/* Whose bucket it is; an empty text: nobody's. A header is believed from this machine, private networks and trusted proxies alone; a public address
 * is limited in any case. */
static Str key_of(Ctx *ctx, const Req *req)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    Str header, key = STR("");

    if (is_private(req->peer) || req->peer_trusted) {
        if (settings->sb_forwarded_for)
            key = first_address(ctx, req_header(req, "sb-forwarded-for"));
        if (key.n == 0 && !text_empty(settings->rate_header)) {
            header = req_header(req, settings->rate_header);
            if (header.n > 0)
                key = str_trim(str_cut(&header, ','));
        }
    }
    if (key.n == 0 && !is_private(ctx->ip))
        key = network_of(ctx, ctx->ip);
    return key;
}

Err gotrue_limit(Ctx *ctx, const Req *req, const char *name)
{
    const GotrueSettings *settings = ctx_settings(ctx);
    const Str key = key_of(ctx, req);

    if (key.n == 0 || settings->buckets == NULL)
        return OK;
    for (size_t i = 0; i < COUNTOF(limiters); i++)
        if (text_eq(limiters[i].name, name)) {
            const double number = (double)*(const int64_t *)(const void *)((const char *)settings + limiters[i].setting);
            const double burst = limiters[i].burst > 0 ? limiters[i].burst : number;

            if (!buckets_take(settings->buckets, name, key, number / limiters[i].seconds, burst, clock_mono_us()))
                return fail(ctx, E_RATE_LIMIT, NOWHERE, NULL);
        }
    return OK;
}

/* Grants that are not served are no tries. */
static const char *limiter_of_grant(Ctx *ctx, const Req *req)
{
    static const char *const rows[][2] = {
        { "password", "Token" }, { "refresh_token", "Token" }, { "pkce", "Token" }, { "id_token", "Token" }, { "web3", "Web3" }
    };
    char *type = NULL;

    IGNORE(gotrue_grant_type(ctx, req, &type)); /* the handler says what is wrong with it */
    for (size_t i = 0; i < COUNTOF(rows); i++)
        if (text_eq(rows[i][0], type))
            return rows[i][1];
    return NULL;
}

Err gotrue_limit_route(Ctx *ctx, const Req *req, const Route *route)
{
    const char *name = route == NULL ? NULL : route->limit;

    if (name != NULL && route->fn == gotrue_token)
        name = limiter_of_grant(ctx, req);
    return name == NULL ? OK : gotrue_limit(ctx, req, name);
}
