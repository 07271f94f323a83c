/* proxies.c: whose word counts for the client's address. */
#include <arpa/inet.h>

#include "server/internal.h"

/* IPv4 as ::ffff:a.b.c.d, so that one comparison serves both. */
static bool read_address(const char *text, uint8_t address[16])
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

    memcpy(address, mapped, sizeof(mapped));
    return inet_pton(AF_INET, text, address + 12) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool read_network(const char *text, Network *ret)
{
    char host[INET6_ADDRSTRLEN];
    Str rest = str_of(text);
    const Str address = str_cut(&rest, '/');
    const bool v4 = memchr(text, ':', strlen(text)) == NULL;
    uint64_t bits = v4 ? 32 : 128;

    if (address.n >= sizeof(host) || (rest.p != NULL && !str_to_u64(rest, bits, &bits)))
        return false;
    snprintf(host, sizeof(host), "%.*s", (int)address.n, address.p);
    ret->bits = (int)bits + (v4 ? 96 : 0);
    return read_address(host, ret->address);
}

Err proxies_read(Arena *arena, const Texts *list, Proxies *ret, Buf *why)
{
    *ret = (Proxies){ .networks = ARENA_ARRAY(arena, Network, list->n + 1) };
    for (size_t i = 0; i < list->n; i++) {
        if (text_eq(list->v[i], "unix")) {
            ret->unix_sockets = true;
        } else if (!read_network(list->v[i], &ret->networks[ret->n++])) {
            buf_printf(why, "HECATE_TRUSTED_PROXIES: %s is no network", list->v[i]);
            return E_CONFIG;
        }
    }
    return OK;
}

static bool contains(const Network *network, const uint8_t address[16])
{
    const int whole = network->bits / 8, rest = network->bits % 8;

    if (memcmp(network->address, address, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((network->address[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

bool proxies_trust(const Proxies *proxies, const char *peer)
{
    uint8_t address[16];

    if (*peer == '\0')
        return proxies->unix_sockets;
    if (!read_address(peer, address))
        return false;
    for (size_t i = 0; i < proxies->n; i++)
        if (contains(&proxies->networks[i], address))
            return true;
    return false;
}

/* `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]:5`, quoted or not: the address alone, or NULL. */
static const char *bare_address(Arena *arena, Str text)
{
    uint8_t address[16];
    char *bare;

    text = str_trim(text);
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = (Str){ text.p + 1, text.n - 2 };
    if (text.n > 2 && text.p[0] == '[') {
        text = (Str){ text.p + 1, text.n - 1 };
        text = str_cut(&text, ']');
    } else if (memchr(text.p, ':', text.n) == memrchr(text.p, ':', text.n)) {
        text = str_cut(&text, ':');
    }
    bare = str_dup(arena, text);
    return read_address(bare, address) ? bare : NULL;
}

/* The `for` parameter of one element of Forwarded (RFC 7239 4). */
static Str forwarded_for(Str element)
{
    while (element.p != NULL) {
        const Str pair = str_trim(str_cut(&element, ';'));

        if (pair.n > 4 && str_eq_nocase((Str){ pair.p, 4 }, STR("for=")))
            return (Str){ pair.p + 4, pair.n - 4 };
    }
    return STR("");
}

/* From the right: each trusted address was written by one that we believe; the first other is the client. What is no address ends
 * the walk. */
static const char *walk(const Proxies *proxies, Arena *arena, const Req *req, const char *name, bool forwarded)
{
    const char *last = req->peer;

    for (size_t i = req->n_headers; i > 0; i--) {
        Str rest = req->headers[i - 1].value;

        if (!str_eq_nocase(req->headers[i - 1].name, str_of(name)))
            continue;
        while (rest.p != NULL) {
            const char *comma = rest.n == 0 ? NULL : memrchr(rest.p, ',', rest.n);
            const Str item = comma == NULL ? rest : (Str){ comma + 1, rest.n - (size_t)(comma + 1 - rest.p) };
            const char *address = bare_address(arena, forwarded ? forwarded_for(item) : item);

            if (address == NULL)
                return last;
            if (!proxies_trust(proxies, address))
                return address;
            last = address;
            rest = comma == NULL ? (Str){ NULL, 0 } : (Str){ rest.p, (size_t)(comma - rest.p) };
        }
    }
    return last;
}

const char *proxies_client(const Proxies *proxies, Arena *arena, const Req *req)
{
    const char *client = req->peer;

    if (proxies_trust(proxies, req->peer)) {
        if (req_header_count(req, "x-forwarded-for") > 0)
            client = walk(proxies, arena, req, "x-forwarded-for", false);
        else if (req_header_count(req, "forwarded") > 0)
            client = walk(proxies, arena, req, "forwarded", true);
    }
    return *client == '\0' ? NULL : client;
}
