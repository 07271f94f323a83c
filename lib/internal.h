/* internal.h: what the files of the client library share. A method of an API is a row (Method); client_call() acts on all of
 * them. */
#ifndef HECATE_LIB_INTERNAL_H
#define HECATE_LIB_INTERNAL_H

#include <pthread.h>
#include <setjmp.h>

#include "base/buf.h"
#include "base/ctx.h"
#include "base/field.h"
#include "hecate/hecate.h"

/* ---- bindings: members of public structs to rows of a dialect's wire tables, by the name on the wire ---- */

typedef enum BindType { B_END, B_TEXT, B_BOOL, B_INT, B_TEXTS, B_LIST, B_OBJECT, B_GIVEN_TEXT, B_GIVEN_BOOL, B_GIVEN_INT, B_GIVEN_TEXTS } BindType;

typedef struct Bind {
    const char *name;
    BindType type;
    uint32_t offset;
    const struct Bind *sub; /* B_LIST, B_OBJECT */
    uint32_t flags;         /* NUMBER_TOO */
    const Field *wire;      /* B_LIST: the table of its items, where the wire's own row has none */
} Bind;

/* clang-format off */
#define BIND_(T, m, n, t, what, ...) { .name = (n), .type = (t), .offset = (uint32_t)(offsetof(T, m) + FIELD_TYPE_(T, m, what)), ##__VA_ARGS__ }
#define BIND_TEXT(T, m) BIND_(T, m, #m, B_TEXT, const char *)
#define BIND_TEXT_AS(T, m, n) BIND_(T, m, n, B_TEXT, const char *)
#define BIND_TEXT_OR_NUMBER(T, m) BIND_(T, m, #m, B_TEXT, const char *, .flags = NUMBER_TOO)
#define BIND_BOOL(T, m) BIND_(T, m, #m, B_BOOL, bool)
#define BIND_BOOL_AS(T, m, n) BIND_(T, m, n, B_BOOL, bool)
#define BIND_INT(T, m) BIND_(T, m, #m, B_INT, int64_t)
#define BIND_INT_AS(T, m, n) BIND_(T, m, n, B_INT, int64_t)
/* HecateStrings is laid out as Texts. */
#define BIND_TEXTS(T, m) BIND_(T, m, #m, B_TEXTS, HecateStrings)
/* Lists are struct { Item **items; size_t count; } in public, and laid out as List. */
#define BIND_LIST(T, m, s, ...) \
    { .name = #m, .type = B_LIST, .offset = (uint32_t)(offsetof(T, m) + 0 * sizeof(char[sizeof(((T *)0)->m) == sizeof(List) ? 1 : -1])), .sub = (s), ##__VA_ARGS__ }
#define BIND_OBJECT(T, m, s) { .name = #m, .type = B_OBJECT, .offset = (uint32_t)offsetof(T, m), .sub = (s) }
#define GIVE_TEXT(T, m) BIND_(T, m, #m, B_GIVEN_TEXT, HecateText)
#define GIVE_BOOL(T, m) BIND_(T, m, #m, B_GIVEN_BOOL, HecateBool)
#define GIVE_INT(T, m) BIND_(T, m, #m, B_GIVEN_INT, HecateInt)
#define GIVE_TEXTS(T, m) BIND_(T, m, #m, B_GIVEN_TEXTS, HecateTexts)
#define BIND_END(T) { .type = B_END, .offset = sizeof(T) }
/* clang-format on */

/* A table for json_read() into the bound struct. Kinds come from the wire; a document there may be bound as something narrower,
 * and an object as the document that it is. A binding without a row on the wire is read by its type. */
const Field *bind_table(Arena *arena, const Field *wire, const Bind *bind);
size_t bind_size(const Bind *bind);
/* Writes what is given in `in` as members of a JSON object, or as `a=1&b=2`. E_BAD_VALUE with the reason in ctx->fault: a text is
 * no UTF-8, a document no JSON object, a time outside the years 0 to 9999. */
Err bind_write_body(Ctx *ctx, Buf *buf, const Field *wire, const Bind *bind, const void *in);
Err bind_write_query(Ctx *ctx, Buf *buf, const Field *wire, const Bind *bind, const void *in);
bool is_uuid(const char *text); /* NULL is none */
/* Percent-encodes all but RFC 3986's unreserved characters. */
void percent_write(Buf *buf, const char *text);

/* ---- methods ---- */

typedef enum Shape {
    SHAPE_NONE,   /* the body does not matter */
    SHAPE_OBJECT, /* an object */
    SHAPE_LIST,   /* the same; a bare array is read as the member that the first binding names */
    SHAPE_JSON,   /* any JSON text, which the caller reads */
} Shape;

typedef struct Binding {
    const Field *wire;
    const Bind *bind;
} Binding;

typedef struct Method {
    const char *verb, *path; /* the first "%" in the path stands for the id, others for what `more` says */
    Binding body, query, out;
    Shape shape;
    ptrdiff_t raw, total; /* SHAPE_OBJECT, SHAPE_LIST: where the raw answer, and X-Total-Count, go; NOWHERE */
    ptrdiff_t pages;      /* where two numbers from Link go, next and last; 0 is nowhere */
    ptrdiff_t due;        /* a text that must be there, else the answer is not what was asked for; NOWHERE */
    bool open;            /* without a credential */
    bool json;            /* the body is Args.json as it is */
    bool file;            /* the body is Args.file as a form's part (RFC 7578) */
} Method;

/* Each ends with NULL; for the test that finds bindings which the wire does not know. */
extern const Method *const gotrue_methods[], *const clerk_methods[], *const auth0_methods[];

typedef struct File {
    const char *name, *type; /* of the part's file, and of its content */
    const void *data;
    size_t size;
} File;

typedef struct Args {
    const char *id, *more[2];
    const File *file;
    const char *json; /* a body that is ready */
    const void *body, *query;
    const char *token; /* instead of the handle's credential */
} Args;

/* ---- a handle ---- */

typedef struct Client Client;

/* What tells one provider from another. */
typedef struct Face {
    const char *default_url;
    HecateHeader headers[3];
    const char *content_type;
    bool apikey; /* the key goes into `apikey` too */
    bool uuid_ids;
    /* A credential of the client's own making, on the heap; NULL with `error` filled in. `old` was refused. */
    char *(*token)(Client *client, const char *old, HecateError *error);
} Face;

typedef struct Easies Easies;

struct Client {
    const Face *face;
    char *url, *key, *client_id, *client_secret, *audience, *ca_file;
    HecateHeader *headers;
    size_t header_count;
    int64_t timeout_ms;
    size_t answer_limit, memory_limit;
    HecateFetch fetch;
    void *fetch_arg;
    Easies *easies; /* libcurl's handles, if fetch is ours */

    pthread_mutex_t lock;
    char *token;         /* fetched, under the lock */
    int64_t token_until; /* clock_mono_ms() */
};

/* A handle of any kind; NULL with `error` filled in. */
Client *client_new(const Face *face, const HecateOptions *options, HecateError *error);
void client_free(Client *client);
/* One method. `ret` is where the pointer to the result goes (a pointer to a pointer), NULL for SHAPE_NONE. */
HecateStatus client_call(Client *client, const Method *method, const Args *args, void *ret, HecateError *error);
/* Frees a result of client_call(); accepts NULL. */
void result_free(void *result);

/* ---- errors and answers ---- */

struct HecateResponse {
    int status;
    Buf body;                /* heap */
    int64_t total, pages[2]; /* X-Total-Count, -1 without; Link: next and last, 0 without */
    int retry_after;
    char failure[256];
};

/* Empties `error`, sets kind and message, and returns the kind. */
HecateStatus error_set(HecateError *error, HecateStatus kind, const char *format, ...) PRINTF(3, 4);
/* Copies what fits, whole characters, control characters as blanks. */
void error_text(char *to, size_t size, const char *text);
/* Fills in `error` from an answer that is not 2xx, whatever dialect wrote it. */
HecateStatus error_read(Ctx *ctx, const HecateResponse *response, HecateError *error);

/* ---- libcurl ---- */

Easies *easies_new(void); /* NULL without memory */
void easies_free(Easies *easies);
HecateStatus easies_fetch(void *easies, const HecateRequest *request, HecateResponse *response);

#endif
