-- Backup codes.

-- :backup_codes_list
SELECT c.id, c.user_id, c.digest, c.created_at FROM hecate.backup_codes c WHERE c.user_id = :user_id

-- :backup_code_insert write
INSERT INTO hecate.backup_codes (id, user_id, digest, created_at) VALUES (:id, :user_id, :digest, :created_at)

-- :backup_code_use write
DELETE FROM hecate.backup_codes WHERE id = :id AND user_id = :user_id

-- :backup_codes_delete write
DELETE FROM hecate.backup_codes WHERE user_id = :user_id
