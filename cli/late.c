/* late.c: libpq and libcurl come with forty other libraries, and to load those was a third of a start. So the program is not linked with the two: it
 * has a row for each function of theirs that it uses, which loads the library at the first call. */
#include <curl/curl.h>
#include <dlfcn.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

typedef struct Library {
    const char *name;
    pthread_mutex_t lock;
    void *handle;
} Library;

static Library libpq = { "libpq.so.5", PTHREAD_MUTEX_INITIALIZER, NULL };
static Library libcurl = { "libcurl.so.4", PTHREAD_MUTEX_INITIALIZER, NULL };

/* Both belong to the package's dependencies: without them nothing can be done. */
static void *find(Library *library, const char *name)
{
    void *ret;

    pthread_mutex_lock(&library->lock);
    if (library->handle == NULL)
        library->handle = dlopen(library->name, RTLD_LAZY | RTLD_LOCAL);
    ret = library->handle == NULL ? NULL : dlsym(library->handle, name);
    pthread_mutex_unlock(&library->lock);
    if (ret == NULL) {
        fprintf(stderr, "hecate: %s\n", dlerror());
        abort();
    }
    return ret;
}

/* `fn` is the library's own `name`, looked up once; two threads that do so at a time find the same. */
#define FIND(library, name)                 \
    static __typeof__(&name) _Atomic found; \
    __typeof__(&name) fn = found;           \
                                            \
    if (fn == NULL)                         \
    found = fn = (__typeof__(&name))find(&library, #name)

/* clang-format off */
#define LATE(library, type, name, params, args) type name params { FIND(library, name); return fn args; }
#define LATE_VOID(library, name, params, args) void name params { FIND(library, name); fn args; }

LATE(libpq, PGconn *, PQconnectdbParams, (const char *const *names, const char *const *values, int expand), (names, values, expand))
LATE(libpq, ConnStatusType, PQstatus, (const PGconn *pg), (pg))
LATE(libpq, int, PQserverVersion, (const PGconn *pg), (pg))
LATE(libpq, int, PQsocket, (const PGconn *pg), (pg))
LATE(libpq, int, PQsetnonblocking, (PGconn *pg, int on), (pg, on))
LATE(libpq, int, PQenterPipelineMode, (PGconn *pg), (pg))
LATE(libpq, int, PQexitPipelineMode, (PGconn *pg), (pg))
LATE(libpq, int, PQpipelineSync, (PGconn *pg), (pg))
LATE(libpq, int, PQflush, (PGconn *pg), (pg))
LATE(libpq, int, PQconsumeInput, (PGconn *pg), (pg))
LATE(libpq, int, PQisBusy, (PGconn *pg), (pg))
LATE(libpq, char *, PQerrorMessage, (const PGconn *pg), (pg))
LATE(libpq, PQnoticeReceiver, PQsetNoticeReceiver, (PGconn *pg, PQnoticeReceiver receiver, void *arg), (pg, receiver, arg))
LATE(libpq, PGresult *, PQexec, (PGconn *pg, const char *sql), (pg, sql))
LATE(libpq, PGresult *, PQgetResult, (PGconn *pg), (pg))
LATE(libpq, int, PQsendQueryParams, (PGconn *pg, const char *sql, int n, const Oid *types, const char *const *values, const int *lengths, const int *formats, int format), (pg, sql, n, types, values, lengths, formats, format))
LATE(libpq, int, PQsendPrepare, (PGconn *pg, const char *name, const char *sql, int n, const Oid *types), (pg, name, sql, n, types))
LATE(libpq, int, PQsendDescribePrepared, (PGconn *pg, const char *name), (pg, name))
LATE(libpq, int, PQsendQueryPrepared, (PGconn *pg, const char *name, int n, const char *const *values, const int *lengths, const int *formats, int format), (pg, name, n, values, lengths, formats, format))
LATE(libpq, ExecStatusType, PQresultStatus, (const PGresult *result), (result))
LATE(libpq, char *, PQresultErrorField, (const PGresult *result, int field), (result, field))
LATE(libpq, char *, PQcmdTuples, (PGresult *result), (result))
LATE(libpq, char *, PQcmdStatus, (PGresult *result), (result))
LATE(libpq, int, PQntuples, (const PGresult *result), (result))
LATE(libpq, int, PQnfields, (const PGresult *result), (result))
LATE(libpq, char *, PQfname, (const PGresult *result, int column), (result, column))
LATE(libpq, Oid, PQftype, (const PGresult *result, int column), (result, column))
LATE(libpq, char *, PQgetvalue, (const PGresult *result, int row, int column), (result, row, column))
LATE(libpq, int, PQgetlength, (const PGresult *result, int row, int column), (result, row, column))
LATE(libpq, int, PQgetisnull, (const PGresult *result, int row, int column), (result, row, column))
LATE(libpq, int, PQnparams, (const PGresult *result), (result))
LATE(libpq, Oid, PQparamtype, (const PGresult *result, int i), (result, i))
LATE_VOID(libpq, PQclear, (PGresult *result), (result))
LATE_VOID(libpq, PQfinish, (PGconn *pg), (pg))

LATE(libcurl, CURLcode, curl_global_init, (long flags), (flags))
LATE(libcurl, CURL *, curl_easy_init, (void), ())
LATE(libcurl, CURLcode, curl_easy_perform, (CURL *curl), (curl))
LATE(libcurl, const char *, curl_easy_strerror, (CURLcode code), (code))
LATE(libcurl, struct curl_slist *, curl_slist_append, (struct curl_slist *list, const char *text), (list, text))
LATE_VOID(libcurl, curl_easy_cleanup, (CURL *curl), (curl))
LATE_VOID(libcurl, curl_easy_reset, (CURL *curl), (curl))
LATE_VOID(libcurl, curl_slist_free_all, (struct curl_slist *list), (list))
/* clang-format on */

/* What comes behind `option` is one machine word: a long, an offset or a pointer. */
CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
    va_list args;
    void *word;

    FIND(libcurl, curl_easy_setopt);
    va_start(args, option);
    word = va_arg(args, void *);
    va_end(args);
    return fn(curl, option, word);
}

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
    va_list args;
    void *word;

    FIND(libcurl, curl_easy_getinfo);
    va_start(args, info);
    word = va_arg(args, void *);
    va_end(args);
    return fn(curl, info, word);
}
