/* dialect.h: what a dialect is made of, and the router that serves them all. A dialect maps names, shapes and errors; policy lives in
 * the directory. Routes, fields and errors are rows. */
#ifndef HECATE_DIALECT_H
#define HECATE_DIALECT_H

#include "base/base.h"
#include "base/ctx.h"
#include "directory/directory.h"
#include "http/http.h"
#include "model/model.h"
#include "json/json.h"

/* What a caller must show. Checked by the router before the handler runs. */
typedef enum Need {
    NEED_NOTHING,
    NEED_SECRET, /* the dialect's admin credential */
    NEED_USER,   /* a user's access token */
} Need;

typedef struct Dialect Dialect;
typedef struct Route Route;
typedef Err (*Handler)(Ctx *ctx, const Req *req, Reply *reply);
typedef Err (*UserVerb)(Ctx *ctx, const char *id, User **ret);

enum RouteFlags {
    ROUTE_SLASH = 1,   /* a trailing slash matches, too */
    ROUTE_RAW = 2,     /* the body is not JSON: the handler reads it */
    ROUTE_CAPTCHA = 4, /* the dialect may ask for the answer to a captcha first */
    ROUTE_PACED = 8,   /* answered at one time, whether or not anybody is known by the address it is about (directory/pace.h) */
    ROUTE_CORE = 16,   /* the user whom it is about is shown, and not changed: User.core will do */
};

/* One row an operation. `in` and `out` are the field tables of the two bodies (or of the query, for a GET). */
struct Route {
    unsigned method;  /* GET, POST, … */
    const char *path; /* "/users/{user_id}/ban": literal segments win over parameters */
    Need need;
    Handler fn;
    const Field *in, *out;
    UserVerb verb;     /* for on_user_verb */
    const char *scope; /* any of these, comma-separated; NULL: none is asked */
    unsigned flags;
    size_t body;       /* bytes; 0: 1 MiB */
    int64_t body_ms;   /* 0: the server's */
    const char *limit; /* name of the rate limiter, or NULL */
    const char *kind;  /* what it is about, where one handler serves several kinds */
};

/* How a dialect says an error. Indexed by Err; a test finds lines with status 0. `text` may hold %s for fault.text, `detail` is Clerk's long_message.
 */
typedef struct ErrRow {
    int status;
    const char *code, *text, *detail;
} ErrRow;

struct Dialect {
    const char *name;          /* "gotrue", "clerk", "auth0", "ops" */
    const char *const *mounts; /* path prefixes, NULL at the end: "", "/auth/v1" */
    const Route *routes;       /* { 0 } at the end */
    const ErrRow *errors;      /* ERR_COUNT rows */
    /* Looks at every request first; true: the reply is ready (CORS preflights). NULL: none. */
    bool (*intercept)(Ctx *ctx, const Req *req, Reply *reply);
    /* Sets ctx->caller from the credential. Called once the path is known; `route` is NULL when the path or method is unknown, so that a dialect can
     * judge the key first. `path` is below the mount. */
    Err (*identify)(Ctx *ctx, const Req *req, Str path, const Route *route);
    /* Is the caller allowed? NULL: need and scope as the router checks them (E_NOT_ADMIN, E_SCOPE). */
    Err (*allow)(Ctx *ctx, const Req *req, const Route *route);
    /* Runs when `need` is met and before the handler or a 405: path loading (spec/gotrue.md 0.3 "Order"). NULL: none. */
    Err (*enter)(Ctx *ctx, const Req *req, Str path, const Route *route);
    void (*write_error)(Ctx *ctx, const Req *req, Reply *reply, Err err); /* reads ctx->fault */
    /* Adds what every answer carries (Vary, CORS, versions). NULL: none. */
    void (*finish)(Ctx *ctx, const Req *req, Reply *reply);
    /* The directory's UUID for a user id of this dialect's form. E_NO_USER, E_BAD_ID. */
    Err (*read_user_id)(Ctx *ctx, const char *text, const char **ret);
    /* Bytes that the body of this route may have. NULL: as the row says. */
    size_t (*most_body)(const void *settings, const Route *route);
    /* Writes a user as this dialect shows it. */
    Err (*reply_user)(Ctx *ctx, Reply *reply, int status, const User *user);
};

/* A dialect on a listener, with its settings (GotrueSettings, …), which live as long as the process. */
typedef struct Mount {
    const Dialect *dialect;
    const void *settings;
} Mount;

enum { MOST_PARAMS = 4 };

/* What an address may still do. */
typedef struct Allowance {
    int64_t most, left, next; /* most 0: nothing was counted; next: seconds until there is one more */
} Allowance;

/* The call under way: what the router found. ctx->house points to it. */
typedef struct Call {
    const Dialect *dialect;
    const void *settings;
    const Req *req;
    const Route *route;              /* NULL: none matched */
    Str path;                        /* below the mount, as sent */
    Str names[MOST_PARAMS];          /* of path parameters */
    const char *values[MOST_PARAMS]; /* decoded once */
    size_t n_params;
    unsigned allowed;    /* methods that the path knows (for Allow) */
    void *loaded;        /* what enter() loaded (GoTrue: the user of the path) */
    Allowance allowance; /* of a dialect that tells it (Auth0) */
} Call;
static inline Call *ctx_call(const Ctx *ctx)
{
    return ctx->house;
}
static inline const void *ctx_settings(const Ctx *ctx)
{
    return ctx_call(ctx)->settings;
}

/* ---- the router (router.c) ---- */

typedef struct Router Router;
/* Dialects that share listeners: each request goes to the first mount whose prefix and path fit; if none fits, to the first mount. Routes are
 * compiled into a trie. */
Router *router_new(const Mount *mounts, size_t n);
void router_free(Router *router);
/* Serves one request: intercept, route, identify, need, scope, enter, handler; an Err becomes the dialect's answer; logs one line. */
void router_serve(Router *router, Ctx *ctx, Req *req, Reply *reply);
/* Answers what cannot be routed (a request that was over its memory) with the error of the first mount that fits. `req` may lack all but a path. */
void router_refuse(Router *router, Ctx *ctx, const Req *req, Reply *reply, Err err);
/* Is called for every answer (metrics), with the time it took. Set before the first request. */
typedef void (*RouterEye)(void *arg, const Call *call, int status, int64_t us);
void router_watch(Router *router, RouterEye eye, void *arg);
/* Body limits for a header that was read. */
Limits router_limits(Router *router, const Req *head);
/* The table of `hecate routes --json`: method, dialect, path, need, scopes, body limit. */
void router_print(const Mount *mounts, size_t n, Buf *buf);

/* ---- what handlers use (common.c) ---- */

/* Reads the body through route->in (the query for GET, HEAD and DELETE without a body) in the dialect's mode. */
Err req_read(Ctx *ctx, const Req *req, void *in);
Err req_read_mode(Ctx *ctx, const Req *req, unsigned json_mode, void *in);
Err req_query(Ctx *ctx, const Req *req, const Field *fields, unsigned form_mode, void *in);
/* A path parameter, decoded. Never NULL for names of the route's path. */
const char *req_param(const Ctx *ctx, const char *name);
/* `Authorization: Bearer x` (RFC 6750: any case of the scheme, one space, one header): E_NO_CREDENTIAL. */
Err req_bearer(Ctx *ctx, const Req *req, Str *ret);

/* A part of a body of multipart/form-data, where it lies; a part without a name has an empty one. */
typedef struct FormPart {
    Str name, content;
} FormPart;
/* At most `most` of them. `type` is the Content-Type. E_BAD_REQUEST: it is no such body, is cut short, or has more parts. */
Err multipart_read(Ctx *ctx, Str type, Str body, FormPart *parts, size_t most, size_t *ret);

/* A JSON answer through route->out; `style` is the dialect's. */
Err reply_object(Ctx *ctx, Reply *reply, int status, const void *object, JsonStyle style);
Err reply_json(Ctx *ctx, Reply *reply, int status, const char *content_type, const Field *fields, const void *object, JsonStyle style);
Err reply_text(Ctx *ctx, Reply *reply, int status, const char *content_type, Str text);
/* The Allow header of a 405: the methods that the path knows. */
void reply_allow(const Ctx *ctx, Reply *reply);

/* Retry-After, as long as the hash lane's queue takes by its own guess: 1 to 60 s. For answers to E_BUSY. */
void reply_retry_after(const Ctx *ctx, Reply *reply);

/* Handler of every verb on one user: reads {user_id}, calls route->verb, answers the user. */
Err on_user_verb(Ctx *ctx, const Req *req, Reply *reply);

/* The admin key of a dialect is compared by its digest, in constant time. */

#endif
