/* origin.c: whose request it is, for limits by address: one key for all dialects. */
#include "dialect/origin.h"

#include <arpa/inet.h>
#include <math.h>

#include "base/clock.h"

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

Str origin_first(Ctx *ctx, Str list)
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

/* A public address is limited in any case, whatever its headers say. */
Str origin_key(Ctx *ctx, const Req *req, const OriginRules *rules)
{
    Str header, key = STR("");

    if (is_private(req->peer) || req->peer_trusted) {
        if (rules->sb_forwarded_for)
            key = origin_first(ctx, req_header(req, "sb-forwarded-for"));
        if (key.n == 0 && !text_empty(rules->header)) {
            header = req_header(req, rules->header);
            if (header.n > 0)
                key = str_trim(str_cut(&header, ','));
        }
    }
    if (key.n == 0 && !is_private(ctx->ip))
        key = network_of(ctx, ctx->ip);
    return key;
}

/* ---- limiters ---- */

static bool take(const Limiter *limiter, double number, Buckets *buckets, Str key, Allowance *ret)
{
    const double rate = number / limiter->seconds, burst = limiter->burst > 0 ? limiter->burst : number;
    double left;
    const bool taken = buckets_take(buckets, limiter->name, key, rate, burst, clock_mono_us(), &left);

    if (ret != NULL)
        *ret = (Allowance){ .most = (int64_t)burst, .left = (int64_t)left, .next = (int64_t)ceil((1 - (left - floor(left))) / rate) };
    return taken;
}

static const Limiter *limiter_named(const Limiter *rows, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (text_eq(rows[i].name, name))
            return &rows[i];
    return NULL;
}

bool limiter_take(const Limiter *rows, size_t n, const char *name, const void *settings, Buckets *buckets, Str key, Allowance *ret)
{
    const Limiter *row = limiter_named(rows, n, name);
    int64_t number;

    if (row == NULL || key.n == 0 || buckets == NULL)
        return row != NULL;
    number = *(const int64_t *)(const void *)((const char *)settings + row->setting);
    return (number == 0 && row->open_at_zero) || take(row, (double)number, buckets, key, ret);
}
