/* access.h: roles, permissions and resource servers, and who has them. Errors beside those of directory.h: E_NO_ROW: the role, resource server or
 * permission is not there; E_CONFLICT: the name or identifier is taken; E_NO_USER. */
#ifndef HECATE_DIRECTORY_ACCESS_H
#define HECATE_DIRECTORY_ACCESS_H

#include "directory/directory.h"

/* A permission by the names that a caller knows. */
typedef struct PermissionRef {
    const char *identifier, *name;
} PermissionRef;

/* A page; `total` gets how many there are in all, NULL: nobody asks. */
typedef struct AccessPage {
    int64_t limit, offset, *total;
    const char *filter;   /* roles: part of the name, in any case; NULL: all */
    const char *user_id;  /* roles: of this user; NULL: all there are */
    const char *after_id; /* users of a role: behind this one … */
    int64_t after;        /* … that was assigned then; 0: from the start */
} AccessPage;

Err dir_server_create(Ctx *ctx, ResourceServer *server); /* sets id and created_at */
Err dir_server_get(Ctx *ctx, const char *id_or_identifier, ResourceServer **ret);
Err dir_server_list(Ctx *ctx, const AccessPage *page, List *ret);
/* Its scopes become those of `server`: what is not among them is taken from roles and users. */
Err dir_server_update(Ctx *ctx, const ResourceServer *server);
Err dir_server_delete(Ctx *ctx, const char *id);

Err dir_role_create(Ctx *ctx, Role *role); /* sets id and created_at */
Err dir_role_get(Ctx *ctx, const char *id, Role **ret);
Err dir_role_update(Ctx *ctx, const Role *role);
Err dir_role_delete(Ctx *ctx, const char *id);
Err dir_role_list(Ctx *ctx, const AccessPage *page, List *ret);
Err dir_role_users(Ctx *ctx, const char *role_id, const AccessPage *page, List *ret); /* RoleUser */

/* Of a user or of a role (the other one is NULL); all of the list or none. Giving what is there and taking what is not there is no error. */
Err dir_roles_assign(Ctx *ctx, const Texts *user_ids, const Texts *role_ids, bool give);
Err dir_permissions_assign(Ctx *ctx, const char *user_id, const char *role_id, const List *refs, bool give);
/* Permission; a user's come with those of its roles, a row for each way, in the order of identifier and name. */
Err dir_permissions_list(Ctx *ctx, const char *user_id, const char *role_id, List *ret);

#endif
