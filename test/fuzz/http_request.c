/* http_request.c: bytes to the request parser. The first two bytes say where to split, the rest is what a connection receives.
 * Oracles: the same outcome whole and in pieces, and of what is accepted the same length and body by a second, slow reader. */
#include "base/arena.h"
#include "http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_REQUESTS = 16, BODY_LIMIT = 4096, NO_PIECES = 0 };

typedef struct Outcome {
    ParseState state;
    int status;
    Err err;
    size_t used; /* since the connection began */
    bool keep_alive;
    Str method, path, query, host, body;
    size_t n_headers;
} Outcome;

#define ASSERT(condition) \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

static HttpConfig config_new(void)
{
    HttpConfig config = http_defaults();

    config.header_line = 512;
    config.header_total = 2048;
    config.header_count = 20;
    config.target = 256;
    return config;
}

/* The length of the next piece, from a generator that `seed` starts. */
static size_t next_piece(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return 1 + (*seed >> 24) % ((*seed >> 16 & 1) != 0 ? 3 : 40);
}

static Outcome outcome_of(HttpParser *parser, ParseState state, size_t used)
{
    const Req *req = parser_req(parser);

    return (Outcome){ .state = state,
                      .status = parser_status(parser),
                      .err = req->err,
                      .used = used,
                      .keep_alive = parser_keep_alive(parser),
                      .method = req->method_text,
                      .path = req->path,
                      .query = req->query,
                      .host = req->host,
                      .body = req->body,
                      .n_headers = req->n_headers };
}

/* One request from `text`. */
static Outcome feed_one(Arena *arena, const HttpConfig *config, Str text, size_t begun, uint32_t seed)
{
    HttpParser *parser = parser_new(arena, config);
    ParseState state = PARSE_MORE;
    size_t at = 0, used;

    while ((state == PARSE_MORE && at < text.n) || state == PARSE_HEADER_DONE) {
        size_t n = seed == NO_PIECES ? text.n - at : next_piece(&seed);

        if (n > text.n - at)
            n = text.n - at;
        do {
            state = parser_feed(parser, (Str){ text.p + at, n }, &used);
            ASSERT(used <= n);
            at += used;
            n -= used;
            if (state == PARSE_HEADER_DONE)
                parser_limit(parser, BODY_LIMIT);
        } while (state == PARSE_HEADER_DONE || (state == PARSE_MORE && n > 0));
    }
    return outcome_of(parser, state, begun + at);
}

/* All requests of a connection; it ends with the first that is not whole, refused or the last. */
static size_t feed_all(Arena *arena, Str text, uint32_t seed, Outcome ret[MOST_REQUESTS])
{
    const HttpConfig config = config_new();
    size_t n = 0, at = 0;

    while (n < MOST_REQUESTS) {
        ret[n] = feed_one(arena, &config, (Str){ text.p + at, text.n - at }, at, seed);
        at = ret[n].used;
        n++;
        if (ret[n - 1].state != PARSE_DONE || !ret[n - 1].keep_alive)
            break;
    }
    return n;
}

/* ---- the slow reader ---- */

static Str line_at(Str text, size_t at)
{
    const char *end = memmem(text.p + at, text.n - at, "\r\n", 2);

    ASSERT(end != NULL);
    return (Str){ text.p + at, (size_t)(end - text.p) - at };
}

static size_t hex_of(Str line)
{
    size_t n = 0;

    for (size_t i = 0; i < line.n && line.p[i] != ';'; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF", *found = strchr(digits, line.p[i]);

        ASSERT(found != NULL && line.p[i] != '\0');
        n = n * 16 + (size_t)(found - digits) % 16;
    }
    return n;
}

static size_t read_chunks(Str text, size_t at, Buf *body)
{
    for (;;) {
        Str line = line_at(text, at);
        const size_t n = hex_of(line);

        at += line.n + 2;
        if (n == 0)
            break;
        ASSERT(at + n + 2 <= text.n);
        buf_add(body, text.p + at, n);
        at += n + 2;
    }
    for (Str line = line_at(text, at); line.n > 0; line = line_at(text, at))
        at += line.n + 2;
    return at + 2;
}

/* Where an accepted request ends, and its body: line by line, with no thought of what comes in pieces. */
static size_t read_slowly(Str text, Buf *body)
{
    size_t at = 0, length = 0;
    bool chunked = false;

    for (Str line = line_at(text, 0); line.n > 0; line = line_at(text, at)) {
        Str value = line, name = str_cut(&value, ':');
        uint64_t n;

        at += line.n + 2;
        if (str_eq_nocase(name, STR("transfer-encoding")))
            chunked = true;
        if (str_eq_nocase(name, STR("content-length")) && str_to_u64(str_trim(value), SIZE_MAX, &n))
            length = n;
    }
    at += 2;
    if (chunked)
        return read_chunks(text, at, body);
    ASSERT(at + length <= text.n);
    buf_add(body, text.p + at, length);
    return at + length;
}

static void check_accepted(Arena *arena, Str text, const Outcome *got, size_t begun)
{
    Buf body = buf_in(arena, 1 << 20);

    if (got->state != PARSE_DONE || got->err != OK)
        return;
    ASSERT(begun + read_slowly((Str){ text.p + begun, text.n - begun }, &body) == got->used);
    ASSERT(str_eq(buf_view(&body), got->body));
    ASSERT(got->body.n <= BODY_LIMIT && got->path.n > 0 && got->n_headers <= 20);
}

static void check_same(const Outcome *a, const Outcome *b)
{
    ASSERT(a->state == b->state && a->status == b->status && a->err == b->err && a->used == b->used && a->keep_alive == b->keep_alive);
    ASSERT(str_eq(a->method, b->method) && str_eq(a->path, b->path) && str_eq(a->query, b->query) && str_eq(a->host, b->host));
    ASSERT(a->n_headers == b->n_headers && (a->state != PARSE_DONE || str_eq(a->body, b->body)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, false);
    Outcome *whole = ARENA_ARRAY(arena, Outcome, MOST_REQUESTS), *split = ARENA_ARRAY(arena, Outcome, MOST_REQUESTS);
    size_t n;
    Str text;

    if (size < 2)
        return 0;
    text = (Str){ (const char *)data + 2, size - 2 };
    n = feed_all(arena, text, NO_PIECES, whole);
    ASSERT(n == feed_all(arena, text, 1U + data[0] + 256U * data[1], split));
    for (size_t i = 0; i < n; i++) {
        check_same(&whole[i], &split[i]);
        check_accepted(arena, text, &whole[i], i == 0 ? 0 : whole[i - 1].used);
    }
    return 0;
}
