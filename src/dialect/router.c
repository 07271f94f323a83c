/* router.c: finds the route of a path, asks who is calling and whether that is enough, runs the handler, and lets the dialect say errors. */
#include "base/clock.h"
#include "base/log.h"
#include "dialect/dialect.h"
#include "directory/pace.h"

/* A node of the trie: literal children by name, at most one parameter. */
typedef struct Node {
    struct Node *next, *child, *param;
    Str name; /* literal segment */
    const Route *routes[8];
    size_t n_routes;
} Node;

typedef struct Mounted {
    const Mount *mount;
    Str prefix;
    Node *root;
} Mounted;

struct Router {
    RouterEye eye;
    void *eye_arg;
    Arena *arena;
    Mount *mounts;
    Mounted mounted[16];
    size_t n;
};

enum { ROUTER_CAP = 4 << 20, DEFAULT_BODY = 1 << 20, DEFAULT_BODY_MS = 20000 };

/* ---- building ---- */

static bool is_param(Str segment)
{
    return segment.n > 2 && segment.p[0] == '{';
}

static Node *node_child(Arena *arena, Node *node, Str segment)
{
    Node *child;

    if (is_param(segment)) {
        if (node->param == NULL)
            node->param = ARENA_NEW(arena, Node);
        return node->param;
    }
    for (child = node->child; child != NULL; child = child->next)
        if (str_eq(child->name, segment))
            return child;
    child = ARENA_NEW(arena, Node);
    child->name = segment;
    child->next = node->child;
    node->child = child;
    return child;
}

static void add_route(Arena *arena, Node *root, const Route *route)
{
    Str rest = str_of(route->path + 1);
    Node *node = root;

    while (rest.p != NULL)
        node = node_child(arena, node, str_cut(&rest, '/'));
    if (node->n_routes == COUNTOF(node->routes))
        abort();
    node->routes[node->n_routes++] = route;
}

Router *router_new(const Mount *mounts, size_t n)
{
    Arena *arena = arena_new(ROUTER_CAP, false);
    Router *router = ARENA_NEW(arena, Router);

    router->arena = arena;
    router->mounts = ARENA_ARRAY(arena, Mount, n);
    memcpy(router->mounts, mounts, n * sizeof(*mounts));
    for (size_t i = 0; i < n; i++) {
        Node *root = ARENA_NEW(arena, Node);

        for (const Route *route = mounts[i].dialect->routes; route->path != NULL; route++)
            add_route(arena, root, route);
        for (const char *const *prefix = mounts[i].dialect->mounts; *prefix != NULL; prefix++)
            router->mounted[router->n++] = (Mounted){ &router->mounts[i], str_of(*prefix), root };
    }
    return router;
}

void router_watch(Router *router, RouterEye eye, void *arg)
{
    router->eye = eye;
    router->eye_arg = arg;
}

void router_free(Router *router)
{
    if (router != NULL)
        arena_free(router->arena);
}

/* ---- finding ---- */

/* What a look-up gathers: parameters as they stand in the path. */
typedef struct Match {
    const Node *node;
    Str params[MOST_PARAMS];
    size_t n;
} Match;

static bool match_node(const Node *node, Str rest, Match *match)
{
    const size_t n = match->n;
    Str segment;

    if (rest.p == NULL) {
        match->node = node;
        return node->n_routes > 0;
    }
    segment = str_cut(&rest, '/');
    for (const Node *child = node->child; child != NULL; child = child->next)
        if (str_eq(child->name, segment))
            return match_node(child, rest, match);
    if (node->param == NULL || segment.n == 0 || match->n == MOST_PARAMS)
        return false;
    match->params[match->n++] = segment;
    if (match_node(node->param, rest, match))
        return true;
    match->n = n;
    return false;
}

/* Without its last slash; only routes that say so take one. */
static bool find_node(const Node *root, Str path, Match *match, bool *slash)
{
    *slash = false;
    if (match_node(root, (Str){ path.p + 1, path.n - 1 }, match))
        return true;
    if (path.n < 2 || path.p[path.n - 1] != '/')
        return false;
    *slash = true;
    match->n = 0;
    return match_node(root, (Str){ path.p + 1, path.n - 2 }, match);
}

static void name_params(Call *call, const char *path)
{
    Str rest = str_of(path + 1);
    size_t n = 0;

    while (rest.p != NULL) {
        const Str segment = str_cut(&rest, '/');

        if (is_param(segment) && n < MOST_PARAMS)
            call->names[n++] = (Str){ segment.p + 1, segment.n - 2 };
    }
}

/* Sets route and allowed methods of the call. */
static Err find_route(Ctx *ctx, const Node *root, const Req *req, Call *call)
{
    Match match = { 0 };
    bool slash;

    if (!find_node(root, call->path, &match, &slash))
        return OK;
    for (size_t i = 0; i < match.node->n_routes; i++) {
        const Route *route = match.node->routes[i];

        if (slash && (route->flags & ROUTE_SLASH) == 0)
            continue;
        call->allowed |= route->method;
        if ((route->method & req->method) != 0)
            call->route = route;
        name_params(call, route->path);
    }
    if (call->allowed == 0)
        return OK;
    call->n_params = match.n;
    for (size_t i = 0; i < match.n; i++) {
        char *value;

        TRY(path_decode(ctx, match.params[i], &value));
        call->values[i] = value;
    }
    return OK;
}

static const Mounted *find_mount(const Router *router, Str path)
{
    const Mounted *best = &router->mounted[0];
    size_t longest = 0;

    for (size_t i = 0; i < router->n; i++) {
        const Mounted *mounted = &router->mounted[i];

        if (str_starts(path, mounted->prefix) && mounted->prefix.n >= longest && path.n > mounted->prefix.n && path.p[mounted->prefix.n] == '/') {
            best = mounted;
            longest = mounted->prefix.n;
        }
    }
    return best;
}

static Str below_mount(const Mounted *mounted, Str path)
{
    if (str_starts(path, mounted->prefix) && path.n > mounted->prefix.n)
        return (Str){ path.p + mounted->prefix.n, path.n - mounted->prefix.n };
    return path.n > 0 && path.p[0] == '/' ? path : STR("/");
}

/* ---- serving ---- */

static Err check_need(Ctx *ctx, const Req *req, const Call *call)
{
    const Route *route = call->route;
    const CallerKind kind = ctx->caller == NULL ? CALLER_NONE : ctx->caller->kind;

    if (call->dialect->allow != NULL)
        return call->dialect->allow(ctx, req, route);
    if (route == NULL || route->need == NEED_NOTHING)
        return OK;
    return (route->need == NEED_SECRET ? kind == CALLER_ADMIN : kind == CALLER_USER) ? OK : fail(ctx, E_NOT_ADMIN, NOWHERE, NULL);
}

static Err run_handler(Ctx *ctx, const Req *req, Reply *reply)
{
    const Route *route = ctx_call(ctx)->route;
    const bool paced = (route->flags & ROUTE_PACED) != 0;
    const int64_t since = paced ? clock_mono_us() : 0;
    const Err err = route->fn(ctx, req, reply);

    if (paced)
        pace_wait(ctx, since);
    return err;
}

static Err serve(Ctx *ctx, const Node *root, const Req *req, Reply *reply)
{
    Call *call = ctx_call(ctx);
    const Dialect *dialect = call->dialect;

    TRY(find_route(ctx, root, req, call));
    if (dialect->identify != NULL)
        TRY(dialect->identify(ctx, req, call->path, call->route));
    TRY(check_need(ctx, req, call));
    if (dialect->enter != NULL)
        TRY(dialect->enter(ctx, req, call->path, call->route));
    if (call->route == NULL)
        return fail(ctx, call->allowed == 0 ? E_NO_ROUTE : E_NO_METHOD, NOWHERE, NULL);
    if (req->err != OK)
        return fail(ctx, req->err, NOWHERE, NULL);
    return run_handler(ctx, req, reply);
}

static void log_request(const Ctx *ctx, const Req *req, const Reply *reply, int64_t us, Err err)
{
    const Call *call = ctx_call(ctx);

    LOG(reply->status >= 500 ? LOG_ERROR : LOG_INFO, "request", LOG_TEXT_FIELD("id", ctx->request_id), LOG_TEXT_FIELD("dialect", call->dialect->name),
        LOG_TEXT_FIELD("method", method_name(req->method)), LOG_TEXT_FIELD("route", call->route == NULL ? "" : call->route->path),
        LOG_INT_FIELD("status", reply->status), LOG_INT_FIELD("ms", us / US_PER_MS), LOG_TEXT_FIELD("user", ctx->user_id),
        LOG_TEXT_FIELD("error", err == OK ? "" : err_name(err)));
}

/* Says an error in the dialect's words. */
static void refuse(Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    if (ctx->fault.err != err)
        ctx->fault = (Fault){ .err = err, .at = NOWHERE, .item = NOWHERE };
    buf_clear(&reply->body);
    ctx_call(ctx)->dialect->write_error(ctx, req, reply, err);
}

/* What follows every answer: the dialect's headers, the log line, the counters. */
static void conclude(Router *router, Ctx *ctx, const Req *req, Reply *reply, int64_t begun, Err err)
{
    const int64_t us = clock_mono_us() - begun;

    log_request(ctx, req, reply, us, err);
    if (router->eye != NULL)
        router->eye(router->eye_arg, ctx_call(ctx), reply->status, us);
    ctx->house = NULL;
}

void router_serve(Router *router, Ctx *ctx, Req *req, Reply *reply)
{
    const Mounted *mounted = find_mount(router, req->path);
    const int64_t begun = clock_mono_us();
    Call call = { .dialect = mounted->mount->dialect, .settings = mounted->mount->settings, .path = below_mount(mounted, req->path), .req = req };
    Err err = OK;

    ctx->house = &call;
    if (call.dialect->intercept == NULL || !call.dialect->intercept(ctx, req, reply)) {
        err = serve(ctx, mounted->root, req, reply);
        if (err != OK)
            refuse(ctx, req, reply, err);
        if (call.dialect->finish != NULL)
            call.dialect->finish(ctx, req, reply);
    }
    conclude(router, ctx, req, reply, begun, err);
}

void router_refuse(Router *router, Ctx *ctx, const Req *req, Reply *reply, Err err)
{
    const Mounted *mounted = find_mount(router, req->path);
    Call call = { .dialect = mounted->mount->dialect, .settings = mounted->mount->settings, .path = STR("/"), .req = req };

    ctx->house = &call;
    refuse(ctx, req, reply, err);
    if (call.dialect->finish != NULL)
        call.dialect->finish(ctx, req, reply);
    conclude(router, ctx, req, reply, clock_mono_us(), err);
}

Limits router_limits(Router *router, const Req *head)
{
    const Mounted *mounted = find_mount(router, head->path);
    const Str path = below_mount(mounted, head->path);
    const Dialect *dialect = mounted->mount->dialect;
    Limits limits = { .body = DEFAULT_BODY, .body_ms = DEFAULT_BODY_MS };
    Match match = { 0 };
    bool slash;

    if (!find_node(mounted->root, path, &match, &slash))
        return limits;
    for (size_t i = 0; i < match.node->n_routes; i++) {
        const Route *route = match.node->routes[i];

        if ((route->method & head->method) != 0 && route->body > 0)
            limits.body = dialect->most_body == NULL ? route->body : dialect->most_body(mounted->mount->settings, route);
        if ((route->method & head->method) != 0 && route->body_ms > 0)
            limits.body_ms = route->body_ms;
    }
    return limits;
}

/* ---- printing ---- */

typedef struct Row {
    const char *dialect, *method, *path, *need, *scope;
    int64_t body;
} Row;

static const Field row_fields[] = {
    TEXT(Row, dialect, "dialect"),
    TEXT(Row, method, "method"),
    TEXT(Row, path, "path"),
    TEXT(Row, need, "credential"),
    TEXT(Row, scope, "scopes"),
    INT(Row, body, "body_limit"),
    END(Row),
};

void router_print(const Mount *mounts, size_t n, Buf *buf)
{
    static const char *const needs[] = { [NEED_NOTHING] = "none", [NEED_SECRET] = "admin", [NEED_USER] = "user" };
    bool comma = false;

    buf_char(buf, '[');
    for (size_t i = 0; i < n; i++)
        for (const Route *route = mounts[i].dialect->routes; route->path != NULL; route++) {
            const Row row = { mounts[i].dialect->name,
                              method_name((Method)route->method),
                              route->path,
                              needs[route->need],
                              route->scope,
                              route->body == 0 ? DEFAULT_BODY : (int64_t)route->body };

            buf_puts(buf, comma ? ",\n" : "\n");
            json_write(buf, row_fields, &row, JSON_PLAIN);
            comma = true;
        }
    buf_puts(buf, "\n]\n");
}
