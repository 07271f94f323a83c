/* proxies.c: whose address a request is counted by. */
#include "test.h"

#include "server/internal.h"

static const char *client(Arena *arena, const char *trusted, const char *peer, const char *name, const char *value)
{
    Header headers[] = { { str_of(name), str_of(value) } };
    const Req req = { .peer = peer, .headers = headers, .n_headers = name == NULL ? 0 : 1 };
    Buf why = buf_in(arena, 1024);
    Str rest = str_of(trusted);
    Proxies proxies;
    Texts list = { 0 };
    const char *ip;

    while (rest.p != NULL && rest.n > 0)
        texts_add(arena, &list, str_dup(arena, str_cut(&rest, ',')));
    assert_ok(proxies_read(arena, &list, &proxies, &why));
    ip = proxies_client(&proxies, arena, &req);
    return ip == NULL ? "-" : ip;
}

TEST(the_rightmost_address_that_is_not_trusted_counts)
{
    static const struct {
        const char *trusted, *peer, *name, *value, *want;
    } rows[] = {
        { "", "10.0.0.1", "X-Forwarded-For", "1.2.3.4", "10.0.0.1" },
        { "10.0.0.0/8", "10.0.0.1", NULL, NULL, "10.0.0.1" },
        { "10.0.0.0/8", "10.0.0.1", "X-Forwarded-For", "1.2.3.4", "1.2.3.4" },
        { "10.0.0.0/8", "11.0.0.1", "X-Forwarded-For", "1.2.3.4", "11.0.0.1" },
        { "10.0.0.0/8", "10.0.0.1", "x-forwarded-for", "6.6.6.6, 1.2.3.4", "1.2.3.4" },
        { "10.0.0.0/8", "10.0.0.1", "X-Forwarded-For", "6.6.6.6, 1.2.3.4 , 10.1.1.1", "1.2.3.4" },
        { "10.0.0.0/8", "10.0.0.1", "X-Forwarded-For", "10.2.2.2, 10.1.1.1", "10.2.2.2" },
        { "10.0.0.0/8", "10.0.0.1", "X-Forwarded-For", "1.2.3.4, nonsense, 10.1.1.1", "10.1.1.1" },
        { "10.0.0.0/8", "10.0.0.1", "X-Forwarded-For", "", "10.0.0.1" },
        { "10.0.0.0/8", "10.0.0.1", "X-Forwarded-For", "1.2.3.4:5678", "1.2.3.4" },
        { "10.0.0.0/8", "10.0.0.1", "X-Forwarded-For", "[2001:db8::1]:99", "2001:db8::1" },
        { "10.0.0.0/8", "10.0.0.1", "X-Forwarded-For", "2001:db8::1", "2001:db8::1" },
        { "10.0.0.0/8", "10.0.0.1", "Forwarded", "for=6.6.6.6, For=\"[2001:db8::7]:1\";proto=https", "2001:db8::7" },
        { "10.0.0.0/8", "10.0.0.1", "Forwarded", "for=_hidden", "10.0.0.1" },
        { "::1", "::1", "X-Forwarded-For", "1.2.3.4", "1.2.3.4" },
        { "2001:db8::/33", "2001:db8:7fff::1", "X-Forwarded-For", "1.2.3.4", "1.2.3.4" },
        { "2001:db8::/33", "2001:db8:8000::1", "X-Forwarded-For", "1.2.3.4", "2001:db8:8000::1" },
        { "0.0.0.0/0", "9.9.9.9", "X-Forwarded-For", "::1", "::1" },
        { "unix", "", "X-Forwarded-For", "1.2.3.4", "1.2.3.4" },
        { "10.0.0.0/8", "", "X-Forwarded-For", "1.2.3.4", "-" },
    };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++)
        assert_string_equal(client(arena, rows[i].trusted, rows[i].peer, rows[i].name, rows[i].value), rows[i].want);
}

TEST(what_is_no_network_is_refused)
{
    static const char *const rows[] = { "10.0.0.0/33", "10.0.0", "::1/129", "10.0.0.0/", "host", "10.0.0.0/8/8", "10.0.0.0/-1" };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        Texts list = { 0 };
        Buf why = buf_in(arena, 1024);
        Proxies proxies;

        texts_add(arena, &list, rows[i]);
        assert_err(proxies_read(arena, &list, &proxies, &why), E_CONFIG);
    }
}

TEST(a_data_key_is_hex_or_base64_of_32_bytes)
{
    static const struct {
        const char *text;
        Err err;
    } rows[] = {
        { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", OK },
        { "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", OK },
        { "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", OK },
        { "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", E_CONFIG },
        { "0001", E_CONFIG },
        { "a passphrase that is long enough but no key", E_CONFIG },
    };
    TEST_ARENA(arena);

    for (size_t i = 0; i < COUNTOF(rows); i++) {
        uint8_t key[DATA_KEY_BYTES] = { 0 };

        assert_int_equal(data_key_read(arena, rows[i].text, key), rows[i].err);
        assert_int_equal(key[31], rows[i].err == OK ? 0x1f : 0);
    }
}
