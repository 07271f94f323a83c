/* crypto.h: password schemes, tokens, keys, secrets at rest. All primitives are OpenSSL's, libargon2's or libxcrypt's. */
#ifndef HECATE_CRYPTO_H
#define HECATE_CRYPTO_H

#include "base/base.h"
#include "base/buf.h"
#include "base/ctx.h"

/* ---- digests ---- */

typedef enum Hash { HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_MD5, HASH_MD4, HASH_RIPEMD160 } Hash;
size_t hash_size(Hash hash);
const char *hash_name(Hash hash);     /* "sha256", as hashes of passwords write it */
bool hash_named(Str name, Hash *ret); /* in any case; false too if OpenSSL has it not (RIPEMD-160) */
void hash_sum(Hash hash, Str data, uint8_t *out);
void hmac_sum(Hash hash, Str key, Str data, uint8_t *out); /* aborts over 2 GiB of key: nothing from outside gets near */
/* HKDF (RFC 5869), at most 255 hash lengths; more is E_INTERNAL. */
Err hkdf_sum(Hash hash, Str secret, Str salt, Str info, uint8_t *out, size_t n);

/* ---- secrets at rest: AES-256-GCM, key by HKDF-SHA256 from the data key, nonce random; text "v1." base64url(nonce ‖ tag ‖ cipher) ---- */

enum { DATA_KEY_BYTES = 32 };
/* `purpose` is bound as associated data and into the key: what was sealed for one opens for no other. At most 1 MiB: E_TOO_LARGE. */
Err seal_write(Arena *arena, const uint8_t key[DATA_KEY_BYTES], const char *purpose, Str secret, char **ret);
Err seal_read(Arena *arena, const uint8_t key[DATA_KEY_BYTES], const char *purpose, const char *sealed, Str *ret); /* E_BAD_CREDENTIAL */

/* ---- passwords ---- */

enum { PASSWORD_MOST_BYTES = 4096 }; /* a longer one is always wrong */

/* A password scheme: one row of `schemes[]`. What a hash costs is read from its text before anything is run: over the caps (2 s on one core,
 * 256 MiB) it is refused at import and never computed. */
typedef struct Scheme {
    const char *name;        /* "bcrypt", "argon2id", … */
    bool (*knows)(Str hash); /* by its prefix */
    Err (*check)(Str hash);  /* form and cost: E_BAD_HASH */
    /* OK, E_WRONG_PASSWORD, E_BAD_HASH, E_NOMEM; slow: call it in the lane. NULL: another service keeps the password. */
    Err (*verify)(Str hash, Str password);
    /* The next four are NULL if new hashes are never of this scheme. */
    bool (*setting)(const char *settings);          /* in its form and within the caps? */
    int (*compare)(Str hash, const char *settings); /* < 0: a hash that passed check() costs less than a new one would; > 0: more */
    Err (*make)(Arena *arena, const char *settings, Str password, char **ret);
    const char *(*decoy)(Arena *arena, const char *settings); /* nobody's hash, which takes as long as a new one */
    size_t max_bytes;                                         /* longest password it distinguishes; 0: any */
    int strength;                                             /* a hash of a lower strength is renewed at a sign-in; 20: bcrypt */
    bool core;                                                /* the Go server can read it: may stand in auth.users */
    uint8_t head, head_bytes; /* what says its cost: so many parts that end at a '$', and so many bytes behind them; 0: it costs next to nothing */
} Scheme;
/* The row for a hash, or NULL. */
const Scheme *scheme_of(Str hash);
/* "bcrypt:10", "argon2id:m=47104,t=1,p=1": is it a setting for new hashes? E_CONFIG. Fast: nothing is hashed. */
Err scheme_setting_check(const char *setting);
/* E_BAD_HASH: unknown scheme, bad form, or a cost over the caps. Fast. */
Err password_hash_check(Str hash);
/* The longest password that a new hash of this setting distinguishes: 72 bytes for bcrypt, else 4096. */
size_t password_most_bytes(const char *setting);
/* A hash of no password that takes as long to verify as one of this setting; NULL for a bad setting. */
const char *password_decoy(Arena *arena, const char *setting);
/* The part of a hash's text that says what it costs to verify, "" if that is next to nothing. */
Str password_kind(Str hash);
/* These two are slow: run them in the hash lane (directory/passwords.c does). E_LONG_PASSWORD over password_most_bytes(), or where bcrypt would end
 * at a NUL; E_CONFIG for a bad setting; E_NOMEM. A password over 4096 bytes is always wrong; E_FOREIGN_PASSWORD: another service keeps it. */
Err password_make(Arena *arena, const char *setting, Str password, char **ret);
Err password_verify(Str hash, Str password);
/* Should the hash be renewed under this setting? A stronger scheme never becomes a weaker one, nor a higher cost of one scheme a lower one; of two
 * equal ones only that is renewed which the Go server cannot read. What another service keeps is weaker than any. */
bool password_is_weaker(Str hash, const char *setting);

/* ---- hashes of other systems: each dialect turns its own forms into these texts, the only ones that are stored (docs/passwords.md) ----
 *
 * Bytes are in base 64, without padding but in {SCHEME}. All make a text in any case: password_hash_check() says whether it may be stored. */

typedef enum TextEncoding { TEXT_UTF8, TEXT_UTF16LE, TEXT_LATIN1 } TextEncoding;
/* What was done to a password before it was hashed, in this order. All zero: nothing. */
typedef struct HashPre {
    TextEncoding encoding; /* latin1: a password with other characters is wrong */
    Str before, after;     /* a salt set before or after it, or {} */
    bool hashed;           /* the lower-case hex digits of `hash` over all that */
    Hash hash;
} HashPre;
/* $pre$[e=utf16le|latin1][,b=SALT][,a=SALT][,h=DIGEST]$INNER, or `inner` itself if nothing was done. bcrypt with what may hold a NUL is not in form.
 */
char *hash_text_pre(Arena *arena, const HashPre *steps, const char *inner);
/* {MD4}, {MD5}, {SHA}, {SHA224} … {SHA512}SUM; with a salt behind the sum: {SMD5}, {SSHA}, {SSHA256} … (RFC 2307 and its usage). */
char *hash_text_digest(Arena *arena, Hash hash, Str sum);
char *hash_text_hmac(Arena *arena, Hash hash, Str key, Str sum);                         /* $hmac-DIGEST$KEY$SUM */
char *hash_text_pbkdf2(Arena *arena, Hash hash, uint64_t iterations, Str salt, Str key); /* $pbkdf2-DIGEST$i=N,l=BYTES$SALT$KEY */
char *hash_text_scrypt(Arena *arena, uint64_t n, uint64_t r, uint64_t p, Str salt,
                       Str key); /* $scrypt$ln=LOG2N,r=R,p=P$SALT$KEY; NULL: n is no power of two */
/* $P$ and $H$ (phpass), $2a$, $2b$, $2y$, $argon2i$, $argon2id$, $fbscrypt$ and awscognito#POOL#CLIENT#NAME are kept as they are. */

/* ---- keys and tokens (RFC 7515, 7517, 7518, 7519, 8037, 8725) ---- */

typedef enum Alg { ALG_NONE, ALG_HS256, ALG_RS256, ALG_RS512, ALG_ES256, ALG_ES512, ALG_EDDSA, ALG_RS384, ALG_PS256 } Alg;
const char *alg_name(Alg alg);
Alg alg_named(Str name); /* ALG_NONE if it is none of these */

/* A key is bound to one algorithm. Reference-counted, immutable, thread-safe. */
typedef struct Key Key;
Err key_generate(Alg alg, const char *kid, Key **ret);       /* RS256: 2048 bits; HS256: 32 random bytes */
Err key_from_secret(Str secret, const char *kid, Key **ret); /* HS256; kid NULL: none */
/* A private or public JWK (strict: one algorithm, RSA ≥ 2048 bits with e > 1, oct ≥ hash length, private members consistent). E_CONFIG. */
Err key_from_jwk(Ctx *ctx, Str jwk, Key **ret);
/* A private key in PEM (PKCS #8, or OpenSSL's older forms, without a password), as a private JWK of this algorithm without a kid; as strict as
 * key_from_jwk(). E_CONFIG. */
Err key_pem_to_jwk(Ctx *ctx, Str pem, Alg alg, char **ret);
/* Somebody's public key (SubjectPublicKeyInfo) or certificate as PEM, for RS256, RS384 or PS256, which other keys are not for: it verifies by
 * jwt_verify_by() alone. RSA, as strict as key_from_jwk(). E_CONFIG. */
Err key_from_pem(Str pem, Str alg, Key **ret);
/* SHA-256 of its SubjectPublicKeyInfo in base64url: the same key has the same name. */
char *key_print(Arena *arena, const Key *key);
Err key_to_jwk(Arena *arena, const Key *key, bool private_too,
               char **ret); /* members in alphabetical order; key_ops and use as spec/gotrue.md 3.21 */
Alg key_alg(const Key *key);
const char *key_kid(const Key *key); /* NULL if none */
bool key_can_sign(const Key *key);
void key_free(Key *key); /* accepts NULL */

/* Keys of one dialect: the first signs, all verify. */
typedef struct KeySet {
    Key **v;
    size_t n;
    Key *signer;
    unsigned algs;   /* bit 1 << Alg: what is accepted; 0: the algorithms of the keys */
    Key *fallback;   /* HS256 key for tokens without a known kid, or NULL */
    uint64_t serial; /* from keyset_serial(), once the set is filled; 0: jwt_read() remembers no token of it */
} KeySet;
/* Has the set a key of this name? Two of one name must not be in it: which of them verified would be chance. */
bool keyset_has(const KeySet *keys, const char *kid);
/* A number that no other key set of the process has. */
uint64_t keyset_serial(void);
/* {"keys":[…]} of the public parts; symmetric keys are left out. */
Err jwks_write(Arena *arena, const KeySet *keys, char **ret);

/* Signs `claims` (compact JSON) with the set's signer: header {"alg","kid"?,"typ"}. */
Err jwt_sign(Arena *arena, const KeySet *keys, const char *typ, const char *claims, char **ret);

typedef enum JwtFault {
    JWT_OK,
    JWT_SEGMENTS, /* not three parts */
    JWT_HEADER_BASE64,
    JWT_HEADER_JSON,
    JWT_CLAIMS_BASE64,
    JWT_CLAIMS_JSON,
    JWT_ALG_MISSING,
    JWT_ALG_UNKNOWN,
    JWT_ALG_REFUSED, /* absent; not known to anybody; known but not of these keys */
    JWT_CRIT,        /* a crit header, which nobody here understands, or one that brings a key: jwk, jku, x5u, x5c */
    JWT_KEY_TYPE,    /* the kid names a key of another type */
    JWT_KID_UNKNOWN,
    JWT_SIGNATURE_BASE64,
    JWT_SIGNATURE,
} JwtFault;
typedef struct Jwt {
    JwtFault fault;
    const char *alg, *kid, *typ; /* as the header says, in the arena, or NULL */
    const char *detail;          /* offset or reason for the message, or NULL */
    Str claims;                  /* JSON, checked by json_check(); only to be believed if fault is JWT_OK */
} Jwt;
/* Verifies a compact JWS: everything but the claims' meaning (times, audience, subject are the dialect's). In the order of JwtFault. No work
 * is done for a token over 8 KiB (JWT_SEGMENTS). OK or E_BAD_CREDENTIAL; `ret` is filled both ways. */
Err jwt_verify(Ctx *ctx, const KeySet *keys, Str token, Jwt *ret);
/* The same, and the claims are read by `fields` (texts and what holds no pointer) into `claims` (zeroed by the caller), whatever the signature; those
 * that are not in the table are ignored, one of a wrong type is JWT_CLAIMS_JSON. `ret->claims` is empty. A token that this thread has found right is
 * neither verified nor parsed again. */
Err jwt_read(Ctx *ctx, const KeySet *keys, Str token, const Field *fields, void *claims, Jwt *ret);
/* jwt_verify() by one key, whatever `kid` the header names. */
Err jwt_verify_by(Ctx *ctx, const Key *key, Str token, Jwt *ret);

#endif
