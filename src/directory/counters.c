/* counters.c: how many messages go out in all (spec/gotrue.md 8.2): "N" in each hour, or "N/duration": N at once, one more after each duration. */
#include <pthread.h>

#include "base/clock.h"
#include "base/str.h"
#include "directory/messages.h"

struct Counter {
    pthread_mutex_t lock;
    int64_t began, used; /* of the hour */
    double tokens;       /* of the bucket */
    int64_t filled;
};

typedef struct Limit {
    int64_t n, every; /* every 0: an hour's */
} Limit;

Counter *counter_new(void)
{
    Counter *counter = calloc(1, sizeof(*counter));

    if (counter == NULL || pthread_mutex_init(&counter->lock, NULL) != 0)
        out_of_memory();
    counter->tokens = -1;
    return counter;
}

void counter_free(Counter *counter)
{
    if (counter == NULL)
        return;
    pthread_mutex_destroy(&counter->lock);
    free(counter);
}

/* A duration of one number and unit, or several: 1h30m. */
static bool read_duration(Str text, int64_t *ret)
{
    static const struct {
        const char *name;
        double us;
    } units[] = { { "ms", 1e3 }, { "us", 1 }, { "s", 1e6 }, { "m", 60e6 }, { "h", 3600e6 } };
    double all = 0;

    while (text.n > 0) {
        double n = 0, scale = 0;
        size_t digits = 0;

        for (; digits < text.n && digits < 12 && text.p[digits] >= '0' && text.p[digits] <= '9'; digits++)
            n = n * 10 + (text.p[digits] - '0');
        text = (Str){ text.p + digits, text.n - digits };
        for (size_t i = 0; i < COUNTOF(units) && scale == 0; i++)
            if (str_starts(text, str_of(units[i].name))) {
                scale = units[i].us;
                text = (Str){ text.p + strlen(units[i].name), text.n - strlen(units[i].name) };
            }
        if (digits == 0 || scale == 0)
            return false;
        all += n * scale;
    }
    if (all < 1 || all > 1e15)
        return false;
    *ret = (int64_t)all;
    return true;
}

static bool limit_read(const char *text, Limit *ret)
{
    Str rest = str_of(text), number = str_trim(str_cut(&rest, '/'));
    uint64_t n;
    const char *point = number.n == 0 ? NULL : memchr(number.p, '.', number.n);

    if (point != NULL) /* the reference reads a fraction, and drops it */
        number.n = (size_t)(point - number.p);
    if (!str_to_u64(number, INT32_MAX, &n))
        return false;
    *ret = (Limit){ .n = (int64_t)n };
    return rest.p == NULL || read_duration(str_trim(rest), &ret->every);
}

bool counter_limit_ok(const char *limit)
{
    Limit read;

    return limit_read(limit, &read);
}

static bool take_of_hour(Counter *counter, const Limit *limit, int64_t now)
{
    const int64_t hour = now - now % US_PER_HOUR;

    if (counter->began != hour) {
        counter->began = hour;
        counter->used = 0;
    }
    if (counter->used >= limit->n)
        return false;
    counter->used++;
    return true;
}

static bool take_of_bucket(Counter *counter, const Limit *limit, int64_t now)
{
    if (counter->tokens < 0)
        counter->tokens = (double)limit->n;
    else if (now > counter->filled)
        counter->tokens += (double)(now - counter->filled) / (double)limit->every;
    counter->filled = now;
    if (counter->tokens > (double)limit->n)
        counter->tokens = (double)limit->n;
    if (counter->tokens < 1)
        return false;
    counter->tokens -= 1;
    return true;
}

bool counter_take(Counter *counter, const char *text, int64_t now)
{
    Limit limit;
    bool taken;

    if (counter == NULL || text_empty(text) || !limit_read(text, &limit))
        return true;
    pthread_mutex_lock(&counter->lock);
    taken = limit.every == 0 ? take_of_hour(counter, &limit, now) : take_of_bucket(counter, &limit, now);
    pthread_mutex_unlock(&counter->lock);
    return taken;
}
