/* hook.c: calls of hooks. */
#include "outbound/hook.h"
#include "outbound/internal.h"

#include <time.h>

#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"

enum { MOST_ANSWER = 200 * 1024, MOST_TYPE = 4096, TRIES = 3, CALL_MS = 5000, PAUSE_MS = 2000 };

bool hook_url_ok(const char *url)
{
    static const char *const local[] = { "http://localhost", "http://127.0.0.1", "http://[::1]", "http://host.docker.internal" };

    if (text_empty(url) || strchr(url, '@') != NULL)
        return false;
    if (str_starts(str_of(url), STR("https://")))
        return true;
    for (size_t i = 0; i < COUNTOF(local); i++) {
        const size_t n = strlen(local[i]);

        if (str_starts(str_of(url), str_of(local[i])) && (url[n] == '\0' || url[n] == ':' || url[n] == '/'))
            return true;
    }
    return false;
}

static bool read_secret(Arena *arena, Str text, Str *ret)
{
    const Str prefix = STR("v1,whsec_");

    return str_starts(text, prefix) && base64_read(arena, (Str){ text.p + prefix.n, text.n - prefix.n }, false, true, ret) && ret->n > 0;
}

bool hook_secrets_ok(Arena *arena, const char *secrets)
{
    Str rest = str_of(secrets), key;

    while (rest.p != NULL && rest.n > 0)
        if (!read_secret(arena, str_cut(&rest, '|'), &key))
            return false;
    return true;
}

/* A signature for each secret, over id, time and body. */
static const char *sign(Arena *arena, const Hook *hook, const char *id, long long seconds, const char *body)
{
    const char *signed_text = arena_printf(arena, "%s.%lld.%s", id, seconds, body);
    Str rest = str_of(hook->secrets), key;
    Buf buf = buf_in(arena, 8192);
    uint8_t sum[32];
    char *ret = "";

    while (rest.p != NULL && rest.n > 0) {
        if (!read_secret(arena, str_cut(&rest, '|'), &key))
            continue;
        hmac_sum(HASH_SHA256, key, str_of(signed_text), sum);
        buf_puts(&buf, buf.len > 0 ? ", v1," : "v1,");
        base64_write(&buf, sum, sizeof(sum), false, true);
    }
    IGNORE(buf_text(&buf, &ret)); /* few secrets */
    return ret;
}

/* On the heap, and the arena's to free: over its cap the arena leaves a function where it stands, which libcurl does not survive. */
typedef struct Answer {
    Buf body;
    bool too_large, again;
    char type[MOST_TYPE];
} Answer;

static void answer_free(void *arg)
{
    Answer *answer = arg;

    buf_free(&answer->body);
}

static Answer *answer_new(Arena *arena)
{
    Answer *answer = ARENA_NEW(arena, Answer);

    answer->body = buf_heap(MOST_ANSWER + 1); /* and the NUL */
    arena_own(arena, answer_free, answer);
    return answer;
}

static size_t take_body(char *from, size_t size, size_t n, void *arg)
{
    Answer *answer = arg;

    buf_add(&answer->body, from, size * n);
    answer->too_large = answer->body.over || answer->body.len > MOST_ANSWER;
    return answer->too_large ? 0 : size * n;
}

static size_t take_header(char *from, size_t size, size_t n, void *arg)
{
    Answer *answer = arg;

    if (str_eq_nocase((Str){ from, size * n < 12 ? size * n : 12 }, STR("retry-after:")))
        answer->again = true;
    return size * n;
}

static void set_call(CURL *curl, const WebPost *post, struct curl_slist *headers, Answer *answer)
{
    curl_easy_setopt(curl, CURLOPT_URL, post->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)post->ms);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (post->body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(post->body));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post->body);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
}

Err web_post(Arena *arena, const WebPost *post, HookAnswer *ret)
{
    Answer *answer = answer_new(arena); /* first: nothing is to be freed yet */
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    CURL *curl = outbound_curl();
    char *type = NULL, *text;
    CURLcode code;

    if (curl == NULL)
        out_of_memory();
    for (size_t i = 0; i < post->n; i++)
        headers = curl_slist_append(headers, post->lines[i]);
    set_call(curl, post, headers, answer);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    snprintf(answer->type, sizeof(answer->type), "%s", type == NULL ? "" : type);
    ret->type = type == NULL ? NULL : answer->type;
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (answer->too_large)
        return E_TOO_LARGE;
    if (code != CURLE_OK)
        return code == CURLE_OPERATION_TIMEDOUT ? E_TIMEOUT : E_IO;
    if ((ret->status == 429 || ret->status == 503) && answer->again)
        return E_BUSY;
    TRY(buf_text(&answer->body, &text));
    ret->body = text;
    return OK;
}

/* One try, signed under a new id. */
static Err try_call(Arena *arena, const Hook *hook, int64_t now, const char *body, int64_t ms, HookAnswer *ret)
{
    const long long seconds = (long long)(now / US_PER_S);
    const char *id = uuid_new(arena);
    const char *const lines[] = {
        "Content-Type: application/json", arena_printf(arena, "webhook-id: %s", id), arena_printf(arena, "webhook-timestamp: %lld", seconds),
        arena_printf(arena, text_empty(hook->secrets) ? "webhook-signature;%s" : "webhook-signature: %s", sign(arena, hook, id, seconds, body))
    };

    return web_post(arena, &(WebPost){ hook->url, lines, COUNTOF(lines), body, ms }, ret);
}

/* Two seconds, or as long as there is time. */
static void pause_until(int64_t end)
{
    int64_t ms = end - clock_mono_ms();

    ms = ms < 0 ? 0 : ms < PAUSE_MS ? ms : PAUSE_MS;
    nanosleep(&(const struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

Err hook_call(Arena *arena, const Hook *hook, int64_t now, const char *body, HookAnswer *ret)
{
    const int64_t end = clock_mono_ms() + CALL_MS;
    int64_t left;
    Err err = E_IO;

    for (int i = 0; i < TRIES && (err == E_IO || err == E_BUSY); i++) {
        if (i > 0 && err == E_IO)
            pause_until(end);
        left = end - clock_mono_ms();
        err = left > 0 ? try_call(arena, hook, now, body, left, ret) : E_TIMEOUT;
    }
    return err;
}
