/* seen.c: tokens whose signature was right. Each thread remembers some by their digest, so that one bearer's token is not verified anew with each of
 * its requests. Only what the bytes say is remembered: times and all else that claims mean are judged each time. */
#include <pthread.h>

#include "crypto/seen.h"

enum { PLACES = 64, MOST_CLAIMS = 4096, MOST_NAME = 64 };

typedef struct Place {
    uint8_t digest[SEEN_DIGEST];
    uint64_t serial; /* 0: empty */
    const char *alg; /* static */
    char kid[MOST_NAME], typ[MOST_NAME];
    bool has_kid, has_typ;
    char *claims;
    size_t claims_n;
} Place;

static pthread_key_t places_key;
static pthread_once_t places_once = PTHREAD_ONCE_INIT;
static bool places_usable;

static void forget_all(void *arg)
{
    Place *places = arg;

    for (size_t i = 0; i < PLACES; i++)
        free(places[i].claims);
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

bool seen_find(Arena *arena, uint64_t serial, const uint8_t digest[SEEN_DIGEST], Jwt *ret)
{
    const Place *place = place_of(digest, false);

    if (place == NULL || serial == 0 || place->serial != serial || memcmp(place->digest, digest, SEEN_DIGEST) != 0)
        return false;
    *ret = (Jwt){ .fault = JWT_OK,
                  .alg = place->alg,
                  .kid = place->has_kid ? arena_strdup(arena, place->kid) : NULL,
                  .typ = place->has_typ ? arena_strdup(arena, place->typ) : NULL,
                  .claims = { arena_strndup(arena, place->claims, place->claims_n), place->claims_n } };
    return true;
}

static bool copy_name(char to[MOST_NAME], const char *from, bool *has)
{
    *has = from != NULL;
    return from == NULL || (size_t)snprintf(to, MOST_NAME, "%s", from) < MOST_NAME;
}

void seen_add(uint64_t serial, const uint8_t digest[SEEN_DIGEST], const Jwt *jwt)
{
    Place *place = serial == 0 || jwt->claims.n > MOST_CLAIMS ? NULL : place_of(digest, true);

    if (place == NULL)
        return;
    free(place->claims);
    *place = (Place){ .serial = serial, .alg = alg_name(alg_named(str_of(jwt->alg))), .claims_n = jwt->claims.n };
    memcpy(place->digest, digest, SEEN_DIGEST);
    place->claims = malloc(jwt->claims.n + 1);
    if (place->claims == NULL || !copy_name(place->kid, jwt->kid, &place->has_kid) || !copy_name(place->typ, jwt->typ, &place->has_typ)) {
        place->serial = 0;
        return;
    }
    memcpy(place->claims, jwt->claims.p, jwt->claims.n);
}

uint64_t seen_serial(void)
{
    static _Atomic uint64_t last;

    return ++last;
}
