/* external.h: a sign-in at another party: the way there, and whose account somebody is who comes back (spec/gotrue.md 3.15, 3.18). */
#ifndef HECATE_DIRECTORY_EXTERNAL_H
#define HECATE_DIRECTORY_EXTERNAL_H

#include "directory/messages.h"
#include "directory/providers.h"

typedef struct ExternalAsk {
    ProviderAsk page;                         /* without state, which is made */
    const char *redirect_to;                  /* where it ends, already judged */
    const char *challenge, *challenge_method; /* PKCE: s256 or plain; NULL: the tokens come along */
    const char *invite_token;                 /* of an invitation that is accepted so, or NULL */
    const char *user_id;                      /* the user gets a further identity; NULL: somebody signs in */
} ExternalAsk;
/* Begins a flow, good once and for flow_exp; `*url` is the party's page. E_NO_USER: nobody has this invitation; E_TOO_LARGE. */
Err dir_external_begin(Ctx *ctx, const ExternalAsk *in, char **url);

/* A flow that is under way. */
typedef struct ExternalFlow {
    const char *id, *provider, *redirect_to;
} ExternalFlow;
/* E_NO_FLOW; E_FLOW_EXPIRED; E_CONFLICT: it was used; E_NO_USER: the user who was to get an identity is gone. */
Err dir_external_flow(Ctx *ctx, const char *state, ExternalFlow *ret);

typedef struct ExternalEnd {
    const ExternalFlow *flow;
    Provider provider;
    const char *code, *redirect_uri; /* what the party gave; the address that its page was told */
    const Postal *post;              /* of a confirmation that is needed */
    bool no_new;                     /* nobody becomes a user so */
} ExternalEnd;
typedef struct ExternalEnded {
    const char *auth_code; /* PKCE: a code for dir_flow_exchange() */
    Grant grant;           /* else the session */
    bool mailed;           /* with E_UNVERIFIED: a confirmation went out */
} ExternalEnded;
/* The user is the one who has the identity, or, by an address that the party says is verified, the one who has that; else a new one. What an
 * unconfirmed user had by whom nobody knows (password, other identities, sessions, factors, metadata) ends when the address proves to be somebody's.
 * The hooks of new users are asked. A failure before the user is looked for leaves the flow as it was.
 * E_IO with a text: the party did not answer as it should; E_NO_IDENTIFIER: it told no address; E_PROVIDER_OFF: no_new; E_INTERNAL with a text:
 * several users have that address; E_BANNED, E_LOCKED, E_HOOK, E_BUSY; E_UNVERIFIED: the user is there, but not the address's owner yet;
 * E_EMAIL_UNCONFIRMED: the same of an identity that was added; E_ID_TAKEN with a text: somebody has the identity; E_EMAIL_TAKEN; E_NO_INVITATION;
 * E_BAD_VALUE with a text: the invitation went to another address; E_CONFLICT: the flow was used; E_NOT_LISTED; E_MAIL_LIMIT, E_MAIL_FORBIDDEN. */
Err dir_external_end(Ctx *ctx, const ExternalEnd *in, ExternalEnded *ret);

#endif
