/* tls.c: TLS 1.2 and 1.3 by OpenSSL. A BIO of our own reads from the bytes that the loop gives and writes into a buffer that
 * lives only while something is to be sent, so that an idle connection holds no buffers. */
#include "http/tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* One answer's piece and a handshake's flight fit; a peer that asks for more without reading is cut. */
enum { MOST_OUTPUT = 128 * 1024 };

struct Tls {
    pthread_mutex_t lock; /* over ctx: loops take from it, a reload replaces it */
    SSL_CTX *ctx;
    char *cert_file, *key_file;
};

struct TlsConn {
    SSL *ssl;
    Str in;
    Buf out;
    bool bye, broken;
};

/* ---- the BIO ---- */

static int bio_read(BIO *bio, char *to, size_t size, size_t *n)
{
    TlsConn *conn = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    *n = size < conn->in.n ? size : conn->in.n;
    if (*n == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(to, conn->in.p, *n);
    conn->in = (Str){ conn->in.p + *n, conn->in.n - *n };
    return 1;
}

static int bio_write(BIO *bio, const char *from, size_t size, size_t *n)
{
    TlsConn *conn = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    buf_add(&conn->out, from, size);
    *n = conn->out.over ? 0 : size;
    return *n > 0;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method;

static void make_bio_method(void)
{
    bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
    if (bio_method == NULL)
        out_of_memory();
    BIO_meth_set_read_ex(bio_method, bio_read);
    BIO_meth_set_write_ex(bio_method, bio_write);
    BIO_meth_set_ctrl(bio_method, bio_ctrl);
}

/* ---- the server's context ---- */

/* A client that asks for protocols must ask for ours, too (RFC 7301). */
static int pick_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_n, const unsigned char *offered, unsigned n, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *picked;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&picked, ret_n, ours, sizeof(ours) - 1, offered, n) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret = picked;
    return SSL_TLSEXT_ERR_OK;
}

static Err note_failure(const char *file, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    log_note(LOG_ERROR, "TLS: %s: %s%s%s", file, what, reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
    ERR_clear_error();
    return E_CONFIG;
}

/* Others must not read the key. A link may lead to it, as certbot's do; a group may read it, as Debian's ssl-cert does. */
static Err check_key_file(const char *file)
{
    struct stat st;

    if (stat(file, &st) != 0) {
        log_note(LOG_ERROR, "TLS: %s cannot be read", file);
        return E_IO;
    }
    if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
        log_note(LOG_ERROR, "TLS: %s must be a file that others cannot read", file);
        return E_CONFIG;
    }
    return OK;
}

static void ctx_freep(SSL_CTX **ctx)
{
    SSL_CTX_free(*ctx);
}

static bool set_rules(SSL_CTX *ctx)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets keep the state with the client */
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_alpn_select_cb(ctx, pick_protocol, NULL);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1 &&
           SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

static Err ctx_new_from(const char *cert_file, const char *key_file, SSL_CTX **ret)
{
    SSL_CTX *ctx CLEANUP(ctx_freep) = SSL_CTX_new(TLS_server_method());

    TRY(check_key_file(key_file));
    if (ctx == NULL || !set_rules(ctx))
        return note_failure(cert_file, "OpenSSL refuses the settings");
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
        return note_failure(cert_file, "no certificate");
    if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return note_failure(key_file, "no private key of the certificate");
    *ret = ctx;
    ctx = NULL;
    return OK;
}

Err tls_new(const char *cert_file, const char *key_file, Tls **ret)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    SSL_CTX *ctx;
    Tls *tls;

    pthread_once(&once, make_bio_method);
    TRY(ctx_new_from(cert_file, key_file, &ctx));
    tls = calloc(1, sizeof(*tls));
    if (tls == NULL)
        out_of_memory();
    *tls = (Tls){ .ctx = ctx, .cert_file = strdup(cert_file), .key_file = strdup(key_file) };
    if (tls->cert_file == NULL || tls->key_file == NULL)
        out_of_memory();
    pthread_mutex_init(&tls->lock, NULL);
    *ret = tls;
    return OK;
}

Err tls_reload(Tls *tls)
{
    SSL_CTX *ctx, *old;

    TRY(ctx_new_from(tls->cert_file, tls->key_file, &ctx));
    pthread_mutex_lock(&tls->lock);
    old = tls->ctx;
    tls->ctx = ctx;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(old); /* connections that are up hold it */
    return OK;
}

void tls_free(Tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->ctx);
    pthread_mutex_destroy(&tls->lock);
    free(tls->cert_file);
    free(tls->key_file);
    free(tls);
}

/* ---- a connection ---- */

TlsConn *tls_conn_new(Tls *tls)
{
    TlsConn *conn = calloc(1, sizeof(*conn));
    BIO *bio = BIO_new(bio_method);

    if (conn == NULL || bio == NULL)
        out_of_memory();
    pthread_mutex_lock(&tls->lock);
    conn->ssl = SSL_new(tls->ctx);
    pthread_mutex_unlock(&tls->lock);
    if (conn->ssl == NULL)
        out_of_memory();
    conn->out = buf_heap(MOST_OUTPUT);
    BIO_set_data(bio, conn);
    BIO_set_init(bio, 1);
    SSL_set_bio(conn->ssl, bio, bio);
    SSL_set_accept_state(conn->ssl);
    return conn;
}

void tls_conn_free(TlsConn *conn)
{
    if (conn == NULL)
        return;
    SSL_free(conn->ssl);
    buf_free(&conn->out);
    free(conn);
}

void tls_conn_feed(TlsConn *conn, Str bytes)
{
    conn->in = bytes;
}

TlsRead tls_conn_read(TlsConn *conn, char *to, size_t size, size_t *n)
{
    int error;

    if (conn->broken)
        return TLS_BAD;
    ERR_clear_error(); /* the queue is the thread's: other work may have left something */
    if (SSL_read_ex(conn->ssl, to, size, n) == 1)
        return TLS_DATA;
    error = SSL_get_error(conn->ssl, 0);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ)
        return TLS_WAIT;
    if (error == SSL_ERROR_ZERO_RETURN)
        return TLS_END;
    conn->broken = true; /* after a fatal error not even a goodbye may follow */
    return TLS_BAD;
}

bool tls_conn_write(TlsConn *conn, Str plain)
{
    size_t n;

    ERR_clear_error();
    while (plain.n > 0 && !conn->broken) {
        if (SSL_write_ex(conn->ssl, plain.p, plain.n, &n) != 1)
            conn->broken = true;
        else
            plain = (Str){ plain.p + n, plain.n - n };
    }
    ERR_clear_error();
    return !conn->broken;
}

bool tls_conn_bye(TlsConn *conn)
{
    if (conn->broken || conn->bye || SSL_in_init(conn->ssl))
        return false;
    conn->bye = true;
    ERR_clear_error();
    conn->broken = SSL_shutdown(conn->ssl) < 0;
    ERR_clear_error();
    return !conn->broken;
}

Buf tls_conn_take(TlsConn *conn)
{
    const Buf out = conn->out;

    conn->out = buf_heap(MOST_OUTPUT);
    return out;
}
