/* pages.h: where the pages of lists of users ended, for a minute, in this process. */
#ifndef HECATE_DIRECTORY_PAGES_H
#define HECATE_DIRECTORY_PAGES_H

#include "directory/directory.h"

Pages *pages_new(void);
void pages_free(Pages *pages); /* accepts NULL */

/* The query itself, or the same page as the one behind the last user of the page before it, if the caller was given that one. */
void pages_find(Ctx *ctx, const UserQuery *in, UserQuery *ret);
/* These users were the page that was asked for. */
void pages_keep(Ctx *ctx, const UserQuery *in, const List *users);

#endif
