/* easy.c: the transport of libcurl: certificates checked, no redirects, no retries, an answer no larger than it may be. */
#include <curl/curl.h>
#include <pthread.h>

#include "internal.h"

/* Idle handles, each with its open connections; more calls than these at once make and end handles of their own. */
enum { MOST_IDLE = 16 };

struct Easies {
    pthread_mutex_t lock;
    CURL *idle[MOST_IDLE];
    size_t n;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_begin(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

Easies *easies_new(void)
{
    Easies *easies = calloc(1, sizeof(*easies));

    pthread_once(&curl_once, curl_begin);
    if (easies != NULL)
        pthread_mutex_init(&easies->lock, NULL);
    return easies;
}

void easies_free(Easies *easies)
{
    if (easies == NULL)
        return;
    while (easies->n > 0)
        curl_easy_cleanup(easies->idle[--easies->n]);
    pthread_mutex_destroy(&easies->lock);
    free(easies);
}

static CURL *easy_take(Easies *easies)
{
    CURL *easy = NULL;

    pthread_mutex_lock(&easies->lock);
    if (easies->n > 0)
        easy = easies->idle[--easies->n];
    pthread_mutex_unlock(&easies->lock);
    return easy != NULL ? easy : curl_easy_init();
}

static void easy_give(Easies *easies, CURL *easy)
{
    curl_easy_reset(easy);
    pthread_mutex_lock(&easies->lock);
    if (easies->n < MOST_IDLE) {
        easies->idle[easies->n++] = easy;
        easy = NULL;
    }
    pthread_mutex_unlock(&easies->lock);
    curl_easy_cleanup(easy);
}

static size_t on_body(char *data, size_t size, size_t n, void *response)
{
    return hecate_response_body(response, data, size * n) ? size * n : 0;
}

/* "Name: value\r\n"; status lines and the blank line have no colon before a blank. */
static size_t on_header(char *data, size_t size, size_t n, void *response)
{
    char line[512];
    char *colon;

    if (size * n >= sizeof(line))
        return size * n;
    memcpy(line, data, size * n);
    line[size * n] = '\0';
    colon = strchr(line, ':');
    if (colon != NULL) {
        *colon = '\0';
        hecate_response_header(response, line, colon + 1);
    }
    return size * n;
}

/* curl's lists live on the heap; each begins with a line that takes one of curl's own headers away: with a body the wait for a "100 Continue",
 * without one the type of a form. */
static struct curl_slist *header_list(const HecateRequest *request)
{
    struct curl_slist *list = curl_slist_append(NULL, request->body == NULL ? "Content-Type:" : "Expect:");
    Buf line = buf_heap(64 << 10);

    for (size_t i = 0; i < request->header_count && list != NULL; i++) {
        const HecateHeader *header = &request->headers[i];
        struct curl_slist *longer;
        char *text;

        buf_clear(&line);
        buf_printf(&line, *header->value == '\0' ? "%s;" : "%s: ", header->name);
        buf_puts(&line, header->value);
        longer = buf_text(&line, &text) == OK ? curl_slist_append(list, text) : NULL;
        if (longer == NULL)
            curl_slist_free_all(list);
        list = longer;
    }
    buf_free(&line);
    return list;
}

static void set_safety(CURL *easy, const HecateRequest *request)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    if (request->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
}

/* A body goes with any method; POST, PUT and PATCH without one say that it is empty. */
static void set_request(CURL *easy, const HecateRequest *request, HecateResponse *response)
{
    const bool bare = strcmp(request->method, "GET") == 0 || strcmp(request->method, "DELETE") == 0;

    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->body != NULL || !bare) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body == NULL ? "" : request->body);
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, response);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, response);
}

HecateStatus easies_fetch(void *arg, const HecateRequest *request, HecateResponse *response)
{
    Easies *easies = arg;
    struct curl_slist *headers = header_list(request);
    CURL *easy = headers == NULL ? NULL : easy_take(easies);
    char why[CURL_ERROR_SIZE] = "";
    CURLcode code;
    long status = 0;

    if (easy == NULL) {
        curl_slist_free_all(headers);
        hecate_response_failure(response, "no memory for the request");
        return HECATE_NOMEM;
    }
    set_safety(easy, request);
    set_request(easy, request, response);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
    code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    hecate_response_status(response, (int)status);
    if (code != CURLE_OK)
        hecate_response_failure(response, why[0] == '\0' ? curl_easy_strerror(code) : why);
    easy_give(easies, easy);
    curl_slist_free_all(headers);
    return code == CURLE_OK ? HECATE_OK : HECATE_UNREACHABLE;
}
