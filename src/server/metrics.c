/* metrics.c: what the process counts: requests by dialect, route and status, and how long they took. */
#include "base/clock.h"
#include "server/internal.h"

enum { MOST_SERIES = 4096, MOST_PROBES = 64 };

/* A counter finds its slot by hashing; slots are taken once and never given back. */
typedef struct Series {
    const Route *_Atomic route;
    _Atomic uint32_t label; /* dialect and status, 0: free */
    _Atomic uint64_t count;
} Series;

static const int64_t bounds_us[] = { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000, 10000000 };

typedef struct Histogram {
    _Atomic uint64_t buckets[COUNTOF(bounds_us) + 1], sum_us;
} Histogram;

struct Metrics {
    Histogram histograms[TONGUES];
    _Atomic uint64_t dropped;
    pthread_mutex_t lock; /* over taking a slot */
    Series series[MOST_SERIES];
};

Metrics *metrics_new(void)
{
    Metrics *metrics = calloc(1, sizeof(*metrics)); /* pages nobody touches cost nothing */

    if (metrics == NULL)
        out_of_memory();
    pthread_mutex_init(&metrics->lock, NULL);
    return metrics;
}

void metrics_free(Metrics *metrics)
{
    free(metrics);
}

static uint32_t label_of(Tongue tongue, int status)
{
    return (uint32_t)status << 8 | (uint32_t)tongue << 1 | 1U;
}

static bool is_series(Series *series, const Route *route, uint32_t label)
{
    return atomic_load_explicit(&series->label, memory_order_acquire) == label && atomic_load_explicit(&series->route, memory_order_relaxed) == route;
}

static Series *take_series(Metrics *metrics, size_t at, const Route *route, uint32_t label)
{
    Series *found = NULL;

    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < MOST_PROBES && found == NULL; i++) {
        Series *series = &metrics->series[(at + i) % MOST_SERIES];

        if (atomic_load(&series->label) == 0) {
            atomic_store(&series->route, route);
            atomic_store_explicit(&series->label, label, memory_order_release);
        }
        found = is_series(series, route, label) ? series : NULL;
    }
    pthread_mutex_unlock(&metrics->lock);
    return found;
}

static Series *find_series(Metrics *metrics, const Route *route, uint32_t label)
{
    const size_t at = (size_t)(((uintptr_t)route / sizeof(Route)) * 31 + label);

    for (size_t i = 0; i < MOST_PROBES; i++) {
        Series *series = &metrics->series[(at + i) % MOST_SERIES];

        if (is_series(series, route, label))
            return series;
        if (atomic_load(&series->label) == 0)
            break;
    }
    return take_series(metrics, at, route, label);
}

void metrics_request(Metrics *metrics, Tongue tongue, const Route *route, int status, int64_t us)
{
    Series *series = find_series(metrics, route, label_of(tongue, status));
    Histogram *histogram = &metrics->histograms[tongue];
    size_t bucket = 0;

    while (bucket < COUNTOF(bounds_us) && us > bounds_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, (uint64_t)us, memory_order_relaxed);
    atomic_fetch_add_explicit(series == NULL ? &metrics->dropped : &series->count, 1, memory_order_relaxed);
}

/* ---- writing ---- */

static void write_series(const Metrics *metrics, Buf *buf)
{
    buf_puts(buf, "# HELP hecate_requests_total Requests that were answered.\n# TYPE hecate_requests_total counter\n");
    for (size_t i = 0; i < MOST_SERIES; i++) {
        const Series *series = &metrics->series[i];
        const uint32_t label = atomic_load_explicit(&series->label, memory_order_acquire);
        const Route *route = atomic_load(&series->route);

        if (label != 0)
            buf_printf(buf, "hecate_requests_total{dialect=\"%s\",method=\"%s\",route=\"%s\",status=\"%u\"} %llu\n",
                       tongue_dialects[label >> 1 & 127]->name, route == NULL ? "" : method_name((Method)route->method),
                       route == NULL ? "" : route->path, label >> 8, (unsigned long long)atomic_load(&series->count));
    }
}

static void write_histogram(const Histogram *histogram, const char *dialect, Buf *buf)
{
    unsigned long long n = 0;

    for (size_t i = 0; i <= COUNTOF(bounds_us); i++) {
        n += atomic_load(&histogram->buckets[i]);
        if (i < COUNTOF(bounds_us))
            buf_printf(buf, "hecate_request_seconds_bucket{dialect=\"%s\",le=\"%g\"} %llu\n", dialect, (double)bounds_us[i] / 1e6, n);
        else
            buf_printf(buf, "hecate_request_seconds_bucket{dialect=\"%s\",le=\"+Inf\"} %llu\n", dialect, n);
    }
    buf_printf(buf, "hecate_request_seconds_sum{dialect=\"%s\"} %.6f\nhecate_request_seconds_count{dialect=\"%s\"} %llu\n", dialect,
               (double)atomic_load(&histogram->sum_us) / 1e6, dialect, n);
}

void metrics_write(const Metrics *metrics, Buf *buf)
{
    write_series(metrics, buf);
    buf_puts(buf, "# HELP hecate_request_seconds Time from a request's last byte to its answer.\n# TYPE hecate_request_seconds histogram\n");
    for (size_t i = 0; i < TONGUES; i++)
        write_histogram(&metrics->histograms[i], tongue_dialects[i]->name, buf);
}
