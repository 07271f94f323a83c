/* admin.h: `hecate users` and the nouns that hang on a user (`links`, `factors`, `sessions`, `roles`, …): through the client library, in any API, at
 * any address. */
#ifndef HECATE_CLI_ADMIN_H
#define HECATE_CLI_ADMIN_H

#include "base/buf.h"

/* Arguments behind `noun`. 0, or with a line in `why`: 1 refused by the server, 64 wrong usage, 69 no server or no answer of one, 70
 * out of memory. */
int admin_command(const char *noun, int argc, char *const *argv, Buf *why);
/* The verbs and the options of `noun`, a line each. */
void admin_help(Buf *buf, const char *noun);

#endif
