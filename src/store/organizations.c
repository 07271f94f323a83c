/* organizations.c: organizations, memberships, invitations. */
#include "store/organizations.h"
#include "sql.gen.h"
#include "store/filter.h"

enum { MOST_ROWS = 10000, MOST_SQL = 64 * 1024 };

static const Field organization_key[] = {
    UUID(OrganizationKey, id, "id"),
    TEXT(OrganizationKey, short_id, "short_id"),
    TEXT(OrganizationKey, slug, "slug"),
    TIME(OrganizationKey, now, "now"),
    END(OrganizationKey),
};

static const Field organization_cols[] = {
    UUID(Organization, id, "id"),
    TEXT(Organization, short_id, "short_id"),
    TEXT(Organization, name, "name"),
    TEXT(Organization, slug, "slug"),
    JSON(Organization, public_metadata, "public_metadata"),
    JSON(Organization, private_metadata, "private_metadata"),
    JSON(Organization, branding, "branding"),
    INT(Organization, max_memberships, "max_memberships"),
    BOOL(Organization, admin_delete_enabled, "admin_delete_enabled"),
    TEXT(Organization, image_id, "image_id"),
    UUID(Organization, created_by, "created_by"),
    TIME(Organization, created_at, "created_at"),
    TIME(Organization, updated_at, "updated_at"),
    INT(Organization, members, "members"),
    INT(Organization, admins, "admins"),
    INT(Organization, pending, "pending"),
    END(Organization),
};

static const Field member_key[] = {
    UUID(MemberKey, organization_id, "organization_id"),
    UUID(MemberKey, user_id, "user_id"),
    TEXT(MemberKey, role_id, "role_id"),
    UUID(MemberKey, session_id, "session_id"),
    TIME(MemberKey, created_at, "created_at"),
    INT(MemberKey, limit, "limit"),
    INT(MemberKey, offset, "offset"),
    END(MemberKey),
};

const Field membership_cols[] = {
    UUID(Membership, id, "id"),
    UUID(Membership, organization_id, "organization_id"),
    UUID(Membership, user_id, "user_id"),
    TEXT(Membership, role, "role"),
    JSON(Membership, public_metadata, "public_metadata"),
    JSON(Membership, private_metadata, "private_metadata"),
    TIME(Membership, created_at, "created_at"),
    TIME(Membership, updated_at, "updated_at"),
    END(Membership),
};

static const Field role_cols[] = {
    TEXT(Role, id, "id"), TEXT(Role, name, "name"), TEXT(Role, description, "description"), TIME(Role, created_at, "created_at"), END(Role),
};

static const Field invitation_key[] = {
    UUID(InvitationKey, id, "id"),
    TEXT(InvitationKey, short_id, "short_id"),
    UUID(InvitationKey, organization_id, "organization_id"),
    TEXT(InvitationKey, email, "email"),
    TEXT(InvitationKey, status, "status"),
    TIME(InvitationKey, now, "now"),
    END(InvitationKey),
};

static const Field invitation_cols[] = {
    UUID(Invitation, id, "id"),
    TEXT(Invitation, short_id, "short_id"),
    UUID(Invitation, organization_id, "organization_id"),
    TEXT(Invitation, email, "email"),
    TEXT(Invitation, role, "role"),
    UUID(Invitation, inviter_id, "inviter_id"),
    JSON(Invitation, public_metadata, "public_metadata"),
    JSON(Invitation, private_metadata, "private_metadata"),
    JSON(Invitation, details, "details"),
    TEXT(Invitation, status, "status"),
    TEXT(Invitation, url, "url"),
    TIME(Invitation, created_at, "created_at"),
    TIME(Invitation, updated_at, "updated_at"),
    TIME(Invitation, expires_at, "expires_at"),
    END(Invitation),
};

static const Field count_cols[] = { INT(CheckRow, count, "count"), END(CheckRow) };

static Err count_one(Tx *tx, const Stmt *stmt, const Field *params, const void *key, int64_t *ret)
{
    CheckRow *row;

    TRY(db_one(tx, stmt, params, key, count_cols, &row));
    *ret = row->count;
    return OK;
}

/* ---- organizations ---- */

Err store_organization_get(Tx *tx, const OrganizationKey *key, Organization **ret)
{
    return db_one(tx, SQL_ORGANIZATION_GET, organization_key, key, organization_cols, ret);
}

Err store_organization_lock(Tx *tx, const char *id)
{
    const OrganizationKey key = { .id = id };
    OrganizationKey *found;

    return db_one(tx, SQL_ORGANIZATION_LOCK, organization_key, &key, organization_key, &found);
}

Err store_organization_insert(Tx *tx, const Organization *organization)
{
    return db_exec(tx, SQL_ORGANIZATION_INSERT, organization_cols, organization, NULL);
}

Err store_organization_update(Tx *tx, const Organization *organization)
{
    return db_exec(tx, SQL_ORGANIZATION_UPDATE, organization_cols, organization, NULL);
}

Err store_organization_delete(Tx *tx, const char *id, int64_t *changed)
{
    const OrganizationKey key = { .id = id };

    return db_exec(tx, SQL_ORGANIZATION_DELETE, organization_key, &key, changed);
}

/* ---- memberships ---- */

Err store_membership_get(Tx *tx, const MemberKey *key, Membership **ret)
{
    return db_one(tx, SQL_MEMBERSHIP_GET, member_key, key, membership_cols, ret);
}

Err store_membership_insert(Tx *tx, const Membership *membership)
{
    return db_exec(tx, SQL_MEMBERSHIP_INSERT, membership_cols, membership, NULL);
}

Err store_membership_update(Tx *tx, const Membership *membership)
{
    return db_exec(tx, SQL_MEMBERSHIP_UPDATE, membership_cols, membership, NULL);
}

Err store_membership_delete(Tx *tx, const MemberKey *key, int64_t *changed)
{
    return db_exec(tx, SQL_MEMBERSHIP_DELETE, member_key, key, changed);
}

Err store_memberships_delete_all(Tx *tx, const char *user_id)
{
    const MemberKey key = { .user_id = user_id };

    return db_exec(tx, SQL_MEMBERSHIPS_DELETE_ALL, member_key, &key, NULL);
}

Err store_member_role_list(Tx *tx, const MemberKey *key, List *ret)
{
    return db_list(tx, SQL_MEMBER_ROLE_LIST, member_key, key, role_cols, MOST_ROWS, ret);
}

Err store_member_role_count(Tx *tx, const MemberKey *key, int64_t *ret)
{
    return count_one(tx, SQL_MEMBER_ROLE_COUNT, member_key, key, ret);
}

Err store_member_role_write(Tx *tx, const MemberKey *key, bool give)
{
    return db_exec(tx, give ? SQL_MEMBER_ROLE_PUT : SQL_MEMBER_ROLE_DELETE, member_key, key, NULL);
}

Err store_session_organization_put(Tx *tx, const MemberKey *key)
{
    return db_exec(tx, SQL_SESSION_ORGANIZATION_PUT, member_key, key, NULL);
}

Err store_session_membership(Tx *tx, const char *session_id, Membership **ret)
{
    const MemberKey key = { .session_id = session_id };

    return db_one(tx, SQL_SESSION_MEMBERSHIP, member_key, &key, membership_cols, ret);
}

/* ---- invitations ---- */

Err store_invitation_get(Tx *tx, const InvitationKey *key, Invitation **ret)
{
    return db_one(tx, SQL_INVITATION_GET, invitation_key, key, invitation_cols, ret);
}

Err store_invitation_insert(Tx *tx, const Invitation *invitation)
{
    return db_exec(tx, SQL_INVITATION_INSERT, invitation_cols, invitation, NULL);
}

Err store_invitation_end(Tx *tx, const InvitationKey *key, bool *ended)
{
    int64_t changed;

    TRY(db_exec(tx, SQL_INVITATION_END, invitation_key, key, &changed));
    *ended = changed == 1;
    return OK;
}

Err store_invitation_delete(Tx *tx, const char *id, int64_t *changed)
{
    const InvitationKey key = { .id = id };

    return db_exec(tx, SQL_INVITATION_DELETE, invitation_key, &key, changed);
}

Err store_invitations_expire(Tx *tx, const InvitationKey *key)
{
    return db_exec(tx, SQL_INVITATIONS_EXPIRE, invitation_key, key, NULL);
}

Err store_invitations_accept(Tx *tx, const InvitationKey *key)
{
    return db_exec(tx, key->organization_id == NULL ? SQL_INVITATIONS_ACCEPT_APPLICATION : SQL_INVITATIONS_ACCEPT, invitation_key, key, NULL);
}

Err store_invitations_pending(Tx *tx, const InvitationKey *key, int64_t *ret)
{
    return count_one(tx, SQL_INVITATIONS_PENDING, invitation_key, key, ret);
}

/* ---- lists: text comes from the literals here, every value is bound ---- */

static void put(Filter *f, const char *sql)
{
    buf_puts(&f->query->sql, sql);
}

static void put_text(Filter *f, const char *text)
{
    filter_value(f, (Value){ .kind = F_TEXT, .text = text });
}

static void put_uuid(Filter *f, const char *id)
{
    filter_value(f, (Value){ .kind = F_UUID, .text = id });
}

static void put_number(Filter *f, FieldKind kind, int64_t number)
{
    filter_value(f, (Value){ .kind = kind, .number = number });
}

static void put_page(Filter *f, int64_t limit, int64_t offset)
{
    put(f, " LIMIT ");
    put_number(f, F_INT, limit);
    put(f, " OFFSET ");
    put_number(f, F_INT, offset);
}

/* Is this `hecate.NAME` or `hecate_NAME`? */
static void put_table(Filter *f, const char *before, const char *name)
{
    buf_printf(&f->query->sql, "%shecate%s%s", before, tx_is_postgres(db_auto(f->ctx)) ? "." : "_", name);
}

static void put_members(Filter *f, const char *before, const Texts *user_ids)
{
    if (user_ids->n == 0)
        return;
    put(f, before);
    put_table(f, " (SELECT 1 FROM ", "memberships m WHERE m.organization_id = o.id AND ");
    filter_in(f, "m.user_id IN (", F_UUID, user_ids, false, "))");
}

static void put_search(Filter *f, const OrganizationQuery *in)
{
    const char *pattern;

    if (text_empty(in->query))
        return;
    pattern = filter_like(f->ctx->arena, in->query);
    put(f, " AND (lower(o.name) LIKE lower(");
    put_text(f, pattern);
    put(f, ") ESCAPE '\\' OR o.slug LIKE ");
    put_text(f, pattern);
    put(f, " ESCAPE '\\'");
    if (in->query_id != NULL) {
        put(f, " OR o.id = ");
        put_uuid(f, in->query_id);
    }
    put(f, ")");
}

static void put_organizations(Filter *f, const OrganizationQuery *in)
{
    put_table(f, " FROM ", "organizations o WHERE true");
    filter_in(f, " AND o.id IN (", F_UUID, &in->ids, false, ")");
    filter_in(f, " AND o.id NOT IN (", F_UUID, &in->not_ids, false, ")");
    put_members(f, " AND EXISTS", &in->user_ids);
    put_members(f, " AND NOT EXISTS", &in->not_user_ids);
    put_search(f, in);
    if (in->after != 0) {
        put(f, in->ascending ? " AND (o.created_at, o.id) > (" : " AND (o.created_at, o.id) < (");
        put_number(f, F_TIME, in->after);
        put(f, ", ");
        put_uuid(f, in->after_id);
        put(f, ")");
    }
}

Err store_organization_list(Tx *tx, const OrganizationQuery *in, List *ret)
{
    static const char *const sorts[] = { [ORGANIZATION_CREATED_AT] = "o.created_at",
                                         [ORGANIZATION_NAME] = "lower(o.name)",
                                         [ORGANIZATION_SLUG] = "o.slug",
                                         [ORGANIZATION_MEMBERS] = "members" };
    const size_t db = tx_is_postgres(tx) ? 0 : 1;
    const char *way = in->ascending ? "ASC" : "DESC";
    Filter f = filter_new(tx);

    buf_printf(&f.query->sql, "SELECT %s %s", sql_text_organization_columns[db], sql_text_organization_counts[db]);
    put_table(&f, ", (SELECT count(*) FROM ", "invitations i WHERE i.organization_id = o.id AND i.status = 'pending' AND i.expires_at > ");
    put_number(&f, F_TIME, f.ctx->now);
    put(&f, ") AS pending");
    put_organizations(&f, in);
    buf_printf(&f.query->sql, " ORDER BY %s%s %s, o.created_at %s, o.id %s", sorts[in->sort],
               (in->sort == ORGANIZATION_NAME || in->sort == ORGANIZATION_SLUG) && db == 0 ? " COLLATE \"C\"" : "", way, way, way);
    put_page(&f, in->limit, in->offset);
    return f.query->sql.over ? E_TOO_LARGE : db_query(tx, f.query, organization_cols, SIZE_MAX, ret);
}

/* The number that a query which begins `SELECT count(*) AS count` finds. */
static Err count_rows(Tx *tx, Filter *f, int64_t *ret)
{
    List rows = { 0 };

    if (f->query->sql.over)
        return E_TOO_LARGE;
    TRY(db_query(tx, f->query, count_cols, 1, &rows));
    *ret = ((const CheckRow *)rows.v[0])->count;
    return OK;
}

Err store_organization_count(Tx *tx, const OrganizationQuery *in, int64_t *ret)
{
    Filter f = filter_new(tx);

    put(&f, "SELECT count(*) AS count");
    put_organizations(&f, in);
    return count_rows(tx, &f, ret);
}

/* The status as it is at this time. */
static void put_status(Filter *f, int64_t now)
{
    put(f, "CASE WHEN i.status = 'pending' AND i.expires_at <= ");
    put_number(f, F_TIME, now);
    put(f, " THEN 'expired' ELSE i.status END");
}

static void put_invitations(Filter *f, const InvitationQuery *in)
{
    put_table(f, " FROM ", "invitations i WHERE true");
    if (in->organization_id != NULL) {
        put(f, " AND i.organization_id = ");
        put_uuid(f, in->organization_id);
    } else
        put(f, in->application ? " AND i.organization_id IS NULL" : " AND i.organization_id IS NOT NULL");
    filter_in(f, " AND i.email IN (", F_TEXT, &in->emails, true, ")");
    if (!text_empty(in->email_like)) {
        put(f, " AND i.email LIKE ");
        put_text(f, filter_like(f->ctx->arena, in->email_like));
        put(f, " ESCAPE '\\'");
    }
    if (in->statuses.n > 0) {
        put(f, " AND ");
        put_status(f, in->now);
        filter_in(f, " IN (", F_TEXT, &in->statuses, false, ")");
    }
}

Err store_invitation_list(Tx *tx, const InvitationQuery *in, List *ret)
{
    const size_t db = tx_is_postgres(tx) ? 0 : 1;
    const char *way = in->ascending ? "ASC" : "DESC";
    Filter f = filter_new(tx);

    buf_printf(&f.query->sql, "SELECT %s, ", sql_text_invitation_columns[db]);
    put_status(&f, in->now);
    put(&f, " AS status");
    put_invitations(&f, in);
    buf_printf(&f.query->sql, " ORDER BY %s %s, i.created_at %s, i.id %s",
               in->by_expiry   ? "i.expires_at"
               : !in->by_email ? "i.created_at"
               : db == 0       ? "i.email COLLATE \"C\""
                               : "i.email",
               way, way, way);
    put_page(&f, in->limit, in->offset);
    return f.query->sql.over ? E_TOO_LARGE : db_query(tx, f.query, invitation_cols, SIZE_MAX, ret);
}

Err store_invitation_count(Tx *tx, const InvitationQuery *in, int64_t *ret)
{
    Filter f = filter_new(tx);

    put(&f, "SELECT count(*) AS count");
    put_invitations(&f, in);
    return count_rows(tx, &f, ret);
}
