/* internal.h: what the files of the dialect share. */
#ifndef HECATE_GOTRUE_INTERNAL_H
#define HECATE_GOTRUE_INTERNAL_H

#include "dialect/gotrue/gotrue.h"
#include "dialect/gotrue/wire.h"

enum { GOTRUE_META_MAX = 64 * 1024 }; /* bytes of a metadata document */

extern const ErrRow gotrue_errors[ERR_COUNT];
extern const Route gotrue_routes[];

/* caller.c */
Err gotrue_identify(Ctx *ctx, const Req *req, Str path, const Route *route);
Err gotrue_enter(Ctx *ctx, const Req *req, Str path, const Route *route);
/* Audience that user look-ups ask for (spec 0.5). */
const char *gotrue_audience(Ctx *ctx, const Req *req);

/* errors.c */
/* How bodies are read: member names are exact, but for administrators (recorded so). */
enum { GOTRUE_BODY = JSON_IGNORE_UNKNOWN | JSON_NULL_IS_OBJECT, GOTRUE_ADMIN_BODY = GOTRUE_BODY | JSON_ANY_CASE };
/* Reads the body through route->in, whatever its media type; but a form counts as an empty body (spec 0.1). */
Err gotrue_read(Ctx *ctx, const Req *req, unsigned mode, void *in);
void gotrue_write_error(Ctx *ctx, const Req *req, Reply *reply, Err err);
bool gotrue_intercept(Ctx *ctx, const Req *req, Reply *reply);
void gotrue_finish(Ctx *ctx, const Req *req, Reply *reply);

/* users.c */
const GotrueUser *gotrue_user_view(Ctx *ctx, const User *user);
Err gotrue_read_user_id(Ctx *ctx, const char *text, const char **ret);
Err gotrue_reply_user(Ctx *ctx, Reply *reply, int status, const User *user);
Err gotrue_user_create(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_user_list(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_user_get(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_user_update(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_user_delete(Ctx *ctx, const Req *req, Reply *reply);

/* users.c */
/* A JSON array of what route->out describes. */
Err gotrue_reply_list(Ctx *ctx, Reply *reply, const List *list);

/* factors.c */
const GotrueFactor *gotrue_factor_view(Ctx *ctx, const Factor *factor);
Err gotrue_factor_enroll(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_factor_challenge(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_factor_verify(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_factor_unenroll(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_factor_list(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_factor_update(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_factor_delete(Ctx *ctx, const Req *req, Reply *reply);

/* duration.c: Go's duration grammar (spec 2.2.1); E_BAD_VALUE with the reference's text. */
Err duration_read(Ctx *ctx, const char *text, int64_t *ret_us);
/* A text in Go's double quotes. */
const char *go_quote(Arena *arena, const char *text);

/* signup.c */
Err gotrue_signup(Ctx *ctx, const Req *req, Reply *reply);

/* token.c, session.c */
/* Answers a session (S200) through these fields, with the headers of spec 0.9. */
Err gotrue_reply_grant(Ctx *ctx, Reply *reply, const Grant *grant, const Field *fields);
Err gotrue_token(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_me(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_logout(Ctx *ctx, const Req *req, Reply *reply);

/* public.c */
Err gotrue_health(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_show_settings(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_jwks(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_oauth_off(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_discovery(Ctx *ctx, const Req *req, Reply *reply);

#endif
