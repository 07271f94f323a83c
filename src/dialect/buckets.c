/* buckets.c: token buckets in a table of fixed size: rows of a few places, found by a keyed digest, so that nobody chooses whom he meets there. */
#include "dialect/buckets.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"

enum { ROWS = 8192, PLACES = 8, SALT = 16 };

typedef struct Bucket {
    uint8_t id[16]; /* all zero: nobody's */
    double tokens;
    double rate, burst;
    int64_t at; /* µs */
} Bucket;

struct Buckets {
    pthread_mutex_t lock;
    uint8_t salt[SALT];
    Bucket table[ROWS][PLACES];
};

Buckets *buckets_new(void)
{
    Buckets *buckets = calloc(1, sizeof(*buckets)); /* pages that nobody touches cost nothing */

    if (buckets == NULL)
        out_of_memory();
    pthread_mutex_init(&buckets->lock, NULL);
    random_bytes(buckets->salt, sizeof(buckets->salt));
    return buckets;
}

void buckets_free(Buckets *buckets)
{
    if (buckets == NULL)
        return;
    pthread_mutex_destroy(&buckets->lock);
    free(buckets);
}

static double tokens_at(const Bucket *bucket, int64_t now)
{
    const double tokens = bucket->tokens + bucket->rate * (double)(now - bucket->at) / (double)US_PER_S;

    return tokens < bucket->burst ? tokens : bucket->burst;
}

/* What a bucket lacks: who lacks least is missed least. */
static double lack_of(const Bucket *bucket, int64_t now)
{
    static const uint8_t nobody[16];

    return memcmp(bucket->id, nobody, sizeof(nobody)) == 0 ? -1 : bucket->burst - tokens_at(bucket, now);
}

static Bucket *find(Bucket *row, const uint8_t id[16], int64_t now)
{
    Bucket *least = &row[0];

    for (size_t i = 0; i < PLACES; i++) {
        if (memcmp(row[i].id, id, sizeof(row[i].id)) == 0)
            return &row[i];
        if (lack_of(&row[i], now) < lack_of(least, now))
            least = &row[i];
    }
    *least = (Bucket){ .at = 0 };
    return least;
}

bool buckets_take(Buckets *buckets, const char *name, Str key, double rate, double burst, int64_t now, double *ret_left)
{
    uint8_t sums[2][32];
    Bucket *bucket;
    bool taken;

    hmac_sum(HASH_SHA256, (Str){ (const char *)buckets->salt, SALT }, key, sums[0]);
    hmac_sum(HASH_SHA256, (Str){ (const char *)sums[0], 32 }, str_of(name), sums[1]);
    pthread_mutex_lock(&buckets->lock);
    bucket = find(buckets->table[(sums[1][16] << 8 | sums[1][17]) % ROWS], sums[1], now);
    if (bucket->at == 0)
        bucket->tokens = burst;
    else
        bucket->tokens = tokens_at(bucket, now);
    memcpy(bucket->id, sums[1], sizeof(bucket->id));
    bucket->rate = rate;
    bucket->burst = burst;
    bucket->at = now;
    taken = bucket->tokens >= 1;
    bucket->tokens -= taken ? 1 : 0;
    if (ret_left != NULL)
        *ret_left = bucket->tokens;
    pthread_mutex_unlock(&buckets->lock);
    return taken;
}
