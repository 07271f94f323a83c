-- Accounts of Auth0 that were linked to another user.

-- :linked_insert write
INSERT INTO hecate.linked (identity_id, former_id, provider, subject, connection, email, phone, username, username_key, digest, created_at)
VALUES (:identity_id, :former_id, :provider, :subject, :connection, :email, :phone, :username, :username_key, :digest, :created_at)

-- :linked_get
SELECT identity_id, former_id, provider, subject, connection, email, phone, username, username_key, digest, created_at
FROM hecate.linked WHERE identity_id = :identity_id

-- By what it signed in.

-- :linked_find
SELECT l.identity_id, l.former_id, l.provider, l.subject, l.connection, l.email, l.phone, l.username, l.username_key, l.digest, l.created_at,
  i.user_id AS owner_id
FROM hecate.linked l JOIN auth.identities i ON i.id = l.identity_id
WHERE l.email = CAST(:email AS text) OR l.username_key = CAST(:username_key AS text) LIMIT 16

-- :linked_update write
UPDATE hecate.linked SET email = :email, phone = :phone, username = :username, username_key = :username_key, digest = :digest
WHERE identity_id = :identity_id

-- :linked_delete write
DELETE FROM hecate.linked WHERE identity_id = :identity_id

-- :linked_delete_all write
DELETE FROM hecate.linked WHERE identity_id IN (SELECT i.id FROM auth.identities i WHERE i.user_id = :user_id)

-- Is an id or a name kept for an account that was linked?

-- :linked_clash
SELECT l.identity_id, l.former_id, l.provider, l.subject, l.username_key FROM hecate.linked l
WHERE l.former_id = :former_id OR (l.provider = CAST(:provider AS text) AND l.subject = CAST(:subject AS text))
  OR l.username_key = CAST(:username_key AS text)
LIMIT 1

-- Who has an identity?

-- :identities_by_email
SELECT i.id, i.user_id, i.provider, i.provider_id, i.identity_data FROM auth.identities i WHERE i.email = :email ORDER BY i.created_at, i.id LIMIT 16

-- :identity_owner
SELECT id, user_id, provider, provider_id FROM auth.identities WHERE provider = :provider AND provider_id = :provider_id

-- What hangs on a user moves to another one. Identities by e-mail and phone are made of the addresses, which go their own way.

-- :identities_move write
UPDATE auth.identities SET user_id = :to_id WHERE user_id = :user_id AND provider NOT IN ('email', 'phone')

-- :identity_move write
UPDATE auth.identities SET user_id = :to_id WHERE id = :identity_id

-- :addresses_move write
UPDATE hecate.addresses SET user_id = :to_id, second_factor = false WHERE user_id = :user_id
