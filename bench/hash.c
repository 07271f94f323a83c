/* hash.c: THREADS SECONDS: bcrypt of cost 10 alone, as many as go: what a sign-in cannot beat. Prints verifications a second. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "crypto/crypto.h"

enum { MOST_THREADS = 64 };

static _Atomic unsigned done;
static int64_t until_ms;

static void *verify(void *arg)
{
    while (clock_mono_ms() < until_ms)
        if (password_verify(STR("$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W"), STR("correct horse battery staple")) == OK)
            atomic_fetch_add(&done, 1);
    return arg;
}

int main(int argc, char **argv)
{
    const long n = argc < 3 ? 0 : strtol(argv[1], NULL, 10);
    const int64_t begun = clock_mono_ms(), ms = argc < 3 ? 0 : strtol(argv[2], NULL, 10) * 1000;
    pthread_t threads[MOST_THREADS];

    if (n < 1 || n > MOST_THREADS)
        return 64;
    until_ms = begun + ms;
    for (long i = 0; i < n; i++)
        if (pthread_create(&threads[i], NULL, verify, NULL) != 0)
            return 1;
    for (long i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    printf("%.2f\n", (double)done * 1000 / (double)(clock_mono_ms() - begun));
    return 0;
}
