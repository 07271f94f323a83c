/* organizations.h: organizations, who is in them, and who is asked to join. Errors beside those of directory.h: E_NO_ORGANIZATION; E_NO_USER: also
 * one whose row was kept after its deletion. Every change leaves an audit row of its own in the same transaction. */
#ifndef HECATE_DIRECTORY_ORGANIZATIONS_H
#define HECATE_DIRECTORY_ORGANIZATIONS_H

#include "directory/directory.h"

enum { LONGEST_ORGANIZATION_NAME = 256, LONGEST_SLUG = 64 };

/* Lower-case letters, digits, '-' and '_', the first one a letter or digit; at most LONGEST_SLUG. */
bool slug_valid(const char *text);

/* `meta_max` of the calls below: bytes of a metadata document, 0: no limit; over it E_TOO_LONG at the member. */

/* `in` says name, slug (NULL: made of the name), documents, max_memberships, created_by (becomes its administrator) and created_at (0: now); the rest
 * is filled. E_BAD_VALUE at name or slug; E_SLUG_TAKEN at slug; E_NO_USER at created_by; E_TOO_LONG. */
Err dir_organization_create(Ctx *ctx, Organization *in, int64_t meta_max);
/* One of the three is not NULL. */
Err dir_organization_get(Ctx *ctx, const char *id, const char *short_id, const char *slug, Organization **ret);
/* A page, and (unless NULL) how many there are in all. */
Err dir_organization_list(Ctx *ctx, const OrganizationQuery *query, List *ret, int64_t *total);

/* Only members marked in `given` count; branding may be null. */
typedef struct OrganizationPatch {
    Given given;
    const char *name, *slug, *public_metadata, *private_metadata, *branding;
    int64_t max_memberships, created_at, meta_max;
    bool admin_delete_enabled;
    MetaMode meta_mode;
} OrganizationPatch;
/* max_memberships may fall below what there is: then nobody else joins. Errors as of dir_organization_create(). */
Err dir_organization_update(Ctx *ctx, const char *id, const OrganizationPatch *in, Organization **ret);
/* Memberships and invitations go, too. */
Err dir_organization_delete(Ctx *ctx, const char *id);
/* Its picture: the errors of dir_image_put(). An empty image takes it away. */
Err dir_organization_image(Ctx *ctx, const char *id, Str image, Organization **ret);

/* ---- members ---- */

/* `in` says organization_id, user_id, role, documents. Open invitations to the user's verified e-mail addresses count as accepted. E_MEMBER_EXISTS;
 * E_MEMBERS_MANY; E_TOO_LONG. */
Err dir_member_add(Ctx *ctx, const Membership *in, int64_t meta_max, Membership **ret);
/* All or none; who is a member already stays as it is. E_MEMBERS_MANY. */
Err dir_members_add(Ctx *ctx, const char *organization_id, const Texts *user_ids);
/* Who is none is passed over, and the last administrator may go. */
Err dir_members_remove(Ctx *ctx, const char *organization_id, const Texts *user_ids);

typedef struct MemberPatch {
    Given given;
    const char *role, *public_metadata, *private_metadata;
    int64_t meta_max;
    MetaMode meta_mode;
} MemberPatch;
/* E_NO_MEMBER; E_LAST_ADMIN; E_TOO_LONG. */
Err dir_member_update(Ctx *ctx, const char *organization_id, const char *user_id, const MemberPatch *in, Membership **ret);
/* `*ret` is what it was. E_NO_MEMBER; E_LAST_ADMIN: it is the only administrator. */
Err dir_member_remove(Ctx *ctx, const char *organization_id, const char *user_id, Membership **ret);
/* Memberships with organization and user; `total` may be NULL. */
Err dir_member_list(Ctx *ctx, const MemberQuery *query, List *ret, int64_t *total);

/* Roles (access.h) that a member has within the organization. E_NO_MEMBER; E_NO_ROW: no such role. Giving what is there and taking what is not there
 * is no error. */
Err dir_member_roles_assign(Ctx *ctx, const char *organization_id, const char *user_id, const Texts *role_ids, bool give);
Err dir_member_role_list(Ctx *ctx, const char *organization_id, const char *user_id, int64_t limit, int64_t offset, List *ret, int64_t *total);

/* The membership, with its organization, of the organization that the session is in. E_NO_MEMBER: it is in none, or the user left it. */
Err dir_session_membership(Ctx *ctx, const char *session_id, Membership **ret);

/* ---- invitations ---- */

/* Makes all of `in` (Invitation) or none. Each says email, organization_id (NULL: to the application), role, inviter_id, documents, details, url and
 * expires_at, and may have an id of its own; the rest is filled, organization and inviter, too. With `mail` a letter goes to the invited:
 * E_MAIL_FORBIDDEN. fault.item is the one at fault. E_BAD_EMAIL; E_INVITED: there is an open one;
 * E_MEMBER_EXISTS; E_MEMBERS_MANY; E_NO_USER at inviter_id; E_TOO_LONG; to the application E_EMAIL_TAKEN. With `anyway` the last and E_INVITED are
 * not looked for there. */
Err dir_invitations_create(Ctx *ctx, const List *in, bool anyway, int64_t meta_max);
/* What only the invited and their server know of an invitation, the same each time: 43 characters. */
Err dir_invitation_ticket(Ctx *ctx, const char *id, const char **ret);
/* One of the organization (NULL: of the application) by either of its ids. E_NO_INVITATION. */
Err dir_invitation_get(Ctx *ctx, const char *organization_id, const char *id, const char *short_id, Invitation **ret);
/* E_NO_INVITATION; E_INVITATION_OVER: fault.text is its status. */
Err dir_invitation_revoke(Ctx *ctx, const char *organization_id, const char *id, Invitation **ret);
/* E_NO_INVITATION. */
Err dir_invitation_delete(Ctx *ctx, const char *organization_id, const char *id);
/* With organization and inviter; `total` may be NULL. */
Err dir_invitation_list(Ctx *ctx, const InvitationQuery *query, List *ret, int64_t *total);

#endif
