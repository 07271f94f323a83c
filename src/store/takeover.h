/* takeover.h: may we serve the schema auth that stands in this database? */
#ifndef HECATE_STORE_TAKEOVER_H
#define HECATE_STORE_TAKEOVER_H

#include "base/base.h"
#include "base/buf.h"
#include "base/ctx.h"

/* To be asked before db_migrate(). `*ret_has_auth`: another server made schema auth, so the first of store_migrations (0001_auth)
 * must be left out, at this start and at every later one; false on SQLite, on a database without auth.users, and where we made it
 * ourselves. E_CONFIG, with one line in `why`: it is older than ours (the missing versions are named), or lacks a column that we
 * use. A newer one is served, with a warning in the log. Other errors: those of db_query(). */
Err store_takeover_check(Ctx *ctx, bool *ret_has_auth, Buf *why);

#endif
