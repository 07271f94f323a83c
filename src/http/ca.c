/* ca.c: a CA of our own and a server certificate from it, for clients that insist on https (RFC 5280; ECDSA P-256). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "http/http.h"

enum { CA_DAYS = 3650, SERVER_DAYS = 365, RENEW_DAYS = 30, MOST_NAME = 253, MOST_PATH = 4096 };

/* A certificate with its key. */
typedef struct Pair {
    X509 *cert;
    EVP_PKEY *key;
} Pair;

/* What the server's certificate must say, besides being ours. */
typedef struct Names {
    const char *const *extra;
    size_t n;
} Names;

static const char *const fixed_names[] = { "localhost", "127.0.0.1", "::1" };

static const char *name_at(const Names *names, size_t i)
{
    return i < COUNTOF(fixed_names) ? fixed_names[i] : names->extra[i - COUNTOF(fixed_names)];
}

static size_t name_count(const Names *names)
{
    return COUNTOF(fixed_names) + names->n;
}

static void pair_free(Pair *pair)
{
    X509_free(pair->cert);
    EVP_PKEY_free(pair->key);
    *pair = (Pair){ 0 };
}

static void closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void bio_freep(BIO **bio)
{
    BIO_free(*bio);
}

static Err failed(const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    log_note(LOG_ERROR, "local CA: %s: %s", what, reason != NULL ? reason : strerror(errno));
    ERR_clear_error();
    return E_IO;
}

/* ---- names ---- */

/* The bytes of an address, or 0. */
static size_t read_ip(const char *name, unsigned char ip[16])
{
    return inet_pton(AF_INET, name, ip) == 1 ? 4 : inet_pton(AF_INET6, name, ip) == 1 ? 16 : 0;
}

static bool is_name(const char *name)
{
    unsigned char ip[16];
    const size_t n = strlen(name);

    return read_ip(name, ip) > 0 ||
           (n > 0 && n <= MOST_NAME && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == n);
}

static bool has_name(X509 *cert, const char *name)
{
    unsigned char ip[16];
    const size_t n = read_ip(name, ip);

    return (n > 0 ? X509_check_ip(cert, ip, n, 0) : X509_check_host(cert, name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL)) == 1;
}

static bool add_name(GENERAL_NAMES *all, const char *name)
{
    unsigned char ip[16];
    const size_t n = read_ip(name, ip);
    ASN1_STRING *value = n > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    GENERAL_NAME *entry = GENERAL_NAME_new();

    if (value == NULL || entry == NULL || ASN1_STRING_set(value, n > 0 ? (const void *)ip : name, n > 0 ? (int)n : -1) != 1) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(entry);
        return false;
    }
    GENERAL_NAME_set0_value(entry, n > 0 ? GEN_IPADD : GEN_DNS, value);
    return sk_GENERAL_NAME_push(all, entry) > 0;
}

static bool add_names(X509 *cert, const Names *names)
{
    GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();
    bool ok = all != NULL;

    for (size_t i = 0; ok && i < name_count(names); i++)
        ok = add_name(all, name_at(names, i));
    ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT) == 1;
    sk_GENERAL_NAME_pop_free(all, GENERAL_NAME_free);
    return ok;
}

/* ---- making ---- */

static bool add_ext(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;
    bool ok;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return ok;
}

/* 126 random bits (RFC 5280 4.1.2.2: positive, at most 20 octets). */
static bool set_serial(X509 *cert)
{
    unsigned char bytes[16];
    BIGNUM *number;
    bool ok;

    random_bytes(bytes, sizeof(bytes));
    bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return ok;
}

/* From an hour ago, for clocks that are behind. */
static bool set_times(X509 *cert, int days)
{
    time_t now = (time_t)(clock_now() / US_PER_S);

    return X509_time_adj_ex(X509_getm_notBefore(cert), 0, -3600, &now) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(cert), days, -3600, &now) != NULL;
}

/* Each CA has a name of its own, so that a trust store can hold several. */
static bool set_subject(X509 *cert, bool is_ca)
{
    unsigned char mark[4];
    char name[64];

    random_bytes(mark, sizeof(mark));
    snprintf(name, sizeof(name), is_ca ? "Hecate local CA %02x%02x%02x%02x" : "localhost", mark[0], mark[1], mark[2], mark[3]);
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1;
}

typedef struct Extension {
    int nid;
    const char *value;
} Extension;

/* In the order that the key identifiers need: the issuer's is copied from its subject's. */
static const Extension ca_extensions[] = {
    { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
    { NID_key_usage, "critical,keyCertSign,cRLSign" },
    { NID_subject_key_identifier, "hash" },
    { NID_authority_key_identifier, "keyid" },
};
static const Extension server_extensions[] = {
    { NID_basic_constraints, "critical,CA:FALSE" }, { NID_key_usage, "critical,digitalSignature" }, { NID_ext_key_usage, "serverAuth" },
    { NID_subject_key_identifier, "hash" },         { NID_authority_key_identifier, "keyid" },
};

/* Signed by `issuer`, or by itself if that is NULL. */
static bool fill(Pair *pair, const Pair *issuer, const Names *names)
{
    const Extension *extensions = issuer == NULL ? ca_extensions : server_extensions;
    const size_t n = issuer == NULL ? COUNTOF(ca_extensions) : COUNTOF(server_extensions);
    const Pair *signer = issuer == NULL ? pair : issuer;
    bool ok = X509_set_version(pair->cert, X509_VERSION_3) == 1 && set_serial(pair->cert) &&
              set_times(pair->cert, issuer == NULL ? CA_DAYS : SERVER_DAYS) && set_subject(pair->cert, issuer == NULL) &&
              X509_set_issuer_name(pair->cert, X509_get_subject_name(signer->cert)) == 1 && X509_set_pubkey(pair->cert, pair->key) == 1;

    for (size_t i = 0; ok && i < n; i++)
        ok = add_ext(pair->cert, signer->cert, extensions[i].nid, extensions[i].value);
    return ok && (names == NULL || add_names(pair->cert, names)) && X509_sign(pair->cert, signer->key, EVP_sha256()) > 0;
}

static Err make_pair(Pair *pair, const Pair *issuer, const Names *names)
{
    pair_free(pair);
    pair->key = EVP_EC_gen("P-256");
    pair->cert = X509_new();
    return pair->key != NULL && pair->cert != NULL && fill(pair, issuer, names) ? OK : failed("a certificate cannot be made");
}

/* ---- files ---- */

static Err write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        const ssize_t written = write(fd, p, n);

        if (written < 0 && errno != EINTR)
            return failed("a file cannot be written");
        p += written < 0 ? 0 : written;
        n -= written < 0 ? 0 : (size_t)written;
    }
    return fsync(fd) == 0 ? OK : failed("a file cannot be written");
}

/* The file has its old or its new content, whatever happens. */
static Err replace_file(int dir, const char *name, mode_t mode, BIO *text)
{
    char temporary[64], *data;
    const long size = BIO_get_mem_data(text, &data);
    int fd CLEANUP(closep) = -1;

    snprintf(temporary, sizeof(temporary), "%s.new", name);
    unlinkat(dir, temporary, 0);
    fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 || fchmod(fd, mode) != 0)
        return failed(temporary);
    TRY(write_all(fd, data, (size_t)size));
    return renameat(dir, temporary, dir, name) == 0 && fsync(dir) == 0 ? OK : failed(name);
}

typedef struct Files {
    const char *cert, *key, *what;
} Files;

static const Files ca_files = { "ca.pem", "ca.key", "CA" }, server_files = { "server.pem", "server.key", "server certificate" };

/* The key first: a certificate without its key would be taken for one that was lost. */
static Err save_pair(int dir, const Files *files, const Pair *pair)
{
    BIO *key CLEANUP(bio_freep) = BIO_new(BIO_s_secmem()), *cert CLEANUP(bio_freep) = BIO_new(BIO_s_mem());

    if (key == NULL || cert == NULL || PEM_write_bio_PrivateKey(key, pair->key, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_X509(cert, pair->cert) != 1)
        return failed("a certificate cannot be written");
    TRY(replace_file(dir, files->key, 0600, key));
    TRY(replace_file(dir, files->cert, 0644, cert));
    log_note(LOG_INFO, "a new local %s was made", files->what);
    return OK;
}

/* The whole file in memory that is wiped: from a descriptor OpenSSL would read it byte by byte. Beyond 4 KiB it is cut, and then no PEM. */
static BIO *slurp(int fd)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char text[4096];
    const ssize_t n = read(fd, text, sizeof(text));

    if (bio != NULL && (n < 0 || BIO_write(bio, text, (int)n) != n)) {
        BIO_free(bio);
        bio = NULL;
    }
    explicit_bzero(text, sizeof(text));
    return bio;
}

/* OK with a NULL `*ret` when the file is not there. */
static Err open_file(int dir, const char *name, bool secret, BIO **ret)
{
    const int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    *ret = NULL;
    if (fd < 0)
        return errno == ENOENT ? OK : failed(name);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (secret && (st.st_mode & 077) != 0)) {
        close(fd);
        log_note(LOG_ERROR, "local CA: %s must be a file that its owner alone can read", name);
        return E_CONFIG;
    }
    *ret = slurp(fd);
    close(fd);
    return *ret == NULL ? failed(name) : OK;
}

static bool days_left(const X509 *cert)
{
    time_t soon = (time_t)(clock_now() / US_PER_S) + RENEW_DAYS * 86400;

    return X509_cmp_time(X509_get0_notAfter(cert), &soon) > 0;
}

/* A pair that is whole and lasts; an empty one if it must be made. */
static Err load_pair(int dir, const Files *files, Pair *pair)
{
    BIO *cert CLEANUP(bio_freep) = NULL, *key CLEANUP(bio_freep) = NULL;

    TRY(open_file(dir, files->cert, false, &cert));
    TRY(open_file(dir, files->key, true, &key));
    pair->cert = cert == NULL ? NULL : PEM_read_bio_X509(cert, NULL, NULL, NULL);
    pair->key = key == NULL ? NULL : PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
    if (pair->cert == NULL || pair->key == NULL || X509_check_private_key(pair->cert, pair->key) != 1 || !days_left(pair->cert))
        pair_free(pair);
    ERR_clear_error();
    return OK;
}

/* ---- the whole ---- */

static bool serves(const Pair *pair, const Pair *ca, const Names *names)
{
    bool ok = pair->cert != NULL && X509_verify(pair->cert, ca->key) == 1;

    for (size_t i = 0; ok && i < name_count(names); i++)
        ok = has_name(pair->cert, name_at(names, i));
    ERR_clear_error();
    return ok;
}

static Err make_what_lacks(int dir, const Names *names)
{
    Pair ca CLEANUP(pair_free) = { 0 }, server CLEANUP(pair_free) = { 0 };

    TRY(load_pair(dir, &ca_files, &ca));
    if (ca.cert == NULL) {
        TRY(make_pair(&ca, NULL, NULL));
        TRY(save_pair(dir, &ca_files, &ca));
    }
    TRY(load_pair(dir, &server_files, &server));
    if (serves(&server, &ca, names))
        return OK;
    TRY(make_pair(&server, &ca, names));
    return save_pair(dir, &server_files, &server);
}

/* Processes that start at once take turns: the second finds what the first has made. */
Err tls_local_ca(const char *path, const char *const *extra, size_t n)
{
    const Names names = { extra, n };
    int dir CLEANUP(closep) = -1, lock CLEANUP(closep) = -1;

    for (size_t i = 0; i < n; i++)
        if (!is_name(extra[i])) {
            log_note(LOG_ERROR, "local CA: %s is neither a host name nor an address", extra[i]);
            return E_CONFIG;
        }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return failed(path);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    lock = dir < 0 ? -1 : openat(dir, "ca.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0)
        return failed(path);
    return make_what_lacks(dir, &names);
}
