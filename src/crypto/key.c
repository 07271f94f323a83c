/* key.c: keys, each bound to one algorithm. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/key.h"

#include "base/id.h"

/* clang-format off */
static const AlgRow alg_rows[] = {
    { ALG_HS256, "HS256", "oct", NULL,      NULL,      NULL,      0,  false },
    { ALG_RS256, "RS256", "RSA", NULL,      "RSA",     "SHA-256", 0,  false },
    { ALG_RS512, "RS512", "RSA", NULL,      "RSA",     "SHA-512", 0,  false },
    { ALG_ES256, "ES256", "EC",  "P-256",   "EC",      "SHA-256", 32, false },
    { ALG_ES512, "ES512", "EC",  "P-521",   "EC",      "SHA-512", 66, false },
    { ALG_EDDSA, "EdDSA", "OKP", "Ed25519", "ED25519", NULL,      32, false },
};
/* clang-format on */

/* Algorithms of other parties' keys, beside RS256. Ours are never for them. */
static const AlgRow foreign_rows[] = {
    { ALG_RS256, "RS256", "RSA", NULL, "RSA", "SHA-256", 0, false },
    { ALG_RS384, "RS384", "RSA", NULL, "RSA", "SHA-384", 0, false },
    { ALG_PS256, "PS256", "RSA", NULL, "RSA", "SHA-256", 0, true },
};

const AlgRow *alg_row(Alg alg)
{
    for (size_t i = 0; i < COUNTOF(alg_rows); i++)
        if (alg_rows[i].alg == alg)
            return &alg_rows[i];
    return NULL;
}

const char *alg_name(Alg alg)
{
    const AlgRow *row = alg_row(alg);

    return row == NULL ? "none" : row->name;
}

Alg alg_named(Str name)
{
    for (size_t i = 0; i < COUNTOF(alg_rows); i++)
        if (str_eq(name, str_of(alg_rows[i].name)))
            return alg_rows[i].alg;
    return ALG_NONE;
}

Alg key_alg(const Key *key)
{
    return key->row->alg;
}

const char *key_kid(const Key *key)
{
    return key->kid;
}

bool key_can_sign(const Key *key)
{
    return key->signs;
}

bool keyset_has(const KeySet *keys, const char *kid)
{
    for (size_t i = 0; i < keys->n; i++)
        if (text_eq(keys->v[i]->kid, kid))
            return true;
    return false;
}

void key_free(Key *key)
{
    if (key == NULL)
        return;
    if (key->secret != NULL)
        explicit_bzero(key->secret, key->secret_n);
    free(key->secret);
    free(key->kid);
    EVP_PKEY_free(key->pkey);
    free(key);
}

static void *must(void *p)
{
    if (p == NULL)
        out_of_memory();
    return p;
}

Key *key_new(const AlgRow *row, const char *kid, EVP_PKEY *pkey)
{
    Key *key = must(calloc(1, sizeof(*key)));

    key->row = row;
    key->kid = kid == NULL ? NULL : must(strdup(kid));
    key->pkey = pkey;
    key->private = true;
    key->signs = true;
    return key;
}

Err key_from_secret(Str secret, const char *kid, Key **ret)
{
    Key *key;

    if (secret.n == 0 || secret.n > INT_MAX) /* OpenSSL counts an HMAC key in an int */
        return E_CONFIG;
    key = key_new(alg_row(ALG_HS256), kid, NULL);
    key->secret = must(malloc(secret.n));
    memcpy(key->secret, secret.p, secret.n);
    key->secret_n = secret.n;
    *ret = key;
    return OK;
}

static EVP_PKEY *generate(const AlgRow *row)
{
    if (text_eq(row->kty, "RSA"))
        return EVP_PKEY_Q_keygen(NULL, NULL, row->type, (size_t)LEAST_RSA_BITS);
    return text_eq(row->kty, "EC") ? EVP_PKEY_Q_keygen(NULL, NULL, row->type, row->crv) : EVP_PKEY_Q_keygen(NULL, NULL, row->type);
}

Err key_generate(Alg alg, const char *kid, Key **ret)
{
    const AlgRow *row = alg_row(alg);
    uint8_t secret[SECRET_BYTES];
    EVP_PKEY *pkey;
    Err err;

    if (row == NULL)
        return E_CONFIG;
    if (row->type == NULL) {
        random_bytes(secret, sizeof(secret));
        err = key_from_secret((Str){ (const char *)secret, sizeof(secret) }, kid, ret);
        explicit_bzero(secret, sizeof(secret));
        return err;
    }
    pkey = generate(row);
    if (pkey == NULL)
        return E_INTERNAL;
    *ret = key_new(row, kid, pkey);
    return OK;
}

/* ---- keys of other parties ---- */

static void bio_freep(BIO **bio)
{
    BIO_free(*bio);
}

static void x509_freep(X509 **certificate)
{
    X509_free(*certificate);
}

/* A password is never asked for: the text is nobody's private key. */
static int no_password(char *buf, int size, int writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static EVP_PKEY *read_pem(Str pem)
{
    BIO *bio CLEANUP(bio_freep) = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *certificate CLEANUP(x509_freep) = NULL;
    EVP_PKEY *pkey;

    if (bio == NULL)
        return NULL;
    pkey = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    if (pkey != NULL || BIO_reset(bio) != 1)
        return pkey;
    certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    return certificate == NULL ? NULL : X509_get_pubkey(certificate);
}

static const AlgRow *foreign_row(Str alg)
{
    for (size_t i = 0; i < COUNTOF(foreign_rows); i++)
        if (str_eq(alg, str_of(foreign_rows[i].name)))
            return &foreign_rows[i];
    return NULL;
}

Err key_from_pem(Str pem, Str alg, Key **ret)
{
    const AlgRow *row = foreign_row(alg);
    EVP_PKEY *pkey CLEANUP(pkey_freep) = row == NULL ? NULL : read_pem(pem);
    const bool good = pkey != NULL && EVP_PKEY_is_a(pkey, "RSA") && key_rsa_good(pkey, false);

    ERR_clear_error();
    if (!good)
        return E_CONFIG;
    *ret = key_new(row, NULL, pkey);
    (*ret)->private = (*ret)->signs = false;
    pkey = NULL; /* the key has it */
    return OK;
}

char *key_print(Arena *arena, const Key *key)
{
    Buf text = buf_in(arena, 64);
    uint8_t *der = NULL, sum[32];
    const int n = key->pkey == NULL ? -1 : i2d_PUBKEY(key->pkey, &der);
    char *ret = "";

    if (n <= 0)
        out_of_memory();
    hash_sum(HASH_SHA256, (Str){ (const char *)der, (size_t)n }, sum);
    OPENSSL_free(der);
    base64_write(&text, sum, sizeof(sum), true, false);
    IGNORE(buf_text(&text, &ret)); /* the cap fits by construction */
    return ret;
}
