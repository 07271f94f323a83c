-- What an administrator sees and ends of one user: sessions, refresh tokens, its events; and factors that auth.mfa_factors has no place for.

-- #define account_columns
s.id, s.user_id, s.created_at, s.updated_at, s.refreshed_at, s.not_after, s.user_agent, s.ip, s.aal,
(SELECT min(m.authentication_method) FROM auth.mfa_amr_claims m WHERE m.session_id = s.id) AS method,
x.session_metadata, x.token_metadata, x.client_id, x.audience, x.scopes, x.ended_at

-- #define account_tables
auth.sessions s LEFT JOIN hecate.session_notes x ON x.session_id = s.id

-- A session that was ended alone is shown by its refresh token only.

-- :account_sessions
SELECT #account_columns# FROM #account_tables#
WHERE s.user_id = :user_id AND x.ended_at IS NULL AND (CAST(:from_start AS boolean) OR s.created_at > :after OR (s.created_at = :after AND s.id > :after_id))
ORDER BY s.created_at, s.id LIMIT :limit

-- :account_session
SELECT #account_columns# FROM #account_tables# WHERE s.id = :id AND x.ended_at IS NULL

-- :account_session_count
SELECT count(*) AS total FROM #account_tables# WHERE s.user_id = :user_id AND x.ended_at IS NULL

-- :account_session_delete write
DELETE FROM auth.sessions WHERE id = :id

-- Refresh tokens of a client, for an audience: sessions that name no client are of the one that the caller says.

-- #define token_wanted
(CAST(:client_id AS text) IS NULL OR coalesce(x.client_id, CAST(:own_client AS text)) = :client_id)
  AND (CAST(:audience AS text) IS NULL OR x.audience = :audience)

-- A session has one live refresh token, or none.

-- #define has_token
(s.refresh_token_hmac_key IS NOT NULL OR EXISTS (SELECT 1 FROM auth.refresh_tokens t WHERE t.session_id = s.id AND t.revoked = false))

-- :account_tokens
SELECT #account_columns# FROM #account_tables#
WHERE s.user_id = :user_id AND #has_token# AND #token_wanted# AND (CAST(:from_start AS boolean) OR s.created_at > :after OR (s.created_at = :after AND s.id > :after_id))
ORDER BY s.created_at, s.id LIMIT :limit

-- :account_token
SELECT #account_columns# FROM #account_tables# WHERE s.id = :id AND #has_token#

-- :account_token_count
SELECT count(*) AS total FROM #account_tables# WHERE s.user_id = :user_id AND #has_token# AND #token_wanted#

-- The key of counted ones, and the rows of the others: of one session, or of all of a user. (On SQLite along the chain; a live one that is in none goes, too.)

-- :account_tokens_forget write
UPDATE auth.sessions SET refresh_token_hmac_key = NULL WHERE (id = :id OR user_id = :user_id) AND refresh_token_hmac_key IS NOT NULL

-- :account_tokens_delete write
-- @pg
DELETE FROM auth.refresh_tokens WHERE session_id IN (SELECT s.id FROM auth.sessions s WHERE s.id = :id OR s.user_id = :user_id)
-- @sqlite
WITH RECURSIVE chain (id, session_id) AS (
  SELECT s.hecate_token_last, s.id FROM auth.sessions s WHERE s.id = :id OR s.user_id = :user_id
  UNION ALL
  SELECT t.hecate_token_previous, t.session_id FROM chain c JOIN auth.refresh_tokens t ON t.id = c.id AND t.session_id = c.session_id AND t.hecate_token_previous < t.id
)
DELETE FROM auth.refresh_tokens WHERE id IN (SELECT t.id FROM chain c JOIN auth.refresh_tokens t ON t.id = c.id AND t.session_id = c.session_id)
;
DELETE FROM auth.refresh_tokens WHERE revoked = false AND session_id IN (SELECT s.id FROM auth.sessions s WHERE s.id = :id OR s.user_id = :user_id)

-- Sessions of a user, or one, end alone: those without a refresh token go, the others are noted.

-- :account_sessions_drop_bare write
DELETE FROM auth.sessions WHERE id IN (SELECT s.id FROM auth.sessions s
  WHERE s.user_id = :user_id AND (CAST(:whole AS boolean) OR s.id = :id) AND NOT #has_token#)

-- :account_sessions_note_end write
INSERT INTO hecate.session_notes (session_id, ended_at)
SELECT s.id, CAST(:created_at AS timestamptz) FROM auth.sessions s WHERE s.user_id = :user_id AND (CAST(:whole AS boolean) OR s.id = :id)
ON CONFLICT (session_id) DO UPDATE SET ended_at = excluded.ended_at

-- :account_session_metadata write
INSERT INTO hecate.session_notes (session_id, session_metadata) SELECT s.id, :document FROM auth.sessions s WHERE s.id = :id
ON CONFLICT (session_id) DO UPDATE SET session_metadata = excluded.session_metadata

-- :account_token_metadata write
INSERT INTO hecate.session_notes (session_id, token_metadata) SELECT s.id, :document FROM auth.sessions s WHERE s.id = :id
ON CONFLICT (session_id) DO UPDATE SET token_metadata = excluded.token_metadata

-- :account_session_client write
INSERT INTO hecate.session_notes (session_id, client_id, audience, scopes)
SELECT s.id, CAST(:client_id AS text), CAST(:audience AS text), CAST(:scopes AS text) FROM auth.sessions s WHERE s.id = :id
ON CONFLICT (session_id) DO UPDATE SET client_id = excluded.client_id, audience = excluded.audience, scopes = excluded.scopes

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

-- All but the one that was made with something: its time is that of the same request.

-- :recovery_code_void write
DELETE FROM hecate.recovery_codes WHERE user_id = :user_id AND created_at <> :created_at

-- A code is good once: another one takes its place.

-- :recovery_code_use write
UPDATE hecate.recovery_codes SET digest = :digest, created_at = :created_at WHERE user_id = :user_id AND digest = :name
