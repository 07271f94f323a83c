/* answer.c: what a server answered: the response as the transport fills it, and errors in the shapes of all dialects. */
#include <stdarg.h>

#include "dialect/clerk/wire.h"
#include "internal.h"
#include "json/json.h"

/* ---- the response ---- */

void hecate_response_status(HecateResponse *response, int status)
{
    response->status = status;
}

/* Headers that anybody reads; all others are passed over. */
/* "</admin/users?page=2&per_page=50>; rel="next", …": the number of the page with this relation, 0 without. */
static int64_t link_page(const char *value, const char *rel)
{
    const char *end = strstr(value, rel), *start = NULL;
    uint64_t number;
    size_t n;

    for (const char *p = value; end != NULL && p < end; p++)
        if ((*p == '?' || *p == '&') && strncmp(p + 1, "page=", 5) == 0)
            start = p + 6;
    if (start == NULL)
        return 0;
    n = strspn(start, "0123456789");
    return str_to_u64((Str){ start, n }, INT32_MAX, &number) ? (int64_t)number : 0;
}

void hecate_response_header(HecateResponse *response, const char *name, const char *value)
{
    uint64_t number;

    if (name != NULL && value != NULL && str_eq_nocase(str_of(name), STR("link"))) {
        response->pages[0] = link_page(value, "; rel=\"next\"");
        response->pages[1] = link_page(value, "; rel=\"last\"");
    }
    if (name == NULL || value == NULL || !str_to_u64(str_trim(str_of(value)), INT32_MAX, &number))
        return;
    if (str_eq_nocase(str_of(name), STR("x-total-count")))
        response->total = (int64_t)number;
    if (str_eq_nocase(str_of(name), STR("retry-after")))
        response->retry_after = (int)number;
}

bool hecate_response_body(HecateResponse *response, const void *data, size_t size)
{
    if (size > 0)
        buf_add(&response->body, data, size);
    return !response->body.over;
}

void hecate_response_failure(HecateResponse *response, const char *why)
{
    error_text(response->failure, sizeof(response->failure), why);
}

/* ---- errors ---- */

void error_text(char *to, size_t size, const char *text)
{
    size_t n = text == NULL ? 0 : strlen(text);

    if (n >= size)
        for (n = size - 1; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i];
    to[n] = '\0';
}

HecateStatus error_set(HecateError *error, HecateStatus kind, const char *format, ...)
{
    char text[sizeof(error->message)];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    *error = (HecateError){ .kind = kind };
    error_text(error->message, sizeof(error->message), text);
    return kind;
}

/* Members of the errors of GoTrue (two shapes and OAuth's), Auth0 and gateways, as documents: each is now a text, now something
 * else. */
typedef struct ErrorBody {
    const char *error_code, *code, *error_code_auth0, *msg, *message, *error_description, *error, *weak_password, *errors;
} ErrorBody;

static const Field error_body[] = {
    JSON(ErrorBody, error_code, "error_code"),
    JSON(ErrorBody, code, "code"),
    JSON(ErrorBody, error_code_auth0, "errorCode"),
    JSON(ErrorBody, msg, "msg"),
    JSON(ErrorBody, message, "message"),
    JSON(ErrorBody, error_description, "error_description"),
    JSON(ErrorBody, error, "error"),
    JSON(ErrorBody, weak_password, "weak_password"),
    JSON(ErrorBody, errors, "errors"),
    END(ErrorBody),
};

static const char *first_text(Ctx *ctx, const char *const *documents, size_t n)
{
    const char *text = NULL;

    for (size_t i = 0; i < n && text == NULL; i++)
        text = json_text(ctx->arena, documents[i]);
    return text;
}

typedef struct Weak {
    Texts reasons;
} Weak;

static const Field weak_fields[] = { TEXTS(Weak, reasons, "reasons"), END(Weak) };

static void read_reasons(Ctx *ctx, const char *document, HecateError *error)
{
    Buf buf = buf_in(ctx->arena, 4096);
    Weak weak = { 0 };
    char *text;

    if (document == NULL || json_read(ctx, str_of(document), JSON_IGNORE_UNKNOWN, weak_fields, &weak) != OK)
        return;
    for (size_t i = 0; i < weak.reasons.n; i++)
        buf_printf(&buf, "%s%s", i == 0 ? "" : ",", weak.reasons.v[i]);
    if (buf_text(&buf, &text) == OK)
        error_text(error->reasons, sizeof(error->reasons), text);
}

static void read_clerk(Ctx *ctx, Str text, HecateError *error)
{
    ClerkErrors all = { 0 };
    const ClerkError *first;

    if (json_read(ctx, text, JSON_IGNORE_UNKNOWN, clerk_errors_body, &all) != OK || all.errors.n == 0)
        return;
    first = all.errors.v[0];
    error_text(error->code, sizeof(error->code), first->code);
    error_text(error->message, sizeof(error->message), first->message);
    error_text(error->detail, sizeof(error->detail), first->long_message);
    error_text(error->param, sizeof(error->param), first->meta == NULL ? NULL : first->meta->param_name);
    error_text(error->trace, sizeof(error->trace), all.clerk_trace_id);
}

/* `error` is a code beside error_description (OAuth), and the reason phrase beside Auth0's message: there it is no code. */
static void read_plain(Ctx *ctx, const ErrorBody *body, HecateError *error)
{
    const char *const codes[] = { body->error_code, body->error_code_auth0, body->code, body->error_description == NULL ? NULL : body->error };
    const char *const messages[] = { body->msg, body->message, body->error_description, body->error };
    const char *message = first_text(ctx, messages, COUNTOF(messages));

    error_text(error->code, sizeof(error->code), first_text(ctx, codes, COUNTOF(codes)));
    if (message != NULL)
        error_text(error->message, sizeof(error->message), message);
    read_reasons(ctx, body->weak_password, error);
}

HecateStatus error_read(Ctx *ctx, const HecateResponse *response, HecateError *error)
{
    const Str text = buf_view(&response->body);
    ErrorBody body = { 0 };

    error_set(error, HECATE_REFUSED, "the server answered with status %d", response->status);
    error->status = response->status;
    error->retry_after = response->retry_after;
    if (text.n == 0 || json_read(ctx, text, JSON_IGNORE_UNKNOWN, error_body, &body) != OK)
        return HECATE_REFUSED;
    if (body.errors != NULL)
        read_clerk(ctx, text, error);
    else
        read_plain(ctx, &body, error);
    return HECATE_REFUSED;
}

const char *hecate_status_name(HecateStatus status)
{
    static const char *const names[] = { "ok", "refused", "invalid", "unreachable", "bad answer", "out of memory" };

    return (unsigned)status < COUNTOF(names) ? names[status] : "unknown";
}

const char *hecate_version(void)
{
    return HECATE_LIB_VERSION;
}
