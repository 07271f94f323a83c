/* list.c: GET /users and GET /users-by-email (spec/auth0.md 2.10, 3). */
#include "dialect/auth0/search.h"

enum { MOST_OF_ONE_ADDRESS = 1000, USERS_CAP = 16 << 20 };

/* ---- writing ---- */

static Err write_users(Ctx *ctx, const Auth0UserQuery *query, const List *users, char **ret)
{
    Buf buf = buf_in(ctx->arena, USERS_CAP);
    List views = { 0 };

    for (size_t i = 0; i < users->n; i++)
        list_add(ctx->arena, &views, (void *)(uintptr_t)auth0_user_view(ctx, users->v[i]));
    json_write_list(&buf, auth0_chosen_fields(ctx, query), &views, JSON_PLAIN);
    return buf_text(&buf, ret);
}

/* ---- sort ---- */

static const struct {
    const char *name;
    UserSort sort;
} sorts[] = {
    { "created_at", SORT_CREATED_AT },
    { "updated_at", SORT_UPDATED_AT },
    { "email", SORT_EMAIL },
    { "phone_number", SORT_PHONE },
    { "username", SORT_USERNAME },
    { "last_login", SORT_LAST_SIGN_IN_AT },
    { "name", SORT_NAME },
    { "logins_count", SORT_LOGINS_COUNT },
    { "nickname", SORT_NICKNAME },
    { "given_name", SORT_GIVEN_NAME },
    { "family_name", SORT_FAMILY_NAME },
};

static Err read_sort(Ctx *ctx, const char *text, UserQuery *query)
{
    Str way = str_of(text), name;

    query->sort = SORT_CREATED_AT;
    query->ascending = true;
    if (text == NULL)
        return OK;
    name = str_cut(&way, ':');
    query->ascending = str_eq(way, STR("1"));
    for (size_t i = 0; i < COUNTOF(sorts); i++)
        if (str_eq(str_of(sorts[i].name), name)) {
            query->sort = sorts[i].sort;
            return OK;
        }
    return auth0_refuse(ctx, E_BAD_VALUE, "invalid_query_string",
                        "Query validation error: 'No enum match for: %.*s' on property sort (Field to sort by).", (int)name.n, name.p);
}

/* ---- GET /users ---- */

static Err check_engine(Ctx *ctx, const Auth0UserQuery *in)
{
    if (text_eq(in->search_engine, "v1"))
        return auth0_refuse(ctx, E_BAD_VALUE, "invalid_query_string", "You are not allowed to use search_engine=v1.");
    if (text_eq(in->search_engine, "v2"))
        return auth0_refuse(ctx, E_BAD_VALUE, "invalid_query_string", "You are not allowed to use search_engine=v2. Use search_engine=v3 instead.");
    return OK;
}

static Err read_page(Ctx *ctx, const Auth0UserQuery *in, UserQuery *query)
{
    const int64_t cap = ((const Auth0Settings *)ctx_settings(ctx))->search_cap;

    query->limit = HAS(in, per_page) ? in->per_page : DEFAULT_PAGE;
    query->offset = in->page * query->limit;
    if (cap > 0 && query->offset + query->limit > cap)
        return fail(ctx, E_BAD_PAGE, NOWHERE, NULL);
    query->parts = AUTH0_PARTS;
    query->living = true;
    return read_sort(ctx, in->sort, query);
}

/* Users of this connection, or with an identity of it. */
static void add_connection(Ctx *ctx, const char *connection, UserQuery *query)
{
    Cond *cond, *both;

    if (connection == NULL)
        return;
    cond = search_connection(ctx, connection);
    if (query->where != NULL) {
        both = ARENA_NEW(ctx->arena, Cond);
        *both = (Cond){ .kind = COND_AND, .a = (Cond *)(uintptr_t)query->where, .b = cond };
        cond = both;
    }
    query->where = cond;
}

/* A search may be short and its statement too long all the same. */
static Err run_query(Ctx *ctx, const Auth0UserQuery *in, const UserQuery *query, List *users, int64_t *total)
{
    Err err = OK;

    if (query->limit > 0)
        err = dir_user_page(ctx, query, users, in->include_totals ? total : NULL);
    else if (in->include_totals)
        err = dir_user_count(ctx, query, total);
    return err == E_TOO_LARGE && query->where != NULL ? search_too_large(ctx) : err;
}

Err auth0_user_list(Ctx *ctx, const Req *req, Reply *reply)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    Auth0UserQuery in = { 0 };
    Auth0Page out;
    List users = { 0 };
    char *text;

    TRY(auth0_query(ctx, req, auth0_user_query, &in));
    TRY(check_engine(ctx, &in));
    TRY(read_page(ctx, &in, query));
    TRY(search_read(ctx, in.q == NULL ? "" : in.q, &query->where));
    add_connection(ctx, in.connection, query);
    out = (Auth0Page){ .start = query->offset, .limit = query->limit };
    TRY(run_query(ctx, &in, query, &users, &out.total));
    TRY(write_users(ctx, &in, &users, &text));
    if (!in.include_totals)
        return reply_text(ctx, reply, 200, AUTH0_JSON, str_of(text));
    out.users = text;
    out.length = (int64_t)users.n;
    return reply_json(ctx, reply, 200, AUTH0_JSON, auth0_users, &out, JSON_PLAIN);
}

/* ---- GET /users-by-email ---- */

/* Exact and with case, against the stored form; further addresses, which Auth0 does not show, do not count. */
Err auth0_users_by_email(Ctx *ctx, const Req *req, Reply *reply)
{
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    List users = { 0 }, shown = { 0 };
    Auth0UserQuery in = { 0 };
    char *text;

    TRY(auth0_query(ctx, req, auth0_email_query, &in));
    texts_add(ctx->arena, &query->emails, in.email);
    query->limit = MOST_OF_ONE_ADDRESS;
    query->parts = AUTH0_PARTS;
    query->living = query->ascending = true;
    TRY(dir_user_list(ctx, query, &users));
    for (size_t i = 0; i < users.n; i++)
        if (text_eq(auth0_user_view(ctx, users.v[i])->email, in.email))
            list_add(ctx->arena, &shown, users.v[i]);
    TRY(write_users(ctx, &in, &shown, &text));
    return reply_text(ctx, reply, 200, AUTH0_JSON, str_of(text));
}
