/* load.c: a closed loop of connections, one request under way on each, that counts answers and their times.
 *
 *     bench-load PORT CONNECTIONS SECONDS RATE KIND REQUESTS
 *
 * RATE is requests a second in all, 0 for as many as go. KIND is `plain` (each connection sends its line's request again and again), `refresh` (the
 * line is a refresh token; each answer brings the next), `storm` (as `plain`, but it may be refused) or `create` (the line is an unused prefix; each
 * request makes a user of its own). REQUESTS is a file, a line a connection, used in turn; in a `plain` line, `|` stands for a line's end. Prints one
 * JSON object. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"

enum { MOST_CONNECTIONS = 512, MOST_REQUEST = 4096, MOST_ANSWER = 65536, MOST_SAMPLES = 4000000, MOST_LINES = 4096 };

typedef struct Connection {
    int fd;
    const char *line;
    char token[256], request[MOST_REQUEST], answer[MOST_ANSWER + 1];
    size_t request_n, answer_n;
    int64_t sent_us, due_us;
    bool waiting;
    unsigned n;
} Connection;

static char *lines[MOST_LINES];
static size_t n_lines;
static uint32_t *samples; /* µs */
static size_t n_samples, n_bad;
static const char *kind;
static bool lenient; /* what is refused is counted, and no fault */
static int port;
static int64_t interval_us; /* of one connection's requests; 0: at once */

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void read_lines(const char *path)
{
    FILE *file = fopen(path, "rb");
    char line[MOST_REQUEST];

    if (file == NULL)
        abort();
    while (n_lines < MOST_LINES && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        lines[n_lines++] = strdup(line);
    }
    fclose(file);
}

static const char *path_of(void)
{
    return strcmp(kind, "refresh") == 0 ? "/token?grant_type=refresh_token" : strcmp(kind, "signup") == 0 ? "/signup" : "/admin/users";
}

static void make_request(Connection *c)
{
    char body[1024];
    int n;

    if (strcmp(kind, "plain") == 0)
        return;
    if (strcmp(kind, "refresh") == 0)
        snprintf(body, sizeof(body), "{\"refresh_token\":\"%s\"}", c->token);
    else if (strcmp(kind, "signup") == 0)
        snprintf(body, sizeof(body), "{\"email\":\"%s-%u@example.com\",\"password\":\"correct horse battery staple\",\"data\":{\"name\":\"Ada\"}}",
                 c->line, c->n++);
    else
        snprintf(body, sizeof(body),
                 "{\"email\":\"%.*s-%u@example.com\",\"email_confirm\":true,\"user_metadata\":{\"name\":\"Ada\"},"
                 "\"password_hash\":\"$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W\"}",
                 (int)strcspn(c->line, "|"), c->line, c->n++);
    n = snprintf(c->request, sizeof(c->request),
                 "POST %s HTTP/1.1\r\nHost: localhost\r\n%s%s%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", path_of(),
                 strcmp(kind, "create") == 0 ? "Authorization: Bearer " : "", strcmp(kind, "create") == 0 ? c->line + strcspn(c->line, "|") + 1 : "",
                 strcmp(kind, "create") == 0 ? "\r\n" : "", strlen(body), body);
    c->request_n = (size_t)n;
}

static void open_connection(Connection *c, const char *line)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int on = 1;

    c->line = line;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        perror("connect");
        exit(1);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (strcmp(kind, "refresh") == 0)
        snprintf(c->token, sizeof(c->token), "%s", line);
    if (strcmp(kind, "plain") != 0)
        return;
    for (const char *p = line; *p != '\0' && c->request_n < sizeof(c->request) - 2; p++) {
        if (*p == '|')
            c->request[c->request_n++] = '\r';
        c->request[c->request_n++] = *p == '|' ? '\n' : *p;
    }
}

static void send_request(Connection *c)
{
    make_request(c);
    c->sent_us = interval_us == 0 ? now_us() : c->due_us; /* paced: what waits for its turn counts, too */
    c->answer_n = 0;
    c->waiting = true;
    if (send(c->fd, c->request, c->request_n, MSG_NOSIGNAL) != (ssize_t)c->request_n) {
        perror("send");
        exit(1);
    }
}

/* Is the answer whole? Its length stands in content-length, or it comes in chunks to the empty one. */
static bool answer_done(Connection *c)
{
    char *end, *length;

    c->answer[c->answer_n] = '\0';
    end = strstr(c->answer, "\r\n\r\n");
    if (end == NULL)
        return false;
    length = strcasestr(c->answer, "transfer-encoding: chunked");
    if (length != NULL && length < end)
        return c->answer_n >= 7 && strcmp(c->answer + c->answer_n - 7, "\r\n0\r\n\r\n") == 0;
    length = strcasestr(c->answer, "content-length:");
    return length == NULL || length > end || c->answer_n >= (size_t)(end + 4 - c->answer) + strtoul(length + 15, NULL, 10);
}

static void take_answer(Connection *c)
{
    const char *token = strcmp(kind, "refresh") == 0 ? strstr(c->answer, "\"refresh_token\":\"") : NULL;

    if (memcmp(c->answer, "HTTP/1.1 200", 12) != 0) {
        if (n_bad++ == 0 && !lenient)
            fprintf(stderr, "%.*s\n", 400, c->answer);
    }
    if (n_samples < MOST_SAMPLES)
        samples[n_samples++] = (uint32_t)(now_us() - c->sent_us);
    if (token != NULL)
        snprintf(c->token, sizeof(c->token), "%.*s", (int)strcspn(token + 17, "\""), token + 17);
    c->waiting = false;
    c->due_us += interval_us;
}

static void on_ready(Connection *c)
{
    const ssize_t n = recv(c->fd, c->answer + c->answer_n, MOST_ANSWER - c->answer_n, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        fprintf(stderr, "the server closed a connection\n");
        exit(1);
    }
    c->answer_n += (size_t)n;
    if (!answer_done(c))
        return;
    take_answer(c);
    if (interval_us == 0)
        send_request(c);
}

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void report(double seconds)
{
    qsort(samples, n_samples, sizeof(*samples), compare);
    printf("{\"requests\":%zu,\"bad\":%zu,\"seconds\":%.3f,\"rate\":%.1f,\"p50_us\":%u,\"p99_us\":%u,\"most_us\":%u}\n", n_samples, n_bad, seconds,
           (double)n_samples / seconds, n_samples == 0 ? 0 : samples[n_samples / 2], n_samples == 0 ? 0 : samples[n_samples * 99 / 100],
           n_samples == 0 ? 0 : samples[n_samples - 1]);
}

/* Sends what is due; gives the microseconds until the next. */
static int64_t send_due(Connection *connections, size_t n)
{
    const int64_t now = now_us();
    int64_t wait = 100000;

    if (interval_us == 0)
        return wait;
    for (size_t i = 0; i < n; i++) {
        if (connections[i].waiting)
            continue;
        if (connections[i].due_us <= now)
            send_request(&connections[i]);
        else if (connections[i].due_us - now < wait)
            wait = connections[i].due_us - now;
    }
    return wait;
}

/* To the microsecond: whole milliseconds would be too long, or be spun away on a core that the server waits for. */
static int wait_for(int epoll, struct epoll_event *events, int n, int64_t us)
{
    const struct timespec time = { us / 1000000, us % 1000000 * 1000 };

    return epoll_pwait2(epoll, events, n, &time, NULL);
}

/* What is paced is measured from when it was due: on the cores that it shares with a server under load, the instrument itself must not wait for a
 * turn. Without the right to that it measures its own waits, too. */
static void be_punctual(void)
{
    const struct sched_param first = { .sched_priority = 1 };

    sched_setscheduler(0, SCHED_FIFO, &first);
}

int main(int argc, char **argv)
{
    const size_t n = argc < 7 ? 0 : strtoul(argv[2], NULL, 10);
    const double wanted = argc < 7 ? 0 : strtod(argv[3], NULL), rate = argc < 7 ? 0 : strtod(argv[4], NULL);
    Connection *connections = calloc(MOST_CONNECTIONS, sizeof(*connections));
    const int epoll = epoll_create1(0);
    struct epoll_event events[64];
    int64_t begun;

    if (n == 0 || n > MOST_CONNECTIONS || connections == NULL) {
        fprintf(stderr, "bench-load PORT CONNECTIONS SECONDS RATE KIND REQUESTS\n");
        return 64;
    }
    port = (int)strtol(argv[1], NULL, 10);
    lenient = strcmp(argv[5], "storm") == 0;
    kind = lenient ? "plain" : argv[5];
    read_lines(argv[6]);
    samples = calloc(MOST_SAMPLES, sizeof(*samples));
    interval_us = rate == 0 ? 0 : (int64_t)(1e6 * (double)n / rate);
    for (size_t i = 0; i < n; i++) {
        open_connection(&connections[i], lines[i % n_lines]);
        events[0] = (struct epoll_event){ .events = EPOLLIN, .data.ptr = &connections[i] };
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &events[0]);
    }
    if (interval_us > 0)
        be_punctual();
    begun = now_us();
    for (size_t i = 0; i < n; i++) {
        connections[i].due_us = begun + (int64_t)i * interval_us / (int64_t)n;
        if (interval_us == 0)
            send_request(&connections[i]);
    }
    while ((double)(now_us() - begun) < wanted * 1e6) {
        const int ready = wait_for(epoll, events, COUNTOF(events), send_due(connections, n));

        for (int i = 0; i < ready; i++)
            on_ready(events[i].data.ptr);
    }
    report((double)(now_us() - begun) / 1e6);
    return n_bad > 0 && !lenient;
}
