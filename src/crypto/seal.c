/* seal.c: secrets at rest: AES-256-GCM under a key derived for the purpose. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/id.h"
#include "crypto/crypto.h"

enum { NONCE = 12, TAG = 16, MOST_SECRET = 1 << 20 };

/* A key made for a purpose; wiped whichever way its function ends. */
typedef struct Derived {
    uint8_t key[32];
} Derived;

static void derived_wipe(Derived *derived)
{
    explicit_bzero(derived, sizeof(*derived));
}

static void cipher_freep(EVP_CIPHER_CTX **ctx)
{
    EVP_CIPHER_CTX_free(*ctx);
}

static Err derive(const uint8_t key[DATA_KEY_BYTES], const char *purpose, Derived *derived)
{
    return hkdf_sum(HASH_SHA256, (Str){ (const char *)key, DATA_KEY_BYTES }, STR(""), str_of(purpose), derived->key, sizeof(derived->key));
}

/* `box` is nonce, tag, cipher. */
static bool encrypt(const Derived *derived, const char *purpose, Str secret, uint8_t *box)
{
    EVP_CIPHER_CTX *ctx CLEANUP(cipher_freep) = EVP_CIPHER_CTX_new();
    int n;

    return ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, derived->key, box) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)purpose, (int)strlen(purpose)) == 1 &&
           EVP_EncryptUpdate(ctx, box + NONCE + TAG, &n, (const uint8_t *)secret.p, (int)secret.n) == 1 &&
           EVP_EncryptFinal_ex(ctx, box + NONCE + TAG + n, &n) == 1 && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, box + NONCE) == 1;
}

static bool decrypt(const Derived *derived, const char *purpose, Str box, uint8_t *plain)
{
    EVP_CIPHER_CTX *ctx CLEANUP(cipher_freep) = EVP_CIPHER_CTX_new();
    int n, rest;

    return ctx != NULL && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, derived->key, (const uint8_t *)box.p) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)purpose, (int)strlen(purpose)) == 1 &&
           EVP_DecryptUpdate(ctx, plain, &n, (const uint8_t *)box.p + NONCE + TAG, (int)(box.n - NONCE - TAG)) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(uintptr_t)(box.p + NONCE)) == 1 &&
           EVP_DecryptFinal_ex(ctx, plain + n, &rest) == 1;
}

Err seal_write(Arena *arena, const uint8_t key[DATA_KEY_BYTES], const char *purpose, Str secret, char **ret)
{
    Derived derived CLEANUP(derived_wipe) = { 0 };
    Buf text = buf_in(arena, 64 + (NONCE + TAG + MOST_SECRET) * 2);
    uint8_t *box;

    if (secret.n > MOST_SECRET)
        return E_TOO_LARGE;
    box = arena_alloc(arena, NONCE + TAG + secret.n + 1);
    random_bytes(box, NONCE);
    TRY(derive(key, purpose, &derived));
    if (!encrypt(&derived, purpose, secret, box))
        return E_INTERNAL;
    buf_puts(&text, "v1.");
    base64_write(&text, box, NONCE + TAG + secret.n, true, false);
    return buf_text(&text, ret);
}

Err seal_read(Arena *arena, const uint8_t key[DATA_KEY_BYTES], const char *purpose, const char *sealed, Str *ret)
{
    Derived derived CLEANUP(derived_wipe) = { 0 };
    uint8_t *plain;
    Str box;

    if (sealed == NULL || strncmp(sealed, "v1.", 3) != 0 || !base64_read(arena, str_of(sealed + 3), true, false, &box) || box.n < NONCE + TAG ||
        box.n > NONCE + TAG + MOST_SECRET)
        return E_BAD_CREDENTIAL;
    plain = arena_alloc(arena, box.n);
    TRY(derive(key, purpose, &derived));
    if (!decrypt(&derived, purpose, box, plain)) {
        explicit_bzero(plain, box.n); /* what was not authenticated is nobody's to see */
        ERR_clear_error();
        return E_BAD_CREDENTIAL;
    }
    *ret = (Str){ (const char *)plain, box.n - NONCE - TAG };
    return OK;
}
