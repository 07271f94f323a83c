-- Resource servers, permissions, roles, and who has them.

-- #define server_columns
s.id, s.identifier, s.name, s.signing_alg, s.allow_offline_access, s.skip_consent, s.token_lifetime, s.token_lifetime_for_web, s.enforce_policies,
s.token_dialect, s.created_at

-- #define server_scopes
-- @pg
, (SELECT json_agg(json_build_object('value', p.name, 'description', p.description) ORDER BY p.position, p.name)
   FROM hecate.permissions p WHERE p.server_id = s.id) AS scopes
-- @sqlite
, (SELECT json_group_array(json_object('value', o.name, 'description', o.description))
   FROM (SELECT p.name, p.description FROM hecate.permissions p WHERE p.server_id = s.id ORDER BY p.position, p.name) o) AS scopes

-- :server_get
SELECT #server_columns# #server_scopes# FROM hecate.resource_servers s WHERE s.id = :id OR s.identifier = :id

-- :server_list
SELECT #server_columns# #server_scopes# FROM hecate.resource_servers s ORDER BY s.created_at, s.id LIMIT :limit OFFSET :offset

-- :server_count
SELECT count(*) AS total FROM hecate.resource_servers

-- :server_insert write
INSERT INTO hecate.resource_servers (id, identifier, name, signing_alg, allow_offline_access, skip_consent, token_lifetime, token_lifetime_for_web,
  enforce_policies, token_dialect, created_at)
VALUES (:id, :identifier, :name, :signing_alg, :allow_offline_access, :skip_consent, :token_lifetime, :token_lifetime_for_web, :enforce_policies,
  :token_dialect, :created_at)

-- :server_update write
UPDATE hecate.resource_servers SET name = :name, signing_alg = :signing_alg, allow_offline_access = :allow_offline_access, skip_consent = :skip_consent,
  token_lifetime = :token_lifetime, token_lifetime_for_web = :token_lifetime_for_web, enforce_policies = :enforce_policies, token_dialect = :token_dialect
WHERE id = :id

-- :server_delete write
DELETE FROM hecate.resource_servers WHERE id = :id

-- :permission_put write
INSERT INTO hecate.permissions (server_id, name, description, position) VALUES (:server_id, :name, :description, :position)
ON CONFLICT (server_id, name) DO UPDATE SET description = excluded.description, position = excluded.position

-- :permission_delete write
DELETE FROM hecate.permissions WHERE server_id = :server_id AND name = :name

-- A permission that is to be given: it stays until the end of the transaction.

-- :permission_lock
-- @pg
SELECT p.server_id, p.name FROM hecate.permissions p JOIN hecate.resource_servers s ON s.id = p.server_id
WHERE s.identifier = :identifier AND p.name = :name FOR KEY SHARE OF p
-- @sqlite
SELECT p.server_id, p.name FROM hecate.permissions p JOIN hecate.resource_servers s ON s.id = p.server_id
WHERE s.identifier = :identifier AND p.name = :name

-- :role_get
SELECT id, name, description, created_at FROM hecate.roles WHERE id = :id

-- :role_lock
-- @pg
SELECT id, name, description, created_at FROM hecate.roles WHERE id = :id FOR NO KEY UPDATE
-- @sqlite
SELECT id, name, description, created_at FROM hecate.roles WHERE id = :id

-- :role_list
SELECT id, name, description, created_at FROM hecate.roles WHERE CAST(:filter AS text) IS NULL OR lower(name) LIKE :filter ESCAPE '\'
ORDER BY name, id LIMIT :limit OFFSET :offset

-- :role_count
SELECT count(*) AS total FROM hecate.roles WHERE CAST(:filter AS text) IS NULL OR lower(name) LIKE :filter ESCAPE '\'

-- :role_insert write
INSERT INTO hecate.roles (id, name, description, created_at) VALUES (:id, :name, :description, :created_at)

-- :role_update write
UPDATE hecate.roles SET name = :name, description = :description WHERE id = :id

-- :role_delete write
DELETE FROM hecate.roles WHERE id = :id

-- :user_role_list
SELECT r.id, r.name, r.description, r.created_at FROM hecate.user_roles m JOIN hecate.roles r ON r.id = m.role_id
WHERE m.user_id = :user_id ORDER BY r.name, r.id LIMIT :limit OFFSET :offset

-- :user_role_count
SELECT count(*) AS total FROM hecate.user_roles WHERE user_id = :user_id

-- :user_role_put write
INSERT INTO hecate.user_roles (user_id, role_id, created_at) VALUES (:user_id, :role_id, :created_at) ON CONFLICT (user_id, role_id) DO NOTHING

-- :user_role_delete write
DELETE FROM hecate.user_roles WHERE user_id = :user_id AND role_id = :role_id

-- :role_user_list
SELECT m.user_id, m.created_at FROM hecate.user_roles m JOIN auth.users u ON u.id = m.user_id
WHERE m.role_id = :role_id AND u.deleted_at IS NULL
  AND (CAST(:after_at AS bigint) = 0 OR m.created_at > :after OR (m.created_at = :after AND m.user_id > :after_id))
ORDER BY m.created_at, m.user_id LIMIT :limit OFFSET :offset

-- :role_user_count
SELECT count(*) AS total FROM hecate.user_roles m JOIN auth.users u ON u.id = m.user_id WHERE m.role_id = :role_id AND u.deleted_at IS NULL

-- :role_permission_put write
INSERT INTO hecate.role_permissions (role_id, server_id, name, created_at) VALUES (:role_id, :server_id, :name, :created_at)
ON CONFLICT (role_id, server_id, name) DO NOTHING

-- :role_permission_delete write
DELETE FROM hecate.role_permissions WHERE role_id = :role_id AND name = :name
  AND server_id = (SELECT s.id FROM hecate.resource_servers s WHERE s.identifier = :identifier)

-- :user_permission_put write
INSERT INTO hecate.user_permissions (user_id, server_id, name, created_at) VALUES (:user_id, :server_id, :name, :created_at)
ON CONFLICT (user_id, server_id, name) DO NOTHING

-- :user_permission_delete write
DELETE FROM hecate.user_permissions WHERE user_id = :user_id AND name = :name
  AND server_id = (SELECT s.id FROM hecate.resource_servers s WHERE s.identifier = :identifier)

-- :role_permission_list
SELECT p.name, p.description, s.name AS server_name, s.identifier, '' AS role_id, '' AS role_name
FROM hecate.role_permissions m JOIN hecate.permissions p ON p.server_id = m.server_id AND p.name = m.name
JOIN hecate.resource_servers s ON s.id = m.server_id
WHERE m.role_id = :role_id ORDER BY s.identifier, p.name

-- A user's own and those of its roles; one that comes several ways has a row for each, its own first.

-- :user_permission_list
SELECT p.name, p.description, s.name AS server_name, s.identifier, '' AS role_id, '' AS role_name
FROM hecate.user_permissions m JOIN hecate.permissions p ON p.server_id = m.server_id AND p.name = m.name
JOIN hecate.resource_servers s ON s.id = m.server_id
WHERE m.user_id = :user_id
UNION ALL
SELECT p.name, p.description, s.name, s.identifier, r.id, r.name
FROM hecate.user_roles u JOIN hecate.roles r ON r.id = u.role_id JOIN hecate.role_permissions m ON m.role_id = r.id
JOIN hecate.permissions p ON p.server_id = m.server_id AND p.name = m.name JOIN hecate.resource_servers s ON s.id = m.server_id
WHERE u.user_id = :user_id
ORDER BY 4, 1, 5
