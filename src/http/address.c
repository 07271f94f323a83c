/* address.c: where to listen, and whether somebody does already. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/internal.h"

static bool read_ip(const char *host, int port, Address *ret)
{
    char v6[INET6_ADDRSTRLEN];
    const size_t n = strlen(host);

    if (host[0] == '\0')
        host = "0.0.0.0";
    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (host[0] != '[')
        return uv_ip4_addr(host, port, (struct sockaddr_in *)(void *)&ret->socket) == 0;
    if (host[n - 1] != ']' || n - 2 >= sizeof(v6))
        return false;
    snprintf(v6, sizeof(v6), "%.*s", (int)(n - 2), host + 1);
    return uv_ip6_addr(v6, port, (struct sockaddr_in6 *)(void *)&ret->socket) == 0;
}

static Err read_host_port(const char *text, Address *ret, Buf *why)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    uint64_t port;

    if (colon == NULL || !str_to_u64(str_of(colon + 1), 65535, &port) || (size_t)(colon - text) >= sizeof(host)) {
        buf_printf(why, "%s is no address: host:port, unix:path, fd:N or off", text);
        return E_CONFIG;
    }
    snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
    if (read_ip(host, (int)port, ret))
        return OK;
    buf_printf(why, "%s is no address: the host must be an IP address or localhost", text);
    return E_CONFIG;
}

Err http_address_read(const char *text, Address *ret, Buf *why)
{
    uint64_t fd;

    *ret = (Address){ .fd = -1 };
    if (strncmp(text, "unix:", 5) == 0 && strlen(text + 5) > 0 && strlen(text + 5) < sizeof(((struct sockaddr_un *)0)->sun_path))
        ret->path = text + 5;
    else if (strncmp(text, "fd:", 3) == 0 && str_to_u64(str_of(text + 3), 65535, &fd))
        ret->fd = (int)fd;
    else
        return read_host_port(text, ret, why);
    return OK;
}

socklen_t http_address_size(const Address *address)
{
    return address->socket.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* Does somebody answer on the socket? */
static Err check_path(const char *path, Buf *why)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc;

    if (fd < 0)
        return E_IO;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    rc = connect(fd, (const struct sockaddr *)&address, sizeof(address));
    close(fd);
    if (rc == 0)
        buf_printf(why, "%s: another process serves it", path);
    return rc == 0 ? E_CONFLICT : OK;
}

/* A number that nobody handed to us may be a file of our own: only a socket that listens is taken. */
static Err inherited_check(int fd, Buf *why)
{
    int listens = 0;
    socklen_t size = sizeof(listens);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0)
        return OK;
    buf_printf(why, "fd:%d is no listening socket that was handed to us", fd);
    return E_CONFIG;
}

/* With SO_REUSEPORT a taken port would be shared in silence: a socket without it tells. */
Err http_address_check(const char *text, Buf *why)
{
    const int on = 1;
    Address address;
    int fd, rc;

    TRY(http_address_read(text, &address, why));
    if (address.fd >= 0)
        return inherited_check(address.fd, why);
    if (address.path != NULL)
        return check_path(address.path, why);
    fd = socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return E_IO;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    rc = bind(fd, (const struct sockaddr *)&address.socket, http_address_size(&address));
    if (rc != 0)
        buf_printf(why, "%s: %s", text, strerror(errno));
    close(fd);
    return rc == 0 ? OK : E_CONFLICT;
}

/* A v4 client of a v6 socket is the same client as on a v4 one. */
void http_address_text(const struct sockaddr_storage *address, char *to, size_t size)
{
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

    if (address->ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, to, (socklen_t)size);
    else if (address->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6))
        inet_ntop(AF_INET, &v6->s6_addr[12], to, (socklen_t)size);
    else if (address->ss_family == AF_INET6)
        inet_ntop(AF_INET6, v6, to, (socklen_t)size);
}
