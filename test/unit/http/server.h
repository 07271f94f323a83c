/* server.h: a server on a thread of its own for the tests of its connections, and a client that sends raw bytes. */
#ifndef TEST_HTTP_SERVER_H
#define TEST_HTTP_SERVER_H

#include <openssl/ssl.h>

#include "http/http.h"
#include "test.h"

/* Serves on loopback until server_stop(). Paths: /echo answers the body, /size/N so many bytes, /sleep/N waits N ms and answers
 * what fiber_sleep() gave, /fill takes memory until the arena is full, /burn the same in a lane, /peer names the peer. */
void server_start(const HttpConfig *config, Tls *tls);
void server_start_at(const char *address, const HttpConfig *config, Tls *tls);
/* Stops by a drain; fails when that takes longer than `ms`. */
void server_stop(int64_t ms);
/* Deadlines of five seconds, so that a busy machine fails no test that is about something else. `arg` may point at the body's, an int64_t. */
HttpConfig test_config(void);
size_t server_connections(void);
/* Runs `fn(NULL)` on the server's loop. */
void server_post(void (*fn)(void *arg));
int server_port(void);

typedef struct Client {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    char *text; /* what came so far, NUL-terminated */
    size_t n, size;
} Client;

Client client_connect(void);
Client client_connect_unix(const char *path);
/* With the CA's certificate; the handshake is done. */
Client client_connect_tls(const char *ca_file);
void client_close(Client *client);
void client_send(Client *client, const char *text, size_t n);
#define client_say(client, text) client_send((client), (text), strlen(text))
/* Reads until `text` was seen `times` times; false at the end of the connection or after `ms`. */
bool client_expect(Client *client, const char *text, size_t times, int64_t ms);
/* Reads to the end; false when the connection is still open after `ms`. */
bool client_drain(Client *client, int64_t ms);
/* Sends all, reads all up to the end of the connection: the answer's status line is the start of the text. */
Client client_ask(const char *text);

#endif
