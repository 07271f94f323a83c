/* clib_threads.c: eight threads share one handle of libcurl's transport: HECATE_URL, HECATE_SERVICE_KEY. 0 if every call was good. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hecate/gotrue.h>

enum { THREADS = 8, ROUNDS = 10 };

static int one_round(GotrueAdmin *admin, int thread, int round)
{
    HecateGotrueAttributes attributes = { 0 };
    HecateGotrueUser *made, *read;
    HecateError error;
    char email[64];
    int good;

    snprintf(email, sizeof(email), "thread-%d-%d@c.example", thread, round);
    attributes.email = hecate_text(email);
    if (gotrue_admin_create_user(admin, &attributes, &made, &error) != HECATE_OK) {
        fprintf(stderr, "%s %d %s\n", hecate_status_name(error.kind), error.status, error.message);
        return 0;
    }
    good = gotrue_admin_get_user_by_id(admin, made->id, &read, &error) == HECATE_OK;
    if (good) {
        good = strcmp(read->email, email) == 0;
        gotrue_user_free(read);
    }
    good = good && gotrue_admin_delete_user(admin, made->id, false, &error) == HECATE_OK;
    good = good && gotrue_admin_get_user_by_id(admin, made->id, &read, &error) == HECATE_REFUSED && error.status == 404;
    gotrue_user_free(made);
    return good;
}

typedef struct Job {
    GotrueAdmin *admin;
    int number, good;
} Job;

static void *work(void *arg)
{
    Job *job = arg;

    for (int i = 0; i < ROUNDS; i++)
        job->good += one_round(job->admin, job->number, i);
    return NULL;
}

int main(void)
{
    HecateOptions options = { 0 };
    pthread_t threads[THREADS];
    Job jobs[THREADS] = { 0 };
    GotrueAdmin *admin;
    int good = 0;

    options.url = getenv("HECATE_URL");
    options.key = getenv("HECATE_SERVICE_KEY");
    admin = gotrue_admin_new(&options, NULL);
    if (admin == NULL)
        return 1;
    for (int i = 0; i < THREADS; i++) {
        jobs[i].admin = admin;
        jobs[i].number = i;
        pthread_create(&threads[i], NULL, work, &jobs[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        good += jobs[i].good;
    }
    gotrue_admin_free(admin);
    printf("%d of %d\n", good, THREADS * ROUNDS);
    return good == THREADS * ROUNDS ? 0 : 1;
}
