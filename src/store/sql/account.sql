-- What an administrator sees and ends of one user: sessions, refresh tokens, its events; and factors that auth.mfa_factors has no place for.

-- #define account_columns
s.id, s.user_id, s.created_at, s.updated_at, s.refreshed_at, s.not_after, s.user_agent, s.ip, s.aal,
(SELECT min(m.authentication_method) FROM auth.mfa_amr_claims m WHERE m.session_id = s.id) AS method

-- :account_sessions
SELECT #account_columns# FROM auth.sessions s
WHERE s.user_id = :user_id AND (CAST(:from_start AS boolean) OR s.created_at > :after OR (s.created_at = :after AND s.id > :after_id))
ORDER BY s.created_at, s.id LIMIT :limit

-- :account_session
SELECT #account_columns# FROM auth.sessions s WHERE s.id = :id

-- :account_session_count
SELECT count(*) AS total FROM auth.sessions WHERE user_id = :user_id

-- :account_session_delete write
DELETE FROM auth.sessions WHERE id = :id

-- A session has one live refresh token, or none.

-- #define has_token
(s.refresh_token_hmac_key IS NOT NULL OR EXISTS (SELECT 1 FROM auth.refresh_tokens t WHERE t.session_id = s.id AND t.revoked = false))

-- :account_tokens
SELECT #account_columns# FROM auth.sessions s
WHERE s.user_id = :user_id AND #has_token# AND (CAST(:from_start AS boolean) OR s.created_at > :after OR (s.created_at = :after AND s.id > :after_id))
ORDER BY s.created_at, s.id LIMIT :limit

-- :account_token
SELECT #account_columns# FROM auth.sessions s WHERE s.id = :id AND #has_token#

-- :account_token_count
SELECT count(*) AS total FROM auth.sessions s WHERE s.user_id = :user_id AND #has_token#

-- The key of counted ones, and the rows of the others: of one session, or of all of a user.

-- :account_tokens_forget write
UPDATE auth.sessions SET refresh_token_hmac_key = NULL WHERE (id = :id OR user_id = :user_id) AND refresh_token_hmac_key IS NOT NULL

-- :account_tokens_delete write
DELETE FROM auth.refresh_tokens WHERE session_id IN (SELECT s.id FROM auth.sessions s WHERE s.id = :id OR s.user_id = :user_id)

-- :account_events slow
-- @pg
SELECT e.id, e.payload, e.ip_address, e.created_at FROM auth.audit_log_entries e
WHERE e.payload ->> 'actor_id' = :text_id OR e.payload #>> '{traits,user_id}' = :text_id
ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset
-- @sqlite
SELECT e.id, e.payload, e.ip_address, e.created_at FROM auth.audit_log_entries e
WHERE json_extract(e.payload, '$.actor_id') = :text_id OR json_extract(e.payload, '$.traits.user_id') = :text_id
ORDER BY e.created_at DESC, e.id DESC LIMIT :limit OFFSET :offset

-- :account_event_count slow
-- @pg
SELECT count(*) AS total FROM auth.audit_log_entries e WHERE e.payload ->> 'actor_id' = :text_id OR e.payload #>> '{traits,user_id}' = :text_id
-- @sqlite
SELECT count(*) AS total FROM auth.audit_log_entries e
WHERE json_extract(e.payload, '$.actor_id') = :text_id OR json_extract(e.payload, '$.traits.user_id') = :text_id

-- :email_factor_list
SELECT id, user_id, name, email, created_at FROM hecate.email_factors WHERE user_id = :user_id ORDER BY created_at, id

-- :email_factor_insert write
INSERT INTO hecate.email_factors (id, user_id, name, email, created_at) VALUES (:id, :user_id, :name, :email, :created_at)

-- :email_factor_update write
UPDATE hecate.email_factors SET name = :name WHERE id = :id AND user_id = :user_id

-- :email_factor_delete write
DELETE FROM hecate.email_factors WHERE id = :id AND user_id = :user_id

-- :email_factors_delete write
DELETE FROM hecate.email_factors WHERE user_id = :user_id

-- :recovery_code_put write
INSERT INTO hecate.recovery_codes (user_id, digest, created_at) VALUES (:user_id, :digest, :created_at)
ON CONFLICT (user_id) DO UPDATE SET digest = excluded.digest, created_at = excluded.created_at
