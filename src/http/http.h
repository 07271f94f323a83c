/* http.h: HTTP/1.1 (RFC 9110, 9112) and TLS. Bytes in, a whole `Req` out; a `Reply` in, bytes out. It knows one callback and
 * no route. Ambiguous framing is refused and the connection closed. */
#ifndef HECATE_HTTP_H
#define HECATE_HTTP_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"
#include "run/run.h"

typedef enum Method { GET = 1, HEAD = 2, POST = 4, PUT = 8, PATCH = 16, DELETE = 32, OPTIONS = 64, OTHER_METHOD = 128 } Method;
enum { ANY_METHOD = 255 };
const char *method_name(Method method);

typedef struct Header {
    Str name; /* as sent; compare without case */
    Str value;
} Header;

/* A request, read whole. Everything in it lives in the request's arena. */
typedef struct Req {
    Method method;
    Str method_text;
    Str target; /* as sent */
    Str path;   /* of the target, still percent-encoded; starts with '/' */
    Str query;  /* behind '?', without it; empty if none */
    Str host;   /* Host */
    const Header *headers;
    size_t n_headers;
    Str body;
    Err err;          /* of the body, E_TOO_LARGE or E_TIMEOUT: the answer must say so and the connection closes after it */
    const char *peer; /* address of the peer, without port; "" for unix sockets */
    bool tls;
    bool peer_trusted; /* set by the server from its list of proxies */
    void *mark;        /* the server's own: of http_listen(), or what the handler leaves for overflow() */
} Req;

/* The first header with that name, or an empty Str with p == NULL. `n` counts how often it is there. */
Str req_header(const Req *req, const char *name);
size_t req_header_count(const Req *req, const char *name);

/* The answer. content-length, date and connection are written by the server; everything else by whoever fills this. */
typedef struct Reply {
    int status;
    Arena *arena;
    Buf head; /* header lines, each with its CRLF */
    Buf body;
    bool close; /* close the connection after this answer */
} Reply;

/* Adds a header line; one whose value has a control byte, or that is past the 16 KiB of a header, is dropped whole. */
void reply_header(Reply *reply, const char *name, const char *value);
void reply_headerf(Reply *reply, const char *name, const char *format, ...) PRINTF(3, 4);

/* What a request may cost; asked once its header is read. */
typedef struct Limits {
    size_t body;     /* bytes */
    int64_t body_ms; /* from the header's end to the body's end */
} Limits;

typedef struct HttpConfig {
    int64_t header_ms, idle_ms; /* header_ms also bounds the TLS handshake, idle_ms also the sending of an answer */
    int64_t request_ms;         /* bounds the handler: then its waits end with E_TIMEOUT (fiber_expire()) */
    int64_t drain_ms;           /* bounds http_drain(): then waits end with E_TIMEOUT and connections close */
    size_t header_line, header_total, header_count, target;
    size_t arena_cap;   /* bytes a request's arena may hold */
    size_t connections; /* at most, per loop */
    size_t running;     /* requests under way at most, per loop; more are answered with 503 and Retry-After */
    size_t memory; /* bytes that requests as they come, and answers as they go, may hold in all, per loop; over it a request is answered with 503,
                    * and a connection that does not read its answer is closed */
    Limits (*limits)(void *arg, const Req *head);
    /* Runs in a fiber with the request's own arena; fills the reply; never fails (its errors are replies). */
    void (*handle)(void *arg, Arena *arena, Req *req, Reply *reply);
    /* The arena was over its cap: fill the reply with the dialect's error; may use only the reply's own buffers. */
    void (*overflow)(void *arg, const Req *req, Reply *reply);
    void *arg;
} HttpConfig;

/* spec/security.md 4g: header 8 KiB a line, 32 KiB in all, 100 fields; 10 s header, 20 s body, 60 s idle, 10 s request; body 1 MiB. */
HttpConfig http_defaults(void);

/* ---- TLS ---- */

typedef struct Tls Tls;
/* A server context from PEM files: TLS 1.2 and 1.3, forward-secret AEAD suites, no renegotiation, no compression, ALPN http/1.1 alone (RFC 7301), any
 * server name. E_IO: a file cannot be read; E_CONFIG: it holds no such thing, or others may read the key. Both leave a line in the log. */
Err tls_new(const char *cert_file, const char *key_file, Tls **ret);
/* Reads the files again; connections that are up keep what they have. On an error the old ones stay. */
Err tls_reload(Tls *tls);
void tls_free(Tls *tls); /* after the listeners that use it; accepts NULL */
/* A local CA (`ca.pem`, `ca.key`) and a server certificate (`server.pem`, `server.key`) in `dir`, ECDSA P-256, keys 0600: made if
 * missing, the certificate renewed when it has less than 30 days left or lacks one of the names. SAN: localhost, 127.0.0.1, ::1 and `names` (host
 * names or addresses, no wildcards). Processes that start at once take turns. E_CONFIG: what is no name, or a key that others may read; E_IO. */
Err tls_local_ca(const char *dir, const char *const *names, size_t n_names);

/* ---- listening ---- */

typedef struct HttpServer HttpServer;

/* Where to listen: "host:port" (port 0: any), "unix:path", "fd:N" (an inherited socket). E_CONFIG: not of these forms;
 * E_CONFLICT: the address is taken (found by a probe without SO_REUSEPORT, or because somebody answers there); E_IO. `why` gets the reason in words.
 */
Err http_address_check(const char *address, Buf *why);
/* Listens on this thread's loop (call it once a loop, from loop_post() or before loop_run()); `mark` comes back in Req.mark. */
Err http_listen(Loop *loop, const char *address, Tls *tls, const HttpConfig *config, void *mark, HttpServer **ret);
/* The port it is bound to, 0 for unix sockets. */
int http_port(const HttpServer *server);
/* Takes who has connected already (not from a socket that was handed to us: that is the next process's), stops accepting, answers what comes first on
 * a connection within a second, closes idle ones, lets running requests end; `done(arg)` when the last has. Takes drain_ms at most, and what a lane
 * still works at. On its loop's thread. */
void http_drain(HttpServer *server, void (*done)(void *arg), void *arg);
/* After the loop has ended and was freed; frees connections that were still open. Accepts NULL. */
void http_free(HttpServer *server);
/* Connections now open. */
size_t http_connections(const HttpServer *server);

/* ---- the codec alone (tests, fuzzing) ---- */

typedef enum ParseState { PARSE_MORE, PARSE_HEADER_DONE, PARSE_DONE, PARSE_ERROR } ParseState;
typedef struct HttpParser HttpParser;
HttpParser *parser_new(Arena *arena, const HttpConfig *config);
/* Feeds bytes; `*used` says how many were taken. After PARSE_HEADER_DONE ask for limits and go on; after PARSE_DONE the Req is whole;
 * after PARSE_ERROR `parser_status()` is the status to answer (400, 414, 417, 431, 501, 505) and the connection must close. */
ParseState parser_feed(HttpParser *parser, Str bytes, size_t *used);
void parser_limit(HttpParser *parser, size_t body);
int parser_status(const HttpParser *parser);
Req *parser_req(HttpParser *parser);
bool parser_keep_alive(const HttpParser *parser);
bool parser_expects_continue(const HttpParser *parser);

#endif
