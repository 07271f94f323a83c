/* reply.c: headers of requests and replies. */
#include "http/http.h"
#include "test.h"

static Reply reply_in(Arena *arena)
{
    return (Reply){ .arena = arena, .head = buf_in(arena, 16384), .body = buf_in(arena, 16384) };
}

TEST(header_lines_are_whole)
{
    TEST_ARENA(arena);
    Reply reply = reply_in(arena);

    reply_header(&reply, "X-One", "a\tb");
    reply_headerf(&reply, "X-Two", "%d-%s", 2, "x");
    assert_str(buf_view(&reply.head), "X-One: a\tb\r\nX-Two: 2-x\r\n");
}

TEST(header_value_cannot_end_its_line)
{
    TEST_ARENA(arena);
    static const char *const bad[] = { "a\r\nX: b", "a\nb", "a\rb", "\x01", "\x7f" };
    Reply reply = reply_in(arena);

    for (size_t i = 0; i < COUNTOF(bad); i++) {
        reply_header(&reply, "X", bad[i]);
        reply_headerf(&reply, "X", "%s", bad[i]);
    }
    assert_int_equal(reply.head.len, 0);
}

TEST(header_without_room_is_dropped_whole)
{
    TEST_ARENA(arena);
    Reply reply = reply_in(arena);
    char *value = arena_alloc(arena, 10001);

    memset(value, 'x', 10000);
    reply_headerf(&reply, "X", "%s", value);
    assert_int_equal(reply.head.len, strlen("X: \r\n") + 10000);
    reply_header(&reply, "Y", value);
    assert_int_equal(reply.head.len, strlen("X: \r\n") + 10000);
}

TEST(request_headers_are_found_without_case)
{
    const Header headers[] = { { STR("X-One"), STR("1") }, { STR("x-one"), STR("2") }, { STR("X-Two"), STR("") } };
    const Req req = { .headers = headers, .n_headers = COUNTOF(headers) };

    assert_str(req_header(&req, "x-ONE"), "1");
    assert_int_equal(req_header_count(&req, "x-one"), 2);
    assert_true(req_header(&req, "X-Two").p != NULL);
    assert_true(req_header(&req, "X-Three").p == NULL);
}
