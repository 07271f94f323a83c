/* codec.c: HTTP/1.1 framing (RFC 9112), strict: what two readers could read in two ways is refused, and the connection closes. */
#include "http/http.h"

/* MOST_BESIDE: chunk extensions and trailer, which nobody here reads. ARENA_SHARE: the part of the arena that a body may be. */
enum { MOST_CHUNK_LINE = 256, MOST_BESIDE = 8192, ARENA_SHARE = 4 };

typedef enum Step { STEP_HEAD, STEP_LIMIT, STEP_LENGTH, STEP_CHUNK_LINE, STEP_CHUNK_DATA, STEP_CHUNK_END, STEP_TRAILER, STEP_DONE, STEP_ERROR } Step;

struct HttpParser {
    Arena *arena;
    const HttpConfig *config;
    Step step;
    Buf head, body, line;
    size_t left, limit, beside, line_start;
    int status;
    bool chunked, keep_alive, expects, http10, has_length;
    Req req;
    Header *headers;
};

static const struct {
    const char *name;
    Method method;
} methods[] = {
    { "GET", GET }, { "HEAD", HEAD }, { "POST", POST }, { "PUT", PUT }, { "PATCH", PATCH }, { "DELETE", DELETE }, { "OPTIONS", OPTIONS },
};

const char *method_name(Method method)
{
    for (size_t i = 0; i < COUNTOF(methods); i++)
        if (methods[i].method == method)
            return methods[i].name;
    return "OTHER";
}

HttpConfig http_defaults(void)
{
    return (HttpConfig){ .header_ms = 10000,
                         .idle_ms = 60000,
                         .request_ms = 10000,
                         .drain_ms = 8000,
                         .header_line = 8192,
                         .header_total = 32768,
                         .header_count = 100,
                         .target = 8192,
                         .arena_cap = 32 << 20,
                         .connections = 20000,
                         .running = 2000,
                         .memory = 256 << 20 };
}

HttpParser *parser_new(Arena *arena, const HttpConfig *config)
{
    HttpParser *parser = ARENA_NEW(arena, HttpParser);

    parser->arena = arena;
    parser->config = config;
    parser->head = buf_in(arena, config->header_total + 4);
    parser->line = buf_in(arena, MOST_CHUNK_LINE);
    parser->req.peer = "";
    return parser;
}

int parser_status(const HttpParser *parser)
{
    return parser->status;
}

Req *parser_req(HttpParser *parser)
{
    return &parser->req;
}

bool parser_keep_alive(const HttpParser *parser)
{
    return parser->keep_alive && parser->req.err == OK;
}

bool parser_expects_continue(const HttpParser *parser)
{
    return parser->expects && parser->step != STEP_DONE && parser->body.len == 0;
}

static ParseState refuse(HttpParser *parser, int status)
{
    parser->status = status;
    parser->step = STEP_ERROR;
    return PARSE_ERROR;
}

/* The request is answered by the dialect's own error and is the connection's last. */
static ParseState give_up(HttpParser *parser, Err err)
{
    parser->req.err = err;
    parser->keep_alive = false;
    parser->step = STEP_DONE;
    return PARSE_DONE;
}

/* ---- small grammar ---- */

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || byte_in(c, "!#$%&'*+-.^_`|~");
}

static bool is_token(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_token_char(s.p[i]))
            return false;
    return s.n > 0;
}

static bool is_value(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
            return false;
    return true;
}

static Str trim_ows(Str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s.p++, s.n--;
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static bool is_target(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '#' || s.p[i] == '"' || s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '\\')
            return false;
    return s.n > 0;
}

/* A name or IPv4 address: no sub-delims of RFC 3986, which no host has and readers take apart differently. */
static bool is_reg_name(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_token_char(s.p[i]) || byte_in(s.p[i], "!#$%&'*+^`|"))
            return false;
    return s.n > 0 && s.n < 256;
}

static bool is_ip_literal(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!byte_in(s.p[i], "0123456789abcdefABCDEF:."))
            return false;
    return s.n > 0 && s.n < 64;
}

/* A name, an IPv4 address or [IPv6], with an optional port. */
static bool is_host(Str s)
{
    const char *end = s.n > 0 && s.p[0] == '[' ? memchr(s.p, ']', s.n) : NULL;
    Str port = s, host = str_cut(&port, ':');
    uint64_t n;

    if (end != NULL) {
        host = (Str){ s.p + 1, (size_t)(end - s.p) - 1 };
        port = (Str){ end + 1, s.n - host.n - 2 };
        if (!is_ip_literal(host) || (port.n > 0 && port.p[0] != ':'))
            return false;
        port = port.n > 0 ? (Str){ port.p + 1, port.n - 1 } : port;
    } else if (!is_reg_name(host)) {
        return false;
    }
    return port.n == 0 || str_to_u64(port, 65535, &n);
}

/* ---- the head ---- */

static bool read_method(HttpParser *parser, Str text)
{
    parser->req.method = OTHER_METHOD;
    parser->req.method_text = text;
    for (size_t i = 0; i < COUNTOF(methods); i++)
        if (str_eq(text, str_of(methods[i].name)))
            parser->req.method = methods[i].method;
    return is_token(text) && text.n <= 32 && !str_eq(text, STR("CONNECT"));
}

/* origin-form, absolute-form with http or https, or `*` of OPTIONS. */
static bool read_target(Req *req, Str target)
{
    Str rest = target;

    req->target = target;
    if (!is_target(target))
        return false;
    if (str_eq(target, STR("*"))) {
        req->path = target;
        return req->method == OPTIONS;
    }
    if (target.p[0] != '/') {
        const size_t scheme = str_starts(target, STR("http://")) ? 7 : str_starts(target, STR("https://")) ? 8 : 0;
        size_t n = 0;

        rest = (Str){ target.p + scheme, target.n - scheme };
        while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
            n++;
        req->host = (Str){ rest.p, n };
        rest = (Str){ rest.p + n, rest.n - n };
        if (scheme == 0 || !is_host(req->host))
            return false;
        if (rest.n == 0 || rest.p[0] != '/')
            rest = rest.n == 0 ? STR("/") : rest;
        if (rest.p[0] != '/')
            return false;
    }
    req->query = rest;
    req->path = str_cut(&req->query, '?');
    return true;
}

static int read_request_line(HttpParser *parser, Str line)
{
    Str rest = line, method = str_cut(&rest, ' '), target = str_cut(&rest, ' ');

    if (rest.p == NULL || !read_method(parser, method))
        return 400;
    if (target.n > parser->config->target)
        return 414;
    if (!str_starts(rest, STR("HTTP/")) || rest.n != 8 || rest.p[6] != '.' || rest.p[5] < '0' || rest.p[5] > '9' || rest.p[7] < '0' ||
        rest.p[7] > '9')
        return 400;
    if (!str_eq(rest, STR("HTTP/1.1")) && !str_eq(rest, STR("HTTP/1.0")))
        return 505;
    parser->http10 = rest.p[7] == '0';
    parser->keep_alive = !parser->http10;
    return read_target(&parser->req, target) ? 0 : 400;
}

static int on_host(HttpParser *parser, Str value)
{
    if (req_header_count(&parser->req, "host") > 1 || !is_host(value))
        return 400;
    if (parser->req.host.p != NULL && !str_eq_nocase(parser->req.host, value))
        return 400; /* the target names another host: RFC 9112 3.2.2 prefers that, not every reader does */
    parser->req.host = value;
    return 0;
}

static int on_length(HttpParser *parser, Str value)
{
    uint64_t n;

    if (parser->has_length || value.n > 15 || !str_to_u64(value, INT64_MAX, &n))
        return 400;
    parser->has_length = true;
    parser->left = n;
    return 0;
}

static int on_encoding(HttpParser *parser, Str value)
{
    if (parser->chunked || parser->http10)
        return 400;
    parser->chunked = true;
    return str_eq_nocase(value, STR("chunked")) ? 0 : 501;
}

static int on_connection(HttpParser *parser, Str value)
{
    while (value.p != NULL)
        if (str_eq_nocase(trim_ows(str_cut(&value, ',')), STR("close")))
            parser->keep_alive = false;
    return 0;
}

static int on_expect(HttpParser *parser, Str value)
{
    if (!str_eq_nocase(value, STR("100-continue")))
        return 417;
    parser->expects = !parser->http10; /* RFC 9110 10.1.1 */
    return 0;
}

/* Fields that the framing itself reads. */
/* clang-format off */
static const struct {
    const char *name;
    int (*fn)(HttpParser *parser, Str value);
} framing[] = {
    { "host",              on_host },
    { "content-length",    on_length },
    { "transfer-encoding", on_encoding },
    { "connection",        on_connection },
    { "expect",            on_expect },
};
/* clang-format on */

static int read_field(HttpParser *parser, Str line)
{
    Str value = line, name = str_cut(&value, ':');

    if (value.p == NULL || !is_token(name))
        return 400;
    value = trim_ows(value);
    if (!is_value(value))
        return 400;
    if (parser->req.n_headers == parser->config->header_count)
        return 431;
    parser->headers[parser->req.n_headers++] = (Header){ name, value };
    for (size_t i = 0; i < COUNTOF(framing); i++)
        if (str_eq_nocase(name, str_of(framing[i].name)))
            return framing[i].fn(parser, value);
    return 0;
}

/* The next line of the head, without its CRLF. */
static Str next_line(Str *rest)
{
    Str line = str_cut(rest, '\n');

    line.n -= line.n > 0; /* the CR: bare LFs were refused on arrival */
    return line;
}

static int read_head(HttpParser *parser)
{
    Str rest = { parser->head.data, parser->head.len - 2 };
    int status = read_request_line(parser, next_line(&rest));

    parser->headers = ARENA_ARRAY(parser->arena, Header, parser->config->header_count);
    parser->req.headers = parser->headers;
    while (status == 0 && rest.n > 0)
        status = read_field(parser, next_line(&rest));
    if (status != 0)
        return status;
    if (parser->chunked && parser->has_length)
        return 400;
    if (!parser->http10 && req_header_count(&parser->req, "host") != 1)
        return 400;
    if (parser->http10 && parser->req.host.p == NULL)
        parser->req.host = STR("");
    return 0;
}

/* How many of the next bytes belong to a line and end nothing: they are taken at once. */
static size_t plain_run(const HttpParser *parser, Str bytes)
{
    const Buf *head = &parser->head;
    const size_t line = head->len - parser->line_start, most = parser->config->header_line + 2;
    size_t n = line > most ? 0 : most - line;

    if (head->over || head->len == 0 || head->data[head->len - 1] == '\r')
        return 0;
    n = n < bytes.n ? n : bytes.n;
    n = n < head->cap - head->len ? n : head->cap - head->len;
    for (const char *end = "\n\r"; n > 0; end++) {
        const char *found = memchr(bytes.p, *end, n);

        n = found == NULL ? n : (size_t)(found - bytes.p);
        if (*end == '\0')
            break;
    }
    return n;
}

/* Takes bytes up to the end of the head. A CR without LF, and an LF without CR, end it at once. */
static ParseState feed_head(HttpParser *parser, Str bytes, size_t *used)
{
    Buf *head = &parser->head;
    int status;

    for (size_t i = 0; i < bytes.n; i++) {
        const size_t run = plain_run(parser, (Str){ bytes.p + i, bytes.n - i });
        char c, last;

        buf_add(head, bytes.p + i, run);
        i += run;
        if (i == bytes.n)
            break;
        c = bytes.p[i], last = head->len > 0 ? head->data[head->len - 1] : '\0';
        *used = i + 1;
        if ((c == '\n') != (last == '\r') || (c == '\0'))
            return refuse(parser, 400);
        buf_char(head, c);
        if (head->over)
            return refuse(parser, 431);
        if (head->len - parser->line_start > parser->config->header_line + 2)
            return refuse(parser, parser->line_start == 0 ? 414 : 431);
        if (c != '\n')
            continue;
        if (head->len - parser->line_start == 2) {
            if (parser->line_start == 0)
                return refuse(parser, 400); /* an empty line before the request */
            status = read_head(parser);
            parser->step = STEP_LIMIT;
            return status == 0 ? PARSE_HEADER_DONE : refuse(parser, status);
        }
        parser->line_start = head->len;
    }
    *used = bytes.n;
    return PARSE_MORE;
}

/* A growing body takes up to three times its size from the arena, and no handler is there yet to end with an error. */
void parser_limit(HttpParser *parser, size_t body)
{
    if (body > parser->config->arena_cap / ARENA_SHARE)
        body = parser->config->arena_cap / ARENA_SHARE;
    parser->limit = body;
    parser->body = buf_in(parser->arena, body);
    parser->step = parser->chunked ? STEP_CHUNK_LINE : parser->left > 0 ? STEP_LENGTH : STEP_DONE;
    if (!parser->chunked && parser->left > body)
        (void)give_up(parser, E_TOO_LARGE);
}

/* ---- the body ---- */

static void take_body(HttpParser *parser, Str bytes, size_t *used)
{
    const size_t n = bytes.n < parser->left ? bytes.n : parser->left;

    buf_add(&parser->body, bytes.p, n);
    parser->left -= n;
    *used = n;
}

/* chunk-size [ chunk-ext ]: hex digits alone, at most eight; extensions are read as far as they are well-formed. */
static bool read_chunk_size(HttpParser *parser, Str line, size_t *ret)
{
    size_t n = 0, digits = 0;

    for (; digits < line.n; digits++) {
        const char c = line.p[digits];
        const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

        if (value < 0)
            break;
        n = n << 4 | (size_t)value;
    }
    *ret = n;
    parser->beside += line.n - digits;
    return digits >= 1 && digits <= 8 && parser->beside <= MOST_BESIDE && (digits == line.n || line.p[digits] == ';') && is_value(line);
}

/* Takes a byte into the line; true when it is whole, without its CRLF. */
static bool take_line(HttpParser *parser, char c, ParseState *state)
{
    Buf *line = &parser->line;
    const char last = line->len > 0 ? line->data[line->len - 1] : '\0';

    if ((c == '\n') != (last == '\r') || c == '\0') {
        *state = refuse(parser, 400);
        return false;
    }
    buf_char(line, c);
    if (line->over)
        *state = refuse(parser, 400);
    if (c != '\n' || line->over)
        return false;
    line->len -= 2;
    return true;
}

static ParseState feed_chunk_line(HttpParser *parser, char c)
{
    ParseState state = PARSE_MORE;

    if (!take_line(parser, c, &state))
        return state;
    if (!read_chunk_size(parser, buf_view(&parser->line), &parser->left))
        return refuse(parser, 400);
    buf_clear(&parser->line);
    parser->step = parser->left == 0 ? STEP_TRAILER : STEP_CHUNK_DATA;
    return parser->body.len + parser->left > parser->limit ? give_up(parser, E_TOO_LARGE) : PARSE_MORE;
}

static ParseState feed_trailer(HttpParser *parser, char c)
{
    ParseState state = PARSE_MORE;
    Str name, value;

    if (++parser->beside > MOST_BESIDE)
        return refuse(parser, 431);
    if (!take_line(parser, c, &state))
        return state;
    if (parser->line.len == 0) {
        parser->step = STEP_DONE;
        return PARSE_DONE;
    }
    value = buf_view(&parser->line);
    name = str_cut(&value, ':');
    if (value.p == NULL || !is_token(name) || !is_value(value))
        return refuse(parser, 400);
    buf_clear(&parser->line);
    return PARSE_MORE;
}

static ParseState feed_chunk_end(HttpParser *parser, char c)
{
    ParseState state = PARSE_MORE;

    if (c != (parser->line.len == 0 ? '\r' : '\n'))
        return refuse(parser, 400);
    if (take_line(parser, c, &state)) {
        buf_clear(&parser->line);
        parser->step = STEP_CHUNK_LINE;
    }
    return state;
}

static ParseState feed_body(HttpParser *parser, Str bytes, size_t *used)
{
    ParseState state = PARSE_MORE;
    size_t n;

    while (*used < bytes.n && state == PARSE_MORE && parser->step != STEP_DONE) {
        if (parser->step == STEP_LENGTH || parser->step == STEP_CHUNK_DATA) {
            take_body(parser, (Str){ bytes.p + *used, bytes.n - *used }, &n);
            *used += n;
            if (parser->left == 0)
                parser->step = parser->step == STEP_LENGTH ? STEP_DONE : STEP_CHUNK_END;
            continue;
        }
        state = (parser->step == STEP_CHUNK_LINE  ? feed_chunk_line
                 : parser->step == STEP_CHUNK_END ? feed_chunk_end
                                                  : feed_trailer)(parser, bytes.p[*used]);
        (*used)++;
    }
    return state;
}

ParseState parser_feed(HttpParser *parser, Str bytes, size_t *used)
{
    ParseState state;

    *used = 0;
    if (parser->step == STEP_ERROR)
        return PARSE_ERROR;
    if (parser->step == STEP_HEAD)
        return feed_head(parser, bytes, used);
    state = feed_body(parser, bytes, used);
    if (state == PARSE_ERROR)
        return state;
    parser->req.body = buf_view(&parser->body);
    return parser->step == STEP_DONE ? PARSE_DONE : state;
}
