/* users.h: `hecate users`: users through the client library, in any dialect, at any address. */
#ifndef HECATE_CLI_USERS_H
#define HECATE_CLI_USERS_H

#include "base/buf.h"

#define USERS_USAGE "list|get|create|update|delete|ban|unban [ID] [--dialect gotrue|clerk|auth0] [--url URL] [--json] …"

/* Arguments behind `users`. 0, or with a line in `why`: 1 refused by the server, 64 wrong usage, 69 no server or no answer of one, 70
 * out of memory. */
int users_command(int argc, char *const *argv, Buf *why);
/* The options, a line each. */
void users_help(Buf *buf);

#endif
