-- Clients of Auth0's token endpoint, their keys and grants.

-- #define client_columns
c.id, c.sealed, c.app_type, c.is_first_party, c.document, c.created_at

-- #define client_wanted
(CAST(:app_type AS text) IS NULL OR CAST(:app_type AS text) LIKE '%,' || c.app_type || ',%')
  AND (CAST(:any_party AS boolean) OR c.is_first_party = :first_party)

-- :client_get
SELECT #client_columns# FROM hecate.clients c WHERE c.id = :id

-- :client_list
SELECT #client_columns# FROM hecate.clients c
WHERE #client_wanted# AND (CAST(:after_id AS text) IS NULL OR c.created_at > :after OR (c.created_at = :after AND c.id > :after_id))
ORDER BY c.created_at, c.id LIMIT :limit OFFSET :offset

-- :client_count
SELECT count(*) AS total FROM hecate.clients c WHERE #client_wanted#

-- :client_insert write
INSERT INTO hecate.clients (id, sealed, app_type, is_first_party, document, created_at)
VALUES (:id, :sealed, :app_type, :is_first_party, :document, :created_at)

-- :client_lock
-- @pg
SELECT #client_columns# FROM hecate.clients c WHERE c.id = :id FOR NO KEY UPDATE
-- @sqlite
SELECT #client_columns# FROM hecate.clients c WHERE c.id = :id

-- :client_update write
UPDATE hecate.clients SET sealed = :sealed, app_type = :app_type, is_first_party = :is_first_party, document = :document WHERE id = :id

-- :client_delete write
DELETE FROM hecate.clients WHERE id = :id

-- :client_grants_delete write
DELETE FROM hecate.client_grants WHERE client_id = :id OR audience = :audience

-- :client_credential_list
SELECT id, client_id, name, kid, alg, pem, created_at, updated_at, expires_at FROM hecate.client_credentials
WHERE client_id = :client_id ORDER BY created_at, id LIMIT 100

-- :client_credential_insert write
INSERT INTO hecate.client_credentials (id, client_id, name, kid, alg, pem, created_at, updated_at, expires_at)
VALUES (:id, :client_id, :name, :kid, :alg, :pem, :created_at, :updated_at, :expires_at)

-- :client_credential_update write
UPDATE hecate.client_credentials SET expires_at = :expires_at, updated_at = :updated_at WHERE id = :id AND client_id = :client_id

-- :client_credential_delete write
DELETE FROM hecate.client_credentials WHERE id = :id AND client_id = :client_id

-- :client_assertions_forget write
DELETE FROM hecate.client_assertions WHERE expires_at < :created_at

-- :client_assertion_use write
INSERT INTO hecate.client_assertions (client_id, jti, expires_at) VALUES (:client_id, :id, :expires_at) ON CONFLICT (client_id, jti) DO NOTHING

-- #define grant_columns
g.id, g.client_id, g.audience, g.scopes, g.organization_usage, g.allow_any_organization, g.created_at

-- #define grant_wanted
(CAST(:client_id AS text) IS NULL OR g.client_id = :client_id) AND (CAST(:audience AS text) IS NULL OR g.audience = :audience)
  AND (CAST(:any_organization AS boolean) OR g.allow_any_organization = :allow_any_organization)

-- :client_grant_get
SELECT #grant_columns# FROM hecate.client_grants g WHERE g.id = :id

-- :client_grant_find
SELECT #grant_columns# FROM hecate.client_grants g WHERE g.client_id = :client_id AND g.audience = :audience

-- :client_grant_list
SELECT #grant_columns# FROM hecate.client_grants g
WHERE #grant_wanted# AND (CAST(:after_id AS text) IS NULL OR g.created_at > :after OR (g.created_at = :after AND g.id > :after_id))
ORDER BY g.created_at, g.id LIMIT :limit OFFSET :offset

-- :client_grant_count
SELECT count(*) AS total FROM hecate.client_grants g WHERE #grant_wanted#

-- :client_grant_insert write
INSERT INTO hecate.client_grants (id, client_id, audience, scopes, organization_usage, allow_any_organization, created_at)
VALUES (:id, :client_id, :audience, :scopes, :organization_usage, :allow_any_organization, :created_at)

-- :client_grant_update write
UPDATE hecate.client_grants SET scopes = :scopes, organization_usage = :organization_usage, allow_any_organization = :allow_any_organization WHERE id = :id

-- :client_grant_delete write
DELETE FROM hecate.client_grants WHERE id = :id
