/* key.c: keys, each bound to one algorithm. */
#include "crypto/key.h"

#include "base/id.h"

/* clang-format off */
static const AlgRow alg_rows[] = {
    { ALG_HS256, "HS256", "oct", NULL,      NULL,      NULL,      0 },
    { ALG_RS256, "RS256", "RSA", NULL,      "RSA",     "SHA-256", 0 },
    { ALG_RS512, "RS512", "RSA", NULL,      "RSA",     "SHA-512", 0 },
    { ALG_ES256, "ES256", "EC",  "P-256",   "EC",      "SHA-256", 32 },
    { ALG_ES512, "ES512", "EC",  "P-521",   "EC",      "SHA-512", 66 },
    { ALG_EDDSA, "EdDSA", "OKP", "Ed25519", "ED25519", NULL,      32 },
};
/* clang-format on */

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

Key *key_ref(Key *key)
{
    atomic_fetch_add(&key->refs, 1);
    return key;
}

void key_free(Key *key)
{
    if (key == NULL || atomic_fetch_sub(&key->refs, 1) != 1)
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
        abort();
    return p;
}

Key *key_new(const AlgRow *row, const char *kid, EVP_PKEY *pkey)
{
    Key *key = must(calloc(1, sizeof(*key)));

    key->refs = 1;
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
