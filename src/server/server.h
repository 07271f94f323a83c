/* server.h: one process: keys, database, one loop, the GoTrue listener. */
#ifndef HECATE_SERVER_H
#define HECATE_SERVER_H

#include "base/base.h"
#include "base/buf.h"

/* Serves until SIGTERM or SIGINT. `why` gets the reason of a refusal to start: E_CONFIG, E_CONFLICT (port or database taken),
 * E_DB, E_IO. */
Err server_run(Buf *why);

#endif
