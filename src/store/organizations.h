/* organizations.h: organizations, memberships, invitations: one short function a statement; errors as store.h says. */
#ifndef HECATE_STORE_ORGANIZATIONS_H
#define HECATE_STORE_ORGANIZATIONS_H

#include "store/store.h"

/* By whichever of the three is not NULL: the UUID, the short id, the slug. */
typedef struct OrganizationKey {
    const char *id, *short_id, *slug;
    int64_t now;
} OrganizationKey;

Err store_organization_get(Tx *tx, const OrganizationKey *key, Organization **ret);
/* Waits for those who change it or what belongs to it; until the end of the transaction it stays as it is. */
Err store_organization_lock(Tx *tx, const char *id);
Err store_organization_insert(Tx *tx, const Organization *organization); /* E_SLUG_TAKEN */
Err store_organization_update(Tx *tx, const Organization *organization); /* the same */
Err store_organization_delete(Tx *tx, const char *id, int64_t *changed);
Err store_organization_list(Tx *tx, const OrganizationQuery *query, List *ret);
Err store_organization_count(Tx *tx, const OrganizationQuery *query, int64_t *ret);

/* What statements on members ask for; each reads what it names. */
typedef struct MemberKey {
    const char *organization_id, *user_id, *role_id, *session_id;
    int64_t created_at, limit, offset;
} MemberKey;

Err store_membership_get(Tx *tx, const MemberKey *key, Membership **ret);
Err store_membership_insert(Tx *tx, const Membership *membership); /* E_MEMBER_EXISTS */
Err store_membership_update(Tx *tx, const Membership *membership);
Err store_membership_delete(Tx *tx, const MemberKey *key, int64_t *changed);
Err store_memberships_delete_all(Tx *tx, const char *user_id);
/* filter.c: ids alone, without organization and user. */
Err store_member_list(Tx *tx, const MemberQuery *query, List *ret);
Err store_member_count(Tx *tx, const MemberQuery *query, int64_t *ret);

Err store_member_role_list(Tx *tx, const MemberKey *key, List *ret); /* Role */
Err store_member_role_count(Tx *tx, const MemberKey *key, int64_t *ret);
Err store_member_role_write(Tx *tx, const MemberKey *key, bool give);

Err store_session_organization_put(Tx *tx, const MemberKey *key);
/* The membership of a session's user in the session's organization. E_NO_ROW: it has none, or the user left it. */
Err store_session_membership(Tx *tx, const char *session_id, Membership **ret);

/* What statements on invitations ask for. */
typedef struct InvitationKey {
    const char *id, *short_id, *organization_id, *email, *status;
    int64_t now;
} InvitationKey;

Err store_invitation_get(Tx *tx, const InvitationKey *key, Invitation **ret);
Err store_invitation_insert(Tx *tx, const Invitation *invitation); /* E_INVITED */
/* Only one that is open. */
Err store_invitation_end(Tx *tx, const InvitationKey *key, bool *ended);
Err store_invitation_delete(Tx *tx, const char *id, int64_t *changed);
/* Of an address, in an organization or (NULL) to the application. */
Err store_invitations_expire(Tx *tx, const InvitationKey *key);
Err store_invitations_accept(Tx *tx, const InvitationKey *key);
Err store_invitations_pending(Tx *tx, const InvitationKey *key, int64_t *ret); /* to the application */
Err store_invitation_list(Tx *tx, const InvitationQuery *query, List *ret);
Err store_invitation_count(Tx *tx, const InvitationQuery *query, int64_t *ret);

#endif
