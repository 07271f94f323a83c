/* tls.c: the local CA and its certificates, and a server that speaks TLS. */
#include "server.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static char *const files[] = { "ca.pem", "ca.key", "server.pem", "server.key", "ca.lock" };

static char *path_in(Arena *arena, const char *dir, const char *name)
{
    return arena_printf(arena, "%s/%s", dir, name);
}

static char *dir_new(Arena *arena)
{
    char *dir = arena_strdup(arena, "/tmp/hecate-tls-XXXXXX");

    assert_non_null(mkdtemp(dir));
    return dir;
}

static void dir_remove(Arena *arena, const char *dir)
{
    for (size_t i = 0; i < COUNTOF(files); i++)
        unlink(path_in(arena, dir, files[i]));
    assert_int_equal(rmdir(dir), 0); /* and nothing else was left there */
}

static X509 *read_cert(const char *path)
{
    FILE *file = fopen(path, "r");
    X509 *cert;

    assert_non_null(file);
    cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(cert);
    return cert;
}

static int days_of(const X509 *cert)
{
    int days, seconds;

    assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(cert), X509_get0_notAfter(cert)), 1);
    return days;
}

static char *serial_of(Arena *arena, const char *dir, const char *name)
{
    X509 *cert = read_cert(path_in(arena, dir, name));
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
    char *hex = BN_bn2hex(number), *copy = arena_strdup(arena, hex);

    OPENSSL_free(hex);
    BN_free(number);
    X509_free(cert);
    return copy;
}

static int mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return (int)(st.st_mode & 0777);
}

TEST(local_ca_makes_what_clients_accept)
{
    TEST_ARENA(arena);
    const char *const names[] = { "auth.example.test", "10.1.2.3" };
    const unsigned char ip[] = { 10, 1, 2, 3 };
    char *dir = dir_new(arena);
    X509 *ca, *server;

    assert_ok(tls_local_ca(dir, names, 2));
    ca = read_cert(path_in(arena, dir, "ca.pem"));
    server = read_cert(path_in(arena, dir, "server.pem"));
    assert_int_equal(X509_check_issued(ca, server), X509_V_OK);
    assert_int_equal(X509_check_purpose(server, X509_PURPOSE_SSL_SERVER, 0), 1);
    assert_int_equal(X509_check_purpose(server, X509_PURPOSE_SSL_CLIENT, 0), 0);
    assert_int_equal(X509_check_ca(ca), 1);
    assert_int_equal(X509_check_ca(server), 0);
    assert_int_equal(X509_check_host(server, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(server, "auth.example.test", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(server, "other.example.test", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip(server, ip, 4, 0), 1);
    assert_int_equal(X509_check_ip_asc(server, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(server, "127.0.0.1", 0), 1);
    assert_int_equal(days_of(ca), 3650);
    assert_int_equal(days_of(server), 365);
    assert_int_equal(mode_of(path_in(arena, dir, "ca.key")), 0600);
    assert_int_equal(mode_of(path_in(arena, dir, "server.key")), 0600);
    X509_free(ca);
    X509_free(server);
    dir_remove(arena, dir);
}

TEST(local_ca_keeps_what_is_good_and_renews_what_is_not)
{
    TEST_ARENA(arena);
    const char *const names[] = { "new.example.test" };
    char *dir = dir_new(arena), *ca, *first, *second, *third;

    assert_ok(tls_local_ca(dir, NULL, 0));
    ca = serial_of(arena, dir, "ca.pem");
    first = serial_of(arena, dir, "server.pem");
    assert_ok(tls_local_ca(dir, NULL, 0));
    assert_string_equal(serial_of(arena, dir, "server.pem"), first);

    assert_ok(tls_local_ca(dir, names, 1)); /* a name is missing */
    second = serial_of(arena, dir, "server.pem");
    assert_string_not_equal(second, first);
    assert_ok(tls_local_ca(dir, NULL, 0)); /* a name too many does no harm */
    assert_string_equal(serial_of(arena, dir, "server.pem"), second);

    clock_shift(334 * 86400 * US_PER_S);
    assert_ok(tls_local_ca(dir, names, 1)); /* 31 days left */
    assert_string_equal(serial_of(arena, dir, "server.pem"), second);
    clock_shift(336 * 86400 * US_PER_S);
    assert_ok(tls_local_ca(dir, names, 1)); /* 29 */
    third = serial_of(arena, dir, "server.pem");
    clock_shift(0);
    assert_string_not_equal(third, second);
    assert_string_equal(serial_of(arena, dir, "ca.pem"), ca);

    unlink(path_in(arena, dir, "server.key")); /* lost: the CA stays */
    assert_ok(tls_local_ca(dir, names, 1));
    assert_string_equal(serial_of(arena, dir, "ca.pem"), ca);
    unlink(path_in(arena, dir, "ca.key")); /* lost: all is made anew */
    assert_ok(tls_local_ca(dir, names, 1));
    assert_string_not_equal(serial_of(arena, dir, "ca.pem"), ca);
    dir_remove(arena, dir);
}

TEST(local_ca_refuses_names_and_files_it_must_not_take)
{
    TEST_ARENA(arena);
    static const char *const bad[] = { "", "a b", "a,DNS:b", "*.example.test", "x:443", "http://x" };
    char *dir = dir_new(arena);

    for (size_t i = 0; i < COUNTOF(bad); i++)
        assert_err(tls_local_ca(dir, &bad[i], 1), E_CONFIG);
    assert_ok(tls_local_ca(dir, NULL, 0));
    assert_int_equal(chmod(path_in(arena, dir, "ca.key"), 0644), 0);
    assert_err(tls_local_ca(dir, NULL, 0), E_CONFIG);
    assert_int_equal(rename(path_in(arena, dir, "ca.key"), path_in(arena, dir, "moved")), 0);
    assert_int_equal(chmod(path_in(arena, dir, "moved"), 0600), 0);
    assert_int_equal(symlink("moved", path_in(arena, dir, "ca.key")), 0);
    assert_int_not_equal(tls_local_ca(dir, NULL, 0), OK);
    unlink(path_in(arena, dir, "moved"));
    dir_remove(arena, dir);
    assert_int_not_equal(tls_local_ca("/proc/nowhere", NULL, 0), OK);
}

enum { STARTERS = 6 };

static bool starts(const char *dir)
{
    TEST_ARENA(arena);
    Tls *tls = NULL;
    const bool ok = tls_local_ca(dir, NULL, 0) == OK && tls_new(path_in(arena, dir, "server.pem"), path_in(arena, dir, "server.key"), &tls) == OK;

    tls_free(tls);
    return ok;
}

/* Each sees a whole pair at its end, and all see the same. */
TEST(local_ca_is_made_once_by_many_processes)
{
    TEST_ARENA(arena);
    char *dir = dir_new(arena);

    for (int i = 0; i < STARTERS; i++)
        if (fork() == 0) {
            const bool ok = starts(dir);

            arena_freep(&arena); /* valgrind looks for leaks here, too */
            _exit(ok ? 0 : 1);
        }
    for (int i = 0; i < STARTERS; i++) {
        int status = 0;

        wait(&status);
        assert_int_equal(status, 0);
    }
    dir_remove(arena, dir);
}

/* ---- the server ---- */

typedef struct Secure {
    char *dir, *ca;
    Tls *tls;
} Secure;

static Secure secure_start(Arena *arena, const HttpConfig *config)
{
    Secure secure = { .dir = dir_new(arena) };

    secure.ca = path_in(arena, secure.dir, "ca.pem");
    assert_ok(tls_local_ca(secure.dir, NULL, 0));
    assert_ok(tls_new(path_in(arena, secure.dir, "server.pem"), path_in(arena, secure.dir, "server.key"), &secure.tls));
    server_start(config, secure.tls);
    return secure;
}

static void secure_stop(Arena *arena, Secure *secure)
{
    server_stop(5000);
    tls_free(secure->tls);
    dir_remove(arena, secure->dir);
}

TEST(tls_serves_requests_on_one_connection)
{
    TEST_ARENA(arena);
    HttpConfig config = test_config();
    Secure secure;
    Client client;

    config.arena_cap = 16 << 20;
    secure = secure_start(arena, &config);
    client = client_connect_tls(secure.ca);
    client_say(&client, "GET /peer HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(client_expect(&client, "127.0.0.1 tls", 1, 4500));
    client_say(&client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /peer HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(client_expect(&client, "hello", 1, 4500));
    assert_true(client_expect(&client, "127.0.0.1 tls", 2, 4500));
    client_say(&client, "GET /size/3000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); /* many records, and a slow reader's pace */
    assert_true(client_drain(&client, 10000));
    assert_true(client.n > 3000000);
    assert_true(SSL_get_shutdown(client.ssl) & SSL_RECEIVED_SHUTDOWN); /* close_notify came, no truncation */
    client_close(&client);
    secure_stop(arena, &secure);
}

TEST(tls_takes_requests_in_small_pieces)
{
    TEST_ARENA(arena);
    const char text[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
    const HttpConfig config = test_config();
    Secure secure = secure_start(arena, &config);
    Client client = client_connect_tls(secure.ca);

    for (size_t i = 0; i < sizeof(text) - 1; i++)
        client_send(&client, text + i, 1);
    assert_true(client_drain(&client, 4500));
    assert_non_null(strstr(client.text, "\r\n\r\nabc"));
    client_close(&client);
    secure_stop(arena, &secure);
}

/* A server that waits no longer than it must for what never comes. */
static Secure impatient_start(Arena *arena)
{
    HttpConfig config = test_config();

    config.header_ms = 300;
    return secure_start(arena, &config);
}

/* close_notify behind a request says that no more comes, and not that no answer is wanted. */
TEST(tls_half_closed_client_gets_its_answers)
{
    TEST_ARENA(arena);
    const HttpConfig config = test_config();
    Secure secure = secure_start(arena, &config);
    Client client = client_connect_tls(secure.ca);

    client_say(&client, "GET /sleep/50 HTTP/1.1\r\nHost: a\r\n\r\nGET /peer HTTP/1.1\r\nHost: a\r\n\r\n");
    SSL_shutdown(client.ssl);
    assert_true(client_drain(&client, 4500));
    assert_non_null(strstr(client.text, "\r\n\r\nOK"));
    assert_non_null(strstr(client.text, "127.0.0.1 tls"));
    assert_true(SSL_get_shutdown(client.ssl) & SSL_RECEIVED_SHUTDOWN);
    client_close(&client);

    client = client_connect_tls(secure.ca);
    SSL_shutdown(client.ssl); /* nothing asked: goodbye at once */
    assert_true(client_drain(&client, 2000));
    assert_true(SSL_get_shutdown(client.ssl) & SSL_RECEIVED_SHUTDOWN);
    client_close(&client);
    secure_stop(arena, &secure);
}

TEST(tls_port_turns_away_what_is_no_tls)
{
    TEST_ARENA(arena);
    Secure secure = impatient_start(arena);
    static const char *const lines[] = { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x40\x01 nonsense in a long record", "SSH-2.0-x\r\n" };

    for (size_t i = 0; i < COUNTOF(lines); i++) {
        Client client = client_ask(lines[i]);

        assert_null(client.n == 0 ? NULL : strstr(client.text, "HTTP/1.1 200"));
        client_close(&client);
    }
    secure_stop(arena, &secure);
}

TEST(tls_slow_handshake_is_cut)
{
    TEST_ARENA(arena);
    Secure secure = impatient_start(arena);
    const int64_t begun = clock_mono_ms();
    Client silent = client_connect(), begun_client = client_connect();

    client_send(&begun_client, "\x16\x03\x01\x02", 4);
    assert_true(client_drain(&silent, 4500));
    assert_true(client_drain(&begun_client, 4500));
    assert_true(clock_mono_ms() - begun >= 250);
    client_close(&silent);
    client_close(&begun_client);
    secure_stop(arena, &secure);
}

static bool handshakes(const char *ca, int least, int most, const char *ciphers, const char *protocols)
{
    Client client = client_connect();
    bool ok;

    client.ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(client.ctx, 0);
    SSL_CTX_set_min_proto_version(client.ctx, least);
    SSL_CTX_set_max_proto_version(client.ctx, most);
    SSL_CTX_load_verify_locations(client.ctx, ca, NULL);
    if (ciphers != NULL)
        SSL_CTX_set_cipher_list(client.ctx, ciphers);
    client.ssl = SSL_new(client.ctx);
    if (protocols != NULL)
        SSL_set_alpn_protos(client.ssl, (const unsigned char *)protocols, (unsigned)strlen(protocols));
    SSL_set_fd(client.ssl, client.fd);
    ok = SSL_connect(client.ssl) == 1;
    ERR_clear_error();
    client_close(&client);
    return ok;
}

TEST(tls_speaks_what_is_safe_and_nothing_else)
{
    TEST_ARENA(arena);
    const HttpConfig config = test_config();
    Secure secure = secure_start(arena, &config);

    assert_true(handshakes(secure.ca, TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL));
    assert_true(handshakes(secure.ca, TLS1_2_VERSION, TLS1_2_VERSION, NULL, NULL));
    assert_false(handshakes(secure.ca, TLS1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL));
    assert_false(handshakes(secure.ca, TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256:AES128-GCM-SHA256:@SECLEVEL=0", NULL));
    assert_true(handshakes(secure.ca, TLS1_2_VERSION, TLS1_3_VERSION, NULL, "\x02h2\x08http/1.1"));
    assert_false(handshakes(secure.ca, TLS1_2_VERSION, TLS1_3_VERSION, NULL, "\x02h2"));
    secure_stop(arena, &secure);
}

TEST(tls_refuses_renegotiation)
{
    TEST_ARENA(arena);
    const HttpConfig config = test_config();
    Secure secure = secure_start(arena, &config);
    Client client = client_connect();

    client.ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(client.ctx, TLS1_2_VERSION);
    client.ssl = SSL_new(client.ctx);
    SSL_set_fd(client.ssl, client.fd);
    assert_int_equal(SSL_connect(client.ssl), 1);
    SSL_renegotiate(client.ssl);
    assert_int_not_equal(SSL_do_handshake(client.ssl), 1);
    ERR_clear_error();
    client_close(&client);
    secure_stop(arena, &secure);
}

TEST(tls_reload_is_for_new_connections_and_keeps_the_old_on_an_error)
{
    TEST_ARENA(arena);
    const HttpConfig config = test_config();
    Secure secure = secure_start(arena, &config);
    Client old = client_connect_tls(secure.ca), next;
    X509 *cert;
    char *key = path_in(arena, secure.dir, "server.key"), *serial = serial_of(arena, secure.dir, "server.pem");

    assert_int_equal(rename(key, path_in(arena, secure.dir, "ca.lock")), 0);
    assert_int_not_equal(tls_reload(secure.tls), OK);
    next = client_connect_tls(secure.ca);
    client_close(&next);

    assert_ok(tls_local_ca(secure.dir, NULL, 0)); /* the key is gone: a new pair */
    assert_ok(tls_reload(secure.tls));
    assert_string_not_equal(serial_of(arena, secure.dir, "server.pem"), serial);
    next = client_connect_tls(secure.ca);
    cert = SSL_get1_peer_certificate(next.ssl);
    assert_int_not_equal(X509_cmp(cert, SSL_get0_peer_certificate(old.ssl)), 0);
    X509_free(cert);
    client_say(&old, "GET /peer HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(client_expect(&old, "tls", 1, 4500));
    client_close(&next);
    client_close(&old);
    secure_stop(arena, &secure);
}

TEST(tls_key_that_others_may_read_is_refused)
{
    TEST_ARENA(arena);
    char *dir = dir_new(arena), *cert = path_in(arena, dir, "server.pem"), *key = path_in(arena, dir, "server.key");
    Tls *tls = NULL;

    assert_ok(tls_local_ca(dir, NULL, 0));
    assert_int_equal(chmod(key, 0644), 0);
    assert_err(tls_new(cert, key, &tls), E_CONFIG);
    assert_int_equal(chmod(key, 0640), 0);
    assert_ok(tls_new(cert, key, &tls));
    tls_free(tls);
    assert_err(tls_new(cert, path_in(arena, dir, "ca.key"), &tls), E_CONFIG);
    assert_err(tls_new(cert, path_in(arena, dir, "none"), &tls), E_IO);
    assert_err(tls_new(key, key, &tls), E_CONFIG);
    dir_remove(arena, dir);
}
