/* internal.h: what the files of the dialect share. */
#ifndef HECATE_GOTRUE_INTERNAL_H
#define HECATE_GOTRUE_INTERNAL_H

#include "dialect/gotrue/gotrue.h"
#include "dialect/gotrue/wire.h"
#include "directory/messages.h"

enum { GOTRUE_META_MAX = 64 * 1024 }; /* bytes of a metadata document */

extern const ErrRow gotrue_errors[ERR_COUNT];
extern const Route gotrue_routes[];

/* caller.c */
Err gotrue_identify(Ctx *ctx, const Req *req, Str path, const Route *route);
/* Does the request carry a credential of an administrator, on a route that asks for none? Nothing of it stays. */
bool gotrue_bears_admin(Ctx *ctx, const Req *req);
/* The user whose token the request carries, on a route that asks for none. Errors of a credential. */
Err gotrue_identify_user(Ctx *ctx, const Req *req);
Err gotrue_enter(Ctx *ctx, const Req *req, Str path, const Route *route);
/* Audience that user look-ups ask for (spec 0.5). */
const char *gotrue_audience(Ctx *ctx, const Req *req);

/* errors.c */
/* How bodies are read: member names are exact, but for administrators (recorded so). */
enum { GOTRUE_BODY = JSON_IGNORE_UNKNOWN | JSON_NULL_IS_OBJECT, GOTRUE_ADMIN_BODY = GOTRUE_BODY | JSON_ANY_CASE };
/* Reads the body through route->in, whatever its media type; but a form counts as an empty body (spec 0.1). */
Err gotrue_read(Ctx *ctx, const Req *req, unsigned mode, void *in);
Err gotrue_read_as(Ctx *ctx, const Req *req, unsigned mode, const Field *fields, void *in);
bool gotrue_is_form(const Req *req); /* by its media type */
/* How an error is said: as gotrue_write_error() writes it. */
typedef struct GotrueFault {
    int status;
    const char *code, *text;
} GotrueFault;
GotrueFault gotrue_fault(Ctx *ctx, Err err);
/* Is the caller the Elixir client, which fails on any answer without JSON, an empty 204 among them? */
bool gotrue_wants_json(const Req *req);
/* The body of an error, in the shape that the request asks for, after what is in the answer. */
void gotrue_write_fault(Ctx *ctx, const Req *req, Reply *reply, Err err);
/* Answers 400 in the shape of OAuth (RFC 6749 5.2). */
Err gotrue_oauth_error(Ctx *ctx, const Req *req, Reply *reply, const char *error, const char *text);
void gotrue_write_error(Ctx *ctx, const Req *req, Reply *reply, Err err);
bool gotrue_intercept(Ctx *ctx, const Req *req, Reply *reply);
void gotrue_finish(Ctx *ctx, const Req *req, Reply *reply);

/* captcha.c: asks for what the route asks for. E_BAD_VALUE, E_HOOK, errors of the body. */
Err gotrue_captcha(Ctx *ctx, const Req *req, const Route *route);

/* users.c */
const GotrueIdentity *gotrue_identity_view(Ctx *ctx, const Identity *identity);
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

/* list.c: a page of a list, as `page` and `per_page` say, and the parameters of the request. */
typedef struct Pairs Pairs;
typedef struct Page {
    Pairs *pairs;
    uint64_t page, per_page;
    int64_t limit, offset;
} Page;
Err gotrue_page_read(Ctx *ctx, const Req *req, Page *page);                        /* E_BAD_PAGE, E_BAD_VALUE */
const char *gotrue_page_value(const Page *page, const char *name);                 /* the first value, or NULL */
void gotrue_page_headers(Ctx *ctx, Reply *reply, const Page *page, int64_t total); /* Link, X-Total-Count */

/* parts.c */
Err gotrue_audit_list(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_identity_list(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_identity_delete(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_own_identities(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_check_linking(Ctx *ctx); /* E_FEATURE_OFF */
Err gotrue_own_identity_delete(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_session_list(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_sessions_end(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_passkey_list(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_passkey_delete(Ctx *ctx, const Req *req, Reply *reply);

/* limits.c: takes a token of the limiter's bucket for this address. E_RATE_LIMIT. */
Err gotrue_limit(Ctx *ctx, const Req *req, const char *name);
Err gotrue_limit_route(Ctx *ctx, const Req *req, const Route *route);

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
/* The same without the quotes as %q of Go has it: what does not show is escaped, other letters stay. */
const char *go_escape(Arena *arena, const char *text);

/* signup.c */
Err gotrue_signup(Ctx *ctx, const Req *req, Reply *reply);

/* redirect.c */
/* The application's address; where none is set, this server's own, for clients take no empty one. Never NULL. */
const char *gotrue_site(const Ctx *ctx);
/* Where a link leads (spec 0.7): `first` if it may, else the request's redirect_to, its Referer, the site. Never NULL. */
const char *gotrue_redirect(Ctx *ctx, const Req *req, const char *first);
/* On which address links are built (0.8). */
const char *gotrue_external_url(Ctx *ctx, const Req *req);

/* post.c */
#define GOTRUE_BAD_CHANNEL \
    "Invalid channel, supported values are 'sms' or 'whatsapp'. 'whatsapp' is only supported if Twilio or Twilio Verify is used as the provider."
bool gotrue_channel_ok(const Ctx *ctx, const char *channel); /* a hook takes any */
/* An error with a code of its own. */
Err gotrue_refuse(Ctx *ctx, Err err, const char *code, const char *text);
/* The form of PKCE parameters (spec 3). E_BAD_VALUE. */
Err gotrue_check_challenge(Ctx *ctx, const char *challenge, const char *method);
/* What messages of this request need; without a challenge there is no flow. E_BAD_VALUE: the method. */
Err gotrue_postal(Ctx *ctx, const Req *req, const char *redirect, const char *challenge, const char *method, Postal *ret);
/* {} or, for a fixed code, its message_id. */
Err gotrue_reply_sent(Ctx *ctx, Reply *reply, bool test);
Err gotrue_otp(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_magiclink(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_recover(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_resend(Ctx *ctx, const Req *req, Reply *reply);

/* links.c, me.c, verify.c */
Err gotrue_invite(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_generate_link(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_own_update(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_reauthenticate(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_verify_get(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_verify_post(Ctx *ctx, const Req *req, Reply *reply);
/* A parameter of the query, or NULL. */
Err gotrue_query(Ctx *ctx, const Req *req, const char *name, const char **ret);

/* lead.c */
/* To this address, 302 or 303. */
Err gotrue_lead(Ctx *ctx, Reply *reply, int status, const char *where);
/* The redirect with these pairs in its fragment, and for PKCE in its query, too; the last pair is `sb`, for the fragment alone. */
Err gotrue_lead_with(Ctx *ctx, Reply *reply, const char *redirect, bool pkce, const FormPair *pairs, size_t n);
Err gotrue_lead_error(Ctx *ctx, Reply *reply, const char *redirect, bool pkce, Err err);
/* The same at the end of a sign-in elsewhere: an error of ours, or what the other party says. */
Err gotrue_lead_fault(Ctx *ctx, Reply *reply, const char *redirect, Err err);
Err gotrue_lead_refused(Ctx *ctx, Reply *reply, const char *redirect, const char *error, const char *text);
/* With a session in the fragment (`type` may be NULL), or with a code for one in the query. */
Err gotrue_lead_session(Ctx *ctx, Reply *reply, int status, const char *redirect, const char *type, const Grant *grant);
Err gotrue_lead_code(Ctx *ctx, Reply *reply, int status, const char *redirect, const char *code);
/* A callback that belongs to nothing leads to the site with this error, and says it in its body, too. */
Err gotrue_lead_astray(Ctx *ctx, const Req *req, Reply *reply, Err err);
Err gotrue_grant_pkce(Ctx *ctx, const Req *req, const TokenIn *in, Reply *reply);

/* token.c, session.c */
/* Signs the access token and sets the headers of spec 0.9. */
Err gotrue_issue(Ctx *ctx, Reply *reply, const Grant *grant, GotrueSession *ret);
/* Answers a session (S200) through these fields, with the headers of spec 0.9. */
Err gotrue_reply_grant(Ctx *ctx, Reply *reply, const Grant *grant, const Field *fields);
Err gotrue_token(Ctx *ctx, const Req *req, Reply *reply);
/* The grant that a request to /token names, NULL: none. E_BAD_REQUEST. */
Err gotrue_grant_type(Ctx *ctx, const Req *req, char **ret);
Err gotrue_me(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_logout(Ctx *ctx, const Req *req, Reply *reply);

/* public.c */
Err gotrue_health(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_show_settings(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_jwks(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_discovery(Ctx *ctx, const Req *req, Reply *reply);
/* Is there a provider of this name, set up or not? In lower case. */
bool gotrue_is_provider(const char *name);

/* off.c: what is not served says so, as the reference does where it is switched off; nor is any provider set up. */
Err gotrue_oauth_off(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_custom_off(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_saml_off(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_passkeys_off(Ctx *ctx, const Req *req, Reply *reply);

/* external.c */
Err gotrue_authorize(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_link_authorize(Ctx *ctx, const Req *req, Reply *reply);
Err gotrue_callback(Ctx *ctx, const Req *req, Reply *reply);

/* off.c */
Err gotrue_grant_id_token(Ctx *ctx, const Req *req, const TokenIn *in, Reply *reply);

#endif
