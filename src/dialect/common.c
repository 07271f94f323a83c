/* common.c: what handlers of all dialects use. */
#include "dialect/dialect.h"

Err req_read_mode(Ctx *ctx, const Req *req, unsigned mode, void *in)
{
    return json_read(ctx, req->body, mode, ctx_call(ctx)->route->in, in);
}

Err req_read(Ctx *ctx, const Req *req, void *in)
{
    return req_read_mode(ctx, req, JSON_EMPTY_IS_OBJECT, in);
}

Err req_query(Ctx *ctx, const Req *req, const Field *fields, unsigned form_mode, void *in)
{
    return form_read(ctx, req->query, form_mode, fields, in);
}

const char *req_param(const Ctx *ctx, const char *name)
{
    const Call *call = ctx_call(ctx);

    for (size_t i = 0; i < call->n_params; i++)
        if (str_eq(call->names[i], str_of(name)))
            return call->values[i];
    return "";
}

Err req_bearer(Ctx *ctx, const Req *req, Str *ret)
{
    Str value = req_header(req, "authorization");
    const Str scheme = STR("bearer ");

    if (req_header_count(req, "authorization") != 1 || value.n <= scheme.n || !str_eq_nocase((Str){ value.p, scheme.n }, scheme))
        return fail(ctx, E_NO_CREDENTIAL, NOWHERE, NULL);
    value = (Str){ value.p + scheme.n, value.n - scheme.n };
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] <= ' ')
            return fail(ctx, E_NO_CREDENTIAL, NOWHERE, NULL);
    *ret = value;
    return OK;
}

Err reply_json(Ctx *ctx, Reply *reply, int status, const char *content_type, const Field *fields, const void *object, JsonStyle style)
{
    (void)ctx;
    reply->status = status;
    reply_header(reply, "Content-Type", content_type);
    json_write(&reply->body, fields, object, style);
    return OK;
}

Err reply_object(Ctx *ctx, Reply *reply, int status, const void *object, JsonStyle style)
{
    return reply_json(ctx, reply, status, "application/json", ctx_call(ctx)->route->out, object, style);
}

Err reply_text(Ctx *ctx, Reply *reply, int status, const char *content_type, Str text)
{
    (void)ctx;
    reply->status = status;
    reply_header(reply, "Content-Type", content_type);
    buf_str(&reply->body, text);
    return OK;
}

void reply_allow(const Ctx *ctx, Reply *reply)
{
    static const Method all[] = { GET, POST, PUT, PATCH, DELETE };
    char allow[64] = "";

    for (size_t i = 0; i < COUNTOF(all); i++)
        if ((ctx_call(ctx)->allowed & all[i]) != 0) {
            const size_t n = strlen(allow);

            snprintf(allow + n, sizeof(allow) - n, "%s%s", n == 0 ? "" : ", ", method_name(all[i]));
        }
    reply_header(reply, "Allow", allow);
}

void reply_retry_after(const Ctx *ctx, Reply *reply)
{
    const Lane *lane = ctx->directory == NULL ? NULL : ctx->directory->hash_lane;
    const int64_t s = lane == NULL ? 1 : (lane_delay_ms(lane) + 999) / 1000;

    reply_headerf(reply, "Retry-After", "%d", s < 1 ? 1 : s > 60 ? 60 : (int)s);
}

Err on_user_verb(Ctx *ctx, const Req *req, Reply *reply)
{
    const Call *call = ctx_call(ctx);
    const char *id;
    User *user;

    (void)req;
    TRY(call->dialect->read_user_id(ctx, req_param(ctx, "user_id"), &id));
    TRY(call->route->verb(ctx, id, &user));
    return call->dialect->reply_user(ctx, reply, 200, user);
}
