/* clients.h: programs that ask Auth0's token endpoint: their secrets, keys and grants. The client of the settings is none of them, but may have
 * grants. Errors beside those of directory.h: E_NO_ROW: there is none; E_CONFLICT: the client has a grant for the audience. */
#ifndef HECATE_DIRECTORY_CLIENTS_H
#define HECATE_DIRECTORY_CLIENTS_H

#include "directory/directory.h"

/* A page; members that are NULL or 0 do not count; `total` NULL: nobody asks. */
typedef struct ClientPage {
    const Texts *app_types;       /* clients: NULL or empty: any */
    const bool *first_party;      /* clients: NULL: either */
    const char *client_id;        /* grants: of this client */
    const char *audience;         /* grants: for this API */
    const bool *any_organization; /* grants: NULL: either */
    const char *after_id;
    int64_t after, limit, offset, *total;
} ClientPage;

/* With its secret. */
Err dir_client_get(Ctx *ctx, const char *id, Application **ret);
Err dir_client_list(Ctx *ctx, const ClientPage *page, List *ret); /* Application, the oldest first */
/* Sets id, secret and created_at; `keys` (or NULL) are made with it: their ids are set before, by dir_credential_name(). */
Err dir_client_create(Ctx *ctx, Application *client, const List *keys);
/* What a change makes of the client that is there: it sets all but id and secret, or refuses. It may be called again. */
typedef Err (*ClientChange)(Ctx *ctx, Application *client, void *arg);
Err dir_client_update(Ctx *ctx, const char *id, ClientChange change, void *arg, Application **ret);
/* A new secret; the one from before is over. */
Err dir_client_rotate(Ctx *ctx, const char *id, Application **ret);
/* With its keys and grants. */
Err dir_client_delete(Ctx *ctx, const char *id);

enum { MOST_CREDENTIALS = 10 };
/* An id for a key, and its times. */
void dir_credential_name(Ctx *ctx, ClientCredential *credential);
Err dir_credential_list(Ctx *ctx, const char *client_id, List *ret); /* ClientCredential */
/* E_FACTORS_MANY: the client has MOST_CREDENTIALS. */
Err dir_credential_create(Ctx *ctx, ClientCredential *credential);
Err dir_credential_expire(Ctx *ctx, const char *client_id, const char *id, int64_t expires_at);
Err dir_credential_delete(Ctx *ctx, const char *client_id, const char *id);
/* An assertion is used up until its end. E_CONFLICT: it was before. */
Err dir_assertion_use(Ctx *ctx, const char *client_id, const char *jti, int64_t expires_at);

Err dir_client_grant_get(Ctx *ctx, const char *id, ClientGrant **ret);
Err dir_client_grant_find(Ctx *ctx, const char *client_id, const char *audience, ClientGrant **ret);
Err dir_client_grant_list(Ctx *ctx, const ClientPage *page, List *ret); /* ClientGrant, the oldest first */
Err dir_client_grant_create(Ctx *ctx, ClientGrant *grant);              /* sets id and created_at */
Err dir_client_grant_update(Ctx *ctx, const ClientGrant *grant);        /* all but client and audience */
Err dir_client_grant_delete(Ctx *ctx, const char *id);

#endif
