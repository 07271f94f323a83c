/* pace.c: one time for all refused sign-ins. */
#include "directory/pace.h"

#include <pthread.h>

#include "base/clock.h"
#include "crypto/crypto.h"

/* Beside the hash a try reads the user and counts itself. */
enum { KINDS = 64, SLACK = 10 * 1000, LONGEST = 8 * 1000 * 1000 };

static const int64_t kept = 24 * US_PER_HOUR; /* a kind that nobody tries any more slows nobody down */

typedef struct Kind {
    uint8_t id[16];
    int64_t us; /* 0: nobody's row */
    int64_t tried;
} Kind;

struct Pace {
    pthread_mutex_t lock;
    Kind kinds[KINDS];
    int64_t hook;   /* 0: there is none */
    double stretch; /* how much longer than by the processor's time tries take by the clock: waiting, and other work of the machine */
};

Pace *pace_new(void)
{
    Pace *pace = calloc(1, sizeof(*pace));

    if (pace == NULL)
        out_of_memory();
    pthread_mutex_init(&pace->lock, NULL);
    pace->stretch = 1;
    return pace;
}

void pace_free(Pace *pace)
{
    if (pace == NULL)
        return;
    pthread_mutex_destroy(&pace->lock);
    free(pace);
}

static void forget_old(Pace *pace, int64_t now)
{
    for (size_t i = 0; i < KINDS; i++)
        if (pace->kinds[i].tried + kept < now)
            pace->kinds[i].us = 0;
}

/* The kind's own row, or the one that is missed least. */
static Kind *find(Pace *pace, const uint8_t id[16])
{
    Kind *least = &pace->kinds[0];

    for (size_t i = 0; i < KINDS; i++) {
        if (pace->kinds[i].us > 0 && memcmp(pace->kinds[i].id, id, 16) == 0)
            return &pace->kinds[i];
        if (pace->kinds[i].us < least->us)
            least = &pace->kinds[i];
    }
    return least;
}

/* Rises with load at once and falls slowly: about one try in twenty is above it. */
static double stretch_next(double stretch, double seen)
{
    return stretch + (seen > stretch ? (seen - stretch) / 4 : (seen - stretch) / 64);
}

void pace_learn(Pace *pace, const char *kind, int64_t us, int64_t wall)
{
    const int64_t now = clock_now();
    uint8_t sum[32];
    bool known;
    Kind *row;

    if (pace == NULL || us <= 0)
        return;
    hash_sum(HASH_SHA256, str_of(kind), sum);
    pthread_mutex_lock(&pace->lock);
    forget_old(pace, now);
    row = find(pace, sum);
    known = row->us > 0 && memcmp(row->id, sum, sizeof(row->id)) == 0;
    if (known ? us < row->us : us > row->us) {
        memcpy(row->id, sum, sizeof(row->id));
        row->us = us;
    }
    if (memcmp(row->id, sum, sizeof(row->id)) == 0)
        row->tried = now;
    pace->stretch = stretch_next(pace->stretch, wall > us + SLACK ? (double)wall / (double)(us + SLACK) : 1);
    pthread_mutex_unlock(&pace->lock);
}

void pace_learn_hook(Pace *pace, int64_t us)
{
    if (pace == NULL)
        return;
    pthread_mutex_lock(&pace->lock);
    pace->hook = pace->hook == 0 || us < pace->hook ? us : pace->hook;
    pthread_mutex_unlock(&pace->lock);
}

int64_t pace_due(Pace *pace, int64_t spent)
{
    int64_t slowest = 0, due;

    pthread_mutex_lock(&pace->lock);
    for (size_t i = 0; i < KINDS; i++)
        slowest = pace->kinds[i].us > slowest ? pace->kinds[i].us : slowest;
    due = (int64_t)(1.3 * (double)(slowest + SLACK) * pace->stretch) + 2 * pace->hook;
    pthread_mutex_unlock(&pace->lock);
    if (due > LONGEST)
        due = LONGEST;
    while (due < spent)
        due *= 2;
    return due;
}

/* Timers run in whole milliseconds of the clock: the end is one of them, so that what is left over tells nothing of when the wait began. */
void pace_wait(const Ctx *ctx, int64_t since)
{
    int64_t end, left;

    if (ctx->directory->pace == NULL)
        return;
    end = (since + pace_due(ctx->directory->pace, clock_mono_us() - since)) / US_PER_MS + 1;
    while ((left = end - clock_mono_ms()) > 0)
        if (fiber_sleep(left) != OK)
            return; /* the answer stands either way */
}
