/* list.c: GET /users and /users/count: conditions, order, pages (spec/clerk.md 1.4, 2.1), and what other lists have of them. */
#include "base/clock.h"
#include "base/id.h"
#include "dialect/clerk/internal.h"

enum { DEFAULT_LIMIT = 10, MOST_LIMIT = 500, LEAST_DIGITS = 7, MOST_DIGITS = 15 };

const char *clerk_phone(Ctx *ctx, const char *text)
{
    const size_t n = strlen(text) - (*text == '+' || *text == ' ');
    const char *digits = text + strlen(text) - n;

    if (n < LEAST_DIGITS || n > MOST_DIGITS || *digits == '0' || strspn(digits, "0123456789") != n)
        return NULL;
    return arena_printf(ctx->arena, "+%s", digits);
}

/* ---- conditions ---- */

/* Nothing matches: no user has the nil UUID. */
static void match_none(Ctx *ctx, UserQuery *query)
{
    query->ids = (Texts){ 0 };
    texts_add(ctx->arena, &query->ids, UUID_NIL);
}

const char *clerk_bare(const char *text, bool *exclude)
{
    *exclude = *text == '-';
    return *text == '-' || *text == '+' || *text == ' ' ? text + 1 : text;
}

static void take_user_ids(Ctx *ctx, const ClerkUserQuery *in, UserQuery *query)
{
    bool any = false;

    for (size_t i = 0; i < in->user_id.n; i++) {
        bool exclude;
        const char *id = clerk_id_read(ctx->arena, "user_", clerk_bare(in->user_id.v[i], &exclude));

        any = any || !exclude;
        if (id != NULL)
            texts_add(ctx->arena, exclude ? &query->not_ids : &query->ids, id);
    }
    if (any && query->ids.n == 0)
        match_none(ctx, query);
}

static void take_external_ids(Ctx *ctx, const ClerkUserQuery *in, UserQuery *query)
{
    for (size_t i = 0; i < in->external_id.n; i++) {
        bool exclude;
        const char *id = clerk_bare(in->external_id.v[i], &exclude);

        texts_add(ctx->arena, exclude ? &query->not_external_ids : &query->external_ids, id);
    }
}

/* An organization that is not there has nobody in it. */
static void take_organizations(Ctx *ctx, const ClerkUserQuery *in, UserQuery *query)
{
    bool any = false;

    for (size_t i = 0; i < in->organization_id.n; i++) {
        bool exclude;
        const char *id = clerk_id_read(ctx->arena, "org_", clerk_bare(in->organization_id.v[i], &exclude));

        any = any || !exclude;
        if (id != NULL)
            texts_add(ctx->arena, exclude ? &query->not_organizations : &query->organizations, id);
    }
    if (any && query->organizations.n == 0)
        match_none(ctx, query);
}

static void take_addresses(Ctx *ctx, const ClerkUserQuery *in, UserQuery *query)
{
    query->emails = in->email_address;
    query->usernames = in->username;
    for (size_t i = 0; i < in->phone_number.n; i++) {
        const char *phone = clerk_phone(ctx, in->phone_number.v[i]);

        texts_add(ctx->arena, &query->phones, phone == NULL ? in->phone_number.v[i] : phone + 1);
    }
    for (size_t i = 0; i < in->web3_wallet.n; i++) {
        const char *key = in->web3_wallet.v[i];

        IGNORE(wallet_read(ctx, key, &key)); /* what is no wallet matches none */
        texts_add(ctx->arena, &query->web3, key);
    }
}

static Err take_provider(Ctx *ctx, const ClerkUserQuery *in, UserQuery *query)
{
    const Str prefix = STR("oauth_");

    if (in->provider == NULL && in->provider_user_id.n == 0)
        return OK;
    if (in->provider == NULL)
        return clerk_fail(ctx, SAY_NEEDS, AT(ClerkUserQuery, provider), "`provider` is required when `provider_user_id` is present.");
    if (in->provider_user_id.n == 0)
        return clerk_fail(ctx, SAY_NEEDS, AT(ClerkUserQuery, provider_user_id), "`provider_user_id` is required when `provider` is present.");
    query->provider = str_starts(str_of(in->provider), prefix) ? in->provider + prefix.n : in->provider;
    query->provider_ids = in->provider_user_id;
    return OK;
}

/* A search for a whole user id is one for the UUID that it stands for; phone numbers are kept without '+'. */
static void take_searches(Ctx *ctx, const ClerkUserQuery *in, UserQuery *query)
{
    const char *id = in->query == NULL ? NULL : clerk_id_read(ctx->arena, "user_", in->query);
    bool unused;

    query->any_like = id != NULL ? id : in->query == NULL ? NULL : *in->query == '-' ? in->query : clerk_bare(in->query, &unused);
    query->email_like = in->email_address_query;
    query->phone_like = in->phone_number_query == NULL ? NULL : clerk_bare(in->phone_number_query, &unused);
    query->username_like = in->username_query;
    query->name_like = in->name_query;
    if (HAS(in, banned))
        SET(query, banned);
    query->banned = in->banned;
}

/* Times are shown in milliseconds and kept in microseconds: what is shown as the same is not after. */
static const struct {
    ptrdiff_t from, to;
    int64_t more;
} bounds[] = {
    { AT(ClerkUserQuery, created_at_after), AT(UserQuery, created_after), US_PER_MS - 1 },
    { AT(ClerkUserQuery, created_at_before), AT(UserQuery, created_before), 0 },
    { AT(ClerkUserQuery, last_sign_in_at_after), AT(UserQuery, last_sign_in_after), US_PER_MS - 1 },
    { AT(ClerkUserQuery, last_sign_in_at_before), AT(UserQuery, last_sign_in_before), 0 },
    { AT(ClerkUserQuery, last_active_at_after), AT(UserQuery, last_active_after), US_PER_MS - 1 },
    { AT(ClerkUserQuery, last_active_at_before), AT(UserQuery, last_active_before), 0 },
    { AT(ClerkUserQuery, last_active_at_since), AT(UserQuery, last_active_since), 0 },
};

static Err take_times(Ctx *ctx, const ClerkUserQuery *in, UserQuery *query)
{
    for (size_t i = 0; i < COUNTOF(bounds); i++) {
        int64_t at;

        if (!given_has(&in->given, (size_t)bounds[i].from))
            continue;
        memcpy(&at, (const char *)in + bounds[i].from, sizeof(at));
        if (at > ctx->now)
            return clerk_fail(ctx, SAY_FUTURE, bounds[i].from, NULL);
        at += bounds[i].more;
        memcpy((char *)query + bounds[i].to, &at, sizeof(at));
    }
    return OK;
}

static Err take_conditions(Ctx *ctx, const ClerkUserQuery *in, UserQuery *query)
{
    take_user_ids(ctx, in, query);
    take_external_ids(ctx, in, query);
    take_organizations(ctx, in, query);
    take_addresses(ctx, in, query);
    take_searches(ctx, in, query);
    query->living = query->plain = true;
    TRY(take_provider(ctx, in, query));
    return take_times(ctx, in, query);
}

/* ---- order and pages ---- */

static const ClerkOrder orders[] = {
    { "created_at", SORT_CREATED_AT },
    { "updated_at", SORT_UPDATED_AT },
    { "email_address", SORT_EMAIL },
    { "web3wallet", SORT_WEB3 },
    { "first_name", SORT_FIRST_NAME },
    { "last_name", SORT_LAST_NAME },
    { "phone_number", SORT_PHONE },
    { "username", SORT_USERNAME },
    { "last_active_at", SORT_LAST_ACTIVE_AT },
    { "last_sign_in_at", SORT_LAST_SIGN_IN_AT },
};

static const ClerkOrder member_orders[] = {
    { "phone_number", SORT_PHONE },    { "email_address", SORT_EMAIL }, { "created_at", SORT_CREATED_AT },
    { "first_name", SORT_FIRST_NAME }, { "last_name", SORT_LAST_NAME }, { "username", SORT_USERNAME },
};

static Err unknown_order(Ctx *ctx, const char *text, ptrdiff_t at, const ClerkOrder *table, size_t n)
{
    const char *list = "";

    for (size_t i = 0; i < n; i++)
        list = arena_printf(ctx->arena, "%s%s%s", list, i == 0 ? "" : ", ", table[i].name);
    return clerk_fail(ctx, SAY_CHOICE, at,
                      arena_printf(ctx->arena, "%.200s does not match the allowed values for parameter order_by. Allowed values: %s", text, list));
}

Err clerk_read_order(Ctx *ctx, const Texts *order_by, ptrdiff_t at, const ClerkOrder *table, size_t n, int *sort, bool *ascending)
{
    const char *text = order_by->n == 0 ? "-created_at" : order_by->v[0], *name;
    bool down;

    name = clerk_bare(text, &down);
    for (size_t i = 0; i < n; i++)
        if (text_eq(table[i].name, name)) {
            *sort = table[i].sort;
            *ascending = !down;
            return OK;
        }
    return unknown_order(ctx, text, at, table, n);
}

static Err take_order(Ctx *ctx, const ClerkUserQuery *in, const ClerkOrder *table, size_t n, UserQuery *query)
{
    int sort;

    TRY(clerk_read_order(ctx, &in->order_by, AT(ClerkUserQuery, order_by), table, n, &sort, &query->ascending));
    query->sort = (UserSort)sort;
    return OK;
}

Err clerk_check_page(Ctx *ctx, int64_t limit, ptrdiff_t at_limit, int64_t offset, ptrdiff_t at_offset)
{
    if (limit > MOST_LIMIT)
        return clerk_fail(ctx, SAY_LIMIT_MOST, at_limit, NULL);
    if (limit < 1)
        return clerk_fail(ctx, SAY_LIMIT_LEAST, at_limit, "1");
    return offset < 0 ? clerk_fail(ctx, SAY_LIMIT_LEAST, at_offset, "0") : OK;
}

static Err take_page(Ctx *ctx, const ClerkUserQuery *in, UserQuery *query)
{
    query->limit = HAS(in, limit) ? in->limit : DEFAULT_LIMIT;
    query->offset = in->offset;
    TRY(clerk_check_page(ctx, query->limit, AT(ClerkUserQuery, limit), query->offset, AT(ClerkUserQuery, offset)));
    if (in->starting_after == NULL)
        return OK;
    if (query->sort != SORT_CREATED_AT || query->offset != 0)
        return clerk_fail(ctx, SAY_ORDER, AT(ClerkUserQuery, starting_after), NULL);
    query->after_id = clerk_id_read(ctx->arena, "user_", in->starting_after);
    if (query->after_id == NULL)
        query->after_id = UUID_NIL; /* nobody: an empty page */
    return OK;
}

/* ---- the two requests ---- */

Err clerk_read_query(Ctx *ctx, const Req *req, void *in)
{
    const Field *fields = ctx_call(ctx)->route->in;
    const Err err = req_query(ctx, req, fields, 0, in);

    if (err == E_BAD_VALUE)
        return clerk_fail(ctx, SAY_TWICE, ctx->fault.at, NULL);
    TRY(err);
    for (const Field *field = fields; field->kind != F_END; field++)
        if (field->kind == F_TEXTS && field->max > 0 && ((const Texts *)field_of(field, in))->n > field->max)
            return fail(ctx, E_TOO_LONG, (ptrdiff_t)field->offset, NULL);
    return OK;
}

Err clerk_user_list(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkUserQuery *in = ARENA_NEW(ctx->arena, ClerkUserQuery);
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    List users, views = { 0 };

    TRY(clerk_read_query(ctx, req, in));
    TRY(take_conditions(ctx, in, query));
    TRY(take_order(ctx, in, orders, COUNTOF(orders), query));
    TRY(take_page(ctx, in, query));
    query->parts = USER_ACCOUNTS | USER_ADDRESSES | USER_FACTORS | USER_PASSKEYS; /* what a user shows */
    TRY(dir_user_list(ctx, query, &users));
    for (size_t i = 0; i < users.n; i++)
        list_add(ctx->arena, &views, (void *)(uintptr_t)clerk_user_view(ctx, users.v[i]));
    return clerk_reply_list(reply, clerk_user, &views);
}

Err clerk_user_count(Ctx *ctx, const Req *req, Reply *reply)
{
    ClerkUserQuery *in = ARENA_NEW(ctx->arena, ClerkUserQuery);
    UserQuery *query = ARENA_NEW(ctx->arena, UserQuery);
    ClerkCount out = { .object = "total_count" };

    TRY(clerk_read_query(ctx, req, in));
    TRY(take_conditions(ctx, in, query));
    TRY(dir_user_count(ctx, query, &out.total_count));
    return reply_object(ctx, reply, 200, &out, JSON_PLAIN);
}

static Err take_roles(Ctx *ctx, const ClerkUserQuery *in, MemberQuery *query)
{
    for (size_t i = 0; i < in->role.n; i++) {
        bool exclude;
        const char *role;

        TRY(clerk_read_role(ctx, clerk_bare(in->role.v[i], &exclude), &role));
        texts_add(ctx->arena, &query->roles, role);
    }
    return OK;
}

Err clerk_read_members(Ctx *ctx, const Req *req, MemberQuery *query)
{
    ClerkUserQuery *in = ARENA_NEW(ctx->arena, ClerkUserQuery);

    TRY(clerk_read_query(ctx, req, in));
    TRY(take_conditions(ctx, in, &query->users));
    TRY(take_roles(ctx, in, query));
    TRY(take_order(ctx, in, member_orders, COUNTOF(member_orders), &query->users));
    return take_page(ctx, in, &query->users);
}

Err clerk_check_statuses(Ctx *ctx, const Texts *statuses, ptrdiff_t at)
{
    static const char *const known[] = { "pending", "accepted", "revoked", "expired" };

    for (size_t i = 0; i < statuses->n; i++) {
        size_t k;

        for (k = 0; k < COUNTOF(known) && !text_eq(known[k], statuses->v[i]); k++)
            continue;
        if (k == COUNTOF(known))
            return clerk_fail(
                ctx, SAY_CHOICE, at,
                arena_printf(ctx->arena,
                             "%s does not match the allowed values for parameter status. Allowed values: pending, accepted, revoked, expired",
                             clerk_shown(ctx, statuses->v[i])));
    }
    return OK;
}
