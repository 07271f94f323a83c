-- What a user brought from another party: tokens of accounts there, passkeys.

-- :foreign_token_put write
INSERT INTO hecate.foreign_tokens (identity_id, sealed, expires_at) VALUES (:id, :sealed, :expires_at)
ON CONFLICT (identity_id) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at

-- :foreign_token_get
SELECT t.identity_id AS id, t.sealed, t.expires_at FROM hecate.foreign_tokens t WHERE t.identity_id = :id

-- :passkey_insert write
INSERT INTO hecate.passkeys (id, user_id, name, credential_id, public_key, created_at) VALUES (:id, :user_id, :name, :credential_id, :public_key, :created_at)

-- :passkeys_of
SELECT k.id, k.name, k.created_at, k.last_used_at FROM hecate.passkeys k WHERE k.user_id = :user_id
UNION ALL
SELECT w.id, w.friendly_name AS name, w.created_at, w.last_used_at FROM auth.webauthn_credentials w WHERE w.user_id = :user_id
ORDER BY created_at

-- :passkey_delete write
DELETE FROM hecate.passkeys WHERE id = :id AND user_id = :user_id

-- :webauthn_delete_one write
DELETE FROM auth.webauthn_credentials WHERE id = :id AND user_id = :user_id
