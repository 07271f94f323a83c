/* codec.c: every rule of framing, whole and split at every byte. */
#include "http/http.h"
#include "test.h"

enum { BODY_LIMIT = 64 };

typedef struct Outcome {
    ParseState state;
    int status;
    Err err;
    size_t used;
    bool keep_alive;
    Str method, path, query, host, body;
    size_t n_headers;
} Outcome;

/* Feeds `text` in the pieces [0, first), [first, second), [second, end). */
static Outcome feed(Arena *arena, Str text, size_t first, size_t second)
{
    static HttpConfig config;
    const size_t ends[] = { first, second, text.n };
    Outcome ret = { .state = PARSE_MORE };
    HttpParser *parser;

    config = http_defaults();
    parser = parser_new(arena, &config);
    for (size_t i = 0; i < COUNTOF(ends) && ret.state == PARSE_MORE; i++) {
        while ((ret.state == PARSE_MORE && ret.used < ends[i]) || ret.state == PARSE_HEADER_DONE) {
            size_t used = 0;

            ret.state = parser_feed(parser, (Str){ text.p + ret.used, ends[i] - ret.used }, &used);
            ret.used += used;
            if (ret.state == PARSE_HEADER_DONE)
                parser_limit(parser, BODY_LIMIT);
        }
    }
    ret.status = parser_status(parser);
    ret.err = parser_req(parser)->err;
    ret.keep_alive = parser_keep_alive(parser);
    ret.method = parser_req(parser)->method_text;
    ret.path = parser_req(parser)->path;
    ret.query = parser_req(parser)->query;
    ret.host = parser_req(parser)->host;
    ret.body = parser_req(parser)->body;
    ret.n_headers = parser_req(parser)->n_headers;
    return ret;
}

static void assert_same(const Outcome *a, const Outcome *b)
{
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->err, b->err);
    assert_int_equal(a->used, b->used);
    assert_int_equal(a->keep_alive, b->keep_alive);
    assert_int_equal(a->n_headers, b->n_headers);
    assert_true(str_eq(a->method, b->method));
    assert_true(str_eq(a->path, b->path));
    assert_true(str_eq(a->query, b->query));
    assert_true(str_eq(a->host, b->host));
    assert_true(a->state != PARSE_DONE || str_eq(a->body, b->body)); /* of what is refused nobody reads the body */
}

/* The outcome, which is the same however the bytes come. */
static Outcome parse(Arena *arena, Str text)
{
    const Outcome whole = feed(arena, text, text.n, text.n);

    for (size_t i = 0; i <= text.n; i++) {
        Arena *scratch CLEANUP(arena_freep) = arena_new(64 << 20, false);
        Outcome split = feed(scratch, text, i, i);

        assert_same(&whole, &split);
        split = feed(scratch, text, i, i < text.n ? i + 1 : i);
        assert_same(&whole, &split);
    }
    return whole;
}

#define HEAD_1 "POST /p HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED HEAD_1 "Transfer-Encoding: chunked\r\n\r\n"
#define GET_WITH(line) "GET / HTTP/1.1\r\nHost: a\r\n" line "\r\n\r\n"

/* clang-format off */
static const struct {
    Str text;
    int status;       /* 0: accepted */
    const char *body; /* NULL: not looked at */
} cases[] = {
    /* request line */
    { STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0, "" },
    { STR("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 400, NULL },
    { STR(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET /\r\n\r\n"), 400, NULL },
    { STR("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("G(T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET / http/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.10\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/01.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505, NULL },
    { STR("PRI * HTTP/2.0\r\n\r\n"), 505, NULL },
    { STR("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0, "" },
    { STR("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET a HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET /\\ HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n"), 0, "" },
    { STR("GET http://a HTTP/1.1\r\nHost: A\r\n\r\n"), 0, "" },
    { STR("GET http://a/x HTTP/1.1\r\nHost: b\r\n\r\n"), 400, NULL },
    { STR("GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n"), 400, NULL },
    /* lines */
    { STR("GET / HTTP/1.1\nHost: a\n\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a\r\n\rX"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"), 400, NULL },
    { STR(GET_WITH("X: a\x01z")), 400, NULL },
    { STR(GET_WITH("X: a\x7fz")), 400, NULL },
    { STR(GET_WITH("X: \xc3\xa4\x85\xa0")), 0, "" },
    { STR(GET_WITH("X:")), 0, "" },
    { STR(GET_WITH("X: a\tb")), 0, "" },
    { STR(GET_WITH("X : a")), 400, NULL },
    { STR(GET_WITH(" X: a")), 400, NULL },
    { STR(GET_WITH("X: a\r\n b")), 400, NULL },
    { STR(GET_WITH("X: a\r\n\tb: c")), 400, NULL },
    { STR(GET_WITH(": a")), 400, NULL },
    { STR(GET_WITH("Xa")), 400, NULL },
    { STR(GET_WITH("X\xa0: a")), 400, NULL },
    { STR(GET_WITH("X(: a")), 400, NULL },
    /* host */
    { STR("GET / HTTP/1.1\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.0\r\n\r\n"), 0, "" },
    { STR("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a:80\r\n\r\n"), 0, "" },
    { STR("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 0, "" },
    { STR("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n"), 0, "" },
    { STR("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: [\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: []\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: a%00\r\n\r\n"), 400, NULL },
    { STR("GET / HTTP/1.1\r\nHost: \xff" "a\r\n\r\n"), 400, NULL },
    /* content-length */
    { STR(HEAD_1 "Content-Length: 3\r\n\r\nabc"), 0, "abc" },
    { STR(HEAD_1 "Content-Length: 3\r\n\r\nabcGET"), 0, "abc" },
    { STR(HEAD_1 "Content-Length: 0\r\n\r\n"), 0, "" },
    { STR(HEAD_1 "Content-Length: 010\r\n\r\n0123456789"), 0, "0123456789" },
    { STR(HEAD_1 "Content-Length:\r\n\r\n"), 400, NULL },
    { STR(HEAD_1 "Content-Length: +3\r\n\r\nabc"), 400, NULL },
    { STR(HEAD_1 "Content-Length: -3\r\n\r\nabc"), 400, NULL },
    { STR(HEAD_1 "Content-Length: 0x3\r\n\r\nabc"), 400, NULL },
    { STR(HEAD_1 "Content-Length: 3 3\r\n\r\nabc"), 400, NULL },
    { STR(HEAD_1 "Content-Length: 3, 3\r\n\r\nabc"), 400, NULL },
    { STR(HEAD_1 "Content-Length: 1_0\r\n\r\nabc"), 400, NULL },
    { STR(HEAD_1 "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), 400, NULL },
    { STR(HEAD_1 "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), 400, NULL },
    { STR(HEAD_1 "Content-Length: 99999999999999999999\r\n\r\n"), 400, NULL },
    { STR(HEAD_1 "Content-Length: 18446744073709551617\r\n\r\na"), 400, NULL },
    /* transfer-encoding */
    { STR(CHUNKED "3\r\nabc\r\n0\r\n\r\n"), 0, "abc" },
    { STR(CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET"), 0, "abcde" },
    { STR(CHUNKED "a\r\n0123456789\r\n00\r\n\r\n"), 0, "0123456789" },
    { STR(CHUNKED "A\r\n0123456789\r\n0\r\n\r\n"), 0, "0123456789" },
    { STR(CHUNKED "00000003\r\nabc\r\n0\r\n\r\n"), 0, "abc" },
    { STR(CHUNKED "000000003\r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3;a=b;c=\"d\"\r\nabc\r\n0;x\r\n\r\n"), 0, "abc" },
    { STR(CHUNKED "3;a\x01\r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3 \r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED " 3\r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "0x3\r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "+3\r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "-3\r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3_\r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "\r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED ";a\r\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3\nabc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3\r\r;abc\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3\r\nabcd\r\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3\r\nabc\n0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3\r\nabc0\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3\r\nabc\r\n0\r\nX: y\r\nZ:\r\n\r\n"), 0, "abc" },
    { STR(CHUNKED "3\r\nabc\r\n0\r\nX y\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3\r\nabc\r\n0\r\n X: y\r\n\r\n"), 400, NULL },
    { STR(CHUNKED "3\r\nabc\r\n0\r\nX: y\n\r\n"), 400, NULL },
    { STR(CHUNKED "3\r\nabc\r\n0\r\n\rX"), 400, NULL },
    { STR(HEAD_1 "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"), 0, "" },
    { STR(HEAD_1 "Transfer-Encoding: identity\r\n\r\n"), 501, NULL },
    { STR(HEAD_1 "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501, NULL },
    { STR(HEAD_1 "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n"), 501, NULL },
    { STR(HEAD_1 "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"), 501, NULL },
    { STR(HEAD_1 "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"), 501, NULL },
    { STR(HEAD_1 "Transfer-Encoding: chunked;a\r\n\r\n0\r\n\r\n"), 501, NULL },
    { STR(HEAD_1 "Transfer-Encoding: \xa0" "chunked\r\n\r\n0\r\n\r\n"), 501, NULL },
    { STR(HEAD_1 "Transfer-Encoding:\r\n\r\n0\r\n\r\n"), 501, NULL },
    { STR(HEAD_1 "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, NULL },
    { STR(HEAD_1 "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"), 400, NULL },
    { STR(HEAD_1 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, NULL },
    { STR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, NULL },
    /* expect */
    { STR(GET_WITH("Expect: 100-continue")), 0, "" },
    { STR(GET_WITH("Expect: 100-Continue")), 0, "" },
    { STR(GET_WITH("Expect: tea")), 417, NULL },
    { STR(GET_WITH("Expect: 100-continue, tea")), 417, NULL },
};
/* clang-format on */

TEST(framing_by_the_table)
{
    for (size_t i = 0; i < COUNTOF(cases); i++) {
        TEST_ARENA(arena);
        const Outcome got = parse(arena, cases[i].text);

        if (got.status != cases[i].status || got.state != (cases[i].status == 0 ? PARSE_DONE : PARSE_ERROR))
            print_error("case %zu: %s: state %d, status %d\n", i, cases[i].text.p, got.state, got.status);
        assert_int_equal(got.status, cases[i].status);
        assert_int_equal(got.state, cases[i].status == 0 ? PARSE_DONE : PARSE_ERROR);
        if (cases[i].body != NULL)
            assert_str(got.body, cases[i].body);
    }
}

TEST(request_is_taken_apart)
{
    TEST_ARENA(arena);
    const Str text =
        STR("PATCH /a/b%20c?x=1&y=?2 HTTP/1.1\r\nHOST: Example.test:80\r\nX-One:  v w \t\r\nX-Two:\r\nContent-Length: 2\r\n\r\nhiGET /next");
    const Outcome got = parse(arena, text);

    assert_int_equal(got.state, PARSE_DONE);
    assert_int_equal(got.used, text.n - strlen("GET /next"));
    assert_str(got.method, "PATCH");
    assert_str(got.path, "/a/b%20c");
    assert_str(got.query, "x=1&y=?2");
    assert_str(got.host, "Example.test:80");
    assert_str(got.body, "hi");
    assert_int_equal(got.n_headers, 4);
    assert_true(got.keep_alive);
}

TEST(absolute_target_names_host_and_path)
{
    TEST_ARENA(arena);
    Outcome got = parse(arena, STR("GET http://a.test/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n"));

    assert_str(got.host, "a.test");
    assert_str(got.path, "/x");
    assert_str(got.query, "y");
    got = parse(arena, STR("GET http://a.test HTTP/1.0\r\n\r\n"));
    assert_str(got.host, "a.test");
    assert_str(got.path, "/");
}

TEST(connection_lives_on_only_when_both_want)
{
    TEST_ARENA(arena);

    assert_true(parse(arena, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).keep_alive);
    assert_true(parse(arena, STR(GET_WITH("Connection: keep-alive"))).keep_alive);
    assert_false(parse(arena, STR(GET_WITH("Connection: close"))).keep_alive);
    assert_false(parse(arena, STR(GET_WITH("Connection: x , CLOSE"))).keep_alive);
    assert_false(parse(arena, STR(GET_WITH("Connection: close\r\nConnection: keep-alive"))).keep_alive);
    assert_false(parse(arena, STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")).keep_alive);
}

TEST(body_over_its_limit_is_an_error_of_the_request)
{
    TEST_ARENA(arena);
    Outcome got = parse(arena, STR(HEAD_1 "Content-Length: 65\r\n\r\n"));

    assert_int_equal(got.state, PARSE_DONE);
    assert_int_equal(got.err, E_TOO_LARGE);
    assert_false(got.keep_alive);
    got = parse(arena, STR(CHUNKED "40\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n1\r\n4\r\n0\r\n\r\n"));
    assert_int_equal(got.err, E_TOO_LARGE);
    assert_false(got.keep_alive);
    got = parse(arena, STR(CHUNKED "ffffffff\r\n"));
    assert_int_equal(got.err, E_TOO_LARGE);
    got = parse(arena, STR(HEAD_1 "Content-Length: 64\r\n\r\n0123456789012345678901234567890123456789012345678901234567890123"));
    assert_int_equal(got.err, OK);
    assert_int_equal(got.body.n, 64);
}

/* `before`, `n` times `unit`, `after`. */
static Str build(Arena *arena, const char *before, const char *unit, size_t n, const char *after)
{
    Buf buf = buf_in(arena, 8 << 20);

    buf_puts(&buf, before);
    for (size_t i = 0; i < n; i++)
        buf_puts(&buf, unit);
    buf_puts(&buf, after);
    return buf_view(&buf);
}

static int status_of(Arena *arena, Str text)
{
    return feed(arena, text, text.n, text.n).status;
}

TEST(sizes_of_the_head_are_bounded)
{
    TEST_ARENA(arena);
    const char *const start = "GET / HTTP/1.1\r\nHost: a\r\n", *const end = "\r\n\r\n";

    assert_int_equal(status_of(arena, build(arena, "GET /", "x", 8000, " HTTP/1.1\r\nHost: a\r\n\r\n")), 0);
    assert_int_equal(status_of(arena, build(arena, "GET /", "x", 8192, " HTTP/1.1\r\nHost: a\r\n\r\n")), 414);
    assert_int_equal(status_of(arena, build(arena, "GET /", "x", 1000000, "")), 414);
    assert_int_equal(status_of(arena, build(arena, "GET / HTTP/1.1\r\nHost: a\r\nX: ", "x", 8189, end)), 0);
    assert_int_equal(status_of(arena, build(arena, "GET / HTTP/1.1\r\nHost: a\r\nX: ", "x", 8190, end)), 431);
    assert_int_equal(status_of(arena, build(arena, start, "X: y\r\n", 99, "\r\n")), 0);
    assert_int_equal(status_of(arena, build(arena, start, "X: y\r\n", 100, "\r\n")), 431);
    assert_int_equal(status_of(arena, build(arena, start, "X: y\r\n", 10000, "\r\n")), 431);
    assert_int_equal(
        status_of(arena, build(arena, build(arena, start, "Xxxxxxxxxxxxxxxxxxxxx: yyyyyyyyyyyyyyyyyyyyyyyyyy", 1, "").p, "y", 8000, end)), 0);
    assert_int_equal(
        status_of(arena, build(arena, start,
                               "Abcdefghijklmnopqrst: "
                               "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                               "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                               "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                               "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n",
                               90, "\r\n")),
        431);
}

TEST(what_stands_beside_a_chunked_body_is_bounded)
{
    TEST_ARENA(arena);

    assert_int_equal(status_of(arena, build(arena, CHUNKED "1;", "x", 300, "\r\na\r\n0\r\n\r\n")), 400);
    assert_int_equal(
        status_of(arena, build(arena, CHUNKED,
                               "1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                               "\r\na\r\n",
                               60, "0\r\n\r\n")),
        400);
    assert_int_equal(status_of(arena, build(arena, CHUNKED "0\r\n", "X: y\r\n", 1000, "\r\n")), 0);
    assert_int_equal(status_of(arena, build(arena, CHUNKED "0\r\n", "X: y\r\n", 2000, "\r\n")), 431);
}

TEST(continue_is_asked_for_a_body_that_is_wanted)
{
    static const struct {
        Str text;
        bool expects;
    } rows[] = {
        { STR(HEAD_1 "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"), true },
        { STR(HEAD_1 "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"), true },
        { STR(HEAD_1 "Expect: 100-continue\r\n\r\n"), false },
        { STR(HEAD_1 "Expect: 100-continue\r\nContent-Length: 300\r\n\r\n"), false },
        { STR("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"), false },
        { STR(HEAD_1 "Content-Length: 3\r\n\r\n"), false },
    };

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        TEST_ARENA(arena);
        const HttpConfig config = http_defaults();
        HttpParser *parser = parser_new(arena, &config);
        size_t used;

        assert_int_equal(parser_feed(parser, rows[i].text, &used), PARSE_HEADER_DONE);
        parser_limit(parser, BODY_LIMIT);
        assert_int_equal(parser_expects_continue(parser), rows[i].expects);
    }
}

/* A body that the arena cannot hold beside what a handler needs is too large, whatever the route allows. */
TEST(body_never_fills_the_arena)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(1 << 20, false);
    TEST_ARENA(text_arena);
    HttpConfig config = http_defaults();
    const Str body = build(text_arena, "", "0123456789abcdef", 16384, "");
    HttpParser *parser;
    size_t used;

    config.arena_cap = 1 << 20;
    parser = parser_new(arena, &config);
    assert_int_equal(parser_feed(parser, STR(HEAD_1 "Content-Length: 262144\r\n\r\n"), &used), PARSE_HEADER_DONE);
    parser_limit(parser, SIZE_MAX);
    for (size_t at = 0; at < body.n; at += 1000)
        assert_int_not_equal(parser_feed(parser, (Str){ body.p + at, body.n - at < 1000 ? body.n - at : 1000 }, &used), PARSE_ERROR);
    assert_int_equal(parser_req(parser)->body.n, body.n);

    parser = parser_new(text_arena, &config);
    assert_int_equal(parser_feed(parser, STR(HEAD_1 "Content-Length: 262145\r\n\r\n"), &used), PARSE_HEADER_DONE);
    parser_limit(parser, SIZE_MAX);
    assert_int_equal(parser_feed(parser, STR(""), &used), PARSE_DONE);
    assert_int_equal(parser_req(parser)->err, E_TOO_LARGE);
}

/* ---- gadgets: one byte, of all 256, wherever a lenient reader may skip it ---- */

/* `@` is the byte. */
static const char *const coding_gadgets[] = {
    "@Transfer-Encoding: chunked",     "Transfer-Encoding@: chunked",     "Transfer-Encoding:@chunked",      "Transfer-Encoding: @chunked",
    "Transfer-Encoding: chunked@",     "Transfer@Encoding: chunked",      "Transfer-@Encoding: chunked",     "Transfer-Encoding: chun@ked",
    "Transfer-Encoding: x@chunked",    "Transfer-Encoding: chunked@x",    "X: y@Transfer-Encoding: chunked", "X: y\r\n@Transfer-Encoding: chunked",
    "Transfer-Encoding@\r\n: chunked", "Transfer-Encoding:@\r\n chunked", "Transfer-Encoding:\r\n@chunked",  "X:@\r\nTransfer-Encoding: chunked",
};
static const char *const length_gadgets[] = {
    "@Content-Length: 5",  "Content-Length@: 5",  "Content-Length:@5",      "Content-Length: @5",     "Content-Length: 5@",   "Content@Length: 5",
    "Content-Length: 5@0", "Content-Length: 0@5", "X: y@Content-Length: 5", "Content-Length: 5\r\n@", "Content-Length: 5,@5", "Content-Length: 5;@",
};

static Str gadget(Arena *arena, const char *before, const char *line, char byte, const char *after)
{
    Buf buf = buf_in(arena, 1000);

    buf_puts(&buf, before);
    for (const char *c = line; *c != '\0'; c++)
        buf_char(&buf, *c == '@' ? byte : *c);
    buf_puts(&buf, after);
    return buf_view(&buf);
}

/* With a length beside it the coding must be refused, or be no coding at all: then the length counts. */
TEST(no_byte_hides_a_coding)
{
    for (size_t i = 0; i < COUNTOF(coding_gadgets); i++)
        for (int byte = 0; byte < 256; byte++) {
            TEST_ARENA(arena);
            const Str text = gadget(arena, HEAD_1 "Content-Length: 6\r\n", coding_gadgets[i], (char)byte, "\r\n\r\n0\r\n\r\nG");
            const Outcome got = feed(arena, text, text.n, text.n);

            if (got.state == PARSE_DONE)
                assert_str(got.body, "0\r\n\r\nG");
            else
                assert_int_equal(got.state, PARSE_ERROR);
        }
}

/* A length that counts stands under its own name and has digits alone, and all of them count. */
static void assert_length(Arena *arena, const char *line, char byte, size_t n)
{
    Str value = gadget(arena, "", line, byte, "");
    const Str name = str_cut(&value, ':');
    uint64_t number;

    assert_str(name, "Content-Length");
    assert_true(str_to_u64(str_trim(value), UINT64_MAX, &number));
    assert_int_equal(n, number);
}

TEST(no_byte_bends_a_length)
{
    for (size_t i = 0; i < COUNTOF(length_gadgets); i++)
        for (int byte = 0; byte < 256; byte++) {
            TEST_ARENA(arena);
            const Str text = gadget(arena, HEAD_1, length_gadgets[i], (char)byte, "\r\n\r\n0123456789");
            const Outcome got = feed(arena, text, text.n, text.n);

            if (got.state == PARSE_DONE && got.body.n > 0)
                assert_length(arena, length_gadgets[i], (char)byte, got.body.n);
        }
}
