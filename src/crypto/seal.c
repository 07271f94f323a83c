/* seal.c: secrets at rest: AES-256-GCM under a key derived for the purpose. */
#include <openssl/evp.h>

#include "base/id.h"
#include "crypto/crypto.h"

enum { NONCE = 12, TAG = 16 };

static void cipher_free(EVP_CIPHER_CTX **ctx)
{
    EVP_CIPHER_CTX_free(*ctx);
}

static Err derive(const uint8_t key[DATA_KEY_BYTES], const char *purpose, uint8_t out[32])
{
    return hkdf_sum(HASH_SHA256, (Str){ (const char *)key, DATA_KEY_BYTES }, STR(""), str_of(purpose), out, 32);
}

Err seal_write(Arena *arena, const uint8_t key[DATA_KEY_BYTES], const char *purpose, Str secret, char **ret)
{
    EVP_CIPHER_CTX *ctx CLEANUP(cipher_free) = EVP_CIPHER_CTX_new();
    uint8_t *box = arena_alloc(arena, NONCE + TAG + secret.n + 1), derived[32];
    Buf text = buf_in(arena, 64 + (NONCE + TAG + secret.n) * 2);
    int n;

    TRY(derive(key, purpose, derived));
    random_bytes(box, NONCE);
    if (ctx == NULL || EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, derived, box) != 1 ||
        EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)purpose, (int)strlen(purpose)) != 1 ||
        EVP_EncryptUpdate(ctx, box + NONCE + TAG, &n, (const uint8_t *)secret.p, (int)secret.n) != 1 ||
        EVP_EncryptFinal_ex(ctx, box + NONCE + TAG + n, &n) != 1 || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, box + NONCE) != 1)
        return E_INTERNAL;
    explicit_bzero(derived, sizeof(derived));
    buf_puts(&text, "v1.");
    base64_write(&text, box, NONCE + TAG + secret.n, true, false);
    return buf_text(&text, ret);
}

Err seal_read(Arena *arena, const uint8_t key[DATA_KEY_BYTES], const char *purpose, const char *sealed, Str *ret)
{
    EVP_CIPHER_CTX *ctx CLEANUP(cipher_free) = EVP_CIPHER_CTX_new();
    uint8_t derived[32], *plain;
    int n, rest;
    Str box;

    if (strncmp(sealed, "v1.", 3) != 0 || !base64_read(arena, str_of(sealed + 3), true, false, &box) || box.n < NONCE + TAG)
        return E_BAD_CREDENTIAL;
    TRY(derive(key, purpose, derived));
    plain = arena_alloc(arena, box.n);
    if (ctx == NULL || EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, derived, (const uint8_t *)box.p) != 1 ||
        EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)purpose, (int)strlen(purpose)) != 1 ||
        EVP_DecryptUpdate(ctx, plain, &n, (const uint8_t *)box.p + NONCE + TAG, (int)(box.n - NONCE - TAG)) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(uintptr_t)(box.p + NONCE)) != 1 ||
        EVP_DecryptFinal_ex(ctx, plain + n, &rest) != 1)
        return E_BAD_CREDENTIAL;
    explicit_bzero(derived, sizeof(derived));
    *ret = (Str){ (const char *)plain, box.n - NONCE - TAG };
    return OK;
}
