/* fake.h: a fetch that keeps what it was asked and answers what it was told. */
#ifndef TEST_LIB_FAKE_H
#define TEST_LIB_FAKE_H

#include <pthread.h>

#include "hecate/auth0.h"
#include "hecate/clerk.h"
#include "hecate/gotrue.h"
#include "test.h"

enum { MOST_CALLS = 8, SHOWN_CALL = 4096 };

typedef struct Told {
    int status; /* 0: no answer */
    const char *body;
    HecateHeader header;
} Told;

/* Calls past the last answer that was told get that one again. */
typedef struct Fake {
    pthread_mutex_t lock;
    Told told[MOST_CALLS];
    int calls;
    char asked[MOST_CALLS][SHOWN_CALL]; /* "POST url\nName: value\n…\nbody" */
} Fake;

Fake *fake_new(void);
void fake_free(Fake **fake);
HecateStatus fake_fetch(void *fake, const HecateRequest *request, HecateResponse *response);

/* A fake that ends with the scope, and options for a handle on it. */
#define FAKE(name, ...)                                \
    Fake *name CLEANUP(fake_free) = fake_new();        \
    static const Told told_##name[] = { __VA_ARGS__ }; \
    memcpy(name->told, told_##name, sizeof(told_##name))
HecateOptions fake_options(Fake *fake, const char *url, const char *key);

/* `text` stands in the n-th request. */
#define assert_asked(fake, n, text)                                                     \
    do {                                                                                \
        if (strstr((fake)->asked[n], text) == NULL)                                     \
            print_error("\"%s\" is not in the request:\n%s\n", text, (fake)->asked[n]); \
        assert_non_null(strstr((fake)->asked[n], text));                                \
    } while (0)
#define assert_not_asked(fake, n, text) assert_null(strstr((fake)->asked[n], text))
/* How it ends, what it says. */
#define assert_refused(error, http, what, text)         \
    do {                                                \
        assert_int_equal((error).kind, HECATE_REFUSED); \
        assert_int_equal((error).status, http);         \
        assert_string_equal((error).code, what);        \
        assert_string_equal((error).message, text);     \
    } while (0)

#endif
