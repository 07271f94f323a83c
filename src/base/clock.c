/* clock.c: clocks and RFC 3339. Dates by the proleptic Gregorian calendar, counted from 1 March (Richards 2013). */
#include "clock.h"

#include <stdatomic.h>

static _Atomic int64_t clock_offset, clock_frozen;

static int64_t clock_read(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t clock_now(void)
{
    const int64_t frozen = atomic_load_explicit(&clock_frozen, memory_order_relaxed);

    if (frozen != 0)
        return frozen;
    return clock_read(CLOCK_REALTIME) + atomic_load_explicit(&clock_offset, memory_order_relaxed);
}

int64_t clock_mono_ms(void)
{
    return clock_read(CLOCK_MONOTONIC_COARSE) / US_PER_MS;
}

int64_t clock_mono_us(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_thread_us(void)
{
    return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

void clock_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

bool clock_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until)
{
    const struct timespec time = { until / US_PER_S, until % US_PER_S * 1000 };

    return pthread_cond_timedwait(cond, lock, &time) == 0;
}

void clock_shift(int64_t us)
{
    atomic_store(&clock_offset, us);
}

void clock_freeze(int64_t us)
{
    atomic_store(&clock_frozen, us);
}

static int64_t days_from_date(int64_t y, int64_t m, int64_t d)
{
    int64_t era, yoe, doy;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* From 1 January of the year 0; one era of 400 years is added and taken away, so that nothing is negative. */
static void date_from_days(int64_t days, unsigned *y, unsigned *m, unsigned *d)
{
    const uint32_t z = (uint32_t)(days + 719468 + 146097);
    const uint32_t era = z / 146097;
    const uint32_t doe = z - era * 146097;
    const uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const uint32_t mp = (5 * doy + 2) / 153;

    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = yoe + era * 400 - 400 + (*m <= 2);
}

/* 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z. */
#define FIRST_US (-62167219200 * US_PER_S)
#define LAST_US (253402300800 * US_PER_S - 1)

static void put_pair(char *p, unsigned value)
{
    p[0] = (char)('0' + value / 10);
    p[1] = (char)('0' + value % 10);
}

void time_write(Buf *buf, int64_t us, int digits)
{
    char text[] = "0000-00-00T00:00:00.000000";
    int64_t seconds, days;
    unsigned fraction, rest, y, m, d;

    us = us < FIRST_US ? FIRST_US : us > LAST_US ? LAST_US : us;
    us -= FIRST_US; /* not negative */
    seconds = us / US_PER_S, fraction = (unsigned)(us % US_PER_S);
    days = seconds / 86400, rest = (unsigned)(seconds % 86400);
    date_from_days(days + FIRST_US / US_PER_S / 86400, &y, &m, &d);
    put_pair(text, y / 100);
    put_pair(text + 2, y % 100);
    put_pair(text + 5, m);
    put_pair(text + 8, d);
    put_pair(text + 11, rest / 3600);
    put_pair(text + 14, rest / 60 % 60);
    put_pair(text + 17, rest % 60);
    put_pair(text + 20, fraction / 10000);
    put_pair(text + 22, fraction / 100 % 100);
    put_pair(text + 24, fraction % 100);
    if (digits < 0)
        for (digits = fraction == 0 ? 0 : 6; digits > 0 && text[19 + digits] == '0';)
            digits--;
    buf_add(buf, text, digits == 0 ? 19 : (size_t)(20 + digits));
    buf_char(buf, 'Z');
}

/* Takes exactly `n` digits from the front of `*s`. */
static bool take_digits(Str *s, size_t n, int64_t max, int64_t *ret)
{
    uint64_t value;

    if (s->n < n || !str_to_u64((Str){ s->p, n }, (uint64_t)max, &value))
        return false;
    *ret = (int64_t)value;
    s->p += n;
    s->n -= n;
    return true;
}

static bool take_char(Str *s, const char *any)
{
    if (s->n == 0 || s->p[0] == '\0' || strchr(any, s->p[0]) == NULL)
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool take_fraction(Str *s, int64_t *us)
{
    int64_t unit = 100000;
    size_t n = 0;

    for (*us = 0; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9'; s->p++, s->n--, n++, unit /= 10)
        *us += unit * (s->p[0] - '0');
    return n >= 1 && n <= 9;
}

static bool take_offset(Str *s, int64_t *seconds)
{
    int64_t hours, minutes;
    bool west;

    *seconds = 0;
    if (take_char(s, "Zz"))
        return true;
    west = s->n > 0 && s->p[0] == '-';
    if (!take_char(s, "+-") || !take_digits(s, 2, 23, &hours) || !take_char(s, ":") || !take_digits(s, 2, 59, &minutes))
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

static int64_t days_in_month(int64_t y, int64_t m)
{
    return days_from_date(m == 12 ? y + 1 : y, m == 12 ? 1 : m + 1, 1) - days_from_date(y, m, 1);
}

bool time_read(Str text, int64_t *ret)
{
    int64_t y, m, d, hour, minute, second, us = 0, offset;

    if (!take_digits(&text, 4, 9999, &y) || !take_char(&text, "-") || !take_digits(&text, 2, 12, &m) || !take_char(&text, "-") ||
        !take_digits(&text, 2, 31, &d) || !take_char(&text, "Tt ") || !take_digits(&text, 2, 23, &hour) || !take_char(&text, ":") ||
        !take_digits(&text, 2, 59, &minute) || !take_char(&text, ":") || !take_digits(&text, 2, 60, &second))
        return false;
    if (take_char(&text, ".") && !take_fraction(&text, &us))
        return false;
    if (!take_offset(&text, &offset) || text.n != 0 || m < 1 || d < 1 || d > days_in_month(y, m))
        return false;
    *ret = (days_from_date(y, m, d) * 86400 + hour * 3600 + minute * 60 + second - offset) * US_PER_S + us;
    return true;
}
