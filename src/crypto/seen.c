/* seen.c: tokens whose signature was right. Each thread remembers some by their digest, so that one bearer's token is not verified and its claims are
 * not parsed anew with each of its requests. Only what the bytes say is remembered: times and all else that claims mean are judged each time. */
#include <openssl/crypto.h>
#include <pthread.h>

#include "crypto/seen.h"

enum { PLACES = 64, MOST_CLAIMS = 5120, MOST_NAME = 64 };

typedef struct Place {
    SeenKey key;     /* serial 0: empty */
    const char *alg; /* static */
    char kid[MOST_NAME], typ[MOST_NAME];
    bool has_kid, has_typ;
    char *claims; /* the struct that was read, and behind it its texts */
    size_t claims_n;
} Place;

static pthread_key_t places_key;
static pthread_once_t places_once = PTHREAD_ONCE_INIT;
static bool places_usable;

static void forget_all(void *arg)
{
    Place *places = arg;

    for (size_t i = 0; i < PLACES; i++)
        OPENSSL_clear_free(places[i].claims, places[i].claims_n);
    free(places);
}

static void make_key(void)
{
    places_usable = pthread_key_create(&places_key, forget_all) == 0;
}

/* This thread's place for the digest, or NULL without memory. */
static Place *place_of(const uint8_t digest[SEEN_DIGEST], bool make)
{
    Place *places;

    pthread_once(&places_once, make_key);
    if (!places_usable)
        return NULL;
    places = pthread_getspecific(places_key);
    if (places == NULL && make) {
        places = calloc(PLACES, sizeof(*places));
        if (places == NULL || pthread_setspecific(places_key, places) != 0) {
            free(places);
            return NULL;
        }
    }
    return places == NULL ? NULL : &places[digest[0] % PLACES];
}

/* ---- what was read, as one block ---- */

/* Members that are texts; NULL for others. */
static const char *text_at(const Field *field, const void *object)
{
    const bool text = field->kind >= F_TEXT && field->kind <= F_OBJECT_JSON;

    return text ? *(const char *const *)field_of(field, object) : NULL;
}

/* 0: a member of a kind that is not kept. */
static size_t packed_size(const Field *fields, const void *object)
{
    size_t n = field_size(fields);

    for (const Field *field = fields; field->kind != F_END; field++) {
        const char *text = text_at(field, object);

        if (field->kind > F_TIME_US)
            return 0;
        n += text == NULL ? 0 : strlen(text) + 1;
    }
    return n;
}

static void pack(const Field *fields, const void *object, char *block)
{
    char *at = block + field_size(fields);

    memcpy(block, object, field_size(fields));
    for (const Field *field = fields; field->kind != F_END; field++) {
        const char *text = text_at(field, object);

        if (text == NULL)
            continue;
        memcpy(at, text, strlen(text) + 1);
        *(const char **)field_in(field, block) = at;
        at += strlen(text) + 1;
    }
}

/* The texts lie where they lay in the block. */
static void unpack(Arena *arena, const Place *place, void *ret)
{
    const char *copy = arena_strndup(arena, place->claims, place->claims_n);

    memcpy(ret, copy, field_size(place->key.fields));
    for (const Field *field = place->key.fields; field->kind != F_END; field++) {
        const char *text = text_at(field, place->claims);

        if (text != NULL)
            *(const char **)field_in(field, ret) = copy + (text - place->claims);
    }
}

/* ---- places ---- */

static bool same_key(const SeenKey *a, const SeenKey *b)
{
    return a->serial == b->serial && a->fields == b->fields && memcmp(a->digest, b->digest, SEEN_DIGEST) == 0;
}

bool seen_find(Arena *arena, const SeenKey *key, void *claims, Jwt *ret)
{
    const Place *place = key->serial == 0 ? NULL : place_of(key->digest, false);

    if (place == NULL || !same_key(&place->key, key))
        return false;
    unpack(arena, place, claims);
    *ret = (Jwt){ .fault = JWT_OK,
                  .alg = place->alg,
                  .kid = place->has_kid ? arena_strdup(arena, place->kid) : NULL,
                  .typ = place->has_typ ? arena_strdup(arena, place->typ) : NULL };
    return true;
}

static bool copy_name(char to[MOST_NAME], const char *from, bool *has)
{
    *has = from != NULL;
    return from == NULL || (size_t)snprintf(to, MOST_NAME, "%s", from) < MOST_NAME;
}

void seen_add(const SeenKey *key, const void *claims, const Jwt *jwt)
{
    const size_t n = key->serial == 0 ? 0 : packed_size(key->fields, claims);
    Place *place = n == 0 || n > MOST_CLAIMS ? NULL : place_of(key->digest, true);

    if (place == NULL)
        return;
    OPENSSL_clear_free(place->claims, place->claims_n);
    *place = (Place){ .alg = alg_name(alg_named(str_of(jwt->alg))), .claims = OPENSSL_malloc(n), .claims_n = n };
    if (place->claims == NULL || !copy_name(place->kid, jwt->kid, &place->has_kid) || !copy_name(place->typ, jwt->typ, &place->has_typ))
        return;
    pack(key->fields, claims, place->claims);
    place->key = *key;
}

uint64_t seen_serial(void)
{
    static _Atomic uint64_t last;

    return ++last;
}
