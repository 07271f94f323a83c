/* search.c: the query language of Auth0's user search, down to the SQL that comes of it, which runs on a database of a few users. Oracle: a search
 * and its negation part the users; what is said twice says the same; the list has as many as are counted. */
#include "dialect/auth0/search.h"

#include "base/clock.h"
#include "fuzz.h"
#include "place.h"

enum { MOST_CONDS = 160, MOST_DEPTH = 160, USERS = 6 };

static const uint8_t data_key[32] = { 1 };
static const Directory directory = {
    .default_aud = "authenticated", .default_role = "authenticated", .password_hash = "bcrypt:4", .data_key = data_key
};
static const UserPolicy policy = {};

static const NewUser users[USERS] = {
    { .email = "ada@example.com", .name = "Ada", .email_confirmed = true, .meta_user = "{\"a\":{\"b\":1}}", .meta_app = "{\"x\":\"y\"}" },
    { .email = "joe_1@example.org",
      .given_name = "Joe",
      .family_name = "100%",
      .meta_user = "{\"a\":[{\"b\":\"1\"},2,null]}",
      .blocked_shown = true },
    { .username = "peg", .nickname = "p\\e\"g", .meta_app = "{\"x\":[true,false,1.5,{\"y\":{}}]}", .connection = "other" },
    { .phone = "15551234567", .phone_confirmed = true, .meta_user = "{\"a\":null,\"\":\"empty\"}" },
    { .email = "\xc3\xa9ric@example.com", .name = "\xc3\x89ric", .provider = "sms", .subject = "1", .meta_app = "{\"x\":{\"y\":{\"z\":\"'\"}}}" },
    { .email = "last@example.net", .banned = true, .created_at = 1500000000LL * US_PER_S, .meta_user = "{\"a.b\":\"dots\"}" },
};

static Ctx ctx_here(Arena *arena)
{
    Ctx ctx = ctx_new(arena, place_db());

    ctx.directory = &directory;
    return ctx;
}

static void make_users(void)
{
    static bool made;
    Arena *arena CLEANUP(arena_freep) = made ? NULL : arena_new(16 << 20, false);
    Ctx ctx;

    if (made)
        return;
    made = true;
    ctx = ctx_here(arena);
    for (size_t i = 0; i < USERS; i++) {
        NewUser user = users[i];
        User *ret;

        user.policy = &policy;
        HOLDS(dir_user_create(&ctx, &user, &ret) == OK || i == 4); /* not all addresses may be */
    }
}

static size_t depth_of(const Cond *cond)
{
    const size_t a = cond->a == NULL ? 0 : depth_of(cond->a), b = cond->b == NULL ? 0 : depth_of(cond->b);

    return 1 + (a > b ? a : b);
}

static size_t size_of(const Cond *cond)
{
    return 1 + (cond->a == NULL ? 0 : size_of(cond->a)) + (cond->b == NULL ? 0 : size_of(cond->b));
}

/* How many users a search finds; -1: it is none, or more than a statement holds. */
static int64_t found_by(Ctx *ctx, const char *q)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    int64_t n = -1;
    List list = { 0 };
    Err err = search_read(ctx, q, &query->where);

    if (err != OK) {
        HOLDS(err == E_BAD_VALUE && ctx->fault.text != NULL);
        return -1;
    }
    if (query->where != NULL)
        HOLDS(depth_of(query->where) <= MOST_DEPTH && size_of(query->where) <= MOST_CONDS);
    query->limit = 100;
    query->living = true;
    err = dir_user_count(ctx, query, &n);
    if (err == E_TOO_LARGE)
        return -1;
    HOLDS(err == OK && n >= 0 && n <= USERS);
    HOLDS(dir_user_list(ctx, query, &list) == OK && (int64_t)list.n == n);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena CLEANUP(arena_freep) = arena_new(64 << 20, false);
    const Str text = { (const char *)data, size };
    const char *q = str_dup(arena, text), *bare = q + strspn(q, " \t\r\n");
    Ctx ctx = ctx_here(arena);
    int64_t all, some, others;

    if (!utf8_valid(text) || memchr(data, '\0', size) != NULL)
        return 0;
    make_users();
    some = found_by(&ctx, q);
    if (some < 0 || *bare == '\0' || text_eq(bare, "*") || text_eq(bare, "*:*") || q[strlen(q) - 1] == '\\')
        return 0;
    all = found_by(&ctx, "*");
    others = found_by(&ctx, arena_printf(arena, "NOT (%s)", q));
    HOLDS(others < 0 || some + others == all);
    others = found_by(&ctx, arena_printf(arena, "(%s) AND (%s)", q, q));
    HOLDS(others < 0 || some == others);
    return 0;
}
