-- Organizations, memberships, invitations.

-- #define organization_columns
o.id, o.short_id, o.name, o.slug, o.public_metadata, o.private_metadata, o.branding, o.max_memberships, o.admin_delete_enabled, o.image_id, o.created_by,
o.created_at, o.updated_at

-- What is counted beside each; an invitation that is too old is not open any more.

-- #define organization_counts
, (SELECT count(*) FROM hecate.memberships m WHERE m.organization_id = o.id) AS members
, (SELECT count(*) FROM hecate.memberships m WHERE m.organization_id = o.id AND m.role = 'admin') AS admins

-- #define membership_columns
m.id, m.organization_id, m.user_id, m.role, m.public_metadata, m.private_metadata, m.created_at, m.updated_at

-- #define invitation_columns
i.id, i.short_id, i.organization_id, i.email, i.role, i.inviter_id, i.public_metadata, i.private_metadata, i.details, i.url, i.created_at, i.updated_at,
i.expires_at

-- #define invitation_status
CASE WHEN i.status = 'pending' AND i.expires_at <= :now THEN 'expired' ELSE i.status END AS status

-- By any of its three names.

-- :organization_get
SELECT #organization_columns# #organization_counts#
, (SELECT count(*) FROM hecate.invitations i WHERE i.organization_id = o.id AND i.status = 'pending' AND i.expires_at > :now) AS pending
FROM hecate.organizations o WHERE o.id = :id OR o.short_id = :short_id OR o.slug = :slug

-- Before an organization or what belongs to it is changed. Alone: what a statement that waits for a lock reads beside the locked row is from before
-- the wait.

-- :organization_lock
-- @pg
SELECT o.id FROM hecate.organizations o WHERE o.id = :id FOR NO KEY UPDATE
-- @sqlite
SELECT o.id FROM hecate.organizations o WHERE o.id = :id

-- :organization_insert write
INSERT INTO hecate.organizations (id, short_id, name, slug, public_metadata, private_metadata, branding, max_memberships, admin_delete_enabled, image_id,
  created_by, created_at, updated_at)
VALUES (:id, :short_id, :name, :slug, :public_metadata, :private_metadata, :branding, :max_memberships, :admin_delete_enabled, :image_id,
  :created_by, :created_at, :updated_at)

-- :organization_update write
UPDATE hecate.organizations SET name = :name, slug = :slug, public_metadata = :public_metadata, private_metadata = :private_metadata,
  branding = :branding, max_memberships = :max_memberships, admin_delete_enabled = :admin_delete_enabled, image_id = :image_id,
  created_at = :created_at, updated_at = :updated_at
WHERE id = :id

-- :organization_delete write
DELETE FROM hecate.organizations WHERE id = :id

-- :membership_get
SELECT #membership_columns# FROM hecate.memberships m WHERE m.organization_id = :organization_id AND m.user_id = :user_id

-- :membership_insert write
INSERT INTO hecate.memberships (id, organization_id, user_id, role, public_metadata, private_metadata, created_at, updated_at)
VALUES (:id, :organization_id, :user_id, :role, :public_metadata, :private_metadata, :created_at, :updated_at)

-- :membership_update write
UPDATE hecate.memberships SET role = :role, public_metadata = :public_metadata, private_metadata = :private_metadata, updated_at = :updated_at
WHERE id = :id

-- :membership_delete write
DELETE FROM hecate.memberships WHERE organization_id = :organization_id AND user_id = :user_id

-- Of a user whose row is kept after its deletion.

-- :memberships_delete_all write
DELETE FROM hecate.memberships WHERE user_id = :user_id

-- :member_role_list
SELECT r.id, r.name, r.description, r.created_at FROM hecate.member_roles m JOIN hecate.roles r ON r.id = m.role_id
WHERE m.organization_id = :organization_id AND m.user_id = :user_id ORDER BY r.name, r.id LIMIT :limit OFFSET :offset

-- :member_role_count
SELECT count(*) AS count FROM hecate.member_roles WHERE organization_id = :organization_id AND user_id = :user_id

-- :member_role_put write
INSERT INTO hecate.member_roles (organization_id, user_id, role_id, created_at) VALUES (:organization_id, :user_id, :role_id, :created_at)
ON CONFLICT (organization_id, user_id, role_id) DO NOTHING

-- :member_role_delete write
DELETE FROM hecate.member_roles WHERE organization_id = :organization_id AND user_id = :user_id AND role_id = :role_id

-- :invitation_get
SELECT #invitation_columns#, #invitation_status# FROM hecate.invitations i WHERE i.id = :id OR i.short_id = :short_id

-- :invitation_insert write
INSERT INTO hecate.invitations (id, short_id, organization_id, email, role, inviter_id, public_metadata, private_metadata, details, status, url, created_at,
  updated_at, expires_at)
VALUES (:id, :short_id, :organization_id, :email, :role, :inviter_id, :public_metadata, :private_metadata, :details, 'pending', :url, :created_at,
  :updated_at, :expires_at)

-- :invitation_end write
UPDATE hecate.invitations SET status = :status, updated_at = :now WHERE id = :id AND status = 'pending' AND expires_at > :now

-- :invitation_delete write
DELETE FROM hecate.invitations WHERE id = :id

-- Those that are over by their time make room for new ones.

-- :invitations_expire write
UPDATE hecate.invitations SET status = 'expired' WHERE organization_id = :organization_id AND email = :email AND status = 'pending' AND expires_at <= :now

-- :invitations_accept write
UPDATE hecate.invitations SET status = 'accepted', updated_at = :now
WHERE organization_id = :organization_id AND email = :email AND status = 'pending' AND expires_at > :now

-- :invitations_pending
SELECT count(*) AS count FROM hecate.invitations i
WHERE i.organization_id IS NULL AND i.email = :email AND i.status = 'pending' AND i.expires_at > :now

-- :invitations_accept_application write
UPDATE hecate.invitations SET status = 'accepted', updated_at = :now
WHERE organization_id IS NULL AND email = :email AND status = 'pending' AND expires_at > :now

-- :session_organization_put write
INSERT INTO hecate.session_organizations (session_id, organization_id) VALUES (:session_id, :organization_id)
ON CONFLICT (session_id) DO UPDATE SET organization_id = excluded.organization_id

-- :session_membership
SELECT #membership_columns# FROM hecate.session_organizations s JOIN auth.sessions l ON l.id = s.session_id
JOIN hecate.memberships m ON m.organization_id = s.organization_id AND m.user_id = l.user_id
WHERE s.session_id = :session_id
