/* list.c: GET /admin/users: pages, order, filter, and the Link header (spec/gotrue.md 2.1). */
#include "base/id.h"
#include "dialect/gotrue/internal.h"

enum { DEFAULT_PAGE = 50, MOST_PAIRS = 64 };

typedef struct Pair {
    const char *name, *value;
    size_t at;
} Pair;

struct Pairs {
    Pair v[MOST_PAIRS + 1]; /* and one of ours */
    size_t n;
};

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Pairs with a semicolon or a broken escape are passed over, as the reference does. */
static bool is_whole(Str pair)
{
    for (size_t i = 0; i < pair.n; i++)
        if (pair.p[i] == ';' || (pair.p[i] == '%' && (i + 2 >= pair.n || !is_hex(pair.p[i + 1]) || !is_hex(pair.p[i + 2]))))
            return false;
    return true;
}

static Err read_pairs(Ctx *ctx, Str query, Pairs *pairs)
{
    while (query.p != NULL) {
        const Str pair = str_cut(&query, '&');
        Str value = pair;
        const Str name = str_cut(&value, '=');
        char *name_text = NULL, *value_text = NULL;

        if (name.n == 0 || !is_whole(pair))
            continue;
        if (pairs->n == MOST_PAIRS)
            return fail(ctx, E_BAD_VALUE, NOWHERE, "too many query parameters");
        TRY(form_value(ctx, (Str){ arena_printf(ctx->arena, "v=%.*s", (int)name.n, name.p), name.n + 2 }, "v", &name_text));
        TRY(form_value(ctx, (Str){ arena_printf(ctx->arena, "v=%.*s", (int)value.n, value.n == 0 ? "" : value.p), value.n + 2 }, "v", &value_text));
        pairs->v[pairs->n] = (Pair){ name_text, value_text, pairs->n };
        pairs->n++;
    }
    return OK;
}

/* The first value with this name, or NULL. */
static const char *value_of(const Pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->n; i++)
        if (text_eq(pairs->v[i].name, name))
            return pairs->v[i].value;
    return NULL;
}

static Err read_number(Ctx *ctx, const char *text, uint64_t *ret)
{
    if (text_empty(text) || str_to_u64(str_of(text), UINT64_MAX, ret))
        return OK;
    if (strspn(text, "0123456789") == strlen(text))
        return fail(ctx, E_BAD_PAGE, NOWHERE, "strconv.ParseUint: parsing %s: value out of range", go_quote(ctx->arena, text));
    return fail(ctx, E_BAD_PAGE, NOWHERE, "strconv.ParseUint: parsing %s: invalid syntax", go_quote(ctx->arena, text));
}

/* `created_at`, `created_at asc`, `created_at desc`; only the first counts, all are judged. */
static Err read_sort(Ctx *ctx, const Pairs *pairs, bool *ascending)
{
    bool first = true;

    *ascending = false;
    for (size_t i = 0; i < pairs->n; i++) {
        Str way = str_of(pairs->v[i].value), field;
        bool up = false;

        if (!text_eq(pairs->v[i].name, "sort"))
            continue;
        field = str_cut(&way, ' ');
        if (!str_eq(field, STR("created_at")))
            return fail(ctx, E_BAD_VALUE, NOWHERE, "Bad Sort Parameters: bad field for sort '%.*s'", (int)field.n, field.p);
        if (way.p != NULL) {
            up = str_eq_nocase(way, STR("asc"));
            if (!up && !str_eq_nocase(way, STR("desc")))
                return fail(ctx, E_BAD_VALUE, NOWHERE, "Bad Sort Parameters: bad direction for sort '%.*s', only 'asc' and 'desc' allowed",
                            (int)way.n, way.p);
        }
        if (first)
            *ascending = up;
        first = false;
    }
    return OK;
}

/* ---- the Link header ---- */

static int compare_pairs(const void *a, const void *b)
{
    const Pair *x = a, *y = b;
    const int order = strcmp(x->name, y->name);

    return order != 0 ? order : x->at < y->at ? -1 : 1;
}

static void put_encoded(Buf *buf, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || strchr("-_.~", *c) != NULL)
            buf_char(buf, (char)*c);
        else if (*c == ' ')
            buf_char(buf, '+');
        else
            buf_printf(buf, "%%%02X", *c);
    }
}

/* </path?…>; rel="…" with these parameters, sorted. */
static void put_pairs(Ctx *ctx, Buf *buf, Pairs *pairs, const char *rel)
{
    qsort(pairs->v, pairs->n, sizeof(*pairs->v), compare_pairs);
    buf_puts(buf, buf->len > 0 ? ", <" : "<");
    buf_str(buf, ctx_call(ctx)->path);
    buf_char(buf, '?');
    for (size_t i = 0; i < pairs->n; i++) {
        buf_puts(buf, i == 0 ? "" : "&");
        put_encoded(buf, pairs->v[i].name);
        buf_char(buf, '=');
        put_encoded(buf, pairs->v[i].value);
    }
    buf_printf(buf, ">; rel=\"%s\"", rel);
}

/* All parameters of the request, `page` replaced. */
static void put_link(Ctx *ctx, Buf *buf, const Pairs *pairs, uint64_t page, const char *rel)
{
    Pairs sorted = { 0 };

    for (size_t i = 0; i < pairs->n; i++)
        if (!text_eq(pairs->v[i].name, "page"))
            sorted.v[sorted.n++] = pairs->v[i];
    sorted.v[sorted.n++] = (Pair){ "page", arena_printf(ctx->arena, "%llu", (unsigned long long)page), 0 };
    put_pairs(ctx, buf, &sorted, rel);
}

/* The one link of a page by cursor. */
static void write_link(Ctx *ctx, Reply *reply, Pairs *pairs)
{
    Buf link = buf_in(ctx->arena, 32768);
    char *text;

    put_pairs(ctx, &link, pairs, "next");
    if (buf_text(&link, &text) == OK)
        reply_header(reply, "Link", text);
}

void gotrue_page_headers(Ctx *ctx, Reply *reply, const Page *page, int64_t total)
{
    const uint64_t pages = (uint64_t)total / page->per_page + ((uint64_t)total % page->per_page != 0);
    Buf link = buf_in(ctx->arena, 32768);
    char *text;

    if (pages > page->page)
        put_link(ctx, &link, page->pairs, page->page + 1, "next");
    put_link(ctx, &link, page->pairs, pages, "last");
    if (buf_text(&link, &text) == OK)
        reply_header(reply, "Link", text);
    reply_headerf(reply, "X-Total-Count", "%lld", (long long)total);
}

const char *gotrue_page_value(const Page *page, const char *name)
{
    return value_of(page->pairs, name);
}

static Err read_page(Ctx *ctx, Page *page)
{
    uint64_t offset;

    TRY(read_number(ctx, value_of(page->pairs, "page"), &page->page));
    TRY(read_number(ctx, value_of(page->pairs, "per_page"), &page->per_page));
    if (page->per_page == 0)
        return fail(ctx, E_BAD_PAGE, NOWHERE, "per_page must be greater than 0");
    page->limit = page->per_page > INT32_MAX ? INT32_MAX : (int64_t)page->per_page;
    if (__builtin_mul_overflow(page->page == 0 ? 0 : page->page - 1, page->per_page, &offset) || offset > INT64_MAX)
        offset = INT64_MAX;
    page->offset = (int64_t)offset;
    return OK;
}

Err gotrue_page_read(Ctx *ctx, const Req *req, Page *page)
{
    *page = (Page){ .pairs = ARENA_NEW(ctx->arena, Pairs), .page = 1, .per_page = DEFAULT_PAGE };
    TRY(read_pairs(ctx, req->query, page->pairs));
    return read_page(ctx, page);
}

/* ---- cursors (only when they are switched on, and no page is asked for) ---- */

enum { MOST_LIMIT = 1000 };

typedef struct Cursor {
    int64_t created_at;
    const char *id;
} Cursor;

static const Field cursor_fields[] = { TIME(Cursor, created_at, "created_at"), TEXT(Cursor, id, "id"), END(Cursor) };

typedef struct CursorPage {
    List users;
    const char *aud;
    struct Pagination {
        const char *next_cursor;
        bool has_more;
    } * pagination;
} CursorPage;

static const Field pagination_fields[] = {
    TEXT(struct Pagination, next_cursor, "next_cursor", .flags = OMIT_NULL),
    BOOL(struct Pagination, has_more, "has_more"),
    END(struct Pagination),
};

static const Field cursor_page_fields[] = {
    LIST(CursorPage, users, "users", gotrue_user_listed, .flags = NULL_AS_EMPTY),
    TEXT(CursorPage, aud, "aud", .flags = NULL_AS_EMPTY),
    OBJECT(CursorPage, pagination, "pagination", pagination_fields),
    END(CursorPage),
};

static const char *cursor_write(Ctx *ctx, const User *user)
{
    const Cursor cursor = { user->created_at, user->id };
    Buf plain = buf_in(ctx->arena, 256), coded = buf_in(ctx->arena, 512);
    char *text = "";

    json_write(&plain, cursor_fields, &cursor, JSON_PLAIN);
    base64_write(&coded, plain.data, plain.len, true, false);
    IGNORE(buf_text(&coded, &text)); /* a time and a UUID fit */
    return text;
}

static Err cursor_read(Ctx *ctx, const char *text, UserQuery *query)
{
    Cursor cursor = { 0 };
    Str plain;

    if (text_empty(text))
        return OK;
    if (!base64_read(ctx->arena, str_of(text), true, false, &plain))
        return fail(ctx, E_BAD_PAGE, NOWHERE, "invalid cursor encoding: illegal base64 data");
    if (json_read(ctx, plain, JSON_IGNORE_UNKNOWN | JSON_NULL_IS_OBJECT, cursor_fields, &cursor) != OK)
        return fail(ctx, E_BAD_PAGE, NOWHERE, "invalid cursor: %s", ctx->fault.text == NULL ? "unreadable" : ctx->fault.text);
    if (cursor.id != NULL && uuid_read(ctx->arena, str_of(cursor.id)) == NULL)
        return fail(ctx, E_BAD_PAGE, NOWHERE, "invalid cursor: the id is no UUID");
    if (cursor.id == NULL || text_eq(uuid_read(ctx->arena, str_of(cursor.id)), UUID_NIL))
        return fail(ctx, E_BAD_PAGE, NOWHERE, "invalid cursor: missing id");
    if (cursor.created_at == 0)
        return fail(ctx, E_BAD_PAGE, NOWHERE, "invalid cursor: missing created_at");
    query->after_id = uuid_read(ctx->arena, str_of(cursor.id));
    query->after_created_at = cursor.created_at;
    return OK;
}

static Err list_by_cursor(Ctx *ctx, Reply *reply, const Pairs *pairs, UserQuery *query)
{
    CursorPage out = { .aud = query->aud, .pagination = ARENA_NEW(ctx->arena, struct Pagination) };
    Pairs *shown = ARENA_NEW(ctx->arena, Pairs);
    uint64_t limit = DEFAULT_PAGE;
    List users;

    TRY(read_number(ctx, value_of(pairs, "limit"), &limit));
    if (limit == 0)
        return fail(ctx, E_BAD_PAGE, NOWHERE, "limit must be greater than 0");
    limit = limit > MOST_LIMIT ? MOST_LIMIT : limit;
    TRY(cursor_read(ctx, value_of(pairs, "cursor"), query));
    query->limit = (int64_t)limit + 1;
    TRY(dir_user_list(ctx, query, &users));
    out.pagination->has_more = users.n > limit;
    for (size_t i = 0; i < users.n && i < limit; i++)
        list_add(ctx->arena, &out.users, (void *)(uintptr_t)gotrue_user_view(ctx, users.v[i]));
    if (out.pagination->has_more) {
        out.pagination->next_cursor = cursor_write(ctx, users.v[limit - 1]);
        for (size_t i = 0; i < pairs->n; i++)
            if (!text_eq(pairs->v[i].name, "page") && !text_eq(pairs->v[i].name, "cursor"))
                shown->v[shown->n++] = pairs->v[i];
        shown->v[shown->n++] = (Pair){ "cursor", out.pagination->next_cursor, 0 };
        write_link(ctx, reply, shown);
    }
    return reply_json(ctx, reply, 200, "application/json", cursor_page_fields, &out, JSON_HTML);
}

/* Exact look-up by `email` and `phone`, which the reference lacks; in any spelling that a sign-in takes. */
static Err read_addresses(Ctx *ctx, const Pairs *pairs, UserQuery *query)
{
    const char *email = value_of(pairs, "email"), *phone = value_of(pairs, "phone");

    if (!text_empty(email))
        texts_add(ctx->arena, &query->emails, text_lower(ctx->arena, email));
    if (!text_empty(phone)) {
        TRY(phone_read(ctx, phone, &phone));
        texts_add(ctx->arena, &query->phones, phone);
    }
    query->plain = query->emails.n + query->phones.n > 0;
    return OK;
}

Err gotrue_user_list(Ctx *ctx, const Req *req, Reply *reply)
{
    GotrueUsers out = { .aud = gotrue_audience(ctx, req) };
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    Page page = { .pairs = ARENA_NEW(ctx->arena, Pairs), .page = 1, .per_page = DEFAULT_PAGE };
    int64_t total;
    List users;

    TRY(read_pairs(ctx, req->query, page.pairs));
    TRY(read_sort(ctx, page.pairs, &query->ascending));
    query->aud = out.aud;
    query->filter = value_of(page.pairs, "filter");
    TRY(read_addresses(ctx, page.pairs, query));
    if (((const GotrueSettings *)ctx_settings(ctx))->cursor_pagination && text_empty(value_of(page.pairs, "page")) &&
        text_empty(value_of(page.pairs, "per_page")))
        return list_by_cursor(ctx, reply, page.pairs, query);
    TRY(read_page(ctx, &page));
    query->limit = page.limit;
    query->offset = page.offset;
    TRY(dir_user_page(ctx, query, &users, &total));
    for (size_t i = 0; i < users.n; i++)
        list_add(ctx->arena, &out.users, (void *)(uintptr_t)gotrue_user_view(ctx, users.v[i]));
    gotrue_page_headers(ctx, reply, &page, total);
    return reply_object(ctx, reply, 200, &out, JSON_HTML);
}
