/* connections.h: where users of Auth0 come from: databases, passwordless ways, other parties (spec/auth0.md 2.14). Errors beside those of
 * directory.h: E_NO_ROW: there is none; E_CONFLICT: the name is taken, or the connection is the default one, which stays. */
#ifndef HECATE_DIRECTORY_CONNECTIONS_H
#define HECATE_DIRECTORY_CONNECTIONS_H

#include "directory/directory.h"

/* A page; members that are NULL or 0 do not count; `total` NULL: nobody asks. */
typedef struct ConnectionPage {
    const char *name, *after_id;
    const Texts *strategies; /* NULL or empty: any */
    int64_t after, limit, offset, *total;
} ConnectionPage;

Err dir_connection_get(Ctx *ctx, const char *id, Connection **ret);
Err dir_connection_named(Ctx *ctx, const char *name, Connection **ret);
Err dir_connection_list(Ctx *ctx, const ConnectionPage *page, List *ret); /* Connection, the oldest first */
Err dir_connection_create(Ctx *ctx, Connection *connection);              /* sets id and created_at */
Err dir_connection_update(Ctx *ctx, const Connection *connection);        /* all but name and strategy */
/* With all its users. */
Err dir_connection_delete(Ctx *ctx, const char *id);

#endif
