/* ids.c: a million of each kind of identifier, token and code, made as the server makes them: none comes twice, and no letter comes more often than
 * chance lets it (χ², p > 0.001). Prints a figure, and ends with 1 if that does not hold. */
#include <math.h>
#include <stdio.h>

#include "base/id.h"

enum { COUNT = 1000000, WIDEST = 64 };

typedef struct Kind {
    const char *name, *alphabet; /* no alphabet: a UUID */
    size_t n;
    bool alone; /* too short to come once */
} Kind;

#define ALNUM "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
static const Kind kinds[] = {
    { "ids", NULL, UUID_TEXT },
    { "refresh tokens", "abcdefghijklmnopqrstuvwxyz234567", 12 },
    { "links", "0123456789abcdef", 56 },
    { "keys and tickets", ALNUM, 32 },
    { "recovery codes", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 24 },
    { "codes of digits", "0123456789", 6, .alone = true },
};

static char made[COUNT][WIDEST];

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, WIDEST);
}

static size_t twice(void)
{
    size_t n = 0;

    qsort(made, COUNT, WIDEST, compare);
    for (size_t i = 1; i < COUNT; i++)
        n += memcmp(made[i - 1], made[i], WIDEST) == 0;
    return n;
}

static void make(const Kind *kind)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);

    for (size_t i = 0; i < COUNT; i++, arena_reset(arena)) {
        const char *text = kind->alphabet == NULL ? uuid_new(arena) : random_text(arena, kind->n, kind->alphabet);

        memset(made[i], 0, WIDEST);
        memcpy(made[i], text, strlen(text));
    }
}

/* How many deviations χ² lies above its mean (Wilson and Hilferty's cube root); 3.09 is p = 0.001. */
static double unevenness(const Kind *kind)
{
    const char *alphabet = kind->alphabet;
    const double letters = (double)strlen(alphabet), even = (double)COUNT * (double)kind->n / letters, part = 2 / (9 * (letters - 1));
    size_t seen[256] = { 0 };
    double chi = 0;

    for (size_t i = 0; i < COUNT; i++)
        for (const char *c = made[i]; *c != '\0'; c++)
            seen[(uint8_t)*c]++;
    for (const char *c = alphabet; *c != '\0'; c++)
        chi += ((double)seen[(uint8_t)*c] - even) * ((double)seen[(uint8_t)*c] - even) / even;
    return (cbrt(chi / (letters - 1)) - (1 - part)) / sqrt(part);
}

int main(void)
{
    size_t repeated = 0;
    double worst = 0;

    for (size_t i = 0; i < COUNTOF(kinds); i++) {
        double uneven = 0;

        for (int round = 0; round == 0 || (round == 1 && uneven > 3.09); round++) { /* a chance of one in a million against it */
            make(&kinds[i]);
            uneven = kinds[i].alphabet == NULL ? 0 : unevenness(&kinds[i]);
        }
        worst = uneven > worst ? uneven : worst;
        repeated += kinds[i].alone ? 0 : twice();
    }
    printf("figure %d of %zu kinds, %zu twice, letters at most %.2f deviations from even (3.09)\n", COUNT, COUNTOF(kinds), repeated, worst);
    return repeated == 0 && worst <= 3.09 ? 0 : 1;
}
