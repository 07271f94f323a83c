/* tls.h: one TLS connection as plain functions over bytes; server.c moves the bytes. No system call, no wait. */
#ifndef HECATE_HTTP_TLS_H
#define HECATE_HTTP_TLS_H

#include "http/http.h"

typedef struct TlsConn TlsConn;

/* The server's side of a connection, with the certificate that `tls` has now. NULL without memory. */
TlsConn *tls_conn_new(Tls *tls);
void tls_conn_free(TlsConn *conn); /* accepts NULL */

typedef enum TlsRead { TLS_DATA, TLS_WAIT, TLS_END, TLS_BAD } TlsRead;

/* Gives it what came from the socket; the bytes must stay until tls_conn_read() has said TLS_WAIT. */
void tls_conn_feed(TlsConn *conn, Str bytes);
/* TLS_DATA: `*n` bytes of plain text are in `to`, ask again. TLS_WAIT: all is read. TLS_END: the peer said goodbye. TLS_BAD: this
 * is no TLS, or a broken one; what is in the output (an alert) may still be sent. */
TlsRead tls_conn_read(TlsConn *conn, char *to, size_t size, size_t *n);
/* Encrypts into the output. False when the connection cannot take it. */
bool tls_conn_write(TlsConn *conn, Str plain);
/* Says goodbye (close_notify), once: true when there is something to send. */
bool tls_conn_bye(TlsConn *conn);
/* What must go to the socket, empty if nothing; the caller's to free. */
Buf tls_conn_take(TlsConn *conn);

#endif
