/* call.c: one call from arguments to result. All it makes lives in an arena of its own, which ends with the call or, on success,
 * with the result; an arena that is full or finds no memory unwinds to call_run(). */
#include "base/clock.h"
#include "base/id.h"
#include "internal.h"
#include "json/json.h"

enum { URL_CAP = 64 << 10, UUID_LENGTH = 36 };

typedef struct Call {
    Client *client;
    const Method *method;
    const Args *args;
    HecateError *error;
    Ctx ctx;
    HecateResponse response;
    const char *type; /* of the body; NULL is the client's own */
    char *token;      /* fetched; on the heap */
    void *result;
    jmp_buf no_memory;
} Call;

static void on_no_memory(void *arg, size_t size, bool over_cap)
{
    Call *call = arg;

    (void)size;
    (void)over_cap;
    longjmp(call->no_memory, 1);
}

/* ---- the request ---- */

static HecateStatus bad_argument(Call *call)
{
    return error_set(call->error, HECATE_INVALID, "%s", call->ctx.fault.text == NULL ? "an argument cannot be sent" : call->ctx.fault.text);
}

bool is_uuid(const char *id)
{
    size_t n = 0;

    for (; id != NULL && id[n] != '\0'; n++) {
        const bool dash = n == 8 || n == 13 || n == 18 || n == 23;

        if (n >= UUID_LENGTH || (dash ? id[n] != '-' : strchr("0123456789abcdefABCDEF", id[n]) == NULL))
            return false;
    }
    return n == UUID_LENGTH;
}

static bool is_segment(const char *text)
{
    return !text_empty(text) && strcmp(text, ".") != 0 && strcmp(text, "..") != 0 && utf8_valid(str_of(text));
}

/* An id becomes one segment of the path. Those that a server, or something before it, would take for another path are refused. */
static bool id_ok(const Call *call)
{
    const char *id = call->args->id, *hole = strchr(call->method->path, '%');

    if (hole == NULL)
        return true;
    for (size_t i = 0; (hole = strchr(hole + 1, '%')) != NULL; i++)
        if (i >= COUNTOF(call->args->more) || !is_segment(call->args->more[i]))
            return false;
    return is_segment(id) && (!call->client->face->uuid_ids || is_uuid(id));
}

static HecateStatus write_url(Call *call, char **ret)
{
    Buf buf = buf_in(call->ctx.arena, URL_CAP), query = buf_in(call->ctx.arena, URL_CAP);
    const Binding *in = &call->method->query;
    size_t holes = 0;

    if (!id_ok(call))
        return error_set(call->error, HECATE_INVALID, "the id is not one of a user");
    buf_puts(&buf, call->client->url);
    for (const char *p = call->method->path; *p != '\0'; p++) {
        if (*p == '%')
            percent_write(&buf, holes++ == 0 ? call->args->id : call->args->more[holes - 2]);
        else
            buf_char(&buf, *p);
    }
    if (in->bind != NULL && call->args->query != NULL && bind_write_query(&call->ctx, &query, in->wire, in->bind, call->args->query) != OK)
        return bad_argument(call);
    if (query.len > 0) {
        buf_char(&buf, '?');
        buf_str(&buf, buf_view(&query));
    }
    if (query.over || buf_text(&buf, ret) != OK)
        return error_set(call->error, HECATE_INVALID, "the query is too long");
    return HECATE_OK;
}

/* A body that the caller wrote. */
static HecateStatus write_json(Call *call, HecateRequest *request)
{
    const char *json = call->args->json;

    if (json == NULL || json_check(&call->ctx, str_of(json), JSON_DEPTH) != OK)
        return error_set(call->error, HECATE_INVALID, "the body is no JSON");
    request->body = json;
    request->body_size = strlen(json);
    return HECATE_OK;
}

/* One part, named as Clerk wants it. The boundary is random, so that no content can end the part. */
static HecateStatus write_file(Call *call, HecateRequest *request)
{
    const File *file = call->args->file;
    Buf buf = buf_in(call->ctx.arena, call->client->memory_limit);
    const char *boundary = uuid_new(call->ctx.arena);
    char *text;

    buf_printf(&buf, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\nContent-Type: %s\r\n\r\n", boundary, file->name,
               file->type);
    buf_add(&buf, file->data, file->size);
    buf_printf(&buf, "\r\n--%s--\r\n", boundary);
    if (buf_text(&buf, &text) != OK)
        return error_set(call->error, HECATE_INVALID, "the body is too large");
    call->type = arena_printf(call->ctx.arena, "multipart/form-data; boundary=%s", boundary);
    request->body = text;
    request->body_size = buf.len;
    return HECATE_OK;
}

static HecateStatus write_body(Call *call, HecateRequest *request)
{
    Buf buf = buf_in(call->ctx.arena, call->client->memory_limit);
    const Binding *in = &call->method->body;
    char *text;

    if (call->method->json)
        return write_json(call, request);
    if (call->method->file)
        return write_file(call, request);
    if (in->bind == NULL)
        return HECATE_OK;
    if (call->args->body == NULL)
        return error_set(call->error, HECATE_INVALID, "there is nothing to send");
    if (bind_write_body(&call->ctx, &buf, in->wire, in->bind, call->args->body) != OK)
        return bad_argument(call);
    if (buf_text(&buf, &text) != OK)
        return error_set(call->error, HECATE_INVALID, "the body is too large");
    request->body = text;
    request->body_size = buf.len;
    return HECATE_OK;
}

static HecateHeader *header_named(HecateHeader *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(str_of(headers[i].name), str_of(name)))
            return &headers[i];
    return NULL;
}

/* A later header takes the place of an earlier one of the same name. */
static void header_put(HecateHeader *headers, size_t *n, const char *name, const char *value)
{
    HecateHeader *header = header_named(headers, *n, name);

    if (header == NULL)
        header = &headers[(*n)++];
    *header = (HecateHeader){ name, value };
}

static void write_headers(Call *call, HecateRequest *request)
{
    const Client *client = call->client;
    const size_t own = COUNTOF(client->face->headers) + 3;
    HecateHeader *headers = ARENA_ARRAY(call->ctx.arena, HecateHeader, own + client->header_count);
    const char *token = call->args->token != NULL ? call->args->token : call->token != NULL ? call->token : client->key;
    const char *bearer = token == NULL ? NULL : arena_printf(call->ctx.arena, "Bearer %s", token);
    size_t n = 0;

    for (size_t i = 0; i < COUNTOF(client->face->headers) && client->face->headers[i].name != NULL; i++)
        header_put(headers, &n, client->face->headers[i].name, client->face->headers[i].value);
    if (request->body != NULL)
        header_put(headers, &n, "Content-Type", call->type != NULL ? call->type : client->face->content_type);
    if (client->face->apikey && client->key != NULL)
        header_put(headers, &n, "apikey", client->key);
    if (bearer != NULL && !call->method->open)
        header_put(headers, &n, "Authorization", bearer);
    for (size_t i = 0; i < client->header_count; i++)
        header_put(headers, &n, client->headers[i].name, client->headers[i].value);
    if (call->args->token != NULL)
        header_put(headers, &n, "Authorization", bearer);
    request->headers = headers;
    request->header_count = n;
}

/* Does the handle make a credential itself? Not when it was given one. */
static bool fetches_token(const Call *call)
{
    const Client *client = call->client;

    return client->face->token != NULL && !call->method->open && client->key == NULL && client->client_id != NULL &&
           header_named(client->headers, client->header_count, "Authorization") == NULL;
}

static void drop_token(Call *call)
{
    if (call->token != NULL)
        explicit_bzero(call->token, strlen(call->token));
    free(call->token);
    call->token = NULL;
}

static HecateStatus send_request(Call *call)
{
    const Client *client = call->client;
    HecateRequest request = { .method = call->method->verb, .timeout_ms = client->timeout_ms, .ca_file = client->ca_file };
    HecateStatus status;
    char *url = NULL;

    status = write_url(call, &url);
    if (status == HECATE_OK)
        status = write_body(call, &request);
    if (status != HECATE_OK)
        return status;
    request.url = url;
    write_headers(call, &request);
    buf_free(&call->response.body);
    call->response = (HecateResponse){ .body = buf_heap(client->answer_limit), .total = -1 };
    status = client->fetch(client->fetch_arg, &request, &call->response);
    if (call->response.body.over)
        return error_set(call->error, HECATE_BAD_ANSWER, "the answer is larger than %zu bytes", client->answer_limit);
    if (status != HECATE_OK)
        return error_set(call->error, status == HECATE_NOMEM ? HECATE_NOMEM : HECATE_UNREACHABLE, "%s",
                         call->response.failure[0] == '\0' ? "no answer" : call->response.failure);
    return HECATE_OK;
}

/* ---- the answer ---- */

static HecateStatus no_memory(Call *call)
{
    return error_set(call->error, HECATE_NOMEM, "the call needs more than %zu bytes, or memory is short", call->client->memory_limit);
}

static HecateStatus bad_answer(Call *call, const char *why)
{
    error_set(call->error, HECATE_BAD_ANSWER, "the answer is not what was asked for: %s", why);
    call->error->status = call->response.status;
    return HECATE_BAD_ANSWER;
}

/* A result stands behind the pointer to the arena that it ends with. */
static void *result_new(Arena *arena, size_t size)
{
    char *block = arena_alloc(arena, sizeof(max_align_t) + size);

    memcpy(block, &arena, sizeof(Arena *));
    return block + sizeof(max_align_t);
}

void result_free(void *result)
{
    Arena *arena;

    if (result == NULL)
        return;
    memcpy(&arena, (char *)result - sizeof(max_align_t), sizeof(Arena *));
    arena_free(arena);
}

/* Any JSON text, as it came. */
static HecateStatus read_json(Call *call)
{
    Arena *arena = call->ctx.arena;
    const char *raw = str_dup(arena, buf_view(&call->response.body)), **result;

    if (json_check(&call->ctx, str_of(raw), JSON_DEPTH) != OK)
        return bad_answer(call, "it is no JSON");
    result = result_new(arena, sizeof(*result));
    *result = raw;
    call->result = result;
    return HECATE_OK;
}

static HecateStatus read_result(Call *call)
{
    const Method *method = call->method;
    Arena *arena = call->ctx.arena;
    const char *raw = str_dup(arena, buf_view(&call->response.body));
    Str text = { raw, call->response.body.len };
    const Field *table = bind_table(arena, method->out.wire, method->out.bind);
    char *result = result_new(arena, bind_size(method->out.bind));
    Err err;

    if (method->total != NOWHERE)
        *(int64_t *)(void *)(result + method->total) = -1;
    if (method->shape == SHAPE_LIST && str_starts(str_trim(text), STR("[")))
        text = str_of(arena_printf(arena, "{\"%s\":%s}", method->out.bind[0].name, raw));
    err = json_read(&call->ctx, text, JSON_IGNORE_UNKNOWN, table, result);
    if (err != OK)
        return err == E_NOMEM ? no_memory(call) : bad_answer(call, call->ctx.fault.text == NULL ? "a member has another type" : call->ctx.fault.text);
    if (method->due != NOWHERE && *(char **)(void *)(result + method->due) == NULL)
        return bad_answer(call, "it lacks what tells one user from another");
    if (method->raw != NOWHERE)
        *(const char **)(void *)(result + method->raw) = raw;
    if (method->total != NOWHERE && call->response.total >= 0)
        *(int64_t *)(void *)(result + method->total) = call->response.total;
    if (method->pages > 0)
        memcpy(result + method->pages, call->response.pages, sizeof(call->response.pages));
    call->result = result;
    return HECATE_OK;
}

/* ---- the whole ---- */

static HecateStatus ask(Call *call)
{
    char *token;

    if (fetches_token(call)) {
        token = call->client->face->token(call->client, call->token, call->error);
        drop_token(call);
        call->token = token;
        if (token == NULL)
            return call->error->kind;
    }
    return send_request(call);
}

static HecateStatus call_run(Call *call)
{
    HecateStatus status = ask(call);

    if (status == HECATE_OK && call->response.status == 401 && call->token != NULL) /* it may have been withdrawn */
        status = ask(call);
    if (status != HECATE_OK)
        return status;
    if (call->response.status < 200 || call->response.status > 299)
        return error_read(&call->ctx, &call->response, call->error);
    return call->method->shape == SHAPE_NONE ? HECATE_OK : call->method->shape == SHAPE_JSON ? read_json(call) : read_result(call);
}

/* Alone with setjmp(), so that no variable is in doubt after it. */
static HecateStatus call_guarded(Call *call)
{
    arena_on_failure(call->ctx.arena, on_no_memory, call);
    if (setjmp(call->no_memory) != 0)
        return no_memory(call);
    return call_run(call);
}

static HecateStatus call_whole(Call *call)
{
    Arena *arena = arena_try_new(call->client->memory_limit, true);
    HecateStatus status;

    if (arena == NULL)
        return error_set(call->error, HECATE_NOMEM, "no memory for the call");
    call->ctx = ctx_new(arena, NULL);
    status = call_guarded(call);
    arena_on_failure(arena, NULL, NULL);
    buf_free(&call->response.body);
    drop_token(call);
    if (status != HECATE_OK || call->result == NULL)
        arena_free(arena);
    return status;
}

HecateStatus client_call(Client *client, const Method *method, const Args *args, void *ret, HecateError *error)
{
    HecateError unused;
    Call *call = calloc(1, sizeof(*call));
    HecateStatus status;

    error = error == NULL ? &unused : error;
    *error = (HecateError){ 0 };
    if (call == NULL)
        return error_set(error, HECATE_NOMEM, "no memory for the call");
    call->client = client;
    call->method = method;
    call->args = args;
    call->error = error;
    status = call_whole(call);
    if (status == HECATE_OK)
        *error = (HecateError){ 0 };
    if (ret == NULL)
        result_free(status == HECATE_OK ? call->result : NULL);
    else if (status == HECATE_OK)
        *(void **)ret = call->result;
    free(call);
    return status;
}
