/* source.c: where templates come from: files, and documents of the web, which are kept for a while. */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "outbound/internal.h"
#include "outbound/mail.h"

enum { MOST_TEXT = 256 * 1024, MOST_KEPT = 32, LIFE_S = 600, RETRY_S = 10 };

typedef struct Kept {
    char *where, *text; /* text NULL: it was never had */
    int64_t next_at;    /* when it is fetched anew, µs */
} Kept;

struct Sources {
    pthread_mutex_t lock;
    Kept kept[MOST_KEPT];
};

Sources *sources_new(void)
{
    Sources *sources = calloc(1, sizeof(*sources));

    if (sources == NULL || pthread_mutex_init(&sources->lock, NULL) != 0)
        out_of_memory();
    return sources;
}

static void drop(Kept *kept)
{
    free(kept->where);
    free(kept->text);
    *kept = (Kept){ 0 };
}

void sources_free(Sources *sources)
{
    if (sources == NULL)
        return;
    for (size_t i = 0; i < MOST_KEPT; i++)
        drop(&sources->kept[i]);
    pthread_mutex_destroy(&sources->lock);
    free(sources);
}

void sources_clear(Sources *sources)
{
    pthread_mutex_lock(&sources->lock);
    for (size_t i = 0; i < MOST_KEPT; i++)
        sources->kept[i].next_at = 0;
    pthread_mutex_unlock(&sources->lock);
}

/* ---- reading ---- */

static Err read_file(Arena *arena, const char *path, char **ret)
{
    Buf text = buf_in(arena, MOST_TEXT);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : 1;

    while (n > 0) {
        char *room = buf_room(&text, 4096);

        n = room == NULL ? -1 : read(fd, room, 4096);
        if (n > 0)
            buf_added(&text, (size_t)n);
    }
    if (fd >= 0)
        close(fd);
    if (n < 0 || !utf8_valid(buf_view(&text)))
        return E_IO;
    return buf_text(&text, ret);
}

static size_t take_bytes(char *from, size_t size, size_t n, void *arg)
{
    Buf *buf = arg;

    buf_add(buf, from, size * n);
    return buf->over ? 0 : size * n;
}

static Err fetch(Arena *arena, const char *url, char **ret)
{
    Buf text = buf_in(arena, MOST_TEXT);
    CURL *curl = outbound_curl();
    CURLcode code;
    long status = 0;

    if (curl == NULL)
        out_of_memory();
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK || status != 200 || !utf8_valid(buf_view(&text)))
        return E_IO;
    return buf_text(&text, ret);
}

/* ---- keeping ---- */

/* The one of that address, or the one that is out of date the longest, made its own. Under the lock. */
static Kept *place_of(Sources *sources, const char *where)
{
    Kept *oldest = &sources->kept[0];

    for (size_t i = 0; i < MOST_KEPT; i++) {
        if (text_eq(sources->kept[i].where, where))
            return &sources->kept[i];
        if (sources->kept[i].next_at < oldest->next_at)
            oldest = &sources->kept[i];
    }
    drop(oldest);
    oldest->where = strdup(where);
    if (oldest->where == NULL)
        out_of_memory();
    return oldest;
}

/* False: it must be fetched. */
static bool look_up(Sources *sources, Arena *arena, const char *where, int64_t now, char **ret)
{
    bool fresh;

    pthread_mutex_lock(&sources->lock);
    const Kept *kept = place_of(sources, where);

    fresh = now < kept->next_at;
    *ret = kept->text == NULL ? NULL : arena_strndup(arena, kept->text, strlen(kept->text));
    pthread_mutex_unlock(&sources->lock);
    return fresh;
}

/* `text` NULL: it could not be had; what was had before stays. */
static void keep(Sources *sources, const char *where, const char *text, int64_t now)
{
    pthread_mutex_lock(&sources->lock);
    Kept *kept = place_of(sources, where);

    kept->next_at = now + (text == NULL ? RETRY_S : LIFE_S) * US_PER_S;
    if (text != NULL) {
        free(kept->text);
        kept->text = strdup(text);
        if (kept->text == NULL)
            out_of_memory();
    }
    pthread_mutex_unlock(&sources->lock);
}

Err source_text(Sources *sources, Arena *arena, const char *where, int64_t now, char **ret)
{
    char *text = NULL, *before = NULL;

    if (strncmp(where, "file://", 7) == 0)
        return read_file(arena, where + 7, ret);
    if (strncmp(where, "http://", 7) != 0 && strncmp(where, "https://", 8) != 0)
        return read_file(arena, where, ret);
    if (sources == NULL)
        return fetch(arena, where, ret);
    if (!look_up(sources, arena, where, now, &before)) {
        const Err err = fetch(arena, where, &text);

        keep(sources, where, err == OK ? text : NULL, now);
    }
    text = text == NULL ? before : text;
    if (text == NULL)
        return E_IO;
    *ret = text;
    return OK;
}
