/* even.c: does secret_eq() take the same time wherever two secrets differ? Two classes in random order, times over a high mark left out, Welch's t
 * (after the method of dudect). Prints t; over 4.5 in repeated runs is a leak. Arguments: `secret_eq`, or `memcmp`, to see what a leak looks like;
 * how many comparisons; and the only place where they differ, for who counts instructions. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/id.h"
#include "base/str.h"

enum { BYTES = 4096, WARM = 1000, MARK_NS = 20000 };

/* Running mean and sum of squared differences (Welford). */
typedef struct Series {
    double n, mean, m2;
} Series;

static void series_add(Series *series, double x)
{
    const double delta = x - series->mean;

    series->n++;
    series->mean += delta / series->n;
    series->m2 += delta * (x - series->mean);
}

static double variance_of_mean(const Series *series)
{
    return series->m2 / (series->n - 1) / series->n;
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool leaky_eq(Str a, Str b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

int main(int argc, char **argv)
{
    bool (*const eq)(Str, Str) = argc > 1 && strcmp(argv[1], "memcmp") == 0 ? leaky_eq : secret_eq;
    const long samples = argc > 2 ? strtol(argv[2], NULL, 10) : 200 * 1000;
    const size_t place = argc > 3 ? strtoul(argv[3], NULL, 10) % BYTES : BYTES;
    static char secret[BYTES], guess[BYTES], guesses[2][BYTES];
    Series series[2] = { 0 };

    random_bytes(secret, sizeof(secret));
    for (size_t i = 0; i < 2; i++)
        memcpy(guesses[i], secret, sizeof(secret));
    guesses[0][place < BYTES ? place : 0] ^= 1;
    guesses[1][place < BYTES ? place : BYTES - 1] ^= 1;
    for (long i = 0; i < samples; i++) {
        const uint32_t late = random_below(2);
        int64_t from, took;
        bool same;

        memcpy(guess, guesses[late], sizeof(guess)); /* nothing that depends on the class may come before the clock */
        from = now_ns();
        same = eq((Str){ secret, sizeof(secret) }, (Str){ guess, sizeof(guess) });
        took = now_ns() - from;
        if (same)
            return 1;
        if (i >= WARM && took < MARK_NS)
            series_add(&series[late], (double)took);
    }
    printf("first byte %.1f ns, last byte %.1f ns, t %.2f\n", series[0].mean, series[1].mean,
           (series[0].mean - series[1].mean) / sqrt(variance_of_mean(&series[0]) + variance_of_mean(&series[1])));
    return 0;
}
